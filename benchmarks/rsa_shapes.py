"""R8: shape distances between 50 networks, 1000 stimuli x 10 000 units.

The peer, netrep, is not on the package index; its distance between two reduced networks is a
full singular value decomposition of their product, the second case here. The first case of all is
the reduction, once per network.
"""

import harness
import numpy as np
from scipy import linalg

from neurokit import rsa


def aligned(x, y):
    """The angle by the aligning rotation itself, as netrep computes it."""
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    u, _, vt = linalg.svd(x.T @ y)
    return np.arccos(np.clip(np.vdot(x @ u, y @ vt.T), -1, 1))


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("R8: shape distances", options.json)
    count, n, d = (4, 200, 800) if options.quick else (6, 1000, 10_000)
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((n, 50))
    networks = [
        shared @ rng.standard_normal((50, d)) + 5 * rng.standard_normal((n, d))
        for _ in range(count)
    ]
    reduced = []
    for x in networks:
        u, s, _ = linalg.svd(x - x.mean(0), full_matrices=False)
        reduced.append(u * s)
    got = rsa.shape_distance(networks[:2])[0, 1]
    np.testing.assert_allclose(got, aligned(reduced[0], reduced[1]), atol=1e-8)
    pairs = count * (count - 1) // 2
    cases = {
        "neurokit, reduced": lambda: rsa.shape_distance(reduced),
        "full rotation, reduced": lambda: [
            aligned(x, y) for k, x in enumerate(reduced) for y in reduced[:k]
        ],
        "neurokit, with reduction": lambda: rsa.shape_distance(networks),
    }
    measured = harness.measure(cases, 1, 0)
    report.times(f"{count} networks, {pairs} pairs", measured, "neurokit, reduced", pairs, "pair")
    for name in ("neurokit, reduced", "neurokit, with reduction"):
        report.value("peak memory", name, harness.peak_memory(cases[name])[1] / 1e6, "MB")
    report.close()


if __name__ == "__main__":
    main()

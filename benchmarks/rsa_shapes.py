"""R8: shape distances between networks, 1000 stimuli x 10 000 units.

Four networks are timed and the time of 50, all 1225 pairs, is extrapolated from them: a reduction
per network and a distance per pair. The peer, netrep, is not on the package index; its distance
between two reduced networks is a full singular value decomposition of their product, timed here on
one pair. The best plain formulation takes the singular values alone.
"""

import time

import harness
import numpy as np
from scipy import linalg

from neurokit import rsa

NETWORKS = 50


def aligned(x, y):
    """The angle by the aligning rotation itself, as netrep computes it."""
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    u, _, vt = linalg.svd(x.T @ y)
    return np.arccos(np.clip(np.vdot(x @ u, y @ vt.T), -1, 1))


def nuclear(x, y):
    """The angle by the singular values."""
    total = linalg.svdvals(x.T @ y).sum() / np.linalg.norm(x) / np.linalg.norm(y)
    return np.arccos(np.clip(total, -1, 1))


def reduced(x):
    """A network in as many dimensions as stimuli, with the same inner products."""
    x = x - x.mean(0)
    return linalg.qr(x.T, mode="r")[0][: len(x)].T


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("R8: shape distances", options.json)
    count, n, d = (4, 200, 800) if options.quick else (4, 1000, 10_000)
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((n, 50))
    networks = [
        shared @ rng.standard_normal((50, d)) + 5 * rng.standard_normal((n, d))
        for _ in range(count)
    ]
    small = [reduced(x) for x in networks]
    pairs = count * (count - 1) // 2
    start = time.perf_counter()
    got, peak = harness.peak_memory(lambda: rsa.shape_distance(networks))
    whole = time.perf_counter() - start
    sets = {k: lambda k=k: rsa.shape_distance(small[:k]) for k in (2, count)}
    own = {k: taken["best"] for k, taken in harness.measure(sets, 5, 0, harness.BLAS_REST).items()}
    # a list of k takes k factorisations and k (k - 1) / 2 pairs
    each = (own[count] - own[2] * count / 2) / (pairs - count / 2)
    peers = {
        "numpy singular values": lambda: nuclear(small[0], small[1]),
        "full rotation (netrep)": lambda: aligned(small[0], small[1]),
    }
    for call in peers.values():
        np.testing.assert_allclose(got[0, 1], call(), atol=1e-8)
    pair = {"neurokit": dict.fromkeys(("median", "best", "first"), each)}
    pair.update(harness.measure(peers, 1, 0))
    report.times("a pair of reduced networks", pair, "neurokit", unit="pair")
    reduction = harness.measure({"": lambda: reduced(networks[0])}, 1, 0)[""]["best"]
    every = NETWORKS * (NETWORKS - 1) // 2
    report.value("reducing a network by QR", "numpy", reduction, "s")
    ours = NETWORKS * (whole - pairs * each) / count + every * each
    report.value(f"{NETWORKS} networks, extrapolated", "neurokit", ours, "s")
    for name in ("numpy singular values", "full rotation (netrep)"):
        taken = NETWORKS * reduction + every * pair[name]["best"]
        report.value(f"{NETWORKS} networks, extrapolated", name, taken, "s")
    report.value(f"peak memory, {count} networks", "neurokit", peak / 1e6, "MB")
    report.close()


if __name__ == "__main__":
    main()

"""R8: shape distances between networks, 1000 stimuli x 10 000 units.

Four networks are timed and the time of 50, all 1225 pairs, is extrapolated from them: a reduction
per network and a distance per pair. The peer, netrep, is not on the package index; its distance
between two reduced networks is a full singular value decomposition of their product, timed here on
one pair. The best plain formulation takes the singular values alone.
"""

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
    got = rsa.shape_distance(networks[:2])[0, 1]
    for peer in (aligned, nuclear):
        np.testing.assert_allclose(got, peer(small[0], small[1]), atol=1e-8)
    pairs = count * (count - 1) // 2
    whole = harness.measure({"": lambda: rsa.shape_distance(networks)}, 1, 0)[""]["best"]
    own = harness.measure({"": lambda: rsa.shape_distance(small)}, 1, 0)[""]["best"]
    pair = harness.measure(
        {
            "neurokit": lambda: rsa.shape_distance(small[:2]),
            "numpy singular values": lambda: nuclear(small[0], small[1]),
            "full rotation (netrep)": lambda: aligned(small[0], small[1]),
        },
        1,
    )
    pair["neurokit"] = {key: own / pairs for key in ("median", "best", "first")}
    report.times("a pair of reduced networks", pair, "neurokit", unit="pair")
    reduction = harness.measure({"": lambda: reduced(networks[0])}, 1, 0)[""]["best"]
    every = NETWORKS * (NETWORKS - 1) // 2
    report.value("reducing a network by QR", "numpy", reduction, "s")
    ours = NETWORKS * max(whole - own, 0) / count + every * own / pairs
    report.value(f"{NETWORKS} networks, extrapolated", "neurokit", ours, "s")
    for name in ("numpy singular values", "full rotation (netrep)"):
        taken = NETWORKS * reduction + every * pair[name]["best"]
        report.value(f"{NETWORKS} networks, extrapolated", name, taken, "s")
    for name, call in (
        ("neurokit, whole networks", lambda: rsa.shape_distance(networks)),
        ("numpy, one pair", lambda: nuclear(reduced(networks[0]), reduced(networks[1]))),
    ):
        report.value("peak memory", name, harness.peak_memory(call)[1] / 1e6, "MB")
    report.close()


if __name__ == "__main__":
    main()

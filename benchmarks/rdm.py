"""R1: dissimilarities of 1000 patterns with 20 000 channels, beside NumPy, SciPy and rsatoolbox.

The NumPy formulation is the best plain one: z-score, one symmetric product (NumPy itself uses
SYRK for z @ z.T), upper triangle. The last line is a searchlight's worth of small matrices. Set
OPENBLAS_NUM_THREADS and --threads alike; both sides must use the same number.
"""

import harness
import numpy as np

from neurokit import rsa


def add_threads(parser):
    parser.add_argument("--threads", type=int, default=0, help="threads of neurokit; 0 is all")


def numpy_rdm(x, metric):
    """Condensed correlation or squared Euclidean distances in NumPy."""
    if metric == "correlation":
        z = x - x.mean(1, keepdims=True)
        z /= np.sqrt(np.einsum("ij,ij->i", z, z))[:, None]
        return (1 - z @ z.T)[np.triu_indices(len(x), 1)]
    g = x @ x.T
    d = np.diagonal(g)
    return ((d[:, None] + d - 2 * g) / x.shape[1])[np.triu_indices(len(x), 1)]


def numpy_crossnobis(x):
    """The same for cross-validated distances, folds first."""
    n_fold, n, d = x.shape
    s = x.sum(0)
    a = s @ s.T - np.einsum("mij->ij", x @ np.swapaxes(x, 1, 2))
    e = np.diagonal(a)
    scale = n_fold * (n_fold - 1) * d
    return ((e[:, None] + e - 2 * a) / scale)[np.triu_indices(n, 1)]


def main():
    options = harness.arguments(__doc__, add_threads)
    report = harness.Report("R1: dissimilarities", options.json)
    n, d = (300, 2000) if options.quick else (1000, 20_000)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, d)).astype(np.float32)
    toolbox, distance = harness.peer("rsatoolbox"), harness.peer("scipy.spatial.distance")

    def ours(metric):
        return rsa.rdm(x, metric=metric, threads=options.threads).values[0]

    for metric in ("correlation", "euclidean"):
        exact = numpy_rdm(x.astype(float), metric)
        for name, values in (("neurokit", ours(metric)), ("numpy", numpy_rdm(x, metric))):
            report.value(f"{metric}, largest error", name, np.abs(values - exact).max())
        cases = {
            "neurokit": lambda metric=metric: ours(metric),
            "numpy": lambda metric=metric: numpy_rdm(x, metric),
        }
        measured = harness.measure(cases, options.repeat, rest=harness.BLAS_REST)
        slow = {}
        if metric == "correlation":
            slow["scipy pdist"] = lambda: distance.pdist(x, "correlation")
            if toolbox is not None:
                data = toolbox.data.Dataset(x)
                slow["rsatoolbox"] = lambda data=data: toolbox.rdm.calc_rdm(data, "correlation")
        measured.update(harness.measure(slow, 1, 0))
        report.times(f"{metric}, {n} x {d} float32", measured, "neurokit", unit="matrix")
        for name, call in cases.items():
            report.value("peak memory", name, harness.peak_memory(call)[1] / 1e6, "MB")

    x = rng.standard_normal((10, 100, 500 if options.quick else 5000))
    conditions, folds = np.tile(np.arange(100), 10), np.repeat(np.arange(10), 100)
    flat = x.reshape(1000, -1)

    def crossnobis():
        return rsa.rdm(
            flat, conditions, folds=folds, metric="crossnobis", threads=options.threads
        ).values[0]

    assert np.allclose(crossnobis(), numpy_crossnobis(x))
    cases = {"neurokit": crossnobis, "numpy": lambda: numpy_crossnobis(x)}
    measured = harness.measure(cases, options.repeat, rest=harness.BLAS_REST)
    report.times("crossnobis, 100 x 10 folds, float64", measured, "neurokit", unit="matrix")

    count = 200 if options.quick else 5000
    x = rng.standard_normal((count, 60, 100)).astype(np.float32)
    cases = {
        "neurokit": lambda: rsa.rdm(x, metric="correlation", threads=options.threads),
        "numpy": lambda: [numpy_rdm(one, "correlation") for one in x],
    }
    measured = harness.measure(cases, min(options.repeat, 3), rest=harness.BLAS_REST)
    label = f"{count} matrices of 60 x 100 float32"
    report.times(label, measured, "neurokit", per=count, unit="matrix")
    report.close()


if __name__ == "__main__":
    main()

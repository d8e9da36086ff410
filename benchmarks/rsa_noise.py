"""R2: shrunk noise of 5000 channels from 3000 samples, crossnobis of 100 conditions and 10 runs.

The NumPy formulation is the best plain one: the shrinkage from row norms, a dense Cholesky factor,
distances from one product. rsatoolbox's shrinkage takes minutes: it is timed on two small numbers of
samples, all channels, and its loop over samples extrapolated (x).
"""

import harness
import numpy as np
from scipy import linalg

from neurokit import rsa


def numpy_whitened(residuals, patterns):
    samples, dof = len(residuals), len(residuals) - 1
    x = residuals - residuals.mean(0)
    covariance = x.T @ x / dof
    sd = np.sqrt(np.diagonal(covariance))
    z2 = (x / sd) ** 2
    r = covariance / np.multiply.outer(sd, sd)
    r2 = np.vdot(r, r) - len(sd)
    q = (np.sum(z2.sum(1) ** 2) - np.vdot(z2, z2)) / dof
    lam = np.clip(samples / dof**2 * (q - r2) / r2, 0, 1)
    covariance *= 1 - lam
    covariance[np.diag_indices(len(sd))] = sd**2
    factor = linalg.cholesky(covariance, lower=True, overwrite_a=True)
    return linalg.solve_triangular(factor, patterns.T, lower=True).T


def numpy_crossnobis(white, n, n_fold):
    x = white.reshape(n_fold, n, -1)
    x = x - x.mean(1, keepdims=True)
    s = x.sum(0)
    a = s @ s.T - np.einsum("mij->ij", x @ np.swapaxes(x, 1, 2))
    e = np.diagonal(a)
    scale = n_fold * (n_fold - 1) * x.shape[2]
    return ((e[:, None] + e - 2 * a) / scale)[np.triu_indices(n, 1)]


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("R2: shrinkage and crossnobis", options.json)
    n, n_fold, d, samples = (30, 5, 800, 500) if options.quick else (100, 10, 5000, 3000)
    rng = np.random.default_rng(0)
    residuals = rng.standard_normal((samples, d))
    residuals += rng.standard_normal((samples, 20)) @ rng.standard_normal((20, d)) / 3
    patterns = rng.standard_normal((n * n_fold, d))
    conditions, folds = np.tile(np.arange(n), n_fold), np.repeat(np.arange(n_fold), n)

    def ours(keep=slice(None)):
        noise = rsa.shrinkage(residuals)
        return rsa.rdm(
            patterns[keep], conditions[keep], folds=folds[keep], noise=noise, metric="crossnobis"
        ).values[0]

    def plain():
        return numpy_crossnobis(numpy_whitened(residuals, patterns), n, n_fold)

    assert np.allclose(ours(), plain(), atol=1e-10)
    repeat = min(options.repeat, 3)
    cases = {"neurokit": ours, "numpy": plain}
    report.times(
        f"{n} conditions x {n_fold} runs, d {d}, T {samples}, float64",
        harness.measure(cases, repeat, 0, harness.BLAS_REST), "neurokit", unit="matrix",
    )  # fmt: skip
    for name, call in cases.items():
        report.value("peak memory", name, harness.peak_memory(call)[1] / 1e6, "MB")
    keep = rng.random(n * n_fold) < 0.95
    report.times(
        "the same without 5 % of the trials",
        harness.measure({"neurokit": lambda: ours(keep)}, repeat, 0), "neurokit", unit="matrix",
    )  # fmt: skip
    toolbox = harness.peer("rsatoolbox")
    if toolbox is None:
        report.close()
        return
    times = {}
    for count in (20, 200):  # the first pays for the inverse, the rest for the loop over samples
        part = residuals[:count]
        case = {"rsatoolbox": lambda part=part: toolbox.data.noise.prec_from_residuals(part)}
        times[count] = harness.measure(case, 1, 0)["rsatoolbox"]["best"]
        report.value(f"precision, {count} samples", "rsatoolbox", times[count], "s")
    slope = max(times[200] - times[20], 0) / 180
    report.value(
        f"precision, {samples} samples (x)", "rsatoolbox", times[20] + slope * (samples - 20), "s"
    )
    data = toolbox.data.Dataset(patterns, obs_descriptors=dict(c=conditions, f=folds))
    theirs = harness.measure(
        {"rsatoolbox": lambda: toolbox.rdm.calc_rdm(data, "crossnobis", "c", cv_descriptor="f")},
        1,
        0,
    )["rsatoolbox"]["best"]
    report.value("crossnobis without noise", "rsatoolbox", theirs, "s")
    small = [k for k in range(n * n_fold) if conditions[k] < 4 and folds[k] < 4]
    small = toolbox.data.Dataset(
        patterns[small], obs_descriptors=dict(c=conditions[small], f=folds[small])
    )
    slow = harness.measure(
        {"rsatoolbox": lambda: toolbox.rdm.calc_rdm_unbalanced(
            small, "crossnobis", "c", cv_descriptor="f", noise=np.eye(d))}, 1, 0,
    )["rsatoolbox"]["best"]  # fmt: skip
    pairs = (n * n_fold / 16) ** 2
    report.value(
        "unbalanced with noise, extrapolated from 16 trials", "rsatoolbox", slow * pairs, "s"
    )
    report.close()


if __name__ == "__main__":
    main()

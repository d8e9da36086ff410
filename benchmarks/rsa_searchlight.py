"""R6: 50 000 centres of 100 voxels, 60 conditions in 8 runs, 5 models.

NumPy's side gathers the voxels of a centre and takes one product per run; it and rsatoolbox are
timed on a part and extrapolated in proportion.
"""

import harness
import numpy as np

from neurokit import rsa


def numpy_centre(x, models):
    """Crossnobis distances of one centre and its cosines with the models."""
    n_fold, n, d = x.shape
    s = x.sum(0)
    a = s @ s.T - np.einsum("mij->ij", x @ np.swapaxes(x, 1, 2))
    e = np.diagonal(a)
    values = ((e[:, None] + e - 2 * a) / (n_fold * (n_fold - 1) * d))[np.triu_indices(n, 1)]
    return models @ values / np.linalg.norm(values) / np.linalg.norm(models, axis=1)


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("R6: searchlight", options.json)
    n_centers = 1000 if options.quick else 50_000
    n, n_fold, size, n_voxels = 60, 8, 100, n_centers
    rng = np.random.default_rng(0)
    data = rng.standard_normal((n * n_fold, n_voxels), dtype=np.float32)
    conditions, folds = np.tile(np.arange(n), n_fold), np.repeat(np.arange(n_fold), n)
    start = np.sort(rng.integers(0, n_voxels - 200, n_centers))
    channels = start[:, None] + np.sort(
        rng.permuted(np.tile(np.arange(200), (n_centers, 1)), axis=1)[:, :size], 1
    )
    near = np.arange(0, channels.size + 1, size), channels.ravel()
    models = rng.random((5, n * (n - 1) // 2))
    toolbox = harness.peer("rsatoolbox")
    for compare in ("cosine", "whitened_cosine"):

        def ours(compare=compare):
            return rsa.searchlight(
                data, near, conditions, folds, models=rsa.RDMs(models), compare=compare
            ).scores

        scores, peak = harness.peak_memory(ours)
        measured = harness.measure({"neurokit": ours}, min(options.repeat, 2), 0)
        report.times(f"{n_centers} centres, {compare}", measured, "neurokit", n_centers, "centre")
        report.value("peak memory", "neurokit", peak / 1e6, "MB")
        ours_each = measured["neurokit"]["best"] / n_centers
        if compare == "cosine":
            part = 300
            x = data.reshape(n_fold, n, -1)
            want = np.array([numpy_centre(x[:, :, c], models) for c in channels[:5]]).T
            np.testing.assert_allclose(scores[:, :5], want, atol=1e-4)
            plain = (
                harness.measure(
                    {"": lambda x=x: [numpy_centre(x[:, :, c], models) for c in channels[:300]]},
                    1,
                    0,
                )[""]["best"]
                / part
            )
            report.value(f"time per centre ({part}) over neurokit's", "numpy", plain / ours_each)
        if toolbox is None:
            continue
        part = 20

        def slow(compare=compare, part=part):
            rdms = [
                toolbox.rdm.calc_rdm(
                    toolbox.data.Dataset(data[:, c], obs_descriptors=dict(c=conditions, f=folds)),
                    "crossnobis", "c", cv_descriptor="f",
                ) for c in channels[:part]
            ]  # fmt: skip
            theirs = {"cosine": "cosine", "whitened_cosine": "cosine_cov"}[compare]
            for one in rdms:
                toolbox.rdm.compare(toolbox.rdm.RDMs(models), one, theirs)

        taken = harness.measure({"": slow}, 3, 1)[""]["best"] / part
        report.value(f"time per centre ({part}) over neurokit's", "rsatoolbox", taken / ours_each)
        report.value("all centres, extrapolated", "rsatoolbox", taken * n_centers, "s")
    report.close()


if __name__ == "__main__":
    main()

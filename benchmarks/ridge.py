"""R7: cross-validated ridge over 20 alphas and 5 folds, beside NumPy, scikit-learn and himalaya.

n 9000 samples, p 500 features, t targets, float32. The NumPy formulation diagonalises each
training fold once and predicts the test fold for every alpha; scikit-learn is its grid search. The
two packages fit 50 and a tenth of the targets, once each and without a warm-up, and what grows with
the targets is scaled up (x). Set OPENBLAS_NUM_THREADS and NEUROKIT_THREADS alike.
"""

import harness
import numpy as np

from neurokit.encoding import RidgeCV

ALPHAS = np.logspace(0, 6, 20)


def numpy_scores(X, Y, n_fold=5):
    """R2 of each alpha and target by predicting every test fold for every alpha."""
    scores = np.zeros((len(ALPHAS), Y.shape[1]))
    for test in np.array_split(np.arange(len(X)), n_fold):
        train = np.setdiff1d(np.arange(len(X)), test)
        x0, y0 = X[train].mean(0), Y[train].mean(0)
        a, b = X[train] - x0, Y[train] - y0
        values, vectors = np.linalg.eigh(a.T @ a)
        rotated, seen = vectors.T @ (a.T @ b), (X[test] - x0) @ vectors
        total = ((Y[test] - Y[test].mean(0)) ** 2).sum(0)
        for k, alpha in enumerate(ALPHAS.astype(X.dtype)):
            guess = seen @ (rotated / (values + alpha)[:, None]) + y0
            scores[k] += 1 - ((Y[test] - guess) ** 2).sum(0) / total
    return scores / n_fold


def peers():
    """Cross-validated fits of X and Y by the packages that are installed."""
    himalaya, selection = harness.peer("himalaya.ridge"), harness.peer("sklearn.model_selection")
    found = {}
    if himalaya is not None and selection is not None:
        found["himalaya"] = himalaya.RidgeCV(ALPHAS, cv=selection.KFold(5)).fit
    if selection is not None:
        from sklearn.linear_model import Ridge

        found["scikit-learn"] = selection.GridSearchCV(Ridge(), {"alpha": ALPHAS}, cv=5).fit
    return found


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("R7: ridge with cross-validation", options.json)
    n, p, t = (1800, 100, 2000) if options.quick else (9000, 500, 20_000)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p)).astype(np.float32)
    Y = X @ (0.1 * rng.standard_normal((p, t)).astype(np.float32))
    Y += rng.standard_normal((n, t), dtype=np.float32) * rng.uniform(0.5, 8, t).astype(np.float32)

    def own():
        return RidgeCV(ALPHAS, cv=5).fit(X, Y)

    model, _, memory = harness.once(own)  # warms up
    report.value("peak memory", "neurokit", memory / 1e6, "MB")
    measured = harness.measure({"neurokit": own}, min(options.repeat, 3), 0)

    scores, seconds, memory = harness.once(lambda: numpy_scores(X, Y))
    report.value("peak memory", "numpy", memory / 1e6, "MB")
    measured["numpy eigh per fold"] = dict(median=seconds, best=seconds, first=seconds)
    difference = np.abs(model.cv_scores_ - scores).max()
    report.value("largest difference of R2 to numpy", "neurokit", difference)
    same = (ALPHAS[scores.argmax(0)] == model.alpha_).mean()
    report.value("targets with the same alpha", "neurokit", same)

    sizes = (t // 20, t) if options.quick else (50, t // 10)
    report.value("targets that peers fit, times scaled up to all (x)", "peers", sizes[1])
    for name, fit in peers().items():
        parts = [Y[:, :count] for count in sizes]
        runs = [harness.once(lambda fit=fit, part=part: fit(X, part)) for part in parts]
        (_, one, _), (_, many, memory) = runs
        report.value(f"peak memory, {sizes[1]} targets", name, memory / 1e6, "MB")
        report.value(f"seconds of {sizes[0]} targets", name, one)
        report.value(f"seconds of {sizes[1]} targets", name, many)
        # what does not grow with the targets counts once
        full = many + max(many - one, 0) / (sizes[1] - sizes[0]) * (t - sizes[1])
        measured[f"{name} (x)"] = dict(median=full, best=full, first=many)
    label = f"{n} x {p}, {t} targets, 20 alphas, 5 folds, float32"
    report.times(label, measured, "neurokit", unit="fit")
    report.close()


if __name__ == "__main__":
    main()

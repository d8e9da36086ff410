"""R7: cross-validated ridge over 20 alphas and 5 folds, beside NumPy, scikit-learn and himalaya.

n 9000 samples, p 500 features, t targets, float32. The NumPy formulation diagonalises each
training fold once and predicts the test fold for every alpha. scikit-learn searches each alpha
with its grid search on fewer targets, scaled up (x). Set OPENBLAS_NUM_THREADS for all sides.
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


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("R7: ridge with cross-validation", options.json)
    n, p, t = (1800, 100, 2000) if options.quick else (9000, 500, 20_000)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p)).astype(np.float32)
    Y = X @ (0.1 * rng.standard_normal((p, t)).astype(np.float32))
    Y += rng.standard_normal((n, t), dtype=np.float32) * rng.uniform(0.5, 8, t).astype(np.float32)

    model, memory = harness.peak_memory(lambda: RidgeCV(ALPHAS, cv=5).fit(X, Y))
    report.value("peak memory", "neurokit", memory / 1e6, "MB")
    few = min(t, 500)
    scores = numpy_scores(X, Y[:, :few])
    report.value(
        "largest difference of R2 to numpy",
        "neurokit",
        np.abs(model.cv_scores_[:, :few] - scores).max(),
    )
    report.value(
        "targets with the same alpha",
        "neurokit",
        (ALPHAS[scores.argmax(0)] == model.alpha_[:few]).mean(),
    )
    cases = {
        "neurokit": lambda: RidgeCV(ALPHAS, cv=5).fit(X, Y),
        "numpy eigh per fold": lambda: numpy_scores(X, Y),
    }
    himalaya = harness.peer("himalaya.ridge")
    if himalaya is not None:
        from sklearn.model_selection import KFold

        cases["himalaya"] = lambda: himalaya.RidgeCV(ALPHAS, cv=KFold(5)).fit(X, Y)
    for name, call in cases.items():
        if name != "neurokit":
            report.value("peak memory", name, harness.peak_memory(call)[1] / 1e6, "MB")
    measured = harness.measure(cases, 1 if not options.quick else options.repeat, 0)
    search = harness.peer("sklearn.model_selection")
    if search is not None:
        from sklearn.linear_model import Ridge

        part = t // 20
        grid = {"alpha": ALPHAS}
        cases = {
            count: lambda count=count: search.GridSearchCV(Ridge(), grid, cv=5).fit(X, Y[:, :count])
            for count in (1, part)
        }
        taken = {name: each["median"] for name, each in harness.measure(cases, 1, 0).items()}
        # The factorisations do not grow with the targets: a single one times them
        full = taken[1] + (taken[part] - taken[1]) * t / part
        measured["scikit-learn (x)"] = dict(median=full, best=full, first=taken[part])
    label = f"{n} x {p}, {t} targets, 20 alphas, 5 folds, float32"
    report.times(label, measured, "neurokit", unit="fit")
    report.close()


if __name__ == "__main__":
    main()

"""R7: cross-validated ridge over 20 alphas and 5 folds, beside NumPy, scikit-learn and himalaya.

n 9000 samples, p 500 features, t targets, float32. The NumPy formulation diagonalises each
training fold once and predicts the test fold for every alpha; scikit-learn is its grid search. The
peers fit a tenth of the targets, and what grows with them is scaled up (x). Set
OPENBLAS_NUM_THREADS and NEUROKIT_THREADS alike.
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
    peers = {"numpy eigh per fold": lambda count: numpy_scores(X, Y[:, :count])}
    himalaya = harness.peer("himalaya.ridge")
    selection = harness.peer("sklearn.model_selection")
    if himalaya is not None:
        peers["himalaya"] = lambda count: himalaya.RidgeCV(ALPHAS, cv=selection.KFold(5)).fit(
            X, Y[:, :count]
        )
    if selection is not None:
        from sklearn.linear_model import Ridge

        peers["scikit-learn"] = lambda count: selection.GridSearchCV(
            Ridge(), {"alpha": ALPHAS}, cv=5
        ).fit(X, Y[:, :count])
    part = t if options.quick else t // 10
    report.value("targets that peers fit, times scaled up to all (x)", "peers", part)
    own = {"neurokit": lambda: RidgeCV(ALPHAS, cv=5).fit(X, Y)}
    measured = harness.measure(own, min(options.repeat, 3), 1)
    for name, call in peers.items():
        _, memory = harness.peak_memory(lambda call=call: call(part))
        report.value(f"peak memory, {part} targets", name, memory / 1e6, "MB")
        cases = {count: lambda call=call, count=count: call(count) for count in (few // 10, part)}
        one, many = (each["best"] for each in harness.measure(cases, 1, 0).values())
        # what does not grow with the targets counts once
        slope = max(many - one, 0) / (part - few // 10)
        full = many + slope * (t - part)
        measured[f"{name} (x)"] = dict(median=full, best=full, first=many)
    label = f"{n} x {p}, {t} targets, 20 alphas, 5 folds, float32"
    report.times(label, measured, "neurokit", unit="fit")
    report.close()


if __name__ == "__main__":
    main()

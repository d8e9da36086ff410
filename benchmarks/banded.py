"""Banded search: ridge with a weight per band and target, beside himalaya's and a NumPy search.

n 1000 samples, 3 bands of 1000 features, 5000 targets, 20 alphas, 5 folds, 100 random weightings,
float32. The peers cross-validate every weighting on every target: one and a few are timed, after one
that does not count, and scaled up (x). Scores are cross-validated R2: those of the peer's full search are
taken on a few targets with the peer's own draws. Set OPENBLAS_NUM_THREADS and NEUROKIT_THREADS alike.
"""

import harness
import numpy as np

from neurokit.encoding import BandedRidgeCV

ALPHAS = np.logspace(0, 5, 20)


def problem(n, p, t, seed=0):
    """Three bands of features, and targets that take different shares of them."""
    rng = np.random.default_rng(seed)
    bands = rng.standard_normal((3, n, p), dtype=np.float32)
    share = rng.dirichlet([0.5] * 3, t).T.astype(np.float32)
    Y = rng.standard_normal((n, t), dtype=np.float32) * rng.uniform(0.3, 1.5, t).astype(np.float32)
    for band, part in zip(bands, share):
        Y += band @ (rng.standard_normal((p, t), dtype=np.float32) * np.sqrt(part / p))
    return bands - bands.mean(1, keepdims=True), Y - Y.mean(0)


def numpy_scores(kernels, Y, weights, n_fold=5):
    """R2 of one weighting at its best alpha: eigh per fold, a product per alpha."""
    kernel = np.tensordot(weights.astype(np.float32), kernels, 1)
    scores = np.zeros((len(ALPHAS), Y.shape[1]))
    for test in np.array_split(np.arange(len(Y)), n_fold):
        train = np.setdiff1d(np.arange(len(Y)), test)
        values, vectors = np.linalg.eigh(kernel[np.ix_(train, train)])
        rotated, seen = vectors.T @ Y[train], kernel[np.ix_(test, train)] @ vectors
        total = ((Y[test] - Y[test].mean(0)) ** 2).sum(0)
        for k, alpha in enumerate(ALPHAS.astype(np.float32)):
            guess = (seen / (values + alpha)) @ rotated
            scores[k] += 1 - ((Y[test] - guess) ** 2).sum(0) / total
    return (scores / n_fold).max(0)


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("banded search", options.json)
    n, p, t, draws, timed = (200, 100, 300, 20, 5) if options.quick else (1000, 1000, 5000, 100, 3)
    bands, Y = problem(n, p, t)
    X = np.concatenate(bands, 1)

    model = BandedRidgeCV([p] * 3, ALPHAS, n_iter=draws, fit_intercept=False)
    _, seconds, memory = harness.once(lambda: model.fit(X, Y))
    taken = {"neurokit": dict(median=seconds, best=seconds, first=seconds)}
    report.value("mean score", "neurokit", model.best_score_.mean())
    report.value("peak memory", "neurokit", memory / 1e6, "MB")

    def scaled(name, call):
        """Seconds of all draws from one and a few: what does not grow with them counts once."""
        seconds = []
        for count in (1, 1, timed):  # the first warms up
            _, taken_now, peak = harness.once(lambda count=count: call(count))
            seconds.append(taken_now)
        first, one, few = seconds
        full = one + max(few - one, 0) / (timed - 1) * (draws - 1)
        taken[f"{name} (x)"] = dict(median=full, best=full, first=first)
        report.value("peak memory", name, peak / 1e6, "MB")

    kernels = np.stack([band @ band.T for band in bands])
    random = np.random.default_rng(1).dirichlet([1.0] * 3, timed)
    scaled("numpy", lambda count: [numpy_scores(kernels, Y, w) for w in random[:count]])
    himalaya = harness.peer("himalaya.kernel_ridge")
    if himalaya is not None:
        from himalaya.scoring import r2_score
        from sklearn.model_selection import KFold

        def search(count, part=Y):
            return himalaya.solve_multiple_kernel_ridge_random_search(
                kernels, part, n_iter=count, alphas=ALPHAS.astype(np.float32), cv=KFold(5),
                score_func=r2_score, return_weights="dual", progress_bar=False, random_state=0,
            )[2]  # fmt: skip

        scaled("himalaya", search)
        few = slice(0, t, t // 50)
        report.value("mean score of 50 targets", "neurokit", model.best_score_[few].mean())
        theirs = search(draws, np.ascontiguousarray(Y[:, few])).max(0).mean()
        report.value("mean score of 50 targets", "himalaya", theirs)
    label = f"{n} samples, 3 bands of {p}, {t} targets, 20 alphas, {draws} draws, float32"
    report.times(label, taken, "neurokit", unit="fit")
    report.close()


if __name__ == "__main__":
    main()

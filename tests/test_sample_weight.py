"""Weights of samples in the regressions: scikit-learn's results, repeated samples, a plain search."""

import numpy as np
import pytest

from neurokit import encoding
from neurokit.encoding._rows import Rows

ALPHAS = np.logspace(-2, 3, 6)
RUNS = np.repeat(np.arange(4), 15)


def problem(p=8, t=3, seed=0, n=60):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) @ rng.standard_normal((p, p)) * 0.4 + 2
    Y = X @ rng.standard_normal((p, t)) + 3 * rng.standard_normal((n, t)) + 5
    return X, Y, rng.uniform(0.1, 3, n) * (rng.random(n) > 0.1)


def close(got, want, tolerance=1e-8):
    got, want = np.asarray(got), np.asarray(want)
    assert np.abs(got - want).max() <= tolerance * np.abs(want).max()


@pytest.mark.parametrize("p", [8, 90])
@pytest.mark.parametrize("solver", ["primal", "kernel"])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("kind", ["ridge", "banded"])
def test_coefficients_equal_scikit_learn(p, solver, intercept, kind):
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, Y, w = problem(p)
    make = encoding.RidgeCV if kind == "ridge" else encoding.BandedRidgeCV
    for alpha in (0.3, 30.0):
        model = make(alphas=[alpha], cv=3, fit_intercept=intercept, solver=solver)
        model.fit(X, Y, sample_weight=w)
        other = linear_model.Ridge(alpha, fit_intercept=intercept, solver="svd").fit(X, Y, w)
        close(model.coef_, other.coef_)
        close(model.predict(X), other.predict(X))
        if intercept:
            close(model.intercept_, other.intercept_)


@pytest.mark.parametrize("kernel", ["linear", "rbf", "polynomial", "precomputed"])
def test_dual_coefficients_equal_scikit_learn(kernel):
    kernel_ridge = pytest.importorskip("sklearn.kernel_ridge")
    X, Y, w = problem(5)
    X = X @ X.T / 10 + np.eye(60) if kernel == "precomputed" else X
    model = encoding.KernelRidgeCV([2.0], kernel, cv=3).fit(X, Y, sample_weight=w)
    other = kernel_ridge.KernelRidge(alpha=2.0, kernel=kernel, coef0=1).fit(X, Y, w)
    close(model.dual_coef_, other.dual_coef_)
    close(model.predict(X), other.predict(X))
    if kernel != "precomputed":
        weighted = encoding.WeightedKernelRidgeCV([2.0], [kernel], cv=3)
        close(weighted.fit(X, Y, sample_weight=w).predict(X), other.predict(X))


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_centred_kernels_equal_ridge_on_their_features(kernel):
    """Eigenvectors of a kernel are features that have it."""
    X, Y, w = problem(5)
    model = encoding.KernelRidgeCV(ALPHAS, kernel, cv=RUNS, fit_intercept=True)
    model.fit(X, Y, sample_weight=w)
    inner = X @ X.T if kernel == "linear" else np.exp(-((X[:, None] - X) ** 2).sum(2) / 5)
    values, vectors = np.linalg.eigh(inner)
    features = vectors * np.sqrt(np.maximum(values, 0))
    other = encoding.RidgeCV(ALPHAS, cv=RUNS).fit(features, Y, sample_weight=w)
    close(model.cv_scores_, other.cv_scores_, 1e-7)
    close(model.predict(X), other.predict(features), 1e-7)
    assert (model.dual_coef_[w == 0] == 0).all()


@pytest.mark.parametrize("solver", ["primal", "kernel"])
@pytest.mark.parametrize("intercept", [True, False])
def test_scores_equal_a_plain_search(solver, intercept):
    X, Y, w = problem()
    model = encoding.RidgeCV(ALPHAS, RUNS, fit_intercept=intercept, solver=solver)
    model.fit(X, Y, sample_weight=w)
    want = np.zeros((len(ALPHAS), 3))
    for run in range(4):
        train, test = RUNS != run, RUNS == run
        mean = [np.average(v[train], 0, w[train]) * intercept for v in (X, Y)]
        x, y = X[train] - mean[0], Y[train] - mean[1]
        total = w[test] @ (Y[test] - np.average(Y[test], 0, w[test])) ** 2
        for k, alpha in enumerate(ALPHAS):
            inner = x.T @ (w[train, None] * x) + alpha * np.eye(8)
            coef = np.linalg.solve(inner, x.T @ (w[train, None] * y))
            error = w[test] @ (Y[test] - mean[1] - (X[test] - mean[0]) @ coef) ** 2
            want[k] += (1 - error / total) / 4
    close(model.cv_scores_, want, 1e-9)


def estimators():
    draws = np.random.default_rng(1).dirichlet([1, 1], 5)
    return [
        encoding.RidgeCV(ALPHAS), encoding.RidgeCV(ALPHAS, fit_intercept=False, solver="kernel"),
        encoding.KernelRidgeCV(ALPHAS, "rbf"),
        encoding.KernelRidgeCV(ALPHAS, "linear", fit_intercept=True),
        encoding.BandedRidgeCV([3, 5], ALPHAS, draws, refine=2),
        encoding.BandedRidgeCV([3, 5], ALPHAS, draws, refine=2, solver="kernel"),
        encoding.WeightedKernelRidgeCV(ALPHAS, n_iter=draws, refine=2, fit_intercept=True),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(7))
def test_whole_weights_are_repeated_samples(number):
    """Zero is a sample that is not there."""
    X, Y, _ = problem()
    w = np.random.default_rng(2).integers(0, 4, 60)
    weighted, repeated = estimators()[number], estimators()[number]
    weighted.set_params(cv=RUNS).fit(X, Y, sample_weight=w)
    runs, x, y = (np.repeat(v, w, axis=0) for v in (RUNS, X, Y))
    repeated.set_params(cv=runs).fit(x, y)
    np.testing.assert_array_equal(weighted.alpha_, repeated.alpha_)
    close(weighted.cv_scores_, repeated.cv_scores_)
    close(weighted.predict(X), repeated.predict(X))


@pytest.mark.parametrize("number", range(7))
def test_one_weight_for_all_is_none(number):
    X, Y, _ = problem()
    plain, given = estimators()[number].fit(X, Y), estimators()[number]
    for weight in (1.0, np.ones(60, int), [1] * 60):
        close(given.fit(X, Y, sample_weight=weight).predict(X), plain.predict(X))


def test_a_shift_of_the_features_changes_nothing():
    X, Y, w = problem()
    near = encoding.RidgeCV(ALPHAS, RUNS).fit(X, Y, sample_weight=w)
    far = encoding.RidgeCV(ALPHAS, RUNS).fit(X + 1e5, Y + 1e6, sample_weight=w)
    close(far.cv_scores_, near.cv_scores_, 1e-6)
    close(far.coef_, near.coef_, 1e-6)


def test_single_precision():
    X, Y, w = problem()
    double = encoding.RidgeCV(ALPHAS, RUNS).fit(X, Y, sample_weight=w)
    single = encoding.RidgeCV(ALPHAS, RUNS)
    single.fit(X.astype("f4"), Y.astype("f4"), sample_weight=w.astype("f4"))
    assert single.coef_.dtype == np.float32
    close(single.cv_scores_, double.cv_scores_, 1e-5)
    close(single.coef_, double.coef_, 1e-3)


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        (np.ones(59), ValueError, "wanted 60"), (np.ones((60, 1)), ValueError, "wanted 60"),
        (-np.ones(60), ValueError, "at least 0"), (np.full(60, np.nan), ValueError, "finite"),
        (np.where(RUNS == 1, 0, 1), ValueError, "test samples of fold 1"),
        (np.where(RUNS == 1, 1, 0), ValueError, "test samples of fold 0"),
        (np.full(60, 1e300), ValueError, "largest weight"),
        (np.full(60, 1e-300), ValueError, "largest weight"),
        (["a"] * 60, TypeError, "wanted numbers"),
        (np.ma.masked_less(np.arange(60.0), 3), TypeError, "mask"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [0, 2, 4, 6])
def test_weights_that_mean_nothing(weight, error, message, number):
    X, Y, _ = problem()
    with pytest.raises(error, match=message):
        estimators()[number].set_params(cv=RUNS).fit(X, Y, sample_weight=weight)


@pytest.mark.parametrize("offset", [0, 100, 1e4])
def test_float32_duals_are_centred_again(offset):
    """Coefficients of weighted samples sum to zero, so that an offset of the features costs no digits."""
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((80, 10)) + offset).astype(np.float32)
    Y = (X - offset) @ rng.standard_normal((10, 2)).astype(np.float32) + 50
    w = rng.random(80)
    model = encoding.KernelRidgeCV(alphas=[1.0], cv=3, fit_intercept=True)
    got = model.fit(X, Y, sample_weight=w).predict(X)
    x_mean, y_mean = np.average(X, 0, w), np.average(Y, 0, w)
    x, root = X - x_mean, np.sqrt(w)[:, None]
    coef = np.linalg.solve(
        (x * root).T @ (x * root) + np.eye(10), (x * root).T @ ((Y - y_mean) * root)
    )
    np.testing.assert_allclose(got, x @ coef + y_mean, rtol=0, atol=1.2e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_centred_kernels_far_from_zero_have_mean_zero(weighted):
    """One pass leaves 3e-6 here, by rounding of values near 1e8; two leave 1e-14."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((60, 9)), rng.random(60) if weighted else np.ones(60)
    root = np.sqrt(w)
    rows = Rows(60, root if weighted else None)
    kernel = (x @ x.T + 1e8) * np.multiply.outer(root, root)
    centred = rows.centred_kernel(kernel)
    np.testing.assert_allclose(root @ centred, 0, atol=1e-12)
    moved = (x - np.average(x, 0, w)) * root[:, None]
    np.testing.assert_allclose(centred, moved @ moved.T, atol=1e-6)  # the digits that 1e8 left


@pytest.mark.parametrize("solver", ["primal", "kernel"])
def test_folds_with_one_sample_of_weight_are_scored_together(solver):
    """As if those without weight were not there."""
    X, Y = problem(n=12)[:2]
    weights = np.ones(12)
    weights[[1, 6, 7]] = 0  # the first fold has one sample left
    kept = np.flatnonzero(weights)
    folds = np.repeat(range(4), [2, 4, 3, 3])
    got = encoding.RidgeCV([0.1, 10.0], cv=folds, solver=solver).fit(X, Y, sample_weight=weights)
    want = encoding.RidgeCV([0.1, 10.0], cv=folds[kept], solver=solver).fit(X[kept], Y[kept])
    close(got.cv_scores_, want.cv_scores_)

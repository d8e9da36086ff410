"""RidgeCV and its companions against scikit-learn and explicit formulas."""

import subprocess
import sys

import numpy as np
import pytest

from neurokit import _core, encoding
from neurokit.encoding.folds import splits

ALPHAS = np.logspace(-3, 4, 8)


def problem(n, p, t, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) @ rng.standard_normal((p, p)) * 0.3 + 2
    return X, X @ rng.standard_normal((p, t)) + 3 * rng.standard_normal((n, t)) + 5


def plain_ridge(X, Y, alpha, intercept=True):
    """Normal equations, solved directly."""
    x0 = X.mean(0) if intercept else np.zeros(X.shape[1])
    y0 = Y.mean(0) if intercept else np.zeros(Y.shape[1])
    gram = (X - x0).T @ (X - x0) + alpha * np.eye(X.shape[1])
    coef = np.linalg.solve(gram, (X - x0).T @ (Y - y0)).T
    return coef, y0 - coef @ x0


def plain_scores(X, Y, pairs, intercept):
    scores = np.zeros((len(ALPHAS), Y.shape[1]))
    for train, test in pairs:
        for k, alpha in enumerate(ALPHAS):
            coef, constant = plain_ridge(X[train], Y[train], alpha, intercept)
            error = np.sum((Y[test] - X[test] @ coef.T - constant) ** 2, 0)
            scores[k] += 1 - error / np.sum((Y[test] - Y[test].mean(0)) ** 2, 0)
    return scores / len(pairs)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("q", "r", "t"), [(5, 3, 7), (40, 300, 600), (150, 150, 257), (1, 1, 1)])
def test_ridge_error_equals_its_definition(q, r, t, dtype):
    rng = np.random.default_rng(0)
    A, P, Z = (rng.standard_normal(s).astype(dtype) for s in ((q, t), (r, q), (r, t)))
    D = rng.uniform(0.1, 1, (3, q))
    tolerance = 1e-11 if dtype == "f8" else 2e-4
    want = [np.sum((Z - P.astype(float) @ (d[:, None] * A)) ** 2, 0) for d in D]
    got = [np.empty((3, t)) for _ in range(4)]
    layouts = [(A, Z), (A, np.asfortranarray(Z)), (np.asfortranarray(A), Z), (A, None)]
    for k, (out, (a, z)) in enumerate(zip(got, layouts)):
        inputs = [a, P, D] if z is None else [a, P, D, z]
        _core.call("ridge_error", [out], inputs, (0,), threads=k % 2 + 1)
    np.testing.assert_allclose(got[0], want, rtol=tolerance)
    np.testing.assert_array_equal(got[0], got[1])
    np.testing.assert_array_equal(got[0], got[2])
    R = np.triu(rng.standard_normal((q, q))).astype(dtype)
    filled = R + np.tril(np.full((q, q), 7, dtype), -1)  # below the diagonal nothing is read
    for predictor, out in ((P, got[3]), (R, None)):
        want = [np.sum((predictor.astype(float) @ (d[:, None] * A)) ** 2, 0) for d in D]
        if out is None:
            out, other = np.empty((3, t)), np.empty((3, t))
            _core.call("ridge_error", [out], [A, filled, D], (1,), threads=1)
            _core.call("ridge_error", [other], [A, R, D], (1,), threads=2)
            np.testing.assert_array_equal(out, other)
        np.testing.assert_allclose(out, want, rtol=tolerance)
    with pytest.raises(ValueError, match="do not fit"):
        _core.call("ridge_error", [np.empty((2, t))], [A, P, D, Z], (0,))
    with pytest.raises(ValueError, match="goes without Z"):
        _core.call("ridge_error", [np.empty((3, t))], [A, P, D, Z], (1,))


@pytest.mark.parametrize(("n", "p"), [(100, 12), (60, 40), (40, 90)])
@pytest.mark.parametrize("solver", ["primal", "kernel"])
@pytest.mark.parametrize("intercept", [True, False])
def test_scores_and_alphas_equal_a_plain_search(n, p, solver, intercept):
    X, Y = problem(n, p, 7)
    random = np.random.default_rng(1).permutation(n)
    overlapping = [(np.arange(0, n // 2), np.arange(n // 2, n - 5)), (random[:30], random[25:35])]
    for cv in (4, np.repeat(np.arange(5), n // 5), overlapping):
        model = encoding.RidgeCV(ALPHAS, cv=cv, fit_intercept=intercept, solver=solver).fit(X, Y)
        want = plain_scores(X, Y, splits(cv, X), intercept)
        np.testing.assert_allclose(model.cv_scores_, want, atol=1e-7)
        np.testing.assert_array_equal(model.alpha_, ALPHAS[want.argmax(0)])
        for target, alpha in enumerate(model.alpha_):
            coef, constant = plain_ridge(X, Y, alpha, intercept)
            np.testing.assert_allclose(model.coef_[target], coef[target], rtol=1e-6, atol=1e-8)
            assert model.intercept_[target] == pytest.approx(constant[target], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(("n", "p"), [(200, 15), (50, 49), (30, 80)])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_coefficients_equal_scikit_learn(n, p, alpha):
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, Y = problem(n, p, 5, seed=2)
    model = encoding.RidgeCV([alpha], cv=3).fit(X, Y)
    other = linear_model.Ridge(alpha, solver="svd").fit(X, Y)
    scale = np.abs(other.coef_).max()
    assert np.abs(model.coef_ - other.coef_).max() < 1e-8 * scale
    np.testing.assert_allclose(model.predict(X), other.predict(X), atol=1e-7)


def test_check_estimator():
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    for estimator in (encoding.RidgeCV(), encoding.Delayer()):
        results = checks.check_estimator(estimator, on_skip=None, on_fail=None)
        failed = [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"]
        assert failed == []


def test_works_in_pipelines_and_searches():
    pytest.importorskip("sklearn")
    from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
    from sklearn.pipeline import make_pipeline

    X, Y = problem(60, 5, 3)
    pipe = make_pipeline(encoding.Delayer([0, 1]), encoding.RidgeCV(ALPHAS, cv=KFold(3)))
    search = GridSearchCV(pipe, {"ridgecv__alpha_per_target": [True, False]}, cv=2).fit(X, Y)
    assert np.isfinite(search.best_score_)
    groups = np.repeat(np.arange(6), 10)
    pairs = GroupKFold(3).split(X, Y, groups)
    assert encoding.RidgeCV(ALPHAS, cv=pairs).fit(X, Y).cv_scores_.shape == (8, 3)


def test_targets_in_chunks_and_float32():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((300, 40)).astype("f4")
    Y = (X @ rng.standard_normal((40, 900)) + 8 * rng.standard_normal((300, 900))).astype("f4")
    single = encoding.RidgeCV(ALPHAS).fit(X, Y)
    double = encoding.RidgeCV(ALPHAS).fit(X.astype(float), Y.astype(float))
    assert single.coef_.dtype == np.float32
    np.testing.assert_allclose(single.cv_scores_, double.cv_scores_, atol=2e-5)
    same = single.alpha_ == double.alpha_
    assert same.mean() > 0.98  # near ties may fall either way
    np.testing.assert_allclose(single.coef_[same], double.coef_[same], atol=2e-4)
    from neurokit.encoding import _ridge

    part = encoding.RidgeCV(ALPHAS).fit(X, Y[:, :37])
    np.testing.assert_allclose(part.cv_scores_, single.cv_scores_[:, :37], atol=1e-6)
    before, _ridge.CHUNK_BYTES = _ridge.CHUNK_BYTES, 40 * 4 * 100
    try:
        chunked = encoding.RidgeCV(ALPHAS).fit(X, Y)
    finally:
        _ridge.CHUNK_BYTES = before
    np.testing.assert_allclose(chunked.cv_scores_, single.cv_scores_, atol=1e-6)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.float16])
def test_targets_of_any_type(dtype):
    X, Y = problem(60, 4, 2)
    Y = (20 * np.abs(Y) + 3).astype(dtype) if dtype is not bool else Y > 0
    for model in (
        encoding.RidgeCV(ALPHAS),
        encoding.KernelRidgeCV(ALPHAS),
        encoding.BandedRidgeCV([2, 2], n_iter=3),
    ):
        want = model.fit(X, Y.astype(float)).predict(X)
        np.testing.assert_array_equal(model.fit(X, Y).predict(X), want)


def test_one_alpha_for_all_and_single_target():
    X, Y = problem(80, 6, 4)
    model = encoding.RidgeCV(ALPHAS, alpha_per_target=False).fit(X, Y)
    assert len(set(model.alpha_)) == 1
    assert model.alpha_[0] == ALPHAS[model.cv_scores_.mean(1).argmax()]
    single = encoding.RidgeCV(ALPHAS).fit(X, Y[:, 0])
    assert single.coef_.shape == (6,) and np.ndim(single.alpha_) == 0
    assert single.predict(X).shape == (80,)
    assert single.score(X, Y[:, 0]) == pytest.approx(encoding.r2(Y[:, 0], single.predict(X)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(alphas=[1.0, 0.0]), "positive"),
        (dict(alphas=[-1.0]), "positive"),
        (dict(alphas=[]), "positive"),
        (dict(alphas="a"), "positive"),
        (dict(cv="a"), "group labels, a splitter"),
        (dict(cv=1), "folds"),
        (dict(cv=100), "folds"),
        (dict(cv=np.zeros(30)), "2 groups"),
        (dict(cv=np.zeros(7)), "cv"),
        (
            dict(cv=[np.nan] * 5 + [1.0] * 5 + [2.0] * 20),
            r"missing group labels .* \[0, 1, 2, 3, 4\]",
        ),
        (dict(cv=[None, "a"] * 15), r"missing group labels"),
        (dict(cv=[(np.arange(20.0), np.arange(20, 30))]), "whole indices"),
        (dict(cv=[(np.arange(5), np.array([], int))]), "without"),
        (dict(cv=[(np.arange(5), np.array([44]))]), "out of range"),
        (dict(solver="svd"), "solver"),
    ],
)
def test_bad_arguments(arguments, message):
    X, Y = problem(30, 4, 2)
    with pytest.raises(ValueError, match=message):
        encoding.RidgeCV(**arguments).fit(X, Y)


def test_text_and_missing_values_are_refused():
    X, Y = problem(30, 4, 2)
    with pytest.raises(ValueError, match="y: wanted numbers"):
        encoding.RidgeCV().fit(X, ["a"] * 30)
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        encoding.RidgeCV().fit(X, Y)


def test_delayer_never_crosses_runs():
    rng = np.random.default_rng(4)
    X, runs = rng.standard_normal((20, 3)), np.repeat([5, 1], [8, 12])
    out = encoding.Delayer([0, 2, -1, 15], runs=runs).fit_transform(X)
    assert out.shape == (20, 12)
    for row in range(20):
        for k, delay in enumerate([0, 2, -1, 15]):
            source = row - delay
            inside = 0 <= source < 20 and runs[source] == runs[row]
            want = X[source] if inside else np.zeros(3)
            np.testing.assert_array_equal(out[row, 3 * k : 3 * k + 3], want)
    with pytest.raises(ValueError, match="follow one another"):
        encoding.Delayer([0], runs=np.arange(20) % 2).fit_transform(X)
    with pytest.raises(ValueError, match="wanted 20"):
        encoding.Delayer([0], runs=runs[:5]).fit_transform(X)


def test_scores():
    rng = np.random.default_rng(5)
    Y = rng.standard_normal((50, 4))
    P = Y + rng.standard_normal((50, 4))
    want = [np.corrcoef(Y[:, k], P[:, k])[0, 1] for k in range(4)]
    np.testing.assert_allclose(encoding.correlation(Y, P), want)
    metrics = pytest.importorskip("sklearn.metrics")
    np.testing.assert_allclose(
        encoding.r2(Y, P), metrics.r2_score(Y, P, multioutput="raw_values"), rtol=1e-12
    )
    parts = np.stack([0.3 * P, 0.7 * P + 0.1])
    np.testing.assert_allclose(encoding.split_r2(Y, parts).sum(0), encoding.r2(Y, parts.sum(0)))
    np.testing.assert_allclose(encoding.split_correlation(Y, parts).sum(0), want)
    assert np.isnan(encoding.r2(np.ones(5), np.arange(5.0)))
    with pytest.raises(ValueError, match="differ in shape"):
        encoding.r2(Y, P[:, :2])


def test_without_scikit_learn():
    """The same numbers come out where scikit-learn cannot be imported."""
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import numpy as np; from neurokit import encoding\n"
        "rng = np.random.default_rng(0); X = rng.standard_normal((40, 3))\n"
        "m = encoding.RidgeCV([1.0, 10.0]).fit(X, X @ np.ones((3, 2)) + 1)\n"
        "print(m.coef_.sum(), m.score(X, X @ np.ones((3, 2)) + 1), m)\n"
        "print(encoding.Delayer([1]).fit_transform(X).shape)\n"
        "try: encoding.RidgeCV().predict(X)\n"
        "except ValueError as error: print(error)\n"
        "try: m.predict(X[:, :2])\n"
        "except ValueError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second, third, fourth = run.stdout.splitlines()
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 3))
    model = encoding.RidgeCV([1.0, 10.0]).fit(X, X @ np.ones((3, 2)) + 1)
    assert float(first.split()[0]) == pytest.approx(model.coef_.sum())
    assert second == "(40, 3)" and "not fitted" in third and "3 features" in fourth

"""Kernel ridge, ceilings, matching accuracies, variance partitioning."""

import numpy as np
import pytest
from scipy import stats

from neurokit import encoding
from neurokit.encoding.folds import splits

ALPHAS = np.logspace(-2, 3, 6)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 8))
    return X, np.sin(X @ rng.standard_normal((8, 4))) + 0.3 * rng.standard_normal((60, 4))


@pytest.mark.parametrize("kernel", ["linear", "rbf", "polynomial", "precomputed"])
def test_kernel_ridge_equals_scikit_learn(problem, kernel):
    kernel_ridge = pytest.importorskip("sklearn.kernel_ridge")
    from sklearn.metrics import r2_score
    from sklearn.model_selection import KFold

    X, Y = problem
    options = dict(gamma=0.2, degree=2)
    X = X @ X.T if kernel == "precomputed" else X
    model = encoding.KernelRidgeCV(ALPHAS, kernel=kernel, cv=4, **options).fit(X, Y)
    scores = np.zeros((6, 4))
    for train, test in KFold(4).split(X):
        part, rest = (X[train], X[test]) if kernel != "precomputed" else (
            X[np.ix_(train, train)], X[np.ix_(test, train)])  # fmt: skip
        for k, alpha in enumerate(ALPHAS):
            one = kernel_ridge.KernelRidge(alpha=alpha, kernel=kernel, coef0=1, **options)
            guess = one.fit(part, Y[train]).predict(rest)
            scores[k] += r2_score(Y[test], guess, multioutput="raw_values") / 4
    np.testing.assert_allclose(model.cv_scores_, scores, atol=1e-8)
    np.testing.assert_array_equal(model.alpha_, ALPHAS[scores.argmax(0)])
    one = kernel_ridge.KernelRidge(alpha=model.alpha_, kernel=kernel, coef0=1, **options).fit(X, Y)
    np.testing.assert_allclose(model.dual_coef_, one.dual_coef_, atol=1e-8)
    np.testing.assert_allclose(model.predict(X[:7]), one.predict(X[:7]), atol=1e-8)


def test_linear_kernel_equals_ridge_without_intercept(problem):
    X, Y = problem
    kernel = encoding.KernelRidgeCV(ALPHAS).fit(X, Y)
    ridge = encoding.RidgeCV(ALPHAS, fit_intercept=False).fit(X, Y)
    np.testing.assert_allclose(kernel.cv_scores_, ridge.cv_scores_, atol=1e-9)
    np.testing.assert_allclose(kernel.dual_coef_.T @ X, ridge.coef_, atol=1e-9)


def test_kernel_ridge_is_an_estimator():
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    results = checks.check_estimator(encoding.KernelRidgeCV(), on_skip=None, on_fail=None)
    assert [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(dict(kernel="cubic"), "kernel"), (dict(kernel="precomputed"), "square"),
     (dict(alphas=[0]), "positive")],
)  # fmt: skip
def test_bad_kernel_arguments(problem, arguments, message):
    with pytest.raises(ValueError, match=message):
        encoding.KernelRidgeCV(**arguments).fit(*problem)


def test_ceilings_recover_the_signal():
    rng = np.random.default_rng(1)
    ratio = np.array([0.0, 0.5, 1.0, 4.0])  # signal over noise variance
    signal = rng.standard_normal((4000, 4)) * np.sqrt(ratio)
    repeats = signal + rng.standard_normal((4, 4000, 4))
    single = ratio / (1 + ratio)
    averaged = ratio / (ratio + 1 / 4)
    np.testing.assert_allclose(encoding.explainable_variance(repeats), single, atol=0.03)
    np.testing.assert_allclose(encoding.noise_ceiling(repeats), averaged, atol=0.05)
    np.testing.assert_allclose(encoding.noise_ceiling(repeats, n=1), single, atol=0.03)
    half = encoding.noise_ceiling(repeats, kind="split_half")
    np.testing.assert_allclose(half, averaged, atol=0.05)
    truth = [encoding.correlation(signal[:, k], repeats.mean(0)[:, k]) ** 2 for k in (1, 2, 3)]
    np.testing.assert_allclose(truth, averaged[1:], atol=0.04)
    with pytest.raises(ValueError, match="n_repeats"):
        encoding.explainable_variance(repeats[:1])
    with pytest.raises(ValueError, match="kind"):
        encoding.noise_ceiling(repeats, kind="other")
    for n in (0, -3):
        with pytest.raises(ValueError, match="n: wanted 1 or more"):
            encoding.noise_ceiling(repeats, n=n)
    with pytest.raises(TypeError):
        encoding.noise_ceiling(repeats, n=2.5)


def test_matching_accuracies():
    rng = np.random.default_rng(2)
    Y = rng.standard_normal((30, 200))
    assert encoding.pairwise_2v2(Y, Y) == 1 and encoding.retrieval_accuracy(Y, Y) == 1
    other = rng.standard_normal((30, 200))
    assert 0.3 < encoding.pairwise_2v2(Y, other) < 0.7
    P = Y + 6 * other
    r = np.corrcoef(Y, P)[:30, 30:]
    pairs = [(i, j) for i in range(30) for j in range(i)]
    want = np.mean([r[i, i] + r[j, j] > r[i, j] + r[j, i] for i, j in pairs])
    assert encoding.pairwise_2v2(Y, P) == pytest.approx(want)
    want = np.mean([np.argsort(-r[:, k]).tolist().index(k) < 3 for k in range(30)])
    assert encoding.retrieval_accuracy(Y, P, top=3) == pytest.approx(want)
    with pytest.raises(ValueError, match="top"):
        encoding.retrieval_accuracy(Y, P, top=31)


def test_inner_folds_of_variance_partition_are_the_runs():
    """Against scikit-learn: grid search that leaves one run of the training samples out."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    selection = pytest.importorskip("sklearn.model_selection")
    rng = np.random.default_rng(4)
    runs = np.arange(60) % 4  # of samples that are alike within a run
    a, b = rng.standard_normal((2, 4, 5))[:, runs] + 0.3 * rng.standard_normal((2, 60, 5))
    y = (a + b) @ rng.standard_normal(5) + 3 * rng.standard_normal(4)[runs]
    y = y + rng.standard_normal(60)
    alphas = [0.1, 1.0, 10.0, 100.0, 1000.0]
    _, totals = encoding.variance_partition({"A": a, "B": b}, y[:, None], 3, alphas, runs)

    def leave_one_run_out(x):
        guess = np.zeros(60)
        for test in np.array_split(np.arange(60), 3):
            train = np.setdiff1d(np.arange(60), test)
            search = selection.GridSearchCV(
                linear_model.Ridge(), {"alpha": alphas}, cv=selection.LeaveOneGroupOut()
            ).fit(x[train], y[train], groups=runs[train])
            guess[test] = search.predict(x[test])
        return 1 - np.sum((y - guess) ** 2) / np.sum((y - y.mean()) ** 2)

    _, other = encoding.variance_partition({"A": a, "B": b}, y[:, None], 3, alphas, 5)
    for names, x in ((("A",), a), (("B",), b), (("A", "B"), np.c_[a, b])):
        assert totals[names] == pytest.approx(leave_one_run_out(x), abs=1e-9)
        assert abs(totals[names] - other[names]) > 1e-4


def test_variance_partition_of_known_parts():
    rng = np.random.default_rng(3)
    n = 3000
    a, b, c, shared = rng.standard_normal((4, n, 1))
    sets = {"A": np.c_[a, shared], "B": np.c_[b, shared], "C": c}
    Y = np.c_[a + 2 * shared + b, c + a]
    parts, totals = encoding.variance_partition(sets, Y)
    assert len(parts) == 7 and len(totals) == 7
    np.testing.assert_allclose(sum(parts.values()), totals["A", "B", "C"], atol=1e-12)
    np.testing.assert_allclose(parts["A", "B"], [4 / 6, 0], atol=0.02)
    np.testing.assert_allclose(parts["A",], [1 / 6, 0.5], atol=0.02)
    np.testing.assert_allclose(parts["B",], [1 / 6, 0], atol=0.02)
    np.testing.assert_allclose(parts["C",], [0, 0.5], atol=0.02)
    with pytest.raises(ValueError, match="2 to 4"):
        encoding.variance_partition({"A": a}, Y)
    with pytest.raises(ValueError, match="samples"):
        encoding.variance_partition({"A": a, "B": b[:5]}, Y)


def test_localizers_of_unequal_sides_equal_scipy():
    x, labels = np.random.default_rng(0).standard_normal((20, 6)) + 1e4, np.repeat([0, 1], [7, 13])
    for kind, equal in (("student", True), ("welch", False)):
        for alternative in ("two-sided", "greater", "less"):
            found = encoding.localizer(x, labels, (0, 1), kind=kind, alternative=alternative)
            want = stats.ttest_ind(x[:7], x[7:], equal_var=equal, alternative=alternative)
            np.testing.assert_allclose(found.t, want.statistic, rtol=1e-10)
            np.testing.assert_allclose(found.p, want.pvalue, rtol=1e-10)


def test_paired_localizers_leave_out_runs_with_one_side():
    x = np.random.default_rng(1).standard_normal((12, 5))
    labels, runs = np.array(list("ababababbbaa")), np.repeat([0, 1, 2, 3, 4, 5], 2)
    found = encoding.localizer(x, labels, ("a", "b"), kind="paired", runs=runs)
    want = stats.ttest_rel(x[0:8:2], x[1:8:2])
    np.testing.assert_allclose(found.t, want.statistic, rtol=1e-12)
    np.testing.assert_array_equal(found.dof, 3)


def test_groups_are_left_out_in_order_of_first_appearance():
    pairs = splits(list("ccabba"), np.zeros((6, 1)))
    assert [test.tolist() for _, test in pairs] == [[0, 1], [2, 5], [3, 4]]
    assert [train.tolist() for train, _ in pairs] == [[2, 3, 4, 5], [0, 1, 3, 4], [0, 1, 2, 5]]


def test_constant_features_of_pls_have_no_weight():
    """Whose mean is not exactly their value."""
    rng = np.random.default_rng(2)
    X, Y = rng.standard_normal((49, 4)), rng.standard_normal((49, 2))
    with_constant = np.column_stack([np.full(49, 0.1), X])
    assert with_constant[:, 0].std() > 0
    found = encoding.PLS(3).fit(with_constant, Y)
    np.testing.assert_allclose(found.coef_[:, 1:], encoding.PLS(3).fit(X, Y).coef_, atol=1e-12)
    np.testing.assert_allclose(found.coef_[:, 0], 0, atol=1e-12)


@pytest.mark.parametrize("metric", ["correlation", "cosine", "euclidean"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_patterns_that_differ_by_rounding_alone_are_ties(metric, dtype):
    """Measured or predicted patterns that are one pattern, in other units or moved along."""
    rng = np.random.default_rng(5)
    scale = 2.0 ** rng.integers(-3, 4, (20, 1)) * rng.choice([1, 3])
    scale = np.ones((20, 1)) if metric == "euclidean" else scale
    offset = rng.integers(-8, 8, (20, 1)) if metric == "correlation" else 0
    same = (scale * rng.integers(-99, 99, 13) + offset).astype(dtype)
    other = rng.standard_normal((20, 13)).astype(dtype)
    for Y, P in ((same, other), (other, same)):
        assert encoding.pairwise_2v2(Y, P, metric) == 0.5
    for top in (1, 5):
        assert encoding.retrieval_accuracy(same, other, top, metric) == pytest.approx(top / 20)
    assert encoding.retrieval_accuracy(same, other, "rank", metric) == pytest.approx(0.5)

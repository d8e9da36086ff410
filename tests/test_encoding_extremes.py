"""Encoding models on data far from zero, of extreme scale, and with one sample per test fold."""

import warnings

import numpy as np
import pytest

from neurokit import encoding

linear_model = pytest.importorskip("sklearn.linear_model")
model_selection = pytest.importorskip("sklearn.model_selection")
kernel_ridge = pytest.importorskip("sklearn.kernel_ridge")


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 9))
    return X, X @ rng.standard_normal((9, 3)) + rng.standard_normal((60, 3))


def kernel_models(alpha, kernel, **options):
    yield encoding.KernelRidgeCV([alpha], kernel=kernel, fit_intercept=True, **options)
    yield encoding.WeightedKernelRidgeCV(
        [alpha], kernels=[kernel], fit_intercept=True, n_iter=1, **options
    )


@pytest.mark.parametrize("offset", [0, 1e2, 1e4, 1e6])
@pytest.mark.parametrize("alpha", [1.0, 0.01])
@pytest.mark.parametrize("kernel", ["linear", "polynomial"])
def test_linear_kernels_far_from_zero_equal_ridge(data, offset, alpha, kernel):
    X, Y = data[0] + offset, data[1]
    reference = linear_model.Ridge(alpha=alpha).fit(X, Y)
    scores = encoding.RidgeCV([alpha]).fit(X, Y).cv_scores_
    new = X[:20] + 0.5
    for model in kernel_models(alpha, kernel, gamma=1.0, degree=1, coef0=0.0):
        model.fit(X, Y)
        np.testing.assert_allclose(model.predict(new), reference.predict(new), atol=2e-8)
        np.testing.assert_allclose(model.cv_scores_, scores, atol=1e-7)
        if hasattr(model, "weights_"):
            parts = model.predict(new, split=True)
            np.testing.assert_allclose(parts.sum(0), model.predict(new), atol=1e-12)
        if offset <= 100:  # the attributes hold for the kernel as it is
            np.testing.assert_allclose(
                new @ X.T @ model.dual_coef_ * factor(model) + model.intercept_,
                reference.predict(new),
                atol=1e-5,
            )


def factor(model):
    return np.exp(model.deltas_) if hasattr(model, "deltas_") else 1.0


def test_other_kernels_are_centred_with_care(data):
    X, Y = data
    kernel = X @ X.T
    reference = linear_model.Ridge(alpha=1.0).fit(X, Y).predict(X)
    for shift, error in ((1e4, 1e-8), (1e8, 1e-4)):
        moved = kernel + shift
        for model, K in (
            (encoding.KernelRidgeCV([1.0], kernel="precomputed", fit_intercept=True), moved),
            (
                encoding.WeightedKernelRidgeCV(
                    [1.0], kernels="precomputed", fit_intercept=True, n_iter=1
                ),
                moved[None],
            ),
        ):
            np.testing.assert_allclose(model.fit(K, Y).predict(K), reference, atol=error)
    model = encoding.KernelRidgeCV([1.0], kernel="precomputed", fit_intercept=True)
    with pytest.warns(UserWarning, match="centring"):
        model.fit(kernel + 1e14, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(kernel + 1e4, Y)


def test_infinite_scores_are_never_chosen():
    from neurokit.encoding._inputs import chosen_alphas

    scores = np.array([[np.inf, -np.inf], [0.1, 0.2], [np.nan, 0.1]])
    alphas = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(chosen_alphas(alphas, scores, True), [2, 2])
    np.testing.assert_array_equal(chosen_alphas(alphas, scores, False), [2, 2])


@pytest.mark.parametrize("solver", ["primal", "kernel"])
@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_single_test_samples_are_pooled(solver, uneven, fit_intercept):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((30, 6))
    Y = X @ rng.standard_normal((6, 5)) * [0.02, 0.1, 0.3, 1, 3] + rng.standard_normal((30, 5)) + 3
    alphas = np.logspace(-2, 4, 13)
    runs = np.r_[np.arange(10), np.repeat([10, 11], 10)] if uneven else np.arange(30)
    pairs = list(model_selection.LeaveOneGroupOut().split(X, Y, runs))
    expected = []
    for alpha in alphas:
        guess = np.empty_like(Y)
        for train, test in pairs:
            ridge = linear_model.Ridge(alpha=alpha, fit_intercept=fit_intercept)
            guess[test] = ridge.fit(X[train], Y[train]).predict(X[test])
        expected.append(encoding.r2(Y, guess))
    expected = np.array(expected)
    best = alphas[expected.argmax(0)]
    assert len(np.unique(best)) > 1
    options = dict(cv=runs, fit_intercept=fit_intercept)
    models = [
        encoding.RidgeCV(alphas, solver=solver, **options),
        encoding.KernelRidgeCV(alphas, **options),
        encoding.BandedRidgeCV(None, alphas, solver=solver, n_iter=1, **options),
    ]
    for model in models:
        model.fit(X, Y)
        np.testing.assert_array_equal(model.alpha_, best)
        target = expected if model.cv_scores_.shape == expected.shape else expected.max(0)[None]
        np.testing.assert_allclose(model.cv_scores_, target, atol=1e-8)
    if not uneven and fit_intercept:
        loo = linear_model.RidgeCV(alphas, alpha_per_target=True).fit(X, Y)
        np.testing.assert_array_equal(models[0].alpha_, loo.alpha_)


def test_refinement_climbs_the_pooled_score():
    rng = np.random.default_rng(2)
    X = rng.standard_normal((40, 10))
    Y = X @ (rng.standard_normal((10, 3)) * np.repeat([2, 0.2], 5)[:, None])
    Y += rng.standard_normal(Y.shape)
    plain = encoding.BandedRidgeCV([5, 5], cv=40, n_iter=4, refine=0, screen=None).fit(X, Y)
    refined = encoding.BandedRidgeCV([5, 5], cv=40, n_iter=4, refine=5, screen=None).fit(X, Y)
    gain = refined.best_score_ - plain.best_score_
    assert (gain >= 0).all() and gain.max() > 1e-3


@pytest.mark.parametrize("scale", [1e200, 1e-200, 2.0**-1000, 1e290])
def test_targets_of_any_scale(data, scale):
    X, Y = data
    alphas = np.logspace(-2, 4, 9)
    for make in (
        lambda: encoding.RidgeCV(alphas),
        lambda: encoding.RidgeCV(alphas, solver="kernel"),
        lambda: encoding.KernelRidgeCV(alphas, fit_intercept=True),
        lambda: encoding.BandedRidgeCV([4, 5], alphas, n_iter=5),
        lambda: encoding.WeightedKernelRidgeCV(alphas, n_iter=5, fit_intercept=True),
    ):
        plain, scaled = make().fit(X, Y), make().fit(X, Y * scale)
        np.testing.assert_array_equal(plain.alpha_, scaled.alpha_)
        np.testing.assert_allclose(plain.cv_scores_, scaled.cv_scores_, rtol=1e-6)
        np.testing.assert_allclose(scaled.predict(X) / scale, plain.predict(X), rtol=1e-6)
        mixed = make().fit(X, Y * [1, scale, 1])
        np.testing.assert_allclose(mixed.predict(X)[:, 0], plain.predict(X)[:, 0], rtol=1e-6)


def test_features_whose_squares_overflow_are_refused(data):
    X, Y = data
    for model in (encoding.RidgeCV(), encoding.KernelRidgeCV(), encoding.BandedRidgeCV()):
        with pytest.raises(ValueError, match="scale the features"):
            model.fit(X * 1e200, Y)
    with pytest.raises(ValueError, match="do not fit float32"):
        encoding.RidgeCV().fit(X.astype("f4"), Y * 1e50)


def test_missing_groups_are_named(data):
    with pytest.raises(ValueError, match="groups"):
        encoding.RidgeCV(cv=model_selection.GroupKFold(3)).fit(*data)
    encoding.RidgeCV(cv=model_selection.KFold(3)).fit(*data)


def test_partition_of_a_list(data):
    X, Y = data
    parts, totals = encoding.variance_partition([X[:, :4], X[:, 4:]], Y)
    named, _ = encoding.variance_partition({0: X[:, :4], 1: X[:, 4:]}, Y)
    assert list(parts) == [(0,), (1,), (0, 1)]
    for name in parts:
        np.testing.assert_array_equal(parts[name], named[name])
    with pytest.raises(TypeError, match="feature_sets"):
        encoding.variance_partition(3, Y)


def test_scores_refuse_masked_arrays(data):
    Y = data[1]
    masked = np.ma.masked_array(Y, Y > 1)
    for score in (encoding.r2, encoding.correlation, encoding.pairwise_2v2):
        for pair in ((masked, Y), (Y, masked)):
            with pytest.raises(TypeError, match="mask"):
                score(*pair)
    for score in (encoding.split_r2, encoding.split_correlation):
        for pair in ((masked, Y[None]), (Y, masked[None])):
            with pytest.raises(TypeError, match="mask"):
                score(*pair)
    for ceiling in (encoding.noise_ceiling, encoding.explainable_variance):
        with pytest.raises(TypeError, match="mask"):
            ceiling(masked[None].repeat(2, 0))
    with pytest.raises(TypeError, match="mask"):
        encoding.variance_partition([masked, Y], Y)
    with pytest.raises(TypeError, match="mask"):
        encoding.localizer(masked, np.repeat(["a", "b"], 30), ("a", "b"))
    model = encoding.WeightedKernelRidgeCV(kernels="precomputed")
    with pytest.raises(TypeError, match="mask"):
        model.fit(np.eye(60)[None], masked)


@pytest.mark.parametrize("fitted", ["f4", "f8"])
@pytest.mark.parametrize("new", ["f4", "f8"])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_kernel_predictions_take_the_wider_precision(data, fitted, new, fit_intercept):
    X, Y = data
    for model in (
        encoding.KernelRidgeCV(fit_intercept=fit_intercept),
        encoding.WeightedKernelRidgeCV(n_iter=2, fit_intercept=fit_intercept),
    ):
        model.fit(X.astype(fitted), Y.astype(fitted))
        assert model.predict(X.astype(new)).dtype == np.result_type(fitted, new)


def linear_models(n_features):
    bands = [n_features // 2, n_features - n_features // 2]
    yield encoding.RidgeCV([1.0])
    yield encoding.BandedRidgeCV(bands, [1.0], n_iter=[[0.5, 0.5]])
    yield encoding.KernelRidgeCV([1.0], fit_intercept=True)
    yield encoding.WeightedKernelRidgeCV(
        [1.0], kernels=["linear", "rbf"], n_iter=[[0.5, 0.5]], fit_intercept=True
    )
    yield encoding.PLS(3)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_features", [9, 90])
@pytest.mark.parametrize("offset", [0, 100, 1e4, 1e6])
def test_float32_far_from_zero_is_as_exact_as_near_it(offset, n_features, weighted):
    """Against the same numbers in float64: measured up to 8e-7 of the targets' range."""
    rng = np.random.default_rng(1)
    X = (rng.standard_normal((80, n_features)) + offset).astype("f4")
    Y = ((X - offset) @ rng.standard_normal((n_features, 2)) + 5).astype("f4")
    for model in linear_models(n_features):
        options = {}
        if weighted:
            if isinstance(model, encoding.PLS):
                continue
            options = {"sample_weight": rng.random(60)}
        near = [
            model.fit(x[:60], y[:60], **options).predict(x[60:])
            for x, y in ((X, Y), (X.astype(float), Y.astype(float)))
        ]
        assert near[0].dtype == np.float32
        np.testing.assert_allclose(near[0], near[1], rtol=0, atol=1.5e-6 * np.ptp(Y))
        if isinstance(model, encoding.BandedRidgeCV):
            parts = model.fit(X[:60], Y[:60], **options).predict(X[60:], split=True)
            np.testing.assert_allclose(parts.sum(0), near[1], rtol=0, atol=1.5e-6 * np.ptp(Y))


@pytest.mark.parametrize("single", [False, True])
def test_predictions_follow_coefficients_that_the_user_sets(data, single):
    X, Y = data[0] + 3, data[1][:, 0] if single else data[1]
    model = encoding.RidgeCV([1.0]).fit(X, Y)
    model.coef_, model.intercept_ = 2 * model.coef_, model.intercept_ + 1
    want = X @ model.coef_.T + model.intercept_
    np.testing.assert_allclose(model.predict(X), want, atol=1e-12)


@pytest.mark.parametrize(("x_unit", "y_unit"), [(1e-200, 1.0), (1.0, 1e200), (1e-100, 1e-250)])
def test_pls_does_not_depend_on_units(data, x_unit, y_unit):
    X, Y = data
    want = encoding.PLS(3).fit(X, Y).predict(X)
    got = encoding.PLS(3).fit(X * x_unit, Y * y_unit).predict(X * x_unit) / y_unit
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10)


def test_targets_and_repeats_that_are_not_there(data):
    X, Y = data
    for model in (encoding.RidgeCV(), encoding.KernelRidgeCV(), encoding.PLS()):
        with pytest.raises(ValueError, match="y: wanted at least one target"):
            model.fit(X, Y[:, :0])
    for function in (encoding.noise_ceiling, encoding.explainable_variance):
        with pytest.raises(ValueError, match=r"n_targets.*repeats\[:, :, None\]"):
            function(Y)


SCORES = [
    encoding.r2,
    encoding.correlation,
    lambda Y, P: encoding.split_r2(Y, np.stack([P / 4, 3 * P / 4])),
    lambda Y, P: encoding.split_correlation(Y, np.stack([P / 4, 3 * P / 4])),
    *(
        lambda Y, P, metric=metric: encoding.pairwise_2v2(Y, P, metric)
        for metric in ("correlation", "cosine", "euclidean")
    ),
    lambda Y, P: encoding.retrieval_accuracy(Y, P, "rank"),
]


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    "dtype, power", [("f4", -25), ("f4", -30), ("f4", 20), ("f4", 30), ("f8", -200), ("f8", 200)]
)
def test_scores_do_not_depend_on_the_unit(data, score, dtype, power):
    Y = data[1].astype(dtype)
    P = (Y + np.random.default_rng(1).standard_normal(Y.shape)).astype(dtype)
    size = np.dtype(dtype).type(10.0) ** power
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = score(Y * size, P * size)
    np.testing.assert_allclose(got, score(Y, P), rtol=1e-5 if dtype == "f4" else 1e-12)


def test_targets_of_different_units_have_scores_of_their_own(data):
    Y = data[1]
    P, scale = Y + np.random.default_rng(1).standard_normal(Y.shape), [1e-200, 1.0, 1e200]
    for score in SCORES[:4]:
        np.testing.assert_allclose(score(Y * scale, P * scale), score(Y, P), rtol=1e-12)
    missing = np.where(np.arange(len(Y))[:, None] == 3, np.nan, Y[:, :1])
    assert np.isnan(encoding.r2(missing * 1e200, P[:, :1] * 1e200)).all()


@pytest.mark.parametrize("power", [-200, -100, 100, 200])
def test_ceilings_do_not_depend_on_the_unit(data, power):
    repeats = data[1] + np.random.default_rng(1).standard_normal((3, *data[1].shape))
    repeats[1, 5, 0] = np.nan
    for ceiling in (
        encoding.explainable_variance,
        encoding.noise_ceiling,
        lambda r: encoding.noise_ceiling(r, "split_half"),
    ):
        np.testing.assert_allclose(
            ceiling(repeats * 10.0**power), ceiling(repeats), rtol=1e-10, atol=1e-12
        )


@pytest.mark.parametrize("kind", ["welch", "student", "paired"])
def test_localizers_of_responses_that_differ_by_rounding_alone(kind):
    """The variance of equal values is rounding, not exactly zero: t is infinite, or NaN where the
    sides are equal."""
    rng = np.random.default_rng(0)
    labels, runs = np.repeat(["a", "b"], [7, 11]), np.r_[np.arange(7), np.arange(11) % 7]
    a, b = rng.random((2, 200)) * 10.0 ** rng.integers(-3, 4, 200)
    b[::3] = a[::3]
    found = encoding.localizer(np.r_[np.tile(a, (7, 1)), np.tile(b, (11, 1))], labels, ("a", "b"), kind, runs)  # fmt: skip
    want = np.where(a == b, np.nan, np.where(a > b, np.inf, -np.inf))
    np.testing.assert_array_equal(found.t, want)
    np.testing.assert_array_equal(found.p, np.where(a == b, np.nan, 0))


@pytest.mark.parametrize("solver", ["primal", "kernel"])
@pytest.mark.parametrize("size", [1e4, 1e6, 1e7])
def test_scores_of_runs_far_from_one_another(data, solver, size):
    """Targets of a run lie many standard deviations from those of the others, and a feature says
    where: squares about the training mean are up to 1e14 times the error."""
    runs = np.repeat(range(4), 15)
    shift = np.array([3.0, -1, 2, 0])[runs]
    X, Y = np.c_[data[0], shift], data[1] + size * shift[:, None]
    model = encoding.RidgeCV([1e-9, 1e-8], cv=runs, solver=solver).fit(X, Y)
    want = np.zeros((2, 3))
    for run in range(4):
        train, test = runs != run, runs == run
        for k, alpha in enumerate(model.alphas):
            reference = linear_model.Ridge(alpha, solver="svd").fit(X[train], Y[train])
            want[k] += encoding.r2(Y[test], reference.predict(X[test])) / 4
    np.testing.assert_allclose(model.cv_scores_, want, atol=1e-3 if size > 1e6 else 1e-5)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_targets_that_do_not_vary_in_a_fold_score_zero_there(data, dtype):
    X, Y = (x.astype(dtype) for x in data)
    runs = np.repeat(range(4), 15)
    Y[:15] = [0.1, 1e5 / 3, 1e-5 / 7]
    scores = encoding.RidgeCV([1.0], cv=runs).fit(X, Y).cv_scores_
    want = []
    for run in (1, 2, 3):
        train, test = runs != run, runs == run
        reference = linear_model.Ridge(1.0).fit(X[train].astype(float), Y[train].astype(float))
        want.append(encoding.r2(Y[test], reference.predict(X[test].astype(float))))
    np.testing.assert_allclose(scores[0], np.sum(want, 0) / 4, rtol=1e-3)

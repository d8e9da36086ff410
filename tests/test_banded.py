"""Banded ridge and weighted kernels against explicit formulas, scikit-learn and himalaya."""

import numpy as np
import pytest

from neurokit import encoding
from neurokit.encoding import _search
from neurokit.encoding._banded import KernelBands, PrimalBands
from neurokit.encoding._rows import Rows
from neurokit.encoding.banded import band_labels
from neurokit.encoding.folds import splits

ALPHAS = np.logspace(-1, 4, 6)
BANDS = np.repeat([0, 1, 2], [4, 7, 9])


def problem(n=60, t=5, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 20)) * rng.uniform(0.5, 2, 20) + 1
    W = rng.standard_normal((20, t)) * np.array([1.0, 0.3, 0.0])[BANDS][:, None]
    return X, X @ W + 2 * rng.standard_normal((n, t)) + 3


def plain_coefficients(X, Y, penalty, intercept):
    x0, y0 = (X.mean(0), Y.mean(0)) if intercept else (0 * X[0], 0 * Y[0])
    coef = np.linalg.solve((X - x0).T @ (X - x0) + np.diag(penalty), (X - x0).T @ (Y - y0))
    return coef, y0 - x0 @ coef


def plain_score(X, Y, weights, alpha, pairs, intercept):
    score = 0
    for train, test in pairs:
        coef, constant = plain_coefficients(X[train], Y[train], alpha / weights[BANDS], intercept)
        error = np.sum((Y[test] - X[test] @ coef - constant) ** 2, 0)
        score = score + 1 - error / np.sum((Y[test] - Y[test].mean(0)) ** 2, 0)
    return score / len(pairs)


OVERLAPPING = [(np.arange(0, 30), np.arange(30, 55)), (np.arange(20, 60), np.arange(0, 25))]


@pytest.mark.parametrize("solver", ["primal", "kernel"])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("cv", [4, OVERLAPPING], ids=["folds", "overlapping"])
def test_exact_search_equals_a_plain_one(solver, intercept, cv):
    X, Y = problem()
    draws = np.random.default_rng(1).dirichlet(np.ones(3), 6)
    model = encoding.BandedRidgeCV(
        BANDS, ALPHAS, draws, screen=None, refine=0, cv=cv, solver=solver, fit_intercept=intercept
    ).fit(X, Y)
    pairs = splits(cv, X)
    want = np.array(
        [[plain_score(X, Y, d, a, pairs, intercept) for a in ALPHAS] for d in draws]
    )  # draws, alphas, targets
    np.testing.assert_allclose(model.cv_scores_, want.max(1), atol=1e-9)
    np.testing.assert_allclose(model.best_score_, want.max((0, 1)), atol=1e-9)
    for k in range(5):
        draw, alpha = np.unravel_index(want[:, :, k].argmax(), (6, 6))
        np.testing.assert_allclose(model.weights_[:, k], draws[draw])
        assert model.alpha_[k] == ALPHAS[alpha]
        coef, constant = plain_coefficients(
            X, Y[:, [k]], ALPHAS[alpha] / draws[draw][BANDS], intercept
        )
        np.testing.assert_allclose(model.coef_[k], coef[:, 0], atol=1e-9)
        np.testing.assert_allclose(model.intercept_[k], constant[0], atol=1e-8)
    np.testing.assert_allclose(model.deltas_, np.log(model.weights_ / model.alpha_))
    parts = model.predict(X, split=True)
    assert parts.shape == (3, 60, 5)
    np.testing.assert_allclose(parts.sum(0), model.predict(X), atol=1e-9)
    np.testing.assert_allclose(
        encoding.split_r2(Y, parts).sum(0), encoding.r2(Y, model.predict(X)), atol=1e-9
    )


@pytest.mark.parametrize("kind", [PrimalBands, KernelBands])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("cv", [4, OVERLAPPING], ids=["folds", "overlapping"])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_equals_finite_differences(kind, center, cv, weighted):
    X, Y = problem()
    root = np.sqrt(np.random.default_rng(4).uniform(0.2, 3, 60)) if weighted else None
    rows = Rows(60, root)
    X, Y = rows.scaled(X), rows.scaled(Y)
    if center:
        X, Y = (rows.centred(x, rows.mean(x)) for x in (X, Y))
    pairs = splits(cv, X)
    if kind is PrimalBands:
        it = PrimalBands(X, BANDS, pairs, center, rows)
    else:
        parts = [X[:, BANDS == k] for k in range(3)]
        it = KernelBands(np.stack([x @ x.T for x in parts]), pairs, center, rows)
    it.load(Y)
    weights, alpha, chosen = np.array([0.5, 0.2, 0.3]), 3.0, np.array([0, 2, 3])
    for index in range(len(pairs)):

        def error(log_weights, index=index):
            w = np.exp(log_weights)
            return it.errors(it.diagonalised(w)[index], index, w, chosen, np.array([alpha]))[0][0]

        at = np.log(weights)
        got = it.gradient(
            it.diagonalised(weights)[index], index, weights, chosen, np.full(3, alpha)
        )
        for band in range(3):
            step = 1e-4 * np.eye(3)[band]
            want = (error(at + step) - error(at - step)) / 2e-4
            np.testing.assert_allclose(got[band], want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [60, 20])  # as many as features: all dimensions have an eigenvector
@pytest.mark.parametrize("weights", [[0.5, 0.2, 0.3], [1.0, 0.0, 0.0]])
def test_screening_is_generalised_cross_validation(n, weights):
    X, Y = (each[:n] for each in problem())
    X, Y = X - X.mean(0), Y - Y.mean(0)
    weights = np.array(weights)
    scaled = X * np.sqrt(weights[BANDS])
    ratio = []
    for alpha in ALPHAS:
        hat = scaled @ np.linalg.solve(scaled.T @ scaled + alpha * np.eye(20), scaled.T)
        left = np.sum((Y - hat @ Y) ** 2, 0) / np.sum(Y**2, 0)
        ratio.append(left / (1 - (np.trace(hat) + 1) / n) ** 2)
    kernels = np.stack([X[:, BANDS == k] @ X[:, BANDS == k].T for k in range(3)])
    for it in (
        PrimalBands(X, BANDS, splits(3, X), True, Rows(n)),
        KernelBands(kernels, splits(3, X), True, Rows(n)),
    ):
        it.load(Y)
        ((values, vectors),) = _search.decomposed(it, weights[None])
        got = _search.screen(it, weights, values, vectors, ALPHAS)
        np.testing.assert_allclose(got, 1 - np.min(ratio, 0), atol=1e-10)


@pytest.mark.parametrize("of_y", [0.0, 2.0])
def test_screening_counts_the_constant_where_it_is_in_the_features(of_y):
    """No intercept, features with a mean and one of small scale; targets with a mean or without."""
    X, Y = problem()
    X = X + 1.0
    X[:, 0] = 1e-3 * (X[:, 0] + 0.5 * Y[:, 0])
    Y = Y - Y.mean(0) + of_y
    weights, alphas = np.array([0.5, 0.2, 0.3]), np.array([1e-6, 1e-3, 1.0])
    scaled = X * np.sqrt(weights[BANDS])
    ratio = []
    for alpha in alphas:
        hat = scaled @ np.linalg.solve(scaled.T @ scaled + alpha * np.eye(20), scaled.T)
        left = np.sum((Y - hat @ Y) ** 2, 0) / np.sum(Y**2, 0)
        ratio.append(left / (1 - np.trace(hat) / 60) ** 2)
    kernels = np.stack([X[:, BANDS == k] @ X[:, BANDS == k].T for k in range(3)])
    for it in (
        PrimalBands(X, BANDS, splits(3, X), False, Rows(60)),
        KernelBands(kernels, splits(3, X), False, Rows(60)),
    ):
        it.load(Y)
        ((values, vectors),) = _search.decomposed(it, weights[None])
        got = _search.screen(it, weights, values, vectors, alphas)
        np.testing.assert_allclose(got, 1 - np.min(ratio, 0), atol=1e-6)


@pytest.mark.parametrize("solver", ["primal", "kernel"])
def test_refinement_never_loses_and_finds_the_bands(solver):
    X, Y = problem(200, 30)
    options = dict(alphas=ALPHAS, solver=solver, random_state=3)
    full = encoding.BandedRidgeCV(BANDS, n_iter=30, screen=None, refine=0, **options).fit(X, Y)
    quick = encoding.BandedRidgeCV(BANDS, n_iter=30, screen=6, refine=0, **options).fit(X, Y)
    fine = encoding.BandedRidgeCV(BANDS, n_iter=30, screen=6, refine=4, **options).fit(X, Y)
    computed = np.isfinite(quick.cv_scores_)
    assert 0 < computed.mean() < 0.3
    np.testing.assert_allclose(quick.cv_scores_[computed], full.cv_scores_[computed], atol=1e-9)
    assert (fine.best_score_ >= quick.best_score_).all()
    assert fine.best_score_.mean() > full.best_score_.mean()
    assert (fine.weights_[2] < 0.1).mean() > 0.8
    plain = encoding.RidgeCV(ALPHAS).fit(X, Y)
    assert (fine.best_score_ >= plain.cv_scores_.max(0) - 0.01).all()
    # the score that is reported is that of the weights that are reported
    for k in (0, 7):
        want = plain_score(X, Y[:, [k]], np.maximum(fine.weights_[:, k], 1e-12), fine.alpha_[k],
                           splits(5, X), True)  # fmt: skip
        assert fine.best_score_[k] == pytest.approx(want[0], abs=1e-7)


def test_one_choice_for_all_targets():
    X, Y = problem(80, 6)
    model = encoding.BandedRidgeCV(BANDS, ALPHAS, n_iter=12, alpha_per_target=False).fit(X, Y)
    assert (model.weights_ == model.weights_[:, :1]).all() and len(set(model.alpha_)) == 1
    assert model.best_score_.mean() >= np.nanmax(model.cv_scores_.mean(1)) - 1e-12


def test_a_single_band_is_ridge():
    X, Y = problem()
    model = encoding.BandedRidgeCV(alphas=ALPHAS).fit(X, Y)
    plain = encoding.RidgeCV(ALPHAS).fit(X, Y)
    np.testing.assert_allclose(model.coef_, plain.coef_, atol=1e-10)
    single = encoding.BandedRidgeCV(BANDS, alphas=ALPHAS, n_iter=5).fit(X, Y[:, 1])
    assert single.coef_.shape == (20,) and single.weights_.shape == (3,)
    assert single.predict(X).shape == (60,) and single.predict(X, split=True).shape == (3, 60)


def test_chunks_of_targets_and_float32(monkeypatch):
    from neurokit.encoding import _weights

    X, Y = problem(100, 40)
    options = dict(alphas=ALPHAS, n_iter=10, screen=None, refine=0)
    for solver in ("primal", "kernel"):
        whole = encoding.BandedRidgeCV(BANDS, solver=solver, **options).fit(X, Y)
        with monkeypatch.context() as patch:
            patch.setattr(_weights, "TARGET_BYTES", 1)
            chunks = encoding.BandedRidgeCV(BANDS, solver=solver, **options).fit(X, Y)
        np.testing.assert_allclose(chunks.coef_, whole.coef_, atol=1e-10)
        small = encoding.BandedRidgeCV(BANDS, solver=solver, **options)
        small.fit(X.astype("f4"), Y.astype("f4"))
        assert small.coef_.dtype == np.float32
        np.testing.assert_allclose(small.best_score_, whole.best_score_, atol=1e-4)


def test_bands_in_every_form():
    names, labels = band_labels(["b", "b", "a"], 3)
    assert names == ["b", "a"] and labels.tolist() == [0, 0, 1]
    for bands in ([2, 1], [slice(0, 2), slice(2, 3)], [[0, 1], [2]], {"x": [1, 0], "y": [2]},
                  [np.array([True, True, False]), np.array([False, False, True])]):  # fmt: skip
        assert band_labels(bands, 3)[1].tolist() == [0, 0, 1]
    assert band_labels({"x": [1, 0], "y": [2]}, 3)[0] == ["x", "y"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(bands=[[0, 1], [2]]), "none"),
        (dict(bands=[range(20), [3]]), "two bands"),
        (dict(bands=[range(25)]), "out of range"),
        (dict(bands=[4, 4]), "bands"),
        (dict(bands=[]), "bands"),
        (dict(alphas=[1, -1]), "positive"),
        (dict(n_iter=0), "n_iter"),
        (dict(n_iter=np.ones((2, 2))), "n_iter"),
        (dict(n_iter=np.zeros((1, 3))), "without any weight"),
        (dict(concentration=0), "concentration"),
        (dict(screen=0), "screen"),
        (dict(refine=-1), "refine"),
        (dict(cv=1), "folds"),
        (dict(solver="x"), "solver"),
    ],
)
def test_bad_arguments(arguments, message):
    X, Y = problem()
    model = encoding.BandedRidgeCV(**{"bands": BANDS, **arguments})
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    assert not hasattr(model, "coef_") and not hasattr(model, "weights_")


def test_weighted_kernels():
    kernel_ridge = pytest.importorskip("sklearn.kernel_ridge")
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    X, Y = problem()
    weights = np.array([[0.3, 0.7]])
    for intercept in (False, True):
        model = encoding.WeightedKernelRidgeCV(
            [2.0], ["linear", "rbf"], gamma=[None, 0.05], n_iter=weights, fit_intercept=intercept
        ).fit(X, Y)
        K = 0.3 * X @ X.T + 0.7 * pairwise.rbf_kernel(X, gamma=0.05)
        J = np.eye(60) - intercept / 60
        one = kernel_ridge.KernelRidge(alpha=2.0, kernel="precomputed").fit(J @ K @ J, J @ Y)
        np.testing.assert_allclose(model.dual_coef_, one.dual_coef_ * 2.0, atol=1e-9)
        want = J @ K @ J @ one.dual_coef_ + (Y - J @ Y)
        np.testing.assert_allclose(model.predict(X), want, atol=1e-8)
        np.testing.assert_allclose(model.predict(X, split=True).sum(0), want, atol=1e-8)
    Ks = np.stack([X @ X.T, pairwise.rbf_kernel(X, gamma=0.05)])
    given = encoding.WeightedKernelRidgeCV([2.0], "precomputed", n_iter=weights, fit_intercept=True)
    np.testing.assert_allclose(given.fit(Ks, Y).predict(Ks[:, :9]), want[:9], atol=1e-8)
    with pytest.raises(ValueError, match="wanted kernels"):
        given.predict(Ks[:1])
    with pytest.raises(ValueError, match="wanted kernels"):
        given.fit(X, Y)
    with pytest.raises(ValueError, match="NaN"):
        given.fit(Ks * np.nan, Y)
    with pytest.raises(ValueError, match="samples"):
        given.fit(Ks, Y[:5])
    with pytest.raises(ValueError, match="gamma"):
        encoding.WeightedKernelRidgeCV(gamma=[1, 2, 3]).fit(X, Y)
    for bands in ([3, 5], [[0, 1], [99]], ["a", "b"], [[], [1]], [[[0]], [1]], [[0.5], [1]]):
        with pytest.raises(ValueError, match="bands: wanted index arrays or slices"):
            encoding.WeightedKernelRidgeCV(bands=bands).fit(X, Y)
    with pytest.raises(ValueError, match="kernel"):
        encoding.WeightedKernelRidgeCV(kernels=["cubic"]).fit(X, Y)


def test_are_estimators():
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    for estimator in (encoding.BandedRidgeCV(), encoding.WeightedKernelRidgeCV(n_iter=2, refine=1)):
        results = checks.check_estimator(estimator, on_skip=None, on_fail=None)
        failed = [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"]
        assert failed == []


@pytest.mark.parametrize("intercept", [False, True])
def test_equals_himalaya(intercept):
    """The same weightings give the same choices, scores, deltas and dual coefficients."""
    himalaya = pytest.importorskip("himalaya.kernel_ridge")
    scoring = pytest.importorskip("himalaya.scoring")
    from sklearn.model_selection import KFold

    X, Y = problem(70, 12)
    if not intercept:
        X, Y = X - X.mean(0), Y - Y.mean(0)
    Ks = np.stack([X[:, BANDS == k] @ X[:, BANDS == k].T for k in range(3)])
    draws = np.random.default_rng(2).dirichlet(np.ones(3), 15)
    out = himalaya.solve_multiple_kernel_ridge_random_search(
        Ks, Y, n_iter=draws, alphas=ALPHAS, cv=KFold(5), score_func=scoring.r2_score,
        return_weights="dual", fit_intercept=intercept, progress_bar=False,
    )  # fmt: skip
    model = encoding.WeightedKernelRidgeCV(
        ALPHAS, "precomputed", n_iter=draws, screen=None, refine=0, fit_intercept=intercept
    ).fit(Ks, Y)
    np.testing.assert_allclose(model.cv_scores_, out[2], atol=1e-8)
    np.testing.assert_allclose(model.deltas_, out[0], atol=1e-8)
    np.testing.assert_allclose(model.dual_coef_, out[1], atol=1e-8 * np.abs(out[1]).max())
    if intercept:
        np.testing.assert_allclose(model.intercept_, out[3], atol=1e-7)
    else:
        other = himalaya.solve_weighted_kernel_ridge_conjugate_gradient(
            Ks, Y, model.deltas_, alpha=1.0, max_iter=2000, tol=1e-12
        )
        np.testing.assert_allclose(model.dual_coef_, other, atol=1e-6)
        banded = encoding.BandedRidgeCV(
            BANDS, ALPHAS, draws, screen=None, refine=0, fit_intercept=False
        ).fit(X, Y)
        np.testing.assert_allclose(banded.predict(X), model.predict(Ks), atol=1e-8)
        parts = banded.predict(X, split=True)
        for mine, theirs in (
            (encoding.split_r2, scoring.r2_score_split),
            (encoding.split_correlation, scoring.correlation_score_split),
        ):
            np.testing.assert_allclose(mine(Y, parts), theirs(Y, parts), atol=1e-8)


@pytest.mark.parametrize("solver", ["primal", "kernel"])
def test_data_centred_by_hand_are_screened_as_with_an_intercept(solver):
    rng = np.random.default_rng(0)
    n, p = 60, 120 if solver == "kernel" else 20
    X, Y = rng.standard_normal((n, p)), rng.standard_normal((n, 4))
    Y += X[:, : p // 2] @ rng.standard_normal((p // 2, 4)) * 0.3
    X, Y = X - X.mean(0), Y - Y.mean(0)
    pairs, bands = splits(5, X), np.repeat([0, 1], p // 2)
    weights = np.array([0.5, 0.5])
    scores = []
    for center in (True, False):
        if solver == "primal":
            it = PrimalBands(X, bands, pairs, center, Rows(len(X)))
        else:
            kernels = np.stack([X[:, bands == k] @ X[:, bands == k].T for k in (0, 1)])
            it = KernelBands(kernels, pairs, center, Rows(len(X)))
        it.load(Y)
        ((values, vectors),) = _search.decomposed(it, weights[None])
        scores.append(_search.screen(it, weights, values, vectors, np.logspace(-4, 4, 30)))
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-9)


def test_one_choice_for_all_targets_is_refined_by_their_mean():
    X, Y = problem()
    scores = [
        encoding.BandedRidgeCV(
            BANDS, ALPHAS, n_iter=1, refine=rounds, alpha_per_target=False
        ).fit(X, Y).best_score_.mean()
        for rounds in (0, 5)
    ]  # fmt: skip
    assert scores[1] > scores[0] + 0.05


def test_ones_could_be_labels_or_sizes():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((30, 3)), rng.standard_normal((30, 2))
    with pytest.raises(ValueError, match="labels of one band or sizes of 3"):
        encoding.BandedRidgeCV([1, 1, 1]).fit(X, Y)
    for bands, count in ((range(3), 3), (None, 1), ([2, 2, 2], 1), ([1.0, 1.0, 1.0], 1)):
        assert len(encoding.BandedRidgeCV(bands, n_iter=3).fit(X, Y).bands_) == count
    assert encoding.BandedRidgeCV([1]).fit(X[:, :1], Y).bands_ == [1]

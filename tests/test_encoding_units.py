"""PLS, random projection, localizer, ceilings with gaps, ties, names, pandas and xarray."""

import numpy as np
import pytest

from neurokit import encoding


def data(n=50, p=9, t=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) * rng.uniform(0.5, 3, p) + 2
    return X, X @ rng.standard_normal((p, t)) + 3 * rng.standard_normal((n, t)) - 1


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("shape", [(50, 9, 4), (30, 60, 3), (40, 5, 12)])
def test_pls_equals_scikit_learn(shape, scale):
    cross_decomposition = pytest.importorskip("sklearn.cross_decomposition")
    X, Y = data(*shape)
    for count in (1, 3, 5):
        model = encoding.PLS(count, scale=scale).fit(X, Y)
        other = cross_decomposition.PLSRegression(count, scale=scale, tol=1e-28, max_iter=10**6)
        other.fit(X, Y)
        np.testing.assert_allclose(model.coef_, other.coef_, atol=1e-8)
        np.testing.assert_allclose(model.predict(X), other.predict(X), atol=1e-8)
        np.testing.assert_allclose(
            np.abs(model.transform(X)), np.abs(other.transform(X)), atol=1e-7
        )
        np.testing.assert_allclose(np.abs(model.x_loadings_), np.abs(other.x_loadings_), atol=1e-7)
    one = encoding.PLS(2).fit(X, Y[:, 0])
    np.testing.assert_allclose(
        one.predict(X), cross_decomposition.PLSRegression(2).fit(X, Y[:, 0]).predict(X), atol=1e-8
    )


def test_pls_with_all_components_is_least_squares():
    X, Y = data()
    model = encoding.PLS(9).fit(X, Y)
    design = np.c_[np.ones(50), X]
    want = design @ np.linalg.lstsq(design, Y, rcond=None)[0]
    np.testing.assert_allclose(model.predict(X), want, atol=1e-8)
    with pytest.raises(ValueError, match="1 to 9"):
        encoding.PLS(10).fit(X, Y)
    with pytest.warns(UserWarning, match="nothing is left"):
        flat = encoding.PLS(2).fit(X, np.ones(50))
    np.testing.assert_allclose(flat.predict(X), 1)


def test_random_projection_keeps_distances():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((20, 3000))
    model = encoding.SparseRandomProjection(2000, random_state=5)
    Z = model.fit_transform(X)
    i, j = np.triu_indices(20, 1)
    ratio = np.sum((Z[i] - Z[j]) ** 2, 1) / np.sum((X[i] - X[j]) ** 2, 1)
    assert abs(ratio.mean() - 1) < 0.02 and ratio.std() < 0.06
    matrix = model.components_.toarray()
    np.testing.assert_allclose(np.unique(np.abs(matrix)), [0, np.sqrt(3000**0.5 / 2000)])
    assert abs((matrix != 0).mean() * np.sqrt(3000) - 1) < 0.01
    np.testing.assert_allclose(Z, X @ matrix.T)
    same = encoding.SparseRandomProjection(2000, random_state=5).fit(X)
    assert (same.components_ != model.components_).nnz == 0
    assert encoding.SparseRandomProjection().fit(X).n_components_ == min(
        int(4 * np.log(20) / (0.005 - 0.001 / 3)), 3000
    )
    for bad in (dict(n_components=0), dict(density=2), dict(eps=0), dict(density="x")):
        with pytest.raises(ValueError, match=next(iter(bad))):
            encoding.SparseRandomProjection(**bad).fit(X)


@pytest.mark.parametrize("kind", ["welch", "student", "paired"])
def test_localizer_of_any_unit(kind):
    x = np.random.default_rng(0).standard_normal((20, 4)) + 1
    labels, runs = np.tile(["a", "b"], 10), np.repeat(np.arange(5), 4)
    units = 2.0 ** np.array([-1020, -600, 600, 1015])
    want = encoding.localizer(x, labels, ("a", "b"), kind, runs)
    got = encoding.localizer(x * units, labels, ("a", "b"), kind, runs)
    for a, b in zip(got[:3], want[:3], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_localizer_equals_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(2)
    x = rng.standard_normal((40, 6)) * np.linspace(1, 3, 6)
    labels = rng.permutation(np.repeat(["face", "house", "tool"], [15, 15, 10]))
    x[labels == "face", :2] += 4
    face, house = x[labels == "face"], x[labels == "house"]
    for kind, equal in (("welch", False), ("student", True)):
        for side in ("two-sided", "greater", "less"):
            got = encoding.localizer(x, labels, ("face", "house"), kind, alternative=side)
            want = stats.ttest_ind(face, house, equal_var=equal, alternative=side)
            np.testing.assert_allclose(got.t, want.statistic)
            np.testing.assert_allclose(got.p, want.pvalue)
            np.testing.assert_allclose(got.dof, want.df)
    rest = encoding.localizer(x, labels, ("face", None), top=2)
    np.testing.assert_allclose(
        rest.t, stats.ttest_ind(face, x[labels != "face"], equal_var=False).statistic
    )
    assert rest.selected.tolist() == [True, True, False, False, False, False]
    assert encoding.localizer(x, labels, (["face", "tool"], "house"), top=0.5).selected.sum() == 3
    runs = np.arange(40) % 4
    pairs = [
        (x[(labels == "face") & (runs == r)].mean(0), x[(labels == "house") & (runs == r)].mean(0))
        for r in range(4)
    ]
    got = encoding.localizer(x, labels, ("face", "house"), "paired", runs=runs)
    want = stats.ttest_rel([a for a, _ in pairs], [b for _, b in pairs])
    np.testing.assert_allclose(got.t, want.statistic)
    np.testing.assert_allclose(got.p, want.pvalue)
    x[:, 3] = 0.1
    flat = encoding.localizer(x, labels, ("face", "house"), top=6)
    assert np.isnan(flat.t[3]) and flat.selected.sum() == 5 and not flat.selected[3]
    x[:, 4] = 1.0 * (labels == "face")
    for kind in ("welch", "student", "paired"):
        sharp = encoding.localizer(x, labels, ("face", "house"), kind, runs=runs, top=1)
        assert sharp.t[4] == np.inf and sharp.p[4] == 0 and np.flatnonzero(sharp.selected) == [4]
        other = encoding.localizer(
            x, labels, ("house", "face"), kind, runs=runs, alternative="greater"
        )
        assert other.t[4] == -np.inf and other.p[4] == 1 and np.isnan(other.p[3])
    for arguments, message in (
        (dict(contrast=("cat", "face")), "cat"),
        (dict(contrast=("face", ["face", "house"])), "overlap"),
        (dict(contrast=("face", "house"), kind="z"), "kind"),
        (dict(contrast=("face", "house"), kind="paired"), "run"),
        (dict(contrast=("face", "house"), top=7), "top"),
        (dict(contrast=("face", "house"), alternative="up"), "alternative"),
    ):
        with pytest.raises(ValueError, match=message):
            encoding.localizer(x, labels, **arguments)
    with pytest.raises(ValueError, match="NaN"):
        encoding.localizer(np.full((40, 2), np.nan), labels, ("face", "house"))


def test_ceiling_of_unequal_repeats():
    """The published formula of the natural scenes data: mean of 1 / repeats over samples."""
    rng = np.random.default_rng(3)
    signal = rng.standard_normal((5000, 1))
    x = signal + rng.standard_normal((3, 5000, 1))
    x[2, 2000:] = np.nan
    x[1, 4000:] = np.nan
    got = encoding.noise_ceiling(x)
    share = (2000 / 3 + 2000 / 2 + 1000) / 5000
    np.testing.assert_allclose(got, 1 / (1 + share), atol=0.03)
    full = signal + rng.standard_normal((3, 5000, 1))
    ncsnr = np.sqrt(np.maximum(full.var() - full.var(0, ddof=1).mean(), 0)) / np.sqrt(
        full.var(0, ddof=1).mean()
    )
    np.testing.assert_allclose(encoding.noise_ceiling(full), ncsnr**2 / (ncsnr**2 + 1 / 3))


def test_ceilings_of_noise_are_zero():
    """Noise above the total variance, as the published formula, max(signal, 0), has it."""
    rng = np.random.default_rng(6)
    x = rng.standard_normal((3, 40, 50))
    x[:2, :, 0], x[2, :, 0] = [x[0, :, 0], -x[0, :, 0]], 0
    noise = x.var(0, ddof=1).mean(0)
    below = x.var((0, 1)) <= noise
    assert below[0] and 10 < below.sum() < 40
    got = encoding.noise_ceiling(x)
    assert (got[below] == 0).all()
    signal = (x.var((0, 1)) - noise)[~below]
    np.testing.assert_allclose(got[~below], signal / (signal + noise[~below] / 3))


def test_ceilings_with_missing_repeats():
    """Two repeats at any two of three places are two repeats; more missing ones lose no truth."""
    rng = np.random.default_rng(4)
    signal = 2 * rng.standard_normal((3000, 2))
    two = signal + rng.standard_normal((2, 3000, 2))
    x = np.full((3, 3000, 2), np.nan)
    order = np.sort(np.argsort(rng.random((3, 3000, 2)), axis=0)[:2], axis=0)
    np.put_along_axis(x, order, two, 0)
    for kind in ("nsd", "split_half"):
        np.testing.assert_allclose(
            encoding.noise_ceiling(x, kind), encoding.noise_ceiling(two, kind), rtol=1e-12
        )
    x = signal + rng.standard_normal((4, 3000, 2))
    full = encoding.explainable_variance(x)
    z = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    np.testing.assert_allclose(full, 1 - z.var(0, ddof=1).mean(0), rtol=1e-12)
    np.testing.assert_allclose(
        encoding.explainable_variance(x, bias_correction=False), 1 - z.var(0).mean(0), rtol=1e-12
    )
    x[rng.random(x.shape) < 0.3] = np.nan
    np.testing.assert_allclose(encoding.explainable_variance(x), 4 / 5, atol=0.02)
    np.testing.assert_allclose(encoding.noise_ceiling(x, n=1), 4 / 5, atol=0.02)
    empty = np.concatenate([x, np.full((1, 3000, 2), np.nan)])
    for each in (encoding.explainable_variance, encoding.noise_ceiling):
        np.testing.assert_allclose(each(empty), each(x), rtol=1e-12)
        with pytest.raises(ValueError, match="measured twice"):
            each(np.where(np.arange(4)[:, None, None] > 0, np.nan, x))


def test_ties_and_undefined_patterns_count_as_chance():
    rng = np.random.default_rng(4)
    Y = rng.standard_normal((10, 30))
    flat = np.ones((10, 30))
    with pytest.warns(UserWarning, match="constant"):
        assert encoding.retrieval_accuracy(Y, flat) == pytest.approx(0.1)
    with pytest.warns(UserWarning, match="constant"):
        assert encoding.retrieval_accuracy(Y, flat, top="rank") == pytest.approx(0.5)
    with pytest.warns(UserWarning, match="constant"):
        assert encoding.pairwise_2v2(Y, flat) == pytest.approx(0.5)
    P = Y + 3 * rng.standard_normal((10, 30))
    for metric in ("correlation", "cosine", "euclidean"):
        if metric == "euclidean":
            r = -np.sum((Y[:, None] - P[None]) ** 2, -1)
        else:
            y, p = (x - x.mean(1, keepdims=True) * (metric == "correlation") for x in (Y, P))
            r = y @ p.T / np.linalg.norm(y, axis=1)[:, None] / np.linalg.norm(p, axis=1)
        ranks = [int(np.sum(r[:, k] > r[k, k])) for k in range(10)]
        got = encoding.retrieval_accuracy(Y, P, top="rank", metric=metric)
        assert got == pytest.approx(1 - np.mean(ranks) / 9)
        assert encoding.retrieval_accuracy(Y, P, 3, metric) == np.mean(np.array(ranks) < 3)
        right = [r[i, i] + r[j, j] > r[i, j] + r[j, i] for i in range(10) for j in range(i)]
        assert encoding.pairwise_2v2(Y, P, metric) == pytest.approx(np.mean(right))
    with pytest.raises(ValueError, match="metric"):
        encoding.pairwise_2v2(Y, P, "manhattan")
    with pytest.raises(ValueError, match="NaN"):
        encoding.pairwise_2v2(Y, P * np.nan)


def test_scores_of_constant_and_integer_targets():
    Y = np.c_[np.full(20, 0.1), np.arange(20.0)]
    P = Y + np.random.default_rng(5).standard_normal((20, 2))
    for score in (encoding.r2, encoding.correlation):
        assert np.isnan(score(Y, P)).tolist() == [True, False]
    for score in (encoding.split_r2, encoding.split_correlation):
        assert np.isnan(score(Y, np.stack([P, P]))).tolist() == [[True, False]] * 2
    small = np.arange(6, dtype=np.uint8)
    assert encoding.r2(small, small[::-1]) == pytest.approx(1 - 70 / 17.5)


def test_names_and_frames():
    pytest.importorskip("sklearn")
    X, _ = data()
    delayer = encoding.Delayer([0, -2]).fit(X)
    assert delayer.get_feature_names_out()[[0, 9]].tolist() == ["x0_0", "x0_-2"]
    assert encoding.PLS(3).fit(X, X[:, 0]).get_feature_names_out().tolist() == [
        "pls0", "pls1", "pls2"]  # fmt: skip


def test_pandas_and_xarray():
    pandas = pytest.importorskip("pandas")
    xarray = pytest.importorskip("xarray")
    X, Y = data()
    frame, table = pandas.DataFrame(X).add_prefix("f"), pandas.DataFrame(Y)
    array = xarray.DataArray(X, dims=("time", "feature"))
    runs = pandas.Series(np.repeat(list("abcde"), 10))
    models = [
        encoding.RidgeCV(cv=runs), encoding.KernelRidgeCV(), encoding.PLS(),
        encoding.BandedRidgeCV([4, 5], n_iter=5), encoding.WeightedKernelRidgeCV(n_iter=5),
    ]  # fmt: skip
    for model in models:
        want = model.fit(X, Y).predict(X)
        np.testing.assert_allclose(model.fit(array, xarray.DataArray(Y)).predict(array), want)
        np.testing.assert_allclose(model.fit(frame, table).predict(frame), want)
        assert list(model.feature_names_in_) == list(frame.columns)
    np.testing.assert_allclose(encoding.r2(table, xarray.DataArray(Y)), 1)
    out = encoding.Delayer([0, 1]).set_output(transform="pandas").fit_transform(frame)
    assert out.columns[9] == "f0_1"


def test_are_estimators():
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    for estimator in (encoding.PLS(1), encoding.SparseRandomProjection()):
        results = checks.check_estimator(estimator, on_skip=None, on_fail=None)
        failed = [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"]
        assert failed == []


@pytest.mark.parametrize(
    "model",
    [
        encoding.RidgeCV(), encoding.KernelRidgeCV(), encoding.PLS(),
        encoding.BandedRidgeCV(n_iter=3), encoding.WeightedKernelRidgeCV(n_iter=3),
    ],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
def test_bad_data_leaves_nothing_behind(model):
    X, Y = data()
    hole = X.copy()
    hole[3, 1] = np.nan
    for bad_X, bad_Y in (
        (hole, Y),
        (X, np.where(Y == Y[2], np.inf, Y)),
        (X, Y[:9]),
        (X[:1], Y[:1]),
    ):
        with pytest.raises(ValueError):
            model.fit(bad_X, bad_Y)
    for name in ("coef_", "dual_coef_", "alpha_", "cv_scores_", "weights_"):
        assert not hasattr(model, name)


def test_groups():
    model_selection = pytest.importorskip("sklearn.model_selection")
    X, Y = data()
    groups = np.arange(50) % 7
    splitter = model_selection.GroupKFold(4)
    want = encoding.RidgeCV(cv=list(splitter.split(X, Y, groups))).fit(X, Y)
    got = encoding.RidgeCV(cv=splitter).fit(X, Y, groups=groups)
    np.testing.assert_array_equal(got.cv_scores_, want.cv_scores_)
    with pytest.raises(ValueError, match="groups: wanted 50"):
        encoding.RidgeCV(cv=splitter).fit(X, Y, groups=groups[:9])
    with pytest.raises(ValueError, match="splitter"):
        encoding.RidgeCV(cv=3).fit(X, Y, groups=groups)


def test_kernel_intercept_and_kernels():
    kernel_ridge = pytest.importorskip("sklearn.kernel_ridge")
    X, Y = data()
    ridge = encoding.RidgeCV([2.0]).fit(X, Y)
    kernel = encoding.KernelRidgeCV([2.0], fit_intercept=True).fit(X, Y)
    np.testing.assert_allclose(kernel.predict(X), ridge.predict(X), atol=1e-9)
    np.testing.assert_allclose(kernel.cv_scores_, ridge.cv_scores_, atol=1e-9)
    for name in ("laplacian", "sigmoid", "cosine"):
        options = {} if name == "cosine" else dict(gamma=0.01)
        model = encoding.KernelRidgeCV([3.0], name, **options).fit(X, Y)
        other = kernel_ridge.KernelRidge(alpha=3.0, kernel=name, **options).fit(X, Y)
        np.testing.assert_allclose(model.predict(X), other.predict(X), rtol=1e-6, atol=1e-7)
    mine = encoding.KernelRidgeCV([3.0], lambda a, b: a @ b.T).fit(X, Y)
    np.testing.assert_allclose(mine.predict(X), encoding.KernelRidgeCV([3.0]).fit(X, Y).predict(X))
    indefinite = X @ np.diag([1.0, -1, *np.ones(7)]) @ X.T
    given = encoding.KernelRidgeCV([1e-3, 1e4], "precomputed").fit(indefinite, Y)
    np.testing.assert_array_equal(given.alpha_, 1e4)
    with pytest.raises(ValueError, match="negative eigenvalues"):
        encoding.KernelRidgeCV([1e-3], "precomputed").fit(indefinite, Y)
    with pytest.raises(ValueError, match="negative eigenvalues"):
        encoding.WeightedKernelRidgeCV([1e-3], "precomputed").fit(indefinite[None], Y)
    with pytest.raises(ValueError, match="finite values of shape"):
        encoding.KernelRidgeCV([3.0], lambda a, b: a).fit(X, Y)


@pytest.mark.parametrize("center", [True, False])
def test_scores_do_not_cancel_for_targets_far_from_zero(center):
    rng = np.random.default_rng(6)
    X = np.c_[rng.standard_normal((80, 4)), np.ones(80)]
    Y = X[:, :4] @ rng.standard_normal((4, 3)) + rng.standard_normal((80, 3)) + 1e6
    model = encoding.RidgeCV([1e-6, 1e-3], fit_intercept=center, solver="primal").fit(X, Y)
    kernel = encoding.RidgeCV([1e-6, 1e-3], fit_intercept=center, solver="kernel").fit(X, Y)
    want = encoding.RidgeCV([1e-6, 1e-3]).fit(X[:, :4], Y - 1e6).cv_scores_
    if center:
        np.testing.assert_allclose(model.cv_scores_, want, atol=1e-6)
    np.testing.assert_allclose(model.cv_scores_[0], want[0], atol=1e-3)
    np.testing.assert_allclose(kernel.cv_scores_[0], want[0], atol=1e-2)


def test_pictures():
    pytest.importorskip("matplotlib").use("Agg")
    scores = np.linspace(-0.1, 0.6, 40)
    mask = np.zeros((5, 6, 4), bool)
    mask.reshape(-1)[20:60] = True
    assert encoding.plot_scores(scores).get_ylabel() == "targets"
    assert encoding.plot_scores(scores, ceiling=scores + 0.2).get_xlabel() == "noise ceiling"
    assert encoding.plot_scores(scores, mask=mask).images
    assert encoding.plot_scores(scores, positions=np.ones((40, 2))).collections
    for bad in (dict(mask=mask[:2]), dict(positions=np.ones((3, 2))), dict(ceiling=np.ones(3))):
        with pytest.raises(ValueError, match=next(iter(bad))):
            encoding.plot_scores(scores, **bad)
    X, Y = data()
    assert len(encoding.plot_alphas(encoding.RidgeCV().fit(X, Y)).patches) == 3
    for alphas, bars in ((2.0, 1), ([1.0, 10.0, 1.0], 2)):
        shown = encoding.plot_alphas(encoding.RidgeCV(alphas).fit(X, Y)).patches
        assert len(shown) == bars and sum(bar.get_height() for bar in shown) == Y.shape[1]
    assert len(encoding.plot_alphas(encoding.BandedRidgeCV(n_iter=2).fit(X, Y)).patches) == 3


def test_differences_from_himalaya_that_the_docs_name():
    X, Y = data()
    ridge = encoding.RidgeCV([1.0, 1.0 + 1e-300]).fit(X, Y)
    assert ridge.coef_.shape == (4, 9)
    assert ridge.alpha_.tolist() == [1.0] * 4  # ties go to the first
    assert encoding.RidgeCV().fit_intercept and encoding.BandedRidgeCV().fit_intercept
    # One wild fold decides by squared error, not by R2 averaged over folds
    wild = Y.copy()
    wild[:10] *= 1000
    alphas = np.logspace(-2, 4, 7)
    chosen = encoding.RidgeCV(alphas, cv=5).fit(X, wild).alpha_
    error = np.zeros((7, 4))
    for k, alpha in enumerate(alphas):
        for fold in range(5):
            test = np.arange(50) // 10 == fold
            model = encoding.RidgeCV([alpha], cv=2).fit(X[~test], wild[~test])
            error[k] += np.sum((wild[test] - model.predict(X[test])) ** 2, 0)
    assert (chosen != alphas[error.argmin(0)]).any()
    # The search begins with all bands alike and each band alone
    banded = encoding.BandedRidgeCV([3, 6], n_iter=5).fit(X, Y)
    np.testing.assert_array_equal(banded.draws_[:3], [[0.5, 0.5], [1, 0], [0, 1]])
    assert set(banded.alpha_) <= set(banded.alphas)


def test_same_numbers_for_any_number_of_threads():
    import neurokit as nk

    X, Y = data(90, 12, 300)
    for model in (encoding.RidgeCV(), encoding.BandedRidgeCV([5, 7], n_iter=12)):
        for solver in ("primal", "kernel"):
            model.set_params(solver=solver)
            fitted = []
            for threads in (1, 2):
                with nk.options(threads=threads):
                    fitted.append(model.fit(X, Y).coef_)
            np.testing.assert_array_equal(*fitted)


def test_same_numbers_at_the_lowest_cpu_level():
    import os
    import subprocess
    import sys

    code = (
        "import numpy as np; from neurokit import _core, encoding\n"
        "rng = np.random.default_rng(0); X = rng.standard_normal((60, 8))\n"
        "Y = X @ rng.standard_normal((8, 20)) + rng.standard_normal((60, 20))\n"
        "m = encoding.BandedRidgeCV([3, 5], n_iter=12).fit(X, Y)\n"
    )
    here = {}
    exec(code, here)
    code += "print(_core.info()['cpu_level'], m.coef_.tobytes().hex())"
    env = {**os.environ, "NEUROKIT_CPU": "v2"}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    if out.returncode and "NEUROKIT_CPU" in out.stderr:
        pytest.skip("this architecture has no such level")
    level, text = out.stdout.split()
    assert level == "v2"
    low = np.frombuffer(bytes.fromhex(text)).reshape(20, 8)
    np.testing.assert_allclose(low, here["m"].coef_, atol=1e-9)


def test_clone_pickle_pipelines_and_searches():
    sklearn = pytest.importorskip("sklearn")
    import pickle

    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline

    X, Y = data()
    banded = encoding.BandedRidgeCV([4, 5], n_iter=5)
    pipe = make_pipeline(encoding.SparseRandomProjection(6), encoding.RidgeCV())
    search = GridSearchCV(pipe, {"sparserandomprojection__n_components": [4, 8]}, cv=3).fit(X, Y)
    assert np.isfinite(search.best_score_)
    search = GridSearchCV(banded, {"refine": [0, 2]}, cv=3).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(cross_val_score(encoding.KernelRidgeCV(kernel="rbf"), X, Y, cv=3)).all()
    kernel = encoding.KernelRidgeCV(kernel="precomputed")
    plain = cross_val_score(encoding.KernelRidgeCV(), X, Y, cv=3)
    np.testing.assert_allclose(cross_val_score(kernel, X @ X.T, Y, cv=3), plain)
    for model in (
        banded,
        encoding.RidgeCV(),
        encoding.PLS(),
        encoding.WeightedKernelRidgeCV(n_iter=3),
    ):
        fitted = sklearn.base.clone(model).fit(X, Y)
        back = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_allclose(back.predict(X), fitted.predict(X), rtol=1e-9)
        weights = np.linspace(0, 1, 50)
        want = sklearn.metrics.r2_score(Y, fitted.predict(X), sample_weight=weights)
        assert fitted.score(X, Y, sample_weight=weights) == pytest.approx(want)


@pytest.mark.parametrize("correct", [False, True])
def test_samples_that_were_never_measured_change_nothing(correct):
    rng = np.random.default_rng(6)
    repeats = rng.standard_normal((3, 20, 2)) + rng.standard_normal((20, 2))
    repeats[2, :5] = np.nan
    more = np.concatenate([repeats, np.full((3, 4, 2), np.nan)], 1)
    want = encoding.explainable_variance(repeats, correct)
    np.testing.assert_allclose(encoding.explainable_variance(more, correct), want, rtol=1e-12)
    np.testing.assert_allclose(encoding.noise_ceiling(more), encoding.noise_ceiling(repeats))


def test_partition_scores_the_samples_that_are_tested():
    rng = np.random.default_rng(7)
    a, b = rng.standard_normal((2, 40, 3))
    Y = a + b + rng.standard_normal((40, 3))
    train, test = np.arange(25), np.arange(30, 40)
    _, totals = encoding.variance_partition({"a": a, "b": b}, Y, [(train, test)], [1.0], 2)
    for name, x in (("a", a), ("b", b)):
        model = encoding.RidgeCV([1.0], cv=2).fit(x[train], Y[train])
        np.testing.assert_allclose(totals[(name,)], encoding.r2(Y[test], model.predict(x[test])))

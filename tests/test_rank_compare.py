"""Ranks and comparisons of dissimilarities against SciPy and explicit formulas."""

import numpy as np
import pytest
from scipy import stats

from neurokit import _core, rsa


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("n", [1, 2, 1000, 30_001])
def test_rank_equals_scipy(n, dtype):
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal((5, n)), 2).astype(dtype)
    x[1] = rng.standard_normal(n)
    x[2] *= 1e30
    x[3, : n // 2] = -0.0
    x[4, ::7] = np.nan
    x[4, 1::7] = np.inf
    out = np.empty(x.shape)
    _core.call("rank", [out], [x])
    np.testing.assert_array_equal(out, stats.rankdata(x, axis=1, nan_policy="omit"))
    strided = np.empty((5, 2 * n))[:, ::2]
    _core.call("rank", [strided], [x[:, ::-1]], threads=2)
    np.testing.assert_array_equal(strided, out[:, ::-1])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("n", [1, 9, 700])
def test_weighted_rank_is_that_of_copies(n, dtype):
    rng = np.random.default_rng(1)
    x = rng.integers(0, 40, (11, n)).astype(dtype)
    x[1] = rng.standard_normal(n)
    x[2, rng.random(n) < 0.2] = np.nan
    w = rng.integers(0, 4, (9, n))
    got = [np.empty((9, 11, n)), np.empty((n, 9, 11)).transpose(1, 2, 0)]
    _core.call("rank", [got[0]], [x, w], threads=1)
    _core.call("rank", [got[1]], [np.asfortranarray(x), w[:, ::-1].copy()[:, ::-1]], threads=2)
    np.testing.assert_array_equal(*got)
    for b, sample in enumerate(w):
        copies = stats.rankdata(np.repeat(x, sample, axis=1), axis=1, nan_policy="omit")
        there = sample > 0
        np.testing.assert_array_equal(np.repeat(got[0][b][:, there], sample[there], 1), copies)
    assert (np.isnan(got[0]) == np.isnan(x)).all()
    if n > 1:
        for bad in (-1, 2**31):
            w[3, 1] = bad
            with pytest.raises(ValueError, match="rank: weight"):
                _core.call("rank", [got[0]], [x, w])
    with pytest.raises(ValueError, match="wanted int64"):
        _core.call("rank", [got[0]], [x, w.astype(float)])


def test_rank_of_values_squeezed_together():
    """Outliers, denormals and neighbours in the last bit keep their order."""
    rng = np.random.default_rng(8)
    x = np.stack([
        np.r_[1e300, -1e300, rng.standard_normal(4998)],
        1 + np.arange(5000)[::-1] * np.spacing(1.0),
        np.arange(5000) % 3 * 5e-324,
        np.r_[np.inf, -np.inf, np.round(rng.standard_normal(4998), 1)],
        np.r_[1e9, 1 + rng.permutation(4999) * 1e-12],
    ])  # fmt: skip
    out = np.empty(x.shape)
    _core.call("rank", [out], [x])
    np.testing.assert_array_equal(out, stats.rankdata(x, axis=1))


@pytest.mark.parametrize("n", [2, 3, 8, 9, 500, 4097])
@pytest.mark.parametrize("levels", [2, 7, 10**6])
def test_kendall_equals_scipy(n, levels):
    rng = np.random.default_rng(9)
    x = rng.integers(0, levels, (3, n)).astype("f4")
    y = (x[:2] + rng.integers(0, levels, (2, n))).astype(float)
    want = [[stats.kendalltau(u, v).statistic for v in y] for u in x]
    got = [np.empty((3, 2)) for _ in range(2)]
    for k, out in enumerate(got):
        _core.call("kendall", [out], [x, y], (1,), threads=k + 1)
    np.testing.assert_allclose(got[0], want, atol=1e-12)
    np.testing.assert_array_equal(got[0], got[1])
    with pytest.raises(ValueError, match="NaN"):
        _core.call("kendall", [got[0]], [np.full_like(x, np.nan), y], (1,))


@pytest.fixture
def two_sets():
    rng = np.random.default_rng(1)
    a = rng.random((3, 66))
    b = np.round(rng.random((4, 66)) + a[0], 1)
    return a, b


def reference(method, u, v):
    have = ~np.isnan(u) & ~np.isnan(v)
    u, v = u[have], v[have]
    n = len(u)
    if method == "cosine":
        return u @ v / np.sqrt(u @ u * (v @ v))
    if method == "pearson":
        return stats.pearsonr(u, v).statistic
    if method == "spearman":
        return stats.spearmanr(u, v).statistic
    if method == "tau_b":
        return stats.kendalltau(u, v).statistic
    if method == "tau_a":
        i, j = np.triu_indices(n, 1)
        return np.sum(np.sign(u[i] - u[j]) * np.sign(v[i] - v[j])) / len(i)
    ranks = stats.rankdata(u) @ stats.rankdata(v)
    return 12 * ranks / (n**3 - n) - 3 * (n + 1) / (n - 1)


METHODS = ("cosine", "pearson", "spearman", "rho_a", "tau_a", "tau_b")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("missing", [False, "same", "different"])
def test_compare_equals_scipy(two_sets, method, missing):
    a, b = (x.copy() for x in two_sets)
    if missing == "same":
        a[:, 5:9] = b[:, 5:9] = np.nan
    if missing == "different":
        a[0, 3:8] = a[2, 60:] = b[1, :5] = np.nan
    want = [[reference(method, u, v) for v in b] for u in a]
    np.testing.assert_allclose(rsa.compare(a, b, method), want, atol=1e-12)


def test_rho_a_is_spearman_without_ties_and_its_mean_over_broken_ties():
    rng = np.random.default_rng(2)
    u, v = rng.random(15), np.repeat(np.arange(5.0), 3)
    assert rsa.compare(u, rng.random(15), "rho_a").shape == (1, 1)
    broken = [stats.spearmanr(u, v + 1e-6 * rng.random(15)).statistic for _ in range(4000)]
    assert abs(rsa.compare(u, v, "rho_a")[0, 0] - np.mean(broken)) < 3e-3


@pytest.mark.parametrize("kind", ["identity", "diagonal", "full"])
@pytest.mark.parametrize("method", ["whitened_cosine", "whitened_pearson"])
def test_whitened_equals_the_explicit_covariance(kind, method):
    rng = np.random.default_rng(3)
    n = 9
    a = rng.standard_normal((n, 30))
    diagonal = np.diag(rng.uniform(0.5, 2, n))
    sigma = {"identity": np.eye(n), "diagonal": diagonal, "full": a @ a.T / 30}[kind]
    i, j = np.triu_indices(n, 1)
    contrast = np.eye(n)[i] - np.eye(n)[j]
    v = np.linalg.inv((contrast @ sigma @ contrast.T) ** 2)
    x, y = rng.random((2, len(i)))
    got = rsa.compare(x, y, method, None if kind == "identity" else sigma)[0, 0]
    if method == "whitened_pearson":
        x, y = x - x.mean(), y - y.mean()
    np.testing.assert_allclose(got, x @ v @ y / np.sqrt((x @ v @ x) * (y @ v @ y)), atol=1e-12)
    if kind == "diagonal":
        assert rsa.compare(x, y, "whitened_cosine", np.diag(sigma)) == pytest.approx(
            rsa.compare(x, y, "whitened_cosine", sigma)
        )


def test_bures_of_patterns():
    """The similarity is the nuclear norm of X1'X2 over the norms, the distance its metric."""
    rng = np.random.default_rng(4)
    x1, x2 = (x - x.mean(0) for x in rng.standard_normal((2, 8, 5)))
    a, b = (rsa.rdm(x, metric="euclidean").transform(lambda d: 5 * d) for x in (x1, x2))
    nuclear = np.linalg.svd(x1.T @ x2, compute_uv=False).sum()
    t1, t2 = np.sum(x1**2), np.sum(x2**2)
    assert rsa.compare(a, b, "bures")[0, 0] == pytest.approx(nuclear / np.sqrt(t1 * t2), abs=1e-13)
    assert rsa.compare(a, b, "bures_distance")[0, 0] == pytest.approx(
        np.sqrt(t1 + t2 - 2 * nuclear), abs=1e-13
    )
    assert rsa.compare(a, a, "bures")[0, 0] == pytest.approx(1, abs=1e-13)


def test_riemannian_of_no_distances_and_of_singular_noise():
    rng = np.random.default_rng(0)
    b = rsa.rdm(rng.standard_normal((2, 9, 40)), metric="euclidean")
    assert np.isnan(rsa.compare(rsa.RDMs(np.zeros(36)), b, "riemannian")).all()
    with pytest.raises(np.linalg.LinAlgError, match="sigma_k must be positive definite"):
        rsa.compare(b, b, "riemannian", sigma_k=np.ones((9, 9)))


def test_riemannian_is_zero_for_equal_geometry_up_to_scale():
    x = np.random.default_rng(5).standard_normal((6, 9))
    a = rsa.rdm(x, metric="euclidean")
    scaled = a.transform(lambda d: 3 * d)
    assert rsa.compare(a, scaled, "riemannian")[0, 0] == pytest.approx(0, abs=1e-12)
    other = rsa.rdm(np.random.default_rng(6).standard_normal((6, 9)), metric="euclidean")
    assert rsa.compare(a, other, "riemannian")[0, 0] < -0.5


def test_conditions_are_matched_by_label():
    rng = np.random.default_rng(7)
    a = rsa.RDMs(rng.random((2, 10)), list("abcde"))
    b = a.subset(list("edcba"))
    np.testing.assert_allclose(np.diagonal(rsa.compare(a, b, "pearson")), 1)
    with pytest.raises(ValueError, match="unknown conditions"):
        rsa.compare(a, rsa.RDMs(rng.random(10), list("abcdx")))
    with pytest.raises(ValueError, match="do not match"):
        rsa.compare(a, a.subset(list("abc")))
    with pytest.raises(ValueError, match="method"):
        rsa.compare(a, a, "kendall")


def test_constant_rdm_is_nan():
    assert np.isnan(rsa.compare(np.ones(6), np.arange(6.0), "pearson")[0, 0])
    assert np.isnan(rsa.compare(np.zeros(6), np.arange(6.0), "cosine")[0, 0])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    "n, levels", [(1, 3), (2, 3), (40, 3), (40, 1000), (300, 12), (300, 10**6)]
)
def test_kendall_with_weights_equals_copies(n, levels, dtype):
    rng = np.random.default_rng(n + levels)
    x, y = (rng.integers(0, levels, (k, n)).astype(dtype) for k in (2, 3))
    weight = rng.multinomial(n, np.full(n, 1 / n), 4)[:, ::-1]
    weight[0] *= 3
    for variant in (0, 1):
        want, got = np.full((4, 2, 3), np.nan), np.empty((4, 2, 3))
        for b, w in enumerate(weight):
            copies = [np.repeat(v, w, axis=1) for v in (x, y)]
            if w.sum() > 1:
                _core.call("kendall", [want[b]], copies, (variant,))
        for threads in (1, 2):
            _core.call("kendall", [got], [x, y, weight], (variant,), threads=threads)
            np.testing.assert_array_equal(got, want)
    for bad in (-1, 2**32):
        with pytest.raises(ValueError, match="kendall: weight"):
            _core.call("kendall", [got], [x, y, np.full((4, n), bad)], (0,))


@pytest.mark.parametrize("method", ["tau_a", "tau_b"])
def test_bootstrap_of_tau_equals_resampled_matrices(method):
    from neurokit.rsa import bootstrap

    rng = np.random.default_rng(3)
    models, subjects = rng.integers(0, 30, (3, 66)) / 7, rng.integers(0, 40, (4, 66)) / 7
    counts = bootstrap.sample_counts(12, 15, rng, least=4)
    drawn = [np.ones((15, 4), int), bootstrap.sample_counts(4, 15, rng)]
    drawn[1][0] = [0, 4, 0, 0]  # one subject: no ceiling
    got = bootstrap.sample_statistics(models, subjects, counts, drawn, method)
    want = bootstrap._one_by_one(models, subjects, counts, drawn, method, None)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert np.isnan(got[1][0, -1]) and np.isfinite(got[0]).all()

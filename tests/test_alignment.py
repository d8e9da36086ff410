"""Alignment of representations against explicit formulas and invariances."""

import itertools
import warnings

import numpy as np
import pytest
from scipy import linalg, optimize
from scipy.sparse import csgraph
from scipy.spatial import distance

import neurokit as nk
from neurokit import rsa
from neurokit.rsa import alignment


@pytest.fixture
def two():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 7))
    return x, x @ rng.standard_normal((7, 5)) + 0.5 * rng.standard_normal((40, 5))


def rotation(n, seed=1):
    return linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]


def test_linear_cka_equals_its_feature_form(two):
    x, y = (a - a.mean(0) for a in two)
    want = np.sum((x.T @ y) ** 2) / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    assert rsa.cka(*two) == pytest.approx(want)
    assert rsa.cka(two[0], 5 * two[0] @ rotation(7) + 3) == pytest.approx(1)


def test_unbiased_cka_equals_its_sum_over_quadruples():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((7, 3)), rng.standard_normal((7, 4))

    def hsic(a, b):
        k, m = a @ a.T, b @ b.T
        return np.mean([
            k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]) for i, j, q, r in itertools.permutations(range(7), 4)
        ])  # fmt: skip

    want = hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))
    assert rsa.cka(x, y, unbiased=True) == pytest.approx(want)
    mean = np.mean([
        rsa.cka(rng.standard_normal((10, 60)), rng.standard_normal((10, 60)), unbiased=True)
        for _ in range(300)
    ])  # fmt: skip
    assert abs(mean) < 0.03
    assert rsa.cka(rng.standard_normal((10, 60)), rng.standard_normal((10, 60))) > 0.6


def test_kernel_cka_sees_what_linear_cka_does_not():
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x, y = np.c_[np.cos(t), np.sin(t)], np.c_[np.cos(2 * t), np.sin(2 * t)]
    assert rsa.cka(x, y) < 1e-10 and rsa.cka(x, x @ rotation(2), kernel="rbf") == pytest.approx(1)


@pytest.mark.parametrize("n", [4, 6, 7])
def test_the_width_of_the_gaussian_kernel_is_the_median_distance(n):
    """SciPy's pairwise distances; 4 stimuli have an even number of pairs."""
    rng = np.random.default_rng(n)
    items = [rng.standard_normal((n, 5)), rng.random((n, 3))]
    center = np.eye(n) - 1 / n
    a, b = (
        center @ np.exp(-((distance.cdist(x, x) / np.median(distance.pdist(x))) ** 2) / 2) @ center
        for x in items
    )
    want = np.vdot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))
    assert rsa.cka(*items, kernel="rbf") == pytest.approx(want, rel=1e-10)


def test_canonical_correlations_by_the_eigenvalue_problem(two):
    x, y = (a - a.mean(0) for a in two)
    m = np.linalg.solve(x.T @ x, x.T @ y) @ np.linalg.solve(y.T @ y, y.T @ x)
    want = np.sqrt(np.sort(np.linalg.eigvals(m).real)[::-1][:5])
    np.testing.assert_allclose(rsa.canonical_correlations(*two), want, atol=1e-10)
    assert rsa.cca(*two) == pytest.approx(want.mean())
    assert rsa.cca(two[0], two[0] @ np.random.default_rng(3).standard_normal((7, 7))) > 1 - 1e-9
    assert rsa.svcca(*two, variance=1.0) == pytest.approx(want.mean())
    assert rsa.svcca(*two, variance=0.5) != pytest.approx(want.mean())


def test_pwcca_weights_directions_by_what_all_units_share_with_them(two):
    """Morcos et al. (2018): weights sum_j |<h_i, x_j>|, directions h by the eigenvalue problem."""
    x, y = (a - a.mean(0) for a in two)
    m = np.linalg.solve(x.T @ x, x.T @ y) @ np.linalg.solve(y.T @ y, y.T @ x)
    squares, maps = (part.real for part in np.linalg.eig(m))
    best = np.argsort(squares)[::-1][:5]
    h = x @ maps[:, best] / np.linalg.norm(x @ maps[:, best], axis=0)
    weights = np.abs(h.T @ x).sum(1)
    want = np.average(np.sqrt(squares[best]), weights=weights)
    assert rsa.pwcca(*two) == pytest.approx(want, rel=1e-9)
    assert rsa.pwcca(two[0], two[0]) == pytest.approx(1)


def test_distances_by_the_best_rotation(two):
    x, y = (a - a.mean(0) for a in two)
    padded = np.c_[y, np.zeros((40, 2))]
    q, _ = linalg.orthogonal_procrustes(padded, x)
    assert rsa.procrustes(*two) == pytest.approx(np.linalg.norm(x - padded @ q))
    best = np.vdot(x, padded @ q) / (np.linalg.norm(x) * np.linalg.norm(y))
    assert rsa.shape_distance(*two) == pytest.approx(np.arccos(best))
    assert rsa.procrustes(two[0], two[0] @ rotation(7)) == pytest.approx(0, abs=1e-6)
    gram = [rsa.rdm(a, metric="euclidean").transform(lambda v, d=a.shape[1]: v * d) for a in two]
    bures = rsa.compare(*gram, "bures_distance")[0, 0]
    assert rsa.procrustes(*two) == pytest.approx(bures, rel=1e-6)
    free = np.random.default_rng(4).standard_normal((7, 7))
    assert rsa.shape_distance(two[0], two[0] @ free, alpha=0) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.9])
def test_partly_whitened_shapes(two, alpha):
    """Williams et al. (2021): X (alpha I + (1 - alpha) (X'X)^(-1/2)) by a matrix root, then SciPy's
    best rotation."""
    z = []
    for a in two:
        x = a - a.mean(0)
        root = linalg.inv(linalg.sqrtm(x.T @ x).real)
        x = x @ (alpha * np.eye(x.shape[1]) + (1 - alpha) * root)
        z.append(x / np.linalg.norm(x))
    z[1] = np.c_[z[1], np.zeros((40, 2))]
    q, _ = linalg.orthogonal_procrustes(z[1], z[0])
    want = np.arccos(np.vdot(z[0], z[1] @ q))
    assert rsa.shape_distance(*two, alpha=alpha) == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("alpha", [0, 0.5, 1])
def test_lists_give_all_pairs_and_a_metric(two, alpha):
    rng = np.random.default_rng(5)
    items = [*two, rng.standard_normal((40, 3)), rng.standard_normal((40, 60))]
    d = rsa.shape_distance(items, alpha=alpha)
    np.testing.assert_allclose(d, d.T)
    np.testing.assert_allclose(np.diagonal(d), 0, atol=1e-6)
    assert d[0, 1] == pytest.approx(rsa.shape_distance(*two, alpha=alpha))
    for k in range(4):
        assert (d <= d[:, [k]] + d[k] + 1e-9).all()
    np.testing.assert_allclose(np.diagonal(rsa.cka(items)), 1)


def test_match_units_finds_a_permutation():
    rng = np.random.default_rng(6)
    x = rng.standard_normal((50, 9))
    order = rng.permutation(9)
    score, partners = rsa.match_units(x[:, order], x)
    assert score == pytest.approx(1)
    np.testing.assert_array_equal(partners, order)
    score, partners = rsa.match_units(x, x[:, [2, 2, 4]], how="best")
    assert partners[2] in (0, 1) and partners[4] == 2
    assert (rsa.match_units(x, x[:, :3])[1] >= 0).sum() == 3


def test_geotopological_and_geodesic():
    r = rsa.RDMs(np.random.default_rng(7).random((2, 45)))
    g = rsa.geotopological(r, l=0.2, u=0.8).values
    for row, values in zip(g, r.values, strict=True):
        low, high = np.quantile(values, [0.2, 0.8])
        np.testing.assert_allclose(row, np.clip((values - low) / (high - low), 0, 1))
    graph = rsa.geotopological(r, 0.5, 0.5).values
    assert set(np.unique(graph)) == {0, 1} and graph.sum(1).tolist() == [22, 22]
    tied = [[0.0, 0, 0, 0, 1, 1], [2.0, 2, 2, 2, 2, np.nan], [0.0, 0, 0, 1, 2, 3]]
    np.testing.assert_array_equal(
        rsa.geotopological(tied, 0.1, 0.5).values,
        [[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, np.nan], [0, 0, 0, 1, 1, 1]],
    )
    line = rsa.RDMs([1.0, 5.0, 9.0, 0.0, 5.0, 2.0])  # 0 -1- 1 -0- 2 -2- 3
    np.testing.assert_allclose(rsa.geodesic(line, 0.5).values, [[1, 1, 3, 0, 2, 2]])
    np.testing.assert_allclose(rsa.geodesic(line.values, 0.5).values, [[1, 1, 3, 0, 2, 2]])
    assert np.isinf(rsa.geodesic(line, 0.2).values).any()


def test_geodesic_keeps_the_pair_at_the_threshold():
    """By Floyd and Warshall (SciPy) on edges counted by rank; all edges between points in a plane are
    shortest paths themselves."""
    rng = np.random.default_rng(11)
    flat = distance.pdist(rng.standard_normal((6, 2)))
    np.testing.assert_allclose(rsa.geodesic(flat).values, [flat])
    values = rng.permutation(15) + 1.0
    for kept, threshold in ((8, 0.5), (12, 11 / 14), (15, 1)):  # quantiles that are values
        near = np.where(np.argsort(np.argsort(values)) < kept, values, np.inf)
        paths = csgraph.floyd_warshall(distance.squareform(near, checks=False))
        want = distance.squareform(paths, checks=False)
        np.testing.assert_allclose(rsa.geodesic(values, threshold).values, [want])


def test_infinite_pairs_have_no_edge():
    rng = np.random.default_rng(12)
    values = rng.random(15)
    holes = [2, 7, 11]
    for hole in (np.inf, np.nan):
        cut = values.copy()
        cut[holes] = hole
        for threshold in (0.4, 1):
            edge = values <= np.quantile(np.delete(values, holes), threshold)
            edge[holes] = False
            near = distance.squareform(np.where(edge, values, np.inf), checks=False)
            want = distance.squareform(csgraph.floyd_warshall(near), checks=False)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                np.testing.assert_allclose(rsa.geodesic(cut, threshold).values, [want])
    once = rsa.geodesic(values, 0.2)
    assert np.isinf(once.values).any()
    np.testing.assert_allclose(rsa.geodesic(once).values, once.values)


@pytest.mark.parametrize("convention", [None, "rsatoolbox"])
def test_transforms_of_matrices_without_values_are_quiet(convention):
    values = [[np.nan] * 6, [1.0] * 6, [3.0, 1, 2, 6, 5, 4]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        graph = rsa.geotopological(values, 0.2, 0.8, convention).values
        paths = rsa.geodesic(values, convention=convention).values
    assert np.isnan(graph[0]).all() and np.isfinite(graph[1:]).all()
    assert np.isinf(paths[0]).all() and np.isfinite(paths[2]).all()


def test_representations_of_any_size(two):
    x, y = two
    functions = (
        rsa.cka, rsa.cca, rsa.svcca, rsa.pwcca, rsa.shape_distance, rsa.procrustes,
        lambda x, y: rsa.cka(x, y, "rbf"), lambda x, y: rsa.cka(x, y, unbiased=True),
        lambda x, y: rsa.match_units(x, y)[0], lambda x, y: rsa.match_units(x, y, "best")[0],
        lambda x, y: rsa.sparse_map(x, y)[0],
    )  # fmt: skip
    for size in (1e-200, 1e-150, 1e150, 1e200):
        for function in functions:
            got = function(x * size, y * size) / (size if function is rsa.procrustes else 1)
            np.testing.assert_allclose(got, function(x, y), rtol=1e-9, atol=1e-12)
    far = rsa.match_units(x * np.logspace(-200, 200, 7), y)[0]
    assert far == pytest.approx(rsa.match_units(x, y)[0], rel=1e-9)


@pytest.mark.parametrize("method", ["metric", "nonmetric", "classical"])
@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_scaling_of_dissimilarities_of_any_size(method, size):
    d = np.stack([distance.pdist(np.random.default_rng(k).random((6, 4))) for k in range(2)])
    sizes = np.array([[size], [1.0]])
    want, got = rsa.mds(d, method=method), rsa.mds(d * sizes, method=method)
    back = got if method == "nonmetric" else got / sizes[:, :, None]
    np.testing.assert_allclose(back, want, atol=1e-9)
    for kind in ("metric", "nonmetric"):
        stress = rsa.stress(d * sizes, want * sizes[:, :, None], kind)
        np.testing.assert_allclose(stress, rsa.stress(d, want, kind), rtol=1e-9)


def test_bad_input(two):
    for name, units in (("X", (two[0][:, :0], two[1])), ("Y", (two[0], two[1][:, :0]))):
        for function in (rsa.match_units, rsa.cka, rsa.procrustes):
            with pytest.raises(ValueError, match=f"{name}: wanted .* n_units >= 1"):
                function(*units)
    for threshold in (-0.1, 1.5, np.nan, "a", None):
        with pytest.raises(ValueError, match="threshold: wanted 0 to 1"):
            rsa.geodesic(np.ones(6), threshold)
    with pytest.raises(ValueError, match="l <= u"):
        rsa.geotopological(np.ones(6), "a", 1)
    with pytest.raises(ValueError, match="finite"):
        rsa.geotopological([np.inf, 1, 2, 3, 4, 5], 0.2, 0.8)
    with pytest.raises(ValueError, match="n: wanted 1 to 3"):
        rsa.mds(np.ones(6), n=1.5)
    with pytest.raises(ValueError, match="different numbers of stimuli"):
        rsa.cka(two[0], two[1][:10])
    with pytest.raises(ValueError, match="list"):
        rsa.cka(two[0])
    with pytest.raises(ValueError, match="kernel"):
        rsa.cka(*two, kernel="cosine")
    with pytest.raises(ValueError, match="alpha"):
        rsa.shape_distance(*two, alpha=2)
    with pytest.raises(ValueError, match="NaN"):
        rsa.cca(np.full((5, 2), np.nan), np.ones((5, 2)))
    with pytest.raises(ValueError, match="l <= u"):
        rsa.geotopological(rsa.RDMs(np.ones(3)), 0.7, 0.2)


def test_pairs_of_lists_where_order_matters(two):
    x, y = two
    found = rsa.pwcca([x, y])
    assert found[0, 1] == pytest.approx(rsa.pwcca(x, y)) and found[1, 0] == pytest.approx(
        rsa.pwcca(y, x)
    )
    for how in ("one_to_one", "best"):
        scores = rsa.match_units([x, y], how=how)
        assert scores[0, 1] == pytest.approx(rsa.match_units(x, y, how)[0])
        assert scores[0, 0] == pytest.approx(1)


def test_sparse_map_equals_scikit_learn():
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(7)
    x, y = rng.standard_normal((60, 12)), rng.standard_normal((60, 3))
    y += x[:, :3] @ rng.standard_normal((3, 3))
    x[:, 5] = 2.0  # without variance
    weights, correlation = rsa.sparse_map(x, y, 0.15)
    zx, zy = (np.nan_to_num((v - v.mean(0)) / np.where(v.std(0) > 0, v.std(0), 1)) for v in (x, y))
    for k in range(3):
        want = linear.Lasso(alpha=0.15, tol=1e-12, max_iter=100000, fit_intercept=False)
        want.fit(zx, zy[:, k])
        np.testing.assert_allclose(weights[:, k], want.coef_, atol=1e-6)
        r = np.corrcoef(zx @ weights[:, k], zy[:, k])[0, 1]
        assert correlation[k] == pytest.approx(r)
    assert not rsa.sparse_map(x, y, 1.0)[0].any()
    with pytest.raises(ValueError, match="penalty"):
        rsa.sparse_map(x, y, -1)


def test_nonmetric_mds_sees_the_order_only():
    rng = np.random.default_rng(8)
    points = rng.standard_normal((12, 2))
    i, j = np.triu_indices(12, 1)
    d = np.linalg.norm(points[i] - points[j], axis=1)
    bent = rsa.RDMs(d**3)
    found = rsa.mds(bent, method="nonmetric", max_iter=3000, tol=1e-12)
    assert rsa.stress(bent, found, "nonmetric")[0] < 0.01
    assert rsa.stress(bent, rsa.mds(bent, method="metric"), "nonmetric")[0] > 0.015
    back = np.linalg.norm(found[0][i] - found[0][j], axis=1)
    assert np.corrcoef(back, d)[0, 1] > 0.99


def test_nonmetric_points_have_the_size_of_their_disparities():
    """Disparities c f with mean square 1 and f the projection of the distances: sum dist^2 =
    sum c f dist = c sum f^2 at a fixed point, hence mean dist^2 = 1 - stress^2."""
    for seed in range(3):
        d = rsa.RDMs(np.random.default_rng(seed).random(28))
        found = rsa.mds(d, method="nonmetric", max_iter=20000, tol=1e-13)
        stress = rsa.stress(d, found, "nonmetric")[0]
        assert stress > 0.05
        assert np.mean(distance.pdist(found[0]) ** 2) == pytest.approx(1 - stress**2, rel=1e-5)


def test_ties_of_dissimilarities_may_become_different_distances():
    """Kruskal's (1964) primary approach: the best of all orders of the ties, each fitted alone."""
    d = np.array([1.0, 1, 2, 2, 2, 3])
    for seed in range(4):
        points = np.random.default_rng(seed).standard_normal((1, 4, 2))
        length = distance.pdist(points[0])
        errors = []
        for first in itertools.permutations([0, 1]):
            for second in itertools.permutations([2, 3, 4]):
                x = length[[*first, *second, 5]]
                errors.append(np.sum((x - optimize.isotonic_regression(x).x) ** 2))
        want = np.sqrt(min(errors) / np.sum(length**2))
        assert rsa.stress(d, points, "nonmetric")[0] == pytest.approx(want, abs=1e-12)
        assert max(errors) > 1.1 * min(errors)


def test_shapes_and_embeddings_of_nothing():
    rng = np.random.default_rng(0)
    with pytest.warns(RuntimeWarning, match="shape_distance is not defined for X"):
        assert np.isnan(rsa.shape_distance(np.ones((6, 3)), rng.random((6, 4))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in ("metric", "nonmetric", "classical"):
            assert (rsa.mds(np.zeros(10), method=method) == 0).all()
        for method in ("metric", "nonmetric"):
            assert np.isnan(rsa.stress(np.zeros(10), np.zeros((1, 5, 2)), method)).all()


def test_one_warning_names_all_representations_without_a_similarity(two):
    """One is constant, one has a median distance of zero."""
    x, y = two
    most = x[[0] * (len(x) - 5) + [*range(5)]]
    with pytest.warns(RuntimeWarning, match=r"X\[1\], the same .*; X\[2\], with a median") as said:
        found = rsa.cka([x, np.ones((len(x), 2)), most, y], kernel="rbf")
    assert len(said) == 1
    assert np.isnan(found[1:3]).all() and np.isnan(found[:, 1:3]).all()
    assert found[0, 3] == pytest.approx(rsa.cka(x, y, kernel="rbf"))
    assert rsa.cka(most, most) == pytest.approx(1)  # the linear kernel needs no width


def test_unbiased_cka_of_what_has_no_signal_says_so():
    corners = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    with pytest.warns(RuntimeWarning, match="X, whose unbiased HSIC with itself is not above 0"):
        assert np.isnan(rsa.cka(np.eye(5), np.arange(5.0)[:, None], unbiased=True))
    assert np.isfinite(rsa.cka(corners, np.arange(4.0)[:, None]))


@pytest.mark.parametrize(("method", "seed"), [("metric", 17), ("nonmetric", 20)])
def test_several_starts_find_less_stress(method, seed):
    r = rsa.RDMs(np.random.default_rng(seed).random(66))
    one, many = (rsa.mds(r, method=method, n_init=k) for k in (1, 4))
    assert rsa.stress(r, many, method) < 0.98 * rsa.stress(r, one, method)
    np.testing.assert_array_equal(many, rsa.mds(r, method=method))  # four by default, seeded
    np.testing.assert_array_equal(
        rsa.mds(r, method="classical"), rsa.mds(r, method="classical", n_init=1)
    )
    with pytest.raises(ValueError, match="n_init: wanted a number of at least 1, got 0"):
        rsa.mds(r, n_init=0)


def test_missing_pairs_have_no_part_in_quantiles():
    values = np.array([[1.0, np.nan, 2, 3, 4, np.nan], [6.0, 5, 4, 3, 2, 1]])
    found = rsa.geotopological(rsa.RDMs(values), 0.25, 0.75).values
    np.testing.assert_allclose(found[0], [0, np.nan, 1 / 6, 5 / 6, 1, np.nan], atol=1e-12)
    np.testing.assert_allclose(found[1], np.clip((values[1] - 2.25) / 2.5, 0, 1))


@pytest.mark.parametrize("least", [1e-2, 1e-3, 1e-4, 1e-6])
def test_small_singular_values_count(least):
    """Those of a product of factors that are turned against one another."""
    rng = np.random.default_rng(0)
    u, turn = (np.linalg.qr(rng.standard_normal((n, 9)))[0] for n in (40, 9))
    sizes = np.geomspace(1, least, 9)
    want = np.linalg.svd(sizes[:, None] * turn * sizes, compute_uv=False).sum()
    found = alignment._nuclear(u * sizes, u @ turn * sizes)
    assert found == pytest.approx(want, rel=1e-11)


@pytest.mark.parametrize("units", [25, 150])
@pytest.mark.parametrize("least", [0.1, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("size", [1e-150, 1.0, 1e150])
def test_factors_of_any_conditioning_and_size(units, least, size):
    """Wide and tall, with null directions, against the singular values of the matrix itself."""
    rng = np.random.default_rng(1)
    rank = 20
    left, right = (np.linalg.qr(rng.standard_normal((n, rank)))[0] for n in (40, units))
    x = left * np.geomspace(1, least, rank) @ right.T
    x -= x.mean(0)
    u, s = alignment._svd(x * size)
    want = np.linalg.svd(x, compute_uv=False)[:rank]
    np.testing.assert_allclose(s / size, want, rtol=2e-11 if least > 1e-4 else 1e-6)
    np.testing.assert_allclose(u.T @ u, np.eye(rank), atol=1e-13)
    np.testing.assert_allclose(u @ (u.T @ x), x, atol=1e-13)


def test_alignment_has_the_same_bits_on_any_number_of_threads():
    rng = np.random.default_rng(2)
    items = [rng.standard_normal((60, d)) for d in (30, 90, 200)]
    measures = (rsa.shape_distance, rsa.procrustes, rsa.cca, rsa.pwcca, rsa.cka, rsa.svcca)
    found = []
    try:
        for n in (1, 2, 3):
            nk.set_threads(n)
            found.append([measure(items) for measure in measures])
    finally:
        nk.set_threads(0)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_sparse_maps_are_at_the_minimum():
    """Of units that hang together, where coordinate descent is slow."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 1)) + 0.2 * rng.standard_normal((60, 8))
    y = x @ rng.standard_normal((8, 3)) + 0.1 * rng.standard_normal((60, 3))
    weights, _ = rsa.sparse_map(x, y, penalty=0.01, max_iter=100000)
    x, y = ((v - v.mean(0)) / np.linalg.norm(v - v.mean(0), axis=0) for v in (x, y))
    slope = x.T @ (y - x @ weights)
    active = weights != 0
    assert active.any() and not active.all()
    np.testing.assert_allclose(slope[active], 0.01 * np.sign(weights[active]), atol=2e-8)
    assert (np.abs(slope[~active]) <= 0.01 + 2e-8).all()


def test_weak_directions_of_wide_matrices_count():
    rng = np.random.default_rng(3)
    y = rng.standard_normal((20, 12))
    loud = np.hstack([1e9 * rng.standard_normal((20, 5)), rng.standard_normal((20, 60))])
    want = rsa.canonical_correlations(loud @ linalg.qr(loud.T, mode="economic")[0], y)
    assert want.size == 12
    np.testing.assert_allclose(rsa.canonical_correlations(loud, y), want, rtol=1e-6)


def test_large_means_are_no_direction():
    x = np.random.default_rng(4).standard_normal((20, 60))
    for far in (x + 1e8, x[:, :20] + 1e8):
        assert rsa.canonical_correlations(far, far).size == 19


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_shape_distances_in_any_units(two, unit):
    want = rsa.shape_distance(*two)
    assert rsa.shape_distance(unit * two[0], two[1]) == pytest.approx(want)


def test_sparse_maps_say_when_they_did_not_converge(two):
    x, y = two
    alike = np.c_[x, x[:, :3] + 1e-3 * np.random.default_rng(0).standard_normal((40, 3))]
    with pytest.warns(RuntimeWarning, match="after 3 sweeps"):
        rsa.sparse_map(alike, y, 0.0, max_iter=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rsa.sparse_map(x, y)

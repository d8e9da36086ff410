"""Enhancement by clusters and family-wise p values of maps."""

import itertools

import numpy as np
import pytest
from scipy import ndimage, stats

from neurokit import rsa


def tfce_by_steps(x, extent, height, steps=20000):
    """The integral by the midpoint rule over labelled clusters of a volume."""
    out, top = np.zeros(x.shape), x.max()
    d = top / steps
    for h in (np.arange(steps) + 0.5) * d:
        labels, count = ndimage.label(x >= h)
        if count:
            size = np.bincount(labels.ravel()).astype(float)
            size[0] = 0
            out += size[labels] ** extent * h**height * d * (labels > 0)
    return out


@pytest.mark.parametrize(("extent", "height"), [(0.5, 2.0), (1.0, 1.0)])
def test_tfce_equals_the_integral_over_labelled_clusters(extent, height):
    rng = np.random.default_rng(0)
    x = ndimage.gaussian_filter(rng.standard_normal((6, 7, 5)), 0.7)
    x[2, 3, 1] = x[4, 4, 4] = 0.3  # a tie
    near = rsa.sphere_neighbors(np.ones(x.shape), 1)
    got = rsa.tfce(x.ravel(), near, extent, height).reshape(x.shape)
    want = tfce_by_steps(np.maximum(x, 0), extent, height, 4000) - tfce_by_steps(
        np.maximum(-x, 0), extent, height, 4000
    )
    np.testing.assert_allclose(got, want, atol=2e-3 * np.abs(want).max())


def test_tfce_of_many_maps_and_missing_values():
    rng = np.random.default_rng(1)
    maps = rng.standard_normal((11, 30))
    maps[3, 5] = np.nan
    line = [[k + 1] if k < 29 else [] for k in range(30)]
    got = rsa.tfce(maps, line)
    assert np.isnan(got[3, 5]) and np.isfinite(np.delete(got[3], 5)).all()
    for k in (0, 3, 10):
        np.testing.assert_array_equal(got[k], rsa.tfce(maps[k], line))
    halves = rsa.tfce(maps[3, :5], line[:4] + [[]]), rsa.tfce(maps[3, 6:], line[:23] + [[]])
    np.testing.assert_allclose(np.delete(got[3], 5), np.concatenate(halves))
    with pytest.raises(ValueError, match="rows, one per centre"):
        rsa.tfce(maps, line[:4])
    with pytest.raises(ValueError, match="extent"):
        rsa.tfce(maps, line, extent=-1)


@pytest.mark.parametrize("clusters", [False, True])
def test_sign_flips_control_the_family_and_find_clusters(clusters):
    rng = np.random.default_rng(2)
    near = [[k + 1] if k < 39 else [] for k in range(40)]
    options = dict(neighbors=near if clusters else None, n_perm=100)
    false = np.mean([
        rsa.max_statistic(rng.standard_normal((10, 40)), seed=k, **options)[1].min() <= 0.05
        for k in range(150)
    ])  # fmt: skip
    assert false < 0.1
    scores = rng.standard_normal((12, 40))
    scores[:, 10:16] += 1.2
    found = rsa.max_statistic(scores, **options)[1][10:16]
    assert (found < 0.05).sum() >= (5 if clusters else 1)
    both = rsa.max_statistic(-scores, two_sided=True, **options)[1][10:16]
    assert both.min() < 0.05


def test_permutation_maps_find_the_centre_with_the_model():
    rng = np.random.default_rng(3)
    models = rsa.RDMs(rng.random((2, 45)), list("abcdefghij"), ["yes", "no"])
    values = rng.random((20, 45))
    values[7:10] = models.values[0] + 0.2 * rng.random((3, 45))
    result = rsa.Searchlight(None, rsa.RDMs(values, models.conditions), models.conditions, [])
    scores, p = rsa.permutation_maps(result, models, "pearson", 200)
    np.testing.assert_allclose(scores, rsa.compare(models, values, "pearson"), atol=1e-12)
    assert set(np.flatnonzero(p[0] < 0.05)) == {7, 8, 9} and p[1].min() > 0.05
    line = [[k + 1] if k < 19 else [] for k in range(20)]
    enhanced = rsa.permutation_maps(result, models, "pearson", 200, neighbors=line)[1]
    assert (enhanced[0, 7:10] < 0.05).all()
    same = rsa.permutation_maps(result, models, "pearson", 200)[1]
    np.testing.assert_array_equal(p, same)
    with pytest.raises(ValueError, match="keep=True"):
        rsa.permutation_maps(rsa.Searchlight(scores, None, models.conditions, []), models)


@pytest.mark.parametrize("full", [False, True])
def test_permuted_models_are_whitened_by_the_covariance_of_the_conditions(full):
    rng = np.random.default_rng(5)
    models, values = rng.random((2, 6)), rng.random((7, 6))
    half = rng.standard_normal((4, 6))
    sigma = half @ half.T / 6 if full else np.array([0.2, 1.0, 3.0, 0.5])
    scores, p = rsa.permutation_maps(
        rsa.RDMs(values), models, "whitened_pearson", 23, sigma_k=sigma
    )
    i, j = np.triu_indices(4, 1)
    squares = rsa.RDMs(models).square()
    orders = [list(order) for order in itertools.permutations(range(4))]
    each = np.stack(
        [
            rsa.compare(squares[:, o][:, :, o][:, i, j], values, "whitened_pearson", sigma)
            for o in orders
        ]
    )
    np.testing.assert_allclose(scores, each[0], atol=1e-12)
    want = (each.max(2)[:, :, None] >= each[0] - 1e-12).mean(0)
    np.testing.assert_allclose(p, want, rtol=1e-12)


def test_sign_flips_start_from_the_t_test():
    scores = np.random.default_rng(1).standard_normal((9, 40)) + 0.3
    for x, tolerance in ((scores, 1e-12), (scores + 1e5, 1e-9)):
        t, p = rsa.max_statistic(x, n_perm=200)
        np.testing.assert_allclose(t, stats.ttest_1samp(x, 0).statistic, rtol=tolerance)
        assert ((p > 0) & (p <= 1)).all()
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (200, 9))
    largest = [stats.ttest_1samp(s[:, None] * scores, 0).statistic.max() for s in signs]
    t, p = rsa.max_statistic(scores, n_perm=200, seed=0)
    want = [(np.sum(largest >= x - 1e-12) + 1) / 201 for x in t]
    np.testing.assert_allclose(p, want)


@pytest.mark.parametrize("clusters", [False, True])
@pytest.mark.parametrize("two_sided", [False, True])
def test_flips_that_change_nothing_count_as_the_observed(clusters, two_sided):
    neighbors = rsa.window_neighbors(30, 3) if clusters else None
    exact = (2 if two_sided else 1) / 16  # no flip but these leaves so large a mean
    for seed in range(6):
        scores = np.random.default_rng(seed).random((4, 30)) + 0.1
        for n_perm in (15, 800):  # each flip once
            _, p = rsa.max_statistic(scores, n_perm, neighbors=neighbors, two_sided=two_sided)
            assert p.min() == pytest.approx(exact, abs=1e-12)
        _, p = rsa.max_statistic(scores, 14, neighbors=neighbors, two_sided=two_sided)
        assert (p * 15).round(9).min() >= 1


@pytest.mark.parametrize("clusters", [False, True])
def test_few_subjects_are_flipped_in_all_ways(clusters):
    rng = np.random.default_rng(4)
    scores = rng.standard_normal((5, 12)) + 0.5
    neighbors = rsa.window_neighbors(12, 3) if clusters else None
    largest = []
    for signs in itertools.product([1, -1], repeat=5):
        t = stats.ttest_1samp(np.array(signs)[:, None] * scores, 0).statistic
        largest.append((rsa.tfce(t, neighbors) if clusters else t).max())
    t, p = rsa.max_statistic(scores, 1000, neighbors=neighbors)
    plain = stats.ttest_1samp(scores, 0).statistic
    np.testing.assert_allclose(t, rsa.tfce(plain, neighbors) if clusters else plain, rtol=1e-10)
    want = [np.mean(largest >= x * (1 - 1e-9)) for x in t]
    np.testing.assert_allclose(p[t > 0], np.array(want)[t > 0], rtol=1e-12)
    np.testing.assert_array_equal(p, rsa.max_statistic(scores, 31, 7, neighbors)[1])


@pytest.mark.parametrize("method", ["pearson", "spearman", "whitened_cosine"])
def test_few_conditions_are_permuted_in_all_ways(method):
    """By hand: every order of five conditions, the identity included."""
    rng = np.random.default_rng(5)
    models, subjects = rng.random((2, 10)), rng.random((3, 10))
    subjects += models[0]
    squares = rsa.RDMs(models).square()
    i, j = np.triu_indices(5, 1)
    orders = [list(order) for order in itertools.permutations(range(5))]
    moved = [squares[:, order][:, :, order][:, i, j] for order in orders]
    each = np.stack([rsa.compare(m, subjects, method) for m in moved])  # orders, models, subjects

    _, p = rsa.permutation_maps(rsa.RDMs(subjects), rsa.RDMs(models), method, 119)
    largest = each.max(2)[:, :, None]
    np.testing.assert_allclose(p, (largest >= each[0] - 1e-12).mean(0), rtol=1e-12)
    more = rsa.permutation_maps(rsa.RDMs(subjects), rsa.RDMs(models), method, 500, seed=9)[1]
    np.testing.assert_array_equal(p, more)
    fewer = rsa.permutation_maps(rsa.RDMs(subjects), rsa.RDMs(models), method, 118)[1]
    np.testing.assert_allclose(fewer * 119, np.round(fewer * 119), atol=1e-9)

    scores = each.mean(2)
    result = rsa.evaluate(models, subjects, method, "subject", 119, test="permutation")
    np.testing.assert_allclose(result.p_zero, (scores >= scores[0] - 1e-12).mean(0), rtol=1e-12)
    gap = np.abs(scores[:, 0] - scores[:, 1])
    assert result.p_pairs[0, 1] == pytest.approx(np.mean(gap >= gap[0] - 1e-12), rel=1e-12)


def test_maps_refuse_what_means_nothing():
    for n_perm in (0, -5, 2.5, None):
        with pytest.raises(ValueError, match="n_perm: wanted a number of at least 1"):
            rsa.max_statistic(np.ones((4, 3)), n_perm)
    with pytest.raises(ValueError, match="n_centers >= 1"):
        rsa.max_statistic(np.ones((4, 0)))
    with pytest.raises(ValueError, match="extent"):
        rsa.tfce([1.0, 2.0], [[1], []], extent=np.nan)


def test_permutations_that_change_nothing_count_as_the_observed():
    subjects = np.random.default_rng(0).random((5, 6)) + 1
    model = subjects.mean(0)
    for method in ("whitened_pearson", "whitened_cosine", "pearson"):
        p = rsa.evaluate(model, subjects, method, over="subject", test="permutation").p_zero
        assert p >= 1 / 24 - 1e-12  # all 24 are taken
        centres = rsa.RDMs(subjects, labels=range(5))
        _, p = rsa.permutation_maps(centres, rsa.RDMs(model), method, 1000)
        assert (p >= 1 / 24 - 1e-12).all()


@pytest.mark.parametrize("two_sided", [False, True])
def test_the_largest_t_does_not_depend_on_the_unit(two_sided):
    scores = np.random.default_rng(3).standard_normal((6, 5)) + 0.5
    neighbors = [[k + 1] for k in range(4)] + [[]]
    for graph in (None, neighbors):
        t, p = rsa.max_statistic(scores, 63, neighbors=graph, two_sided=two_sided)
        for sizes in (1e-200, 1e200, np.logspace(-200, 200, 5)):
            got = rsa.max_statistic(scores * sizes, 63, neighbors=graph, two_sided=two_sided)
            np.testing.assert_allclose(got[0], t, rtol=1e-9)
            np.testing.assert_array_equal(got[1], p)


def test_maps_of_other_dimensions_are_refused():
    for shape in ((2, 2, 3), (0, 3), (0,), ()):
        with pytest.raises(ValueError, match="maps: wanted"):
            rsa.tfce(np.ones(shape), [[1], [2], []])


def test_infinite_values_belong_to_the_clusters_of_their_neighbours():
    chain = [[1], [2], [3], [4], []]
    for x in (
        [np.inf, np.inf, 1, 2, 0],
        [np.inf, 3, 1, np.inf, np.inf],
        [2, 1, 3, np.inf, -np.inf],
    ):
        x = np.array(x)
        many = np.isinf(x)
        for sign in (1, -1):
            got = rsa.tfce(sign * x, chain)
            np.testing.assert_array_equal(got[many], sign * x[many])
            near = rsa.tfce(sign * np.where(many, np.sign(x) * 9, x), chain)
            np.testing.assert_allclose(got[~many], near[~many])
    scores = np.random.default_rng(0).standard_normal((5, 4)) + 1
    scores[:, 1:3] = [2, 3]  # the same for all subjects
    t, p = rsa.max_statistic(scores, 31, neighbors=chain[:3] + [[]])
    assert np.isfinite(p).all() and np.isinf(t).tolist() == [False, True, True, False]


def test_clusters_of_long_chains():
    """Trees several levels deep: clusters that meet late, against labels at every value."""
    rng = np.random.default_rng(4)
    n = 256
    pairs = np.arange(n - 1)
    for _ in range(5):
        x = rng.permutation(n) + 1.0
        order = np.argsort(-x)
        steps = np.r_[x[order], 0]
        want = np.zeros(n)
        for k in range(n):
            on = np.isin(np.arange(n), order[: k + 1])
            label = np.cumsum(np.r_[True, ~(on[1:] & on[:-1])])
            size = np.bincount(label)[label]
            want += np.where(on, size**0.5 * (steps[k] ** 3 - steps[k + 1] ** 3) / 3, 0)
        got = rsa.tfce(x, [[k + 1] for k in pairs] + [[]])
        np.testing.assert_allclose(got, want, rtol=1e-8)

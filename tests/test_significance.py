"""p values of contrasts from samples and permutations, against their definitions."""

import numpy as np
import pytest
from scipy import stats

from neurokit import rsa
from neurokit.rsa import significance

EFFECT = np.array([0.30, 0.10, -0.05])  # scores of three models
N = 3
PAIRS = [(0, 1), (0, 2), (1, 2)]


def pair_values(scores):
    return np.stack([scores[..., i] - scores[..., j] for i, j in PAIRS], -1)


def test_exceed_counts_ties_as_reached():
    null = np.array([0.0, 1.0, 1.0, 2.0])
    got = significance.exceed(null, np.array([2.5, 2.0, 1.0, 0.5, -1.0, np.nan]))
    np.testing.assert_allclose(got[:5], np.array([0, 1, 3, 3, 4]) / 5 + 1 / 5)
    assert np.isnan(got[5])


@pytest.mark.parametrize("largest", [False, True])
def test_permutation_is_one_sided_for_scores_and_two_sided_for_pairs(largest):
    null = np.random.default_rng(0).normal(0, 0.15, (199, N))
    effect = np.concatenate([EFFECT, pair_values(EFFECT), [0.0] * N])
    p = significance.permutation_test(effect, null, N, largest)
    for family, values, observed in (
        (slice(0, N), null, EFFECT),
        (slice(N, 2 * N), np.abs(pair_values(null)), np.abs(pair_values(EFFECT))),
    ):
        if largest:
            values = np.repeat(values.max(1, keepdims=True), N, 1)
        want = (np.sum(values >= observed, 0) + 1) / 200
        np.testing.assert_allclose(p[family], want)
    assert np.isnan(p[2 * N :]).all()


def test_bootstrap_is_one_sided_for_scores_and_two_sided_for_the_rest():
    rng = np.random.default_rng(1)
    effect = np.array([0.2, -0.2, 0.2, -0.2])  # two scores, then two other contrasts
    samples = effect + rng.normal(0, 0.2, (399, 4))
    error = samples.std(0, ddof=1)
    p = significance.bootstrap_test(effect, samples, error, 2, 1e9)
    centred = effect + samples - samples.mean(0)
    below, above = np.sum(centred <= 0, 0), np.sum(centred >= 0, 0)
    np.testing.assert_allclose(p[:2], (below[:2] + 1) / 400)
    np.testing.assert_allclose(p[2:], 2 * (np.minimum(below, above)[2:] + 1) / 400)
    assert p[0] < 0.5 < p[1] and p[2] < 1 and p[3] < 1


def test_largest_deviation_is_two_sided_for_pairs_and_ceiling():
    rng = np.random.default_rng(2)
    effect = np.array([0.3, 0.1, -0.4, -0.3, 0.2])  # two scores, one pair, two to the ceiling
    samples = effect + rng.normal(0, 0.2, (299, 5))
    error = np.full(5, 0.2)
    p = significance.largest_test(effect, samples, error, 2, 7)
    t = effect / error
    null = stats.t.ppf((samples.argsort(0).argsort(0) + 0.5) / 299, 7)
    families = [([0, 1], null[:, :2].max(1), t)]
    families += [([2], np.abs(null[:, 2]), np.abs(t))]
    families += [([3, 4], np.abs(null[:, 3:]).max(1), np.abs(t))]
    for members, largest, value in families:
        for k in members:
            assert p[k] == pytest.approx((np.sum(largest >= value[k]) + 1) / 300)


@pytest.mark.parametrize("name", ["largest_test", "bootstrap_test"])
def test_normal_samples_give_the_p_values_of_t_tests(name):
    """Of one score, one contrast of either sign, with 3 degrees of freedom."""
    samples = stats.norm.ppf((np.arange(9999) + 0.5) / 9999)[:, None] * [0.2, 0.3, 0.4]
    effect, error = np.array([0.6, -0.9, 0.8]), np.array([0.2, 0.25, 0.5])
    p = getattr(significance, name)(effect, samples, error, 1, 3)
    np.testing.assert_allclose(p, significance.t_test(effect, error, 1, 3), atol=3e-4)
    np.testing.assert_allclose(p[1], 2 * stats.t.sf(3.6, 3), atol=3e-4)


def test_deviations_of_samples_that_do_not_vary_are_nan():
    samples = np.column_stack([np.ones(50), np.arange(50.0), np.r_[np.zeros(49), 1e9]])
    found = significance.deviations(samples, 2)
    assert np.isnan(found[:, 0]).all() and np.isfinite(found[:, 1:]).all()
    np.testing.assert_allclose(found[:, 1], -found[::-1, 1])
    assert (np.diff(found[:, 1]) > 0).all()


@pytest.mark.parametrize("method", ["cosine", "pearson", "tau_a", "whitened_pearson", "bures"])
def test_models_that_differ_by_rounding_alone_are_equal(method):
    rng = np.random.default_rng(0)
    subjects = rng.random((6, 28)) + 1
    model = subjects.mean(0) + 0.1 * rng.random(28)
    models = np.stack([model, 3.7 * model, model, rng.random(28) + 1])
    for test, over in (
        ("t", ("subject",)),
        ("t", ("subject", "condition")),
        ("bootstrap", ("subject",)),
        ("wilcoxon", ("subject",)),
        ("permutation", ("subject",)),
    ):
        for correction in (None, "fdr") if test == "wilcoxon" else (None, "fdr", "max"):
            result = rsa.evaluate(
                models, subjects, method, over, 40, test=test, correction=correction
            )
            np.testing.assert_array_equal(result.p_pairs[:3, :3], 1)
            assert 0 < result.p_pairs[0, 3] < 1 or correction


def test_exceed_counts_what_differs_by_rounding_alone_as_reached():
    observed = 0.1 + 0.2  # 0.30000000000000004
    null = np.array([0.3, 0.3 * (1 + 1e-10), 0.3 * (1 - 1e-8), 0.1])
    assert significance.exceed(null, [observed])[0] == pytest.approx((2 + 1) / 5)
    small = significance.exceed(np.array([0.0, -1e-13, 1.0]), [1e-13])  # of values near one
    assert small[0] == pytest.approx((3 + 1) / 4)

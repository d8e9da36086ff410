"""rsa.rdm: conditions, folds, noise, missing values, real data."""

import os
import warnings

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis, pdist

from neurokit import data, rsa

pairs = np.triu_indices


def test_metrics_equal_scipy():
    x = np.random.default_rng(0).standard_normal((12, 40))
    np.testing.assert_allclose(rsa.rdm(x).values[0], pdist(x, "correlation"), atol=1e-12)
    cosine = rsa.rdm(x, metric="cosine").values[0]
    np.testing.assert_allclose(cosine, pdist(x, "cosine"), atol=1e-12)
    np.testing.assert_allclose(
        rsa.rdm(x, metric="euclidean").values[0], pdist(x, "sqeuclidean") / 40, atol=1e-12
    )
    assert rsa.rdm(x.astype("f4")).values.dtype == np.float32


def test_conditions_are_averaged_in_order_of_first_appearance():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((9, 20))
    names = ["z", "a", "m", "a", "z", "m", "m", "z", "a"]
    r = rsa.rdm(x, names, metric="euclidean")
    assert r.conditions.tolist() == ["z", "a", "m"]
    means = [x[[k for k, n in enumerate(names) if n == name]].mean(0) for name in "zam"]
    np.testing.assert_allclose(r.values[0], pdist(means, "sqeuclidean") / 20)


def test_subjects_with_other_channels_orders_and_conditions():
    rng = np.random.default_rng(2)
    x = [rng.standard_normal((4, 10)), rng.standard_normal((4, 13)), rng.standard_normal((3, 8))]
    names = [list("abcd"), list("dcba"), list("bce")]
    r = rsa.rdm(x, names)
    assert r.conditions.tolist() == list("abcde")
    assert r.values.shape == (3, 10)
    np.testing.assert_allclose(
        r.subset(list("abcd")).values[1], rsa.rdm(x[1][::-1]).values[0], atol=1e-12
    )
    np.testing.assert_allclose(r.subset(list("bce")).values[2], rsa.rdm(x[2]).values[0], atol=1e-12)
    assert np.isnan(r.values[2]).sum() == 7


@pytest.mark.parametrize("metric", ["correlation", "euclidean", "cosine"])
def test_stack_equals_one_by_one(metric):
    x = np.random.default_rng(11).standard_normal((7, 12, 30))
    names = list("abcdefabcdef")
    for conditions in (None, names):
        want = [rsa.rdm(one, conditions, metric=metric).values[0] for one in x]
        got = rsa.rdm(x, conditions, metric=metric)
        np.testing.assert_allclose(got.values, want, atol=1e-12)
        np.testing.assert_allclose(rsa.rdm(list(x), conditions, metric=metric).values, want)
    x[3, 2, 5] = np.nan
    got = rsa.rdm(x, metric=metric)
    assert not np.isnan(got.values).any()


def test_mahalanobis_with_noise_and_with_precision():
    rng = np.random.default_rng(3)
    x, residuals = rng.standard_normal((5, 7)), rng.standard_normal((60, 7))
    noise = rsa.shrinkage(residuals)
    both = zip(*pairs(5, 1), strict=True)
    want = [mahalanobis(x[i], x[j], noise.precision) ** 2 / 7 for i, j in both]
    got = rsa.rdm(x, noise=noise, metric="mahalanobis").values[0]
    np.testing.assert_allclose(got, want, rtol=1e-10)
    got = rsa.rdm(x, noise=noise.precision, metric="mahalanobis").values[0]
    np.testing.assert_allclose(got, want, rtol=1e-10)


def crossnobis_by_trials(x, conditions, folds, precision):
    """k_ij as the mean over all trial pairs of different folds, by loops."""
    names = list(dict.fromkeys(conditions))
    n, d = len(names), x.shape[1]
    k = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            products = [
                x[a] @ precision @ x[b] / d
                for a in range(len(x))
                for b in range(len(x))
                if conditions[a] == names[i] and conditions[b] == names[j] and folds[a] != folds[b]
            ]
            k[i, j] = np.mean(products) if products else np.nan
    i, j = pairs(n, 1)
    return k[i, i] + k[j, j] - 2 * k[i, j]


def test_crossnobis_balanced_unbalanced_and_per_run():
    rng = np.random.default_rng(4)
    conditions, folds = np.tile(list("abcd"), 6), np.repeat([0, 1, 2], 8)
    x = rng.standard_normal((24, 11)) + 1
    noise = rsa.shrinkage(rng.standard_normal((50, 11)))
    want = crossnobis_by_trials(x, conditions, folds, noise.precision)
    got = rsa.rdm(x, conditions, folds=folds, noise=noise, metric="crossnobis")
    np.testing.assert_allclose(got.values[0], want, atol=1e-10)
    same = rsa.rdm(x, conditions, folds=folds, noise=[noise] * 3, metric="crossnobis")
    np.testing.assert_allclose(same.values[0], want, atol=1e-10)

    keep = np.ones(24, dtype=bool)
    keep[[0, 4, 9]] = False  # condition a is not in fold 0 any more
    want = crossnobis_by_trials(x[keep], conditions[keep], folds[keep], noise.precision)
    got = rsa.rdm(x[keep], conditions[keep], folds=folds[keep], noise=noise, metric="crossnobis")
    order = [got.conditions.tolist().index(c) for c in dict.fromkeys(conditions[keep].tolist())]
    assert order == list(range(4))
    np.testing.assert_allclose(got.values[0], want, atol=1e-10)


def test_crossnobis_per_run_noise_is_the_mean_of_two_covariances():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((6, 5))
    conditions, folds = np.tile(list("ab"), 3), np.repeat([0, 1, 2], 2)
    noise = [rsa.shrinkage(rng.standard_normal((30, 5))) for _ in range(3)]
    total = 0.0
    for m in range(3):
        for k in range(3):
            if m != k:
                w = np.linalg.inv((noise[m].covariance + noise[k].covariance) / 2)
                total += (x[2 * m] - x[2 * m + 1]) @ w @ (x[2 * k] - x[2 * k + 1])
    got = rsa.rdm(x, conditions, folds=folds, noise=noise, metric="crossnobis").values[0, 0]
    assert got == pytest.approx(total / (6 * 5), abs=1e-12)


def test_crossnobis_is_unbiased():
    """Zero on average for equal conditions, the true distance otherwise."""
    rng = np.random.default_rng(6)
    truth = np.array([[0.0] * 50, [0.0] * 50, [1.0] * 50])
    values = [
        rsa.rdm(
            np.tile(truth, (4, 1)) + rng.standard_normal((12, 50)),
            np.tile([0, 1, 2], 4), folds=np.repeat([0, 1, 2, 3], 3), metric="crossnobis",
        ).values[0]
        for _ in range(400)
    ]  # fmt: skip
    np.testing.assert_allclose(np.mean(values, 0), [0, 1, 1], atol=0.03)


def test_poisson_equals_its_definition():
    rng = np.random.default_rng(7)
    x = rng.poisson(4.0, (12, 30)).astype(float)
    conditions, folds = np.tile(list("abcd"), 3), np.repeat([0, 1, 2], 4)
    means = x.reshape(3, 4, 30).mean(0)
    rate = (means + 0.1) / 1.1
    i, j = pairs(4, 1)
    want = np.mean((rate[i] - rate[j]) * (np.log(rate[i]) - np.log(rate[j])), 1)
    np.testing.assert_allclose(rsa.rdm(x, conditions, metric="poisson").values[0], want, atol=1e-12)
    each = []
    for m in range(3):
        test = (x.reshape(3, 4, 30)[m] + 0.1) / 1.1
        train = (np.delete(x.reshape(3, 4, 30), m, 0).mean(0) + 0.1) / 1.1
        each.append(np.mean((train[i] - train[j]) * (np.log(test[i]) - np.log(test[j])), 1))
    got = rsa.rdm(x, conditions, folds=folds, metric="poisson_cv").values[0]
    np.testing.assert_allclose(got, np.mean(each, 0), atol=1e-12)
    got = rsa.rdm(x, conditions, folds=folds, metric="poisson_cv", convention="rsatoolbox")
    np.testing.assert_allclose(got.values[0], each[-1], atol=1e-12)


def test_missing_channels_and_constant_patterns():
    rng = np.random.default_rng(8)
    x = rng.standard_normal((4, 10))
    x[1, 2] = np.nan
    want = pdist(np.delete(x, 2, 1)[[0, 1]], "correlation")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rsa.rdm(x).values[0, 0] == pytest.approx(want)
    x[3] = 7.0
    with pytest.warns(RuntimeWarning, match="NaN for: d") as caught:
        r = rsa.rdm(x, list("abcd"))
    assert len(caught) == 1 and caught[0].filename == __file__
    assert np.isnan(r.values[0]).tolist() == [False, False, True, False, True, True]


def test_missing_channels_in_repetitions_use_the_others():
    x = np.array([[1.0, 2, 3, 7], [np.nan, 4, 5, 6], [0, 1, 0, 2], [2, 1, 2, 0]])
    r = rsa.rdm(x, ["a", "a", "b", "b"], metric="euclidean")
    assert r.values[0, 0] == pytest.approx(((1 - 1) ** 2 + 4 + 9 + 5.5**2) / 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conditions": ["a"] * 6}, "at least 2 conditions"),
        ({"conditions": list("abcd")}, "wanted 6"),
        ({"folds": [0] * 6, "metric": "crossnobis"}, "at least 2 folds"),
        ({"metric": "crossnobis"}, "needs folds"),
        ({"folds": [0, 1], "metric": "crossnobis"}, "wanted 6"),
        ({"metric": "mahalanobis"}, "needs noise"),
        ({"metric": "manhattan"}, "metric"),
        ({"convention": "matlab"}, "convention"),
        ({"noise": np.eye(3), "metric": "mahalanobis"}, r"\(4, 4\)"),
        ({"metric": "poisson"}, "below zero"),
        ({"patterns": np.zeros(5)}, "n_obs, n_channels"),
        ({"patterns": np.full((6, 4), np.inf)}, "infinite"),
        ({"conditions": [["a"] * 6, ["b"] * 6]}, "wanted one label per pattern"),
    ],
)
def test_bad_input_is_refused(change, message):
    x = np.random.default_rng(9).standard_normal((6, 4))
    arguments = {"patterns": x, "conditions": list("aabbcc"), **change}
    with pytest.raises(ValueError, match=message):
        rsa.rdm(**arguments)


def test_singular_noise_is_named():
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        rsa.rdm(np.eye(3), noise=rsa.Noise(np.zeros((3, 3))), metric="mahalanobis")


def test_input_is_not_changed_and_threads_do_not_matter():
    x = np.random.default_rng(10).standard_normal((200, 1500)).astype("f4")
    before = x.copy()
    results = [rsa.rdm(x, threads=k).values for k in (1, 2, 3)]
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_finger7t_reference_numbers():
    """Subject means with identity noise, as an independent implementation gives them."""
    if not data.list()["finger7t"]["local"]:
        pytest.skip("the set finger7t is not here (NEUROKIT_DATA)")
    fingers = data.load("finger7t")
    r = rsa.rdm(fingers.patterns, fingers.conditions, folds=fingers.folds, metric="crossnobis")
    want = [0.213185, 0.310190, 0.337139, 0.266331, 0.105626, 0.211232, 0.240899, 0.061246,
            0.136434, 0.058647]  # fmt: skip
    np.testing.assert_allclose(r.mean().values[0], want, atol=5.1e-7)


def test_images92_reference_numbers():
    images = data.load("images92", full=False)
    human, monkey = images.human_it_mean, images.monkey_it_mean
    assert rsa.compare(human, monkey, "pearson")[0, 0] == pytest.approx(0.491210, abs=5e-7)
    assert rsa.compare(human, monkey, "spearman")[0, 0] == pytest.approx(0.438924, abs=5e-7)
    sigma = np.diag(np.linspace(0.5, 2, 92))
    whitened = rsa.compare(human, monkey, "whitened_pearson", sigma)[0, 0]
    assert whitened == pytest.approx(0.5211, abs=5e-5)
    ceiling = rsa.noise_ceiling(rsa.RDMs(images.human_it.mean(1)), "pearson")
    assert ceiling == pytest.approx((0.394410, 0.680413), abs=5e-7)


def test_packaged_numbers_are_those_of_the_full_set():
    if "NEUROKIT_DATA" not in os.environ or not data.list()["images92"]["local"]:
        pytest.skip("the full set images92 is not here (NEUROKIT_DATA)")
    small, full = data.load("images92", full=False), data.load("images92", full=True)
    for key in small:
        if key != "complete":
            np.testing.assert_array_equal(small[key], full[key], err_msg=key)

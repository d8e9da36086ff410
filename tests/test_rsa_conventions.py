"""Each difference from rsatoolbox that docs/conventions.md lists: ours, and theirs by its formula.

Where rsatoolbox is installed the same is asked of the package itself.
"""

import numpy as np
import pytest

from neurokit import data, rsa

n, m, d = 5, 3, 8
i, j = np.triu_indices(n, 1)


@pytest.fixture
def trials():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n * m + 4, d))
    conditions = np.r_[np.tile(np.arange(n), m), [0, 1, 1, 3]]
    folds = np.r_[np.repeat(np.arange(m), n), [0, 0, 2, 1]]
    return x, conditions, folds


def squared(a, b):
    return np.sum((a[i] - a[j]) * (b[i] - b[j]), 1) / d


def test_crossnobis_with_unequal_trials(trials):
    x, conditions, folds = trials
    other = folds[:, None] != folds
    k = np.array([[(x @ x.T / d)[np.ix_(conditions == a, conditions == b)]
                   [other[np.ix_(conditions == a, conditions == b)]].mean()
                   for b in range(n)] for a in range(n)])  # fmt: skip
    ours = rsa.rdm(x, conditions, folds=folds, metric="crossnobis").values[0]
    np.testing.assert_allclose(ours, k[i, i] + k[j, j] - 2 * k[i, j], atol=1e-12)

    def means(of):
        return np.stack([x[of & (conditions == a)].mean(0) for a in range(n)])

    theirs = np.mean([squared(means(folds == f), means(folds != f)) for f in range(m)], 0)
    got = rsa.rdm(x, conditions, folds=folds, metric="crossnobis", convention="rsatoolbox")
    np.testing.assert_allclose(got.values[0], theirs, atol=1e-12)
    noise = rsa.shrinkage(np.random.default_rng(1).standard_normal((30, d)))
    white = noise.whiten(x)
    a, b = (
        rsa.rdm(v, conditions, folds=folds, noise=w, metric="crossnobis", convention="rsatoolbox")
        for v, w in ((x, noise), (white, None))
    )
    np.testing.assert_allclose(a.values, b.values, atol=1e-12)


def test_metrics_average_patterns_first(trials):
    x, conditions, _ = trials
    means = np.stack([x[conditions == a].mean(0) for a in range(n)])
    got = rsa.rdm(x, conditions).values[0]
    np.testing.assert_allclose(got, 1 - np.corrcoef(means)[i, j], atol=1e-12)


def test_degrees_of_freedom_of_measurements(trials):
    x, conditions, _ = (v[: n * m] for v in trials)
    residuals = x - np.stack([x[conditions == a].mean(0) for a in range(n)])[conditions]
    ours = rsa.noise_from_measurements(x, conditions, kind="full").covariance
    np.testing.assert_allclose(ours, residuals.T @ residuals / (n * m - n), atol=1e-12)
    theirs = rsa.noise_from_measurements(x, conditions, kind="full", dof=(n - 1) * m).covariance
    np.testing.assert_allclose(theirs, residuals.T @ residuals / ((n - 1) * m), atol=1e-12)


def test_sigma_k_as_a_vector_and_bures():
    images = data.load("images92", full=False)
    human, monkey, sigma = images.human_it_mean, images.monkey_it_mean, np.linspace(0.5, 2, 92)

    def similarity(sigma_k, convention=None):
        return rsa.compare(human, monkey, "whitened_pearson", sigma_k, convention)[0, 0]

    assert similarity(sigma) == pytest.approx(similarity(np.diag(sigma)), abs=1e-12)
    assert similarity(sigma) == pytest.approx(0.5211, abs=5e-5)
    assert similarity(sigma, "rsatoolbox") == pytest.approx(0.5392, abs=5e-5)
    x, y = np.random.default_rng(2).random((2, 10))
    a = rsa.compare(x, y, "bures_distance")
    b = rsa.compare(x, y, "bures-distance", convention="rsatoolbox")
    np.testing.assert_allclose(a**2, b)
    with pytest.raises(ValueError, match="convention"):
        rsa.compare(x, y, convention="pyrsa")


@pytest.mark.parametrize("method", ["whitened_cosine", "whitened_pearson"])
def test_pool_of_whitened_methods(method):
    r = rsa.RDMs(np.random.default_rng(3).random((5, 15)))
    plain = {"whitened_cosine": "cosine", "whitened_pearson": "pearson"}[method]
    theirs = rsa.pool(r, method, convention="rsatoolbox")
    np.testing.assert_allclose(theirs.values, rsa.pool(r, plain).values)
    best = rsa.compare(rsa.pool(r, method), r, method).mean()
    assert best >= rsa.compare(theirs, r, method).mean()
    assert rsa.noise_ceiling(r, method, convention="rsatoolbox")[1] <= best


@pytest.mark.parametrize("size", [1.0, 0.3])  # the upper threshold above and below one
def test_geotopological_quantiles_and_geodesic_edges(size):
    values = size * np.random.default_rng(4).random((2, 15)) * [[1.0], [3.0]]
    r = rsa.RDMs(values)
    for convention, part in ((None, values[:1]), ("rsatoolbox", values)):
        low, high = np.quantile(part, [0.2, 0.7])
        want = np.clip((values[0] - low) / (high - low), 0, 1)
        if convention:
            assert (high < want[want < 1].max()) == (size < 1)
            want[want > high] = 1
        got = rsa.geotopological(r, 0.2, 0.7, convention).values[0]
        np.testing.assert_allclose(got, want, atol=1e-12)
    scaled = (values - values.min(1, keepdims=True)) / np.ptp(values, axis=1)[:, None]
    for row, got in zip(scaled, rsa.geodesic(r, convention="rsatoolbox").values, strict=True):
        length = np.where((row > 0) & (row < 1), row, np.inf)
        length = rsa.RDMs(np.where(np.isinf(length), 1e9, length)).square()[0]
        for k in range(6):  # Floyd and Warshall
            length = np.minimum(length, length[:, k : k + 1] + length[k])
        np.testing.assert_allclose(got, length[np.triu_indices(6, 1)])


def test_conditions_keep_their_order(trials):
    x, conditions, _ = trials
    names = np.array(list("dbeac"))[conditions]
    assert rsa.rdm(x, names).conditions.tolist() == list("dbeac")


def test_rsatoolbox_agrees(trials):
    toolbox = pytest.importorskip("rsatoolbox")
    x, conditions, folds = trials
    residuals = np.random.default_rng(5).standard_normal((40, d))
    precision = toolbox.data.noise.prec_from_residuals(residuals)
    np.testing.assert_allclose(rsa.shrinkage(residuals).precision, precision, atol=1e-10)
    descriptors = dict(c=conditions, f=folds)
    patterns = toolbox.data.Dataset(x, obs_descriptors=descriptors)
    theirs = toolbox.rdm.calc_rdm(patterns, "crossnobis", descriptor="c", cv_descriptor="f")
    got = rsa.rdm(x, conditions, folds=folds, metric="crossnobis", convention="rsatoolbox")
    np.testing.assert_allclose(got.values, theirs.dissimilarities, atol=1e-10)
    theirs = toolbox.rdm.calc_rdm_unbalanced(
        patterns, "crossnobis", descriptor="c", cv_descriptor="f", noise=precision
    )
    got = rsa.rdm(x, conditions, folds=folds, noise=precision, metric="crossnobis")
    np.testing.assert_allclose(got.values, theirs.dissimilarities, atol=1e-10)
    balanced = toolbox.data.Dataset(
        np.abs(x[: n * m]), obs_descriptors={k: v[: n * m] for k, v in descriptors.items()}
    )
    for metric in ("euclidean", "correlation", "mahalanobis", "poisson"):
        noise = dict(noise=precision) if metric == "mahalanobis" else {}
        theirs = toolbox.rdm.calc_rdm(balanced, metric, descriptor="c", **noise)
        got = rsa.rdm(np.abs(x[: n * m]), conditions[: n * m], metric=metric, **noise)
        np.testing.assert_allclose(got.values, theirs.dissimilarities, atol=1e-10)
    a, b = np.random.default_rng(6).random((2, 3, 15))
    names = dict(cosine="cosine", corr="pearson", spearman="spearman", cosine_cov="whitened_cosine",
                 corr_cov="whitened_pearson", bures_metric="bures_distance")  # fmt: skip
    names |= {"rho-a": "rho-a", "tau-a": "tau-a", "tau-b": "tau-b", "bures": "bures"}
    for theirs, ours in names.items():
        want = toolbox.rdm.compare(toolbox.rdm.RDMs(a), toolbox.rdm.RDMs(b), theirs)
        got = rsa.compare(a, b, ours, convention="rsatoolbox")
        np.testing.assert_allclose(got, want, atol=1e-7 if "bures" in ours else 1e-10)
    for transform, ours in (
        (lambda r: toolbox.rdm.geotopological_transform(r, 0.2, 0.7),
         lambda r: rsa.geotopological(r, 0.2, 0.7, "rsatoolbox")),
        (toolbox.rdm.geodesic_transform, lambda r: rsa.geodesic(r, convention="rsatoolbox")),
    ):  # fmt: skip
        want = transform(toolbox.rdm.RDMs(a.copy())).dissimilarities
        np.testing.assert_allclose(ours(rsa.RDMs(a)).values, want, atol=1e-10)

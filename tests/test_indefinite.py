"""Bures and Riemannian comparison of matrices that are no squared distances; missing repeats of samples
that differ."""

import warnings

import numpy as np
import pytest
from scipy.spatial import distance

import neurokit as nk
from neurokit import encoding, rsa


def crossnobis(n=5):
    rng = np.random.default_rng(0)
    signal = np.tile(rng.standard_normal((10, 40)), (5, 1)) * 0.3
    patterns = [rng.standard_normal((50, 40)) + signal for _ in range(n)]
    labels, folds = [np.tile(np.arange(10), 5)] * n, [np.repeat(np.arange(5), 10)] * n
    noisy = rsa.rdm(patterns, labels, folds=folds, metric="crossnobis")
    return noisy, rsa.rdm(patterns, labels, metric="euclidean")


def test_bures_warns_of_matrices_that_are_no_distances():
    noisy, plain = crossnobis()
    with pytest.warns(RuntimeWarning, match="no squared Euclidean distances"):
        assert (rsa.compare(noisy, noisy, "bures").diagonal() > 1).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(rsa.compare(plain, plain, "bures").diagonal(), 1, rtol=1e-9)
    with pytest.warns(RuntimeWarning, match="or be NaN"):
        assert np.isnan(rsa.compare(rsa.RDMs(-plain.values), plain, "bures")).all()


def test_riemannian_of_a_first_matrix_that_is_no_distances():
    """Only noise makes it positive definite: found, and nearest to the matrix without noise in it."""
    noisy, plain = crossnobis()
    found = rsa.compare(noisy, plain, "riemannian")
    assert np.isfinite(found).all()
    assert (found.argmax(1) == np.arange(5)).all()


def test_searchlight_keeps_the_centres_that_have_a_riemannian_score():
    rng = np.random.default_rng(0)
    data, labels, folds = (
        rng.standard_normal((40, 30)),
        np.tile(np.arange(5), 8),
        np.repeat(np.arange(8), 5),
    )
    neighbors = [
        np.arange(3),
        np.arange(30),
        np.arange(12),
    ]  # the first has fewer channels than contrasts
    models = rsa.RDMs(rng.random((2, 10)))
    with pytest.warns(RuntimeWarning, match="riemannian: NaN at 1 centres"):
        found = rsa.searchlight(
            data, neighbors, labels, folds, metric="euclidean", models=models, compare="riemannian"
        )
    assert np.isnan(found.scores[:, 0]).all() and np.isfinite(found.scores[:, 1:]).all()


def test_explainable_variance_where_repeats_are_of_other_samples():
    """Half of the samples lies 6 above the other: repeats of one half alone say as much of the noise."""
    rng = np.random.default_rng(0)
    shift = np.repeat([3.0, -3.0], 500)[:, None]
    repeats = shift + rng.standard_normal((1000, 1)) + rng.standard_normal((4, 1000, 1))
    some = repeats.copy()
    some[2:, :500] = np.nan
    few = repeats.copy()
    few[1:, :950] = np.nan
    for each in (repeats, some, few):
        np.testing.assert_allclose(encoding.explainable_variance(each), 10 / 11, atol=0.02)


def test_jensenshannon_of_nearly_equal_distributions_is_a_number():
    rng = np.random.default_rng(4)
    p = rng.random((6, 4))
    q = p * (1 + 1e-9 * rng.standard_normal((6, 4)))
    got = nk.jit(lambda a, b: nk.scipy.spatial.distance.cdist(a, b, "jensenshannon"))(p, q)
    assert (got.diagonal() < 1e-7).all()
    far = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(got[far], distance.cdist(p, q, "jensenshannon")[far], rtol=1e-9)

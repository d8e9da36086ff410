"""Kernel `whiten` against its NumPy twin and against the noise estimates of the package."""

import numpy as np
import pytest
from scipy import linalg

from neurokit import rsa
from neurokit.ops import similarity


def scored(rng, channels, samples, dtype):
    residuals = rng.standard_normal((samples, channels)) @ rng.standard_normal((channels, channels))
    z = residuals - residuals.mean(0)
    sd = np.sqrt((z**2).sum(0) / (samples - 1))
    return residuals, sd, np.ascontiguousarray((z / sd).T, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("samples", [5, 7, 255, 256, 257, 600])
def test_shrunk_correlations_of_each_centre(samples, dtype):
    rng = np.random.default_rng(samples)
    residuals, sd, z = scored(rng, 20, samples, dtype)
    x = rng.standard_normal((20, 9)).astype(dtype)
    columns = np.stack([rng.permutation(20)[:6] for _ in range(18)])
    got = similarity.whitened(x, columns, z)
    tolerance = 1e-10 if dtype == np.float64 else 2e-3
    for white, own in zip(got, columns, strict=True):
        noise = rsa.shrinkage(residuals[:, own])
        correlation = noise.covariance / np.multiply.outer(sd[own], sd[own])
        factor = linalg.cholesky(correlation, lower=True)
        want = linalg.solve_triangular(factor, x[own], lower=True)
        np.testing.assert_allclose(white, want, atol=tolerance * np.abs(want).max())
    for threads in (1, 2):
        np.testing.assert_array_equal(got, similarity.whitened(x, columns, z, threads=threads))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_covariance_of_all_channels(dtype):
    rng = np.random.default_rng(0)
    covariance = np.cov(rng.standard_normal((8, 50))).astype(dtype)
    x = rng.standard_normal((16, 5)).astype(dtype)[::2]
    columns = np.array([[3, 0, 7], [1, 2, 5]])
    got = similarity.whitened(x, columns, covariance, True)
    for white, own in zip(got, columns, strict=True):
        factor = linalg.cholesky(covariance[np.ix_(own, own)], lower=True)
        want = linalg.solve_triangular(factor, x[own], lower=True)
        np.testing.assert_allclose(white, want, rtol=1e-3 if dtype == np.float32 else 1e-12)


def test_bad_input():
    x, z = np.zeros((4, 3)), np.ones((4, 5))
    with pytest.raises(ValueError, match="columns: wanted 0 to 3, got 4"):
        similarity.whitened(x, np.array([[0, 4]]), z)
    with pytest.raises(np.linalg.LinAlgError, match="centre with 2 channels is singular"):
        similarity.whitened(x, np.array([[0, 1]]), np.ones((4, 4)), True)
    with pytest.raises(ValueError, match="noise: 5 columns"):
        similarity.whitened(x, np.array([[0, 1]]), z, True)
    with pytest.raises(ValueError, match="do not fit"):
        similarity.whitened(x, np.array([[0, 1]]), z.astype(np.float32))
    assert similarity.whitened(x, np.zeros((0, 2), np.int64), z).shape == (0, 2, 3)

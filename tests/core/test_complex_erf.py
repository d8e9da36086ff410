"""erf, erfc and erfcx of complex numbers against SciPy, their series, and their own derivative."""

import numpy as np
import pytest
from scipy import special

import neurokit as nk

FUNCTIONS = [special.erf, special.erfc, special.erfcx]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("size, rtol", [(0.05, 1e-12), (1, 2e-14), (3, 5e-14), (8, 3e-13)])
def test_values_over_the_plane(f, size, rtol):
    rng = np.random.default_rng(0)
    z = size * (rng.normal(size=2000) + 1j * rng.normal(size=2000))
    want, got = f(z), nk.jit(lambda z: f(z))(z)
    plain = np.isfinite(want) & (np.abs(want) > 1e-300)
    assert plain.mean() > 0.5
    np.testing.assert_array_equal(np.isfinite(got), np.isfinite(want))
    assert np.max(np.abs(got - want)[plain] / np.abs(want)[plain]) < rtol


@pytest.mark.parametrize("f", FUNCTIONS)
def test_axes_zeros_and_ends(f):
    """On the real axis the real function; on the imaginary one its exact part; infinities; tiny numbers."""
    x = np.array([0, -0.0, 1e-300, 0.3, -1, 5, -5, 30, 1e10, np.inf, -np.inf])
    with np.errstate(all="ignore"):
        real = nk.jit(lambda z: f(z))(x + 0j)
        np.testing.assert_allclose(real.real, f(x), rtol=1e-13)
        assert not real.imag.any()
        z = 1j * np.array([1e-200, 0.5, -2, 20, -26, 1e10, 1e200])
        got, want = nk.jit(lambda z: f(z))(z), f(z)
        np.testing.assert_allclose(got.real, want.real, rtol=1e-12)
        np.testing.assert_allclose(got.imag, want.imag, rtol=1e-12)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_small_numbers_lose_no_digits(f):
    """Against the series of erf: f(z) = c0 + c1 z (1 + ...) near 0."""
    z = 1e-5 * np.exp(1j * np.linspace(0.1, 6, 40))
    erf = 2 / np.sqrt(np.pi) * (z - z**3 / 3)
    want = {special.erf: erf, special.erfc: 1 - erf, special.erfcx: np.exp(z * z) * (1 - erf)}[f]
    np.testing.assert_allclose(nk.jit(lambda z: f(z))(z), want, rtol=1e-15)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_derivatives_and_types(f):
    x = np.array([[0.5, -1.0, 0.1, 2.5], [0.2, 2.0, -0.3, 0.0]])
    nk.check_grads(lambda x: np.abs(f(x[0] + 1j * x[1])) ** 2 + f(x[0] + 1j * x[1]).imag, (x,))
    z = (x[0] + 1j * x[1]).astype(np.complex64)
    got = nk.jit(lambda z: f(z))(z)
    assert got.dtype == np.complex64
    np.testing.assert_allclose(got, f(z), rtol=1e-6)
    assert nk.jit(lambda z: f(z))(np.zeros((0, 2), complex)).shape == (0, 2)

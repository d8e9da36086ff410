"""Surrogate derivatives: height, area, symmetry, against the smooth steps they come from."""

import numpy as np
import pytest
from scipy import integrate, special

import neurokit as nk
from neurokit.core.transforms.surrogates import SURROGATES

X = np.linspace(-2, 2, 41) + 0.013
# smooth steps from 0 to 1 whose derivative each curve is
STEPS = {
    "arctan": lambda x: np.arctan(np.pi * x) / np.pi + 0.5,
    "sigmoid": lambda x: special.expit(4 * x),
    "super_spike": lambda x: 0.5 + x / (1 + 2 * np.abs(x)),
    "erf": lambda x: 0.5 * special.erf(np.sqrt(np.pi) * x) + 0.5,
    "slayer": lambda x: 0.5 + np.sign(x) * (1 - np.exp(-2 * np.abs(x))) / 2,
    "piecewise_quadratic": lambda x: np.select(
        [x < -1, x < 0, x < 1], [0, (1 + x) ** 2 / 2, 1 - (1 - x) ** 2 / 2], 1
    ),
    "piecewise_linear": lambda x: np.clip(x + 0.5, 0, 1),
}


@pytest.mark.parametrize("name", sorted(SURROGATES))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_spike_with(name, dtype):
    x = X.astype(dtype)
    value, pullback = nk.vjp(lambda x: nk.spike(x, name, width=1.0), x)
    np.testing.assert_array_equal(value, (x > 0).astype(dtype))
    (slope,) = pullback(np.ones_like(x))
    assert slope.dtype == dtype
    np.testing.assert_allclose(
        slope, SURROGATES[name](X), rtol=2e-5 if dtype == np.float32 else 1e-12, atol=1e-7
    )
    _, tangent = nk.jvp(lambda x: nk.spike(x, name), (x,), (np.ones_like(x),))
    np.testing.assert_allclose(tangent, slope, rtol=1e-6)
    _, pullback = nk.vjp(lambda x: nk.spike(x, name, width=2.5), x)
    np.testing.assert_allclose(
        pullback(np.ones_like(x))[0], SURROGATES[name](X / 2.5) / 2.5, rtol=2e-5, atol=1e-7
    )
    assert SURROGATES[name](np.array(0.0)) == pytest.approx(1)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_derivative_of_a_smooth_step(name):
    h = 1e-6
    numeric = (STEPS[name](X + h) - STEPS[name](X - h)) / (2 * h)
    np.testing.assert_allclose(SURROGATES[name](X), numeric, rtol=1e-6, atol=1e-9)
    assert STEPS[name](np.array(1e3)) - STEPS[name](np.array(-1e3)) == pytest.approx(1, abs=1e-3)


def test_multi_gaussian_against_its_definition():
    sigma = 1 / np.sqrt(2 * np.pi)

    def g(x, mean, sd):
        return np.exp(-((x - mean) ** 2) / (2 * sd**2)) / (np.sqrt(2 * np.pi) * sd)

    def curve(x):
        flanks = g(x, sigma, 6 * sigma) + g(x, -sigma, 6 * sigma)
        return 1.15 * g(x, 0, sigma) - 0.15 * flanks

    np.testing.assert_allclose(SURROGATES["multi_gaussian"](X), curve(X) / curve(0), rtol=1e-12)
    area = integrate.quad(curve, -50, 50)[0]
    assert area == pytest.approx(1.15 - 0.3)
    assert SURROGATES["multi_gaussian"](X).min() < 0


def test_one_sided_curves():
    np.testing.assert_allclose(SURROGATES["leaky"](np.array([-1.0, 1.0])), [0.1, 1])
    np.testing.assert_allclose(SURROGATES["log_tailed"](np.array([-1, 0.5, 4.0])), [0, 1, 0.25])
    with pytest.raises(ValueError, match="multi_gaussian"):
        nk.spike(X, "no such curve")

"""Division by a power of two runs as a product: NumPy's bits wherever a result is a normal number."""

import numpy as np
import pytest

import neurokit as nk


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_division_by_constants(dtype):
    info = np.finfo(dtype)
    rng = np.random.default_rng(0)
    x = np.ldexp(rng.uniform(-2, 2, 400), rng.integers(info.minexp, info.maxexp, 400)).astype(dtype)
    x[:5] = 0, -0.0, np.inf, -np.inf, np.nan
    powers = [info.minexp - 3, info.minexp, -1, 0, 1, 7, info.maxexp - 2, info.maxexp - 1]
    for divisor in [*(2.0**k for k in powers), -4.0, 3.0, 0.1, 0.0, np.inf]:
        divisor = dtype(divisor)
        with np.errstate(all="ignore"):
            want = x / divisor
        got = nk.jit(lambda x, d=divisor: x / d)(x)
        normal = ~(np.abs(want) < info.tiny) | (want == 0)
        np.testing.assert_array_equal(got[normal], want[normal], err_msg=str(divisor))
        assert (np.signbit(got) == np.signbit(want))[~np.isnan(want)].all()


def test_derivatives_of_a_division():
    for divisor in (4.0, -0.5, 3.0):
        nk.check_grads(
            lambda x, d=divisor: np.sum(np.sin(x) / d), (np.linspace(-1, 2, 7),), order=2
        )

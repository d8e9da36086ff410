"""Derivatives at exact zeros, ties and kinks: the limit from nearby, or the mean of both sides."""

import numpy as np
import pytest
import scipy.special as sp

import neurokit as nk

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
H = 2e-3

PLAIN = """sin cos tan arctan sinh cosh tanh arcsinh arcsin arccos arctanh exp exp2 expm1 log1p square sinc i0
    deg2rad nan_to_num real conj""".split()
SPECIAL = "erf erfinv expit log_expit ndtr log_ndtr j0 j1 i0 i1".split()
SMOOTH = {
    **{name: getattr(np, name) for name in PLAIN},
    **{f"special {name}": getattr(sp, name) for name in SPECIAL},
    "x^2": lambda x: x**2,
    "x^3": lambda x: x**3,
    "x^5": lambda x: x**5.0,
    "x^traced": lambda x: np.power(x, nk.stop_gradient(2.0 + 0 * x)),
    "float_power": lambda x: np.float_power(x, 3),
    "|x|^2": lambda x: np.abs(x) ** 2,
    "square of |x|": lambda x: np.square(np.fabs(x)),
    "|z|^2": lambda x: np.abs(x + 2j * x) ** 2,
    "square of |z|": lambda x: np.square(np.abs(x + 2j * x)),
    "z conj(z)": lambda x: ((x + 1j * x) * np.conj(x + 1j * x)).real,
    "norm^2": lambda x: np.linalg.norm(np.stack([x, 2 * x, 0 * x]), axis=0) ** 2,
    "complex norm^2": lambda x: np.linalg.norm(np.stack([x, 2 * x + 1j * x]), axis=0) ** 2,
    "4-norm^4": lambda x: np.linalg.norm(np.stack([x, 2 * x]), 4, axis=0) ** 4,
    "std^2": lambda x: np.std(np.stack([x, 2 * x, 3 * x]), axis=0) ** 2,
    "var": lambda x: np.var(np.stack([x, 2 * x, 3 * x]), axis=0),
    "prod": lambda x: np.prod(np.stack([x, x, 2 * x]), axis=0),
    "cumprod": lambda x: np.cumprod(np.stack([x, 1 + x, x]), axis=0)[-1],
    "root": lambda x: np.sqrt(1 + x * x),
    "hypot": lambda x: np.hypot(x, 1),
    "logaddexp": lambda x: np.logaddexp(x, -x),
    "arctan2": lambda x: np.arctan2(x, 1 + x),
    "x log(1 + x)": lambda x: sp.xlogy(x, 1 + x),
    "x log1p(x)": lambda x: sp.xlog1py(x, x),
    "entropy": lambda x: sp.entr(1 + x),
    "log-sum-exp": lambda x: nk.scipy.special.logsumexp(np.stack([x, -x, 2 * x]), axis=0),
    "softmax": lambda x: nk.scipy.special.softmax(np.stack([x, -x]), axis=0)[0],
    "angle": lambda x: np.angle(1 + 1j * x),
    "complex sqrt": lambda x: np.sqrt(1 + 1j * x).real,
    "complex exp": lambda x: np.exp(1j * x).real,
    "complex square": lambda x: ((x + 1j * x) ** 2).imag,
    "complex cube": lambda x: ((x + 1j * x) ** 3).real,
    "complex quotient": lambda x: ((x + 1j) / (1 + 1j * x)).real,
}


def _reverse(f):
    return nk.grad(lambda x: np.sum(f(x)))


def _forward(f):
    return lambda x: nk.jvp(f, (x,), (np.ones_like(x),))[1]


def _derivative(f, order):
    for mode in order:
        f = (_reverse if mode == "r" else _forward)(f)
    return f


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_at_zero(name):
    x = np.array([0.0, H, -H, 2 * H, -2 * H])
    for order in ("r", "f", "rr", "ff", "fr", "rf", "rrr", "fff"):
        at_zero, *near = np.real(_derivative(SMOOTH[name], order)(x))
        limit = (4 * (near[0] + near[1]) - (near[2] + near[3])) / 6
        np.testing.assert_allclose(at_zero, limit, rtol=1e-4, atol=1e-4, err_msg=order)


KINKS = {
    "abs": np.abs,
    "fabs": np.fabs,
    "maximum": lambda x: np.maximum(x, -2 * x),
    "minimum": lambda x: np.minimum(x, -2 * x),
    "fmax": lambda x: np.fmax(3 * x, x),
    "fmin": lambda x: np.fmin(3 * x, x),
    "max": lambda x: np.max(np.stack([x, -2 * x]), axis=0),
    "min": lambda x: np.min(np.stack([x, -2 * x]), axis=0),
    "nanmax": lambda x: np.nanmax(np.stack([x, -2 * x, np.nan * x]), axis=0),
    "ptp": lambda x: np.ptp(np.stack([x, -2 * x]), axis=0),
    "median": lambda x: np.median(np.stack([x, -2 * x, 1 + x]), axis=0),
    "quantile": lambda x: np.quantile(np.stack([x, -2 * x, 1 + x]), 0.5, axis=0),
    "maximum.reduce": lambda x: np.maximum.reduce(np.stack([x, -2 * x])),
    "maximum.accumulate": lambda x: np.maximum.accumulate(np.stack([x, -2 * x]))[1],
    "norm": lambda x: np.linalg.norm(np.stack([x, 2 * x]), axis=0),
    "1-norm": lambda x: np.linalg.norm(np.stack([x, 2 * x]), 1, axis=0),
    "max norm": lambda x: np.linalg.norm(np.stack([x, 2 * x]), np.inf, axis=0),
    "hypot": lambda x: np.hypot(x, 2 * x),
    "abs of complex": lambda x: np.abs(x + 1j * x),
    "std": lambda x: np.std(np.stack([x, 2 * x]), axis=0),
    "clip": lambda x: np.clip(x, 0, 1),
}


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("mode", ["r", "f"])
def test_kinks_share_evenly(name, mode):
    at_zero, right, left = _derivative(KINKS[name], mode)(np.array([0.0, 1e-9, -1e-9]))
    assert abs(right - left) > 0.1
    np.testing.assert_allclose(at_zero, (right + left) / 2, atol=1e-12)


@pytest.mark.parametrize("f", [sp.xlogy, sp.xlog1py])
def test_values_of_x_log_y(f):
    x, y = np.meshgrid(*[[0.0, -0.0, 1.0, -1.0, 2.0, 0.5, np.inf, -np.inf, np.nan]] * 2)
    np.testing.assert_allclose(nk.jit(f)(x, y), f(x, y), rtol=1e-15)
    assert nk.grad(f)(0.0, 2.0) == pytest.approx(f(1.0, 2.0))
    assert nk.grad(f)(0.0, -1.0) == 0

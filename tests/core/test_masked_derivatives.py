"""No NaN in a derivative from a masked branch, at the edge of a domain, or at a norm of zero."""

import numpy as np
import pytest

import neurokit as nk

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
INF = np.inf

# name: (function, point, derivative by each argument)
CASES = {
    "hypot": (np.hypot, (0.0, 0.0), (0, 0)),
    "arctan2": (np.arctan2, (0.0, 0.0), (0, 0)),
    "angle": (lambda x: np.angle(x + 0j), (0.0,), (0,)),
    "abs of complex": (lambda x: np.abs(x + 0j), (0.0,), (0,)),
    "cbrt": (lambda x: np.where(x > 0, np.cbrt(x), 0.0), (0.0,), (0,)),
    "norm": (lambda x: np.linalg.norm(x), (np.zeros(2),), (np.zeros(2),)),
    "std": (lambda x: np.std(x), (np.ones(3),), (np.zeros(3),)),
    "nanstd": (lambda x: np.nanstd(x), (np.array([1.0, 1.0, np.nan]),), (np.zeros(3),)),
    "logaddexp": (np.logaddexp, (-INF, -INF), (0.5, 0.5)),
    "logaddexp one": (np.logaddexp, (1.0, -INF), (1, 0)),
    "logaddexp far": (np.logaddexp, (-1000.0, 1000.0), (0, 1)),
    "logaddexp2": (np.logaddexp2, (-INF, -INF), (0.5, 0.5)),
    "power 0 0": (np.power, (0.0, 0.0), (0, 0)),
    "power 0 1": (np.power, (0.0, 1.0), (1, 0)),
    "power 0 2": (np.power, (0.0, 2.0), (0, 0)),
    "log": (lambda x: np.where(x > 0, np.log(x), 0.0), (0.0,), (0,)),
    "x log x": (lambda x: np.where(x > 0, x * np.log(x), 0.0), (0.0,), (0,)),
    "x (log x + 1)": (lambda x: np.where(x > 0, x * (1 - np.log(x)), 0.0), (0.0,), (0,)),
    "sqrt": (lambda x: np.where(x > 0, np.sqrt(x), 0.0), (0.0,), (0,)),
    "sqrt of log": (lambda x: np.where(x > 1, np.sqrt(np.log(x)), 0.0), (-1.0,), (0,)),
    "division": (lambda x: np.where(x != 0, 1 / x, 0.0), (0.0,), (0,)),
    "x / x": (lambda x: np.where(x != 0, x / x, 1.0), (0.0,), (0,)),
    "x * (1 / x)": (lambda x: np.where(x != 0, x * (1 / x), 1.0), (0.0,), (0,)),
    "negative power": (lambda x: np.where(x > 0, x**-1.5, 0.0), (0.0,), (0,)),
    "reciprocal": (lambda x: np.where(x > 0, np.reciprocal(x), 0.0), (0.0,), (0,)),
    "arcsin": (lambda x: np.where(np.abs(x) < 1, np.arcsin(x), 0.0), (1.0,), (0,)),
    "arctanh": (lambda x: np.where(x < 1, np.arctanh(x), 0.0), (1.0,), (0,)),
    "arccosh": (lambda x: np.where(x > 1, np.arccosh(x), 0.0), (1.0,), (0,)),
    "log1p": (lambda x: np.where(x > -1, np.log1p(x), 0.0), (-1.0,), (0,)),
    "exp": (lambda x: np.where(x < 1, np.exp(x), 0.0), (1000.0,), (0,)),
    "sum under a mask": (lambda x: np.sum(np.log(x), where=[True, False]), (np.array([1.0, 0.0]),), ([1, 0],)),
    "log-sum-exp": (lambda x: np.logaddexp.reduce(x), (np.array([-INF, -INF, 0.0]),), ([0, 0, 1],)),
    "sinc": (np.sinc, (0.0,), (0,)),
    "fmax": (np.fmax, (np.nan, 1.0), (0, 1)),
    "prod": (lambda x: np.prod(x), (np.array([0.0, 2.0, 3.0]),), ([6, 0, 0],)),
    "ties": (lambda x: np.max(x), (np.array([1.0, 2.0, 2.0]),), ([0, 0.5, 0.5],)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("jit", [False, True], ids=["lazy", "jit"])
def test_derivative(name, jit):
    f, point, wanted = CASES[name]
    slope = nk.grad(f, argnums=tuple(range(len(point))))
    for got, want in zip((nk.jit(slope) if jit else slope)(*point), wanted):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", CASES)
def test_second_derivative_is_a_number(name):
    f, point, _ = CASES[name]
    if name in ("power 0 2", "power 0 1", "power 0 0"):
        point = (0.0, 3.0)
    total = nk.grad(lambda *a: sum(np.sum(g) for g in nk.grad(f, argnums=tuple(range(len(a))))(*a)))
    assert np.all(np.isfinite(total(*point)))


def test_series_and_far_ends_are_exact():
    x = np.concatenate([np.linspace(-0.02, 0.02, 41), [0.5, 1.0, 3.3]])
    np.testing.assert_allclose(nk.jit(np.sinc)(x), np.sinc(x), rtol=1e-15, atol=1e-17)
    np.testing.assert_allclose(nk.grad(nk.grad(np.sinc))(0.0), -(np.pi**2) / 3, rtol=1e-12)
    a, b = np.array([0.0, 0.0, -40.0, 3.0, INF, -INF]), np.array([-40.0, 0.0, 0.0, 700.0, 1.0, 2.0])
    np.testing.assert_allclose(nk.jit(np.logaddexp)(a, b), np.logaddexp(a, b), rtol=1e-15)
    nk.check_grads(np.logaddexp, (np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, -3.0])))


def _reverse(f):
    return nk.grad(lambda x: np.sum(f(x)))


def _forward(f):
    return lambda x: nk.jvp(f, (x,), (np.ones_like(x),))[1]


# each has a factor, a cotangent or a tangent that is 0 at 0 in one of its first five derivatives
THROUGH_ZERO = {
    "quotient": lambda x: x / (1 + x * x),
    "logistic": lambda x: 1 / (1 + np.exp(x)),
    "tanh by exp": lambda x: (1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x)),
    "x log": lambda x: x * np.log(1 + x),
    "root": lambda x: np.sqrt(1 + x * x),
    "root by powers": lambda x: np.sqrt(1 + x) * x**2,
    "hypot": lambda x: np.hypot(x, 1.0),
    "arcsin": np.arcsin,
    "arcsinh": np.arcsinh,
    "arctan2": lambda x: np.arctan2(x, 1 + x * x),
    "logaddexp": lambda x: np.logaddexp(x, -x),
    "log of sum": lambda x: np.log(np.exp(x) + np.exp(-x) + np.exp(x * x)),
    "power": lambda x: (2 + x) ** x,
    "reciprocal": lambda x: np.reciprocal(1 + x * x),
    "masked": lambda x: np.where(x > -1, x * np.log(1 + x) / (1 + x), 0.0),
}


@pytest.mark.parametrize("name", THROUGH_ZERO)
@pytest.mark.parametrize("order", ["rrrrr", "fffff", "rfrfr", "frrff"])
def test_high_derivatives_where_something_is_zero(name, order):
    h = 1e-3
    f = THROUGH_ZERO[name]
    for mode in order:
        f = (_reverse if mode == "r" else _forward)(f)
        at_zero, *near = f(np.array([0.0, h, -h, 2 * h, -2 * h]))
        wanted = (4 * (near[0] + near[1]) - (near[2] + near[3])) / 6
        np.testing.assert_allclose(at_zero, wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "f", [np.sqrt, np.log, np.arccosh, lambda x: 2 / x, lambda x: x**1.5, np.tan]
)
def test_masked_slopes_have_derivatives_in_both_factors(f):
    """A slope that is infinite where a mask leaves it out, times a variable."""
    x, s = np.array([0.0, 1.0, 2.5]), np.ones(3)

    def loss(s, x):
        slope = nk.grad(lambda x: np.sum(f(x)))(x)
        return np.sum(np.where(x > 1, slope * s, 0.0))

    h = 1e-4
    with np.errstate(all="ignore"):
        near = [f(np.array(2.5 + k * h)) for k in (-1, 0, 1)]
        by_s, by_x = (near[2] - near[0]) / (2 * h), (near[2] - 2 * near[1] + near[0]) / h**2
        for wanted, i in ((by_s, 0), (by_x, 1)):
            for way in (nk.grad(loss, i), nk.jit(nk.grad(loss, i))):
                np.testing.assert_allclose(way(s, x), [0, 0, wanted], rtol=1e-4)

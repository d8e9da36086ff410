"""What `where` masks contributes nothing to derivatives, of first and second order, however bad it is there."""

import numpy as np
import pytest
from scipy import special

import neurokit as nk

# (function of x with a branch that is infinite or NaN at 0 or below, the same where it is taken)
CASES = {
    "sqrt": (lambda x: np.where(x > 0, np.sqrt(x), 0.0), np.sqrt),
    "power of a half": (lambda x: np.where(x > 0, x**0.5, 0.0), np.sqrt),
    "power": (lambda x: np.where(x > 0, x**0.3, 0.0), lambda x: x**0.3),
    "self power": (lambda x: np.where(x > 0, x**x, 0.0), lambda x: x**x),
    "quotient": (lambda x: np.where(x > 0, 1 / x, 0.0), lambda x: 1 / x),
    "reciprocal": (lambda x: np.where(x > 0, np.reciprocal(x), 0.0), lambda x: 1 / x),
    "square of a quotient": (lambda x: np.where(x > 0, np.square(1 / x), 0.0), lambda x: x**-2.0),
    "log": (lambda x: np.where(x > 0, np.log(x), 0.0), np.log),
    "log1p": (lambda x: np.where(x > 0, np.log1p(x - 1), 0.0), np.log),
    "entropy": (lambda x: np.where(x > 0, x * np.log(x), 0.0), lambda x: x * np.log(x)),
    "entropy and more": (
        lambda x: np.where(x > 0, x * np.log(x) + x, 0.0),
        lambda x: x * np.log(x) + x,
    ),
    "sinc": (lambda x: np.where(x > 0, np.sin(x) / x, 1.0), lambda x: np.sin(x) / x),
    "sin of a quotient": (lambda x: np.where(x > 0, np.sin(1 / x), 1.0), lambda x: np.sin(1 / x)),
    "tanh of a quotient": (
        lambda x: np.where(x > 0, np.tanh(1 / x), 1.0),
        lambda x: np.tanh(1 / x),
    ),
    "arctan of a quotient": (
        lambda x: np.where(x > 0, np.arctan(1 / x), 1.0),
        lambda x: np.arctan(1 / x),
    ),
    "infinite factor": (
        lambda x: np.where(x > 0, x * x, np.where(x > -2, 0.0, x * np.inf + np.nan * x)),
        lambda x: x * x,
    ),
    "exp that overflows": (
        lambda x: np.where(x > 0, x * np.exp(-800 * (x - 1.5)), 0.0),
        lambda x: x * np.exp(-800 * (x - 1.5)),
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_masked_branches_are_silent(name, bad):
    f, taken = CASES[name]
    x, good = np.array([bad, 1.7]), np.array([1.7])
    with np.errstate(all="ignore"):
        gradient = nk.grad(lambda x: np.sum(f(x)))(x)
        hessian = nk.hessian(lambda x: np.sum(f(x)))(x)
        product = nk.hvp(lambda x: np.sum(f(x)), (x,), (np.ones(2),))
        _, tangent = nk.jvp(f, (x,), (np.ones(2),))
    first = nk.grad(lambda x: np.sum(taken(x)))(good)[0]
    second = nk.hessian(lambda x: np.sum(taken(x)))(good)[0, 0]
    np.testing.assert_allclose(gradient, [0, first], rtol=1e-12)
    np.testing.assert_allclose(tangent, [0, first], rtol=1e-12)
    np.testing.assert_allclose(hessian, [[0, 0], [0, second]], rtol=1e-9)
    np.testing.assert_allclose(product, [0, second], rtol=1e-9)


# a special function, and where it or a derivative of it has a pole or overflows
@pytest.mark.parametrize(
    ("f", "bad"),
    [
        (special.gamma, [0.0, -1.0, -3.0, 1e300]),
        (special.gammaln, [0.0, -1.0]),
        (special.rgamma, [-800.0]),
        (special.psi, [0.0, -1.0]),
        (special.erfinv, [-1.0, 1.0, 2.0]),
        (special.erfcinv, [0.0, 2.0, 3.0]),
        (special.ndtri, [0.0, 1.0, -1.0, 2.0]),
        (special.erfcx, [-800.0]),
        (lambda x: special.beta(x, 2.0), [0.0, -1.0]),
        (special.k0, [0.0, -1.0]),
        (special.y0, [0.0, -1.0]),
        (special.exp1, [0.0, -1.0]),
        (special.expi, [0.0, 1e300]),
        (lambda x: special.expn(2, x), [0.0, -1.0]),
        (special.spence, [0.0, -1.0]),
        (special.ellipk, [1.0, 2.0]),
        (special.ellipe, [1.0, 2.0]),
        (np.log1p, [-1.0, -2.0]),
        (np.arccosh, [1.0, -2.0]),
    ],
)
def test_masked_poles_are_silent(f, bad):
    good = 1.4 if f is np.arccosh else 0.4
    taken = np.array([True] + [False] * len(bad))
    masked = lambda x: np.sum(np.where(taken, f(x), 0.0))  # noqa: E731
    x = np.array([good, *bad])
    with np.errstate(all="ignore"):
        gradient, hessian = nk.grad(masked)(x), nk.hessian(masked)(x)
        _, tangent = nk.jvp(nk.grad(masked), (x,), (np.ones(x.size),))
    first = nk.grad(lambda x: f(x))(good)
    second = nk.grad(nk.grad(lambda x: f(x)))(good)
    zeros = np.zeros(len(bad))
    np.testing.assert_allclose(gradient, [first, *zeros], rtol=1e-12)
    np.testing.assert_allclose(np.diag(hessian), [second, *zeros], rtol=1e-9)
    np.testing.assert_allclose(tangent, [second, *zeros], rtol=1e-9)


@pytest.mark.parametrize("f", [np.sqrt, np.log, lambda x: 2 / x, lambda x: x**1.5])
def test_a_mask_holds_for_slopes_as_factors(f):
    slope = nk.grad(lambda x: np.sum(f(x)))
    by_factor = nk.grad(lambda s, x: np.sum(np.where(x > 1, slope(x) * s, 0.0)))
    x = np.array([0.0, -1.0, 2.5])
    with np.errstate(all="ignore"):
        for g in (by_factor, nk.jit(by_factor)):
            np.testing.assert_allclose(g(np.ones(3), x), [0, 0, slope(2.5)], rtol=1e-12)


def test_powers_of_negative_numbers_have_no_slope_in_their_exponent():
    a = np.array([-2.0, -1.0, 0.0, 0.5, 2.0])
    slope = np.array([np.nan, np.nan, 0.0, 0.25 * np.log(0.5), 4 * np.log(2)])
    np.testing.assert_allclose(nk.jvp(lambda b: a**b, (2.0,), (1.0,))[1], slope)
    np.testing.assert_allclose(nk.grad(lambda b: np.sum(a**b))(np.full(5, 2.0)), slope)
    masked = lambda b: np.sum(np.where(a > 0, a**b, 0.0))  # noqa: E731
    for f in (masked, nk.jit(masked)):
        np.testing.assert_allclose(nk.grad(f)(2.0), slope[3:].sum())
        np.testing.assert_allclose(nk.hessian(f)(2.0), 0.25 * np.log(0.5) ** 2 + 4 * np.log(2) ** 2)
    np.testing.assert_array_equal(nk.hessian(lambda a: np.sum(a**2.0))(a), 2 * np.eye(5))

"""Exponential, Dawson's and elliptic integrals and the dilogarithm against their definitions and identities."""

import numpy as np
import pytest
from scipy import special

import neurokit as nk

RNG = np.random.default_rng(5)


def _spread(low, high, n=60):
    """Numbers of all magnitudes from low to high."""
    return np.exp(RNG.uniform(np.log(low), np.log(high), n))


CASES = {
    "exp1": (lambda mp, x: mp.e1(x), 1e-300, 700),
    "expi": (lambda mp, x: mp.ei(x), 0.4, 700),
    "expi below its zero": (lambda mp, x: mp.ei(x), 1e-300, 0.35),
    "expi of negative numbers": (lambda mp, x: mp.ei(x), -1e-300, -700),
    "dawsn": (lambda mp, x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), 1e-300, 1e3),
    "spence": (lambda mp, x: mp.polylog(2, 1 - x), 1e-12, 0.99),
    "spence above 1": (lambda mp, x: mp.polylog(2, 1 - x), 1.01, 1e10),
    "ellipk": (lambda mp, m: mp.ellipk(m), 1e-10, 0.999),
    "ellipk of negative numbers": (lambda mp, m: mp.ellipk(m), -1e-10, -1e10),
    "ellipe": (lambda mp, m: mp.ellipe(m), 1e-10, 0.999),
    "ellipe of negative numbers": (lambda mp, m: mp.ellipe(m), -1e-10, -1e10),
    "ellipkm1": (lambda mp, p: mp.ellipk(1 - p), 1e-30, 1e10),
}


@pytest.mark.parametrize("case", CASES)
def test_values_to_a_few_roundings(case):
    mp = pytest.importorskip("mpmath")
    exact, low, high = CASES[case]
    x = np.sign(low) * _spread(abs(low), abs(high))
    got = nk.jit(getattr(special, case.split()[0]))(x)
    with mp.workdps(60):
        wanted = [float(mp.re(exact(mp, mp.mpf(float(v))))) for v in x]
    np.testing.assert_allclose(got, wanted, rtol=2e-14 if case.startswith("elli") else 2e-15)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 99, 100, 1000])
def test_values_of_every_order(n):
    mp = pytest.importorskip("mpmath")
    x = np.concatenate([_spread(1e-8, 600, 20), [1.9999, 2.0, 2.0001]])
    with mp.workdps(60):
        wanted = [float(mp.expint(n, mp.mpf(float(v)))) for v in x]
    np.testing.assert_allclose(nk.jit(lambda x: special.expn(n, x))(x), wanted, rtol=4e-15)


def test_derivatives_of_any_order_of_expn():
    """Those of E_0 = exp(-x) / x have no name in SciPy."""
    x = np.array([0.3, 1.5, 4.0])
    zero = lambda x: np.sum(np.exp(-x) / x)  # noqa: E731
    for n in (0, 1, 2):
        f = lambda x: np.sum(special.expn(n, x))  # noqa: B023, E731
        derivative, wanted = f, zero
        for _ in range(n + 1):
            derivative = nk.grad(lambda x, d=derivative: np.sum(d(x)))
        wanted = nk.grad(zero)(x) * (-1.0) ** n
        np.testing.assert_allclose(derivative(x), wanted, rtol=1e-13)


def test_slopes_where_their_terms_cancel():
    mp = pytest.importorskip("mpmath")
    exact = lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)  # noqa: E731
    for x in (-30.0, -9.9, 3.0, 9.9, 10.1, 60.0):
        with mp.workdps(1700):
            wanted = float(1 - 2 * mp.mpf(x) * exact(mp.mpf(x)))
        assert nk.grad(special.dawsn)(x) == pytest.approx(wanted, rel=1e-13)
    assert nk.grad(special.dawsn)(1e6) == pytest.approx(-0.5e-12)
    # log(x) / (1 - x) beside 1: -1 + (x - 1) / 2 - (x - 1)^2 / 3
    for order, wanted in [(1, -1.0), (2, 0.5), (3, -2 / 3)]:
        f = special.spence
        for _ in range(order):
            f = nk.grad(f)
        assert f(1.0) == pytest.approx(wanted, rel=1e-14)
    x = 1 + np.array([-0.051, -0.049, -1e-9, 1e-9, 0.049, 0.051])
    d = x - 1
    got = nk.grad(lambda x: np.sum(special.spence(x)))(x)
    np.testing.assert_allclose(got, -np.log1p(d) / d, rtol=1e-14)


def test_legendres_relation():
    """E K' + E' K - K K' = pi / 2, and the derivatives of K and E (DLMF 19.7.1, 19.4.1, 19.4.2)."""
    m = np.array([1e-12, 1e-3, 0.3, 0.9, 1 - 1e-9])

    def relation(m):
        k, e, other_k, other_e = (
            f(x) for x in (m, 1 - m) for f in (special.ellipk, special.ellipe)
        )
        return e * other_k + other_e * k - k * other_k

    np.testing.assert_allclose(nk.jit(relation)(m), np.pi / 2, rtol=1e-14)
    slope_k, slope_e = (nk.vmap(nk.grad(f))(m[1:]) for f in (special.ellipk, special.ellipe))
    k, e, m = special.ellipk(m[1:]), special.ellipe(m[1:]), m[1:]
    np.testing.assert_allclose(slope_k, (e - (1 - m) * k) / (2 * m * (1 - m)), rtol=1e-12)
    np.testing.assert_allclose(slope_e, (e - k) / (2 * m), rtol=1e-12)
    at_zero = [nk.grad(special.ellipk)(0.0), nk.grad(special.ellipe)(0.0)]
    np.testing.assert_allclose(at_zero, [np.pi / 8, -np.pi / 8], rtol=1e-15)
    with np.errstate(all="ignore"):
        assert nk.grad(special.ellipk)(1.0) == np.inf and nk.grad(special.ellipe)(1.0) == -np.inf


def test_second_derivatives_of_elliptic_integrals():
    """The differential equations that K and E solve (DLMF 19.4.8, 19.4.9 in m)."""
    m = np.array([-50.0, -0.5, 1e-6, 0.4, 0.999, 1 - 1e-7])
    for f, factor in ((special.ellipk, 1 - 2 * m), (special.ellipe, 1 - m)):
        first, second = nk.grad(f), nk.grad(nk.grad(f))
        y, y1, y2 = f(m), nk.vmap(first)(m), nk.vmap(second)(m)
        terms = np.array([m * (1 - m) * y2, factor * y1, -y / 4 if f is special.ellipk else y / 4])
        np.testing.assert_allclose(terms.sum(axis=0) / np.abs(terms).max(axis=0), 0, atol=1e-9)

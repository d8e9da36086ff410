"""Ufuncs of scipy.special on traced arrays: values over their range, special values, derivatives."""

import numpy as np
import pytest
from scipy import special

import neurokit as nk
from neurokit.core.errors import TraceError
from neurokit.core.primitives.special import COMPOSITES, ROWS

RNG = np.random.default_rng(3)
WHOLE_ORDERS = {"jv", "yv", "yn", "kv", "kn", "kve", "expn"}
EDGES = np.array(
    [0.0, -0.0, 1, -1, 2, -2, -3, 0.5, -0.5, 1e-10, -1e-10, 1e-300, 1e-5, np.nan, 30, -30]
)
FINITE = {"j0", "j1", "y0", "y1", "i0", "i1", "sindg", "cosdg", "tandg", "cotdg", "cosm1"}


def ufunc(name):
    return getattr(special, name, None) or getattr(special._ufuncs, name)


NAMES = sorted({*ROWS, *COMPOSITES})
UNARY = [n for n in NAMES if ufunc(n).nin == 1]
BINARY = [n for n in NAMES if ufunc(n).nin == 2]
TERNARY = [n for n in NAMES if ufunc(n).nin == 3]


def close(got, wanted, name, rtol=2e-13, atol=1e-300):
    assert got.dtype == wanted.dtype
    if got.dtype == np.float32:
        rtol, atol = 2e-6, 1e-30
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=atol, err_msg=name)


@pytest.mark.parametrize("name", UNARY)
def test_one_argument(name):
    f = ufunc(name)
    tails = [] if name in FINITE else [np.inf, -np.inf, 100.5, -100.5, 170.2, 700, -700, 1e5]
    x = np.concatenate([EDGES, tails, *[RNG.uniform(a, b, 300) for a, b in [(-20, 20), (0, 1)]]])
    if name == "cotdg":  # SciPy's is 1.6e-5 off at 1e-10
        x = x[(np.abs(x) > 0.5) | (x == 0)]
    with np.errstate(all="ignore"):
        # zeros of oscillating functions and of log gamma: SciPy's own error is absolute there
        atol = 1e-14 if name in FINITE or name in ("psi", "gammaln", "loggamma") else 1e-300
        close(nk.jit(f)(x), f(x), name, atol=atol)
        single = x[(np.abs(x) < 30) & ((np.abs(x) > 1e-3) | (x == 0))].astype(np.float32)
        with np.errstate(all="ignore"):
            wide = f(single.astype(float)).astype(np.float32)
        if name not in FINITE:
            close(nk.jit(f)(single), wide, name)


@pytest.mark.parametrize("name", BINARY)
def test_two_arguments(name):
    f = ufunc(name)
    a, b = RNG.uniform(0, 30, (2, 400))
    a[:100], b[100:200] = RNG.uniform(0, 1, (2, 100))
    if name in WHOLE_ORDERS:
        a = np.rint(a)
    close(
        nk.jit(f)(a, b),
        f(a, b),
        name,
        atol=1e-14 if name in ("jv", "yv", "yn", "betaln", "kl_div") else 1e-300,
    )
    if name not in ("kl_div", "rel_entr"):
        x, y = a.astype(np.float32), b.astype(np.float32)
        half = f(x.astype(float), y.astype(float)).astype(np.float32)
        close(nk.jit(f)(x, y), half, name, atol=1e-6)
    if name in ("xlogy", "xlog1py", "rel_entr", "huber", "gammainc", "gammaincc"):
        x, y = (v.ravel() for v in np.meshgrid(EDGES, EDGES))
        with np.errstate(all="ignore"):
            close(nk.jit(f)(x, y), f(x, y), name)


@pytest.mark.parametrize("name", TERNARY)
def test_three_arguments(name):
    f = ufunc(name)
    a, b = RNG.uniform(0, 20, (2, 300))
    x = RNG.uniform(0, 1, 300)
    close(nk.jit(f)(a, b, x), f(a, b, x), name)
    assert nk.jit(f)(a[:0], b[:0], x[:0]).shape == (0,)
    close(nk.jit(lambda t: f(2.0, 3.0, t))(x.reshape(20, 15)), f(2.0, 3.0, x.reshape(20, 15)), name)


def _betainc(mp, a, b, x):
    """By the power series of all positive terms (DLMF 8.17.7 after Euler's transformation)."""
    front = mp.exp(
        a * mp.log(x) + b * mp.log(1 - x) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    )
    total, term, k = mp.mpf(0), mp.mpf(1) / a, 0
    while term > total * mp.mpf(10) ** -25:
        total += term
        term *= (a + b + k) * x / (a + 1 + k)
        k += 1
    return front * total


def test_where_scipy_loses_digits():
    mp = pytest.importorskip("mpmath")
    mp.mp.dps = 40
    cases = [
        (special.gammaln, 0.999999, mp.loggamma),
        (special.psi, -0.99999, mp.digamma),
        (special.psi, -4.652897829524662, mp.digamma),
        (special.j0, 1e5, lambda x: mp.besselj(0, x)),
        (special.erfcx, 30.0, lambda x: mp.exp(x * x) * mp.erfc(x)),
        (lambda x: special.gammainc(350.0, x), 85.1, lambda x: mp.gammainc(350, 0, x, True)),
        (lambda x: special.gammainc(30.0, x), 1e-5, lambda x: mp.gammainc(30, 0, x, True)),
        (
            lambda x: special.stdtr(1e5, x),
            -30.0,
            lambda x: mp.betainc(5e4, 0.5, 0, 1e5 / (1e5 + x * x), True) / 2,
        ),
    ]
    for f, x, exact in cases:
        np.testing.assert_allclose(nk.jit(f)(np.array(x)), float(exact(mp.mpf(x))), rtol=3e-14)


def test_scaled_tail_far_out():
    """Derivatives of erfcx and log_ndtr where their terms cancel."""
    mp = pytest.importorskip("mpmath")
    mp.mp.dps = 60
    exact = lambda x: mp.exp(x * x) * mp.erfc(x)  # noqa: E731
    first, second = nk.grad(special.erfcx), nk.grad(nk.grad(special.erfcx))
    for x in (3.0, 9.5, 10.5, 40.0, 300.0):
        at = mp.mpf(x)
        slope = 2 * at * exact(at) - 2 / mp.sqrt(mp.pi)
        np.testing.assert_allclose(first(x), float(slope), rtol=2e-13)
        np.testing.assert_allclose(second(x), float(2 * exact(at) + 2 * at * slope), rtol=1e-10)
    curve = nk.grad(nk.grad(special.log_ndtr))(-300.0)
    ratio = mp.sqrt(2 / mp.pi) / exact(300 / mp.sqrt(2))
    np.testing.assert_allclose(curve, float(-ratio * (ratio - 300)), rtol=1e-10)


def test_large_shapes_of_gammainc():
    """Against SciPy (whose lower tail is wrong there), and on both sides of where the method changes."""
    for a in (1e7, 1.2e8, 1e10, 1e14):
        x = a + np.sqrt(a) * np.array([-1, -1e-3, 0.0, 1e-3, 1, 5])
        for f in (special.gammainc, special.gammaincc):
            np.testing.assert_allclose(nk.jit(lambda t: f(a, t))(x), f(a, x), rtol=1e-12)  # noqa: B023
    for k in (-5, -2, 3, 6):
        a = np.array([1e8, 1e8 + 1])
        for f in (special.gammainc, special.gammaincc):
            below, above = nk.jit(f)(a, a + k * np.sqrt(a))
            np.testing.assert_allclose(below, above, rtol=1e-9)


INSIDE = {  # arguments where the function is smooth
    "erfinv": (-0.9, 0.9),
    "erfcinv": (0.1, 1.9),
    "logit": (0.1, 0.9),
    "ndtri": (0.1, 0.9),
    "erfcx": (-1.5, 3),
    "rgamma": (-3.2, 3),
    "tandg": (-80, 80),
    "cotdg": (10, 80),
    "ellipk": (-2, 0.9),
    "ellipe": (-2, 0.9),
}
CONSTANT = {"gammasgn"}


@pytest.mark.parametrize("name", [n for n in UNARY if n not in CONSTANT])
def test_derivative_of_one_argument(name):
    f = ufunc(name)
    x = RNG.uniform(*INSIDE.get(name, (0.3, 3)), 5)
    nk.check_grads(f, (x,), order=2)
    back = nk.grad(lambda t: np.sum(f(t)))(x)
    _, forward = nk.jvp(f, (x,), (np.ones_like(x),))
    np.testing.assert_allclose(back, forward, rtol=1e-13)
    np.testing.assert_allclose(nk.vmap(nk.grad(f))(x), back, rtol=1e-13)


BOTH = "xlogy xlog1py rel_entr kl_div beta betaln boxcox boxcox1p inv_boxcox inv_boxcox1p huber pseudo_huber"


@pytest.mark.parametrize("name", BOTH.split())
def test_derivative_of_two_arguments(name):
    a, b = RNG.uniform(0.4, 1.6, (2, 4))
    nk.check_grads(ufunc(name), (a, b), order=2)


@pytest.mark.parametrize("name", ["boxcox", "boxcox1p", "inv_boxcox", "inv_boxcox1p"])
def test_boxcox_is_smooth_at_zero(name):
    x = np.array([0.5, 1.5])
    nk.check_grads(lambda power: ufunc(name)(x, power), (np.zeros(2),), order=2)


@pytest.mark.parametrize("name", [n for n in BINARY if n not in BOTH.split() and n[:3] != "pdt"])
def test_derivative_of_the_second_argument(name):
    first = 2.0 if name in WHOLE_ORDERS else 2.5
    x = RNG.uniform(0.5, 3, 4)
    f = ufunc(name)
    nk.check_grads(lambda t: f(first, t), (x,), order=2)
    with pytest.raises(TraceError, match="no derivative in"):
        nk.grad(lambda a: f(a, 1.0))(first)


@pytest.mark.parametrize("name", ["betainc", "betaincc", "gdtr", "gdtrc"])
def test_derivative_of_the_last_argument(name):
    f = ufunc(name)
    nk.check_grads(lambda t: f(2.5, 1.5, t), (RNG.uniform(0.2, 0.8, 4),), order=2)


def test_reciprocal_gamma_at_its_zeros():
    """1 / Gamma(-n + e) = (-1)^n n! e + O(e^2)."""
    slopes = nk.vmap(nk.grad(special.rgamma))(np.array([0.0, -1.0, -2.0, -3.0]))
    np.testing.assert_allclose(slopes, [1, -1, 2, -6], rtol=1e-14)


@pytest.mark.parametrize("name", ["ndtr", "gamma", "loggamma", "log_ndtr"])
def test_complex_arguments_are_refused(name):
    with pytest.raises(TypeError, match="complex"):
        nk.jit(ufunc(name))(np.array([1 + 0.5j]))
    z = np.array([0.5j, 1 + 0.5j])
    np.testing.assert_allclose(nk.jit(special.expm1)(z), special.expm1(z), rtol=1e-14)
    np.testing.assert_allclose(nk.jit(special.xlogy)(z, z), special.xlogy(z, z), rtol=1e-14)


def test_names_without_a_form():
    for f, x, text in [
        (special.sici, 1.0, "scipy.special.sici has no traced form"),
        (lambda t: special.jv(0.5, t), 1.0, "whole orders"),
    ]:
        with pytest.raises(TraceError, match=text):
            nk.jit(f)(np.array([x]))


@pytest.mark.parametrize("name, order", [("yn", 2), ("kn", 2), ("jv", 2), ("yn", np.arange(3))])
def test_integer_orders_give_floats(name, order):
    f, x = ufunc(name), np.array([0.7, 1.5, 2.3])
    got = nk.jit(lambda x: f(order, x))(x)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, f(order, x), rtol=1e-12)
    nk.check_grads(lambda x: f(order, x), (x,), modes=("rev",), rtol=1e-5)


def spread(low, high, n=200):
    """Values over a range, evenly by ratio where it is wide."""
    if low > 0 and high / low > 100:
        return np.exp(RNG.uniform(np.log(low), np.log(high), n))
    return RNG.uniform(low, high, n)


@pytest.mark.parametrize(
    "name, low, high, roundings",
    [
        ("psi", 1e-300, 1.4, 4),
        ("psi", 1.5, 3, 4),
        ("psi", 1.9, 1e10, 3),
        ("erfinv", 1e-12, 0.9999, 3),
        ("erfinv", -0.5, 0.5, 3),
        ("erfcinv", 1e-300, 0.5, 4),
        ("erfcinv", 1.0, 1.9999, 3),
        ("k0", 1e-8, 700, 12),
        ("k1", 1e-8, 700, 12),
        ("k0e", 1.5, 2.5, 12),
        ("i0", 1e-3, 700, 5),
        ("i1", 1e-3, 700, 5),
        ("i0e", 5, 1e6, 5),
        ("i1e", 5, 1e6, 5),
    ],
)
def test_roundings_of_one_argument(name, low, high, roundings):
    mp = pytest.importorskip("mpmath")
    exact = {
        "psi": mp.digamma,
        "erfinv": mp.erfinv,
        "erfcinv": lambda p: mp.findroot(
            lambda y: mp.log(mp.erfc(y)) - mp.log(p), special.erfcinv(float(p))
        ),
        "k0": lambda x: mp.besselk(0, x),
        "k1": lambda x: mp.besselk(1, x),
        "k0e": lambda x: mp.besselk(0, x) * mp.exp(x),
        "i0": lambda x: mp.besseli(0, x),
        "i1": lambda x: mp.besseli(1, x),
        "i0e": lambda x: mp.besseli(0, x) * mp.exp(-x),
        "i1e": lambda x: mp.besseli(1, x) * mp.exp(-x),
    }[name]
    x = spread(low, high)
    got = nk.jit(getattr(special, name))(x)
    with mp.workdps(40):
        wanted = [exact(mp.mpf(float(v))) for v in x]
        errors = [abs(float((mp.mpf(float(g)) - w) / w)) for g, w in zip(got, wanted)]
    assert max(errors) <= roundings * 2**-53 * 2, (name, max(errors) * 2**52)


@pytest.mark.parametrize(
    "s, low, high", [(2, 0.01, 100), (3, 0.01, 100), (4, 1e-5, 50), (2.5, 0.1, 30), (40, 0.5, 30)]
)
def test_roundings_of_zeta(s, low, high):
    mp = pytest.importorskip("mpmath")
    q = spread(low, high, 60)
    got = nk.jit(lambda q: special.zeta(s, q))(q)
    with mp.workdps(40):
        wanted = [mp.zeta(s, mp.mpf(float(v))) for v in q]
        errors = [abs(float((mp.mpf(float(g)) - w) / w)) for g, w in zip(got, wanted)]
    assert max(errors) <= 12 * 2**-52


def test_gamma_and_beta_to_a_few_ulp():
    """Against mpmath; far more closely than SciPy's, which loses digits as the arguments grow."""
    mpmath = pytest.importorskip("mpmath")
    mpmath.mp.dps = 40
    a, b = RNG.uniform(0, 1, (2, 600)) * np.repeat([1e-3, 1, 3, 30, 400, 170], 100)
    want = [mpmath.beta(*map(mpmath.mpf, pair)) for pair in zip(a.tolist(), b.tolist())]
    got = nk.jit(special.beta)(a, b)
    assert max(abs(g - w) / np.spacing(g) for g, w in zip(got.tolist(), want)) < 9
    got = nk.jit(special.betaln)(a, b)
    assert max(abs(g - mpmath.log(w)) / max(1, abs(g)) for g, w in zip(got.tolist(), want)) < 2e-15
    want = [mpmath.gamma(mpmath.mpf(v)) for v in a[a < 171].tolist()]
    got = nk.jit(special.gamma)(a[a < 171])
    assert max(abs(g - w) / np.spacing(g) for g, w in zip(got.tolist(), want)) < 5
    got = nk.jit(special.rgamma)(a[a < 171])
    assert max(abs(g - 1 / w) / np.spacing(g) for g, w in zip(got.tolist(), want)) < 5

"""Vector mathematics: at most 2.5 ulp from the true value, and NumPy's special values.

References: longdouble (64 bits of fraction) and, for what it lacks, mpmath with 40 digits.
"""

import mpmath
import numpy as np
import pytest
from elementwise_twin import reference, run_op

FUNCTIONS = "exp exp2 expm1 log log2 log10 log1p sin cos tan tanh sigmoid erf cbrt".split()
INVERSE = "arcsin arccos arctan sinh cosh arcsinh arccosh arctanh".split()
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5]
POWERS = [*SPECIAL, 3.0, -3.0, 1e30, -1e30, 1e-30, -1e-30, 2.5, -2.5, 16777217.0, 1e300, 1e-310]


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def arguments(rng, dtype, n):
    """All magnitudes, the neighbourhoods where functions change branch, and special values."""
    info = np.finfo(dtype)
    bits = np.dtype(dtype).str.replace("f", "u")
    patterns = rng.integers(0, 2 ** (8 * info.dtype.itemsize) - 1, n, dtype=bits).view(dtype)
    u = rng.uniform(-1, 1, n)
    near_pi = np.rint(u * 1e6) * (np.pi / 2)
    limit = np.log(float(info.max))
    powers = 2.0 ** (40 * u)
    parts = [patterns, u, 1 + 0.4 * u, 10 * u, limit * u, near_pi, powers, -powers]
    borders = [*SPECIAL, info.tiny, info.max, -info.max, info.smallest_subnormal]
    return np.concatenate([borders, *parts]).astype(dtype)


def ulp_error(got, want, dtype):
    """Distance in units of the last place of the true value; NaN where both agree exactly."""
    info = np.finfo(dtype)
    _, exponent = np.frexp(want)
    ulp = np.ldexp(np.longdouble(1), np.maximum(exponent, info.minexp + 1) - info.nmant - 1)
    error = np.abs(got.astype(np.longdouble) - want) / ulp
    rounded = want.astype(dtype)
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    flushed = (got == 0) & (np.abs(want) < float(info.tiny))
    return np.where(same | flushed, 0, error)


def true_value(name, x):
    x = x.astype(np.longdouble)
    if name == "sigmoid":
        e = np.exp(-np.abs(x))
        return np.where(x < 0, e, 1) / (1 + e)
    if name == "erf":
        high_low = []
        for value in x:
            y = mpmath.erf(mpmath.mpf(float(value)))
            high = float(y)
            high_low.append((high, float(y - high) if np.isfinite(high) else 0.0))
        high, low = np.array(high_low).T
        return high.astype(np.longdouble) + low
    return getattr(np, name)(x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FUNCTIONS + INVERSE)
def test_within_two_and_a_half_ulp(name, dtype):
    mpmath.mp.dps = 40
    rng = np.random.default_rng(len(name))
    x = arguments(rng, dtype, 300 if name == "erf" else 20_000)
    got = run_op(name, dtype, x)
    error = ulp_error(got, true_value(name, x), dtype)
    worst = np.nanargmax(np.where(np.isnan(error), np.inf, error))
    assert error[worst] <= 2.5, (x[worst], got[worst], error[worst])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FUNCTIONS + INVERSE)
def test_special_values_and_signs_of_zero(name, dtype):
    x = np.array(SPECIAL, dtype)
    got, want = run_op(name, dtype, x), np.asarray(reference(name, dtype, x))
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_allclose(got, want, rtol=4 * np.finfo(dtype).eps)
    zero = want == 0
    np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(want[zero]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arctan2(dtype):
    info = np.finfo(dtype)
    ends = [*SPECIAL, info.max, -info.max, info.tiny, info.smallest_subnormal, 1e30, -1e-30]
    y, x = (v.ravel().astype(dtype) for v in np.meshgrid(ends, ends))
    got, want = run_op("arctan2", dtype, y, x), np.arctan2(y, x)
    np.testing.assert_allclose(got, want, rtol=4 * info.eps, atol=2 * float(info.tiny))
    np.testing.assert_array_equal(np.signbit(got[got == 0]), np.signbit(want[got == 0]))
    rng = np.random.default_rng(0)
    y, x = (rng.normal(size=(2, 20_000)) * 2.0 ** rng.uniform(-40, 40, (2, 20_000))).astype(dtype)
    want = np.arctan2(y.astype("g"), x.astype("g"))
    assert ulp_error(run_op("arctan2", dtype, y, x), want, dtype).max() <= 2.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pow(dtype):
    x, y = (v.ravel().astype(dtype) for v in np.meshgrid(POWERS, POWERS))
    got, want = run_op("pow", dtype, x, y), np.power(x, y)
    flushed = (got == 0) & (np.abs(want) < np.finfo(dtype).tiny)
    want = np.where(flushed, got, want)
    np.testing.assert_allclose(got, want, rtol=3 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(np.signbit(got[got == 0]), np.signbit(want[got == 0]))
    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-80, 80, 20_000)).astype(dtype)
    y = (rng.uniform(-1.2, 1.2, x.size) * 80 / np.log(x.astype(float))).astype(dtype)
    error = ulp_error(run_op("pow", dtype, x, y), np.power(x.astype("g"), y.astype("g")), dtype)
    assert error.max() <= 2.5


def test_monotone_and_exact_points():
    for dtype in (np.float32, np.float64):
        n = np.arange(-100, 100).astype(dtype)
        np.testing.assert_array_equal(run_op("exp2", dtype, n), np.exp2(n))
        np.testing.assert_array_equal(run_op("log2", dtype, np.exp2(n)), n)
        x = np.linspace(-30, 30, 100_001).astype(dtype)
        assert (np.abs(run_op("tanh", dtype, x)) <= 1).all()
        assert (np.abs(run_op("sin", dtype, x)) <= 1).all()
        assert ((s := run_op("sigmoid", dtype, x)) <= 1).all() and (s >= 0).all()


def test_float64_powers_and_cube_roots_to_about_one_ulp():
    """Against mpmath, also where |y log2 x| is large; the bound of cbrt is that of its last step."""
    mpmath.mp.dps = 50
    rng = np.random.default_rng(3)
    x = np.exp(np.concatenate([rng.uniform(-s, s, 500) for s in (600, 1, 1e-3)]))
    y = rng.uniform(-700, 700, x.size) / np.log(x)

    def error(got, want):
        return max(abs(mpmath.mpf(g) - w) / np.spacing(abs(g)) for g, w in zip(got.tolist(), want))

    pairs = zip(x.tolist(), y.tolist())
    want = [mpmath.power(mpmath.mpf(a), mpmath.mpf(b)) for a, b in pairs]
    assert error(run_op("pow", np.float64, x, y), want) < 1.1
    extremes = np.array([1e298, 1.7e308, 1e-310, 5e-324])
    roots = np.concatenate([x, -x, extremes])
    want = [mpmath.sign(v) * mpmath.cbrt(abs(mpmath.mpf(v))) for v in roots.tolist()]
    assert error(run_op("cbrt", np.float64, roots), want) < 0.7
    whole = np.arange(-30.0, 31.0)
    np.testing.assert_array_equal(run_op("cbrt", np.float64, whole**3), whole)
    base, power = (v.ravel() for v in np.meshgrid(whole, np.arange(10.0)))
    np.testing.assert_array_equal(run_op("pow", np.float64, base, power), base**power)

"""Sorting, order statistics, reductions under masks and past NaN, against NumPy."""

import warnings

import numpy as np
import pytest
from against_numpy import same

import neurokit as nk

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4, 5))
HOLES = np.where(RNG.random(X.shape) < 0.3, np.nan, X)
HOLES[0, :, 0] = np.nan
APART = RNG.permutation(60).reshape(3, 4, 5) / 13.0 - 2  # no near ties
INTS = RNG.integers(-5, 5, (4, 6))
INPUTS = {
    "float": X,
    "holes": HOLES,
    "ties": np.round(X * 2),
    "int": INTS,
    "bool": INTS > 0,
    "single": HOLES.astype(np.float32),
    "empty": np.zeros((0, 3)),
}
FILLED = {k: v for k, v in INPUTS.items() if v.size}
METHODS = [
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
]


@pytest.mark.parametrize("x", FILLED.values(), ids=FILLED)
@pytest.mark.parametrize("axis", [0, -1, None])
def test_sort(x, axis):
    same(lambda t: np.sort(t, axis=axis), x)
    same(lambda t: np.argsort(t, axis=axis, kind="stable"), x)
    same(lambda t: np.partition(t, 2, axis=axis).take([2], axis), x)
    for f in (np.median, np.nanmedian):
        same(lambda t: f(t, axis=axis, keepdims=axis == 0), x)


@pytest.mark.parametrize("x", FILLED.values(), ids=FILLED)
@pytest.mark.parametrize("method", METHODS)
def test_quantiles(x, method):
    q = [0.0, 0.25, 0.1, 1.0]
    same(lambda t: np.quantile(t, 0.3, axis=0, method=method), x, modes=["jit"])
    same(lambda t: np.quantile(t, q, axis=(0, 1), method=method, keepdims=True), x)
    same(lambda t: np.nanquantile(t, q, axis=-1, method=method), x, modes=["jit"])
    same(lambda t: np.percentile(t, 45, method=method), x, modes=["jit"])


def test_searching():
    rows = np.sort(X[0, 0])
    for side in ("left", "right"):
        same(lambda a, v: np.searchsorted(a, v, side=side), rows, X)
        same(lambda x, b: np.digitize(x, b, side == "left"), X, rows)
        same(lambda x, b: np.digitize(x, b, side == "left"), X, rows[::-1].copy())
    same(lambda a, v: np.searchsorted(a, v, sorter=np.argsort(a)), X[0, 0], X)
    same(lambda x: np.digitize(x, np.array([1.0, 0.0, 2.0])), X)
    same(lambda a, b: np.lexsort((a, b)), INTS[0], INTS[1])
    same(lambda a: np.lexsort(a), INTS)
    z = np.round(X[0]) + 1j * np.round(X[1])
    z[0, 0], z[1, 1], z[2, 2] = np.nan, complex(1, np.nan), complex(np.nan, 1)
    same(lambda t: np.sort(t, axis=None), z)
    same(np.sort_complex, z)


@pytest.mark.parametrize("x", INPUTS.values(), ids=INPUTS)
@pytest.mark.parametrize("name", [*"sum prod max min mean var std any all".split(),
    *"nansum nanprod nanmean nanvar nanstd nanmax nanmin".split()])  # fmt: skip
def test_reductions(name, x):
    f, mask = getattr(np, name), RNG.random(x.shape) < 0.6
    start = {"initial": 1} if name in ("max", "min", "nanmax", "nanmin") else {}
    for axis in (0, None, (0, 1)):
        keep = axis == 0
        same(lambda t: f(t, axis=axis, keepdims=keep), x, modes=["jit"])
        same(lambda t: f(t, axis=axis, keepdims=keep, where=mask, **start), x)
        if start:
            same(lambda t: f(t, axis=axis, where=mask), x, modes=["jit"])
        if name in ("max", "min", "sum", "prod"):
            same(lambda t: f(t, axis=axis, keepdims=keep, initial=2), x, modes=["jit"])
        if name.endswith(("var", "std")):
            same(lambda t: f(t, axis=axis, ddof=1, where=mask), x, modes=["jit"])
            same(lambda t: f(t, axis=axis, correction=2), x, modes=["jit"])


@pytest.mark.parametrize("x", INPUTS.values(), ids=INPUTS)
def test_running_totals_and_places(x):
    for axis in (0, -1, None):
        for f in (np.argmax, np.argmin, np.nanargmax, np.nanargmin):
            same(lambda t: f(t, axis=axis, keepdims=axis == 0), x, modes=["lazy"])
        for f in (np.cumsum, np.cumprod, np.nancumsum, np.nancumprod):
            same(lambda t: f(t, axis=axis), x, modes=["jit"])
        if hasattr(np, "cumulative_sum"):
            same(lambda t: np.cumulative_sum(t, axis=axis, include_initial=True), x)
            same(lambda t: np.cumulative_prod(t, axis=axis), x, modes=["jit"])


@pytest.mark.parametrize(
    "f",
    [
        lambda t: np.sort(t, axis=1),
        lambda t: np.quantile(t, [0.2, 0.7], axis=(0, 1)),
        lambda t: np.median(t, axis=(0, 1)),
        lambda t: np.var(t, axis=0, mean=np.mean(t, axis=0, keepdims=True)),
        lambda t: np.mean(t, where=X > -1, axis=1),
        lambda t: np.max(t, axis=0, where=X > 0, initial=0.1),
    ],
)
def test_derivatives(f):
    nk.check_grads(f, (APART,))


@pytest.mark.parametrize("name", "mean var std max sum prod median".split())
def test_derivatives_past_nan(name):
    f = getattr(np, "nan" + name)
    nk.check_grads(lambda t: f(np.where(np.isnan(HOLES), np.nan, t)[1:], axis=1), (APART,))


@pytest.mark.parametrize("name", ["quantile", "percentile", "nanquantile", "nanpercentile"])
@pytest.mark.parametrize(
    "x", [X, np.round(X * 2), INTS, HOLES[1:]], ids=["float", "ties", "int", "nan"]
)
def test_weighted_quantiles(name, x):
    f, q = getattr(np, name), np.array([0.0, 0.21, 0.5, 0.77, 1.0])
    q = q * 100 if "percent" in name else q
    many = np.round(np.random.default_rng(1).random(x.shape), 1) + 0.1
    if not np.isnan(x).any():
        many[0] = 0
    for w in (many, np.ceil(many).astype(int)):
        for axis in (0, -1, None, (0, 1)):
            options = {"axis": axis, "method": "inverted_cdf", "keepdims": axis == 0}
            same(lambda t: f(t, q, weights=w, **options), x)
            same(lambda t: f(t, q[1], weights=w, **options), x, modes=["jit"])
        if not name.startswith("nan"):  # NumPy's own slip: an IndexError of weights by axis
            along = w.reshape(x.shape[0], -1)[:, 0]
            same(lambda t: f(t, q, axis=0, weights=0 * along, method="inverted_cdf"), x)
            same(lambda t: f(t, q, axis=0, weights=along, method="inverted_cdf"), x)
    with pytest.raises(ValueError, match="supports weights"):
        nk.jit(lambda t: f(t, q, axis=0, weights=many))(x)
    with pytest.raises(ValueError, match="non-negative"):
        nk.jit(lambda t: f(t, q, weights=-many, method="inverted_cdf"))(x)


def test_derivatives_of_weighted_quantiles():
    w = RNG.random(APART.shape)
    f = lambda t: np.quantile(t, [0.2, 0.7], axis=(0, 2), weights=w, method="inverted_cdf")  # noqa: E731
    nk.check_grads(f, (APART,))


@pytest.mark.parametrize("name", ["var", "std", "nanvar", "nanstd", "mean", "nanmean"])
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.float64, np.float32])
def test_types_asked_for_by_name(name, dtype):
    f = getattr(np, name)
    for x in (X, X.astype(np.float32), INTS):
        same(lambda t: f(t, axis=0, dtype=dtype), x)
        same(lambda t: f(t, dtype=dtype), x)
    if np.dtype(dtype).kind == "c":
        same(lambda t: f(t, axis=0, dtype=dtype), X + 1j * X[::-1])


def test_ties_share_the_derivative_of_a_median():
    x = np.array([1.0, 1.0, 1.0, 2.0, 0.0])
    np.testing.assert_allclose(nk.grad(np.median)(x), [1 / 3, 1 / 3, 1 / 3, 0, 0])
    slopes = nk.jvp(np.median, (x,), (np.arange(5.0),))[1]
    np.testing.assert_allclose(slopes, 1.0)
    np.testing.assert_allclose(nk.grad(lambda t: np.sort(t)[1])(x), [1, 0, 0, 0, 0])


@pytest.mark.parametrize("name", ["nanquantile", "nanpercentile"])
def test_types_and_empty_axes_of_nanquantile(name):
    """A plain number keeps float32, an array of float64 does not; no elements give NaN, whatever q."""
    f, x = getattr(np, name), np.array([[1.5, np.nan, 3, 7], [0, 2, 5, np.nan]], "f4")
    for q in (0.3, 1, np.float32(0.3), np.array([0.2, 0.7]), np.array([0.2, 0.7], "f4")):
        for axis in (0, 1, None):
            want = f(x, q, axis=axis)
            got = nk.jit(lambda x, q=q, axis=axis: f(x, q, axis=axis))(x)
            assert got.dtype == want.dtype
            np.testing.assert_allclose(got, want, rtol=3e-7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for shape, axis in [((0,), None), ((3, 0), 1), ((3, 0), 0), ((2, 0, 3), (0, 1))]:
            for dtype in ("f4", "f8", "i4"):
                empty = np.zeros(shape, dtype)
                want = f(empty, [0.2, 0.7], axis=axis)
                got = nk.jit(lambda x, axis=axis: f(x, [0.2, 0.7], axis=axis))(empty)
                assert got.dtype == want.dtype
                np.testing.assert_array_equal(got, want)

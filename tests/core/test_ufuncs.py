"""Every ufunc of the table against NumPy: values, dtypes, broadcasting, empty and 0-d, in C and by the twins."""

import numpy as np
import pytest
from scipy import special

import neurokit as nk
from neurokit.core.primitives import elementwise as ew
from neurokit.core.trace import methods  # noqa: F401 - operators of the tracer
from neurokit.core.trace.ufuncs import COMPOSITES

RNG = np.random.default_rng(7)
DTYPES = [np.bool_, np.int32, np.int64, np.float32, np.float64]
SHAPES = [((), ()), ((3,), ()), ((4, 3), (3,)), ((2, 1, 3), (4, 1)), ((0, 3), (3,)), ((1,), (5,))]
SKIP = {u for u in COMPOSITES if u.signature is not None}
FROM_SCIPY = {special.expit, special.erf}  # the others: test_special.py
UFUNCS = sorted(({*ew.BY_UFUNC, *COMPOSITES} - SKIP) | FROM_SCIPY, key=lambda u: u.__name__)


def sample(shape, dtype, positive=False):
    if dtype is np.bool_:
        return RNG.random(shape) < 0.5
    if np.issubdtype(dtype, np.integer):
        return RNG.integers(0 if positive else -5, 6, shape).astype(dtype)
    x = RNG.uniform(0.05, 0.95, shape) if positive else RNG.normal(0, 2, shape)
    return np.asarray(x, dtype)


def expected(ufunc, args):
    with np.errstate(all="ignore"):
        try:
            return ufunc(*args)
        except TypeError as error:
            return error


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
def test_value_and_dtype(ufunc, dtype):
    for shapes in SHAPES if ufunc.nin == 2 else [(s,) for s in [(), (3,), (4, 3), (0, 3)]]:
        for positive in (False, True):
            args = [
                sample(s, dtype, positive or ufunc in (np.left_shift, np.right_shift))
                for s in shapes
            ]
            if ufunc is np.power and np.issubdtype(dtype, np.integer):
                args[1] = np.abs(args[1])
            wanted = expected(ufunc, args)
            compare(ufunc, args, wanted)


@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if u.nin == 2], ids=lambda u: u.__name__)
@pytest.mark.parametrize("other", [2, 0.5, True, np.float32(1.5), np.int64(3)], ids=repr)
def test_promotion_with_scalars(ufunc, other):
    for dtype in DTYPES:
        if (
            ufunc is np.power
            and np.issubdtype(dtype, np.integer)
            and np.issubdtype(type(other), np.integer)
        ):
            continue
        x = sample((4,), dtype, True)
        compare(ufunc, [x, other], expected(ufunc, [x, other]), traced=[0])
        compare(ufunc, [other, x], expected(ufunc, [other, x]), traced=[1])


def compare(ufunc, args, wanted, traced=None):
    traced = range(len(args)) if traced is None else traced

    def f(*ts):
        filled = list(args)
        for i, t in zip(traced, ts):
            filled[i] = t
        return ufunc(*filled)

    inputs = [args[i] for i in traced]
    if isinstance(wanted, TypeError):
        with pytest.raises(TypeError):
            nk.jit(f)(*inputs)
        return
    results = wanted if isinstance(wanted, tuple) else (wanted,)
    kinds = {np.asarray(w).dtype for w in results}
    if any(k.char in "egG" for k in kinds):
        with pytest.raises(TypeError):
            nk.jit(f)(*inputs)
        return
    got = nk.jit(f)(*inputs)
    for g, w in zip(got if isinstance(got, tuple) else (got,), results):
        w = np.asarray(w)
        assert g.dtype == w.dtype, (ufunc, [np.asarray(a).dtype for a in args])
        assert g.shape == w.shape
        tolerance = (
            dict(rtol=2e-6, atol=2e-6)
            if np.float32 in (w.dtype, *[np.asarray(a).dtype for a in args])
            else dict(rtol=1e-13, atol=1e-13)
        )
        np.testing.assert_allclose(g, w, equal_nan=True, **tolerance)


def test_special_values():
    x = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-310, 1e308, -1e308])
    for name in ew.ROWS:
        ufunc = next((u for u, n in ew.BY_UFUNC.items() if n == name), None) or (
            {"sigmoid": special.expit, "erf": special.erf}.get(name)
        )
        if ufunc is None or ufunc.nin != 1:
            continue
        wanted = expected(ufunc, [x])
        if isinstance(wanted, TypeError):
            continue
        got = nk.jit(ufunc)(x)
        np.testing.assert_allclose(got, wanted, rtol=1e-14, atol=1e-300, err_msg=name)
        finite = np.isfinite(wanted.astype(float)) & (wanted == 0)
        np.testing.assert_array_equal(
            np.signbit(got.astype(float))[finite],
            np.signbit(wanted.astype(float))[finite],
            err_msg=name,
        )


@pytest.mark.parametrize("method", ["reduce", "accumulate"])
def test_ufunc_methods(method):
    x = RNG.normal(size=(3, 4))
    for ufunc in (np.add, np.multiply) + ((np.maximum, np.minimum) if method == "reduce" else ()):
        for axis in (0, 1):
            np.testing.assert_allclose(
                nk.jit(lambda t: getattr(ufunc, method)(t, axis=axis))(x),
                getattr(ufunc, method)(x, axis=axis),
                rtol=1e-13,
            )
    np.testing.assert_allclose(
        nk.jit(lambda t: np.subtract.outer(t, t))(x[0]), np.subtract.outer(x[0], x[0])
    )


def test_strided_readonly_and_swapped_inputs():
    x = RNG.normal(size=(6, 8))
    f = nk.jit(lambda t: np.exp(t) + t.T.sum())
    for a in (
        x[::2, ::-1],
        x.T,
        np.broadcast_to(x[0], (3, 8)),
        x.astype(">f8"),
        np.asfortranarray(x),
    ):
        b = a.view() if a.dtype.byteorder != ">" else a
        b.flags.writeable = False
        np.testing.assert_allclose(f(b), np.exp(a) + a.T.sum(), rtol=1e-12)


def test_groups_larger_than_one_call_are_cut():
    def model(w, x):
        h = x
        for _ in range(60):
            a = np.tanh(h * w)
            h = h + np.where(a > 0, a, 0.1 * a) * 0.01
        return np.sum(h * h)

    w, x = np.full(5, 0.3), np.linspace(-1, 1, 5)
    value, slope = nk.value_and_grad(model)(w, x)
    np.testing.assert_allclose(value, model(w, x), rtol=1e-14)
    wanted = [(model(w + e, x) - model(w - e, x)) / 2e-6 for e in 1e-6 * np.eye(5)]
    np.testing.assert_allclose(slope, wanted, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "i4", "u4", "i8", "u8"])
def test_integer_quotients_at_the_ends_and_where_doubles_end(dtype):
    """Quotients of short numbers are computed in float64, those of longer ones are not."""
    ends = np.iinfo(dtype)
    rng = np.random.default_rng(0)
    pools = [
        rng.integers(ends.min, ends.max, 700, dtype=dtype, endpoint=True),
        rng.integers(max(ends.min, -9), 9, 700).astype(dtype),
        np.array([ends.min, ends.max, ends.max - 1, 0, 1] * 140, dtype),
    ]
    if ends.bits == 64:
        pools += [rng.integers(2**52 - 3, 2**52 + 3, 700).astype(dtype)]
        pools += [rng.integers(0, 2**53, 700).astype(dtype)]
    divide = nk.jit(lambda a, b: (a // b, a % b))
    with np.errstate(all="ignore"):
        for a in pools:
            for b in map(rng.permutation, pools):
                for got, want in zip(divide(a, b), (a // b, a % b)):
                    np.testing.assert_array_equal(got, want)

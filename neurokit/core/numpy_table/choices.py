"""Choices between values: where, clip, closeness, rounding."""

import numpy as np

from ..graph import BOOL, INT64, LITERAL, literal
from ..primitives import elementwise as ew
from ..primitives.complexes import join
from ..primitives.complexes import parts as complex_parts
from ..primitives.shaping import broadcast
from ..trace.tracer import to_node
from ..trace.ufuncs import as_dtype
from .base import FUNCTIONS, T, _deliver, implements


@implements(np.where)
def where(condition, x=None, y=None):
    if x is None and y is None:
        return np.nonzero(condition)
    if x is None or y is None:
        raise ValueError("either both or neither of x and y should be given")
    c, x, y = to_node(condition), to_node(x), to_node(y)
    if c.dtype != BOOL:
        c = ew.apply(ew.ROWS["ne"], c, literal(0, c.dtype))
    kinds = [n.weak(0) if n.weak else n.dtype for n in (x, y)]
    dtype = np.result_type(*kinds)
    x, y = _wrapped(x, dtype), _wrapped(y, dtype)
    if c.prim is LITERAL:
        shape = np.broadcast_shapes(x.shape, y.shape)
        return T(broadcast(x if c.params[0] else y, shape))
    return T(ew.select(c, x, y))


def _wrapped(node, dtype):
    """`as_dtype`, but a Python integer out of the range of `dtype` wraps: `np.where` casts it."""
    if node.weak is int and node.prim is LITERAL and dtype.kind in "iu":
        kind = np.int64 if node.dtype == INT64 else np.uint64
        return literal(np.array(node.params[0], kind).astype(dtype)[()], dtype)
    return as_dtype(node, dtype)


@implements(np.clip)
def clip(a, a_min=np._NoValue, a_max=np._NoValue, out=None, min=np._NoValue, max=np._NoValue):
    low = a_min if a_min is not np._NoValue else min
    high = a_max if a_max is not np._NoValue else max
    result = T(to_node(a))
    if result.dtype.kind in "iu":  # bounds beyond the type bound nothing
        if type(low) is int and low <= np.iinfo(result.dtype).min:
            low = None
        if type(high) is int and high >= np.iinfo(result.dtype).max:
            high = None
    if low is not None and low is not np._NoValue:
        result = np.maximum(result, low)
    if high is not None and high is not np._NoValue:
        result = np.minimum(result, high)
    return _deliver(result, out)


@implements(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    x = T(to_node(x))
    if x.dtype.kind == "c":
        parts = [nan_to_num(T(p), copy, nan, posinf, neginf) for p in complex_parts(x.node)]
        return T(join(*[to_node(p) for p in parts]))
    if x.dtype.kind != "f":
        return x
    info = np.finfo(x.dtype)
    x = where(np.isnan(x), nan, x)
    x = where(x == np.inf, float(info.max) if posinf is None else posinf, x)
    return where(x == -np.inf, float(info.min) if neginf is None else neginf, x)


@implements(np.count_nonzero)
def count_nonzero(a, axis=None, *, keepdims=False):
    return np.sum(np.not_equal(a, 0), axis=axis, keepdims=keepdims)


@implements(np.isclose)
def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    a, b = T(to_node(a)), T(to_node(b))
    if b.dtype.kind not in "fc":
        b = b.astype(np.result_type(b.dtype, 1.0))
    finite = np.isfinite(b) if b.dtype.kind in "fc" else b == b
    close = (np.abs(a - b) <= atol + rtol * np.abs(b)) & finite | (a == b)
    return close | (np.isnan(a) & np.isnan(b)) if equal_nan else close


@implements(np.allclose)
def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return np.all(isclose(a, b, rtol, atol, equal_nan))


@implements(np.array_equal)
def array_equal(a1, a2, equal_nan=False):
    a1, a2 = T(to_node(a1)), T(to_node(a2))
    if a1.shape != a2.shape:
        return False
    same = a1 == a2
    if equal_nan and a1.dtype.kind in "fc" and a2.dtype.kind in "fc":
        same = same | (np.isnan(a1) & np.isnan(a2))
    return np.all(same)


@implements(np.array_equiv)
def array_equiv(a1, a2):
    a1, a2 = T(to_node(a1)), T(to_node(a2))
    try:
        np.broadcast_shapes(a1.shape, a2.shape)
    except ValueError:
        return False
    return np.all(a1 == a2)


def _infinite(sign):
    def call(x, out=None):
        if to_node(x).dtype.kind == "c":
            raise TypeError(
                "This operation is not supported for complex values because it would be ambiguous."
            )
        return _deliver(np.isinf(x) & (np.signbit(x) if sign < 0 else ~np.signbit(x)), out)

    return call


isneginf, isposinf = implements(np.isneginf)(_infinite(-1)), implements(np.isposinf)(_infinite(1))


@implements(np.round, np.around)
def around(a, decimals=0, out=None):
    if to_node(a).dtype.kind in "iu":
        return _deliver(_round_integers(a, decimals), out)
    if to_node(a).dtype == BOOL:
        raise TypeError("np.round of booleans gives float16 in NumPy: use .astype(float)")
    if to_node(a).dtype.kind == "c":
        parts = [around(T(p), decimals) for p in complex_parts(to_node(a))]
        return _deliver(T(join(*[to_node(p) for p in parts])), out)
    if decimals == 0:
        return _deliver(np.rint(a), out)
    scale = 10.0**decimals
    return _deliver(np.rint(a * scale) / scale, out)


def _round_integers(a, decimals):
    if decimals >= 0:
        return T(to_node(a))
    scale = 10**-decimals
    half_even = np.rint(np.true_divide(a, float(scale)))
    return (half_even * scale).astype(to_node(a).dtype)


FUNCTIONS[np.fix] = lambda x, out=None: _deliver(np.trunc(x), out)


@implements(np.sinc)
def sinc(x):
    """sin(pi x) / (pi x), by its series close to 0."""
    y = np.pi * T(to_node(x))
    y = y if y.dtype.kind in "fc" else y.astype(np.float64)
    near = np.abs(y) < 1e-2
    small, large = where(near, y, 0.0), where(near, 1.0, y)
    square = small * small
    series = 1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0))
    return where(near, series, np.sin(large) / large)

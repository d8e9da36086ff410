"""Reductions over axes, running totals, norms."""

import math
import operator

import numpy as np

from ..graph import BOOL, FLOAT64, INT64, literal
from ..primitives import elementwise as ew
from ..primitives.complexes import parts
from ..primitives.reducing import UINT64, cumulate, reduce
from ..primitives.shaping import broadcast
from ..primitives.shaping import reshape as _reshape
from ..trace.tracer import Tracer, to_node
from ..trace.ufuncs import as_dtype
from .base import T, _along, _axes, _axis, _deliver, _full_tracer, _reduced, implements
from .choices import where as _where
from .shapes import concatenate


def has(option):
    """Whether a keyword argument was given."""
    return option is not None and option is not np._NoValue


def given(where):
    """Whether a mask was given that may leave something out."""
    return has(where) and where is not True


def _reducer(op):
    def call(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
        node = to_node(a)
        if op in ("max", "min") and has(initial) and 0 in node.shape:
            empty = [node.shape[i] for i in _reduced(axis, node.ndim)]
            if 0 in empty:
                return _deliver(
                    np.broadcast_to(literal_like(initial, node), _kept(node, axis, keepdims)),
                    out,
                )
        if given(where):
            if op in ("max", "min") and not has(initial):
                raise ValueError(
                    f"reduction operation '{op}imum' does not have an identity, so to use a where mask one has to "
                    f"specify 'initial'"
                )
            fill = initial if op in ("max", "min") else op in ("prod", "all")
            node = to_node(_where(where, T(node), literal_like(fill, node)))
        if op in ("any", "all") and node.dtype != BOOL:
            node = ew.apply(ew.ROWS["ne"], node, literal(0, node.dtype))
        if dtype is not None:
            node = as_dtype(node, np.dtype(dtype))
        elif op in ("sum", "prod") and node.dtype.kind in "biu":
            node = _wide(node)
        dtype = node.dtype if op in ("sum", "prod") else None
        result = reduce(
            op, node, _reduced(axis, node.ndim), bool(keepdims) and keepdims is not np._NoValue
        )
        result = T(result if dtype is None else as_dtype(result, dtype))
        if has(initial):
            join = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}[op]
            if not isinstance(initial, Tracer):
                initial = np.asarray(initial).astype(result.dtype)
            result = join(result, initial.astype(result.dtype))
        return _deliver(result, out)

    return call


def _kept(node, axis, keepdims):
    """The shape that a reduction over `axis` leaves."""
    axes, keep = _reduced(axis, node.ndim), bool(keepdims) and keepdims is not np._NoValue
    return tuple(1 if i in axes else d for i, d in enumerate(node.shape) if keep or i not in axes)


def _wide(node):
    """Integers as NumPy adds them up."""
    return as_dtype(node, UINT64 if node.dtype.kind == "u" else INT64)


def literal_like(value, node):
    return T(literal(value, node.dtype))


sum = implements(np.sum)(_reducer("sum"))
prod = implements(np.prod)(_reducer("prod"))
_max, _min = _reducer("max"), _reducer("min")


@implements(np.max, np.amax)
def amax(a, axis=None, out=None, keepdims=False, initial=None, where=None):
    return _max(a, axis, None, out, keepdims, initial, where)


@implements(np.min, np.amin)
def amin(a, axis=None, out=None, keepdims=False, initial=None, where=None):
    return _min(a, axis, None, out, keepdims, initial, where)


_any, _all = _reducer("any"), _reducer("all")


@implements(np.any)
def any(a, axis=None, out=None, keepdims=False, where=None):
    return _any(a, axis, None, out, keepdims, None, where)


@implements(np.all)
def all(a, axis=None, out=None, keepdims=False, where=None):
    return _all(a, axis, None, out, keepdims, None, where)


def _arg(op):
    def call(a, axis=None, out=None, keepdims=False):
        node = to_node(a)
        axes = _reduced(axis if axis is None else operator.index(axis), node.ndim)
        if not axes:
            return T(literal(0, INT64))
        return _deliver(
            T(reduce(op, node, axes, bool(keepdims) and keepdims is not np._NoValue)), out
        )

    return call


argmax = implements(np.argmax)(_arg("argmax"))
argmin = implements(np.argmin)(_arg("argmin"))


def _floating(a, dtype=None):
    node = to_node(a)
    if dtype is not None:
        return as_dtype(node, np.dtype(dtype))
    return node if node.dtype.kind in "fc" else as_dtype(node, FLOAT64)


def _count(node, axes):
    return math.prod(node.shape[a] for a in axes)


def _number(node, axes, where, keepdims):
    """How many elements a reduction over `axes` sees: a float, or an array under a mask."""
    if not given(where):
        return float(_count(node, axes))
    mask = broadcast(to_node(where), node.shape)
    return sum(T(mask), axes, dtype=node.dtype, keepdims=keepdims)


@implements(np.mean)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, where=None):
    node = _floating(a, dtype)
    axes = _axes(axis, node.ndim)
    total = sum(T(node), axes, keepdims=keepdims, where=where)
    n = _number(node, axes, where, keepdims)
    result = np.true_divide(total, n if given(where) or n else math.nan)
    return _deliver(result if dtype is None else result.astype(dtype), out)


@implements(np.var)
def var(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=False,
    where=None,
    mean=None,
    correction=None,
):
    if has(correction):
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    node = _floating(a, dtype)
    axes = _axes(axis, node.ndim)
    centre = mean if has(mean) else _mean(T(node), axes, keepdims=True, where=where)
    square = T(_size_squared(to_node(T(node) - centre)))
    total = sum(square, axes, keepdims=keepdims, where=where)
    n = _number(square.node, axes, where, keepdims)
    left = np.maximum(n - ddof, 0) if given(where) else max(n - ddof, 0.0)
    return _deliver(_as_asked(np.true_divide(total, left), dtype), out)


def _as_asked(variance, dtype):
    """A variance is real, but of the complex type that was asked for by name."""
    return variance if dtype is None else variance.astype(np.result_type(variance, dtype))


_mean = mean


def _size_squared(node):
    """|x|^2, element by element."""
    if node.dtype.kind != "c":
        return ew.apply(ew.ROWS["square"], node)
    re, im = parts(node)
    return ew.add(ew.mul(re, re), ew.mul(im, im))


@implements(np.std)
def std(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=False,
    where=None,
    mean=None,
    correction=None,
):
    return _deliver(root(var(a, axis, dtype, None, ddof, keepdims, where, mean, correction)), out)


def root(square):
    """The square root of a sum of squares: its derivative is 0 where all of them are."""
    zero = np.equal(square, 0)
    one = np.ones((), square.dtype)
    return _where(zero, square, np.sqrt(_where(zero, one, square)))


def weights_along(a, weights, axis):
    """Weights of the shape of `a`, or of its axes `axis`, with as many dimensions as `a`."""
    weights = T(to_node(weights))
    if a.shape == weights.shape:
        return weights
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    axes = [_axis(i, a.ndim) for i in (axis if np.iterable(axis) else (axis,))]
    if weights.shape != tuple(a.shape[i] for i in axes):
        raise ValueError(
            "Shape of weights must be consistent with shape of a along specified axis."
        )
    weights = np.transpose(weights, np.argsort(axes))
    return weights.reshape([d if i in axes else 1 for i, d in enumerate(a.shape)])


@implements(np.average)
def average(a, axis=None, weights=None, returned=False, keepdims=False):
    if weights is None:
        result = mean(a, axis, keepdims=keepdims)
        if not result.size:
            raise ZeroDivisionError("division by zero")
        count = _full_tracer(result.shape, np.size(a) / result.size, result.dtype)
        return (result, count) if returned else result
    a = T(to_node(a))
    weights = weights_along(a, weights, axis)
    total = sum(
        weights * _full_tracer(a.shape, 1, FLOAT64 if a.dtype.kind not in "fc" else a.dtype),
        axis,
        keepdims=keepdims,
    )
    result = sum(a * weights, axis, keepdims=keepdims) / total
    return (result, total) if returned else result


@implements(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    return _deliver(amax(a, axis, keepdims=keepdims) - amin(a, axis, keepdims=keepdims), out)


def _cumulative(running, fill):
    """The array-API form of a running total: one axis at a time, with the start where asked for."""

    def call(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
        x = T(to_node(x))
        if isinstance(axis, tuple) and len(axis) == 1:
            (axis,) = axis
        if axis is None:
            if x.ndim > 1:
                raise ValueError(
                    "For arrays which have more than one dimension ``axis`` argument is required."
                )
            axis = 0
        x, axis = _along(x, axis)
        total = running(x, axis, dtype)
        if include_initial:
            shape = tuple(1 if i == axis else d for i, d in enumerate(x.shape))
            total = concatenate([_full_tracer(shape, fill, total.dtype), total], axis)
        return _deliver(total, out)

    return call


def _running(op):
    def call(a, axis=None, dtype=None, out=None):
        node = to_node(a)
        if dtype is not None:
            node = as_dtype(node, np.dtype(dtype))
        elif node.dtype.kind in "biu":
            node = _wide(node)
        dtype = node.dtype
        if axis is None:
            node, axis = _reshape(node, (node.size,)), 0
        a, axis = _along(T(node), axis)
        return _deliver(T(as_dtype(cumulate(op, a.node, axis), dtype)), out)

    return call


cumsum = implements(np.cumsum)(_running("sum"))
cumprod = implements(np.cumprod)(_running("prod"))
for _name, _running_total, _start in (("sum", cumsum, 0), ("prod", cumprod, 1)):
    if hasattr(np, f"cumulative_{_name}"):  # NumPy 2.1
        implements(getattr(np, f"cumulative_{_name}"))(_cumulative(_running_total, _start))


@implements(np.diff)
def diff(a, n=1, axis=-1, prepend=np._NoValue, append=np._NoValue):
    if n == 0:
        return a if isinstance(a, Tracer) else T(to_node(a))
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    a = T(to_node(a))
    if not a.ndim:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = _axis(axis, a.ndim)
    edge = tuple(1 if i == axis else d for i, d in enumerate(a.shape))
    parts = [x for x in (prepend, a, append) if x is not np._NoValue]
    if len(parts) > 1:
        a = concatenate([x if np.ndim(x) else np.broadcast_to(x, edge) for x in parts], axis)
    key = [slice(None)] * a.ndim
    for _ in range(n):
        later, sooner = list(key), list(key)
        later[axis], sooner[axis] = slice(1, None), slice(None, -1)
        a = (
            a[tuple(later)] - a[tuple(sooner)]
            if a.dtype != BOOL
            else a[tuple(later)] != a[tuple(sooner)]
        )
    return a

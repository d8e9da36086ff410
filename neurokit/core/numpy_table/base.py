"""The table of NumPy functions by object, and what its entries share."""

import operator

import numpy as np

from ..errors import AbstractValueError, TraceError
from ..graph import INT64
from ..primitives import elementwise as ew
from ..primitives.indexing import take as _take
from ..primitives.shaping import broadcast
from ..primitives.shaping import full as _full
from ..primitives.shaping import reshape as _reshape
from ..trace.tracer import Tracer, _any_tracer, to_node
from ..trace.ufuncs import store_into
from .left_out import LEFT_OUT, message

FUNCTIONS = {}


def unsupported(func):
    name = getattr(func, "__name__", str(func))
    if name in LEFT_OUT:
        raise TraceError(message(name))
    raise TraceError(
        f"np.{name} has no traced form: compute it on plain arrays outside of the trace, or write it with "
        f"supported functions (docs/numpy.md lists them)"
    )


def implements(*functions):
    def register(f):
        for function in functions:
            FUNCTIONS[function] = f
        return f

    return register


# what takes a sequence of arrays where others take one array
_SEQUENCES = frozenset(
    """choose column_stack concatenate dstack histogram2d histogramdd hstack lexsort pad piecewise
    ravel_multi_index select stack vstack""".split()
)
_NESTED = frozenset([np.block, np.array, np.asarray, np.asanyarray])  # see to lists themselves


def gather(func, args):
    """The arguments of a NumPy function, lists that hold traced values as arrays."""
    for a in args:
        if a.__class__ is list or a.__class__ is tuple:
            break
    else:
        return args
    if func in _NESTED:
        return args
    sequence = func.__name__ in _SEQUENCES or func is np.linalg.multi_dot
    return [_gathered(a, sequence) for a in args]


def _gathered(value, sequence):
    if not isinstance(value, (list, tuple)) or not _any_tracer(value):
        return value
    if sequence:
        return [_gathered(v, False) for v in value]
    return T(to_node(value))


def T(node):
    return Tracer(node)


def order_letter(order):
    """ "C", "F", "A" or "K" for what NumPy takes as order=: either case, None for "C"."""
    letter = "C" if order is None else order.upper() if isinstance(order, str) else order
    if letter not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    return letter


def _no_out(out):
    if out is not None and not isinstance(out, Tracer):
        raise TraceError("out= a plain array would drop the derivative: use the returned value")


def _deliver(result, out):
    if out is None:
        return result
    _no_out(out)
    store_into(out, result)
    return out


def _shape(shape):
    """A shape as a tuple of ints, from an int or a sequence of them, arrays included."""
    if isinstance(shape, (tuple, list)) or np.ndim(shape):
        return tuple(map(operator.index, shape))
    return (operator.index(shape),)


def _axis(axis, ndim):
    i = operator.index(axis)
    if not -ndim <= i < ndim:
        raise np.exceptions.AxisError(i, ndim)
    return i % ndim


def _axes(axis, ndim):
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(_axis(a, ndim) for a in (axis if np.iterable(axis) else (axis,)))
    if len(set(axes)) != len(axes):
        raise ValueError("duplicate value in 'axis'")
    return tuple(sorted(axes))


def _reduced(axis, ndim):
    """`_axes` of a reduction, for which the axes 0 and -1 of a scalar are the scalar itself, as in NumPy."""
    if not ndim and axis is not None and not np.iterable(axis):
        return _axes((), 0) if operator.index(axis) in (0, -1) else _axes(axis, 0)
    return _axes(axis, ndim)


def _along(a, axis):
    """`a` and one axis of it; a scalar has one element along its axis 0."""
    return (np.reshape(a, (1,)) if not np.ndim(a) else a), _axis(axis, np.ndim(a) or 1)


def _full_tracer(shape, value, dtype):
    return T(_full(shape, value, np.dtype(dtype)))


def guard(t, bad):
    """`t`, unless `bad` (a traced boolean) holds at run time: then the run stops with an IndexError."""
    node, bad = to_node(t), to_node(bad)
    if not node.size:
        return t
    index = _reshape(ew.convert(bad, INT64), (1,))
    zero = _reshape(_take(_full((1, 1, 1), 0, node.dtype), index), ())  # index 1 is out of bounds
    return T(ew.apply(ew.ADD, node, broadcast(zero, node.shape)))


def holds_traced(x):
    """Whether a value, or a list or tuple of values, has a traced one."""
    if isinstance(x, (list, tuple)):
        return any(map(holds_traced, x))
    return isinstance(x, Tracer)


def into_type(x, dtype):
    """Values converted to a type; plain ones by NumPy, which refuses numbers that do not fit."""
    if holds_traced(x):
        return T(to_node(x)).astype(dtype)
    return T(to_node(np.array(x, dtype)))


def known(x, what, instead):
    """The values of `x` as a plain array; while they are not known yet, an error with the way out."""
    if not isinstance(x, Tracer):
        return np.asarray(x)
    if x.abstract:
        raise AbstractValueError(
            f"{what} has a result whose shape depends on data, which is not known inside {x.node.graph.what}: {instead}"
        )
    return np.asarray(x._value(what))

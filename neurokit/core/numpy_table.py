"""NumPy's functions on traced arrays: each a composite of primitives, keyed by the function object."""

import builtins
import math
import operator

import numpy as np

from . import elementwise as ew
from .errors import TraceError
from .graph import BOOL, FLOAT64, INT64, LITERAL, literal
from .indexing import diagonal as _diagonal
from .indexing import take as _take_rows
from .linear import einsum as _einsum
from .linear import matmul as _matmul
from .linear import tensordot as _tensordot
from .reducing import cumulate, reduce
from .shaping import broadcast, iota
from .shaping import concatenate as _concatenate
from .shaping import full as _full
from .shaping import reshape as _reshape
from .shaping import transpose as _transpose
from .tracer import Tracer, to_node
from .ufuncs import COMPOSITES, as_dtype, store_into

FUNCTIONS = {}

_NEAREST = {
    "sort": "np.max and np.min, or sort outside of the trace",
    "argsort": "sorting outside of the trace",
    "unique": "np.unique on plain arrays",
    "nonzero": "np.where(mask, a, b)",
    "copyto": "t[...] = value",
    "interp": "np.searchsorted outside of the trace and np.take",
    "put": "t[i] = v",
    "place": "np.where",
    "array_str": "print(t)",
    "save": "returning the value",
    "fill_diagonal": "np.where(np.eye(n), v, t)",
}


def unsupported(func):
    name = getattr(func, "__name__", str(func))
    hint = _NEAREST.get(
        name,
        "compute it on plain arrays outside of the trace, or write it with supported functions",
    )
    raise TraceError(
        f"np.{name} has no traced form: use {hint}"
        if name in _NEAREST
        else f"np.{name} has no traced form: {hint}"
    )


def implements(*functions):
    def register(f):
        for function in functions:
            FUNCTIONS[function] = f
        return f

    return register


def T(node):
    return Tracer(node)


def _no_out(out):
    if out is not None and not isinstance(out, Tracer):
        raise TraceError("out= a plain array would drop the derivative: use the returned value")


def _deliver(result, out):
    if out is None:
        return result
    _no_out(out)
    store_into(out, result)
    return out


def _axis(axis, ndim):
    i = operator.index(axis)
    if not -ndim <= i < ndim:
        raise np.exceptions.AxisError(i, ndim)
    return i % ndim


def _axes(axis, ndim):
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(_axis(a, ndim) for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    if len(set(axes)) != len(axes):
        raise ValueError("duplicate value in 'axis'")
    return tuple(sorted(axes))


# ---------------------------------------------------------------------------- reductions


def _reducer(op, to_float=False):
    def call(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
        node = to_node(a)
        if where is not None and where is not True and where is not np._NoValue:
            if op != "sum":
                raise TraceError(
                    f"where= is not supported in a traced {op}: use np.where before it"
                )
            node = to_node(globals()["where"](where, T(node), literal_like(0, node)))
        if op in ("any", "all") and node.dtype != BOOL:
            node = ew.apply(ew.ROWS["ne"], node, literal(0, node.dtype))
        if dtype is not None:
            node = as_dtype(node, np.dtype(dtype))
        elif op in ("sum", "prod") and node.dtype.kind in "iu" and node.dtype != INT64:
            node = as_dtype(node, INT64)
        result = T(
            reduce(op, node, _axes(axis, node.ndim), bool(keepdims) and keepdims is not np._NoValue)
        )
        if initial is not None and initial is not np._NoValue:
            result = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}[op](
                result, initial
            )
        return _deliver(result, out)

    return call


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
        axes = tuple(range(node.ndim)) if axis is None else (_axis(axis, node.ndim),)
        if not axes:
            return T(literal(0, INT64))
        if node.dtype == BOOL:
            node = as_dtype(node, INT64)
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
    return node if node.dtype.kind == "f" else as_dtype(node, FLOAT64)


def _count(node, axes):
    return math.prod(node.shape[a] for a in axes)


@implements(np.mean)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, where=None):
    node = _floating(a, dtype)
    axes = _axes(axis, node.ndim)
    n = _count(node, axes)
    if where is not None and where is not np._NoValue and where is not True:
        w = broadcast(to_node(where), node.shape)
        return sum(T(node), axis, where=T(w), keepdims=keepdims) / sum(
            T(w), axis, dtype=node.dtype, keepdims=keepdims
        )
    total = reduce("sum", node, axes, bool(keepdims) and keepdims is not np._NoValue)
    return _deliver(T(ew.div(total, float(n) if n else math.nan)), out)


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
    if where is not None and where is not np._NoValue and where is not True:
        raise TraceError("where= is not supported in a traced var: select before it")
    if correction is not None and correction is not np._NoValue:
        ddof = correction
    node = _floating(a, dtype)
    axes = _axes(axis, node.ndim)
    n = _count(node, axes)
    centre = ew.div(reduce("sum", node, axes, True), float(n) if n else math.nan)
    square = ew.apply(ew.ROWS["square"], ew.sub(node, broadcast(centre, node.shape)))
    total = reduce("sum", square, axes, bool(keepdims) and keepdims is not np._NoValue)
    return _deliver(T(ew.div(total, float(max(n - ddof, 0)))), out)


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
    return _deliver(
        np.sqrt(var(a, axis, dtype, None, ddof, keepdims, where, None, correction)), out
    )


@implements(np.average)
def average(a, axis=None, weights=None, returned=False, keepdims=False):
    if weights is None:
        return mean(a, axis, keepdims=keepdims)
    a, weights = T(to_node(a)), T(to_node(weights))
    if a.shape != weights.shape:
        if weights.ndim != 1 or axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        shape = [1] * a.ndim
        shape[_axis(axis, a.ndim)] = weights.shape[0]
        weights = weights.reshape(shape)
    total = sum(
        weights * _full_tracer(a.shape, 1, FLOAT64 if a.dtype.kind != "f" else a.dtype),
        axis,
        keepdims=keepdims,
    )
    result = sum(a * weights, axis, keepdims=keepdims) / total
    return (result, total) if returned else result


def _full_tracer(shape, value, dtype):
    return T(_full(shape, value, np.dtype(dtype)))


@implements(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    return amax(a, axis, keepdims=keepdims) - amin(a, axis, keepdims=keepdims)


def _running(op):
    def call(a, axis=None, dtype=None, out=None):
        node = to_node(a)
        if dtype is not None:
            node = as_dtype(node, np.dtype(dtype))
        elif node.dtype.kind in "biu":
            node = as_dtype(node, INT64)
        if axis is None:
            node, axis = _reshape(node, (node.size,)), 0
        return _deliver(T(cumulate(op, node, _axis(axis, node.ndim))), out)

    return call


cumsum = implements(np.cumsum)(_running("sum"))
cumprod = implements(np.cumprod)(_running("prod"))


@implements(np.diff)
def diff(a, n=1, axis=-1, prepend=np._NoValue, append=np._NoValue):
    a = T(to_node(a))
    axis = _axis(axis, a.ndim)
    parts = [x for x in (prepend, a, append) if x is not np._NoValue]
    if len(parts) > 1:
        a = concatenate([np.expand_dims(x, axis) if np.ndim(x) == 0 else x for x in parts], axis)
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


@implements(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    x = T(_floating(x))
    if ord in (None, 2, "fro"):
        axes = _axes(axis, x.ndim)
        if ord == 2 and len(axes) == 2:
            raise TraceError(
                "the spectral norm has no traced form yet: use the Frobenius norm, ord='fro'"
            )
        return np.sqrt(sum(x * x, axes, keepdims=keepdims))
    if len(_axes(axis, x.ndim)) != 1:
        raise TraceError(f"np.linalg.norm with ord={ord!r} over two axes has no traced form")
    if ord == np.inf:
        return amax(np.abs(x), axis, keepdims=keepdims)
    if ord == -np.inf:
        return amin(np.abs(x), axis, keepdims=keepdims)
    if ord == 0:
        return sum(x != 0, axis, dtype=x.dtype, keepdims=keepdims)
    if ord == 1:
        return sum(np.abs(x), axis, keepdims=keepdims)
    return sum(np.abs(x) ** ord, axis, keepdims=keepdims) ** (1.0 / ord)


# ---------------------------------------------------------------------------- choices


@implements(np.where)
def where(condition, x=None, y=None):
    if x is None:
        raise TraceError(
            "np.where(mask) alone gives indices whose number depends on data: use np.where(mask, a, b)"
        )
    c, x, y = to_node(condition), to_node(x), to_node(y)
    if c.dtype != BOOL:
        c = ew.apply(ew.ROWS["ne"], c, literal(0, c.dtype))
    kinds = [n.weak(0) if n.weak else n.dtype for n in (x, y)]
    dtype = np.result_type(*kinds)
    x, y = as_dtype(x, dtype), as_dtype(y, dtype)
    if c.prim is LITERAL:
        shape = np.broadcast_shapes(x.shape, y.shape)
        return T(broadcast(x if c.params[0] else y, shape))
    return T(ew.select(c, x, y))


@implements(np.clip)
def clip(a, a_min=np._NoValue, a_max=np._NoValue, out=None, min=np._NoValue, max=np._NoValue):
    low = a_min if a_min is not np._NoValue else min
    high = a_max if a_max is not np._NoValue else max
    result = T(to_node(a))
    if low is not None and low is not np._NoValue:
        result = np.maximum(result, low)
    if high is not None and high is not np._NoValue:
        result = np.minimum(result, high)
    return _deliver(result, out)


@implements(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    x = T(to_node(x))
    if x.dtype.kind != "f":
        return x
    info = np.finfo(x.dtype)
    x = where(np.isnan(x), nan, x)
    x = where(x == np.inf, float(info.max) if posinf is None else posinf, x)
    return where(x == -np.inf, float(info.min) if neginf is None else neginf, x)


@implements(np.isclose)
def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    a, b = T(to_node(a)), T(to_node(b))
    finite = np.isfinite(b) if b.dtype.kind == "f" else b == b
    close = (np.abs(a - b) <= atol + rtol * np.abs(b)) & finite | (a == b)
    return close | (np.isnan(a) & np.isnan(b)) if equal_nan else close


@implements(np.allclose)
def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return all(isclose(a, b, rtol, atol, equal_nan))


@implements(np.array_equal)
def array_equal(a1, a2, equal_nan=False):
    a1, a2 = T(to_node(a1)), T(to_node(a2))
    if a1.shape != a2.shape:
        return False
    return all(a1 == a2)


@implements(np.round, np.around)
def around(a, decimals=0, out=None):
    if decimals == 0:
        return _deliver(np.rint(a), out)
    scale = 10.0**decimals
    return _deliver(np.rint(a * scale) / scale, out)


FUNCTIONS[np.fix] = lambda x, out=None: np.trunc(x)
FUNCTIONS[np.real] = FUNCTIONS[np.real_if_close] = lambda x: T(to_node(x))
FUNCTIONS[np.imag] = lambda x: zeros_like(x)
FUNCTIONS[np.iscomplexobj] = lambda x: False
FUNCTIONS[np.isrealobj] = lambda x: True
FUNCTIONS[np.sinc] = lambda x: where(
    np.equal(x, 0), 1.0, np.sin(math.pi * x) / where(np.equal(x, 0), 1.0, math.pi * x)
)


# ---------------------------------------------------------------------------- shapes


def _view(t, read, write):
    """A view of a tracer: reads follow the base, writes go through to it."""
    if not isinstance(t, Tracer):
        return T(read(to_node(t)))
    return Tracer(read(t.node), t, read, write)


@implements(np.reshape)
def reshape(a, /, shape=None, order="C", *, newshape=None, copy=None):
    shape = newshape if shape is None else shape
    if order not in ("C", "A"):
        raise TraceError(
            "a traced reshape reads elements in C order: use np.transpose for another order"
        )
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (operator.index(shape),)
    old = np.shape(a)
    return _view(a, lambda n: _reshape(n, shape), lambda base, new: _reshape(new, old))


@implements(np.ravel)
def ravel(a, order="C"):
    return reshape(a, (-1,) if np.size(a) else (0,), order)


@implements(np.transpose, np.permute_dims)
def transpose(a, axes=None):
    ndim = np.ndim(a)
    axes = tuple(range(ndim))[::-1] if axes is None else tuple(_axis(i, ndim) for i in axes)
    if sorted(axes) != list(range(ndim)):
        raise ValueError("axes don't match array")
    back = tuple(int(i) for i in np.argsort(axes))
    return _view(a, lambda n: _transpose(n, axes), lambda base, new: _transpose(new, back))


FUNCTIONS[np.matrix_transpose] = lambda x: swapaxes(x, -1, -2)
FUNCTIONS[np.linalg.matrix_transpose] = lambda x: swapaxes(x, -1, -2)


@implements(np.swapaxes)
def swapaxes(a, axis1, axis2):
    axes = list(range(np.ndim(a)))
    i, j = _axis(axis1, len(axes)), _axis(axis2, len(axes))
    axes[i], axes[j] = axes[j], axes[i]
    return transpose(a, axes)


@implements(np.moveaxis)
def moveaxis(a, source, destination):
    ndim = np.ndim(a)
    source = [_axis(i, ndim) for i in (source if isinstance(source, (tuple, list)) else [source])]
    destination = [
        _axis(i, ndim)
        for i in (destination if isinstance(destination, (tuple, list)) else [destination])
    ]
    order = [n for n in range(ndim) if n not in source]
    for d, s in sorted(zip(destination, source)):
        order.insert(d, s)
    return transpose(a, order)


@implements(np.rollaxis)
def rollaxis(a, axis, start=0):
    n = np.ndim(a)
    axis = _axis(axis, n)
    start = start + n if start < 0 else start
    return moveaxis(a, axis, start - 1 if axis < start else start)


@implements(np.expand_dims)
def expand_dims(a, axis):
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    ndim = np.ndim(a) + len(axes)
    axes = {_axis(i, ndim) for i in axes}
    old = iter(np.shape(a))
    return reshape(a, tuple(1 if i in axes else next(old) for i in range(ndim)))


@implements(np.squeeze)
def squeeze(a, axis=None):
    shape = np.shape(a)
    axes = (
        {i for i, d in enumerate(shape) if d == 1} if axis is None else set(_axes(axis, len(shape)))
    )
    if builtins.any(shape[i] != 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return reshape(a, tuple(d for i, d in enumerate(shape) if i not in axes))


@implements(np.broadcast_to)
def broadcast_to(array, shape, subok=False):
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    node = to_node(array)
    if np.broadcast_shapes(node.shape, shape) != shape:
        raise ValueError(
            f"operands could not be broadcast together with remapped shapes [original->remapped]: "
            f"{node.shape} and requested shape {shape}"
        )
    return T(broadcast(node, shape))


@implements(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    nodes = [to_node(a) for a in args]
    shape = np.broadcast_shapes(*[n.shape for n in nodes])
    return tuple(T(broadcast(n, shape)) for n in nodes)


def _at_least(ndim):
    def call(*arrays):
        def one(a):
            k = np.ndim(a)
            if k >= ndim:
                return T(to_node(a))
            shape = np.shape(a)
            if ndim == 3 and k == 2:
                return reshape(a, shape + (1,))
            if ndim == 3 and k == 1:
                return reshape(a, (1,) + shape + (1,))
            return reshape(a, (1,) * (ndim - k) + shape)

        result = tuple(one(a) for a in arrays)
        return result[0] if len(result) == 1 else result

    return call


FUNCTIONS[np.atleast_1d], FUNCTIONS[np.atleast_2d], FUNCTIONS[np.atleast_3d] = (
    _at_least(1),
    _at_least(2),
    _at_least(3),
)
FUNCTIONS[np.shape] = lambda a: tuple(to_node(a).shape)
FUNCTIONS[np.ndim] = lambda a: to_node(a).ndim


@implements(np.size)
def size(a, axis=None):
    node = to_node(a)
    return node.size if axis is None else node.shape[_axis(axis, node.ndim)]


def _common(nodes):
    dtype = np.result_type(*[n.weak(0) if n.weak else n.dtype for n in nodes])
    return [as_dtype(n, dtype) for n in nodes]


@implements(np.concatenate, np.concat)
def concatenate(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    if isinstance(arrays, Tracer):
        arrays = list(arrays)
    nodes = [to_node(a) for a in arrays]
    if not nodes:
        raise ValueError("need at least one array to concatenate")
    if axis is None:
        nodes, axis = [_reshape(n, (n.size,)) for n in nodes], 0
    ndim = nodes[0].ndim
    if ndim == 0:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    axis = _axis(axis, ndim)
    for i, n in enumerate(nodes):
        if n.ndim != ndim or builtins.any(
            n.shape[d] != nodes[0].shape[d] for d in range(ndim) if d != axis
        ):
            raise ValueError(
                f"all the input array dimensions except for the concatenation axis must match exactly, "
                f"got shape {n.shape} at index {i} beside {nodes[0].shape} (axis {axis})"
            )
    nodes = _common(nodes) if dtype is None else [as_dtype(n, np.dtype(dtype)) for n in nodes]
    return _deliver(T(_concatenate(nodes, axis)), out)


@implements(np.stack)
def stack(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    nodes = [to_node(a) for a in arrays]
    if not nodes:
        raise ValueError("need at least one array to stack")
    if len({n.shape for n in nodes}) != 1:
        raise ValueError(
            f"all input arrays must have the same shape, got {[n.shape for n in nodes]}"
        )
    axis = _axis(axis, nodes[0].ndim + 1)
    shape = nodes[0].shape[:axis] + (1,) + nodes[0].shape[axis:]
    nodes = _common(nodes) if dtype is None else [as_dtype(n, np.dtype(dtype)) for n in nodes]
    return _deliver(T(_concatenate([_reshape(n, shape) for n in nodes], axis)), out)


@implements(np.vstack)
def vstack(tup, dtype=None, casting="same_kind"):
    return concatenate([_at_least(2)(a) for a in tup], 0, dtype=dtype)


@implements(np.hstack)
def hstack(tup, dtype=None, casting="same_kind"):
    parts = [_at_least(1)(a) for a in tup]
    return concatenate(parts, 0 if parts and parts[0].ndim == 1 else 1, dtype=dtype)


@implements(np.dstack)
def dstack(tup):
    return concatenate([_at_least(3)(a) for a in tup], 2)


@implements(np.column_stack)
def column_stack(tup):
    return concatenate([a if np.ndim(a) > 1 else reshape(a, (-1, 1)) for a in tup], 1)


@implements(np.append)
def append(arr, values, axis=None):
    return concatenate(
        [arr, values] if axis is not None else [ravel(arr), ravel(values)], axis or 0
    )


@implements(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    n = np.shape(ary)[_axis(axis, np.ndim(ary))]
    if isinstance(indices_or_sections, (int, np.integer)):
        k, extra = divmod(n, indices_or_sections)
        edges = np.cumsum([0] + [k + 1] * extra + [k] * (indices_or_sections - extra)).tolist()
    else:
        edges = [0, *[slice(None, int(i)).indices(n)[1] for i in indices_or_sections], n]
    key = [slice(None)] * np.ndim(ary)
    parts = []
    for a, b in zip(edges[:-1], edges[1:]):
        key[axis] = slice(a, b)
        parts.append(ary[tuple(key)])
    return parts


@implements(np.split)
def split(ary, indices_or_sections, axis=0):
    if (
        isinstance(indices_or_sections, (int, np.integer))
        and np.shape(ary)[axis] % indices_or_sections
    ):
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


FUNCTIONS[np.hsplit] = lambda a, n: split(a, n, 0 if np.ndim(a) == 1 else 1)
FUNCTIONS[np.vsplit] = lambda a, n: split(a, n, 0)
FUNCTIONS[np.unstack] = lambda x, /, *, axis=0: tuple(moveaxis(x, axis, 0))


@implements(np.tile)
def tile(A, reps):
    reps = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    shape = np.shape(A)
    ndim = builtins.max(len(shape), len(reps))
    shape, reps = (1,) * (ndim - len(shape)) + tuple(shape), (1,) * (ndim - len(reps)) + reps
    inner = reshape(A, [d for s in shape for d in (1, s)])
    wide = broadcast_to(inner, [d for r, s in zip(reps, shape) for d in (r, s)])
    return T(_reshape(wide.node, tuple(r * s for r, s in zip(reps, shape))))


@implements(np.repeat)
def repeat(a, repeats, axis=None):
    if axis is None:
        a, axis = ravel(a), 0
    axis = _axis(axis, np.ndim(a))
    counts = np.broadcast_to(np.asarray(repeats), (np.shape(a)[axis],))
    return take(a, np.repeat(np.arange(np.shape(a)[axis]), counts), axis)


@implements(np.flip)
def flip(m, axis=None):
    key = [slice(None)] * np.ndim(m)
    for i in _axes(axis, np.ndim(m)):
        key[i] = slice(None, None, -1)
    return m[tuple(key)]


FUNCTIONS[np.flipud] = lambda m: flip(m, 0)
FUNCTIONS[np.fliplr] = lambda m: flip(m, 1)


@implements(np.roll)
def roll(a, shift, axis=None):
    if axis is None:
        return reshape(roll(ravel(a), shift, 0), np.shape(a))
    shifts, axes = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    for s, i in zip(shifts.tolist(), axes.tolist()):
        i = _axis(i, np.ndim(a))
        n = np.shape(a)[i]
        s = s % n if n else 0
        if s:
            key = [slice(None)] * np.ndim(a)
            tail, head = list(key), list(key)
            tail[i], head[i] = slice(n - s, None), slice(None, n - s)
            a = concatenate([a[tuple(tail)], a[tuple(head)]], i)
    return T(to_node(a))


@implements(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    a, b = axes
    k %= 4
    if k == 0:
        return m[...]
    if k == 2:
        return flip(flip(m, a), b)
    return swapaxes(flip(m, b), a, b) if k == 1 else flip(swapaxes(m, a, b), b)


@implements(np.pad)
def pad(array, pad_width, mode="constant", constant_values=0, **kwargs):
    ndim = np.ndim(array)
    width = np.broadcast_to(np.asarray(pad_width), (ndim, 2)).tolist()
    result = T(to_node(array))
    if mode == "constant":
        values = np.broadcast_to(np.asarray(constant_values), (ndim, 2)).tolist()
        for i, ((before, after), (v0, v1)) in enumerate(zip(width, values)):
            shape = list(result.shape)
            shape[i] = before
            first = _full_tracer(shape, v0, result.dtype)
            shape[i] = after
            last = _full_tracer(shape, v1, result.dtype)
            result = concatenate([first, result, last], i)
        return result
    for i, (before, after) in enumerate(width):
        index = np.pad(np.arange(result.shape[i]), (before, after), mode=mode, **kwargs)
        result = take(result, index, i)
    return result


@implements(np.copy)
def copy(a, order="K", subok=False):
    return T(to_node(a))


@implements(np.astype)
def astype(x, dtype, /, *, copy=True, device=None):
    dtype = np.dtype(dtype)
    if dtype.kind not in "bif" or dtype == np.float16:
        raise TypeError(
            f"astype({dtype}) of a traced array: wanted bool, int32, int64, float32 or float64"
        )
    return T(ew.convert(to_node(x), dtype))


# ---------------------------------------------------------------------------- creation like a traced array


def _creator(value):
    def call(a, dtype=None, order="K", subok=True, shape=None, device=None):
        node = to_node(a)
        return _full_tracer(
            node.shape
            if shape is None
            else (tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)),
            value,
            node.dtype if dtype is None else dtype,
        )

    return call


zeros_like = implements(np.zeros_like, np.empty_like)(_creator(0))
ones_like = implements(np.ones_like)(_creator(1))


@implements(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, device=None):
    node, value = to_node(a), to_node(fill_value)
    value = as_dtype(value, node.dtype if dtype is None else np.dtype(dtype))
    return T(
        broadcast(value, node.shape if shape is None else tuple(np.atleast_1d(shape).tolist()))
    )


def array(values, dtype=None):
    """Stack a nested list whose leaves may be traced."""
    if isinstance(values, (list, tuple)):
        parts = [array(v) for v in values]
        if not parts:
            return T(to_node(np.asarray(values, dtype)))
        result = stack(parts)
    else:
        result = T(to_node(values))
    return result if dtype is None else astype(result, dtype)


# ---------------------------------------------------------------------------- indexing


@implements(np.take)
def take(a, indices, axis=None, out=None, mode="raise"):
    if mode != "raise":
        raise TraceError(
            f"np.take(mode={mode!r}) has no traced form: apply np.clip or % to the indices"
        )
    if axis is None:
        a, axis = ravel(a), 0
    node = to_node(a)
    axis = _axis(axis, node.ndim)
    index = to_node(indices)
    if index.dtype.kind not in "iu":
        raise TypeError(f"np.take: indices must be integers, got {index.dtype}")
    rows = _reshape(ew.convert(index, INT64), (index.size,))
    before, after = node.shape[:axis], node.shape[axis + 1 :]
    packed = _reshape(node, (math.prod(before), node.shape[axis], math.prod(after)))
    return _deliver(T(_reshape(_take_rows(packed, rows), before + index.shape + after)), out)


@implements(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    arr, indices = T(to_node(arr)), T(to_node(indices))
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = _axis(axis, arr.ndim)
    key = []
    for i in range(arr.ndim):
        if i == axis:
            key.append(indices)
        else:
            shape = [1] * arr.ndim
            shape[i] = arr.shape[i]
            key.append(T(_reshape(iota(arr.shape[i], 0, 1, INT64), tuple(shape))))
    return arr[tuple(key)]


@implements(np.diagonal, np.linalg.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    node = to_node(a)
    return T(_diagonal(node, offset, _axis(axis1, node.ndim), _axis(axis2, node.ndim)))


@implements(np.diag)
def diag(v, k=0):
    node = to_node(v)
    if node.ndim == 2:
        return diagonal(v, k)
    n = node.shape[0] + builtins.abs(k)
    flat = T(_full((n * n,), 0, node.dtype))
    start = k if k >= 0 else -k * n
    flat[start : start + node.shape[0] * (n + 1) : n + 1] = T(node)
    return reshape(flat, (n, n))


@implements(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    return sum(diagonal(a, offset, axis1, axis2), -1, dtype=dtype)


@implements(np.tril)
def tril(m, k=0):
    return where(np.tri(*np.shape(m)[-2:], k=k, dtype=bool), m, zeros_like(m))


@implements(np.triu)
def triu(m, k=0):
    return where(np.tri(*np.shape(m)[-2:], k=k - 1, dtype=bool), zeros_like(m), m)


@implements(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    n = len(xi)
    out = [reshape(x, (1,) * i + (-1,) + (1,) * (n - i - 1)) for i, x in enumerate(xi)]
    if indexing == "xy" and n > 1:
        out[0], out[1] = (
            reshape(xi[0], (1, -1) + (1,) * (n - 2)),
            reshape(xi[1], (-1, 1) + (1,) * (n - 2)),
        )
    return tuple(out) if sparse else broadcast_arrays(*out)


# ---------------------------------------------------------------------------- products

COMPOSITES[np.vecdot] = lambda a, b: vecdot(a, b)


def _same(a, b):
    return _common([to_node(a), to_node(b)])


@implements(np.dot)
def dot(a, b, out=None):
    a, b = _same(a, b)
    if not a.ndim or not b.ndim:
        return T(to_node(np.multiply(T(a), T(b))))
    return _deliver(T(_tensordot(a, b, [a.ndim - 1], [builtins.max(b.ndim - 2, 0)])), out)


@implements(np.inner)
def inner(a, b):
    a, b = _same(a, b)
    if not a.ndim or not b.ndim:
        return np.multiply(T(a), T(b))
    return T(_tensordot(a, b, [a.ndim - 1], [b.ndim - 1]))


@implements(np.vdot)
def vdot(a, b):
    return dot(ravel(a), ravel(b))


@implements(np.linalg.vecdot)
def vecdot(x1, x2, /, axis=-1, **kwargs):
    return sum(np.multiply(x1, x2), axis)


@implements(np.outer, np.linalg.outer)
def outer(a, b, out=None):
    return np.multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


@implements(np.tensordot, np.linalg.tensordot)
def tensordot(a, b, axes=2):
    a, b = _same(a, b)
    if isinstance(axes, (int, np.integer)):
        left, right = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        left, right = (
            [_axis(i, n) for i in (x if isinstance(x, (tuple, list)) else [x])]
            for x, n in zip(axes, (a.ndim, b.ndim))
        )
    return T(_tensordot(a, b, left, right))


@implements(np.einsum)
def einsum(subscripts, *operands, out=None, optimize=False, **kwargs):
    if not isinstance(subscripts, str):
        raise TraceError("np.einsum in a trace takes the subscripts as a string")
    return _deliver(T(_einsum(subscripts, _common([to_node(x) for x in operands]))), out)


def matmul(a, b):
    """NumPy's @, for any number of axes."""
    a, b = _same(a, b)
    if not a.ndim or not b.ndim:
        raise ValueError(
            "matmul: Input operand does not have enough dimensions (has 0, gufunc core with signature "
            "(n?,k),(k,m?)->(n?,m?) requires 1)"
        )
    left = _reshape(a, (1,) + a.shape) if a.ndim == 1 else a
    right = _reshape(b, b.shape + (1,)) if b.ndim == 1 else b
    result = _matmul(left, right)
    shape = result.shape
    if a.ndim == 1:
        shape = shape[:-2] + shape[-1:]
    if b.ndim == 1:
        shape = shape[:-1]
    return T(_reshape(result, shape))


COMPOSITES[np.matmul] = matmul
FUNCTIONS[np.linalg.matmul] = lambda a, b: matmul(a, b)
FUNCTIONS[np.kron] = lambda a, b: reshape(
    np.multiply(
        reshape(a, [d for s in np.shape(a) for d in (s, 1)]),
        reshape(b, [d for s in np.shape(b) for d in (1, s)]),
    ),
    [s * r for s, r in zip(np.shape(a), np.shape(b))],
)
FUNCTIONS[np.linalg.trace] = lambda x, /, *, offset=0, dtype=None: sum(
    _diagonal_last(x, offset), -1, dtype=dtype
)
FUNCTIONS[np.trapezoid] = lambda y, x=None, dx=1.0, axis=-1: _trapezoid(y, x, dx, axis)
FUNCTIONS[np.result_type] = lambda *a: np.result_type(
    *[n.weak(0) if n.weak else n.dtype for n in _typed(a)]
)


def _typed(args):
    return [
        to_node(a) if not isinstance(a, (np.dtype, type, str)) else literal(0, np.dtype(a))
        for a in args
    ]


def _diagonal_last(x, offset):
    return diagonal(x, offset, -2, -1)


def _trapezoid(y, x, dx, axis):
    y = T(_floating(y))
    axis = _axis(axis, y.ndim)
    lower, upper = [slice(None)] * y.ndim, [slice(None)] * y.ndim
    lower[axis], upper[axis] = slice(None, -1), slice(1, None)
    step = dx if x is None else np.diff(x, axis=-1 if np.ndim(x) == 1 else axis)
    if x is not None and np.ndim(x) == 1:
        step = reshape(step, [-1 if i == axis else 1 for i in range(y.ndim)])
    return sum(step * (y[tuple(lower)] + y[tuple(upper)]) * 0.5, axis)

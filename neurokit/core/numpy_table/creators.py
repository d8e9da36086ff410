"""Making arrays: NumPy's creation functions with like=t, ranges with traced ends, grids, blocks, index sets."""

import math
import operator

import numpy as np

from ..errors import TraceError
from ..graph import FLOAT64
from ..primitives.bits import pack, unpack
from ..primitives.shaping import broadcast
from ..trace.tracer import Tracer, to_node
from ..trace.ufuncs import as_dtype
from .base import FUNCTIONS, T, _axis, _full_tracer, _shape, implements
from .filled import array as _array

# ---------------------------------------------------------------------------- like=


def _constant(value):
    def call(shape, dtype=None, order="C", *, device=None):
        return _full_tracer(_shape(shape), value, FLOAT64 if dtype is None else dtype)

    return call


FUNCTIONS[np.zeros] = FUNCTIONS[np.empty] = _constant(0)
FUNCTIONS[np.ones] = _constant(1)


@implements(np.full)
def full(shape, fill_value, dtype=None, order="C", *, device=None):
    value = T(to_node(fill_value))
    value = value if dtype is None else value.astype(dtype)
    return T(broadcast(value.node, _shape(shape)))


@implements(np.array)
def array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, ndmax=0):
    result = _array(_strong(object), dtype)
    missing = ndmin - result.ndim
    return result.reshape((1,) * missing + result.shape) if missing > 0 else result


@implements(np.asarray, np.asanyarray)
def asarray(a, dtype=None, order=None, *, device=None, copy=None):
    return _array(_strong(a), dtype)


@implements(np.ascontiguousarray, np.asfortranarray)
def ascontiguousarray(a, dtype=None):
    return np.atleast_1d(_array(_strong(a), dtype))


@implements(np.require)
def require(a, dtype=None, requirements=None):
    return _array(_strong(a), dtype)


def _strong(values):
    """Python numbers inside lists decide the dtype as NumPy scalars do."""
    if isinstance(values, (list, tuple)):
        return [_strong(v) for v in values]
    return np.asarray(values) if isinstance(values, (bool, int, float, complex)) else values


def _plain(function):
    """A creation function of static arguments: its array, as a traced one."""
    return lambda *args, **kwargs: T(to_node(function(*args, **kwargs)))


for _function in (np.arange, np.eye, np.identity, np.tri):
    FUNCTIONS[_function] = _plain(_function)


@implements(np.fromfunction)
def fromfunction(function, shape, *, dtype=float, **kwargs):
    return function(*[T(to_node(i)) for i in np.indices(shape, dtype)], **kwargs)


# ---------------------------------------------------------------------------- ranges


@implements(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    ends = [to_node(start), to_node(stop)]
    kind = np.result_type(*[n.weak(0) if n.weak else n.dtype for n in ends], float(num))
    start, stop = np.broadcast_arrays(*[T(as_dtype(n, kind)) for n in ends])
    div = num - 1 if endpoint else num
    ramp = np.arange(num, dtype=kind.type(0).real.dtype).reshape((-1,) + (1,) * start.ndim)
    delta = stop - start
    if div > 0:
        step = delta / div
        y = np.where(step == 0, ramp / div * delta, ramp * step) + start
    else:
        step = np.nan
        y = ramp * delta + start
    if endpoint and num > 1:
        y = np.concatenate([y[:-1], stop[None]])
    if dtype is not None and np.dtype(dtype).kind in "iu":
        y = np.floor(y)
    y = y.astype(kind if dtype is None else dtype)
    y = np.moveaxis(y, 0, axis) if axis else y
    return (y, step) if retstep else y


@implements(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if np.ndim(base):
        raise TraceError(
            "np.logspace with an array of bases has no traced form: np.power(base, np.linspace(...))"
        )
    y = linspace(start, stop, num, endpoint, axis=axis)
    y = np.power(base, y)
    return y if dtype is None else y.astype(dtype)


@implements(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    start, stop = T(to_node(start)) * 1.0, T(to_node(stop)) * 1.0
    if start.dtype.kind == "c" or stop.dtype.kind == "c":
        raise TraceError("np.geomspace of complex ends has no traced form: np.exp of np.linspace")
    # NumPy computes in this type, also where the ends are float32
    kind = np.result_type(start.dtype, stop.dtype, np.float64 if dtype is None else np.dtype(dtype))
    start, stop = np.broadcast_arrays(start.astype(kind), stop.astype(kind))
    sign = np.sign(start)
    y = logspace(np.log10(start * sign), np.log10(stop * sign), num, endpoint)
    parts = [start[None]] if num > 0 else [y]
    if num > 1:
        parts += [y[1:-1] * sign, stop[None]] if endpoint else [y[1:] * sign]
    y = np.concatenate(parts)
    y = np.moveaxis(y, 0, axis) if axis else y
    return y if dtype is None else y.astype(dtype)


# ---------------------------------------------------------------------------- grids and index sets


@implements(np.ix_)
def ix_(*args):
    out = []
    for i, x in enumerate(args):
        if not isinstance(x, Tracer):
            x = np.asarray(x)
            x = x.astype(np.intp) if not x.size else x
        if np.ndim(x) != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if x.dtype == bool:
            x = np.nonzero(x)[0]
        out.append(np.reshape(x, (1,) * i + (-1,) + (1,) * (len(args) - i - 1)))
    return tuple(out)


def _square(arr):
    if np.ndim(arr) != 2:
        raise ValueError("input array must be 2-d")
    return np.shape(arr)


@implements(np.diag_indices_from)
def diag_indices_from(arr):
    shape = np.shape(arr)
    if len(shape) < 2:
        raise ValueError("input array must be at least 2-d")
    if len(set(shape)) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    return np.diag_indices(shape[0], len(shape))


FUNCTIONS[np.tril_indices_from] = lambda arr, k=0: _triangle(np.tril_indices, arr, k)
FUNCTIONS[np.triu_indices_from] = lambda arr, k=0: _triangle(np.triu_indices, arr, k)


def _triangle(indices, arr, k):
    n, m = _square(arr)
    return indices(n, k=k, m=m)


@implements(np.diagflat)
def diagflat(v, k=0):
    return np.diag(np.ravel(T(to_node(v))), k)


# ---------------------------------------------------------------------------- blocks


@implements(np.block)
def block(arrays):
    depth = _depth(arrays)
    ndim = max(depth, max((np.ndim(x) for x in _flat(arrays)), default=0))
    return _block(arrays, depth, ndim)


def _flat(arrays):
    return [y for x in arrays for y in _flat(x)] if isinstance(arrays, list) else [arrays]


def _depth(arrays):
    if isinstance(arrays, tuple):
        raise TypeError("arrays is a tuple. Only lists can be used to arrange blocks")
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ValueError("List at arrays cannot be empty")
    depths = {_depth(x) for x in arrays}
    if len(depths) > 1:
        raise ValueError("List depths are mismatched.")
    return 1 + depths.pop()


def _block(arrays, depth, ndim):
    if depth == 0:
        x = T(to_node(arrays))
        return x.reshape((1,) * (ndim - x.ndim) + x.shape)
    return np.concatenate([_block(x, depth - 1, ndim) for x in arrays], -depth)


# ---------------------------------------------------------------------------- functions along axes


@implements(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    arr = T(to_node(arr))
    axis = _axis(axis, arr.ndim)
    moved = np.moveaxis(arr, axis, -1)
    outer = moved.shape[:-1]
    if 0 in outer:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    lines = [T(to_node(func1d(moved[i], *args, **kwargs))) for i in np.ndindex(outer)]
    inner = lines[0].shape
    result = np.stack(lines).reshape(outer + inner)
    n = len(outer)
    order = [*range(axis), *range(n, n + len(inner)), *range(axis, n)]
    return np.transpose(result, order)


@implements(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    value = T(to_node(a))
    for i in np.atleast_1d(axes).tolist():
        result = func(value, _axis(i, np.ndim(a)))
        if np.ndim(result) != value.ndim:
            result = np.expand_dims(result, _axis(i, np.ndim(a)))
            if result.ndim != value.ndim:
                raise ValueError("function is not returning an array of the correct shape")
        value = result
    return value


# ---------------------------------------------------------------------------- bits


@implements(np.packbits)
def packbits(a, /, axis=None, bitorder="big"):
    a = T(to_node(a))
    if a.dtype.kind not in "biu":
        raise TypeError("Expected an input array of integer or boolean data type")
    if bitorder not in ("big", "little"):
        raise ValueError("'order' must be either 'little' or 'big'")
    if axis is None:
        a, axis = np.ravel(a), 0
    axis = _axis(axis, a.ndim)
    bits = np.moveaxis(a if a.dtype == bool else a != 0, axis, -1)
    return np.moveaxis(_by_lines(bits, lambda node: pack(node, bitorder)), -1, axis)


def _by_lines(x, f):
    """f of nodes (A, n) for x (..., n)."""
    shape, n = x.shape[:-1], x.shape[-1]
    result = f(x.reshape((math.prod(shape), n)).node)
    return T(result).reshape(shape + result.shape[1:])


@implements(np.unpackbits)
def unpackbits(a, /, axis=None, count=None, bitorder="big"):
    a = T(to_node(a))
    if a.dtype != np.uint8:
        raise TypeError("Expected an input array of unsigned byte data type")
    if bitorder not in ("big", "little"):
        raise ValueError("'order' must be either 'little' or 'big'")
    if axis is None:
        a, axis = np.ravel(a), 0
    axis = _axis(axis, a.ndim)
    bytes_ = np.moveaxis(a, axis, -1)
    bits = _by_lines(bytes_, lambda node: unpack(node, 8 * node.shape[1], bitorder, a.dtype))
    if count is not None:
        more = count - bits.shape[-1]
        if count < 0:
            bits = bits[..., :count]
        elif more <= 0:
            bits = bits[..., :count]
        else:
            bits = np.concatenate([bits, _full_tracer(bits.shape[:-1] + (more,), 0, np.uint8)], -1)
    return np.moveaxis(bits, -1, axis)

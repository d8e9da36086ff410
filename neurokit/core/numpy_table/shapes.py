"""Shapes: reshape, transpose, join, split, repeat. Views follow writes to their base."""

import builtins
import math
import operator

import numpy as np

from ..errors import TraceError
from ..graph import SUPPORTED
from ..primitives import elementwise as ew
from ..primitives.shaping import BROADCAST, RESHAPE, TRANSPOSE, _SliceOf, broadcast, slice_
from ..primitives.shaping import concatenate as _concatenate
from ..primitives.shaping import reshape as _reshape
from ..primitives.shaping import transpose as _transpose
from ..trace.tracer import Tracer, discard_imaginary, to_node
from ..trace.ufuncs import as_dtype
from .base import FUNCTIONS, T, _axes, _axis, _deliver, _reduced, _shape, implements, order_letter


def _view(t, read, write, prim, params=()):
    """A view of a tracer: reads follow the base, writes go through to it.

    `prim` and its `params` tell the strides; where NumPy would have to copy, so does this.
    """
    if not isinstance(t, Tracer):
        return T(read(to_node(t)))
    node = read(t.node)
    layout = prim.lower(t.layout(), _SliceOf(node.shape, params))
    if layout is None:
        return T(node)
    return Tracer(node, t, read, write, layout._replace(shape=node.shape))


def _read_only(base, new):
    raise ValueError("assignment destination is read-only")


def _column_order(order, ndim):
    """Whether elements are read with the first index fastest. Memory decides it for "A" and "K", so those
    are refused where it matters."""
    order = order_letter(order)
    if order in ("A", "K") and ndim > 1:
        raise TraceError(
            f"order={order!r} reads memory as it lies, which a trace does not know: use 'C' or 'F'"
        )
    return order == "F"


@implements(np.reshape)
def reshape(a, /, shape=None, order="C", *, newshape=None, copy=None):
    shape = newshape if shape is None else shape
    shape = _shape(shape)
    old = np.shape(a)
    if _column_order(order, len(old)):
        return transpose(reshape(transpose(a), shape[::-1]))
    view = _view(a, lambda n: _reshape(n, shape), lambda base, new: _reshape(new, old), RESHAPE)
    if copy:
        return T(view.node)
    if copy is False and isinstance(a, Tracer) and view._base is None:
        raise ValueError("Unable to avoid creating a copy while reshaping.")
    return view


@implements(np.ravel)
def ravel(a, order="C"):
    return reshape(
        a, (-1,) if np.size(a) else (0,), "C" if order == "K" and np.ndim(a) < 2 else order
    )


def _listed(axes, ndim):
    """Axes in the order given: one, or a sequence of them."""
    return tuple(_axis(i, ndim) for i in (axes if np.iterable(axes) else (axes,)))


@implements(np.transpose, np.permute_dims)
def transpose(a, axes=None):
    ndim = np.ndim(a)
    axes = tuple(range(ndim))[::-1] if axes is None else _listed(axes, ndim)
    if sorted(axes) != list(range(ndim)):
        raise ValueError("axes don't match array")
    back = tuple(int(i) for i in np.argsort(axes))
    return _view(
        a,
        lambda n: _transpose(n, axes),
        lambda base, new: _transpose(new, back),
        TRANSPOSE,
        (axes,),
    )


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x, /):
    if np.ndim(x) < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {np.ndim(x)}")
    return swapaxes(x, -1, -2)


@implements(np.swapaxes)
def swapaxes(a, axis1, axis2):
    axes = list(range(np.ndim(a)))
    i, j = _axis(axis1, len(axes)), _axis(axis2, len(axes))
    axes[i], axes[j] = axes[j], axes[i]
    return transpose(a, axes)


@implements(np.moveaxis)
def moveaxis(a, source, destination):
    ndim = np.ndim(a)
    source, destination = _listed(source, ndim), _listed(destination, ndim)
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
    axes = axis if np.iterable(axis) else (axis,)
    ndim = np.ndim(a) + len(axes)
    axes = {_axis(i, ndim) for i in axes}
    old = iter(np.shape(a))
    return reshape(a, tuple(1 if i in axes else next(old) for i in range(ndim)))


@implements(np.squeeze)
def squeeze(a, axis=None):
    shape = np.shape(a)
    axes = (
        {i for i, d in enumerate(shape) if d == 1}
        if axis is None
        else set(_reduced(axis, len(shape)))
    )
    if builtins.any(shape[i] != 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return reshape(a, tuple(d for i, d in enumerate(shape) if i not in axes))


@implements(np.broadcast_to)
def broadcast_to(array, shape, subok=False):
    shape = _shape(shape)
    node = to_node(array)
    if np.broadcast_shapes(node.shape, shape) != shape:
        raise ValueError(
            f"operands could not be broadcast together with remapped shapes [original->remapped]: "
            f"{node.shape} and requested shape {shape}"
        )
    return _view(array, lambda n: broadcast(n, shape), _read_only, BROADCAST)


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
    if axis is None:
        return node.size
    return math.prod(node.shape[i] for i in _axes(axis, node.ndim))


def _common(nodes):
    dtype = np.result_type(*[n.weak(0) if n.weak else n.dtype for n in nodes])
    return [as_dtype(n, dtype) for n in nodes]


def _all_as(nodes, dtype, casting):
    for node in nodes:
        if not np.can_cast(node.dtype, dtype, casting):
            raise TypeError(
                f"Cannot cast array data from {node.dtype!r} to {np.dtype(dtype)!r} according to the rule '{casting}'"
            )
    return [as_dtype(n, np.dtype(dtype)) for n in nodes]


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
    nodes = _common(nodes) if dtype is None else _all_as(nodes, dtype, casting)
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
    nodes = _common(nodes) if dtype is None else _all_as(nodes, dtype, casting)
    return _deliver(T(_concatenate([_reshape(n, shape) for n in nodes], axis)), out)


@implements(np.vstack)
def vstack(tup, dtype=None, casting="same_kind"):
    return concatenate([_at_least(2)(a) for a in tup], 0, dtype=dtype)


if hasattr(np, "row_stack"):  # a second name, until it is gone
    FUNCTIONS[getattr(np, "row_stack")] = vstack  # noqa: B009


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
    if np.ndim(indices_or_sections) == 0:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ValueError(f"number sections must be larger than 0, got {sections}")
        k, extra = divmod(n, sections)
        edges = np.cumsum([0] + [k + 1] * extra + [k] * (sections - extra)).tolist()
    else:
        indices = [operator.index(i) for i in indices_or_sections]
        edges = [0, *[slice(None, i).indices(n)[1] for i in indices], n]
    key = [slice(None)] * np.ndim(ary)
    parts = []
    for a, b in zip(edges[:-1], edges[1:]):
        key[axis] = slice(a, b)
        parts.append(ary[tuple(key)])
    return parts


@implements(np.split)
def split(ary, indices_or_sections, axis=0):
    if np.ndim(indices_or_sections) == 0 and np.shape(ary)[axis] % int(indices_or_sections):
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


def _splitter(least, axis):
    def call(ary, indices_or_sections):
        if np.ndim(ary) < least:
            raise ValueError(f"split only works on arrays of {least} or more dimensions")
        return split(ary, indices_or_sections, axis if np.ndim(ary) > 1 else 0)

    return call


FUNCTIONS[np.hsplit], FUNCTIONS[np.vsplit], FUNCTIONS[np.dsplit] = (
    _splitter(1, 1),
    _splitter(2, 0),
    _splitter(3, 2),
)
FUNCTIONS[np.unstack] = lambda x, /, *, axis=0: tuple(moveaxis(x, axis, 0))


@implements(np.tile)
def tile(A, reps):
    reps = _shape(reps)
    shape = np.shape(A)
    ndim = builtins.max(len(shape), len(reps))
    shape, reps = (1,) * (ndim - len(shape)) + tuple(shape), (1,) * (ndim - len(reps)) + reps
    inner = reshape(A, [d for s in shape for d in (1, s)])
    wide = broadcast_to(inner, [d for r, s in zip(reps, shape) for d in (r, s)])
    return T(_reshape(wide.node, tuple(r * s for r, s in zip(reps, shape))))


@implements(np.flip)
def flip(m, axis=None):
    key = [slice(None)] * np.ndim(m)
    for i in _axes(axis, np.ndim(m)):
        key[i] = slice(None, None, -1)
    return m[tuple(key)]


def _flipper(axis):
    def call(m):
        if np.ndim(m) <= axis:
            raise ValueError(f"Input must be >= {axis + 1}-d.")
        return flip(m, axis)

    return call


FUNCTIONS[np.flipud], FUNCTIONS[np.fliplr] = _flipper(0), _flipper(1)


@implements(np.roll)
def roll(a, shift, axis=None):
    if axis is None:
        return reshape(roll(ravel(a), shift, 0), np.shape(a))
    if isinstance(shift, Tracer):
        return _roll_by(a, shift, axis)
    if type(shift) is int and type(axis) is int:
        shifts, axes = [shift], [axis]
    else:
        pairs = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
        shifts, axes = (x.tolist() for x in pairs)
    node = to_node(a)
    for s, i in zip(shifts, axes):
        i = _axis(i, node.ndim)
        n = node.shape[i]
        s = s % n if n else 0
        if s:
            whole = [(0, d, 1) for d in node.shape]
            tail = slice_(node, whole[:i] + [(n - s, s, 1)] + whole[i + 1 :])
            head = slice_(node, whole[:i] + [(0, n - s, 1)] + whole[i + 1 :])
            node = _concatenate([tail, head], i)
    return T(node)


def _roll_by(a, shift, axis):
    """np.roll by traced numbers: a gather along each axis."""
    if shift.dtype.kind not in "iu":
        raise TypeError(f"roll: shift must be integers, got {shift.dtype}")
    axes = axis if np.iterable(axis) else (axis,)
    shifts = np.broadcast_to(shift, np.broadcast_shapes(shift.shape, (len(axes),)))
    axes = axes if len(axes) == shifts.size else (axes[0],) * shifts.size
    for k, i in enumerate(axes):
        n = np.shape(a)[i]
        if n:
            a = np.take(a, (np.arange(n) - shifts[k]) % n, axis=i)
    return a


@implements(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    a, b = axes
    ndim = np.ndim(m)
    if a == b or builtins.abs(a - b) == ndim:
        raise ValueError("Axes must be different.")
    if not (-ndim <= a < ndim and -ndim <= b < ndim):
        raise ValueError(f"Axes={tuple(axes)} out of range for array of ndim={ndim}.")
    k %= 4
    if k == 0:
        return m[...]
    if k == 2:
        return flip(flip(m, a), b)
    return swapaxes(flip(m, b), a, b) if k == 1 else flip(swapaxes(m, a, b), b)


@implements(np.copy)
def copy(a, order="K", subok=False):
    return T(to_node(a))


@implements(np.astype)
def astype(x, dtype, /, *, copy=True, device=None):
    dtype = np.dtype(dtype)
    if dtype.char not in SUPPORTED:
        raise TypeError(
            f"astype({dtype}) of a traced array: wanted bool, an integer, float32, float64, complex64 or complex128"
        )
    node = to_node(x)
    if node.dtype.kind == "c" and dtype.kind not in "bc":
        discard_imaginary()
    return T(ew.convert(node, dtype))

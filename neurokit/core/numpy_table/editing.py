"""Writing into traced arrays and choosing among them: put, place, copyto, select, insert, delete."""

import numpy as np

from ..errors import TraceError
from ..graph import BOOL, INT64, literal
from ..primitives import elementwise as ew
from ..trace.tracer import Tracer, broadcast_value, to_node
from ..trace.ufuncs import as_dtype
from .base import T, _axis, _deliver, _shape, guard, implements, into_type, known, order_letter
from .choices import where as _where
from .selection import picked


def _target(a, name):
    if not isinstance(a, Tracer):
        raise TraceError(
            f"np.{name} into a plain array would drop the derivative: make the array with "
            f"nk.zeros(shape, like=t)"
        )
    return a


@implements(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    _target(dst, "copyto")
    src = to_node(src)
    weak = src.weak is not None and src.prim.name == "literal"
    if not (weak or np.can_cast(src.dtype, dst.dtype, casting)):
        raise TypeError(
            f"Cannot cast array data from {src.dtype!r} to {dst.dtype!r} according to the rule '{casting}'"
        )
    value = T(broadcast_value(as_dtype(src, dst.dtype), dst.shape))
    dst[...] = value if where is True else _where(where, value, dst)


def _flat_write(a, places, values):
    """a.flat[places] = values, the last of several writes to one place staying."""
    if a.ndim == 1:
        a[places] = values
    elif a.size:
        if isinstance(places, Tracer):
            places = _where(places < 0, places + a.size, places)
        a[unravel_index(places, a.shape)] = values


def _cycled(values, n):
    """`values` flattened, repeated or cut to n elements."""
    values = np.ravel(T(to_node(values)))
    return np.take(values, np.arange(n) % values.size) if values.size != n else values


@implements(np.put)
def put(a, ind, v, mode="raise"):
    _target(a, "put")
    places = np.ravel(T(to_node(ind)))
    if not places.size or not np.size(v):
        return
    places = _in_range(places.astype(np.int64), a.size, mode)
    _flat_write(a, places, _cycled(v, places.size).astype(a.dtype))


def _in_range(index, n, mode):
    if mode == "wrap":
        return index % n
    if mode == "clip":
        return np.clip(index, 0, n - 1)
    if mode != "raise":
        raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
    return index


@implements(np.putmask)
def putmask(a, /, mask, values):
    _target(a, "putmask")
    mask = T(to_node(mask))
    if mask.size != a.size:
        raise ValueError("putmask: mask and data must be the same size")
    if not np.size(values):
        return
    if not isinstance(values, (Tracer, np.ndarray, np.generic)):
        values = into_type(values, a.dtype)
    values = T(to_node(values))
    _check_safe(values, a)
    a[...] = _where(
        mask.reshape(a.shape), _cycled(values, a.size).reshape(a.shape).astype(a.dtype), a
    )


def _check_safe(values, target):
    if not np.can_cast(values.dtype, target.dtype, "safe"):
        raise TypeError(
            f"Cannot cast array data from {values.dtype!r} to {target.dtype!r} according to the rule 'safe'"
        )


@implements(np.place)
def place(arr, mask, vals):
    _target(arr, "place")
    if not isinstance(vals, (Tracer, np.ndarray, np.generic)):
        vals = into_type(vals, arr.dtype)
    mask, vals = np.ravel(T(to_node(mask))).astype(bool), np.ravel(T(to_node(vals)))
    if mask.size != arr.size:
        raise ValueError("place: mask and data must be the same size")
    if not vals.size:  # as nothing is put anywhere, this is an error only where the mask holds
        wanted = np.any(mask)
        if not wanted.abstract and bool(wanted):
            raise ValueError("Cannot insert from an empty array!")
        arr[...] = guard(arr, wanted)
        return
    number = np.cumsum(mask.astype(np.int64)) - 1
    _check_safe(vals, arr)
    chosen = np.take(vals, np.maximum(number, 0) % vals.size).astype(arr.dtype)
    arr[...] = _where(mask.reshape(arr.shape), chosen.reshape(arr.shape), arr)


@implements(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    _target(a, "fill_diagonal")
    if a.ndim < 2:
        raise ValueError("array must be at least 2-d")
    end = None
    if a.ndim == 2:
        step = a.shape[1] + 1
        if not wrap:
            end = a.shape[1] * a.shape[1]
    else:
        if len(set(a.shape)) > 1:
            raise ValueError("All dimensions of input must be of equal length")
        step = 1 + sum(a.shape[0] ** k for k in range(1, a.ndim))
    places = np.arange(a.size)[:end:step]
    if places.size:
        _flat_write(a, places, _cycled(val, places.size).astype(a.dtype))


@implements(np.put_along_axis)
def put_along_axis(arr, indices, values, axis=-1):
    _target(arr, "put_along_axis")
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    arr[along_axis(arr.shape, indices, axis)] = values


def along_axis(shape, indices, axis):
    """The index expression of take_along_axis and put_along_axis."""
    axis = _axis(axis, len(shape))
    if np.ndim(indices) != len(shape):
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    key = []
    for i, d in enumerate(shape):
        wide = [1] * len(shape)
        wide[i] = d
        key.append(indices if i == axis else np.arange(d).reshape(wide))
    return tuple(key)


# ---------------------------------------------------------------------------- choosing


@implements(np.choose)
def choose(a, choices, out=None, mode="raise"):
    choices = list(choices)
    index = T(to_node(a))
    if index.dtype.kind not in "biu":
        raise TypeError(
            f"Cannot cast array data from {index.dtype!r} to int64 according to the rule 'safe'"
        )
    n = len(choices)
    shape = np.broadcast_shapes(index.shape, *[np.shape(c) for c in choices])
    index = _in_range(index.astype(np.int64), n, mode)
    if mode == "raise":
        bad = np.any((index < 0) | (index >= n))
        if not index.abstract and bool(bad):
            raise ValueError("invalid entry in choice array")
        index = guard(index, bad)
    nodes = [to_node(c) for c in choices]
    dtype = np.result_type(*[n.weak(0) if n.weak else n.dtype for n in nodes])
    result = as_dtype(nodes[0], dtype)
    for i, node in enumerate(nodes[1:], 1):
        result = ew.select(to_node(index == i), as_dtype(node, dtype), result)
    return _deliver(np.broadcast_to(T(result), shape), out)


@implements(np.select)
def select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not condlist:
        raise ValueError("select with an empty condition list is not possible")
    nodes = [to_node(c) for c in (*choicelist, default)]
    dtype = np.result_type(*[n.weak(0) if n.weak else n.dtype for n in nodes])
    for i, c in enumerate(condlist):
        if to_node(c).dtype != BOOL:
            raise TypeError(f"invalid entry {i} in condlist: should be boolean ndarray")
    shape = np.broadcast_shapes(*[np.shape(c) for c in condlist], *[n.shape for n in nodes])
    result = T(as_dtype(nodes[-1], dtype))
    for c, node in reversed(list(zip(condlist, nodes))):
        result = _where(c, T(as_dtype(node, dtype)), result)
    return np.broadcast_to(result, shape)


@implements(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    """Every function sees all of x; the conditions choose among the results."""
    x = T(to_node(x))
    listed = isinstance(condlist, (list, tuple)) or np.ndim(condlist)
    first = condlist[0] if listed else None
    if first is None or not isinstance(first, (list, np.ndarray, Tracer)) and x.ndim:
        condlist = [condlist]
    conditions = [T(to_node(c)).astype(bool) for c in condlist]
    n = len(conditions)
    if n == len(funclist) - 1:
        other = ~conditions[0]
        for c in conditions[1:]:
            other = other & ~c
        conditions.append(other)
    elif n != len(funclist):
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    result = np.zeros_like(x)
    for c, f in zip(conditions, funclist):
        value = f(x, *args, **kw) if callable(f) else f
        result = _where(c, T(to_node(value)).astype(x.dtype), result)
    return result


# ---------------------------------------------------------------------------- inserting, deleting


_STATIC = "keep the places static: plain integers, slices or index arrays"


def _one_place(obj):
    """Whether `obj` is one place whose value is not known yet: the shape of the result is."""
    return isinstance(obj, Tracer) and obj.abstract and obj.ndim == 0 and obj.dtype.kind in "iu"


def _place(obj, n, last):
    """One traced place in an axis of length n, counted from the front; beyond `last` stops the run."""
    obj = obj.astype(np.int64)
    return guard(np.where(obj < 0, obj + n, obj), (obj < -n) | (obj > last))


def _places(obj, what):
    """A slice, or places as a plain array; an empty list has no type of its own and counts as integers."""
    if isinstance(obj, slice):
        return obj
    places = known(obj, what, _STATIC)
    untyped = not places.size and not isinstance(obj, (Tracer, np.ndarray))
    return places.astype(np.int64) if untyped else places


@implements(np.delete)
def delete(arr, obj, axis=None):
    arr = T(to_node(arr))
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = _axis(axis, arr.ndim)
    if _one_place(obj):
        n = arr.shape[axis]
        place = np.arange(n - 1)
        return np.take(arr, place + (place >= _place(obj, n, n - 1)), axis)
    obj = _places(obj, "np.delete")
    return picked([arr], np.delete(np.arange(arr.shape[axis]), obj), axis)


@implements(np.insert)
def insert(arr, obj, values, axis=None):
    arr = T(to_node(arr))
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = _axis(axis, arr.ndim)
    values = into_type(values, arr.dtype)
    values = values.reshape((1,) * (arr.ndim - values.ndim) + values.shape)
    n = arr.shape[axis]
    if _one_place(obj) and values.shape[0] == 1:
        here, place = _place(obj, n, n), np.arange(n + 1)
        around = np.take(arr, np.clip(place - (place > here), 0, max(n - 1, 0)), axis)
        column = (place == here).reshape([-1 if i == axis else 1 for i in range(arr.ndim)])
        return np.where(column, np.moveaxis(values, 0, axis), around)
    obj = _places(obj, "np.insert")
    if isinstance(obj, slice):
        k = len(range(*obj.indices(n)))
    else:
        k = obj.sum() if obj.dtype == bool else obj.size
        if obj.ndim == 0:
            values = np.moveaxis(values, 0, axis)
        if k == 1:
            k = values.shape[axis]
    shape = list(arr.shape)
    shape[axis] = int(k)
    new = np.broadcast_to(values, shape)
    single = not isinstance(obj, slice) and obj.size == 1
    marks = np.arange(n, n + k)
    order = np.insert(np.arange(n), obj.reshape(())[()] if single else obj, marks)
    return picked([arr, T(to_node(new))], order, axis)


@implements(np.resize)
def resize(a, new_shape):
    shape = _shape(new_shape)
    if any(d < 0 for d in shape):
        raise ValueError("all elements of `new_shape` must be non-negative")
    flat = np.ravel(T(to_node(a)))
    n = int(np.prod(shape))
    if not flat.size:
        return np.broadcast_to(T(literal(0, flat.dtype)), shape)
    return np.take(flat, np.arange(n) % flat.size).reshape(shape)


# ---------------------------------------------------------------------------- index arithmetic


@implements(np.unravel_index)
def unravel_index(indices, shape, order="C"):
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if not isinstance(indices, Tracer):
        return np.unravel_index(indices, shape, order)
    if indices.dtype.kind not in "iu":
        raise TypeError("only int indices permitted")
    size = int(np.prod(shape))
    rest = _checked(indices.astype(np.int64), size, "indices out of bounds")
    out = []
    rows = _row_order(order)
    for d in reversed(shape) if rows else shape:
        out.append(rest % d)
        rest = rest // d
    return tuple(reversed(out)) if rows else tuple(out)


def _row_order(order):
    """Whether the last index runs fastest."""
    letter = order_letter(order)
    if letter not in ("C", "F"):
        raise ValueError("only 'C' or 'F' order is permitted")
    return letter == "C"


def _checked(index, n, message):
    bad = np.any((index < 0) | (index >= n))
    if not index.abstract and bool(bad):
        raise ValueError(message)
    return guard(index, bad)


@implements(np.ravel_multi_index)
def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    dims = (dims,) if isinstance(dims, (int, np.integer)) else tuple(dims)
    parts = [T(to_node(i)) for i in multi_index]
    if len(parts) != len(dims):
        raise ValueError(f"parameter multi_index must be a sequence of length {len(dims)}")
    modes = (mode,) * len(dims) if isinstance(mode, str) else tuple(mode)
    total = T(literal(0, INT64))
    pairs = list(zip(parts, dims, modes))
    for index, d, m in pairs if _row_order(order) else reversed(pairs):
        if index.dtype.kind not in "biu":
            raise TypeError("only int indices permitted")
        index = index.astype(np.int64)
        index = (
            _checked(index, d, "invalid entry in coordinates array")
            if m == "raise"
            else _in_range(index, d, m)
        )
        total = total * d + index
    return total

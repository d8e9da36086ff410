"""np.pad in all of its modes."""

import operator

import numpy as np

from ..errors import TraceError
from ..primitives.shaping import broadcast, slice_update
from ..trace.tracer import Tracer, to_node
from .base import T, implements, into_type
from .selection import picked

_OPTIONS = {  # mode: what it takes besides the width
    "constant": {"constant_values": 0},
    "edge": {},
    "empty": {},
    "wrap": {},
    "linear_ramp": {"end_values": 0},
    "reflect": {"reflect_type": "even"},
    "symmetric": {"reflect_type": "even"},
    "maximum": {"stat_length": None},
    "minimum": {"stat_length": None},
    "mean": {"stat_length": None},
    "median": {"stat_length": None},
}
_STATISTICS = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


def _pairs(value, ndim):
    """`value` as a (before, after) pair per axis; entries may be traced where it is not an array."""
    if isinstance(value, dict):
        pairs = [(0, 0)] * ndim
        for axis, width in value.items():
            pairs[axis] = tuple(width) if np.ndim(width) else (width, width)
        return pairs
    if isinstance(value, Tracer):
        value = np.broadcast_to(value, (ndim, 2))
        return [(value[i, 0], value[i, 1]) for i in range(ndim)]
    if value is None:
        return [(None, None)] * ndim
    return [tuple(row) for row in np.broadcast_to(np.asarray(value), (ndim, 2)).tolist()]


@implements(np.pad)
def pad(array, pad_width, mode="constant", **kwargs):
    if callable(mode):
        raise TraceError("np.pad with a function has no traced form: np.concatenate the parts")
    if mode not in _OPTIONS:
        raise ValueError(f"mode '{mode}' is not supported")
    unknown = set(kwargs) - set(_OPTIONS[mode])
    if unknown:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {unknown}")
    options = {**_OPTIONS[mode], **kwargs}
    result = T(to_node(array))
    widths = _pairs(pad_width, result.ndim)
    for before, after in widths:
        if operator.index(before) < 0 or operator.index(after) < 0:
            raise ValueError("index can't contain negative values")
    name, option = next(iter(options.items()), (None, None))
    pairs = _pairs(option, result.ndim) if name not in (None, "reflect_type") else widths
    fill = _one_fill(mode, pairs)
    if fill is not None:
        return _framed(result, widths, fill)
    for axis, width in enumerate(widths):
        if any(width):
            result = _pad_axis(result, axis, width, mode, pairs[axis], option)
    return result


def _one_fill(mode, pairs):
    """The value of all new elements, where it is one plain number; else None."""
    if mode == "empty":
        return 0
    values = [v for pair in pairs for v in pair]
    if mode != "constant" or not values or any(isinstance(v, Tracer) for v in values):
        return None
    return values[0] if all(v == values[0] for v in values) else None


def _number(value, dtype):
    """A constant in the type of the array: whole numbers wrap, others must fit."""
    if isinstance(value, (int, np.integer)):
        value = np.asarray(value).astype(dtype)
    return into_type(value, dtype)


def _framed(x, widths, fill):
    node, fill = x.node, _number(fill, x.dtype).node
    if not any(map(any, widths)):
        return x
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, widths))
    frame = broadcast(fill, shape)
    spec = [(before, n, 1) for n, (before, _) in zip(x.shape, widths)]
    return T(slice_update(frame, node, spec))


def _pad_axis(x, axis, width, mode, pair, option):
    """Both ends of one axis."""
    n = x.shape[axis]

    def part(*bounds):
        key = [slice(None)] * x.ndim
        key[axis] = slice(*bounds)
        return x[tuple(key)]

    if mode not in ("constant", "empty") and not n:
        raise ValueError(
            f"can't extend empty axis using modes other than 'constant' or 'empty' (mode {mode!r})"
        )
    if mode in ("edge", "wrap", "reflect", "symmetric"):
        if option == "odd":
            return np.moveaxis(_odd(np.moveaxis(x, axis, -1), width, mode), -1, axis)
        return picked([x], np.pad(np.arange(n), width, mode=mode), axis)
    ends = []
    for k, (w, value) in enumerate(zip(width, pair)):
        shape = tuple(w if i == axis else d for i, d in enumerate(x.shape))
        if mode in ("constant", "empty"):
            fill = _number(0 if mode == "empty" else value, x.dtype)
            ends.append(np.broadcast_to(fill, shape))
            continue
        if mode == "linear_ramp":
            edge = np.squeeze(part(1) if k == 0 else part(n - 1, n), axis)
            ramp = np.linspace(value, edge, w, endpoint=False, dtype=x.dtype, axis=axis)
            ends.append(ramp if k == 0 else np.flip(ramp, axis))
            continue
        length = n if value is None else min(operator.index(value), n)
        if length < 1 and mode in ("maximum", "minimum"):
            raise ValueError("stat_length of 0 yields no value for padding")
        seen = part(length) if k == 0 else part(n - length, n)
        fill = _STATISTICS[mode](seen, axis, keepdims=True)
        if x.dtype.kind in "iu" and mode in ("mean", "median"):
            fill = np.rint(fill)
        ends.append(np.broadcast_to(fill.astype(x.dtype), shape))
    return np.concatenate([ends[0], x, ends[1]], axis)


def _odd(x, width, mode):
    """Reflection of the last axis through the point at the edge rather than the axis there."""
    before, after = width
    ahead = np.flip(_beyond(np.flip(x, -1), before, mode), -1)
    return np.concatenate([ahead, x, _beyond(x, after, mode)], -1)


def _beyond(x, count, mode):
    """`count` elements after the end. With a period p: f(i + p) = f(i) + rise, with rise twice the
    difference of the edges; the edges count where they are needed, for they may be infinite.
    """
    n = x.shape[-1]
    period = 2 * n if mode == "symmetric" else max(2 * n - 2, 1)
    turns, place = np.divmod(np.arange(n, n + count), period)
    if mode == "reflect" and n > 1:  # the first element again belongs to the way back
        turns, place = np.where(place == 0, turns - 1, turns), np.where(place == 0, period, place)
    back = place >= n
    seen = np.take(x, np.where(back, period - place - (mode == "symmetric"), place), -1)
    first, last = x[..., :1], x[..., -1:]
    value = np.where(back, 2 * last - seen, seen)
    return np.where(turns == 0, value, value + turns.astype(x.dtype) * (2 * (last - first)))

"""Elements picked by indices, diagonals, triangles, padding."""

import builtins
import math

import numpy as np

from ..graph import INT64
from ..primitives import elementwise as ew
from ..primitives.indexing import diagonal as _diagonal
from ..primitives.indexing import take as _take_rows
from ..primitives.shaping import full as _full
from ..primitives.shaping import iota
from ..primitives.shaping import reshape as _reshape
from ..trace.tracer import Tracer, to_node
from ..views import View, c_strides
from .base import T, _along, _axis, _deliver, implements
from .choices import where
from .filled import zeros_like
from .reductions import sum
from .shapes import _read_only, broadcast_arrays, concatenate, ravel, reshape


@implements(np.take)
def take(a, indices, axis=None, out=None, mode="raise"):
    mode = "raise" if mode is None else mode
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    if axis is None:
        a, axis = ravel(a), 0
    a, axis = _along(a, axis)
    node = to_node(a)
    index = to_node(indices)
    if index.dtype.kind not in "iu":
        raise TypeError(f"np.take: indices must be integers, got {index.dtype}")
    index = ew.convert(index, INT64)
    before, after = node.shape[:axis], node.shape[axis + 1 :]
    unseen = mode != "raise" or not math.prod(before) or not index.size  # NumPy looks at no index
    if unseen and not math.prod(before + index.shape + after):
        return _deliver(T(_full(before + index.shape + after, 0, node.dtype)), out)
    if mode != "raise":
        n = node.shape[axis]
        index = to_node(np.clip(T(index), 0, n - 1) if mode == "clip" else T(index) % n)
    rows = _reshape(index, (index.size,))
    packed = _reshape(node, (math.prod(before), node.shape[axis], math.prod(after)))
    return _deliver(T(_reshape(_take_rows(packed, rows), before + index.shape + after)), out)


_MANY = 16  # runs, beyond which places are gathered


def picked(sources, order, axis):
    """What np.take gets from the `sources` side by side, at places known while tracing, 0 and up.

    Where the places are few runs of neighbours, forwards, backwards or repeated, their slices are joined.
    """
    order = np.asarray(order, np.int64)
    borders = np.cumsum([0] + [x.shape[axis] for x in sources])
    runs = _runs(order, borders)
    if runs is None:
        whole = concatenate(sources, axis) if len(sources) > 1 else sources[0]
        return take(whole, order, axis)
    parts = []
    for first, n, step in runs:
        k = int(np.searchsorted(borders, first, "right")) - 1
        first -= int(borders[k])
        key = [slice(None)] * sources[k].ndim
        end = first - n if step < 0 else first + (n if step else 1)
        key[axis] = slice(first, end if end >= 0 else None, step or 1)
        part = sources[k][tuple(key)]
        shape = [n if i == axis else d for i, d in enumerate(part.shape)]
        parts.append(part if step else np.broadcast_to(part, shape))
    return concatenate(parts, axis) if len(parts) > 1 else parts[0]


def _runs(order, borders):
    """`order` as runs (first, length, step -1, 0 or 1), none of which crosses a border; None if many."""
    if not order.size:
        return None
    source = np.searchsorted(borders, order, "right")
    step = np.diff(order)
    step = np.where((np.abs(step) > 1) | (np.diff(source) != 0), 2, step)  # 2: no run goes on here
    if np.count_nonzero(np.diff(step)) > 2 * _MANY:
        return None
    ends = np.append(np.flatnonzero(np.diff(step)), step.size - 1)  # of stretches of equal steps
    runs, at = [], 0
    for end in ends.tolist() if step.size else []:
        if step[end] == 2:
            runs += [(int(order[i]), 1, 1) for i in range(at, min(end + 1, at + _MANY))]
            at = end + 1
        elif at <= end:
            runs.append((int(order[at]), end + 2 - at, int(step[end])))
            at = end + 2
    if at < order.size:
        runs.append((int(order[at]), 1, 1))
    return runs if len(runs) <= _MANY else None


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


@implements(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    i, j = _axis(axis1, np.ndim(a)), _axis(axis2, np.ndim(a))
    node = _diagonal(to_node(a), offset, i, j)
    if not isinstance(a, Tracer):
        return T(node)
    strides = tuple(
        16 * s for s in c_strides(node.shape, node.dtype)
    )  # apart, as those of a diagonal
    layout = View(0, node.dtype, 0, node.shape, strides)
    return Tracer(node, a, lambda n: _diagonal(n, offset, i, j), _read_only, layout)


@implements(np.diag)
def diag(v, k=0):
    node = to_node(v)
    if node.ndim not in (1, 2):
        raise ValueError("Input must be 1- or 2-d.")
    if node.ndim == 2:
        return diagonal(v, k)
    n = node.shape[0] + builtins.abs(k)
    flat = T(_full((n * n,), 0, node.dtype))
    start = k if k >= 0 else -k * n
    flat[start : start + node.shape[0] * (n + 1) : n + 1] = T(node)
    return reshape(flat, (n, n))


@implements(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    return sum(diagonal(a, offset, axis1, axis2), -1, dtype=dtype, out=out)


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


@implements(np.repeat)
def repeat(a, repeats, axis=None):
    if axis is None:
        a, axis = ravel(a), 0
    a, axis = _along(a, axis)
    counts = np.broadcast_to(np.asarray(repeats), (np.shape(a)[axis],))
    return take(a, np.repeat(np.arange(np.shape(a)[axis]), counts), axis)

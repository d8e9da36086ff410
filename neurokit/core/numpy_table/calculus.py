"""Sequences and fields: differences, gradients, convolution, covariance, cross products, phases."""

import math

import numpy as np

from ..graph import BOOL
from ..primitives.correlating import between_zeros, turned
from ..primitives.correlating import correlate as _correlate
from ..primitives.shaping import reshape as _reshape
from ..trace.tracer import to_node
from .base import T, _axis, _full_tracer, _shape, holds_traced, implements
from .products import _alike
from .shapes import _listed


@implements(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    ary = np.ravel(T(to_node(ary)))
    parts = []
    for x in (to_begin, ary[1:] - ary[:-1], to_end):
        if x is not None:
            x = np.ravel(T(to_node(x)))
            if not np.can_cast(x.dtype, ary.dtype, "same_kind"):
                raise TypeError(
                    "dtype of `to_end` or `to_begin` must be compatible with input `ary`"
                )
            parts.append(x.astype(ary.dtype))
    return np.concatenate(parts)


@implements(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    f = T(to_node(f))
    if f.dtype == BOOL and f.ndim:
        raise TypeError("numpy boolean subtract, the `-` operator, is not supported")
    if f.dtype.kind not in "fc":
        f = f.astype(np.float64)
    if axis is None:
        axes = tuple(range(f.ndim))
    else:
        axes = axis if np.iterable(axis) else (axis,)
        axes = tuple(_axis(i, f.ndim) for i in axes)
        if len(set(axes)) != len(axes):
            raise ValueError("repeated axis")
    if len(varargs) not in (0, 1, len(axes)) or (
        len(varargs) == 1 and np.ndim(varargs[0]) > 0 and len(axes) > 1
    ):
        raise TypeError("invalid number of arguments")
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    steps = list(varargs) or [1.0]
    steps = steps * len(axes) if len(steps) == 1 else steps
    result = tuple(_slope(f, h, i, edge_order) for h, i in zip(steps, axes))
    return result[0] if len(axes) == 1 else result


def _slope(f, h, axis, edge_order):
    """The derivative of f along one axis, h a step or the coordinates."""
    n = f.shape[axis]
    if n < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, "
            "at least (edge_order + 1) elements are required."
        )
    y = np.moveaxis(f, axis, -1)
    if np.ndim(h) > 1:
        raise ValueError("distances must be either scalars or 1d")
    if np.ndim(h) == 1:
        if np.shape(h)[0] != n:
            raise ValueError(
                "when 1d, distances must match the length of the corresponding dimension"
            )
        d = np.diff(h)
        if not np.issubdtype(d.dtype, np.inexact):
            d = d.astype(np.float64)
        first, second, last, before = (
            d[0],
            d[1] if n > 2 else d[0],
            d[-1],
            d[-2] if n > 2 else d[-1],
        )
        a, b = d[:-1], d[1:]
        inner = (
            -b / (a * (a + b)) * y[..., :-2]
            + (b - a) / (a * b) * y[..., 1:-1]
            + a / (b * (a + b)) * y[..., 2:]
        )
        uniform = bool(np.all(d == d[0])) if isinstance(d, np.ndarray) else False
        if uniform:
            inner = (y[..., 2:] - y[..., :-2]) / (2.0 * d[0])
    else:
        first = second = last = before = h
        inner = (y[..., 2:] - y[..., :-2]) / (2.0 * h)
    if edge_order == 1:
        left = (y[..., 1] - y[..., 0]) / first
        right = (y[..., -1] - y[..., -2]) / last
    else:
        left = _edge(y[..., 0], y[..., 1], y[..., 2], first, second)
        right = -_edge(y[..., -1], y[..., -2], y[..., -3], last, before)
    dtype = f.dtype
    parts = [left[..., None].astype(dtype), inner.astype(dtype), right[..., None].astype(dtype)]
    return np.moveaxis(np.concatenate(parts, -1), -1, axis)


def _edge(y0, y1, y2, d1, d2):
    """Second-order one-sided derivative at y0, with the steps to y1 and from there to y2."""
    total = d1 + d2
    return -(2.0 * d1 + d2) / (d1 * total) * y0 + total / (d1 * d2) * y1 - d1 / (d2 * total) * y2


@implements(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    x = T(to_node(x))
    windows = _shape(window_shape)
    axes = range(x.ndim) if axis is None else _listed(axis, x.ndim)
    if len(windows) != len(axes):
        raise ValueError("Must provide matching length window_shape and axis")
    for w, i in zip(windows, axes):
        n = x.shape[i] - w + 1
        if w < 0:
            raise ValueError("window_shape cannot contain negative values")
        if n < 1:
            raise ValueError("window shape cannot be larger than input array shape")
        x = np.moveaxis(np.take(x, np.arange(n)[:, None] + np.arange(w), i), i + 1, -1)
    return x


_MODES = {0: "valid", 1: "same", 2: "full", "v": "valid", "s": "same", "f": "full"}


def _sliding(a, v, mode, late=False):
    """The sums of a[i] v[k - i]: for all k, for as many as the longer has, or where the shorter is inside.

    `late`: of two middles, for an even number of elements, the one that lies later.
    """
    mode = _MODES.get(mode, mode)
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    if a.shape[0] < v.shape[0]:
        a, v = v, a
    n, m = a.shape[0], v.shape[0]
    first, count = {
        "full": (0, n + m - 1),
        "same": (m // 2 if late else (m - 1) // 2, n),
        "valid": (m - 1, n - m + 1),
    }[mode]
    x, h = (_reshape(to_node(t), (1, t.shape[0])) for t in (a, v))
    zeros = m - 1 - first, first + count - n
    return T(_reshape(_correlate(between_zeros(x, *zeros), turned(h), zeros), (count,)))


def _sequences(a, v):
    a, v = (np.atleast_1d(T(x)) for x in _alike(a, v))
    if a.ndim != 1 or v.ndim != 1:
        raise ValueError("object too deep for desired array")
    for x, name in ((a, "a"), (v, "v")):
        if not x.shape[0]:
            raise ValueError(f"{name} cannot be empty")
    return a, v


@implements(np.convolve)
def convolve(a, v, mode="full"):
    return _sliding(*_sequences(a, v), mode)


@implements(np.correlate)
def correlate(a, v, mode="valid"):
    a, v = _sequences(a, v)
    back = (np.conj(v) if v.dtype.kind == "c" else v)[::-1]
    return _sliding(a, back, mode, late=a.shape[0] < v.shape[0])


@implements(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = T(to_node(a)), T(to_node(b))
    if a.ndim < 1 or b.ndim < 1:
        raise ValueError("At least one array has zero dimension")
    a = np.moveaxis(a, _axis(axisa, a.ndim), -1)
    b = np.moveaxis(b, _axis(axisb, b.ndim), -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError(
            f"Both input arrays must be (arrays of) 3-dimensional vectors, but they are "
            f"{a.shape[-1]} and {b.shape[-1]} dimensional instead."
        )
    (a0, a1), (b0, b1) = (a[..., 0], a[..., 1]), (b[..., 0], b[..., 1])
    last = a0 * b1 - a1 * b0
    if a.shape[-1] == b.shape[-1] == 2:
        return last
    a2 = a[..., 2] if a.shape[-1] == 3 else None
    b2 = b[..., 2] if b.shape[-1] == 3 else None
    if a2 is None:
        parts = [a1 * b2, -(a0 * b2), last]
    elif b2 is None:
        parts = [-(a2 * b1), a2 * b0, last]
    else:
        parts = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, last]
    return np.moveaxis(np.stack(parts, -1), -1, _axis(axisc, last.ndim + 1))


if hasattr(np.linalg, "cross"):

    @implements(np.linalg.cross)
    def linalg_cross(x1, x2, /, *, axis=-1):
        x1, x2 = T(to_node(x1)), T(to_node(x2))
        if x1.shape[_axis(axis, x1.ndim)] != 3 or x2.shape[_axis(axis, x2.ndim)] != 3:
            raise ValueError("Both input arrays must be (arrays of) 3-dimensional vectors")
        return cross(x1, x2, axis=axis)


@implements(np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * math.pi):
    p = T(to_node(p))
    step = np.diff(p, axis=axis)
    discont = period / 2 if discont is None else discont
    dtype = np.result_type(
        step.dtype, np.asarray(period) if not isinstance(period, (int, float)) else period
    )
    if dtype.kind in "iu":
        high, rest = divmod(period, 2)
        boundary = rest == 0
    else:
        high, boundary = period / 2, True
    low = -high
    wrapped = np.mod(step - low, period) + low
    if boundary:
        wrapped = np.where((wrapped == low) & (step > 0), high, wrapped)
    correct = np.where(np.abs(step) < discont, 0, wrapped - step)
    axis = _axis(axis, p.ndim)
    first, rest = [slice(None)] * p.ndim, [slice(None)] * p.ndim
    first[axis], rest[axis] = slice(0, 1), slice(1, None)
    moved = p[tuple(rest)] + np.cumsum(correct, axis)
    return np.concatenate([p[tuple(first)].astype(dtype), moved.astype(dtype)], axis)


@implements(np.i0)
def i0(x):
    from ..primitives.special import COMPOSITES, in_type

    x = T(to_node(x))
    if x.dtype.kind == "c":
        raise TypeError("i0 not supported for complex values")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    return in_type("i0", COMPOSITES["i0"], x)


# ---------------------------------------------------------------------------- covariance


@implements(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    data = [T(to_node(v)) for v in (m, y) if v is not None]
    for name, v in zip("my", data):
        if v.ndim > 2:
            raise ValueError(f"{name} has more than 2 dimensions")
    dtype = np.dtype(dtype or np.result_type(*(v.dtype for v in data), np.float64))
    x = np.atleast_2d(data[0])
    if not rowvar and data[0].ndim != 1:
        x = x.T
    if x.shape[0] == 0:
        return _full_tracer((0, 0), 0, np.dtype(np.float64))
    if dtype.kind not in "fc":
        raise TypeError(f"cov: dtype must be floating-point or complex, got {dtype}")
    x = x.astype(dtype)
    if y is not None:
        y = np.atleast_2d(data[1]).astype(dtype)
        x = np.concatenate([x, y.T if not rowvar and y.shape[0] != 1 else y], 0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None
    if fweights is not None:
        w = T(to_node(fweights))
        if w.dtype.kind not in "biu":
            if holds_traced(fweights) or np.any(fweights != np.around(fweights)):
                raise TypeError("fweights must be integer")
    if aweights is not None:
        aweights = T(to_node(aweights)).astype(np.float64)
        w = aweights if w is None else w * aweights
    if w is not None and (w.ndim > 1 or w.shape[0] != x.shape[1]):
        raise ValueError("incompatible numbers of samples and weights")
    total = float(x.shape[1]) if w is None else np.sum(w)
    mean = np.mean(x, 1) if w is None else np.sum(x * w, 1) / total
    if w is None:
        left = total - ddof
    elif ddof == 0:
        left = total
    elif aweights is None:
        left = total - ddof
    else:
        left = total - ddof * np.sum(w * aweights) / total
    # a plain number of degrees of freedom is weak: it leaves a float32 result float32
    left = max(left, 0.0) if w is None else np.maximum(left, 0.0)
    x = (x - mean[:, None]).astype(dtype)
    product = x @ np.conj((x if w is None else x * w).T)
    return np.squeeze(np.true_divide(product, left))


@implements(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    scale = np.sqrt(np.real(np.diagonal(c)))
    c = c / scale[:, None] / scale[None, :]
    if c.dtype.kind == "c":
        return np.clip(c.real, -1, 1) + 1j * np.clip(c.imag, -1, 1)
    return np.clip(c, -1, 1)

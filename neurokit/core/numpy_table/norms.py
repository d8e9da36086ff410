"""Norms and condition numbers, and the vector functions of np.linalg, on traced arrays.

A norm of zero has the derivative zero.
"""

import numpy as np
from numpy.linalg import LinAlgError

from ..primitives.linalg import solving
from ..primitives.linalg.parts import largest, real
from ..trace.tracer import to_node
from .base import T, _axis, implements
from .linalg import _common, _real_of, _square, svd
from .selection import diagonal as _diagonal


def _float(x):
    x = T(to_node(x))
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def _root(total, power=0.5):
    """total ** power, whose derivative at 0 is taken as 0."""
    zero = total == 0
    safe = np.where(zero, 1, total)
    return np.where(zero, 0, np.sqrt(safe) if power == 0.5 else safe**power)


def _euclidean(x, axes, keepdims=False):
    if x.dtype.kind == "f" and len(np.atleast_1d(axes)) == x.ndim:
        flat = x.ravel()
        total = np.dot(flat, flat)
        return _root(total.reshape((1,) * x.ndim) if keepdims else total)
    square = x * x if x.dtype.kind == "f" else real(x * np.conjugate(x))
    return _root(square.sum(axes, keepdims=keepdims))


@implements(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    x = _float(x)
    if axis is None:
        plain = ord is None or ord in ("f", "fro") and x.ndim == 2 or ord == 2 and x.ndim == 1
        if plain:
            return _euclidean(x, tuple(range(x.ndim)), keepdims)
        axis = tuple(range(x.ndim))
    elif not isinstance(axis, tuple):
        try:
            axis = (int(axis),)
        except Exception as error:
            raise TypeError("'axis' must be None, an integer or a tuple of integers") from error
    axes = tuple(_axis(a, x.ndim) for a in axis)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    if axes[0] == axes[1]:
        raise ValueError("Duplicate axes given.")
    result = _matrix_norm(x, ord, *axes)
    if keepdims:
        result = result.reshape([1 if i in axes else d for i, d in enumerate(x.shape)])
    return result


def _vector_norm(x, ord, axis, keepdims):
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    if ord is None or ord == 2:
        return _euclidean(x, axis, keepdims)
    if ord == np.inf:
        return largest(np.abs(x), axis, keepdims)
    if ord == -np.inf:
        return np.abs(x).min(axis=axis, keepdims=keepdims)
    if ord == 0:
        return (x != 0).astype(_real_of(x.dtype)).sum(axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.abs(x).sum(axis=axis, keepdims=keepdims)
    total = (np.abs(x) ** ord).sum(axis=axis, keepdims=keepdims)
    return _root(total, 1.0 / ord) if ord > 0 else total ** (1.0 / ord)


def _matrix_norm(x, ord, row, col):
    if ord in (None, "fro", "f"):
        return _euclidean(x, (row, col))
    if ord in (2, -2, "nuc"):
        s = svd(np.moveaxis(x, (row, col), (-2, -1)), compute_uv=False)
        if ord == "nuc":
            return s.sum(-1)
        return largest(s) if ord == 2 else s.min(-1)
    if isinstance(ord, str) or ord not in (1, -1, np.inf, -np.inf):
        raise ValueError("Invalid norm order for matrices.")
    inner, outer = (row, col) if abs(ord) == 1 else (col, row)
    sums = np.abs(x).sum(axis=inner)
    outer -= outer > inner
    return largest(sums, outer) if ord > 0 else sums.min(axis=outer)


@implements(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    x = T(to_node(x))
    shape = x.shape
    every = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(_axis(a, x.ndim) for a in every)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    length = int(np.prod([shape[i] for i in axes]))
    flat = x.transpose(axes + rest).reshape((length, *[shape[i] for i in rest]))
    result = norm(flat, ord, 0)
    if keepdims:
        result = result.reshape([1 if i in axes else d for i, d in enumerate(shape)])
    return result


@implements(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    return norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.cond)
def cond(x, p=None):
    x = T(to_node(x))
    if x.size == 0 and 0 in x.shape[-2:]:
        raise LinAlgError("cond is not defined on empty arrays")
    if p is None or p in (2, -2):
        s = svd(x, compute_uv=False)
        large, small = s[..., 0], s[..., -1]
        r = small / large if p == -2 else large / small
    else:
        (work,), result = _common(x)
        _square(work)
        r = norm(x, p, (-2, -1)) * norm(solving.inv(work, True), p, (-2, -1))
        r = r.astype(_real_of(result))
    bad = np.isnan(r) & ~np.isnan(x).any((-2, -1))
    return np.where(bad, np.inf, r)


@implements(np.linalg.outer)
def outer(x1, x2, /):
    x1, x2 = T(to_node(x1)), T(to_node(x2))
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(
            f"Input arrays must be one-dimensional, but they are x1.ndim={x1.ndim} and x2.ndim={x2.ndim}."
        )
    return x1[:, None] * x2[None, :]


@implements(np.linalg.diagonal)
def diagonal(x, /, *, offset=0):
    return _diagonal(x, offset, -2, -1)

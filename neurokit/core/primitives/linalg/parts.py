"""Small pieces of matrix algebra on traced arrays, for the rules: triangles, diagonals, transposes."""

import numpy as np

from ...graph import INT64
from ...trace.tracer import Tracer
from .. import elementwise as ew
from ..shaping import full, iota, reshape


def _grid(m, n, k, op):
    """Where op(row + k, column) holds, shape (m, n)."""
    rows, cols = reshape(iota(m, k, 1, INT64), (m, 1)), reshape(iota(n, 0, 1, INT64), (1, n))
    return Tracer(ew.apply(ew.ROWS[op], rows, cols))


def count(n, dtype=INT64):
    """0 .. n - 1. A plain np.arange would be a new array of the trace, which a rule must not bring."""
    return Tracer(iota(n, 0, 1, dtype))


def on_diagonal(m, n=None):
    return _grid(m, m if n is None else n, 0, "eq")


def tril(x, k=0):
    return np.where(_grid(*x.shape[-2:], k, "ge"), x, 0)


def triu(x, k=0):
    return np.where(_grid(*x.shape[-2:], k, "le"), x, 0)


def eye_like(x):
    """Identity matrices of the size and type of the square `x`."""
    one = np.where(on_diagonal(x.shape[-1]), x.dtype.type(1), x.dtype.type(0))
    return np.broadcast_to(one, x.shape)


def diagonal(x):
    """The diagonals of square matrices."""
    return np.where(on_diagonal(x.shape[-1]), x, 0).sum(-1)


def transpose(x):
    return np.swapaxes(x, -1, -2)


def adjoint(x):
    return transpose(np.conjugate(x)) if x.dtype.kind == "c" else transpose(x)


def real(x):
    return x.real if x.dtype.kind == "c" else x


def from_triangle(x, lower):
    """The Hermitian matrix of which one triangle is given."""
    strict, diag = (tril(x, -1) if lower else triu(x, 1)), on_diagonal(x.shape[-1])
    return strict + adjoint(strict) + np.where(diag, real(x), 0)


def largest(x, axis=-1, keepdims=False):
    """The maximum of values that are not negative; 0 where there is none."""
    axes = [a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    if all(x.shape[a] for a in axes):
        return x.max(axis, keepdims=keepdims)
    shape = [1 if i in axes else d for i, d in enumerate(x.shape) if keepdims or i not in axes]
    return Tracer(full(shape, 0, x.dtype))

"""Polynomials by their coefficients, highest power first.

NumPy drops leading coefficients that are exactly zero from products and remainders. Where values are
known this does too; where they are not (in `jit` and loops) they stay: the same polynomial.
"""

import operator

import numpy as np

from ..errors import TraceError
from ..trace.tracer import to_node
from .base import T, _full_tracer, guard, implements


def _line(p):
    return np.atleast_1d(T(to_node(p)))


def _trimmed(p):
    """Without leading zeros, where the values are known; at least one coefficient."""
    if p.abstract or not p.size:
        return p if p.size else _full_tracer((1,), 0, p.dtype)
    values = np.asarray(p._value("a polynomial"))
    nonzero = np.flatnonzero(values)
    return p[nonzero[0] :] if len(nonzero) else p[:1] * 0


@implements(np.polyval)
def polyval(p, x):
    if isinstance(x, np.poly1d):
        raise TraceError("np.polyval of a poly1d has no traced form: compose with np.polymul")
    p = T(to_node(p))
    y = np.zeros_like(T(to_node(x)))
    for i in range(p.shape[0]):
        y = y * x + p[i]
    return y


@implements(np.polyadd)
def polyadd(a1, a2):
    a1, a2 = _line(a1), _line(a2)
    n = a2.size - a1.size
    if n > 0:
        a1 = np.concatenate([_full_tracer((n,), 0, a1.dtype), a1])
    elif n < 0:
        a2 = np.concatenate([_full_tracer((-n,), 0, a2.dtype), a2])
    return a1 + a2


@implements(np.polysub)
def polysub(a1, a2):
    a1, a2 = _line(a1), _line(a2)
    n = a2.size - a1.size
    if n > 0:
        a1 = np.concatenate([_full_tracer((n,), 0, a1.dtype), a1])
    elif n < 0:
        a2 = np.concatenate([_full_tracer((-n,), 0, a2.dtype), a2])
    return a1 - a2


@implements(np.polymul)
def polymul(a1, a2):
    return np.convolve(_trimmed(_line(a1)), _trimmed(_line(a2)))


@implements(np.polydiv)
def polydiv(u, v):
    u, v = _line(u) + 0.0, _line(v) + 0.0
    m, n = u.size - 1, v.size - 1
    dtype = np.result_type(u.dtype, v.dtype)
    if m < n:
        return _full_tracer((1,), 0, dtype), u.astype(dtype)
    rest, scale, quotient = u.astype(dtype), 1.0 / v[0], []
    for k in range(m - n + 1):
        d = scale * rest[k]
        quotient.append(d)
        rest = np.concatenate([rest[:k], rest[k : k + n + 1] - d * v, rest[k + n + 1 :]])
    if rest.abstract:
        rest = rest[min(m - n + 1, m) :]
    else:
        while rest.size > 1 and np.allclose(np.asarray(rest[0]._value("polydiv")), 0, rtol=1e-14):
            rest = rest[1:]
    return np.stack(quotient), rest


@implements(np.polyder)
def polyder(p, m=1):
    m = operator.index(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    p = T(to_node(p))
    for _ in range(m):
        n = p.shape[0] - 1
        p = p[:-1] * np.arange(n, 0, -1)
    return p


@implements(np.polyint)
def polyint(p, m=1, k=None):
    m = operator.index(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    k = [0.0] * m if k is None else list(np.atleast_1d(k))
    k = k * m if len(k) == 1 and m > 1 else k
    if len(k) < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    p = T(to_node(p))
    for i in range(m):
        divided = p / np.arange(p.shape[0], 0, -1)
        p = np.concatenate([divided, np.reshape(k[i], (1,)) * np.ones((), divided.dtype)])
    return p


@implements(np.vander)
def vander(x, N=None, increasing=False):
    x = T(to_node(x))
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    n = x.shape[0] if N is None else N
    kind = np.result_type(x.dtype, int)
    x = x.astype(kind)
    columns = [_full_tracer(x.shape, 1, kind)][:n]
    for _ in range(n - 1):
        columns.append(columns[-1] * x)
    if not columns:
        return _full_tracer((x.shape[0], 0), 0, kind)
    return np.stack(columns if increasing else columns[::-1], 1)


@implements(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    order = int(deg) + 1
    x, y = T(to_node(x)) + 0.0, T(to_node(y)) + 0.0
    if order < 1:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1:
        raise TypeError("expected 1D vector for x")
    if not x.size:
        raise TypeError("expected non-empty vector for x")
    if y.ndim not in (1, 2):
        raise TypeError("expected 1D or 2D array for y")
    if x.shape[0] != y.shape[0]:
        raise TypeError("expected x and y to have same length")
    if full:
        raise TraceError(
            "np.polyfit(full=True) has no traced form: use np.linalg.lstsq of np.vander"
        )
    left, right = vander(x, order), y
    if w is not None:
        w = T(to_node(w)) + 0.0
        if w.ndim != 1 or w.shape[0] != y.shape[0]:
            raise TypeError("expected a 1-d array for weights of the length of y")
        left, right = left * w[:, None], right * (w[:, None] if y.ndim == 2 else w)
    scale = np.sqrt(np.sum(left * left, 0))
    left = left / scale
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    c, residuals, _, _ = np.linalg.lstsq(left, right, rcond)
    c = (c.T / scale).T
    if not cov:
        return c
    base = np.linalg.inv(left.T @ left) / np.outer(scale, scale)
    if cov == "unscaled":
        factor = 1.0
    else:
        if x.shape[0] <= order:
            raise ValueError(
                "the number of data points must exceed order to scale the covariance matrix"
            )
        factor = np.sum(np.square(left @ (c.T * scale).T - right), 0) / (x.shape[0] - order)
    return c, (base * factor if y.ndim == 1 else base[:, :, None] * factor)


@implements(np.poly)
def poly(seq_of_zeros):
    """Of complex zeros: complex while values are not known, else real where the zeros come in pairs."""
    zeros = _line(seq_of_zeros)
    if zeros.ndim == 2 and zeros.shape[0] == zeros.shape[1] and zeros.shape[0]:
        zeros = np.linalg.eigvals(zeros)
    elif zeros.ndim != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    zeros = zeros.astype(np.mintypecode(zeros.dtype.char))
    a = _full_tracer((1,), 1, zeros.dtype if zeros.size else np.float64)
    for i in range(zeros.shape[0]):
        a = np.convolve(a, np.stack([np.ones_like(zeros[i]), -zeros[i]]))
    if a.dtype.kind == "c" and not a.abstract:  # real where the zeros come in conjugate pairs
        values = np.sort(np.asarray(zeros._value("np.poly")))
        return a.real if np.all(values == np.sort(values.conj())) else a
    return a


@implements(np.roots)
def roots(p):
    """The eigenvalues of the companion matrix; leading and trailing zeros must be known."""
    p = _line(p)
    if p.ndim != 1:
        raise ValueError("Input must be a rank-1 array.")
    trailing = 0
    if not p.abstract:
        values = np.flatnonzero(np.asarray(p._value("np.roots")))
        if not len(values):
            return _full_tracer((0,), 0, np.dtype(float))
        trailing = p.size - 1 - values[-1]
        p = p[values[0] : values[-1] + 1]
    else:
        p = guard(p, (p[0] == 0) | (p[-1] == 0))
    n = p.size
    if n > 1:
        p = p if p.dtype.kind in "fc" else p.astype(float)
        top = -p[1:] / p[0]
        companion = np.concatenate([top[None], np.eye(n - 2, n - 1).astype(p.dtype)])
        found = np.linalg.eigvals(companion)
    else:
        found = _full_tracer((0,), 0, np.dtype(float))
    return np.concatenate([found, _full_tracer((trailing,), 0, found.dtype)]) if trailing else found

"""Decompositions: QR, SVD, eigenvalues and vectors, pseudoinverse; their derivatives.

Vectors of values that are equal, or that rounding alone parts, have no derivative: it comes out as NaN.
Functions of the values alone are not touched by that.
"""

import numpy as np

from ...graph import bind, bind_multi
from ...trace.tracer import Tracer
from .derived import derived, rule
from .kernels import EIG, EIG_VALUES, EIGH, EIGH_VALUES, QR, SVD, SVD_VALUES
from .parts import (
    adjoint,
    count,
    diagonal,
    from_triangle,
    largest,
    on_diagonal,
    real,
    transpose,
    tril,
)
from .solving import solve, solve_triangular


def _traced(nodes):
    return tuple(Tracer(n) for n in nodes)


# ---------------------------------------------------------------------------- QR


def qr(a, mode="reduced"):
    """Q, R; mode "reduced" or "complete"."""
    m, n = a.shape[-2:]
    mode = "complete" if mode == "complete" and m > n else "reduced"

    def compute(a):
        return tuple(bind_multi(QR, (a,), ((), mode)))

    return _traced(derived("qr", compute, (a.node,), (mode,)))


@rule("qr")
def _qr_rule(t, args, params):
    m, n = args[0].shape[-2:]
    if params[0] == "complete":
        raise TypeError(
            "the complete QR of a tall matrix has no derivative (columns of Q are free to turn): use mode='reduced'"
        )
    q, r = qr(args[0])
    if m < n:  # the square part decides Q; the other columns follow
        (dq, left), rest = _qr_tangents(q, r[..., :m], t[0][..., :m]), args[0][..., m:]
        right = adjoint(dq) @ rest + adjoint(q) @ t[0][..., m:]
        return [dq, np.concatenate([left, right], -1)]
    return list(_qr_tangents(q, r, t[0]))


def _qr_tangents(q, r, da):
    """With X = dA R^-1 and W = Q^H X: dQ = X + Q (O - W), dR = (W - O) R, O antihermitian."""
    x = transpose(solve_triangular(r, transpose(da), False, True))
    w = adjoint(q) @ x
    low = tril(w, -1)
    turn = low - adjoint(low)
    if w.dtype.kind == "c":
        turn = turn + np.where(on_diagonal(w.shape[-1]), 1j * w.imag, 0)
    return x + q @ (turn - w), (w - turn) @ r


# ---------------------------------------------------------------------------- SVD


def svd(a, full=False):
    """U, s, V^H, thin or full."""
    m, n = a.shape[-2:]
    full = full and m != n

    def compute(a):
        return tuple(bind_multi(SVD, (a,), ((), full)))

    return _traced(derived("svd", compute, (a.node,), (full,)))


def svdvals(a):
    def compute(a):
        return bind(SVD_VALUES, (a,), ((),))

    return Tracer(derived("svdvals", compute, (a.node,)))


@rule("svdvals")
def _svdvals_rule(t, args, params):
    u, _, vh = svd(args[0])
    return [real(np.conjugate(u) * (t[0] @ adjoint(vh))).sum(-2)]


@rule("svd")
def _svd_rule(t, args, params):
    m, n = args[0].shape[-2:]
    u, s, vh = svd(args[0])
    da, k = t[0], s.shape[-1]
    v = adjoint(vh)
    inner = adjoint(u) @ da @ v
    ds = real(diagonal(inner))
    col, row = s[..., None, :], s[..., :, None]
    gap = _inverse((col - row) * (col + row), np.abs(col - row), s)
    by_col, by_row = inner * col, row * inner
    du = u @ (gap * (by_col + adjoint(by_col)))
    dv = v @ (gap * (by_row + adjoint(by_row)))
    if inner.dtype.kind == "c":
        du = du + u * (1j * diagonal(inner).imag / s)[..., None, :]
    if m > k:
        outside = da @ v
        du = du + (outside - u @ (adjoint(u) @ outside)) / col
    if n > k:
        outside = adjoint(da) @ u
        dv = dv + (outside - v @ (vh @ outside)) / col
    if params[0]:
        return [_Free() if m > n else du, ds, _Free() if n > m else adjoint(dv)]
    return [du, ds, adjoint(dv)]


class _Free:
    """The tangent of vectors that span a null space."""

    @property
    def node(self):
        raise TypeError(
            "the full SVD of a rectangular matrix has no derivative (the vectors of its null space are free to turn): "
            "use full_matrices=False"
        )


# ---------------------------------------------------------------------------- eigenvalues


def eigh(a, lower=True):
    """w, V of Hermitian matrices, of which one triangle is read and has a derivative."""

    def compute(a):
        return tuple(bind_multi(EIGH, (a,), ((int(lower),),)))

    return _traced(derived("eigh", compute, (a.node,), (lower,)))


def eigvalsh(a, lower=True):
    def compute(a):
        return bind(EIGH_VALUES, (a,), ((int(lower),),))

    return Tracer(derived("eigvalsh", compute, (a.node,), (lower,)))


@rule("eigvalsh")
def _eigvalsh_rule(t, args, params):
    _, v = eigh(args[0], *params)
    return [real(np.conjugate(v) * (from_triangle(t[0], *params) @ v)).sum(-2)]


@rule("eigh")
def _eigh_rule(t, args, params):
    w, v = eigh(args[0], *params)
    inner = adjoint(v) @ from_triangle(t[0], *params) @ v
    return [real(diagonal(inner)), v @ (inner * _gaps(w))]


def _gaps(w):
    """1 / (w_j - w_i), zero on the diagonal."""
    gap = w[..., None, :] - w[..., :, None]
    return _inverse(gap, np.abs(gap), np.abs(w))


def _inverse(gap, distance, size):
    """1 / gap, zero on the diagonal, NaN where values are equal but for rounding. size : of the values.

    A quotient, so that a cotangent of 0 stays 0: of vectors that nothing reads.
    """
    n = gap.shape[-1]
    same = on_diagonal(n)
    equal = distance <= n * np.finfo(np.float64).eps * largest(size, -1, True)[..., None]
    return np.where(same, 0.0, 1.0) / np.where(same, 1.0, np.where(equal, np.nan, gap))


def eig(a):
    """w, V, complex, of square matrices."""

    def compute(a):
        return tuple(bind_multi(EIG, (a,), ((),)))

    return _traced(derived("eig", compute, (a.node,)))


def eigvals(a):
    def compute(a):
        return bind(EIG_VALUES, (a,), ((),))

    return Tracer(derived("eigvals", compute, (a.node,)))


@rule("eigvals")
def _eigvals_rule(t, args, params):
    _, v = eig(args[0])
    return [diagonal(solve(v, t[0].astype(v.dtype) @ v))]


@rule("eig")
def _eig_rule(t, args, params):
    """Columns of V keep norm 1 and their largest component stays real, as LAPACK leaves them."""
    w, v = eig(args[0])
    inner = solve(v, t[0].astype(v.dtype) @ v)
    dv = v @ (inner * _gaps(w))
    dv = dv - v * (np.conjugate(v) * dv).sum(-2, keepdims=True).real
    if v.shape[-1] == 0:  # has no largest component
        return [diagonal(inner), dv]
    size = np.abs(v)
    largest = np.argmax(size, -2)[..., None, :] == count(v.shape[-2])[:, None]
    turn = np.where(largest, dv.imag / np.where(largest, v.real, 1), 0).sum(-2, keepdims=True)
    return [diagonal(inner), dv - v * (1j * turn)]


# ---------------------------------------------------------------------------- pseudoinverse, least squares


def _cut(a, rcond, hermitian=False):
    """U, 1 / s (0 where s is at most rcond times the largest), V^H."""
    u, s, vh = _hermitian_svd(a) if hermitian else svd(a)
    large = s > largest(s, -1, True) * rcond[..., None]
    return u, np.where(large, 1 / np.where(large, s, 1), 0), vh


def _hermitian_svd(a):
    w, v = eigh(a)
    return v * np.sign(w)[..., None, :], np.abs(w), adjoint(v)


def pinv(a, rcond, hermitian=False):
    """Pseudoinverse; its derivative holds the rank fixed. rcond : of the batch axes."""

    def compute(a, rcond):
        u, inverse, vh = _cut(Tracer(a), Tracer(rcond), hermitian)
        return (adjoint(vh) @ (inverse[..., :, None] * adjoint(u))).node

    return Tracer(derived("pinv", compute, (a.node, rcond.node), (hermitian,)))


@rule("pinv")
def _pinv_rule(t, args, params):
    if t[0] is None:
        return [None]
    p = pinv(*args, *params)
    a, da = args[0], t[0]
    if params[0]:
        a, da = from_triangle(a, True), from_triangle(da, True)
    ph, dah = adjoint(p), adjoint(da)
    tall = p @ (ph @ (dah - dah @ a @ p))
    wide = (dah - p @ (a @ dah)) @ ph @ p
    return [tall + wide - p @ da @ p]


def lstsq(a, b, rcond):
    """Least squares of least norm; rcond : 0-d."""

    def compute(a, b, rcond):
        u, inverse, vh = _cut(Tracer(a), Tracer(rcond))
        return (adjoint(vh) @ (inverse[..., :, None] * (adjoint(u) @ Tracer(b)))).node

    return Tracer(derived("lstsq", compute, (a.node, b.node, rcond.node)))


@rule("lstsq")
def _lstsq_rule(t, args, params):
    a, b, rcond = args
    p = pinv(a, rcond)
    total = None
    if t[0] is not None:
        x = lstsq(a, b, rcond)
        ph, dah = adjoint(p), adjoint(t[0])
        left = b - a @ x
        total = p @ (ph @ (dah @ left)) - p @ (t[0] @ x)
        y = dah @ (ph @ x)
        total = total + y - p @ (a @ y)
    if t[1] is not None:
        total = p @ t[1] if total is None else total + p @ t[1]
    return [total]

"""Determinants by LU factors, and their derivatives: once and twice at singular matrices too."""

import numpy as np

from ...graph import INT32, bind, bind_multi
from ...trace.tracer import Tracer
from .derived import derived, rule
from .kernels import LU_SOLVE, SVD
from .parts import adjoint, count, diagonal, eye_like, largest, on_diagonal, transpose, triu
from .solving import factors, inv


def _sign_and_log(packed, pivots):
    """(sign, log of the absolute value) of the determinant from LU factors."""
    diag = diagonal(packed)
    n = packed.shape[-1]
    swaps = (pivots != count(n, INT32)).sum(-1)
    size = np.abs(diag)
    unit = np.sign(diag)
    sign = unit.prod(-1) * (1 - 2 * (swaps % 2)).astype(size.dtype)
    return sign, np.log(size).sum(-1)


def slogdet(a):
    def compute(a):
        packed, pivots, _ = factors(Tracer(a))
        sign, log = _sign_and_log(packed, pivots)
        return sign.node, log.node

    sign, log = derived("slogdet", compute, (a.node,))
    return Tracer(sign), Tracer(log)


@rule("slogdet")
def _slogdet_rule(t, args, params):
    rate = (transpose(inv(args[0])) * t[0]).sum((-2, -1))
    if rate.dtype.kind != "c":
        return [None, rate]
    sign, _ = slogdet(args[0])
    return [sign * (1j * rate.imag), rate.real]


def det(a):
    def compute(a):
        packed, pivots, _ = factors(Tracer(a))
        sign, log = _sign_and_log(packed, pivots)
        return (sign * np.exp(log)).node

    return Tracer(derived("det", compute, (a.node,)))


@rule("det")
def _det_rule(t, args, params):
    return [(cofactor(args[0]) * t[0]).sum((-2, -1))]


def cofactor(a):
    """The derivative of the determinant, also of a singular matrix: det(A) A^-T.

    A zero on the diagonal of U is replaced by a rounding error's size: the cofactors are polynomials
    of A, so such a change of A changes them by as little.
    """

    def compute(a):
        packed, pivots, _ = factors(Tracer(a))
        diag = np.abs(diagonal(packed))
        tiny = np.maximum(largest(np.abs(triu(packed)), (-2, -1)), 1e-150)
        tiny = (tiny * np.finfo(tiny.dtype).eps)[..., None, None]
        hole = on_diagonal(packed.shape[-1]) & (diag == 0)[..., None, :]
        filled = np.where(hole, tiny, packed)
        sign, log = _sign_and_log(filled, pivots)
        unit = bind(LU_SOLVE, (filled.node, pivots.node, eye_like(filled).node), ((1, 0),))
        return ((sign * np.exp(log))[..., None, None] * Tracer(unit)).node

    return Tracer(derived("cofactor", compute, (a.node,)))


@rule("cofactor")
def _cofactor_rule(t, args, params):
    return [cofactor_rate(args[0], t[0])]


def cofactor_rate(a, e):
    """The derivative of the cofactors along `e`, also of a singular matrix.

    With A = U S V^H the cofactors of S + M, M = U^H E V, change by sums of products of the singular values but two.
    """

    def compute(a, e):
        u, s, vh = (Tracer(x) for x in bind_multi(SVD, (a,), ((), False)))
        n = s.shape[-1]
        m = adjoint(u) @ Tracer(e) @ adjoint(vh)
        one = on_diagonal(n)
        left_out = one[:, None, :] | one[None, :, :]
        others = np.where(left_out, 1.0, s[..., None, None, :]).prod(-1)
        others = np.where(one, 0.0, others)
        middle = (others * diagonal(m)[..., None, :]).sum(-1)[..., None] * one - others * transpose(
            m
        )
        sign = det(u) * det(vh)
        return (sign[..., None, None] * (np.conjugate(u) @ middle @ np.conjugate(vh))).node

    return Tracer(derived("cofactor_rate", compute, (a.node, e.node)))


def _cofactor_rate_transpose(ct, args, params, k, needs):
    """The second and third derivatives of a determinant are symmetric forms."""
    a, e = args
    return [
        _cofactor_bend(a, e, ct) if needs[0] else None,
        cofactor_rate(a, ct) if needs[1] else None,
    ]


@rule("cofactor_rate", _cofactor_rate_transpose)
def _cofactor_rate_rule(t, args, params):
    a, e = args
    terms = [] if t[0] is None else [_cofactor_bend(a, e, t[0])]
    terms += [] if t[1] is None else [cofactor_rate(a, t[1])]
    return [terms[0] if len(terms) == 1 else terms[0] + terms[1]]


def _cofactor_bend(a, e, d):
    """The second derivative of the cofactors along `e` and `d`, by the inverse: a singular matrix is an error."""
    c, x = cofactor(a), transpose(inv(a))
    by_e, by_d = ((x * y).sum((-2, -1))[..., None, None] for y in (e, d))
    change = -(x @ transpose(d) @ x)
    slope = by_d * c - c @ transpose(d) @ x
    bend = (change * e).sum((-2, -1))[..., None, None] * c + by_e * slope
    return bend - slope @ transpose(e) @ x - c @ transpose(e) @ change

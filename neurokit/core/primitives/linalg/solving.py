"""Linear systems, inverses and determinants by LU, Cholesky factors, triangular systems; their derivatives."""

import numpy as np

from ...graph import INT32, bind, bind_multi
from ...trace.tracer import Tracer
from ..control import stop
from .derived import derived, rule
from .kernels import CHOLESKY, LU, LU_SOLVE, TRIANGULAR
from .parts import (
    adjoint,
    count,
    diagonal,
    eye_like,
    from_triangle,
    largest,
    on_diagonal,
    transpose,
    tril,
    triu,
)

# ---------------------------------------------------------------------------- general matrices


def factors(a):
    """(packed factors, pivots, permutation) of the matrices `a`, without a derivative."""
    return [Tracer(x) for x in bind_multi(LU, (stop(a.node),), ((),))]


def solve(a, b, transposed=False, lenient=False):
    """X with A X = B (or A^T X = B); where A is singular an error, or NaN if `lenient`."""
    params = int(transposed), int(lenient)

    def compute(a, b):
        packed, pivots, _ = factors(Tracer(a))
        return bind(LU_SOLVE, (packed.node, pivots.node, b), (params,))

    return Tracer(derived("solve", compute, (a.node, b.node), params))


def _solve_transpose(ct, args, params, k, needs):
    a, b = args
    op, lenient = params
    by_b = solve(a, ct, not op, lenient)
    if not needs[0]:
        return [None, by_b]
    x = solve(a, b, op, lenient)
    by_a = -(x @ transpose(by_b) if op else by_b @ transpose(x))
    return [by_a, by_b]


@rule("solve", _solve_transpose)
def _solve_rule(t, args, params):
    a, b = args
    op, lenient = params
    right = t[1]
    if t[0] is not None:
        moved = (transpose(t[0]) if op else t[0]) @ solve(a, b, op, lenient)
        right = -moved if right is None else right - moved
    return [solve(a, right, op, lenient)]


def inv(a, lenient=False):
    def compute(a):
        a = Tracer(a)
        return solve(a, eye_like(a), False, lenient).node

    return Tracer(derived("inv", compute, (a.node,), (lenient,)))


@rule("inv")
def _inv_rule(t, args, params):
    x = inv(args[0], *params)
    return [-(x @ t[0] @ x)]


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
    """Through the inverse: a singular matrix is an error from the second derivative of det on."""
    c, x = cofactor(args[0]), transpose(inv(args[0]))
    rate = (x * t[0]).sum((-2, -1))[..., None, None]
    return [rate * c - c @ transpose(t[0]) @ x]


# ---------------------------------------------------------------------------- triangular and Cholesky


def solve_triangular(a, b, lower, transposed=False, unit=False):
    """X with T X = B (or T^T X = B) for the lower or upper triangle T of `a`."""
    params = int(lower), int(transposed), int(unit)

    def compute(a, b):
        return bind(TRIANGULAR, (a, b), (params,))

    return Tracer(derived("solve_triangular", compute, (a.node, b.node), params))


def _triangle(x, lower, unit):
    return tril(x, -1 if unit else 0) if lower else triu(x, 1 if unit else 0)


def _triangular_transpose(ct, args, params, k, needs):
    a, b = args
    lower, op, unit = params
    by_b = solve_triangular(a, ct, lower, not op, unit)
    if not needs[0]:
        return [None, by_b]
    x = solve_triangular(a, b, lower, op, unit)
    by_a = -(x @ transpose(by_b) if op else by_b @ transpose(x))
    return [_triangle(by_a, lower, unit), by_b]


@rule("solve_triangular", _triangular_transpose)
def _triangular_rule(t, args, params):
    a, b = args
    lower, op, unit = params
    right = t[1]
    if t[0] is not None:
        da = _triangle(t[0], lower, unit)
        moved = (transpose(da) if op else da) @ solve_triangular(a, b, lower, op, unit)
        right = -moved if right is None else right - moved
    return [solve_triangular(a, right, lower, op, unit)]


def cholesky(a):
    """Lower L with A = L L^H; only the lower triangle of A is read and has a derivative."""

    def compute(a):
        return bind(CHOLESKY, (a,), ((),))

    return Tracer(derived("cholesky", compute, (a.node,)))


@rule("cholesky")
def _cholesky_rule(t, args, params):
    factor = cholesky(args[0])
    inner = solve_triangular(factor, from_triangle(t[0], True), True)
    inner = adjoint(solve_triangular(factor, adjoint(inner), True))
    half = np.where(on_diagonal(inner.shape[-1]), 0.5 * inner, tril(inner, -1))
    return [factor @ half]

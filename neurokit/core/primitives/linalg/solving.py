"""Linear systems and inverses by LU, Cholesky factors, triangular systems; their derivatives."""

import numpy as np

from ...graph import bind, bind_multi
from ...trace.tracer import Tracer
from ..control import stop
from .derived import derived, rule
from .kernels import CHOLESKY, LU, LU_SOLVE, TRIANGULAR
from .parts import (
    adjoint,
    eye_like,
    from_triangle,
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

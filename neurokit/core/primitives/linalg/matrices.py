"""Functions of matrices beyond np.linalg: exponential, Sylvester's equation, packed LU factors; derivatives."""

import numpy as np

from ...graph import bind, bind_multi
from ...trace.tracer import Tracer
from ..shaping import full
from .derived import derived, rule
from .kernels import EXPM, LU, LU_SOLVE, SYLVESTER
from .parts import count, on_diagonal, transpose, tril, triu
from .solving import factors, solve_triangular

# ---------------------------------------------------------------------------- exponential


def expm(a):
    return Tracer(derived("expm", lambda a: bind(EXPM, (a,), ((),)), (a.node,)))


def _frechet(a, e):
    """The derivative of exp at `a` along `e`: a block of the exponential of a matrix of blocks."""
    n = a.shape[-1]
    zero = np.zeros_like(a)
    blocks = np.concatenate(
        [np.concatenate([a, e], -1), np.concatenate([zero, a], -1)],
        -2,
    )
    return expm(blocks)[..., :n, n:]


def _expm_transpose(ct, args, params, k, needs):
    return [_frechet(transpose(args[0]), ct)]


@rule("expm", _expm_transpose)
def _expm_rule(t, args, params):
    return [_frechet(args[0], t[0])]


# ---------------------------------------------------------------------------- Sylvester


def solve_sylvester(a, b, q):
    """X with A X + X B = Q."""

    def compute(a, b, q):
        return bind(SYLVESTER, (a, b, q), ((),))

    return Tracer(derived("sylvester", compute, (a.node, b.node, q.node)))


def _sylvester_transpose(ct, args, params, k, needs):
    a, b, q = args
    by_q = solve_sylvester(transpose(a), transpose(b), ct)
    if not (needs[0] or needs[1]):
        return [None, None, by_q]
    x = transpose(solve_sylvester(a, b, q))
    return [-(by_q @ x) if needs[0] else None, -(x @ by_q) if needs[1] else None, by_q]


@rule("sylvester", _sylvester_transpose)
def _sylvester_rule(t, args, params):
    a, b, q = args
    x = solve_sylvester(a, b, q) if t[0] is not None or t[1] is not None else None
    parts = [t[2], None if t[0] is None else -(t[0] @ x), None if t[1] is None else -(x @ t[1])]
    parts = [p for p in parts if p is not None]
    return [solve_sylvester(a, b, sum(parts[1:], parts[0]))]


# ---------------------------------------------------------------------------- LU factors


def lu_factor(a):
    """(packed factors, pivots, permutation); the packed factors have derivatives."""
    packed = derived("lu", lambda a: bind_multi(LU, (a,), ((),))[0], (a.node,))
    _, pivots, rows = factors(a)
    return Tracer(packed), pivots, rows


@rule("lu")
def _lu_rule(t, args, params):
    """With W = L^-1 P dA U^-1: dL = L tril(W, -1), dU = triu(W) U, factors completed to squares."""
    packed, pivots, _ = lu_factor(args[0])
    m, n = packed.shape[-2:]
    low, up = unpacked(packed)
    low, up = _completed(low, m), _completed(up, n)
    w = solve_triangular(low, apply_pivots(pivots, t[0]), True, False, True)
    w = transpose(solve_triangular(up, transpose(w), False, True))
    return [low @ tril(w, -1) + triu(w) @ up]


def unpacked(packed):
    """(L, U) of packed factors."""
    m, n = packed.shape[-2:]
    k = min(m, n)
    one, zero = packed.dtype.type(1), packed.dtype.type(0)
    unit = np.where(on_diagonal(m, k), one, zero)
    return tril(packed[..., :k], -1) + unit, triu(packed[..., :k, :])


def _completed(x, size):
    """A tall or wide matrix made square by columns or rows of the identity."""
    rows, cols = x.shape[-2:]
    one, zero = x.dtype.type(1), x.dtype.type(0)
    if rows == cols:
        return x
    unit = np.broadcast_to(np.where(on_diagonal(size), one, zero), x.shape[:-2] + (size, size))
    if rows > cols:
        return np.concatenate([x, unit[..., cols:]], -1)
    return np.concatenate([x, unit[..., rows:, :]], -2)


def apply_pivots(pivots, b, transposed=False):
    """The rows of `b` exchanged as a factorisation exchanged those of its matrix, or back."""

    def compute(pivots, b):
        rows, k = b.shape[-2], pivots.shape[-1]
        batch = b.shape[:-2]
        unit = _completed(Tracer(full(batch + (rows, 0), 0, b.dtype)), rows)
        if k < rows:  # the rows after the last exchange stay
            rest = np.broadcast_to(count(rows, pivots.dtype)[k:], batch + (rows - k,))
            pivots = np.concatenate([Tracer(pivots), rest], -1).node
        return bind(LU_SOLVE, (unit.node, pivots, b), ((int(transposed), 0),))

    return Tracer(derived("pivots", compute, (pivots.node, b.node), (transposed,)))


def _pivots_transpose(ct, args, params, k, needs):
    return [None, apply_pivots(args[0], ct, not params[0])]


@rule("pivots", _pivots_transpose)
def _pivots_rule(t, args, params):
    return [None if t[1] is None else apply_pivots(args[0], t[1], *params)]

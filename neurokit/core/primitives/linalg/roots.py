"""Square root and logarithm of matrices, with derivatives."""

import numpy as np

from ...trace.tracer import Tracer
from .derived import derived, rule
from .determinant import slogdet
from .matrices import solve_sylvester
from .parts import eye_like, transpose
from .solving import inv

_MOST = 60  # halvings of the logarithm, or steps of the root: doubles of any size need fewer


def _size(x):
    """The largest row sum of any matrix of a stack."""
    return np.max(np.sum(np.abs(x), -1))


def _loop(test, body, init):
    from ...loops.flow import while_loop

    return while_loop(test, body, init, max_steps=_MOST)


def _root(a):
    """The product form of Denman and Beavers' iteration, scaled by determinants while far from the end.

    N. J. Higham, Functions of Matrices, 2008, eqs. 6.29 and 6.31, doi:10.1137/1.9780898717778.
    """
    unit, n = eye_like(a), a.shape[-1]

    def far(carry):
        _, _, _, now = carry
        return now > 10 * n * np.finfo(np.float64).eps

    def step(carry):
        x, m, before, now = carry
        _, log = slogdet(m)
        g = np.where(now < 0.01, 1.0, np.exp(-log / (2 * n)))[..., None, None].astype(a.dtype)
        back = inv(m) / np.square(g)
        x = 0.5 * g * (x @ (unit + back))
        m = 0.5 * (unit + 0.5 * (np.square(g) * m + back))
        after = _size(m - unit)
        # rounding alone is left where a step that should square the distance does not halve it
        done = (now < 1e-6) & (after > 0.5 * now)
        return x, m, now, np.where(done, 0.0, after)

    start = _size(a - unit)
    x, _, _, now = _loop(far, step, (a, a, start, start))
    return np.where(now < 1e-3, x, np.nan)


def _logarithm(a):
    """Roots until a is near 1, then Pade's approximant of log(1 + e) as a sum of partial fractions.

    N. J. Higham, Functions of Matrices, 2008, section 11.4, doi:10.1137/1.9780898717778.
    """
    unit = eye_like(a)

    def body(carry):
        x, factor = carry
        return _root(x), 2.0 * factor

    x, factor = _loop(lambda c: _size(c[0] - unit) > 0.25, body, (a, np.float64(1)))
    e = x - unit
    nodes, weights = np.polynomial.legendre.leggauss(8)
    parts = [0.5 * w * inv(unit + 0.5 * (1 + t) * e) for t, w in zip(nodes, weights)]
    return factor * (e @ sum(parts[1:], parts[0]))


# ---------------------------------------------------------------------------- square root


def sqrtm(a):
    return Tracer(derived("sqrtm", lambda a: _root(Tracer(a)).node, (a.node,)))


def _sqrtm_transpose(ct, args, params, k, needs):
    x = transpose(sqrtm(args[0]))
    return [solve_sylvester(x, x, ct)]


@rule("sqrtm", _sqrtm_transpose)
def _sqrtm_rule(t, args, params):
    x = sqrtm(args[0])
    return [solve_sylvester(x, x, t[0])]


# ---------------------------------------------------------------------------- logarithm


def logm(a):
    return Tracer(derived("logm", lambda a: _logarithm(Tracer(a)).node, (a.node,)))


def _frechet(a, e):
    """The derivative of log at `a` along `e`: a block of the logarithm of a matrix of blocks."""
    n = a.shape[-1]
    above, below = np.concatenate([a, e], -1), np.concatenate([np.zeros_like(a), a], -1)
    return logm(np.concatenate([above, below], -2))[..., :n, n:]


def _logm_transpose(ct, args, params, k, needs):
    return [_frechet(transpose(args[0]), ct)]


@rule("logm", _logm_transpose)
def _logm_rule(t, args, params):
    return [_frechet(args[0], t[0])]

"""`scipy.integrate` on traced arrays: sums over samples; initial value problems are in `_ivp`."""

import numpy as np

from ._arrays import as_array
from ._ivp import odeint, solve_ivp
from ._twin import others_of, twin_of

_twin, __getattr__ = twin_of("scipy.integrate"), others_of("scipy.integrate")
__all__ = ["cumulative_trapezoid", "odeint", "simpson", "solve_ivp", "trapezoid"]


@_twin
def trapezoid(y, x=None, dx=1.0, axis=-1):
    return np.trapezoid(y, x, dx, axis)


def _steps(x, n, dx, axis, ndim):
    """Distances of the samples, to broadcast along `axis`."""
    if x is None:
        return None
    d = np.diff(as_array(x), axis=-1 if np.ndim(x) == 1 else axis)
    if d.ndim == 1:
        shape = [1] * ndim
        shape[axis] = -1
        d = d.reshape(shape)
    if d.shape[axis] != n - 1:
        raise ValueError("If given, length of x along axis must be the same as y.")
    return d


def _part(y, axis, *s):
    return y[(slice(None),) * (axis % y.ndim) + (slice(*s),)]


@_twin
def cumulative_trapezoid(y, x=None, dx=1.0, axis=-1, initial=None):
    y = as_array(y)
    if initial not in (None, 0):
        raise ValueError("`initial` must be `None` or `0`.")
    d = _steps(x, y.shape[axis], dx, axis, y.ndim)
    pairs = _part(y, axis, 1, None) + _part(y, axis, None, -1)
    out = np.cumsum((dx if d is None else d) * pairs / 2.0, axis=axis)
    if initial is None:
        return out
    return np.concatenate([0 * _part(y, axis, 0, 1), out], axis=axis)


@_twin
def simpson(y, x=None, *, dx=1.0, axis=-1):
    """An even number of samples ends with Cartwright's correction, as in SciPy."""
    y = as_array(y)
    n = y.shape[axis]
    d = _steps(x, n, dx, axis, y.ndim)
    if d is None:
        shape = [1] * y.ndim
        shape[axis] = n - 1
        d = dx * np.ones(shape)
    if n == 1:
        return np.sum(0 * y, axis=axis)
    if n == 2:
        return np.sum(0.5 * d * (_part(y, axis, 1, 2) + _part(y, axis, 0, 1)), axis=axis)
    last = n if n % 2 else n - 1
    a, b, c = (_part(y, axis, k, last - 2 + k, 2) for k in range(3))
    h0, h1 = _part(d, axis, 0, last - 1, 2), _part(d, axis, 1, last - 1, 2)
    total, ratio = h0 + h1, h0 / h1
    parts = a * (2 - 1 / ratio) + b * (total * total / (h0 * h1)) + c * (2 - ratio)
    result = np.sum(total / 6 * parts, axis=axis)
    if n % 2 == 0:
        h0, h1 = _part(d, axis, n - 3, n - 2), _part(d, axis, n - 2, n - 1)
        alpha = (2 * h1**2 + 3 * h0 * h1) / (6 * (h1 + h0))
        beta = (h1**2 + 3 * h0 * h1) / (6 * h0)
        eta = h1**3 / (6 * h0 * (h0 + h1))
        tail = alpha * _part(y, axis, n - 1, n) + beta * _part(y, axis, n - 2, n - 1)
        result = result + np.sum(tail - eta * _part(y, axis, n - 3, n - 2), axis=axis)
    return result

"""`scipy.special` on traced arrays: the functions of Python code. Its ufuncs dispatch by themselves."""

import math

import numpy as np

from neurokit.core.trace.tracer import Tracer

from ._arrays import as_array, as_floats, fixed
from ._twin import left_out, others_of, twin_of

_twin = twin_of("scipy.special")
__all__ = [
    "comb",
    "factorial",
    "log_softmax",
    "logsumexp",
    "multigammaln",
    "polygamma",
    "softmax",
]


__getattr__ = others_of("scipy.special")


def _peak(a, axis):
    """The maximum, without a derivative; 0 where it is not finite."""
    m = fixed(np.max(a, axis=axis, keepdims=True))
    return np.where(np.isfinite(m), m, 0)


@_twin
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    (a,) = as_floats(a)
    if b is not None:
        (b,) = as_floats(b)
        a, b = np.broadcast_arrays(a, b)
        a = np.where(b == 0, -np.inf, a)
    axes = tuple(range(a.ndim)) if axis is None else axis
    if not a.size:
        value = np.log(np.sum(a, axis=axes, keepdims=keepdims))
        return (value, np.zeros_like(value)) if return_sign else value
    m = _peak(np.real(a), axes)
    e = np.exp(a - m)
    if b is None and a.dtype.kind != "c":
        value, s = _of_positive_terms(a, m, e, axes)
    else:
        s = np.sum(e if b is None else b * e, axis=axes, keepdims=True)
        none, some = s == 0, np.where(s == 0, 1, s)
        is_complex = s.dtype.kind == "c"
        log = np.log(some if is_complex and not return_sign else np.abs(some))
        value = np.where(none, -np.inf, log + m)
        if not is_complex and not return_sign:
            value = np.where(s < 0, np.nan, value)
    value = value if keepdims else np.squeeze(value, axes)
    if not return_sign:
        return value
    return value, np.sign(s if keepdims else np.squeeze(s, axes))


def _of_positive_terms(a, m, e, axes):
    """(log of the sum, the sum over exp(m)) of exp(a) = e exp(m).

    The largest terms are counted apart, so that terms far below them add their digits.
    """
    top = (a == m).astype(a.dtype)
    others = np.sum(e - top, axis=axes, keepdims=True)  # 0 at the top, with the derivative of e
    others = others + (np.sum(top, axis=axes, keepdims=True) - 1)
    none = others == -1
    value = np.log1p(np.where(none, 0, others)) + m
    return np.where(none, -np.inf, value), others + 1


@_twin
def softmax(x, axis=None):
    (x,) = as_floats(x)
    axes = tuple(range(x.ndim)) if axis is None else axis
    e = np.exp(x - fixed(np.max(x, axis=axes, keepdims=True)))
    return e / np.sum(e, axis=axes, keepdims=True)


@_twin
def log_softmax(x, axis=None):
    (x,) = as_floats(x)
    axes = tuple(range(x.ndim)) if axis is None else axis
    x = x - _peak(x, axes)
    return x - np.log(np.sum(np.exp(x), axis=axes, keepdims=True))


@_twin
def polygamma(n, x):
    """The order n has no derivative."""
    from scipy import special

    x = as_array(x).astype(np.float64)
    if isinstance(n, Tracer):
        raise TypeError("polygamma: the order n must be plain numbers, got a traced array")
    n = np.asarray(n, x.dtype)
    sign = np.where(n % 2 == 0, -1.0, 1.0)
    high = sign * special.gamma(n + 1) * special.zeta(np.where(n == 0, 1.0, n) + 1, x)
    return np.where(n == 0, special.psi(x), high) if np.any(n == 0) else high


@_twin
def multigammaln(a, d):
    from scipy import special

    (a,) = as_floats(a)
    if not np.isscalar(d) or d != int(d):
        raise ValueError("d should be a positive integer (dimension)")
    steps = 0.5 * np.arange(int(d))
    total = np.sum(special.gammaln(a[..., None] - steps), axis=-1)
    return total + d * (d - 1) * 0.25 * math.log(math.pi)


@_twin
def comb(N, k, *, exact=False, repetition=False):
    from scipy import special

    left_out("comb", exact=(exact, False))
    N, k = as_floats(N, k)
    if repetition:
        N = N + k - 1
    valid = (k <= N) & (N >= 0) & (k >= 0)
    n, j = np.where(valid, N, 1.0), np.where(valid, k, 0.0)
    return np.where(valid, 1 / ((n + 1) * special.beta(n - j + 1, j + 1)), 0.0)


@_twin
def factorial(n, exact=False, extend="zero"):
    from scipy import special

    left_out("factorial", exact=(exact, False), extend=(extend, "zero"))
    (n,) = as_floats(n)
    return np.where(n < 0, 0.0, special.gamma(np.where(n < 0, 0.0, n) + 1))

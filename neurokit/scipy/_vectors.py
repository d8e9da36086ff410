"""Distributions of vectors: densities on traced arrays."""

import functools
import importlib
import math

import numpy as np

from ._arrays import as_float64
from ._distributions import Distribution, _special
from ._twin import _traced

_LOG_2PI = math.log(2 * math.pi)


class Multivariate(Distribution):
    """A distribution of vectors: logpdf, pdf and what `functions` name."""

    def __init__(self, name, log_density, **functions):
        super().__init__(name)
        self.log_density = log_density
        for method, f in functions.items():
            setattr(self, method, functools.partial(self._either, method, f))

    def _either(self, method, f, *args, **kwargs):
        return (self._scipy(method, args, kwargs) or f)(*args, **kwargs)

    def _scipy(self, method, args, kwargs):
        if _traced(args) or _traced(tuple(kwargs.values())):
            return None
        return getattr(getattr(importlib.import_module("scipy.stats"), self.name), method)

    def logpdf(self, *args, **kwargs):
        plain = self._scipy("logpdf", args, kwargs)
        return plain(*args, **kwargs) if plain else self.log_density(*args, **kwargs)

    def pdf(self, *args, **kwargs):
        plain = self._scipy("pdf", args, kwargs)
        return plain(*args, **kwargs) if plain else np.exp(self.log_density(*args, **kwargs))


def _covariance(cov, mean):
    """cov as a matrix, and its size."""
    cov = as_float64(cov)
    d = max([cov.shape[-1] if cov.ndim else 1, 1 if mean is None else np.size(mean)])
    if cov.ndim == 0:
        cov = cov * np.eye(d)
    elif cov.ndim == 1:
        cov = np.diag(cov)
    if cov.shape != (d, d):
        raise ValueError(f"cov has shape {cov.shape}, wanted {(d, d)}")
    return cov, d


def _log_det(factor):
    return 2 * np.sum(np.log(np.diagonal(factor)))


def _normal_entropy(mean=None, cov=1):
    from neurokit.core.primitives.linalg import solving

    cov, d = _covariance(cov, mean)
    return 0.5 * (d * (_LOG_2PI + 1) + _log_det(solving.cholesky(cov)))


def _normal_log(x, mean=None, cov=1, allow_singular=False):
    """By the Cholesky factor of a covariance; with allow_singular by its pseudo-inverse, at fixed rank."""
    x = as_float64(x)
    mean = None if mean is None else as_float64(mean)
    cov, d = _covariance(cov, mean)
    if x.ndim == 0:
        x = x[None]
    elif x.ndim == 1:
        x = x[:, None] if d == 1 else x[None, :]
    if x.shape[-1] != d:
        raise ValueError(f"x has {x.shape[-1]} components, mean and cov have {d}")
    x = x.reshape(-1, d) if x.ndim == 1 else x
    deviation = (x if mean is None else x - mean.reshape(d)).reshape(-1, d)
    value = (_log_in_range if allow_singular else _log_by_factor)(deviation, cov, d)
    value = value.reshape(x.shape[:-1])
    return value.reshape(()) if value.size == 1 else value


def _log_by_factor(deviation, cov, d):
    from neurokit.core.primitives.linalg import solving

    factor = solving.cholesky(cov)
    z = solving.solve_triangular(factor, deviation.T, True)
    return -0.5 * (d * _LOG_2PI + _log_det(factor) + np.sum(np.square(z), axis=0))


def _log_in_range(deviation, cov, d):
    """The density in the range of `cov`, and -inf outside of it, by SciPy's bounds on what is 0.

    With the projection p on the range, p cov p + (1 - p) has the non-zero eigenvalues of cov and ones.
    """
    small = 1e6 * np.finfo(np.float64).eps
    cov = np.tril(cov) + np.swapaxes(np.tril(cov, -1), -1, -2)
    inverse = np.linalg.pinv(cov, small, hermitian=True)
    p, unit = cov @ inverse, np.eye(d)
    p = 0.5 * (p + p.T)
    _, log_det = np.linalg.slogdet(p @ cov @ p + unit - p)
    distance = np.sum((deviation @ inverse) * deviation, axis=-1)
    inside = np.linalg.norm(deviation - deviation @ p, axis=-1) < 1e3 * small * np.linalg.norm(
        cov, 2
    )
    rank = np.rint(np.trace(p))
    value = -0.5 * (rank * _LOG_2PI + log_det + distance)
    return np.where(inside | (rank == d), value, -np.inf)


def _dirichlet_log(x, alpha):
    """x (k,) or (k, n), or without its last component; alpha (k,)."""
    s = _special()
    x, alpha = as_float64(x), as_float64(alpha)
    if alpha.ndim != 1:
        raise ValueError(f"Parameter vector 'a' must be one dimensional, got shape {alpha.shape}")
    if x.shape[0] + 1 == alpha.shape[0]:
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
    if x.shape[0] != alpha.shape[0]:
        raise ValueError(f"x has {x.shape[0]} components, alpha {alpha.shape[0]}")
    norm_log = np.sum(s.gammaln(alpha)) - s.gammaln(np.sum(alpha))
    return np.sum(s.xlogy(alpha - 1, x.T), axis=-1) - norm_log


multivariate_normal = Multivariate("multivariate_normal", _normal_log, entropy=_normal_entropy)
dirichlet = Multivariate("dirichlet", _dirichlet_log)

"""`scipy.stats` on traced arrays: densities and distribution functions, with derivatives.

What a distribution does not have here is SciPy's own. Results are float64, as SciPy's.
"""

import math

import numpy as np

from ._distributions import Distribution, Univariate, _special
from ._twin import others_of
from ._vectors import dirichlet, multivariate_normal  # noqa: F401 - names of this module

_LOG_2PI = math.log(2 * math.pi)


def _from_zero(z, *shapes):
    return z >= 0, 1.0


def _above_zero(z, *shapes):
    return z > 0, 1.0


def _unit(z, *shapes):
    return (z >= 0) & (z <= 1), 0.5


def _count(z, *shapes):
    return (z >= 0) & (z == np.floor(z)), 0.0


def _positive(*shapes):
    return np.all(np.stack(np.broadcast_arrays(*[s > 0 for s in shapes])), axis=0)


def _positive_part(f):
    """A distribution function that is 0 left of 0."""
    return lambda z, *s: np.where(z > 0, f(np.where(z > 0, z, 0.5), *s), 0.0)


def _upper_part(f):
    return lambda z, *s: np.where(z > 0, f(np.where(z > 0, z, 0.5), *s), 1.0)


def _clipped(f, low, high):
    """A distribution function on [0, 1], `low` and `high` outside."""

    def call(z, *s):
        inside = (z > 0) & (z < 1)
        return np.where(inside, f(np.where(inside, z, 0.5), *s), np.where(z <= 0, low, high))

    return call


def _gamma_log(z, a):
    s = _special()
    return s.xlogy(a - 1, z) - z - s.gammaln(a)


def _beta_log(z, a, b):
    s = _special()
    return s.xlogy(a - 1, z) + s.xlog1py(b - 1, -z) - s.betaln(a, b)


def _t_log(z, df):
    s = _special()
    front = s.gammaln((df + 1) / 2) - s.gammaln(df / 2) - 0.5 * np.log(df * math.pi)
    return front - 0.5 * (df + 1) * np.log1p(np.square(z) / df)


def _chi2_log(z, df):
    s = _special()
    return s.xlogy(df / 2 - 1, z) - z / 2 - s.gammaln(df / 2) - 0.5 * math.log(2) * df


def _poisson_log(k, mu):
    s = _special()
    return s.xlogy(k, mu) - s.gammaln(k + 1) - mu


def _binom_log(k, n, p):
    s = _special()
    choose = s.gammaln(n + 1) - s.gammaln(k + 1) - s.gammaln(n - k + 1)
    return choose + s.xlogy(k, p) + s.xlog1py(n - k, -p)


def _nbinom_log(k, n, p):
    s = _special()
    choose = s.gammaln(n + k) - s.gammaln(k + 1) - s.gammaln(n)
    return choose + n * np.log(p) + s.xlog1py(k, -p)


def _binom_cdf(k, n, p):
    k = np.floor(k)
    a, b = (np.where((k >= 0) & (k < n), v, 1.0) for v in (k + 1, n - k))
    inside = np.where(k < n, _special().betaincc(a, b, p), 1.0)
    return np.where(k < 0, 0.0, inside)


def _binom_sf(k, n, p):
    k = np.floor(k)
    a, b = (np.where((k >= 0) & (k < n), v, 1.0) for v in (k + 1, n - k))
    inside = np.where(k < n, _special().betainc(a, b, p), 0.0)
    return np.where(k < 0, 1.0, inside)


def _nbinom_cdf(k, n, p):
    k = np.floor(k)
    return np.where(k < 0, 0.0, _special().betainc(n, np.maximum(k, 0.0) + 1, p))


def _nbinom_sf(k, n, p):
    k = np.floor(k)
    return np.where(k < 0, 1.0, _special().betaincc(n, np.maximum(k, 0.0) + 1, p))


def _lognorm_log(z, s):
    log = np.log(z)
    return -0.5 * np.square(log / s) - np.log(s) - log - 0.5 * _LOG_2PI


def _logistic_log(z):
    return -np.abs(z) - 2 * np.log1p(np.exp(-np.abs(z)))


def _laplace_quantile(q):
    below = q < 0.5
    tail = np.where(below, q, 1 - q)
    return np.where(below, 1.0, -1.0) * np.log(2 * tail)


def _cotangent(q):
    """1 / tan(pi q), infinite at both ends."""
    inside = (q > 0) & (q < 1)
    end = np.where(q > 0, -np.inf, np.inf)
    return np.where(inside, 1 / np.tan(math.pi * np.where(inside, q, 0.5)), end)


norm = Univariate(
    "norm",
    lambda z: -0.5 * np.square(z) - 0.5 * _LOG_2PI,
    cdf=lambda z: _special().ndtr(z),
    sf=lambda z: _special().ndtr(-z),
    logcdf=lambda z: _special().log_ndtr(z),
    logsf=lambda z: _special().log_ndtr(-z),
    ppf=lambda q: _special().ndtri(q),
    isf=lambda q: -_special().ndtri(q),
)
gamma = Univariate(
    "gamma",
    _gamma_log,
    ("a",),
    _from_zero,
    _positive,
    cdf=_positive_part(lambda z, a: _special().gammainc(a, z)),
    sf=_upper_part(lambda z, a: _special().gammaincc(a, z)),
)
beta = Univariate(
    "beta",
    _beta_log,
    ("a", "b"),
    _unit,
    _positive,
    cdf=_clipped(lambda z, a, b: _special().betainc(a, b, z), 0.0, 1.0),
    sf=_clipped(lambda z, a, b: _special().betaincc(a, b, z), 1.0, 0.0),
)
t = Univariate(
    "t",
    _t_log,
    ("df",),
    None,
    _positive,
    cdf=lambda z, df: _special().stdtr(df, z),
    sf=lambda z, df: _special().stdtr(df, -z),
    logcdf=lambda z, df: np.log(_special().stdtr(df, z)),  # its tails are powers: no underflow
    logsf=lambda z, df: np.log(_special().stdtr(df, -z)),
)
chi2 = Univariate(
    "chi2",
    _chi2_log,
    ("df",),
    _from_zero,
    _positive,
    cdf=_positive_part(lambda z, df: _special().chdtr(df, z)),
    sf=_upper_part(lambda z, df: _special().chdtrc(df, z)),
)
expon = Univariate(
    "expon",
    lambda z: -z,
    (),
    _from_zero,
    cdf=_positive_part(lambda z: -np.expm1(-z)),
    sf=_upper_part(lambda z: np.exp(-z)),
    ppf=lambda q: -np.log1p(-q),
    isf=lambda q: -np.log(q),
)
laplace = Univariate(
    "laplace",
    lambda z: -np.abs(z) - math.log(2),
    cdf=lambda z: np.where(z > 0, 1 - 0.5 * np.exp(-np.abs(z)), 0.5 * np.exp(-np.abs(z))),
    sf=lambda z: np.where(z > 0, 0.5 * np.exp(-np.abs(z)), 1 - 0.5 * np.exp(-np.abs(z))),
    ppf=_laplace_quantile,
    isf=lambda q: -_laplace_quantile(q),
)
cauchy = Univariate(
    "cauchy",
    lambda z: -math.log(math.pi) - np.log1p(np.square(z)),
    cdf=lambda z: np.arctan2(np.ones_like(z), -z) / math.pi,
    sf=lambda z: np.arctan2(np.ones_like(z), z) / math.pi,
    ppf=lambda q: -_cotangent(q),
    isf=lambda q: _cotangent(q),
)
logistic = Univariate(
    "logistic",
    _logistic_log,
    cdf=lambda z: _special().expit(z),
    sf=lambda z: _special().expit(-z),
    logcdf=lambda z: _special().log_expit(z),
    logsf=lambda z: _special().log_expit(-z),
    ppf=lambda q: _special().logit(q),
    isf=lambda q: -_special().logit(q),
)
lognorm = Univariate(
    "lognorm",
    _lognorm_log,
    ("s",),
    _above_zero,
    _positive,
    cdf=_positive_part(lambda z, s: _special().ndtr(np.log(z) / s)),
    sf=_upper_part(lambda z, s: _special().ndtr(-np.log(z) / s)),
    ppf=lambda q, s: np.exp(s * _special().ndtri(q)),
    isf=lambda q, s: np.exp(-s * _special().ndtri(q)),
)
uniform = Univariate(
    "uniform",
    lambda z: 0 * z,
    (),
    _unit,
    cdf=_clipped(lambda z: z, 0.0, 1.0),
    sf=_clipped(lambda z: 1 - z, 1.0, 0.0),
    ppf=lambda q: q,
    isf=lambda q: 1 - q,
)
poisson = Univariate(
    "poisson",
    _poisson_log,
    ("mu",),
    _count,
    lambda mu: mu >= 0,
    cdf=lambda k, mu: np.where(k < 0, 0.0, _special().pdtr(np.where(k < 0, 0.0, k), mu)),
    sf=lambda k, mu: np.where(k < 0, 1.0, _special().pdtrc(np.where(k < 0, 0.0, k), mu)),
)
binom = Univariate(
    "binom",
    _binom_log,
    ("n", "p"),
    lambda k, n, p: ((k >= 0) & (k <= n) & (k == np.floor(k)), 0.0),
    lambda n, p: (n >= 0) & (n == np.floor(n)) & (p >= 0) & (p <= 1),
    cdf=_binom_cdf,
    sf=_binom_sf,
)
bernoulli = Univariate(
    "bernoulli",
    lambda k, p: _special().xlogy(k, p) + _special().xlog1py(1 - k, -p),
    ("p",),
    lambda k, p: ((k == 0) | (k == 1), 0.0),
    lambda p: (p >= 0) & (p <= 1),
    cdf=lambda k, p: _binom_cdf(k, 1.0, p),
    sf=lambda k, p: _binom_sf(k, 1.0, p),
)
nbinom = Univariate(
    "nbinom",
    _nbinom_log,
    ("n", "p"),
    lambda k, n, p: _count(k),
    lambda n, p: (n > 0) & (p > 0) & (p <= 1),
    cdf=_nbinom_cdf,
    sf=_nbinom_sf,
)
geom = Univariate(
    "geom",
    lambda k, p: _special().xlog1py(k - 1, -p) + np.log(p),
    ("p",),
    lambda k, p: ((k >= 1) & (k == np.floor(k)), 1.0),
    lambda p: (p > 0) & (p <= 1),
    cdf=lambda k, p: -np.expm1(np.maximum(np.floor(k), 0.0) * np.log1p(-p)),
    sf=lambda k, p: np.exp(np.maximum(np.floor(k), 0.0) * np.log1p(-p)),
)
vonmises = Univariate(
    "vonmises",
    lambda z, kappa: kappa * (np.cos(z) - 1) - _LOG_2PI - np.log(_special().i0e(kappa)),
    ("kappa",),
    None,
    lambda kappa: kappa >= 0,
)
halfnorm = Univariate(
    "halfnorm",
    lambda z: 0.5 * math.log(2 / math.pi) - 0.5 * np.square(z),
    (),
    _from_zero,
    cdf=_positive_part(lambda z: _special().erf(z / math.sqrt(2))),
    sf=_upper_part(lambda z: _special().erfc(z / math.sqrt(2))),
    ppf=lambda q: _special().ndtri((1 + q) / 2),
    isf=lambda q: -_special().ndtri(q / 2),
)


__all__ = [n for n, v in list(globals().items()) if isinstance(v, Distribution)]


__getattr__ = others_of("scipy.stats")

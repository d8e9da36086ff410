"""`scipy.stats` on traced arrays: densities and distribution functions, with derivatives.

What a distribution does not have here is SciPy's own. Results are float64, as SciPy's.
"""

import functools
import importlib
import math

import numpy as np

from ._arrays import as_float64
from ._twin import _traced, others_of

_LOG_2PI = math.log(2 * math.pi)


def _special():
    return importlib.import_module("scipy.special")


class Distribution:
    """A distribution of `scipy.stats` whose functions also take traced arrays."""

    def __init__(self, name, shapes=()):
        self.name, self.shapes = name, shapes

    def __getattr__(self, method):
        return getattr(getattr(importlib.import_module("scipy.stats"), self.name), method)

    def __repr__(self):
        return f"neurokit.scipy.stats.{self.name}"


class Univariate(Distribution):
    """log_density(z, *shapes) on the support; cdf and sf of z, where given.

    inside(z, *shapes): the support; valid(*shapes): the shape parameters that are allowed.
    """

    def __init__(self, name, log_density, shapes=(), inside=None, valid=None, **functions):
        super().__init__(name, shapes)
        self.log_density, self.inside, self.valid = log_density, inside, valid
        discrete = name in ("poisson", "binom", "bernoulli", "nbinom", "geom")
        kind = "pmf" if discrete else "pdf"
        self._add("log" + kind, self._log_density, discrete)
        self._add(kind, lambda z, scale, *s: np.exp(self._log_density(z, scale, *s)), discrete)
        for method, f in functions.items():
            self._add(method, lambda z, scale, *s, f=f: f(z, *s), discrete)

    def _add(self, method, f, discrete):
        names = ("q" if method in ("ppf", "isf") else "k" if discrete else "x", *self.shapes)

        def call(*args, **kwargs):
            if not (_traced(args) or _traced(tuple(kwargs.values()))):
                home = getattr(importlib.import_module("scipy.stats"), self.name)
                return getattr(home, method)(*args, **kwargs)
            values = self._bind(method, names, discrete, args, kwargs)
            return self._call(f, method, values)

        call.__name__ = method
        call.__doc__ = f"`scipy.stats.{self.name}.{method}`, also on traced arrays."
        setattr(self, method, call)

    def _bind(self, method, names, discrete, args, kwargs):
        order = [*names, "loc"] + ([] if discrete else ["scale"])
        if len(args) > len(order):
            raise TypeError(
                f"{self.name}.{method} takes {', '.join(order)}: got {len(args)} values"
            )
        given = dict(zip(order, args))
        for name, value in kwargs.items():
            if name not in order or name in given:
                raise TypeError(f"{self.name}.{method} got an unexpected or repeated {name}=")
            given[name] = value
        given.setdefault("loc", 0.0)
        given.setdefault("scale", 1.0)
        missing = [n for n in names if n not in given]
        if missing:
            raise TypeError(f"{self.name}.{method} needs {', '.join(missing)}")
        return [as_float64(given[n]) for n in (*names, "loc", "scale")]

    def _call(self, f, method, values):
        x, *shapes, loc, scale = values
        valid = scale > 0
        if self.valid is not None:
            valid = valid & self.valid(*shapes)
        scale = np.where(scale > 0, scale, 1.0)
        if method == "ppf":
            result = f(x, scale, *shapes) * scale + loc
        else:
            result = f((x - loc) / scale, scale, *shapes)
        return np.where(valid & ~np.isnan(x), result, np.nan)

    def _log_density(self, z, scale, *shapes):
        if self.inside is None:
            return self.log_density(z, *shapes) - np.log(scale)
        inside, safe = self.inside(z, *shapes)
        value = self.log_density(np.where(inside, z, safe), *shapes) - np.log(scale)
        return np.where(inside, value, -np.inf)


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


norm = Univariate(
    "norm",
    lambda z: -0.5 * np.square(z) - 0.5 * _LOG_2PI,
    cdf=lambda z: _special().ndtr(z),
    sf=lambda z: _special().ndtr(-z),
    logcdf=lambda z: _special().log_ndtr(z),
    logsf=lambda z: _special().log_ndtr(-z),
    ppf=lambda q: _special().ndtri(q),
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
)
laplace = Univariate(
    "laplace",
    lambda z: -np.abs(z) - math.log(2),
    cdf=lambda z: np.where(z > 0, 1 - 0.5 * np.exp(-np.abs(z)), 0.5 * np.exp(-np.abs(z))),
    sf=lambda z: np.where(z > 0, 0.5 * np.exp(-np.abs(z)), 1 - 0.5 * np.exp(-np.abs(z))),
)
cauchy = Univariate(
    "cauchy",
    lambda z: -math.log(math.pi) - np.log1p(np.square(z)),
    cdf=lambda z: np.arctan2(np.ones_like(z), -z) / math.pi,
    sf=lambda z: np.arctan2(np.ones_like(z), z) / math.pi,
)
logistic = Univariate(
    "logistic",
    _logistic_log,
    cdf=lambda z: _special().expit(z),
    sf=lambda z: _special().expit(-z),
    logcdf=lambda z: _special().log_expit(z),
    logsf=lambda z: _special().log_expit(-z),
)
lognorm = Univariate(
    "lognorm",
    _lognorm_log,
    ("s",),
    _above_zero,
    _positive,
    cdf=_positive_part(lambda z, s: _special().ndtr(np.log(z) / s)),
    sf=_upper_part(lambda z, s: _special().ndtr(-np.log(z) / s)),
)
uniform = Univariate(
    "uniform",
    lambda z: 0 * z,
    (),
    _unit,
    cdf=_clipped(lambda z: z, 0.0, 1.0),
    sf=_clipped(lambda z: 1 - z, 1.0, 0.0),
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
)


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

__all__ = [n for n, v in list(globals().items()) if isinstance(v, Distribution)]


__getattr__ = others_of("scipy.stats")

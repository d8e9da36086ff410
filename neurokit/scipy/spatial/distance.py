"""`scipy.spatial.distance` on traced arrays: distances between vectors and between all pairs of rows.

A metric is written once, for arrays (..., d) that broadcast, and summed over the last axis. The
derivative of a distance that is 0 is 0 where it has a kink there.
"""

import importlib
import inspect

import numpy as np
from scipy.special import rel_entr

from neurokit.core.trace.tracer import Tracer
from neurokit.core.transforms.vmap import vmap

from .._arrays import as_array, as_float64, as_floats
from .._twin import left_out, others_of, twin_of

_twin = twin_of("scipy.spatial.distance")
__getattr__ = others_of("scipy.spatial.distance")


# ---------------------------------------------------------------------------- metrics of (..., d)


def _root(square):
    """The square root, with derivative 0 at 0."""
    zero = square == 0
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, square)))


def _sum(x, w):
    return np.sum(x if w is None else w * x, axis=-1)


def _braycurtis(u, v, w=None):
    return _sum(np.abs(u - v), w) / _sum(np.abs(u + v), w)


def _canberra(u, v, w=None):
    size = np.abs(u) + np.abs(v)
    return _sum(np.where(size == 0, 0.0, np.abs(u - v) / np.where(size == 0, 1.0, size)), w)


def _chebyshev(u, v, w=None):
    away = np.abs(u - v)
    return np.max(away if w is None else (w > 0) * away, axis=-1)


def _cityblock(u, v, w=None):
    return _sum(np.abs(u - v), w)


def _correlation(u, v, w=None, centered=True):
    if w is not None:
        w = w / np.sum(w)
    if centered:
        middle = np.mean if w is None else lambda x, **how: np.sum(w * x, **how)
        u = u - middle(u, axis=-1, keepdims=True)
        v = v - middle(v, axis=-1, keepdims=True)
    size = np.sqrt(_sum(u * u, w) * _sum(v * v, w))
    return np.clip(1 - _inner(u, v, w) / size, 0.0, 2.0)


def _inner(u, v, w):
    """Inner products of the last axis; those of all pairs of rows by one matrix product."""
    if u.ndim < 3:
        return _sum(u * v, w)
    u = u[:, 0]
    return np.matmul(u if w is None else u * w, v[0].T)


def _cosine(u, v, w=None):
    return _correlation(u, v, w, False)


def _euclidean(u, v, w=None):
    return _minkowski(u, v, 2, w)


def _hamming(u, v, w=None):
    other = (u != v).astype(np.float64)
    return np.mean(other, axis=-1) if w is None else np.sum(w / np.sum(w) * other, axis=-1)


def _jensenshannon(u, v, base=None):
    u, v = (x / np.sum(x, axis=-1, keepdims=True) for x in (u, v))
    middle = (u + v) / 2
    total = np.sum(rel_entr(u, middle) + rel_entr(v, middle), axis=-1)
    total = np.where(total < 0, 0.0, total)  # what rounding leaves of equal distributions
    return _root(total / (2 if base is None else 2 * np.log(base)))


def _mahalanobis(u, v, VI):
    away = u - v
    return _root(np.sum(np.matmul(away, VI) * away, axis=-1))


def _minkowski(u, v, p=2, w=None):
    if isinstance(p, Tracer):
        raise TypeError("minkowski: p must be a plain number, got a traced array")
    if not p > 0:
        raise ValueError("p must be greater than 0")
    away = u - v
    if w is not None:
        away = away * ((w != 0) if p == np.inf else _root(w) if p == 2 else w ** (1 / p))
    return np.linalg.norm(away, ord=p, axis=-1)


def _seuclidean(u, v, V):
    return _root(np.sum((u - v) ** 2 / V, axis=-1))


def _sqeuclidean(u, v, w=None):
    return _sum((u - v) ** 2, w)


# ---------------------------------------------------------------------------- two vectors


def _vectors(*xs):
    xs = as_floats(*xs)
    if any(x.ndim != 1 for x in xs):
        raise ValueError("Input vector should be 1-D.")
    return xs


def _of_two(name, u, v, w, **options):
    u, v = _vectors(u, v)
    w = None if w is None else _vectors(w)[0]
    return _METRICS[name](u, v, w=w, **options)


@_twin
def braycurtis(u, v, w=None):
    return _of_two("braycurtis", u, as_float64(v), w)


@_twin
def canberra(u, v, w=None):
    return _of_two("canberra", u, as_float64(v), w)


@_twin
def chebyshev(u, v, w=None):
    return _of_two("chebyshev", u, v, w)


@_twin
def cityblock(u, v, w=None):
    return _of_two("cityblock", u, v, w)


@_twin
def correlation(u, v, w=None, centered=True):
    return _of_two("correlation", u, v, w, centered=centered)


@_twin
def cosine(u, v, w=None):
    return _of_two("cosine", u, v, w)


@_twin
def euclidean(u, v, w=None):
    return _of_two("euclidean", u, v, w)


@_twin
def hamming(u, v, w=None):
    return _of_two("hamming", u, v, w)


@_twin
def jensenshannon(p, q, base=None, *, axis=0, keepdims=False):
    p, q = (np.moveaxis(x, axis, -1) for x in np.broadcast_arrays(*as_floats(p, q)))
    distance = _jensenshannon(p, q, base)
    return np.expand_dims(distance, axis) if keepdims else distance


@_twin
def mahalanobis(u, v, VI):
    u, v = _vectors(u, v)
    (VI,) = as_floats(VI)
    return _mahalanobis(u, v, np.atleast_2d(VI))


@_twin
def minkowski(u, v, p=2, w=None):
    return _of_two("minkowski", u, v, w, p=p)


@_twin
def seuclidean(u, v, V):
    return _seuclidean(*_vectors(u, v, V))


@_twin
def sqeuclidean(u, v, w=None):
    return _of_two("sqeuclidean", u, v, w)


# ---------------------------------------------------------------------------- all pairs of rows

_METRICS = dict(
    braycurtis=_braycurtis,
    canberra=_canberra,
    chebyshev=_chebyshev,
    cityblock=_cityblock,
    correlation=_correlation,
    cosine=_cosine,
    euclidean=_euclidean,
    hamming=_hamming,
    jensenshannon=_jensenshannon,
    mahalanobis=_mahalanobis,
    minkowski=_minkowski,
    seuclidean=_seuclidean,
    sqeuclidean=_sqeuclidean,
)


def _metric(function, metric, options):
    """(function of (..., d) arrays, its options as arrays); a callable is mapped over the pairs."""
    if callable(metric):
        return vmap(lambda u, v: metric(u, v, **options)), {}
    if not isinstance(metric, str):
        raise TypeError("2nd argument metric must be a string identifier or a function.")
    home = importlib.import_module("scipy.spatial.distance")
    known = home._METRIC_ALIAS.get(metric.lower())
    if known is None:
        raise ValueError(f"Unknown Distance Metric: {metric}")
    name = known.canonical_name
    if name not in _METRICS:
        raise TypeError(
            f"{function}: metric={metric!r} has no form on traced arrays, only {', '.join(_METRICS)}"
        )
    wanted = [n for n in inspect.signature(_METRICS[name]).parameters if n in ("p", "w", "V", "VI")]
    if unknown := sorted(set(options) - set(wanted)):
        raise TypeError(f"{function}: metric {name!r} takes no {', '.join(unknown)}")
    given = {k: v if k == "p" else as_float64(v) for k, v in options.items() if v is not None}
    return _METRICS[name], given


def _with_defaults(how, options, rows):
    """Variances or inverse covariance of all rows, where the metric needs them and none are given."""
    if how is _seuclidean and "V" not in options:
        options["V"] = np.var(rows, axis=0, ddof=1)
    if how is _mahalanobis and "VI" not in options:
        m, n = rows.shape
        if m <= n:
            raise ValueError(
                f"The number of observations ({m}) is too small; the covariance matrix is "
                f"singular. For observations with {n} dimensions, at least {n + 1} are required."
            )
        options["VI"] = np.linalg.inv(np.atleast_2d(np.cov(rows.T)))
    for name, value in options.items():
        shape = (rows.shape[1],) * (2 if name == "VI" else 1)
        if name != "p" and value.shape != shape:
            raise ValueError(f"{name} must have shape {shape}, got {value.shape}")
    return options


@_twin
def cdist(XA, XB, metric="euclidean", *, out=None, **kwargs):
    """Boolean metrics have no traced form."""
    left_out("cdist", out=(out, None))
    XA, XB = as_float64(XA), as_float64(XB)
    for name, x in (("XA", XA), ("XB", XB)):
        if x.ndim != 2:
            raise ValueError(f"{name} must be a 2-dimensional array.")
    if XA.shape[1] != XB.shape[1]:
        raise ValueError("XA and XB must have the same number of columns (i.e. feature dimension.)")
    how, options = _metric("cdist", metric, kwargs)
    if callable(metric):
        i, j = np.indices((len(XA), len(XB))).reshape(2, -1)
        return how(XA[i], XB[j]).reshape(len(XA), len(XB))
    options = _with_defaults(how, options, np.concatenate([XA, XB]))
    return how(XA[:, None], XB[None], **options)


@_twin
def pdist(X, metric="euclidean", *, out=None, **kwargs):
    """Boolean metrics have no traced form."""
    left_out("pdist", out=(out, None))
    X = as_float64(X)
    if X.ndim != 2:
        raise ValueError(f"A 2-dimensional array must be passed. (Shape was {X.shape}).")
    how, options = _metric("pdist", metric, kwargs)
    i, j = np.triu_indices(len(X), 1)
    if not callable(metric):
        options = _with_defaults(how, options, X)
    if how in (_correlation, _cosine):  # all pairs by one product
        return how(X[:, None], X[None], **options)[i, j]
    return how(X[i], X[j], **options)


@_twin
def squareform(X, force="no", checks=True):
    """Values are not checked for symmetry: the upper triangle is taken."""
    X = as_array(X)
    if force.lower() == "tomatrix" and X.ndim != 1:
        raise ValueError("Forcing 'tomatrix' but input X is not a distance vector.")
    if force.lower() == "tovector" and X.ndim != 2:
        raise ValueError("Forcing 'tovector' but input X is not a distance matrix.")
    if X.ndim == 2:
        if X.shape[0] != X.shape[1]:
            raise ValueError("The matrix argument must be square.")
        return X[np.triu_indices(len(X), 1)]
    if X.ndim != 1:
        raise ValueError(
            "The first argument must be one or two dimensional array. "
            f"A {X.ndim}-dimensional array is not permitted"
        )
    n = int(np.ceil(np.sqrt(2 * X.size))) if X.size else 1
    if n * (n - 1) != 2 * X.size:
        raise ValueError(
            "Incompatible vector size. It must be a binomial coefficient n choose 2 for some "
            "integer n >= 2."
        )
    place = np.full((n, n), X.size)
    i, j = np.triu_indices(n, 1)
    place[i, j] = place[j, i] = np.arange(X.size)
    return np.concatenate([X, np.zeros(1, X.dtype)])[place]

"""Multidimensional scaling."""

from numbers import Integral

import numpy as np

from ..ops import dense
from .checks import choice, numbers, steps
from .rdms import as_rdms


def mds(rdms, n=2, method="metric", max_iter=300, tol=1e-7, n_init=4, seed=0):
    """Place the conditions in a few dimensions so that distances are like the dissimilarities.

    Parameters
    ----------
    rdms : RDMs or array_like of condensed values
        Dissimilarities, read as distances (not squared).
    n : int
        Number of dimensions.
    method : {"metric", "nonmetric", "classical"}
        Least squares of distances (SMACOF), the same for the best monotone function of the
        dissimilarities, or the leading eigenvectors of the doubly centred squared dissimilarities.
    max_iter, tol
        Not for the classical method: stop after ``max_iter`` steps or when the stress falls by less
        than ``tol`` of itself.
    n_init, seed : int
        Not for the classical method: number of starts, of which the one of least stress is kept. The
        first is the classical solution, mostly the best one; the others are random.

    Returns
    -------
    points : ndarray, shape (n_rdm, n_conditions, n)
        Of the nonmetric method in units in which the monotone function has a mean square of 1.
        Centred, turned to their principal axes; the first condition that is not zero on an axis is
        on its positive side.

    Raises
    ------
    ValueError
        For NaN, infinite or negative dissimilarities (crossnobis: set negative values to zero first), or more
        dimensions than conditions minus one.

    Examples
    --------
    >>> from neurokit import rsa
    >>> rsa.mds([[3.0, 4.0, 5.0]]).shape
    (1, 3, 2)
    """
    rdms = as_rdms(rdms, "rdms")
    choice(method, ("metric", "nonmetric", "classical"), "method")
    steps(max_iter, tol)
    if not isinstance(n, Integral) or not 1 <= n < rdms.n_conditions:
        raise ValueError(f"n: wanted 1 to {rdms.n_conditions - 1} dimensions, got {n!r}")
    if np.isnan(rdms.values).any():
        raise ValueError("mds needs whole matrices: take a subset without NaN pairs")
    if np.isinf(rdms.values).any():
        raise ValueError("mds needs finite dissimilarities, got inf")
    if (rdms.values < 0).any():
        raise ValueError(
            "mds needs dissimilarities of at least 0: take rdms.transform(lambda v: np.maximum(v, 0))"
        )
    if not isinstance(n_init, (int, np.integer)) or n_init < 1:
        raise ValueError(f"n_init: wanted a number of at least 1, got {n_init!r}")
    values = rdms.values.astype(float)
    size = _exponents(values)
    rdms = rdms._like(np.ldexp(values, -size), rdms.labels)
    size = size[:, :, None]
    points = np.stack([_classical(d, n) for d in rdms.square()])
    if method == "classical":
        return np.ldexp(points, size)
    rng = np.random.default_rng(seed)
    for k, (d, start) in enumerate(zip(rdms.square(), points, strict=True)):
        if not d.any():
            continue
        spread = np.sqrt(np.mean(start**2))
        starts = [start, *spread * rng.standard_normal((n_init - 1, *start.shape))]
        found = [_smacof(d, x, max_iter, tol, method == "nonmetric") for x in starts]
        points[k] = min(found, key=lambda x, k=k: stress(rdms[k], x[None], method)[0])
    return points if method == "nonmetric" else np.ldexp(points, size)


def stress(rdms, points, method="metric"):
    """Kruskal's stress-1 of points against dissimilarities, shape (n_rdm,); NaN where all are zero.

    Parameters
    ----------
    rdms : RDMs
    points : ndarray, shape (n_rdm, n_conditions, n)
    method : {"metric", "nonmetric"}
        Against the dissimilarities, or against the monotone function of them that is nearest to
        the distances.

    Notes
    -----
    Metric: sqrt(sum (distance - d)^2 / sum d^2); nonmetric: sqrt(sum (distance - f(d))^2 /
    sum distance^2).
    """
    choice(method, ("metric", "nonmetric"), "method")
    rdms, points = as_rdms(rdms, "rdms"), numbers(points, "points")
    if points.ndim != 3 or points.shape[:2] != (len(rdms), rdms.n_conditions):
        raise ValueError(
            f"points: wanted shape ({len(rdms)}, {rdms.n_conditions}, n), got {points.shape}"
        )
    values = rdms.values.astype(float)
    of = values if method == "metric" else points.reshape(len(points), -1)
    size = _exponents(of)
    values, points = np.ldexp(values, -size), np.ldexp(points, -size[:, :, None])
    i, j = np.triu_indices(rdms.n_conditions, 1)
    distances = np.stack([np.linalg.norm(x[i] - x[j], axis=1) for x in points])
    if method == "metric":
        fitted = size = values
    else:
        fitted = np.stack([_monotone(d, x) for d, x in zip(values, distances, strict=True)])
        size = distances
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.sum((distances - fitted) ** 2, 1) / np.sum(size**2, 1))


def _exponents(rows):
    """Exponents of two of the largest value of each row, shape (n_rows, 1): divided by these, squares
    are numbers."""
    return np.frexp(np.abs(rows).max(1, keepdims=True))[1]


def _monotone(d, distance):
    """The non-decreasing function of d nearest to the distances; ties may differ."""
    from scipy.optimize import isotonic_regression  # slow to load

    order = np.lexsort((distance, d))
    out = np.empty(len(d))
    out[order] = isotonic_regression(distance[order]).x
    return out


def _turned(x):
    """Centred and along principal axes, with signs fixed."""
    x = x - x.mean(0)
    _, _, axes = dense.svd(x)
    x = dense.product(x, axes.T)
    large = np.abs(x) > 1e-9 * np.abs(x).max()
    first = np.argmax(large, axis=0)
    return x * np.where(x[first, np.arange(x.shape[1])] < 0, -1, 1)


def _classical(d, n):
    g = -(d**2) / 2
    g = g - g.mean(0) - g.mean(1)[:, None] + g.mean()
    values, vectors = dense.eigh(g)
    x = vectors[:, ::-1][:, :n] * np.sqrt(np.maximum(values[::-1][:n], 0))
    return _turned(x)


def _smacof(d, x, max_iter, tol, monotone=False):
    upper = np.triu_indices(len(d), 1)
    values = d[upper]
    before = np.inf
    for _ in range(max_iter):
        distance = np.sqrt(np.sum((x[:, None] - x) ** 2, -1))
        if monotone:  # disparities of a fixed size, so that the points do not shrink
            fitted = _monotone(values, distance[upper])
            d = np.zeros_like(d)
            d[upper] = fitted * np.sqrt(len(fitted) / np.sum(fitted**2))
            d += d.T
        now = np.sum((distance - d)[upper] ** 2)
        if before - now <= tol * now:
            break
        before = now
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(distance > 0, d / distance, 0)
        x = (x * ratio.sum(1)[:, None] - dense.product(ratio, x)) / len(d)
    return _turned(x)

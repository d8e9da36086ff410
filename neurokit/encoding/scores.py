"""How well predictions match, target by target."""

import warnings
from numbers import Real

import numpy as np
from scipy.spatial import distance

from ..core.trace.tracer import check_class
from ..ops.dense import product
from ._level import leveled


def _floats(x, name):
    """An array of float32 or float64: differences of integers and flags would wrap around."""
    check_class(x, name)
    x = np.asarray(x)
    return x if x.dtype in (np.float32, np.float64) else x.astype(float)


def _pair(Y, P):
    Y, P = _floats(Y, "the measured array"), _floats(P, "the predicted array")
    if Y.shape != P.shape:
        raise ValueError(f"measured {Y.shape} and predicted {P.shape} differ in shape")
    if Y.ndim not in (1, 2) or len(Y) < 2:
        raise ValueError(f"wanted (n_samples >= 2, n_targets), got shape {Y.shape}")
    return Y, P


def r2(Y, P):
    """Coefficient of determination of each target.

    Parameters
    ----------
    Y, P : array_like, shape (n_samples, n_targets) or (n_samples,)
        Measured and predicted values.

    Returns
    -------
    r2 : ndarray, shape (n_targets,), or float
        1 - sum (Y - P)^2 / sum (Y - mean Y)^2; NaN where Y does not vary.

    Examples
    --------
    >>> from neurokit import encoding
    >>> encoding.r2([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], [[1.0, 2.0], [2.0, 2.0], [3.0, 2.0]])
    array([1., 0.])
    """
    Y, P = leveled(0, *_pair(Y, P))
    error = np.sum((Y - P) ** 2, 0, dtype=float)
    total = np.sum((Y - Y.mean(0, dtype=float)) ** 2, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(_varies(Y), 1 - error / total, np.nan)[()]


def _varies(x):
    """Whether a column takes more than one value (its variance may miss zero by rounding)."""
    return x.max(0) != x.min(0)


def correlation(Y, P):
    """Pearson correlation of each target with its prediction.

    Parameters
    ----------
    Y, P : array_like, shape (n_samples, n_targets) or (n_samples,)
        Measured and predicted values.

    Returns
    -------
    r : ndarray, shape (n_targets,), or float
        NaN where one of the two does not vary.
    """
    Y, P = _pair(Y, P)
    varies = _varies(Y) & _varies(P)
    (Y,), (P,) = leveled(0, Y), leveled(0, P)
    Y, P = Y - Y.mean(0, dtype=float), P - P.mean(0, dtype=float)
    norm = np.sqrt(np.sum(Y * Y, 0)) * np.sqrt(np.sum(P * P, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varies, np.sum(Y * P, 0) / norm, np.nan)[()]


def split_r2(Y, parts):
    """Share of R2 that each part of a summed prediction explains (product measure).

    Parameters
    ----------
    Y : array_like, shape (n_samples, n_targets)
        Measured values.
    parts : array_like, shape (n_parts, n_samples, n_targets)
        Predictions of each feature space; their sum is the prediction.

    Returns
    -------
    r2 : ndarray, shape (n_parts, n_targets)
        Adds up to :func:`r2` of the summed prediction: sum P_k (2 Y - P) / sum Y^2, the mean of Y
        taken from Y and in equal shares from the parts; NaN where Y does not vary.
    """
    parts = _parts(parts)
    Y, _ = _pair(Y, parts[0])
    Y, *parts = leveled(0, Y, *parts)
    parts = np.stack(parts)
    P, varies = parts.sum(0), _varies(Y)
    center = Y.mean(0, dtype=float)
    Y, P = Y - center, P - center
    # The constant belongs to no part: each takes an equal share of it
    parts = parts - center / len(parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varies, np.sum(parts * (2 * Y - P), 1) / np.sum(Y * Y, 0), np.nan)


def _parts(parts):
    parts = _floats(parts, "parts")
    if parts.ndim not in (2, 3) or len(parts) == 0:
        raise ValueError(f"parts: wanted (n_parts, n_samples, n_targets), got shape {parts.shape}")
    return parts


def split_correlation(Y, parts):
    """Share of the correlation that each part of a summed prediction explains.

    Parameters
    ----------
    Y : array_like, shape (n_samples, n_targets)
    parts : array_like, shape (n_parts, n_samples, n_targets)

    Returns
    -------
    r : ndarray, shape (n_parts, n_targets)
        cov(Y, P_k) / (sd(Y) sd(P)); adds up to :func:`correlation` of the sum.
    """
    parts = _parts(parts)
    Y, _ = _pair(Y, parts[0])
    (Y,), parts = leveled(0, Y), np.stack(leveled(0, *parts))
    P = parts.sum(0)
    varies = _varies(Y) & _varies(P)
    Y, P = Y - Y.mean(0, dtype=float), P - P.mean(0, dtype=float)
    norm = np.sqrt(np.sum(Y * Y, 0)) * np.sqrt(np.sum(P * P, 0))
    parts = parts - parts.mean(1, keepdims=True, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varies, np.sum(parts * Y, 1) / norm, np.nan)


def _similarity(Y, P, metric):
    """Similarity of measured with predicted patterns, shape (n_samples, n_samples)."""
    Y, P = _pair(Y, P)
    if Y.ndim != 2 or Y.shape[1] < 2:
        raise ValueError(f"wanted (n_samples, n_targets >= 2), got shape {Y.shape}")
    if not (np.isfinite(Y).all() and np.isfinite(P).all()):
        raise ValueError("patterns contain NaN or infinity")
    if metric == "euclidean":
        Y, P = leveled((0, 1), Y, P)
        return -distance.cdist(Y, P, "sqeuclidean")
    if metric not in ("correlation", "cosine"):
        raise ValueError(f"metric: wanted correlation, cosine or euclidean, got {metric!r}")
    undefined = []
    unit = []
    for x in (Y, P):
        flat = x.max(1) == x.min(1) if metric == "correlation" else ~x.any(1)
        (x,) = leveled(1, x)
        x = x.astype(float, copy=False)
        x = x - x.mean(1, keepdims=True) if metric == "correlation" else x
        norm = np.linalg.norm(x, axis=1, keepdims=True)
        unit.append(np.where(flat[:, None], 0, x / np.where(norm > 0, norm, 1)))
        undefined += np.flatnonzero(flat).tolist()
    if undefined:
        warnings.warn(
            f"patterns {sorted(set(undefined))} are constant: their {metric} with others is not "
            "defined and counts as a tie",
            stacklevel=3,
        )
    return product(unit[0], unit[1].T)


def _tied(difference, size, metric):
    """Whether similarities differ by rounding alone: they are 1 at most, or squared distances."""
    return np.abs(difference) <= 1e-12 * (size if metric == "euclidean" else 1)


def pairwise_2v2(Y, P, metric="correlation"):
    """Share of pairs of samples whose measured and predicted patterns match the right way round.

    Parameters
    ----------
    Y, P : array_like, shape (n_samples, n_targets)
        Measured and predicted patterns.
    metric : {"correlation", "cosine", "euclidean"}
        How patterns are compared over targets (``euclidean``: the squared distance).

    Returns
    -------
    accuracy : float
        Chance is 0.5; a tie counts half.

    References
    ----------
    .. [1] Mitchell et al. (2008), doi:10.1126/science.1152876

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import encoding
    >>> Y = np.eye(4)
    >>> encoding.pairwise_2v2(Y, 3 * Y + 1)
    1.0
    """
    r = _similarity(Y, P, metric)
    d = np.diagonal(r)
    gain = d + d[:, None] - r - r.T
    gain[_tied(gain, np.abs(d) + np.abs(d[:, None]), metric)] = 0
    gain = gain[np.triu_indices(len(r), 1)]
    return float(np.mean((gain > 0) + 0.5 * (gain == 0)))


def retrieval_accuracy(Y, P, top=1, metric="correlation"):
    """Share of predictions whose own measurement is among the ``top`` most similar ones.

    Parameters
    ----------
    Y, P : array_like, shape (n_samples, n_targets)
        Measured and predicted patterns.
    top : int or "rank"
        "rank" gives the rank accuracy instead: 1 where the own measurement comes first, 0 where it
        comes last, averaged.
    metric : {"correlation", "cosine", "euclidean"}
        How patterns are compared over targets (``euclidean``: the squared distance).

    Returns
    -------
    accuracy : float
        Chance is top / n_samples, and 0.5 for the rank. Ties count as often as a random order
        would.
    """
    r = _similarity(Y, P, metric)
    n = len(r)
    own = np.diagonal(r)
    tied = _tied(r - own, np.abs(own), metric)
    better = np.sum((r > own) & ~tied, 0)
    ties = np.sum(tied, 0)  # itself included
    if isinstance(top, str) and top == "rank":
        return float(np.mean(1 - (better + (ties - 1) / 2) / (n - 1)))
    if not isinstance(top, Real) or not 1 <= top <= n or int(top) != top:
        raise ValueError(f"top: wanted 'rank' or 1 to {n}, got {top!r}")
    return float(np.mean(np.clip((top - better) / ties, 0, 1)))

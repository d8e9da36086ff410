"""How well predictions match, target by target."""

import numpy as np


def _pair(Y, P):
    Y, P = np.asarray(Y), np.asarray(P)
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
    """
    Y, P = _pair(Y, P)
    error = np.sum((Y - P) ** 2, 0, dtype=float)
    total = np.sum((Y - Y.mean(0)) ** 2, 0, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 1 - error / total, np.nan)[()]


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
    Y, P = Y - Y.mean(0, dtype=float), P - P.mean(0, dtype=float)
    norm = np.sqrt(np.sum(Y * Y, 0) * np.sum(P * P, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.sum(Y * P, 0) / norm)[()]


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
        Adds up to :func:`r2` of the summed prediction when Y and the parts have mean zero:
        sum P_k (2 Y - P) / sum Y^2 over centred samples.
    """
    parts = np.asarray(parts)
    Y, P = _pair(Y, parts.sum(0))
    center = Y.mean(0)
    Y, P = Y - center, P - center
    # The constant belongs to no part: each takes an equal share of it
    parts = parts - center / len(parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sum(parts * (2 * Y - P), 1) / np.sum(Y * Y, 0)


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
    parts = np.asarray(parts)
    Y, P = _pair(Y, parts.sum(0))
    Y, P = Y - Y.mean(0), P - P.mean(0)
    norm = np.sqrt(np.sum(Y * Y, 0) * np.sum(P * P, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sum((parts - parts.mean(1, keepdims=True)) * Y, 1) / norm


def _similarity(Y, P):
    """Correlations of measured with predicted patterns, shape (n_samples, n_samples)."""
    Y, P = _pair(Y, P)
    if Y.ndim != 2 or Y.shape[1] < 2:
        raise ValueError(f"wanted (n_samples, n_targets >= 2), got shape {Y.shape}")
    Y, P = Y - Y.mean(1, keepdims=True), P - P.mean(1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        Y = Y / np.linalg.norm(Y, axis=1, keepdims=True)
        P = P / np.linalg.norm(P, axis=1, keepdims=True)
    return Y @ P.T


def pairwise_2v2(Y, P):
    """Share of pairs of samples whose measured and predicted patterns match the right way round.

    Parameters
    ----------
    Y, P : array_like, shape (n_samples, n_targets)
        Measured and predicted patterns.

    Returns
    -------
    accuracy : float
        Chance is 0.5; a tie counts half. Patterns are compared by correlation over targets.

    References
    ----------
    .. [1] Mitchell et al. (2008), doi:10.1126/science.1152876
    """
    r = _similarity(Y, P)
    d = np.diagonal(r)
    i, j = np.triu_indices(len(r), 1)
    right, wrong = d[i] + d[j], r[i, j] + r[j, i]
    return float(np.mean((right > wrong) + 0.5 * (right == wrong)))


def retrieval_accuracy(Y, P, top=1):
    """Share of predictions whose own measurement is among the ``top`` most similar ones.

    Parameters
    ----------
    Y, P : array_like, shape (n_samples, n_targets)
        Measured and predicted patterns.
    top : int

    Returns
    -------
    accuracy : float
        Chance is top / n_samples.
    """
    r = _similarity(Y, P)
    if not 1 <= top <= len(r):
        raise ValueError(f"top: wanted 1 to {len(r)}, got {top}")
    better = np.sum(r > np.diagonal(r), 0)
    return float(np.mean(better < top))

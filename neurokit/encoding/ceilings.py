"""How much of a response any model could explain, from repeated measurements."""

import operator

import numpy as np

from ..core.trace.tracer import check_class


def _repeats(repeats, missing=False):
    check_class(repeats, "repeats")
    x = np.asarray(repeats, dtype=float)
    if x.ndim not in (2, 3) or len(x) < 2 or x.shape[1] < 2:
        raise ValueError(
            f"repeats: wanted (n_repeats >= 2, n_samples >= 2, n_targets), got shape {x.shape}"
        )
    bad = np.isinf(x).any() or (not missing and np.isnan(x).any())
    if bad:
        raise ValueError("repeats contain NaN or infinity")
    return x


def explainable_variance(repeats, bias_correction=True):
    """Part of the variance of each target that repeats itself.

    Parameters
    ----------
    repeats : array_like, shape (n_repeats, n_samples, n_targets)
    bias_correction : bool
        Take away what averaging n repeats leaves of the noise: e - (1 - e)/(n - 1).

    Returns
    -------
    ev : ndarray, shape (n_targets,)
        1 - (variance around the mean of the repeats) / (variance), of z-scored repeats.

    References
    ----------
    .. [1] Hsu, Borst and Theunissen (2004), doi:10.1088/0954-898X_15_2_002
    """
    x = _repeats(repeats)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    residual = x - x.mean(0)
    ev = 1 - np.mean(residual**2, axis=(0, 1)) / np.mean(x**2, axis=(0, 1))
    return ev - (1 - ev) / (len(x) - 1) if bias_correction else ev


def noise_ceiling(repeats, kind="nsd", n=None):
    """Largest part of the variance of averaged responses that a model can explain.

    Parameters
    ----------
    repeats : array_like, shape (n_repeats, n_samples, n_targets)
        ``nsd`` takes samples with fewer repeats than others, filled with NaN.
    kind : {"nsd", "split_half"}
        ``nsd``: signal / (signal + noise / n), the noise variance being that between repeats and
        the signal variance what it leaves of the total (Allen et al. 2022). ``split_half``:
        correlation of the means of odd and even repeats, stepped up by Spearman and Brown.
    n : int, optional
        Number of repeats in the average to be predicted, 1 or more; all by default (``nsd`` only).

    Returns
    -------
    ceiling : ndarray, shape (n_targets,)
        Of R2, 0 to 1.

    References
    ----------
    .. [1] Allen et al. (2022), doi:10.1038/s41593-021-00962-x
    """
    if n is not None and (kind != "nsd" or operator.index(n) < 1):
        raise ValueError(f"n: wanted 1 or more, and kind 'nsd', got {n!r} with {kind!r}")
    if kind == "nsd":
        x = _repeats(repeats, missing=True)
        count = np.sum(~np.isnan(x), 0)  # of each sample
        if (count.max(0) < 2).any():
            raise ValueError("repeats: a target without any sample that was measured twice")
        samples = count > 0
        mean = np.nansum(x, 0) / np.maximum(count, 1)
        within = np.nansum((x - mean) ** 2, 0) / np.maximum(count - 1, 1)
        noise = np.sum(within, 0, where=count > 1) / np.sum(count > 1, 0)
        signal = np.maximum(np.nanvar(x, axis=(0, 1)) - noise, 0)
        share = np.sum(1 / np.maximum(count, 1), 0, where=samples) / np.sum(samples, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return signal / (signal + noise * (share if n is None else 1 / n))
    x = _repeats(repeats)
    if kind == "split_half":
        a, b = x[0::2].mean(0), x[1::2].mean(0)
        a, b = a - a.mean(0), b - b.mean(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            r = np.sum(a * b, 0) / np.sqrt(np.sum(a * a, 0) * np.sum(b * b, 0))
        return np.clip(2 * r / (1 + r), 0, 1)
    raise ValueError(f"kind: wanted 'nsd' or 'split_half', got {kind!r}")

"""How much of a response any model could explain, from repeated measurements."""

import operator

import numpy as np

from ..core.trace.tracer import check_class
from ._level import leveled


def _repeats(repeats):
    check_class(repeats, "repeats")
    x = np.asarray(repeats, dtype=float)
    if x.ndim != 3 or len(x) < 2 or x.shape[1] < 2:
        raise ValueError(
            f"repeats: wanted (n_repeats >= 2, n_samples >= 2, n_targets), got shape {x.shape}"
            + "; for a single target, repeats[:, :, None]" * (x.ndim == 2)
        )
    if np.isinf(x).any():
        raise ValueError("repeats contain infinity")
    have = ~np.isnan(x)
    if not (have.sum(0) > 1).any(0).all():
        raise ValueError("repeats: a target without any sample that was measured twice")
    return leveled((0, 1), x)[0], have  # no result has a scale


def _mean(x, have, axis, keepdims=False):
    """Mean of what is there, 0 where nothing is."""
    count = np.maximum(have.sum(axis, keepdims=keepdims), 1)
    return np.where(have, x, 0).sum(axis, keepdims=keepdims) / count


def explainable_variance(repeats, bias_correction=True):
    """Part of the variance of each target that repeats itself.

    Parameters
    ----------
    repeats : array_like, shape (n_repeats, n_samples, n_targets)
        NaN where a sample has fewer repeats than others.
    bias_correction : bool
        Take away what averaging n repeats leaves of the noise: e - (1 - e)/(n - 1). With NaN, the
        squares around the means are divided by their number less that of the samples.

    Returns
    -------
    ev : ndarray, shape (n_targets,)
        1 - (variance around the mean of the repeats) / (variance), of z-scored repeats. Where a target
        lacks some, all its values are z-scored together: shifts between repeats count as noise then.

    References
    ----------
    .. [1] Hsu, Borst and Theunissen (2004), doi:10.1088/0954-898X_15_2_002
    """
    x, have = _repeats(repeats)
    whole = have.all((0, 1))  # else repeats differ by the samples they have: one scale for all
    x = x - np.where(whole, _mean(x, have, 1, True), _mean(x, have, (0, 1)))
    with np.errstate(invalid="ignore", divide="ignore"):
        x = x / np.sqrt(np.where(whole, _mean(x**2, have, 1, True), _mean(x**2, have, (0, 1))))
    residual = x - _mean(x, have, 0)
    number = have.sum((0, 1))
    freedom = number - have.any(0).sum(0) if bias_correction else number
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = np.where(have, residual**2, 0).sum((0, 1)) / freedom
        return 1 - noise / _mean(x**2, have, (0, 1))


def noise_ceiling(repeats, kind="nsd", n=None):
    """Largest part of the variance of averaged responses that a model can explain.

    Parameters
    ----------
    repeats : array_like, shape (n_repeats, n_samples, n_targets)
        NaN where a sample has fewer repeats than others; one that was measured once is left out of
        ``split_half``.
    kind : {"nsd", "split_half"}
        ``nsd``: signal / (signal + noise / n), the noise variance being that between repeats and
        the signal variance what it leaves of the total (Allen et al. 2022). ``split_half``:
        correlation of the means of each sample's odd and even repeats, stepped up by Spearman and
        Brown.
    n : int, optional
        Number of repeats in the average to be predicted, 1 or more; all by default (``nsd`` only).

    Returns
    -------
    ceiling : ndarray, shape (n_targets,)
        Of R2, 0 to 1.

    References
    ----------
    .. [1] Allen et al. (2022), doi:10.1038/s41593-021-00962-x

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import encoding
    >>> rng = np.random.default_rng(0)
    >>> signal = rng.standard_normal((2000, 1))
    >>> repeats = signal + rng.standard_normal((4, 2000, 1))  # as much noise as signal
    >>> encoding.noise_ceiling(repeats).round(1), encoding.noise_ceiling(repeats, n=1).round(1)
    (array([0.8]), array([0.5]))
    """
    if n is not None and (kind != "nsd" or operator.index(n) < 1):
        raise ValueError(f"n: wanted 1 or more, and kind 'nsd', got {n!r} with {kind!r}")
    if kind not in ("nsd", "split_half"):
        raise ValueError(f"kind: wanted 'nsd' or 'split_half', got {kind!r}")
    x, have = _repeats(repeats)
    return _nsd(x, have, n) if kind == "nsd" else _split_half(x, have)


def _nsd(x, have, n):
    count = have.sum(0)  # of each sample
    samples = count > 0
    within = np.where(have, (x - _mean(x, have, 0)) ** 2, 0).sum(0) / np.maximum(count - 1, 1)
    noise = np.sum(within, 0, where=count > 1) / np.sum(count > 1, 0)
    signal = np.maximum(np.nanvar(x, axis=(0, 1)) - noise, 0)
    share = np.sum(1 / np.maximum(count, 1), 0, where=samples) / np.sum(samples, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return signal / (signal + noise * (share if n is None else 1 / n))


def _split_half(x, have):
    odd = (np.cumsum(have, 0) % 2 == 1) & have
    both = have.sum(0) > 1
    if (both.sum(0) < 2).any():
        raise ValueError("repeats: a target with fewer than two samples measured twice")
    a, b = _mean(x, odd, 0), _mean(x, have & ~odd, 0)
    a, b = (np.where(both, half - _mean(half, both, 0), 0) for half in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.sum(a * b, 0) / np.sqrt(np.sum(a * a, 0) * np.sum(b * b, 0))
    return np.clip(2 * r / (1 + r), 0, 1)

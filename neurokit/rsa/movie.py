"""Dissimilarities over time."""

import numpy as np

from .calculate import rdm
from .checks import codes, numbers
from .subject import own_labels


def rdm_movie(patterns, conditions=None, *, times=None, bins=None, **options):
    """Compute one dissimilarity matrix per time point or time window.

    Parameters
    ----------
    patterns : ndarray, shape (n_obs, n_channels, n_times), or xarray.DataArray
        Of a DataArray, the dimension ``time``, wherever it stands, is the time axis, else the last
        one.
    conditions : sequence of length n_obs, optional
        As for :func:`rdm`: by default the coordinate of the rows of a DataArray, else each is a
        condition of its own.
    times : sequence of length n_times, optional
        Labels of the matrices, in ascending order; by default the coordinate of the time axis of a
        DataArray, else ``0 .. n_times - 1``.
    bins : int, or list of sequences of times, optional
        Time points per window (patterns are averaged over each, those left over at the end are
        left out), or the times of each window.
    **options
        ``folds``, ``noise``, ``metric``, ``convention``, ``threads`` of :func:`rdm`.
        A list of noise has one for each fold (with ``crossnobis``) or for each matrix of the
        result.

    Returns
    -------
    rdms : RDMs
        Its labels are the times, or the mean time of each window.

    Raises
    ------
    ValueError
        For patterns without a time axis, times of another number, unknown times in a window, or a list
        of noise that is neither over folds nor over time, or could be both.

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> x = np.random.default_rng(0).standard_normal((4, 10, 50))
    >>> rsa.rdm_movie(x, list("abcd"), times=np.arange(50) / 100, bins=5)
    RDMs: 10 of 4 conditions, float64
    """
    if getattr(patterns, "ndim", 0) == 3 and hasattr(patterns, "coords"):
        patterns = _time_last(patterns)
        if conditions is None:
            conditions = own_labels(patterns)
        if times is None and patterns.dims[2] in patterns.coords:
            times = patterns.coords[patterns.dims[2]].values
    x = numbers(patterns, "patterns")
    if x.ndim != 3:
        raise ValueError(f"patterns: wanted (n_obs, n_channels, n_times), got shape {x.shape}")
    times = np.arange(x.shape[2]) if times is None else np.asarray(times)
    if times.shape != (x.shape[2],):
        raise ValueError(f"times: wanted {x.shape[2]}, got shape {times.shape}")
    if bins is None:
        stack = np.moveaxis(x, 2, 0)
    else:
        windows = _windows(times, bins)
        stack = np.stack([x[:, :, own].mean(2) for own in windows])
        times = np.array([_middle(times[own]) for own in windows])
    if isinstance(options.get("noise"), (list, tuple)):
        options["noise"] = _noise_over_time(len(stack), **options)
    out = rdm(np.ascontiguousarray(stack), conditions, **options)
    return out._like(out.values, times)


def _noise_over_time(n_times, noise, folds=None, metric=None, **_):
    """A list of noise as one for each time, of which each may be a list over folds."""
    n_folds = None
    each = noise[0] if len(noise) else None
    if metric == "crossnobis" and folds is not None and not isinstance(each, (list, tuple, dict)):
        n_folds = len(codes(folds, len(folds), "folds")[0])
    if len(noise) not in (n_times, n_folds):
        for_folds = f"one for each of {n_folds} folds or " if n_folds else ""
        raise ValueError(f"noise: wanted {for_folds}{n_times} over time, got {len(noise)}")
    if n_times == n_folds:
        raise ValueError(
            f"noise: {n_times} could be those of the folds or those over time: hand over a dict by "
            "fold, or a list over time with such a dict or a list for each"
        )
    return [noise] * n_times if len(noise) == n_folds else noise


def _time_last(patterns):
    """A DataArray with its dimension ``time``, if it has one, as the last."""
    others = [dim for dim in patterns.dims if dim != "time"]
    return patterns.transpose(*others, "time") if "time" in patterns.dims else patterns


def _windows(times, bins):
    if isinstance(bins, (int, np.integer)):
        if not 1 <= bins <= len(times):
            raise ValueError(f"bins: wanted 1 to {len(times)} time points, got {bins}")
        return np.arange(len(times) // bins * bins).reshape(-1, bins)
    windows = [np.atleast_1d(np.asarray(window)) for window in bins]
    found = [_equal(window, times) for window in windows]
    unknown = [w for own, at in zip(windows, found) for w in own[~at.any(1)].tolist()]
    if unknown or not windows or not all(map(len, windows)):
        raise ValueError(f"bins: empty windows or unknown times {unknown[:5]}")
    return [at.argmax(1) for at in found]


def _equal(window, times):
    """Which time each member of a window is, shape (len(window), len(times))."""
    if times.dtype.kind == "f" and window.dtype.kind in "iuf":  # 0.3 is not 3 * 0.1
        return np.abs(window[:, None] - times) <= 0.01 * np.abs(np.diff(times)).min(initial=1.0)
    if times.dtype.kind in "mM":
        window = window.astype(times.dtype)
    same = [[a == b for b in times.tolist()] for a in window.tolist()]
    return np.array(same, dtype=bool).reshape(len(window), len(times))


def _middle(times):
    """The mean of the times of a window, also of dates; of names the first and the last."""
    if times.dtype.kind in "US":
        return f"{times[0]} - {times[-1]}"
    return times.mean() if times.dtype.kind != "M" else times[0] + (times - times[0]).mean()

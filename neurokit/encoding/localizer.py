"""Functional localizers: which units prefer one kind of stimulus."""

from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy import special

from ..core.trace.tracer import check_class


class LocalizerMap(NamedTuple):
    """A t map: ``t``, two-sided or one-sided ``p`` and ``dof`` (n_units,), and the ``selected`` units."""

    t: np.ndarray
    p: np.ndarray
    dof: np.ndarray
    selected: np.ndarray


def localizer(
    responses, conditions, contrast, kind="welch", runs=None, top=None, alternative="two-sided"
):
    """Map of t statistics of one kind of stimulus against another.

    Parameters
    ----------
    responses : array_like, shape (n_samples, n_units)
        Of voxels, neurons or units of a network.
    conditions : array_like, shape (n_samples,)
        Label of each sample.
    contrast : (a, b)
        Labels, or lists of labels, that are compared: t is positive where a is larger. ``b=None``
        is everything but a.
    kind : {"welch", "student", "paired"}
        Samples with variances of their own or a common one; or the differences of the means of a
        and b within each run.
    runs : array_like, shape (n_samples,), optional
        For ``paired``: run, or subject or item, of each sample.
    top : int or float, optional
        Select that many units with the largest t, or that share of them (a float below 1).
    alternative : {"two-sided", "greater", "less"}
        Of p.

    Returns
    -------
    map : LocalizerMap
        ``t``, ``p``, ``dof`` of shape (n_units,) and ``selected``, the mask of the ``top`` units
        (all False without ``top``). Without variance on either side t is infinite where the means
        differ, else NaN; units with NaN are never selected.

    Raises
    ------
    ValueError
        For labels that do not occur, fewer than two samples (or runs) on a side, NaN.

    References
    ----------
    .. [1] Fedorenko et al. (2010), doi:10.1152/jn.00032.2010

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit.encoding import localizer
    >>> x = np.array([[1.0, 0], [2, 1], [4, 0], [5, 1]])
    >>> localizer(x, ["house", "house", "face", "face"], ("face", "house"), top=1).selected
    array([ True, False])
    """
    check_class(responses, "localizer: responses")
    x = np.asarray(responses, dtype=float)
    labels = np.asarray(conditions)
    if x.ndim != 2 or labels.shape != (len(x),):
        raise ValueError(
            f"wanted responses (n_samples, n_units) and one condition per sample, got {x.shape} "
            f"and {labels.shape}"
        )
    if not np.isfinite(x).all():
        raise ValueError("responses contain NaN or infinity")
    scale = np.abs(x).max(0, initial=0)
    x = x / np.where(scale > 0, scale, 1)  # squares neither overflow nor vanish; t has no scale
    if len(contrast) != 2:
        raise ValueError(f"contrast: wanted (a, b), got {contrast!r}")
    first = _mask(labels, contrast[0])
    second = ~first if contrast[1] is None else _mask(labels, contrast[1])
    if (first & second).any():
        raise ValueError(f"contrast: the sides of {contrast!r} overlap")
    if kind == "paired":
        difference, size = _paired(x, first, second, runs)
        mean, variance = difference.mean(0), difference.var(0, ddof=1) / size
        dof = np.full(x.shape[1], size - 1.0)
    elif kind in ("welch", "student"):
        a, b = x[first], x[second]
        if min(len(a), len(b)) < 2:
            raise ValueError(f"at least 2 samples a side are needed, got {len(a)} and {len(b)}")
        mean = a.mean(0) - b.mean(0)
        va, vb = a.var(0, ddof=1) / len(a), b.var(0, ddof=1) / len(b)
        if kind == "welch":
            variance = va + vb
            with np.errstate(invalid="ignore", divide="ignore"):
                dof = variance**2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
        else:
            both = len(a) + len(b) - 2
            pooled = (va * len(a) * (len(a) - 1) + vb * len(b) * (len(b) - 1)) / both
            variance = pooled * (1 / len(a) + 1 / len(b))
            dof = np.full(x.shape[1], float(both))
    else:
        raise ValueError(f"kind: wanted 'welch', 'student' or 'paired', got {kind!r}")
    varies = variance > 1e-28
    with np.errstate(invalid="ignore", divide="ignore"):
        t = mean / np.sqrt(variance)
    apart = np.where(np.abs(mean) > 1e-12, np.copysign(np.inf, mean), np.nan)
    t = np.where(varies, t, apart)
    p = _p_value(t, dof, alternative)
    return LocalizerMap(t, p, dof, _top(t, top))


def _mask(labels, wanted):
    wanted = np.unique(np.atleast_1d(np.asarray(wanted)))
    missing = [label for label in wanted.tolist() if not (labels == label).any()]
    if missing:
        raise ValueError(f"contrast: no sample has the label {missing[0]!r}")
    return np.isin(labels, wanted)


def _paired(x, first, second, runs):
    if runs is None or np.shape(runs) != (len(x),):
        raise ValueError("runs: a paired test needs the run of each sample")
    runs = np.asarray(runs)
    names = [run for run in np.unique(runs) if (first & (runs == run)).any()]
    names = [run for run in names if (second & (runs == run)).any()]
    if len(names) < 2:
        raise ValueError(f"at least 2 runs with both sides are needed, got {len(names)}")
    means = [x[first & (runs == r)].mean(0) - x[second & (runs == r)].mean(0) for r in names]
    return np.array(means), len(names)


def _p_value(t, dof, alternative):
    dof = np.where(np.isnan(dof), 1, dof)  # of an infinite t, whose p does not depend on it
    if alternative == "two-sided":
        return 2 * special.stdtr(dof, -np.abs(t))
    if alternative in ("greater", "less"):
        return special.stdtr(dof, -t if alternative == "greater" else t)
    raise ValueError(f"alternative: wanted two-sided, greater or less, got {alternative!r}")


def _top(t, top):
    selected = np.zeros(len(t), dtype=bool)
    if top is None:
        return selected
    known = isinstance(top, Real) and -np.inf < top < np.inf
    count = round(top * len(t)) if known and isinstance(top, float) and top < 1 else top
    if not known or count != int(count) or not 1 <= count <= len(t):
        raise ValueError(f"top: wanted 1 to {len(t)} units or a share, got {top!r}")
    order = np.argsort(-np.where(np.isnan(t), -np.inf, t), kind="stable")[: int(count)]
    selected[order] = ~np.isnan(t[order])
    return selected

"""How well a model could do: pooled matrices and noise ceilings."""

import numpy as np

from ..ops import dense
from .checks import CONVENTIONS, choice, leveled
from .comparison import (
    BY_RANK,
    WHITENED,
    WHOLE,
    check_values,
    compare_values,
    method_name,
    noise_of,
)
from .missing import equal_rows
from .rdms import RDMs, as_rdms, n_conditions_of


def normalised(values, method, sigma_k=None, convention=None, noise=None):
    """Rows scaled so that their mean is the pool of a method, shape (n_rdm, n_pairs).

    ``noise`` is what ``noise_of`` makes of ``sigma_k``, where that is known already.
    """
    d = np.asarray(values, dtype=float)
    if method in BY_RANK:
        return RDMs(d, labels=range(len(d))).rank().values
    if method not in WHOLE:
        d = leveled(d, True, True)[0]
    if method in ("pearson", "whitened_pearson"):
        d = d - _mean_of_row(d)
    if method in WHITENED and convention is None:
        noise = noise_of(n_conditions_of(d.shape[1]), method, sigma_k) if noise is None else noise
        norms = np.empty(len(d))
        for rows, have in equal_rows(~np.isnan(d)):
            norms[rows] = noise.squares(d[rows][:, have], have)
        with np.errstate(invalid="ignore"):
            return d / np.sqrt(norms)[:, None]
    if method in ("cosine", "pearson", *WHITENED):
        with np.errstate(invalid="ignore"):
            return d / np.sqrt(_mean_of_row(d**2))
    return d


def _mean_of_row(d):
    """Mean of what each row has, shape (n_rows, 1); NaN, without a warning, where it has nothing, as
    a subject that lacks all pairs of a fold."""
    have = ~np.isnan(d)
    count = have.sum(1, keepdims=True)
    total = np.sum(d, 1, where=have, keepdims=True)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def pool(rdms, method="cosine", sigma_k=None, convention=None):
    """The one matrix that is closest to a set of matrices, in the sense of a comparison.

    Parameters
    ----------
    rdms : RDMs or array_like
    method : str
        A method of :func:`compare`.
    sigma_k : ndarray, optional
        As for :func:`compare`, for the whitened methods.
    convention : {None, "rsatoolbox"}
        With "rsatoolbox", whitened methods are pooled like the plain ones.

    Returns
    -------
    pooled : RDMs
        Mean of: d / rms (cosine), z-scores (Pearson), mid-ranks (rank methods), matrices scaled to
        length one in the norm of V (whitened), or the matrices themselves (Bures, Riemannian).

    Raises
    ------
    ValueError
        For a matrix that is NaN throughout, or infinite values where the method is not of ranks.
    """
    rdms, method = as_rdms(rdms, "rdms"), method_name(method)
    choice(convention, CONVENTIONS, "convention")
    check_values(rdms.values, method, "rdms")
    d = normalised(rdms.values, method, sigma_k, convention)
    return rdms._like(d, rdms.labels).mean()


def each_ceiling(
    values, method, sigma_k=None, convention=None, counts=None, noise=None, upper=True
):
    """Lower and upper ceiling of each subject, shape (n_subjects,) each.

    Parameters
    ----------
    values : ndarray, shape (n_subjects, n_pairs)
    method, sigma_k, convention
        As for :func:`noise_ceiling`.
    counts : ndarray of int, shape (n_subjects,), optional
        How often each subject was drawn; the lower bound leaves out all copies. NaN for those that
        were not.
    noise : optional
        What ``noise_of`` makes of ``sigma_k``, where that is known already.
    upper : bool
        False leaves the upper ceiling NaN.
    """
    if noise is None:
        noise = noise_of(n_conditions_of(values.shape[1]), method, sigma_k)
    counts = np.ones(len(values), int) if counts is None else counts
    if method not in (*BY_RANK, *WHOLE):
        values = leveled(values, True, True)[0]
    d = normalised(values, method, sigma_k, convention, noise)
    have = ~np.isnan(d)
    d = np.where(have, d, 0)
    total, number = dense.product(counts, d), dense.product(counts, have)
    bounds, drawn = np.full((2, len(d)), np.nan), np.flatnonzero(counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        if upper:
            pooled = (total / number)[None]
            bounds[1, drawn] = compare_values(pooled, values[drawn], method, noise)[0]
        for s in drawn:
            rest = (total - counts[s] * d[s]) / (number - counts[s] * have[s])
            bounds[0, s] = compare_values(rest[None], values[[s]], method, noise)[0, 0]
    return bounds


def noise_ceiling(rdms, method="cosine", sigma_k=None, convention=None):
    """Bounds on the mean similarity that a perfect model can reach with these subjects.

    Parameters
    ----------
    rdms : RDMs or array_like
        One matrix per subject, at least two.
    method : str
        A method of :func:`compare`.
    sigma_k : ndarray, optional
        As for :func:`compare`, for the whitened methods.
    convention : {None, "rsatoolbox"}
        As for :func:`pool`.

    Returns
    -------
    lower, upper : float
        Mean similarity of each subject with the pool of the others, and with the pool of all; of
        distances (``bures_distance``) the second is the smaller.

    Raises
    ------
    ValueError
        For fewer than two matrices, or ones that :func:`compare` refuses.

    Notes
    -----
    lower = mean_s f(pool without s, d_s), upper = mean_s f(pool of all, d_s). The pool of a pair that
    is NaN in some subjects is that of the others. Of repeated measurements of one target,
    :func:`neurokit.encoding.noise_ceiling` is meant.

    References
    ----------
    .. [1] Nili et al. (2014), doi:10.1371/journal.pcbi.1003553

    Examples
    --------
    >>> from neurokit import data, rsa
    >>> subjects = data.load("images92", full=False).human_it.mean(1)
    >>> lower, upper = rsa.noise_ceiling(subjects, "pearson")
    >>> round(lower, 4), round(upper, 4)
    (0.3944, 0.6804)
    """
    rdms = as_rdms(rdms, "rdms")
    if len(rdms) < 2:
        raise ValueError(f"a noise ceiling needs at least 2 RDMs, got {len(rdms)}")
    method = method_name(method)
    choice(convention, CONVENTIONS, "convention")
    check_values(rdms.values, method, "rdms")
    lower, upper = each_ceiling(rdms.values, method, sigma_k, convention)
    return float(lower.mean()), float(upper.mean())

"""How well a model could do: pooled matrices and noise ceilings."""

import numpy as np

from .checks import leveled
from .comparison import BY_RANK, WHITENED, WHOLE, Whitening, compare, method_name
from .rdms import RDMs, as_rdms


def normalised(values, method, sigma_k=None, convention=None):
    """Rows scaled so that their mean is the pool of a method, shape (n_rdm, n_pairs)."""
    d = np.asarray(values, dtype=float)
    if method in BY_RANK:
        return RDMs(d, labels=range(len(d))).rank().values
    if method not in WHOLE:
        d = leveled(d, True, True)[0]
    if method in ("pearson", "whitened_pearson"):
        d = d - np.nanmean(d, 1, keepdims=True)
    if method in WHITENED and convention is None:
        whiten = Whitening(RDMs(d[:1]).n_conditions, sigma_k)
        norms = []
        for row in d:
            have = ~np.isnan(row)
            norms.append(whiten.products(row[None, have], row[None, have], False, have)[1][0])
        return d / np.sqrt(norms)[:, None]
    if method in ("cosine", "pearson", *WHITENED):
        with np.errstate(invalid="ignore"):
            return d / np.sqrt(np.nanmean(d**2, 1, keepdims=True))
    return d


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
    """
    rdms = as_rdms(rdms, "rdms")
    d = normalised(rdms.values, method_name(method), sigma_k, convention)
    return RDMs(d, rdms.conditions, rdms.labels).mean()


def each_ceiling(values, method, sigma_k=None, convention=None):
    """Lower and upper ceiling of each subject, shape (n_subjects,) each."""
    d = normalised(values, method, sigma_k, convention)
    have = ~np.isnan(d)
    total, number = np.where(have, d, 0).sum(0), have.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        upper = compare(total / number, values, method, sigma_k)[0]
        lower = np.empty(len(d))
        for s, row in enumerate(d):
            rest = (total - np.where(have[s], row, 0)) / (number - have[s])
            lower[s] = compare(rest, values[s], method, sigma_k)[0, 0]
    return lower, upper


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
        Mean similarity of each subject with the pool of the others, and with the pool of all.

    Raises
    ------
    ValueError
        For fewer than two matrices.

    Notes
    -----
    lower = mean_s f(pool without s, d_s), upper = mean_s f(pool of all, d_s).

    References
    ----------
    .. [1] Nili et al. (2014), doi:10.1371/journal.pcbi.1003553
    """
    rdms = as_rdms(rdms, "rdms")
    if len(rdms) < 2:
        raise ValueError(f"a noise ceiling needs at least 2 RDMs, got {len(rdms)}")
    lower, upper = each_ceiling(rdms.values, method_name(method), sigma_k, convention)
    return float(lower.mean()), float(upper.mean())

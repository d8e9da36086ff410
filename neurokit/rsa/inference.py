"""How well a model could do, and how well it does."""

import numpy as np

from .comparison import BY_RANK, METHODS, compare, whitened_features
from .rdms import RDMs


def pool(rdms, method="cosine"):
    """The one matrix that is closest to a set of matrices, in the sense of a comparison.

    Parameters
    ----------
    rdms : RDMs
    method : str
        A method of :func:`compare`.

    Returns
    -------
    pooled : RDMs
        Mean of: d / rms (cosine), z-scores (Pearson), mid-ranks (rank methods), matrices scaled to
        length one in the norm of V (whitened), or the matrices themselves (Bures, Riemannian).
    """
    d = rdms.values.astype(float)
    if method in BY_RANK:
        d = rdms.rank().values
    elif method.startswith("whitened"):
        centered = method == "whitened_pearson"
        if centered:
            d = d - d.mean(1, keepdims=True)
        d = d / np.linalg.norm(whitened_features(rdms, centered), axis=1, keepdims=True)
    elif method == "cosine":
        d = d / np.sqrt(np.nanmean(d**2, 1, keepdims=True))
    elif method == "pearson":
        d = d - np.nanmean(d, 1, keepdims=True)
        d = d / np.nanstd(d, 1, keepdims=True)
    elif method not in METHODS:
        raise ValueError(f"method: wanted one of {', '.join(METHODS)}, got {method!r}")
    return RDMs(d, rdms.conditions, rdms.labels).mean()


def noise_ceiling(rdms, method="cosine"):
    """Bounds on the mean similarity that a perfect model can reach with these subjects.

    Parameters
    ----------
    rdms : RDMs
        One matrix per subject, at least two.
    method : str
        A method of :func:`compare`.

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
    if len(rdms) < 2:
        raise ValueError(f"a noise ceiling needs at least 2 RDMs, got {len(rdms)}")
    upper = compare(pool(rdms, method), rdms, method).mean()
    rest = np.arange(len(rdms))
    lower = [
        compare(pool(rdms[rest != s], method), rdms[s], method)[0, 0] for s in range(len(rdms))
    ]
    return float(np.mean(lower)), float(upper)

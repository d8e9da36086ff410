"""What is not there: channels, pairs of conditions, subjects."""

import numpy as np

from ..ops import dense
from .checks import symmetric


def equal_rows(mask):
    """Groups of equal rows of a boolean matrix: (their numbers, the row) of each."""
    groups = {}
    for k, row in enumerate(np.packbits(mask, axis=1)):
        groups.setdefault(row.tobytes(), []).append(k)
    return [(np.array(rows), mask[rows[0]]) for rows in groups.values()]


def mean_of_drawn(scores, counts):
    """Mean over subjects (the last axis), each drawn ``counts`` times; those that were not drawn do
    not count, be their scores NaN.

    Parameters
    ----------
    scores : ndarray, shape (..., n_subjects)
    counts : ndarray of int, that broadcasts to it
    """
    return np.sum(np.where(counts > 0, scores, 0) * counts, -1) / counts.sum(-1)


def by_channels(valid, compute):
    """Condensed values of all pairs, each over the channels valid for both conditions.

    Parameters
    ----------
    valid : ndarray of bool, shape (n, n_channels)
    compute : function of (conditions, channels)
        The condensed values of some conditions over some channels.

    Returns
    -------
    values : ndarray, shape (n_pairs,)
        NaN where two conditions have no channel in common. Conditions that lack the same channels
        are computed together.
    """
    n = len(valid)
    patterns, group = np.unique(valid, axis=0, return_inverse=True)
    out = np.full((n, n), np.nan)
    for p in range(len(patterns)):
        for q in range(p, len(patterns)):
            channels = np.flatnonzero(patterns[p] & patterns[q])
            rows = np.flatnonzero((group == p) | (group == q))
            if len(channels) == 0 or len(rows) < 2:
                continue
            i, j = np.triu_indices(len(rows), 1)
            wanted = (group[rows[i]] != group[rows[j]]) | (p == q)
            values = compute(rows, channels)
            out[rows[i[wanted]], rows[j[wanted]]] = values[wanted]
    return out[np.triu_indices(n, 1)]


def inverse(precision):
    """The covariance of a precision matrix.

    Raises
    ------
    ValueError
        When it is not a symmetric matrix of finite numbers.
    numpy.linalg.LinAlgError
        When it is singular or not positive definite.
    """
    precision = symmetric(precision, "noise")
    try:
        return dense.inverse(precision)
    except np.linalg.LinAlgError:
        message = "noise: the precision is not positive definite"
        raise np.linalg.LinAlgError(message) from None

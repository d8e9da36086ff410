"""Similarities of all models and subjects under resampled conditions, by count weights.

A sample of the conditions is a vector of counts c: a pair enters c_i c_j times, pairs of a condition
with itself drop out. So one weighted Gram matrix per sample holds everything: models against
subjects, and subjects among themselves for the noise ceilings.
"""

import numpy as np

from neurokit import _core

from .comparison import BY_RANK
from .rdms import pair_index

CHUNK_BYTES = 1 << 26


def sample_counts(n, n_samples, rng, least=1):
    """How often each of n things is drawn in n draws, shape (n_samples, n), at least ``least``
    different ones in each sample."""
    counts = rng.multinomial(n, np.full(n, 1 / n), n_samples)
    while len(few := np.flatnonzero((counts > 0).sum(1) < least)):
        counts[few] = rng.multinomial(n, np.full(n, 1 / n), len(few))
    return counts


def similarities(values, counts, method):
    """Similarity of all rows with one another in each sample.

    Parameters
    ----------
    values : ndarray, shape (rows, n_pairs)
    counts : ndarray of int, shape (n_samples, n)
        How often each condition was drawn.
    method : {"cosine", "pearson", "spearman", "rho_a", "whitened_cosine", "whitened_pearson"}

    Returns
    -------
    cosines : ndarray, shape (n_samples, rows, rows)
        Inner products over norms, in the sense of the method.
    scale : ndarray, shape (n_samples, rows)
        The similarity of rows a and b is ``cosines * scale[a] * scale[b]``; ones but for rho-a,
        where ties make a row shorter.
    """
    if method.startswith("whitened"):
        gram = np.stack([_whitened(values, c, method == "whitened_pearson") for c in counts])
    elif method in ("cosine", "pearson", "spearman", "rho_a"):
        gram = _weighted(values, counts, method)
    else:
        raise ValueError(f"{method} cannot be resampled over conditions: leave 'condition' out")
    norm = np.sqrt(np.einsum("bii->bi", gram))
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = gram / (norm[:, :, None] * norm[:, None, :])
    scale = np.ones(norm.shape)
    if method == "rho_a":
        counts = counts.astype(float)
        total = (counts.sum(1) ** 2 - (counts**2).sum(1)) / 2
        scale = norm / np.sqrt((total**3 - total) / 12)[:, None]
    return cosines, scale


def _weighted(values, counts, method):
    rows, n_pairs = values.shape
    i, j = np.triu_indices(counts.shape[1], 1)
    gram = np.empty((len(counts), rows, rows))
    ranked = method in BY_RANK
    step = max(1, CHUNK_BYTES // (8 * n_pairs * (rows if ranked else 1)))
    groups = [_tie_groups(row) for row in values] if ranked else None
    for first in range(0, len(counts), step):
        part = counts[first : first + step].astype(float)
        weight = part[:, i] * part[:, j]
        if ranked:
            x = np.stack([_weighted_ranks(weight, *group) for group in groups], 1)
        else:
            x = np.broadcast_to(values, (len(part), rows, n_pairs))
        _core.call("gram", [gram[first : first + step]], [x, weight], (int(method != "cosine"),))
    return gram


def _tie_groups(row):
    """Order of a row, where its groups of ties begin in it, and the group of each element."""
    order = np.argsort(row, kind="stable")
    new = np.r_[True, np.diff(row[order]) > 0]
    group = np.empty(len(row), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    return order, np.flatnonzero(new), group


def _weighted_ranks(weight, order, starts, group):
    """Mid-ranks of a row whose elements stand there ``weight`` times, for many weights."""
    size = np.add.reduceat(weight[:, order], starts, axis=1)
    middle = np.cumsum(size, 1) - size / 2 + 0.5
    return middle[:, group]


def _whitened(values, counts, center):
    """Inner products x'V^-1 y of one sample: a condition drawn c times counts as one measured with
    the precision of c, sigma_k = diag(1/c); conditions not drawn are not there."""
    drawn = np.flatnonzero(counts)
    i, j = np.triu_indices(len(drawn), 1)
    c = counts[drawn].astype(float)
    x = values[:, pair_index(len(counts), drawn[i], drawn[j])]
    if center:
        x = x - (x @ (c[i] * c[j]) / np.sum(c[i] * c[j]))[:, None]
    moment = np.zeros((len(values), len(drawn), len(drawn)))
    moment[:, i, j] = moment[:, j, i] = x / -2
    weight = c / c.sum()
    moment -= (weight @ moment)[:, None, :]
    moment -= (moment @ weight)[:, :, None]
    flat = (moment * np.sqrt(np.multiply.outer(c, c))).reshape(len(values), -1)
    return flat @ flat.T


def ceilings(cosines, scale, counts):
    """Lower and upper noise ceiling of each sample of subjects, shape (n_samples,) each.

    Parameters
    ----------
    cosines : ndarray, shape (n_samples, n_subjects, n_subjects)
    scale : ndarray, shape (n_samples, n_subjects)
    counts : ndarray, shape (n_samples, n_subjects)
        The pool of unit vectors is their sum weighted by counts; the lower bound leaves out every
        copy of the subject.
    """
    weight = counts / counts.sum(1, keepdims=True)
    product = np.einsum("bst,bt->bs", cosines, counts)
    length = np.einsum("bs,bs->b", product, counts)[:, None]
    upper = product / np.sqrt(length)
    own = np.einsum("bss->bs", cosines)
    rest = length - 2 * counts * product + counts**2 * own
    with np.errstate(invalid="ignore", divide="ignore"):
        lower = (product - counts * own) / np.sqrt(np.where(rest > 1e-12 * length, rest, np.nan))
    return np.sum(weight * lower * scale, 1), np.sum(weight * upper * scale, 1)

"""Similarities of all models and subjects under resampled conditions, by count weights.

A sample of the conditions is a vector of counts c: a pair enters c_i c_j times, pairs of a condition
with itself drop out. So one weighted Gram matrix per sample holds everything: models against
subjects, and subjects among themselves for the noise ceilings.
"""

import numpy as np

from ..ops import dense, similarity
from .comparison import (
    BY_RANK,
    WHITENED,
    WHOLE,
    Whitening,
    compare_values,
    covariance_of,
    noise_of,
)
from .inference import each_ceiling
from .missing import mean_of_drawn
from .moments import resampled_moments
from .rdms import RDMs, pair_index
from .taus import TAUS, tau_statistics

CHUNK_BYTES = 1 << 26
BY_COUNTS = ("cosine", "pearson", "spearman", "rho_a", *WHITENED)


def sample_counts(n, n_samples, rng, least=1):
    """How often each of n things is drawn in n draws, shape (n_samples, n), at least ``least``
    different ones in each sample."""
    counts = rng.multinomial(n, np.full(n, 1 / n), n_samples)
    while len(few := np.flatnonzero((counts > 0).sum(1) < least)):
        counts[few] = rng.multinomial(n, np.full(n, 1 / n), len(few))
    return counts


def similarities(values, counts, method, sigma_k=None):
    """Similarity of all rows with one another in each sample.

    Parameters
    ----------
    values : ndarray, shape (rows, n_pairs)
    counts : ndarray of int, shape (n_samples, n)
        How often each condition was drawn.
    method : {"cosine", "pearson", "spearman", "rho_a", "whitened_cosine", "whitened_pearson"}
    sigma_k : ndarray, shape (n,) or (n, n), optional
        Covariance of the condition estimates, for the whitened methods.

    Returns
    -------
    cosines : ndarray, shape (n_samples, rows, rows)
        Inner products over norms, in the sense of the method.
    scale : ndarray, shape (n_samples, rows)
        The similarity of rows a and b is ``cosines * scale[a] * scale[b]``; ones but for rho-a,
        where ties make a row shorter.
    """
    gram = grams(values, counts, method, sigma_k)
    norm = np.sqrt(np.einsum("bii->bi", gram))
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = gram / (norm[:, :, None] * norm[:, None, :])
    scale = np.ones(norm.shape)
    if method == "rho_a":
        cosines[np.isnan(cosines)] = 0  # one value in all pairs: no rank differs, similarity zero
        counts = counts.astype(float)
        total = (counts.sum(1) ** 2 - (counts**2).sum(1)) / 2
        scale = norm / np.sqrt((total**3 - total) / 12)[:, None]
    return cosines, scale


def grams(values, counts, method, sigma_k=None):
    """Inner products of all rows in each sample, in the sense of a method of ``BY_COUNTS``."""
    if method in WHITENED:
        whitened = _whitened_full if np.ndim(sigma_k) == 2 else _whitened
        return whitened(values, counts, method == "whitened_pearson", sigma_k)
    if method in BY_RANK:
        return _ranked(values, counts)
    return _weighted(values, counts.astype(float), method != "cosine")


def _ranked(values, counts):
    """Inner products of centred mid-ranks of rows, pair (i, j) standing there counts_i counts_j
    times."""
    rows, n_pairs = values.shape
    i, j = np.triu_indices(counts.shape[1], 1)
    gram = np.empty((len(counts), rows, rows))
    step = max(1, CHUNK_BYTES // (8 * n_pairs * rows))
    for first in range(0, len(counts), step):
        part = counts[first : first + step].astype(np.int64)
        weight = part[:, i] * part[:, j]
        x = similarity.ranks(values, weight)
        similarity.gram(x, weight.astype(float), True, out=gram[first : first + step])
    return gram


def _weighted(values, counts, center):
    """Inner products of rows, pair (i, j) having weight counts_i counts_j.

    All samples at once: the product of the weights with the elementwise products of two rows. A row
    that does not vary where there are weights has products of zero when centred.
    """
    rows, n_pairs = values.shape
    i, j = np.triu_indices(counts.shape[1], 1)
    a, b = np.triu_indices(rows)
    step = max(1, CHUNK_BYTES // (8 * n_pairs))
    x = values - values.mean(1, keepdims=True) if center else values
    gram = np.empty((len(counts), rows, rows))
    for first in range(0, len(counts), step):
        part = counts[first : first + step]
        weight = part[:, i] * part[:, j]
        found = np.empty((len(part), len(a)))
        for k in range(0, len(a), step):
            both = x[a[k : k + step]] * x[b[k : k + step]]
            found[:, k : k + step] = dense.product(weight, both.T)
        if center:
            raw = found[:, a == b]
            mean = dense.product(weight, x.T) / weight.sum(1, keepdims=True)
            found -= mean[:, a] * mean[:, b] * weight.sum(1, keepdims=True)
            flat = found[:, a == b] <= 1e-13 * raw
            found[flat[:, a] | flat[:, b]] = 0
        own = gram[first : first + step]
        own[:, a, b] = found
        own[:, b, a] = found
    return gram


def _whitened(values, counts, center, variance=None):
    """Inner products x'V^-1 y in each sample, for a sigma_k that is diagonal.

    A condition drawn c times is c conditions, whose mutual pairs are left out: they take the values
    that make the norm smallest. Over all conditions i with weights w_i = c_i / s_i that sum to T,

        tr(P Dx P Dy) = sum_ij w_i w_j Dx_ij Dy_ij - 2 T sum_i w_i rx_i ry_i + T^2 gx gy

    with r_i = sum_k w_k D_ki / T and g their weighted mean; the pairs left out then take away
    b' A^-1 b with b_i = c_i (c_i - 1) (g - 2 r_i) / s_i^2 and A_ij = u_i u_j off the diagonal.
    """
    rows, n = len(values), counts.shape[1]
    if center:  # what is common to all pairs goes first, while its digits are there
        values = values - values.mean(1, keepdims=True)
    c = counts.astype(float)
    s = np.ones(n) if variance is None else np.asarray(variance, dtype=float)
    x = np.vstack([values, np.ones(values.shape[1])]) if center else values
    w = c / s
    total = w.sum(1)
    gram = 2 * _weighted(np.ascontiguousarray(x, float), w, False)
    square = RDMs(x, labels=range(len(x))).square()
    r = dense.product(square.reshape(-1, n), w.T).reshape(len(x), n, -1)
    r = np.moveaxis(r, 2, 0) / total[:, None, None]  # (samples, rows, n)
    wr = w[:, None, :] * r
    g = wr.sum(2) / total[:, None]
    gram -= 2 * total[:, None, None] * (wr @ np.swapaxes(r, 1, 2))
    gram += total[:, None, None] ** 2 * (g[:, :, None] * g[:, None, :])

    most = int((counts > 1).sum(1).max())
    if most:
        at = np.argsort(counts < 2, axis=1, kind="stable")[:, :most]  # those drawn twice first
        c2, s2, w2 = (np.take_along_axis(v, at, 1) for v in (c, np.broadcast_to(s, c.shape), w))
        again = c2 * (c2 - 1)
        u = again / (s2**2 * total[:, None])
        own = ((1 - w2 / total[:, None]) / s2 * (c2 - 1)) ** 2 + (c2 - 1) / s2**2
        a = u[:, :, None] * u[:, None, :]
        a[:, np.arange(most), np.arange(most)] = np.where(again > 0, own, 1)
        ends = g[:, :, None] - 2 * np.take_along_axis(r, at[:, None, :], 2)
        b = (again / s2**2)[:, None, :] * ends
        gram -= b @ np.linalg.solve(a, np.swapaxes(b, 1, 2))
    if center:
        i, j = np.triu_indices(n, 1)
        weight = c[:, i] * c[:, j]
        mean = dense.product(weight, values.T) / weight.sum(1, keepdims=True)
        turn = np.concatenate(
            [np.broadcast_to(np.eye(rows), (len(c), rows, rows)), -mean[:, :, None]], 2
        )
        raw = np.einsum("bii->bi", gram[:, :rows, :rows])
        gram = turn @ gram @ np.swapaxes(turn, 1, 2)
        flat = np.einsum("bii->bi", gram) <= 1e-13 * raw  # rows of one value
        gram[flat[:, :, None] | flat[:, None, :]] = 0
    return gram / 4


def _whitened_full(values, counts, center, sigma_k):
    """As :func:`_whitened` for a full sigma_k, sample by sample."""
    gram = np.empty((len(counts), len(values), len(values)))
    own = independent_part(sigma_k)
    for k, c in enumerate(counts):
        at = np.repeat(np.arange(len(c)), c)
        x = resampled(values, at)
        have = ~np.isnan(x[0])
        x = x[:, have]
        whiten = Whitening(len(at), resampled_covariance(sigma_k, own, at))
        gram[k] = whiten.products(x, x, center, have)[0]
    return gram


def independent_part(sigma_k):
    """Variance of each condition's error that is its own, shape (n,); None without sigma_k.

    In a sample, copies of a condition are conditions whose errors have the rest in common. That
    rest must be a covariance: the parts are 1 / diag(sigma_k^-1), times the largest number up to
    one that leaves one. They are all of the variance where sigma_k is diagonal, and a where it is
    a I + b 11'.
    """
    if sigma_k is None or np.ndim(sigma_k) == 1:
        return sigma_k
    own = 1 / np.diagonal(dense.inverse(sigma_k))
    root = np.sqrt(own)
    return own * min(dense.eigvalsh(sigma_k / np.multiply.outer(root, root))[0], 1)


def resampled_covariance(sigma_k, own, at):
    """sigma_k of the conditions ``at``, which may stand there more than once."""
    if sigma_k is None or np.ndim(sigma_k) == 1:
        return None if sigma_k is None else sigma_k[at]
    sigma = sigma_k[np.ix_(at, at)]
    same = at[:, None] == at
    np.fill_diagonal(same, False)
    return sigma - np.where(same, own[at], 0)


def sample_statistics(models, subjects, counts, drawn, method, sigma_k=None):
    """Mean scores of the models and the lower ceiling in samples of conditions and subjects.

    Parameters
    ----------
    models, subjects : ndarray, shape (rows, n_pairs)
    counts : ndarray of int, shape (n_samples, n)
        Of the conditions.
    drawn : list of ndarray, shape (n_samples, n_subjects)
        Of the subjects, for one or more sets of statistics.
    method : str
    sigma_k : ndarray, shape (n,) or (n, n), optional

    Returns
    -------
    statistics : list of ndarray, shape (n_samples, n_models + 1)
    """
    n_models = len(models)
    if method in WHOLE:
        sigma = covariance_of(sigma_k, counts.shape[1])
        return resampled_moments(models, subjects, counts, drawn, method, sigma)
    if method in TAUS:
        return tau_statistics(models, subjects, counts, drawn, method)
    if np.isnan(models).any() or np.isnan(subjects).any():
        return _one_by_one(models, subjects, counts, drawn, method, sigma_k)
    values = np.concatenate([models, subjects]).astype(float)
    cosines, scale = similarities(values, counts, method, sigma_k)
    among, scale_subjects = cosines[:, n_models:, n_models:], scale[:, n_models:]
    scores = cosines * scale[:, :, None] * scale[:, None, :]
    scores = scores[:, :n_models, n_models:]
    return [statistics(scores, among, d, scale_subjects) for d in drawn]


def statistics(scores, cosines, counts, scale):
    """Mean scores and lower ceiling of each sample, shape (n_samples, n_models + 1)."""
    drawn = counts[:, None]  # beside the axis of the models
    lower = np.full((len(counts), 1), np.nan)
    if counts.shape[1] > 1:
        shape = (len(counts), *cosines.shape[1:])
        each, _ = ceilings(np.broadcast_to(cosines, shape), scale, counts)
        lower = mean_of_drawn(each[:, None], drawn)
    return np.concatenate([mean_of_drawn(scores, drawn), lower], 1)


def resampled(values, at, copies=np.nan):
    """Rows over the conditions ``at``, which may stand there more than once: their pairs are
    ``copies``."""
    n = RDMs(values[:1]).n_conditions
    i, j = np.triu_indices(len(at), 1)
    i, j = at[i], at[j]
    out = values[:, pair_index(n, i, np.where(i == j, (i + 1) % n, j))].astype(float)
    out[:, i == j] = copies
    return out


def _one_by_one(models, subjects, counts, drawn, method, sigma_k):
    own = independent_part(sigma_k)
    out = [np.empty((len(counts), len(models) + 1)) for _ in drawn]
    for k, c in enumerate(counts):
        at = np.repeat(np.arange(len(c)), c)
        x, y = resampled(models, at), resampled(subjects, at)
        sigma = resampled_covariance(sigma_k, own, at)
        noise = noise_of(len(at), method, sigma)
        scores = compare_values(x, y, method, noise)
        for to, d in zip(out, drawn, strict=True):
            to[k, :-1] = mean_of_drawn(scores, d[k])
            to[k, -1] = _lower(y, d[k], method, noise)
    return out


def _lower(y, counts, method, noise):
    """Mean lower ceiling of subjects drawn ``counts`` times."""
    if np.count_nonzero(counts) < 2:
        return np.nan
    lower, _ = each_ceiling(y, method, counts=counts, noise=noise, upper=False)
    return mean_of_drawn(lower, counts)


def ceilings(cosines, scale, counts):
    """Lower and upper noise ceiling of each subject in each sample, shape (n_samples, n_subjects).

    Parameters
    ----------
    cosines : ndarray, shape (n_samples, n_subjects, n_subjects)
    scale : ndarray, shape (n_samples, n_subjects)
    counts : ndarray, shape (n_samples, n_subjects)
        The pool of unit vectors is their sum weighted by counts; the lower bound leaves out every
        copy of the subject.
    """
    own = np.einsum("bss->bs", cosines)
    cosines = np.where(np.isnan(cosines), 0, cosines)  # what has no similarity is not in the pool
    product = np.einsum("bst,bt->bs", cosines, counts)
    length = np.einsum("bs,bs->b", product, counts)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        upper = np.where(np.isnan(own), np.nan, product / np.sqrt(length))
    rest = length - 2 * counts * product + counts**2 * own
    with np.errstate(invalid="ignore", divide="ignore"):
        lower = (product - counts * own) / np.sqrt(np.where(rest > 1e-12 * length, rest, np.nan))
    return lower * scale, upper * scale

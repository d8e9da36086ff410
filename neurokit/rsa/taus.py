"""Kendall's tau under resampled conditions: pairs that stand there c_i c_j times.

Pairs that are NaN in one of two matrices have no weight in their comparison.
"""

import numpy as np

from ..ops import dense, similarity
from .missing import equal_rows, mean_of_drawn

TAUS = ("tau_a", "tau_b")
CHUNK_BYTES = 1 << 26


def weighted_taus(x, y, weight, method):
    """tau of all rows of x and y in each sample, shape (n_samples, n_x, n_y).

    Parameters
    ----------
    x, y : ndarray, shape (rows, n_pairs)
    weight : ndarray of int, shape (n_samples, n_pairs)
    method : {"tau_a", "tau_b"}
    """
    have_x, have_y = ~np.isnan(x), ~np.isnan(y)
    variant = int(method == "tau_b")
    if have_x.all() and have_y.all():
        return similarity.kendall(x, y, variant, weight)
    out = np.empty((len(weight), len(x), len(y)))
    x, y = np.where(have_x, x, 0), np.where(have_y, y, 0)
    for i, p in equal_rows(have_x):
        for j, q in equal_rows(have_y):
            out[:, i[:, None], j] = similarity.kendall(x[i], y[j], variant, weight * (p & q))
    return out


class TauSamples:
    """tau of models and subjects in many samples of conditions, some samples at a time.

    Parameters
    ----------
    models, subjects : ndarray, shape (rows, n_pairs)
    method : {"tau_a", "tau_b"}
    """

    def __init__(self, models, subjects, method):
        self.models, self.subjects = (
            np.ascontiguousarray(v, dtype=float) for v in (models, subjects)
        )
        self.method, self.have = method, ~np.isnan(self.subjects)

    def __call__(self, counts):
        """For each sample of conditions: the scores (n_models, n_subjects), and a function from
        counts of the subjects to their ceilings."""
        i, j = np.triu_indices(counts.shape[1], 1)
        step = max(1, CHUNK_BYTES // (8 * len(i) * (len(self.subjects) + 1)))
        for first in range(0, len(counts), step):
            part = counts[first : first + step].astype(np.int64)
            weight = part[:, i] * part[:, j]
            scores = weighted_taus(self.models, self.subjects, weight, self.method)
            ranks = similarity.ranks(self.subjects, weight)
            for own, rank, w in zip(scores, ranks, weight, strict=True):
                yield own, _Ceilings(self, np.where(self.have, rank, 0), w[None])


class _Ceilings:
    """Noise ceilings in one sample of conditions, the pool being the mean of ranks."""

    def __init__(self, samples, ranks, weight):
        self.samples, self.ranks, self.weight = samples, ranks, weight

    def _pooled(self, ranks, number):
        with np.errstate(invalid="ignore", divide="ignore"):
            return (ranks / number)[None]

    def lower(self, drawn):
        """Of each subject drawn with the pool of the others; NaN for those that were not."""
        s, out = self.samples, np.full(len(drawn), np.nan)
        seen = np.flatnonzero(drawn)
        if len(seen) < 2:
            return out
        total, number = (dense.product(drawn, rows) for rows in (self.ranks, s.have))
        for k in seen:
            rest = self._pooled(total - drawn[k] * self.ranks[k], number - drawn[k] * s.have[k])
            out[k] = weighted_taus(rest, s.subjects[[k]], self.weight, s.method)[0, 0, 0]
        return out

    def __call__(self, drawn):
        """Lower and upper ceiling of each subject, shape (2, n_subjects)."""
        return np.stack([self.lower(drawn), self._upper(drawn)])

    def _upper(self, drawn):
        """Of each subject with the pool of all."""
        s = self.samples
        pooled = self._pooled(*(dense.product(drawn, rows) for rows in (self.ranks, s.have)))
        return weighted_taus(pooled, s.subjects, self.weight, s.method)[0, 0]


def tau_statistics(models, subjects, counts, drawn, method):
    """Mean scores and lower ceiling in samples, as :func:`bootstrap.sample_statistics`."""
    out = [np.empty((len(counts), len(models) + 1)) for _ in drawn]
    for k, (scores, ceiling) in enumerate(TauSamples(models, subjects, method)(counts)):
        for to, d in zip(out, drawn, strict=True):
            to[k, :-1] = mean_of_drawn(scores, d[k])
            to[k, -1] = mean_of_drawn(ceiling.lower(d[k]), d[k])
    return out

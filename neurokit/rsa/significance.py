"""Tests of scores: against zero, against one another, against the noise ceiling."""

from itertools import islice, permutations
from math import factorial

import numpy as np

from .comparison import compare_values, noise_of
from .inference import normalised
from .rdms import RDMs, pair_index

TESTS = ("t", "wilcoxon", "bootstrap", "permutation")
CORRECTIONS = (None, "fdr", "max")
CHUNK = 64  # permutations at once
FARTHEST = 8.0  # standard deviations, where probabilities are still numbers


def contrasted(values):
    """Each score, each difference of two, and each difference to the ceiling.

    Parameters
    ----------
    values : ndarray, shape (..., n + 1)
        Of n models; the ceiling stands last.

    Returns
    -------
    contrasts : ndarray, shape (..., n + n (n - 1) / 2 + n)
        NaN only where one of its own parts is; zero where two differ by rounding alone.
    """
    scores = values[..., :-1]
    i, j = np.triu_indices(scores.shape[-1], 1)
    parts = scores, _less(scores[..., i], scores[..., j]), _less(scores, values[..., -1:])
    return np.concatenate(parts, -1)


def _less(a, b):
    difference = a - b
    return np.where(np.abs(difference) <= 1e-12 * (1 + np.abs(a) + np.abs(b)), 0, difference)


def mean_of_defined(samples):
    """Mean over the first axis; samples that are NaN are left out."""
    have = ~np.isnan(samples)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(have, samples, 0).sum(0) / have.sum(0)


def variance(samples):
    """Mean and variance over the first axis; samples that are NaN are left out."""
    mean, have = mean_of_defined(samples), ~np.isnan(samples)
    count = have.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.where(have, samples - mean, 0) ** 2
        return mean, np.where(count > 1, squares.sum(0) / (count - 1), np.nan)


def t_test(effect, error, n, dof):
    """p of each contrast: one-sided against zero, two-sided otherwise."""
    from scipy import stats  # slow to load

    with np.errstate(invalid="ignore", divide="ignore"):
        t = effect / error
    return np.where(np.arange(len(t)) < n, stats.t.sf(t, dof), 2 * stats.t.sf(np.abs(t), dof))


def wilcoxon_test(per_subject, n):
    """Signed-rank tests over subjects of each contrast, shape (n_contrasts, n_subjects)."""
    from scipy import stats

    p = np.full(len(per_subject), np.nan)
    for k, row in enumerate(per_subject):
        if np.isfinite(row).all():
            side = "greater" if k < n else "two-sided"
            p[k] = stats.wilcoxon(row, alternative=side).pvalue if (row != 0).any() else 1.0
    return p


def deviations(samples, dof):
    """Studentised deviations of samples from their mean, with the tails of Student's t.

    A bootstrap sample does not know that its standard error is itself an estimate. Deviations that
    are normal become t values of ``dof`` degrees of freedom of the same probability.
    """
    from scipy import stats  # slow to load

    mean, squared = variance(samples)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (samples - mean) / np.sqrt(squared)
    return np.copysign(stats.t.isf(stats.norm.sf(np.minimum(np.abs(z), FARTHEST)), dof), z)


def bootstrap_test(effect, samples, error, n, dof):
    """Share of samples on the other side of zero: the effect and the :func:`deviations` of samples
    (n_boot, n_contrasts) times the corrected standard error."""
    scaled = effect + deviations(samples, dof) * error
    below, above = (scaled <= 0).sum(0), (scaled >= 0).sum(0)
    count = (~np.isnan(scaled)).sum(0)
    two_sided = 2 * (np.minimum(below, above) + 1) / (count + 1)
    p = np.where(np.arange(len(effect)) < n, (below + 1) / (count + 1), np.minimum(two_sided, 1))
    return np.where(count > 0, p, np.nan)


def largest_test(effect, samples, error, n, dof):
    """p corrected for all contrasts of a family (scores, pairs, ceiling) by the largest deviation in
    each sample.

    Deviations of a contrast are t values of ``dof`` degrees of freedom in the order of its samples,
    so that what the samples say is how contrasts hang together.
    """
    from scipy import stats  # slow to load

    with np.errstate(invalid="ignore", divide="ignore"):
        t = effect / error
        ranks = stats.rankdata(samples, axis=0, nan_policy="omit")
        deviation = stats.t.ppf((ranks - 0.5) / (~np.isnan(samples)).sum(0), dof)
    p = np.full(len(t), np.nan)
    pairs = len(t) - n
    for first, last in ((0, n), (n, pairs), (pairs, len(t))):
        own = slice(first, last)
        if first == last or not np.isfinite(t[own]).any():
            continue
        null, value = deviation[:, own], t[own]
        if first:
            null, value = np.abs(null), np.abs(value)
        null = np.fmax.reduce(null, 1)
        p[own] = exceed(null[~np.isnan(null)], value)
    return p


def exceed(null, value):
    """Share of null values (the observed one included) that reach each value; NaN stays.

    What differs by rounding alone counts as equal: a permutation that changes nothing gives the
    observed value, though not always its last digits.
    """
    null, value = np.sort(null), np.asarray(value, dtype=float)
    size = np.abs(null[np.isfinite(null)]).max(initial=0)
    rounding = np.where(np.isfinite(value), 1e-9 * np.abs(value) + 1e-12 * size, 0)
    reached = len(null) - np.searchsorted(null, value - rounding, side="left")
    return np.where(np.isnan(value), np.nan, (reached + 1) / (len(null) + 1))


def orders_of(n, n_perm, rng):
    """How many orders of n conditions to take, and an iterator of them: each but the observed one
    where they are few enough, else random ones."""
    if factorial(n) - 1 <= n_perm:
        return factorial(n) - 1, map(np.array, islice(permutations(range(n)), 1, None))
    return n_perm, (rng.permutation(n) for _ in range(n_perm))


def permuted_scores(models, subjects, method, sigma_k, n_perm, rng, progress):
    """Mean scores of models whose conditions are permuted, shape (n_perm or n! - 1, n_models).

    Parameters
    ----------
    models, subjects : ndarray, shape (rows, n_pairs)
    """
    n_models = len(models)
    n = RDMs(models[:1]).n_conditions
    i, j = np.triu_indices(n, 1)
    noise = noise_of(n, method, sigma_k)
    whole = not (np.isnan(models).any() or np.isnan(subjects).any())
    if whole and method == "spearman":  # ranks move with the pairs
        models, subjects = (normalised(v, method) for v in (models, subjects))
        method = "pearson"
    total, orders = orders_of(n, n_perm, rng)
    out = np.empty((total, n_models))
    for first in progress(range(0, total, CHUNK)):
        some = islice(orders, CHUNK)
        moved = np.stack([models[:, pair_index(n, order[i], order[j])] for order in some])
        scores = compare_values(moved.reshape(-1, len(i)), subjects, method, noise).mean(1)
        out[first : first + len(moved)] = scores.reshape(-1, n_models)
    return out


def permutation_test(effect, null, n, largest):
    """p of each contrast from scores of permuted models (n_perm, n_models); the ceiling has none."""
    null = contrasted(np.column_stack([null, np.zeros(len(null))]))
    pairs = len(effect) - n
    p = np.full(len(effect), np.nan)
    for first, last in ((0, n), (n, pairs)):
        if first == last:
            continue
        values, value = null[:, first:last], effect[first:last]
        if first:
            values, value = np.abs(values), np.abs(value)
        if largest:
            p[first:last] = exceed(np.fmax.reduce(values, 1), value)
        else:
            p[first:last] = [exceed(v, x) for v, x in zip(values.T, value, strict=True)]
    return p


def corrected(p, n):
    """Benjamini-Hochberg adjusted p of each family of contrasts."""
    pairs = len(p) - n
    return np.concatenate([fdr(p[:n]), fdr(p[n:pairs]), fdr(p[pairs:])])


def fdr(p):
    """Benjamini-Hochberg adjusted p values, in the shape given.

    Parameters
    ----------
    p : array_like
        NaN is left out.

    Returns
    -------
    adjusted : ndarray

    Raises
    ------
    ValueError
        For p below 0 or above 1.

    Examples
    --------
    >>> from neurokit import rsa
    >>> rsa.fdr([0.01, 0.02, 0.5])
    array([0.03, 0.03, 0.5 ])
    """
    p = np.asarray(p, dtype=float)
    if ((p < 0) | (p > 1)).any():
        raise ValueError(f"p: wanted 0 to 1, got {np.nanmin(p):.3g} to {np.nanmax(p):.3g}")
    out = np.full(p.shape, np.nan)
    have = ~np.isnan(p)
    if not have.any():
        return out
    order = np.argsort(p[have])
    scaled = p[have][order] * have.sum() / np.arange(1, have.sum() + 1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    out[have] = adjusted
    return out

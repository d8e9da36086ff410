"""Cross-validation of models with parameters, over subjects and conditions."""

import numpy as np

from .bootstrap import (
    BY_COUNTS,
    ceilings,
    grams,
    independent_part,
    resampled,
    resampled_covariance,
    sample_counts,
    similarities,
)
from .comparison import BY_RANK, WHOLE, compare_values, noise_of
from .inference import each_ceiling
from .missing import mean_of_drawn
from .models import FixedModel, SelectModel, best_of
from .rdms import n_conditions_of, pair_index
from .significance import mean_of_defined
from .taus import TAUS, TauSamples

SAMPLES_AT_ONCE = 50
N_DIVISIONS = 100  # of the data: what their choice adds to a score is a tenth of one division's
LEAST_CONDITIONS = 3  # in each part: fewer have no more than one pair
LEAST_DRAWN = 9  # to draw from: of fewer, most samples hold too few different ones for two parts


def default_folds(n):
    """A number of folds that grows with what is there."""
    return 2 if n < 12 else 3 if n < 24 else 4 if n < 40 else 5


def fold_numbers(cv, n_subjects, n_conditions, drawn=False):
    """Folds over subjects and conditions, checked; 1 leaves a factor undivided.

    ``drawn`` says that samples of the conditions will be divided too.

    Raises
    ------
    ValueError
        When a fold would hold no subject or fewer than three conditions, samples would be drawn from
        fewer than nine conditions, or nothing is divided.
    """
    few = drawn and n_conditions < LEAST_DRAWN
    if few and n_subjects == 1:
        raise ValueError(
            f"cv: one subject and {n_conditions} conditions leave nothing to divide (wanted at least "
            f"{LEAST_DRAWN} conditions)"
        )
    if cv is None:
        most = 1 if few else max(n_conditions // LEAST_CONDITIONS, 1)
        cv = min(default_folds(n_subjects), n_subjects), min(default_folds(n_conditions), most)
    elif isinstance(cv, (int, np.integer)):
        cv = min(int(cv), n_subjects) if n_subjects == 1 else int(cv), int(cv)
    try:
        by_subject, by_condition = (int(k) for k in cv)
    except (TypeError, ValueError):
        raise ValueError(f"cv: wanted a number or (subjects, conditions), got {cv!r}") from None
    if by_subject < 1 or by_condition < 1 or by_subject * by_condition == 1:
        raise ValueError(
            f"cv: wanted at least 2 folds over one factor, got {by_subject, by_condition}"
        )
    if by_subject > n_subjects:
        raise ValueError(f"cv: {by_subject} folds of {n_subjects} subjects")
    if by_condition > 1 and n_conditions // by_condition < LEAST_CONDITIONS:
        raise ValueError(
            f"cv: {by_condition} folds of {n_conditions} conditions leave fewer than "
            f"{LEAST_CONDITIONS} in a fold"
        )
    if by_condition > 1 and few:
        raise ValueError(
            f"cv: samples of {n_conditions} conditions have too few different ones to be divided "
            f"(wanted at least {LEAST_DRAWN}); take cv=({max(by_subject, 2)}, 1) or over='subject'"
        )
    return by_subject, by_condition


def _parts(n, k, rng):
    """Numbers 0 .. n - 1 dealt out at random into k parts; one part means no division."""
    return [None] if k == 1 else np.array_split(rng.permutation(n), k)


def _pairs_of(values, at):
    i, j = np.triu_indices(len(at), 1)
    return values[:, pair_index(n_conditions_of(values.shape[1]), at[i], at[j])]


def crossvalidated(
    models, bases, data, subject, condition, method, sigma_k, folds, rng, n_all=None
):
    """Scores on held-out data, and the ceilings there.

    Parts in which a model or a subject has no similarity are left out; a model whose fitted weights
    are all zero predicts nothing and has a similarity of zero.

    Parameters
    ----------
    models : list of model
    bases : list of ndarray, shape (n_matrices, n_pairs)
        Values of each model over the same conditions as the data.
    data : ndarray, shape (rows, n_pairs)
    subject, condition : ndarray of int
        Which subject a row is and which condition stands at each place; copies (of a bootstrap)
        stay together.
    method : str
    sigma_k : ndarray, shape (n, n) or (n,), or None
    folds : tuple of int
        Over subjects and conditions; of some of the conditions fewer, see ``folds_of_some``.
    rng : numpy.random.Generator
    n_all : int, optional
        Number of conditions to whose dimensions Riemannian distances are scaled; those of the data
        by default.

    Returns
    -------
    scores : ndarray, shape (n_models, rows)
    ceiling : ndarray, shape (2, rows)
    """
    subjects, conditions = np.unique(subject), np.unique(condition)
    sigma_k = np.diag(sigma_k) if np.ndim(sigma_k) == 1 else sigma_k
    n_all = len(condition) if n_all is None else n_all
    scores = [[] for _ in models]
    condition_parts = _parts(len(conditions), folds_of_some(folds[1], len(conditions), n_all), rng)
    parts, ceiling = [], []
    for held in condition_parts:
        here = np.isin(condition, conditions if held is None else conditions[held])
        test_at, train_at = np.flatnonzero(here), np.flatnonzero(here if held is None else ~here)
        seen = _pairs_of(data, test_at)
        inner, outer = (
            None if sigma_k is None else sigma_k[np.ix_(at, at)] for at in (test_at, train_at)
        )
        noise = noise_of(len(test_at), method, inner)
        scale = 1.0
        if method == "riemannian":
            scale = np.sqrt((n_all - 1) / (len(test_at) - 1))
        parts.append((test_at, train_at, seen, outer, noise, scale))
        if len(subjects) > 1:
            ceiling.append(scale * _ceilings_of(seen, subject, method, inner))
        else:
            ceiling.append(np.full((2, len(data)), np.nan))
    for held_subjects in _parts(len(subjects), min(folds[0], len(subjects)), rng):
        everyone = held_subjects is None
        test = np.isin(subject, subjects if everyone else subjects[held_subjects])
        train = test if everyone else ~test
        for test_at, train_at, seen, outer, noise, scale in parts:
            known = _pairs_of(data[train], train_at)
            for to, model, basis in zip(scores, models, bases, strict=True):
                weights = model.weights_for(_pairs_of(basis, train_at), known, method, outer)
                found = np.full(len(data), np.nan)
                if not weights.any():  # it predicts nothing, of subjects that are anything
                    own_similarity = compare_values(seen[test], seen[test], method, noise)
                    found[test] = 0 * np.diagonal(own_similarity)
                elif not np.isnan(weights).any():
                    predicted = model.mix(_pairs_of(basis, test_at), weights)
                    found[test] = compare_values(predicted[None], seen[test], method, noise)[0]
                to.append(scale * found)
    scores = np.array([mean_of_defined(np.array(found)) for found in scores])
    return scores, mean_of_defined(np.array(ceiling))


def _ceilings_of(values, subject, method, sigma_k):
    """Lower and upper ceiling of each row, copies of a subject left out of the lower together."""
    _, first, own, counts = np.unique(
        subject, return_index=True, return_inverse=True, return_counts=True
    )
    return each_ceiling(values[first], method, sigma_k, counts=counts)[:, own]


def by_samples(models, bases, data, method):
    """True where scores of fitted models follow from the similarities or inner products of all
    matrices over the conditions drawn."""
    if method not in (*BY_COUNTS, *TAUS):
        return False
    plain = all(isinstance(model, (FixedModel, SelectModel)) for model in models)
    if method in TAUS:
        return plain
    missing = np.isnan(data).any() or any(np.isnan(basis).any() for basis in bases)
    return not missing and (plain or method not in BY_RANK)


def crossvalidated_samples(
    models, bases, data, subject_counts, condition_counts, method, sigma_k, folds, n_cv, rng
):
    """Scores on held-out data in samples of subjects and conditions.

    A part of the conditions is a vector of counts that is zero elsewhere; the inner products (for
    rho-a and tau the similarities) of all matrices over the training and over the held-out
    conditions hold everything.

    Parameters
    ----------
    subject_counts, condition_counts : ndarray of int, shape (n_samples, n)
    sigma_k : ndarray, shape (n_conditions,) or (n_conditions, n_conditions), optional
    n_cv : int
        Divisions into folds of each sample.

    Returns
    -------
    scores : ndarray, shape (n_cv, n_samples, n_models, n_subjects)
    ceiling : ndarray, shape (n_cv, n_samples, 2, n_subjects)
        NaN for subjects that were not drawn.
    """
    n_samples, n_subjects = subject_counts.shape
    fitted = not all(isinstance(model, FixedModel) for model in models)
    if not fitted:  # what is held out of the subjects makes no difference
        folds = 1, folds[1]
    basis = np.concatenate(bases).astype(float)
    rows = np.concatenate([basis, data]).astype(float)
    ends = np.cumsum([0, *(len(basis) for basis in bases)])
    scores = np.full((n_cv, n_samples, len(models), n_subjects), np.nan)
    ceiling = np.full((n_cv, n_samples, 2, n_subjects), np.nan)
    for k in range(n_cv):
        for first in range(0, n_samples, SAMPLES_AT_ONCE):
            last = min(first + SAMPLES_AT_ONCE, n_samples)
            parts, sizes = [], []  # counts of held-out conditions, then of the others for a fit
            for counts in condition_counts[first:last]:
                own = _parts_of(np.flatnonzero(counts), folds[1], rng, len(counts))
                sizes.append(len(own))
                for part in own:
                    held = np.zeros_like(counts)
                    held[part] = counts[part]
                    parts.append(held)
                    if fitted:
                        parts.append(counts - held if len(own) > 1 else held)
            parts, starts = np.array(parts), np.cumsum([0, *sizes])
            here = slice(first, last)
            if not fitted and method not in TAUS:
                scores[k, here], ceiling[k, here] = _held_out_fixed(
                    rows, len(basis), parts, subject_counts[here], starts, method, sigma_k
                )
                continue
            if method in TAUS:
                pieces = list(TauSamples(basis, data, method)(parts))
            elif method == "rho_a":
                pieces = list(_rho_samples(rows, len(basis), parts))
            else:
                pieces = list(grams(rows, parts, method, sigma_k))
            held_out = _held_out if method not in (*TAUS, "rho_a") else _held_out_by_similarity
            step = 2 if fitted else 1
            pairs = list(zip(pieces[::step], pieces[step - 1 :: step], strict=True))
            for b in range(first, last):
                drawn = subject_counts[b]
                people = _parts_of(np.flatnonzero(drawn), folds[0], rng)
                own = pairs[starts[b - first] : starts[b - first + 1]]
                found = [held_out(models, ends, *pair, drawn, people) for pair in own]
                scores[k, b] = mean_of_defined(np.array([f[0] for f in found]))
                ceiling[k, b] = mean_of_defined(np.array([f[1] for f in found]))
    return scores, ceiling


def _parts_of(items, k, rng, n=None):
    """Items in k parts at random, in fewer where they are some of n (see ``folds_of_some``)."""
    k = min(k, len(items)) if n is None else folds_of_some(k, len(items), n)
    return [items] if k == 1 else np.array_split(rng.permutation(items), k)


def folds_of_some(k, count, n):
    """Folds of ``count`` of n conditions, of about the size that k folds of all have."""
    return k if k == 1 else max(min(max(round(k * count / n), 2), count // LEAST_CONDITIONS), 1)


def _held_out_fixed(rows, n_basis, parts, drawn, starts, method, sigma_k):
    """Scores (n_samples, n_models, n_subjects) and ceilings (n_samples, 2, n_subjects) of fixed
    models, means over the parts of each sample."""
    cosines, scale = similarities(rows, parts, method, sigma_k)
    scores = cosines * scale[:, :, None] * scale[:, None, :]
    scores = _mean_over_parts(scores[:, :n_basis, n_basis:], starts)
    scores[np.broadcast_to((drawn == 0)[:, None], scores.shape)] = np.nan
    if drawn.shape[1] == 1:
        return scores, np.full((len(drawn), 2, 1), np.nan)
    counts = np.repeat(drawn, np.diff(starts), 0)
    found = np.stack(ceilings(cosines[:, n_basis:, n_basis:], scale[:, n_basis:], counts), 1)
    found[np.broadcast_to((counts == 0)[:, None], found.shape)] = np.nan
    return scores, _mean_over_parts(found, starts)


def _mean_over_parts(values, starts):
    """Means of the stretches of the first axis that begin at ``starts``, what is NaN left out."""
    have = ~np.isnan(values)
    count = np.add.reduceat(have, starts[:-1], dtype=float)
    total = np.add.reduceat(np.where(have, values, 0), starts[:-1])
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _held_out(models, ends, test, train, drawn, people):
    """Scores (n_models, n_subjects) and ceilings (2, n_subjects) on one part of the conditions."""
    n_basis, n_subjects = ends[-1], len(drawn)
    lengths = np.sqrt(np.diagonal(test)), np.sqrt(np.diagonal(train))
    scores = np.full((len(models), n_subjects), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        along_all = train[:n_basis, n_basis:] / lengths[1][n_basis:]
    for part in people:
        own = drawn.astype(float)
        if len(people) > 1:
            own[part] = 0
        along = _mean_along(along_all, own)
        for m, model in enumerate(models):
            at = slice(ends[m], ends[m + 1])
            weights = model.weights_from(train[at, at], along[at])
            if not weights.any():  # it predicts nothing, of subjects that are anything
                scores[m, part] = np.where(lengths[0][n_basis + part] > 0, 0, np.nan)
                continue
            length = np.sqrt(weights @ test[at, at] @ weights) * lengths[0][n_basis + part]
            cross = weights @ test[at, n_basis + part]
            undefined = np.full(len(part), np.nan)
            scores[m, part] = np.divide(cross, length, out=undefined, where=length > 0)
    ceiling = np.full((2, n_subjects), np.nan)
    if np.count_nonzero(drawn) > 1:
        with np.errstate(invalid="ignore", divide="ignore"):
            among = test[n_basis:, n_basis:] / np.multiply.outer(*[lengths[0][n_basis:]] * 2)
        ceiling[:] = np.array(ceilings(among[None], np.ones((1, n_subjects)), drawn[None]))[:, 0]
        ceiling[:, drawn == 0] = np.nan
    return scores, ceiling


def _mean_along(similarity, counts):
    """Mean similarity of each matrix of a model with the training matrices, those drawn ``counts``
    times, shape (n_matrices,)."""
    have = ~np.isnan(similarity)
    total = have @ counts
    undefined = np.full(len(total), np.nan)
    return np.divide(np.where(have, similarity, 0) @ counts, total, out=undefined, where=total > 0)


def _rho_samples(rows, n_basis, counts):
    """rho-a in samples, in the form of ``TauSamples``."""
    for cosines, scale in zip(*similarities(rows, counts, "rho_a"), strict=True):
        among, own = cosines[None, n_basis:, n_basis:], scale[None, n_basis:]
        scores = cosines * np.multiply.outer(scale, scale)

        def both(drawn, among=among, own=own):
            return np.concatenate(ceilings(among, own, drawn[None]))

        yield scores[:n_basis, n_basis:], both


def _held_out_by_similarity(models, ends, test, train, drawn, people):
    """As :func:`_held_out` for models of one matrix at a time, from similarities with the subjects
    and a function that gives the ceilings of the subjects drawn, see ``TauSamples``."""
    n_subjects, ceiling = len(drawn), np.full((2, len(drawn)), np.nan)
    (seen, ceilings_for), (known, _) = test, train
    if np.count_nonzero(drawn) > 1:
        ceiling[:] = ceilings_for(drawn)
        ceiling[:, drawn == 0] = np.nan
    scores = np.full((len(models), n_subjects), np.nan)
    for part in people:
        own = drawn.astype(float)
        if len(people) > 1:
            own[part] = 0
        along = _mean_along(known, own)
        for m, model in enumerate(models):
            best = 0 if isinstance(model, FixedModel) else best_of(along[ends[m] : ends[m + 1]])
            if best is not None:
                scores[m, part] = seen[ends[m] + best, part]
    return scores, ceiling


def divided(models, bases, data, method, sigma_k, folds, rng):
    """Scores and ceilings on held-out data, means over ``N_DIVISIONS`` random divisions into folds.

    What a division leaves undefined is left out of the mean.

    Returns
    -------
    scores : ndarray, shape (n_models, n_subjects)
    ceiling : ndarray, shape (2, n_subjects)
    """
    n_subjects, n = len(data), n_conditions_of(data.shape[1])
    if all(isinstance(model, FixedModel) for model in models):
        folds = 1, folds[1]  # what is held out of the subjects makes no difference
    count = 1 if folds == (1, 1) else N_DIVISIONS
    ranked_again = method in ("spearman", "rho_a")  # the pool, though not in samples
    if not ranked_again and by_samples(models, bases, data, method):
        whole = np.ones((count, n_subjects), int), np.ones((count, n), int)
        scores, ceiling = (
            found[0]
            for found in crossvalidated_samples(
                models, bases, data, *whole, method, sigma_k, folds, 1, rng
            )
        )
    else:
        whole = np.arange(n_subjects), np.arange(n)
        scores, ceiling = zip(
            *(
                crossvalidated(models, bases, data, *whole, method, sigma_k, folds, rng)
                for _ in range(count)
            ),
            strict=True,
        )
    return mean_of_defined(np.array(scores)), mean_of_defined(np.array(ceiling))


def bootstrap_crossvalidated(
    models, bases, data, method, sigma_k, folds, factors, n_boot, n_cv, rng, progress
):
    """Mean scores and lower ceiling in samples of subjects and conditions.

    Returns
    -------
    samples : ndarray, shape (n_cv, n_boot, n_models + 1)
        Each sample is divided into folds ``n_cv`` times, so that the variance that comes from the
        division can be taken away.
    """
    n_subjects, n = len(data), n_conditions_of(data.shape[1])
    least = min(4, n - 1) if folds[1] == 1 else 2 * LEAST_CONDITIONS
    subject_counts = np.ones((n_boot, n_subjects), int)
    condition_counts = np.ones((n_boot, n), int)
    if "subject" in factors:
        subject_counts = sample_counts(n_subjects, n_boot, rng, least=min(2, n_subjects - 1))
    if "condition" in factors:
        condition_counts = sample_counts(n, n_boot, rng, least=least)
    out = np.empty((n_cv, n_boot, len(models) + 1))
    if by_samples(models, bases, data, method):
        scores, ceiling = crossvalidated_samples(
            models, bases, data, subject_counts, condition_counts, method, sigma_k, folds, n_cv, rng
        )
        out[..., :-1] = mean_of_drawn(scores, subject_counts[:, None])
        out[..., -1] = mean_of_drawn(ceiling[:, :, 0], subject_counts)
        return out
    independent = independent_part(sigma_k)
    for b in progress(range(n_boot)):
        subject = np.repeat(np.arange(n_subjects), subject_counts[b])
        # Bures: copies have no distance; Riemannian: copies change nothing
        drawn = condition_counts[b] > 0 if method == "riemannian" else condition_counts[b]
        at = np.repeat(np.arange(n), drawn)
        copies = 0.0 if method in WHOLE else np.nan
        values = resampled(data[subject], at, copies)
        own = [resampled(basis, at, copies) for basis in bases]
        sigma = resampled_covariance(sigma_k, independent, at)
        for k in range(n_cv):
            scores, ceiling = crossvalidated(
                models, own, values, subject, at, method, sigma, folds, rng, n
            )
            out[k, b, :-1], out[k, b, -1] = scores.mean(1), ceiling[0].mean()
    return out

"""Comparison of models with data: scores, their uncertainty, tests."""

from dataclasses import dataclass, field

import numpy as np

from .bootstrap import ceilings, sample_counts, similarities
from .comparison import METHODS, compare
from .inference import noise_ceiling
from .plots import plot_models
from .rdms import RDMs, concat, match_conditions

FACTORS = ("subject", "condition")


@dataclass
class Evaluation:
    """How well models explain the dissimilarities of subjects.

    Attributes
    ----------
    names : list of str
    scores : ndarray, shape (n_models,)
        Mean similarity over subjects.
    subject_scores : ndarray, shape (n_models, n_subjects)
    sem : ndarray, shape (n_models,)
        Standard error, for generalising over what was resampled.
    ceiling : tuple of float
        Lower and upper noise ceiling; NaN for a single subject.
    p_zero : ndarray, shape (n_models,)
        Against a similarity of zero, one-sided.
    p_pairs : ndarray, shape (n_models, n_models)
        Of a difference between two models, two-sided.
    p_ceiling : ndarray, shape (n_models,)
        Of a difference to the lower noise ceiling, two-sided.
    dof : int
        Of the t tests.
    method : str
    over : tuple of str
    """

    names: list
    scores: np.ndarray
    subject_scores: np.ndarray = field(repr=False)
    sem: np.ndarray
    ceiling: tuple
    p_zero: np.ndarray
    p_pairs: np.ndarray = field(repr=False)
    p_ceiling: np.ndarray
    dof: int
    method: str
    over: tuple

    def _columns(self):
        return {
            "model": self.names,
            "score": self.scores,
            "sem": self.sem,
            "p_zero": self.p_zero,
            "p_ceiling": self.p_ceiling,
        }

    def to_dataframe(self):
        """A pandas table with one row per model."""
        import pandas as pd

        return pd.DataFrame(self._columns())

    def plot(self, ax=None):
        """Bars, subjects, standard errors and the noise ceiling, see :func:`plot_models`."""
        ceiling = None if np.isnan(self.ceiling).any() else self.ceiling
        return plot_models(
            self.subject_scores, self.names, ceiling, self.method.replace("_", " "), self.sem, ax
        )

    def _repr_html_(self):
        columns = self._columns()
        head = "".join(f"<th>{name}</th>" for name in columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{v if k == 0 else f'{v:.4g}'}</td>" for k, v in enumerate(row))
            + "</tr>" for row in zip(*columns.values(), strict=True)
        )  # fmt: skip
        low, high = self.ceiling
        foot = f"{self.method}, noise ceiling {low:.4g} to {high:.4g}"
        return f"<table><tr>{head}</tr>{rows}</table>{foot}"


def evaluate(
    models, rdms, method="whitened_cosine", over=("subject", "condition"), n_boot=1000, seed=0
):
    """Compare models with the RDMs of subjects and test the differences.

    Parameters
    ----------
    models : RDMs or list of RDMs
        Each matrix is one fixed model; conditions are matched by label.
    rdms : RDMs
        One matrix per subject.
    method : str
        A method of :func:`compare` for which larger is more similar; Kendall's tau, Bures and
        Riemannian similarities cannot be resampled over conditions.
    over : tuple of {"subject", "condition"}
        What the result is to generalise to: these are resampled.
    n_boot : int
        Number of samples.
    seed : int
        Of the samples. The result does not depend on the number of threads.

    Returns
    -------
    evaluation : Evaluation

    Raises
    ------
    ValueError
        For NaN pairs, fewer than two subjects or four conditions where they are resampled, unknown
        methods or factors.

    Notes
    -----
    With v_s, v_c and v_sc the variances of bootstraps over subjects, conditions and both,
    a = n_s/(n_s - 1) and b = n_c/(n_c - 1), the squared standard error over both factors is
    a v_s + b v_c - a b (v_sc - v_s - v_c), kept between max(a v_s, b v_c) and v_sc; over one factor
    a v_s or b v_c. Tests are t tests with min(n_s, n_c) - 1 degrees of freedom. In a sample, pairs
    of a condition with itself are left out; the whitened methods count a condition drawn c times as
    one measured c times as precisely. Their standard errors over conditions come out too large (1.5
    times at 20 to 60 conditions in simulations, so tests are conservative); those of the others are
    within 10 %. Inside the bootstrap the pool of rank methods is the mean of ranks, not ranked
    again.

    References
    ----------
    .. [1] Schuett et al. (2023), doi:10.7554/eLife.82566

    Examples
    --------
    >>> from neurokit import data, rsa
    >>> images = data.load("images92", full=False)
    >>> brain = rsa.RDMs(images.human_it.mean(1))
    >>> models = rsa.RDMs(images.models, labels=images.model_names)
    >>> result = rsa.evaluate(models, brain, "cosine", over=("condition",), n_boot=100)
    >>> result.scores.shape
    (8,)
    """
    from scipy import stats  # slow to load

    models, rdms, over = _checked(models, rdms, method, over)
    n_models, n_subjects, n = len(models), len(rdms), rdms.n_conditions
    subject_scores = compare(models, rdms, method)
    ceiling = noise_ceiling(rdms, method) if n_subjects > 1 else (np.nan, np.nan)
    scores = subject_scores.mean(1)

    rng = np.random.default_rng(seed)
    drawn = sample_counts(n_subjects, n_boot, rng, least=2) if "subject" in over else None
    bootstraps = {}
    if "subject" in over:
        among = compare(rdms, rdms, method)
        scale = np.sqrt(np.diagonal(among))
        among = among / np.multiply.outer(scale, scale)
        shared = np.broadcast_to(scale, drawn.shape)
        bootstraps["subject"] = _statistics(subject_scores[None], among[None], drawn, shared)
    if "condition" in over:
        counts = sample_counts(n, n_boot, rng, least=4)
        values = np.concatenate([models.values, rdms.values]).astype(float)
        cosines, scale = similarities(values, counts, method)
        sampled = cosines * scale[:, :, None] * scale[:, None, :]
        parts = (sampled[:, :n_models, n_models:], cosines[:, n_models:, n_models:])
        ones = np.ones((n_boot, n_subjects))
        bootstraps["condition"] = _statistics(*parts, ones, scale[:, n_models:])
        if drawn is not None:
            bootstraps["both"] = _statistics(*parts, drawn, scale[:, n_models:])

    contrasts, effect = _contrasts(np.append(scores, ceiling[0]))
    variance = {
        name: np.var(sample @ contrasts.T, 0, ddof=1) for name, sample in bootstraps.items()
    }
    error = np.sqrt(_combined(variance, n_subjects, n))
    dof = min([k for k, f in zip((n_subjects, n), FACTORS, strict=True) if f in over]) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        t = effect / error
    pairs = 2 * stats.t.sf(np.abs(t[n_models:-n_models]), dof)
    p_pairs = np.ones((n_models, n_models))
    i, j = np.triu_indices(n_models, 1)
    p_pairs[i, j] = p_pairs[j, i] = pairs
    return Evaluation(
        names=[str(label) for label in models.labels],
        scores=scores,
        subject_scores=subject_scores,
        sem=error[:n_models],
        ceiling=ceiling,
        p_zero=stats.t.sf(t[:n_models], dof),
        p_pairs=p_pairs,
        p_ceiling=2 * stats.t.sf(np.abs(t[-n_models:]), dof),
        dof=dof,
        method=method,
        over=over,
    )


def _checked(models, rdms, method, over):
    if method not in METHODS or method in ("bures_distance", "riemannian"):
        raise ValueError(f"method: {method!r} cannot be used here")
    over = (over,) if isinstance(over, str) else tuple(over)
    if not over or set(over) - set(FACTORS):
        raise ValueError(f"over: wanted some of {FACTORS}, got {over}")
    models = models if isinstance(models, RDMs) else concat(models)
    models = match_conditions(rdms, models)
    if np.isnan(models.values).any() or np.isnan(rdms.values).any():
        raise ValueError("evaluate needs whole matrices: take a subset without NaN pairs")
    if "subject" in over and len(rdms) < 2:
        raise ValueError("over 'subject' needs at least 2 RDMs; use over=('condition',)")
    if "condition" in over and rdms.n_conditions < 4:
        raise ValueError(f"over 'condition' needs at least 4 of them, got {rdms.n_conditions}")
    return models, rdms, over


def _statistics(scores, cosines, counts, scale):
    """Mean scores and lower ceiling of each sample, shape (n_samples, n_models + 1)."""
    weight = counts / counts.sum(1, keepdims=True)
    mean = np.einsum(
        "bms,bs->bm", np.broadcast_to(scores, (len(weight), *scores.shape[1:])), weight
    )
    if counts.shape[1] < 2:
        lower = np.full(len(weight), np.nan)
    else:
        shape = (len(weight), *cosines.shape[1:])
        lower, _ = ceilings(np.broadcast_to(cosines, shape), scale, counts)
    return np.column_stack([mean, lower])


def _contrasts(values):
    """Rows that give each score, each difference of two, and each difference to the ceiling."""
    n = len(values) - 1
    unit = np.eye(n + 1)
    i, j = np.triu_indices(n, 1)
    contrasts = np.concatenate([unit[:n], unit[i] - unit[j], unit[:n] - unit[n]])
    contrasts_of_values = np.concatenate(
        [values[:n], values[i] - values[j], values[:n] - values[n]]
    )
    return contrasts, contrasts_of_values


def _combined(variance, n_subjects, n_conditions):
    """Squared standard errors from the bootstrap variances of one or both factors."""
    a = n_subjects / max(n_subjects - 1, 1)
    b = n_conditions / (n_conditions - 1)
    if "both" not in variance:
        return a * variance["subject"] if "subject" in variance else b * variance["condition"]
    s, c, both = a * variance["subject"], b * variance["condition"], variance["both"]
    combined = s + c - a * b * (both - variance["subject"] - variance["condition"])
    return np.minimum(np.maximum(combined, np.maximum(s, c)), both)


def fdr(p):
    """Benjamini-Hochberg adjusted p values, in the shape given.

    Parameters
    ----------
    p : array_like
        NaN is left out.

    Returns
    -------
    adjusted : ndarray

    Examples
    --------
    >>> from neurokit import rsa
    >>> rsa.fdr([0.01, 0.02, 0.5])
    array([0.03, 0.03, 0.5 ])
    """
    p = np.asarray(p, dtype=float)
    out = np.full(p.shape, np.nan)
    have = ~np.isnan(p)
    order = np.argsort(p[have])
    scaled = p[have][order] * have.sum() / np.arange(1, have.sum() + 1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    out[have] = adjusted
    return out

"""Comparison of models with data: scores, their uncertainty, tests."""

import html
import warnings
from dataclasses import dataclass, field

import numpy as np

from ..core.run.bars import progress_bar
from . import significance
from .bootstrap import sample_counts, sample_statistics, statistics
from .checks import choice, leveled
from .comparison import WHOLE, check_values, compare, compare_values, method_name, noise_of
from .crossvalidation import bootstrap_crossvalidated, divided, fold_numbers
from .inference import each_ceiling
from .models import FixedModel, as_models
from .plots import plot_models
from .rdms import as_rdms

FACTORS = ("subject", "condition")
N_CV = 4  # divisions into folds of each bootstrap sample


@dataclass(repr=False)
class Evaluation:
    """How well models explain the dissimilarities of subjects.

    Attributes
    ----------
    names : list of str
    scores : ndarray, shape (n_models,)
        Mean similarity over subjects; cross-validated, also over many divisions into folds.
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
    test, correction : str
        What the p values are.
    cv : tuple of int or None
        Folds over subjects and conditions.
    variances : dict
        Bootstrap variances of the scores over ``"subject"``, ``"condition"`` and ``"both"``.
    samples : ndarray, shape (n_boot, n_models + 1)
        Mean scores and lower ceiling of the bootstrap samples.
    """

    names: list
    scores: np.ndarray
    subject_scores: np.ndarray
    sem: np.ndarray
    ceiling: tuple
    p_zero: np.ndarray
    p_pairs: np.ndarray
    p_ceiling: np.ndarray
    dof: int
    method: str
    over: tuple
    test: str = "t"
    correction: str | None = None
    cv: tuple | None = None
    variances: dict = field(default_factory=dict)
    samples: np.ndarray | None = None

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
        """Bars, subjects, standard errors, the noise ceiling and what is significant, see
        :func:`plot_models`."""
        ceiling = None if np.isnan(self.ceiling).any() else self.ceiling
        return plot_models(
            self.subject_scores,
            self.names,
            ceiling,
            self.method.replace("_", " "),
            self.sem,
            ax,
            self.p_zero,
            self.p_pairs,
        )

    def _said(self):
        (low, high), over = self.ceiling, " and ".join(self.over)
        return (
            f"{self.method}, noise ceiling {low:.4g} to {high:.4g}, {self.test} tests over {over}"
        )

    def __repr__(self):
        width = max(map(len, self.names))
        numbers = zip(self.names, self.scores, self.sem, self.p_zero, self.p_ceiling, strict=True)
        rows = (
            f"  {name:{width}}  {score:.4f} +- {sem:.4f}  p_zero {zero:.2g}  p_ceiling {ceiling:.2g}"
            for name, score, sem, zero, ceiling in numbers
        )
        return "\n".join([f"Evaluation: {self._said()}", *rows])

    def _repr_html_(self):
        columns = self._columns()
        head = "".join(f"<th>{name}</th>" for name in columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(v) if k == 0 else f'{v:.4g}'}</td>" for k, v in enumerate(row))
            + "</tr>" for row in zip(*columns.values(), strict=True)
        )  # fmt: skip
        return f"<table><tr>{head}</tr>{rows}</table>{self._said()}"


def evaluate(
    models,
    rdms,
    method="whitened_cosine",
    over=("subject", "condition"),
    n_boot=1000,
    cv=None,
    seed=0,
    *,
    test="t",
    correction=None,
    sigma_k=None,
    progress=False,
):
    """Compare models with the RDMs of subjects and test the differences.

    Parameters
    ----------
    models : model, RDMs, a list of either, or a dict of them by name
        :class:`FixedModel`, :class:`SelectModel`, :class:`WeightedModel`,
        :class:`InterpolatedModel`; each matrix of an ``RDMs`` is one fixed model. Conditions are
        matched by label; those of a model that ``rdms`` lacks are left out, if labels were given to
        ``rdms``. An array is read by ``RDMs``, over the conditions of ``rdms``.
    rdms : RDMs or array_like
        One matrix per subject.
    method : str
        A method of :func:`compare` for which larger is more similar.
    over : tuple of {"subject", "condition"}
        What the result is to generalise to: these are resampled.
    n_boot : int
        Number of bootstrap samples, and of permutations; at least 2. With at least
        n_conditions! - 1, each permutation is taken once, and its p values are exact.
    cv : int or (int, int), optional
        Folds over subjects and conditions (1 leaves a factor undivided). Scores and ceilings are
        then those of held-out data. By default models are cross-validated when one of them has
        parameters, over both factors, but over subjects alone where fewer than nine conditions are
        resampled: their samples have too few different ones to be divided.
    seed : int or None
        Of the samples; None draws a new one. The result does not depend on the number of threads.
    test : {"t", "wilcoxon", "bootstrap", "permutation"}
        t tests with the bootstrap's standard errors; signed-rank tests over subjects; shares of
        bootstrap samples, whose deviations get the tails of t; or shares of scores of models whose
        conditions are permuted (fixed models only; no p value against the ceiling).
    correction : {None, "fdr", "max"}
        Within each of the three families of p values: false discovery rate, or the family-wise
        error by the largest statistic in each sample (not for Wilcoxon tests), in bootstrap samples
        on the scale of t.
    sigma_k : ndarray, shape (n, n) or (n,), optional
        Covariance of the condition estimates, as for :func:`compare`, in the order of
        ``rdms.conditions``.
    progress : bool
        Show a progress bar (tqdm) where samples are fitted or permuted one by one.

    Returns
    -------
    evaluation : Evaluation

    Raises
    ------
    ValueError
        For fewer than two subjects or four conditions where they are resampled, unknown methods,
        tests or factors, folds that are too small, or a weighted model that is not fitted to the
        method (Riemannian; Bures but with weights of at least 0), matrices that :func:`compare`
        refuses.

    Warns
    -----
    RuntimeWarning
        Where a model or a subject has no similarity (constant dissimilarities): its own results are
        NaN. Bootstrap samples without a similarity are left out, and so are folds, and subjects
        without one where a model is fitted.

    Notes
    -----
    With v_s, v_c and v_sc the variances of bootstraps over subjects, conditions and both,
    a = n_s/(n_s - 1) and b = n_c/(n_c - 1), the squared standard error over both factors is
    a v_s + b v_c - a b (v_sc - v_s - v_c), not above v_sc, but never
    below max(a v_s, b v_c); over one factor a v_s or b v_c. t tests have min(n_s, n_c) - 1 degrees of freedom. In a sample, pairs of a
    condition with itself are left out (in the whitened methods: from V; errors of its copies share
    what sigma_k has in common with the other conditions). Bures similarities weigh the conditions
    by how often they were drawn; a Riemannian distance, on which weights have no effect, is that of
    the different conditions drawn times the root of (n - 1) over their number less one, and so it is
    over the held-out conditions of a fold. Pairs that are NaN in one of two matrices are
    left out of their comparison. Models whose scores differ by rounding
    alone have p = 1. Inside the bootstrap the pool of rank methods is the mean of ranks, not ranked
    again.

    Cross-validated scores and ceilings are means over 100 random divisions of the data into folds, so
    that the seed hardly matters. Bootstrap samples are divided 4 times each, into folds of about the
    size that those of the data have (so into fewer, at least two, where conditions are drawn; of
    subjects, no more than there are different ones); the
    variance that the division adds is taken away, and what remains is not let below its own standard
    error.

    By simulation (``tests/full``) variances are within 10 % of the truth with 80 conditions; with 30,
    those of Spearman over conditions are about 16 % too large and those of Pearson 9 % too small,
    since copies of a condition leave fewer pairs. Tests of null models at a nominal 5 % (Pearson,
    both factors, t): with 20 subjects and 40 conditions 3.2 % false positives against zero and
    3.4 % in pairs of models, cross-validated with ``cv=(2, 4)`` 4.0 % and 5.4 %. With few
    subjects or conditions they are conservative, since the errors hang on both factors and the
    degrees of freedom are those of the smaller one, and since with few conditions the errors
    come out too large: with 8 subjects and 40 conditions 1.9 % and 1.5 % (cross-validated 2.9 %
    and 1.2 %), with 8 subjects and 12 conditions 1.8 % and 0.5 % (cross-validated with
    ``cv=(2, 3)`` 3.0 % and 1.0 %), the errors being 25 % (15 %) too large.

    Whitened similarities of a model that has nothing to do with the data vary pair by pair, which
    samples of conditions, where pairs stand more than once, take for 2.4 times the variance (20
    subjects, 40 conditions): such tests over conditions reject less than 1.5 % of null models.
    ``test="permutation"`` rejects 4 to 7 %.

    Samples of conditions hold few different ones in each fold, where Bures similarities of models
    come out more alike: over conditions, standard errors of cross-validated differences are about
    20 % too small (12 to 20 conditions, 8 subjects: some 12 % false positives in pairs of models).
    Without ``cv`` there were 4 %.

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
    rdms = as_rdms(rdms, "rdms")
    task = _Task(models, rdms, method, over, cv, test, correction, sigma_k)
    if not isinstance(n_boot, (int, np.integer)) or n_boot < 2:
        raise ValueError(f"n_boot: wanted a whole number of at least 2, got {n_boot!r}")
    if not (seed is None or isinstance(seed, (int, np.integer)) and seed >= 0):
        raise ValueError(f"seed: wanted a whole number of at least 0, or None, got {seed!r}")
    seed = np.random.SeedSequence().entropy if seed is None else int(seed)
    rng = np.random.default_rng(seed)
    bar = _progress(progress)
    subject_scores, each = task.observed(np.random.default_rng([seed, 1]))
    bootstraps = task.bootstrap(n_boot, rng, bar)
    n = len(task.models)

    per_subject = significance.contrasted(np.vstack([subject_scores, each[:1]]).T).T
    effect = significance.contrasted(np.append(subject_scores.mean(1), each[0].mean()))
    variance = {name: _variance(s) for name, s in bootstraps.items()}
    error = np.sqrt(_combined(variance, len(rdms), rdms.n_conditions))
    error[np.isnan(effect)] = np.nan  # though there be samples without the subject it comes from
    samples = bootstraps["both" if "both" in bootstraps else task.over[0]].mean(0)
    _warn_undefined(task, subject_scores, samples)
    contrasts = significance.contrasted(samples)
    dof = min([k for k, f in zip((len(rdms), rdms.n_conditions), FACTORS) if f in task.over]) - 1

    null = None
    if test == "permutation":
        null = significance.permuted_scores(
            task.fixed(), task.values, task.method, sigma_k, n_boot, rng, bar
        )
        p = significance.permutation_test(effect, null, n, correction == "max")
    elif correction == "max":
        p = significance.largest_test(effect, contrasts, error, n, dof)
    elif test == "t":
        p = significance.t_test(effect, error, n, dof)
    elif test == "wilcoxon":
        p = significance.wilcoxon_test(per_subject, n)
    else:
        p = significance.bootstrap_test(effect, contrasts, error, n, dof)
    if test != "permutation":
        same = (effect == 0) & (error == 0)  # in every sample: nothing speaks for a difference
        p[n:] = np.where(same[n:], 1, p[n:])
    if correction == "fdr":
        p = significance.corrected(p, n)

    p_pairs = np.ones((n, n))
    i, j = np.triu_indices(n, 1)
    p_pairs[i, j] = p_pairs[j, i] = p[n:-n]
    return Evaluation(
        names=[model.name for model in task.models],
        scores=subject_scores.mean(1),
        subject_scores=subject_scores,
        sem=error[:n],
        ceiling=(float(each[0].mean()), float(each[1].mean())),
        p_zero=p[:n],
        p_pairs=p_pairs,
        p_ceiling=p[-n:],
        dof=dof,
        method=task.method,
        over=task.over,
        test=test,
        correction=correction,
        cv=task.folds,
        variances={name: v[:n] for name, v in variance.items()},
        samples=samples,
    )


class _Task:
    """The arguments of :func:`evaluate`, checked, and what is computed from them."""

    def __init__(self, models, rdms, method, over, cv, test, correction, sigma_k):
        self.method = method_name(method)
        if self.method == "bures_distance":
            raise ValueError(f"method: {method!r} cannot be used here: larger is not more similar")
        self.over = (over,) if isinstance(over, str) else over
        if not isinstance(self.over, (tuple, list, set)) or not self.over:
            raise ValueError(f"over: wanted some of {', '.join(FACTORS)}, got {over!r}")
        self.over = tuple(dict.fromkeys(choice(factor, FACTORS, "over") for factor in self.over))
        choice(test, significance.TESTS, "test")
        choice(correction, significance.CORRECTIONS, "correction")
        if test == "wilcoxon" and (correction == "max" or self.over != ("subject",)):
            raise ValueError("wilcoxon tests are over=('subject',), with correction None or 'fdr'")
        self.rdms, self.models = rdms, as_models(models, rdms)
        check_values(rdms.values, self.method, "rdms")
        for model in self.models:
            check_values(model.rdms.values, self.method, f"models: {model.name}")
        flexible = not all(isinstance(model, FixedModel) for model in self.models)
        if test == "permutation" and (flexible or cv is not None):
            raise ValueError("permutation tests are for fixed models without cross-validation")
        if "subject" in self.over and len(rdms) < 2:
            raise ValueError("over 'subject' needs at least 2 RDMs; use over=('condition',)")
        if "condition" in self.over and rdms.n_conditions < 4:
            raise ValueError(f"over 'condition' needs at least 4 of them, got {rdms.n_conditions}")
        self.folds = None
        if flexible or cv is not None:
            drawn = "condition" in self.over
            self.folds = fold_numbers(cv, len(rdms), rdms.n_conditions, drawn)
            for model in self.models:
                model.check(self.method)
        self.sigma_k = None if sigma_k is None else np.asarray(sigma_k, dtype=float)
        self.values = self._level(rdms.values)
        self.bases = [self._level(model.rdms.values) for model in self.models]

    def _level(self, values):
        """Values whose squares are numbers, where the method does not depend on their scale."""
        return (
            values.astype(float)
            if self.method in WHOLE
            else leveled(values, True, True)[0].astype(float)
        )

    def fixed(self):
        return np.concatenate(self.bases)

    def observed(self, rng):
        """Scores (n_models, n_subjects) and ceilings (2, n_subjects)."""
        values = self.values
        if self.folds is not None:
            return divided(
                self.models, self.bases, values, self.method, self.sigma_k, self.folds, rng
            )
        scores = compare(self.fixed(), values, self.method, self.sigma_k)
        if len(values) < 2:
            return scores, np.full((2, len(values)), np.nan)
        return scores, each_ceiling(values, self.method, self.sigma_k)

    def bootstrap(self, n_boot, rng, bar):
        """Samples of mean scores and lower ceiling for each resampled factor and for both, shape
        (divisions, n_boot, n_models + 1)."""
        if self.folds is not None:
            kinds = {name: (name,) for name in self.over}
            if len(self.over) == 2:
                kinds["both"] = FACTORS
            return {
                name: bootstrap_crossvalidated(
                    self.models, self.bases, self.values, self.method,
                    self.sigma_k, self.folds, factors, n_boot, N_CV, rng, bar,
                )
                for name, factors in kinds.items()
            }  # fmt: skip
        values, models = self.values, self.fixed()
        n_subjects, n = len(values), self.rdms.n_conditions
        drawn = sample_counts(n_subjects, n_boot, rng) if "subject" in self.over else None
        out = {}
        if drawn is not None:
            out["subject"] = self._over_subjects(models, drawn)[None]
        if "condition" in self.over:
            counts = sample_counts(n, n_boot, rng, least=min(4, n - 1))
            ones = np.ones((n_boot, n_subjects), int)
            sets = [ones] if drawn is None else [ones, drawn]
            found = sample_statistics(models, values, counts, sets, self.method, self.sigma_k)
            out.update(zip(("condition", "both"), (s[None] for s in found)))
        return out

    def _over_subjects(self, models, drawn):
        """Statistics of samples of subjects alone."""
        values, n = self.values, self.rdms.n_conditions
        if self.method in WHOLE:
            counts = np.ones((len(drawn), n), int)
            return sample_statistics(models, values, counts, [drawn], self.method, self.sigma_k)[0]
        noise = noise_of(n, self.method, self.sigma_k)
        scores = compare_values(models, values, self.method, noise)
        among = compare_values(values, values, self.method, noise)
        scale = np.sqrt(np.diagonal(among))  # below one where ties make it so
        cosines = among / np.multiply.outer(scale, scale)
        return statistics(scores[None], cosines[None], drawn, np.broadcast_to(scale, drawn.shape))


def _progress(wanted):
    if not wanted:
        return lambda steps: steps
    return progress_bar


def _warn_undefined(task, subject_scores, samples):
    """One warning that says what a NaN comes from."""
    lost, gone = np.isnan(subject_scores), np.isnan(samples[:, :-1])
    subjects = task.rdms.labels[lost.all(0)].tolist()
    models = [m.name for m, bad in zip(task.models, lost.all(1) | gone.all(0), strict=True) if bad]
    said = []
    if subjects:
        said.append(f"not defined for subjects {subjects[:5]}: all means over subjects are NaN")
    elif models:
        said.append(f"not defined for models {models[:5]}")
    some = gone[:, ~(gone.all(0) | lost.any(1))].any(1).sum()
    if some:
        said.append(f"not defined in {some} of {len(gone)} bootstrap samples, which are left out")
    if said:
        text = f"{task.method}: " + "; ".join(said) + " (constant or missing dissimilarities?)"
        warnings.warn(text, RuntimeWarning, stacklevel=3)


def _variance(samples):
    """Variance of each contrast over samples (divisions, n_boot, n) of a mean over all divisions.

    What the division into folds adds is estimated between the k divisions of one sample and taken
    away. The result is a difference of two estimates: it is not let below its own standard error.
    """
    values = significance.contrasted(samples)
    variance = significance.variance(values.mean(0))[1]
    k, n_boot = values.shape[:2]
    if k > 1:
        division = significance.variance(np.var(values, 0, ddof=1))[0] / k
        error = np.sqrt(2 / (n_boot - 1) * (variance**2 + division**2 / (k - 1)))
        variance = np.maximum(variance - division, np.minimum(error, variance))
    return variance


def _combined(variance, n_subjects, n_conditions):
    """Squared standard errors from the bootstrap variances of one or both factors."""
    a = n_subjects / max(n_subjects - 1, 1)
    b = n_conditions / (n_conditions - 1)
    if "both" not in variance:
        return a * variance["subject"] if "subject" in variance else b * variance["condition"]
    s, c, both = a * variance["subject"], b * variance["condition"], variance["both"]
    combined = s + c - a * b * (both - variance["subject"] - variance["condition"])
    return np.maximum(np.minimum(combined, both), np.maximum(s, c))

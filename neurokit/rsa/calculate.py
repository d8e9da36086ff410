"""Dissimilarities from patterns."""

import numpy as np

from ..ops import dense, similarity
from .checks import CONVENTIONS, choice, codes, joined, leveled, numbers
from .rdms import RDMs, pair_index
from .subject import METRICS, Subject

ALL_METRICS = (*METRICS, "mahalanobis", "crossnobis", "poisson", "poisson_cv")


def rdm(
    patterns,
    conditions=None,
    *,
    folds=None,
    noise=None,
    metric="correlation",
    convention=None,
    threads=None,
):
    """Compute the dissimilarity of every pair of conditions.

    Parameters
    ----------
    patterns : ndarray, shape (n_obs, n_channels), or a list of such, or xarray.DataArray
        One measured pattern per row. A list holds one array per subject, channels may differ; each
        gives one matrix of the result, as does each entry of a three-dimensional array (subjects or
        time points with the same channels, computed together). A DataArray is read as
        (observations, channels), its coordinate along the observations (``condition``, the
        dimension's own, or the only one) giving the conditions when they are not given; with a third
        dimension, which must be named ``time``, as by :func:`rdm_movie`. So is a pandas DataFrame,
        its index giving the conditions.
    conditions : sequence of length n_obs, or a list of such, optional
        Condition of each row; rows of one condition are averaged. Conditions keep their order of
        first appearance. By default each row is a condition of its own. Lists of subjects may have
        different conditions: pairs that a subject lacks are NaN.
    folds : sequence of length n_obs, or a list of such
        Run of each row, for the cross-validated metrics.
    noise : Noise, ndarray, or a list of such, or a dict, optional
        Noise from :func:`shrinkage`, or a precision matrix (n_channels, n_channels); a list gives
        one per subject (for several), or (for one, with ``crossnobis``) one per fold in the order
        in which the folds first appear; a dict gives that of each fold by its label. Needed for
        ``mahalanobis``; the other metrics whiten the patterns with it. The identity by default.
    metric : {"correlation", "euclidean", "cosine", "mahalanobis", "crossnobis", "poisson", \
"poisson_cv"}
        ``euclidean``, ``mahalanobis`` and ``crossnobis`` are squared and divided by the number of
        channels.
    convention : {None, "rsatoolbox"}
        With "rsatoolbox", what that package does: ``poisson_cv`` keeps the last fold only, and
        ``crossnobis`` with unequal numbers of trials takes means over the training trials.
    threads : int, optional
        Upper bound of threads; the result does not depend on it.

    Returns
    -------
    rdms : RDMs
        One matrix per subject, float32 for float32 patterns.

    Raises
    ------
    ValueError
        For fewer than two conditions or (cross-validated) two folds, lengths that differ, infinite
        values, rates below zero, an unknown metric, or a DataArray with a third dimension that is
        not named ``time``.

    Warns
    -----
    RuntimeWarning
        Where the correlation or cosine of a condition is not defined (a pattern without variation):
        its pairs are NaN.

    Notes
    -----
    Channels that are NaN in one of two patterns are left out for that pair; a pair without any
    common channel is NaN. Crossnobis is

        d_ij = 1/(M(M-1)d) sum_{m != k} (b_im - b_jm)' W (b_ik - b_jk)

    over M folds. When the conditions do not have equally many trials in all folds (or none in
    some), products are averaged over all pairs of trials from different folds instead,
    k_ij = mean x_a' W x_b / d, d_ij = k_ii + k_jj - 2 k_ij. Products of different trials stand in
    the three terms, so a pattern that all trials share does not drop out but adds error: where it
    is large, take ``patterns.mean(0)`` away first. With one W per fold, the pair (m, k)
    uses the inverse of the mean of both covariances.

    References
    ----------
    .. [1] Walther et al. (2016), doi:10.1016/j.neuroimage.2015.12.012
    .. [2] Schuett et al. (2023), doi:10.7554/eLife.82566

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> x = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, 3.0, 2.0]])
    >>> rsa.rdm(x, ["a", "b", "c"]).values
    array([[2. , 0.5, 1.5]])
    """
    choice(metric, ALL_METRICS, "metric")
    choice(convention, CONVENTIONS, "convention")
    if getattr(patterns, "ndim", 0) == 3 and hasattr(patterns, "coords"):
        from .movie import rdm_movie

        if "time" not in patterns.dims:
            raise ValueError(
                f"patterns: a DataArray of three dimensions needs one named time, got {patterns.dims}; "
                "of subjects, hand over a list; for a time axis of another name there is rdm_movie"
            )
        return rdm_movie(
            patterns, conditions, folds=folds, noise=noise, metric=metric, convention=convention,
            threads=threads,
        )  # fmt: skip
    several = (
        isinstance(patterns, (list, tuple)) and len(patterns) > 0 and np.ndim(patterns[0]) == 2
    )
    stacked = getattr(patterns, "ndim", 0) == 3
    subjects = list(patterns) if several or stacked else [patterns]
    n = len(subjects)
    if n == 0:
        raise ValueError(f"patterns: no subject or time point in shape {patterns.shape}")
    if stacked and metric in METRICS and noise is None:
        stack = _stack(numbers(patterns, "patterns"), conditions, metric, threads or 0)
        if stack is not None:
            return stack
    parts = [
        Subject(x, _own(conditions, k, n), _own(folds, k, n), _own_noise(noise, k, n), metric)
        for k, x in enumerate(subjects)
    ]
    rows = []
    for part in parts:
        rows.append((part.labels, part.compute(threads or 0, convention)))
    return _join(rows, all(part.numbered for part in parts))


def _stack(x, conditions, metric, threads):
    """All matrices of a three-dimensional array in one call, where they share their conditions and
    nothing is missing; else None."""
    if conditions is not None and np.ndim(conditions) != 1 or len(x) == 0:
        return None
    first = Subject(x[0], conditions, None, None, metric)
    n = len(first.labels)
    if n < x.shape[1]:
        member = (first.code == np.arange(n)[:, None]).astype(x.dtype)
        member /= member.sum(1, keepdims=True)
        x = np.stack([dense.product(member, each, threads=threads) for each in x])
    level, exponent = leveled(x, METRICS[metric] != 0)
    if exponent:
        return None
    how = {"parameters": (METRICS[metric],), "dtype": x.dtype, "threads": threads}
    out = similarity.distances("rdm", level, **how)
    if not np.isfinite(out).all():
        return None
    return RDMs(out, None if first.numbered else first.labels)


def _own(labels, k, n_subjects):
    """The labels of subject k: a list of sequences has one per subject, one sequence serves all."""
    if not isinstance(labels, (list, tuple)) or not labels or np.ndim(labels[0]) == 0:
        return labels
    if n_subjects == 1 and len(labels) > 1:
        raise ValueError(
            "conditions, folds: wanted one label per pattern, a number or text, got sequences such "
            f"as {labels[0]!r}: join their parts to one text"
        )
    if len(labels) != n_subjects:
        raise ValueError(f"conditions, folds: wanted {n_subjects} sequences, got {len(labels)}")
    return labels[k]


def _own_noise(noise, k, n_subjects):
    if n_subjects == 1 or not isinstance(noise, (list, tuple)):
        return noise
    if len(noise) != n_subjects:
        raise ValueError(f"noise: wanted one for each of {n_subjects} subjects, got {len(noise)}")
    return noise[k]


def _join(parts, numbered):
    """One RDMs of several subjects over the union of their conditions, which nobody named where they
    are numbered."""
    conditions = parts[0][0]
    if all(np.array_equal(conditions, labels) for labels, _ in parts):
        values = np.stack([row for _, row in parts])
        return RDMs(values, None if numbered else conditions)
    every = joined([labels for labels, _ in parts])
    union, code = codes(every, len(every), "conditions")
    places = np.split(code, np.cumsum([len(labels) for labels, _ in parts])[:-1])
    n = len(union)
    values = np.full((len(parts), n * (n - 1) // 2), np.nan, np.result_type(*(r for _, r in parts)))
    for row, at, (_, own) in zip(values, places, parts, strict=True):
        i, j = np.triu_indices(len(at), 1)
        row[pair_index(n, at[i], at[j])] = own
    return RDMs(values, None if numbered else union)

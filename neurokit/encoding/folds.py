"""Cross-validation folds from everything that people hand over for ``cv``."""

from numbers import Integral

import numpy as np


def splits(cv, X, y=None, groups=None):
    """List of (train, test) index arrays.

    Parameters
    ----------
    cv : int, array of length n_samples, splitter, or iterable of (train, test)
        A number of contiguous folds; the run or group of each sample (each group is left out once,
        in order of first appearance); an object with ``split`` as scikit-learn's; or the splits.
    X, y : ndarray
        Handed to a splitter; ``len(X)`` is the number of samples.
    groups : array_like, shape (n_samples,), optional
        Handed to a splitter.

    Raises
    ------
    ValueError
        For fewer than two folds or groups, an empty side, or indices out of range.
    """
    n = len(X)
    if groups is not None:
        groups = np.asarray(groups)
        if groups.shape != (n,):
            raise ValueError(f"groups: wanted {n}, one per sample, got shape {groups.shape}")
        if not hasattr(cv, "split"):
            raise ValueError(
                "groups need a splitter for cv, as GroupKFold(5); to leave out each group once, "
                "give the groups as cv"
            )
    if isinstance(cv, Integral):
        if not 2 <= cv <= n:
            raise ValueError(f"cv={cv} folds do not fit n_samples = {n}: wanted 2 to n_samples")
        sizes = [len(part) for part in np.array_split(np.arange(n), cv)]
        return _leave_out(np.repeat(np.arange(cv), sizes))
    if isinstance(cv, (str, bytes)):
        raise ValueError(
            f"cv: wanted a number, {n} group labels, a splitter, or splits, got {cv!r}"
        )
    if hasattr(cv, "split"):
        if groups is None and _needs_groups(cv):
            raise ValueError(
                f"groups: {cv!r} needs the group of each sample: fit(X, y, groups=...)"
            )
        return _checked(cv.split(X, y) if groups is None else cv.split(X, y, groups), n)
    if not hasattr(cv, "__len__"):
        return _checked(cv, n)
    if len(cv) == n and not any(isinstance(v, (tuple, list)) or np.ndim(v) for v in cv):
        return _leave_out(np.asarray(cv))
    return _checked(cv, n)


def _needs_groups(cv):
    """Whether a splitter asks for groups, as scikit-learn's routing of metadata knows."""
    try:
        return bool(cv.get_metadata_routing().split.requests.get("groups"))
    except AttributeError:
        return False


def _leave_out(groups):
    labels = groups.tolist()
    missing = [k for k, label in enumerate(labels) if label is None or label != label]
    if missing:
        raise ValueError(f"cv: missing group labels (None or NaN) at samples {missing[:5]}")
    number = {}
    group = np.array([number.setdefault(label, len(number)) for label in labels])
    if len(number) < 2:
        raise ValueError("cv: at least 2 groups are needed, got 1")
    return [(np.flatnonzero(group != k), np.flatnonzero(group == k)) for k in range(len(number))]


def _checked(pairs, n):
    out = []
    try:
        for train, test in pairs:
            train, test = (
                np.flatnonzero(part) if np.asarray(part).dtype == bool else np.asarray(part)
                for part in (train, test)
            )
            out.append((train, test))
    except (TypeError, ValueError):
        raise ValueError(
            f"cv: wanted a number, {n} group labels, a splitter, or pairs (train, test)"
        ) from None
    if not out:
        raise ValueError("cv: no splits")
    for train, test in out:
        if len(train) < 1 or len(test) < 1:
            raise ValueError("cv: a split without training or test samples")
        if train.dtype.kind not in "iu" or test.dtype.kind not in "iu":
            raise ValueError(f"cv: wanted whole indices, got {train.dtype} and {test.dtype}")
        if max(train.max(), test.max()) >= n or min(train.min(), test.min()) < 0:
            raise ValueError(f"cv: indices out of range for {n} samples")
    return out

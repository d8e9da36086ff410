"""What feature sets explain alone and together."""

from itertools import combinations

import numpy as np

from ..core.trace.tracer import check_class
from .folds import splits
from .ridge import RidgeCV
from .scores import r2


def variance_partition(feature_sets, Y, cv=5, alphas=(0.1, 1.0, 10.0, 100.0, 1000.0), inner_cv=5):
    """Split the cross-validated R2 of two to four feature sets into unique and shared parts.

    Parameters
    ----------
    feature_sets : dict of str to ndarray, shape (n_samples, n_features of the set)
        Or a list of them, with the names 0, 1, ...
    Y : ndarray, shape (n_samples, n_targets)
    cv : as for :class:`RidgeCV`
        Outer folds: predictions of the left-out samples give R2.
    alphas, inner_cv
        Of the :class:`RidgeCV` fitted in each training fold. An array of n_samples runs is cut to
        the training samples.

    Returns
    -------
    parts : dict of tuple of str to ndarray, shape (n_targets,)
        For each combination of sets, what exactly these share; single names are unique parts. All
        parts add up to R2 of all sets together.
    totals : dict of tuple of str to ndarray, shape (n_targets,)
        R2 of each combination's joint model.

    Notes
    -----
    By inclusion and exclusion: the part shared by exactly the sets S is
    sum over T within S of (-1)^(|T| + 1) R2(T and all sets outside S), the empty T included.
    Cross-validated parts can be negative.

    References
    ----------
    .. [1] Lescroart, Stansbury and Gallant (2015), doi:10.3389/fncom.2015.00135

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import encoding
    >>> rng = np.random.default_rng(0)
    >>> shape, colour, mixed = rng.standard_normal((3, 200, 2))
    >>> sets = {"shape": np.c_[shape, mixed], "colour": np.c_[colour, mixed]}
    >>> Y = shape + mixed + 0.1 * rng.standard_normal((200, 2))
    >>> parts, totals = encoding.variance_partition(sets, Y)
    >>> {names: float(round(part.mean(), 1)) + 0.0 for names, part in parts.items()}
    {('shape',): 0.5, ('colour',): 0.0, ('shape', 'colour'): 0.5}
    """
    if isinstance(feature_sets, (list, tuple)):
        feature_sets = dict(enumerate(feature_sets))
    if not hasattr(feature_sets, "items"):
        raise TypeError(
            "feature_sets: wanted a dict of names to arrays, or a list of arrays, got "
            f"{type(feature_sets).__name__}"
        )
    names = tuple(feature_sets)
    if not 2 <= len(names) <= 4:
        raise ValueError(f"feature_sets: wanted 2 to 4, got {len(names)}")
    for name, value in (("Y", Y), *feature_sets.items()):
        check_class(value, f"variance_partition: {name}")
    Y = np.asarray(Y)
    sets = {name: np.asarray(x) for name, x in feature_sets.items()}
    if Y.ndim not in (1, 2) or len(Y) < 2:
        raise ValueError(f"Y: wanted (n_samples, n_targets), got shape {Y.shape}")
    for name, x in sets.items():
        if x.ndim != 2 or len(x) != len(Y):
            raise ValueError(
                f"feature_sets: {name}: wanted (n_samples = {len(Y)}, n_features), got shape {x.shape}"
            )
    pairs = splits(cv, Y)
    runs = None
    if np.ndim(inner_cv) == 1 and len(inner_cv) == len(Y):
        runs = np.asarray(inner_cv)
    seen = np.unique(np.concatenate([test for _, test in pairs]))
    totals = {}
    for size in range(1, len(names) + 1):
        for subset in combinations(names, size):
            X = np.concatenate([sets[name] for name in subset], 1)
            guess = np.full(Y.shape, np.nan)
            for train, test in pairs:
                inner = inner_cv if runs is None else runs[train]
                model = RidgeCV(alphas, cv=inner).fit(X[train], Y[train])
                guess[test] = model.predict(X[test])
            totals[subset] = r2(Y[seen], guess[seen])

    def joint(subset):
        return totals[subset] if subset else np.zeros_like(totals[names])

    def within(order):
        return tuple(name for name in names if name in order)

    parts = {}
    for subset in totals:
        outside = [name for name in names if name not in subset]
        part = 0
        for size in range(len(subset) + 1):
            for chosen in combinations(subset, size):
                part = part - (-1) ** size * joint(within({*chosen, *outside}))
        parts[subset] = part
    return parts, totals

"""Statistics of maps: enhancement by clusters, and family-wise p values by the largest value."""

from itertools import islice

import numpy as np

from ..core.run.bars import progress_bar
from ..ops import dense, similarity
from .checks import leveled
from .comparison import method_name
from .neighbors import rows_of
from .rdms import RDMs, as_rdms, match_conditions, pair_index
from .searchlight import _scorer
from .significance import exceed, orders_of

AT_ONCE = 32  # maps


def tfce(maps, neighbors, extent=0.5, height=2.0):
    """Threshold-free cluster enhancement.

    Parameters
    ----------
    maps : ndarray, shape (n_centers,) or (n_maps, n_centers)
        Statistics; NaN stays NaN and belongs to no cluster.
    neighbors : list of index arrays, (indptr, indices), or a sparse matrix
        Which centres touch, as for :func:`searchlight`; taken in both directions.
    extent, height : float
        Exponents E and H.

    Returns
    -------
    enhanced : ndarray, shape of maps
        Integral over thresholds h from 0 to the value of extent(h)^E h^H, exact (no steps);
        negative values are enhanced with their sign turned.

    References
    ----------
    .. [1] Smith and Nichols (2009), doi:10.1016/j.neuroimage.2008.03.061

    Examples
    --------
    >>> from neurokit import rsa
    >>> rsa.tfce([1.0, 1.0, 0.0, 1.0], [[1], [2], [3], []]).round(4)
    array([0.4714, 0.4714, 0.    , 0.3333])
    """
    maps = np.asarray(maps, dtype=float)
    if maps.ndim not in (1, 2) or maps.size == 0:
        raise ValueError(
            f"maps: wanted (n_centers,) or (n_maps, n_centers), got shape {maps.shape}"
        )
    rows = np.ascontiguousarray(np.atleast_2d(maps))
    if not (extent >= 0 and height > -1):
        raise ValueError(f"wanted extent >= 0 and height > -1, got {extent} and {height}")
    indptr, indices = _both_ways(neighbors, rows.shape[1])
    out = similarity.tfce(rows, indptr, indices, extent, height)
    if (rows < 0).any():
        out -= similarity.tfce(-rows, indptr, indices, extent, height)
    return out.reshape(maps.shape)


def _both_ways(neighbors, n):
    from scipy.sparse import csr_array

    indptr, indices = rows_of(neighbors, n)
    if len(indptr) != n + 1:
        raise ValueError(f"neighbors: wanted {n} rows, one per centre, got {len(indptr) - 1}")
    graph = csr_array((np.ones(len(indices)), indices, indptr), shape=(n, n))
    graph = (graph + graph.T).tocsr()
    return graph.indptr.astype(np.int64), graph.indices.astype(np.int64)


def max_statistic(scores, n_perm=1000, seed=0, neighbors=None, two_sided=False, progress=False):
    """Family-wise p values of mean scores over subjects by flipping signs.

    Parameters
    ----------
    scores : ndarray, shape (n_subjects, n_centers)
        Symmetric about zero under the null hypothesis.
    n_perm : int
        Number of flips to draw; with at least 2^n_subjects - 1, each is taken once, and the p values
        are exact.
    seed : int
    neighbors : optional
        Which centres touch: the t values are enhanced by :func:`tfce`.
    two_sided : bool
    progress : bool
        Show a progress bar (tqdm).

    Returns
    -------
    t : ndarray, shape (n_centers,)
        One-sample t values, enhanced where ``neighbors`` are given.
    p : ndarray, shape (n_centers,)
        Share of sign flips (the observed one included) whose largest value reaches the observed.

    References
    ----------
    .. [1] Nichols and Holmes (2002), doi:10.1002/hbm.1058

    Examples
    --------
    >>> from neurokit import rsa
    >>> t, p = rsa.max_statistic([[2.0, 0], [3, 1], [2, -1], [3, 1]], n_perm=15)
    >>> p
    array([0.0625, 0.625 ])
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or len(scores) < 2 or scores.shape[1] < 1:
        raise ValueError(
            f"scores: wanted (n_subjects >= 2, n_centers >= 1), got shape {scores.shape}"
        )
    n, n_perm = len(scores), _number(n_perm)
    scores = leveled(scores.T, True, True)[0].T  # t has no scale
    root = np.sqrt(np.mean(scores**2, 0))  # what flips do not change
    graph = None if neighbors is None else _both_ways(neighbors, scores.shape[1])

    def flipped(signs):
        """Means over roots, of which t is one increasing function for all centres; or enhanced
        t / sqrt(n - 1), a factor that the order of the enhanced values does not see."""
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.clip(dense.product(signs, scores) / n / root, -1, 1)
            if graph is None:
                return part
            return tfce(part / np.sqrt(1 - part * part), graph)

    with np.errstate(invalid="ignore", divide="ignore"):
        observed = scores.mean(0) / np.sqrt(scores.var(0) / (n - 1))
    observed = observed if graph is None else tfce(observed, graph)
    signs = _signs(n, n_perm, seed)
    largest = np.empty(len(signs))
    for first in _steps(len(signs), progress):
        maps = flipped(signs[first : first + AT_ONCE])
        largest[first : first + AT_ONCE] = _largest(maps, two_sided)
    own = flipped(np.ones((1, n)))[0]
    return observed, exceed(largest, np.abs(own) if two_sided else own)


def _number(n_perm):
    if not isinstance(n_perm, (int, np.integer)) or n_perm < 1:
        raise ValueError(f"n_perm: wanted a number of at least 1, got {n_perm!r}")
    return int(n_perm)


def _signs(n, n_perm, seed):
    """All flips but the observed one where they are few enough, else random ones."""
    if 2**n - 1 <= n_perm:
        bits = np.arange(1, 2**n)[:, None] >> np.arange(n) & 1
        return 1.0 - 2.0 * bits
    return np.random.default_rng(seed).choice([-1.0, 1.0], (n_perm, n))


def permutation_maps(
    rdms,
    models,
    compare="cosine",
    n_perm=1000,
    seed=0,
    neighbors=None,
    progress=False,
    sigma_k=None,
):
    """Family-wise p values of each centre's scores by permuting the conditions of the models.

    Parameters
    ----------
    rdms : Searchlight or RDMs
        One matrix per centre (``searchlight(..., keep=True)``).
    models : RDMs or array_like
        Matched by label, those that ``rdms`` lacks left out; an array is over its conditions.
    compare : str
        A method of :func:`compare`.
    n_perm : int
        Number of permutations to draw; with at least n_conditions! - 1, each is taken once, and the
        p values are exact.
    seed : int
    neighbors : optional
        Which centres touch: the scores are enhanced by :func:`tfce`.
    progress : bool
        Show a progress bar (tqdm).
    sigma_k : ndarray, shape (n, n) or (n,), optional
        As for :func:`searchlight`, in the order of the conditions of ``rdms``.

    Returns
    -------
    scores : ndarray, shape (n_models, n_centers)
        Enhanced where ``neighbors`` are given.
    p : ndarray, shape (n_models, n_centers)
        Share of permutations (the identity included) whose largest score over all centres reaches
        the observed, one-sided.
    """
    rdms = rdms.rdms if hasattr(rdms, "scores") else as_rdms(rdms, "rdms")
    if rdms is None:
        raise ValueError("rdms: permutation_maps needs them: searchlight(..., keep=True)")
    values, conditions = rdms.values, rdms.conditions
    models = match_conditions(rdms, as_rdms(models, "models", conditions), more=True)
    graph = None if neighbors is None else _both_ways(neighbors, len(values))
    method, n, m, n_perm = method_name(compare), len(conditions), len(models), _number(n_perm)
    i, j = np.triu_indices(n, 1)

    def maps_of(rows):
        scores = _scorer(RDMs(rows, conditions), method, sigma_k)(values)
        return scores if graph is None else tfce(scores, graph)

    observed = maps_of(models.values)
    total, orders = orders_of(n, n_perm, np.random.default_rng(seed))
    largest = np.empty((total, m))
    for first in _steps(total, progress):
        some = islice(orders, AT_ONCE)
        moved = [models.values[:, pair_index(n, order[i], order[j])] for order in some]
        maps = maps_of(np.concatenate(moved))
        largest[first : first + len(moved)] = _largest(maps, False).reshape(-1, m)
    p = [exceed(null, row) for row, null in zip(observed, largest.T, strict=True)]
    return observed, np.array(p)


def _steps(total, progress):
    steps = range(0, total, AT_ONCE)
    if not progress:
        return steps
    return progress_bar(steps)


def _largest(maps, two_sided):
    return np.fmax.reduce(np.abs(maps) if two_sided else maps, 1)

"""RSA around every channel: one small RDM per neighbourhood, compared with models on the spot."""

from dataclasses import dataclass

import numpy as np

from neurokit import _core

from .calculate import METRICS, _Subject
from .comparison import compare as compare_rdms
from .comparison import whitened_features
from .noise import shrinkage
from .rdms import RDMs, match_conditions

CHUNK_BYTES = 1 << 26
FAST = ("cosine", "pearson", "spearman", "whitened_cosine", "whitened_pearson")


@dataclass
class Searchlight:
    """What :func:`searchlight` found.

    Attributes
    ----------
    scores : ndarray, shape (n_models, n_centers), or None
        Similarity of each centre's RDM with each model.
    rdms : ndarray, shape (n_centers, n_pairs), or None
        The RDMs themselves, condensed, where they were kept.
    conditions : ndarray
    names : list of str
        Of the models.
    """

    scores: np.ndarray
    rdms: np.ndarray
    conditions: np.ndarray
    names: list

    def to_volume(self, mask, values=None):
        """Scores put back into a mask, NaN outside, shape (n_models, *mask.shape).

        Parameters
        ----------
        mask : ndarray of bool
            With as many true voxels as there are centres.
        values : ndarray, shape (..., n_centers), optional
            Something else to put there, such as a map of p values.
        """
        values = self.scores if values is None else np.asarray(values)
        mask = np.asarray(mask, dtype=bool)
        if mask.sum() != values.shape[-1]:
            raise ValueError(f"mask has {mask.sum()} voxels, there are {values.shape[-1]} centres")
        out = np.full((*values.shape[:-1], *mask.shape), np.nan)
        out[..., mask] = values
        return out


def sphere_neighbors(mask, radius, spacing=1.0):
    """Voxels within a distance of each voxel of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z) or any other number of axes
    radius : float
        In the unit of ``spacing``.
    spacing : float or sequence
        Size of a voxel along each axis.

    Returns
    -------
    indptr : ndarray, shape (n_voxels + 1,)
    indices : ndarray
        Neighbours of voxel k are ``indices[indptr[k]:indptr[k + 1]]``: numbers of voxels in the
        mask, counted in C order; k itself is one of them.

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> indptr, indices = rsa.sphere_neighbors(np.ones((3, 3)), 1)
    >>> indices[indptr[4]:indptr[5]]
    array([1, 3, 4, 5, 7])
    """
    mask = np.asarray(mask, dtype=bool)
    spacing = np.broadcast_to(np.asarray(spacing, dtype=float), mask.ndim)
    if radius < 0 or (spacing <= 0).any():
        raise ValueError("radius and spacing must not be negative")
    reach = np.floor(radius / spacing + 1e-9).astype(int)
    grid = np.stack(np.meshgrid(*[np.arange(-r, r + 1) for r in reach], indexing="ij"), -1)
    offsets = grid.reshape(-1, mask.ndim)
    offsets = offsets[np.sum((offsets * spacing) ** 2, 1) <= radius**2 * (1 + 1e-9)]
    number = np.full(np.array(mask.shape) + 2 * reach, -1)
    inner = tuple(slice(r, r + s) for r, s in zip(reach, mask.shape, strict=True))
    number[inner][mask] = np.arange(mask.sum())
    places = np.argwhere(mask) + reach
    found = np.stack([number[tuple((places + offset).T)] for offset in offsets], 1)
    have = found >= 0
    indptr = np.concatenate([[0], np.cumsum(have.sum(1))])
    return indptr, found[have]


def _rows(neighbors, n_channels):
    """Neighbourhoods as (indptr, indices), checked."""
    if hasattr(neighbors, "tocsr"):
        csr = neighbors.tocsr()
        indptr, indices = csr.indptr, csr.indices
    elif isinstance(neighbors, tuple) and len(neighbors) == 2:
        indptr, indices = (np.asarray(v, dtype=np.int64) for v in neighbors)
    else:
        rows = [np.asarray(row, dtype=np.int64).ravel() for row in neighbors]
        indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
        indices = np.concatenate([np.empty(0, np.int64), *rows])
    if len(indices) and not (0 <= indices.min() and indices.max() < n_channels):
        raise ValueError(f"neighbors: channel numbers must be 0 to {n_channels - 1}")
    if indptr[-1] != len(indices) or (np.diff(indptr) < 0).any():
        raise ValueError("neighbors: indptr does not fit indices")
    return indptr, indices


def searchlight(
    data,
    neighbors,
    conditions,
    folds=None,
    noise=None,
    metric="crossnobis",
    models=None,
    compare="cosine",
    keep=None,
    threads=None,
    progress=False,
):
    """Compute an RDM around each centre and compare it with models.

    Parameters
    ----------
    data : ndarray, shape (n_obs, n_channels)
        Patterns over all channels (voxels, sensors, vertices).
    neighbors : list of index arrays, (indptr, indices), or a sparse matrix
        Channels of each centre, see :func:`sphere_neighbors`.
    conditions, folds : sequence of length n_obs
        As for :func:`rdm`.
    noise : ndarray, shape (n_samples, n_channels), optional
        Residuals; each centre is whitened with the shrunk noise covariance of its own channels.
    metric : {"crossnobis", "correlation", "euclidean", "cosine", "mahalanobis"}
    models : RDMs, optional
        Matched to the conditions by label.
    compare : str
        A method of :func:`compare`.
    keep : bool, optional
        Keep the RDMs; by default only when there are no models.
    threads : int, optional
    progress : bool
        Show a progress bar (tqdm).

    Returns
    -------
    result : Searchlight

    Raises
    ------
    ValueError
        For an unknown metric, folds that leave a condition out, channel numbers out of range.

    Notes
    -----
    Centres with equally many channels are gathered and computed together, a bounded number at a
    time. A centre with a missing value, or without channels, gives NaN.

    References
    ----------
    .. [1] Kriegeskorte, Goebel and Bandettini (2006), doi:10.1073/pnas.0600244103
    """
    if metric not in (*METRICS, "crossnobis", "mahalanobis"):
        raise ValueError(f"metric: {metric!r} is not for searchlights")
    if metric == "mahalanobis" and noise is None:
        raise ValueError("mahalanobis needs noise: residuals of shape (n_samples, n_channels)")
    subject = _Subject(data, conditions, folds, noise, metric)
    if metric == "crossnobis":
        means, counts = subject._by_fold()
        if not (counts > 0).all():
            raise ValueError("searchlight: every condition must be in every fold")
        means = means / counts[..., None].astype(means.dtype)
    else:
        means = subject._means()[None]
    n_channels = means.shape[-1]
    if noise is not None:
        noise = np.asarray(noise, dtype=means.dtype)
        if noise.ndim != 2 or noise.shape[1] != n_channels:
            raise ValueError(f"noise: wanted (n_samples, {n_channels}), got shape {noise.shape}")
    indptr, indices = _rows(neighbors, n_channels)
    n_centers, n = len(indptr) - 1, len(subject.labels)
    scorer, names = None, []
    if models is not None:
        reference = RDMs(np.zeros(n * (n - 1) // 2), subject.labels)
        models = match_conditions(reference, models)
        scorer, names = _scorer(models, compare), [str(label) for label in models.labels]
    keep = models is None if keep is None else keep
    rdms = np.full((n_centers, n * (n - 1) // 2), np.nan, means.dtype) if keep else None
    scores = None if models is None else np.full((len(models), n_centers), np.nan)

    bar = _progress(progress, n_centers)
    sizes = np.diff(indptr)
    for size in np.unique(sizes[sizes > 0]).tolist():
        centers = np.flatnonzero(sizes == size)
        step = max(1, CHUNK_BYTES // (means.itemsize * means.shape[0] * n * size))
        for first in range(0, len(centers), step):
            batch = centers[first : first + step]
            channels = indices[indptr[batch][:, None] + np.arange(size)]
            x = np.moveaxis(means[:, :, channels], 2, 0)  # (centres, folds, conditions, channels)
            if noise is not None:
                x = np.stack([_whitened(p, noise[:, c]) for p, c in zip(x, channels, strict=True)])
            values = np.empty((len(batch), n * (n - 1) // 2), means.dtype)
            if metric == "crossnobis":
                _core.call("crossnobis", [values], [x], threads=threads or 0)
            else:
                code = (METRICS.get(metric, 0),)
                _core.call("rdm", [values], [x[:, 0]], code, threads=threads or 0)
            if keep:
                rdms[batch] = values
            if scorer is not None:
                scores[:, batch] = scorer(values)
            bar.update(len(batch))
    bar.close()
    return Searchlight(scores, rdms, subject.labels, names)


def _whitened(patterns, residuals):
    if np.isnan(patterns).any() or np.isnan(residuals).any():
        return np.full(patterns.shape, np.nan)
    flat = patterns.reshape(-1, patterns.shape[-1])
    return shrinkage(residuals).whiten(flat).reshape(patterns.shape)


def _scorer(models, method):
    """A function from rows of dissimilarities to similarities with the models, (n_models, rows)."""
    if method not in FAST or np.isnan(models.values).any():
        return lambda values: _scores_of_whole(models, values, method)

    def features(values):
        if method.startswith("whitened"):
            return whitened_features(RDMs(values), method == "whitened_pearson")
        values = values.astype(float)
        if method == "spearman":
            _core.call("rank", [values], [values.copy()])
        return values if method == "cosine" else values - values.mean(1, keepdims=True)

    reference = features(models.values)
    reference = reference / np.linalg.norm(reference, axis=1, keepdims=True)

    def score(values):
        out = np.full((len(reference), len(values)), np.nan)
        whole = ~np.isnan(values).any(1)
        if whole.any():
            x = features(values[whole])
            with np.errstate(invalid="ignore", divide="ignore"):
                out[:, whole] = reference @ x.T / np.linalg.norm(x, axis=1)
        return out

    return score


def _scores_of_whole(models, values, method):
    out = np.full((len(models), len(values)), np.nan)
    whole = ~np.isnan(values).any(1)
    if whole.any():
        out[:, whole] = compare_rdms(models, RDMs(values[whole], models.conditions), method)
    return out


class _NoBar:
    def update(self, count):
        pass

    def close(self):
        pass


def _progress(wanted, total):
    if not wanted:
        return _NoBar()
    from tqdm.auto import tqdm

    return tqdm(total=total, unit="centre")


def max_statistic(scores, n_perm=1000, seed=0):
    """Family-wise p values of mean scores over subjects by flipping signs.

    Parameters
    ----------
    scores : ndarray, shape (n_subjects, n_centers)
        Symmetric about zero under the null hypothesis.
    n_perm : int
    seed : int

    Returns
    -------
    t : ndarray, shape (n_centers,)
        One-sample t values.
    p : ndarray, shape (n_centers,)
        Share of sign flips (the observed one included) whose largest t reaches the observed t.

    References
    ----------
    .. [1] Nichols and Holmes (2002), doi:10.1002/hbm.1058
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or len(scores) < 2:
        raise ValueError(f"scores: wanted (n_subjects >= 2, n_centers), got shape {scores.shape}")
    n = len(scores)
    square = np.mean(scores**2, 0)

    def t_of(mean):
        with np.errstate(invalid="ignore", divide="ignore"):
            return mean / np.sqrt((square - mean**2) / (n - 1))

    observed = t_of(scores.mean(0))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (n_perm, n))
    largest = np.array([np.nanmax(t_of(sign @ scores / n)) for sign in signs])
    reached = (largest[:, None] >= observed).sum(0)
    return observed, np.where(np.isnan(observed), np.nan, (1 + reached) / (1 + n_perm))

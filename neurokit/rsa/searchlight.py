"""RSA around every channel: one small RDM per neighbourhood, compared with models on the spot."""

import warnings
from dataclasses import dataclass

import numpy as np

from ..core.run.bars import progress_bar
from ..ops import similarity
from .checks import choice, numbers
from .comparison import Whitening, method_name
from .comparison import compare as compare_rdms
from .neighbors import rows_of, window_neighbors
from .noise import Noise
from .rdms import RDMs, as_rdms, is_symmetric, match_conditions
from .subject import METRICS, Subject
from .volume import mask_of

CHUNK_BYTES = 1 << 24  # of what is made for the centres in work
FUSED = {  # (ranks, center, norm) of the kernel `score`
    "cosine": (0, 0, 1),
    "pearson": (0, 1, 1),
    "spearman": (1, 1, 1),
    "rho_a": (1, 1, 0),
    "whitened_cosine": (0, 0, 2),
    "whitened_pearson": (0, 1, 2),
}


@dataclass
class Searchlight:
    """What :func:`searchlight` found.

    Attributes
    ----------
    scores : ndarray, shape (n_models, n_centers), or None
        Similarity of each centre's RDM with each model.
    rdms : RDMs, or None
        The RDMs themselves, one per centre, where they were kept.
    conditions : ndarray
    names : list of str
        Of the models.
    """

    scores: np.ndarray | None
    rdms: RDMs | None
    conditions: np.ndarray
    names: list

    def __repr__(self):
        count = len(self.rdms) if self.scores is None else self.scores.shape[1]
        said = [f"{count} centres", f"{len(self.conditions)} conditions"]
        if self.scores is not None:
            more = ", ..." if len(self.names) > 5 else ""
            said.append(f"scores of {', '.join(self.names[:5])}{more}")
        if self.rdms is not None:
            said.append("RDMs kept")
        return f"Searchlight: {', '.join(said)}"

    def to_volume(self, mask, values=None):
        """Scores put back into a mask, NaN outside, shape (n_models, *mask.shape).

        Parameters
        ----------
        mask : ndarray of bool, image or masker
            With as many true voxels as there are centres, see :func:`sphere_neighbors`.
        values : ndarray, shape (..., n_centers), optional
            Something else to put there, such as a map of p values.
        """
        values = self.scores if values is None else np.asarray(values)
        mask = mask_of(mask)[0]
        if mask.sum() != values.shape[-1]:
            raise ValueError(f"mask has {mask.sum()} voxels, there are {values.shape[-1]} centres")
        out = np.full((*values.shape[:-1], *mask.shape), np.nan)
        out[..., mask] = values
        return out

    def to_nifti(self, mask, values=None):
        """Scores as a nibabel image with the mask's affine, models along the fourth dimension.

        Parameters
        ----------
        mask : nibabel image, path or nilearn masker
        values : ndarray, shape (..., n_centers), optional
        """
        import nibabel

        volume, affine = self.to_volume(mask, values), mask_of(mask)[2]
        if volume.ndim == 4:
            volume = volume[0] if len(volume) == 1 else np.moveaxis(volume, 0, -1)
        return nibabel.Nifti1Image(volume.astype(np.float32), affine)


def _kept(indptr, indices, usable):
    """Neighbourhoods without the channels that are not usable."""
    keep = usable[indices]
    if keep.all():
        return indptr, indices
    return np.concatenate([[0], np.cumsum(keep)])[indptr], indices[keep]


def searchlight(
    data,
    neighbors,
    conditions,
    folds=None,
    noise=None,
    metric="crossnobis",
    models=None,
    compare="cosine",
    progress=False,
    keep=None,
    threads=None,
    window=None,
    sigma_k=None,
):
    """Compute an RDM around each centre and compare it with models.

    Parameters
    ----------
    data : ndarray, shape (n_obs, n_channels) or (n_obs, n_channels, n_times)
        Patterns over all channels (voxels, sensors, vertices), with ``window`` over time too.
    neighbors : list of index arrays or boolean masks, (indptr, indices), or a sparse matrix
        Channels of each centre, see :func:`sphere_neighbors`: the rows of a list, of a
        compressed sparse matrix, or the non-zero elements of each row of an adjacency matrix. None
        (with ``window``) takes all channels at once.
    conditions, folds : sequence of length n_obs
        As for :func:`rdm`.
    noise : ndarray, shape (n_samples, n_channels), or Noise, optional
        Residuals: each centre is whitened with the shrunk noise covariance of its own channels
        (:func:`shrinkage`). A ``Noise``: with that covariance between its channels.
    metric : {"crossnobis", "correlation", "euclidean", "cosine", "mahalanobis"}
    models : RDMs or array_like, optional
        Matched to the conditions by label; an array is over the conditions as they first appear.
    compare : str
        A method of :func:`compare`.
    progress : bool
        Show a progress bar (tqdm).
    keep : bool, optional
        Keep the RDMs; by default only when there are no models.
    threads : int, optional
    window : int, optional
        Time points of a window, odd; centres are then (centre, time), see
        :func:`window_neighbors`.
    sigma_k : ndarray, shape (n, n) or (n,), optional
        Covariance of the condition estimates, as for :func:`compare`, in the order in which the
        conditions first appear.

    Returns
    -------
    result : Searchlight

    Raises
    ------
    ValueError
        For an unknown metric, folds that leave a condition out, channel numbers out of range.

    Notes
    -----
    Centres with equally many channels are computed together, a bounded number at a time; the
    patterns of a centre are picked out by the kernel itself and its RDM is compared with the models
    while it is in the cache. Crossnobis takes the mean of each condition in each fold, and folds
    weigh the same: with unequal numbers of trials this is not the mean over pairs of trials of
    :func:`rdm`. A channel without a value of some condition (with ``crossnobis``: with
    any missing value), with a missing value in the residuals or residuals that do not vary is left
    out of every centre; a centre without channels is NaN, and so are scores of two conditions,
    which :func:`compare` does not have.

    References
    ----------
    .. [1] Kriegeskorte, Goebel and Bandettini (2006), doi:10.1073/pnas.0600244103

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> mask = np.ones((4, 4, 4), bool)
    >>> patterns = np.random.default_rng(0).standard_normal((12, 64))  # 6 conditions in 2 runs
    >>> model = rsa.RDMs(np.arange(15.0), list("abcdef"), ["model"])
    >>> found = rsa.searchlight(
    ...     patterns, rsa.sphere_neighbors(mask, 1.5), list("abcdef") * 2, [1] * 6 + [2] * 6, models=model
    ... )
    >>> found
    Searchlight: 64 centres, 6 conditions, scores of model
    >>> found.to_volume(mask).shape
    (1, 4, 4, 4)
    """
    choice(metric, (*METRICS, "crossnobis", "mahalanobis"), "metric")
    if metric == "mahalanobis" and noise is None:
        raise ValueError("mahalanobis needs noise: residuals of shape (n_samples, n_channels)")
    listed = isinstance(noise, (list, tuple)) and len(noise) > 0 and np.ndim(noise[0]) != 1
    if isinstance(noise, dict) or listed:
        raise ValueError("noise: wanted residuals or a Noise; one per fold is for rsa.rdm")
    method = method_name(compare)
    shape = np.shape(data)
    if (len(shape) == 3) != (window is not None):
        raise ValueError("patterns of shape (n_obs, n_channels, n_times) and a window go together")
    if window is not None:
        neighbors = window_neighbors(shape[2], window, neighbors, shape[1])
        data = numbers(data, "data").reshape(shape[0], -1)
    subject = Subject(data, conditions, folds, noise, metric)
    subject._refuse_infinite()
    if metric == "crossnobis":
        means, counts = subject._by_fold()
        if not (counts > 0).all():
            raise ValueError("searchlight: every condition must be in every fold")
        if counts.max() > 1:
            means = means / counts[..., None].astype(means.dtype)
    else:
        means = subject._means()[None]
    indptr, indices = rows_of(neighbors, means.shape[-1])
    n_centers, n = len(indptr) - 1, len(subject.labels)
    scorer, names = None, []
    if models is not None:
        reference = RDMs(np.zeros(n * (n - 1) // 2), None if subject.numbered else subject.labels)
        models = match_conditions(reference, as_rdms(models, "models", subject.labels), more=True)
        scorer, names = (
            _scorer(models, method, sigma_k, threads or 0),
            [str(label) for label in models.labels],
        )
    keep = models is None if keep is None else keep
    rdms = None
    if keep:  # filled in place
        empty = np.broadcast_to(np.array(np.nan, means.dtype), (n_centers, n * (n - 1) // 2))
        rdms = RDMs(empty, subject.labels, np.arange(n_centers))
    scores = None if models is None else np.full((len(models), n_centers), np.nan)

    compute = _Batch(means, noise, metric, threads or 0)
    bar = _progress(progress, n_centers)
    indptr, indices = _kept(indptr, indices, compute.usable)
    sizes = np.diff(indptr)
    for size in np.unique(sizes[sizes > 0]).tolist():
        centers = np.flatnonzero(sizes == size)
        for first in range(0, len(centers), compute.at_once(size)):
            batch = centers[first : first + compute.at_once(size)]
            channels = indices[indptr[batch][:, None] + np.arange(size)]
            values = compute(np.ascontiguousarray(channels, dtype=np.int64))
            if keep:
                rdms.values[batch] = values
            if scorer is not None:
                scores[:, batch] = scorer(values)
            bar.update(len(batch))
    bar.close()
    return Searchlight(scores, rdms, subject.labels, names)


class _Batch:
    """Dissimilarities of centres with equally many channels, shape (centres, n_pairs).

    The data lie channel by channel, (n_channels, folds, conditions), so that picking channels of a
    centre is copying runs of memory. Residuals become z-scores and the patterns are divided by the
    same standard deviations, once; what is left for each centre is the shrunk correlation.
    """

    def __init__(self, means, noise, metric, threads):
        self.metric, self.threads = METRICS.get(metric, 0), threads
        self.crossed, self.n = metric == "crossnobis", means.shape[1]
        x = np.array(np.moveaxis(means, 2, 0), order="C")  # never a view: it is edited below
        self.z = self.covariance = None
        if isinstance(noise, Noise):
            if noise.n_channels != len(x):
                raise ValueError(f"noise: wanted {len(x)} channels, got {noise.n_channels}")
            if noise._variance is not None and noise._samples is None:
                x = x / np.sqrt(noise._variance).astype(x.dtype)[:, None, None]
            else:
                self.covariance = np.ascontiguousarray(noise.covariance, x.dtype)
        elif noise is not None:
            residuals = numbers(noise, "noise").astype(x.dtype, copy=False)
            if residuals.ndim != 2 or residuals.shape[1] != len(x) or len(residuals) < 2:
                raise ValueError(
                    f"noise: wanted (n_samples >= 2, {len(x)}), got shape {residuals.shape}"
                )
            if len(residuals) == len(x) and is_symmetric(residuals):
                raise ValueError(
                    "noise: wanted residuals (n_samples, n_channels), got a symmetric matrix, as covariances "
                    "and precisions are: hand over Noise(covariance)"
                )
            z = np.ascontiguousarray((residuals - residuals.mean(0)).T)
            z[(residuals == residuals[:1]).all(0)] = 0  # exactly, whatever the mean's rounding
            with np.errstate(invalid="ignore", divide="ignore"):
                sd = np.sqrt(np.sum(z * z, 1, dtype=float) / (len(residuals) - 1)).astype(x.dtype)
                self.z, x = z / sd[:, None], x / sd[:, None, None]
        self.usable = np.isfinite(x).all((1, 2))
        if self.z is not None:
            self.usable &= np.isfinite(self.z).all(1)
        if not self.usable.all():
            x[~self.usable] = 0
        if self.crossed or self.metric == 0:  # a pattern common to all conditions drops out
            x -= x.mean(2, keepdims=True)
        self.x = x

    def at_once(self, size):
        """Centres in one call, so that what is made for each fits the memory."""
        each = 4 * self.n**2
        if self.z is not None or self.covariance is not None:
            each += 2 * size * self.x[0].size
        return max(1, CHUNK_BYTES // (self.x.itemsize * each))

    def __call__(self, channels):
        size = channels.shape[1]
        if self.z is None and self.covariance is None:
            x, own = self.x[None], channels
        else:  # all channels of its own, which also says that the patterns are centred
            x, own = self._white(channels), np.broadcast_to(np.arange(size), channels.shape)
        x = np.moveaxis(x, 1, 3)  # (centres, folds, conditions, channels)
        x = np.broadcast_to(x, (len(channels), *x.shape[1:]))
        if self.crossed:
            return similarity.distances("crossnobis", x, own, threads=self.threads)
        return similarity.distances(
            "rdm", x[:, 0], own, parameters=(self.metric,), threads=self.threads
        )

    def _white(self, channels):
        """Patterns whitened by the covariance of each centre, (centres, channels, folds, n)."""
        noise = self.z if self.covariance is None else self.covariance
        white = similarity.whitened(
            self.x.reshape(len(self.x), -1), channels, noise, self.z is None, self.threads
        )
        return white.reshape(*channels.shape, *self.x.shape[1:])


def _scorer(models, method, sigma_k=None, threads=0):
    """A function from rows of dissimilarities to similarities with the models, (n_models, rows)."""
    few = models.values.shape[1] < 2  # one pair, which compare has no similarity of
    if few or method not in FUSED or np.isnan(models.values).any():
        return lambda values: _scores_of_whole(models, values, method, sigma_k)
    ranks, center, norm = FUSED[method]
    x, weights = models.values.astype(float), []
    if ranks:
        x = models.rank().values
    else:
        x = x / np.maximum(np.abs(x).max(1, keepdims=True), np.finfo(float).tiny)
    if center:
        flat = np.ptp(x, 1) == 0
        x = np.where(flat[:, None], 0, x - x.mean(1, keepdims=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        if norm == 0:
            n = x.shape[1]
            reference = x * (12 / (n**3 - n))
        elif norm == 1:
            reference = x / np.linalg.norm(x, axis=1, keepdims=True)
        else:
            reference, squared, project = Whitening(models.n_conditions, sigma_k).prepared(x)
            reference = reference / np.sqrt(squared)[:, None]
            weights = [] if sigma_k is None else [project]
    reference = np.ascontiguousarray(reference)

    def score(values):
        how = {"ranks": ranks, "center": center, "norm": norm, "threads": threads}
        return similarity.scores(values, reference, *weights, **how)

    return score


def _scores_of_whole(models, values, method, sigma_k):
    """Scores (n_models, n_centres); NaN where a centre's RDM has holes or no such comparison."""
    out = np.full((len(models), len(values)), np.nan)
    whole = np.flatnonzero(~np.isnan(values).any(1))
    if len(whole):
        own = RDMs(values[whole], models.conditions)
        try:
            out[:, whole] = compare_rdms(models, own, method, sigma_k)
        except np.linalg.LinAlgError:
            _one_by_one(out, whole, models, own, method, sigma_k)
    return out


def _one_by_one(out, whole, models, rdms, method, sigma_k):
    """Scores of those centres that have any, and one warning for the others."""
    lost = 0
    for k, values in zip(whole, rdms.values, strict=True):
        try:
            own = RDMs(values[None], models.conditions)
            out[:, [k]] = compare_rdms(models, own, method, sigma_k)
        except np.linalg.LinAlgError:
            lost += 1
    warnings.warn(
        f"{method}: NaN at {lost} centres, whose second moments are not positive definite: it needs more channels "
        "than conditions, and distances without noise in them",
        RuntimeWarning,
        stacklevel=3,
    )


class _NoBar:
    def update(self, count):
        pass

    def close(self):
        pass


def _progress(wanted, total):
    if not wanted:
        return _NoBar()
    return progress_bar(total=total, unit="centre")

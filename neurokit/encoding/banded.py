"""Ridge regression with a weight of its own for each feature space."""

import numpy as np

from ..ops.dense import gram, product
from ._banded import KernelBands, PrimalBands
from ._base import LinearRegressor
from ._inputs import checked_alphas, checked_rows, scaled_targets
from ._rows import about_mean
from ._weights import WeightSearch
from .folds import splits


def band_labels(bands, n_features):
    """(names, band of each feature) from everything that people hand over for ``bands``."""
    wanted = (
        f"bands: wanted one label per feature ({n_features}), band sizes that add up to it, or "
        "index lists that cover each feature once"
    )
    if bands is None:
        return [0], np.zeros(n_features, dtype=np.intp)
    names = None
    if isinstance(bands, dict):
        names, bands = list(bands), list(bands.values())
    if isinstance(bands, (str, bytes)) or not hasattr(bands, "__iter__"):
        raise ValueError(f"{wanted}, got {bands!r}")
    if len(bands) == 0:
        raise ValueError(wanted + ", got none")
    if names is None and all(np.ndim(band) == 0 and not isinstance(band, slice) for band in bands):
        labels = np.asarray(bands)
        if len(labels) == n_features:
            if n_features > 1 and labels.dtype.kind in "iu" and (labels == 1).all():
                raise ValueError(
                    f"bands: {n_features} times 1 could be labels of one band or sizes of "
                    f"{n_features}: hand over None, or range({n_features})"
                )
            names, first, index = np.unique(labels, return_index=True, return_inverse=True)
            order = np.argsort(first)
            return names[order].tolist(), np.argsort(order)[index.reshape(-1)]
        sizes = labels.dtype.kind in "iu" and (labels > 0).all() and labels.sum() == n_features
        if not sizes:
            raise ValueError(f"{wanted}, got {len(labels)} values")
        return list(range(len(labels))), np.repeat(np.arange(len(labels)), labels)
    out = np.full(n_features, -1, dtype=np.intp)
    for k, band in enumerate(bands):
        try:
            columns = np.atleast_1d(
                np.arange(n_features)[band if isinstance(band, slice) else np.asarray(band)]
            )
        except IndexError:
            raise ValueError(f"{wanted}; band {k} is out of range") from None
        if len(columns) == 0 or len(set(columns.tolist())) < len(columns):
            raise ValueError(f"{wanted}; band {k} is empty or repeats a feature")
        if (out[columns] >= 0).any():
            raise ValueError(f"{wanted}; feature {columns[out[columns] >= 0][0]} is in two bands")
        out[columns] = k
    if (out < 0).any():
        raise ValueError(f"{wanted}; feature {np.flatnonzero(out < 0)[0]} is in none")
    return names or list(range(len(bands))), out


class BandedRidgeCV(WeightSearch, LinearRegressor):
    """Ridge regression with one penalty per band of features, chosen for each target.

    Parameters
    ----------
    bands : array_like of n_features labels, sizes, list of index arrays or slices, or dict of them
        The feature spaces. None is a single band: plain ridge.
    alphas : array_like, shape (n_alphas,)
        Overall strengths to choose from, all above zero.
    n_iter : int, or array_like, shape (n_draws, n_bands)
        Number of random weightings, or the weightings to try. The first random ones are fixed: all
        bands alike, then each alone.
    concentration : float or sequence of float
        Of the Dirichlet distribution of the weightings, taken in turn.
    screen : int, None or "auto"
        Number of weightings that pass the screening by generalised cross-validation and are
        cross-validated; None cross-validates all. "auto": a third, 8 to 32, or all where
        ``n_iter`` gives them.
    refine : int or "auto"
        Rounds of steps along the derivative of the cross-validated score to the log weights.
        "auto": 5, or none where ``n_iter`` gives the weightings.
    cv, fit_intercept, solver
        As for :class:`RidgeCV`.
    alpha_per_target : bool
        Choose weights and alpha for each target, or one choice that is best on average.
    random_state : int, Generator, RandomState or None

    Attributes
    ----------
    coef_ : ndarray, shape (n_targets, n_features) or (n_features,) for a single target
    intercept_ : ndarray, shape (n_targets,), or float
    weights_ : ndarray, shape (n_bands, n_targets)
        Weight g of each band: features are scaled by sqrt(g), the penalty of band i is alpha / g_i.
    alpha_ : ndarray, shape (n_targets,), or float
    deltas_ : ndarray, shape (n_bands, n_targets)
        log(g / alpha), as himalaya has them.
    best_score_ : ndarray, shape (n_targets,)
        Cross-validated R2 of the choice.
    cv_scores_ : ndarray, shape (n_draws, n_targets)
        The same of each weighting before refinement, NaN where screening left it out.
    draws_ : ndarray, shape (n_draws, n_bands)
    bands_ : list
        Names of the bands.
    n_features_in_ : int

    References
    ----------
    .. [1] Nunez-Elizalde, Huth and Gallant (2019), doi:10.1016/j.neuroimage.2019.04.012
    .. [2] Dupre la Tour et al. (2022), doi:10.1016/j.neuroimage.2022.119728

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit.encoding import BandedRidgeCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((80, 10))
    >>> Y = X[:, :5] @ rng.standard_normal((5, 3)) + 0.1 * rng.standard_normal((80, 3))
    >>> model = BandedRidgeCV([5, 5], alphas=[0.1, 1.0, 10.0], random_state=0).fit(X, Y)
    >>> bool((model.weights_[0] > 0.9).all())
    True
    """

    def __init__(
        self,
        bands=None,
        alphas=(0.1, 1.0, 10.0),
        n_iter=100,
        concentration=(0.1, 1.0),
        screen="auto",
        refine="auto",
        cv=5,
        alpha_per_target=True,
        fit_intercept=True,
        solver="auto",
        random_state=0,
    ):
        self.bands = bands
        self.alphas = alphas
        self.n_iter = n_iter
        self.concentration = concentration
        self.screen = screen
        self.refine = refine
        self.cv = cv
        self.alpha_per_target = alpha_per_target
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.random_state = random_state

    def fit(self, X, y, groups=None, sample_weight=None):
        """Choose weights and alphas, and fit.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        y : array_like, shape (n_samples, n_targets) or (n_samples,)
        groups : array_like, shape (n_samples,), optional
            Handed to the splitter ``cv``.
        sample_weight : array_like, shape (n_samples,), or float, optional
            As for :class:`RidgeCV`.

        Returns
        -------
        self : BandedRidgeCV

        Raises
        ------
        ValueError
            For NaN or infinite values, alphas that are not positive, folds that do not fit, bands
            that do not cover each feature once, weights below 0 or a fold without any.
        """
        X, y = self._samples(X, y)
        alphas = checked_alphas(self.alphas)
        names, bands = band_labels(self.bands, X.shape[1])
        if self.solver not in ("auto", "primal", "kernel"):
            raise ValueError(f"solver: wanted 'auto', 'primal' or 'kernel', got {self.solver!r}")
        pairs = splits(self.cv, X, y, groups)
        rows = checked_rows(sample_weight, len(X), pairs)
        Y, scale = scaled_targets(rows.scaled(y), X.dtype)
        center = bool(self.fit_intercept)
        x_mean = rows.average(X) if center else None
        centred = rows.scaled(about_mean(X, x_mean) if center else X)
        primal = self.solver == "primal" or (self.solver == "auto" and X.shape[1] <= len(X))
        if primal:
            problem = PrimalBands(centred, bands, pairs, center, rows)
        else:
            columns = [centred[:, bands == k] for k in range(len(names))]
            kernels = np.stack([gram(x.T) for x in columns])
            problem = KernelBands(kernels, pairs, center, rows)
        fitted, solution, y_mean = self._search(problem, Y, alphas, scale)
        if not primal:
            solution = product(centred.T, solution)
            solution *= fitted["weights_"][bands].astype(X.dtype)
        coef = np.ascontiguousarray(solution.T)
        intercept = y_mean - product(coef, x_mean) if center else y_mean
        single = y.ndim == 1
        self._keep(fitted, single)
        self.bands_, self._band, self._x_mean = names, bands, x_mean
        self.coef_ = coef[0] if single else coef
        self.intercept_ = intercept[0] if single else intercept
        return self

    def predict(self, X, split=False):
        """Predict the targets.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        split : bool
            Return what each band adds, shape (n_bands, n_samples, n_targets); the sum is the
            prediction. The mean of the training targets is shared alike by all bands.

        Returns
        -------
        prediction : ndarray, shape (n_samples, n_targets) or (n_samples,)
        """
        if not split:
            return super().predict(X)
        X = self._new_samples(X)
        constant = self.intercept_
        if self._x_mean is not None:
            X, constant = about_mean(X, self._x_mean), self._at_mean()
        constant = np.asarray(constant / len(self.bands_), self.coef_.dtype)
        bands = [self._band == k for k in range(len(self.bands_))]
        return np.stack([product(X[:, b], self.coef_[..., b].T) + constant for b in bands])

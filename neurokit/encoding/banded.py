"""Ridge regression with a weight of its own for each feature space."""

from numbers import Integral

import numpy as np

from ..core.trace.tracer import check_class
from ..ops import dense
from ..ops.dense import product
from ._banded import KernelBands, PrimalBands
from ._base import BaseEstimator, MultiOutputMixin, RegressorMixin, check_is_fitted, validate_data
from ._search import draw_weights, search, solve
from .folds import splits
from .kernel import about, centred_kernel, check_kernel, kernel_matrix, linear, row_offset
from .ridge import checked_alphas, checked_data, rescaled, scaled_targets

TARGET_BYTES = 1 << 29  # of what is kept per chunk of targets


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
    if len(bands) == 0:
        raise ValueError(wanted + ", got none")
    if names is None and all(np.ndim(band) == 0 and not isinstance(band, slice) for band in bands):
        labels = np.asarray(bands)
        if len(labels) == n_features:
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


class _WeightSearch(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """What the two estimators share: checks of the parameters, and the search."""

    def _draws(self, n_bands):
        if np.ndim(self.n_iter) == 2:
            draws = np.asarray(self.n_iter, dtype=float)
            fits = draws.shape[1] == n_bands and len(draws) > 0
            if not fits or not np.isfinite(draws).all() or (draws < 0).any():
                raise ValueError(
                    f"n_iter: wanted weights >= 0 of shape (n_draws, {n_bands}), got {draws.shape}"
                )
            if not draws.any(axis=1).all():
                raise ValueError("n_iter: a draw without any weight")
            return draws
        if np.ndim(self.n_iter) != 0 or int(self.n_iter) != self.n_iter or self.n_iter < 1:
            raise ValueError(f"n_iter: wanted a number >= 1 or weights, got {self.n_iter!r}")
        concentration = np.atleast_1d(np.asarray(self.concentration, dtype=float))
        if concentration.ndim != 1 or not (concentration > 0).all() or not len(concentration):
            raise ValueError(f"concentration: wanted positive numbers, got {self.concentration!r}")
        n_draws = int(self.n_iter) if n_bands > 1 else 1
        return draw_weights(n_draws, n_bands, concentration, generator(self.random_state))

    def _search(self, problem, Y, alphas, scale):
        """Fitted attributes but for the solution, then the solution (n_unknowns, t) and the means."""
        draws = self._draws(problem.n_bands)
        given = np.ndim(self.n_iter) == 2
        keep, rounds = self.screen, self.refine
        if isinstance(keep, str) and keep == "auto":
            keep = None if given else min(32, max(4, len(draws) // 3))
        if isinstance(rounds, str) and rounds == "auto":
            rounds = 0 if given else 5
        for name, value, least in (("screen", keep, 1), ("refine", rounds, 0)):
            number = isinstance(value, (Integral, np.integer)) and value >= least
            if not (number or (value is None and name == "screen")):
                raise ValueError(f"{name}: wanted 'auto' or a number >= {least}, got {value!r}")
        per_target = bool(self.alpha_per_target)
        y_mean = Y.mean(0, dtype=float) if problem.center else np.zeros(Y.shape[1])
        step = max(16, TARGET_BYTES // (Y.itemsize * problem.rows_per_target))
        if not per_target:
            step = Y.shape[1]
        found, solutions = [], []
        for first in range(0, Y.shape[1], step):
            part = slice(first, first + step)
            problem.load(Y[:, part] - y_mean[part].astype(Y.dtype))
            best, scores = search(problem, draws, alphas, keep, 8, rounds, per_target)
            found.append((best.weights, best.alpha, best.score, scores))
            solutions.append(solve(problem, best))
        weights, alpha, score, scores = (np.concatenate(each, -1) for each in zip(*found))
        with np.errstate(divide="ignore"):
            deltas = np.log(weights / alpha)
        fitted = dict(
            draws_=draws, weights_=weights, alpha_=alpha, deltas_=deltas, best_score_=score,
            cv_scores_=scores,
        )  # fmt: skip
        return fitted, rescaled(np.concatenate(solutions, 1), scale), rescaled(y_mean, scale)

    def _keep(self, fitted, single):
        for name, value in fitted.items():
            setattr(self, name, value[..., 0] if single and name != "draws_" else value)


def generator(random_state):
    """NumPy's generator from a seed, or a generator as it is."""
    if isinstance(random_state, np.random.RandomState):
        return random_state
    return np.random.default_rng(random_state)


class BandedRidgeCV(_WeightSearch):
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
        cross-validated; None cross-validates all. "auto": a third, 4 to 32, or all where
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

    def fit(self, X, y, groups=None):
        """Choose weights and alphas, and fit.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        y : array_like, shape (n_samples, n_targets) or (n_samples,)
        groups : array_like, shape (n_samples,), optional
            Handed to the splitter ``cv``.

        Returns
        -------
        self : BandedRidgeCV

        Raises
        ------
        ValueError
            For NaN or infinite values, alphas that are not positive, folds that do not fit, bands
            that do not cover each feature once.
        """
        X, y = checked_data(self, X, y)
        alphas = checked_alphas(self.alphas)
        names, bands = band_labels(self.bands, X.shape[1])
        if self.solver not in ("auto", "primal", "kernel"):
            raise ValueError(f"solver: wanted 'auto', 'primal' or 'kernel', got {self.solver!r}")
        pairs = splits(self.cv, X, y, groups)
        Y, scale = scaled_targets(y, X.dtype)
        center = bool(self.fit_intercept)
        x_mean = X.mean(0, dtype=float) if center else np.zeros(X.shape[1])
        centred = X - x_mean.astype(X.dtype) if center else X
        primal = self.solver == "primal" or (self.solver == "auto" and X.shape[1] <= len(X))
        if primal:
            problem = PrimalBands(centred, bands, pairs, center)
        else:
            columns = [centred[:, bands == k] for k in range(len(names))]
            problem = KernelBands(np.stack([dense.gram(x.T) for x in columns]), pairs, center)
        fitted, solution, y_mean = self._search(problem, Y, alphas, scale)
        if not primal:
            solution = product(centred.T, solution)
            solution *= fitted["weights_"][bands].astype(X.dtype)
        coef = np.ascontiguousarray(solution.T)
        intercept = (y_mean - product(coef, x_mean)).astype(X.dtype)
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
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        if not split:
            return product(X, self.coef_.T) + self.intercept_
        mean = self._x_mean.astype(X.dtype)
        constant = (self.intercept_ + product(mean, self.coef_.T)) / len(self.bands_)
        bands = [self._band == k for k in range(len(self.bands_))]
        return np.stack([product((X - mean)[:, b], self.coef_[..., b].T) + constant for b in bands])


class WeightedKernelRidgeCV(_WeightSearch):
    """Kernel ridge regression on a weighted sum of kernels, the weights chosen for each target.

    Parameters
    ----------
    alphas : array_like, shape (n_alphas,)
        Overall strengths to choose from, all above zero.
    kernels : sequence of kernels, or "precomputed"
        Each as ``kernel`` of :class:`KernelRidgeCV`. "precomputed": X is (n_kernels, n_samples,
        n_samples) to fit and (n_kernels, n_new, n_samples) to predict.
    bands : list of index arrays or slices, optional
        Features of each kernel; all features by default.
    gamma, degree, coef0
        Of the kernels: one value, or one for each.
    n_iter, concentration, screen, refine, cv, alpha_per_target, random_state
        As for :class:`BandedRidgeCV`.
    fit_intercept : bool
        Centre kernels and targets (within each training fold too).

    Attributes
    ----------
    dual_coef_ : ndarray, shape (n_samples, n_targets) or (n_samples,)
        The prediction is sum_i exp(deltas_i) K_i dual_coef, as in himalaya.
    intercept_ : ndarray, shape (n_targets,), or float
    weights_, alpha_, deltas_, best_score_, cv_scores_, draws_
        As for :class:`BandedRidgeCV`.
    X_fit_ : ndarray
        The samples, None with precomputed kernels.

    References
    ----------
    .. [1] Dupre la Tour et al. (2022), doi:10.1016/j.neuroimage.2022.119728

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit.encoding import WeightedKernelRidgeCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((60, 4))
    >>> model = WeightedKernelRidgeCV(kernels=["linear", "rbf"]).fit(X, np.sin(X))
    >>> model.weights_.shape
    (2, 4)
    """

    def __init__(
        self,
        alphas=(0.1, 1.0, 10.0),
        kernels=("linear", "rbf"),
        bands=None,
        gamma=None,
        degree=3,
        coef0=1.0,
        n_iter=100,
        concentration=(0.1, 1.0),
        screen="auto",
        refine="auto",
        cv=5,
        alpha_per_target=True,
        fit_intercept=False,
        random_state=0,
    ):
        self.alphas = alphas
        self.kernels = kernels
        self.bands = bands
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.n_iter = n_iter
        self.concentration = concentration
        self.screen = screen
        self.refine = refine
        self.cv = cv
        self.alpha_per_target = alpha_per_target
        self.fit_intercept = fit_intercept
        self.random_state = random_state

    def fit(self, X, y, groups=None):
        """Choose weights and alphas, and fit.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features) or (n_kernels, n_samples, n_samples)
        y : array_like, shape (n_samples, n_targets) or (n_samples,)
        groups : array_like, shape (n_samples,), optional
            Handed to the splitter ``cv``.

        Returns
        -------
        self : WeightedKernelRidgeCV
        """
        if self._precomputed():
            kernels, y = self._given(X, y)
            samples, dtype = None, kernels.dtype
        else:
            samples, y = checked_data(self, X, y)
            dtype = samples.dtype
            self._shift = samples.mean(0, dtype=float) if self.fit_intercept else None
            kernels = self._matrices(samples, samples)
        alphas = checked_alphas(self.alphas)
        pairs = splits(self.cv, kernels[0], y, groups)
        Y, scale = scaled_targets(y, dtype)
        means = None
        if self.fit_intercept:
            means = kernels.mean(1, dtype=float)
            kernels = np.stack([centred_kernel(kernel, alphas) for kernel in kernels])
        problem = KernelBands(kernels.astype(dtype, copy=False), pairs, bool(self.fit_intercept))
        fitted, dual, y_mean = self._search(problem, Y, alphas, scale)
        intercept = y_mean.astype(dtype)
        if means is not None:
            dual = dual - dual.mean(0)
            offset = np.sum(fitted["weights_"] * product(self._offsets(samples, means), dual), 0)
            intercept = (y_mean - offset).astype(dtype)
        dual = dual * fitted["alpha_"].astype(dual.dtype)
        single = y.ndim == 1
        self._keep(fitted, single)
        self._row_means, self._n_kernels = means, len(kernels)
        self._y_mean = y_mean[0] if single else y_mean
        self.X_fit_ = samples
        self.dual_coef_ = dual[:, 0] if single else dual
        self.intercept_ = intercept[0] if single else intercept
        return self

    def predict(self, X, split=False):
        """Predict the targets.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features) or (n_kernels, n_samples, n_fitted)
        split : bool
            Return what each kernel adds, shape (n_kernels, n_samples, n_targets); the sum is the
            prediction. The mean of the training targets is shared alike by all kernels.

        Returns
        -------
        prediction : ndarray, shape (n_samples, n_targets) or (n_samples,)
        """
        check_is_fitted(self)
        if self._precomputed():
            check_class(X, f"{type(self).__name__}: X")
            kernels = np.asarray(X)
            given = kernels.dtype if kernels.dtype.kind == "f" else self.dual_coef_.dtype
            wanted = (self._n_kernels, len(self.dual_coef_))
            if kernels.ndim != 3 or (kernels.shape[0], kernels.shape[2]) != wanted:
                raise ValueError(
                    f"X: wanted kernels ({wanted[0]}, n_new, {wanted[1]}), got {kernels.shape}"
                )
            if not np.isfinite(kernels).all():
                raise ValueError("X contains NaN or infinity")
        else:
            X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
            kernels, given = self._matrices(X, self.X_fit_), X.dtype
        if self._row_means is not None:
            kernels = [about(kernel, rows) for kernel, rows in zip(kernels, self._row_means)]
        constant = self._y_mean.astype(self.dual_coef_.dtype)
        kernels = np.asarray(kernels).astype(given, copy=False)
        shape = (len(kernels), *self.dual_coef_.shape[1:])
        factors = np.exp(self.deltas_).reshape(shape).astype(self.dual_coef_.dtype)
        if not split:
            out = sum(f * product(k, self.dual_coef_) for f, k in zip(factors, kernels))
            return out + constant
        constant = constant / len(kernels)
        return np.stack(
            [f * product(k, self.dual_coef_) + constant for f, k in zip(factors, kernels)]
        )

    def _precomputed(self):
        return isinstance(self.kernels, str) and self.kernels == "precomputed"

    def _given(self, X, y):
        for name, value in (("X", X), ("y", y)):
            check_class(value, f"{type(self).__name__}: {name}")
        kernels, y = np.asarray(X), np.asarray(y)
        if kernels.dtype not in (np.float32, np.float64):
            kernels = kernels.astype(float)
        n = kernels.shape[-1]
        if kernels.ndim != 3 or kernels.shape[1] != n or not len(kernels):
            raise ValueError(f"X: wanted kernels (n_kernels, n, n), got shape {kernels.shape}")
        if y.ndim not in (1, 2) or len(y) != n:
            raise ValueError(f"y: wanted {n} samples, got shape {y.shape}")
        if not (np.isfinite(kernels).all() and np.isfinite(y.astype(float)).all()):
            raise ValueError("X or y contains NaN or infinity")
        return kernels, y

    def _each(self):
        """(kernel, band, gamma, degree, coef0) of each kernel."""
        if isinstance(self.kernels, str) or callable(self.kernels) or len(self.kernels) == 0:
            raise ValueError(f"kernels: wanted a sequence of kernels, got {self.kernels!r}")
        count = len(self.kernels)
        options = []
        for name in ("gamma", "degree", "coef0"):
            value = getattr(self, name)
            values = [value] * count if np.ndim(value) == 0 else list(value)
            if len(values) != count:
                raise ValueError(f"{name}: wanted one value or {count}, got {len(values)}")
            options.append(values)
        bands = [slice(None)] * count if self.bands is None else list(self.bands)
        if len(bands) != count:
            raise ValueError(f"bands: wanted {count}, one per kernel, got {len(bands)}")
        return list(zip(self.kernels, bands, *options))

    def _matrices(self, X, Z):
        """All kernels of the rows of X with those of Z, shape (n_kernels, len(X), len(Z))."""
        out = []
        for kernel, band, gamma, degree, coef0 in self._each():
            if isinstance(kernel, str) and kernel == "precomputed":
                raise ValueError("kernels: give kernels='precomputed' for all of them together")
            check_kernel(kernel, X)
            pair = X[:, band], Z[:, band]
            if self._shift is not None and linear(kernel, degree):
                pair = (x - self._shift[band] for x in pair)
            out.append(kernel_matrix(*pair, kernel, gamma, degree, coef0))
        return np.stack(out)

    def _offsets(self, X, means):
        """Mean row of each kernel, but for a constant, without the shift of the features."""
        if X is None:
            return means
        out = []
        for (kernel, band, gamma, degree, _), rows in zip(self._each(), means):
            moved = linear(kernel, degree)
            x, shift = X[:, band], self._shift[band]
            out.append(row_offset(x, shift, kernel, gamma) if moved else rows)
        return np.stack(out)

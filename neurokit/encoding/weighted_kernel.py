"""Kernel ridge regression with a weight of its own for each kernel."""

import numpy as np

from ..core.trace.tracer import check_class
from ..ops.dense import product
from ._banded import KernelBands
from ._base import Regressor, check_is_fitted
from ._inputs import checked_alphas, checked_rows, scaled_targets
from ._weights import WeightSearch
from .folds import splits
from .kernel import about, centred_kernel, check_kernel, kernel_matrix, linear, row_offset


class WeightedKernelRidgeCV(WeightSearch, Regressor):
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

    def fit(self, X, y, groups=None, sample_weight=None):
        """Choose weights and alphas, and fit.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features) or (n_kernels, n_samples, n_samples)
        y : array_like, shape (n_samples, n_targets) or (n_samples,)
        groups : array_like, shape (n_samples,), optional
            Handed to the splitter ``cv``.
        sample_weight : array_like, shape (n_samples,), or float, optional
            As for :class:`RidgeCV`.

        Returns
        -------
        self : WeightedKernelRidgeCV
        """
        if self._precomputed():
            kernels, y = self._given(X, y)
            samples, dtype = None, kernels.dtype
        else:
            samples, y = self._samples(X, y)
            dtype = samples.dtype
        n = kernels.shape[1] if samples is None else len(samples)
        alphas = checked_alphas(self.alphas)
        pairs = splits(self.cv, X[0] if samples is None else samples, y, groups)
        rows, center = checked_rows(sample_weight, n, pairs), bool(self.fit_intercept)
        if samples is not None:
            self._shift = rows.average(samples) if center else None
            kernels = self._matrices(samples, samples)
        Y, scale = scaled_targets(rows.scaled(y), dtype)
        means = None
        if center:
            means = np.stack([rows.average(kernel) for kernel in kernels])
        kernels = [rows.kernel(kernel) for kernel in kernels]
        if center:
            kernels = [centred_kernel(kernel, alphas, rows) for kernel in kernels]
        kernels = np.stack(kernels).astype(dtype, copy=False)
        problem = KernelBands(kernels, pairs, center, rows)
        fitted, dual, y_mean = self._search(problem, Y, alphas, scale)
        intercept = y_mean.astype(dtype)
        dual = rows.duals(dual, center)
        if center:
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
            X = self._new_samples(X)
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

    def _each(self, n_features):
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
        for k, band in enumerate(bands):
            try:
                own = np.arange(n_features)[band]
            except (IndexError, TypeError):
                own = np.empty(0)
            if own.ndim != 1 or not len(own):
                raise ValueError(
                    f"bands: wanted index arrays or slices of {n_features} features, got "
                    f"{band!r} for kernel {k}"
                )
        return list(zip(self.kernels, bands, *options))

    def _matrices(self, X, Z):
        """All kernels of the rows of X with those of Z, shape (n_kernels, len(X), len(Z))."""
        out = []
        for kernel, band, gamma, degree, coef0 in self._each(X.shape[1]):
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
        for (kernel, band, gamma, degree, _), rows in zip(self._each(X.shape[1]), means):
            moved = linear(kernel, degree)
            x, shift = X[:, band], self._shift[band]
            out.append(row_offset(x, shift, kernel, gamma) if moved else rows)
        return np.stack(out)

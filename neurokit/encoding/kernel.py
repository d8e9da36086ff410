"""Kernel ridge regression with cross-validated regularisation for many targets."""

import warnings
from numbers import Real

import numpy as np
from scipy.spatial import distance

from ..ops import dense
from ._base import Regressor
from ._inputs import checked_alphas, checked_rows, chosen_alphas, rescaled, scaled_targets
from ._ridge import dual_coefficients, fold_scores, kernel_folds
from .folds import splits

KERNELS = ("linear", "rbf", "laplacian", "polynomial", "sigmoid", "cosine", "precomputed")


def check_kernel(kernel, X):
    """Raise for a kernel that does not exist, or a precomputed one that is not square."""
    if not (callable(kernel) or kernel in KERNELS):
        raise ValueError(
            f"kernel: wanted a function of two arrays or one of {', '.join(KERNELS)}, got {kernel!r}"
        )
    if kernel == "precomputed" and X.shape[0] != X.shape[1]:
        raise ValueError(f"a precomputed kernel must be square, got shape {X.shape}")


def kernel_matrix(X, Z, kernel, gamma=None, degree=3, coef0=1.0):
    """Kernel of the rows of X with those of Z, float64 and new, shape (len(X), len(Z))."""
    if kernel == "precomputed":
        return np.array(X, dtype=float)
    if callable(kernel):
        matrix = np.array(kernel(X, Z), dtype=float)
        if matrix.shape != (len(X), len(Z)) or not np.isfinite(matrix).all():
            raise ValueError(
                f"kernel: wanted finite values of shape {(len(X), len(Z))}, got {matrix.shape}"
            )
        return matrix
    X, Z = X.astype(float, copy=False), Z.astype(float, copy=False)
    gamma = 1 / X.shape[1] if gamma is None else gamma
    falls = kernel in ("rbf", "laplacian")  # with the distance
    known = isinstance(gamma, Real) and np.isfinite(gamma) and (gamma >= 0 or not falls)
    if kernel not in ("linear", "cosine") and not known:
        raise ValueError(f"gamma: wanted a number{' of at least 0' * falls}, got {gamma!r}")
    if kernel == "rbf":
        return np.exp(-gamma * distance.cdist(X, Z, "sqeuclidean"))
    if kernel == "laplacian":
        return np.exp(-gamma * distance.cdist(X, Z, "cityblock"))
    if kernel == "cosine":
        X, Z = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300) for x in (X, Z))
    inner = dense.gram(X.T) if X is Z else dense.product(X, Z.T)
    if kernel == "polynomial":
        return (gamma * inner + coef0) ** degree
    return np.tanh(gamma * inner + coef0) if kernel == "sigmoid" else inner


def linear(kernel, degree):
    """Whether shifts of the features leave the centred kernel as it is, but for rounding."""
    return isinstance(kernel, str) and (
        kernel == "linear" or (kernel == "polynomial" and degree == 1)
    )


def row_offset(X, shift, kernel, gamma=None):
    """Mean row of a :func:`linear` kernel, but for a constant, from its features' mean."""
    gamma = 1 / X.shape[1] if gamma is None else gamma
    return dense.product(X - shift, shift) * (1 if kernel == "linear" else gamma)


def centred_kernel(kernel, alphas, rows):
    """The kernel of rows about its mean in feature space, with a warning where rounding reaches
    alpha."""
    out = rows.centred_kernel(kernel.astype(float, copy=False))
    largest = np.abs(kernel).max()
    noise = np.finfo(kernel.dtype).eps * len(kernel) ** 0.5 * largest
    if noise > 1e-3 * alphas.min() and largest > 100 * np.abs(out).max():
        warnings.warn(
            f"fit_intercept: the kernel has values up to {largest:.3g}, of which centring leaves "
            f"{np.abs(out).max():.3g} with an error near {noise:.1g}, too much for "
            f"alpha={alphas.min():.3g}: centre or scale the features, or raise alpha",
            stacklevel=3,
        )
    return out


def about(kernel, rows):
    """Kernel of new with fitted samples about ``rows``, the mean of the fitted ones.

    Dual coefficients of centred kernels add up to zero, so that a constant per row, which would
    cancel, may go.
    """
    kernel = kernel - rows
    return kernel - kernel.mean(1, keepdims=True)


class KernelRidgeCV(Regressor):
    """Kernel ridge regression that picks the regularisation of each target by cross-validation.

    Parameters
    ----------
    alphas : array_like, shape (n_alphas,)
        Strengths to choose from, all above zero.
    kernel : {"linear", "rbf", "laplacian", "polynomial", "sigmoid", "cosine", "precomputed"} or callable
        x'y; exp(-gamma |x - y|^2); exp(-gamma |x - y|_1); (gamma x'y + coef0)^degree;
        tanh(gamma x'y + coef0); x'y / |x||y|; or X is the kernel itself, (n_samples, n_samples) to
        fit and (n_new, n_samples) to predict. A function of two arrays of samples returns their
        kernel.
    gamma : float, optional
        1 / n_features by default.
    degree, coef0 : number
    cv, alpha_per_target
        As for :class:`RidgeCV`.
    fit_intercept : bool
        Centre the kernel and the targets (within each training fold too).

    Attributes
    ----------
    dual_coef_ : ndarray, shape (n_samples, n_targets) or (n_samples,)
    intercept_ : ndarray, shape (n_targets,), or float
        Zero without ``fit_intercept``.
    alpha_ : ndarray, shape (n_targets,), or float
    cv_scores_ : ndarray, shape (n_alphas, n_targets)
    X_fit_ : ndarray, shape (n_samples, n_features)

    Notes
    -----
    Without an intercept, the default, the model is scikit-learn's ``KernelRidge``. Its kernels have
    the same names and defaults.
    """

    def __init__(
        self,
        alphas=(0.1, 1.0, 10.0),
        kernel="linear",
        gamma=None,
        degree=3,
        cv=5,
        alpha_per_target=True,
        coef0=1.0,
        fit_intercept=False,
    ):
        self.alphas = alphas
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.cv = cv
        self.alpha_per_target = alpha_per_target
        self.coef0 = coef0
        self.fit_intercept = fit_intercept

    def fit(self, X, y, groups=None, sample_weight=None):
        """Choose alphas and fit.

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
        self : KernelRidgeCV
        """
        X, y = self._samples(X, y)
        check_kernel(self.kernel, X)
        alphas = checked_alphas(self.alphas)
        pairs = splits(self.cv, X, y, groups)
        rows = checked_rows(sample_weight, len(X), pairs)
        Y, scale = scaled_targets(rows.scaled(y), X.dtype)
        center = bool(self.fit_intercept)
        y_mean = rows.mean(Y) if center else np.zeros(Y.shape[1])
        shifts = center and linear(self.kernel, self.degree)
        self._shift = rows.average(X) if shifts else None
        matrix = self._matrix(X, X)
        mean = rows.average(matrix) if center else None
        matrix = rows.kernel(matrix)
        if center:
            matrix = centred_kernel(matrix, alphas, rows)
        folds = kernel_folds(matrix, pairs, center, X.dtype, rows)
        scores = fold_scores(None, Y, y_mean, folds, alphas, center, rows)
        alpha = chosen_alphas(alphas, scores, self.alpha_per_target)
        dual = rows.duals(dual_coefficients(matrix, Y, y_mean, alpha, rows), center)
        dual, y_mean = rescaled(dual, scale), rescaled(y_mean, scale)
        offset = mean if center else np.zeros(len(X))
        if self._shift is not None:
            offset = row_offset(X, self._shift, self.kernel, self.gamma)
        intercept = (y_mean - dense.product(offset, dual)).astype(X.dtype)
        if y.ndim == 1:
            dual, alpha, intercept, y_mean = dual[:, 0], alpha[0], intercept[0], y_mean[0]
        self._mean_row, self._y_mean = (mean, y_mean) if center else (None, None)
        self.X_fit_, self.cv_scores_ = X, scores
        self.dual_coef_, self.alpha_, self.intercept_ = dual, alpha, intercept
        return self

    def predict(self, X):
        """Predict the targets.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)

        Returns
        -------
        prediction : ndarray, shape (n_samples, n_targets) or (n_samples,)
        """
        X = self._new_samples(X)
        matrix = self._matrix(X, self.X_fit_)
        if self._mean_row is None:
            return (
                dense.product(matrix.astype(X.dtype, copy=False), self.dual_coef_) + self.intercept_
            )
        matrix = about(matrix, self._mean_row).astype(X.dtype, copy=False)
        return dense.product(matrix, self.dual_coef_) + self._y_mean.astype(X.dtype)

    def _matrix(self, X, Z):
        if self._shift is not None:
            X, Z = X - self._shift, Z - self._shift
        return kernel_matrix(X, Z, self.kernel, self.gamma, self.degree, self.coef0)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags

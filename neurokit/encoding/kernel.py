"""Kernel ridge regression with cross-validated regularisation for many targets."""

import numpy as np

from ._base import BaseEstimator, MultiOutputMixin, RegressorMixin, check_is_fitted, validate_data
from ._ridge import dual_coefficients, fold_scores, folds_of_kernel
from .folds import splits
from .ridge import checked_alphas, chosen_alphas

KERNELS = ("linear", "rbf", "polynomial", "precomputed")


class KernelRidgeCV(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Kernel ridge regression that picks the regularisation of each target by cross-validation.

    Parameters
    ----------
    alphas : array_like, shape (n_alphas,)
        Strengths to choose from, all above zero.
    kernel : {"linear", "rbf", "polynomial", "precomputed"}
        x'y; exp(-gamma |x - y|^2); (gamma x'y + 1)^degree; or X is the kernel itself, (n_samples,
        n_samples) to fit and (n_new, n_samples) to predict.
    gamma : float, optional
        1 / n_features by default.
    degree : int
    cv, alpha_per_target
        As for :class:`RidgeCV`.

    Attributes
    ----------
    dual_coef_ : ndarray, shape (n_samples, n_targets) or (n_samples,)
    alpha_ : ndarray, shape (n_targets,), or float
    cv_scores_ : ndarray, shape (n_alphas, n_targets)
    X_fit_ : ndarray, shape (n_samples, n_features)

    Notes
    -----
    There is no intercept, as in scikit-learn's ``KernelRidge``: centre features and targets first,
    or use :class:`RidgeCV` for linear models.
    """

    def __init__(
        self,
        alphas=(0.1, 1.0, 10.0),
        kernel="linear",
        gamma=None,
        degree=3,
        cv=5,
        alpha_per_target=True,
    ):
        self.alphas = alphas
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.cv = cv
        self.alpha_per_target = alpha_per_target

    def fit(self, X, y):
        """Choose alphas and fit.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        y : array_like, shape (n_samples, n_targets) or (n_samples,)

        Returns
        -------
        self : KernelRidgeCV
        """
        X, y = validate_data(
            self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True,
            ensure_min_samples=2,
        )  # fmt: skip
        if self.kernel not in KERNELS:
            raise ValueError(f"kernel: wanted one of {', '.join(KERNELS)}, got {self.kernel!r}")
        if self.kernel == "precomputed" and X.shape[0] != X.shape[1]:
            raise ValueError(f"a precomputed kernel must be square, got shape {X.shape}")
        alphas = checked_alphas(self.alphas)
        Y = y.reshape(len(y), -1).astype(X.dtype, copy=False)
        kernel = self._kernel(X, X)
        folds = folds_of_kernel(kernel, splits(self.cv, X, y), False, X.dtype)
        self.cv_scores_ = fold_scores(X, Y, folds, alphas, False)
        alpha = chosen_alphas(alphas, self.cv_scores_, self.alpha_per_target)
        dual = dual_coefficients(kernel, Y, alpha)
        self.X_fit_ = X
        self.dual_coef_, self.alpha_ = (dual[:, 0], alpha[0]) if y.ndim == 1 else (dual, alpha)
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
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return self._kernel(X, self.X_fit_).astype(X.dtype, copy=False) @ self.dual_coef_

    def _kernel(self, X, Z):
        """Kernel of the rows of X with those of Z, float64 and new."""
        if self.kernel == "precomputed":
            return np.array(X, dtype=float)
        X, Z = X.astype(float, copy=False), Z.astype(float, copy=False)
        gamma = 1 / X.shape[1] if self.gamma is None else self.gamma
        product = X @ Z.T
        if self.kernel == "linear":
            return product
        if self.kernel == "polynomial":
            return (gamma * product + 1) ** self.degree
        square = np.sum(X * X, 1)[:, None] + np.sum(Z * Z, 1) - 2 * product
        return np.exp(-gamma * np.maximum(square, 0))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags

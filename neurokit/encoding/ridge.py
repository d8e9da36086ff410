"""Ridge regression with cross-validated regularisation for many targets."""

import numpy as np

from ..ops.dense import product
from ._base import BaseEstimator, MultiOutputMixin, RegressorMixin, check_is_fitted, validate_data
from ._ridge import (
    fold_scores,
    gram,
    kernel_coefficients,
    kernel_folds,
    primal_coefficients,
    primal_folds,
)
from .folds import splits


def checked_data(estimator, X, y, least=2):
    """Features and targets as scikit-learn checks them: finite, float32 or float64, equal lengths."""
    X, y = validate_data(
        estimator, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True,
        ensure_min_samples=least,
    )  # fmt: skip
    largest = max(float(X.max(initial=0)), -float(X.min(initial=0)))
    if largest > 1e-3 * float(np.finfo(X.dtype).max) ** 0.5:
        raise ValueError(
            f"X: values up to {largest:.3g} are too large for {X.dtype}, where their squares overflow: "
            "scale the features"
        )
    return X, y


def checked_alphas(alphas):
    """Alphas as a vector of positive numbers."""
    vector = np.atleast_1d(np.asarray(alphas, dtype=float))
    if vector.ndim != 1 or len(vector) == 0 or not (np.isfinite(vector) & (vector > 0)).all():
        raise ValueError(f"alphas: wanted positive numbers, got {alphas!r}")
    return vector


def scaled_targets(y, dtype):
    """(Targets (n, t) in ``dtype``, scale of each): powers of two keep squares within range."""
    Y = y.reshape(len(y), -1)
    largest = np.maximum(Y.max(0), -Y.min(0)).astype(float)
    limit = float(np.finfo(dtype).max)
    if (largest > limit).any():
        raise ValueError(f"y: values up to {largest.max():.3g} do not fit {np.dtype(dtype)}")
    scale = np.ones(Y.shape[1])
    far = (largest > 0) & ((largest > limit**0.25) | (largest < limit**-0.25))
    scale[far] = 2.0 ** np.minimum(np.frexp(largest[far])[1], 1023)
    if far.any():
        # in two steps: one over the smallest numbers overflows
        root = 2.0 ** (np.log2(scale) // 2)
        Y = Y.astype(float) / root / (scale / root)
    return Y.astype(dtype, copy=False), scale


def rescaled(values, scale):
    """Values of each target (last axis) in its own units again."""
    return values if (scale == 1).all() else (values * scale).astype(values.dtype)


def chosen_alphas(alphas, scores, per_target):
    """The best alpha of each target, or the one that is best on average, shape (n_targets,)."""
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    if not np.isfinite(scores.max(0)).all():
        raise ValueError("alphas: too small for this kernel, which has negative eigenvalues")
    if per_target:
        return alphas[np.argmax(scores, axis=0)]
    return np.full(scores.shape[1], alphas[np.argmax(scores.mean(1))])


class RidgeCV(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Ridge regression that picks the regularisation of each target by cross-validation.

    Parameters
    ----------
    alphas : array_like, shape (n_alphas,)
        Strengths to choose from, all above zero: the penalty is ``alpha * |coef|^2``.
    cv : int, array of length n_samples, splitter, or iterable of (train, test)
        Number of contiguous folds; or the run (group) of each sample, each left out once; or a
        scikit-learn splitter; or the splits themselves.
    alpha_per_target : bool
        Choose for each target, or one alpha that is best on average.
    fit_intercept : bool
        Centre features and targets (within each training fold too).
    solver : {"auto", "primal", "kernel"}
        Work with features x features or samples x samples; "auto" takes the smaller.

    Attributes
    ----------
    coef_ : ndarray, shape (n_targets, n_features) or (n_features,) for a single target
    intercept_ : ndarray, shape (n_targets,), or float
    alpha_ : ndarray, shape (n_targets,), or float
    cv_scores_ : ndarray, shape (n_alphas, n_targets)
        R2 of each alpha, averaged over the test folds. Where a fold tests a single sample, which
        has no R2, it is that of the predictions of all folds together.
    n_features_in_ : int

    Notes
    -----
    One Gram matrix serves all folds (each fold's part is taken away), each fold is diagonalised
    once for all alphas and targets, targets run through in chunks so that memory stays bounded.
    float32 data keep float32 products; Gram matrices and their eigenvectors are float64.

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit.encoding import RidgeCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((60, 4))
    >>> Y = X @ rng.standard_normal((4, 3))
    >>> model = RidgeCV(alphas=[0.01, 1.0, 100.0], cv=np.repeat([0, 1, 2], 20)).fit(X, Y)
    >>> model.alpha_
    array([0.01, 0.01, 0.01])
    >>> model.coef_.shape
    (3, 4)
    """

    def __init__(
        self,
        alphas=(0.1, 1.0, 10.0),
        cv=5,
        alpha_per_target=True,
        fit_intercept=True,
        solver="auto",
    ):
        self.alphas = alphas
        self.cv = cv
        self.alpha_per_target = alpha_per_target
        self.fit_intercept = fit_intercept
        self.solver = solver

    def fit(self, X, y, groups=None):
        """Choose alphas and fit.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        y : array_like, shape (n_samples, n_targets) or (n_samples,)
        groups : array_like, shape (n_samples,), optional
            Handed to the splitter ``cv`` (GroupKFold and its like). To leave out each run once,
            give the runs as ``cv``.

        Returns
        -------
        self : RidgeCV

        Raises
        ------
        ValueError
            For NaN or infinite values, alphas that are not positive, folds that do not fit.
        """
        X, y = checked_data(self, X, y)
        alphas = checked_alphas(self.alphas)
        if self.solver not in ("auto", "primal", "kernel"):
            raise ValueError(f"solver: wanted 'auto', 'primal' or 'kernel', got {self.solver!r}")
        pairs = splits(self.cv, X, y, groups)
        Y, scale = scaled_targets(y, X.dtype)
        primal = self.solver == "primal" or (self.solver == "auto" and X.shape[1] <= len(X))

        center = bool(self.fit_intercept)
        x_mean = X.mean(0, dtype=float) if center else np.zeros(X.shape[1])
        y_mean = Y.mean(0, dtype=float) if center else np.zeros(Y.shape[1])
        X = X - x_mean.astype(X.dtype) if center else X

        if primal:
            folds = primal_folds(X, pairs, center)
            cross = np.empty((X.shape[1], Y.shape[1]), X.dtype)
            scores = fold_scores(X, Y, y_mean, folds, alphas, center, cross)
        else:
            folds = kernel_folds(gram(X.T), pairs, center, X.dtype)
            scores = fold_scores(None, Y, y_mean, folds, alphas, center)
        alpha = chosen_alphas(alphas, scores, self.alpha_per_target)
        if primal:
            coef = primal_coefficients(X, cross, alpha)
        else:
            coef = kernel_coefficients(X, Y, y_mean, alpha)
        intercept = rescaled((y_mean - product(coef, x_mean)).astype(X.dtype), scale)
        coef = rescaled(coef.T, scale).T
        if y.ndim == 1:
            coef, intercept, alpha = coef[0], intercept[0], alpha[0]
        self.cv_scores_ = scores
        self.coef_, self.intercept_, self.alpha_ = coef, intercept, alpha
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
        return product(X, self.coef_.T) + self.intercept_

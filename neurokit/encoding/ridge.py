"""Ridge regression with cross-validated regularisation for many targets."""

import numpy as np

from ..ops.dense import product
from ._base import LinearRegressor
from ._inputs import checked_alphas, checked_rows, chosen_alphas, rescaled, scaled_targets
from ._ridge import (
    fold_scores,
    gram,
    kernel_coefficients,
    kernel_folds,
    primal_coefficients,
    primal_folds,
)
from ._rows import about_mean
from .folds import splits


class RidgeCV(LinearRegressor):
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
        In float64: with features far from zero, float32 would not do.
    alpha_ : ndarray, shape (n_targets,), or float
    cv_scores_ : ndarray, shape (n_alphas, n_targets)
        R2 of each alpha, averaged over the test folds. Where a fold tests a single sample, which
        has no R2, it is that of the predictions of all folds together.
    n_features_in_ : int

    Notes
    -----
    One Gram matrix serves all folds (each fold's part is taken away), each fold is diagonalised
    once for all alphas and targets, targets run through in chunks so that memory stays bounded.
    The precision of X decides: with float32 features, float64 targets are taken as float32, products
    and coefficients are float32; means, Gram matrices and their eigenvectors are float64.

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

    def fit(self, X, y, groups=None, sample_weight=None):
        """Choose alphas and fit.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        y : array_like, shape (n_samples, n_targets) or (n_samples,)
        groups : array_like, shape (n_samples,), optional
            Handed to the splitter ``cv`` (GroupKFold and its like). To leave out each run once,
            give the runs as ``cv``.
        sample_weight : array_like, shape (n_samples,), or float, optional
            Weights of at least 0 of the squared errors, in training and in the scores alike. A
            weight of 2 is the sample twice.

        Returns
        -------
        self : RidgeCV

        Raises
        ------
        ValueError
            For NaN or infinite values, alphas that are not positive, folds that do not fit, weights
            below 0 or a fold without any.
        """
        X, y = self._samples(X, y)
        alphas = checked_alphas(self.alphas)
        if self.solver not in ("auto", "primal", "kernel"):
            raise ValueError(f"solver: wanted 'auto', 'primal' or 'kernel', got {self.solver!r}")
        pairs = splits(self.cv, X, y, groups)
        rows = checked_rows(sample_weight, len(X), pairs)
        Y, scale = scaled_targets(rows.scaled(y), X.dtype)
        primal = self.solver == "primal" or (self.solver == "auto" and X.shape[1] <= len(X))

        center = bool(self.fit_intercept)
        x_mean = rows.average(X) if center else None
        y_mean = rows.mean(Y) if center else np.zeros(Y.shape[1])
        X = rows.scaled(about_mean(X, x_mean) if center else X)

        if primal:
            folds = primal_folds(X, pairs, center, rows)
            cross = np.empty((X.shape[1], Y.shape[1]), X.dtype)
            scores = fold_scores(X, Y, y_mean, folds, alphas, center, rows, cross)
        else:
            folds = kernel_folds(gram(X.T), pairs, center, X.dtype, rows)
            scores = fold_scores(None, Y, y_mean, folds, alphas, center, rows)
        alpha = chosen_alphas(alphas, scores, self.alpha_per_target)
        if primal:
            coef = primal_coefficients(X, cross, alpha)
        else:
            coef = kernel_coefficients(X, Y, y_mean, alpha, rows)
        intercept = rescaled(y_mean - product(coef, x_mean) if center else y_mean, scale)
        coef = rescaled(coef.T, scale).T
        if y.ndim == 1:
            coef, intercept, alpha = coef[0], intercept[0], alpha[0]
        self.cv_scores_ = scores
        self.coef_, self.intercept_, self.alpha_ = coef, intercept, alpha
        self._x_mean = x_mean
        return self

"""Ridge regression with one weight per band of features or per kernel: the mathematics.

b bands (or kernels), n samples, p features, t targets. With weights g on the simplex the model is
ridge regression on features scaled by sqrt(g) of their band, in kernel form K = sum_i g_i K_i. A
*problem* knows the samples and folds and offers, for one weighting shared by a selection of
targets: screen (generalised cross-validation), fold (diagonalise), errors, gradient, solve.

The derivative of a fold's squared error E to log g_i, at the solution, needs no second
factorisation. With e the error of the test samples, H the inverse of the training problem:

    kernel   w = H Y,  v = H K_test' e:  dE = 2 g_i (e' K_i,test w - v' K_i w)
    primal   u = D A,  r = D (R'R u - B) in the eigenbasis U:  dE = 2 alpha sum_(j in i) (U r)_j (U u)_j
"""

import numpy as np

from ..ops.dense import product
from ._ridge import (
    Fold,
    diagonalise,
    fold_products,
    gram,
    kernel_error,
    kernel_folds,
    moments,
    pooled,
    primal_error,
    products,
    target_moments,
)


def without_constant(along, total, n):
    """Whether the constant has next to nothing of a sum of squares over n directions."""
    return along <= 1e-3 * total / n


class PrimalBands:
    """Features in bands, for p <= n. X is centred where there is an intercept."""

    def __init__(self, X, bands, pairs, center, rows):
        self.X, self.bands, self.center, self.rows = X, bands, center, rows
        self.n_bands = int(bands.max()) + 1
        self.parts = list(moments(X, pairs, center, rows))
        self.folds = [fold for fold, _, _ in self.parts]
        self.total = gram(X)
        along = rows.total * np.sum(rows.mean(X) ** 2)
        self.constant_free = without_constant(along, np.trace(self.total), rows.count)
        self.n_values = X.shape[1]
        self.rows_per_target = len(X) + (len(pairs) + 2) * X.shape[1]

    def load(self, Y):
        """Take the targets: (n, t), centred where there is an intercept."""
        self.Y = Y
        self.tested, self.whole = products(self.X, Y, self.folds)
        self.moments = [target_moments(Y, fold, self.center) for fold in self.folds]
        self.together = pooled(Y, self.folds, self.rows)

    def _scale(self, weights):
        return np.sqrt(weights[self.bands])

    def matrix(self, weights):
        """The problem of all samples, to be diagonalised."""
        scale = self._scale(weights)
        return self.total * scale * scale[:, None]

    def screen(self, weights, values, vectors):
        """Eigenvalues and squared coordinates of the targets along the eigenvectors of XX'."""
        turn = (vectors * self._scale(weights)[:, None]).astype(self.X.dtype, copy=False)
        rotated = product(turn.T, self.whole)
        values = np.maximum(values, 0)
        least = 10 * len(values) * np.finfo(self.X.dtype).eps * values.max(initial=0)
        inverse = np.where(values > least, 1 / np.maximum(values, least or 1), 0)
        return values, rotated * rotated * inverse[:, None].astype(self.X.dtype)

    def diagonalised(self, weights):
        """All folds of a weighting."""
        scale = self._scale(weights)
        outer = scale * scale[:, None]
        parts = ((fold.copy(), train * outer, test * outer) for fold, train, test in self.parts)
        return diagonalise(parts, self.X.dtype)

    def _products(self, index, weights, chosen):
        """A and B of the chosen targets, before they are turned to the eigenvectors."""
        fold = self.folds[index]
        mean, total_sum, square, total = (each[chosen] for each in self.moments[index])
        scale = self._scale(weights)[:, None].astype(self.X.dtype)
        train, test = fold_products(
            self.X, lambda: self.Y[:, chosen], fold, self.tested[index][:, chosen],
            self.whole[:, chosen], mean, total_sum, self.center,
        )  # fmt: skip
        return train * scale, test * scale, mean, square, total

    def errors(self, fold, index, weights, chosen, alphas):
        """(squared test error (n_alphas, t), |Y|^2 about its own mean, about the training mean)."""
        train, test, mean, square, total = self._products(index, weights, chosen)
        error = primal_error(
            self.X, lambda: self.Y[:, chosen], fold, train, test, mean, square, total, alphas,
            self._scale(weights),
        )  # fmt: skip
        return error, total, square

    def gradient(self, fold, index, weights, chosen, alpha):
        """Derivative of the squared test error to the log weights, shape (n_bands, t)."""
        train, test, *_ = self._products(index, weights, chosen)
        factors = (1 / (fold.values[:, None] + alpha)).astype(train.dtype)
        solution = factors * product(fold.vectors.T, train)
        slope = product(fold.predictor.T, product(fold.predictor, solution))
        slope -= product(fold.vectors.T, test)
        change = product(fold.vectors, factors * slope) * product(fold.vectors, solution)
        out = np.zeros((self.n_bands, len(chosen)))
        np.add.at(out, self.bands, change)
        return 2 * alpha * out

    def solve(self, weights, values, vectors, chosen, alpha):
        """Coefficients of the chosen targets, shape (p, t)."""
        turn = (vectors * self._scale(weights)[:, None]).astype(self.X.dtype, copy=False)
        rotated = product(turn.T, self.whole[:, chosen])
        rotated /= (np.maximum(values, 0)[:, None] + alpha).astype(self.X.dtype, copy=False)
        return product(turn, rotated)


class KernelBands:
    """Kernels of all samples, shape (b, n, n), as those of rows."""

    def __init__(self, kernels, pairs, center, rows):
        self.kernels, self.center, self.rows = kernels, center, rows
        self.n_bands = len(kernels)
        n = kernels.shape[1]
        self.pairs = pairs
        self.folds = [Fold(train, test, rows) for train, test in pairs]
        self.constant_free = all(
            without_constant(rows.sum(rows.mean(each)), np.trace(each, dtype=float), rows.count)
            for each in kernels
        )
        self.n_values = n
        self.rows_per_target = 2 * n

    def load(self, Y):
        """Take the targets: (n, t), centred where there is an intercept."""
        self.Y = Y
        self.moments = [target_moments(Y, fold, self.center) for fold in self.folds]
        self.together = pooled(Y, self.folds, self.rows)

    def _sum(self, weights):
        total = np.zeros(self.kernels.shape[1:], self.kernels.dtype)
        for weight, kernel in zip(weights.astype(self.kernels.dtype), self.kernels):
            total += weight * kernel
        return total

    def matrix(self, weights):
        """The problem of all samples, to be diagonalised."""
        kernel = self._sum(weights)
        return self.rows.centred_kernel(kernel) if self.center else kernel

    def screen(self, weights, values, vectors):
        """Eigenvalues and squared coordinates of the targets along the eigenvectors."""
        rotated = product(vectors.T, self.Y)
        return np.maximum(values, 0), rotated * rotated

    def diagonalised(self, weights):
        """All folds of a weighting."""
        return kernel_folds(
            self._sum(weights), self.pairs, self.center, self.kernels.dtype, self.rows
        )

    def errors(self, fold, index, weights, chosen, alphas):
        """(squared test error (n_alphas, t), |Y|^2 about its own mean, about the training mean)."""
        mean, _, square, total = (each[chosen] for each in self.moments[index])
        return kernel_error(self.Y[:, chosen], fold, mean, alphas), total, square

    def gradient(self, fold, index, weights, chosen, alpha):
        """Derivative of the squared test error to the log weights, shape (n_bands, t)."""
        Y = self.Y[:, chosen]
        mean = self.moments[index][0][chosen]
        factors = (1 / (fold.values[:, None] + alpha)).astype(Y.dtype)
        solution = factors * product(fold.vectors.T, fold.trained.centred(Y[fold.train], mean))
        error = product(fold.predictor, solution) - fold.tested.centred(Y[fold.test], mean)
        across = -product(fold.vectors, factors * product(fold.predictor.T, error))
        if self.center:
            across -= fold.trained.along(fold.tested.sum(error) / fold.n_train)
        train, test = self.pairs[index]
        both = np.zeros_like(Y)
        if fold.rest:
            both[fold.train], both[fold.test] = across, error
        else:
            np.add.at(both, train, across)
            np.add.at(both, test, error)
        dual = product(fold.vectors, solution)
        parts = (product(kernel[fold.train], both) for kernel in self.kernels)
        changes = (np.einsum("ij,ij->j", part, dual) for part in parts)
        return np.stack([2 * w * each for w, each in zip(weights, changes)]).astype(float)

    def solve(self, weights, values, vectors, chosen, alpha):
        """Weights of the samples (n, t): (K + alpha)^-1 Y."""
        rotated = product(vectors.T, self.Y[:, chosen])
        rotated /= (values[:, None] + alpha).astype(self.Y.dtype, copy=False)
        return product(vectors, rotated)

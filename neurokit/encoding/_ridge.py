"""Ridge regression over many alphas and targets with cross-validation: the mathematics.

n samples, p features, t targets, v samples in a test fold. With an intercept all is centred, and
within each training fold again. The training problem of a fold is diagonalised once, K = U diag(l)
U', so that a solution costs one division, W(alpha) = U D A with A = U'C and D = 1/(l + alpha):

    primal (p <= n)   K = X'X, C = X'Y, downdated from the whole: K_train = K - K_test - ...
    kernel (p > n)    K = XX', C = Y

The test error needs the predictions P D A with P = (test features or kernel) U. In the primal form
with v > p, P = Q R and |Y - P D A|^2 = |Q'Y - R D A|^2 + |Y|^2 - |Q'Y|^2: the product per alpha is
triangular, p^2 t / 2 multiply-adds instead of v p t.
"""

import numpy as np
from scipy import linalg

from neurokit import _core

CHUNK_BYTES = 1 << 25  # of one array of p x (targets in work)


class Fold:
    """One fold, diagonalised: everything that does not depend on the targets."""

    def __init__(self, train, test, rest, values, vectors, predictor, rotation, mean):
        self.train, self.test = train, test
        self.rest = rest  # whether train is all but test
        self.values, self.vectors = values, vectors  # (q,), (q, q)
        self.predictor = predictor  # P or R
        self.rotation = rotation  # Q, or None where P itself is used
        self.mean = mean  # of the training features, primal only


def _eigh(gram):
    values, vectors = linalg.eigh(gram, overwrite_a=True, check_finite=False, driver="evd")
    return np.maximum(values, 0), vectors


def _gram(x):
    """X'X in float64 from float32 or float64 rows."""
    x = x.astype(np.float64, copy=False)
    return x.T @ x


def primal_folds(X, splits, center):
    """Folds of the primal form; with ``center``, X is centred over all samples."""
    p = X.shape[1]
    total = None
    folds = []
    for train, test in splits:
        n_train = len(train)
        rest = _complementary(train, test, len(X))
        if rest:
            if total is None:
                total = _gram(X)
            gram = total - _gram(X[test])
        else:
            gram = _gram(X[train])
        mean = X[train].mean(0, dtype=np.float64) if center else np.zeros(p)
        gram -= n_train * np.multiply.outer(mean, mean)
        values, vectors = _eigh(gram)
        predictor, rotation = (X[test] - mean) @ vectors, None
        if len(test) > p:
            rotation, predictor = linalg.qr(predictor, mode="economic", check_finite=False)
            rotation = rotation.astype(X.dtype, copy=False)
        folds.append(
            Fold(train, test, rest, values, vectors.astype(X.dtype, copy=False),
                 np.ascontiguousarray(predictor, dtype=X.dtype), rotation, mean)
        )  # fmt: skip
    return folds


def kernel_folds(X, splits, center):
    """Folds of the kernel form; with ``center``, X is centred over all samples."""
    return folds_of_kernel(_gram(X.T), splits, center, X.dtype)


def folds_of_kernel(kernel, splits, center, dtype):
    """The same from the kernel matrix of all samples, float64."""
    folds = []
    for train, test in splits:
        gram = kernel[np.ix_(train, train)]
        across = kernel[np.ix_(test, train)]
        if center:
            mean = gram.mean(0)
            across = across - across.mean(1, keepdims=True) - mean + mean.mean()
            gram = gram - mean - mean[:, None] + mean.mean()
        values, vectors = _eigh(gram)
        rest = _complementary(train, test, len(kernel))
        folds.append(
            Fold(train, test, rest, values, vectors.astype(dtype, copy=False),
                 np.ascontiguousarray(across @ vectors, dtype=dtype), None, None)
        )  # fmt: skip
    return folds


def _complementary(train, test, n):
    """True when train is all samples but test, each once."""
    if len(train) + len(test) != n:
        return False
    seen = np.zeros(n, dtype=bool)
    seen[train] = True
    seen[test] = True
    return bool(seen.all())


def fold_scores(X, Y, folds, alphas, center):
    """R2 of every alpha and target averaged over folds, shape (n_alphas, t)."""
    scores = np.empty((len(alphas), Y.shape[1]))
    q = len(folds[0].values)
    step = max(16, CHUNK_BYTES // (Y.itemsize * max(q, 1)))
    for first in range(0, Y.shape[1], step):
        chunk = slice(first, first + step)
        scores[:, chunk] = _chunk_scores(X, Y[:, chunk], folds, alphas, center)
    return scores


def _chunk_scores(X, Y, folds, alphas, center):
    out = np.zeros((len(alphas), Y.shape[1]))
    whole = None
    for fold in folds:
        test = Y[fold.test]
        if not center:
            mean = np.zeros(Y.shape[1], Y.dtype)
        elif fold.rest:
            mean = test.sum(0) / -len(fold.train)  # all samples together have mean zero
        else:
            mean = Y[fold.train].mean(0)
        test -= mean
        seen = test if fold.rotation is None else fold.rotation.T @ test
        if fold.mean is None:
            rotated = fold.vectors.T @ (Y[fold.train] - mean)
        elif fold.rest:
            # The test samples' part of X'Y is U P' (seen) but for the means
            whole = X.T @ Y if whole is None else whole
            rotated = fold.vectors.T @ whole
            rotated -= fold.predictor.T @ seen
            rotated += _outer(len(X) * fold.mean @ fold.vectors, mean)
        else:
            product = X[fold.train].T @ Y[fold.train] - _outer(len(fold.train) * fold.mean, mean)
            rotated = fold.vectors.T @ product
        square = _squares(test)
        total = square - len(test) * test.mean(0, dtype=float) ** 2
        beyond = 0 if fold.rotation is None else np.maximum(square - _squares(seen), 0)
        error = np.empty((len(alphas), Y.shape[1]))
        factors = 1 / (fold.values + alphas[:, None])
        triangular = fold.rotation is not None
        _core.call("ridge_error", [error], [rotated, fold.predictor, seen, factors], (triangular,))
        with np.errstate(invalid="ignore", divide="ignore"):
            out += np.where(total > 1e-12 * square, 1 - (error + beyond) / total, 0)
    return out / len(folds)


def _outer(a, b):
    return np.multiply.outer(a, b).astype(b.dtype, copy=False)


def _squares(x):
    """Sum of squares over the first axis in float64, without a float64 copy of it all."""
    out = np.zeros(x.shape[1])
    for first in range(0, len(x), 64):
        part = x[first : first + 64].astype(float)
        out += np.einsum("ij,ij->j", part, part)
    return out


def primal_coefficients(X, Y, alphas):
    """Coefficients (t, p) with one alpha per target; X, Y centred."""
    values, vectors = _eigh(_gram(X))
    vectors = vectors.astype(X.dtype, copy=False)
    rotated = vectors.T @ (X.T @ Y)
    rotated /= (values[:, None] + alphas).astype(X.dtype, copy=False)
    return (vectors @ rotated).T


def kernel_coefficients(X, Y, alphas):
    """The same by way of XX', for p > n."""
    return dual_coefficients(_gram(X.T), Y, alphas).T @ X


def dual_coefficients(kernel, Y, alphas):
    """Weights of the samples (n, t) with one alpha per target; the kernel is overwritten."""
    values, vectors = _eigh(kernel)
    vectors = vectors.astype(Y.dtype, copy=False)
    rotated = vectors.T @ Y
    rotated /= (values[:, None] + alphas).astype(Y.dtype, copy=False)
    return vectors @ rotated

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

BLOCK = 128  # rows of a triangular product computed at once
CHUNK_BYTES = 1 << 22  # of one array of p x (targets in work)


class Fold:
    """One fold, diagonalised: everything that does not depend on the targets."""

    def __init__(self, train, test, values, vectors, predictor, rotation, mean):
        self.train, self.test = train, test
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
        if _complementary(train, test, len(X)):
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
            Fold(train, test, values, vectors.astype(X.dtype, copy=False),
                 predictor.astype(X.dtype, copy=False), rotation, mean)
        )  # fmt: skip
    return folds


def kernel_folds(X, splits, center):
    """Folds of the kernel form; with ``center``, X is centred over all samples."""
    kernel = _gram(X.T)
    folds = []
    for train, test in splits:
        gram = kernel[np.ix_(train, train)]
        across = kernel[np.ix_(test, train)]
        if center:
            mean = gram.mean(0)
            across = across - across.mean(1, keepdims=True) - mean + mean.mean()
            gram = gram - mean - mean[:, None] + mean.mean()
        values, vectors = _eigh(gram)
        folds.append(
            Fold(train, test, values, vectors.astype(X.dtype, copy=False),
                 (across @ vectors).astype(X.dtype, copy=False), None, None)
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
        chunk = np.ascontiguousarray(Y[:, first : first + step])
        scores[:, first : first + step] = _chunk_scores(X, chunk, folds, alphas, center)
    return scores


def _chunk_scores(X, Y, folds, alphas, center):
    out = np.zeros((len(alphas), Y.shape[1]))
    whole = None
    for fold in folds:
        mean = Y[fold.train].mean(0) if center else np.zeros(Y.shape[1], Y.dtype)
        test = Y[fold.test] - mean
        if fold.mean is None:
            product = Y[fold.train] - mean
        else:
            if _complementary(fold.train, fold.test, len(X)):
                if whole is None:
                    whole = X.T @ Y
                product = whole - X[fold.test].T @ Y[fold.test]
            else:
                product = X[fold.train].T @ Y[fold.train]
            drift = np.multiply.outer(len(fold.train) * fold.mean, mean)
            product -= drift.astype(Y.dtype, copy=False)
        rotated = fold.vectors.T @ product
        total = _squares(test - test.mean(0))
        seen, rest = test, 0
        if fold.rotation is not None:
            seen = fold.rotation.T @ test
            rest = np.maximum(_squares(test) - _squares(seen), 0)
        for k, alpha in enumerate(alphas):
            shrunk = rotated * (1 / (fold.values + alpha)).astype(Y.dtype)[:, None]
            error = _error(seen, fold.predictor, shrunk, fold.rotation is not None) + rest
            with np.errstate(invalid="ignore", divide="ignore"):
                out[k] += np.where(total > 0, 1 - error / total, 0)
    return out / len(folds)


def _squares(x):
    """Sum of squares over the first axis in float64."""
    return np.einsum("ij,ij->j", x, x, dtype=np.float64)


def _error(seen, predictor, weights, triangular):
    """Sum over rows of (seen - predictor @ weights)^2, block by block."""
    error = np.zeros(seen.shape[1])
    for first in range(0, len(seen), BLOCK):
        last = first + BLOCK
        left = first if triangular else 0
        difference = predictor[first:last, left:] @ weights[left:]
        difference -= seen[first:last]
        error += _squares(difference)
    return error


def primal_coefficients(X, Y, alphas):
    """Coefficients (t, p) with one alpha per target; X, Y centred."""
    values, vectors = _eigh(_gram(X))
    vectors = vectors.astype(X.dtype, copy=False)
    rotated = vectors.T @ (X.T @ Y)
    rotated /= (values[:, None] + alphas).astype(X.dtype, copy=False)
    return (vectors @ rotated).T


def kernel_coefficients(X, Y, alphas):
    """The same by way of XX', for p > n."""
    values, vectors = _eigh(_gram(X.T))
    vectors = vectors.astype(X.dtype, copy=False)
    rotated = vectors.T @ Y
    rotated /= (values[:, None] + alphas).astype(X.dtype, copy=False)
    return (vectors @ rotated).T @ X

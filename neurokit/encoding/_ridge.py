"""Ridge regression over many alphas and targets with cross-validation: the mathematics.

n samples, p features, t targets, v samples in a test fold. With an intercept all is centred, and
within each training fold again. Samples with weights are rows multiplied by the roots of theirs, see
``_rows``; means are weighted then, and so are the errors. The training problem of a fold is diagonalised once, K = U diag(l)
U', so that a solution costs one division, W(alpha) = U D A with A = U'C and D = 1/(l + alpha):

    primal (p <= n)   K = X'X, C = X'Y of the training samples
    kernel (p > n)    K = XX', C = Y

The kernel form measures the test error by its predictions, |Y - P D A|^2 with P = (test kernel) U.
The primal form never returns to the samples: X'X and X'Y of each fold are all it needs, those of
the training samples being the whole less the fold. With B = U'X'Y of the test samples and R'R =
U'X'X U of theirs,

    |Y - X W|^2 = |Y|^2 - 2 sum(B D A) + |R D A|^2,

R being triangular: p^2 t / 2 multiply-adds per alpha instead of v p t.
"""

import copy

import numpy as np

from ..ops import dense
from ..ops.dense import product

CHUNK_BYTES = 1 << 26  # of the arrays that grow with the targets in work
ROWS = 4096  # of float32 data turned to float64 at a time


class Fold:
    """One fold, diagonalised: everything that does not depend on the targets."""

    def __init__(self, train, test, rows):
        self.train, self.test = as_slice(train), as_slice(test)
        self.trained, self.tested = rows.part(train), rows.part(test)
        self.n_train, self.n_test = self.trained.total, self.tested.total  # sums of weights
        self.rest = complementary(train, test, rows.n)  # whether train is all but test
        self.train_mean = self.test_mean = None  # of the features, primal only
        self.values = self.vectors = None  # (q,), (q, q)
        self.predictor = None  # P or R

    def copy(self):
        return copy.copy(self)


def as_slice(index):
    """The same samples as a slice where they follow one another: views instead of copies."""
    if len(index) and index[-1] - index[0] == len(index) - 1 and (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


def complementary(train, test, n):
    """True when train is all samples but test, each once."""
    if len(train) + len(test) != n:
        return False
    seen = np.zeros(n, dtype=bool)
    seen[train] = True
    seen[test] = True
    return bool(seen.all())


def partition(folds, n):
    """True when every sample is tested once, and the others train."""
    return all(fold.rest for fold in folds) and sum(fold.tested.n for fold in folds) == n


def eigh(matrix):
    """Eigenvalues and eigenvectors of one matrix or a stack of them, shared out over the threads.

    Values below zero by no more than rounding are zero; those of an indefinite kernel stay.
    """
    values, vectors = dense.eigh(matrix)
    rounding = 10 * matrix.shape[-1] * np.finfo(matrix.dtype).eps
    largest = np.abs(values).max(-1, initial=0, keepdims=True)
    values[(values < 0) & (values >= -rounding * largest)] = 0
    return values, vectors


def eigh_each(matrices):
    """The same of a list of matrices: those of one size are stacked."""
    found = [None] * len(matrices)
    sizes = [len(matrix) for matrix in matrices]
    for size in sorted(set(sizes)):
        index = [k for k in range(len(matrices)) if sizes[k] == size]
        values, vectors = eigh(np.stack([matrices[k] for k in index]))
        for k, each in zip(index, zip(values, vectors)):
            found[k] = each
    return found


def gram(x):
    """X'X in float64 from float32 or float64 rows."""
    if x.dtype == np.float64:
        return dense.gram(x)
    out = np.zeros((x.shape[1], x.shape[1]))
    for first in range(0, len(x), ROWS):
        out += dense.gram(x[first : first + ROWS].astype(np.float64))
    return out


def target_chunks(n_targets, rows, itemsize):
    """Slices of targets whose ``rows`` values each fit CHUNK_BYTES."""
    step = max(16, CHUNK_BYTES // (itemsize * max(rows, 1)))
    return [slice(first, min(first + step, n_targets)) for first in range(0, n_targets, step)]


def moments(X, pairs, center, rows):
    """Per fold (Fold, X'X of training samples, X'X of test samples about the training mean)."""
    folds = [Fold(train, test, rows) for train, test in pairs]
    tested = [gram(X[fold.test]) for fold in folds]
    total = None
    if partition(folds, len(X)):
        total = sum(tested)
    elif any(fold.rest for fold in folds):
        total = gram(X)
    for fold, test in zip(folds, tested):
        train = total - test if fold.rest else gram(X[fold.train])
        fold.train_mean = mean = np.zeros(X.shape[1])
        fold.test_mean = fold.tested.mean(X[fold.test])
        if center:
            fold.train_mean = mean = fold.trained.mean(X[fold.train])
            train -= fold.n_train * np.multiply.outer(mean, mean)
            shift = np.multiply.outer(mean, fold.test_mean - mean / 2)
            test = test - fold.n_test * (shift + shift.T)
        yield fold, train, test


def diagonalise(parts, dtype):
    """Fill in primal folds, each given with its two moment matrices."""
    parts = list(parts)
    found = eigh_each([train for _, train, _ in parts])
    for (fold, _, test), (values, vectors) in zip(parts, found):
        values = np.maximum(values, 0)
        root = triangular_root(product(vectors.T, product(test, vectors)))
        fold.values, fold.vectors = values, vectors.astype(dtype, copy=False)
        fold.predictor = np.ascontiguousarray(root, dtype=dtype)
    return [fold for fold, _, _ in parts]


def triangular_root(square):
    """Upper triangular R with R'R = square, which may be singular."""
    try:
        return dense.cholesky(square).T
    except np.linalg.LinAlgError:
        values, vectors = eigh(square)
        return dense.triangle((vectors * np.sqrt(np.maximum(values, 0))).T)


def primal_folds(X, pairs, center, rows):
    """Folds of the primal form; with ``center``, X is centred over all samples."""
    return diagonalise(moments(X, pairs, center, rows), X.dtype)


def kernel_folds(kernel, pairs, center, dtype, rows):
    """Folds from the kernel matrix of all samples, in the precision of the kernel."""
    folds, own, across = [], [], []
    for train, test in pairs:
        fold = Fold(train, test, rows)
        folds.append(fold)
        own.append(kernel[np.ix_(train, train)])
        across.append(kernel[np.ix_(test, train)])
        if center:
            mean = fold.trained.mean(own[-1])
            across[-1] -= fold.tested.along(mean)
            turned = across[-1].T
            turned -= fold.trained.along(fold.trained.mean(turned))
            own[-1] = fold.trained.centred_kernel(own[-1])
    for fold, part, (values, vectors) in zip(folds, across, eigh_each(own)):
        fold.values, fold.vectors = values, vectors.astype(dtype, copy=False)
        fold.predictor = np.ascontiguousarray(product(part, vectors), dtype=dtype)
    return folds


def fold_scores(X, Y, y_mean, folds, alphas, center, rows, cross=None):
    """R2 of every alpha and target, averaged over folds or pooled, shape (n_alphas, t).

    X is centred where there is an intercept (None in the kernel form); Y is as measured. X'Y of all
    samples goes to ``cross`` (p, t) in the primal form.
    """
    scores = np.empty((len(alphas), Y.shape[1]))
    q = max(len(fold.values) for fold in folds)
    each = len(Y) + q * (2 if X is None else len(folds) + 4)
    for chunk in target_chunks(Y.shape[1], each, Y.itemsize):
        centred = rows.centred(Y[:, chunk], y_mean[chunk])
        if X is None:
            scores[:, chunk] = kernel_scores(centred, folds, alphas, center, rows)
        else:
            scores[:, chunk], cross[:, chunk] = primal_scores(
                X, centred, folds, alphas, center, rows
            )
    return scores


def pooled(Y, folds, rows):
    """Squares of all tested samples about their mean and about zero, (t,) each, to score all folds
    together; None where each fold has the two samples that an R2 of its own needs."""
    if min(fold.tested.count for fold in folds) > 1:
        return None
    tested = np.concatenate([np.arange(len(Y))[fold.test] for fold in folds])
    seen, rows = Y[tested], rows.part(tested)
    mean = rows.mean(seen)
    total = rows.squares(seen, mean)
    return total, total + rows.total * mean**2


def combined(measured, folds, together):
    """R2 from (error, total, square) of each fold: their mean, or that of :func:`pooled` folds."""
    dtype = folds[0].vectors.dtype
    if together is None:
        return sum(mean_scores(*each, dtype) for each in measured) / len(folds)
    return mean_scores(sum(error for error, _, _ in measured), *together, dtype)


def products(X, Y, folds):
    """X'Y of each fold's test samples, and of all samples."""
    tested = [product(X[fold.test].T, Y[fold.test]) for fold in folds]
    return tested, sum(tested) if partition(folds, len(X)) else product(X.T, Y)


def target_moments(Y, fold, center):
    """(Training mean, sum over the test fold, |Y|^2 about the training mean, about its own)."""
    test = Y[fold.test]
    total_sum = fold.tested.sum(test)
    if not center:
        mean = np.zeros(Y.shape[1])
    elif fold.rest:
        mean = total_sum / -fold.n_train  # all samples together have mean zero
    else:
        mean = fold.trained.mean(Y[fold.train])
    own = total_sum / fold.n_test
    total = fold.tested.squares(test, own)
    return mean, total_sum, total + fold.n_test * (own - mean) ** 2, total


def fold_products(X, targets, fold, tested, whole, mean, total_sum, center):
    """X'Y of the training samples and of the test samples, both about the training means.

    ``targets`` is a function that gives Y, asked only where the products do not suffice.
    """
    train = whole - tested if fold.rest else product(X[fold.train].T, targets()[fold.train])
    if not center:
        return train, tested
    train -= _outer(fold.n_train * fold.train_mean, mean, X.dtype)
    test = tested - _outer(fold.train_mean, total_sum - fold.n_test * mean, X.dtype)
    test -= _outer(fold.n_test * fold.test_mean, mean, X.dtype)
    return train, test


def primal_scores(X, Y, folds, alphas, center, rows):
    """R2 of a chunk of targets from the products of each fold, and X'Y."""
    tested, whole = products(X, Y, folds)

    def measured():
        for fold, part in zip(folds, tested):
            mean, total_sum, square, total = target_moments(Y, fold, center)
            train, test = fold_products(X, lambda: Y, fold, part, whole, mean, total_sum, center)
            error = primal_error(X, lambda: Y, fold, train, test, mean, square, total, alphas)
            yield error, total, square

    return combined(measured(), folds, pooled(Y, folds, rows)), whole


def primal_error(X, targets, fold, train, test, mean, square, total, alphas, scale=1.0):
    """Squared test error of each alpha and target; ``scale`` is that of the features."""
    rotated = product(fold.vectors.T, train)
    if (square > 100 * total)[total > 0].any():  # the difference of squares would cancel
        features = (X[fold.test] - fold.tested.along(fold.train_mean)) * scale
        seen = fold.tested.centred(targets()[fold.test], mean)
        predictor = product(features.astype(X.dtype, copy=False), fold.vectors)
        return ridge_error(rotated, predictor, seen, fold.values, alphas)
    return statistic_error(fold, rotated, product(fold.vectors.T, test), square, alphas)


def statistic_error(fold, rotated, seen, square, alphas):
    """Squared test error of each alpha and target from A, B and |Y|^2."""
    error = ridge_error(rotated, fold.predictor, None, fold.values, alphas)
    factors = (1 / (fold.values + alphas[:, None])).astype(rotated.dtype)
    error += square - 2 * product(factors, rotated * seen).astype(float)
    return np.maximum(error, 0, out=error)


def kernel_scores(Y, folds, alphas, center, rows):
    """R2 of a chunk of targets from its predictions."""

    def measured():
        for fold in folds:
            mean, _, square, total = target_moments(Y, fold, center)
            yield kernel_error(Y, fold, mean, alphas), total, square

    return combined(measured(), folds, pooled(Y, folds, rows))


def kernel_error(Y, fold, mean, alphas):
    """Squared test error of each alpha and target."""
    rotated = product(fold.vectors.T, fold.trained.centred(Y[fold.train], mean))
    seen = fold.tested.centred(Y[fold.test], mean)
    error = ridge_error(rotated, fold.predictor, seen, fold.values, alphas)
    error[fold.values.min() + alphas <= 0] = np.inf  # no minimum: an indefinite kernel
    return error


def varies(total, square, dtype):
    """Whether squares about the own mean are more than what rounding leaves of those about another."""
    return total > (1e-12 if dtype == np.float32 else 1e-26) * square


def mean_scores(error, total, square, dtype):
    """R2, and 0 where the target does not vary in the test fold."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varies(total, square, dtype), 1 - error / total, 0)


def ridge_error(rotated, predictor, seen, values, alphas):
    """sum_r (seen - predictor D rotated)^2 for every alpha, shape (n_alphas, t), float64.

    Without ``seen``, which is zero then, the predictor is triangular.
    """
    return dense.ridge_error(rotated, predictor, 1 / (values + alphas[:, None]), seen)


def _outer(a, b, dtype):
    return np.multiply.outer(a.astype(dtype), b.astype(dtype))


def primal_coefficients(X, cross, alphas):
    """Coefficients (t, p) with one alpha per target from X, centred as asked for, and X'Y."""
    values, vectors = eigh(gram(X))
    values = np.maximum(values, 0)
    vectors = vectors.astype(X.dtype, copy=False)
    coef = np.empty(cross.shape[::-1], X.dtype)
    for chunk in target_chunks(len(coef), 2 * len(cross), X.itemsize):
        rotated = product(vectors.T, cross[:, chunk])
        rotated /= (values[:, None] + alphas[chunk]).astype(X.dtype, copy=False)
        product(rotated.T, vectors.T, out=coef[chunk])
    return coef


def kernel_coefficients(X, Y, y_mean, alphas, rows):
    """The same by way of XX', for p > n."""
    dual = dual_coefficients(gram(X.T), Y, y_mean, alphas, rows)
    return product(dual.T, X)


def dual_coefficients(kernel, Y, y_mean, alphas, rows):
    """Weights of the rows (n, t) with one alpha per target; the kernel is overwritten."""
    values, vectors = eigh(kernel)
    vectors = vectors.astype(Y.dtype, copy=False)
    dual = np.empty(Y.shape, Y.dtype)
    for chunk in target_chunks(Y.shape[1], 2 * len(Y), Y.itemsize):
        rotated = product(vectors.T, rows.centred(Y[:, chunk], y_mean[chunk]))
        rotated /= (values[:, None] + alphas[chunk]).astype(Y.dtype, copy=False)
        dual[:, chunk] = product(vectors, rotated)
    return dual

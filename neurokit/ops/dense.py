"""Dense linear algebra on stacks of plain arrays, shared out over the threads of the pool.

The results have the same bits for any number of threads, unlike those of a BLAS that splits within
one matrix.
"""

import numpy as np

from neurokit import _core


def eigh(matrices):
    """Eigenvalues (..., n), ascending, and eigenvectors (..., n, n) of symmetric matrices."""
    values, vectors = np.empty(matrices.shape[:-1], matrices.dtype), np.empty_like(matrices)
    _core.call("eigh", [values, vectors], [matrices], (1,))
    return values, vectors


def eigvalsh(matrices):
    """Eigenvalues (..., n) alone."""
    values = np.empty(matrices.shape[:-1], matrices.dtype)
    _core.call("eigh", [values], [matrices], (1,))
    return values


def product(a, b, threads=0):
    """(..., m, k) times (..., k, n), stacks of one shape and type."""
    out = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    _core.call("matmul", [out], [a, b], threads=threads)
    return out


def inverse_cholesky(matrices, threads=0):
    """L^-1 of A = L L' for each matrix; LinAlgError where one is not positive definite."""
    lower, inverse = np.empty_like(matrices), np.empty_like(matrices)
    unit = np.broadcast_to(np.eye(matrices.shape[-1], dtype=matrices.dtype), matrices.shape)
    _core.call("cholesky", [lower], [matrices], threads=threads)
    _core.call("triangular_solve", [inverse], [lower, unit], (1, 0, 0), threads=threads)
    return inverse


def ridge_error(rotated, predictor, factors, seen=None):
    """sum_r (seen - predictor diag(factors_a) rotated)^2 for every alpha a and target, float64.

    rotated (p, t), predictor (r, p), factors (n_alphas, p), seen (r, t) -> (n_alphas, t). Without
    `seen`, which is zero then, the predictor is triangular.
    """
    out = np.empty((len(factors), rotated.shape[1]))
    inputs = [rotated, np.ascontiguousarray(predictor), factors]
    inputs += [] if seen is None else [seen]
    _core.call("ridge_error", [out], inputs, (seen is None,))
    return out

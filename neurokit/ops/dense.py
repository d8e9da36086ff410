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

"""Dense linear algebra on plain arrays, shared out over the threads of the pool.

The results have the same bits for any number of threads, of neurokit or of any BLAS, unlike NumPy's
and SciPy's: work is cut by size alone, and the BLAS underneath runs on one thread.
"""

import numpy as np

from neurokit import _core


def eigh(matrices):
    """Eigenvalues (..., n), ascending, and eigenvectors (..., n, n) of symmetric matrices."""
    values, vectors = np.empty(matrices.shape[:-1], matrices.dtype), np.empty_like(matrices)
    _core.call("eigh", [values, vectors], [matrices], (1,))
    return values, vectors


def eigvalsh(matrices):
    """Eigenvalues (..., n), ascending, alone."""
    values = np.empty(matrices.shape[:-1], matrices.dtype)
    _core.call("eigh", [values], [matrices], (1,))
    return values


def svd(matrix):
    """U (m, k), s (k,) falling and V' (k, n) of A = U diag(s) V', k = min(m, n)."""
    m, n = matrix.shape
    k = min(m, n)
    out = [np.empty(shape, matrix.dtype) for shape in ((m, k), (k,), (k, n))]
    _core.call("svd", out, [matrix])
    return out


def svdvals(matrix):
    """Singular values of a matrix, falling."""
    out = np.empty(min(matrix.shape), matrix.dtype)
    _core.call("svd", [out], [matrix])
    return out


def product(a, b, out=None, threads=0):
    """``np.matmul`` of two real arrays: vectors, matrices, or stacks of them of one shape."""
    dtype = np.result_type(a, b)
    x, y = (np.asarray(each).astype(dtype, copy=False) for each in (a, b))
    x = x[None] if x.ndim == 1 else x
    y = y[:, None] if y.ndim == 1 else y
    shape = (*x.shape[:-1], y.shape[-1])
    result = np.empty(shape, dtype) if out is None else out.reshape(shape)
    _core.call("matmul", [result], [x, y], threads=threads)
    if out is not None:
        return out
    if a.ndim == 1:
        result = result[0]
    return result[..., 0] if b.ndim == 1 else result


def gram(x):
    """X'X of a matrix of float32 or float64, symmetric to the bit."""
    if not (x.flags.c_contiguous or x.flags.f_contiguous):
        x = np.ascontiguousarray(x)
    out = np.empty((x.shape[1], x.shape[1]), x.dtype)
    _core.call("syrk", [out], [x.T])
    return out


def squared_norm(x):
    """Sum of squares of all elements, in float64."""
    rows = x.reshape(len(x), -1)
    return float(np.einsum("ij,ij->i", rows, rows, dtype=float).sum())


def cholesky(matrix):
    """L of A = L L', A symmetric (n, n); LinAlgError where it is not positive definite."""
    matrix = matrix.astype(np.result_type(matrix, np.float32), copy=False)
    lower = np.empty_like(matrix, order="C")
    _core.call("cholesky", [lower], [matrix])
    return lower


def solve_triangular(lower, b, transposed=False):
    """L^-1 B, or L'^-1 B: lower (n, n), B (n,) or (n, k)."""
    dtype = np.result_type(lower, b)
    right = b.reshape(len(b), -1).astype(dtype, copy=False)
    out = np.empty(right.shape, dtype)
    inputs = [lower.astype(dtype, copy=False), right]
    _core.call("triangular_solve", [out], inputs, (1, int(transposed), 0))
    return out.reshape(b.shape)


def inverse(matrix):
    """A^-1 of a symmetric A (n, n); LinAlgError where it is not positive definite."""
    lower = cholesky(matrix)
    return gram(solve_triangular(lower, np.eye(len(lower), dtype=lower.dtype)))


def triangle(matrix):
    """R of A = Q R, upper triangular, for A (m, n): (min(m, n), n)."""
    least = min(matrix.shape)
    rotation, out = (
        np.empty(shape, matrix.dtype) for shape in ((len(matrix), least), (least, matrix.shape[1]))
    )
    _core.call("qr", [rotation, out], [matrix])
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

"""Kernels of representational similarity on plain arrays: Gram matrices, distances, ranks, scores.

Shape letters: B stacked problems, M folds, n rows (conditions), d channels, N = n (n - 1) / 2 pairs.
Outputs are new arrays unless `out` is given; all are the same for any number of threads.
"""

import numpy as np

from neurokit import _core


def gram(x, weights=None, center=False, out=None):
    """Inner products of rows in float64: x (B, n, d), weights (B, d) -> (B, n, n)."""
    if out is None:
        out = np.empty((len(x), x.shape[1], x.shape[1]))
    _core.call("gram", [out], [x] if weights is None else [x, weights], (int(center),))
    return out


def distances(kernel, x, *others, parameters=(), dtype=None, threads=0):
    """Condensed distances of rows by ``rdm``, ``rdm_masked`` or ``crossnobis``.

    x : (B, n, d), or (B, M, n, d) with folds; others : what the kernel takes beside it, such as the
    channels of each problem -> (B, N) of `dtype`, that of x unless given
    """
    n = x.shape[-2]
    out = np.empty((len(x), n * (n - 1) // 2), dtype or x.dtype)
    _core.call(kernel, [out], [x, *others], parameters, threads=threads)
    return out


def whitened(x, columns, noise, covariance=False, threads=0):
    """Patterns whitened by the noise between the channels of each problem.

    x : (C, k), one row per channel; columns : (B, d); noise : z-scores (C, T) of residuals, whose
    correlations are shrunk, or a covariance (C, C) -> (B, d, k)
    """
    out = np.empty((*columns.shape, x.shape[1]), x.dtype)
    _core.call("whiten", [out], [x, columns, noise], (int(covariance),), threads=threads)
    return out


def ranks(x, weights=None):
    """Mid-ranks 1 .. N of each row (m, N); NaN stays NaN and is not counted.

    With int weights (B, N) an element stands there as often as they say: (B, m, N).
    """
    out = np.empty(x.shape if weights is None else (len(weights), *x.shape))
    _core.call("rank", [out], [x] if weights is None else [x, weights])
    return out


def cosines(x, y, center=False):
    """Cosine (or correlation) of all rows of x with all of y, pairs missing in one left out."""
    out = np.empty((len(x), len(y)))
    _core.call("compare", [out], [x, y], (int(center),))
    return out


def kendall(x, y, variant, weights=None):
    """Kendall's tau-a (variant 0) or tau-b (1) of all rows; with int weights (B, N) of each sample."""
    shape = (len(x), len(y)) if weights is None else (len(weights), len(x), len(y))
    out = np.empty(shape)
    _core.call("kendall", [out], [x, y] if weights is None else [x, y, weights], (int(variant),))
    return out


def scores(values, reference, *weights, ranks, center, norm, threads=0):
    """Similarities of reference rows (m, N) with many rows (B, N) -> (m, B).

    The parameters are those of ``csrc/kernels/compare/score.c``.
    """
    out = np.empty((len(reference), len(values)))
    ins = [values, reference, *weights]
    _core.call("score", [out], ins, (ranks, center, norm), threads=threads)
    return out


def tfce(rows, indptr, indices, extent, height):
    """Threshold-free cluster enhancement of non-negative maps (B, centres) over a graph in CSR form."""
    out = np.empty(rows.shape)
    _core.call("tfce", [out], [rows, indptr, indices], (), (float(extent), float(height)))
    return out

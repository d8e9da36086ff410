"""The sparse products in NumPy: their readable definition, and the oracle of the tests.

Letters: P pre, Q post, S synapses, B batch; see csrc/kernels/event/event.h.
"""

import numpy as np


def rows_of(indptr):
    """Pre cell of each synapse, shape (S,)."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def active(x, dtype):
    """1 where x > 0, else 0."""
    return (x > 0).astype(dtype)


def product(indptr, indices, weight, x, n_post, transpose, start=None):
    """Sums of w x along the synapses: (..., P) -> (..., Q), or back if `transpose`."""
    source, target = (indices, rows_of(indptr)) if transpose else (rows_of(indptr), indices)
    n_out = len(indptr) - 1 if transpose else n_post
    out = np.zeros(x.shape[:-1] + (n_out,), weight.dtype) if start is None else start.copy()
    terms = weight * x[..., source]
    if x.ndim == 1:
        np.add.at(out, target, terms)
    else:
        for row, term in zip(out, terms):
            np.add.at(row, target, term)
    return out


def weight_grad(base, indptr, indices, x, ct):
    """base + x[i] ct[j] of each synapse i -> j, summed over the batch; over all synapses if base is 0-d."""
    each = x[..., rows_of(indptr)] * ct[..., indices]
    if base.ndim:
        return base + each.reshape(-1, len(indices)).sum(0)
    return np.asarray(base + each.sum(dtype=np.float64), base.dtype)

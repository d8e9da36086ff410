"""Alphas and targets as the cross-validated regressions take them."""

import numpy as np


def checked_alphas(alphas):
    """Alphas as a vector of positive numbers."""
    vector = np.atleast_1d(np.asarray(alphas, dtype=float))
    if vector.ndim != 1 or len(vector) == 0 or not (np.isfinite(vector) & (vector > 0)).all():
        raise ValueError(f"alphas: wanted positive numbers, got {alphas!r}")
    return vector


def scaled_targets(y, dtype):
    """(Targets (n, t) in ``dtype``, scale of each): powers of two keep squares within range."""
    Y = y.reshape(len(y), -1)
    largest = np.maximum(Y.max(0), -Y.min(0)).astype(float)
    limit = float(np.finfo(dtype).max)
    if (largest > limit).any():
        raise ValueError(f"y: values up to {largest.max():.3g} do not fit {np.dtype(dtype)}")
    scale = np.ones(Y.shape[1])
    far = (largest > 0) & ((largest > limit**0.25) | (largest < limit**-0.25))
    scale[far] = 2.0 ** np.minimum(np.frexp(largest[far])[1], 1023)
    if far.any():
        # in two steps: one over the smallest numbers overflows
        root = 2.0 ** (np.log2(scale) // 2)
        Y = Y.astype(float) / root / (scale / root)
    return Y.astype(dtype, copy=False), scale


def rescaled(values, scale):
    """Values of each target (last axis) in its own units again."""
    return values if (scale == 1).all() else (values * scale).astype(values.dtype)


def chosen_alphas(alphas, scores, per_target):
    """The best alpha of each target, or the one that is best on average, shape (n_targets,)."""
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    if not np.isfinite(scores.max(0)).all():
        raise ValueError("alphas: too small for this kernel, which has negative eigenvalues")
    if per_target:
        return alphas[np.argmax(scores, axis=0)]
    return np.full(scores.shape[1], alphas[np.argmax(scores.mean(1))])

"""Alphas, targets and weights of samples as the cross-validated regressions take them."""

import numpy as np

from ..core.trace.tracer import check_class
from ._rows import Rows


def checked_alphas(alphas):
    """Alphas as a vector of positive numbers."""
    try:
        vector = np.atleast_1d(np.asarray(alphas, dtype=float))
    except (TypeError, ValueError):
        raise ValueError(f"alphas: wanted positive numbers, got {alphas!r}") from None
    if vector.ndim != 1 or len(vector) == 0 or not (np.isfinite(vector) & (vector > 0)).all():
        raise ValueError(f"alphas: wanted positive numbers, got {alphas!r}")
    return vector


def scaled_targets(y, dtype):
    """(Targets (n, t) in ``dtype``, scale of each): powers of two keep squares within range."""
    Y = y.reshape(len(y), -1)
    largest = np.maximum(Y.max(0).astype(float), -Y.min(0).astype(float))
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


def checked_rows(sample_weight, n, pairs):
    """The samples as :class:`Rows`, each side of each fold with a weight above zero."""
    if sample_weight is None:
        return Rows(n)
    check_class(sample_weight, "sample_weight")
    weights = np.asarray(sample_weight)
    if weights.dtype.kind not in "buif":
        raise TypeError(f"sample_weight: wanted numbers, got {weights.dtype}")
    weights = weights.astype(float)
    if weights.ndim == 0:
        weights = np.full(n, float(weights))
    if weights.shape != (n,):
        raise ValueError(f"sample_weight: wanted {n}, one per sample, got shape {weights.shape}")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("sample_weight: wanted finite numbers of at least 0")
    if weights.any() and not 1e-30 < weights.max() < 1e30:
        raise ValueError(
            f"sample_weight: wanted a largest weight between 1e-30 and 1e30, got {weights.max():.3g}"
        )
    for k, pair in enumerate(pairs):
        for side, index in zip(("training", "test"), pair):
            if not weights[index].any():
                raise ValueError(f"sample_weight: all {side} samples of fold {k} have weight zero")
    return Rows(n, np.sqrt(weights))

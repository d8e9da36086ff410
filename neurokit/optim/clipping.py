"""Gradients kept within bounds."""

import numpy as np

from ..core import tree
from .base import like, squared


def global_norm(grads):
    """Euclidean norm of all arrays of a container together."""
    return np.sqrt(sum((np.sum(squared(g)) for g in tree.leaves(grads)), 0.0))


def clip_by_global_norm(grads, max_norm):
    """Gradients scaled so that the norm over all of them is at most `max_norm`."""
    scale = _shrink(global_norm(grads), max_norm, "clip_by_global_norm")
    return tree.map(lambda g: g * like(scale, g), grads)


def clip_by_norm(grads, max_norm):
    """Each gradient scaled so that its own norm is at most `max_norm`."""
    return tree.map(lambda g: g * like(_shrink(global_norm(g), max_norm, "clip_by_norm"), g), grads)


def clip_by_value(grads, max_value):
    """Each element limited to [-max_value, max_value]."""
    _positive(max_value, "clip_by_value", "max_value")
    return tree.map(lambda g: np.clip(g, -max_value, max_value), grads)


def _positive(value, what, name):
    if not value > 0:
        raise ValueError(f"{what}: {name} must be positive, got {value!r}")


def _shrink(norm, max_norm, what):
    _positive(max_norm, what, "max_norm")
    return np.minimum(1.0, max_norm / np.maximum(norm, 1e-12))

"""Arrays filled like a traced one, and nested lists with traced leaves."""

import numpy as np

from ..primitives.shaping import broadcast
from ..trace.tracer import to_node
from ..trace.ufuncs import as_dtype
from .base import T, _full_tracer, _shape, implements
from .shapes import astype, stack


def _creator(value):
    def call(a, dtype=None, order="K", subok=True, shape=None, device=None):
        node = to_node(a)
        return _full_tracer(
            node.shape if shape is None else _shape(shape),
            value,
            node.dtype if dtype is None else dtype,
        )

    return call


zeros_like = implements(np.zeros_like, np.empty_like)(_creator(0))
ones_like = implements(np.ones_like)(_creator(1))


@implements(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, device=None):
    node, value = to_node(a), to_node(fill_value)
    value = as_dtype(value, node.dtype if dtype is None else np.dtype(dtype))
    return T(broadcast(value, node.shape if shape is None else _shape(shape)))


def array(values, dtype=None):
    """Stack a nested list whose leaves may be traced."""
    if isinstance(values, (list, tuple)):
        parts = [array(v) for v in values]
        if not parts:
            return T(to_node(np.asarray(values, dtype)))
        result = stack(parts)
    else:
        result = T(to_node(values))
    return result if dtype is None else astype(result, dtype)

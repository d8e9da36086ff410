"""Arrays that accept traced values: `nk.array([t, 1.0])`, `nk.zeros(3, like=t)`."""

import numpy as np

from .. import numpy_table as table
from ..graph import current
from ..numpy_table.base import _shape
from ..primitives.shaping import full as _full
from .tracer import Tracer, _any_tracer, to_node
from .ufuncs import as_dtype


def _traced(like):
    return isinstance(like, Tracer) or like is None and current() is not None


def array(values, dtype=None, like=None):
    """An array from numbers, arrays, traced values and nested lists of them; traced inside a trace."""
    if (
        isinstance(values, Tracer)
        or isinstance(values, (list, tuple))
        and _any_tracer(values)
        or _traced(like)
    ):
        return table.array(values, dtype)
    return np.array(values, dtype)


def full(shape, value, dtype=None, like=None):
    """An array of one value. In a trace it can be written to with ``t[i] = v``."""
    if not (_traced(like) or isinstance(value, Tracer)):
        return np.full(shape, value, dtype)
    node = to_node(value)
    if dtype is None and isinstance(like, Tracer):
        dtype = like.dtype
    return table.broadcast_to(Tracer(as_dtype(node, np.dtype(dtype or node.dtype))), _shape(shape))


def zeros(shape, dtype=None, like=None):
    """Zeros; the dtype is that of `like`, else float64."""
    return _constant(np.zeros, 0, shape, dtype, like)


def ones(shape, dtype=None, like=None):
    """Ones; the dtype is that of `like`, else float64."""
    return _constant(np.ones, 1, shape, dtype, like)


empty = zeros


def _constant(plain, value, shape, dtype, like):
    if dtype is None:
        dtype = like.dtype if like is not None and hasattr(like, "dtype") else np.float64
    if _traced(like):
        return Tracer(_full(_shape(shape), value, np.dtype(dtype)))
    return plain(shape, dtype)


def arange(*args, dtype=None, like=None):
    """``np.arange`` of plain numbers: inside a trace a fresh traced array."""
    values = np.arange(*args, dtype=dtype)
    return Tracer(to_node(values)) if _traced(like) else values


def eye(n, m=None, k=0, dtype=np.float64, like=None):
    """``np.eye``: inside a trace a fresh traced array."""
    values = np.eye(n, m, k, dtype)
    return Tracer(to_node(values)) if _traced(like) else values

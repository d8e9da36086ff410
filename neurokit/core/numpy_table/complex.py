"""Parts and kinds of complex arrays. `t.real` and `t.imag` are views: writes go through."""

import builtins
import math

import numpy as np

from ..errors import TraceError
from ..primitives import complexes
from ..primitives.shaping import full as _full
from ..trace.tracer import Tracer, _cast, broadcast_value, to_node
from .base import FUNCTIONS, T, implements
from .shapes import _read_only, _view


def _part(k, prim):
    def read(node):
        return complexes.parts(node)[k]

    def write(base, new):
        both = list(complexes.parts(base))
        both[k] = new
        return complexes.join(*both)

    def call(val):
        if not np.iscomplexobj(val):
            return (
                (val if isinstance(val, Tracer) else T(to_node(val))) if k == 0 else _no_part(val)
            )
        return _view(val, read, write, prim)

    return call


def _no_part(val):
    """The imaginary part of a real array: zeros that cannot be written to."""
    node = to_node(val)
    zero = _full(node.shape, 0, node.dtype)
    if not isinstance(val, Tracer):
        return T(zero)
    return Tracer(zero, val, lambda n: zero, _read_only, val.layout())


real = implements(np.real)(_part(0, complexes.REAL))
imag = implements(np.imag)(_part(1, complexes.IMAG))


def set_part(t, value, k):
    """``t.real = value`` (k = 0) or ``t.imag = value`` (k = 1)."""
    if t.dtype.kind != "c":
        if k:
            raise TypeError("array does not have imaginary part to set")
        t[...] = value
        return
    both = list(complexes.parts(t.node))
    both[k] = broadcast_value(_cast(to_node(value), both[k].dtype), t.shape)
    t.assign(complexes.join(*both))


def reinterpret(t, dtype=None, type=None):
    """``t.view(dtype)`` between complex numbers and pairs of real ones; ``t.view()`` is ``t[...]``."""
    if isinstance(dtype, builtins.type) and issubclass(dtype, np.ndarray):
        dtype, type = None, dtype
    if type not in (None, np.ndarray):
        raise TraceError(f"a traced array has no view of class {type.__name__}")
    new, old = t.dtype if dtype is None else np.dtype(dtype), t.dtype
    if new == old:
        return t[...]
    alike = np.result_type(new, np.complex64) == np.result_type(old, np.complex64)
    if not (new.isnative and alike and {new.kind, old.kind} == {"f", "c"}):
        raise TraceError(
            f"view({new}) reads the bits of {old} as another type, so it has no traced form: use astype"
        )
    layout = t.layout()
    if not t.ndim or layout.strides[-1] != old.itemsize:
        raise ValueError(
            "To change to a dtype of a different size, the last axis must be contiguous"
        )
    if new.kind == "c" and t.shape[-1] % 2:
        raise ValueError(
            "When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last "
            "axis of the array."
        )
    read, write = (_pairs, _numbers) if new.kind == "f" else (_numbers, _pairs)
    node = read(t.node)
    strides = (*layout.strides[:-1], new.itemsize)
    layout = layout._replace(dtype=new, shape=node.shape, strides=strides)
    return Tracer(node, t, read, lambda base, value: write(value), layout)


def _pairs(node):
    """Real and imaginary parts side by side along the last axis."""
    both = np.stack([T(p) for p in complexes.parts(node)], -1)
    return np.reshape(both, (*node.shape[:-1], 2 * node.shape[-1])).node


def _numbers(node):
    """Pairs of real numbers along the last axis as complex ones."""
    t = T(node)
    return complexes.join(t[..., ::2].node, t[..., 1::2].node)


FUNCTIONS[np.iscomplexobj] = lambda x: to_node(x).dtype.kind == "c"
FUNCTIONS[np.isrealobj] = lambda x: to_node(x).dtype.kind != "c"
FUNCTIONS[np.iscomplex] = lambda x: imag(x) != 0
FUNCTIONS[np.isreal] = lambda x: imag(x) == 0


@implements(np.angle)
def angle(z, deg=False):
    z = T(to_node(z))
    a = np.arctan2(imag(z), real(z)) if z.dtype.kind == "c" else np.arctan2(0, z)
    return a * (180 / math.pi) if deg else a


@implements(np.real_if_close)
def real_if_close(a, tol=100):
    t = T(to_node(a))
    if t.dtype.kind != "c":
        return t
    if t.abstract:
        raise TraceError("np.real_if_close decides a dtype by values: use np.real in jit and loops")
    part = np.asarray(imag(t)._value("real_if_close"))
    if tol > 1:
        tol = np.finfo(part.dtype).eps * tol
    return real(t) if np.all(np.absolute(part) < tol) else t

"""Operators and array methods of `Tracer`, each the NumPy function of the same name."""

import numpy as np

from .. import numpy_table as table
from .tracer import Tracer
from .ufuncs import apply_ufunc, store_into


def _in_place(ufunc):
    def call(self, other):
        result = apply_ufunc(ufunc, (self, other))
        if self.is_scalar:  # a NumPy scalar cannot change: the name gets a new one
            return result
        store_into(self, result)
        return self

    return call


for _name, _ufunc in {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "pow": np.power,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}.items():
    setattr(Tracer, f"__i{_name}__", _in_place(_ufunc))
Tracer.__divmod__ = lambda self, other: divmod_(self, other)
Tracer.__rdivmod__ = lambda self, other: divmod_(other, self)
Tracer.__matmul__ = lambda self, other: table.matmul(self, other)
Tracer.__rmatmul__ = lambda self, other: table.matmul(other, self)
Tracer.__round__ = lambda self, ndigits=0: table.around(self, ndigits or 0)


def divmod_(a, b):
    return np.floor_divide(a, b), np.remainder(a, b)


def _imatmul(self, other):
    store_into(self, table.matmul(self, other))
    return self


Tracer.__imatmul__ = _imatmul


for _name in (
    "sum",
    "prod",
    "mean",
    "var",
    "std",
    "any",
    "all",
    "argmax",
    "argmin",
    "cumsum",
    "cumprod",
    "clip",
    "ravel",
    "swapaxes",
    "squeeze",
    "take",
    "repeat",
    "dot",
    "diagonal",
    "trace",
    "copy",
    "ptp",
):
    setattr(Tracer, _name, getattr(table, _name))
Tracer.max, Tracer.min, Tracer.round = table.amax, table.amin, table.around
Tracer.flatten = lambda self, order="C": Tracer(table.ravel(self, order).node)


def _method(function):
    """An array method that is the NumPy function of the array."""
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


for _function in (np.argsort, np.argpartition, np.searchsorted, np.nonzero, np.choose, np.put):
    setattr(Tracer, _function.__name__, _method(_function))
Tracer.compress = lambda self, condition, axis=None, out=None: np.compress(
    condition, self, axis, out
)


def _in_place_order(function):
    def call(self, *args, **kwargs):
        self.assign(function(Tracer(self.node), *args, **kwargs).node)

    return call


Tracer.sort, Tracer.partition = _in_place_order(np.sort), _in_place_order(np.partition)
Tracer.device = "cpu"
Tracer.strides = property(lambda self: self.layout().strides)
Tracer.__contains__ = lambda self, value: bool(np.any(np.equal(self, value)))
Tracer.__array_namespace__ = lambda self, *, api_version=None: np


def _to_device(self, device, /, *, stream=None):
    if device != "cpu":
        raise ValueError(f"Unsupported device: {device}.")
    return self


def _no_deletion(self, key):
    raise ValueError("cannot delete array elements")


Tracer.to_device, Tracer.__delitem__ = _to_device, _no_deletion
Tracer.conj = Tracer.conjugate = lambda self: np.conjugate(self) if self.dtype.kind == "c" else self
Tracer.real = property(table.real, lambda self, value: table.set_part(self, value, 0))
Tracer.imag = property(table.imag, lambda self, value: table.set_part(self, value, 1))
Tracer.T = property(lambda self: table.transpose(self))
Tracer.mT = property(lambda self: table.swapaxes(self, -1, -2))


class Flat:
    """``t.flat``: the elements in C order, to read, write and go through."""

    def __init__(self, array):
        self.array = array

    def __iter__(self):
        return iter(table.ravel(self.array))

    def __len__(self):
        return self.array.size

    def __getitem__(self, key):
        return Tracer(table.ravel(Tracer(self.array.node))[key].node)

    def __setitem__(self, key, value):
        places = np.arange(self.array.size)[key]
        if np.size(places):
            np.put(self.array, places, value)


def _set_flat(self, value):
    self.flat[...] = value


Tracer.flat = property(Flat, _set_flat)


def _reshape(self, *shape, order="C", copy=None):
    return table.reshape(self, shape[0] if len(shape) == 1 else shape, order, copy=copy)


def _transpose(self, *axes):
    if len(axes) == 1 and (axes[0] is None or np.iterable(axes[0])):
        axes = axes[0] if axes[0] is None else tuple(axes[0])
    return table.transpose(self, axes or None)


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    dtype = np.dtype(dtype)
    if not np.can_cast(self.dtype, dtype, casting):
        raise TypeError(
            f"Cannot cast array data from {self.dtype!r} to {dtype!r} according to the rule '{casting}'"
        )
    return table.astype(self, dtype)


def _fill(self, value):
    self[...] = value


Tracer.view = table.reinterpret
Tracer.reshape, Tracer.transpose, Tracer.astype, Tracer.fill = _reshape, _transpose, _astype, _fill

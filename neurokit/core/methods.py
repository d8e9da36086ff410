"""Operators and array methods of `Tracer`, each the NumPy function of the same name."""

import numpy as np

from . import numpy_table as table
from .tracer import Tracer
from .ufuncs import apply_ufunc, store_into

_BINARY = {
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
}
_COMPARE = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}
_UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


def _operator(ufunc):
    return lambda self, other: apply_ufunc(ufunc, (self, other))


def _reflected(ufunc):
    return lambda self, other: apply_ufunc(ufunc, (other, self))


def _in_place(ufunc):
    def call(self, other):
        result = apply_ufunc(ufunc, (self, other))
        if self.is_scalar:  # a NumPy scalar cannot change: the name gets a new one
            return result
        store_into(self, result)
        return self

    return call


for _name, _ufunc in _BINARY.items():
    setattr(Tracer, f"__{_name}__", _operator(_ufunc))
    setattr(Tracer, f"__r{_name}__", _reflected(_ufunc))
    setattr(Tracer, f"__i{_name}__", _in_place(_ufunc))
for _name, _ufunc in _COMPARE.items():
    setattr(Tracer, f"__{_name}__", _operator(_ufunc))
for _name, _ufunc in _UNARY.items():
    setattr(Tracer, f"__{_name}__", lambda self, u=_ufunc: apply_ufunc(u, (self,)))
Tracer.__hash__ = None
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
Tracer.conj = Tracer.conjugate = lambda self: np.conjugate(self)
Tracer.real = property(table.real, lambda self, value: table.set_part(self, value, 0))
Tracer.imag = property(table.imag, lambda self, value: table.set_part(self, value, 1))
Tracer.T = property(lambda self: table.transpose(self))
Tracer.mT = property(lambda self: table.swapaxes(self, -1, -2))
Tracer.flat = property(lambda self: iter(table.ravel(self)))


def _reshape(self, *shape, order="C", copy=None):
    return table.reshape(self, shape[0] if len(shape) == 1 else shape, order)


def _transpose(self, *axes):
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        axes = axes[0]
    return table.transpose(self, axes or None)


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    return table.astype(self, dtype)


def _fill(self, value):
    self[...] = value


Tracer.reshape, Tracer.transpose, Tracer.astype, Tracer.fill = _reshape, _transpose, _astype, _fill

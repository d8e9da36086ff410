"""NumPy's functions on traced arrays: composites of primitives, keyed by the function object.

The everyday functions load with the engine; the rest of the table loads when one of its functions is
first met, or the whole of `FUNCTIONS` is asked for.
"""

import importlib

from ..trace.tracer import Tracer
from . import base
from .base import gather, unsupported
from .choices import around, clip, where
from .complex import imag, real, reinterpret, set_part
from .filled import array, ones_like, zeros_like
from .products import dot, matmul
from .reductions import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    cumprod,
    cumsum,
    mean,
    prod,
    ptp,
    std,
    sum,
    var,
)
from .selection import diagonal, repeat, take, trace
from .shapes import (
    astype,
    broadcast_to,
    copy,
    ravel,
    reshape,
    squeeze,
    stack,
    swapaxes,
    transpose,
)

_LATER = (
    "calculus counting creators editing fft linalg nans norms ordering padding polynomials"
).split()


def handler(function):
    """What runs a NumPy function on traced arrays; None where it has no traced form."""
    found = base.FUNCTIONS.get(function)
    if found is None and _LATER:
        _load_the_rest()
        found = base.FUNCTIONS.get(function)
    return found


def _call(self, func, types, args, kwargs):
    """NumPy's protocol for functions that are no ufuncs."""
    run = base.FUNCTIONS.get(func) or handler(func)
    if run is None:
        unsupported(func)
    if kwargs:
        kwargs = dict(zip(kwargs, gather(func, kwargs.values())))
    return run(*gather(func, args), **kwargs)


Tracer.__array_function__ = _call


def _load_the_rest():
    for name in _LATER:
        importlib.import_module(f"{__name__}.{name}")
    _LATER.clear()


def __getattr__(name):
    if name == "FUNCTIONS":
        _load_the_rest()
        return base.FUNCTIONS
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "FUNCTIONS",
    "handler",
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "around",
    "array",
    "astype",
    "broadcast_to",
    "clip",
    "copy",
    "cumprod",
    "cumsum",
    "diagonal",
    "gather",
    "imag",
    "real",
    "reinterpret",
    "set_part",
    "dot",
    "matmul",
    "mean",
    "ones_like",
    "prod",
    "ptp",
    "ravel",
    "repeat",
    "reshape",
    "squeeze",
    "stack",
    "std",
    "sum",
    "swapaxes",
    "take",
    "trace",
    "transpose",
    "unsupported",
    "var",
    "where",
    "zeros_like",
]

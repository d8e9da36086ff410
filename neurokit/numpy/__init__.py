"""NumPy's names for programs written for another library's: ``import neurokit.numpy as np``.

The functions are NumPy's own, and also take what never reaches a traced array there: nested lists
of traced values (``np.array([t, 1.0])``, ``np.mean([t, u])``, ``np.r_[t, 0]``). Functions that join arrays (`stack`,
`concatenate`, `hstack`) take a dict's values and generators of them too. Inside a trace
`zeros`, `ones`, `empty` and `full` make floating-point arrays that traced values can be written to.
With plain arrays everything is as in NumPy, whose module stays as it is.

Examples
--------
>>> import neurokit as nk, neurokit.numpy as np
>>> nk.grad(lambda x: np.linalg.norm(np.array([x, 2 * x])))(3.0)
np.float64(2.23606797749979)
"""

import importlib

import numpy

from ._names import Concatenator, maker, names_of

_get, __dir__ = names_of(numpy)
_PARTS = ("fft", "linalg", "random")

r_, c_ = Concatenator(numpy.r_, False), Concatenator(numpy.c_, True)
zeros, ones, empty, full = (maker(f) for f in (numpy.zeros, numpy.ones, numpy.empty, numpy.full))


def __getattr__(name):
    value = importlib.import_module(f"{__name__}.{name}") if name in _PARTS else _get(name)
    globals()[name] = value
    return value

"""How NumPy's names come to take traced values in lists: see `neurokit.numpy`."""

import functools
from collections.abc import Iterator, MappingView

import numpy

from neurokit.core.errors import TraceError
from neurokit.core.graph import current
from neurokit.core.numpy_table import FUNCTIONS, gather
from neurokit.core.trace import creation
from neurokit.core.trace.tracer import Tracer, _any_tracer, to_node
from neurokit.core.trace.ufuncs import call_ufunc


def wrapped(func):
    """`func` that goes to its traced form for traced values inside of lists too."""

    @functools.wraps(func)
    def call(*args, **kwargs):
        if current() is None or not _any_tracer((*args, *kwargs.values())):
            return func(*args, **kwargs)
        kwargs = dict(zip(kwargs, gather(func, kwargs.values())))
        return FUNCTIONS[func](*gather(func, args), **kwargs)

    return call


_JOINS = ("concatenate", "stack", "hstack", "vstack", "dstack", "column_stack")
JOINS = {getattr(numpy, name) for name in _JOINS}


def joining(func):
    """`func`, one of `JOINS`, whose arrays may also come as a dict's values or from a generator."""
    traced = wrapped(func)

    @functools.wraps(func)
    def call(*args, **kwargs):
        if args and isinstance(args[0], (Iterator, MappingView)):
            args = list(args[0]), *args[1:]
        return traced(*args, **kwargs)

    return call


class Ufunc:
    """A ufunc whose call takes lists of traced values; its methods are the ufunc's."""

    def __init__(self, ufunc):
        self._ufunc = ufunc
        functools.update_wrapper(self, ufunc, updated=())

    def __call__(self, *args, **kwargs):
        if any(isinstance(a, (list, tuple)) and _any_tracer(a) for a in args):
            return call_ufunc(self._ufunc, "__call__", args, kwargs)
        return self._ufunc(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(self._ufunc, name)

    def __repr__(self):
        return repr(self._ufunc)


class Concatenator:
    """`numpy.r_` and `numpy.c_`; with traced values for arrays, numbers and slices."""

    def __init__(self, plain, columns):
        self._plain, self._columns = plain, columns

    def __getitem__(self, key):
        parts = key if isinstance(key, tuple) else (key,)
        if not _any_tracer(parts):
            return self._plain[key]
        if any(isinstance(p, str) for p in parts):
            raise TraceError(
                "np.r_ with a string takes no traced values: use np.concatenate or np.stack"
            )
        arrays = [creation.array(numpy.r_[p] if isinstance(p, slice) else p) for p in parts]
        numbers = (int, float, complex)  # weak, as in NumPy
        dtype = numpy.result_type(*[p if type(p) in numbers else a for p, a in zip(parts, arrays)])
        arrays = [numpy.atleast_1d(a).astype(dtype) for a in arrays]
        if not self._columns:
            return numpy.concatenate(arrays)
        return numpy.concatenate([a[:, None] if a.ndim == 1 else a for a in arrays], axis=-1)


def maker(plain):
    """A creation function whose floating-point arrays are traced, so writable, inside a trace."""

    @functools.wraps(plain)
    def call(*args, **kwargs):
        if current() is None or _any_tracer((*args, *kwargs.values())):
            return wrapped(plain)(*args, **kwargs)
        values = plain(*args, **kwargs)
        return Tracer(to_node(values)) if values.dtype.kind in "fc" else values

    return call


def names_of(module):
    """`__getattr__` and `__dir__` of a module that has the names of NumPy's `module`."""

    def get(name):
        if name in ("__path__", "__file__", "__wrapped__"):  # of that module alone
            raise AttributeError(name)
        return convert(getattr(module, name))

    return get, lambda: dir(module)


def convert(value):
    """What `neurokit.numpy` has in place of a name of NumPy."""
    if isinstance(value, numpy.ufunc):
        return Ufunc(value)
    try:
        if value in JOINS:
            return joining(value)
        return wrapped(value) if value in FUNCTIONS else value
    except TypeError:  # not hashable
        return value

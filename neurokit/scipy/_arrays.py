"""Arguments of the twins as traced arrays."""

import math

import numpy as np

from neurokit.core.primitives.control import stop
from neurokit.core.trace.tracer import Tracer, to_node


def as_array(x):
    return Tracer(to_node(x))


def as_float64(x):
    return as_array(x).astype(np.float64)


def as_floats(*xs):
    """Traced arrays of their common type, at least float32."""
    xs = [as_array(x) for x in xs]
    dtype = np.result_type(*[x.dtype for x in xs])
    dtype = dtype if dtype.kind in "fc" else np.dtype(np.float64)
    return [x.astype(dtype) for x in xs]


def as_lines(x, axis):
    """x as (before, T, after): T along `axis`."""
    axis %= x.ndim
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    return x.reshape(math.prod(before), x.shape[axis], math.prod(after))


def fixed(x):
    """The same values, without a derivative."""
    return Tracer(stop(to_node(x)))

"""NumPy's functions on traced arrays: composites of primitives, keyed by the function object."""

from . import (  # noqa: F401 - these fill the table
    calculus,
    counting,
    creators,
    editing,
    left_out,
    nans,
    ordering,
    polynomials,
)
from .base import FUNCTIONS, unsupported
from .choices import around, clip, where
from .complex import imag, real, set_part
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

__all__ = [
    "FUNCTIONS",
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
    "imag",
    "real",
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

"""Every float32 through every one-argument vector function: at most 2.5 ulp from float64's value."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from elementwise_twin import run_op
from scipy.special import erf, expit

FUNCTIONS = (
    "exp exp2 expm1 log log2 log10 log1p sin cos tan tanh sigmoid erf cbrt "
    "arcsin arccos arctan sinh cosh arcsinh arccosh arctanh"
).split()
REFERENCE = {"sigmoid": expit, "erf": erf}
CHUNK = 1 << 18  # a chunk and its float64 values stay in cache


def worst_error(x, got, want):
    """The largest distance of `got` from `want` in float32 ulps, NaN counted as infinite, and its input."""
    with np.errstate(all="ignore"):
        rounded = want.astype(np.float32)
    off = np.flatnonzero((got != rounded) & ~(np.isnan(got) & np.isnan(rounded)))
    x, got, want = x[off], got[off].astype(np.float64), want[off]
    # A result below the smallest normal number may be flushed to zero.
    flushed = (got == 0) & (np.abs(want) < np.finfo(np.float32).tiny)
    with np.errstate(all="ignore"):
        ulp = np.ldexp(1.0, np.maximum(np.frexp(want)[1], -125) - 24)
        error = np.where(flushed, 0.0, np.abs(got - want) / ulp)
    error[np.isnan(error)] = np.inf
    if not error.size:
        return 0.0, None
    k = int(np.argmax(error))
    return error[k], (x[k], got[k], want[k])


def test_worst_error_counts_ulps_and_faults():
    one = np.ones(3, np.float32)
    assert worst_error(one, one, one.astype(float)) == (0.0, None)
    assert worst_error(one, one + np.float32(2**-22), one.astype(float))[0] == 2
    assert worst_error(one, np.float32([1, np.nan, 1]), one.astype(float))[0] == np.inf
    assert worst_error(one, one, np.array([1, np.inf, 1]))[0] == np.inf


@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_floats(name):
    reference = REFERENCE.get(name) or getattr(np, name)
    worst = (0.0, None)
    for start in range(0, 1 << 32, CHUNK):
        x = np.arange(start, start + CHUNK, dtype=np.uint32).view(np.float32)
        with np.errstate(all="ignore"):
            want = reference(x.astype(np.float64))
        found = worst_error(x, run_op(name, np.float32, x), want)
        worst = max(worst, found, key=lambda pair: pair[0])
    assert worst[0] <= 2.5, worst

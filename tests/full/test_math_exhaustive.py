"""Every float32 through every one-argument vector function: at most 2.5 ulp from float64's value."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from elementwise_twin import run_op
from scipy.special import erf, expit

FUNCTIONS = "exp exp2 expm1 log log2 log10 log1p sin cos tan tanh sigmoid erf".split()
REFERENCE = {"sigmoid": expit, "erf": erf}
CHUNK = 1 << 22


@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_floats(name):
    reference = REFERENCE.get(name) or getattr(np, name)
    tiny = float(np.finfo(np.float32).tiny)
    worst, at = 0.0, None
    for start in range(0, 1 << 32, CHUNK):
        x = np.arange(start, start + CHUNK, dtype=np.uint32).view(np.float32)
        got = run_op(name, np.float32, x)
        with np.errstate(all="ignore"):
            want = reference(x.astype(np.float64))
            rounded = want.astype(np.float32)
            same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
            same |= (got == 0) & (np.abs(want) < tiny)
            ulp = np.ldexp(1.0, np.maximum(np.frexp(want)[1], -125) - 24)
            error = np.where(same, 0.0, np.abs(got - want) / ulp)
        k = int(np.argmax(np.where(np.isnan(error), np.inf, error)))
        assert not np.isnan(error[k]), (x[k], got[k], want[k])
        if error[k] > worst:
            worst, at = error[k], x[k]
    assert worst <= 2.5, (at, worst)

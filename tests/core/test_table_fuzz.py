"""Random small calls of the whole table against NumPy: value, dtype, shape, exception class.

Calls are traced by the hundred into one program, which runs on ten sets of inputs: the time goes into the
calls, not into programs.
"""

import os
import warnings

import numpy as np
from fuzz_calls import random_call, values

import neurokit as nk
from neurokit.core import elementwise as ew
from neurokit.core.errors import TraceError
from neurokit.core.ufuncs import COMPOSITES

BATCH, INPUTS = 100, 10
N_CALLS = int(os.environ.get("NEUROKIT_FUZZ", 100_000))
UFUNCS = sorted(
    (u for u in {*ew.BY_UFUNC, *COMPOSITES} if u.signature is None), key=lambda u: u.__name__
)


def attempt(f, arrays):
    """What a call gives, or its exception."""
    try:
        return f(*arrays)
    except Exception as error:  # noqa: BLE001 - classes are compared
        return error


def in_numpy(f, arrays):
    result = attempt(f, [a.copy() for a in arrays])
    if isinstance(result, Exception):
        return result
    return [np.asarray(r) for r in (result if isinstance(result, (tuple, list)) else [result])]


class Program:
    """Many calls in one compiled program; what raises while it is traced is kept instead of a result."""

    def __init__(self, functions):
        self.functions, self.failed, self.halves = functions, {}, None
        self.run = nk.jit(self.trace)

    def trace(self, inputs):
        out = []
        for i, (f, arrays) in enumerate(zip(self.functions, inputs)):
            result = attempt(f, arrays)
            if isinstance(result, Exception):
                self.failed[i], result = result, []
            out.append(list(result) if isinstance(result, (tuple, list)) else [result])
        return out

    def __call__(self, inputs):
        try:
            results = self.run(inputs)
        except Exception as error:  # noqa: BLE001 - at run time: find the call that raised
            if len(inputs) == 1:
                return [error]
            half = len(inputs) // 2
            if self.halves is None:
                self.halves = Program(self.functions[:half]), Program(self.functions[half:])
            return self.halves[0](inputs[:half]) + self.halves[1](inputs[half:])
        return [self.failed.get(i, [np.asarray(x) for x in r]) for i, r in enumerate(results)]


def difference(arrays, wanted, got):
    """Why the results differ, or None."""
    if isinstance(wanted, Exception):
        if "newaxis" in str(wanted):  # NumPy's own slip: the median of an empty array over two axes
            return None
        family = (
            (TypeError, ValueError) if isinstance(wanted, (TypeError, ValueError)) else type(wanted)
        )
        return None if isinstance(got, (family, TraceError)) else f"wanted {wanted!r}, got {got!r}"
    if isinstance(got, Exception):
        return None if "float16" in str(got) else f"raised {got!r}"
    if len(wanted) != len(got):
        return f"{len(wanted)} results, got {len(got)}"
    for w, g in zip(wanted, got):
        if (w.dtype, w.shape) != (g.dtype, g.shape):
            return f"wanted {w.dtype}{w.shape}, got {g.dtype}{g.shape}"
        if w.tobytes() == g.tobytes():
            continue
        single = any(a.dtype in (np.float32, np.complex64) for a in (*arrays, w))
        tolerance = 2e-4 if single else 1e-9
        if not np.allclose(g, w, rtol=tolerance, atol=tolerance, equal_nan=True):
            return f"wanted {w}, got {g}"
    return None


def fuzz(seed, n_calls):
    """Texts of the calls that differ, of n_calls: each function is called with INPUTS inputs."""
    bad = []
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for _ in range(max(n_calls // (BATCH * INPUTS), 1)):
            calls = [random_call(rng, UFUNCS) for _ in range(BATCH)]
            program = Program([f for _, _, f in calls])
            for _ in range(INPUTS):
                inputs = [[values(rng, *spec) for spec in specs] for _, specs, _ in calls]
                wanted = [in_numpy(f, arrays) for (_, _, f), arrays in zip(calls, inputs)]
                for (text, _, _), arrays, w, g in zip(calls, inputs, wanted, program(inputs)):
                    why = difference(arrays, w, g)
                    if why is not None:
                        bad.append(f"{text} of {[(str(a.dtype), a.shape) for a in arrays]}: {why}")
    return bad


def test_random_calls():
    bad = fuzz(0, N_CALLS)
    assert not bad, "\n".join([f"{len(bad)} calls differ:", *bad[:10]])

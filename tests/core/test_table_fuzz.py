"""Random small calls of the whole table against NumPy: value, dtype, shape, exception class.

Calls are traced by the hundred into one program, which runs on several sets of inputs: the time goes into
the calls, not into programs.
"""

import os
import warnings

import numpy as np
from fuzz_calls import random_call, values

import neurokit as nk
from neurokit.core.errors import TraceError
from neurokit.core.primitives import elementwise as ew
from neurokit.core.trace.ufuncs import COMPOSITES

BATCH = 100
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


def parts(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


def in_numpy(f, arrays):
    result = attempt(f, [a.copy() for a in arrays])
    if isinstance(result, Exception):
        return result
    return [np.asarray(r) for r in parts(result)]


class Program:
    """Many calls in one compiled program; what raises while it is traced is found once, before."""

    def __init__(self, functions, inputs):
        self.failed = {}
        nk.jit(lambda inputs: self.try_out(functions, inputs))(inputs)
        self.fine = [i for i in range(len(functions)) if i not in self.failed]
        good = [functions[i] for i in self.fine]
        self.run = nk.jit(lambda inputs: [parts(f(*arrays)) for f, arrays in zip(good, inputs)])
        self.functions, self.halves = functions, None

    def try_out(self, functions, inputs):
        for i, (f, arrays) in enumerate(zip(functions, inputs)):
            result = attempt(f, arrays)
            if isinstance(result, Exception):
                self.failed[i] = result
        return 0.0

    def __call__(self, inputs):
        try:
            results = self.run([inputs[i] for i in self.fine])
        except Exception as error:  # noqa: BLE001 - at run time: find the call that raised
            if len(inputs) == 1:
                return [error]
            half = len(inputs) // 2
            if self.halves is None:
                f = self.functions
                self.halves = Program(f[:half], inputs[:half]), Program(f[half:], inputs[half:])
            return self.halves[0](inputs[:half]) + self.halves[1](inputs[half:])
        found = dict(zip(self.fine, results))
        return [
            self.failed[i] if i in self.failed else [np.asarray(x) for x in found[i]]
            for i in range(len(inputs))
        ]


def difference(arrays, wanted, got):
    """Why the results differ, or None."""
    if isinstance(got, Exception) and "float16" in str(got):  # refused by name
        return None
    if isinstance(wanted, Exception):
        if "newaxis" in str(wanted):  # NumPy's own slip: the median of an empty array over two axes
            return None
        family = (
            (TypeError, ValueError) if isinstance(wanted, (TypeError, ValueError)) else type(wanted)
        )
        return None if isinstance(got, (family, TraceError)) else f"wanted {wanted!r}, got {got!r}"
    if isinstance(got, Exception):
        return f"raised {got!r}"
    if len(wanted) != len(got):
        return f"{len(wanted)} results, got {len(got)}"
    for w, g in zip(wanted, got):
        if (w.dtype, w.shape) != (g.dtype, g.shape):
            return f"wanted {w.dtype}{w.shape}, got {g.dtype}{g.shape}"
        if w.tobytes() == g.tobytes():
            continue
        single = any(a.dtype in (np.float32, np.complex64) for a in (*arrays, w))
        tolerance = 2e-4 if single else 1e-9
        if w.dtype.kind == "c":  # an infinite complex number has no direction
            w, g = (np.where(np.isinf(w) & np.isinf(g), np.inf, v) for v in (w, g))
        if not np.allclose(g, w, rtol=tolerance, atol=tolerance, equal_nan=True):
            return f"wanted {w}, got {g}"
    return None


def depends_on_order(text, arrays):
    """A product that overflows meets a zero: nothing or NaN, by the order of the factors."""
    with_zero = any((np.abs(a) > 1e100).any() and (a == 0).any() for a in arrays)
    return with_zero and text.startswith(("prod(", "nanprod(", "multiply.reduce("))


def fuzz(seed, n_calls, n_inputs=10):
    """Texts of the calls that differ, of n_calls: each function is called with n_inputs inputs."""
    bad = []
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for _ in range(max(n_calls // (BATCH * n_inputs), 1)):
            calls = [random_call(rng, UFUNCS) for _ in range(BATCH)]
            program = None
            for _ in range(n_inputs):
                inputs = [[values(rng, *spec) for spec in specs] for _, specs, _ in calls]
                if program is None:
                    program = Program([f for _, _, f in calls], inputs)
                wanted = [in_numpy(f, arrays) for (_, _, f), arrays in zip(calls, inputs)]
                for (text, _, _), arrays, w, g in zip(calls, inputs, wanted, program(inputs)):
                    why = difference(arrays, w, g)
                    if why is not None and not depends_on_order(text, arrays):
                        bad.append(f"{text} of {[(str(a.dtype), a.shape) for a in arrays]}: {why}")
    return bad


def test_random_calls():
    bad = fuzz(0, N_CALLS)
    assert not bad, "\n".join([f"{len(bad)} calls differ:", *bad[:10]])

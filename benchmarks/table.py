"""Single operations of the NumPy table beside NumPy (and SciPy) itself, one core, worst ratio first.

Each operation is one jitted call, so the call's own overhead counts; calls of neurokit and of NumPy take
turns, and the best of several rounds is compared.
"""

import sys

import harness
import numpy as np
import scipy.special as sc

REALS, PAIR = ("float32", "float64"), ("float64", "complex128")
ANY, WHOLE, FLAG = ("float64", "int64", "bool"), ("int64",), ("bool",)

# name: (function of x, y, types, where the operands come from)
ELEMENTWISE = {
    "add": (np.add, (*REALS, "complex128", "int64"), "any"),
    "multiply": (np.multiply, (*REALS, "complex128", "int64"), "any"),
    "divide": (np.divide, (*REALS, "complex128"), "any"),
    "power": (np.power, REALS, "positive"),
    "arctan2": (np.arctan2, REALS, "any"),
    "hypot": (np.hypot, REALS, "any"),
    "maximum": (np.maximum, ("float64", "int64"), "any"),
    "remainder": (np.remainder, ("float64", "int64"), "any"),
    "floor_divide": (np.floor_divide, ("float64", "int64"), "any"),
    "less": (np.less, ANY, "any"),
    "logical_and": (np.logical_and, FLAG, "any"),
    "bitwise_xor": (np.bitwise_xor, WHOLE, "any"),
    "where": (lambda x, y: np.where(x > y, x, y), ("float64", "int64"), "any"),
    "logaddexp": (np.logaddexp, ("float64",), "any"),
    "gammainc": (sc.gammainc, ("float64",), "positive"),
    "xlogy": (sc.xlogy, ("float64",), "positive"),
    "beta": (sc.beta, ("float64",), "positive"),
}
UNARY = {
    "absolute": (np.abs, (*REALS, "complex128", "int64"), "any"),
    "negative": (np.negative, PAIR, "any"),
    "conjugate": (np.conjugate, ("complex128",), "any"),
    "square": (np.square, PAIR, "any"),
    "sqrt": (np.sqrt, (*REALS, "complex128"), "positive"),
    "exp": (np.exp, (*REALS, "complex128"), "any"),
    "log": (np.log, (*REALS, "complex128"), "positive"),
    "sin": (np.sin, REALS, "any"),
    "tan": (np.tan, REALS, "any"),
    "tanh": (np.tanh, (*REALS, "complex128"), "any"),
    "arcsin": (np.arcsin, REALS, "unit"),
    "expm1": (np.expm1, ("float64",), "any"),
    "log1p": (np.log1p, ("float64",), "positive"),
    "cbrt": (np.cbrt, ("float64",), "any"),
    "rint": (np.rint, ("float64",), "any"),
    "isfinite": (np.isfinite, PAIR, "any"),
    "angle": (np.angle, ("complex128",), "any"),
    "logical_not": (np.logical_not, FLAG, "any"),
    "astype float32": (lambda x: x.astype(np.float32), ANY, "any"),
    "erf": (sc.erf, ("float64",), "any"),
    "gammaln": (sc.gammaln, ("float64",), "positive"),
    "expit": (sc.expit, REALS, "any"),
    "cumsum": (np.cumsum, ("float64", "int64", "complex128"), "any"),
    "cumprod": (np.cumprod, ("float64",), "unit"),
    "sort": (np.sort, (*REALS, "int64"), "any"),
    "argsort": (np.argsort, ("float64",), "any"),
    "median": (np.median, ("float64",), "any"),
    "diff": (np.diff, ("float64",), "any"),
    "copy reversed": (lambda x: x[::-1].copy(), ("float64", "complex128"), "any"),
    "tile": (lambda x: np.tile(x, 2), ("float64",), "any"),
    "dot": (lambda x: np.dot(x, x), (*REALS, "complex128"), "any"),
    "nonzero count": (np.count_nonzero, FLAG, "any"),
    "fft": (np.fft.fft, ("complex128",), "any"),
    "rfft": (np.fft.rfft, REALS, "any"),
    "irfft": (np.fft.irfft, ("complex128",), "any"),
    "rfft, odd": (lambda x: np.fft.rfft(x[1:]), REALS, "any"),
    "irfft, odd": (lambda x: np.fft.irfft(x[: len(x) // 2], len(x) - 1), ("complex128",), "any"),
}
MATRIX = {  # of a matrix and an axis
    "sum": (np.sum, (*REALS, "complex128", "int64", "bool")),
    "prod": (np.prod, ("float64",)),
    "mean": (np.mean, REALS),
    "var": (np.var, ("float64",)),
    "max": (np.max, (*REALS, "int64")),
    "argmax": (np.argmax, (*REALS, "int64", "bool")),
    "argmin": (np.argmin, ("float64",)),
    "any": (np.any, FLAG),
    "all": (np.all, FLAG),
    "cumsum": (np.cumsum, ("float64",)),
    "sort": (np.sort, ("float64",)),
    "median": (np.median, ("float64",)),
    "take": (lambda x, axis: np.take(x, np.arange(0, x.shape[axis], 2), axis), ("float64",)),
    "rfft": (lambda x, axis: np.fft.rfft(x, axis=axis), ("float64",)),
}


def draw(rng, shape, dtype, kind):
    """An array of a type: any values, positive ones, or those of (-1, 1)."""
    if dtype == "bool":
        return rng.random(shape) > 0.5
    if dtype == "int64":
        x = rng.integers(1, 1000, shape)
        return x if kind == "positive" else x * rng.choice([-1, 1], shape)
    low = 0.1 if kind == "positive" else -1
    high = 1 if kind == "unit" else 5 if kind == "positive" else 1
    x = rng.uniform(low, high, shape)
    if kind == "any":
        x = 3 * x
    return (x + 1j * rng.permuted(x) if dtype == "complex128" else x).astype(dtype)


def calls(rng, size):
    """(label, function, arguments) of every operation on arrays of `size` elements."""
    for arity, table in ((2, ELEMENTWISE), (1, UNARY)):
        for name, (function, dtypes, kind) in table.items():
            for dtype in dtypes:
                args = [draw(rng, size, dtype, kind) for _ in range(arity)]
                yield f"{name}, {dtype}, {size}", function, args
    n = max(1, size // 100)
    for name, (function, dtypes) in MATRIX.items():
        for dtype in dtypes:
            for axis, shape in ((1, (n, size // n)), (0, (size // n, n))):
                x = draw(rng, shape, dtype, "unit" if name == "prod" else "any")
                label = f"{name}, {dtype}, {shape[0]} x {shape[1]}, axis {axis}"
                yield label, lambda x, f=function, a=axis: f(x, axis=a), [x]


def repeated(function, args, n):
    """A call of n calls."""
    return lambda: [function(*args) for _ in range(n)]


def main():
    """Time all, after checking that they agree; the worst come first."""
    options = harness.arguments(
        __doc__,
        lambda parser: parser.add_argument("--only", default="", help="labels that contain this"),
    )
    import neurokit as nk

    report = harness.Report("Single operations beside NumPy, one core", options.json)
    found = []
    rng = np.random.default_rng(0)
    with harness.one_core(), np.errstate(all="ignore"):
        for size in (1000,) if options.quick else (1000, 10**5, 10**6):
            for label, function, args in calls(rng, size):
                if options.only not in label:
                    continue
                ours = nk.jit(function)
                got, want = ours(*args), function(*args)
                scale = np.max(np.abs(want)) if want.dtype.kind in "fc" else 0
                np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * scale, err_msg=label)
                many = {
                    "neurokit": repeated(ours, args, max(1, 20000 // size)),
                    "NumPy": repeated(function, args, max(1, 20000 // size)),
                }
                found.append((label, max(1, 20000 // size), harness.measure(many, options.repeat)))
    found.sort(key=lambda row: -row[2]["neurokit"]["best"] / row[2]["NumPy"]["best"])
    for label, n, measured in found:
        report.times(label, measured, "NumPy", per=n)
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Reductions of expressions: sums of squares, errors, masked values, logarithms; softmax, layer norm.

Plain NumPy code, jitted by neurokit and JAX, run by NumPy as it stands, and written in C, where the
compiler may reorder the sums (benchmarks/c/folds.c); float32, one core.
"""

import ctypes
import sys

import harness
import numpy as np


def functions(np):
    """name: function of (x, y, mask), on any library of NumPy's names."""

    def softmax(x, y, mask):
        e = np.exp(x - np.max(x, -1, keepdims=True))
        return e / np.sum(e, -1, keepdims=True)

    def layer_norm(x, y, mask):
        d = x - np.mean(x, -1, keepdims=True)
        return d / np.sqrt(np.mean(d * d, -1, keepdims=True) + 1e-5)

    numbers = {
        "sum_of_squares": lambda x, y, mask: np.sum(x * x),
        "mean_square_error": lambda x, y, mask: np.mean((x - y) ** 2),
        "masked_sum": lambda x, y, mask: np.sum(np.where(mask, x, np.float32(0))),
        "cross_entropy": lambda x, y, mask: np.sum(y * np.log(x)),
    }
    return numbers, {"softmax": softmax, "layer_norm": layer_norm}


def in_c(name, x, y, mask):
    """A call of the compiled loop."""
    run = getattr(harness.compile_c("folds"), name)
    if x.ndim == 2:
        out = np.empty_like(x)
        sizes = [ctypes.c_int64(n) for n in x.shape]
        run.restype = None
        return lambda: run(*sizes, harness.pointer(x), harness.pointer(out)) or out
    second = {"sum_of_squares": [], "masked_sum": [mask]}.get(name, [y])
    given = [ctypes.c_int64(x.size), *map(harness.pointer, [x, *second])]
    run.restype = ctypes.c_float
    return lambda: run(*given)


def cases_of(kind, name, args):
    """What there is to time, by library."""
    import neurokit as nk

    ours, plain = nk.jit(functions(np)[kind][name]), functions(np)[kind][name]
    cases = {
        "neurokit": lambda: ours(*args),
        "C": in_c(name, *args),
        "NumPy": lambda: plain(*args),
    }
    jax = harness.peer("jax")
    if jax is not None:
        theirs, given = jax.jit(functions(jax.numpy)[kind][name]), [*map(jax.numpy.asarray, args)]
        cases["jax"] = lambda: jax.block_until_ready(theirs(*given))
    return cases


def repeated(call, n):
    """A call of n calls."""
    return lambda: [call() for _ in range(n)]


def main():
    """Time all, after checking that they agree."""
    options = harness.arguments(__doc__)
    report = harness.Report("Reductions of expressions, float32, one core", options.json)
    shapes = [(1000,), (64, 256)] if options.quick else [(1000,), (10**5,), (10**6,), (64, 256)]
    rng = np.random.default_rng(0)
    with harness.one_core():
        for shape in shapes:
            x, y = rng.uniform(0.1, 1, (2, *shape)).astype(np.float32)
            kind, n = len(shape) - 1, max(1, 10**5 // x.size)
            for name in functions(np)[kind]:
                cases = cases_of(kind, name, (x, y, x > y))
                for other in cases.values():
                    np.testing.assert_allclose(cases["neurokit"](), other(), rtol=1e-3, atol=1e-5)
                many = {k: repeated(f, n) for k, f in cases.items()}
                measured = harness.measure(many, options.repeat, warm_up=1)
                label = f"{name.replace('_', ' ')}, {' x '.join(map(str, shape))}"
                report.times(label, measured, "neurokit", per=n)
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fourier transforms in C beside numpy.fft and scipy.fft, one thread, plans warm on all sides.

neurokit runs the transform as a compiled program (`nk.jit`), so its call overhead is included.
"""

import harness
import numpy as np

import neurokit as nk

SHAPES = [
    ((64,), 0),
    ((1024,), 0),
    ((1000,), 0),
    ((65536,), 0),
    ((1 << 20,), 0),
    ((10007,), 0),
    ((1000, 64), 1),
    ((256, 1000), 1),
    ((256, 1024), 1),
    ((1024, 256), 0),
    ((16, 65536), 1),
]
CASES = [("fft", "complex128"), ("fft", "complex64"), ("rfft", "float64"), ("rfft", "float32")]


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("FFT along one axis", options.json)
    scipy_fft = harness.peer("scipy.fft")
    rng = np.random.default_rng(0)
    nk.set_threads(1)
    for name, dtype in CASES:
        for shape, axis in SHAPES if not options.quick else SHAPES[:3]:
            x = rng.standard_normal(shape)
            x = (x + 1j * rng.standard_normal(shape) if dtype[0] == "c" else x).astype(dtype)
            numpys = getattr(np.fft, name)
            mine = nk.jit(lambda x, f=numpys, a=axis: f(x, axis=a))
            cases = {
                "neurokit": lambda f=mine, x=x: f(x),
                "numpy": lambda f=numpys, x=x, a=axis: f(x, axis=a),
            }
            if scipy_fft is not None:
                theirs = getattr(scipy_fft, name)
                cases["scipy"] = lambda f=theirs, x=x, a=axis: f(x, axis=a, workers=1)
            want = numpys(x.astype(np.result_type(dtype, "f8")), axis=axis)
            error = np.abs(mine(x) - want).max() / np.abs(want).max() / np.finfo(dtype).eps
            calls = max(1, min(200, 1_000_000 // x.size))
            repeated = {
                k: (lambda f=f, n=calls: [f() for _ in range(n)] and None) for k, f in cases.items()
            }
            label = f"{name} {dtype} {shape} axis {axis}, largest error {error:.1f} eps"
            report.times(label, harness.measure(repeated, options.repeat, 2), "neurokit", per=calls)
    report.close()


if __name__ == "__main__":
    main()

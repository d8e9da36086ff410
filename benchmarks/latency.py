"""G2: how soon the first result comes: import, tracing, first gradient.

Three numbers, each the median over fresh processes: the import of neurokit over NumPy's own;
the first gradient of a model of 100 (and of 300) operations, from the call to the result; the
microseconds of tracing per operation in a process that is warm.
"""

import os
import statistics
import subprocess
import sys
import tempfile

import harness

IMPORT = """
import time
a = time.perf_counter(); import numpy; b = time.perf_counter(); import neurokit
print(time.perf_counter() - b, b - a)
"""

MODEL = """
import numpy as np

def model(w, x):
    # 10 operations a round
    h = x
    for _ in range({rounds}):
        a = np.tanh(h * w)
        b = np.exp(-a * a)
        c = np.where(a > 0, b, 0.1 * b)
        h = h + c * 0.5 + a
    return np.sum(h * h)
"""

FIRST = (
    MODEL
    + """
import time, neurokit as nk
w, x = np.full(50, 0.3), np.linspace(-1, 1, 50)
a = time.perf_counter()
value, slope = nk.value_and_grad(model)(w, x)
slope.sum()
print(time.perf_counter() - a)
"""
)

TRACE = (
    MODEL
    + """
import time, neurokit as nk
w, x = np.full(50, 0.3), np.linspace(-1, 1, 50)
times = []
for _ in range(30):
    f = nk.jit(lambda w, x: model(w, x))
    a = time.perf_counter(); f(w, x); first = time.perf_counter() - a
    a = time.perf_counter(); f(w, x); again = time.perf_counter() - a
    times.append(first - again)
print(sorted(times)[len(times) // 2] / (10 * {rounds} + 2), again)
"""
)

JAX = (
    MODEL.replace("numpy as np", "jax, jax.numpy as np")
    + """
import time, numpy
w, x = numpy.full(50, 0.3), numpy.linspace(-1, 1, 50)
a = time.perf_counter()
value, slope = jax.jit(jax.value_and_grad(model))(w, x)
slope.sum().block_until_ready()
print(time.perf_counter() - a)
"""
)


def fresh(code, repeat, environment):
    """Medians of the numbers that `code` prints in `repeat` processes of their own."""
    start = f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n"
    rows = []
    for _ in range(repeat):
        command = [sys.executable, "-c", start + code]
        out = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        ).stdout
        rows.append([float(x) for x in out.split()])
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def main():
    """Print the numbers, with JAX beside them where it is installed."""
    options = harness.arguments(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        measure(options, folder)


def measure(options, folder):
    """All rows. Compiled Python files are kept in `folder`, as an installed package has them."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = folder
    report = harness.Report("G2: latency in fresh processes", options.json)
    fresh(FIRST.format(rounds=1), 1, environment)  # compiles and reads all files once
    own, numpy_alone = fresh(IMPORT, options.repeat, environment)
    report.value("import", "NumPy alone", numpy_alone * 1e3, "ms")
    report.value("import", "neurokit on top", own * 1e3, "ms")
    jax = harness.peer("jax")
    for rounds in (10, 30):
        label = f"first gradient, {10 * rounds + 2} operations"
        report.value(
            label,
            "neurokit",
            fresh(FIRST.format(rounds=rounds), options.repeat, environment)[0] * 1e3,
            "ms",
        )
        if jax is not None:
            report.value(
                label,
                "jax",
                fresh(JAX.format(rounds=rounds), options.repeat, environment)[0] * 1e3,
                "ms",
            )
    each, again = fresh(TRACE.format(rounds=10), options.repeat, environment)
    report.value("tracing, planning and first run", "per operation", each * 1e6, "us")
    report.value("a later call of the same", "whole", again * 1e6, "us")
    report.close()


if __name__ == "__main__":
    main()

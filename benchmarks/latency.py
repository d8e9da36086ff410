"""G2: how soon the first result comes, and what a call costs after that.

Medians over fresh processes: the import of neurokit over NumPy's own; the first gradient of a model of
100 (and of 300) operations, from the call to the result; the microseconds of tracing per operation and of
a jitted call in a process that is warm; a later gradient of 300 operations, traced anew (PyTorch and
autograd eagerly) and jitted. Peers that are not installed are left out by name.
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
import {numpy} as np

def model(w, x):
    # 10 operations a round
    h = x
    for _ in range({rounds}):
        a = np.tanh(h * w)
        b = np.exp(-a * a)
        c = np.where(a > 0, b, 0.1 * b)
        h = h + c * 0.5 + a
    return np.sum(h * h)

import time, numpy
w, x = numpy.full(50, 0.3), numpy.linspace(-1, 1, 50)

def best(call, n):
    times = []
    for _ in range(n):
        a = time.perf_counter(); call(); times.append(time.perf_counter() - a)
    return min(times)
"""

# The gradient of the model by each package: `make()` gives a function of no arguments, computed on return.
GRADIENT = {
    "neurokit": ("numpy", """
import neurokit as nk
def make():
    g = nk.value_and_grad(model)
    return lambda: g(w, x)
"""),
    "neurokit, jitted": ("numpy", """
import neurokit as nk
def make():
    g = nk.jit(nk.value_and_grad(model))
    return lambda: g(w, x)
"""),
    "jax, jitted": ("jax.numpy", """
import jax
jax.config.update("jax_enable_x64", True)
def make():
    g = jax.jit(jax.value_and_grad(model))
    return lambda: jax.block_until_ready(g(w, x))
"""),
    "torch": ("torch", """
import torch
torch.set_num_threads(1)
def make():
    v, y = torch.tensor(w, requires_grad=True), torch.tensor(x)
    def run():
        v.grad = None
        model(v, y).backward()
    return run
"""),
    "autograd": ("autograd.numpy", """
import autograd
def make():
    g = autograd.value_and_grad(model)
    return lambda: g(w, x)
"""),
}  # fmt: skip

FIRST = """
a = time.perf_counter()
make()()
print(time.perf_counter() - a)
"""

LATER = """
run = make()
run()
print(best(run, 50))
"""

TRACE = """
import neurokit as nk
def first():
    f = nk.jit(lambda w, x: model(w, x))
    f(w, x)
    return f
f = first()
print((best(first, 30) - best(lambda: f(w, x), 30)) / (10 * {rounds} + 2))
"""

# A jitted function of next to nothing.
CALL = {
    "neurokit": """
import numpy, neurokit as nk
f, x = nk.jit(lambda x: x + 1), numpy.zeros(4)
""",
    "jax": """
import jax, numpy
f, x = jax.jit(lambda x: x + 1), jax.numpy.zeros(4)
""",
    "NumPy, the operation itself": """
import numpy
f, x = lambda x: x + 1, numpy.zeros(4)
""",
}
CALLS = """
import timeit
f(x)
print(min(timeit.repeat(lambda: f(x), number=5000, repeat=20)) / 5000)
"""


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
    """Print the numbers, with those of the peers that are installed."""
    options = harness.arguments(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        measure(options, folder)


def present(name):
    """Whether the package of a row is there."""
    package = name.split(",")[0]
    return package in ("neurokit", "NumPy") or harness.peer(package) is not None


def measure(options, folder):
    """All rows. Compiled Python files are kept in `folder`, as an installed package has them."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = folder
    report = harness.Report("G2: latency in fresh processes", options.json)

    def run(code, repeat=options.repeat):
        return fresh(code, repeat, environment)

    def model(name, rounds, code):
        numpy, start = GRADIENT[name]
        return MODEL.format(numpy=numpy, rounds=rounds) + start + code

    run(model("neurokit", 1, FIRST), 1)  # compiles and reads all files once
    own, numpy_alone = run(IMPORT)
    report.value("import", "NumPy alone", numpy_alone * 1e3, "ms")
    report.value("import", "neurokit on top", own * 1e3, "ms")
    for rounds in (10, 30):
        for name in filter(present, GRADIENT):
            report.value(
                f"first gradient after import, {10 * rounds + 2} operations",
                name,
                run(model(name, rounds, FIRST))[0] * 1e3,
                "ms",
            )
    for name in filter(present, GRADIENT):
        value = run(model(name, 30, LATER))[0]
        report.value("later gradient, 302 operations", name, value * 1e3, "ms")
    each = run(MODEL.format(numpy="numpy", rounds=30) + TRACE.format(rounds=30))[0]
    report.value("tracing, planning and first run", "per operation", each * 1e6, "us")
    for name in filter(present, CALL):
        report.value("jitted x + 1 of 4 numbers", name, run(CALL[name] + CALLS)[0] * 1e6, "us")
    report.close()


if __name__ == "__main__":
    main()

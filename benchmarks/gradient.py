"""G1: the gradient of 10^5 steps of 1000 LIF cells, time and peak memory.

Each cell has its own leak, threshold and input current; the loss is the squared distance of its
mean rate from 10 Hz; the reset carries no gradient. Memory is the peak of the process during the
call above what it held before, with the inputs there and a short gradient done, in a process of
its own. With JAX installed its remat gradient runs beside it.
"""

import subprocess
import sys
import time

import harness
import numpy as np

F = np.float32


def inputs(n):
    """Parameters of n cells, a dict of float32 arrays (n,)."""
    rng = np.random.default_rng(0)
    return {
        "current": rng.uniform(8, 16, n).astype(F),
        "leak": rng.uniform(0.004, 0.006, n).astype(F),
        "threshold": rng.normal(10, 0.5, n).astype(F),
    }


def loss_in_neurokit(n, steps):
    """Loss as a function of the parameters."""
    import neurokit as nk

    def loss(p):
        def step(state, _):
            v, count = state
            v = v + (p["current"] - v) * p["leak"]
            s = nk.spike(v - p["threshold"])
            return (v * (1 - nk.stop_gradient(s)), count + s), None

        zero = np.zeros(n, F)
        (_, count), _ = nk.scan(step, (zero, zero), length=steps)
        rate = count * (10000.0 / steps)
        return np.mean((rate - 10.0) ** 2)

    return nk.value_and_grad(loss)


def loss_in_jax(n, steps):
    """The same in JAX, with a checkpoint around blocks of sqrt(steps)."""
    import jax
    import jax.numpy as jnp

    @jax.custom_jvp
    def spike(x):
        return (x > 0).astype(x.dtype)

    spike.defjvp(lambda x, t: (spike(x[0]), t[0] / (1 + (np.pi * x[0]) ** 2)))
    block = int(np.sqrt(steps))

    def loss(p):
        def step(state, _):
            v, count = state
            v = v + (p["current"] - v) * p["leak"]
            s = spike(v - p["threshold"])
            return (v * (1 - jax.lax.stop_gradient(s)), count + s), None

        def many(state, _):
            return jax.lax.scan(step, state, None, length=block)

        zero = jnp.zeros(n, F)
        outer = steps // block
        (_, count), _ = jax.lax.scan(jax.checkpoint(many), (zero, zero), None, length=outer)
        rate = count * (10000.0 / (outer * block))
        return jnp.mean((rate - 10.0) ** 2)

    compiled = jax.jit(jax.value_and_grad(loss))
    return lambda p: jax.block_until_ready(compiled(p))


def measure_here(which, n, steps):
    """Run in this process; prints value, gradient norm, seconds (first call, best of 3), bytes."""
    make = {"neurokit": loss_in_neurokit, "jax": loss_in_jax}[which]
    p = inputs(n)
    make(n, 100)(p)
    call = make(n, steps)
    start = time.perf_counter()
    (value, slope), size = harness.peak_memory(lambda: call(p))
    first = time.perf_counter() - start
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        call(p)
        rounds.append(time.perf_counter() - start)
    norm = float(np.sqrt(sum(np.sum(np.asarray(g, dtype=float) ** 2) for g in slope.values())))
    print(float(value), norm, first, min(rounds), size)


def main():
    """One subprocess per implementation."""
    if sys.argv[1:2] == ["--here"]:
        return measure_here(sys.argv[2], *map(int, sys.argv[3:5]))
    options = harness.arguments(__doc__)
    n, steps = 1000, 2000 if options.quick else 100_000
    report = harness.Report(
        f"G1: gradient of {steps} steps of {n} LIF cells, one core", options.json
    )
    names = ["neurokit"] + (["jax"] if harness.peer("jax") is not None else [])
    with harness.one_core():
        for name in names:
            command = [sys.executable, __file__, "--here", name, str(n), str(steps)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            value, norm, first, taken, size = map(float, out.split())
            report.value(name, "loss", value)
            report.value(name, "gradient norm", norm)
            report.value(name, "first call", first, "s")
            report.value(name, "time", taken, "s")
            report.value(name, "time per step", taken / steps * 1e6, "us")
            report.value(name, "peak memory above the inputs", size / 2**20, "MB")
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""K5: the conditional LIF step written in NumPy, traced, against compiled C.

The step is that of benchmarks/c/lif.c: two conductances, a refractory counter and a spike
count, 20 operations per cell and step with every branch a `where`. Shapes: N cells, T steps,
float32, one core. The last line runs 10^6 steps of 1000 cells in one call in a process of its
own and prints the memory it took above the inputs.
"""

import ctypes
import subprocess
import sys
import time

import harness
import numpy as np

F = np.float32
NAMES = ("decay_e", "decay_i", "e_e", "e_i", "e_l", "v_th", "v_reset", "rate", "dt", "t_ref")
P = dict(
    decay_e=float(np.exp(-0.1 / 5)),
    decay_i=float(np.exp(-0.1 / 10)),
    e_e=0.0,
    e_i=-80.0,
    e_l=-60.0,
    v_th=-50.0,
    v_reset=-60.0,
    rate=0.1 / 20,
    dt=0.1,
    t_ref=5.0,
)


class Params(ctypes.Structure):
    """`lif_params` of lif.c."""

    _fields_ = [(name, ctypes.c_float) for name in NAMES]


def start(n):
    """State (v, g_e, g_i, ref, count) and drives (drive_e, drive_i), each of shape (n,)."""
    rng = np.random.default_rng(0)
    state = (
        rng.normal(-55, 5, n).astype(F),
        np.full(n, 0.5, F),
        np.full(n, 1.0, F),
        np.zeros(n, F),
        np.zeros(n, F),
    )
    drive = (rng.uniform(0.008, 0.02, n).astype(F), rng.uniform(0.002, 0.01, n).astype(F))
    return state, drive


def make_step(drive_e, drive_i, where=np.where):
    """One step on any array library that has `where` and arithmetic."""
    p = P

    def step(state, _):
        v, g_e, g_i, ref, count = state
        g_e = g_e * p["decay_e"] + drive_e
        g_i = g_i * p["decay_i"] + drive_i
        dv = ((p["e_l"] - v) + g_e * (p["e_e"] - v) + g_i * (p["e_i"] - v)) * p["rate"]
        v = where(ref <= 0, v + dv, v)
        spike = v > p["v_th"]
        v = where(spike, p["v_reset"], v)
        ref = where(spike, p["t_ref"], ref - p["dt"])
        count = where(spike, count + 1, count)
        return (v, g_e, g_i, ref, count), None

    return step


def in_c(n, steps):
    """The compiled loop. Each call goes on from where the last one stopped, as below."""
    library = harness.compile_c("lif")
    params = Params(*(P[name] for name in NAMES))
    state, drive = start(n)

    def run():
        library.lif_run(
            ctypes.byref(params),
            ctypes.c_int64(n),
            ctypes.c_int64(steps),
            *map(harness.pointer, state + drive),
        )
        return state

    return run


def going_on(loop, n):
    """A call without arguments that replaces its state by `loop(state, drive)`."""
    state, drive = start(n)

    def run():
        nonlocal state
        state = loop(state, drive)
        return state

    return run


def in_numpy(n, steps):
    """The same step, eagerly, one ufunc call per operation."""

    def loop(state, drive):
        step = make_step(*drive)
        for _ in range(steps):
            state, _ = step(state, None)
        return state

    return going_on(loop, n)


def in_neurokit(n, steps):
    """The same step, traced once, the loop in C."""
    import neurokit as nk

    loop = nk.jit(lambda state, drive: nk.scan(make_step(*drive), state, length=steps)[0])
    return going_on(loop, n)


def in_numba(n, steps):
    """A hand-written numba loop; None without numba."""
    numba = harness.peer("numba")
    if numba is None:
        return None
    p = tuple(F(P[name]) for name in NAMES)

    @numba.njit(fastmath=False)
    def cells(steps, p, v, g_e, g_i, ref, count, drive_e, drive_i):
        decay_e, decay_i, e_e, e_i, e_l, v_th, v_reset, rate, dt, t_ref = p
        for _ in range(steps):
            for i in range(v.size):
                g_e[i] = g_e[i] * decay_e + drive_e[i]
                g_i[i] = g_i[i] * decay_i + drive_i[i]
                u, r = v[i], ref[i]
                dv = ((e_l - u) + g_e[i] * (e_e - u) + g_i[i] * (e_i - u)) * rate
                u = u + dv if r <= 0 else u
                spike = u > v_th
                v[i] = v_reset if spike else u
                ref[i] = t_ref if spike else r - dt
                count[i] += F(1) if spike else F(0)

    def loop(state, drive):
        cells(steps, p, *state, *drive)
        return state

    return going_on(loop, n)


def in_jax(n, steps):
    """`jax.jit` of `jax.lax.scan` of the same step; None without JAX."""
    jax = harness.peer("jax")
    if jax is None:
        return None

    @jax.jit
    def loop(state, drive):
        step = make_step(*drive, where=jax.numpy.where)
        return jax.lax.scan(step, state, None, length=steps)[0]

    return going_on(lambda state, drive: jax.block_until_ready(loop(state, drive)), n)


def check(name, got, expected, steps):
    """Spike counts must agree: a fast loop with other spikes is another loop.

    Rounding may move a spike over a step's edge, so single cells may differ by one spike."""
    a, b = np.asarray(got[-1]), np.asarray(expected[-1])
    off = float(np.mean(a != b))
    if abs(a.sum() - b.sum()) > 0.01 * b.sum() + 1 or np.abs(a - b).max() > 1 + steps // 2000:
        raise RuntimeError(f"{name}: {a.sum():.0f} spikes, C has {b.sum():.0f}")
    return off


def long_run(n, steps):
    """Time and memory of one long call, in this process: prints `seconds bytes`."""
    call = in_neurokit(n, steps)
    in_neurokit(n, 10)()
    begin = time.perf_counter()
    _, size = harness.peak_memory(call)
    print(time.perf_counter() - begin, size)


def main():
    """Time all sizes, then the long run."""
    if sys.argv[1:2] == ["--long-run"]:
        return long_run(*map(int, sys.argv[2:4]))
    options = harness.arguments(__doc__)
    report = harness.Report("K5: conditional LIF step, float32, one core", options.json)
    sizes = {1000: 4000, 4000: 2000, 100_000: 400, 1_000_000: 50}
    if options.quick:
        sizes = {1000: 500, 4000: 200}
    with harness.one_core():
        for n, steps in sizes.items():
            cases = {"C -O3 -march=native": in_c(n, steps), "neurokit": in_neurokit(n, steps)}
            if n == 1000:
                cases["NumPy, eager"] = in_numpy(n, steps)
            others = {"numba": in_numba(n, steps), "jax": in_jax(n, steps)}
            cases.update({name: call for name, call in others.items() if call is not None})
            expected = in_c(n, steps)()
            first = {}
            for name, call in cases.items():
                begin = time.perf_counter()
                state = call()
                first[name] = time.perf_counter() - begin
                check(name, state, expected, steps)
            measured = harness.measure(cases, options.repeat, warm_up=1)
            for name in cases:
                measured[name]["first"] = first[name]
            hz = float(np.mean(expected[-1])) / (steps * P["dt"]) * 1000
            label = f"N = {n}, {steps} steps, {hz:.1f} Hz"
            report.times(label, measured, "C -O3 -march=native", per=steps, unit="step")
        steps = 20_000 if options.quick else 1_000_000
        command = [sys.executable, __file__, "--long-run", "1000", str(steps)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        label = f"N = 1000, {steps} steps in one call"
        report.value(label, "time", float(out[0]), "s")
        report.value(label, "peak memory above the inputs", float(out[1]) / 2**20, "MB")
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fused neuron bodies against compiled C: LIF, adaptive LIF, AdEx and Hodgkin-Huxley.

Each step is written once, for one cell or an array of them, and traced by neurokit and JAX,
compiled by numba as a scalar loop, and written by hand in benchmarks/c. Shapes: N cells, T steps,
float32, one core.
"""

import ctypes
import sys
from collections import namedtuple

import harness
import k5_lif
import numpy as np

F = np.float32


def lif(p, where, exp):
    """Conductance LIF with two synapses, a refractory counter and a spike count."""

    def step(v, g_e, g_i, ref, count, drive_e, drive_i):
        g_e = g_e * p.decay_e + drive_e
        g_i = g_i * p.decay_i + drive_i
        dv = ((p.e_l - v) + g_e * (p.e_e - v) + g_i * (p.e_i - v)) * p.rate
        v = where(ref <= F(0), v + dv, v)
        spike = v > p.v_th
        ref = where(spike, p.t_ref, ref - p.dt)
        return (
            where(spike, p.v_reset, v),
            g_e,
            g_i,
            ref,
            where(spike, count + F(1), count),
        )

    return step


def alif(p, where, exp):
    """Leaky integration with an adaptive threshold."""

    def step(v, a, count, drive):
        v = v * p.decay + p.rest * drive
        threshold = p.v_th + p.beta * a
        spike = where(v > threshold, F(1), F(0))
        return v - spike * threshold, a * p.decay_a + spike, count + spike

    return step


def adex(p, where, exp):
    """Adaptive exponential integrate-and-fire."""

    def step(v, w, count, drive):
        grow = p.delta * exp((v - p.v_th) / p.delta)
        dv = (p.g * (grow - (v - p.e_l)) - w + drive) * p.rate
        w = w + (p.a * (v - p.e_l) - w) * p.rate_w
        v = v + dv
        spike = v > p.v_peak
        return (
            where(spike, p.v_reset, v),
            where(spike, w + p.b, w),
            where(spike, count + F(1), count),
        )

    return step


def hh(p, where, exp):
    """Hodgkin-Huxley with the rates of 1952."""

    def step(v, m, h, k, drive):
        current = (
            drive
            - p.g_na * (m * m * m) * h * (v - p.e_na)
            - p.g_k * ((k * k) * (k * k)) * (v - p.e_k)
            - p.g_l * (v - p.e_l)
        )
        x = (v + F(40)) * F(0.1)
        alpha_m = where(x * x < F(1e-6), F(1) + F(0.5) * x, x / (F(1) - exp(-x)))
        beta_m = F(4) * exp((v + F(65)) * F(-1 / 18))
        alpha_h = F(0.07) * exp((v + F(65)) * F(-0.05))
        beta_h = F(1) / (F(1) + exp((v + F(35)) * F(-0.1)))
        y = (v + F(55)) * F(0.1)
        alpha_k = F(0.1) * where(y * y < F(1e-6), F(1) + F(0.5) * y, y / (F(1) - exp(-y)))
        beta_k = F(0.125) * exp((v + F(65)) * F(-0.0125))
        return (
            v + p.dt * current,
            m + p.dt * (alpha_m * (F(1) - m) - beta_m * m),
            h + p.dt * (alpha_h * (F(1) - h) - beta_h * h),
            k + p.dt * (alpha_k * (F(1) - k) - beta_k * k),
        )

    return step


ALIF = dict(decay=0.995, rest=0.005, decay_a=0.9995, v_th=1.0, beta=0.18)
ADEX = dict(
    rate=0.1 / 281, e_l=-70.6, delta=2.0, v_th=-50.4, g=30.0, a=4.0, rate_w=0.1 / 144,
    v_peak=-40.0, v_reset=-70.6, b=80.5,
)  # fmt: skip
HH = dict(dt=0.01, g_na=120.0, g_k=36.0, g_l=0.3, e_na=50.0, e_k=-77.0, e_l=-54.387)


def _cells(n, drive, *state):
    return tuple(np.full(n, x, F) for x in state), (
        np.random.default_rng(0).uniform(*drive, n).astype(F),
    )


# name: (step, parameters in the order of the C struct, library, start); the last state of a spiking
# cell counts its spikes.
BODIES = {
    "lif": (lif, {k: k5_lif.P[k] for k in k5_lif.NAMES}, "lif", k5_lif.start),
    "alif": (alif, ALIF, "bodies", lambda n: _cells(n, (0.5, 4.0), 0, 0, 0)),
    "adex": (adex, ADEX, "bodies", lambda n: _cells(n, (400, 1500), -70.6, 0, 0)),
    "hh": (hh, HH, "bodies", lambda n: _cells(n, (3, 15), -65, 0.0529, 0.5961, 0.3177)),
}


def single(p):
    """The parameters as float32 scalars, in a tuple that numba can freeze."""
    return namedtuple("Params", p)(*map(F, p.values()))


def in_c(name, n, steps):
    """The compiled loop. Each call goes on from where the last one stopped, as below."""
    _, p, library, start = BODIES[name]
    run_c = getattr(harness.compile_c(library), f"{name}_run")
    params = (ctypes.c_float * len(p))(*p.values())
    state, drive = start(n)

    def run():
        run_c(
            ctypes.byref(params),
            ctypes.c_int64(n),
            ctypes.c_int64(steps),
            *map(harness.pointer, state + drive),
        )
        return state

    return run


def going_on(loop, start, n):
    """A call without arguments that replaces its state by `loop(state, drive)`."""
    state, drive = start(n)

    def run():
        nonlocal state
        state = loop(state, drive)
        return state

    return run


def in_neurokit(name, n, steps):
    """The step, traced once, the loop in C."""
    import neurokit as nk

    make, p, _, start = BODIES[name]
    step = make(single(p), np.where, np.exp)
    loop = nk.jit(
        lambda state, drive: nk.scan(lambda s, _: (step(*s, *drive), None), state, length=steps)[0]
    )
    return going_on(loop, start, n)


def in_jax(name, n, steps):
    """`jax.jit` of `jax.lax.scan` of the same step; None without JAX."""
    jax = harness.peer("jax")
    if jax is None:
        return None
    make, p, _, start = BODIES[name]
    step = make(single(p), jax.numpy.where, jax.numpy.exp)

    @jax.jit
    def loop(state, drive):
        return jax.lax.scan(lambda s, _: (step(*s, *drive), None), state, None, length=steps)[0]

    return going_on(lambda s, d: jax.block_until_ready(loop(s, d)), start, n)


LOOP = """
def loop(steps, {state}, {drive}):
    for _ in range(steps):
        for i in range(v.size):
            {state_i} = step({state_i}, {drive_i})
"""


def in_numba(name, n, steps):
    """One loop over cells around the same step; None without numba."""
    numba = harness.peer("numba")
    if numba is None:
        return None
    make, p, _, start = BODIES[name]
    where = numba.njit(lambda c, a, b: a if c else b)
    step = numba.njit(make(single(p), where, np.exp), error_model="numpy")
    names = step.py_func.__code__.co_varnames[: step.py_func.__code__.co_argcount]
    n_drive = len(start(1)[1])
    state, drive = names[:-n_drive], names[-n_drive:]
    item = lambda xs: ", ".join(f"{x}[i]" for x in xs)  # noqa: E731
    space = {"step": step}
    exec(
        LOOP.format(
            state=", ".join(state), drive=", ".join(drive), state_i=item(state), drive_i=item(drive)
        ),
        space,
    )
    compiled = numba.njit(space["loop"], error_model="numpy")

    def loop(s, d):
        compiled(steps, *s, *d)
        return s

    return going_on(loop, start, n)


def check(name, got, expected, steps):
    """Both sides must compute the same thing: equal counts or potentials, up to rounding."""
    a, b = np.asarray(got[-1], float), np.asarray(expected[-1], float)
    if not np.isfinite(a).all() or abs(a.mean() - b.mean()) > 0.01 * abs(b).mean() + 0.01:
        raise RuntimeError(f"{name}: mean {a.mean():.4g}, C has {b.mean():.4g}")


def main():
    """Time all bodies and sizes."""
    options = harness.arguments(__doc__, lambda p: p.add_argument("--body", choices=BODIES))
    report = harness.Report("Fused neuron bodies, float32, one core", options.json)
    sizes = {1000: 4000, 4000: 1000, 100_000: 100, 1_000_000: 20}
    if options.quick:
        sizes = {1000: 500, 4000: 200}
    with harness.one_core():
        for name in [options.body] if options.body else BODIES:
            for n, steps in sizes.items():
                made = {"C -O3 -march=native": in_c, "neurokit": in_neurokit,
                        "numba": in_numba, "jax": in_jax}  # fmt: skip
                cases = {k: make(name, n, steps) for k, make in made.items()}
                cases = {k: call for k, call in cases.items() if call is not None}
                expected = in_c(name, n, steps)()
                for k, call in cases.items():
                    check(f"{name}, {k}", call(), expected, steps)
                # the first calls also pay for pages of new results, which later ones use again
                measured = harness.measure(cases, options.repeat, warm_up=5)
                label = f"{name}, N = {n}, {steps} steps"
                report.times(label, measured, "C -O3 -march=native", per=steps, unit="step")
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

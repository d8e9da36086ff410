"""A parameter sweep over threads: sets of a network and of a plain loop, one thread against several.

Each set runs in memory of its own; connectivity and captured arrays are shared. The sets are equal in
size, so n threads should take 1 / n of the time; the numbers must not depend on them. What the machine
has to give at the moment is measured in the same rounds: NumPy on 8 arrays in Python threads. CPU
time tells what threads cost on a machine that others use, too.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import harness
import numpy as np

SETS = 8


def network():
    """A balanced network of 1000 cells for 500 ms, for weights of inhibition: rates."""
    import neurokit as nk
    from neurokit import sim

    net = sim.Net(dt=0.1, seed=1)
    cell = dict(tau=20, v_rest=-60, v_th=-50, t_ref=5, v0=sim.Normal(-55, 5))
    exc = net.add(sim.LIF(800, **cell), name="e")
    inh = net.add(sim.LIF(200, **cell), name="i")
    net.connect(exc, [exc, inh], p=0.1, weight=0.5, synapse=sim.Exp(tau=5, reversal=0))
    net.connect(inh, [exc, inh], p=0.1, weight=5.0, synapse=sim.Exp(tau=10, reversal=-80))
    net.drive(exc, 20.0)
    net.drive(inh, 20.0)
    params = nk.tree.map(lambda x: np.stack([x] * SETS), net.params)
    params["i->e"]["weight"] = np.linspace(4, 6, SETS).astype(np.float32)

    def rate(p):
        run = net.run(500.0, record=[exc.spikes], params=p)
        return run.spike_array(exc).sum(0)

    return rate, params


def gradients():
    """The gradient of 2000 steps of 500 cells by their leak."""
    import neurokit as nk

    drive = np.random.default_rng(0).uniform(0, 3, (2000, 1)).astype(np.float32)

    def loss(leak):
        def step(v, x):
            v = v + leak * (x - v)
            s = nk.spike(v - 1)
            return v * (1 - s), s.mean()

        return nk.scan(step, np.zeros(500, np.float32), drive)[1].mean()

    return nk.grad(loss), np.linspace(0.05, 0.2, SETS).astype(np.float32)


def machine(n):
    """The same amount of NumPy's work, which holds no lock, in n Python threads."""
    x = np.random.default_rng(0).standard_normal((SETS, 1_000_000)).astype(np.float32)

    def run():
        with ThreadPoolExecutor(n) as pool:
            list(pool.map(lambda row: np.exp(np.sin(row)).sum(), x))

    return run


def processor_time(call, repeat):
    """CPU seconds of a call, all threads together: the least of some rounds."""
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return min(taken)


def main():
    """Time both sweeps with 1, 2, ... threads."""
    import neurokit as nk

    options = harness.arguments(__doc__)
    report = harness.Report(f"Sweeps of {SETS} sets over threads, float32", options.json)
    threads = [n for n in (1, 2, 4, 8) if n <= len(os.sched_getaffinity(0))]
    for label, make in {"network of 1000 cells": network, "gradient of a loop": gradients}.items():
        f, params = make()
        calls = {n: partial(nk.sweep, f, params, threads=n) for n in threads}
        results = {n: np.asarray(call()) for n, call in calls.items()}
        if any(r.tobytes() != results[1].tobytes() for r in results.values()):
            raise RuntimeError(f"{label}: the numbers depend on the threads")
        cases = {(label, n): call for n, call in calls.items()}
        cases |= {("NumPy", n): machine(n) for n in threads}
        measured = harness.measure(cases, options.repeat, warm_up=1)
        for name in (label, "NumPy"):
            part = {f"{n} threads": measured[name, n] for n in threads}
            report.times(name, part, "1 threads", per=SETS, unit="set")
        one = processor_time(calls[1], options.repeat)
        for n in threads[1:]:
            ratio = processor_time(calls[n], options.repeat) / one
            report.value(label, f"CPU time of {n} threads to that of one", ratio)
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

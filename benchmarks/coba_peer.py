"""The COBA network in C (benchmarks/c/coba.c): wiring, start values, rate and CV.

Run alone it prints the rate and the CV of the peer, so that its time is the time of the
network that fires at 21 Hz and not of another one.
"""

import ctypes
import time

import harness
import numpy as np


class Params(ctypes.Structure):
    """`coba_params` of coba.c."""

    _fields_ = [
        (name, ctypes.c_float)
        for name in (
            "v_rest",
            "v_reset",
            "v_th",
            "t_ref",
            "tau",
            "tau_e",
            "tau_i",
            "dt",
            "rev_e",
            "rev_i",
            "drive",
            "weight_e",
            "weight_i",
            "decay_e",
            "decay_i",
        )
    ]


class Coba:
    """COBA-A (80 targets per cell at any size) or COBA-B (p = 0.02, weights over the scale).

    Parameters
    ----------
    scale : int
        Times 4000 cells.
    variant : {"A", "B"}
    seed : int
        Of the wiring and the start values (NumPy's generator).
    """

    def __init__(self, scale=1, variant="A", seed=1, dt=0.1):
        rng = np.random.default_rng(seed)
        self.n, self.n_exc, self.dt = 4000 * scale, 3200 * scale, dt
        divide = 1 if variant == "A" else scale
        fixed = variant == "A"
        degree = np.full(self.n, 80) if fixed else rng.binomial(self.n, 0.02, self.n)
        self.indptr = np.concatenate([[0], np.cumsum(degree)]).astype(np.int32)
        self.indices = np.concatenate(
            [np.sort(rng.choice(self.n, k, replace=False, shuffle=False)) for k in degree]
        ).astype(np.int32)
        self.v = rng.normal(-55, 5 if fixed else 2, self.n).astype(np.float32)
        self.g_e, self.g_i = np.zeros((2, self.n), np.float32)
        self.left = np.zeros(self.n, np.int32)
        self.params = Params(
            -60,
            -60,
            -50,
            5,
            20,
            5,
            10,
            dt,
            0,
            -80,
            20,
            0.6 / divide,
            6.7 / divide,
            np.exp(-dt / 5),
            np.exp(-dt / 10),
        )
        self.capacity = 200 * self.n
        self.steps, self.cells = np.zeros((2, self.capacity), np.int32)
        self.n_spikes = 0
        self.call = harness.compile_c("coba").coba_run
        self.call.restype = ctypes.c_int64

    def run(self, n_steps):
        """Advance by `n_steps`; the spikes are in `steps` and `cells` up to `n_spikes`."""
        arrays = (
            self.indptr,
            self.indices,
            self.v,
            self.g_e,
            self.g_i,
            self.left,
            self.steps,
            self.cells,
        )
        self.n_spikes = self.call(
            ctypes.byref(self.params),
            *map(ctypes.c_int64, (self.n, self.n_exc, n_steps)),
            *map(harness.pointer, arrays),
            ctypes.c_int64(self.capacity),
        )
        if self.n_spikes < 0:
            raise RuntimeError("more spikes than the peer has room for")
        return self.n_spikes


def rate_and_cv(steps, cells, n, duration, dt):
    """Mean rate (Hz) of cells 0..n-1 and mean CV of inter-spike intervals (3 or more)."""
    order = np.lexsort((steps, cells))
    times, owner = steps[order] * dt, cells[order]
    cvs = []
    for one in np.split(times, np.flatnonzero(np.diff(owner)) + 1):
        if len(one) > 3:
            gaps = np.diff(one)
            cvs.append(gaps.std() / gaps.mean())
    return len(times) / n / duration * 1000, float(np.mean(cvs))


def main():
    """Rate, CV and time of both variants."""
    options = harness.arguments(__doc__)
    report = harness.Report("COBA in hand-fused C, float32, one core, dt 0.1 ms", options.json)
    cases = [("A", 1), ("B", 1)] if options.quick else [("A", 1), ("A", 10), ("B", 1), ("B", 2)]
    with harness.one_core():
        for variant, scale in cases:
            net = Coba(scale, variant)
            label = f"COBA-{variant}, {net.n} cells"
            steps = 10_000
            start = time.perf_counter()
            count = net.run(steps)
            taken = time.perf_counter() - start
            excitatory = net.cells[:count] < net.n_exc
            rate, cv = rate_and_cv(
                net.steps[:count][excitatory],
                net.cells[:count][excitatory],
                net.n_exc,
                steps * net.dt,
                net.dt,
            )
            report.value(label, "E rate", rate, "Hz")
            report.value(label, "CV", cv)
            report.value(label, "time per step", taken / steps * 1e6, "us")
    report.close()


if __name__ == "__main__":
    main()

"""A balanced network: 4000 conductance cells, one second (COBA, Vogels and Abbott 2005).

3200 excitatory and 800 inhibitory leaky cells under a constant drive of 20 mV; each contacts
80 others at random. Excitation and inhibition cancel on average, so the cells fire irregularly.
"""

import time

import numpy as np

from neurokit import sim
from neurokit.demo import row

DURATION = 1000.0  # ms
SEEDS = (0, 1, 2)
RATE_BAND, CV_BAND = (19.0, 23.0), (0.8, 3.0)


def build(seed=0, dt=0.1):
    """The network and its two populations: (net, excitatory, inhibitory)."""
    net = sim.Net(dt=dt, seed=seed)
    cell = {"tau": 20, "v_rest": -60, "v_reset": -60, "v_th": -50, "t_ref": 5}
    exc = net.add(sim.LIF(3200, v0=sim.Normal(-55, 5), **cell), name="e")
    inh = net.add(sim.LIF(800, v0=sim.Normal(-55, 5), **cell), name="i")
    net.connect(exc, [exc, inh], p=0.02, weight=0.6, synapse=sim.Exp(tau=5, reversal=0))
    net.connect(inh, [exc, inh], p=0.02, weight=6.7, synapse=sim.Exp(tau=10, reversal=-80))
    net.drive(exc, 20.0)
    net.drive(inh, 20.0)
    return net, exc, inh


def plot_raster(run, exc, inh, ax, n_exc=160, n_inh=40):
    """Spikes of the first cells of both populations over the second half of the run."""
    for pop, n, base, color in ((exc, n_exc, 0, "tab:blue"), (inh, n_inh, n_exc, "tab:red")):
        spikes = run[pop.spikes]
        times, senders = np.asarray(spikes.times), np.asarray(spikes.senders)
        shown = (senders < n) & (times >= DURATION / 2)
        ax.plot(times[shown], senders[shown] + base, ".", ms=1.5, color=color)
    ax.set(
        xlabel="time (ms)",
        ylabel="cell",
        title="Spikes (red: inhibitory)",
        xlim=(DURATION / 2, DURATION),
        ylim=(-1, n_exc + n_inh),
    )
    return ax


def plot_rates(run, exc, inh, ax, bin_ms=5.0):
    """Population rates in bins of `bin_ms`."""
    edges = np.arange(0, DURATION + bin_ms, bin_ms)
    for pop, n, name, color in (
        (exc, 3200, "excitatory", "tab:blue"),
        (inh, 800, "inhibitory", "tab:red"),
    ):
        counts, _ = np.histogram(np.asarray(run[pop.spikes].times), edges)
        ax.plot(edges[:-1] + bin_ms / 2, counts / n / bin_ms * 1000, color=color, lw=1, label=name)
    ax.set(
        xlabel="time (ms)",
        ylabel="rate (Hz)",
        title="Population rate",
        xlim=(0, DURATION),
        ylim=(0, None),
    )
    ax.legend(frameon=False, ncols=2)
    return ax


def run(progress):
    """Simulate three seeds for one second each; report rate, irregularity and speed."""
    from matplotlib.figure import Figure

    warm, exc, inh = build()
    warm.run(1.0, record=[exc.spikes, inh.spikes])  # loads the code before the clock starts
    rates, cvs, seconds = [], [], []
    for seed in SEEDS:
        net, exc, inh = build(seed)
        record = [exc.spikes, inh.spikes]
        start = time.perf_counter()
        result = net.run(DURATION, record=record)
        seconds.append(time.perf_counter() - start)
        rates.append(float(result.rate(exc)))
        cvs.append(float(result.cv(exc)))
        progress(f"seed {seed}: {rates[-1]:.1f} Hz, CV {cvs[-1]:.2f}, {seconds[-1]:.2f} s")
        if seed == SEEDS[0]:
            shown = result, exc, inh
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    plot_raster(*shown, left)
    plot_rates(*shown, right)
    rows = [
        row("network: excitatory rate, mean of 3 seeds", np.mean(rates), RATE_BAND, "Hz"),
        row("network: CV of inter-spike intervals", np.mean(cvs), CV_BAND),
        row("network: real-time factor (wall / model time)", np.median(seconds) / DURATION * 1000),
        row("network: time per step", np.median(seconds) / (DURATION / net.dt) * 1e6, unit="us"),
    ]
    text = (
        "4000 leaky integrate-and-fire cells, 320 000 synapses, exponential conductances, steps "
        "of 0.1 ms, one second. The cells are plain NumPy code; it is traced once and the whole "
        "run is one call in C. Published rates of this network lie between 20.6 and 22.2 Hz; "
        "wirings of 4000 cells scatter by about 1.5 Hz around that."
    )
    caption = "Spikes of 160 excitatory and 40 inhibitory cells, and the rates of all."
    return {
        "title": "A balanced network of 4000 cells",
        "figures": [(caption, figure)],
        "rows": rows,
        "text": text,
    }

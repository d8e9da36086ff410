"""Pictures of runs. Each takes ``ax=None`` and returns the Axes."""

import numpy as np

from ..plot import axes, distinct_colors, short


def raster(run, ax=None, populations=None, max_cells=500):
    """Spike raster of the recorded populations, the first at the bottom, a colour each.

    At most `max_cells` cells in all, shared in proportion to the sizes.
    """
    ax = axes(ax)
    recorded = [p for p in run.net.populations if (p.name, "spikes", None, None) in run._data]
    populations = recorded if populations is None else populations
    if not populations:
        raise ValueError("plot_raster: no spikes were recorded, add pop.spikes to record=[...]")
    share = min(1.0, max_cells / sum(p.n for p in populations))
    size = float(np.clip(60 / sum(p.n * share for p in populations), 1.5, 5))
    base, ticks, colors = 0, [], distinct_colors(len(populations))
    for k, population in enumerate(populations):
        n = max(1, int(round(population.n * share)))
        times, senders = run[population.spikes]
        shown = senders < n
        ax.plot(times[shown], senders[shown] + base, ".", ms=size, color=colors[k])
        if k:
            ax.axhline(base - 0.5, color="0.8", lw=0.6, zorder=0)
        cells = f"0-{n - 1} of {population.n}" if population.n > 1 else "one cell"
        ticks.append((base + (n - 1) / 2, short(population.name, 24), cells))
        base += n
    ax.set(
        xlabel="time (ms)",
        ylim=(-1, max(base, 1)),
        xlim=(run.start * run.dt, (run.start + run.n_steps) * run.dt),
    )
    at, names, cells = zip(*ticks, strict=True)
    height = 72 * ax.get_window_extent().height / ax.figure.dpi
    room = height * np.diff(at).min(initial=base) / (base + 1)  # points from label to label
    if room > 26:
        names = [f"{name}\n{which}" for name, which in zip(names, cells, strict=True)]
    ax.set_yticks(at, names, fontsize=float(np.clip(0.9 * room, 4, 10)))
    ax.set_ylabel("cells shown of each population")
    return ax


def trace(run, variable, ax=None):
    """Time courses of a recorded variable."""
    ax = axes(ax)
    ax.plot(run.sample_times, np.asarray(run[variable]), lw=0.8)
    ax.set(xlabel="time (ms)", ylabel=f"{variable!r}" + (" (mV)" if variable.name == "v" else ""))
    return ax

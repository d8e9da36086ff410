"""What a run records, and the results of a run."""

from typing import NamedTuple

import numpy as np


def whole_steps(value, dt, what):
    """A time (ms) as a number of steps; ValueError unless it is a multiple of dt, at least dt."""
    is_time = isinstance(value, (int, float, np.number)) and 0 < value < np.inf
    steps = round(value / dt) if is_time else 0
    if steps < 1 or abs(steps * dt - value) > 1e-6 * max(1.0, value):
        raise ValueError(f"{what} must be a multiple of dt = {dt} ms, at least dt, got {value!r}")
    return steps


class Variable:
    """Something a population can have recorded: its spikes, a state variable, a binned rate."""

    def __init__(self, population, name, index=None, bin=None):
        self.population, self.name, self.index, self.bin = population, name, index, bin

    def __getitem__(self, index):
        if self.name in ("spikes", "rate"):
            raise TypeError(f"{self!r}: record all cells, select from the result")
        if self.index is not None:
            raise TypeError(f"{self!r} is already a selection")
        if not isinstance(index, slice):
            index = np.atleast_1d(np.asarray(index))
            if index.dtype.kind not in "iub" or index.ndim != 1:
                raise IndexError(
                    f"{self!r}: cells are selected by a slice, an int or a list of ints"
                )
            index = np.arange(self.population.n)[index]
        return Variable(self.population, self.name, index)

    def cells(self):
        """Numbers of the recorded cells."""
        every = np.arange(self.population.n)
        return every if self.index is None else every[self.index]

    def key(self):
        index = None if self.index is None else tuple(self.cells().tolist())
        return self.population.name, self.name, index, self.bin

    def __repr__(self):
        return _label(self.key())


def _label(key):
    """What a key of `Variable.key` is called in code."""
    population, name, cells, bin = key
    text = f"{population}.{name}"
    if bin is not None:
        return f"{text}({bin:g})"
    if cells is None:
        return text
    if len(cells) == 1:
        return f"{text}[{cells[0]}]"
    if cells and cells == tuple(range(cells[0], cells[-1] + 1)):
        return f"{text}[{cells[0]}:{cells[-1] + 1}]"
    shown = ", ".join(map(str, cells[:4])) + (", ..." if len(cells) > 4 else "")
    return f"{text}[[{shown}]]"


class Spikes(NamedTuple):
    """times (ms) and senders (cell numbers) of all spikes, in order of time."""

    times: np.ndarray
    senders: np.ndarray


class Run:
    """Results of `Net.run`.

    ``run[pop.spikes]`` has ``.times`` and ``.senders``; ``run[pop.v]`` is an array (T, n);
    ``run[pop.rate(bin)]`` the population rate (Hz) in bins. ``run.times`` are the ends of the steps,
    ``run.sample_times`` those that the rows of state variables belong to.
    """

    def __init__(self, net, start, n_steps, data, thinned=1):
        self.net, self.dt, self.start, self.n_steps, self._data = net, net.dt, start, n_steps, data
        self._thinned = thinned

    @property
    def times(self):
        """Ends of the recorded steps, ms, shape (T,)."""
        return (self.start + 1 + np.arange(self.n_steps)) * self.dt

    @property
    def sample_times(self):
        """Ends of the steps at which state variables were recorded, ms."""
        return self.times[self._thinned - 1 :: self._thinned]

    @property
    def duration(self):
        return self.n_steps * self.dt

    def __getitem__(self, variable):
        if not isinstance(variable, Variable):
            raise TypeError(
                f"run[...] takes what was recorded, such as run[pop.spikes], got {type(variable).__name__}"
            )
        found = self._data.get(variable.key())
        if found is None:
            same = [k for k in self._data if k[:2] == (variable.population.name, variable.name)]
            if variable.index is None and variable.bin is None and same:
                if len(same) > 1:
                    raise KeyError(
                        f"{variable!r} is ambiguous: several selections were recorded, "
                        f"{', '.join(map(_label, same))}"
                    )
                found = self._data[same[0]]
        if found is None:
            raise KeyError(
                f"{variable!r} was not recorded in this run: add it to record=[...]; recorded were "
                f"{', '.join(map(_label, self._data)) or 'nothing'}"
            )
        return found

    def spike_array(self, population):
        """Spikes as an array (T, n) of 0.0 and 1.0, traced where the run is differentiated."""
        spikes = self[population.spikes]
        if not isinstance(spikes, Spikes):
            return spikes
        dense = np.zeros((self.n_steps, population.n), self.net.dtype)
        dense[
            np.round(spikes.times / self.dt).astype(np.int64) - 1 - self.start, spikes.senders
        ] = 1
        return dense

    def _spikes(self, population):
        spikes = self[population.spikes]
        if not isinstance(spikes, Spikes):
            raise TypeError(
                "inside a differentiated function spikes are an array (T, n): average them there"
            )
        return spikes

    def rate(self, population, start=0.0, stop=None):
        """Mean rate of the cells between `start` and `stop` (ms from the beginning of the run), Hz."""
        stop = self.duration if stop is None else stop
        if not 0 <= start < stop:
            raise ValueError(f"rate: wanted 0 <= start < stop, got {start} and {stop}")
        spikes = self[population.spikes]
        if isinstance(spikes, Spikes):
            times = spikes.times - self.start * self.dt
            n = np.count_nonzero((times > start + 1e-9) & (times <= stop + 1e-9))
        else:  # traced: an array (T, n)
            ends = (1 + np.arange(self.n_steps)) * self.dt
            first, last = np.searchsorted(ends, [start + 1e-9, stop + 1e-9], "right")
            n = spikes[first:last].sum()
        return n / population.n / (stop - start) * 1000.0

    def cv(self, population, min_spikes=3):
        """Mean coefficient of variation of inter-spike intervals, over cells with at least `min_spikes`."""
        times, senders = self._spikes(population)
        order = np.argsort(senders, kind="stable")
        times, senders = times[order], senders[order]
        same = senders[1:] == senders[:-1]
        intervals, owner = np.diff(times)[same], senders[1:][same]
        n = np.bincount(owner, minlength=population.n)
        keep = n >= max(min_spikes - 1, 2)
        if not keep.any():
            return float("nan")
        mean = np.bincount(owner, intervals, population.n)[keep] / n[keep]
        deviation = intervals - np.bincount(owner, intervals, population.n)[owner] / n[owner]
        variance = np.bincount(owner, deviation**2, population.n)[keep] / n[keep]
        return float(np.mean(np.sqrt(variance) / mean))

    def plot_raster(self, ax=None, populations=None, max_cells=500):
        """Spike times by cell, populations stacked; returns the Axes."""
        from .plots import raster

        return raster(self, ax, populations, max_cells)


def unpack_spikes(bits, n, first_step, dt):
    """Spikes of packed bits (T, ceil(n / 8)): times at the end of the step, and senders."""
    n_bytes = bits.shape[1]
    flat = np.ascontiguousarray(bits).reshape(-1)
    padded = (
        flat if flat.size % 8 == 0 else np.concatenate([flat, np.zeros(-flat.size % 8, np.uint8)])
    )
    words = np.flatnonzero(padded.view(np.uint64) != 0)
    inner = np.unpackbits(padded.reshape(-1, 8)[words].reshape(-1), bitorder="little")
    at = np.flatnonzero(inner.view(np.bool_))
    step, byte = np.divmod(words[at >> 6] * 8 + (at >> 3 & 7), n_bytes)
    senders = byte * 8 + (at & 7)
    return Spikes((first_step + step + 1) * dt, senders)


def bin_rate(counts, bin_steps, n, dt):
    """Population rate (Hz) in bins of `bin_steps` from spike counts per step; the last bin may be short."""
    edges = np.arange(0, len(counts), bin_steps)
    sums = np.add.reduceat(counts, edges) if len(counts) else np.zeros(0)
    width = np.diff(np.append(edges, len(counts))) * dt
    return sums / n / width * 1000.0


def traced_record(variable, y, dt):
    """What a traced run gives for a record."""
    if variable.name != "rate":
        return y
    steps = max(1, round(variable.bin / dt))
    whole = y.shape[0] // steps * steps
    return y[:whole].reshape(-1, steps).sum(1) * (1000.0 / (variable.population.n * steps * dt))


def plain_record(variable, y, first, dt):
    """A stretch of a record as it is kept: spikes as times and senders."""
    return unpack_spikes(y, variable.population.n, first, dt) if variable.name == "spikes" else y


def joined_record(variable, pieces, dt):
    """The stretches of a record as one."""
    if variable.name == "spikes":
        return Spikes(*(np.concatenate(x) for x in zip(*pieces)))
    joined = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
    if variable.name == "rate":
        return bin_rate(joined, max(1, round(variable.bin / dt)), variable.population.n, dt)
    return joined

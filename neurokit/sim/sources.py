"""What drives a population from outside: constants, time courses, Poisson spikes."""

import numpy as np

from .synapses import Delta


class Poisson:
    """Independent Poisson spike trains, one to each driven cell.

    Parameters
    ----------
    rate : float or array (n,), Hz
        Rate of each input.
    weight : float
        Effect of one spike: mV for `Delta`, else in the synapse's units.
    count : int
        Inputs per cell; their rates add up.
    synapse : Delta or Exp
    start, stop : float, ms
        When the source is active; `stop=None` means always.
    """

    def __init__(self, rate, weight, count=1, synapse=None, start=0.0, stop=None):
        if not np.all(np.asarray(rate) >= 0):
            raise ValueError(f"Poisson: rate must not be negative, got {rate}")
        if count < 0:
            raise ValueError(f"Poisson: count must not be negative, got {count}")
        self.rate, self.weight, self.count = rate, weight, count
        self.synapse, self.start, self.stop = Delta() if synapse is None else synapse, start, stop


class Step:
    """A current of `amplitude` from `start` to `stop` (ms), else zero."""

    def __init__(self, amplitude, start=0.0, stop=None):
        self.amplitude, self.start, self.stop = amplitude, start, np.inf if stop is None else stop
        if not self.start <= self.stop:
            raise ValueError(f"Step: start must not exceed stop, got {start} and {stop}")

    def __call__(self, t):
        inside = (t >= self.start - 1e-9) & (t < self.stop - 1e-9)
        return (
            np.where(inside, 1.0, 0.0)[..., None] * np.atleast_1d(self.amplitude)
            if np.ndim(self.amplitude)
            else np.where(inside, self.amplitude, 0.0)
        )


def course(what, times, first, n):
    """A time course on the grid `times` (ms), which begins with step `first`: (T,) or (T, n)."""
    if callable(what):
        try:
            values = np.asarray(what(times), np.float64)
            if values.shape[:1] != times.shape:
                raise ValueError
        except Exception:  # noqa: BLE001 - a function of one time, not of an array of them
            values = (
                np.stack([np.asarray(what(float(t)), np.float64) for t in times])
                if len(times)
                else np.zeros(0)
            )
    else:
        values = np.asarray(what, np.float64)
        if len(values) < first + len(times):
            raise ValueError(
                f"drive: an array over time must cover the run, wanted at least {first + len(times)} steps, "
                f"got {len(values)}"
            )
        values = values[first : first + len(times)]
    if values.ndim == 2 and values.shape[1] not in (1, n) or values.ndim > 2:
        raise ValueError(
            f"drive: a time course must have shape (T,) or (T, {n}), got {values.shape}"
        )
    return values

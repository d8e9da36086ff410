"""What drives a population from outside: constants, time courses, Poisson spikes."""

import numpy as np

from ..core.trace.tracer import Tracer
from .laws import as_array
from .synapses import Delta, check_synapse


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
        if isinstance(rate, Tracer):
            raise TypeError(
                "Poisson: no derivative flows through the rate of random spikes: give plain numbers"
            )
        self.rate = as_array(rate, np.float64, "Poisson: rate")
        if self.rate.ndim > 1 or not np.all(self.rate >= 0):
            raise ValueError(f"Poisson: rate must be a number or (n,), not negative, got {rate!r}")
        if not isinstance(count, (int, float, np.number)) or not 0 <= count < np.inf:
            raise ValueError(f"Poisson: count must be a number, not negative, got {count!r}")
        self.weight, self.count = as_array(weight, np.float64, "Poisson: weight"), count
        self.synapse = check_synapse(Delta() if synapse is None else synapse, "Poisson")
        self.start, self.stop = start, stop


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
            values = _course(what(times))
            if values.shape[:1] != times.shape:
                raise ValueError
        except Exception:  # noqa: BLE001 - a function of one time, not of an array of them
            values = (
                np.stack([_course(what(float(t))) for t in times]) if len(times) else np.zeros(0)
            )
    else:
        values = _course(what)
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
    if isinstance(values, np.ndarray) and not np.isfinite(values).all():
        raise ValueError("drive: a time course must be finite")
    return values


def _course(values):
    return values if isinstance(values, Tracer) else np.asarray(values, np.float64)

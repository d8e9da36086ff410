"""Laws that parameters, initial values, weights and delays are drawn from."""

import numpy as np

from ..core.trace.tracer import Tracer


class Law:
    """Base: `sample(generator, size)` gives an array, clipped to [low, high] where given."""

    def __init__(self, low=None, high=None):
        if low is not None and high is not None and not low <= high:
            raise ValueError(
                f"{type(self).__name__}: low must not exceed high, got {low} and {high}"
            )
        self.low, self.high = low, high

    def sample(self, generator, size):
        x = self._draw(generator, size)
        return x if self.low is None and self.high is None else np.clip(x, self.low, self.high)


class Normal(Law):
    """Normal with mean and standard deviation; ``low``, ``high`` clip."""

    def __init__(self, mean, sd, low=None, high=None):
        super().__init__(low, high)
        if not sd >= 0:
            raise ValueError(f"Normal: sd must not be negative, got {sd}")
        self.mean, self.sd = mean, sd

    def _draw(self, generator, size):
        return generator.normal(self.mean, self.sd, size)


class LogNormal(Law):
    """Log-normal with the mean and standard deviation of the variable itself."""

    def __init__(self, mean, sd, low=None, high=None):
        super().__init__(low, high)
        if not (mean > 0 and sd >= 0):
            raise ValueError(
                f"LogNormal: mean must be positive and sd not negative, got {mean} and {sd}"
            )
        self.mean, self.sd = mean, sd

    def _draw(self, generator, size):
        variance = np.log1p((self.sd / self.mean) ** 2)
        return generator.lognormal(np.log(self.mean) - variance / 2, np.sqrt(variance), size)


class Uniform(Law):
    """Uniform on [start, stop)."""

    def __init__(self, start, stop):
        super().__init__()
        if not start <= stop:
            raise ValueError(f"Uniform: start must not exceed stop, got {start} and {stop}")
        self.start, self.stop = start, stop

    def _draw(self, generator, size):
        return generator.uniform(self.start, self.stop, size)


def values(x, n, generator, name):
    """A number, array of length n, or law, as float64: 0-d for a number, else shape (n,)."""
    if isinstance(x, Law):
        return x.sample(generator, n)
    array = as_array(x, np.float64, name)
    if array.shape not in ((), (n,)):
        raise ValueError(
            f"{name}: wanted a number, an array of shape ({n},) or a law, got shape {array.shape}"
        )
    return array


def as_array(x, dtype, name):
    """A number, array or quantity as an array of finite values; a traced value stays traced."""
    x = stacked(strip_units(x))
    if isinstance(x, Tracer):
        return x.astype(dtype)
    try:
        array = np.asarray(x, dtype)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: wanted a number or an array of numbers, got {x!r}") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: must be finite, got {x!r}")
    return array


def stacked(x):
    """A list of which some are traced as one traced array; all else as it is."""
    if isinstance(x, (list, tuple)) and any(isinstance(v, Tracer) for v in x):
        return np.stack(x)
    return x


def holds(condition):
    """Whether a condition on values is met everywhere; one on values not known yet counts as met."""
    if isinstance(condition, Tracer) and condition.abstract:
        return True
    return bool(np.all(condition))


def strip_units(x):
    """The magnitude of a quantity (pint and the like); other values as they are."""
    return x.magnitude if hasattr(x, "magnitude") else x

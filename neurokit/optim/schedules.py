"""Learning rates as functions of the step number, on plain numbers and traced ones alike."""

import math

import numpy as np


def _steps(n_steps, what):
    if not n_steps > 0:
        raise ValueError(f"{what}: n_steps must be positive, got {n_steps!r}")


def _part(step, n_steps):
    """How much of `n_steps` has passed, 0 to 1."""
    return np.clip(step, 0, n_steps) / n_steps


def constant(value):
    """The same rate at every step."""
    return lambda step: value


def step(start, every, factor=0.1):
    """`start`, times `factor` after each `every` steps."""
    _steps(every, "step")
    return lambda step: start * factor ** (step // every)


def linear(start, n_steps, end=0.0):
    """A straight line from `start` to `end`, then constant."""
    _steps(n_steps, "linear")
    return lambda step: start + (end - start) * _part(step, n_steps)


def polynomial(start, n_steps, end=0.0, power=2.0):
    """From `start` to `end` as ``(1 - step / n_steps) ** power``."""
    _steps(n_steps, "polynomial")
    return lambda step: end + (start - end) * (1.0 - _part(step, n_steps)) ** power


def cosine(start, n_steps, end=0.0):
    """From `start` to `end` along half a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983)."""
    _steps(n_steps, "cosine")
    return lambda step: end + (start - end) * 0.5 * (1.0 + np.cos(math.pi * _part(step, n_steps)))


def exponential(start, decay, n_steps=1):
    """start * decay ** (step / n_steps)."""
    _steps(n_steps, "exponential")
    return lambda step: start * decay ** (step / n_steps)


def inverse_sqrt(peak, warmup):
    """A line to `peak` over `warmup` steps, then ``peak * sqrt(warmup / step)`` (Vaswani et al. 2017)."""
    _steps(warmup, "inverse_sqrt")
    return lambda step: peak * np.minimum(step / warmup, np.sqrt(warmup / np.maximum(step, 1)))


def warmup_cosine(peak, warmup, n_steps, end=0.0, start=0.0):
    """A line from `start` to `peak` over `warmup` steps, then half a cosine to `end` at `n_steps`."""
    if not 0 < warmup < n_steps:
        raise ValueError(f"warmup_cosine: 0 < warmup < n_steps is needed, got {warmup}, {n_steps}")
    up, down = linear(start, warmup, peak), cosine(peak, n_steps - warmup, end)
    return lambda step: np.where(step < warmup, up(step), down(step - warmup))


def one_cycle(peak, n_steps, warm=0.3, start=None, end=None):
    """Up half a cosine to `peak` over the first part `warm`, then down half a cosine.

    `start` is a 25th of `peak`, `end` a 10 000th of `start`, unless given. Smith and Topin 2019,
    doi:10.1117/12.2520589.
    """
    _steps(n_steps, "one_cycle")
    if not 0 < warm < 1:
        raise ValueError(f"one_cycle: warm must be in (0, 1), got {warm!r}")
    start = peak / 25 if start is None else start
    end = start / 1e4 if end is None else end
    turn = warm * n_steps
    up, down = cosine(start, turn, peak), cosine(peak, n_steps - turn, end)
    return lambda step: np.where(step < turn, up(step), down(step - turn))

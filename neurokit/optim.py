"""Optimisers: plain functions of (gradients, state, parameters), for any container of arrays.

    opt = optim.Adam(1e-3)
    state = opt.init(params)
    params, state = opt.update(grads, state, params)

A learning rate may be a function of the step number, such as the schedules at the end.
"""

import math

import numpy as np

from .core import tree


class Optimizer:
    """Base: `init(params) -> state`, `update(grads, state, params) -> params, state`."""

    slots = ()

    def __init__(self, learning_rate):
        if not callable(learning_rate) and not learning_rate > 0:
            raise ValueError(
                f"{type(self).__name__}: learning_rate must be positive, got {learning_rate!r}"
            )
        self.learning_rate = learning_rate

    def init(self, params):
        """State for `params`: the step number and one container of zeros per moment."""
        return {
            "step": np.zeros((), np.int64),
            **{name: tree.map(np.zeros_like, params) for name in self.slots},
        }

    def rate(self, step):
        """Learning rate at `step` (counted from 1)."""
        return self.learning_rate(step) if callable(self.learning_rate) else self.learning_rate

    def update(self, grads, state, params):
        """New parameters and state; nothing is edited in place."""
        step = state["step"] + 1
        values, spec = tree.flatten(params)
        gradients, grad_spec = tree.flatten(grads)
        if len(gradients) != len(values):
            raise ValueError(
                f"{type(self).__name__}.update: grads have {len(gradients)} arrays, params {len(values)}"
            )
        moments = [tree.leaves(state[name]) for name in self.slots]
        new, moved = [], [[] for _ in self.slots]
        for i, (p, g) in enumerate(zip(values, gradients)):
            if np.shape(g) != np.shape(p):
                raise ValueError(
                    f"{type(self).__name__}.update: gradient {i} has shape {np.shape(g)}, its parameter "
                    f"{np.shape(p)}"
                )
            p, *m = self.step(p, g, [ms[i] for ms in moments], step)
            new.append(p)
            for out, value in zip(moved, m):
                out.append(value)
        state = {
            "step": step,
            **{
                name: tree.unflatten(tree.flatten(state[name])[1], m)
                for name, m in zip(self.slots, moved)
            },
        }
        return tree.unflatten(spec, new), state


class Sgd(Optimizer):
    """p - rate * g."""

    def step(self, p, g, moments, t):
        return (p - self.rate(t) * g,)


class Momentum(Optimizer):
    """Heavy ball: m = beta m + g; p - rate * m."""

    slots = ("momentum",)

    def __init__(self, learning_rate, beta=0.9):
        super().__init__(learning_rate)
        self.beta = beta

    def step(self, p, g, moments, t):
        m = self.beta * moments[0] + g
        return p - self.rate(t) * m, m


class Adam(Optimizer):
    """Adaptive moments with bias correction (Kingma and Ba 2015, arXiv:1412.6980).

    Parameters
    ----------
    learning_rate : float or function of the step
    b1, b2 : float
        Decay of the first and second moment.
    eps : float
        Added to the root of the second moment.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> opt = nk.optim.Adam(0.1)
    >>> p = {"w": np.ones(2)}
    >>> p, state = opt.update({"w": np.array([1.0, -1.0])}, opt.init(p), p)
    >>> p["w"].round(6)
    array([0.9, 1.1])
    """

    slots = ("first", "second")
    decay = 0.0

    def __init__(self, learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8):
        super().__init__(learning_rate)
        for name, value in (("b1", b1), ("b2", b2)):
            if not 0 <= value < 1:
                raise ValueError(f"{type(self).__name__}: {name} must be in [0, 1), got {value!r}")
        self.b1, self.b2, self.eps = b1, b2, eps

    def step(self, p, g, moments, t):
        m = self.b1 * moments[0] + (1 - self.b1) * g
        v = self.b2 * moments[1] + (1 - self.b2) * g * g
        rate = self.rate(t)
        if self.decay:
            p = p - _like(rate * self.decay, p) * p
        scale, root = _like(rate / (1.0 - self.b1**t), p), _like(1.0 / np.sqrt(1.0 - self.b2**t), p)
        return p - scale * m / (np.sqrt(v) * root + self.eps), m, v


def _like(x, p):
    """A scalar in the precision of the parameter `p`."""
    return np.multiply(x, 1.0).astype(getattr(p, "dtype", np.float64))


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101)."""

    def __init__(self, learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, weight_decay=1e-2):
        super().__init__(learning_rate, b1, b2, eps)
        self.decay = weight_decay


def clip_by_global_norm(grads, max_norm):
    """Gradients scaled so that the norm over all of them is at most `max_norm`."""
    leaves, spec = tree.flatten(grads)
    norm = np.sqrt(sum((np.sum(np.square(g)) for g in leaves), 0.0))
    scale = np.minimum(1.0, max_norm / np.maximum(norm, 1e-12))
    return tree.unflatten(spec, [g * scale.astype(g.dtype) for g in leaves])


def constant(value):
    """The same rate at every step."""
    return lambda step: value


def cosine(start, n_steps, end=0.0):
    """From `start` to `end` along half a cosine."""
    return lambda step: (
        end + (start - end) * 0.5 * (1.0 + np.cos(math.pi * np.minimum(step, n_steps) / n_steps))
    )


def exponential(start, decay, n_steps=1):
    """start * decay ** (step / n_steps)."""
    return lambda step: start * decay ** (step / n_steps)

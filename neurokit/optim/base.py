"""What all optimisers share: the walk over containers, the rate, the precision of scalars."""

import numpy as np

from ..core import tree


class Optimizer:
    """Base: `init(params) -> state`, `update(grads, state, params) -> params, state`.

    A subclass names its moments in `slots` and defines ``step(p, g, moments, t, rate)``, which returns
    the new parameter and the new moments of one array. `t` counts steps from 1; `rate` is a scalar in
    the precision of `p`.

    Parameters
    ----------
    learning_rate : float or callable
        A positive number, or a function of the step number (counted from 1).
    weight_decay : float
        Decoupled decay: each step first shrinks a parameter by ``rate * weight_decay`` of itself
        (Loshchilov and Hutter 2019, arXiv:1711.05101).
    """

    slots = ()

    def __init__(self, learning_rate, weight_decay=0.0):
        if not callable(learning_rate) and not learning_rate > 0:
            raise ValueError(
                f"{type(self).__name__}: learning_rate must be positive, got {learning_rate!r}"
            )
        self.learning_rate = learning_rate
        self._not_negative(weight_decay=weight_decay)

    def _fraction(self, **values):
        """Keep numbers that must lie in [0, 1)."""
        for name, value in values.items():
            if not 0 <= value < 1:
                raise ValueError(f"{type(self).__name__}: {name} must be in [0, 1), got {value!r}")
            setattr(self, name, value)

    def _not_negative(self, **values):
        """Keep numbers of 0 or more."""
        for name, value in values.items():
            if not value >= 0:
                raise ValueError(
                    f"{type(self).__name__}: {name} must not be negative, got {value!r}"
                )
            setattr(self, name, value)

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
        """New parameters and state; nothing is edited in place.

        Parameters
        ----------
        grads, params : containers of arrays, equal in structure
            Complex gradients follow `nk.grad`: their conjugate is the direction of steepest ascent.
        state : what `init` or the last `update` returned

        Returns
        -------
        params, state

        Raises
        ------
        ValueError
            Gradients or state differ from the parameters in structure, or gradients in shape.
        """
        values, spec = tree.flatten(params)
        gradients = self._leaves(spec, grads, "grads")
        if not isinstance(state, dict) or not state.keys() >= {"step", *self.slots}:
            wanted, got = ["step", *self.slots], list(state) if isinstance(state, dict) else state
            raise ValueError(
                f"{type(self).__name__}.update: state must come from its own init, with {wanted}, got {got!r}"
            )
        moments = [self._leaves(spec, state[name], f"state[{name!r}]") for name in self.slots]
        step = state["step"] + 1
        rate = self.rate(step)
        new, moved = [], [[] for _ in self.slots]
        for i, (p, g) in enumerate(zip(values, gradients)):
            if np.shape(g) != np.shape(p):
                raise ValueError(
                    f"{type(self).__name__}.update: gradient {i} has shape {np.shape(g)}, its parameter "
                    f"{np.shape(p)}"
                )
            if np.iscomplexobj(g):
                g = np.conj(g)
            eta = like(rate, p)
            start = p if not self.weight_decay else p - eta * self.weight_decay * p
            p, *m = self.step(start, g, [ms[i] for ms in moments], step, eta)
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

    def _leaves(self, spec, values, what):
        leaves = tree.leaves_like(spec, values)
        if leaves is None:
            raise ValueError(
                f"{type(self).__name__}.update: {what} must have the structure of params, wanted {spec}, "
                f"got {tree.flatten(values)[1]}"
            )
        return leaves


def like(x, p):
    """A scalar in the real precision of the parameter `p`."""
    dtype = np.dtype(getattr(p, "dtype", np.float64))
    return np.multiply(x, 1.0).astype(np.empty(0, dtype).real.dtype)


def bias(b, t, p):
    """1 - b ** t: what a running mean that began at 0 has gathered, in the precision of `p`."""
    return like(1.0 - b**t, p)


def squared(g):
    """|g|^2 of real or complex gradients."""
    return np.real(g * np.conj(g)) if np.iscomplexobj(g) else g * g

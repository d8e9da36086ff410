"""Cells: what a population's neurons do with the input of one step. ms, mV, nS, pA, pF."""

import numpy as np

from ..core.transforms.spikes import spike
from ..core.transforms.surrogates import SURROGATES
from .laws import holds, values


class LIF:
    """Leaky integrate-and-fire neurons.

    tau dv/dt = v_rest - v + sum_k g_k (E_k - v) + I; a spike when v exceeds v_th, then v = v_reset for
    t_ref. Currents alone are integrated exactly (with exponential synapses too); with conductances the
    step is exponential Euler, exact while the conductances stand still.

    Parameters
    ----------
    n : int
        Number of neurons.
    tau : float or array (n,), ms
        Membrane time constant; currents are then in mV and conductances in units of the leak.
    capacitance, leak : float or array (n,), pF and nS
        Instead of `tau`: currents are in pA, conductances in nS.
    v_rest, v_reset, v_th : float or array (n,), mV
        `v_reset` is `v_rest` unless given.
    t_ref : float, ms
        Refractory time, rounded to steps.
    v0 : float, array (n,) or law, mV
        Potential at the start; `v_rest` unless given.
    surrogate, width : see `neurokit.spike`
        Derivative of a spike, where the network is differentiated; `width` in mV.

    References
    ----------
    Rotter and Diesmann 1999, doi:10.1007/s004220050570 (exact integration).
    """

    state_names = ("v", "ref")

    def __init__(
        self,
        n,
        tau=None,
        v_rest=-65.0,
        v_reset=None,
        v_th=-50.0,
        t_ref=0.0,
        v0=None,
        capacitance=None,
        leak=None,
        surrogate="arctan",
        width=1.0,
    ):
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"LIF: n must be a positive int, got {n!r}")
        if (tau is None) == (capacitance is None or leak is None):
            raise ValueError("LIF: give either tau, or capacitance (pF) and leak (nS)")
        t_ref = np.asarray(t_ref, np.float64)
        if t_ref.shape not in ((), (n,)) or not np.all((t_ref >= 0) & (t_ref < np.inf)):
            raise ValueError(f"LIF: t_ref must be 0 or more, a number or ({n},), got {t_ref}")
        if not callable(surrogate) and surrogate not in SURROGATES:
            raise ValueError(
                f"LIF: surrogate must be a function or one of {sorted(SURROGATES)}, got {surrogate!r}"
            )
        if not width > 0:
            raise ValueError(f"LIF: width must be positive, got {width!r}")
        self.n, self.surrogate, self.width = int(n), surrogate, width
        self.t_ref, self.v0 = t_ref, v0
        self.given = dict(v_rest=v_rest, v_reset=v_rest if v_reset is None else v_reset, v_th=v_th)
        if tau is not None:
            self.given.update(tau=tau)
        else:
            self.given.update(capacitance=capacitance, leak=leak)

    def params(self, generator, dtype):
        """{name: array () or (n,)} in `dtype`."""
        drawn = {
            k: values(x, self.n, generator, f"LIF {k}").astype(dtype) for k, x in self.given.items()
        }
        for name in ("tau", "capacitance", "leak"):
            if name in drawn and not holds(drawn[name] > 0):
                raise ValueError(f"LIF: {name} must be positive")
        if not holds(drawn["v_reset"] < drawn["v_th"]):
            raise ValueError("LIF: v_reset must lie below v_th")
        return drawn

    def start(self, params, generator, dtype):
        """The state before the first step."""
        v0 = self.v0 if self.v0 is not None else params["v_rest"]
        v = np.broadcast_to(values(v0, self.n, generator, "LIF v0"), self.n).astype(dtype)
        return {"v": v, "ref": np.zeros(self.n, dtype)}

    def scale(self, params):
        """What turns input currents and conductances into mV and units of the leak."""
        return 1.0 / params["leak"] if "leak" in params else 1.0

    def time_constant(self, params):
        return params["tau"] if "tau" in params else params["capacitance"] / params["leak"]

    def step(self, state, params, inputs, dt, differentiable):
        """State and spikes after one step of `dt` ms. inputs: see `Inputs`."""
        v, ref = state["v"], state["ref"]
        tau, scale = self.time_constant(params), self.scale(params)
        rest = params["v_rest"]
        free = v if inputs.jump is None else v + inputs.jump
        target = rest
        for current in inputs.currents:
            target = target + current * scale
        if inputs.conductances:
            total, pull = 1.0, target
            for g, reversal in inputs.conductances:
                total = total + g * scale
                pull = pull + g * (scale * reversal)
            for current, _ in inputs.decaying:
                pull = pull + current * scale
            target = pull / total
            free = target + (free - target) * np.exp(total * (-dt / tau))
        else:
            decay = np.exp(-dt / tau)
            free = target + (free - target) * decay
            for current, tau_syn in inputs.decaying:
                free = free + current * (scale * _propagator(tau, tau_syn, dt))
        if np.any(self.t_ref):
            waiting = ref > 0
            v = np.where(waiting, v, free)
            ref = np.where(waiting, ref - 1, ref)
        else:
            v = free
        fired = (
            spike(v - params["v_th"], self.surrogate, self.width)
            if differentiable
            else v > params["v_th"]
        )
        hit = fired > 0 if differentiable else fired
        v = np.where(hit, params["v_reset"], v)
        if np.any(self.t_ref):
            steps = np.round(np.asarray(self.t_ref) / dt).astype(v.dtype)
            ref = np.where(hit, steps, ref)
        return {"v": v, "ref": ref}, fired

    def psp(self, params, synapse, weight):
        """Peak deflection (mV) from rest of one input spike of the given weight."""
        tau = float(np.mean(self.time_constant(params)))
        scale = float(np.mean(self.scale(params)))
        return synapse.psp(
            weight * (scale if synapse.scaled else 1.0), tau, float(np.mean(params["v_rest"]))
        )


def _propagator(tau, tau_syn, dt):
    """Effect on v (per unit of a current that decays with tau_syn) after dt, exactly."""
    ratio = tau / tau_syn
    same = np.abs(ratio - 1.0) < 1e-4
    slow = np.exp(-dt / tau)
    other = (np.exp(-dt / tau_syn) - slow) / np.where(same, 1.0, 1.0 - ratio)
    return np.where(same, dt / tau * slow, other)


class Inputs:
    """What reaches a population in one step.

    currents: constant over the step; decaying: (value, time constant) exponential currents;
    conductances: (g, reversal); jump: sudden change of v, or None.
    """

    def __init__(self):
        self.currents, self.decaying, self.conductances, self.jump = [], [], [], None

    def add_jump(self, x):
        self.jump = x if self.jump is None else self.jump + x

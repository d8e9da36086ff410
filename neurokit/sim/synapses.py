"""Synapses: what an arriving spike does to the target, step by step."""

import math

import numpy as np

from .laws import as_array, holds


class Delta:
    """A spike moves the potential by its weight (mV) at once."""

    scaled = False
    state_names = ()
    reversal = None

    def params(self, dtype):
        return {}

    def start(self, n, dtype):
        return {}

    def arrive(self, state, arriving, inputs, params):
        """Add the weighted spikes that arrive now; tell the target what it feels."""
        inputs.add_jump(arriving)
        return {}

    def decay(self, state, params, dt):
        return state

    def psp(self, weight, tau, v_rest):
        return weight


class Exp:
    """Exponential synapse: a spike adds its weight to g, which decays with `tau`.

    Parameters
    ----------
    tau : float, ms
    reversal : float or None, mV
        Reversal potential of a conductance; None makes g a current (mV, or pA with `capacitance`).
    """

    scaled = True

    def __init__(self, tau, reversal=None):
        self.tau = _number(tau, "Exp: tau")
        if not holds(self.tau > 0):
            raise ValueError(f"Exp: tau must be positive, got {tau!r}")
        self.reversal = None if reversal is None else _number(reversal, "Exp: reversal")

    def __repr__(self):
        return f"Exp(tau={self.tau:g}, reversal={self.reversal})"

    def params(self, dtype):
        given = (
            {"tau": self.tau}
            if self.reversal is None
            else {"tau": self.tau, "reversal": self.reversal}
        )
        return {k: as_array(x, dtype, f"Exp: {k}") for k, x in given.items()}

    def start(self, n, dtype):
        return {"g": np.zeros(n, dtype)}

    def arrive(self, state, arriving, inputs, params):
        g = state["g"] if arriving is None else state["g"] + arriving
        if "reversal" in params:
            inputs.conductances.append((g, params["reversal"]))
        else:
            inputs.decaying.append((g, params["tau"]))
        return {"g": g}

    def decay(self, state, params, dt):
        return {"g": state["g"] * np.exp(-dt / params["tau"])}

    def psp(self, weight, tau, v_rest):
        """Peak of the response from rest, by the closed form (currents) or small steps (conductances)."""
        if self.reversal is None:
            if math.isclose(tau, self.tau):
                return weight / math.e
            t = math.log(tau / self.tau) * tau * self.tau / (tau - self.tau)
            return weight * (math.exp(-t / self.tau) - math.exp(-t / tau)) / (1 - tau / self.tau)
        dt, v, g, peak = 0.01, v_rest, weight, 0.0
        for _ in range(int(5 * (tau + self.tau) / dt)):
            v_inf = (v_rest + g * self.reversal) / (1 + g)
            v = v_inf + (v - v_inf) * math.exp(-dt * (1 + g) / tau)
            g *= math.exp(-dt / self.tau)
            peak = v - v_rest if abs(v - v_rest) > abs(peak) else peak
        return peak


def _number(x, name):
    """One finite number, as a float; a traced one stays traced."""
    x = as_array(x, np.float64, name)
    if x.shape:
        raise ValueError(f"{name} must be one number, got shape {x.shape}")
    return float(x) if isinstance(x, np.ndarray) else x


def check_synapse(synapse, where):
    """`synapse` itself, if it is one."""
    if isinstance(synapse, type) or not (hasattr(synapse, "arrive") and hasattr(synapse, "decay")):
        got = (
            f"the class {synapse.__name__}: write {synapse.__name__}(...)"
            if isinstance(synapse, type)
            else repr(synapse)
        )
        raise TypeError(f"{where}: synapse must be Delta() or Exp(tau), got {got}")
    return synapse

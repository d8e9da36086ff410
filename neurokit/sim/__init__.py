"""Networks of spiking neurons. Units are fixed: ms, mV, nS, pA, pF, Hz.

>>> from neurokit import sim
>>> net = sim.Net(dt=0.1, seed=0)
>>> e = net.add(sim.LIF(80, tau=20, v_rest=-60, v_th=-50, t_ref=5), name="e")
>>> _ = net.connect(e, e, p=0.1, weight=0.6, synapse=sim.Exp(tau=5, reversal=0))
>>> _ = net.drive(e, 20.0)
>>> run = net.run(50.0, record=[e.spikes, e.v[:10]])
>>> run[e.v].shape
(500, 10)
"""

from .cells import LIF
from .laws import LogNormal, Normal, Uniform
from .net import Net, Population
from .record import Run
from .sources import Poisson, Step
from .synapses import Delta, Exp

__all__ = [
    "LIF",
    "Delta",
    "Exp",
    "LogNormal",
    "Net",
    "Normal",
    "Poisson",
    "Population",
    "Run",
    "Step",
    "Uniform",
]

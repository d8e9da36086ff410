"""Networks with known firing rates: the balanced networks of Vogels and Abbott.

Rates: Vogels and Abbott 2005, doi:10.1523/JNEUROSCI.3508-05.2005, in the form of the benchmarks 1 and
2 of Brette et al. 2007, doi:10.1007/s10827-007-0038-6, as several simulators give them.
"""

import numpy as np
import pytest

from neurokit import sim

CELL = dict(tau=20, v_reset=-60, v_th=-50, t_ref=5)


def populations(seed, v_rest, v0):
    net = sim.Net(dt=0.1, seed=seed)
    return net, *(
        net.add(sim.LIF(n, v_rest=v_rest, v0=v0, **CELL), name=name)
        for n, name in ((3200, "e"), (800, "i"))
    )


def test_conductances_with_drive():
    """80 targets each, constant drive of 20 mV: irregular firing at 21 Hz (wirings scatter by 1.5)."""
    rates, cvs = [], []
    for seed in range(3):
        net, e, i = populations(seed, -60, sim.Normal(-55, 5))
        net.connect(e, [e, i], out_degree=80, weight=0.6, synapse=sim.Exp(5, reversal=0))
        net.connect(i, [e, i], out_degree=80, weight=6.7, synapse=sim.Exp(10, reversal=-80))
        for population in (e, i):
            net.drive(population, 20.0)
        run = net.run(1000.0, record=[e.spikes])
        rates.append(run.rate(e))
        cvs.append(run.cv(e))
    assert 19 < np.mean(rates) < 23 and all(18 < r < 24 for r in rates)
    assert min(cvs) > 0.8


def test_conductances_without_drive():
    """64 E and 16 I inputs per cell, kicked for 50 ms: goes on by itself at 14.0-14.8 Hz."""
    rates = []
    for seed in range(1, 4):
        net, e, i = populations(seed, -60, None)
        excite = sim.Exp(5, reversal=0)
        net.connect(e, [e, i], in_degree=64, weight=0.6, synapse=excite)
        net.connect(i, [e, i], in_degree=16, weight=6.7, synapse=sim.Exp(10, reversal=-80))
        kick = sim.Poisson(300, weight=0.6, synapse=excite, start=1, stop=51)
        net.drive(e, kick, cells=slice(0, 50))
        run = net.run(1000.0, record=[e.spikes])
        assert run.rate(e, start=900) > 5
        rates.append(run.rate(e))
    assert 13.5 < np.mean(rates) < 15.3


def test_currents():
    """Exponential currents, rest above threshold, exact integration: 5.2-6.0 Hz."""
    rates = []
    for seed in range(3):
        net, e, i = populations(seed, -49, sim.Uniform(-60, -50))
        net.connect(e, [e, i], p=0.02, weight=1.62, synapse=sim.Exp(5))
        net.connect(i, [e, i], p=0.02, weight=-9.0, synapse=sim.Exp(10))
        rates.append(net.run(1000.0, record=[e.spikes]).rate(e))
    assert 5.2 <= np.mean(rates) <= 6.0
    assert rates == pytest.approx([np.mean(rates)] * 3, rel=0.15)

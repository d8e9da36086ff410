"""N1: the COBA network, neurokit against a hand-fused C loop, time per step.

Both sides are timed in turns on one core, float32, exponential Euler, steps of 0.1 ms, and both
print E rate and CV: a fast network with another rate is another network.
"""

import harness
from coba_peer import Coba, rate_and_cv

STEPS = 2000


def in_neurokit(scale, variant, seed=1):
    """A network of `sim` on 4000 x scale cells: (run, result), where `result()` is the last run."""
    from neurokit import sim

    net = sim.Net(dt=0.1, seed=seed)
    cell = {
        "tau": 20,
        "v_rest": -60,
        "v_reset": -60,
        "v_th": -50,
        "t_ref": 5,
        "v0": sim.Normal(-55, 5 if variant == "A" else 2),
    }
    exc = net.add(sim.LIF(3200 * scale, **cell), name="e")
    inh = net.add(sim.LIF(800 * scale, **cell), name="i")
    wiring = {"out_degree": 80} if variant == "A" else {"p": 0.02}
    divide = 1 if variant == "A" else scale
    for pre, weight, tau, reversal in ((exc, 0.6, 5, 0), (inh, 6.7, 10, -80)):
        net.connect(
            pre,
            [exc, inh],
            weight=weight / divide,
            synapse=sim.Exp(tau=tau, reversal=reversal),
            **wiring,
        )
    net.drive(exc, 20.0)
    net.drive(inh, 20.0)
    held = []

    def run():
        held[:] = [net.run(STEPS * 0.1, record=[exc.spikes, inh.spikes])]

    return run, lambda: (held[0].rate(exc), held[0].cv(exc))


def main():
    """COBA-A at 4000 and 40 000 cells, COBA-B at 4000 and 8000."""
    options = harness.arguments(__doc__)
    report = harness.Report("N1: COBA, float32, one core, dt 0.1 ms", options.json)
    cases = [("A", 1)] if options.quick else [("A", 1), ("A", 10), ("B", 1), ("B", 2)]
    with harness.one_core():
        for variant, scale in cases:
            peer = Coba(scale, variant)
            run, result = in_neurokit(scale, variant)
            measured = harness.measure(
                {"C, hand-fused": lambda p=peer: p.run(STEPS), "neurokit": run},
                options.repeat,
                warm_up=2,
            )
            label = f"COBA-{variant}, {peer.n} cells"
            report.times(label, measured, "C, hand-fused", per=STEPS, unit="step")
            count = peer.n_spikes
            exc = peer.cells[:count] < peer.n_exc
            rate, cv = rate_and_cv(
                peer.steps[:count][exc], peer.cells[:count][exc], peer.n_exc, STEPS * 0.1, 0.1
            )
            for name, values in (("C", (rate, cv)), ("neurokit", result())):
                report.value(name, "E rate", float(values[0]), "Hz")
                report.value(name, "CV (short window)", float(values[1]))
    report.close()


if __name__ == "__main__":
    main()

"""N1: the COBA network, neurokit against a hand-fused C loop, time per step.

Both sides are timed in turns on one core, float32, exponential Euler, steps of 0.1 ms. Then both run
for two seconds and print E rate and CV: a fast network with another rate is another network. Single
wirings of 4000 cells scatter by 1.4 Hz.
"""

import harness
from coba_peer import Coba, rate_and_cv

STEPS, LONG = 2000, 20_000


def in_neurokit(scale, variant, seed=1):
    """A network of `sim` on 4000 x scale cells: (run, rate), two functions without arguments."""
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
    record = [exc.spikes, inh.spikes]

    def rate():
        run = net.run(LONG * 0.1, record=record)
        return float(run.rate(exc)), float(run.cv(exc))

    return lambda: net.run(STEPS * 0.1, record=record), rate


def rate_in_c(scale, variant):
    """E rate (Hz) and CV of a peer of its own over the long run."""
    net = Coba(scale, variant)
    count = net.run(LONG)
    exc = net.cells[:count] < net.n_exc
    return rate_and_cv(net.steps[:count][exc], net.cells[:count][exc], net.n_exc, LONG * 0.1, 0.1)


def main():
    """COBA-A at 4000 and 40 000 cells, COBA-B at 4000 and 8000."""
    options = harness.arguments(__doc__)
    report = harness.Report("N1: COBA, float32, one core, dt 0.1 ms", options.json)
    cases = [("A", 1)] if options.quick else [("A", 1), ("A", 10), ("B", 1), ("B", 2)]
    with harness.one_core():
        for variant, scale in cases:
            peer = Coba(scale, variant)
            run, rate = in_neurokit(scale, variant)
            measured = harness.measure(
                {"C, hand-fused": lambda p=peer: p.run(STEPS), "neurokit": run},
                options.repeat,
                warm_up=2,
            )
            label = f"COBA-{variant}, {peer.n} cells"
            report.times(label, measured, "C, hand-fused", per=STEPS, unit="step")
            for name, values in (("C", rate_in_c(scale, variant)), ("neurokit", rate())):
                report.value(name, "E rate", values[0], "Hz")
                report.value(name, "CV", values[1])
    report.close()


if __name__ == "__main__":
    main()

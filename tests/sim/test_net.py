"""The simulator against closed forms, an ODE solver and an independent loop in NumPy."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import neurokit as nk
from neurokit import sim


@pytest.mark.parametrize("drive, hz", [(16, 17.406), (20, 33.641), (30, 63.040)])
def test_rate_of_a_driven_cell(drive, hz):
    """Closed form: 1000 / (t_ref + tau log(R I / (R I - threshold))), threshold 15 mV above rest."""
    net = sim.Net(dt=0.01, dtype="float64")
    pop = net.add(sim.LIF(1, tau=20, v_rest=0, v_th=15, t_ref=2))
    net.drive(pop, float(drive))
    run = net.run(4000.0, record=[pop.spikes])
    intervals = np.diff(run[pop.spikes].times)
    assert 1000 / intervals.mean() == pytest.approx(hz, rel=1e-3)


def test_capacitance_units():
    """R I = 1000 pA / 50 nS = 20 mV and tau = 1000 pF / 50 nS = 20 ms: the same cell."""
    net = sim.Net(dt=0.01, dtype="float64")
    pop = net.add(sim.LIF(1, capacitance=1000, leak=50, v_rest=0, v_th=15, t_ref=2))
    net.drive(pop, 1000.0)
    times = net.run(1000.0, record=[pop.spikes])[pop.spikes].times
    assert 1000 / np.diff(times).mean() == pytest.approx(33.641, rel=1e-3)


@pytest.mark.parametrize("tau_syn", [2.0, 20.0])
def test_exponential_current_is_exact(tau_syn):
    """One input spike: v(t) of an ODE solver, whatever the step."""
    for dt in (0.1, 1.0):
        net = sim.Net(dt=dt, dtype="float64")
        one = net.add(sim.LIF(1, tau=5, v_rest=0, v_th=1, v0=2.0))
        two = net.add(sim.LIF(1, tau=20, v_rest=-60, v_th=100))
        net.connect(one, two, one_to_one=True, weight=7.0, synapse=sim.Exp(tau_syn))
        v = net.run(40.0, record=[two.v])[two.v][:, 0]
        solution = solve_ivp(
            lambda t, y: [(-60 - y[0] + y[1]) / 20, -y[1] / tau_syn],
            (0, 40),
            [-60, 7.0],
            rtol=1e-11,
            atol=1e-12,
            dense_output=True,
        )
        t = np.arange(1, len(v)) * dt  # the spike of step 0 arrives at the start of step 1
        np.testing.assert_allclose(v[1:], solution.sol(t)[0], rtol=1e-8)


def test_conductance_step_converges_to_the_ode():
    errors = []
    for dt in (0.2, 0.1, 0.05):
        net = sim.Net(dt=dt, dtype="float64")
        one = net.add(sim.LIF(1, tau=5, v_rest=0, v_th=1, v0=2.0))
        two = net.add(sim.LIF(1, tau=20, v_rest=-60, v_th=100))
        net.connect(one, two, one_to_one=True, weight=0.6, synapse=sim.Exp(5, reversal=0))
        v = net.run(20.0 + dt, record=[two.v])[two.v][-1, 0]
        y = solve_ivp(
            lambda t, y: [(-60 - y[0] - y[1] * y[0]) / 20, -y[1] / 5],
            (0, 20),
            [-60, 0.6],
            rtol=1e-11,
            atol=1e-12,
        ).y[0, -1]
        errors.append(abs(v - y))
    assert errors[0] / errors[2] == pytest.approx(4.0, rel=0.2)  # first order in dt


def loop(v, weights, drive, steps, delay, tau=20.0, tau_syn=5.0, dt=0.1, reversal=0.0):
    """The same network as plain NumPy: conductances, exponential Euler, dense weights."""
    n = len(v)
    g, ref, queue, out = np.zeros(n), np.zeros(n), [np.zeros(n, bool) for _ in range(delay)], []
    for _ in range(steps):
        g = g + queue.pop(0) @ weights
        total = 1 + g
        target = (-60 + drive + g * reversal) / total
        v = np.where(ref > 0, v, target + (v - target) * np.exp(-dt * total / tau))
        ref = np.where(ref > 0, ref - 1, 0)
        spikes = v > -50
        v, ref = np.where(spikes, -60, v), np.where(spikes, 20, ref)
        queue.append(spikes)
        g = g * np.exp(-dt / tau_syn)
        out.append(spikes)
    return np.array(out), v


@pytest.mark.parametrize("delay_steps", [1, 7])
@pytest.mark.parametrize("wiring", ["matrix", "pairs"])
def test_network_equals_a_plain_loop(delay_steps, wiring):
    rng = np.random.default_rng(0)
    v0 = rng.uniform(-60, -50, 50)
    weights = np.where(rng.random((50, 50)) < 0.2, rng.uniform(0.01, 0.1, (50, 50)), 0.0)
    net = sim.Net(dt=0.1, dtype="float64")
    pop = net.add(sim.LIF(50, tau=20, v_rest=-60, v_th=-50, t_ref=2, v0=v0))
    i, j = np.nonzero(weights)
    shuffled = rng.permutation(len(i))
    how = (
        dict(matrix=weights, weight=None)
        if wiring == "matrix"
        else dict(pairs=(i[shuffled], j[shuffled]), weight=weights[i, j][shuffled])
    )
    net.connect(pop, pop, synapse=sim.Exp(5, reversal=0), delay=delay_steps * 0.1, **how)
    net.drive(pop, 14.0)
    run = net.run(100.0, record=[pop.spikes, pop.v[:3]])
    spikes, v = loop(v0, weights, 14.0, 1000, delay_steps)
    steps, senders = np.nonzero(spikes)
    assert len(steps) > 100
    np.testing.assert_array_equal(run[pop.spikes].senders, senders)
    np.testing.assert_allclose(run[pop.spikes].times, (steps + 1) * 0.1)
    np.testing.assert_allclose(run[pop.v][-1], v[:3], rtol=1e-9)


def small(seed=1, dtype="float32"):
    net = sim.Net(dt=0.1, seed=seed, dtype=dtype)
    cell = dict(tau=20, v_rest=-60, v_th=-50, t_ref=5)
    e = net.add(sim.LIF(80, v0=sim.Normal(-55, 3), **cell), name="e")
    i = net.add(sim.LIF(20, v0=sim.Normal(-55, 3), **cell), name="i")
    net.connect(e, [e, i], p=0.1, weight=0.3, synapse=sim.Exp(5, reversal=0))
    net.connect(i, [e, i], p=0.1, weight=1.0, synapse=sim.Exp(10, reversal=-80), delay=0.5)
    net.drive(e, sim.Poisson(800.0, 1.5))
    net.drive(i, sim.Poisson(1000.0, 0.2, synapse=sim.Exp(5, reversal=0)))
    return net, e, i


def test_runs_go_on_where_they_stopped():
    one, e, _ = small()
    whole = one.run(60.0, record=[e.spikes, e.v])
    two, e2, _ = small()
    parts = [two.run(d, record=[e2.spikes, e2.v]) for d in (20.0, 10.0, 30.0)]
    np.testing.assert_array_equal(np.concatenate([p[e2.v] for p in parts]), whole[e.v])
    np.testing.assert_allclose(
        np.concatenate([p[e2.spikes].times for p in parts]), whole[e.spikes].times
    )
    assert whole[e.spikes].times.size > 20


def test_seed_threads_and_reset():
    results = []
    for threads in (1, 2, 3):
        net, e, _ = small()
        with nk.options(threads=threads):
            results.append(net.run(50.0, record=[e.v])[e.v])
    assert all(r.tobytes() == results[0].tobytes() for r in results)
    net, e, _ = small()
    first = net.run(30.0, record=[e.v])[e.v]
    net.reset()
    np.testing.assert_array_equal(net.run(30.0, record=[e.v])[e.v], first)
    other, e2, _ = small(seed=2)
    assert not np.array_equal(other.run(30.0, record=[e2.v])[e2.v], first)


def test_projections_do_not_share_targets():
    net = sim.Net(seed=0)
    a, b = net.add(sim.LIF(200, tau=20)), net.add(sim.LIF(200, tau=20))
    p, q = (net.connect(x, b, p=0.1, weight=1.0, synapse=sim.Delta()) for x in (a, a))
    same = np.intersect1d(
        p.connectivity.pre * 200 + p.connectivity.indices,
        q.connectivity.pre * 200 + q.connectivity.indices,
    )
    assert len(same) < 0.15 * p.connectivity.nnz


def test_poisson_drive_has_its_rate():
    net = sim.Net(dt=0.1, dtype="float64")
    pop = net.add(sim.LIF(500, tau=1e6, v_rest=0, v_th=1e6))
    net.drive(pop, sim.Poisson(100.0, 1.0, count=3, start=100.0, stop=600.0), cells=slice(0, 250))
    v = net.run(1000.0, record=[pop.v])[pop.v]
    counts = v[-1]
    assert counts[:250].mean() == pytest.approx(150, abs=3) and np.all(counts[250:] == 0)
    assert counts[:250].var() == pytest.approx(150, rel=0.3)
    assert v[990].max() == 0 and v[6001].max() == pytest.approx(v[-1].max(), rel=1e-2)


def test_drives_in_time():
    times = np.arange(200) * 0.1
    course = np.sin(times)
    recorded = []
    for source in (course, np.repeat(course[:, None], 2, 1), np.sin, lambda t: float(np.sin(t))):
        net = sim.Net(dt=0.1, dtype="float64")
        pop = net.add(sim.LIF(2, tau=10, v_rest=0, v_th=50))
        net.drive(pop, source)
        recorded.append(net.run(20.0, record=[pop.v])[pop.v])
    for r in recorded[1:]:
        np.testing.assert_allclose(r, recorded[0], rtol=1e-12)
    net = sim.Net(dt=0.1, dtype="float64")
    pop = net.add(sim.LIF(1, tau=10, v_rest=0, v_th=50))
    net.drive(pop, sim.Step(5.0, start=5.0, stop=10.0))
    v = net.run(20.0, record=[pop.v])[pop.v][:, 0]
    assert np.all(v[:50] == 0) and v.argmax() == 99
    assert v[99] == pytest.approx(5 * (1 - np.exp(-0.5)), rel=1e-9)


def test_records():
    net, e, i = small()
    run = net.run(50.0, record=[e.spikes, e.v[:3], i.v[[1, 4]], e.rate(5.0)])
    assert (
        run[e.v].shape == (500, 3)
        and run[i.v].shape == (500, 2)
        and run[e.rate(5.0)].shape == (10,)
    )
    counts = np.histogram(run[e.spikes].times, np.arange(0, 51, 5) + 1e-6)[0]
    np.testing.assert_allclose(run[e.rate(5.0)], counts / 80 / 5e-3, rtol=1e-6)
    assert run.times[0] == pytest.approx(0.1) and run.rate(e) == pytest.approx(
        len(run[e.spikes].times) / 80 / 0.05
    )
    with pytest.raises(KeyError, match="record"):
        run[i.spikes]
    with pytest.raises(AttributeError, match="spikes"):
        _ = e.voltage
    ax = run.plot_raster()
    assert ax.get_xlabel() == "time (ms)"


def test_cv_of_known_trains():
    net = sim.Net(dt=0.1)
    pop = net.add(sim.LIF(2, tau=20))
    times = np.concatenate([np.arange(1, 50) * 10.0, np.cumsum(np.tile([5.0, 15.0], 20))])
    senders = np.concatenate([np.zeros(49, int), np.ones(40, int)])
    order = np.argsort(times)
    run = sim.Run(
        net, 0, 10000, {pop.spikes.key(): sim.record.Spikes(times[order], senders[order])}
    )
    gaps = np.diff(np.cumsum(np.tile([5.0, 15.0], 20)))
    assert run.cv(pop) == pytest.approx((0 + gaps.std() / gaps.mean()) / 2, rel=1e-6)


def test_describe(capsys):
    net, e, i = small()
    net.describe()
    text = capsys.readouterr().out
    assert "e->i" in text and "80" in text and "PSP mV" in text
    exact = sim.Exp(5).psp(1.0, 20.0, -60.0)
    t = np.linspace(0, 100, 200001)
    response = (np.exp(-t / 5) - np.exp(-t / 20)) / (1 - 20 / 5)
    assert exact == pytest.approx(response.max(), rel=1e-6)


def test_gradient_of_a_network():
    """Where no cell spikes the network is smooth: finite differences apply."""
    net = sim.Net(dt=0.1, dtype="float64")
    pop = net.add(sim.LIF(5, tau=20, v_rest=-60, v_th=0, v0=np.linspace(-60, -51, 5)))
    net.drive(pop, 3.0)

    def loss(params):
        return (net.run(10.0, record=[pop.v], params=params)[pop.v] ** 2).mean()

    nk.check_grads(loss, (net.params,), order=1, rtol=1e-5)


@pytest.mark.parametrize("delay", [1, 3])
def test_gradient_through_spikes_by_weights(delay):
    """The surrogate is the derivative of a smooth spike: the same network with it is the oracle."""
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.5, 1.5, (6, 4))
    net = sim.Net(dt=1.0, dtype="float64")
    a = net.add(sim.LIF(6, tau=10, v_rest=0, v_th=1, v0=rng.uniform(0, 1, 6)), name="a")
    b = net.add(sim.LIF(4, tau=10, v_rest=0, v_th=1), name="b")
    net.connect(
        a, b, all_to_all=True, weight=weights.ravel(), synapse=sim.Exp(5), delay=delay, name="a->b"
    )
    net.drive(a, 1.4)

    def loss(params):
        return net.run(40.0, record=[b.spikes], params=params).spike_array(b).mean()

    value, grads = nk.value_and_grad(loss)(net.params)
    assert (
        value > 0
        and value == pytest.approx(loss(net.params))
        and grads["a->b"]["weight"].shape == (24,)
    )

    def plain(w):
        """The same equations with dense weights and nk.spike."""

        def step(state, _):
            va, vb, g, queue = state
            g = g + queue[-1] @ w
            va = 1.4 + (va - 1.4) * np.exp(-0.1)
            free = vb * np.exp(-0.1) + g * ((np.exp(-0.2) - np.exp(-0.1)) / (1 - 2.0))
            sa, sb = nk.spike(va - 1.0), nk.spike(free - 1.0)
            return (
                np.where(sa > 0, 0.0, va),
                np.where(sb > 0, 0.0, free),
                g * np.exp(-0.2),
                np.concatenate([sa[None], queue[:-1]]),
            ), sb

        v0 = net.state["a"]["v"]
        return nk.scan(step, (v0, np.zeros(4), np.zeros(4), np.zeros((delay, 6))), length=40)[
            1
        ].mean()

    wanted, gradient = nk.value_and_grad(plain)(weights)
    assert value == pytest.approx(wanted)
    np.testing.assert_allclose(grads["a->b"]["weight"], gradient.ravel(), rtol=1e-8, atol=1e-12)


def test_long_runs_record_in_stretches(monkeypatch):
    monkeypatch.setattr(sim.net, "RECORD_BYTES", 2000)
    net, e, i = small()
    run = net.run(30.0, record=[e.spikes, e.v])
    monkeypatch.undo()
    other, e2, _ = small()
    whole = other.run(30.0, record=[e2.spikes, e2.v])
    np.testing.assert_array_equal(run[e.v], whole[e2.v])
    np.testing.assert_array_equal(run[e.spikes].senders, whole[e2.spikes].senders)


@pytest.mark.parametrize("room", [sim.net.RECORD_BYTES, 2000])
def test_state_variables_every_so_often(monkeypatch, room):
    monkeypatch.setattr(sim.net, "RECORD_BYTES", room)
    net, e, i = small()
    other, e2, i2 = small()
    for duration in (30.0, 10.5):  # the second run goes on and ends between two samples
        run = net.run(duration, record=[e.spikes, e.v, i.v[:2], i.rate(0.5)], every=0.7)
        full = other.run(duration, record=[e2.spikes, e2.v, i2.v[:2], i2.rate(0.5)])
        np.testing.assert_array_equal(run[e.v], full[e2.v][6::7])
        np.testing.assert_array_equal(run[i.v], full[i2.v][6::7])
        np.testing.assert_array_equal(run.sample_times, full.times[6::7])
        np.testing.assert_array_equal(run[e.spikes].times, full[e2.spikes].times)
        np.testing.assert_array_equal(run[i.rate(0.5)], full[i2.rate(0.5)])
    for wrong in (0.05, 0.25, -1.0, np.inf, "1"):
        with pytest.raises(ValueError, match="every must be"):
            net.run(1.0, record=[e.v], every=wrong)


def test_gradient_of_thinned_records():
    def loss(params, every):
        net, e, i = small()
        run = net.run(6.0, record=[e.v, e.spikes], params=params, every=every)
        v = run[e.v] if every is not None else run[e.v][3::4]
        return (v**2).mean() + run[e.spikes].mean()

    params = small()[0].params
    for a, b in zip(
        *map(nk.tree.leaves, (nk.grad(loss)(params, 0.4), nk.grad(loss)(params, None))), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda n, e: sim.Net(dt=0), ValueError, "dt"),
        (lambda n, e: sim.Net(dtype="int32"), ValueError, "dtype"),
        (lambda n, e: sim.LIF(0, tau=20), ValueError, "n must"),
        (lambda n, e: sim.LIF(5), ValueError, "tau"),
        (lambda n, e: n.add(sim.LIF(5, tau=-1)), ValueError, "positive"),
        (lambda n, e: n.add(sim.LIF(5, tau=10, v_th=-70)), ValueError, "v_reset"),
        (lambda n, e: n.add(sim.LIF(5, tau=10), name="e"), ValueError, "already"),
        (lambda n, e: n.connect(e, e, weight=1.0, synapse=sim.Delta()), ValueError, "exactly one"),
        (
            lambda n, e: n.connect(e, e, p=2.0, weight=1.0, synapse=sim.Delta()),
            ValueError,
            "p must",
        ),
        (
            lambda n, e: n.connect(e, e, p=0.1, weight=1.0, synapse=sim.Delta(), delay=0.05),
            ValueError,
            "delay",
        ),
        (lambda n, e: n.connect(e, e, p=0.1, weight=1.0, synapse="exp"), TypeError, "synapse"),
        (
            lambda n, e: n.connect(e, 3, p=0.1, weight=1.0, synapse=sim.Delta()),
            TypeError,
            "populations",
        ),
        (
            lambda n, e: n.connect(e, e, one_to_one=True, weight=np.ones(3), synapse=sim.Delta()),
            ValueError,
            "weight",
        ),
        (lambda n, e: (n.drive(e, np.ones((5, 3))), n.run(0.5)), ValueError, "time course"),
        (lambda n, e: n.run(0.05), ValueError, "multiple"),
        (lambda n, e: n.run(1.0, record=["v"]), TypeError, "record"),
        (lambda n, e: sim.Exp(0), ValueError, "tau"),
        (lambda n, e: sim.Poisson(-1, 1), ValueError, "rate"),
    ],
)
def test_bad_input(call, error, text):
    net = sim.Net()
    e = net.add(sim.LIF(10, tau=20), name="e")
    with pytest.raises(error, match=text):
        call(net, e)


def test_bad_input_leaves_the_network_as_it_was():
    net, e, i = small()
    before = net.run(1.0, record=[e.v])[e.v]
    net.reset()
    with pytest.raises(ValueError):
        net.connect(e, i, p=0.1, in_degree=3, weight=1.0, synapse=sim.Delta())
    np.testing.assert_array_equal(net.run(1.0, record=[e.v])[e.v], before)


def test_a_saved_network_goes_on(tmp_path):
    net, e, i = small()
    net.run(20.0)
    net.save(tmp_path / "net.npz")
    wanted = net.run(20.0, record=[e.v, i.spikes])
    other, e2, i2 = small()
    other.load(tmp_path / "net.npz")
    got = other.run(20.0, record=[e2.v, i2.spikes])
    np.testing.assert_array_equal(got[e2.v], wanted[e.v])
    np.testing.assert_array_equal(got[i2.spikes].times, wanted[i.spikes].times)
    stranger = sim.Net(dt=0.1, seed=5)
    stranger.add(sim.LIF(3, tau=10))
    with pytest.raises(ValueError, match="of another network"):
        stranger.load(tmp_path / "net.npz")


def test_a_projection_may_bear_the_name_of_a_population():
    net = sim.Net(dt=0.1)
    a = net.add(sim.LIF(2, tau=10), name="a")
    made = net.connect(a, a, p=1.0, weight=0.1, synapse=sim.Exp(tau=5), name="a")
    assert made.name == "a 2" and set(net.state["a"]) == {"v", "ref"}


@pytest.mark.parametrize("shape", [(0, 5), (1, 1), (7, 9), (64, 64), (50, 1000)])
@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.5, 1.0])
def test_unpacking_inverts_packing(shape, fraction):
    spikes = np.random.default_rng(0).random(shape) < fraction
    bits = np.packbits(spikes, axis=1, bitorder="little")
    got = sim.record.unpack_spikes(bits, shape[1], 5, 0.5)
    step, sender = np.nonzero(spikes)
    np.testing.assert_array_equal(got.times, (5 + step + 1) * 0.5)
    np.testing.assert_array_equal(got.senders, sender)

"""What builds a network: weight matrices, traced parameters, and input that is refused."""

import numpy as np
import pytest
from scipy import sparse

import neurokit as nk
from neurokit import sim
from neurokit.core.errors import TraceError


def deflections(n_pre=3, n_post=3, **how):
    """Steps of v of cells without leak to speak of, one spike of each pre cell."""
    net = sim.Net(dt=0.1, dtype="float64")
    pre = net.add(sim.LIF(n_pre, tau=20, v_rest=0, v_reset=-1e3, v_th=1, v0=2.0))
    post = net.add(sim.LIF(n_post, tau=1e9, v_rest=0, v_th=1e6))
    net.connect(pre, post, synapse=sim.Delta(), **how)
    return net.run(1.0, record=[post.v])[post.v][-1], net


MATRIX = np.array([[1.0, 0.0, -4.0], [0.0, 2.0, 0.0], [0.5, 0.0, 3.0]])


@pytest.mark.parametrize(
    "kind", [np.asarray, sparse.csr_matrix, sparse.coo_array, sparse.csc_array]
)
@pytest.mark.parametrize("weight", [None, 1.0, 2.5, MATRIX])
def test_entries_of_a_weight_matrix_multiply_the_weight(kind, weight):
    v, _ = deflections(matrix=kind(MATRIX), weight=weight)
    wanted = MATRIX * (1.0 if weight is None else weight)
    np.testing.assert_allclose(v, wanted.sum(0), rtol=1e-6)


def test_weight_matrices_of_one_value_and_booleans():
    for matrix in (np.eye(3, dtype=int), np.eye(3, dtype=bool), sparse.eye_array(3).tocsr()):
        v, net = deflections(matrix=matrix, weight=2.0)
        np.testing.assert_allclose(v, 2.0, rtol=1e-6)
        assert net.projections[0].params["weight"].shape == ()
    v, _ = deflections(matrix=2.0 * np.eye(3))
    np.testing.assert_allclose(v, 2.0, rtol=1e-6)
    twice = sparse.coo_array(([1.0, 2.0], ([0, 0], [1, 1])), (3, 3))
    np.testing.assert_allclose(deflections(matrix=twice)[0], [0, 3, 0], rtol=1e-6)
    assert deflections(matrix=np.zeros((3, 3)))[1].projections[0].connectivity.nnz == 0


def test_data_frames_of_weights():
    table = pytest.importorskip("pandas").DataFrame(MATRIX)
    np.testing.assert_allclose(deflections(matrix=table)[0], MATRIX.sum(0), rtol=1e-6)


def test_weight_matrix_without_self_connections_and_over_several_targets():
    net = sim.Net(dt=0.1, dtype="float64")
    a = net.add(sim.LIF(2, tau=20, v0=-40.0))
    b = net.add(sim.LIF(1, tau=1e9, v_th=1e6))
    matrix = np.array([[9.0, 2.0, 3.0], [4.0, 9.0, 5.0]])
    first, second = net.connect(
        a, [a, b], matrix=matrix, synapse=sim.Delta(), self_connections=False
    )
    np.testing.assert_array_equal(first.params["weight"], [2, 4])
    np.testing.assert_array_equal(second.params["weight"], [3, 5])


def build(q, cell=None, drive=20.0, synapse=None, weight=3.0, poisson=1.0):
    net = sim.Net(dt=0.1, dtype="float64")
    a = net.add(sim.LIF(3, **{"tau": 20.0, "v_rest": -65.0, "v_th": 1e3, **(cell or {})}))
    b = net.add(sim.LIF(2, tau=10.0, v_th=1e3))
    spiking = net.add(sim.LIF(3, tau=10.0, v0=-40.0, v_th=-50.0))
    net.drive(a, drive)
    net.drive(b, sim.Poisson(2000.0, poisson, synapse=sim.Exp(2.0)))
    net.connect(spiking, a, all_to_all=True, weight=weight, synapse=synapse or sim.Exp(5.0))
    run = net.run(6.0, record=[a.v, b.v])
    return np.sum(run[a.v] ** 2) * 1e-3 + np.sum(run[b.v]) * 1e-2


CASES = {
    "drive": lambda q: build(q, drive=q * 10),
    "drive per cell": lambda q: build(q, drive=np.stack([q, 2 * q, q * q])),
    "list of drives": lambda q: build(q, drive=[q, 1.0, 2.0]),
    "course": lambda q: build(q, drive=q * np.linspace(0, 5, 60)),
    "function": lambda q: build(q, drive=lambda t: q * np.sin(t)),
    "function of one time": lambda q: build(q, drive=lambda t: q if t > 3 else 0.0 * q),
    "step": lambda q: build(q, drive=sim.Step(q, 1.0, 4.0)),
    "tau": lambda q: build(q, dict(tau=20 + q)),
    "capacitance": lambda q: build(q, dict(tau=None, capacitance=100 + q, leak=10.0)),
    "v0": lambda q: build(q, dict(v0=-60.0 + q)),
    "v0 per cell": lambda q: build(q, dict(v0=-60.0 + q * np.arange(3))),
    "v_rest": lambda q: build(q, dict(v_rest=-65.0 + q)),
    "synapse": lambda q: build(q, synapse=sim.Exp(3 + q)),
    "reversal": lambda q: build(q, synapse=sim.Exp(3, reversal=q)),
    "weight": lambda q: build(q, weight=q),
    "weights": lambda q: build(q, weight=q * np.arange(9.0).reshape(3, 3)),
    "weight and matrix": lambda q: build(q, weight=q),
    "poisson weight": lambda q: build(q, poisson=q),
}


@pytest.mark.parametrize("name", CASES)
def test_networks_built_of_traced_values_are_differentiated(name):
    f, q, h = CASES[name], 1.3, 1e-5
    wanted = (float(f(q + h)) - float(f(q - h))) / (2 * h)
    value, got = nk.value_and_grad(f)(q)
    assert abs(wanted) > 1e-3
    assert value == pytest.approx(float(f(q)), rel=1e-9)
    assert got == pytest.approx(wanted, rel=1e-5)
    assert nk.jit(f)(q) == pytest.approx(float(f(q)), rel=1e-9)


def test_what_no_derivative_flows_through_is_refused_when_traced():
    cases = [
        lambda q: build(q, dict(t_ref=q)),
        lambda q: sim.Poisson(q, 1.0),
        lambda q: sim.Normal(q, 1.0).sample(np.random.default_rng(0), 3),
        lambda q: build(q, dict(v0=sim.Normal(q, 1.0))),
    ]
    for f in cases:
        with pytest.raises(TypeError):
            nk.grad(lambda q: np.sum(f(q)) * 1.0)(1.5)


def test_a_bare_conversion_in_the_library_names_the_users_line():
    with pytest.raises(TraceError, match=r"neurokit.sim's LIF\(\) at .*test_building.py:\d+"):
        nk.grad(lambda q: build(q, dict(t_ref=q)))(1.5)


def net_of_two():
    net = sim.Net(dt=0.1)
    return net, net.add(sim.LIF(2, tau=20), name="a"), net.add(sim.LIF(2, tau=20), name="b")


@pytest.mark.parametrize(
    "bad",
    [
        lambda net, a, b: net.connect(a, b, p=0.5, weight=np.nan, synapse=sim.Delta()),
        lambda net, a, b: net.connect(a, b, p=0.5, weight=np.inf, synapse=sim.Delta()),
        lambda net, a, b: net.connect(a, b, matrix=np.full((2, 2), np.nan), synapse=sim.Delta()),
        lambda net, a, b: net.connect(a, b, p=0.5, synapse=sim.Delta()),
        lambda net, a, b: net.connect(a, b, p=0.5, weight="3x", synapse=sim.Delta()),
        lambda net, a, b: net.connect(a, b, p=0.5, weight=1.0, synapse=sim.Delta),
        lambda net, a, b: net.connect(a, b, p=0.5, weight=1.0, synapse=3),
        lambda net, a, b: net.connect(
            a, b, p=0.5, weight=1.0, synapse=sim.Delta(), delay=[0.1, 0.2]
        ),
        lambda net, a, b: net.connect(a, b, p=0.5, weight=1.0, synapse=sim.Delta(), delay=np.nan),
        lambda net, a, b: net.connect(a, b, pairs=([0, 1], [1]), weight=1.0, synapse=sim.Delta()),
        lambda net, a, b: net.connect(a, b, pairs=[0, 1, 1], weight=1.0, synapse=sim.Delta()),
        lambda net, a, b: net.connect(a, b, pairs=([0.5], [1]), weight=1.0, synapse=sim.Delta()),
        lambda net, a, b: net.connect(a, b, pairs=([0], [7]), weight=1.0, synapse=sim.Delta()),
        lambda net, a, b: sim.Exp(5.0, reversal=np.nan),
        lambda net, a, b: sim.Exp(np.inf),
        lambda net, a, b: sim.Exp([1.0, 2.0]),
        lambda net, a, b: net.drive(a, np.nan),
        lambda net, a, b: net.drive(a, np.inf),
        lambda net, a, b: net.drive(a, "strong"),
        lambda net, a, b: net.drive(a, 1.0, cells=[5]),
        lambda net, a, b: (net.drive(a, np.full(20, np.nan)), net.run(1.0)),
        lambda net, a, b: (net.drive(a, lambda t: np.nan * t), net.run(1.0)),
        lambda net, a, b: sim.Poisson(np.nan, 1.0),
        lambda net, a, b: sim.Poisson(10.0, np.nan),
        lambda net, a, b: sim.Poisson(10.0, 1.0, synapse=sim.Exp),
        lambda net, a, b: sim.Poisson(10.0, 1.0, count=np.nan),
        lambda net, a, b: sim.LIF(2, tau=20, surrogate="nope"),
        lambda net, a, b: sim.LIF(2, tau=20, width=0),
        lambda net, a, b: sim.LIF(2, tau=20, t_ref=np.nan),
        lambda net, a, b: sim.LIF(2, tau=20, t_ref=[1.0, 2.0, 3.0]),
        lambda net, a, b: sim.Net(seed=1.5),
        lambda net, a, b: sim.Net(seed=-1),
        lambda net, a, b: net.run(np.nan),
        lambda net, a, b: net.run("10"),
        lambda net, a, b: net.run(1.0, params={**net.params, "typo": {}}),
        lambda net, a, b: net.run(1.0, params={"a": net.params["a"]}),
        lambda net, a, b: net.run(1.0, params={**net.params, "a": {**net.params["a"], "tua": 1.0}}),
        lambda net, a, b: net.run(1.0, state={}),
        lambda net, a, b: a.rate(0.25),
        lambda net, a, b: a.rate(0),
        lambda net, a, b: a.rate(-1.0),
        lambda net, a, b: a.rate(0.05),
        lambda net, a, b: a.rate("2"),
    ],
)
def test_bad_input_is_refused_by_name(bad):
    with pytest.raises((ValueError, TypeError, IndexError)) as error:
        with np.errstate(all="ignore"):
            bad(*net_of_two())
    names = ("Net", "connect", "Exp", "drive", "Poisson", "LIF", "rate", "wire", "Csr", "pairs")
    assert any(name in str(error.value) for name in names), error.value


def test_rates_in_lists_and_bins_that_fit():
    net, a, _ = net_of_two()
    net.drive(a, sim.Poisson([10.0, 2000.0], 10.0))
    run = net.run(100.0, record=[a.spikes, a.rate(0.3), a.rate(bin=5)])
    assert np.bincount(run[a.spikes].senders, minlength=2)[1] > 20
    assert len(run[a.rate(0.3)]) == 334 and len(run[a.rate(5.0)]) == 20
    assert run[a.rate(0.3)].mean() > 0


def test_ambiguous_records_say_so():
    net, a, _ = net_of_two()
    run = net.run(1.0, record=[a.v, a.v[:1], a.rate(0.2), a.rate(0.5)])
    assert run[a.v].shape == (10, 2) and run[a.v[:1]].shape == (10, 1)
    with pytest.raises(KeyError, match=r"a.v\[1\] was.*recorded were a.v, a.v\[0\], a.rate\(0.2\)"):
        run[a.v[1:]]
    run = net.run(1.0, record=[a.v[:1], a.v[1:]])
    with pytest.raises(KeyError, match=r"a.v is ambiguous.*a.v\[0\], a.v\[1\]"):
        run[a.v]
    net.run(1.0, record=[a.v[:1]])[a.v]

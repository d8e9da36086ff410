"""`sweep` against a loop of jitted calls, bit for bit, at any number of threads."""

import doctest
import threading

import numpy as np
import pytest

import neurokit as nk
from neurokit import _core, sim

RNG = np.random.default_rng(8)
W = RNG.normal(size=(6, 6))


def model(p):
    def step(c, u):
        c = np.tanh(c @ W * p["gain"] + u + p["bias"])
        return c, c.sum()

    c, ys = nk.scan(step, np.zeros(6), np.linspace(0, 1, 40))
    return {"end": c, "sum": ys.sum(), "constant": W[0], "number": 2.0}


def sets(n):
    return {"gain": RNG.normal(size=n), "bias": RNG.normal(size=(n, 6))}


def rows(params, n):
    return [nk.tree.map(lambda x, i=i: x[i], params) for i in range(n)]


@pytest.mark.parametrize("threads", [1, 2, 3, None])
def test_equals_a_loop(threads):
    params = sets(11)
    one = nk.jit(model)
    wanted = [one(p) for p in rows(params, 11)]
    got = nk.sweep(model, params, threads=threads)
    for name in ("end", "sum", "constant"):
        stacked = np.stack([w[name] for w in wanted])
        assert got[name].dtype == stacked.dtype and got[name].tobytes() == stacked.tobytes()
    np.testing.assert_array_equal(got["number"], np.full(11, 2.0))


def test_gradients_progress_random_and_traces():
    params = sets(5)
    loss = lambda p: model(p)["sum"] ** 2  # noqa: E731
    got = nk.sweep(nk.grad(loss), params)
    one = nk.jit(nk.grad(loss))
    for i, p in enumerate(rows(params, 5)):
        for g, w in zip(nk.tree.leaves(got), nk.tree.leaves(one(p))):
            np.testing.assert_array_equal(g[i], w)
    done = []
    again = nk.sweep(nk.grad(loss), params, progress=lambda k, n: done.append((k, n)))
    assert done == [(k, 5) for k in range(1, 6)]
    for a, b in zip(nk.tree.leaves(got), nk.tree.leaves(again)):
        np.testing.assert_array_equal(a, b)
    rng, same = nk.Rng(4), nk.Rng(4)
    noisy = nk.jit(lambda p: p * same.normal(3) + same.uniform())
    wanted = [noisy(p) for p in np.arange(1.0, 5.0)]
    noise = lambda p: p * rng.normal(3) + rng.uniform()  # noqa: E731
    got = nk.sweep(noise, np.arange(1.0, 5.0), progress=lambda k, n: None)  # one part a set
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(rng.normal(2), same.normal(2))
    outside = nk.grad(lambda p: nk.sweep(loss, p).sum())(params)
    np.testing.assert_allclose(outside["gain"], nk.sweep(nk.grad(loss), params)["gain"], rtol=1e-9)
    assert nk.sweep(lambda p: p * 2, np.zeros((0, 3))).shape == (0, 3)


def test_networks():
    net = sim.Net(dt=0.1, seed=3)
    cells = net.add(sim.LIF(60, tau=20, v_rest=-60, v_th=-50, t_ref=5), name="e")
    net.connect(cells, cells, p=0.2, weight=0.4, synapse=sim.Exp(tau=5, reversal=0))
    drive = net.drive(cells, 20.0)
    run = lambda p: net.run(50.0, record=[cells.spikes], params=p).spike_array(cells).sum(0)  # noqa: E731
    params = nk.tree.map(lambda x: np.stack([x] * 3), net.params)
    params[drive]["current"] = np.array([5.0, 15.0, 25.0], params[drive]["current"].dtype)
    got = nk.sweep(run, params, threads=2)
    one = nk.jit(run)
    for i, p in enumerate(rows(params, 3)):
        assert got[i].tobytes() == one(p).tobytes()
    assert got[0].sum() < got[1].sum() < got[2].sum()
    rates = nk.sweep(
        lambda p: net.run(50.0, [cells.spikes], params=p).rate(cells, 10.0, 40.0), params
    )
    for i, p in enumerate(rows(params, 3)):
        wanted = net.run(50.0, [cells.spikes], params=p).rate(cells, 10.0, 40.0)
        np.testing.assert_allclose(rates[i], wanted, rtol=1e-6)
    together = nk.vmap(run)(params)
    np.testing.assert_array_equal(together, got)


def test_errors():
    with pytest.raises(ValueError, match="equal lengths.*2 of.*3 of"):
        nk.sweep(lambda p: p["a"], {"a": np.zeros(2), "b": np.zeros(3)})
    with pytest.raises(ValueError, match="leading axis"):
        nk.sweep(lambda p: p, 1.0)
    with pytest.raises(ValueError, match="threads"):
        nk.sweep(lambda p: p, np.zeros(2), threads=0)
    for threads in (1, 2):
        with pytest.raises(IndexError, match="test_sweep.py"):
            nk.sweep(lambda i: nk.array(W)[i], np.array([0, 1, 9]), threads=threads)
    with nk.options(nan_check=True), pytest.raises(FloatingPointError, match="sqrt"):
        nk.sweep(np.sqrt, np.array([1.0, -1.0]))
    with pytest.raises(TypeError, match="Program"):
        _core.sweep(None, [], 1, 1)


def test_from_many_python_threads():
    params, outs = sets(4), [None] * 4
    wanted = nk.sweep(model, params)["sum"]

    def work(k):
        outs[k] = nk.sweep(model, params, threads=2)["sum"]

    pool = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in pool:
        t.start()
    for t in pool:
        t.join()
    for out in outs:
        np.testing.assert_array_equal(out, wanted)


def test_the_example_of_the_docstring():
    globs = {}
    test = doctest.DocTestFinder().find(nk.sweep, "sweep", globs=globs)[0]
    assert test.examples and doctest.DocTestRunner().run(test).failed == 0


def test_shared_arrays_without_axes():
    factor, loss = np.array(2.5), lambda p: p["a"] * factor + p["a"].sum()
    params = {"a": np.arange(6.0).reshape(3, 2)}
    wanted = [loss({"a": a}) for a in params["a"]]
    np.testing.assert_array_equal(nk.sweep(loss, params), wanted)

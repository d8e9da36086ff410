"""The hand-written C loops of the benchmarks compute what they say they do."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")


@pytest.fixture(autouse=True)
def _folder_on_path(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])


def test_coba_loop_equals_its_equations():
    from coba_peer import Coba

    net = Coba(1, "A", seed=3)
    p, dt = net.params, net.dt
    rows, columns = np.repeat(np.arange(net.n), np.diff(net.indptr)), net.indices
    v, g, left = net.v.astype(float), np.zeros((2, net.n)), np.zeros(net.n, int)
    decay = np.array([[p.decay_e], [p.decay_i]])
    spikes = 0
    for _ in range(60):
        total = 1 + g.sum(0)
        target = (p.v_rest + p.drive + g[0] * p.rev_e + g[1] * p.rev_i) / total
        v = np.where(left > 0, p.v_reset, target + (v - target) * np.exp(-dt / p.tau * total))
        fired = v > p.v_th
        v[fired] = p.v_reset
        left = np.where(fired, round(p.t_ref / dt), np.maximum(left - 1, 0))
        spikes += fired.sum()
        g *= decay
        hit = fired[rows]
        exc = rows < net.n_exc
        g[0] += p.weight_e * np.bincount(columns[hit & exc], minlength=net.n)
        g[1] += p.weight_i * np.bincount(columns[hit & ~exc], minlength=net.n)
    assert net.run(60) == spikes > 200
    np.testing.assert_allclose(net.v, v, atol=1e-3)
    np.testing.assert_allclose(net.g_i, g[1], rtol=1e-4)


def test_lif_loop_equals_its_step():
    import k5_lif

    got, expected = k5_lif.in_c(50, 400)(), k5_lif.in_numpy(50, 400)()
    assert expected[-1].sum() > 50
    assert np.array_equal(got[-1], expected[-1])
    np.testing.assert_allclose(got[0], expected[0], atol=2e-3)


def test_traced_step_equals_the_c_loop():
    import k5_lif

    got, expected = k5_lif.in_neurokit(500, 1000)(), k5_lif.in_c(500, 1000)()
    assert expected[-1].sum() > 1000
    assert np.mean(got[-1] != expected[-1]) < 0.01  # rounding may move a spike over the last step
    np.testing.assert_allclose(got[1], expected[1], rtol=1e-5)


def test_gradient_does_not_depend_on_its_segments():
    import gradient

    import neurokit as nk

    p = gradient.inputs(20)
    value, slope = gradient.loss_in_neurokit(20, 300)(p)
    scan = nk.scan
    try:
        nk.scan = lambda *args, **kwargs: scan(*args, checkpoint=7, **kwargs)
        other, cut = gradient.loss_in_neurokit(20, 300)(p)
    finally:
        nk.scan = scan
    assert value == other and np.abs(slope["current"]).sum() > 0
    assert all(np.array_equal(slope[k], cut[k]) for k in slope)


def test_measure_takes_turns():
    import harness

    order = []
    found = harness.measure(
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")}, repeat=3, warm_up=1
    )
    assert order == ["a", "b"] * 4 and set(found) == {"a", "b"}
    assert 0 <= found["a"]["best"] <= found["a"]["median"]

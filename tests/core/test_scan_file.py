"""scan(file=): records that go to a file while the loop runs."""

import os

import numpy as np
import pytest

import neurokit as nk


def walk(c, x):
    c = 0.9 * c + x
    return c, np.sin(c)


X = np.random.default_rng(0).normal(size=(50, 7))


@pytest.mark.parametrize("options", [{}, {"reverse": True}, {"progress": lambda *a: None}])
def test_file_holds_what_memory_would(tmp_path, options):
    path = tmp_path / "ys.npy"
    carry, ys = nk.scan(walk, np.zeros(7), X, file=path, **options)
    want_carry, want = nk.scan(walk, np.zeros(7), X, **options)
    assert isinstance(ys, np.memmap) and not ys.flags.writeable
    np.testing.assert_array_equal(ys, want)
    np.testing.assert_array_equal(np.load(path), want)
    np.testing.assert_array_equal(carry, want_carry)
    assert os.listdir(tmp_path) == ["ys.npy"]


def test_outputs_that_need_no_computing(tmp_path):
    _, ys = nk.scan(lambda c, x: (c, x), 0.0, X, file=tmp_path / "x.npy")
    np.testing.assert_array_equal(ys, X)
    _, ys = nk.scan(lambda c, x: (c, 2.0), 0.0, X, file=tmp_path / "two.npy")
    np.testing.assert_array_equal(ys, np.full(50, 2.0))


def test_a_failed_run_leaves_the_old_file(tmp_path):
    path = tmp_path / "ys.npy"
    nk.scan(walk, np.zeros(7), X, file=path)
    before = path.read_bytes()
    bad = X.copy()
    bad[40, 2] = np.inf
    with nk.options(nan_check=True), pytest.raises(FloatingPointError):
        nk.scan(walk, np.zeros(7), bad, file=path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["ys.npy"]
    with pytest.raises(FileNotFoundError):
        nk.scan(walk, np.zeros(7), X, file=tmp_path / "no" / "ys.npy")


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match="one array"):
        nk.scan(lambda c, x: (c, (x, c)), 0.0, X, file=tmp_path / "ys.npy")
    with pytest.raises(TypeError, match="plain calls"):
        nk.grad(lambda c: nk.scan(walk, c, X, file=tmp_path / "ys.npy")[0].sum())(np.zeros(7))
    assert os.listdir(tmp_path) == []
    from neurokit.core.graph import Graph
    from neurokit.core.run import lower

    graph = Graph()
    with graph:
        x = graph.add_input((3,), np.float64)
    program = lower.compile_program([x], [x])
    for wrong in (np.zeros(4), np.zeros(3, np.float32), np.zeros(6)[::2], [0.0] * 3):
        with pytest.raises(ValueError, match="output 0: wanted"):
            program.run([np.ones(3)], into={0: wrong})

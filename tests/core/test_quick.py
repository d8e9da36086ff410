"""The short way of `jit` takes the same decisions as the long one."""

import gc
import importlib

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.transforms.quick import key_of

jit_module = importlib.import_module("neurokit.core.transforms.jit")


@pytest.fixture
def traced(monkeypatch):
    """A list that grows each time a function is traced."""
    made = []
    start = jit_module._Traced.__init__

    def counting(self, *args):
        made.append(self)
        start(self, *args)

    monkeypatch.setattr(jit_module._Traced, "__init__", counting)
    return made


def test_leaves_in_the_order_of_flatten():
    x = {"b": [np.zeros(2), 1.5], "a": (np.int64(3), {"z": np.ones(1), "y": True})}
    leaves = []
    assert key_of((x,), leaves) is not None
    for a, b in zip(leaves, nk.tree.leaves((x,)), strict=True):
        assert a is b


def test_one_program_per_structure_shape_and_type(traced):
    f = nk.jit(lambda p: {"s": p["a"] + p["b"][0], "t": p["b"][1] * 2})
    arrays = np.arange(3.0), np.ones(3)
    calls = [
        {"a": arrays[0], "b": [arrays[1], 2.0]},
        {"a": arrays[0], "b": (arrays[1], 2.0)},
        {"a": arrays[0], "b": [arrays[1], 2]},
        {"a": arrays[0].astype(np.float32), "b": [arrays[1], 2.0]},
        {"a": arrays[0][:1], "b": [arrays[1], 2.0]},
        {"a": np.float64(1), "b": [arrays[1], 2.0]},
        {"a": np.float32(1), "b": [arrays[1], np.float32(2.0)]},
    ]
    for _ in range(3):
        for p in calls:
            got, want = f(p), {"s": p["a"] + p["b"][0], "t": p["b"][1] * 2}
            for name in want:
                np.testing.assert_array_equal(got[name], want[name])
                assert np.asarray(got[name]).dtype == np.asarray(want[name]).dtype
    assert len(traced) == len(calls)


def test_reached_values_are_guarded():
    scale, table = 2.0, np.ones(3)
    f = nk.jit(lambda x: x * scale + table)
    x = np.arange(3.0)
    for _ in range(3):
        np.testing.assert_array_equal(f(x), x * 2 + 1)
    scale = 3.0
    np.testing.assert_array_equal(f(x), x * 3 + 1)
    table[0] = 10
    np.testing.assert_array_equal(f(x), x * 3 + [10, 1, 1])
    scale = 2.0
    np.testing.assert_array_equal(f(x), x * 2 + [10, 1, 1])


def test_other_layouts_and_clear(traced):
    f = nk.jit(lambda x: x + 1)
    x = np.arange(12.0).reshape(3, 4)
    for y in (x, np.asfortranarray(x), x[::-1], x.astype(">f8")):
        np.testing.assert_array_equal(f(y), y + 1)
    f.clear()
    n = len(traced)
    f(x)
    assert len(traced) == n + 1


def test_nothing_is_kept_of_the_arguments():
    f = nk.jit(lambda x: {"y": x + 1})
    x = np.zeros(1000)
    for _ in range(3):
        f(x)
    before = len(gc.get_referrers(x))
    f(x)
    assert len(gc.get_referrers(x)) == before

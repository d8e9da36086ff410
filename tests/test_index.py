"""Kernels take, scatter_set and scatter_add against NumPy."""

import numpy as np
import pytest
from kernel_tools import DTYPES, call, layouts, same_at_any_threads, sample

from neurokit import _core

SHAPES = [(1, 5, 1), (3, 5, 1), (1, 5, 4), (3, 6, 7), (2, 1, 3), (0, 4, 2), (2, 4, 0)]


@pytest.mark.parametrize("dtype", DTYPES)
def test_take_and_scatter_are_numpys(dtype):
    rng = np.random.default_rng(0)
    for a, n, b in SHAPES:
        for m in (0, 1, 9):
            index = rng.integers(-n, n, m)
            update = sample(rng, dtype, (a, m, b))
            for x in layouts(sample(rng, dtype, (a, n, b))):
                np.testing.assert_array_equal(call("take", (a, m, b), dtype, x, index), x[:, index])
                want = x.copy()
                want[:, index] = update
                got = call("scatter_set", x.shape, dtype, x, index, update)
                np.testing.assert_array_equal(got, want)
                want = x.copy()
                np.add.at(want.swapaxes(0, 1), index, update.swapaxes(0, 1))
                got = call("scatter_add", x.shape, dtype, x, index, update)
                np.testing.assert_array_equal(got, want)


def test_strided_index_and_update():
    x = np.arange(24.0).reshape(2, 3, 4)
    index = np.array([2, 9, 0, 9, -1])[::2]
    np.testing.assert_array_equal(call("take", (2, 3, 4), "f8", x, index), x[:, index])
    ones = np.broadcast_to(1.0, (2, 3, 4))
    want = x.copy()
    np.add.at(want, (slice(None), index), 1.0)
    np.testing.assert_array_equal(call("scatter_add", x.shape, "f8", x, index, ones), want)


def test_large_gathers_and_sums_do_not_depend_on_threads():
    rng = np.random.default_rng(0)
    x, index = rng.normal(size=(2, 500, 300)), rng.integers(0, 500, 2000)
    np.testing.assert_array_equal(
        same_at_any_threads("take", (2, 2000, 300), "f8", x, index), x[:, index]
    )
    flat = x.reshape(1, -1, 1)
    index = rng.integers(0, flat.size, 200_000)
    np.testing.assert_array_equal(
        same_at_any_threads("take", (1, 200_000, 1), "f8", flat, index), flat[:, index]
    )
    update, index = rng.normal(size=(2, 2000, 300)), rng.integers(0, 500, 2000)
    got = same_at_any_threads("scatter_add", x.shape, "f8", x, index, update)
    want = x.copy()
    np.add.at(want, (slice(None), index), update)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("kernel", ["take", "scatter_set", "scatter_add"])
@pytest.mark.parametrize("bad", [5, -6])
def test_index_out_of_range(kernel, bad):
    x, index = np.zeros((1, 5, 2)), np.array([0, bad])
    rows = np.zeros((1, 2, 2))
    ins, out = ([x, index], rows) if kernel == "take" else ([x, index, rows], x.copy())
    with pytest.raises(IndexError, match=f"index {bad} is out of bounds for axis of size 5"):
        _core.call(kernel, [out], ins)


def test_scatter_in_place():
    x, index = np.zeros((1, 4, 1)), np.array([3, 3, 1])
    update = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
    _core.call("scatter_add", [x], [x, index, update])
    assert x.ravel().tolist() == [0, 3, 0, 3]
    _core.call("scatter_set", [x], [x, index, update])
    assert x.ravel().tolist() == [0, 3, 0, 2]

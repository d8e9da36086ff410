"""Kernels argsort and searchsorted against NumPy."""

import numpy as np
import pytest
from kernel_tools import REAL, call, layouts, same_at_any_threads, sample

from neurokit import _core


@pytest.mark.parametrize("dtype", REAL)
def test_argsort_is_numpys_stable_one(dtype):
    rng = np.random.default_rng(0)
    for shape in [(1, 0), (0, 5), (1, 1), (3, 7), (2, 12), (2, 13), (1, 25), (4, 100), (2, 1000)]:
        base = sample(rng, dtype, shape)
        if np.dtype(dtype).kind == "f":
            base = np.round(base)
            base[rng.random(shape) < 0.1] = np.nan
            base[rng.random(shape) < 0.1] = -np.inf
            base[rng.random(shape) < 0.1] = -0.0
        elif np.dtype(dtype).kind == "i":
            base -= 50
        for x in layouts(base):
            got = call("argsort", x.shape, "i8", x)
            np.testing.assert_array_equal(got, np.argsort(x, axis=-1, kind="stable"))


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted_is_numpys(dtype, side):
    rng = np.random.default_rng(1)
    for n in (0, 1, 2, 9, 100):
        x, v = np.sort(sample(rng, dtype, (2, n))), sample(rng, dtype, (2, 30))
        if np.dtype(dtype).kind == "f" and n > 2:
            x[:, -1] = v[:, 0] = np.nan
        got = call("searchsorted", (2, 30), "i8", x, v, ip=(int(side == "right"),))
        for a in range(2):
            np.testing.assert_array_equal(got[a], np.searchsorted(x[a], v[a], side))


def test_large_ones_do_not_depend_on_threads():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(11, 5000))
    order = same_at_any_threads("argsort", x.shape, "i8", x)
    np.testing.assert_array_equal(order, np.argsort(x, axis=1, kind="stable"))
    rows = np.sort(x, axis=1)
    same_at_any_threads("searchsorted", x.shape, "i8", rows, x, ip=(0,))


def test_bad_operands_are_refused():
    with pytest.raises(TypeError, match="argsort"):
        call("argsort", (1, 3), "i8", np.zeros((1, 3), complex))
    with pytest.raises(ValueError, match="argsort"):
        call("argsort", (3,), "i8", np.zeros(3))
    with pytest.raises(TypeError, match="searchsorted"):
        call("searchsorted", (1, 1), "i8", np.zeros((1, 3)), np.zeros((1, 1), "f4"), ip=(0,))
    with pytest.raises(ValueError, match="searchsorted"):
        _core.call(
            "searchsorted", [np.empty((1, 2), "i8")], [np.zeros((1, 3)), np.zeros((1, 1))], ip=(0,)
        )

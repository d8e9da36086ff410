"""Kernels copy and iota against NumPy."""

import itertools
import warnings

import numpy as np
import pytest
from kernel_tools import DTYPES, call, layouts, same_at_any_threads, sample

from neurokit import _core

SHAPES = [(), (0,), (5,), (3, 4), (2, 3, 4), (1, 7, 1), (40, 50)]


@pytest.mark.parametrize("to", DTYPES)
def test_copy_casts_as_astype(to):
    rng = np.random.default_rng(0)
    for dtype, shape in itertools.product(DTYPES, SHAPES):
        numbers = sample(rng, dtype, shape)
        if to[0] == "u" and dtype[0] in "fc":  # a negative float has no unsigned value
            numbers = np.asarray(np.abs(numbers)).astype(dtype)
        for x in layouts(numbers):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # complex to real
                want = x.astype(to)
            np.testing.assert_array_equal(call("copy", x.shape, to, x), want)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_copy_transposes(order):
    x = np.random.default_rng(0).normal(size=(7, 40, 33, 5)).transpose(order)
    np.testing.assert_array_equal(call("copy", x.shape, "f8", x), x)
    np.testing.assert_array_equal(call("copy", x.shape, "f4", x), x.astype("f4"))
    out = np.empty(x.shape[::-1]).T
    _core.call("copy", [out], [x])
    np.testing.assert_array_equal(out, x)


def test_copy_in_chunks():
    x = np.random.default_rng(0).normal(size=(700, 900))
    for y in (x, x.T, x[::-1, ::2]):
        np.testing.assert_array_equal(same_at_any_threads("copy", y.shape, "f8", y), y)


def test_copy_refuses_other_shapes():
    with pytest.raises(ValueError, match="shapes"):
        call("copy", (3,), "f8", np.zeros(4))


@pytest.mark.parametrize("dtype", ["i4", "i8"])
def test_iota_of_integers(dtype):
    np.testing.assert_array_equal(call("iota", (6,), dtype, ip=(5, -2)), np.arange(5, -7, -2))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_iota_of_floats(dtype):
    want = (0.5 + 0.1 * np.arange(9)).astype(dtype)
    np.testing.assert_array_equal(call("iota", (9,), dtype, fp=(0.5, 0.1)), want)

"""Rare arguments and types of NumPy's functions, each as NumPy has it."""

import warnings

import numpy as np
import pytest
from against_numpy import same

import neurokit as nk

SMALL = np.arange(-3, 3).astype(np.int8)
PAIR = np.array([1 + 2j, 1 - 2j, 3])


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, np.int32, np.int64, np.float32, np.complex64, bool]
)
def test_types_of_products_and_polynomials(dtype):
    x, y = np.abs(SMALL).astype(dtype).reshape(2, 3), np.ones(3, dtype)
    same(np.vecdot, x, y)
    same(np.linalg.vecdot, x, y)
    same(np.poly, y, modes=["lazy"] if dtype is np.complex64 else ["jit"])
    same(lambda w: np.poly(w[:0]), y)


def test_a_polynomial_of_conjugate_zeros_is_real():
    same(np.poly, PAIR, modes=["lazy"])
    same(np.poly, PAIR + 1j)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int64, np.float32, np.complex64])
def test_types_of_weighted_counts(dtype):
    w, edges = np.abs(SMALL).astype(dtype), np.linspace(-3, 3, 5)
    same(lambda x, w: np.histogram(x, edges, weights=w), SMALL.astype(float), w)


def test_steps_that_are_none():
    for n, end in ((0, True), (1, True), (0, False), (1, False), (3, True)):
        same(
            lambda a, b: np.linspace(a, b, n, endpoint=end, retstep=True),
            np.ones((2, 2)),
            np.zeros(2),
        )
        same(lambda a: np.linspace(a, 3, n, endpoint=end, retstep=True), np.ones((2, 2)) + 1j)


def test_places_broadcast():
    i, j = np.array([[1], [2]]), np.array([0, 3, 2])
    same(lambda i, j: np.ravel_multi_index((i, j), (3, 4)), i, j)
    same(lambda i, j: np.ravel_multi_index((i, j), (3, 4), order="F"), i[0, 0], j)
    same(lambda i, j: np.ravel_multi_index((i, j), (3, 4), mode=("wrap", "clip")), i - 5, j * 3)


def test_rare_arguments_of_take():
    same(lambda x: np.take(x, [0, 2], mode=None), np.arange(3.0))
    for mode in ("raise", "wrap", "clip"):
        same(lambda x: np.take(x, [-3], axis=1, mode=mode), np.zeros((0, 0, 1)))
        same(lambda x: np.take(x, np.zeros(0, int), axis=1, mode=mode), np.zeros((2, 0, 1)))
    with pytest.raises(IndexError, match="out of bounds"):
        nk.jit(lambda x: np.take(x, [5, 0], axis=0))(np.zeros((3, 0, 1)))
    same(lambda x: np.take(x, [5, 0], axis=2), np.zeros((3, 0, 1)))


def test_infinities_in_variances_and_roots():
    x = np.array([[1.0, np.inf, np.nan], [2.0, -np.inf, np.nan], [4.0, 1.0, np.nan]])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for f in (np.nanvar, np.nanstd):
            same(lambda x, f=f: f(x, axis=0), x)
            same(lambda x, f=f: f(x), x)
        slope = nk.grad(lambda x: np.nanvar(x, axis=0)[0])(x[:, ::2])
        np.testing.assert_allclose(slope[:, 0], 2 / 3 * (x[:, 0] - 7 / 3))
        np.testing.assert_array_equal(slope[:, 1], 0)
        for f in (np.power, np.float_power):
            got = nk.jit(lambda x, f=f: 1 / f(x, 0.5))(np.array([-np.inf, -0.0, 4.0]))
            np.testing.assert_array_equal(got, 1 / f(np.array([-np.inf, -0.0, 4.0]), 0.5))


def test_complex_numbers_in_order_and_correlation():
    z = np.round(np.random.default_rng(0).normal(size=(3, 6))) + 1j * np.array([[0], [1], [-1]])
    same(lambda a, b: np.lexsort((a, b)), z[0], np.round(z[1]))
    same(np.lexsort, z)
    same(np.corrcoef, z * (1 + 0.5j) + np.arange(6))
    same(lambda a, b: np.corrcoef(a, b), z[0], z[1])

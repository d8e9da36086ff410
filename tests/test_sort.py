"""Kernels argsort and searchsorted against NumPy."""

import numpy as np
import pytest
from kernel_tools import REAL, call, layouts, same_at_any_threads, sample

import neurokit as nk
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


def rows_to_order(rng, dtype, shape):
    """Random values, few of which differ, ordered ones, all with NaN and infinities if floats."""
    base = sample(rng, dtype, shape)
    kinds = [
        base,
        np.sort(base, -1),
        np.sort(base, -1)[..., ::-1],
        base // 30 if base.size else base,
    ]
    for x in kinds if np.dtype(dtype).kind != "b" else kinds[:3]:
        x = np.array(x, dtype)
        if np.dtype(dtype).kind == "f":
            x[rng.random(shape) < 0.05] = np.nan
            x[rng.random(shape) < 0.05] = -np.inf
            x[rng.random(shape) < 0.05] = -0.0
        elif np.dtype(dtype).kind == "i":
            x -= 50
        yield x


SHAPES = [(1, 0), (0, 5), (1, 1), (3, 7), (2, 63), (2, 64), (2, 65), (3, 400), (1, 3000)]


@pytest.mark.parametrize("dtype", REAL)
def test_sort_is_numpys_along_any_axis(dtype):
    rng = np.random.default_rng(3)
    for shape in SHAPES:
        for base in rows_to_order(rng, dtype, shape):
            for x in layouts(base):
                for axis in (0, 1):
                    got = call("sort", x.shape, dtype, x, ip=(axis,))
                    np.testing.assert_array_equal(got, np.sort(x, axis))
    x = sample(rng, dtype, (5, 70, 18))
    for axis in range(3):
        got = call("sort", x.shape, dtype, x, ip=(axis,))
        np.testing.assert_array_equal(got, np.sort(x, axis))


@pytest.mark.parametrize("dtype", REAL)
def test_select_finds_what_sorting_finds(dtype):
    rng = np.random.default_rng(4)
    for shape in SHAPES[2:]:
        for base in rows_to_order(rng, dtype, shape):
            for x in layouts(base):
                places = rng.integers(0, x.shape[1], (x.shape[0], 3))
                got = call("select", places.shape, dtype, x, places)
                np.testing.assert_array_equal(got, np.take_along_axis(np.sort(x, 1), places, 1))


def test_rows_that_split_badly_are_sorted_all_the_same():
    """Pivots are medians of nine keys at fixed places: a row that makes each of them nearly the least."""
    n = 40_000
    x = np.full(n, np.nan)
    places, low = np.arange(n), 0.0
    while len(places) > 64:
        step = len(places) // 9
        chosen = step // 2 + step * np.arange(9)
        x[places[chosen]] = low + np.arange(9)
        places, low = np.delete(places, chosen), low + 9
    x[places] = low + np.arange(len(places))
    x = x[None].copy()
    np.testing.assert_array_equal(call("sort", x.shape, "f8", x, ip=(1,)), np.sort(x, 1))
    middle = np.array([[n // 2]])
    np.testing.assert_array_equal(
        call("select", (1, 1), "f8", x, middle), [[np.sort(x)[0, n // 2]]]
    )


def test_sort_and_select_do_not_depend_on_threads():
    rng = np.random.default_rng(5)
    x = np.round(rng.normal(size=(50, 400)), 1)
    for axis in (0, 1):
        same_at_any_threads("sort", x.shape, "f8", x, ip=(axis,))
    same_at_any_threads("select", (50, 2), "f8", x, rng.integers(0, 400, (50, 2)))


@pytest.mark.parametrize("axis", [0, 1, 2, None])
def test_derivatives_of_sorted_values_and_quantiles(axis):
    x = np.random.default_rng(6).permutation(84).reshape(3, 7, 4) / 10
    nk.check_grads(lambda x: np.sort(x, axis), (x,), order=2)
    nk.check_grads(lambda x: np.median(x, axis) ** 2, (x,), order=2)
    nk.check_grads(lambda x: np.quantile(x, [0.2, 0.7], axis) ** 2, (x,), order=2)
    nk.check_grads(lambda x: np.quantile(x, [0.1, 0.2, 0.7], axis) ** 2, (x,), order=1)
    got = nk.vmap(lambda x: np.sort(x, -1))(x)
    np.testing.assert_array_equal(got, np.sort(x, -1))


def test_ties_share_the_derivative_of_a_quantile():
    x = np.array([1.0, 2.0, 2.0, 2.0, 5.0])
    for f in (
        np.median,
        lambda x: np.quantile(x, 0.5),
        lambda x: np.percentile(x, [50] * 6).mean(),
    ):
        np.testing.assert_allclose(nk.grad(f)(x), [0, 1 / 3, 1 / 3, 1 / 3, 0])
        np.testing.assert_allclose(nk.jvp(f, (x,), (np.array([5.0, 3, 0, 0, 5]),))[1], 1.0)

"""Kernels reduce_* against NumPy over types, layouts and axes."""

import math

import numpy as np
import pytest
from kernel_tools import DTYPES, REAL, assert_close, call, layouts, same_at_any_threads, sample

SHAPES = [
    ((), 0), ((1,), 1), ((5,), 1), ((5,), 0), ((3, 4), 1), ((3, 4), 2), ((2, 3, 4), 2), ((0, 3), 1),
    ((3, 0), 1), ((2, 40, 3), 2), ((300, 33), 1), ((40, 2), 1), ((4, 5000), 1), ((2, 33, 70), 2),
    ((150, 1100), 1),
]  # fmt: skip


def twin(name, x, n_reduced):
    axes = tuple(range(x.ndim - n_reduced, x.ndim))
    if name in ("argmax", "argmin"):
        flat = x.reshape(x.shape[: x.ndim - n_reduced] + (-1,))
        return getattr(np, name)(flat, axis=-1)
    return np.asarray(getattr(np, name)(x, axis=axes))


def cases(name):
    for dtype in REAL if name in ("max", "min", "argmax", "argmin") else DTYPES:
        for shape, n_reduced in SHAPES:
            if 0 in shape and name in ("max", "min", "argmax", "argmin"):
                continue
            yield dtype, shape, n_reduced


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all", "argmax", "argmin"])
def test_reduction_is_numpys(name):
    rng = np.random.default_rng(0)
    for dtype, shape, n_reduced in cases(name):
        for x in layouts(sample(rng, dtype, shape)):
            with np.errstate(all="ignore"):
                want = twin(name, x, n_reduced)
            got = call("reduce_" + name, want.shape, want.dtype, x, ip=(n_reduced,))
            assert_close(got, want)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "argmin"])
@pytest.mark.parametrize("shape", [(500_000,), (3, 200_000), (700, 600), (600, 2, 300)])
def test_large_reductions_do_not_depend_on_threads(name, shape):
    x = 1 + 1e-6 * np.random.default_rng(0).normal(size=shape)
    for y, n_reduced in ((x, 1), (x.T, 1), (x, x.ndim)):
        want = twin(name, y, n_reduced)
        got = same_at_any_threads("reduce_" + name, want.shape, want.dtype, y, ip=(n_reduced,))
        if name == "argmin":
            assert_close(got, want)
        else:
            np.testing.assert_allclose(got, want, rtol=1e-9)


def test_float32_sum_is_pairwise():
    x = np.full(1 << 22, 0.1, "f4")
    exact = math.fsum(x)
    for y, n_out in ((x, 0), (x.reshape(-1, 8).T, 1)):
        got = call("reduce_sum", y.shape[:n_out], "f4", y, ip=(1,))
        np.testing.assert_allclose(got.sum(dtype="f8"), exact, rtol=3e-7)


@pytest.mark.parametrize("shape", [(5,), (3000,), (70, 3000)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_nan_wins(dtype, shape):
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    x[..., 3] = x[..., -1] = np.nan
    x[..., 1] = np.inf
    x[..., 0] = -np.inf
    for name in ("max", "min"):
        assert np.isnan(call("reduce_" + name, shape[:-1], dtype, x, ip=(1,))).all()
        assert (call("reduce_arg" + name, shape[:-1], "i8", x, ip=(1,)) == 3).all()


def test_first_of_equals_wins():
    x = np.zeros((4, 5000))
    x[:, 17] = x[:, 4000] = 1
    assert (call("reduce_argmax", (4,), "i8", x, ip=(1,)) == 17).all()
    assert (call("reduce_argmin", (4,), "i8", x, ip=(1,)) == 0).all()


def test_no_elements():
    assert call("reduce_sum", (3,), "f8", np.zeros((3, 0)), ip=(1,)).tolist() == [0, 0, 0]
    assert call("reduce_prod", (), "f8", np.zeros(0), ip=(1,)) == 1
    with pytest.raises(ValueError, match="identity"):
        call("reduce_max", (3,), "f8", np.zeros((3, 0)), ip=(1,))
    with pytest.raises(TypeError, match="complex128"):
        call("reduce_max", (), "c16", np.zeros(3, "c16"), ip=(1,))
    with pytest.raises(ValueError, match="kept axes"):
        call("reduce_sum", (4,), "f8", np.zeros((3, 4)), ip=(1,))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", ["max", "min"])
def test_a_nan_at_any_place_wins(name, dtype):
    """Every lane of whole vectors, and the rest behind them."""
    for n in (16, 37, 130):
        x = np.tile(np.arange(n, dtype=dtype), (n, 1))
        x[np.arange(n), np.arange(n)] = np.nan
        assert np.isnan(call("reduce_" + name, (n,), dtype, x, ip=(1,))).all()
        assert (call("reduce_arg" + name, (n,), "i8", x, ip=(1,)) == np.arange(n)).all()


@pytest.mark.parametrize("dtype", ["?", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize("name", ["max", "min"])
def test_the_first_place_is_found_wherever_it_is(name, dtype):
    """In whole steps of the search and in the rest behind them; contiguous, reversed, strided."""
    for n in (1, 2, 31, 32, 33, 64, 100, 1024, 1025, 2100):
        x = np.full((min(n, 130), n), name == "min").astype(dtype)
        at = np.linspace(0, n - 1, len(x)).astype(int)
        x[np.arange(len(x)), at] = name == "max"
        x[np.arange(len(x)), np.minimum(at + 5, n - 1)] = name == "max"
        for y in (x, x[:, ::-1], np.repeat(x, 2, axis=1)[:, ::2], np.asfortranarray(x)):
            want = getattr(np, "arg" + name)(y, axis=1)
            np.testing.assert_array_equal(
                call("reduce_arg" + name, want.shape, "i8", y, ip=(1,)), want
            )

"""Shapes, axes and counts given as NumPy arrays, as code that computes them has them."""

import numpy as np
import pytest
from against_numpy import same

import neurokit as nk

X = np.arange(6.0).reshape(2, 3) + 0.5
TWO, BOTH = np.array(2), np.array([0, 1])

SHAPES = {
    "reshape": lambda x: np.reshape(x, np.array([3, -1])),
    "reshape by columns": lambda x: x.reshape(np.array([3, 2], np.int8), order="F"),
    "reshape to one axis": lambda x: x.reshape(np.array([6])),
    "broadcast_to": lambda x: np.broadcast_to(x, np.array([4, 2, 3])),
    "broadcast_to scalars": lambda x: np.broadcast_to(x, (TWO, TWO, np.array(3))),
    "broadcast_to one axis": lambda x: np.broadcast_to(x[0, 0], np.array(6)),
    "tile": lambda x: np.tile(x, np.array([2, 3])),
    "resize": lambda x: np.resize(x, np.array([4, 2])),
    "zeros_like": lambda x: np.zeros_like(x, shape=BOTH + 2) + x[0, 0],
    "ones_like": lambda x: np.ones_like(x, shape=TWO) + x[0, 0],
    "full_like": lambda x: np.full_like(x, 2.0, shape=BOTH + 2) + x[0, 0],
    "sliding_window_view": lambda x: np.lib.stride_tricks.sliding_window_view(x, BOTH + 1),
}
AXES = {
    "transpose": lambda x: x.transpose(np.array([1, 0])),
    "moveaxis": lambda x: np.moveaxis(x, BOTH, np.array([1, 0])),
    "flip": lambda x: np.flip(x, BOTH),
    "gradient": lambda x: np.stack(np.gradient(x, axis=BOTH)),
    "median": lambda x: np.median(x, axis=BOTH),
    "nanmedian": lambda x: np.nanmedian(x, axis=BOTH),
    "quantile": lambda x: np.quantile(x, 0.2, axis=BOTH),
    "fftshift": lambda x: np.fft.fftshift(x, axes=BOTH),
    "tensordot of two axes": lambda x: np.tensordot(x, x, axes=np.array([[0, 1], [0, 1]])),
    "tensordot of one axis": lambda x: np.tensordot(x, x.T, axes=np.array(1)),
}


@pytest.mark.parametrize("name", [*SHAPES, *AXES])
def test_shapes_and_axes_may_be_arrays(name):
    f = {**SHAPES, **AXES}[name]
    same(f, X)
    nk.check_grads(f, (X,), order=1)
    batch = np.stack([X, X * X])
    np.testing.assert_allclose(nk.vmap(f)(batch), np.stack([f(x) for x in batch]), rtol=1e-12)


def test_new_arrays_of_a_shape_in_an_array():
    shape = np.array([2, 3])
    made = nk.jit(lambda x: (nk.zeros(shape, like=x), nk.ones(TWO, like=x), nk.full(shape, x)))
    zeros, ones, full = made(np.float64(1.5))
    np.testing.assert_array_equal(zeros, np.zeros((2, 3)))
    np.testing.assert_array_equal(ones, np.ones(2))
    np.testing.assert_array_equal(full, np.full((2, 3), 1.5))


@pytest.mark.parametrize("shape", [2.0, (2.0, 3.0), np.array([2.0, 3.0])])
def test_shapes_of_floats_are_refused(shape):
    same(lambda x: np.reshape(x, shape), X)
    same(lambda x: np.broadcast_to(x, shape), X)

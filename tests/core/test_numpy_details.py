"""Where a trace once gave another dtype, sign or shape than NumPy."""

import numpy as np
import pytest

import neurokit as nk

INTEGERS = [bool, np.int32, np.int64, np.int8, np.uint8, np.int16, np.uint32, np.uint64]


def same(f, *args):
    wanted, got = np.asarray(f(*args)), np.asarray(nk.jit(f)(*args))
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize(
    "spec",
    [
        "ij->j",
        "ij->",
        "ij,jk->ik",
        "ij,ij->i",
        "ii->i",
        "ii",
        "ij,kl->ik",
        "ij,ij->ji",
        "ij,ik,ij->ijk",
    ],
)
def test_einsum_of_integers_wraps_as_numpy_does(dtype, spec):
    x = np.array([[2**30, 1, 0], [3, 77, 9], [0, 0, 100]]).astype(dtype)
    operands = spec.partition("->")[0].count(",") + 1
    same(lambda x: np.einsum(spec, *[x] * operands), x)


def test_einsum_with_a_dtype():
    x = np.arange(6).reshape(2, 3)
    same(lambda x: np.einsum("ij->j", x, dtype=np.float64), x)
    with pytest.raises(TypeError):
        nk.jit(lambda x: np.einsum("ij->j", x, axis=0))(x)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_products_of_integers(dtype):
    x = np.array([[2**30, 100], [3, 77]]).astype(dtype)
    for f in (np.matmul, np.dot, np.inner, lambda a, b: np.tensordot(a, b, 1)):
        same(f, x, x)


def test_shapes_of_weights():
    x = np.arange(24.0).reshape(2, 3, 4)
    same(lambda x: np.average(x, axis=1, weights=np.array([1.0, 2, 4])), x)
    same(lambda x: np.average(x, axis=(2, 0), weights=np.arange(8.0).reshape(4, 2)), x)
    for axis, weights in (
        (0, np.ones(4)),
        (0, np.ones(1)),
        ((0, 1), np.ones((3, 2))),
        (1, np.ones((3, 1))),
    ):
        for f in (lambda x: x, nk.jit):
            with pytest.raises(ValueError, match="weights"):
                f(lambda x: np.average(x, axis=axis, weights=weights))(x)


def test_signs_and_counts():
    same(np.cbrt, np.array([-0.0, 0.0, -8.0, np.inf, -np.inf, np.nan]))
    same(np.count_nonzero, np.array(3.0))
    same(np.count_nonzero, np.array(0.0))
    assert nk.grad(np.cbrt)(-8.0) == pytest.approx(1 / 12)

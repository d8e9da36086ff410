"""Kernel matmul against NumPy over types, sizes and layouts."""

import itertools

import numpy as np
import pytest
from kernel_tools import assert_close, layouts, same_at_any_threads, sample

from neurokit import _core

SIZES = list(itertools.product([0, 1, 2, 5, 40], [0, 1, 3, 40], [0, 1, 2, 17, 45]))


def matmul(a, b, threads=0):
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = np.empty(batch + (a.shape[-2], b.shape[-1]), a.dtype)
    a = np.broadcast_to(a, batch + a.shape[-2:])
    b = np.broadcast_to(b, batch + b.shape[-2:])
    _core.call("matmul", [out], [a, b], threads=threads)
    return out


@pytest.mark.parametrize("dtype", ["?", "i4", "i8", "f4", "f8", "c8", "c16"])
def test_product_is_numpys(dtype):
    rng = np.random.default_rng(0)
    for number, (m, k, n) in enumerate(SIZES):
        a, b = sample(rng, dtype, (m, k)), sample(rng, dtype, (k, n))
        for i, (x, y) in enumerate(itertools.product(layouts(a), layouts(b))):
            if m * n * k > 1000 and (i + number) % 4:
                continue
            assert_close(matmul(x, y), x @ y)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    "m, k, n", [(1, 2000, 2500), (2500, 2000, 1), (300, 1, 9000), (300, 400, 1200), (10, 9000, 600)]
)
def test_large_products_do_not_depend_on_threads(m, k, n, dtype):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(k, n)).astype(dtype)
    for x, y in ((a, b), (np.asfortranarray(a), np.asfortranarray(b)), (a[::-1], b[:, ::-1])):
        got = same_at_any_threads("matmul", (m, n), dtype, x, y)
        want = x.astype("f8") @ y.astype("f8")
        np.testing.assert_allclose(got, want, atol=50 * np.sqrt(k) * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("k", [255, 256, 257, 511, 512, 513])
def test_vectors_at_the_edges_of_partial_sums(k, dtype):
    rng = np.random.default_rng(k)
    a, x = rng.normal(size=(70, k)).astype(dtype), rng.normal(size=(k, 1)).astype(dtype)
    want = a.astype("f8") @ x.astype("f8")
    for matrix in (a, np.asfortranarray(a), a[:, ::-1][:, ::-1]):
        got = matmul(matrix, x), matmul(x.T, matrix.T).T
        for y in got:
            np.testing.assert_allclose(y, want, atol=50 * np.sqrt(k) * np.finfo(dtype).eps)


def test_batches_and_broadcasting():
    rng = np.random.default_rng(0)
    for m, k, n in [(1, 5, 4), (3, 5, 1), (8, 9, 4), (40, 50, 60)]:
        a, b = rng.normal(size=(7, 5, m, k)), rng.normal(size=(k, n))
        many = rng.normal(size=(5, k, n))
        for x, y in [
            (a, b),
            (a.transpose(1, 0, 2, 3), b),
            (a, many),
            (a[0, 0], many),
            (a[:, :1], many),
        ]:
            assert_close(matmul(x, y), x @ y)
        group = np.broadcast_to(many, (7, 5, k, n))
        one, three = (matmul(a, group, threads=t) for t in (1, 3))
        assert one.tobytes() == three.tobytes()


def test_what_does_not_fit_is_refused():
    a = np.zeros((3, 4))
    with pytest.raises(ValueError, match="do not fit"):
        _core.call("matmul", [np.zeros((3, 3))], [a, a])
    with pytest.raises(TypeError, match="float32"):
        _core.call("matmul", [np.zeros((3, 3))], [a, np.zeros((4, 3), "f4")])
    with pytest.raises(ValueError, match="contiguous"):
        _core.call("matmul", [np.zeros((3, 3)).T], [a, a.T])


TILE_SIZES = [(4, 300, 33), (5, 600, 47), (7, 255, 16), (11, 256, 64), (25, 257, 96), (65, 40, 112)]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("m, k, n", [*TILE_SIZES, (270, 70, 60), (100, 300, 125)])
def test_register_tiles_at_their_edges(m, k, n, dtype):
    """Whole and broken tiles, one and more parts of k, each layout, rows a page apart."""
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(k, n + 1500)).astype(dtype)
    a, b = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(k, n)).astype(dtype)
    for x, y in itertools.product(
        (a, np.asfortranarray(a)), (b, np.asfortranarray(b), wide[:, :n])
    ):
        got = same_at_any_threads("matmul", (m, n), dtype, x, y)
        want = x.astype("f8") @ y.astype("f8")
        np.testing.assert_allclose(got, want, atol=20 * np.sqrt(k) * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bits_do_not_depend_on_how_an_operand_lies(dtype):
    """A panel of b is read where it lies, copied or turned: the sums are the same."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(64, 300)).astype(dtype), rng.normal(size=(300, 128)).astype(dtype)
    wide = np.zeros((300, 2000), dtype)
    wide[:, :128] = b
    want = matmul(a, b).tobytes()
    for x in (a, np.asfortranarray(a)):
        for y in (b, np.asfortranarray(b), wide[:, :128]):
            assert matmul(x, y).tobytes() == want

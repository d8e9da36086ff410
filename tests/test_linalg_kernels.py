"""The linalg kernels against LAPACK as NumPy and SciPy call it: types, layouts, batches, threads."""

import numpy as np
import pytest
from kernel_tools import layouts

from neurokit import _core


def call(name, outs, ins, ip=(), threads=0):
    _core.call(name, outs, ins, ip=ip, threads=threads)
    return outs


def matrices(rng, dtype, *shape):
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def close(got, want, scale=1):
    eps = 500 * np.finfo(got.dtype).eps * scale
    np.testing.assert_allclose(got, want, rtol=eps, atol=eps)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("batch", [(), (3,), (2, 2), (0,)])
def test_factorisations_give_the_matrix_back(dtype, batch):
    rng = np.random.default_rng(0)
    for m, n in [(4, 4), (6, 3), (3, 6), (1, 1), (0, 2), (2, 0)]:
        k = min(m, n)
        for a in layouts(matrices(rng, dtype, *batch, m, n)):
            packed, pivots, rows = call(
                "lu",
                [
                    np.empty(a.shape, dtype),
                    np.empty((*batch, k), "i4"),
                    np.empty((*batch, m), "i4"),
                ],
                [a],
            )
            low = np.tril(packed[..., :k], -1) + np.eye(m, k, dtype=dtype)
            close(low @ np.triu(packed[..., :k, :]), np.take_along_axis(a, rows[..., None], -2))
            q, r = call(
                "qr", [np.empty((*batch, m, k), dtype), np.empty((*batch, k, n), dtype)], [a]
            )
            close(q @ r, a)
            assert not np.tril(r, -1).any()
            real = np.empty(0, dtype).real.dtype
            u, s, vh = call(
                "svd",
                [
                    np.empty((*batch, m, k), dtype),
                    np.empty((*batch, k), real),
                    np.empty((*batch, k, n), dtype),
                ],
                [a],
            )
            close((u * s[..., None, :]) @ vh, a, 4)
            (values,) = call("svd", [np.empty((*batch, k), real)], [a])
            close(values, s, 4)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_square_kernels(dtype):
    rng = np.random.default_rng(1)
    for n in (0, 1, 5):
        a, b = (
            matrices(rng, dtype, 3, n, n) + 4 * np.eye(n, dtype=dtype),
            matrices(rng, dtype, 3, n, 2),
        )
        packed, pivots, _ = call(
            "lu", [np.empty_like(a), np.empty((3, n), "i4"), np.empty((3, n), "i4")], [a]
        )
        for op, matrix in enumerate((a, a.swapaxes(1, 2), a.conj().swapaxes(1, 2))):
            (x,) = call("lu_solve", [np.empty_like(b)], [packed, pivots, b], (op, 0))
            close(matrix @ x, b, 4)
        for lower in (0, 1):
            triangle = np.tril(a) if lower else np.triu(a)
            (x,) = call("triangular_solve", [np.empty_like(b)], [a, b], (lower, 0, 0))
            close(triangle @ x, b, 4)
        h = a @ a.conj().swapaxes(1, 2)
        (factor,) = call("cholesky", [np.empty_like(h)], [h])
        close(factor @ factor.conj().swapaxes(1, 2), h, 20)
        real = np.empty(0, dtype).real.dtype
        w, v = call("eigh", [np.empty((3, n), real), np.empty_like(h)], [h], (1,))
        close(h @ v, v * w[:, None, :], 100)
        pair = np.result_type(dtype, "c8")
        w, v = call("eig", [np.empty((3, n), pair), np.empty((3, n, n), pair)], [a])
        close(a @ v, v * w[:, None, :], 20)


def test_bad_operands_are_refused():
    a = np.eye(3)
    with pytest.raises(TypeError, match="no such matrix of int64"):
        call("cholesky", [np.empty((3, 3), "i8")], [a.astype("i8")])
    with pytest.raises(ValueError):
        call("cholesky", [np.empty((2, 3))], [np.ones((2, 3))])
    with pytest.raises(ValueError):
        call("svd", [np.empty(2)], [a])
    with pytest.raises(ValueError):
        call("eigh", [np.empty((2, 3))], [a], (1,))


def test_stacks_are_bit_equal_at_any_threads():
    a = matrices(np.random.default_rng(2), "f8", 200, 20, 20)
    runs = [
        call("svd", [np.empty(a.shape), np.empty((200, 20)), np.empty(a.shape)], [a], (), t)
        for t in (1, 2, 3)
    ]
    for other in runs[1:]:
        assert all(x.tobytes() == y.tobytes() for x, y in zip(runs[0], other))

"""The linalg kernels against LAPACK as NumPy and SciPy call it: types, layouts, batches, threads."""

import itertools

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


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_large_cholesky_by_blocks(dtype):
    """Blocks of whole and broken size, every layout of A and of L, threads; L of only one triangle."""
    rng = np.random.default_rng(2)
    n = 700 if np.dtype(dtype).kind == "f" else 530
    x = matrices(rng, dtype, n, n + 20)
    a = x @ x.conj().T / n + np.eye(n, dtype=dtype)
    want = np.linalg.cholesky(a.astype(np.result_type(dtype, "f8")))
    read = np.tril(a)  # what is above the diagonal must not matter
    back = np.ascontiguousarray(read[:, ::-1])[:, ::-1]
    for each in (read, np.asfortranarray(read), np.repeat(read, 2, 0)[::2], back):
        for order in "CF":
            one, three = (np.full((n, n), np.nan, dtype, order=order) for _ in range(2))
            call("cholesky", [one], [each], threads=1)
            call("cholesky", [three], [each], threads=3)
            close(one, want, 10)
            assert one.tobytes() == three.tobytes()
            assert not np.triu(one, 1).any()
    (stack,) = call("cholesky", [np.empty((2, n, n), dtype)], [np.stack([read, read])])
    assert stack[1].tobytes() == call("cholesky", [np.empty_like(a)], [read])[0].tobytes()
    a[650 if n == 700 else 500, :] = 0
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        call("cholesky", [np.empty_like(a)], [a])


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_triangular_solve_of_every_kind(dtype):
    """Triangle, operation, diagonal and layout of each operand, one and several blocks of columns."""
    rng = np.random.default_rng(3)
    n = 20
    a = matrices(rng, dtype, n, n) / 4 + 3 * np.eye(n, dtype=dtype)
    for k in (1, 3, 300):
        b = matrices(rng, dtype, n, k)
        for lower, op, unit in itertools.product((0, 1), (0, 1, 2), (0, 1)):
            t = np.tril(a) if lower else np.triu(a)
            if unit:
                t = t - np.diag(np.diag(t)) + np.eye(n, dtype=dtype)
            matrix = (t, t.T, t.conj().T)[op]
            want = np.linalg.solve(matrix, b)
            for x in (a, np.asfortranarray(a), np.repeat(a, 2, 1)[:, ::2]):
                for y, order in ((b, "C"), (np.asfortranarray(b), "C"), (b, "F")):
                    out = np.empty((n, k), dtype, order=order)
                    call("triangular_solve", [out], [x, y], (lower, op, unit))
                    close(out, want, 10)


def test_triangular_solve_names_the_zero():
    for dtype in ("f4", "f8", "c8", "c16"):
        a = np.eye(5, dtype=dtype)
        a[3, 3] = 0
        with pytest.raises(np.linalg.LinAlgError, match="diagonal 3"):
            call(
                "triangular_solve",
                [np.empty((5, 2), dtype)],
                [a, np.ones((5, 2), dtype)],
                (1, 0, 0),
            )
        call("triangular_solve", [np.empty((5, 2), dtype)], [a, np.ones((5, 2), dtype)], (1, 0, 1))


def test_wide_right_sides_do_not_depend_on_threads():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(300, 300)) / 20 + 2 * np.eye(300), rng.normal(size=(300, 1100))
    one, three = (
        call("triangular_solve", [np.empty_like(b)], [a, b], (1, 0, 0), threads=n)[0]
        for n in (1, 3)
    )
    assert one.tobytes() == three.tobytes()
    close(np.tril(a) @ one, b, 10)


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

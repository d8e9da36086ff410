"""NumPy functions on traced arrays: value and dtype against NumPy, gradient against finite differences."""

import numpy as np
import pytest

import neurokit as nk

RNG = np.random.default_rng(11)
X = RNG.normal(size=(3, 4))
Y = RNG.normal(size=(4, 2))
V = RNG.normal(size=4)

# name: function of one or two arrays, written with NumPy, and its arguments
CASES = {
    "sum": (lambda x: np.sum(x, axis=(0, 1)) + x.sum(0), X),
    "sum keepdims": (lambda x: x - np.sum(x, axis=1, keepdims=True), X),
    "sum where": (lambda x: np.sum(x, axis=0, where=np.array([[True], [False], [True]])), X),
    "prod": (lambda x: np.prod(x, axis=0), X),
    "prod two axes": (lambda x: np.prod(x[:2, :2]), X),
    "mean": (lambda x: x.mean(axis=-1), X),
    "var": (lambda x: np.var(x, axis=0, ddof=1), X),
    "std": (lambda x: np.std(x, axis=1), X),
    "max": (lambda x: np.max(x, axis=1), X),
    "min": (lambda x: x.min(), X),
    "ptp": (lambda x: np.ptp(x, axis=0), X),
    "average": (lambda x, v: np.average(x, axis=1, weights=np.abs(v)), X, V),
    "cumsum": (lambda x: np.cumsum(x, axis=1), X),
    "cumsum flat": (lambda x: np.cumsum(x), X),
    "cumprod": (lambda x: np.cumprod(x, axis=0), X),
    "diff": (lambda x: np.diff(x, n=2, axis=1), X),
    "norm": (lambda x: np.linalg.norm(x, axis=1), X),
    "norm 1": (lambda x: np.linalg.norm(x, ord=1, axis=0), X),
    "norm inf": (lambda x: np.linalg.norm(x[0], ord=np.inf), X),
    "norm 3": (lambda x: np.linalg.norm(x[0], ord=3), X),
    "where": (lambda x: np.where(x > 0, x * x, -x), X),
    "clip": (lambda x: np.clip(x, -0.5, 0.7), X),
    "clip method": (lambda x: x.clip(max=0.3), X),
    "nan_to_num": (lambda x: np.nan_to_num(x), X),
    "sinc": (lambda x: np.sinc(x), X),
    "reshape": (lambda x: x.reshape(2, -1) ** 2, X),
    "ravel": (lambda x: np.ravel(x) * 2, X),
    "transpose": (lambda x: np.transpose(x) * np.arange(3.0), X),
    "T": (lambda x: x.T @ x, X),
    "swapaxes": (lambda x: np.swapaxes(x[None], 0, 2), X),
    "moveaxis": (lambda x: np.moveaxis(x.reshape(2, 3, 2), [0, 1], [2, 0]), X),
    "rollaxis": (lambda x: np.rollaxis(x.reshape(2, 3, 2), 2), X),
    "expand_dims": (lambda x: np.expand_dims(x, (0, 2)) * 2, X),
    "squeeze": (lambda x: np.squeeze(x[:, :1]), X),
    "broadcast_to": (lambda v: np.broadcast_to(v, (3, 4)) * X, V),
    "atleast": (lambda v: np.atleast_2d(v) @ np.atleast_2d(v).T, V),
    "concatenate": (lambda x, y: np.concatenate([x, y.T], axis=0), X, Y),
    "stack": (lambda v: np.stack([v, v * 2, np.ones(4)], axis=1), V),
    "vstack": (lambda v: np.vstack([v, v]), V),
    "hstack": (lambda v: np.hstack([v, v**2]), V),
    "column_stack": (lambda v: np.column_stack([v, v**2]), V),
    "dstack": (lambda v: np.dstack([v, v]), V),
    "append": (lambda v: np.append(v, v[:2]), V),
    "split": (lambda x: np.split(x, 2, axis=1)[1], X),
    "array_split": (lambda v: np.array_split(v, 3)[0] * 3, V),
    "tile": (lambda x: np.tile(x, (2, 1, 3)), X),
    "repeat": (lambda x: np.repeat(x, [1, 0, 2], axis=0), X),
    "flip": (lambda x: np.flip(x, 1), X),
    "roll": (lambda x: np.roll(x, (1, -2), axis=(0, 1)), X),
    "rot90": (lambda x: np.rot90(x) @ np.rot90(x, 2) + np.rot90(x, 3) @ x, X),
    "pad": (lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=1.0), X),
    "pad edge": (lambda x: np.pad(x, 1, mode="edge"), X),
    "take": (lambda x: np.take(x, [[0, 2], [1, -1]], axis=1), X),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.argsort(X, axis=1), axis=1), X),
    "diagonal": (lambda x: np.diagonal(x, offset=1), X),
    "diag": (lambda v: np.diag(v, k=-1), V),
    "trace": (lambda x: np.trace(x), X),
    "tril": (lambda x: np.tril(x), X),
    "triu": (lambda x: np.triu(x, 1), X),
    "meshgrid": (lambda v: np.meshgrid(v, v[:2])[0], V),
    "dot": (lambda x, y: np.dot(x, y), X, Y),
    "dot vector": (lambda x, v: np.dot(x, v), X, V),
    "inner": (lambda x, v: np.inner(x, v), X, V),
    "vdot": (lambda x: np.vdot(x, x), X),
    "outer": (lambda v: np.outer(v, v), V),
    "matmul batched": (lambda x: np.matmul(x[None] * np.ones((2, 1, 1)), x.T), X),
    "matmul vector": (lambda v, y: v @ y, V, Y),
    "tensordot": (lambda x, y: np.tensordot(x, y, axes=([1], [0])), X, Y),
    "kron": (lambda x, y: np.kron(x, y), X, Y),
    "einsum pair": (lambda x, y: np.einsum("ij,jk->ki", x, y), X, Y),
    "einsum batch": (lambda x: np.einsum("bi,bi->b", x, x), X),
    "einsum trace": (lambda x: np.einsum("ii->", x[:, :3]), X),
    "einsum outer": (lambda v: np.einsum("i,j,k->ijk", v, v, v), V),
    "einsum of kept labels": (
        lambda x, v: np.einsum("ij,ij,i->ji", x, x[::-1], v),
        X,
        V[:1] * X[:, 0],
    ),
    "einsum transposed": (lambda x: np.einsum("ij,kij,j->ki", x, np.stack([x, x * 2]), x[0]), X),
    "einsum dots": (lambda x: np.einsum("...i,...i", x, x), X),
    "einsum implicit": (lambda x, y: np.einsum("ij,jk", x, y), X, Y),
    "trapezoid": (lambda x: np.trapezoid(x, dx=0.5, axis=1), X),
    "logaddexp": (lambda x: np.logaddexp(x, 0.5), X),
    "hypot": (lambda x: np.hypot(x, 2.0), X),
    "slice": (lambda x: x[1:, ::-2] * 2, X),
    "integer index": (lambda x: x[1] * x[-1, 2], X),
    "newaxis": (lambda v: v[:, None] - v[None, :], V),
    "ellipsis": (lambda x: x[..., 1:3], X),
    "array index": (lambda x: x[[0, 2, 0]], X),
    "two arrays": (lambda x: x[[0, 1], [2, 3]], X),
    "array and slice": (lambda x: x.reshape(2, 3, 2)[[0, 1], :, [1, 0]], X),
    "mask": (lambda x: x[np.array([True, False, True])], X),
    "mask 2-d": (lambda x: x[X > 0], X),
}


@pytest.mark.parametrize("name", CASES)
def test_value_dtype_gradient(name):
    f, *args = CASES[name]
    wanted = np.asarray(f(*args))
    for dtype in (np.float64, np.float32):
        cast = [a.astype(dtype) for a in args]
        reference = np.asarray(f(*cast))
        got = np.asarray(nk.jit(f)(*cast))
        assert got.dtype == reference.dtype and got.shape == reference.shape
        np.testing.assert_allclose(
            got,
            wanted,
            rtol=1e-12 if dtype is np.float64 else 3e-5,
            atol=1e-6 if dtype is np.float32 else 1e-13,
        )
    nk.check_grads(f, args, order=2)


NOT_DIFFERENTIABLE = {
    "any": (lambda x: np.any(x > 1, axis=0), X),
    "all": (lambda x: (x > -9).all(), X),
    "argmax": (lambda x: np.argmax(x, axis=1), X),
    "argmin": (lambda x: x.argmin(), X),
    "isclose": (lambda x: np.isclose(x, X + 1e-12), X),
    "allclose": (lambda x: np.allclose(x, X), X),
    "array_equal": (lambda x: np.array_equal(x, X), X),
    "round": (lambda x: np.round(x, 1), X),
    "fix": (lambda x: np.fix(x), X),
    "sum of bools": (lambda x: np.sum(x > 0, axis=0), X),
    "mean of ints": (lambda x: np.mean(x.astype(np.int64)), X * 10),
    "count": (lambda x: (x > 0).sum(), X),
    "zeros_like": (lambda x: np.zeros_like(x), X),
    "ones_like": (lambda x: np.ones_like(x, dtype=np.float32), X),
    "full_like": (lambda x: np.full_like(x, 3), X),
    "shape": (lambda x: np.zeros_like(x).shape[0] * x, X),
    "astype": (lambda x: x.astype(np.int32), X * 3),
    "floor_divide": (lambda x: x // 0.3, X),
    "divmod": (lambda x: divmod(x, 0.7)[1], X),
    "logical": (lambda x: np.logical_and(x, x > 0), X),
    "int index": (lambda x: x.astype(np.int64) % 3, X * 10),
}


@pytest.mark.parametrize("name", NOT_DIFFERENTIABLE)
def test_values_only(name):
    f, *args = NOT_DIFFERENTIABLE[name]
    wanted = np.asarray(f(*args))
    got = np.asarray(nk.jit(f)(*args))
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-13)


def test_empty_arrays():
    x = np.zeros((0, 3))
    for f in (
        lambda t: t.sum(0),
        lambda t: (t * 2).sum(),
        lambda t: t @ np.ones((3, 2)),
        lambda t: np.cumsum(t, 0),
        lambda t: np.concatenate([t, np.ones((1, 3))]),
        lambda t: t.reshape(3, 0),
        lambda t: t.T @ t,
    ):
        np.testing.assert_array_equal(nk.jit(f)(x), f(x))
    with pytest.raises(ValueError, match="zero-size array"):
        nk.jit(lambda t: t.max())(x)
    assert nk.grad(lambda t: (t**2).sum())(x).shape == (0, 3)


def test_traced_index():
    x = np.arange(12.0).reshape(4, 3)
    f = nk.jit(lambda t, i: t[i] + t[i, 1])
    for i in (0, 3, -1):
        np.testing.assert_array_equal(f(x, np.int64(i)), x[i] + x[i, 1])
    with pytest.raises(IndexError):
        f(x, np.int64(4))
    with pytest.raises(IndexError):
        nk.jit(lambda t, i: t[i, i])(x, np.array([3]))


def test_errors_are_numpys():
    for f, error in [
        (lambda t: t.reshape(5), ValueError),
        (lambda t: t[7], IndexError),
        (lambda t: t @ t, ValueError),
        (lambda t: np.sum(t, axis=5), np.exceptions.AxisError),
        (lambda t: t[0, 0, 0], IndexError),
        (lambda t: t + np.ones(7), ValueError),
        (lambda t: np.stack([t, t[0]]), ValueError),
        (lambda t: np.squeeze(t, 0), ValueError),
        (lambda t: len(t.sum()), TypeError),
    ]:
        with pytest.raises(error):
            f(X)
        with pytest.raises(error):
            nk.jit(f)(X)

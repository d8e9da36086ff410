"""Types, values and exceptions of NumPy's functions on arrays of every type, and of writes into them."""

import numpy as np
import pytest

import neurokit as nk
from tests.core.test_promotion import DTYPES, NUMBERS, check, values


def square(dtype):
    return values(dtype).reshape(3, 3)


ONE = {
    "sum": lambda x: (np.sum(x), x.sum(0), np.sum(x, axis=1, keepdims=True)),
    "prod": lambda x: (np.prod(x[:2]), x.prod(0)),
    "sum in a type": lambda x: (
        np.sum(x[0], dtype=np.float32),
        np.sum(x, dtype=np.int64),
        np.sum(x[0], dtype=np.int8),
    ),
    "mean": lambda x: (np.mean(x[:2]), x.mean(1), np.mean(x[0], dtype=np.float32)),
    "var": lambda x: (np.var(x / 2), np.var(x[0]), np.std(x[0], ddof=1)),
    "cumsum": lambda x: (np.cumsum(x), x.cumsum(0)),
    "cumprod": lambda x: (np.cumprod(x[0]), x.cumprod(1)),
    "max": lambda x: (np.max(x), x.max(0), np.argmax(x, axis=1), x.argmax()),
    "min": lambda x: (np.min(x), x.min(0), np.argmin(x, axis=1), x.argmin()),
    "any all": lambda x: (np.any(x, axis=0), np.all(x, axis=1), x.any(), x.all()),
    "ptp": lambda x: np.ptp(x, axis=0),
    "average": lambda x: (np.average(x[:2]), np.average(x[0], weights=[1, 2, 3])),
    "diff": lambda x: np.diff(x, axis=0),
    "trace": lambda x: (np.trace(x), np.diagonal(x), np.diag(x[0])),
    "round": lambda x: (np.round(x, 0), np.round(x, 1)),
    "round bool": lambda x: np.round(x),
    "round tens": lambda x: np.round(x[0], -1),
    "nan_to_num": lambda x: np.nan_to_num(x),
    "like": lambda x: (
        np.zeros_like(x),
        np.ones_like(x),
        np.full_like(x, 1),
        np.zeros_like(x, dtype=np.int16),
    ),
    "count_nonzero": lambda x: (np.count_nonzero(x), np.count_nonzero(x, axis=0)),
    "matmul": lambda x: (x @ x, x @ x[0], np.dot(x, x), np.inner(x[0], x[1])),
    "outer": lambda x: (
        np.outer(x[0], x[1]),
        np.kron(x[0], x[0]),
        np.vdot(x, x),
        np.tensordot(x, x),
    ),
    "einsum": lambda x: np.einsum("ij,jk->ik", x, x),
    "move": lambda x: (
        np.roll(x, 1),
        np.flip(x),
        np.tile(x, 2),
        np.repeat(x, 2),
        np.take(x, [0, 2], 1),
        x.T.ravel(),
    ),
    "pad": lambda x: (np.pad(x, 1), np.pad(x, 1, mode="edge")),
    "tril": lambda x: (np.tril(x), np.triu(x, 1)),
    "index": lambda x: (x[[0, 2]], x[:, ::-1], x[x[0].shape[0] - 1]),
    "parts": lambda x: (np.real(x), np.imag(x), x.real, np.conj(x)),
    "angle": lambda x: np.angle(x),
    "norm": lambda x: (np.linalg.norm(x), np.linalg.norm(x, axis=0)),
    "isclose": lambda x: (np.isclose(x, x), np.array_equal(x, x), np.allclose(x, x)),
    "sinc": lambda x: np.sinc(x),
    "trapezoid": lambda x: np.trapezoid(x, axis=0),
    **{f"astype {c}": (lambda x, c=c: x[:2, 1:].astype(c)) for c in "?bBhHiIlLfdFD"},
}
TWO = {
    "where": lambda x, y: np.where(x > y, x, y),
    "concatenate": lambda x, y: (np.concatenate([x, y]), np.stack([x, y]), np.append(x, y)),
    "matmul": lambda x, y: (np.matmul(x, y), np.dot(x, y), np.vdot(x, y)),
    "clip": lambda x, y: np.clip(x, y, y),
    "result_type": lambda x, y: np.zeros(1, np.result_type(x, y)),
    "isclose": lambda x, y: np.isclose(x % 2 if x.dtype.kind != "c" else x, y),
}
WITH_NUMBER = {
    "where": lambda x, n: np.where(x > 0, x, n),
    "clip": lambda x, n: np.clip(x, None, n),
    "clip low": lambda x, n: np.clip(x, n, None),
    "full_like": lambda x, n: np.full_like(x, n),
}


def write(x, y):
    x = x.copy()
    x[0] = y[0]
    return x


def write_number(x, n):
    x = x.copy()
    x[0, 0] = n
    return x


def in_place(name):
    def call(x, y):
        x = x.copy()
        return getattr(x, f"__i{name}__")(y)

    return call


WRITES = {
    "setitem": write,
    **{n: in_place(n) for n in "add sub mul truediv floordiv mod and lshift".split()},
}


@pytest.mark.parametrize("name", ONE)
def test_one(name):
    check(name, [(ONE[name], (square(d),)) for d in DTYPES])


def two_calls(name):
    table = {**TWO, **WRITES}
    first = {d: square(d) for d in DTYPES}
    second = {d: square(d)[::-1].copy() for d in DTYPES}
    return [(table[name], (first[a], second[b])) for a in DTYPES for b in DTYPES]


@pytest.mark.parametrize("k, name", list(enumerate([*TWO, *WRITES])))
def test_two(k, name):
    """A fifth of the pairs, each time another; tests/full makes them all."""
    check(name, two_calls(name)[k % 5 :: 5])


@pytest.mark.parametrize("name", [*WITH_NUMBER, "setitem", "add", "mul"])
def test_with_number(name):
    f = {**WITH_NUMBER, "setitem": write_number}.get(name) or in_place(name)
    arrays = {d: square(d) for d in DTYPES}
    check(name, [(f, (arrays[d], n)) for d in DTYPES for n in NUMBERS])


@pytest.mark.parametrize("dtype", ["f4", "i4", "c8"])
def test_numbers_are_arrays_in_products(dtype):
    """np.dot and its kin take a Python number as float64 or int64, unlike ufuncs."""
    x = np.ones(2, dtype)
    calls = [
        lambda x, s: np.dot(x, s),
        lambda x, s: np.dot(s, x),
        lambda x, s: np.inner(x, s),
        lambda x, s: np.tensordot(x, s, 0),
        lambda x, s: np.convolve(x, s),
        lambda x, s: np.einsum("i,->i", x, s),
    ]
    for number in (2, 2.0, 2j):
        for f in calls:
            got, want = nk.jit(lambda x, f=f, s=number: f(x, s))(x), f(x, number)
            assert got.dtype == want.dtype
            np.testing.assert_array_equal(got, want)

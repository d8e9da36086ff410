"""Index expressions of every mixture against NumPy, read and written; traced indices out of range."""

import itertools

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import AbstractValueError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4))
PARTS = [
    None,
    Ellipsis,
    slice(None),
    slice(None, None, -1),
    0,
    -1,
    np.array([[0, 1], [1, 0]]),
    np.array([1]),
    np.array([True, False]),
    np.array([True, False, True]),
    np.True_,
    False,
]


def read_and_write(t, key):
    copy = t * 1
    copy[key] = 7.5
    return t[key], copy


def compare(key):
    try:
        wanted = read_and_write(X, key)
    except IndexError:
        with pytest.raises(IndexError):
            nk.jit(lambda t: read_and_write(t, key))(X)
        return
    for w, g in zip(wanted, nk.jit(lambda t: read_and_write(t, key))(X)):
        assert w.shape == g.shape, key
        np.testing.assert_array_equal(g, w, err_msg=str(key))


def test_mixtures():
    for key in itertools.product(PARTS, repeat=2):
        compare(key)
    threes = list(itertools.product(PARTS, repeat=3))
    for i in RNG.permutation(len(threes))[:300]:
        compare(threes[i])


def test_derivative_of_reads_and_writes():
    for key in [
        (slice(None), [0, 2, 0], [1, 1, 3]),
        ([0, 1], slice(1, None), [3, 3]),
        (np.array([True, False]), Ellipsis, -1),
        (0, [[0, 1], [2, 2]]),
    ]:
        nk.check_grads(lambda t, k=key: t[k] ** 2, (X,))

        def write(t, v, k=key):
            u = t * 1
            u[k] = v
            return u**2

        nk.check_grads(write, (X, np.asarray(0.5)))


def test_the_last_of_repeated_writes_stays_and_add_at_counts_all():
    def f(t, v):
        u = t * 1
        u[[0, 2, 0]] = v
        np.add.at(u, [1, 1, 2], v)
        return u

    t, v = np.zeros(4), np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(nk.jit(f)(t, v), f(t, v))
    np.testing.assert_array_equal(nk.grad(lambda v: f(v[:1] * t, v)[0])(v), [0, 0, 1])


@pytest.mark.parametrize(
    "key", [lambda i: i, lambda i: (0, i), lambda i: (slice(None), i, 1), lambda i: (i, i)]
)
def test_traced_indices_out_of_range_name_the_line(key):
    def read(t, i):
        return t[key(i)].sum()

    def write(t, i):
        u = t * 1
        u[key(i)] = 0.0
        return u

    inside, outside = np.array([1, 0]), np.array([1, 9])
    for f in (read, write):
        np.testing.assert_allclose(nk.jit(f)(X, inside), f(X, inside), rtol=1e-13)
        np.testing.assert_allclose(
            nk.vjp(lambda t, f=f: f(t, inside), X)[0], f(X, inside), rtol=1e-13
        )
        with pytest.raises(IndexError, match=r"test_table_index.py:\d+"):
            nk.jit(f)(X, outside)
        with pytest.raises(IndexError):
            nk.vjp(lambda t, f=f: f(t, (t[0, 0, :2] * 0).astype(int) + outside), X)
        with pytest.raises(IndexError):
            nk.jit(f)(X, np.array([0, -9]))


def test_views_and_aliases():
    def f(t):
        u = t * 1
        rows = u[1:]
        rows[0] = rows[0, ::-1].copy()
        np.multiply(rows, 2.0, out=rows)
        last = u.reshape(-1)[-3:]
        last += u[0, 0, :3]
        u.T[0, 0] = 4.0
        u.flat[[1, 2]] = u.flat[5]
        return u

    np.testing.assert_array_equal(nk.jit(f)(X), f(X))
    nk.check_grads(f, (X,))


def test_a_traced_bound_of_a_slice():
    """Known in lazy mode; in jit an error that says what to write instead, which works."""

    def tail(y):
        return y[np.searchsorted(y, 0.0) :].sum()

    y = np.arange(-2.0, 3.0)
    np.testing.assert_array_equal(nk.grad(tail)(y), [0, 0, 1, 1, 1])
    with pytest.raises(AbstractValueError, match=r"bound of a slice.*test_table_index.py:\d+"):
        nk.jit(tail)(y)

    def instead(y, k):
        return np.where(np.arange(len(y)) < k, y, 0).sum() + 3 * y[k + np.arange(2)].sum()

    np.testing.assert_array_equal(nk.jit(nk.grad(instead))(y, 2), [1, 1, 3, 3, 0])


@pytest.mark.parametrize(
    "ufunc", [np.multiply, np.maximum, np.minimum, np.logaddexp, np.lcm, np.bitwise_xor]
)
@pytest.mark.parametrize("shape, key", [((5,), 1), ((4, 3), 1), ((4, 3), 2)])
def test_ufunc_at_by_traced_indices(ufunc, shape, key):
    whole = ufunc in (np.lcm, np.bitwise_xor)
    for n in (0, 1, 2, 11):
        index = tuple(RNG.integers(-s, s, n) for s in shape[:key])
        a, b = RNG.integers(1, 9, shape), RNG.integers(1, 9, (n, *shape[key:]))
        a, b = (a, b) if whole else (a / 7 - 0.5, b / 5 - 1)

        def f(a, b, *index):
            u = a.copy()
            ufunc.at(u, index, b)
            return u

        got, wanted = nk.jit(f)(a, b, *index), f(a, b, *index)
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=1e-13)
        if not whole and n:
            traced = lambda a, b: nk.jit(f)(a, b, *index)  # noqa: B023, E731
            nk.check_grads(traced, (a + RNG.normal(size=a.shape), b), order=1)


def test_ufunc_at_by_traced_indices_out_of_range_and_without_a_rule():
    def f(ufunc):
        def call(a, i):
            u = a.copy()
            ufunc.at(u, i, 2.0)
            return u

        return nk.jit(call)

    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        f(np.maximum)(np.ones(3), np.array([0, 5]))
    with pytest.raises(AbstractValueError, match=r"use np.add.at, np.multiply.at or np.maximum.at"):
        f(np.divide)(np.ones(3), np.array([0, 1]))

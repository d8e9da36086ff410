"""In-place writes, views and aliasing of traced arrays, as NumPy does them."""

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import TraceError

X = np.random.default_rng(3).normal(size=(4, 5))


def view_then_write(x):
    y = x.copy()
    row = y[1]
    row[2:] = 7.0
    y[0] += row
    return y


def write_then_read_view(x):
    y = x.copy()
    v = y[:, 1]
    y[2, 1] = 5.0
    return v * 2


def through_reshape(x):
    y = x.copy()
    y.ravel()[3] = 9.0
    y.reshape(5, 4)[0] *= 2.0
    y.T[0] = -1.0
    return y


def by_arrays(x):
    y = x.copy()
    y[[0, 2]] = y[[2, 0]]
    y[[1, 1, 3], [0, 0, 4]] = np.array([1.0, 2.0, 3.0])
    return y


def by_mask(x):
    y = x.copy()
    y[y > 0] = 0.5
    y[np.array([True, False, False, True])] *= 3.0
    return y


def in_place_operators(x):
    y = x.copy()
    z = y
    y += 1
    y *= x
    z -= 2
    y **= 2
    return y + z


def by_out(x):
    y = x.copy()
    np.add(y, 1.0, out=y)
    np.multiply(y, x, y)
    return y


@pytest.mark.parametrize(
    "f",
    [
        view_then_write,
        write_then_read_view,
        through_reshape,
        by_arrays,
        by_mask,
        in_place_operators,
        by_out,
    ],
    ids=lambda f: f.__name__,
)
def test_same_as_numpy(f):
    wanted = f(X.copy())
    np.testing.assert_allclose(nk.jit(f)(X), wanted, rtol=1e-13)
    nk.check_grads(f, (X,), order=2)


def test_arguments_are_not_edited():
    x = X.copy()

    def f(t):
        t += 1
        t[0] = 0
        return t.sum()

    nk.grad(f)(x)
    nk.jit(f)(x)
    np.testing.assert_array_equal(x, X)


def test_write_in_loop_is_in_place():
    """A ring buffer in the carry: the cost does not grow with the size of the buffer."""

    def f(carry, x):
        ring, i = carry
        old = ring[i]
        ring[i] = x
        return (ring, (i + 1) % 5), old

    (ring, i), old = nk.scan(f, (np.zeros((5, 2)), 0), np.arange(16.0).reshape(8, 2))
    np.testing.assert_array_equal(
        old, np.concatenate([np.zeros((5, 2)), np.arange(6.0).reshape(3, 2)])
    )
    assert i == 3


def test_what_a_carry_is_between_two_writes():
    """The carry is updated in place; the value between the writes is recorded, and the one before."""

    def between(c, x):
        first = c.copy()
        first[3] = x[0]
        second = first.copy()
        second[0] = x[1]
        return second, first

    def around(c, x):
        return between(c, x)[0], c

    def other(c, x):
        a, b = c
        return (np.tanh(b * x), b + x), a

    xs = np.random.default_rng(8).normal(size=(4, 6))
    for body, carry in (
        (between, np.zeros(6)),
        (around, np.zeros(6)),
        (other, (np.zeros(6), np.ones(6))),
    ):
        last, ys = nk.scan(body, carry, xs)
        for x, y in zip(xs, ys):
            carry, wanted = body(carry, x)
            np.testing.assert_allclose(y, wanted, rtol=1e-14)
        for a, b in zip(nk.tree.leaves(last), nk.tree.leaves(carry)):
            np.testing.assert_allclose(a, b, rtol=1e-14)


def test_bad_writes():
    with pytest.raises(ValueError, match="could not broadcast"):
        nk.jit(lambda t: t.__setitem__(0, np.ones(3)))(X)
    with pytest.raises(IndexError):
        nk.jit(lambda t: t.__setitem__(9, 0.0))(X)
    with pytest.raises(TypeError, match="same_kind"):
        nk.jit(lambda t: t.__iadd__(0.5))(np.arange(3))


def swap(x):
    x = x.copy()
    t = x[0, 0]
    x[0, 0] = x[1, 1]
    x[1, 1] = t
    x[2, 0], x[2, 1] = x[2, 1], x[2, 0]
    return x


def scalars_do_not_change(x):
    y = x.copy()
    total = y.sum()
    kept = total
    total += 1
    first = y[0, 0]
    first += 5
    for v in y[1]:
        v += 1
    return y * kept + total * first


def copies_where_numpy_copies(x):
    y = x.copy()
    flat = y.T.reshape(-1)
    flat[0:2] = 9
    part = y[:, ::2].ravel()
    part[0] = 7
    y[3, 0] = 50
    return y * flat[3] + part[1] + part[-1]


def read_only_views(x):
    y = x.copy()
    d, b = np.diagonal(y), np.broadcast_to(y[0], (3, 5))
    y[0, 0] = 4
    return d.sum() * b


@pytest.mark.parametrize(
    "f",
    [swap, scalars_do_not_change, copies_where_numpy_copies, read_only_views],
    ids=lambda f: f.__name__,
)
def test_scalars_and_copies(f):
    np.testing.assert_allclose(nk.jit(f)(X), f(X.copy()), rtol=1e-13)
    np.testing.assert_allclose(
        nk.scan(lambda c, x: (c, f(x)), 0.0, X[None])[1][0], f(X.copy()), rtol=1e-13
    )
    nk.check_grads(f, (X,), order=1)


def test_delay_line():
    def body(h, x):
        h[1:] = h[:-1]
        h[0] = x
        return h, h.sum()

    h, ys = nk.scan(body, np.zeros(3), np.arange(4.0))
    np.testing.assert_array_equal(ys, [0, 1, 3, 6])
    np.testing.assert_array_equal(h, [3, 2, 1])


def test_outer_array_written_in_a_body():
    def f(x):
        y = x.copy()

        def body(c, i):
            y[0] = c
            return c + 1.0, c

        nk.scan(body, 0.0, length=3)
        return y.sum()

    for g in (nk.jit(f), nk.grad(f)):
        with pytest.raises(TypeError, match="carry"):
            g(X)


@pytest.mark.parametrize("key", [slice(None), slice(None, None, -1), slice(0, 3)])
def test_views_of_views_thousands_deep(key):
    """Reading, writing through all of them and the derivative, without recursion."""

    def f(x):
        x = x * 1.0
        y = x
        for _ in range(20_000):
            y = y[key]
        y[0] = y[0] * 7.0
        x[1] = x[1] * 3.0
        return np.stack([np.sum(x), y[1]])

    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(nk.jit(f)(x), f(x))
    np.testing.assert_allclose(nk.grad(lambda x: f(x)[0])(x), [7.0, 3.0, 1.0])


def test_views_of_complex_numbers_as_pairs():
    x = np.arange(1.0, 9.0).reshape(2, 4)

    def forth(x):
        z = x + 1j * x**2
        pairs = z.view(np.float64)
        pairs[:, 1] = 3.0
        pairs *= x[0, 1]
        return np.sum(np.abs(z) ** 2) + np.sum(pairs[:, ::3])

    def back(x):
        x = x * 1.0
        z = x.view(np.complex128)
        z *= 1j
        z[0] += x[1, 0]
        return np.sum(x**3)

    for f in (forth, back):
        assert nk.jit(f)(x) == pytest.approx(f(x), rel=1e-14)
        nk.check_grads(f, (x,))
    single = nk.jit(lambda x: x.astype(np.complex64).view("f"))(x)
    np.testing.assert_array_equal(single, x.astype(np.complex64).view("f"))
    np.testing.assert_array_equal(nk.jit(lambda x: x.view() + x.view(np.ndarray))(x), 2 * x)
    for f in (lambda x: x.T.view(complex), lambda x: x[:, :3].copy().view(complex)):
        for call in (f, nk.jit(f)):
            with pytest.raises(ValueError, match="axis"):
                call(x)
    with pytest.raises(TraceError, match="astype"):
        nk.jit(lambda x: x.view(np.int64))(x)

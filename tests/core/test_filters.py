"""The recursive filter: the kernel against its twin, SciPy in longer arithmetic, and its derivatives."""

import numpy as np
import pytest
from kernel_tools import call, layouts, same_at_any_threads
from scipy import signal

import neurokit as nk
from neurokit.core.primitives.filtering import FILTER

RNG = np.random.default_rng(8)
lfilter, sosfilt = nk.scipy.signal.lfilter, nk.scipy.signal.sosfilt


def operands(dtype, lines, n_time, columns, n_b, n_a, q, batch=()):
    """A stable filter: the coefficients of a sum to less than 1."""

    def draw(*shape):
        x = RNG.normal(size=batch + shape)
        return (x + 1j * RNG.normal(size=x.shape) if np.dtype(dtype).kind == "c" else x).astype(
            dtype
        )

    a = draw(n_a) / (2 * n_a + 1)
    return draw(lines, n_time, columns), draw(n_b), a, draw(lines, q, columns)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1, 1, 0, 0), (2, 40, 1, 3, 2, 2), (1, 1100, 2, 2, 5, 4), (2, 37, 150, 4, 3, 7)],
    ids=repr,
)
@pytest.mark.parametrize("reverse", [0, 1])
def test_against_the_twin(dtype, shape, reverse):
    x, b, a, z = operands(dtype, *shape, batch=(2,))
    for laid in layouts(x):
        got = same_at_any_threads("filter", x.shape, x.dtype, laid, b, a, z, ip=(reverse,))
        wanted = FILTER.twin((reverse,), laid, b, a, z)
        tolerance = 200 * np.finfo(x.dtype).eps
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("order", [1, 2, 3, 9, 20, 40])
def test_orders_and_long_coefficients(order):
    b, a = RNG.normal(size=order + 30), np.append(2.0, RNG.normal(size=order) / order)
    x = RNG.normal(size=(3, 700))
    f = nk.jit(lambda x: lfilter(b, a, x))
    np.testing.assert_allclose(f(x), signal.lfilter(b, a, x), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(
        nk.jit(lambda x: lfilter(b, [2.0], x))(x), signal.lfilter(b, [2.0], x), atol=1e-12
    )


@pytest.mark.parametrize("corner", [0.01, 0.1, 0.4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_errors_are_like_those_of_scipy(dtype, corner):
    """Against sums in long double; poles close to the circle enlarge the roundings of both."""
    b, a = (v.astype(dtype) for v in signal.butter(4, corner))
    x = RNG.normal(size=3000).astype(dtype)
    exact = np.zeros(x.size, np.longdouble)
    long_b, long_a = b.astype(np.longdouble), a.astype(np.longdouble)
    for t in range(x.size):
        k = min(t + 1, b.size)
        exact[t] = long_b[:k] @ x[t - np.arange(k)] - long_a[1:k] @ exact[t - np.arange(1, k)]
    error = lambda y: np.abs(y - exact).max()  # noqa: E731
    assert error(nk.jit(lambda x: lfilter(b, a, x))(x)) < 8 * error(signal.lfilter(b, a, x))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_does_not_reach_back(value):
    x = RNG.normal(size=1500)
    x[701] = value
    b, a = signal.butter(3, 0.2)
    got = nk.jit(lambda x: lfilter(b, a, x))(x)
    with np.errstate(invalid="ignore"):
        wanted = signal.lfilter(b, a, x)
    np.testing.assert_allclose(got[:701], wanted[:701], rtol=1e-9, atol=1e-12)
    assert not np.isfinite(got[701:]).any()


def test_state_of_short_pieces_goes_on():
    """A signal in pieces, some shorter than the order, gives the signal filtered at once."""
    b, a = signal.butter(4, 0.3)
    sos = signal.butter(4, 0.3, output="sos")
    x = RNG.normal(size=(2, 20))
    for axis, f, start in (
        (1, lambda v, z: lfilter(b, a, v, zi=z), np.zeros((2, 4))),
        (1, lambda v, z: sosfilt(sos, v, zi=z), np.zeros((2, 2, 2))),
    ):
        step, state, pieces = nk.jit(f), start, []
        for low, high in ((0, 1), (1, 3), (3, 4), (4, 20)):
            y, state = step(x[:, low:high], state)
            pieces.append(y)
        np.testing.assert_allclose(
            np.concatenate(pieces, axis), signal.lfilter(b, a, x), rtol=1e-9, atol=1e-12
        )


def test_derivatives_to_order_two():
    b, a, x, z = RNG.normal(size=3), np.array([1.5, 0.3, -0.2, 0.1]), RNG.normal(size=(2, 7)), None
    nk.check_grads(lambda b, a, x: lfilter(b, a, x), (b, a, x), order=2)
    z = RNG.normal(size=(2, 3))
    nk.check_grads(lambda b, a, x, z: lfilter(b, a, x, zi=z), (b, a, x, z), order=2)
    nk.check_grads(lambda a, x, z: lfilter(b, a, x[:, :2], zi=z), (a, x, z), order=2)
    nk.check_grads(lambda b, x: lfilter(b, [1.0], x, axis=0), (b, x), order=2)
    complex_b = b + 1j * RNG.normal(size=3)
    nk.check_grads(lambda x: np.abs(lfilter(complex_b, a, x)), (x,), order=1)


def test_the_transpose_is_the_adjoint():
    b, a = signal.butter(5, 0.3)
    x, y = RNG.normal(size=(2, 2, 900))
    _, pull = nk.vjp(lambda x: lfilter(b, a, x), x)
    np.testing.assert_allclose(
        np.vdot(signal.lfilter(b, a, x), y), np.vdot(x, pull(y)[0]), rtol=1e-10
    )


def test_vmap_over_signals_and_coefficients():
    bs, a = RNG.normal(size=(3, 2)), np.array([1.0, 0.4, 0.1])
    x = RNG.normal(size=(3, 2, 50))
    got = nk.vmap(lambda b, x: lfilter(b, a, x))(bs, x)
    wanted = [signal.lfilter(b, a, row) for b, row in zip(bs, x)]
    np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)
    many = nk.vmap(lambda b: lfilter(b, a, x[0], axis=0))(bs)
    np.testing.assert_allclose(
        many, [signal.lfilter(b, a, x[0], axis=0) for b in bs], rtol=1e-11, atol=1e-12
    )
    grads = nk.vmap(nk.grad(lambda b, x: np.sum(lfilter(b, a, x) ** 2)))(bs, x)
    one = nk.grad(lambda b, x: np.sum(lfilter(b, a, x) ** 2))(bs[1], x[1])
    np.testing.assert_allclose(grads[1], one, rtol=1e-11)


def test_operands_that_do_not_fit():
    x, b, a, z = operands("f8", 2, 5, 3, 2, 2, 1)
    with pytest.raises(TypeError, match="filter: all operands must be float64, got float32"):
        call("filter", x.shape, x.dtype, x, b.astype("f4"), a, z, ip=(0,))
    with pytest.raises(ValueError, match="same lines and columns"):
        call("filter", x.shape, x.dtype, x, b, a, z[:1], ip=(0,))

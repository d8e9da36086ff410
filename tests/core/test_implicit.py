"""fixed_point and linear_solve: values, derivatives to order 2, batching, failure."""

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import TraceError

RNG = np.random.default_rng(31)
W = RNG.normal(size=(4, 4)) * 0.2
B = RNG.normal(size=4)
A = RNG.normal(size=(4, 4)) + 4 * np.eye(4)
S = A @ A.T


def settle(w, b):
    """Rates of a recurrent network at rest."""
    return nk.fixed_point(lambda x, w, b: {"r": np.tanh(x["r"] @ w + b)}, {"r": np.zeros(4)}, w, b)[
        "r"
    ]


def unrolled(w, b):
    x = np.zeros(4)
    for _ in range(100):
        x = np.tanh(x @ w + b)
    return x


def test_fixed_point():
    np.testing.assert_allclose(settle(W, B), unrolled(W, B), rtol=1e-12)
    np.testing.assert_allclose(nk.jit(settle)(W, B), unrolled(W, B), rtol=1e-12)
    nk.check_grads(settle, (W, B), rtol=1e-5)
    got = nk.jacobian(settle, (0, 1))(W, B)
    for g, w in zip(got, nk.jacobian(unrolled, (0, 1))(W, B)):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-11)
    closed = lambda w: nk.fixed_point(lambda x: np.tanh(x @ w + B), np.zeros(4)).sum()  # noqa: E731
    np.testing.assert_allclose(
        nk.grad(closed)(W), nk.grad(lambda w: unrolled(w, B).sum())(W), rtol=1e-9
    )
    bs = RNG.normal(size=(3, 4))
    np.testing.assert_allclose(
        nk.vmap(settle, (None, 0))(W, bs), [unrolled(W, b) for b in bs], rtol=1e-12
    )
    loss = lambda b: (settle(W, b) ** 2).sum()  # noqa: E731
    wanted = [nk.grad(lambda b: (unrolled(W, b) ** 2).sum())(b) for b in bs]
    np.testing.assert_allclose(nk.vmap(nk.grad(loss))(bs), wanted, rtol=1e-9)
    np.testing.assert_allclose(nk.grad(lambda bs: nk.vmap(loss)(bs).sum())(bs), wanted, rtol=1e-9)
    _, ys = nk.scan(lambda c, b: (c, loss(b)), 0.0, bs)
    np.testing.assert_allclose(ys, [loss(b) for b in bs], rtol=1e-12)
    gradient = nk.grad(lambda bs: nk.scan(lambda c, b: (c + loss(b), None), 0.0, bs)[0])(bs)
    np.testing.assert_allclose(gradient, wanted, rtol=1e-9)
    x = nk.fixed_point(lambda x: np.cos(x), np.float32(1))
    assert x.dtype == np.float32 and abs(x - np.cos(x)) < 2e-5
    assert nk.grad(lambda x: nk.fixed_point(lambda y: np.cos(y), x))(1.0) == 0


def by_fixed_point(a):
    return nk.fixed_point(lambda x: 0.1 * np.tanh(W.T @ (B[:4] - W @ x)) * a, np.zeros(4)).sum()


def by_linear_solve(a):
    return nk.linear_solve(lambda v: S.T @ v + a * v, B[:4], "cg").sum()


def by_both(a):
    """Newton's method, each step of which is a linear solve."""

    def step(x):
        slope = 1 + a * np.cos(x) ** 2
        return x - nk.linear_solve(
            lambda v: S.T @ v + slope * v, S.T @ x + a * np.sin(x) - B[:4], "cg"
        )

    return nk.fixed_point(step, np.zeros(4)).sum()


@pytest.mark.parametrize("f", [by_fixed_point, by_linear_solve, by_both])
def test_plain_arrays_made_on_the_way(f):
    """`W.T` and `B[:4]` are another array each time the function runs."""
    slope = (f(1.3 + 1e-5) - f(1.3 - 1e-5)) / 2e-5
    assert nk.grad(f)(1.3) == pytest.approx(slope, rel=1e-6)
    assert nk.vjp(f, 1.3)[1](1.0)[0] == nk.jit(nk.grad(f))(1.3) == nk.grad(f)(1.3)
    assert nk.sweep(nk.grad(f), np.array([1.3]))[0] == nk.grad(f)(1.3)
    nk.check_grads(f, (1.3,), rtol=1e-5)


def test_large_values_are_no_failure():
    half = np.full(10, 1e38, np.float32)  # the sum of the ten has no float32
    np.testing.assert_allclose(nk.fixed_point(lambda x: x / 2 + half, half), 2 * half, rtol=1e-4)


def test_fixed_point_failures():
    assert np.isnan(nk.fixed_point(lambda x: 2 * x + 1, 1.0))
    assert np.isnan(nk.fixed_point(np.cos, 1.0, max_steps=3))
    with pytest.raises(TypeError, match="float"):
        nk.fixed_point(lambda x: x, 1)
    with pytest.raises(ValueError, match="shape"):
        nk.fixed_point(lambda x: np.stack([x, x]), 1.0)


@pytest.mark.parametrize("solver", ["bicgstab", "cg", lambda f, b: by_newton(f, b)])
def test_linear_solve(solver):
    matrix = S if solver == "cg" else A

    def solve(a, b):
        a = (a + a.T) / 2 if solver == "cg" else a
        return nk.linear_solve(lambda x: a @ x, b, solver)

    np.testing.assert_allclose(solve(matrix, B), np.linalg.solve(matrix, B), rtol=1e-9)
    nk.check_grads(solve, (matrix, B), rtol=1e-5)
    bs = RNG.normal(size=(3, 4))
    np.testing.assert_allclose(
        nk.vmap(solve, (None, 0))(matrix, bs), np.linalg.solve(matrix, bs.T).T, rtol=1e-9
    )
    np.testing.assert_array_equal(solve(matrix, B * 0), B * 0)


def by_newton(f, b):
    """A dense solver of the user's: columns of the matrix, then elimination by hand."""
    (right,) = b
    n = right.shape[0]
    columns = nk.vmap(lambda e: f([e])[0])(np.eye(n))
    rows = np.concatenate([columns.T, right[:, None]], 1)
    for i in range(n):
        pivot = rows[i] / rows[i, i]
        rows = rows - (rows[:, i : i + 1] * pivot) * (np.arange(n) != i)[:, None]
        rows = np.concatenate([rows[:i], pivot[None], rows[i + 1 :]])
    return [rows[:, -1]]


def test_linear_solve_errors_and_containers():
    b = {"u": B, "v": 2.0}
    x = nk.linear_solve(lambda x: {"u": A @ x["u"], "v": 4.0 * x["v"]}, b)
    np.testing.assert_allclose(x["u"], np.linalg.solve(A, B), rtol=1e-9)
    assert x["v"] == pytest.approx(0.5)
    assert np.isnan(nk.linear_solve(lambda x: 0 * x, B)).all()
    with pytest.raises(ValueError, match="bicgstab.*cg"):
        nk.linear_solve(lambda x: x, B, "lu")
    with pytest.raises(TypeError, match="structure"):
        nk.linear_solve(lambda x: (x, x), B)
    assert nk.linear_solve(lambda x: x, []) == [] and nk.fixed_point(lambda x: x, {}) == {}


def test_linear_solve_keeps_no_writes_to_models():
    class Counter:
        n = 0.0

    counter = Counter()
    counter.n = nk.state(np.zeros(2))

    def matvec(x):
        counter.n = counter.n + x
        return 2.0 * x

    with pytest.raises(TraceError, match="wrote a traced value .* Counter.n"):
        nk.linear_solve(matvec, np.ones(2))
    np.testing.assert_array_equal(counter.n, [0.0, 0.0])

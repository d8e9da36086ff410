"""Pullbacks of vjp: in any other transform, with arguments as they were, and at equal cost each time."""

import numpy as np
import pytest

import neurokit as nk

RNG = np.random.default_rng(31)
A, B, X = RNG.normal(size=(4, 3)), RNG.normal(size=4), RNG.normal(size=3)


def f(x):
    return np.tanh(A @ x + B)


JACOBIAN = (1 - f(X) ** 2)[:, None] * A


def test_inside_other_transforms():
    y, pullback = nk.vjp(f, X)
    np.testing.assert_allclose(y, f(X))
    np.testing.assert_allclose(nk.vmap(pullback)(np.eye(4))[0], JACOBIAN, rtol=1e-13)
    np.testing.assert_allclose(nk.jit(pullback)(B)[0], B @ JACOBIAN, rtol=1e-13)
    np.testing.assert_allclose(nk.jit(nk.vmap(pullback))(np.eye(4))[0], JACOBIAN, rtol=1e-13)
    g = nk.grad(lambda ct: np.sum(pullback(ct)[0] ** 2))(B)
    np.testing.assert_allclose(g, 2 * JACOBIAN @ (B @ JACOBIAN), rtol=1e-12)
    _, rows = nk.scan(lambda c, ct: (c, pullback(ct)[0]), 0.0, np.eye(4))
    np.testing.assert_allclose(rows, JACOBIAN, rtol=1e-13)


def test_made_inside_a_trace_and_used_further_in():
    def g(c):
        _, pullback = nk.vjp(f, X * c)
        return np.sum(nk.vmap(pullback)(np.eye(4))[0] ** 2)

    nk.check_grads(g, (1.3,))
    np.testing.assert_allclose(nk.jit(g)(1.0), np.sum(JACOBIAN**2), rtol=1e-12)


def test_equal_arguments_keep_their_own_derivatives():
    _, pullback = nk.vjp(lambda a, b: a * b**2, X, X)
    for run in (pullback, nk.jit(pullback)):
        a, b = run(np.ones(3))
        np.testing.assert_allclose([a, b], [X**2, 2 * X**2])


def test_random_numbers_are_those_of_the_value():
    rng = nk.Rng(3)
    y, pullback = nk.vjp(lambda x: x * rng.normal(3), np.ones(3))
    for run in (pullback, nk.jit(pullback)):
        np.testing.assert_array_equal(run(np.ones(3))[0], y)


def test_an_edited_argument_does_not_count_and_an_edited_capture_is_an_error():
    x = np.arange(3.0)
    _, pullback = nk.vjp(lambda x: np.sum(x**3), x)
    x[:] = 10.0
    np.testing.assert_allclose(pullback(1.0)[0], [0, 3, 12])
    w = np.eye(3)
    _, pullback = nk.vjp(lambda x: w @ x, X)
    w[:] = 5.0
    for run in (pullback, nk.jit(pullback)):
        with pytest.raises(RuntimeError, match="edited"):
            run(np.ones(3))


def test_calls_leave_nothing_behind():
    import gc
    import weakref

    _, pullback = nk.vjp(f, X)
    ct = RNG.normal(size=4)
    seen = weakref.ref(ct)
    pullback(ct)
    del ct
    gc.collect()
    assert seen() is None

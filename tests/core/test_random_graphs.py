"""Random programs of 5 to 40 operations: eager NumPy, lazy, jit, in a loop, by the twins, on 1 to 3 threads."""

import os
import subprocess
import sys

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.run.runtime import run_options

UNARY = [
    np.tanh,
    np.sin,
    np.negative,
    np.abs,
    np.square,
    np.exp,
    lambda x: np.sqrt(np.abs(x) + 0.1),
    lambda x: np.log1p(np.abs(x)),
    lambda x: x * 0.5 - 1.0,
    lambda x: np.clip(x, -2, 2),
    lambda x: x**3,
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.maximum,
    np.minimum,
    lambda a, b: a / (1.5 + np.abs(b)),
    lambda a, b: np.where(a > b, a, 0.3 * b),
    np.hypot,
    lambda a, b: np.arctan2(a, b + 3.0),
]
SHAPED = [
    lambda x: x.sum(0),
    lambda x: x.T,
    lambda x: x[::-1],
    lambda x: x.mean(-1, keepdims=True) + x * 0,
    lambda x: np.cumsum(x, 0),
    lambda x: x.reshape(-1)[: x.size],
    lambda x: np.concatenate([x, x * 2]),
    lambda x: x.max(0),
    lambda x: np.stack([x, -x]),
    lambda x: x[1:] if x.shape[0] > 1 else x,
    lambda x: np.roll(x, 1),
    lambda x: x @ x.T if x.ndim == 2 else x * 2,
    lambda x: x[[0, -1]],
]


def program(seed):
    """A function of two (3, 4) arrays, and its number of operations."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 41))
    steps = []
    for _ in range(n):
        kind = rng.choice(["unary", "binary", "shaped"], p=[0.4, 0.4, 0.2])
        table = {"unary": UNARY, "binary": BINARY, "shaped": SHAPED}[kind]
        steps.append(
            (kind, table[rng.integers(len(table))], float(rng.random()), float(rng.random()))
        )

    def f(a, b):
        values = [a, b]
        for kind, op, i, j in steps:
            x = values[int(i * len(values))]
            if kind == "binary":
                y = values[int(j * len(values))]
                try:
                    np.broadcast_shapes(x.shape, y.shape)
                except ValueError:
                    y = y.sum()
                z = op(x, y)
            elif kind == "shaped":
                z = op(x) if x.ndim and x.shape[0] else x * 2
            else:
                z = op(x)
            values.append(np.tanh(z) if z.size < 500 else np.tanh(z.sum()))
        return sum(v.sum() * (k % 3 + 1) for k, v in enumerate(values[-6:]))

    return f


def inputs(seed, dtype=np.float64):
    rng = np.random.default_rng(seed + 10_000)
    return rng.normal(size=(3, 4)).astype(dtype), rng.normal(size=(3, 4)).astype(dtype)


@pytest.mark.parametrize("seed", range(60))
def test_all_ways_agree(seed):
    f, (a, b) = program(seed), inputs(seed)
    wanted = f(a, b)
    np.testing.assert_allclose(nk.jit(f)(a, b), wanted, rtol=1e-10)
    value, grads = nk.value_and_grad(f, (0, 1))(a, b)
    np.testing.assert_allclose(value, wanted, rtol=1e-10)
    jitted = nk.jit(nk.value_and_grad(f, (0, 1)))(a, b)
    assert jitted[0] == value
    for g, h in zip(grads, jitted[1]):
        assert g.tobytes() == h.tobytes()
    run_options.reference = True
    try:
        slow = nk.value_and_grad(f, (0, 1))(a, b)
    finally:
        run_options.reference = False
    for g, h in zip(grads, slow[1]):
        np.testing.assert_allclose(g, h, rtol=1e-8, atol=1e-9)
    for threads in (1, 2, 3):
        with nk.options(threads=threads):
            assert nk.value_and_grad(f, (0, 1))(a, b)[1][0].tobytes() == grads[0].tobytes()
    _, ys = nk.scan(lambda c, x: (c, f(a, x)), 0.0, np.stack([b, a]))
    np.testing.assert_allclose(ys, [wanted, f(a, a)], rtol=1e-10)


@pytest.mark.parametrize("seed", range(60, 80))
def test_gradients_are_right(seed):
    f, (a, b) = program(seed), inputs(seed)
    direction = np.random.default_rng(seed).normal(size=(3, 4))
    grads = nk.grad(f)(a, b)
    _, tangent = nk.jvp(lambda x: f(x, b), (a,), (direction,))
    np.testing.assert_allclose((grads * direction).sum(), tangent, rtol=1e-9, atol=1e-11)
    h = 1e-6
    difference = (f(a + h * direction, b) - f(a - h * direction, b)) / (2 * h)
    np.testing.assert_allclose(tangent, difference, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", range(80, 90))
def test_float32_stays_float32(seed):
    f, (a, b) = program(seed), inputs(seed, np.float32)
    value, grads = nk.value_and_grad(f, (0, 1))(a, b)
    assert value.dtype == np.float32 and grads[0].dtype == np.float32
    np.testing.assert_allclose(value, f(*inputs(seed)), rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("seed", range(90, 115))
def test_batched_and_unfused(seed):
    f, pairs = program(seed), [inputs(seed + k) for k in range(3)]
    a, b = (np.stack([p[i] for p in pairs]) for i in (0, 1))
    wanted = [f(*p) for p in pairs]
    np.testing.assert_allclose(nk.vmap(f)(a, b), wanted, rtol=1e-10)
    np.testing.assert_allclose(nk.vmap(f, (0, None))(a, b[0]), [f(x, b[0]) for x in a], rtol=1e-10)
    np.testing.assert_allclose(
        nk.vmap(f, (None, 1))(a[0], b.swapaxes(0, 1)), [f(a[0], y) for y in b], 1e-10
    )
    one = [nk.grad(f, (0, 1))(*p) for p in pairs]
    inside = nk.vmap(nk.grad(f, (0, 1)))(a, b)
    outside = nk.grad(lambda a, b: nk.vmap(f)(a, b).sum(), (0, 1))(a, b)
    for i in (0, 1):
        stacked = np.stack([g[i] for g in one])
        scale = 1e-9 * max(1.0, np.abs(stacked).max())
        np.testing.assert_allclose(inside[i], stacked, rtol=1e-8, atol=scale)
        np.testing.assert_allclose(outside[i], stacked, rtol=1e-8, atol=scale)
    run_options.unfused = True
    try:
        plain = nk.value_and_grad(f, (0, 1))(*pairs[0])
    finally:
        run_options.unfused = False
    np.testing.assert_allclose(plain[0], wanted[0], rtol=1e-10)
    for g, h in zip(plain[1], one[0]):
        np.testing.assert_allclose(g, h, rtol=1e-8, atol=1e-9 * max(1.0, np.abs(h).max()))


@pytest.mark.parametrize("seed", range(115, 135))
def test_adjoint_identity_and_second_order(seed):
    f, (a, b) = program(seed), inputs(seed)
    v, w = np.random.default_rng(seed).normal(size=(2, 3, 4))
    g = lambda x: nk.grad(f)(x, b)  # noqa: E731
    _, forward = nk.jvp(g, (a,), (v,))  # jvp of vjp
    out, pull = nk.vjp(g, a)
    (back,) = pull(w)  # vjp of vjp
    slope = lambda x: nk.jvp(lambda x: f(x, b), (x,), (v,))[1]  # noqa: E731
    other = nk.grad(slope)(a)  # vjp of jvp
    scale = max(1.0, np.abs(forward).max(), np.abs(back).max())
    np.testing.assert_allclose((forward * w).sum(), (v * back).sum(), rtol=1e-7, atol=1e-7 * scale)
    np.testing.assert_allclose(other, forward, rtol=1e-7, atol=1e-7 * scale)
    np.testing.assert_allclose(out, nk.grad(f)(a, b), rtol=1e-12)


SCRIPT = """
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np, neurokit as nk
from test_random_graphs import program, inputs
for seed in range(20):
    f, (a, b) = program(seed), inputs(seed)
    np.testing.assert_allclose(nk.jit(f)(a, b), f(a, b), rtol=1e-9)
    nk.grad(f)(a, b)
"""


@pytest.mark.parametrize("level", nk._core.info()["levels"])
def test_every_cpu_level(level):
    env = dict(os.environ, NEUROKIT_CPU=level)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, os.path.dirname(__file__)],
        env=env,
        capture_output=True,
        text=True,
    )
    if "cannot run" in done.stderr:
        pytest.skip(f"this CPU has no level {level}")
    assert done.returncode == 0, done.stderr

"""Transforms and loops inside one another, against plain Python loops and branches."""

import numpy as np
import pytest

import neurokit as nk

W = np.random.default_rng(17).normal(size=(3, 3)) * 0.4


def base(x):
    return np.tanh(x @ W) + 0.3 * np.sin(x)


def scan(f):
    def traced(x):
        c, ys = nk.scan(lambda c, u: (0.5 * c + f(c) * u, c), x, np.array([0.5, 1.0, -0.7]))
        return c + ys[1]

    def plain(x):
        c, ys = x, []
        for u in (0.5, 1.0, -0.7):
            ys.append(c)
            c = 0.5 * c + f(c) * u
        return c + ys[1]

    return traced, plain


def cond(f):
    other = lambda x: 0.5 * x * f(x)  # noqa: E731
    return (
        lambda x: nk.cond(x.sum() > 0.1, f, other, x),
        lambda x: f(x) if x.sum() > 0.1 else other(x),
    )


def while_loop(f):
    def step(c):
        return c[0] + 1.0 + 0.1 * np.sum(c[1] ** 2), 0.5 * c[1] + f(c[1])

    def plain(x):
        c = 0.0 * x[0], x
        while c[0] < 3.0:
            c = step(c)
        return c[1] * c[0]

    def traced(x):
        t, v = nk.while_loop(lambda c: c[0] < 3.0, step, (0.0 * x[0], x))
        return v * t

    return traced, plain


def fori_loop(f):
    def plain(x):
        for i in range(1, 4):
            x = 0.5 * f(x) * i + x
        return x

    return lambda x: nk.fori_loop(1, 4, lambda i, c: 0.5 * f(c) * i + c, x), plain


def vmap(f):
    return (
        lambda x: nk.vmap(f)(np.stack([x, 0.5 * x])).sum(0),
        lambda x: f(x) + f(0.5 * x),
    )


def switch(f):
    g = [np.cos, f, lambda x: f(x) ** 2]
    return (
        lambda x: nk.switch((x[0] > 0).astype(np.int64) + 1, g, x),
        lambda x: g[2](x) if x[0] > 0 else g[1](x),
    )


def same(transform):
    return lambda f: (transform(f), f)


def grad(f):
    g = lambda x: nk.grad(lambda x: np.sum(f(x) ** 2))(x)  # noqa: E731
    return g, g


def jvp(f):
    g = lambda x: nk.jvp(f, (x,), (np.ones(3),))[1]  # noqa: E731
    return g, g


def jacobian(f):
    g = lambda x: nk.jacobian(f)(x).sum(0)  # noqa: E731
    return g, g


WAYS = [
    scan,
    cond,
    while_loop,
    fori_loop,
    vmap,
    switch,
    same(nk.checkpoint),
    same(nk.jit),
    grad,
    jvp,
    jacobian,
]


def compose(seed, depth):
    """(traced, plain): the same function by transforms and loops of neurokit, and in Python."""
    rng = np.random.default_rng(seed)
    traced = plain = base
    n_derivatives = 0
    for _ in range(depth):
        way = WAYS[rng.integers(len(WAYS))]
        if way in (grad, jvp, jacobian):
            n_derivatives += 1
            if n_derivatives > 1:
                way = scan
        traced, plain = way(traced)[0], way(plain)[1]
    return traced, plain


@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize("seed", range(25))
def test_compositions(seed, depth):
    traced, plain = compose(1000 * depth + seed, depth)
    x = np.random.default_rng(seed).normal(size=3) * 0.6
    wanted = plain(x)
    np.testing.assert_allclose(traced(x), wanted, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(nk.jit(traced)(x), wanted, rtol=1e-9, atol=1e-11)
    loss = lambda f: lambda x: np.sum(np.sin(f(x)))  # noqa: E731
    slope = nk.grad(loss(plain))(x)
    np.testing.assert_allclose(nk.grad(loss(traced))(x), slope, rtol=1e-7, atol=1e-9)
    xs = np.stack([x, -x, 0.3 * x])
    np.testing.assert_allclose(nk.vmap(traced)(xs), [plain(v) for v in xs], rtol=1e-8, atol=1e-10)
    _, along = nk.jvp(loss(traced), (x,), (x,))
    np.testing.assert_allclose(along, slope @ x, rtol=1e-7, atol=1e-9)


class Unit:
    def __init__(self, w):
        self.w, self.rng = nk.param(w), nk.Rng(3)
        self.n = nk.state(np.zeros(()))

    def __call__(self, x):
        self.n = self.n + 1.0
        return np.tanh(x @ self.w)


class Pair:
    def __init__(self):
        self.first = Unit(W)
        self.second = self.first  # shared
        self.whole = self  # a cycle
        self.layers = [Unit(W * 2), {"last": Unit(W * 3)}]

    def __call__(self, x):
        for unit in (self.first, self.second, self.layers[0], self.layers[1]["last"]):
            x = unit(x)
        return x


def test_models_in_transforms():
    x = np.array([0.3, -0.2, 0.5])
    model = Pair()
    loss = lambda m, x: np.sum(m(x) ** 2)  # noqa: E731
    gradient = nk.grad(loss)(model, x)
    assert len(gradient) == 3 and model.first.n == 2 and model.layers[0].n == 1
    h = 1e-6
    shared = Pair()
    shared.first.w[0, 1] += h
    up = loss(shared, x)
    shared.first.w[0, 1] -= 2 * h
    name = next(k for k in gradient if k.startswith("first"))
    np.testing.assert_allclose(gradient[name][0, 1], (up - loss(shared, x)) / (2 * h), rtol=1e-6)
    jitted = nk.jit(nk.value_and_grad(loss))(model, x)
    for a, b in zip(nk.tree.leaves(jitted[1]), nk.tree.leaves(gradient)):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(
        nk.vmap(lambda m, x: loss(m, x), (None, 0))(model, np.stack([x, 2 * x])),
        [loss(model, x), loss(model, 2 * x)],
    )
    each = nk.vmap(nk.grad(loss), (None, 0))(model, np.stack([x, 2 * x]))
    np.testing.assert_allclose(each[name][0], gradient[name], rtol=1e-12)
    count = float(model.first.n)
    kept = lambda m, x: np.sum(nk.checkpoint(lambda m, x: m(x))(m, x) ** 2)  # noqa: E731
    for a, b in zip(nk.tree.leaves(nk.grad(kept)(model, x)), nk.tree.leaves(gradient)):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert model.first.n == count + 2
    branch = lambda m, x: nk.cond(x[0] > 0, lambda m, x: loss(m, x), lambda m, x: 0.0, m, x)  # noqa: E731
    for a, b in zip(nk.tree.leaves(nk.grad(branch)(model, x)), nk.tree.leaves(gradient)):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert model.first.n == count + 4
    nk.grad(branch)(model, -x)
    assert model.first.n == count + 4
    before = {k: v.copy() for k, v in nk.params(model).items()}

    def broken(m, x):
        m.first.w = m.first.w * 2
        raise KeyError("user")

    one, two = x, np.stack([x, x])
    for call in (
        lambda: nk.grad(broken)(model, one),
        lambda: nk.jit(broken)(model, one),
        lambda: nk.vmap(broken, (None, 0))(model, two),
        lambda: nk.grad(lambda m: nk.checkpoint(broken)(m, one))(model),
        lambda: nk.jit(lambda m, x: nk.cond(x[0] > 0, broken, broken, m, x))(model, one),
    ):
        with pytest.raises(KeyError):
            call()
        assert type(model.first.w).__name__ == "Param"
        for k, v in nk.params(model).items():
            np.testing.assert_array_equal(v, before[k])


def test_generators_everywhere():
    unit = Unit(W)
    noisy = lambda m, x: np.sum(m(x) * m.rng.normal(3))  # noqa: E731
    f = nk.jit(noisy)
    first, second = f(unit, np.ones(3)), f(unit, np.ones(3))
    assert first != second
    again = Unit(W)
    g = nk.jit(nk.value_and_grad(noisy))
    assert g(again, np.ones(3))[0] == first and g(again, np.ones(3))[0] == second
    rng = nk.Rng(1)
    passed = nk.grad(lambda x, r: np.sum(x * r.normal(3)))(np.ones(3), rng)
    np.testing.assert_array_equal(passed, nk.Rng(1).normal(3))
    rng = nk.Rng(1)
    closed = nk.grad(lambda x: nk.scan(lambda c, _: (c + x * rng.normal(), None), 0.0, length=4)[0])
    same = nk.Rng(1)
    value = nk.scan(lambda c, _: (c + same.normal(), None), 0.0, length=4)[0]
    np.testing.assert_allclose(closed(1.0), value, rtol=1e-12)
    kept = nk.checkpoint(lambda x, r: np.sin(x * r.normal(3)))
    loss = lambda x: np.sum(kept(x, nk.Rng(5)) ** 2)  # noqa: E731
    plain = lambda x: np.sum(np.sin(x * nk.Rng(5).normal(3)) ** 2)  # noqa: E731
    np.testing.assert_allclose(nk.grad(loss)(np.ones(3)), nk.grad(plain)(np.ones(3)), rtol=1e-12)


@pytest.mark.parametrize("plan", ["auto", None, 1, 2, 3, "1KB", "512MB"])
def test_plans_of_nested_scans(plan):
    xs = np.random.default_rng(3).normal(size=(5, 4, 3))

    def loss(w, xs, plan):
        def inner(c, x):
            c = np.tanh(c @ w + x)
            return c, c.sum()

        def outer(c, x):
            c, ys = nk.scan(inner, c, x, checkpoint=plan)
            c = nk.cond(ys.sum() > 0, lambda c: c, lambda c: 0.9 * c, c)
            return c, ys

        c, ys = nk.scan(outer, np.zeros(3), xs, checkpoint=plan)
        return (ys**2).sum() + c.sum()

    wanted, got = (nk.value_and_grad(loss, (0, 1))(W, xs, p) for p in (None, plan))
    assert wanted[0] == got[0]
    for a, b in zip(wanted[1], got[1]):
        assert a.tobytes() == b.tobytes()

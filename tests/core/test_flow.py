"""cond, switch, while_loop, fori_loop, checkpoint, truncate: values, derivatives, errors."""

import functools

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.graph import Graph
from neurokit.core.run.lower import compile_program
from neurokit.core.trace.arguments import input_tracer

RNG = np.random.default_rng(21)
X = RNG.normal(size=(5, 3))
W = RNG.normal(size=(3, 3))


# ---------------------------------------------------------------------------- cond, switch


def bend(x, w):
    return nk.cond(
        x.sum() > 0, lambda v: {"a": np.sin(v) * w[0], "n": 1}, lambda v: {"a": v @ w, "n": 2}, x
    )


def bend_by_hand(x, w):
    return {"a": np.sin(x) * w[0], "n": 1} if x.sum() > 0 else {"a": x @ w, "n": 2}


def test_cond_values():
    for x in X:
        wanted = bend_by_hand(x, W)
        for f in (bend, nk.jit(bend)):
            got = f(x, W)
            np.testing.assert_allclose(got["a"], wanted["a"], rtol=1e-13)
            assert got["n"] == wanted["n"]
    got = nk.vmap(bend, (0, None))(X, W)
    np.testing.assert_allclose(got["a"], [bend_by_hand(x, W)["a"] for x in X], rtol=1e-13)
    np.testing.assert_array_equal(got["n"], [bend_by_hand(x, W)["n"] for x in X])


@pytest.mark.parametrize("k", range(4))
def test_cond_derivatives(k):
    nk.check_grads(lambda x, w: (bend(x, w)["a"] ** 2).sum(), (X[k], W))
    f = lambda x, w: bend(x, w)["a"].sum() ** 2  # noqa: E731
    inside = nk.vmap(nk.grad(f, (0, 1)), (0, None))(X, W)
    np.testing.assert_allclose(inside[1][k], nk.grad(f, 1)(X[k], W), rtol=1e-12)
    np.testing.assert_allclose(inside[0][k], nk.grad(f)(X[k], W), rtol=1e-12)


def test_one_branch_runs():
    # the other branch would read out of range
    f = nk.jit(lambda x, i: nk.cond(i < 3, lambda: x[i], lambda: x[0] * 0))
    assert f(X[0], 1) == X[0, 1] and f(X[0], 7) == 0
    with pytest.raises(IndexError):
        nk.jit(lambda x, i: nk.cond(i < 9, lambda: x[i], lambda: x[0] * 0))(X[0], 7)


def test_cond_in_a_loop_and_a_loop_in_cond():
    def step(c, x):
        c = nk.cond(x.sum() > 0, lambda c: np.tanh(c + x), lambda c: c * x[0], c)
        return c, c

    def by_hand(c, xs):
        for x in xs:
            c = np.tanh(c + x) if x.sum() > 0 else c * x[0]
        return c

    np.testing.assert_allclose(nk.scan(step, np.ones(3), X)[0], by_hand(np.ones(3), X), rtol=1e-13)
    for plan in (None, 2, "auto"):
        nk.check_grads(
            lambda c, xs: (nk.scan(step, c, xs, checkpoint=plan)[1] ** 2).sum(), (np.ones(3), X)
        )
    g = lambda a: nk.cond(
        a > 0, lambda a: nk.scan(lambda c, x: (c * a, c), a, X)[1].sum(), np.sin, a
    )  # noqa: E731
    nk.check_grads(g, (0.7,))
    nk.check_grads(g, (-0.7,))


def test_cond_forms_and_errors():
    assert nk.cond(True, lambda a: a + 1, lambda a: a, 3) == 4
    assert nk.cond(np.array(0.0), lambda: 1, lambda: 2) == 2
    out = nk.jit(lambda x: nk.cond(x > 0, lambda: 0.0, lambda: x))(np.float32(-2))
    assert out == -2 and out.dtype == np.float32
    draws = nk.jit(lambda x, r: nk.cond(x > 0, lambda: r.normal(3), lambda: r.uniform(3)))
    np.testing.assert_array_equal(draws(1.0, nk.Rng(0)), nk.Rng(0).normal(3))
    z = nk.vmap(lambda x: nk.cond(x > 0, lambda: x + 1j, lambda: x * 0j))(np.array([1.0, -1.0]))
    np.testing.assert_array_equal(z, [1 + 1j, 0])
    with pytest.raises(TypeError, match="structure"):
        nk.jit(lambda x: nk.cond(x > 0, lambda: (x, x), lambda: x))(1.0)
    with pytest.raises(TypeError, match=r"\['b'\].*float64\[2\].*float64\[3\]"):
        nk.jit(
            lambda x: nk.cond(x > 0, lambda: {"b": np.stack([x, x])}, lambda: {"b": x * np.ones(3)})
        )(1.0)
    with pytest.raises(TypeError, match="shape"):
        nk.jit(lambda x: nk.cond(x > 0, lambda: x, lambda: x))(np.ones(2))


@pytest.mark.parametrize("pred", ["no", None, np.sin, [], (1.0, 1.0)])
def test_a_predicate_is_one_truth_value(pred):
    with pytest.raises(TypeError, match="cond: pred must be one truth value"):
        nk.cond(pred, np.sin, np.cos, 1.0)


def test_what_passes_through_stays_what_it_is():
    """Results that are an operand, and carries that the body hands on, are not batched by `vmap`."""
    y = RNG.normal(size=3)

    def choose(x):
        return nk.cond(x < 2, lambda x, y: (2 * x, y), lambda x, y: (3 * x, y), x, y)

    a, b = nk.vmap(choose, out_axes=(0, None))(np.arange(4.0))
    np.testing.assert_array_equal(a, [0, 2, 6, 9])
    np.testing.assert_array_equal(b, y)

    def turn(n):
        return nk.while_loop(
            lambda c: c[0] < n, lambda c: (c[0] + 1, np.tanh(c[2] @ c[1]), c[2]), (0, y, W)
        )

    n, h, w = nk.vmap(turn, out_axes=(0, 0, None))(np.arange(3))
    np.testing.assert_array_equal(n, [0, 1, 2])
    np.testing.assert_array_equal(w, W)
    np.testing.assert_allclose(h[2], np.tanh(W @ np.tanh(W @ y)))

    def loop(w, y):
        (w, h), out = nk.scan(lambda c, _: ((c[0], np.tanh(c[0] @ c[1])), c[1]), (w, y), length=3)
        return w, h, out

    w, h, _ = nk.vmap(loop, (None, 0), (None, 0, 0))(W, np.stack([y, 2 * y]))
    np.testing.assert_array_equal(w, W)
    np.testing.assert_allclose(h[1], loop(W, 2 * y)[1])
    assert not np.shares_memory(loop(W, y)[0], W)
    nk.check_grads(loop, (W, y))
    nk.check_grads(lambda w, y: loop(w, y)[0], (W, y))
    same = nk.scan(lambda c, _: (c, None), (W, 1), length=0)[0]
    np.testing.assert_array_equal(same[0], W)
    assert same[1] == 1


def test_weights_in_the_carry_are_a_constant_of_the_loop():
    """As a carry or captured: one graph, so the same bits and one product for all steps."""
    ys = RNG.normal(size=(6, 3))

    def carried(w):
        return np.sum(nk.scan(lambda c, y: (c, np.tanh(c @ y)), w, ys)[1])

    def captured(w):
        return np.sum(nk.scan(lambda c, y: (c, np.tanh(w @ y)), 0.0, ys)[1])

    np.testing.assert_array_equal(nk.grad(carried)(W), nk.grad(captured)(W))


def test_switch():
    branches = [np.sin, np.cos, lambda x: x**3, np.exp, lambda x: x * 0 + 2]
    f = nk.jit(lambda i, x: nk.switch(i, branches, x))
    for i in range(-2, 8):
        wanted = branches[min(max(i, 0), 4)](X[0])
        np.testing.assert_allclose(f(i, X[0]), wanted, rtol=1e-14)
        np.testing.assert_array_equal(nk.switch(i, branches, X[0]), wanted)
        nk.check_grads(lambda x, i=i: nk.jit(lambda x, i: nk.switch(i, branches, x))(x, i), (X[0],))
    got = nk.vmap(lambda i, x: nk.switch(i, branches, x))(np.arange(5), X)
    np.testing.assert_allclose(got, [b(x) for b, x in zip(branches, X)], rtol=1e-14)
    with pytest.raises(TypeError, match="integer"):
        nk.switch(1.0, branches, 0.0)
    with pytest.raises(ValueError, match="at least one"):
        nk.switch(0, [])


# ---------------------------------------------------------------------------- while_loop


def grow(x, w):
    """Steps depend on x."""
    return nk.while_loop(
        lambda c: c["t"] < 4.0,
        lambda c: {"t": c["t"] + 0.6 + 0.3 * np.sin(x) ** 2, "v": np.tanh(c["v"] @ w + x)},
        {"t": 0.0, "v": np.zeros(3)},
    )


def grow_by_hand(x, w):
    t, v = 0.0, np.zeros(3)
    while t < 4.0:
        t, v = t + 0.6 + 0.3 * np.sin(x) ** 2, np.tanh(v @ w + x)
    return {"t": t, "v": v}


A = np.array([0.1, 0.8, 1.5, -0.4])


def test_while_values():
    for f in (grow, nk.jit(grow)):
        for a in A:
            got, wanted = f(a, W), grow_by_hand(a, W)
            np.testing.assert_allclose(got["t"], wanted["t"], rtol=1e-14)
            np.testing.assert_allclose(got["v"], wanted["v"], rtol=1e-12)
    got = nk.vmap(grow, (0, None))(A, W)
    np.testing.assert_allclose(got["v"], [grow_by_hand(a, W)["v"] for a in A], rtol=1e-12)
    assert nk.while_loop(lambda x: x < 0, lambda x: x + 1, 5.0) == 5
    assert nk.while_loop(lambda x: x < 100, lambda x: x + 1, 0, max_steps=7) == 7
    assert nk.while_loop(lambda x: x < 100, lambda x: x + 1, 0, max_steps=0) == 0


def test_while_derivatives():
    loss = lambda x, w: (grow(x, w)["v"] ** 2).sum() + grow(x, w)["t"] ** 2  # noqa: E731
    nk.check_grads(loss, (0.8, W))
    got = nk.vmap(nk.grad(loss, (0, 1)), (0, None))(A, W)
    for i, a in enumerate(A):
        one = nk.grad(loss, (0, 1))(a, W)
        np.testing.assert_allclose(got[0][i], one[0], rtol=1e-10)
        np.testing.assert_allclose(got[1][i], one[1], rtol=1e-10, atol=1e-12)
    outside = nk.grad(lambda a, w: nk.vmap(loss, (0, None))(a, w).sum(), (0, 1))(A, W)
    np.testing.assert_allclose(outside[0], got[0], rtol=1e-10)
    np.testing.assert_allclose(outside[1], got[1].sum(0), rtol=1e-10)


@pytest.mark.parametrize("slots", [2, 3, 8])
@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 40])
def test_stored_and_replayed_carries(monkeypatch, slots, n):
    from neurokit.core.loops import while_reverse

    monkeypatch.setattr(while_reverse, "SLOTS", (slots, slots))

    def by_while(x):
        c = nk.while_loop(lambda c: c[1] < n, lambda c: (np.sin(c[0] * x) + x, c[1] + 1), (x, 0))
        return c[0]

    def by_scan(x):
        return nk.scan(lambda c, _: (np.sin(c * x) + x, None), x, length=n)[0]

    np.testing.assert_allclose(nk.grad(by_while)(1.2), nk.grad(by_scan)(1.2), rtol=1e-10)
    if n < 10:
        twice = nk.grad(nk.grad(by_while))(1.2)
        np.testing.assert_allclose(twice, nk.grad(nk.grad(by_scan))(1.2), rtol=1e-9)


def test_replayed_carries_of_elements_with_unequal_steps():
    """Some elements fit the store, some are replayed: both ways run under `vmap`."""

    def total(x, n):
        def body(c):
            return c[0] + 1, np.sin(c[1] * x[c[0]]) + 0.1 * c[1]

        return nk.while_loop(lambda c: c[0] < n, body, (0, 0.5))[1]

    x, counts = RNG.normal(size=700), np.array([0, 1, 256, 257, 700, 5])
    alone = [nk.grad(total)(x, n) for n in counts]
    got = nk.vmap(nk.grad(total), (None, 0))(x, counts)
    np.testing.assert_allclose(got, alone, rtol=1e-12, atol=1e-300)
    outside = nk.grad(lambda x: nk.vmap(total, (None, 0))(x, counts).sum())(x)
    np.testing.assert_allclose(outside, np.sum(alone, 0), rtol=1e-12, atol=1e-300)


def test_finished_elements_do_not_run_on():
    # the body of an element that is done would read out of range
    def total(x, n):
        return nk.while_loop(lambda c: c[0] < n, lambda c: (c[0] + 1, c[1] + x[c[0]]), (0, 0.0))[1]

    x, n = np.arange(12.0).reshape(3, 4), np.array([4, 0, 2])
    np.testing.assert_array_equal(nk.vmap(total)(x, n), [x[i, :k].sum() for i, k in enumerate(n)])
    got = nk.grad(lambda x: nk.vmap(total)(x, n).sum())(x)
    np.testing.assert_array_equal(got, (np.arange(4) < n[:, None]).astype(float))


def test_while_in_loops_and_random_steps():
    def step(c, x):
        c = nk.while_loop(lambda c: np.abs(c) > 1.0, lambda c: c * 0.5, c + x)
        return c, c

    def by_hand(c, xs):
        out = []
        for x in xs:
            c = c + x
            while abs(c) > 1.0:
                c *= 0.5
            out.append(c)
        return out

    xs = np.array([3.3, 0.4, -7.0, 2.2])
    np.testing.assert_allclose(nk.scan(step, 0.0, xs)[1], by_hand(0.0, xs))
    nk.check_grads(lambda xs: nk.scan(step, 0.0, xs, checkpoint=2)[1], (xs,), order=1)
    rng = nk.Rng(2)

    def draw(c):
        row = c[0] * 1.0
        row[c[1]] = rng.normal()
        return row, c[1] + 1

    assert len(np.unique(nk.while_loop(lambda c: c[1] < 50, draw, (np.zeros(50), 0))[0])) == 50


def test_while_errors():
    with pytest.raises(TypeError, match=r"while_loop: carry.*float32.*float64"):
        nk.while_loop(lambda c: True, lambda c: c * np.ones(2), np.zeros(2, np.float32))
    with pytest.raises(TypeError, match="structure"):
        nk.while_loop(lambda c: True, lambda c: (c, c), 0.0)
    with pytest.raises(TypeError, match="test must return one"):
        nk.while_loop(lambda c: c > 0, lambda c: c, np.zeros(2))
    with pytest.raises(ValueError, match="max_steps"):
        nk.while_loop(lambda c: c > 0, lambda c: c, 0.0, max_steps=-1)


@pytest.mark.parametrize("first", [-3, 0, 4])
def test_the_steps_of_fori_are_not_stored(first):
    n = 10**8  # too many for work that can be done before the loop
    with Graph(None, False, "a test") as graph:
        x = input_tracer(graph, np.array(0.5))
        last = nk.fori_loop(first, first + n, lambda i, c: c + i * x, x)
        loop = last.node.args[0]
        assert loop.prim.name == "scan" and max(a.size for a in loop.args) == 1
    f = lambda x: nk.fori_loop(first, first + 6, lambda i, c: c * 0.5 + i * x, x)  # noqa: E731
    assert f(0.5) == pytest.approx(
        sum(i * 0.5 ** (first + 6 - i) for i in range(first, first + 6)) + 0.5**7
    )
    nk.check_grads(f, (0.5,))


@pytest.mark.parametrize("bounds", [(2**63, 2**63 + 3), (-(2**63) - 1, 0), (-(2**63), 2**63 - 1)])
def test_fori_refuses_bounds_beyond_int64(bounds):
    with pytest.raises(ValueError, match="fori_loop: lo, hi and the number of steps"):
        nk.fori_loop(*bounds, lambda i, c: c + i, 0)
    assert nk.fori_loop(2**63 - 2, 2**63, lambda i, c: i, 0) == 2**63 - 1


def test_fori():
    body = lambda i, c: np.tanh(c @ W) * i + c  # noqa: E731
    wanted = X[0]
    for i in range(2, 6):
        wanted = body(i, wanted)
    np.testing.assert_allclose(nk.fori_loop(2, 6, body, X[0]), wanted, rtol=1e-12)
    traced = nk.jit(lambda lo, hi, x: nk.fori_loop(lo, hi, body, x))
    np.testing.assert_allclose(traced(2, 6, X[0]), wanted, rtol=1e-12)
    np.testing.assert_array_equal(traced(6, 2, X[0]), X[0])
    np.testing.assert_array_equal(nk.fori_loop(6, 2, body, X[0]), X[0])
    nk.check_grads(lambda x: nk.fori_loop(2, 6, body, x), (X[0] * 0.1,))
    gradient = nk.grad(lambda x, n: nk.fori_loop(2, n, body, x).sum())
    np.testing.assert_allclose(
        nk.jit(gradient)(X[0], 6),
        nk.grad(lambda x: nk.fori_loop(2, 6, body, x).sum())(X[0]),
        rtol=1e-10,
    )
    got = nk.vmap(lambda n: nk.fori_loop(0, n, lambda i, c: c + i, 0))(np.array([0, 3, 5]))
    np.testing.assert_array_equal(got, [0, 3, 10])
    with pytest.raises(TypeError, match="integer"):
        nk.jit(lambda n: nk.fori_loop(0, n, body, X[0]))(2.0)


# ---------------------------------------------------------------------------- checkpoint, truncate


def deep(layer, depth):
    def f(x, w):
        for k in range(depth):
            x = layer(x, w * (1 + 0.01 * k))
        return (x**2).sum()

    return f


def layer(x, w):
    for _ in range(4):
        x = np.tanh(x @ w) + np.sin(x)
    return x


def test_checkpoint_values_and_derivatives():
    plain, kept = deep(layer, 3), deep(nk.checkpoint(layer), 3)
    x = X * 0.3
    assert kept(x, W) == plain(x, W)
    for a, b in zip(nk.grad(plain, (0, 1))(x, W), nk.grad(kept, (0, 1))(x, W)):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    # the two programs are not mistaken for one another
    again = nk.grad(plain, (0, 1))(x, W)
    np.testing.assert_array_equal(again[0], nk.grad(plain, (0, 1))(x, W)[0])
    nk.check_grads(lambda x, w: deep(nk.checkpoint(layer), 1)(x, w), (x[:2] * 0.2, W * 0.3))
    np.testing.assert_allclose(
        nk.vmap(nk.grad(kept), (0, None))(np.stack([x, x * 2]), W)[1],
        nk.grad(plain)(x * 2, W),
        rtol=1e-9,
    )
    outside = nk.grad(lambda xs: nk.vmap(kept, (0, None))(xs, W).sum())(np.stack([x, x * 2]))
    np.testing.assert_allclose(outside[0], nk.grad(plain)(x, W), rtol=1e-9)

    def loss(w, xs):
        # np.exp(w) does not change from step to step, and could be done before the loop
        step = lambda c, u: (nk.checkpoint(lambda c: np.tanh(c @ np.exp(w) + u))(c), c)  # noqa: E731
        return (nk.scan(step, np.zeros(3), xs)[1] ** 2).sum()

    nk.check_grads(loss, (W * 0.3, X))


def test_checkpoint_takes_less_memory():
    from neurokit.core.transforms import derivatives as transforms

    sizes = []
    x, w = RNG.normal(size=(64, 32)), RNG.normal(size=(32, 32)) * 0.1

    def watch(inputs, outputs):
        program = compile_program(inputs, outputs)
        sizes.append(program.arena_bytes)
        return program

    original, transforms.compile_program = transforms.compile_program, watch
    try:
        nk.grad(deep(layer, 12))(x, w)
        nk.grad(deep(nk.checkpoint(layer), 12))(x, w)
    finally:
        transforms.compile_program = original
    assert len(sizes) == 2 and sizes[1] < 0.5 * sizes[0]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("every", [1, 3, 4, 20])
def test_truncate(every, reverse):
    xs = RNG.normal(size=(10, 3))

    def loss(w, c0, xs, cut):
        def step(c, x):
            c = np.tanh(c @ w + x)
            return c, c

        return (nk.scan(step, c0, xs, reverse=reverse, truncate=cut)[1] ** 2).sum()

    def by_hand(w, c0, xs):
        total, c = 0.0, c0
        for t, x in enumerate(xs[::-1] if reverse else xs):
            if t and t % every == 0:
                c = nk.stop_gradient(c)
            c = np.tanh(c @ w + x)
            total = total + (c**2).sum()
        return total

    assert loss(W, X[0], xs, every) == pytest.approx(loss(W, X[0], xs, None), rel=1e-12)
    got = nk.grad(loss, (0, 1, 2))(W, X[0], xs, every)
    for g, w in zip(got, nk.grad(by_hand, (0, 1, 2))(W, X[0], xs)):
        np.testing.assert_allclose(g, w, rtol=1e-10, atol=1e-13)
    with pytest.raises(ValueError, match="truncate"):
        loss(W, X[0], xs, 0)


def test_truncate_cuts_the_state_of_models():
    class Unit:
        def __init__(self):
            self.v = nk.state(np.zeros(3))

    xs = RNG.normal(size=(7, 3))

    def by_state(w, every):
        unit = Unit()

        def step(c, x):
            unit.v = np.tanh(unit.v * w + x)
            return c, unit.v

        return (nk.scan(step, 0.0, xs, truncate=every)[1] ** 2).sum()

    def by_carry(w, every):
        def step(v, x):
            v = np.tanh(v * w + x)
            return v, v

        return (nk.scan(step, np.zeros(3), xs, truncate=every)[1] ** 2).sum()

    for transform in (lambda f: f, nk.jit):
        for every in (1, 3, 7):
            f, g = (
                transform(nk.grad(functools.partial(h, every=every))) for h in (by_state, by_carry)
            )
            assert f(0.7) == g(0.7)


@pytest.mark.parametrize("reverse", [False, True])
def test_truncate_changes_no_type_and_no_message(reverse):
    xs = np.linspace(1, 2, 4, dtype=np.float32)
    for init in (0.0, 0, np.float32(0)):
        c, ys = nk.scan(lambda c, x: (c + x, c), init, xs, truncate=2, reverse=reverse)
        assert c.dtype == ys.dtype == np.float32
    with pytest.raises(TypeError, match=r"scan: carry\['v'\] begins as float32\[2\]"):
        nk.scan(
            lambda c, x: ({"v": c["v"] * np.ones(2)}, None),
            {"v": xs[:2]},
            xs,
            truncate=2,
            reverse=reverse,
        )


@pytest.mark.parametrize("plan", [0, -1, 2.5, "12 XB", "-5MB", "infMB", "nanMB", "", "100", [3]])
def test_plans_without_a_meaning(plan):
    """Refused where they are given, whether or not a gradient is asked for."""
    step = lambda c, x: (c * x, c)  # noqa: E731
    for run in (
        lambda: nk.scan(step, 1.0, X[0], checkpoint=plan),
        lambda: nk.scan(step, 1.0, X[0], checkpoint=plan, every=2),
        lambda: nk.fori_loop(0, 3, lambda i, c: c * 2.0, 1.0, checkpoint=plan),
    ):
        with pytest.raises(ValueError, match="checkpoint: wanted 'auto'.*got"):
            run()


@pytest.mark.parametrize("options", [{}, {"truncate": 3}, {"truncate": 3, "reverse": True}])
def test_another_length_uses_the_same_body(options):
    from neurokit.core.run.runtime import _programs

    def loss(xs, w):
        step = lambda c, x: (np.tanh(c @ w * 1.25 + x), c)  # noqa: E731
        return (nk.scan(step, np.zeros(3), xs, **options)[1] ** 2).sum()

    nk.grad(loss, 1)(RNG.normal(size=(6, 3)), W)
    known = {k for k in _programs if k[0] == "body"}
    nk.grad(loss, 1)(RNG.normal(size=(17, 3)), W)
    assert {k for k in _programs if k[0] == "body"} == known

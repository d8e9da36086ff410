"""Loops: values against a Python loop, gradients against finite differences, plans bit for bit."""

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.loops import body as loops

RNG = np.random.default_rng(5)


def python_scan(f, carry, xs, length=None, reverse=False):
    n = len(xs) if xs is not None else length
    rows = [None] * n
    for t in range(n)[::-1] if reverse else range(n):
        carry, rows[t] = f(carry, None if xs is None else xs[t])
    return carry, np.stack(rows)


def lif(dtype=np.float64):
    w = RNG.normal(size=(3, 3)).astype(dtype)

    def step(carry, x):
        v, s = carry
        v = v + 0.2 * (x + s @ w - v)
        s = nk.spike(v - 0.3, "sigmoid")
        return (np.where(s > 0, np.zeros_like(v), v), s), v * s + v

    return step, w


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n", [0, 1, 5, 12])
def test_values(reverse, n):
    xs = RNG.normal(size=(n, 3))
    w = RNG.normal(size=(3, 3))

    def f(c, x):
        c = np.tanh(c @ w + x)
        return c, c * 2

    got = nk.scan(f, np.zeros(3), xs, reverse=reverse)
    if n == 0:
        np.testing.assert_array_equal(got[0], np.zeros(3))
        assert got[1].shape == (0, 3)
        return
    wanted = python_scan(f, np.zeros(3), xs, reverse=reverse)
    np.testing.assert_allclose(got[0], wanted[0], rtol=1e-13)
    np.testing.assert_allclose(got[1], wanted[1], rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("reverse", [False, True])
def test_every_plan_gives_the_same_bits(dtype, reverse):
    step, w = lif(dtype)
    xs = RNG.normal(size=(23, 3)).astype(dtype)
    k = RNG.normal(size=3).astype(dtype)

    def loss(v0, w2, xs, plan):
        def f(c, x):
            c, y = step(c, x * k)
            return (c[0] * w2, c[1]), (y, c[0])

        (v, _), (ys, vs) = nk.scan(
            f, (v0, np.zeros(3, dtype)), xs, reverse=reverse, checkpoint=plan
        )
        return (ys**2).sum() + (v * vs[2]).sum()

    args = (RNG.normal(size=3).astype(dtype), np.full(3, 0.9, dtype), xs)
    plain = nk.value_and_grad(loss, (0, 1, 2))(*args, None)
    for plan in ("auto", 1, 2, 5, 7, 22, 23, "1KB"):
        other = nk.value_and_grad(loss, (0, 1, 2))(*args, plan)
        assert plain[0] == other[0], plan
        for a, b in zip(plain[1], other[1]):
            assert a.tobytes() == b.tobytes(), plan


@pytest.mark.parametrize("plan", [None, 1, 3, 4])
@pytest.mark.parametrize("reverse", [False, True])
def test_gradient(plan, reverse):
    w = RNG.normal(size=(2, 2))

    def loss(c0, w, xs):
        def f(c, x):
            h, n = c
            h = np.tanh(h @ w + x)
            return (h, n + 1), h[0] * x

        (h, n), ys = nk.scan(f, (c0, 0.0), xs, checkpoint=plan, reverse=reverse)
        return (ys**3).sum() + h[1] * n

    nk.check_grads(loss, (RNG.normal(size=2), w, RNG.normal(size=(7, 2))), order=2)


def test_nested_scans():
    def inner(c, x):
        return c * 0.9 + x, c

    def outer(c, x):
        c, ys = nk.scan(inner, c, x, checkpoint=2)
        return np.sin(c), ys.sum()

    def loss(c, xs):
        c, ys = nk.scan(outer, c, xs, checkpoint=2)
        return c + (ys**2).sum()

    xs = RNG.normal(size=(5, 4))
    c, total = 0.3, 0.0
    for row in xs:
        part = 0.0
        for x in row:
            c, part = c * 0.9 + x, part + c
        c, total = np.sin(c), total + part**2
    np.testing.assert_allclose(loss(0.3, xs), c + total, rtol=1e-12)
    nk.check_grads(loss, (0.3, xs), order=2)


def test_grad_inside_a_body():
    def f(c, x):
        return c - 0.1 * nk.grad(lambda a: ((a - x) ** 2).sum())(c), c

    c, _ = nk.scan(f, np.zeros(2), np.ones((40, 2)))
    np.testing.assert_allclose(c, 1 - 0.8**40, rtol=1e-12)


def test_custom_rule_inside_a_body():
    @nk.custom_vjp
    def double(x):
        return x * 2.0

    double.defvjp(lambda x: (x * 2.0, None), lambda res, ct: (ct * 10.0,))
    gradient = nk.grad(lambda x: nk.scan(lambda c, _: (double(c), None), x, length=3)[0])(1.0)
    assert gradient == 1000.0


def test_captured_array_is_read_at_each_call():
    w = np.ones(2)
    f = nk.jit(lambda xs: nk.scan(lambda c, x: (c + w * x, None), np.zeros(2), xs)[0])
    np.testing.assert_array_equal(f(np.arange(3.0)), [3, 3])
    w[0] = 2
    np.testing.assert_array_equal(f(np.arange(3.0)), [6, 3])


def test_carry_kinds():
    carry, ys = nk.scan(
        lambda c, x: ({"a": c["a"] + x, "n": c["n"] + 1}, None),
        {"a": 0.0, "n": 0},
        np.ones(3, np.float32),
    )
    assert carry["a"] == 3 and carry["a"].dtype == np.float32 and carry["n"] == 3 and ys is None
    carry, _ = nk.scan(lambda c, x: (c + x, None), 0.0, np.ones((3, 4)))
    np.testing.assert_array_equal(carry, np.full(4, 3.0))
    (a, b), _ = nk.scan(lambda c, x: ((c[1], c[0]), None), (1.0, 2.0), length=3)
    assert (a, b) == (2.0, 1.0)
    c, y = nk.scan(lambda c, x: (c, c), np.arange(3.0), length=2)
    np.testing.assert_array_equal(y, [np.arange(3.0)] * 2)


def test_bad_loops():
    with pytest.raises(TypeError, match=r"carry.*float32.*float64"):
        nk.scan(lambda c, x: (c + x, None), np.zeros(2, np.float32), np.zeros((3, 2)))
    with pytest.raises(TypeError, match="shape|begins"):
        nk.scan(lambda c, x: (np.stack([c, c]), None), np.zeros(2), length=2)
    with pytest.raises(TypeError, match="structure"):
        nk.scan(lambda c, x: ((c, c), None), 0.0, length=2)
    with pytest.raises(TypeError, match="carry, y"):
        nk.scan(lambda c, x: c, 0.0, length=2)
    with pytest.raises(ValueError, match="agree"):
        nk.scan(lambda c, x: (c, None), 0.0, (np.zeros(3), np.zeros(4)))
    with pytest.raises(ValueError, match="length"):
        nk.scan(lambda c, x: (c, None), 0.0)
    with pytest.raises(ValueError, match="checkpoint"):
        nk.grad(lambda x: nk.scan(lambda c, _: (c * x, None), 1.0, length=9, checkpoint="lots")[0])(
            1.0
        )


def test_hoisting_moves_products_out():
    w, u = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 4))
    seen = []
    original = loops.bind_scan

    def watch(body, *rest):
        seen.append(body)
        return original(body, *rest)

    loss = lambda w, u, xs: (
        nk.scan(lambda h, x: (np.tanh(x @ w + h @ (u * 2.0)), h), np.zeros(4), xs)[1] ** 2
    ).sum()  # noqa: E731
    xs = RNG.normal(size=(6, 3))

    scan_module = __import__("sys").modules["neurokit.core.loops.scan"]
    scan_module.bind_scan = watch
    try:
        nk.value_and_grad(loss, (0, 1, 2))(w, u, xs)
    finally:
        scan_module.bind_scan = original
    from neurokit.core.graph import reachable

    names = [n.prim.name for n in reachable(seen[0].outputs)]
    assert names.count("matmul") == 1 and "mul" not in names
    nk.check_grads(loss, (w, u, xs), order=1)


def test_numbers_that_follow_from_the_step_are_computed_before_the_loop(monkeypatch):
    """A stimulus at time t, from the step's number, from x_t and from a parameter."""
    noise, gain = RNG.normal(size=(23, 5)), RNG.normal(size=23)

    def drive(t, k, p):
        return p[0] * np.sin(0.3 * t + k[1]) + np.where(t % 4 == 2, p[1], k[0])

    def loss(p, v, **options):
        def step(v, x):
            t, k, e = x
            v = np.tanh(0.8 * v + drive(t, k, p) + e * k[0])
            return v, (v, drive(t, k, p))

        xs = np.arange(23), (gain, gain * 0.1), noise
        return nk.scan(step, v, xs, **options)

    def counted(p, v):
        return nk.fori_loop(2, 19, lambda t, v: v * 0.7 + p[0] * np.cos(t * p[1]), v)

    p, v, ps = np.array([0.7, -0.2]), RNG.normal(size=5), RNG.normal(size=(3, 2))
    total = lambda p, v, **o: np.sum(loss(p, v, **o)[1][0] ** 2)  # noqa: E731

    def everything():
        yield from nk.tree.leaves(nk.jit(loss)(p, v))
        yield from nk.tree.leaves(nk.jit(lambda p, v: loss(p, v, reverse=True))(p, v))
        yield from nk.tree.leaves(nk.vmap(lambda q: loss(q, v))(ps))
        yield nk.jit(counted)(p, v)
        yield nk.jvp(total, (p, v), (p[::-1].copy(), v))[1]
        for options in ({}, dict(checkpoint=5), dict(truncate=7), dict(reverse=True)):
            yield from nk.grad(lambda p, v, o=options: total(p, v, **o), (0, 1))(p, v)
        yield nk.scan(lambda v, t: (v + np.sin(t * 0.1), v), v, np.arange(23), every=4)[1]

    got = list(everything())
    scan_module = __import__("sys").modules["neurokit.core.loops.scan"]
    monkeypatch.setattr(scan_module, "hoist", lambda body, args, length: (body, args))
    for a, b in zip(got, everything(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    for a, b in zip(got[:5], everything()):
        np.testing.assert_array_equal(a, b)
    nk.check_grads(total, (p, v), order=1)


def test_the_loop_only_reads_what_was_computed_before_it(capsys):
    step = lambda v, t: (v * 0.9 + np.sin(0.1 * t) * np.arange(4.0), None)  # noqa: E731
    nk.show(lambda v: nk.scan(step, v, np.arange(50))[0], np.zeros(4))
    before, body = capsys.readouterr().out.split("= scan")
    assert "sin     float64[50]" in before and "sin" not in body


def test_what_is_moved_out_of_a_loop_has_one_limit(monkeypatch):
    """The loop reads t and two numbers, which take 8 bytes in each of 50 steps, as does what leads to them."""
    hoisting = __import__("sys").modules["neurokit.core.loops.hoist"]

    def moved():
        found, before = [], hoisting.Body
        monkeypatch.setattr(hoisting, "Body", lambda *a: found.append(before(*a)) or found[-1])
        nk.scan(
            lambda v, t: (v * np.sin(t * 0.1) + np.cos(t + 1) + t, None),
            np.ones(3),
            np.arange(50.0),
        )
        monkeypatch.setattr(hoisting, "Body", before)
        return [body.n_x for body in found]

    for limit, want in ((1600, [3]), (1599, [2]), (799, [])):
        monkeypatch.setattr(hoisting, "HOIST_LIMIT", limit)
        assert moved() == want, limit


def test_a_weight_used_both_ways_round():
    """Products that make a weight's gradient and its transpose are not stacked as one."""
    rng = np.random.default_rng(5)
    w, xs = 0.5 * rng.normal(size=(3, 3)), rng.normal(size=(4, 3, 3))

    def step(w, c, x):
        return np.tanh(w @ c + w.T @ c + x)

    def plain(w):
        c = np.eye(3)
        for x in xs:
            c = step(w, c, x)
        return (c**2).sum()

    looped = lambda w: (nk.scan(lambda c, x: (step(w, c, x), None), np.eye(3), xs)[0] ** 2).sum()  # noqa: E731
    np.testing.assert_allclose(nk.grad(looped)(w), nk.grad(plain)(w), rtol=1e-12)


@pytest.mark.parametrize("count", [-1, 2.0, 2**63, 10**30])
def test_counts_out_of_range(count):
    step = lambda c, _: (c + 1, c)  # noqa: E731
    with pytest.raises(ValueError, match="length must be"):
        nk.scan(step, 0.0, length=count)
    with pytest.raises(ValueError, match="truncate must be"):
        nk.scan(step, 0.0, length=3, truncate=count)
    with pytest.raises(ValueError, match="every must be"):
        nk.scan(step, 0.0, length=3, every=count)
    with pytest.raises(ValueError, match="max_steps must be"):
        nk.while_loop(lambda c: c < 2, lambda c: c + 1, 0.0, max_steps=count)


def test_progress_reports():
    done = []
    carry, ys = nk.scan(
        lambda c, x: (c + x, c), 0.0, np.ones(250), progress=lambda a, b: done.append((a, b))
    )
    assert carry == 250 and ys.shape == (250,) and done[-1] == (250, 250)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_change_the_numbers(threads):
    step, w = lif()
    xs = np.random.default_rng(0).normal(size=(20, 3))

    def loss(xs):
        return (nk.scan(step, (np.zeros(3), np.zeros(3)), xs)[1] ** 2).sum()

    with nk.options(threads=1):
        wanted = nk.grad(loss)(xs)
    with nk.options(threads=threads):
        assert nk.grad(loss)(xs).tobytes() == wanted.tobytes()


@pytest.mark.parametrize("reverse", [False, True])
def test_draws_do_not_depend_on_the_checkpoint_plan(reverse):
    """A step's draws belong to its number, in stretches that do not divide the length too."""

    def loss(w, plan):
        rng = nk.Rng(3)

        def step(c, x):
            z = rng.normal(4)
            return np.tanh(0.7 * c + w * z), c * z

        c, y = nk.scan(step, w, length=10, reverse=reverse, checkpoint=plan)
        return np.sum(c) + np.sum(y * y)

    w = np.arange(4.0) + 0.3
    want = nk.grad(loss)(w, None)
    for plan in (1, 3, 4, 7, 10, "auto", "64B"):
        np.testing.assert_array_equal(nk.grad(loss)(w, plan), want, err_msg=str(plan))
    nk.check_grads(lambda w: loss(w, 3), (w,), order=1, rtol=1e-5)


@pytest.mark.parametrize("plan", [None, 2, 3])
def test_gradient_in_segments_of_a_loop_whose_carry_passes_through(plan):
    xs = np.arange(1.0, 6.0)

    def f(c, xs):
        c, (ys, mask) = nk.scan(lambda c, x: (c, (c * x**2, x > 2)), c, xs, checkpoint=plan)
        return c + np.sum(np.where(mask, ys, 2 * ys))

    by_c, by_xs = nk.grad(f, (0, 1))(3.0, xs)
    weight = np.where(xs > 2, 1, 2)
    np.testing.assert_allclose(by_c, 1 + np.sum(weight * xs**2), rtol=1e-14)
    np.testing.assert_allclose(by_xs, 6 * weight * xs, rtol=1e-14)


@pytest.mark.parametrize("reverse", [False, True])
def test_truncation_at_each_step_leaves_each_step_its_own_derivative(reverse):
    xs = np.arange(1.0, 5.0)

    def f(c, xs):
        c, ys = nk.scan(lambda c, x: (c * x, c * x), c, xs, truncate=1, reverse=reverse)
        return np.sum(ys)

    order = xs[::-1] if reverse else xs
    before = 3.0 * np.cumprod(np.append(1.0, order))[:4]
    by_c, by_xs = nk.grad(f, (0, 1))(3.0, xs)
    assert by_c == order[0]
    np.testing.assert_allclose(by_xs, before[::-1] if reverse else before)

"""Arrays of the enclosing function inside loops, branches, vmap and checkpoint: read, copied and written to."""

import copy

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import TraceError

W = np.random.default_rng(41).normal(size=4)
XS = np.array([0.5, -1.0, 2.0])

COPIES = {
    "method": lambda w: w.copy(),
    "np.copy": np.copy,
    "nk.array": nk.array,
    "astype": lambda w: w.astype(np.float64),
    "plus": lambda w: +w,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def put(y, c):
    y[0] = c


def add_at(y, c):
    np.add.at(y, [0, 0], c)


def add(y, c):
    y += c


def through_view(y, c):
    v = y[1:3]
    v *= c


WRITES = [put, add_at, add, through_view]


def in_scan(write, make):
    def f(w, c):
        def body(c, x):
            y = make(w)
            write(y, c)
            return c + x, y * x

        return nk.scan(body, c, XS)[1]

    return f


def in_python(write):
    def f(w, c):
        rows = []
        for x in XS:
            y = w.copy()
            write(y, c)
            rows.append(y * x)
            c = c + x
        return np.stack(rows)

    return f


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("make", COPIES)
def test_copies_may_be_written_to(make, write):
    f, plain = in_scan(write, COPIES[make]), in_python(write)
    np.testing.assert_allclose(nk.jit(f)(W, 1.5), plain(W, 1.5))
    loss = lambda f: lambda w, c: np.sum(np.sin(f(w, c)))  # noqa: E731
    got, wanted = (nk.grad(loss(g), argnums=(0, 1))(W, 1.5) for g in (f, plain))
    for a, b in zip(got, wanted):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_copies_in_branches_vmap_and_checkpoint():
    def written(w, s):
        y = w.copy()
        y[1] = s
        return y

    wanted = W.copy()
    wanted[1] = 2.0
    branch = nk.jit(lambda w, s: nk.cond(s > 0, lambda: written(w, s), lambda: w))
    np.testing.assert_array_equal(branch(W, 2.0), wanted)
    np.testing.assert_array_equal(branch(W, -2.0), W)
    kept = nk.jit(lambda w, s: nk.checkpoint(lambda s: written(w, s))(s))
    np.testing.assert_array_equal(kept(W, 2.0), wanted)
    many = nk.jit(lambda w: nk.vmap(lambda s: written(w, s))(np.array([2.0, 3.0])))(W)
    np.testing.assert_array_equal(many[:, 1], [2.0, 3.0])
    np.testing.assert_array_equal(many[0], wanted)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("part", [lambda y: y, lambda y: y[:], lambda y: y[::-1]])
def test_the_array_itself_may_not(write, part):
    made = {
        "computed": lambda w: w * 2.0,
        "an argument": lambda w: w,
        "constant": lambda w: nk.zeros(4, like=w),
    }
    for make in made.values():

        def f(w, c, make=make):
            y = make(w)

            def body(c, x):
                write(part(y), c)
                return c + x, None

            with pytest.raises(TraceError, match="enclosing function .* a scan body.*copy"):
                nk.scan(body, c, XS)
            return y.sum()  # untouched

        np.testing.assert_allclose(nk.jit(f)(W, 1.5), make(W).sum())


@pytest.mark.parametrize("where", ["scan", "while_loop", "cond", "vmap"])
def test_checkpoint_takes_arrays_of_the_enclosing_function(where):
    layer = nk.checkpoint(lambda w, c: (np.tanh(w * c), w))

    def f(w, c):
        def step(c):
            y, same = layer(w, c)
            return c + (y * same).sum()

        if where == "scan":
            return nk.scan(lambda c, _: (step(c), None), c, None, length=3)[0]
        if where == "while_loop":
            body = lambda s: (s[0] + 1, step(s[1]))  # noqa: E731
            return nk.while_loop(lambda s: s[0] < 3, body, (0, c))[1]
        if where == "cond":
            return nk.cond(c > 0, step, lambda c: c, c)
        return nk.vmap(step)(c * XS).sum()

    def plain(w, c):
        step = lambda c: c + (np.tanh(w * c) * w).sum()  # noqa: E731
        if where == "cond":
            return step(c)
        if where == "vmap":
            return step(c * XS[0]) + step(c * XS[1]) + step(c * XS[2])
        return step(step(step(c)))

    np.testing.assert_allclose(nk.jit(f)(W, 0.3), plain(W, 0.3), rtol=1e-13)
    for a, b in zip(nk.jit(nk.grad(f, (0, 1)))(W, 0.3), nk.grad(plain, (0, 1))(W, 0.3)):
        np.testing.assert_allclose(a, b, rtol=1e-11)


def test_one_value_met_by_two_ways():
    """The inner body captures w as the outer body sees it, and w itself."""

    def f(w):
        def outer(c, x):
            seen = np.negative(-w)  # the very value, captured by the outer body

            def inner(d, u):
                return d + seen.sum() * u, (w * d).sum()

            d, ys = nk.scan(inner, x, XS)
            return c + d, ys

        return nk.scan(outer, 0.0, XS)

    c, ys = nk.jit(f)(W)
    np.testing.assert_allclose(c, (XS + W.sum() * XS.sum()).sum())
    before = np.cumsum([0.0, *XS[:-1]])
    np.testing.assert_allclose(ys, W.sum() * (XS[:, None] + W.sum() * before))


SQUARE = np.random.default_rng(42).normal(size=(3, 3)) * 0.4

INNER = {
    "vmap": lambda w, c: nk.vmap(lambda r: np.tanh(r) * c)(w),
    "vmap of columns": lambda w, c: nk.vmap(lambda r: r.sum() * c, 1)(w),
    "grad": lambda w, c: nk.grad(lambda u: (u**3).sum())(w) * c,
    "vjp": lambda w, c: nk.vjp(np.tanh, w)[1](w)[0] * c,
    "jvp": lambda w, c: nk.jvp(np.tanh, (w,), (w,))[1] * c,
    "jacobian": lambda w, c: nk.jacobian(np.tanh)(w[0]) * c,
    "jit": lambda w, c: nk.jit(lambda u: (u, np.tanh(u)))(w)[1] * c,
    "scan": lambda w, c: nk.scan(lambda d, r: (d + r, d), w[0], w)[1] * c,
    "scan that hands on": lambda w, c: nk.scan(lambda d, r: (d, r), w, w)[1] * c,
    "while_loop": lambda w, c: (
        nk.while_loop(lambda s: s[0] < 2, lambda s: (s[0] + 1, s[1] / 2), (0, w))[1] * c
    ),
    "fori_loop": lambda w, c: nk.fori_loop(0, 2, lambda i, s: s * 0.5 + i, w) * c,
    "cond": lambda w, c: nk.cond(c > 0, np.tanh, np.sin, w) * c,
    "cond of it": lambda w, c: nk.cond(w[0, 0] > 0, np.tanh, lambda u: u, w) * c,
    "checkpoint": lambda w, c: nk.checkpoint(lambda u: (u, np.tanh(u)))(w)[1] * c,
    "sweep": lambda w, c: nk.sweep(np.tanh, w) * c,
    "fixed_point": lambda w, c: nk.fixed_point(lambda y, u: 0.3 * np.tanh(y) + u, w, w) * c,
    "linear_solve": lambda w, c: nk.linear_solve(lambda y: (3.0 + 0.1 * w[0]) * y, w[1]) * c,
    "solve": lambda w, c: np.linalg.solve(w + 3 * np.eye(3), w[0]) * c,
}


@pytest.mark.parametrize("name", INNER)
def test_every_transform_takes_them_inside_every_loop(name):
    """Of a matrix around, at depth one and two, beside plain Python."""

    def step(w, c):
        return c + np.tanh(INNER[name](w, c).sum())

    def scans(w, c):
        def outer(c, _):
            return nk.scan(lambda d, _: (step(w, d), None), c, None, length=2)[0], None

        return nk.scan(outer, c, None, length=2)[0]

    def branch_in_loop(w, c):
        def body(s):
            return s[0] + 1, nk.cond(s[1] > -9, lambda d: step(w, d), lambda d: d, s[1])

        return nk.while_loop(lambda s: s[0] < 4, body, (0, c))[1]

    def mapped(w, c):
        inner = nk.checkpoint(lambda c: step(w, step(w, step(w, step(w, c)))))
        return nk.vmap(inner)(np.stack([c, 2.0 * c]))[0]

    plain = lambda w, c: step(w, step(w, step(w, step(w, c))))  # noqa: E731
    value, wanted = plain(SQUARE, 0.3), nk.grad(plain, (0, 1))(SQUARE, 0.3)
    for f in (scans, branch_in_loop, mapped):
        got = nk.jit(nk.value_and_grad(f, (0, 1)))(SQUARE, 0.3)
        np.testing.assert_allclose(got[0], value, rtol=1e-11)
        for a, b in zip(got[1], wanted):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)

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

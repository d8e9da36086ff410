"""`vmap` against a Python loop over the elements: every primitive, axis and transform."""

import numpy as np
import pytest

import neurokit as nk
from neurokit import ops
from neurokit.core.errors import AbstractValueError
from neurokit.core.graph import PRIMITIVES, Graph, reachable
from neurokit.core.trace.tracer import Tracer

RNG = np.random.default_rng(11)
X = RNG.normal(size=(5, 3, 4))
Y = RNG.normal(size=(5, 3, 4))
V = RNG.normal(size=(5, 4))
M = RNG.normal(size=(4, 4))
I = RNG.integers(-3, 3, size=(5, 6))  # noqa: E741
CONN = ops.Csr([0, 2, 3, 3, 5], [0, 2, 1, 0, 1], (4, 3))


def by_hand(f, args, in_axes):
    n = next(a.shape[ax] for a, ax in zip(args, in_axes) if ax is not None)
    rows = [
        f(*[a if ax is None else np.take(a, i, ax) for a, ax in zip(args, in_axes)])
        for i in range(n)
    ]
    return nk.tree.map(lambda *r: np.stack(r), *rows)


def same(f, args, in_axes=None, rtol=1e-12):
    in_axes = (0,) * len(args) if in_axes is None else in_axes
    got = nk.vmap(f, in_axes)(*args)
    wanted = by_hand(f, args, in_axes)
    for g, w in zip(nk.tree.leaves(got), nk.tree.leaves(wanted)):
        assert g.dtype == w.dtype and g.shape == w.shape
        np.testing.assert_allclose(g, w, rtol=rtol, atol=1e-13)


def test_every_primitive_has_a_rule():
    assert ops and nk.Rng(0) and nk.scan and nk.cond
    without = {name for name, p in PRIMITIVES.items() if p.batch is None}
    # those without arguments are never stacked, `proj` is part of the walk
    assert without <= {"input", "literal", "proj", "iota", "constant"}


ONE = [
    np.tanh,
    lambda x: x > 0,
    lambda x: np.where(x > 0, x, 1.0),
    lambda x: x.sum(0),
    lambda x: x.sum(),
    lambda x: np.prod(x, axis=-1),
    lambda x: np.max(x, axis=0),
    lambda x: np.min(x),
    lambda x: np.argmax(x, axis=1),
    lambda x: np.argmin(x),
    lambda x: np.any(x > 1, axis=0),
    lambda x: np.all(x > -1),
    lambda x: np.cumsum(x, axis=0),
    lambda x: np.cumsum(x),
    lambda x: np.cumprod(x, axis=1),
    lambda x: x.T,
    lambda x: np.reshape(x, (2, 6)),
    lambda x: x[::-1, 1:],
    lambda x: x[None, 0],
    lambda x: x[[0, -1, 0]],
    lambda x: x[[0, 1], [3, -1]],
    lambda x: np.take(x, [1, 0], axis=1),
    lambda x: np.concatenate([x, x * 2], 1),
    lambda x: np.concatenate([x, np.ones((1, 4))]),
    lambda x: np.pad(x, 1),
    lambda x: np.roll(x, 1, 0),
    lambda x: np.stack([x, np.zeros((3, 4))]),
    lambda x: np.broadcast_to(x[0], (2, 4)),
    lambda x: np.einsum("ij,kj->ik", x, x),
    lambda x: np.diagonal(x),
    lambda x: x @ M,
    lambda x: M @ x.T,
    lambda x: M @ x[0],
    lambda x: x[1] @ M,
    lambda x: x @ x.T,
    lambda x: x.mean(0) + x.std(),
    lambda x: np.ones(3) * 2 + 0 * x[0, 0],
    lambda x: nk.spike(x, "sigmoid"),
    lambda x: nk.stop_gradient(x) * x,
    lambda x: (x + 1j * x**2) * (2 - 1j),
    lambda x: np.abs(np.exp(1j * x)).sum(0),
    lambda x: x.astype(np.float32),
    lambda x: (x * 3).astype(np.int64),
    lambda x: np.sort(x, axis=0),
    lambda x: np.sort(x, axis=None),
    lambda x: np.argsort(x, axis=-1),
    lambda x: np.median(x, axis=0),
    lambda x: np.quantile(x, 0.3),
    lambda x: np.var(x, axis=1),
    lambda x: np.linalg.norm(x),
    lambda x: np.tensordot(x, x, 2),
    lambda x: np.kron(x[0], x[1]),
    lambda x: np.flip(x, 1),
    lambda x: np.tile(x, (2, 1)),
    lambda x: np.repeat(x, 2, 0),
    lambda x: np.trace(x[:, :3]),
    lambda x: np.diff(x, axis=0),
    lambda x: np.logaddexp(x, 0.5),
]


@pytest.mark.parametrize("k", range(len(ONE)))
def test_one_argument(k):
    same(ONE[k], (X,))
    np.testing.assert_allclose(
        nk.vmap(ONE[k], in_axes=2)(np.moveaxis(X, 0, 2)), nk.vmap(ONE[k])(X), rtol=1e-13
    )
    twice = nk.vmap(nk.vmap(ONE[k]))(np.stack([X, Y]))
    np.testing.assert_allclose(twice, np.stack([nk.vmap(ONE[k])(X), nk.vmap(ONE[k])(Y)]), 1e-12)


@pytest.mark.parametrize("k", range(len(ONE)))
def test_gradient_inside_and_outside(k):
    f = ONE[k]
    if f(X[0]).dtype.kind not in "fc":
        return
    scalar = lambda x: (np.abs(f(x)) ** 2).sum() + f(x).real.sum()  # noqa: E731
    inside = nk.vmap(nk.grad(scalar))(X)
    np.testing.assert_allclose(inside, np.stack([nk.grad(scalar)(x) for x in X]), 1e-6, 1e-9)
    outside = nk.grad(lambda xs: nk.vmap(scalar)(xs).sum())(X)
    np.testing.assert_allclose(outside, inside, 1e-6, 1e-9)


TWO = [
    lambda a, b: a + b,
    lambda a, b: a @ b.T,
    lambda a, b: np.einsum("ij,ij->j", a, b),
    lambda a, b: np.outer(a[0], b[1]),
    lambda a, b: np.where(a > b, a, b),
    lambda a, b: np.concatenate([a, b]),
    lambda a, b: np.arctan2(a, b),
]


@pytest.mark.parametrize("k", range(len(TWO)))
@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0), (1, 0), (-1, None)])
def test_two_arguments(k, axes):
    a = X if axes[0] == 0 else X[0] if axes[0] is None else np.moveaxis(X, 0, axes[0])
    b = Y if axes[1] == 0 else Y[0]
    same(TWO[k], (a, b), axes)


@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)])
def test_indices(axes):
    x = X if axes[0] == 0 else X[0]
    i = I if axes[1] == 0 else I[0]

    def put(x, i):
        y = nk.array(x * 1.0)
        y[i] = x[0] * 3
        return y

    def add(x, i):
        return nk.grad(lambda x: (x[i] ** 2 * np.arange(6.0)[:, None]).sum())(x)

    for f in (lambda x, i: nk.array(x)[i], lambda x, i: nk.array(x)[i, i], add):
        same(f, (x, i), axes)
    got = nk.vmap(put, axes)(x, i)
    for k in range(5):
        a, j = x[k] if axes[0] == 0 else x, i[k] if axes[1] == 0 else i
        wanted = a.copy()
        wanted[j] = a[0] * 3
        np.testing.assert_array_equal(got[k], wanted)


def test_an_index_out_of_range_stays_an_error():
    with pytest.raises(IndexError):
        nk.vmap(lambda x, i: x[i])(X, np.array([0, 1, 2, 3, 0]))
    with pytest.raises(IndexError):
        nk.vmap(lambda x, i: x[i])(X, np.array([0, 1, -4, 2, 0]))


@pytest.mark.parametrize("axes", [(0, None), (0, 0), (None, 0)])
def test_event_products(axes):
    s, w = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 5))
    args = (s if axes[0] == 0 else s[0], w if axes[1] == 0 else w[0])
    same(lambda s, w: ops.event_matvec(CONN, s, w), args, axes)
    same(lambda s, w: ops.event_matvec(CONN, s, w, add=np.ones(3)), args, axes)
    same(lambda s, w: ops.spmv(CONN, s[:3], w, transpose=True), args, axes)
    same(lambda s, w: ops.event_bits(s * w.sum() > 0), args, axes)
    loss = lambda s, w: (ops.event_matvec(CONN, s, w) ** 2).sum()  # noqa: E731
    same(nk.grad(loss, (0, 1)), args, axes)


def test_trees_axes_and_errors():
    tree = {"a": X, "b": [Y, 2.0]}
    out = nk.vmap(
        lambda t: {"s": t["a"] + t["b"][0] * t["b"][1], "one": 1.0}, ({"a": 0, "b": [0, None]},)
    )(tree)
    np.testing.assert_allclose(out["s"], X + 2 * Y)
    np.testing.assert_array_equal(out["one"], np.ones(5))
    a, b = nk.vmap(lambda x: (x, x.sum()), out_axes=(-1, 0))(X)
    np.testing.assert_array_equal(a, np.moveaxis(X, 0, -1))
    assert b.shape == (5,)
    fixed = nk.vmap(lambda x, y: (x, y * 2), (0, None), (0, None))(X, V)
    np.testing.assert_array_equal(fixed[1], V * 2)
    np.testing.assert_array_equal(
        nk.vmap(lambda x, k=None: x * k)(V, k=np.arange(5.0))[2], V[2] * 2
    )
    assert nk.vmap(lambda x: x.sum())(np.zeros((0, 3))).shape == (0,)
    with pytest.raises(ValueError, match="equal lengths.*5.*argument.*3"):
        nk.vmap(lambda a, b: a)(X, Y[:3])
    with pytest.raises(ValueError, match="out of range"):
        nk.vmap(lambda a: a, 3)(X)
    with pytest.raises(ValueError, match="at least one"):
        nk.vmap(lambda a: a, None)(X)
    with pytest.raises(ValueError, match="2 entries"):
        nk.vmap(lambda a: a, (0, 0))(X)
    with pytest.raises(ValueError, match="differs from element"):
        nk.vmap(lambda a: a, out_axes=None)(X)
    with pytest.raises(TypeError, match="str"):
        nk.vmap(lambda a, b: a)(X, "text")
    with pytest.raises(AbstractValueError, match="np.where"):
        nk.vmap(lambda a: a if a.sum() > 0 else -a)(X)


def test_with_other_transforms():
    f = lambda x: np.sum(np.tanh(x @ M) ** 2)  # noqa: E731
    wanted = np.stack([f(v) for v in V])
    np.testing.assert_allclose(nk.jit(nk.vmap(f))(V), wanted)
    np.testing.assert_allclose(nk.vmap(nk.jit(f))(V), wanted)
    h = nk.vmap(nk.hessian(f))(V)
    np.testing.assert_allclose(h, np.stack([nk.hessian(f)(v) for v in V]), rtol=1e-9)
    _, t = nk.jvp(nk.vmap(f), (V,), (V,))
    np.testing.assert_allclose(t, [nk.jvp(f, (v,), (v,))[1] for v in V], rtol=1e-12)
    np.testing.assert_allclose(
        nk.jacobian(nk.vmap(f))(V),
        np.stack([np.eye(5)[i][:, None] * nk.grad(f)(V[i]) for i in range(5)]),
        rtol=1e-12,
    )
    _, ys = nk.scan(lambda c, x: (c, nk.vmap(f)(x)), 0.0, np.stack([V, V * 2]))
    np.testing.assert_allclose(ys, [wanted, nk.vmap(f)(V * 2)])

    @nk.custom_vjp
    def twice(x, y):
        return x * y

    twice.defvjp(lambda x, y: (x * y, (x, y)), lambda res, ct: (ct * res[1] * 2, None))
    got = nk.vmap(nk.grad(lambda x, y: twice(x, y).sum()), (0, None))(V, np.arange(4.0))
    np.testing.assert_array_equal(got, np.tile(np.arange(4.0) * 2, (5, 1)))
    outside = nk.grad(lambda v: nk.vmap(lambda x: twice(x, x * 0 + 3).sum())(v).sum())(V)
    np.testing.assert_array_equal(outside, np.full((5, 4), 6.0))
    nk.check_grads(lambda v: nk.vmap(f)(v) ** 2, (V,))


@pytest.mark.parametrize("plan", [None, 1, 3])
def test_loops_inside(plan):
    def loop(x, w):
        def step(c, u):
            c = np.tanh(c @ w + u)
            return c, (c.sum(), 1.0)

        return nk.scan(step, np.zeros(4), x, checkpoint=plan)

    xs, ws = RNG.normal(size=(5, 7, 4)), RNG.normal(size=(5, 4, 4))
    loss = lambda x, w: (loop(x, w)[1][0] ** 2).sum() + loop(x, w)[0].sum()  # noqa: E731
    for axes, w in [((0, None), ws[0]), ((0, 0), ws), ((None, 0), ws)]:
        x = xs if axes[0] == 0 else xs[0]
        same(loop, (x, w), axes)
        same(nk.grad(loss, (0, 1)), (x, w), axes, 1e-9)
    batch = lambda xs, ws: (nk.vmap(loss)(xs, ws) ** 2).sum()  # noqa: E731
    got = nk.grad(batch, (0, 1))(xs[:2], ws[:2])
    for i in range(2):
        scale = 2 * loss(xs[i], ws[i])
        for g, one in zip(got, nk.grad(loss, (0, 1))(xs[i], ws[i])):
            np.testing.assert_allclose(g[i], scale * one, rtol=1e-9, atol=1e-12)


def test_products_are_one_call():
    with Graph(None, True) as root:
        stack = Tracer(root.add_input((50, 4), np.float64))
        shared = Tracer(root.add_input((3, 4), np.float64))
        out = nk.vmap(lambda x: shared @ x)(stack)
        products = [n for n in reachable([out.node]) if n.prim.name == "matmul"]
        assert [p.shape for p in products] == [(50, 3)]


def test_random_numbers_differ_between_elements():
    rng = nk.Rng(3)
    draw = nk.vmap(lambda x: x + rng.normal(4))(np.zeros(6))
    assert len(np.unique(draw)) == 24
    np.testing.assert_array_equal(draw, nk.Rng(3).normal((6, 4)))
    poisson = nk.vmap(lambda lam: nk.Rng(1).poisson(lam, 3))(np.array([0.0, 1e3]))
    assert (poisson[0] == 0).all() and len(np.unique(poisson[1])) > 1
    walk = nk.vmap(lambda x: nk.scan(lambda c, _: (c + rng.normal(), c), x, length=5)[0])(
        np.zeros(4)
    )
    assert len(np.unique(walk)) == 4
    passed = nk.vmap(lambda x, r: x + r.uniform(2), (0, None))(np.zeros(3), nk.Rng(5))
    assert len(np.unique(passed)) == 6
    # unmapped values, mapped draws
    assert len(np.unique(nk.vmap(lambda x, y: y + rng.uniform(), (0, None))(np.zeros(7), 1.0))) == 7
    nested = nk.vmap(nk.vmap(lambda x: x + rng.uniform()))(np.zeros((3, 4)))
    assert len(np.unique(nested)) == 12
    keyed = nk.vmap(lambda r: r.normal(2))(
        nk.tree.map(lambda *k: np.stack(k), nk.Rng(1), nk.Rng(2), nk.Rng(1))
    )
    np.testing.assert_array_equal(keyed[0], keyed[2])
    np.testing.assert_array_equal(keyed[1], nk.Rng(2).normal(2))


class Cell:
    def __init__(self, w):
        self.w = nk.param(w)
        self.count = nk.state(np.zeros(w.shape[:-1]))

    def __call__(self, x):
        self.count = self.count + 1.0
        return (self.w * x).sum(-1)


def test_models():
    cell = Cell(V[0])
    got = nk.vmap(lambda m, x: m(x), (None, 0))(cell, V)
    np.testing.assert_allclose(got, V @ V[0])
    assert cell.count == 1.0
    ensemble = Cell(V)
    got = nk.vmap(lambda m, x: m(x), (0, None))(ensemble, V[1])
    np.testing.assert_allclose(got, V @ V[1])
    np.testing.assert_array_equal(ensemble.count, np.ones(5))
    assert type(ensemble.w).__name__ == "Param"

    class Counter(Cell):
        def __call__(self, x):
            self.count = self.count + x.sum()
            return x

    with pytest.raises(TypeError, match="state"):
        nk.vmap(lambda m, x: m(x), (None, 0))(Counter(V[0]), V)

"""Models whose state is written in loops, branches and other transforms: numbers as of a Python loop."""

import contextlib
import dataclasses

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import TraceError

XS = np.random.default_rng(0).standard_normal((5, 2))


class Leaky:
    """v <- decay v + w x, where v is state."""

    def __init__(self):
        self.w = nk.param(np.array([0.5, -1.5]))
        self.v = nk.state(np.array([0.1, 0.2]))

    def __call__(self, x):
        self.v = 0.9 * self.v + np.tanh(self.w * x)
        return self.v


class InPlace(Leaky):
    def __call__(self, x):
        self.v *= 0.9
        self.v += np.tanh(self.w * x)
        return self.v * 1.0


class Stack:
    """Models in a list, state in a dict, a count that is a Python number."""

    def __init__(self):
        self.layers = [Leaky(), InPlace()]
        self.kept = {"sum": nk.state(np.zeros(2))}
        self.t = 0.0

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        self.t = self.t + 0.5
        self.kept["sum"] = self.kept["sum"] + self.t * x
        return self.kept["sum"]


KINDS = [Leaky, InPlace, Stack]


def arrays(m):
    """All values that a model holds, none of them traced."""
    held = [*vars(m).values()]
    if isinstance(m, Stack):
        held += [*m.kept.values(), *(a for layer in m.layers for a in vars(layer).values())]
    held = [x for x in held if not isinstance(x, (list, dict))]
    assert all(isinstance(x, (np.ndarray, float)) for x in held)
    return [np.array(x) for x in held]


def same_models(a, b):
    for x, y in zip(arrays(a), arrays(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13)


def wanted(kind, xs=XS):
    m = kind()
    return m, np.array([np.array(m(x)) for x in xs])


def in_scan(m, xs):
    return nk.scan(lambda c, x: (c, m(x)), 0.0, xs)[1]


@pytest.mark.parametrize("kind", KINDS)
def test_scan_over_a_captured_model(kind):
    m = kind()
    after, ys = wanted(kind)
    np.testing.assert_allclose(in_scan(m, XS), ys, rtol=1e-13)
    same_models(m, after)
    np.testing.assert_allclose(m(XS[0]), after(XS[0]), rtol=1e-13)


@pytest.mark.parametrize("kind", [Leaky, InPlace])
def test_scan_in_jit_with_the_model_as_argument(kind):
    m = kind()
    after, ys = wanted(kind, np.concatenate([XS, XS]))
    f = nk.jit(in_scan)
    np.testing.assert_allclose(np.concatenate([f(m, XS), f(m, XS)]), ys, rtol=1e-13)
    same_models(m, after)


def loss_scan(m, xs):
    return nk.scan(lambda c, x: (c + (m(x) ** 2).sum(), None), 0.0, xs)[0]


def loss_fori(m, xs):
    return nk.fori_loop(0, len(xs), lambda i, c: c + (m(nk.array(xs)[i]) ** 2).sum(), 0.0)


def loss_while(m, xs):
    def body(s):
        return s[0] + 1, s[1] + (m(nk.array(xs)[s[0]]) ** 2).sum()

    return nk.while_loop(lambda s: s[0] < len(xs), body, (0, 0.0))[1]


def loss_checkpoint(m, xs):
    step = nk.checkpoint(lambda x: (m(x) ** 2).sum())
    return sum(step(x) for x in xs)


def loss_nested(m, xs):
    def outer(c, x):
        return nk.scan(lambda c, y: (c + (m(y) ** 2).sum(), None), c, x[None])[0], None

    return nk.scan(outer, 0.0, xs)[0]


def loss_cond(m, xs):
    return sum(nk.cond(x[0] ** 2 >= 0, lambda x: (m(x) ** 2).sum(), lambda x: 0.0, x) for x in xs)


def loss_loop(m, xs):
    return sum((np.array(m(x)) ** 2).sum() for x in xs)


LOSSES = [loss_scan, loss_fori, loss_while, loss_checkpoint, loss_nested, loss_cond]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", [Leaky, InPlace])
def test_gradients_by_parameters(kind, loss):
    m, after = kind(), kind()
    value, gradient = nk.value_and_grad(loss)(m, XS)
    np.testing.assert_allclose(value, loss_loop(after, XS), rtol=1e-12)
    same_models(m, after)
    for i in range(2):
        shifted = []
        for sign in (1, -1):
            n = kind()
            n.w[i] += sign * 1e-6
            shifted.append(loss_loop(n, XS))
        np.testing.assert_allclose(gradient["w"][i], (shifted[0] - shifted[1]) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_in_jit(loss):
    m, after = Leaky(), Leaky()
    f = nk.jit(loss)
    for _ in range(2):
        np.testing.assert_allclose(f(m, XS), loss_loop(after, XS), rtol=1e-12)
        same_models(m, after)


@pytest.mark.parametrize("loss", [loss_scan, loss_fori, loss_while, loss_nested])
@pytest.mark.parametrize("kind", KINDS)
def test_plain_loops(kind, loss):
    m, after = kind(), kind()
    np.testing.assert_allclose(loss(m, XS), loss_loop(after, XS), rtol=1e-12)
    same_models(m, after)


def test_a_test_of_a_while_loop_reads_the_state():
    def run(loop):
        m = Leaky()
        m.v = nk.state(np.zeros(2))
        return loop(lambda i: np.sum(m.v**2) < 4, lambda i: (m(np.array([3.0, 3.0])), i + 1)[1], 0)

    def python(test, body, i):
        while test(i):
            i = body(i)
        return i

    assert run(nk.while_loop) == run(python) > 1


@pytest.mark.parametrize(
    "call",
    [
        lambda m: nk.jit(lambda x: m(x))(XS[0]),
        lambda m: nk.jit(m)(XS[0]),
        lambda m: nk.vmap(lambda x: m(x))(XS),
        lambda m: nk.sweep(lambda x: m(x), XS),
        lambda m: nk.fixed_point(lambda y: 0.1 * m(y), XS[0]),
        lambda m: nk.jit(lambda xs: in_scan(m, xs))(XS),
        lambda m: nk.jit(lambda m, xs: nk.vmap(lambda x: m(x))(xs))(m, XS),
    ],
)
def test_other_writes_are_refused_and_undone(call):
    m = Leaky()
    with pytest.raises(TraceError, match=r"test_models\.py:\d+\) to Leaky\.v.*return the value"):
        call(m)
    same_models(m, Leaky())
    with pytest.raises(TraceError, match="sets cannot share .* make the model inside"):
        nk.sweep(lambda x: m(x), XS)
    np.testing.assert_array_equal(m(XS[0]), Leaky()(XS[0]))
    same_models(m, wanted(Leaky, XS[:1])[0])


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: nk.scan(lambda c, x: (c, f(x)), 0.0, XS),
        lambda f: nk.fori_loop(0, 3, lambda i, c: f(c), XS[0]),
        lambda f: nk.while_loop(lambda c: c[0] < 9, f, XS[0]),
        lambda f: nk.jit(f)(XS[0]),
        lambda f: nk.vmap(f)(XS),
        lambda f: nk.grad(f)(XS[0]),
        lambda f: nk.grad(lambda x: nk.checkpoint(f)(x).sum())(XS[0]),
        lambda f: nk.jit(lambda x: nk.cond(x[0] > 0, f, f, x))(XS[0]),
    ],
)
def test_errors_leave_the_model_as_it_was(transform):
    m = Leaky()

    def f(x):
        m(x)
        raise RuntimeError("stop here")

    with pytest.raises(RuntimeError, match="stop here"):
        transform(f)
    same_models(m, Leaky())


class Counted(Leaky):
    """Counts its calls, in a number that no trace sees."""

    def __init__(self):
        super().__init__()
        self.calls = nk.state(np.int64(0))

    def __call__(self, x):
        self.calls = self.calls + 1
        return super().__call__(x)


@pytest.mark.parametrize("transform", [nk.jit, nk.grad, nk.hessian, nk.vmap, nk.jacobian])
@pytest.mark.parametrize("fails", ["tracing", "running", "kept"])
def test_errors_leave_plain_states_as_they_were_too(transform, fails):
    m = Counted()

    def f(x):
        y = m(x).sum()
        if fails == "tracing":
            raise RuntimeError("stop here")
        return np.linalg.inv(np.zeros((2, 2)) * y).sum() if fails == "running" else y

    kept = fails == "kept" and transform in (nk.grad, nk.hessian, nk.jacobian)
    errors = (RuntimeError, np.linalg.LinAlgError, TraceError)
    with contextlib.nullcontext() if kept else pytest.raises(errors):
        transform(f)(XS if transform is nk.vmap else XS[0])
    assert m.calls == kept


def test_what_cannot_go_along_is_named():
    class Last:
        def __init__(self):
            self.last = None

        def __call__(self, x):
            self.last = x * 2
            return x

    m = Last()
    with pytest.raises(TraceError, match=r"scan: .*Last\.last.*begin with an array"):
        in_scan(m, XS)
    assert m.last is None
    grows = Leaky()
    with pytest.raises(TypeError, match=r"Leaky\.v begins as float64\[2\] and is float64\[3, 2\]"):
        nk.scan(lambda c, x: (c, grows(x)), 0.0, np.ones((2, 3, 1)))
    with pytest.raises(TypeError, match=r"carry\['a'\] begins as"):
        nk.scan(lambda c, x: ({"a": m0(x)[:1]}, 0.0), {"a": np.zeros(2)}, XS) if (
            m0 := Leaky()
        ) else None
    same_models(grows, Leaky())


@pytest.mark.parametrize(
    "call",
    [
        lambda m: nk.scan(lambda m, x: (m, m(x)), m, XS),
        lambda m: nk.fori_loop(0, 2, lambda i, c: c, {"m": m}),
        lambda m: nk.while_loop(lambda m: True, lambda m: m, m),
    ],
)
def test_models_as_carries_are_refused(call):
    with pytest.raises(TraceError, match=r"a model \(Leaky\) cannot be part of the carry"):
        call(Leaky())


def test_reached_through_functions_partials_and_globals():
    import functools

    m, after = Leaky(), Leaky()
    inner = functools.partial(lambda n, x: n(x), m)
    ys = nk.scan(lambda c, x: (c, [f(x) for f in (inner,)][0]), 0.0, XS)[1]
    np.testing.assert_allclose(ys, [np.array(after(x)) for x in XS])
    ys = nk.scan(lambda c, x, f=m.__call__: (c, f(x)), 0.0, XS)[1]
    np.testing.assert_allclose(ys, [np.array(after(x)) for x in XS])
    same_models(m, after)


def test_only_what_is_written_is_carried():
    m = Leaky()
    ys = nk.scan(lambda c, x: (c, m.v * m.w * x), 0.0, XS)[1]
    np.testing.assert_array_equal(ys, m.v * m.w * XS)
    assert isinstance(m.v, type(nk.state(0.0)))


class Plain(Leaky):
    def __init__(self):
        self.w, self.v = nk.param(np.array([0.5, -1.5])), np.array([0.1, 0.2])


def test_state_that_has_no_mark_is_refused_not_lost():
    unmarked, after = Plain(), Leaky()
    with pytest.raises(TraceError, match=r"to Plain\.v, .*mark the attribute by nk\.state"):
        nk.jit(lambda m, x: m(x).sum())(unmarked, XS[1])
    same_models(unmarked, after)
    unmarked.v = nk.state(unmarked.v)
    nk.jit(lambda m, x: m(x).sum())(unmarked, XS[1])
    after(XS[1])
    same_models(unmarked, after)


@pytest.mark.parametrize("kind", [Leaky, Plain])
@pytest.mark.parametrize(
    "call",
    [
        lambda m, x: nk.grad(lambda x: m(x).sum())(x),
        lambda m, x: nk.grad(lambda m, x: m(x).sum(), argnums=1)(m, x),
        lambda m, x: nk.grad(lambda m, x: m(x).sum())(m, x),
        lambda m, x: nk.jacobian(m)(x),
        lambda m, x: nk.hessian(lambda x: m(x).sum())(x),
        lambda m, x: nk.vjp(m, x)[1](np.ones(2)),
        lambda m, x: nk.jvp(lambda x: nk.grad(lambda y: m(y).sum())(x), (x,), (x,)),
    ],
)
def test_derivatives_keep_what_is_written(call, kind):
    m, after = kind(), Leaky()
    for x in XS[:2]:
        call(m, x)
        after(x)
        same_models(m, after)
        assert isinstance(m.v, nk.state(0.0).__class__ if kind is Leaky else np.ndarray)


def test_derivatives_keep_values_in_new_places():
    """As programs write them that keep what they saw on the way."""

    class Problem:
        def __init__(self):
            self.seen, self.best = [], None

        def loss(self, x):
            self.inner = {"pair": (x * 2, [np.sum(x)]), "size": 2}
            self.best = np.sum(x**2)
            self.seen.append(self.best)
            log.append(self.best > 3)
            return self.best

    p, log, x = Problem(), [], np.array([1.0, 2.0])
    np.testing.assert_array_equal(nk.grad(p.loss)(x), 2 * x)
    value, gradient = nk.value_and_grad(lambda x: p.loss(x) * 2)(x)
    np.testing.assert_array_equal(gradient, 4 * x)
    assert p.seen == [5.0, 5.0] and p.best == 5.0 and log == [True, True] and value == 10
    assert all(type(v) is np.float64 for v in [p.best, *p.seen, *p.inner["pair"][1]])
    np.testing.assert_array_equal(p.inner["pair"][0], 2 * x)
    assert p.inner["size"] == 2 and p.inner["pair"][1] == [3.0]


def test_errors_undo_what_is_written():
    class Problem:
        def __init__(self):
            self.best, self.seen = 1.0, [0.0]

        def loss(self, x):
            self.best = x * 2
            self.extra = x
            self.seen.append(x)
            return x

    p = Problem()
    with pytest.raises(ValueError, match="scalar"):  # after f has returned
        nk.grad(p.loss)(XS[0])
    with pytest.raises(ZeroDivisionError):
        nk.grad(lambda x: p.loss(x) / (1 // 0))(1.0)
    assert vars(p) == {"best": 1.0, "seen": [0.0]}
    with pytest.raises(TraceError, match=r"Problem\.best, of a model"):
        nk.grad(lambda x: nk.vmap(p.loss)(x).sum())(XS[0])
    assert p.best == 1.0


def test_operands_of_cond_and_checkpoint():
    def f(m, x):
        m = nk.cond(x[0] ** 2 >= 0, lambda m, x: m(x).sum(), lambda m, x: 0.0, m, x)
        return m

    def g(m, x):
        return nk.checkpoint(lambda m, x: m(x).sum())(m, x)

    for h in (f, g):
        m, after = Leaky(), Leaky()
        for x in XS:
            assert nk.jit(h)(m, x) == pytest.approx(after(x).sum())
        same_models(m, after)


@pytest.mark.parametrize("transform", [nk.jit, nk.grad])
@pytest.mark.parametrize("in_place", [False, True])
def test_writes_to_parameters_are_refused(transform, in_place):
    class Counter:
        def __init__(self):
            self.n = np.zeros(2)

        def __call__(self, x):
            if in_place:
                self.n += x
            else:
                self.n = self.n + x
            return self.n.sum()

    m = Counter()
    with pytest.raises(TraceError, match=r"Counter\.n, which is a parameter.*nk\.state"):
        transform(lambda m, x: m(x))(m, XS[0])
    np.testing.assert_array_equal(m.n, np.zeros(2))
    assert type(m.n) is np.ndarray


def test_fields_that_are_no_numbers():
    @dataclasses.dataclass
    class Net:
        w: object
        name: str
        act: object

    loss = lambda p: p.act(p.w).sum()  # noqa: E731
    net = Net(np.array([0.3, -0.4]), "a", np.tanh)
    with pytest.raises(TypeError, match=r"argument 0\.name must be .*nk\.tree\.register"):
        nk.grad(loss)(net)
    nk.tree.register(
        Net, lambda x: ([x.w], (x.name, x.act)), lambda meta, children: Net(children[0], *meta)
    )
    gradient = nk.grad(loss)(net)
    assert gradient.name == "a" and gradient.act is np.tanh
    np.testing.assert_allclose(gradient.w, 1 - np.tanh(net.w) ** 2)


def test_vjp_keeps_the_state():
    m, after = Leaky(), Leaky()
    value, pullback = nk.vjp(lambda m: m(XS[0]), m)
    np.testing.assert_allclose(value, after(XS[0]))
    same_models(m, after)
    slope = (1 - np.tanh(m.w * XS[0]) ** 2) * XS[0]
    np.testing.assert_allclose(pullback(np.ones(2))[0]["w"], slope)

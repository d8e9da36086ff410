"""grad, vjp, jvp, jacobian, jit, models, optimisers, containers."""

import collections
import dataclasses
import subprocess
import sys

import numpy as np
import pytest

import neurokit as nk
from neurokit import optim

RNG = np.random.default_rng(2)
X = RNG.normal(size=4)


def test_value_and_grad_of_containers():
    p = {"w": RNG.normal(size=(3, 4)), "b": [RNG.normal(size=3), 0.5]}

    def f(p, x):
        return np.sum(np.tanh(p["w"] @ x + p["b"][0]) * p["b"][1])

    value, g = nk.value_and_grad(f)(p, X)
    np.testing.assert_allclose(value, f(p, X), rtol=1e-14)
    assert g["w"].shape == (3, 4) and isinstance(g["b"], list)
    h = np.tanh(p["w"] @ X + p["b"][0])
    np.testing.assert_allclose(g["b"][0], 0.5 * (1 - h**2), rtol=1e-12)
    np.testing.assert_allclose(g["b"][1], h.sum(), rtol=1e-12)


def test_argnums_aux_and_unused():
    def f(a, b, c):
        return (a * b).sum(), {"twice": a * 2, "name": "x", "c": c}

    (value, aux), (ga, gc) = nk.value_and_grad(f, argnums=(0, 2), has_aux=True)(X, X, np.ones(2))
    np.testing.assert_array_equal(ga, X)
    np.testing.assert_array_equal(gc, [0, 0])
    np.testing.assert_array_equal(aux["twice"], X * 2)
    assert aux["name"] == "x"
    g, aux = nk.grad(f, has_aux=True)(X, X, 1.0)
    np.testing.assert_array_equal(g, X)
    square = lambda x: (x**2, x.sum())  # noqa: E731
    matrix, total = nk.jacobian(square, has_aux=True)(X)
    np.testing.assert_allclose(matrix, np.diag(2 * X))
    assert total == X.sum()
    second, (rest, _) = nk.hessian(lambda x: (np.sum(x**3), square(x)), has_aux=True)(X)
    np.testing.assert_allclose(second, np.diag(6 * X))
    np.testing.assert_allclose(rest, X**2)
    for transform in (nk.grad, nk.jacobian, nk.hessian):
        with pytest.raises(TypeError, match=r"\(value, aux\), got tuple of length 3"):
            transform(lambda x: (x, x, x), has_aux=True)(1.0)
        with pytest.raises(ValueError, match="twice"):
            transform(f, argnums=(0, -3))(X, X, 1.0)
        with pytest.raises(TypeError, match="argnums"):
            transform(f, argnums="a")(X, X, 1.0)


def test_vjp_jvp():
    f = lambda x, y: (np.outer(x, y), x.sum())  # noqa: E731
    out, pull = nk.vjp(f, X, X[:2])
    gx, gy = pull((np.ones((4, 2)), 2.0))
    np.testing.assert_allclose(gx, X[:2].sum() + 2)
    np.testing.assert_allclose(gy, [X.sum()] * 2)
    out, (t, s) = nk.jvp(f, (X, X[:2]), (np.ones(4), np.zeros(2)))
    np.testing.assert_allclose(t, np.outer(np.ones(4), X[:2]))
    assert s == 4
    with pytest.raises(ValueError, match="structure"):
        pull(1.0)
    with pytest.raises(ValueError, match="shape"):
        pull((np.ones(3), 1.0))


@pytest.mark.parametrize("mode", ["fwd", "rev", "auto"])
def test_jacobian(mode):
    f = lambda x: np.stack([x[0] * x[1], np.sin(x[2]), x[3] ** 2])  # noqa: E731
    j = nk.jacobian(f, mode=mode)(X)
    wanted = np.zeros((3, 4))
    wanted[0, :2], wanted[1, 2], wanted[2, 3] = X[1::-1], np.cos(X[2]), 2 * X[3]
    np.testing.assert_allclose(j, wanted, rtol=1e-13)
    inside = nk.jit(lambda x: nk.jacobian(f, mode=mode)(x))(X)
    np.testing.assert_allclose(inside, wanted, rtol=1e-13)


def test_hessian_and_hvp():
    f = lambda x: np.sum(x[:-1] ** 2 * np.exp(x[1:]))  # noqa: E731
    h = nk.hessian(f)(X)
    np.testing.assert_allclose(h, h.T, rtol=1e-12)
    v = RNG.normal(size=4)
    np.testing.assert_allclose(nk.hvp(f, (X,), (v,)), h @ v, rtol=1e-12)
    np.testing.assert_allclose(nk.jacobian(nk.grad(f), mode="rev")(X), h, rtol=1e-12)


def test_third_derivative_and_nesting():
    d = nk.grad(nk.grad(nk.grad(lambda x: np.sin(x) * x)))
    x = 0.7
    np.testing.assert_allclose(d(x), -3 * np.sin(x) - x * np.cos(x), rtol=1e-12)
    # no confusion of perturbations
    f = lambda x: x * nk.grad(lambda y: x * y)(2.0)  # noqa: E731
    assert nk.grad(f)(3.0) == 6.0


def test_stop_gradient_surrogate_custom():
    assert nk.grad(lambda x: x * nk.stop_gradient(x))(3.0) == 3.0
    for name in (
        "arctan",
        "sigmoid",
        "fast_sigmoid",
        "gaussian",
        "triangle",
        "rectangle",
        "rectangular",
        "straight_through",
    ):
        assert nk.grad(lambda x: nk.spike(x, name, width=2.0))(0.0) == pytest.approx(0.5)
        _, t = nk.jvp(lambda x: nk.spike(x, name), (0.0,), (3.0,))
        assert t == pytest.approx(3.0)
    with pytest.raises(ValueError, match="surrogate"):
        nk.spike(X, "nothing")

    @nk.custom_vjp
    def f(x, y):
        return x * y

    f.defvjp(lambda x, y: (x * y, (x, y)), lambda res, ct: (ct * res[1] * 2, None))
    gx, gy = nk.grad(lambda x, y: f(x, y), argnums=(0, 1))(3.0, 4.0)
    assert gx == 8 and gy == 0
    assert nk.jvp(f, (3.0, 4.0), (1.0, 1.0)) == (12, 8)  # the same rule in forward mode


def test_custom_rules_take_defaults_names_and_functions():
    @nk.custom_vjp
    def f(x, power=2.0, function=np.sin):
        return function(x) ** power

    def fwd(x, power, function):
        return f(x, power, function), (x, power)

    f.defvjp(fwd, lambda res, ct: (10 * ct * res[0], res[1] * ct, None))
    assert f(0.5) == np.sin(0.5) ** 2 and f(0.5, power=3.0) == np.sin(0.5) ** 3
    assert nk.grad(f)(0.5) == 5 and nk.grad(f)(0.5, power=3.0) == 5
    assert nk.grad(lambda x, p: f(x, power=p, function=np.cos), argnums=1)(0.5, 3.0) == 3
    assert nk.jit(lambda x: f(x, function=np.cos))(0.5) == pytest.approx(np.cos(0.5) ** 2)
    with pytest.raises(TypeError, match="nothing"):
        f(0.5, nothing=1)


def test_jit_signatures_and_static():
    calls = []

    def f(x, n, flip=False):
        calls.append(1)
        return (-x if flip else x) * n

    g = nk.jit(f, static_argnums=1, static_argnames="flip")
    np.testing.assert_array_equal(g(X, 2), X * 2)
    np.testing.assert_array_equal(g(X + 1, 2), (X + 1) * 2)
    assert len(calls) == 1
    np.testing.assert_array_equal(g(X, 3, flip=True), -X * 3)
    np.testing.assert_array_equal(g(X.astype(np.float32), 2), X.astype(np.float32) * 2)
    assert len(calls) == 3
    h = nk.jit(lambda x, a: x * a)
    assert h(X.astype(np.float32), 0.5).dtype == np.float32
    assert h(X.astype(np.float32), np.float64(0.5)).dtype == np.float64
    assert nk.jit(lambda: 3)() == 3


def test_jit_of_grad_and_grad_of_jit():
    f = lambda x: np.sum(np.exp(x) * x)  # noqa: E731
    wanted = np.exp(X) * (X + 1)
    np.testing.assert_allclose(nk.jit(nk.grad(f))(X), wanted, rtol=1e-13)
    np.testing.assert_allclose(nk.grad(nk.jit(f))(X), wanted, rtol=1e-13)


class Cell:
    def __init__(self):
        self.w = nk.param(np.eye(2))
        self.count = nk.state(np.zeros(2))
        self.fixed = np.ones(2)

    def __call__(self, x):
        self.count = self.count + x
        return self.w @ x * self.fixed


def test_models():
    cell = Cell()
    assert list(nk.params(cell)) == ["w"] and list(nk.states(cell)) == ["count"]
    value, g = nk.value_and_grad(lambda m, x: m(x).sum())(cell, np.array([1.0, 2.0]))
    assert value == 3
    np.testing.assert_array_equal(g["w"], [[1, 2], [1, 2]])
    np.testing.assert_array_equal(cell.count, [1, 2])
    step = nk.jit(lambda m, x: m(x))
    step(cell, np.array([1.0, 2.0]))
    step(cell, np.array([1.0, 2.0]))
    np.testing.assert_array_equal(cell.count, [3, 6])
    assert type(cell.count).__name__ == "State" and type(cell.w).__name__ == "Param"
    assert type(cell.w + 1) is np.ndarray

    class Plain:
        def __init__(self):
            self.a, self.n = np.ones(2), np.arange(2)

    assert list(nk.params(Plain())) == ["a"]
    with pytest.raises(RuntimeError):
        nk.grad(lambda m: (_ for _ in ()).throw(RuntimeError("user")))(cell)
    assert type(cell.w).__name__ == "Param"


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Pair:
    a: object
    b: object


def test_tree():
    t = {"b": [1, (2, None)], "a": Point(3, Pair(4, 5))}
    leaves, spec = nk.tree.flatten(t)
    assert leaves == [3, 4, 5, 1, 2]
    assert nk.tree.unflatten(spec, leaves) == t
    assert nk.tree.map(lambda x: x + 1, t)["a"] == Point(4, Pair(5, 6))
    assert nk.tree.map(lambda x, y: x * y, [1, 2], [3, 4]) == [3, 8]
    with pytest.raises(ValueError, match="structure"):
        nk.tree.map(lambda x, y: x, [1, 2], [1])
    with pytest.raises(ValueError):
        nk.tree.unflatten(spec, leaves[:-1])


def test_adam_against_the_formula():
    p, g = {"w": X.copy(), "c": 1.0}, {"w": X**2, "c": -0.5}
    opt = optim.Adam(0.01, b1=0.8, b2=0.95)
    state = opt.init(p)
    m = v = 0.0
    w = X.copy()
    step = nk.jit(lambda g, s, p: opt.update(g, s, p))
    q, jit_state = p, state
    for t in range(1, 6):
        p, state = opt.update(g, state, p)
        q, jit_state = step(g, jit_state, q)
        m, v = 0.8 * m + 0.2 * X**2, 0.95 * v + 0.05 * X**4
        w = w - 0.01 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-8)
        np.testing.assert_allclose(p["w"], w, rtol=1e-12)
        np.testing.assert_allclose(q["w"], w, rtol=1e-12)
    assert (
        optim.Adam()
        .update(
            {"w": np.ones(2, np.float32)},
            optim.Adam().init({"w": np.ones(2, np.float32)}),
            {"w": np.ones(2, np.float32)},
        )[0]["w"]
        .dtype
        == np.float32
    )
    with pytest.raises(ValueError, match="learning_rate"):
        optim.Adam(-1.0)
    with pytest.raises(ValueError, match="shape"):
        opt.update({"w": np.ones(3), "c": 1.0}, opt.init(p), p)


def test_rng():
    a, b = nk.Rng(3), nk.Rng(3)
    np.testing.assert_array_equal(a.normal(5), b.normal(5))
    assert not np.array_equal(a.normal(5), nk.Rng(3).normal(5))
    x = nk.Rng(1).normal(100_000, mean=2.0, sd=3.0)
    assert abs(x.mean() - 2) < 0.05 and abs(x.std() - 3) < 0.05
    assert sorted(nk.Rng(0).permutation(10)) == list(range(10))
    assert set(nk.Rng(0).choice(5, 200)) == set(range(5))
    assert nk.Rng(0).uniform((2, 3), dtype=np.float32).dtype == np.float32
    one, two = nk.Rng(0).split()
    assert not np.array_equal(one.uniform(4), two.uniform(4))
    with pytest.raises(ValueError):
        nk.Rng(-1)
    with pytest.raises(ValueError):
        nk.Rng(0).poisson(-1.0)


def test_rng_in_traces():
    rng = nk.Rng(0)
    noise = nk.jit(lambda x: x + rng.normal(3))
    first, second = noise(np.zeros(3)), noise(np.zeros(3))
    assert not np.array_equal(first, second)
    again = nk.Rng(0)
    np.testing.assert_array_equal(nk.jit(lambda x: x + again.normal(3))(np.zeros(3)), first)
    _, ys = nk.scan(lambda c, _: (c, rng.uniform(2)), 0.0, length=50)
    assert len(np.unique(ys)) == 100

    def walk(carry, _):
        x, r = carry
        return (x + r.normal(), r), x

    (x, r), path = nk.scan(walk, (0.0, nk.Rng(4)), length=200)
    assert len(np.unique(np.diff(path))) == 199 and isinstance(r, nk.Rng)

    def loss(w, plan):
        r = nk.Rng(9)
        return nk.scan(
            lambda c, _: (c * 0.9 + w * r.normal(), None), 0.0, length=30, checkpoint=plan
        )[0]

    g = nk.grad(loss)(1.0, None)
    assert g == nk.grad(loss)(1.0, 4) and g == pytest.approx(loss(1.0, None))


def test_check_grads_finds_errors():
    bad = nk.surrogate(np.sin, lambda x: np.cos(x) * 1.001)
    with pytest.raises(AssertionError, match="argument"):
        nk.check_grads(bad, (X,), order=1)
    with pytest.raises(TypeError, match="float64"):
        nk.check_grads(np.sin, (X.astype(np.float32),))


@pytest.mark.parametrize("name", ["jit", "grad", "vmap", "scan", "Rng"])
def test_each_transform_works_when_it_is_the_first(name):
    use = {
        "jit": "nk.jit(lambda a: a * a)(2.0)",
        "grad": "nk.grad(lambda a: a * a)(2.0)",
        "vmap": "nk.vmap(lambda a: a * a)(np.array([2.0]))[0]",
        "scan": "nk.scan(lambda c, x: (c * x, None), 1.0, np.array([2.0, 2.0]))[0]",
        "Rng": "4.0 + 0 * nk.Rng(0).normal()",
    }[name]
    if not hasattr(nk, name):
        pytest.skip(f"no {name}")
    code = f"import numpy as np, neurokit as nk; print(float({use}))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert float(out.stdout) == 4.0


def test_second_derivatives_where_the_first_vanishes():
    np.testing.assert_allclose(
        nk.hessian(lambda p: np.exp(p[0]) * p[1])(np.zeros(2)), [[0, 1], [1, 0]]
    )
    for f, wanted in [
        (np.log, 0.5),
        (lambda x: x / 3.0, 1 / 3),
        (np.sqrt, 0.5 / np.sqrt(2)),
        (np.exp, np.exp(2)),
        (lambda x: 1 / x, -0.25),
        (lambda x: x**1.5, 1.5 * np.sqrt(2)),
        (np.tan, 1 / np.cos(2) ** 2),
    ]:
        mixed = lambda y: nk.grad(lambda x: f(x) * y)(2.0)  # noqa: E731
        np.testing.assert_allclose(nk.grad(mixed)(0.0), wanted, rtol=1e-12)
        np.testing.assert_allclose(nk.jvp(mixed, (0.0,), (1.0,))[1], wanted, rtol=1e-12)


@pytest.mark.parametrize(
    "given",
    [
        {"order": 0},
        {"order": -1},
        {"order": float("nan")},
        {"order": float("inf")},
        {"order": None},
        {"order": True},
        {"modes": ()},
        {"modes": "fwd"},
        {"modes": ("forward",)},
        {"rtol": -1.0},
        {"rtol": float("nan")},
        {"rtol": "a"},
        {"atol": [1.0]},
        {"atol": -1e-9},
        {"eps": 0.0},
        {"eps": -1e-3},
        {"eps": float("nan")},
        {"eps": 1j},
    ],
)
def test_check_grads_refuses_what_would_check_nothing(given):
    (name,) = given
    with pytest.raises(ValueError, match=f"check_grads: {name} must be"):
        nk.check_grads(np.sin, (np.ones(2),), **given)


def test_jvp_and_unflatten_say_what_they_got():
    with pytest.raises(TypeError, match="equal length, got ndarray and a tuple of 1$"):
        nk.jvp(np.sin, X, (X,))
    with pytest.raises(TypeError, match="equal length, got a tuple of 1 and a list of 2$"):
        nk.jvp(np.sin, (X,), [X, X])
    with pytest.raises(TypeError, match="hvp: .* equal length, got float and a tuple of 1$"):
        nk.hvp(np.sin, 1.0, (1.0,))
    with pytest.raises(TypeError, match="wanted the structure .* got list"):
        nk.tree.unflatten([X], [X])

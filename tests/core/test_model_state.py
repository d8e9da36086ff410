"""State is a place of a model: it stays state when plain code writes to it, and every transform keeps what is written."""

import copy
import gc

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.models import model as _model

X = np.array([1.0, 2.0])


class Leaky:
    """v <- 0.9 v + tanh(w x): state as an attribute, one given by a variable, one in a dict, one a number."""

    def __init__(self):
        self.w = nk.param(np.array([0.5, -1.5]))
        self.v = nk.state(np.array([0.1, 0.2]))
        total = nk.state(np.zeros(2))
        self.kept = {"total": total}
        self.count = nk.state(0.0)

    def __call__(self, x):
        self.v = 0.9 * self.v + np.tanh(self.w * x)
        self.kept["total"] = self.kept["total"] + self.v
        self.count = self.count + 1.0
        return self.v


def values(m):
    return {name: np.array(x) for name, x in nk.states(m).items()}


def same(m, wanted):
    assert sorted(nk.states(m)) == ["count", "kept.total", "v"]
    np.testing.assert_allclose(m.v, wanted.v, rtol=1e-13)
    np.testing.assert_allclose(m.kept["total"], wanted.kept["total"], rtol=1e-13)
    assert m.count == wanted.count


def loss(m, x):
    return m(x).sum()


TRANSFORMS = {
    "jit": lambda m: nk.jit(loss)(m, X),
    "grad": lambda m: nk.grad(loss)(m, X),
    "grad by another argument": lambda m: nk.grad(loss, argnums=1)(m, X),
    "keyword": lambda m: nk.grad(lambda x, m: loss(m, x))(X, m=m),
    "in a container": lambda m: nk.grad(lambda x, ms: loss(ms["a"][0], x))(X, {"a": [m]}),
    "both": lambda m: nk.grad(loss, argnums=(0, 1))(m, X),
    "twice": lambda m: nk.grad(lambda m, x, n: loss(m, x))(m, X, m),
    "jit of grad": lambda m: nk.jit(nk.grad(loss, argnums=1))(m, X),
    "vjp": lambda m: nk.vjp(loss, m, X),
    "jvp": lambda m: nk.jvp(loss, (m, X), ({"w": X}, X)),
    "jacobian": lambda m: nk.jacobian(lambda m, x: m(x))(m, X),
    "jacobian by another argument": lambda m: nk.jacobian(lambda m, x: m(x), argnums=1)(m, X),
    "hessian": lambda m: nk.hessian(loss)(m, X),
    "hessian by another argument": lambda m: nk.hessian(loss, argnums=1)(m, X),
    "hvp": lambda m: nk.hvp(loss, (m, X), ({"w": X}, X)),
    "jit of jvp": lambda m: nk.jit(lambda m: nk.jvp(loss, (m, X), ({"w": X}, X)))(m),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_keeps_the_state(name):
    m, wanted = Leaky(), Leaky()
    for _ in range(2):
        TRANSFORMS[name](m)
        wanted(X)
        same(m, wanted)
        m(X), wanted(X)  # plain code gives the attributes new arrays, and a number
        same(m, wanted)


class Fitted:
    """Parameters as an attribute, one in a list, one a number, beside data and a state."""

    def __init__(self):
        self.w = nk.param(np.array([0.5, -1.5]))
        self.layers = [nk.param(np.ones(2))]
        self.bias = nk.param(0.3)
        self.data = np.array([2.0, 3.0])

    def __call__(self, x):
        return np.tanh(self.w * x + self.bias) * self.layers[0] * self.data


@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("transform", [lambda f: f, nk.jit])
def test_parameters_stay_parameters_when_plain_code_updates_them(with_state, transform):
    m, fitted = Fitted(), {"w": np.array([0.5, -1.5]), "b": 0.3, "l": np.ones(2)}
    if with_state:
        m.v = nk.state(np.zeros(2))
    step = transform(nk.grad(lambda m, x: (m(x) ** 2).sum()))
    data = m.data.copy()

    def by_hand(p):
        return ((np.tanh(p["w"] * X + p["b"]) * p["l"] * data) ** 2).sum()

    for _ in range(3):
        g, wanted = step(m, X), nk.grad(by_hand)(fitted)
        assert sorted(g) == ["bias", "layers.0", "w"] == sorted(nk.params(m))
        np.testing.assert_allclose(g["w"], wanted["w"], rtol=1e-12)
        np.testing.assert_allclose(g["layers.0"], wanted["l"], rtol=1e-12)
        np.testing.assert_allclose(g["bias"], wanted["b"], rtol=1e-12)
        m.w = m.w - 0.1 * g["w"]
        m.layers[0] = m.layers[0] - 0.1 * g["layers.0"]
        m.bias = float(m.bias - 0.1 * g["bias"])
        fitted = {k: v - 0.1 * wanted[k] for k, v in fitted.items()}
    m.w = nk.state(m.w)  # another mark takes the place
    assert "w" in nk.states(m) and "w" not in nk.params(m)


def test_parameters_scaled_before_any_transform_saw_them():
    m = Fitted()
    m.w = 0.1 * m.w
    assert sorted(nk.params(m)) == ["bias", "layers.0", "w"]


def test_gradients_beside_a_model_that_is_constant():
    m = Leaky()
    slope = (1 - np.tanh(m.w * X) ** 2) * m.w
    np.testing.assert_allclose(nk.grad(loss, argnums=1)(m, X), slope)
    np.testing.assert_allclose(nk.jacobian(lambda x, m: m(x))(X, m), np.diag(slope))


def test_a_mark_is_known_before_any_transform():
    m = Leaky()
    m.v, m.count = np.ones(2), 2.0
    assert sorted(nk.states(m)) == ["count", "kept.total", "v"]
    assert sorted(nk.params(m)) == ["w"]
    m.v = nk.param(m.v)
    assert sorted(nk.params(m)) == ["v", "w"]


def test_marks_belong_to_objects():
    m, other = Leaky(), Leaky()
    other.extra = np.ones(2)
    m.extra = nk.state(np.zeros(2))
    assert "extra" in nk.states(m) and "extra" not in nk.states(other)
    twin = copy.deepcopy(m)
    twin(X)
    assert values(m)["count"] == 0 and values(twin).keys() >= {"extra"}


def test_what_is_known_of_an_object_goes_with_it():
    m = Leaky()
    place = id(m)
    assert place in _model._marked_places
    del m
    gc.collect()
    assert place not in _model._marked_places


def test_an_attribute_written_with_its_own_value_in_a_loop():
    """A nested loop gives the attribute a new array of the same value: each trace finds it so or not."""

    class Cell:
        def __init__(self, n):
            self.n, self.z = n, n * 1.0

    def f(n):
        cell = Cell(n)

        def inner(_, x):
            cell.n = nk.cond(x > 9.0, lambda k: k, lambda k: k, cell.n)
            cell.z = cell.z + cell.n
            return 0.0, None

        def outer(_, x):
            nk.scan(inner, 0.0, X)
            return 0.0, cell.z

        return nk.scan(outer, 0.0, X)[1], cell.n

    for way in (f, nk.jit(f)):
        ys, n = way(np.array(2.0))
        np.testing.assert_array_equal(ys, [6.0, 10.0])
        assert n == 2.0

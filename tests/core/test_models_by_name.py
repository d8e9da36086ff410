"""Tangents and cotangents of a model are dicts by name: matched by name, in any order."""

import numpy as np
import pytest

import neurokit as nk


class Layer:
    def __init__(self, w):
        self.w = nk.param(np.full(2, w))


class Stack:
    """Twelve layers, whose names in the order of the list are not sorted: 'layers.10.w' < 'layers.2.w'."""

    def __init__(self):
        self.layers = [Layer(0.1 * k) for k in range(12)]
        self.v = nk.state(np.array([0.1, 0.2]))

    def __call__(self, x):
        for k, layer in enumerate(self.layers):
            self.v = self.v + (k + 1) * np.sin(layer.w * x)
        return self.v


def loss(m, x):
    return m(x).sum()


def one(m, number, order):
    """A tangent of layer `number` alone, with its names in some order."""
    return {k: np.full(2, float(k == f"layers.{number}.w")) for k in order(nk.params(m))}


@pytest.mark.parametrize("order", [list, sorted, lambda names: list(names)[::-1]])
@pytest.mark.parametrize("number", [2, 10])
def test_tangents(order, number):
    x = np.array([0.3, -0.7])
    slope = (number + 1) * np.cos(0.1 * number * x) * x
    m = Stack()
    _, got = nk.jvp(loss, (m, x), (one(m, number, order), np.zeros(2)))
    np.testing.assert_allclose(got, slope.sum(), rtol=1e-13)
    product, _ = nk.hvp(loss, (m, x), (one(m, number, order), np.zeros(2)))
    curve = -(number + 1) * np.sin(0.1 * number * x) * x**2
    np.testing.assert_allclose(product[f"layers.{number}.w"], curve, rtol=1e-12)
    assert not any(v.any() for k, v in product.items() if k != f"layers.{number}.w")


def test_tangents_of_another_structure():
    square = lambda p: p["a"] ** 2  # noqa: E731
    for tangent in ({"x": 1.0}, [1.0], 1.0, {"a": 1.0, "b": 2.0}):
        with pytest.raises(ValueError, match=r"jvp: tangents .* wanted \(\{'a': \*\},\), got"):
            nk.jvp(square, ({"a": 2.0},), (tangent,))
    m = Stack()
    for tangent in ({"layers.0.w": np.ones(2)}, [1.0, 2.0], (1.0, 2.0), None, 1.0):
        with pytest.raises(ValueError, match=r"jvp: tangents .* wanted \(Stack"):
            nk.jvp(loss, (m, 1.0), (tangent, 0.0))
    _, got = nk.jvp(lambda p: p[0] * p[1], ([2.0, 3.0],), ((1.0, 0.0),))  # a list is a tuple
    assert got == 3.0


def test_cotangents_of_custom_rules():
    @nk.custom_vjp
    def f(m, x):
        return loss(m, x)

    def bwd(residuals, ct):
        names, x = residuals
        return {k: ct * np.full(2, float(k.split(".")[1])) for k in sorted(names)}, 7.0 * ct * x

    f.defvjp(lambda m, x: (loss(m, x), (tuple(nk.params(m)), x)), bwd)
    for transform in (lambda g: g, nk.jit):
        got, other = transform(nk.grad(f, argnums=(0, 1)))(Stack(), np.ones(2))
        assert {k: v[0] for k, v in got.items()} == {f"layers.{k}.w": k for k in range(12)}
        np.testing.assert_array_equal(other, [7.0, 7.0])
    f.defvjp(lambda m, x: (loss(m, x), None), lambda _, ct: ({"w": ct}, None))
    with pytest.raises(ValueError, match="custom_vjp f: bwd .* argument 0, Stack.*got {'w': "):
        nk.grad(f)(Stack(), np.ones(2))


def test_cotangents_of_another_structure():
    f = nk.custom_vjp(lambda p: p["a"] * p["b"])
    f.defvjp(lambda p: (p["a"] * p["b"], p), lambda p, ct: ({"a": ct * p["b"], "b": None},))
    with pytest.raises(ValueError, match=r"argument 0, \{'a': \*, 'b': \*\}, or None, got"):
        nk.grad(f)({"a": 2.0, "b": 3.0})


def test_check_grads_takes_models():
    m, x = Stack(), np.array([0.3, -0.7])
    nk.check_grads(lambda m, x: m(x) * m(0.5 * x), (m, x))
    np.testing.assert_array_equal(m.v, [0.1, 0.2])
    wrong = lambda m, x: m(x) + nk.stop_gradient(m.layers[10].w)  # noqa: E731
    with pytest.raises(AssertionError, match=r"argument \[0\].layers.10.w is off"):
        nk.check_grads(wrong, (m, x))

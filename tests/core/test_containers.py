"""Containers of arguments and results: their order, their classes, what they are called in errors."""

import collections
import types

import numpy as np
import pytest

import neurokit as nk

X = np.array([0.3, -1.2, 2.1])


def chain(layers):
    """Layers in the order of the dict: it matters."""
    h = X
    for w in layers.values():
        h = np.tanh(h * w + 0.5)
    return np.sum(h)


def layers():
    return {"l2": np.array([1.0, 0.5, -1.0]), "l10": np.array([2.0, -0.3, 0.2]), "a": 0.7}


def test_functions_see_the_order_of_their_dicts():
    p = layers()
    assert nk.jit(chain)(p) == pytest.approx(chain(p), rel=1e-14)
    value, gradient = nk.value_and_grad(chain)(p)
    assert value == pytest.approx(chain(p), rel=1e-14)
    assert list(gradient) == list(p)
    nk.check_grads(chain, (p,), order=2)
    value, _ = nk.jvp(chain, (p,), ({k: np.ones_like(v) for k, v in p.items()},))
    assert value == pytest.approx(chain(p), rel=1e-14)
    mapped = nk.vmap(lambda s, p: s * chain(p), in_axes=(0, None))(X, p)
    np.testing.assert_allclose(mapped, X * chain(p), rtol=1e-14)
    carry, _ = nk.scan(lambda c, x: (c, chain(c) * x), p, X)
    assert list(carry) == list(p)


def test_jit_knows_dicts_of_another_order_apart():
    f = nk.jit(chain)
    p = layers()
    q = dict(sorted(p.items()))
    assert chain(p) != pytest.approx(chain(q), rel=1e-3)
    for one in (p, q, p, q):
        assert f(one) == pytest.approx(chain(one), rel=1e-14)
    g = nk.jit(lambda p, k: chain(p) * k, static_argnums=1)
    assert g(p, 2) == pytest.approx(2 * chain(p)) and g(q, 2) == pytest.approx(2 * chain(q))


def test_dicts_match_whatever_their_order():
    total = nk.tree.map(np.add, {"b": 1.0, "a": 2.0}, {"a": 10.0, "b": 20.0})
    assert list(total.items()) == [("b", 21.0), ("a", 12.0)]
    assert nk.tree.leaves({"b": 1, "a": 2}) == [2, 1]


def test_classes_of_containers_are_kept():
    ordered = collections.OrderedDict(b=X, a=2.0)
    gradient = nk.grad(lambda p: np.sum(p["b"]) * p["a"])(ordered)
    assert type(gradient) is collections.OrderedDict and list(gradient) == ["b", "a"]
    counts = collections.defaultdict(float, b=3.0, a=2.0)
    gradient = nk.grad(lambda p: p["b"] ** 2 + p["missing"] + p["a"])(counts)
    assert gradient == {"b": 6.0, "a": 1.0} and gradient["other"] == 0.0
    space = types.SimpleNamespace(w=X, b=2.0)
    gradient = nk.grad(lambda p: np.sum(p.w**2) * p.b)(space)
    np.testing.assert_allclose(gradient.w, 4 * X)
    assert gradient.b == pytest.approx(np.sum(X**2))
    assert nk.jit(lambda p: types.SimpleNamespace(twice=2 * p.b))(space).twice == 4


def test_structures_read_as_containers_in_errors():
    out, pullback = nk.vjp(lambda x: {"a": x, "b": [x, (x, None)]}, 2.0)
    with pytest.raises(
        ValueError, match=r"wanted \{'a': \*, 'b': \[\*, \(\*, None\)\]\}, got \{'a': \*\}"
    ):
        pullback({"a": 1.0})
    with pytest.raises(TypeError, match=r"wanted \*, got \(\*, \*\)"):
        nk.scan(lambda c, x: ((c, c), None), 0.0, X)

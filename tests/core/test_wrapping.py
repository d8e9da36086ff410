"""What transforms make of a function: static arguments by place or name, attributes, refusals."""

import numpy as np
import pytest

import neurokit as nk


def power(x, n, *, shift=0):
    return (x**n if n > 2 else x) + shift  # a choice in Python: n must be static


def test_static_arguments_by_place_and_by_name():
    for f in (
        nk.jit(power, static_argnames="n"),
        nk.jit(power, static_argnums=1),
        nk.jit(power, static_argnums=(-1,)),
        nk.jit(static_argnames=("n", "shift"))(power),
    ):
        assert f(2.0, 3) == 8 and f(2.0, n=3) == 8 and f(x=2.0, n=3) == 8 and f(2.0, 1) == 2
        assert f(2.0, 3, shift=1) == 9
    g = nk.jit(nk.grad(power), static_argnames=["n"])
    assert g(2.0, 3) == 12 and g(2.0, n=3) == 12
    any_number = nk.jit(lambda *a: a[0] if a[1] > 2 else -a[0], static_argnums=1)
    assert any_number(1.0, 5) == 1 and any_number(1.0, 1) == -1
    by_keyword = nk.jit(lambda x, **k: x * len(k["name"]), static_argnames="name")
    assert by_keyword(2.0, name="abc") == 6


def test_static_arguments_that_are_not_there():
    with pytest.raises(ValueError, match="static_argnames has 'm'"):
        nk.jit(power, static_argnames="m")
    with pytest.raises(ValueError, match="static_argnums has 2"):
        nk.jit(power, static_argnums=2)


@pytest.mark.parametrize(
    "transform",
    [nk.jit, nk.grad, nk.value_and_grad, nk.jacobian, nk.hessian, nk.vmap, nk.checkpoint],
)
def test_no_function(transform):
    for bad in (3, "f", np.zeros(2)):
        with pytest.raises(TypeError, match="takes a function, got"):
            transform(bad)


def test_attributes_of_functions_stay():
    def f(x):
        """Doc."""
        return x

    f.unit = "mV"
    for g in (nk.jit(f), nk.grad(f), nk.vmap(f)):
        assert g.unit == "mV" and g.__doc__ == "Doc."


def test_hessian_of_results_of_any_shape():
    x = np.array([0.5, -1.0])
    h = nk.hessian(lambda x: {"a": x**3, "b": [np.sum(x) ** 2]})(x)
    wanted = np.zeros((2, 2, 2))
    wanted[[0, 1], [0, 1], [0, 1]] = 6 * x
    np.testing.assert_allclose(h["a"], wanted)
    np.testing.assert_allclose(h["b"][0], np.full((2, 2), 2.0))
    one = nk.hessian(lambda x: np.sum(x**3, keepdims=True))(x)
    np.testing.assert_allclose(one, np.diag(6 * x))

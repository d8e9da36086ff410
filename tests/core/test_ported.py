"""What programs written for other libraries rely on: lists of traced values, one-element results."""

import numpy as np
import pytest

import neurokit as nk
import neurokit.numpy as nnp
from neurokit.core.errors import TraceError
from neurokit.numpy import _names

M = np.array([[2.0, 1.0, 0.5], [0.3, 3.0, 0.2], [0.1, 0.4, 1.5]])
V, W = np.array([0.5, -0.2, 1.3]), np.array([1.1, 0.7, 0.3])

TWO = {
    "append": (np.append, V, W),
    "outer": (np.outer, V, W),
    "kron": (np.kron, V, W),
    "vdot": (np.vdot, V, W),
    "vecdot": (np.vecdot, V, W),
    "matmul": (np.matmul, M, V),
    "solve": (np.linalg.solve, M, V),
    "einsum": (lambda a, b: np.einsum("ij,j", a, b), M, V),
    "where": (lambda a, b: np.where(V > 0, a, b), V, W),
    "clip": (lambda a, b: np.clip(a, -1.0, b), V, W),
    "concatenate": (lambda a, b: np.concatenate((a, b), axis=1), M, M),
    "vstack": (lambda a, b: np.vstack([a, b]), V, M),
    "hstack": (lambda a, b: np.hstack([a, b]), V, W),
    "dstack": (lambda a, b: np.dstack([a, b]), V, W),
    "column_stack": (lambda a, b: np.column_stack([a, b]), V, W),
    "select": (lambda a, b: np.select([V > 0, V <= 0], [a, b]), V, W),
    "choose": (lambda a, b: np.choose([0, 1, 0], [a, b]), V, W),
    "average": (lambda a, b: np.average(a, weights=b), W, W + 1),
    "gradient": (np.gradient, V, np.array([0.0, 1.0, 3.0])),
    "trapezoid": (np.trapezoid, V, W),
    "union1d": (np.union1d, V, W),
    "multi_dot": (lambda a, b: np.linalg.multi_dot([a, b, a]), M, M),
}
if hasattr(np, "matvec"):
    TWO["matvec"] = (np.matvec, M, V)


def listed(t):
    return [listed(x) for x in t] if t.ndim else t


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("which", [0, 1])
def test_an_argument_may_be_a_list_of_traced_values(name, which):
    f, *args = TWO[name]

    def with_list(*xs):
        xs = list(xs)
        xs[which] = listed(xs[which])
        return np.sum(np.square(f(*xs)))

    got = nk.value_and_grad(with_list, (0, 1))(*args)
    wanted = nk.value_and_grad(lambda *xs: np.sum(np.square(f(*xs))), (0, 1))(*args)
    for g, w in zip(nk.tree.leaves(got), nk.tree.leaves(wanted)):
        np.testing.assert_allclose(g, w, rtol=1e-13)


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_a_result_of_one_element_has_a_gradient(shape):
    def f(x):
        return np.sum(x**2).reshape(shape)

    value, gradient = nk.value_and_grad(f)(V)
    assert value.shape == shape
    np.testing.assert_allclose(gradient, 2 * V)
    np.testing.assert_allclose(nk.hessian(f)(V), 2 * np.eye(3))
    np.testing.assert_allclose(nk.jit(nk.grad(f))(V), 2 * V)
    with pytest.raises(ValueError, match="scalar"):
        nk.grad(lambda x: x[:0])(V)


POINTS = [(2.0, 2.0), (-1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (-3.0, -0.0), (3e100, 4e100)]


@pytest.mark.parametrize("a, b", POINTS)
def test_second_derivatives_of_hypot(a, b):
    r = np.hypot(a, b)
    wanted = (
        np.array([[b / r * (b / r), -a / r * (b / r)], [-a / r * (b / r), a / r * (a / r)]]) / r
    )
    for outer, inner in (("fwd", "rev"), ("rev", "fwd"), ("fwd", "fwd"), ("rev", "rev")):
        first = nk.jacobian(lambda x: np.hypot(x[0], x[1]), mode=inner)
        got = nk.jacobian(first, mode=outer)(np.array([a, b]))
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-15 / r)


def test_hypot_of_infinities():
    a, b = np.meshgrid(*[[0.0, 1.0, -2.0, np.inf, -np.inf, np.nan]] * 2)
    np.testing.assert_array_equal(nk.jit(np.hypot)(a, b), np.hypot(a, b))
    assert nk.grad(np.hypot, (0, 1))(0.0, 0.0) == (0.0, 0.0)


@pytest.mark.parametrize("a", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("b", [0.0, 1.0, 2.0, -1.0])
def test_mixed_derivatives_of_powers(a, b):
    log = np.log(a)
    mixed = nk.grad(nk.grad(np.power, 0), 1)
    np.testing.assert_allclose(mixed(a, b), a ** (b - 1) * (1 + b * log), rtol=1e-13)
    np.testing.assert_allclose(nk.grad(nk.grad(np.power, 1), 0)(a, b), mixed(a, b), rtol=1e-13)
    third = a ** (b - 2) * ((2 * b - 1) + b * (b - 1) * log)
    np.testing.assert_allclose(nk.grad(nk.grad(nk.grad(np.power)), 1)(a, b), third, rtol=1e-13)
    assert nk.grad(np.power)(0.0, 0.0) == nk.grad(lambda x: x**0.0)(0.0) == 0.0


LISTS = {
    "array": (lambda x: nnp.array([x[0], 1.0, x[2] * 2]), lambda x: np.stack([x[0], 1, 2 * x[2]])),
    "nested": (lambda x: nnp.asarray([[x[0]], [2]]), lambda x: np.stack([x[:1], x[:1] * 0 + 2])),
    "traced": (lambda x: nnp.array(x), lambda x: x),
    "mean": (lambda x: nnp.mean([x, 2 * x], axis=0), lambda x: 1.5 * x),
    "std": (lambda x: nnp.std([x[0], x[1]]), lambda x: np.std(x[:2])),
    "norm": (lambda x: nnp.linalg.norm([x[0], x[1]]), lambda x: np.linalg.norm(x[:2])),
    "ufunc": (lambda x: nnp.sin([x[0], x[1]]), lambda x: np.sin(x[:2])),
    "fft": (lambda x: nnp.abs(nnp.fft.fft([x[0], x[1]])), lambda x: np.abs(np.fft.fft(x[:2]))),
    "r_": (lambda x: nnp.r_[x, 1, x[0], 0:2], lambda x: np.append(np.append(x, [1, x[0]]), [0, 1])),
    "c_": (lambda x: nnp.c_[x, V], lambda x: np.stack([x, V], 1)),
    "full": (lambda x: nnp.full(2, x[1]), lambda x: np.stack([x[1], x[1]])),
}


@pytest.mark.parametrize("name", LISTS)
def test_names_that_take_lists_of_traced_values(name):
    given, wanted = LISTS[name]
    np.testing.assert_allclose(nk.jit(given)(W), nk.jit(wanted)(W), rtol=1e-14)
    np.testing.assert_allclose(nk.jacobian(given)(W), nk.jacobian(wanted)(W), rtol=1e-12)


def test_names_are_those_of_numpy():
    assert nnp.pi == np.pi and nnp.float32 is np.float32 and nnp.newaxis is None
    assert type(nnp.array([1.0])) is type(nnp.zeros(2)) is np.ndarray
    np.testing.assert_array_equal(nnp.r_["0,2", [1, 2], 3:5], np.r_["0,2", [1, 2], 3:5])
    np.testing.assert_array_equal(nnp.add.reduce(V), V.sum())
    with pytest.raises(AttributeError):
        nnp.array_of_nothing()
    with pytest.raises(TraceError, match="np.stack"):
        nk.grad(lambda x: nnp.r_["0,2", x, x].sum())(V)


def test_zeros_can_be_written_to_inside_a_trace():
    def f(x):
        out = nnp.zeros(3)
        out[1] = x[0] ** 2
        out += x
        counts = nnp.zeros(2, int)
        counts[0] = 3
        return nnp.sum(out * out) * counts[0]

    nk.check_grads(f, (W,))
    np.testing.assert_allclose(nk.jit(f)(W), f(W))


def test_the_way_out_that_an_error_names_exists():
    stats = pytest.importorskip("scipy.stats")
    x = np.array([-40.0, 0.3, 2.0])
    for method in ("logcdf", "logsf"):
        f = getattr(nk.scipy.stats.t, method)
        np.testing.assert_allclose(
            nk.jit(lambda x, f=f: f(x, 3.0))(x), getattr(stats.t, method)(x, 3.0), rtol=1e-9
        )
    with pytest.raises(TraceError, match=r"nk\.scipy\.stats\.t\.logcdf"):
        nk.grad(lambda x: stats.t.logcdf(x, 3.0).sum())(x)
    with pytest.raises(TraceError, match="plain arrays only"):  # there is no nk.scipy.stats.t.isf
        nk.grad(lambda x: stats.t.isf(x, 3.0).sum())(x)


@pytest.mark.parametrize("name", sorted(f.__name__ for f in _names.JOINS))
def test_joins_take_a_dicts_values_and_generators(name):
    join, plain = getattr(nnp, name), getattr(np, name)
    arrays = {"b": np.ones((2, 3)), "a": np.arange(6.0).reshape(2, 3)}
    want = plain(list(arrays.values()))
    weights = np.cos(np.arange(want.size)).reshape(want.shape)
    np.testing.assert_array_equal(join(arrays.values()), want)
    np.testing.assert_array_equal(join(a for a in arrays.values()), want)
    np.testing.assert_array_equal(join(map(np.asarray, arrays.values())), want)
    expected = nk.grad(lambda d: (plain([d["b"], d["a"]]) * weights).sum())(arrays)
    for f in (
        lambda d: (join(d[k] for k in "ba") * weights).sum(),
        lambda d: (join({k: d[k] for k in "ba"}.values()) * weights).sum(),
    ):
        found = nk.grad(f)(arrays)
        for k in arrays:
            np.testing.assert_array_equal(found[k], expected[k])
    with pytest.raises(TypeError):
        join(3)

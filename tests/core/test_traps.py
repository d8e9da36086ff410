"""What a trace cannot do must raise and say the way out: never a wrong number."""

import math
import re
import types
import warnings

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import (
    AbstractValueError,
    CapturedArrayError,
    DetachedWarning,
    LeakedTracerError,
    TraceError,
)

X = np.array([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda t: np.array([t[0], 1.0]),
        lambda t: np.array([[t[0], t[1]], [1.0, 2.0]]),
        lambda t: np.asarray((t[0], 1.0)),
        lambda t: np.full(3, t[0]),
        lambda t: np.zeros(3).__setitem__(0, t[0]),
        lambda t: np.array2string(t),
        lambda t: np.nextafter(t, 1.0),
        lambda t: np.savetxt("x", t),
        lambda t: np.may_share_memory(t, X),
        lambda t: np.quantile(t, 0.5, weights=X),
        lambda t: np.add(t, 1.0, out=np.zeros(3)),
        lambda t: np.sum(t, out=np.zeros(())),
        lambda t: np.add.at(np.zeros(3), [0], t[0]),
        lambda t: np.add(t, 1, where=np.array([True, False, True])),
        lambda t: np.spacing(t),
        lambda t: hash(t),
    ],
)
@pytest.mark.parametrize(
    "transform",
    [lambda f: nk.jit(f), lambda f: nk.grad(lambda t: np.sum(f(t) * 1.0))],
    ids=["abstract", "lazy"],
)
def test_refused(f, transform):
    with pytest.raises((TypeError, ValueError)) as error:
        transform(f)(X)
    assert len(str(error.value)) > 20 or "hash" in str(error.value)


def test_list_in_a_variable():
    def f(t):
        parts = [t[0], 2.0]
        return np.array(parts).sum()

    for g in (nk.jit(f), nk.grad(f)):
        with pytest.raises(TraceError, match="np.stack"):
            g(X)


def test_augmented_plain_buffer():
    def f(t):
        total = np.zeros(3)
        total += t
        return total.sum()

    for g in (nk.jit(f), nk.grad(f)):
        with pytest.raises(TraceError, match="array \\+ traced"):
            g(X)


def test_plain_buffer_written_to():
    def f(t):
        b = np.zeros(3)
        b[1] = t[0]
        return b.sum()

    for g in (nk.jit(f), nk.grad(f)):
        with pytest.raises((TypeError, ValueError)):
            g(X)


def test_plain_array_indexed():
    table = np.arange(10.0)

    def f(t):
        return table[t.astype(np.int64)[0]]

    with pytest.raises(TraceError):
        nk.jit(f)(X)
    assert nk.grad(lambda t: f(t) * t[0])(np.array([3.7, 1.0]))[0] == 3.0
    names = ["a", "b", "c"]
    nk.grad(lambda t: t[0] if names[t.argmax()] == "a" else t[1])(X)
    with pytest.raises((TraceError, IndexError)):  # a float is no index
        nk.grad(lambda t: table[t[0]])(X)


def test_branching():
    def f(t):
        return t * 2 if t.sum() > 0 else t * 3

    np.testing.assert_array_equal(nk.grad(lambda t: f(t).sum())(X), [2, 2, 2])
    np.testing.assert_array_equal(nk.grad(lambda t: f(t).sum())(-X), [3, 3, 3])
    with pytest.raises(AbstractValueError, match=r"test_traps.py:\d+.*np.where"):
        nk.jit(f)(X)
    with pytest.raises(AbstractValueError):
        nk.scan(lambda c, x: (c + 1 if c > 0 else c, None), 0.0, length=3)


def test_detached_values_warn_once():
    def f(t):
        return (t * float(t[0])).sum()

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        np.testing.assert_array_equal(nk.grad(f)(X), [1, 1, 1])
        nk.grad(f)(X)
    assert sum(issubclass(w.category, DetachedWarning) for w in seen) == 1
    for value in (lambda t: t.item(0), lambda t: int(t[0]), lambda t: np.asarray(t)):
        with pytest.raises(AbstractValueError):
            nk.jit(value)(X)


def test_random_inside_abstract_traces():
    generator = np.random.default_rng(0)
    for draw in (lambda: np.random.rand(3), lambda: generator.normal(size=3)):
        with pytest.raises(TraceError, match="nk.Rng"):
            nk.jit(lambda t: t + draw())(X)
        with pytest.raises(TraceError, match="nk.Rng"):
            nk.scan(lambda c, x: (c + draw(), None), X, length=2)
        with pytest.raises(TraceError, match="nk.Rng"):
            nk.while_loop(lambda c: draw()[0] < -9, lambda c: c + 1.0, 0.0, max_steps=2)
    nk.grad(lambda t: (t * np.random.rand(3)).sum())(X)  # lazy: a draw is plain data


def test_data_dependent_shapes():
    for f in (lambda t: t[t > 1], lambda t: np.where(t > 1), lambda t: np.repeat(t, t.astype(int))):
        with pytest.raises(TypeError):
            nk.jit(f)(X)
    np.testing.assert_array_equal(nk.grad(lambda t: t[t > 1].sum())(X), [0, 1, 1])


def test_edit_of_captured_array():
    w = np.ones(3)
    f = nk.jit(lambda t: (t * w).sum())
    assert f(X) == 6
    w[:] = 2
    assert f(X) == 12

    def edits(t):
        b = np.ones(3)
        y = t * b
        b[0] = 5
        return (y + t * b).sum()

    for g in (nk.jit(edits), nk.grad(edits)):
        with pytest.raises(CapturedArrayError, match="edited"):
            g(X)


def test_rebound_globals_and_closures_are_seen():
    scale, w = 2.0, np.ones(3)

    def f(t):
        return (t * scale * w).sum()

    g = nk.jit(f)
    assert g(X) == 12
    scale = 3.0
    assert g(X) == 18
    w = np.zeros(3)
    assert g(X) == 0

    def helper(t):
        return t.sum()

    h = nk.jit(lambda t: helper(t))
    assert h(X) == 6

    def helper(t):  # noqa: F811 - a notebook cell run again
        return t.sum() * 2

    assert h(X) == 12


class Unit:
    reduction = np.add

    def __init__(self):
        self.w, self.activation = nk.param(np.ones(3)), np.tanh

    def __call__(self, x):
        return self.reduction.reduce(self.activation(self.w * x))


def test_rebound_ufuncs_built_in_functions_and_modules_are_seen(monkeypatch):
    function, table, unit = np.sin, {"f": np.sin}, Unit()
    f, g = nk.jit(lambda x: function(x)), nk.jit(lambda x: table["f"](x))
    h = nk.jit(lambda m, x: m(x))
    np.testing.assert_allclose([f(X), g(X)], [np.sin(X)] * 2)
    assert h(unit, X) == pytest.approx(np.tanh(X).sum())
    function = table["f"] = unit.activation = np.cos
    np.testing.assert_allclose([f(X), g(X)], [np.cos(X)] * 2)
    assert h(unit, X) == pytest.approx(np.cos(X).sum())
    monkeypatch.setattr(Unit, "reduction", np.multiply)
    assert h(unit, X) == pytest.approx(np.cos(X).prod())
    root = math.sqrt
    k = nk.jit(lambda x: x * root(4.0))
    np.testing.assert_allclose(k(X), 2 * X)
    root = math.exp
    np.testing.assert_allclose(k(X), math.exp(4) * X)
    backend = types.ModuleType("double")
    backend.scale = lambda x: 2 * x
    scaled = nk.jit(lambda x: backend.scale(x))
    np.testing.assert_allclose(scaled(X), 2 * X)
    backend = types.ModuleType("triple")
    backend.scale = lambda x: 3 * x
    np.testing.assert_allclose(scaled(X), 3 * X)


def test_attributes_of_captured_objects():
    class Config:
        gain = 1.0

    config = Config()
    config.gain = 2.0
    f = nk.jit(lambda t: t.sum() * config.gain)
    assert f(X) == 12
    config.gain = 0.5
    assert f(X) == 3


def test_leaks():
    kept = []

    def f(t):
        kept.append(t * 2)
        return t.sum()

    nk.jit(f)(X)
    with pytest.raises(LeakedTracerError, match="return it"):
        nk.jit(lambda t: t + kept[0])(X)
    nk.scan(lambda c, x: (kept.append(c) or c, None), X, length=2)
    with pytest.raises(LeakedTracerError):
        nk.grad(lambda t: (t * kept[-1]).sum())(X)


@pytest.mark.parametrize("bad", [np.arange(3), True, 3, "text", np.float16(1.0), np.array([None])])
def test_gradient_wants_floats(bad):
    with pytest.raises(TypeError, match="float"):
        nk.grad(lambda t: 0.0)(bad)


def test_gradient_wants_a_scalar():
    with pytest.raises(ValueError, match="scalar"):
        nk.grad(lambda t: t)(X)
    with pytest.raises(TypeError, match="one number"):
        nk.grad(lambda t: (t.sum(), 1))(X)
    with pytest.raises(TypeError):
        nk.grad(lambda t: (t > 0).sum())(X)
    with pytest.raises(ValueError, match="argnums"):
        nk.grad(lambda t: t.sum(), argnums=1)(X)


def test_no_nan_from_masked_branches():
    x = np.array([-1.0, 0.0, 4.0])
    cases = [
        lambda t: np.where(t > 0, np.log(t), 0.0),
        lambda t: np.where(t > 0, np.sqrt(t), 0.0),
        lambda t: np.where(t != 0, 1.0 / t, 0.0),
        lambda t: np.where(t > 0, t**0.3, 0.0),
        lambda t: np.where(t > 0, np.log1p(t - 1), 0.0),
        lambda t: np.where(t < 3, np.exp(t * 1000), 0.0) * 0.0,
    ]
    for f in cases:
        with np.errstate(all="ignore"):
            g = nk.grad(lambda t: f(t).sum())(x)
        assert np.isfinite(g).all(), g


def test_ties_are_shared():
    np.testing.assert_array_equal(
        nk.grad(lambda t: np.max(t))(np.array([2.0, 2.0, 1.0])), [0.5, 0.5, 0]
    )
    np.testing.assert_array_equal(
        nk.grad(lambda t: np.maximum(t, 2.0).sum())(np.array([2.0, 3.0])), [0.5, 1]
    )
    assert nk.grad(lambda t: abs(t))(0.0) == 0


def test_errors_name_the_users_line():
    def f(t, i):
        return np.take(t, i)

    with pytest.raises(IndexError, match=r"test_traps.py:\d+"):
        nk.jit(f)(X, np.array([5]))
    with nk.options(nan_check=True), pytest.raises(FloatingPointError, match=r"test_traps.py:\d+"):
        nk.jit(lambda t: np.log(t - 2.0))(X)


def test_large_python_integers():
    with pytest.raises(OverflowError):
        nk.jit(lambda t: t + 2**70)(np.arange(3))
    with pytest.raises(OverflowError):
        nk.jit(lambda t: t + 2**40)(np.arange(3, dtype=np.int32))


def test_unsupported_types():
    for bad in (np.ones(2, np.float16), np.ones(2, np.clongdouble), np.array(["a"])):
        with pytest.raises(TypeError):
            nk.jit(lambda t: t * 2)(bad)


@pytest.mark.parametrize(
    "f",
    [
        lambda t, d: np.zeros_like(t, dtype=d),
        lambda t, d: nk.zeros(3, d, like=t),
        lambda t, d: np.cumsum(t, dtype=d),
        lambda t, d: np.sum(t, dtype=d),
        lambda t, d: np.concatenate([t, t], dtype=d, casting="unsafe"),
        lambda t, d: np.add.reduce(t, dtype=d),
        lambda t, d: t.astype(d),
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, object, "S3"])
def test_asking_for_unsupported_types(f, dtype):
    with pytest.raises(TypeError, match=re.escape(str(np.dtype(dtype)))):
        nk.jit(lambda t: f(t, dtype))(np.ones(3))


def test_edits_that_plain_numpy_code_has_read():
    w, mask = np.array([1.0, 2.0, 3.0]), np.array([True, False, True])
    cases = [
        (lambda t: t * np.exp(w), w),
        (lambda t: t * w[0], w),
        (lambda t: t + w.sum(), w),
        (lambda t: t[mask], mask),
    ]
    for f, array in cases:
        g, before = nk.jit(f), array.copy()
        np.testing.assert_array_equal(g(X), f(X))
        array[0] = 0
        np.testing.assert_array_equal(g(X), f(X))
        array[:] = before


def test_counter_in_a_plain_array_inside_a_loop():
    b = np.zeros(3)

    def body(c, x):
        b[0] += 1
        return c + b.sum(), c

    with pytest.raises(CapturedArrayError):
        nk.scan(body, 0.0, np.ones(3))


def test_rules_of_equal_names_do_not_mix():
    def clipped(limit):
        f = nk.custom_vjp(lambda x: x * 1.0)
        f.defvjp(lambda x: (x * 1.0, None), lambda res, ct: (np.clip(ct, -limit[0], limit[0]),))
        return f

    low, high = [1.0], [2.0]
    a, b = clipped(low), clipped(high)
    assert nk.grad(lambda x: 5 * a(x))(2.0) == 1 and nk.grad(lambda x: 5 * b(x))(2.0) == 2
    inside = lambda f: nk.grad(lambda x: nk.scan(lambda c, _: (5 * f(c), None), x, length=1)[0])(
        2.0
    )  # noqa: E731
    assert inside(a) == 1 and inside(b) == 2
    jitted = nk.jit(nk.grad(lambda x: 5 * b(x)))
    assert jitted(2.0) == 2
    high[0] = 4.0
    assert jitted(2.0) == 4 and nk.grad(lambda x: 5 * b(x))(2.0) == 4


def test_more_that_jit_must_see():
    class Settings:
        gain = 2.0
        __slots__ = ("k",)

    class Callable:
        k = 1.0

        def __call__(self, x):
            return x * self.k

    chosen, slotted, call = {3}, Settings(), Callable()
    slotted.k = 5.0

    def f(x):
        return x.sum() * Settings.gain * slotted.k * len(chosen)

    g, h = nk.jit(f), nk.jit(call)
    assert g(X) == 60 and h(X)[0] == 1
    Settings.gain = 1.0
    assert g(X) == 30
    slotted.k = 1.0
    assert g(X) == 6
    chosen.add(4)
    assert g(X) == 12
    call.k = 3.0
    assert h(X)[0] == 3

    class Model:
        def __init__(self):
            self.w, self.gain, self.mode = np.ones(3), 2.0, "up"

    m = Model()
    j = nk.jit(lambda m, x: x * m.w * m.gain * (1 if m.mode == "up" else -1))
    assert j(m, X)[0] == 2
    m.gain = 3.0
    assert j(m, X)[0] == 3
    m.mode = "down"
    assert j(m, X)[0] == -3
    s = nk.jit(lambda n, x: x * n, static_argnums=0)
    assert s(1, np.arange(3)).dtype == np.int64 and s(1.0, np.arange(3)).dtype == np.float64


def test_integer_powers():
    base, exponent = np.array([2, 3]), np.array([3, 0])
    np.testing.assert_array_equal(nk.jit(lambda b, e: b**e)(base, exponent), [8, 1])
    with pytest.raises((ValueError, IndexError)):
        nk.jit(lambda b, e: b**e)(base, -exponent)

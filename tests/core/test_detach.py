"""A traced value that plain code asks for: the derivative is right, or an error names the user's line."""

import collections
import math
import operator
import warnings

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import AbstractValueError, DetachedWarning, TraceError

X = np.array([1.0, 2.0])
ONES = np.ones(2)
M = np.eye(2)


def _augmented(x):
    z = [x[0], x[1]]
    z *= ONES
    return z


def _filled(x):
    z = np.zeros(2)
    z.fill(x[0])
    return z


def _written(x):
    z = np.zeros(2)
    z[0] = x[0]
    return z


LOST = [
    lambda x: np.dot([x[0], x[1]], ONES),
    lambda x: ONES * [x[0], x[1]],
    lambda x: ONES * (x[0], x[1]),
    lambda x: (x[0], x[1]) - ONES,
    lambda x: M @ [x[0], x[1]],
    lambda x: [x[0], x[1]] @ M,
    lambda x: np.inner([x[0], x[1]], ONES),
    lambda x: np.exp([x[0], x[1]]),
    lambda x: np.fromiter((v for v in x), float),
    lambda x: np.fromiter([x[0]], float),
    lambda x: np.array([x[0], None], dtype=object),
    lambda x: np.array(collections.deque([x[0]])),
    lambda x: np.array([v for v in x]),
    lambda x: np.array(list(x)),
    lambda x: np.asarray([x] + [x]),
    lambda x: np.random.default_rng(0).normal(x[0]),
    lambda x: math.sqrt(x[0]),
    lambda x: math.fsum([x[0], x[1]]),
    lambda x: max(map(float, [x[0], x[1]])),
    lambda x: np.zeros(2).itemset(x[0]) if hasattr(ONES, "itemset") else np.zeros(2).put(0, x[0]),
    lambda x: np.where([True, False], [x[0], x[1]], 0.0),
    lambda x: np.polyval([1.0, 2.0], [x[0], x[1]]),
    lambda x: collections.Counter({"a": 1}).total() * ONES * [x[0], 1.0],
    _augmented,
    _filled,
    _written,
]


@pytest.mark.parametrize("f", LOST)
@pytest.mark.parametrize("how", [nk.grad, nk.jit], ids=["lazy", "abstract"])
def test_conversions_that_drop_a_derivative_raise_every_time(f, how):
    for _ in range(2):
        with pytest.raises(TraceError, match=r"test_detach.py:\d+") as error:
            how(lambda x: np.sum(f(x)) * 1.0)(X)
        assert "np." in str(error.value) or "nk." in str(error.value)


@pytest.mark.parametrize(
    "f, wanted",
    [
        (lambda x: np.dot([x[0], x[1]], x), 2 * X),
        (lambda x: np.dot(x, [x[0], 3.0]), [2, 3]),
        (lambda x: np.sum(x * [x[0], 3.0]), [2, 3]),
        (lambda x: np.sum([x[0], 3.0] * x), [2, 3]),
        (lambda x: np.sum(np.stack([x[0], x[1]]) * ONES), [1, 1]),
        (lambda x: np.sum(M @ nk.array([x[0], x[1]])), [1, 1]),
        (lambda x: np.sum(np.concatenate([x, x])), [2, 2]),
    ],
)
def test_where_numpy_dispatches_lists_are_right(f, wanted):
    np.testing.assert_array_equal(nk.grad(f)(X), wanted)


class _Holder:
    pass


def test_conversions_the_user_wrote_warn_and_pass():
    holder = _Holder()

    def f(x):
        holder.value, parts = x[0], {"a": [x, x]}
        total = float(x[0]) + int(x[1]) + np.float64(x[0]) + complex(x[0]).real
        total += float(x[0] if x[1] > 0 else x[1]) + float(operator.neg(x)[0]) + x[1].item()
        total += np.asarray(x).sum() + np.array(holder.value, dtype=float) + np.asarray(x * 2)[0]
        total += np.asarray(x.sum()) + np.asarray(parts["a"][0])[0] + np.ascontiguousarray(x[:1])[0]
        total += np.asarray(
            x,
            dtype=np.float32,
        )[0]
        return total * x[0]

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        gradient = nk.grad(f)(X)
    assert len(seen) >= 5 and all(issubclass(w.category, DetachedWarning) for w in seen)
    value = float(f(X))
    np.testing.assert_allclose(gradient, [value, 0])


def test_what_drops_no_derivative_is_silent():
    def f(x):
        kept = nk.stop_gradient(x)
        order = x.argmax()
        text = "%.1f" % x[0] + f"{x[1]:.1f}" + str(x) + "%d" % x[0]  # noqa: UP031
        assert text.startswith("1.02.0") and not math.isnan(x[0]) and (ONES < [x[0], x[1]])[1]
        plain = np.asarray([kept[0], kept[1]]) + math.sqrt(kept[0]) + float(kept[0])
        return np.sum(x * plain) * (1 + int(order)) * len(range(order))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(nk.grad(f)(X), [6, 8])


def test_numpys_own_checks_may_look():
    def f(x):
        np.testing.assert_allclose(x, X)
        np.testing.assert_array_equal([x[0], x[1]], X)
        return np.sum(x**2)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(nk.grad(f)(X), 2 * X)
    with pytest.raises(AssertionError):
        nk.grad(f)(X + 1)


@pytest.mark.parametrize(
    "f, way",
    [
        (lambda x: math.exp(x[0]), "use np.exp"),
        (lambda x: math.erf(x[0]), "use nk.scipy.special.erf"),
        (lambda x: math.lgamma(x[0]), "use nk.scipy.special.gammaln"),
        (lambda x: math.dist(x, X), "use np.linalg.norm"),
        (lambda x: np.mean([x[0], x[1]]), "neurokit.numpy"),
        (lambda x: np.vectorize(lambda v: v**2)(x), "nk.vmap"),
        (lambda x: np.full(2, x[0]), "use nk.full"),
        (lambda x: np.fromiter((v for v in x), float), r"use np.stack\(list"),
        (lambda x: np.broadcast(x, X).shape, "np.broadcast_shapes"),
    ],
)
def test_errors_name_what_to_write_instead(f, way):
    with pytest.raises(TraceError, match=way):
        nk.grad(lambda x: np.sum(f(x)))(X)


def test_counts_that_jit_traced_can_be_static():
    power = lambda x, n: sum(x**i for i in range(n))  # noqa: E731
    with pytest.raises(AbstractValueError, match="static_argnums"):
        nk.jit(power)(2.0, 3)
    assert nk.jit(power, static_argnums=1)(2.0, 3) == 7


def test_other_libraries_raise_with_the_users_line():
    sparse = pytest.importorskip("scipy.sparse")
    stats = pytest.importorskip("scipy.stats")
    eye = sparse.eye(2, format="csr")
    for f in (lambda x: eye @ x, lambda x: stats.zscore(x), lambda x: stats.norm.pdf(x)):
        for _ in range(2):
            with pytest.raises(TraceError, match=r"test_detach.py:\d+"):
                nk.grad(lambda x: np.sum(f(x)) * 1.0)(X)


def test_pandas_raises_with_the_users_line():
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([1.0, 2.0])
    for f in (lambda x: series * x, lambda x: pandas.Series(x), lambda x: series.add(x)):
        with pytest.raises(TraceError, match=r"test_detach.py:\d+"):
            nk.grad(lambda x: np.sum(f(x)) * 1.0)(X)


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_types_take_a_traced_value_that_has_no_name(kind):
    def held(x):
        return (x[0] * 1.0,)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DetachedWarning)
        got = nk.grad(lambda x: np.sum(x * kind(x * 2)))(X)
        np.testing.assert_array_equal(got, 2 * X)
        with pytest.raises(TraceError):
            nk.grad(lambda x: x[0] * np.sum(kind(held(x))))(X)

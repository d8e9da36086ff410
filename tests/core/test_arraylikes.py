"""Arguments that are not plain arrays: taken as their values, or refused where that would lose meaning."""

import numpy as np
import pytest

import neurokit as nk
from neurokit import encoding, rsa
from neurokit.core.errors import TraceError


class Series:
    """Anything that gives itself as an array."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


class Quantity(np.ndarray):
    """A subclass with a meaning of its own."""


MASKED = np.ma.array([1.0, 2.0, 30.0], mask=[0, 0, 1])


def test_arraylikes_are_taken_as_their_values_by_all_transforms():
    s = Series([1.0, 2.0])
    assert nk.jit(np.sum)(s) == 3
    np.testing.assert_array_equal(nk.grad(lambda x: (x**2).sum())(s), [2, 4])
    np.testing.assert_array_equal(nk.vmap(lambda x: x * 2)(s), [2, 4])
    assert nk.scan(lambda c, x: (c + x, None), 0.0, s)[0] == 3
    assert nk.jit(lambda x: np.sum(x * s))(np.ones(2)) == 3
    assert nk.jit(lambda d: d["a"].sum())({"a": s}) == 3
    with pytest.raises(TypeError, match="object|str|<U"):
        nk.jit(np.sum)(Series(["a", None]))


def test_pandas_and_xarray_arguments():
    pandas = pytest.importorskip("pandas")
    assert nk.jit(np.sum)(pandas.Series([1.0, 2.0])) == 3
    assert nk.jit(np.sum)(pandas.DataFrame({"a": [1.0], "b": [2.0]})) == 3
    xarray = pytest.importorskip("xarray")
    assert nk.jit(np.sum)(xarray.DataArray([1.0, 2.0])) == 3
    assert nk.grad(lambda x: np.sum(x * pandas.DataFrame({"a": [1.0], "b": [2.0]})))(4.0) == 3


def test_arrays_with_labels_keep_them():
    xarray = pytest.importorskip("xarray")
    values = np.array([1.0, 2.0, 3.0])
    a = xarray.DataArray(values, dims="time", coords={"time": [0, 1, 2]})
    for f in (
        lambda x: x * a,
        lambda x: a * x,
        lambda x: np.exp(x) * (a * x),
        lambda x: x * (x * a),
    ):
        assert isinstance(f(2.0), xarray.DataArray)
        total = lambda x: f(x).sum("time").data  # noqa: B023, E731 - used at once
        assert nk.jit(total)(2.0) == pytest.approx(total(2.0))
        nk.check_grads(total, (2.0,))
    powers = nk.jit(lambda t: (t**a).data)(values)
    np.testing.assert_allclose(powers, values**values)


@pytest.mark.parametrize(
    "bad",
    [
        MASKED,
        np.ma.array(3.0, mask=True),
        np.matrix([[1.0, 2.0], [3.0, 4.0]]),
        np.ones(3).view(Quantity),
    ],
    ids=lambda x: type(x).__name__,
)
def test_subclasses_that_mean_more_are_refused(bad):
    calls = [
        lambda: nk.jit(np.mean)(bad),
        lambda: nk.jit(lambda x: x * bad)(1.0),
        lambda: nk.jit(lambda x: bad * x)(1.0),
        lambda: nk.grad(lambda x: np.sum(x * bad))(1.0),
        lambda: nk.grad(lambda x: np.sum(bad + x))(1.0),
        lambda: nk.grad(lambda x: np.sum(x))(bad),
        lambda: nk.vmap(lambda x: x)(bad),
        lambda: nk.scan(lambda c, x: (c + x, c), bad, length=2),
        lambda: nk.scan(lambda c, x: (c + x.sum(), c), 0.0, np.atleast_1d(bad)),
        lambda: nk.value_and_grad(lambda x: np.sum(x["a"]))({"a": bad}),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()


def test_memory_maps_are_plain(tmp_path):
    m = np.memmap(tmp_path / "x", np.float64, "w+", shape=3)
    m[:] = [1, 2, 3]
    assert nk.jit(np.sum)(m) == 6
    assert nk.jit(lambda x: (x * m).sum())(2.0) == 12


def test_masks_are_not_ignored_by_analyses():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    with pytest.raises(TypeError, match="mask"):
        rsa.rdm(np.ma.array(x, mask=x > 1))
    for args in ((x, np.ma.array(y, mask=y > 1)), (np.ma.array(x, mask=x > 1), y)):
        with pytest.raises(TypeError, match="mask"):
            encoding.RidgeCV([1.0]).fit(*args)


@pytest.mark.parametrize("code", [">f4", ">f8", ">i4", ">c8", ">c16"])
def test_dtypes_of_the_other_byte_order_are_taken_by_value(code):
    for x in (np.arange(3.0), np.arange(3.0) + 1j):
        if x.dtype.kind == "c" and np.dtype(code).kind != "c":
            continue
        for f in (
            lambda t: t.astype(code) * 2,
            lambda t: np.zeros_like(t, dtype=code) + t,
            lambda t: nk.zeros(3, code, like=t) + t,
        ):
            got, wanted = nk.jit(f)(x), f(x)
            assert got.dtype == wanted.dtype.newbyteorder("=")
            np.testing.assert_allclose(got, wanted, rtol=1e-6)
        wanted = x.astype(code)
        got = nk.jit(lambda t: t + 1)(wanted)
        np.testing.assert_array_equal(got, wanted + 1)


def test_views_of_the_other_byte_order_are_refused():
    with pytest.raises(TraceError, match="reads the bits"):
        nk.jit(lambda t: t.view(">f8"))(np.ones(2) + 1j)

"""Rare arguments and types of NumPy's functions, each as NumPy has it."""

import collections
import warnings

import numpy as np
import pytest
from against_numpy import same

import neurokit as nk

SMALL = np.arange(-3, 3).astype(np.int8)
PAIR = np.array([1 + 2j, 1 - 2j, 3])


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, np.int32, np.int64, np.float32, np.complex64, bool]
)
def test_types_of_products_and_polynomials(dtype):
    x, y = np.abs(SMALL).astype(dtype).reshape(2, 3), np.ones(3, dtype)
    same(np.vecdot, x, y)
    same(np.linalg.vecdot, x, y)
    same(np.poly, y, modes=["lazy"] if dtype is np.complex64 else ["jit"])
    same(lambda w: np.poly(w[:0]), y)


def test_a_polynomial_of_conjugate_zeros_is_real():
    same(np.poly, PAIR, modes=["lazy"])
    same(np.poly, PAIR + 1j)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int64, np.float32, np.complex64])
def test_types_of_weighted_counts(dtype):
    w, edges = np.abs(SMALL).astype(dtype), np.linspace(-3, 3, 5)
    same(lambda x, w: np.histogram(x, edges, weights=w), SMALL.astype(float), w)


def test_steps_that_are_none():
    for n, end in ((0, True), (1, True), (0, False), (1, False), (3, True)):
        same(
            lambda a, b: np.linspace(a, b, n, endpoint=end, retstep=True),
            np.ones((2, 2)),
            np.zeros(2),
        )
        same(lambda a: np.linspace(a, 3, n, endpoint=end, retstep=True), np.ones((2, 2)) + 1j)


def test_places_broadcast():
    i, j = np.array([[1], [2]]), np.array([0, 3, 2])
    same(lambda i, j: np.ravel_multi_index((i, j), (3, 4)), i, j)
    same(lambda i, j: np.ravel_multi_index((i, j), (3, 4), order="F"), i[0, 0], j)
    same(lambda i, j: np.ravel_multi_index((i, j), (3, 4), mode=("wrap", "clip")), i - 5, j * 3)


def test_rare_arguments_of_take():
    same(lambda x: np.take(x, [0, 2], mode=None), np.arange(3.0))
    for mode in ("raise", "wrap", "clip"):
        same(lambda x: np.take(x, [-3], axis=1, mode=mode), np.zeros((0, 0, 1)))
        same(lambda x: np.take(x, np.zeros(0, int), axis=1, mode=mode), np.zeros((2, 0, 1)))
    with pytest.raises(IndexError, match="out of bounds"):
        nk.jit(lambda x: np.take(x, [5, 0], axis=0))(np.zeros((3, 0, 1)))
    same(lambda x: np.take(x, [5, 0], axis=2), np.zeros((3, 0, 1)))
    for shape, axis in [
        ((0, 0), 0),
        ((0, 3), 0),
        ((2, 0, 0), 1),
        ((0, 0), 1),
        ((2, 0), 1),
        ((0,), 0),
    ]:
        for index in ([-1], [0], [], [[0, 1]], 0):
            at = np.array(index, int)  # NumPy's wrap never ends on an empty axis
            same(lambda x, at=at, a=axis: np.take(x, at, axis=a), np.zeros(shape))


def test_infinities_in_variances_and_roots():
    x = np.array([[1.0, np.inf, np.nan], [2.0, -np.inf, np.nan], [4.0, 1.0, np.nan]])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for f in (np.nanvar, np.nanstd):
            same(lambda x, f=f: f(x, axis=0), x)
            same(lambda x, f=f: f(x), x)
        slope = nk.grad(lambda x: np.nanvar(x, axis=0)[0])(x[:, ::2])
        np.testing.assert_allclose(slope[:, 0], 2 / 3 * (x[:, 0] - 7 / 3))
        np.testing.assert_array_equal(slope[:, 1], 0)
        for f in (np.power, np.float_power):
            got = nk.jit(lambda x, f=f: 1 / f(x, 0.5))(np.array([-np.inf, -0.0, 4.0]))
            np.testing.assert_array_equal(got, 1 / f(np.array([-np.inf, -0.0, 4.0]), 0.5))


def test_complex_numbers_in_order_and_correlation():
    z = np.round(np.random.default_rng(0).normal(size=(3, 6))) + 1j * np.array([[0], [1], [-1]])
    same(lambda a, b: np.lexsort((a, b)), z[0], np.round(z[1]))
    same(np.lexsort, z)
    same(np.corrcoef, z * (1 + 0.5j) + np.arange(6))
    same(lambda a, b: np.corrcoef(a, b), z[0], z[1])


REDUCTIONS = [
    np.sum,
    np.prod,
    np.max,
    np.min,
    np.any,
    np.all,
    np.argmax,
    np.argmin,
    np.ptp,
    np.count_nonzero,
]
REDUCTIONS += [np.nansum, np.nanmax, np.nanmean, np.nanvar, np.nanstd, np.nanargmin, np.squeeze]


@pytest.mark.parametrize("f", REDUCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("axis", [0, -1])
def test_a_scalar_has_the_axes_0_and_minus_1_where_numpy_says_so(f, axis):
    same(lambda x: f(x, axis=axis), np.array(2.5))
    with pytest.raises(np.exceptions.AxisError):
        nk.jit(lambda x: f(x, axis=1))(np.array(2.5))


@pytest.mark.parametrize("axis", [0, -1])
def test_a_scalar_is_a_row_of_one_where_numpy_says_so(axis):
    x = np.array(2.5)
    for f in (np.cumsum, np.cumprod, np.nancumsum):
        same(lambda x, f=f: f(x, axis), x)
    same(lambda x: np.repeat(x, 3, axis), x)
    same(lambda x: np.take(x, [0, 0], axis), x)
    same(lambda x: np.argpartition(x, 0, axis), x)
    if hasattr(np, "cumulative_sum"):
        same(lambda x: np.cumulative_sum(x, include_initial=True), x)
    nk.check_grads(lambda x: np.repeat(np.cumsum(x, axis), 3, axis) ** 2, (2.5,))
    for f in (np.mean, np.var, np.sort, np.median):  # and where it does not
        with pytest.raises(np.exceptions.AxisError):
            nk.jit(lambda x, f=f: f(x, axis=axis))(x)


def test_sequences_and_single_axes():
    x = np.arange(6.0).reshape(2, 3)
    same(lambda x: x[range(2), [0, 2]], x)
    same(lambda x: x * range(3) + np.subtract(range(3), x), x)
    same(lambda x: x * collections.deque([1.0, 2.0, 3.0]), x)
    nk.check_grads(lambda x: x * collections.deque([x[0, 0], 2.0, x[1, 1]]), (x,))
    with pytest.raises(TypeError, match="str"):
        nk.jit(lambda x: x * "abc")(x)
    same(lambda x: np.transpose(x, 0), x[0])
    same(lambda x: x.transpose(0), x[0])
    same(lambda x: np.lexsort(x), x[0])
    sizes = nk.jit(lambda x: [np.size(x, a) for a in (None, 0, -1)])(x)
    assert [int(n) for n in sizes] == [6, 2, 3]


def test_counts_of_plain_data_with_traced_weights_under_vmap():
    places = np.array([0, 1, 1, 2])
    w = np.arange(8.0).reshape(2, 4)
    got = nk.vmap(lambda w: np.bincount(places, weights=w, minlength=4))(w)
    np.testing.assert_array_equal(got, [np.bincount(places, v, 4) for v in w])


@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_odd_reflections_of_any_width(mode, n):
    rng = np.random.default_rng(n)
    for width in ((0, 0), (2, 3), (13, 9)):
        f = lambda x, w=width: np.pad(x, ((0, 0), w), mode=mode, reflect_type="odd")  # noqa: E731
        for x in (rng.normal(size=(2, n)), rng.integers(-9, 9, (2, n))):
            same(f, x)
        nk.check_grads(f, (rng.normal(size=(2, n)),))


@pytest.mark.parametrize(
    "shift, axis", [(2, 0), (-5, 1), (3, None), ([1, 2], (0, 1)), ([1, -2], 1), (1, (0, 1))]
)
def test_rolls_by_traced_numbers(shift, axis):
    x = np.arange(12.0).reshape(3, 4)
    same(lambda x, s: np.roll(x, s, axis), x, np.array(shift))
    nk.check_grads(lambda x: np.roll(x, nk.array(np.array(shift)), axis) ** 2, (x,))


def test_one_traced_place_to_delete_or_insert():
    x, row = np.arange(12.0).reshape(3, 4), np.ones(4)
    for i in (-3, -1, 0, 2):
        same(lambda x, i: np.delete(x, i, 0), x, i)
        same(lambda x, i: np.insert(x, i, 7.0, 1), x, i)
        same(lambda x, i, row: np.insert(x, i, row, 0), x, i, row)
    same(lambda x, i: np.insert(x, i, 7.0), x, 12)
    f = nk.jit(nk.grad(lambda x, i: np.sum(np.delete(x, i, 0) ** 2)))
    np.testing.assert_array_equal(f(x, 1), 2 * x * [[1], [0], [1]])
    for call in (lambda x, i: np.delete(x, i, 0), lambda x, i: np.insert(x, i + 1, 7.0, 0)):
        with pytest.raises(IndexError):
            nk.jit(call)(x, 3)


@pytest.mark.parametrize("f", [np.sum, np.prod, np.any, np.all, np.mean], ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [(2, 0), (0, 2), (3, 2, 0), (2, 0, 3), (0,)])
def test_reductions_over_nothing(f, shape):
    full = np.full(64, 7.5)  # memory that was in use
    del full
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for axis in (-1, 0, None):
            for dtype in (float, np.float32, int, bool):
                same(lambda x, a=axis: f(x, axis=a), np.zeros(shape, dtype))


def test_interpolation_has_a_slope_at_its_knots():
    knots, values = np.array([-3.0, 0.0, 1.0, 2.5]), np.array([1.0, 2.0, 0.0, 5.0])
    slopes = np.diff(values) / np.diff(knots)
    at = slopes[[0, 1, 2, 2]]
    total = lambda *args: np.sum(np.interp(*args))  # noqa: E731
    np.testing.assert_allclose(nk.grad(total)(knots, knots, values), at)
    np.testing.assert_allclose(nk.grad(lambda k: total(knots + 0, k, values))(knots), -at)
    np.testing.assert_array_equal(nk.grad(lambda v: total(knots, knots, v))(values), np.ones(4))
    np.testing.assert_array_equal(nk.grad(total)(np.array([-4.0, 3.0]), knots, values), [0, 0])
    for ends in (np.array([1.0, np.inf, 0.0, 2.0]), np.array([1.0, 2.0, -np.inf, np.nan])):
        run = nk.jit(lambda x, v: np.interp(x, knots, v))
        np.testing.assert_array_equal(run(knots, ends), np.interp(knots, knots, ends))
    twice = np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 3.0])
    assert nk.jit(lambda x: np.interp(x, *twice))(1.0) == 3
    assert nk.grad(lambda x: np.interp(x, *twice))(1.0) == 0


def test_interpolation_beside_infinite_values_takes_the_end_that_gives_a_number():
    inf, nan = np.inf, np.nan
    x = np.array([-inf, -2.0, -1.0, -0.5, 0.0, 0.3, 1.0, 1.5, 2.0, inf, nan])
    for knots, values in [
        ([-1.0, 0.0, 1.0, 2.0], [inf, 1.0, -inf, -inf]),
        ([-1.0, 0.0, 1.0, 2.0], [inf, -inf, nan, 4.0]),
        ([-inf, -1.0, 1.0, inf], [1.0, inf, 0.0, 2.0]),
        ([-1.0, 1.0, 1.0], [0.0, inf, 3.0]),
        ([0.5], [2.0]),
    ]:
        y = np.array(values)
        same(lambda x, y, k=knots: np.interp(x, k, y), x, y)
        both = y + 0j
        both.imag = y[::-1]
        parts = lambda x, y, k=knots: (np.interp(x, k, y).real, np.interp(x, k, y).imag)  # noqa: E731
        same(parts, x, both)
    nk.check_grads(
        lambda x, y: np.interp(x, [-1.0, 0.0, 2.0, 3.0], np.append(y, inf)),
        (np.array([-2.0, -0.4, 0.3, 1.9]), np.array([1.0, 3.0, -1.0])),
    )


def test_geometric_sequences_of_float32_are_computed_in_their_own_type():
    start, stop = np.array([1, 2], np.float32), np.array([100, 300], np.float32)
    for dtype in (None, np.float64, np.float32, int):
        run = nk.jit(lambda a, b, d=dtype: np.geomspace(a, b, 5, dtype=d))
        wanted, got = np.geomspace(start, stop, 5, dtype=dtype), run(start, stop)
        assert got.dtype == wanted.dtype
        tolerance = 1e-6 if dtype is np.float32 else 1e-14
        np.testing.assert_allclose(got, wanted, rtol=tolerance)


def test_boolean_indices_with_an_axis_of_length_0_take_nothing():
    x = np.arange(24.0).reshape(4, 3, 2)
    for shape in [(0,), (0, 3), (4, 0), (4, 0, 2), (1,), (4, 2), (4, 3, 2, 0)]:
        mask = np.zeros(shape, bool)
        same(lambda x, m=mask: x[m], x)
    pullback = nk.vjp(lambda x: x[np.zeros(0, bool)], x)[1]
    np.testing.assert_array_equal(pullback(np.zeros((0, 3, 2)))[0], 0 * x)


def test_a_list_of_axes_and_a_whole_degree_that_is_a_float():
    same(lambda x, w: np.average(x, axis=[0], weights=w), PAIR.real * np.ones((2, 1)), np.ones(2))
    x = np.array([0.0, 1.0, 2.0, 4.0])
    same(lambda x: np.polyfit(x, x**2, 2.0), x)
    same(lambda p: np.polymul(p, p[:0]), x + 1)
    same(lambda p: np.polymul(p[:0], p), x + 1)


def test_check_grads_gives_arrays_that_can_be_written_to():
    def halved(x):
        y = x.copy()
        y[x > 0] /= 2
        return y

    nk.check_grads(halved, (np.array(1.5),))


def test_fmod_is_smooth_at_0():
    a = np.array([0.0, -0.0, 1.0, -1.0, 2.0])
    np.testing.assert_array_equal(nk.grad(lambda a: np.sum(np.fmod(a, 1.5)))(a), np.ones(5))
    b = np.array([1.3, -1.3, 1.3, -1.3])
    got = nk.grad(lambda b: np.sum(np.fmod(np.array([5.0, 5.0, -5.0, 0.0]), b)))(b)
    np.testing.assert_array_equal(got, [-3, 3, 3, 0])


def test_ties_of_medians_and_quantiles_share_evenly():
    x = np.array([0.0, 1.0, 1.0, -2.0, 0.0, 3.0])
    cases = [
        (np.median, [0.25, 0.25, 0.25, 0, 0.25, 0]),
        (lambda x: np.quantile(x, 0.2), [0.5, 0, 0, 0, 0.5, 0]),
        (lambda x: np.percentile(x, 72, method="lower"), [0, 0.5, 0.5, 0, 0, 0]),
        (lambda x: np.quantile(x, [0.2, 0.72, 0, 0, 1, 1])[0], [0.5, 0, 0, 0, 0.5, 0]),  # sorts
    ]
    for f, want in cases:
        np.testing.assert_allclose(nk.grad(f)(x), want)
        np.testing.assert_allclose(nk.jacobian(f, mode="fwd")(x), want)
        np.testing.assert_allclose(nk.vmap(nk.grad(f))(np.stack([x, x + 1])), [want, want])

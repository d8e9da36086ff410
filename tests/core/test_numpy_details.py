"""Where a trace once gave another dtype, sign or shape than NumPy."""

import numpy as np
import pytest

import neurokit as nk
import neurokit.numpy as nnp

INTEGERS = [bool, np.int32, np.int64, np.int8, np.uint8, np.int16, np.uint32, np.uint64]


def same(f, *args):
    wanted, got = np.asarray(f(*args)), np.asarray(nk.jit(f)(*args))
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)
    if wanted.dtype.kind != "c":
        np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize(
    "spec",
    [
        "ij->j",
        "ij->",
        "ij,jk->ik",
        "ij,ij->i",
        "ii->i",
        "ii",
        "ij,kl->ik",
        "ij,ij->ji",
        "ij,ik,ij->ijk",
    ],
)
def test_einsum_of_integers_wraps_as_numpy_does(dtype, spec):
    x = np.array([[2**30, 1, 0], [3, 77, 9], [0, 0, 100]]).astype(dtype)
    operands = spec.partition("->")[0].count(",") + 1
    same(lambda x: np.einsum(spec, *[x] * operands), x)


def test_einsum_with_a_dtype():
    x = np.arange(6).reshape(2, 3)
    same(lambda x: np.einsum("ij->j", x, dtype=np.float64), x)
    with pytest.raises(TypeError):
        nk.jit(lambda x: np.einsum("ij->j", x, axis=0))(x)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_products_of_integers(dtype):
    x = np.array([[2**30, 100], [3, 77]]).astype(dtype)
    for f in (np.matmul, np.dot, np.inner, lambda a, b: np.tensordot(a, b, 1)):
        same(f, x, x)


def test_shapes_of_weights():
    x = np.arange(24.0).reshape(2, 3, 4)
    same(lambda x: np.average(x, axis=1, weights=np.array([1.0, 2, 4])), x)
    same(lambda x: np.average(x, axis=(2, 0), weights=np.arange(8.0).reshape(4, 2)), x)
    for axis, weights in (
        (0, np.ones(4)),
        (0, np.ones(1)),
        ((0, 1), np.ones((3, 2))),
        (1, np.ones((3, 1))),
    ):
        for f in (lambda x: x, nk.jit):
            with pytest.raises(ValueError, match="weights"):
                f(lambda x: np.average(x, axis=axis, weights=weights))(x)


def test_signs_and_counts():
    same(np.cbrt, np.array([-0.0, 0.0, -8.0, np.inf, -np.inf, np.nan]))
    same(np.count_nonzero, np.array(3.0))
    same(np.count_nonzero, np.array(0.0))
    assert nk.grad(np.cbrt)(-8.0) == pytest.approx(1 / 12)


M = np.array([[1.0, 4.0, 2.5, -3.0], [0.5, -1.0, 7.0, 2.0]])


def close(f, *args):
    wanted, got = np.asarray(f(*args)), np.asarray(nk.jit(f)(*args))
    assert got.dtype == wanted.dtype
    np.testing.assert_allclose(
        got, wanted, rtol=1e-6 if wanted.dtype in (np.float32, np.complex64) else 1e-13
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("f", [np.cov, np.corrcoef])
def test_covariance_in_a_dtype(f, dtype):
    close(lambda m: f(m, dtype=dtype), M)
    close(lambda m: f(m, dtype=dtype), M.astype(int))
    close(lambda m: f(m[0], dtype=dtype), M)


def test_covariance_of_real_and_complex_rows():
    z = M[:, ::-1] * 1j + M**2
    close(np.cov, M, z)
    close(np.corrcoef, M, z)


def test_covariance_without_rows_or_with_whole_weights():
    same(lambda m: np.cov(m, dtype=np.float32), np.zeros((0, 1), np.float32))
    same(np.cov, np.zeros((0, 1), bool))
    close(lambda m: np.cov(m, fweights=[1.0, 2.0, 3.0, 4.0]), M)
    close(lambda m: np.cov(m, aweights=[1.0, 2.0, 3.0, 4.0], dtype=np.float32), M)
    for kw, why in [
        (dict(dtype=np.int64), "dtype must be floating-point or complex, got int64"),
        (dict(fweights=[1.0, 2.5, 3.0, 4.0]), "fweights must be integer"),
    ]:
        with pytest.raises(TypeError, match=why):
            nk.jit(lambda m: np.cov(m, **kw))(M)
        with pytest.raises(TypeError):
            np.cov(M, **kw)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_histograms_and_counts_of_nothing(dtype):
    empty = np.zeros(0, dtype)
    for part in (0, 1):
        same(lambda x: np.histogram(x)[part], empty)
        same(lambda x: np.histogram(x, 3, density=True)[part], np.arange(5, dtype=dtype))
    w = np.arange(6).astype(dtype)
    same(lambda w: np.histogram(w, 3, range=(1, 5), weights=w, density=True)[0], w)
    same(lambda w: np.bincount(np.zeros(0, int), w, minlength=2), empty)


def test_sort_complex_of_bools():
    same(np.sort_complex, np.array([True, False, True]))
    same(np.sort_complex, np.array([3, -1], np.int16))


def test_histograms_of_columns_in_float32():
    x = np.arange(12, dtype=np.float32).reshape(6, 2)
    for sample, kw in [(x, dict(range=[(0, 9), (1, 7)])), (x[:0], {}), (x, {})]:
        for axis in (0, 1):
            close(lambda s: np.histogramdd(s, 3, **kw)[1][axis], sample)
        close(lambda s: np.histogramdd(s, 3, **kw)[0], sample)
    close(lambda s: np.histogram2d(s[:, 0], s[:, 1], 3, range=[(0, 9), (1, 7)])[1], x)


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize(
    "bins",
    [[0, 1, 2, np.nan], [np.nan, 2, 1, 0], [np.nan] * 3, [1, np.nan, np.nan], [1, 1, 2], [2, 2, 1]],
)
def test_bins_with_nan(bins, right):
    x = np.array([-1, 0.5, 1, 2, 3, np.nan, np.inf])
    bins = np.array(bins, float)
    same(lambda x, b: np.digitize(x, b, right=right), x, bins)
    same(lambda x: np.digitize(x, bins, right=right), x)


def test_bins_in_no_order_raise():
    for bins in ([np.nan, 1.0, 2.0], [0.0, 2.0, 1.0]):
        with pytest.raises(ValueError, match="monotonically"):
            nk.jit(lambda x: np.digitize(x, bins))(np.ones(2))
        with pytest.raises(ValueError):
            np.digitize(np.ones(2), bins)


@pytest.mark.parametrize("order", ["C", "F", "c", "f", None])
def test_order_in_either_case(order):
    rows, columns = np.array([0, 1, 2, 0]), np.array([1, 2, 0, 3])
    a = np.arange(6.0).reshape(2, 3)
    same(lambda i, j: np.ravel_multi_index((i, j), (3, 4), order=order), rows, columns)
    same(lambda i: np.stack(np.unravel_index(i, (3, 4), order=order)), 3 * rows + columns)
    same(lambda a: np.reshape(a, (3, 2), order=order), a)
    same(lambda a: a.T.reshape((2, 3), order=order), a)
    same(lambda a: a.ravel(order), a)
    same(lambda a: a.T.flatten(order), a)


@pytest.mark.parametrize("order", ["A", "K", "X"])
def test_orders_of_indices_that_numpy_refuses(order):
    i = np.array([0, 1])
    for f in (
        lambda i: np.unravel_index(i, (3, 4), order=order),
        lambda i: np.ravel_multi_index((i, i), (3, 4), order=order),
    ):
        for run in (f, nk.jit(f)):
            with pytest.raises(ValueError, match="order"):
                run(i)


@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
@pytest.mark.parametrize("target", [np.int32, np.int64, np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("masked", [False, True])
def test_out_follows_casting(casting, target, masked):
    def f(x):
        out = x.astype(target)
        np.multiply(x, 2, out=out, casting=casting, where=x > 1 if masked else True)
        return out

    for dtype in (np.int64, np.float32, np.float64):
        x = np.array([1, 2, 3]).astype(dtype)
        try:
            f(x)
        except TypeError:
            with pytest.raises(TypeError, match="(?i)cast"):
                nk.jit(f)(x)
        else:
            same(f, x)


@pytest.mark.parametrize("places", [[], (), np.array([], int)])
def test_nothing_is_inserted_and_deleted(places):
    x = np.arange(3.0)
    same(lambda x: np.insert(x, places, 7.0), x)
    same(lambda x: np.delete(x, places), x)


def test_nothing_is_placed():
    def place(x):
        x = x.copy()
        np.place(x, x > 5, [])
        return x

    same(place, np.arange(3.0))
    with pytest.raises(IndexError):
        nk.jit(place)(np.arange(7.0))


@pytest.mark.parametrize(
    "spec, a, b",
    [
        ("ij,i", (0, 1), (1,)),
        ("ij,i->ij", (0, 2), (1,)),
        ("ij,ik->jk", (0, 2), (1, 3)),
        ("ij,jk->ik", (2, 0), (1, 3)),
        ("bij,bjk->bik", (4, 2, 0), (4, 1, 3)),
        ("bij,bjk->bik", (0, 2, 3), (1, 3, 2)),
        ("bij,bjk->bik", (1, 2, 3), (0, 3, 2)),
    ],
)
def test_einsum_of_lengths_0_and_1(spec, a, b):
    f = lambda x, y: np.einsum(spec, x, y)
    same(f, np.ones(a), np.ones(b))
    same(f, np.ones(a, int), np.ones(b, int))
    gx, gy = nk.grad(lambda x, y: np.sum(f(x, y)), (0, 1))(np.ones(a), np.ones(b))
    assert gx.shape == a and gy.shape == b and not np.any(gy)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int64, np.complex64])
def test_numbers_are_weak_in_concatenations_and_masks(dtype):
    x = np.array([1, 2, 3]).astype(dtype)
    same(lambda x: nnp.r_[x, 0, 7, x], x)
    same(lambda x: nnp.r_[x[0], 2.5], x)
    same(lambda x: nnp.r_[x, True, 1:3], x)
    same(lambda x: nnp.c_[x, x], x)

    def mask(x):
        x = x.copy()
        np.putmask(x, [True, False, True], 30)
        return x

    same(mask, x)


def test_ravel_multi_index_of_bools():
    same(lambda i: np.ravel_multi_index((i, i), (3, 4)), np.array([True, False]))


def test_the_method_conj_of_a_bool_is_a_bool():
    """The ufunc gives int8; the method returns the array itself, so writes are seen."""
    same(lambda m: m.conj(), np.array([True, False]))
    same(lambda m: np.conjugate(m), np.array([True, False]))

    def write(x):
        x = x + 0
        x.conj()[0] = 7
        return x

    same(write, np.arange(3))
    same(write, np.arange(3) * 1j)


@pytest.mark.parametrize("sections", [3, np.int64(3), np.array(3), np.array([2, 4])])
def test_counts_of_sections_are_anything_that_numpy_counts_with(sections):
    x = np.arange(36.0).reshape(6, 6)
    for split in (np.split, np.array_split, np.hsplit, np.vsplit):
        same(lambda x: np.concatenate([p.T + i for i, p in enumerate(split(x, sections))], 1), x)  # noqa: B023
    g = nk.grad(lambda x, n: np.sum(np.array_split(x, n)[1]))(x[0], np.array(3))
    np.testing.assert_array_equal(g, [0, 0, 1, 1, 0, 0])


def test_wrong_sections():
    for split in (np.split, np.array_split):
        for sections, error in [(-1, ValueError), ([1.5], TypeError)]:
            with pytest.raises(error):
                split(np.arange(4.0), sections)
            with pytest.raises(error):
                nk.jit(lambda x: split(x, sections))(np.arange(4.0))  # noqa: B023

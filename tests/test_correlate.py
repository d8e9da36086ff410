"""Sliding sums: the kernel against NumPy, its independence of threads, its derivatives and modes."""

import numpy as np
import pytest
from kernel_tools import assert_close, call, layouts, same_at_any_threads, sample

import neurokit as nk
from neurokit.core.primitives.correlating import CORRELATE

SIZES = [(1, 1, 1), (2, 5, 5), (1, 9, 2), (3, 40, 7), (1, 100, 99), (2, 70, 30), (1, 1700, 1300)]


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8"])
@pytest.mark.parametrize("lines,n,m", SIZES)
def test_against_the_twin(dtype, lines, n, m):
    rng = np.random.default_rng(n)
    x, h = sample(rng, dtype, (lines, n)), sample(rng, dtype, (lines, m))
    for laid, taps in zip(layouts(x), layouts(h)):
        got = call("correlate", (lines, n - m + 1), dtype, laid, taps)
        assert_close(got, CORRELATE.twin((0, 0), laid, taps))


@pytest.mark.parametrize("n,m", [(30_000, 50), (12_000, 11_990)])
def test_no_sum_depends_on_threads(n, m):
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(2, n)), rng.normal(size=(2, m))
    got = same_at_any_threads("correlate", (2, n - m + 1), "f8", x[:, ::-1], h)
    assert_close(got, CORRELATE.twin((0, 0), x[:, ::-1], h))


def test_long_float32_sums_keep_their_accuracy():
    rng = np.random.default_rng(1)
    x, h = rng.normal(size=(2, 1, 200_000)).astype("f4")
    for m in (len(h[0]), len(h[0]) - 40):
        got = call("correlate", (1, 200_000 - m + 1), "f4", x, h[:, :m])
        want = np.correlate(x[0].astype("f8"), h[0, :m].astype("f8"), "valid")
        assert np.abs(got[0] - want).max() < 2e-6 * np.sqrt(m)


@pytest.mark.parametrize("bad", [((1, 3), (1, 4)), ((1, 3), (2, 2)), ((1, 3), (1, 0))])
def test_refuses_what_does_not_fit(bad):
    x, h = (np.zeros(shape) for shape in bad)
    with pytest.raises(ValueError, match="correlate: wanted"):
        call("correlate", (1, 1), "f8", x, h)


@pytest.mark.parametrize("dtype", ["?", "i1", "i4", "u8", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("n,m", [(1, 1), (6, 3), (3, 6), (5, 4), (4, 5), (7, 7), (90, 8), (8, 61)])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_numpys_functions(dtype, n, m, mode):
    rng = np.random.default_rng(n * m)
    a, v = sample(rng, dtype, n), sample(rng, dtype, m)
    for f in (np.convolve, np.correlate):
        got = nk.jit(lambda a, v: f(a, v, mode))(a, v)  # noqa: B023
        assert got.dtype == f(a, v, mode).dtype
        assert_close(got, f(a, v, mode))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_derivatives(mode):
    rng = np.random.default_rng(2)
    a, v = rng.normal(size=9), rng.normal(size=4)
    nk.check_grads(lambda a, v: np.convolve(a, v, mode), (a, v), order=2)
    nk.check_grads(lambda a, v: np.correlate(v, a, mode), (a, v), order=2)
    z = rng.normal(size=5) + 1j * rng.normal(size=5)
    nk.check_grads(lambda a: np.abs(np.correlate(a + 1j * a[::-1], z, mode)) ** 2, (a,), order=1)


def test_batches():
    rng = np.random.default_rng(3)
    a, v = rng.normal(size=(4, 9)), rng.normal(size=(4, 3))
    got = nk.vmap(np.convolve)(a, v)
    assert_close(got, np.stack([np.convolve(*pair) for pair in zip(a, v)]))
    got = nk.vmap(np.convolve, in_axes=(0, None))(a, v[0])
    assert_close(got, np.stack([np.convolve(row, v[0]) for row in a]))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("dtype", ["f4", "f8", "c16"])
def test_what_overhangs_meets_no_zeros(dtype, bad):
    """A NaN or infinity of either array reaches the sums it is part of, and no other."""
    rng = np.random.default_rng(4)
    for n, m in ((9, 3), (3, 9), (5, 5), (5000, 40), (40, 400)):
        a, v = rng.normal(size=n).astype(dtype), rng.normal(size=m).astype(dtype)
        for places in ((), (0,), (m - 1,), (1, m // 2)):
            v[list(places)] = bad
            for mode in ("full", "same", "valid"):
                for f in (np.convolve, np.correlate):
                    with np.errstate(all="ignore"):
                        want = f(a, v, mode)
                    got = nk.jit(lambda a, v, f=f, mode=mode: f(a, v, mode))(a, v)
                    same = np.isfinite(want.real) & np.isfinite(want.imag)
                    np.testing.assert_array_equal(
                        np.isfinite(got.real) & np.isfinite(got.imag), same
                    )
                    np.testing.assert_allclose(got[same], want[same], rtol=2e-4, atol=1e-4)
    x = np.array([1.0, 2.0, 3.0, 4.0])
    _, pullback = nk.vjp(lambda v: np.convolve(x, v), np.array([2.0, 3.0]))
    np.testing.assert_array_equal(pullback(np.array([np.nan, 0, 0, 0, 1]))[0], [np.nan, 4.0])

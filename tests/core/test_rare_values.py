"""Values at the ends of a type, NaN and infinities where other elements are combined, against NumPy."""

import itertools

import numpy as np
import pytest
from against_numpy import same

import neurokit as nk

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
def test_odd_reflection_beside_infinities(mode):
    for values in ([np.nan, 1, 2, 3.0], [np.inf, 1, 2.0], [1, 2, np.inf], [1, np.nan, 5, 2.0]):
        for width in ((0, 1), (1, 0), (2, 2), (2, 0)):
            same(lambda x, w=width: np.pad(x, w, mode, reflect_type="odd"), np.array(values))
    for n, width in itertools.product((1, 2, 5), ((7, 9), (0, 3), (12, 1))):
        x = np.random.default_rng(0).normal(size=(2, n))
        same(lambda x, w=width: np.pad(x, [(0, 0), w], mode, reflect_type="odd"), x, rtol=1e-10)


def test_numbers_that_do_not_fit_are_refused_as_in_numpy():
    x = np.array([1, 2, 3], np.uint8)
    for value in (300, -1, [300], [1, 300]):
        same(lambda x, v=value: np.insert(x, 1, v), x)
    for dtype, value in [("i8", np.nan), ("i4", 2**40), ("i4", np.inf), ("u1", 7), ("f4", 1e300)]:
        same(lambda x, v=value: np.insert(x, 1, v), x.astype(dtype))
    same(lambda x: np.insert(x, 1, np.array([300, 5])), x)  # an array is converted
    for value in (300, [1, 300]):
        with pytest.raises(OverflowError):
            nk.jit(lambda x, v=value: np.place(x * 1, x > 1, v))(x)
    with pytest.raises(ValueError, match="NaN"):
        nk.jit(lambda x: np.pad(x, 1, constant_values=np.nan))(x.astype("i8"))
    with pytest.raises(OverflowError):
        nk.jit(lambda x: np.pad(x, 1, constant_values=1e300))(x.astype("i4"))
    same(lambda x: np.pad(x, 1, constant_values=300), x)


def test_plain_numbers_beyond_the_type_are_found():
    for value in (300, -1, 1.5, [300, 0, -4]):
        same(lambda x, v=value: np.searchsorted(x, v), np.array([0, 1], np.uint8))
    same(lambda x: np.searchsorted(x, 0.3), np.array([0.1, 0.3, 0.7], np.float32))


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8"])
def test_gcd_and_lcm_of_the_least_number(dtype):
    ends = np.array([np.iinfo(dtype).min, -7, -4, -1, 0, 1, 3, 4, 6, np.iinfo(dtype).max], dtype)
    a, b = (x.ravel() for x in np.meshgrid(ends, ends))
    same(np.gcd, a, b, modes=["jit"])
    small = np.abs(a.astype(float) * b) < np.iinfo(dtype).max
    same(np.lcm, a[small], b[small], modes=["jit"])

"""Kernels cumulate_* against NumPy's accumulate."""

import numpy as np
import pytest
from kernel_tools import assert_close, call, layouts, same_at_any_threads, sample

UFUNC = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}
SHAPES = [(1, 7, 1), (3, 7, 1), (1, 7, 4), (2, 6, 5), (2, 1, 3), (2, 0, 3), (0, 3, 2)]


def twin(name, x, reverse, dtype):
    x = x[:, ::-1] if reverse else x
    with np.errstate(all="ignore"):
        y = UFUNC[name].accumulate(x, axis=1, dtype=dtype)
    return y[:, ::-1] if reverse else y


@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize("name", UFUNC)
def test_running_totals_are_numpys(name, reverse):
    rng = np.random.default_rng(0)
    complex_too = ["c8", "c16"] if name in ("sum", "prod") else []
    for dtype in ["?", "i4", "i8", "f4", "f8", *complex_too]:
        out = "i8" if dtype in ("?", "i4") else dtype
        for shape in SHAPES:
            for x in layouts(sample(rng, dtype, shape)):
                want = twin(name, x.astype(out), reverse, out)
                assert_close(call("cumulate_" + name, shape, out, x, ip=(reverse,)), want)


def test_nan_stays():
    x = np.array([3, 1, np.nan, 5, 0]).reshape(1, 5, 1)
    got = call("cumulate_max", x.shape, "f8", x, ip=(0,)).ravel()
    np.testing.assert_array_equal(got, [3, 3, np.nan, np.nan, np.nan])


def test_large_ones_do_not_depend_on_threads():
    x = np.random.default_rng(0).normal(size=(3, 1000, 200))
    got = same_at_any_threads("cumulate_sum", x.shape, "f8", x, ip=(1,))
    assert_close(got, twin("sum", x, 1, "f8"))

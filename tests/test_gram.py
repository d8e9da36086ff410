"""The Gram engine's kernels against plain NumPy."""

import numpy as np
import pytest

from neurokit import _core

METRICS = ("euclidean", "correlation", "cosine")
SHAPES = [(1, 2, 1), (1, 5, 3), (3, 17, 40), (2, 92, 700), (1, 130, 2500), (40, 20, 33)]
TOLERANCE = {"f4": 3e-5, "f8": 1e-11}


def twin_rdm(x, metric, w=None):
    """Condensed dissimilarities by their definition, in float64."""
    x = x.astype(float)
    w = np.ones(x.shape[-1]) if w is None else w.astype(float)
    i, j = np.triu_indices(len(x), 1)
    if metric == "euclidean":
        return ((x[i] - x[j]) ** 2 * w).mean(1)
    if metric == "correlation":
        x = x - (x @ w / w.sum())[:, None]
    g = (x * w) @ x.T
    return 1 - g[i, j] / np.sqrt(np.diagonal(g)[i] * np.diagonal(g)[j])


def twin_crossnobis(x, counts=None):
    """Mean product over ordered pairs of different folds (trials, with counts), by loops."""
    x = x.astype(float)
    n_fold, n, d = x.shape
    c = np.ones((n_fold, n)) if counts is None else counts
    k, q = np.zeros((n, n)), np.zeros((n, n))
    for m in range(n_fold):
        for other in range(n_fold):
            if m != other:
                k += x[m] @ x[other].T
                q += np.multiply.outer(c[m], c[other])
    with np.errstate(invalid="ignore", divide="ignore"):
        k /= q * d
    i, j = np.triu_indices(n, 1)
    return k[i, i] + k[j, j] - 2 * k[i, j]


def call(name, x, shape, ip=(), extra=(), threads=0):
    out = np.empty(shape, x.dtype)
    _core.call(name, [out], [x, *extra], ip, threads=threads)
    return out


def layouts(x):
    yield x
    yield np.asfortranarray(x)
    yield np.concatenate([x, x], -1)[..., ::2] if x.shape[-1] % 2 == 0 else x[..., ::-1]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", SHAPES)
def test_rdm_equals_its_definition(shape, dtype):
    rng = np.random.default_rng(0)
    data = (rng.standard_normal(shape) + 3 * rng.standard_normal(shape[-1])).astype(dtype)
    pairs = (shape[0], shape[1] * (shape[1] - 1) // 2)
    w = rng.uniform(0.1, 2, (shape[0], shape[2])).astype(dtype)
    for x in layouts(data):
        for code, metric in enumerate(METRICS):
            if metric == "correlation" and shape[2] < 2:
                continue
            want = np.stack([twin_rdm(one, metric) for one in x])
            tolerance = TOLERANCE[dtype] * max(1, np.abs(want).max())
            np.testing.assert_allclose(call("rdm", x, pairs, (code,)), want, atol=tolerance)
            np.testing.assert_allclose(call("rdm_masked", x, pairs, (code,)), want, atol=tolerance)
            want = np.stack([twin_rdm(one, metric, v) for one, v in zip(x, w, strict=True)])
            np.testing.assert_allclose(
                call("rdm", x, pairs, (code,), [w]), want, atol=2 * tolerance
            )


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_gram_with_weights_of_any_sign(dtype):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3, 61, 300)).astype(dtype)
    w = rng.standard_normal((3, 300)).astype(dtype)
    want = np.einsum("bic,bc,bjc->bij", x.astype(float), w, x)
    got = call("gram", x, (3, 61, 61), (0,), [w])
    np.testing.assert_allclose(got, want, atol=300 * TOLERANCE[dtype])
    np.testing.assert_array_equal(got, np.swapaxes(got, 1, 2))
    shared = np.broadcast_to(w[0], w.shape)
    np.testing.assert_array_equal(call("gram", x, (3, 61, 61), (0,), [shared])[0], got[0])


def test_gram_of_float32_sums_in_float64():
    """The error stays that of rounding single products, it does not grow with their number."""
    rng = np.random.default_rng(2)
    x = rng.uniform(0.5, 1.5, (1, 30, 200_000)).astype("f4")
    out = np.empty((1, 30, 30))
    _core.call("gram", [out], [x], (0,))
    want = x[0].astype(float) @ x[0].T.astype(float)
    assert np.abs(out[0] / want - 1).max() < 1e-6


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("folds", [2, 5])
def test_crossnobis_equals_its_definition(folds, dtype):
    rng = np.random.default_rng(3)
    x = (rng.standard_normal((4, folds, 19, 333)) + 2).astype(dtype)
    want = np.stack([twin_crossnobis(one) for one in x])
    got = call("crossnobis", x, want.shape)
    np.testing.assert_allclose(got, want, atol=10 * TOLERANCE[dtype])
    counts = rng.integers(0, 3, (4, folds, 19)).astype(float)
    x = x * (counts > 0)[..., None].astype(dtype)
    want = np.stack([twin_crossnobis(one, c) for one, c in zip(x, counts, strict=True)])
    got = call("crossnobis", x, want.shape, (), [counts])
    np.testing.assert_allclose(got, want, atol=30 * TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 300, 1500), (50, 30, 40)])
def test_bit_equal_at_any_thread_count(shape, dtype):
    x = np.random.default_rng(4).standard_normal(shape).astype(dtype)
    pairs = (shape[0], shape[1] * (shape[1] - 1) // 2)
    folds = x.reshape(shape[0], 2, shape[1] // 2, shape[2])
    half = shape[1] // 2
    for name, data, out, ip in [
        ("rdm", x, pairs, (0,)),
        ("rdm", x, pairs, (1,)),
        ("gram", x, (shape[0], shape[1], shape[1]), (1,)),
        ("crossnobis", folds, (shape[0], half * (half - 1) // 2), ()),
    ]:
        one, two, three = (call(name, data, out, ip, threads=k) for k in (1, 2, 3))
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)


def test_constant_rows_are_nan_not_noise():
    x = np.random.default_rng(5).standard_normal((1, 6, 1000))
    x[0, 2] = 0.1  # its mean is not exactly representable as a sum
    out = call("rdm", x, (1, 15), (1,))[0]
    i, j = np.triu_indices(6, 1)
    np.testing.assert_array_equal(np.isnan(out), (i == 2) | (j == 2))


def test_equal_rows_have_distance_zero():
    x = np.random.default_rng(6).standard_normal((1, 100, 777)) + 1e4
    x[0, 60] = x[0, 3]
    i, j = np.triu_indices(100, 1)
    out = call("rdm", x, (1, 4950), (0,))[0]
    assert abs(out[(i == 3) & (j == 60)][0]) < 1e-13
    assert (out >= 0).all()


def test_masked_channels_are_left_out_by_pair():
    rng = np.random.default_rng(7)
    x = rng.standard_normal((1, 8, 50))
    x[rng.random(x.shape) < 0.3] = np.nan
    x[0, 0, :25] = np.nan
    x[0, 1, 25:] = np.nan  # rows 0 and 1 share no channel
    for code, metric in enumerate(METRICS):
        out = call("rdm_masked", x, (1, 28), (code,))[0]
        for value, i, j in zip(out, *np.triu_indices(8, 1), strict=True):
            both = ~np.isnan(x[0, i]) & ~np.isnan(x[0, j])
            if not both.any():
                assert np.isnan(value)
            else:
                np.testing.assert_allclose(value, twin_rdm(x[0, [i, j]][:, both], metric)[0])


def test_bad_operands_say_what_was_wanted():
    x = np.zeros((1, 4, 5))
    with pytest.raises(TypeError, match="float32 or float64"):
        call("rdm", x.astype(int), (1, 6), (0,))
    with pytest.raises(ValueError, match=r"\(1, 6\)"):
        call("rdm", x, (1, 7), (0,))
    with pytest.raises(ValueError, match="metric"):
        call("rdm", x, (1, 6), (9,))
    with pytest.raises(ValueError, match="weights"):
        call("rdm", x, (1, 6), (0,), [np.zeros((1, 4))])
    with pytest.raises(ValueError, match="2 folds"):
        call("crossnobis", x[None], (1, 6))
    with pytest.raises(ValueError, match="no channels"):
        call("gram", x[..., :0], (1, 4, 4), (0,))

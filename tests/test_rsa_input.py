"""Arguments that would give wrong numbers without a word: refused, or computed right."""

import numpy as np
import pytest

from neurokit import rsa


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((6, 40))


CONDITIONS, FOLDS = list("abcabc"), [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("what", ["triangle", "nan", "vector", "text", "complex"])
def test_noise_must_be_a_symmetric_matrix_of_numbers(x, what):
    good = np.cov(np.random.default_rng(1).standard_normal((40, 90)))
    bad = {
        "triangle": np.triu(good),
        "nan": np.full_like(good, np.nan),
        "vector": np.ones(40),
        "text": good.astype(str).astype(object)[:, :1] + "x",
        "complex": good + 1j,
    }[what]
    raises = pytest.raises((ValueError, TypeError))
    for metric in ("mahalanobis", "correlation", "crossnobis"):
        folds = FOLDS if metric == "crossnobis" else None
        with raises:
            rsa.rdm(x, CONDITIONS, folds=folds, noise=bad, metric=metric)
    with raises:
        rsa.rdm(x, CONDITIONS, folds=FOLDS, noise=[bad, bad], metric="crossnobis")
    with raises:
        rsa.Noise(bad)
    if what in ("triangle", "nan"):
        with pytest.raises(ValueError, match="sigma_k"):
            rsa.compare(rsa.RDMs(np.ones(780)), rsa.RDMs(np.ones(780)), "whitened_cosine", bad)


def test_noise_with_the_rounding_of_an_inverse_is_taken(x):
    covariance = np.cov(np.random.default_rng(2).standard_normal((40, 60)))
    precision = np.linalg.inv(covariance)
    assert (precision != precision.T).any()
    one = rsa.rdm(x, CONDITIONS, noise=precision, metric="mahalanobis").values
    two = rsa.rdm(x, CONDITIONS, noise=rsa.Noise(covariance), metric="mahalanobis").values
    np.testing.assert_allclose(one, two, rtol=1e-8)


def test_labels_of_numbers_and_text_are_not_the_same(x):
    mixed = [1, "1", 2, 1, "1", 2]
    r = rsa.rdm(x, mixed, metric="euclidean")
    assert r.conditions.tolist() == [1, "1", 2]
    same = rsa.rdm(x, CONDITIONS, metric="euclidean")
    np.testing.assert_array_equal(r.values, same.values)
    assert r.subset(["1", 2]).conditions.tolist() == ["1", 2]
    with pytest.raises(ValueError, match="unknown"):
        r.subset(["2", 1])
    assert rsa.RDMs(np.arange(3.0), [1, "1", 2]).conditions.tolist() == [1, "1", 2]
    crossed = rsa.rdm(x, CONDITIONS, folds=[1, 1, 1, "1", "1", "1"], metric="crossnobis")
    plain = rsa.rdm(x, CONDITIONS, folds=FOLDS, metric="crossnobis")
    np.testing.assert_array_equal(crossed.values, plain.values)


@pytest.mark.parametrize("missing", [None, np.nan, np.datetime64("NaT")])
def test_missing_labels_are_named(x, missing):
    labels = [*"abcab", missing]
    if isinstance(missing, np.datetime64):
        labels = np.array(["2020-01-01"] * 5 + ["NaT"], dtype="M8[D]")
    for given in (
        labels,
        np.asarray(labels, dtype=None if isinstance(labels, np.ndarray) else object),
    ):
        with pytest.raises(ValueError, match=r"missing labels.*\[5\]"):
            rsa.rdm(x, given)
    with pytest.raises(ValueError, match="missing labels"):
        rsa.rdm(x, CONDITIONS, folds=[0.0, 0, 0, 1, 1, np.nan], metric="crossnobis")
    with pytest.raises(ValueError, match="missing labels"):
        rsa.RDMs(np.arange(3.0), [0.0, 1.0, np.nan])


def test_complex_text_and_masked_arrays_are_refused(x):
    masked = np.ma.array(x, mask=x > 1)
    calls = [
        lambda v: rsa.rdm(v),
        lambda v: rsa.rdm([v, v]),
        lambda v: rsa.rdm_movie(np.ma.stack([v, v], 2) if np.ma.isMA(v) else np.stack([v, v], 2)),
        lambda v: rsa.RDMs(v[:, :3]),
        lambda v: rsa.RDMs([row[:3] for row in v]),
        lambda v: rsa.compare(v[:, :3], x[:, :3]),
        lambda v: rsa.shrinkage(v),
        lambda v: rsa.noise_from_measurements(v, CONDITIONS),
        lambda v: rsa.searchlight(v, [[0, 1]], CONDITIONS, FOLDS),
        lambda v: rsa.searchlight(x, [[0, 1]], CONDITIONS, FOLDS, noise=v),
        lambda v: rsa.cka(v, x),
    ]
    for call in calls:
        for bad, match in ((x + 1j, "real"), (masked, "mask"), (np.full(x.shape, "a"), "numbers")):
            with pytest.raises(TypeError, match=match):
                call(bad)


@pytest.mark.parametrize("scale", [1e-170, 1e-100, 1e155, 1e300])
@pytest.mark.parametrize(
    "method", ["cosine", "pearson", "spearman", "whitened_cosine", "whitened_pearson", "tau_b"]
)
def test_comparisons_do_not_depend_on_scale(method, scale):
    rng = np.random.default_rng(3)
    a, b = rng.random((3, 15)), rng.random((2, 15))
    want = rsa.compare(a, b, method)
    np.testing.assert_allclose(rsa.compare(a * scale, b, method), want, rtol=1e-10)
    np.testing.assert_allclose(rsa.compare(a * scale, b * scale, method), want, rtol=1e-10)
    a[:, 4] = np.nan
    want = rsa.compare(a, b, method)
    np.testing.assert_allclose(rsa.compare(a * scale, b, method), want, rtol=1e-10)


@pytest.mark.parametrize("scale", [1e-170, 1e150])
def test_bures_does_not_depend_on_scale(scale):
    x = np.random.default_rng(4).standard_normal((2, 6, 9))
    a, b = (rsa.rdm(v, metric="euclidean").values for v in x)
    np.testing.assert_allclose(
        rsa.compare(a * scale, b, "bures"), rsa.compare(a, b, "bures"), rtol=1e-7
    )
    np.testing.assert_allclose(
        rsa.compare(a * scale, b * scale, "bures_distance"),
        rsa.compare(a, b, "bures_distance") * np.sqrt(scale),
        rtol=1e-7,
    )


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("metric", ["correlation", "cosine", "euclidean", "crossnobis"])
def test_patterns_at_any_scale(x, metric, dtype):
    scales = (1e-25, 1e25) if dtype == "f4" else (1e-170, 1e160)
    x = x.astype(dtype)
    folds = FOLDS if metric == "crossnobis" else None
    squared = metric in ("euclidean", "crossnobis")
    want = rsa.rdm(x, CONDITIONS, folds=folds, metric=metric).values
    for scale in scales:
        with np.errstate(over="ignore", under="ignore"):
            expected = want.astype(float) * float(scale) ** 2 if squared and dtype == "f4" else want
            if squared and dtype == "f8":
                expected = want * 0 + (np.inf if scale > 1 else 0) * np.sign(want)
            expected = expected.astype(dtype)
        if squared and scale > 1:
            with pytest.warns(RuntimeWarning, match="overflow"):
                got = rsa.rdm(x * dtype_of(scale, dtype), CONDITIONS, folds=folds, metric=metric)
        else:
            got = rsa.rdm(x * dtype_of(scale, dtype), CONDITIONS, folds=folds, metric=metric)
        np.testing.assert_allclose(got.values, expected, rtol=1e-4 if dtype == "f4" else 1e-9)
    x[2] *= dtype_of(scales[1], dtype)
    if not squared:  # one condition much larger than the others
        got = rsa.rdm(x, list("abcdef"), metric=metric).values
        x[2] /= dtype_of(scales[1], dtype)
        np.testing.assert_allclose(got, rsa.rdm(x, list("abcdef"), metric=metric).values, rtol=1e-4)
    stack = np.stack([x, x]) * dtype_of(scales[0], dtype)
    if metric in ("correlation", "cosine"):
        got = rsa.rdm(stack, CONDITIONS, metric=metric).values
        want = rsa.rdm(x, CONDITIONS, metric=metric).values
        np.testing.assert_allclose(got, np.repeat(want, 2, 0), rtol=1e-4)


def dtype_of(scale, dtype):
    return np.dtype(dtype).type(scale)


@pytest.mark.parametrize("method", ["cosine", "pearson", "whitened_pearson", "rho_a"])
def test_inference_does_not_depend_on_scale(method):
    rng = np.random.default_rng(5)
    models, subjects = rng.random((2, 28)), rng.random((5, 28))
    one, two = (
        rsa.evaluate(rsa.RDMs(models * a), rsa.RDMs(subjects * b), method, n_boot=20, seed=1)
        for a, b in ((1, 1), (2.0**-570, 2.0**520))
    )
    for name in ("scores", "sem", "ceiling", "p_zero", "p_pairs"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-6)


def test_noise_of_each_run_with_missing_channels_and_runs_in_another_order():
    """The part of the conditions that lack a channel may meet the runs in another order."""
    rng = np.random.default_rng(6)
    conditions, folds = list("abcbacbaccab"), [0, 1, 2, 0, 2, 1, 2, 1, 0, 3, 3, 3]
    x = rng.standard_normal((12, 5))
    noise = [rsa.shrinkage(rng.standard_normal((20, 5)) * (k + 1)) for k in range(4)]
    x[[k for k, c in enumerate(conditions) if c in "bc"], 2] = np.nan
    got = rsa.rdm(x, conditions, folds=folds, noise=noise, metric="crossnobis")
    rows = [k for k, c in enumerate(conditions) if c in "bc"]
    keep = [0, 1, 3, 4]
    means = {(c, f): x[k][keep] for k, (c, f) in enumerate(zip(conditions, folds, strict=True))}
    assert len(means) == 12 and len(rows) == 8
    want = 0.0
    for m in range(4):
        for k in range(4):
            if m != k:
                both = (noise[m].covariance + noise[k].covariance)[np.ix_(keep, keep)] / 2
                first, second = (means["b", f] - means["c", f] for f in (m, k))
                want += first @ np.linalg.solve(both, second) / (12 * 4)
    np.testing.assert_allclose(got.subset(["b", "c"]).values[0, 0], want, rtol=1e-10)


def test_float32_rows_of_many_zeros_stay_float32():
    """Sparse rows (rates, activations of networks) are no reason to compute in float64."""
    from neurokit.rsa.checks import leveled

    x = np.zeros((4, 640), np.float32)
    x[:, 7] = 1
    assert leveled(x, True)[0] is x and leveled(x, False)[0] is x
    x[1, 7] = 1e-20
    assert leveled(x, True)[0].dtype == float

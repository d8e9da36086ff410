"""Labels of models and data that are not the same, types of labels, names of options."""

import warnings

import numpy as np
import pytest

from neurokit import rsa

NAMES = [f"image {k}" for k in range(14)]
PAIRS = 91


def random_set(seed, rows, labels=None):
    return rsa.RDMs(np.random.default_rng(seed).random((rows, PAIRS)), labels)


def partial(labels=None):
    """Models of 14 conditions and data of ten of them, in another order."""
    models = random_set(0, 3, labels)
    some = models.conditions[[9, 3, 12, 0, 7, 13, 5, 1, 8, 2]]
    brain = models.subset(some)
    noise = np.random.default_rng(1).random((5, brain.values.shape[1]))
    return models, rsa.RDMs(brain.values[:1] + 0.2 * noise, some)


MAKE = {
    "rdms": lambda m: m,
    "dict": lambda m: {"first": m[0], "others": m[1:]},
    "fixed": lambda m: rsa.FixedModel(m[0], "fixed"),
    "select": lambda m: rsa.SelectModel(m, "select"),
    "weighted": lambda m: rsa.WeightedModel(m, "weighted"),
    "interpolated": lambda m: [rsa.InterpolatedModel(m, "line"), m],
}


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("labels", [NAMES, None])
def test_models_with_more_conditions(kind, labels):
    models, brain = partial(labels)
    own = models.subset(brain.conditions)
    how = {"method": "cosine", "n_boot": 6}
    got, want = (rsa.evaluate(MAKE[kind](m), brain, **how) for m in (models, own))
    assert got.names == want.names
    np.testing.assert_array_equal(got.subject_scores, want.subject_scores)
    np.testing.assert_array_equal(got.samples, want.samples)
    if kind == "rdms":
        np.testing.assert_array_equal(got.scores, rsa.compare(own, brain).mean(1))
        assert got.scores.argmax() == 0
    if kind in ("select", "weighted"):
        np.testing.assert_array_equal(MAKE[kind](models).fit(brain), MAKE[kind](own).fit(brain))


def test_conditions_without_labels_are_not_matched_to_more():
    models, brain = random_set(0, 3), random_set(1, 4).subset(range(10))
    unnamed = rsa.RDMs(brain.values)
    patterns = np.random.default_rng(2).random((4, 10, 20))
    made = [rsa.rdm(patterns), rsa.rdm(list(patterns)), rsa.rdm_movie(patterns[0].T[:10, :, None])]
    same = [unnamed[:3], unnamed.rank(), unnamed.concat(unnamed), unnamed.transform(np.sqrt)]
    for data in (unnamed, *same, rsa.pool(unnamed).concat(unnamed), *made):
        for call in (rsa.WeightedModel(models).fit, lambda d: rsa.evaluate(models, d, "cosine")):
            with pytest.raises(ValueError, match=r"10 conditions without labels and the model 14"):
                call(data)
    for data in (brain, brain[:3], brain.rank(), brain.mean().concat(brain)):  # a subset has labels
        assert rsa.evaluate(models, data, "cosine", n_boot=5).scores.shape == (3,)


def test_a_model_that_lacks_conditions():
    models, brain = partial(NAMES)
    with pytest.raises(ValueError, match="unknown conditions"):
        rsa.evaluate(models.subset(brain.conditions[1:]), brain, "cosine")
    with pytest.raises(ValueError, match="unknown conditions"):
        rsa.SelectModel(models.subset(brain.conditions[1:])).fit(brain)
    with pytest.raises(ValueError, match="do not match"):  # neither of two sets is the data
        rsa.compare(models, brain)


def test_labels_of_unnamed_conditions_in_a_file(tmp_path):
    models, brain = random_set(0, 3), random_set(1, 4)
    for labels in (None, NAMES[:10], range(4, 14)):
        some = rsa.RDMs(brain.values[:, :45], labels)
        some.save(tmp_path / "some.npz")
        some = rsa.RDMs.load(tmp_path / "some.npz")
        if labels is None:
            with pytest.raises(ValueError, match="without labels"):
                rsa.evaluate(models, some, "cosine")
        else:
            named = models if labels == range(4, 14) else random_set(0, 3, NAMES)
            assert len(rsa.evaluate(named, some, "cosine", n_boot=5).scores) == 3


def test_models_of_a_searchlight_with_more_conditions():
    rng = np.random.default_rng(3)
    models = random_set(0, 2, NAMES)
    order = [4, 11, 2, 9, 6]
    labels, runs = [NAMES[k] for k in order] * 2, [0] * 5 + [1] * 5
    neighbors = [[0, 1, 2], [2, 3, 4, 5]]
    data = rng.standard_normal((10, 6))
    got, want = (
        rsa.searchlight(data, neighbors, labels, runs, models=m, keep=True)
        for m in (models, models.subset(labels[:5]))
    )
    np.testing.assert_array_equal(got.scores, want.scores)
    maps = [rsa.permutation_maps(got, m, n_perm=20) for m in (models, models.subset(labels[:5]))]
    np.testing.assert_array_equal(maps[0][0], maps[1][0])
    np.testing.assert_array_equal(maps[0][1], maps[1][1])
    with pytest.raises(ValueError, match="5 conditions without labels and the model 14"):
        rsa.searchlight(data[:5], neighbors, None, metric="euclidean", models=random_set(0, 2))


def test_a_table_whose_rows_were_never_named():
    pandas = pytest.importorskip("pandas")
    x = np.random.default_rng(0).random((4, 6))
    with pytest.raises(ValueError, match="crossnobis needs the conditions"):
        rsa.rdm(pandas.DataFrame(x), folds=[0, 0, 1, 1], metric="crossnobis")
    table = pandas.DataFrame(x, index=pandas.RangeIndex(2, 6))
    assert rsa.rdm(table).conditions.tolist() == [2, 3, 4, 5]


def test_labels_of_variable_length_text_are_saved(tmp_path):
    if not hasattr(np.dtypes, "StringDType"):
        pytest.skip("NumPy 2 has them")
    labels = np.array(["é", "long label", "c"], dtype=np.dtypes.StringDType())
    rsa.RDMs([1.0, 2, 3], labels).save(tmp_path / "text.npz")
    assert rsa.RDMs.load(tmp_path / "text.npz").conditions.tolist() == labels.tolist()


def test_labels_of_several_parts():
    pandas = pytest.importorskip("pandas")
    index = pandas.MultiIndex.from_product([["a"], range(3)])
    for labels in (index, list(index)):
        rdms = rsa.RDMs([[1.0, 2, 3]], labels)
        assert rdms.conditions.tolist() == list(index)
        assert rdms.subset([("a", 2), ("a", 0)]).values.tolist() == [[2.0]]
        assert rdms.subset(index[[2, 0]]).conditions.tolist() == [("a", 2), ("a", 0)]
        back = rsa.RDMs.from_dataframe(rdms.to_dataframe())
        assert back.conditions.tolist() == list(index)
        np.testing.assert_array_equal(back.values, rdms.values)


@pytest.mark.parametrize("given", [3, 1.5, True, object()])
def test_labels_that_are_no_sequence(given):
    x = np.random.default_rng(0).random((4, 6))
    with pytest.raises(TypeError, match="conditions: wanted a sequence"):
        rsa.rdm(x, given)
    with pytest.raises(TypeError, match="folds: wanted a sequence"):
        rsa.rdm(x, list("abab"), folds=given, metric="crossnobis")
    with pytest.raises(TypeError, match="conditions: wanted a sequence"):
        rsa.RDMs([1.0, 2, 3]).subset(given)


X = np.random.default_rng(4).standard_normal((12, 5))
BRAIN = random_set(5, 4)
OPTIONS = [
    ("metric", lambda v: rsa.rdm(X, metric=v)),
    ("convention", lambda v: rsa.rdm(X, convention=v)),
    ("method", lambda v: rsa.compare(BRAIN, BRAIN, v)),
    ("convention", lambda v: rsa.compare(BRAIN, BRAIN, convention=v)),
    ("convention", lambda v: rsa.noise_ceiling(BRAIN, "whitened_cosine", convention=v)),
    ("convention", lambda v: rsa.pool(BRAIN, "whitened_cosine", convention=v)),
    ("convention", lambda v: rsa.geotopological(BRAIN, 0.1, 0.9, convention=v)),
    ("test", lambda v: rsa.evaluate(BRAIN, BRAIN, test=v)),
    ("correction", lambda v: rsa.evaluate(BRAIN, BRAIN, correction=v)),
    ("over", lambda v: rsa.evaluate(BRAIN, BRAIN, over=v)),
    ("over", lambda v: rsa.evaluate(BRAIN, BRAIN, over=[v])),
    ("target", lambda v: rsa.shrinkage(X, v)),
    ("target", lambda v: rsa.noise_from_measurements(X, [0, 1] * 6, v)),
    ("kind", lambda v: rsa.noise_from_residuals(X, v)),
    ("kernel", lambda v: rsa.cka(X, X, v)),
    ("how", lambda v: rsa.match_units(X, X, v)),
    ("how", lambda v: rsa.WeightedModel(BRAIN, how=v)),
    ("method", lambda v: rsa.mds(BRAIN, method=v)),
    ("method", lambda v: rsa.stress(BRAIN, np.zeros((4, 14, 2)), v)),
    ("metric", lambda v: rsa.searchlight(X, [[0, 1]], range(12), metric=v)),
]


@pytest.mark.parametrize("value", ["rsatoolbx", 0, np.eye(3), ["cosine"]])
@pytest.mark.parametrize("option", range(len(OPTIONS)))
def test_names_of_options(option, value):
    what, call = OPTIONS[option]
    with pytest.raises(ValueError, match=f"^{what}: wanted (one|some) of"):
        call(value)


def test_numbers_out_of_range():
    for dof in (np.nan, np.inf, "x", 0, [3]):
        with pytest.raises(ValueError, match="dof: wanted a number of at least 1"):
            rsa.shrinkage(X, dof=dof)
    for variance in (0, -1, 1.5, np.nan, "x"):
        with pytest.raises(ValueError, match="variance: wanted"):
            rsa.svcca(X, X, variance)
    mask = np.ones((3, 4), bool)
    for radius in (np.nan, np.inf, -1, None, "x"):
        with pytest.raises(ValueError, match="radius: wanted"):
            rsa.sphere_neighbors(mask, radius)
    for spacing in (0, -1, np.nan, [1, 2, 3], np.ones((2, 2))):
        with pytest.raises(ValueError, match="spacing: wanted"):
            rsa.sphere_neighbors(mask, 1, spacing)
    with pytest.raises(ValueError, match="mask: wanted an array"):
        rsa.sphere_neighbors(None, 1)
    for points in (None, np.zeros((4, 13, 2)), np.zeros((3, 14, 2)), np.zeros((14, 2))):
        with pytest.raises((ValueError, TypeError), match="points"):
            rsa.stress(BRAIN, points)
    with pytest.raises(ValueError, match="patterns: wanted"):
        rsa.noise_from_measurements(X[0], range(5))


def test_a_sphere_larger_than_the_mask():
    """No array is made of the size of the sphere."""
    mask = np.ones((3, 4, 2), bool)
    mask[1, 2, 0] = False
    for spacing in (1, [2, 1, 3]):
        indptr, indices = rsa.sphere_neighbors(mask, 1e9, spacing)
        np.testing.assert_array_equal(indptr, 23 * np.arange(24))
        np.testing.assert_array_equal(np.sort(indices.reshape(23, 23), 1), [np.arange(23)] * 23)


@pytest.mark.parametrize("metric", ["poisson", "poisson_cv", "mahalanobis", "crossnobis"])
def test_missing_channels_keep_float32(metric):
    rng = np.random.default_rng(6)
    x, labels, runs = rng.random((12, 5)) + 0.5, list("abc") * 4, np.repeat([0, 1], 6)
    x[0, 0] = np.nan
    noise = rsa.noise_from_residuals(rng.standard_normal((40, 5)), "full")
    how = {"metric": metric, "noise": None if metric.startswith("poisson") else noise}
    if metric in ("poisson_cv", "crossnobis"):
        how["folds"] = runs
    got = rsa.rdm(x.astype(np.float32), labels, **how).values
    assert got.dtype == np.float32
    want = rsa.rdm(x, labels, **how).values
    np.testing.assert_allclose(got, want, atol=1e-5 * np.abs(want).max())


def test_noise_of_folds_and_times():
    """A list for a movie has the folds' noise (it was taken for that of the times) or the times'."""
    rng = np.random.default_rng(7)
    x, labels, runs = rng.standard_normal((18, 5, 4)), list("abc") * 6, np.repeat([2, 0, 1], 6)
    noise = [rsa.shrinkage(rng.standard_normal((30, 5))) for _ in range(4)]
    how = {"folds": runs, "metric": "crossnobis"}

    def at(time, own):
        return rsa.rdm(x[:, :, time], labels, noise=own, **how).values[0]

    got = rsa.rdm_movie(x, labels, noise=noise[:3], **how).values
    by_fold = dict(zip([2, 0, 1], noise, strict=False))
    np.testing.assert_array_equal(got, [at(t, by_fold) for t in range(4)])
    np.testing.assert_array_equal(got, rsa.rdm_movie(x, labels, noise=by_fold, **how).values)
    got = rsa.rdm_movie(x, labels, noise=noise, **how).values
    np.testing.assert_array_equal(got, [at(t, noise[t]) for t in range(4)])
    x = x[:, :, :3]
    several = [noise[:3], noise[1:], by_fold]
    got = rsa.rdm_movie(x, labels, noise=several, **how).values
    np.testing.assert_array_equal(got, [at(t, several[t]) for t in range(3)])
    with pytest.raises(ValueError, match="noise: 3 could be those of the folds or those over time"):
        rsa.rdm_movie(x, labels, noise=noise[:3], **how)
    for some in (noise[:2], []):
        with pytest.raises(ValueError, match="one for each of 3 folds or 3 over time, got"):
            rsa.rdm_movie(x, labels, noise=some, **how)
    got = rsa.rdm_movie(x, labels, noise=noise[:3], metric="mahalanobis").values
    want = [rsa.rdm(x[:, :, t], labels, noise=noise[t], metric="mahalanobis") for t in range(3)]
    np.testing.assert_array_equal(got, [r.values[0] for r in want])
    for given in (noise[:3], by_fold, [np.zeros((30, 5))] * 3):
        with pytest.raises(ValueError, match="noise: .*one per fold is for rsa.rdm"):
            rsa.searchlight(x[:, :, 0], [[0, 1]], labels, runs, noise=given)


def test_labels_of_a_data_array():
    xarray = pytest.importorskip("xarray")
    models = rsa.RDMs(random_set(8, 3).values, NAMES, ["pixels", "shape", "meaning"])
    brain = random_set(9, 4, NAMES)
    array = models.to_xarray()
    for given in (array, array[:, ::-1, ::-1]):
        read = rsa.RDMs(given)
        assert read.labels.tolist() == models.labels.tolist()
        np.testing.assert_array_equal(read.subset(NAMES).values, models.values)
        result = rsa.evaluate(given, brain, "cosine", n_boot=4)
        assert result.names == models.labels.tolist()
        np.testing.assert_allclose(result.scores, rsa.compare(models, brain).mean(1), rtol=1e-12)
    assert rsa.RDMs(array, labels="xyz").labels.tolist() == list("xyz")
    assert rsa.RDMs(array[0]).labels.tolist() == [0]
    bare = xarray.DataArray(array.values, dims=array.dims)
    assert rsa.RDMs(bare).labels.tolist() == rsa.RDMs.from_xarray(bare).labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("method", ["cosine", "pearson"])
def test_subjects_that_lack_the_conditions_of_a_fold(method):
    """No warning of NumPy's escapes; the means are of the pairs that are there."""
    square = rsa.RDMs(random_set(10, 5).values).square()
    square[0, :9] = square[0, :, :9] = np.nan
    square[:, range(14), range(14)] = 0
    brain = rsa.RDMs(square, NAMES)
    lacking = brain.subset(NAMES[:9])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pooled = rsa.WeightedModel(random_set(11, 2, NAMES)).fit(lacking, method)
        want = rsa.WeightedModel(random_set(11, 2, NAMES)).fit(lacking[1:], method)
    np.testing.assert_array_equal(pooled, want)
    d = brain.values
    d = d - np.nanmean(d, 1, keepdims=True) if method == "pearson" else d
    d = d / np.sqrt(np.nanmean(d**2, 1, keepdims=True))
    np.testing.assert_allclose(rsa.pool(brain, method).values[0], np.nanmean(d, 0), rtol=1e-12)


def test_matrices_without_labels_are_told_from_unknown_conditions():
    values = np.random.default_rng(0).random((3, 6))
    named = rsa.RDMs(values, list("abcd"))
    for pair in ((values[:1], named), (rsa.RDMs(values), named), (named, rsa.RDMs(values))):
        models = rsa.WeightedModel(pair[0], "sum")
        with pytest.raises(ValueError, match=r"'a', 'b', 'c', 'd'.* without labels .* give both"):
            rsa.evaluate(models, pair[1], "cosine", over="subject", n_boot=10)
    with pytest.raises(ValueError, match=r"unknown conditions: \['d'\]"):
        rsa.compare(rsa.RDMs(values, list("abcd")), rsa.RDMs(values, list("abce")))
    numbers = rsa.RDMs(values, [2, 0, 3, 1])  # of the places of the other
    np.testing.assert_array_equal(
        rsa.compare(rsa.RDMs(values), numbers),
        rsa.compare(values, numbers.subset(range(4)).values),
    )

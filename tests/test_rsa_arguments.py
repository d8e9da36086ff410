"""Arguments that are read in more than one way, and results that are not defined."""

import warnings

import numpy as np
import pytest

from neurokit import rsa

SQUARE = np.array([[0, 1, 2.0], [1, 0, 3], [2, 3, 0]])


def values(seed, rows, n=12):
    return np.random.default_rng(seed).random((rows, n * (n - 1) // 2))


def test_one_square_matrix():
    for n in (2, 3, 4, 6, 10):
        full = rsa.RDMs(np.arange(1.0, n * (n - 1) // 2 + 1)).square()[0]
        for given in (full, full[None], full.tolist()):
            one = rsa.RDMs(given)
            assert len(one) == 1 and one.n_conditions == n
            np.testing.assert_array_equal(one.square()[0], full)
    nan = SQUARE.copy()
    nan[0, 1] = nan[1, 0] = np.nan
    np.testing.assert_array_equal(rsa.RDMs(nan).values, [[np.nan, 2, 3]])
    nearly = SQUARE + np.diag([0, 1e-16, -1e-16])  # a diagonal of rounding
    np.testing.assert_array_equal(rsa.RDMs(nearly).values, [[1, 2, 3]])


def test_condensed_rows_that_look_square():
    assert len(rsa.RDMs(SQUARE + np.eye(3))) == 3  # no zero diagonal
    assert len(rsa.RDMs(SQUARE[::-1])) == 3  # not symmetric
    assert len(rsa.RDMs(SQUARE, labels="abc")) == 3
    six = np.zeros((6, 6))
    assert rsa.RDMs(six).n_conditions == 6
    assert rsa.RDMs(six, conditions="abcd").values.shape == (6, 6)
    three = rsa.RDMs(SQUARE, labels="abc")
    np.testing.assert_array_equal(three.rank().values[0], [1, 2, 3])
    assert len(three[:]) == len(three.subset([2, 1, 0])) == 3
    np.testing.assert_allclose(rsa.pool(three, "spearman").values, [[5 / 3, 2, 7 / 3]])


@pytest.mark.parametrize("weights", [[-1, 1, 0], [0, 0, 0], [1, np.nan, 1], [1, np.inf, 1]])
def test_weights_of_a_mean(weights):
    with pytest.raises(ValueError, match="weights: wanted numbers of at least 0"):
        rsa.RDMs(values(0, 3)).mean(weights)


def test_arrays_stand_for_rdms():
    models, brain = values(1, 2), values(2, 4)
    from_arrays = rsa.evaluate(models, brain, "cosine", n_boot=10)
    result = rsa.evaluate(rsa.RDMs(models), rsa.RDMs(brain), "cosine", n_boot=10)
    named = rsa.RDMs(brain, list("abcdefghijkl"))
    np.testing.assert_array_equal(
        rsa.evaluate(models, named, "cosine", n_boot=10).scores, result.scores
    )
    np.testing.assert_array_equal(from_arrays.scores, result.scores)
    assert from_arrays.names == ["0", "1"]
    with pytest.raises(ValueError, match="rdms: wanted RDMs or an array"):
        rsa.evaluate(models, brain[:, :5])
    x, names = np.random.default_rng(3).random((6, 5)), list("abcabc")
    at = [[0, 1, 2], [2, 3, 4]]
    maps = [
        rsa.searchlight(x, at, names, metric="euclidean", models=m).scores
        for m in (SQUARE, rsa.RDMs([1.0, 2, 3], list("abc")), [1.0, 2, 3])
    ]
    np.testing.assert_array_equal(maps[0], maps[1])
    np.testing.assert_array_equal(maps[0], maps[2])


def test_ceilings_and_pools_of_arrays():
    rows = values(0, 3)
    assert rsa.noise_ceiling(rows) == rsa.noise_ceiling(rsa.RDMs(rows))
    np.testing.assert_array_equal(rsa.pool(rows).values, rsa.pool(rsa.RDMs(rows)).values)
    with pytest.raises(ValueError, match="rdms: wanted RDMs or an array"):
        rsa.noise_ceiling(rows[:, :5])


def test_models_are_fitted_to_arrays():
    rows = values(0, 3)
    basis = rsa.RDMs(values(1, 2), list("abcdefghijkl"))
    for kind in (rsa.FixedModel, rsa.SelectModel, rsa.WeightedModel, rsa.InterpolatedModel):
        model = kind(basis[0] if kind is rsa.FixedModel else basis)
        want = model.fit(rsa.RDMs(rows, basis.conditions))
        np.testing.assert_array_equal(model.fit(rows), want)
        with pytest.raises(ValueError, match="rdms: wanted RDMs or an array"):
            model.fit(rows[:, :6])


def test_neighbors_are_whole_numbers_once():
    x, names = np.random.default_rng(3).random((6, 4)), list("abcabc")

    def found(neighbors):
        return rsa.searchlight(x, neighbors, names, metric="euclidean").rdms.values

    expected = found([[0, 2, 3], [], [1]])
    mask = np.array([[True, False, True, True], [False] * 4, [False, True, False, False]])
    np.testing.assert_array_equal(found(mask), expected)
    np.testing.assert_array_equal(found(list(mask)), expected)
    for bad, message in (
        ([[0.0, 1.5]], "whole channel numbers"),
        (np.eye(4), "whole channel numbers"),
        ([[True, False]], "masks of 4 channels"),
        ([[1, 2], [3, 0, 3]], "channel 3 stands twice in centre 1"),
        (
            (np.array([0, 2]), np.array([1, 1])),
            "channel 1 stands twice in centre 0; an adjacency matrix",
        ),
        (None, "wanted the channels of each centre"),
    ):
        with pytest.raises(ValueError, match=message):
            found(bad)


def test_mds_names_infinite_values():
    with pytest.raises(ValueError, match="finite dissimilarities, got inf"):
        rsa.mds([1.0, np.inf, 2.0])


@pytest.mark.parametrize("f", [rsa.cka, rsa.cca, rsa.svcca, rsa.pwcca])
def test_constant_representation(f):
    x = np.random.default_rng(0).random((9, 3))
    flat = np.full((9, 4), 0.1)
    with pytest.warns(RuntimeWarning, match=f"{f.__name__} is not defined for Y") as seen:
        assert np.isnan(f(x, flat))
    assert len(seen) == 1
    with pytest.warns(RuntimeWarning, match=r"for X\[1\]") as seen:
        found = f([x, flat, 2 * x])
    assert len(seen) == 1
    assert np.isnan(found[1]).all() and np.isnan(found[:, 1]).all()
    np.testing.assert_allclose(found[::2, ::2], 1)


@pytest.mark.parametrize("test", ["t", "bootstrap", "permutation"])
@pytest.mark.parametrize("correction", [None, "max", "fdr"])
def test_a_constant_model_harms_no_other(test, correction):
    good, brain = values(1, 2), rsa.RDMs(values(2, 4))
    options = dict(method="pearson", n_boot=60, test=test, correction=correction)
    alone = rsa.evaluate(good, brain, **options)
    with pytest.warns(RuntimeWarning, match=r"not defined for models \['2'\]") as seen:
        both = rsa.evaluate(np.vstack([good, np.ones(66)]), brain, **options)
    assert len(seen) == 1
    for name in ("scores", "sem", "p_zero", "p_ceiling"):
        np.testing.assert_allclose(getattr(both, name)[:2], getattr(alone, name))
        assert np.isnan(getattr(both, name)[2])
    np.testing.assert_allclose(both.p_pairs[:2, :2], alone.p_pairs)
    assert test == "permutation" or np.isfinite(alone.p_ceiling).all()


def test_a_constant_subject_is_named():
    brain = rsa.RDMs(np.vstack([values(2, 3), np.ones(66)]), labels=list("abcd"))
    with pytest.warns(RuntimeWarning, match=r"not defined for subjects \['d'\]"):
        rsa.evaluate(values(1, 2), brain, "pearson", n_boot=10)


def test_single_subject_over_conditions():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = rsa.evaluate(values(1, 2), values(2, 1), "pearson", over=("condition",), n_boot=50)
    assert (result.sem > 0).all() and np.isfinite(result.p_zero).all()
    assert np.isfinite(result.p_pairs).all() and np.isnan(result.p_ceiling).all()


@pytest.mark.parametrize("method", ["cosine", "pearson", "spearman", "tau_a", "whitened_cosine"])
def test_four_conditions_are_resampled(method):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = rsa.evaluate(
            values(1, 2, 4), values(2, 4, 4), method, over=("condition",), n_boot=50
        )
    assert (result.sem > 0).all() and np.isfinite(result.p_zero).all()


def test_numbers_of_samples_and_seeds():
    models, brain = values(1, 2), values(2, 4)
    for n_boot in (1, 0, -1, 2.5):
        with pytest.raises(ValueError, match="n_boot: wanted a whole number of at least 2"):
            rsa.evaluate(models, brain, n_boot=n_boot)
    one, two = (rsa.evaluate(models, brain, "cosine", n_boot=20, seed=None).sem for _ in range(2))
    assert (one != two).any()


def unequal(dtype, offset, seed=0):
    """Patterns of 5 conditions in 3 folds, in no order and as often as it comes."""
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((60, 13)) + offset).astype(dtype)
    return x, rng.integers(0, 5, 60), rng.integers(0, 3, 60)


@pytest.mark.parametrize("offset", [0, 1e3, 1e6])
@pytest.mark.parametrize("whiten", [False, True])
def test_crossnobis_of_unequal_trials_sums_float32_in_float64(offset, whiten):
    x, names, folds = unequal("f4", offset)
    noise = rsa.Noise(np.cov(np.random.default_rng(1).random((40, 13)).T)) if whiten else None
    narrow, wide = (
        rsa.rdm(v, names, folds=folds, metric="crossnobis", noise=noise).values
        for v in (x, x.astype(float))
    )
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, wide, rtol=1e-6)
    gram = np.einsum(
        "ac,bc->ab", *[x.astype(float) if noise is None else noise.whiten(x * 1.0)] * 2
    )
    k = np.empty((5, 5))
    for i in range(5):
        for j in range(5):
            other = np.multiply.outer(names == i, names == j) & (folds[:, None] != folds)
            k[i, j] = gram[other].mean() / 13
    order = list(dict.fromkeys(names.tolist()))
    i, j = (np.array(order)[v] for v in np.triu_indices(5, 1))
    want = k[i, i] + k[j, j] - 2 * k[i, j]
    np.testing.assert_allclose(wide[0], want, rtol=1e-5, atol=1e-9 * offset**2)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_crossnobis_by_run_of_patterns_far_from_zero(dtype):
    rng = np.random.default_rng(2)
    x, noises = rng.standard_normal((12, 6)), [np.eye(6) + 0.1 * k for k in range(3)]
    names, folds = np.tile(np.arange(4), 3), np.repeat(np.arange(3), 4)
    near, far = (
        rsa.rdm(v.astype(dtype), names, folds=folds, metric="crossnobis", noise=noises).values
        for v in (np.round(x * 16) / 16, np.round(x * 16) / 16 + 4096)
    )
    np.testing.assert_allclose(far, near, rtol=2e-4 if dtype == "f4" else 1e-9, atol=1e-6)


def test_noise_of_each_fold_by_its_label():
    rng = np.random.default_rng(4)
    x, names = rng.standard_normal((12, 5)), np.tile(list("abcd"), 3)
    folds = np.repeat(["run3", "run1", "run2"], 4)
    own = {name: np.diag(rng.random(5) + 0.5) for name in ("run1", "run2", "run3")}
    options = dict(folds=folds, metric="crossnobis")
    want = rsa.rdm(x, names, noise=[own[k] for k in ("run3", "run1", "run2")], **options).values
    np.testing.assert_array_equal(rsa.rdm(x, names, noise=own, **options).values, want)
    order = rng.permutation(12)
    moved = rsa.rdm(x[order], names[order], folds=folds[order], metric="crossnobis", noise=own)
    np.testing.assert_allclose(moved.subset(list("abcd")).values, want, rtol=1e-12)
    two = rsa.rdm([x, x[:, ::-1]], names, noise=[own, own], **options)
    np.testing.assert_allclose(two.values[:1], want)
    for bad in ({**own, "run4": np.eye(5)}, {"run1": np.eye(5)}):
        with pytest.raises(ValueError, match="one for each of the folds"):
            rsa.rdm(x, names, noise=bad, **options)
    with pytest.raises(ValueError, match="one per fold is for crossnobis"):
        rsa.rdm(x, names, noise=own, metric="correlation")


def test_what_stands_in_the_wrong_place_is_named():
    x = np.random.default_rng(0).random((4, 3))
    with pytest.raises(ValueError, match=r"one label per pattern.*\('a', 1\)"):
        rsa.rdm(x, [("a", 1), ("b", 1), ("a", 1), ("c", 2)])
    with pytest.raises(TypeError, match="models: wanted models, RDMs or arrays, got None"):
        rsa.evaluate(None, values(2, 3))
    with pytest.raises(ValueError, match="one per fold is for rsa.rdm"):
        rsa.searchlight(x, [[0, 1]], [0, 1, 0, 1], folds=[0, 0, 1, 1], noise={0: np.eye(3)})


def test_rows_of_one_value_are_not_whitened():
    flat, rows = np.full((1, 66), 0.1), values(0, 3)
    assert np.isnan(rsa.compare(flat, rows, "whitened_pearson")).all()
    rows[0, 2] = np.nan
    assert np.isnan(rsa.compare(flat, rows, "whitened_pearson")).all()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        result = rsa.evaluate(
            np.vstack([flat, values(1, 1)]), values(0, 3), "whitened_pearson", n_boot=40
        )
    assert len(seen) == 1 and "not defined for models ['0'] (constant" in str(seen[0].message)
    assert np.isnan(result.sem[0]) and result.sem[1] > 0


def test_labels_of_several_kinds_stay_what_they_are():
    x = np.random.default_rng(0).random((3, 4))
    both = rsa.concat([rsa.RDMs(values(0, 2), labels=["a", "b"]), rsa.RDMs(values(1, 2))])
    assert both.labels.tolist() == ["a", "b", 0, 1]
    assert rsa.rdm([x, x], [["a", "b", "c"], [1, "b", "a"]]).conditions.tolist() == list("abc") + [
        1
    ]
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "M8[ns]")
    joined = rsa.rdm([x, x], [days, days[::-1]])
    np.testing.assert_array_equal(joined.conditions, days)
    np.testing.assert_allclose(joined.values[1, [2, 1, 0]], joined.values[0])
    for wanted in (days[:2], days[:2].astype("M8[D]"), ["2020-01-01", "2020-01-02"]):
        np.testing.assert_array_equal(joined.subset(wanted).conditions, days[:2])


def test_a_dict_names_models():
    rng = np.random.default_rng(0)
    rdms = rsa.RDMs(rng.random((3, 15)))
    flexible = rsa.SelectModel(rng.random((2, 15)), "other name")
    models = {
        "array": rng.random(15),
        "one": rsa.RDMs(rng.random(15), labels=["x"]),
        "two": rsa.RDMs(rng.random((2, 15)), labels=["x", "y"]),
        7: flexible,
    }
    plain = [models["array"], models["one"], models["two"]]
    options = {"method": "cosine", "over": ("subject",), "n_boot": 5}
    got = rsa.evaluate({k: models[k] for k in ("array", "one", "two")}, rdms, **options)
    want = rsa.evaluate(plain, rdms, **options)
    assert got.names == ["array", "one", "two x", "two y"]
    np.testing.assert_array_equal(got.scores, want.scores)
    found = rsa.evaluate(models, rdms, method="cosine", over=("subject",), n_boot=5, cv=(1, 2))
    assert found.names[-1] == "7" and flexible.name == "other name"
    with pytest.raises(ValueError, match="models: wanted at least one"):
        rsa.evaluate({}, rdms)


@pytest.mark.parametrize("method", ["cosine", "pearson", "whitened_cosine", "bures"])
def test_infinite_dissimilarities_are_for_ranks(method):
    d = np.random.default_rng(0).random((4, 15))
    inf = d.copy()
    inf[2, 3] = np.inf
    for call in (
        lambda: rsa.compare(d, inf, method),
        lambda: rsa.noise_ceiling(inf, method),
        lambda: rsa.pool(inf, method),
        lambda: rsa.evaluate(d[:1], inf, method, n_boot=2),
        lambda: rsa.evaluate(inf[2:3], d, method, n_boot=2),
    ):
        with pytest.raises(ValueError, match=f"infinite dissimilarities.* not {method}"):
            call()
    large = np.where(np.isinf(inf), 9.0, inf)
    for ranks in ("spearman", "rho_a", "tau_a", "tau_b"):
        found, want = (rsa.evaluate(d[:1], v, ranks, n_boot=9) for v in (inf, large))
        np.testing.assert_allclose(found.subject_scores, want.subject_scores)
        np.testing.assert_allclose(found.sem, want.sem)
        np.testing.assert_allclose(found.ceiling, want.ceiling)


def test_evaluate_names_subjects_and_models_without_pairs():
    d = np.random.default_rng(0).random((4, 15))
    empty = d.copy()
    empty[3] = np.nan
    with pytest.raises(ValueError, match=r"rdms: all pairs are NaN in matrices \[3\]"):
        rsa.evaluate(d[:1], empty)
    with pytest.raises(ValueError, match="models: 1: all pairs are NaN"):
        rsa.evaluate([d[0], empty[3]], d)


@pytest.mark.parametrize("seed", ["a", -1, 1.5, np.random.default_rng(0)])
def test_a_seed_is_a_number(seed):
    d = np.random.default_rng(0).random((4, 15))
    with pytest.raises(ValueError, match="seed: wanted a whole number of at least 0, or None, got"):
        rsa.evaluate(d[:1], d, n_boot=2, seed=seed)


def test_a_factor_named_twice_is_one():
    d = np.random.default_rng(0).random((4, 15))
    twice, once = (
        rsa.evaluate(d[:1], d, "cosine", over, 9, cv=(2, 2))
        for over in (("subject",) * 2, "subject")
    )
    assert twice.over == ("subject",) and set(twice.variances) == {"subject"}
    np.testing.assert_array_equal(twice.sem, once.sem)


def test_permutation_maps_read_arrays_as_searchlights_do():
    rng = np.random.default_rng(0)
    centres, models = rsa.RDMs(rng.random((7, 10)), list("edcba")), rng.random((2, 10))
    got = rsa.permutation_maps(centres, models, n_perm=20)
    want = rsa.permutation_maps(centres, rsa.RDMs(models, list("edcba")), n_perm=20)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a, b)


def test_centres_without_any_value_are_nan_without_a_warning():
    t, p = rsa.max_statistic(np.full((4, 3), np.nan))
    assert np.isnan(t).all() and np.isnan(p).all()


def _labelled(rdms):
    """One matrix with its conditions turned round, as a DataFrame and as a DataArray."""
    pd, xr = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    turned = rdms.subset(rdms.conditions[::-1])
    names = turned.conditions.tolist()
    yield pd.DataFrame(turned.square()[0], names, names)
    yield xr.DataArray(turned.square()[0], {"a": names, "b": names}, ("a", "b"))
    yield turned.to_xarray()


def test_labels_that_arrays_bring_along_are_matched():
    rng = np.random.default_rng(0)
    conditions, patterns = list("abcd"), rng.standard_normal((4, 5))
    subjects = rsa.RDMs(rng.random((3, 6)), conditions)
    own = rsa.RDMs(rng.random((1, 6)), conditions)

    def evaluated(model):
        return rsa.evaluate(model, subjects, "cosine", n_boot=4).scores

    def found(model):
        return rsa.searchlight(
            patterns, [[0, 1], [2, 3, 4]], conditions, metric="euclidean", models=model
        ).scores

    for given in _labelled(own):
        assert rsa.compare(given, own) == pytest.approx(1)
        np.testing.assert_allclose(rsa.compare(subjects, given), rsa.compare(subjects, own))
        np.testing.assert_allclose(evaluated(given), evaluated(own))
        np.testing.assert_allclose(evaluated([given, own]), np.repeat(evaluated(own), 2))
        np.testing.assert_allclose(found(given), found(own))
        np.testing.assert_allclose(
            rsa.permutation_maps(subjects, given)[0], rsa.permutation_maps(subjects, own)[0]
        )
        weights = rsa.WeightedModel(subjects).fit(own)
        np.testing.assert_allclose(rsa.WeightedModel(subjects).fit(given), weights)


def test_tables_without_names_are_arrays():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(1)
    subjects = rsa.RDMs(rng.random((3, 6)), list("dbca"))
    one = pd.DataFrame(subjects.square()[0])
    assert rsa.compare(one, subjects)[0, 0] == pytest.approx(1)
    assert rsa.evaluate(one, subjects, "cosine", n_boot=4).subject_scores[0, 0] == pytest.approx(1)
    pairs = pd.DataFrame(rng.random((3, 3)), columns=["ab", "ac", "bc"])  # square, but condensed
    three = rsa.RDMs(rng.random((2, 3)), list("abc"))
    np.testing.assert_array_equal(rsa.compare(pairs, three), rsa.compare(pairs.values, three))


def test_rdms_are_no_array():
    rdms = rsa.RDMs(np.arange(6.0))
    for use in (np.asarray, rsa.RDMs, rsa.rdm, lambda r: rsa.cka(r, r), lambda r: np.ones(6) * r):
        with pytest.raises(TypeError, match=r"\.values"):
            use(rdms)
    with pytest.raises(TypeError, match="concat"):
        rsa.noise_ceiling([rdms, rdms])


def test_nothing_and_residuals_are_no_patterns_and_no_precision():
    x = np.random.default_rng(2).standard_normal((6, 4))
    for empty in ([], np.empty((0, 3, 2))):
        with pytest.raises(ValueError, match="patterns"):
            rsa.rdm(empty)
    with pytest.raises(ValueError, match=r"\(4, 4\).*shrinkage.*\(30, 4\)"):
        rsa.rdm(x, noise=np.ones((30, 4)), metric="mahalanobis")


def test_labels_of_pandas_are_what_they_hold(tmp_path):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(np.random.default_rng(0).standard_normal((4, 5)), index=list("abcd"))
    for names, kind in (
        (table.index, "U"),
        (pd.Series(list("abcd"), index=range(4, 8)), "U"),
        (pd.Categorical(list("dcba")), "U"),
        (np.array(["a", "b", "c", "d"], dtype=object), "U"),
        (pd.Series([4, 1, 2, 3], dtype=object), "i"),
        (np.array(["a", 1, "b", 2], dtype=object), "O"),
        (pd.MultiIndex.from_product([["a", "b"], [1, 2]]), "O"),
    ):
        rdms = rsa.rdm(table.values, names)
        assert rdms.conditions.dtype.kind == kind
        assert rdms.conditions.tolist() == list(names)
        if kind != "O":
            rdms.save(tmp_path / "rdms.npz")
            assert rsa.RDMs.load(tmp_path / "rdms.npz").conditions.tolist() == list(names)
    rsa.rdm(table).save(tmp_path / "rdms.npz")


@pytest.mark.parametrize("n", [2, 3, 4])
def test_a_diagonal_that_was_not_measured(n):
    square = np.where(np.eye(n), np.nan, np.arange(1.0, n + 1) + np.arange(1.0, n + 1)[:, None])
    for given in (square, square[None]):
        read = rsa.RDMs(given)
        np.testing.assert_array_equal(read.values, [square[np.triu_indices(n, 1)]])


def test_similarities_are_named_as_such():
    with pytest.raises(ValueError, match="diagonal of zeros"):
        rsa.RDMs(np.eye(4))
    with pytest.raises(ValueError, match=r"conditions$"):
        rsa.RDMs(np.ones((3, 4)))


@pytest.mark.parametrize("p", [[0.2, 1.5], [-0.1, np.nan]])
def test_p_values_are_shares(p):
    with pytest.raises(ValueError, match="p: wanted 0 to 1"):
        rsa.fdr(p)

"""Models with parameters, and their cross-validation."""

import numpy as np
import pytest
from scipy import optimize

from neurokit import rsa
from neurokit.rsa import crossvalidation
from neurokit.rsa.bootstrap import resampled
from neurokit.rsa.crossvalidation import crossvalidated, fold_numbers

METHODS = ["cosine", "pearson", "spearman", "whitened_cosine", "whitened_pearson"]


@pytest.fixture
def study():
    rng = np.random.default_rng(0)
    basis = rng.random((3, 66))
    data = np.array([0.8, 0.6, 0]) @ basis + 0.2 * rng.standard_normal((6, 66))
    return rsa.RDMs(basis, labels=list("abc")), rsa.RDMs(data)


@pytest.mark.parametrize("method", METHODS[:2] + METHODS[3:])
@pytest.mark.parametrize("how", ["least_squares", "nonnegative"])
def test_weights_maximise_the_similarity(study, method, how):
    basis, data = study
    model = rsa.WeightedModel(basis, how=how)
    weights = model.fit(data, method)
    assert np.linalg.norm(weights) == pytest.approx(1)

    def loss(w):
        return -rsa.compare(w @ basis.values, rsa.pool(data, method), method)[0, 0]

    bounds = [(0 if how == "nonnegative" else None, None)] * 3
    best = optimize.minimize(loss, weights + 0.05, bounds=bounds)
    assert loss(weights) <= best.fun + 1e-8


def test_ridge_shrinks_and_select_picks_the_best(study):
    basis, data = study
    weights = rsa.WeightedModel(basis, how="ridge", alpha=1e9).fit(data)
    np.testing.assert_allclose(weights / weights[0], (basis.values @ rsa.pool(data).values[0])
                               / (basis.values[0] @ rsa.pool(data).values[0]), rtol=1e-5)  # fmt: skip
    chosen = rsa.SelectModel(basis).fit(data, "pearson")
    best = rsa.compare(basis, data, "pearson").mean(1).argmax()
    assert chosen.tolist() == np.eye(3)[best].tolist()


@pytest.mark.parametrize("method", [*METHODS, "tau_a"])
def test_interpolation_finds_the_best_point_of_the_line(study, method):
    basis, data = study
    model = rsa.InterpolatedModel(basis[:2])
    weights = model.fit(data, method)
    grid = [
        rsa.compare(model.predict([w, 1 - w]), data, method).mean() for w in np.linspace(0, 1, 101)
    ]
    assert rsa.compare(model.predict(weights), data, method).mean() >= max(grid) - 2e-3
    assert weights.sum() == pytest.approx(1) and (weights >= 0).all()


def test_held_out_data_are_not_seen(study):
    """Scores on one fold do not change when its data do, but for the data compared."""
    basis, data = study
    rng = np.random.default_rng(1)
    noise = rsa.RDMs(rng.standard_normal((20, 66)))
    many = rsa.RDMs(rng.standard_normal((12, 66)))
    fitted = rsa.evaluate(
        rsa.WeightedModel(noise, "noise", "least_squares"), many, "pearson", n_boot=2, cv=(4, 1)
    )
    assert abs(fitted.scores[0]) < 0.12  # the same fit on all data gives 0.5
    model = rsa.WeightedModel(noise, how="least_squares")
    same = model.predict(model.fit(many, "pearson"))
    assert rsa.compare(same, many, "pearson").mean() > 0.13


class InOrder:
    """Deals out in order, whatever is asked."""

    def permutation(self, items):
        return np.arange(items) if np.ndim(items) == 0 else items


def both_ways(kinds, values, method, variance=None):
    """Scores and ceilings in a sample with copies of either factor: from counts, and from matrices
    with the copies in them. One division into folds, the same for both."""
    bases = [model.rdms.values for model in kinds]
    subjects, counts = np.array([1, 2, 1, 0, 1, 1]), np.array([2, 1, 1, 0, 1, 3, 1, 1, 1, 1, 0, 0])
    got, ceiling = crossvalidation.crossvalidated_samples(
        kinds,
        bases,
        values,
        subjects[None],
        counts[None],
        method,
        variance,
        (2, 2),
        1,
        InOrder(),
    )
    who, at = np.repeat(np.arange(6), subjects), np.repeat(np.arange(12), counts)
    values, own = resampled(values[who], at), [resampled(basis, at) for basis in bases]
    sigma = None if variance is None else variance[at]
    want, ends = crossvalidated(kinds, own, values, who, at, method, sigma, (2, 2), InOrder())
    return got[0, 0][:, who], want, ceiling[0, 0][:, who], ends


@pytest.mark.parametrize("method", METHODS)
def test_inner_products_give_the_scores_of_the_explicit_way(study, method):
    basis, data = study
    kinds = [rsa.SelectModel(basis), rsa.FixedModel(basis[1])]
    if method != "spearman":
        kinds += [rsa.WeightedModel(basis), rsa.WeightedModel(basis, how="ridge", alpha=0.1),
                  rsa.InterpolatedModel(basis)]  # fmt: skip
    variance = np.linspace(1, 2, 12) if method.startswith("whitened") else None
    got, want, ceiling, ends = both_ways(kinds, data.values, method, variance)
    np.testing.assert_allclose(got, want, atol=1e-5)  # the search along lines
    np.testing.assert_allclose(got[:4], want[:4], atol=1e-10)
    if method != "spearman":  # whose pool is not ranked again
        np.testing.assert_allclose(ceiling[0], ends[0], atol=1e-10)


@pytest.mark.parametrize("method", [*METHODS, "rho_a", "tau_a", "tau_b"])
def test_what_has_no_similarity_is_left_out_in_both_ways(study, method):
    """A subject of zeros, one that is flat in one part, and models that are flat in one or all."""
    basis, data = study
    values, models = data.values.copy(), basis.values.copy()
    values[1] = 0.0
    first = rsa.RDMs(np.pad(np.ones((1, 8, 8)), ((0, 0), (0, 4), (0, 4))) * (1 - np.eye(12))).values
    values[2:3] = first  # flat in the part with the first conditions
    models[0] = 0.0
    kinds = [rsa.SelectModel(rsa.RDMs(models)), rsa.FixedModel(rsa.RDMs(first)),
             rsa.FixedModel(rsa.RDMs(models[:1])), rsa.FixedModel(basis[1])]  # fmt: skip
    if method in ("cosine", "pearson", "whitened_cosine", "whitened_pearson"):
        kinds += [rsa.WeightedModel(rsa.RDMs(models)), rsa.WeightedModel(rsa.RDMs(-basis.values)),
                  rsa.InterpolatedModel(rsa.RDMs(models))]  # fmt: skip
    got, want, ceiling, ends = both_ways(kinds, values, method)
    np.testing.assert_allclose(got, want, atol=1e-5)
    if method not in ("spearman", "rho_a"):
        np.testing.assert_allclose(ceiling[0], ends[0], atol=1e-10)
    zero = method in ("rho_a", "tau_a")  # of all pairs, tied ones too
    for own in got[[0, 1, 3]]:
        assert np.isnan(own[1:3]).all() != zero and np.isfinite(own[[0, 3, 4, 5]]).all()
    assert np.isnan(got[2]).all() != zero


@pytest.mark.parametrize("kind", [rsa.SelectModel, rsa.WeightedModel, rsa.InterpolatedModel])
def test_a_fit_leaves_out_what_has_no_similarity(study, kind):
    basis, data = study
    flat = np.vstack([data.values, np.full((1, 66), 3.0)])
    want = kind(basis).fit(data.values, "pearson")
    np.testing.assert_allclose(kind(basis).fit(flat, "pearson"), want)
    with pytest.raises(ValueError, match="no matrix of the model has a similarity"):
        kind(basis).fit(flat[-1:], "pearson")


def test_crossvalidation_by_hand(study):
    basis, data = study
    model = rsa.WeightedModel(basis, how="least_squares")
    rng = np.random.default_rng(2)
    scores, ceiling = crossvalidated(
        [model],
        [basis.values],
        data.values,
        np.arange(6),
        np.arange(12),
        "cosine",
        None,
        (2, 2),
        rng,
    )
    rng = np.random.default_rng(2)
    conditions = np.array_split(rng.permutation(12), 2)
    subjects = np.array_split(rng.permutation(6), 2)
    want = np.zeros(6)
    for s in subjects:
        for c in conditions:
            inside = np.sort(c)
            outside = np.setdiff1d(np.arange(12), c)
            train = data[np.setdiff1d(np.arange(6), s)].subset(outside)
            weights = rsa.WeightedModel(basis.subset(outside), how="least_squares").fit(train)
            predicted = rsa.RDMs(weights @ basis.subset(inside).values)
            want[s] += rsa.compare(predicted, data[s].subset(inside).values)[0] / 2
    np.testing.assert_allclose(scores[0], want, atol=1e-12)
    assert (ceiling[0] <= ceiling[1] + 1e-12).all()


def test_evaluate_compares_fitted_and_fixed_models(study):
    basis, data = study
    models = [
        rsa.WeightedModel(basis, "weighted"), rsa.SelectModel(basis, "select"),
        rsa.InterpolatedModel(basis, "line"), rsa.FixedModel(basis[2], "c"), basis[0],
    ]  # fmt: skip
    one = rsa.evaluate(models, data, "whitened-pearson", n_boot=40, seed=3)
    two = rsa.evaluate(models, data, "whitened-pearson", n_boot=40, seed=3)
    assert one.names == ["weighted", "select", "line", "c", "a"] and one.cv == (2, 3)
    np.testing.assert_array_equal(one.sem, two.sem)
    assert one.scores[0] > one.scores[1] > one.scores[3] and (one.sem > 0).all()
    assert one.scores[0] < one.ceiling[1]
    by_subject = rsa.evaluate(models, data, "cosine", "subject", n_boot=12, cv=2, test="wilcoxon")
    assert by_subject.p_zero[0] < 0.05


@pytest.mark.parametrize("method", ["pearson", "tau_a"])
def test_scores_hardly_depend_on_the_seed(method):
    """Of the division into folds; one division alone moves these scores by more than their sem."""
    rng = np.random.default_rng(4)
    shared, other = rng.standard_normal((2, 12, 8))
    patterns = shared + 0.5 * rng.standard_normal((8, 12, 8))
    data = rsa.rdm(list(patterns), metric="euclidean")
    models = rsa.rdm([shared, other], metric="euclidean")
    models = [*models, rsa.SelectModel(models)]
    found = [rsa.evaluate(models, data, method, n_boot=20, seed=seed) for seed in range(4)]
    sem = np.mean([f.sem for f in found], 0)
    assert (np.ptp([f.scores for f in found], 0) < 0.5 * sem).all()
    assert np.ptp([f.ceiling for f in found], 0).max() < 0.5 * sem.max()


def test_folds_over_subjects_take_no_part_in_scores_of_fixed_models(study):
    basis, data = study
    folds = rsa.evaluate(basis, data, "pearson", n_boot=4, cv=(3, 1))
    plain = rsa.evaluate(basis, data, "pearson", n_boot=4)
    np.testing.assert_allclose(folds.subject_scores, plain.subject_scores, rtol=1e-10)
    np.testing.assert_allclose(folds.ceiling, plain.ceiling, rtol=1e-10)


@pytest.mark.parametrize("method", ["cosine", "spearman"])
def test_the_error_over_both_factors_is_not_below_that_over_one(study, method):
    basis, data = study
    for seed in range(3):
        got = rsa.evaluate(basis, data, method, n_boot=10, cv=(2, 3), seed=seed)
        assert (got.sem**2 >= 6 / 5 * got.variances["subject"] * (1 - 1e-12)).all()
        assert (got.sem**2 >= 12 / 11 * got.variances["condition"] * (1 - 1e-12)).all()
        assert (got.sem > 0).all()


def test_samples_have_folds_of_the_size_of_those_of_the_data():
    folds = crossvalidation.folds_of_some
    assert [folds(3, count, 12) for count in (12, 10, 8, 6, 5)] == [3, 2, 2, 2, 1]
    assert [folds(4, count, 40) for count in (40, 30, 25, 20)] == [4, 3, 2, 2]
    assert folds(1, 25, 40) == 1
    assert folds(2, 6, 12) == 2  # what a model is fitted to is never what it is tested on


def test_conditions_are_matched_by_label(study):
    basis, data = study
    names = [f"c{k}" for k in range(12)]
    data = rsa.RDMs(data.values, names)
    turned = rsa.RDMs(basis.values, names).subset(names[::-1])
    same = rsa.RDMs(basis.values, names)
    for model in (rsa.FixedModel, rsa.SelectModel):
        a, b = (rsa.evaluate(model(m[:1]), data, "cosine", n_boot=4).scores for m in (turned, same))
        np.testing.assert_allclose(a, b)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda r: rsa.FixedModel(r), "one matrix"),
        (lambda r: rsa.InterpolatedModel(r[:1]), "at least 2"),
        (lambda r: rsa.WeightedModel(r, how="lasso"), "how"),
        (lambda r: rsa.WeightedModel(r, alpha=-1), "alpha"),
        (lambda r: rsa.SelectModel(r).predict([1.0]), "parameters"),
        (lambda r: rsa.evaluate([], r), "at least one"),
        (lambda r: fold_numbers("x", 5, 20), "cv"),
    ],
)
def test_bad_input(study, make, message):
    with pytest.raises(ValueError, match=message):
        make(study[0])


@pytest.mark.parametrize("method", [*METHODS, "rho_a", "tau_a", "tau_b"])
@pytest.mark.parametrize("kind", [rsa.FixedModel, rsa.SelectModel])
def test_folds_over_subjects_take_no_part_in_ceilings(study, method, kind):
    """The pooled ranks are ranked again, as without folds and whatever the models are."""
    basis, data = study
    model = kind(basis if kind is rsa.SelectModel else basis[0])
    result = rsa.evaluate(model, data, method, n_boot=2, cv=(2, 1))
    np.testing.assert_allclose(result.ceiling, rsa.noise_ceiling(data, method), atol=1e-12)


@pytest.mark.parametrize("method", ["spearman", "rho_a"])
def test_ceilings_of_held_out_conditions_do_not_depend_on_the_models(study, method, monkeypatch):
    basis, data = study
    monkeypatch.setattr(crossvalidation, "N_DIVISIONS", 2)
    models = [[rsa.FixedModel(basis[0])], [rsa.FixedModel(basis[0]), rsa.InterpolatedModel(basis)]]
    fixed, fitted = (rsa.evaluate(m, data, method, n_boot=2, cv=(1, 2)) for m in models)
    np.testing.assert_allclose(fixed.ceiling, fitted.ceiling, atol=1e-12)
    assert fixed.scores[0] == pytest.approx(fitted.scores[0], abs=1e-12)


@pytest.mark.parametrize("n_subjects", [6, 25])
def test_leaving_out_each_subject_once(n_subjects):
    """Samples have fewer different subjects than folds, and vary as means over subjects do."""
    rng = np.random.default_rng(0)
    shared = rng.random(45)
    data = shared + 0.5 * rng.standard_normal((n_subjects, 45))
    basis = rsa.RDMs(shared + 0.3 * rng.standard_normal((2, 45)))
    result = rsa.evaluate(
        rsa.SelectModel(basis), data, "pearson", "subject", 200, cv=(n_subjects, 1)
    )
    want = result.subject_scores[0].std(ddof=1) / np.sqrt(n_subjects)
    assert 0.7 * want < result.sem[0] < 1.7 * want


@pytest.mark.parametrize("n", [4, 5, 6, 8])
def test_few_conditions_are_not_divided(n):
    """Samples of few conditions with enough different ones for two parts are hardly samples."""
    rng = np.random.default_rng(n)
    pairs = n * (n - 1) // 2
    models, data = rsa.RDMs(rng.random((2, pairs))), rsa.RDMs(rng.random((6, pairs)))
    for over in ("condition", ("subject", "condition")):
        plain = rsa.evaluate(models, data, "pearson", over, 200)
        folds = rsa.evaluate(models, data, "pearson", over, 200, cv=(2, 1))
        np.testing.assert_allclose(folds.sem, plain.sem, rtol=0.5)
        fitted = rsa.evaluate(rsa.WeightedModel(models), data, "pearson", over, 10)
        assert fitted.cv == (2, 1)
        with pytest.raises(ValueError, match=r"wanted at least 9\); take cv=\(2, 1\)|fewer than 3"):
            rsa.evaluate(models, data, "pearson", over, 10, cv=2)
    with pytest.raises(ValueError, match="one subject and"):
        rsa.evaluate(rsa.WeightedModel(models), data[0], "pearson", "condition", 10)
    if n >= 6:
        assert rsa.evaluate(models, data, "pearson", "subject", 10, cv=2).cv == (2, 2)


@pytest.mark.parametrize("method", ["cosine", "pearson", "whitened_pearson"])
def test_a_matrix_that_stands_twice_changes_no_prediction(study, method):
    basis, data = study
    twice = rsa.RDMs(np.vstack([basis.values, basis.values[1:], 2 * basis.values]))
    for how in ("nonnegative", "least_squares"):
        one, many = (rsa.WeightedModel(b, how=how) for b in (basis, twice))
        p, q = (m.predict(m.fit(data, method)).values[0] for m in (one, many))
        np.testing.assert_allclose(p / np.linalg.norm(p), q / np.linalg.norm(q), atol=1e-8)


def test_parts_that_are_constant_get_no_weight():
    left = [np.full(3, 7.0) for _ in range(50)]  # what memory that is not set would show
    del left
    data = np.random.default_rng(0).random((2, 36))
    np.testing.assert_array_equal(rsa.WeightedModel(np.ones((3, 36))).fit(data, "pearson"), 0)


@pytest.mark.parametrize("method", ["cosine", "whitened_cosine", "whitened_pearson"])
def test_no_matrices_have_no_similarities(method):
    some = np.random.default_rng(1).random((2, 36))
    assert rsa.compare(some[:0], some, method).shape == (0, 2)
    assert rsa.compare(some, some[:0], method).shape == (2, 0)


@pytest.mark.parametrize("how", ["ridge", "nonnegative"])
def test_the_penalty_stands_beside_the_squared_distance(how):
    rng = np.random.default_rng(3)
    basis, data = rng.random((2, 15)), rng.random((4, 15)) + 0.2
    got = rsa.WeightedModel(basis, how=how, alpha=7.0).fit(data)
    target = (data / np.sqrt((data**2).mean(1, keepdims=True))).mean(0)
    want = np.linalg.solve(basis @ basis.T + 7 * np.eye(2), basis @ target)
    assert (want > 0).all()  # so both are the same
    np.testing.assert_allclose(got, want / np.linalg.norm(want), rtol=1e-6)

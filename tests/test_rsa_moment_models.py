"""Fitted and cross-validated models with the Bures and Riemannian comparison."""

import numpy as np
import pytest
from scipy import optimize

from neurokit import rsa
from neurokit.rsa import crossvalidation
from neurokit.rsa.bootstrap import resampled, sample_counts, sample_statistics
from neurokit.rsa.evaluation import _Task

WHOLE = ["bures", "riemannian"]


@pytest.fixture
def study():
    rng = np.random.default_rng(0)
    parts = rng.standard_normal((3, 12, 9)) * np.array([1.0, 3.0, 0.3])[:, None, None]
    basis = rsa.rdm(list(parts), metric="euclidean")
    patterns = [
        np.concatenate([np.sqrt(0.7) * parts[0], np.sqrt(0.3) * parts[2],
                        0.4 * rng.standard_normal((12, 20))], 1)
        for _ in range(5)
    ]  # fmt: skip
    return basis, rsa.rdm(patterns, metric="euclidean")


def test_weights_of_a_mixture_are_found(study):
    basis, _ = study
    data = rsa.RDMs(np.array([[0.5, 0.2, 0.8]]) @ basis.values)
    weights = rsa.WeightedModel(basis).fit(data, "bures")
    want = np.array([0.5, 0.2, 0.8]) / np.linalg.norm([0.5, 0.2, 0.8])
    np.testing.assert_allclose(weights, want, rtol=1e-4)
    left_out = rsa.RDMs(np.array([[0.0, 0.2, 0.8]]) @ basis.values)
    weights = rsa.WeightedModel(basis).fit(left_out, "bures")
    assert weights[0] < 1e-6 and weights[2] / weights[1] == pytest.approx(4, rel=1e-4)


def test_weights_maximise_the_mean_similarity(study):
    basis, data = study
    model = rsa.WeightedModel(basis)
    weights = model.fit(data, "bures")
    assert np.linalg.norm(weights) == pytest.approx(1)

    def loss(w):
        return -rsa.compare(w @ basis.values, data, "bures").mean()

    for start in (weights, np.ones(3), np.array([1.0, 0.1, 5.0])):
        best = optimize.minimize(loss, start, method="L-BFGS-B", bounds=[(1e-9, None)] * 3)
        assert loss(weights) <= best.fun + 1e-9
    scaled = rsa.RDMs(data.values * np.array([[1.0, 9.0, 1e-3, 4.0, 1e5]]).T)
    np.testing.assert_allclose(model.fit(scaled, "bures"), weights, rtol=1e-4, atol=1e-7)


def test_a_penalty_takes_the_weights_together(study):
    basis, data = study
    basis = basis.transform(lambda v: v / v.mean(1, keepdims=True))
    ratios = []
    for alpha in (0.0, 1.0, 1e6):
        weights = rsa.WeightedModel(basis, alpha=alpha).fit(data, "bures")
        ratios.append(weights.max() / weights.min())
    assert ratios[0] > ratios[1] > ratios[2]

    def loss(v, alpha=0.5):
        w = v * v
        unit = data.values / (data.values.sum(1, keepdims=True) / 12)  # second moments of trace one
        distance = rsa.compare(w @ basis.values, unit, "bures_distance")
        return np.mean(distance**2) + alpha * w @ w

    found = optimize.minimize(loss, np.full(3, 0.5)).x ** 2
    weights = rsa.WeightedModel(basis, alpha=0.5).fit(data, "bures")
    np.testing.assert_allclose(weights, found / np.linalg.norm(found), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", WHOLE)
def test_held_out_scores_are_those_of_subsets(study, method, monkeypatch):
    basis, data = study
    basis, data = basis[:2].subset(np.arange(7)), data[:4].subset(np.arange(7))
    models = [rsa.FixedModel(basis[0]), rsa.SelectModel(basis)]
    task = _Task(models, data, method, "subject", (2, 2), "t", None, None)
    monkeypatch.setattr(crossvalidation, "N_DIVISIONS", 1)
    scores, ceilings = task.observed(np.random.default_rng([3, 1]))
    rng = np.random.default_rng([3, 1])
    want, ceiling = np.zeros((2, 4)), np.zeros((2, 4))
    condition_parts = crossvalidation._parts(7, 2, rng)
    for held in crossvalidation._parts(4, 2, rng):
        train = np.setdiff1d(np.arange(4), held)
        for part in condition_parts:
            rest = np.setdiff1d(np.arange(7), part)
            seen, known = data.subset(np.sort(part)), data[train].subset(rest)
            scale = np.sqrt(6 / (len(part) - 1)) if method == "riemannian" else 1.0
            best = rsa.compare(basis.subset(rest), known, method).mean(1).argmax()
            for m, k in enumerate((0, best)):
                model = basis[int(k)].subset(np.sort(part))
                want[m, held] += scale * rsa.compare(model, seen[held], method)[0] / 2
            lower = [
                rsa.compare(seen[np.delete(np.arange(4), s)].mean(), seen[s], method)[0, 0]
                for s in held
            ]
            upper = rsa.compare(seen.mean(), seen[held], method)[0]
            ceiling[:, held] += scale * np.array([lower, upper]) / 2
    np.testing.assert_allclose(scores, want, rtol=1e-6)
    np.testing.assert_allclose(ceilings, ceiling, rtol=1e-6)


@pytest.mark.parametrize("method", WHOLE)
def test_samples_of_a_fixed_model_are_those_without_folds(study, method):
    """Divided over subjects alone, folds take no part in a fixed model's scores."""
    basis, data = study
    models, n_boot = [rsa.FixedModel(basis[0]), rsa.FixedModel(basis[1])], 3
    values, bases = data.values[:3], [m.rdms.values for m in models]
    found = crossvalidation.bootstrap_crossvalidated(
        models, bases, values, method, None, (3, 1), ("condition",), n_boot, 1,
        np.random.default_rng(5), lambda steps: steps,
    )[0]  # fmt: skip
    counts = sample_counts(12, n_boot, np.random.default_rng(5), least=4)
    ones = np.ones((n_boot, 3), int)
    (want,) = sample_statistics(basis.values[:2], values, counts, [ones], method)
    np.testing.assert_allclose(found, want, rtol=1e-6)


def test_copies_without_a_distance():
    values = np.array([[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(resampled(values, np.array([0, 0, 2]), 0.0), [[0.0, 2.0, 2.0]])


@pytest.mark.parametrize("kind", [rsa.WeightedModel, rsa.InterpolatedModel])
def test_fitted_models_are_evaluated(study, kind, monkeypatch):
    monkeypatch.setattr(crossvalidation, "N_DIVISIONS", 4)
    basis, data = study
    got = rsa.evaluate([kind(basis), basis[1]], data, "bures", n_boot=4, seed=0)
    assert np.isfinite(got.subject_scores).all() and (got.sem > 0).all()
    assert got.scores[0] > got.scores[1]


def test_what_is_not_fitted_says_so(study):
    basis, data = study
    with pytest.raises(ValueError, match="how='nonnegative'"):
        rsa.evaluate(rsa.WeightedModel(basis, how="ridge"), data, "bures")
    with pytest.raises(ValueError, match="riemannian: a WeightedModel"):
        rsa.WeightedModel(basis).fit(data, "riemannian")


def test_matrices_without_distances_take_no_part(study):
    basis, data = study
    weights = rsa.WeightedModel(basis).fit(data, "bures")
    zero = rsa.RDMs(np.zeros((1, 66)))
    with_zero = rsa.WeightedModel(basis.concat(zero)).fit(data.concat(zero), "bures")
    np.testing.assert_allclose(with_zero, [*weights, 0], atol=1e-6)
    assert not rsa.WeightedModel(zero).fit(data, "bures").any()
    with pytest.raises(ValueError, match="no matrix with distances"):
        rsa.WeightedModel(basis).fit(zero, "bures")
    for far in (1e-250, 1e250):
        moved = [r.transform(lambda v, far=far: v * far) for r in (basis, data)]
        found = rsa.WeightedModel(moved[0]).fit(moved[1], "bures")
        np.testing.assert_allclose(found, weights, rtol=1e-4, atol=1e-7)

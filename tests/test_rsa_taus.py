"""Rank correlations in samples of conditions: weights of pairs against matrices with copies."""

import numpy as np
import pytest
from scipy import stats

from neurokit import rsa
from neurokit.rsa import bootstrap, crossvalidation, taus
from neurokit.rsa.models import as_models


def study(seed, missing, n=12, subjects=5, models=3):
    rng = np.random.default_rng(seed)
    values = np.round(rng.random(n * (n - 1) // 2) + rng.random((models + subjects, 66)), 1)
    if missing:
        values[:, :3] = np.nan
        values[0, 5:9] = np.nan
        values[models, 20:30] = np.nan
    return values[:models], values[models:], rng


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("method", taus.TAUS)
def test_statistics_are_those_of_matrices_with_copies(method, missing):
    models, subjects, rng = study(0, missing)
    counts = bootstrap.sample_counts(12, 6, rng, least=5)
    drawn = [np.ones((6, 5), int), bootstrap.sample_counts(5, 6, rng, least=2)]
    got = taus.tau_statistics(models, subjects, counts, drawn, method)
    want = bootstrap._one_by_one(models, subjects, counts, drawn, method, None)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, atol=1e-12)
    at = np.repeat(np.arange(12), counts[0])
    x, y = (bootstrap.resampled(v, at)[0] for v in (models, subjects))
    have = ~np.isnan(x) & ~np.isnan(y)
    scores, _ = next(taus.TauSamples(models, subjects, method)(counts))
    if method == "tau_b":
        np.testing.assert_allclose(scores[0, 0], stats.kendalltau(x[have], y[have])[0])


@pytest.mark.parametrize(
    ("method", "missing"),
    [("tau_a", False), ("tau_b", False), ("tau_a", True), ("tau_b", True), ("rho_a", False)],
)
def test_cross_validated_samples_are_those_of_the_general_way(method, missing):
    models, subjects, rng = study(1, missing)
    fitted = as_models(
        [rsa.SelectModel(models), rsa.FixedModel(models[1:2])],
        rsa.RDMs(subjects),
    )
    bases = [model.rdms.values for model in fitted]
    assert crossvalidation.by_samples(fitted, bases, subjects, method)
    ones = np.ones((1, 5), int), np.ones((1, 12), int)
    scores, ceiling = crossvalidation.crossvalidated_samples(
        fitted, bases, subjects, *ones, method, None, (2, 2), 1, np.random.default_rng(3)
    )
    # the general way divides the conditions and then the people of each part once for all
    seen = np.random.default_rng(3)
    halves = np.array_split(seen.permutation(np.arange(12)), 2)
    people = np.array_split(seen.permutation(np.arange(5)), 2)
    want, bounds = np.zeros((2, 5)), np.zeros((2, 5))
    for held, rest in (halves, halves[::-1]):
        test, train = (rsa.RDMs(subjects).subset(at).values for at in (held, rest))
        for part, others in (people, people[::-1]):
            for m, model in enumerate(fitted):
                own = model.rdms.subset(rest).values, model.rdms.subset(held).values
                weights = model.weights_for(own[0], train[others], method)
                want[m, part] += (
                    rsa.compare(
                        weights @ np.nan_to_num(own[1])
                        if not missing
                        else own[1][weights.argmax()],
                        test[part],
                        method,
                    )[0]
                    / 2
                )
        bounds += np.stack(rsa.inference.each_ceiling(test, method)) / 2
    np.testing.assert_allclose(scores[0, 0], want, atol=1e-12)
    if method != "rho_a":
        np.testing.assert_allclose(ceiling[0, 0], bounds, atol=1e-12)


def test_a_cross_validated_tau_is_evaluated():
    models, subjects, _ = study(2, True)
    result = rsa.evaluate(
        [rsa.SelectModel(models), rsa.FixedModel(models[:1])], rsa.RDMs(subjects), "tau_a",
        n_boot=20, cv=2,
    )  # fmt: skip
    assert np.isfinite(result.samples).all(1).mean() > 0.8  # some parts have few pairs
    assert np.isfinite(result.ceiling).all() and np.isfinite(result.sem).all()

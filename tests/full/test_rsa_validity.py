"""Statistical validity of RSA's inference by simulation: error rates of every test at a nominal 5 %,
and standard errors against the truth."""

import numpy as np
import pytest

from neurokit import rsa

N_SUBJECTS, N_CONDITIONS = 20, 40


def null_study(rng, over, n=N_CONDITIONS):
    """Two exchangeable models that have nothing to do with the data of subjects."""

    def geometry(count, dimensions=4):
        return rsa.rdm(rng.standard_normal((count, n, dimensions)), metric="euclidean").values

    models = geometry(2)
    if over == ("subject",):  # nothing in common between subjects
        data = geometry(N_SUBJECTS)
    else:  # one geometry, seen by each with noise
        shared = rng.standard_normal((n, 6))
        data = rsa.rdm(
            np.stack([
                shared @ rng.standard_normal((6, 10)) + 2 * rng.standard_normal((n, 10))
                for _ in range(N_SUBJECTS)
            ]),
            metric="euclidean",
        ).values  # fmt: skip
    return rsa.RDMs(models), rsa.RDMs(data)


BOTH, SUBJECT, CONDITION = ("subject", "condition"), ("subject",), ("condition",)


@pytest.mark.parametrize(
    ("test", "correction", "over", "cv"),
    [
        ("t", None, SUBJECT, None),
        ("wilcoxon", None, SUBJECT, None),
        ("bootstrap", None, SUBJECT, None),
        ("t", "max", SUBJECT, None),
        ("permutation", None, CONDITION, None),
        ("permutation", "max", CONDITION, None),
        ("t", None, BOTH, None),
        ("bootstrap", None, BOTH, None),
        ("t", None, BOTH, (2, 4)),
        ("bootstrap", None, BOTH, (2, 4)),
    ],
)
def test_false_positives(test, correction, over, cv):
    rng = np.random.default_rng(0)
    count, hits = 800, np.zeros(2)
    for seed in range(count):
        models, data = null_study(rng, over)
        result = rsa.evaluate(
            models, data, "pearson", over, 200, cv, seed=seed, test=test, correction=correction
        )
        if correction == "max":  # of the family
            hits[0] += result.p_zero.min() < 0.05
        else:
            hits[0] += np.mean(result.p_zero < 0.05)
        hits[1] += result.p_pairs[0, 1] < 0.05
    zero, pairs = hits / count
    print(f"{test} {correction} {over} {cv}: against zero {zero:.3f}, pairs {pairs:.3f}")
    assert 0.03 <= zero <= 0.07
    assert 0.03 <= pairs <= 0.07


@pytest.mark.parametrize(("n", "cv", "too_large"), [(12, (2, 3), 1.3), (40, (2, 4), 1.15)])
def test_crossvalidation_of_few_subjects(n, cv, too_large):
    """Fixed models that have nothing to do with the data of 8 subjects. As without folds, tests are
    conservative: 7 degrees of freedom count for errors that hang on conditions more than on
    subjects, and with few conditions standard errors are too large."""
    rng = np.random.default_rng(7)
    count, scores, errors, zero, pairs = 600, [], [], 0.0, 0.0

    def geometry(k):
        return rsa.rdm(rng.standard_normal((k, n, 6)), metric="euclidean").values

    for seed in range(count):
        models, data = rsa.RDMs(geometry(2)), rsa.RDMs(geometry(8) + geometry(1))
        result = rsa.evaluate(models, data, "pearson", n_boot=200, cv=cv, seed=seed)
        scores.append(result.scores)
        errors.append(result.sem)
        zero += np.mean(result.p_zero < 0.05) / count
        pairs += (result.p_pairs[0, 1] < 0.05) / count
    ratio = np.sqrt(np.mean(np.square(errors))) / np.std(scores)
    print(f"{n} conditions, {cv}: zero {zero:.3f}, pairs {pairs:.3f}, error over truth {ratio:.3f}")
    assert 0.005 <= zero <= 0.07 and 0.005 <= pairs <= 0.07
    assert 0.9 <= ratio <= too_large


def test_families_of_many_models_and_few_subjects():
    """Five models, ten pairs, 8 subjects: standard errors of so few are estimates themselves;
    6.6 % of families of pairs have a false positive by 2300 draws."""
    rng = np.random.default_rng(3)
    count, names = 800, [("t", "max"), ("bootstrap", None)]
    hits = {name: np.zeros(2) for name in names}
    for seed in range(count):
        data = rsa.RDMs(rng.standard_normal((8, 45)))
        models = rsa.RDMs(rng.standard_normal((5, 45)))
        for test, correction in names:
            result = rsa.evaluate(
                models, data, "pearson", SUBJECT, 400, seed=seed, test=test, correction=correction
            )
            zero, pairs = result.p_zero < 0.05, result.p_pairs[np.triu_indices(5, 1)] < 0.05
            of = np.any if correction == "max" else np.mean
            hits[test, correction] += of(zero), of(pairs)
    for name, hit in hits.items():
        print(f"{name}: against zero {hit[0] / count:.3f}, pairs {hit[1] / count:.3f}")
        assert (hit / count >= 0.03).all() and (hit / count <= 0.08).all()


def test_false_discoveries():
    rng = np.random.default_rng(1)
    found, false = 0, 0.0
    for seed in range(300):
        models, data = null_study(rng, SUBJECT)
        true = rsa.RDMs(data.values.mean(0) + data.values.std() * rng.random(data.values.shape[1]))
        result = rsa.evaluate(
            [models[0], models[1], true], data, "pearson", SUBJECT, 50, seed=seed, correction="fdr"
        )
        hits = result.p_zero < 0.05
        false += hits[:2].sum() / max(hits.sum(), 1)
        found += hits[2]
    assert false / 300 <= 0.06 and found > 250


@pytest.mark.parametrize("method", ["pearson", "cosine", "spearman", "whitened_cosine"])
@pytest.mark.parametrize("over", [SUBJECT, CONDITION, BOTH])
def test_standard_errors(method, over):
    """The mean variance within 10 % of that of scores over new draws of what is resampled."""
    rng = np.random.default_rng(2)
    n, n_subjects = 80, 20
    maps = [rng.standard_normal((6, 12)) for _ in range(n_subjects)]
    shared = rng.standard_normal((n, 6))
    scores, errors = [], []
    for seed in range(400):
        if "subject" in over:
            maps = [rng.standard_normal((6, 12)) for _ in range(n_subjects)]
        if "condition" in over:
            shared = rng.standard_normal((n, 6))
        patterns = np.stack([shared @ m + 2 * rng.standard_normal((n, 12)) for m in maps])
        model = rsa.rdm(shared[:, :3], metric="euclidean")
        result = rsa.evaluate(
            model, rsa.rdm(patterns, metric="euclidean"), method, over, 100, seed=seed
        )
        scores.append(result.scores[0])
        errors.append(result.sem[0])
    ratio = np.mean(np.square(errors)) / np.var(scores, ddof=1)
    print(f"{method} {over}: variance over truth {ratio:.3f}")
    assert abs(ratio - 1) < 0.1

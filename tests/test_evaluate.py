"""Bootstrap by count weights, noise ceilings and tests of model comparison."""

import numpy as np
import pytest

from neurokit import data, rsa
from neurokit.rsa import evaluation
from neurokit.rsa.bootstrap import ceilings, sample_counts, similarities
from neurokit.rsa.rdms import pair_index

LINEAR = ("cosine", "pearson", "whitened_cosine", "whitened_pearson")


def condensed_compare(x, method):
    """compare() for lists of values that are not the pairs of any number of conditions."""
    from neurokit.rsa.comparison import compare_values

    return compare_values(x, x, method)


@pytest.mark.parametrize("method", [*LINEAR, "spearman", "rho_a"])
def test_count_weights_equal_resampled_matrices(method):
    rng = np.random.default_rng(0)
    values = np.round(rng.random((4, 36)), 1)
    counts = sample_counts(9, 12, rng, least=4)
    counts[0] = 1
    cosines, scale = similarities(values, counts, method)
    got = cosines * scale[:, :, None] * scale[:, None, :]
    for c, similarity in zip(counts, got, strict=True):
        drawn = np.repeat(np.arange(9), c)
        i, j = np.triu_indices(9, 1)
        a, b = drawn[i], drawn[j]
        keep = a != b
        x = values[:, pair_index(9, a[keep], b[keep])]
        if method.startswith("whitened"):
            places = np.eye(len(drawn))
            contrast = places[i[keep]] - places[j[keep]]
            inverse = np.linalg.inv((contrast @ contrast.T) ** 2)
            if method == "whitened_pearson":
                x = x - x.mean(1, keepdims=True)
            g = x @ inverse @ x.T
            want = g / np.sqrt(np.multiply.outer(np.diagonal(g), np.diagonal(g)))
        else:
            want = condensed_compare(x, method)
        np.testing.assert_allclose(similarity, want, atol=1e-10)


@pytest.mark.parametrize("method", LINEAR)
def test_ceilings_by_counts_equal_the_explicit_pool(method):
    rng = np.random.default_rng(1)
    r = rsa.RDMs(rng.random(45) + 0.4 * rng.random((6, 45)))
    cosines, scale = similarities(r.values, np.ones((1, 10), dtype=int), method)
    lower, upper = ceilings(cosines, scale, np.ones((1, 6)))
    np.testing.assert_allclose(
        (lower.mean(), upper.mean()), rsa.noise_ceiling(r, method), atol=1e-10
    )


def test_same_seed_same_numbers():
    images = data.load("images92", full=False)
    brain = rsa.RDMs(images.human_it.mean(1))
    models = rsa.RDMs(images.models, labels=images.model_names)
    one, two = (rsa.evaluate(models, brain, "pearson", n_boot=50, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.sem, two.sem)
    assert one.ceiling == pytest.approx((0.394410, 0.680413), abs=5e-7)
    other = rsa.evaluate(models, brain, "pearson", n_boot=50, seed=4)
    assert not np.array_equal(one.sem, other.sem)
    best = int(np.argmax(one.scores))
    assert one.names[best] == "animacy" and one.p_zero[best] < 0.05
    np.testing.assert_array_equal(one.p_pairs, one.p_pairs.T)
    assert np.all(np.diagonal(one.p_pairs) == 1)
    assert "animacy" in one._repr_html_()
    head, *rows = repr(one).splitlines()
    assert one.method in head and len(rows) == len(one.names)
    assert all(f"{score:.4f} +- " in row for row, score in zip(rows, one.scores, strict=True))


def test_single_factors():
    rng = np.random.default_rng(2)
    truth = rng.random(66)
    r = rsa.RDMs(truth + 0.3 * rng.standard_normal((7, 66)))
    models = rsa.RDMs(np.stack([truth, rng.random(66)]), labels=["truth", "other"])
    by_subject = rsa.evaluate(models, r, "pearson", over="subject", n_boot=4000)
    plain = by_subject.subject_scores.std(1, ddof=1) / np.sqrt(7)
    np.testing.assert_allclose(by_subject.sem, plain, rtol=0.08)
    assert by_subject.dof == 6
    by_condition = rsa.evaluate(models, r[0], "pearson", over=("condition",), n_boot=50)
    assert by_condition.dof == 11 and np.isnan(by_condition.ceiling).all()
    assert by_subject.p_pairs[0, 1] < 0.01 and by_subject.p_zero[0] < 1e-3
    tau = rsa.evaluate(models, r, "tau_a", over="subject", n_boot=50)
    assert np.isfinite(tau.sem).all()


@pytest.mark.parametrize("cv", [None, (2, 1)])
@pytest.mark.parametrize("n_subjects", [2, 3])
def test_few_subjects_vary_as_their_mean_does(n_subjects, cv):
    rng = np.random.default_rng(0)
    models, data = rng.random((2, 45)), rsa.RDMs(rng.random((n_subjects, 45)))
    result = rsa.evaluate(rsa.RDMs(models), data, "cosine", "subject", 2000, cv=cv)
    want = result.subject_scores.std(1, ddof=1) / np.sqrt(n_subjects)
    np.testing.assert_allclose(result.sem, want, rtol=0.05 if cv is None else 0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(method="bures_distance"), "cannot be used"),
        (dict(method="manhattan"), "method"),
        (dict(test="z"), "test"),
        (dict(correction="bonferroni"), "correction"),
        (dict(test="wilcoxon"), "wilcoxon"),
        (dict(cv=9), "folds of"),
        (dict(cv=1), "at least 2 folds"),
        (dict(cv=(1, 5)), "fewer than"),
        (dict(test="permutation", cv=2), "fixed models"),
        (dict(sigma_k=np.eye(5)), "sigma_k"),
        (dict(over=("voxel",)), "over"),
        (dict(over=()), "over"),
        (dict(one=True), "at least 2 RDMs"),
    ],
)
def test_bad_arguments(arguments, message):
    rng = np.random.default_rng(3)
    r = rsa.RDMs(rng.random((3, 15)))
    models = rsa.RDMs(rng.random((2, 15)))
    if arguments.pop("one", False):
        r = r[0]
    with pytest.raises(ValueError, match=message):
        rsa.evaluate(models, r, n_boot=5, **arguments)


def test_fdr_equals_scipy():
    from scipy import stats

    p = np.random.default_rng(4).random(30) ** 2
    np.testing.assert_allclose(rsa.fdr(p), stats.false_discovery_control(p))
    p[3] = np.nan
    assert np.isnan(rsa.fdr(p.reshape(5, 6))[0, 3])


def test_plot_shows_subjects_and_ceiling():
    from matplotlib.figure import Figure

    rng = np.random.default_rng(5)
    r = rsa.RDMs(rng.random((4, 15)))
    result = rsa.evaluate(rsa.RDMs(rng.random((3, 15))), r, "cosine", n_boot=20)
    ax = Figure().subplots()
    assert result.plot(ax=ax) is ax and len(ax.containers) >= 1


@pytest.mark.parametrize("method", ["pearson", "whitened_cosine", "tau_a"])
def test_samples_by_counts_equal_samples_one_by_one(method):
    from neurokit.rsa import bootstrap

    rng = np.random.default_rng(6)
    models, subjects = rng.random((3, 45)), rng.random((4, 45)) + rng.random(45)
    counts = sample_counts(10, 5, rng, least=4)
    counts[:2] = [[4, 1, 1, 0, 0, 0, 0, 0, 0, 0], [3, 1, 1, 1, 1, 1, 1, 1, 0, 0]]
    drawn = [sample_counts(4, 5, rng, least=2), np.ones((5, 4), int)]
    variance = rng.random(10) + 0.5 if method.startswith("whitened") else None
    arguments = (models, subjects, counts, drawn, method, variance)
    one, two = bootstrap.sample_statistics(*arguments), bootstrap._one_by_one(*arguments)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@pytest.fixture(scope="module")
def study():
    rng = np.random.default_rng(7)
    truth = rng.random((3, 66))
    r = rsa.RDMs(np.array([0.7, 0.7, 0.0]) @ truth + 0.3 * rng.standard_normal((12, 66)))
    return rsa.RDMs(truth, labels=["one", "two", "none"]), r


@pytest.mark.parametrize(
    ("test", "correction", "over"),
    [
        ("t", "fdr", ("subject", "condition")),
        ("t", "max", ("subject", "condition")),
        ("bootstrap", None, ("subject", "condition")),
        ("bootstrap", "max", "subject"),
        ("permutation", None, "condition"),
        ("permutation", "max", ("subject", "condition")),
        ("wilcoxon", "fdr", "subject"),
    ],
)
def test_every_test_finds_what_is_there(study, test, correction, over):
    models, r = study
    result = rsa.evaluate(models, r, "pearson", over, 400, seed=1, test=test, correction=correction)
    assert (result.p_zero[:2] < 0.05).all() and result.p_zero[2] > 0.05
    assert result.p_pairs[0, 2] < 0.1 and (over == "subject" or result.p_pairs[0, 1] > 0.05)
    assert np.isnan(result.p_ceiling).all() == (test == "permutation")
    assert (result.test, result.correction) == (test, correction)


def test_wilcoxon_equals_scipy_and_corrections_only_raise(study):
    from scipy import stats

    models, r = study
    plain = rsa.evaluate(models, r, "cosine", "subject", 50, test="wilcoxon")
    want = [stats.wilcoxon(s, alternative="greater").pvalue for s in plain.subject_scores]
    np.testing.assert_allclose(plain.p_zero, want)
    for correction in ("fdr", "max"):
        a = rsa.evaluate(models, r, "pearson", n_boot=200, test="permutation")
        b = rsa.evaluate(
            models, r, "pearson", n_boot=200, test="permutation", correction=correction
        )
        assert (b.p_zero >= a.p_zero - 1e-12).all()


def test_missing_pairs_are_left_out(study):
    models, r = study
    holes = models.transform(lambda v: np.where(np.arange(66) < 5, np.nan, v))
    got = rsa.evaluate(holes, r, "pearson", n_boot=20)
    want = condensed_compare(np.concatenate([models.values, r.values])[:, 5:], "pearson")
    np.testing.assert_allclose(got.subject_scores, want[:3, 3:], atol=1e-12)
    assert np.isfinite(got.sem).all()


@pytest.mark.parametrize(
    ("both", "want"), [(0.9, 0.3 * 4 / 3), (0.6, 0.65 - 5 / 3 * 0.1), (0.45, 0.45)]
)
def test_standard_errors_over_both_factors_by_hand(both, want):
    """4 subjects and 5 conditions: not below one factor's, the formula, not above the joint one's."""
    variance = {"subject": np.array([0.3]), "condition": np.array([0.2]), "both": np.array([both])}
    np.testing.assert_allclose(evaluation._combined(variance, 4, 5), [want])


@pytest.mark.parametrize("divisions", [1, 4])
def test_what_divisions_into_folds_add_is_taken_away(divisions):
    """Samples of variance 1 seen through divisions of variance 2."""
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((20000, 2)) + np.sqrt(2) * rng.standard_normal(
        (divisions, 20000, 2)
    )
    found = evaluation._variance(samples)[0]
    assert found == pytest.approx(1 if divisions > 1 else 3, rel=0.05)


def test_variance_that_divisions_explain_has_a_floor():
    """Nothing but the division varies: the standard error of the difference is left."""
    rng = np.random.default_rng(1)
    samples = rng.standard_normal((4, 50, 2))
    found = evaluation._variance(samples)[0]
    total = samples[..., 0].mean(0).var(ddof=1)
    added = samples[..., 0].var(0, ddof=1).mean() / 4
    least = np.sqrt(2 / 49 * (total**2 + added**2 / 3))
    assert total - added < least
    assert found == pytest.approx(least)

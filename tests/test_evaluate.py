"""Bootstrap by count weights, noise ceilings and tests of model comparison."""

import numpy as np
import pytest

from neurokit import data, rsa
from neurokit.rsa.bootstrap import ceilings, sample_counts, similarities
from neurokit.rsa.rdms import pair_index

LINEAR = ("cosine", "pearson", "whitened_cosine", "whitened_pearson")


def condensed_compare(x, method):
    """compare() for lists of values that are not the pairs of any number of conditions."""
    from neurokit.rsa.comparison import _by_pairs

    return _by_pairs(x, x, method)


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
            once = np.flatnonzero(c)
            i, j = np.triu_indices(len(once), 1)
            contrast = np.eye(len(once))[i] - np.eye(len(once))[j]
            inverse = np.linalg.inv((contrast @ np.diag(1 / c[once]) @ contrast.T) ** 2)
            x = values[:, pair_index(9, once[i], once[j])]
            if method == "whitened_pearson":
                x = x - np.average(x, 1, c[once][i] * c[once][j])[:, None]
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
    np.testing.assert_allclose((lower[0], upper[0]), rsa.noise_ceiling(r, method), atol=1e-10)


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(method="tau_a"), "cannot be resampled"),
        (dict(method="riemannian"), "cannot be used"),
        (dict(over=("voxel",)), "over"),
        (dict(over=()), "over"),
        (dict(one=True), "at least 2 RDMs"),
        (dict(missing=True), "NaN"),
    ],
)
def test_bad_arguments(arguments, message):
    rng = np.random.default_rng(3)
    r = rsa.RDMs(rng.random((3, 15)))
    models = rsa.RDMs(rng.random((2, 15)))
    if arguments.pop("one", False):
        r = r[0]
    if arguments.pop("missing", False):
        models = models.transform(lambda v: np.where(v > 0.9, np.nan, v))
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

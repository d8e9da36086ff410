"""Resampled conditions where a sample is more than weights of pairs: a full sigma_k, whole matrices."""

import numpy as np
import pytest
from scipy import linalg, optimize

from neurokit import rsa
from neurokit.rsa import bootstrap, comparison
from neurokit.rsa.inference import each_ceiling
from neurokit.rsa.moments import resampled_moments


def study(seed, n=9, subjects=4, models=2):
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((n, 15))
    x = np.stack([shared + rng.standard_normal((n, 15)) for _ in range(models + subjects)])
    values = rsa.rdm(x, metric="euclidean").values
    root = rng.standard_normal((n, 2 * n))
    return values[:models], values[models:], root @ root.T / n, rng


def explicit(x, sigma, keep, center):
    """x'V^-1 x over some pairs from V itself."""
    n = len(sigma)
    i, j = np.triu_indices(n, 1)
    contrast = np.eye(n)[i] - np.eye(n)[j]
    v = (contrast @ sigma @ contrast.T) ** 2
    x, v = x[:, keep], v[np.ix_(keep, keep)]
    if center:
        x = x - x.mean(1, keepdims=True)
    return x @ np.linalg.solve(v, x.T)


@pytest.mark.parametrize("method", ["whitened_cosine", "whitened_pearson"])
def test_a_full_sigma_k_is_resampled_as_the_explicit_covariance(method):
    models, subjects, sigma, rng = study(0)
    counts = bootstrap.sample_counts(9, 6, rng, least=5)
    got = bootstrap.grams(np.concatenate([models, subjects]), counts, method, sigma)
    own = bootstrap.independent_part(sigma)
    assert (own > 0).all() and np.linalg.eigvalsh(sigma - np.diag(own))[0] > -1e-12
    for gram, c in zip(got, counts, strict=True):
        at = np.repeat(np.arange(9), c)
        x = bootstrap.resampled(np.concatenate([models, subjects]), at)
        errors = sigma[np.ix_(at, at)] - np.where(at[:, None] == at, own[at], 0)
        errors += np.diag(own[at])
        keep = ~np.isnan(x[0])
        want = explicit(np.nan_to_num(x), errors, keep, method == "whitened_pearson")
        np.testing.assert_allclose(gram, want, rtol=1e-9, atol=1e-9 * np.abs(want).max())


@pytest.mark.parametrize("cv", [None, (2, 2)])
def test_a_diagonal_matrix_is_its_diagonal_and_a_common_error_none(cv):
    models, subjects, _, rng = study(1, n=12)
    variance = rng.uniform(0.5, 2, 12)

    def samples(sigma):
        pair = [rsa.RDMs(models), rsa.RDMs(subjects)]
        return rsa.evaluate(*pair, "whitened_cosine", n_boot=20, sigma_k=sigma, cv=cv).samples

    np.testing.assert_allclose(samples(np.diag(variance)), samples(variance), atol=1e-8)
    np.testing.assert_allclose(samples(2 * np.eye(12) + 3), samples(np.full(12, 1.0)), atol=1e-7)


def test_bures_samples_are_copies_without_a_distance():
    models, subjects, _, rng = study(2)
    counts = bootstrap.sample_counts(9, 5, rng, least=4)
    drawn = bootstrap.sample_counts(4, 5, rng, least=2)
    ones = np.ones_like(drawn)
    got = resampled_moments(models, subjects, counts, [drawn, ones], "bures", np.eye(9))
    for k, c in enumerate(counts):
        at = np.repeat(np.arange(9), c)
        x, y = (np.nan_to_num(bootstrap.resampled(v, at)) for v in (models, subjects))
        scores = rsa.compare(x, y, "bures")
        np.testing.assert_allclose(got[0][k, :-1], scores @ drawn[k] / 4, atol=1e-7)
        np.testing.assert_allclose(got[1][k, :-1], scores.mean(1), atol=1e-7)
        lower = rsa.noise_ceiling(rsa.RDMs(y), "bures")[0]
        np.testing.assert_allclose(got[1][k, -1], lower, atol=1e-7)
        want = 0
        for s in np.flatnonzero(drawn[k]):
            rest = np.repeat(y, np.where(np.arange(4) == s, 0, drawn[k]), axis=0).mean(0)
            want += drawn[k, s] * rsa.compare(rest, y[s], "bures")[0, 0] / 4
        np.testing.assert_allclose(got[0][k, -1], want, atol=1e-7)


def test_bures_takes_the_root_of_the_first_where_matrices_are_no_distances():
    rng = np.random.default_rng(8)
    x, y = rng.random((2, 15)), rng.random((3, 15))  # second moments with negative eigenvalues
    center = np.eye(6) - 1 / 6
    gx, gy = (center @ rsa.RDMs(v).square() @ center / -2 for v in (x, y))
    assert np.linalg.eigvalsh(gx).min() < -0.01
    got = rsa.compare(x, y, "bures")
    for i, a in enumerate(gx):
        values, vectors = np.linalg.eigh(a)
        root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
        for j, b in enumerate(gy):
            inner = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0)).sum()
            assert got[i, j] == pytest.approx(inner / np.sqrt(np.trace(a) * np.trace(b)), rel=1e-7)
    ones = np.ones((1, 3), int)
    (sample,) = resampled_moments(x, y, np.ones((1, 6), int), [ones], "bures", np.eye(6))
    np.testing.assert_allclose(sample[0, :-1], got.mean(1), rtol=1e-7)
    lower = rsa.noise_ceiling(rsa.RDMs(y), "bures")[0]
    np.testing.assert_allclose(sample[0, -1], lower, rtol=1e-7)


def test_riemannian_samples_are_of_the_different_conditions():
    models, subjects, sigma, rng = study(3, n=7)
    counts = bootstrap.sample_counts(7, 3, rng, least=4)
    ones = np.ones((3, 4), int)
    (got,) = resampled_moments(models, subjects, counts, [ones], "riemannian", sigma)
    for k, c in enumerate(counts):
        seen = np.flatnonzero(c)
        x, y = (rsa.RDMs(v).subset(seen) for v in (models, subjects))
        scores = rsa.compare(x, y, "riemannian", sigma[np.ix_(seen, seen)]).mean(1)
        np.testing.assert_allclose(got[k, :-1], scores * np.sqrt(6 / (len(seen) - 1)), rtol=1e-4)


@pytest.mark.parametrize("method", ["bures", "riemannian"])
def test_whole_matrices_over_both_factors(method):
    models, subjects, _, _ = study(4, n=8)
    result = rsa.evaluate(rsa.RDMs(models), rsa.RDMs(subjects), method, n_boot=12)
    assert np.isfinite(result.samples).all() and (result.sem > 0).all()
    np.testing.assert_allclose(result.scores, rsa.compare(models, subjects, method).mean(1))
    assert set(result.variances) == {"subject", "condition", "both"}


def test_riemannian_names_what_it_needs():
    flat = rsa.rdm(np.random.default_rng(7).standard_normal((6, 3)), metric="euclidean")
    with pytest.raises(np.linalg.LinAlgError, match="riemannian: .* positive definite"):
        rsa.compare(flat, flat, "riemannian")


def test_permuted_conditions_use_the_method_asked_for():
    models, subjects, _, _ = study(5)
    null = rsa.significance.permuted_scores(
        models, subjects, "bures", None, 8, np.random.default_rng(0), lambda steps: steps
    )
    order = np.random.default_rng(0).permutation(9)
    moved = rsa.RDMs(models).square()[:, order[:, None], order]
    moved = np.stack([m[np.triu_indices(9, 1)] for m in moved])
    np.testing.assert_allclose(null[0], rsa.compare(moved, subjects, "bures").mean(1), atol=1e-12)


def test_a_fitted_model_is_selected_by_the_method_asked_for():
    models, subjects, _, _ = study(6, models=6)
    for method in ("bures", "riemannian"):
        weights = rsa.SelectModel(models).fit(rsa.RDMs(subjects), method)
        want = rsa.compare(models, subjects, method).mean(1).argmax()
        assert weights.argmax() == want


def test_rows_that_do_not_vary_in_a_sample_have_no_similarity():
    rng = np.random.default_rng(9)
    group = np.arange(8) < 2  # the first two conditions belong together
    i, j = np.triu_indices(8, 1)
    model = np.where(group[i] & group[j], 0.3, 1.1)
    rows = np.stack([model, rng.random(28) + 1e6, np.full(28, 0.1)])
    counts = np.array([[1] * 8, [0, 1, 1, 1, 2, 1, 1, 1]])
    cosines, _ = bootstrap.similarities(rows, counts, "pearson")
    want = np.corrcoef(rows[:2])[0, 1]
    np.testing.assert_allclose(cosines[0, 0, 1], want, rtol=1e-8)
    assert np.isnan(cosines[1, 0, 1]) and np.isnan(cosines[:, 2]).all()


def _distances(rng, n, channels=60):
    return rsa.rdm(rng.normal(size=(n, channels)), metric="euclidean")


@pytest.mark.parametrize("n", [4, 9, 20, 40])
def test_bures_by_contrasts(n):
    """Beside the nuclear norm of the roots on the n - 1 contrasts, where nothing is singular."""
    rng = np.random.default_rng(n)
    contrasts = linalg.null_space(np.ones((1, n)))
    for _ in range(3):
        rdms = _distances(rng, n), _distances(rng, n)
        a, b = (contrasts.T @ (-0.5 * r.square()[0]) @ contrasts for r in rdms)
        norm = linalg.svdvals(linalg.sqrtm(a).real @ linalg.sqrtm(b).real).sum()
        wanted = norm / np.sqrt(np.trace(a) * np.trace(b))
        np.testing.assert_allclose(rsa.compare(*rdms, method="bures"), wanted, rtol=1e-12)


def test_riemannian_of_any_unit():
    rng = np.random.default_rng(0)
    a, b = _distances(rng, 8), _distances(rng, 8)
    one = rsa.compare(a, b, method="riemannian")
    for unit in (1e-20, 1e-3, 1e6, 1e12):
        both = [rsa.RDMs(r.values * unit) for r in (a, b)]
        np.testing.assert_allclose(rsa.compare(*both, method="riemannian"), one, rtol=1e-8)
        np.testing.assert_allclose(rsa.compare(both[0], b, method="riemannian"), one, rtol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_riemannian_is_the_smallest_distance_from_any_start(seed):
    rng = np.random.default_rng(seed)
    n = 5 + seed
    a, b = _distances(rng, n, 2 * n), _distances(rng, n, 2 * n)
    contrast = np.hstack([-np.ones((n - 1, 1)), np.eye(n - 1)])
    noise = contrast @ contrast.T
    ga, gb = (contrast @ (-0.5 * r.square()[0]) @ contrast.T for r in (a, b))

    def distance(theta):
        values = linalg.eigvalsh(np.exp(theta[0]) * ga + np.exp(theta[1]) * noise, gb)
        return np.sqrt(np.sum(np.log(values) ** 2))

    starts = [(s, t) for s in (-6, -2, 0, 2) for t in (-12, -6, -2, 0, 2)]
    options = {"xatol": 1e-7, "fatol": 1e-10}
    least = min(
        optimize.minimize(distance, start, method="Nelder-Mead", options=options).fun
        for start in starts
    )
    np.testing.assert_allclose(-rsa.compare(a, b, method="riemannian")[0, 0], least, rtol=1e-8)


@pytest.mark.parametrize(
    "method", ["cosine", "spearman", "tau_b", "whitened_cosine", "whitened_pearson"]
)
def test_ceilings_of_subjects_drawn_more_than_once(method):
    """The lower bound leaves out every copy; whitened methods fill in what each subject lacks."""
    rng = np.random.default_rng(11)
    y = rng.random((4, 45)) + rng.random(45)
    y[rng.random(y.shape) < 0.1] = np.nan
    sigma = np.cov(rng.standard_normal((10, 40))) if "whitened" in method else None
    counts = np.array([2, 0, 1, 3])
    lower, upper = each_ceiling(y, method, sigma, counts=counts)
    assert np.isnan(lower[1]) and np.isnan(upper[1])
    drawn = np.repeat(np.arange(4), counts)
    for s in (0, 2, 3):
        rest = rsa.pool(rsa.RDMs(y[drawn[drawn != s]]), method, sigma)
        assert lower[s] == pytest.approx(rsa.compare(rest, y[s], method, sigma)[0, 0], abs=1e-12)
        everyone = rsa.pool(rsa.RDMs(y[drawn]), method, sigma)
        assert upper[s] == pytest.approx(
            rsa.compare(everyone, y[s], method, sigma)[0, 0], abs=1e-12
        )
    only = each_ceiling(y, method, sigma, counts=counts, upper=False)
    np.testing.assert_array_equal(only[0], lower)
    assert np.isnan(only[1]).all()


def test_norms_of_rows_with_missing_pairs():
    """By V without the rows and columns of the missing pairs."""
    rng = np.random.default_rng(12)
    sigma = np.cov(rng.standard_normal((7, 30)))
    i, j = np.triu_indices(7, 1)
    contrast = np.eye(7)[i] - np.eye(7)[j]
    v = (contrast @ sigma @ contrast.T) ** 2
    whiten = comparison.Whitening(7, sigma)
    for missing in ([], [3], [0, 1, 8, 20]):
        have = ~np.isin(np.arange(21), missing)
        x = rng.random((3, have.sum()))
        want = np.einsum("kp,kp->k", x @ np.linalg.inv(v[np.ix_(have, have)]), x)
        np.testing.assert_allclose(whiten.squares(x, have), want, rtol=1e-9)
        got = np.diagonal(whiten.products(x, x, False, have)[0])
        np.testing.assert_allclose(got, want, rtol=1e-9)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("missing", ["some", "nearly all", "a condition"])
def test_products_of_rows_with_missing_pairs(full, missing):
    """By V without the rows and columns of the missing pairs; without a condition's pairs, nothing tells of it."""
    rng = np.random.default_rng(9)
    n = 8
    half = rng.standard_normal((n, 2 * n))
    sigma = half @ half.T / n if full else np.eye(n)
    i, j = np.triu_indices(n, 1)
    contrast = np.eye(n)[i] - np.eye(n)[j]
    V = (contrast @ sigma @ contrast.T) ** 2
    have = {"some": rng.random(28) > 0.3, "nearly all": np.arange(28) < 3, "a condition": j != 5}
    have = have[missing] & ((i != 5) | (missing != "a condition"))
    x, y = rng.random((3, have.sum())), rng.random((2, have.sum()))
    inverse = np.linalg.inv(V[np.ix_(have, have)])
    product, xx, yy = comparison.Whitening(n, sigma if full else None).products(x, y, False, have)
    np.testing.assert_allclose(product, x @ inverse @ y.T, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(xx, np.einsum("ka,ab,kb->k", x, inverse, x), rtol=1e-11)
    np.testing.assert_allclose(yy, np.einsum("ka,ab,kb->k", y, inverse, y), rtol=1e-11)


@pytest.mark.parametrize("method", ["pearson", "whitened_pearson"])
@pytest.mark.parametrize("cv", [None, (2, 1)])
def test_what_all_pairs_share_costs_no_digits(method, cv):
    rng = np.random.default_rng(2)
    models, data = rng.random((2, 15)), rng.random((5, 15))
    near, far = (
        rsa.evaluate(models + shift, data + shift, method, n_boot=30, cv=cv).samples
        for shift in (0, 1e8)
    )
    np.testing.assert_allclose(far, near, atol=1e-6)

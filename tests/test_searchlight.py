"""Searchlights against one RDM at a time."""

import numpy as np
import pytest
from scipy import sparse

from neurokit import rsa


@pytest.fixture
def volume():
    rng = np.random.default_rng(0)
    mask = rng.random((5, 6, 4)) < 0.8
    data = rng.standard_normal((18, mask.sum()))
    return mask, data, np.tile(list("abcdef"), 3), np.repeat([0, 1, 2], 6)


def test_spheres_hold_what_is_near(volume):
    mask = volume[0]
    indptr, indices = rsa.sphere_neighbors(mask, 4.0, spacing=(2, 2, 3))
    places = np.argwhere(mask) * [2, 2, 3]
    for k in range(len(places)):
        near = np.flatnonzero(np.linalg.norm(places - places[k], axis=1) <= 4.0)
        np.testing.assert_array_equal(np.sort(indices[indptr[k] : indptr[k + 1]]), near)


@pytest.mark.parametrize("size", [0.1, 0.3, 0.7, 1.1])
def test_voxels_just_at_the_radius_are_near(size):
    """Sizes that are no binary fractions: 3 * 0.1 is above 0.3."""
    mask = np.ones((9, 8, 7), bool)
    for radius in (1, 2, 3, 5):
        want = rsa.sphere_neighbors(mask, radius)
        for got, expected in zip(
            rsa.sphere_neighbors(mask, radius * size, spacing=size), want, strict=True
        ):
            np.testing.assert_array_equal(got, expected)


METHODS = ["cosine", "pearson", "spearman", "whitened_cosine", "whitened_pearson", "rho_a"]


@pytest.mark.parametrize("metric", ["crossnobis", "correlation", "euclidean"])
@pytest.mark.parametrize("whiten", [False, True])
def test_equals_single_rdms(volume, metric, whiten):
    mask, data, conditions, folds = volume
    rng = np.random.default_rng(1)
    residuals = rng.standard_normal((60, data.shape[1])) if whiten else None
    indptr, indices = rsa.sphere_neighbors(mask, 1.5)
    rows = [indices[a:b] for a, b in zip(indptr[:-1], indptr[1:], strict=True)]
    models = rsa.RDMs(rng.random((2, 15)), list("fedcba"), ["m1", "m2"])
    result = rsa.searchlight(
        data, (indptr, indices), conditions, folds=folds, noise=residuals, metric=metric,
        models=models, compare="cosine", keep=True,
    )  # fmt: skip
    assert result.names == ["m1", "m2"] and result.scores.shape == (2, mask.sum())
    for k, channels in enumerate(rows):
        noise = rsa.shrinkage(residuals[:, channels]) if whiten else None
        own = folds if metric == "crossnobis" else None
        if len(channels) < 2:
            continue
        one = rsa.rdm(data[:, channels], conditions, folds=own, noise=noise, metric=metric)
        np.testing.assert_allclose(result.rdms.values[k], one.values[0], atol=1e-10)
        np.testing.assert_allclose(result.scores[:, k], rsa.compare(models, one)[:, 0], atol=1e-10)
    volume_ = result.to_volume(mask)
    assert volume_.shape == (2, *mask.shape)
    np.testing.assert_array_equal(volume_[1][mask], result.scores[1])


@pytest.mark.parametrize("method", METHODS)
def test_every_comparison_and_kind_of_neighbors(volume, method):
    _, data, conditions, folds = volume
    rng = np.random.default_rng(2)
    models = rsa.RDMs(rng.random((3, 15)), list("abcdef"))
    near = sparse.random(40, data.shape[1], 0.2, "csr", random_state=3)
    lists = [near.indices[a:b] for a, b in zip(near.indptr[:-1], near.indptr[1:], strict=True)]
    arguments = dict(folds=folds, models=models, compare=method)
    one = rsa.searchlight(data, near, conditions, **arguments)
    two = rsa.searchlight(data, lists, conditions, threads=1, **arguments)
    np.testing.assert_array_equal(one.scores, two.scores)
    rdms = rsa.searchlight(data, lists, conditions, folds=folds).rdms.values
    want = rsa.compare(models, rsa.RDMs(rdms, list("abcdef")), method)
    np.testing.assert_allclose(one.scores, want, atol=1e-10)


@pytest.mark.parametrize("noisy", [False, True])
def test_channels_with_missing_values_are_left_out(volume, noisy):
    mask, data, conditions, folds = volume
    rng = np.random.default_rng(4)
    models = rsa.RDMs(rng.random((1, 15)), list("abcdef"))
    residuals = rng.standard_normal((40, data.shape[1])) if noisy else None
    indptr, indices = rsa.sphere_neighbors(mask, 1.0)
    damaged, bad = data.copy(), [7, 20, 33] if noisy else [7]
    damaged[3, 7] = np.nan
    if noisy:
        residuals[5, 20], residuals[:, 33] = np.nan, 0.1
    rows = [np.setdiff1d(indices[a:b], bad) for a, b in zip(indptr[:-1], indptr[1:], strict=True)]
    arguments = dict(folds=folds, models=models, keep=True)
    got = rsa.searchlight(damaged, (indptr, indices), conditions, noise=residuals, **arguments)
    if noisy:
        residuals[:, bad] = rng.standard_normal((40, 3))
    want = rsa.searchlight(data, rows, conditions, noise=residuals, **arguments)
    np.testing.assert_allclose(got.rdms.values, want.rdms.values, atol=1e-12)
    np.testing.assert_allclose(got.scores, want.scores, atol=1e-12)
    assert np.isfinite(want.scores).all()
    empty = rsa.searchlight(damaged, [[], [7], [1, 2]], conditions, folds=folds, models=models)
    assert np.isnan(empty.scores[0]).tolist() == [True, True, False]


def test_data_of_one_channel_are_not_edited(volume):
    _, data, conditions, folds = volume
    one, copy = data[:, :1].copy(), data[:, :1].copy()
    rsa.searchlight(one, [[0]], conditions, folds=folds)
    np.testing.assert_array_equal(one, copy)


@pytest.mark.parametrize("kind", ["full", "diagonal"])
@pytest.mark.parametrize("method", ["whitened_cosine", "whitened_pearson"])
def test_covariance_of_the_estimates(volume, method, kind):
    _, data, conditions, folds = volume
    rng = np.random.default_rng(8)
    sigma = np.cov(rng.standard_normal((6, 20))) if kind == "full" else rng.random(6) + 0.5
    models = rsa.RDMs(rng.random((3, 15)), list("abcdef"))
    near = [rng.choice(data.shape[1], 5, replace=False) for _ in range(30)]
    found = rsa.searchlight(
        data, near, conditions, folds=folds, models=models, compare=method, keep=True, sigma_k=sigma
    )
    want = rsa.compare(models, found.rdms, method, sigma)
    np.testing.assert_allclose(found.scores, want, atol=1e-10)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("n", [3, 4, 9, 20])
def test_scores_at_any_scale_and_of_flat_rdms(n, dtype):
    """The kernel itself, against compare on rows brought to a common scale."""
    from neurokit import _core
    from neurokit.rsa.searchlight import FUSED, _scorer

    rng = np.random.default_rng(n)
    x = rng.random((7, n * (n - 1) // 2)).astype(dtype)
    models = rsa.RDMs(rng.random((2, x.shape[1])))
    scale = np.array([1, 1e-30, 1e30, 1, 1, 1, 1], dtype)
    if dtype == "f8":
        scale[1:3] = 1e-170, 1e160
    scaled = x * scale[:, None]
    for method in FUSED:
        score = _scorer(models, method, None, 1)
        want = rsa.compare(models, rsa.RDMs(x), method)
        np.testing.assert_allclose(score(scaled), want, rtol=1e-5 if dtype == "f4" else 1e-9)
        np.testing.assert_array_equal(score(scaled[::-1])[:, ::-1], score(scaled))
        flat = score(np.full_like(x, 0.1))
        assert np.isfinite(flat).all() == (method in ("cosine", "whitened_cosine"))
        x_nan, infinite = x.copy(), x.copy()
        x_nan[2, 1], infinite[3, 0] = np.nan, np.inf
        assert np.isnan(score(x_nan)).all(0).tolist() == [k == 2 for k in range(7)]
        if method not in ("spearman", "rho_a"):
            assert np.isnan(score(infinite)[:, 3]).all()
        assert score(x[:0]).shape == (2, 0)
    with pytest.raises(ValueError, match="score"):
        _core.call("score", [np.empty((1, 1))], [x[:1, :2], x[:1, :2].astype(float)], (0, 0, 1))


def test_bad_arguments(volume):
    _, data, conditions, folds = volume
    with pytest.raises(ValueError, match="channel numbers"):
        rsa.searchlight(data, [[0, 10**6]], conditions, folds=folds)
    with pytest.raises(ValueError, match="every fold"):
        rsa.searchlight(data[1:], [[0, 1]], conditions[1:], folds=folds[1:])
    with pytest.raises(ValueError, match="metric"):
        rsa.searchlight(data, [[0]], conditions, metric="poisson")
    with pytest.raises(ValueError, match="needs noise"):
        rsa.searchlight(data, [[0]], conditions, metric="mahalanobis")
    with pytest.raises(ValueError, match="unknown conditions"):
        other = rsa.RDMs(np.zeros(15), list("abcdeX"))
        rsa.searchlight(data, [[0]], conditions, folds=folds, models=other)


def test_a_covariance_is_not_taken_for_residuals(volume):
    """`rdm` takes a precision matrix where a searchlight takes residuals."""
    mask, data, conditions, folds = volume
    residuals = np.random.default_rng(0).standard_normal((60, data.shape[1]))
    noise = rsa.shrinkage(residuals)
    rest = rsa.sphere_neighbors(mask, 1), conditions, folds
    for matrix in (noise.covariance, noise.precision, noise.covariance.astype("f4")):
        with pytest.raises(ValueError, match=r"noise: wanted residuals .* Noise\(covariance\)"):
            rsa.searchlight(data, *rest, noise=matrix)
    given = rsa.searchlight(data, *rest, noise=rsa.Noise(noise.covariance))
    np.testing.assert_allclose(
        given.rdms.values, rsa.searchlight(data, *rest, noise=noise).rdms.values, atol=1e-10
    )
    square = 1e-13 * np.random.default_rng(1).standard_normal((data.shape[1],) * 2)  # of sensors, T
    assert np.isfinite(rsa.searchlight(data, *rest, noise=square).rdms.values).all()


def test_max_statistic_is_the_t_value():
    from scipy import stats

    scores = np.random.default_rng(5).standard_normal((12, 40))
    scores[:, 3] += 3
    t, p = rsa.max_statistic(scores)
    np.testing.assert_allclose(t, stats.ttest_1samp(scores, 0).statistic)
    assert p[3] < 0.01 and p.argmin() == 3


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_noise_and_kernels_give_the_same_for_all_layouts(volume, dtype):
    mask, data, conditions, folds = volume
    rng = np.random.default_rng(6)
    data, residuals = data.astype(dtype), rng.standard_normal((40, data.shape[1])).astype(dtype)
    near = rsa.sphere_neighbors(mask, 1.5)
    noise = rsa.shrinkage(residuals)
    tolerance = 1e-3 if dtype == "f4" else 1e-10
    for given, metric in ((noise, "crossnobis"), (noise, "mahalanobis"), (residuals, "mahalanobis"),
                          (rsa.noise_from_residuals(residuals, "diagonal"), "correlation"),
                          (residuals, "correlation")):  # fmt: skip
        own = dict(folds=folds) if metric == "crossnobis" else {}
        one = rsa.searchlight(data, near, conditions, noise=given, metric=metric, **own)
        two = rsa.searchlight(data, near, conditions, noise=given, metric=metric, threads=1, **own)
        np.testing.assert_array_equal(one.rdms.values, two.rdms.values)
        assert one.rdms.values.dtype == dtype
        for k in (0, 17, 40):
            at = near[1][near[0][k] : near[0][k + 1]]
            local = rsa.shrinkage(residuals[:, at]) if given is residuals else given.subset(at)
            want = rsa.rdm(data[:, at], conditions, noise=local, metric=metric, **own).values[0]
            np.testing.assert_allclose(one.rdms.values[k], want, atol=tolerance)


def test_windows_in_time():
    rng = np.random.default_rng(7)
    data = rng.standard_normal((8, 5, 12))
    near = sparse.csr_array(np.eye(5) + np.eye(5, k=1) + np.eye(5, k=-1))
    result = rsa.searchlight(data, near, list("abcdabcd"), metric="correlation", window=3)
    assert result.rdms.values.shape == (60, 6)
    want = rsa.rdm(data[:, 1:4, 5:8].reshape(8, -1), list("abcdabcd")).values[0]
    np.testing.assert_allclose(result.rdms.values[2 * 12 + 6], want, atol=1e-12)
    everything = rsa.searchlight(data, None, list("abcdabcd"), metric="correlation", window=1)
    movie = rsa.rdm_movie(data, list("abcdabcd"))
    np.testing.assert_allclose(everything.rdms.values, movie.values, atol=1e-12)
    with pytest.raises(ValueError, match="window"):
        rsa.searchlight(data, None, list("abcdabcd"))
    with pytest.raises(ValueError, match="odd"):
        rsa.window_neighbors(5, 2)


def test_images_in_and_out(volume, tmp_path):
    nibabel = pytest.importorskip("nibabel")
    mask, data, conditions, folds = volume
    affine = np.diag([2.0, 2, 3, 1])
    image = nibabel.Nifti1Image(mask.astype("u1"), affine)
    nibabel.save(image, tmp_path / "mask.nii.gz")
    want = rsa.sphere_neighbors(mask, 4.0, spacing=(2, 2, 3))
    for given in (image, tmp_path / "mask.nii.gz", type("Masker", (), {"mask_img_": image})()):
        for a, b in zip(rsa.sphere_neighbors(given, 4.0), want, strict=True):
            np.testing.assert_array_equal(a, b)
    holes = np.where(mask, 1.0, np.nan)  # NaN around the brain
    for given in (holes, nibabel.Nifti1Image(holes, affine)):
        near = rsa.sphere_neighbors(given, 4.0, spacing=(2, 2, 3))
        np.testing.assert_array_equal(near[1], want[1])
    four = np.zeros((*mask.shape, len(data)))
    four[mask] = data.T
    nibabel.save(nibabel.Nifti1Image(four, affine), tmp_path / "beta.nii.gz")
    patterns = rsa.patterns_of(tmp_path / "beta.nii.gz", image)
    np.testing.assert_allclose(patterns, data)
    with pytest.raises(ValueError, match="affine"):
        rsa.patterns_of(nibabel.Nifti1Image(four, np.diag([3.0, 2, 3, 1])), image)
    models = rsa.RDMs(np.random.default_rng(8).random((2, 15)), list("abcdef"))
    result = rsa.searchlight(patterns, want, conditions, folds=folds, models=models)
    saved = result.to_nifti(image)
    assert saved.shape == (*mask.shape, 2) and np.array_equal(saved.affine, affine)
    back = np.asarray(saved.dataobj)[..., 1][mask]
    np.testing.assert_allclose(back, result.scores[1], rtol=1e-6)


def test_results_say_what_they_are():
    x = np.random.default_rng(0).standard_normal((6, 5))
    names = list("abcabc")
    kept = rsa.searchlight(x, [[0, 1], [1, 2, 3], []], names, metric="euclidean")
    assert repr(kept) == "Searchlight: 3 centres, 3 conditions, RDMs kept"
    assert isinstance(kept.rdms, rsa.RDMs) and kept.rdms.labels.tolist() == [0, 1, 2]
    assert kept.rdms.conditions.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(
        kept.rdms[1].values, rsa.rdm(x[:, 1:4], names, metric="euclidean").values
    )
    assert np.isnan(kept.rdms.values[2]).all()
    models = rsa.RDMs([[1.0, 2.0, 3.0]], list("abc"), ["first"])
    scored = rsa.searchlight(x, [[0, 1]], names, metric="euclidean", models=models)
    assert repr(scored) == "Searchlight: 1 centres, 3 conditions, scores of first"
    assert scored.rdms is None
    none = rsa.searchlight(x, [], names, metric="euclidean")
    assert repr(none) == "Searchlight: 0 centres, 3 conditions, RDMs kept"


def test_crossnobis_of_unequal_trials_weighs_folds_alike():
    rng = np.random.default_rng(8)
    conditions = np.repeat([0, 1, 2, 0, 1, 2, 0, 1, 2], [1, 2, 1, 3, 1, 2, 1, 1, 4])
    folds = np.repeat([0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 2, 1, 3, 1, 2, 1, 1, 4])
    for x in (rng.standard_normal((16, 5)), rng.standard_normal((16, 5)) + 100):
        found = rsa.searchlight(x, [[0, 1, 3], [2, 4]], conditions, folds)
        means = np.array(
            [x[(folds == f) & (conditions == c)].mean(0) for f in range(3) for c in range(3)]
        )
        for row, own in zip(found.rdms.values, ([0, 1, 3], [2, 4]), strict=True):
            want = rsa.rdm(
                means[:, own], [0, 1, 2] * 3, folds=np.repeat([0, 1, 2], 3), metric="crossnobis"
            )
            np.testing.assert_allclose(row, want.values[0], atol=1e-10)


@pytest.mark.parametrize("each", [2, 3])
def test_crossnobis_of_several_trials_a_fold(volume, each):
    mask, data, conditions, folds = volume
    noise = np.random.default_rng(8).standard_normal((each, *data.shape))
    trials = (data + noise).reshape(-1, data.shape[1])
    neighbors = rsa.sphere_neighbors(mask, 1.0)
    found = rsa.searchlight(trials, neighbors, np.tile(conditions, each), np.tile(folds, each)).rdms
    for k in (0, 11, 40):
        channels = neighbors[1][neighbors[0][k] : neighbors[0][k + 1]]
        means = rsa.rdm((data + noise.mean(0))[:, channels], conditions, folds=folds,
                        metric="crossnobis")  # fmt: skip
        np.testing.assert_allclose(found.values[k], means.values[0], atol=1e-12)

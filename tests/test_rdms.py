"""The RDMs container, noise estimates, embeddings and pictures."""

import matplotlib
import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from neurokit import rsa

matplotlib.use("Agg")


@pytest.fixture
def rdms():
    return rsa.RDMs(
        np.random.default_rng(0).random((3, 10)), list("abcde"), labels=["s1", "s2", "s3"]
    )


def test_square_subset_and_order(rdms):
    square = rdms.square()
    np.testing.assert_array_equal(square[1], squareform(rdms.values[1]))
    picked = rdms.subset(["d", "a", "c"])
    np.testing.assert_array_equal(picked.square()[2], square[2][np.ix_([3, 0, 2], [3, 0, 2])])
    np.testing.assert_array_equal(rsa.RDMs(square, list("abcde")).values, rdms.values)
    assert rdms[1].labels.tolist() == ["s2"]
    assert rdms[np.array([True, False, True])].labels.tolist() == ["s1", "s3"]
    assert [one.labels[0] for one in rdms] == ["s1", "s2", "s3"]


def test_mean_leaves_missing_pairs_out(rdms):
    values = rdms.values.copy()
    values[0, 4] = np.nan
    values[:, 7] = np.nan
    mean = rsa.RDMs(values).mean().values[0]
    assert mean[4] == pytest.approx(values[1:, 4].mean())
    assert np.isnan(mean[7])
    weighted = rdms.mean([1, 0, 3]).values[0]
    np.testing.assert_allclose(weighted, (rdms.values[0] + 3 * rdms.values[2]) / 4)


def test_concat_matches_labels(rdms):
    other = rdms.subset(list("edcba"))
    joined = rdms.concat(other)
    np.testing.assert_array_equal(joined.values[3:], rdms.values)
    with pytest.raises(ValueError, match="do not match"):
        rsa.concat([rdms, rdms.subset(list("abc"))])


def test_save_and_load(rdms, tmp_path):
    path = tmp_path / "x.npz"
    rdms.save(path)
    back = rsa.RDMs.load(path)
    np.testing.assert_array_equal(back.values, rdms.values)
    assert back.conditions.tolist() == list("abcde")
    assert back.labels.tolist() == ["s1", "s2", "s3"]
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]
    np.savez(tmp_path / "y.npz", other=1)
    with pytest.raises(ValueError, match="not a file of RDMs"):
        rsa.RDMs.load(tmp_path / "y.npz")


def test_values_are_copied_and_results_do_not_share_memory(rdms):
    values = np.ones((1, 3))
    r = rsa.RDMs(values)
    values[:] = 0
    assert r.values.min() == 1
    doubled = rdms.transform(lambda v: np.multiply(v, 2, out=v))
    np.testing.assert_allclose(doubled.values, 2 * rdms.values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(values=np.zeros((1, 4))), "not the pairs"),
        (dict(values=np.zeros((1, 3)), conditions=["a", "b"]), "wanted 3"),
        (dict(values=np.zeros((1, 3)), conditions=["a", "b", "a"]), "only once"),
        (dict(values=np.arange(9.0).reshape(1, 3, 3)), "symmetric"),
        (dict(values=np.zeros((1, 1, 1, 1))), "dimensions"),
        (dict(values=np.zeros((1, 3)), labels=["x", "y"]), "wanted 1"),
    ],
)
def test_bad_values_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        rsa.RDMs(**arguments)


def test_unknown_and_repeated_conditions(rdms):
    with pytest.raises(ValueError, match="unknown conditions"):
        rdms.subset(["a", "q"])
    with pytest.raises(ValueError, match="twice"):
        rdms.subset(["a", "a"])


def test_html_shows_pictures(rdms):
    html = rdms._repr_html_()
    assert html.count("data:image/png;base64") == 3 and "s2" in html


def test_shrinkage_identity_equals_scikit_learn():
    covariance = pytest.importorskip("sklearn.covariance")
    x = np.random.default_rng(1).standard_normal((40, 15)) @ np.diag(np.linspace(0.5, 3, 15))
    want, lam = covariance.ledoit_wolf(x)
    noise = rsa.shrinkage(x, "identity", dof=40)
    np.testing.assert_allclose(noise.covariance, want, atol=1e-12)
    assert noise.shrinkage == pytest.approx(lam)
    np.testing.assert_allclose(rsa.shrinkage(x, "identity").covariance, want * 40 / 39)


def test_shrinkage_diagonal_equals_its_definition():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((30, 12)) @ rng.standard_normal((12, 12))
    dof = 27
    c = x - x.mean(0)
    s = c.T @ c / dof
    z = c / np.sqrt(np.diagonal(s))
    r = z.T @ z / 29
    q = (z**2).T @ z**2 / 29
    off = ~np.eye(12, dtype=bool)
    lam = np.clip(30 / dof**2 * (q - r**2)[off].sum() / (r**2)[off].sum(), 0, 1)
    noise = rsa.shrinkage(x, dof=dof)
    assert noise.shrinkage == pytest.approx(lam)
    np.testing.assert_allclose(noise.covariance, np.where(off, (1 - lam) * s, s))
    np.testing.assert_allclose(noise.precision @ noise.covariance, np.eye(12), atol=1e-9)


def test_noise_from_measurements_uses_the_right_degrees_of_freedom():
    rng = np.random.default_rng(3)
    x, conditions = rng.standard_normal((20, 5)), np.repeat(np.arange(4), 5)
    residuals = x - np.repeat(x.reshape(4, 5, 5).mean(1), 5, 0)
    want = rsa.shrinkage(residuals, dof=16).covariance
    np.testing.assert_allclose(rsa.noise_from_measurements(x, conditions).covariance, want)
    with pytest.raises(ValueError, match="measured twice"):
        rsa.noise_from_measurements(x, np.arange(20))


def test_bad_residuals():
    with pytest.raises(ValueError, match="NaN"):
        rsa.shrinkage(np.full((5, 2), np.nan))
    with pytest.raises(ValueError, match="without any noise"):
        rsa.shrinkage(np.c_[np.arange(5.0), np.ones(5)])
    with pytest.raises(ValueError, match="target"):
        rsa.shrinkage(np.eye(4), "ledoit")


def test_mds_recovers_points():
    x = np.random.default_rng(4).standard_normal((12, 2))
    r = rsa.RDMs(pdist(x))
    for method in ("metric", "classical"):
        points = rsa.mds(r, method=method)
        np.testing.assert_allclose(pdist(points[0]), pdist(x), atol=1e-5)
        assert rsa.stress(r, points)[0] < 1e-6


def test_metric_mds_has_less_stress_than_classical():
    r = rsa.rdm(np.random.default_rng(5).standard_normal((20, 10)))
    stress = [rsa.stress(r, rsa.mds(r, method=method))[0] for method in ("metric", "classical")]
    assert stress[0] < stress[1]
    with pytest.raises(ValueError, match="at least 0"):
        rsa.mds(r.transform(lambda v: v - 1))


def test_noise_ceiling_brackets_the_truth():
    rng = np.random.default_rng(6)
    truth = rng.random(190)
    r = rsa.RDMs(truth + 0.2 * rng.standard_normal((8, 190)))
    for method in ("cosine", "pearson", "spearman", "rho_a", "whitened_cosine", "whitened_pearson"):
        lower, upper = rsa.noise_ceiling(r, method)
        best = rsa.compare(rsa.pool(r, method), r, method).mean()
        assert lower < upper and upper == pytest.approx(best)
        assert rsa.compare(truth, r, method).mean() < upper
    with pytest.raises(ValueError, match="at least 2"):
        rsa.noise_ceiling(r[0])


def test_pictures_take_axes_and_return_them():
    from matplotlib.figure import Figure

    r = rsa.rdm(np.random.default_rng(7).standard_normal((6, 10)), list("abcdef"))
    groups = ["x", "x", "y", "y", "y", "x"]
    axes = Figure().subplots(1, 3)
    assert rsa.plot_rdm(r, groups=groups, ax=axes[0]) is axes[0]
    assert rsa.plot_mds(r, groups=groups, labels=True, ax=axes[1]) is axes[1]
    assert rsa.plot_models([[0.1, 0.2], [0.3, 0.4]], ["p", "q"], (0.3, 0.5), ax=axes[2]) is axes[2]
    assert [t.get_text() for t in axes[2].get_xticklabels()] == ["q", "p"]
    assert len(axes[0].patches) == 6  # three stretches of equal groups on both edges
    with pytest.raises(ValueError, match="groups"):
        rsa.plot_rdm(r, groups=["x"], ax=axes[0])


def test_labels_of_tables_and_data_arrays_travel():
    pd, xr = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    square, names = np.array([[0, 1, 2.0], [1, 0, 3], [2, 3, 0]]), list("abc")
    frame = pd.DataFrame(square, index=names, columns=names)
    array = xr.DataArray(square, dict(i=names, j=names), ("i", "j"))
    for given in (frame, array, xr.concat([array, array], "subject")):
        assert rsa.RDMs(given).conditions.tolist() == names
        np.testing.assert_array_equal(rsa.RDMs(given).values[0], [1, 2, 3])
        assert rsa.RDMs(given, [5, 6, 7]).conditions.tolist() == [5, 6, 7]
    assert rsa.RDMs(pd.DataFrame(square)).conditions.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="another order"):
        rsa.RDMs(frame.set_axis(list("acb"), axis=1))
    days = np.array(["2021-01-01", "2020-01-01", "2022-01-01"], "M8[ns]")
    kept = rsa.RDMs([[1, 2, 3.0], [4, 5, 6]], days)
    read = rsa.RDMs.from_dataframe(kept.to_dataframe().sample(frac=1, random_state=0))
    assert read.conditions.dtype.kind == "M"
    np.testing.assert_array_equal(read.subset(days).values[np.argsort(read.labels)], kept.values)


def test_similarities_are_refused():
    for square in (np.full((2, 3, 3), 0.5) + 0.5 * np.eye(3), [np.eye(2), np.eye(2)]):
        with pytest.raises(ValueError, match="diagonal of zeros"):
            rsa.RDMs(square)
    square = np.ones((1, 3, 3)) - np.eye(3) + 1e-9 * np.eye(3)
    square[0, 1, 1] = np.nan
    np.testing.assert_array_equal(rsa.RDMs(square).values, np.ones((1, 3)))


def test_files_of_other_kinds_are_refused(rdms, tmp_path):
    (tmp_path / "text.npz").write_bytes(b"no archive")
    np.save(tmp_path / "array.npy", rdms.values)
    np.savez(tmp_path / "other.npz", values=rdms.values)
    for name in ("text.npz", "array.npy", "other.npz"):
        with pytest.raises(ValueError, match=f"{name}: not a file of RDMs"):
            rsa.RDMs.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        rsa.RDMs.load(tmp_path / "none.npz")


def test_labels_are_text_in_notebooks():
    shown = rsa.RDMs([[1.0, 2, 3]], labels=["<b>a & b"])._repr_html_()
    assert "&lt;b&gt;a &amp; b" in shown and "<b>" not in shown
    model = {"<i>x": [3.0, 1, 2, 5, 4, 6]}
    brain = np.random.default_rng(0).random((3, 6))
    shown = rsa.evaluate(model, brain, "cosine", over="subject", n_boot=10)._repr_html_()
    assert "&lt;i&gt;x" in shown and "<i>" not in shown


def test_sets_have_no_order():
    for labels in ({"a", "b", "c"}, frozenset("abc")):
        with pytest.raises(TypeError, match="conditions: wanted a sequence"):
            rsa.RDMs([1.0, 2, 3], labels)


def test_symmetry_does_not_depend_on_the_unit(rdms):
    square = rdms.square()
    for size in (1e-26, 1.0, 1e26):
        np.testing.assert_allclose(rsa.RDMs(square * size).values, rdms.values * size)
        turned = square * size
        turned[1, 2, 3] *= 1.01
        with pytest.raises(ValueError, match="symmetric"):
            rsa.RDMs(turned)
        rounded = square * size
        rounded[1, 2, 3] *= 1 + 1e-7
        rounded[0, 1, 4] = rounded[0, 4, 1] = np.inf
        rsa.RDMs(rounded)
        turned[0, 1, 4] = turned[0, 4, 1] = np.inf
        with pytest.raises(ValueError, match="symmetric"):
            rsa.RDMs(turned)
    rows = np.array([[0.0, 1, 2], [1, 0, 3], [4, 3, 0]])  # of three pairs, but for one pair
    assert len(rsa.RDMs(rows * 1e-26)) == 3

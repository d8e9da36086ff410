"""Missing channels, pairs and subjects, noise of fewer samples than channels, movies."""

import pickle
import warnings

import numpy as np
import pytest

from neurokit import rsa
from neurokit.rsa.bootstrap import resampled, sample_statistics

METRICS = [
    "euclidean",
    "correlation",
    "cosine",
    "mahalanobis",
    "crossnobis",
    "poisson",
    "poisson_cv",
]


@pytest.fixture
def trials():
    rng = np.random.default_rng(0)
    x = rng.gamma(2.0, 1.0, (12, 9))
    return x, np.tile(list("abcd"), 3), np.repeat([0, 1, 2], 4), rng.standard_normal((40, 9))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("whiten", [False, True])
def test_each_pair_uses_the_channels_both_have(trials, metric, whiten):
    x, conditions, folds, residuals = trials
    if metric.startswith("poisson") and whiten or metric == "mahalanobis" and not whiten:
        pytest.skip("no such combination")
    crossed = metric in ("crossnobis", "poisson_cv")
    noise = rsa.shrinkage(residuals) if whiten else None
    x = x.copy()
    x[conditions == "b", 2:4] = np.nan
    x[conditions == "d", 0] = np.nan
    before = x.copy()
    options = dict(folds=folds) if crossed else {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = rsa.rdm(x, conditions, noise=noise, metric=metric, **options).square()[0]
    np.testing.assert_array_equal(x, before)
    lacking = {"a": [], "b": [2, 3], "c": [], "d": [0]}
    for p, u in enumerate("abcd"):
        for q, v in enumerate("abcd"):
            if p >= q:
                continue
            channels = np.setdiff1d(np.arange(9), lacking[u] + lacking[v])
            at = np.isin(conditions, [u, v])
            one = rsa.rdm(
                x[at][:, channels], conditions[at], metric=metric,
                noise=noise.subset(channels) if whiten else None,
                **(dict(folds=folds[at]) if crossed else {}),
            )  # fmt: skip
            assert got[p, q] == pytest.approx(one.values[0, 0], rel=1e-10)


def test_a_pair_without_common_channels_is_nan_and_left_out(trials):
    x, conditions, folds, _ = trials
    x = x.copy()
    x[conditions == "a", :5] = np.nan
    x[conditions == "c", 5:] = np.nan
    for metric in ("euclidean", "crossnobis", "poisson"):
        options = dict(folds=folds) if metric == "crossnobis" else {}
        r = rsa.rdm(x, conditions, metric=metric, **options)
        assert np.isnan(r.values[0]).tolist() == [False, True, False, False, False, False]
    other = np.random.default_rng(1).random(6)
    for method in ("cosine", "spearman", "tau_a", "whitened_cosine"):
        hole = np.where(np.isnan(r.values[0]), np.nan, other)
        a, b = rsa.compare(r, other, method), rsa.compare(r, hole, method)
        assert np.isfinite(a).all() and a == pytest.approx(b)


def test_a_matrix_of_nan_is_refused():
    with pytest.raises(ValueError, match="all pairs are NaN"):
        rsa.compare([np.nan] * 6, np.arange(6.0))


CORRELATIONS = (
    "cosine", "pearson", "spearman", "rho_a", "tau_a", "tau_b", "whitened_cosine", "whitened_pearson",
)  # fmt: skip


@pytest.mark.parametrize("method", CORRELATIONS)
def test_one_pair_has_no_similarity(method):
    three = [1.0, np.nan, np.nan], [[2.0, 1.0, 3.0], [np.nan, 2.0, 1.0]]
    assert np.isnan(rsa.compare(*three, method)).all()
    assert np.isnan(rsa.compare([1.0], [2.0], method)).all()
    assert np.isnan(rsa.noise_ceiling([[1.0], [2.0], [3.0]], method)).all()
    patterns = np.random.default_rng(0).standard_normal((4, 6))
    found = rsa.searchlight(
        patterns, [[0, 1], [2, 3]], [0, 1, 0, 1], metric="euclidean", models=[[1.0]], compare=method
    )
    assert np.isnan(found.scores).all()


@pytest.mark.parametrize("method", ["cosine", "pearson", "whitened_cosine", "whitened_pearson"])
def test_two_subjects_of_which_one_is_constant(method):
    subjects = np.stack([np.full(15, 0.0 if "cosine" in method else 1.0), np.arange(15.0)])
    assert np.isnan(rsa.noise_ceiling(subjects, method)).all()
    with pytest.warns(RuntimeWarning, match=r"subjects \[0\]: all means[^;]*$"):
        found = rsa.evaluate([np.arange(15.0) ** 2], subjects, method, "subject", 20)
    for part in (found.scores, found.sem, found.p_zero):
        assert np.isnan(part).all()
    assert np.isnan(found.subject_scores).tolist() == [[True, False]]


@pytest.mark.parametrize("method", CORRELATIONS)
@pytest.mark.parametrize("gap", [False, True])
def test_subjects_that_are_not_drawn_leave_nothing_undefined(method, gap):
    """Subject 0 differs from a constant in the pairs of condition 0 alone."""
    rng = np.random.default_rng(4)
    square = np.zeros((6, 6)) if "cosine" in method else 1 - np.eye(6)
    square[0, 1:] = square[1:, 0] = [1, 2, 3, 4, 5]
    subjects = rng.random((4, 15))
    subjects[0] = square[np.triu_indices(6, 1)]
    models = rng.random((2, 15))
    if gap:
        subjects[1, 14] = np.nan
    counts = np.array([[0, 1, 2, 1, 1, 1]])
    drawn = np.array([[0, 1, 2, 1]])
    found = sample_statistics(models, subjects, counts, [drawn, np.ones((1, 4), int)], method)
    at = np.repeat(np.arange(6), counts[0])
    x, y = resampled(models, at), resampled(subjects, at)
    want = rsa.compare(x, y[1:], method) @ drawn[0, 1:] / 4
    np.testing.assert_allclose(found[0][0, :-1], want, atol=1e-12)
    assert np.isfinite(found[0]).all()
    zero = method in ("rho_a", "tau_a")  # of a constant
    assert np.isfinite(found[1][:, :-1]).all() == zero


@pytest.mark.parametrize("target", ["diagonal", "identity"])
@pytest.mark.parametrize("dof", [None, 15])
def test_fewer_samples_than_channels(target, dof):
    """Woodbury's identity against the dense inverse."""
    rng = np.random.default_rng(2)
    residuals = rng.standard_normal((20, 50)) + rng.standard_normal((20, 2)) @ rng.standard_normal(
        (2, 50)
    )
    noise = rsa.shrinkage(residuals, target, dof)
    x = residuals - residuals.mean(0)
    own = dof or 19
    sample = x.T @ x / own
    lam = noise.shrinkage
    wanted = (1 - lam) * sample + lam * (
        np.diag(np.diagonal(sample)) if target == "diagonal" else np.eye(50) * np.trace(sample) / 50
    )
    np.testing.assert_allclose(noise.covariance, wanted, atol=1e-12)
    assert 0 < lam < 1
    patterns = rng.standard_normal((12, 50))
    names, folds = np.tile(np.arange(4), 3), np.repeat(np.arange(3), 4)
    for metric, options in (
        ("mahalanobis", {}),
        ("crossnobis", dict(folds=folds)),
        ("euclidean", {}),
    ):
        one = rsa.rdm(patterns, names, noise=noise, metric=metric, **options)
        two = rsa.rdm(patterns, names, noise=rsa.Noise(wanted), metric=metric, **options)
        np.testing.assert_allclose(one.values, two.values, rtol=1e-12, atol=1e-12)
    f4 = rsa.rdm(patterns.astype("f4"), names, noise=noise, metric="mahalanobis")
    assert f4.values.dtype == np.float32


@pytest.mark.parametrize("target", ["diagonal", "identity"])
def test_two_samples_cannot_tell_their_error(target):
    """All correlations are 1 or -1 then, and do not vary: the formulas shrink by exactly 0."""
    x = np.random.default_rng(4).standard_normal((3, 5))
    with pytest.raises(ValueError, match="at least 3 samples, got 2"):
        rsa.shrinkage(x[:2], target)
    with pytest.raises(ValueError, match="at least 3 samples, got 2"):
        rsa.noise_from_measurements(x[:2], ["a", "a"], target)
    assert 0 < rsa.shrinkage(x, target).shrinkage <= 1
    np.testing.assert_allclose(rsa.shrinkage(x[:2, :1], target).covariance, np.cov(x[:2, :1].T))
    assert np.linalg.matrix_rank(rsa.noise_from_residuals(x[:2], "full").covariance) == 1


def test_kinds_of_noise():
    x = np.random.default_rng(3).standard_normal((30, 6)) * np.arange(1, 7)
    np.testing.assert_allclose(rsa.noise_from_residuals(x, "full").covariance, np.cov(x.T))
    diagonal = rsa.noise_from_residuals(x, "diagonal")
    np.testing.assert_allclose(diagonal.covariance, np.diag(x.var(0, ddof=1)))
    np.testing.assert_allclose(diagonal.whiten(x), x / x.std(0, ddof=1))
    np.testing.assert_allclose(diagonal.precision @ diagonal.covariance, np.eye(6), atol=1e-12)
    runs = rsa.noise_from_residuals([x, x[:20]], "shrinkage_identity", [20, 15])
    assert [k.n_channels for k in runs] == [6, 6]
    for arguments, message in (((x, "pooled"), "kind"), (([x], "full", [1, 2]), "dof")):
        with pytest.raises(ValueError, match=message):
            rsa.noise_from_residuals(*arguments)
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        rsa.rdm(np.eye(4, 40), noise=rsa.noise_from_residuals(np.eye(4, 40) + 1, "full"),
                metric="mahalanobis")  # fmt: skip


def test_movies():
    rng = np.random.default_rng(4)
    x, names = rng.standard_normal((12, 6, 20)), np.tile(list("abcd"), 3)
    times = np.linspace(-0.1, 0.4, 20)
    movie = rsa.rdm_movie(x, names, times=times)
    assert movie.labels.tolist() == times.tolist()
    np.testing.assert_allclose(movie.values[7], rsa.rdm(x[:, :, 7], names).values[0], atol=1e-12)
    folds = np.repeat([0, 1, 2], 4)
    crossed = rsa.rdm_movie(x, names, times=times, bins=5, folds=folds, metric="crossnobis")
    want = rsa.rdm(x[:, :, 5:10].mean(2), names, folds=folds, metric="crossnobis").values[0]
    np.testing.assert_allclose(crossed.values[1], want, atol=1e-12)
    np.testing.assert_allclose(crossed.labels, times.reshape(4, 5).mean(1))
    windows = rsa.rdm_movie(x, names, times=times, bins=[times[:3], times[10:12]])
    np.testing.assert_allclose(windows.values[0], rsa.rdm(x[:, :, :3].mean(2), names).values[0])
    for options, message in (
        (dict(times=times[1:]), "times"), (dict(bins=0), "bins"), (dict(bins=[[99.0]]), "unknown"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            rsa.rdm_movie(x, names, **options)
    with pytest.raises(ValueError, match="n_times"):
        rsa.rdm_movie(x[0], names)


def test_movies_read_the_coordinates_of_a_dataarray():
    xr = pytest.importorskip("xarray")
    x = np.random.default_rng(9).standard_normal((12, 7, 6))
    names, times = list("cabd") * 3, np.arange(6) / 10
    array = xr.DataArray(x, {"stimulus": names, "time": times}, ("stimulus", "unit", "time"))
    options = dict(metric="crossnobis", folds=np.repeat([0, 1, 2], 4))
    want = np.stack([rsa.rdm(x[:, :, t], names, **options).values[0] for t in range(6)])
    turned = array.transpose("time", "stimulus", "unit")
    unnamed = array.rename(time="delay")  # rdm_movie takes the last dimension for the time
    for given in (array, turned, unnamed):
        functions = (rsa.rdm_movie, rsa.rdm) if "time" in given.dims else (rsa.rdm_movie,)
        for function in functions:
            movie = function(given, **options)
            assert movie.conditions.tolist() == list("cabd")
            assert movie.labels.tolist() == times.tolist()
            np.testing.assert_allclose(movie.values, want, atol=1e-12)
    mean = rsa.rdm(x[:, :, 2:4].mean(2), names, **options).values
    for window in (rsa.rdm_movie(turned, bins=2, **options)[1],
                   rsa.rdm_movie(turned, bins=[[0.2, 0.3]], **options)):  # fmt: skip
        np.testing.assert_allclose(window.labels, [0.25])
        np.testing.assert_allclose(window.values, mean, atol=1e-12)
    given = rsa.rdm_movie(array, list("aabbccaabbcc"), times=list("uvwxyz"), metric="euclidean")
    assert given.conditions.tolist() == list("abc") and given.labels.tolist() == list("uvwxyz")
    bare = rsa.rdm_movie(xr.DataArray(x), metric="euclidean")
    assert bare.labels.tolist() == list(range(6)) and bare.n_conditions == 12
    with pytest.raises(ValueError, match="n_times"):
        rsa.rdm_movie(array[:, :, 0])


def test_dimensions_of_a_dataarray_are_not_guessed():
    xr = pytest.importorskip("xarray")
    x = np.random.default_rng(0).standard_normal((5, 4, 3))
    subjects = xr.DataArray(x, dims=("subject", "condition", "voxel"))
    with pytest.raises(ValueError, match="needs one named time"):
        rsa.rdm(subjects)
    turned = xr.DataArray(x[0], {"condition": list("abc")}, ("voxel", "condition"))
    with pytest.raises(ValueError, match="not along the first dimension"):
        rsa.rdm(turned)
    assert rsa.rdm(turned.T).conditions.tolist() == list("abc")
    assert rsa.rdm(turned, [0, 1, 2, 3]).n_conditions == 4


def test_labelled_arrays_in_and_out():
    pd, xr = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    rng = np.random.default_rng(5)
    x = rng.standard_normal((4, 6, 3))
    names, times = list("dbca"), [0.1, 0.2, 0.3]
    plain = rsa.rdm(x[:, :, 0], names)
    table = rsa.rdm(pd.DataFrame(x[:, :, 0], index=names))
    array = rsa.rdm(xr.DataArray(x[:, :, 0], {"image": names}, ("image", "voxel")))
    for other in (table, array):
        assert other.conditions.tolist() == names
        np.testing.assert_array_equal(other.values, plain.values)
    coordinates = {"image": names, "time": times}
    movie = xr.DataArray(np.moveaxis(x, 2, 0), coordinates, ("time", "image", "sensor"))
    movie = rsa.rdm(movie)
    assert movie.labels.tolist() == times and movie.conditions.tolist() == names
    for back in (
        rsa.RDMs.from_dataframe(movie.to_dataframe()),
        rsa.RDMs.from_xarray(movie.to_xarray()),
    ):
        assert back.labels.tolist() == times and back.conditions.tolist() == names
        np.testing.assert_array_equal(back.values, movie.values)
    turned = rsa.RDMs.from_dataframe(plain.to_dataframe().sample(frac=1, random_state=0))
    np.testing.assert_array_equal(turned.subset(names).values, plain.values)
    part = plain.to_dataframe().iloc[1:]
    assert np.isnan(rsa.RDMs.from_dataframe(part).subset(["d", "b"]).values).all()
    for wrong in (part.drop(columns="first"), pd.concat([part, part])):
        with pytest.raises(ValueError):
            rsa.RDMs.from_dataframe(wrong)


def test_files_of_rsatoolbox(tmp_path):
    h5py = pytest.importorskip("h5py")
    values = np.random.default_rng(6).random((2, 6))
    with h5py.File(tmp_path / "r.hdf5", "w") as file:
        file["dissimilarities"] = values
        file["pattern_descriptors/index"] = np.arange(4)
        file["pattern_descriptors/image"] = np.array(["d", "a", "c", "b"], dtype="S")
        file["rdm_descriptors/index"] = np.arange(2)
        file["rdm_descriptors/session"] = np.array([1, 1])
        file.attrs["rsatoolbox_version"] = "0.3"
    r = rsa.read_rsatoolbox(tmp_path / "r.hdf5")
    np.testing.assert_array_equal(r.values, values)
    assert r.conditions.tolist() == ["d", "a", "c", "b"] and r.labels.tolist() == [0, 1]
    assert rsa.read_rsatoolbox(tmp_path / "r.hdf5", labels="session").labels.tolist() == [1, 1]
    with pytest.raises(ValueError, match="no descriptor"):
        rsa.read_rsatoolbox(tmp_path / "r.hdf5", conditions="name")
    with h5py.File(tmp_path / "other.hdf5", "w"):
        pass
    with pytest.raises(ValueError, match="no RDMs"):
        rsa.read_rsatoolbox(tmp_path / "other.hdf5")
    (tmp_path / "rdms.pkl").write_bytes(pickle.dumps({"dissimilarities": values}))
    with pytest.raises(ValueError, match="no HDF5 file. Pickles are not read.*save"):
        rsa.read_rsatoolbox(tmp_path / "rdms.pkl")
    with pytest.raises(FileNotFoundError):
        rsa.read_rsatoolbox(tmp_path / "absent.hdf5")
    toolbox = pytest.importorskip("rsatoolbox")
    own = toolbox.rdm.RDMs(values, pattern_descriptors={"name": list("dacb")})
    own.save(str(tmp_path / "own.hdf5"))
    assert rsa.read_rsatoolbox(tmp_path / "own.hdf5").conditions.tolist() == list("dacb")


def test_epochs():
    class Epochs:
        event_id, times = {"face": 1, "house": 2}, np.arange(4) / 10
        events = np.array([[0, 0, 2], [5, 0, 1]])

        def get_data(self, picks=None):
            return np.ones((2, 3, 4))

    patterns, conditions, times = rsa.epochs_of(Epochs())
    assert patterns.shape == (2, 3, 4) and conditions.tolist() == ["house", "face"]
    assert len(times) == 4


def test_windows_of_times_of_any_kind():
    x = np.random.default_rng(5).random((4, 6, 9))
    seconds = np.arange(9) * 0.1  # 0.30000000000000004 among them
    days = np.arange("2020-01-01", "2020-01-10", dtype="M8[D]").astype("M8[ns]")
    want = [rsa.rdm(x[:, :, own].mean(2)).values[0] for own in ([1, 2, 3], [6, 7])]
    for times, bins, labels in (
        (seconds, [[0.1, 0.2, 0.3], [0.6, 0.7]], [0.2, 0.65]),
        (seconds.astype("f4"), [[0.1, 0.2, 0.3], [0.6, 0.7]], [0.2, 0.65]),
        (list("abcdefghi"), [list("bcd"), list("gh")], ["b - d", "g - h"]),
        (
            days,
            [days[1:4].astype("M8[D]"), days[6:8]],
            [days[2], days[6] + np.timedelta64(12, "h")],
        ),
    ):
        movie = rsa.rdm_movie(x, times=times, bins=bins)
        np.testing.assert_allclose(movie.values, want)
        if isinstance(labels[0], float):
            np.testing.assert_allclose(movie.labels, labels)
        else:
            assert movie.labels.tolist() == np.array(labels).tolist()
    for times, wrong in (
        (seconds, [[0.15]]),
        (seconds, [[]]),
        (seconds, [["a"]]),
        ("a" * 9, [[1]]),
    ):
        with pytest.raises(ValueError, match="bins: empty windows or unknown times"):
            rsa.rdm_movie(x, times=list(times), bins=wrong)


def test_conditions_of_a_dataarray_are_a_coordinate_along_its_rows():
    xr = pytest.importorskip("xarray")
    x, names, runs = np.random.default_rng(3).standard_normal((6, 4)), list("bbaacc"), [0, 1] * 3
    want = rsa.rdm(x, names)

    def found(**coordinates):
        along = {name: ("trial", values) for name, values in coordinates.items()}
        return rsa.rdm(xr.DataArray(x, along, ("trial", "voxel")))

    for got in (
        found(stimulus=names),
        found(condition=names, trial=np.arange(6), run=runs),
        found(conditions=names, run=runs),
        found(trial=names, run=runs),
    ):
        assert got.conditions.tolist() == ["b", "a", "c"]
        np.testing.assert_array_equal(got.values, want.values)
    with pytest.raises(ValueError, match="the rows have the coordinates .*'run'.*hand over"):
        found(stimulus=names, run=runs)
    assert (
        rsa.rdm(xr.DataArray(x, {"depth": ("voxel", range(4))}, ("trial", "voxel"))).n_conditions
        == 6
    )

"""Arguments of encoding models and pictures that are out of range, and splits in every form."""

import matplotlib
import numpy as np
import pytest

from neurokit import encoding, rsa

matplotlib.use("Agg")
selection = pytest.importorskip("sklearn.model_selection")

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((12, 4)), rng.standard_normal((12, 2))


@pytest.mark.parametrize("kind", [list, tuple])
def test_as_many_splits_as_samples(kind):
    """A list of n pairs of unequal lengths is splits, not n labels (it was an error)."""
    for model in (encoding.RidgeCV, encoding.KernelRidgeCV, encoding.BandedRidgeCV):
        pairs = kind(selection.LeaveOneOut().split(X))
        got, want = (model(cv=cv).fit(X, Y) for cv in (pairs, np.arange(12)))
        np.testing.assert_array_equal(got.alpha_, want.alpha_)
        np.testing.assert_array_equal(got.predict(X), want.predict(X))
    pairs = kind(
        selection.ShuffleSplit(12, test_size=0.5, random_state=0).split(X)
    )  # of equal ones
    want = encoding.RidgeCV(cv=iter(pairs)).fit(X, Y)
    np.testing.assert_array_equal(encoding.RidgeCV(cv=pairs).fit(X, Y).coef_, want.coef_)


CASES = [
    ("bands", lambda v: encoding.BandedRidgeCV(bands=v).fit(X, Y), [4, 1.5, "abcd", True, object()]),
    ("n_iter", lambda v: encoding.BandedRidgeCV([2, 2], n_iter=v).fit(X, Y),
     [None, "x", 0, np.nan, np.inf, 1.5, {}]),
    ("concentration", lambda v: encoding.BandedRidgeCV([2, 2], concentration=v).fit(X, Y),
     [None, "x", 0, np.nan, np.inf, [1, -1], [], {}]),
    ("top", lambda v: encoding.retrieval_accuracy(Y, Y, v), [None, "x", 0, 13, np.nan, np.inf, [1]]),
    ("top", lambda v: encoding.localizer(X, list("ab" * 6), "ab", top=v),
     ["x", 0, 5, np.nan, np.inf, -np.inf, [1]]),
    ("alpha", lambda v: rsa.WeightedModel([1.0, 2, 3], alpha=v), [-1, np.nan, np.inf, "x", [1]]),
    ("gamma", lambda v: encoding.KernelRidgeCV(kernel="rbf", gamma=v).fit(X, Y), [-1, np.nan, np.inf, "x", [1]]),
    ("gamma", lambda v: encoding.KernelRidgeCV(kernel="laplacian", gamma=v).fit(X, Y), [-1, np.nan]),
    ("max_iter", lambda v: rsa.mds(rng.random(15), max_iter=v), [0, -1, 1.5, "x", None]),
    ("tol", lambda v: rsa.mds(rng.random(15), tol=v), [-1, np.nan, np.inf, "x", None]),
    ("max_iter", lambda v: rsa.sparse_map(X, Y, max_iter=v), [0, -1, 1.5, "x", None]),
    ("tol", lambda v: rsa.sparse_map(X, Y, tol=v), [-1, np.nan, np.inf, "x", None]),
    ("width", lambda v: rsa.window_neighbors(5, v), [0, -1, 2, 1.5, "x", None]),
    ("n_times", lambda v: rsa.window_neighbors(v, 3), [0, -1, 1.5, "x", None]),
    ("n_channels", lambda v: rsa.window_neighbors(5, 3, n_channels=v), [0, -1, 1.5, None]),
    ("rdms", lambda v: rsa.permutation_maps(v, [1.0, 2, 3], n_perm=2), [None, "x", 3, object()]),
    ("sem", lambda v: rsa.plot_models(X[:3], list("abc"), sem=v), [1, [1], np.ones(4), np.ones((3, 1))]),
    ("p_zero", lambda v: rsa.plot_models(X[:3], list("abc"), p_zero=v), [1, [1], np.ones(4)]),
    ("ceiling", lambda v: rsa.plot_models(X[:3], list("abc"), v), [1, "x", [1], [1, 2, 3]]),
    ("ceiling", lambda v: rsa.plot_time(X[:3], range(4), ceiling=v), [1, "x", [1], np.ones((2, 3))]),
]  # fmt: skip


@pytest.mark.parametrize("what, call, values", CASES)
def test_values_out_of_range(what, call, values):
    for value in values:
        with pytest.raises((ValueError, TypeError), match=f"^{what}: wanted"):
            call(value)


def test_values_in_range():
    assert encoding.localizer(X, list("ab" * 6), "ab", top=0.5).selected.sum() == 2
    assert encoding.localizer(X, list("ab" * 6), "ab", top=np.int64(3)).selected.sum() == 3
    assert encoding.retrieval_accuracy(X, X, np.int64(1)) == 1
    for bands in ([2, 2], np.array([2, 2]), list("aabb"), [slice(0, 3), [3]]):
        assert encoding.BandedRidgeCV(bands, n_iter=np.int64(5)).fit(X, Y).n_features_in_ == 4
    rdms = rng.random((3, 6))
    maps = [rsa.permutation_maps(r, rdms[:1], n_perm=5)[1] for r in (rdms, rsa.RDMs(rdms))]
    np.testing.assert_array_equal(*maps)


def test_partition_names_the_set_that_does_not_fit():
    X, Y = np.ones((20, 3)), np.ones((20, 2))
    with pytest.raises(
        ValueError, match=r"colour: wanted .n_samples = 20, n_features., got shape \(5, 3\)"
    ):
        encoding.variance_partition({"shape": X, "colour": X[:5]}, Y)
    with pytest.raises(ValueError, match=r"1: wanted .* got shape \(20,\)"):
        encoding.variance_partition([X, X[:, 0]], Y)


def test_pictures_of_alphas_need_a_fitted_model():
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        encoding.plot_alphas(encoding.RidgeCV())

"""Names, order and defaults of the arguments that other people's scripts rely on."""

import inspect

import pytest

from neurokit import encoding, rsa

PUBLIC = {
    rsa.rdm: "patterns, conditions=None, *, folds=None, noise=None, metric='correlation', "
    "convention=None, threads=None",
    rsa.RDMs: "values, conditions=None, labels=None",
    rsa.shrinkage: "residuals, target='diagonal', dof=None",
    rsa.compare: "a, b, method='cosine', sigma_k=None",
    rsa.noise_ceiling: "rdms, method='cosine'",
    rsa.evaluate: "models, rdms, method='whitened_cosine', over=('subject', 'condition'), "
    "n_boot=1000, cv=None, seed=0",
    rsa.searchlight: "data, neighbors, conditions, folds=None, noise=None, metric='crossnobis', "
    "models=None, compare='cosine', progress=False",
    rsa.sphere_neighbors: "mask, radius",
    rsa.cka: "X, Y=None, kernel='linear', unbiased=False",
    rsa.shape_distance: "X, Y=None, alpha=1.0",
    rsa.match_units: "X, Y=None, how='one_to_one'",
    rsa.geotopological: "rdms, l, u",
    rsa.geodesic: "rdms",
    rsa.mds: "rdms, n=2",
    encoding.RidgeCV: "alphas=(0.1, 1.0, 10.0), cv=5, alpha_per_target=True, fit_intercept=True, "
    "solver='auto'",
    encoding.BandedRidgeCV: "bands=None",
    encoding.Delayer: "delays=(0,), runs=None",
    encoding.r2: "Y, P",
    encoding.correlation: "Y, P",
    encoding.split_r2: "Y, parts",
    encoding.split_correlation: "Y, parts",
    encoding.variance_partition: "feature_sets, Y, cv=5",
    encoding.explainable_variance: "repeats",
    encoding.noise_ceiling: "repeats, kind='nsd'",
    encoding.pairwise_2v2: "Y, P",
    encoding.retrieval_accuracy: "Y, P",
}


@pytest.mark.parametrize("function", PUBLIC, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_arguments_keep_their_names_order_and_defaults(function):
    found = str(inspect.signature(function)).strip("()")
    wanted = PUBLIC[function]
    assert found == wanted or found.startswith(wanted + ", ")

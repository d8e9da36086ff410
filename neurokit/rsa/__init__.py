"""Representational similarity analysis: dissimilarities, their comparison, inference, pictures."""

from .adapters import epochs_of, read_rsatoolbox
from .alignment import (
    canonical_correlations,
    cca,
    cka,
    procrustes,
    pwcca,
    shape_distance,
    svcca,
)
from .calculate import rdm
from .comparison import compare
from .embedding import mds, stress
from .evaluation import Evaluation, evaluate
from .geometry import geodesic, geotopological
from .inference import noise_ceiling, pool
from .maps import max_statistic, permutation_maps, tfce
from .matching import match_units, sparse_map
from .models import FixedModel, InterpolatedModel, SelectModel, WeightedModel
from .movie import rdm_movie
from .neighbors import sphere_neighbors, window_neighbors
from .noise import Noise, noise_from_measurements, noise_from_residuals, shrinkage
from .plots import plot_mds, plot_models, plot_rdm, plot_time
from .rdms import RDMs, concat
from .searchlight import Searchlight, searchlight
from .significance import fdr
from .volume import patterns_of

__all__ = [
    "Evaluation",
    "FixedModel",
    "InterpolatedModel",
    "Noise",
    "RDMs",
    "Searchlight",
    "SelectModel",
    "WeightedModel",
    "canonical_correlations",
    "cca",
    "cka",
    "compare",
    "concat",
    "epochs_of",
    "evaluate",
    "fdr",
    "geodesic",
    "geotopological",
    "match_units",
    "max_statistic",
    "mds",
    "noise_ceiling",
    "noise_from_measurements",
    "noise_from_residuals",
    "plot_mds",
    "plot_models",
    "plot_rdm",
    "plot_time",
    "patterns_of",
    "permutation_maps",
    "pool",
    "procrustes",
    "pwcca",
    "rdm",
    "rdm_movie",
    "read_rsatoolbox",
    "searchlight",
    "shape_distance",
    "shrinkage",
    "sphere_neighbors",
    "sparse_map",
    "stress",
    "svcca",
    "tfce",
    "window_neighbors",
]

"""Representational similarity analysis: dissimilarities, their comparison, inference, pictures."""

from .alignment import (
    canonical_correlations,
    cca,
    cka,
    geodesic,
    geotopological,
    match_units,
    procrustes,
    pwcca,
    shape_distance,
    svcca,
)
from .calculate import rdm
from .comparison import compare
from .embedding import mds, stress
from .evaluation import Evaluation, evaluate
from .inference import noise_ceiling, pool
from .models import FixedModel, InterpolatedModel, SelectModel, WeightedModel
from .movie import rdm_movie
from .noise import Noise, noise_from_measurements, noise_from_residuals, shrinkage
from .plots import plot_mds, plot_models, plot_rdm
from .rdms import RDMs, concat
from .searchlight import Searchlight, max_statistic, searchlight, sphere_neighbors
from .significance import fdr

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
    "pool",
    "procrustes",
    "pwcca",
    "rdm",
    "rdm_movie",
    "searchlight",
    "shape_distance",
    "shrinkage",
    "sphere_neighbors",
    "stress",
    "svcca",
]

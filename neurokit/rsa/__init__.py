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
from .evaluation import Evaluation, evaluate, fdr
from .inference import noise_ceiling, pool
from .noise import Noise, noise_from_measurements, shrinkage
from .plots import plot_mds, plot_models, plot_rdm
from .rdms import RDMs, concat
from .searchlight import Searchlight, max_statistic, searchlight, sphere_neighbors

__all__ = [
    "Evaluation",
    "Noise",
    "RDMs",
    "Searchlight",
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
    "plot_mds",
    "plot_models",
    "plot_rdm",
    "pool",
    "procrustes",
    "pwcca",
    "rdm",
    "searchlight",
    "shape_distance",
    "shrinkage",
    "sphere_neighbors",
    "stress",
    "svcca",
]

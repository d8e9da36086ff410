"""Representational similarity analysis: dissimilarities, their comparison, inference, pictures."""

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
    "compare",
    "concat",
    "evaluate",
    "fdr",
    "max_statistic",
    "mds",
    "noise_ceiling",
    "noise_from_measurements",
    "plot_mds",
    "plot_models",
    "plot_rdm",
    "pool",
    "rdm",
    "searchlight",
    "shrinkage",
    "sphere_neighbors",
    "stress",
]

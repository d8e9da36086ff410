"""Representational similarity analysis: dissimilarities, their comparison, pictures."""

from .calculate import rdm
from .comparison import compare
from .embedding import mds, stress
from .inference import noise_ceiling, pool
from .noise import Noise, noise_from_measurements, shrinkage
from .plots import plot_mds, plot_models, plot_rdm
from .rdms import RDMs, concat

__all__ = [
    "Noise",
    "RDMs",
    "compare",
    "concat",
    "mds",
    "noise_ceiling",
    "noise_from_measurements",
    "plot_mds",
    "plot_models",
    "plot_rdm",
    "pool",
    "rdm",
    "shrinkage",
    "stress",
]

"""Encoding models: regularised regression from features to many responses."""

from .banded import BandedRidgeCV
from .ceilings import explainable_variance, noise_ceiling
from .delay import Delayer
from .kernel import KernelRidgeCV
from .localizer import localizer
from .partition import variance_partition
from .plots import plot_alphas, plot_scores
from .pls import PLS
from .projection import SparseRandomProjection
from .ridge import RidgeCV
from .scores import (
    correlation,
    pairwise_2v2,
    r2,
    retrieval_accuracy,
    split_correlation,
    split_r2,
)
from .weighted_kernel import WeightedKernelRidgeCV

__all__ = [
    "BandedRidgeCV",
    "Delayer",
    "KernelRidgeCV",
    "PLS",
    "RidgeCV",
    "SparseRandomProjection",
    "WeightedKernelRidgeCV",
    "correlation",
    "explainable_variance",
    "localizer",
    "noise_ceiling",
    "pairwise_2v2",
    "plot_alphas",
    "plot_scores",
    "r2",
    "retrieval_accuracy",
    "split_correlation",
    "split_r2",
    "variance_partition",
]

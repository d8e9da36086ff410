"""Encoding models: regularised regression from features to many responses."""

from .delay import Delayer
from .plots import plot_alphas, plot_scores
from .ridge import RidgeCV
from .scores import correlation, r2, split_correlation, split_r2

__all__ = [
    "Delayer",
    "RidgeCV",
    "correlation",
    "plot_alphas",
    "plot_scores",
    "r2",
    "split_correlation",
    "split_r2",
]

"""Curves that stand in for the derivative of a spike.

Each is 1 at threshold; the symmetric ones with a finite area also enclose area 1, so that they are
the derivative of a smooth step from 0 to 1. Several names of the field are one curve in these units.
"""

import math

import numpy as np


def arctan(x):
    """Derivative of arctan(pi x) / pi (Fang et al. 2021, arXiv:2007.05785)."""
    return 1.0 / (1.0 + (math.pi * x) ** 2)


def sigmoid(x):
    """Derivative of the logistic function of 4 x."""
    e = np.exp(-4.0 * np.abs(x))
    return 4.0 * e / (1.0 + e) ** 2


def fast_sigmoid(x):
    """1 / (1 + 2 |x|)^2, the super-spike of Zenke and Ganguli 2018, doi:10.1162/neco_a_01086."""
    return 1.0 / (1.0 + np.abs(2.0 * x)) ** 2


def gaussian(x):
    """Derivative of erf(sqrt(pi) x) / 2."""
    return np.exp(-math.pi * x * x)


def multi_gaussian(x):
    """A Gaussian with negative flanks (Yin, Corradi and Bohte 2021, doi:10.1038/s42256-021-00397-w).

    In units of the central standard deviation: (1 + h) g(x; 0, 1) - h g(x; 1, s) - h g(x; -1, s) with
    h = 0.15, s = 6.
    """
    u = math.sqrt(2.0 * math.pi) * x
    flanks = np.exp(-((u - 1.0) ** 2) / 72.0) + np.exp(-((u + 1.0) ** 2) / 72.0)
    peak = 1.15 - 0.05 * math.exp(-1.0 / 72.0)
    return (1.15 * np.exp(-0.5 * u * u) - 0.025 * flanks) / peak


def piecewise_exponential(x):
    """exp(-2 |x|), as in SLAYER (Shrestha and Orchard 2018, arXiv:1810.08646)."""
    return np.exp(-2.0 * np.abs(x))


def triangle(x):
    """Derivative of two parabolas (Bellec et al. 2018, arXiv:1803.09574)."""
    return np.maximum(0.0, 1.0 - np.abs(x))


def rectangle(x):
    """Derivative of a ramp (Wu et al. 2018, doi:10.3389/fnins.2018.00331)."""
    return np.where(np.abs(x) < 0.5, 1.0, 0.0)


def leaky(x):
    """1 above threshold, 0.1 below."""
    return np.where(x >= 0, 1.0, 0.1)


def log_tailed(x):
    """0 below threshold, 1 up to a width above it, then 1 / x (Cai et al. 2017, arXiv:1702.00953)."""
    return np.where(x >= 0, 1.0 / np.maximum(x, 1.0), 0.0)


def straight_through(x):
    """1 everywhere (Bengio, Leonard and Courville 2013, arXiv:1308.3432)."""
    return np.ones_like(x)


SURROGATES = {
    "arctan": arctan,
    "sigmoid": sigmoid,
    "fast_sigmoid": fast_sigmoid,
    "super_spike": fast_sigmoid,
    "inverse_square": fast_sigmoid,
    "gaussian": gaussian,
    "erf": gaussian,
    "multi_gaussian": multi_gaussian,
    "slayer": piecewise_exponential,
    "piecewise_exponential": piecewise_exponential,
    "piecewise_quadratic": triangle,
    "triangle": triangle,
    "piecewise_linear": rectangle,
    "rectangle": rectangle,
    "rectangular": rectangle,
    "leaky": leaky,
    "log_tailed": log_tailed,
    "straight_through": straight_through,
}

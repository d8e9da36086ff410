"""Optimisers: plain functions of (gradients, state, parameters), for any container of arrays.

    opt = optim.Adam(1e-3)
    state = opt.init(params)
    params, state = opt.update(grads, state, params)

A learning rate may be a function of the step number, such as the schedules. State is a container of
arrays: it goes through `nk.jit`, `nk.scan` and `nk.save` like any other.
"""

from .adaptive import (
    AdaBelief,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    AmsGrad,
    Nadam,
    RAdam,
    RmsProp,
)
from .base import Optimizer
from .clipping import clip_by_global_norm, clip_by_norm, clip_by_value, global_norm
from .descent import Lion, Momentum, Nesterov, Rprop, Sgd
from .schedules import (
    constant,
    cosine,
    exponential,
    inverse_sqrt,
    linear,
    one_cycle,
    polynomial,
    step,
    warmup_cosine,
)

__all__ = [
    "AdaBelief",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "AmsGrad",
    "Lion",
    "Momentum",
    "Nadam",
    "Nesterov",
    "Optimizer",
    "RAdam",
    "RmsProp",
    "Rprop",
    "Sgd",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "constant",
    "cosine",
    "exponential",
    "global_norm",
    "inverse_sqrt",
    "linear",
    "one_cycle",
    "polynomial",
    "step",
    "warmup_cosine",
]

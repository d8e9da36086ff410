"""`scipy.spatial` on traced arrays: its module `distance`."""

import importlib

from . import distance

__all__ = ["distance"]


def __getattr__(name):
    return getattr(importlib.import_module("scipy.spatial"), name)

"""`scipy.spatial` on traced arrays: its module `distance`."""

from .._twin import others_of
from . import distance

__all__ = ["distance"]

__getattr__ = others_of("scipy.spatial")

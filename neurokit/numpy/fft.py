"""The names of `numpy.fft`: see `neurokit.numpy`."""

import numpy

from ._names import names_of

__getattr__, __dir__ = names_of(numpy.fft)

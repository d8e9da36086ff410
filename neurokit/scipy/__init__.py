"""Functions of SciPy that do not dispatch to traced arrays, under their own names and signatures.

On plain arrays they are SciPy's own; where an argument is traced they run in C, with derivatives.
"""

import importlib

_MODULES = ("fft", "integrate", "linalg", "signal", "spatial", "special", "stats")

__all__ = [*_MODULES]


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module 'neurokit.scipy' has no attribute {name!r}")
    value = importlib.import_module(f"neurokit.scipy.{name}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})

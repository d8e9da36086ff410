"""Plain NumPy in, plain NumPy out, C underneath.

`import neurokit as nk` loads NumPy and the C core only; everything else loads at first use.
"""

import importlib

from neurokit import _core
from neurokit._version import __version__

# Subpackages, loaded when first named.
_SUBPACKAGES = ("data", "demo", "encoding", "ops", "optim", "plot", "rsa", "sim", "tree")

# Public names and the module that defines each.
_NAMES = {
    "get_threads": "neurokit.config",
    "set_threads": "neurokit.config",
    "show_config": "neurokit.config",
}

__all__ = ["__version__", *_SUBPACKAGES, *_NAMES]


def __getattr__(name):
    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
    elif name in _SUBPACKAGES:
        value = importlib.import_module(f"neurokit.{name}")
    else:
        raise AttributeError(f"module 'neurokit' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})

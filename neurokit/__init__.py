"""Plain NumPy in, plain NumPy out, C underneath.

`import neurokit as nk` loads NumPy, the C core and the engine (so that the first gradient comes
soon); the domains load at first use.
"""

import importlib
import os
import warnings

from neurokit import _core  # noqa: F401 - reached as neurokit._core
from neurokit._version import __version__
from neurokit.core.transforms import derivatives as _engine  # noqa: F401 - loads the tracer

# Subpackages, loaded when first named.
_SUBPACKAGES = ("data", "demo", "encoding", "numpy", "ops", "optim", "plot", "rsa", "scipy", "sim")

# Public names and the module that defines each.
_NAMES = {
    **dict.fromkeys(
        ("grad", "value_and_grad", "vjp", "jvp", "stop_gradient"),
        "neurokit.core.transforms.derivatives",
    ),
    **dict.fromkeys(("jacobian", "hessian", "hvp"), "neurokit.core.transforms.jacobian"),
    "scan": "neurokit.core.loops.scan",
    **dict.fromkeys(("cond", "switch", "while_loop", "fori_loop"), "neurokit.core.loops.flow"),
    "vmap": "neurokit.core.transforms.vmap",
    "checkpoint": "neurokit.core.transforms.checkpoint",
    "sweep": "neurokit.core.transforms.sweep",
    **dict.fromkeys(("fixed_point", "linear_solve"), "neurokit.core.transforms.implicit"),
    "jit": "neurokit.core.transforms.jit",
    **dict.fromkeys(("spike", "surrogate", "custom_vjp"), "neurokit.core.transforms.spikes"),
    "check_grads": "neurokit.core.transforms.check",
    **dict.fromkeys(
        ("array", "zeros", "ones", "full", "empty", "arange", "eye"), "neurokit.core.trace.creation"
    ),
    "Rng": "neurokit.core.models.rng",
    **dict.fromkeys(("save", "load"), "neurokit.core.models.store"),
    **dict.fromkeys(("param", "state", "params", "states"), "neurokit.core.models.model"),
    "options": "neurokit.core.run.options",
    "profile": "neurokit.core.run.observe",
    "show": "neurokit.core.run.show",
    "get_threads": "neurokit.config",
    "set_threads": "neurokit.config",
    "show_config": "neurokit.config",
}

__all__ = ["__version__", *_SUBPACKAGES, "tree", *_NAMES]


_threads = os.environ.get("NEUROKIT_THREADS", "1")
if not (_threads.isdecimal() and 1 <= int(_threads) <= 256):
    warnings.warn(
        f"NEUROKIT_THREADS must be a number from 1 to 256, got {_threads!r}: ignored", stacklevel=2
    )


def __getattr__(name):
    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
    elif name == "tree":
        value = importlib.import_module("neurokit.core.tree")
    elif name in _SUBPACKAGES:
        value = importlib.import_module(f"neurokit.{name}")
    else:
        raise AttributeError(f"module 'neurokit' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})

"""Which of two a call goes to: SciPy's function, or the one that works on traced arrays."""

import functools
import importlib

from neurokit.core.trace.tracer import Tracer


def _traced(value):
    if isinstance(value, (tuple, list)):
        return any(_traced(v) for v in value)
    return isinstance(value, Tracer)


def twin_of(module):
    """Decorator: calls without a traced argument go to the function of that name in `module`."""

    def decorate(f):
        @functools.wraps(f)
        def call(*args, **kwargs):
            if _traced(args) or _traced(tuple(kwargs.values())):
                return f(*args, **kwargs)
            return getattr(importlib.import_module(module), f.__name__)(*args, **kwargs)

        call.__doc__ = f"`{module}.{f.__name__}`, also on traced arrays. {f.__doc__ or ''}".rstrip()
        return call

    return decorate


def others_of(module):
    """`__getattr__` of a module whose further names are those of SciPy's `module`."""

    def get(name):
        if name in ("__all__", "__file__", "__path__", "__wrapped__"):  # of that module alone
            raise AttributeError(f"no attribute {name!r}")
        return getattr(importlib.import_module(module), name)

    return get


def left_out(function, **options):
    """Raise where an option that has no traced form is used; each is (given, default)."""
    for name, (given, default) in options.items():
        if given is not default and not (isinstance(given, (str, int, float)) and given == default):
            raise TypeError(
                f"{function}: {name}={given!r} has no form on traced arrays, only {name}={default!r}"
            )

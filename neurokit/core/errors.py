"""The errors of tracing, each with the way out in its message."""

import os


class TraceError(TypeError):
    """Something that a traced value cannot do."""


class AbstractValueError(TraceError):
    """The value of a tracer was asked for while only its shape and dtype are known."""


class LeakedTracerError(TraceError):
    """A tracer outlived the function that made it."""


class DetachedWarning(UserWarning):
    """A traced value was turned into plain data: no derivative flows through it."""


class CapturedArrayError(RuntimeError):
    """An array that a trace reads was edited while the trace ran."""


def where_text(where):
    """'file.py:12' for a (code, instruction) pair."""
    if where is None:
        return "an unknown line"
    code, lasti = where
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= lasti < end and number is not None:
            line = number
            break
    name = code.co_filename
    if os.path.isabs(name):
        relative = os.path.relpath(name)
        name = relative if not relative.startswith("..") else name
    return f"{name}:{line}"

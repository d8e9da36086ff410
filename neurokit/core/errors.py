"""The errors of tracing, each with the way out in its message."""

import functools
import os


class TraceError(TypeError):
    """Something that a traced value cannot do."""


class AbstractValueError(TraceError):
    """The value of a tracer was asked for while only its shape and dtype are known."""


class LeakedTracerError(TraceError):
    """A tracer outlived the function that made it."""


class DetachedWarning(UserWarning):
    """A traced value was turned into plain data: no derivative flows through it."""


class UpcastWarning(UserWarning):
    """An operation turns float32 operands into float64."""


class CapturedArrayError(RuntimeError):
    """An array that a trace reads was edited while the trace ran."""


def place(where):
    """(file, line) of a (code, instruction) pair; the file relative to the working folder if below it."""
    return _place(where, os.getcwd())


@functools.lru_cache(8192)
def _place(where, folder):
    code, lasti = where
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= lasti < end and number is not None:
            line = number
            break
    name = code.co_filename
    if os.path.isabs(name):
        relative = os.path.relpath(name, folder)
        name = relative if not relative.startswith("..") else name
    return name, line


def where_text(where):
    """'file.py:12' for a (code, instruction) pair."""
    if where is None:
        return "an unknown line"
    name, line = place(where)
    return f"{name}:{line}"


def lines_text(wheres):
    """'file.py:12-15' for several such pairs, one range per file."""
    ranges = {}
    for where in wheres:
        if where is not None:
            name, line = place(where)
            low, high = ranges.get(name, (line, line))
            ranges[name] = min(low, line), max(high, line)
    if not ranges:
        return where_text(None)
    return ", ".join(
        f"{name}:{a}" if a == b else f"{name}:{a}-{b}" for name, (a, b) in sorted(ranges.items())
    )

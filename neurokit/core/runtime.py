"""Running graphs: the cache of programs and the evaluation of nodes."""

import threading
import zlib
from collections import OrderedDict

import numpy as np

from .errors import CapturedArrayError, where_text
from .graph import INPUT, reachable, swaps
from .structure import structure

_CACHE_SIZE = 512
_programs = OrderedDict()
_lock = threading.Lock()


class RunOptions(threading.local):
    """What `options(...)` sets for the current thread."""

    def __init__(self):
        self.threads, self.flags, self.reference = 0, 0, False


run_options = RunOptions()


def cached(key, make):
    """The program under `key`, made once. The least recently used of 512 is dropped."""
    with _lock:
        program = _programs.get(key)
        if program is not None:
            _programs.move_to_end(key)
            return program
    program = make()
    with _lock:
        _programs[key] = program
        if len(_programs) > _CACHE_SIZE:
            _programs.popitem(last=False)
    return program


def compiled(inputs, outputs):
    from .lower import compile_program

    return cached(structure(outputs, inputs), lambda: compile_program(inputs, outputs))


def execute(program, arrays):
    return program.run(arrays, run_options.threads, run_options.flags)


def used_inputs(outputs):
    return [n for n in reachable(outputs, swaps(outputs)) if n.prim is INPUT]


def evaluate(graph, outputs):
    """Arrays of `outputs`, nodes of the root graph `graph` whose inputs have values."""
    inputs = used_inputs(outputs)
    values = graph.values
    verify_captured(graph)
    if run_options.reference:
        from .reference import run_nodes

        return run_nodes(outputs, {n: values[n] for n in inputs})
    return execute(compiled(inputs, outputs), [values[n] for n in inputs])


# ---------------------------------------------------------------------------- captured arrays


def checksum(array):
    """A fingerprint of the bytes: tells whether an array was edited while a trace ran."""
    return zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8))


def verify_captured(graph):
    for node, array, before in graph.captured.values():
        if before is not None and checksum(array) != before:
            raise CapturedArrayError(
                f"the array {array.dtype}{list(array.shape)} read at {where_text(node.where)} was edited while it "
                f"was being traced, so earlier reads of it would change: copy it first, or build it with traced "
                f"operations (nk.zeros(..., like=t), t[i] = v)"
            )

"""Running graphs: the cache of programs and the evaluation of nodes."""

import contextlib
import threading
import zlib
from collections import OrderedDict

import numpy as np

from ..errors import CapturedArrayError, where_text
from ..graph import INPUT, NUMBER, Graph, Node, replay, walk
from ..structure import structure

_CACHE_SIZE = 512
_programs = OrderedDict()
_lock = threading.Lock()


class RunOptions(threading.local):
    """What `options(...)` sets for the current thread."""

    def __init__(self):
        self.flags, self.reference = 0, False
        self.lines = False  # programs carry the lines of this very code, not those of its like
        self.unfused = False  # one instruction per operation, so that each can be named
        # (whether to raise, lines reported) where float32 becoming float64 is told
        self.upcast = None
        self.watch = None  # an `observe.Watch` through which programs run


run_options = RunOptions()


def cached(key, make):
    """The program under `key`, made once. The least recently used of 512 is dropped."""
    key = (key, run_options.lines, run_options.unfused)
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


def compiled(inputs, outputs, walked=None, kind=None, make=None):
    """(program, numbers): the program of `outputs`, and the arrays that it takes after the inputs.

    The Python numbers in a computation are part of its program. Those that were others in an earlier
    computation of its structure, such as a step size that adapts, are arguments of another program.
    Zeros, infinities and NaN always are part of it, as rules look for them.

    inputs : nodes, of the graph or on the way to `outputs`
    walked : what `walk(outputs)` gave, where it is known
    kind, make : what else is computed, hashable, and make(inputs, outputs) -> program
    """
    if make is None:
        from .lower import compile_program as make
    literals = []
    key = kind, structure(outputs, inputs, run_options.lines, walked, literals)
    entry = cached(key, lambda: [literals, (frozenset(), None)])
    first, (before, program) = entry  # which have varied so far, and the program for that
    which = before | {i for i, (a, b) in enumerate(zip(first, literals)) if not _same_number(a, b)}
    varying = [literals[i] for i in sorted(which)]
    if program is None or which != before:
        if varying or any(n.prim is not INPUT for n in inputs):
            program = _program_between(inputs, varying, outputs, make)
        else:
            program = make(inputs, outputs)
        entry[1] = which, program  # at once: another thread reads both
    return program, [np.array(*n.params) for n in varying]


def _same_number(a, b):
    return a is b or repr(a.params[0]) == repr(b.params[0])


def _program_between(inputs, numbers, outputs, make):
    """The program from any nodes, and then literals, to others."""
    with Graph(None, True, "a part of a function") as part:
        params = [*((k,) for k in range(len(inputs))), *[(NUMBER, k) for k in range(len(numbers))]]
        fresh = {
            n: Node(INPUT, (), p, n.shape, n.dtype, part)
            for n, p in zip([*inputs, *numbers], params, strict=True)
        }
        return make(list(fresh.values()), replay(outputs, dict(fresh)))


def execute(program, arrays, into=None):
    if run_options.watch is not None:
        return run_options.watch.run(program, arrays, run_options.flags, into)
    if into is not None:
        return program.run(arrays, run_options.flags, into=into)
    return program.run(arrays, run_options.flags)


def run_compiled(make, arrays, into=None):
    """Run the program of `make()`, which gives what `compiled` does. An error names the line of this code.

    A program is shared by all code of its structure; only where it fails is one with the lines of
    this code made, which fails again and says where.
    """

    def run():
        program, numbers = make()
        return execute(program, [*arrays, *numbers] if numbers else arrays, into)

    try:
        return run()
    except Exception as error:
        watch = run_options.watch
        if run_options.lines or watch is not None and watch.error is error:
            raise
        with set_options(lines=True):
            run()
        raise


@contextlib.contextmanager
def set_options(**values):
    """Give `run_options` other values for a while."""
    before = {name: getattr(run_options, name) for name in values}
    vars(run_options).update(values)
    try:
        yield
    finally:
        vars(run_options).update(before)


def used_inputs(walked):
    """The inputs among the nodes of a `walk`."""
    return [n for n in walked[0] if n.prim is INPUT]


def evaluate(graph, outputs, into=None):
    """Arrays of `outputs`, nodes of the root graph `graph` whose inputs have values.

    into : {number of an output: array to write it to}
    """
    walked = walk(outputs)
    inputs = used_inputs(walked)
    values = graph.values
    verify_captured(graph)
    if run_options.reference:
        from .reference import run_nodes

        return run_nodes(outputs, {n: values[n] for n in inputs})
    return run_compiled(
        lambda: compiled(inputs, outputs, walked), [values[n] for n in inputs], into
    )


# ---------------------------------------------------------------------------- captured arrays


def checksum(array):
    """A fingerprint of the bytes: tells whether an array was edited while a trace ran."""
    return zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8))


def verify_captured(graph, nodes=None):
    """Raise where an array read by reference was edited since; of these nodes, where they are given."""
    for node in graph.unedited if nodes is None else graph.unedited.keys() & nodes:
        array = graph.values[node]
        if checksum(array) != graph.unedited[node]:
            raise CapturedArrayError(
                f"the array {array.dtype}{list(array.shape)} read at {where_text(node.where)} was edited while it "
                f"was being traced, so earlier reads of it would change: copy it first, or build it with traced "
                f"operations (nk.zeros(..., like=t), t[i] = v)"
            )

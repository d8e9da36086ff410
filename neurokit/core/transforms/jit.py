"""`jit`: trace once per signature, then run the program in C.

What a cached program stands for is guarded: the shapes and dtypes of the arguments, the values of
Python scalars and functions the function reaches through its closure and globals, and the identity
of the arrays it captured (their contents are read at each call).
"""

import numpy as np

from .. import tree  # noqa: F401 - gives Tracer its operators
from ..graph import Graph, current, walk
from ..models import rng
from ..models.captured import refused
from ..models.model import Param, State
from ..models.model import marked as _marked
from ..run.runtime import compiled, run_compiled, run_options, used_inputs, verify_captured
from ..trace import methods  # noqa: F401 - gives Tracer its operators
from ..trace.arguments import Opened, input_tracer, is_array, output_nodes, plain
from ..trace.guards import Guards, Trap
from ..trace.tracer import Tracer, to_node
from .quick import key_of
from .wrapping import static_places, wraps


class _Traced:
    """One signature: its program, how to feed it, and what its result is made of."""

    def __init__(self, f, args, kwargs, dynamic):
        opened = Opened(dynamic)
        graph = Graph(None, True, f"nk.jit of {getattr(f, '__name__', 'a function')}")
        begun = rng.begin()
        with graph:
            trap = Trap(f)
            leaves = [input_tracer(graph, x) if is_array(x) else x for x in opened.leaves]
            states = [input_tracer(graph, s) for s in opened.states]
            with (
                refused("jit", f, [*dynamic[0], *dynamic[1].values()]),
                opened.arguments(leaves, states) as (call_args, call_kwargs),
            ):
                result = f(*args(call_args), **kwargs(call_kwargs))
                written = opened.written()
            # plain arrays in the result are read at each call, and copied like all the rest
            result = tree.map(
                lambda x: Tracer(to_node(x)) if isinstance(x, np.ndarray) else x, result
            )
            out_nodes, self.rebuild = output_nodes(result)
            state_nodes, self.rebuild_states = output_nodes(written)
        trap.check()
        marked = [
            a for m in opened.models for kind in (Param, State) for _, _, a in _marked(m, kind)
        ]
        self.guards = [Guards(f, marked)] + [Guards(m, marked) for m in opened.models]
        verify_captured(graph)
        outputs = out_nodes + state_nodes
        self.n_out = len(out_nodes)
        walked = walk(outputs)
        inputs = used_inputs(walked)
        where = {t.node: ("leaf", i) for i, t in enumerate(leaves) if isinstance(t, Tracer)}
        where.update({t.node: ("state", i) for i, t in enumerate(states)})
        self.random = rng.drawn_from(graph, begun, lambda x: any(g.reaches(x) for g in self.guards))
        self.drawn = opened.drawn
        self.feeds = []
        for node in inputs:
            kind = where.get(node)
            if kind is None:
                kind = (
                    ("random", self.random[node])
                    if node in self.random
                    else ("array", graph.values[node])
                )
            self.feeds.append(kind)
        for found, count in self.random.values():
            found._draws -= count  # the first run draws them
        self.inputs, self.outputs, self.programs = inputs, outputs, {}
        self.program(walked)
        self.captured = [
            (array, array.shape, array.dtype) for kind, array in self.feeds if kind == "array"
        ]
        self.plain = not self.random and not opened.models
        self.from_leaves = [i for kind, i in self.feeds if kind == "leaf"]

    def holds(self):
        """Whether everything the function reached outside of its arguments is as it was."""
        for guards in self.guards:
            if not guards.hold():
                return False
        for array, shape, dtype in self.captured:
            if array.shape != shape or array.dtype != dtype:
                return False
        return True

    def program(self, walked=None):
        """The program for the present options."""
        mode = run_options.lines, run_options.unfused
        program = self.programs.get(mode)
        if program is None:
            program = self.programs[mode] = compiled(self.inputs, self.outputs, walked)
        return program

    def run_plain(self, leaves):
        """The result for the leaves of the arguments alone: no models, no generators."""
        if len(self.from_leaves) == len(self.feeds):
            arrays = [leaves[i] for i in self.from_leaves]
        else:
            arrays = [leaves[what] if kind == "leaf" else what for kind, what in self.feeds]
        values = run_compiled(self.program, arrays) if self.outputs else []
        return self.rebuild([plain(v) for v in values])

    def run(self, opened):
        arrays = []
        for kind, what in self.feeds:
            if kind == "leaf":
                arrays.append(np.asarray(opened.leaves[what]))
            elif kind == "state":
                arrays.append(np.asarray(opened.states[what]))
            elif kind == "random":
                found, _ = what
                arrays.append(found._key + np.array([0, found._draws]))
            else:
                arrays.append(what)
        values = run_compiled(self.program, arrays) if self.outputs else []
        for found, count in [*self.random.values(), *zip(opened.generators, self.drawn)]:
            found._draws += count
        if opened.models:
            opened.keep(self.rebuild_states(values[self.n_out :]))
        return self.rebuild([plain(v) for v in values[: self.n_out]])


def jit(f=None, static_argnums=(), static_argnames=()):
    """Trace `f` once per signature and run it in C.

    Parameters
    ----------
    f : callable
        Written with NumPy on arrays. Python runs only while tracing: shapes are known, values are not.
    static_argnums, static_argnames : int, str or tuples of them
        Arguments that are part of the signature (hashable): sizes, names, functions. A name also counts
        where the argument is given by its place, and a place where it is given by its name.

    Raises
    ------
    TypeError, ValueError
        `f` is no function, or does not have a static argument that is named.
    AbstractValueError
        The value of an array is needed in Python (``if x > 0``), with the line and the way out.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.jit(lambda x: np.exp(-x).sum())(np.zeros(3))
    np.float64(3.0)
    """
    if f is None:
        return lambda g: jit(g, static_argnums, static_argnames)
    decorate = wraps(f, "jit")
    numbers = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    names = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    if numbers or names:
        numbers, names = static_places(f, numbers, names)
    table, short = {}, {}
    is_plain = not numbers and not names

    def find(args, kwargs):
        """The program for these arguments, made if there is none, and the arguments taken apart."""
        fixed = {i % len(args): args[i] for i in numbers if -len(args) <= i < len(args)}
        fixed_names = {k: kwargs[k] for k in names if k in kwargs}
        dynamic = (
            tuple(a for i, a in enumerate(args) if i not in fixed),
            {k: v for k, v in kwargs.items() if k not in fixed_names},
        )
        opened = Opened(dynamic)
        key = (
            opened.spec,
            tree.orders(opened.spec),
            opened.first,
            tuple([_signature(x) for x in opened.leaves]),
            tuple([(s.shape, s.dtype) for s in opened.states]),
            tuple([(i, _static(v)) for i, v in fixed.items()]),
            tuple([(k, _static(v)) for k, v in fixed_names.items()]),
        )
        try:
            entries = table.setdefault(key, [])
        except TypeError:
            raise TypeError("jit: static arguments must be hashable") from None
        for traced in entries:
            if traced.holds():
                return traced, opened

        def place(dynamic_args):
            it = iter(dynamic_args)
            return [fixed[i] if i in fixed else next(it) for i in range(len(args))]

        traced = _Traced(
            f, place, lambda dynamic_kwargs: {**dynamic_kwargs, **fixed_names}, dynamic
        )
        entries.append(traced)
        if len(entries) > 16:
            entries.pop(0)
        return traced, opened

    @decorate
    def wrapper(*args, **kwargs):
        if current() is not None:
            return f(*args, **kwargs)
        key, leaves = None, []
        if is_plain and not kwargs:
            key = key_of(args, leaves)
            traced = short.get(key)
            if traced is not None and traced.holds():
                return traced.run_plain(leaves)
        traced, opened = find(args, kwargs)
        if key is not None and traced.plain:
            short[key] = traced
        return traced.run(opened)

    def clear():
        table.clear()
        short.clear()

    wrapper.clear = clear
    return wrapper


def _static(value):
    """A static argument as part of a key: 1, 1.0 and True differ, 0.0 and -0.0 too."""
    return type(value), value, repr(value) if isinstance(value, (float, complex, tuple)) else None


def _signature(leaf):
    if isinstance(leaf, (np.ndarray, np.generic)):
        return leaf.shape, leaf.dtype
    if isinstance(leaf, (bool, int, float)):
        return type(leaf)
    return leaf

"""`sweep`: one program for many parameter sets, over threads, constants shared."""

import numpy as np

from ... import _core, config
from .. import tree
from ..graph import Graph, current, walk
from ..loops.scan import scan
from ..models import rng
from ..models.captured import refused
from ..run.observe import bar
from ..run.runtime import compiled, run_options, set_options, used_inputs, verify_captured
from ..trace.arguments import Opened, input_tracer, is_array, output_nodes
from ..trace.guards import Guards, Trap
from ..trace.tracer import Tracer, to_node

NAN_CHECK = 1


def sweep(f, params, threads=None, progress=False):
    """``f(p)`` for each set p of parameters, by one program traced once, over threads.

    Parameters
    ----------
    f : callable of one parameter set
        Returns a pytree of arrays and numbers. Arrays that it reaches otherwise (inputs,
        connectivity) are shared by all sets, not copied.
    params : pytree of arrays
        Each with a leading axis over the sets.
    threads : int, optional
        Sets at work at the same time, each in memory of its own; `nk.get_threads()` unless given. The
        numbers do not depend on it.
    progress : bool or callable
        Show a bar, or call ``progress(done, n)``.

    Returns
    -------
    The results of `f`, stacked along a new leading axis.

    Raises
    ------
    ValueError
        The leading axes differ in length, or a parameter has none.

    Notes
    -----
    The numbers are those of ``[nk.jit(f)(p) for p in sets]``, bit for bit; a generator that `f`
    reaches goes on from set to set. Where `vmap` makes one large computation of small ones, `sweep`
    runs each on its own, which suits long simulations. Inside a trace it is a `scan` over the sets.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.sweep(lambda p: np.sum(p["a"] * np.arange(3.0)), {"a": np.array([1.0, 2.0])})
    array([3., 6.])
    """
    n = _count(params)
    threads = config.get_threads() if threads is None else threads
    if not isinstance(threads, (int, np.integer)) or isinstance(threads, bool) or threads < 1:
        raise ValueError(f"sweep: threads must be a positive int, got {threads!r}")
    if current() is not None:
        return scan(lambda _, p: (None, f(p)), None, params, length=n)[1]
    traced = _Traced(f, params)
    step = max(1, -(-n // 100)) if progress else max(n, 1)
    parts = []
    report = bar() if progress is True else progress
    for at in range(0, max(n, 1), step):
        stop = min(at + step, n)
        parts.append(traced.run(at, stop, int(threads)))
        if report:
            report(stop, n)
    outs = parts[0] if len(parts) == 1 else [np.concatenate(p) for p in zip(*parts)]
    return traced.rebuild(outs, n)


def _count(params):
    leaves, names = tree.leaves(params), tree.paths(params)
    lengths = {}
    for leaf, name in zip(leaves, names):
        if not is_array(leaf) or not np.ndim(leaf):
            raise ValueError(
                f"sweep: params{name} must be an array with a leading axis over the sets, got "
                f"{type(leaf).__name__}"
            )
        lengths.setdefault(np.shape(leaf)[0], f"params{name}")
    if not lengths:
        raise ValueError("sweep: params holds no arrays")
    if len(lengths) > 1:
        listed = ", ".join(f"{n} of {name}" for n, name in lengths.items())
        raise ValueError(f"sweep: the leading axes must have equal lengths, got {listed}")
    return next(iter(lengths))


class _Traced:
    """The program of one set, and what it is fed with."""

    def __init__(self, f, params):
        opened = Opened((params,))
        if opened.states:
            raise TypeError(
                "sweep: the model has state, which sets cannot share: return the values"
            )
        self.leaves = [np.asarray(x) for x in opened.leaves]
        graph = Graph(None, True, f"nk.sweep of {getattr(f, '__name__', 'a function')}")
        trap, begun = Trap(f), rng.begin()
        with graph:
            rows = [np.zeros(x.shape[1:], x.dtype) for x in self.leaves]
            rows = [input_tracer(graph, x) for x in rows]
            with refused("sweep", f, (params,)), opened.arguments(rows, []) as (p,):
                result = f(p)
            result = tree.map(
                lambda x: Tracer(to_node(x)) if isinstance(x, np.ndarray) else x, result
            )
            self.outputs, self._rebuild = output_nodes(result)
        trap.check()
        verify_captured(graph)
        self.inputs = used_inputs(walk(self.outputs))
        self.values = {n: graph.values[n] for n in self.inputs}
        self.place = {t.node: i for i, t in enumerate(rows)}
        self.random = rng.drawn_from(graph, begun, lambda x: Guards(f).reaches(x))
        for found, count in self.random.values():
            found._draws += count * (self.leaves[0].shape[0] - 1)

    def _feed(self, node, start, stop):
        if node in self.place:
            part = self.leaves[self.place[node]][start:stop]
            return np.asarray(part, node.dtype, order="C")
        if node in self.random:
            first, (_, count) = self.values[node], self.random[node]
            keys = np.tile(first, (stop - start, 1))
            keys[:, 1] += count * np.arange(start, stop)
            return keys
        return np.asarray(self.values[node], node.dtype, order="C")

    def run(self, start, stop, threads):
        """Outputs of the sets start .. stop - 1, stacked. An error names the line of this code."""
        arrays = [self._feed(node, start, stop) for node in self.inputs]

        def go():
            program, numbers = compiled(self.inputs, self.outputs)
            flags = run_options.flags & NAN_CHECK
            fed = arrays + [np.full(stop - start, x) for x in numbers]
            return _core.sweep(program, fed, stop - start, threads, flags)

        try:
            return go()
        except Exception:
            if run_options.lines:
                raise
            with set_options(lines=True):
                go()
            raise

    def rebuild(self, outs, n):
        marks = iter(range(len(outs)))
        filled = self._rebuild([_Place(next(marks)) for _ in outs])
        return tree.map(lambda x: outs[x.number] if isinstance(x, _Place) else _same(x, n), filled)


class _Place:
    """Stands for an output among the leaves of the result."""

    def __init__(self, number):
        self.number = number


def _same(x, n):
    """A result that no parameter reaches, once per set."""
    return np.full((n,), x) if is_array(x) else x

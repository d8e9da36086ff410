"""Values that plain code asks for while a lazy function is traced: computed, kept, and gone on from."""

import itertools

from ... import _core
from ..errors import AbstractValueError
from ..graph import INPUT, PROJ, args_of, reachable, walk
from .runtime import compiled, evaluate, run_compiled, run_options, verify_captured

LIMIT = 1 << 27  # bytes that are kept


class Decisions:
    """What was computed of a lazy root graph: nodes of its `values`, the last used last.

    With a value are kept those on its way that the user's code still holds, and the next one goes on from
    there: a loop that decides once a turn computes each turn once, by the same program, whatever was
    decided before.
    """

    def __init__(self, graph):
        self.graph, self.nodes, self.n_bytes = graph, {}, 0
        self.newest = -1  # id of the newest node that was asked for
        self.again = 0  # how often a known value was asked for

    def value(self, node):
        """The array of one node."""
        values = self.graph.values
        if node not in values:
            return self._compute(node)
        self.again += 1
        if self.again.bit_count() == 1:  # now and then: a loop that edits what it reads must end
            verify_captured(self.graph)
        return values[node] if node.prim is INPUT else values[node].copy()

    def forget(self):
        """Drop what was computed: it can be computed again."""
        for node in self.nodes:
            del self.graph.values[node]
        self.nodes.clear()
        self.n_bytes = 0

    def _compute(self, node):
        graph, values = self.graph, self.graph.values
        new = reachable([node], stop=values)
        if any(n.prim is INPUT for n in new):
            raise AbstractValueError(
                "the value of a traced array was asked for that is computed from all unit vectors at once: "
                "use nk.vjp for one row, or compute without looking at values"
            )
        if run_options.reference:
            return evaluate(graph, [node])[0]
        outputs = list(dict.fromkeys([node, *self._held(new)]))
        self.newest = max(self.newest, node.id)
        walked = walk(outputs, values)
        new = dict.fromkeys([*reachable(outputs, stop=values), *walked[0]])
        inputs = list(dict.fromkeys(a for n in new for a in args_of(n, walked[1]) if a not in new))
        verify_captured(graph, inputs)
        arrays = run_compiled(
            lambda: compiled(inputs, outputs, walked), [values[n] for n in inputs]
        )
        self._keep(outputs, arrays, inputs)
        return arrays[0].copy()

    def _held(self, computed):
        """What tracers stand for among what is computed, or new and next to it: later code goes on from there.

        Of views it is what they view, of complex values the parts: operations are recorded with those.
        """
        known = self.graph.values
        made = reversed(self.graph.known.values())
        later = itertools.takewhile(lambda n: n.id > self.newest, made)
        stack = _core.held_near([*computed, *later], set(computed), known)
        while stack:
            n = stack.pop()
            if n.prim.kind == "view" and n.prim is not PROJ:
                stack.append(n.args[0])
            elif n.prim.name == "complex":
                stack += n.args
            elif n not in known and n.prim.kind not in ("source", "multi") and n.nbytes <= LIMIT:
                yield n

    def _keep(self, nodes, arrays, used):
        """Beyond the limit those are forgotten that were not made or used for the longest time, the largest
        of one decision first."""
        values = self.graph.values
        new = {n: a for n, a in zip(nodes, arrays) if a.nbytes <= LIMIT}
        values.update(new)
        self.n_bytes += sum(a.nbytes for a in new.values())
        for node in sorted([*new, *(self.nodes.keys() & used)], key=lambda n: (-n.nbytes, n.id)):
            self.nodes.pop(node, None)
            self.nodes[node] = None
        while self.n_bytes > LIMIT:
            oldest = next(iter(self.nodes))
            del self.nodes[oldest]
            self.n_bytes -= values.pop(oldest).nbytes


def value_of(graph, node):
    """The array of one node of the lazy root `graph`, for a decision that Python takes."""
    if graph.decisions is None:
        graph.decisions = Decisions(graph)
    return graph.decisions.value(node)

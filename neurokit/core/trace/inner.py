"""A function traced into a graph of its own inside another trace: branches, parts that are computed again."""

from .. import tree
from ..graph import Graph, current, lift
from .arguments import is_array
from .guards import Trap
from .tracer import Tracer, to_node


def operands(opened):
    """(places among the leaves and states of opened arguments that hold arrays, their nodes)."""
    leaves = opened.leaves + opened.states
    places = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
    return places, [lift(to_node(leaves[i]), current()) for i in places]


def trace_inside(f, opened, places, nodes, what):
    """(graph, inputs, outputs, structure of the result) of f(*arguments); models' states end the outputs."""
    graph = Graph(current(), True, what)
    with graph:
        inputs = [graph.add_input(n.shape, n.dtype, n.weak) for n in nodes]
        filled = opened.leaves + opened.states
        for i, node in zip(places, inputs):
            filled[i] = Tracer(node)
        k = len(opened.leaves)
        trap = Trap(f)
        with opened.arguments(filled[:k], filled[k:]) as args:
            result, spec = tree.flatten(f(*args))
            written = opened.written()
        trap.check()
        outs = [lift(to_node(r), graph) for r in [*result, *written]]
    return graph, inputs, outs, spec

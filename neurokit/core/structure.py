"""The structure of a graph as a hashable key: equal keys mean the same program."""

from .. import _core
from .graph import args_of, reachable, walk


def structure(outputs, inputs, lines=False, walked=None, numbers=None):
    """Key of the computation of `outputs` from `inputs`, whatever the values and names.

    lines: whether equal keys also mean the same lines of the user's code. walked: what `walk` gave
    for these outputs, where the inputs are all inputs of the graph. numbers: a list that gets the
    literals whose values are then no part of the key.
    """
    order, swapped = walk(outputs) if walked is None else walked
    if walked is None:
        order = reachable(outputs, swapped, stop=set(inputs))
    number = {node: k for k, node in enumerate(inputs)}
    rows = [part for node in inputs for part in (node.shape, node.dtype)]
    args = (lambda node: args_of(node, swapped)) if swapped else None

    def add(order, count):
        return _core.add_rows(order, number, rows, count, lines, args, numbers)

    count = add(order, len(inputs))
    for node in sorted(swapped, key=lambda n: n.id):
        if node.prim.name in ("checkpoint", "implicit"):  # nothing to compute, but to differentiate
            count = add([*reachable(node.args, swapped, stop=number), node], count)
    return len(inputs), tuple(rows), tuple([number[o] for o in outputs])

"""The structure of a graph as a hashable key: equal keys mean the same program."""

from .graph import INPUT, LITERAL, args_of, reachable, walk


def structure(outputs, inputs, lines=False, walked=None):
    """Key of the computation of `outputs` from `inputs`, whatever the values and names.

    lines: whether equal keys also mean the same lines of the user's code. walked: what `walk` gave
    for these outputs, where the inputs are all inputs of the graph.
    """
    order, swapped = walk(outputs) if walked is None else walked
    if walked is None:
        order = reachable(outputs, swapped, stop=inputs)
    number = {}
    rows = []
    for k, node in enumerate(inputs):
        number[node] = k
        rows.append((node.shape, node.dtype.char))
    _add(order, swapped, lines, number, rows)
    for node in sorted(swapped, key=lambda n: n.id):
        if node.prim.name in ("checkpoint", "implicit"):  # nothing to compute, but to differentiate
            _add(reachable(node.args, swapped, stop=number), swapped, lines, number, rows)
            params = tuple([getattr(p, "structural", p) for p in node.params])
            rows.append((node.prim.name, tuple([number[a] for a in node.args]), params))
    return tuple(rows), tuple([number[o] for o in outputs])


def _add(order, swapped, lines, number, rows):
    """A number and a row for each node that has none."""
    find = number.__getitem__
    for node in order:
        if node in number:
            continue
        number[node] = len(rows)
        if node.prim is LITERAL:
            rows.append((repr(node.params[0]), node.dtype.char))
        elif node.prim is INPUT:
            raise RuntimeError(f"structure: {node!r} is not among the inputs")
        else:
            rows.append(
                (
                    node.prim.name,
                    tuple(map(find, args_of(node, swapped) if swapped else node.args)),
                    node.params and tuple([getattr(p, "structural", p) for p in node.params]),
                    node.shape,
                    node.dtype.char,
                    node.where if lines else None,
                )
            )

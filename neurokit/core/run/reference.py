"""The slow twin of the executor: a graph run node by node in NumPy. Tests compare with it."""

import numpy as np

from ..graph import LITERAL, PROJ, reachable


def run_nodes(outputs, values):
    """Values of `outputs` (nodes), given `values`: {input node: array}."""
    known = dict(values)
    with np.errstate(all="ignore"):
        for node in reachable(outputs, stop=values):
            if node.prim is LITERAL:
                known[node] = np.array(node.params[0], node.dtype)
                continue
            args = [known[a] for a in node.args]
            if node.prim is PROJ:
                known[node] = args[0][node.params[0]]
                continue
            result = node.prim.twin(node.params, *args)
            if node.aux is None:
                result = np.asarray(result, node.dtype)
                if result.shape != node.shape:
                    result = np.broadcast_to(result, node.shape)
            known[node] = result
    return [known[o] for o in outputs]

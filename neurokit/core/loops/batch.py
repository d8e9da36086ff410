"""The batching rule of a loop: the stack lies inside, beside each step's values."""

from ..graph import Detached
from ..primitives.shaping import transpose
from ..transforms.batching import each, stack, stacked
from .body import SCAN, Body, bind_scan


def _batch(values, node, n):
    loop = node.params[0]
    body = loop.body
    flags = [s for _, s in values]
    if body.has_index and flags[-1]:
        return each(values, node, n)
    key = ("stack", tuple(flags), n)
    if key not in body.derived:
        body.derived[key] = _stacked_body(body, flags, n)
    whole, flags, y_flags = body.derived[key]
    first_x = body.n_const + body.n_carry
    args = []
    for i, ((v, s), flag, old) in enumerate(zip(values, flags, node.args)):
        if i >= first_x and s:
            v = transpose(v, (1, 0, *range(2, v.ndim)))
        elif flag:
            v = stacked(v, s, old.shape, n)
        args.append(v)
    outs = bind_scan(whole, loop.length, loop.reverse, loop.checkpoint, args)
    pairs = list(zip(outs, flags[body.n_const : first_x]))
    for out, s in zip(outs[body.n_carry :], y_flags):
        pairs.append((transpose(out, (1, 0, *range(2, out.ndim))) if s else out, s))
    return pairs, outs[0].args[0] if outs else None


def _stacked_body(body, flags, n):
    """(body, flags of its inputs, flags of its ys): carries become stacked where a step makes them so."""
    first_x = body.n_const + body.n_carry
    while True:
        graph = Detached("a batched loop body")
        with graph:
            inputs = [
                graph.add_input(((n,) if s else ()) + i.shape, i.dtype)
                for i, s in zip(body.inputs, flags)
            ]
            pairs = stack(body.outputs, dict(zip(body.inputs, zip(inputs, flags))), n)
            after = [s for _, s in pairs[: body.n_carry]]
            grown = [f or s for f, s in zip(flags[body.n_const : first_x], after)]
            grown = [*flags[: body.n_const], *grown, *flags[first_x:]]
            if grown != flags:
                flags = grown
                continue
            outs = [
                stacked(v, s, o.shape, n) if f else v
                for (v, s), f, o in zip(pairs, flags[body.n_const : first_x], body.outputs)
            ]
        outs += [v for v, _ in pairs[body.n_carry :]]
        whole = Body(inputs, outs, body.n_const, body.n_carry, body.n_x, body.has_index)
        return whole, flags, [s for _, s in pairs[body.n_carry :]]


SCAN.batch = _batch

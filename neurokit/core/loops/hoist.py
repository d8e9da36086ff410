"""Work moved out of a loop before it runs."""

from ..graph import INT64, LITERAL, Graph, at_line, reachable, replay
from ..primitives.control import CHECKPOINT
from ..primitives.shaping import iota
from ..run.runtime import run_options
from ..transforms import batching  # noqa: F401 - fills in the batching rules
from .body import Body

HOIST_LIMIT = 256 << 20  # bytes that what is moved out of a loop may take


def hoist(body, args, length):
    """Move work out of the loop: what depends on constants alone, and of inputs alone what pays.

    Elementwise work on constants is done once. Before the loop, over all t, go matrix products of x_t
    with constants (so their gradients are one product, too) and single numbers that follow from x_t and
    the step's number, such as a stimulus at time t.
    """
    first_carry, first_x = body.n_const, body.n_const + body.n_carry
    fixed, early = set(body.consts), set()
    stepwise = {*body.xs, *([body.index] if body.has_index else [])}
    order = reachable(body.outputs)
    held = set()  # done again as a whole in the backward pass
    for node in order:
        if node.prim is CHECKPOINT:
            n_out = node.params[0]
            held.update(reachable(node.args[:n_out], stop=set(node.args[n_out:])))
    for node in order:
        if not node.args:
            if node.prim is LITERAL:
                fixed.add(node)
            continue
        if node.aux is not None or node in held or node.prim.name in ("variable", "random"):
            continue
        if all(a in fixed for a in node.args):
            fixed.add(node)
        elif node.prim.batch is not None and all(
            a in fixed or a in stepwise or a in early for a in node.args
        ):
            early.add(node)
    return _move(body, args, length, order, fixed, early | stepwise, first_carry, first_x)


def _users(order, outputs):
    users = {}
    for node in order:
        for a in node.args:
            users.setdefault(a, []).append(node)
    for o in outputs:
        users.setdefault(o, []).append(None)
    return users


def _ahead(order, early, users):
    """What of `early` is computed for all steps at once: products, and numbers that the loop reads."""
    numbers = {n for n in early if n.size == 1 and n.prim.kind == "elementwise"}
    if run_options.unfused:
        numbers = set()
    read = set()  # by what stays in the loop, perhaps through views
    for node in reversed(order):
        for u in users.get(node, ()) if node in early else ():
            moves = u in numbers or u is None
            if not moves and (u not in early or u.prim.kind != "view" or u in read):
                read.add(node)
    return [n for n in order if n in early and n.prim.name == "matmul" or n in numbers & read]


def _move(body, args, length, order, fixed, early, first_carry, first_x):
    users = _users(order, body.outputs)
    exposed = set()  # read by the loop itself, perhaps through views
    for node in reversed(order):
        if node in fixed and any(
            u is None or u not in fixed or u.prim.kind == "view" and u in exposed
            for u in users.get(node, ())
        ):
            exposed.add(node)
    consts_out = [
        n
        for n in order
        if n in exposed
        and n.prim.kind in ("elementwise", "call")
        and n.args
        and not all(a.prim is LITERAL for a in n.args)
    ]
    products, counted = [], set()
    room = HOIST_LIMIT
    for n in _ahead(order, early, users):
        chain = {m for m in reachable([n], stop=counted) if m in early and m.prim.kind != "view"}
        n_bytes = length * sum(m.nbytes for m in chain if m.args)  # a gradient may keep them all
        if n.args and n_bytes <= room:
            products.append(n)
            counted |= chain
            room -= n_bytes
    if not consts_out and not products:
        return body, args
    known = dict(zip(body.inputs[: body.n_const], args))
    fresh_consts = replay(consts_out, known) if consts_out else []
    batched = {}
    if products:
        batched.update(zip(body.xs, args[first_x : first_x + body.n_x]))
        if body.has_index:
            batched[body.index] = iota(length, 0, 1, INT64)
        for node in reachable(products, stop=batched.copy()):
            if node not in early:
                continue
            values = []
            for a in node.args:
                if a in early:
                    values.append((batched[a], True))
                else:
                    values.append((replay([a], known)[0], False))
            with at_line(node.where):
                batched[node] = node.prim.batch(values, node, length)
    graph = Graph(None, True, "a scan body")
    with graph:
        mapping = {n: graph.add_input(n.shape, n.dtype) for n in body.inputs}
        new_consts = [graph.add_input(n.shape, n.dtype) for n in consts_out]
        new_xs = [graph.add_input(n.shape, n.dtype) for n in products]
        mapping.update(zip(consts_out, new_consts))
        mapping.update(zip(products, new_xs))
        inputs = [mapping[n] for n in body.inputs]
        outs = replay(body.outputs, mapping)
    index = inputs[-1:] if body.has_index else []
    all_inputs = (
        inputs[: body.n_const]
        + new_consts
        + inputs[first_carry:first_x]
        + inputs[first_x : first_x + body.n_x]
        + new_xs
        + index
    )
    all_args = (
        args[: body.n_const]
        + fresh_consts
        + args[first_carry:first_x]
        + args[first_x : first_x + body.n_x]
        + [batched[n] for n in products]
    )
    used = set(reachable(outs)) | set(inputs[first_carry:first_x])
    keep = [n in used for n in all_inputs]
    n_const, n_x = body.n_const + len(new_consts), body.n_x + len(new_xs)
    start_x = n_const + body.n_carry
    kept_inputs = [n for n, k in zip(all_inputs, keep) if k]
    kept_args = [a for a, k in zip(all_args, keep) if k]
    closed = Body(
        kept_inputs,
        outs,
        sum(keep[:n_const]),
        body.n_carry,
        sum(keep[start_x : start_x + n_x]),
        body.has_index and keep[-1],
    )
    return closed, kept_args

"""The transpose of a linear function of nodes, and what tells that a function is not linear."""

from ..graph import INPUT, PROJ, Detached, reachable, replay
from ..primitives import elementwise as ew
from ..primitives.complexes import parts
from ..primitives.reducing import reduce
from ..primitives.shaping import full
from .autodiff import backward_merged, forward

# the arguments that a value comes from, where others are there for derivatives or for the order
_VALUES = {
    "after": lambda unique: slice(0, 1),
    "safe_mul": lambda: slice(1, None),
    "safe_div": lambda: slice(1, None),
    "ruled": lambda name, k, n: slice(1 + n, None),
    "derived": lambda name, k, extra: slice(1, None),
    "checkpoint": lambda n_out: slice(0, n_out),
    "custom_vjp": lambda rule: slice(rule.n_out, None),
    "implicit": lambda equation: slice(equation.n, None),
}


class NotLinear(Exception):
    """The graph of a function tells that it is not linear."""


def transpose_of(outputs, sources, cotangents):
    """Cotangents of `sources` given those of `outputs`, linear functions of them; None where nothing flows.

    Raises NotLinear where the graph shows steps, or a derivative that is not constant; an `offset` it
    cannot see.
    """
    if _bends(outputs, sources):
        raise NotLinear
    results = backward_merged(_unmasked(outputs), cotangents, sources)
    present = [r for r in results if r is not None]
    if not _reached(present, sources).isdisjoint(present):
        raise NotLinear
    found = iter(_at_zero(present, sources))  # loops may still take them as arguments
    return [None if r is None else next(found) for r in results]


def offset(outputs, sources):
    """Whether one of `outputs` is not 0 where all `sources` are: a 0-d bool node, or None where it is sure not."""
    along = forward(outputs, sources, sources)  # a linear function is its own derivative
    unsure = [o for o, t in zip(outputs, along) if t is not o and o.size]
    found = None
    for value in _at_zero(unsure, sources):
        for part in parts(value):
            beyond = ew.apply(ew.ROWS["gt"], ew.apply(ew.ROWS["abs"], part), 0.0)
            beyond = reduce("any", beyond, tuple(range(beyond.ndim)))
            found = beyond if found is None else ew.apply(ew.ROWS["or"], found, beyond)
    return found


def _at_zero(outputs, sources):
    zeros = {s: full(s.shape, 0, s.dtype) for s in sources}
    return replay(outputs, {**_inputs(outputs), **zeros})


def _inputs(outputs):
    return {n: n for n in reachable(outputs) if n.prim is INPUT}


def _unmasked(outputs):
    """The same functions, without the masks that keep infinite factors out of products."""
    known, loops = _inputs(outputs), {}
    for node in reachable(outputs):
        name = node.prim.name
        if name in _PLAIN:
            known[node] = _PLAIN[name](*replay(_values(node), known))
        elif name in ("scan", "cond", "while_loop") and _has_masks(node):
            loops[node] = _unmasked_loop(node, replay(node.args, known))
        elif node.prim is PROJ and node.args[0] in loops:
            known[node] = loops[node.args[0]][node.params[0]]
    return replay(outputs, known)


_PLAIN = {"safe_mul": ew.mul, "safe_div": ew.div, "after": lambda value: value}


def _has_masks(node):
    inner = [n for b in node.params[0].bodies for n in reachable(b.outputs)]
    return any(
        n.prim.name in _PLAIN
        or n.aux is not None
        and getattr(n.params[0], "bodies", ())
        and _has_masks(n)
        for n in inner
    )


def _unmasked_loop(node, args):
    from ..loops import Body, Cond, While, bind_cond, bind_scan, bind_while

    loop, made = node.params[0], []
    for body in loop.bodies:
        graph = Detached("a loop body")
        with graph:
            inputs = [graph.add_input(n.shape, n.dtype) for n in body.inputs]
            outs = _unmasked(body.inline(inputs))
        made.append(Body(inputs, outs, body.n_const, body.n_carry, body.n_x, body.has_index))
    if node.prim.name == "scan":
        return bind_scan(*made, loop.length, loop.reverse, loop.checkpoint, args)
    if node.prim.name == "cond":
        return bind_cond(Cond(made), args[0], args[1:])
    return bind_while(While(*made, loop.max_steps), args)


def _values(node):
    """The arguments that the value of a node comes from."""
    part = _VALUES.get(node.prim.name)
    return node.args if part is None else node.args[part(*node.params)]


def _reached(outputs, sources):
    """The nodes on the way to `outputs` whose values depend on `sources`; loops are looked into."""
    reached, inside = set(sources), {}
    for node in reachable(outputs, args=_values):
        if node.aux is not None:
            inside[node] = _outputs_reached(node, _moving(node, reached))
        elif node.prim is PROJ:
            if node.params[0] in inside[node.args[0]]:
                reached.add(node)
        elif any(a in reached for a in _values(node)):
            reached.add(node)
    return reached


def _moving(node, reached):
    """For each argument of a node with several outputs, whether its value moves with what is reached."""
    values = _values(node)
    return [a in reached and a in values for a in node.args]


def _reached_of(body, moving):
    """The numbers of a body's outputs that depend on its inputs where `moving`."""
    reached = _reached(body.outputs, [n for n, on in zip(body.inputs, moving) if on])
    return {i for i, o in enumerate(body.outputs) if o in reached}


def _outputs_reached(node, moving):
    """The numbers of the outputs that depend on the arguments where `moving`, which is completed for carries."""
    everything = set(range(len(node.aux)))
    if not any(moving):
        return set()
    if node.prim.name == "cond":
        found = [_reached_of(b, moving[1:]) for b in node.params[0].bodies]
        return everything if moving[0] else set.union(*found)
    if node.prim.name not in ("scan", "while_loop"):
        return everything
    loop = node.params[0]
    first, n = loop.body.n_const, loop.body.n_carry
    while True:
        found = _reached_of(loop.body, moving)
        grown = [first + i for i in found if i < n and not moving[first + i]]
        if not grown:
            break
        for i in grown:
            moving[i] = True
    if node.prim.name == "while_loop" and _reached_of(loop.test, moving):
        return everything
    return found | {i for i in range(n) if moving[first + i]}


def _bends(outputs, sources):
    """Whether steps (signs, roundings, choices, other types) of `sources` lie on the way to `outputs`."""
    reached = _reached(outputs, sources)
    for node in reachable(outputs, args=_values):
        if node.aux is not None:
            if _bends_inside(node, _moving(node, reached)):
                return True
        elif node in reached and node not in sources:
            if not node.is_float or node.prim.name == "stop_gradient":
                return True
            if node.prim is not PROJ and _steps_in(node, reached):
                return True
    return False


def _steps_in(node, reached):
    """Whether a node has no derivative by one of its arguments that are reached."""
    if node.prim.jvp is None:
        return True
    part = _VALUES.get(node.prim.name)
    numbers = range(len(node.args))
    for k in numbers if part is None else numbers[part(*node.params)]:
        if node.args[k] in reached:
            alone = [node.args[k] if i == k else None for i in numbers]
            if node.prim.jvp(alone, node, node.args, node.params) is None:
                return True
    return False


def _bends_inside(node, moving):
    """`_bends` in the bodies of a loop, a choice or an equation."""
    _outputs_reached(node, moving)  # completes `moving`
    if node.prim.name == "cond":
        if moving[0]:
            return True
        moving = moving[1:]
    elif node.prim.name == "implicit":
        moving = [any(moving)] * node.params[0].n + moving[node.params[0].n :]
    for body in getattr(node.params[0], "bodies", ()) if any(moving) else ():
        graph = Detached("a loop body")
        with graph:
            inputs = [graph.add_input(n.shape, n.dtype) for n in body.inputs]
            if _bends(body.inline(inputs), [n for n, on in zip(inputs, moving) if on]):
                return True
    return False

"""`cond` as a node: two closed branches over the same operands, of which one runs."""

from ..graph import PROJ, Detached, Primitive, bind_multi
from ..primitives import elementwise as ew
from ..primitives.shaping import broadcast, full, reshape
from ..transforms.autodiff import backward_merged, forward
from ..transforms.batching import stack, stacked
from .body import Body


class Cond:
    """The static half of a cond node's parameters: (body if true, body if false)."""

    __slots__ = ("bodies", "derived")

    def __init__(self, bodies):
        self.bodies, self.derived = tuple(bodies), {}

    @property
    def structural(self):
        return ("cond", *[b.structural for b in self.bodies])

    def derive(self, key, make, what="the derivative of a branch"):
        """The cond whose branches `make(body, new inputs)` writes; made once."""
        if key not in self.derived:
            made = []
            for body in self.bodies:
                graph = Detached(what)
                with graph:
                    inputs, outputs = make(body, graph)
                made.append(Body(inputs, outputs, len(inputs), 0, 0, False))
            self.derived[key] = Cond(made)
        return self.derived[key]


def bind_cond(cond, pred, operands):
    """pred: bool scalar; operands: what both branches take. Returns the outputs of the one that runs."""
    return bind_multi(COND, (pred, *operands), (cond,))


def _infer(args, params):
    return [(o.shape, o.dtype) for o in params[0].bodies[0].outputs]


def _twin(params, pred, *operands):
    from ..run.reference import run_nodes

    body = params[0].bodies[0 if pred else 1]
    return run_nodes(body.outputs, dict(zip(body.inputs, operands)))


def _fresh(graph, nodes):
    return [graph.add_input(n.shape, n.dtype) for n in nodes]


def _zero(node):
    return full(node.shape, 0, node.dtype)


def _vjp(cts, node, args, params, needs):
    """A cond of the two reverse rules: the branch that ran is run again, then back."""
    cond = params[0]
    wanted = [k for k, need in enumerate(needs[1:]) if need]
    given = [i for i, c in enumerate(cts) if c is not None]

    def make(body, graph):
        inputs = _fresh(graph, body.inputs)
        ins = _fresh(graph, [body.outputs[i] for i in given])
        outs = body.inline(inputs)
        targets = [inputs[k] for k in wanted]
        grads = backward_merged([outs[i] for i in given], ins, targets)
        return inputs + ins, [_zero(t) if g is None else g for g, t in zip(grads, targets)]

    reverse = cond.derive(("vjp", tuple(wanted), tuple(given)), make)
    grads = bind_cond(reverse, args[0], [*args[1:], *[cts[i] for i in given]])
    result = [None] * len(args)
    for k, g in zip(wanted, grads):
        result[1 + k] = g
    return result


def _jvp(tangents, node, args, params):
    cond = params[0]
    given = [k for k, t in enumerate(tangents[1:]) if t is not None]
    floats = [i for i, (_, dtype) in enumerate(node.aux) if dtype.kind in "fc"]

    def make(body, graph):
        inputs = _fresh(graph, body.inputs)
        ts = _fresh(graph, [body.inputs[k] for k in given])
        outs = body.inline(inputs)
        outs_t = forward(outs, [inputs[k] for k in given], ts)
        return inputs + ts, outs + [
            _zero(outs[i]) if outs_t[i] is None else outs_t[i] for i in floats
        ]

    joint = cond.derive(("jvp", tuple(given)), make)
    outs = bind_cond(joint, args[0], [*args[1:], *[tangents[1 + k] for k in given]])
    n = len(node.aux)
    node.swap = outs[0].args[0], tuple(outs[:n])
    result = [None] * n
    for i, t in zip(floats, outs[n:]):
        result[i] = t
    return result


def _batch(values, node, n):
    """One predicate for all: the branch over the stack. One for each: a choice between both."""
    cond = node.params[0]
    (pred, pred_stacked), operands = values[0], values[1:]
    if pred_stacked:
        sides = [stack(body.outputs, dict(zip(body.inputs, operands)), n) for body in cond.bodies]
        pairs = []
        for (x, x_stacked), (y, y_stacked), (shape, _) in zip(*sides, node.aux):
            choice = broadcast(reshape(pred, (n,) + (1,) * len(shape)), (n, *shape))
            x, y = stacked(x, x_stacked, shape, n), stacked(y, y_stacked, shape, n)
            pairs.append((ew.select(choice, x, y), True))
        return pairs, None
    flags = tuple(s for _, s in operands)

    def make(body, graph):
        inputs = [
            graph.add_input(((n,) if s else ()) + i.shape, i.dtype)
            for i, s in zip(body.inputs, flags)
        ]
        pairs = stack(body.outputs, dict(zip(body.inputs, zip(inputs, flags))), n)
        return inputs, [stacked(v, s, o.shape, n) for (v, s), o in zip(pairs, body.outputs)]

    whole = cond.derive(("stack", flags, n), make, "a batched branch")
    outs = bind_cond(whole, pred, [v for v, _ in operands])
    return [(o, True) for o in outs], outs[0].args[0]


def _lower(node, low):
    cond = node.params[0]
    projections = {u.params[0]: u for u in low.users.get(node, ()) if u.prim is PROJ}
    args = low.args(node)
    keep = sorted(projections)
    smaller = cond.derive(
        ("keep", tuple(keep)),
        lambda body, graph: (
            (inputs := _fresh(graph, body.inputs)),
            [body.inline(inputs)[i] for i in keep],
        ),
        "a branch",
    )
    low.emit(
        "cond",
        [low.out(projections[i]) for i in keep],
        [low.contiguous(a) for a in args],
        node=node,
        subs=tuple(b.program() for b in smaller.bodies),
        ip=(len(args) - 1,),
    )


COND = Primitive(
    "cond",
    "multi",
    _infer,
    twin=_twin,
    vjp=_vjp,
    jvp=_jvp,
    lower=_lower,
    batch=_batch,
    cheap=False,
)

__all__ = ["COND", "Cond", "bind_cond"]

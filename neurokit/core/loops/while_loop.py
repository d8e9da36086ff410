"""`while_loop` as a node: a test and a body over the same constants and carries.

Forward mode is one loop that carries values and tangents. The number of steps is an output, which
reverse mode (`while_reverse.py`) needs.
"""

import numpy as np

from ..graph import INT64, PROJ, Detached, Primitive, bind_multi
from ..primitives import elementwise as ew
from ..primitives.reducing import reduce
from ..primitives.shaping import broadcast, full, reshape
from ..transforms.autodiff import forward
from ..transforms.batching import stack, stacked
from .body import Body
from .split import active_carries


class While:
    """The static half of a while node's parameters. Both bodies take consts, then carries."""

    __slots__ = ("test", "body", "max_steps", "derived")

    def __init__(self, test, body, max_steps=0):
        self.test, self.body, self.max_steps, self.derived = test, body, max_steps, {}

    @property
    def bodies(self):
        return self.test, self.body

    @property
    def structural(self):
        return ("while", self.test.structural, self.body.structural, self.max_steps)


def bind_while(loop, args):
    """args: consts, first carries. Returns the last carries and the number of steps."""
    return bind_multi(WHILE, tuple(args), (loop,))


def closed(n_const, n_carry, like, test, body, max_steps=0, what="a while_loop body"):
    """A `While` from functions of nodes: test(consts, carries), body(consts, carries) -> carries."""
    made = []
    for f in (test, body):
        graph = Detached(what)
        with graph:
            inputs = [graph.add_input(n.shape, n.dtype) for n in like]
            outs = f(inputs[:n_const], inputs[n_const:])
            outs = [outs] if f is test else list(outs)
        made.append(Body(inputs, outs, n_const, 0 if f is test else n_carry, 0, False))
    return While(*made, max_steps)


def _infer(args, params):
    return [(c.shape, c.dtype) for c in params[0].body.carries] + [((), INT64)]


def _twin(params, *args):
    from ..run.reference import run_nodes

    loop = params[0]
    n_const = loop.body.n_const
    consts, carry, steps = args[:n_const], list(args[n_const:]), 0
    while not loop.max_steps or steps < loop.max_steps:
        state = [*consts, *carry]
        if not run_nodes(loop.test.outputs, dict(zip(loop.test.inputs, state)))[0]:
            break
        carry = run_nodes(loop.body.outputs, dict(zip(loop.body.inputs, state)))
        steps += 1
    return [*carry, np.asarray(steps)]


def _jvp(tangents, node, args, params):
    loop = params[0]
    body, n_const = loop.body, loop.body.n_const
    needs = [t is not None for t in tangents]
    active = active_carries(body, needs)
    t_consts = [i for i in range(n_const) if needs[i]]
    key = ("jvp", tuple(active), tuple(t_consts))
    if key not in loop.derived:
        loop.derived[key] = _tangent_loop(loop, active, t_consts)
    inits = args[n_const:]
    t_inits = [
        full(inits[i].shape, 0, inits[i].dtype)
        if tangents[n_const + i] is None
        else tangents[n_const + i]
        for i in active
    ]
    outs = bind_while(
        loop.derived[key],
        [*args[:n_const], *[tangents[i] for i in t_consts], *inits, *t_inits],
    )
    n = body.n_carry
    node.swap = outs[0].args[0], (*outs[:n], outs[-1])
    result = [None] * (n + 1)
    for i, t in zip(active, outs[n:-1]):
        result[i] = t
    return result


def _tangent_loop(loop, active, t_consts):
    body = loop.body
    n_const, n_carry = body.n_const, body.n_carry
    like = [
        *body.consts,
        *[body.consts[i] for i in t_consts],
        *body.carries,
        *[body.carries[i] for i in active],
    ]

    def test(consts, carries):
        return loop.test.inline(consts[:n_const] + carries[:n_carry])[0]

    def step(consts, carries):
        values = consts[:n_const] + carries[:n_carry]
        outs = body.inline(values)
        wrt = [values[i] for i in t_consts] + [carries[i] for i in active]
        ts = forward(outs, wrt, consts[n_const:] + carries[n_carry:])
        return outs + [
            full(outs[i].shape, 0, outs[i].dtype) if ts[i] is None else ts[i] for i in active
        ]

    return closed(
        n_const + len(t_consts),
        n_carry + len(active),
        like,
        test,
        step,
        loop.max_steps,
        "the tangent of a loop body",
    )


# ---------------------------------------------------------------------------- batching


def _flags(loop, values, n):
    """Which carries are stacked, and whether the test is: a fixed point."""
    n_const = loop.body.n_const
    flags = [s for _, s in values]
    while True:
        graph = Detached("a while_loop body")
        with graph:
            inputs = [
                (graph.add_input(((n,) if s else ()) + i.shape, i.dtype), s)
                for i, s in zip(loop.body.inputs, flags)
            ]
            outs = stack(loop.body.outputs, dict(zip(loop.body.inputs, inputs)), n)
            answer = stack(loop.test.outputs, dict(zip(loop.test.inputs, inputs)), n)[0][1]
        grown = flags[:n_const] + [f or s or answer for f, (_, s) in zip(flags[n_const:], outs)]
        if grown == flags:
            return flags, answer
        flags = grown


def _batch(values, node, n):
    """Runs as long as any element's test says so; the carries of the others stay as they are."""
    loop = node.params[0]
    n_const, n_carry = loop.body.n_const, loop.body.n_carry
    flags, answer = _flags(loop, values, n)
    args = [stacked(v, s, a.shape, n) if f else v for (v, s), f, a in zip(values, flags, node.args)]
    key = ("stack", tuple(flags), n)
    if not answer:
        if key not in loop.derived:
            loop.derived[key] = _plain_stack(loop, flags, n, args)
        outs = bind_while(loop.derived[key], args)
        return [(o, f) for o, f in zip(outs, [*flags[n_const:], False])], outs[0].args[0]
    if key not in loop.derived:
        loop.derived[key] = _masked_stack(loop, flags, n, args)
    known = dict(zip(loop.test.inputs, zip(args, flags)))
    going = stacked(*stack(loop.test.outputs, known, n)[0], (), n)
    count = full((n,), 0, INT64)
    inits = args[n_const:]
    outs = bind_while(loop.derived[key], [*args[:n_const], *inits, *inits, going, count])
    return [(o, True) for o in [*outs[:n_carry], outs[2 * n_carry + 1]]], None


def _outputs(body, inputs, flags, n):
    """Outputs of a body over stacked inputs, stacked where its carries are."""
    pairs = stack(body.outputs, dict(zip(body.inputs, zip(inputs, flags))), n)
    return [
        stacked(v, s, o.shape, n) if f else v
        for (v, s), f, o in zip(pairs, flags[body.n_const :], body.outputs)
    ]


def _plain_stack(loop, flags, n, like):
    def test(consts, carries):
        return stack(
            loop.test.outputs, dict(zip(loop.test.inputs, zip(consts + carries, flags))), n
        )[0][0]

    return closed(
        loop.body.n_const,
        loop.body.n_carry,
        like,
        test,
        lambda consts, carries: _outputs(loop.body, consts + carries, flags, n),
        loop.max_steps,
    )


def _masked_stack(loop, flags, n, args):
    """Carries: the values, the values before the last step, who goes on, and each one's steps.

    Elements that are done compute their last step again and drop it: a body that reads x[i] stays
    inside of x.
    """
    n_const, n_carry = loop.body.n_const, loop.body.n_carry
    graph = Detached("a while_loop body")
    with graph:
        extra = [graph.add_input((n,), ew.BOOL), graph.add_input((n,), INT64)]

    def choose(going, new, old):
        choice = broadcast(reshape(going, (n,) + (1,) * (new.ndim - 1)), new.shape)
        return ew.select(choice, new, old)

    def step(consts, carries):
        now, last, (going, count) = (
            carries[:n_carry],
            carries[n_carry : 2 * n_carry],
            carries[2 * n_carry :],
        )
        before = [choose(going, a, b) for a, b in zip(now, last)]
        new = [
            choose(going, a, b) for a, b in zip(_outputs(loop.body, consts + before, flags, n), now)
        ]
        known = dict(zip(loop.test.inputs, zip(consts + new, flags)))
        answer = stacked(*stack(loop.test.outputs, known, n)[0], (), n)
        on = ew.apply(ew.ROWS["and"], going, answer)
        return [*new, *before, on, ew.add(count, ew.convert(going, INT64))]

    return closed(
        n_const,
        2 * n_carry + 2,
        [*args, *args[n_const:], *extra],
        lambda consts, carries: reduce("any", carries[2 * n_carry], (0,)),
        step,
        loop.max_steps,
    )


# ---------------------------------------------------------------------------- lowering


def _lower(node, low):
    loop = node.params[0]
    projections = {u.params[0]: u for u in low.users.get(node, ()) if u.prim is PROJ}
    outs = [
        low.out(projections[i]) if i in projections else low.scratch(shape, dtype)
        for i, (shape, dtype) in enumerate(node.aux)
    ]
    low.emit(
        "while_loop",
        outs,
        [low.contiguous(a) for a in low.args(node)],
        node=node,
        subs=(loop.test.program(), loop.body.program()),
        ip=(loop.body.n_const, loop.body.n_carry, loop.max_steps),
    )


WHILE = Primitive(
    "while_loop",
    "multi",
    _infer,
    twin=_twin,
    jvp=_jvp,
    lower=_lower,
    batch=_batch,
    cheap=False,
)

__all__ = ["WHILE", "While", "bind_while", "closed"]

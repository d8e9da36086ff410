"""The forward rule of a loop: one loop that carries values and tangents together."""

from ..graph import Detached
from ..primitives.shaping import full
from ..transforms.autodiff import forward
from .body import SCAN, Body, bind_scan
from .split import active_carries


def _jvp(tangents, node, args, params):
    loop = params[0]
    body = loop.body
    needs = [t is not None for t in tangents]
    active = active_carries(body, needs)
    first_x = body.n_const + body.n_carry
    t_consts = [i for i in range(body.n_const) if needs[i]]
    t_xs = [i for i in range(body.n_x) if needs[first_x + i]]
    key = ("jvp", tuple(active), tuple(t_consts), tuple(t_xs))
    if key not in body.derived:
        body.derived[key] = _tangent_body(body, active, t_consts, t_xs)
    joint, t_ys = body.derived[key]
    inits = list(args[body.n_const : first_x])
    t_inits = [
        tangents[body.n_const + i]
        if tangents[body.n_const + i] is not None
        else full(inits[i].shape, 0, inits[i].dtype)
        for i in active
    ]
    outs = bind_scan(
        joint,
        loop.length,
        loop.reverse,
        loop.checkpoint,
        [
            *args[: body.n_const],
            *[tangents[i] for i in t_consts],
            *inits,
            *t_inits,
            *args[first_x : first_x + body.n_x],
            *[tangents[first_x + i] for i in t_xs],
            *([args[-1]] if body.has_index else []),
        ],
    )
    n_carry = body.n_carry
    ys_at = joint.n_carry
    node.swap = (
        (outs[0].args[0], tuple(outs[:n_carry] + outs[ys_at : ys_at + body.n_y])) if outs else None
    )
    result = [None] * (n_carry + body.n_y)
    for i, t in zip(active, outs[n_carry:ys_at]):
        result[i] = t
    for k, t in zip(t_ys, outs[ys_at + body.n_y :]):
        result[n_carry + k] = t
    return result


def _tangent_body(body, active, t_consts, t_xs):
    graph = Detached("the tangent of a loop body")
    with graph:

        def new(node):
            return graph.add_input(node.shape, node.dtype)

        consts = [new(n) for n in body.consts]
        dc = [new(body.consts[i]) for i in t_consts]
        carries = [new(n) for n in body.carries]
        dk = [new(body.carries[i]) for i in active]
        xs = [new(n) for n in body.xs]
        dx = [new(body.xs[i]) for i in t_xs]
        index = [new(body.index)] if body.has_index else []
        outs = body.inline(consts + carries + xs + index)
        wrt = [consts[i] for i in t_consts] + [carries[i] for i in active] + [xs[i] for i in t_xs]
        ts = forward(outs, wrt, dc + dk + dx)
        t_carry = [
            full(outs[i].shape, 0, outs[i].dtype) if ts[i] is None else ts[i] for i in active
        ]
        t_ys = [k for k in range(body.n_y) if ts[body.n_carry + k] is not None]
        results = (
            outs[: body.n_carry]
            + t_carry
            + outs[body.n_carry :]
            + [ts[body.n_carry + k] for k in t_ys]
        )
    inputs = consts + dc + carries + dk + xs + dx + index
    joint = Body(
        inputs,
        results,
        len(consts) + len(dc),
        len(carries) + len(dk),
        len(xs) + len(dx),
        body.has_index,
    )
    return joint, t_ys


SCAN.jvp = _jvp

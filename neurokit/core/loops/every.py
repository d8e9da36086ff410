"""A loop that records every k-th step: a loop over stretches of k steps, the last of each recording.

A stretch is the body in a loop of k - 1 steps that record nothing, and once more by itself. The steps and
their order are those of the plain loop, so are the numbers; gradients, batches and files are those of
nested loops.
"""

from ..graph import INT64, Detached, literal
from ..primitives import elementwise as ew
from ..primitives.shaping import concatenate, reshape
from .body import Body, bind_scan
from .reverse import is_count
from .segments import Stretch, part, unfold


def bind_every(body, length, reverse, checkpoint, args, every, always):
    """Like `bind_scan`; y k has a row per step where always[k], else one per `every` steps.

    Recorded are the steps every, 2 every, ... in the order in which they run; rows stand in the order of
    the xs.
    """
    n, rest = divmod(length, every)
    first, tail = (rest, 0) if reverse else (0, n * every)
    first_x = body.n_const + body.n_carry
    consts, inits = list(args[: body.n_const]), list(args[body.n_const : first_x])
    xs = list(args[first_x : first_x + body.n_x])
    at = [ew.add(args[-1], k) for k in (first, tail)] if body.has_index else []
    zero = [literal(0, INT64)] if body.has_index else []
    folded = [reshape(x, (n, every, *x.shape[1:])) for x in part(xs, first, n * every)]
    outs = bind_scan(
        _stretches(body, every, reverse, checkpoint, always),
        n,
        reverse,
        max(1, checkpoint // every) if is_count(checkpoint) else checkpoint,
        consts + at[:1] + inits + folded + zero,
    )
    ends, ys = outs[: body.n_carry], outs[body.n_carry :]
    ys = [unfold([y])[0] if whole else y for y, whole in zip(ys, always)]
    if not rest:
        return ends + ys
    outs = bind_scan(body, rest, reverse, checkpoint, consts + ends + part(xs, tail, rest) + at[1:])
    for k, whole in enumerate(always):
        if whole:
            ys[k] = _joined(ys[k], outs[body.n_carry + k], reverse)
    return outs[: body.n_carry] + ys


def _joined(before, after, reverse):
    return concatenate((after, before) if reverse else (before, after), 0)


def _stretches(body, every, reverse, checkpoint, always):
    """The body over stretches of `every` steps."""
    key = ("every", every, reverse, str(checkpoint), tuple(always))
    if key not in body.derived:
        last, before = (0, 1) if reverse else (every - 1, 0)
        graph = Detached("a stretch of a loop")
        with graph:
            stretch = Stretch(graph, body, every)
            carries = [stretch.new(n) for n in body.carries]
            xs = [stretch.folded(n) for n in body.xs]
            offset = stretch.index()
            outs = bind_scan(
                body,
                every - 1,
                reverse,
                checkpoint,
                stretch.consts
                + carries
                + part(xs, before, every - 1)
                + [ew.add(i, before) for i in offset],
            )
            x = [reshape(row, row.shape[1:]) for row in part(xs, last, 1)]
            final = body.inline(
                stretch.consts + outs[: body.n_carry] + x + [ew.add(i, last) for i in offset]
            )
            for k, whole in enumerate(always, body.n_carry):
                if whole:
                    row = reshape(final[k], (1, *final[k].shape))
                    final[k] = _joined(outs[k], row, reverse)
        consts = stretch.consts + stretch.base
        body.derived[key] = Body(
            consts + carries + xs + stretch.number,
            final,
            len(consts),
            body.n_carry,
            body.n_x,
            body.has_index,
        )
    return body.derived[key]

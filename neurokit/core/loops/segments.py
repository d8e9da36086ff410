"""A loop cut into segments: only the carries at their borders are kept, each segment runs twice."""

from ..graph import INT64, Detached, literal
from ..primitives import elementwise as ew
from ..primitives.shaping import concatenate, reshape, slice_
from .body import Body, bind_scan


def part(nodes, at, n):
    return [slice_(x, [(at, n, 1)] + [(0, d, 1) for d in x.shape[1:]]) for x in nodes]


def fold(nodes, k):
    return [reshape(x, (k, x.shape[0] // k) + x.shape[1:]) for x in nodes]


def unfold(nodes):
    return [reshape(x, (x.shape[0] * x.shape[1],) + x.shape[2:]) for x in nodes]


def in_segments(run, node, inits, xs, start, y_cts, segment):
    """The same loops inside a loop over segments; the last, shorter stretch stands apart."""
    split, loop = run.split, run.loop
    body, length, reverse = split.body, loop.length, loop.reverse
    k = length // segment
    rest = length - k * segment
    first, tail = (
        (rest, 0) if reverse else (0, k * segment)
    )  # where the folded part and the rest begin
    main_xs = fold(part(xs, first, k * segment), k)
    base = [run.offset if first == 0 else ew.add(run.offset, first)] if body.has_index else []
    zero = [literal(0, INT64)] if body.has_index else []
    outs = bind_scan(
        _outer_forward(split, segment, reverse),
        k,
        reverse,
        None,
        run.consts + base + inits + main_xs + zero,
    )
    ends, ys, borders = (
        outs[: body.n_carry],
        outs[body.n_carry : body.n_carry + body.n_y],
        outs[body.n_carry + body.n_y :],
    )
    ys = unfold(ys)
    key_node = outs[0].args[0]
    if rest:
        tail_outs, tail_saved = run.save(ends, part(xs, tail, rest), tail, rest)
        tail_ys = tail_outs[body.n_carry :]
        ys = [concatenate((b, a) if reverse else (a, b), 0) for a, b in zip(ys, tail_ys)]
        start, tail_cts = run.back(
            start, part(xs, tail, rest), tail_saved, part(y_cts, tail, rest), tail, rest
        )
        ends = tail_outs[: body.n_carry]
    node.swap = (key_node, tuple(ends + ys))
    back = bind_scan(
        _outer_backward(split, segment, reverse),
        k,
        not reverse,
        None,
        run.consts
        + base
        + list(start)
        + main_xs
        + borders
        + fold(part(y_cts, first, k * segment), k)
        + zero,
    )
    finals, x_cts = back[: len(split.starts)], unfold(back[len(split.starts) :])
    if rest:
        x_cts = [concatenate((b, a) if reverse else (a, b), 0) for a, b in zip(x_cts, tail_cts)]
    return finals, x_cts


class Stretch:
    """Inputs common to loops over stretches of another, and the offset of a stretch's first step."""

    def __init__(self, graph, body, length):
        self.graph, self.length = graph, length
        self.consts = [self.new(n) for n in body.consts]
        self.base = [graph.add_input((), INT64)] if body.has_index else []

    def new(self, node):
        return self.graph.add_input(node.shape, node.dtype)

    def folded(self, node):
        return self.graph.add_input((self.length,) + node.shape, node.dtype)

    def index(self):
        """The number of the stretch, and from it the inner loop's offset."""
        self.number = [self.graph.add_input((), INT64)] if self.base else []
        return [ew.add(self.base[0], ew.mul(self.number[0], self.length))] if self.base else []


def _outer_forward(split, segment, reverse):
    """Body over segments: run one segment, hand on the carries, keep those it began with."""
    body, key = split.body, ("outer forward", segment, reverse)
    if key not in body.derived:
        graph = Detached("a loop segment")
        with graph:
            stretch = Stretch(graph, body, segment)
            carries = [stretch.new(n) for n in body.carries]
            xs = [stretch.folded(n) for n in body.xs]
            outs = bind_scan(
                body, segment, reverse, None, stretch.consts + carries + xs + stretch.index()
            )
        consts = stretch.consts + stretch.base
        body.derived[key] = Body(
            consts + carries + xs + stretch.number,
            outs + carries,
            len(consts),
            body.n_carry,
            body.n_x,
            body.has_index,
        )
    return body.derived[key]


def _outer_backward(split, segment, reverse):
    """Body over segments, backwards: run the segment again saving, then back through it."""
    key = ("outer backward", segment, reverse)
    if key in split.back.derived:
        return split.back.derived[key]
    body = split.body
    graph = Detached("a loop segment")
    with graph:
        stretch = Stretch(graph, body, segment)
        start = [stretch.new(n) for n in split.starts]
        xs = [stretch.folded(n) for n in body.xs]
        borders = [stretch.new(n) for n in body.carries]
        y_cts = [stretch.folded(body.outputs[body.n_carry + k]) for k in split.ct_ys]
        offset = stretch.index()
        outs = bind_scan(
            split.saving, segment, reverse, None, stretch.consts + borders + xs + offset
        )
        saved = outs[body.n_carry + body.n_y :]
        ends, x_cts = split.run_back(
            stretch.consts,
            start,
            [xs[i] for i in split.read_xs] + saved + y_cts,
            offset,
            segment,
            not reverse,
            None,
        )
    consts = stretch.consts + stretch.base
    outer = Body(
        consts + start + xs + borders + y_cts + stretch.number,
        ends + x_cts,
        len(consts),
        len(start),
        len(xs) + len(borders) + len(y_cts),
        body.has_index,
    )
    split.back.derived[key] = outer
    return outer

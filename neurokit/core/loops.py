"""Loops as one node: the body is traced once, closed over what it captures, and differentiated.

A body's inputs are consts, carries, xs and (where asked for) the step's index; its outputs the
next carries and the ys. The gradient of a loop is two loops: one that runs forward again and
saves what the backward one cannot cheaply recompute, and one that runs back. Under a checkpoint
plan both sit inside a loop over segments, and only the carries at segment borders are kept.
"""

import math

import numpy as np

from . import elementwise as ew
from .autodiff import backward, forward
from .graph import INT64, PROJ, Graph, Primitive, bind_multi, literal, reachable, replay
from .shaping import concatenate, full, reshape, slice_
from .structure import structure

AUTO_BUDGET = 64 << 20  # bytes of saved values above which "auto" cuts a loop into segments


class Body:
    """A closed loop body: input nodes, output nodes and how many of each kind."""

    def __init__(self, inputs, outputs, n_const, n_carry, n_x, has_index):
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.n_const, self.n_carry, self.n_x, self.has_index = n_const, n_carry, n_x, has_index
        self._key = self._program = None
        self.derived = {}  # bodies derived from this one, by what was asked

    @property
    def n_y(self):
        return len(self.outputs) - self.n_carry

    @property
    def consts(self):
        return self.inputs[: self.n_const]

    @property
    def carries(self):
        return self.inputs[self.n_const : self.n_const + self.n_carry]

    @property
    def xs(self):
        return self.inputs[self.n_const + self.n_carry : self.n_const + self.n_carry + self.n_x]

    @property
    def index(self):
        return self.inputs[-1] if self.has_index else None

    @property
    def structural(self):
        """What tells this body from others in the cache of programs."""
        if self._key is None:
            self._key = (
                structure(self.outputs, self.inputs),
                self.n_const,
                self.n_carry,
                self.n_x,
                self.has_index,
            )
        return self._key

    def program(self):
        if self._program is None:
            from .lower import compile_program

            carries = [(self.n_const + i, i) for i in range(self.n_carry)]
            known = _programs.get(self.structural)
            if known is None:
                if len(_programs) > 512:
                    _programs.clear()
                known = _programs[self.structural] = compile_program(
                    self.inputs, self.outputs, carries
                )
            self._program = known
        return self._program

    def inline(self, values):
        """The outputs for given input nodes, bound in the current graph."""
        return replay(self.outputs, dict(zip(self.inputs, values)))


_programs = {}


class Loop:
    """The static half of a scan node's parameters."""

    __slots__ = ("body", "length", "reverse", "checkpoint")

    def __init__(self, body, length, reverse, checkpoint):
        self.body, self.length, self.reverse, self.checkpoint = body, length, reverse, checkpoint

    @property
    def structural(self):
        return ("loop", self.body.structural, self.length, self.reverse)


def _infer(args, params):
    loop = params[0]
    body = loop.body
    carries = [(c.shape, c.dtype) for c in body.carries]
    return carries + [((loop.length,) + y.shape, y.dtype) for y in body.outputs[body.n_carry :]]


def bind_scan(body, length, reverse, checkpoint, args):
    """args: nodes for consts, first carries, xs and, where the body has an index, its offset."""
    return bind_multi(SCAN, tuple(args), (Loop(body, length, reverse, checkpoint),))


def _twin(params, *args):
    """The loop in Python, step by step, each step by the twins of its nodes."""
    from .reference import run_nodes

    loop = params[0]
    body = loop.body
    consts = args[: body.n_const]
    carry = list(args[body.n_const : body.n_const + body.n_carry])
    xs = args[body.n_const + body.n_carry : body.n_const + body.n_carry + body.n_x]
    rows = [None] * loop.length
    for t in range(loop.length)[::-1] if loop.reverse else range(loop.length):
        index = [np.asarray(args[-1] + t)] if body.has_index else []
        out = run_nodes(
            body.outputs, dict(zip(body.inputs, [*consts, *carry, *[x[t] for x in xs], *index]))
        )
        carry, rows[t] = out[: body.n_carry], out[body.n_carry :]
    ys = [
        np.stack([row[k] for row in rows]) if rows else np.zeros((0,) + y.shape, y.dtype)
        for k, y in enumerate(body.outputs[body.n_carry :])
    ]
    return list(carry) + ys


def _lower(node, low):
    """Drop what nobody reads, then one instruction with the body's program inside."""
    loop = node.params[0]
    body = loop.body
    projections = {u.params[0]: u for u in low.users.get(node, ()) if u.prim is PROJ}
    keep = [k for k in range(body.n_y) if body.n_carry + k in projections]
    args = low.args(node)
    if len(keep) < body.n_y:
        body, args = _without(body, args, keep)
    outs = []
    wanted = list(range(body.n_carry)) + [node.params[0].body.n_carry + k for k in keep]
    for i in wanted:
        if i in projections:
            outs.append(low.out(projections[i]))
        else:
            shape, dtype = node.aux[i]
            outs.append(low.scratch(shape, dtype))
    ins = [low.contiguous(a) for a in args]
    low.emit(
        "scan",
        outs,
        ins,
        node=node,
        subs=(body.program(),),
        ip=(
            body.n_const,
            body.n_carry,
            body.n_x,
            len(keep),
            loop.length,
            int(loop.reverse),
            int(body.has_index),
        ),
    )


def _without(body, args, keep):
    """The same loop recording only the ys in `keep`, and its arguments."""
    key = ("keep", tuple(keep))
    if key not in body.derived:
        outputs = body.outputs[: body.n_carry] + [body.outputs[body.n_carry + k] for k in keep]
        used = set(reachable(outputs))
        alive = [
            n in used or body.n_const <= i < body.n_const + body.n_carry
            for i, n in enumerate(body.inputs)
        ]
        inputs = [n for n, a in zip(body.inputs, alive) if a]
        first_x = body.n_const + body.n_carry
        body.derived[key] = (
            alive,
            Body(
                inputs,
                outputs,
                sum(alive[: body.n_const]),
                body.n_carry,
                sum(alive[first_x : first_x + body.n_x]),
                body.has_index and alive[-1],
            ),
        )
    alive, smaller = body.derived[key]
    return smaller, [a for a, use in zip(args, alive) if use]


# ---------------------------------------------------------------------------- reverse mode


class _Split:
    """What the gradient of one body needs: a forward body that saves, a backward body that uses."""

    def __init__(self, body, needs, ct_ys):
        self.body = body
        self.active = _active_carries(body, needs)
        self.consts = [i for i in range(body.n_const) if needs[i] and body.inputs[i].is_float]
        first_x = body.n_const + body.n_carry
        self.xs = [i for i in range(body.n_x) if needs[first_x + i] and body.xs[i].is_float]
        self.ct_ys = [k for k in ct_ys if body.outputs[body.n_carry + k].is_float]
        self._joint()
        self._choose_saved()
        self._build()

    def _joint(self):
        """Forward and backward of one step in one graph, so that they share what they can."""
        body = self.body
        graph = Graph(abstract=True, what="the gradient of a loop body")
        with graph:
            ins = [graph.add_input(n.shape, n.dtype) for n in body.inputs]
            for new, old in zip(ins, body.inputs):
                new.where = old.where
            outs = body.inline(ins)
            self.forward_nodes = set(reachable(outs))
            self.ct_carry = [
                graph.add_input(body.carries[i].shape, body.carries[i].dtype) for i in self.active
            ]
            self.ct_y = [
                graph.add_input(outs[body.n_carry + k].shape, outs[body.n_carry + k].dtype)
                for k in self.ct_ys
            ]
            targets = (
                [ins[body.n_const + i] for i in self.active]
                + [ins[i] for i in self.consts]
                + [ins[body.n_const + body.n_carry + i] for i in self.xs]
            )
            out_nodes = [outs[i] for i in self.active] + [
                outs[body.n_carry + k] for k in self.ct_ys
            ]
            grads = _backward_merged(out_nodes, self.ct_carry + self.ct_y, targets)
            grads = [full(t.shape, 0, t.dtype) if g is None else g for g, t in zip(grads, targets)]
        self.ins, self.outs, self.grads = ins, outs, grads

    def _choose_saved(self):
        """Walk back from the gradients: inputs are re-read, dear results saved, cheap ones redone."""
        body = self.body
        step_inputs = set(self.ins[body.n_const :])
        varies = set(step_inputs)
        for node in reachable(self.outs):
            if any(a in varies for a in node.args):
                varies.add(node)
        carries = {n: i for i, n in enumerate(self.ins[body.n_const : body.n_const + body.n_carry])}
        saved_carries, residuals, seen, stack = set(), [], set(), list(self.grads)
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node in carries:
                saved_carries.add(carries[node])
                continue
            dear = not node.prim.cheap or node.prim is PROJ and not node.args[0].prim.cheap
            if node in self.forward_nodes and node in varies and node.args and dear:
                residuals.append(node)
                continue
            stack.extend(node.args)
        self.saved_carries = sorted(saved_carries)
        self.residuals = sorted(residuals, key=lambda n: n.id)

    def _build(self):
        body = self.body
        keep = [self.ins[body.n_const + i] for i in self.saved_carries] + self.residuals
        self.saving = Body(
            self.ins, self.outs + keep, body.n_const, body.n_carry, body.n_x, body.has_index
        )
        self.saved_bytes = sum(n.nbytes for n in keep)
        used = set(reachable(self.grads))
        self.read_xs = [
            i for i in range(body.n_x) if self.ins[body.n_const + body.n_carry + i] in used
        ]
        graph = Graph(abstract=True, what="the gradient of a loop body")
        with graph:

            def new(node):
                return graph.add_input(node.shape, node.dtype)

            mapping = {}
            consts = [mapping.setdefault(n, new(n)) for n in self.ins[: body.n_const]]
            cts = [mapping.setdefault(n, new(n)) for n in self.ct_carry]
            sums = [new(self.ins[i]) for i in self.consts]
            xs = [
                mapping.setdefault(
                    self.ins[body.n_const + body.n_carry + i],
                    new(self.ins[body.n_const + body.n_carry + i]),
                )
                for i in self.read_xs
            ]
            saved = [
                mapping.setdefault(self.ins[body.n_const + i], new(self.ins[body.n_const + i]))
                for i in self.saved_carries
            ]
            saved += [mapping.setdefault(n, new(n)) for n in self.residuals]
            ct_ys = [mapping.setdefault(n, new(n)) for n in self.ct_y]
            index = [mapping.setdefault(self.ins[-1], new(self.ins[-1]))] if body.has_index else []
            grads = replay(self.grads, mapping)
            n_active, n_sum = len(self.active), len(self.consts)
            totals = [ew.add(g, s) for g, s in zip(grads[n_active : n_active + n_sum], sums)]
            outs = grads[:n_active] + totals + grads[n_active + n_sum :]
        inputs = consts + cts + sums + xs + saved + ct_ys + index
        self.back = Body(
            inputs,
            outs,
            body.n_const,
            n_active + n_sum,
            len(xs) + len(saved) + len(ct_ys),
            body.has_index,
        )


def _backward_merged(outputs, cotangents, wrt):
    """`backward` where one node may be several outputs, or an output may be an input itself."""
    merged, order = {}, []
    for node, ct in zip(outputs, cotangents):
        if node in merged:
            merged[node] = ew.add(merged[node], ct)
        else:
            merged[node] = ct
            order.append(node)
    return backward(order, [merged[n] for n in order], wrt)


def _active_carries(body, needs):
    """Carries that depend on something to be differentiated, found as a fixed point."""
    active = {
        i for i in range(body.n_carry) if needs[body.n_const + i] and body.carries[i].is_float
    }
    sources = {n for n, need in zip(body.inputs, needs) if need and n.is_float}
    while True:
        live = sources | {body.carries[i] for i in active}
        for node in reachable(body.outputs):
            if (
                any(a in live for a in node.args)
                and (node.is_float or node.aux is not None)
                and node.prim.name != "stop_gradient"
            ):
                live.add(node)
        grown = {
            i for i in range(body.n_carry) if body.outputs[i] in live and body.carries[i].is_float
        } | active
        if grown == active:
            return sorted(active)
        active = grown


def _segment_length(plan, length, bytes_per_step, carry_bytes):
    """Steps between saved carries, or None to save every step."""
    if plan is None or plan is False:
        return None
    if isinstance(plan, (int, np.integer)) and plan is not True:
        return min(int(plan), length) if plan < length else None
    budget = AUTO_BUDGET if plan in ("auto", True) else parse_bytes(plan)
    if length * bytes_per_step <= budget or length < 4:
        return None
    best = max(1, round(math.sqrt(length * max(carry_bytes, 1) / max(bytes_per_step, 1))))
    best = min(max(best, 2), length)
    for near in range(best, min(2 * best, length) + 1):
        if length % near == 0:
            return near
    return best


def parse_bytes(text):
    """'512MB' -> 512 * 2**20."""
    units = {"B": 0, "KB": 10, "MB": 20, "GB": 30, "TB": 40}
    number = str(text).rstrip("BKMGTbkmgt").strip()
    unit = str(text)[len(number) :].strip().upper()
    try:
        return int(float(number) * (1 << units[unit]))
    except (ValueError, KeyError):
        raise ValueError(
            f"checkpoint: wanted 'auto', None, a number of steps or bytes such as '512MB', "
            f"got {text!r}"
        ) from None


def _vjp(cts, node, args, params, needs):
    loop = params[0]
    body = loop.body
    ct_ys = tuple(k for k in range(body.n_y) if cts[body.n_carry + k] is not None)
    key = ("vjp", tuple(needs), ct_ys)
    if key not in body.derived:
        body.derived[key] = _Split(body, needs, ct_ys)
    split = body.derived[key]
    consts = list(args[: body.n_const])
    inits = list(args[body.n_const : body.n_const + body.n_carry])
    xs = list(args[body.n_const + body.n_carry : body.n_const + body.n_carry + body.n_x])
    offset = args[-1] if body.has_index else None
    start = [
        cts[i] if cts[i] is not None else full(body.carries[i].shape, 0, body.carries[i].dtype)
        for i in split.active
    ]
    start += [full(consts[i].shape, 0, consts[i].dtype) for i in split.consts]
    y_cts = [cts[body.n_carry + k] for k in split.ct_ys]
    carry_bytes = sum(c.nbytes for c in body.carries)
    segment = _segment_length(loop.checkpoint, loop.length, split.saved_bytes, carry_bytes)
    run = _Pieces(split, loop, consts, offset)
    if segment is None or loop.length == 0:
        outs, saved = run.save(inits, xs, 0, loop.length)
        node.swap = (outs[0].args[0] if outs else None, tuple(outs)) if outs else None
        ends, x_cts = run.back(start, xs, saved, y_cts, 0, loop.length)
    else:
        ends, x_cts = _in_segments(run, node, inits, xs, start, y_cts, segment)
    n_active = len(split.active)
    result = [None] * len(args)
    for i, g in zip(split.consts, ends[n_active:]):
        result[i] = g
    for i, g in zip(split.active, ends[:n_active]):
        result[body.n_const + i] = g
    for i, g in zip(split.xs, x_cts):
        result[body.n_const + body.n_carry + i] = g
    return result


class _Pieces:
    """Runs stretches [at, at + n) of a loop, forward with saving or backward."""

    def __init__(self, split, loop, consts, offset):
        self.split, self.loop, self.consts, self.offset = split, loop, consts, offset

    def _index(self, at):
        if self.offset is None:
            return []
        return [self.offset if at == 0 else ew.add(self.offset, at)]

    def save(self, carries, xs, at, n):
        body = self.split.body
        outs = bind_scan(
            self.split.saving,
            n,
            self.loop.reverse,
            self.loop.checkpoint,
            self.consts + carries + xs + self._index(at),
        )
        k = body.n_carry + body.n_y
        return outs[:k], outs[k:]

    def plain(self, carries, xs, at, n):
        return bind_scan(
            self.split.body,
            n,
            self.loop.reverse,
            None,
            self.consts + carries + xs + self._index(at),
        )

    def back(self, start, xs, saved, y_cts, at, n):
        split = self.split
        outs = bind_scan(
            split.back,
            n,
            not self.loop.reverse,
            self.loop.checkpoint,
            self.consts + start + [xs[i] for i in split.read_xs] + saved + y_cts + self._index(at),
        )
        return outs[: split.back.n_carry], outs[split.back.n_carry :]


def _part(nodes, at, n):
    return [slice_(x, [(at, n, 1)] + [(0, d, 1) for d in x.shape[1:]]) for x in nodes]


def _fold(nodes, k):
    return [reshape(x, (k, x.shape[0] // k) + x.shape[1:]) for x in nodes]


def _unfold(nodes):
    return [reshape(x, (x.shape[0] * x.shape[1],) + x.shape[2:]) for x in nodes]


def _in_segments(run, node, inits, xs, start, y_cts, segment):
    """The same loops inside a loop over segments; the last, shorter stretch stands apart."""
    split, loop = run.split, run.loop
    body, length, reverse = split.body, loop.length, loop.reverse
    k = length // segment
    rest = length - k * segment
    first, tail = (
        (rest, 0) if reverse else (0, k * segment)
    )  # where the folded part and the rest begin
    main_xs = _fold(_part(xs, first, k * segment), k)
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
        outs[-body.n_carry :],
    )
    ys = _unfold(ys)
    key_node = outs[0].args[0]
    if rest:
        tail_outs, tail_saved = run.save(ends, _part(xs, tail, rest), tail, rest)
        tail_ys = tail_outs[body.n_carry :]
        ys = [concatenate((b, a) if reverse else (a, b), 0) for a, b in zip(ys, tail_ys)]
        start, tail_cts = run.back(
            start, _part(xs, tail, rest), tail_saved, _part(y_cts, tail, rest), tail, rest
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
        + _fold(_part(y_cts, first, k * segment), k)
        + zero,
    )
    finals, x_cts = back[: split.back.n_carry], _unfold(back[split.back.n_carry :])
    if rest:
        x_cts = [concatenate((b, a) if reverse else (a, b), 0) for a, b in zip(x_cts, tail_cts)]
    return finals, x_cts


class _Segment:
    """Inputs common to both outer bodies, and the offset of a segment's first step."""

    def __init__(self, graph, split, length):
        self.graph, self.length, self.body = graph, length, split.body
        self.consts = [self.new(n) for n in split.body.consts]
        self.base = [graph.add_input((), INT64)] if split.body.has_index else []

    def new(self, node):
        return self.graph.add_input(node.shape, node.dtype)

    def folded(self, node):
        return self.graph.add_input((self.length,) + node.shape, node.dtype)

    def index(self):
        """The number of the segment, and from it the inner loop's offset."""
        self.number = [self.graph.add_input((), INT64)] if self.base else []
        return [ew.add(self.base[0], ew.mul(self.number[0], self.length))] if self.base else []


def _outer_forward(split, segment, reverse):
    """Body over segments: run one segment, hand on the carries, keep those it began with."""
    body, key = split.body, ("outer forward", segment, reverse)
    if key not in body.derived:
        graph = Graph(abstract=True, what="a loop segment")
        with graph:
            part = _Segment(graph, split, segment)
            carries = [part.new(n) for n in body.carries]
            xs = [part.folded(n) for n in body.xs]
            outs = bind_scan(
                body, segment, reverse, None, part.consts + carries + xs + part.index()
            )
        consts = part.consts + part.base
        body.derived[key] = Body(
            consts + carries + xs + part.number,
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
    graph = Graph(abstract=True, what="a loop segment")
    with graph:
        part = _Segment(graph, split, segment)
        start = [part.new(n) for n in split.back.carries]
        xs = [part.folded(n) for n in body.xs]
        borders = [part.new(n) for n in body.carries]
        y_cts = [part.folded(body.outputs[body.n_carry + k]) for k in split.ct_ys]
        offset = part.index()
        outs = bind_scan(split.saving, segment, reverse, None, part.consts + borders + xs + offset)
        saved = outs[body.n_carry + body.n_y :]
        results = bind_scan(
            split.back,
            segment,
            not reverse,
            None,
            part.consts + start + [xs[i] for i in split.read_xs] + saved + y_cts + offset,
        )
    consts = part.consts + part.base
    outer = Body(
        consts + start + xs + borders + y_cts + part.number,
        results,
        len(consts),
        split.back.n_carry,
        len(xs) + len(borders) + len(y_cts),
        body.has_index,
    )
    split.back.derived[key] = outer
    return outer


# ---------------------------------------------------------------------------- forward mode


def _jvp(tangents, node, args, params):
    loop = params[0]
    body = loop.body
    needs = [t is not None for t in tangents]
    active = _active_carries(body, needs)
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
    graph = Graph(abstract=True, what="the tangent of a loop body")
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


SCAN = Primitive("scan", "multi", _infer, twin=_twin, vjp=_vjp, jvp=_jvp, lower=_lower, cheap=False)

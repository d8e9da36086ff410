"""The body of a loop, the loop as a node, and the instruction it becomes."""

import numpy as np

from ..graph import PROJ, Primitive, bind_multi, reachable, replay
from ..primitives.control import has_custom
from ..run.runtime import cached, run_options
from ..structure import structure


class Body:
    """A closed loop body: input nodes, output nodes and how many of each kind."""

    def __init__(self, inputs, outputs, n_const, n_carry, n_x, has_index):
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.n_const, self.n_carry, self.n_x, self.has_index = n_const, n_carry, n_x, has_index
        self._keys, self._programs = {}, {}
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
    def custom(self):
        """Whether a function with its own reverse rule is called in the body."""
        return has_custom(self.outputs)

    @property
    def draws(self):
        """Whether the body draws random numbers."""
        from ..transforms.batching import draws

        if "draws" not in self.derived:
            self.derived["draws"] = any(draws(node) for node in reachable(self.outputs))
        return self.derived["draws"]

    @property
    def structural(self):
        """What tells this body from others in the cache of programs."""
        lines = run_options.lines
        key = self._keys.get(lines)
        if key is None:
            key = self._keys[lines] = (
                structure(self.outputs, self.inputs, lines),
                self.n_const,
                self.n_carry,
                self.n_x,
                self.has_index,
            )
        return key

    def unstacked(self, args):
        """The arguments of a loop that its steps do not walk along."""
        first_x = self.n_const + self.n_carry
        return [*args[:first_x], *args[first_x + self.n_x :]]

    def program(self, bits=((), ())):
        """bits: numbers of the inputs, and of the outputs, that are bools kept as bits."""
        from ..run.lower import compile_program

        mode = run_options.lines, run_options.unfused, bits
        program = self._programs.get(mode)
        if program is None:
            carries = [(self.n_const + i, i) for i in range(self.n_carry)]
            program = self._programs[mode] = cached(
                ("body", self.structural, bits),
                lambda: compile_program(self.inputs, self.outputs, carries, bits),
            )
        return program

    def inline(self, values):
        """The outputs for given input nodes, bound in the current graph."""
        return replay(self.outputs, dict(zip(self.inputs, values)))


class Loop:
    """The static half of a scan node's parameters."""

    __slots__ = ("body", "length", "reverse", "checkpoint")

    def __init__(self, body, length, reverse, checkpoint):
        self.body, self.length, self.reverse, self.checkpoint = body, length, reverse, checkpoint

    @property
    def bodies(self):
        return (self.body,)

    @property
    def structural(self):
        return ("loop", self.body.structural, self.length, self.reverse, str(self.checkpoint))


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
    from ..run.reference import run_nodes

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
    outs, bits_out = [], []
    wanted = list(range(body.n_carry)) + [node.params[0].body.n_carry + k for k in keep]
    for number, i in enumerate(wanted):
        stack = low.records.stack(projections[i]) if number >= body.n_carry else None
        if stack is not None:
            outs.append(stack)
            bits_out.append(number)
        elif i in projections:
            outs.append(low.out(projections[i]))
        else:
            shape, dtype = node.aux[i]
            outs.append(low.scratch(shape, dtype))
    first_x = body.n_const + body.n_carry
    stacks = low.records.stacks
    bits_in = [k for k in range(first_x, first_x + body.n_x) if args[k] in stacks]
    ins = [stacks[a] if k in bits_in else low.contiguous(a) for k, a in enumerate(args)]
    low.emit(
        "scan",
        outs,
        ins,
        node=node,
        subs=(body.program((tuple(bits_in), tuple(bits_out))),),
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


SCAN = Primitive("scan", "multi", _infer, twin=_twin, lower=_lower, cheap=False)

"""The gradient of one step, split into what runs forward and saves and what runs backward.

Forward and backward of a step are written in one graph; what the backward half reads is either an
input (read again), dear (saved; the executor keeps booleans as bits) or cheap (done again).
"""

from ..graph import PROJ, Detached, reachable, replay
from ..primitives import elementwise as ew
from ..primitives.shaping import full
from ..run.records import stored_bytes
from ..transforms.autodiff import backward_merged
from .body import Body, bind_scan
from .stacked import products_of


class Split:
    """What the gradient of one body needs: a forward body that saves, a backward body that uses."""

    def __init__(self, body, needs, ct_ys):
        self.body = body
        self.active = active_carries(body, needs)
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
        graph = Detached("the gradient of a loop body")
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
            grads = backward_merged(out_nodes, self.ct_carry + self.ct_y, targets)
            grads = [full(t.shape, 0, t.dtype) if g is None else g for g, t in zip(grads, targets)]
        self.graph, self.ins, self.outs, self.grads = graph, ins, outs, grads

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
            source = (
                node.args[0] if node.prim is PROJ else node
            )  # it may be an output not asked for
            if (
                source in self.forward_nodes
                and source in varies
                and source.args
                and not source.prim.cheap
            ):
                residuals.append(node)
                continue
            stack.extend(node.args)
        residuals = sorted(residuals, key=lambda n: n.id)
        self.saved = [self.ins[body.n_const + i] for i in sorted(saved_carries)] + residuals

    def _build(self):
        body = self.body
        self.saving = Body(
            self.ins, self.outs + self.saved, body.n_const, body.n_carry, body.n_x, body.has_index
        )
        used = set(reachable(self.grads))
        self.read_xs = [
            i for i in range(body.n_x) if self.ins[body.n_const + body.n_carry + i] in used
        ]
        graph = Detached("the gradient of a loop body")
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
            saved = [new(n) for n in self.saved]
            mapping.update(zip(self.saved, saved))
            ct_ys = [mapping.setdefault(n, new(n)) for n in self.ct_y]
            index = [mapping.setdefault(self.ins[-1], new(self.ins[-1]))] if body.has_index else []
            grads = replay(self.grads, mapping)
            n_active, n_sum = len(self.active), len(self.consts)
            by_const = grads[n_active : n_active + n_sum]
            self.stacked = [products_of(g) for g in by_const]
            stepwise = [k for k, s in enumerate(self.stacked) if s is None]
            totals = [ew.add(by_const[k], sums[k]) for k in stepwise]
            given = xs + saved + ct_ys
            self.recorded = []  # what only the sums over all steps need
            for node in [n for s in self.stacked if s is not None for n in s.sources]:
                if node not in given and node not in self.recorded:
                    self.recorded.append(node)
            outs = grads[:n_active] + totals + grads[n_active + n_sum :] + self.recorded
        self.given = given
        self.starts = cts + sums
        inputs = consts + cts + [sums[k] for k in stepwise] + given + index
        self.back = Body(
            inputs, outs, body.n_const, n_active + len(stepwise), len(given), body.has_index
        )
        self.saved_bytes = sum(map(stored_bytes, self.saved + self.recorded))

    def run_back(self, consts, start, given, index, length, reverse, checkpoint):
        """The backward loop over one stretch.

        start : nodes like `starts`: cotangents of the last carries, sums so far of the consts
        given : stacks of the inputs read again, the saved values and the cotangents of the ys

        Returns the same as `start` at the other end, and the cotangents of the xs.
        """
        n_active = len(self.active)
        sums = start[n_active:]
        stepwise = [s for s, stacked in zip(sums, self.stacked) if stacked is None]
        outs = bind_scan(
            self.back,
            length,
            reverse,
            checkpoint,
            consts + start[:n_active] + stepwise + given + index,
        )
        n_carry, n_x = self.back.n_carry, len(self.xs)
        stacks = dict(zip(self.given, given))
        stacks.update(zip(self.recorded, outs[n_carry + n_x :]))
        totals = iter(outs[n_active:n_carry])
        ends = [
            next(totals) if stacked is None else stacked.total(s, stacks, reverse)
            for s, stacked in zip(sums, self.stacked)
        ]
        return outs[:n_active] + ends, outs[n_carry : n_carry + n_x]


def active_carries(body, needs):
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

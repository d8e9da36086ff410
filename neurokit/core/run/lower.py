"""From nodes to a flat program: schedule, fuse elementwise groups, place values in buffers.

Elementwise nodes of one shape that no other kind of node separates run as one `fused`
instruction, or with reductions of their values as one `fold` (folds.py). A node's *phase* counts
the separations on the longest path to it; kernels of a phase run before its elementwise groups.
Views cost nothing: they are operands with strides.
"""

import numpy as np

from ... import _core
from ..errors import lines_text, where_text
from ..graph import INPUT, LITERAL, PROJ, args_of, reachable, swaps
from ..primitives.complexes import COMPLEX, part_view
from ..primitives.shaping import BROADCAST, RESHAPE
from ..views import View, c_strides, stretch
from .folds import find_folds, parameters, written
from .groups import OPERANDS, group_end, micro_program
from .records import UINT8, Records, n_bytes
from .rows import by_rows
from .runtime import run_options
from .sharing import UPDATES, WHOLE, behind, is_update_chain, may_lie_over

_NAMES = (
    "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float32 float64 complex64 complex128"
)
DTYPES = {np.dtype(name): i for i, name in enumerate(_NAMES.split())}  # the core's numbers


class NotInPlace(Exception):
    """A carry that was to be updated in place is read after its update."""


def compile_program(inputs, outputs, carries=(), bits=((), ())):
    """Program computing `outputs` from `inputs` (lists of nodes).

    carries: (input number, output number) pairs that may share memory: the state of a loop.
    bits: numbers of the inputs, and of the outputs, that are bools kept as bits.
    """
    outputs = [behind(o) for o in outputs]
    after = [outputs[j] for _, j in carries]
    candidates = {
        i: j
        for i, j in carries
        if (after if outputs[j].prim.kind == "elementwise" else outputs).count(outputs[j]) == 1
        and (is_update_chain(inputs[i], outputs[j]) or may_lie_over(inputs[i], outputs[j]))
    }
    while True:
        lowering = Lowering(inputs, outputs, candidates, [i for i, _ in carries], bits)
        try:
            return lowering.program()
        except NotInPlace as error:
            del candidates[error.args[0]]


class Lowering:
    """One pass over a graph, from nodes to buffers and instructions."""

    def __init__(self, inputs, outputs, inout, carries, bits):
        self.inputs, self.outputs, self.inout = inputs, outputs, inout
        self.swapped, self.known_args = swaps(outputs), {}
        self.order = reachable(outputs, args=self.args)
        self.buffers, self.instrs, self.views, self.made = [], [], {}, {}
        self.done, self.constants, self.texts = set(), {}, {}
        self.overlay = {
            outputs[j]: i for i, j in inout.items() if outputs[j].prim.kind == "elementwise"
        }
        self.chunk = ()  # the elementwise nodes being emitted
        self.holder = {}  # carry -> the last update made in its memory
        self.records = Records(self, carries, bits)
        self._place_inputs()
        self._schedule()
        self._place_outputs()

    def args(self, node):
        args = self.known_args.get(node)
        if args is None:
            args = args_of(node, self.swapped) if self.swapped else node.args
            args = self.known_args[node] = tuple([behind(a) for a in args])
        return args

    # ------------------------------------------------------------------ buffers

    def buffer(self, *row):
        self.buffers.append(row)
        return len(self.buffers) - 1

    def output_buffer(self, j, dtype, shape):
        return self.buffer("out", j, DTYPES[dtype], shape)

    def _whole(self, buffer, node):
        return View(buffer, node.dtype, 0, node.shape, c_strides(node.shape, node.dtype))

    def _place_inputs(self):
        for k, node in enumerate(self.inputs):
            if k in self.inout:
                buffer = self.buffer("inout", k, self.inout[k], DTYPES[node.dtype], node.shape)
            elif k in self.records.bits_in:
                shape = (n_bytes(node.size),)
                self.records.place(node, self.buffer("in", k, DTYPES[UINT8], shape))
                continue
            else:
                buffer = self.buffer("in", k, DTYPES[node.dtype], node.shape)
            self.views[node] = self._whole(buffer, node)

    def strip(self, node):
        """The node whose memory `node` is, for views that keep all elements in order."""
        while node.prim.name in WHOLE or node.prim is RESHAPE:
            if node.prim is PROJ and self.args(node)[0].aux is not None:
                return node
            node = self.args(node)[0]
        return node

    def _place_outputs(self):
        self.out_of, self.finish = {}, []
        shared = {j: i for i, j in self.inout.items()}
        for j, node in enumerate(self.outputs):
            root = self.strip(node)
            if j in shared or j in self.records.bits_out or self.records.besides(j):
                continue
            if (
                root.prim in (INPUT, LITERAL)
                or root.prim.kind == "view"
                and root.prim is not PROJ
                or root in self.out_of
                or root in self.overlay
                or self._updates_input(root)
            ):
                self.finish.append((j, node))
            else:
                self.out_of[root] = j

    def _updates_input(self, node):
        """An update that will take over a buffer not its own cannot choose an output's memory."""
        while node.prim.name in UPDATES:
            node = self.args(node)[0]
            if node in self.views:
                return True
        return False

    def out(self, node):
        """A contiguous place for the value of `node`."""
        carry = self.overlay.get(node)
        if carry is not None:
            return self._over(node, carry)
        j = self.out_of.get(node)
        if j is not None:
            buffer = self.output_buffer(j, node.dtype, self.outputs[j].shape)
        else:
            buffer = self.buffer("tmp", max(node.nbytes, 1))
        view = self._whole(buffer, node)
        self.views[node] = view
        return view

    def _place(self, node):
        """Where an elementwise node writes: the part of a complex array that it is, or `out`."""
        if node not in self.part_of:
            return self.out(node)
        whole, part = self.part_of[node]
        self.views[node] = part_view(self.views.get(whole) or self.out(whole), part)
        return self.views[node]

    def _over(self, node, carry):
        """The memory of a carry for its own next value, if nobody reads the old one any more."""
        source = self.inputs[carry]
        latest = self.holder.get(carry, source)  # what lies in the carry's memory at present
        for user in [u for n in {source, latest} for u in self.readers.get(n, ())]:
            if user not in self.done and not (
                user in self.chunk
                and all(
                    a is latest or a.prim.kind != "view" or self._strip_views(a) is not latest
                    for a in self.args(user)
                )
            ):
                raise NotInPlace(carry)
        self.views[node] = self._whole(self.views[source].buffer, node)
        return self.views[node]

    def _strip_views(self, node):
        while node.prim.kind == "view" and not (
            node.prim is PROJ and self.args(node)[0].aux is not None
        ):
            node = self.args(node)[0]
        return node

    def scratch(self, shape, dtype):
        n = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        return View(self.buffer("tmp", max(n, 1)), dtype, 0, tuple(shape), c_strides(shape, dtype))

    def view(self, node):
        """Where the value of `node` lies."""
        path = [node]  # views of views may be thousands deep
        while path[-1] not in self.views and path[-1].prim.kind == "view":
            path.append(self.args(path[-1])[0])
        for n in reversed(path):
            if n not in self.views:
                self.views[n] = self._locate(n)
        return self.views[node]

    def _locate(self, node):
        """Where a value lies that no instruction makes; what it is a view of has its place."""
        if node.prim is LITERAL:
            return self._constant(node)
        if node.prim.kind == "view":
            base = self.views[self.args(node)[0]]
            if node.prim is PROJ and self.args(node)[0].aux is None:
                return base
            view = node.prim.lower(base, node)
            if view is None:
                copy = self.scratch(base.shape, base.dtype)
                self.emit("copy", [copy], [base], node=node)
                view = node.prim.lower(copy, node)
            return view
        if node in self.records.views or node in self.records.stacks:
            return self.records.unpacked(node)
        if node.size == 0:
            return self.out(node)
        raise RuntimeError(f"{node!r} is used before it is made")

    def once(self, key, make):
        """What `make()` gave when it was first asked for under this key."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def contiguous(self, node):
        view = self.view(node)
        if view.contiguous:
            return view
        copy = self.scratch(view.shape, view.dtype)
        if node.size:
            self.emit("copy", [copy], [view], node=node)
        return copy

    @staticmethod
    def flat(view, shape):
        return View(view.buffer, view.dtype, view.offset, shape, c_strides(shape, view.dtype))

    def constant(self, array):
        """A buffer that holds `array`."""
        return self.buffer("const", array)

    def _constant(self, node):
        value, dtype = node.params
        buffer = self.constants.get(node)
        if buffer is None:
            with np.errstate(over="ignore"):
                array = np.array(value, dtype)
            buffer = self.constants[node] = self.buffer("const", array)
        return View(buffer, dtype, 0, (), ())

    def apart(self, node, base, contiguous=False):
        """Where `node` lies, copied if that is in the memory of `base`, which is about to be written."""
        view = self.contiguous(node) if contiguous else self.view(node)
        if view.buffer != self.view(base).buffer or not node.size:
            return view
        copy = self.scratch(view.shape, view.dtype)
        self.emit("copy", [copy], [view], node=node)
        return copy

    def update(self, node, base):
        """The place of `node`, an update of `base`: the same memory where nobody reads `base` later."""
        root = base
        while root.prim.name in WHOLE or root.prim is RESHAPE:
            if root.prim is PROJ and self.args(root)[0].aux is not None:
                break
            root = self.args(root)[0]
        view = self.view(base)
        mine = root in self.owned and root not in self.shared
        carry = self._carry_of(root)
        free = all(user in self.done or user is node for user in self.readers.get(root, ()))
        if carry is not None and self.outputs[self.inout[carry]] in self.overlay and free:
            if view.contiguous and root is self.holder.get(carry, self.inputs[carry]):
                self.views[node] = self._whole(view.buffer, node)
                self.owned.add(node)
                self.carry_of[node], self.holder[carry] = carry, node
                return self.views[node]
        if carry is not None and self._on_chain(node, carry):
            if not (free and view.contiguous):
                raise NotInPlace(carry)
            self.views[node] = self._whole(view.buffer, node)
            self.owned.add(node)
            self.carry_of[node] = carry
            return self.views[node]
        if (
            mine
            and free
            and carry is None
            and view.contiguous
            and root not in self.kept
            and node not in self.out_of
        ):
            self.views[node] = self._whole(view.buffer, node)
            self.owned.add(node)
            return self.views[node]
        place = self.out(node)
        self.owned.add(node)
        if node.size:
            self.emit("copy", [place], [view], node=node)
        return place

    def _carry_of(self, root):
        if root in self.carry_of:
            return self.carry_of[root]
        if root.prim is INPUT:
            for i in self.inout:
                if self.inputs[i] is root:
                    return i
        return None

    def _on_chain(self, node, carry):
        target = self.outputs[self.inout[carry]]
        while target is not self.inputs[carry] and target not in self.overlay:
            if target is node:
                return True
            target = target.args[0]
        return False

    # ------------------------------------------------------------------ schedule

    def _schedule(self):
        """Phases of all nodes; calls and elementwise groups of each phase; who reads whom."""
        self.phase, settled = {}, {}
        self.calls, self.groups = {}, {}
        self.readers, self.owned, self.carry_of = {}, set(), {}
        users = {}
        for node in self.order:
            args, kind = self.args(node), node.prim.kind
            for a in args:
                users.setdefault(a, []).append(node)
            if kind == "source":
                self.phase[node], settled[node] = 0, True
                continue
            if kind == "elementwise":
                level = max([self.phase[a] for a in args], default=0)
                self.phase[node], settled[node] = level, False
                if node.size:
                    self.groups.setdefault(level, {}).setdefault(node.shape, []).append(node)
                continue
            if node.prim is BROADCAST:
                self.phase[node], settled[node] = self.phase[args[0]], settled[args[0]]
                continue
            level = max([self.phase[a] + (not settled[a]) for a in args], default=0)
            self.phase[node], settled[node] = level, True
            if kind != "view":
                self.calls.setdefault(level, []).append(node)
        self.users = users
        read_later = [o for j, o in enumerate(self.outputs) if not self.records.besides(j)]
        self.kept = {f(o) for o in read_later for f in (self.strip, self._strip_views)}
        for node in self.order:
            if node.prim.kind != "view" or node.prim is PROJ:
                self.readers[node] = self.readers_of(node)
        self._find_parts()

    def _find_parts(self):
        """Elementwise nodes that are written straight into the complex array they are a part of.

        Where others read such a part too, the array is not updated in place.
        """
        self.part_of, self.shared = {}, set()
        for node in self.order:
            if node.prim is not COMPLEX:
                continue
            for k, a in enumerate(self.args(node)):
                if a.prim.kind == "elementwise" and a not in self.kept and a not in self.part_of:
                    self.part_of[a] = node, k
                    if self.readers[a] != {node}:
                        self.shared.add(node)

    def readers_of(self, node):
        """The computing nodes that read the memory of `node`, through views."""
        found, stack = set(), [node]
        while stack:
            for user in self.users.get(stack.pop(), ()):
                if user.prim.kind == "view":
                    stack.append(user)
                else:
                    found.add(user)
        return found

    def program(self):
        last = max([*self.calls, *self.groups], default=-1)
        for level in range(last + 1):
            for node in self.calls.get(level, ()):
                if node in self.done:  # a reduction that a group has computed
                    continue
                node.prim.lower(node, self)
                self.done.add(node)
                self.owned.add(node)
            shapes = sorted(
                self.groups.get(level, {}).items(), key=lambda kv: (_size(kv[0]), len(kv[0]))
            )
            for shape, nodes in shapes:
                self._fuse(shape, nodes)
        for j, node in self.finish:
            view = View(
                self.output_buffer(j, node.dtype, node.shape),
                node.dtype,
                0,
                node.shape,
                c_strides(node.shape, node.dtype),
            )
            if node.size:
                self.check_unchanged(node)
                self.emit("copy", [view], [self.view(node)], node=node)
        for root, j in self.out_of.items():
            if root not in self.views:  # zero-size: a place without work
                self.output_buffer(j, root.dtype, self.outputs[j].shape)
        self.records.finish()
        instrs = self.instrs if run_options.unfused else by_rows(self.buffers, self.instrs)
        return _core.Program(self.buffers, instrs, len(self.inputs), len(self.outputs))

    def check_unchanged(self, node):
        """An output that is read at the end must not be in the memory of a carry updated before."""
        root = self._strip_views(node)
        carry = self._carry_of(root)
        if carry is not None and self.outputs[self.inout[carry]] is not root:
            raise NotInPlace(carry)

    # ------------------------------------------------------------------ instructions

    def emit(self, kernel, outs, ins, ip=(), fp=(), node=None, subs=(), text=None):
        self.instrs.append(
            (
                kernel,
                tuple(map(self._operand, outs)),
                tuple(map(self._operand, ins)),
                tuple(ip),
                tuple(fp),
                self._text(node) if text is None else text,
                tuple(subs),
            )
        )

    @staticmethod
    def _operand(view):
        return view.buffer, DTYPES[view.dtype], view.offset, view.shape, view.strides

    def _text(self, node):
        if node is None:
            return ""
        key = node.where, node.prim
        text = self.texts.get(key)
        if text is None:
            text = self.texts[key] = f"{where_text(node.where)} ({node.prim.name})"
        return text

    def _text_of_group(self, nodes):
        """The lines a group comes from, and how many operations it has."""
        if len(nodes) == 1:
            return self._text(nodes[0])
        return f"{lines_text({n.where for n in nodes})} ({len(nodes)} operations fused)"

    def _fuse(self, shape, nodes):
        """Emit the elementwise nodes of one phase and shape, cut where a group grows too large."""
        start = 0
        while start < len(nodes):
            stop = start + 1 if run_options.unfused else group_end(nodes, start, self)
            self._emit_group(shape, nodes[start:stop])
            start = stop

    def _emit_group(self, shape, nodes):
        """One instruction for these nodes, the reductions that fold into it, and what it records."""
        self.chunk = set(nodes)
        folds = [] if run_options.unfused else find_folds(nodes, self)
        bits = {} if folds else self.records.views
        ins, ip, index = micro_program(nodes, self.args, DTYPES, bits)
        results = written(nodes, folds, self)
        if len(ins) + len(results) + len(folds) > OPERANDS:
            folds, results = [], written(nodes, (), self)
        room = OPERANDS - len(ins) - len(results) - len(folds)
        besides = self.records.take(nodes, ins, shape, room, with_bits=not folds)
        results = written(nodes, folds, self)
        operands = [bits[a] if a in bits else stretch(self.view(a), shape) for a in ins]
        reduced = [fold.node for fold in folds]
        outs = [self._place(n) for n in results]
        more, values = self.records.write(besides, ip, index, len(ins))
        outs += more + [self.out(n) for n in reduced]
        ip += [index[n] for n in results] + values + [index[fold.value] for fold in folds]
        if folds:
            ip = parameters(shape, len(results) + len(more), folds, DTYPES) + ip
        text = self._text_of_group(nodes + reduced)
        self.emit("fold" if folds else "fused", outs, operands, ip=ip, text=text)
        self.done.update(nodes, reduced)
        self.owned.update(results, reduced)


def _size(shape):
    n = 1
    for d in shape:
        n *= d
    return n

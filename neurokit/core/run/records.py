"""What a group of operations writes besides its own values: bools as bits, carries as they were, values twice.

A bool may lie in memory as bits: eight elements in C order to a byte, lowest bit first, the rest of
the last byte 0. So do the stacks of bools that pass from loop to loop, such as the masks that the
gradient of a loop saves. Groups read and write bits as they are; whatever else reads them gets them
unpacked. A copy that a group writes as it goes costs a store; an instruction of its own would also keep
the loop from running tile by tile.
"""

import math

from ... import _core
from ..graph import BOOL, COMPUTED
from ..primitives.bits import PACK, UINT8
from ..views import View, c_strides

_LEAST = 8  # elements
_PACK = _core.elementwise_codes()["pack_bits"]


def has_bits(shape, dtype):
    """Whether the stacks of loops hold values of this kind as bits."""
    return dtype == BOOL and math.prod(shape) >= _LEAST


def n_bytes(n):
    """Bytes that n bits take."""
    return (n + 7) // 8


def stored_bytes(node):
    """Bytes that a loop's stack takes per step."""
    return n_bytes(node.size) if has_bits(node.shape, node.dtype) else node.nbytes


def packing(ip, packs, n_in):
    """A micro-program without outputs that also makes bits.

    ip : list of int, extended
    packs : list of (number of a bool value, number of elements)

    Returns the numbers of the new values.
    """
    at = 1 + 2 * ip[0]
    first = n_in + ip[0] + ip[at]
    ip[at] += len(packs)
    for value, n in packs:
        ip += [_PACK, 0, value, n, -1]
    return list(range(first, first + len(packs)))


class Records:
    """Outputs of one program that groups write besides, and values that are bits."""

    def __init__(self, low, carries, bits):
        """bits: numbers of the program's inputs, and of its outputs, that are bits."""
        self.low = low
        self.carries = {low.inputs[i] for i in carries}
        self.bits_in, self.bits_out = map(frozenset, bits)
        self.views = {}  # node -> its bits
        self.stacks = {}  # ys of a loop -> bits of each step, on bytes of their own
        self.wanted = {}  # node -> outputs that a group writes besides, not yet written
        self.last = []  # bits that no group can write
        self.roots = {}  # output -> what it is, or holds the bits of, behind reshapes
        self.absorbed = set()  # nodes that pack what a group writes as bits
        self._sort_outputs()

    def _sort_outputs(self):
        low, placed = self.low, set(self.low.overlay)
        in_place = set(low.inout.values())
        for j, node in enumerate(low.outputs):
            if j in in_place or not node.size:
                continue
            root = self.roots[j] = self._packed(j) or low.strip(node)
            if root.prim.kind == "elementwise":
                besides = j in self.bits_out or root in placed
                placed.add(root)
            else:
                besides = root in self.carries and root.dtype in COMPUTED
                besides = besides and low.inputs.index(root) not in self.bits_in
            if besides:
                self.wanted.setdefault(root, []).append(j)
            elif j in self.bits_out:
                self.last.append(j)

    def _packed(self, j):
        """What output j holds the bits of, if a group can pack it; output j then counts as bits."""
        low, node = self.low, self.low.strip(self.low.outputs[j])
        if node.prim is not PACK or node.params != ("little",):
            return None
        mask = low.args(node)[0]
        root = low.strip(mask)
        whole_bytes = mask.shape[-1] == mask.size or mask.shape[-1] % 8 == 0
        made = root.prim.kind == "elementwise" or root in self.carries
        if mask.dtype != BOOL or not whole_bytes or not made or self._is_read(j, node):
            return None
        self.bits_out |= {j}
        self.absorbed.add(node)
        low.done.add(node)
        return root

    def _is_read(self, j, root):
        """Whether anything but output j reads `root`, which it is a reshape of."""
        low, names = self.low, {root, self.low.outputs[j]}
        node = low.outputs[j]
        while node is not root:
            (node,) = low.args(node)
            names.add(node)
        return any(n not in names and names & set(low.args(n)) for n in low.order)

    def besides(self, j):
        """Whether a group shall write output j besides its values."""
        return j in self.wanted.get(self.roots.get(j), ())

    # ------------------------------------------------------------------ bits

    def place(self, node, buffer):
        """`node` lies in `buffer` as bits."""
        self.views[node] = View(buffer, UINT8, 0, (n_bytes(node.size),), (1,))

    def stack(self, node):
        """A place for the ys of a loop that only other loops read, step by step; None if it has none."""
        low, (length, *step) = self.low, node.shape
        if not length or not has_bits(step, node.dtype) or not self._is_only_scanned(node):
            return None
        self.stacks[node] = low.scratch((length, n_bytes(math.prod(step))), UINT8)
        return self.stacks[node]

    def _is_only_scanned(self, node):
        low = self.low
        return node not in low.kept and all(
            user.prim.name == "scan" and node not in user.params[0].body.unstacked(low.args(user))
            for user in low.users[node]
        )

    def unpacked(self, node):
        """The bools of a node that is bits, in memory of their own."""
        low = self.low
        bits = self.views.get(node) or self.stacks[node]
        rows = math.prod(bits.shape[:-1])
        whole, bits = low.scratch(node.shape, BOOL), low.flat(bits, (rows, bits.shape[-1]))
        low.emit("event_flags", [low.flat(whole, (rows, node.size // rows))], [bits], node=node)
        return whole

    # ------------------------------------------------------------------ writing

    def take(self, nodes, ins, shape, room, with_bits):
        """What a group of this shape writes besides: [(value, output)], at most `room`."""
        found = []
        for node in [*nodes, *ins] if self.wanted else ():
            numbers = self.wanted.get(node)
            if not numbers or node.shape != shape:
                continue
            if len(found) + len(numbers) <= room and (with_bits or not self.bits_out & {*numbers}):
                found += [(node, j) for j in self.wanted.pop(node)]
            else:
                self.low.kept.add(node)
        return found

    def write(self, found, ip, index, n_in):
        """(views, value numbers) of the outputs found; `ip` is the group's, without outputs."""
        packs = [(index[node], node.size) for node, j in found if j in self.bits_out]
        made = iter(packing(ip, packs, n_in))
        numbers = [next(made) if j in self.bits_out else index[node] for node, j in found]
        return [self._output(j, node.shape) for node, j in found], numbers

    def _output(self, j, shape):
        """Output j, seen in the shape of the group that writes it; bits have one axis."""
        node = self.low.outputs[j]
        dtype, own = node.dtype, node.shape
        if j in self.bits_out:
            shape = (n_bytes(math.prod(shape)),)
            dtype, own = UINT8, own if dtype == UINT8 else shape
        buffer = self.low.output_buffer(j, dtype, own)
        return View(buffer, dtype, 0, shape, c_strides(shape, dtype))

    def finish(self):
        """Write the outputs that no group wrote."""
        low = self.low
        for j in [*self.last, *(j for numbers in self.wanted.values() for j in numbers)]:
            node = self.roots[j] if j in self.bits_out else low.outputs[j]
            low.check_unchanged(node)
            if j in self.bits_out:
                flat = low.flat(low.contiguous(node), (node.size,))
                views, made = self.write([(node, j)], ip := [0, 0], {node: 0}, 1)
                low.emit("fused", views, [flat], ip=ip + made, node=node)
            else:
                low.emit("copy", [self._output(j, node.shape)], [low.view(node)], node=node)
        self.wanted.clear()

"""Reductions and the elementwise groups around them, run block of rows by block of rows.

Works on emitted instructions. A region is a set of them whose operands all fall into the same rows
(leading axes) and that pass values only within a row: softmax, layer norm. It becomes one
instruction `rows` that runs them all on a block of rows before it goes on to the next, so what one
writes the next finds in the cache, and values that nobody else reads need memory for one block only.
The bits are those of the separate instructions: elementwise groups do not depend on their length,
and a row is summed as a whole.
"""

from math import prod
from typing import NamedTuple

_REDUCTIONS = {"reduce_" + op for op in ("sum", "prod", "max", "min", "any", "all")}
_ITEM = (1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 8, 16)  # bytes, by number of the element type
_CACHE = 1 << 17  # bytes that one block may touch
_LEAST = 1 << 21  # bytes below which all instructions find their operands in the cache anyway
_TURN = 1 << 14  # bytes that make one turn worth its overhead
_SPLIT = 1 << 17  # elements that make several threads worth theirs
_WINDOW = 32  # instructions looked at behind the first one of a region
_SHORT_ROW = 16  # of csrc/kernels/reduce: rows that go by columns where there are many


class Access(NamedTuple):
    """An operand: element [i, j, ...] lies at offset + i outer + j row + (...) . strides."""

    buffer: int
    dtype: int
    offset: int
    outer: int
    row: int
    shape: tuple
    strides: tuple

    def span(self, n):
        """Bytes from the first to behind the last that n rows touch."""
        inner = sum((d - 1) * s for d, s in zip(self.shape, self.strides))
        return inner + _ITEM[self.dtype] + (n - 1) * self.row


def _merged(shape, strides):
    """The one stride of several axes walked in C order, or None."""
    step = expected = None
    for d, s in zip(reversed(shape), reversed(strides)):
        if d == 1:
            continue
        if expected is None:
            step = s
        elif s != expected:
            return None
        expected = s * d
    return 0 if step is None else step


def _leading(shape, n, start=0):
    """Where the leading axes end that make n, or None."""
    k, m = start, 1
    while m < n and k < len(shape):
        m *= shape[k]
        k += 1
    return k if m == n else None


def _access(operand, n_outer, n_row):
    buffer, dtype, offset, shape, strides = operand
    p = _leading(shape, n_outer)
    k = None if p is None else _leading(shape, n_row, p)
    if k is None or any(s < 0 or s % _ITEM[dtype] for s in strides):
        return None
    outer, row = _merged(shape[:p], strides[:p]), _merged(shape[p:k], strides[p:k])
    if outer is None or row is None:
        return None
    inner = tuple(s if d > 1 else 0 for d, s in zip(shape[k:], strides[k:]))
    return Access(buffer, dtype, offset, outer, row, tuple(shape[k:]), inner)


def _packed(a):
    """Are the elements of a row all next to each other?"""
    n, item = prod(a.shape), _ITEM[a.dtype]
    return a.row >= n * item and (n == 1 or _merged(a.shape, a.strides) == item)


def _is_large(kernel, ins):
    """Is it a reduction of much?"""
    reduces = kernel in _REDUCTIONS or (kernel == "fold" and ins)
    return reduces and 2 * prod(ins[0][3]) * _ITEM[ins[0][1]] >= _LEAST


def _reduced(instr):
    """(outputs, elements of each) of a reduction along rows, or None."""
    kernel, _, ins, ip, *_ = instr
    if kernel == "fold":
        p, r, q = ip[:3]
        return (p, r) if q == 1 else None
    kept = len(ins[0][3]) - ip[0]
    return prod(ins[0][3][:kept]), prod(ins[0][3][kept:])


def _fold_of_rows(ip, n_all, n, inner):
    """The parameters of a fold over n of its n_all rows, each of shape `inner`."""
    p, r, q, n_axes = ip[:4]
    return (p // n_all * n, r, q, 1 + len(inner), n, *inner, *ip[4 + n_axes :])


class _Region:
    """Instructions that run together; grown one by one."""

    def __init__(self, program, n_outer, n_row):
        self.program, self.n_outer, self.n_row = program, n_outer, n_row
        self.members, self.accesses = [], []
        self.written, self.read = {}, {}  # buffer -> its accesses
        self.late = set(), set()  # what instructions read and wrote that run after the region

    def _accesses(self, instr):
        kernel, outs, ins, ip, *_ = instr
        if not ins or (kernel not in ("fused", "fold") and kernel not in _REDUCTIONS):
            return None
        if kernel == "fused" and len({o[3] for o in outs + ins}) > 1:
            return None  # bits, which have no rows
        found = [_access(o, self.n_outer, self.n_row) for o in outs + ins]
        if None in found:
            return None
        if kernel == "fold":
            p, r, q = ip[:3]
            if p % (self.n_outer * self.n_row) or (q == 1 and r < _SHORT_ROW):
                return None
        elif kernel != "fused":
            a = found[1]
            if not _packed(a) or len(a.shape) < ip[0] or _reduced(instr)[1] < _SHORT_ROW:
                return None
        return found

    def _joins(self, n_out, accesses):
        """Does nothing that runs before or after the region stand in the way?"""
        late_reads, late_writes = self.late
        for a in accesses[n_out:]:
            if a.buffer in late_writes:
                return False
            for w in self.written.get(a.buffer, ()):
                if (a.outer, a.row) != (w.outer, w.row) or a.offset + a.span(1) > w.row:
                    return False
        for a in accesses[:n_out]:
            kind = self.program.buffers[a.buffer][0]
            if a.buffer in late_reads or a.buffer in late_writes or kind not in ("tmp", "out"):
                return False
            if a.buffer in self.written or a.buffer in self.read:
                return False
            packed = a.offset == 0 and _packed(a) and a.row == a.span(1)
            if not packed or (self.n_outer > 1 and a.outer != self.n_row * a.row):
                return False
        return True

    def offer(self, i):
        """Take instruction i, if it fits."""
        instr = self.program.instrs[i]
        n_out = len(instr[1])
        accesses = None if i in self.program.taken else self._accesses(instr)
        if accesses is not None and self._joins(n_out, accesses):
            known = self.written.keys() | self.read.keys()
            if not self.members or any(a.row and a.buffer in known for a in accesses):
                return self._take(i, n_out, accesses)
        self.late[0].update(o[0] for o in instr[2])
        self.late[1].update(o[0] for o in instr[1])
        return None

    def _take(self, i, n_out, accesses):
        self.members.append(i)
        self.accesses.append(accesses)
        for k, a in enumerate(accesses):
            (self.written if k < n_out else self.read).setdefault(a.buffer, []).append(a)

    # ------------------------------------------------------------------ as an instruction

    def block(self):
        """Rows of one turn, or None where the region is not worth it."""
        all_of = {**self.read, **self.written}
        bytes_of_row = sum(max(a.row for a in found) for found in all_of.values())
        block = min(max(_CACHE // max(bytes_of_row, 1), 1), self.n_row)
        worth = bytes_of_row * self.n_row * self.n_outer >= _LEAST
        return block if worth and bytes_of_row * block >= _TURN else None

    def _sub(self, n, ins, outs):
        """The program of n rows."""
        from ... import _core

        buffers, instrs, number = [], [], {}
        for k, a in enumerate(ins):
            number[a] = len(buffers)
            buffers.append(("in", k, a.dtype, (a.span(n) // _ITEM[a.dtype],)))
        for buffer, found in self.written.items():
            a = found[0]
            number[buffer] = len(buffers)
            if buffer in outs:
                size = a.span(n) // _ITEM[a.dtype]
                buffers.append(("out", outs.index(buffer), a.dtype, (size,)))
            else:
                buffers.append(("tmp", a.span(n)))

        def operand(a):
            place = (number[a.buffer], a.offset) if a.buffer in self.written else (number[a], 0)
            return place[0], a.dtype, place[1], (n, *a.shape), (a.row, *a.strides)

        for i, accesses in zip(self.members, self.accesses):
            kernel, out, _, ip, fp, text, _ = self.program.instrs[i]
            operands = [operand(a) for a in accesses]
            if kernel == "fold":
                ip = _fold_of_rows(ip, self.n_outer * self.n_row, n, accesses[-1].shape)
            instrs.append((kernel, operands[: len(out)], operands[len(out) :], ip, fp, text, ()))
        return _core.Program(buffers, instrs, len(ins), len(outs))

    def instruction(self, block):
        ins = list(dict.fromkeys(a for f in self.read.values() for a in f))
        ins = [a for a in ins if a.buffer not in self.written]
        inside = set(self.members)
        outs = [
            b
            for b in self.written
            if self.program.buffers[b][0] != "tmp" or self.program.users[b] - inside
        ]
        n_all = self.n_outer * self.n_row
        n_block, rest = divmod(self.n_row, block)
        subs = [self._sub(block, ins, outs)]
        if rest:
            subs.append(self._sub(rest, ins, outs))
        parallel = n_all * max(prod(a.shape) for f in self.accesses for a in f) > _SPLIT
        ip, operands = [self.n_outer, n_block, int(parallel)], []
        for a in [self.written[b][0] for b in outs] + ins:
            item = _ITEM[a.dtype]
            n_bytes = (self.n_outer - 1) * a.outer + a.span(self.n_row)
            ip += [a.outer if self.n_outer > 1 else 0, a.row * block]
            operands.append((a.buffer, a.dtype, a.offset, (n_bytes // item,), (item,)))
        line = self.program.instrs[self.members[0]][5].partition(" (")[0]
        text = f"{line} (rows of {len(self.members)} instructions)"
        n = len(outs)
        return "rows", tuple(operands[:n]), tuple(operands[n:]), tuple(ip), (), text, tuple(subs)


class _Regions:
    """The pass over one program."""

    def __init__(self, buffers, instrs):
        self.buffers, self.instrs = buffers, instrs
        self.taken, self.users = set(), {}
        for i, (_, outs, ins, *_) in enumerate(instrs):
            for operand in outs + ins:
                self.users.setdefault(operand[0], set()).add(i)

    def _start(self, seed):
        """The group that writes an argument of a reduction, or the reduction itself."""
        size = prod(self.instrs[seed][2][0][3])
        read = {o[0] for o in self.instrs[seed][2]}
        for i in range(seed - 1, max(seed - _WINDOW, 0) - 1, -1):
            kernel, outs, *_ = self.instrs[i]
            if any(o[0] in read and prod(o[3]) == size for o in outs):
                return i if kernel == "fused" and i not in self.taken else seed
        return seed

    def _splits(self, seed):
        """(outer, rows) to try: all kept axes as one, then some of them outside."""
        n_out, length = _reduced(self.instrs[seed]) or (1, 0)
        shape = self.instrs[seed][2][0][3]
        stop = _leading(shape, n_out)
        if length < _SHORT_ROW or stop is None:
            return
        kept = shape[:stop]
        for p in range(len(kept)):
            if prod(kept[p:]) > 1 and (p == 0 or prod(kept[:p]) > 1):
                yield prod(kept[:p]), prod(kept[p:])

    def _grow(self, start, seed, split):
        region = _Region(self, *split)
        for i in range(start, min(start + _WINDOW, len(self.instrs))):
            region.offer(i)
            if not region.members:
                return None
        return region if seed in region.members and len(region.members) > 1 else None

    def run(self):
        regions = {}
        for seed, (kernel, _, ins, *_) in enumerate(self.instrs):
            if seed in self.taken or not _is_large(kernel, ins):
                continue
            best = None
            for split in self._splits(seed):
                region = self._grow(self._start(seed), seed, split)
                better = best is None or region and len(region.members) > len(best[0].members)
                if region and better and region.block():
                    best = region, region.block()
            if best:
                regions[best[0].members[0]] = best
                self.taken.update(best[0].members)
        out = []
        for i, instr in enumerate(self.instrs):
            if i in regions:
                region, block = regions[i]
                out.append(region.instruction(block))
            elif i not in self.taken:
                out.append(instr)
        return out


def by_rows(buffers, instrs):
    """The instructions with regions of rows drawn together."""
    if not any(_is_large(kernel, ins) for kernel, _, ins, *_ in instrs):
        return instrs
    return _Regions(buffers, instrs).run()

"""Shorthands for tests that build `_core.Program` by hand."""

import numpy as np

from neurokit import _core

F8 = np.dtype("f8")
I8 = np.dtype("i8")


def strides_of(shape, item):
    """C-order strides in bytes."""
    strides = []
    for length in reversed(shape):
        strides.append(item)
        item *= max(length, 1)
    return tuple(reversed(strides))


def operand(buffer, shape, dtype=F8, offset=0, strides=None):
    """One operand tuple; C order unless strides are given."""
    dtype = np.dtype(dtype)
    if strides is None:
        strides = strides_of(shape, dtype.itemsize)
    return (buffer, dtype, offset, shape, strides)


def instr(kernel, outs, ins, ip=(), fp=(), where="model.py:1 op", subs=()):
    """One instruction tuple."""
    return (kernel, outs, ins, ip, fp, where, subs)


def chain(shape, n):
    """A program of n copies through temporaries: input, tmp, ..., tmp, output."""
    n_bytes = int(np.prod(shape)) * 8
    buffers = [("in", 0, F8, shape), *[("tmp", n_bytes)] * (n - 1), ("out", 0, F8, shape)]
    instrs = [instr("copy", [operand(i + 1, shape)], [operand(i, shape)]) for i in range(n)]
    return _core.Program(buffers, instrs, 1, 1)


def add_body(n, inplace=False):
    """Scan body (w, carry, x) -> (carry + w * x, copy of the old carry), by matmul_sum."""
    shape = (n, 1)
    carry = ("inout", 1, 0, F8, shape) if inplace else ("in", 1, F8, shape)
    buffers = [("in", 0, F8, (n, n)), carry, ("in", 2, F8, shape), ("out", 1, F8, shape)]
    out = 1
    if not inplace:
        buffers.append(("out", 0, F8, shape))
        out = 4
    instrs = [
        instr("copy", [operand(3, shape)], [operand(1, shape)]),
        instr(
            "matmul_sum",
            [operand(out, shape)],
            [operand(1, shape), operand(0, (1, n, n)), operand(2, (1, n, 1))],
            ip=(0,),
        ),
    ]
    return _core.Program(buffers, instrs, 3, 2)


def add_scan(n, length, reverse=0, inplace=False):
    """Program (w, carry, xs) -> (carry, ys) that scans `add_body`."""
    shape, many = (n, 1), (length, n, 1)
    buffers = [("in", 0, F8, (n, n)), ("in", 1, F8, shape), ("in", 2, F8, many)]
    buffers += [("out", 0, F8, shape), ("out", 1, F8, many)]
    scan = instr(
        "scan",
        [operand(3, shape), operand(4, many)],
        [operand(0, (n, n)), operand(1, shape), operand(2, many)],
        ip=(1, 1, 1, 1, length, reverse, 0),
        where="model.py:2 scan",
        subs=(add_body(n, inplace),),
    )
    return _core.Program(buffers, [scan], 3, 2)


def failing_allocations(run):
    """How many allocations of `run` can fail: each is a MemoryError and leaves nothing behind."""
    blocks, failures = _core.alloc_live(), 0
    while True:
        _core.alloc_fail_at(failures + 1)
        try:
            run()
        except MemoryError:
            failures += 1
        else:
            return failures
        finally:
            _core.alloc_fail_at(0)
        assert _core.alloc_live() == blocks

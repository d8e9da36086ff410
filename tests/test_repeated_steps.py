"""Scans of hand-made programs whose steps run several at a time: the numbers of step after step."""

import numpy as np
import pytest
from elementwise_twin import Micro
from program_tools import F8, I8, failing_allocations, instr, operand

from neurokit import _core

U1 = np.dtype("u1")


def scan(body, length, carry, xs=(), ys=()):
    """Program carry, xs -> carry, ys around a body of one instruction."""
    one, many = [carry], [(dtype, (length, *shape)) for dtype, shape in (*xs, *ys)]
    ins, outs = one + many[: len(xs)], one + many[len(xs) :]
    buffers = [("in", k, *b) for k, b in enumerate(ins)]
    buffers += [("out", k, *b) for k, b in enumerate(outs)]
    places = [operand(k, b[-1], b[-2]) for k, b in enumerate(ins + outs)]
    ip = (0, 1, len(xs), len(ys), length, 0, 0)
    step = instr("scan", places[len(ins) :], places[: len(ins)], ip=ip, subs=(body,))
    return _core.Program(buffers, [step], len(ins), len(outs))


def in_place(micro, result, carry, read=None):
    """Body carry -> result of the group, where the carry lies; `read` is the type it is read as."""
    dtype, shape = carry
    group = instr(
        "fused",
        [operand(0, shape, dtype)],
        [operand(0, shape, read or dtype)],
        ip=micro.ip([result]),
    )
    return _core.Program([("inout", 0, 0, dtype, shape)], [group], 1, 1)


def follow(body, carry, start, steps):
    for _ in range(steps):
        (start,) = scan(body, 1, carry).run([start])
    return start


def bytes_to_bits():
    micro = Micro(1)
    flag = micro.op("convert", np.bool_, 0)
    return micro, micro.op("pack_bits", np.bool_, flag, 1)


def bits_to_bytes():
    micro = Micro(1)
    flag = micro.op("unpack_bits", np.bool_, 0, 1)
    return micro, micro.op("convert", np.uint8, flag)


def many_constants():
    micro = Micro(1, [(np.float64, k) for k in range(1010)])
    value = 0
    for k in range(9):
        value = micro.op("add", np.float64, value, 1 + k)
    return micro, value


def other_type():
    micro = Micro(1)
    return micro, micro.op("convert", np.float64, 0)


@pytest.mark.parametrize(
    "make, carry, start, read",
    [
        (bytes_to_bits, (U1, (1,)), np.array([3], np.uint8), None),
        (bits_to_bytes, (U1, (1,)), np.array([3], np.uint8), None),
        (many_constants, (F8, (4,)), np.arange(4.0), None),
        (other_type, (F8, (5,)), np.arange(5.0) - 2, I8),
    ],
)
def test_what_is_no_group_several_times_goes_step_by_step(make, carry, start, read):
    """Valid step by step: a value that is written in one form and read in another, a full table."""
    body = in_place(*make(), carry, read)
    program = scan(body, 9, carry)
    assert "at a time" not in program.describe()
    want = follow(body, carry, start, 9)
    assert program.run([start])[0].tobytes() == want.tobytes()


def test_a_carry_with_two_memories_that_nobody_reads():
    micro = Micro(1)
    double = micro.op("add", np.float64, 0, 0)
    buffers = [("in", 0, F8, (3,)), ("in", 1, F8, (3,)), ("out", 0, F8, (3,))]
    group = instr("fused", [operand(2, (3,))], [operand(1, (3,))], ip=micro.ip([double]))
    program = scan(_core.Program(buffers, [group], 2, 1), 9, (F8, (3,)), [(F8, (3,))])
    x = np.arange(27.0).reshape(9, 3)
    np.testing.assert_array_equal(program.run([np.zeros(3), x])[0], 2 * x[-1])


def test_a_temporary_that_nobody_reads():
    micro, shape = Micro(1), (3,)
    double = micro.op("add", np.float64, 0, 0)
    group = instr(
        "fused",
        [operand(0, shape), operand(1, shape)],
        [operand(0, shape)],
        ip=micro.ip([double] * 2),
    )
    body = _core.Program([("inout", 0, 0, F8, shape), ("tmp", 24)], [group], 1, 1)
    got = scan(body, 9, (F8, shape)).run([np.arange(3.0)])[0]
    np.testing.assert_array_equal(got, 512 * np.arange(3.0))


def wide(n_x, n_y, n_op):
    """carry, x_0, ... -> their sum and more, y_j = x_j + carry."""
    micro, shape = Micro(1 + n_x), (5,)
    value, ys = 0, []
    for k in range(n_op):
        value = micro.op("sub" if k % 2 else "add", np.float64, value, 1 + k % n_x)
        ys.append(value)
    buffers = [("inout", 0, 0, F8, shape), *[("in", 1 + k, F8, shape) for k in range(n_x)]]
    buffers += [("out", 1 + j, F8, shape) for j in range(n_y)]
    outs = [operand(0, shape), *[operand(1 + n_x + j, shape) for j in range(n_y)]]
    ins = [operand(k, shape) for k in range(1 + n_x)]
    group = instr("fused", outs, ins, ip=micro.ip([value, *ys[:n_y]]))
    return _core.Program(buffers, [group], 1 + n_x, 1 + n_y)


@pytest.mark.parametrize(
    "n_x, n_y, n_op, turns",
    [
        (1, 1, 16, 4),
        (1, 1, 17, 2),
        (1, 1, 32, 2),
        (1, 1, 33, 0),  # of operations
        (2, 1, 8, 4),
        (2, 2, 8, 2),
        (3, 3, 8, 2),
        (4, 3, 8, 0),  # of x and y
    ],
)
def test_how_many_steps_fit(n_x, n_y, n_op, turns):
    length, shape = 11, (5,)
    body = wide(n_x, n_y, n_op)
    slices = (F8, shape)
    program = scan(body, length, slices, [slices] * n_x, [slices] * n_y)
    assert (f"{turns} steps at a time" if turns else "scan #") in program.describe()
    rng = np.random.default_rng(0)
    start, xs = rng.normal(size=shape), rng.normal(size=(n_x, length, *shape))
    last, *ys = program.run([start, *xs])
    once = scan(body, 1, slices, [slices] * n_x, [slices] * n_y)
    for t in range(length):
        start, *rows = once.run([start, *(x[t : t + 1] for x in xs)])
        for y, row in zip(ys, rows, strict=True):
            assert y[t].tobytes() == row[0].tobytes()
    assert last.tobytes() == start.tobytes()


def test_every_failing_allocation_of_a_loop_is_a_memory_error():
    body, slices = wide(2, 1, 4), (F8, (5,))
    inputs = [np.ones(5), np.ones((6, 5)), np.ones((6, 5))]
    blocks = _core.alloc_live()
    loop = lambda: scan(body, 6, slices, [slices] * 2, [slices]).run(inputs)  # noqa: E731
    assert failing_allocations(loop) > 10
    for _ in range(3):
        scan(in_place(*other_type(), slices, I8), 6, slices)
    assert _core.alloc_live() == blocks

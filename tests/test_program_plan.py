"""What the builder refuses, and where the planner puts things."""

import random
import time

import numpy as np
import pytest
from program_tools import F8, add_body, add_scan, chain, instr, operand

from neurokit import _core


def copy_program(out, into, buffers=None):
    """One copy between two operands over an input of 6 and an output of 6."""
    buffers = buffers or [("in", 0, F8, (6,)), ("out", 0, F8, (6,))]
    return _core.Program(buffers, [instr("copy", [out], [into])], 1, 1)


BAD = {
    "past the end": (operand(1, (6,)), operand(0, (6,), offset=8), "reaches bytes 8 to 56"),
    "before the start": (operand(1, (6,)), operand(0, (6,), strides=(-8,)), "reaches bytes -40"),
    "misaligned": (operand(1, (5,)), operand(0, (5,), offset=4), "not aligned"),
    "no such buffer": (operand(1, (6,)), operand(7, (6,)), "buffer 7 of 2"),
    "writes an input": (operand(0, (6,)), operand(1, (6,)), "writes input buffer 0"),
    "reads too early": (operand(1, (6,)), operand(1, (6,)), "read before it is written"),
    "repeats": (operand(1, (6,), strides=(0,)), operand(0, (6,)), "repeats"),
    "other shape": (operand(1, (6,)), operand(0, (5,)), "shapes"),
    "huge": (operand(1, (6,)), operand(0, (1 << 62,), strides=(1 << 60,)), "address space"),
    "negative": (operand(1, (6,)), operand(0, (-6,)), "negative"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_operands_are_refused(case):
    out, into, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        copy_program(out, into)


def test_bad_programs_are_refused():
    good = [("in", 0, F8, (6,)), ("out", 0, F8, (6,))]
    copy = instr("copy", [operand(1, (6,))], [operand(0, (6,))])
    with pytest.raises(ValueError, match="no kernel named 'nothing'"):
        _core.Program(good, [instr("nothing", [], [])], 1, 1)
    with pytest.raises(ValueError, match="both input 0"):
        _core.Program([*good, ("in", 0, F8, (6,))], [copy], 1, 1)
    with pytest.raises(ValueError, match="input 1, but the program has 1"):
        _core.Program([*good, ("in", 1, F8, (6,))], [copy], 1, 1)
    with pytest.raises(ValueError, match="no buffer is input 1 of 2"):
        _core.Program(good, [copy], 2, 1)
    with pytest.raises(ValueError, match="output 0 is never written"):
        _core.Program(good, [], 1, 1)
    with pytest.raises(ValueError, match="-5 bytes"):
        _core.Program([*good, ("tmp", -5)], [copy], 1, 1)
    with pytest.raises(TypeError, match="complex256|clongdouble"):
        _core.Program([("in", 0, np.dtype("clongdouble"), ())], [], 1, 0)
    with pytest.raises(MemoryError):
        buffers = [*good, ("tmp", 1 << 55)]
        _core.Program(buffers, [instr("copy", [operand(2, (6,))], [operand(0, (6,))]), copy],
                      1, 1).run([np.zeros(6)])  # fmt: skip


def test_overlap_of_outputs_and_inputs_is_refused():
    buffers = [("inout", 0, 0, F8, (6,))]
    with pytest.raises(ValueError, match="overlaps input 0 of copy"):
        copy_program(operand(0, (3,)), operand(0, (3,), offset=8), buffers)
    with pytest.raises(ValueError, match="overlaps input 0 of copy"):
        copy_program(operand(0, (3,)), operand(0, (3,)), buffers)
    program = copy_program(operand(0, (3,), offset=24), operand(0, (3,)), buffers)
    assert program.run([np.arange(6.0)])[0].tolist() == [0, 1, 2, 0, 1, 2]


def test_bad_loops_are_refused():
    body = add_body(3)
    good = (1, 1, 1, 1, 4, 0, 0)

    def build(ip, subs=(body,), carry=(3, 1), many=(4, 3, 1)):
        scan = instr(
            "scan", [operand(3, carry), operand(4, many)],
            [operand(0, (3, 3)), operand(1, carry), operand(2, many)], ip=ip, subs=subs,
        )  # fmt: skip
        buffers = [("in", 0, F8, (3, 3)), ("in", 1, F8, carry), ("in", 2, F8, many)]
        return _core.Program([*buffers, ("out", 0, F8, carry), ("out", 1, F8, many)], [scan], 3, 2)

    build(good)
    for ip in [(), good[:6], (0, 2, 1, 1, 4, 0, 0), (1, 1, 1, 1, 5, 0, 0), (1, 1, 1, 1, 4, 2, 0),
               (1, 1, 1, 1, 4, 0, 1), (-1, 3, 1, 1, 4, 0, 0), (1 << 62, 1, 1, 1, 4, 0, 0),
               (1, 1, 1, 1, -4, 0, 0)]:  # fmt: skip
        with pytest.raises(ValueError, match="model.py:1 op"):
            build(ip)
    with pytest.raises(ValueError, match="counts"):
        build(good, subs=())
    with pytest.raises(ValueError, match=r"float64 \(2, 1\), the sub-program has float64 \(3, 1\)"):
        build(good, carry=(2, 1))
    with pytest.raises(TypeError, match="wanted a Program, got 'body'"):
        build(good, subs=("body",))


# ------------------------------------------------------------------------------------- planning


def random_program(rng, n_instr, n_elements):
    """Copies and sums of randomly chosen earlier values; also what each value should be."""
    buffers = [("in", 0, F8, (n_elements,)), ("out", 0, F8, (n_elements,))]
    instrs, live = [], [(0, 1.0)]
    for _ in range(n_instr):
        (source, a), (other, b) = rng.choice(live), rng.choice(live)
        buffers.append(("tmp", 8 * n_elements))
        out = operand(len(buffers) - 1, (n_elements, 1))
        if rng.random() < 0.3:
            instrs.append(instr("copy", [out], [operand(source, (n_elements, 1))]))
            live.append((len(buffers) - 1, a))
        else:
            buffers.append(("const", np.ones((1, 1))))
            ins = [operand(source, (n_elements, 1)), operand(other, (1, n_elements, 1))]
            ins.append(operand(len(buffers) - 1, (1, 1, 1)))
            instrs.append(instr("matmul_sum", [out], ins, ip=(0,)))
            live.append((len(buffers) - 2, a + b))
        if len(live) > 6:
            live.pop(rng.randrange(len(live)))
    source, value = live[-1]
    instrs.append(instr("copy", [operand(1, (n_elements,))], [operand(source, (n_elements,))]))
    return _core.Program(buffers, instrs, 1, 1), value


def assert_sound(program):
    """Two temporaries alive at once share no byte, unless one took the other's place."""
    rows = [r for r in program.plan() if r[3] >= 0]
    placed = [(o, n, first, last) for o, n, first, last, host in rows if o >= 0 and host < 0]
    for i, (o, n, first, last) in enumerate(placed):
        assert o % 64 == 0 and o + n <= program.arena_bytes
        for p, m, begin, end in placed[:i]:
            if first <= end and begin <= last:
                assert o + n <= p or p + m <= o


@pytest.mark.parametrize("seed", range(20))
def test_random_programs_are_right_and_small(seed):
    rng = random.Random(seed)
    program, value = random_program(rng, rng.randrange(1, 120), rng.choice([1, 7, 100]))
    buffers = [r for r in program.plan() if r[3] >= 0 and r[1] > 8]
    x = np.full(program.plan()[0][1] // 8, 1.5)
    np.testing.assert_allclose(program.run([x])[0], 1.5 * value)
    if len(buffers) > 40:
        assert program.arena_bytes < program.tmp_bytes / 3


@pytest.mark.parametrize("seed", range(5))
def test_live_temporaries_do_not_overlap(seed):
    rng = random.Random(seed)
    shapes = [rng.randrange(1, 400) for _ in range(60)]
    buffers = [("in", 0, F8, (400,)), ("out", 0, F8, (400,))]
    instrs = []
    for i, n in enumerate(shapes):
        buffers.append(("tmp", 8 * n))
        instrs.append(instr("copy", [operand(2 + i, (n,))], [operand(0, (n,))]))
        for _ in range(2):
            j = rng.randrange(max(0, i - 20), i + 1)
            out = operand(1, (shapes[j],))
            instrs.append(instr("copy", [out], [operand(2 + j, (shapes[j],))]))
    instrs.append(instr("copy", [operand(1, (400,))], [operand(0, (400,))]))
    program = _core.Program(buffers, instrs, 1, 1)
    assert_sound(program)
    assert program.arena_bytes < program.tmp_bytes


def test_a_dying_input_is_taken_over():
    n = 64
    buffers = [("in", 0, F8, (n, 1)), ("out", 0, F8, (n, 1)), ("const", np.ones((1, 1)))]
    buffers += [("tmp", 8 * n)] * 3
    x, one = operand(0, (1, n, 1)), operand(2, (1, 1, 1))

    def t(i, *lead):
        return operand(3 + i, (*lead, n, 1))

    instrs = [
        instr("copy", [t(0, 1)], [x]),
        instr("matmul_sum", [t(1)], [t(0), x, one], ip=(0,)),  # t0 dies: t1 takes it over
        instr("matmul_sum", [t(2)], [t(1), x, one], ip=(0,)),  # t1 is read again: t2 may not
        instr("matmul_sum", [operand(1, (n, 1))], [t(2), t(1, 1), one], ip=(0,)),
    ]
    program = _core.Program(buffers, instrs, 1, 1)
    hosts = [row[4] for row in program.plan()]
    assert hosts[3:] == [-1, 3, -1]
    assert program.arena_bytes == 2 * 8 * n
    assert np.array_equal(program.run([np.full((n, 1), 2.0)])[0], np.full((n, 1), 10.0))


# ------------------------------------------------------------------------------------- fuzzing


def mutate(rng, value):
    """A value of the same or another kind, somewhere inside changed."""
    if isinstance(value, (tuple, list)) and value and rng.random() < 0.85:
        items = list(value)
        i = rng.randrange(len(items))
        action = rng.random()
        if action < 0.08:
            del items[i]
        elif action < 0.16:
            items.insert(i, rng.choice(items))
        else:
            items[i] = mutate(rng, items[i])
        return type(value)(items)
    if isinstance(value, int) and rng.random() < 0.8:
        return value + rng.choice([-1, 1, 8, -8, 64, 1 << 31, 1 << 40, 1 << 62, -(1 << 63)])
    return rng.choice([0, -1, 3, None, "copy", "tmp", "scan", (), (1,), (2, 3), 1.5, F8,
                       np.dtype("i4"), np.zeros(3), 1 << 80, object()])  # fmt: skip


def test_no_input_crashes_the_builder():
    rng = random.Random(0)
    w, carry, xs = np.ones((3, 3)), np.ones((3, 1)), np.ones((4, 3, 1))
    body = add_body(3)
    shape, many = (3, 1), (4, 3, 1)
    scan = instr(
        "scan", [operand(3, shape), operand(4, many)],
        [operand(0, (3, 3)), operand(1, shape), operand(5, many)],
        ip=(1, 1, 1, 1, 4, 0, 0), subs=(body,),
    )  # fmt: skip
    copy = instr("copy", [operand(5, many)], [operand(2, many)])
    total = instr("reduce_sum", [operand(6, (3,))], [operand(5, (3, 4), strides=(8, 24))], ip=(1,))
    good = (
        [("in", 0, F8, (3, 3)), ("in", 1, F8, shape), ("in", 2, F8, many), ("out", 0, F8, shape),
         ("out", 1, F8, many), ("tmp", 96), ("out", 2, F8, (3,)), ("const", np.ones(2))],
        [copy, scan, total], 3, 3,
    )  # fmt: skip
    outcomes = {"ran": 0, "refused": 0}
    for _ in range(4000):
        args = good
        for _ in range(rng.randrange(4)):
            args = mutate(rng, args)
        try:
            if not isinstance(args, tuple) or len(args) != 4:
                raise TypeError("not four arguments")
            program = _core.Program(*args)
            if program.arena_bytes < 1 << 24:
                program.run([w, carry, xs])
            outcomes["ran"] += 1
        except (TypeError, ValueError, OverflowError, IndexError, MemoryError):
            outcomes["refused"] += 1
    assert outcomes["ran"] > 500 and outcomes["refused"] > 500


def test_building_is_quick():
    times = []
    for _ in range(5):
        start = time.perf_counter()
        chain((10,), 400)
        times.append(time.perf_counter() - start)
    assert min(times) < 10e-3  # about 1 ms; room for a busy machine


def test_describe_names_kernels_and_lines():
    text = add_scan(3, 4).describe()
    assert "scan #3 float64 (3, 1) #4 float64 (4, 3, 1) <- #0" in text
    assert "\n  matmul_sum" in text and "[model.py:1 op]" in text

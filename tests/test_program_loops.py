"""cond, while_loop, nested scans, NaN blame and counters of `_core.Program`."""

import numpy as np
import pytest
from program_tools import F8, I8, add_scan, instr, operand

from neurokit import _core

BOOL = np.dtype("?")
CODES = _core.elementwise_codes()
DTYPE = {"?": 0, "i8": 7, "f8": 10}


def fused(outs, ins, ops, constants=(), where="model.py:3 fused"):
    """One elementwise group; ops (name, dtype, a, b); constants are floats."""
    ip = [len(constants)]
    for value in constants:
        ip += [DTYPE["f8"], int(np.array(value, "f8").view("i8"))]
    ip.append(len(ops))
    for name, dtype, a, b in ops:
        ip += [CODES[name], DTYPE[dtype], a, b, -1]
    first = len(ins) + len(constants)
    ip += range(first + len(ops) - len(outs), first + len(ops))
    return instr("fused", outs, ins, ip=tuple(ip), where=where)


def unary(name, shape, inplace=False, where="model.py:3 fused"):
    """Program x -> name(x)."""
    if inplace:
        buffers = [("inout", 0, 0, F8, shape)]
    else:
        buffers = [("in", 0, F8, shape), ("out", 0, F8, shape)]
    out = len(buffers) - 1
    op = fused([operand(out, shape)], [operand(0, shape)], [(name, "f8", 0, -1)], where=where)
    return _core.Program(buffers, [op], 1, 1)


@pytest.mark.parametrize("inplace", [False, True])
def test_cond_runs_one_branch(inplace):
    shape = (4,)
    branches = unary("neg", shape, inplace), unary("square", shape)
    program = _core.Program(
        [("in", 0, BOOL, ()), ("in", 1, F8, shape), ("out", 0, F8, shape)],
        [
            instr("cond", [operand(2, shape)], [operand(0, (), "?"), operand(1, shape)], ip=(1,),
                  subs=branches)
        ],
        2,
        1,
    )  # fmt: skip
    x = np.arange(4.0)
    assert np.array_equal(program.run([np.array(True), x])[0], -x)
    assert np.array_equal(program.run([np.array(False), x])[0], x**2)


def while_program(limit, max_steps, inplace):
    """Doubles a number until it is at least `limit`; also gives the number of steps."""
    test = _core.Program(
        [("in", 0, F8, ()), ("out", 0, BOOL, ())],
        [fused([operand(1, (), "?")], [operand(0, ())], [("lt", "f8", 0, 1)], [limit])],
        1,
        1,
    )
    buffers = [("inout", 0, 0, F8, ())] if inplace else [("in", 0, F8, ()), ("out", 0, F8, ())]
    double = fused([operand(len(buffers) - 1, ())], [operand(0, ())], [("mul", "f8", 0, 1)], [2.0])
    body = _core.Program(buffers, [double], 1, 1)
    loop = instr(
        "while_loop", [operand(1, ()), operand(2, (), I8)], [operand(0, ())],
        ip=(0, 1, max_steps), subs=(test, body),
    )  # fmt: skip
    return _core.Program([("in", 0, F8, ()), ("out", 0, F8, ()), ("out", 1, I8, ())], [loop], 1, 2)


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("limit, steps", [(0, 0), (2, 1), (4, 2), (100, 7)])
def test_while_loop_runs_until_the_test_fails(limit, steps, inplace):
    value, count = while_program(limit, 0, inplace).run([np.array(1.0)])
    assert (value, count) == (2.0**steps, steps)


def test_while_loop_stops_at_its_limit():
    value, count = while_program(1e300, 5, False).run([np.array(1.0)])
    assert (value, count) == (32, 5)


@pytest.mark.parametrize("inplace", [False, True])
def test_nested_scans(inplace):
    """Outer scan over groups of rows, inner scan over the rows: one loop in two."""
    n, inner, outer = 3, 4, 5
    body = add_scan(n, inner, inplace=inplace)
    shape, group, all_groups = (n, 1), (inner, n, 1), (outer, inner, n, 1)
    program = _core.Program(
        [
            ("in", 0, F8, (n, n)), ("in", 1, F8, shape), ("in", 2, F8, all_groups),
            ("out", 0, F8, shape), ("out", 1, F8, all_groups),
        ],
        [
            instr("scan", [operand(3, shape), operand(4, all_groups)],
                  [operand(0, (n, n)), operand(1, shape), operand(2, all_groups)],
                  ip=(1, 1, 1, 1, outer, 0, 0), subs=(body,))
        ],
        3,
        2,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    w, c, xs = rng.normal(size=(n, n)), rng.normal(size=shape), rng.normal(size=all_groups)
    flat = add_scan(n, inner * outer).run([w, c, xs.reshape(-1, n, 1)])
    carry, ys = program.run([w, c, xs])
    assert np.array_equal(carry, flat[0])
    assert np.array_equal(ys.reshape(-1, n, 1), flat[1])
    assert group == ys.shape[1:]


def scan_of(body, shape, length):
    loop = instr("scan", [operand(1, (length, *shape))], [operand(0, (length, *shape))],
                 ip=(0, 0, 1, 1, length, 0, 0), subs=(body,), where="model.py:9 scan")  # fmt: skip
    many = (length, *shape)
    return _core.Program([("in", 0, F8, many), ("out", 0, F8, many)], [loop], 1, 1)


def test_first_nan_is_named():
    program = scan_of(unary("sqrt", (2, 3), where="model.py:7 sqrt"), (2, 3), 10)
    x = np.ones((10, 2, 3))
    x[2, 0, 0] = np.nan  # came in: nobody's fault
    x[6, 1, 2] = -1
    with pytest.raises(FloatingPointError, match=r"model.py:7 sqrt: .*element \(1, 2\) \(step 6\)"):
        program.run([x], flags=1)
    assert np.isnan(program.run([x])[0]).sum() == 2
    x[6] = 1
    program.run([x], flags=1)


def test_counters_add_up():
    program = scan_of(unary("exp", (1000,)), (1000,), 50)
    assert program.profile() == []
    for _ in range(3):
        program.run([np.zeros((50, 1000))], flags=2)
    (scan, group) = program.profile()
    assert scan[:4] == (0, "scan", "model.py:9 scan", 3)
    assert group[:4] == (1, "fused", "model.py:3 fused", 150)
    assert 0 < group[4] <= scan[4]


def test_errors_of_kernels_name_line_and_step():
    take = _core.Program(
        [("in", 0, F8, (5,)), ("in", 1, I8, (2,)), ("out", 0, F8, (2,))],
        [instr("take", [operand(2, (1, 2, 1))], [operand(0, (1, 5, 1)), operand(1, (2,), I8)],
               where="model.py:4 take")],
        2,
        1,
    )  # fmt: skip
    loop = instr("scan", [operand(2, (3, 2))], [operand(0, (5,)), operand(1, (3, 2), I8)],
                 ip=(1, 0, 1, 1, 3, 0, 0), subs=(take,))  # fmt: skip
    program = _core.Program(
        [("in", 0, F8, (5,)), ("in", 1, I8, (3, 2)), ("out", 0, F8, (3, 2))], [loop], 2, 1
    )
    index = np.array([[0, 1], [2, 7], [0, 0]])
    with pytest.raises(IndexError, match=r"^model.py:4 take: index 7 is .* size 5 \(step 1\)$"):
        program.run([np.arange(5.0), index])
    index[1, 1] = 4
    assert program.run([np.arange(5.0), index])[0].tolist() == [[0, 1], [2, 4], [0, 0]]


def test_tiles_copy_carries_that_no_instruction_writes():
    """Beside a carry of n elements that is updated in place: one of n, one of another size, both kept."""
    n, length = 3000, 4
    half = fused([operand(0, (n,))], [operand(0, (n,))], [("mul", "f8", 0, 1)], [0.5])
    shapes = (n,), (n,), (3,)
    body = _core.Program([("inout", k, k, F8, s) for k, s in enumerate(shapes)], [half], 3, 3)
    buffers = [("in", k, F8, s) for k, s in enumerate(shapes)]
    buffers += [("out", k, F8, s) for k, s in enumerate(shapes)]
    outs, ins = ([operand(k + j, s) for k, s in enumerate(shapes)] for j in (3, 0))
    loop = instr("scan", outs, ins, ip=(0, 3, 0, 0, length, 0, 0), subs=(body,))
    given = [np.arange(n) + 1.0, np.arange(n) + 2.0, np.array([1.0, 2.0, 3.0])]
    got = _core.Program(buffers, [loop], 3, 3).run([x.copy() for x in given])
    for result, wanted in zip(got, [given[0] / 2**length, *given[1:]]):
        np.testing.assert_array_equal(result, wanted)

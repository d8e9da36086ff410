"""Machine code of fused groups: the bits of the interpreter, at every CPU level that has it."""

import gc

import numpy as np
import pytest
from elementwise_twin import COMPUTE, Micro, arity
from kernel_tools import run_at_level
from test_elementwise import CASES, EXACT, operands, random_micro

import neurokit as nk
from neurokit import _core
from neurokit.core.run import runtime

HAS_CODE = _core.info()["cpu_level"] in ("v3", "v4")


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def both_ways(monkeypatch, micro, ins, outs, results):
    """Results of the interpreter and of the machine code."""
    monkeypatch.setenv("NEUROKIT_NATIVE", "0")
    want = micro.run(ins, [out.copy() for out in outs], results)
    monkeypatch.setenv("NEUROKIT_NATIVE", "always")
    return want, micro.run(ins, [out.copy() for out in outs], results)


def assert_same_bits(got, want, message=""):
    """Equal bytes; a NaN may differ in sign and payload."""
    assert got.dtype == want.dtype
    if got.dtype.kind == "f":
        nan = np.isnan(want)
        np.testing.assert_array_equal(np.isnan(got), nan, err_msg=message)
        got, want = np.where(nan, 0, got), np.where(nan, 0, want)
    assert got.tobytes() == want.tobytes(), message


def is_native(micro, ins, outs, results):
    """Whether a program of this one group holds machine code."""
    buffers = [("in", k, x.dtype.name, x.shape) for k, x in enumerate(ins)]
    buffers += [("out", k, x.dtype.name, x.shape) for k, x in enumerate(outs)]
    views = [(k, b[2], 0, x.shape, x.strides) for k, (b, x) in enumerate(zip(buffers, ins + outs))]
    before = _core.code_live()
    instr = ("fused", views[len(ins) :], views[: len(ins)], micro.ip(results), (), "here", ())
    program = _core.Program(buffers, [instr], len(ins), len(outs))
    live = _core.code_live() - before
    del program
    assert _core.code_live() == before
    return live > 0


@pytest.mark.parametrize("name,dtype", CASES, ids=lambda x: str(x))
def test_every_operation(monkeypatch, name, dtype):
    rng = np.random.default_rng(len(name))
    for n in [*range(1, 41), 1000]:
        args = operands(rng, name, dtype, (n,))
        if n > 20 and dtype.kind == "f" and name != "select":
            args = [rng.permutation(a) for a in args]
        for scalars in range(2 ** len(args) if n in (5, 37) else 1):
            ins = [np.broadcast_to(a[:1], a.shape) if scalars >> k & 1 else a
                   for k, a in enumerate(args)]  # fmt: skip
            micro = Micro(len(ins))
            v = micro.op(name, dtype, *range(len(ins)))
            kind = np.bool_ if name in "isnan isfinite isinf lt le gt ge eq ne".split() else dtype
            want, got = both_ways(monkeypatch, micro, ins, [np.empty(n, kind)], [v])
            assert_same_bits(got[0], want[0], f"{name} {n} {scalars}")


def special_values(dtype):
    """All pairs of values where formulas differ."""
    if dtype.kind == "b":
        values = np.array([False, True])
    elif dtype.kind == "i":
        info = np.iinfo(dtype)
        values = np.array(
            [info.min, info.min + 1, -2, -1, 0, 1, 2, 31, 32, 63, 64, info.max], dtype
        )
    else:
        info = np.finfo(dtype)
        one = [0, 1, 0.5, 1.5, 2.5, info.max, info.tiny, info.smallest_subnormal, np.inf, 1e7 + 0.5]
        values = np.array([*one, *(-x for x in one), np.nan], dtype)
    return [np.ascontiguousarray(x.ravel()) for x in np.meshgrid(values, values)]


@pytest.mark.parametrize("name,dtype", [c for c in CASES if c[0] in EXACT], ids=lambda x: str(x))
def test_corners(monkeypatch, name, dtype):
    a, b = special_values(dtype)
    ins = [a, b, b[::-1].copy()][: arity(name)]
    if name == "select":
        ins[0] = np.arange(a.size) % 3 == 0
    micro = Micro(len(ins))
    v = micro.op(name, dtype, *range(len(ins)))
    kind = np.bool_ if name in "isnan isfinite isinf lt le gt ge eq ne".split() else dtype
    want, got = both_ways(monkeypatch, micro, ins, [np.empty(a.size, kind)], [v])
    assert_same_bits(got[0], want[0], name)


@pytest.mark.parametrize("target", COMPUTE, ids=str)
@pytest.mark.parametrize("source", COMPUTE, ids=str)
def test_conversions(monkeypatch, source, target):
    x = special_values(source)[0]
    for n in {min(n, x.size) for n in (1, 3, 8, 17, x.size)}:
        micro = Micro(1)
        v = micro.op("convert", target, 0)
        want, got = both_ways(monkeypatch, micro, [x[:n]], [np.empty(n, target)], [v])
        if source.kind == "f" and target.kind == "i":  # C leaves the rest undefined
            fits = np.abs(x[:n].astype(float)) < 2.0 ** (8 * target.itemsize - 1)
            want[0][~fits] = got[0][~fits] = 0
        assert_same_bits(got[0], want[0], f"{source} to {target}")


@pytest.mark.parametrize("seed", range(150))
def test_random_programs(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    for shape in [(), (3,), (16,), (777,), (5, 7), (3, 140), (2, 3, 130)]:
        micro, ins, types = random_micro(rng, shape, int(rng.integers(1, 60)))
        results = [int(k) for k in rng.integers(0, len(types), rng.integers(1, 6))]
        results[0] = len(types) - 1
        outs = [np.full(shape, 77).astype(types[k]) for k in results]
        want, got = both_ways(monkeypatch, micro, ins, outs, results)
        for g, w in zip(got, want, strict=True):
            assert_same_bits(g, w, str(micro.ops))


FUNCTIONS = "exp exp2 expm1 log log2 log10 log1p tanh sigmoid erf cbrt".split()


def narrow_program(rng, n_in, n_op, dtype, functions=0.0):
    """Float operations, comparisons and selections of one type, with many values alive."""
    micro = Micro(n_in, [(dtype, 0.5), (dtype, -3.0), (np.bool_, True)])
    floats, bools = [*range(n_in), n_in, n_in + 1], [n_in + 2]
    for _ in range(n_op):
        kind = rng.random()
        if rng.random() < functions:
            floats.append(micro.op(str(rng.choice(FUNCTIONS)), dtype, int(rng.choice(floats))))
        elif kind < 0.55:
            name = str(rng.choice(["add", "sub", "mul", "maximum", "minimum", "fma", "abs", "neg"]))
            floats.append(micro.op(name, dtype, *map(int, rng.choice(floats, arity(name)))))
        elif kind < 0.75:
            name = str(rng.choice(["lt", "le", "gt", "ge", "eq", "ne"]))
            bools.append(micro.op(name, dtype, *map(int, rng.choice(floats, 2))))
        elif kind < 0.85:
            name = str(rng.choice(["and", "or", "xor", "not", "select", "lt", "le", "eq"]))
            bools.append(micro.op(name, np.bool_, *map(int, rng.choice(bools, arity(name)))))
        else:
            src = int(rng.choice(bools)), *map(int, rng.choice(floats, 2))
            floats.append(micro.op("select", dtype, *src))
    return micro, floats, bools


@pytest.mark.parametrize("functions", [0, 0.2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(40))
def test_more_values_than_registers(monkeypatch, seed, dtype, functions):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 100))
    micro, floats, bools = narrow_program(rng, int(rng.integers(1, 20)), 200, dtype, functions)
    ins = [np.round(rng.normal(size=n), 1).astype(dtype) for _ in range(micro.n_in)]
    for k in range(0, micro.n_in, 3):
        ins[k] = np.broadcast_to(ins[k][:1], (n,))
    results = [int(k) for k in rng.choice(floats, 8)] + [int(k) for k in rng.choice(bools, 8)]
    outs = [np.empty(n, dtype) for _ in range(8)] + [np.empty(n, bool) for _ in range(8)]
    want, got = both_ways(monkeypatch, micro, ins, outs, results)
    for g, w in zip(got, want, strict=True):
        assert_same_bits(g, w, str(micro.ops))
    if HAS_CODE:
        assert is_native(micro, ins, outs, results)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(40))
def test_outputs_over_inputs(monkeypatch, seed, dtype):
    """Outputs in the memory of inputs: the values of separate outputs."""
    rng = np.random.default_rng(100 + seed)
    for n in (1, 7, 16, 33, 1030):
        n_in = int(rng.integers(1, 24))
        micro, floats, _ = narrow_program(rng, n_in, int(rng.integers(1, 60)), dtype, seed % 2 / 5)
        ins = [rng.normal(size=n).astype(dtype) for _ in range(n_in)]
        results = [int(k) for k in rng.choice(floats, n_in)]
        monkeypatch.setenv("NEUROKIT_NATIVE", "0")
        want = micro.run(ins, [np.empty(n, dtype) for _ in ins], results)
        monkeypatch.setenv("NEUROKIT_NATIVE", "always")
        order = rng.permutation(n_in)
        outs = [ins[k] for k in order]
        micro.run(ins, outs, results)
        for g, w in zip(outs, want, strict=True):
            assert_same_bits(g, w, str((micro.ops, results, order)))


def test_nothing_outside_the_arrays_is_touched():
    for dtype in (np.float32, np.float64, np.int32, np.bool_):
        for n in range(1, 41):
            space = np.full(n + 64, 1).astype(dtype)
            out = space[32 : 32 + n]
            micro = Micro(1)
            v = micro.op("ne", dtype, 0, 0) if dtype == np.bool_ else micro.op("sub", dtype, 0, 0)
            micro.run([np.ones(n, dtype)], [out], [v])
            assert (out == 0).all() and (space[:32] == 1).all() and (space[32 + n :] == 1).all()


def test_threads_and_long_arrays(monkeypatch):
    rng = np.random.default_rng(7)
    x = [rng.normal(size=3_000_001).astype(np.float32) for _ in range(3)]
    micro, floats, _ = narrow_program(rng, 3, 40, np.float32)
    want, got = both_ways(monkeypatch, micro, x, [np.empty_like(x[0])], [floats[-1]])
    assert_same_bits(got[0], want[0])
    for threads in (1, 2, 3):
        again = micro.run(x, [np.empty_like(x[0])], [floats[-1]], threads=threads)
        assert_same_bits(again[0], got[0])


@pytest.mark.skipif(not HAS_CODE, reason="no machine code at this level")
def test_which_groups_have_code(monkeypatch):
    x = np.ones(40, np.float32)
    monkeypatch.setenv("NEUROKIT_NATIVE", "always")
    for name, dtype in CASES:
        if name not in EXACT.union(FUNCTIONS) or dtype != np.float32:
            continue
        args = operands(np.random.default_rng(0), name, dtype, (40,))
        micro = Micro(len(args))
        v = micro.op(name, dtype, *range(len(args)))
        out = np.empty(40, np.bool_ if name in "isnan isfinite isinf lt le gt ge eq ne".split()
                       else dtype)  # fmt: skip
        assert is_native(micro, args, [out], [v]), name
    micro = Micro(1)
    micro.op("neg", np.float32, 0)
    assert is_native(micro, [x], [x.copy()], [1])
    monkeypatch.setenv("NEUROKIT_NATIVE", "0")
    assert not is_native(micro, [x], [x.copy()], [1])


def test_failing_allocations():
    x = np.ones(40, np.float32)
    micro = Micro(1)
    micro.op("neg", np.float32, 0)
    before = _core.alloc_live(), _core.code_live()
    n = 1
    while True:
        _core.alloc_fail_at(n)
        try:
            micro.run([x], [x.copy()], [1])
            break
        except MemoryError:
            assert (_core.alloc_live(), _core.code_live()) == before
            n += 1
        finally:
            _core.alloc_fail_at(0)
    assert n > 2 and (_core.alloc_live(), _core.code_live()) == before


@pytest.mark.parametrize("level", _core.info()["levels"])
def test_every_cpu_level(level):
    run_at_level(level, __file__)


FUNCTIONS = ["exp", "exp2", "expm1", "log", "tanh", "sigmoid"]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_written_out(monkeypatch, name, dtype):
    """All exponents, denormals, infinities and NaN, and where the formulas change."""
    rng = np.random.default_rng(1)
    width = np.dtype(dtype).itemsize
    raw = rng.integers(0, 256, 40000 * width, np.uint8).view(dtype)
    x = np.concatenate([raw, rng.normal(0, 30, 20000), rng.normal(0, 1e-3, 2000),
                        np.arange(-1100, 1100) * 0.5]).astype(dtype)  # fmt: skip
    micro = Micro(1)
    v = micro.op(name, np.dtype(dtype), 0)
    w = micro.op("mul", np.dtype(dtype), v, 0)
    want, got = both_ways(monkeypatch, micro, [x], [np.empty_like(x)] * 2, [v, w])
    for a, b in zip(got, want):
        assert_same_bits(a, b, name)


@pytest.mark.skipif(not HAS_CODE, reason="no machine code at this level")
def test_functions_need_no_call(monkeypatch):
    """A group that is nothing but a function is machine code, too."""
    monkeypatch.delenv("NEUROKIT_NATIVE", raising=False)
    x = np.ones(100, np.float32)
    for name in FUNCTIONS:
        micro = Micro(1)
        v = micro.op(name, x.dtype, 0)
        assert is_native(micro, [x], [x.copy()], [v]), name


@pytest.mark.skipif(not HAS_CODE, reason="no machine code at this level")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_of_the_library(monkeypatch, dtype):
    """Powers, angles and remainders in the middle of a group, large and special arguments."""
    rng = np.random.default_rng(3)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, 3.0, -2.0, 1e30, 1e-40, 2e9]
    pairs = np.array([(a, b) for a in special for b in special])
    x = np.concatenate([pairs[:, 0], rng.normal(0, 3, 1000), rng.normal(0, 1e10, 91)]).astype(dtype)
    y = np.concatenate([pairs[:, 1], rng.normal(0, 3, 1000), rng.normal(0, 5, 91)]).astype(dtype)
    one = ["sin", "cos", "tan", "arcsin", "arctan", "sinh", "arcsinh", "arctanh", "log1p", "erf"]
    monkeypatch.delenv("NEUROKIT_NATIVE", raising=False)
    for name in [*one, "pow", "arctan2", "mod", "floordiv"]:
        micro = Micro(2)
        kept = [micro.op("mul", x.dtype, 0, 1), micro.op("add", x.dtype, 0, 1)]
        kept.append(micro.op("lt", x.dtype, 0, 1))
        v = micro.op(name, x.dtype, *([0] if name in one else [0, 1]))
        w = micro.op("select", x.dtype, kept[2], kept[0], v)
        results = [v, micro.op("sub", x.dtype, w, kept[1])]
        want, got = both_ways(monkeypatch, micro, [x, y], [np.empty_like(x)] * 2, results)
        for a, b in zip(got, want):
            assert_same_bits(a, b, name)
        monkeypatch.delenv("NEUROKIT_NATIVE", raising=False)
        if name not in ("log1p", "erf"):
            assert is_native(micro, [x, y], [np.empty_like(x)] * 2, results), name


@pytest.mark.skipif(not HAS_CODE, reason="no machine code at this level")
def test_strided_operands(monkeypatch):
    """Columns, reversed rows and small inner axes, read and written, next to contiguous ones."""
    rng = np.random.default_rng(4)
    base = rng.normal(size=(700, 600)).astype(np.float32)
    for n, m in [(5, 3), (31, 7), (600, 3), (300, 513), (2, 600)]:
        ins = [base[:n, :m].copy(), base.T[:n, :m], base[n - 1 :: -1, :m][:n], base[:n, :1]]
        ins[3] = np.broadcast_to(ins[3], (n, m))
        micro = Micro(4)
        a = micro.op("mul", base.dtype, 0, 1)
        b = micro.op("fma", base.dtype, a, 2, 3)
        for out in (np.empty((n, m), np.float32), np.empty((m, n), np.float32).T):
            outs = [out, np.empty((n, m), np.float32)]
            want, got = both_ways(monkeypatch, micro, ins, outs, [b, a])
            for g, w in zip(got, want):
                assert_same_bits(np.ascontiguousarray(g), np.ascontiguousarray(w), f"{n} {m}")
    monkeypatch.delenv("NEUROKIT_NATIVE", raising=False)
    runtime._programs.clear()  # a full cache would drop another group for this one
    gc.collect()
    before = _core.code_live()
    nk.jit(lambda x, y: x[::2, ::3] * y.T + x[1:2, :1])(base[:8, :9], base[:3, :4])
    assert _core.code_live() > before

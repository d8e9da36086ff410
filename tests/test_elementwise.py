"""The kernel ``fused``: every operation against NumPy, then whole micro-programs."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from elementwise_twin import (
    CODES,
    COMPUTE,
    DTYPE_CODE,
    DTYPES,
    Micro,
    arity,
    reference,
    run_op,
    takes,
)

from neurokit import _core

# Values every operation is right on: exact or correctly rounded.
EXACT = set(
    "neg abs sign floor ceil rint trunc sqrt square reciprocal isnan isfinite isinf not invert copy "
    "add sub mul div maximum minimum copysign and or xor shl shr lt le gt ge eq ne select".split()
)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, -3.5, np.inf, -np.inf, np.nan, 1e30, -1e30, 1e-30]
CASES = [(name, t) for name in CODES if name != "convert" for t in COMPUTE if takes(name, t)]
SHAPES = [(), (1,), (5,), (16,), (17,), (1000,), (3, 5), (4, 200), (0,), (3, 0, 2), (2, 3, 4)]


def sample(rng, dtype, shape, name=""):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.asarray(rng.random(shape) < 0.5)
    if dtype.kind in "iu":
        low, high = (0, 40) if name in ("shl", "shr") else (-9, 10)
        return rng.integers(max(low, 0) if dtype.kind == "u" else low, high, shape).astype(dtype)
    x = np.asarray(rng.normal(size=shape) * 2).astype(dtype)
    flat = x.reshape(-1)
    if flat.size > 20:
        flat[: len(SPECIAL)] = SPECIAL
        flat[-20:] = rng.choice(SPECIAL, 20)
    return flat.reshape(shape)


def operands(rng, name, dtype, shape):
    args = [sample(rng, dtype, shape, name) for _ in range(arity(name))]
    if name == "select":
        args[0] = np.asarray(rng.random(shape) < 0.5)
    return args


def assert_same(got, want, name, exact, args=()):
    __tracebackhide__ = True
    assert got.dtype == want.dtype and got.shape == want.shape
    if exact or got.dtype.kind != "f":
        np.testing.assert_array_equal(got, want, err_msg=name)
        return
    # A result that underflows is flushed; the twin may be double rounded.
    tiny = np.finfo(got.dtype).tiny
    eps = np.finfo(got.dtype).eps
    rtol = 4 * eps
    if name == "fma":  # one rounding or, without the instruction, two
        scale = np.abs(args[0] * args[1]) + np.abs(args[2])
        bad = np.abs(got - want) > eps * scale
        assert not np.any(bad & np.isfinite(scale))
        rtol = np.inf
    np.testing.assert_allclose(got, want, rtol=rtol, atol=tiny, err_msg=name)


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("name,dtype", CASES, ids=lambda x: str(x))
def test_every_operation(name, dtype):
    rng = np.random.default_rng(len(name))
    for shape in SHAPES:
        args = operands(rng, name, dtype, shape)
        assert_same(run_op(name, dtype, *args), np.asarray(reference(name, dtype, *args)), name,
                    name in EXACT, args)  # fmt: skip


@pytest.mark.parametrize("name,dtype", CASES, ids=lambda x: str(x))
def test_operands_that_broadcast(name, dtype):
    """Scalars, rows and columns, constants: every mask of uniform operands."""
    rng = np.random.default_rng(1 + len(name))
    for shape in [(7, 5), (3, 150)]:
        small = [(), shape, shape[-1:], shape[:-1] + (1,)]
        for pattern in range(4 ** arity(name)):
            shapes = [small[pattern // 4**k % 4] for k in range(arity(name))]
            args = [operands(rng, name, dtype, s)[k] for k, s in enumerate(shapes)]
            whole = [np.broadcast_to(a, shape) for a in args]
            got = run_op(name, dtype, *whole, out=None)
            want = np.broadcast_to(reference(name, dtype, *args), shape)
            assert_same(got, want, name, name in EXACT, args)


@pytest.mark.parametrize("dtype", COMPUTE, ids=str)
def test_strides(dtype):
    """Reversed, sliced, transposed and overlapping inputs; strided outputs."""
    rng = np.random.default_rng(3)
    base = sample(rng, dtype, (40, 300))
    name = "or" if dtype.kind == "b" else "add"
    views = [base[::-1, ::-1], base[:, ::2], base[::3, 5:77], base[:30, :30].T, base[0:1, :], base]
    for view in views:
        for out in (np.zeros(view.shape, dtype), np.zeros(view.shape[::-1], dtype).T,
                    np.zeros(view.shape + (2,), dtype)[..., 1][:, ::-1]):  # fmt: skip
            got = run_op(name, dtype, view, view[:, ::-1], out=out)
            assert_same(got, reference(name, dtype, view, view[:, ::-1]), name, True)


def test_small_types_enter_through_convert():
    rng = np.random.default_rng(4)
    for source in DTYPES:
        for target in COMPUTE:
            for shape in [(), (3,), (100,), (9, 7)]:
                x = sample(rng, source, shape)
                x = np.where(np.isfinite(x) & (np.abs(x) < 1e9), x, 3).astype(source)
                got = run_op("convert", target, x)
                assert_same(got, x.astype(target), f"{source} to {target}", True)
                strided = np.broadcast_to(x, (3, 4, *shape)).swapaxes(0, 1)
                got = run_op("convert", target, strided)
                assert_same(got, strided.astype(target), f"{source} to {target}", True)


def test_integer_corners():
    for dtype in (np.int32, np.int64):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        values = np.array([low, low + 1, -7, -2, -1, 0, 1, 2, 7, 31, 32, 63, 64, high], dtype)
        a, b = (x.ravel() for x in np.meshgrid(values, values))
        for name in ("add", "sub", "mul", "mod", "floordiv", "shl", "shr", "pow", "lt", "maximum"):
            assert_same(run_op(name, dtype, a, b), reference(name, dtype, a, b), name, True)
        for name in ("neg", "abs", "sign", "square", "invert"):
            assert_same(run_op(name, dtype, a), reference(name, dtype, a), name, True)


def random_micro(rng, shape, n_op):
    """A random program over inputs of all types, its inputs, and the types of its values."""
    some_ones = tuple(1 if rng.random() < 0.5 else n for n in shape)
    shapes = [shape, shape, shape, (), shape[-1:], some_ones]
    types = [COMPUTE[rng.integers(5)] for _ in range(rng.integers(1, 6))]
    ins = [np.broadcast_to(sample(rng, t, shapes[rng.integers(len(shapes))]), shape) for t in types]
    constants = [(COMPUTE[k], [1, 3, -2, 0.1, 2.7][k]) for k in range(5)]
    micro = Micro(len(ins), constants)
    types += [t for t, _ in constants]
    # Chains and selections, the operations the builder rewrites, most of the time.
    names = [n for n in CODES if n in EXACT and n not in ("shl", "shr")]
    likely = ["add", "sub", "mul", "div", "lt", "ge", "gt", "select", "select", "and", "maximum"]
    while len(micro.ops) < n_op:
        name = str(rng.choice(likely if rng.random() < 0.7 else [*names, "convert"]))
        dtype = COMPUTE[rng.choice(5, p=[0.1, 0.1, 0.1, 0.4, 0.3])]
        if not takes(name, dtype):
            continue
        wanted = [np.dtype(bool)] if name == "select" else []
        wanted += [dtype] * (arity(name) - len(wanted))
        if name == "convert":
            wanted = [COMPUTE[rng.integers(3)]]  # from integers: no cast of NaN
        src = []
        for want in wanted:
            fit = [k for k, t in enumerate(types) if t == want]
            recent = fit[-3:] if rng.random() < 0.7 else fit
            src.append(int(rng.choice(recent)))
        micro.op(name, dtype, *src)
        types.append(np.dtype(bool) if name in ("isnan", "isfinite", "isinf", "lt", "le", "gt",
                                                "ge", "eq", "ne") else dtype)  # fmt: skip
    return micro, ins, types


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed):
    rng = np.random.default_rng(seed)
    for shape in [(), (3,), (16,), (777,), (5, 7), (3, 140), (2, 3, 130)]:
        micro, ins, types = random_micro(rng, shape, int(rng.integers(1, 30)))
        results = [int(k) for k in rng.integers(0, len(types), rng.integers(1, 5))]
        results[0] = len(types) - 1
        outs = [np.full(shape, 77).astype(types[k]) for k in results]
        micro.run(ins, outs, results)
        for got, want in zip(outs, micro.numpy(ins, results, shape), strict=True):
            tiny = np.finfo(np.float32).tiny
            if got.dtype.kind == "f":  # denormals are flushed
                got = np.where(np.abs(got) < tiny, 0, got)
                want = np.where(np.abs(want) < tiny, 0, want)
            np.testing.assert_array_equal(got, want, err_msg=str(micro.ops))


@pytest.mark.parametrize("seed", range(30))
def test_outputs_over_inputs(seed):
    """Outputs in the memory of inputs, read before and after: the values of separate outputs."""
    rng = np.random.default_rng(100 + seed)
    for shape in [(3,), (16,), (1030,), (3, 140)]:
        dtype = COMPUTE[rng.integers(3, 5)]
        ins = [rng.normal(size=shape).astype(dtype) for _ in range(3)]
        micro = Micro(3, [(dtype, 0.5)])
        for _ in range(rng.integers(1, 12)):
            src = rng.integers(0, 4 + len(micro.ops), 2)
            micro.op(str(rng.choice(["add", "sub", "mul", "maximum"])), dtype, *map(int, src))
        results = [int(k) for k in rng.integers(0, 4 + len(micro.ops), 3)]
        want = [x.copy() for x in micro.run(ins, [np.empty(shape, dtype) for _ in ins], results)]
        order = rng.permutation(3)
        outs = [ins[k] for k in order]
        micro.run(ins, outs, results)
        for got, expected in zip(outs, want, strict=True):
            np.testing.assert_array_equal(got, expected, err_msg=str((micro.ops, results, order)))


def step_by_step(micro, ins, results):
    """Each operation as a program of its own: nothing for the builder to put together."""
    values = list(ins) + [np.asarray(x, t) for t, x in micro.constants]
    values = [np.broadcast_to(x, ins[0].shape) for x in values]
    for name, dtype, src in micro.ops:
        values.append(run_op(name, dtype, *(values[k] for k in src)))
    return [values[k] for k in results]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("test", ["lt", "le", "gt", "ge", "eq"])
def test_choice_of_a_sum(monkeypatch, test, dtype):
    """a test b ? c op d : y and its mirror image, vectors and numbers in all places."""
    monkeypatch.setenv("NEUROKIT_NATIVE", "0")
    rng = np.random.default_rng(3)
    for op in ("add", "sub", "fma"):
        for no in (False, True):
            for b, y, d, turned in np.ndindex(2, 2, 2, 2):
                ins = [sample(rng, dtype, (1100,)) for _ in range(6)]
                micro = Micro(6, [(dtype, 0.5), (dtype, -2.0), (dtype, 0.7)])
                place = {"a": 0, "b": 6 if b else 1, "y": 7 if y else 2, "c": 3, "d": 8 if d else 4}
                pair = [place["c"], place["d"]]
                total = micro.op(op, dtype, *pair[:: -1 if turned else 1], *[5] * (op == "fma"))
                pair = [place["a"], place["b"]]
                condition = micro.op(test, dtype, *pair[:: -1 if turned else 1])
                arms = [total, place["y"]]
                last = micro.op("select", dtype, condition, *arms[:: -1 if no else 1])
                for results in [[last], [last, total], [condition, last]]:
                    want = step_by_step(micro, ins, results)
                    got = micro.run(ins, [np.empty_like(x) for x in want], results)
                    for x, z in zip(got, want, strict=True):
                        np.testing.assert_array_equal(x, z, err_msg=str(micro.ops))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_of_two_products_and_of_leak_and_conductance(monkeypatch, dtype):
    monkeypatch.setenv("NEUROKIT_NATIVE", "0")
    rng = np.random.default_rng(4)
    ins = [np.where(np.isnan(x), 1, x) for x in sample(rng, dtype, (4, 1100))]
    for numbers in np.ndindex(2, 2, 2, 2, 2):
        micro = Micro(4, [(dtype, x) for x in (0.5, -2.0, 0.7, 3.0)])
        a, b, c, d = (4 + k if numbers[k] else k for k in range(4))
        product = micro.op("mul", dtype, c, d)
        two = micro.op("fma", dtype, a, b, product)
        leak = micro.op("sub", dtype, a, b)
        force = micro.op("sub", dtype, c, b)
        driven = micro.op("fma", dtype, force, d, leak)
        for results in [[two, driven], [two, product, driven, leak], [driven]][numbers[4] :]:
            want = step_by_step(micro, ins, results)
            got = micro.run(ins, [np.empty_like(x) for x in want], results)
            for x, z in zip(got, want, strict=True):
                np.testing.assert_array_equal(x, z, err_msg=str(micro.ops))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moving_thresholds(monkeypatch, dtype):
    """x p + q beside what it is compared with or multiplied by, whoever else reads it."""
    rng = np.random.default_rng(6)
    ins = list(sample(rng, dtype, (4, 1100)))  # with NaN, infinities and zeros
    for test, turned in itertools.product(("lt", "le", "gt", "ge", "eq"), (False, True)):
        micro = Micro(4, [(dtype, x) for x in (0.5, -2.0, 1.0, 0.0)])
        a, e, x, y, p, q, one, zero = range(8)
        level = micro.op("fma", dtype, x, p, q)
        pair = (level, a) if turned else (a, level)
        spike = micro.op("select", dtype, micro.op(test, dtype, *pair), one, zero)
        reset = micro.op(
            "sub", dtype, e, micro.op("mul", dtype, *((level, spike)[:: -1 if turned else 1]))
        )
        chosen = micro.op("select", dtype, micro.op(test, dtype, *pair), y, zero)  # does not fit
        square = micro.op("mul", dtype, level, level)
        other = micro.op("sub", dtype, e, square)
        uniform = micro.op("select", dtype, micro.op(test, dtype, level, p), one, zero)
        for results in (
            [spike], [reset], [spike, reset], [spike, level], [reset, chosen], [other], [spike, uniform],
        ):  # fmt: skip
            want = step_by_step(micro, ins, results)
            for native in ("0", "1"):
                monkeypatch.setenv("NEUROKIT_NATIVE", native)
                got = micro.run(ins, [np.empty_like(w) for w in want], results)
                for g, w in zip(got, want, strict=True):
                    np.testing.assert_array_equal(g, w, err_msg=str(micro.ops))


def test_position_and_threads_do_not_change_bits():
    rng = np.random.default_rng(5)
    for name in ("exp", "tanh", "sin", "log1p", "sigmoid", "erf", "pow"):
        for dtype in (np.float32, np.float64):
            x = [np.abs(rng.normal(size=300_000)).astype(dtype) for _ in range(arity(name))]
            whole = run_op(name, dtype, *x, threads=1)
            for threads in (2, 3):
                again = run_op(name, dtype, *x, threads=threads)
                np.testing.assert_array_equal(again, whole)
            for start, stop in [(0, 1), (5, 22), (17, 18), (299_990, 300_000), (3, 1003)]:
                part = run_op(name, dtype, *(v[start:stop] for v in x))
                np.testing.assert_array_equal(part, whole[start:stop], err_msg=name)


def test_denormal_results_are_flushed_and_mode_restored():
    x = np.full(100, 1e-38, np.float32)
    assert (run_op("mul", np.float32, x, np.full(100, 0.1, np.float32)) == 0).all()
    assert (x * np.float32(0.1) > 0).all()
    denormal = np.full(100, 1e-40, np.float32)
    np.testing.assert_array_equal(run_op("copy", np.float32, denormal), denormal)
    np.testing.assert_array_equal(run_op("neg", np.float32, denormal), -denormal)


def test_many_live_values_do_not_fit_in_cache():
    x = np.arange(500.0)
    micro = Micro(1)
    values = [micro.op("mul", np.float64, 0, 0)]
    values += [micro.op("add", np.float64, k, 0) for k in values * 1]
    for _ in range(300):
        values.append(micro.op("add", np.float64, values[-1], 0))
    total = values[0]
    for v in values[1:]:
        total = micro.op("add", np.float64, total, v)
    out = micro.run([x], [np.empty_like(x)], [total])[0]
    np.testing.assert_array_equal(out, micro.numpy([x], [total], x.shape)[0])


def test_errors_say_what_is_wrong():
    x = np.zeros(4, np.float32)
    with pytest.raises(TypeError, match="not is not defined for float32"):
        run_op("not", np.float32, x)
    with pytest.raises(TypeError, match="operand 1 of add is float64, wanted float32"):
        run_op("add", np.float32, x, np.zeros(4))
    with pytest.raises(ValueError, match="axis 0 of input 0 has size 3, wanted 4"):
        run_op("neg", np.float32, np.zeros(3, np.float32), out=np.zeros(4, np.float32))
    with pytest.raises(ValueError, match="operation code"):
        _core.call("fused", [x], [x], ip=(0, 1, 999, DTYPE_CODE[x.dtype], 0, -1, -1, 1))
    with pytest.raises(ValueError, match="value 1, wanted 0 to 0"):
        _core.call("fused", [x], [x], ip=(0, 1, CODES["neg"], DTYPE_CODE[x.dtype], 1, -1, -1, 1))
    with pytest.raises(ValueError, match="parameters"):
        _core.call("fused", [x], [x], ip=(0, 1, CODES["neg"], DTYPE_CODE[x.dtype], 0, -1))


@pytest.mark.parametrize("level", _core.info()["levels"])
def test_every_cpu_level(level):
    if os.environ.get("NEUROKIT_CPU") or level == _core.info()["cpu_level"]:
        pytest.skip("the other tests run at this level")
    env = dict(os.environ, NEUROKIT_CPU=level)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", __file__]
    command.append(__file__.replace("test_elementwise", "test_math"))
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]

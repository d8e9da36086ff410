"""Kernel ``fold``: the bits of the group written out and then reduced, by every way it can run."""

import numpy as np
import pytest
from elementwise_twin import DTYPE_CODE, Micro
from kernel_tools import call, run_at_level
from test_native import assert_same_bits

from neurokit import _core

OPS = ["sum", "prod", "max", "min", "any", "all"]
LENGTHS = [1, 2, 7, 9, 16, 33, 1023, 1024, 1025, 5000, 100003]
TYPES = ["?", "u1", "i2", "i4", "u8", "i8", "f4", "f8"]


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def result_type(op, dtype):
    if op in ("any", "all"):
        return np.dtype(bool)
    if op in ("max", "min") or dtype.kind == "f":
        return dtype
    return np.dtype("u8" if dtype.kind == "u" else "i8")


def fold(micro, ins, shape, split, outs, threads=1):
    """outs: (value, its dtype, operation or None) each."""
    p, _, q = split
    made = [np.empty(shape, t) if op is None else np.empty((p, q), result_type(op, np.dtype(t)))
            for _, t, op in outs]  # fmt: skip
    ip = [*split, len(shape), *shape]
    for _, dtype, op in outs:
        ip += [-1, 0] if op is None else [OPS.index(op), DTYPE_CODE[np.dtype(dtype)]]
    ip += micro.ip([v for v, *_ in outs])
    _core.call("fold", made, list(ins), ip=tuple(ip), threads=threads)
    return made


def apart(micro, ins, shape, split, outs):
    """The same by a group that is written and the reduction's own kernel."""
    values = [np.empty(shape, t) for _, t, _ in outs]
    micro.run(ins, values, [v for v, *_ in outs])
    return [
        x
        if op is None
        else call(
            "reduce_" + op,
            (split[0], split[2]),
            result_type(op, np.dtype(t)),
            x.reshape(split).swapaxes(1, 2),
            ip=(1,),
        )
        for x, (_, t, op) in zip(values, outs)
    ]


def compare(monkeypatch, micro, ins, shape, split, outs, threads=(1,)):
    monkeypatch.setenv("NEUROKIT_NATIVE", "0")
    want = apart(micro, ins, shape, split, outs)
    for native in ("0", "always"):
        monkeypatch.setenv("NEUROKIT_NATIVE", native)
        for n in threads:
            got = fold(micro, ins, shape, split, outs, n)
            for g, w, out in zip(got, want, outs):
                assert_same_bits(g, w, f"{out} {split} native {native} threads {n}")
    return want


def product(dtype):
    """x * y, and the value converted to `dtype`."""
    micro = Micro(2)
    kind = np.dtype(dtype).kind
    base = np.dtype(dtype if np.dtype(dtype).name in ("float32", "int32", "int64") else "f8")
    v = micro.op("mul", base, 0, 1)
    if np.dtype(dtype) != base:
        if kind in "u":
            v = micro.op("abs", base, v)
        v = micro.op("convert", dtype, v)
    return micro, base, v


def numbers(rng, dtype, shape, special=True):
    if dtype.kind != "f":
        return rng.integers(-3, 4, shape).astype(dtype)
    x = rng.normal(size=shape)
    if special:
        at = rng.random(shape)
        for k, value in enumerate([np.nan, np.inf, -np.inf, 0.0, -0.0, 3e-39, 1e-310]):
            x[(at > k * 1e-4) & (at < (k + 1) * 1e-4)] = value
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
def test_every_length_and_operation(monkeypatch, dtype):
    rng = np.random.default_rng(0)
    micro, base, v = product(dtype)
    for n in LENGTHS:
        for special in (False, True):
            ins = [numbers(rng, base, (n,), special) for _ in range(2)]
            outs = [(v, dtype, op) for op in OPS]
            want = compare(monkeypatch, micro, ins, (n,), (1, n, 1), outs, (1, 2))
            if base.kind == "i" and dtype != "u8":  # and the sum is NumPy's
                x = np.multiply(*ins).astype(dtype)
                assert want[0] == np.sum(x) and want[2] == np.max(x)


@pytest.mark.parametrize("split", [
    (40, 33, 1), (3, 9, 1), (7, 15, 1), (100, 2, 1), (100, 9, 1), (130, 15, 1), (1500, 16, 1),
    (9, 1024, 1), (5, 1025, 1), (70, 3000, 1), (2, 140000, 1), (1, 5, 8), (1, 31, 9), (1, 32, 70),
    (1, 3000, 40), (6, 70, 50), (3, 100, 1100), (1, 65, 5000), (1, 70000, 10), (300, 4, 8),
])  # fmt: skip
@pytest.mark.parametrize("dtype", ["?", "i4", "f4", "f8"])
def test_rows_and_columns(monkeypatch, split, dtype):
    rng = np.random.default_rng(1)
    micro, base, v = product(dtype)
    ins = [numbers(rng, base, split) for _ in range(2)]
    outs = [(v, dtype, op) for op in ("sum", "max", "any")]
    outs[1:1] = [(v, dtype, None)] if base == np.dtype(dtype) else []
    compare(monkeypatch, micro, ins, split, split, outs, (1, 2, 3))


def test_operands_of_any_layout(monkeypatch):
    """One value for all, one for a row or a column, transposed, reversed, every other element."""
    rng = np.random.default_rng(2)
    for shape in [(5, 3), (31, 40), (300, 513), (2, 2500), (12, 1030)]:
        n, m = shape
        base = rng.normal(size=(2 * max(shape), 2 * max(shape)))
        layouts = [
            base[:n, :m].copy(), base[:m, :n].T, base[n - 1 :: -1, :m][:n], base[: 2 * n : 2, 1 : 2 * m : 2],
            np.broadcast_to(base[0, :1], shape), np.broadcast_to(base[0, :m], shape),
            np.broadcast_to(base[:n, :1], shape),
        ]  # fmt: skip
        micro = Micro(3)
        v = micro.op("fma", "f8", 0, 1, 2)
        w = micro.op("lt", "f8", v, 0)
        splits = [(n, m, 1), (1, n * m, 1)] + [(1, n, m)] * (m >= 8)
        for _ in range(20):
            ins = [layouts[k] for k in rng.integers(0, len(layouts), 3)]
            for split in splits:
                outs = [(v, "f8", "sum"), (w, "?", "sum"), (v, "f8", None)]
                compare(monkeypatch, micro, ins, shape, split, outs, (1, 2))


def test_outputs_over_inputs(monkeypatch):
    rng = np.random.default_rng(3)
    for n in (5, 1000, 5000, 300_000):
        micro = Micro(2)
        v = micro.op("mul", "f8", 0, 1)
        w = micro.op("sub", "f8", v, 0)
        x, y = rng.normal(size=(2, n))
        outs = [(v, "f8", None), (w, "f8", "sum"), (0, "f8", None)]
        want = compare(monkeypatch, micro, [x, y], (n,), (1, n, 1), outs)
        for native in ("0", "always"):
            monkeypatch.setenv("NEUROKIT_NATIVE", native)
            a, b, total = x.copy(), y.copy(), np.empty((1, 1))
            ip = (1, n, 1, 1, n, -1, 0, 0, DTYPE_CODE[a.dtype], -1, 0, *micro.ip([v, w, 0]))
            _core.call("fold", [b, total, a], [a, b], ip=ip, threads=2)
            for got, expected in zip([b, total, a], want):
                assert_same_bits(got, expected)


def test_more_values_than_fit_a_stack(monkeypatch):
    """A group that the interpreter runs in the workspace of the call, on one thread."""
    rng = np.random.default_rng(4)
    ins = [rng.normal(size=3000) for _ in range(20)]
    micro = Micro(20)
    values = [micro.op("mul", "f8", k, (k + 1) % 20) for k in range(20)]
    for _ in range(8):
        values += [micro.op("add", "f8", a, b) for a, b in zip(values[-20:], values[-19:])]
    outs = [(v, "f8", op) for v, op in zip(values[::-7], ("sum", "max", "prod"))]
    for split in ((1, 3000, 1), (60, 50, 1), (1, 60, 50)):
        compare(monkeypatch, micro, ins, (3000,), split, outs, (1, 2))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("split", [(1, 128, 1), (50, 256, 1), (30, 1024, 1), (3, 5000, 1)])
def test_sums_that_are_denormal(monkeypatch, split, dtype):
    """Of normal numbers; groups flush such results to zero, reductions do not."""
    tiny = np.finfo(dtype).tiny
    micro = Micro(1, [(dtype, 1.0), (dtype, 0.75)])
    v, w = micro.op("mul", dtype, 0, 1), micro.op("mul", dtype, 0, 2)
    outs = [(v, dtype, "sum"), (w, dtype, "sum"), (v, dtype, "prod")]
    x = np.zeros(split, dtype)
    x[:, 0], x[:, 64] = 1.5 * tiny, -tiny
    want = compare(monkeypatch, micro, [x], split, split, outs, (1, 2))
    assert (want[0] == 0.5 * tiny).all() and (want[1] == 1.125 * tiny).all()
    x = tiny * np.random.default_rng(5).integers(-12, 12, split).astype(dtype) / 8
    compare(monkeypatch, micro, [x], split, split, outs, (1, 2))


def n_codes(op, dtype, shape, split):
    """Pieces of machine code of a program that folds x * x."""
    dtype = np.dtype(dtype)
    micro = Micro(1)
    v = micro.op("mul", dtype, 0, 0)
    ip = (*split, len(shape), *shape, OPS.index(op), DTYPE_CODE[dtype], *micro.ip([v]))
    buffers = [("in", 0, dtype, shape), ("out", 0, result_type(op, dtype), (split[0],))]
    x, out = np.empty(shape, dtype), np.empty(split[0], result_type(op, dtype))
    ins, outs = [(0, dtype, 0, shape, x.strides)], [(1, out.dtype, 0, out.shape, out.strides)]
    before = _core.code_live()
    program = _core.Program(buffers, [("fold", outs, ins, ip, (), "here", ())], 1, 1)
    live = _core.code_live() - before
    del program
    assert _core.code_live() == before
    return live


@pytest.mark.skipif(_core.info()["cpu_level"] not in ("v3", "v4"), reason="no machine code")
def test_what_folds_in_registers(monkeypatch):
    monkeypatch.delenv("NEUROKIT_NATIVE", raising=False)
    for dtype in ("f4", "f8"):
        for op in ("sum", "prod"):
            assert n_codes(op, dtype, (5000,), (1, 5000, 1)) == 2
            assert n_codes(op, dtype, (9, 256), (9, 256, 1)) == 2
            assert n_codes(op, dtype, (9, 250), (9, 250, 1)) == 1  # no whole vectors
        assert n_codes("max", dtype, (5000,), (1, 5000, 1)) == 1  # in an order of its own
    assert n_codes("sum", "i4", (5000,), (1, 5000, 1)) == 1
    assert n_codes("sum", "f8", (2 << 20,), (1, 2 << 20, 1)) == 1  # more than a cache holds


X = np.ones((4, 10))


@pytest.mark.parametrize(
    "ip, outs, message",
    [
        ((4, 10, 1, 99), [np.empty(4)], "end before"),
        ((4, 9, 1, 2, 4, 10, 0, 10), [np.empty(4)], "not the iteration"),
        ((0, 10, 1, 2, 4, 10, 0, 10), [np.empty(4)], "not the iteration"),
        ((2**62, 4, 1, 2, 4, 10, 0, 10), [np.empty(4)], "not the iteration"),
        ((4, 5, 2, 2, 4, 10, 0, 10), [np.empty(8)], "columns"),
        ((4, 10, 1, 2, 4, 10, 6, 10), [np.empty(4)], "no operation"),
        ((4, 10, 1, 2, 4, 10, 0, 11), [np.empty(4)], "no operation"),
        ((4, 10, 1, 2, 4, 10, 0, 10), [np.empty(5)], "not contiguous with 4"),
        ((4, 10, 1, 2, 4, 10, 0, 10), [np.empty((4, 2))[:, 0]], "not contiguous"),
        ((4, 10, 1, 2, 4, 10, -1, 0), [np.empty((4, 10))], "no output is folded"),
        ((4, 10, 1, 2, 4, 10, -1, 0, 0, 10), [np.empty(40), np.empty(4)], "output 0 has not"),
        ((4, 10, 1, 1, 40, 0, 10), [np.empty(4)], "input 0 has not"),
        ((4, 10, 1, 2, 4, 10, *[0, 10] * 9), [np.empty(4) for _ in range(9)], "more than 8"),
    ],
)
def test_bad_parameters(ip, outs, message):
    micro = Micro(1)
    v = micro.op("neg", "f8", 0)
    live = _core.alloc_live()
    with pytest.raises(ValueError, match=message):
        _core.call("fold", outs, [X], ip=(*ip, *micro.ip([v] * len(outs))))
    assert _core.alloc_live() == live


def test_failing_allocations():
    micro = Micro(1)
    v = micro.op("neg", "f8", 0)
    out, ip = np.empty(4), (4, 10, 1, 2, 4, 10, 0, 10, *micro.ip([v]))
    before = _core.alloc_live(), _core.code_live()
    n = 1
    while True:
        _core.alloc_fail_at(n)
        try:
            _core.call("fold", [out], [X], ip=ip)
            break
        except MemoryError:
            assert (_core.alloc_live(), _core.code_live()) == before
            n += 1
        finally:
            _core.alloc_fail_at(0)
    assert n > 2 and (out == -10).all()


@pytest.mark.parametrize("level", _core.info()["levels"])
def test_every_cpu_level(level):
    run_at_level(level, __file__)

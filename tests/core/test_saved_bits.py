"""Masks that pass from loop to loop, as those a gradient saves, are kept as bits; nothing else changes."""

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.graph import BOOL
from neurokit.core.loops import reverse
from neurokit.core.primitives.bits import pack, unpack
from neurokit.core.run import lower, records, runtime
from neurokit.core.trace.tracer import Tracer

RNG = np.random.default_rng(12)
N, DELAY = 21, 3
W, XS = RNG.normal(size=(N, N)) / 3, RNG.normal(size=(19, N))
PLANS = [None, "auto", 1, 4, 19, "1KB"]


def loss(mask, plan):
    """Cells that rest after a spike and send it DELAY steps later; spikes carried as `mask`."""

    def f(w, xs):
        def step(carry, x):
            v, resting, ring, t = carry
            late = ring[t % DELAY].astype(np.float64)
            v = np.where(resting > 0, 0.5 * v, 0.9 * v + x + (v * late) @ w)
            fired = (v > 0.5).astype(mask)
            ring[t % DELAY] = fired
            return (v, fired, ring, t + 1), (v * late).sum()

        start = np.zeros(N), np.zeros(N, mask), np.zeros((DELAY, N), mask), np.int64(0)
        (v, *_), ys = nk.scan(step, start, xs, checkpoint=plan)
        return (v**2).sum() + (ys**2).sum()

    return nk.value_and_grad(f, (0, 1))


def cells(shape, dtype, plan=None, reverse=False, steps=23):
    """Gradient of elementwise cells that rest after a spike, by leak and input."""
    rng = np.random.default_rng(int(np.prod(shape)))
    p = {"leak": rng.uniform(0.1, 0.4, shape), "input": rng.uniform(-0.2, 1, (steps, *shape))}
    p = {name: x.astype(dtype) for name, x in p.items()}

    def f(p):
        def step(state, x):
            v, resting, low = state
            v = np.where(resting, dtype(0.5) * v, v + p["leak"] * (x - v))
            fired = v > dtype(0.4)
            new = np.where(fired, dtype(0.1) * v, v)
            return (new, fired, low ^ resting), np.where(low, v * v, np.sin(v))

        start = np.zeros(shape, dtype), np.zeros(shape, bool), np.ones(shape, bool)
        (v, *_), ys = nk.scan(step, start, p["input"], checkpoint=plan, reverse=reverse)
        return (v * v).sum() + (ys * ys).sum()

    return nk.value_and_grad(f), p


def flat(tree):
    return b"".join(np.asarray(x).tobytes() for x in nk.tree.leaves(tree))


@pytest.fixture
def as_bytes(monkeypatch):
    """Call a function with a byte for each bool."""

    def call(f, *args):
        with monkeypatch.context() as m:
            m.setattr(records, "has_bits", lambda shape, dtype: False)
            runtime._programs.clear()
            try:
                return f(*args)
            finally:
                runtime._programs.clear()

    return call


@pytest.fixture
def programs(monkeypatch):
    """The lowerings of the programs that are made."""
    made = []

    class Watched(lower.Lowering):
        def program(self):
            result = super().program()
            made.append(self)
            return result

    monkeypatch.setattr(lower, "Lowering", Watched)
    runtime._programs.clear()
    yield made
    runtime._programs.clear()


def kernels(programs):
    """What the bodies of loops are made of."""
    return {instr[0] for low in programs if low.records.carries for instr in low.instrs}


@pytest.fixture
def splits(monkeypatch):
    made = []

    class Watched(reverse.Split):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(reverse, "Split", Watched)
    return made


def test_a_mask_takes_a_bit(splits, programs):
    """Two masks, of N and DELAY * N cells: a double each, or a bit."""
    for mask in (bool, np.float64):
        loss(mask, None)(W, XS)
    packed, floats = splits
    assert [n.size for n in packed.saved if n.dtype == BOOL] == [N, DELAY * N]
    bits = (N + 7) // 8 + (DELAY * N + 7) // 8
    assert floats.saved_bytes - packed.saved_bytes == 8 * (N + DELAY * N) - bits
    stacks = [view.shape for low in programs for view in low.records.stacks.values()]
    assert sorted(stacks) == [(19, (N + 7) // 8), (19, (DELAY * N + 7) // 8)]


@pytest.mark.parametrize("plan", PLANS)
def test_gradient_of_bits_is_that_of_floats(plan):
    value, gradient = loss(bool, plan)(W, XS)
    want, of_floats = loss(np.float64, None)(W, XS)
    assert value == want
    for a, b in zip(gradient, of_floats):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(1,), (7,), (8,), (9,), (64,), (131,), (1000,), (3, 5), (4, 136)]
)
def test_every_plan_and_executor_gives_the_bits_of_bytes(monkeypatch, as_bytes, shape, dtype):
    for backwards in (False, True):
        f, p = cells(shape, dtype, None, backwards)
        want = flat(as_bytes(f, p))
        for native in ("0", "1"):
            monkeypatch.setenv("NEUROKIT_NATIVE", native)
            runtime._programs.clear()
            for plan in PLANS:
                f, p = cells(shape, dtype, plan, backwards)
                for threads in (1, 3):
                    with nk.options(threads=threads):
                        assert flat(f(p)) == want, (plan, native, threads, backwards)
    runtime._programs.clear()


def test_elementwise_loops_stay_elementwise(programs):
    """Bits are written and read by the groups, so that both loops of a gradient run tile by tile."""
    f, p = cells((1000,), np.float32)
    f(p)
    assert kernels(programs) == {"fused"}
    stacks = [view.shape for low in programs for view in low.records.stacks.values()]
    assert sorted(stacks) == [(23, 125), (23, 125)]


def test_long_loops_over_threads(as_bytes):
    f, p = cells((3001,), np.float32, steps=300)
    want = flat(as_bytes(f, p))
    for threads in (1, 2, 3):
        with nk.options(threads=threads):
            assert flat(f(p)) == want


def test_few_and_single_bools_stay_bytes(programs):
    for shape in ((), (7,), (0,)):
        f, p = cells(shape, np.float64)
        f(p)
    assert not any(low.records.stacks for low in programs)


@pytest.mark.parametrize("reverse", [False, True])
def test_masks_handed_to_another_loop(programs, reverse):
    """Also those of user's loops; what is returned stays bool."""

    @nk.jit
    def f(xs):
        _, masks = nk.scan(lambda c, x: (c + x, c > x), np.zeros(N), xs)
        return nk.scan(
            lambda c, m: (np.where(m, c + 1, 2 * c), None), np.ones(N), masks, reverse=reverse
        )[0]

    @nk.jit
    def g(xs):
        _, masks = nk.scan(lambda c, x: (c + x, c > x), np.zeros(N), xs)
        return nk.scan(
            lambda c, m: (np.where(m, c + 1, 2 * c), None), np.ones(N), masks, reverse=reverse
        )[0], masks

    carry = np.cumsum(XS, 0) - XS
    masks, want = carry > XS, np.ones(N)
    for m in masks[::-1] if reverse else masks:
        want = np.where(m, want + 1, 2 * want)
    np.testing.assert_array_equal(f(XS), want)
    assert any(low.records.stacks for low in programs)
    got, ys = g(XS)
    np.testing.assert_array_equal(got, want)
    assert ys.dtype == bool
    np.testing.assert_allclose(ys, masks)


def test_masks_where_no_group_writes_or_reads_them(as_bytes, programs):
    """Rolled, indexed, looked at by a branch and an inner loop."""

    def f(p):
        def step(state, x):
            v, mask, old = state
            far = np.roll(mask, 3)
            v = np.where(far, v * x, v + x)
            v = nk.cond(mask[0], lambda v: np.where(mask, v * 0.5, v), lambda v: v * v, v)
            v, _ = nk.scan(lambda c, m: (np.where(m, c * 1.1, c), None), v, np.stack([mask, old]))
            return (np.tanh(v), np.sort(v) > 0.2, mask), None

        start = np.ones(N), np.arange(N) % 3 == 0, np.arange(N) % 2 == 0
        return (nk.scan(step, start, p, checkpoint=4)[0][0] ** 2).sum()

    g = nk.value_and_grad(f)
    assert flat(g(XS)) == flat(as_bytes(g, XS))
    assert "event_flags" in kernels(programs)


def test_while_loops_inside(as_bytes):
    def f(xs):
        def step(state, x):
            v, mask = state
            v = np.where(mask, v, v + x)
            _, v = nk.while_loop(
                lambda s: s[0] < 3,
                lambda s: (s[0] + 1, np.where(mask, s[1] * 0.9, s[1])),
                (0, v),
                max_steps=5,
            )
            return (v, v > 0), None

        return (nk.scan(step, (np.zeros(N), np.ones(N, bool)), xs)[0][0] ** 2).sum()

    g = nk.value_and_grad(f)
    assert flat(g(XS)) == flat(as_bytes(g, XS))
    nk.check_grads(f, (XS[:5],), order=1)


def test_second_derivatives_and_batches():
    f = loss(bool, 5)
    nk.check_grads(lambda w, xs: f(w, xs)[0], (W, XS[:5]), order=2)
    many = np.stack([W, 0.5 * W])
    got = nk.vmap(lambda w: f(w, XS)[1][0])(many)
    for g, w in zip(got, many):
        np.testing.assert_allclose(g, f(w, XS)[1][0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("plan", [None, 4])
def test_batches_of_elementwise_loops(programs, plan):
    f, p = cells((13,), np.float64, plan)
    many = {name: np.stack([x, 0.5 * x, 1.5 * x]) for name, x in p.items()}
    value, gradient = nk.vmap(f)(many)
    stacks = [view.shape for low in programs for view in low.records.stacks.values()]
    assert {shape[1] for shape in stacks} == {5}  # 3 x 13 bits
    for k in range(3):
        one, slope = f({name: x[k] for name, x in many.items()})
        np.testing.assert_allclose(value[k], one, rtol=1e-12)
        for name in p:
            np.testing.assert_allclose(gradient[name][k], slope[name], rtol=1e-10, atol=1e-12)


def test_observed_runs(as_bytes):
    """One operation at a time, timed, watched for NaN."""
    f, p = cells((37,), np.float64, 4)
    want = flat(f(p))
    for options in ({"nan_check": True}, {"profile": True}):
        with nk.options(**options):
            assert flat(f(p)) == want


@pytest.mark.parametrize("shape", [(1,), (8,), (13,), (200,), (3, 70)])
def test_there_and_back(shape):
    x = RNG.random(shape) < 0.4
    both = lambda x: Tracer(unpack(pack(x.node), shape[-1]))  # noqa: E731
    np.testing.assert_array_equal(nk.jit(both)(x), x)
    many = np.stack([x, ~x, x])
    np.testing.assert_array_equal(nk.vmap(both)(many), many)


@pytest.mark.parametrize("order", ["little", "big"])
def test_as_numpy_packs(order):
    for n in [*range(71), 1000, 1003]:
        x = RNG.random((3, n)) < 0.4
        bits = np.packbits(x, axis=-1, bitorder=order)
        there = nk.jit(lambda x: np.packbits(x, axis=-1, bitorder=order))
        back = nk.jit(lambda b: np.unpackbits(b, axis=-1, bitorder=order, count=n))  # noqa: B023
        for got, want in (
            (there(x), bits),
            (back(bits), np.unpackbits(bits, axis=-1, bitorder=order, count=n)),
        ):
            assert got.dtype == want.dtype == np.uint8
            np.testing.assert_array_equal(got, want)
        odd = x.view(np.uint8) * np.uint8(6)  # any number but 0 is a one
        np.testing.assert_array_equal(there(odd), bits)
        np.testing.assert_array_equal(there(odd.view(bool)), bits)


@pytest.mark.parametrize(
    "shape", [(1,), (13,), (1000,), (3, 16), (1, 9), (5, 1), (3, 13), (4, 2, 8)]
)
def test_bits_that_a_loop_returns(monkeypatch, programs, shape):
    """Groups write them where rows are whole bytes; next to the mask itself, or to more readers."""
    many = np.random.default_rng(3).normal(size=(6, *shape))

    def step(state, x):
        v, old = state
        mask = v > x
        bits = [np.packbits(m, axis=-1, bitorder="little") for m in (mask, old, np.flip(mask))]
        return (np.where(mask, v - 1, v + x), mask), (bits, bits[0] ^ bits[1], ~mask)

    start = np.zeros(shape), np.ones(shape, bool)
    for native in ("0", "1"):
        monkeypatch.setenv("NEUROKIT_NATIVE", native)
        runtime._programs.clear()
        _, (bits, differ, no_mask) = nk.jit(lambda xs: nk.scan(step, start, xs))(many)
        mask = ~no_mask
        old = np.concatenate([np.ones((1, *shape), bool), mask[:-1]])
        mirrored = np.stack([np.flip(m) for m in mask])
        want = [np.packbits(m, axis=-1, bitorder="little") for m in (mask, old, mirrored)]
        for got, w in zip(bits, want):
            assert got.dtype == w.dtype and got.shape == w.shape
            np.testing.assert_array_equal(got, w)
        np.testing.assert_array_equal(differ, want[0] ^ want[1])

    programs.clear()
    record = lambda v, x: (v + x, np.packbits(v > x, axis=-1, bitorder="little"))  # noqa: E731
    v, bits = nk.jit(lambda xs: nk.scan(record, start[0], xs))(many)
    want = np.packbits(np.cumsum(many, 0) - many > many, axis=-1, bitorder="little")
    np.testing.assert_array_equal(bits, want)
    whole = shape[-1] == np.prod(shape) or shape[-1] % 8 == 0
    assert kernels(programs) == ({"fused"} if whole else {"fused", "event_bits"})

"""Elementwise loops run tile by tile: the bits of the plain order, on any number of threads."""

import os

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.run import lower, runtime


def cell(state, x):
    v, w, n = state
    v = v * np.float32(0.95) + x[0] - w * np.float32(0.1)
    spike = v > np.float32(0.6)
    w = np.where(spike, w + np.float32(0.2), w * np.float32(0.97))
    return (np.where(spike, np.float32(0), v), w, n + spike), (v, spike, np.exp(-v * x[1]))


def swapping(state, x):
    """Carries that cannot be in place, the step's number, a scalar input."""
    a, b = state
    return (b + np.float32(0.5) * x, a * np.float32(0.9)), a.astype(np.float64) + b


def run(f, state, xs, threads=1, **options):
    with nk.options(threads=threads):
        return nk.jit(lambda s, x: nk.scan(f, s, x, **options))(state, xs)


def leaves(tree):
    return [np.asarray(x) for x in nk.tree.leaves(tree)]


@pytest.mark.parametrize("n", [1, 2, 17, 63, 1000, 20_011])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 7, 8])
def test_same_bits_as_step_by_step(monkeypatch, n, reverse, steps):
    rng = np.random.default_rng(n)
    state = tuple(rng.uniform(0, 1, n).astype(np.float32) for _ in range(2)) + (np.zeros(n, int),)
    xs = (rng.uniform(0, 0.3, (steps, n)).astype(np.float32), rng.normal(size=(steps, 1)))
    xs = (xs[0], xs[1].astype(np.float32))
    cases = [(cell, state, xs), (swapping, state[:2], xs[0]), (swapping, state[:2], xs[1])]
    for f, s, x in cases:
        with nk.options(profile=True):  # step by step, so that each instruction is timed
            want = leaves(run(f, s, x, reverse=reverse))
        for native in ("0", "1"):
            monkeypatch.setenv("NEUROKIT_NATIVE", native)
            runtime._programs.clear()
            for threads in (1, 2, 3):
                for a, b in zip(leaves(run(f, s, x, threads, reverse=reverse)), want, strict=True):
                    assert a.dtype == b.dtype
                    assert a.tobytes() == b.tobytes(), (f.__name__, native, threads)
    runtime._programs.clear()


def _plain_body(rng, n_carry):
    """A random step of plain operations, which the core runs several at a time."""
    plan = rng.integers(0, 1000, (int(rng.integers(3, 12)), 4))

    def step(state, x):
        f32 = np.float32
        pool = [*state[:n_carry], x[0], state[n_carry] * f32(0.5)]
        flags = [state[-1], state[0] + x[0] > f32(0.3)]
        for op, a, b, c in plan:
            p, q, r = (pool[k % len(pool)] for k in (a, b, c))
            flag = flags[c % len(flags)]
            kind = op % 9
            if kind == 0:
                pool.append(p + q)
            elif kind == 1:
                pool.append(p - q * f32(0.5))
            elif kind == 2:
                pool.append(p * q)
            elif kind == 3:
                pool.append(np.where(flag, p, q))
            elif kind == 4:
                pool.append(np.maximum(p, np.minimum(q, r)))
            elif kind == 5:
                pool.append(p * q + r)
            elif kind == 6:
                pool.append(np.abs(p) * f32(0.25) - x[1])
            elif kind == 7:
                flags.append(p <= q)
            else:
                flags.append(np.logical_xor(flag, flags[a % len(flags)]))
        squeeze = lambda v: np.minimum(np.maximum(v, f32(-2)), f32(2))  # noqa: E731
        new = [squeeze(pool[-1 - k] + state[k] * f32(0.1)) for k in range(n_carry)]
        count = state[n_carry + 1] + flags[-1] + x[2]
        ys = (pool[-1], flags[-1], nk.ops.event_bits(flags[1]), new[0])
        return (*new, state[n_carry], count, flags[-1]), ys

    return step


def _described():
    """All programs of the cache, which keeps some beside the numbers that they were made with."""
    kept = [e[1][1] if isinstance(e, list) else e for e in runtime._programs.values()]
    return "".join(program.describe() for program in kept)


@pytest.mark.parametrize("seed", range(12))
def test_several_steps_at_a_time_have_the_bits_of_step_by_step(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    n, steps, n_carry = int(rng.choice([1, 9, 64, 1001])), int(rng.integers(2, 15)), 1 + seed % 3
    state = [rng.normal(size=n).astype(np.float32) for _ in range(n_carry)]
    state = (*state, rng.normal(size=n).astype(np.float32), np.zeros(n, int), rng.random(n) < 0.5)
    xs = (
        rng.normal(size=(steps, n)).astype(np.float32),
        rng.normal(size=(steps, 1)).astype(np.float32),
        np.arange(7, 7 + steps),
    )
    body, reverse = _plain_body(rng, n_carry), bool(seed % 2)
    with nk.options(profile=True):
        want = leaves(run(body, state, xs, reverse=reverse))
    for native in ("0", "1"):
        monkeypatch.setenv("NEUROKIT_NATIVE", native)
        runtime._programs.clear()
        for threads in (1, 2):
            for a, b in zip(leaves(run(body, state, xs, threads, reverse=reverse)), want):
                assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), (native, threads)
    runtime._programs.clear()


def test_plain_steps_run_several_at_a_time():
    def leak(v, x):
        v = v * np.float32(0.9) + x
        return np.where(v > 1, np.float32(0), v), v > 1

    def text(step, steps):
        xs = np.ones((steps, 50), np.float32)
        return described(lambda v: nk.scan(step, v, xs), np.zeros(50, np.float32))

    def described(f, x):
        runtime._programs.clear()
        nk.jit(f)(x)
        return _described()

    assert "scan (4 steps at a time)" in text(leak, 9)
    assert "at a time" not in text(leak, 1)
    assert "at a time" not in text(lambda v, x: (np.exp(-v) + x, None), 9)  # a function

    count = lambda c: nk.fori_loop(3, 14, lambda i, c: c * 3 - i, c)  # noqa: E731
    assert "scan (4 steps at a time)" in described(count, np.arange(50))
    want = np.arange(50)
    for i in range(3, 14):
        want = want * 3 - i
    np.testing.assert_array_equal(nk.jit(count)(np.arange(50)), want)


@pytest.mark.parametrize("n_x, n_y, turns", [(2, 1, 4), (4, 2, 2), (6, 3, 0)])
def test_operands_limit_the_steps_at_a_time(n_x, n_y, turns):
    rng = np.random.default_rng(n_x)
    xs = [rng.normal(size=(9, 70)).astype(np.float32) for _ in range(n_x)]
    v = rng.normal(size=70).astype(np.float32)

    def step(v, x):
        ys = [np.maximum(x[k % n_x], x[-1 - k]) for k in range(n_y)]
        return np.minimum(v, ys[-1]), ys

    runtime._programs.clear()
    got, rows = nk.jit(lambda v, xs: nk.scan(step, v, xs))(v, xs)
    text = _described()
    assert ("at a time" in text) == bool(turns)
    assert not turns or f"scan ({turns} steps at a time)" in text
    for t in range(9):
        v, ys = step(v, [x[t] for x in xs])
        for row, y in zip(rows, ys, strict=True):
            np.testing.assert_array_equal(row[t], y)
    np.testing.assert_array_equal(got, v)


def test_long_loops_split_over_threads(monkeypatch):
    """Enough work that tiles are cut for threads, temporaries included."""
    n, steps = 3001, 400
    rng = np.random.default_rng(0)
    v = rng.uniform(0, 1, n).astype(np.float32)

    def step(state, _):
        a, b = state
        for _ in range(90):  # more than one group: values between them are temporaries
            a = a * np.float32(0.99) + b * np.float32(0.01)
            b = b + a * np.float32(0.001)
        return (a - np.float32(0.1), b * np.float32(0.9)), None

    results = [leaves(run(step, (v, v[::-1].copy()), None, k, length=steps)) for k in (1, 2, 3)]
    with nk.options(profile=True):
        results.append(leaves(run(step, (v, v[::-1].copy()), None, length=steps)))
    monkeypatch.setenv("NEUROKIT_NATIVE", "0")
    runtime._programs.clear()
    results.append(leaves(run(step, (v, v[::-1].copy()), None, 2, length=steps)))
    runtime._programs.clear()
    for other in results[1:]:
        assert all(a.tobytes() == b.tobytes() for a, b in zip(results[0], other))


def test_outputs_lie_on_cache_lines():
    """Arrays of a kilobyte or more; they own their memory and can be resized."""
    for n in (300, 5000, 2_000_000):
        x = nk.jit(lambda x: x + 1)(np.zeros(n, np.float32))
        assert x.ctypes.data % 64 == 0
        assert x.flags.owndata
    x.resize(10, refcheck=False)
    assert (x == 1).all()


def test_freed_results_are_used_again_and_living_ones_are_not():
    f = nk.jit(lambda x: x + 1)
    rng = np.random.default_rng(0)
    living = {}
    for k in range(3000):
        n = int(rng.choice([300, 5000, 70_000, 1_000_000, int(rng.integers(256, 9000))]))
        x = f(np.full(n, k, np.float32))
        if rng.random() < 0.2:
            x.resize(n // 2 + 1, refcheck=False)
        living[k] = x[1:] if rng.random() < 0.3 else x  # a view alone keeps the memory
        del x
        while len(living) > 12:
            key = list(living)[int(rng.integers(len(living)))]
            assert (living.pop(key) == key + 1).all()
    if "asan" in os.environ.get("LD_PRELOAD", ""):
        return  # a sanitizer keeps what is freed
    x = f(np.zeros(5000, np.float32))
    place = x.ctypes.data
    del x
    assert f(np.ones(5000, np.float32)).ctypes.data == place


def test_memory_of_results_that_were_resized_is_not_taken_unaligned():
    f = nk.jit(lambda x: x + 1)
    for n in range(300, 900, 30):
        x = f(np.zeros(n))
        x.resize(2 * n, refcheck=False)  # by the C library, which aligns to 16 bytes
        del x
        assert f(np.zeros(2 * n)).ctypes.data % 64 == 0


def test_records_of_carries_are_written_by_the_groups(monkeypatch):
    """A carry recorded before or after the step, twice or turned to a column, is an output of the group."""
    kernels = []
    before = lower.Lowering.program

    def program(self):
        result = before(self)
        kernels.extend(instr[0] for instr in self.instrs if self.records.carries)
        return result

    monkeypatch.setattr(lower.Lowering, "program", program)

    def step(state, x):
        v, n = state
        new = v * np.float32(0.9) + x
        return (new, n + (new > 1)), (v, new, new.reshape(-1, 1), n, new)

    rng = np.random.default_rng(5)
    for n in (2, 63, 1000, 20_011):
        start = rng.normal(size=n).astype(np.float32), np.arange(n)
        xs = rng.normal(size=(7, n)).astype(np.float32)
        v, count, want = *start, []
        for x in xs:
            new = v * np.float32(0.9) + x
            want.append((v, new, new[:, None], count, new))
            v, count = new, count + (new > 1)
        for threads in (1, 3):
            (got, number), ys = run(step, start, xs, threads)
            np.testing.assert_allclose(got, v, rtol=1e-5, atol=1e-6)
            for y, w in zip(ys, map(np.stack, zip(*want))):
                assert y.shape == w.shape and y.dtype == w.dtype
                np.testing.assert_allclose(y, w, rtol=1e-5, atol=1e-6)
            assert ys[1].tobytes() == ys[2].tobytes() == ys[4].tobytes()
            assert ys[1][-1].tobytes() == got.tobytes()
    assert set(kernels) == {"fused"}

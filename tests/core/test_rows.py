"""Reductions run with their neighbours by blocks of rows: the bits of the separate instructions."""

import numpy as np
import pytest
from program_tools import F8, instr, operand

import neurokit as nk
from neurokit import _core
from neurokit.core.run import lower, rows, runtime


def softmax(x):
    e = np.exp(x - np.max(x, -1, keepdims=True))
    return e / np.sum(e, -1, keepdims=True)


def logsumexp(x):
    m = np.max(x, -1)
    return m + np.log(np.sum(np.exp(x - m[..., None]), -1))


def layer_norm(x):
    m = np.mean(x, -1, keepdims=True)
    return (x - m) / np.sqrt(np.mean((x - m) ** 2, -1, keepdims=True) + 1e-5)


def masked(x):
    """A mask per position of the last two axes, and one weight per last axis."""
    n = x.shape[-2]
    weight = np.arange(float(x.shape[-1])).astype(x.dtype)
    seen = np.arange(x.shape[-1]) <= np.arange(n)[:, None]
    return softmax(np.where(nk.array(seen), x, x.dtype.type(-1e9)) * weight)


def mean_square(x):
    return np.mean(np.tanh(x) ** 2)


def all_kinds(x):
    y = np.sin(x)
    low, high = np.min(y, -1), np.max(y, -1)
    counts = np.sum(y > 0, -1), np.any(y > 0.9, -1), np.all(y > -0.9, -1)
    return y, low, high, counts, np.prod(1 + y / 100, -1), y[..., ::-1] - high[..., None]


def by_columns(x):
    """What a region writes is read across rows behind it; the sum of all of it too."""
    y = softmax(x)
    return np.sum(y, 0), np.sum(np.exp(y)), y.T - y.T[0]


def two_axes(x):
    return x - np.sum(np.exp(x), (-2, -1), keepdims=True)


FUNCTIONS = [softmax, logsumexp, layer_norm, masked, mean_square, all_kinds, by_columns, two_axes]
GRADIENTS = [
    lambda x: nk.grad(lambda x: np.sum(softmax(x) ** 2))(x),
    lambda x: nk.value_and_grad(lambda x: np.sum(np.tanh(layer_norm(x)) * x))(x),
    lambda x: nk.grad(lambda x: nk.grad(mean_square)(x).sum())(x),
]


@pytest.fixture
def kernels(monkeypatch):
    """Small blocks for small arrays; collects the kernels of each program. Set `on` to compare."""

    class Seen:
        on, lists = True, []

    def spy(buffers, instrs):
        out = rows.by_rows(buffers, instrs) if Seen.on else instrs
        Seen.lists.append([i[0] for i in out])
        return out

    for name, value in {"_LEAST": 0, "_TURN": 0, "_CACHE": 1 << 13, "_SPLIT": 0}.items():
        monkeypatch.setattr(rows, name, value)
    monkeypatch.setattr(lower, "by_rows", spy)
    Seen.lists = []
    runtime._programs.clear()
    yield Seen
    runtime._programs.clear()


def leaves(f, x, threads=1):
    with nk.options(threads=threads):
        return [np.asarray(v) for v in nk.tree.leaves(nk.jit(lambda x: f(x))(x))]


def compare(kernels, f, x, threads=(1, 2, 3)):
    """The kernels with rows, after both ways gave the same bits."""
    kernels.on = False
    runtime._programs.clear()
    want = leaves(f, x)
    kernels.on = True
    runtime._programs.clear()
    for n in threads:
        for a, b in zip(leaves(f, x, n), want, strict=True):
            assert a.dtype == b.dtype and a.shape == b.shape
            assert a.tobytes() == b.tobytes()
    return kernels.lists[-1]


@pytest.mark.parametrize("f", FUNCTIONS + GRADIENTS)
@pytest.mark.parametrize("shape", [(40, 33), (3, 17, 16), (2, 3, 40, 40), (1, 200), (5, 1, 64)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_same_bits(kernels, f, shape, dtype):
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    compare(kernels, f, x)


def test_strided_and_special_values(kernels):
    x = np.random.default_rng(1).normal(size=(64, 50))
    x[3, 4], x[5], x[6, 1] = np.nan, -np.inf, np.inf
    for f in (softmax, all_kinds, layer_norm):
        compare(kernels, lambda x, f=f: f(x.T), x)
        compare(kernels, lambda x, f=f: f(x[::2, 7:40]), x)
        compare(kernels, lambda x, f=f: f(x[::-1, ::-1]), x)


def test_patterns_become_one_instruction(kernels):
    x = np.random.default_rng(0).normal(size=(40, 33))
    for f in (softmax, logsumexp, layer_norm):
        assert compare(kernels, f, x) == ["rows"]
    assert compare(kernels, masked, np.stack([x[:33]] * 4)) == ["rows"]
    assert "rows" in compare(kernels, GRADIENTS[0], x)


def test_groups_of_two_phases_and_their_sum(kernels):
    """A group, what a reduction of it changes, and the sums that fold into both."""
    x = np.random.default_rng(2).normal(size=(40, 33))
    assert compare(kernels, lambda x: np.sum(softmax(np.sin(x)) * x, -1), x) == ["rows"]
    assert "rows" in compare(kernels, lambda x: np.sum(softmax(x) ** 2, 0), x)


def test_short_rows_and_few_elements_stay_as_they_are(kernels, monkeypatch):
    assert "rows" not in compare(kernels, softmax, np.ones((100, 15)))
    monkeypatch.setattr(rows, "_LEAST", 1 << 21)
    assert "rows" not in compare(kernels, softmax, np.ones((40, 33)))


def test_in_loops_with_state_in_place(kernels):
    def f(x):
        def step(state, t):
            y = softmax(state + t)
            return np.where(y > 0.05, state * 0.5, state + y), np.max(state, -1)

        return nk.scan(step, x, np.arange(4.0))

    compare(kernels, f, np.random.default_rng(3).normal(size=(40, 33)))


def random_function(seed):
    """A dozen elementwise operations and reductions over random axes on values of random age."""

    def f(x):
        rng = np.random.default_rng(seed)
        values, out = [x, np.exp(-x * x)], []
        for _ in range(14):
            a, b = (values[rng.integers(len(values))] for _ in range(2))
            kind = rng.integers(6)
            if kind < 2:
                values.append(a * b + 0.5)
            elif kind == 2:
                values.append(np.tanh(a) - b)
            else:
                axis = [-1, -1, 0, (0, 1), (1, 2), None][rng.integers(6)]
                part = (np.sum, np.max, np.mean)[kind - 3](a, axis=axis, keepdims=True)
                out.append(part)
                values.append(np.sin(b) * part)
        return values[-3:], out

    return f


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(kernels, seed):
    x = np.random.default_rng(seed).normal(size=(6, 20, 24))
    compare(kernels, random_function(seed), x, (1, 2))


def test_temporaries_need_memory_for_a_block_only(monkeypatch):
    """Working memory of a softmax of 16 MB: none of its size."""
    made = []
    program = _core.Program
    monkeypatch.setattr(_core, "Program", lambda *a: made.append(program(*a)) or made[-1])
    runtime._programs.clear()
    x = np.ones((4096, 1024), "f4")
    assert np.array_equal(nk.jit(softmax)(x), np.full_like(x, 1 / 1024))
    runtime._programs.clear()
    assert 0 < made[-1].arena_bytes < 1 << 18


def halves(steps=(0, 32, 0, 32), ip=(1, 2, 0), subs=1, size=8):
    """Copies eight numbers in two blocks of four."""
    body = _core.Program(
        [("in", 0, F8, (4,)), ("out", 0, F8, (4,))],
        [instr("copy", [operand(1, (4,))], [operand(0, (4,))])], 1, 1,
    )  # fmt: skip
    loop = instr(
        "rows", [operand(1, (size,))], [operand(0, (size,))], ip=(*ip, *steps), subs=(body,) * subs
    )
    buffers = [("in", 0, F8, (size,)), ("out", 0, F8, (size,))]
    return _core.Program(buffers, [loop], 1, 1)


def test_the_instruction_by_hand():
    x = np.arange(12.0)
    assert np.array_equal(halves().run([x[:8]])[0], x[:8])
    with nk.options(threads=2):
        assert np.array_equal(halves((32, 32, 32, 32), (2, 1, 1)).run([x[:8]])[0], x[:8])
    assert np.array_equal(halves(subs=2, size=12).run([x])[0], x)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": (0, 40, 0, 32)},
        {"steps": (0, 32, 0, 40)},
        {"steps": (0, 24, 0, 32)},
        {"steps": (0, 32, 0, 12)},
        {"steps": (0, 32, 0, -32)},
        {"steps": (0, 32, 0)},
        {"ip": (1, 3, 0)},
        {"ip": (2, 2, 0)},
        {"ip": (0, 2, 0)},
        {"ip": (1, 0, 0)},
        {"ip": (1, 2, 2)},
        {"ip": (2**62, 2**62, 0)},
        {"subs": 0},
        {"subs": 2},
    ],
)
def test_what_does_not_fit_is_refused(change):
    with pytest.raises(ValueError, match="rows"):
        halves(**change)

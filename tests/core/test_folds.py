"""Reductions inside elementwise groups: which are, and that nothing but speed changes."""

import numpy as np
import pytest

import neurokit as nk
from neurokit import _core
from neurokit.core.run import lower, runtime


@pytest.fixture
def kernels(monkeypatch):
    """Collects the kernels of each program. Set `on` to compare."""

    class Seen:
        on, lists = True, []

    def find(nodes, low):
        return find_folds(nodes, low) if Seen.on else []

    def spy(buffers, instrs):
        Seen.lists.append([i[0] for i in instrs])
        return by_rows(buffers, instrs)

    find_folds, by_rows = lower.find_folds, lower.by_rows
    monkeypatch.setattr(lower, "find_folds", find)
    monkeypatch.setattr(lower, "by_rows", spy)
    Seen.lists = []
    runtime._programs.clear()
    yield Seen
    runtime._programs.clear()


def leaves(f, args, threads):
    with nk.options(threads=threads):
        return [np.asarray(v) for v in nk.tree.leaves(nk.jit(lambda *a: f(*a))(*args))]


def compare(kernels, f, *args):
    """The kernels of the last program, after all ways gave the same bits."""
    kernels.on = False
    runtime._programs.clear()
    want = leaves(f, args, 1)
    kernels.on = True
    runtime._programs.clear()
    for n in (1, 2):
        for a, b in zip(leaves(f, args, n), want, strict=True):
            assert a.dtype == b.dtype and a.shape == b.shape
            assert a.tobytes() == b.tobytes()
    return kernels.lists[-1]


def normal(*shape, dtype="f8", seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


EVERYTHING = {
    "squares": lambda x: np.sum(x * x),
    "mean of squares": lambda x: np.mean((x - 1) ** 2),
    "masked": lambda x: np.sum(np.where(x > 0, x, 0)),
    "count": lambda x: np.sum(x > 0),
    "share": lambda x: np.mean(x > 0),
    "largest": lambda x: np.max(np.abs(x)),
    "smallest": lambda x: np.min(np.abs(x)),
    "product": lambda x: np.prod(1 + x / 1000),
    "any": lambda x: np.any(x > 3),
    "all": lambda x: np.all(x > -3),
}


@pytest.mark.parametrize("name", EVERYTHING)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_everything_to_one_number(kernels, name, dtype):
    f = EVERYTHING[name]
    for n in (2, 16, 1023, 5000, 200_000, 300_000):
        x = normal(n, dtype=dtype)
        names = compare(kernels, f, x)
        assert names[0] == "fold" and not any("reduce" in k for k in names)
        tolerance = 1e-3 if dtype == "f4" else 1e-11
        np.testing.assert_allclose(nk.jit(f)(x), f(x), rtol=tolerance)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, (0, 1), (1, 2), (0, 1, 2)])
def test_axes(kernels, axis):
    x = normal(6, 40, 24)
    names = compare(kernels, lambda x: np.sum(np.exp(x), axis), x)
    assert names == ["fold"]
    np.testing.assert_allclose(
        nk.jit(lambda x: np.sum(np.exp(x), axis, keepdims=True))(x),
        np.sum(np.exp(x), axis, keepdims=True),
    )


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_few_short_rows(kernels, dtype):
    for p in (2, 7, 8, 9):
        for r in (3, 9, 15, 16, 17):
            x = normal(p, r, dtype=dtype, seed=r)
            assert compare(kernels, lambda x: np.sum(x * x, -1), x) == ["fold"]


def test_what_is_no_row_and_no_column(kernels):
    x = normal(6, 40, 3)
    assert "fold" not in compare(kernels, lambda x: np.sum(np.exp(x), (0, 2)), x)
    assert "fold" not in compare(kernels, lambda x: np.sum(np.exp(x), 1), x)
    assert "fold" not in compare(kernels, lambda x: np.sum(x, 1), x)
    assert "fold" not in compare(kernels, lambda x: np.sum(np.exp(x.T), 1), x)
    assert "fold" in compare(kernels, lambda x: np.sum(np.exp(x)[:, ::-1], 2) + np.sum(x * x), x)


def test_a_value_that_is_wanted_too(kernels):
    x = normal(30, 50)
    assert compare(kernels, lambda x: (x * x, np.sum(x * x, -1)), x) == ["fold"]
    assert compare(kernels, lambda x: (np.exp(x), np.sum(x * x, -1)), x) == ["fold"]

    def softmax(x):
        e = np.exp(x - np.max(x, -1, keepdims=True))
        return e / np.sum(e, -1, keepdims=True)

    assert compare(kernels, softmax, x) == ["reduce_max", "fold", "fused"]
    # rows and columns of one group: the one that is asked for more often folds
    two = compare(kernels, lambda x: (np.sum(x * x, 0), np.sum(x * x, 1), np.max(x * x, 1)), x)
    assert two == ["fold", "reduce_sum"]


def test_reshapes_between(kernels):
    x = normal(6, 200)
    for shape, axis in [((6, 20, 10), 2), ((6, 20, 10), 1), ((1200,), 0), ((12, 100), 0)]:
        assert compare(kernels, lambda x: np.sum((x * x).reshape(shape), axis), x) == ["fold"]
    both = compare(kernels, lambda x: ((y := x * x).reshape(-1), np.sum(y.reshape(12, -1), 1)), x)
    assert both[0] == "fold"


def test_strides_and_scalars(kernels):
    x, y = normal(70, 90), normal(70)
    for f in (
        lambda x, y: np.sum(x.T * y, -1),
        lambda x, y: np.sum(x[::2, ::-3] * y[0]),
        lambda x, y: np.sum(x * y[:, None], 0),
        lambda x, y: np.mean(x[:, 5] * y),
    ):
        assert compare(kernels, f, x, y)[0] == "fold"


def test_integers_and_casts(kernels):
    x = np.arange(-1000, 2000, dtype="i2")
    for f in (
        lambda x: np.sum(x * x),
        lambda x: np.sum((x % 7).astype("u1")),
        lambda x: np.mean(x - 3),
        lambda x: np.max(-x),
        lambda x: np.sum(x.astype("f4") * 0.5),
    ):
        assert compare(kernels, f, x)[0] == "fold"
        np.testing.assert_allclose(nk.jit(f)(x), f(x), rtol=1e-6)


def test_special_values(kernels):
    x = normal(3000)
    for value in (np.nan, np.inf, -np.inf):
        y = x.copy()
        y[1234] = value
        for f in EVERYTHING.values():
            compare(kernels, f, y)
    assert np.isnan(nk.jit(lambda x: np.max(x * 2))(np.array([1, np.nan, 3])))
    zeros = nk.jit(lambda x: (np.sum(-x), np.prod(-x)))(np.zeros(3))
    assert [np.signbit(z) for z in zeros] == [True, True]
    for n in (0, 1):
        empty = np.zeros((n, 0))
        assert nk.jit(lambda x: np.sum(x * x, -1))(empty).shape == (n,)
        assert nk.jit(lambda x: np.sum(x * x))(empty) == 0


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(40, 256), (3, 4096), (20, 128), (5, 1024)])
def test_whole_blocks_beside_written_values(kernels, shape, dtype):
    x = normal(*shape, dtype=dtype)

    def f(x):
        e = np.exp(x * 0.5)
        return e, np.sum(e, -1), np.sum(e * x, -1), np.prod(1 + x / 100, -1)

    for scale in (1, 100, np.finfo(dtype).tiny):
        assert compare(kernels, f, x * x.dtype.type(scale))[0] == "fold"
    y = np.full_like(x, -200 if dtype == "f4" else -1490)  # whose exponential is denormal: flushed
    y[::3] = 1
    compare(kernels, f, y)
    compare(kernels, lambda x: (x * 2, np.sum(np.sin(x * 2), -1)), x)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(40, 256), (3, 4096), (20, 128), (5, 1024)])
def test_in_registers_beside_written_values(kernels, shape, dtype):
    def f(x):
        y = x * 2 + 1
        return y, np.sum(y, -1), np.prod(y * x, -1)

    def g(x):
        y = x * x.dtype.type(0.5)
        return y, np.sum(y, -1), np.sum(y - x, -1)

    x = normal(*shape, dtype=dtype)
    for scale in (1, np.finfo(dtype).tiny):
        for h in (f, g):
            before = _core.code_live()
            assert compare(kernels, h, x * x.dtype.type(scale)) == ["fold"]
            has_code = _core.info()["cpu_level"] in ("v3", "v4")
            assert _core.code_live() - before == (2 if has_code else 0)
            runtime._programs.clear()


def test_loops_and_batches(kernels):
    x = normal(20, 50)

    def f(x):
        def step(state, row):
            state = state * 0.9 + row
            return state, (np.sum(state * state), np.max(np.abs(state)))

        return nk.scan(step, x[0], x)

    compare(kernels, f, x)
    assert any("fold" in names for names in kernels.lists)
    assert compare(kernels, nk.vmap(lambda x: np.sum(x * x)), x) == ["fold"]
    assert compare(kernels, nk.vmap(lambda x: np.sum(x * x), in_axes=1), x) == ["fold"]


def test_gradients(kernels):
    w, x, y = normal(30, 8), normal(200, 30, seed=1), normal(200, 8, seed=2)

    def loss(w, b):
        z = np.tanh(x @ w + b)
        return np.mean((z - y) ** 2)

    names = compare(kernels, nk.value_and_grad(loss, argnums=(0, 1)), w, y[0])
    assert names == ["matmul", "fold", "matmul", "reduce_sum", "fused"]
    # what a bias gathers is summed along columns, while the value goes on to the next product
    by_bias = nk.grad(lambda b: np.sum(np.tanh(np.tanh(x @ w + b) @ w.T)))
    assert compare(kernels, by_bias, y[0]).count("fold") == 1
    nk.check_grads(loss, (w, y[0]), order=2)


def test_more_reductions_than_one_instruction_takes(kernels):
    x = normal(500)
    names = compare(kernels, lambda x: [np.sum(x * k) for k in range(2, 22)], x)
    assert names.count("fold") == 1 and names.count("reduce_sum") == 12


def test_nan_is_named_at_its_operation():
    with pytest.raises(FloatingPointError, match="log"), nk.options(nan_check=True):
        nk.jit(lambda x: np.sum(np.log(x)))(np.array([1.0, -1.0]))


def test_no_memory_for_the_value(monkeypatch):
    made = []
    program = _core.Program
    monkeypatch.setattr(_core, "Program", lambda *a: made.append(program(*a)) or made[-1])
    runtime._programs.clear()
    nk.jit(lambda x: np.sum(np.exp(x)))(np.zeros(1 << 20))
    runtime._programs.clear()
    assert 0 < made[-1].arena_bytes < 1 << 15

"""Kernel matmul_sum against NumPy over types, sizes and layouts; stretches give the bits of the whole."""

import numpy as np
import pytest
from kernel_tools import assert_close, layouts, same_at_any_threads, sample

import neurokit as nk
from neurokit import _core

SIZES = [(0, 2, 1, 3), (4, 0, 1, 3), (5, 1, 1, 1), (7, 3, 2, 5), (300, 9, 1, 33), (40, 97, 3, 260)]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("backwards", [0, 1])
def test_sum_is_numpys(dtype, backwards):
    rng = np.random.default_rng(0)
    for steps, m, k, n in SIZES:
        a, b = sample(rng, dtype, (steps, m, k)), sample(rng, dtype, (steps, k, n))
        acc = sample(rng, dtype, (m, n))
        want = acc + np.einsum("tmk,tkn->mn", a, b, optimize=True)
        for x, y in zip(layouts(a), layouts(b)):
            if x is not a and x.strides[0] == 0:
                continue
            want = acc + np.einsum("tmk,tkn->mn", x, y, optimize=True)
            got = same_at_any_threads("matmul_sum", (m, n), dtype, acc, x, y, ip=(backwards,))
            assert_close(got, want)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_stretches_give_the_bits_of_the_whole(dtype):
    rng = np.random.default_rng(1)
    a, b = sample(rng, dtype, (301, 33, 2)), sample(rng, dtype, (301, 2, 70))
    acc = sample(rng, dtype, (33, 70))

    def total(start, x, y, backwards):
        out = np.empty_like(start)
        _core.call("matmul_sum", [out], [start, x, y], ip=(backwards,))
        return out

    for cut in (1, 128, 200):
        first = total(acc, a[:cut], b[:cut], 0)
        assert total(first, a[cut:], b[cut:], 0).tobytes() == total(acc, a, b, 0).tobytes()
        last = total(acc, a[cut:], b[cut:], 1)
        assert total(last, a[:cut], b[:cut], 1).tobytes() == total(acc, a, b, 1).tobytes()
        np.testing.assert_array_equal(total(acc, a[::-1], b[::-1], 0), total(acc, a, b, 1))


def test_refusals():
    ones = np.ones
    with pytest.raises(ValueError, match="shapes"):
        _core.call(
            "matmul_sum", [ones((2, 2))], [ones((2, 2)), ones((3, 2, 1)), ones((4, 1, 2))], ip=(0,)
        )
    with pytest.raises(TypeError, match="float32 or float64"):
        x = [np.ones((2, 2), "i8"), np.ones((3, 2, 1), "i8"), np.ones((3, 1, 2), "i8")]
        _core.call("matmul_sum", [np.ones((2, 2), "i8")], x, ip=(0,))


# ------------------------------------------------------------------ weight gradients of loops


def plain(w, x):
    """A recurrent net; its weights meet single vectors, batches, and the carry twice."""

    def step(h, x):
        h = np.tanh(h @ w["rec"] + x @ w["in"] + w["bias"] + 0.1 * np.sin(h) @ w["rec"])
        return h, (w["out"] @ h[0])

    _, y = nk.scan(step, np.zeros((2, 5)), x)
    return np.sum(y**2)


def by_hand(w, x):
    h, total = np.zeros((2, 5)), 0.0
    for t in range(len(x)):
        h = np.tanh(h @ w["rec"] + x[t] @ w["in"] + w["bias"] + 0.1 * np.sin(h) @ w["rec"])
        total = total + np.sum((w["out"] @ h[0]) ** 2)
    return total


@pytest.fixture
def net():
    rng = np.random.default_rng(2)
    shapes = {"rec": (5, 5), "in": (3, 5), "bias": (5,), "out": (4, 5)}
    w = {k: rng.normal(size=s) / 2 for k, s in shapes.items()}
    return w, rng.normal(size=(13, 2, 3))


def test_gradient_equals_the_unrolled_one(net):
    for got, want in zip(*[nk.tree.leaves(nk.grad(f)(*net)) for f in (plain, by_hand)]):
        np.testing.assert_allclose(got, want, rtol=1e-11)
    nk.check_grads(lambda w: plain(w, net[1][:4]), (net[0],), order=2, rtol=1e-5)


@pytest.mark.parametrize("reverse", [False, True])
def test_every_checkpoint_plan_gives_the_same_bits(net, reverse):
    def loss(w, x, plan):
        def step(h, x):
            h = np.tanh(h @ w["rec"] + x @ w["in"] + w["bias"])
            return h, np.sum(w["out"] @ h[0])

        _, y = nk.scan(step, np.zeros((2, 5)), x, reverse=reverse, checkpoint=plan)
        return np.sum(y**2)

    want = nk.tree.leaves(nk.grad(loss)(*net, None))
    for plan in (1, 2, 4, 5, 13, "1KB", "auto"):
        for a, b in zip(nk.tree.leaves(nk.grad(loss)(*net, plan)), want):
            assert a.tobytes() == b.tobytes()


def test_one_product_after_the_loop(net):
    table = nk.profile(nk.grad(plain), *net)
    calls = {}
    for _, what, n, *_ in table.rows:
        calls[what] = calls.get(what, 0) + n
    # one each for rec and out, with a copy of the zeros they begin at; not one per step
    assert calls["matmul_sum"] == 4

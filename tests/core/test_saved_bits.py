"""Masks that a loop saves for its gradient are kept as bits."""

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.graph import BOOL
from neurokit.core.loops import reverse
from neurokit.core.primitives.bits import pack, unpack
from neurokit.core.trace.tracer import Tracer

RNG = np.random.default_rng(12)
N, DELAY = 21, 3
W, XS = RNG.normal(size=(N, N)) / 3, RNG.normal(size=(19, N))


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


@pytest.fixture
def splits(monkeypatch):
    made = []

    class Watched(reverse.Split):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(reverse, "Split", Watched)
    return made


def test_a_mask_takes_a_bit(splits):
    """Two masks, of N and DELAY * N cells: a double each, or a bit."""
    for mask in (bool, np.float64):
        loss(mask, None)(W, XS)
    packed, floats = splits
    assert {n.dtype for n in packed.packed} == {BOOL} and len(packed.packed) == 2
    assert not floats.packed
    bits = (N + 7) // 8 + (DELAY * N + 7) // 8
    assert floats.saved_bytes - packed.saved_bytes == 8 * (N + DELAY * N) - bits


@pytest.mark.parametrize("plan", [None, "auto", 1, 4, 19, "1KB"])
def test_gradient_of_bits_is_that_of_floats(plan):
    value, gradient = loss(bool, plan)(W, XS)
    want, of_floats = loss(np.float64, None)(W, XS)
    assert value == want
    for a, b in zip(gradient, of_floats):
        assert a.tobytes() == b.tobytes()


def test_second_derivatives_and_batches():
    f = loss(bool, 5)
    nk.check_grads(lambda w, xs: f(w, xs)[0], (W, XS[:5]), order=2)
    many = np.stack([W, 0.5 * W])
    got = nk.vmap(lambda w: f(w, XS)[1][0])(many)
    for g, w in zip(got, many):
        np.testing.assert_allclose(g, f(w, XS)[1][0], rtol=1e-10, atol=1e-12)


def test_elementwise_loops_keep_their_masks_as_they_are(splits):
    def f(x):
        def step(c, _):
            v, resting = c
            v = np.where(resting, 0.5 * v, np.sin(v) + x)
            return (v, v > 0.5), None

        return nk.scan(step, (np.zeros(N), np.zeros(N, bool)), None, length=9)[0][0].sum()

    nk.grad(f)(XS[0])
    assert splits and not splits[0].packed


@pytest.mark.parametrize("shape", [(1,), (8,), (13,), (200,), (3, 70)])
def test_there_and_back(shape):
    x = RNG.random(shape) < 0.4
    both = lambda x: Tracer(unpack(pack(x.node), shape[-1]))  # noqa: E731
    np.testing.assert_array_equal(nk.jit(both)(x), x)
    many = np.stack([x, ~x, x])
    np.testing.assert_array_equal(nk.vmap(both)(many), many)

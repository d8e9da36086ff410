"""scan(every=): records of every k-th step against the rows of the full record."""

import numpy as np
import pytest

import neurokit as nk

RNG = np.random.default_rng(8)
W = RNG.normal(size=(3, 3))


def step(c, x):
    h, n = c
    h = np.tanh(h @ W + x)
    return (h, n + 1), h * x + n


def start():
    return np.zeros(3), 0.0


def rows(ys, every, reverse):
    """The steps every, 2 every, ... of a full record."""
    return ys[len(ys) % every :: every] if reverse else ys[every - 1 :: every]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("length", [0, 1, 4, 12, 13])
def test_rows_of_the_full_record(reverse, length):
    xs = RNG.normal(size=(length, 3))
    want, full = nk.scan(step, start(), xs, reverse=reverse)
    for every in (1, 2, 3, 4, 12, 20):
        got, ys = nk.scan(step, start(), xs, reverse=reverse, every=every)
        np.testing.assert_array_equal(ys, rows(full, every, reverse))
        assert ys.shape == (length // every, 3)
        for a, b in zip(got, want):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("reverse", [False, True])
def test_some_records_at_each_step(reverse):
    xs = RNG.normal(size=(11, 3))

    def both(c, x):
        c, y = step(c, x)
        return c, {"all": c[0], "some": y, "x": x}

    _, full = nk.scan(both, start(), xs, reverse=reverse)
    _, ys = nk.scan(both, start(), xs, reverse=reverse, every={"all": 1, "some": 4, "x": 4})
    np.testing.assert_array_equal(ys["all"], full["all"])
    np.testing.assert_array_equal(ys["some"], rows(full["some"], 4, reverse))
    np.testing.assert_array_equal(ys["x"], rows(xs, 4, reverse))


class Leaky:
    def __init__(self):
        self.rng, self.v = nk.Rng(3), nk.state(np.zeros(5))

    def __call__(self, x):
        self.v = 0.9 * self.v + x + self.rng.normal((5,))
        return self.v


@pytest.mark.parametrize("reverse", [False, True])
def test_draws_and_state_are_those_of_the_plain_loop(reverse):
    xs = RNG.normal(size=(10, 5))
    plain, model = Leaky(), Leaky()
    _, full = nk.scan(lambda c, x: (c, plain(x)), 0.0, xs, reverse=reverse)
    _, ys = nk.scan(lambda c, x: (c, model(x)), 0.0, xs, reverse=reverse, every=3)
    np.testing.assert_array_equal(ys, rows(full, 3, reverse))
    np.testing.assert_array_equal(model.v, plain.v)


def loss(every, reverse, plan, decimated):
    def f(h, w, xs):
        def body(c, x):
            c = np.tanh(c @ w + x)
            return c, c[0] * x

        options = dict(reverse=reverse, checkpoint=plan)
        if decimated:
            c, ys = nk.scan(body, h, xs, every=every, **options)
        else:
            c, ys = nk.scan(body, h, xs, **options)
            ys = rows(ys, every, reverse)
        return (ys**3).sum() + c[1]

    return f


ARGS = RNG.normal(size=2), RNG.normal(size=(2, 2)), RNG.normal(size=(13, 2))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("every", [2, 5])
def test_gradient_in_bits_of_every_plan(every, reverse):
    want = nk.value_and_grad(loss(every, reverse, None, False), (0, 1, 2))(*ARGS)
    first = nk.value_and_grad(loss(every, reverse, None, True), (0, 1, 2))(*ARGS)
    for a, b in zip(want[1], first[1]):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    for plan in ("auto", 1, 2, 3, 7, 13, "100B", "1KB"):
        value, gradient = nk.value_and_grad(loss(every, reverse, plan, True), (0, 1, 2))(*ARGS)
        assert value == first[0]
        for a, b in zip(gradient, first[1]):
            assert a.tobytes() == b.tobytes(), plan


def test_gradient_to_second_order():
    nk.check_grads(loss(4, False, 3, True), ARGS, order=2)


def test_transforms_and_files(tmp_path):
    xs = RNG.normal(size=(13, 3))
    run = lambda h, xs: nk.scan(step, (h, 0.0), xs, every=4)[1]  # noqa: E731
    hs = RNG.normal(size=(6, 3))
    want = np.stack([run(h, xs) for h in hs])
    np.testing.assert_allclose(nk.vmap(run, (0, None))(hs, xs), want, rtol=1e-13)
    np.testing.assert_array_equal(nk.jit(run)(hs[0], xs), want[0])
    np.testing.assert_array_equal(nk.sweep(lambda h: run(h, xs), hs, threads=2), want)
    _, ys = nk.scan(step, (hs[0], 0.0), xs, every=4, file=tmp_path / "ys.npy")
    assert isinstance(ys, np.memmap) and ys.shape == (3, 3)
    np.testing.assert_array_equal(ys, want[0])


def test_truncated_derivatives_count_steps():
    def f(c, every):
        body = lambda c, x: (c * x, c)  # noqa: E731
        c, ys = nk.scan(body, c, np.linspace(0.5, 1.5, 9), truncate=4, every=every)
        return c + (ys if every > 1 else ys[1::2]).sum()

    assert nk.grad(lambda c: f(c, 2))(0.7) == pytest.approx(nk.grad(lambda c: f(c, 1))(0.7))


def test_progress_tells_of_stretches():
    seen = []
    nk.scan(step, start(), np.ones((10, 3)), every=5, progress=lambda *at: seen.append(at))
    assert seen[-1] == (2, 2)


@pytest.mark.parametrize("every", [0, -1, 2.0, True, "2"])
def test_wrong_numbers(every):
    with pytest.raises(ValueError, match="every must be"):
        nk.scan(step, start(), np.ones((4, 3)), every=every)


def test_wrong_containers():
    two = lambda c, x: (c, (x, x))  # noqa: E731
    with pytest.raises(ValueError, match="like the ys"):
        nk.scan(two, 0.0, np.ones(4), every=[1, 2])
    with pytest.raises(ValueError, match="1 and one other"):
        nk.scan(two, 0.0, np.ones(4), every=(2, 3))

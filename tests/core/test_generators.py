"""`Rng` in traces: the numbers are those of plain calls, however the function comes by its generator."""

import numpy as np
import pytest

import neurokit as nk

X = np.ones(3)


def noisy(rng, x):
    return (x * rng.normal(3)).sum()


WAYS = {
    "plain": noisy,
    "jit": nk.jit(noisy),
    "in a dict": lambda r, x: nk.jit(lambda p: noisy(p["rng"], p["x"]))({"rng": r, "x": x}),
    "by name": lambda r, x: nk.jit(lambda x, rng: noisy(rng, x))(x, rng=r),
    "closure": lambda r, x: nk.jit(lambda x: noisy(r, x))(x),
    "grad": lambda r, x: nk.value_and_grad(noisy, 1)(r, x)[0],
    "jit of grad": lambda r, x: nk.jit(nk.value_and_grad(noisy, 1))(r, x)[0],
    "checkpoint": nk.checkpoint(noisy),
    "jit of checkpoint": nk.jit(nk.checkpoint(noisy)),
    "cond": nk.jit(lambda r, x: nk.cond(x[0] > 0, noisy, lambda r, x: x.sum(), r, x)),
    "vmap": lambda r, x: nk.vmap(lambda r, x: x * r.normal(), (None, 0))(r, x).sum(),
    "sweep": lambda r, x: nk.sweep(lambda p: noisy(r, p), x[None])[0],
}


@pytest.mark.parametrize("way", WAYS)
def test_given_generators_go_on(way):
    rng, same = nk.Rng(5), nk.Rng(5)
    for _ in range(3):
        assert WAYS[way](rng, X) == pytest.approx(noisy(same, X), rel=1e-14)
    assert rng.normal() == same.normal()


def test_a_generator_given_twice_is_one():
    pair = lambda p, q: np.stack([p["rng"].normal(), q.normal(), p["rng"].normal()])  # noqa: E731
    for transform in (nk.jit, nk.checkpoint, lambda f: nk.jit(nk.checkpoint(f))):
        f = transform(pair)
        rng, same, other = nk.Rng(5), nk.Rng(5), nk.Rng(6)
        np.testing.assert_array_equal(f({"rng": rng}, other), pair({"rng": same}, nk.Rng(6)))
        for _ in range(2):
            np.testing.assert_array_equal(f({"rng": rng}, rng), pair({"rng": same}, same))
        assert rng.normal() == same.normal()


def test_handed_on_generators_go_on():
    rng, same = nk.Rng(5), nk.Rng(5)
    step = nk.jit(lambda r, x: (r, noisy(r, x)))
    for _ in range(3):
        rng, value = step(rng, X)
        assert value == pytest.approx(noisy(same, X), rel=1e-14)


def test_generators_made_inside_begin_anew():
    """As `sim.Net.run` does: the second call of the program has the noise of the first."""
    made = lambda x: x + nk.Rng(0).normal()  # noqa: E731
    outer = nk.Rng(1)
    both = nk.jit(lambda x: made(x) + 0 * outer.normal())
    f = nk.jit(made)
    assert f(0.0) == f(0.0) == both(0.0) == both(0.0) == made(0.0)
    np.testing.assert_array_equal(nk.sweep(made, np.zeros(3)), [made(0.0)] * 3)


class Late:
    """A unit that makes its generator at its first call."""

    def __init__(self):
        self.w, self.rng = nk.param(X), None

    def __call__(self, x):
        if self.rng is None:
            self.rng = nk.Rng(0)
        return noisy(self.rng, self.w * x)


def test_generators_made_inside_and_kept_go_on():
    plain, given, closed, swept = Late(), Late(), Late(), Late()
    wanted = [plain(X) for _ in range(3)]
    f, g = nk.jit(lambda m, x: m(x)), nk.jit(lambda x: closed(x))
    np.testing.assert_allclose([f(given, X) for _ in range(3)], wanted, rtol=1e-14)
    np.testing.assert_allclose([g(X) for _ in range(3)], wanted, rtol=1e-14)
    np.testing.assert_allclose(nk.sweep(lambda x: swept(x), np.ones((3, 3))), wanted, rtol=1e-14)


def test_draws_of_one_step(tmp_path):
    """They depend on the seed and the step, on nothing drawn before."""
    rng = nk.Rng(0)
    wanted = [nk.Rng(0).at(i).normal() for i in range(4)]
    closed, given = nk.jit(lambda i: rng.at(i).normal()), nk.jit(lambda r, i: r.at(i).normal())
    passed = nk.jit(lambda r: r.normal())
    for _ in range(2):
        for i in range(4):
            assert wanted[i] == rng.at(i).normal() == closed(i) == given(rng, i)
            assert wanted[i] == passed(rng.at(i))
        rng.normal(3)
    steps = np.arange(4)
    np.testing.assert_array_equal(nk.vmap(lambda i: rng.at(i).normal())(steps), wanted)
    np.testing.assert_array_equal(nk.sweep(lambda i: rng.at(i).normal(), steps), wanted)
    step = lambda c, i: (c, c.at(i).normal())  # noqa: E731
    np.testing.assert_array_equal(nk.scan(step, rng, steps)[1], wanted)
    nk.save(tmp_path / "x.npz", [rng, rng.at(3)])
    again, at_three = nk.load(tmp_path / "x.npz")
    assert again.at(2).normal() == wanted[2] and at_three.normal() == wanted[3]
    assert again.normal() == rng.normal()


DRAWS = {
    "permutation": lambda r: r.permutation(7),
    "of rows": lambda r: r.permutation(np.arange(10.0).reshape(5, 2)),
    "choice": lambda r: r.choice(np.array([1.5, 2.5, 3.5]), (2, 5)),
    "of integers": lambda r: r.choice(9, 4),
    "without replacement": lambda r: r.choice(9, (2, 3), replace=False),
}


@pytest.mark.parametrize("name", DRAWS)
def test_order_and_choice_in_traces(name):
    draw, rng, same = DRAWS[name], nk.Rng(3), nk.Rng(3)
    f = nk.jit(lambda: draw(rng))
    for _ in range(2):
        got, wanted = f(), draw(same)
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)
    _, steps = nk.scan(lambda c, _: (c, draw(nk.Rng(3))), 0.0, length=5)
    np.testing.assert_array_equal(steps[0], draw(nk.Rng(3)))
    assert len({s.tobytes() for s in steps}) == 5
    for s in steps:
        if "choice" not in name and name != "of integers":
            assert len(np.unique(s)) == s.size
    x = np.arange(5.0)
    permuted = lambda x: nk.Rng(0).permutation(x) @ np.arange(5.0)  # noqa: E731
    slope = np.argsort(nk.Rng(0).permutation(5)).astype(float)
    for g in (nk.grad(permuted), nk.jit(nk.grad(permuted))):
        np.testing.assert_array_equal(g(x), slope)


PARAMETRIC = {
    "normal": lambda rng, p, size=None: rng.normal(size, mean=p, sd=1.0),
    "normal_sd": lambda rng, p, size=None: rng.normal(size, sd=p),
    "uniform": lambda rng, p, size=None: rng.uniform(size, high=p),
    "exponential": lambda rng, p, size=None: rng.exponential(size, scale=p),
    "gamma": lambda rng, p, size=None: rng.gamma(2.0, size, scale=p),
    "poisson": lambda rng, p, size=None: rng.poisson(p, size),
    "bernoulli": lambda rng, p, size=None: rng.bernoulli(p / 2, size),
}


@pytest.mark.parametrize("name", PARAMETRIC)
def test_each_element_of_a_parameter_has_a_draw_of_its_own(name):
    draw, p = PARAMETRIC[name], np.ones((2, 100))
    wanted = draw(nk.Rng(0), p, (2, 100))
    assert not np.array_equal(wanted[0], wanted[1])
    assert len(np.unique(wanted)) > (150 if wanted.dtype == float else 1)
    np.testing.assert_array_equal(draw(nk.Rng(0), p), wanted)
    np.testing.assert_array_equal(nk.jit(lambda p: draw(nk.Rng(0), p))(p), wanted)
    np.testing.assert_array_equal(draw(nk.Rng(0), p[0], (2, 100)), wanted)
    for size in (100, (3, 100), (2, 1), ()):
        with pytest.raises(ValueError, match=r"\(2, 100\).* do not fit size"):
            draw(nk.Rng(0), p, size)
        with pytest.raises(ValueError, match="do not fit size"):
            nk.jit(lambda p: draw(nk.Rng(0), p, size))(p)


def test_parameters_have_the_shape_of_all_of_them():
    rng = nk.Rng(0)
    assert rng.normal(mean=np.zeros((2, 1)), sd=np.ones(3)).shape == (2, 3)
    assert rng.gamma(np.ones(3), scale=np.ones((2, 1))).shape == (2, 3)
    assert rng.normal(mean=[0.0, 1.0]).shape == (2,)
    assert isinstance(rng.normal(), np.float64)
    with pytest.raises(ValueError, match=r"Rng.normal: parameters of shapes .* do not fit$"):
        rng.normal(mean=np.zeros(2), sd=np.ones(3))
    each = nk.vmap(lambda m: nk.Rng(1).normal(mean=m))(np.zeros(50))
    assert len(np.unique(each)) == 50


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.bernoulli(1.5),
        lambda rng: rng.bernoulli(np.array([0.5, np.nan])),
        lambda rng: rng.poisson(-1.0),
        lambda rng: rng.gamma(0.0),
        lambda rng: rng.gamma(1.0, scale=-1.0),
        lambda rng: rng.normal(sd=1j),
        lambda rng: rng.normal(mean="a"),
        lambda rng: rng.poisson(np.datetime64("2020-01-01")),
        lambda rng: rng.uniform(high=np.array([1, 2j])),
        lambda rng: rng.normal(10**18),
    ],
)
def test_a_draw_that_fails_leaves_the_generator_as_it_was(draw):
    rng = nk.Rng(3)
    with pytest.raises((TypeError, ValueError, MemoryError)):
        draw(rng)
    assert rng.normal() == nk.Rng(3).normal()

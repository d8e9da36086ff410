"""Optimisers against torch's published recurrences written out in NumPy, and on a bowl; schedules."""

import numpy as np
import pytest

import neurokit as nk
from neurokit import optim

ALL = [
    optim.Sgd(0.1),
    optim.Momentum(0.05),
    optim.Nesterov(0.05, weight_decay=0.01),
    optim.Lion(0.01),
    optim.Rprop(0.01),
    optim.Adam(0.05),
    optim.AdamW(0.05),
    optim.Nadam(0.05),
    optim.RAdam(0.05),
    optim.AdaBelief(0.05),
    optim.AmsGrad(0.05),
    optim.Adamax(0.05),
    optim.Adagrad(0.3),
    optim.RmsProp(0.01),
    optim.RmsProp(0.01, momentum=0.5, centered=True),
    optim.Adadelta(1.0, eps=1e-2),
]
NAMES = [f"{type(o).__name__}-{i}" for i, o in enumerate(ALL)]
START = {"w": np.array([1.5, -2.0, 0.5]), "b": [np.array(0.7)]}


def bowl(p):
    return np.sum(np.array([1.0, 3.0, 0.5]) * p["w"] ** 2) + (p["b"][0] - 0.2) ** 2


@pytest.mark.parametrize("opt", ALL, ids=NAMES)
def test_descends_and_is_the_same_in_jit_scan_and_float32(opt):
    gradient = nk.grad(bowl)

    def advance(p, s):
        return opt.update(gradient(p), s, p)

    p, s = START, opt.init(START)
    compiled, q, r = nk.jit(advance), START, s
    for _ in range(60):
        p, s = advance(p, s)
        q, r = compiled(q, r)
    (w, _), _ = nk.scan(lambda c, _: (advance(*c), None), (START, opt.init(START)), length=60)
    for other in (q, w):
        np.testing.assert_allclose(other["w"], p["w"], rtol=1e-9, atol=1e-12)
    assert bowl(p) < 0.5 * bowl(START)
    small = nk.tree.map(lambda x: x.astype(np.float32), START)
    moved, state = compiled(small, opt.init(small))
    assert all(x.dtype == np.float32 for x in nk.tree.leaves(moved))
    assert all(state[k]["w"].dtype == np.float32 for k in opt.slots)


@pytest.mark.parametrize("opt", ALL, ids=NAMES)
def test_state_is_saved_and_resumes_bit_equal(opt, tmp_path):
    step = nk.jit(lambda p, s: opt.update(nk.grad(bowl)(p), s, p))
    p, s = step(START, opt.init(START))
    nk.save(tmp_path / "state.npz", {"params": p, "state": s})
    kept = nk.load(tmp_path / "state.npz")
    a, b = step(p, s), step(kept["params"], kept["state"])
    for x, y in zip(nk.tree.leaves(a), nk.tree.leaves(b)):
        np.testing.assert_array_equal(x, y)


# Recurrences as in the papers named in the docstrings, two steps with gradients g1, g2, rate 0.1.
G1, G2 = np.array([0.3, -0.2]), np.array([-0.1, 0.4])


def after_two(opt, start=(1.0, -1.0)):
    p = np.array(start)
    p, s = opt.update(G1, opt.init(p), p)
    return opt.update(G2, s, p)[0]


def test_against_the_formulas():
    p = np.array([1.0, -1.0])
    m = 0.9 * G1 + G2
    np.testing.assert_allclose(after_two(optim.Momentum(0.1)), p - 0.1 * G1 - 0.1 * m)
    ahead = (G1 + 0.9 * G1) + (G2 + 0.9 * m)
    np.testing.assert_allclose(after_two(optim.Nesterov(0.1)), p - 0.1 * ahead)
    lion = p - 0.1 * np.sign(0.1 * G1)
    lion = lion - 0.1 * np.sign(0.9 * 0.01 * G1 + 0.1 * G2)
    np.testing.assert_allclose(after_two(optim.Lion(0.1)), lion)
    grown = p - 0.1 * G1 / (np.abs(G1) + 1e-10)
    grown = grown - 0.1 * G2 / (np.sqrt(G1**2 + G2**2) + 1e-10)
    np.testing.assert_allclose(after_two(optim.Adagrad(0.1)), grown)
    v = 0.1 * G1**2
    rms = p - 0.1 * G1 / (np.sqrt(v) + 1e-8)
    rms = rms - 0.1 * G2 / (np.sqrt(0.9 * v + 0.1 * G2**2) + 1e-8)
    np.testing.assert_allclose(after_two(optim.RmsProp(0.1)), rms)
    m1, v1 = 0.1 * G1, 0.001 * G1**2
    m2, v2 = 0.9 * m1 + 0.1 * G2, 0.999 * v1 + 0.001 * G2**2
    top1 = v1 / (1 - 0.999)
    ams = p - 0.1 * (m1 / 0.1) / (np.sqrt(top1) + 1e-8)
    top2 = np.maximum(v1, v2) / (1 - 0.999**2)
    ams = ams - 0.1 * (m2 / (1 - 0.81)) / (np.sqrt(top2) + 1e-8)
    np.testing.assert_allclose(after_two(optim.AmsGrad(0.1)), ams)
    nadam = p - 0.1 * (0.9 * m1 / (1 - 0.81) + 0.1 * G1 / 0.1) / (np.sqrt(top1) + 1e-8)
    second = 0.9 * m2 / (1 - 0.9**3) + 0.1 * G2 / (1 - 0.81)
    nadam = nadam - 0.1 * second / (np.sqrt(v2 / (1 - 0.999**2)) + 1e-8)
    np.testing.assert_allclose(after_two(optim.Nadam(0.1)), nadam)
    # the variance is not tractable in the first five steps: plain momentum with bias correction
    np.testing.assert_allclose(
        after_two(optim.RAdam(0.1)), p - 0.1 * m1 / 0.1 - 0.1 * m2 / (1 - 0.81)
    )
    u1 = np.abs(G1)
    u2 = np.maximum(0.999 * u1, np.abs(G2))
    adamax = p - m1 / (u1 + 1e-8) - 0.1 / (1 - 0.81) * m2 / (u2 + 1e-8)
    np.testing.assert_allclose(after_two(optim.Adamax(0.1)), adamax)
    s1 = 0.1 * G1**2
    x1 = np.sqrt(1e-6) / np.sqrt(s1 + 1e-6) * G1
    s2, d1 = 0.9 * s1 + 0.1 * G2**2, 0.1 * x1**2
    x2 = np.sqrt(d1 + 1e-6) / np.sqrt(s2 + 1e-6) * G2
    np.testing.assert_allclose(after_two(optim.Adadelta(1.0)), p - x1 - x2)
    rprop = p - 0.1 * np.sign(G1)  # both signs change at the second step: no move
    np.testing.assert_allclose(after_two(optim.Rprop(0.1)), rprop)


def test_against_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(12, 4))
    pairs = [
        (optim.Momentum(0.1), torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
        (optim.Nesterov(0.1), torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True)),
        (optim.Adam(0.1), torch.optim.Adam, dict(lr=0.1)),
        (optim.AdamW(0.1), torch.optim.AdamW, dict(lr=0.1)),
        (optim.AmsGrad(0.1), torch.optim.Adam, dict(lr=0.1, amsgrad=True)),
        (optim.RAdam(0.1), torch.optim.RAdam, dict(lr=0.1)),
        (optim.Adamax(0.1), torch.optim.Adamax, dict(lr=0.1)),
        (optim.Adagrad(0.1), torch.optim.Adagrad, dict(lr=0.1)),
        (optim.RmsProp(0.1), torch.optim.RMSprop, dict(lr=0.1, alpha=0.9)),
        (
            optim.RmsProp(0.1, momentum=0.8, centered=True),
            torch.optim.RMSprop,
            dict(lr=0.1, alpha=0.9, momentum=0.8, centered=True),
        ),
        (optim.Adadelta(1.0), torch.optim.Adadelta, dict(lr=1.0)),
    ]
    for opt, cls, options in pairs:
        p = np.ones(4)
        state = opt.init(p)
        t = torch.ones(4, dtype=torch.float64, requires_grad=True)
        theirs = cls([t], **options)
        for g in gradients:
            p, state = opt.update(g, state, p)
            t.grad = torch.tensor(g)
            theirs.step()
        np.testing.assert_allclose(p, t.detach().numpy(), rtol=2e-6, err_msg=type(opt).__name__)


def test_complex_parameters_descend():
    def loss(z):
        return np.sum(np.abs(z - (1 + 2j)) ** 2)

    z = np.array([0.5 - 1j, 2.0 + 0j])
    for opt in (optim.Sgd(0.1), optim.Adam(0.2)):
        p, state = z, opt.init(z)
        for _ in range(200):
            ascent = 2 * (p - (1 + 2j))  # its conjugate is the gradient by nk.grad's convention
            p, state = opt.update(np.conj(ascent), state, p)
        assert loss(p) < 1e-3
        assert p.dtype == np.complex128


def test_gradients_and_state_belong_to_the_parameters():
    opt, state = optim.Adam(0.1), optim.Adam(0.1).init(START)
    other = {"w": np.zeros(3), "c": [np.zeros(())]}
    cases = [
        (other, state, "grads must have the structure of params, wanted .*'b'.*got .*'c'"),
        ([np.zeros(3), np.zeros(())], state, "grads must have the structure"),
        (START, optim.Sgd(0.1).init(START), "state must come from its own init.*'second'"),
        (START, None, "state must come from its own init.*None"),
        (START, opt.init({"w": START["w"]}), r"state\['first'\] must have the structure"),
    ]
    for grads, given, message in cases:
        with pytest.raises(ValueError, match=r"Adam.update: " + message):
            opt.update(grads, given, START)
    turned = dict(reversed(state.items()))
    turned["first"] = dict(reversed(state["first"].items()))
    got, want = (opt.update(dict(reversed(START.items())), s, START)[0] for s in (turned, state))
    np.testing.assert_array_equal(got["w"], want["w"])


def test_schedules():
    near = pytest.approx
    s = optim.step(1.0, 10, 0.5)
    assert [s(i) for i in (0, 9, 10, 25)] == [1.0, 1.0, 0.5, 0.25]
    s = optim.linear(1.0, 10, 0.2)
    assert (s(0), s(5), s(10), s(99)) == (1.0, near(0.6), near(0.2), near(0.2))
    s = optim.polynomial(1.0, 10, power=2.0)
    assert (s(0), s(5), s(20)) == (1.0, near(0.25), 0.0)
    s = optim.cosine(2.0, 10, 1.0)
    assert (s(0), s(5), s(10), s(11)) == (2.0, near(1.5), near(1.0), near(1.0))
    assert optim.exponential(2.0, 0.5, 10)(20) == near(0.5)
    s = optim.inverse_sqrt(1.0, 4)
    assert (s(2), s(4), s(16)) == (near(0.5), near(1.0), near(0.5))
    s = optim.warmup_cosine(1.0, 10, 30)
    assert (s(0), s(5), s(10), s(20), s(30)) == (0, near(0.5), near(1.0), near(0.5), near(0.0))
    s = optim.one_cycle(1.0, 100)
    assert (s(0), s(30), s(100)) == (near(0.04), near(1.0), near(4e-6))
    for bad in (lambda: optim.step(1.0, 0), lambda: optim.one_cycle(1.0, 10, warm=1.0)):
        with pytest.raises(ValueError):
            bad()
    schedule = optim.one_cycle(0.1, 50)
    opt = optim.Sgd(schedule)
    p = np.ones(2, np.float32)
    state = opt.init(p)
    step = nk.jit(lambda p, s: opt.update(np.ones_like(p), s, p))
    for i in range(1, 4):
        q, state = step(p, state)
        assert q.dtype == np.float32
        np.testing.assert_allclose(p - q, schedule(i), rtol=1e-5)
        p = q


def test_clipping():
    g = {"a": np.array([3.0, 0.0], np.float32), "b": np.array([[4.0]])}
    assert optim.global_norm(g) == pytest.approx(5.0)
    clipped = optim.clip_by_global_norm(g, 1.0)
    assert optim.global_norm(clipped) == pytest.approx(1.0)
    assert clipped["a"].dtype == np.float32
    np.testing.assert_array_equal(optim.clip_by_global_norm(g, 10.0)["b"], g["b"])
    assert optim.clip_by_norm(g, 2.0)["b"][0, 0] == pytest.approx(2.0)
    assert optim.clip_by_value(g, 2.0)["a"][0] == 2.0
    with pytest.raises(ValueError, match="max_norm"):
        optim.clip_by_global_norm(g, 0.0)
    z = {"a": np.array([3j, 4.0])}
    assert optim.global_norm(z) == pytest.approx(5.0)


def test_refusals():
    for make in (
        lambda: optim.Sgd(0.0),
        lambda: optim.Adam(b1=1.0),
        lambda: optim.Momentum(0.1, beta=-0.1),
        lambda: optim.AdamW(weight_decay=-1.0),
        lambda: optim.Rprop(grow=0.9),
    ):
        with pytest.raises(ValueError):
            make()
    opt = optim.Sgd(0.1)
    with pytest.raises(ValueError, match="structure of params"):
        opt.update([np.ones(2), np.ones(2)], opt.init(np.ones(2)), np.ones(2))


@pytest.mark.parametrize(
    "optimizer",
    ["Adam", "AdamW", "Nadam", "RAdam", "AdaBelief", "AmsGrad", "Adamax"]
    + ["Adagrad", "RmsProp", "Adadelta"],
)
@pytest.mark.parametrize("eps", [-1e-8, float("nan")])
def test_eps_must_not_be_negative(optimizer, eps):
    with pytest.raises(ValueError, match=f"{optimizer}: eps must not be negative, got"):
        getattr(optim, optimizer)(eps=eps)


@pytest.mark.parametrize(
    "sizes", [(-1e-6, 1.0), (2.0, 1.0), (float("nan"), 1.0), (0.0, float("nan"))]
)
def test_rprop_steps_lie_between_two_sizes(sizes):
    with pytest.raises(ValueError, match="Rprop: 0 <= smallest <= largest is needed, got"):
        optim.Rprop(smallest=sizes[0], largest=sizes[1])

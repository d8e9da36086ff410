"""Short checks of an installation: a few seconds, NumPy only."""

import numpy as np

import neurokit as nk
from neurokit import _core


def gradient():
    """Reverse mode against central differences."""
    x = np.linspace(0.1, 1.0, 7)

    def f(x):
        return np.sum(np.tanh(x) * np.exp(-x) + np.log(x) ** 2)

    step = 1e-6 * np.eye(7)
    wanted = [(f(x + h) - f(x - h)) / 2e-6 for h in step]
    np.testing.assert_allclose(nk.grad(f)(x), wanted, rtol=1e-6)


def loop():
    """A loop in C against the same loop in Python."""

    def step(v, x):
        v = v + 0.1 * (x - v)
        s = nk.spike(v - 0.5)
        return v * (1 - s), s

    xs = np.random.default_rng(0).uniform(0, 2, (200, 5))
    v, wanted = np.zeros(5), []
    for x in xs:
        v, s = step(v, x)
        wanted.append(s)
    got_v, got = nk.scan(step, np.zeros(5), xs)
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_allclose(got_v, v, rtol=1e-12)


def threads():
    """The same bits for one thread and for several."""
    x = np.random.default_rng(0).normal(size=(400, 500))
    f = nk.jit(lambda x: (np.sum(np.exp(x) * x), x @ x.T))
    results = []
    for n in (1, 2, 3):
        with nk.options(threads=n):
            results.append(f(x))
    for a, b in results[1:]:
        assert a == results[0][0] and np.array_equal(b, results[0][1])


def network():
    """Irregular firing of the balanced network at the published rate."""
    from neurokit.demo.network import build

    net, exc, _ = build(seed=2)
    run = net.run(500.0, record=[exc.spikes])
    rate, cv = float(run.rate(exc)), float(run.cv(exc))
    assert 16 < rate < 26 and cv > 0.8, f"{rate:.1f} Hz, CV {cv:.2f}"


def dissimilarities():
    """The published correlation of human and monkey dissimilarities."""
    from neurokit import data, rsa

    images = data.load("images92", full=False)
    human, monkey = rsa.RDMs(images.human_it_mean), rsa.RDMs(images.monkey_it_mean)
    found = rsa.compare(human, monkey, "pearson")[0, 0]
    assert abs(found - 0.491210) < 1e-6, f"{found:.7f}"


def memory():
    """Calls give back what they took."""
    f = nk.jit(lambda x: np.sum(np.sin(x)))
    x = np.ones(1000)
    f(x)
    before = _core.alloc_live()
    for _ in range(100):
        f(x)
    assert _core.alloc_live() == before


CHECKS = {f.__name__: f for f in (gradient, loop, threads, network, dissimilarities, memory)}


def run(name):
    """Run one check; None if it passed, else what was wrong in one line."""
    try:
        CHECKS[name]()
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return None

"""One training step of a small network: 64-256-256-10 on digits, batch 64, Adam, float32, one core.

neurokit, JAX and PyTorch run their usual compiled or eager step; NumPy is written by hand. All start
from the same weights and must lose the same after the same steps.
"""

import contextlib
import sys

import harness
import numpy as np

SIZES, BATCH, RATE = (64, 256, 256, 10), 64, 1e-3
F = np.float32


def data(seed=0):
    """Images (n, 64) and one-hot labels (n, 10): digits, or noise of their shape without them."""
    sklearn = harness.peer("sklearn.datasets")
    if sklearn is not None:
        digits = sklearn.load_digits()
        x, y = digits.data / 16, digits.target
    else:
        rng = np.random.default_rng(seed)
        x, y = rng.uniform(0, 1, (1797, 64)), rng.integers(0, 10, 1797)
    order = np.random.default_rng(seed).permutation(len(x))
    return x[order].astype(F), np.eye(10, dtype=F)[y[order]]


def weights(seed=0):
    """[(w, b), ...] of the three layers."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, n**-0.5, (n, m)).astype(F), np.zeros(m, F))
        for n, m in zip(SIZES[:-1], SIZES[1:], strict=True)
    ]


def make_loss(np):
    """Mean cross-entropy, on any array library of NumPy's names."""

    def loss(params, x, y):
        for w, b in params[:-1]:
            x = np.maximum(x @ w + b, 0)
        w, b = params[-1]
        z = x @ w + b
        z = z - np.max(z, axis=1, keepdims=True)
        log_sum = np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        return -np.mean(np.sum(y * (z - log_sum), axis=1))

    return loss


def batches():
    """Endless batches."""
    x, y = data()
    while True:
        for k in range(0, len(x) - BATCH + 1, BATCH):
            yield x[k : k + BATCH], y[k : k + BATCH]


def in_neurokit():
    """`jit` of `value_and_grad` and Adam."""
    import neurokit as nk

    params, opt = weights(), nk.optim.Adam(RATE)
    state, feed, loss = opt.init(params), batches(), make_loss(np)

    @nk.jit
    def step(params, state, x, y):
        value, grads = nk.value_and_grad(loss)(params, x, y)
        params, state = opt.update(grads, state, params)
        return params, state, value

    def run():
        nonlocal params, state
        params, state, value = step(params, state, *next(feed))
        return float(value)

    return run


def in_numpy():
    """Forward, backward and Adam by hand, in place."""
    params, feed = weights(), batches()
    flat = [a for layer in params for a in layer]
    m, v = [np.zeros_like(a) for a in flat], [np.zeros_like(a) for a in flat]
    count = 0

    def run():
        nonlocal count
        x, y = next(feed)
        kept = [x]
        for w, b in params[:-1]:
            kept.append(np.maximum(kept[-1] @ w + b, 0))
        w, b = params[-1]
        z = kept[-1] @ w + b
        z -= z.max(1, keepdims=True)
        e = np.exp(z)
        total = e.sum(1, keepdims=True)
        value = -np.mean(np.sum(y * (z - np.log(total)), 1))
        g = (e / total - y) / F(len(x))
        grads = []
        for k in (2, 1, 0):
            grads[:0] = [kept[k].T @ g, g.sum(0)]
            if k:
                g = (g @ params[k][0].T) * (kept[k] > 0)
        count += 1
        rate = RATE * np.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        for a, g, m1, v1 in zip(flat, grads, m, v, strict=True):
            m1 *= F(0.9)
            m1 += F(0.1) * g
            v1 *= F(0.999)
            v1 += F(0.001) * g * g
            a -= F(rate) * m1 / (np.sqrt(v1) + F(1e-8))
        return float(value)

    return run


def in_torch(fused):
    """PyTorch, eager; None without it."""
    torch = harness.peer("torch")
    if torch is None:
        return None
    torch.set_num_threads(1)
    params = [torch.tensor(a, requires_grad=True) for layer in weights() for a in layer]
    opt, feed = torch.optim.Adam(params, RATE, fused=fused), batches()

    def run():
        x, y = map(torch.from_numpy, next(feed))
        for k in range(0, 4, 2):
            x = torch.relu(torch.addmm(params[k + 1], x, params[k]))
        z = torch.addmm(params[5], x, params[4])
        value = torch.nn.functional.cross_entropy(z, y)
        opt.zero_grad()
        value.backward()
        opt.step()
        return value.item()

    return run


def in_jax():
    """JAX, the whole step jitted, its arguments donated; None without it."""
    jax = harness.peer("jax")
    if jax is None:
        return None
    jnp, tree = jax.numpy, jax.tree_util.tree_map
    params, feed, loss = jax.device_put(weights()), batches(), make_loss(jnp)
    state = (0, tree(jnp.zeros_like, params), tree(jnp.zeros_like, params))

    def step(params, state, x, y):
        value, grads = jax.value_and_grad(loss)(params, x, y)
        count, m, v = state
        count = count + 1
        m = tree(lambda a, g: 0.9 * a + 0.1 * g, m, grads)
        v = tree(lambda a, g: 0.999 * a + 0.001 * g * g, v, grads)
        rate = RATE * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        params = tree(lambda p, a, b: p - rate * a / (jnp.sqrt(b) + 1e-8), params, m, v)
        return params, (count, m, v), value

    compiled = jax.jit(step, donate_argnums=(0, 1))

    def run():
        nonlocal params, state
        params, state, value = compiled(params, state, *next(feed))
        return float(value)

    return run


@contextlib.contextmanager
def one_blas_thread():
    """NumPy's BLAS would spin with its other threads on the one core."""
    limits = harness.peer("threadpoolctl")
    with contextlib.nullcontext() if limits is None else limits.threadpool_limits(1):
        yield


def main():
    """Time all, after checking that their losses agree."""
    options = harness.arguments(__doc__)
    report = harness.Report("MLP 64-256-256-10, batch 64, Adam, float32, one core", options.json)
    with harness.one_core(), one_blas_thread():
        made = {
            "neurokit": in_neurokit(),
            "NumPy by hand": in_numpy(),
            "torch": in_torch(False),
            "torch, fused Adam": in_torch(True),
            "jax": in_jax(),
        }
        made = {k: f for k, f in made.items() if f is not None}
        losses = {k: [f() for _ in range(30)][-1] for k, f in made.items()}
        for k, value in losses.items():
            if abs(value - losses["NumPy by hand"]) > 0.02:
                raise RuntimeError(f"losses differ after 30 steps: {k}: {losses}")
        steps = 20 if options.quick else 100
        cases = {k: lambda f=f: [f() for _ in range(steps)] for k, f in made.items()}
        measured = harness.measure(cases, options.repeat, warm_up=1)
        report.times("training step", measured, "neurokit", per=steps, unit="step")
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

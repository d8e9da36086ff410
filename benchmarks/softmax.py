"""Reductions and what surrounds them: softmax, log-sum-exp, layer norm, a mean square, and gradients.

Each is plain NumPy code, jitted by neurokit and JAX, and run by NumPy as it stands; float32, one core.
"""

import sys

import harness
import numpy as np


def functions(np, grad):
    """name: function of one array, on any library of NumPy's names."""

    def softmax(x):
        e = np.exp(x - np.max(x, -1, keepdims=True))
        return e / np.sum(e, -1, keepdims=True)

    def logsumexp(x):
        m = np.max(x, -1, keepdims=True)
        return m + np.log(np.sum(np.exp(x - m), -1, keepdims=True))

    def layer_norm(x):
        d = x - np.mean(x, -1, keepdims=True)
        return d / np.sqrt(np.mean(d * d, -1, keepdims=True) + 1e-5)

    def mean_square(x):
        return np.mean(np.tanh(x) ** 2)

    made = [softmax, logsumexp, layer_norm, mean_square]
    if grad is not None:
        made += [grad(lambda x: np.sum(softmax(x) ** 2)), grad(lambda x: np.sum(layer_norm(x) ** 3))]
    names = ["softmax", "log-sum-exp", "layer norm", "mean square", "d softmax", "d layer norm"]
    return dict(zip(names, made, strict=False))


def main():
    """Time all, after checking that they agree."""
    import neurokit as nk

    options = harness.arguments(__doc__)
    report = harness.Report("Reductions with their neighbours, float32, one core", options.json)
    shapes = [(128, 1024)] if options.quick else [(128, 1024), (4096, 1024)]
    with harness.one_core():
        jax = harness.peer("jax")
        ours, plain = functions(np, nk.grad), functions(np, None)
        theirs = {} if jax is None else functions(jax.numpy, jax.grad)
        for shape in shapes:
            x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
            for name, f in ours.items():
                cases = {"neurokit": lambda f=nk.jit(f): f(x)}
                if name in plain:
                    cases["NumPy"] = lambda f=plain[name]: f(x)
                if name in theirs:
                    cases["jax"] = lambda f=jax.jit(theirs[name]): jax.block_until_ready(f(x))
                want = cases["neurokit"]()
                for other in cases.values():
                    np.testing.assert_allclose(want, other(), rtol=1e-3, atol=1e-5)
                measured = harness.measure(cases, options.repeat, warm_up=1)
                report.times(f"{name}, {shape[0]} x {shape[1]}", measured, "neurokit")
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

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
        made += [
            grad(lambda x: np.sum(softmax(x) ** 2)),
            grad(lambda x: np.sum(layer_norm(x) ** 3)),
        ]
    names = ["softmax", "log-sum-exp", "layer norm", "mean square", "d softmax", "d layer norm"]
    return dict(zip(names, made, strict=False))


def cases_of(name, x):
    """What there is to time, by library."""
    import neurokit as nk

    ours = nk.jit(functions(np, nk.grad)[name])
    cases = {"neurokit": lambda: ours(x)}
    plain = functions(np, None).get(name)
    if plain is not None:
        cases["NumPy"] = lambda: plain(x)
    jax = harness.peer("jax")
    if jax is not None:
        theirs = jax.jit(functions(jax.numpy, jax.grad)[name])
        cases["jax"] = lambda: jax.block_until_ready(theirs(x))
    return cases


def main():
    """Time all, after checking that they agree."""
    options = harness.arguments(__doc__)
    report = harness.Report("Reductions with their neighbours, float32, one core", options.json)
    shapes = [(128, 1024)] if options.quick else [(128, 1024), (4096, 1024)]
    with harness.one_core():
        for shape in shapes:
            x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
            for name in functions(np, lambda f: f):
                cases = cases_of(name, x)
                for other in cases.values():
                    np.testing.assert_allclose(cases["neurokit"](), other(), rtol=1e-3, atol=1e-5)
                measured = harness.measure(cases, options.repeat, warm_up=1)
                report.times(f"{name}, {shape[0]} x {shape[1]}", measured, "neurokit")
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

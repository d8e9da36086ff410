"""Parts of an array that are returned keep their values when the array is written to later, in place or not."""

import numpy as np
import pytest

import neurokit as nk

N = 4
KEYS = [0, -1, slice(1, None), slice(None, None, 2), slice(None, None, -1), slice(0, 2), [2, 0]]


def random_body(seed):
    """A function (carry, x) -> (carry, parts): writes to copies of the carry, and parts of it from in between."""
    rng = np.random.default_rng(seed)
    steps = [
        (int(rng.integers(6)), KEYS[rng.integers(len(KEYS))], KEYS[rng.integers(len(KEYS))])
        for _ in range(int(rng.integers(2, 9)))
    ]

    def body(carry, x):
        d, parts = carry * 1.0, []
        for kind, key, other in steps:
            if kind == 0:
                d = d * 0.5 + x
            elif kind == 1:
                parts.append(d[key])
            elif kind == 2:
                parts.append(np.reshape(d, (2, -1))[0] if key == 0 else carry[key])
            else:
                d = np.copy(d)
                d[key] = x if kind == 3 else d[other].ravel()[0] * x
        return d, parts or [d[1:]]

    return body


def flat(result):
    return np.concatenate([np.ravel(x) for x in nk.tree.leaves(result)])


@pytest.mark.parametrize("seed", range(60))
def test_random_writes_and_parts(seed):
    body = random_body(seed)
    carry, xs = np.array([0.1, 0.2, 0.3, 0.4]), np.array([1.5, -2.0, 3.0])
    np.testing.assert_allclose(flat(nk.jit(body)(carry, xs[0])), flat(body(carry, xs[0])))
    c, kept = carry, []
    for x in xs:
        c, parts = body(c, x)
        kept.append([np.array(p) for p in parts])
    wanted = flat([c, *[np.stack(p) for p in zip(*kept)]])
    scanned = lambda carry, xs: nk.scan(body, carry, xs)  # noqa: E731
    np.testing.assert_allclose(flat(scanned(carry, xs)), wanted)
    np.testing.assert_allclose(flat(nk.jit(scanned)(carry, xs)), wanted)
    nk.check_grads(lambda carry, x: flat(body(carry, x)), (carry, xs[0]))
    nk.check_grads(lambda carry, xs: flat(scanned(carry, xs)), (carry, xs), order=1)


def test_a_gradient_by_what_is_added_in_place():
    def f(a, v):
        a = a * 1.0
        a[-1] += v
        return np.sum(a * a)

    by_a, by_v = nk.grad(f, argnums=(0, 1))(np.array([1.0, 2.0]), np.array(0.5))
    np.testing.assert_array_equal(by_a, [2, 5])
    assert by_v == 5

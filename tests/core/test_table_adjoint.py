"""Random calls of the table: reverse against forward derivatives by the adjoint identity, forward against
differences."""

import warnings

import numpy as np
from fuzz_calls import random_call

import neurokit as nk
from neurokit.core.primitives import elementwise as ew
from neurokit.core.trace.ufuncs import COMPOSITES

UFUNCS = sorted(
    (u for u in {*ew.BY_UFUNC, *COMPOSITES} if u.signature is None), key=lambda u: u.__name__
)


def floats(result):
    """The float results of a call."""
    found = result if isinstance(result, (tuple, list)) else [result]
    return [x for x in found if getattr(x, "dtype", np.dtype(int)).kind == "f"]


def check(text, f, x, rng):
    """<ct, J v> = <J' ct, v>, and J v against a central difference where f is smooth."""
    v = [rng.normal(size=a.shape) for a in x]
    for w, g in zip(
        floats(f(*[a.copy() for a in x])), floats(nk.vjp(lambda *a: floats(f(*a)), *x)[0])
    ):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-9, err_msg=text)
    out, tangent = nk.jvp(lambda *a: floats(f(*a)), tuple(x), tuple(v))
    if not out or not all(np.all(np.isfinite(o)) for o in out):
        return False
    value, pullback = nk.vjp(lambda *a: floats(f(*a)), *x)
    ct = [rng.normal(size=np.shape(o)) for o in value]
    left = sum(np.sum(c * t) for c, t in zip(ct, tangent))
    right = sum(np.sum(g * w) for g, w in zip(pullback(ct), v))
    assert np.isclose(left, right, rtol=1e-8, atol=1e-8 * (1 + abs(left))), (text, left, right)
    slopes = []
    for step in (1e-6, 2e-6):
        up, down = (floats(f(*[a + s * step * w for a, w in zip(x, v)])) for s in (1, -1))
        slopes.append(sum(np.sum(c * (a - b)) / (2 * step) for c, a, b in zip(ct, up, down)))
    smooth = np.isclose(slopes[0], slopes[1], rtol=1e-5, atol=1e-5)
    assert not smooth or np.isclose(slopes[0], left, rtol=1e-3, atol=1e-3 * (1 + abs(left))), (
        text,
        slopes[0],
        left,
    )
    return True


def test_adjoints_of_random_calls():
    rng, done = np.random.default_rng(0), 0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for _ in range(1500):
            text, specs, f = random_call(rng, UFUNCS)
            x = [np.asarray(rng.normal(size=shape)) for shape, _, _ in specs]
            try:
                f(*[a.copy() for a in x])
            except Exception:  # noqa: BLE001 - not a call on floats
                continue
            done += check(text, f, x, rng)
    assert done > 500

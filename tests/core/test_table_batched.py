"""The NumPy table inside vmap and scan: values and derivatives against one call at a time."""

import numpy as np
import pytest

import neurokit as nk

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
X = np.random.default_rng(0).normal(size=(3, 4, 5))


def edited(f):
    def call(t):
        u = t * 1
        f(u, t)
        return u

    return call


CASES = {
    "sort": lambda t: np.sort(t, 0),
    "argsort": lambda t: np.argsort(t, 1),
    "lexsort": lambda t: np.lexsort(t),
    "median": lambda t: np.median(t, 1),
    "nanmedian": lambda t: np.nanmedian(t, 0),
    "quantile": lambda t: np.quantile(t, [0.1, 0.6], axis=0),
    "searchsorted": lambda t: np.searchsorted(np.sort(t[0]), t[1]),
    "interp": lambda t: np.interp(t[0], np.sort(t[1]), t[2]),
    "histogram": lambda t: np.histogram(t[0], 4, range=(-2, 2), weights=t[1])[0],
    "digitize": lambda t: np.digitize(t, [-1.0, 0.0, 1.0]),
    "convolve": lambda t: np.convolve(t[0], t[1]),
    "cov": lambda t: np.cov(t),
    "cross": lambda t: np.cross(t[:3].T, t[1:4].T),
    "gradient": lambda t: np.gradient(t)[0],
    "unwrap": lambda t: np.unwrap(t * 5),
    "i0": lambda t: np.i0(t),
    "isin": lambda t: np.isin(np.round(t), np.arange(20)),
    "nanvar": lambda t: np.nanvar(t, 0),
    "polyval": lambda t: np.polyval(t[0], t[1]),
    "linspace": lambda t: np.linspace(t[0, 0], t[0, 1], 4),
    "block": lambda t: np.block([[t, t], [t, t]]),
    "pad": lambda t: np.pad(t, 1, "mean"),
    "choose": lambda t: np.choose((t > 0).astype(int), [t, -t]),
    "take_along_axis": lambda t: np.take_along_axis(t, np.argsort(t, 1), 1),
    "traced index": lambda t: t[(t[0, :3] * 0).astype(int) + 1],
    "maximum.accumulate": lambda t: np.maximum.accumulate(t, 1),
    "logaddexp.reduce": lambda t: np.logaddexp.reduce(t, 1),
    "add.at": edited(lambda u, t: np.add.at(u, [0, 0, 1], 1.0)),
    "multiply.at": edited(lambda u, t: np.multiply.at(u, [0, 0, 1], 3.0)),
    "place": edited(lambda u, t: np.place(u, t > 0, [1.0, 2.0])),
    "put_along_axis": edited(lambda u, t: np.put_along_axis(u, np.argmax(t, 1, keepdims=True), 9.0, 1)),
    "fill_diagonal": edited(lambda u, t: np.fill_diagonal(u, t[0])),
    "frexp": lambda t: np.frexp(t)[0],
    "gcd": lambda t: np.gcd((t * 5).astype(int), 12),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_vmap_and_scan(name):
    f = CASES[name]
    wanted = np.stack([f(x.copy()) for x in X])
    np.testing.assert_allclose(nk.vmap(f)(X), wanted, rtol=1e-12)
    total, each = nk.scan(lambda c, x: (c + np.sum(f(x) * 1.0), f(x)), 0.0, X)
    np.testing.assert_allclose(each, wanted, rtol=1e-12)
    np.testing.assert_allclose(total, np.sum(wanted), rtol=1e-11)
    if wanted.dtype.kind != "f":
        return
    slopes = np.stack([nk.grad(lambda t: np.sum(np.sin(f(t))))(x) for x in X])
    stacked = nk.jit(nk.grad(lambda x: np.sum(np.sin(nk.vmap(f)(x)))))(X)
    np.testing.assert_allclose(stacked, slopes, rtol=1e-11, atol=1e-13)
    looped = nk.grad(lambda x: nk.scan(lambda c, r: (c + np.sum(np.sin(f(r))), None), 0.0, x)[0])(X)
    np.testing.assert_allclose(looped, slopes, rtol=1e-11, atol=1e-13)

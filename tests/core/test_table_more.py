"""Functions beyond reductions and shapes: one line per call, compared with NumPy lazily and jitted."""

import numpy as np
import pytest
from against_numpy import same

import neurokit as nk

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
RNG = np.random.default_rng(3)
X = RNG.permutation(12).reshape(3, 4) / 7.0 - 0.8
Y = RNG.normal(size=(3, 4))
V = RNG.normal(size=7)
W = RNG.normal(size=3)
N = RNG.integers(-6, 7, 9)
C = RNG.integers(0, 5, 9)
POSITIVE = np.abs(Y) + 0.5


def edited(f):
    """What an array is after f wrote into a copy of it."""

    def call(t, *rest):
        u = t * 1
        f(u, *rest)
        return u

    return call


# differentiable ones, on float arrays
SMOOTH = {
    "interp": (lambda x: np.interp(x, [-1.0, 0.0, 0.55, 2.0], [1.0, 3.0, 2.0, 5.0]), X),
    "interp ends": (lambda x: np.interp(x, [-0.4, 0.0, 0.33], [1.0, 3.0, 2.0], left=-1, right=9), X),
    "interp values": (lambda f: np.interp(X, [-1.0, 0.0, 0.5], f), W),
    "interp period": (lambda x, f: np.interp(x, [0.11, 0.54, 0.95], f, period=1.3), X, W),
    "convolve": (lambda a, v: np.convolve(a, v), V, W),
    "convolve same": (lambda a, v: np.convolve(v, a, "same"), V, W),
    "convolve valid": (lambda a, v: np.convolve(a, v, mode="valid"), V, W),
    "correlate": (lambda a, v: np.correlate(a, v), V, W),
    "correlate full": (lambda a, v: np.correlate(a, v, "full"), V, W),
    "correlate same": (lambda a, v: np.correlate(a, v, "same"), V, W),
    "correlate short": (lambda a, v: np.correlate(v, a, "same"), V, W),
    "correlate short valid": (lambda a, v: np.correlate(v, a, "valid"), V, W),
    "gradient": (lambda x: np.gradient(x), X),
    "gradient axis": (lambda x: np.gradient(x, 0.5, axis=1), X),
    "gradient edges": (lambda x: np.gradient(x, edge_order=2), X),
    "gradient coordinates": (lambda x: np.gradient(x, np.array([0.0, 1.0, 3.0, 4.5]), axis=1, edge_order=2), X),
    "gradient even": (lambda v: np.gradient(v, np.arange(7.0) * 2), V),
    "gradient steps": (lambda x: np.gradient(x, 2.0, 0.25), X),
    "gradient by coordinates": (lambda d: np.gradient(V, np.cumsum(np.abs(d) + 0.3)), V),
    "ediff1d": (lambda x: np.ediff1d(x, to_begin=[1.0, 2.0], to_end=X[0]), X),
    "cross": (lambda a, b: np.cross(a.T, b.T), X, Y),
    "cross axes": (lambda a, b: np.cross(a, b, axis=0), X, Y),
    "cross linalg": (lambda a, b: np.linalg.cross(a, b, axis=0), X, Y),
    "cross 2-d": (lambda a, b: np.cross(a[:2].T, b.T), X, Y),
    "unwrap": (lambda v: np.unwrap(v * 5), V),
    "unwrap period": (lambda x: np.unwrap(x * 9, period=4, axis=0, discont=3), X),
    "cov": (lambda x: np.cov(x), X),
    "cov two": (lambda x, y: np.cov(x, y, rowvar=False, ddof=0), X, Y),
    "cov weights": (lambda x, y: np.cov(x, aweights=np.abs(y[0]), fweights=[1, 2, 1, 3]), X, Y),
    "cov vector": (lambda v: np.cov(v, bias=True), V),
    "corrcoef": (lambda x, y: np.corrcoef(x, y), X, Y),
    "polyval": (lambda p, x: np.polyval(p, x), V, X),
    "polyadd": (lambda a, b: np.polyadd(a, b), V, W),
    "polysub": (lambda a, b: np.polysub(b, a), V, W),
    "polymul": (lambda a, b: np.polymul(a, b), V, W),
    "polydiv": (lambda a, b: np.polydiv(a, b), V, W),
    "polydiv short": (lambda a, b: np.polydiv(b, a), V, W),
    "polyder": (lambda p: np.polyder(p, 2), V),
    "polyint": (lambda p: np.polyint(p, 2, k=[1.0, 2.0]), V),
    "poly": (lambda z: np.poly(z), V),
    "vander": (lambda x: np.vander(x, 3), V),
    "vander increasing": (lambda x: np.vander(x, increasing=True), W),
    "linspace": (lambda v: np.linspace(v[0], v[1], 5), V),
    "linspace arrays": (lambda v: np.linspace(v, 2.0, 4, endpoint=False, axis=1), V),
    "linspace step": (lambda v: np.linspace(v, v * 2, 3, retstep=True), V),
    "linspace one": (lambda v: np.linspace(v, 3.0, 1), V),
    "logspace": (lambda v: np.logspace(v[0], v[1], 5, base=2.0), V),
    "geomspace": (lambda p: np.geomspace(p[0], p[1], 5), POSITIVE),
    "block": (lambda x, y: np.block([[x, y], [y * 2, np.ones((3, 4))]]), X, Y),
    "block vectors": (lambda v, w: np.block([v, w, 1.0]), V, W),
    "diagflat": (lambda x: np.diagflat(x[:2, :2], 1), X),
    "apply_along_axis": (lambda x: np.apply_along_axis(lambda r: np.outer(r, r[:2]), 1, x), X),
    "apply_along_axis scalar": (lambda x: np.apply_along_axis(np.sum, 0, x), X),
    "apply_over_axes": (lambda x: np.apply_over_axes(np.sum, x, [0, 1]), X),
    "select": (lambda x, y: np.select([Y > 0.5, Y > 0], [x, y * 2], default=7.0), X, Y),
    "choose": (lambda x, y: np.choose([[0, 1, 1, 0]] * 3, [x, y]), X, Y),
    "choose clip": (lambda x, y: np.choose([5, -1, 0, 1], [x, y], mode="clip"), X, Y),
    "piecewise": (lambda x: np.piecewise(x, [X < 0, X > 0.5], [lambda t: t**2, np.exp, 3.0]), X),
    "piecewise two": (lambda x: np.piecewise(x, [X < 0], [lambda t: t**2, 1.0]), X),
    "insert": (lambda x, y: np.insert(x, 1, y[0], axis=0), X, Y),
    "insert many": (lambda v, w: np.insert(v, [0, 2, 2], w), V, W),
    "insert column": (lambda x, w: np.insert(x, [1], w[:, None], axis=1), X, W),
    "insert row": (lambda x, w: np.insert(x, 1, w, axis=1), X, W),
    "insert flat": (lambda x: np.insert(x, slice(1, 9, 3), 5.0), X),
    "delete": (lambda x: np.delete(x, [0, -1], axis=1), X),
    "delete slice": (lambda x: np.delete(x, np.s_[::2]), X),
    "resize": (lambda x: np.resize(x, (5, 3)), X),
    "put": (edited(lambda u, w: np.put(u, [0, 5, -1, 5], w)), X, W),
    "put clip": (edited(lambda u, w: np.put(u, [0, 55], w, mode="clip")), X, W),
    "putmask": (edited(lambda u, w: np.putmask(u, X > 0, w)), X, W),
    "place": (edited(lambda u, w: np.place(u, X > 0, w)), X, W),
    "copyto": (edited(lambda u, y: np.copyto(u, y, where=X > 0)), X, Y),
    "fill_diagonal": (edited(lambda u, w: np.fill_diagonal(u, w)), X, W),
    "fill_diagonal wrap": (edited(lambda u: np.fill_diagonal(u, 5.0, wrap=True)), RNG.normal(size=(7, 3))),
    "fill_diagonal 3": (edited(lambda u: np.fill_diagonal(u, 5.0)), RNG.normal(size=(2, 2, 2))),
    "put_along_axis": (edited(lambda u, w: np.put_along_axis(u, np.array([[1], [0], [3]]), w[:, None], 1)), X, W),
    "bincount weights": (lambda w: np.bincount(C, w, minlength=7), RNG.normal(size=9)),
    "histogram weights": (lambda w: np.histogram(V, bins=[-2, -0.5, 0, 1.0, 3], weights=w)[0], V),
    "histogram density": (lambda w: np.histogram(V, bins=4, weights=w, density=True)[0], np.abs(V)),
    "histogram edges": (lambda v: np.histogram(v, 3)[1], V),
    "modf": (lambda x: np.modf(x * 4.9), X),
    "frexp": (lambda x: np.frexp(x)[0], X),
    "ldexp": (lambda x: np.ldexp(x, [1, -2, 0, 5]), X),
    "matvec": (lambda x, y: np.matvec(x, y), X, Y),
    "vecmat": (lambda v, x: np.vecmat(v, x), W, X),
    "vecdot axis": (lambda x, y: np.vecdot(x, y, axis=0), X, Y),
    "subtract.reduce": (lambda x: np.subtract.reduce(x, axis=1), X),
    "divide.reduce": (lambda x: np.divide.reduce(x, axis=0), POSITIVE),
    "arctan2.reduce": (lambda x: np.arctan2.reduce(x, axis=0), POSITIVE),
    "hypot.reduce": (lambda x: np.hypot.reduce(x, axis=(0, 1), keepdims=True), POSITIVE),
    "logaddexp.reduce": (lambda x: np.logaddexp.reduce(x, axis=None, where=Y > 0), X),
    "add.reduce": (lambda x: np.add.reduce(x, initial=3.0, where=Y > 0), X),
    "multiply.reduce": (lambda x: np.multiply.reduce(x, 1), X),
    "maximum.accumulate": (lambda x: np.maximum.accumulate(x, axis=1), X),
    "fmin.accumulate": (lambda x: np.fmin.accumulate(np.ravel(x)), X),
    "logaddexp.accumulate": (lambda x: np.logaddexp.accumulate(np.ravel(x)), X),
    "subtract.accumulate": (lambda x: np.subtract.accumulate(x), X),
    "add.reduceat": (lambda x: np.add.reduceat(x, [0, 2, 1, 2], axis=1), X),
    "multiply.reduceat": (lambda v: np.multiply.reduceat(v, [0, 5, 2]), V),
    "power.outer": (lambda p, w: np.power.outer(p, w), POSITIVE, W),
    "add.at": (edited(lambda u, w: np.add.at(u, [0, 0, 2], w[:, None])), X, W),
    "subtract.at": (edited(lambda u, w: np.subtract.at(u, ([0, 0, 2], [1, 1, 3]), w)), X, W),
    "multiply.at": (edited(lambda u, w: np.multiply.at(u, ([0, 0, 2], [1, 1, 3]), w)), X, W),
    "maximum.at": (edited(lambda u, w: np.maximum.at(u, [1, 1, 0], w)), V, W),
    "exp.at": (edited(lambda u: np.exp.at(u, [1, 1, 0])), V),
    "outer out": (edited(lambda u, v: np.outer(v[:3], v[:4], out=u)), X, V),
    "mean out": (edited(lambda u, v: np.mean(u * 2, axis=1, out=u[:, 0])), X, V),
    "where out": (edited(lambda u: np.exp(u, out=u, where=X > 0)), X),
    "like zeros": (lambda v: np.zeros(3, like=v) + v[:3], V),
    "like full": (lambda v: np.full((2, 3), v[0], like=v), V),
    "like array": (lambda v: np.array([v[0], 1.0, v[2]], like=v), V),
    "like asarray": (lambda v: np.asarray([[v[0]], [2.0]], like=v), V),
    "nan_to_num": (lambda x: np.nan_to_num(x, nan=1.0), X),
    "sliding windows": (lambda v: np.lib.stride_tricks.sliding_window_view(v, 3), V),
    "windows 2-d": (lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 3)), X),
    "trapezoid x": (lambda x, v: np.trapezoid(x, v[:4], axis=1), X, V),
    "take clip": (lambda v: np.take(v, [9, -3, 2], mode="clip"), V),
    "take wrap": (lambda v: np.take(v, [9, -3, 2], mode="wrap"), V),
    "dsplit": (lambda x: np.dsplit(x[None], 2), X),
    "i0": (lambda x: np.i0(x * 9), X),
    "reshape F": (lambda x: np.reshape(x, (2, 6), order="F"), X),
    "ravel F": (lambda x: np.ravel(x.T, "F") * np.arange(12.0), X),
    "write F": (edited(lambda u, v: np.ravel(u.T, "F").__setitem__(slice(0, 4), v[:4])), X, V),
    "flat": (edited(lambda u, v: u.flat.__setitem__(slice(1, 9, 2), v[:4])), X, V),
    "flat read": (lambda x: x.flat[3] * x.flat[::5], X),
    "sort in place": (edited(lambda u: u.sort(axis=0)), X),
    "partition in place": (edited(lambda u: u.partition(1)), X[:, :2].copy()),
    "method put": (edited(lambda u, v: u.put([0, 3], v)), X, V),
    "angle": (lambda x: np.angle(x + 1j * Y), X),
}  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
def test_value_and_derivative(name):
    f, *args = SMOOTH[name]
    same(f, *args)
    single = [a.astype(np.float32) for a in args]
    if name != "polydiv":  # whether a remainder is zero is decided by values there
        same(f, *single, modes=["jit"])
    nk.check_grads(f, args)


# values only, with integers and booleans too
VALUES = {
    "bincount": (lambda: np.bincount(C), ),
    "packbits": (lambda b: np.packbits(b > 0), N),
    "packbits little": (lambda b: np.packbits(b.reshape(3, 3) > 0, axis=1, bitorder="little"), N),
    "unpackbits": (lambda b: np.unpackbits(b.astype(np.uint8), count=-3), C),
    "unpackbits axis": (lambda b: np.unpackbits(b.astype(np.uint8)[:, None], axis=1, bitorder="little"), C),
    "bitwise_count": (lambda a: np.bitwise_count(a * 12345678901), N),
    "bitwise_count 32": (lambda a: np.bitwise_count(a.astype(np.int32)), N),
    "bitwise_count least 8": (lambda a: np.bitwise_count(a), np.array([-128, -127, 127], np.int8)),
    "bitwise_count least 32": (lambda a: np.bitwise_count(a), np.array([-(2**31), -5], np.int32)),
    "bitwise_count least 64": (lambda a: np.bitwise_count(a), np.array([-(2**63), -(2**62)])),
    "bitwise_count 64": (lambda a: np.bitwise_count(a.astype(np.uint64) * 2**60), C),
    "gcd": (lambda a, b: np.gcd(a, b), N, C),
    "lcm": (lambda a, b: np.lcm(a, b), N, C),
    "gcd.reduce": (lambda a: np.gcd.reduce(a * 6), C),
    "frexp": (lambda x: np.frexp(x), np.array([0.0, -0.0, 1.0, 0.5, 3.7, -1e300, 1e-300, np.inf, np.nan, 2.0**40])),
    "frexp single": (lambda x: np.frexp(x), np.array([0.0, 1.0, 0.5, 3.7, -1e30, 1e-30, np.inf], np.float32)),
    "ldexp": (lambda x: np.ldexp(x, [1, -1000, 1000, -2, 0]), np.array([1.0, 1e300, 1e-300, np.inf, np.nan])),
    "modf": (lambda x: np.modf(x), np.array([0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan])),
    "isin": (lambda x: np.isin(x, [1, 3, 5]), N),
    "isin long": (lambda x: np.isin(x, np.arange(-4, 40, 3), invert=True), N),
    "digitize": (lambda x: np.digitize(x, [-2, 0, 3]), N),
    "histogram": (lambda x: np.histogram(x, bins=[-3, 0, 1, 5]), N),
    "histogram range": (lambda x: np.histogram(x, 4, range=(-3, 3)), V),
    "histogram density": (lambda x: np.histogram(x, 4, density=True), V),
    "histogram own range": (lambda x: np.histogram(x, 5), V),
    "histogram2d": (lambda x: np.histogram2d(x[0], x[1], bins=3), X),
    "histogram2d bins": (lambda x: np.histogram2d(x[0], x[1], bins=[3, [0, 0.5, 1]]), X),
    "histogramdd": (lambda x: np.histogramdd(x, bins=(2, 3, 2, 2), density=True), X),
    "histogram_bin_edges": (lambda x: np.histogram_bin_edges(x, 4), V),
    "unravel_index": (lambda i: np.unravel_index(i, (2, 5)), C),
    "unravel_index F": (lambda i: np.unravel_index(i, (2, 5), order="F"), C),
    "unravel_index bad": (lambda i: np.unravel_index(i + 9, (2, 5)), V),
    "ravel_multi_index": (lambda i: np.ravel_multi_index((i, i), (5, 5)), C),
    "ravel_multi_index wrap": (lambda i: np.ravel_multi_index((i, -i), (4, 4), mode=("clip", "wrap"), order="F"), C),
    "ix_": (lambda i, x: x[np.ix_(i, i)], C[:3], RNG.normal(size=(5, 6))),
    "ix_ mask": (lambda x: x[np.ix_([True, False, True], [0, 3])], X),
    "diag_indices_from": (lambda x: np.diag_indices_from(x[:, :3]), X),
    "tril_indices_from": (lambda x: np.tril_indices_from(x, 1), X),
    "triu_indices_from": (lambda x: np.triu_indices_from(x), X),
    "isneginf": (lambda x: np.isneginf(x / 0.0), X),
    "isposinf": (lambda x: np.isposinf(x / 0.0), X),
    "isreal": (lambda x: np.isreal(x), X),
    "iscomplex": (lambda x: np.iscomplex(x), X),
    "array_equiv": (lambda x: np.array_equiv(x, x[0]), X),
    "array_equal nan": (lambda x: np.array_equal(x * np.nan, x * np.nan, equal_nan=True), X),
    "bitwise_or.reduce": (lambda x: np.bitwise_or.reduce(x), C),
    "bitwise_and.reduce empty": (lambda x: np.bitwise_and.reduce(x[:0]), C),
    "logical_xor.reduce": (lambda x: np.logical_xor.reduce(x > 0, axis=1), X),
    "equal.reduce": (lambda x: np.equal.reduce(x > 0, axis=1), X),
    "maximum.reduce empty": (lambda x: np.fmax.reduce(x[:0]), X),
    "subtract.reduce two axes": (lambda x: np.subtract.reduce(x, axis=(0, 1)), X),
    "not binary": (lambda x: np.exp.reduce(x), X),
    "reduceat bad": (lambda x: np.add.reduceat(x, [0, 9]), X),
    "insert bad": (lambda x: np.insert(x, 9, 1.0, axis=0), X),
    "interp bad": (lambda x: np.interp(x, [1, 2], [1, 2, 3]), X),
    "gradient small": (lambda x: np.gradient(x[:1]), X),
    "add casting": (lambda x: np.add(x, 1, dtype=np.int64), X),
    "add dtype": (lambda x: np.add(x, 1, dtype=np.float32), X),
    "add dtype int": (lambda x: np.add(x, 1, dtype=np.float64), N),
    "less dtype": (lambda x: np.less(x, 1, dtype=bool), X),
    "add safe": (lambda x: np.add(x, 1, dtype=np.float32, casting="safe"), X),
    "choose method": (lambda i: (i % 2).choose([10, 20]), C),
    "i0 float": (lambda x: np.i0(x), np.array([0.0, 1e-9, -3.0, 30.0, 300.0, 700.0])),
    "i0 int": (lambda x: np.i0(x), N),
    "astype safe": (lambda x: x.astype(np.int64, casting="safe"), X),
    "argsort method": (lambda x: x.argsort(axis=0), X),
    "searchsorted method": (lambda v: np.sort(v).searchsorted([0.0, 1.0], side="right"), V),
    "strides": (lambda x: x * sum(x.strides), X),
    "reshape K": (lambda x: np.ravel(x[0], "K"), X),
    "einsum lists": (lambda x: np.einsum(x, [0, 1], x, [2, 1], [2, 0]), X),
    "einsum ellipsis": (lambda x: np.einsum(x, [0, ...], x, [0, ...]), X),
    "einsum dtype": (lambda x: np.einsum("ij->i", x, dtype=np.float64), X),
    "mean dtype": (lambda x: np.mean(x * 9, 0, dtype=int), X),
    "concatenate dtype": (lambda x: np.concatenate([x, x], dtype=int), X),
    "concatenate unsafe": (lambda x: np.concatenate([x, x], dtype=int, casting="unsafe"), X),
    "stack dtype": (lambda x: np.stack([x, x], dtype=np.float32), X),
    "average two axes": (lambda x: np.average(x, (1, 0), weights=POSITIVE.T, returned=True), X),
    "average shape": (lambda x: np.average(x, 0, weights=POSITIVE[0]), X),
    "diff ends": (lambda x: np.diff(x, prepend=0, append=x[:, :1]), X),
    "diff start": (lambda x: np.diff(x, axis=0, prepend=1.0), X),
    "min_scalar": (lambda x: np.result_type(x, 3).itemsize * x, X),
    "can_cast": (lambda x: np.can_cast(x.dtype, np.float32) * x, X),
    "common_type": (lambda x: x * np.dtype(np.common_type(x)).itemsize, X),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values(name):
    f, *args = VALUES[name]
    same(f, *args)


@pytest.mark.parametrize(
    "mode", "constant edge wrap linear_ramp reflect symmetric maximum minimum mean median".split()
)
def test_pad(mode):
    options = {
        "constant": dict(constant_values=((1, 2),)),
        "linear_ramp": dict(end_values=(3, -2)),
        "reflect": dict(reflect_type="odd"),
        "symmetric": dict(reflect_type="odd"),
    }.get(mode, {} if mode in ("edge", "wrap") else dict(stat_length=2))
    for x in (X, np.round(X * 9).astype(int), V):
        for width in (0, 1, (1, 2), 2):
            same(lambda t: np.pad(t, width, mode), x, modes=["jit"])
            same(lambda t: np.pad(t, width, mode, **options), x)
        same(lambda t: np.pad(t, 7, mode), x, modes=["jit"])
    same(lambda t: np.pad(t, {-1: (1, 2)}, mode), X)
    same(lambda t: np.pad(t, 1, mode, wrong=1), X)
    nk.check_grads(lambda t: np.pad(t, ((2, 1), (0, 1)), mode, **options), (X,))


# shapes that depend on data: known in lazy mode, refused by name in jit
DATA = {
    "nonzero": lambda x: np.nonzero(x > 0),
    "contains": lambda x: (x[0, 0] in x) * x,
    "flatnonzero": lambda x: np.flatnonzero(x > 0),
    "argwhere": lambda x: np.argwhere(x > 0),
    "where": lambda x: np.where(x > 0),
    "extract": lambda x: np.extract(x > 0, x) ** 2,
    "compress": lambda x: np.compress(x[:, 0] > 0, x, axis=0),
    "mask": lambda x: x[x > 0],
    "mask and int": lambda x: x[x[:, 0] > 0, 1],
    "unique": lambda x: np.unique(np.round(x), True, True, True),
    "unique axis": lambda x: np.unique(np.round(x), axis=1),
    "unique_all": lambda x: np.unique_all(np.round(x)),
    "unique_values": lambda x: np.sort(np.unique_values(np.round(x))),
    "union1d": lambda x: np.union1d(np.round(x), [7, 1]),
    "intersect1d": lambda x: np.intersect1d(np.round(x), [0, 1, 9], return_indices=True),
    "setdiff1d": lambda x: np.setdiff1d(np.round(x), [0, 1]),
    "setxor1d": lambda x: np.setxor1d(np.round(x), [0, 1, 8]),
    "trim_zeros": lambda x: np.trim_zeros(np.ravel(np.round(x))),
    "bincount": lambda x: np.bincount(np.ravel(np.abs(x).astype(int))),
    "histogram auto": lambda x: np.histogram(x, "auto"),
    "roots": lambda x: np.sort(np.abs(np.roots(x[0]))),
}


@pytest.mark.parametrize(
    "name", [n for n in DATA if n != "roots" or hasattr(np.linalg.eigvals, "x")]
)
def test_data_dependent_shapes(name):
    f = DATA[name]
    for x in (X, Y):
        same(f, x, modes=["lazy"])
    with pytest.raises(nk.AbstractValueError if hasattr(nk, "AbstractValueError") else TypeError):
        nk.jit(f)(X)


def test_bad_choices_stop_the_run():
    same(lambda x: np.choose([0, 5, 1, 0], [x, x]), X, modes=["lazy"])
    with pytest.raises(IndexError):
        nk.jit(lambda x, i: np.choose(i, [x, x]))(X, np.array([0, 5, 1, 0]))


def test_values_found_in_data_keep_their_derivatives():
    x = np.array([3.0, 1.0, 3.0, 2.0])
    np.testing.assert_array_equal(nk.grad(lambda t: np.unique(t)[-1])(x), [1, 0, 0, 0])
    np.testing.assert_array_equal(nk.grad(lambda t: np.extract(t > 1.5, t).sum())(x), [1, 0, 1, 1])

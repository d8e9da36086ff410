"""What depends on where values lie: counts, histograms, interpolation, sets, positions of true elements."""

import functools
import operator

import numpy as np

from ..errors import AbstractValueError
from ..graph import INT64
from ..primitives import complexes
from ..primitives.indexing import scatter
from ..primitives.shaping import full, reshape
from ..trace.tracer import Tracer, to_node
from ..trace.ufuncs import as_dtype
from .base import FUNCTIONS, T, _axis, _deliver, _full_tracer, implements, known
from .ordering import searchsorted

# ---------------------------------------------------------------------------- positions


_MASKS = "use np.where(mask, a, b), or multiply by the mask"


@implements(np.nonzero)
def nonzero(a):
    values = known(a, "np.nonzero", _MASKS)
    return values.nonzero()


@implements(np.flatnonzero)
def flatnonzero(a):
    return np.flatnonzero(known(a, "np.flatnonzero", _MASKS))


@implements(np.argwhere)
def argwhere(a):
    return np.argwhere(known(a, "np.argwhere", _MASKS))


@implements(np.extract)
def extract(condition, arr):
    return np.take(np.ravel(arr), flatnonzero(np.ravel(condition)))


@implements(np.compress)
def compress(condition, a, axis=None, out=None):
    chosen = known(condition, "np.compress", _MASKS)
    if chosen.ndim != 1:
        raise ValueError("condition must be a 1-d array")
    a = T(to_node(a))
    if axis is None:
        a, axis = np.ravel(a), 0
    return _deliver(np.take(a, np.flatnonzero(chosen), axis), out)


@implements(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    kept = np.argwhere(known(filt, "np.trim_zeros", "slice with static bounds"))
    trim = trim.lower()
    if trim not in ("fb", "bf", "f", "b"):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    filt = T(to_node(filt))
    if axis is None:
        axes = tuple(range(filt.ndim))
    else:
        axes = tuple(_axis(i, filt.ndim) for i in (axis if isinstance(axis, tuple) else (axis,)))
    key = [slice(None)] * filt.ndim
    for i in axes:
        d = filt.shape[i]
        first, last = (kept[:, i].min(), kept[:, i].max() + 1) if len(kept) else (d, d)
        if not len(kept) and trim == "b":
            first, last = 0, 0
        key[i] = slice(first if "f" in trim else 0, last if "b" in trim else d)
    return filt[tuple(key)]


# ---------------------------------------------------------------------------- sets


_SETS = "compute the set outside of it, or compare with np.isin"


@implements(np.unique)
def unique(
    ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True
):  # fmt: skip
    """The values keep their derivatives: each is the element of its first appearance."""
    values = known(ar, "np.unique", _SETS)
    _, index, inverse, counts = np.unique(values, True, True, True, axis=axis, equal_nan=equal_nan)
    ar = T(to_node(ar))
    found = np.take(np.ravel(ar), index) if axis is None else np.take(ar, index, axis)
    extra = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    result = (found, *[x for wanted, x in extra if wanted])
    return result if len(result) > 1 else found


def _as_named(name, **kwargs):
    """One of the array-API forms of np.unique: a named tuple, each NaN by itself."""

    def call(x):
        fields = getattr(np, name)(np.zeros(1))
        result = unique(x, equal_nan=False, **kwargs)
        return type(fields)(*result) if isinstance(fields, tuple) else result

    return call


for _name, _kwargs in {
    "unique_all": dict(return_index=True, return_inverse=True, return_counts=True),
    "unique_counts": dict(return_counts=True),
    "unique_inverse": dict(return_inverse=True),
    "unique_values": {},
}.items():
    FUNCTIONS[getattr(np, _name)] = _as_named(_name, **_kwargs)


def _joined(a, b):
    return np.concatenate([np.ravel(a), np.ravel(b)])


@implements(np.union1d)
def union1d(ar1, ar2):
    return unique(_joined(ar1, ar2))


@implements(np.intersect1d)
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    plain = [known(x, "np.intersect1d", _SETS) for x in (ar1, ar2)]
    _, first, second = np.intersect1d(*plain, assume_unique, True)
    common = np.take(np.ravel(_joined(ar1, ar2)), first)
    return (common, first, second) if return_indices else common


@implements(np.setdiff1d)
def setdiff1d(ar1, ar2, assume_unique=False):
    if not assume_unique:
        ar1, ar2 = unique(ar1), unique(ar2)
    ar1 = np.ravel(T(to_node(ar1)))
    return np.take(ar1, flatnonzero(isin(ar1, ar2, invert=True)))


@implements(np.setxor1d)
def setxor1d(ar1, ar2, assume_unique=False):
    if not assume_unique:
        ar1, ar2 = unique(ar1), unique(ar2)
    both = np.sort(_joined(ar1, ar2))
    values = known(both, "np.setxor1d", _SETS)
    flag = np.concatenate(([True], values[1:] != values[:-1], [True]))[: values.size + 1]
    return np.take(both, np.flatnonzero(flag[1:] & flag[:-1])) if values.size else both


@implements(np.isin)
def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    if kind not in (None, "sort", "table"):
        raise ValueError(f"Invalid kind: '{kind}'. Please use None, 'sort' or 'table'.")
    element, tests = T(to_node(element)), np.ravel(T(to_node(test_elements)))
    if not tests.size:
        return _full_tracer(element.shape, invert, bool)
    if kind == "table" and not {element.dtype.kind, tests.dtype.kind} <= set("biu"):
        raise ValueError("The 'table' method is only supported for boolean or integer arrays.")
    if tests.size <= 8:
        found = functools.reduce(operator.or_, [element == tests[i] for i in range(tests.size)])
    elif np.result_type(element.dtype, tests.dtype).kind == "c":
        found = np.any(element[..., None] == tests, -1)
    else:
        tests = np.sort(tests)
        place = np.minimum(searchsorted(tests, element), tests.size - 1)
        found = tests[place] == element
    return ~found if invert else found


# ---------------------------------------------------------------------------- counts


@implements(np.bincount)
def bincount(x, /, weights=None, minlength=0):
    """The weights may be traced anywhere; the length of the result needs the values of x."""
    values = None if isinstance(x, Tracer) else np.asarray(x)
    x = T(to_node(x)) if not isinstance(x, Tracer) else x
    if x.ndim != 1:
        raise ValueError(
            "object too deep for desired array"
            if x.ndim
            else "object of too small depth for desired array"
        )
    if x.dtype.kind not in "biu":
        raise TypeError(
            f"Cannot cast array data from {x.dtype!r} to dtype('int64') according to the rule 'safe'"
        )
    minlength = operator.index(minlength)
    if minlength < 0:
        raise ValueError("'minlength' must not be negative")
    values = _constant_of(x) if values is None else values
    if values is None:
        raise AbstractValueError(
            f"np.bincount of traced integers has a length that depends on data, which is not known inside "
            f"{x.node.graph.what}: add to zeros, counts = nk.zeros(n, like=t); np.add.at(counts, x, 1)"
        )
    if values.size and values.min() < 0:
        raise ValueError("'list' argument must have no negative elements")
    n = max(minlength, int(values.max()) + 1 if values.size else 0)
    if weights is None:
        return T(_totals(x.node, full(x.shape, 1, INT64), n))
    weights = to_node(weights)
    if weights.shape != x.shape:
        raise ValueError("The weights and list don't have the same length.")
    if not x.size:
        return T(full((n,), 0, INT64))  # whatever the weights are, as in NumPy
    return T(_totals(x.node, as_dtype(weights, np.dtype(np.float64)), n))


def _constant_of(x):
    """The values where they are known: in lazy mode, or of a plain array that is only read."""
    if not x.abstract:
        return np.asarray(x._value("np.bincount"))
    return x.node.graph.root.values.get(x.node) if x.node.graph is not None else x.node.params[0]


def _totals(index, weights, n):
    """Sums of `weights` by `index`, both of one shape, in n bins."""
    m = index.size
    if not n or not m:
        return full((n,), 0, weights.dtype)
    index = reshape(as_dtype(index, INT64), (m,))
    return reshape(
        scatter("add", full((1, n, 1), 0, weights.dtype), index, reshape(weights, (1, m, 1))), (n,)
    )


def _edges(a, bins, range_, weights=None, dtype=None):
    """Bin edges: plain where they can be, else traced; `dtype`: of plain ones, that of a by default."""
    if isinstance(bins, str):
        values = known(
            a, f"np.histogram with bins={bins!r}", "pass the number of bins or their edges"
        )
        return np.histogram_bin_edges(values, bins, range_)
    if np.ndim(bins) == 1:
        if not isinstance(bins, Tracer):
            bins = np.asarray(bins)
            if np.any(bins[:-1] > bins[1:]):
                raise ValueError("`bins` must increase monotonically, when an array")
        return bins
    if np.ndim(bins) != 0:
        raise ValueError("`bins` must be 1d, when an array")
    n = operator.index(bins)
    if n < 1:
        raise ValueError("`bins` must be positive, when an integer")
    if range_ is not None or not isinstance(a, Tracer):
        empty = np.zeros(0, dtype or a.dtype)
        return np.histogram_bin_edges(empty if range_ is not None else a, n, range_)
    if not a.size:
        return np.histogram_bin_edges(np.zeros(0, dtype or a.dtype), n)
    low, high = np.min(a) * 1.0, np.max(a) * 1.0
    same = low == high
    half = np.where(same, 0.5, 0.0)
    dtype = np.result_type(low.dtype, a.dtype)
    return np.linspace(low - half, high + half, n + 1, dtype=dtype if dtype.kind == "f" else None)


def _bins_of(x, edges):
    """Which bin each element lies in, and whether it lies in one; the last bin is closed."""
    n = np.shape(edges)[0] - 1
    place = searchsorted(edges, x, "right") - 1
    place = np.where(x == edges[-1], n - 1, place)
    inside = (x >= edges[0]) & (x <= edges[-1])
    return np.where(inside, place, 0), inside


@implements(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    return T(to_node(_edges(np.ravel(a), bins, range, weights)))


@implements(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    if weights is not None and np.shape(weights) != np.shape(a):
        raise ValueError("weights should have the same shape as a.")
    a = np.ravel(a)
    edges = _edges(a, bins, range, weights)
    counts = _histogram([T(to_node(a))], [edges], density, weights)
    return counts, edges


def _histogram(columns, edges, density, weights):
    shape = [np.shape(e)[0] - 1 for e in edges]
    flat, inside = 0, True
    for x, e, n in zip(columns, edges, shape):
        place, within = _bins_of(x, e)
        flat, inside = flat * n + place, within & inside
    if weights is None:
        kind = INT64 if len(columns) == 1 and not density else np.dtype(np.float64)
        weight = inside.astype(np.int64)
    else:
        weights = np.ravel(T(to_node(weights)))
        kind = weights.dtype if len(columns) == 1 else np.dtype(np.float64)
        if weights.dtype.kind not in "fc":
            weights = weights.astype(np.int64 if len(columns) == 1 else np.float64)
            kind = INT64 if kind.kind == "b" else kind
        weight = np.where(inside, weights, np.zeros((), weights.dtype))
    size = int(np.prod(shape))
    wide = np.result_type(kind, np.float64) if weight.dtype.kind in "fc" else INT64
    counts = T(_totals(to_node(flat), to_node(weight.astype(wide)), size)).reshape(shape)
    counts = counts.astype(kind)
    if density:
        total = np.sum(counts)
        for i, e in enumerate(edges):
            wide = [1] * len(shape)
            wide[i] = -1
            counts = counts / np.reshape(np.diff(e), wide).astype(np.float64)
        counts = counts / total
    return counts


@implements(np.histogramdd)
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    if isinstance(sample, Tracer) or isinstance(sample, np.ndarray):
        columns = list(
            np.atleast_2d(np.transpose(np.atleast_2d(sample) if np.ndim(sample) > 1 else sample))
        )
    else:
        columns = [T(to_node(x)) for x in sample]
    d = len(columns)
    bins = list(bins) if isinstance(bins, (list, tuple)) or np.ndim(bins) else [bins] * d
    if len(bins) != d:
        raise ValueError("The dimension of bins must be equal to the dimension of the sample x.")
    ranges = [None] * d if range is None else list(range)
    if len(ranges) != d:
        raise ValueError("range argument must have one entry per dimension")
    edges = [_edges(x, b, r, dtype=np.float64) for x, b, r in zip(columns, bins, ranges)]
    return _histogram([T(to_node(x)) for x in columns], edges, density, weights), tuple(edges)


@implements(np.histogram2d)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    if np.shape(x) != np.shape(y):
        raise ValueError("x and y must have the same length.")
    n = len(bins) if isinstance(bins, (list, tuple)) or np.ndim(bins) else 1
    if n not in (1, 2):
        bins = [bins, bins]
    counts, (first, second) = histogramdd([x, y], bins, range, density, weights)
    return counts, first, second


# ---------------------------------------------------------------------------- interpolation


def _line(x, x0, x1, y0, y1, end):
    """Values at `x` of the lines from (x0, y0) to (x1, y1); where a y is infinite, of the end that gives a number."""
    width = x1 - x0
    slope = np.where(width == 0, 0.0, (y1 - y0) / np.where(width == 0, 1.0, width))
    at_end = x == end
    x0, y0 = np.where(at_end, x1, x0), np.where(at_end, y1, y0)
    from_0, from_1 = (
        slope * (x - x0) + y0,
        slope * (x - x1) + y1,
    )  # from_0 is exact at x0, if it is a number
    instead = np.where((x == x0) | np.isnan(from_1) & (y0 == y1), y0, from_1)
    return np.where(np.isnan(from_0), instead, from_0)


@implements(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    x, xp, fp = (T(to_node(v)) for v in (x, xp, fp))
    x, xp = x.astype(np.float64), xp.astype(np.float64)
    fp = fp.astype(np.complex128 if fp.dtype.kind == "c" else np.float64)
    if xp.ndim != 1 or fp.ndim != 1 and period is None:
        raise ValueError("Data points must be 1-D sequences")
    if period is not None:
        if period == 0:
            raise ValueError("period must be a non-zero value")
        if xp.shape[0] != fp.shape[0]:
            raise ValueError("fp and xp are not of the same length")
        period = abs(period)
        left = right = None
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate((xp[-1:] - period, xp, xp[0:1] + period))
        fp = np.concatenate((fp[-1:], fp, fp[0:1]))
    n = xp.shape[0]
    if n == 0:
        raise ValueError("array of sample points is empty")
    if fp.shape[0] != n:
        raise ValueError("fp and xp are not of the same length")
    left, right = fp[0] if left is None else left, fp[-1] if right is None else right
    if n == 1:
        middle = fp[0]
    else:
        place = np.clip(searchsorted(xp, x, "right") - 1, 0, n - 2)
        x0, x1 = xp[place], xp[place + 1]
        if fp.dtype.kind == "c":
            lines = (_line(x, x0, x1, f[place], f[place + 1], xp[-1]) for f in (fp.real, fp.imag))
            middle = T(complexes.join(*(to_node(line) for line in lines)))
        else:
            middle = _line(x, x0, x1, fp[place], fp[place + 1], xp[-1])
    result = np.where(x < xp[0], left, np.where(x > xp[-1], right, middle))
    return result if n == 1 else np.where(np.isnan(x), x, result)

"""Order: sort, argsort, partition, searchsorted, median, quantiles."""

import math
import operator

import numpy as np

from ..graph import INT64
from ..primitives import elementwise as ew
from ..primitives.shaping import broadcast, full
from ..primitives.shaping import reshape as _reshape
from ..primitives.sorting import argsort as _argsort
from ..primitives.sorting import even_ties, gather_rows, rows_of, select
from ..primitives.sorting import searchsorted as _searchsorted
from ..primitives.sorting import sort as _sort
from ..trace.tracer import Tracer, to_node
from .base import T, _along, _axes, _axis, _deliver, _full_tracer, holds_traced, implements
from .reductions import _floating, weights_along
from .shapes import _common, moveaxis, reshape

_KINDS = {None, "quicksort", "mergesort", "heapsort", "stable", "q", "m", "h", "s"}


def _sortable(a, axis):
    """The node and the axis; `None` flattens."""
    node = to_node(a)
    if axis is None:
        return _reshape(node, (node.size,)), 0
    return node, _axis(axis, node.ndim)


def _check_kind(kind, order):
    if order is not None:
        raise ValueError("Cannot specify order when the array has no fields.")
    if kind not in _KINDS:
        raise ValueError(f"sort kind must be one of 'quick', 'heap', or 'stable' (got {kind!r})")


def _order_of(rows):
    """The stable order of rows (A, n), complex ones by real then imaginary part."""
    if rows.dtype.kind != "c":
        return _argsort(rows)
    re, im = (to_node(part(T(rows))) for part in (np.real, np.imag))
    nan_re, nan_im = (ew.convert(ew.apply(ew.ROWS["isnan"], x), INT64) for x in (re, im))
    clean = [ew.select(ew.apply(ew.ROWS["isnan"], x), 0.0, x) for x in (im, re)]
    group = ew.apply(ew.ADD, ew.apply(ew.ADD, nan_re, nan_re), nan_im)
    return _lexicographic([*clean, group])


def _lexicographic(keys):
    """The order by the last of `keys`, rows (A, n) each; earlier ones decide among equals."""
    order = _order_of(keys[0])
    for key in keys[1:]:
        order = gather_rows(order, _order_of(gather_rows(key, order)))
    return order


@implements(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    _check_kind(kind, order)
    node, axis = _sortable(a, axis)
    if node.shape[axis] < 2:
        return T(node)
    if node.dtype.kind != "c":
        return T(_sort(node, axis))
    rows, back = rows_of(node, axis)
    return T(back(gather_rows(rows, _order_of(rows))))


@implements(np.argsort)
def argsort(a, axis=-1, kind=None, order=None, *, stable=None):
    _check_kind(kind, order)
    if not np.ndim(a):
        a = reshape(a, (1,))
        return T(_reshape(argsort(a).node, (1,)))
    node, axis = _sortable(a, axis)
    rows, back = rows_of(node, axis)
    return T(back(_order_of(rows)))


def _check_places(kth, n):
    for k in np.atleast_1d(np.asarray(kth)).ravel().tolist():
        if not -n <= operator.index(k) < n:
            raise ValueError(f"kth(={k}) out of bounds ({n})")


@implements(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    """A full sort, which is a partition at every place."""
    _check_kind(None, order)
    node, axis = _sortable(a, axis)
    _check_places(kth, node.shape[axis])
    return sort(T(node), axis)


@implements(np.argpartition)
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    _check_kind(None, order)
    if axis is not None:
        a, axis = _along(a, axis)
    node, axis = _sortable(a, axis)
    _check_places(kth, node.shape[axis])
    return argsort(T(node), axis)


@implements(np.lexsort)
def lexsort(keys, axis=-1):
    nodes = [to_node(k) for k in keys]
    if not nodes:
        raise TypeError("need sequence of keys with len > 0 in lexsort")
    shape = nodes[0].shape
    if any(n.shape != shape for n in nodes):
        raise ValueError("all keys need to be the same shape")
    if not shape:
        return T(full((), 0, INT64))
    axis = _axis(axis, len(shape))
    rows = [rows_of(n, axis) for n in nodes]
    return T(rows[0][1](_lexicographic([r for r, _ in rows])))


@implements(np.sort_complex)
def sort_complex(a):
    result = sort(a)
    if result.dtype.kind == "c":
        return result
    return result.astype(np.complex64 if result.dtype.char in "bhBH" else np.complex128)


@implements(np.searchsorted)
def searchsorted(a, v, side="left", sorter=None):
    if side not in ("left", "right"):
        raise ValueError(f"search side must be 'left' or 'right' (got {side!r})")
    if sorter is not None:
        a = np.take(a, sorter)
    v = v if holds_traced(v) else np.asarray(v)  # a plain number has a type of its own here
    rows, values = _common([to_node(a), to_node(v)])
    if rows.ndim != 1:
        raise ValueError("object too deep for desired array")
    if rows.dtype.kind == "c":
        return _complex_places(T(rows), T(values), side)
    found = _searchsorted(_reshape(rows, (1, rows.size)), _reshape(values, (1, values.size)), side)
    return T(_reshape(found, values.shape))


def _complex_places(rows, values, side):
    """How many of the rows come before each value, by NaN, real part, imaginary part."""

    def keys(z):
        nan = np.isnan(z.real) * 2 + np.isnan(z.imag)
        return nan, *[np.where(np.isnan(part), 0.0, part) for part in (z.real, z.imag)]

    before = side == "right"
    for mine, other in reversed(list(zip(keys(rows), keys(values[..., None])))):
        before = (mine < other) | (mine == other) & before
    return np.sum(before, -1)


@implements(np.digitize)
def digitize(x, bins, right=False):
    """The direction of the bins is data; whether they are monotonic is checked where it is known."""
    if np.ndim(bins) != 1:
        raise ValueError("object of too small depth for desired array")
    known = bins._value("digitize") if isinstance(bins, Tracer) and not bins.abstract else bins
    n = np.shape(bins)[0]
    if not isinstance(known, Tracer) and n > 1:
        known = np.asarray(known)
        known = known if _increasing(known) else known[::-1]
        if np.any(known[:-1] > known[1:]):
            raise ValueError("bins must be monotonically increasing or decreasing")
    bins = T(to_node(bins))
    side = "left" if right else "right"
    up = searchsorted(bins, x, side)
    if n < 2:
        return up
    return np.where(_increasing(bins), up, n - searchsorted(bins[::-1], x, side))


def _increasing(bins):
    """Whether bins increase: the first that differs from the first one tells, as in NumPy where some are NaN."""
    differs = bins != bins[0]
    return ~np.any(differs) | (bins[0] < bins[np.argmax(differs)])


# ---------------------------------------------------------------------------- order statistics


def _rows(node, axes):
    """`node` over `axes` as rows, with the kept shape."""
    kept = [i for i in range(node.ndim) if i not in axes]
    moved = moveaxis(T(node), axes, tuple(range(len(kept), node.ndim))).node
    shape = tuple(node.shape[i] for i in kept)
    return _reshape(moved, (math.prod(shape), _count(node, axes))), shape


_FEW = 4  # places that are selected one by one, at most; for more the row is sorted


def _at_places(rows, places):
    """What stands at `places` (1 or A, m) in the sorted `rows` (A, n); ties share derivatives."""
    m = places.shape[1]
    places = T(to_node(places)).astype(np.int64)
    places = broadcast(places.node, (rows.shape[0], m))
    if rows.dtype.kind != "c" and m <= _FEW:
        return T(select(rows, places))
    ordered = _sort(rows, 1) if rows.dtype.kind != "c" else gather_rows(rows, _order_of(rows))
    return T(gather_rows(even_ties(ordered), places))


def _weighted_places(node, weights, axis, axes, q, skip_nan):
    """Where the running share of the weights, in the order of the values, reaches each of `q`."""
    plain = None if isinstance(weights, Tracer) else np.asarray(weights)
    weights = weights_along(T(node), weights, axis)
    if plain is not None:
        if np.any(plain < 0):
            raise ValueError("Weights must be non-negative.")
        total = np.sum(plain, axes if plain.shape == node.shape else None)
        if not np.all((total > 0) & np.isfinite(total)):
            raise ValueError("Weights included NaN, inf or were all zero.")
    rows, _ = _rows(node, axes)
    order = _order_of(rows)
    w = T(_rows(to_node(np.broadcast_to(weights, node.shape)), axes)[0]).astype(np.float64)
    if skip_nan and node.dtype.kind == "f":
        w = np.where(np.isnan(T(rows)), 0.0, w)
    total = np.cumsum(T(gather_rows(w.node, order)), 1)
    share = total / total[:, -1:]
    share = np.where(share == 0, -1.0, share)[:, None, :]
    return np.sum(share < np.reshape(q, (1, -1, 1)), -1)


def _count(node, axes):
    return math.prod(node.shape[i] for i in axes)


def _keep(result, node, axes, keepdims, lead=0):
    """Put axes of length 1 back where they were reduced, behind `lead` new ones."""
    if not keepdims or keepdims is np._NoValue:
        return result
    shape = tuple(1 if i in axes else d for i, d in enumerate(node.shape))
    return reshape(result, result.shape[:lead] + shape)


@implements(np.median)
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return _deliver(_median(a, axis, keepdims, False), out)


@implements(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=np._NoValue):
    return _deliver(_median(a, axis, keepdims, True), out)


def _median(a, axis, keepdims, skip_nan):
    node = _floating(a)
    axes = _axes(axis, node.ndim)
    rows, shape = _rows(node, axes)
    n, nan = rows.shape[1], np.isnan(T(rows))
    if not n:
        middle = _full_tracer((rows.shape[0],), np.nan, node.dtype)
    elif skip_nan:
        count = np.sum(~nan, 1, keepdims=True)
        pair = _at_places(rows, np.concatenate([np.maximum(count - 1, 0) // 2, count // 2], 1))
        low, high = pair[:, :1], pair[:, 1:]
        middle = np.where(count % 2 == 1, low, (low + high) / 2)
    else:
        pair = _at_places(rows, np.array([[n // 2]] if n % 2 else [[n // 2 - 1, n // 2]]))
        middle = pair[:, 0] if n % 2 else (pair[:, 0] + pair[:, 1]) / 2
        middle = np.where(np.any(nan, 1), np.asarray(np.nan, node.dtype), middle)
    return _keep(reshape(middle, shape), node, axes, keepdims)


_CONTINUOUS = {  # alpha and beta of Hyndman and Fan: virtual place n q + alpha + q (1 - alpha - beta) - 1
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}


def _places(method, q, n):
    """(lower place, upper place, share of the upper), floats, of quantiles `q` among n elements."""
    if method == "linear":
        virtual = (n - 1) * q
    elif method in _CONTINUOUS:
        alpha, beta = _CONTINUOUS[method]
        virtual = n * q + (alpha + q * (1 - alpha - beta)) - 1
    elif method == "lower":
        return (np.floor((n - 1) * q),) * 2 + (None,)
    elif method == "higher":
        return (np.ceil((n - 1) * q),) * 2 + (None,)
    elif method == "nearest":
        return (np.rint((n - 1) * q),) * 2 + (None,)
    elif method == "midpoint":
        virtual = (n - 1) * q
        low, high = np.floor(virtual), np.ceil(virtual)
        return low, high, np.where(low == high, 0.0, 0.5 + 0 * q)
    elif method == "inverted_cdf":
        k = np.ceil(n * q) - 1
        return (k,) * 2 + (None,)
    elif method == "averaged_inverted_cdf":
        virtual = n * q - 1
        low = np.floor(virtual)
        share = np.where(virtual == low, 0.5 + 0 * q, 1.0)
        return low, low + 1, share
    elif method == "closest_observation":
        virtual = n * q - 1 - 0.5
        low = np.floor(virtual)
        even = (virtual == low) & (np.mod(low, 2) == 1)
        k = np.where(even, low, low + 1)
        return (k,) * 2 + (None,)
    else:
        raise ValueError(f"{method!r} is not a valid method of quantile")
    low = np.floor(virtual)
    return low, low + 1, virtual - low


def _quantile(a, q, axis, out, method, keepdims, weights, interpolation, skip_nan, scale):
    if interpolation is not None:
        method = interpolation
    if weights is not None and method != "inverted_cdf":
        raise ValueError(f"Only method 'inverted_cdf' supports weights. Got: {method}.")
    node = to_node(a)
    if node.dtype.kind == "c":
        raise TypeError("a must be an array of real numbers")
    if skip_nan and not math.prod(node.shape):  # NumPy looks at no q then
        return np.nanmean(T(node), axis, out=out, keepdims=keepdims)
    if isinstance(q, (int, float)) and node.dtype.kind == "f":
        q = np.asarray(q, node.dtype)
    plain = not isinstance(q, Tracer)
    q = (np.asarray(q) if plain else q) / scale
    if plain and not (np.all(q >= 0) and np.all(q <= 1)):
        raise ValueError(
            "Quantiles must be in the range [0, 1]"
            if scale == 1
            else "Percentiles must be in the range [0, 100]"
        )
    axes = _axes(axis, node.ndim)
    rows, shape = _rows(node, axes)
    n = rows.shape[1]
    if not n:
        raise IndexError("cannot take a quantile of an empty axis")
    flat_q = np.reshape(q, (1, -1))
    nan_at = np.isnan(T(rows)) if node.dtype.kind == "f" else None
    count = np.sum(~nan_at, 1)[:, None].astype(q.dtype) if skip_nan and nan_at is not None else n
    if weights is None:
        low, high, share = _places(method, flat_q, count)
    else:
        low = high = _weighted_places(node, weights, axis, axes, q, skip_nan)
        share = None
    if share is None:
        result = _at_places(rows, _inside(low, count))
    else:
        m = low.shape[1]
        places = np.concatenate([_inside(low, count), _inside(high, count)], 1)
        both = _at_places(rows, places)
        result = _between(both[:, :m], both[:, m:], share)
    if nan_at is not None and not skip_nan:
        has_nan = np.any(nan_at, 1, keepdims=True)
        result = np.where(has_nan, np.asarray(np.nan, node.dtype), result)
    result = reshape(moveaxis(result, 1, 0), np.shape(q) + shape)
    return _deliver(_keep(result, node, axes, keepdims, np.ndim(q)), out)


def _inside(places, count):
    return np.maximum(np.minimum(places, count - 1), 0)


def _between(low, high, share):
    """low + share (high - low), from the nearer end as NumPy computes it."""
    step = high - low
    from_low = low + step * share
    return np.where(share >= 0.5, high - step * (1 - share), from_low)


@implements(np.quantile)
def quantile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None,
    interpolation=None,
):  # fmt: skip
    return _quantile(a, q, axis, out, method, keepdims, weights, interpolation, False, 1)


@implements(np.percentile)
def percentile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None,
    interpolation=None,
):  # fmt: skip
    return _quantile(a, q, axis, out, method, keepdims, weights, interpolation, False, 100)


@implements(np.nanquantile)
def nanquantile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=np._NoValue, *,
    weights=None, interpolation=None,
):  # fmt: skip
    return _quantile(a, q, axis, out, method, keepdims, weights, interpolation, True, 1)


@implements(np.nanpercentile)
def nanpercentile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=np._NoValue, *,
    weights=None, interpolation=None,
):  # fmt: skip
    return _quantile(a, q, axis, out, method, keepdims, weights, interpolation, True, 100)

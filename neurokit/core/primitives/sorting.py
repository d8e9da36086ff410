"""Sorting: values in order, the order of rows, places in sorted rows, derivatives shared among ties."""

import math

import numpy as np

from ..graph import INT64, Primitive, bind
from . import elementwise as ew
from .indexing import scatter, take
from .reducing import cumulate, reduce
from .shaping import broadcast, concatenate, full, inverse, iota, reshape, slice_, transpose


def sort(x, axis):
    """x with its values along one axis ascending, NaN last."""
    return bind(SORT, (x,), (axis,))


def select(x, places):
    """x (A, n), places int64 (A, m) -> (A, m): what stands there in the sorted row.

    Elements that are equal to it share its derivative evenly. For few places: the cost grows with m.
    """
    return bind(SELECT, (x, places))


def argsort(x):
    """x (A, n) -> int64 (A, n): the stable ascending order of each row, NaN last."""
    return bind(ARGSORT, (x,))


def searchsorted(rows, values, side="left"):
    """rows (A, n) ascending, values (A, M) -> int64 (A, M): where each value would go."""
    return bind(SEARCHSORTED, (rows, values), (side,))


def _sort_vjp(ct, out, args, params, needs):
    rows, back = rows_of(args[0], params[0])
    a, n = rows.shape
    if not a * n:
        return [ct]
    places = reshape(_flat_places(argsort(rows), n), (a * n,))
    moved, _ = rows_of(ct, params[0])
    nothing = full((1, a * n, 1), 0, ct.dtype)
    return [back(reshape(scatter("set", nothing, places, reshape(moved, (1, a * n, 1))), (a, n)))]


def _sort_jvp(t, out, args, params):
    rows, back = rows_of(args[0], params[0])
    return back(gather_rows(rows_of(t[0], params[0])[0], argsort(rows)))


def _sort_batch(values, node, n):
    return bind(SORT, (values[0][0],), (node.params[0] + 1,))


SORT = Primitive(
    "sort",
    "call",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, x: np.sort(x, axis=params[0]),
    vjp=_sort_vjp,
    jvp=_sort_jvp,
    lower=lambda node, low: low.emit(
        "sort", [low.out(node)], [low.view(node.args[0])], ip=node.params, node=node
    ),
    batch=_sort_batch,
)


def _shares(x, out, k):
    """Whether an element of x (A, n) equals out (A, m) at k, and how many do, at least 1."""
    a, n = x.shape
    value = broadcast(slice_(out, [(0, a, 1), (k, 1, 1)]), x.shape)
    same = ew.apply(ew.ROWS["eq"], x, value)
    count = reduce("sum", ew.convert(same, x.dtype), (1,), keepdims=True)
    return same, ew.apply(ew.ROWS["maximum"], count, 1.0)


def _select_vjp(ct, out, args, params, needs):
    x = args[0]
    total = None
    for k in range(out.shape[1]):
        same, count = _shares(x, out, k)
        share = ew.div(slice_(ct, [(0, x.shape[0], 1), (k, 1, 1)]), count)
        part = ew.select(same, broadcast(share, x.shape), 0.0)
        total = part if total is None else ew.add(total, part)
    return [total, None]


def _select_jvp(t, out, args, params):
    if t[0] is None:
        return None
    x, columns = args[0], []
    for k in range(out.shape[1]):
        same, count = _shares(x, out, k)
        total = reduce("sum", ew.select(same, t[0], 0.0), (1,), keepdims=True)
        columns.append(ew.div(total, count))
    return concatenate(columns, 1)


def _select_batch(values, node, n):
    x, places = (
        reshape(broadcast(v, (n,) + a.shape), (n * a.shape[0], a.shape[1]))
        for (v, _), a in zip(values, node.args)
    )
    return reshape(select(x, places), (n,) + node.shape)


SELECT = Primitive(
    "select_places",
    "call",
    lambda args, params: (args[1].shape, args[0].dtype),
    twin=lambda params, x, places: np.take_along_axis(
        np.sort(x, axis=-1), np.clip(places, 0, x.shape[1] - 1), axis=-1
    ),
    vjp=_select_vjp,
    jvp=_select_jvp,
    lower=lambda node, low: low.emit(
        "select", [low.out(node)], [low.view(a) for a in node.args], node=node
    ),
    batch=_select_batch,
)


def _searchsorted_twin(params, rows, values):
    out = np.empty(values.shape, np.int64)
    for row, value, place in zip(rows, values, out):
        place[:] = np.searchsorted(row, value, params[0])
    return out


def _argsort_batch(values, node, n):
    x, _ = values[0]
    order = argsort(reshape(x, (n * x.shape[1], x.shape[2])))
    return reshape(order, (n,) + node.shape)


def _searchsorted_batch(values, node, n):
    full_shapes = [(n,) + a.shape for a in node.args]
    rows, found = [broadcast(v, s) for (v, _), s in zip(values, full_shapes)]
    flat = [reshape(v, (-1 if v.size else 0, v.shape[2])) for v in (rows, found)]
    if not rows.size or not found.size:
        flat = [reshape(v, (v.shape[0] * v.shape[1], v.shape[2])) for v in (rows, found)]
    return reshape(searchsorted(*flat, *node.params), (n,) + node.shape)


ARGSORT = Primitive(
    "argsort",
    "call",
    lambda args, params: (args[0].shape, INT64),
    twin=lambda params, x: np.argsort(x, axis=-1, kind="stable"),
    lower=lambda node, low: low.emit(
        "argsort", [low.out(node)], [low.view(node.args[0])], node=node
    ),
    batch=_argsort_batch,
)
SEARCHSORTED = Primitive(
    "searchsorted",
    "call",
    lambda args, params: (args[1].shape, INT64),
    twin=_searchsorted_twin,
    lower=lambda node, low: low.emit(
        "searchsorted",
        [low.out(node)],
        [low.view(a) for a in node.args],
        ip=(int(node.params[0] == "right"),),
        node=node,
    ),
    batch=_searchsorted_batch,
)


# ---------------------------------------------------------------------------- rows of an axis


def rows_of(node, axis):
    """`node` as rows along `axis` (A, n), and the way back for a value (A, m)."""
    order = [i for i in range(node.ndim) if i != axis] + [axis]
    moved = transpose(node, order)
    n = node.shape[axis]
    flat = reshape(moved, (math.prod(moved.shape[:-1]), n))

    def back(rows):
        wide = reshape(rows, moved.shape[:-1] + (rows.shape[1],))
        return transpose(wide, inverse(order))

    return flat, back


def _flat_places(places, n):
    """Places (A, m) in rows of n elements as places in all of them."""
    a, m = places.shape
    if a < 2:
        return places
    start = reshape(iota(a, 0, n, INT64), (a, 1))
    return ew.apply(ew.ADD, broadcast(start, (a, m)), places)


def gather_rows(rows, places):
    """rows (A, n) at places int64 (A, m) of each row -> (A, m)."""
    a, n = rows.shape
    m = places.shape[1]
    if not a * m:
        return full((a, m), 0, rows.dtype)
    places = _flat_places(places, n)
    flat = take(reshape(rows, (1, a * n, 1)), reshape(places, (a * m,)))
    return reshape(flat, (a, m))


# ---------------------------------------------------------------------------- ties


def even_ties(rows):
    """Sorted rows (A, n) whose equal elements share their derivatives evenly."""
    a, n = rows.shape
    if n < 2:
        return rows
    later = slice_(rows, [(0, a, 1), (1, n - 1, 1)])
    sooner = slice_(rows, [(0, a, 1), (0, n - 1, 1)])
    new = ew.convert(ew.apply(ew.ROWS["ne"], later, sooner), INT64)
    new = concatenate([full((a, 1), 0, INT64), new], 1)
    group = ew.apply(
        ew.ADD, cumulate("sum", new, 1), broadcast(reshape(iota(a, 0, n, INT64), (a, 1)), (a, n))
    )
    return bind(EVEN, (rows, reshape(group, (a * n,))))


def _average(ct, group):
    """The mean of ct (A, n) within each group of places."""
    n = ct.size
    nothing = full((1, n, 1), 0, ct.dtype)
    total = scatter("add", nothing, group, reshape(ct, (1, n, 1)))
    count = scatter("add", nothing, group, full((1, n, 1), 1, ct.dtype))
    mean = ew.div(take(total, group), take(count, group))
    return reshape(mean, ct.shape)


EVEN = Primitive(
    "even_ties",
    "view",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, rows, group: rows,
    vjp=lambda ct, out, args, params, needs: [_average(ct, args[1]), None],
    jvp=lambda t, out, args, params: _average(t[0], args[1]) if t[0] is not None else None,
    lower=lambda view, node: view._replace(),
    batch=lambda values, node, n: (
        values[0][0]
        if not values[0][1]
        else reshape(
            even_ties(reshape(values[0][0], (n * node.shape[0], node.shape[1]))), (n,) + node.shape
        )
    ),
)

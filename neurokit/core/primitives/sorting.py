"""Sorting: the order of rows, places in sorted rows, and derivatives shared evenly among ties."""

import math

import numpy as np

from ..graph import INT64, Primitive, bind
from . import elementwise as ew
from .indexing import scatter, take
from .reducing import cumulate
from .shaping import broadcast, concatenate, full, inverse, iota, reshape, slice_, transpose


def argsort(x):
    """x (A, n) -> int64 (A, n): the stable ascending order of each row, NaN last."""
    return bind(ARGSORT, (x,))


def searchsorted(rows, values, side="left"):
    """rows (A, n) ascending, values (A, M) -> int64 (A, M): where each value would go."""
    return bind(SEARCHSORTED, (rows, values), (side,))


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


def gather_rows(rows, places):
    """rows (A, n) at places int64 (A, m) of each row -> (A, m)."""
    a, n = rows.shape
    m = places.shape[1]
    if not a * m:
        return full((a, m), 0, rows.dtype)
    if a > 1:
        start = reshape(iota(a, 0, n, INT64), (a, 1))
        places = ew.apply(ew.ADD, broadcast(start, (a, m)), places)
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

"""The methods of ufuncs: reduce, accumulate, reduceat, outer, at."""

import numpy as np

from ..errors import TraceError
from ..primitives.indexing import Index
from .tracer import Tracer, _concrete, _plain_key, broadcast_value, to_node
from .ufuncs import call_ufunc, resolve

_NONE = np._NoValue
_ARGUMENTS = {
    "reduce": dict(array=_NONE, axis=0, dtype=None, out=None, keepdims=False, initial=_NONE, where=True),
    "accumulate": dict(array=_NONE, axis=0, dtype=None, out=None),
    "reduceat": dict(array=_NONE, indices=_NONE, axis=0, dtype=None, out=None),
    "at": dict(a=_NONE, indices=_NONE, b=_NONE),
}  # fmt: skip
_DIRECT = {  # reductions with a kernel
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
_RUNNING = {np.add: np.cumsum, np.multiply: np.cumprod}
_ASSOCIATIVE = {
    np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.logaddexp2, np.hypot,
    np.logical_and, np.logical_or, np.logical_xor, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.gcd,
    np.lcm,
}  # fmt: skip


def call_method(ufunc, method, inputs, kwargs):
    """A ufunc's method on inputs of which some are traced."""
    if method == "outer":
        return _outer(ufunc, inputs, kwargs)
    options = dict(_ARGUMENTS[method])
    options.update(zip(options, inputs))
    unknown = set(kwargs) - set(options)
    if unknown:
        raise TypeError(
            f"{ufunc.__name__}.{method}() got an unexpected keyword argument {unknown.pop()!r}"
        )
    options.update(kwargs)
    if isinstance(options.get("out"), tuple):
        options["out"] = options["out"][0]
    if method == "at":
        return _at(ufunc, **options)
    if ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature is not None:
        raise ValueError(f"{method} only supported for binary functions")
    return {"reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat}[method](
        ufunc, **options
    )


def _deliver(result, out):
    from ..numpy_table.base import _deliver

    return _deliver(result, out)


def _outer(ufunc, inputs, kwargs):
    if ufunc.nin != 2:
        raise ValueError("outer product only supported for binary functions")
    a, b = (Tracer(to_node(x)) for x in inputs)
    return call_ufunc(ufunc, "__call__", (a.reshape(a.shape + (1,) * b.ndim), b), kwargs)


def _operand(ufunc, array, dtype):
    """The array in the type that the ufunc computes in and returns."""
    x = Tracer(to_node(array))
    if dtype is not None:
        return x.astype(dtype)
    _, out, _ = resolve(ufunc, [x.node, x.node])
    if out != x.dtype:
        kind = out
        x = x.astype(kind)
        if resolve(ufunc, [x.node, x.node])[1] != kind:
            raise TypeError(f"np.{ufunc.__name__} has no loop that reduces {array.dtype}")
    return x


def _reduce(ufunc, array, axis, dtype, out, keepdims, initial, where):
    direct = _DIRECT.get(ufunc)
    if direct is not None:
        options = dict(axis=axis, out=out, keepdims=keepdims)
        if where is not True:
            options["where"] = where
        if direct in (np.any, np.all):
            array = Tracer(to_node(array))
        else:
            options["initial"] = initial
            if dtype is not None and direct in (np.sum, np.prod):
                options["dtype"] = dtype
            elif dtype is not None:
                array = Tracer(to_node(array)).astype(dtype)
        result = direct(Tracer(to_node(array)), **options)
        if direct in (np.any, np.all) and initial is not _NONE:
            result = _deliver(ufunc(initial, result), out)
        return result
    x = _operand(ufunc, array, dtype)
    axes = _axes(axis, x.ndim)
    if len(axes) > 1 and ufunc.identity is None and ufunc not in _ASSOCIATIVE:
        raise ValueError(
            f"The reduction operation '{ufunc.__name__}' is not reorderable, so at most one axis may be specified"
        )
    kept = [i for i in range(x.ndim) if i not in axes]
    rows = np.transpose(x, [*axes, *kept]).reshape(
        (-1 if x.size else _size(x, axes),) + tuple(x.shape[i] for i in kept)
    )
    mask = None
    if where is not True:
        mask = np.broadcast_to(Tracer(to_node(where)), x.shape)
        mask = np.transpose(mask, [*axes, *kept]).reshape(rows.shape)
    start = ufunc.identity if initial is _NONE else initial
    if initial is _NONE and mask is None and rows.shape[0] and not _starts_from_identity(ufunc):
        start = None
    if mask is not None and start is None:
        raise ValueError(
            f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a where mask one has to "
            f"specify 'initial'"
        )
    if start is None and not rows.shape[0]:
        raise ValueError(
            f"zero-size array to reduction operation {ufunc.__name__} which has no identity"
        )
    if start is not None:
        start = np.broadcast_to(_cast(start, x.dtype), rows.shape[1:])
    result = _fold(ufunc, rows, start, mask)
    if keepdims:
        result = result.reshape(tuple(1 if i in axes else d for i, d in enumerate(x.shape)))
    return _deliver(result, out)


def _starts_from_identity(ufunc):
    """Whether the first step of NumPy's loop, ufunc(identity, x), is more than x."""
    return ufunc.identity is not None and (ufunc not in _ASSOCIATIVE or ufunc in (np.hypot, np.gcd))


def _cast(value, dtype):
    if isinstance(value, Tracer):
        return value.astype(dtype)
    return Tracer(to_node(np.asarray(value).astype(dtype)))


def _axes(axis, ndim):
    from ..numpy_table.base import _axes

    return _axes(axis, ndim)


def _size(x, axes):
    n = 1
    for i in axes:
        n *= x.shape[i]
    return n


def _fold(ufunc, rows, start, mask):
    """ufunc over the first axis; pairwise where the order does not matter."""
    if mask is not None and ufunc in _ASSOCIATIVE and ufunc.identity is not None:
        rows = np.where(mask, rows, _cast(ufunc.identity, rows.dtype))
        mask = None
    if mask is None and ufunc in _ASSOCIATIVE and rows.shape[0] > 8:
        while rows.shape[0] > 1:
            half = rows.shape[0] // 2
            pairs, rest = ufunc(rows[:half], rows[half : 2 * half]), rows[2 * half :]
            rows = np.concatenate([pairs, rest]) if rest.shape[0] else pairs
    result = start
    for i in range(rows.shape[0]):
        following = rows[i] if result is None else ufunc(result, rows[i])
        result = following if mask is None else np.where(mask[i], following, result)
    return Tracer(to_node(result))


def _accumulate(ufunc, array, axis, dtype, out):
    running = _RUNNING.get(ufunc)
    x = Tracer(to_node(array))
    if running is not None:
        return running(x, axis=axis, dtype=dtype, out=out)
    x = _operand(ufunc, x, dtype)
    axis = _axes(axis, x.ndim)[0]
    rows = np.moveaxis(x, axis, 0)
    n = rows.shape[0]
    if ufunc in _ASSOCIATIVE and n > 8:
        step = 1
        while step < n:
            rows = np.concatenate([rows[:step], ufunc(rows[:-step], rows[step:])])
            step *= 2
    elif n:
        parts = [rows[0]]
        for i in range(1, n):
            parts.append(ufunc(parts[-1], rows[i]))
        rows = np.stack(parts)
    return _deliver(np.moveaxis(rows, 0, axis), out)


def _reduceat(ufunc, array, indices, axis, dtype, out):
    from ..numpy_table.base import known

    x = Tracer(to_node(array))
    axis = _axes(axis, x.ndim)[0]
    n = x.shape[axis]
    places = known(indices, "reduceat", "keep the indices static")
    if places.ndim != 1:
        raise ValueError("object too deep for desired array")
    for i in places.tolist():
        if not 0 <= i < n:
            raise IndexError(f"index {i} out-of-bounds in {ufunc.__name__}.reduceat [0, {n})")
    rows = np.moveaxis(x, axis, 0)
    parts = []
    for i, j in zip(places.tolist(), [*places[1:].tolist(), n]):
        part = rows[i:j] if i < j else rows[i : i + 1]
        if ufunc in _DIRECT:
            parts.append(_reduce(ufunc, part, 0, dtype, None, False, _NONE, True))
        else:
            parts.append(_fold(ufunc, _operand(ufunc, part, dtype), None, None))
    if not parts:
        return _deliver(np.moveaxis(rows[:0], 0, axis), out)
    return _deliver(np.moveaxis(np.stack(parts), 0, axis), out)


# ---------------------------------------------------------------------------- at


def _at(ufunc, a, indices, b):
    """a[indices] = ufunc(a[indices], b), repeated indices counting each time."""
    if not isinstance(a, Tracer):
        raise TraceError(
            f"np.{ufunc.__name__}.at into a plain array would drop the derivative: make the array with "
            f"nk.zeros(shape, like=t)"
        )
    if ufunc.nout != 1 or ufunc.signature is not None or (ufunc.nin == 2) != (b is not _NONE):
        raise ValueError(f"{ufunc.__name__}.at does not take these operands")
    _, out, _ = resolve(ufunc, [a.node] if b is _NONE else [a.node, to_node(b)])
    # in one go, but where each step is to be cast
    if ufunc in (np.add, np.subtract) and (out == a.dtype or {out.kind, a.dtype.kind} <= {"f"}):
        index = Index(_plain_key(indices), a.shape, to_node, _concrete)
        value = Tracer(to_node(b)).astype(a.dtype)
        value = value if ufunc is np.add else -value
        a.assign(index.write(a.node, broadcast_value(value.node, index.shape), "add"))
        return
    keys = indices if isinstance(indices, tuple) else (indices,)
    if ufunc in _ASSOCIATIVE and out == a.dtype and any(getattr(k, "abstract", 0) for k in keys):
        places = Tracer(to_node(np.arange(a.size).reshape(a.shape)))[indices]
        b = Tracer(broadcast_value(to_node(b), places.shape)).astype(out)
        _at_traced(ufunc, a, np.ravel(places), np.ravel(b))
        return
    places = np.arange(a.size).reshape(a.shape)[_static(indices)]
    flat = places.ravel()
    order = np.argsort(flat, kind="stable")
    ranked = flat[order]
    fresh = np.concatenate([[True], ranked[1:] != ranked[:-1]]) if flat.size else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(fresh, np.arange(flat.size), 0)) if flat.size else fresh
    turn = np.empty(flat.size, np.int64)
    turn[order] = np.arange(flat.size) - first
    if b is not _NONE:
        b = np.ravel(Tracer(broadcast_value(to_node(b), places.shape)))
    for k in range(int(turn.max(initial=-1)) + 1):
        now = np.flatnonzero(turn == k)
        key = np.unravel_index(flat[now], a.shape)
        target = a[key] if a.ndim else a
        value = ufunc(target) if b is _NONE else ufunc(target, b[now])
        a[key if a.ndim else ...] = Tracer(to_node(value)).astype(a.dtype)


_ASSOCIATIVE = {
    np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.logaddexp2, np.gcd, np.lcm,
    np.logical_and, np.logical_or, np.bitwise_and, np.bitwise_or, np.bitwise_xor,
}  # fmt: skip


def _at_traced(ufunc, a, places, b):
    """`a` flat at traced `places`: what goes to one place is joined with neighbours 1, 2, 4, ... back, then
    written once."""
    if not places.size:
        return
    order = np.argsort(places, kind="stable")
    places, b = places[order], b[order]
    step = 1
    while step < places.size:
        together = places[step:] == places[:-step]
        joined = np.where(together, ufunc(b[:-step], b[step:]), b[step:])
        b, step = np.concatenate([b[:step], joined]), 2 * step
    last = np.concatenate([places[1:] != places[:-1], [True]])
    flat = np.ravel(a)
    room = np.concatenate([flat, b[:1]])  # one more, for what is not the last of its place
    room[np.where(last, places, a.size)] = ufunc(flat[places], b)
    a[...] = np.reshape(room[:-1], a.shape)


def _static(indices):
    from ..numpy_table.base import known

    def one(k):
        if isinstance(k, Tracer):
            return known(
                k,
                "ufunc.at",
                "use np.add.at, np.multiply.at or np.maximum.at, or keep the indices static",
            )
        return k

    return tuple(map(one, indices)) if isinstance(indices, tuple) else one(indices)

"""Reductions over axes and running totals."""

import math

import numpy as np

from ..graph import BOOL, INT64, Primitive, bind
from ..views import View
from . import elementwise as ew
from .complexes import parts
from .indexing import take
from .shaping import broadcast, full, iota, reshape, slice_, transpose

_TWINS = {
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "any": np.any,
    "all": np.all,
}
UINT64 = np.dtype(np.uint64)
_ARG = {"argmax": np.argmax, "argmin": np.argmin}


def reduce(op, node, axes, keepdims=False):
    """Reduce `node` over `axes` (a sorted tuple of non-negative ints)."""
    axes = tuple(axes)
    if op in ("max", "min", "argmax", "argmin") and any(node.shape[a] == 0 for a in axes):
        name = {"max": "maximum", "min": "minimum"}.get(op)
        raise ValueError(
            f"zero-size array to reduction operation {name} which has no identity"
            if name
            else f"attempt to get {op} of an empty sequence"
        )
    if not axes and op in ("max", "min"):
        pass
    elif node.dtype.kind == "c" and op in ("max", "min", "argmax", "argmin"):
        node = _complex_extreme(op, node, axes)
    elif axes or op in ("any", "all"):
        node = bind(REDUCE[op], (node,), (axes,))
    else:
        node = ew.convert(node, _total_dtype(node.dtype))
    if keepdims:
        shape = list(node.shape)
        for a in axes:
            shape.insert(a, 1)
        node = reshape(node, shape)
    return node


def _complex_extreme(op, node, axes):
    """NumPy's order of complex values: by the real part, then the imaginary; the first NaN wins."""
    name = op.removeprefix("arg")
    re, im = parts(node)
    nan = ew.apply(ew.ROWS["isnan"], node)
    found = reduce("any", nan, axes)
    best = reduce(name, ew.select(nan, full(re.shape, 0, re.dtype), re), axes)
    hit = ew.apply(ew.ROWS["eq"], re, _keepdims(best, axes, re.shape))
    worst = full(im.shape, -np.inf if name == "max" else np.inf, im.dtype)
    second = reduce(name, ew.select(hit, im, worst), axes)
    hit = ew.apply(
        ew.ROWS["and"], hit, ew.apply(ew.ROWS["eq"], im, _keepdims(second, axes, im.shape))
    )
    hit = ew.select(_keepdims(found, axes, node.shape), nan, hit)
    first = reduce("argmax", hit, axes)
    if op != name:
        return first
    kept = [i for i in range(node.ndim) if i not in axes]
    flat = reshape(transpose(node, kept + list(axes)), (first.size, -1 if node.size else 0))
    row = flat.shape[1]
    place = ew.add(iota(first.size, 0, row, INT64), reshape(first, (-1,)))
    return reshape(take(reshape(flat, (1, -1, 1)), place), first.shape)


def _keepdims(node, axes, shape):
    """A reduced value put back beside the axes it came from."""
    kept = tuple(1 if i in axes else d for i, d in enumerate(shape))
    return broadcast(reshape(node, kept), shape)


def _infer(dtype_of):
    def infer(args, params):
        return tuple(d for i, d in enumerate(args[0].shape) if i not in params[0]), dtype_of(
            args[0].dtype
        )

    return infer


def _sum_vjp(ct, out, args, params, needs):
    return [_keepdims(ct, params[0], args[0].shape)]


def _prod_vjp(ct, out, args, params, needs):
    """d prod / d x_i is the product of the others: running products from both ends, exact at zeros."""
    x, axes = args[0], params[0]
    kept = tuple(i for i in range(x.ndim) if i not in axes)
    order = kept + axes
    moved = transpose(x, order)
    flat = reshape(moved, tuple(x.shape[i] for i in kept) + (-1 if x.size else 0,))
    others = ew.mul(_exclusive(flat, False), _exclusive(flat, True))
    others = reshape(others, moved.shape)
    back = transpose(others, np.argsort(order).tolist())
    return [ew.mul(_keepdims(ct, axes, x.shape), back)]


def _exclusive(flat, reverse):
    """Product of the elements before (after) each element along the last axis."""
    from .shaping import concatenate

    n = flat.shape[-1]
    if n == 0:
        return flat
    lead = [(0, d, 1) for d in flat.shape[:-1]]
    one = full(flat.shape[:-1] + (1,), 1, flat.dtype)
    if reverse:
        part = cumulate("prod", slice_(flat, lead + [(1, n - 1, 1)]), flat.ndim - 1, True)
        return concatenate([part, one], flat.ndim - 1)
    part = cumulate("prod", slice_(flat, lead + [(0, n - 1, 1)]), flat.ndim - 1, False)
    return concatenate([one, part], flat.ndim - 1)


def _hits(x, out, axes):
    hit = ew.apply(ew.ROWS["eq"], x, _keepdims(out, axes, x.shape))
    return ew.convert(hit, x.dtype)


def _extreme_vjp(ct, out, args, params, needs):
    """The maximum's cotangent, shared evenly among ties."""
    x, axes = args[0], params[0]
    hits = _hits(x, out, axes)
    share = ew.div(ct, reduce("sum", hits, axes))
    return [ew.mul(_keepdims(share, axes, x.shape), hits)]


def _extreme_jvp(t, out, args, params):
    x, axes = args[0], params[0]
    hits = _hits(x, out, axes)
    return ew.div(reduce("sum", ew.mul(t[0], hits), axes), reduce("sum", hits, axes))


def _prod_jvp(t, out, args, params):
    x, axes = args[0], params[0]
    one = full(out.shape, 1, x.dtype)
    return reduce("sum", ew.mul(t[0], _prod_vjp(one, out, args, params, None)[0]), axes)


def _lower(kernel):
    def lower(node, low):
        view, axes = low.view(node.args[0]), node.params[0]
        kept = [i for i in range(len(view.shape)) if i not in axes]
        order = kept + list(axes)
        moved = View(
            view.buffer,
            view.dtype,
            view.offset,
            tuple(view.shape[i] for i in order),
            tuple(view.strides[i] for i in order),
        )
        low.emit(kernel, [low.out(node)], [moved], ip=(len(axes),), node=node)

    return lower


def _total_dtype(dtype):
    return INT64 if dtype.kind in "bi" else UINT64 if dtype.kind == "u" else dtype


REDUCE = {
    "sum": Primitive(
        "reduce_sum",
        "call",
        _infer(_total_dtype),
        vjp=_sum_vjp,
        jvp=lambda t, out, args, params: reduce("sum", t[0], params[0]),
        twin=lambda params, a: np.sum(a, params[0]),
        lower=_lower("reduce_sum"),
    ),
    "prod": Primitive(
        "reduce_prod",
        "call",
        _infer(_total_dtype),
        vjp=_prod_vjp,
        jvp=_prod_jvp,
        twin=lambda params, a: np.prod(a, params[0]),
        lower=_lower("reduce_prod"),
    ),
}
for _op in ("max", "min"):
    REDUCE[_op] = Primitive(
        "reduce_" + _op,
        "call",
        _infer(lambda d: d),
        vjp=_extreme_vjp,
        jvp=_extreme_jvp,
        twin=lambda params, a, f=_TWINS[_op]: f(a, params[0]),
        lower=_lower("reduce_" + _op),
    )
for _op in ("any", "all"):
    REDUCE[_op] = Primitive(
        "reduce_" + _op,
        "call",
        _infer(lambda d: BOOL),
        twin=lambda params, a, f=_TWINS[_op]: f(a, params[0]),
        lower=_lower("reduce_" + _op),
    )


def _arg_twin(f):
    def twin(params, a):
        kept = [i for i in range(a.ndim) if i not in params[0]]
        return f(a.transpose(kept + list(params[0])).reshape([a.shape[i] for i in kept] + [-1]), -1)

    return twin


for _op, _f in _ARG.items():
    REDUCE[_op] = Primitive(
        "reduce_" + _op,
        "call",
        _infer(lambda d: INT64),
        twin=_arg_twin(_f),
        lower=_lower("reduce_" + _op),
    )


# ---------------------------------------------------------------------------- running totals


def cumulate(op, node, axis, reverse=False):
    """Running sum, product, maximum or minimum along `axis`."""
    return bind(CUMULATE[op], (node,), (axis, bool(reverse)))


def _cumulate_twin(f):
    def twin(params, a):
        axis, reverse = params
        return np.flip(f(np.flip(a, axis), axis), axis) if reverse else f(a, axis)

    return twin


def _cumsum_vjp(ct, out, args, params, needs):
    return [cumulate("sum", ct, params[0], not params[1])]


def _cumprod_vjp(ct, out, args, params, needs):
    """Sum over later outputs of ct * (product without x_i): a matrix of products, exact at zeros."""
    x, (axis, reverse) = args[0], params
    n = x.shape[axis]
    moved = transpose(x, [i for i in range(x.ndim) if i != axis] + [axis])
    g = transpose(ct, [i for i in range(x.ndim) if i != axis] + [axis])
    jacobian = _cumprod_jacobian(moved, n, reverse)
    grad = reduce(
        "sum",
        ew.mul(broadcast(reshape(g, g.shape + (1,)), jacobian.shape), jacobian),
        (moved.ndim - 1,),
    )
    order = [i for i in range(x.ndim) if i != axis] + [axis]
    return [transpose(grad, np.argsort(order).tolist())]


def _cumprod_jacobian(x, n, reverse):
    """J[..., k, i] = d (prod of x_0..x_k) / d x_i."""
    k = reshape(iota(n, 0, 1, INT64), (n, 1))
    i = reshape(iota(n, 0, 1, INT64), (1, n))
    row = broadcast(k, (n, n))
    col = broadcast(i, (n, n))
    inside = ew.apply(ew.ROWS["ge"], col, row) if reverse else ew.apply(ew.ROWS["le"], col, row)
    shape = x.shape[:-1] + (n, n)
    one = full(shape, 1, x.dtype)
    # ones outside the product, then the product of all but x_i by exclusive running products
    rows = ew.select(
        broadcast(inside, shape), broadcast(reshape(x, x.shape[:-1] + (1, n)), shape), one
    )
    others = ew.mul(_exclusive(rows, False), _exclusive(rows, True))
    return ew.select(broadcast(inside, shape), others, full(shape, 0, x.dtype))


def _cumprod_jvp(t, out, args, params):
    x, (axis, reverse) = args[0], params
    order = [i for i in range(x.ndim) if i != axis] + [axis]
    moved, tangent = transpose(x, order), transpose(t[0], order)
    jacobian = _cumprod_jacobian(moved, x.shape[axis], reverse)
    product = ew.mul(
        jacobian,
        broadcast(reshape(tangent, tangent.shape[:-1] + (1, tangent.shape[-1])), jacobian.shape),
    )
    return transpose(reduce("sum", product, (moved.ndim,)), np.argsort(order).tolist())


def _cumulate_lower(kernel):
    def lower(node, low):
        axis, reverse = node.params
        shape = node.shape
        flat = (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
        low.emit(
            kernel,
            [low.flat(low.out(node), flat)],
            [low.flat(low.contiguous(node.args[0]), flat)],
            ip=(int(reverse),),
            node=node,
        )

    return lower


CUMULATE = {
    "sum": Primitive(
        "cumulate_sum",
        "call",
        lambda args, params: (args[0].shape, _total_dtype(args[0].dtype)),
        twin=_cumulate_twin(np.cumsum),
        vjp=_cumsum_vjp,
        jvp=lambda t, out, args, params: cumulate("sum", t[0], *params),
        lower=_cumulate_lower("cumulate_sum"),
    ),
    "prod": Primitive(
        "cumulate_prod",
        "call",
        lambda args, params: (args[0].shape, _total_dtype(args[0].dtype)),
        twin=_cumulate_twin(np.cumprod),
        vjp=_cumprod_vjp,
        jvp=_cumprod_jvp,
        lower=_cumulate_lower("cumulate_prod"),
    ),
}

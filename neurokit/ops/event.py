"""Event and sparse products: primitives, their derivatives, and the public functions.

One trilinear form, sum over synapses i -> j of w x_i y_j, has the products as its derivatives by y
and x and the weight gradient as that by w; so each rule below is made of the same three, and
derivatives of any order exist. Spikes enter as 1 where x > 0; their derivative is that of x itself.
"""

import math

import numpy as np

from .. import _core
from ..core.graph import Primitive, bind, is_literal
from ..core.primitives import elementwise as ew
from ..core.primitives.bits import UINT8, pack
from ..core.primitives.control import surrogate
from ..core.primitives.shaping import BROADCAST, broadcast, full, reshape
from ..core.trace.tracer import Tracer, to_node
from ..core.transforms.batching import each, stacked
from . import event_twins as twins
from .sparse import Csr, Dense, OneToOne

INT32 = np.dtype(np.int32)


# ---------------------------------------------------------------------------- products


def _product_infer(args, params):
    shape, transpose = params[:2]
    weight, x = args[-2:]
    return x.shape[:-1] + (shape[0] if transpose else shape[1],), weight.dtype


def _product_lower(kernel):
    def lower(node, low):
        out = low.out(node)
        if node.size:
            low.emit(
                kernel,
                [out],
                [low.contiguous(a) for a in node.args[:-1]]
                + [_listed(node, low) or low.contiguous(node.args[-1])],
                ip=(int(node.params[1]),),
                node=node,
            )

    return lower


def _spmv(index, shape, weight, x, transpose):
    return bind(SPMV, (*index, weight, x), (shape, transpose))


def _spmv_vjp(ct, out, args, params, needs):
    *index, weight, x = args
    shape, transpose = params
    d_weight = d_x = None
    if needs[3]:
        d_x = _spmv(index, shape, weight, ct, not transpose)
    if needs[2]:
        pre, post = (ct, x) if transpose else (x, ct)
        d_weight = _weight_grad(index, weight, pre, post, False)
    return [None, None, d_weight, d_x]


def _spmv_jvp(t, out, args, params):
    *index, weight, x = args
    shape, transpose = params
    by_x = _spmv(index, shape, weight, t[3], transpose) if t[3] is not None else None
    by_weight = _spmv(index, shape, t[2], x, transpose) if t[2] is not None else None
    return _sum(by_x, by_weight)


SPMV = Primitive(
    "spmv",
    "call",
    _product_infer,
    twin=lambda params, indptr, indices, w, x: twins.product(
        indptr, indices, w, x, params[0][1], params[1]
    ),
    vjp=_spmv_vjp,
    jvp=_spmv_jvp,
    lower=_product_lower("spmv"),
)


def _event_vjp(ct, out, args, params, needs):
    *index, weight, x = args
    shape, transpose = params
    d_weight = d_x = None
    if needs[3]:
        d_x = _spmv(index, shape, weight, ct, not transpose)
    if needs[2] and transpose:
        d_weight = _weight_grad(index, weight, ct, _ones(x, ct.dtype), False)
    elif needs[2]:
        d_weight = _weight_grad(index, weight, x, ct, True)
    return [None, None, d_weight, d_x]


def _ones(x, dtype):
    """1 where x > 0, else 0, with the derivative of x."""
    on = ew.convert(ew.apply(ew.ROWS["gt"], x, 0.0), dtype) if x.is_float else ew.convert(x, dtype)
    return surrogate(on, ew.convert(x, dtype), full(x.shape, 1, dtype)) if x.is_float else on


def _event_jvp(t, out, args, params):
    *index, weight, x = args
    by_x = _spmv(index, params[0], weight, t[3], params[1]) if t[3] is not None else None
    by_weight = bind(EVENT, (*index, t[2], x), params) if t[2] is not None else None
    return _sum(by_x, by_weight)


def _sum(a, b):
    if a is None or b is None:
        return b if a is None else a
    return ew.add(a, b)


EVENT = Primitive(
    "event_matvec",
    "call",
    _product_infer,
    twin=lambda params, indptr, indices, w, x: twins.product(
        indptr, indices, w, twins.active(x, w.dtype), params[0][1], params[1]
    ),
    vjp=_event_vjp,
    jvp=_event_jvp,
    lower=_product_lower("event_matvec"),
)


def _listed(node, low):
    """The list of active cells that forward products of the same spikes share; None for one alone."""
    x = low.args(node)[-1]
    products = [u for u in low.users.get(x, ()) if u.prim in (EVENT, EVENT_ADD) and not u.params[1]]
    if node not in products or len(products) < 2 or not x.size:
        return None

    def emit():
        rows = low.scratch((*x.shape[:-1], x.shape[-1] + 1), INT32)
        low.emit("event_list", [rows], [low.contiguous(x)], node=node)
        return rows

    return low.once(("event_list", x), emit)


def _add_lower(node, low):
    base, *operands = node.args
    rows = _listed(node, low)
    operands = [low.apart(a, base, True) for a in (operands[:-1] if rows else operands)]
    operands += [rows] if rows else []
    target = low.update(node, base)
    if node.size:
        low.emit("event_matvec_add", [target], [target, *operands], ip=(0,), node=node)


def _add_jvp(t, out, args, params):
    return _sum(
        t[0],
        _event_jvp(t[1:], out, args[1:], params) if any(x is not None for x in t[1:]) else None,
    )


EVENT_ADD = Primitive(
    "event_matvec_add",
    "call",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, base, indptr, indices, w, x: twins.product(
        indptr, indices, w, twins.active(x, w.dtype), params[0][1], False, base
    ),
    vjp=lambda ct, out, args, params, needs: [
        ct,
        *_event_vjp(ct, out, args[1:], params, needs[1:]),
    ],
    jvp=_add_jvp,
    lower=_add_lower,
)


# ---------------------------------------------------------------------------- stacks of them


def _rows(node):
    """All leading axes as one batch."""
    return reshape(node, (math.prod(node.shape[:-1]), node.shape[-1]))


def _product_batch(values, node, n):
    """A stack of spike vectors is one product with a batch; stacked weights run one by one."""
    *base, indptr, indices, weight, x = values
    if any(s for _, s in (indptr, indices, weight)):
        return each(values, node, n)
    base = [_rows(stacked(v, s, node.shape, n)) for v, s in base]
    x = _rows(stacked(*x, node.args[-1].shape, n))
    args = (*base, indptr[0], indices[0], weight[0], x)
    return reshape(bind(node.prim, args, node.params), (n, *node.shape))


SPMV.batch = EVENT.batch = EVENT_ADD.batch = _product_batch


# ---------------------------------------------------------------------------- by weight


def _weight_grad(index, weight, x, ct, event):
    return bind(WEIGHT_GRAD, (full(weight.shape, 0, ct.dtype), *index, x, ct), (event,))


def _by_weight_vjp(ct, out, args, params, needs):
    base, *index, x, y = args
    shape = index[0].shape[0] - 1, y.shape[-1]
    d_x = _spmv(index, shape, ct, y, True) if needs[3] else None
    d_y = bind(EVENT if params[0] else SPMV, (*index, ct, x), (shape, False)) if needs[4] else None
    return [ct, None, None, d_x, d_y]


def _by_weight_jvp(t, out, args, params):
    base, *index, x, y = args
    by_x = _weight_grad(index, base, t[3], y, False) if t[3] is not None else None
    by_y = _weight_grad(index, base, x, t[4], params[0]) if t[4] is not None else None
    return _sum(t[0], _sum(by_x, by_y))


def _by_weight_lower(node, low):
    base, *operands = node.args
    operands = [low.apart(a, base, True) for a in operands]
    target = low.update(node, base)
    low.emit(
        "spmv_weight_grad", [target], [target, *operands], ip=(int(node.params[0]),), node=node
    )


def _by_weight_absorb(node, other):
    """A sum over the steps of a loop touches only the rows that were active in each."""
    base = node.args[0].args[0] if node.args[0].prim is BROADCAST else node.args[0]
    if is_literal(base, 0) and (other.shape, other.dtype) == (node.shape, node.dtype):
        return bind(WEIGHT_GRAD, (other, *node.args[1:]), node.params)
    return None


WEIGHT_GRAD = Primitive(
    "spmv_weight_grad",
    "call",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, base, indptr, indices, x, ct: twins.weight_grad(
        base, indptr, indices, twins.active(x, ct.dtype) if params[0] else x, ct
    ),
    vjp=_by_weight_vjp,
    jvp=_by_weight_jvp,
    lower=_by_weight_lower,
    absorb=_by_weight_absorb,
    batch=each,
)


# ---------------------------------------------------------------------------- bits


def event_bits(spikes):
    """Spikes as bits, eight cells to a byte, lowest bit first.

    Parameters
    ----------
    spikes : ndarray, shape (n,) or (B, n)
        bool, or float where > 0 is a spike.

    Returns
    -------
    ndarray of uint8, shape (ceil(n / 8),) or (B, ceil(n / 8))

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import ops
    >>> ops.event_bits(np.array([True, False, False, True]))
    array([9], dtype=uint8)
    """
    if isinstance(spikes, Tracer):
        return Tracer(pack(spikes.node))
    spikes = np.ascontiguousarray(spikes)
    out = np.empty(spikes.shape[:-1] + ((spikes.shape[-1] + 7) // 8,), UINT8)
    _core.call("event_bits", [out], [spikes])
    return out


# ---------------------------------------------------------------------------- public functions


def event_matvec(conn, spikes, weight=None, transpose=False, add=None):
    """Sum of the weights of the synapses of active cells, onto each target.

    Parameters
    ----------
    conn : Csr, Dense or OneToOne
        Connections of shape (n_pre, n_post).
    spikes : ndarray, shape (n_pre,) or (B, n_pre)
        bool, or float where > 0 is active; each active cell counts once. (n_post,) if `transpose`.
    weight : float or ndarray, shape (n_synapses,), optional
        One weight for all synapses (default 1), or one for each; a matrix (n_pre, n_post) for Dense.
    transpose : bool
        Sum over targets instead: from post cells back to pre cells.
    add : ndarray, shape (n_post,) or (B, n_post), optional
        Added to the result; inside a loop it is updated in place.

    Returns
    -------
    ndarray, shape (n_post,) or (B, n_post)

    Notes
    -----
    ``out[j] = sum over i with spikes[i] > 0 of w[i, j]``. The cost is linear in the synapses of
    active cells. The derivative by `spikes` is that of the product with values, so that surrogate
    derivatives flow; the derivative by `weight` touches only rows of active cells. Sums are taken
    in the order of pre cells: the result is the same for any number of threads.

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import ops
    >>> conn = ops.Csr([0, 2, 3], [0, 2, 1], (2, 3))
    >>> ops.event_matvec(conn, np.array([1.0, 1.0]), np.array([0.5, 2.0, 3.0]))
    array([0.5, 3. , 2. ])
    """
    return _multiply(EVENT, conn, spikes, weight, transpose, add)


def spmv(conn, x, weight=None, transpose=False):
    """Product of the sparse weight matrix with dense values.

    Parameters
    ----------
    conn : Csr, Dense or OneToOne
        Connections of shape (n_pre, n_post).
    x : ndarray of float, shape (n_pre,) or (B, n_pre)
        (n_post,) if `transpose`.
    weight : float or ndarray, shape (n_synapses,), optional
        One weight for all synapses (default 1), or one for each.
    transpose : bool
        From post cells back to pre cells.

    Returns
    -------
    ndarray, shape (n_post,) or (B, n_post)

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import ops
    >>> conn = ops.Csr([0, 2, 3], [0, 2, 1], (2, 3))
    >>> ops.spmv(conn, np.array([2.0, 10.0]))
    array([ 2., 10.,  2.])
    """
    return _multiply(SPMV, conn, x, weight, transpose, None)


def spmm(conn, x, weight=None, transpose=False):
    """`spmv` of each row of `x`, shape (B, n_pre) -> (B, n_post)."""
    if np.ndim(x) != 2:
        raise ValueError(f"spmm: x must have two axes (B, n), got shape {np.shape(x)}")
    return spmv(conn, x, weight, transpose)


def _multiply(prim, conn, x, weight, transpose, add):
    name = prim.name
    if not isinstance(conn, (Csr, Dense, OneToOne)):
        raise TypeError(f"{name}: conn must be a Csr, Dense or OneToOne, got {type(conn).__name__}")
    weight = 1.0 if weight is None else weight
    x = x if isinstance(x, Tracer) else np.asarray(x)
    if x.dtype.kind not in "bf":
        raise TypeError(
            f"{name}: {'spikes' if prim is EVENT else 'x'} must be bool or float, got {x.dtype}"
        )
    n = conn.shape[1 if transpose else 0]
    if x.ndim not in (1, 2) or x.shape[-1] != n:
        raise ValueError(f"{name}: wanted shape ({n},) or (B, {n}), got {x.shape}")
    dtype = _common_dtype(x, weight, add)
    traced = any(isinstance(v, Tracer) for v in (x, weight, add))
    if not isinstance(conn, Csr):
        return _dense_multiply(prim, conn, x, weight, transpose, add, dtype)
    if np.ndim(weight) and np.shape(weight) != (conn.nnz,):
        raise ValueError(
            f"{name}: weight must be one number or have shape ({conn.nnz},), got {np.shape(weight)}"
        )
    run = _traced if traced else _plain
    return run(prim, conn, x, weight, bool(transpose), add, dtype)


def _common_dtype(*values):
    """Float type of the result: that of the float arrays; Python numbers are weak."""
    kinds = []
    for v in values:
        dtype = getattr(v, "dtype", None)
        weak = (
            isinstance(v, float)
            and not isinstance(v, np.generic)
            or isinstance(v, Tracer)
            and v.node.weak
        )
        if dtype is not None and dtype.kind == "f" and not weak:
            kinds.append(dtype)
    dtype = np.result_type(*kinds) if kinds else np.dtype(np.float64)
    if dtype.char not in "fd":
        raise TypeError(f"event products take float32 and float64, got {dtype}")
    return dtype


def _plain(prim, conn, x, weight, transpose, add, dtype):
    x = np.ascontiguousarray(
        x, x.dtype.newbyteorder("=") if prim is EVENT and x.dtype.char in "?fd" else dtype
    )
    weight = np.ascontiguousarray(weight, dtype) if np.ndim(weight) else np.asarray(weight, dtype)
    shape = x.shape[:-1] + (conn.shape[0 if transpose else 1],)
    operands = [conn.indptr, conn.indices, weight, x]
    if add is not None and not transpose:
        out = np.array(np.broadcast_to(add, shape), dtype)
        _core.call("event_matvec_add", [out], [out, *operands], ip=(0,))
        return out
    out = np.empty(shape, dtype)
    _core.call(prim.name, [out], operands, ip=(int(transpose),))
    return out if add is None else out + add


def _traced(prim, conn, x, weight, transpose, add, dtype):
    index = to_node(conn.indptr), to_node(conn.indices)
    x = to_node(x)
    if prim is SPMV or x.is_float:
        x = ew.convert(x, dtype)
    weight = ew.convert(to_node(weight), dtype)
    if add is not None and not transpose:
        shape = x.shape[:-1] + conn.shape[1:]
        base = broadcast(ew.convert(to_node(add), dtype), shape)
        return Tracer(bind(EVENT_ADD, (base, *index, weight, x), (conn.shape, False)))
    out = Tracer(bind(prim, (*index, weight, x), (conn.shape, transpose)))
    return out if add is None else out + add


def _dense_multiply(prim, conn, x, weight, transpose, add, dtype):
    """All pairs as a matrix product, one to one as a product."""
    if isinstance(x, Tracer):
        x = Tracer(_ones(x.node, dtype) if prim is EVENT else ew.convert(x.node, dtype))
    else:
        x = twins.active(x, dtype) if prim is EVENT else x.astype(dtype)
    if not isinstance(weight, Tracer):
        weight = np.asarray(weight, dtype)
    if isinstance(conn, OneToOne):
        if weight.ndim and weight.shape != conn.shape[:1]:
            raise ValueError(
                f"{prim.name}: weight must be one number or have shape {conn.shape[:1]}, got {weight.shape}"
            )
        out = x * weight
    elif weight.ndim == 0:
        total = x.sum(axis=-1, keepdims=True) * weight
        n_out = conn.shape[0 if transpose else 1]
        out = total * np.ones(n_out, dtype)
    elif weight.shape == conn.shape:
        out = x @ (weight.T if transpose else weight)
    else:
        raise ValueError(
            f"{prim.name}: weight must be one number or have shape {conn.shape}, got {weight.shape}"
        )
    return out if add is None else out + add

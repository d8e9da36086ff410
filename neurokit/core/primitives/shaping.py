"""Primitives that move or rename elements: views (no work at run time), copies into parts, concatenation."""

import math

import numpy as np

from ..graph import Primitive, bind, literal
from ..views import View, c_strides


def full(shape, value, dtype):
    """A constant array: a literal broadcast to `shape`, never stored."""
    return broadcast(literal(value, dtype), tuple(shape))


def zeros_like(node):
    return full(node.shape, 0, node.dtype)


# ---------------------------------------------------------------------------- broadcast


def broadcast(node, shape):
    """`node` repeated along new and length-1 axes (stride 0)."""
    shape = tuple(shape)
    if node.shape == shape:
        return node
    if node.prim is BROADCAST:
        node = node.args[0]
    return bind(BROADCAST, (node,), (shape,))


def _broadcast_infer(args, params):
    return params[0], args[0].dtype


def unbroadcast(node, shape):
    """Sum of `node` over the axes along which `shape` was broadcast to it."""
    from .reducing import reduce

    if node.shape == shape:
        return node
    lead = node.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        i + lead for i, d in enumerate(shape) if d == 1 and node.shape[i + lead] != 1
    )
    if axes:
        node = reduce("sum", node, axes)
    return reshape(node, shape)


def _broadcast_view(view, node):
    lead = len(node.shape) - len(view.shape)
    strides = (0,) * lead + tuple(
        0 if d == 1 and n != 1 else s
        for d, n, s in zip(view.shape, node.shape[lead:], view.strides)
    )
    return View(view.buffer, view.dtype, view.offset, node.shape, strides)


BROADCAST = Primitive(
    "broadcast",
    "view",
    _broadcast_infer,
    twin=lambda params, a: np.broadcast_to(a, params[0]),
    vjp=lambda ct, out, args, params, needs: [unbroadcast(ct, args[0].shape)],
    jvp=lambda t, out, args, params: broadcast(t[0], params[0]),
    lower=_broadcast_view,
)


# ---------------------------------------------------------------------------- reshape and transpose


def reshape(node, shape):
    """The elements of `node` in C order under another shape; one length may be -1."""
    if shape == node.shape:
        return node
    shape = tuple(int(d) for d in shape)
    if -1 in shape:
        known = math.prod(d for d in shape if d != -1)
        if shape.count(-1) > 1 or known == 0 or node.size % known:
            raise ValueError(f"cannot reshape array of size {node.size} into shape {shape}")
        shape = tuple(node.size // known if d == -1 else d for d in shape)
    if math.prod(shape) != node.size or any(d < 0 for d in shape):
        raise ValueError(f"cannot reshape array of size {node.size} into shape {shape}")
    if shape == node.shape:
        return node
    if node.prim is RESHAPE:
        return reshape(node.args[0], shape)
    return bind(RESHAPE, (node,), (shape,))


def _reshape_view(view, node):
    """The same memory under the new shape, or None where only a copy can do it."""
    if view.contiguous or node.size == 0:
        return View(
            view.buffer, view.dtype, view.offset, node.shape, c_strides(node.shape, view.dtype)
        )
    old = [(d, s) for d, s in zip(view.shape, view.strides) if d != 1]
    strides, i = [], 0
    todo = list(node.shape)
    out = []
    while todo and i < len(old):
        if todo[0] == 1:
            out.append(0)
            todo.pop(0)
            continue
        n_new, n_old, j, k = todo[0], old[i][0], 1, i + 1
        while n_new != n_old:
            if n_new < n_old:
                n_new *= todo[j]
                j += 1
            else:
                if old[k - 1][1] != old[k][0] * old[k][1]:
                    return None
                n_old *= old[k][0]
                k += 1
        stride, strides = old[k - 1][1], []
        for d in reversed(todo[:j]):
            strides.append(stride)
            stride *= d
        out += reversed(strides)
        todo, i = todo[j:], k
    out += [0] * len(todo)
    return View(view.buffer, view.dtype, view.offset, node.shape, tuple(out))


RESHAPE = Primitive(
    "reshape",
    "view",
    lambda args, params: (params[0], args[0].dtype),
    twin=lambda params, a: a.reshape(params[0]),
    vjp=lambda ct, out, args, params, needs: [reshape(ct, args[0].shape)],
    jvp=lambda t, out, args, params: reshape(t[0], params[0]),
    lower=_reshape_view,
)


def transpose(node, axes):
    axes = tuple(axes)
    if axes == tuple(range(node.ndim)):
        return node
    if node.prim is TRANSPOSE:
        return transpose(node.args[0], tuple(node.params[0][a] for a in axes))
    return bind(TRANSPOSE, (node,), (axes,))


def inverse(axes):
    out = [0] * len(axes)
    for i, a in enumerate(axes):
        out[a] = i
    return tuple(out)


TRANSPOSE = Primitive(
    "transpose",
    "view",
    lambda args, params: (tuple(args[0].shape[a] for a in params[0]), args[0].dtype),
    twin=lambda params, a: a.transpose(params[0]),
    vjp=lambda ct, out, args, params, needs: [transpose(ct, inverse(params[0]))],
    jvp=lambda t, out, args, params: transpose(t[0], params[0]),
    lower=lambda view, node: View(
        view.buffer,
        view.dtype,
        view.offset,
        node.shape,
        tuple(view.strides[a] for a in node.params[0]),
    ),
)


# ---------------------------------------------------------------------------- slices


def slice_(node, spec):
    """Static slice. spec: one (start, length, step) per axis, start in range, step not 0."""
    spec = tuple(spec)
    if all(s == (0, d, 1) for s, d in zip(spec, node.shape)):
        return node
    return bind(SLICE, (node,), (spec,))


def _slices(spec):
    return tuple(
        slice(a, a + n * s if a + n * s >= 0 else None, s) if n else slice(0, 0) for a, n, s in spec
    )


def _slice_view(view, node):
    spec = node.params[0]
    offset = view.offset + sum(a * s for (a, _, _), s in zip(spec, view.strides))
    if node.size == 0:
        offset = view.offset
    return View(
        view.buffer,
        view.dtype,
        offset,
        node.shape,
        tuple(step * s for (_, _, step), s in zip(spec, view.strides)),
    )


SLICE = Primitive(
    "slice",
    "view",
    lambda args, params: (tuple(n for _, n, _ in params[0]), args[0].dtype),
    twin=lambda params, a: a[_slices(params[0])],
    vjp=lambda ct, out, args, params, needs: [
        slice_update(zeros_like_of(args[0], ct), ct, params[0])
    ],
    jvp=lambda t, out, args, params: slice_(t[0], params[0]),
    lower=_slice_view,
)


def zeros_like_of(primal, ct):
    return full(primal.shape, 0, ct.dtype)


def slice_update(base, value, spec):
    """A copy of `base` with `value` in the slice; in place where `base` is not read again."""
    spec = tuple(spec)
    if value.shape == base.shape and all(s == (0, d, 1) for s, d in zip(spec, base.shape)):
        return value
    return bind(SLICE_UPDATE, (base, value), (spec,))


def _slice_update_twin(params, base, value):
    out = base.copy()
    out[_slices(params[0])] = value
    return out


def _slice_update_vjp(ct, out, args, params, needs):
    base = slice_update(ct, full(args[1].shape, 0, ct.dtype), params[0]) if needs[0] else None
    return [base, slice_(ct, params[0]) if needs[1] else None]


def _slice_update_jvp(t, out, args, params):
    base = t[0] if t[0] is not None else zeros_like(args[0])
    value = t[1] if t[1] is not None else zeros_like(args[1])
    return slice_update(base, value, params[0])


def _slice_update_lower(node, low):
    base, value = node.args
    source = low.apart(value, base)
    out = low.update(node, base)
    if value.size:
        low.emit(
            "copy", [_slice_view(out, _SliceOf(value.shape, node.params))], [source], node=node
        )


class _SliceOf:
    """What _slice_view asks of a node."""

    def __init__(self, shape, params):
        self.shape, self.params = shape, params
        self.size = math.prod(shape)


SLICE_UPDATE = Primitive(
    "slice_update",
    "call",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=_slice_update_twin,
    vjp=_slice_update_vjp,
    jvp=_slice_update_jvp,
    lower=_slice_update_lower,
    cheap=True,
)


# ---------------------------------------------------------------------------- concatenation


def concatenate(nodes, axis):
    nodes = tuple(nodes)
    if len(nodes) == 1:
        return nodes[0]
    return bind(CONCATENATE, nodes, (axis,))


def _concatenate_infer(args, params):
    axis = params[0]
    shape = list(args[0].shape)
    shape[axis] = sum(a.shape[axis] for a in args)
    return tuple(shape), args[0].dtype


def _parts(args, axis):
    start = 0
    for a in args:
        spec = [(0, d, 1) for d in a.shape]
        spec[axis] = (start, a.shape[axis], 1)
        start += a.shape[axis]
        yield tuple(spec)


def _concatenate_jvp(t, out, args, params):
    return concatenate([zeros_like(a) if x is None else x for a, x in zip(args, t)], params[0])


def _concatenate_lower(node, low):
    out = low.out(node)
    for arg, spec in zip(node.args, _parts(node.args, node.params[0])):
        if arg.size:
            low.emit(
                "copy", [_slice_view(out, _SliceOf(arg.shape, (spec,)))], [low.view(arg)], node=node
            )


CONCATENATE = Primitive(
    "concatenate",
    "call",
    _concatenate_infer,
    twin=lambda params, *a: np.concatenate(a, params[0]),
    vjp=lambda ct, out, args, params, needs: [
        slice_(ct, spec) if need else None for spec, need in zip(_parts(args, params[0]), needs)
    ],
    jvp=_concatenate_jvp,
    lower=_concatenate_lower,
    cheap=True,
)


# ---------------------------------------------------------------------------- iota


def iota(n, start, step, dtype):
    """start + step * (0 .. n-1)."""
    return bind(IOTA, (), (n, start, step, np.dtype(dtype)))


def _iota_lower(node, low):
    n, start, step, dtype = node.params
    if n:
        ints = dtype.kind != "f"
        low.emit(
            "iota",
            [low.out(node)],
            [],
            ip=(start, step) if ints else (),
            fp=() if ints else (start, step),
            node=node,
        )
    else:
        low.out(node)


IOTA = Primitive(
    "iota",
    "call",
    lambda args, params: ((params[0],), params[3]),
    twin=lambda params: (params[1] + params[2] * np.arange(params[0])).astype(params[3]),
    lower=_iota_lower,
    cheap=True,
)


# ---------------------------------------------------------------------------- constant


class _Frozen:
    """An array by value."""

    def __init__(self, array):
        self.array = np.array(array, array.dtype.newbyteorder("="), order="C")

    @property
    def structural(self):
        return self.array.shape, self.array.dtype.char, self.array.tobytes()


def constant(array):
    """The elements of a plain array as they are now."""
    return bind(CONSTANT, (), (_Frozen(array),))


def _constant_lower(node, low):
    out = low.out(node)
    if node.size:
        array = node.params[0].array
        low.emit("copy", [out], [out._replace(buffer=low.constant(array))], node=node)


CONSTANT = Primitive(
    "constant",
    "call",
    lambda args, params: (params[0].array.shape, params[0].array.dtype),
    twin=lambda params: params[0].array,
    lower=_constant_lower,
    cheap=True,
)

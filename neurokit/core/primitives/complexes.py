"""Complex values as pairs of real ones: three primitives, and how values enter and leave pairs.

`real` and `imag` are views of the interleaved memory, `complex` interleaves two real arrays. Every
elementwise operation on complex values is a composite of operations on the parts (`complex_math.py`),
so a chain of them runs on real values and nothing is interleaved in between.

Derivatives follow the convention of autograd and JAX: linear maps are transposed, not conjugated, and
the gradient of a real function of z = x + iy is df/dx - i df/dy.
"""

import numpy as np

from ..graph import LITERAL, Primitive, bind, literal
from ..views import View
from . import elementwise as ew
from . import masking
from .shaping import BROADCAST, RESHAPE, SLICE, TRANSPOSE, broadcast, full

COMPLEX64, COMPLEX128 = np.dtype(np.complex64), np.dtype(np.complex128)
_PARTS = {COMPLEX64: np.dtype(np.float32), COMPLEX128: np.dtype(np.float64)}
_WHOLES = {part: whole for whole, part in _PARTS.items()}
_VIEWS = (BROADCAST, RESHAPE, SLICE, TRANSPOSE)


def part_dtype(dtype):
    """The type of the parts of a complex type; a real type is its own."""
    return _PARTS.get(dtype, dtype)


def real(node):
    """The real part of a complex node."""
    return parts(node)[0]


def imag(node):
    """The imaginary part of a complex node."""
    return parts(node)[1]


def parts(node):
    """(real part, imaginary part); a real node has a literal 0 beside it."""
    if node.dtype.kind != "c":
        return node, literal(0, node.dtype)
    free = _free_parts(node)
    return free if free is not None else (bind(REAL, (node,)), bind(IMAG, (node,)))


def _free_parts(node):
    """The parts where they exist already, perhaps under another shape; else None."""
    if node.prim is COMPLEX:
        return node.args
    if node.prim is LITERAL:
        part, value = _PARTS[node.dtype], node.params[0]
        return literal(value.real, part), literal(value.imag, part)
    if node.prim in _VIEWS:
        inner = _free_parts(node.args[0])
        if inner is not None:
            return tuple(bind(node.prim, (x,), node.params) for x in inner)
    return None


def join(re, im):
    """The complex node with these parts, two nodes of one float type; shapes are broadcast."""
    if re.prim is REAL and im.prim is IMAG and re.args[0] is im.args[0]:
        return re.args[0]
    whole = _WHOLES[re.dtype]
    if re.prim is LITERAL and im.prim is LITERAL:
        return literal(complex(re.params[0], im.params[0]), whole)
    if re.shape != im.shape:
        shape = np.broadcast_shapes(re.shape, im.shape)
        re, im = broadcast(re, shape), broadcast(im, shape)
    return bind(COMPLEX, (re, im))


def conjugate(node):
    re, im = parts(node)
    return join(re, ew.neg(im)) if node.dtype.kind == "c" else node


def convert(node, dtype):
    """`node` as `dtype`, where either is complex."""
    re, im = parts(node)
    if dtype.kind == "c":
        part = _PARTS[dtype]
        return join(ew.convert(re, part), ew.convert(im, part))
    if dtype.kind == "b":
        return ew.apply(ew.ROWS["ne"], node, 0)
    return ew.convert(re, dtype)


def _part_infer(args, params):
    return args[0].shape, _PARTS[args[0].dtype]


def part_view(base, imaginary):
    """Where the real (0) or imaginary (1) parts of a complex array at `base` lie."""
    part = _PARTS[base.dtype]
    step = 0 if 0 in base.shape else imaginary * part.itemsize  # nothing lies behind no elements
    return View(base.buffer, part, base.offset + step, base.shape, base.strides)


def _zero(node):
    return full(node.shape, 0, node.dtype)


REAL = Primitive(
    "real",
    "view",
    _part_infer,
    twin=lambda params, z: z.real,
    vjp=lambda ct, out, args, params, needs: [join(ct, _zero(ct))],
    jvp=lambda t, out, args, params: real(t[0]),
    lower=lambda view, node: part_view(view, 0),
)
IMAG = Primitive(
    "imag",
    "view",
    _part_infer,
    twin=lambda params, z: z.imag,
    vjp=lambda ct, out, args, params, needs: [join(_zero(ct), ew.neg(ct))],
    jvp=lambda t, out, args, params: imag(t[0]),
    lower=lambda view, node: part_view(view, 1),
)


def _complex_twin(params, re, im):
    out = np.empty(re.shape, _WHOLES[re.dtype])
    out.real, out.imag = re, im
    return out


def _complex_vjp(ct, out, args, params, needs):
    re, im = parts(ct)
    return [re if needs[0] else None, ew.neg(im) if needs[1] else None]


def _complex_jvp(t, out, args, params):
    return join(*[_zero(a) if x is None else x for a, x in zip(args, t)])


def _complex_lower(node, low):
    out = low.views.get(node) or low.out(node)
    for k, arg in enumerate(node.args):
        part, source = part_view(out, k), low.view(arg)
        if node.size and part != source:  # equal: written there in the first place
            low.emit("copy", [part], [source], node=node)


COMPLEX = Primitive(
    "complex",
    "call",
    lambda args, params: (args[0].shape, _WHOLES[args[0].dtype]),
    twin=_complex_twin,
    vjp=_complex_vjp,
    jvp=_complex_jvp,
    lower=_complex_lower,
    cheap=True,
)


# ---------------------------------------------------------------------------- values with a derivative of their own

RULES = {}  # name -> rule(k, outs, reals): derivatives of output k by each of `reals` (nodes or None)


def ruled(name, values, reals):
    """`values` (real nodes), computed from `reals`, whose derivatives are those of RULES[name].

    What computes a value (branches, scaling) and what its derivative is stay apart.
    """
    shape = np.broadcast_shapes(*[x.shape for x in (*values, *reals)])
    values = tuple(broadcast(v, shape) for v in values)
    n = len(values)
    return tuple(bind(RULED, (values[k], *values, *reals), (name, k, n)) for k in range(n))


def _derivatives(node):
    """(number of outputs of the call, derivatives of this one by its real inputs)."""
    name, k, n = node.params
    values = node.args[1 : 1 + n]
    outs = [bind(RULED, (values[i], *node.args[1:]), (name, i, n)) for i in range(n)]
    return n, RULES[name](k, outs, node.args[1 + n :])


def _ruled_vjp(ct, out, args, params, needs):
    n, slopes = _derivatives(out)
    return [None] * (1 + n) + [
        masking.gmul(ct, d) if need and d is not None else None
        for d, need in zip(slopes, needs[1 + n :])
    ]


def _ruled_jvp(t, out, args, params):
    n, slopes = _derivatives(out)
    total = None
    for x, d in zip(t[1 + n :], slopes):
        if x is not None and d is not None:
            term = masking.gmul(x, d)
            total = term if total is None else ew.add(total, term)
    return total


RULED = Primitive(
    "ruled",
    "view",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, value, *others: value,
    vjp=_ruled_vjp,
    jvp=_ruled_jvp,
    lower=lambda view, node: view,
)

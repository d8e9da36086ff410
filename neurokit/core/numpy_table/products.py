"""Products of arrays: matmul, dot, einsum and their kin."""

import builtins
import operator
import string

import numpy as np

from ..graph import BOOL, INT64, literal
from ..primitives.elementwise import convert
from ..primitives.linear import einsum as _einsum
from ..primitives.linear import matmul as _matmul
from ..primitives.linear import tensordot as _tensordot
from ..primitives.shaping import reshape as _reshape
from ..trace.tracer import Tracer, to_node
from ..trace.ufuncs import COMPOSITES, as_dtype
from .base import FUNCTIONS, T, _axis, _deliver, implements
from .reductions import sum
from .selection import diagonal
from .shapes import _listed, ravel, reshape


def _alike(*arrays):
    """Nodes of one dtype. Python numbers are arrays here, not weak as they are in ufuncs."""
    nodes = [to_node(a) for a in arrays]
    dtype = np.result_type(*[n.dtype for n in nodes])
    return [as_dtype(n, dtype) for n in nodes]


@implements(np.dot)
def dot(a, b, out=None):
    a, b = _alike(a, b)
    if not a.ndim or not b.ndim:
        return T(to_node(np.multiply(T(a), T(b))))
    return _deliver(T(_tensordot(a, b, [a.ndim - 1], [builtins.max(b.ndim - 2, 0)])), out)


@implements(np.inner)
def inner(a, b):
    a, b = _alike(a, b)
    if not a.ndim or not b.ndim:
        return np.multiply(T(a), T(b))
    return T(_tensordot(a, b, [a.ndim - 1], [b.ndim - 1]))


@implements(np.vdot)
def vdot(a, b):
    a = ravel(T(to_node(a)))
    return dot(np.conjugate(a) if a.dtype.kind == "c" else a, ravel(b))


@implements(np.linalg.vecdot)
def vecdot(x1, x2, /, *, axis=-1, keepdims=False):
    x1, x2 = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    if x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            f"vecdot: lengths of the core axis differ, {x1.shape[-1]} and {x2.shape[-1]}"
        )
    if to_node(x1).dtype.kind == "c":
        x1 = np.conjugate(x1)
    total = matmul(np.expand_dims(x1, -2), np.expand_dims(x2, -1))[..., 0, 0]
    return np.expand_dims(total, axis) if keepdims else total


COMPOSITES[np.vecdot] = vecdot
if hasattr(np, "matvec"):  # NumPy 2.2
    COMPOSITES[np.matvec] = lambda x1, x2: np.matmul(x1, np.expand_dims(x2, -1))[..., 0]
    COMPOSITES[np.vecmat] = lambda x1, x2: np.matmul(np.expand_dims(np.conjugate(x1), -2), x2)[
        ..., 0, :
    ]


@implements(np.outer)
def outer(a, b, out=None):
    return _deliver(np.multiply(reshape(a, (-1, 1)), reshape(b, (1, -1))), out)


@implements(np.tensordot, np.linalg.tensordot)
def tensordot(a, b, axes=2):
    a, b = _alike(a, b)
    if np.iterable(axes):
        left, right = (list(_listed(x, n)) for x, n in zip(axes, (a.ndim, b.ndim)))
    else:
        n = operator.index(axes)
        left, right = list(range(a.ndim - n, a.ndim)), list(range(n))
    return T(_tensordot(a, b, left, right))


@implements(np.einsum)
def einsum(*operands, out=None, optimize=False, dtype=None, order="K", casting="safe"):
    if not operands:
        raise ValueError("must specify the einstein sum subscripts string and at least one operand")
    subscripts, *arrays = operands if isinstance(operands[0], str) else _from_lists(operands)
    nodes = _alike(*arrays)
    if dtype is not None:
        if not np.can_cast(nodes[0].dtype, dtype, casting):
            raise TypeError(
                f"Iterator operand 0 dtype could not be cast from {nodes[0].dtype!r} to {np.dtype(dtype)!r} "
                f"according to the rule '{casting}'"
            )
        nodes = [as_dtype(n, np.dtype(dtype)) for n in nodes]
    dtype = nodes[0].dtype
    # NumPy sums in the dtype of the operands: integers wrap around, a sum of booleans is "any"
    work = INT64 if dtype.kind in "biu" else dtype
    result = _einsum(subscripts, [convert(n, work) for n in nodes])
    result = np.not_equal(T(result), 0).node if dtype == BOOL else convert(result, dtype)
    return _deliver(T(result), out)


def _from_lists(operands):
    """The form with lists of integers, einsum(a, [0, 1], b, [1, 2], [0, 2]), as letters."""
    pairs, result = list(operands), None
    if len(pairs) % 2:
        result = pairs.pop()

    def word(labels):
        return "".join(
            "..." if k is Ellipsis else string.ascii_letters[operator.index(k)] for k in labels
        )

    text = ",".join(word(labels) for labels in pairs[1::2])
    return [text if result is None else f"{text}->{word(result)}", *pairs[::2]]


def matmul(a, b):
    """NumPy's @, for any number of axes."""
    a, b = _alike(a, b)
    if not a.ndim or not b.ndim:
        raise ValueError(
            "matmul: Input operand does not have enough dimensions (has 0, gufunc core with signature "
            "(n?,k),(k,m?)->(n?,m?) requires 1)"
        )
    left = _reshape(a, (1,) + a.shape) if a.ndim == 1 else a
    right = _reshape(b, b.shape + (1,)) if b.ndim == 1 else b
    result = _matmul(left, right)
    shape = result.shape
    if a.ndim == 1:
        shape = shape[:-2] + shape[-1:]
    if b.ndim == 1:
        shape = shape[:-1]
    return T(_reshape(result, shape))


COMPOSITES[np.matmul] = matmul
FUNCTIONS[np.linalg.matmul] = lambda a, b: matmul(a, b)


@implements(np.kron)
def kron(a, b):
    ndim = builtins.max(np.ndim(a), np.ndim(b))
    left, right = ((1,) * (ndim - np.ndim(x)) + np.shape(x) for x in (a, b))
    wide = np.multiply(
        reshape(a, [d for s in left for d in (s, 1)]),
        reshape(b, [d for s in right for d in (1, s)]),
    )
    return reshape(wide, [s * r for s, r in zip(left, right)])


FUNCTIONS[np.linalg.trace] = lambda x, /, *, offset=0, dtype=None: sum(
    _diagonal_last(x, offset), -1, dtype=dtype
)
FUNCTIONS[np.result_type] = lambda *a: np.result_type(
    *[n.weak(0) if n.weak else n.dtype for n in _typed(a)]
)


@implements(np.einsum_path)
def einsum_path(subscripts, *operands, optimize="greedy", einsum_call=False):
    plain = [np.broadcast_to(0.0, np.shape(x)) for x in operands]
    return np.einsum_path(subscripts, *plain, optimize=optimize)


FUNCTIONS[np.common_type] = lambda *a: np.common_type(*[np.empty(0, to_node(x).dtype) for x in a])
FUNCTIONS[np.can_cast] = lambda from_, to, casting="safe": np.can_cast(
    from_.dtype if isinstance(from_, Tracer) else from_, to, casting
)


def _typed(args):
    return [
        to_node(a) if not isinstance(a, (np.dtype, type, str)) else literal(0, np.dtype(a))
        for a in args
    ]


def _diagonal_last(x, offset):
    return diagonal(x, offset, -2, -1)


@implements(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = T(to_node(y))
    axis = _axis(axis, y.ndim)
    lower, upper = [slice(None)] * y.ndim, [slice(None)] * y.ndim
    lower[axis], upper[axis] = slice(None, -1), slice(1, None)
    step = dx if x is None else np.diff(x, axis=-1 if np.ndim(x) == 1 else axis)
    if x is not None and np.ndim(x) == 1:
        step = reshape(step, [-1 if i == axis else 1 for i in range(y.ndim)])
    return sum(step * (y[tuple(upper)] + y[tuple(lower)]) / 2.0, axis)

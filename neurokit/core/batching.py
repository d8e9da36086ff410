"""Batching rules: an operation on a stack of values at once.

rule(values, node, n) -> node with a leading axis of length n, where values = [(node, has that axis)].
"""

from . import complexes
from . import elementwise as ew
from .graph import LITERAL, bind
from .linear import MATMUL, matmul
from .shaping import BROADCAST, RESHAPE, SLICE, TRANSPOSE, broadcast, reshape, slice_, transpose


def _elementwise(values, node, n):
    shape = (n,) + node.shape
    args = [
        v
        if v.prim is LITERAL
        else v
        if batched and v.shape == shape
        else broadcast(_align(v, batched, node), shape)
        for v, batched in values
    ]
    return bind(node.prim, tuple(args), node.params)


def _align(value, batched, node):
    """A stack of lower rank gets the length-1 axes that broadcasting would give each element."""
    missing = node.ndim - (value.ndim - 1)
    if not batched or missing <= 0:
        return value
    return reshape(value, value.shape[:1] + (1,) * missing + value.shape[1:])


def _broadcast(values, node, n):
    value, _ = values[0]
    return broadcast(_align(value, True, node), (n,) + node.shape)


def _matmul(values, node, n):
    (a, a_stacked), (b, b_stacked) = values
    return matmul(a, b)


for _prim in [
    *ew.ROWS.values(),
    ew.CONVERT,
    complexes.REAL,
    complexes.IMAG,
    complexes.COMPLEX,
    complexes.RULED,
]:
    _prim.batch = _elementwise
BROADCAST.batch = _broadcast
RESHAPE.batch = lambda values, node, n: reshape(values[0][0], (n,) + node.shape)
TRANSPOSE.batch = lambda values, node, n: transpose(
    values[0][0], (0,) + tuple(a + 1 for a in node.params[0])
)
SLICE.batch = lambda values, node, n: slice_(values[0][0], ((0, n, 1),) + node.params[0])
MATMUL.batch = _matmul

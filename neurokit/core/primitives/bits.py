"""Booleans as bits, eight to a byte, lowest bit first, as spikes are kept, or highest first."""

import math

import numpy as np

from ..graph import BOOL, Primitive, bind
from .shaping import reshape

UINT8 = np.dtype(np.uint8)


def pack(x, order="little"):
    """x (n,) or (B, n), bool or float where > 0 counts -> uint8 (..., ceil(n / 8))."""
    return bind(PACK, (x,), (order,))


def unpack(bits, n, order="little", dtype=BOOL):
    """The n booleans that `pack` made bits of, as bool or uint8."""
    return bind(UNPACK, (bits,), (order, n, dtype))


def _rows(node):
    """All leading axes as one batch."""
    return reshape(node, (math.prod(node.shape[:-1]), node.shape[-1]))


def _batch(values, node, n):
    return reshape(bind(node.prim, (_rows(values[0][0]),), node.params), (n, *node.shape))


def _lower(kernel):
    return lambda node, low: low.emit(
        kernel,
        [low.out(node)],
        [low.contiguous(node.args[0])],
        ip=(node.params[0] == "big",),
        node=node,
    )


PACK = Primitive(
    "pack_bits",
    "call",
    lambda args, params: (args[0].shape[:-1] + ((args[0].shape[-1] + 7) // 8,), UINT8),
    twin=lambda params, x: np.packbits(x > 0, axis=-1, bitorder=params[0]),
    lower=_lower("event_bits"),
    batch=_batch,
    cheap=True,
)
UNPACK = Primitive(
    "unpack_bits",
    "call",
    lambda args, params: (args[0].shape[:-1] + (params[1],), params[2]),
    twin=lambda params, x: np.unpackbits(x, axis=-1, count=params[1], bitorder=params[0]).astype(
        params[2]
    ),
    lower=_lower("event_flags"),
    batch=_batch,
    cheap=True,
)

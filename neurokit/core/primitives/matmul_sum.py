"""acc + a[0] b[0] + a[1] b[1] + ...: what a weight gathers over the steps of a loop.

The products are added one after the other to what `acc` holds, so that a sum taken in stretches has
the bits of the whole. `backwards` begins with the last.
"""

import numpy as np

from ..graph import Primitive, bind
from . import elementwise as ew
from .linear import matmul, swap
from .shaping import broadcast, reshape, transpose


def matmul_sum(acc, a, b, backwards=False):
    """acc (m, n), a (T, m, k), b (T, k, n) -> (m, n), float32 or float64."""
    return bind(MATMUL_SUM, (acc, a, b), (bool(backwards),))


def _twin(params, acc, a, b):
    out = np.array(acc)
    for t in range(len(a))[::-1] if params[0] else range(len(a)):
        out += a[t] @ b[t]
    return out


def _vjp(ct, out, args, params, needs):
    _, a, b = args
    cts = broadcast(reshape(ct, (1,) + ct.shape), (a.shape[0],) + ct.shape)
    return [
        ct if needs[0] else None,
        matmul(cts, swap(b)) if needs[1] else None,
        matmul(swap(a), cts) if needs[2] else None,
    ]


def _jvp(t, out, args, params):
    _, a, b = args
    total = t[0]
    for x, y in ((t[1], b), (a, t[2])):
        if x is None or y is None:
            continue
        if total is None:
            total = broadcast(ew.literal(0, out.dtype), out.shape)
        total = matmul_sum(total, x, y, *params)
    return total


def _lower(node, low):
    acc, a, b = node.args
    operands = [low.apart(x, acc) for x in (a, b)]
    target = low.update(node, acc)
    if node.size:
        low.emit("matmul_sum", [target], [target, *operands], ip=(int(node.params[0]),), node=node)


def _batch(values, node, n):
    """Each stack's products side by side: (n, m, T k) times (n, T k, p)."""
    acc, a, b = [
        v if batched else broadcast(reshape(v, (1,) + v.shape), (n,) + v.shape)
        for v, batched in values
    ]
    steps, m, k = a.shape[1:]
    left = reshape(transpose(a, (0, 2, 1, 3)), (n, m, steps * k))
    right = reshape(b, (n, steps * k, b.shape[-1]))
    return ew.add(acc, matmul(left, right))


MATMUL_SUM = Primitive(
    "matmul_sum",
    "call",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=_twin,
    vjp=_vjp,
    jvp=_jvp,
    lower=_lower,
    batch=_batch,
)

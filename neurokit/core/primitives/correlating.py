"""Sliding sums of products: the one operation below convolution and correlation of lines.

x (A, n), h (A, m), m <= n -> (A, n - m + 1): out[i] = sum_j x[i + j] h[j]. Its derivatives are such
sums again: of the cotangent between zeros with h turned round, and of x with the cotangent.

`zeros` (before, after): so many first and last of x are zeros that stand for nothing. They are left out
where h is not finite, so that its NaN do not reach sums that h only overhangs.
"""

import numpy as np

from ..graph import BOOL, INT64, Primitive, bind
from . import elementwise as ew
from .complexes import join, parts
from .shaping import broadcast, concatenate, full, reshape, slice_


def correlate(x, h, zeros=(0, 0)):
    """Nodes of one dtype, as above, 1 <= m <= n."""
    if x.dtype.kind == "c":
        (a, b), (c, d) = parts(x), parts(h)
        re = ew.sub(correlate(a, c, zeros), correlate(b, d, zeros))
        return join(re, ew.add(correlate(a, d, zeros), correlate(b, c, zeros)))
    if x.dtype == BOOL:
        return ew.apply(ew.ROWS["ne"], correlate(ew.convert(x, INT64), ew.convert(h, INT64)), 0)
    if x.dtype.kind in "iu" and x.dtype != INT64:  # wraps in the end as it would at each step
        return ew.convert(correlate(ew.convert(x, INT64), ew.convert(h, INT64)), x.dtype)
    return bind(CORRELATE, (x, h), tuple(zeros))


def between_zeros(x, before, after):
    """x (A, n) with so many zeros at both ends of its lines."""
    ends = [full((x.shape[0], k), 0, x.dtype) for k in (before, after)]
    return concatenate([v for v in (ends[0], x, ends[1]) if v.shape[1]], 1)


def turned(h):
    """h (A, m) from the end."""
    a, m = h.shape
    return slice_(h, [(0, a, 1), (m - 1, m, -1)])


def _vjp(ct, out, args, params, needs):
    x, h = args
    m = h.shape[1] - 1
    by_x = correlate(between_zeros(ct, m, m), turned(h), (m, m)) if needs[0] else None
    return [by_x, correlate(x, ct, params) if needs[1] else None]


def _jvp(t, out, args, params):
    x, h = args
    terms = [
        correlate(*pair, params)
        for pair, part in (((t[0], h), t[0]), ((x, t[1]), t[1]))
        if part is not None
    ]
    return terms[0] if len(terms) == 1 else ew.add(*terms)


def _twin(params, x, h):
    out = np.empty((x.shape[0], x.shape[1] - h.shape[1] + 1), x.dtype)
    first, end = params[0], x.shape[1] - params[1]
    for line, taps, sums in zip(x, h, out):
        sums[:] = np.correlate(line, taps, "valid")
        if not np.all(np.isfinite(taps)):
            for i in range(len(sums)):
                low, high = max(first - i, 0), min(end - i, len(taps))
                sums[i] = sum(line[i + low : i + high] * taps[low:high])
    return out


def _batch(values, node, n):
    lines = [
        reshape(broadcast(v, (n,) + a.shape), (n * a.shape[0], a.shape[1]))
        for (v, _), a in zip(values, node.args)
    ]
    return reshape(correlate(*lines, node.params), (n,) + node.shape)


CORRELATE = Primitive(
    "correlate",
    "call",
    lambda args, params: (
        (args[0].shape[0], args[0].shape[1] - args[1].shape[1] + 1),
        args[0].dtype,
    ),
    twin=_twin,
    vjp=_vjp,
    jvp=_jvp,
    lower=lambda node, low: low.emit(
        "correlate", [low.out(node)], [low.view(a) for a in node.args], node.params, node=node
    ),
    batch=_batch,
)

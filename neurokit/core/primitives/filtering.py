"""Recursive filters as one operation: y_t = sum_k b_k x_{t-k} - sum_{k>0} a_k y_{t-k} + z_t.

x (..., A, T, B): A lines of B columns, filtered along T; b (..., nb); a (..., na), without the leading
1; z (..., A, q, B), what is added to the first q samples. `reverse`: time runs from the end.
"""

import numpy as np

from ..graph import Primitive, bind
from ..trace.tracer import Tracer
from .linalg.derived import derived, rule
from .shaping import broadcast, full


def recursive_filter(x, b, a, z=None, reverse=False):
    """Traced arrays of one type, as above; b and a also without the leading axes of x."""
    batch = x.shape[:-3]
    if z is None:
        z = _none(x)
    nodes = [v.node for v in (x, b, a, z)]
    nodes[1:3] = [broadcast(v, batch + v.shape[-1:]) for v in nodes[1:3]]

    def compute(*args):
        return bind(FILTER, args, (int(reverse),))

    return Tracer(derived("filter", compute, nodes, (bool(reverse),)))


def _none(x):
    return Tracer(full(x.shape[:-2] + (0, x.shape[-1]), 0, x.dtype))


def _one(b):
    return Tracer(full(b.shape[:-1] + (1,), 1, b.dtype))


def _along_time(x, start, stop, reverse):
    """Samples start to stop, counted from where time begins."""
    n = x.shape[-2]
    return x[..., n - stop : n - start, :] if reverse else x[..., start:stop, :]


def _lagged(w, x, first, n, reverse):
    """sum over lines, columns and t of w_t x_{t-k} for k = first, ..., first + n - 1."""
    length = x.shape[-2]
    sums = []
    for k in range(first, first + n):
        if k >= length:
            sums.append(0 * np.sum(w[..., :0, :], (-3, -2, -1)))
            continue
        late = _along_time(w, k, length, reverse)
        early = _along_time(x, 0, length - k, reverse)
        sums.append(np.sum(late * early, (-3, -2, -1)))
    return np.stack(sums, -1)


def _transpose(ct, args, params, k, needs):
    """The adjoint of a filter is the filter that runs backwards."""
    x, b, a, z = args
    back = not params[0]
    grads = [recursive_filter(ct, b, a, None, back) if needs[0] else None, None, None, None]
    if not any(needs[1:]):
        return grads
    w = recursive_filter(ct, _one(b), a, None, back)
    if needs[1] and b.shape[-1]:
        grads[1] = _lagged(w, x, 0, b.shape[-1], params[0])
    if needs[2] and a.shape[-1]:
        y = recursive_filter(x, b, a, z, params[0])
        grads[2] = -_lagged(w, y, 1, a.shape[-1], params[0])
    q, n = z.shape[-2], x.shape[-2]
    if needs[3]:
        first = _along_time(w, 0, min(q, n), params[0])
        first = first[..., ::-1, :] if params[0] else first
        rest = Tracer(full(z.shape[:-2] + (q - min(q, n), z.shape[-1]), 0, z.dtype))
        grads[3] = np.concatenate([first, rest], -2)
    return grads


@rule("filter", _transpose)
def _filter_rule(t, args, params):
    x, b, a, z = args
    parts = []
    if t[0] is not None or t[3] is not None:
        dx = Tracer(full(x.shape, 0, x.dtype)) if t[0] is None else t[0]
        parts.append(recursive_filter(dx, b, a, t[3], params[0]))
    if t[1] is not None:
        parts.append(recursive_filter(x, t[1], a, None, params[0]))
    if t[2] is not None and a.shape[-1]:
        y = recursive_filter(x, b, a, z, params[0])
        late = np.concatenate([0 * _one(b), -t[2]], -1)
        parts.append(recursive_filter(y, late, a, None, params[0]))
    return [sum(parts[1:], parts[0]) if parts else None]


def _twin(params, x, b, a, z):
    y = np.zeros_like(x)
    n = x.shape[-2]
    order = range(n)[::-1] if params[0] else range(n)
    step = -1 if params[0] else 1
    for i, t in enumerate(order):
        for k in range(min(b.shape[-1], i + 1)):
            y[..., t, :] += b[..., k, None, None] * x[..., t - step * k, :]
        for k in range(1, min(a.shape[-1], i) + 1):
            y[..., t, :] -= a[..., k - 1, None, None] * y[..., t - step * k, :]
        if i < z.shape[-2]:
            y[..., t, :] += z[..., i, :]
    return y


def _lower(node, low):
    ins = [low.view(v) for v in low.args(node)]
    low.emit("filter", [low.out(node)], ins, ip=node.params, node=node)


def _batch(values, node, n):
    args = [v if s else broadcast(v, (n,) + a.shape) for (v, s), a in zip(values, node.args)]
    return bind(FILTER, tuple(args), node.params)


FILTER = Primitive(
    "filter",
    "call",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=_twin,
    lower=_lower,
    batch=_batch,
)

"""Derivatives as graph rewriting: reverse mode walks the graph back, forward mode walks it along.

Both add ordinary nodes to the current graph, so derivatives of derivatives need nothing more.
"""

from ..graph import PROJ, at_line, reachable
from ..primitives import elementwise as ew
from ..primitives.shaping import full, unbroadcast


def _active(order, wrt):
    """The nodes that depend on `wrt` through floating-point values."""
    active = set(wrt)
    for node in order:
        if (
            node not in active
            and node.prim.name != "stop_gradient"
            and any(a in active for a in node.args)
        ):
            if node.is_float or node.aux is not None:
                active.add(node)
    return active


def backward(outputs, cotangents, wrt):
    """Cotangents of `wrt` given those of `outputs`; None where nothing flows.

    Rules see `needs`: which arguments matter, so that no unused derivative is built.
    """
    order = reachable(outputs)
    active = _active(order, wrt)
    pending = {}
    for node, ct in zip(outputs, cotangents):
        if ct is not None and node in active:
            _accumulate(pending, node, ct)
    targets = set(wrt)
    multi = {}  # node with several outputs -> list of cotangents
    for node in reversed(order):
        if node not in active:
            continue
        ct = pending.get(node)
        if node.prim is PROJ:
            source = node.args[0]
            if ct is not None and source in active:
                multi.setdefault(source, [None] * len(source.aux))[node.params[0]] = ct
            continue
        if node.aux is not None:
            ct = multi.pop(node, None)
        if ct is None or not node.args:
            continue
        needs = tuple(a in active for a in node.args)
        if not any(needs):
            continue
        if node.prim.vjp is None:
            raise TypeError(f"{node.prim.name} has no derivative")
        with at_line(node.where):
            for arg, d, need in zip(
                node.args, node.prim.vjp(ct, node, node.args, node.params, needs), needs
            ):
                if need and d is not None:
                    if d.shape != arg.shape:
                        d = unbroadcast(d, arg.shape)
                    _accumulate(pending, arg, d)
        if node not in targets:
            pending.pop(node, None)
    return [pending.get(n) for n in wrt]


def backward_merged(outputs, cotangents, wrt):
    """`backward` where one node may be several outputs, or an output may be an input itself."""
    merged, order = {}, []
    for node, ct in zip(outputs, cotangents):
        if node in merged:
            merged[node] = ew.add(merged[node], ct)
        else:
            merged[node] = ct
            order.append(node)
    return backward(order, [merged[n] for n in order], wrt)


def _accumulate(pending, node, ct):
    if not node.is_float:
        return
    if ct.dtype != node.dtype:
        ct = ew.convert(ct, node.dtype)
    if ct.shape != node.shape:
        ct = full(node.shape, ct.params[0], node.dtype) if ct.prim is ew.LITERAL else ct
    known = pending.get(node)
    pending[node] = ct if known is None else ew.add(known, ct)


def forward(outputs, wrt, tangents):
    """Tangents of `outputs` given those of `wrt`; None where nothing flows."""
    order = reachable(outputs)
    known = {n: t for n, t in zip(wrt, tangents) if t is not None}
    multi = {}
    for node in order:
        if node in known or not node.args:
            continue
        if node.prim is PROJ:
            ts = multi.get(node.args[0])
            if ts is not None and ts[node.params[0]] is not None:
                known[node] = ts[node.params[0]]
            continue
        ts = [known.get(a) for a in node.args]
        if all(t is None for t in ts) or (not node.is_float and node.aux is None):
            continue
        if node.prim.name == "stop_gradient":
            continue
        if node.prim.jvp is None:
            raise TypeError(f"{node.prim.name} has no derivative in forward mode")
        with at_line(node.where):
            result = node.prim.jvp(ts, node, node.args, node.params)
        if node.aux is not None:
            multi[node] = result
        elif result is not None:
            if result.shape != node.shape:
                from ..primitives.shaping import broadcast

                result = broadcast(result, node.shape)
            known[node] = result
    return [known.get(n) for n in outputs]

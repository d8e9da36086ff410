"""Matrix products: one primitive, batched; einsum, dot and the rest are composites of it."""

import math

import numpy as np

from ..graph import INT64, Primitive, bind
from ..views import joint_shape
from . import elementwise as ew
from .shaping import broadcast, reshape, transpose


def matmul(a, b):
    """(..., m, k) @ (..., k, n) of one dtype; leading axes are broadcast."""
    if a.dtype.char in ew.FOREIGN and a.dtype.kind in "iu":
        # the product wraps in the end as it would at each step
        return ew.convert(matmul(ew.convert(a, INT64), ew.convert(b, INT64)), a.dtype)
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"matmul: the last axis of the first array and the second-to-last of the second must match, "
            f"got shapes {a.shape} and {b.shape}"
        )
    batch = joint_shape(a.shape[:-2], b.shape[:-2])
    if len(batch) and _collapsible(a, b, batch):
        # one matrix on the right: the batch joins the rows, a single product
        m, k = a.shape[-2:]
        flat = matmul(
            reshape(a, (-1 if a.size else math.prod(batch) * m, k)), reshape(b, b.shape[-2:])
        )
        return reshape(flat, batch + (m, b.shape[-1]))
    return bind(MATMUL, (broadcast(a, batch + a.shape[-2:]), broadcast(b, batch + b.shape[-2:])))


def _collapsible(a, b, batch):
    return a.shape[:-2] == batch and all(d == 1 for d in b.shape[:-2])


def swap(node):
    """The last two axes exchanged."""
    n = node.ndim
    return transpose(node, tuple(range(n - 2)) + (n - 1, n - 2))


def _infer(args, params):
    a, b = args
    return a.shape[:-1] + (b.shape[-1],), a.dtype


def _vjp(ct, out, args, params, needs):
    a, b = args
    return [matmul(ct, swap(b)) if needs[0] else None, matmul(swap(a), ct) if needs[1] else None]


def _jvp(t, out, args, params):
    a, b = args
    left = matmul(t[0], b) if t[0] is not None else None
    right = matmul(a, t[1]) if t[1] is not None else None
    if left is None or right is None:
        return left if right is None else right
    return ew.add(left, right)


def _lower(node, low):
    a, b = (low.view(x) for x in node.args)
    low.emit("matmul", [low.out(node)], [a, b], node=node)


MATMUL = Primitive(
    "matmul",
    "call",
    _infer,
    twin=lambda params, a, b: np.matmul(a, b),
    vjp=_vjp,
    jvp=_jvp,
    lower=_lower,
)


def tensordot(a, b, axes_a, axes_b):
    """Sum of products over paired axes."""
    free_a = [i for i in range(a.ndim) if i not in axes_a]
    free_b = [i for i in range(b.ndim) if i not in axes_b]
    for i, j in zip(axes_a, axes_b):
        if a.shape[i] != b.shape[j]:
            raise ValueError(
                f"shape-mismatch for sum: got shapes {a.shape} and {b.shape} over axes "
                f"{tuple(axes_a)} and {tuple(axes_b)}"
            )
    k = math.prod([a.shape[i] for i in axes_a])
    rows = [a.shape[i] for i in free_a]
    cols = [b.shape[i] for i in free_b]
    left = reshape(transpose(a, free_a + list(axes_a)), (math.prod(rows), k))
    right = reshape(transpose(b, list(axes_b) + free_b), (k, math.prod(cols)))
    return reshape(matmul(left, right), tuple(rows + cols))


def einsum(spec, nodes):
    """Einstein summation, pair by pair from the left.

    A pair is one batched matrix product, or a plain product where no label is summed.
    """
    inputs, output = _parse(spec, [n.ndim for n in nodes])
    sizes = {}
    for labels, node in zip(inputs, nodes):
        for label, d in zip(labels, node.shape):
            known = sizes.get(label, 1)
            if known != 1 and d not in (1, known):
                raise ValueError(f"einsum: label {label!r} has lengths {known} and {d} in {spec!r}")
            sizes[label] = d if known == 1 else known
    terms = [_diagonals(labels, node, sizes) for labels, node in zip(inputs, nodes)]
    while len(terms) > 1:
        (la, a), (lb, b) = terms[0], terms[1]
        later = set(output).union(*[t[0] for t in terms[2:]])
        terms[:2] = [_pair(la, a, lb, b, later, sizes)]
    labels, node = terms[0]
    return _finish(labels, node, output)


def _parse(spec, ndims):
    spec = spec.replace(" ", "")
    left, arrow, right = spec.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(ndims):
        raise ValueError(f"einsum: {spec!r} names {len(inputs)} operands, got {len(ndims)}")
    used = {c for c in spec if c.isalpha()}
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in used]
    widest = max(
        [n - len(s.replace("...", "")) for s, n in zip(inputs, ndims) if "..." in s], default=0
    )
    dots = "".join(spare[:widest])
    full = []
    for s, n in zip(inputs, ndims):
        extra = n - len(s.replace("...", ""))
        if "..." in s:
            s = s.replace("...", dots[widest - extra :] if extra else "")
        if len(s) != n:
            raise ValueError(f"einsum: operand with {n} axes does not fit {s!r} in {spec!r}")
        full.append(s)
    if arrow:
        right = right.replace("...", dots)
    else:
        joined = "".join(full)
        right = dots + "".join(sorted(c for c in set(joined) - set(dots) if joined.count(c) == 1))
    if len(set(right)) != len(right) or not set(right) <= set("".join(full)):
        raise ValueError(
            f"einsum: output {right!r} must name each label of the inputs at most once"
        )
    return full, right


def _diagonals(labels, node, sizes):
    """Repeated labels within one operand become a diagonal; length-1 axes are broadcast."""
    from .indexing import diagonal

    while len(set(labels)) < len(labels):
        for i, c in enumerate(labels):
            j = labels.find(c, i + 1)
            if j >= 0:
                node = diagonal(node, 0, i, j)
                labels = labels[:i] + labels[i + 1 : j] + labels[j + 1 :] + c
                break
    return labels, broadcast(node, tuple(sizes[c] for c in labels))


def _pair(la, a, lb, b, later, sizes):
    from .reducing import reduce

    def drop(labels, node, other):
        gone = [i for i, c in enumerate(labels) if c not in later and c not in other]
        if gone:
            node = reduce("sum", node, tuple(gone))
            labels = "".join(c for i, c in enumerate(labels) if i not in gone)
        return labels, node

    la, a = drop(la, a, lb)
    lb, b = drop(lb, b, la)
    shared = [c for c in la if c in lb]
    batch = [c for c in shared if c in later]
    inner = [c for c in shared if c not in later]
    rows = [c for c in la if c not in lb]
    cols = [c for c in lb if c not in la]
    if batch and not inner:
        return _product(la, a, lb, b, cols, sizes)

    def size(labels):
        return math.prod([sizes[c] for c in labels])

    left = transpose(a, [la.index(c) for c in batch + rows + inner])
    right = transpose(b, [lb.index(c) for c in batch + inner + cols])
    shape = tuple(sizes[c] for c in batch)
    left = reshape(left, shape + (size(rows), size(inner)))
    right = reshape(right, shape + (size(inner), size(cols)))
    labels = "".join(batch + rows + cols)
    return labels, reshape(matmul(left, right), tuple(sizes[c] for c in labels))


def _product(la, a, lb, b, cols, sizes):
    """The product of every element of `a` with those of `b` that share its labels."""
    labels = la + "".join(cols)
    left = reshape(a, a.shape + (1,) * len(cols))
    right = transpose(b, [lb.index(c) for c in labels if c in lb])
    right = reshape(right, tuple(sizes[c] if c in lb else 1 for c in labels))
    shape = tuple(sizes[c] for c in labels)
    return labels, ew.apply(ew.MUL, broadcast(left, shape), broadcast(right, shape))


def _finish(labels, node, output):
    from .reducing import reduce

    gone = tuple(i for i, c in enumerate(labels) if c not in output)
    if gone:
        node = reduce("sum", node, gone)
        labels = "".join(c for c in labels if c in output)
    return transpose(node, [labels.index(c) for c in output])

"""Reductions that an elementwise group computes along with its values: kernel `fold`.

A reduction of a group's value, by itself or behind reshapes, becomes an output of the group that is
folded instead of written (csrc/kernels/fold). The iteration is (P, R, Q) in C order and R is reduced:
trailing axes have Q = 1, leading ones P = 1.
"""

from math import prod
from typing import NamedTuple

from ..primitives.reducing import REDUCE
from ..primitives.shaping import RESHAPE
from .sharing import WHOLE

OPS = ("sum", "prod", "max", "min", "any", "all")  # by number, as in csrc/kernels/fold/fold.h
_NUMBER = {REDUCE[op]: k for k, op in enumerate(OPS)}
_MOST = 8  # folded outputs of one instruction
_COLUMNS = 8  # fewer are no columns: the elements of an output lie apart


class Fold(NamedTuple):
    """A reduction that a group computes.

    node : Node, the reduction
    value : Node of the group
    split : (P, R, Q)
    """

    node: object
    value: object
    split: tuple

    @property
    def number(self):
        return _NUMBER[self.node.prim]


def split_of(shape, axes):
    """(P, R, Q) of a reduction over `axes`, or None where they are not neighbours or Q is small."""
    first, stop = min(axes), max(axes) + 1
    if any(shape[i] != 1 for i in range(first, stop) if i not in axes):
        return None
    p, r, q = prod(shape[:first]), prod(shape[first:stop]), prod(shape[stop:])
    return (p, r, q) if r > 1 and (q == 1 or q >= _COLUMNS) else None


def find_folds(nodes, low):
    """The reductions of values of the group `nodes` that can run inside it, all of one split."""
    found = {}
    for value in nodes:
        for user in low.readers[value]:
            if user.prim not in _NUMBER or user in low.done or not user.params[0]:
                continue
            source = low.args(user)[0]
            split = split_of(source.shape, user.params[0])
            while source is not value and (source.prim is RESHAPE or source.prim.name in WHOLE):
                source = low.args(source)[0]
            if split and source is value:
                found.setdefault(split, {})[user] = Fold(user, value, split)
    if not found:
        return []

    def saved(folds):
        """How many values need not be written, then how many reductions there are."""
        return len(nodes) - len(written(nodes, folds.values(), low)), len(folds)

    return list(max(found.values(), key=saved).values())[:_MOST]


def written(nodes, folds, low):
    """The values of a group that others read than the group, its reductions and what packs them."""
    inside = set(nodes)
    besides = {fold.node for fold in folds} | low.records.absorbed

    def is_inside(user):
        return user in inside or user in besides or (besides and through(user) <= besides)

    def through(user):
        return low.readers_of(user) if user.prim.kind == "view" else {user}

    return [
        n
        for n in nodes
        if n in low.kept
        or n in low.out_of
        or n in low.records.wanted
        or not all(is_inside(user) for user in low.users.get(n, ()))
    ]


def parameters(shape, results, folds, dtype_code):
    """The integers before the micro-program. results: the number of outputs written as they are."""
    ip = [*folds[0].split, len(shape), *shape, *[-1, 0] * results]
    for fold in folds:
        ip += [fold.number, dtype_code[fold.value.dtype]]
    return ip

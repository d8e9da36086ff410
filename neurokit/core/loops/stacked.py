"""Weight gradients of a loop: one product over all steps in place of one per step.

A weight's share of each step is a product a_t b_t, seen through transposes and reshapes. The backward
loop then records a_t and b_t (or they are there already, as inputs or saved values), and the sum over
t is one `matmul_sum` after it.
"""

from ..primitives.elementwise import ADD
from ..primitives.linear import MATMUL
from ..primitives.matmul_sum import matmul_sum
from ..primitives.shaping import RESHAPE, TRANSPOSE, concatenate, inverse, reshape, transpose

_VIEWS = (RESHAPE, TRANSPOSE)


def strip(node):
    """(the node below reshapes and transposes, those from the inside out)."""
    views = []
    while node.prim in _VIEWS:
        views.append(node)
        node = node.args[0]
    return node, views[::-1]


def _key(views):
    return [(v.prim, v.params) for v in views]


class Stacked:
    """The products that make one weight gradient, as nodes of the backward body."""

    def __init__(self, terms, views):
        self.terms, self.views = terms, views  # [(a, b)], and what makes a gradient of their sum
        self.factors = [[strip(x) for x in pair] for pair in terms]

    @property
    def sources(self):
        """The nodes whose values over all steps are needed."""
        return [base for pair in self.factors for base, _ in pair]

    def total(self, start, stacks, backwards):
        """`start` plus the sum over all steps; stacks: {source: its values along a leading axis}."""
        a, b = [
            _joined([_over_steps(stacks[base], views) for base, views in side], axis)
            for side, axis in zip(zip(*self.factors), (2, 1))
        ]
        acc = start
        for v in reversed(self.views):
            inside = v.args[0].shape
            acc = (
                transpose(acc, inverse(v.params[0]))
                if v.prim is TRANSPOSE
                else reshape(acc, inside)
            )
        total = matmul_sum(acc, a, b, backwards)
        for v in self.views:
            total = (
                transpose(total, v.params[0]) if v.prim is TRANSPOSE else reshape(total, v.shape)
            )
        return total


def products_of(gradient):
    """The gradient as products that can be stacked, or None."""
    first, views = None, None
    terms, stack = [], [gradient]
    while stack:
        node = stack.pop()
        if node.prim is ADD:
            stack += [node.args[1], node.args[0]]
            continue
        base, around = strip(node)
        if base.prim is not MATMUL or base.ndim != 2 or base.dtype.kind != "f":
            return None
        if views is None:
            first, views = base, around
        if base.shape != first.shape or _key(around) != _key(views):
            return None
        terms.append(base.args)
    return Stacked(terms, views)


def _over_steps(stack, views):
    """The views of one step, of all steps at once."""
    for v in views:
        if v.prim is TRANSPOSE:
            stack = transpose(stack, (0,) + tuple(i + 1 for i in v.params[0]))
        else:
            stack = reshape(stack, stack.shape[:1] + v.shape)
    return stack


def _joined(parts, axis):
    return parts[0] if len(parts) == 1 else concatenate(parts, axis)

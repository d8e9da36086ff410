"""Loops as one node: the body is traced once, closed over what it captures, and differentiated.

A body's inputs are consts, carries, xs and (where asked for) the step's index; its outputs the
next carries and the ys. The gradient of a loop is two loops: one that runs forward again and
saves what the backward one cannot cheaply recompute, and one that runs back. Under a checkpoint
plan both sit inside a loop over segments, and only the carries at segment borders are kept.
"""

from . import batch, reverse, tangent, while_reverse  # noqa: F401 - give the loops their rules
from .body import SCAN, Body, bind_scan
from .cond import COND, Cond, bind_cond
from .hoist import hoist
from .while_loop import WHILE, While, bind_while

__all__ = [
    "COND",
    "SCAN",
    "WHILE",
    "Body",
    "Cond",
    "While",
    "bind_cond",
    "bind_scan",
    "bind_while",
    "hoist",
]

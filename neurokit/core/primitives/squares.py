"""Squares of sizes: |x|^2 and the square of a norm are smooth where |x| and the norm have a kink.

The value is the square of what was computed; its derivatives are those of what lies under the root.
"""

from ..graph import literal
from . import elementwise as ew
from .complex_math import RULES
from .complexes import RULED, ruled
from .elementwise import mul

WATCHED = frozenset([ew.ROWS["abs"], ew.SELECT, RULED])  # what `square` looks for


def square(a):
    """a^2 of a float node."""
    if a.prim is ew.ROWS["abs"]:
        return ew.apply(ew.ROWS["square"], a.args[0])
    value = ew.apply(ew.ROWS["square"], a)
    if a.prim is RULED and a.params[0] == "complex_abs":
        return ruled("square_of_size", (value,), a.args[2:])[0]
    total = _under_root(a)
    return value if total is None else ruled("square_of_root", (value,), (total,))[0]


def _under_root(a):
    """s, where `a` is 0 if s is 0, else the square root of s."""
    if a.prim is ew.SELECT and a.args[2].prim is ew.ROWS["sqrt"]:
        zero, safe = a.args[0], a.args[2].args[0]
        if zero.prim is ew.ROWS["eq"] and safe.prim is ew.SELECT and safe.args[0] is zero:
            total, nothing = safe.args[2], zero.args[1]
            if zero.args[0] is total and ew.is_literal(nothing) and nothing.params[0] == 0:
                return total
    return None


RULES["square_of_size"] = lambda k, out, reals: [mul(x, 2.0) for x in reals]
RULES["square_of_root"] = lambda k, out, reals: [literal(1.0, reals[0].dtype)]

"""Integers that no elementwise kernel computes in: int8, int16 and the unsigned ones, with NumPy's results.

8 and 16 bits are computed in int32, uint32 in int64, and converted back, which wraps as NumPy does.
uint64 is computed on the same bits as int64; where the sign would matter (order, division, shifts to
the right, powers) a composite takes care of it.
"""

from ..graph import INT32, INT64, literal
from . import elementwise as ew
from .elementwise import add, convert, mul, select, sub

_MIN, _MAX = -(2**63), 2**63 - 1


def _ap(name, *args):
    return ew.apply(ew.ROWS[name], *args)


def apply(prim, nodes, params):
    """The elementwise primitive on such integers: `elementwise.apply` ends here for them."""
    name = prim.name
    home = nodes[-1].dtype
    if home.itemsize == 8 and name in _UINT64:
        result = _UINT64[name](*[convert(n, INT64) if n.dtype == home else n for n in nodes])
    else:
        wide = INT64 if home.itemsize >= 4 else INT32
        result = ew.apply(prim, *[convert(n, wide) if n.dtype == home else n for n in nodes])
    return result if result.dtype.kind == "b" else convert(result, home)


# ---------------------------------------------------------------------------- uint64 on the bits of int64


def _flip(x):
    """Bits whose signed order is the unsigned order of `x`."""
    return _ap("xor", x, _MIN)


def _ordered(name):
    return lambda a, b: _ap(name, _flip(a), _flip(b))


def _less(a, b):
    return _ap("lt", _flip(a), _flip(b))


def _shift_right(a, n):
    """Zeros come in from the left."""
    by = select(_ap("eq", n, 0), literal(1, INT64), n)
    once = _ap("and", _ap("shr", a, 1), _MAX)
    inside = _ap("and", _ap("gt", by, 0), _ap("lt", by, 64))
    moved = _ap("shr", once, select(inside, sub(by, 1), literal(0, INT64)))
    return select(_ap("eq", n, 0), a, select(inside, moved, literal(0, INT64)))


def _quotient(a, b):
    """Unsigned a // b by signed divisions (Warren, Hacker's Delight, 9-3); 0 for b = 0."""
    half = _ap("floordiv", _ap("and", _ap("shr", a, 1), _MAX), b)
    estimate = mul(half, 2)
    rest = sub(a, mul(estimate, b))
    estimate = add(estimate, convert(_ap("not", _less(rest, b)), INT64))
    estimate = select(_ap("ge", a, 0), _ap("floordiv", a, b), estimate)
    large = convert(_ap("not", _less(a, b)), INT64)  # b of 2^63 and more fits once or not at all
    return select(_ap("eq", b, 0), literal(0, INT64), select(_ap("lt", b, 0), large, estimate))


def _remainder(a, b):
    return select(_ap("eq", b, 0), literal(0, INT64), sub(a, mul(_quotient(a, b), b)))


def _power(a, n):
    """Odd numbers repeat after 2^62 powers, even ones have vanished by then."""
    far = add(_ap("and", n, 2**62 - 1), 2**62)
    return _ap("pow", a, select(_ap("lt", n, 0), far, n))


_UINT64 = {
    "abs": lambda a: a,
    "sign": lambda a: convert(_ap("ne", a, 0), INT64),
    "reciprocal": lambda a: convert(_ap("eq", a, 1), INT64),
    "maximum": lambda a, b: select(_less(a, b), b, a),
    "minimum": lambda a, b: select(_less(a, b), a, b),
    "lt": _ordered("lt"),
    "le": _ordered("le"),
    "gt": _ordered("gt"),
    "ge": _ordered("ge"),
    "shr": _shift_right,
    "floordiv": _quotient,
    "mod": _remainder,
    "pow": _power,
}


# ---------------------------------------------------------------------------- uint64 beside int64


def compare_mixed(name, a, b):
    """Exact comparison of int64 with uint64, in either order."""
    if a.dtype.kind == "u":
        mirror = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
        return compare_mixed(mirror.get(name, name), b, a)
    b = convert(b, INT64)
    equal = _ap("and", _ap("eq", a, b), _ap("ge", a, 0))
    less = _ap("or", _ap("or", _ap("lt", a, 0), _ap("lt", b, 0)), _ap("lt", a, b))
    below = _ap("or", less, equal)
    return {
        "eq": equal,
        "ne": _ap("not", equal),
        "lt": less,
        "le": below,
        "gt": _ap("not", below),
        "ge": _ap("not", less),
    }[name]


for _char in "bBhHILQ":
    ew.FOREIGN[_char] = apply

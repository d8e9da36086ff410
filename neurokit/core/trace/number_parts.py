"""Ufuncs that take numbers apart: modf, frexp, ldexp, gcd, lcm, bitwise_count."""

import numpy as np

from .tracer import Tracer, to_node


def _where(c, a, b):
    from ..numpy_table import where

    return where(c, a, b)


def modf(x):
    whole = np.trunc(x)
    return np.copysign(_where(np.isinf(x), 0.0, x - whole), x), whole


def _power_of_two(n, dtype):
    return np.exp2(n.astype(dtype))


def ldexp(x, n):
    """x 2^n in three factors, each a number of the type."""
    info = np.finfo(x.dtype)
    for _ in range(3):
        part = np.minimum(np.maximum(n, int(info.minexp)), int(info.maxexp) - 1)
        x, n = x * _power_of_two(part, x.dtype), n - part
    return x


def frexp(x):
    size = np.abs(x)
    usual = np.isfinite(x) & (size > 0)
    e = np.floor(np.log2(_where(usual, size, 1.0))) + 1
    e = Tracer(to_node(e)).astype(np.int32)
    m = ldexp(x, -e)
    high, low = np.abs(m) >= 1, np.abs(m) < 0.5
    m = _where(high, m * 0.5, _where(low, m * 2.0, m))
    e = _where(high, e + 1, _where(low, e - 1, e))
    return _where(usual, m, x), _where(usual, e, 0)


def gcd(a, b):
    """Euclid's algorithm, run until every element is done."""
    from ..loops.flow import while_loop

    def step(pair):
        a, b = pair
        done = b == 0
        return _where(done, a, b), _where(done, 0, a % _where(done, 1, b))

    a, b = np.broadcast_arrays(np.abs(a), np.abs(b))
    if not a.size:
        return a
    # |least number| is itself, so that signs may come back
    return np.abs(while_loop(lambda pair: np.any(pair[1] != 0), step, (a, b))[0])


def lcm(a, b):
    common = gcd(a, b)
    return np.abs(a) // _where(common == 0, 1, common) * np.abs(b)


def bitwise_count(x):
    """The number of ones of |x|, added up in ever wider groups of bits."""
    signed = x.dtype.kind == "i"  # the least number has no |x| of its own width
    x = np.abs(x.astype(np.int64)) if signed else x.astype(np.int64)
    x = x - ((x >> 1) & 0x5555555555555555)
    x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333)
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F
    return ((x * 0x0101010101010101) >> 56).astype(np.uint8)


PARTS = {
    np.modf: modf,
    np.ldexp: ldexp,
    np.frexp: frexp,
    np.gcd: gcd,
    np.lcm: lcm,
    np.bitwise_count: bitwise_count,
}

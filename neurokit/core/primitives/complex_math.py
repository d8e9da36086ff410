"""Elementwise operations on complex values, each a composite of operations on real and imaginary parts.

A pair is (real node, imaginary node). Branch cuts, infinities and signed zeros are those of NumPy:
a function continues to the side that the sign of a zero tells (Kahan, 1987, Branch cuts for complex
elementary functions). Holomorphic functions carry one complex derivative, whatever branches their
value takes.
"""

import math

from ..graph import LITERAL, literal
from . import elementwise as ew
from .complexes import RULES, convert, join, parts, ruled
from .elementwise import add, div, mul, neg, sub
from .shaping import full


def _ap(name, *args):
    return ew.apply(ew.ROWS[name], *args)


def _const(like, value):
    return literal(value, like.dtype)


def _if(condition, x, y):
    """`select`, decided here where the condition is a literal."""
    if condition.prim is LITERAL:
        return x if condition.params[0] else y
    return ew.select(condition, x, y)


def _both(f, *pairs):
    return tuple(f(*p) for p in zip(*pairs))


def _pick(condition, p, q):
    return _if(condition, p[0], q[0]), _if(condition, p[1], q[1])


def _is(a, value):
    return _ap("eq", a, value)


def _or(a, b):
    return _ap("or", a, b)


def _and(a, b):
    return _ap("and", a, b)


def _zero_times(s, x):
    """s * x, where a zero s makes a zero (of the sign of the product) of an infinite x too."""
    return _if(_is(s, 0.0), mul(s, _ap("copysign", 1.0, x)), mul(s, x))


# ---------------------------------------------------------------------------- arithmetic


def p_add(p, q):
    return _both(add, p, q)


def p_sub(p, q):
    return _both(sub, p, q)


def p_neg(p):
    return neg(p[0]), neg(p[1])


def p_mul(p, q):
    (a, b), (c, d) = p, q
    return sub(mul(a, c), mul(b, d)), add(mul(a, d), mul(b, c))


def p_scale(p, s):
    return mul(p[0], _const(p[0], s)), mul(p[1], _const(p[1], s))


def p_i(p):
    """i * p."""
    return neg(p[1]), p[0]


def p_minus_i(p):
    """-i * p."""
    return p[1], neg(p[0])


def _one(p):
    return _const(p[0], 1.0), _const(p[0], 0.0)


def p_div(p, q):
    """Smith's quotient (1962, doi:10.1145/368637.368661), as NumPy's."""
    (a, b), (c, d) = p, q
    big = _ap("ge", _ap("abs", c), _ap("abs", d))
    large, small = _if(big, c, d), _if(big, d, c)
    zero = _is(large, 0.0)
    ratio = div(small, _if(zero, _const(c, 1.0), large))
    scale = _ap("reciprocal", add(large, mul(small, ratio)))
    re = mul(_if(big, add(a, mul(b, ratio)), add(mul(a, ratio), b)), scale)
    im = mul(_if(big, sub(b, mul(a, ratio)), sub(mul(b, ratio), a)), scale)
    re = _if(zero, div(a, _ap("abs", c)), re)
    im = _if(zero, div(b, _ap("abs", d)), im)
    return ruled("complex_div", (re, im), (a, b, c, d))


def _complex_slopes(k, slope):
    """Derivatives of output k by the parts of an input, from the complex derivative."""
    p, q = slope
    return (q, p) if k else (p, neg(q))


def _div_rule(k, out, reals):
    q = reals[2:]
    by_p = p_div((_const(q[0], 1.0), _const(q[0], 0.0)), q)
    return _complex_slopes(k, by_p) + _complex_slopes(k, p_neg(p_mul(out, by_p)))


RULES["complex_div"] = _div_rule


def p_abs(p):
    """sqrt(a^2 + b^2); its derivative at 0 is 0."""
    return ruled("complex_abs", (_size(*p),), p)[0]


def _size(a, b):
    """sqrt(a^2 + b^2) without overflow."""
    a, b = _ap("abs", a), _ap("abs", b)
    big, small = _ap("maximum", a, b), _ap("minimum", a, b)
    ratio = div(small, _if(_is(big, 0.0), _const(big, 1.0), big))
    value = mul(big, _ap("sqrt", add(mul(ratio, ratio), 1.0)))
    infinite = _or(_is(a, math.inf), _is(b, math.inf))
    return _if(infinite, _const(a, math.inf), value)


def _abs_rule(k, out, reals):
    zero = _is(out[0], 0.0)
    safe = _if(zero, _const(out[0], 1.0), out[0])
    return div(reals[0], safe), div(reals[1], safe)


RULES["complex_abs"] = _abs_rule


def p_sign(p):
    """z / |z|; where |z| is infinite what NumPy says: the infinite part's direction, two of them have none."""
    size = p_abs(p)
    far, (wide, tall) = _ap("isinf", size), (_ap("isinf", x) for x in p)
    safe = _if(_or(_is(size, 0.0), far), _const(size, 1.0), size)
    zero, nan = _const(size, 0.0), _const(size, math.nan)
    ends = [
        _if(wide, _ap("copysign", 1.0, p[0]), zero),
        _if(wide, zero, _ap("copysign", 1.0, p[1])),
    ]
    ends = [_if(_and(wide, tall), nan, end) for end in ends]
    return tuple(_if(far, end, div(x, safe)) for x, end in zip(p, ends, strict=True))


# ---------------------------------------------------------------------------- holomorphic functions


def _holomorphic(name, slope):
    """Decorator: the function of pairs, with the complex derivative slope(z, out)."""

    def rule(k, out, reals):
        return _complex_slopes(k, slope(tuple(reals), tuple(out)))

    RULES["complex_" + name] = rule

    def wrap(value):
        return lambda p: ruled("complex_" + name, value(p), p)

    return wrap


@_holomorphic("exp", lambda z, w: w)
def p_exp(p):
    a, b = p
    size = _ap("exp", a)
    re, im = _zero_times(size, _ap("cos", b)), _zero_times(size, _ap("sin", b))
    real = _is(b, 0.0)
    return _if(real, size, re), _if(real, b, im)


@_holomorphic("expm1", lambda z, w: (add(w[0], 1.0), w[1]))
def p_expm1(p):
    a, b = p
    half = _ap("sin", mul(b, 0.5))
    re = sub(mul(_ap("expm1", a), _ap("cos", b)), mul(mul(half, half), 2.0))
    return re, _if(_is(b, 0.0), b, mul(_ap("exp", a), _ap("sin", b)))


def _log_size(a, b):
    """log |a + ib|, to full precision near |z| = 1."""
    a, b = _ap("abs", a), _ap("abs", b)
    big, small = _ap("maximum", a, b), _ap("minimum", a, b)
    wild = _or(_is(big, 0.0), _is(big, math.inf))
    ratio = div(small, _if(wild, _const(big, 1.0), big))
    far = add(_ap("log", big), mul(_ap("log1p", mul(ratio, ratio)), 0.5))
    near = _and(_ap("gt", big, 0.5), _ap("lt", big, 2.0))
    inside = _if(near, big, _const(big, 1.0))
    excess = add(mul(sub(inside, 1.0), add(inside, 1.0)), mul(small, small))
    size = _if(near, mul(_ap("log1p", excess), 0.5), _if(wild, _ap("log", big), far))
    infinite = _or(_is(a, math.inf), _is(b, math.inf))
    return _if(infinite, _const(a, math.inf), size)


@_holomorphic("log", lambda z, w: p_div(_one(z), z))
def p_log(p):
    return _log_size(*p), _ap("arctan2", p[1], p[0])


@_holomorphic("log1p", lambda z, w: p_div(_one(z), (add(z[0], 1.0), z[1])))
def p_log1p(p):
    a, b = p
    near = _and(_ap("lt", _ap("abs", a), 0.5), _ap("lt", _ap("abs", b), 0.5))
    x, y = _if(near, a, _const(a, 0.0)), _if(near, b, _const(b, 0.0))
    small = mul(_ap("log1p", add(mul(x, add(x, 2.0)), mul(y, y))), 0.5)
    shifted = add(a, 1.0)
    return _if(near, small, _log_size(shifted, b)), _ap("arctan2", b, shifted)


def _in_base(f, base):
    return lambda p: p_scale(f(p), 1 / math.log(base))


@_holomorphic("sqrt", lambda z, w: p_div((_const(w[0], 0.5), _const(w[0], 0.0)), w))
def p_sqrt(p):
    a, b = p
    size = _size(a, b)
    root = _ap("sqrt", add(mul(_ap("abs", a), 0.5), mul(size, 0.5)))
    zero = _is(root, 0.0)
    other = div(b, mul(_if(zero, _const(a, 1.0), root), 2.0))
    positive = _ap("ge", a, 0.0)
    re, im = _if(positive, root, _ap("abs", other)), _if(positive, other, _ap("copysign", root, b))
    re, im = _if(zero, _const(a, 0.0), re), _if(zero, b, im)
    # infinities: the root of a +- i inf is inf +- i inf, of -inf + ib is 0 + i inf
    flat = _ap("isinf", a)
    re = _if(flat, _if(positive, root, _ap("abs", mul(b, 0.0))), re)
    im = _if(flat, _if(positive, mul(b, 0.0), _ap("copysign", root, b)), im)
    steep = _ap("isinf", b)
    return _if(steep, _const(a, math.inf), re), _if(steep, b, im)


@_holomorphic("sin", lambda z, w: p_cos(z))
def p_sin(p):
    a, b = p
    return (
        _zero_times(_ap("sin", a), _ap("cosh", b)),
        _zero_times(_ap("sinh", b), _ap("cos", a)),
    )


@_holomorphic("cos", lambda z, w: p_neg(p_sin(z)))
def p_cos(p):
    a, b = p
    im = _if(
        _is(b, 0.0),
        mul(b, _ap("sin", a)),
        _zero_times(_ap("sin", a), _ap("sinh", b)),
    )
    return mul(_ap("cos", a), _ap("cosh", b)), neg(im)


@_holomorphic("sinh", lambda z, w: p_cosh(z))
def p_sinh(p):
    return p_minus_i(p_sin(p_i(p)))


@_holomorphic("cosh", lambda z, w: p_sinh(z))
def p_cosh(p):
    return p_cos(p_i(p))


def _one_minus_square(w):
    re, im = p_mul(w, w)
    return sub(1.0, re), neg(im)


@_holomorphic("tanh", lambda z, w: _one_minus_square(w))
def p_tanh(p):
    a, b = p
    far = _ap("gt", _ap("abs", a), 22.0)
    x = _if(far, _const(a, 1.0), a)
    t = _ap("tan", b)
    sec2, s = add(mul(t, t), 1.0), _ap("sinh", x)
    scale = add(mul(sec2, mul(s, s)), 1.0)
    re = div(mul(mul(sec2, _ap("sqrt", add(mul(s, s), 1.0))), s), scale)
    decay = _ap("exp", mul(_ap("abs", a), -2.0))
    wave = mul(mul(_ap("sin", b), _ap("cos", b)), 4.0)
    wave = _if(_ap("isfinite", b), wave, _const(b, 0.0))
    return (
        _if(far, _ap("copysign", 1.0, a), re),
        _if(far, mul(wave, decay), div(t, scale)),
    )


@_holomorphic("tan", lambda z, w: _one_minus_square(p_i(w)))
def p_tan(p):
    return p_minus_i(p_tanh(p_i(p)))


def _roots(p):
    """sqrt(1 - z), sqrt(1 + z)."""
    a, b = p
    return p_sqrt((sub(1.0, a), neg(b))), p_sqrt((add(a, 1.0), b))


def _inverse_root(z):
    """1 / sqrt(1 - z^2)."""
    low, high = _roots(z)
    return p_div(_one(z), p_mul(low, high))


@_holomorphic("arcsin", lambda z, w: _inverse_root(z))
def p_arcsin(p):
    (c, d), (e, f) = _roots(p)
    return (
        _ap("arctan2", p[0], sub(mul(c, e), mul(d, f))),
        _ap("arcsinh", sub(mul(c, f), mul(d, e))),
    )


@_holomorphic("arccos", lambda z, w: p_neg(_inverse_root(z)))
def p_arccos(p):
    (c, d), (e, f) = _roots(p)
    return (
        mul(_ap("arctan2", c, e), 2.0),
        _ap("arcsinh", sub(mul(e, d), mul(f, c))),
    )


@_holomorphic("arcsinh", lambda z, w: _inverse_root(p_i(z)))
def p_arcsinh(p):
    return p_minus_i(p_arcsin(p_i(p)))


def _shifted_roots(p):
    """sqrt(z - 1), sqrt(z + 1)."""
    a, b = p
    return p_sqrt((sub(a, 1.0), b)), p_sqrt((add(a, 1.0), b))


@_holomorphic("arccosh", lambda z, w: p_div(_one(z), p_mul(*_shifted_roots(z))))
def p_arccosh(p):
    (c, d), (e, f) = _shifted_roots(p)
    return _ap("arcsinh", add(mul(c, e), mul(d, f))), mul(_ap("arctan2", d, e), 2.0)


def _inverse_square(z):
    """1 / (1 - z^2)."""
    re, im = p_mul(z, z)
    return p_div(_one(z), (sub(1.0, re), neg(im)))


@_holomorphic("arctanh", lambda z, w: _inverse_square(z))
def p_arctanh(p):
    a, b = p
    size = _ap("abs", a)
    below, square = sub(1.0, size), mul(b, b)
    # |z| so large that the square overflows: the real part is 0, the imaginary pi / 2
    huge = _ap("gt", _ap("maximum", size, _ap("abs", b)), 1e15)
    near = _if(huge, _const(a, 1.0), add(mul(below, below), square))
    quotient = div(mul(size, 4.0), near)
    re = mul(_ap("copysign", _ap("log1p", quotient), a), 0.25)
    small = p_div(_one(p), p)[0]
    re = _if(huge, _if(_or(_ap("isinf", a), _ap("isinf", b)), mul(re, 0.0), small), re)
    im = mul(_ap("arctan2", mul(b, 2.0), sub(mul(below, add(size, 1.0)), square)), 0.5)
    return re, _if(huge, _ap("copysign", math.pi / 2, b), im)


@_holomorphic("arctan", lambda z, w: _inverse_square(p_i(z)))
def p_arctan(p):
    return p_minus_i(p_arctanh(p_i(p)))


# ---------------------------------------------------------------------------- powers


def p_pow(p, q):
    """exp(q log p); whole exponents known while tracing are products, as in NumPy."""
    n = _whole(q)
    if n is not None:
        result = _repeated(p, abs(n))
        return p_div(_one(p), result) if n < 0 else result
    (a, b), (c, d) = p, q
    value = p_exp(p_mul(q, p_log(p)))
    empty, none = _and(_is(a, 0.0), _is(b, 0.0)), _and(_is(c, 0.0), _is(d, 0.0))
    at_zero = _if(_ap("gt", c, 0.0), _const(a, 0.0), _const(a, math.nan))
    value = _pick(empty, (at_zero, at_zero), value)
    value = _pick(none, _one(p), value)
    return ruled("complex_pow", value, (a, b, c, d))


def _whole(q):
    c, d = q
    if c.prim is LITERAL and d.prim is LITERAL and d.params[0] == 0:
        n = c.params[0]
        if n == n // 1 and abs(n) < 100:
            return int(n)
    return None


def _repeated(p, n):
    result = None
    while n:
        if n & 1:
            result = p if result is None else p_mul(result, p)
        n >>= 1
        if n:
            p = p_mul(p, p)
    if result is None:
        return tuple(full(p[0].shape, v, p[0].dtype) for v in (1.0, 0.0))
    return result


def _pow_rule(k, out, reals):
    p, q = tuple(reals[:2]), tuple(reals[2:])
    by_p = p_mul(q, p_pow(p, (sub(q[0], 1.0), q[1])))
    zero = _and(_is(p[0], 0.0), _is(p[1], 0.0))
    safe = _pick(zero, _one(p), p)
    return _complex_slopes(k, by_p) + _complex_slopes(k, p_mul(tuple(out), p_log(safe)))


RULES["complex_pow"] = _pow_rule


# ---------------------------------------------------------------------------- comparison and choice


def _less(or_equal, mirrored=False):
    """NumPy's order: by the real part, then the imaginary; false where a NaN takes part."""

    def test(p, q):
        (a, b), (c, d) = (q, p) if mirrored else (p, q)
        whole = _and(_is(b, b), _is(d, d))
        first = _and(_ap("lt", a, c), whole)
        return _or(first, _and(_is(a, c), _ap("le" if or_equal else "lt", b, d)))

    return test


def _equal(p, q):
    return _and(_ap("eq", p[0], q[0]), _ap("eq", p[1], q[1]))


def _differ(p, q):
    return _or(_ap("ne", p[0], q[0]), _ap("ne", p[1], q[1]))


def _extreme(better):
    def call(p, q):
        wins = _or(_or(_ap("isnan", p[0]), _ap("isnan", p[1])), better(p, q))
        return _pick(wins, p, q)

    return call


PAIRS = {
    "add": p_add,
    "sub": p_sub,
    "mul": p_mul,
    "div": p_div,
    "neg": p_neg,
    "fma": lambda p, q, r: p_add(p_mul(p, q), r),
    "square": lambda p: p_mul(p, p),
    "reciprocal": lambda p: p_div(_one(p), p),
    "pow": p_pow,
    "sign": p_sign,
    "rint": lambda p: _both(lambda x: _ap("rint", x), p),
    "exp": p_exp,
    "exp2": lambda p: p_exp(p_scale(p, math.log(2))),
    "expm1": p_expm1,
    "log": p_log,
    "log2": _in_base(p_log, 2),
    "log10": _in_base(p_log, 10),
    "log1p": p_log1p,
    "sqrt": p_sqrt,
    "sin": p_sin,
    "cos": p_cos,
    "tan": p_tan,
    "sinh": p_sinh,
    "cosh": p_cosh,
    "tanh": p_tanh,
    "arcsin": p_arcsin,
    "arccos": p_arccos,
    "arctan": p_arctan,
    "arcsinh": p_arcsinh,
    "arccosh": p_arccosh,
    "arctanh": p_arctanh,
    "maximum": _extreme(_less(True, mirrored=True)),
    "minimum": _extreme(_less(True)),
}
REALS = {  # results that are real or bool
    "abs": p_abs,
    "lt": _less(False),
    "le": _less(True),
    "gt": _less(False, mirrored=True),
    "ge": _less(True, mirrored=True),
    "eq": _equal,
    "ne": _differ,
    "isnan": lambda p: _or(_ap("isnan", p[0]), _ap("isnan", p[1])),
    "isinf": lambda p: _or(_ap("isinf", p[0]), _ap("isinf", p[1])),
    "isfinite": lambda p: _and(_ap("isfinite", p[0]), _ap("isfinite", p[1])),
    "not": lambda p: _equal(p, (_const(p[0], 0.0), _const(p[0], 0.0))),
}


def apply(prim, nodes, params):
    """The elementwise primitive on complex nodes: `elementwise.apply` ends here for them."""
    name = prim.name
    if name == "select":
        return join(*_pick(nodes[0], parts(nodes[1]), parts(nodes[2])))
    if name == "convert":
        return convert(nodes[0], params[0])
    pairs = [parts(n) for n in nodes]
    if name in REALS:
        return REALS[name](*pairs)
    if name not in PAIRS:
        raise TypeError(f"{name} is not defined for complex numbers")
    return join(*PAIRS[name](*pairs))


ew.FOREIGN["F"] = ew.FOREIGN["D"] = apply

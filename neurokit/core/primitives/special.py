"""Ufuncs of scipy.special on traced arrays, by name: rows of the table, or composites of rows.

They go by name because scipy.special is slow to import and may never be needed.
"""

import math

import numpy as np

from ..errors import TraceError
from ..graph import INPUT, LITERAL
from ..trace.tracer import Tracer, to_node
from . import complex_erf, special_rows  # noqa: F401 - fill in the rows
from . import elementwise as ew
from .complexes import RULES, ruled

ROWS = {
    "expit": "sigmoid",
    "psi": "digamma",
    "_zeta": "zeta",
    **{
        name: name
        for name in "erf erfc erfcx erfinv erfcinv gamma gammaln rgamma beta betaln "
        "gammainc gammaincc betainc betaincc exp1 expi dawsn spence".split()
    },
}


def _row(name, *args):
    return Tracer(ew.apply(ew.ROWS[name], *[to_node(x) for x in args]))


def _where(c, a, b):
    from ..numpy_table import where

    return where(c, a, b)


# ---------------------------------------------------------------------------- logarithms, entropies


def xlogy(a, b):
    zero = np.equal(a, 0) & ~np.isnan(b) & ~np.isfinite(np.log(b))
    return _where(zero, 0.0, a * np.log(_where(zero, 1.0, b)) + 0.0)


def xlog1py(a, b):
    zero = np.equal(a, 0) & ~np.isnan(b) & ~np.isfinite(np.log1p(b))
    return _where(zero, 0.0, a * np.log1p(_where(zero, 0.0, b)) + 0.0)


def logit(p):
    middle = np.abs(p - 0.5) < 0.2
    s = _where(middle, 2 * p - 1, 0.0)
    q = _where(middle, 0.5, p)
    return _where(middle, np.log1p(s) - np.log1p(-s), np.log(q) - np.log1p(-q))


def _log_expit(x):
    return -np.logaddexp(np.zeros_like(x), -x)


def _entr(x):
    return _where(x < 0, -np.inf, -xlogy(x, x))


def _log_ratio(x, y):
    """x log(x / y), the quotient taken apart where it leaves the range of the type."""
    ratio = x / y
    info = np.finfo(ratio.dtype)
    apart = (ratio > info.max) | (ratio < info.tiny)
    joint = np.log(_where(apart, 1.0, ratio))
    return x * _where(apart, np.log(x) - np.log(y), joint)


def _relative_entropy(x, y, more):
    both = (x > 0) & (y > 0)
    a, b = _where(both, x, 1.0), _where(both, y, 1.0)
    edge = _where((x == 0) & (y >= 0), more(x, y), np.inf)
    inner = _log_ratio(a, b) + more(a, b)
    return _where(np.isnan(x) | np.isnan(y), np.nan, _where(both, inner, edge))


def _rel_entr(x, y):
    return _relative_entropy(x, y, lambda a, b: 0.0)


def _kl_div(x, y):
    return _relative_entropy(x, y, lambda a, b: b - a)


# ---------------------------------------------------------------------------- normal distribution


def _ndtr(x):
    t = x * math.sqrt(0.5)
    tail = 0.5 * _row("erfc", np.abs(t))
    near = np.abs(t) < math.sqrt(0.5)
    middle = 0.5 + 0.5 * _row("erf", t)
    return _where(
        near, middle, _where(t > 0, 1.0 - tail, 0.5 * _row("erfc", _where(t > 0, 0.0, -t)))
    )


def _log_ndtr(x):
    t = to_node(x * -math.sqrt(0.5))
    low = x < -1.0
    left = np.log(0.5 * _row("erfcx", _where(low, Tracer(t), 0.0))) - 0.5 * np.square(x)
    right = np.log1p(-0.5 * _row("erfc", _where(low, 0.0, -Tracer(t))))
    value = _where(low, left, right)
    return Tracer(ruled("log_ndtr", (to_node(value),), (to_node(x),))[0])


def _log_ndtr_rule(k, outs, reals):
    t = ew.mul(reals[0], -math.sqrt(0.5))
    return [ew.div(math.sqrt(2 / math.pi), ew.apply(ew.ROWS["erfcx"], t))]


RULES["log_ndtr"] = _log_ndtr_rule


def _ndtri(p):
    return -math.sqrt(2) * _row("erfcinv", 2 * p)


# ---------------------------------------------------------------------------- gamma, beta


def _loggamma(x):
    return _where(x < 0, np.nan, _row("gammaln", _where(x < 0, 1.0, x)))


def _gammasgn(x):
    whole = np.floor(x)
    odd = whole - 2 * np.floor(whole / 2) != 0
    left = _where(x == whole, np.nan, _where(odd, -1.0, 1.0))
    at_zero = _where(x == 0, np.copysign(np.ones_like(x), x), 1.0)
    return _where(np.isnan(x), x, _where(x < 0, left, at_zero))


def _stdtr(df, t):
    endless = np.isinf(df) & (df > 0)
    valid = (df > 0) & ~endless
    n = _where(valid, df, 1.0)
    square = np.square(t)
    near = square < n
    half = 0.5 * np.ones_like(t + n)
    # at 0 the one that is not wanted costs nothing
    close = _row("betaincc", half, 0.5 * n, _where(near, square / (n + square), 0.0))
    far = _row("betainc", 0.5 * n, half, _where(near, 0.0, n / (n + square)))
    tail = 0.5 * _where(near, close, far)
    value = _where(t > 0, 1.0 - tail, tail)
    value = _where(endless, _ndtr(t), _where(valid & ~np.isnan(t), value, np.nan))
    return Tracer(ruled("stdtr", (to_node(value),), (to_node(_constant(df)), to_node(t)))[0])


def _constant(x):
    return _row("copy", x)


def _stdtr_rule(k, outs, reals):
    df, t = (Tracer(x) for x in reals)
    n = _where(np.isinf(df), 1.0, df)
    normal = -0.5 * np.square(t) - 0.5 * math.log(2 * math.pi)
    front = _row("gammaln", 0.5 * (n + 1)) - _row("gammaln", 0.5 * n) - 0.5 * np.log(n * math.pi)
    density = np.exp(
        _where(np.isinf(df), normal, front - 0.5 * (n + 1) * np.log1p(np.square(t) / n))
    )
    # a number that is not wanted, for the row `copy` to raise when a derivative by df is
    return [to_node(density), to_node(density)]


RULES["stdtr"] = _stdtr_rule


# ---------------------------------------------------------------------------- powers


def _polynomial(x, coefficients):
    out = coefficients[-1]
    for c in coefficients[-2::-1]:
        out = out * x + c
    return out


def _exprel(x):
    near = np.abs(x) < 0.5
    series = _polynomial(_where(near, x, 0.0), [1 / math.factorial(k + 1) for k in range(20)])
    far = _where(near, 1.0, x)
    endless = np.isinf(far) & (far > 0)
    far = _where(endless, 1.0, far)
    return _where(near, series, _where(endless, np.inf, np.expm1(far) / far))


def _log1prel(x):
    """log(1 + x) / x for |x| < 0.05"""
    return _polynomial(x, [(-1) ** k / (k + 1) for k in range(16)])


def _boxcox(x, power):
    log = np.log(x)
    return _box(log, power)


def _box(log, power):
    """(exp(power log) - 1) / power, and its limit at 0, smooth in both."""
    endless = np.isinf(log)
    value = log * _exprel(_where(endless, 0.0, power * log))
    lower = -1 / _or_one(power)
    above = _where(power > 0, np.inf, lower)
    below = _where(power > 0, lower, -np.inf)
    at_end = _where(power == 0, log, _where(log > 0, above, below) + 0 * power)
    return _where(endless, at_end, value)


def _or_one(x):
    return _where(x == 0, 1.0, x)


def _unbox(y, power):
    """log(1 + power y) / power, and its limit at 0."""
    z = _where(np.isinf(y) & (power == 0), 0.0, power * y)
    near = np.abs(z) < 0.05
    far = _where(near, 1.0, z)
    return _where(near, y * _log1prel(_where(near, z, 0.0)), np.log1p(far) / _or_one(power))


def _huber(delta, r):
    size = np.abs(r)
    quadratic = 0.5 * np.square(r)
    value = _where(size <= delta, quadratic, delta * (size - 0.5 * delta))
    return _where(delta < 0, np.inf, value)


def _pseudo_huber(delta, r):
    none = (delta == 0) | np.isinf(delta)
    u = r / _where(none, 1.0, delta)
    endless = np.isinf(u)
    u = _where(endless, 0.0, u)
    value = _where(none, 1.0, np.square(delta)) * (np.square(u) / (np.sqrt(1 + np.square(u)) + 1))
    value = _where(endless, np.inf, value)
    value = _where(delta == 0, 0.0, _where(np.isinf(delta), 0.5 * np.square(r), value))
    return _where(delta < 0, np.inf, value + 0 * (delta + _where(np.isinf(r), 0.0, r)))


# ---------------------------------------------------------------------------- degrees


def _quarters(x):
    """(rest in radians, quarter turn 0 to 3) of an angle in degrees."""
    turn = np.rint(x / 90)
    return (x - 90 * turn) * (math.pi / 180), turn - 4 * np.floor(turn / 4)


def _sindg(x, ahead=0):
    rest, quarter = _quarters(x)
    quarter = quarter + ahead
    quarter = _where(quarter >= 4, quarter - 4, quarter)
    odd, negative = (quarter == 1) | (quarter == 3), quarter >= 2
    value = _where(odd, np.cos(rest), np.sin(rest))
    return _where(negative, -value, value) + 0.0


def _cosdg(x):
    return _sindg(x, 1)


def _tandg(x):
    rest, quarter = _quarters(x)
    odd = (quarter == 1) | (quarter == 3)
    edge = odd & (rest == 0)
    value = _where(odd, -1 / np.tan(_where(rest == 0, 1.0, rest)), np.tan(rest))
    return _where(edge, _where(quarter == 1, np.inf, -np.inf), value)


def _cotdg(x):
    rest, quarter = _quarters(x)
    odd = (quarter == 1) | (quarter == 3)
    edge = ~odd & (rest == 0)
    value = _where(odd, -np.tan(rest), 1 / np.tan(_where(rest == 0, 1.0, rest)))
    return _where(edge, _where(quarter == 0, np.inf, -np.inf), value)


# ---------------------------------------------------------------------------- Bessel functions


def _integer_order(name, v):
    """The order as a node; whole numbers only where it is known."""
    node = to_node(v)
    value = node.params[0] if node.prim is LITERAL else None
    if node.prim is INPUT and node.params[0] == "captured":
        value = node.graph.values.get(node)
    if value is not None and np.any(np.asarray(value) != np.rint(value)):
        raise TraceError(
            f"scipy.special.{name} of a traced array takes whole orders, got {value}: compute it on plain arrays "
            f"outside of the trace"
        )
    return v


def _bessel(row, name=None):
    return lambda v, x: _row(row, _integer_order(name or row, v), x)


def _at_order(row, v):
    return lambda x: _row(row, v * np.ones_like(x), x)


# ---------------------------------------------------------------------------- elliptic integrals


def _means(p):
    """K and (1 - E / K) / m at p = 1 - m, by arithmetic-geometric means of 1 and sqrt(p) (DLMF 19.8.6)."""
    m, b = 1 - p, np.sqrt(p)
    a, b = 0.5 * (1 + b), np.sqrt(b)
    part = m / (16 * np.square(a))  # c_n^2 / m
    square, ratio = m * part, 0.5 + part
    for n in range(1, 14):
        a, b = 0.5 * (a + b), np.sqrt(a * b)
        factor = square / (16 * np.square(a))
        part, square = part * factor, square * factor
        ratio = ratio + 2.0**n * part
    return 0.5 * math.pi / a, ratio


def _complete(p):
    return Tracer(ruled("ellipkm1", (to_node(_means(p)[0]),), (to_node(p),))[0])


def _ellipkm1(p):
    end = p == 0
    return _where(end, 1 / np.sqrt(_where(end, p + 0.0, 1.0)), _complete(_where(end, 1.0, p)))


def _ellipe(m):
    end, endless = m == 1, m == -np.inf
    inner = _where(end | endless, 0.5, m)
    complete, ratio = _means(1 - inner)
    value = to_node(complete * (1 - inner * ratio))
    value = Tracer(ruled("ellipe", (value,), (to_node(inner),))[0])
    at_end = 1 + np.sqrt(_where(end, 1 - m, 1.0))  # the slope is infinite there
    return _where(end, at_end, _where(endless, np.inf, value))


def _ellipkm1_rule(k, outs, reals):
    p = Tracer(reals[0])
    return [to_node(_complete(p) * (_means(p)[1] - 1) / (2 * p))]


def _ellipe_rule(k, outs, reals):
    p = 1 - Tracer(reals[0])
    return [to_node(-0.5 * _complete(p) * _means(p)[1])]


RULES["ellipkm1"], RULES["ellipe"] = _ellipkm1_rule, _ellipe_rule


COMPOSITES = {
    "logit": logit,
    "xlogy": xlogy,
    "xlog1py": xlog1py,
    "log_expit": _log_expit,
    "entr": _entr,
    "rel_entr": _rel_entr,
    "kl_div": _kl_div,
    "ndtr": _ndtr,
    "log_ndtr": _log_ndtr,
    "ndtri": _ndtri,
    "loggamma": _loggamma,
    "gammasgn": _gammasgn,
    "chdtr": lambda v, x: _row("gammainc", 0.5 * v, 0.5 * x),
    "chdtrc": lambda v, x: _row("gammaincc", 0.5 * v, 0.5 * x),
    "gdtr": lambda a, b, x: _row("gammainc", b, _where(a < 0, np.nan, a * x)),
    "gdtrc": lambda a, b, x: _row("gammaincc", b, _where(a < 0, np.nan, a * x)),
    "pdtr": lambda k, m: _row("gammaincc", _where(k < 0, np.nan, np.floor(k) + 1.0), m),
    "pdtrc": lambda k, m: _row("gammainc", _where(k < 0, np.nan, np.floor(k) + 1.0), m),
    "stdtr": _stdtr,
    "exp2": np.exp2,
    "exp10": lambda x: np.power(np.ones_like(x) * 10.0, x),
    "expm1": np.expm1,
    "log1p": np.log1p,
    "cosm1": lambda x: -2 * np.square(np.sin(0.5 * x)),
    "cbrt": np.cbrt,
    "exprel": _exprel,
    "boxcox": _boxcox,
    "boxcox1p": lambda x, power: _box(np.log1p(x), power),
    "inv_boxcox": lambda y, power: np.exp(_unbox(y, power)),
    "inv_boxcox1p": lambda y, power: np.expm1(_unbox(y, power)),
    "huber": _huber,
    "pseudo_huber": _pseudo_huber,
    "radian": lambda d, m, s: (d + (m + s / 60) / 60) * (math.pi / 180),
    "sindg": _sindg,
    "cosdg": _cosdg,
    "tandg": _tandg,
    "cotdg": _cotdg,
    "jv": _bessel("jv"),
    "yv": _bessel("yv"),
    "yn": _bessel("yv", "yn"),
    "kv": _bessel("kv"),
    "kn": _bessel("kv", "kn"),
    "kve": _bessel("kve"),
    "expn": _bessel("expn"),
    "ellipk": lambda m: _ellipkm1(1 - m),
    "ellipkm1": _ellipkm1,
    "ellipe": _ellipe,
    "iv": lambda v, x: _row("iv", v, x),
    "ive": lambda v, x: _row("ive", v, x),
    **{f"{kind}{n}": _at_order(f"{kind}v", n) for kind in "jyik" for n in (0, 1)},
    **{f"{kind}{n}e": _at_order(f"{kind}ve", n) for kind in "ik" for n in (0, 1)},
}

# what computes in float32 where its arguments are; all others go through float64, as in SciPy
NARROW = set(
    "logit xlogy xlog1py log_expit entr exp2 exp10 expm1 log1p cosm1 cbrt huber pseudo_huber radian".split()
)


def in_type(name, composite, *args):
    """The composite of arguments of one type, its result in that type."""
    dtype = next((a.dtype for a in args if a.dtype.kind in "fc"), args[0].dtype)
    if dtype.kind == "c" and name not in ("xlogy", "xlog1py", "expm1", "log1p"):
        raise TypeError(
            f"scipy.special.{name} of complex traced arrays has no form: compute it on plain arrays outside of the trace"
        )
    if name not in NARROW:
        args = [a.astype(np.float64) for a in args]
    return composite(*args).astype(dtype)


# names people look for that have no traced form, and the nearest that has
NEAREST = {
    "gammaincinv": "solve scipy.special.gammainc(a, x) = y with nk.fixed_point",
    "gammainccinv": "solve scipy.special.gammaincc(a, x) = y with nk.fixed_point",
    "betaincinv": "solve scipy.special.betainc(a, b, x) = y with nk.fixed_point",
    "jve": "scipy.special.jv",
    "yve": "scipy.special.yv",
    "hankel1": "scipy.special.jv and scipy.special.yv",
    "hankel2": "scipy.special.jv and scipy.special.yv",
    "wofz": "scipy.special.erfcx(-1j * z)",
    "_riemann_zeta": "scipy.special.zeta(x, 1.0), for x above 1",
    "poch": "np.exp(gammaln(x + m) - gammaln(x))",
    "binom": "np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))",
}

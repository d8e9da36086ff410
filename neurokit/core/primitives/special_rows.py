"""Rows of SciPy's special functions that have kernels of their own, with their derivatives.

A parameter that a function is not differentiated in (the order of a Bessel function, the shape of an
incomplete gamma function) raises by name when a derivative arrives there.
"""

import math

import numpy as np

from ..errors import TraceError
from . import elementwise as ew
from .elementwise import add, div, mul, neg, row, select, sub
from .masking import gmul

_ap = ew._ap
_ROOT_PI = math.sqrt(math.pi)


def _twin(name):
    """The function of scipy.special, which is slow to import and loaded when a twin runs."""

    def twin(*args):
        from scipy import special

        return getattr(special, name)(*args)

    return twin


def no_derivative(function, parameter, instead="differentiate in the other arguments"):
    """A partial derivative that raises."""

    def partial(g, o, *args):
        raise TraceError(
            f"scipy.special.{function} has no derivative in {parameter}: nk.stop_gradient({parameter}), or {instead}"
        )

    return partial


def _rows(names, *partials):
    for name in names.split():
        row(name, _twin(name), partials)


# ---------------------------------------------------------------------------- error functions


def _bell(a):
    """exp(-a^2) 2 / sqrt(pi)"""
    return mul(_ap("exp", neg(_ap("square", a))), 2 / _ROOT_PI)


def _inverse_bell(o):
    return mul(_ap("exp", _ap("square", o)), _ROOT_PI / 2)


_rows("erfc", lambda g, o, a: neg(mul(g, _bell(a))))


def _tail(far, a, sign):
    """sum over k of (2k + 1)!! (sign / (2 a^2))^k / a^2 where `far` says that |a| > 10."""
    square = _ap("square", div(1.0, select(far, a, 10.0)))
    t = mul(square, 0.5)
    series = mul(t, 0.0)
    for k in range(14, -1, -1):
        series = add(mul(mul(series, t), sign * float(2 * k + 3)), 1.0)
    return mul(square, series)


def _scaled_slope(o, a):
    """2 a o - 2 / sqrt(pi), from 10 on by its asymptotic series, where the two cancel."""
    far = _ap("gt", a, 10.0)
    asymptotic = mul(_tail(far, a, -1), -1 / _ROOT_PI)
    return select(far, asymptotic, sub(mul(mul(a, 2.0), o), 2 / _ROOT_PI))


_rows("erfcx", lambda g, o, a: gmul(g, _scaled_slope(o, a)))
_rows("erfinv", lambda g, o, a: gmul(g, _inverse_bell(o)))
_rows("erfcinv", lambda g, o, a: neg(gmul(g, _inverse_bell(o))))

# ---------------------------------------------------------------------------- gamma and its family


def _digamma(a):
    return _ap("digamma", a)


def _rgamma_slope(a):
    """By reflection left of 1/2, where 1 / Gamma(a) = sin(pi a) Gamma(1 - a) / pi has no poles."""
    left = _ap("lt", a, 0.5)
    safe = select(left, a, 0.0)
    turn = mul(sub(safe, mul(_ap("rint", mul(safe, 0.5)), 2.0)), math.pi)
    other = sub(1.0, safe)
    bracket = sub(_ap("cos", turn), mul(mul(_ap("sin", turn), _digamma(other)), 1 / math.pi))
    right = select(left, 1.0, a)
    plain = neg(mul(_ap("rgamma", right), _digamma(right)))
    return select(left, mul(_ap("gamma", other), bracket), plain)


_rows("gamma", lambda g, o, a: gmul(g, mul(o, _digamma(a))))
_rows("gammaln", lambda g, o, a: gmul(g, _digamma(a)))
_rows("rgamma", lambda g, o, a: gmul(g, _rgamma_slope(a)))
_rows("digamma", lambda g, o, a: gmul(g, _ap("zeta", 2.0, a)))
_rows(
    "zeta",
    no_derivative("zeta", "its exponent x"),
    lambda g, o, s, q: neg(gmul(g, mul(s, _ap("zeta", add(s, 1.0), q)))),
)


def _of_sum(slope):
    """Partial derivatives of a function of a and b by its logarithm's in a."""
    return (
        lambda g, o, a, b: slope(g, o, sub(_digamma(a), _digamma(add(a, b)))),
        lambda g, o, a, b: slope(g, o, sub(_digamma(b), _digamma(add(a, b)))),
    )


_rows("beta", *_of_sum(lambda g, o, d: gmul(g, mul(o, d))))
_rows("betaln", *_of_sum(lambda g, o, d: gmul(g, d)))


def _power_log(n, a, log="log"):
    """n log(a), or n log1p(-a); 0 where n is 0."""
    none = _ap("eq", n, 0.0)
    inner = a if log == "log" else neg(a)
    return select(none, 0.0, mul(n, _ap(log, select(none, 0.5, inner))))


def _gamma_density(a, x):
    return _ap("exp", sub(sub(_power_log(sub(a, 1.0), x), x), _ap("gammaln", a)))


def _beta_density(a, b, x):
    logs = add(_power_log(sub(a, 1.0), x), _power_log(sub(b, 1.0), x, "log1p"))
    return _ap("exp", sub(logs, _ap("betaln", a, b)))


_rows(
    "gammainc",
    no_derivative("gammainc", "its shape a"),
    lambda g, o, a, x: gmul(g, _gamma_density(a, x)),
)
_rows(
    "gammaincc",
    no_derivative("gammaincc", "its shape a"),
    lambda g, o, a, x: neg(gmul(g, _gamma_density(a, x))),
)
# the identity: a parameter that a composite is not differentiated in goes through it
row("copy", np.positive, (no_derivative("stdtr", "its degrees of freedom df"),))
_rows(
    "betaincc",
    no_derivative("betaincc", "its shape a"),
    no_derivative("betaincc", "its shape b"),
    lambda g, o, a, b, x: neg(gmul(g, _beta_density(a, b, x))),
)
_rows(
    "betainc",
    no_derivative("betainc", "its shape a"),
    no_derivative("betainc", "its shape b"),
    lambda g, o, a, b, x: gmul(g, _beta_density(a, b, x)),
)

# ---------------------------------------------------------------------------- Bessel functions


def _bessel(name, join, sign=0.5, extra=None):
    """f_v' = sign (f_{v-1} join f_{v+1}) + extra"""

    def slope(g, o, v, x):
        d = mul(join(_ap(name, sub(v, 1.0), x), _ap(name, add(v, 1.0), x)), sign)
        return gmul(g, d if extra is None else extra(d, o, x))

    _rows(name, no_derivative(name, "its order v"), slope)


_bessel("jv", sub)
_bessel("yv", sub)
_bessel("iv", add)
_bessel("ive", add, 0.5, lambda d, o, x: sub(d, mul(_ap("sign", x), o)))
_bessel("kv", add, -0.5)
_bessel("kve", add, -0.5, lambda d, o, x: add(d, o))

# ---------------------------------------------------------------------------- integrals


def _dawson_slope(o, a):
    """1 - 2 a o, from 10 on by its asymptotic series, where the two cancel."""
    far = _ap("gt", _ap("abs", a), 10.0)
    return select(far, mul(_tail(far, a, 1), -0.5), sub(1.0, mul(mul(a, 2.0), o)))


def _order_below(o, n, x):
    """E_{n-1}(x); E_{-1} by recurrence, as SciPy has none."""
    above = _ap("gt", n, 0.5)
    lower = _ap("expn", select(above, sub(n, 1.0), 0.0), x)
    return select(above, lower, div(add(_ap("exp", neg(x)), o), x))


def _dilogarithm_slope(a):
    """log(a) / (a - 1), by its series beside 1."""
    d = sub(a, 1.0)
    near = _ap("lt", _ap("abs", d), 0.05)
    inner = select(near, d, 0.0)
    series = mul(inner, 0.0)
    for k in range(16, 0, -1):
        series = sub(1 / k, mul(inner, series))
    return select(near, series, div(_ap("log", select(near, 2.0, a)), select(near, 1.0, d)))


_rows("exp1", lambda g, o, a: neg(gmul(g, div(_ap("exp", neg(a)), a))))
_rows("expi", lambda g, o, a: gmul(g, div(_ap("exp", a), a)))
_rows(
    "expn",
    no_derivative("expn", "its order n"),
    lambda g, o, n, x: neg(gmul(g, _order_below(o, n, x))),
)
_rows("dawsn", lambda g, o, a: gmul(g, _dawson_slope(o, a)))
_rows("spence", lambda g, o, a: neg(gmul(g, _dilogarithm_slope(a))))

"""Products and quotients that derivatives are made of, where a factor can be infinite.

They are 0 wherever the incoming cotangent or tangent is 0, so that a branch masked by `where` never
contributes NaN, and have the derivatives of the plain product and quotient.
"""

from ..graph import LITERAL, Node, Primitive, bind, is_number
from . import elementwise as ew


def _ap(name, *args):
    return ew.apply(ew.ROWS[name], *args)


def _masked(g, value):
    return ew.select(_ap("eq", g, 0.0), 0.0, value)


def gmul(g, d):
    """g * d, but 0 where the incoming g is 0 (d may be infinite there); linear in g for higher orders."""
    if is_number(d):  # needs no mask
        return ew.mul(g, d)
    return bind(SAFE_MUL, (_masked(g, ew.mul(g, d)), g, d))


def _both(a, b):
    """a * b, but 0 where one is 0; with the derivatives of the plain product."""
    none = _ap("or", _ap("eq", a, 0.0), _ap("eq", b, 0.0))
    return bind(SAFE_MUL, (ew.select(none, 0.0, ew.mul(a, b)), a, b))


def gdiv(g, d):
    """g / d, but 0 where the incoming g is 0."""
    if is_number(d):
        return ew.div(g, d)
    return bind(SAFE_DIV, (_masked(g, ew.div(g, d)), g, d))


# what can be infinite or NaN for finite arguments
_UNBOUNDED = frozenset(
    "div log log2 log10 log1p sqrt pow reciprocal exp exp2 expm1 sinh cosh tan arcsin arccos arccosh arctanh mod "
    "floordiv gamma gammaln rgamma digamma zeta beta betaln erfinv erfcinv erfcx ive jv yv iv kv kve exp1 expi "
    "expn spence safe_div".split()
)


def _unbounded(node):
    """Whether a value may be infinite or NaN where a mask leaves it out, as log(x) at 0; kept on the node."""
    stack = [node]
    while stack:
        n = stack[-1]
        name = n.prim.name
        if hasattr(n, "unbounded"):
            pass
        elif name in _UNBOUNDED:
            n.unbounded = not (name == "div" and is_number(n.args[1]))
        elif n.prim is LITERAL:
            n.unbounded = not abs(n.params[0]) < float("inf")
        elif name == "select" or n.aux is not None or not n.is_float:
            n.unbounded = False
        else:
            values = (
                n.args
            )  # of views the first alone (the rest: slopes, indices), of products the factors
            if n.prim.kind == "view":
                values = n.args[1:] if n.prim is SAFE_MUL else n.args[:1]
            unknown = [a for a in values if not hasattr(a, "unbounded")]
            if unknown:
                stack.extend(unknown)
                continue
            n.unbounded = any(a.unbounded for a in values)
        stack.pop()
    return node.unbounded


def times(g, d):
    """g * d for a partial derivative d: 0 where the incoming g is 0, if d may be infinite there."""
    return (
        gmul(g, d) if d.__class__ is Node and not ew.is_one(g) and _unbounded(d) else ew.mul(g, d)
    )


def over(g, d):
    """g / d likewise, for a d that is never 0."""
    return gdiv(g, d) if _unbounded(d) else ew.div(g, d)


def _safe_mul_vjp(ct, out, args, params, needs):
    _, g, d = args
    endless = _ap("not", _ap("isfinite", d))
    return [
        None,
        _left_out(g, endless, gmul(ct, d)) if needs[1] else None,
        _both(g, ct) if needs[2] else None,
    ]


def _left_out(g, endless, value):
    """`value`, but 0 where a mask (g is 0) leaves out a factor that is infinite."""
    return ew.select(_ap("and", _ap("eq", g, 0.0), endless), 0.0, value)


def _safe_div_vjp(ct, out, args, params, needs):
    _, g, d = args
    # args[0] has no derivative of its own
    by_d = ew.neg(_both(gdiv(out, d), ct)) if needs[2] else None
    by_g = _left_out(g, _ap("eq", d, 0.0), gdiv(ct, d)) if needs[1] else None
    return [None, by_g, by_d]


def _safe(name, vjp):
    """A primitive of args (value, g, d): the value is args[0], its derivatives are those of `vjp` in g and d."""

    def jvp(t, out, args, params):
        parts = [
            vjp(x, out, args, params, (False, i == 1, i == 2))[i]
            for i, x in enumerate(t)
            if i and x is not None
        ]
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else ew.add(*parts)

    return Primitive(
        name,
        "view",
        lambda args, params: (args[0].shape, args[0].dtype),
        twin=lambda params, value, g, d: value,
        vjp=vjp,
        jvp=jvp,
        lower=lambda view, node: view,
    )


# the derivatives of the plain product and quotient of g and d
SAFE_MUL = _safe("safe_mul", _safe_mul_vjp)
SAFE_DIV = _safe("safe_div", _safe_div_vjp)

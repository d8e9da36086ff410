"""Elementwise primitives: one row each, with the partial derivatives that give VJP and JVP.

A partial is written as its product with a cotangent or tangent: `lambda g, out, *args: g * d_i`.
`None` stands for a derivative that is zero. Where a derivative can be infinite, the product is
one of `masking`.
"""

import functools

import numpy as np

from ..graph import (
    ABSORBING,
    BOOL,
    COMPUTED,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    LITERAL,
    Graph,
    Node,
    Primitive,
    bind,
    check_dtype,
    is_literal,
    literal,
)
from ..views import joint_shape
from . import masking

ROWS = {}  # name -> Primitive
FOREIGN = {}  # dtype.char -> apply(prim, nodes, params), for types that no kernel computes in
BY_UFUNC = {}  # NumPy ufunc -> name


def _infer_same(args, params):
    for a in args:
        if a.prim is not LITERAL:
            return a.shape, a.dtype
    return args[0].shape, args[0].dtype


def _infer_bool(args, params):
    for a in args:
        if a.prim is not LITERAL:
            return a.shape, BOOL
    return (), BOOL


def _infer_select(args, params):
    shape = ()
    for a in args:
        if a.prim is not LITERAL:
            shape = a.shape
    return shape, args[1].dtype


def _infer_convert(args, params):
    return args[0].shape, params[0]


def _emit_vjp(partials):
    def vjp(ct, out, args, params, needs):
        return [
            p(ct, out, *args) if need and p is not None else None
            for p, need in zip(partials, needs)
        ]

    return vjp


def _emit_jvp(partials):
    def jvp(tangents, out, args, params):
        total = None
        for p, t in zip(partials, tangents):
            if t is None or p is None:
                continue
            term = p(t, out, *args)
            if term is not None:
                total = term if total is None else add(total, term)
        return total

    return jvp


def row(name, twin, partials=None, infer=_infer_same, ufuncs=()):
    arity = getattr(twin, "nin", None) or (len(partials) if partials else 1)
    partials = partials or (None,) * arity
    prim = Primitive(
        name,
        "elementwise",
        infer,
        twin=lambda params, *a: twin(*a),
        vjp=_emit_vjp(partials),
        jvp=_emit_jvp(partials),
    )
    ROWS[name] = prim
    for ufunc in ufuncs:
        BY_UFUNC[ufunc] = name
    return prim


def apply(prim, *args, params=()):
    """Bind an elementwise primitive to nodes or Python scalars of one dtype; shapes are broadcast."""
    shape = None
    for a in args:  # nodes of one shape, and literals: nearly all calls
        if a.__class__ is not Node or a.dtype not in COMPUTED:
            break
        if a.prim is not LITERAL:
            if shape is None:
                shape = a.shape
            elif a.shape != shape:
                break
    else:
        if shape is not None:
            return bind(prim, args, params)
    dtype = None
    for a in args:
        if a.__class__ is Node and a.dtype != BOOL:
            dtype = a.dtype
            break
    if dtype is None:
        dtype = next((a.dtype for a in args if a.__class__ is Node), FLOAT64)
    nodes = [a if a.__class__ is Node else literal(a, dtype) for a in args]
    foreign = FOREIGN.get(dtype.char)
    if foreign is not None and any(a.prim is not LITERAL for a in nodes):
        return foreign(prim, nodes, params)
    shape = None
    for a in nodes:
        if a.prim is not LITERAL:
            if shape is None:
                shape = a.shape
            elif shape != a.shape:
                from .shaping import broadcast

                shape = joint_shape(*[n.shape for n in nodes])
                nodes = [n if n.prim is LITERAL else broadcast(n, shape) for n in nodes]
                break
    if shape is None:
        return _fold(prim, nodes, params)
    return bind(prim, tuple(nodes), params)


def _fold(prim, nodes, params):
    """The value of an operation on numbers: that of the kernel, as if they were arguments."""
    values = [np.array(n.params[0], n.dtype) for n in nodes]
    if all(n.dtype in COMPUTED for n in nodes):
        (value,) = _program_of(prim, params, tuple([n.dtype for n in nodes])).run(values)
    else:
        with np.errstate(all="ignore"):
            value = prim.twin(params, *values)
    _, dtype = prim.infer(nodes, params)
    return literal(np.asarray(value).astype(dtype)[()], dtype)


@functools.cache
def _program_of(prim, params, dtypes):
    from ..run.lower import compile_program

    with Graph(None, True, "an operation on numbers") as graph:
        inputs = [graph.add_input((), dtype) for dtype in dtypes]
        return compile_program(inputs, [bind(prim, tuple(inputs), params)])


# ---------------------------------------------------------------------------- builders


def add(a, b):
    """a + b; the sum with a product or square is rounded once, a kernel that can adds in place."""
    if a.__class__ is Node and a.dtype.kind == "f":
        for x, y in ((a, b), (b, a)):
            if x.__class__ is Node and y.__class__ is Node and x.prim.absorb is not None:
                joined = x.prim.absorb(x, y)
                if joined is not None:
                    return joined
        for x, y in ((a, b), (b, a)):
            if y.__class__ is Node and y.prim is NEG:
                return sub(x, y.args[0])
        for x, y in ((a, b), (b, a)):
            if x.__class__ is Node and x.prim in (MUL, SQUARE):
                return apply(FMA, x.args[0], x.args[-1], y)
    return apply(ADD, a, b)


def sub(a, b):
    return apply(SUB, a, b)


def mul(a, b):
    """a * b; a factor of one disappears."""
    if a.__class__ is Node and b.__class__ is Node:
        if is_one(b) and (b.shape == a.shape or not b.shape):
            return a
        if is_one(a) and (a.shape == b.shape or not a.shape):
            return b
    return apply(MUL, a, b)


def is_one(a):
    if a.prim.kind == "view" and a.prim.name == "broadcast":
        a = a.args[0]
    return a.prim is LITERAL and a.params[0] == 1 and a.dtype.kind == "f"


def div(a, b):
    return apply(DIV, a, b)


def neg(a):
    if a.prim is NEG:
        return a.args[0]
    return apply(NEG, a)


def select(c, x, y):
    return apply(SELECT, c, x, y)


def convert(a, dtype):
    dtype = np.dtype(dtype)
    if not dtype.isnative:  # what is traced has this machine's order of bytes
        dtype = dtype.newbyteorder("=")
    if a.dtype == dtype:
        return a
    check_dtype(dtype)
    if a.prim is LITERAL:
        with np.errstate(all="ignore"):
            value = np.array(a.params[0], a.dtype).astype(dtype)
        return literal(value[()], dtype)
    if a.prim.name == "broadcast" and a.args[0].prim is LITERAL:
        return bind(a.prim, (convert(a.args[0], dtype),), a.params)
    if dtype.kind == "c" or a.dtype.kind == "c":
        from .complexes import convert as convert_parts

        return convert_parts(a, dtype)
    if dtype.kind == "u" and dtype.itemsize >= 4 and a.dtype.kind == "f":
        return _to_unsigned(a, dtype)
    return bind(CONVERT, (a,), (dtype,))


def _to_unsigned(a, dtype):
    """Negative numbers wrap, as they do for the types that C converts by way of a signed one."""
    wrapped = bind(CONVERT, (bind(CONVERT, (a,), (INT64,)),), (dtype,))
    if dtype.itemsize == 4:
        return wrapped
    large = apply(ROWS["ge"], a, 2.0**63)
    return select(large, bind(CONVERT, (a,), (dtype,)), wrapped)


# ---------------------------------------------------------------------------- the table


def _ap(name, *args):
    return apply(ROWS[name], *args)


def _size_squared(a, b):
    """a^2 + b^2, but 1 at the origin, where an angle has no derivative and gets 0."""
    size = add(_ap("square", a), _ap("square", b))
    return select(_ap("eq", size, 0.0), 1.0, size)


def _half_ties(g, out, x, y):
    """Share of maximum or minimum that x receives: g where x wins, g/2 on a tie."""
    tie = _ap("eq", x, y)
    return select(tie, mul(g, 0.5), select(_ap("eq", x, out), g, 0.0))


ADD = row("add", np.add, (lambda g, o, a, b: g, lambda g, o, a, b: g), ufuncs=[np.add])
SUB = row(
    "sub", np.subtract, (lambda g, o, a, b: g, lambda g, o, a, b: neg(g)), ufuncs=[np.subtract]
)
MUL = row(
    "mul",
    np.multiply,
    (lambda g, o, a, b: masking.times(g, b), lambda g, o, a, b: masking.times(g, a)),
    ufuncs=[np.multiply],
)
DIV = row(
    "div",
    np.divide,
    (lambda g, o, a, b: masking.gdiv(g, b), lambda g, o, a, b: neg(masking.gmul(g, div(o, b)))),
    ufuncs=[np.divide],
)
NEG = row("neg", np.negative, (lambda g, o, a: neg(g),), ufuncs=[np.negative])
SQUARE = row(
    "square", np.square, (lambda g, o, a: masking.times(g, mul(a, 2.0)),), ufuncs=[np.square]
)
ABSORBING.update((MUL, NEG, SQUARE))
FMA = row(
    "fma",
    lambda a, b, c: a * b + c,
    (
        lambda g, o, a, b, c: masking.times(g, b),
        lambda g, o, a, b, c: masking.times(g, a),
        lambda g, o, a, b, c: g,
    ),
)
SELECT = row(
    "select",
    np.where,
    (None, lambda g, o, c, x, y: select(c, g, 0.0), lambda g, o, c, x, y: select(c, 0.0, g)),
    infer=_infer_select,
)
CONVERT = Primitive(
    "convert",
    "elementwise",
    _infer_convert,
    twin=lambda params, a: a.astype(params[0]),
    vjp=lambda ct, out, args, params, needs: [
        convert(ct, args[0].dtype) if args[0].dtype.kind == "f" else None
    ],
    jvp=lambda t, out, args, params: convert(t[0], params[0]) if params[0].kind == "f" else None,
)


def _pow_by_base(g, o, a, b):
    """g b a^(b - 1), but 0 for 0^0 and NaN^0."""
    slope = mul(b, _ap("pow", a, sub(b, 1.0)))
    if is_literal(b):
        return masking.gmul(g, slope) if b.params[0] else None
    undefined = _ap("and", _ap("eq", b, 0.0), _ap("not", _ap("gt", _ap("abs", a), 0.0)))
    return masking.gmul(g, select(undefined, 0.0, slope))


# a power of a negative number has no derivative by its exponent: NaN; a finite one of 0 has 0
_POW_LOG = lambda a: _ap("log", select(_ap("eq", a, 0.0), 1.0, a))  # noqa: E731
row(
    "pow",
    np.power,
    (
        _pow_by_base,
        lambda g, o, a, b: masking.gmul(g, select(_ap("eq", o, 0.0), 0.0, mul(o, _POW_LOG(a)))),
    ),
    ufuncs=[np.power, np.float_power],
)
row(
    "maximum",
    np.maximum,
    (_half_ties, lambda g, o, x, y: _half_ties(g, o, y, x)),
    ufuncs=[np.maximum],
)
row(
    "minimum",
    np.minimum,
    (_half_ties, lambda g, o, x, y: _half_ties(g, o, y, x)),
    ufuncs=[np.minimum],
)
row(
    "mod",
    np.remainder,
    (lambda g, o, a, b: g, lambda g, o, a, b: neg(masking.times(g, _ap("floordiv", a, b)))),
    ufuncs=[np.remainder],
)
row("floordiv", np.floor_divide, (None, None), ufuncs=[np.floor_divide])
row(
    "copysign",
    np.copysign,
    (
        lambda g, o, a, b: select(
            _ap("eq", _ap("copysign", 1.0, a), _ap("copysign", 1.0, b)), g, neg(g)
        ),
        None,
    ),
    ufuncs=[np.copysign],
)
row(
    "arctan2",
    np.arctan2,
    (
        lambda g, o, a, b: masking.gmul(g, div(b, _size_squared(a, b))),
        lambda g, o, a, b: neg(masking.gmul(g, div(a, _size_squared(a, b)))),
    ),
    ufuncs=[np.arctan2],
)

row(
    "abs",
    np.abs,
    (lambda g, o, a: masking.times(g, _ap("sign", a)),),
    ufuncs=[np.absolute, np.fabs],
)
row("sign", np.sign, (None,), ufuncs=[np.sign])
row("floor", np.floor, (None,), ufuncs=[np.floor])
row("ceil", np.ceil, (None,), ufuncs=[np.ceil])
row("rint", np.rint, (None,), ufuncs=[np.rint])
row("trunc", np.trunc, (None,), ufuncs=[np.trunc])
row("sqrt", np.sqrt, (lambda g, o, a: masking.gdiv(g, mul(o, 2.0)),), ufuncs=[np.sqrt])
row(
    "cbrt",
    np.cbrt,
    (lambda g, o, a: masking.gdiv(g, mul(_ap("square", o), 3.0)),),
    ufuncs=[np.cbrt],
)
row(
    "reciprocal",
    np.reciprocal,
    (lambda g, o, a: neg(masking.gmul(g, _ap("square", o))),),
    ufuncs=[np.reciprocal],
)
row("exp", np.exp, (lambda g, o, a: masking.gmul(g, o),), ufuncs=[np.exp])
row("exp2", np.exp2, (lambda g, o, a: masking.gmul(g, mul(o, float(np.log(2)))),), ufuncs=[np.exp2])
row("expm1", np.expm1, (lambda g, o, a: masking.gmul(g, add(o, 1.0)),), ufuncs=[np.expm1])
row("log", np.log, (lambda g, o, a: masking.gdiv(g, a),), ufuncs=[np.log])
row("log2", np.log2, (lambda g, o, a: masking.gdiv(g, mul(a, float(np.log(2)))),), ufuncs=[np.log2])
row(
    "log10",
    np.log10,
    (lambda g, o, a: masking.gdiv(g, mul(a, float(np.log(10)))),),
    ufuncs=[np.log10],
)
row("log1p", np.log1p, (lambda g, o, a: masking.gdiv(g, add(a, 1.0)),), ufuncs=[np.log1p])
row("sin", np.sin, (lambda g, o, a: masking.times(g, _ap("cos", a)),), ufuncs=[np.sin])
row("cos", np.cos, (lambda g, o, a: neg(masking.times(g, _ap("sin", a))),), ufuncs=[np.cos])
row("tan", np.tan, (lambda g, o, a: masking.gmul(g, add(_ap("square", o), 1.0)),), ufuncs=[np.tan])
row(
    "arcsin",
    np.arcsin,
    (lambda g, o, a: masking.gdiv(g, _ap("sqrt", sub(1.0, _ap("square", a)))),),
    ufuncs=[np.arcsin],
)
row(
    "arccos",
    np.arccos,
    (lambda g, o, a: neg(masking.gdiv(g, _ap("sqrt", sub(1.0, _ap("square", a))))),),
    ufuncs=[np.arccos],
)
row(
    "arctan",
    np.arctan,
    (lambda g, o, a: masking.over(g, add(_ap("square", a), 1.0)),),
    ufuncs=[np.arctan],
)
row("sinh", np.sinh, (lambda g, o, a: masking.gmul(g, _ap("cosh", a)),), ufuncs=[np.sinh])
row("cosh", np.cosh, (lambda g, o, a: masking.gmul(g, _ap("sinh", a)),), ufuncs=[np.cosh])
row(
    "tanh",
    np.tanh,
    (lambda g, o, a: masking.times(g, sub(1.0, _ap("square", o))),),
    ufuncs=[np.tanh],
)
row(
    "arcsinh",
    np.arcsinh,
    (lambda g, o, a: masking.over(g, _ap("sqrt", add(_ap("square", a), 1.0))),),
    ufuncs=[np.arcsinh],
)
row(
    "arccosh",
    np.arccosh,
    (lambda g, o, a: masking.gdiv(g, _ap("sqrt", sub(_ap("square", a), 1.0))),),
    ufuncs=[np.arccosh],
)
row(
    "arctanh",
    np.arctanh,
    (lambda g, o, a: masking.gdiv(g, sub(1.0, _ap("square", a))),),
    ufuncs=[np.arctanh],
)


def _special(name):
    """A twin from scipy.special, which is slow to import and loaded when a twin runs."""

    def twin(x):
        from scipy import special

        return getattr(special, name)(x)

    return twin


row("sigmoid", _special("expit"), (lambda g, o, a: masking.times(g, mul(o, sub(1.0, o))),))
row(
    "erf",
    _special("erf"),
    (
        lambda g, o, a: masking.times(
            g, mul(_ap("exp", neg(_ap("square", a))), float(2 / np.sqrt(np.pi)))
        ),
    ),
)

for _name, _ufunc in [
    ("lt", np.less),
    ("le", np.less_equal),
    ("gt", np.greater),
    ("ge", np.greater_equal),
    ("eq", np.equal),
    ("ne", np.not_equal),
]:
    row(_name, _ufunc, (None, None), infer=_infer_bool, ufuncs=[_ufunc])
for _name, _ufunc in [
    ("isnan", np.isnan),
    ("isfinite", np.isfinite),
    ("isinf", np.isinf),
    ("not", np.logical_not),
]:
    row(_name, _ufunc, (None,), infer=_infer_bool, ufuncs=[_ufunc])
row("and", np.bitwise_and, (None, None), ufuncs=[np.bitwise_and])
row("or", np.bitwise_or, (None, None), ufuncs=[np.bitwise_or])
row("xor", np.bitwise_xor, (None, None), ufuncs=[np.bitwise_xor])
row("invert", np.invert, (None,), ufuncs=[np.invert])
row("shl", np.left_shift, (None, None), ufuncs=[np.left_shift])
row("shr", np.right_shift, (None, None), ufuncs=[np.right_shift])

# what a ufunc means for booleans, where NumPy has a loop for them
BOOL_LOOPS = {
    "add": "or",
    "mul": "and",
    "maximum": "or",
    "minimum": "and",
    "abs": None,
    "invert": "not",
}

__all__ = [
    "ROWS",
    "BY_UFUNC",
    "BOOL_LOOPS",
    "COMPUTED",
    "FLOAT32",
    "INT32",
    "INT64",
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "select",
    "convert",
    "apply",
    "is_literal",
]

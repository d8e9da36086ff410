"""NumPy's ufuncs on traced arrays: type resolution by NumPy itself, then rows of the table."""

import functools
import math
import sys
import warnings

import numpy as np

from ... import _core
from ..errors import TraceError, UpcastWarning, where_text
from ..graph import ABSORBING, BOOL, FLOAT32, FLOAT64, INT64, LITERAL, SUPPORTED, literal, user_line
from ..primitives import (
    complex_math,  # noqa: F401 - they fill in elementwise.FOREIGN
    complexes,  # noqa: F401 - they fill in elementwise.FOREIGN
    integers,  # noqa: F401 - they fill in elementwise.FOREIGN
    special,  # noqa: F401 - they fill in elementwise.FOREIGN
    squares,
)
from ..primitives import elementwise as ew
from ..primitives.control import refuse, stop, strong
from ..primitives.reducing import reduce
from ..primitives.shaping import BROADCAST, broadcast, full
from ..run.runtime import run_options
from .number_parts import PARTS
from .tracer import Tracer, broadcast_value, fits, to_node

_resolved = {}
_plans = {}  # (ufunc, types) -> what csrc/bind/tracer.c goes by, see `_plan`
_WEAK_KINDS = {int: "iu", float: "f", complex: "c"}
_DEFAULT = {int: INT64, float: FLOAT64, complex: complexes.COMPLEX128}


def resolve(ufunc, nodes):
    """(dtypes of the inputs, dtype of the result, weak kind) by NumPy's promotion rules."""
    key = (ufunc,) + tuple([n.weak or n.dtype for n in nodes])
    known = _resolved.get(key)
    if known is None:
        kinds = key[1:]
        weak = None
        if all(isinstance(k, type) for k in kinds):
            kinds = tuple(_DEFAULT[k] for k in kinds)
            out = ufunc.resolve_dtypes(kinds + (None,) * ufunc.nout)[-1]
            weak = {"c": complex, "f": float}.get(out.kind, int)
        dtypes = ufunc.resolve_dtypes(kinds + (None,) * ufunc.nout)
        ins, out = dtypes[: ufunc.nin], dtypes[ufunc.nin]
        if out.char != "e":  # a test of small integers in float16 is the same in float32
            ins = tuple(FLOAT32 if d.char == "e" else d for d in ins)
        for d in (*ins, out):
            if d.char not in SUPPORTED:
                raise TypeError(
                    f"np.{ufunc.__name__} of {', '.join(str(n.dtype) for n in nodes)} computes in {d} in NumPy, "
                    f"which a trace does not: convert with .astype first"
                )
        if weak is not None and out == BOOL:
            weak = None
        known = _resolved[key] = ins, out, weak
    return known


def as_dtype(node, dtype):
    if node.weak is int and node.prim is LITERAL:
        fits(node.params[0], dtype)
        if node.dtype != dtype:
            value = float(node.params[0]) if dtype.kind in "fc" else node.params[0]
            weak = int if dtype.kind in "iu" else None
            return literal(np.array(value).astype(dtype)[()], dtype, weak)
    if node.dtype == dtype:
        return node
    if run_options.upcast is not None and node.weak is None:
        _tell_upcast(node.dtype, dtype)
    if node.prim is LITERAL:
        if node.weak is float and dtype.char == "f":
            return literal(float(np.float32(node.params[0])), dtype, float)
        value = node.params[0]
        weak = node.weak if node.weak and dtype.kind in _WEAK_KINDS[node.weak] else None
        return literal(np.array(value, node.dtype).astype(dtype)[()], dtype, weak)
    return ew.convert(node, dtype)


def _tell_upcast(narrow, wide):
    """Report a line where single precision becomes double, as `options(upcast=)` asks."""
    if narrow.char not in "fF" or wide.char not in "dD":
        return
    raises, told = run_options.upcast
    line = where_text(user_line())
    message = (
        f"{narrow} becomes {wide} at {line}: another operand is of double precision (NumPy makes float64 by default; "
        f"NumPy scalars count, Python numbers do not)"
    )
    if raises:
        raise TypeError(message)
    if line not in told:
        told.add(line)
        warnings.warn(message, UpcastWarning, stacklevel=2)


def _strong(node):
    """`node` with a type of its own, as NumPy's functions return Python numbers."""
    if node.weak is None:
        return node
    return literal(node.params[0], node.dtype) if node.prim is LITERAL else strong(node)


def _function(ufunc, inputs):
    """The same as the function, not the operator: of Python numbers alone it gives a NumPy scalar,
    with a type of its own."""
    result = apply_ufunc(ufunc, inputs)
    if result.__class__ is Tracer and result.node.weak is not None:
        return Tracer(_strong(result.node))
    return result


def call_ufunc(ufunc, method, inputs, kwargs):
    """The result of a ufunc (or its reduce, accumulate, outer) on inputs of which some are traced."""
    if method != "__call__":
        from .ufunc_methods import call_method

        return call_method(ufunc, method, inputs, kwargs)
    if not kwargs:
        return _function(ufunc, inputs)
    out, where = kwargs.pop("out", None), kwargs.pop("where", True)
    if out is not None and all(o is None for o in out):
        out = None
    casting = kwargs.get("casting", "same_kind")
    if kwargs:
        inputs = _options(ufunc, inputs, kwargs)
    result = (
        COMPOSITES[ufunc](*inputs, **kwargs)
        if kwargs and ufunc.signature is not None
        else _function(ufunc, inputs)
    )
    if out is not None:
        return _store(ufunc, result, out, where, casting)
    if where is not True:
        raise TraceError(
            f"np.{ufunc.__name__}(..., where=mask) leaves parts undefined: use np.where(mask, result, other) or out="
        )
    return result


def apply_ufunc(ufunc, inputs):
    """The tracer of ufunc(*inputs). Where `_plan` has left a plan, C does the same."""
    for x in inputs:
        if x.__class__ is not Tracer and _answers(x.__class__):
            return x.__array_ufunc__(ufunc, "__call__", *inputs)
    name = ew.BY_UFUNC.get(ufunc)
    if name is None:
        return _apply_other(ufunc, inputs)
    return _apply_row(ufunc, name, inputs, [to_node(x) for x in inputs])


@functools.lru_cache(256)
def _answers(cls):
    """Whether a class computes ufuncs by itself and can hold traced values: a DataArray, a quantity.

    pandas objects hold plain data alone: they are taken as their values.
    """
    way = getattr(cls, "__array_ufunc__", None)
    return (
        way is not None
        and not issubclass(cls, (Tracer, np.ndarray, np.generic))
        and not hasattr(cls, "__pandas_priority__")
    )


def _operator(ufunc, inputs):
    """The same as the operator: a boolean array to the power of 2 is its square, of another type than np.power's."""
    if ufunc is np.power and type(inputs[1]) is int and inputs[1] == 2:
        if to_node(inputs[0]).dtype == BOOL and not inputs[0].is_scalar:
            return np.square(inputs[0])
    return apply_ufunc(ufunc, inputs)


# how rows are built that have rewrites, and which arguments these look for
_BUILDERS = {
    "add": (ew.add, ABSORBING),
    "mul": (ew.mul, frozenset([BROADCAST])),
    "neg": (ew.neg, frozenset([ew.NEG])),
    "square": (squares.square, squares.WATCHED),
}


def _plan(ufunc, name, nodes, ins, out):
    """Keep how floats go through this ufunc where nothing but their types decides it.

    (build, types, conversion to them, literals known by number, then for equal shapes: primitive,
    type of the result, primitives of arguments for which `build` has rewrites)
    """
    if len(_plans) > 2000:
        _plans.clear()
    prim = ew.ROWS[name]
    build, watched = _BUILDERS.get(name) or (functools.partial(ew.apply, prim), frozenset())
    if ufunc is np.power:
        build, prim = _power, None
    literals = tuple([{} for _ in nodes])
    _plans[(ufunc, *[n.weak or n.dtype for n in nodes])] = (build, ins, _in_type, literals) + (
        prim,
        out,
        watched,
    )


def _in_type(value, dtype):
    return as_dtype(to_node(value), dtype)


_core.ufunc_ways(Tracer, _plans, to_node, _operator, _function, call_ufunc)


def _apply_other(ufunc, inputs):
    """A ufunc that is no row of NumPy's: a composite, or one of scipy.special."""
    name, composite = None, COMPOSITES.get(ufunc)
    if composite is None and _is_special(ufunc):
        name, composite = special.ROWS.get(ufunc.__name__), special.COMPOSITES.get(ufunc.__name__)
    if name is not None:
        return _apply_row(ufunc, name, inputs, [to_node(x) for x in inputs])
    if composite is None:
        home = "scipy.special" if _is_special(ufunc) else "np"
        raise TraceError(f"{home}.{ufunc.__name__} has no traced form: {nearest(ufunc)}")
    if composite is COMPOSITES.get(ufunc):
        return _composite(ufunc, composite, inputs)
    return _composite(ufunc, functools.partial(special.in_type, ufunc.__name__, composite), inputs)


def _apply_row(ufunc, name, inputs, nodes):
    ins, out, weak = resolve(ufunc, nodes)
    if (
        weak is None
        and name != "not"
        and all(d.char in "fd" for d in ins)
        and all(n.weak is None or n.prim is LITERAL for n in nodes)
    ):
        _plan(ufunc, name, nodes, ins, out)
    if out == BOOL and len(nodes) == 2:
        if _beyond(nodes, ins):
            return _compare_beyond(ufunc, nodes)
        if ins[0] != ins[1]:
            return Tracer(integers.compare_mixed(name, *map(as_dtype, nodes, ins)))
    nodes = [as_dtype(n, d) for n, d in zip(nodes, ins)]
    signed = name == "pow" and nodes[1].dtype.kind == "i"
    exponent = nodes[1] if signed and to_node(inputs[1]).dtype != BOOL else None
    # NumPy's power takes the square root for 1/2; float_power does not: they differ at -inf and -0
    node = ew.apply(ew.ROWS[name], *nodes) if ufunc is np.float_power else elementwise(name, nodes)
    if exponent is not None:
        node = _refuse_negative(node, exponent)
    if weak is not None and node.prim is LITERAL:
        node = literal(node.params[0], node.dtype, weak)
    elif weak is not None:
        node.weak = weak
    return Tracer(node)


def _beyond(nodes, dtypes):
    """Whether a Python integer does not fit the type it would be compared in."""
    return any(
        n.weak is int
        and n.prim is LITERAL
        and d.kind in "iu"
        and not np.iinfo(d).min <= n.params[0] <= np.iinfo(d).max
        for n, d in zip(nodes, dtypes)
    )


def _compare_beyond(ufunc, nodes):
    """Comparison with such an integer: the same for every element, so that of 0 with it."""
    for n in nodes:
        if n.dtype == BOOL:  # NumPy compares with it as int64
            for other in nodes:
                as_dtype(other, INT64)
    values = [n.params[0] if n.prim is LITERAL else 0 for n in nodes]
    shape = np.broadcast_shapes(*[n.shape for n in nodes])
    return Tracer(full(shape, bool(ufunc(*[np.array(v, object) for v in values])), BOOL))


def _refuse_negative(value, exponent):
    """`value`, unless an integer exponent is negative, which NumPy refuses: then the run stops."""
    if exponent.prim is LITERAL or not value.size:
        return value
    negative = reduce("any", ew.apply(ew.ROWS["lt"], exponent, 0), tuple(range(exponent.ndim)))
    zero = refuse(negative, 0, value.dtype)
    return ew.add(value, broadcast(zero, value.shape))


def _is_special(ufunc):
    module = sys.modules.get("scipy.special._ufuncs")
    return module is not None and getattr(module, ufunc.__name__, None) is ufunc


def _composite(ufunc, composite, inputs):
    """A ufunc written with others, on inputs cast as NumPy would cast them."""
    if ufunc.signature is not None:
        return composite(*[Tracer(to_node(x)) for x in inputs])
    nodes = [to_node(x) for x in inputs]
    ins, _, _ = resolve(ufunc, nodes)
    return composite(*[Tracer(_strong(as_dtype(n, d))) for n, d in zip(nodes, ins)])


def elementwise(name, nodes):
    """Bind the row `name`, with the rewrites that NumPy's own loops make."""
    dtype = nodes[0].dtype
    if dtype == BOOL:
        name = ew.BOOL_LOOPS.get(name, name)
        if name is None:
            return nodes[0]
    if name == "add":
        return ew.add(*nodes)
    if name == "pow":
        return _power(*nodes)
    if name == "neg":
        return ew.neg(nodes[0])
    if name == "square" and dtype.kind == "f":
        return squares.square(nodes[0])
    if name == "mul":
        return ew.mul(*nodes)
    if name in ("floor", "ceil", "rint", "trunc") and dtype.kind in "biu":
        return nodes[0]
    if name == "not" and dtype != BOOL:
        return ew.apply(ew.ROWS["eq"], nodes[0], literal(0, dtype))
    if name in ("isnan", "isinf", "isfinite") and dtype.kind not in "fc":
        return full(nodes[0].shape, name == "isfinite", BOOL)
    return ew.apply(ew.ROWS[name], *nodes)


def _power(a, b):
    if b.prim is LITERAL and a.prim is not LITERAL:
        k = b.params[0]
        if a.dtype.kind == "f":
            if k == 2:
                return squares.square(a)
            if k == 1:
                return a
            if k == 0.5:
                return ew.apply(ew.ROWS["sqrt"], a)
            if k == -1:
                return ew.apply(ew.ROWS["reciprocal"], a)
            if k == 3:
                return ew.mul(a, ew.apply(ew.ROWS["square"], a))
            if k == 0:
                return full(a.shape, 1, a.dtype)
        elif a.dtype.kind != "c" and k < 0 and 0 not in a.shape:
            raise ValueError("Integers to negative integer powers are not allowed.")
    return ew.apply(ew.ROWS["pow"], a, b)


def _options(ufunc, inputs, kwargs):
    """The inputs in the types that dtype= and casting= ask for; what is left stays in `kwargs`."""
    dtype, casting = kwargs.pop("dtype", None), kwargs.pop("casting", "same_kind")
    for name in ("order", "subok"):
        kwargs.pop(name, None)
    allowed = ("axis", "keepdims") if ufunc.signature is not None else ()
    for name in kwargs:
        if name not in allowed:
            raise TraceError(f"np.{ufunc.__name__}: {name}= is not supported on traced arrays")
    if dtype is None and casting == "same_kind" or ufunc.signature is not None:
        return inputs
    nodes = [to_node(x) for x in inputs]
    kinds = tuple(n.weak or n.dtype for n in nodes) + (None,) * ufunc.nout
    if (
        casting == "equiv"
    ):  # resolve_dtypes of NumPy 2.4 ends the process where it should raise this
        for n, d in zip(nodes, ufunc.resolve_dtypes(kinds, casting="unsafe")):
            if n.weak is not None and d != _DEFAULT[n.weak]:
                raise TypeError(
                    f"cannot cast Python {n.weak.__name__} to {d} under the casting rule 'equiv'"
                )
    if dtype is None:
        ufunc.resolve_dtypes(kinds, casting=casting)
        return inputs
    wanted = (None,) * ufunc.nin + (np.dtype(dtype),) * ufunc.nout
    dtypes = ufunc.resolve_dtypes(kinds, signature=wanted, casting=casting)
    return [Tracer(as_dtype(n, d)) for n, d in zip(nodes, dtypes)]


def _store(ufunc, result, out, where, casting):
    targets = out if isinstance(out, tuple) else (out,)
    results = result if isinstance(result, tuple) else (result,)
    for target, value in zip(targets, results):
        if target is None:
            continue
        if not isinstance(target, Tracer):
            raise TraceError(
                f"np.{ufunc.__name__} with out= a plain array (also `array += traced`) would drop the derivative: write "
                f"array = array + traced, or make the array with nk.zeros(shape, like=t)"
            )
        value = Tracer(_cast(value, target, casting))
        store_into(target, value if where is True else _where(where, value, target))
    filled = tuple(r if t is None else t for t, r in zip(targets, results))
    return filled[0] if len(filled) == 1 else filled


def store_into(target, value):
    target.assign(broadcast_value(_cast(value, target, "same_kind"), target.shape))


def _cast(value, target, casting):
    """The node of `value` in the type of `target`, if the rule lets it be stored there."""
    node = to_node(value)
    if not np.can_cast(node.dtype, target.dtype, casting):
        raise TypeError(
            f"Cannot cast output from {node.dtype} to {target.dtype} with casting rule {casting!r}"
        )
    return as_dtype(node, target.dtype)


# ---------------------------------------------------------------------------- composites


def _truth(x):
    node = to_node(x)
    return node if node.dtype == BOOL else ew.apply(ew.ROWS["ne"], node, literal(0, node.dtype))


def _logical(name):
    def call(a, b):
        return Tracer(ew.apply(ew.ROWS[name], _truth(a), _truth(b)))

    return call


def _logaddexp(a, b):
    larger = np.maximum(a, b)
    m = Tracer(stop(larger.node))
    endless = np.isinf(m)
    first = a >= b
    big, small = (
        _where(endless, 0.0, _where(first, x, y) - _where(endless, 0.0, m))
        for x, y in ((a, b), (b, a))
    )
    return _where(endless, larger, np.log1p(np.expm1(big) + np.exp(small)) + m)


def _where(c, a, b):
    from ..numpy_table import where

    return where(c, a, b)


def _hypot(a, b):
    endless = np.isinf(a) | np.isinf(b)
    big = np.maximum(np.abs(a), np.abs(b))
    origin = big == 0
    # any scale gives the same value, so it has no part in the derivatives
    scale = Tracer(stop(_where(origin | endless, 1.0, big).node))
    x, y = a / scale, b / scale
    size = scale * np.sqrt(_where(origin, 1.0, x * x + y * y))
    return _where(endless, np.inf, _where(origin, 0.0, size))


def _fextreme(better):
    def call(a, b):
        return _where(np.isnan(a), b, _where(np.isnan(b), a, better(a, b)))

    return call


def _divmod(a, b):
    return np.floor_divide(a, b), np.remainder(a, b)


def _fmod(a, b):
    if a.dtype.kind == "f":
        # sizes by copysign, whose slope at 0 is not 0: fmod is smooth there
        return np.copysign(np.remainder(np.copysign(a, 1.0), np.copysign(b, 1.0)), a)
    rest = np.remainder(a, b)
    return _where((rest == 0) | ((a < 0) == (b < 0)), rest, rest - b)


def _heaviside(x, half):
    return _where(np.isnan(x), x, _where(x == 0, half, _where(x > 0, _ones(x), 0.0)))


def _signbit(x):
    return np.copysign(_ones(x), x) < 0


def _ones(x):
    node = to_node(x)
    return Tracer(full(node.shape, 1, node.dtype))


COMPOSITES = {
    **PARTS,
    np.logical_and: _logical("and"),
    np.logical_or: _logical("or"),
    np.logical_xor: _logical("xor"),
    np.positive: lambda x: Tracer(to_node(x)),
    np.logaddexp: _logaddexp,
    np.logaddexp2: lambda a, b: _logaddexp(a * math.log(2), b * math.log(2)) / math.log(2),
    np.hypot: _hypot,
    np.fmax: _fextreme(np.maximum),
    np.fmin: _fextreme(np.minimum),
    np.divmod: _divmod,
    np.fmod: _fmod,
    np.heaviside: _heaviside,
    np.signbit: _signbit,
    np.deg2rad: lambda x: x * (math.pi / 180),
    np.radians: lambda x: x * (math.pi / 180),
    np.rad2deg: lambda x: x * (180 / math.pi),
    np.degrees: lambda x: x * (180 / math.pi),
    np.conjugate: lambda x: Tracer(complexes.conjugate(to_node(x))),
}


def nearest(ufunc):
    from ..numpy_table.left_out import LEFT_OUT

    if ufunc.__name__ in LEFT_OUT:
        reason, instead = LEFT_OUT[ufunc.__name__]
        return f"it {reason}; use {instead}"
    if _is_special(ufunc) and ufunc.__name__ in special.NEAREST:
        return f"use {special.NEAREST[ufunc.__name__]}, or compute it on plain arrays outside of the trace"
    return "compute it on plain arrays outside of the trace, or build it from np.exp, np.log and arithmetic"

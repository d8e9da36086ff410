"""When plain code asks for a traced value: whether that would drop a derivative without a word.

NumPy's C code, other libraries and Python itself ask by `__float__`, `__int__`, `__index__`,
`__complex__` and `__array__`. Of all callers only one means it for certain: a line of the user's own
code that converts one traced value by name, ``float(t)`` or ``np.asarray(t)``. It gets the value,
with a warning once per line. Everybody else gets an error that names the user's line, unless no
derivative flows through the value anyway.
"""

import builtins
import collections
import contextlib
import dis
import functools
import gc
import math
import operator
import os
import sys
import sysconfig
import warnings

import numpy as np

from ..errors import AbstractValueError, DetachedWarning, TraceError, where_text
from ..graph import _NUMPY, INPUT, LITERAL, reachable
from ..primitives.control import STOP

_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_LIBRARIES = tuple(
    {sysconfig.get_paths()[k] + os.sep for k in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_CONVERSIONS = (float, int, complex, operator.index, np.asarray, np.array, np.asanyarray)
_CONVERSIONS += (np.ascontiguousarray, np.asfortranarray)
_PREDICATES = (math.isnan, math.isfinite, math.isinf, math.isclose)
_NAMES = {"LOAD_FAST", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_CLASSDEREF"}
_NAMES |= {"LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_FROM_DICT_OR_DEREF"}
_SUBSCRIPTS = ("BINARY_SUBSCR", "BINARY_SLICE")
_UNKNOWN = object()
_warned = set()


def detached(tracer, method, what):
    """The value of `tracer` for plain code that asked by `method`; an error where it must not have it."""
    node = tracer.node
    if node.prim is LITERAL or not tracer.abstract and not carries_derivative(node):
        return tracer._value(what)
    frame = sys._getframe(3)
    if tracer.abstract:
        _refuse_abstract(tracer, method, what, frame)
    line = _allow(tracer, method, frame)
    value = tracer._value(what)
    if line is not None and line not in _warned:
        _warned.add(line)
        warnings.warn(
            f"{what} at {line} takes a traced value out of the computation: no derivative flows through it "
            f"(nk.stop_gradient(t) says that this is meant)",
            DetachedWarning,
            stacklevel=4,
        )
    return value


def carries_derivative(node):
    """Whether a derivative with respect to an argument could flow through the value."""
    if not node.is_float:
        return False

    known = node.graph.root.carrying
    for n in reachable([node], stop=known):
        if n.prim is INPUT:
            known[n] = n.params[0] != "captured"
        else:
            args = () if n.prim is STOP else n.args
            known[n] = any(known[a] for a in args if a.is_float or a.aux is not None)
    return known[node]


# ---------------------------------------------------------------------------- who asks


@functools.lru_cache(4096)
def library(filename):
    """Whether a file is not the user's: neurokit, NumPy, an installed package or Python itself."""
    return (
        filename.startswith((_PACKAGE, _NUMPY, "<frozen", "<__array_function__"))
        or filename.startswith(_LIBRARIES)
        or f"{os.sep}site-packages{os.sep}" in filename
        or f"{os.sep}dist-packages{os.sep}" in filename
    )


def asker(frame):
    """(the user's line, the library's function called there or None) of the code running in `frame`."""
    inner = None
    while frame is not None and library(frame.f_code.co_filename):
        inner, frame = frame, frame.f_back
    where = None if frame is None else (frame.f_code, frame.f_lasti)
    if inner is None:
        return where, None
    module = inner.f_globals.get("__name__", "")
    package = (
        "NumPy"
        if module.startswith("numpy")
        else ".".join(module.split(".")[: 1 + module.startswith("neurokit.")])
    )
    name = getattr(inner.f_code, "co_qualname", inner.f_code.co_name).replace(".__init__", "")
    return where, f"{package}'s {name.rpartition('<locals>.')[2]}()"


def _twin_of(frame):
    """The name under `nk.scipy` of SciPy's function that runs in `frame`, or None."""
    from ... import scipy as twins

    found = None
    while frame is not None and library(frame.f_code.co_filename):
        package, *rest = frame.f_globals.get("__name__", "").split(".")
        name = frame.f_code.co_name
        if package == "scipy" and rest and rest[0] in twins.__all__:
            home, path = getattr(twins, rest[0]), rest[0]
            if rest[0] == "spatial":
                home, path = home.distance, "spatial.distance"
            if name in getattr(home, "__all__", vars(home)) and not name.startswith("_"):
                found = f"nk.scipy.{path}.{name}"
            me = frame.f_locals.get("self")
            law = getattr(me, "name", type(me).__name__.removesuffix("_gen"))
            if rest[0] == "stats" and not name.startswith("_") and law in home.__all__:
                ours = getattr(home, law)
                found = None
                if name in vars(ours) or hasattr(type(ours), name):
                    found = f"nk.scipy.stats.{law}.{name}"
        frame = frame.f_back
    return found


def _refuse_abstract(tracer, method, what, frame):
    where, function = asker(frame)
    place, graph = where_text(where), tracer.node.graph.what
    kind = None if function else instruction(where[0], where[1])[0].opname
    if kind in _SUBSCRIPTS or method == "__index__" and kind == "BINARY_OP":
        raise AbstractValueError(_index_text(place))
    if method == "__array__":
        way = "use np.stack([...]), nk.array([...]), nk.array(a)[t] or nk.zeros(shape, like=t)"
        if function and not function.startswith("NumPy"):
            twin = _twin_of(frame)
            way = (
                f"use {twin}, which takes traced arrays"
                if twin
                else "it takes plain arrays only: call it outside of the trace"
            )
        raise AbstractValueError(
            f"{function or 'np.array, np.asarray or plain NumPy code'} at {place} cannot hold a traced array inside {graph}: {way}"
        )
    if kind is not None and kind.startswith("STORE"):
        raise AbstractValueError(_store_text(place))
    if function or kind is None:
        raise AbstractValueError(
            f"{function or 'a call'} at {place} needs the value of a traced array ({tracer.dtype}{list(tracer.shape)}), "
            f"which is not known inside {graph}: use the np. function of that name, or move this line out of it"
        )
    tracer._value(what)


def _index_text(place):
    return (
        f"a plain array or list is indexed by a traced value at {place}: write nk.array(a)[t], or for a window of "
        f"length m nk.array(a)[t + np.arange(m)]"
    )


def _store_text(place):
    return (
        f"a traced value is written into a plain array at {place}, which cannot hold it: make the array with "
        f"nk.zeros(shape, like=t), or collect the values in a list and np.stack them"
    )


def _is_check(frame):
    """Whether a function of numpy.testing asks: it compares and returns nothing."""
    while frame is not None and library(frame.f_code.co_filename):
        if frame.f_globals.get("__name__", "").startswith("numpy.testing"):
            return True
        frame = frame.f_back
    return False


def _of_lists(function):
    """What to write instead of a function of NumPy that takes no traced values as it was called."""
    name = function.partition("'s ")[2]
    if name.startswith("vectorize"):
        return "use nk.vmap, or np.stack([f(x) for x in t])"
    if name == "full()":
        return "use nk.full or broadcasting"
    return (
        "make a list or tuple of traced values an array first (np.stack([...]), nk.array([...]), or import "
        "neurokit.numpy as np, whose functions take them); plain arrays take traced values by nk.array(a)[t] and "
        "nk.zeros(..., like=t)"
    )


_OF_MATH = {
    "pow": "np.power",
    "fsum": "np.sum",
    "dist": "np.linalg.norm(p - q)",
    "erf": "nk.scipy.special.erf",
    "erfc": "nk.scipy.special.erfc",
    "gamma": "nk.scipy.special.gamma",
    "lgamma": "nk.scipy.special.gammaln",
}


_OF_NUMPY = {  # functions and classes in C that take no traced values
    np.broadcast: "use np.broadcast_shapes or np.broadcast_arrays",
    np.fromiter: "use np.stack(list(...))",
}


def _instead(called):
    """What to write instead of calling a plain function with a traced value."""
    with contextlib.suppress(TypeError):  # not hashable
        if called in _OF_NUMPY:
            return _OF_NUMPY[called]
    name = getattr(called, "__name__", None)
    if getattr(called, "__module__", None) == "math":
        if name in _OF_MATH or hasattr(np, name):
            return f"use {_OF_MATH.get(name) or 'np.' + name}"
    return (
        "use np.stack([...]) instead of a list or tuple of traced values, an np. function or arithmetic instead of "
        "one that takes plain numbers"
    )


def _allow(tracer, method, frame):
    """The line to warn about, None for no warning, or an error."""
    if _is_check(frame):
        return None
    where, function = asker(frame)
    place = where_text(where)
    if function is not None or where is None:
        counterpart = (
            _of_lists(function)
            if function and function.startswith("NumPy")
            else "it takes plain arrays only: give it values that do not depend on what is differentiated, or "
            "nk.stop_gradient(t) if no derivative is wanted"
        )
        twin = _twin_of(frame)
        if twin is not None:
            counterpart = f"use {twin}, which takes traced arrays"
        raise TraceError(
            f"{function} at {place} would turn a traced array into plain data and drop its derivative: {counterpart}"
        )
    at, steps = instruction(*where)
    kind = at.opname
    if method in ("item", "tolist"):
        return place
    if kind in ("STORE_SUBSCR", "STORE_SLICE"):
        raise TraceError(_store_text(place))
    if kind in _SUBSCRIPTS:
        raise TraceError(_index_text(place))
    if kind in ("COMPARE_OP", "CONTAINS_OP", "IS_OP") or (
        kind == "BINARY_OP" and at.argrepr == "%" and method in ("__float__", "__int__")
    ):
        return None  # a truth value, or text: "%.2f" % t
    if kind.startswith(("CALL", "PRECALL")):
        called, first = _call(frame, at, steps)
        if any(called is f for f in _PREDICATES):
            return None
        explicit = any(called is f for f in _CONVERSIONS) or (
            isinstance(called, type) and issubclass(called, np.generic)
        )
        if explicit and _is_bare(tracer, method, frame, first):
            return place
        if explicit:
            raise TraceError(
                f"np.array of a list or tuple that holds traced values at {place} does not dispatch in NumPy and would "
                f"drop their derivatives: use np.stack([...]), np.concatenate or nk.array([...])"
            )
        name = getattr(called, "__name__", None)
        raise TraceError(
            f"{name + '()' if name else 'the call'} at {place} would turn a traced array into plain data and drop "
            f"its derivative: {_instead(called)}"
        )
    raise TraceError(
        f"plain code at {place} would turn a traced array into plain data and drop its derivative: a list or tuple of "
        f"traced values must become an array first, by np.stack([...]) or nk.array([...])"
    )


# ---------------------------------------------------------------------------- what the line says


@functools.lru_cache(1024)
def instruction(code, lasti):
    """The instruction of `code` that is running, and all of them."""
    steps = [x for x in dis.get_instructions(code) if x.opname != "CACHE"]
    at = max((x for x in steps if x.offset <= lasti), key=lambda x: x.offset)
    return at, steps


def _start(x):
    return x.positions.lineno, x.positions.col_offset


def _end(x):
    return x.positions.end_lineno, x.positions.end_col_offset


def _call(frame, at, steps):
    """(the function called, the instructions of its first argument), as far as they can be told.

    Arguments that are plain names stand right before the call. Else by columns: what begins where
    the call begins is the function, what follows are the arguments.
    """
    before = [x for x in steps if x.offset < at.offset and x.opname not in ("PRECALL", "KW_NAMES")]
    first = len(before) - (at.arg or 0)
    if at.arg and all(x.opname in _NAMES or x.opname == "LOAD_CONST" for x in before[first:]):
        begin = first - 1
        while begin >= 0 and before[begin].opname in ("PUSH_NULL", "LOAD_ATTR", "LOAD_METHOD"):
            begin -= 1
        called = _read(frame, before[max(begin, 0) : first])
        if called is not _UNKNOWN:
            return called, before[first : first + 1]
    if at.positions is None or None in at.positions:
        return None, []
    inside = [
        x
        for x in steps
        if x.positions is not None
        and None not in x.positions
        and _start(at) <= _start(x)
        and _end(x) <= _end(at)
        and (_start(x), _end(x)) != (_start(at), _end(at))
    ]
    function = [x for x in inside if _start(x) == _start(at)]
    if not function:
        return None, []
    border = max(_end(x) for x in function)
    function = [x for x in inside if _end(x) <= border]
    rest = [x for x in inside if _start(x) >= border]
    if rest:
        begin = min(_start(x) for x in rest)
        stop = max(_end(x) for x in rest if _start(x) == begin)
        rest = [x for x in rest if _end(x) <= stop]
    called = _read(frame, function)
    return (None if called is _UNKNOWN else called), rest


def _read(frame, steps):
    """The value of names, attributes and items, read from the frame; `_UNKNOWN` for all else."""
    stack = []
    try:
        for x in steps:
            if x.opname in _NAMES:
                stack.append(_name(frame, x.argval))
            elif x.opname == "LOAD_CONST":
                stack.append(x.argval)
            elif x.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                stack.append(getattr(stack.pop(), x.argval))
            elif x.opname == "BINARY_SUBSCR":
                key = stack.pop()
                container = stack.pop()
                if not isinstance(container, (dict, list, tuple)):
                    return _UNKNOWN
                stack.append(container[key])
            elif x.opname not in ("PUSH_NULL", "PRECALL", "RESUME", "NOP"):
                return _UNKNOWN
    except Exception:  # noqa: BLE001 - whatever the user's attributes do
        return _UNKNOWN
    return stack[0] if len(stack) == 1 else _UNKNOWN


def _name(frame, name):
    for space in (frame.f_locals, frame.f_globals, vars(builtins)):
        if name in space:
            return space[name]
    raise KeyError(name)


def _is_bare(tracer, method, frame, steps):
    """Whether the argument is the traced value itself, not a container that holds it."""
    if method != "__array__":
        return True  # float([t]) is an error of Python's
    if any(
        x.opname in ("BUILD_LIST", "BUILD_TUPLE", "LIST_APPEND", "LIST_EXTEND") for x in steps[-1:]
    ):
        return False
    value = _read(frame, steps)
    if value is not _UNKNOWN:
        return type(value) is type(tracer)
    holders = [x for x in gc.get_referrers(tracer) if type(x) in (list, tuple, collections.deque)]
    return all(_is_argument_list(x, holders) for x in holders)


def _is_argument_list(holder, known):
    """Whether a tuple is how Python hands the one argument to a type, as in ``np.int64(t)``."""
    if type(holder) is not tuple or len(holder) != 1:
        return False
    above = [x for x in gc.get_referrers(holder) if x is not known]
    return not any(type(x) in (list, tuple, collections.deque) for x in above)

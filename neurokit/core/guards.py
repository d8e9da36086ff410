"""What a function reaches outside of its arguments: guards of cached programs, and traps."""

import functools
import math
import types

import numpy as np

from .errors import CapturedArrayError, TraceError
from .runtime import checksum
from .tracer import Tracer

_MISSING = object()
_SIMPLE = (bool, int, float, complex, str, bytes, type(None), np.generic)
_FOREIGN = ("numpy", "scipy", "neurokit", "builtins")


def _foreign(module):
    return (module or "").partition(".")[0] in _FOREIGN


class Guards:
    """The values a function reaches through closures, globals, modules, classes and attributes.

    Numbers and strings are held by value, functions and objects by identity, arrays by identity and
    contents: plain NumPy code may have computed with them while the function was traced.
    """

    def __init__(self, f, skip=()):
        self.rows, self.arrays, self.generators = [], {}, {}
        self._seen, self._skip = set(), {id(x) for x in skip}
        self._value(f, 0)
        if not isinstance(f, types.FunctionType) and not isinstance(f, types.MethodType):
            call = vars(type(f)).get("__call__")
            if isinstance(call, types.FunctionType):
                self._function(call, 0)

    # ------------------------------------------------------------------ walking

    def _row(self, get, key, depth):
        value = get(key)
        if value is _MISSING or id(value) in self._skip or isinstance(value, Tracer):
            return
        if not isinstance(value, (types.BuiltinFunctionType, np.ufunc, types.ModuleType)):
            self.rows.append((get, key, value))
        self._value(value, depth)

    def _value(self, value, depth):
        if isinstance(value, _SIMPLE) or id(value) in self._seen or depth > 8:
            return
        if isinstance(value, np.ndarray):
            if value.flags.writeable and value.dtype != object:
                self.arrays[id(value)] = (value, checksum(value))
            return
        if isinstance(value, (np.random.Generator, np.random.RandomState)):
            self.generators[id(value)] = value
            return
        if isinstance(value, types.FunctionType):
            self._function(value, depth)
        elif isinstance(value, types.MethodType):
            self._value(value.__self__, depth)
            self._function(value.__func__, depth)
        elif isinstance(value, functools.partial):
            self._seen.add(id(value))
            for part in (value.func, *value.args, *value.keywords.values()):
                self._value(part, depth + 1)
        elif isinstance(value, (list, tuple, dict)):
            self._container(value, depth)
        elif isinstance(value, (set, frozenset)):
            self.rows.append((frozenset, value, frozenset(value)))
        elif isinstance(value, type):
            self._class(value, depth)
        elif not isinstance(value, types.ModuleType):
            self._object(value, depth)

    def _function(self, f, depth):
        self._seen.add(id(f))
        for cell in f.__closure__ or ():
            self._row(_cell, cell, depth + 1)
        for value in (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()):
            self._value(value, depth + 1)
        if not _foreign(f.__globals__.get("__name__")):
            self._names(f.__code__, f.__globals__, depth)

    def _names(self, code, space, depth):
        for name in code.co_names:
            if name not in space:
                continue
            value = space[name]
            if isinstance(value, types.ModuleType):
                if not _foreign(value.__name__):
                    for inner in code.co_names:
                        if isinstance(
                            vars(value).get(inner), (*_SIMPLE, np.ndarray, types.FunctionType)
                        ):
                            self._row(functools.partial(_attribute, value), inner, depth + 1)
            else:
                self._row(functools.partial(_get, space), name, depth + 1)
        for const in code.co_consts:
            if isinstance(const, types.CodeType):
                self._names(const, space, depth)

    def _container(self, value, depth):
        self._seen.add(id(value))
        if len(value) > 1000:
            return
        self.rows.append((len, value, len(value)))
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            self._row(functools.partial(_item, value), key, depth + 1)

    def _class(self, cls, depth):
        if _foreign(cls.__module__) or id(cls) in self._seen:
            return
        self._seen.add(id(cls))
        for name, item in list(vars(cls).items()):
            if not name.startswith("__") and isinstance(
                item, (*_SIMPLE, np.ndarray, list, tuple, dict)
            ):
                self._row(functools.partial(_attribute, cls), name, depth + 1)

    def _object(self, value, depth):
        self._seen.add(id(value))
        cls = type(value)
        rule = cls.__module__.startswith("neurokit.") and cls.__name__ == "custom_vjp"
        if _foreign(cls.__module__) and not rule:
            return
        names = list(getattr(value, "__dict__", ()))
        for base in cls.__mro__:
            slots = base.__dict__.get("__slots__", ())
            names += [slots] if isinstance(slots, str) else list(slots)
            if not _foreign(base.__module__):  # attributes of the class, as the instance sees them
                names += [
                    n for n, item in vars(base).items() if isinstance(item, (*_SIMPLE, np.ndarray))
                ]
                self._class(base, depth)
        for name in names:
            if not name.startswith("__"):
                self._row(functools.partial(_attribute, value), name, depth + 1)

    # ------------------------------------------------------------------ checking

    def hold(self):
        """Whether everything is as it was."""
        for get, key, value in self.rows:
            now = get(key)
            if now is not value and not _equal(now, value):
                return False
        return not self.edited()

    def edited(self):
        """The arrays whose contents have changed."""
        return [array for array, before in self.arrays.values() if checksum(array) != before]


def _get(space, name):
    return space.get(name, _MISSING)


def _attribute(owner, name):
    return getattr(owner, name, _MISSING)


def _cell(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


def _item(container, key):
    try:
        return container[key]
    except (KeyError, IndexError):
        return _MISSING


def _equal(now, value):
    if type(now) is not type(value) or not isinstance(value, (*_SIMPLE, frozenset)):
        return False
    if isinstance(value, float) and now == value:
        return math.copysign(1, now) == math.copysign(1, value)
    return now == value or now != now and value != value


class Trap:
    """Finds what must not happen while a function is traced: draws that would be frozen, edits of
    arrays that earlier operations have read."""

    def __init__(self, f):
        self.guards = Guards(f)
        self.before = self._now()

    def _now(self):
        state = np.random.get_state(legacy=False)["state"]
        own = [_state_of(g) for g in self.guards.generators.values()]
        return int(state["pos"]), hash(state["key"].tobytes()), *own

    def check(self):
        if self._now() != self.before:
            raise TraceError(
                "the traced function drew from np.random: the draw would be made once and frozen into the program; "
                "draw before it and pass the numbers in, or use nk.Rng(seed)"
            )
        edited = self.guards.edited()
        if edited:
            raise CapturedArrayError(
                f"the traced function edited a plain array ({edited[0].dtype}{list(edited[0].shape)}) that it reaches "
                f"from outside: that would happen once, not in each step or call; pass it in and return it"
            )


def _state_of(generator):
    bits = (
        generator.bit_generator
        if isinstance(generator, np.random.Generator)
        else generator._bit_generator
    )
    return str(bits.state)

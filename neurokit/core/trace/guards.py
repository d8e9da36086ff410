"""What a function reaches outside of its arguments: guards of cached programs, and traps."""

import array
import collections.abc
import enum
import functools
import importlib
import math
import operator
import os
import re
import sys
import types

import numpy as np

from ..errors import CapturedArrayError, TraceError
from ..graph import current
from ..run.runtime import checksum
from .tracer import Tracer

_MISSING = object()
_SIMPLE = (bool, int, float, complex, str, bytes, type(None), np.generic)
_FOREIGN = sys.stdlib_module_names | {"numpy", "scipy", "neurokit"}
_BUFFERS = (bytearray, memoryview, array.array)
_METHODS = (types.FunctionType, staticmethod, classmethod, property, functools.cached_property)
_DEEP = 24
_IMMUTABLE = (types.CodeType, types.GenericAlias, range, slice)
_IMMUTABLE += (type(Ellipsis), type(NotImplemented), np.dtype, re.Pattern, enum.Enum)
# names through which randomness comes from the system, and the code that it then passes
_ENTROPY = {"default_rng", "RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox"}
_ENTROPY |= {
    "SFC64",
    "Random",
    "SystemRandom",
    "urandom",
    "secrets",
    "uuid4",
    "token_bytes",
    "seed",
}


def _foreign(module):
    """Whether code of a module is taken to stay as it is: Python's own, NumPy, SciPy and neurokit."""
    name = module or ""
    return name.partition(".")[0] in _FOREIGN and name != "__main__"


@functools.cache
def _installed(module):
    """Whether a module is an installed library's, whose code and globals are taken to stay as they are."""
    if _foreign(module):
        return True
    top = sys.modules.get((module or "").partition(".")[0])
    parts = (getattr(top, "__file__", None) or "").replace(os.sep, "/").split("/")
    return "site-packages" in parts or "dist-packages" in parts


class Guards:
    """The values a function reaches through closures, globals, modules, classes and attributes.

    Numbers and strings are held by value, functions and objects by identity, arrays and buffers by
    identity and contents: plain NumPy code may have computed with them while the function was traced.
    What cannot be compared (iterators, whose next value is another one) makes them never hold.
    """

    def __init__(self, f, skip=()):
        self.rows, self.arrays, self.generators = [], {}, {}
        self.snapshots = []  # (function, its argument, what it gave)
        self.entropy = False  # whether a name is reached that can draw from the system
        self.random = False  # whether a name is reached that may be a module of random numbers
        self.opaque = False  # whether something is reached that cannot be compared
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
        self.rows.append((get, key, value))
        self._value(value, depth)

    def _value(self, value, depth):
        if isinstance(value, _SIMPLE) or id(value) in self._seen:
            return
        if callable(value) and _is_source(value):
            self.entropy = True
        if isinstance(value, types.BuiltinFunctionType):  # perhaps the method of an object
            owner = value.__self__
            if owner is not None and not isinstance(owner, type):
                self._value(owner, depth + 1)
            return
        if isinstance(value, (*_IMMUTABLE, np.ufunc, types.ModuleType, Tracer)):
            return
        if depth > _DEEP:
            self.opaque = True
        elif isinstance(value, np.ndarray):
            if value.dtype == object:
                self._container(value.ravel().tolist(), depth, value)
            elif value.flags.writeable:
                self.arrays[id(value)] = (value, checksum(value))
        elif isinstance(value, _generator_types()):
            self.generators[id(value)] = value
        elif isinstance(value, types.FunctionType):
            self._function(value, depth)
        elif isinstance(value, types.MethodType):
            self._value(value.__self__, depth)
            self._value(value.__func__, depth)
        elif isinstance(value, (staticmethod, classmethod)):
            self._value(value.__func__, depth)
        elif isinstance(value, property):
            for part in (value.fget, value.fset):
                self._value(part, depth)
        elif isinstance(value, functools.partial):
            self._seen.add(id(value))
            for part in (value.func, *value.args, *value.keywords.values()):
                self._value(part, depth + 1)
        elif isinstance(value, (list, tuple, dict, collections.deque)):
            self._container(value, depth)
            if type(value) not in (list, tuple, dict, collections.deque):
                self._object(value, depth)
        elif isinstance(value, (set, frozenset)):
            self.rows.append((frozenset, value, frozenset(value)))
        elif isinstance(value, _BUFFERS):
            self._snapshot(_bytes, value)
        elif isinstance(value, type):
            self._class(value, depth)
        else:
            self._object(value, depth)

    def _snapshot(self, take, value):
        self._seen.add(id(value))
        self.snapshots.append((take, value, take(value)))

    def _function(self, f, depth):
        self._seen.add(id(f))
        own = _installed(f.__globals__.get("__name__"))
        if own and hasattr(f, "__wrapped__"):  # a transform of neurokit: what it transforms counts
            self._value(f.__wrapped__, depth + 1)
            return
        for cell in f.__closure__ or ():
            self._row(_cell, cell, depth + 1)
        for value in (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()):
            self._value(value, depth + 1)
        for name in f.__dict__:
            if not name.startswith("__"):
                self._row(functools.partial(_attribute, f), name, depth + 1)
        if not own:
            self._names(f.__code__, f.__globals__, depth)

    def _names(self, code, space, depth):
        self.entropy = self.entropy or not _ENTROPY.isdisjoint(code.co_names)
        self.random = self.random or "random" in code.co_names
        for name in code.co_names:
            if name not in space:
                continue
            value = space[name]
            self._row(functools.partial(_get, space), name, depth + 1)
            if isinstance(value, types.ModuleType):
                self._module(value, code, depth)
        for const in code.co_consts:
            if isinstance(const, types.CodeType):
                self._names(const, space, depth)

    def _module(self, module, code, depth):
        """The attributes of a module of the user's that code names."""
        if _installed(module.__name__) or depth > _DEEP:
            return
        for name in code.co_names:
            value = vars(module).get(name)
            if isinstance(value, types.ModuleType):
                if value.__name__.startswith(module.__name__ + "."):
                    self._module(value, code, depth + 1)
            else:
                self._row(functools.partial(_attribute, module), name, depth + 1)

    def _container(self, value, depth, owner=None):
        """Contents of a container; of the many numbers of a long one, whether they are the same objects."""
        self._seen.add(id(value if owner is None else owner))
        if owner is not None or len(value) > 1000:
            self._snapshot(_items, value if owner is None else owner)
            for item in _items(value):
                self._value(item, depth + 1)
            return
        if isinstance(value, dict):
            self._snapshot(tuple, value)  # the order of the keys too
        else:
            self.rows.append((len, value, len(value)))
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            self._row(functools.partial(_item, value), key, depth + 1)

    def _class(self, cls, depth):
        if _installed(cls.__module__) or id(cls) in self._seen:
            return
        self._seen.add(id(cls))
        for name, item in list(vars(cls).items()):
            if isinstance(item, _METHODS) or not name.startswith("__"):
                if not isinstance(item, (types.GetSetDescriptorType, types.MemberDescriptorType)):
                    self._row(functools.partial(_own, cls), name, depth + 1)

    def _object(self, value, depth):
        self._seen.add(id(value))
        cls = type(value)
        if isinstance(value, collections.abc.Iterator) and not hasattr(value, "__dict__"):
            self.opaque = True
            return
        rule = cls.__module__.startswith("neurokit.") and cls.__name__ == "custom_vjp"
        if cls.__module__.startswith("neurokit.core") and not rule:
            return
        if hasattr(cls, "__array__") and not _foreign(cls.__module__):  # a Series, a tensor
            self._snapshot(_contents, value)
            return
        names = list(getattr(value, "__dict__", ()))
        for base in cls.__mro__:
            slots = base.__dict__.get("__slots__", ())
            names += [slots] if isinstance(slots, str) else list(slots)
            if not _installed(
                base.__module__
            ):  # attributes of the class, as the instance sees them
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
        if self.opaque:
            return False
        for take, value, before in self.snapshots:
            if not _same(take(value), before):
                return False
        for get, key, value in self.rows:
            now = get(key)
            if now is not value and not _equal(now, value):
                return False
        return not self.edited()

    def reaches(self, value):
        """Whether an object was among the values."""
        return id(value) in self._seen

    def edited(self):
        """The arrays whose contents have changed."""
        return [array for array, before in self.arrays.values() if checksum(array) != before]


def _get(space, name):
    return space.get(name, _MISSING)


def _attribute(owner, name):
    return getattr(owner, name, _MISSING)


def _own(cls, name):
    return vars(cls).get(name, _MISSING)


def _bytes(value):
    return (bytes(value),)


def _items(value):
    """The objects in a long container, without those inside of them."""
    if isinstance(value, np.ndarray):
        return value.ravel().tolist()
    return [*value.keys(), *value.values()] if isinstance(value, dict) else list(value)


def _contents(value):
    """The values of an object that gives itself as an array."""
    values = np.asarray(value)
    if values.dtype == object:
        return values.ravel().tolist()
    return (values.shape, values.dtype.str, checksum(values) if values.size else 0)


def _same(now, before):
    if len(now) != len(before):
        return False
    return all(map(operator.is_, now, before)) or all(
        a is b or type(a) is type(b) and isinstance(a, (*_SIMPLE, tuple)) and a == b
        for a, b in zip(now, before)
    )


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


def _is_source(value):
    """Whether a class or function has the name of one that draws from the system."""
    kind = type(value)
    if kind in (type, types.BuiltinFunctionType) or kind.__name__ == "cython_function_or_method":
        return value.__name__ in _ENTROPY
    return False


def _generator_types():
    """The generators that exist; a module that nobody has loaded has none."""
    drawn, plain = sys.modules.get("numpy.random"), sys.modules.get("random")
    found = () if drawn is None else (drawn.Generator, drawn.RandomState)
    return found if plain is None else (*found, plain.Random)


class Trap:
    """Finds what must not happen while a function is traced: draws that would be frozen, edits of
    arrays that earlier operations have read.

    States of generators tell draws from those that exist. One that is made while tracing takes its
    seed from the system; where the code names anything of the kind, calls are watched.
    """

    def __init__(self, f):
        self.guards = Guards(f)
        if self.guards.random or self.guards.entropy:
            importlib.import_module("numpy.random")  # NumPy loads it at its first use
            importlib.import_module("random")
        self.modules = [sys.modules.get(name) for name in ("numpy.random", "random")]
        self.before = self._now()
        self.drew, self.watching = False, False
        graph = current()
        if self.guards.entropy and graph is not None and graph.trap is None:
            profile = sys.getprofile()
            if profile is None or isinstance(profile, types.MethodType):
                graph.trap, self.previous, self.watching = self, profile, True
                sys.setprofile(self._watch)

    def _watch(self, frame, event, argument):
        if event == "call":
            code, random = frame.f_code, sys.modules["random"]
            seed, system = random.Random.seed, random.SystemRandom.getrandbits
            if code is system.__code__ or code is seed.__code__ and frame.f_locals.get("a") is None:
                self.drew = True
        elif event == "c_call" and argument is os.urandom:
            self.drew = True

    def release(self):
        """No more watching."""
        if self.watching:
            self.watching = False
            sys.setprofile(self.previous)

    def _now(self):
        own = [_state_of(g) for g in self.guards.generators.values()]
        drawn, plain = self.modules
        return (
            None if drawn is None else _legacy(drawn.get_state(legacy=False)),
            None if plain is None else hash(plain.getstate()),
            *own,
        )

    def check(self):
        self.release()
        if self.drew or self._now() != self.before:
            raise TraceError(
                "the traced function drew from np.random or Python's random: the draw would be made once and frozen into "
                "the program; draw before it and pass the numbers in, or use nk.Rng(seed)"
            )
        edited = self.guards.edited()
        if edited:
            raise CapturedArrayError(
                f"the traced function edited a plain array ({edited[0].dtype}{list(edited[0].shape)}) that it reaches "
                f"from outside: that would happen once, not in each step or call; pass it in and return it"
            )


def _state_of(generator):
    if hasattr(generator, "getstate"):
        try:
            return hash(generator.getstate())
        except NotImplementedError:  # SystemRandom
            return None
    if hasattr(generator, "get_state"):
        return _legacy(generator.get_state(legacy=False))
    return str(generator.bit_generator.state)


def _legacy(state):
    """The state of a `RandomState`, with the second of a pair of normal draws that it keeps."""
    inner = tuple(x.tobytes() if isinstance(x, np.ndarray) else x for x in state["state"].values())
    return hash((inner, state["has_gauss"], state["gauss"]))

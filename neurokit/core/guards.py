"""What a function reaches outside of its arguments: guards of cached programs, and random traps."""

import functools
import inspect
import types

import numpy as np

from .errors import TraceError

_MISSING = object()
_SIMPLE = (bool, int, float, complex, str, bytes, type(None), np.generic)


class Guards:
    """What a function reaches outside of its arguments, and whether it is still the same."""

    def __init__(self, f):
        self.rows, seen = [], set()
        self._visit(f, seen, 0)

    def _visit(self, f, seen, depth):
        if isinstance(f, types.MethodType):
            self._object(f.__self__, seen, depth)
            f = f.__func__
        f = inspect.unwrap(f) if callable(f) else f
        if isinstance(f, functools.partial):
            for value in (f.func, *f.args, *f.keywords.values()):
                self._value(value, seen, depth)
            return
        code = getattr(f, "__code__", None)
        if code is None or id(f) in seen or depth > 8:
            return
        seen.add(id(f))
        for cell in f.__closure__ or ():
            self._row(_cell, cell, seen, depth)
        self._names(code, f.__globals__, seen, depth)
        for value in (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()):
            self._value(value, seen, depth)

    def _names(self, code, space, seen, depth):
        for name in code.co_names:
            if name in space:
                self._row(space.get, name, seen, depth)
        for const in code.co_consts:
            if isinstance(const, types.CodeType):
                self._names(const, space, seen, depth)

    def _row(self, get, key, seen, depth):
        value = get(key)
        if (
            isinstance(value, (types.ModuleType, type, types.BuiltinFunctionType, np.ufunc))
            or value is _MISSING
        ):
            return
        self.rows.append((get, key, value))
        self._value(value, seen, depth)

    def _value(self, value, seen, depth):
        if isinstance(value, (types.FunctionType, types.MethodType, functools.partial)):
            module = getattr(value, "__module__", None) or ""
            if not module.startswith(("numpy", "neurokit.", "scipy")):
                self._visit(value, seen, depth + 1)
        elif isinstance(value, (list, tuple, dict)) and id(value) not in seen and depth < 4:
            seen.add(id(value))
            self._container(value, seen, depth)
        elif hasattr(value, "__dict__") and not isinstance(
            value, (types.ModuleType, type, np.ndarray)
        ):
            self._object(value, seen, depth)

    def _container(self, value, seen, depth):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        self.rows.append((len, value, len(value)))
        for key in keys:
            item = value[key]
            if not isinstance(value, tuple):
                self.rows.append((functools.partial(_item, value), key, item))
            self._value(item, seen, depth + 1)

    def _object(self, value, seen, depth):
        module = type(value).__module__ or ""
        if id(value) in seen or depth > 4 or module.startswith(("numpy", "neurokit", "scipy")):
            return
        seen.add(id(value))
        for name, item in list(vars(value).items()):
            if isinstance(item, (*_SIMPLE, np.ndarray, types.FunctionType)):
                self.rows.append((vars(value).get, name, item))
            self._value(item, seen, depth + 1)

    def hold(self):
        for get, key, value in self.rows:
            now = get(key)
            if now is not value and not _equal(now, value):
                return False
        return True


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
    return (
        type(now) is type(value)
        and isinstance(value, _SIMPLE)
        and (now == value or now != now and value != value)
    )


class RandomTrap:
    """Finds draws from NumPy's generators while a function is traced: they would be frozen."""

    def __init__(self, f):
        reached = Guards(f).rows
        self.own = {
            id(v): v
            for _, _, v in reached
            if isinstance(v, (np.random.Generator, np.random.RandomState))
        }
        self.before = self._now()

    def _now(self):
        state = np.random.get_state(legacy=False)["state"]
        return (
            int(state["pos"]),
            hash(state["key"].tobytes()),
            *[_state_of(g) for g in self.own.values()],
        )

    def check(self):
        if self._now() != self.before:
            raise TraceError(
                "the traced function drew from np.random: the draw would be made once and frozen into the "
                "program; draw before it and pass the numbers in, or use nk.Rng(seed)"
            )


def _state_of(generator):
    bits = (
        generator.bit_generator
        if isinstance(generator, np.random.Generator)
        else generator._bit_generator
    )
    return str(bits.state)

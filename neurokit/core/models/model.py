"""Models: any object with array attributes. Parameters are differentiated, state writes are kept.

`param(x)` and `state(x)` mark arrays. An object that holds no mark has its floating-point arrays as
parameters. Attributes may nest: other models, lists, tuples and dicts of them.
"""

import contextlib
import functools
import sys
import types
import weakref

import numpy as np

from ..errors import TraceError
from ..trace.detach import instruction
from ..trace.tracer import Tracer


class Param(np.ndarray):
    """An array marked as a parameter. Arithmetic gives plain arrays."""

    def __array_wrap__(self, array, context=None, return_scalar=False):
        array = np.asarray(array)
        return array[()] if return_scalar else array


class State(np.ndarray):
    """An array marked as state: what a call writes to it stays."""

    __array_wrap__ = Param.__array_wrap__


def param(x):
    """Mark an array as a parameter of the object that holds it.

    The mark belongs to the place, as that of `state` does.
    """
    return _mark(np.array(x, dtype=_float_dtype(x)).view(Param), sys._getframe(1))


def state(x):
    """Mark an array as state of the object that holds it: writes made while traced are kept.

    The mark belongs to the place: an attribute stays state when plain code gives it a new array; a place in
    a list or dict does from the first transform that met it on.
    """
    return _mark(np.array(x).view(State), sys._getframe(1))


def _mark(array, frame):
    """The marked array; its place is remembered where the line of `frame` gives it to an attribute."""
    target = _target(frame.f_code, frame.f_lasti)
    if target is not None:
        holder = frame.f_locals.get(target[0], frame.f_globals.get(target[0]))
        if is_model(holder):
            _remember(holder, (target[1],), type(array))
    return array


@functools.lru_cache(256)
def _target(code, lasti):
    """(name, attribute) where the line is ``name.attribute = <this call>``, else None."""
    at, steps = instruction(code, lasti)
    i = steps.index(at)
    load, store = (*steps[i + 1 : i + 3], at, at)[:2]
    if load.opname.startswith("LOAD") and store.opname == "STORE_ATTR":
        return (load.argval, store.argval) if isinstance(load.argval, str) else None
    return None


_marked_places = {}  # id(object) -> (reference to it, {path below it: mark})


def _remember(holder, path, mark):
    known = _marked_places.get(id(holder))
    if known is None:
        try:
            reference = weakref.ref(holder, functools.partial(_marked_places.pop, id(holder)))
        except TypeError:  # a class with __slots__ for its memory alone
            return
        known = _marked_places[id(holder)] = reference, {}
    known[1][path] = mark


def _mark_of(holder, path, array):
    """Param, State or None: the mark that an array has, or else that its place had."""
    if isinstance(array, (Param, State)):
        mark = Param if isinstance(array, Param) else State
        _remember(holder, path, mark)
        return mark
    known = _marked_places.get(id(holder))
    return None if known is None else known[1].get(path)


def _float_dtype(x):
    dtype = np.asarray(x).dtype
    return dtype if dtype.kind in "fc" else np.float64


class Handle:
    """Meta of a model's place in a tree: which object, which attributes. Compared by identity."""

    __slots__ = ("model", "names")

    def __init__(self, model, names):
        self.model, self.names = model, names

    def __eq__(self, other):
        return isinstance(other, Handle) and self.model is other.model and self.names == other.names

    def __hash__(self):
        return hash((id(self.model), self.names))

    def __repr__(self):
        return f"{type(self.model).__name__}({', '.join(self.names)})"

    def rebuild(self, children):
        """Parameters as a dict by attribute name: what gradients of a model look like."""
        return dict(zip(self.names, children))


def _slots(model):
    """[(container, key, array, dotted name, mark)] of the arrays a model holds, depth first, each once."""
    found, seen = [], set()

    def visit(x, place, name, holder, path):
        if isinstance(x, (np.ndarray, Tracer)):
            mark = None if place[0] is None else _mark_of(holder, path, x)
            if place[0] is not None and _is_opened(*place):
                mark = State
            found.append((*place, x, name, mark))
            return
        if isinstance(x, _NUMBERS):
            mark = None if holder is None else _mark_of(holder, path, x)
            if mark is not None:  # plain code made it a number
                found.append((*place, np.asarray(x), name, mark))
            return
        if id(x) in seen:
            return
        seen.add(id(x))
        if is_model(x):
            space, holder, path = vars(x), x, ()
            items = [(k, space[k]) for k in sorted(space)]
        elif isinstance(x, dict):
            space, items = x, x.items()
        elif isinstance(x, (list, tuple)):
            space, items = x, enumerate(x)
        else:
            return
        for k, v in items:
            visit(v, (space, k), f"{name}.{k}" if name else str(k), holder, (*path, k))

    visit(model, (None, None), "", None, ())
    return found


def is_model(x):
    """An instance of a user's class that can hold attributes."""
    cls = type(x)
    return (
        hasattr(x, "__dict__")
        and not isinstance(x, type)
        and not callable_plain(x)
        and cls.__module__.partition(".")[0] not in ("builtins", "numpy", "types")
    )


def callable_plain(x):
    return isinstance(
        x, (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType)
    )


_NUMBERS = (np.generic, bool, int, float, complex)
_open = {}  # id(model) -> {mark: slots}: models whose arrays are traced values at present
_states = []  # [{(id(container), key)}]: where state is that loops carry at present


@contextlib.contextmanager
def states_at(places):
    """Places hold state for a while, though what is there has no mark."""
    _states.append({(id(container), key) for container, key in places})
    try:
        yield
    finally:
        _states.pop()


def is_state(container, key):
    """Whether a place holds state: by its mark, or because it did when it was opened."""
    return isinstance(container[key], State) or _is_opened(container, key)


def _is_opened(container, key):
    place = id(container), key
    return any(place in known for known in _states) or any(
        place == (id(c), k) for o in _open.values() for c, k, *_ in o[State]
    )


def _marked(model, mark):
    """[(container, key, array, dotted name)] of the arrays that are parameters (mark=Param) or state (mark=State)."""
    if id(model) in _open:
        return [(c, k, c[k], name) for c, k, _, name in _open[id(model)][mark]]
    found = _slots(model)
    if mark is Param and all(row[4] is None for row in found):
        return [row[:4] for row in found if row[2].dtype.kind in "fc"]
    return [row[:4] for row in found if row[4] is mark]


def marked(model, mark):
    """The slots (container, key, array) of `model` that are parameters (mark=Param) or state (mark=State)."""
    return [row[:3] for row in _marked(model, mark)]


def params(model):
    """The parameters of a model: {dotted name: array}."""
    return {name: array for _, _, array, name in _marked(model, Param)}


def states(model):
    """The state of a model: {dotted name: array}."""
    return {name: array for _, _, array, name in _marked(model, State)}


def open_model(x):
    """For `tree`: a model is a container of its parameters; other objects are leaves."""
    if not is_model(x):
        return None
    found = _marked(x, Param)
    if not found and not _marked(x, State):
        return None
    return Handle, Handle(x, tuple([row[3] for row in found])), [row[2] for row in found]


class Substituted:
    """While active, the parameters and states of a model are the given values."""

    def __init__(self, model, values, states):
        self.model, self.values, self.states = model, values, states

    def __enter__(self):
        self.params = _marked(self.model, Param)
        self.kept = _marked(self.model, State)
        self.outer = _open.get(id(self.model))
        _open[id(self.model)] = {Param: self.params, State: self.kept}
        for (container, key, *_), value in zip(
            self.params + self.kept, [*self.values, *self.states]
        ):
            _put(container, key, value)
        self.nodes = [getattr(v, "node", None) for v in self.values]
        return self

    def written(self):
        """What the call left in the places of the state. Parameters must be as they were."""
        for (container, key, *_), value, node in zip(self.params, self.values, self.nodes):
            now = container[key]
            if now is not value or node is not None and now.node is not node:
                raise TraceError(
                    f"the traced function wrote to {type(self.model).__name__}.{key}, which is a parameter: only state is "
                    f"kept. Mark it by nk.state(value) (a model without any mark has its arrays as parameters), or return "
                    f"the new value"
                )
        return [container[key] for container, key, *_ in self.kept]

    def __exit__(self, *exc):
        if self.outer is None:
            del _open[id(self.model)]
        else:
            _open[id(self.model)] = self.outer
        for container, key, value, _ in self.params + self.kept:
            _put(container, key, value)
        return False


def keep_states(model, values):
    """Store what a call wrote to the state: arrays get the mark again, traced values go in as they are."""
    for (container, key, _), value in zip(marked(model, State), values):
        _put(container, key, value if isinstance(value, Tracer) else np.asarray(value).view(State))


def _put(container, key, value):
    if isinstance(container, tuple):
        raise TypeError(
            "parameters inside a tuple cannot be replaced: hold them in a list or as attributes"
        )
    if container is None:
        raise TypeError("a bare array is not a model")
    container[key] = value

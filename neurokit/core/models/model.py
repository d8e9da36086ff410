"""Models: any object with array attributes. Parameters are differentiated, state writes are kept.

`param(x)` and `state(x)` mark arrays. An object that holds no mark has its floating-point arrays as
parameters. Attributes may nest: other models, lists, tuples and dicts of them.
"""

import contextlib
import types

import numpy as np

from ..errors import TraceError
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
    """Mark an array as a parameter of the object that holds it."""
    return np.array(x, dtype=_float_dtype(x)).view(Param)


def state(x):
    """Mark an array as state of the object that holds it: writes made while traced are kept."""
    return np.array(x).view(State)


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


def slots(model):
    """[(container, key, array)] of all arrays a model holds, depth first, each once."""
    found, seen = [], set()

    def visit(x, container, key):
        if isinstance(x, (np.ndarray, Tracer)):
            found.append((container, key, x))
            return
        if id(x) in seen:
            return
        seen.add(id(x))
        if isinstance(x, dict):
            for k in x:
                visit(x[k], x, k)
        elif isinstance(x, (list, tuple)):
            for k, v in enumerate(x):
                visit(v, x, k)
        elif is_model(x):
            for k in sorted(vars(x)):
                visit(vars(x)[k], vars(x), k)

    visit(model, None, None)
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
    place = id(container), key
    return (
        isinstance(container[key], State)
        or any(place in known for known in _states)
        or any(place == (id(c), k) for o in _open.values() for c, k, _ in o[State])
    )


def marked(model, mark):
    """The slots of `model` whose arrays are parameters (mark=Param) or state (mark=State)."""
    if id(model) in _open:
        return [(container, key, container[key]) for container, key, _ in _open[id(model)][mark]]
    found = slots(model)
    states = [s for s in found if s[0] is not None and is_state(s[0], s[1])]
    if mark is State:
        return states
    if not states and not any(isinstance(a, Param) for _, _, a in found):
        return [s for s in found if s[2].dtype.kind in "fc"]
    return [s for s in found if isinstance(s[2], Param)]


def names_of(model, mark=Param):
    """Dotted names of the marked arrays, in the order of `marked`."""
    wanted = {id(a) for _, _, a in marked(model, mark)}
    names, seen = [], set()

    def visit(x, name):
        if isinstance(x, (np.ndarray, Tracer)):
            if id(x) in wanted:
                names.append(name)
            return
        if id(x) in seen:
            return
        seen.add(id(x))
        if isinstance(x, dict):
            for k in x:
                visit(x[k], f"{name}.{k}" if name else str(k))
        elif isinstance(x, (list, tuple)):
            for k, v in enumerate(x):
                visit(v, f"{name}.{k}" if name else str(k))
        elif is_model(x):
            for k in sorted(vars(x)):
                visit(vars(x)[k], f"{name}.{k}" if name else k)

    visit(model, "")
    return tuple(names)


def params(model):
    """The parameters of a model: {dotted name: array}."""
    return dict(zip(names_of(model, Param), [a for _, _, a in marked(model, Param)]))


def states(model):
    """The state of a model: {dotted name: array}."""
    return dict(zip(names_of(model, State), [a for _, _, a in marked(model, State)]))


def open_model(x):
    """For `tree`: a model is a container of its parameters; other objects are leaves."""
    if not is_model(x):
        return None
    found = marked(x, Param)
    if not found and not marked(x, State):
        return None
    return Handle, Handle(x, names_of(x, Param)), [a for _, _, a in found]


class Substituted:
    """While active, the parameters and states of a model are the given values."""

    def __init__(self, model, values, states):
        self.model, self.values, self.states = model, values, states

    def __enter__(self):
        self.params = marked(self.model, Param)
        self.kept = marked(self.model, State)
        self.outer = _open.get(id(self.model))
        _open[id(self.model)] = {Param: self.params, State: self.kept}
        for (container, key, _), value in zip(
            self.params + self.kept, [*self.values, *self.states]
        ):
            _put(container, key, value)
        self.nodes = [getattr(v, "node", None) for v in self.values]
        return self

    def written(self):
        """What the call left in the places of the state. Parameters must be as they were."""
        for (container, key, _), value, node in zip(self.params, self.values, self.nodes):
            now = container[key]
            if now is not value or node is not None and now.node is not node:
                raise TraceError(
                    f"the traced function wrote to {type(self.model).__name__}.{key}, which is a parameter: only state is "
                    f"kept. Mark it by nk.state(value) (a model without any mark has its arrays as parameters; plain "
                    f"code that gives an attribute a new array drops the mark), or return the new value"
                )
        return [container[key] for container, key, _ in self.kept]

    def __exit__(self, *exc):
        if self.outer is None:
            del _open[id(self.model)]
        else:
            _open[id(self.model)] = self.outer
        for container, key, value in self.params + self.kept:
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

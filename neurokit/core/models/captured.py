"""Models that a traced function reaches without being given them: what it writes to their attributes.

Loops, branches and checkpoints hand such values along (as part of the carry, an operand, a result).
Derivatives outside of other traces keep them, as values that are known by then. Other transforms
refuse the write and leave the model as it was.
"""

import contextlib
import functools
import types

import numpy as np

from .. import tree
from ..errors import TraceError, where_text
from ..graph import SUPPORTED
from ..trace.arguments import is_array, plain
from ..trace.guards import _foreign, _installed
from ..trace.tracer import Tracer
from . import model as _model

_MISSING = object()
_SKIPPED = (str, bytes, bool, int, float, complex, type(None), np.ndarray, np.generic, np.ufunc)
_SKIPPED = frozenset([*_SKIPPED, Tracer, _model.State, _model.Param, np.float64, types.CodeType])
_LONG = 1000  # containers with more items hold data, not models


def _places(functions):
    """[(container, key, "Class.attribute")] of the models that functions reach."""
    return _reach(functions)[0]


def _reach(functions, stops=_foreign):
    """The `_places` of functions, and all lists, dicts and attribute dicts that they reach.

    stops: whether the methods of a module's classes are left out, though not what their objects hold.
    """
    places, containers, seen = [], [], set()
    stack = [(f, None) for f in reversed(functions)]
    while stack:
        x, label = stack.pop()
        kind = type(x)
        if kind in _SKIPPED or id(x) in seen:
            continue
        seen.add(id(x))
        if kind is types.FunctionType:
            stack += [(v, None) for v in _parts(x)]
        elif kind is types.MethodType:
            stack += [(x.__self__, None), (x.__func__, None)]
        elif kind is functools.partial:
            stack += [(v, None) for v in (x.func, *x.args, *x.keywords.values())]
        elif isinstance(x, (list, tuple, dict)):
            if len(x) > _LONG:
                continue
            if not isinstance(x, tuple):
                containers.append(x)
            for key in list(x) if isinstance(x, dict) else range(len(x)):
                name = None if label is None else f"{label}[{key!r}]"
                if name is not None and not isinstance(x, tuple):
                    places.append((x, key, name))
                stack.append((x[key], name))
        elif _model.is_model(x) and not _foreign(kind.__module__):
            space = vars(x)
            containers.append(space)
            for key in sorted(space):
                name = f"{kind.__name__}.{key}"
                places.append((space, key, name))
                stack.append((space[key], name))
            for base in kind.__mro__:
                if not stops(base.__module__):
                    stack += [
                        (v, None) for v in vars(base).values() if isinstance(v, types.FunctionType)
                    ]
    return places, containers


def _parts(f):
    """What a function's code can name."""
    parts = [f.__wrapped__] if hasattr(f, "__wrapped__") else []
    for cell in f.__closure__ or ():
        with contextlib.suppress(ValueError):
            parts.append(cell.cell_contents)
    parts += f.__defaults__ or ()
    parts += (f.__kwdefaults__ or {}).values()
    space = f.__globals__
    if not _foreign(space.get("__name__")):
        codes = [f.__code__]
        while codes:
            code = codes.pop()
            parts += [space[n] for n in code.co_names if n in space]
            codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return parts


def _read(container, key):
    try:
        return container[key]
    except (KeyError, IndexError):
        return _MISSING


def _write(container, key, value):
    if value is _MISSING:
        if key in container if isinstance(container, dict) else key < len(container):
            del container[key]
    else:
        container[key] = value


def _tracers(value):
    """The traced values in an attribute's own containers."""
    if isinstance(value, Tracer):
        return [value]
    if isinstance(value, (list, tuple)):
        return [t for v in value[:_LONG] for t in _tracers(v)]
    return [t for v in value.values() for t in _tracers(v)] if isinstance(value, dict) else []


def _is_carried(value):
    """Whether a value is made of numbers and arrays, which loops can carry."""
    if value is _MISSING or value is None or isinstance(value, (str, bytes)):
        return False
    leaves, _ = tree.flatten(value)
    return bool(leaves) and all(is_array(v) and np.result_type(v).char in SUPPORTED for v in leaves)


def _same(a, b):
    if a is b:
        return True
    return type(a) is type(b) and isinstance(a, (bool, int, float, complex, str)) and a == b


class Reached:
    """The attributes of models that functions reach, and those of them that go along."""

    def __init__(self, what, *functions):
        self.what = what
        self.places = _places(functions)
        self.carried = [i for i, (c, k, _) in enumerate(self.places) if _model.is_state(c, k)]
        self.start = [_read(c, k) for c, k, _ in self.places]
        self.written, self.found = set(), set()

    def values(self):
        """The values that go along, before the first call."""
        return [self.start[i] for i in self.carried]

    def names(self):
        return [self.places[i][2] for i in self.carried]

    def call(self, f, values, args, kwargs=None):
        """(result, values after the call). The models are as before."""
        before = [_read(c, k) for c, k, _ in self.places]
        carried = [self.places[i][:2] for i in self.carried]
        nodes = [_nodes(v) for v in values]
        try:
            with _model.states_at(carried):
                for (container, key), value in zip(carried, values):
                    container[key] = value
                result = f(*args, **(kwargs or {}))
                after = [_read(*place) for place in carried]
                for i, old, new in zip(self.carried, nodes, after):
                    now = _nodes(new)
                    if len(old) != len(now) or any(a is not b for a, b in zip(old, now)):
                        self.written.add(i)
                self._look(before)
        finally:
            chosen = set(self.carried)
            for i, ((container, key, _), value) in enumerate(zip(self.places, before)):
                now = _read(container, key)
                if now is not value and (
                    i in chosen or i in self.written or now is _MISSING or _tracers(now)
                ):
                    _write(container, key, value)
        return result, after

    def _look(self, before):
        """Find what else was written."""
        for i, ((container, key, name), old) in enumerate(zip(self.places, before)):
            now = _read(container, key)
            if i in self.carried or _same(now, old):
                continue
            if _is_carried(old) and _is_carried(now):
                self.written.add(i)
            elif _tracers(now):
                raise _refusal(
                    self.what,
                    name,
                    now,
                    "begin with an array of the shape it will have, which then goes along",
                )

    def again(self):
        """Whether other values than these must go along."""
        # once found it stays, though the next trace write the same value
        self.found |= self.written
        written, self.written = sorted(self.found), set()
        again, self.carried = written != self.carried, written
        return again

    def keep(self, values):
        """Give the models what the last call wrote: arrays, or traced values."""
        for i, value in zip(self.carried, values):
            container, key, _ = self.places[i]
            container[key] = _marked_as(self.start[i], value)


def _nodes(value):
    if value is _MISSING:
        return []
    return [v.node if isinstance(v, Tracer) else v for v in tree.leaves(value)]


def _marked_as(old, value):
    if isinstance(value, Tracer):
        return value
    if isinstance(old, (_model.Param, _model.State)):
        return np.asarray(value).view(type(old))
    if isinstance(old, np.ndarray):
        return np.asarray(value)
    return tree.map(lambda v: v if isinstance(v, Tracer) else plain(np.asarray(v)), value)


class Carried:
    """A loop's carry beside the attributes of models that go along."""

    def __init__(self, carry, values, names):
        self.carry, self.values, self.names = carry, values, names


tree.register(
    Carried,
    lambda x: ([x.carry, *x.values], ("", *x.names)),
    lambda meta, children: Carried(children[0], children[1:], meta[1:]),
)


def carry_name(path, spec):
    """How messages call a leaf of a loop's carry."""
    if spec.kind is not Carried:
        return "carry" + path
    path = path[1:]
    return path if path[:1].isidentifier() else "carry" + path


def threaded(what, functions, run):
    """``run(reached)`` until what goes along is what its functions write; (reached, its result)."""
    reached = Reached(what, *functions)
    for _ in range(6):
        out = run(reached)
        if not reached.again():
            return reached, out
    raise TraceError(f"{what}: the attributes that the function writes differ from trace to trace")


class Writes:
    """What a function that is traced by itself wrote to what it reaches: kept as values, or undone.

    That is the attributes of models, new ones too, and items of lists and dicts.
    """

    def __init__(self, what, f, given):
        self.what, self.found = what, []
        # done at each call: the methods of a DataFrame alone name a thousand functions
        given = [x for x in given if x.__class__ not in _SKIPPED]
        self.places, containers = _reach([f, *given], stops=_installed)
        self.before = [_read(c, k) for c, k, _ in self.places]
        self.sizes = [(c, len(c) if isinstance(c, list) else frozenset(c)) for c in containers]

    @contextlib.contextmanager
    def watched(self, graph):
        """Find what is written meanwhile: values of `graph`; those of a trace inside of it are refused."""
        try:
            yield
        except BaseException:
            self._look()
            self.undo()
            raise
        self._look()
        for _, _, name, _, now in self.found:
            if any(t.node.graph is not graph for t in _tracers(now)):
                self.undo()
                raise _refusal(self.what, name, now, "make it outside of the inner trace")

    def _look(self):
        for (container, key, name), old in zip(self.places, self.before):
            now = _read(container, key)
            if now is not old and _tracers(now):
                self.found.append((container, key, name, old, now))
        for container, size in self.sizes:
            grown = isinstance(container, list)
            new = range(size, len(container)) if grown else [k for k in container if k not in size]
            for key in new:
                if _tracers(container[key]):
                    self.found.append((container, key, str(key), _MISSING, container[key]))

    def nodes(self):
        """The nodes whose values `keep` wants."""
        return [t.node for *_, now in self.found for t in _tracers(now)]

    def keep(self, arrays):
        """Put values in the places of the traced ones."""
        known = dict(zip(self.nodes(), arrays))
        for container, key, _, old, now in self.found:
            value = _filled(now, known)
            container[key] = _marked_as(old, value) if isinstance(now, Tracer) else value
        self.found = []

    def undo(self):
        """Put back what was there before."""
        for container, key, _, old, _ in reversed(self.found):
            _write(container, key, old)
        self.found = []
        _restore_states(self.places, self.before)


def _restore_states(places, before):
    """Put back the states that were written with plain values, beside others that could not be kept."""
    for (container, key, _), old in zip(places, before):
        if isinstance(old, _model.State) and _read(container, key) is not old:
            _write(container, key, old)


def _filled(value, known):
    """A value whose traced parts are replaced by those of `known`, by node; lists and dicts stay themselves."""
    if isinstance(value, Tracer):
        return plain(np.asarray(known[value.node]))
    if isinstance(value, tuple):
        items = [_filled(v, known) for v in value]
        return value._make(items) if hasattr(value, "_make") else tuple(items)
    if isinstance(value, (list, dict)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            value[key] = _filled(value[key], known)
    return value


@contextlib.contextmanager
def refused(what, f, given=()):
    """Attributes of models must not be traced values afterwards: they get their old values.

    given: the arguments, whose models keep what is written to their state by themselves.
    """
    places = _places([f])
    n_reached = len(places)
    places += _places([x for x in given if x.__class__ not in _SKIPPED])
    before = [_read(c, k) for c, k, _ in places]
    first = None
    try:
        yield
    except BaseException:
        _restore_states(places, before)
        raise
    finally:
        for i, ((container, key, name), value) in enumerate(zip(places, before)):
            now = _read(container, key)
            if now is not value and _tracers(now):
                first = first or (name, now, i < n_reached)
                _write(container, key, value)
    if first is not None:
        _restore_states(places, before)
        name, value, reached = first
        way = f"pass the model as an argument: nk.{what}(f)(model, x)"
        if what in ("fixed_point", "linear_solve"):
            way = (
                "its function is called at will and can keep nothing: write the state outside of it"
            )
        if what == "sweep":
            way = "its sets cannot share what they write: make the model inside of the function"
        if not reached:
            way = "mark the attribute by nk.state(value) before the call"
        raise _refusal(what, name, value, way, reached)


def _refusal(what, name, value, way, reached=True):
    model = "a model that it was not given" if reached else "a model whose state it is not here"
    where = _tracers(value)[0].node.where
    return TraceError(
        f"{what}: the traced function wrote a traced value (made at {where_text(where)}) to {name}, of {model}: it would be "
        f"lost, and has been undone; {way}, or return the value"
    )

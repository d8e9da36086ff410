"""Nested containers of arrays ("pytrees"): flatten, rebuild, map.

dict, list, tuple, namedtuple, dataclass, SimpleNamespace and None are containers; `register`
adds classes; a *model*, any object that holds arrays as attributes, is one too (see `model.py`). All
else is a leaf. The leaves of a dict come by sorted key, so that dicts of equal keys match; what is
rebuilt has the keys in the order of the dict that was taken apart.
"""

import types
from collections import defaultdict

import numpy as np

from .models import model as _model
from .trace.tracer import Tracer

_registered = {}
_LEAVES = (np.ndarray, np.generic, int, float, complex, bool, str, bytes, Tracer)


class Spec:
    """How a flattened tree is put together again; specs of equal trees are equal."""

    __slots__ = ("kind", "meta", "children", "_hash")

    def __init__(self, kind, meta, children):
        self.kind, self.meta, self.children = kind, meta, children
        self._hash = None

    def __eq__(self, other):
        return self is other or (
            isinstance(other, Spec)
            and self.kind is other.kind
            and self.meta == other.meta
            and self.children == other.children
        )

    def __hash__(self):
        if self._hash is None:
            self._hash = hash((self.kind, self.children))
        return self._hash

    def __repr__(self):
        inner = [repr(c) for c in self.children]
        kind, name = self.kind, getattr(self.kind, "__name__", str(self.kind))
        if kind is _Leaf:
            return "*"
        if kind is type(None):
            return "None"
        if kind is tuple:
            return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
        if kind is list:
            return f"[{', '.join(inner)}]"
        if kind is dict:
            return "{" + ", ".join(f"{k!r}: {c}" for k, c in zip(self.meta, inner)) + "}"
        names = self.meta.names if kind is _model.Handle else self.meta
        if isinstance(names, tuple) and len(names) == len(inner):
            inner = [f"{n}={c}" for n, c in zip(names, inner)]
        return f"{type(self.meta.model).__name__ if kind is _model.Handle else name}({', '.join(inner)})"

    @property
    def n_leaves(self):
        return 1 if self.kind is _Leaf else sum(c.n_leaves for c in self.children)


class _Leaf:
    """Kind of a leaf."""


LEAF = Spec(_Leaf, None, ())


class _Keys(tuple):
    """Keys of a dict, sorted, with what it takes to make the dict again: their order, a default."""

    order = default_factory = None


def _open_dict(x):
    given = list(x)
    try:
        keys = sorted(given)
    except TypeError:
        keys = given
    meta = tuple(keys)
    if keys != given or isinstance(x, defaultdict):
        meta = _Keys(keys)
        meta.order, meta.default_factory = given, getattr(x, "default_factory", None)
    return x.__class__, meta, [x[k] for k in keys]


def _close_dict(kind, meta, children):
    items = zip(meta, children)
    if meta.__class__ is _Keys:
        values = dict(items)
        items = [(k, values[k]) for k in meta.order]
        if issubclass(kind, defaultdict):
            return kind(meta.default_factory, items)
    return kind(items)


def orders(spec):
    """The order of the keys of each dict in a structure: specs compare equal whatever it is."""
    if spec.kind is _Leaf:
        return ()
    mine = (tuple(spec.meta.order),) if spec.meta.__class__ is _Keys else ()
    return mine + tuple(o for c in spec.children for o in orders(c))


def register(cls, flatten, unflatten):
    """Make `cls` a container: flatten(x) -> (children, meta), unflatten(meta, children) -> x."""
    _registered[cls] = (flatten, unflatten)
    return cls


def _open(x):
    """(kind, meta, children) of a container, or None for a leaf."""
    cls = x.__class__
    if cls in _LEAVES:
        return None
    if x is None:
        return type(None), None, ()
    if cls is tuple or cls is list:
        return cls, len(x), x
    if cls is dict or isinstance(x, dict):
        return _open_dict(x)
    if isinstance(x, _LEAVES):
        return None
    if cls in _registered:
        children, meta = _registered[cls][0](x)
        return cls, meta, list(children)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return cls, len(x), x
    if isinstance(x, (list, tuple)):
        return cls, len(x), x
    if hasattr(type(x), "__dataclass_fields__"):
        import dataclasses  # slow to load, and loaded where there is a dataclass

        names = tuple(f.name for f in dataclasses.fields(x))
        return cls, names, [getattr(x, n) for n in names]
    if cls is types.SimpleNamespace:
        names = tuple(sorted(vars(x)))
        return cls, names, [getattr(x, n) for n in names]
    return _model.open_model(x)


def flatten(tree):
    """(leaves, spec) of a nested container."""
    leaves = []
    return leaves, _flatten(tree, leaves)


def _flatten(x, leaves):
    opened = _open(x)
    if opened is None:
        leaves.append(x)
        return LEAF
    kind, meta, children = opened
    return Spec(kind, meta, tuple([_flatten(c, leaves) for c in children]))


def unflatten(spec, leaves):
    """The container that `flatten` took apart, with other leaves."""
    if not isinstance(spec, Spec):
        raise TypeError(
            f"tree.unflatten: wanted the structure that tree.flatten gives, got {type(spec).__name__}"
        )
    it = iter(leaves)
    try:
        tree = _unflatten(spec, it)
    except StopIteration:
        raise ValueError("tree.unflatten: fewer leaves than the structure has places for") from None
    if next(it, it) is not it:
        raise ValueError(f"tree.unflatten: {spec.n_leaves} leaves wanted, got more")
    return tree


def _unflatten(spec, it):
    kind = spec.kind
    if kind is _Leaf:
        return next(it)
    children = [next(it) if c is LEAF else _unflatten(c, it) for c in spec.children]
    if kind is tuple or kind is list:
        return kind(children)
    if kind is dict or isinstance(kind, type) and issubclass(kind, dict):
        return _close_dict(kind, spec.meta, children)
    if kind is type(None):
        return None
    if kind in _registered:
        return _registered[kind][1](spec.meta, children)
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return kind(*children)
    if isinstance(kind, type) and issubclass(kind, (list, tuple)):
        return kind(children)
    if kind is _model.Handle:
        return spec.meta.rebuild(children)
    return kind(**dict(zip(spec.meta, children)))


def leaves_like(spec, tree):
    """The leaves of `tree` in the order of `spec`; None where it has another structure.

    A list counts as a tuple, and in the place of a model stand its parameters by name, in any order.
    """
    opened = _open(tree)
    if spec.kind is _Leaf or opened is None:
        return [tree] if spec.kind is _Leaf and opened is None else None
    kind, meta, children = opened
    if spec.kind is _model.Handle:
        names = meta.names if kind is _model.Handle else meta
        by_name = dict(zip(names, children)) if isinstance(names, tuple) else {}
        if by_name.keys() != set(spec.meta.names):
            return None
        children = [by_name[n] for n in spec.meta.names]
    elif meta != spec.meta or kind is not spec.kind and not {kind, spec.kind} <= {list, tuple}:
        return None
    parts = [leaves_like(s, c) for s, c in zip(spec.children, children)]
    return None if None in parts else [leaf for part in parts for leaf in part]


def found(tree, cls):
    """The objects of a registered class in a tree, in order."""
    if isinstance(tree, cls):
        return [tree]
    opened = _open(tree)
    return [x for child in opened[2] for x in found(child, cls)] if opened else []


def leaves(tree):
    """The leaves of a tree, in order."""
    return flatten(tree)[0]


def map(f, tree, *rest):  # noqa: A001 - the field's word
    """Apply `f` to the leaves of `tree` (and the matching leaves of further trees)."""
    first, spec = flatten(tree)
    others = []
    for k, other in enumerate(rest):
        values, other_spec = flatten(other)
        if other_spec != spec:
            raise ValueError(
                f"tree.map: tree {k + 2} has another structure than the first: got {other_spec}, "
                f"wanted {spec}"
            )
        others.append(values)
    return unflatten(spec, [f(*xs) for xs in zip(first, *others)])


def paths(tree, prefix=""):
    """Names of the leaves, such as "['w'][0]", in the order of `leaves`."""
    opened = _open(tree)
    if opened is None:
        return [prefix]
    kind, meta, children = opened
    if isinstance(kind, type) and issubclass(kind, dict):
        names = [f"[{k!r}]" for k in meta]
    elif kind is _model.Handle:
        names = [f".{n}" for n in meta.names]
    elif (
        isinstance(meta, tuple)
        and all(isinstance(m, str) for m in meta)
        and len(meta) == len(children)
    ):
        names = [f".{n}" for n in meta]
    else:
        names = [f"[{i}]" for i in range(len(children))]
    return [p for n, c in zip(names, children) for p in paths(c, prefix + n)]

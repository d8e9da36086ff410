"""From a call's arguments to nodes and back: containers, models and their state, plain leaves."""

import contextlib

import numpy as np

from .. import tree
from ..graph import SUPPORTED
from ..models import model as _model
from ..models.rng import Rng
from .tracer import Tracer, check_class, to_node

_SCALARS = (bool, int, float, complex)


def is_array(leaf):
    return isinstance(leaf, (np.ndarray, np.generic, Tracer)) or isinstance(leaf, _SCALARS)


_USUAL = frozenset([np.ndarray, Tracer, np.float64, np.float32, *_SCALARS])


def _as_array(leaf):
    """What gives itself as an array (a Series, a tensor) as one; subclasses of arrays are refused."""
    if isinstance(leaf, np.ndarray):
        check_class(leaf, "a traced function")
    elif hasattr(leaf, "__array__") and not isinstance(leaf, (np.generic, Tracer, type)):
        return np.asarray(leaf)
    return leaf


class Opened:
    """Arguments taken apart: leaves, their structure, and the states of the models among them."""

    def __init__(self, args):
        self.args = args
        self.leaves, self.spec = tree.flatten(args)
        self.leaves = [x if x.__class__ in _USUAL else _as_array(x) for x in self.leaves]
        self.models = []
        _find_models(self.spec, self.models)
        self.states = [a for m in self.models for _, _, a in _model.marked(m, _model.State)]
        self.counts = [len(_model.marked(m, _model.State)) for m in self.models]
        self.generators = tree.found(args, Rng) if _holds(self.spec, Rng) else []
        ids = [id(g) for g in self.generators]
        self.first = tuple([ids.index(i) for i in ids])  # place of the same generator among them
        self.drawn = [0] * len(ids)  # by the copies that functions were given

    @contextlib.contextmanager
    def arguments(self, leaves, states):
        """The arguments with other leaves; models are themselves, with their arrays exchanged."""
        with contextlib.ExitStack() as stack:
            substituted, copies = [], []
            it = iter(states)
            built = _build(self.spec, iter(leaves), it, stack, substituted, self.first, copies)
            self.substituted = substituted
            yield built
        for k, copy in enumerate(copies):
            if self.first[k] == k:
                self.drawn[k] = max(self.drawn[k], copy._draws)

    def written(self):
        return [value for s in self.substituted for value in s.written()]

    def keep(self, values):
        """Give the models the states that the call wrote, and the generators its draws."""
        for generator, n in zip(self.generators, self.drawn):
            generator._draws += n
        values = list(values)
        for m, n in zip(self.models, self.counts):
            _model.keep_states(m, values[:n])
            del values[:n]


def states_among(args, opened):
    """The models among further arguments that hold state, opened as constants; those in `opened` are left out."""
    found = []
    for x in args:
        if not isinstance(x, (np.ndarray, Tracer, np.generic, *_SCALARS)):
            _find_models(tree.flatten(x)[1], found)
    return Opened(
        tuple(
            m
            for m in found
            if not any(m is o for o in opened.models) and _model.marked(m, _model.State)
        )
    )


def _find_models(spec, found):
    if spec.kind is _model.Handle:
        if not any(m is spec.meta.model for m in found):
            found.append(spec.meta.model)
    for child in spec.children:
        _find_models(child, found)


def _holds(spec, kind):
    return spec.kind is kind or any(_holds(c, kind) for c in spec.children)


def _build(spec, leaves, states, stack, substituted, first, copies):
    if spec.kind is tree._Leaf:
        return next(leaves)
    children = [_build(c, leaves, states, stack, substituted, first, copies) for c in spec.children]
    if spec.kind is _model.Handle:
        target = spec.meta.model
        if any(s.model is target for s in substituted):
            return target
        mine = [next(states) for _ in _model.marked(target, _model.State)]
        context = _model.Substituted(target, children, mine)
        stack.enter_context(context)
        substituted.append(context)
        return target
    leaf_spec = tree.Spec(spec.kind, spec.meta, (tree.LEAF,) * len(children))
    built = tree.unflatten(leaf_spec, children)
    if spec.kind is Rng:  # one that is given twice is one
        copies.append(built)
        built = copies[first[len(copies) - 1]]
    return built


def input_tracer(graph, leaf):
    """A plain leaf as an input of the root graph `graph`."""
    check_class(leaf, "a traced function")
    weak = type(leaf) if type(leaf) in (int, float, complex) else None
    array = np.asarray(leaf)
    if array.dtype.char not in SUPPORTED:
        raise TypeError(
            f"traced functions take bool, integer, float32, float64, complex64 and complex128 arrays, "
            f"got {array.dtype}"
        )
    node = graph.add_input(array.shape, np.dtype(array.dtype.char), weak)
    graph.values[node] = array
    return Tracer(node)


def output_nodes(out):
    """(nodes, rebuild): the traced leaves of a result, and how to put values in their places."""
    leaves, spec = tree.flatten(out)
    traced = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tracer)]

    if spec is tree.LEAF and traced:
        return [out.node], lambda values: values[0]

    def rebuild(values):
        filled = list(leaves)
        for i, v in zip(traced, values):
            filled[i] = v
        return tree.unflatten(spec, filled)

    return [leaves[i].node for i in traced], rebuild


def scalar_node(value, what, holomorphic=False):
    if not isinstance(value, (Tracer, np.ndarray, np.generic, *_SCALARS)) or isinstance(
        value, bool
    ):
        raise TypeError(
            f"{what}: the function must return one number, got {type(value).__name__}; for several results "
            f"use has_aux=True and return (number, others)"
        )
    node = to_node(value)
    if node.size != 1:
        raise ValueError(
            f"{what}: the function must return a scalar, got shape {node.shape}; take .sum() or .mean(), or "
            f"use nk.jacobian"
        )
    if node.dtype.kind == "c" and not holomorphic:
        raise TypeError(
            f"{what}: the function must return a real number, got {node.dtype}: take its .real, .imag or abs, or "
            f"holomorphic=True for the complex derivative"
        )
    if not node.is_float:
        raise TypeError(
            f"{what}: the function must return a floating-point number, got {node.dtype}"
        )
    return node


def plain(array):
    """0-d arrays as NumPy scalars, as NumPy's own functions return them."""
    return array[()] if array.ndim == 0 else array

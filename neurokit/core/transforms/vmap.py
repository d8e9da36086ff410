"""`vmap`: a function of single values made one of stacks, by the batching rule of each operation."""

import numpy as np

from .. import tree
from ..graph import Graph, current, lift
from ..models.captured import refused
from ..models.model import Handle
from ..primitives.shaping import transpose
from ..run.runtime import evaluate
from ..trace.arguments import Opened, input_tracer, is_array, plain
from ..trace.guards import Trap
from ..trace.tracer import Tracer, to_node
from .batching import stack, stacked
from .derivatives import tracing
from .wrapping import wraps

_ALL = (
    "in_axes and out_axes are ints, None, or containers of them like the arguments and the result"
)


def vmap(f, in_axes=0, out_axes=0):
    """Function that maps `f` over an axis of its arguments in one batched pass.

    Parameters
    ----------
    f : callable
        Written for single elements; traced once.
    in_axes : int, None, or a tuple with one entry per positional argument
        The axis to map over, None for an argument that is the same for all. An entry may be a
        container like the argument. Keyword arguments are mapped over their first axis.
    out_axes : int, None, or a container like the result
        Where the mapped axis stands in the results; None for a result that does not depend on the
        mapped arguments.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        Mapped axes of unequal lengths, an axis out of range, or nothing to map over.

    Notes
    -----
    Each element draws its own random numbers: a draw of shape s becomes one draw of shape (n, *s),
    element i taking row i, unless the generator itself is mapped. `vmap` nests with itself and with
    all other transforms.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.vmap(np.dot, in_axes=(0, None))(np.eye(3), np.array([1.0, 2.0, 3.0]))
    array([1., 2., 3.])
    """

    @wraps(f, "vmap")
    def wrapper(*args, **kwargs):
        opened = Opened((args, kwargs))
        names = _names(args, kwargs)
        axes = _prefix(_per_argument(in_axes, args), args, "in_axes")
        axes += [0] * len(tree.leaves(kwargs))
        axes, n = _length(opened.leaves, axes, names)
        state_axes = _state_axes(opened, axes)
        with tracing(f"vmap of {getattr(f, '__name__', 'a function')}") as (graph, new):
            outer = [
                _outer(graph, new, x, a)
                for x, a in zip(opened.leaves + opened.states, axes + state_axes)
            ]
            inner = Graph(current(), True, f"nk.vmap of {getattr(f, '__name__', 'a function')}")
            known, nodes, states, spec = _trace(f, opened, outer, inner, n)
            pairs = stack(nodes + states, known, n)
            places = _out_places(out_axes, spec, len(nodes))
            outs = [_place(p, a, o, n) for p, a, o in zip(pairs, places, nodes)]
            written = _written(pairs[len(nodes) :], state_axes, states, n)
            if new:
                arrays = evaluate(graph, outs + written) if outs or written else []
                values = [plain(a) for a in arrays[: len(outs)]]
                opened.keep(arrays[len(outs) :])
            else:
                values = [Tracer(o) for o in outs]
                opened.keep([Tracer(w) for w in written])
        return tree.unflatten(spec, values)

    return wrapper


# ---------------------------------------------------------------------------- axes


def _per_argument(in_axes, args):
    if in_axes is None or isinstance(in_axes, (int, np.integer)):
        return (in_axes,) * len(args)
    if not isinstance(in_axes, (tuple, list)):
        raise TypeError(f"vmap: {_ALL}, got in_axes={in_axes!r}")
    if len(in_axes) != len(args):
        raise ValueError(
            f"vmap: in_axes has {len(in_axes)} entries, the function was called with {len(args)} "
            f"positional arguments"
        )
    return tuple(in_axes)


def _prefix(axes, x, what):
    """One axis per leaf of `x`; `axes` is a container like the outer levels of `x`."""
    if axes is None or isinstance(axes, (int, np.integer)) and not isinstance(axes, bool):
        return [axes] * len(tree.leaves(x))
    mine, theirs = tree._open(axes), tree._open(x)
    if mine is None or theirs is None:
        raise TypeError(f"vmap: {_ALL}, got {what} with {axes!r} for {type(x).__name__}")
    kind, meta, children = theirs
    if isinstance(meta, Handle):
        meta = meta.names
    same = mine[1] == meta if isinstance(axes, dict) else len(mine[2]) == len(children)
    if not same:
        raise ValueError(f"vmap: {what} has another structure than the values: {axes!r}")
    return [a for sub, child in zip(mine[2], children) for a in _prefix(sub, child, what)]


def _names(args, kwargs):
    return [f"argument {p}" for p in tree.paths(args)] + [
        f"argument {p}" for p in tree.paths(kwargs)
    ]


def _length(leaves, axes, names):
    """The axes, none negative, and their common length."""
    out, lengths = [], {}
    for leaf, axis, name in zip(leaves, axes, names):
        if axis is None:
            out.append(None)
            continue
        if not is_array(leaf):
            raise TypeError(
                f"vmap: {name} is {type(leaf).__name__}, which cannot be mapped over: use in_axes=None for it"
            )
        shape = np.shape(leaf)
        if not -len(shape) <= axis < len(shape):
            raise ValueError(f"vmap: axis {axis} is out of range for {name} of shape {shape}")
        axis = int(axis) % len(shape)
        out.append(axis)
        lengths.setdefault(shape[axis], f"{name} of shape {shape} along axis {axis}")
    if not lengths:
        raise ValueError("vmap: at least one argument must be mapped, but in_axes is None for all")
    if len(lengths) > 1:
        listed = "; ".join(f"{n} of {name}" for n, name in lengths.items())
        raise ValueError(f"vmap: the mapped axes must have equal lengths, got {listed}")
    return out, next(iter(lengths))


def _state_axes(opened, axes):
    """The state of a model is mapped where all of its parameters are, over the same axis."""
    found = {}

    def visit(spec, at):
        if spec.kind is Handle:
            mine = set(axes[at : at + spec.n_leaves])
            found.setdefault(id(spec.meta.model), mine.pop() if len(mine) == 1 else None)
        for child in spec.children:
            visit(child, at)
            at += child.n_leaves

    visit(opened.spec, 0)
    return [found[id(m)] for m, k in zip(opened.models, opened.counts) for _ in range(k)]


# ---------------------------------------------------------------------------- tracing


def _outer(graph, new, leaf, axis):
    """(value, node with the mapped axis first) of a leaf; the node is None where it is not mapped."""
    if axis is None:
        return leaf, None
    if new and isinstance(leaf, (np.ndarray, np.generic)):
        node = input_tracer(graph, leaf).node
    else:
        node = to_node(leaf)
    order = [axis] + [i for i in range(node.ndim) if i != axis]
    return leaf, transpose(node, order)


def _trace(f, opened, outer, inner, n):
    """Run f on single elements: what is known of the inner graph, its outputs, the written states."""
    known, values = {}, []
    with inner:
        for leaf, node in outer:
            if node is None:
                values.append(Tracer(to_node(leaf)) if isinstance(leaf, np.ndarray) else leaf)
                continue
            element = inner.add_input(node.shape[1:], node.dtype)
            known[element] = node, True
            values.append(Tracer(element))
        trap = Trap(f)
        k = len(opened.leaves)
        with (
            refused("vmap", f, [*opened.args[0], *opened.args[1].values()]),
            opened.arguments(values[:k], values[k:]) as (args, kwargs),
        ):
            result = f(*args, **kwargs)
            states = [lift(to_node(s), inner) for s in opened.written()]
        trap.check()
        leaves, spec = tree.flatten(result)
        for leaf, path in zip(leaves, tree.paths(result)):
            if not is_array(leaf):
                raise TypeError(
                    f"vmap: result{path} is {type(leaf).__name__}: results are arrays and numbers"
                )
        nodes = [lift(to_node(leaf), inner) for leaf in leaves]
        lifted = list(inner.lifted.items())
    for out, element in lifted:
        if element not in known:
            known[element] = out, False
    return known, nodes, states, spec


def _out_places(out_axes, spec, n):
    return _prefix(out_axes, tree.unflatten(spec, [0.0] * n), "out_axes")


def _place(pair, axis, out, n):
    """A result with the mapped axis where it is wanted."""
    node, has_axis = pair
    if axis is None:
        if has_axis:
            raise ValueError(
                "vmap: out_axes is None for a result that differs from element to element"
            )
        return node
    node = stacked(node, has_axis, out.shape, n)
    if not -node.ndim <= axis < node.ndim:
        raise ValueError(
            f"vmap: out_axes {axis} is out of range for a result of shape {node.shape}"
        )
    axis = int(axis) % node.ndim
    order = list(range(1, node.ndim))
    order.insert(axis, 0)
    return transpose(node, order)


def _written(pairs, axes, states, n):
    out = []
    for (node, has_axis), axis, state in zip(pairs, axes, states):
        if axis is None and has_axis:
            raise TypeError(
                "vmap: the state of a model is written with values that differ from element to element: map "
                "over the model too, or return the values"
            )
        out.append(node if axis is None else _place((node, has_axis), axis, state, n))
    return out

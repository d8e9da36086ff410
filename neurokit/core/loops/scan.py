"""`scan`: a loop over time, traced once and run in C."""

import functools

import numpy as np

from ... import _core
from .. import tree  # noqa: F401 - fills in the batching rules
from ..errors import TraceError
from ..graph import INT64, LITERAL, SUPPORTED, Graph, current, lift, literal, reachable
from ..models.captured import Carried, carry_name, threaded
from ..models.model import Handle
from ..primitives import elementwise as ew
from ..primitives.control import stop
from ..primitives.shaping import broadcast, iota, reshape
from ..run.options import options
from ..run.runtime import evaluate
from ..trace.arguments import input_tracer, plain
from ..trace.guards import Trap
from ..trace.tracer import Tracer, to_node
from ..trace.ufuncs import as_dtype
from ..transforms import batching  # noqa: F401 - fills in the batching rules
from ..transforms.derivatives import tracing
from . import Body, bind_scan, hoist
from .every import bind_every
from .reverse import check_plan, is_count


def scan(
    f,
    init,
    xs=None,
    length=None,
    reverse=False,
    checkpoint="auto",
    progress=None,
    truncate=None,
    file=None,
    every=1,
):
    """Run ``carry, y = f(carry, x)`` over the leading axis of `xs`, in C.

    Parameters
    ----------
    f : callable
        Traced once. `carry` and `x` have the structure of `init` and of one element of `xs`; the new
        carry keeps structure, shapes and dtypes. Shapes inside are static.
    init : pytree of arrays or numbers
    xs : pytree of arrays with equal leading length, or None
    length : int, needed without `xs`
    reverse : bool
        Run from the last element to the first; ``ys`` stay in the order of `xs`.
    checkpoint : "auto", None, int or str
        How the gradient saves memory: every step (None), the carry every n steps (int), or what
        fits in so many bytes ("512MB"). "auto" takes 64 MB. The numbers are the same for each.
    progress : callable or bool, optional
        ``progress(done, length)``, called from another thread while the loop runs; True shows a bar.
        In plain calls only: inside a traced function it is for `options` to ask for.
    truncate : int, optional
        No derivative flows through the carry from step ``k * truncate`` to the step before it
        (truncated back-propagation through time), counted in the order in which steps run.
    file : path of a ``.npy`` file, optional
        The ys, one array per step, are written there while the loop runs and come back mapped from
        the file, read only: a record may be larger than memory. The file appears when the loop has
        ended. In plain calls only.
    every : int, or container of ints like the ys
        Record the ys of steps `every`, 2 `every`, ... only, in the order in which steps run: ``length // every``
        rows. With a container, some ys may be recorded at each step (1), others every k steps. The numbers
        are those of the full record; `progress` and `checkpoint` then go by stretches of `every` steps.

    Returns
    -------
    carry, ys
        The last carry, and the ys stacked along a new leading axis, in the order of `xs`.

    Notes
    -----
    Attributes (arrays and numbers) of models that `f` uses and writes, state above all, go along from
    step to step like a part of the carry, and the models have their last values afterwards. They keep
    shape and dtype. The carry itself cannot hold a model.

    Raises
    ------
    TypeError, ValueError
        The carry changes structure, shape or dtype; xs of unequal lengths; `every` is not positive.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.scan(lambda c, x: (c + x, c), 0.0, np.arange(4.0))
    (np.float64(6.0), array([0., 0., 1., 3.]))
    """
    x_leaves, x_spec = tree.flatten(xs)
    length = _length(x_leaves, length)
    if current() is not None and (progress or file is not None):
        raise TraceError(
            "scan(progress=, file=) are for plain calls: inside a traced function use "
            "nk.options(progress=True) around the call that runs it, and return the ys"
        )
    check_plan(checkpoint)
    if truncate is not None and not is_count(truncate):
        raise ValueError(f"scan: truncate must be a positive int, got {truncate!r}")
    if progress:
        with options(progress=progress):
            return scan(f, init, xs, length, reverse, checkpoint, None, truncate, file, every)
    with tracing("scan") as (graph, new):
        xs_nodes = [leaf_node(graph, new, x) for x in x_leaves]
        refuse_models("scan", init, xs)

        def run(reached):
            init_leaves, spec = tree.flatten(along(init, reached))
            inits = [leaf_node(graph, new, leaf) for leaf in init_leaves]
            g = _step(f, reached)
            cut = None if truncate is None else _Cut(truncate, length, reverse)
            return spec, *trace_body(g, inits, spec, xs_nodes, x_spec, length, cut)

        reached, traced = threaded("scan", [f], run)
        spec, body, args, inits, kept, y_spec, y_leaves = traced
        steps, always = _records(every, y_spec, len(y_leaves))
        if steps == 1:
            outs = bind_scan(body, length, bool(reverse), checkpoint, args)
        else:
            outs = bind_every(body, length, bool(reverse), checkpoint, args, steps, always)
        outs = [*_with_kept(outs, body.n_carry, kept), *outs[body.n_carry :]]
        if not outs:
            values = []
        elif file is not None:
            values = _evaluate_to_file(graph, outs, len(inits), file)
        elif new:
            values = [plain(a) for a in evaluate(graph, outs)]
        else:
            values = [Tracer(n) for n in outs]
    carry = landed(tree.unflatten(spec, values[: len(inits)]), reached)
    ys = list(y_leaves)
    it = iter(values[len(inits) :])
    ys = [next(it) for _ in ys]
    return carry, tree.unflatten(y_spec, ys)


def _with_kept(outs, n_carry, kept):
    """The last carries, with those that the body hands on as they are in their places."""
    moved = iter(outs[:n_carry])
    return [next(moved) if node is None else node for node in kept]


def _records(every, y_spec, n_y):
    """(k, which ys are recorded at each step rather than every k steps)."""
    leaves, spec = tree.flatten(every)
    for k in leaves:
        if not is_count(k):
            raise ValueError(
                f"scan: every must be a positive int, or a container of them, got {every!r}"
            )
    if isinstance(every, (int, np.integer)):
        leaves = [every] * n_y
    elif spec != y_spec:
        raise ValueError(
            f"scan: every must be an int or a container like the ys, {y_spec}, got {every!r}"
        )
    numbers = {int(k) for k in leaves} - {1}
    if len(numbers) > 1:
        raise ValueError(f"scan: every takes 1 and one other number, got {sorted(numbers)}")
    return max(numbers, default=1), [k == 1 for k in leaves]


def _step(f, reached):
    """The body, with the attributes of models that it writes as part of its carry."""

    @functools.wraps(f, updated=())
    def step(carry, x):
        values = []
        if reached.carried:
            carry, values = carry.carry, carry.values
        result, after = reached.call(f, values, (carry, x))
        if reached.carried and isinstance(result, tuple) and len(result) == 2:
            result = Carried(result[0], after, reached.names()), result[1]
        return result

    return step


def along(init, reached):
    """A loop's carry, with the attributes of models that go along."""
    return Carried(init, reached.values(), reached.names()) if reached.carried else init


def landed(carry, reached):
    """The loop's own carry after it has run; models take what was written."""
    if not reached.carried:
        return carry
    reached.keep(carry.values)
    return carry.carry


def refuse_models(what, *values):
    for x in values:
        model = find_model(tree.flatten(x)[1])
        if model is not None:
            raise TraceError(
                f"{what}: a model ({type(model).__name__}) cannot be part of the carry or of xs: leave it out and use it in "
                f"the body, where the attributes that it writes go along from step to step by themselves"
            )


def find_model(spec):
    if spec.kind is Handle:
        return spec.meta.model
    return next((m for m in map(find_model, spec.children) if m is not None), None)


def _parameter(number, graph):
    """An integer as a constant of the loop, not of its body: another number uses the same body."""
    with _outside():
        outer = reshape(iota(1, number, 1, INT64), ())
    return lift(outer, graph)


def step_from(first):
    """The number of the step in the body that is being traced, counted from `first`."""
    graph = current()
    return ew.add(graph.index(), _parameter(first, graph)) if first else graph.index()


class _Cut:
    """Stops derivatives through the carry every so many steps, in the order in which steps run."""

    def __init__(self, every, length, reverse):
        self.every, self.length, self.reverse = every, length, reverse

    def carries(self, graph, nodes):
        """The carries as the body in `graph` may use them."""
        order = graph.index()
        if self.reverse:
            order = ew.sub(_parameter(self.length - 1, graph), order)
        order = Tracer(order)
        border = (order > 0) & (order % self.every == 0)
        cut = []
        for n in nodes:
            if n.is_float:
                where = broadcast(border.node, n.shape)
                weak, n = n.weak, ew.select(where, stop(n), n)
                n.weak = weak
            cut.append(n)
        return cut


def _evaluate_to_file(graph, outs, n_carry, file):
    """The values of a loop whose one array of ys is a file."""
    if len(outs) != n_carry + 1:
        raise ValueError(
            f"scan: file= takes the ys where they are one array per step, got {len(outs) - n_carry}"
        )
    from ..models.store import replaced_when_done  # brings zipfile and json

    y = outs[-1]
    with replaced_when_done(file) as part:
        rows = np.lib.format.open_memmap(part, "w+", y.dtype, y.shape)
        values = evaluate(graph, outs, {n_carry: rows})[:n_carry]
        rows.flush()
        del rows
    return [plain(a) for a in values] + [np.load(file, mmap_mode="r")]


def _length(leaves, length):
    lengths = []
    for leaf in leaves:
        if not np.ndim(leaf):
            raise ValueError("scan: each of xs needs a leading axis to loop over, got a number")
        lengths.append(np.shape(leaf)[0])
    if length is not None:
        if not isinstance(length, (int, np.integer)) or not 0 <= length < 2**63:
            raise ValueError(f"scan: length must be a non-negative int, got {length!r}")
        lengths.append(int(length))
    if not lengths:
        raise ValueError("scan: give xs, or length=")
    if len(set(lengths)) > 1:
        raise ValueError(f"scan: xs and length must agree, got leading lengths {lengths}")
    return lengths[0]


def leaf_node(graph, new, leaf, what="scan"):
    if isinstance(leaf, Tracer):
        return leaf.node
    if not isinstance(leaf, (np.ndarray, np.generic, int, float, complex)):
        if hasattr(leaf, "__array__"):
            leaf = np.asarray(leaf)
        else:
            raise TypeError(f"{what}: loops take arrays and numbers, got {type(leaf).__name__}")
    if np.asarray(leaf).dtype.char not in SUPPORTED:
        raise TypeError(
            f"{what} takes bool, integer, float32, float64, complex64 and complex128 arrays, got "
            f"{np.asarray(leaf).dtype}"
        )
    if new and isinstance(leaf, np.ndarray):
        return input_tracer(graph, leaf).node
    return to_node(leaf)


def trace_body(f, inits, spec, xs, x_spec, length, cut=None):
    """Trace f once; again where a Python number in `init` must take the carry's dtype or shape.

    A carry that the body hands on as it is becomes a constant of the loop: work on it alone is done
    once, and its derivative is summed once. `kept` has its first value, None for the others.
    """
    for _ in range(4):
        graph = Graph(current(), True, "a scan body")
        graph.length = length
        with graph:
            carries = [graph.add_input(n.shape, n.dtype, n.weak) for n in inits]
            x_inputs = [graph.add_input(n.shape[1:], n.dtype) for n in xs]
            given = carries if cut is None else cut.carries(graph, carries)
            trap = Trap(f)
            result = f(
                tree.unflatten(spec, [Tracer(n) for n in given]),
                tree.unflatten(x_spec, [Tracer(n) for n in x_inputs]),
            )
            trap.check()
            if not isinstance(result, tuple) or len(result) != 2:
                raise TypeError(
                    f"scan: the body must return (carry, y), got {type(result).__name__}"
                    + (f" of length {len(result)}" if isinstance(result, tuple) else "")
                )
            out_leaves, out_spec = tree.flatten(result[0])
            y_leaves, y_spec = tree.flatten(result[1])
            if out_spec != spec:
                raise TypeError(
                    f"scan: the body must return a carry with the structure of init, wanted {spec}, "
                    f"got {out_spec}"
                )
            outs = [to_node(leaf) for leaf in out_leaves]
            ys = [to_node(leaf) for leaf in y_leaves]
            outs, changed = settle(carries, outs, inits, spec)
            outs, ys = [lift(n, graph) for n in outs], [lift(n, graph) for n in ys]
        if not changed:
            break
        inits = changed
    else:
        raise TypeError("scan: the carry does not keep its dtype from step to step")
    kept = [n if after is before else None for n, before, after in zip(inits, carries, outs)]
    lifted = [*graph.lifted.items(), *((n, c) for n, c in zip(kept, carries) if n is not None)]
    moving = [i for i, n in enumerate(kept) if n is None]
    carries, outs, first = ([part[i] for i in moving] for part in (carries, outs, inits))
    body, consts = close_body(graph, lifted, carries, x_inputs, outs, ys)
    args = consts + first + xs
    body, args = hoist(body, args, length)
    if body.has_index:
        args = args + [literal(0, INT64)]
    return body, args, inits, kept, y_spec, y_leaves


def close_body(graph, lifted, carries, xs, outs, ys):
    """The body with its captured values as consts, and those values in the enclosing graph."""
    used = set(reachable(outs + ys))
    lifted = [(o, i) for o, i in lifted if i in used]
    parent = graph.parent
    consts = [lift(o, parent) if parent is not None else o for o, _ in lifted]
    index = [graph.step] if graph.step is not None else []
    inputs = [i for _, i in lifted] + carries + xs + index
    graph.lifted.clear()
    return Body(inputs, outs + ys, len(lifted), len(carries), len(xs), bool(index)), consts


def settle(carries, outs, inits, spec, what="scan"):
    """Carries after one step beside those before: equal, or (None, new inits) to trace again."""
    changed, result = list(inits), []
    again = False
    paths = None
    for i, (before, after, init) in enumerate(zip(carries, outs, inits)):
        if before.dtype == after.dtype and before.shape == after.shape:
            result.append(after)
            continue
        if (
            after.weak is not None
            and after.shape == before.shape
            and np.result_type(after.weak(0), before.dtype) == before.dtype
        ):
            result.append(as_dtype(after, before.dtype))
            continue
        if before.weak is not None or init.prim is LITERAL and init.weak is not None:
            if np.broadcast_shapes(before.shape, after.shape) == after.shape:
                fresh = as_dtype(init, after.dtype)
                if fresh.prim is LITERAL:
                    fresh = literal(fresh.params[0], fresh.dtype, after.weak)
                changed[i] = broadcast(fresh, after.shape)
                again = True
                result.append(after)
                continue
        paths = paths or tree.paths(tree.unflatten(spec, [0] * len(carries)))
        raise TypeError(
            f"{what}: {carry_name(paths[i], spec)} begins as {before.dtype}{list(before.shape)} and is {after.dtype}{list(after.shape)} "
            f"after one step: make them equal (begin with the larger shape, or use .astype({before.dtype}) at the end)"
        )
    if again:
        with _outside():
            changed = [_rebind(n) for n in changed]
        return result, changed
    return result, None


class _outside:
    """Leave the innermost graph for a moment: what is bound belongs to the enclosing one."""

    def __enter__(self):
        self.graph = _core.pop_graph()

    def __exit__(self, *exc):
        _core.push_graph(self.graph)


def _rebind(node):
    """A literal, possibly broadcast in the body's graph, bound in the enclosing graph."""
    if node.prim.name == "broadcast" and node.args[0].prim is LITERAL:
        return broadcast(node.args[0], node.shape)
    return node

"""Batching rules: an operation on a stack of values at once, and the walk that applies them.

rule(values, node, n) -> node with a leading axis of length n, where values = [(node, has that
axis)]. For an operation with several outputs a rule returns ([(node, has the axis)], loop node or
None). An operation without a rule runs element by element in a loop in C (`each`).
"""

from ..graph import (
    INPUT,
    INT64,
    LITERAL,
    PROJ,
    Graph,
    Node,
    at_line,
    bind,
    bind_multi,
    current,
    literal,
    reachable,
    replay,
)
from ..primitives import (
    complexes,  # noqa: F401 - fills in the rows
    masking,
    special_rows,  # noqa: F401 - fills in the rows
)
from ..primitives import elementwise as ew
from ..primitives.control import (
    CHECKPOINT,
    CUSTOM,
    REFUSE,
    STOP,
    STRONG,
    SURROGATE,
    VARIABLE,
    CustomRule,
    checkpointed,
    custom,
)
from ..primitives.indexing import SCATTER, TAKE, scatter, take
from ..primitives.linear import MATMUL, matmul
from ..primitives.reducing import CUMULATE, REDUCE
from ..primitives.shaping import (
    BROADCAST,
    CONCATENATE,
    RESHAPE,
    SLICE,
    SLICE_UPDATE,
    TRANSPOSE,
    broadcast,
    concatenate,
    iota,
    reshape,
    slice_,
    slice_update,
    transpose,
)

# ---------------------------------------------------------------------------- the walk


def stack(outputs, known, n):
    """[(node, stacked)] for `outputs`, bound in the current graph, where `known` gives the inputs so.

    known : {node: (node, stacked)}, extended here. What depends on nothing stacked is not stacked,
    but for random draws: each element of the stack has its own.
    """
    loops = {}  # old node with several outputs -> the new one
    for node in reachable(outputs, stop=known):
        _visit(node, known, n, loops)
    for old, new in list(loops.items()):
        if old.swap is not None and new is not None and new.swap is None:
            _swap(old, new, known, n, loops)
    return [known[o] for o in outputs]


def _visit(node, known, n, loops):
    if node.prim is LITERAL or node.prim is INPUT:
        known[node] = node, False
    elif node.prim is PROJ:
        known[node] = known[node.args[0]][node.params[0]]
    elif node.aux is not None:
        values = [known[a] for a in node.args]
        with at_line(node.where):
            if any(stacked for _, stacked in values) or draws(node):
                known[node], loops[node] = (node.prim.batch or each)(values, node, n)
            else:
                outs = _again(node, values)
                known[node], loops[node] = [(o, False) for o in outs], outs[0].args[0]
    else:
        values = [known[a] for a in node.args]
        with at_line(node.where):
            if any(stacked for _, stacked in values) or draws(node):
                known[node] = (node.prim.batch or each)(values, node, n), True
            else:
                known[node] = _again(node, values), False


def _again(node, values):
    """The same operation on the mapped arguments: found where it is there already."""
    args = tuple([v for v, _ in values])
    graph = current()
    key = node.prim, args, node.params
    new = graph.known.get(key)
    if new is None:
        new = Node(node.prim, args, node.params, node.shape, node.dtype, graph, node.where)
        new.aux = node.aux
        graph.known[key] = new
    if node.aux is None:
        return new
    return [bind(PROJ, (new,), (i,)) for i in range(len(node.aux))]


def _swap(old, new, known, n, loops):
    """A loop that another one repeats with more outputs: the same among the stacked ones."""
    key, nodes = old.swap
    if key is None:
        new.swap = None, new.args[: len(nodes)]
        return
    if key not in loops or loops[key] is None:
        return
    for node in reachable(nodes, stop=known):
        _visit(node, known, n, loops)
    pairs = [known[x] for x in nodes]
    if [s for _, s in pairs] != [s for _, s in known[old]]:
        return
    raw = [_lead_second(v) if s and _of_steps(old, i) else v for i, (v, s) in enumerate(pairs)]
    new.swap = loops[key], tuple(raw)


def _of_steps(loop, i):
    """Whether output i of a loop has an axis of steps, before which a stack puts its own."""
    return loop.prim.name == "scan" and i >= loop.params[0].body.n_carry


def _lead_second(node):
    """The first two axes exchanged."""
    return transpose(node, (1, 0, *range(2, node.ndim)))


def draws(node):
    """Whether a node draws random numbers, in loop bodies too."""
    if node.prim.name == "random":
        return True
    return any(body.draws for p in node.params for body in getattr(p, "bodies", ()))


def stacked(value, has_axis, shape, n):
    """`value` of `shape` with the leading axis, repeated if it had none."""
    return value if has_axis else broadcast(value, (n, *shape))


def each(values, node, n):
    """One element after another, in a loop in C: what serves where there is no better rule."""
    from ..loops.body import Body, bind_scan

    graph = Graph(None, True, "a batched operation")
    with graph:
        inner = [
            graph.add_input(v.shape[1:] if s else v.shape, v.dtype) if v.prim is not LITERAL else v
            for v, s in values
        ]
        if node.aux is None:
            outs = [bind(node.prim, tuple(inner), node.params)]
        else:
            outs = bind_multi(node.prim, tuple(inner), node.params)
    pairs = [(i, v, s) for i, (v, s) in zip(inner, values) if i.prim is not LITERAL]
    unique = list({i: (i, v, s) for i, v, s in pairs}.values())
    consts = [(i, v) for i, v, s in unique if not s]
    xs = [(i, v) for i, v, s in unique if s]
    body = Body([i for i, _ in consts + xs], outs, len(consts), 0, len(xs), False)
    results = bind_scan(body, n, False, None, [v for _, v in consts + xs])
    if node.aux is None:
        return results[0]
    return [(r, True) for r in results], None


def dependent(outputs, source):
    """The nodes on the way from `source` to `outputs`, itself included."""
    found = {source}
    for node in reachable(outputs):
        if any(a in found for a in node.args):
            found.add(node)
    return found


def each_step(outputs, source, values, n):
    """`outputs` for each of the n `values` in the place of `source`, in a loop in C, stacked."""
    from ..loops.body import Body, bind_scan

    moving = dependent(outputs, source)
    fixed = [a for node in moving for a in node.args if a not in moving]
    fixed += [o for o in outputs if o not in moving]
    fixed = [f for f in dict.fromkeys(fixed) if f.prim is not LITERAL]
    graph = Graph(None, True, "a batched operation")
    with graph:
        inputs = [graph.add_input(x.shape, x.dtype) for x in [*fixed, source]]
        outs = replay(outputs, dict(zip([*fixed, source], inputs)))
    body = Body(inputs, outs, len(fixed), 0, 1, False)
    return bind_scan(body, n, False, None, [*fixed, values])


# ---------------------------------------------------------------------------- elementwise, views


def _elementwise(values, node, n):
    shape = (n,) + node.shape
    args = [
        v
        if v.prim is LITERAL
        else v
        if batched and v.shape == shape
        else broadcast(_align(v, batched, node), shape)
        for v, batched in values
    ]
    return bind(node.prim, tuple(args), node.params)


def _align(value, batched, node):
    """A stack of lower rank gets the length-1 axes that broadcasting would give each element."""
    missing = node.ndim - (value.ndim - 1)
    if not batched or missing <= 0:
        return value
    return reshape(value, value.shape[:1] + (1,) * missing + value.shape[1:])


def _broadcast(values, node, n):
    value, _ = values[0]
    return broadcast(_align(value, True, node), (n,) + node.shape)


def _whole(spec, n):
    return ((0, n, 1),) + spec


def _slice_update(values, node, n):
    base, value = (stacked(v, s, a.shape, n) for (v, s), a in zip(values, node.args))
    return slice_update(base, value, _whole(node.params[0], n))


def _concatenate(values, node, n):
    parts = [stacked(v, s, a.shape, n) for (v, s), a in zip(values, node.args)]
    return concatenate(parts, node.params[0] + 1)


for _prim in [
    *ew.ROWS.values(),
    ew.CONVERT,
    masking.SAFE_MUL,
    masking.SAFE_DIV,
    SURROGATE,
    complexes.REAL,
    complexes.IMAG,
    complexes.COMPLEX,
    complexes.RULED,
    STRONG,
]:
    _prim.batch = _elementwise
for _prim in (STOP, VARIABLE):
    _prim.batch = lambda values, node, n: bind(node.prim, (values[0][0],), node.params)
BROADCAST.batch = _broadcast
RESHAPE.batch = lambda values, node, n: reshape(values[0][0], (n,) + node.shape)
TRANSPOSE.batch = lambda values, node, n: transpose(
    values[0][0], (0,) + tuple(a + 1 for a in node.params[0])
)
SLICE.batch = lambda values, node, n: slice_(values[0][0], _whole(node.params[0], n))
SLICE_UPDATE.batch = _slice_update
CONCATENATE.batch = _concatenate


# ---------------------------------------------------------------------------- reductions, products


def _refuse(values, node, n):
    found = bind(REDUCE["any"], (values[0][0],), ((0,),))
    return broadcast(bind(node.prim, (found,), node.params), (n,))


REFUSE.batch = _refuse


def _reduce(values, node, n):
    axes = tuple(a + 1 for a in node.params[0])
    return bind(node.prim, (values[0][0],), (axes, *node.params[1:]))


def _cumulate(values, node, n):
    return bind(node.prim, (values[0][0],), (node.params[0] + 1, *node.params[1:]))


def _matmul(values, node, n):
    """One product: rows of a shared right matrix join, else a batch of products."""
    (a, a_stacked), (b, b_stacked) = values
    if b_stacked and not a_stacked and a.ndim == 2 and b.shape[-1] == 1:
        # a matrix times a stack of columns: their rows times its transpose
        rows = matmul(reshape(b, (n, b.shape[1])), transpose(a, (1, 0)))
        return reshape(rows, (n, a.shape[0], 1))
    return matmul(a, b)


for _prim in REDUCE.values():
    _prim.batch = _reduce
for _prim in CUMULATE.values():
    _prim.batch = _cumulate
MATMUL.batch = _matmul


# ---------------------------------------------------------------------------- gather, scatter


def _joint_rows(index, length, n):
    """Indices (n, M) into rows of `length` as indices into the n * length rows of all elements."""
    wrapped = ew.select(ew.apply(ew.ROWS["lt"], index, 0), ew.apply(ew.ADD, index, length), index)
    bad = ew.apply(
        ew.ROWS["or"],
        ew.apply(ew.ROWS["lt"], wrapped, 0),
        ew.apply(ew.ROWS["ge"], wrapped, length),
    )
    start = broadcast(reshape(iota(n, 0, length, INT64), (n, 1)), index.shape)
    # out of range must not wrap into another element's rows
    joint = ew.select(bad, literal(n * length, INT64), ew.apply(ew.ADD, wrapped, start))
    return reshape(joint, (index.size,))


def _join(node):
    """(n, A, m, B) -> (A, n * m, B)."""
    n, a, m, b = node.shape
    return reshape(transpose(node, (1, 0, 2, 3)), (a, n * m, b))


def _part(node, n):
    """(A, n * m, B) -> (n, A, m, B)."""
    a, m, b = node.shape
    return transpose(reshape(node, (a, n, m // n if n else 0, b)), (1, 0, 2, 3))


def _merge(node):
    return reshape(node, (node.shape[0] * node.shape[1], *node.shape[2:]))


def _take(values, node, n):
    (x, x_stacked), (index, index_stacked) = values
    if not index_stacked:
        return reshape(take(_merge(x), index), (n,) + node.shape)
    if not x_stacked:
        return _part(take(x, reshape(index, (index.size,))), n)
    return _part(take(_join(x), _joint_rows(index, x.shape[2], n)), n)


def _scatter(op):
    def rule(values, node, n):
        base, update = (stacked(*values[i], node.args[i].shape, n) for i in (0, 2))
        index, index_stacked = values[1]
        if not index_stacked:
            return reshape(scatter(op, _merge(base), index, _merge(update)), (n,) + node.shape)
        rows = _joint_rows(index, node.shape[1], n)
        return _part(scatter(op, _join(base), rows, _join(update)), n)

    return rule


TAKE.batch = _take
for _op, _prim in SCATTER.items():
    _prim.batch = _scatter(_op)


# ---------------------------------------------------------------------------- rules of the user's own


def _custom(values, node, n):
    rule = node.params[0]
    args = [stacked(v, s, a.shape, n) for (v, s), a in zip(values, node.args)]
    shapes = [(a.shape, a.dtype) for a in node.args]

    def backward(inputs, cts):
        graph = Graph(current(), True, f"the reverse rule of {rule.name}")
        with graph:
            inner = [graph.add_input(*shapes[rule.n_out + k]) for k in range(len(inputs))]
            inner_cts = [graph.add_input(*shapes[k]) for k in range(rule.n_out)]
            results = rule.backward(inner, inner_cts)
            wanted = [r for r in results if r is not None]
        known = {i: (o, False) for o, i in graph.lifted.items()}
        known.update((i, (v, True)) for i, v in zip(inner + inner_cts, [*inputs, *cts]))
        it = iter(stack(wanted, known, n))
        out = []
        for result, i in zip(results, inputs):
            out.append(None if result is None else stacked(*next(it), i.shape[1:], n))
        return out

    outs = custom(
        CustomRule(rule.name, rule.n_out, backward), args[: rule.n_out], args[rule.n_out :]
    )
    return [(o, True) for o in outs], outs[0].args[0]


def _checkpoint(values, node, n):
    n_out = node.params[0]
    outs = [stacked(v, s, a.shape, n) for (v, s), a in zip(values[:n_out], node.args)]
    results = checkpointed(outs, [v for v, _ in values[n_out:]])
    return [(r, True) for r in results], results[0].args[0]


CUSTOM.batch = _custom
CHECKPOINT.batch = _checkpoint

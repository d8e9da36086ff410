"""`cond`, `switch`, `while_loop`, `fori_loop`: choices and loops whose course depends on data."""

import functools
import operator

import numpy as np

from .. import tree
from ..graph import INT64, Graph, current, lift, literal
from ..models.captured import Carried, threaded
from ..primitives import elementwise as ew
from ..run.runtime import evaluate
from ..trace import inner
from ..trace.arguments import Opened, plain
from ..trace.guards import Trap
from ..trace.tracer import Tracer, to_node
from ..trace.ufuncs import as_dtype
from ..transforms.derivatives import tracing
from . import Body, Cond, While, bind_cond, bind_while
from .scan import along, landed, leaf_node, refuse_models, scan, settle, step_from

UNBOUNDED = 1 << 32  # steps by which random draws count in a loop without max_steps


def cond(pred, if_true, if_false, *operands):
    """``if_true(*operands)`` where `pred` holds, else ``if_false(*operands)``; only that one runs.

    Parameters
    ----------
    pred : bool or number, may be traced
        A plain one calls the branch directly.
    if_true, if_false : callables
        Their results have equal structure, shapes and dtypes.
    operands : pytrees

    Returns
    -------
    The result of the branch.

    Raises
    ------
    TypeError
        The branches' results differ, naming the leaf; `pred` is not one number.

    Notes
    -----
    Derivatives run the branch that was taken. Under `vmap` with a predicate for each element both
    branches run and the results are chosen from, so both must be valid for all elements.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.grad(lambda x: nk.cond(x > 0, np.sin, lambda x: 2.0 * x, x))(-1.0)
    np.float64(2.0)
    """
    if np.shape(pred) != ():
        raise TypeError(f"cond: pred must be one truth value, got shape {np.shape(pred)}")
    if not isinstance(pred, Tracer):
        if np.asarray(pred).dtype.kind not in "biufc":
            raise TypeError(f"cond: pred must be one truth value, got {type(pred).__name__}")
        return (if_true if pred else if_false)(*operands)
    truth = pred.node if pred.dtype == bool else ew.apply(ew.ROWS["ne"], pred.node, 0)

    def run(reached):
        sides = [_handing(f, reached) for f in (if_true, if_false)]
        return _cond(truth, sides, (reached.values(), *operands))

    reached, (result, values) = threaded("cond", [if_true, if_false, *operands], run)
    reached.keep(values)
    return result


def _handing(f, reached):
    """A branch that takes the attributes of models that it writes, and returns them."""

    @functools.wraps(f, updated=())
    def branch(values, *operands):
        return reached.call(f, values, operands)

    return branch


def _cond(truth, branches, operands):
    opened = Opened(operands)
    places, nodes = inner.operands(opened)
    sides = [inner.trace_inside(f, opened, places, nodes, "a cond branch") for f in branches]
    (yes, yes_in, yes_out, out_spec), (no, no_in, no_out, no_spec) = sides
    if out_spec != no_spec:
        raise TypeError(
            f"cond: the branches must return the same structure, got {out_spec.children[0]} and "
            f"{no_spec.children[0]}"
        )
    _agree(yes, yes_out, no, no_out, out_spec)
    captured = list(dict.fromkeys(o for g in (yes, no) for o in g.lifted))
    bodies = []
    for graph, inputs, outs in ((yes, yes_in, yes_out), (no, no_in, no_out)):
        own = graph.lifted
        consts = [own[o] if o in own else graph.add_input(o.shape, o.dtype) for o in captured]
        bodies.append(Body(inputs + consts, outs, len(inputs) + len(consts), 0, 0, False))
    args = nodes + captured
    outs = bind_cond(Cond(bodies), truth, args) if yes_out else []
    for k, (a, b) in enumerate(zip(*map(_passed, bodies))):
        if a is not None and a == b:
            outs[k] = args[a]
    values = [Tracer(o) for o in outs]
    opened.keep(values[out_spec.n_leaves :])
    return tree.unflatten(out_spec, values[: out_spec.n_leaves])


def _passed(body):
    """For each result of a branch the number of the operand that it is, or None."""
    place = {n: i for i, n in enumerate(body.inputs)}
    return [place.get(o) for o in body.outputs]


def _agree(yes, yes_out, no, no_out, spec):
    """Make weak numbers of one branch take the dtype of the other; the rest must be equal."""
    spec = spec.children[0]  # of the result; attributes of models follow
    paths = tree.paths(tree.unflatten(spec, [0] * spec.n_leaves))
    paths += ["'s state"] * (len(yes_out) - len(paths))
    for i, (a, b) in enumerate(zip(yes_out, no_out)):
        if a.shape == b.shape and a.dtype != b.dtype and (a.weak or b.weak):
            dtype = np.result_type(
                a.weak(1) if a.weak else a.dtype, b.weak(1) if b.weak else b.dtype
            )
            if a.weak:
                with yes:
                    yes_out[i] = a = as_dtype(a, dtype)
            if b.weak:
                with no:
                    no_out[i] = b = as_dtype(b, dtype)
        if a.shape != b.shape or a.dtype != b.dtype:
            raise TypeError(
                f"cond: result{paths[i]} is {a.dtype}{list(a.shape)} of if_true and "
                f"{b.dtype}{list(b.shape)} of if_false: make them equal"
            )


def switch(index, branches, *operands):
    """``branches[index](*operands)``; only that one runs.

    Parameters
    ----------
    index : int, may be traced
        Below 0 it counts as 0, beyond the last branch as the last one.
    branches : sequence of callables
        Their results have equal structure, shapes and dtypes.
    operands : pytrees

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> f = nk.jit(lambda i, x: nk.switch(i, [np.sin, np.cos, np.exp], x))
    >>> f(2, 0.0)
    np.float64(1.0)
    """
    branches = list(branches)
    if not branches:
        raise ValueError("switch: needs at least one branch")
    dtype = index.dtype if isinstance(index, Tracer) else np.asarray(index).dtype
    if np.shape(index) != () or dtype.kind not in "iu":
        raise TypeError(
            f"switch: index must be one integer, got {dtype} of shape {np.shape(index)}"
        )
    if not isinstance(index, Tracer):
        return branches[min(max(int(index), 0), len(branches) - 1)](*operands)
    return _choose(index, branches, 0, operands)


def _choose(index, branches, first, operands):
    if len(branches) == 1:
        return branches[0](*operands)
    half = len(branches) // 2
    return cond(
        index < first + half,
        lambda *args: _choose(index, branches[:half], first, args),
        lambda *args: _choose(index, branches[half:], first + half, args),
        *operands,
    )


def while_loop(test, body, init, max_steps=None):
    """Run ``carry = body(carry)`` as long as ``test(carry)`` holds, in C.

    Parameters
    ----------
    test : callable, carry -> bool
    body : callable, carry -> carry
        Traced once; the carry keeps its structure, shapes and dtypes.
    init : pytree of arrays or numbers
    max_steps : int, optional
        Stop after so many steps in any case.

    Returns
    -------
    The last carry.

    Notes
    -----
    Forward mode runs along. Reverse mode stores carries at intervals in memory of fixed size and
    runs the body again between them, at most twice per step up to 65 000 steps. Under `vmap` the
    loop goes on until all elements are done; those that are keep their carry.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.while_loop(lambda x: x < 100, lambda x: x * 2, 3)
    np.int64(192)
    """
    if max_steps is not None and (
        not isinstance(max_steps, (int, np.integer))
        or isinstance(max_steps, bool)
        or not 0 <= max_steps < 2**63
    ):
        raise ValueError(
            f"while_loop: max_steps must be a non-negative int or None, got {max_steps!r}"
        )
    with tracing("while_loop") as (graph, new):
        refuse_models("while_loop", init)

        def run(reached):
            leaves, spec = tree.flatten(along(init, reached))
            inits = [leaf_node(graph, new, leaf, "while_loop") for leaf in leaves]
            traced = _trace_loop_body(_step(body, reached), inits, spec, max_steps)
            asked = _trace_test(_step(test, reached, True), traced[1][: len(leaves)], spec)
            return leaves, spec, traced, asked

        reached, (leaves, spec, traced, asked) = threaded("while_loop", [body, test], run)
        (inner, carries, outs, inits), (asked, test_in, answer) = traced, asked
        if max_steps == 0:
            outs = inits
        else:
            outs = _bind_loop(inner, carries, outs, asked, test_in, answer, inits, max_steps)
        if new:
            values = [plain(a) for a in evaluate(graph, outs[: len(leaves)])] if leaves else []
        else:
            values = [Tracer(n) for n in outs[: len(leaves)]]
    return landed(tree.unflatten(spec, values), reached)


def _step(f, reached, is_test=False):
    """A loop's body or test, with the attributes of models that go along as part of the carry."""

    @functools.wraps(f, updated=())
    def step(carry):
        values = []
        if reached.carried:
            carry, values = carry.carry, carry.values
        result, after = reached.call(f, values, (carry,))
        if is_test or not reached.carried:
            return result
        return Carried(result, after, reached.names())

    return step


def _trace_loop_body(body, inits, spec, max_steps):
    """Trace the body; again where a Python number in `init` must take the carry's dtype or shape."""
    for _ in range(4):
        graph = Graph(current(), True, "a while_loop body")
        graph.length = max_steps or UNBOUNDED
        with graph:
            carries = [graph.add_input(n.shape, n.dtype, n.weak) for n in inits]
            trap = Trap(body)
            result = body(tree.unflatten(spec, [Tracer(n) for n in carries]))
            trap.check()
            out_leaves, out_spec = tree.flatten(result)
            if out_spec != spec:
                raise TypeError(
                    f"while_loop: the body must return a carry with the structure of init, wanted {spec}, "
                    f"got {out_spec}"
                )
            outs = [to_node(leaf) for leaf in out_leaves]
            outs, changed = settle(carries, outs, inits, spec, "while_loop")
            outs = [lift(n, graph) for n in outs]
            if graph.step is not None:  # random draws count the steps
                carries.append(graph.step)
                outs.append(ew.add(graph.step, literal(1, INT64)))
        if not changed:
            return graph, carries, outs, inits
        inits = changed
    raise TypeError("while_loop: the carry does not keep its dtype from step to step")


def _trace_test(test, carries, spec):
    graph = Graph(current(), True, "a while_loop test")
    with graph:
        inputs = [graph.add_input(n.shape, n.dtype, n.weak) for n in carries]
        trap = Trap(test)
        answer = test(tree.unflatten(spec, [Tracer(n) for n in inputs]))
        trap.check()
        if np.shape(answer) != ():
            raise TypeError(
                f"while_loop: test must return one truth value, got shape {np.shape(answer)}"
            )
        node = to_node(answer)
        if node.dtype != bool:
            node = ew.apply(ew.ROWS["ne"], node, 0)
        answer = lift(node, graph)
    return graph, inputs, answer


def _bind_loop(inner, carries, outs, asked, test_in, answer, inits, max_steps):
    """The loop as a node. Carries that the body hands on as they are become constants."""
    if len(carries) > len(inits):
        inits = [*inits, literal(0, INT64)]
        test_in = [*test_in, asked.add_input((), INT64)]
    here = current()
    inside = [dict(g.lifted) for g in (asked, inner)]
    inits = [lift(n, here) for n in inits]
    last, moving = list(inits), []
    for i, (init, before, after) in enumerate(zip(inits, carries, outs)):
        if after is before and not any(init in known for known in inside):
            inside[0][init], inside[1][init] = test_in[i], before
        else:
            moving.append(i)
    carries, outs, test_in, inits = (
        [part[i] for i in moving] for part in (carries, outs, test_in, inits)
    )
    captured = list(dict.fromkeys([*inside[0], *inside[1]]))
    made = []
    for graph, known, ins, results in (
        (asked, inside[0], test_in, [answer]),
        (inner, inside[1], carries, outs),
    ):
        consts = [known[o] if o in known else graph.add_input(o.shape, o.dtype) for o in captured]
        n_carry = 0 if graph is asked else len(carries)
        made.append(Body(consts + ins, results, len(consts), n_carry, 0, False))
    moved = bind_while(While(*made, int(max_steps or 0)), [*captured, *inits])
    for i, node in zip(moving, moved):
        last[i] = node
    return last


def fori_loop(lo, hi, body, init, checkpoint="auto"):
    """Run ``carry = body(i, carry)`` for i = lo .. hi - 1, in C.

    Parameters
    ----------
    lo, hi : int, may be traced
        Plain ones make a `scan`, traced ones a `while_loop`.
    body : callable, (i, carry) -> carry
    init : pytree of arrays or numbers
    checkpoint : as in `scan`, where the bounds are plain

    Returns
    -------
    The last carry; `init` where hi <= lo.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.fori_loop(0, 5, lambda i, x: x + i, 0)
    np.int64(10)
    """
    if not isinstance(lo, Tracer) and not isinstance(hi, Tracer):
        lo, hi = operator.index(lo), operator.index(hi)
        n = max(hi - lo, 0)
        if n and not (-(2**63) <= lo and hi <= 2**63 and n < 2**63):
            raise ValueError(
                f"fori_loop: lo, hi and the number of steps must fit int64, got lo={lo}, hi={hi}"
            )

        def step(carry, _):
            return body(Tracer(step_from(lo)), carry), None

        return scan(step, init, None, n, checkpoint=checkpoint)[0]
    bounds = []
    for name, bound in (("lo", lo), ("hi", hi)):
        dtype = bound.dtype if isinstance(bound, Tracer) else np.asarray(bound).dtype
        if dtype.kind not in "iu" or np.shape(bound) != ():
            raise TypeError(f"fori_loop: {name} must be one integer, got {dtype}")
        bounds.append(ew.convert(to_node(bound), INT64))
    first, last = (Tracer(b) for b in bounds)
    _, carry = while_loop(
        lambda s: s[0] < last, lambda s: (s[0] + 1, body(s[0], s[1])), (first, init)
    )
    return carry

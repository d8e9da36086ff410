"""grad, vjp, jvp: trace, rewrite the graph, run it in C."""

import contextlib
import functools

import numpy as np

from .. import tree  # noqa: F401 - methods gives Tracer its operators
from ..graph import INPUT, SUPPORTED, Graph, current, reachable, replay, walk
from ..models.captured import Writes
from ..primitives.control import has_custom, variable
from ..primitives.shaping import broadcast, full
from ..run.lower import compile_program
from ..run.runtime import (
    compiled,
    evaluate,
    run_compiled,
    run_options,
    used_inputs,
    verify_captured,
)
from ..trace import methods  # noqa: F401 - methods gives Tracer its operators
from ..trace.arguments import (
    Opened,
    input_tracer,
    output_nodes,
    plain,
    scalar_node,
    states_among,
)
from ..trace.tracer import Tracer, to_node
from .autodiff import backward, forward
from .wrapping import wraps


@contextlib.contextmanager
def tracing(what, keep=False):
    """The graph to trace in: the current one, or a new lazy root. Yields (graph, whether new).

    A root is emptied at the end; if it is to be kept for later, of what it computed alone.
    """
    graph = current()
    if graph is not None:
        yield graph, False
        return
    with Graph(None, False, what) as graph:
        try:
            yield graph, True
        finally:
            graph.forget() if keep else graph.dispose()


def _chosen(args, argnums, what):
    single = not isinstance(argnums, (tuple, list))
    numbers = [argnums] if single else list(argnums)
    for i in numbers:
        if not isinstance(i, (int, np.integer)):
            raise TypeError(f"{what}: argnums must be an int or a tuple of them, got {argnums!r}")
        if not -len(args) <= i < len(args):
            raise ValueError(
                f"{what}: argnums={argnums} but the function was called with {len(args)} positional arguments"
            )
    numbers = [int(i) % len(args) for i in numbers]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"{what}: argnums={argnums} names an argument twice")
    return numbers, single


def _check_float(opened, numbers, what):
    for leaf, path in zip(opened.leaves, tree.paths(opened.args)):
        dtype = leaf.dtype if hasattr(leaf, "dtype") else np.asarray(leaf).dtype
        if dtype.kind not in "fc" or dtype.char not in SUPPORTED:
            got = f"{dtype}" if dtype.kind != "O" else type(leaf).__name__
            place = path.partition("]")
            raise TypeError(
                f"{what}: argument {numbers[int(place[0].strip('[') or 0)]}{place[2]} must be float32, "
                f"float64 or complex, got {got}"
                + ("; write a float" if dtype.kind in "iub" else "")
                + (
                    "; what is no number stays out of the argument, or is made part of its structure: "
                    "nk.tree.register(cls, flatten, unflatten) with it in meta"
                    if dtype.kind in "OUS"
                    else ""
                )
            )


def check_holomorphic(wrt, nodes, what):
    """A holomorphic function takes and gives complex values only."""
    for n, role in [*[(w, "argument") for w in wrt], *[(n, "result") for n in nodes]]:
        if n.dtype.kind != "c":
            raise TypeError(
                f"{what} with holomorphic=True: each argument and result must be complex, got a {role} of {n.dtype}"
            )


class Call:
    """One call of `f` with the chosen arguments traced."""

    def __init__(self, f, args, kwargs, argnums, what):
        self.f, self.args, self.kwargs, self.what = f, list(args), kwargs, what
        self.numbers, self.single = _chosen(args, argnums, what)
        chosen = tuple(args[i] for i in self.numbers)
        self.opened = Opened(chosen)
        _check_float(self.opened, self.numbers, what)
        others = [a for i, a in enumerate(args) if i not in self.numbers]
        self.others = states_among([*others, *kwargs.values()], self.opened)
        self.writes = None  # of a trace by itself; inside another trace they are that one's

    @contextlib.contextmanager
    def tracing(self, name, keep=False):
        """`tracing`; an error on the way leaves models that `f` wrote to as they were."""
        try:
            with tracing(name, keep) as found:
                yield found
        except BaseException:
            if self.writes is not None:
                self.writes.undo()
            raise

    def trace(self, graph, new):
        """Run f; returns its result with tracers inside. `wrt` are the nodes of the leaves."""
        if new:
            leaves = [input_tracer(graph, leaf) for leaf in self.opened.leaves]
            enter = functools.partial(input_tracer, graph)
        else:
            leaves = [Tracer(variable(to_node(leaf))) for leaf in self.opened.leaves]
            enter = lambda s: Tracer(to_node(s))  # noqa: E731
        states, others = ([enter(s) for s in o.states] for o in (self.opened, self.others))
        self.wrt = [t.node for t in leaves]
        watched = contextlib.nullcontext()
        if new:
            self.writes = Writes(self.what, self.f, (*self.args, *self.kwargs.values()))
            watched = self.writes.watched(graph)
        with (
            watched,
            self.opened.arguments(leaves, states) as chosen,
            self.others.arguments(self.others.leaves, others),
        ):
            args = list(self.args)
            for i, a in zip(self.numbers, chosen):
                args[i] = a
            result = self.f(*args, **self.kwargs)
            written = [*self.opened.written(), *self.others.written()]
            self.state_nodes = [to_node(s) for s in written]
        if new:
            self.state_nodes += self.writes.nodes()
        return result

    def keep(self, values):
        """Give the models what `f` wrote to their state: the values of `state_nodes`."""
        n = len(self.opened.states)
        end = n + len(self.others.states)
        self.opened.keep(values[:n])
        self.others.keep(values[n:end])
        if self.writes is not None:
            self.writes.keep(values[end:])

    def finish(self, graph, new, nodes):
        """The values of `nodes`, with the state that `f` wrote kept."""
        wanted = [*nodes, *self.state_nodes]
        arrays = evaluate(graph, wanted) if new else [Tracer(w) for w in wanted]
        self.keep(arrays[len(nodes) :])
        return [plain(a) if new else a for a in arrays[: len(nodes)]]

    def gradient_tree(self, values):
        out = tree.unflatten(self.opened.spec, values)
        return out[0] if self.single else out


def value_and_grad(f, argnums=0, has_aux=False, holomorphic=False):
    """Function returning (value, gradient) of a scalar function.

    Parameters
    ----------
    f : callable returning a scalar (or an array of one element), or (scalar, aux) with `has_aux`
    argnums : int or tuple of int
        Positional arguments to differentiate: arrays, numbers, containers of them, or models. Each leaf is
        floating point; a class whose fields are partly no numbers (names, functions) becomes such a
        container by `tree.register`, with those fields in its meta.
    has_aux : bool
    holomorphic : bool
        The function is complex-differentiable, from complex to complex: the gradient is its complex
        derivative. Without it the result must be real, and the gradient by a complex argument
        z = x + iy is df/dx - i df/dy (so that z minus a step along its conjugate descends).

    Returns
    -------
    callable
        ``g(*args) -> (value, grad)``, or ``((value, aux), grad)``. `grad` has the structure of the
        argument; that of a model is a dict by attribute name.

    Raises
    ------
    TypeError
        An argument that is not floating point; a result that is not one number.
    ValueError
        A result that is not a scalar.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.value_and_grad(lambda x: (x ** 2).sum())(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """
    return _gradient(f, argnums, has_aux, "value_and_grad", holomorphic)


def aux_apart(result, what):
    """The value and the rest that a function of `has_aux=True` returned."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(
            f"{what} with has_aux=True: the function must return (value, aux), got {type(result).__name__}"
            + (f" of length {len(result)}" if isinstance(result, tuple) else "")
        )
    return result


def _gradient(f, argnums, has_aux, what, holomorphic=False):
    @wraps(f, what)
    def wrapper(*args, **kwargs):
        call = Call(f, args, kwargs, argnums, what)
        with call.tracing(f"{what} of {getattr(f, '__name__', 'a function')}") as (graph, new):
            result = call.trace(graph, new)
            result, aux = aux_apart(result, what) if has_aux else (result, None)
            value = scalar_node(result, what, holomorphic)
            if holomorphic:
                check_holomorphic(call.wrt, [value], what)
            aux_nodes, rebuild = output_nodes(aux)
            if not new:
                grads = backward([value], [full(value.shape, 1, value.dtype)], call.wrt)
                grads = [
                    full(w.shape, 0, w.dtype) if g is None else g for g, w in zip(grads, call.wrt)
                ]
                call.keep([Tracer(n) for n in call.state_nodes])
                grads, value, aux = (
                    [Tracer(g) for g in grads],
                    Tracer(value),
                    rebuild([Tracer(n) for n in aux_nodes]),
                )
            else:
                extra = aux_nodes + call.state_nodes
                arrays = _run_gradient(graph, value, extra, call.wrt)
                n = 1 + len(aux_nodes)
                value, aux = plain(arrays[0]), rebuild([plain(a) for a in arrays[1:n]])
                call.keep(arrays[n : 1 + len(extra)])
                grads = [plain(a) for a in arrays[1 + len(extra) :]]
        gradient = call.gradient_tree(grads)
        return ((value, aux), gradient) if has_aux else (value, gradient)

    return wrapper


def _run_gradient(graph, value, extra, wrt):
    """Arrays of value, extra outputs and gradients. The program is found by the forward graph alone."""
    forward_nodes = [value, *extra]
    walked = walk(forward_nodes)

    def with_gradients(outputs, targets):
        value = outputs[0]
        grads = backward([value], [full(value.shape, 1, value.dtype)], targets)
        return outputs + [
            full(w.shape, 0, w.dtype) if g is None else g for g, w in zip(grads, targets)
        ]

    # a rule of the user's may lead to arguments that no value was computed from
    if run_options.reference or has_custom(forward_nodes, None if walked[1] else walked[0]):
        return evaluate(graph, with_gradients(forward_nodes, wrt))
    verify_captured(graph)
    inputs = used_inputs(walked)
    position = {n: i for i, n in enumerate(inputs)}
    places = tuple([position.get(w, -1) for w in wrt])

    def make(inputs, outputs):
        return compile_program(
            inputs, with_gradients(outputs, [inputs[p] for p in places if p >= 0])
        )

    arrays = run_compiled(
        lambda: compiled(inputs, forward_nodes, walked, ("grad", places), make),
        [graph.values[n] for n in inputs],
    )
    if -1 in places:
        it = iter(arrays[len(forward_nodes) :])
        arrays = arrays[: len(forward_nodes)] + [
            next(it) if w in position else np.zeros(w.shape, w.dtype) for w in wrt
        ]
    return arrays


def grad(f, argnums=0, has_aux=False, holomorphic=False):
    """Gradient of a scalar function: ``grad(f)(x)`` has the structure of `x`. See `value_and_grad`.

    With ``has_aux=True`` returns ``(gradient, aux)``.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.grad(np.sin)(0.0)
    np.float64(1.0)
    """
    both = _gradient(f, argnums, has_aux, "grad", holomorphic)

    @wraps(f, "grad")
    def wrapper(*args, **kwargs):
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def vjp(f, *primals, has_aux=False):
    """Value of ``f(*primals)`` and its pullback.

    ``pullback(ct)`` takes a cotangent with the structure of the result and returns a tuple with one
    entry per primal. With ``has_aux`` f returns (result, aux), and vjp (result, pullback, aux).
    """
    call = Call(f, primals, {}, tuple(range(len(primals))), "vjp")
    with call.tracing("vjp", keep=True) as (graph, new):
        result = call.trace(graph, new)
        result, aux = aux_apart(result, "vjp") if has_aux else (result, None)
        leaves, spec = tree.flatten(result)
        nodes = [to_node(leaf) for leaf in leaves]
        aux_nodes, rebuild = output_nodes(aux)
        arrays = call.finish(graph, new, [*nodes, *aux_nodes])
    record = _Record(graph, nodes, call.wrt) if new else None

    def pullback(ct):
        ct_leaves, ct_spec = tree.flatten(ct)
        if ct_spec != spec:
            raise ValueError(
                f"pullback: the cotangent must have the structure of the result, wanted {spec}, got {ct_spec}"
            )
        with tracing("pullback") as (active, alone):
            outs, wrt = record.enter(active, alone) if record is not None else (nodes, call.wrt)
            cts = [_matching(c, n, "pullback: cotangent") for c, n in zip(ct_leaves, outs)]
            grads = backward(outs, cts, wrt)
            grads = [full(w.shape, 0, w.dtype) if g is None else g for g, w in zip(grads, wrt)]
            if alone:
                values = [plain(a) for a in evaluate(active, grads)]
            else:
                values = [Tracer(g) for g in grads]
        return tree.unflatten(call.opened.spec, values)

    out = tree.unflatten(spec, arrays[: len(nodes)])
    return (out, pullback, rebuild(arrays[len(nodes) :])) if has_aux else (out, pullback)


class _Record:
    """What a root trace recorded, to be bound again in any other: plain or inside `vmap`, `jit`, `grad`.

    The arguments are kept as they are now. Arrays that the function captured stay references, and one
    that is edited in between is an error.
    """

    def __init__(self, graph, nodes, wrt):
        self.graph, self.nodes, self.wrt = graph, nodes, wrt
        outputs = [*nodes, *wrt]
        # what derivatives need, and what values do
        known = [*reachable(outputs), *walk(outputs)[0]]
        used = dict.fromkeys(n for n in known if n.prim is INPUT)
        taken = {id(array) for _, array in graph.captured.values()}
        self.values = {}
        for n in used:
            array = graph.values[n]
            self.values[n] = array if id(array) in taken else np.array(array)

    def enter(self, graph, alone):
        """(outputs, arguments) as nodes of `graph`, a new root where `alone`."""
        verify_captured(self.graph)
        enter = (
            functools.partial(input_tracer, graph)
            if alone
            else lambda a: Tracer(variable(to_node(a)))
        )
        known = {n: enter(a).node for n, a in self.values.items()}
        copies = replay([*self.nodes, *self.wrt], known)
        return copies[: len(self.nodes)], copies[len(self.nodes) :]


def _matching(value, node, what):
    """A cotangent or tangent as a node of the shape and dtype of `node`."""
    from ..trace.ufuncs import as_dtype

    if not node.is_float:
        return None
    given = to_node(value)
    if given.dtype.kind == "c" and node.dtype.kind != "c":
        raise TypeError(f"{what} is {given.dtype}, wanted {node.dtype}")
    if given.shape != node.shape:
        if given.shape != ():
            raise ValueError(f"{what} has shape {given.shape}, wanted {node.shape}")
        given = broadcast(given, node.shape)
    return as_dtype(given, node.dtype)


def jvp(f, primals, tangents, has_aux=False):
    """Value of ``f(*primals)`` and its directional derivative along `tangents`."""
    return directional(f, primals, tangents, has_aux)


def check_tuples(names, *given):
    """Arguments and directions come as tuples of equal length."""
    if all(isinstance(x, (tuple, list)) for x in given) and len(set(map(len, given))) == 1:
        return
    got = " and ".join(
        f"a {type(x).__name__} of {len(x)}" if isinstance(x, (tuple, list)) else type(x).__name__
        for x in given
    )
    raise TypeError(f"{names} must be tuples of equal length, got {got}")


def directional(f, primals, tangents, has_aux=False, symmetric=False):
    """`jvp`; where the matrix of derivatives is symmetric, a `custom_vjp` function's rule does as well."""
    check_tuples("jvp: primals and tangents", primals, tangents)
    call = Call(f, primals, {}, tuple(range(len(primals))), "jvp")
    with call.tracing("jvp") as (graph, new):
        result = call.trace(graph, new)
        result, aux = aux_apart(result, "jvp") if has_aux else (result, None)
        leaves, spec = tree.flatten(result)
        nodes = [to_node(leaf) for leaf in leaves]
        t_leaves = tree.leaves_like(call.opened.spec, tuple(tangents))
        if t_leaves is None:
            raise ValueError(
                f"jvp: tangents must have the structure of primals, wanted {call.opened.spec}, "
                f"got {tree.flatten(tuple(tangents))[1]}"
            )
        ts = [_matching(t, n, "jvp: tangent") for t, n in zip(t_leaves, call.wrt)]
        if symmetric and has_custom(nodes):
            outs = backward(nodes, ts, call.wrt)
        else:
            outs = forward(nodes, call.wrt, ts)
        outs = [full(n.shape, 0, n.dtype) if t is None else t for t, n in zip(outs, nodes)]
        aux_nodes, rebuild = output_nodes(aux)
        values = call.finish(graph, new, nodes + outs + aux_nodes)
    n = len(nodes)
    out, tangent = tree.unflatten(spec, values[:n]), tree.unflatten(spec, values[n : 2 * n])
    return (out, tangent, rebuild(values[2 * n :])) if has_aux else (out, tangent)


def stop_gradient(x):
    """`x` itself, through which no derivative flows. Takes arrays and containers of them."""
    from ..primitives.control import stop

    return tree.map(lambda leaf: Tracer(stop(leaf.node)) if isinstance(leaf, Tracer) else leaf, x)

"""Values defined by an equation: fixed points and linear solves, differentiated by the equation.

An `implicit` node is a value x with g(x, inputs) = 0, whoever found it. Its derivatives are those of
the implicit function theorem, dx = -(dg/dx)^-1 dg: one linear solve each, which is an `implicit` node
again, so that derivatives of any order exist and no iteration is stored.
"""

import dataclasses

import numpy as np

from .. import tree
from ..graph import Detached, Graph, Primitive, bind_multi, current, lift, reachable
from ..loops.body import Body
from ..loops.flow import while_loop
from ..loops.scan import leaf_node
from ..models.captured import refused
from ..primitives import elementwise as ew
from ..primitives.control import stop, variable
from ..primitives.shaping import full
from ..run.runtime import evaluate
from ..trace.arguments import plain
from ..trace.tracer import Tracer, to_node
from ..trace.ufuncs import as_dtype
from .autodiff import backward_merged, forward
from .batching import stack, stacked
from .derivatives import tracing


class Equation:
    """g and how to solve its linearisation. `body` maps x and inputs to g, one value for each x."""

    __slots__ = ("body", "n", "solve", "derived")

    def __init__(self, body, n, solve):
        self.body, self.n, self.solve, self.derived = body, n, solve, {}

    @property
    def bodies(self):
        return (self.body,)

    @property
    def structural(self):
        return ("implicit", self.n, self.body.structural, self.solve)

    @property
    def custom(self):
        """Whether the user's own solver runs in the derivative."""
        return callable(self.solve.method)

    def at(self, values):
        """g for x and inputs of this or an enclosing graph."""
        return self.body.inline([lift(v, current()) for v in values])


def _infer(args, params):
    return [(a.shape, a.dtype) for a in args[: params[0].n]]


def _leaves(nodes):
    return [variable(x) for x in nodes]


def _vjp(cts, node, args, params, needs):
    """u = (dg/dx)^-T ct; the cotangents of the inputs are -(dg/d inputs)^T u."""
    equation = params[0]
    n, solve = equation.n, equation.solve
    xs = [Tracer(x) for x in _outputs(node)]
    cts = [full(x.shape, 0, x.dtype) if c is None else c for c, x in zip(cts, args[:n])]

    def transposed(u):
        x = _leaves([v.node for v in xs])
        g = equation.at([*x, *args[n:]])
        back = backward_merged(g, [to_node(v) for v in u], x)
        return [Tracer(full(v.shape, 0, v.dtype) if b is None else b) for b, v in zip(back, x)]

    u = solve(transposed, [Tracer(c) for c in cts], True)
    inputs = _leaves(args[n:])
    g = equation.at([*[x.node for x in xs], *inputs])
    grads = backward_merged(g, [ew.neg(v.node) for v in u], inputs)
    return [None] * n + grads


def _jvp(tangents, node, args, params):
    equation = params[0]
    n, solve = equation.n, equation.solve
    if all(t is None for t in tangents[n:]):
        return [None] * n
    xs = [Tracer(x) for x in _outputs(node)]
    inputs = _leaves(args[n:])
    g = equation.at([*[x.node for x in xs], *inputs])
    moved = forward(g, inputs, list(tangents[n:]))
    right = [full(x.shape, 0, x.dtype) if t is None else ew.neg(t) for t, x in zip(moved, args[:n])]

    def along(v):
        x = _leaves([s.node for s in xs])
        g = equation.at([*x, *args[n:]])
        ts = forward(g, x, [to_node(t) for t in v])
        return [Tracer(full(s.shape, 0, s.dtype) if t is None else t) for t, s in zip(ts, x)]

    return [t.node for t in solve(along, [Tracer(r) for r in right], False)]


def _outputs(node):
    return bind_implicit(node.params[0], node.args)


def _batch(values, node, n):
    equation = node.params[0]
    flags = [s for _, s in values]
    key = ("stack", n, *flags)
    if key not in equation.derived:
        shapes = [
            (((n,) if s or i < equation.n else ()) + a.shape, a.dtype)
            for i, (a, s) in enumerate(zip(node.args, flags))
        ]
        graph = Detached("a batched equation")
        with graph:
            inputs = [graph.add_input(*s) for s in shapes]
            whole = [s or i < equation.n for i, s in enumerate(flags)]
            pairs = stack(
                equation.body.outputs, dict(zip(equation.body.inputs, zip(inputs, whole))), n
            )
            outs = [stacked(v, s, o.shape, n) for (v, s), o in zip(pairs, equation.body.outputs)]
        body = Body(inputs, outs, len(inputs), 0, 0, False)
        equation.derived[key] = Equation(body, equation.n, equation.solve)
    args = [
        stacked(v, s, a.shape, n) if i < equation.n else v
        for i, ((v, s), a) in enumerate(zip(values, node.args))
    ]
    outs = bind_implicit(equation.derived[key], args)
    return [(o, True) for o in outs], outs[0].args[0]


IMPLICIT = Primitive(
    "implicit",
    "multi",
    _infer,
    twin=lambda params, *a: list(a[: params[0].n]),
    vjp=_vjp,
    jvp=_jvp,
    batch=_batch,
)


def bind_implicit(equation, args):
    outs = bind_multi(IMPLICIT, tuple(args), (equation,))
    node = outs[0].args[0]
    node.swap = None, node.args[: equation.n]  # computes nothing itself
    return outs


def _solved(g, xs, inputs, solve):
    """`implicit` outputs for the values xs (nodes) of g(xs, inputs) = 0; g: Tracers -> Tracers."""
    graph = Graph(current(), True, "an equation")
    with graph:
        ins = [graph.add_input(x.shape, x.dtype) for x in [*xs, *inputs]]
        outs = g([Tracer(i) for i in ins[: len(xs)]], [Tracer(i) for i in ins[len(xs) :]])
        outs = [lift(as_dtype(to_node(o), x.dtype), graph) for o, x in zip(outs, xs)]
    used = set(reachable(outs))
    captured = {outer: own for outer, own in graph.lifted.items() if own in used}
    everything = [*ins, *captured.values()]
    graph.lifted.clear()
    equation = Equation(Body(everything, outs, len(everything), 0, 0, False), len(xs), solve)
    return bind_implicit(equation, [*[stop(x) for x in xs], *inputs, *captured])


# ---------------------------------------------------------------------------- iterations

RUNNING, CONVERGED, FAILED = 0, 1, 2


def _until_done(step, state, max_steps):
    """Run state -> (state, status) until it is done; the state, and whether it converged."""
    state, status = while_loop(
        lambda c: c[1] == RUNNING, lambda c: step(c[0]), (state, np.int64(RUNNING)), max_steps
    )
    return state, status == CONVERGED


def _status(done, finite):
    """`done` or going on, unless a value is NaN or infinite."""
    return np.where(done, CONVERGED, np.where(finite, RUNNING, FAILED))


def _or_nan(good, xs):
    return [np.where(good, x, x.dtype.type(np.nan)) for x in xs]


def _iterate(f, xs, tol, max_steps):
    """x = f(x), repeated until no element moves by more than tol (1 + |x|)."""

    def step(xs):
        new = f(xs)
        done = finite = True
        for a, b in zip(new, xs):
            limit = (_tolerance(a.dtype) if tol is None else tol) * (1.0 + np.abs(a))
            done = done & np.all(np.abs(a - b) <= limit)
            finite = finite & np.all(np.isfinite(a))
        return new, _status(done, finite)

    xs, good = _until_done(step, xs, max_steps)
    return _or_nan(good, xs)


def _tolerance(dtype):
    return 64.0 * float(np.finfo(dtype).eps)


def _dot(a, b):
    return sum(np.sum(x * y) for x, y in zip(a, b))


def _plus(a, scale, b):
    return [x + scale * y for x, y in zip(a, b)]


def _conjugate_gradients(A, b, tol, max_steps):
    """Hestenes and Stiefel 1952, doi:10.6028/jres.049.044; for symmetric positive definite A."""
    limit = tol**2 * _dot(b, b)

    def step(state):
        x, r, p, rr = state
        q = A(p)
        pq = _dot(p, q)
        alpha = np.where(pq == 0, 0.0, rr / np.where(pq == 0, 1.0, pq))
        x, r = _plus(x, alpha, p), _plus(r, -alpha, q)
        new = _dot(r, r)
        p = _plus(r, new / np.where(rr == 0, 1.0, rr), p)
        return (x, r, p, new), _status(new <= limit, np.isfinite(new))

    zero = [v * 0 for v in b]
    (x, *_), good = _until_done(step, (zero, b, b, _dot(b, b)), max_steps)
    return _or_nan(good, x)


def _bicgstab(A, b, tol, max_steps):
    """van der Vorst 1992, doi:10.1137/0913035; for any A."""
    limit = tol**2 * _dot(b, b)

    def over(x, y):
        return np.where(y == 0, 0.0, x / np.where(y == 0, 1.0, y))

    def step(state):
        x, r, p, v, rho, alpha, omega = state
        new = _dot(b, r)
        p = _plus(r, over(new, rho) * over(alpha, omega), _plus(p, -omega, v))
        v = A(p)
        alpha = over(new, _dot(b, v))
        s = _plus(r, -alpha, v)
        t = A(s)
        omega = over(_dot(t, s), _dot(t, t))
        x = _plus(_plus(x, alpha, p), omega, s)
        r = _plus(s, -omega, t)
        size = _dot(r, r)
        return (x, r, p, v, new, alpha, omega), _status(size <= limit, np.isfinite(size))

    zero, one = [v * 0 for v in b], _dot(b, b) * 0 + 1.0
    (x, *_), good = _until_done(step, (zero, b, zero, zero, one, one, one), max_steps)
    return _or_nan(good, x)


_SOLVERS = {"cg": _conjugate_gradients, "bicgstab": _bicgstab}


@dataclasses.dataclass(frozen=True)
class Solver:
    """How linear systems are solved: solver(A, b, transposed) -> x, differentiable to any order."""

    method: object
    tol: float
    max_steps: int

    def __call__(self, A, b, transposed):
        if self.method == "iterate":
            found = _iterate(
                lambda x: _plus(_plus(b, 1.0, x), -1.0, A(x)), b, self.tol, self.max_steps
            )
        elif callable(self.method):
            found = self.method(A, b)
        else:
            size = sum(int(np.prod(v.shape)) for v in b)
            tol = 1e3 * float(np.finfo(b[0].dtype).eps) if self.tol is None else self.tol
            steps = 10 * size + 100 if self.max_steps is None else self.max_steps
            found = _SOLVERS[self.method](A, b, tol, steps)
        found = [as_dtype(to_node(x), v.dtype) for x, v in zip(found, b)]
        solved = _solved(lambda xs, _: _plus(A(xs), -1.0, b), found, [], self)
        return [Tracer(x) for x in solved]


# ---------------------------------------------------------------------------- public functions


def fixed_point(f, init, *args, tol=None, max_steps=1000):
    """The x with ``x = f(x, *args)``, found by repeating f from `init`.

    Parameters
    ----------
    f : callable, (x, *args) -> x
        A contraction near the solution.
    init : pytree of floating-point arrays
    args : pytrees
    tol : float, optional
        Done when no element moves by more than ``tol * (1 + |x|)``; 64 machine epsilons unless given.
    max_steps : int

    Returns
    -------
    pytree like `init`; NaN where `max_steps` did not suffice.

    Notes
    -----
    Derivatives by `args` and by what `f` reaches otherwise follow from the implicit function
    theorem: their cost and memory do not depend on the steps taken. That by `init` is zero.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.fixed_point(lambda x, a: 0.5 * (x + a / x), 1.0, 9.0)
    np.float64(3.0)
    >>> nk.grad(lambda a: nk.fixed_point(lambda x: 0.5 * (x + a / x), 1.0))(9.0).round(12)
    np.float64(0.166666666667)
    """
    leaves, spec = tree.flatten(init)
    if not leaves:
        return init
    with tracing("fixed_point") as (graph, new), refused("fixed_point", f, args):
        xs = [Tracer(leaf_node(graph, new, leaf, "fixed_point")) for leaf in leaves]
        _floating(xs, "fixed_point: init")

        def once(xs):
            result, out_spec = tree.flatten(f(tree.unflatten(spec, list(xs)), *args))
            return _like(result, out_spec, xs, spec, "fixed_point: f")

        found = _iterate(once, xs, tol, max_steps)
        outs = _solved(
            lambda xs, _: _plus(xs, -1.0, once(xs)),
            [x.node for x in found],
            [],
            Solver("iterate", tol, max_steps),
        )
        values = [plain(a) for a in evaluate(graph, outs)] if new else [Tracer(o) for o in outs]
    return tree.unflatten(spec, values)


def linear_solve(matvec, b, solver="bicgstab", tol=None, max_steps=None):
    """The x with ``matvec(x) = b`` for a linear function, without its matrix.

    Parameters
    ----------
    matvec : callable, x -> pytree like `b`
        Linear; may use traced values.
    b : pytree of floating-point arrays
    solver : "bicgstab", "cg" or callable
        "cg" is for symmetric positive definite functions. A callable takes (matvec, b) on lists of
        arrays and returns the list x; it also solves the transposed systems of reverse mode.
    tol : float, optional
        Done when the residual is at most ``tol`` times `b` (2-norms); 1000 machine epsilons unless given.
    max_steps : int, optional
        ``10 n + 100`` for n unknowns unless given.

    Returns
    -------
    pytree like `b`; NaN where `max_steps` did not suffice.

    Notes
    -----
    Derivatives of any order, by `b` and by what `matvec` reaches, are linear solves themselves.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> a = np.array([[3.0, 1.0], [0.0, 2.0]])
    >>> nk.linear_solve(lambda x: a @ x, np.array([5.0, 4.0])).round(9)
    array([1., 2.])
    """
    if not callable(solver) and solver not in _SOLVERS:
        raise ValueError(
            f"linear_solve: solver must be a function or one of {sorted(_SOLVERS)}, got {solver!r}"
        )
    leaves, spec = tree.flatten(b)
    if not leaves:
        return b
    with tracing("linear_solve") as (graph, new), refused("linear_solve", matvec):
        right = [Tracer(leaf_node(graph, new, leaf, "linear_solve")) for leaf in leaves]
        _floating(right, "linear_solve: b")

        def apply(xs):
            result, out_spec = tree.flatten(matvec(tree.unflatten(spec, list(xs))))
            return _like(result, out_spec, right, spec, "linear_solve: matvec")

        outs = [x.node for x in Solver(solver, tol, max_steps)(apply, right, False)]
        values = [plain(a) for a in evaluate(graph, outs)] if new else [Tracer(o) for o in outs]
    return tree.unflatten(spec, values)


def _floating(xs, what):
    for x in xs:
        if x.dtype.kind != "f":
            raise TypeError(f"{what} must be float32 or float64, got {x.dtype}")


def _like(result, out_spec, xs, spec, what):
    """The result of a function that must return what it is given, as Tracers of the same dtype."""
    if out_spec != spec:
        raise TypeError(f"{what} must return the structure it is given, {spec}, got {out_spec}")
    out = []
    for r, x in zip(result, xs):
        node = to_node(r)
        if node.shape != x.shape:
            raise ValueError(f"{what} must keep the shape {x.shape}, got {node.shape}")
        out.append(Tracer(as_dtype(node, x.dtype)))
    return out

"""Matrices of derivatives: jacobian, hessian, and the product hvp."""

import numpy as np

from .. import tree
from ..errors import AbstractValueError
from ..graph import INPUT, INT64, Node, current
from ..primitives import elementwise as ew
from ..primitives.control import has_custom
from ..primitives.shaping import broadcast, concatenate, full, iota, reshape, transpose
from ..trace.arguments import output_nodes
from ..trace.tracer import to_node
from .autodiff import backward, forward
from .derivatives import Call, aux_apart, check_holomorphic, check_tuples, directional, grad
from .wrapping import wraps

BATCH_BYTES = 256 << 20  # values of a batched pass above which it is done unit by unit


def jacobian(f, argnums=0, mode="auto", holomorphic=False, has_aux=False):
    """Matrix of derivatives: shape of the result followed by the shape of the argument.

    mode : "fwd", "rev", or "auto", which takes the cheaper of the two by shape, and reverse mode where a
    `custom_vjp` function has no other. Forward mode takes real arguments (results may be complex), reverse
    mode gives real results (arguments may be complex).
    holomorphic : from complex to complex, the matrix of complex derivatives.
    has_aux : f returns (result, aux), and the call (jacobian, aux).

    One batched pass goes through all unit vectors at once.
    """
    if mode not in ("auto", "fwd", "rev"):
        raise ValueError(f"jacobian: mode must be 'auto', 'fwd' or 'rev', got {mode!r}")
    return _jacobian(f, argnums, mode, holomorphic, has_aux)


def _jacobian(f, argnums, mode, holomorphic=False, has_aux=False):
    """`jacobian` with one mode more, "square": forward, or reverse where there is no other."""

    @wraps(f, "jacobian")
    def wrapper(*args, **kwargs):
        call = Call(f, args, kwargs, argnums, "jacobian")
        with call.tracing("jacobian") as (graph, new):
            result = call.trace(graph, new)
            result, aux = aux_apart(result, "jacobian") if has_aux else (result, None)
            leaves, spec = tree.flatten(result)
            nodes = [to_node(leaf) for leaf in leaves]
            aux_nodes, rebuild = output_nodes(aux)
            n_in, n_out = sum(w.size for w in call.wrt), sum(n.size for n in nodes)
            reverse = mode == "rev" or mode == "auto" and n_out <= n_in
            if mode in ("auto", "square"):
                reverse = reverse or has_custom(nodes)
            if holomorphic:
                check_holomorphic(call.wrt, nodes, "jacobian")
            else:
                reverse = _real_side(call.wrt, nodes, mode, reverse)
            blocks = (_rows if reverse else _columns)(nodes, call.wrt)
            values = call.finish(graph, new, [*(b for row in blocks for b in row), *aux_nodes])
        it = iter(values)
        outs = [call.gradient_tree([next(it) for _ in row]) for row in blocks]
        matrix = tree.unflatten(spec, outs)
        return (matrix, rebuild(list(it))) if has_aux else matrix

    return wrapper


def _real_side(wrt, nodes, mode, reverse):
    """Whether to go in reverse, where one side is complex: unit vectors must span the other."""
    complex_in = any(w.dtype.kind == "c" for w in wrt)
    complex_out = any(n.dtype.kind == "c" for n in nodes)
    if complex_in and (complex_out or mode == "fwd") or complex_out and mode == "rev":
        raise TypeError(
            "jacobian: forward mode needs real arguments and reverse mode real results; of a function from complex "
            "to complex only the holomorphic one has one complex derivative: holomorphic=True, or split "
            "into .real and .imag"
        )
    return True if complex_in else False if complex_out else reverse


def _rows(nodes, wrt):
    """Reverse mode, one batched pass for all elements of a result. blocks[o][i]: o by argument i."""
    blocks = []
    for node in nodes:
        if node.size == 1:
            grads = backward([node], [full(node.shape, 1, node.dtype)], wrt)
            grads = [full(w.shape, 0, w.dtype) if g is None else g for g, w in zip(grads, wrt)]
            blocks.append([reshape(g, node.shape + w.shape) for g, w in zip(grads, wrt)])
            continue
        ct = _placeholder(node)
        try:
            stacks = _for_each_unit(ct, backward([node], [ct], wrt), wrt)
        except AbstractValueError:  # a rule of the user's looks at the value of its cotangent
            stacks = _each_row(node, wrt)
        blocks.append([reshape(s, node.shape + w.shape) for s, w in zip(stacks, wrt)])
    return blocks


def _each_row(node, wrt):
    """Reverse mode, one pass for each element of a result, whose cotangents have values."""
    rows = []
    for k in range(node.size):
        unit = np.zeros(node.shape, node.dtype)
        unit.flat[k] = 1
        grads = backward([node], [to_node(unit)], wrt)
        rows.append([full(w.shape, 0, w.dtype) if g is None else g for g, w in zip(grads, wrt)])
    return [concatenate([reshape(r, (1, *r.shape)) for r in column], 0) for column in zip(*rows)]


def _columns(nodes, wrt):
    """Forward mode, one batched pass for all elements of an argument."""
    columns = []
    for w in wrt:
        t = _placeholder(w)
        stacks = _for_each_unit(t, forward(nodes, [w], [t]), nodes)
        last = [transpose(s, (*range(1, s.ndim), 0)) for s in stacks]
        columns.append([reshape(s, n.shape + w.shape) for s, n in zip(last, nodes)])
    return [list(row) for row in zip(*columns)]


def _placeholder(node):
    return Node(INPUT, (), ("unit",), node.shape, node.dtype, current())


def _for_each_unit(unit, results, like):
    """`results` (nodes or None for zero) for each unit vector in place of `unit`, stacked."""
    from .batching import dependent, each_step, stack, stacked

    n = unit.size
    rows, cols = (broadcast(reshape(iota(n, 0, 1, INT64), s), (n, n)) for s in ((n, 1), (1, n)))
    eye = ew.convert(ew.apply(ew.ROWS["eq"], rows, cols), unit.dtype)
    units = reshape(eye, (n, *unit.shape))
    results = [full(x.shape, 0, x.dtype) if r is None else r for r, x in zip(results, like)]
    moving = dependent(results, unit)
    if n * sum(x.nbytes for x in moving) > BATCH_BYTES:
        return each_step(results, unit, units, n)
    pairs = stack(results, {unit: (units, True)}, n)
    return [stacked(v, s, x.shape, n) for (v, s), x in zip(pairs, like)]


def hessian(f, argnums=0, has_aux=False):
    """Second derivatives: shape of the result, then that of the argument twice.

    A result of one element counts as a scalar, as in `grad`. With ``has_aux=True`` f returns (value, aux),
    and the call (hessian, aux).
    """

    @wraps(f, "hessian")
    def value(*args, **kwargs):
        result = f(*args, **kwargs)
        result, *aux = aux_apart(result, "hessian") if has_aux else (result,)
        if getattr(result, "size", 0) == 1:
            result = result.reshape(())
        return (result, *aux) if has_aux else result

    first = _jacobian(value, argnums, "rev", has_aux=has_aux)
    return _jacobian(first, argnums, "square", has_aux=has_aux)


def hvp(f, primals, vector):
    """Product of the Hessian of a scalar function with `vector`, at the cost of a few gradients.

    primals : tuple of arguments; vector : a tuple of the same structure.
    """
    check_tuples("hvp: primals and vector", primals, vector)
    numbers = tuple(range(len(primals)))
    _, product = directional(lambda *p: grad(f, numbers)(*p), primals, vector, symmetric=True)
    return product if len(primals) > 1 else product[0]

"""Identity-like primitives that change how derivatives flow."""

import numpy as np

from ..errors import AbstractValueError
from ..graph import INPUT, Node, Primitive, bind, bind_multi, current, reachable, replay
from ..transforms.autodiff import backward_merged
from ..views import View
from . import elementwise as ew
from .shaping import broadcast, full


def _same_view(view, node):
    return View(*view)


def _identity(name):
    """A primitive that gives its argument and passes derivatives on."""
    return Primitive(
        name,
        "view",
        lambda args, params: (args[0].shape, args[0].dtype),
        twin=lambda params, a: a,
        vjp=lambda ct, out, args, params, needs: [ct],
        jvp=lambda t, out, args, params: t[0],
        lower=_same_view,
    )


STOP = Primitive(
    "stop_gradient",
    "view",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, a: a,
    lower=_same_view,
)


def stop(node):
    return bind(STOP, (node,))


# The value of a Python number, with NumPy's type from here on.
STRONG = _identity("strong")


def strong(node):
    return bind(STRONG, (node,))


REASONS = (
    ValueError("Integers to negative integer powers are not allowed."),
    TypeError(
        "forward mode (jvp) of a custom_vjp function whose reverse rule is not linear in its cotangent "
        "(it is not 0 where the cotangent is) is not defined; use grad, vjp, or jacobian(mode='rev')"
    ),
)


def _refuse_twin(params, bad):
    if bad:
        raise REASONS[params[0]]
    return np.zeros((), params[1])


# 0, or an error where a value is not allowed: args (bad,), params (reason, dtype)
REFUSE = Primitive(
    "refuse",
    "call",
    lambda args, params: ((), params[1]),
    twin=_refuse_twin,
    lower=lambda node, low: low.emit(
        "refuse", [low.out(node)], [low.view(node.args[0])], ip=(node.params[0],), node=node
    ),
)


def refuse(bad, reason, dtype):
    """A 0-d zero to add to what is right only unless `bad` (0-d bool); else the run stops."""
    return bind(REFUSE, (bad,), (reason, dtype))


# A fresh name for a value: derivatives are taken with respect to it.
VARIABLE = _identity("variable")


class _Unique:
    """Makes two bindings of one primitive to one argument differ."""

    structural = "unique"


def variable(node):
    return bind(VARIABLE, (node,), (_Unique(),))


# forward value with a chosen derivative: args are (value, x, d value / d x)
SURROGATE = Primitive(
    "surrogate",
    "view",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, value, x, slope: value,
    vjp=lambda ct, out, args, params, needs: [
        None,
        ew.mul(ct, args[2]) if needs[1] else None,
        None,
    ],
    jvp=lambda t, out, args, params: ew.mul(t[1], args[2]) if t[1] is not None else None,
    lower=_same_view,
)


def surrogate(value, x, slope):
    return bind(SURROGATE, (value, x, stop(slope)))


# ---------------------------------------------------------------------------- custom_vjp


class CustomRule:
    """The user's forward and backward functions of one call, as functions of nodes."""

    def __init__(self, name, n_out, backward):
        self.name, self.n_out, self.backward = name, n_out, backward

    @property
    def structural(self):
        # enough for the forward program; a gradient with such a call is never found by its forward
        # graph, because the backward function may reach anything
        return ("custom_vjp", self.name, self.n_out)


def _custom_infer(args, params):
    return [(a.shape, a.dtype) for a in args[: params[0].n_out]]


def _custom_vjp(cts, node, args, params, needs):
    rule = params[0]
    outs, inputs = args[: rule.n_out], args[rule.n_out :]
    cts = [full(o.shape, 0, o.dtype) if c is None else c for c, o in zip(cts, outs)]
    return [None] * rule.n_out + rule.backward(inputs, cts)


def _custom_jvp(tangents, node, args, params):
    """The transpose of the reverse rule, which must be linear in its cotangents (one that clips is not)."""
    from ..transforms.transposing import NotLinear, offset, transpose_of

    rule = params[0]
    outs, inputs = args[: rule.n_out], args[rule.n_out :]
    unknown = [Node(INPUT, (), ("cotangent",), o.shape, o.dtype, current()) for o in outs]
    try:
        cts = rule.backward(inputs, unknown)
        flows = [
            (c, t) for c, t in zip(cts, tangents[rule.n_out :]) if c is not None and t is not None
        ]
        if not flows:
            return [None] * rule.n_out
        cts, ts = zip(*flows)
        results = transpose_of(cts, unknown, ts)
    except (AbstractValueError, NotLinear) as error:
        raise TypeError(
            f"custom_vjp function {rule.name!r} has a reverse rule only, which is not linear in its "
            f"cotangent: forward mode (jvp) of it is not defined; use grad, vjp, or jacobian(mode='rev')"
        ) from error
    bad = offset(cts, unknown)
    if bad is None:
        return results
    zeros = [broadcast(refuse(bad, 1, o.dtype), o.shape) for o in outs]
    return [z if r is None else ew.add(r, z) for r, z in zip(results, zeros)]


CUSTOM = Primitive(
    "custom_vjp",
    "multi",
    _custom_infer,
    twin=lambda params, *a: list(a[: params[0].n_out]),
    vjp=_custom_vjp,
    jvp=_custom_jvp,
)


def custom(rule, outs, inputs):
    results = bind_multi(CUSTOM, tuple(outs) + tuple(inputs), (rule,))
    results[0].args[0].swap = (
        None,
        tuple(results[0].args[0].args[: rule.n_out]),
    )  # computes nothing itself
    return results


def has_custom(outputs, order=None):
    """Whether `outputs` depend on a call with its own reverse rule, in loop bodies too.

    order: their `reachable` nodes, where they are known.
    """
    for node in reachable(outputs) if order is None else order:
        if node.prim is CUSTOM:
            return True
        if node.aux is None:  # no loop and no branch
            continue
        for p in node.params:
            if getattr(p, "custom", False) or any(b.custom for b in getattr(p, "bodies", ())):
                return True
    return False


# ---------------------------------------------------------------------------- checkpoint

# A value that is not to be used before others are there: args are (value, others...).
AFTER = Primitive(
    "after",
    "view",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, value, *others: value,
    vjp=lambda ct, out, args, params, needs: [ct] + [None] * (len(args) - 1),
    jvp=lambda t, out, args, params: t[0],
    lower=_same_view,
    batch=lambda values, node, n: (
        values[0][0] if values[0][1] else broadcast(values[0][0], (n, *node.shape))
    ),
)


def _checkpoint_vjp(cts, node, args, params, needs):
    """The forward half once more, begun when the cotangents are there; then back through it."""
    n_out = params[0]
    outs, inputs = args[:n_out], args[n_out:]
    given = [(o, c) for o, c in zip(outs, cts) if c is not None]
    others = tuple(c for _, c in given if c.prim is not ew.LITERAL)
    late = [i if i.prim is ew.LITERAL else bind(AFTER, (i, *others), (_Unique(),)) for i in inputs]
    again = replay([o for o, _ in given], dict(zip(inputs, late)))
    return [None] * n_out + backward_merged(again, [c for _, c in given], late)


# Values (args[:n_out]) whose derivation from args[n_out:] is done again in the backward pass.
CHECKPOINT = Primitive(
    "checkpoint",
    "multi",
    lambda args, params: [(a.shape, a.dtype) for a in args[: params[0]]],
    twin=lambda params, *a: list(a[: params[0]]),
    vjp=_checkpoint_vjp,
    jvp=lambda tangents, node, args, params: list(tangents[: params[0]]),
)


def checkpointed(outs, inputs):
    results = bind_multi(CHECKPOINT, tuple(outs) + tuple(inputs), (len(outs),))
    node = results[0].args[0]
    node.swap = None, node.args[: len(outs)]  # computes nothing itself
    return results

"""Values whose derivatives are written apart from how they are computed.

A matrix function is computed by a kernel that has no derivative of its own, from arguments that
derivatives do not follow; `derived` gives the result its rule: the tangents of all results from
those of the arguments, in NumPy on traced arrays. Reverse mode is the transpose of the rule, taken
by differentiating it by the tangent, which it is linear in. A rule that calls the very function it
belongs to (solving is such a case) brings its transpose along.
"""

from ...graph import INPUT, Node, Primitive, bind, current
from ...trace.tracer import Tracer
from ...transforms.autodiff import backward
from ...views import View
from ..control import stop
from ..shaping import broadcast

RULES = {}  # name -> (rule, transpose or None)


def rule(name, transpose=None):
    """Register `f(tangents, args, params) -> [tangent of each result]`, on traced arrays.

    transpose(ct, args, params, k, needs) -> cotangent of each argument, where given.
    """

    def register(f):
        RULES[name] = f, transpose
        return f

    return register


def derived(name, compute, args, params=()):
    """The results of `compute(*args)`, a node or a tuple of them, with the derivatives of rule `name`."""
    values = compute(*[stop(a) for a in args])
    if isinstance(values, Node):
        return _bound(name, values, args, 0, params)
    return tuple(_bound(name, v, args, k, params) for k, v in enumerate(values))


def _bound(name, value, args, k, params):
    return bind(DERIVED, (value, *args), (name, k, params))


def _tangent(tangents, args, params):
    name, k, extra = params
    traced = [None if t is None else Tracer(t) for t in tangents]
    result = RULES[name][0](traced, [Tracer(a) for a in args], extra)[k]
    return None if result is None else result.node


def _vjp(ct, out, args, params, needs):
    name, k, extra = params
    transpose = RULES[name][1]
    if transpose is not None:
        found = transpose(Tracer(ct), [Tracer(a) for a in args[1:]], extra, k, needs[1:])
        return [None, *[None if g is None else g.node for g in found]]
    grads = [None] * len(args)
    for i, need in enumerate(needs):
        if i and need:
            grads[i] = _transposed(ct, i - 1, args[1:], params)
    return grads


def _transposed(ct, i, args, params):
    unknown = Node(INPUT, (), ("tangent",), args[i].shape, args[i].dtype, current())
    tangents = [unknown if j == i else None for j in range(len(args))]
    result = _tangent(tangents, args, params)
    return None if result is None else backward([result], [ct], [unknown])[0]


def _jvp(t, out, args, params):
    if all(x is None for x in t[1:]):
        return None
    return _tangent(t[1:], args[1:], params)


def _batch(values, node, n):
    """Rules and kernels take any leading axes."""
    args = [v if s else broadcast(v, (n,) + a.shape) for (v, s), a in zip(values, node.args)]
    return bind(DERIVED, tuple(args), node.params)


DERIVED = Primitive(
    "derived",
    "view",
    lambda args, params: (args[0].shape, args[0].dtype),
    twin=lambda params, value, *args: value,
    vjp=_vjp,
    jvp=_jvp,
    lower=lambda view, node: View(*view),
    batch=_batch,
)

"""`checkpoint`: a part of a function whose intermediate values are computed again, not kept."""

import functools

from .. import tree
from ..graph import current, replay
from ..models.captured import threaded
from ..primitives.control import checkpointed
from ..trace import inner
from ..trace.arguments import Opened
from ..trace.tracer import Tracer
from .wrapping import wraps


def checkpoint(f):
    """`f` with its inner values computed again in the backward pass rather than kept.

    Parameters
    ----------
    f : callable of pytrees of arrays

    Returns
    -------
    callable
        The same values and derivatives, bit for bit.

    Notes
    -----
    Reverse mode keeps the arguments of each call and its results, and runs `f` once more when the
    derivative arrives there. `scan` has its own ``checkpoint=``.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> layer = nk.checkpoint(lambda x: np.tanh(np.sin(x) * x))
    >>> nk.grad(lambda x: layer(layer(x)))(0.0)
    np.float64(0.0)
    """

    @wraps(f, "checkpoint")
    def wrapper(*args, **kwargs):
        if current() is None:
            return f(*args, **kwargs)

        def run(reached):
            @functools.wraps(f, updated=())
            def g(values, args, kwargs):
                return reached.call(f, values, args, kwargs)

            return _kept(g, (reached.values(), args, kwargs))

        reached, (result, values) = threaded("checkpoint", [f], run)
        reached.keep(values)
        return result

    return wrapper


def _kept(f, args):
    """The call, with what it computes made again in the backward pass."""
    opened = Opened(args)
    places, nodes = inner.operands(opened)
    graph, inputs, outs, spec = inner.trace_inside(
        f, opened, places, nodes, "a checkpointed function"
    )
    known = {i: o for o, i in graph.lifted.items()}
    known.update(zip(inputs, nodes))
    taken = list(dict.fromkeys(known.values()))
    outs = replay(outs, known)
    if outs:
        outs = checkpointed(outs, taken)
    values = [Tracer(o) for o in outs]
    opened.keep(values[spec.n_leaves :])
    return tree.unflatten(spec, values[: spec.n_leaves])

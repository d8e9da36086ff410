"""Spikes with surrogate derivatives, and functions with their own reverse rule."""

import contextlib
import functools
import inspect

import numpy as np

from .. import tree
from ..graph import current
from ..primitives import elementwise as ew
from ..primitives.control import CustomRule, custom
from ..primitives.control import surrogate as _surrogate
from ..trace.arguments import Opened
from ..trace.tracer import Tracer, to_node
from .surrogates import SURROGATES
from .wrapping import wraps


def spike(x, surrogate="arctan", width=1.0):
    """Heaviside step of x > 0 as 0.0 or 1.0, with a surrogate derivative.

    Parameters
    ----------
    x : ndarray
        Distance to threshold, such as ``v - v_th``.
    surrogate : str or callable
        Name of a curve of height 1 at 0, or a function of x / width. One curve a line: ``arctan``;
        ``sigmoid``; ``fast_sigmoid``, ``super_spike``, ``inverse_square``; ``gaussian``, ``erf``;
        ``multi_gaussian``; ``piecewise_exponential``, ``slayer``; ``piecewise_quadratic``,
        ``triangle``; ``piecewise_linear``, ``rectangle``, ``rectangular``; ``leaky``;
        ``log_tailed``; ``straight_through``. Their formulas and sources are in `neurokit.core.transforms.surrogates`.
    width : float
        Scale of x: the derivative is ``h(x / width) / width``.

    Returns
    -------
    ndarray of the shape and dtype of `x` (float64 for integers)

    References
    ----------
    Neftci, Mostafa and Zenke 2019, doi:10.1109/MSP.2019.2931595.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.spike(np.array([-1.0, 0.5]))
    array([0., 1.])
    """
    slope = SURROGATES.get(surrogate, surrogate) if isinstance(surrogate, str) else surrogate
    if not callable(slope):
        raise ValueError(
            f"spike: surrogate must be a function or one of {sorted(SURROGATES)}, got {surrogate!r}"
        )
    if not width > 0:
        raise ValueError(f"spike: width must be positive, got {width!r}")
    if not isinstance(x, Tracer):
        x = np.asarray(x)
        return np.asarray(x > 0, x.dtype if x.dtype.kind == "f" else np.float64)[()]
    node = to_node(x)
    if node.dtype.kind != "f":
        x = x.astype(np.float64)
        node = x.node
    fired = ew.convert(ew.apply(ew.ROWS["gt"], node, 0.0), node.dtype)
    derivative = slope(x / width) / width if width != 1.0 else slope(x)
    return Tracer(_surrogate(fired, node, _like(derivative, node)))


def _like(value, node):
    from ..primitives.shaping import broadcast

    return broadcast(ew.convert(to_node(value), node.dtype), node.shape)


def surrogate(forward, derivative):
    """A function of one array with the value of `forward` and the derivative ``derivative(x)``.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> step = nk.surrogate(lambda x: np.where(x > 0, 1.0, 0.0), lambda x: np.exp(-x * x))
    >>> nk.grad(step)(0.0)
    np.float64(1.0)
    """

    @wraps(forward, "surrogate")
    def call(x):
        value = forward(x)
        if not isinstance(x, Tracer):
            return value
        node, out = to_node(x), to_node(value)
        if out.shape != node.shape:
            raise ValueError(
                f"surrogate: forward must keep the shape of x, got {out.shape} for {node.shape}"
            )
        return Tracer(_surrogate(ew.convert(out, node.dtype), node, _like(derivative(x), node)))

    return call


class custom_vjp:
    """A function with its own reverse rule.

    ``f = nk.custom_vjp(f); f.defvjp(fwd, bwd)`` with ``fwd(*args) -> (out, residuals)`` and
    ``bwd(residuals, ct) -> tuple of cotangents, one per argument`` (None for no derivative, as of a function
    or a name). Arguments given by name or left to their defaults reach `fwd` by position.

    Forward mode (`jvp`, `jacobian`) takes the transpose of `bwd`, and is a TypeError for one that is not
    linear in `ct`, as one that clips, rounds, or adds a constant.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> @nk.custom_vjp
    ... def clip_gradient(x):
    ...     return x
    >>> clip_gradient.defvjp(lambda x: (x, None), lambda res, ct: (np.clip(ct, -1, 1),))
    >>> nk.grad(lambda x: 5 * clip_gradient(x))(2.0)
    np.float64(1.0)
    """

    def __init__(self, f):
        functools.update_wrapper(self, f, updated=())
        self.f, self.fwd, self.bwd = f, None, None
        if isinstance(f, np.ufunc):  # its signature is `out`, `where`, ...: rules take none of them
            return
        with contextlib.suppress(TypeError, ValueError):  # a builtin may tell nothing
            self.__signature__ = inspect.signature(f)

    def defvjp(self, fwd, bwd):
        """Set the rules: fwd(*args) -> (out, residuals), bwd(residuals, ct) -> cotangents."""
        self.fwd, self.bwd = fwd, bwd

    def _positional(self, args, kwargs):
        """All arguments by position, with defaults for those that were not given."""
        known = getattr(self, "__signature__", None)
        if known is None or not kwargs and len(args) >= len(known.parameters):
            if kwargs:
                raise TypeError(f"custom_vjp {self.__name__}: takes no arguments by name")
            return args
        bound = known.bind(*args, **kwargs)
        bound.apply_defaults()
        named = [name for name in bound.kwargs if name in kwargs]
        if named:
            raise TypeError(
                f"custom_vjp {self.__name__}: {', '.join(named)} can be given by name only, and the rules "
                f"take their arguments by position"
            )
        return bound.args

    def __call__(self, *args, **kwargs):
        args = self._positional(args, kwargs)
        if current() is None:
            return self.f(*args)
        opened = Opened(args)
        traced = [i for i, x in enumerate(opened.leaves) if isinstance(x, Tracer)]
        if not traced:
            return self.f(*args)
        if self.fwd is None:
            raise TypeError(
                f"custom_vjp: call {self.__name__}.defvjp(fwd, bwd) before using it in a traced function"
            )
        inputs = [opened.leaves[i].node for i in traced]
        result, out_spec = tree.flatten(self.f(*args))
        outs = [to_node(r) for r in result]
        rule = CustomRule(self.__name__, len(outs), self._backward(opened, traced, out_spec))
        return tree.unflatten(out_spec, [Tracer(n) for n in custom(rule, outs, inputs)])

    def _backward(self, opened, traced, out_spec):
        wanted = opened.spec.children

        def backward(inputs, cts):
            filled = list(opened.leaves)
            for i, n in zip(traced, inputs):
                filled[i] = Tracer(n)
            with opened.arguments(filled, opened.states) as args:
                _, residuals = self.fwd(*args)
            ct = tree.unflatten(out_spec, [Tracer(c) for c in cts])
            given = self.bwd(residuals, ct)
            if not isinstance(given, tuple) or len(given) != len(wanted):
                raise TypeError(
                    f"custom_vjp {self.__name__}: bwd must return a tuple of {len(wanted)} cotangents, "
                    f"got {type(given).__name__}"
                    + (f" of length {len(given)}" if isinstance(given, tuple) else "")
                )
            flat = []
            for k, (spec, g) in enumerate(zip(wanted, given)):
                part = [None] * spec.n_leaves if g is None else tree.leaves_like(spec, g)
                if part is None:
                    raise ValueError(
                        f"custom_vjp {self.__name__}: bwd must return a cotangent of the structure of argument {k}, "
                        f"{spec}, or None, got {tree.flatten(g)[1]}"
                    )
                flat += part
            out = []
            for i, n in zip(traced, inputs):
                g = None if flat[i] is None else to_node(flat[i])
                if g is not None and g.shape not in (n.shape, ()):
                    raise ValueError(
                        f"custom_vjp {self.__name__}: bwd returned shape {g.shape} for an argument of shape "
                        f"{n.shape}"
                    )
                out.append(None if g is None else _like(Tracer(g), n))
            return out

        return backward

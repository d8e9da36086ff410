"""`Rng`: counter-based random numbers, the same for any thread count, in and out of traces.

A draw is a function of (seed, number of the draw, step of the loop, element): Philox4x32-10,
Salmon et al. 2011, doi:10.1145/2063384.2063405. A backward pass draws the same numbers again.
"""

import itertools
import operator

import numpy as np

from ... import _core
from .. import tree
from ..graph import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INPUT,
    INT64,
    Node,
    Primitive,
    bind,
    current,
    lift,
    literal,
)
from ..primitives import elementwise as ew
from ..primitives.shaping import broadcast, slice_, slice_update
from ..trace.tracer import Tracer, to_node
from ..transforms.batching import each, stacked

LAWS = {
    "uniform": 0,
    "normal": 1,
    "bernoulli": 2,
    "poisson": 3,
    "exponential": 4,
    "gamma": 5,
    "integers": 6,
    "bits": 7,
}
UINT64 = np.dtype(np.uint64)
_made = itertools.count()


def _twin(params, key, step, *law_args):
    return _draw(params, key, step, *law_args)


def _draw(params, key, step, *law_args):
    law, site, shape, dtype, low, high = params
    out = np.empty(shape, dtype)
    ins = [np.ascontiguousarray(key).view(np.uint64), np.asarray(step, np.int64)]
    ins += [np.broadcast_to(a, shape) for a in law_args]
    if out.size:
        _core.call("random", [out], ins, ip=(law, site, low, high))
    return out


def _lower(node, low):
    law, site, shape, dtype, lo, hi = node.params
    key = low.view(node.args[0])._replace(dtype=UINT64)
    out = low.out(node)
    if node.size:
        low.emit(
            "random",
            [out],
            [key, *[low.view(a) for a in node.args[1:]]],
            ip=(law, site, lo, hi),
            node=node,
        )


def _batch(values, node, n):
    """Each element draws its own: row i of one draw of shape (n, *shape), unless the key is stacked."""
    (key, key_stacked), (step, step_stacked), *law_args = values
    if key_stacked or step_stacked:
        return each(values, node, n)
    law, site, shape, *rest = node.params
    args = [stacked(v, s, shape, n) for v, s in law_args]
    return bind(RANDOM, (key, step, *args), (law, site, (n, *shape), *rest))


RANDOM = Primitive(
    "random",
    "call",
    lambda args, params: (params[2], params[3]),
    twin=_twin,
    vjp=lambda ct, out, args, params, needs: [None] * len(args),
    jvp=lambda t, out, args, params: None,
    lower=_lower,
    batch=_batch,
    cheap=True,
)


class Rng:
    """Random numbers from a seed.

    Draws advance the generator, those of functions that it is given to as well. Inside a loop body each
    step draws anew; as a carry it is a container of its key, so that it can be handed from step to step.

    Examples
    --------
    >>> import neurokit as nk
    >>> nk.Rng(0).uniform(3).shape
    (3,)
    """

    def __init__(self, seed=0):
        seed = operator.index(seed)
        if not 0 <= seed < 2**63:
            raise ValueError(f"Rng: seed must be in [0, 2**63), got {seed}")
        self._begin(np.array([seed, 0], np.int64), None)

    def _begin(self, key, step):
        self._key, self._draws, self._step, self._number = key, 0, step, next(_made)

    def __repr__(self):
        return f"Rng({self._key!r}, draws={self._draws})"

    def at(self, step):
        """The draws of one step: depends on the seed and `step` (int, may be traced), on nothing drawn before."""
        child = Rng.__new__(Rng)
        if isinstance(self._key, Tracer):
            zero = broadcast(literal(0, INT64), (1,))
            key = Tracer(slice_update(self._key.node, zero, _SECOND))
        else:
            key = self._key * np.array([1, 0])
        child._begin(key, step)
        return child

    # ------------------------------------------------------------------ draws

    # Without a size, a draw has the shape of its parameters; with one, they must fit it.

    def uniform(self, size=None, low=0.0, high=1.0, dtype=np.float64):
        """Uniform on [low, high); both numbers or arrays."""
        low, high = _parameter("uniform: low", low), _parameter("uniform: high", high)
        if _known(low) and _known(high) and not np.all(np.asarray(high) >= low):
            raise ValueError(f"Rng.uniform: high must not be below low, got {low} and {high}")
        u = self._sample("uniform", _fitting("uniform", size, low, high), dtype)
        return u if _is(low, 0.0) and _is(high, 1.0) else u * (high - low) + low

    def normal(self, size=None, mean=0.0, sd=1.0, dtype=np.float64):
        """Normal with the given mean and standard deviation (numbers or arrays)."""
        mean, sd = _parameter("normal: mean", mean), _parameter("normal: sd", sd)
        _not_negative("normal: sd", sd)
        z = self._sample("normal", _fitting("normal", size, mean, sd), dtype)
        return z if _is(mean, 0.0) and _is(sd, 1.0) else z * sd + mean

    def exponential(self, size=None, scale=1.0, dtype=np.float64):
        """Exponential with mean `scale` (number or array)."""
        scale = _parameter("exponential: scale", scale)
        _not_negative("exponential: scale", scale)
        x = self._sample("exponential", _fitting("exponential", size, scale), dtype)
        return x if _is(scale, 1.0) else x * scale

    def bernoulli(self, p, size=None):
        """True with probability `p` (number or array)."""
        p = _parameter("bernoulli: p", p)
        return self._sample("bernoulli", _fitting("bernoulli", size, p), BOOL, (p,))

    def poisson(self, lam, size=None):
        """Counts with mean `lam` (number or array), int64."""
        lam = _parameter("poisson: lam", lam)
        return self._sample("poisson", _fitting("poisson", size, lam), INT64, (lam,))

    def gamma(self, shape, size=None, scale=1.0, dtype=np.float64):
        """Gamma with the given shape parameter and scale (numbers or arrays)."""
        shape, scale = _parameter("gamma: shape", shape), _parameter("gamma: scale", scale)
        _not_negative("gamma: scale", scale)
        x = self._sample("gamma", _fitting("gamma", size, shape, scale), dtype, (shape,))
        return x if _is(scale, 1.0) else x * scale

    def integers(self, low, high=None, size=None):
        """Integers of [low, high), or of [0, low)."""
        low, high = (0, low) if high is None else (low, high)
        low, high = operator.index(low), operator.index(high)
        if not low < high:
            raise ValueError(f"Rng.integers: low must be below high, got {low} and {high}")
        return self._sample("integers", size, INT64, (), low, high)

    def choice(self, a, size=None, replace=True):
        """Elements of `a` (or of range(a)), with replacement unless told."""
        values = np.arange(a) if isinstance(a, (int, np.integer)) else a
        n = np.shape(values)[0]
        if replace:
            return _rows(values, self.integers(n, size=size))
        shape = _shape(size)
        k = int(np.prod(shape, dtype=np.int64))
        if k > n:
            raise ValueError(f"Rng.choice: {k} elements without replacement from {n}")
        return _rows(values, self.permutation(n)[:k].reshape(shape))

    def permutation(self, x):
        """range(x), or the rows of the array `x`, in random order."""
        if isinstance(x, (int, np.integer)):
            return np.argsort(self._sample("bits", x, UINT64), kind="stable")
        return _rows(x, self.permutation(np.shape(x)[0]))

    def split(self, n=2):
        """`n` independent generators."""
        if self._traced():
            raise TypeError(
                "Rng.split inside a loop or jit: split before and pass the generators in"
            )
        seeds = self._sample("bits", n, UINT64) >> np.uint64(1)
        return [Rng(int(s)) for s in seeds]

    # ------------------------------------------------------------------ how

    def _traced(self):
        graph = current()
        return (
            isinstance(self._key, Tracer)
            or isinstance(self._step, Tracer)
            or graph is not None
            and graph.abstract
        )

    def _sample(self, law, size, dtype, law_args=(), low=0, high=0):
        dtype = np.dtype(dtype)
        if law in ("uniform", "normal", "exponential", "gamma") and dtype not in (FLOAT32, FLOAT64):
            raise TypeError(f"Rng.{law}: dtype must be float32 or float64, got {dtype}")
        shape = _shape(size)
        if not self._traced() and not any(isinstance(a, Tracer) for a in law_args):
            params = (LAWS[law], self._draws, shape, dtype, low, high)
            law_args = [np.asarray(a, np.float64) for a in law_args]
            _check_law(law, law_args)
            step = 0 if self._step is None else self._step
            drawn = _draw(params, self._key, step, *law_args)[()]
            self._draws += 1  # only now: a draw that fails leaves the generator as it was
            return drawn
        key, site = self._key_node()
        if self._step is not None:
            step = ew.convert(to_node(self._step), INT64)
        else:
            step = current().step_number() or literal(0, INT64)
        args = [ew.convert(broadcast(to_node(a), shape), FLOAT64) for a in law_args]
        return Tracer(bind(RANDOM, (key, step, *args), (LAWS[law], site, shape, dtype, low, high)))

    def _key_node(self):
        """The key in the current trace, and the number of this draw."""
        graph = current()
        site = self._draws
        self._draws += 1
        if isinstance(self._key, Tracer):
            return self._key.node, site
        root = graph.root
        entry = root.generators.get(id(self))
        if entry is None:
            key = np.array([self._key[0], self._key[1] + site], np.int64)
            node = Node(INPUT, (), ("generator", len(root.generators)), (2,), INT64, root)
            root.values[node] = key
            entry = root.generators[id(self)] = [self, node, site]
        return lift(entry[1], graph), site - entry[2]

    def _state(self):
        """The key that the next draw starts from."""
        if isinstance(self._key, Tracer):
            node = self._key.node
            if not self._draws:
                return self._key
            drawn = ew.add(slice_(node, _SECOND), self._draws)
            return Tracer(slice_update(node, drawn, _SECOND))
        return self._key + np.array([0, self._draws], np.int64)


_SECOND = ((1, 1, 1),)  # where a key counts draws


def begin():
    """A number below those of all generators made from now on."""
    return next(_made)


def drawn_from(graph, begun, keeps):
    """{key node: (generator, draws)} of the generators that a trace begun then drew from.

    Left out are those that the function made for itself: they begin anew in each run. `keeps` tells whether
    the function still reaches a generator.
    """
    entries = graph.generators.values()
    found = [e for e in entries if e[0]._number < begun or keeps(e[0])]
    return {node: (rng, rng._draws - site) for rng, node, site in found}


def _rows(x, numbers):
    """Rows of an array by their numbers, which may be traced."""
    if isinstance(numbers, Tracer) and not isinstance(x, Tracer):
        x = Tracer(to_node(np.asarray(x)))
    return np.take(x, numbers, axis=0)


def _is(x, value):
    return isinstance(x, (int, float)) and x == value


def _shape(size):
    if size is None:
        return ()
    try:
        shape = tuple(map(operator.index, size if isinstance(size, (tuple, list)) else (size,)))
    except TypeError:
        raise TypeError(f"Rng: size must be an int or a tuple of ints, got {size!r}") from None
    if any(d < 0 for d in shape):
        raise ValueError(f"Rng: size must not be negative, got {size!r}")
    return shape


def _parameter(name, x):
    """A parameter of a law: a Python number, traced, or an array of real numbers."""
    if not isinstance(x, (Tracer, int, float)):
        x = np.asarray(x)
    if isinstance(x, (Tracer, np.ndarray)) and x.dtype.kind not in "biuf":
        raise TypeError(f"Rng.{name} must be real numbers, got {x.dtype}")
    return x


def _fitting(law, size, *parameters):
    """The shape of a draw: `size`, or that of the parameters."""
    shapes = [np.shape(p) for p in parameters]
    shape = None if size is None else _shape(size)
    try:
        together = np.broadcast_shapes(*shapes, *([] if shape is None else [shape]))
    except ValueError:
        together = None
    if together is None or shape not in (None, together):
        wanted = "" if shape is None else f" size {shape}"
        raise ValueError(f"Rng.{law}: parameters of shapes {shapes} do not fit{wanted}")
    return together


def _known(x):
    return not isinstance(x, Tracer) and (np.ndim(x) == 0 or isinstance(x, np.ndarray))


def _not_negative(name, x):
    if _known(x) and not np.all(np.asarray(x) >= 0):
        raise ValueError(f"Rng.{name} must not be negative or NaN, got {x}")


def _check_law(law, args):
    if law == "bernoulli" and not ((args[0] >= 0) & (args[0] <= 1)).all():
        raise ValueError("Rng.bernoulli: p must be in [0, 1]")
    if law == "poisson" and not (args[0] >= 0).all():
        raise ValueError("Rng.poisson: lam must not be negative or NaN")
    if law == "gamma" and not (args[0] > 0).all():
        raise ValueError("Rng.gamma: shape must be positive")


def _open(rng):
    return ([rng._state()] if rng._step is None else [rng._state(), rng._step]), None


def _rebuild(meta, children):
    rng = Rng.__new__(Rng)
    rng._begin(children[0], children[1] if len(children) > 1 else None)
    return rng


tree.register(Rng, _open, _rebuild)

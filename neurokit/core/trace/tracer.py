"""What the user's code holds while it is traced: an array whose operations are recorded.

A `Tracer` answers NumPy's protocols, so `np.*`, operators, methods and indexing build nodes. It is
mutable as an ndarray is: `t[i] = v` and `t += v` give the tracer (and the arrays it is a view of)
a new node.
"""

import collections.abc
import operator
import warnings

import numpy as np

from ... import _core
from ..errors import AbstractValueError, LeakedTracerError, TraceError, where_text
from ..graph import BOOL, FLOAT64, INPUT, INT64, Node, check_dtype, current, literal, user_line
from ..primitives import elementwise as ew
from ..primitives.complexes import COMPLEX128
from ..primitives.shaping import broadcast, constant
from ..views import View, c_strides

UINT64 = np.dtype(np.uint64)
_bounds = {np.dtype(c): (np.iinfo(c).min, np.iinfo(c).max) for c in "bBhHiIlL"}
_bounds[BOOL] = _bounds[INT64]


def _detached(tracer, method, what):
    from .detach import detached

    return detached(tracer, method, what)


class Tracer(_core.Tracer):
    """A traced array. Shape and dtype are known; values only outside loops and `jit`."""

    __slots__ = ()  # fields, `node`, operators and `__array_ufunc__` are the C type's
    __array_priority__ = 1000.0

    @property
    def is_scalar(self):
        """Whether this stands for a NumPy scalar: 0-d and no view of an array."""
        return self._base is None and not self.node.shape

    def layout(self):
        """The strides NumPy's array would have, as a `View`: they decide what is a view of what."""
        later, t = [], self
        while t._base is not None and callable(t._layout):  # it follows from that of the base
            later.append(t._layout)
            t = t._base
        layout = t._layout
        if t._base is None:
            layout = View(0, t.dtype, 0, t.shape, c_strides(t.shape, t.dtype))
        for follow in reversed(later):
            layout = follow(layout)
        return layout

    def assign(self, node):
        """Replace the value in place, in the base arrays too."""
        changes, t, graph = [(self, node)], self, current()
        while t._base is not None:
            node = t._write(t._base.node, node)
            t = t._base
            changes.append((t, node))
        if graph is not None and t._born <= graph.born:
            raise TraceError(
                f"an array of the enclosing function is written to inside {graph.what}: hand it through the loop "
                f"as part of the carry, or write to a copy and return it"
            )
        seen = None
        for t, node in reversed(changes):  # the arrays it is a view of first
            if seen is not None:
                t._seen = seen
            t._node = seen = node

    # ------------------------------------------------------------------ what is known

    @property
    def shape(self):
        return self.node.shape

    @shape.setter
    def shape(self, value):
        raise TraceError(
            f"the shape of a traced array is not set in place: write t = t.reshape({value}) (NumPy is giving this up too)"
        )

    dtype = property(lambda self: self._node.dtype)
    ndim = property(lambda self: len(self.node.shape))
    size = property(lambda self: self.node.size)
    itemsize = property(lambda self: self._node.dtype.itemsize)
    nbytes = property(lambda self: self.node.nbytes)

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    # ------------------------------------------------------------------ values

    @property
    def abstract(self):
        graph = self.node.graph
        while graph is not None:
            if graph.abstract:
                return True
            graph = graph.parent
        return False

    def _value(self, what):
        """The value, computed now. Only in lazy mode."""
        if self.node.prim.name == "literal":
            return np.array(self.node.params[0], self.node.dtype)
        if self.abstract:
            made = "" if self.node.where is None else f", made at {where_text(self.node.where)}"
            sized = self.dtype.kind in "iu" and not self.shape
            static = (
                "; a size or a count can be static: nk.jit(f, static_argnums=...)" if sized else ""
            )
            raise AbstractValueError(
                f"{what} at {where_text(user_line())} needs the value of a traced array "
                f"({self.dtype}{list(self.shape)}{made}), which is not known inside {self.node.graph.what}: use np.where for "
                f"a choice between values, keep the loop's length static, or move this line out of it{static}"
            )
        from ..run.decisions import value_of

        graph = self.node.graph
        if graph.closed:
            raise LeakedTracerError(
                f"a traced value made at {where_text(self.node.where)} inside {graph.what} was used after it "
                f"ended: return it from the traced function"
            )
        return value_of(graph, self.node)

    def __bool__(self):
        return bool(self._value("bool()"))

    def __float__(self):
        return float(_detached(self, "__float__", "float()"))

    def __int__(self):
        return int(_detached(self, "__int__", "int()"))

    def __index__(self):
        if self.dtype.kind not in "iu":
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return operator.index(_detached(self, "__index__", "an index")[()])

    def __complex__(self):
        return complex(_detached(self, "__complex__", "complex()"))

    def __array__(self, dtype=None, copy=None):
        return np.asarray(_detached(self, "__array__", "np.asarray()"), dtype)

    def item(self, *args):
        return _detached(self, "item", "item()").item(*args)

    def tolist(self):
        return _detached(self, "tolist", "tolist()").tolist()

    def __repr__(self):
        try:
            if not self.abstract:
                return f"Tracer({np.array2string(np.asarray(self._value('print')), separator=', ')}, dtype={self.dtype})"
        except Exception as error:  # noqa: BLE001 - a repr must not raise
            return f"Tracer({self.dtype}{list(self.shape)}, {type(error).__name__})"
        return f"Tracer({self.dtype}{list(self.shape)})"

    def __format__(self, spec):
        return format(self._value("format()")[()], spec) if not self.abstract else repr(self)

    __hash__ = None

    def __deepcopy__(self, memo):
        return Tracer(self.node)

    __copy__ = lambda self: Tracer(self.node)  # noqa: E731

    def __reduce__(self):
        raise TraceError(
            "a traced array cannot be pickled: return it from the traced function first"
        )

    def __getattr__(self, name):
        from ..numpy_table.left_out import METHODS_LEFT_OUT, message

        if name in METHODS_LEFT_OUT:
            raise AttributeError(message(name, METHODS_LEFT_OUT, "ndarray."))
        raise AttributeError(f"a traced array has no attribute {name!r}")

    # ------------------------------------------------------------------ indexing

    def __getitem__(self, key):
        from ..primitives.indexing import index_of

        index = index_of(_plain_key(key), self.shape, to_node, _concrete)
        node = index.read(self.node)
        if index.basic and not index.picks_scalar:
            if node is self.node and self._base is not None:  # all of a view is that view again
                return Tracer(node, self._base, self._read, self._write, self._layout)
            return Tracer(node, self, index.read, index.write, index.view_of)
        return Tracer(node)

    def __setitem__(self, key, value):
        from ..primitives.indexing import index_of

        if isinstance(key, (Tracer, np.ndarray)) and key.dtype == BOOL and key.shape == self.shape:
            from ..numpy_table import where

            value = to_node(value)
            if value.ndim and value.shape != self.shape:
                if isinstance(key, Tracer) and key.abstract:
                    raise TraceError(
                        "t[mask] = values with a traced mask needs a scalar or an array of t's shape"
                    )
            else:
                self.assign(to_node(where(key, Tracer(_cast(value, self.dtype)), self)))
                return
            value = Tracer(value)
        index = index_of(_plain_key(key), self.shape, to_node, _concrete)
        node = broadcast_value(_cast(to_node(value), self.dtype), index.shape)
        self.assign(index.write(self.node, node))


def broadcast_value(node, shape):
    """Broadcast for assignment: leading axes of length 1 may be dropped."""
    from ..primitives.shaping import reshape

    while node.ndim > len(shape) and node.shape[0] == 1:
        node = reshape(node, node.shape[1:])
    try:
        if np.broadcast_shapes(node.shape, shape) != tuple(shape):
            raise ValueError
    except ValueError:
        raise ValueError(
            f"could not broadcast input array from shape {node.shape} into shape {shape}"
        ) from None
    return broadcast(node, shape)


def fits(value, dtype):
    """Raise NumPy's error where a Python integer is out of the range of `dtype`."""
    bounds = _bounds.get(dtype)
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        raise OverflowError(f"Python integer {value} out of bounds for {dtype}")


def discard_imaginary():
    """NumPy's warning where a complex value is stored as a real one."""
    warnings.warn(
        "Casting complex values to real discards the imaginary part",
        np.exceptions.ComplexWarning,
        stacklevel=4,
    )


def _cast(node, dtype):
    """`node` as an assignment to an array of `dtype` stores it."""
    if node.dtype.kind == "c" and dtype.kind not in "bc":
        if node.weak is complex:
            raise TypeError(f"a complex number cannot be stored in a {dtype} array: take its .real")
        discard_imaginary()
    if node.prim.name == "literal" and node.weak in (int, float) and dtype.kind != "f":
        return _cast_number(node.params[0], dtype)
    return (
        literal(node.params[0], dtype)
        if node.prim.name == "literal" and dtype.kind == "f" and node.dtype.kind != "c"
        else ew.convert(node, dtype)
    )


def _cast_number(value, dtype):
    """A Python number as NumPy stores it: checked against the range of an integer type."""
    if dtype.kind in "iu":
        value = int(value)
        fits(value, dtype)
    return literal({"b": bool, "c": complex}.get(dtype.kind, int)(value), dtype)


def _plain_key(key):
    """Tracers that are 0-d integers index like arrays; lists of tracers are refused by name."""
    if isinstance(key, list) and any(isinstance(k, Tracer) for k in key):
        raise TraceError("a list with traced values cannot be an index: use nk.array([...])")
    return key


def _concrete(mask):
    """A boolean index as plain data: its count decides a shape."""
    if isinstance(mask, Tracer):
        if mask.abstract:
            raise AbstractValueError(
                "a traced boolean mask would make the shape depend on data: use np.where(mask, a, b) or multiply by "
                "the mask"
            )
        return np.asarray(mask._value("a boolean index"))
    return np.asarray(mask)


# ---------------------------------------------------------------------------- plain values into the graph


def to_node(value):
    """The node of anything NumPy would take as an array."""
    cls = value.__class__
    if cls is Tracer:
        return value.node
    if cls is Node:
        return value
    if cls is float:
        return literal(value, FLOAT64, float)
    if cls is bool:
        return literal(value, BOOL)
    if cls is int:
        # its type says at most that it is no int64; `as_dtype` checks that it fits where it is used
        return literal(value, INT64 if -(2**63) <= value < 2**63 else UINT64, int)
    if cls is complex:
        return literal(value, COMPLEX128, complex)
    if isinstance(value, Tracer):
        return value.node
    if isinstance(value, np.generic):
        check_dtype(value.dtype)
        return literal(value[()], value.dtype)
    if isinstance(value, np.ndarray):
        return capture(value)
    if isinstance(value, collections.abc.Sequence) and not isinstance(value, (str, bytes)):
        return _from_sequence(value if isinstance(value, (list, tuple)) else list(value))
    if hasattr(value, "__array__"):
        return capture(np.asarray(value))
    raise TypeError(f"a traced operation takes arrays and numbers, got {type(value).__name__}")


def _from_sequence(values):
    if _any_tracer(values):
        from ..numpy_table import array

        return array(values).node
    return capture(np.asarray(values))


def _any_tracer(values):
    return any(
        isinstance(v, Tracer) or isinstance(v, (list, tuple)) and _any_tracer(v) for v in values
    )


def check_class(array, what="a traced operation"):
    """Refuse arrays that mean more than their numbers: masks, matrices, units would be dropped silently."""
    cls = type(array)
    if cls is np.ndarray or not isinstance(array, np.ndarray):
        return
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(
            f"{what} would ignore the mask of a masked array: pass x.filled(value), or x.data and x.mask as two arrays"
        )
    if not issubclass(cls, np.memmap) and not cls.__module__.startswith("neurokit."):
        raise TypeError(
            f"{what} takes plain arrays, got {cls.__module__}.{cls.__name__}, which computes in its own way: pass "
            f"np.asarray(x)"
        )


def capture(array):
    """A plain array as an input by reference of the graph being traced."""
    from ..graph import lift
    from ..run.runtime import checksum

    graph = current()
    root = graph.root
    if root.detached:
        check_dtype(array.dtype)
        return constant(array)
    entry = root.captured.get(id(array))
    if entry is None:
        check_class(array)
        check_dtype(array.dtype)
        node = Node(
            INPUT,
            (),
            ("captured", len(root.captured)),
            array.shape,
            np.dtype(array.dtype.char),
            root,
            user_line(),
        )
        if array.flags.writeable:
            root.unedited[node] = checksum(array)
        entry = root.captured[id(array)] = (node, array)
        root.values[node] = array
    return lift(entry[0], graph)

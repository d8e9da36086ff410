"""Gather and scatter by integer arrays, and the translation of NumPy's index expressions to them."""

import functools
import math
import operator

import numpy as np

from ..errors import AbstractValueError
from ..graph import INT64, Primitive, bind, literal
from ..views import View
from . import elementwise as ew
from .shaping import broadcast, full, iota, reshape, slice_, slice_update, transpose


def take(x, index):
    """x (A, n, B), index int64 (M,) -> (A, M, B). Negative indices count from the end."""
    return bind(TAKE, (x, index))


def scatter(op, base, index, update):
    """base (A, n, B) with rows `index` (M,) set to, or increased by, update (A, M, B)."""
    return bind(SCATTER[op], (base, index, update))


def _scatter_twin(op):
    def twin(params, base, index, update):
        out = base.copy()
        moved = np.moveaxis(out, 1, 0)
        values = np.moveaxis(update, 1, 0)
        if op == "add":
            np.add.at(moved, index, values)
        else:
            moved[index] = values
        return out

    return twin


def _take_vjp(ct, out, args, params, needs):
    x, index = args
    return [scatter("add", full(x.shape, 0, ct.dtype), index, ct) if needs[0] else None, None]


TAKE = Primitive(
    "take",
    "call",
    lambda args, params: ((args[0].shape[0], args[1].shape[0], args[0].shape[2]), args[0].dtype),
    twin=lambda params, x, index: x[:, index, :],
    vjp=_take_vjp,
    jvp=lambda t, out, args, params: take(t[0], args[1]) if t[0] is not None else None,
    lower=lambda node, low: low.emit(
        "take", [low.out(node)], [low.view(a) for a in node.args], node=node
    ),
    cheap=True,
)


def _scatter_vjp(op):
    def vjp(ct, out, args, params, needs):
        base, index, update = args
        d_base = None
        if needs[0]:
            d_base = (
                ct if op == "add" else scatter("set", ct, index, full(update.shape, 0, ct.dtype))
            )
        d_update = None
        if needs[2]:
            d_update = take(ct, index)
            if op == "set":
                # of writes to one place only the last counts
                n = base.shape[1]
                order = iota(index.shape[0], 0, 1, INT64)
                place = scatter(
                    "set", full((1, n, 1), -1, INT64), index, reshape(order, (1, -1, 1))
                )
                last = ew.apply(ew.ROWS["eq"], reshape(take(place, index), (-1,)), order)
                d_update = ew.select(
                    broadcast(reshape(last, (1, -1, 1)), d_update.shape), d_update, 0.0
                )
        return [d_base, None, d_update]

    return vjp


def _scatter_jvp(op):
    def jvp(t, out, args, params):
        base = t[0] if t[0] is not None else full(args[0].shape, 0, args[0].dtype)
        update = t[2] if t[2] is not None else full(args[2].shape, 0, args[0].dtype)
        return scatter(op, base, args[1], update)

    return jvp


def _scatter_lower(kernel):
    def lower(node, low):
        base, index, update = node.args
        sources = [low.apart(index, base), low.apart(update, base)]
        target = low.update(node, base)
        low.emit(kernel, [target], [target, *sources], node=node)

    return lower


SCATTER = {
    op: Primitive(
        "scatter_" + op,
        "call",
        lambda args, params: (args[0].shape, args[0].dtype),
        twin=_scatter_twin(op),
        vjp=_scatter_vjp(op),
        jvp=_scatter_jvp(op),
        lower=_scatter_lower("scatter_" + op),
        cheap=True,
    )
    for op in ("set", "add")
}


# ---------------------------------------------------------------------------- NumPy's index expressions


def index_of(key, shape, to_node, concrete):
    """The `Index` of a key; where it is integers and slices alone, one made before."""
    parts = []
    for k in key if key.__class__ is tuple else (key,):
        if k.__class__ is slice:
            k = k.start, k.stop, k.step
            if not _STEADY.issuperset([x.__class__ for x in k]):
                break
        elif k.__class__ not in _STEADY:
            break
        parts.append(k)
    else:
        return _steady_index(tuple(parts), shape)
    return Index(key, shape, to_node, concrete)


_STEADY = frozenset([int, type(None), type(Ellipsis)])


@functools.lru_cache(4096)
def _steady_index(parts, shape):
    return Index(
        tuple([slice(*k) if k.__class__ is tuple else k for k in parts]), shape, None, None
    )


_BOUND = (
    "a traced value as the bound of a slice would make the shape depend on data: use np.where(np.arange(n) < k, a, 0), "
    "or for a window of fixed length m, a[k + np.arange(m)]"
)


class Index:
    """An index expression in three steps: a slice, a gather over adjacent axes, a final reshape.

    spec: per axis (start, length, step);  axes: the axes indexed by arrays;  index: their joint
    linear index (node, shape of the broadcast arrays);  shape: of the result.
    """

    def __init__(self, key, shape, to_node, concrete):
        key = key if isinstance(key, tuple) else (key,)
        self.base_shape = tuple(shape)
        key, shape = self._expand_bools(key, shape, concrete)
        self.wide_shape = tuple(shape)
        n_axes = sum(1 for k in key if k is not None and k is not Ellipsis)
        if n_axes > len(shape):
            raise IndexError(
                f"too many indices for array: array is {len(shape)}-dimensional, but {n_axes} were indexed"
            )
        if sum(1 for k in key if k is Ellipsis) > 1:
            raise IndexError("an index can only have a single ellipsis ('...')")
        has_ellipsis = any(k is Ellipsis for k in key)
        if not has_ellipsis:
            key = key + (Ellipsis,)
        at = next(i for i, k in enumerate(key) if k is Ellipsis)
        key = key[:at] + (slice(None),) * (len(shape) - n_axes) + key[at + 1 :]
        self.gap = at  # where the ellipsis stood: it parts arrays even when it stands for no axis
        self.spec, self.sliced, arrays, layout = [], [], [], []
        axis = 0
        has_arrays = any(self._is_array(k) for k in key)
        for k in key:
            if k is None:
                layout.append(("new", None))
                continue
            d = shape[axis]
            if isinstance(k, slice):
                if any(getattr(x, "abstract", False) for x in (k.start, k.stop, k.step)):
                    raise AbstractValueError(_BOUND)
                start, stop, step = k.indices(d)
                n = len(range(start, stop, step))
                self.spec.append((start if n else 0, n, step))
                layout.append(("slice", axis))
            elif self._is_array(k) or has_arrays:
                self.spec.append((0, d, 1))
                arrays.append((axis, k, d))
                layout.append(("array", axis))
            else:
                i = operator.index(k)
                if not -d <= i < d:
                    raise IndexError(f"index {i} is out of bounds for axis {axis} with size {d}")
                self.spec.append((i % d, 1, 1))
                layout.append(("int", axis))
            axis += 1
        self.layout = layout
        # integers for all axes pick a NumPy scalar, which is no view
        self.picks_scalar = not has_ellipsis and all(kind == "int" for kind, _ in layout)
        self.arrays = arrays
        self.full_shape = tuple(n for _, n, _ in self.spec)
        if arrays:
            self._join(arrays, to_node)

    @staticmethod
    def _is_array(k):
        return not isinstance(k, (int, np.integer, slice, type(None), type(Ellipsis)))

    @staticmethod
    def _expand_bools(key, shape, concrete):
        def consumed(k):
            if k is None:
                return 0
            return np.ndim(k) if getattr(k, "dtype", None) == np.dtype(bool) else 1

        key = [
            np.asarray(k, dtype=None if np.size(k) else np.int64)
            if isinstance(k, (list, tuple, bool))
            else k
            for k in key
        ]
        out, axis = [], 0
        wide, more = list(shape), 0  # a 0-d boolean indexes a new axis of length 1
        for position, k in enumerate(key):
            if k is Ellipsis:
                axis = len(shape) - sum(consumed(j) for j in key[position + 1 :])
            elif getattr(k, "dtype", None) == np.dtype(bool):
                mask = concrete(k)
                if mask.ndim == 0:
                    wide.insert(axis + more, 1)
                    more += 1
                    out.append(np.zeros(int(mask), np.int64))
                    continue
                # an axis of length 0 goes with any length, as in NumPy
                if mask.ndim > len(shape) - axis or any(
                    d not in (0, n) for d, n in zip(mask.shape, shape[axis:])
                ):
                    raise IndexError(
                        f"boolean index did not match indexed array along axis {axis}; size of axis "
                        f"is {shape[axis : axis + mask.ndim]} but got {mask.shape}"
                    )
                out += list(np.nonzero(mask))
                axis += mask.ndim
                continue
            else:
                axis += consumed(k)
            out.append(k)
        return tuple(out), tuple(wide)

    @property
    def basic(self):
        return not self.arrays

    def _join(self, arrays, to_node):
        nodes = []
        for _, k, _ in arrays:
            node = to_node(k)
            if node.dtype.kind not in "iu":
                raise IndexError(
                    f"arrays used as indices must be of integer (or boolean) type, got {node.dtype}"
                )
            nodes.append(ew.convert(node, INT64))
        try:
            self.index_shape = np.broadcast_shapes(*[n.shape for n in nodes])
        except ValueError:
            shapes = " ".join(str(n.shape) for n in nodes)
            raise IndexError(
                f"shape mismatch: indexing arrays could not be broadcast together with shapes {shapes}"
            ) from None
        if 0 in self.index_shape:  # nothing is read, so that only here a bad index can be found
            for axis, k, d in arrays:
                if isinstance(k, (int, np.integer, np.ndarray)) and np.any((k < -d) | (k >= d)):
                    bad = np.extract((k < -d) | (k >= d), k)[0]
                    raise IndexError(f"index {bad} is out of bounds for axis {axis} with size {d}")
        nodes = [broadcast(n, self.index_shape) for n in nodes]
        dims = [d for _, _, d in arrays]
        if len(nodes) == 1:
            linear = nodes[0]
        else:
            linear, bad = None, None
            for node, d in zip(nodes, dims):
                wrapped = ew.select(
                    ew.apply(ew.ROWS["lt"], node, 0), ew.apply(ew.ADD, node, d), node
                )
                out = ew.apply(
                    ew.ROWS["or"],
                    ew.apply(ew.ROWS["lt"], wrapped, 0),
                    ew.apply(ew.ROWS["ge"], wrapped, d),
                )
                bad = out if bad is None else ew.apply(ew.ROWS["or"], bad, out)
                linear = (
                    wrapped
                    if linear is None
                    else ew.apply(ew.ADD, ew.apply(ew.MUL, linear, d), wrapped)
                )
            # out of range on any axis must not wrap into another row
            linear = ew.select(bad, literal(math.prod(dims), INT64), linear)
        self.linear = reshape(linear, (-1 if linear.size else 0,))
        self.axes = [a for a, _, _ in arrays]
        spots = [i for i, (kind, _) in enumerate(self.layout) if kind == "array"]
        self.adjacent = spots == list(range(spots[0], spots[0] + len(spots)))
        if spots[0] < self.gap <= spots[-1]:
            self.adjacent = False

    def view_of(self, view):
        """The strides of the result, for a basic index of an array with the strides of `view`."""
        steps = [step * s for (_, _, step), s in zip(self.spec, view.strides)]
        shape = [1 if k == "new" else self.full_shape[a] for k, a in self.layout if k != "int"]
        strides = [0 if k == "new" else steps[a] for k, a in self.layout if k != "int"]
        return View(0, view.dtype, 0, tuple(shape), tuple(strides))

    # -- reading

    def read(self, node):
        node = slice_(reshape(node, self.wide_shape), self.spec)
        if self.arrays:
            node = self._unpack(take(self._pack(node), self.linear))
        return reshape(node, self.shape)

    def _order(self):
        others = [i for i in range(len(self.full_shape)) if i not in self.axes]
        before = [i for i in others if i < self.axes[0]] if self.adjacent else []
        after = [i for i in others if i not in before]
        return before, after

    def _pack(self, node):
        before, after = self._order()
        moved = transpose(node, before + self.axes + after)
        size = lambda axes: math.prod(self.full_shape[a] for a in axes)  # noqa: E731
        return reshape(moved, (size(before), size(self.axes), size(after)))

    def _unpack(self, packed):
        before, after = self._order()
        return reshape(
            packed,
            tuple(self.full_shape[a] for a in before)
            + self.index_shape
            + tuple(self.full_shape[a] for a in after),
        )

    @functools.cached_property
    def shape(self):
        out, placed = [], False
        if self.arrays and not self.adjacent:
            out += self.index_shape
            placed = True
        for kind, axis in self.layout:
            if kind == "new":
                out.append(1)
            elif kind == "slice":
                out.append(self.full_shape[axis])
            elif kind == "array" and not placed:
                out += self.index_shape
                placed = True
        return tuple(out)

    # -- writing

    def write(self, base, value, op="set"):
        """`base` with `value` (broadcast to `shape`) at this index."""
        if self.wide_shape != self.base_shape:
            base = reshape(base, self.wide_shape)
            return reshape(self._write(base, value, op), self.base_shape)
        return self._write(base, value, op)

    def _write(self, base, value, op):
        if not self.arrays:
            value = reshape(value, self.full_shape)
            if op == "add":
                value = ew.add(slice_(base, self.spec), value)
            return slice_update(base, value, self.spec)
        before, after = self._order()
        inner = slice_(base, self.spec)
        packed = self._pack(inner)
        update = reshape(value, (packed.shape[0], self.linear.shape[0], packed.shape[2]))
        new = scatter(op, packed, self.linear, update)
        order = before + self.axes + after
        new = reshape(new, tuple(self.full_shape[a] for a in order))
        new = transpose(new, np.argsort(order).tolist())
        return slice_update(base, new, self.spec)


def diagonal(node, offset=0, axis1=0, axis2=1):
    """Diagonal of two axes, moved to the end."""
    order = [i for i in range(node.ndim) if i not in (axis1, axis2)] + [axis1, axis2]
    moved = transpose(node, order)
    rows, cols = moved.shape[-2:]
    n = max(0, min(rows + min(offset, 0), cols - max(offset, 0)))
    start = max(offset, 0) - min(offset, 0) * cols
    flat = reshape(moved, moved.shape[:-2] + (rows * cols,))
    spec = [(0, d, 1) for d in flat.shape[:-1]] + [(start if n else 0, n, cols + 1)]
    return slice_(flat, spec)

"""Projections: who contacts whom, with which weights, after which delay."""

import numpy as np

from .. import ops
from ..core.trace.tracer import Tracer
from .laws import Law, as_array, values
from .synapses import check_synapse


class Projection:
    """Synapses of one kind from one population to another.

    `connectivity` is an `ops.Csr`; `params` hold the weight (a number, or one per synapse) and the
    synapse's parameters; the state is the synapse's, and the spikes on their way.
    """

    def __init__(self, pre, post, connectivity, weight, synapse, delay_steps, name, dtype):
        self.pre, self.post, self.connectivity = pre, post, connectivity
        self.synapse, self.delay_steps, self.name = synapse, delay_steps, name
        self.params = {"weight": weight.astype(dtype), **synapse.params(dtype)}

    @classmethod
    def build(
        cls, net, pre, targets, wiring, weight, synapse, delay, generator, self_connections, name
    ):
        """Draw the wiring for all targets as one population, then cut it into one projection each."""
        delay = as_array(delay, np.float64, "Net.connect: delay")
        if delay.ndim or isinstance(delay, Tracer):
            raise ValueError("Net.connect: delay must be one plain number (ms) for all synapses")
        steps = round(float(delay) / net.dt)
        if steps < 1 or abs(steps * net.dt - delay) > 1e-6:
            raise ValueError(
                f"Net.connect: delay must be a multiple of dt = {net.dt} ms, at least dt, got {delay}"
            )
        check_synapse(synapse, "Net.connect")
        sizes = [t.n for t in targets]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        at = next((int(s) for s, t in zip(starts, targets) if t is pre), None)
        whole, matrix_weight, order = _wire(
            wiring, pre.n, int(starts[-1]), generator, None if self_connections else at
        )
        weight = _weights(weight, matrix_weight, whole, generator, order)
        made = []
        for post, low, high in zip(targets, starts[:-1], starts[1:]):
            part, chosen = (
                _columns(whole, int(low), int(high)) if len(targets) > 1 else (whole, slice(None))
            )
            w = weight if weight.ndim == 0 else weight[chosen]
            label = _unique(
                net, name if name and len(targets) == 1 else f"{pre.name}->{post.name}", made
            )
            made.append(cls(pre, post, part, w, synapse, steps, label, net.dtype))
        return made

    def start(self, dtype):
        """State of the synapse before the first step."""
        return self.synapse.start(self.post.n, dtype)

    def arrive(self, state, queue, now, inputs, params):
        """Spikes of the pre population that are due reach the synapse; returns its state."""
        due = queue if queue.ndim == 1 else queue[(now - self.delay_steps) % queue.shape[0]]
        if "g" in state:
            g = ops.event_matvec(self.connectivity, due, params["weight"], add=state["g"])
            return self.synapse.arrive({"g": g}, None, inputs, params)
        arriving = ops.event_matvec(self.connectivity, due, params["weight"])
        return self.synapse.arrive(state, arriving, inputs, params)

    def __repr__(self):
        return f"Projection({self.name!r}, {self.connectivity!r}, {self.synapse!r}, delay {self.delay_steps} steps)"


def _unique(net, name, made):
    taken = {*net.state, *net.params, *(p.name for p in made)}
    if name not in taken:
        return name
    k = 2
    while f"{name} {k}" in taken:
        k += 1
    return f"{name} {k}"


def _wire(wiring, n_pre, n_post, generator, self_at):
    """Csr of one of the wirings, and the weights of a weight matrix."""
    given = {k: v for k, v in wiring.items() if v is not None and v is not False}
    if len(given) != 1:
        raise ValueError(
            f"Net.connect: give exactly one of {', '.join(wiring)}, got {sorted(given) or 'none'}"
        )
    kind, value = next(iter(given.items()))
    shape = (n_pre, n_post)
    if kind in ("p", "in_degree", "out_degree", "count"):
        return ops.wire(shape, generator, self_at=self_at, **{kind: value}), None, None
    if kind == "one_to_one":
        if n_pre != n_post:
            raise ValueError(f"Net.connect: one_to_one needs equal sizes, got {n_pre} and {n_post}")
        i = j = np.arange(n_pre)
    elif kind == "all_to_all":
        i, j = (x.ravel() for x in np.indices(shape))
    elif kind == "pairs":
        i, j = _pairs(value)
    else:
        i, j, entries = _entries(value, shape)
    keep = np.ones(len(i), bool) if self_at is None else j != i + self_at
    connectivity, order = ops.Csr.from_pairs(i[keep], j[keep], shape)
    weights = entries[keep][order] if kind == "matrix" and entries is not None else None
    return connectivity, weights, np.flatnonzero(keep)[order] if kind == "pairs" else order


def _pairs(value):
    if not isinstance(value, (list, tuple, np.ndarray)) or len(value) != 2:
        raise TypeError("Net.connect: pairs must be two arrays of cell numbers, (i, j)")
    i, j = (np.asarray(x) for x in value)
    for x in (i, j):
        if x.size and x.dtype.kind not in "iu" or x.ndim != 1:
            raise TypeError(
                f"Net.connect: pairs must be 1-d arrays of integers, got {x.dtype}{list(x.shape)}"
            )
    if len(i) != len(j):
        raise ValueError(f"Net.connect: pairs must have equal lengths, got {len(i)} and {len(j)}")
    return i.astype(np.int64), j.astype(np.int64)


def _entries(value, shape):
    """(i, j, entries) of what is not 0 in a matrix, dense, sparse or a data frame; no entries if boolean."""
    if isinstance(value, Tracer):
        raise TypeError(
            "Net.connect: matrix must be plain, its zeros decide the wiring; give a traced weight="
        )
    if hasattr(value, "tocoo"):
        value = value.copy()
        value.sum_duplicates()
        value = value.tocoo()
        matrix, (i, j), entries = value, value.coords, value.data
    else:
        matrix = np.asarray(value)
        i, j = np.nonzero(matrix) if matrix.ndim == 2 else ([], [])
        entries = matrix[i, j] if matrix.ndim == 2 else matrix
    if matrix.shape != shape:
        raise ValueError(f"Net.connect: matrix must have shape {shape}, got {matrix.shape}")
    if entries.dtype == bool:
        keep = np.flatnonzero(entries)
        return i[keep].astype(np.int64), j[keep].astype(np.int64), None
    entries = as_array(entries, np.float64, "Net.connect: matrix")
    keep = np.flatnonzero(entries)
    return i[keep].astype(np.int64), j[keep].astype(np.int64), entries[keep]


def _weights(weight, entries, connectivity, generator, order):
    """0-d for one weight, else one per synapse in the order of the Csr; `order` sorts the user's pairs.

    `entries` are those of a weight matrix, which multiply the weight.
    """
    if weight is None and entries is None:
        raise ValueError("Net.connect: give a weight, or a weight matrix")
    weight = _given_weights(1.0 if weight is None else weight, connectivity, generator, order)
    if entries is None or not entries.size:
        return weight
    return weight * (entries[0] if np.all(entries == entries[0]) else entries)


def _given_weights(weight, connectivity, generator, order):
    if isinstance(weight, Law):
        return values(weight, connectivity.nnz, generator, "Net.connect: weight")
    array = as_array(weight, np.float64, "Net.connect: weight")
    if array.shape == connectivity.shape:
        array = array[connectivity.pre, connectivity.indices]
    elif array.ndim == 1 and order is not None and order.size and array.size > order.max():
        array = array[order]
    if array.shape not in ((), (connectivity.nnz,)):
        raise ValueError(
            f"Net.connect: weight must be a number, a law, ({connectivity.nnz},) or {connectivity.shape}, "
            f"got shape {array.shape}"
        )
    return array


def _columns(connectivity, low, high):
    """The synapses onto the cells [low, high), and which they are."""
    chosen = (connectivity.indices >= low) & (connectivity.indices < high)
    part, _ = ops.Csr.from_pairs(
        connectivity.pre[chosen],
        connectivity.indices[chosen] - low,
        (connectivity.shape[0], high - low),
    )
    return part, chosen

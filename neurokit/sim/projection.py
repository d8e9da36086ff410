"""Projections: who contacts whom, with which weights, after which delay."""

import numpy as np

from .. import ops
from .laws import Law, strip_units, values


class Projection:
    """Synapses of one kind from one population to another.

    `connectivity` is an `ops.Csr`; `params` hold the weight (a number, or one per synapse) and the
    synapse's parameters; the state is the synapse's, and the spikes on their way.
    """

    def __init__(self, pre, post, connectivity, weight, synapse, delay_steps, name, dtype):
        self.pre, self.post, self.connectivity = pre, post, connectivity
        self.synapse, self.delay_steps, self.name = synapse, delay_steps, name
        self.params = {"weight": np.asarray(weight, dtype), **synapse.params(dtype)}

    @classmethod
    def build(
        cls, net, pre, targets, wiring, weight, synapse, delay, generator, self_connections, name
    ):
        """Draw the wiring for all targets as one population, then cut it into one projection each."""
        steps = round(delay / net.dt)
        if steps < 1 or abs(steps * net.dt - delay) > 1e-6:
            raise ValueError(
                f"Net.connect: delay must be a multiple of dt = {net.dt} ms, at least dt, got {delay}"
            )
        if not (hasattr(synapse, "arrive") and hasattr(synapse, "decay")):
            raise TypeError(
                f"Net.connect: synapse must be Delta or Exp, got {type(synapse).__name__}"
            )
        sizes = [t.n for t in targets]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        at = next((int(s) for s, t in zip(starts, targets) if t is pre), None)
        whole, matrix_weight, order = _wire(
            wiring, pre.n, int(starts[-1]), generator, None if self_connections else at
        )
        if matrix_weight is not None and weight is None:
            weight = matrix_weight
        weight = _weights(weight, whole, generator, order)
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
        i, j = (np.asarray(x) for x in value)
    else:
        matrix = np.asarray(value.toarray() if hasattr(value, "toarray") else value)
        if matrix.shape != shape:
            raise ValueError(f"Net.connect: matrix must have shape {shape}, got {matrix.shape}")
        i, j = np.nonzero(matrix)
    keep = np.ones(len(i), bool) if self_at is None else j != i + self_at
    i, j = i[keep], j[keep]
    connectivity, order = ops.Csr.from_pairs(i, j, shape)
    weights = matrix[i, j] if kind == "matrix" and matrix.dtype != bool else None
    return connectivity, weights, np.flatnonzero(keep)[order] if kind == "pairs" else order


def _weights(weight, connectivity, generator, order):
    """0-d for one weight, else one per synapse in the order of the Csr; `order` sorts the user's pairs."""
    if weight is None:
        raise ValueError("Net.connect: give a weight, or a weight matrix")
    if isinstance(weight, Law):
        return values(weight, connectivity.nnz, generator, "weight")
    array = np.asarray(strip_units(weight), np.float64)
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

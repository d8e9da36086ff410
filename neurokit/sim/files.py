"""A network's state and parameters in a file. The wiring is drawn again from the seed; a file
remembers it by a checksum, so that the numbers never meet another network."""

import zlib

import numpy as np

from ..core import tree
from ..core.models.store import load, save


def _identity(net):
    """What a file must agree on with the network that takes it."""
    wiring = 0
    for projection in net.projections:
        for array in (projection.connectivity.indptr, projection.connectivity.indices):
            wiring = zlib.crc32(np.ascontiguousarray(array), wiring)
    return {
        "dt": net.dt,
        "dtype": str(net.dtype),
        "seed": net.seed,
        "populations": {p.name: p.n for p in net.populations},
        "delays": {p.name: p.delay_steps for p in net.projections},
        "wiring": wiring,
    }


def save_net(net, path):
    """See `Net.save`."""
    save(path, {"network": _identity(net), "state": net.state, "params": net.params})


def load_net(net, path):
    """See `Net.load`."""
    content = load(path)
    if not isinstance(content, dict) or set(content) != {"network", "state", "params"}:
        raise ValueError(f"Net.load: {path} does not hold a network")
    wanted, got = _identity(net), content["network"]
    for name, value in wanted.items():
        if got.get(name) != value:
            raise ValueError(
                f"Net.load: {path} is of another network: {name} is {got.get(name)!r} there, {value!r} here"
            )
    for part in ("state", "params"):
        mine, theirs = tree.flatten(getattr(net, part)), tree.flatten(content[part])
        same = mine[1] == theirs[1] and all(
            np.shape(a) == np.shape(b) for a, b in zip(mine[0], theirs[0])
        )
        if not same:
            raise ValueError(f"Net.load: the {part} in {path} have another structure or shape")
    net.state, net.params = content["state"], content["params"]

"""`save` and `load`: containers of arrays in files that hold data only.

A file is NumPy's ``.npz``: the arrays in order, and one JSON text that says how they nest. Nothing
in it is executed when it is read.
"""

import contextlib
import errno
import json
import os
import threading
import zipfile
from pathlib import Path

import numpy as np

from ..trace.tracer import check_class
from .model import is_model
from .rng import Rng

_FORMAT = "neurokit-tree-1"
_SCALARS = (bool, int, float, str, type(None))


def save(path, tree):
    """Write a container of arrays, numbers, strings and generators to a file.

    The file appears whole or not at all: it is written beside its place, forced to disk, then
    renamed.

    Parameters
    ----------
    path : str or path
    tree : dict (with string keys), list or tuple, nested, of ndarrays, numbers, strings, None, `Rng`

    Raises
    ------
    TypeError
        The tree holds something else, named by its place.

    Examples
    --------
    >>> import numpy as np, neurokit as nk, tempfile, os
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "weights.npz")
    ...     nk.save(path, {"w": np.arange(3.0), "epoch": 7})
    ...     nk.load(path)
    {'w': array([0., 1., 2.]), 'epoch': 7}
    """
    arrays = []
    text = json.dumps({"format": _FORMAT, "tree": _describe(tree, arrays, "tree")})
    content = {f"array{k}": a for k, a in enumerate(arrays)}
    content["structure"] = np.frombuffer(text.encode(), np.uint8)
    with replaced_when_done(path) as part, open(part, "xb") as file:
        np.savez(file, **content)


@contextlib.contextmanager
def replaced_when_done(path):
    """A name beside `path` to write to. It takes the place of `path`, on disk, if all goes well."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder to write to", str(path.parent))
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        raise


def load(path):
    """Read what `save` wrote.

    Raises
    ------
    ValueError
        The file is not one of `save`, is damaged, or holds pickled objects.
    """
    try:
        with open(path, "rb") as file:
            if not zipfile.is_zipfile(file):
                raise ValueError("it is no .npz archive")
        with np.load(path, allow_pickle=False) as file:
            if "structure" not in file.files:
                raise ValueError("it has no structure")
            header = json.loads(file["structure"].tobytes().decode())
            if not isinstance(header, dict) or header.get("format") != _FORMAT:
                raise ValueError("it is of another format")
            return _build(header["tree"], file)
    except FileNotFoundError:
        raise
    except Exception as error:  # noqa: BLE001 - zip, JSON and array readers each raise their own
        raise ValueError(f"load: {os.fspath(path)!r} is not a file of nk.save: {error}") from error


def _describe(x, arrays, place):
    """JSON of the nesting; arrays go to the list."""
    if isinstance(x, _SCALARS) and not isinstance(x, np.generic):
        return {"value": x}
    if type(x) is complex:
        return {"complex": [x.real, x.imag]}
    if isinstance(x, Rng):
        seed, draws = x._state()
        step = [] if x._step is None else [int(x._step)]
        return {"rng": [int(seed), int(draws), *step]}
    if isinstance(x, (np.ndarray, np.generic)):
        check_class(x, f"save of {place}")
        array = np.asarray(x)
        if array.dtype.hasobject:
            raise TypeError(
                f"save: {place} holds Python objects ({array.dtype}), only numbers and text can be saved"
            )
        arrays.append(array)
        return {"scalar" if isinstance(x, np.generic) else "array": len(arrays) - 1}
    if type(x) is dict:
        if not all(isinstance(k, str) for k in x):
            raise TypeError(f"save: the keys of {place} must be strings")
        return {"dict": {k: _describe(v, arrays, f"{place}[{k!r}]") for k, v in x.items()}}
    if type(x) in (list, tuple):
        kind = type(x).__name__
        return {kind: [_describe(v, arrays, f"{place}[{k}]") for k, v in enumerate(x)]}
    advice = "take dicts, lists and tuples of arrays and numbers"
    if is_model(x):
        advice += "; of a model take nk.params(model) and nk.states(model)"
    raise TypeError(f"save: {place} is a {type(x).__name__}: {advice}")


def _build(node, file):
    ((kind, content),) = node.items()
    if kind == "value":
        return content
    if kind == "complex":
        return complex(*content)
    if kind == "rng":
        seed, draws, *step = content
        rng = Rng(int(seed)).at(int(*step)) if step else Rng(int(seed))
        rng._draws = int(draws)
        return rng
    if kind in ("array", "scalar"):
        array = file[f"array{int(content)}"]
        return array if kind == "array" else array[()]
    if kind == "dict":
        return {k: _build(v, file) for k, v in content.items()}
    if kind in ("list", "tuple"):
        return (list if kind == "list" else tuple)(_build(v, file) for v in content)
    raise ValueError(f"it holds an unknown kind {kind!r}")

"""The short way through `jit`: arguments that are plain arrays, numbers and containers of them.

One walk over the arguments gives both the leaves and a key of structure, shapes and dtypes. All
else (models, dataclasses, registered classes, static arguments) takes the long way.
"""

import numpy as np

_NUMBERS = (float, int, bool)


def key_of(x, leaves):
    """A hashable key of a container of arrays and numbers, None for anything else.

    The leaves are appended in the order of `tree.flatten`.
    """
    cls = x.__class__
    if cls is np.ndarray:
        leaves.append(x)
        return x.shape, x.dtype
    if cls in _NUMBERS:
        leaves.append(x)
        return cls
    if cls is tuple or cls is list:
        key = [cls]
        for child in x:
            if child.__class__ is np.ndarray:  # most are: no call for them
                leaves.append(child)
                key.append((child.shape, child.dtype))
                continue
            child = key_of(child, leaves)
            if child is None:
                return None
            key.append(child)
        return tuple(key)
    if cls is dict:
        try:
            names = sorted(x)
        except TypeError:
            return None
        key = [cls, tuple(x)]  # in the order that the traced function sees
        for name in names:
            child = key_of(x[name], leaves)
            if child is None:
                return None
            key.append(child)
        return tuple(key)
    if isinstance(x, np.generic) and cls.__module__ == "numpy":
        leaves.append(x)
        return cls
    return None

"""Where a value lies: a buffer, an offset, a shape and strides (bytes)."""

import functools
from typing import NamedTuple

import numpy as np


def c_strides(shape, dtype):
    """Strides in bytes of a C-contiguous array."""
    strides, step = [], dtype.itemsize
    for d in reversed(shape):
        strides.append(step)
        step *= max(d, 1)
    return tuple(reversed(strides))


class View(NamedTuple):
    buffer: int
    dtype: np.dtype
    offset: int
    shape: tuple
    strides: tuple

    @property
    def contiguous(self):
        step = self.dtype.itemsize
        for d, s in zip(reversed(self.shape), reversed(self.strides)):
            if d == 0:
                return True
            if d != 1 and s != step:
                return False
            step *= d
        return True


def stretch(view, shape):
    """The view broadcast to `shape`."""
    if view.shape == shape:
        return view
    lead = len(shape) - len(view.shape)
    strides = (0,) * lead + tuple(0 if d == 1 else s for d, s in zip(view.shape, view.strides))
    return View(view.buffer, view.dtype, view.offset, shape, strides)


# the shape that arrays of these shapes broadcast to
joint_shape = functools.lru_cache(4096)(np.broadcast_shapes)

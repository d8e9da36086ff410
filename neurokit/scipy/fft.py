"""`scipy.fft` on traced arrays: same names, arguments and results, with derivatives.

`overwrite_x`, `workers` and `plan` have no effect on traced arrays.
"""

import numpy as np

from neurokit.core.numpy_table import fft as table

from ._twin import twin_of

_twin = twin_of("scipy.fft")


def _one_axis(name):
    f = getattr(table, name)

    def call(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return f(x, n, axis, norm)

    call.__name__ = call.__qualname__ = name
    return _twin(call)


def _several_axes(name, axes):
    f = getattr(table, name[:-1] + "n")

    def call(x, s=None, axes=axes, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return f(x, s, axes, norm)

    call.__name__ = call.__qualname__ = name
    return _twin(call)


fft, ifft, rfft, irfft, hfft, ihfft = map(
    _one_axis, ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
)
fftn, ifftn, rfftn, irfftn = (_several_axes(n, None) for n in ("fftn", "ifftn", "rfftn", "irfftn"))
fft2, ifft2, rfft2, irfft2 = (
    _several_axes(n, (-2, -1)) for n in ("fft2", "ifft2", "rfft2", "irfft2")
)


@_twin
def fftshift(x, axes=None):
    return np.fft.fftshift(x, axes)


@_twin
def ifftshift(x, axes=None):
    return np.fft.ifftshift(x, axes)


@_twin
def fftfreq(n, d=1.0, *, xp=None, device=None):
    return np.fft.fftfreq(n, d)


@_twin
def rfftfreq(n, d=1.0, *, xp=None, device=None):
    return np.fft.rfftfreq(n, d)


def next_fast_len(target, real=False):
    """`scipy.fft.next_fast_len`."""
    import scipy.fft

    return scipy.fft.next_fast_len(target, real)

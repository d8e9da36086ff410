"""np.fft on traced arrays: NumPy's arguments, types and scaling around the transforms of one axis."""

import operator

import numpy as np

from ..primitives import fourier
from ..trace.tracer import to_node
from ..trace.ufuncs import as_dtype
from .base import FUNCTIONS, T, _axis, _deliver, implements

_SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _input(a, real=False):
    """The node in floating point: float64 or complex128 unless it is single precision."""
    node = to_node(a)
    if node.dtype.kind not in "fc":
        node = as_dtype(node, np.dtype(np.float64))
    if node.dtype == np.float16:
        node = as_dtype(node, np.dtype(np.float32))
    if real and node.dtype.kind == "c":
        raise TypeError(f"a transform of real input takes real arrays, got {node.dtype}")
    return node


def _points(n):
    n = operator.index(n)
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    return n


def other_norm(norm):
    if norm not in _SWAPPED:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return _SWAPPED[norm]


def _scale(n, norm, inverse):
    """The factor of a transform of n points."""
    other_norm(norm)
    if norm == "ortho":
        return 1 / np.sqrt(n)
    return 1 / n if inverse == (norm in (None, "backward")) else 1.0


def _length(a, n, axis):
    return a.shape[axis] if n is None else operator.index(n)


def _one(inverse):
    def call(a, n=None, axis=-1, norm=None, out=None):
        a = _input(a)
        axis = _axis(axis, a.ndim)
        n = _points(_length(a, n, axis))
        node = fourier.fft(a, axis, n, inverse, _scale(n, norm, inverse))
        return _deliver(T(node), out)

    return call


fft = implements(np.fft.fft)(_one(False))
ifft = implements(np.fft.ifft)(_one(True))


@implements(np.fft.rfft)
def rfft(a, n=None, axis=-1, norm=None, out=None):
    a = _input(a, real=True)
    axis = _axis(axis, a.ndim)
    n = _points(_length(a, n, axis))
    return _deliver(T(fourier.rfft(a, axis, n, False, _scale(n, norm, False))), out)


@implements(np.fft.irfft)
def irfft(a, n=None, axis=-1, norm=None, out=None):
    a = _input(a)
    axis = _axis(axis, a.ndim)
    n = _points((a.shape[axis] - 1) * 2 if n is None else n)
    if a.dtype.kind != "c":
        a = as_dtype(a, np.result_type(a.dtype, np.complex64))
    return _deliver(T(fourier.irfft(a, axis, n, True, _scale(n, norm, True))), out)


@implements(np.fft.hfft)
def hfft(a, n=None, axis=-1, norm=None, out=None):
    a = T(_input(a))
    axis = _axis(axis, a.ndim)
    n = (a.shape[axis] - 1) * 2 if n is None else n
    return irfft(np.conjugate(a), n, axis, other_norm(norm), out)


@implements(np.fft.ihfft)
def ihfft(a, n=None, axis=-1, norm=None, out=None):
    return _deliver(np.conjugate(rfft(a, n, axis, other_norm(norm))), out)


# ---------------------------------------------------------------------------- several axes


def _sizes(a, s, axes, inverse_real=False):
    """(points, axis) pairs in NumPy's order."""
    if s is None:
        axes = tuple(range(a.ndim)) if axes is None else tuple(axes)
        axes = [_axis(i, a.ndim) for i in axes]
        s = [a.shape[i] for i in axes]
        if inverse_real and axes:
            s[-1] = (a.shape[axes[-1]] - 1) * 2
    else:
        s = list(s)
        axes = range(-len(s), 0) if axes is None else axes
        axes = [_axis(i, a.ndim) for i in axes]
        if len(s) != len(axes):
            raise ValueError("Shape and axes have different lengths.")
        s = [a.shape[i] if n in (-1, None) else n for n, i in zip(s, axes)]
    return list(zip(s, axes))


def _several(one):
    def call(a, s=None, axes=None, norm=None, out=None):
        a = T(_input(a))
        other_norm(norm)
        for n, axis in reversed(_sizes(a, s, axes)):
            a = one(a, n, axis, norm)
        return _deliver(a, out)

    return call


fftn, ifftn = _several(fft), _several(ifft)


def rfftn(a, s=None, axes=None, norm=None, out=None):
    a = T(_input(a, real=True))
    sizes = _sizes(a, s, axes)
    a = rfft(a, *sizes[-1], norm)
    for n, axis in sizes[-2::-1]:
        a = fft(a, n, axis, norm)
    return _deliver(a, out)


def irfftn(a, s=None, axes=None, norm=None, out=None):
    a = T(_input(a))
    sizes = _sizes(a, s, axes, inverse_real=True)
    for n, axis in sizes[:-1]:
        a = ifft(a, n, axis, norm)
    return _deliver(irfft(a, *sizes[-1], norm), out)


def _planar(several):
    def call(a, s=None, axes=(-2, -1), norm=None, out=None):
        return several(a, s, axes, norm, out)

    return call


for _name, _function in (("fft", fftn), ("ifft", ifftn), ("rfft", rfftn), ("irfft", irfftn)):
    FUNCTIONS[getattr(np.fft, _name + "n")] = _function
    FUNCTIONS[getattr(np.fft, _name + "2")] = _planar(_function)


# ---------------------------------------------------------------------------- order of frequencies


def _shifted(sign):
    def call(x, axes=None):
        x = T(to_node(x))
        if axes is None:
            axes = tuple(range(x.ndim))
        axes = axes if np.iterable(axes) else (axes,)
        lengths = [x.shape[_axis(i, x.ndim)] for i in axes]
        return np.roll(x, tuple(n // 2 if sign > 0 else -(n // 2) for n in lengths), tuple(axes))

    return call


FUNCTIONS[np.fft.fftshift], FUNCTIONS[np.fft.ifftshift] = _shifted(1), _shifted(-1)

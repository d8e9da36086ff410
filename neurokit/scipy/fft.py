"""`scipy.fft` on traced arrays: same names, arguments and results, with derivatives.

`overwrite_x`, `workers` and `plan` have no effect on traced arrays.
"""

import numpy as np

from neurokit.core.numpy_table import fft as table
from neurokit.core.trace.tracer import Tracer, to_node

from ._twin import others_of, twin_of

_twin, __getattr__ = twin_of("scipy.fft"), others_of("scipy.fft")


def _one_axis(name):
    f = getattr(table, name)

    def call(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return f(x, n, axis, norm)

    call.__name__ = call.__qualname__ = name
    return _twin(call)


def _listed(s, axes):
    """Sizes and axes as NumPy takes them: SciPy allows one number as well."""
    return tuple(None if v is None else np.atleast_1d(v).tolist() for v in (s, axes))


def _several_axes(name, axes):
    f = getattr(table, name[:-1] + "n")

    def call(x, s=None, axes=axes, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return f(x, *_listed(s, axes), norm)

    call.__name__ = call.__qualname__ = name
    return _twin(call)


fft, ifft, rfft, irfft, hfft, ihfft = map(
    _one_axis, ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
)
fftn, ifftn, rfftn, irfftn = (_several_axes(n, None) for n in ("fftn", "ifftn", "rfftn", "irfftn"))
fft2, ifft2, rfft2, irfft2 = (
    _several_axes(n, (-2, -1)) for n in ("fft2", "ifft2", "rfft2", "irfft2")
)


def _hermitian(name, axes):
    """The transforms of several axes whose spectrum (hfft) or signal (ihfft) is real."""
    inverse = name[0] == "i"

    def call(x, s=None, axes=axes, norm=None, overwrite_x=False, workers=None, *, plan=None):
        norm = table.other_norm(norm)
        if inverse:
            return np.conjugate(table.rfftn(x, *_listed(s, axes), norm))
        return table.irfftn(np.conjugate(x), *_listed(s, axes), norm)

    call.__name__ = call.__qualname__ = name
    return _twin(call)


hfftn, ihfftn = _hermitian("hfftn", None), _hermitian("ihfftn", None)
hfft2, ihfft2 = _hermitian("hfft2", (-2, -1)), _hermitian("ihfft2", (-2, -1))


# ---------------------------------------------------------------------------- cosine and sine transforms

_INVERSE_TYPE = {1: 1, 2: 3, 3: 2, 4: 4}


def _turned(n, start, step):
    """exp(-i pi (start + step k)) for k below n."""
    return np.exp(-1j * np.pi * (start + step * np.arange(n)))


def _times(x, phases):
    """x times constants, in the precision of x."""
    return x * phases.astype(np.result_type(x.dtype, np.complex64))


def _cosine_1(x):
    return np.real(np.fft.rfft(np.concatenate([x, x[..., -2:0:-1]], -1)))


def _cosine_2(x):
    n = x.shape[-1]
    doubled = np.fft.rfft(np.concatenate([x, x[..., ::-1]], -1))[..., :n]
    return np.real(_times(doubled, _turned(n, 0, 0.5 / n)))


def _cosine_3(x):
    n = x.shape[-1]
    return np.fft.irfft(_times(x, np.conj(_turned(n, 0, 0.5 / n))), 2 * n, norm="forward")[..., :n]


def _cosine_4(x):
    n = x.shape[-1]
    spectrum = np.fft.fft(_times(x, _turned(n, 0, 0.5 / n)), 2 * n)[..., :n]
    return 2 * np.real(_times(spectrum, _turned(n, 0.25 / n, 0.5 / n)))


def _sine_1(x):
    n = x.shape[-1]
    zero = np.zeros_like(x[..., :1])
    odd = np.concatenate([zero, x, zero, -x[..., ::-1]], -1)
    return -np.imag(np.fft.rfft(odd))[..., 1 : n + 1]


def _alternating(x):
    return x * np.where(np.arange(x.shape[-1]) % 2 == 0, 1, -1).astype(x.dtype)


_COSINE = {1: _cosine_1, 2: _cosine_2, 3: _cosine_3, 4: _cosine_4}
_SINE = {
    1: _sine_1,
    2: lambda x: _cosine_2(_alternating(x))[..., ::-1],
    3: lambda x: _alternating(_cosine_3(x[..., ::-1])),
    4: lambda x: _alternating(_cosine_4(x[..., ::-1])),
}


def _ends(x, factor, first, last):
    """The first, the last value, or both, times a factor."""
    weights = np.ones(x.shape[-1])
    if first:
        weights[0] *= factor
    if last:
        weights[-1] *= factor
    return x * weights.astype(x.dtype)


def _transformed(name, x, type, n, axis, norm, orthogonalize):
    """dct, dst and their inverses, which are the transform of the inverse type, scaled."""
    sine, inverse = name.endswith("st"), name[0] == "i"
    if type not in _INVERSE_TYPE:
        raise ValueError(f"{name}: type must be 1, 2, 3 or 4, got {type!r}")
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f"{name}: norm must be 'backward', 'ortho' or 'forward', got {norm!r}")
    x = Tracer(to_node(x))
    if x.dtype.kind == "c":
        parts = [_transformed(name, f(x), type, n, axis, norm, orthogonalize) for f in _PARTS]
        return parts[0] + 1j * parts[1]
    x = np.moveaxis(x if x.dtype.kind == "f" else x.astype(np.float64), axis, -1)
    n = x.shape[-1] if n is None else n
    if n < (2 if type == 1 and not sine else 1):
        raise ValueError(f"{name}: got {n} points, too few for type {type}")
    x = x[..., :n]
    if x.shape[-1] < n:
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, n - x.shape[-1])])
    kind = _INVERSE_TYPE[type] if inverse else type
    orthogonal = norm == "ortho" if orthogonalize is None else orthogonalize
    if orthogonal and kind in (1, 3) and not (sine and kind == 1):
        x = _ends(x, np.sqrt(2), not sine, sine or kind == 1)
    y = (_SINE if sine else _COSINE)[kind](x)
    if orthogonal and kind in (1, 2) and not (sine and kind == 1):
        y = _ends(y, np.sqrt(0.5), not sine, sine or kind == 1)
    length = 2 * (n + (1 if sine else -1)) if kind == 1 else 2 * n
    if norm == "ortho":
        y = y * np.asarray(length**-0.5, y.dtype)
    elif (norm == "forward") != inverse:
        y = y * np.asarray(1 / length, y.dtype)
    return np.moveaxis(y, -1, axis)


_PARTS = np.real, np.imag


def _trigonometric(name):
    def call(
        x,
        type=2,
        n=None,
        axis=-1,
        norm=None,
        overwrite_x=False,
        workers=None,
        orthogonalize=None,
    ):
        return _transformed(name, x, type, n, axis, norm, orthogonalize)

    call.__name__ = call.__qualname__ = name
    return _twin(call)


def _trigonometric_n(name):
    def call(
        x,
        type=2,
        s=None,
        axes=None,
        norm=None,
        overwrite_x=False,
        workers=None,
        *,
        orthogonalize=None,
    ):
        if axes is None:
            axes = range(np.ndim(x)) if s is None else range(-len(np.atleast_1d(s)), 0)
        sizes = [None] * len(np.atleast_1d(axes)) if s is None else np.atleast_1d(s).tolist()
        for axis, n in zip(np.atleast_1d(axes).tolist(), sizes):
            x = _transformed(name[:-1], x, type, n, axis, norm, orthogonalize)
        return x

    call.__name__ = call.__qualname__ = name
    return _twin(call)


dct, idct, dst, idst = map(_trigonometric, ("dct", "idct", "dst", "idst"))
dctn, idctn, dstn, idstn = map(_trigonometric_n, ("dctn", "idctn", "dstn", "idstn"))

# ---------------------------------------------------------------------------- frequencies


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

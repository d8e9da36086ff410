"""Fourier transforms along one axis as primitives. Each is linear; its transpose is one of them again.

`fft`: complex result of `out` points of the transform of n points, the input cut or filled to n.
`rfft`: from real input, the half of the spectrum. `irfft`: to real output, from such a half. Of a
half, the points strictly inside have a weight of their own: a transpose halves or doubles it, since
in the full spectrum they stand for two.
"""

import numpy as np

from ..graph import Primitive, bind
from .complexes import part_dtype, real

_WHOLE = {"f": np.dtype(np.complex64), "d": np.dtype(np.complex128)}


def fft(node, axis, n, inverse, scale, out=None):
    """out[k] = scale sum_j in[j] e^(-+ 2 pi i j k / n)."""
    return bind(FFT, (node,), (axis, n, bool(inverse), float(scale), n if out is None else out))


def rfft(node, axis, n, inverse, scale, inner=1.0, out=None):
    out = n // 2 + 1 if out is None else out
    return bind(RFFT, (node,), (axis, n, bool(inverse), float(scale), out, float(inner)))


def irfft(node, axis, n, inverse, scale, inner=1.0, out=None):
    out = n if out is None else out
    return bind(IRFFT, (node,), (axis, n, bool(inverse), float(scale), out, float(inner)))


def _infer(dtype_of):
    def infer(args, params):
        shape = list(args[0].shape)
        shape[params[0]] = params[4]
        return tuple(shape), dtype_of(args[0].dtype)

    return infer


def _lower(node, low):
    axis, n, inverse, scale, _, *inner = node.params
    low.emit(
        node.prim.name,
        [low.out(node)],
        [low.view(node.args[0])],
        ip=(axis, n, int(inverse)),
        fp=(scale, *(inner or (1.0,))),
        node=node,
    )


def _batch(values, node, n):
    return bind(node.prim, (values[0][0],), (node.params[0] + 1, *node.params[1:]))


def _again(t, out, args, params):
    return bind(out.prim, (t[0],), params)


def _fft_vjp(ct, out, args, params, needs):
    axis, n, inverse, scale, _ = params
    back = fft(ct, axis, n, inverse, scale, args[0].shape[axis])
    return [back if args[0].dtype.kind == "c" else real(back)]


def _rfft_vjp(ct, out, args, params, needs):
    axis, n, inverse, scale, _, inner = params
    return [irfft(ct, axis, n, inverse, scale, inner / 2, args[0].shape[axis])]


def _irfft_vjp(ct, out, args, params, needs):
    axis, n, inverse, scale, _, inner = params
    return [rfft(ct, axis, n, inverse, scale, inner * 2, args[0].shape[axis])]


# ---------------------------------------------------------------------------- twins


def _fitted(x, axis, n):
    """`x` cut or filled with zeros to n points."""
    x = np.moveaxis(x, axis, -1)
    out = np.zeros(x.shape[:-1] + (n,), x.dtype)
    k = min(n, x.shape[-1])
    out[..., :k] = x[..., :k]
    return out


def _fft_twin(params, x):
    axis, n, inverse, scale, length = params
    x = _fitted(x, axis, n)
    y = np.fft.ifft(x, norm="forward") if inverse else np.fft.fft(x)
    return np.moveaxis(_fitted(y * scale, -1, length), -1, axis)


def _weights(n, inner):
    w = np.full(n // 2 + 1, inner)
    w[0] = 1
    if n % 2 == 0:
        w[-1] = 1
    return w


def _rfft_twin(params, x):
    axis, n, inverse, scale, length, inner = params
    y = np.fft.rfft(_fitted(x, axis, n)) * (_weights(n, inner) * scale)
    return np.moveaxis(_fitted(y.conj() if inverse else y, -1, length), -1, axis)


def _irfft_twin(params, x):
    axis, n, inverse, scale, length, inner = params
    x = _fitted(x, axis, n // 2 + 1) * _weights(n, inner)
    y = np.fft.irfft(x if inverse else x.conj(), n, norm="forward") * scale
    return np.moveaxis(_fitted(y, -1, length), -1, axis)


def _primitive(name, dtype_of, twin, vjp):
    return Primitive(
        name,
        "call",
        _infer(dtype_of),
        twin=lambda params, x: twin(params, x).astype(dtype_of(x.dtype)),
        vjp=vjp,
        jvp=_again,
        lower=_lower,
        batch=_batch,
    )


def _complex(dtype):
    return _WHOLE.get(dtype.char, dtype)


FFT = _primitive("fft", _complex, _fft_twin, _fft_vjp)
RFFT = _primitive("rfft", _complex, _rfft_twin, _rfft_vjp)
IRFFT = _primitive("irfft", part_dtype, _irfft_twin, _irfft_vjp)

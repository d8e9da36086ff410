"""`scipy.signal` on traced arrays: convolution, recursive filters, spectra, with derivatives.

Recursive filters are one operation in C, whose derivatives are filters that run backwards.
"""

import importlib

import numpy as np

from neurokit.core.primitives.filtering import recursive_filter
from neurokit.core.trace.tracer import Tracer

from ._arrays import as_array, as_floats, as_lines
from ._resampling import decimate, resample, resample_poly, savgol_filter, upfirdn
from ._spectra import coherence, csd, detrend, periodogram, stft, welch
from ._twin import left_out, others_of, twin_of

_twin = twin_of("scipy.signal")
__all__ = [
    "coherence",
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "csd",
    "decimate",
    "detrend",
    "fftconvolve",
    "filtfilt",
    "hilbert",
    "lfilter",
    "lfilter_zi",
    "oaconvolve",
    "periodogram",
    "resample",
    "resample_poly",
    "savgol_filter",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "stft",
    "upfirdn",
    "welch",
]


__getattr__ = others_of("scipy.signal")


# ---------------------------------------------------------------------------- convolution


def _middle(full, shape):
    index = []
    for n, m in zip(full.shape, shape):
        start = (n - m) // 2
        index.append(slice(start, start + m))
    return full[tuple(index)]


def _cut(full, s1, s2, mode, axes):
    if mode != "valid":
        return full if mode == "full" else _middle(full, s1)
    shape = list(full.shape)
    for a in axes:
        shape[a] = s1[a] - s2[a] + 1
    return _middle(full, shape)


def _swapped(in1, in2, mode, axes):
    """The larger one first, which mode "valid" needs."""
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode must be 'full', 'same' or 'valid', got {mode!r}")
    if in1.ndim != in2.ndim:
        raise ValueError("in1 and in2 should have the same dimensionality")
    if mode != "valid" or all(in1.shape[a] >= in2.shape[a] for a in axes):
        return in1, in2, False
    if all(in2.shape[a] >= in1.shape[a] for a in axes):
        return in2, in1, True
    raise ValueError(
        "For 'valid' mode, one must be at least as large as the other in every dimension"
    )


def _by_fft(in1, in2, axes):
    sizes = [in1.shape[a] + in2.shape[a] - 1 for a in axes]
    if 0 in (*in1.shape, *in2.shape):
        raise ValueError(f"convolution of empty arrays, got shapes {in1.shape} and {in2.shape}")
    fast = importlib.import_module("scipy.fft").next_fast_len
    is_complex = in1.dtype.kind == "c"
    padded = [fast(n, not is_complex) for n in sizes]
    forward, back = (np.fft.fftn, np.fft.ifftn) if is_complex else (np.fft.rfftn, np.fft.irfftn)
    full = back(forward(in1, padded, axes) * forward(in2, padded, axes), padded, axes)
    index = [slice(None)] * full.ndim
    for a, n in zip(axes, sizes):
        index[a] = slice(0, n)
    return full[tuple(index)].astype(in1.dtype)


@_twin
def fftconvolve(in1, in2, mode="full", axes=None):
    in1, in2 = as_array(in1), as_array(in2)
    if in1.ndim == 0 and in2.ndim == 0:
        return in1 * in2
    if 0 in (*in1.shape, *in2.shape):
        return np.zeros(0)
    every = range(in1.ndim)
    axes = every if axes is None else [a % in1.ndim for a in np.atleast_1d(axes)]
    if in1.ndim == in2.ndim:  # an axis of length 1 broadcasts
        axes = [a for a in axes if 1 not in (in1.shape[a], in2.shape[a])]
    in1, in2, _ = _swapped(in1, in2, mode, axes)
    for a in set(every) - set(axes):
        if in1.shape[a] != in2.shape[a] and 1 not in (in1.shape[a], in2.shape[a]):
            raise ValueError(f"incompatible shapes for in1 and in2: {in1.shape} and {in2.shape}")
    full = _by_fft(*as_floats(in1, in2), axes) if axes else in1 * in2
    return _cut(full, in1.shape, in2.shape, mode, axes)


@_twin
def oaconvolve(in1, in2, mode="full", axes=None):
    return fftconvolve(as_array(in1), in2, mode, axes)


def _direct(in1, in2):
    """Of two lines; of more axes, a sum of shifted copies."""
    if in1.ndim == 1:
        return np.convolve(in1, in2)
    if in2.size > in1.size:
        in1, in2 = in2, in1
    shape = tuple(n + m - 1 for n, m in zip(in1.shape, in2.shape))
    total = 0
    for at in np.ndindex(in2.shape):
        width = [(k, s - n - k) for k, s, n in zip(at, shape, in1.shape)]
        total = total + np.pad(in1 * in2[at], width)
    return total


@_twin
def convolve(in1, in2, mode="full", method="auto"):
    in1, in2 = as_array(in1), as_array(in2)
    if in1.ndim == 0 and in2.ndim == 0:
        return in1 * in2
    axes = range(in1.ndim)
    in1, in2, _ = _swapped(in1, in2, mode, axes)
    if method not in ("auto", "direct", "fft"):
        raise ValueError("Acceptable method flags are 'auto', 'direct', or 'fft'.")
    few = 256 if in1.ndim == 1 else 9
    whole = in1.dtype.kind in "biu" and in2.dtype.kind in "biu"
    if method == "direct" or method == "auto" and (whole or min(in1.size, in2.size) <= few):
        full = _direct(in1, in2)
    else:
        full = _by_fft(*as_floats(in1, in2), list(axes))
        if whole:
            full = np.rint(full).astype(np.result_type(in1.dtype, in2.dtype))
    return _cut(full, in1.shape, in2.shape, mode, axes)


@_twin
def correlate(in1, in2, mode="full", method="auto"):
    in1, in2 = as_array(in1), as_array(in2)
    if in1.ndim == 0 and in2.ndim == 0:
        return in1 * _conjugate(in2)
    _, _, exchanged = _swapped(in1, in2, mode, range(in1.ndim))
    back = (slice(None, None, -1),) * in1.ndim
    if exchanged:  # the other order, turned round
        return _conjugate(convolve(in2, _conjugate(in1[back]), mode, method))[back]
    return convolve(in1, _conjugate(in2[back]), mode, method)


def _conjugate(x):
    """NumPy's, but bools stay bools."""
    return x if x.dtype == bool else np.conjugate(x)


_BORDERS = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}  # what np.pad calls them


def _on_plane(in1, in2, mode, boundary, fillvalue, turned):
    """in1 with its border convolved with in2; `turned` is where mode "same" sees in2 from its other end."""
    if boundary not in _BORDERS:
        raise ValueError(
            f"Acceptable boundary flags are 'fill', 'circular' (or 'wrap'), and 'symmetric' (or 'symm'), got {boundary!r}"
        )
    if mode == "valid":
        return convolve(in1, in2, mode)
    options = {"constant_values": fillvalue} if boundary == "fill" else {}
    around = np.pad(in1, [(n - 1, n - 1) for n in in2.shape], mode=_BORDERS[boundary], **options)
    full = convolve(around, in2, "valid")
    if mode == "full":
        return full
    first = [n // 2 if turned else (n - 1) // 2 for n in in2.shape]
    return full[tuple(slice(k, k + n) for k, n in zip(first, in1.shape))]


@_twin
def convolve2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    in1, in2 = as_array(in1), as_array(in2)
    if not in1.ndim == in2.ndim == 2:
        raise ValueError("convolve2d inputs must both be 2-D arrays")
    in1, in2, _ = _swapped(in1, in2, mode, (0, 1))
    return _on_plane(in1, in2, mode, boundary, fillvalue, False)


@_twin
def correlate2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    in1, in2 = as_array(in1), as_array(in2)
    if not in1.ndim == in2.ndim == 2:
        raise ValueError("correlate2d inputs must both be 2-D arrays")
    in1, in2, exchanged = _swapped(in1, in2, mode, (0, 1))
    back = np.conjugate(in2)[::-1, ::-1]
    result = _on_plane(in1, back, mode, boundary, fillvalue, True)
    return result[::-1, ::-1] if exchanged else result


# ---------------------------------------------------------------------------- recursive filters


def _coefficients(b, a):
    """(b, a) of one length, a[0] = 1."""
    b, a = _normalised(b, a)
    n = max(len(b), len(a))
    return tuple(np.pad(v, (0, n - len(v))) for v in (b, a))


def _normalised(b, a):
    b, a = np.atleast_1d(b), np.atleast_1d(a)
    if b.ndim != 1 or a.ndim != 1:
        raise ValueError(f"b and a must be one-dimensional, got shapes {b.shape} and {a.shape}")
    return b / a[0], a / a[0]


def _check_leading(a):
    if not isinstance(a, Tracer) and np.atleast_1d(a)[0] == 0:
        raise ValueError("The first element of a must not be 0.")


def _last_state(x, y, b, a, z, order):
    """The delays that are left: the i-th holds what the past adds to the i-th sample to come."""
    n, late = x.shape[1], order
    if n < late:  # before the first sample there was nothing
        x, y = (np.pad(v, ((0, 0), (late - n, 0), (0, 0))) for v in (x, y))
    x, y = (v[:, v.shape[1] - late :] for v in (x, y))
    lag = late + np.arange(late)[:, None] - np.arange(late)  # sample j meets coefficient lag
    b, a = (np.pad(v, (0, 2 * late + 1 - len(v))) for v in (b, a))
    left = np.matmul(b[lag], x) - np.matmul(a[lag], y)
    if n < late:
        left = left + np.pad(z[:, n:], ((0, 0), (0, n), (0, 0)))
    return left


@_twin
def lfilter(b, a, x, axis=-1, zi=None):
    _check_leading(a)
    b, a, x, *more = as_floats(b, a, x) if zi is None else as_floats(b, a, x, zi)
    b, a = _normalised(b, a)
    order = max(len(a), len(b)) - 1
    lines = as_lines(x, axis)
    if zi is None:
        return recursive_filter(lines, b, a[1:]).reshape(x.shape)
    wanted = list(x.shape)
    wanted[axis] = order
    fits = more[0].ndim == x.ndim and all(n in (1, m) for n, m in zip(more[0].shape, wanted))
    if not fits or more[0].shape[axis] != order:
        raise ValueError(
            f"Unexpected shape for zi: expected {tuple(wanted)}, found {more[0].shape}."
        )
    z = as_lines(np.broadcast_to(more[0], wanted), axis)
    y = recursive_filter(lines, b, a[1:], z)
    return y.reshape(x.shape), _last_state(lines, y, b, a, z, order).reshape(wanted)


@_twin
def sosfilt(sos, x, axis=-1, zi=None):
    sos, x, *more = as_floats(sos, x) if zi is None else as_floats(sos, x, zi)
    if sos.ndim != 2 or sos.shape[1] != 6:
        raise ValueError(f"sos array must be shape (n_sections, 6), got {sos.shape}")
    n = sos.shape[0]
    sos = sos / sos[:, 3:4]
    y, states = as_lines(x, axis), []
    wanted = list(x.shape)
    wanted[axis] = 2
    if zi is not None and more[0].shape != (n, *wanted):
        raise ValueError(
            f"Invalid zi shape. With axis={axis}, sos.shape={sos.shape} and x.shape={x.shape}, "
            f"zi must have shape {(n, *wanted)}, got {more[0].shape}."
        )
    for k in range(n):
        b, a = sos[k, :3], sos[k, 3:]
        if zi is None:
            y = recursive_filter(y, b, a[1:])
            continue
        z = as_lines(more[0][k], axis)
        before, y = y, recursive_filter(y, b, a[1:], z)
        states.append(_last_state(before, y, b, a, z, 2).reshape(wanted))
    y = y.reshape(x.shape)
    return y if zi is None else (y, np.stack(states))


@_twin
def lfilter_zi(b, a):
    _check_leading(a)
    b, a = _coefficients(*as_floats(b, a))
    n = len(a)
    rest = b[1:] - a[1:] * b[0]
    first = np.sum(rest) / np.sum(a)
    # (I - A^T) zi = rest, solved from the top
    sums = np.cumsum(a)[:-1]
    totals = np.concatenate([np.zeros_like(rest[:1]), np.cumsum(rest)[: n - 2]])
    return sums * first - totals


@_twin
def sosfilt_zi(sos):
    (sos,) = as_floats(sos)
    gain, out = 1.0, []
    for k in range(sos.shape[0]):
        b, a = sos[k, :3], sos[k, 3:]
        out.append(gain * lfilter_zi(b, a))
        gain = gain * np.sum(b) / np.sum(a)
    return np.stack(out)


def _extended(x, n, kind, axis):
    """x with n samples more at both ends."""
    if n == 0:
        return x
    x = np.moveaxis(x, axis, -1)
    first, last = x[..., :1], x[..., -1:]
    if kind == "constant":
        left, right = np.repeat(first, n, -1), np.repeat(last, n, -1)
    else:
        left, right = x[..., n:0:-1], x[..., -2 : -(n + 2) : -1]
        if kind == "odd":
            left, right = 2 * first - left, 2 * last - right
    return np.moveaxis(np.concatenate([left, x, right], -1), -1, axis)


def _there_and_back(x, axis, padtype, padlen, ntaps, run, zi):
    if padtype not in ("even", "odd", "constant", None):
        raise ValueError(f"Unknown value '{padtype}' given to padtype.")
    edge = 0 if padtype is None else 3 * ntaps if padlen is None else padlen
    if x.shape[axis] <= edge:
        raise ValueError("The length of the input vector x must be greater than padlen.")
    moved = np.moveaxis(_extended(x, edge, padtype, axis), axis, -1)
    forth = run(moved, zi * moved[..., :1])
    back = run(forth[..., ::-1], zi * forth[..., -1:])[..., ::-1]
    return np.moveaxis(back[..., edge : back.shape[-1] - edge], -1, axis)


@_twin
def filtfilt(b, a, x, axis=-1, padtype="odd", padlen=None, method="pad", irlen=None):
    left_out("filtfilt", method=(method, "pad"))
    b, a, x = as_floats(b, a, x)
    ntaps = max(b.size, a.size)
    zi = lfilter_zi(b, a) if ntaps > 1 else np.zeros(0, x.dtype)
    return _there_and_back(
        x, axis, padtype, padlen, ntaps, lambda v, z: lfilter(b, a, v, zi=z)[0], zi
    )


@_twin
def sosfiltfilt(sos, x, axis=-1, padtype="odd", padlen=None):
    plain = None if isinstance(sos, Tracer) else np.asarray(sos)
    sos, x = as_floats(sos, x)
    n = sos.shape[0]
    ntaps = 2 * n + 1
    if plain is not None:
        ntaps -= min((plain[:, 2] == 0).sum(), (plain[:, 5] == 0).sum())
    zi = sosfilt_zi(sos).reshape((n,) + (1,) * (x.ndim - 1) + (2,))
    return _there_and_back(
        x, axis, padtype, padlen, ntaps, lambda v, z: sosfilt(sos, v, zi=z)[0], zi
    )


# ---------------------------------------------------------------------------- analytic signal


@_twin
def hilbert(x, N=None, axis=-1):
    (x,) = as_floats(x)
    if x.dtype.kind == "c":
        raise ValueError("x must be real.")
    N = x.shape[axis] if N is None else N
    if N <= 0:
        raise ValueError("N must be positive.")
    weights = np.zeros(N, x.dtype)
    weights[0] = 1
    weights[1 : (N + 1) // 2] = 2
    if N % 2 == 0:
        weights[N // 2] = 1
    shape = [1] * x.ndim
    shape[axis] = N
    return np.fft.ifft(np.fft.fft(x, N, axis) * weights.reshape(shape), axis=axis)

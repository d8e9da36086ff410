"""`scipy.signal` on traced arrays: convolution, recursive filters, spectra, with derivatives.

Recursive filters are one operation in C, whose derivatives are filters that run backwards.
"""

import importlib
import math

import numpy as np

from neurokit.core.primitives.filtering import recursive_filter
from neurokit.core.trace.tracer import Tracer, to_node

from ._twin import left_out, twin_of

_twin = twin_of("scipy.signal")
__all__ = [
    "convolve",
    "correlate",
    "detrend",
    "fftconvolve",
    "filtfilt",
    "hilbert",
    "lfilter",
    "lfilter_zi",
    "oaconvolve",
    "periodogram",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "welch",
]


def __getattr__(name):
    return getattr(importlib.import_module("scipy.signal"), name)


def _array(x):
    return Tracer(to_node(x))


def _floats(*xs):
    """Traced arrays of their common type, at least float32."""
    xs = [_array(x) for x in xs]
    dtype = np.result_type(*[x.dtype for x in xs])
    dtype = dtype if dtype.kind in "fc" else np.dtype(np.float64)
    return [x.astype(dtype) for x in xs]


# ---------------------------------------------------------------------------- convolution


def _middle(full, shape):
    index = []
    for n, m in zip(full.shape, shape):
        start = (n - m) // 2
        index.append(slice(start, start + m))
    return full[tuple(index)]


def _cut(full, s1, s2, mode, axes):
    if mode == "full":
        return full
    shape = list(full.shape)
    for a in axes:
        shape[a] = s1[a] if mode == "same" else s1[a] - s2[a] + 1
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
    in1, in2 = _floats(in1, in2)
    if in1.ndim == 0 and in2.ndim == 0:
        return in1 * in2
    if 0 in (*in1.shape, *in2.shape):
        return np.zeros(0, in1.dtype)
    every = range(in1.ndim)
    axes = list(every) if axes is None else [a % in1.ndim for a in np.atleast_1d(axes)]
    in1, in2, _ = _swapped(in1, in2, mode, axes)
    for a in set(every) - set(axes):
        if in1.shape[a] != in2.shape[a] and 1 not in (in1.shape[a], in2.shape[a]):
            raise ValueError(f"incompatible shapes for in1 and in2: {in1.shape} and {in2.shape}")
    return _cut(_by_fft(in1, in2, axes), in1.shape, in2.shape, mode, axes)


@_twin
def oaconvolve(in1, in2, mode="full", axes=None):
    return fftconvolve(_array(in1), in2, mode, axes)


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
    in1, in2 = _array(in1), _array(in2)
    if in1.ndim == 0 and in2.ndim == 0:
        return in1 * in2
    axes = range(in1.ndim)
    in1, in2, _ = _swapped(in1, in2, mode, axes)
    if method not in ("auto", "direct", "fft"):
        raise ValueError("Acceptable method flags are 'auto', 'direct', or 'fft'.")
    few = 64 if in1.ndim == 1 else 9
    whole = in1.dtype.kind in "biu" and in2.dtype.kind in "biu"
    if method == "direct" or method == "auto" and (whole or min(in1.size, in2.size) <= few):
        full = _direct(in1, in2)
    else:
        full = _by_fft(*_floats(in1, in2), list(axes))
        if whole:
            full = np.rint(full).astype(np.result_type(in1.dtype, in2.dtype))
    return _cut(full, in1.shape, in2.shape, mode, axes)


@_twin
def correlate(in1, in2, mode="full", method="auto"):
    in1, in2 = _array(in1), _array(in2)
    if in1.ndim == 0 and in2.ndim == 0:
        return in1 * np.conjugate(in2)
    _, _, exchanged = _swapped(in1, in2, mode, range(in1.ndim))
    back = (slice(None, None, -1),) * in1.ndim
    if exchanged:  # the other order, turned round
        return np.conjugate(convolve(in2, np.conjugate(in1[back]), mode, method))[back]
    return convolve(in1, np.conjugate(in2[back]), mode, method)


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


def _lines(x, axis):
    """x as (before, T, after), filtered along the middle."""
    axis %= x.ndim
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    return x.reshape(math.prod(before), x.shape[axis], math.prod(after))


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
    b, a, x, *more = _floats(b, a, x) if zi is None else _floats(b, a, x, zi)
    b, a = _normalised(b, a)
    order = max(len(a), len(b)) - 1
    lines = _lines(x, axis)
    if zi is None:
        return recursive_filter(lines, b, a[1:]).reshape(x.shape)
    wanted = list(x.shape)
    wanted[axis] = order
    fits = more[0].ndim == x.ndim and all(n in (1, m) for n, m in zip(more[0].shape, wanted))
    if not fits or more[0].shape[axis] != order:
        raise ValueError(
            f"Unexpected shape for zi: expected {tuple(wanted)}, found {more[0].shape}."
        )
    z = _lines(np.broadcast_to(more[0], wanted), axis)
    y = recursive_filter(lines, b, a[1:], z)
    return y.reshape(x.shape), _last_state(lines, y, b, a, z, order).reshape(wanted)


@_twin
def sosfilt(sos, x, axis=-1, zi=None):
    sos, x, *more = _floats(sos, x) if zi is None else _floats(sos, x, zi)
    if sos.ndim != 2 or sos.shape[1] != 6:
        raise ValueError(f"sos array must be shape (n_sections, 6), got {sos.shape}")
    n = sos.shape[0]
    sos = sos / sos[:, 3:4]
    y, states = _lines(x, axis), []
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
        z = _lines(more[0][k], axis)
        before, y = y, recursive_filter(y, b, a[1:], z)
        states.append(_last_state(before, y, b, a, z, 2).reshape(wanted))
    y = y.reshape(x.shape)
    return y if zi is None else (y, np.stack(states))


@_twin
def lfilter_zi(b, a):
    _check_leading(a)
    b, a = _coefficients(*_floats(b, a))
    n = len(a)
    rest = b[1:] - a[1:] * b[0]
    first = np.sum(rest) / np.sum(a)
    # (I - A^T) zi = rest, solved from the top
    sums = np.cumsum(a)[:-1]
    totals = np.concatenate([np.zeros_like(rest[:1]), np.cumsum(rest)[: n - 2]])
    return sums * first - totals


@_twin
def sosfilt_zi(sos):
    (sos,) = _floats(sos)
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
    b, a, x = _floats(b, a, x)
    ntaps = max(b.size, a.size)
    zi = lfilter_zi(b, a) if ntaps > 1 else np.zeros(0, x.dtype)
    return _there_and_back(
        x, axis, padtype, padlen, ntaps, lambda v, z: lfilter(b, a, v, zi=z)[0], zi
    )


@_twin
def sosfiltfilt(sos, x, axis=-1, padtype="odd", padlen=None):
    plain = None if isinstance(sos, Tracer) else np.asarray(sos)
    sos, x = _floats(sos, x)
    n = sos.shape[0]
    ntaps = 2 * n + 1
    if plain is not None:
        ntaps -= min((plain[:, 2] == 0).sum(), (plain[:, 5] == 0).sum())
    zi = sosfilt_zi(sos).reshape((n,) + (1,) * (x.ndim - 1) + (2,))
    return _there_and_back(
        x, axis, padtype, padlen, ntaps, lambda v, z: sosfilt(sos, v, zi=z)[0], zi
    )


# ---------------------------------------------------------------------------- trends and spectra


@_twin
def detrend(data, axis=-1, type="linear", bp=0, overwrite_data=False):
    if type not in ("linear", "l", "constant", "c"):
        raise ValueError("Trend type must be 'linear' or 'constant'.")
    (x,) = _floats(data)
    if type in ("constant", "c"):
        return x - np.mean(x, axis=axis, keepdims=True)
    n = x.shape[axis]
    borders = np.sort(np.unique(np.concatenate([np.atleast_1d(0), np.atleast_1d(bp), [n]])))
    if np.any(borders > n):
        raise ValueError("Breakpoints must be less than length of data along given axis.")
    x = np.moveaxis(x, axis, -1)
    parts = []
    for low, high in zip(borders[:-1], borders[1:]):
        part, size = x[..., low:high], int(high - low)
        basis = np.stack([np.arange(1, size + 1) / size, np.ones(size)], -1)
        fit = np.linalg.pinv(basis).astype(x.dtype)
        parts.append(part - np.matmul(np.matmul(part, fit.T), basis.T.astype(x.dtype)))
    return np.moveaxis(np.concatenate(parts, -1), -1, axis)


_without_trend = detrend


@_twin
def hilbert(x, N=None, axis=-1):
    (x,) = _floats(x)
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


@_twin
def welch(
    x,
    fs=1.0,
    window="hann",
    nperseg=None,
    noverlap=None,
    nfft=None,
    detrend="constant",
    return_onesided=True,
    scaling="density",
    axis=-1,
    average="mean",
):
    from scipy.signal import get_window

    left_out("welch", return_onesided=(return_onesided, True))
    (x,) = _floats(x)
    if x.dtype.kind == "c":
        raise TypeError(
            "welch of a complex traced array has no form: take np.fft.fft of its segments"
        )
    if scaling not in ("density", "spectrum") or average not in ("mean", "median"):
        raise ValueError(f"Unknown scaling or average: {scaling!r}, {average!r}")
    x = np.moveaxis(x, axis, -1)
    n = x.shape[-1]
    if isinstance(window, (str, tuple)):
        nperseg = min(256 if nperseg is None else nperseg, n)
        weights = get_window(window, nperseg)
    else:
        weights = np.asarray(window)
        nperseg = len(weights)
    weights = weights.astype(x.dtype)
    noverlap = nperseg // 2 if noverlap is None else noverlap
    nfft = nperseg if nfft is None else nfft
    if noverlap >= nperseg or nfft < nperseg or nperseg > n:
        raise ValueError(
            f"noverlap < nperseg <= nfft, len(x) wanted: {noverlap}, {nperseg}, {nfft}, {n}"
        )
    step = nperseg - noverlap
    starts = np.arange(0, n - nperseg + 1, step)
    segments = np.take(x, starts[:, None] + np.arange(nperseg), axis=-1)
    if callable(detrend):
        segments = detrend(segments)
    elif detrend:
        segments = _without_trend(segments, -1, detrend)
    power = np.square(np.abs(np.fft.rfft(segments * weights, nfft)))
    scale = 1 / (fs * np.sum(weights**2)) if scaling == "density" else 1 / np.sum(weights) ** 2
    double = np.full(nfft // 2 + 1, 2.0, x.dtype)
    double[0] = 1
    if nfft % 2 == 0:
        double[-1] = 1
    power = power * (double * np.asarray(scale, x.dtype))
    if average == "median":
        odd = 2 * np.arange(1, (len(starts) - 1) // 2 + 1)
        bias = 1 + np.sum(1.0 / (odd + 1) - 1.0 / odd)
        power = np.median(power, axis=-2) / np.asarray(bias, x.dtype)
    else:
        power = np.mean(power, axis=-2)
    return np.fft.rfftfreq(nfft, 1 / fs), np.moveaxis(power, -1, axis)


@_twin
def periodogram(
    x,
    fs=1.0,
    window="boxcar",
    nfft=None,
    detrend="constant",
    return_onesided=True,
    scaling="density",
    axis=-1,
):
    n = np.shape(x)[axis]
    if nfft is not None and nfft < n:
        x = np.moveaxis(np.moveaxis(_array(x), axis, -1)[..., :nfft], -1, axis)
        n, nfft = nfft, None
    return welch(x, fs, window, n, 0, nfft, detrend, return_onesided, scaling, axis)

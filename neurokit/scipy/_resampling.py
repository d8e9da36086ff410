"""Signals at other rates, and smoothed: `scipy.signal.resample` and its like on traced arrays."""

import math

import numpy as np

from neurokit.core.primitives.filtering import recursive_filter

from ._arrays import as_floats, as_lines
from ._twin import left_out, twin_of

_twin = twin_of("scipy.signal")


def _moving_sum(h, x, axis):
    """sum_k h_k x_{t-k} along `axis`, as long as x."""
    return recursive_filter(as_lines(x, axis), h, h[:0]).reshape(x.shape)


def _padded(x, axis, before, after):
    width = [(0, 0)] * x.ndim
    width[axis % x.ndim] = before, after
    return np.pad(x, width)


def _part(x, axis, *bounds):
    return x[(slice(None),) * (axis % x.ndim) + (slice(*bounds),)]


@_twin
def upfirdn(h, x, up=1, down=1, axis=-1, mode="constant", cval=0):
    left_out("upfirdn", mode=(mode, "constant"), cval=(cval, 0))
    h, x = as_floats(h, x)
    if h.ndim != 1 or h.size == 0:
        raise ValueError(f"h must be 1-D with non-zero length, got shape {h.shape}")
    if up < 1 or down < 1:
        raise ValueError(f"Both up and down must be >= 1, got {up} and {down}")
    return _part(_upsampled(h, x, up, axis), axis, None, None, down)


def _upsampled(h, x, up, axis):
    """All samples of h * (x with up - 1 zeros between its samples)."""
    x = np.moveaxis(x, axis, -1)
    n = x.shape[-1]
    if up > 1:
        zeros = np.zeros(x.shape + (up - 1,), x.dtype)
        wide = np.concatenate([x[..., None], zeros], -1).reshape(x.shape[:-1] + (n * up,))
        x = wide[..., : (n - 1) * up + 1]
    return np.moveaxis(_moving_sum(h, _padded(x, -1, 0, h.size - 1), -1), -1, axis)


@_twin
def resample_poly(x, up, down, axis=0, window=("kaiser", 5.0), padtype="constant", cval=None):
    from scipy.signal import firwin

    left_out("resample_poly", padtype=(padtype, "constant"), cval=(cval, None))
    if up != int(up) or down != int(down) or up < 1 or down < 1:
        raise ValueError(f"up and down must be whole and >= 1, got {up} and {down}")
    (x,) = as_floats(x)
    shared = math.gcd(int(up), int(down))
    up, down = int(up) // shared, int(down) // shared
    if up == down == 1:
        return x
    if isinstance(window, (str, tuple)):
        most = max(up, down)
        h = firwin(20 * most + 1, 1 / most, window=window)
    else:
        h = np.asarray(window)
    half = (h.size - 1) // 2
    n = -(-x.shape[axis] * up // down)
    (h,) = as_floats((h * up).astype(x.dtype))
    y = _part(_upsampled(h, x, up, axis), axis, half, None, down)
    if y.shape[axis] < n:
        y = _padded(y, axis, 0, n - y.shape[axis])
    return _part(y, axis, 0, n)


@_twin
def decimate(x, q, n=None, ftype="iir", axis=-1, zero_phase=True):
    from scipy import signal

    from .signal import sosfilt, sosfiltfilt

    (x,) = as_floats(x)
    if ftype == "iir":
        sos = signal.cheby1(8 if n is None else n, 0.05, 0.8 / q, output="sos").astype(x.dtype)
        y = sosfiltfilt(sos, x, axis=axis) if zero_phase else sosfilt(sos, x, axis=axis)
        return _part(y, axis, None, None, q)
    if ftype != "fir":
        raise ValueError(f"decimate: ftype must be 'iir' or 'fir' on traced arrays, got {ftype!r}")
    h = signal.firwin((20 * q if n is None else n) + 1, 1 / q, window="hamming").astype(x.dtype)
    if zero_phase:
        return resample_poly(x, 1, q, axis=axis, window=h)
    return _part(upfirdn(h, x, 1, q, axis), axis, 0, -(-x.shape[axis] // q))


@_twin
def resample(x, num, t=None, axis=0, window=None, domain="time"):
    """By the Fourier transform. `window` and domain="freq" have no form on traced arrays."""
    left_out("resample", window=(window, None), domain=(domain, "time"))
    (x,) = as_floats(x)
    x = np.moveaxis(x, axis, -1)
    n = x.shape[-1]
    scale, kept = np.asarray(num / n, x.dtype), min(num, n)
    half = kept // 2 + 1
    unpaired = kept % 2 == 0 and num != n
    if x.dtype.kind == "f":
        spectrum = np.fft.rfft(x)[..., :half]
        if unpaired:
            weights = np.ones(half, x.dtype)
            weights[-1] = 2 if num < n else 0.5
            spectrum = spectrum * weights
        y = np.fft.irfft(spectrum * scale, num)
    else:
        y = np.fft.ifft(_resized(np.fft.fft(x), num, unpaired) * scale)
    y = np.moveaxis(y, -1, axis)
    if t is None:
        return y
    return y, t[0] + (t[1] - t[0]) * (n / num) * np.arange(num)


def _resized(spectrum, num, unpaired):
    """Frequencies of `spectrum` in a spectrum of num points; the unpaired one joined or shared."""
    n = spectrum.shape[-1]
    kept = min(num, n)
    low, high = spectrum[..., : (kept + 1) // 2], spectrum[..., n - (kept - 1) // 2 :]
    middle = [np.zeros(spectrum.shape[:-1] + (max(num - kept, 0),), spectrum.dtype)]
    if kept % 2 == 0:
        at = spectrum[..., kept // 2 : kept // 2 + 1]
        if not unpaired:
            middle = [at]
        elif num < n:
            middle = [at + spectrum[..., n - kept // 2 : n - kept // 2 + 1]]
        else:
            middle = [0.5 * at, middle[0][..., 1:], 0.5 * at]
    return np.concatenate([low, *middle, high], -1)


_PAD_MODES = {"mirror": "reflect", "constant": "constant", "nearest": "edge", "wrap": "wrap"}


@_twin
def savgol_filter(
    x, window_length, polyorder, deriv=0, delta=1.0, axis=-1, mode="interp", cval=0.0
):
    from scipy.signal import savgol_coeffs

    if mode not in ("interp", *_PAD_MODES):
        raise ValueError(f"savgol_filter: mode must be 'interp' or one of {list(_PAD_MODES)}")
    if window_length % 2 == 0:
        raise ValueError(f"savgol_filter: window_length must be odd, got {window_length}")
    (x,) = as_floats(x)
    x = np.moveaxis(x, axis, -1)
    half, n = window_length // 2, x.shape[-1]
    if mode == "interp" and window_length > n:
        raise ValueError(f"savgol_filter: window_length {window_length} is above {n} samples")

    def weights(**where):
        c = savgol_coeffs(window_length, polyorder, deriv=deriv, delta=delta, **where)
        return c.astype(x.dtype)

    width = [(0, 0)] * (x.ndim - 1) + [(half, half)]
    options = {"constant_values": cval} if mode == "constant" else {}
    padded = x if mode == "interp" else np.pad(x, width, _PAD_MODES[mode], **options)
    (h,) = as_floats(weights())
    y = _moving_sum(h, padded, -1)[..., window_length - 1 :]
    if mode == "interp":  # at the ends the polynomials of the first and the last window
        first = np.stack([weights(pos=k, use="dot") for k in range(half)], -1)
        last = np.stack([weights(pos=half + 1 + k, use="dot") for k in range(half)], -1)
        left, right = x[..., :window_length], x[..., n - window_length :]
        y = np.concatenate([np.matmul(left, first), y, np.matmul(right, last)], -1)
    return np.moveaxis(y, -1, axis)

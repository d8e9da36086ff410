"""Spectra of segments of a signal: `scipy.signal.welch` and its like on traced arrays, and detrend."""

from typing import NamedTuple

import numpy as np

from ._arrays import as_floats
from ._twin import left_out, twin_of

_twin = twin_of("scipy.signal")


@_twin
def detrend(data, axis=-1, type="linear", bp=0, overwrite_data=False):
    if type not in ("linear", "l", "constant", "c"):
        raise ValueError("Trend type must be 'linear' or 'constant'.")
    (x,) = as_floats(data)
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


class _Segments(NamedTuple):
    """How a signal of n samples is cut: lengths in samples, weights (length,)."""

    weights: np.ndarray
    step: int
    n_fft: int

    @property
    def length(self):
        return len(self.weights)

    def spectra(self, x, detrend):
        """(..., segments, frequencies) of x (..., n)."""
        starts = np.arange(0, x.shape[-1] - self.length + 1, self.step)
        segments = np.take(x, starts[:, None] + np.arange(self.length), axis=-1)
        if callable(detrend):
            segments = detrend(segments)
        elif detrend:
            segments = _without_trend(segments, -1, detrend)
        return np.fft.rfft(segments * self.weights, self.n_fft)

    def scale(self, fs, scaling):
        w = self.weights
        return 1 / (fs * np.sum(w**2)) if scaling == "density" else 1 / np.sum(w) ** 2

    def twice_inside(self, dtype):
        """A frequency strictly inside stands for its negative too."""
        double = np.full(self.n_fft // 2 + 1, 2.0, dtype)
        double[0] = 1
        if self.n_fft % 2 == 0:
            double[-1] = 1
        return double


def _segments(n, dtype, window, nperseg, noverlap, nfft):
    from scipy.signal import get_window

    if isinstance(window, (str, tuple)):
        nperseg = min(256 if nperseg is None else nperseg, n)
        weights = get_window(window, nperseg)
    else:
        weights = np.asarray(window)
        nperseg = len(weights)
    noverlap = nperseg // 2 if noverlap is None else noverlap
    nfft = nperseg if nfft is None else nfft
    if noverlap >= nperseg or nfft < nperseg or nperseg > n:
        raise ValueError(
            f"noverlap < nperseg <= nfft, len(x) wanted: {noverlap}, {nperseg}, {nfft}, {n}"
        )
    return _Segments(weights.astype(dtype), nperseg - noverlap, nfft)


def _real(name, axis, *signals):
    signals = as_floats(*signals)
    if signals[0].dtype.kind == "c":
        raise TypeError(
            f"{name} of a complex traced array has no form: take np.fft.fft of its segments"
        )
    return [np.moveaxis(x, axis, -1) for x in signals]


def _averaged(power, average):
    if average == "mean":
        return np.mean(power, axis=-2)
    odd = 2 * np.arange(1, (power.shape[-2] - 1) // 2 + 1)
    bias = np.asarray(1 + np.sum(1.0 / (odd + 1) - 1.0 / odd), power.dtype)
    if power.dtype.kind == "c":
        re, im = np.median(np.real(power), axis=-2), np.median(np.imag(power), axis=-2)
        return (re + 1j * im) / bias
    return np.median(power, axis=-2) / bias


def _density(power, cut, fs, scaling, average, axis):
    """(frequencies, averaged power along `axis`) of power (..., segments, frequencies)."""
    if scaling not in ("density", "spectrum") or average not in ("mean", "median"):
        raise ValueError(f"Unknown scaling or average: {scaling!r}, {average!r}")
    real = cut.weights.dtype
    power = power * (cut.twice_inside(real) * np.asarray(cut.scale(fs, scaling), real))
    power = _averaged(power, average)
    return np.fft.rfftfreq(cut.n_fft, 1 / fs), np.moveaxis(power, -1, axis)


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
    left_out("welch", return_onesided=(return_onesided, True))
    (x,) = _real("welch", axis, x)
    cut = _segments(x.shape[-1], x.dtype, window, nperseg, noverlap, nfft)
    power = np.square(np.abs(cut.spectra(x, detrend)))
    return _density(power, cut, fs, scaling, average, axis)


@_twin
def csd(
    x,
    y,
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
    left_out("csd", return_onesided=(return_onesided, True))
    x, y = _real("csd", axis, x, y)
    n = max(x.shape[-1], y.shape[-1])  # the shorter one ends in zeros
    x, y = (np.pad(v, [(0, 0)] * (v.ndim - 1) + [(0, n - v.shape[-1])]) for v in (x, y))
    cut = _segments(x.shape[-1], x.dtype, window, nperseg, noverlap, nfft)
    power = np.conjugate(cut.spectra(x, detrend)) * cut.spectra(y, detrend)
    return _density(power, cut, fs, scaling, average, axis)


@_twin
def coherence(
    x,
    y,
    fs=1.0,
    window="hann",
    nperseg=None,
    noverlap=None,
    nfft=None,
    detrend="constant",
    axis=-1,
):
    options = fs, window, nperseg, noverlap, nfft, detrend, True, "density", axis
    x, y = as_floats(x, y)
    freqs, xx = welch(x, *options)
    _, yy = welch(y, *options)
    _, xy = csd(x, y, *options)
    return freqs, np.square(np.abs(xy)) / xx / yy


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
        (x,) = as_floats(x)
        x = np.moveaxis(np.moveaxis(x, axis, -1)[..., :nfft], -1, axis)
        n, nfft = nfft, None
    return welch(x, fs, window, n, 0, nfft, detrend, return_onesided, scaling, axis)


_EDGES = {  # what np.pad makes of the boundaries of `stft`
    "even": dict(mode="reflect"),
    "odd": dict(mode="reflect", reflect_type="odd"),
    "constant": dict(mode="edge"),
    "zeros": {},
    None: {},
}


@_twin
def stft(
    x,
    fs=1.0,
    window="hann",
    nperseg=256,
    noverlap=None,
    nfft=None,
    detrend=False,
    return_onesided=True,
    boundary="zeros",
    padded=True,
    axis=-1,
    scaling="spectrum",
):
    left_out("stft", return_onesided=(return_onesided, True))
    if boundary not in _EDGES:
        raise ValueError(
            f"Unknown boundary option '{boundary}', must be one of: {[b for b in _EDGES if b]} or None"
        )
    if scaling not in ("spectrum", "psd"):
        raise ValueError(f"stft: scaling must be 'spectrum' or 'psd', got {scaling!r}")
    (x,) = _real("stft", axis, x)
    cut = _segments(x.shape[-1], x.dtype, window, nperseg, noverlap, nfft)
    edge = cut.length // 2 if boundary else 0
    n = x.shape[-1] + 2 * edge
    rest = -(n - cut.length) % cut.step % cut.length if padded else 0
    still = [(0, 0)] * (x.ndim - 1)
    if boundary:
        x = np.pad(x, [*still, (edge, edge)], **_EDGES[boundary])
    x = np.pad(x, [*still, (0, rest)])
    scale = cut.scale(fs, "density" if scaling == "psd" else scaling) ** 0.5
    spectra = cut.spectra(x, detrend) * np.asarray(scale, x.dtype)
    first = 0 if boundary else cut.length / 2
    times = (np.arange(spectra.shape[-2]) * cut.step + first) / float(fs)
    spectra = np.moveaxis(spectra, -1, axis if axis >= 0 else axis - 1)
    return np.fft.rfftfreq(cut.n_fft, 1 / fs), times, spectra

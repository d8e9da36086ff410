"""Cosine and sine transforms, spectra and resampling against SciPy, with derivatives."""

import numpy as np
import pytest
from against_scipy import both, same
from scipy import fft, signal

import neurokit as nk

RNG = np.random.default_rng(12)
BLOCK = RNG.normal(size=(2, 30, 3))


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
@pytest.mark.parametrize("type", [1, 2, 3, 4])
def test_cosine_and_sine_transforms(name, type):
    f, g = getattr(nk.scipy.fft, name), getattr(fft, name)
    for n in (2, 5, 8):
        x = RNG.normal(size=(3, n))
        for norm in (None, "ortho", "forward", "backward"):
            for orthogonalize in (None, True, False):
                options = dict(type=type, norm=norm, orthogonalize=orthogonalize)
                same(lambda x: f(x, **options), lambda x: g(x, **options), x)  # noqa: B023
    both(fft, name, RNG.normal(size=(2, 4)), type=type, norm="ortho")
    both(fft, name, BLOCK, type=type, n=7, axis=1, order=0)
    both(fft, name, BLOCK + 1j * BLOCK[::-1], type=type, n=33, axis=-2, order=0)
    single = BLOCK.astype(np.float32)
    same(lambda x: f(x, type), lambda x: g(x, type), single, rtol=1e-4, atol=1e-4)


def test_cosine_transforms_of_several_axes():
    for name in ("dctn", "idctn", "dstn", "idstn"):
        both(fft, name, BLOCK[:, :4], norm="ortho")
        both(fft, name, BLOCK, s=(5, 4), order=0)
        both(fft, name, BLOCK, axes=(0, 1), type=3, order=0)
    with pytest.raises(ValueError, match="type must be 1, 2, 3 or 4, got 5"):
        nk.jit(lambda x: nk.scipy.fft.dct(x, 5))(np.ones(3))
    with pytest.raises(ValueError, match="1 points, too few for type 1"):
        nk.jit(lambda x: nk.scipy.fft.dct(x, 1))(np.ones(1))
    with pytest.raises(ValueError, match="norm must be"):
        nk.jit(lambda x: nk.scipy.fft.dct(x, norm="best"))(np.ones(3))


@pytest.mark.parametrize("up, down", [(1, 1), (3, 1), (1, 4), (3, 2), (5, 7)])
def test_up_and_down(up, down):
    h = RNG.normal(size=9)
    both(signal, "upfirdn", h, BLOCK, up=up, down=down, axis=1, order=0)
    both(signal, "upfirdn", h[:4], BLOCK[0, :6, 0], up=up, down=down)
    same(
        lambda x: nk.scipy.signal.resample_poly(x, up, down, axis=1),
        lambda x: signal.resample_poly(x, up, down, axis=1),
        BLOCK,
    )
    same(
        lambda x: nk.scipy.signal.resample_poly(x, 2 * up, down, window=h),
        lambda x: signal.resample_poly(x, 2 * up, down, window=h),
        BLOCK[0],
    )


@pytest.mark.parametrize("num", [1, 2, 8, 15, 29, 30, 31, 44, 60])
def test_resample(num):
    for x in (BLOCK, BLOCK + 1j * BLOCK[::-1], BLOCK[:, :29]):
        same(
            lambda x: nk.scipy.signal.resample(x, num, axis=1),
            lambda x: signal.resample(x, num, axis=1),
            x,
        )
    nk.check_grads(lambda x: nk.scipy.signal.resample(x, num), (BLOCK[0, :7, 0],), order=1)


def test_resample_keeps_time():
    x, t = RNG.normal(size=12), np.arange(12) * 0.5
    same(
        lambda x: nk.scipy.signal.resample(x, 18, t),
        lambda x: signal.resample(x, 18, t),
        x,
    )


@pytest.mark.parametrize("ftype", ["iir", "fir"])
@pytest.mark.parametrize("zero_phase", [True, False])
def test_decimate(ftype, zero_phase):
    x = RNG.normal(size=(2, 100))
    for axis, v in ((-1, x), (0, x.T)):
        same(
            lambda x: nk.scipy.signal.decimate(x, 4, ftype=ftype, zero_phase=zero_phase, axis=axis),  # noqa: B023
            lambda x: signal.decimate(x, 4, ftype=ftype, zero_phase=zero_phase, axis=axis),  # noqa: B023
            v,
            rtol=1e-9,
        )
    nk.check_grads(lambda x: nk.scipy.signal.decimate(x, 2, 3, ftype), (x[0, :40],), order=1)


@pytest.mark.parametrize("mode", ["interp", "mirror", "constant", "nearest", "wrap"])
@pytest.mark.parametrize("deriv", [0, 1])
def test_savgol(mode, deriv):
    same(
        lambda x: nk.scipy.signal.savgol_filter(x, 7, 2, deriv, 0.5, 1, mode, 1.5),
        lambda x: signal.savgol_filter(x, 7, 2, deriv, 0.5, 1, mode, 1.5),
        BLOCK,
    )
    nk.check_grads(
        lambda x: nk.scipy.signal.savgol_filter(x, 5, 2, mode=mode), (BLOCK[0, :9, 0],), order=1
    )


def test_savgol_refuses():
    with pytest.raises(ValueError, match="window_length must be odd, got 4"):
        nk.jit(lambda x: nk.scipy.signal.savgol_filter(x, 4, 2))(np.ones(9))
    with pytest.raises(ValueError, match="window_length 11 is above 9 samples"):
        nk.jit(lambda x: nk.scipy.signal.savgol_filter(x, 11, 2))(np.ones(9))


@pytest.mark.parametrize("average", ["mean", "median"])
@pytest.mark.parametrize("scaling", ["density", "spectrum"])
def test_cross_spectra(average, scaling):
    x, y = RNG.normal(size=(2, 3, 200))
    options = dict(fs=10.0, nperseg=32, nfft=40, average=average, scaling=scaling)
    same(
        lambda x, y: nk.scipy.signal.csd(x, y, **options),
        lambda x, y: signal.csd(x, y, **options),
        x,
        y,
    )


def test_coherence():
    x, y = RNG.normal(size=(2, 300, 2))
    options = dict(fs=10.0, nperseg=32, axis=0, detrend="linear")
    same(
        lambda x, y: nk.scipy.signal.coherence(x, y, **options),
        lambda x, y: signal.coherence(x, y, **options),
        x,
        y,
    )
    nk.check_grads(
        lambda x: nk.scipy.signal.coherence(x, y[:20, 0], nperseg=8)[1], (x[:20, 0],), order=1
    )


@pytest.mark.parametrize("boundary", ["zeros", None])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("scaling", ["spectrum", "psd"])
def test_stft(boundary, padded, scaling):
    options = dict(fs=10.0, nperseg=16, boundary=boundary, padded=padded, scaling=scaling)
    for axis in (-1, 1):
        x = RNG.normal(size=(2, 61)) if axis == -1 else RNG.normal(size=(2, 61, 3))
        same(
            lambda x: nk.scipy.signal.stft(x, axis=axis, **options),  # noqa: B023
            lambda x: signal.stft(x, axis=axis, **options),  # noqa: B023
            x,
        )
    odd = {**options, "nperseg": 15}
    same(lambda x: nk.scipy.signal.stft(x, **odd), lambda x: signal.stft(x, **odd), x[0, :, 0])
    same(
        lambda x: nk.scipy.signal.stft(x, nperseg=16, noverlap=11, nfft=25),
        lambda x: signal.stft(x, nperseg=16, noverlap=11, nfft=25),
        x[0, :, 0],
    )
    nk.check_grads(
        lambda x: np.square(np.abs(nk.scipy.signal.stft(x, nperseg=8)[2])), (x[0, :12, 0],), order=1
    )


def test_under_vmap():
    x = RNG.normal(size=(4, 50))
    for f in (
        nk.scipy.fft.dct,
        lambda v: nk.scipy.signal.savgol_filter(v, 5, 2),
        lambda v: nk.scipy.signal.decimate(v, 2),
        lambda v: nk.scipy.signal.stft(v, nperseg=8)[2],
    ):
        np.testing.assert_allclose(nk.vmap(f)(x), [f(row) for row in x], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_filters_of_images(name, mode):
    for (a, b), border in zip(
        [((5, 6), (3, 2)), ((2, 3), (4, 5)), ((4, 4), (3, 3)), ((5, 2), (2, 4))],
        ["symm", "wrap", "fill", "symm"],
    ):
        x, y = RNG.normal(size=a) + 1j * RNG.normal(size=a), RNG.normal(size=b)
        if mode == "valid" and b == (2, 4):
            with pytest.raises(ValueError, match="valid"):
                nk.jit(lambda x, y: getattr(nk.scipy.signal, name)(x, y, mode))(x, y)
            continue
        both(signal, name, x, y + 0.5j, mode=mode, boundary=border, order=0)
        both(signal, name, x.real, y, mode=mode, boundary=border, fillvalue=2.5, order=1)
    with pytest.raises(ValueError, match="boundary"):
        nk.jit(lambda x: getattr(nk.scipy.signal, name)(x, x, "same", "edge"))(np.ones((3, 3)))
    with pytest.raises(ValueError, match="2-D"):
        nk.jit(lambda x: getattr(nk.scipy.signal, name)(x, x))(np.ones(3))


@pytest.mark.parametrize("boundary", ["even", "odd", "constant", "zeros", None])
def test_borders_of_spectrograms(boundary):
    x = RNG.normal(size=(2, 50))
    options = dict(nperseg=16, noverlap=5, boundary=boundary)
    f = lambda x: nk.scipy.signal.stft(x, **options)[2]  # noqa: E731
    same(f, lambda x: signal.stft(x, **options)[2], x)
    nk.check_grads(lambda x: np.abs(f(x)) ** 2, (x,), order=1)


def test_cross_spectra_of_unequal_lengths():
    x, y = RNG.normal(size=50), RNG.normal(size=13)
    for a, b in ((x, y), (y, x)):
        same(
            lambda a, b: nk.scipy.signal.csd(a, b, nperseg=16)[1],
            lambda a, b: signal.csd(a, b, nperseg=16)[1],
            *(a, b),
        )


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "?", "c8"])
def test_convolution_along_axes_of_length_one(dtype):
    """Such an axis broadcasts; where no other is left, the result is a product, of its own type."""

    def array(*shape):
        x = 4 * np.random.default_rng(sum(shape)).normal(size=shape)
        return x > 0 if dtype == "?" else x.astype(dtype)

    for s, t in (((1, 5), (6, 1)), ((7, 2), (1, 5)), ((4, 5), (1, 1)), ((3, 4), (2, 4))):
        for mode in ("full", "same", "valid"):
            for axes in (None, 1, (0, 1)):
                a, b = array(*s), array(*t)
                try:
                    wanted = signal.fftconvolve(a, b, mode, axes)
                except ValueError:
                    with pytest.raises(ValueError):
                        nk.scipy.signal.fftconvolve(a, b, mode, axes)
                    continue
                got = nk.jit(lambda a, b: nk.scipy.signal.fftconvolve(a, b, mode, axes))(a, b)  # noqa: B023
                assert got.dtype == wanted.dtype and got.shape == wanted.shape
                np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)


def test_correlation_of_bools():
    a, b = np.array([1, 0, 1, 1, 0], bool), np.array([1, 1, 0], bool)
    for mode in ("full", "same", "valid"):
        wanted = signal.correlate(a, b, mode)
        got = nk.jit(lambda a, b: nk.scipy.signal.correlate(a, b, mode))(a, b)  # noqa: B023
        assert got.dtype == wanted.dtype == bool
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("name", ["hfft2", "ihfft2", "hfftn", "ihfftn"])
def test_hermitian_transforms_of_several_axes(name):
    x = BLOCK[:, :4]
    for norm in (None, "ortho", "forward", "backward"):
        both(fft, name, x, norm=norm, order=1)
    both(fft, name, x, s=(5, 4), axes=(1, 0), order=1)
    if name[0] == "h":
        both(fft, name, x + 1j * x[::-1], order=1)
    with pytest.raises(ValueError, match="norm"):
        nk.jit(lambda x: getattr(nk.scipy.fft, name)(x, norm="best"))(x)


@pytest.mark.parametrize("name", ["fftn", "irfftn", "rfft2", "hfft2", "ihfftn"])
def test_one_size_or_axis_may_be_a_number(name):
    both(fft, name, BLOCK, s=5, axes=1, order=0)
    both(fft, name, BLOCK, axes=0, order=0)
    both(fft, name, BLOCK, s=5, axes=None, order=0)

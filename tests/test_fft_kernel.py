"""The FFT kernels against NumPy in double precision: lengths, layouts, both signs, padding, weights."""

import numpy as np
import pytest
from kernel_tools import call, layouts

from neurokit import _core

LENGTHS = [
    *range(1, 34),
    49,
    61,
    67,
    100,
    121,
    128,
    134,
    243,
    323,
    360,
    1009,
    1024,
    2000,
    4099,
    8192,
]


def numbers(rng, dtype, *shape):
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def close(got, want, n):
    """Errors grow with the square root of log n; a few roundings of the largest value."""
    scale = np.abs(want).max(initial=0)
    bound = 3 * np.finfo(got.dtype).eps * (1 + np.log2(n))
    assert np.abs(got - want).max(initial=0) <= bound * scale


@pytest.mark.parametrize("dtype", ["c8", "c16"])
@pytest.mark.parametrize("lines", [1, 3, 37])
def test_all_lengths(dtype, lines):
    rng = np.random.default_rng(0)
    real = np.dtype(dtype).type(0).real.dtype
    for n in LENGTHS:
        z = numbers(rng, dtype, lines, n)
        want = np.fft.fft(z.astype("c16"))
        close(call("fft", (lines, n), dtype, z, ip=(1, n, 0), fp=(1, 1)), want, n)
        back = np.ascontiguousarray(z.T)
        want = np.fft.ifft(back.astype("c16"), axis=0)
        close(call("fft", (n, lines), dtype, back, ip=(0, n, 1), fp=(1 / n, 1)), want, n)
        x, half = z.real.copy(), n // 2 + 1
        want = np.fft.rfft(x.astype("f8"))
        close(call("rfft", (lines, half), dtype, x, ip=(1, n, 0), fp=(1, 1)), want, n)
        z = numbers(rng, dtype, lines, half)
        want = np.fft.irfft(z.astype("c16"), n, norm="forward")
        close(call("irfft", (lines, n), real, z, ip=(1, n, 1), fp=(1, 1)), want, n)


def test_layouts_padding_and_cropping():
    rng = np.random.default_rng(1)
    for z in layouts(numbers(rng, "c16", 6, 10)):
        for n in (1, 7, 10, 15, 16):
            for length in (n, 3, n + 2):
                spectrum = np.fft.fft(z, n, axis=1)
                want = np.zeros((6, length), complex)
                k = min(n, length)
                want[:, :k] = spectrum[:, :k]
                close(call("fft", want.shape, "c16", z, ip=(1, n, 0), fp=(1, 1)), want, n)
                want = np.zeros((6, length), complex)
                spectrum = np.fft.rfft(z.real, n, axis=1)
                k = min(n // 2 + 1, length)
                want[:, :k] = spectrum[:, :k]
                close(call("rfft", want.shape, "c16", z.real, ip=(1, n, 0), fp=(1, 1)), want, n)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9])
@pytest.mark.parametrize("inverse", [0, 1])
def test_half_spectra_are_transposes_of_each_other(n, inverse):
    rng = np.random.default_rng(2)
    x, z = rng.normal(size=(1, n)), numbers(rng, "c16", 1, n // 2 + 1)
    forward = call("rfft", z.shape, "c16", x, ip=(1, n, inverse), fp=(0.5, 1.5))
    back = call("irfft", x.shape, "f8", z, ip=(1, n, inverse), fp=(0.5, 0.75))
    np.testing.assert_allclose((forward * z).sum().real, (x * back).sum())


def test_any_number_of_threads_gives_the_same_bits():
    z = numbers(np.random.default_rng(3), "c8", 300, 1000)

    def run(threads):
        out = np.empty_like(z)
        _core.call("fft", [out], [z], ip=(1, 1000, 0), fp=(1, 1), threads=threads)
        return out.tobytes()

    assert len({run(threads) for threads in (1, 2, 3)}) == 1


def test_bad_operands_are_refused():
    x = np.ones((2, 4))
    for name, shape, dtype, ip in [
        ("fft", (2, 4), "f8", (1, 4, 0)),
        ("fft", (3, 4), "c16", (1, 4, 0)),
        ("fft", (2, 4), "c16", (2, 4, 0)),
        ("fft", (2, 4), "c16", (1, 0, 0)),
        ("fft", (2, 4), "c8", (1, 4, 0)),
        ("irfft", (2, 4), "f8", (1, 4, 0)),
    ]:
        with pytest.raises((TypeError, ValueError), match=name):
            call(name, shape, dtype, x, ip=ip, fp=(1, 1))

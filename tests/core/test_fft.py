"""np.fft on traced arrays: values and types of NumPy's, derivatives as transposed transforms."""

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.run.runtime import run_options

RNG = np.random.default_rng(0)
LENGTHS = [1, 2, 3, 5, 7, 8, 12, 30, 37, 64, 67, 77, 127, 134, 1000, 1024, 2027]
COMPLEX_IN = ["fft", "ifft", "irfft", "hfft"]
REAL_IN = ["fft", "ifft", "rfft", "ihfft"]


def rand(shape, dtype="d"):
    x = RNG.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * RNG.normal(size=shape)
    return x.astype(dtype)


def same(f, *args):
    want, got = f(*args), nk.jit(f)(*args)
    assert got.dtype == want.dtype and got.shape == want.shape
    eps = 30 * np.finfo(got.dtype).eps * max(1, np.abs(want).max(initial=0))
    np.testing.assert_allclose(got, want, rtol=0, atol=eps)


@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
@pytest.mark.parametrize("dtype", "fdFD")
def test_transforms_of_one_axis_are_numpys(dtype, norm):
    for name in COMPLEX_IN if dtype in "FD" else REAL_IN:
        f = getattr(np.fft, name)
        for n in LENGTHS:
            if n == 1 and name in ("irfft", "hfft"):
                continue
            x = rand((3, n), dtype)
            same(lambda x, f=f: f(x, norm=norm), x)
        for n in (1, 4, 5, 9, 16, 35):
            x = rand((9, 20, 2), dtype)
            same(lambda x, f=f, n=n: f(x, n, 0, norm), x)
            same(lambda x, f=f, n=n: f(x, n, -2, norm), x[::2, ::-1])


@pytest.mark.parametrize("dtype", "dDF")
def test_transforms_of_several_axes_are_numpys(dtype):
    x = rand((4, 5, 6), dtype)
    for name in ("fftn", "ifftn", "fft2", "ifft2", "irfftn", "irfft2", "rfftn", "rfft2"):
        if dtype in "DF" and name.startswith("rfft"):
            continue
        f = getattr(np.fft, name)
        same(f, x)
        same(lambda x, f=f: f(x, (3, 8), (0, 1), "ortho"), x)
        same(lambda x, f=f: f(x, (-1, 7), (2, 0)), x)
        same(lambda x, f=f: f(x, axes=(1,)), x)


def test_integers_scalars_shifts_and_out():
    for x in (np.arange(6), np.arange(8) % 3 == 0, np.zeros((0, 4)), np.zeros((2, 0))):
        f = np.fft.fft if x.shape[-1] else (lambda x: np.fft.fft(x, 4))
        same(f, x)
    x = rand((4, 5))
    for f in (np.fft.fftshift, np.fft.ifftshift):
        same(f, x)
        same(lambda x, f=f: f(x, 1), x)
        same(lambda x, f=f: f(x, (0, -1)), x)
    same(lambda d: np.fft.fftfreq(7, d) + np.fft.rfftfreq(12, d), np.float64(0.5))

    def filled(x):
        out = nk.zeros((4, 5), complex, like=x)
        np.fft.fft(x, out=out)
        return out

    np.testing.assert_allclose(nk.jit(filled)(x), np.fft.fft(x))


def test_errors():
    x = np.ones((2, 4))
    for f, kind in [
        (lambda x: np.fft.fft(x, 0), ValueError),
        (lambda x: np.fft.fft(x, norm="bad"), ValueError),
        (lambda x: np.fft.fft(x, axis=2), IndexError),
        (lambda x: np.fft.fft2(x, (1,), (0, 1)), ValueError),
        (lambda x: np.fft.rfft(x + 0j), TypeError),
        (lambda x: np.fft.irfft(x[:, :1]), ValueError),
    ]:
        with pytest.raises(kind):
            nk.jit(f)(x)


@pytest.mark.parametrize("n", [1, 2, 5, 6, 9])
def test_derivatives(n):
    z, x = rand((2, 6), "D"), rand((2, 6))
    for name in COMPLEX_IN:
        f = getattr(np.fft, name)
        nk.check_grads(lambda z, f=f: f(z, n, norm="ortho") ** 2, (z,), rtol=1e-6)
    for name in REAL_IN:
        f = getattr(np.fft, name)
        nk.check_grads(lambda x, f=f: f(x, n, axis=1) ** 2, (x,), rtol=1e-6)
        nk.check_grads(lambda x, f=f: np.abs(f(x, n, axis=0)[1:]) ** 2, (x,), rtol=1e-6)
    nk.check_grads(lambda x: np.fft.irfftn(np.fft.rfftn(x) ** 2), (x,), rtol=1e-6)
    nk.check_grads(lambda z: np.fft.ifft2(np.fft.fft2(z, (3, 4)) ** 2), (z,), rtol=1e-6)


def test_parseval_and_the_convolution_theorem():
    x, y = rand(50), rand(50)
    power = nk.grad(lambda x: (np.abs(np.fft.fft(x, norm="ortho")) ** 2).sum())(x)
    np.testing.assert_allclose(power, 2 * x, atol=1e-12)

    def convolved(x, y):
        return np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(y), 50)[3]

    shifted = np.roll(y[::-1], 4)
    np.testing.assert_allclose(nk.grad(convolved)(x, y), shifted, atol=1e-12)


def test_in_loops_threads_and_the_twin():
    x = rand((5, 64))

    def f(x):
        def step(c, row):
            c = np.fft.irfft(np.fft.rfft(row) * np.fft.rfft(c) / 64)
            return c, np.abs(np.fft.fft(c)[3])

        c, ys = nk.scan(step, x[0], x)
        return (c**2).sum() + ys.sum()

    value, grad = nk.value_and_grad(f)(x)
    d = rand((5, 64))
    np.testing.assert_allclose(nk.jvp(f, (x,), (d,))[1], (grad * d).sum(), rtol=1e-9)
    big = rand((700, 300))
    for g in (np.fft.fft, np.fft.rfft, lambda x: np.fft.fft(x, axis=0)):
        runs = []
        for threads in (1, 2, 3):
            with nk.options(threads=threads):
                runs.append(nk.jit(g)(big).tobytes())
        assert runs[0] == runs[1] == runs[2]
    run_options.reference = True
    try:
        twin = nk.value_and_grad(f)(x)
    finally:
        run_options.reference = False
    np.testing.assert_allclose(twin[1], grad, rtol=1e-9, atol=1e-12)

"""nk.scipy.linalg and nk.scipy.fft: SciPy's values and types, derivatives against differences."""

import numpy as np
import pytest
import scipy.fft
import scipy.linalg

import neurokit as nk

sl = nk.scipy.linalg
RNG = np.random.default_rng(0)


def rand(*shape, dtype="d"):
    x = RNG.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * RNG.normal(size=shape)
    return x.astype(dtype)


def matrix(n, dtype="d"):
    """Far from a change of pivots and from singular."""
    return rand(n, n, dtype=dtype) / 3 + np.diag(np.arange(2.0, n + 2)).astype(dtype)


def definite(n, dtype="d"):
    a = matrix(n, dtype)
    return a @ a.conj().T


def parts(x):
    return tuple(x) if isinstance(x, tuple) else (x,)


def same(name, *args, module="linalg", **options):
    twin = getattr(getattr(nk.scipy, module), name)
    theirs = getattr(getattr(scipy, module), name)
    want = parts(theirs(*args, **options))
    got = parts(nk.jit(lambda *a: twin(*a, **options))(*args))
    assert all(np.array_equal(a, b) for a, b in zip(parts(twin(*args, **options)), want))
    for g, w in zip(got, want, strict=True):
        g, w = np.asarray(g), np.asarray(w)
        assert g.shape == w.shape and g.dtype == w.dtype, (name, g.dtype, w.dtype)
        eps = 2e-4 if g.dtype.char in "fF" else 1e-9
        np.testing.assert_allclose(g, w, rtol=eps, atol=eps)


@pytest.mark.parametrize("dtype", "fdFD")
def test_values_and_types(dtype):
    a, b, v = matrix(4, dtype), rand(4, 2, dtype=dtype), rand(4, dtype=dtype)
    h = definite(4, dtype)
    for x in (b, v):
        same("solve", a, x)
        same("solve", h, x, assume_a="pos", lower=True)
        same("solve", h, x, assume_a="her")
        same("solve", a + a.T, x, assume_a="sym")
        same("solve", a, x, assume_a="upper triangular")
        for trans in (0, 1, 2, "N", "T", "C"):
            same("solve_triangular", a, x, trans=trans, lower=True)
        same("solve_triangular", a, x, unit_diagonal=True)
        same("lstsq", rand(4, 3, dtype=dtype), x)
    for name in ("inv", "expm", "lu", "lu_factor", "svdvals", "eigvalsh", "circulant"):
        same(name, v if name == "circulant" else h)
    for x in (rand(5, 3, dtype=dtype), rand(3, 5, dtype=dtype)):
        same("lu", x)
        same("lu", x, permute_l=True)
        same("lu", x, p_indices=True)
        same("qr", x, mode="r")
        same("qr", x, mode="economic")
        same("qr", x)
        same("pinv", x)
        same("pinv", x, atol=0.5)
    same("cholesky", h)
    same("cholesky", h, lower=True)
    same("eigvalsh", h, definite(4, dtype), subset_by_index=(1, 2))
    same("solve_sylvester", a, matrix(2, dtype), b)
    same("solve_continuous_lyapunov", a, h)
    if dtype in "dD":
        same("solve_discrete_lyapunov", a, h)
        same("solve_discrete_lyapunov", a, h, method="bilinear")
    same("block_diag", a, v, b)
    same("toeplitz", v)
    same("toeplitz", v, rand(3, dtype=dtype))
    for scale in (1e-3, 0.1, 0.5, 1, 3, 30):
        same("expm", (a * scale / 5).astype(dtype))
    for name in ("fft", "ifft", "fft2", "ifftn", "hfft", "irfft", "fftshift"):
        same(name, b, module="fft")
    for name in ("rfft", "rfft2", "ihfft", "rfftn"):
        same(name, b.real.copy(), module="fft")


@pytest.mark.parametrize("dtype", "dD")
def test_factors_solve_again(dtype):
    a, b, h = matrix(4, dtype), rand(4, 2, dtype=dtype), definite(4, dtype)
    for trans, op in enumerate((a, a.T, a.conj().T)):
        x = nk.jit(lambda a, b, t=trans: sl.lu_solve(sl.lu_factor(a), b, t))(a, b)
        np.testing.assert_allclose(op @ x, b, atol=1e-12)
    for lower in (False, True):
        x = nk.jit(lambda a, b, low=lower: sl.cho_solve(sl.cho_factor(a, low), b))(h, b)
        np.testing.assert_allclose(h @ x, b, atol=1e-10)
    w, v = nk.jit(sl.eigh)(h, definite(4, dtype) + np.eye(4))
    assert w.dtype == np.float64 and v.dtype == np.dtype(dtype)
    stack = np.stack([a, h])
    np.testing.assert_allclose(nk.jit(sl.expm)(stack), scipy.linalg.expm(stack), rtol=1e-9)


@pytest.mark.parametrize("dtype", "dD")
def test_derivatives(dtype):
    a, b, h = matrix(3, dtype), rand(3, 2, dtype=dtype), definite(3, dtype)
    small = a[:2, :2]
    for f, *args in [
        (lambda a: sl.lu(a)[1:], a[:, :2]),
        (sl.expm, small / 4),
        (sl.solve_sylvester, small, small.T.copy(), b[:2]),
    ]:
        nk.check_grads(f, tuple(args), rtol=2e-5)
    for f, *args in [
        (lambda a, b: sl.solve_triangular(a, b, "C", True), a, b),
        (lambda a, b: sl.solve(a, b, assume_a="pos"), h, b),
        (lambda a, b: sl.lu_solve(sl.lu_factor(a), b, 1), a, b),
        (lambda a, b: sl.cho_solve(sl.cho_factor(a), b), h, b),
        (lambda a: sl.lu(a)[1:], a),
        (lambda a: sl.lu(a, permute_l=True), a[:2]),
        (sl.solve_continuous_lyapunov, a, h),
        (sl.solve_discrete_lyapunov, a / 6, h),
        (lambda a, b: sl.eigvalsh(a, b), h, definite(3, dtype) + 2 * np.eye(3)),
        (lambda a, b: sl.block_diag(a, b) ** 2, a, b),
        (lambda c: sl.toeplitz(c) ** 2, b[:, 0].copy()),
    ]:
        nk.check_grads(f, tuple(args), order=1, rtol=2e-5)


def test_errors():
    one = np.ones((2, 2))
    for f in (
        lambda a: sl.solve(a, np.ones(2)),
        lambda a: sl.cholesky(-a),
        lambda a: sl.solve_triangular(0 * a, np.ones(2)),
        lambda a: sl.solve_sylvester(a, -a, a),
    ):
        with pytest.raises(np.linalg.LinAlgError):
            nk.jit(f)(one)
    for f in (
        lambda a: sl.solve(a[:1], np.ones(2)),
        lambda a: sl.solve(a, np.ones(3)),
        lambda a: sl.solve(a, a, assume_a="none"),
        lambda a: sl.qr(a, mode="raw"),
        lambda a: sl.solve_triangular(a, a, trans="X"),
    ):
        with pytest.raises(ValueError):
            nk.jit(f)(one)
    with pytest.raises(TypeError, match="pivoting"):
        nk.jit(lambda a: sl.qr(a, pivoting=True))(one)

"""Banded and Toeplitz systems, roots and logarithms of matrices against SciPy, with derivatives."""

import numpy as np
import pytest
import scipy.linalg
from against_scipy import both, same

import neurokit as nk

RNG = np.random.default_rng(21)
linalg = scipy.linalg


def matrix(n, dtype=float, spread=0.3):
    """Eigenvalues off the negative axis."""
    a = np.eye(n) + spread * RNG.normal(size=(n, n)) / np.sqrt(n)
    return (a + (0.2j * RNG.normal(size=(n, n)) if dtype is complex else 0)).astype(dtype)


def definite(n, condition=1.0):
    q, _ = np.linalg.qr(RNG.normal(size=(n, n)))
    return (q * np.geomspace(1, condition, n)) @ q.T


@pytest.mark.parametrize("name", ["sqrtm", "logm"])
@pytest.mark.parametrize("dtype", [float, complex])
def test_roots_and_logarithms(name, dtype):
    f, g = getattr(nk.scipy.linalg, name), getattr(linalg, name)
    for n in (1, 2, 5, 20):
        np.testing.assert_allclose(nk.jit(f)(a := matrix(n, dtype)), g(a), rtol=1e-10, atol=1e-12)
    order = 2 if dtype is float else 1
    if dtype is float:
        nk.check_grads(f, (matrix(3),), order=order)
    else:
        nk.check_grads(lambda x, y: np.abs(f(x + 1j * y)), (matrix(3), matrix(3)), order=1)
    stack = np.stack([matrix(3, dtype) for _ in range(4)])
    np.testing.assert_allclose(nk.jit(f)(stack), [g(a) for a in stack], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(nk.vmap(f)(stack), [g(a) for a in stack], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("condition", [1e3, 1e8])
def test_roots_of_ill_conditioned_matrices(condition):
    a = definite(6, condition)
    root = nk.jit(nk.scipy.linalg.sqrtm)(a)
    np.testing.assert_allclose(root @ root, a, atol=1e-9 * condition)
    w, v = np.linalg.eigh(a)
    log = nk.jit(nk.scipy.linalg.logm)(a)
    np.testing.assert_allclose(log, (v * np.log(w)) @ v.T, atol=1e-15 * condition**1.05)
    scaled = nk.jit(nk.scipy.linalg.sqrtm)(1e-30 * a)
    np.testing.assert_allclose(scaled, 1e-15 * root, rtol=1e-6, atol=1e-24 * condition**0.5)


def test_exponential_and_logarithm_undo_each_other():
    a = RNG.normal(size=(4, 4)) / 2
    f = nk.jit(lambda a: nk.scipy.linalg.logm(nk.scipy.linalg.expm(a)))
    np.testing.assert_allclose(f(a), a, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["sqrtm", "logm"])
def test_negative_eigenvalues_give_complex_results_where_values_are_known(name):
    f, g = getattr(nk.scipy.linalg, name), getattr(linalg, name)
    symmetric = RNG.normal(size=(4, 4))
    symmetric = symmetric + symmetric.T
    basis = RNG.normal(size=(4, 4)) + 3 * np.eye(4)
    turned = np.array([[0.0, -2, 0, 0], [2, 0.5, 0, 0], [0, 0, -1.5, 0], [0, 0, 0, 3]])
    for a in (symmetric, basis @ turned @ np.linalg.inv(basis), np.diag([-1.0, 2.0])):
        value, _ = nk.jvp(f, (a,), (a,))
        assert value.dtype == complex
        np.testing.assert_allclose(value, g(a), rtol=1e-9, atol=1e-9)
        nk.check_grads(f, (a,), order=1)
    single, _ = nk.jvp(f, (symmetric.astype(np.float32),), (symmetric.astype(np.float32),))
    assert single.dtype == np.complex64


def test_matrices_without_a_root():
    assert np.isnan(nk.jit(nk.scipy.linalg.sqrtm)(np.diag([-1.0, 2.0]))).all()
    with pytest.raises(np.linalg.LinAlgError):
        nk.jit(nk.scipy.linalg.sqrtm)(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="square"):
        nk.jit(nk.scipy.linalg.sqrtm)(np.zeros((2, 3)))
    single = matrix(3).astype(np.float32)
    assert nk.jit(nk.scipy.linalg.sqrtm)(single).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, float, complex])
def test_banded_systems(dtype):
    ab, b = RNG.normal(size=(4, 6)).astype(dtype), RNG.normal(size=(6, 2)).astype(dtype)
    ab[1] += 4
    tolerance = 1e-4 if dtype is np.float32 else 1e-11
    for rhs in (b, b[:, 0]):
        same(
            lambda ab, b: nk.scipy.linalg.solve_banded((2, 1), ab, b),
            lambda ab, b: linalg.solve_banded((2, 1), ab, b),
            ab,
            rhs,
            rtol=tolerance,
            atol=tolerance,
        )
    for lower in (True, False):
        half = RNG.normal(size=(3, 6)).astype(dtype)
        half[0 if lower else -1] = 6 + RNG.random(6)
        same(
            lambda ab, b: nk.scipy.linalg.solveh_banded(ab, b, lower=lower),  # noqa: B023
            lambda ab, b: linalg.solveh_banded(ab, b, lower=lower),  # noqa: B023
            half,
            b,
            rtol=tolerance,
            atol=tolerance,
        )
    if dtype is float:
        nk.check_grads(lambda ab, b: nk.scipy.linalg.solve_banded((2, 1), ab, b), (ab, b), order=2)
        nk.check_grads(lambda b: nk.scipy.linalg.solveh_banded(half, b), (b,), order=1)
    with pytest.raises(ValueError, match="does not equal ab.shape"):
        nk.jit(lambda ab: nk.scipy.linalg.solve_banded((1, 1), ab, b))(ab)


def test_toeplitz_and_hankel():
    c, r, b = RNG.normal(size=(3, 5))
    c[0] += 5
    both(linalg, "solve_toeplitz", c, b)
    single, solve = c.astype(np.float32), nk.scipy.linalg.solve_toeplitz
    same(lambda c: solve(c, c), lambda c: linalg.solve_toeplitz(c, c), single, atol=1e-6)
    same(
        lambda c, r, b: nk.scipy.linalg.solve_toeplitz((c, r), b),
        lambda c, r, b: linalg.solve_toeplitz((c, r), b),
        c,
        r,
        np.stack([b, r], 1),
    )
    both(linalg, "solve_toeplitz", c + 1j * r, b + 1j * c, order=0)
    both(linalg, "hankel", c)
    both(linalg, "hankel", c, r[:3])


def test_tridiagonal_eigenvalues():
    d, e = np.arange(5.0), RNG.random(4) + 0.5
    both(linalg, "eigh_tridiagonal", d, e, eigvals_only=True)
    f = lambda d, e: nk.scipy.linalg.eigh_tridiagonal(d, e, select="i", select_range=(1, 3))  # noqa: E731
    w, v = nk.jit(f)(d, e)
    wanted_w, wanted_v = linalg.eigh_tridiagonal(d, e, select="i", select_range=(1, 3))
    np.testing.assert_allclose(w, wanted_w, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(np.abs(v), np.abs(wanted_v), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_polar(side, shape):
    a = RNG.normal(size=shape)
    same(
        lambda a: nk.scipy.linalg.polar(a, side),
        lambda a: linalg.polar(a, side),
        a,
        rtol=1e-10,
    )
    nk.check_grads(lambda a: nk.scipy.linalg.polar(a, side)[1], (a,), order=1)


def test_eigenvalues():
    a = np.diag([1.0, 3, 6]) + RNG.normal(size=(3, 3)) / 5
    both(linalg, "eigvals", a, order=0)
    w, v = nk.jit(nk.scipy.linalg.eig)(a)
    np.testing.assert_allclose(a @ v, v * w, atol=1e-12)
    with pytest.raises(TypeError, match="left=True has no form"):
        nk.jit(lambda a: nk.scipy.linalg.eig(a, left=True)[0])(a)

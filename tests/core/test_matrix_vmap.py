"""vmap of np.linalg, np.fft and nk.scipy.linalg: one call over a stack is the calls one by one."""

import numpy as np
import pytest

import neurokit as nk

RNG = np.random.default_rng(0)
STACK = RNG.normal(size=(3, 4, 4)) + 4 * np.diag([1.0, 2, 3, 4])
ONE = RNG.normal(size=(4, 2))

FUNCTIONS = {
    "solve": lambda a, b: np.linalg.solve(a, b),
    "shared": lambda a, b: np.linalg.solve(np.eye(4) + b @ b.T, a),
    "det": lambda a, b: np.linalg.det(a),
    "slogdet": lambda a, b: tuple(np.linalg.slogdet(a)),
    "cholesky": lambda a, b: np.linalg.cholesky(a @ a.T),
    "qr": lambda a, b: tuple(np.linalg.qr(a[:, :3])),
    "svd": lambda a, b: tuple(np.linalg.svd(a, full_matrices=False)),
    "svdvals": lambda a, b: np.linalg.svdvals(a),
    "eigh": lambda a, b: tuple(np.linalg.eigh(a)),
    "eigvals": lambda a, b: np.linalg.eigvals(a + 0j),
    "pinv": lambda a, b: np.linalg.pinv(a[:, :3]),
    "lstsq": lambda a, b: np.linalg.lstsq(a[:, :3], b)[0],
    "norm": lambda a, b: np.linalg.norm(a, "nuc"),
    "expm": lambda a, b: nk.scipy.linalg.expm(a / 4),
    "lu": lambda a, b: nk.scipy.linalg.lu_solve(nk.scipy.linalg.lu_factor(a), b),
    "sylvester": lambda a, b: nk.scipy.linalg.solve_sylvester(a, np.eye(2), b),
    "fft": lambda a, b: np.fft.fft2(a, (4, 5)),
    "rfft": lambda a, b: np.fft.irfft(np.fft.rfft(a, axis=0) ** 2, 5),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_stacks(name):
    f = FUNCTIONS[name]
    got = nk.vmap(f, (0, None))(STACK, ONE)
    want = [nk.jit(f)(a, ONE) for a in STACK]
    if not isinstance(got, tuple):
        got, want = (got,), [(w,) for w in want]
    for k, g in enumerate(got):
        np.testing.assert_allclose(g, np.stack([w[k] for w in want]), rtol=1e-10, atol=1e-12)

    def loss(a, b):
        out = f(a, b)
        return sum((np.abs(x) ** 2).sum() for x in (out if isinstance(out, tuple) else (out,)))

    got = nk.vmap(nk.grad(loss), (0, None))(STACK, ONE)
    want = np.stack([nk.grad(loss)(a, ONE) for a in STACK])
    np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-9 * np.abs(want).max(initial=1))

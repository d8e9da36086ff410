"""Dense algebra of ops against NumPy and SciPy, and estimators whose bits no thread count changes."""

import os
import subprocess
import sys

import numpy as np
import pytest
from kernel_tools import layouts
from scipy import linalg

from neurokit import _core
from neurokit.ops import dense


def near(got, want, dtype, k=1):
    tolerance = 200 * np.finfo(dtype).eps * max(k, 1) ** 0.5
    np.testing.assert_allclose(
        got, want, rtol=tolerance, atol=tolerance * np.abs(want).max(initial=0)
    )
    assert got.dtype == dtype


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    "n, p", [(1, 1), (5, 1), (1, 4), (0, 3), (30, 140), (900, 300), (4100, 530)]
)
def test_gram_is_the_product_and_symmetric_to_the_bit(n, p, dtype):
    x = np.random.default_rng(0).standard_normal((n, p)).astype(dtype)
    want = x.astype(float).T @ x
    for each in layouts(x):
        got = dense.gram(each)
        near(got, want if each.base is None else each.astype(float).T @ each, dtype, n)
        assert got.tobytes() == got.T.tobytes()
    one, three = (np.empty((p, p), dtype) for _ in range(2))
    _core.call("syrk", [one], [x.T], threads=1)
    _core.call("syrk", [three], [x.T], threads=3)
    assert one.tobytes() == three.tobytes()


def test_gram_refuses_what_does_not_fit():
    out = np.empty((3, 3))
    with pytest.raises(ValueError, match="contiguous"):
        _core.call("syrk", [out], [np.ones((6, 8))[::2, ::2]])
    with pytest.raises(ValueError, match="wanted a"):
        _core.call("syrk", [out], [np.ones((4, 8))])
    with pytest.raises(TypeError, match="float32 or float64"):
        _core.call("syrk", [out], [np.ones((3, 8), int)])


@pytest.mark.parametrize("a", [(5,), (3, 5), (2, 3, 5), (1, 5)])
@pytest.mark.parametrize("b", [(5,), (5, 4), (5, 1)])
def test_product_is_matmul(a, b):
    rng = np.random.default_rng(0)
    for types in (("f4", "f4"), ("f8", "f4"), ("f8", "f8")):
        x, y = (rng.standard_normal(s).astype(t) for s, t in zip((a, b), types))
        if len(a) == 3:
            y = np.broadcast_to(y, (2, *y.shape)) if y.ndim == 2 else y
            if y.ndim == 1:
                continue
        near(dense.product(x, y), np.matmul(x, y), np.result_type(x, y))
    out = np.zeros((3, 6))[:, :4]
    dense.product(np.ones((3, 5)), np.ones((5, 4)), out=out)
    assert (out == 5).all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("n", [1, 40, 769, 1030])
def test_factor_and_solutions_are_scipys(n, dtype):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n + 50, n)).astype(dtype)
    matrix = x.T @ x / n + np.eye(n, dtype=dtype)
    lower = dense.cholesky(matrix)
    near(lower, linalg.cholesky(matrix.astype(float), lower=True), dtype, n)
    assert not np.triu(lower, 1).any()
    near(dense.cholesky(np.asfortranarray(matrix)), lower, dtype, n)
    for b in (x[:n, 0], x[:n, : min(n, 5)], x[:n], x[:n].T, np.tile(x[:n], (1, 3))[:, : n + 300]):
        for transposed in (False, True):
            want = linalg.solve_triangular(
                lower.astype(float), b, lower=True, trans=int(transposed)
            )
            near(dense.solve_triangular(lower, b, transposed), want, dtype, n)
    flipped = matrix.copy()
    flipped[-1, -1] = -1
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        dense.cholesky(flipped)


def test_triangle_and_squared_norm():
    x = np.random.default_rng(0).standard_normal((40, 7))
    for each in (x, x.T.copy(), x[:, ::-1]):
        r = dense.triangle(each)
        np.testing.assert_allclose(r.T @ r, each.T @ each, atol=1e-12)
        assert not np.tril(r, -1).any()
    np.testing.assert_allclose(dense.squared_norm(x), (x**2).sum())
    np.testing.assert_allclose(dense.squared_norm(x[:, 0].astype("f4")), (x[:, 0] ** 2).sum(), 1e-6)


FITS = """
import hashlib
import numpy as np
from neurokit import encoding as e, rsa
rng = np.random.default_rng(0)
X, Z = rng.standard_normal((420, 300)), rng.standard_normal((260, 420))
Y = X + rng.standard_normal((420, 300))  # no product: NumPy's own bits follow the threads
alphas = np.logspace(0, 4, 6)
def state(*models):
    seen = hashlib.sha256()
    for model in models:
        for name, value in sorted(vars(model).items()):
            if name.endswith("_") and isinstance(value, np.ndarray):
                seen.update(name.encode() + value.tobytes())
        if hasattr(model, "predict"):
            seen.update(model.predict(model.seen).tobytes())
    return seen.hexdigest()
def fit(model, X, Y):
    model.seen = X
    return model.fit(X, Y)
found = []
for dtype in ("f4", "f8"):
    x, z, y = (each.astype(dtype) for each in (X, Z, Y))
    found.append(state(
        fit(e.RidgeCV(alphas), x, y), fit(e.RidgeCV(alphas), z, y[:260, :2]),
        fit(e.RidgeCV(alphas), x, y[:, 0]), fit(e.PLS(3), x, y),
        fit(e.KernelRidgeCV(alphas, fit_intercept=True), x, y),
        fit(e.KernelRidgeCV(alphas, kernel="rbf"), z, y[:260]),
        fit(e.BandedRidgeCV([100, 200], alphas, n_iter=6, refine=1), x, y),
        fit(e.BandedRidgeCV([120, 300], alphas, n_iter=6, refine=1), z, y[:260]),
        fit(e.WeightedKernelRidgeCV(alphas, n_iter=4, refine=1), z, y[:260]),
    ))
    for kind in ("full", "shrinkage_diagonal", "shrinkage_identity"):
        for data in ((x,) if kind == "full" else (x, z)):
            noise = rsa.noise_from_residuals(data, kind)
            parts = [noise.covariance, noise.precision, noise.whiten(data[:9])]
            parts += [each for each in noise.split(data[:9]) if each is not None]
            found.append(hashlib.sha256(b"".join(each.tobytes() for each in parts)).hexdigest())
print(" ".join(found))
"""


def test_estimators_and_noise_have_the_same_bits_at_any_number_of_threads():
    def bits(blas, threads):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        env = {**os.environ, **dict.fromkeys(names, blas), "NEUROKIT_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", FITS], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert bits("1", "1") == bits("2", "2")

"""np.linalg on traced arrays: values, types and errors of NumPy's, derivatives against differences."""

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.run.runtime import run_options

la = np.linalg
RNG = np.random.default_rng(0)


def rand(*shape, dtype="d"):
    x = RNG.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * RNG.normal(size=shape)
    return x.astype(dtype)


def definite(*shape, dtype="d"):
    a = rand(*shape, dtype=dtype)
    return a @ a.conj().swapaxes(-1, -2) + np.eye(shape[-1], dtype=dtype)


def parts(x):
    return tuple(x) if isinstance(x, tuple) else (x,)


def same(f, *args, tol=1e-9):
    """f traced, lazy and abstract, is f in NumPy: values, types, shapes, kind of tuple."""
    want = f(*args)
    floats = all(np.asarray(x).dtype.kind in "fc" for x in args)
    for got in (nk.jit(f)(*args), *([nk.vjp(f, *args)[0]] if floats else [])):
        assert isinstance(got, tuple) == isinstance(want, tuple)
        for g, w in zip(parts(got), parts(want), strict=True):
            g, w = np.asarray(g), np.asarray(w)
            assert g.shape == w.shape and g.dtype == w.dtype, (g.dtype, w.dtype, g.shape, w.shape)
            eps = 1e-5 if g.dtype.char in "fF" else tol
            np.testing.assert_allclose(g, w, rtol=eps, atol=eps)


SQUARE = {
    "solve": lambda a: la.solve(a, a[..., :2]),
    "inv": la.inv,
    "det": la.det,
    "slogdet": lambda a: tuple(la.slogdet(a)),
    "eigvalsh": la.eigvalsh,
    "eigh": lambda a: tuple(la.eigh(a, "U")),
    "cholesky": lambda a: la.cholesky(a + 9 * np.eye(a.shape[-1])),
    "upper": lambda a: la.cholesky(a + 9 * np.eye(a.shape[-1]), upper=True),
    "power": lambda a: la.matrix_power(a, -2),
    "hermitian": lambda a: la.svd(a, compute_uv=False, hermitian=True),
}
RECTANGULAR = {
    "qr": lambda a: tuple(la.qr(a)),
    "complete": lambda a: tuple(la.qr(a, "complete")),
    "r": lambda a: la.qr(a, "r"),
    "full": lambda a: tuple(la.svd(a)),
    "thin": lambda a: tuple(la.svd(a, full_matrices=False)),
    "svdvals": la.svdvals,
    "pinv": la.pinv,
    "rank": la.matrix_rank,
    "transpose": la.matrix_transpose,
    "frobenius": la.matrix_norm,
}


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("name", SQUARE)
def test_functions_of_square_matrices_are_numpys(name, dtype):
    for shape in [(4, 4), (3, 3, 3), (2, 2, 1, 1), (0, 3, 3), (2, 0, 0)]:
        a = rand(*shape, dtype=dtype)
        same(SQUARE[name], a + a.conj().swapaxes(-1, -2))


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("name", RECTANGULAR)
def test_functions_of_rectangular_matrices_are_numpys(name, dtype):
    for shape in [(4, 4), (2, 5, 3), (3, 5), (0, 3), (3, 0), (2, 0, 3)]:
        same(RECTANGULAR[name], rand(*shape, dtype=dtype))


def test_layouts_and_integers():
    wide = rand(6, 4, 8)
    for a in (wide[::2, :, ::2], wide[:, ::-1, :4], np.asfortranarray(wide[0, :, :4])):
        same(la.inv, a)
        same(la.svdvals, a)
    a = np.array([[2, 1], [1, 3]])
    for f in (la.inv, la.det, la.cholesky, la.eigvalsh, lambda a: la.matrix_power(a, 3)):
        same(f, a)


def test_solve_broadcasts_as_numpy_does():
    a = rand(3, 1, 4, 4)
    same(la.solve, a, rand(4))
    same(la.solve, a, rand(5, 4, 2))
    same(la.solve, a[0, 0], rand(2, 4, 2))
    same(la.solve, a.astype("f"), rand(4, dtype="F"))
    same(lambda a, b: la.lstsq(a, b), rand(5, 3), rand(5))
    same(lambda a, b: la.lstsq(a, b), rand(3, 5), rand(3, 2))
    same(la.tensorsolve, rand(2, 3, 6), rand(2, 3))
    same(la.tensorinv, rand(2, 3, 6))
    same(lambda *a: la.multi_dot(a), rand(3), rand(3, 5), rand(5, 2), rand(2))


@pytest.mark.parametrize("dtype", "fdD")
def test_norms_are_numpys(dtype):
    x = rand(3, 4, 2, dtype=dtype)
    for ord in (None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf):
        same(lambda x, o=ord: la.norm(x, o, axis=(0, 2), keepdims=True), x)
    for ord in (None, 0, 1, 2, 3, 0.5, -1, np.inf, -np.inf):
        same(lambda x, o=ord: la.norm(x, o, axis=1), x)
        same(lambda x: la.vector_norm(x, axis=(0, 2), keepdims=True), x)
    for p in (None, 2, -2, "fro", 1, np.inf):
        same(lambda x, p=p: la.cond(x, p), rand(2, 3, 3, dtype=dtype))
    same(lambda x: la.cond(x, 1), np.array([[1.0, 2], [2, 4]]))
    same(la.norm, x)
    same(lambda x: la.cross(x, x[::-1]), rand(2, 3, dtype=dtype))
    same(la.outer, x[0, 0], x[0, 1])
    same(lambda x: la.diagonal(x, offset=1), x)
    same(lambda x: la.trace(x, offset=-1), x)
    same(la.vecdot, x, x[:1])


def test_general_eigenvalues():
    turn = np.array([[0, -2, 0], [1, 0, 0], [0, 0, 1]])  # has complex eigenvalues
    for dtype in "fdFD":
        a = (rand(2, 3, 3) / 5 + turn).astype(dtype)
        same(lambda a: tuple(la.eig(a)), a)
        same(la.eigvals, a)
    a = np.diag([1.0, 2.0, 3.0]) + 0.01
    value, pull = nk.vjp(la.eigvals, a)
    assert value.dtype == np.float64  # lazy: real where NumPy's are
    assert nk.jit(la.eigvals)(a).dtype == np.complex128  # types cannot hang on values in jit


def test_every_name_of_the_namespace_has_a_traced_form():
    from neurokit.core.numpy_table import FUNCTIONS
    from neurokit.core.trace.ufuncs import COMPOSITES

    names = [n for n in dir(la) if n[0] not in "_L" and n not in ("linalg", "test")]
    for n in names:
        f = getattr(la, n)
        assert f in FUNCTIONS or f in COMPOSITES, n


# ---------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "f, a, text",
    [
        (la.inv, np.zeros((2, 2)), "Singular matrix"),
        (la.cholesky, -np.eye(2), "not positive definite"),
        (la.inv, np.zeros((2, 3)), "square"),
        (la.det, np.zeros(3), "at least two-dimensional"),
        (la.eigvals, np.full((2, 2), np.nan), "infs or NaNs"),
        (la.svdvals, np.full((2, 2), np.nan), "did not converge"),
        (la.cond, np.zeros((0, 3)), "empty"),
    ],
)
def test_linalg_errors_are_numpys(f, a, text):
    for call in (f, nk.jit(f)):
        with pytest.raises(la.LinAlgError, match=text):
            call(a)


def test_errors_name_the_line_and_wrong_arguments_raise():
    with pytest.raises(la.LinAlgError, match=r"test_linalg\.py:\d+"):
        nk.jit(lambda a: la.solve(a, np.ones(2)))(np.ones((2, 2)))
    wrong = {
        ValueError: [
            lambda a: la.eigh(a, "X"),
            lambda a: la.norm(a, "bad"),
            lambda a: la.norm(a, 2, axis=(0, 0)),
            lambda a: la.qr(a, "bad"),
            lambda a: la.solve(a, np.ones(3)),
            lambda a: la.multi_dot([a]),
        ],
        TypeError: [
            lambda a: la.matrix_power(a, 0.5),
            lambda a: la.qr(a, "raw"),
            lambda a: la.norm(a, axis="x"),
        ],
    }
    for kind, calls in wrong.items():
        for f in calls:
            with pytest.raises(kind):
                nk.jit(f)(np.eye(2))


# ---------------------------------------------------------------------------- derivatives


def phase_free(v):
    return v * np.exp(-1j * np.angle(v[..., :1, :])) if np.iscomplexobj(v) else v


def unchanged(u, s, vh):
    """What the free phases of complex singular vectors leave alone."""
    return s, (u * np.conj(u)).real, (vh * np.conj(vh)).real, u @ vh


GRADIENTS = {
    "solve": lambda a: la.solve(a, a[..., :1] ** 2),
    "inv": la.inv,
    "det": la.det,
    "slogdet": lambda a: tuple(la.slogdet(a))[1],
    "qr": lambda a: tuple(la.qr(a)),
    "tall": lambda a: tuple(la.qr(a[..., :2])),
    "wide": lambda a: tuple(la.qr(a[..., :2, :])),
    "svd": lambda a: unchanged(*la.svd(a)),
    "thin": lambda a: unchanged(*la.svd(a[..., :2], full_matrices=False)),
    "flat": lambda a: unchanged(*la.svd(a[..., :2, :], full_matrices=False)),
    "svdvals": la.svdvals,
    "eigh": lambda a: (la.eigh(a)[0], phase_free(la.eigh(a)[1])),
    "eigvalsh": lambda a: la.eigvalsh(a, "U"),
    "eig": lambda a: tuple(la.eig(a)),
    "pinv": lambda a: la.pinv(a[..., :2]),
    "flat pinv": lambda a: la.pinv(a[..., :2, :]),
    "nuclear": lambda a: la.norm(a, "nuc", axis=(-2, -1)),
    "spectral": lambda a: la.matrix_norm(a, ord=2),
    "norm": lambda a: la.norm(a, 3, axis=-1),
    "cond": lambda a: la.cond(a, 1),
}


@pytest.mark.parametrize("dtype", "dD")
@pytest.mark.parametrize("name", GRADIENTS)
def test_derivatives(name, dtype):
    rng = np.random.default_rng(5)
    a = rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3))
    a = a.astype(dtype) if dtype == "D" else a.real.copy()
    a += 3 * np.diag([1, 2, 3])
    nk.check_grads(GRADIENTS[name], (a,), order=2, rtol=1e-5)


def test_derivatives_of_definite_and_several():
    a = definite(2, 3, 3, dtype="D")
    for x in (a, a.real.copy()):
        nk.check_grads(la.cholesky, (x,), rtol=1e-5)
        nk.check_grads(lambda x: la.cholesky(x, upper=True), (x,), rtol=1e-5)
        nk.check_grads(lambda x: la.pinv(x, hermitian=True), (x,), rtol=1e-5)
    nk.check_grads(lambda a, b: la.lstsq(a, b)[:2], (rand(4, 2), rand(4, 2)), rtol=1e-5)
    nk.check_grads(lambda a, b: la.lstsq(a, b)[0], (rand(2, 4), rand(2)), rtol=1e-5)
    nk.check_grads(la.eigvals, (rand(4, 4),), rtol=1e-4)


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 3, 3)])
def test_general_eigenvalues_of_nothing_have_empty_derivatives(shape):
    a = np.zeros(shape)
    for f in (la.eigvals, lambda a: la.eig(a)[0], lambda a: la.eig(a)[1]):
        real = lambda a, f=f: f(a).real.sum()  # noqa: E731
        assert nk.grad(real)(a).shape == shape
        assert nk.grad(lambda a, g=real: nk.grad(g)(a).sum())(a).shape == shape
        assert nk.jvp(real, (a,), (a,))[1] == 0


def by_minors(a, i, j, k, m):
    """The second derivative of det(a) by a[i, j] and a[k, m]: a signed minor without both rows and columns."""
    if i == k or j == m:
        return 0.0
    rest = np.delete(np.delete(a, [i, k], 0), [j, m], 1)
    sign = (-1) ** (i + j + k + m) * (1 if (i < k) == (j < m) else -1)
    return sign * la.det(rest)


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_second_derivatives_of_determinants(n, rank):
    rng = np.random.default_rng(n)
    rank = min(rank, n)
    a = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, n))
    wanted = [by_minors(a, *place) for place in np.ndindex(n, n, n, n)]
    hessian = nk.jit(nk.hessian(la.det))(a)
    np.testing.assert_allclose(hessian, np.reshape(wanted, (n,) * 4), atol=1e-12)
    e = rng.normal(size=(n, n))
    product = nk.hvp(la.det, (a,), (e,))
    np.testing.assert_allclose(product, np.tensordot(hessian, e, 2), atol=1e-12)
    reverse = nk.grad(lambda a: np.sum(e * nk.grad(la.det)(a)))(a)
    np.testing.assert_allclose(reverse, product, atol=1e-12)


def test_higher_derivatives_of_determinants():
    z = rand(3, 3) + 1j * rand(3, 3)
    for x in (rand(3, 3), np.stack([rand(2, 2), rand(2, 2)]), z):
        nk.check_grads(la.det, (x,), order=3, rtol=1e-4)


def test_gradients_at_special_points():
    singular = np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])
    cofactors = [[4, 4, -4], [-2, -2, 2], [0, 0, 0]]
    np.testing.assert_allclose(nk.grad(la.det)(singular), cofactors, atol=1e-12)
    np.testing.assert_allclose(nk.grad(la.det)(np.zeros((1, 1))), [[1]])
    for ord in (None, 2, 3, 1, np.inf):
        assert np.isfinite(nk.grad(lambda x, o=ord: la.norm(x, o))(np.zeros(3))).all()
    assert not nk.grad(la.norm)(np.zeros((2, 2))).any()
    same_values = nk.grad(lambda a: la.eigvalsh(a)[0] + la.eigvalsh(a)[1])(np.eye(2))
    np.testing.assert_allclose(same_values, np.eye(2), atol=1e-12)


def test_full_decompositions_differentiate_what_they_can():
    a = rand(4, 2)
    nk.check_grads(lambda a: la.svd(a)[1], (a,), rtol=1e-5)
    with pytest.raises(TypeError, match="full_matrices=False"):
        nk.grad(lambda a: la.svd(a)[0].sum())(a)
    with pytest.raises(TypeError, match="reduced"):
        nk.grad(lambda a: la.qr(a, "complete")[0].sum())(a)


def test_float32_derivatives_are_those_of_double():
    a = definite(3, 3).astype("f")
    g = nk.grad(lambda a: la.slogdet(a)[1])(a)
    assert g.dtype == np.float32
    np.testing.assert_allclose(g, la.inv(a.astype("d")).T, rtol=1e-6)


def test_in_loops_threads_and_the_twin():
    a = definite(40, 6, 6)

    def f(a):
        def step(c, x):
            c = la.solve(x, c) + la.cholesky(x)[..., 0]
            return c, la.slogdet(x)[1]

        c, logs = nk.scan(step, np.ones(6), a)
        return (c**2).sum() + logs.sum() + la.svdvals(a).sum() + la.eigh(a)[1][:, 0, 0].sum()

    def plain(a):
        c = np.ones(6)
        total = 0
        for x in a:
            c = la.solve(x, c) + la.cholesky(x)[..., 0]
            total += la.slogdet(x)[1]
        return (c**2).sum() + total + la.svdvals(a).sum() + la.eigh(a)[1][:, 0, 0].sum()

    value, grad = nk.value_and_grad(f)(a)
    np.testing.assert_allclose(value, plain(a), rtol=1e-10)
    for threads in (1, 2, 3):
        with nk.options(threads=threads):
            again = nk.value_and_grad(f)(a)
        assert again[0] == value and again[1].tobytes() == grad.tobytes()
    direction = rand(40, 6, 6)
    _, tangent = nk.jvp(f, (a,), (direction,))
    np.testing.assert_allclose(tangent, (grad * direction).sum(), rtol=1e-8)
    run_options.reference = True
    try:
        twin = nk.value_and_grad(lambda a: la.slogdet(a)[1].sum() + la.inv(a)[0, 0, 1])(a)
    finally:
        run_options.reference = False
    fast = nk.value_and_grad(lambda a: la.slogdet(a)[1].sum() + la.inv(a)[0, 0, 1])(a)
    np.testing.assert_allclose(twin[1], fast[1], rtol=1e-9, atol=1e-12)


def test_transposes_of_transposes_are_views():
    def f(x):
        y = x.transpose(1, 2, 0).transpose(1, 2, 0)
        y[0] = 5.0  # writes through both
        return x, x.T.T, y

    x = np.arange(24.0).reshape(2, 3, 4)
    for got, want in zip(nk.jit(f)(x), f(x.copy()), strict=True):
        np.testing.assert_array_equal(got, want)


def test_values_that_rounding_parts_count_as_equal():
    rng = np.random.default_rng(3)
    q, _ = la.qr(rng.normal(size=(3, 3)))
    a, w = q @ np.diag([2.0, 2.0, 5.0]) @ q.T, rng.normal(size=(3, 3))
    even = lambda a: (a + a.T) / 2  # noqa: E731
    assert 0 < np.diff(la.eigvalsh(even(a)))[0] < 1e-14

    def by_eigenvectors(a):
        values, v = la.eigh(even(a))
        return np.sum(w * ((v * np.sin(values)) @ v.T))

    def by_singular_vectors(a):
        u, s, vh = la.svd(a)
        return np.sum(w * ((u * np.tanh(s)) @ vh))

    for f in (by_eigenvectors, by_singular_vectors):
        assert np.isnan(nk.grad(f)(a)).all()
        assert np.isnan(nk.jvp(f, (a,), (w,))[1])
        nk.check_grads(f, (a + np.diag([0.0, 1e-2, 0.0]),), order=1)
    assert np.isnan(nk.hvp(lambda a: np.sum(la.eigvalsh(even(a)) ** 3), (a,), (w,))).all()
    np.testing.assert_allclose(nk.grad(lambda a: np.sum(la.eigh(even(a))[0] ** 3))(a), 3 * a @ a)


def test_vectors_that_are_read_have_derivatives_beside_equal_ones():
    rng = np.random.default_rng(4)
    q, _ = la.qr(rng.normal(size=(3, 3)))
    w, low = rng.normal(size=5), rng.normal(size=(5, 2)) @ rng.normal(size=(2, 4))
    last = lambda a: np.sum(np.abs(la.eigh((a + a.T) / 2)[1][:, -1]) * w[:3])  # noqa: E731
    first = lambda a: np.sum(np.abs(la.svd(a, full_matrices=False)[0][:, 0]) * w)  # noqa: E731
    for a in (q @ np.diag([2.0, 2.0, 5.0]) @ q.T, np.diag([1.0, 1.0, 3.0]) + 0.1 * np.ones(3)):
        nk.check_grads(last, (a,), order=1)
    nk.check_grads(first, (low,), order=1)

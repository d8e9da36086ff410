"""Complex arrays in a trace: values, dtypes and branch cuts against NumPy, derivatives against differences."""

import warnings

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.run import runtime

RNG = np.random.default_rng(5)
UNARY = (
    "exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal sin cos tan sinh cosh tanh arcsin arccos arctan "
    "arcsinh arccosh arctanh absolute sign conjugate negative positive rint"
).split()
TESTS = "isnan isinf isfinite logical_not".split()
BINARY = "add subtract multiply divide power float_power maximum minimum".split()
COMPARE = "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_xor".split()


def z_like(*shape, dtype=np.complex128):
    return (RNG.normal(size=shape) + 1j * RNG.normal(size=shape)).astype(dtype)


Z, W, M = z_like(3, 4), z_like(3, 4), z_like(4, 2)


def close(got, wanted, rtol=1e-13):
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    if got.dtype.itemsize == 8 and got.dtype.kind == "c" or got.dtype == np.float32:
        rtol = max(rtol, 3e-5)
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol)


def both(f, *args):
    """The function in a lazy trace and in jit."""
    yield nk.jit(f)(*args)
    yield nk.vjp(f, *args)[0]


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, dtype):
    f, z = getattr(np, name), (3 * Z).astype(dtype)
    for got in both(lambda z: f(z), z):
        close(got, f(z))
    close(nk.jit(lambda z: f(z[::2, ::-1].T))(z), f(z[::2, ::-1].T))
    close(nk.jit(lambda z: f(z))(z[0, 0]), f(z[0, 0]))
    assert nk.jit(lambda z: f(z))(z[:0]).shape == (0, 4)


@pytest.mark.parametrize("name", BINARY + COMPARE)
def test_binary(name):
    f = getattr(np, name)
    w = W.copy()
    w[0] = Z[0]
    w[1, :2] = Z[1, :2].real + 5j
    for x, y in (
        (Z, w),
        (Z, w[0]),
        (Z.astype(np.complex64), w),
        (Z, w.real),
        (Z, 2),
        (1.5, w),
        (Z, 1j),
    ):
        with np.errstate(all="ignore"):
            wanted = f(x, y)
            close(nk.jit(lambda *a: f(*[x if x is not None else y for x in a]))(x, y), wanted)
    close(nk.jit(lambda z: f(z.astype(np.complex64), 2j))(Z), f(Z.astype(np.complex64), 2j))


EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 1e-300, 1e300, -1e300, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize(
    "name", "exp log log2 sqrt arcsin arccos arctan arcsinh arccosh arctanh tanh sinh".split()
)
def test_branch_cuts_and_signed_zeros(name):
    """On both sides of each cut, told apart by the sign of a zero."""
    a = [-3.0, -2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0, 3.0]
    cut = np.array([complex(x, y) for x in a for y in (0.0, -0.0)])
    cut = np.concatenate([cut, np.array([complex(y, x) for x in a for y in (0.0, -0.0)])])
    f = getattr(np, name)
    with np.errstate(all="ignore"):
        wanted = f(cut)
    got = nk.jit(lambda z: f(z))(cut)
    finite = np.isfinite(wanted)
    np.testing.assert_allclose(got[finite], wanted[finite], rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(np.isfinite(got), finite)


@pytest.mark.parametrize("name", "sqrt log absolute sign isnan isinf isfinite equal less".split())
def test_infinities(name):
    z = np.array([complex(a, b) for a in EDGES for b in EDGES])
    f = getattr(np, name)
    args = (z, z[::-1].copy()) if f.nin == 2 else (z,)
    with np.errstate(all="ignore"):
        wanted = f(*args)
    got = nk.jit(lambda *a: f(*a))(*args)
    for part in (np.real, np.imag):
        np.testing.assert_allclose(part(got), part(wanted), rtol=1e-13)


FUNCTIONS = {
    "sum": lambda z: np.sum(z, axis=0) + z.sum(),
    "prod": lambda z: np.prod(z, axis=1),
    "mean": lambda z: z.mean(axis=0, keepdims=True),
    "var": lambda z: np.var(z, axis=0, ddof=1),
    "std": lambda z: np.std(z),
    "cumsum": lambda z: np.cumsum(z, axis=1),
    "cumprod": lambda z: np.cumprod(z, axis=0),
    "any all": lambda z: np.any(z - z[0], axis=1) & np.all(z, axis=1),
    "max": lambda z: np.max(z.round(0), axis=0),
    "min": lambda z: z.round(0).min(),
    "argmax": lambda z: np.argmax(z.round(0), axis=1) + z.round(0).argmin(),
    "average": lambda z: np.average(z, axis=0, weights=np.abs(z)),
    "diff": lambda z: np.diff(z, axis=1),
    "norm": lambda z: np.linalg.norm(z, axis=1),
    "norm 1": lambda z: np.linalg.norm(z, ord=1, axis=1),
    "where": lambda z: np.where(z.real > 0, z, 1.0),
    "parts": lambda z: z.real * np.imag(z) + np.angle(z),
    "angle": lambda z: np.angle(z, deg=True),
    "conj": lambda z: z.conj() * np.conj(z),
    "reshape": lambda z: z.reshape(2, 6).T[::-1],
    "index": lambda z: z[[0, 2, 2]][:, None, ::2],
    "take": lambda z: np.take(z, [1, 0, 1], axis=1),
    "concatenate": lambda z: np.concatenate([z, z.real, np.ones((3, 1))], axis=1),
    "stack": lambda z: np.stack([z, 2 * z]),
    "pad": lambda z: np.pad(z, 1, constant_values=1.5),
    "roll": lambda z: np.roll(z, 1, axis=1),
    "tril": lambda z: np.tril(z),
    "diag": lambda z: np.diag(z[0])[:3, :3] + np.diagonal(z[:, :3]),
    "repeat": lambda z: np.repeat(z, 2, axis=0),
    "matmul": lambda z: z @ z.T.conj(),
    "matmul real": lambda z: z @ z.real.T,
    "matmul vector": lambda z: z @ z[0],
    "dot": lambda z: np.dot(z, z[1]),
    "vdot": lambda z: np.vdot(z, z),
    "vecdot": lambda z: np.vecdot(z, z[0]),
    "inner": lambda z: np.inner(z, z),
    "outer": lambda z: np.outer(z[0], z[1]),
    "einsum": lambda z: np.einsum("ij,kj->ik", z, z.conj()),
    "tensordot": lambda z: np.tensordot(z, z, axes=([0, 1], [0, 1])),
    "kron": lambda z: np.kron(z, z[:1]),
    "round": lambda z: np.round(z, 1),
    "nan_to_num": lambda z: np.nan_to_num(z),
    "full_like": lambda z: np.full_like(z, 2j) + np.zeros_like(z) + np.ones_like(z),
    "isclose": lambda z: np.isclose(z, z + 1e-12),
    "iscomplex": lambda z: np.iscomplex(z) | np.isreal(z + 1),
    "astype": lambda z: z.astype(np.complex64).astype(np.complex128),
    "real_if_close": lambda z: np.real_if_close(z),
    "clip by size": lambda z: z / np.maximum(np.abs(z), 1.0),
    "trapezoid": lambda z: np.trapezoid(z, axis=0),
    "meshgrid": lambda z: np.meshgrid(z[0], z[1])[1],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    f = FUNCTIONS[name]
    for z in (Z, Z[::-1, ::-1], Z.astype(np.complex64)):
        close(nk.vjp(f, z)[0], f(z), 1e-12)
        if name != "real_if_close":
            close(nk.jit(f)(z), f(z), 1e-12)


SMOOTH = {
    **{
        n: (lambda z, n=n: getattr(np, n)(z * 0.7 + 0.2))
        for n in UNARY
        if n not in ("rint", "sign", "absolute")
    },
    "sign": lambda z: np.sign(z),
    "absolute": lambda z: np.abs(z),
    "power": lambda z: z**2.5 + z**3 + z**-2 + 2.0**z + z**z,
    "divide": lambda z: z / (z + 3) + 1 / z,
    "parts": lambda z: z.real * z + z.imag**2,
    "where": lambda z: np.where(z.real > 0, z * z, 1j),
    "angle": lambda z: np.angle(z),
    "real in, complex out": lambda z: np.exp(1j * z.real) * (2 - 1j),
    **{
        n: FUNCTIONS[n]
        for n in "sum,prod,mean,var,cumsum,cumprod,norm,index,take,concatenate,pad,matmul,vdot,einsum,diag".split(
            ","
        )
    },
}


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives(name):
    nk.check_grads(SMOOTH[name], (Z[:, :3],), rtol=2e-6)


def test_two_arguments_of_different_kinds():
    f = lambda z, x: np.sum(np.abs(np.tanh(z * x) - x) ** 2)  # noqa: E731
    nk.check_grads(f, (Z, Z.real.copy()))
    gz, gx = nk.grad(f, (0, 1))(Z, Z.real)
    assert gz.dtype == np.complex128 and gx.dtype == np.float64
    g = nk.grad(lambda z: np.abs(z.sum()))(Z.astype(np.complex64))
    assert g.dtype == np.complex64


def test_convention():
    """df/dx - i df/dy for real functions; the complex derivative for holomorphic ones."""
    assert nk.grad(lambda z: np.abs(z) ** 2)(3 + 4j) == 6 - 8j
    assert nk.grad(lambda z: z.real)(1 + 1j) == 1
    assert nk.grad(lambda z: z.imag)(1 + 1j) == -1j
    assert nk.grad(lambda z: z**3, holomorphic=True)(1 + 1j) == 3 * (1 + 1j) ** 2
    close(nk.jacobian(lambda z: M.T @ z, holomorphic=True)(Z[0]), M.T)
    close(nk.jacobian(lambda x: x * 1j)(np.ones(2)), 1j * np.eye(2))
    close(nk.jacobian(lambda z: z.real)(Z[0]), np.eye(4) + 0j)
    _, pull = nk.vjp(lambda z: z * (2 + 1j), 1j)
    assert pull(1 + 1j)[0] == (2 + 1j) * (1 + 1j)
    _, t = nk.jvp(np.conj, (1j,), (2 + 1j,))
    assert t == 2 - 1j


def test_no_nan_at_zero():
    z = np.array([0, 1 + 1j])
    np.testing.assert_allclose(nk.grad(lambda z: np.abs(z).sum())(z)[0], 0)
    np.testing.assert_allclose(nk.grad(lambda z: np.linalg.norm(z * 0))(z), 0)
    g = nk.grad(lambda z: np.where(z == 0, 0, np.log(z)).real.sum())(z)
    np.testing.assert_allclose(g, [0, 1 / (1 + 1j)])
    g = nk.grad(lambda z: np.where(z == 0, 0, np.sqrt(z) / z).real.sum())(z)
    assert np.all(np.isfinite(g))


def test_errors():
    with pytest.raises(TypeError, match="real number, got complex128"):
        nk.grad(lambda z: z * 2)(1j)
    with pytest.raises(TypeError, match="holomorphic"):
        nk.grad(lambda x: x * 2, holomorphic=True)(1.0)
    with pytest.raises(TypeError, match="holomorphic"):
        nk.jacobian(lambda z: z * 2)(Z[0])
    with pytest.raises(TypeError, match="float32"):
        nk.grad(lambda z: z.real)(np.array([1, 2]))
    with pytest.raises(TypeError):
        nk.jit(lambda z: np.floor(z))(Z)
    with pytest.raises(TypeError, match="cotangent"):
        nk.vjp(lambda x: x * 2, 1.0)[1](1j)


def test_writes_through_parts():
    def f(z):
        z = z.copy()
        z.real = 2.0
        z.imag[0] = z.imag[1] * 3
        z[1, 0] = 5
        z.real[2] += 1
        z *= 1j
        return z

    a = Z.copy()
    a.real, a.imag[0] = 2.0, a.imag[1] * 3
    a[1, 0] = 5
    a.real[2] += 1
    a *= 1j
    for got in both(f, Z):
        close(got, a)
    with pytest.raises(TypeError, match="imaginary"):
        nk.jit(lambda x: setattr(x, "imag", 1.0))(np.ones(2))
    with pytest.raises(ValueError, match="read-only"):
        nk.jit(lambda x: x.imag.__setitem__(0, 1.0))(np.ones(2))


def test_complex_to_real_warns():
    with pytest.warns(np.exceptions.ComplexWarning):
        assert nk.jit(lambda z: z.astype(np.float64))(Z).dtype == np.float64
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nk.jit(lambda z: z.astype(bool))(Z).all()

    def write(x, z):
        x = x.copy()
        x[0] = z[0, 0]
        return x

    with pytest.warns(np.exceptions.ComplexWarning):
        assert nk.jit(write)(np.zeros(2), Z)[0] == Z[0, 0].real
    with pytest.raises(TypeError):
        nk.jit(lambda x: x.__setitem__(0, 1j))(np.zeros(2))
    with pytest.raises(TypeError, match="same_kind"):
        nk.jit(lambda x, z: x.__iadd__(z))(np.zeros((3, 4)), Z)


@pytest.mark.parametrize("checkpoint", [None, 2])
def test_scan(checkpoint):
    """Damped oscillators with complex carries, inputs and outputs."""
    decay, drive = np.exp((-0.1 + 1j) * np.arange(1, 4)), z_like(9, 3)

    def run(decay, z, drive):
        def step(z, x):
            z = decay * z + x
            return z, (np.abs(z), z.conj())

        return nk.scan(step, z, drive, checkpoint=checkpoint)

    z, sizes, conjugates = np.zeros(3, complex), [], []
    for x in drive:
        z = decay * z + x
        sizes.append(np.abs(z))
        conjugates.append(z.conj())
    last, (a, b) = run(decay, np.zeros(3, complex), drive)
    close(last, z)
    close(a, np.array(sizes))
    close(b, np.array(conjugates))

    def loss(decay, z, drive):
        last, (a, b) = run(decay, z, drive)
        return np.sum(a**2) + np.sum((b * last).imag)

    nk.check_grads(loss, (decay, z_like(3), drive), order=1)
    final, _ = nk.scan(lambda z, _: (z * 1j + 1, None), 0.5, length=3)
    assert final == ((0.5 * 1j + 1) * 1j + 1) * 1j + 1


def test_gradient_of_gradient():
    f = lambda z: np.sum(np.abs(z) ** 4)  # noqa: E731
    nk.check_grads(nk.grad(f), (Z[0],), order=1)


def test_chain_stays_in_parts():
    """A chain of complex operations interleaves its result only."""
    from neurokit.core.graph import Graph, reachable
    from neurokit.core.trace.arguments import input_tracer

    with Graph() as graph:
        z = input_tracer(graph, Z)
        out = np.exp(z * z + 1j) / (z.conj() + 2)
        names = [n.prim.name for n in reachable([np.abs(out).node])]
    assert names.count("complex") == 0 and names.count("real") == 1


def test_plain_arrays_refuse_traced_complex():
    def f(t):
        b = np.zeros(2, complex)
        b[0] = t
        return np.abs(b).sum()

    with pytest.raises(TypeError):
        nk.grad(f)(1j)
    with pytest.raises(TypeError):
        nk.jit(f)(1j)
    with pytest.warns(UserWarning, match="complex"):
        nk.grad(lambda t: abs(complex(t)) * t.real)(2j)


def test_made_in_a_trace():
    f = lambda z: nk.array([z, 1.0, 2j]) * nk.full(3, z) + nk.zeros(3, complex) + nk.ones(3, like=z)  # noqa: E731
    close(nk.jit(f)(1 + 1j), np.array([1 + 1j, 1, 2j]) * (1 + 1j) + 1)


@pytest.mark.parametrize("threads", [1, 3])
def test_large(threads):
    """Long enough to be cut into pieces; the same with any number of threads."""
    z = RNG.normal(size=100_001) + 1j * RNG.normal(size=100_001)
    f = lambda z: np.exp(z * 0.1) / (z + 2j) - z.conj()[::-1] * z.imag  # noqa: E731
    with nk.options(threads=threads):
        got = nk.jit(f)(z)
    close(got, f(z), 1e-12)
    np.testing.assert_array_equal(got, nk.jit(f)(z))


@pytest.mark.parametrize("native", ["0", "always"])
def test_parts_read_after_an_update_in_place(monkeypatch, native):
    """A part lives in the memory of the whole: an update must not reach who reads the part later."""
    monkeypatch.setenv("NEUROKIT_NATIVE", native)
    runtime._programs.clear()

    def f(x, y):
        re, im = np.exp(x), np.sin(y)
        z = re + 1j * im
        w = z.copy()
        w[0] = 5
        return w, re * 2, np.cumsum(im), z.real.sum()

    for n in (5, 3000):
        x, y = RNG.normal(size=n), RNG.normal(size=n)
        for got in both(f, x, y):
            for g, w in zip(got, f(x, y)):
                close(g, w)
    runtime._programs.clear()


def test_saved(tmp_path):
    tree = {"z": Z, "scalar": np.complex64(1j), "number": complex(-0.0, 2)}
    nk.save(tmp_path / "a.npz", tree)
    back = nk.load(tmp_path / "a.npz")
    close(back["z"], Z)
    assert back["scalar"].dtype == np.complex64
    assert type(back["number"]) is complex and repr(back["number"]) == repr(tree["number"])


@pytest.mark.parametrize("dtype", ["c8", "c16"])
@pytest.mark.parametrize("native", ["0", "always"])
def test_layouts_of_parts(monkeypatch, dtype, native):
    """Both parts and one part alone, contiguous, padded, transposed, reversed, repeated; over whole blocks and rests."""
    monkeypatch.setenv("NEUROKIT_NATIVE", native)
    runtime._programs.clear()
    base = z_like(700, 600, dtype=dtype)
    f = nk.jit(lambda z, w, x: (z + np.conjugate(w), w.imag - x, z.real * x))
    for n, m in [
        (1, 1),
        (1, 17),
        (5, 3),
        (31, 7),
        (1, 255),
        (2, 257),
        (3, 600),
        (300, 513),
        (0, 4),
    ]:
        x = base.imag[:n, :m].copy()
        for z, w in (
            (base[:n, :m].copy(), base[n : 2 * n, :m].copy()),
            (base[:n, :m], base.T[:n, :m] if m < 600 else base[n : 2 * n, :m]),
            (base[:n, :m][:, ::-1], base[699 : 699 - n : -1, :m]),
            (base[: 2 * n : 2, :m], np.broadcast_to(base[:1, :m], (n, m))),
        ):
            for got, want in zip(
                f(z, w, x), (z + np.conjugate(w), w.imag - x, z.real * x), strict=True
            ):
                np.testing.assert_array_equal(got, want, strict=True)
    runtime._programs.clear()


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_parts_of_no_elements(dtype):
    x, y = np.zeros((0, 1, 3), dtype), np.zeros((0, 4, 3), dtype)
    f = lambda x, y: (x - y, y.imag + x.real, np.sum(x.imag * 2, 0))  # noqa: E731
    for how in (f, nk.jit(f)):
        value, pull = nk.vjp(how, x, y)
        for got, wanted in zip(value, f(x, y)):
            np.testing.assert_array_equal(got, wanted, strict=True)
        for got, wanted in zip(pull(tuple(map(np.ones_like, value))), (x, y)):
            np.testing.assert_array_equal(got, wanted, strict=True)

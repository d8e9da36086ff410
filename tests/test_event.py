"""Event and sparse products: kernels against their NumPy twins, derivatives, refusals."""

import numpy as np
import pytest

import neurokit as nk
from neurokit import _core, ops
from neurokit.core.run import lower
from neurokit.ops import event_twins as twins

FLOATS = [np.float32, np.float64]


def random_conn(rng, n_pre, n_post, p=0.3):
    return ops.Csr.from_dense(rng.random((n_pre, n_post)) < p)[0]


def spikes_of(rng, shape, fraction, dtype):
    """Active where true; floats of any size, silent ones 0 or negative."""
    on = rng.random(shape) < fraction
    if dtype is bool:
        return on
    silent = -rng.random(shape) * (rng.random(shape) < 0.5)
    return np.where(on, rng.random(shape) + 0.1, silent).astype(dtype)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (64, 3), (65, 130), (200, 0), (0, 4)])
def test_event_product_equals_its_twin(shape, dtype, fraction):
    """Bit for bit: both take each target's sum in the order of pre cells."""
    rng = np.random.default_rng(hash(shape) % 1000)
    conn = random_conn(rng, *shape)
    for weight in (np.asarray(0.3, dtype), rng.standard_normal(conn.nnz).astype(dtype)):
        for kind in (bool, np.float32, np.float64):
            for batch in ((), (3,)):
                x = spikes_of(rng, batch + shape[:1], fraction, kind)
                start = rng.standard_normal(batch + shape[1:]).astype(dtype)
                want = twins.product(
                    conn.indptr, conn.indices, weight, twins.active(x, dtype), shape[1], False
                )
                out = np.empty_like(want)
                for indptr in (conn.indptr, conn.indptr.astype(np.int64)):
                    _core.call("event_matvec", [out], [indptr, conn.indices, weight, x], ip=(0,))
                    np.testing.assert_array_equal(out, want)
                want = twins.product(
                    conn.indptr,
                    conn.indices,
                    weight,
                    twins.active(x, dtype),
                    shape[1],
                    False,
                    start,
                )
                _core.call(
                    "event_matvec_add",
                    [start],
                    [start, conn.indptr, conn.indices, weight, x],
                    ip=(0,),
                )
                np.testing.assert_array_equal(start, want)


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["event_matvec", "spmv"])
def test_products_equal_dense_ones(name, dtype, transpose):
    rng = np.random.default_rng(1)
    conn = random_conn(rng, 90, 70)
    call = getattr(ops, name)
    for weight in (0.3, rng.standard_normal(conn.nnz).astype(dtype)):
        for batch in ((), (4,)):
            x = rng.standard_normal(batch + (70 if transpose else 90,)).astype(dtype)
            matrix = conn.toarray(weight).astype(np.float64)
            value = (x > 0) if name == "event_matvec" else x
            want = value @ (matrix.T if transpose else matrix)
            got = call(conn, x, weight, transpose=transpose)
            assert got.dtype == dtype and got.shape == want.shape
            np.testing.assert_allclose(
                got, want, rtol=0, atol=2e-5 if dtype == np.float32 else 1e-13
            )


@pytest.mark.parametrize("event", [0, 1])
@pytest.mark.parametrize("dtype", FLOATS)
def test_weight_gradient_equals_its_twin(dtype, event):
    rng = np.random.default_rng(2)
    conn = random_conn(rng, 40, 30)
    for batch in ((), (3,)):
        x = spikes_of(rng, batch + (40,), 0.3, dtype)
        ct = rng.standard_normal(batch + (30,)).astype(dtype)
        for base in (np.asarray(0.5, dtype), rng.standard_normal(conn.nnz).astype(dtype)):
            want = twins.weight_grad(
                base, conn.indptr, conn.indices, twins.active(x, dtype) if event else x, ct
            )
            out = np.empty_like(base)
            _core.call(
                "spmv_weight_grad", [out], [base, conn.indptr, conn.indices, x, ct], ip=(event,)
            )
            np.testing.assert_allclose(
                out, want, rtol=1e-4 if dtype == np.float32 else 1e-12, atol=1e-6
            )
            kept = base.copy()
            _core.call(
                "spmv_weight_grad", [kept], [kept, conn.indptr, conn.indices, x, ct], ip=(event,)
            )
            np.testing.assert_array_equal(kept, out)


def test_bits():
    rng = np.random.default_rng(3)
    for n in (1, 7, 8, 63, 64, 65, 1000):
        for x in (
            rng.random(n) < 0.2,
            rng.standard_normal((3, n)),
            rng.standard_normal(n).astype(np.float32),
        ):
            bits = ops.event_bits(x)
            np.testing.assert_array_equal(bits, np.packbits(x > 0, axis=-1, bitorder="little"))
            flags = np.full(x.shape, True)
            _core.call("event_flags", [flags], [bits])
            np.testing.assert_array_equal(flags, x > 0)


def lists_of(x):
    out = np.full((*x.shape[:-1], x.shape[-1] + 1), -7, np.int32)
    _core.call("event_list", [out], [np.ascontiguousarray(x)])
    return out


@pytest.mark.parametrize("dtype", [bool, *FLOATS])
@pytest.mark.parametrize("n", [0, 1, 64, 65, 1000])
def test_lists_of_active_cells(n, dtype):
    rng = np.random.default_rng(4)
    for shape in [(n,), (3, n)]:
        x = spikes_of(rng, shape, 0.2, dtype)
        for row, flags in zip(np.atleast_2d(lists_of(x)), np.atleast_2d(x), strict=True):
            active = np.flatnonzero(flags > 0)
            np.testing.assert_array_equal(row[: 1 + len(active)], [len(active), *active])
        if n == 0:
            continue
        conn = random_conn(rng, n, 40)
        weight = rng.standard_normal(conn.nnz)
        base = rng.standard_normal((*shape[:-1], 40))
        for threads in (1, 2):
            got, want = [], []
            for out, spikes in ((want, x), (got, lists_of(x))):
                index = [conn.indptr, conn.indices, weight, spikes]
                out += [base.copy(), np.empty_like(base)]
                _core.call("event_matvec_add", [out[0]], [out[0], *index], ip=(0,), threads=threads)
                _core.call("event_matvec", [out[1]], index, ip=(0,), threads=threads)
            np.testing.assert_array_equal(got, want)


def test_products_of_the_same_spikes_share_one_list(monkeypatch):
    kernels = []
    emit = lower.Lowering.emit

    def watched(self, kernel, *args, **options):
        kernels.append(kernel)
        return emit(self, kernel, *args, **options)

    monkeypatch.setattr(lower.Lowering, "emit", watched)
    rng = np.random.default_rng(17)
    a, b, c = (random_conn(rng, 70, n, 0.3) for n in (70, 30, 70))
    drive = rng.standard_normal((20, 70))

    def run(products, w):
        def step(state, x):
            v, g, h = state
            v = 0.9 * v + x + g
            s = nk.spike(v - 1)
            if products == "shared":
                g, h = ops.event_matvec(a, s, w, add=0.8 * g), h + ops.event_matvec(b, s, w)
            else:  # the same active cells, in other values
                g, h = (
                    ops.event_matvec(a, s, w, add=0.8 * g),
                    h + ops.event_matvec(b, 2 * s, w / 2) * 2,
                )
            back = ops.event_matvec(c, s, transpose=True)
            return (v * (1 - s) + 0.01 * back, g, h), g.sum()

        start = np.zeros(70), np.zeros(70), np.zeros(30)
        (v, g, h), sums = nk.scan(step, start, drive)
        return v.sum() + g.sum() + h.sum() + sums.sum()

    shared = run("shared", 0.125)
    assert kernels.count("event_list") == 1 and kernels.count("event_matvec_add") == 1
    kernels.clear()
    assert run("apart", 0.125) == shared  # powers of two: the same bits
    assert kernels.count("event_list") == 0 and kernels.count("event_matvec") >= 2


def test_large_products_are_bit_equal_for_any_threads():
    rng = np.random.default_rng(4)
    conn = ops.wire((3000, 3000), 5, out_degree=300)
    weight = rng.standard_normal(conn.nnz).astype(np.float32)
    spikes = rng.random((2, 3000)) < 0.7
    x = rng.standard_normal((2, 3000)).astype(np.float32)
    ct = rng.standard_normal((2, 3000)).astype(np.float32)
    results = []
    for threads in (1, 2, 3):
        out = [np.empty((2, 3000), np.float32) for _ in range(3)] + [
            np.empty(conn.nnz, np.float32),
            np.empty((), np.float32),
        ]
        index = [conn.indptr, conn.indices]
        _core.call("event_matvec", [out[0]], [*index, weight, spikes], ip=(0,), threads=threads)
        _core.call("spmv", [out[1]], [*index, weight, x], ip=(0,), threads=threads)
        _core.call("spmv", [out[2]], [*index, weight, x], ip=(1,), threads=threads)
        for o in out[3:]:
            _core.call(
                "spmv_weight_grad", [o], [np.zeros_like(o), *index, x, ct], ip=(0,), threads=threads
            )
        results.append(out)
    want = twins.product(
        conn.indptr, conn.indices, weight, twins.active(spikes, np.float32), 3000, False
    )
    np.testing.assert_array_equal(results[0][0], want)
    for other in results[1:]:
        for a, b in zip(results[0], other):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("transpose", [False, True])
def test_derivatives(transpose):
    """Forward, reverse and second order, by values and by both kinds of weight."""
    rng = np.random.default_rng(5)
    conn = random_conn(rng, 7, 5)
    n = 5 if transpose else 7
    each, one = rng.standard_normal(conn.nnz), np.array(0.7)
    for x in (rng.standard_normal(n), rng.standard_normal((2, n))):
        nk.check_grads(lambda x, w: np.tanh(ops.spmv(conn, x, w, transpose)), (x, each))
        nk.check_grads(lambda x, w: ops.spmv(conn, x, w, transpose) ** 2, (x, one))
        nk.check_grads(lambda w: np.tanh(ops.event_matvec(conn, x, w, transpose)), (each,))
        nk.check_grads(
            lambda w, g: np.tanh(ops.event_matvec(conn, x, w, add=g) if not transpose else g),
            (one, rng.standard_normal(x.shape[:-1] + (5,))),
        )


def test_spikes_pass_the_derivative_of_the_product():
    rng = np.random.default_rng(6)
    conn = random_conn(rng, 30, 20)
    weight, c = rng.standard_normal(conn.nnz), rng.standard_normal(20)
    x = rng.standard_normal(30)
    got = nk.grad(lambda x: (ops.event_matvec(conn, nk.spike(x), weight) * c).sum())(x)
    slope = 1 / (1 + (np.pi * x) ** 2)
    np.testing.assert_allclose(got, slope * (conn.toarray(weight) @ c), rtol=1e-12)
    got = nk.grad(lambda w: (ops.event_matvec(conn, nk.spike(x), w) * c).sum())(weight)
    np.testing.assert_allclose(got, (x > 0)[conn.pre] * c[conn.indices], rtol=1e-12)


def test_a_loop_of_events():
    """A scan that adds events in place, against plain NumPy, and its gradient by the weights."""
    rng = np.random.default_rng(7)
    conn = random_conn(rng, 50, 50, 0.2)
    weight, drive = rng.standard_normal(conn.nnz), rng.standard_normal((30, 50))

    def run(weight, spikes=lambda x: x > 0):
        def step(g, x):
            s = spikes(x + 0.1 * g)
            return ops.event_matvec(conn, s, weight, add=0.9 * g), ops.event_bits(s)

        return nk.scan(step, np.zeros(50), drive)

    g, bits = run(weight)
    want, matrix = np.zeros(50), conn.toarray(weight)
    for x, row in zip(drive, bits):
        s = x + 0.1 * want > 0
        np.testing.assert_array_equal(np.unpackbits(row, bitorder="little")[:50], s)
        want = 0.9 * want + s @ matrix
    np.testing.assert_allclose(g, want, rtol=1e-12, atol=1e-12)

    grad = nk.grad(lambda w: (run(w, nk.spike)[0] ** 2).sum())(weight)
    # the same with the matrix product of the core
    pre, post = conn.pre, conn.indices

    def dense(w):
        def step(g, x):
            out = nk.spike(x + 0.1 * g)[pre] * w
            m = nk.zeros(50, like=out)
            for j in range(50):
                m[j] = out[np.flatnonzero(post == j)].sum()
            return 0.9 * g + m, None

        return (nk.scan(step, np.zeros(50), drive)[0] ** 2).sum()

    np.testing.assert_allclose(grad, nk.grad(dense)(weight), rtol=1e-9)


@pytest.mark.parametrize("checkpoint", [1, 5, 16, "20KB"])
def test_checkpointed_gradients_are_bit_equal(checkpoint):
    """Weight gradients add up over the steps in one order, whatever the segments."""
    rng = np.random.default_rng(10)
    conn = ops.wire((60, 60), 1, p=0.3)
    weight, drive = 0.1 * rng.standard_normal(conn.nnz), rng.standard_normal((47, 60))

    def gradient(plan):
        def loss(each, one):
            def step(state, x):
                v, g = state
                v = 0.9 * v + x + g
                s = nk.spike(v - 1)
                g = ops.event_matvec(conn, s, each, add=0.8 * g) + ops.event_matvec(conn, s, one)
                return (v * (1 - s), g), s.sum()

            start = np.zeros(60), np.zeros(60)
            (v, _), counts = nk.scan(step, start, drive, checkpoint=plan)
            return (v**2).sum() + (counts**2).sum()

        return nk.grad(loss, argnums=(0, 1))(weight, 0.01)

    for a, b in zip(gradient(None), gradient(checkpoint)):
        np.testing.assert_array_equal(a, b)


def test_dense_and_one_to_one():
    rng = np.random.default_rng(8)
    x, matrix = rng.standard_normal(4), rng.standard_normal((4, 3))
    dense = ops.Dense((4, 3))
    np.testing.assert_allclose(ops.spmv(dense, x, matrix), x @ matrix)
    np.testing.assert_allclose(ops.event_matvec(dense, x, matrix), (x > 0) @ matrix)
    np.testing.assert_allclose(ops.event_matvec(dense, x, 2.0), np.full(3, 2.0 * (x > 0).sum()))
    np.testing.assert_allclose(
        ops.event_matvec(ops.OneToOne(4), x, 0.5, add=np.ones(4)), 1 + 0.5 * (x > 0)
    )
    nk.check_grads(lambda x, m: ops.spmv(dense, x, m), (x, matrix))


def test_result_types():
    conn = ops.Csr([0, 1], [0], (1, 1))
    on, f32 = np.array([True]), np.float32
    assert ops.event_matvec(conn, on).dtype == np.float64
    assert ops.event_matvec(conn, on, np.float32(1)).dtype == f32
    assert ops.event_matvec(conn, on, 1.0, add=np.zeros(1, f32)).dtype == f32
    assert ops.spmv(conn, np.ones(1, f32), 2.0).dtype == f32
    assert nk.jit(lambda x: ops.spmv(conn, x, 2.0))(np.ones(1, f32)).dtype == f32


@pytest.mark.parametrize(
    "indptr,indices,shape,match",
    [
        ([0, 1], [0], (2, 3), "n_pre \\+ 1 = 3"),
        ([0, 1, 3], [0, 1], (2, 3), "rise from 0 to 2"),
        ([0, 2, 1, 2], [0, 1], (3, 3), "falls from 2 to 1 at row 1"),
        ([0, 2], [0, 3], (1, 3), r"lie in \[0, 3\), got 3"),
        ([0, 2], [-1, 2], (1, 3), "got -1"),
        ([0, 1, 3], [0, 2, 1], (2, 3), "row 1 are not in ascending"),
    ],
)
def test_bad_indices_are_refused(indptr, indices, shape, match):
    with pytest.raises(ValueError, match=match):
        ops.Csr(indptr, indices, shape)


def test_bad_operands_are_refused():
    conn = ops.Csr([0, 1, 2], [0, 1], (2, 3))
    with pytest.raises(ValueError, match=r"wanted shape \(2,\)"):
        ops.event_matvec(conn, np.zeros(3))
    with pytest.raises(ValueError, match=r"shape \(2,\), got \(3,\)"):
        ops.event_matvec(conn, np.zeros(2), np.zeros(3))
    with pytest.raises(TypeError, match="bool or float"):
        ops.event_matvec(conn, np.zeros(2, int))
    with pytest.raises(TypeError, match="Csr, Dense or OneToOne"):
        ops.spmv(np.eye(2), np.zeros(2))
    with pytest.raises(ValueError, match="read-only"):
        conn.indices[0] = 7


def test_conversions():
    rng = np.random.default_rng(9)
    scipy_sparse = pytest.importorskip("scipy.sparse")
    matrix = rng.random((6, 9)) * (rng.random((6, 9)) < 0.4)
    for conn, weight in (
        ops.Csr.from_dense(matrix),
        ops.Csr.from_scipy(scipy_sparse.csc_array(matrix)),
    ):
        np.testing.assert_array_equal(conn.toarray(weight), matrix)
        turned, order = conn.transpose()
        np.testing.assert_array_equal(turned.toarray(weight[order]), matrix.T)
        np.testing.assert_array_equal(conn.in_degree, (matrix > 0).sum(0))
        np.testing.assert_array_equal(conn.out_degree, (matrix > 0).sum(1))


# ---------------------------------------------------------------------------- wiring


def test_wiring_degrees():
    assert (ops.wire((50, 40), 1, out_degree=7).out_degree == 7).all()
    assert (ops.wire((50, 40), 1, in_degree=30).in_degree == 30).all()
    assert ops.wire((50, 40), 1, count=333).nnz == 333
    conn = ops.wire((50, 40), 1, out_degree=40)
    np.testing.assert_array_equal(conn.toarray(), np.ones((50, 40)))
    for kind in (dict(p=0.3), dict(out_degree=5), dict(in_degree=5), dict(count=900)):
        a, b, c = (ops.wire((40, 60), seed, self_at=10, **kind) for seed in (1, 1, 2))
        np.testing.assert_array_equal(a.indices, b.indices)
        assert not np.array_equal(a.indices, c.indices)
        assert not (a.pre + 10 == a.indices).any()
        if "count" not in kind:
            assert a.toarray().max() == 1


@pytest.mark.parametrize(
    "kind", [dict(p=0.2), dict(out_degree=4), dict(in_degree=3), dict(count=60)]
)
def test_wiring_is_uniform(kind):
    """Each pair is as frequent as any other: chi-square over 2000 draws within 5 sd of its mean."""
    n, m, draws = 15, 20, 2000
    total = sum(ops.wire((n, m), seed, **kind).toarray() for seed in range(draws))
    mean = total.mean()
    variance = {"count": mean}.get(next(iter(kind)), mean * (1 - mean / draws))
    z = (((total - mean) ** 2).sum() / variance - (n * m - 1)) / np.sqrt(2 * (n * m - 1))
    assert abs(z) < 5


def test_wiring_by_probability_has_binomial_counts():
    counts = np.array([ops.wire((30, 30), seed, p=0.1).nnz for seed in range(1000)])
    assert abs(counts.mean() - 90) < 5 * np.sqrt(81 / 1000)
    assert abs(counts.var() - 81) < 5 * 81 * np.sqrt(2 / 1000)
    assert ops.wire((30, 30), 0, p=0.0).nnz == 0 and ops.wire((30, 30), 0, p=1.0).nnz == 900


def test_wiring_refusals():
    with pytest.raises(ValueError, match="give one of"):
        ops.wire((3, 3), 0)
    with pytest.raises(ValueError, match="give one of"):
        ops.wire((3, 3), 0, p=0.1, count=3)
    with pytest.raises(ValueError, match=r"out_degree must lie in \[0, 3\]"):
        ops.wire((3, 3), 0, out_degree=4)
    with pytest.raises(ValueError, match="p must lie"):
        ops.wire((3, 3), 0, p=1.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ops.Dense((2, -1)),
        lambda: ops.Dense((2, 3, 4)),
        lambda: ops.Dense(3),
        lambda: ops.Dense((2.5, 3)),
        lambda: ops.OneToOne(-1),
        lambda: ops.OneToOne(1.5),
        lambda: ops.OneToOne("2"),
        lambda: ops.OneToOne(np.nan),
        lambda: ops.Csr([0, 0], [], (1.5, 2)),
        lambda: ops.Csr([0, 0], [], (1,)),
        lambda: ops.wire((2, 3.5), p=0.5),
        lambda: ops.wire((2, 3), in_degree=1.5),
        lambda: ops.wire((2, 3), out_degree=0.5),
        lambda: ops.wire((2, 3), count=2.5),
        lambda: ops.wire((2, 3), count=-1),
    ],
)
def test_sizes_and_counts_are_whole(make):
    with pytest.raises(ValueError, match=r"must be (a whole number|\(n_pre, n_post\)).*got"):
        make()


def test_whole_floats_are_counts():
    assert ops.wire((10, 10.0), seed=1, in_degree=0.2 * 10).nnz == 20
    assert ops.Dense(np.array([2, 3])).shape == (2, 3)

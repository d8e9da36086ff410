"""K4: the event product, neurokit beside SciPy and compiled peers, ns per synapse event.

Each side adds the rows of active cells to a vector of targets, over several steps with different
active cells. SciPy multiplies the whole matrix (in compressed columns by target) with the spike
vector, so its cost does not fall with the activity; numba and brainevent join where they are
installed. Float32, one core.
"""

import ctypes

import harness
import numpy as np

SIZES = {"4k x 4k, 80 per row": (4000, 80, 50), "50k x 50k, 1000 per row": (50_000, 1000, 5)}


def with_neurokit(conn, weight, spikes):
    """All steps in one call, as a network runs them."""
    import neurokit as nk
    from neurokit import ops

    nk.set_threads(1)
    weight, start = np.asarray(weight, np.float32), np.zeros(conn.shape[1], np.float32)
    run = nk.jit(
        lambda weight, spikes: nk.scan(
            lambda g, s: (ops.event_matvec(conn, s, weight, add=g), None), start, spikes
        )[0]
    )
    return lambda: run(weight, spikes)


def with_c(conn, weight, spikes):
    """The plain loop of benchmarks/c/event.c, on a bool per cell."""
    library = harness.compile_c("event")
    out = np.zeros(conn.shape[1], np.float32)
    single = np.ndim(weight) == 0
    arguments = [
        *map(ctypes.c_int64, spikes.shape),
        *map(harness.pointer, (conn.indptr, conn.indices)),
        ctypes.c_void_p(None) if single else harness.pointer(weight),
        ctypes.c_float(weight if single else 0),
        *map(harness.pointer, (spikes, out)),
    ]

    def run():
        out[:] = 0
        library.event_run(*arguments)
        return out

    return run


def with_scipy(conn, weight, spikes):
    """A product with the whole matrix for each step."""
    import scipy.sparse

    values = np.broadcast_to(np.float32(weight), conn.nnz)
    matrix = scipy.sparse.csr_array((values, conn.indices, conn.indptr), conn.shape).T

    def run():
        out = np.zeros(conn.shape[1], np.float32)
        for s in spikes:
            out += matrix @ s.astype(np.float32)
        return out

    return run


def with_numba(conn, weight, spikes):
    """The same loops compiled by numba."""
    import numba

    @numba.njit
    def run(indptr, indices, weight, spikes):
        out = np.zeros(spikes.shape[1], np.float32)
        for t in range(spikes.shape[0]):
            for i in range(spikes.shape[1]):
                if spikes[t, i]:
                    for k in range(indptr[i], indptr[i + 1]):
                        out[indices[k]] += weight[k] if weight.size > 1 else weight[0]
        return out

    values = np.atleast_1d(np.float32(weight))
    return lambda: run(conn.indptr, conn.indices, values, spikes)


def with_brainevent(conn, weight, spikes):
    """brainevent on its CPU path."""
    import brainevent
    import jax

    values = np.atleast_1d(np.float32(weight))
    matrix = brainevent.CSR((values, conn.indices, conn.indptr), shape=conn.shape)
    product = jax.jit(lambda s: brainevent.EventArray(s) @ matrix)
    return lambda: np.sum([np.asarray(product(s)) for s in spikes], axis=0)


MAKERS = {
    "neurokit": ("neurokit", with_neurokit),
    "C loop": ("ctypes", with_c),
    "scipy": ("scipy", with_scipy),
    "numba": ("numba", with_numba),
    "brainevent": ("brainevent", with_brainevent),
}


def main():
    """Two sizes, 0.1 to 100 % active, one weight and one per synapse."""
    options = harness.arguments(__doc__)
    report = harness.Report("K4: event product, float32, one core", options.json)
    from neurokit import ops

    makers = {k: make for k, (module, make) in MAKERS.items() if harness.peer(module) is not None}
    rng = np.random.default_rng(0)
    sizes = dict(list(SIZES.items())[:1]) if options.quick else SIZES
    with harness.one_core():
        for label, (n, degree, n_steps) in sizes.items():
            conn = ops.wire((n, n), 1, out_degree=degree)
            for kind in ("one weight", "weight per synapse"):
                weight = 0.5 if kind == "one weight" else rng.random(conn.nnz, np.float32)
                for percent in (0.1, 1, 10, 100) if n < 10_000 else (0.1, 1, 10):
                    spikes = rng.random((n_steps, n)) < percent / 100
                    cases = {k: make(conn, weight, spikes) for k, make in makers.items()}
                    want = cases["neurokit"]()
                    for name, run in cases.items():
                        np.testing.assert_allclose(run(), want, rtol=1e-4, atol=1e-3, err_msg=name)
                    measured = harness.measure(cases, options.repeat, warm_up=1)
                    events = max(int(spikes.sum()), 1) * degree
                    report.times(
                        f"{label}, {kind}, {percent} % active", measured, "neurokit",
                        per=events, unit="event",
                    )  # fmt: skip
    report.close()


if __name__ == "__main__":
    main()

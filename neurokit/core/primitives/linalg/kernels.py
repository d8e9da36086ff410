"""The matrix kernels as primitives, batched over leading axes. They have no derivatives of their own."""

import numpy as np

from ...graph import INT32, PROJ, Primitive, bind, bind_multi
from ..shaping import broadcast

_REAL = {"F": np.dtype(np.float32), "D": np.dtype(np.float64)}
_COMPLEX = {"f": np.dtype(np.complex64), "d": np.dtype(np.complex128)}


def real_dtype(dtype):
    return _REAL.get(dtype.char, dtype)


def complex_dtype(dtype):
    return _COMPLEX.get(dtype.char, dtype)


def _kernel(name, infer, twin):
    """The primitive of kernel `name`; params are its integer parameters, then anything infer needs."""

    def batch(values, node, n):
        args = [v if s else broadcast(v, (n,) + a.shape) for (v, s), a in zip(values, node.args)]
        if node.aux is None:
            return bind(node.prim, tuple(args), node.params)
        return [(out, True) for out in bind_multi(node.prim, tuple(args), node.params)], None

    def lower(node, low):
        outs = [low.out(node)] if node.aux is None else outputs(node, low)
        ins = [low.view(a) for a in low.args(node)]
        low.emit(name, outs, ins, ip=node.params[0], node=node)

    return Primitive(name, "call", infer, twin=twin, lower=lower, batch=batch)


def outputs(node, low):
    """A place for each output of a node, its own where somebody reads it."""
    read = {u.params[0]: u for u in low.users.get(node, ()) if u.prim is PROJ}
    return [low.out(read[k]) if k in read else low.scratch(*aux) for k, aux in enumerate(node.aux)]


def _lu_infer(args, params):
    shape, dtype = args[0].shape, args[0].dtype
    batch, (m, n) = shape[:-2], shape[-2:]
    return [(shape, dtype), (batch + (min(m, n),), INT32), (batch + (m,), INT32)]


def _lu_twin(params, a):
    from scipy.linalg import lu_factor

    batch, (m, n) = a.shape[:-2], a.shape[-2:]
    packed = np.zeros_like(a)
    pivots = np.zeros(batch + (min(m, n),), np.int32)
    rows = np.broadcast_to(np.arange(m, dtype=np.int32), batch + (m,)).copy()
    for i in np.ndindex(batch) if a.size else ():
        packed[i], pivots[i] = lu_factor(a[i])
        for k, p in enumerate(pivots[i]):
            rows[i][[k, p]] = rows[i][[p, k]]
    return packed, pivots, rows


def _lu_solve_twin(params, packed, pivots, b):
    from scipy.linalg import lu_solve

    out = np.zeros(b.shape, b.dtype)
    op, lenient = params[0]
    for i in np.ndindex(b.shape[:-2]) if b.size else ():
        if (np.diagonal(packed[i]) == 0).any():
            if not lenient:
                raise np.linalg.LinAlgError("Singular matrix")
            out[i] = np.nan
        else:
            out[i] = lu_solve((packed[i], pivots[i]), b[i], trans=op)
    return out


def _triangular_twin(params, a, b):
    from scipy.linalg import solve_triangular

    lower, op, unit = params[0]
    out = np.zeros(b.shape, b.dtype)
    for i in np.ndindex(b.shape[:-2]) if b.size else ():
        out[i] = solve_triangular(a[i], b[i], trans=op, lower=lower, unit_diagonal=unit)
    return out


def _qr_infer(args, params):
    shape, dtype = args[0].shape, args[0].dtype
    batch, (m, n) = shape[:-2], shape[-2:]
    k = m if params[1] == "complete" else min(m, n)
    return [(batch + (m, k), dtype), (batch + (k, n), dtype)]


def _svd_infer(args, params):
    shape, dtype = args[0].shape, args[0].dtype
    batch, (m, n) = shape[:-2], shape[-2:]
    k = min(m, n)
    rows, cols = (m, n) if params[1] else (k, k)
    return [
        (batch + (m, rows), dtype),
        (batch + (k,), real_dtype(dtype)),
        (batch + (cols, n), dtype),
    ]


def _eig_infer(args, params):
    dtype = complex_dtype(args[0].dtype)
    return [(args[0].shape[:-1], dtype), (args[0].shape, dtype)]


def _like(args, params):
    return args[-1].shape, args[-1].dtype


CHOLESKY = _kernel("cholesky", _like, lambda params, a: np.linalg.cholesky(a))
LU = _kernel("lu", _lu_infer, _lu_twin)
LU_SOLVE = _kernel("lu_solve", _like, _lu_solve_twin)
TRIANGULAR = _kernel("triangular_solve", _like, _triangular_twin)
QR = _kernel("qr", _qr_infer, lambda params, a: tuple(np.linalg.qr(a, params[1])))
SVD = _kernel("svd", _svd_infer, lambda params, a: tuple(np.linalg.svd(a, params[1])))
EIGH = _kernel(
    "eigh",
    lambda args, params: [
        (args[0].shape[:-1], real_dtype(args[0].dtype)),
        (args[0].shape, args[0].dtype),
    ],
    lambda params, a: tuple(np.linalg.eigh(a, "L" if params[0][0] else "U")),
)
EIG = _kernel("eig", _eig_infer, lambda params, a: tuple(np.linalg.eig(a)))


def _each(f):
    """A twin that applies SciPy's function `f` to each matrix of a stack."""

    def twin(params, *arrays):
        import scipy.linalg

        out = np.zeros(arrays[-1].shape, arrays[-1].dtype)
        for i in np.ndindex(out.shape[:-2]) if out.size else ():
            out[i] = getattr(scipy.linalg, f)(*[a[i] for a in arrays])
        return out

    return twin


EXPM = _kernel("expm", _like, _each("expm"))
SYLVESTER = _kernel("sylvester", _like, _each("solve_sylvester"))


def _values_only(kernel, dtype_of, twin):
    """A decomposition that gives the values without the vectors: one output, the first axes of A."""

    def infer(args, params):
        shape = args[0].shape
        return shape[:-2] + (min(shape[-2:]),), dtype_of(args[0].dtype)

    def lower(node, low):
        low.emit(kernel, [low.out(node)], [low.view(node.args[0])], ip=node.params[0], node=node)

    def batch(values, node, n):
        return bind(node.prim, (values[0][0],), node.params)

    return Primitive(kernel + "_values", "call", infer, twin=twin, lower=lower, batch=batch)


SVD_VALUES = _values_only("svd", real_dtype, lambda params, a: np.linalg.svd(a, compute_uv=False))
EIGH_VALUES = _values_only(
    "eigh", real_dtype, lambda params, a: np.linalg.eigvalsh(a, "L" if params[0][0] else "U")
)
EIG_VALUES = _values_only("eig", complex_dtype, lambda params, a: np.linalg.eigvals(a))

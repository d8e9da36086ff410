"""`scipy.linalg` on traced arrays: same names, arguments and results, with derivatives.

Traced arrays are not searched for NaN and infinity (`check_finite`) nor overwritten (`overwrite_*`).
Computed in double precision whatever the input's, and returned in the type SciPy returns.
"""

import numpy as np
from numpy.linalg import LinAlgError

from neurokit.core.numpy_table import linalg as table
from neurokit.core.numpy_table.linalg import _as, _common, _real_of
from neurokit.core.primitives.linalg import determinant, matrices, solving, spectral
from neurokit.core.primitives.linalg.parts import (
    adjoint,
    count,
    from_triangle,
    largest,
    transpose,
    triu,
)
from neurokit.core.primitives.shaping import full
from neurokit.core.trace.tracer import Tracer, to_node

from ._structured import (  # noqa: F401 - names of this module
    _square,
    eig,
    eigh_tridiagonal,
    eigvals,
    hankel,
    logm,
    polar,
    solve_banded,
    solve_toeplitz,
    solveh_banded,
    sqrtm,
)
from ._twin import left_out, others_of, twin_of

_twin, __getattr__ = twin_of("scipy.linalg"), others_of("scipy.linalg")
_OPS = {0: 0, 1: 1, 2: 2, "N": 0, "T": 1, "C": 2}


def _columns(a, b):
    """(a, b as columns, whether b was a vector) with equal batch axes."""
    vector = b.ndim == 1
    b = b[:, None] if vector else b
    if b.ndim < 2 or a.shape[-2] != b.shape[-2]:
        raise ValueError(f"the shapes {a.shape} of a and {b.shape} of b do not fit")
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return (
        np.broadcast_to(a, batch + a.shape[-2:]),
        np.broadcast_to(b, batch + b.shape[-2:]),
        vector,
    )


def _op(trans):
    if trans not in _OPS:
        raise ValueError(f"trans must be 0, 1, 2, 'N', 'T' or 'C', got {trans!r}")
    return _OPS[trans]


# ---------------------------------------------------------------------------- systems


@_twin
def solve(
    a,
    b,
    lower=False,
    overwrite_a=False,
    overwrite_b=False,
    check_finite=True,
    assume_a=None,
    transposed=False,
):
    (a, b), result = _common(a, b)
    _square(a)
    a, b, vector = _columns(a, b)
    kind = assume_a or "general"
    if kind in ("pos", "positive definite"):
        factor = _factor(a, lower)
        x = _cho_solve(factor, b, lower)
    elif kind in ("upper triangular", "lower triangular"):
        x = solving.solve_triangular(a, b, kind[0] == "l", transposed)
    else:
        if kind in ("sym", "symmetric", "her", "hermitian"):
            a = _symmetric(a, lower, kind[0] == "h")
        elif kind not in ("gen", "general", "banded", "diagonal", "tridiagonal"):
            raise ValueError(f"{assume_a!r} is not a recognized matrix structure")
        x = solving.solve(a, b, transposed)
    return _as(x[..., 0] if vector else x, result)


def _symmetric(a, lower, hermitian):
    if hermitian or a.dtype.kind != "c":
        return from_triangle(a, lower)
    strict = transpose(triu(transpose(a), 1)) if lower else triu(a, 1)
    upper = a - triu(a, 1) if lower else triu(a)
    return upper + transpose(strict)


@_twin
def inv(a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False):
    (a,), result = _common(a)
    _square(a)
    if assume_a not in (None, "gen", "general"):
        unit = np.eye(a.shape[-1])
        return _as(_to_tracer(solve(a, unit, lower, assume_a=assume_a)), result)
    return _as(solving.inv(a), result)


def _to_tracer(x):
    return Tracer(to_node(x))


@_twin
def det(a, overwrite_a=False, check_finite=True):
    (a,), _ = _common(a)
    _square(a)
    return determinant.det(a)


@_twin
def solve_triangular(
    a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True
):
    (a, b), result = _common(a, b)
    _square(a)
    a, b, vector = _columns(a, b)
    x = _triangular(a, b, _op(trans), lower, unit_diagonal)
    return _as(x[..., 0] if vector else x, result)


def _triangular(a, b, op, lower, unit=False):
    if op == 2:
        x = solving.solve_triangular(a, np.conjugate(b), bool(lower), True, bool(unit))
        return np.conjugate(x)
    return solving.solve_triangular(a, b, bool(lower), bool(op), bool(unit))


# ---------------------------------------------------------------------------- Cholesky


def _factor(a, lower):
    return solving.cholesky(a) if lower else adjoint(solving.cholesky(adjoint(a)))


@_twin
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    (a,), result = _common(a)
    _square(a)
    return _as(_factor(a, lower), result)


@_twin
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    """The triangle of the result that is not part of the factor holds zeros."""
    return cholesky(a, lower), lower


@_twin
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    factor, lower = c_and_lower
    (factor, b), result = _common(factor, b)
    _square(factor, "c")
    factor, b, vector = _columns(factor, b)
    x = _cho_solve(factor, b, lower)
    return _as(x[..., 0] if vector else x, result)


def _cho_solve(factor, b, lower):
    first, second = (0, 2) if lower else (2, 0)
    return _triangular(factor, _triangular(factor, b, first, lower), second, lower)


# ---------------------------------------------------------------------------- LU


@_twin
def lu_factor(a, overwrite_a=False, check_finite=True):
    (a,), result = _common(a)
    packed, pivots, _ = matrices.lu_factor(a)
    return _as(packed, result), pivots


@_twin
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True):
    packed, pivots = lu_and_piv
    (packed, b), result = _common(packed, b)
    _square(packed, "lu")
    pivots = _to_tracer(pivots).astype(np.int32)
    packed, b, vector = _columns(packed, b)
    pivots = np.broadcast_to(pivots, packed.shape[:-1])
    op = _op(trans)
    if op == 0:
        x = matrices.apply_pivots(pivots, b)
        x = _triangular(packed, _triangular(packed, x, 0, True, True), 0, False)
    else:
        x = _triangular(packed, _triangular(packed, b, op, False), op, True, True)
        x = matrices.apply_pivots(pivots, x, True)
    return _as(x[..., 0] if vector else x, result)


@_twin
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    (a,), result = _common(a)
    packed, _, rows = matrices.lu_factor(a)
    low, up = (_as(x, result) for x in matrices.unpacked(packed))
    m = a.shape[-2]
    swapped = rows[..., None, :] == count(m, rows.dtype)[:, None]  # [j, i]: row i came from j
    if permute_l:
        return np.matmul(swapped.astype(low.dtype), low), up
    if p_indices:
        return (swapped * count(m, rows.dtype)).sum(-1).astype(np.int32), low, up
    return swapped.astype(_real_of(result)), low, up


# ---------------------------------------------------------------------------- decompositions


@_twin
def eigh(
    a,
    b=None,
    *,
    lower=True,
    eigvals_only=False,
    overwrite_a=False,
    overwrite_b=False,
    type=1,
    check_finite=True,
    subset_by_index=None,
    subset_by_value=None,
    driver=None,
):
    left_out("eigh", subset_by_value=(subset_by_value, None), type=(type, 1))
    (a, *more), result = _common(a) if b is None else _common(a, b)
    _square(a)
    factor = None
    if b is not None:
        _square(more[0], "b")
        factor = solving.cholesky(more[0] if lower else adjoint(more[0]))
        inner = solving.solve_triangular(factor, from_triangle(a, lower), True)
        a, lower = adjoint(solving.solve_triangular(factor, adjoint(inner), True)), True
    part = slice(None) if subset_by_index is None else slice(*_ends(subset_by_index))
    if eigvals_only:
        return _as(spectral.eigvalsh(a, bool(lower))[..., part], _real_of(result))
    w, v = spectral.eigh(a, bool(lower))
    if factor is not None:
        v = _triangular(factor, v, 2, True)
    return _as(w[..., part], _real_of(result)), _as(v[..., part], result)


def _ends(subset):
    first, last = subset
    return int(first), int(last) + 1


@_twin
def eigvalsh(
    a,
    b=None,
    *,
    lower=True,
    overwrite_a=False,
    overwrite_b=False,
    type=1,
    check_finite=True,
    subset_by_index=None,
    subset_by_value=None,
    driver=None,
):
    return eigh(
        a,
        b,
        lower=lower,
        eigvals_only=True,
        type=type,
        subset_by_index=subset_by_index,
        subset_by_value=subset_by_value,
    )


@_twin
def svd(
    a,
    full_matrices=True,
    compute_uv=True,
    overwrite_a=False,
    check_finite=True,
    lapack_driver="gesdd",
):
    out = table.svd(a, full_matrices, compute_uv)
    return tuple(out) if compute_uv else out


@_twin
def svdvals(a, overwrite_a=False, check_finite=True):
    return table.svd(a, compute_uv=False)


@_twin
def qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True):
    left_out("qr", pivoting=(pivoting, False))
    if mode not in ("full", "economic", "r"):
        raise ValueError(f"mode must be 'full', 'economic' or 'r' on traced arrays, got {mode!r}")
    (a,), result = _common(a)
    if mode == "r":
        m, n = a.shape[-2:]
        _, r = spectral.qr(a)
        if m > n:
            zero = Tracer(full(a.shape[:-2] + (m - n, n), 0, a.dtype))
            r = np.concatenate([r, zero], -2)
        return (_as(r, result),)
    q, r = spectral.qr(a, "complete" if mode == "full" else "reduced")
    return _as(q, result), _as(r, result)


@_twin
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    (work,), result = _common(a)
    s = Tracer(to_node(spectral.svdvals(work)))
    top = largest(s)
    atol = 0.0 if atol is None else atol
    if rtol is None:
        rtol = max(work.shape[-2:]) * np.finfo(result).eps if atol == 0 else 0.0
    rcond = rtol + atol / np.where(top > 0, top, 1)
    p = _as(spectral.pinv(work, table._cutoff(rcond, work)), result)
    if return_rank:
        return p, (s > (top * rcond)[..., None]).sum(-1)
    return p


@_twin
def lstsq(
    a,
    b,
    cond=None,
    overwrite_a=False,
    overwrite_b=False,
    check_finite=True,
    lapack_driver=None,
):
    (work, _), result = _common(a, b)
    cond = np.finfo(result).eps if cond is None else cond
    x, residuals, rank, s = table.lstsq(a, b, cond)
    if not residuals.size:
        residuals = residuals.astype(result)
    elif np.ndim(b) == 1:
        residuals = residuals[0]
    return x, residuals, rank.astype(np.int64), s


# ---------------------------------------------------------------------------- functions of matrices


@_twin
def expm(A):
    (a,), result = _common(A)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise LinAlgError("Last 2 dimensions of the array must be square")
    return _as(matrices.expm(a), result)


@_twin
def solve_sylvester(a, b, q):
    (a, b, q), result = _common(a, b, q)
    _square(a)
    _square(b, "b")
    if q.shape[-2:] != (a.shape[-1], b.shape[-1]):
        raise ValueError(f"q has shape {q.shape}, wanted {(a.shape[-1], b.shape[-1])} at its end")
    return _as(_sylvester(a, b, q), result)


def _sylvester(a, b, q):
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2], q.shape[:-2])
    return matrices.solve_sylvester(*[np.broadcast_to(x, batch + x.shape[-2:]) for x in (a, b, q)])


def _lyapunov(a, q):
    (a, q), result = _common(a, q)
    _square(a)
    _square(q, "q")
    if a.shape[-1] != q.shape[-1]:
        raise ValueError("Matrix a and q should have the same shape.")
    return a, q, result


@_twin
def solve_continuous_lyapunov(a, q):
    a, q, result = _lyapunov(a, q)
    return _as(_sylvester(a, adjoint(a), q), result)


@_twin
def solve_discrete_lyapunov(a, q, method=None):
    a, q, _ = _lyapunov(a, q)
    n = a.shape[-1]
    if method not in (None, "direct", "bilinear"):
        raise ValueError(f"Unknown solver {method}")
    if method == "direct" or method is None and n < 10:
        left = np.eye(n * n) - np.kron(a, np.conjugate(a))
        x = solving.solve(_as(left, a.dtype), q.reshape(n * n, 1)).reshape(n, n)
    else:  # the bilinear map turns the circle into the half plane
        unit = np.eye(n)
        ah = adjoint(a)
        right = solving.inv(ah + unit)
        b = (ah - unit) @ right
        c = 2 * (solving.inv(a + unit) @ q @ right)
        x = _sylvester(adjoint(b), b, -c)
    return x


# ---------------------------------------------------------------------------- special matrices


@_twin
def block_diag(*arrs):
    blocks = [np.atleast_2d(_to_tracer(a)) for a in arrs]
    for b in blocks:
        if b.ndim > 2:
            raise ValueError(f"arguments must be at most 2-dimensional, got shape {b.shape}")
    dtype = np.result_type(*[b.dtype for b in blocks])
    width, rows, left = sum(b.shape[1] for b in blocks), [], 0
    for b in blocks:
        m, n = b.shape
        before = Tracer(full((m, left), 0, dtype))
        after = Tracer(full((m, width - left - n), 0, dtype))
        rows.append(np.concatenate([before, _as(b, dtype), after], 1))
        left += n
    return np.concatenate(rows, 0)


def _gathered(values, index):
    return np.take(values, index, axis=-1)


@_twin
def toeplitz(c, r=None):
    c = _to_tracer(c)
    r = np.conjugate(c) if r is None else _to_tracer(r)
    c, r = np.atleast_1d(c), np.atleast_1d(r)
    values = np.concatenate([c[..., ::-1], r[..., 1:]], -1)
    m, n = c.shape[-1], r.shape[-1]
    return _gathered(values, m - 1 - np.arange(m)[:, None] + np.arange(n))


@_twin
def circulant(c):
    c = np.atleast_1d(_to_tracer(c))
    n = c.shape[-1]
    return _gathered(c, (np.arange(n)[:, None] - np.arange(n)) % n)

"""np.linalg on traced arrays: NumPy's checks, types and result tuples around the matrix functions.

As in NumPy, decompositions compute in double precision whatever the input's, and integers become
float64.
"""

import operator

import numpy as np
from numpy.linalg import LinAlgError, _linalg

from ..errors import TraceError
from ..primitives.linalg import determinant, solving, spectral
from ..primitives.linalg.parts import adjoint, eye_like, largest, real
from ..trace.tracer import Tracer, to_node
from ..trace.ufuncs import as_dtype
from .base import T, implements


def _common(*arrays):
    """(arrays in double precision, type of the result)."""
    traced = [T(to_node(a)) for a in arrays]
    dtypes = [t.dtype if t.dtype.kind in "fc" else np.dtype(np.float64) for t in traced]
    result = np.result_type(*dtypes)
    work = np.result_type(result, np.float64)
    return [_as(T(as_dtype(t.node, result)), work) for t in traced], result


def _as(x, dtype):
    return x if x.dtype == dtype else x.astype(dtype)


def _real_of(dtype):
    return np.empty(0, dtype).real.dtype


def _stacked(a):
    if a.ndim < 2:
        raise LinAlgError(
            f"{a.ndim}-dimensional array given. Array must be at least two-dimensional"
        )


def _square(a):
    _stacked(a)
    if a.shape[-1] != a.shape[-2]:
        raise LinAlgError("Last 2 dimensions of the array must be square")


def _lower(uplo):
    uplo = uplo.upper()
    if uplo not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return uplo == "L"


# ---------------------------------------------------------------------------- systems, inverses


@implements(np.linalg.solve)
def solve(a, b):
    (a, b), result = _common(a, b)
    _square(a)
    vector = b.ndim == 1
    right = b[:, None] if vector else b
    if right.ndim < 2:
        raise ValueError("solve: b must have at least one dimension, got 0")
    n, rows = a.shape[-1], right.shape[-2]
    if n != rows:
        raise ValueError(f"solve: b has {rows} rows, wanted {n} as a has")
    batch = np.broadcast_shapes(a.shape[:-2], right.shape[:-2])
    x = solving.solve(
        np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(right, batch + right.shape[-2:])
    )
    return _as(x[..., 0] if vector else x, result)


@implements(np.linalg.inv)
def inv(a):
    (a,), result = _common(a)
    _square(a)
    return _as(solving.inv(a), result)


@implements(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    a, b = T(to_node(a)), T(to_node(b))
    if axes is not None:
        order = list(range(a.ndim))
        for k in axes:
            order.remove(k)
            order.insert(a.ndim, k)
        a = a.transpose(order)
    shape = a.shape[-(a.ndim - b.ndim) :]
    n = int(np.prod(shape))
    if a.size != n**2:
        raise LinAlgError(
            "Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])"
        )
    return solve(a.reshape(n, n), b.ravel()).reshape(shape)


@implements(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    a = T(to_node(a))
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = a.shape[ind:] + a.shape[:ind]
    n = int(np.prod(a.shape[ind:]))
    return inv(a.reshape(n, -1)).reshape(shape)


@implements(np.linalg.matrix_power)
def matrix_power(a, n):
    a = T(to_node(a))
    _square(a)
    try:
        n = operator.index(n)
    except TypeError as error:
        raise TypeError("exponent must be an integer") from error
    if n == 0:
        return eye_like(a)
    if n < 0:
        a, n = inv(a), -n
    if n == 3:
        return (a @ a) @ a
    power = result = None
    while n > 0:
        power = a if power is None else power @ power
        n, bit = divmod(n, 2)
        if bit:
            result = power if result is None else result @ power
    return result


@implements(np.linalg.cholesky)
def cholesky(a, /, *, upper=False):
    (a,), result = _common(a)
    _square(a)
    factor = solving.cholesky(adjoint(a) if upper else a)
    return _as(adjoint(factor) if upper else factor, result)


@implements(np.linalg.det)
def det(a):
    (a,), result = _common(a)
    _square(a)
    return _as(determinant.det(a), result)


@implements(np.linalg.slogdet)
def slogdet(a):
    (a,), result = _common(a)
    _square(a)
    sign, log = determinant.slogdet(a)
    return _linalg.SlogdetResult(_as(sign, result), _as(log, _real_of(result)))


# ---------------------------------------------------------------------------- decompositions


@implements(np.linalg.qr)
def qr(a, mode="reduced"):
    if mode not in ("reduced", "complete", "r"):
        if mode in ("raw", "f", "full", "e", "economic"):
            raise TraceError(
                f"np.linalg.qr(mode={mode!r}) has no traced form: use 'reduced', 'complete' or 'r'"
            )
        raise ValueError(f"Unrecognized mode '{mode}'")
    (a,), result = _common(a)
    _stacked(a)
    q, r = spectral.qr(a, mode)
    if mode == "r":
        return _as(r, result)
    return _linalg.QRResult(_as(q, result), _as(r, result))


@implements(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    (a,), result = _common(a)
    _stacked(a)
    if hermitian:
        return _hermitian_svd(a, compute_uv, result)
    if not compute_uv:
        return _as(spectral.svdvals(a), _real_of(result))
    u, s, vh = spectral.svd(a, bool(full_matrices))
    return _linalg.SVDResult(_as(u, result), _as(s, _real_of(result)), _as(vh, result))


def _hermitian_svd(a, vectors, result):
    _square(a)
    kind = _real_of(result)
    if not vectors:
        return _as(_falling(np.abs(spectral.eigvalsh(a)))[0], kind)
    w, v = spectral.eigh(a)
    s, order = _falling(np.abs(w))
    sign = _picked(np.copysign(1.0, w), order)
    u = _picked(v, order, columns=True)
    return _linalg.SVDResult(
        _as(u, result), _as(s, kind), _as(adjoint(u * sign[..., None, :]), result)
    )


def _falling(s):
    """(values from the largest, one-hot order): the order of equal ones is that of argsort reversed."""
    k = s.shape[-1]
    index = np.arange(k)
    a, b = s[..., :, None], s[..., None, :]
    ahead = (b > a) | ((b == a) & (index[None, :] > index[:, None]))
    rank = ahead.sum(-1)
    order = rank[..., None, :] == index[:, None]
    return _picked(s, order), order


def _picked(x, order, columns=False):
    if columns:
        return np.where(order[..., None, :, :], x[..., :, None, :], 0).sum(-1)
    return np.where(order, x[..., None, :], 0).sum(-1)


@implements(np.linalg.svdvals)
def svdvals(x, /):
    return svd(x, compute_uv=False)


@implements(np.linalg.eigh)
def eigh(a, UPLO="L"):
    lower = _lower(UPLO)
    (a,), result = _common(a)
    _square(a)
    w, v = spectral.eigh(a, lower)
    return _linalg.EighResult(_as(w, _real_of(result)), _as(v, result))


@implements(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    lower = _lower(UPLO)
    (a,), result = _common(a)
    _square(a)
    return _as(spectral.eigvalsh(a, lower), _real_of(result))


@implements(np.linalg.eig)
def eig(a):
    (a,), result = _common(a)
    _square(a)
    w, v = spectral.eig(a)
    if _all_real(a, w):
        w, v = w.real, v.real
    else:
        result = np.result_type(result, np.complex64)
    return _linalg.EigResult(_as(w, result), _as(v, result))


@implements(np.linalg.eigvals)
def eigvals(a):
    (a,), result = _common(a)
    _square(a)
    w = spectral.eigvals(a)
    if _all_real(a, w):
        return _as(w.real, result)
    return _as(w, np.result_type(result, np.complex64))


def _all_real(a, w):
    """Whether NumPy would return real values: known in lazy mode only, elsewhere they stay complex."""
    return a.dtype.kind == "f" and not w.abstract and not np.any(w.imag._value("np.linalg.eig"))


# ---------------------------------------------------------------------------- rank, pseudoinverse


@implements(np.linalg.pinv)
def pinv(a, rcond=None, hermitian=False, *, rtol=np._NoValue):
    (work,), result = _common(a)
    if rcond is None:
        if rtol is np._NoValue:
            rcond = 1e-15
        elif rtol is None:
            rcond = max(work.shape[-2:]) * np.finfo(result).eps
        else:
            rcond = rtol
    elif rtol is not np._NoValue:
        raise ValueError("`rtol` and `rcond` can't be both set.")
    _square(work) if hermitian else _stacked(work)
    p = spectral.pinv(work, _cutoff(rcond, work), bool(hermitian))
    return _as(p, result)


def _cutoff(rcond, a):
    """rcond with the batch axes of `a`."""
    return np.broadcast_to(_as(T(to_node(rcond)), _real_of(a.dtype)), a.shape[:-2])


@implements(np.linalg.matrix_rank)
def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    if rtol is not None and tol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    A = T(to_node(A))
    if A.ndim < 2:
        return (A != 0).any().astype(np.int64)
    s = svd(A, compute_uv=False, hermitian=hermitian)
    if tol is None:
        rtol = (
            max(A.shape[-2:]) * np.finfo(s.dtype).eps
            if rtol is None
            else T(to_node(rtol))[..., None]
        )
        tol = largest(s, -1, True) * rtol
    else:
        tol = T(to_node(tol))[..., None]
    return (s > tol).sum(-1)


@implements(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    (a, b), result = _common(a, b)
    vector = b.ndim == 1
    b = b[:, None] if vector else b
    for x in (a, b):
        if x.ndim != 2:
            raise LinAlgError(f"{x.ndim}-dimensional array given. Array must be two-dimensional")
    m, n = a.shape
    if m != b.shape[0]:
        raise LinAlgError("Incompatible dimensions")
    if rcond is None:
        rcond = np.finfo(a.dtype).eps * max(n, m)
    elif not isinstance(rcond, Tracer) and rcond < 0:
        rcond = np.finfo(a.dtype).eps
    x = spectral.lstsq(a, b, _cutoff(rcond, a))
    s = spectral.svdvals(a)
    rank = (s > largest(s) * rcond).sum().astype(np.int32)
    left = b - a @ x
    residuals = real(np.conjugate(left) * left).sum(0)
    full = rank.abstract or int(rank._value("np.linalg.lstsq")) == n
    if m <= n or not full:
        residuals = residuals[:0]
    kind = _real_of(result)
    return _as(x[:, 0] if vector else x, result), _as(residuals, kind), rank, _as(s, kind)


@implements(np.linalg.multi_dot)
def multi_dot(arrays, *, out=None):
    arrays = [T(to_node(a)) for a in arrays]
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    if len(arrays) == 2:
        return np.dot(arrays[0], arrays[1], out=out)
    first, last = arrays[0].ndim, arrays[-1].ndim
    if first == 1:
        arrays[0] = arrays[0][None, :]
    if last == 1:
        arrays[-1] = arrays[-1][:, None]
    for a in arrays:
        if a.ndim != 2:
            raise LinAlgError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
    result = _chain(arrays, _linalg._multi_dot_matrix_chain_order(arrays), 0, len(arrays) - 1)
    if first == 1 or last == 1:
        result = result.reshape(()) if first == last == 1 else result.ravel()
    if out is not None:
        out[...] = result
        return out
    return result


def _chain(arrays, order, i, j):
    if i == j:
        return arrays[i]
    k = int(order[i, j])
    return np.dot(_chain(arrays, order, i, k), _chain(arrays, order, k + 1, j))

"""Structured systems, other decompositions and functions of matrices: the rarer half of `scipy.linalg`.

Systems of banded and Toeplitz matrices are solved as dense ones: n^3 operations, not n.
"""

import numpy as np

from neurokit.core.numpy_table.linalg import _as, _common
from neurokit.core.primitives.linalg import roots, solving, spectral
from neurokit.core.primitives.linalg.parts import adjoint, from_triangle
from neurokit.core.trace.tracer import Tracer, to_node

from ._twin import left_out, twin_of

_twin = twin_of("scipy.linalg")


def _square(a, name="a"):
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"Input {name} needs to be a square matrix, got shape {a.shape}")


def _dense(ab, lower, upper):
    """The matrix of which row upper + i - j, column j of `ab` holds element (i, j)."""
    n = ab.shape[-1]
    i, j = np.arange(n)[:, None], np.arange(n)
    row = upper + i - j
    inside = (row >= 0) & (row <= lower + upper)
    return np.where(inside, ab[np.clip(row, 0, lower + upper), j], np.zeros((), ab.dtype))


def _solved(a, b, how):
    vector = b.ndim == 1
    x = how(a, b[:, None] if vector else b)
    return x[..., 0] if vector else x


@_twin
def solve_banded(l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    lower, upper = (int(n) for n in l_and_u)
    (ab, b), result = _common(ab, b)
    if ab.ndim != 2 or ab.shape[-1] != b.shape[0]:
        raise ValueError(f"shapes of ab and b are not compatible: {ab.shape} and {b.shape}")
    if lower + upper + 1 != ab.shape[0]:
        raise ValueError(
            f"invalid values for the number of lower and upper diagonals: l+u+1 "
            f"({lower + upper + 1}) does not equal ab.shape[0] ({ab.shape[0]})"
        )
    return _as(_solved(_dense(ab, lower, upper), b, solving.solve), result)


@_twin
def solveh_banded(ab, b, overwrite_ab=False, overwrite_b=False, lower=False, check_finite=True):
    (ab, b), result = _common(ab, b)
    if ab.ndim != 2 or ab.shape[-1] != b.shape[0]:
        raise ValueError(f"shapes of ab and b are not compatible: {ab.shape} and {b.shape}")
    width = ab.shape[0] - 1
    half = _dense(ab, width, 0) if lower else _dense(ab, 0, width)
    factor = solving.cholesky(from_triangle(half, lower))

    def how(factor, b):
        y = solving.solve_triangular(factor, b, True)
        return np.conjugate(solving.solve_triangular(factor, np.conjugate(y), True, True))

    return _as(_solved(factor, b, how), result)


@_twin
def solve_toeplitz(c_or_cr, b, check_finite=True):
    from .linalg import toeplitz

    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    a = Tracer(to_node(toeplitz(c, r)))
    (a, b), result = _common(a, b)
    if a.ndim != 2 or a.shape[0] != b.shape[0]:
        raise ValueError(f"shapes of the matrix {a.shape} and of b {b.shape} do not fit")
    return _as(_solved(a, b, solving.solve), np.result_type(result, np.float64))


@_twin
def hankel(c, r=None):
    c = np.atleast_1d(Tracer(to_node(c)))
    last = np.zeros_like(c) if r is None else np.atleast_1d(Tracer(to_node(r)))
    values = np.concatenate([c, last[..., 1:]], -1)
    m, n = c.shape[-1], last.shape[-1]
    return np.take(values, np.arange(m)[:, None] + np.arange(n), axis=-1)


# ---------------------------------------------------------------------------- decompositions


@_twin
def eigh_tridiagonal(
    d,
    e,
    eigvals_only=False,
    select="a",
    select_range=None,
    check_finite=True,
    tol=0.0,
    lapack_driver="auto",
):
    (d, e), result = _common(d, e)
    if select not in ("a", "i"):
        raise TypeError(f"eigh_tridiagonal: select={select!r} has no form on traced arrays")
    if d.ndim != 1 or e.shape != (d.size - 1,):
        raise ValueError(f"d and e need shapes (n,), (n - 1,), got {d.shape} and {e.shape}")
    a = np.diag(d) + np.diag(e, -1)
    part = slice(None)
    if select == "i":
        part = slice(int(select_range[0]), int(select_range[1]) + 1)
    if eigvals_only:
        return _as(spectral.eigvalsh(a, True)[part], result)
    w, v = spectral.eigh(a, True)
    return _as(w[part], result), _as(v[:, part], result)


@_twin
def polar(a, side="right"):
    if side not in ("right", "left"):
        raise ValueError("`side` must be either 'right' or 'left'")
    (a,), result = _common(a)
    w, s, vh = np.linalg.svd(a, full_matrices=False)
    s = s[..., None, :]
    half = (adjoint(vh) * s) @ vh if side == "right" else (w * s) @ adjoint(w)
    return _as(w @ vh, result), _as(half, result)


@_twin
def eig(
    a,
    b=None,
    left=False,
    right=True,
    overwrite_a=False,
    overwrite_b=False,
    check_finite=True,
    homogeneous_eigvals=False,
):
    left_out(
        "eig", b=(b, None), left=(left, False), homogeneous_eigvals=(homogeneous_eigvals, False)
    )
    if not right:
        return eigvals(a)
    _square(Tracer(to_node(a)))
    w, v = np.linalg.eig(Tracer(to_node(a)))
    return w, v


@_twin
def eigvals(a, b=None, overwrite_a=False, check_finite=True, homogeneous_eigvals=False):
    left_out("eigvals", b=(b, None), homogeneous_eigvals=(homogeneous_eigvals, False))
    a = Tracer(to_node(a))
    _square(a)
    return np.linalg.eigvals(a)


# ---------------------------------------------------------------------------- functions of matrices


def _principal(function, a, result, restore):
    """`function` of a matrix, NaN where an eigenvalue is negative. Where values are known, such a matrix is
    turned away from the negative axis first, and the complex result back: restore(value, angle)."""
    value = function(a)
    if not value.abstract and np.isnan(value._value("sqrtm")).any():
        w = np.asarray(spectral.eigvals(a)._value("sqrtm"))
        angles = np.angle(w.real + 1j * (w.imag + 0.0))
        if np.any(angles == np.pi) and np.all(angles > -np.pi):
            angle = 0.5 * (np.pi + angles.min())
            value = restore(function(a * np.exp(-1j * angle)), angle)
            result = np.result_type(result, np.complex64)
    return _as(value, result)


@_twin
def sqrtm(A, disp=None, blocksize=None):
    """For matrices that can be inverted. With an eigenvalue on the negative real axis the root is complex; in
    `jit` and loops the result of a real matrix is real, NaN where there is no real root."""
    (a,), result = _common(A)
    _square(a, "A")
    return _principal(roots.sqrtm, a, result, lambda x, angle: x * np.exp(0.5j * angle))


@_twin
def logm(A, disp=None):
    """For matrices that can be inverted. With an eigenvalue on the negative real axis the logarithm is complex; in
    `jit` and loops the result of a real matrix is real, NaN where there is no real logarithm."""
    (a,), result = _common(A)
    _square(a, "A")
    unit = np.eye(a.shape[-1])
    return _principal(roots.logm, a, result, lambda x, angle: x + 1j * angle * unit)

"""Comparison of representations themselves: kernel alignment, canonical correlations, shapes.

All functions take X (n_stimuli, n_units_x) and Y (n_stimuli, n_units_y), or one list of such
matrices for all pairs; each matrix is reduced once to its factors, X = U S V', centred over stimuli.
"""

import warnings

import numpy as np
from scipy import linalg

from .checks import numbers


def _centered(X, name):
    X = numbers(X, name)
    if X.ndim != 2 or len(X) < 2:
        raise ValueError(f"{name}: wanted (n_stimuli >= 2, n_units), got shape {X.shape}")
    if not np.isfinite(X).all():
        raise ValueError(f"{name}: NaN or infinite values")
    centered = X - X.mean(0)
    same = np.flatnonzero(X[0] == X[-1])  # those that may be constant: exactly zero then
    centered[:, same[(X[:, same] == X[0, same]).all(0)]] = 0
    return centered


class _Undefined(Exception):
    """A representation with which others have no similarity; says why."""


def _pairs(X, Y, prepare, compare, symmetric=True, flat=None):
    """compare(prepare(x), prepare(y)): one number, or a matrix over a list.

    With ``flat``, the name of the function, a representation that is the same for all stimuli or that
    ``prepare`` says is ``_Undefined`` gives NaN, and one warning names all of those.
    """
    several = Y is None
    if several and (not isinstance(X, (list, tuple)) or len(X) < 2):
        raise ValueError("wanted X and Y, or a list of at least two matrices")
    names = [f"X[{k}]" for k in range(len(X))] if several else ["X", "Y"]
    centered = [_centered(x, name) for x, name in zip(X if several else (X, Y), names, strict=True)]
    _same_stimuli([len(x) for x in centered])
    parts, why = [], {}
    for name, x in zip(names, centered, strict=True):
        try:
            if flat is not None and not x.any():
                raise _Undefined("the same for all stimuli")
            parts.append(prepare(x))
        except _Undefined as undefined:
            parts.append(None)
            why.setdefault(str(undefined), []).append(name)
    if why:
        said = "; ".join(f"{', '.join(own)}, {reason}" for reason, own in why.items())
        warnings.warn(f"{flat} is not defined for {said}: NaN", RuntimeWarning, stacklevel=3)

    def similarity(i, j):
        return np.nan if parts[i] is None or parts[j] is None else compare(parts[i], parts[j])

    if not several:
        return float(similarity(0, 1))
    n = range(len(parts))
    out = np.array([[0.0 if symmetric and j < i else similarity(i, j) for j in n] for i in n])
    return np.triu(out) + np.triu(out, 1).T if symmetric else out


def _same_stimuli(lengths):
    if len(set(lengths)) > 1:
        raise ValueError(f"matrices over different numbers of stimuli: {sorted(set(lengths))}")


def _svd(X, variance=1.0):
    """Left singular vectors and singular values, without null directions; with ``variance``, as
    many as explain that part of it. Wide matrices are first turned into their triangle."""
    shape, kind = X.shape, X.dtype
    if X.shape[1] > X.shape[0]:
        X = linalg.qr(X.T, mode="r", check_finite=False)[0][: X.shape[0]].T
    u, s, _ = linalg.svd(X, full_matrices=False, check_finite=False)
    keep = s > s.max(initial=0) * max(shape) * np.finfo(kind).eps
    if variance < 1:
        share = np.cumsum(s**2) / np.sum(s**2)
        keep &= np.arange(len(s)) <= np.searchsorted(share, variance)
    return u[:, keep], s[keep]


def cka(X, Y=None, kernel="linear", unbiased=False):
    """Centred kernel alignment of two representations.

    Parameters
    ----------
    X, Y : ndarray, shape (n_stimuli, n_units), or X a list of such
    kernel : {"linear", "rbf"}
        The Gaussian kernel exp(-d^2 / (2 w^2)) has the median distance of the stimuli as its width w.
    unbiased : bool
        Use the unbiased estimator of HSIC (needs four stimuli): zero on average for unrelated
        representations, whatever the number of units.

    Returns
    -------
    similarity : float, or ndarray (n, n) for a list
        NaN, with a warning, for a representation that is the same for all stimuli (with "rbf": whose
        median distance is 0), or whose unbiased HSIC with itself is not above 0.

    Raises
    ------
    ValueError
        For an unknown kernel, or fewer than four stimuli with ``unbiased``.

    Notes
    -----
    Biased: tr(HKH HLH) over norms. Unbiased, with zero diagonals: HSIC = [tr(KL) +
    (1'K1)(1'L1)/((n-1)(n-2)) - 2 (1'KL1)/(n-2)] / (n(n-3)).

    References
    ----------
    .. [1] Kornblith et al. (2019), arXiv:1905.00414
    .. [2] Song et al. (2012), J. Mach. Learn. Res. 13

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> x = np.random.default_rng(0).standard_normal((20, 5))
    >>> round(rsa.cka(x, 3 * x[:, ::-1] + 1), 6)
    1.0
    """
    if kernel not in ("linear", "rbf"):
        raise ValueError(f"kernel: wanted 'linear' or 'rbf', got {kernel!r}")

    def prepare(x):
        k = x @ x.T
        n = len(k)
        if kernel == "rbf":
            d = np.maximum(np.diagonal(k)[:, None] + np.diagonal(k) - 2 * k, 0)
            width = np.median(np.sqrt(d[np.triu_indices(n, 1)]))
            if width**2 <= x.shape[1] * np.finfo(k.dtype).eps * np.diagonal(k).max():  # rounding
                raise _Undefined("with a median distance of 0 between stimuli")
            k = np.exp(-d / (2 * width**2))
        if not unbiased:
            k = k - k.mean(0) - k.mean(1)[:, None] + k.mean()
            return k, np.linalg.norm(k)
        if n < 4:
            raise ValueError(f"the unbiased estimator needs at least 4 stimuli, got {n}")
        np.fill_diagonal(k, 0)
        own = hsic(k, k)
        if own <= 0:
            raise _Undefined("whose unbiased HSIC with itself is not above 0")
        return k, np.sqrt(own)

    def hsic(k, m):
        n = len(k)
        row_k, row_m = k.sum(0), m.sum(0)
        total = np.vdot(k, m) + row_k.sum() * row_m.sum() / ((n - 1) * (n - 2))
        return (total - 2 * row_k @ row_m / (n - 2)) / (n * (n - 3))

    def compare(p, q):
        product = hsic(p[0], q[0]) if unbiased else np.vdot(p[0], q[0])
        return product / (p[1] * q[1])

    return _pairs(X, Y, prepare, compare, flat="cka")


def cca(X, Y=None):
    """Mean canonical correlation of two representations.

    Parameters
    ----------
    X, Y : ndarray, shape (n_stimuli, n_units), or X a list of such

    Returns
    -------
    similarity : float, or ndarray (n, n) for a list
        Mean over the smaller of the two ranks; see :func:`canonical_correlations` for all.
    """
    return _pairs(X, Y, _svd, _mean_correlation, flat="cca")


def canonical_correlations(X, Y):
    """All canonical correlations, largest first, shape (smaller of the two ranks,)."""
    p, q = _svd(_centered(X, "X")), _svd(_centered(Y, "Y"))
    _same_stimuli([len(p[0]), len(q[0])])
    return _correlations(p, q)


def _correlations(p, q):
    return np.clip(linalg.svdvals(p[0].T @ q[0]), 0, 1)


def _mean_correlation(p, q):
    return _correlations(p, q).mean()


def svcca(X, Y=None, variance=0.99):
    """Mean canonical correlation of the leading principal components.

    Parameters
    ----------
    X, Y : ndarray, shape (n_stimuli, n_units), or X a list of such
    variance : float
        Part of the variance that the components explain.

    References
    ----------
    .. [1] Raghu et al. (2017), arXiv:1706.05806
    """
    return _pairs(X, Y, lambda x: _svd(x, variance), _mean_correlation, flat="svcca")


def pwcca(X, Y=None):
    """Canonical correlations weighted by how much of X their directions account for.

    Parameters
    ----------
    X, Y : ndarray, shape (n_stimuli, n_units), or X a list of such
        Not symmetric: the weights come from X (from the row's matrix, for a list).

    References
    ----------
    .. [1] Morcos et al. (2018), arXiv:1806.05759
    """

    def compare(p, q):
        left, correlations, _ = linalg.svd(p[0].T @ q[0], full_matrices=False)
        weight = np.abs((p[0] @ left).T @ p[2]).sum(1)
        return weight @ np.clip(correlations, 0, 1) / weight.sum()

    return _pairs(X, Y, lambda x: (*_svd(x), x), compare, symmetric=False, flat="pwcca")


def procrustes(X, Y=None):
    """Size-and-shape distance after the best rotation: the Bures distance of the Gram matrices.

    Parameters
    ----------
    X, Y : ndarray, shape (n_stimuli, n_units), or X a list of such

    Returns
    -------
    distance : float, or ndarray (n, n) for a list
        min over rotations of |X - Y Q|, in the Frobenius norm; a metric.
    """

    def compare(p, q):
        square = np.sum(p[1] ** 2) + np.sum(q[1] ** 2) - 2 * _nuclear(p, q)
        return np.sqrt(max(square, 0))

    return _pairs(X, Y, _svd, compare)


def _nuclear(p, q):
    """Sum of the singular values of X'Y from the factors of X and Y.

    From the eigenvalues of the product's Gram matrix where those lose no more than 1e-11 of the
    sum, which is twice as fast, else from the product itself.
    """
    product = (p[0] * p[1]).T @ (q[0] * q[1])
    if product.shape[0] > product.shape[1]:
        product = product.T
    values = linalg.eigvalsh(product @ product.T, check_finite=False)
    most = values.max(initial=0)
    if most > 0 and values.min() > 0:
        roots = np.sqrt(values)
        if np.finfo(values.dtype).eps * most * np.sum(0.5 / roots) <= 1e-11 * roots.sum():
            return roots.sum()
    return linalg.svdvals(product, check_finite=False).sum()


def shape_distance(X, Y=None, alpha=1.0):
    """Angle between two representations after the best linear alignment.

    Parameters
    ----------
    X, Y : ndarray, shape (n_stimuli, n_units), or X a list of such
    alpha : float
        1 allows rotations only, 0 any linear map (canonical correlations), and what lies between
        whitens in part: X (alpha I + (1 - alpha) (X'X)^(-1/2)).

    Returns
    -------
    distance : float, or ndarray (n, n) for a list
        In radians, 0 to pi/2; a metric for each alpha. NaN, with a warning, for a representation that
        is the same for all stimuli.

    References
    ----------
    .. [1] Williams et al. (2021), arXiv:2110.14739
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha: wanted 0 to 1, got {alpha}")

    def prepare(x):
        u, s = _svd(x)
        s = alpha * s + (1 - alpha)
        return u, s / np.linalg.norm(s)

    return _pairs(
        X, Y, prepare, lambda p, q: np.arccos(np.clip(_nuclear(p, q), -1, 1)), flat="shape_distance"
    )

"""Comparison of representations themselves: kernel alignment, canonical correlations, shapes.

All functions take X (n_stimuli, n_units_x) and Y (n_stimuli, n_units_y), or one list of such
matrices for all pairs; each matrix is reduced once to its factors, X = U S V', centred over stimuli.
"""

import warnings
from numbers import Real

import numpy as np

from neurokit.ops import dense
from neurokit.ops.workers import over_threads

from .checks import choice, numbers

AT_ONCE = 4  # representations that are reduced at the same time: some copies of each in memory
LEAST_EIGENVALUE = 1e-5  # of the largest: from there on, a Gram matrix loses no more than 2e-11


def given(X, Y=None):
    """The representations of X and Y, or of the list X, by their names, over equally many stimuli."""
    named = {"X": X, "Y": Y}
    if Y is None:
        if not isinstance(X, (list, tuple)) or len(X) < 2:
            raise ValueError("wanted X and Y, or a list of at least two matrices")
        named = {f"X[{k}]": x for k, x in enumerate(X)}
    named = {name: numbers(x, name) for name, x in named.items()}
    for name, x in named.items():
        if x.ndim != 2 or len(x) < 2 or x.shape[1] < 1:
            raise ValueError(f"{name}: wanted (n_stimuli >= 2, n_units >= 1), got shape {x.shape}")
    lengths = sorted({len(x) for x in named.values()})
    if len(lengths) > 1:
        raise ValueError(f"matrices over different numbers of stimuli: {lengths}")
    return named


def centered(X, name):
    """X (n_stimuli, n_units) in float64, less the means of its units."""
    X = X.astype(float, copy=False)
    if not np.isfinite(X).all():
        raise ValueError(f"{name}: NaN or infinite values")
    rest = X - X.mean(0)
    rest -= rest.mean(0)  # of large means, rounding is left over: a direction of its own
    same = np.flatnonzero(X[0] == X[-1])  # those that may be constant: exactly zero then
    rest[:, same[(X[:, same] == X[0, same]).all(0)]] = 0
    return rest


def at_unit_size(x, axis=None):
    """x times a power of two, or one for each place along the other axes: its largest value is 1/2
    to 1, so that squares are numbers."""
    return np.ldexp(x, -np.frexp(np.abs(x).max(axis, initial=0))[1])


class _Undefined(Exception):
    """A representation with which others have no similarity; says why."""


def _pairs(X, Y, prepare, compare, symmetric=True, flat=None):
    """compare(prepare(x), prepare(y)): one number, or a matrix over a list.

    With ``flat``, the name of the function, a representation that is the same for all stimuli or that
    ``prepare`` says is ``_Undefined`` gives NaN, and one warning names all of those.
    """
    several = Y is None
    named = given(X, Y)

    def part(name):
        x = centered(named[name], name)
        try:
            if flat is not None and not x.any():
                raise _Undefined("the same for all stimuli")
            return prepare(x)
        except _Undefined as undefined:
            return undefined

    def similarity(i, j):
        p, q = parts[i], parts[j]
        return np.nan if _Undefined in (type(p), type(q)) else compare(p, q)

    n = range(len(named))
    wanted = [(i, j) for i in n for j in n if not symmetric or i <= j] if several else [(0, 1)]
    parts = over_threads(part, named, most=AT_ONCE)
    values = over_threads(similarity, *zip(*wanted, strict=True))
    why = {}
    for name, part in zip(named, parts, strict=True):
        if isinstance(part, _Undefined):
            why.setdefault(str(part), []).append(name)
    if why:
        said = "; ".join(f"{', '.join(own)}, {reason}" for reason, own in why.items())
        warnings.warn(f"{flat} is not defined for {said}: NaN", RuntimeWarning, stacklevel=3)
    if not several:
        return float(values[0])
    out = np.empty((len(n), len(n)))
    for (i, j), value in zip(wanted, values, strict=True):
        out[i, j] = value
        if symmetric:
            out[j, i] = value
    return out


def _rounding(X, largest):
    """What rounding makes of zero in factors of X, with this largest value."""
    return largest * max(X.shape) * np.finfo(float).eps


def _factors(X):
    """Left singular vectors and singular values of X, falling.

    Of wide matrices from the Gram matrix of the stimuli, where that is conditioned well apart from
    directions in which nothing but rounding is left of X itself; else from their triangle.
    """
    if X.shape[1] > X.shape[0]:
        values, vectors = dense.eigh(dense.gram(X.T))
        most = values.max()
        null = values <= 10 * _rounding(X, most)
        if values[~null].min(initial=most) >= LEAST_EIGENVALUE * most:
            rest = np.linalg.norm(dense.product(vectors[:, null].T, X), axis=1)
            if rest.max(initial=0) <= _rounding(X, np.sqrt(most)):
                return vectors[:, ::-1], np.sqrt(np.where(null, 0, values))[::-1]
        X = dense.triangle(X.T).T
    return dense.svd(X)[:2]


def _svd(X, variance=1.0):
    """Left singular vectors and singular values, without null directions; with ``variance``, as
    many as explain that part of it."""
    largest = np.abs(X).max(initial=0) or 1.0
    u, s = _factors(X / largest)
    keep = s > _rounding(X, s.max(initial=0))
    if variance < 1:
        share = np.cumsum(s**2) / np.sum(s**2)
        keep &= np.arange(len(s)) <= np.searchsorted(share, variance)
    return u[:, keep], largest * s[keep]


def _directions(X, variance=1.0):
    return _svd(X, variance)[0]


def _scaled(u, s):
    """U S with norm 1, and the norm of S."""
    largest = s.max(initial=0) or 1.0
    norm = np.linalg.norm(s / largest)  # of squares that neither overflow nor vanish
    return u * (s / largest / norm if norm > 0 else s), largest * norm


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
    choice(kernel, ("linear", "rbf"), "kernel")

    def prepare(x):
        k = dense.gram(at_unit_size(x).T)
        n = len(k)
        if kernel == "rbf":
            d = np.maximum(np.diagonal(k)[:, None] + np.diagonal(k) - 2 * k, 0)
            width = np.median(np.sqrt(d[np.triu_indices(n, 1)]))
            if width**2 <= x.shape[1] * np.finfo(k.dtype).eps * np.diagonal(k).max():  # rounding
                raise _Undefined("with a median distance of 0 between stimuli")
            k = np.exp(-d / (2 * width**2))
        if not unbiased:
            k = k - k.mean(0) - k.mean(1)[:, None] + k.mean()
            return k, np.sqrt(inner(k, k))
        if n < 4:
            raise ValueError(f"the unbiased estimator needs at least 4 stimuli, got {n}")
        np.fill_diagonal(k, 0)
        own = hsic(k, k)
        if own <= 0:
            raise _Undefined("whose unbiased HSIC with itself is not above 0")
        return k, np.sqrt(own)

    def inner(k, m):
        return dense.product(k.ravel(), m.ravel())

    def hsic(k, m):
        n = len(k)
        row_k, row_m = k.sum(0), m.sum(0)
        total = inner(k, m) + row_k.sum() * row_m.sum() / ((n - 1) * (n - 2))
        return (total - 2 * row_k @ row_m / (n - 2)) / (n * (n - 3))

    def compare(p, q):
        product = hsic(p[0], q[0]) if unbiased else inner(p[0], q[0])
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
    return _pairs(X, Y, _directions, _mean_correlation, flat="cca")


def canonical_correlations(X, Y):
    """All canonical correlations, largest first, shape (smaller of the two ranks,)."""
    p, q = (_directions(centered(x, name)) for name, x in given(X, Y).items())
    return np.clip(dense.svdvals(dense.product(p.T, q)), 0, 1)


def _mean_correlation(p, q):
    return min(_nuclear(p, q) / min(p.shape[1], q.shape[1]), 1)


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
    if not isinstance(variance, Real) or not 0 < variance <= 1:
        raise ValueError(f"variance: wanted a number above 0 and up to 1, got {variance!r}")
    return _pairs(X, Y, lambda x: _directions(x, variance), _mean_correlation, flat="svcca")


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
        left, correlations, _ = dense.svd(dense.product(p[0].T, q[0]))
        weight = np.abs(dense.product(dense.product(p[0], left).T, p[1])).sum(1)
        return weight @ np.clip(correlations, 0, 1) / weight.sum()

    return _pairs(X, Y, lambda x: (_directions(x), x), compare, symmetric=False, flat="pwcca")


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
        largest = max(p[1], q[1]) or 1.0
        a, b = p[1] / largest, q[1] / largest
        return largest * np.sqrt(max(a * a + b * b - 2 * a * b * _nuclear(p[0], q[0]), 0))

    return _pairs(X, Y, lambda x: _scaled(*_svd(x)), compare)


def _nuclear(p, q):
    """Sum of the singular values of P'Q.

    From the eigenvalues of its Gram matrix where those lose no more than 1e-11 of the sum, which is
    two to three times as fast, else from the product itself.
    """
    product = dense.product(p.T, q)
    if product.size == 0:
        return 0.0
    wide = product if product.shape[0] <= product.shape[1] else product.T
    values = dense.eigvalsh(dense.gram(wide.T))
    if values.min() > 0:
        roots = np.sqrt(values)
        if np.finfo(float).eps * values.max() * np.sum(0.5 / roots) <= 1e-11 * roots.sum():
            return roots.sum()
    return dense.svdvals(product).sum()


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
        return _scaled(u, alpha * s + (1 - alpha))[0]

    def compare(p, q):
        return np.arccos(np.clip(_nuclear(p, q), -1, 1))

    return _pairs(X, Y, prepare, compare, flat="shape_distance")

"""Similarity of dissimilarity matrices."""

import numpy as np

from ..ops import dense, similarity
from .checks import CONVENTIONS, choice, leveled, numbers, symmetric
from .missing import equal_rows
from .moments import compare_moments
from .rdms import RDMs, as_rdms, match_conditions, names_of

METHODS = (
    "cosine", "pearson", "spearman", "rho_a", "tau_a", "tau_b", "whitened_cosine",
    "whitened_pearson", "bures", "bures_distance", "riemannian",
)  # fmt: skip
BY_RANK = ("spearman", "rho_a", "tau_a", "tau_b")
WHITENED = ("whitened_cosine", "whitened_pearson")
WHOLE = ("bures", "bures_distance", "riemannian")
BLOCK = 2**18  # elements of the square matrices that are made at once
MASKS = 32  # patterns of missing pairs whose factor is kept


def method_name(method):
    """The method's own spelling: hyphens may stand for underscores.

    Raises
    ------
    ValueError
        For an unknown method.
    """
    name = method.replace("-", "_") if isinstance(method, str) else method
    return choice(name, METHODS, "method")


def compare(a, b, method="cosine", sigma_k=None, convention=None):
    """Compare every RDM of one set with every RDM of another.

    Parameters
    ----------
    a, b : RDMs or array_like
        Arrays are read by ``RDMs``. Conditions are matched by label when both have them, as ``RDMs``
        and square DataFrames and DataArrays do.
    method : {"cosine", "pearson", "spearman", "rho_a", "tau_a", "tau_b", "whitened_cosine", \
"whitened_pearson", "bures", "bures_distance", "riemannian"}
        Hyphens may stand for underscores.
    sigma_k : ndarray, shape (n, n) or (n,), optional
        Covariance of the condition estimates, or its diagonal, for the whitened methods and
        ``riemannian``, in the order of the conditions of ``a``; the identity by default.
    convention : {None, "rsatoolbox"}
        With "rsatoolbox", ``bures_distance`` is squared, and a vector ``sigma_k`` is centred
        uniformly instead of by its precision, as that package does.

    Returns
    -------
    similarity : ndarray, shape (n_a, n_b)
        Larger is more similar, except for ``bures_distance``. NaN where the similarity is not
        defined (one matrix is constant, or no two pairs are in both). The Bures similarity of
        matrices that are no squared distances, as crossnobis ones, may exceed 1 or be NaN and
        depends on which comes first: a warning says so.

    Raises
    ------
    ValueError
        For an unknown method, sets over different conditions, a matrix that is NaN throughout,
        infinite values where the method is not of ranks, or NaN pairs where it needs whole matrices
        (Bures, Riemannian).

    Notes
    -----
    Pairs that are NaN in one of two matrices are left out: ranks are taken among the others, and
    whitened methods use the rows and columns of V for the others.
    ``rho_a`` is Spearman's correlation expected under random breaking of ties,
    12 x'y/(N^3 - N) - 3(N + 1)/(N - 1) on mid-ranks. The whitened forms weigh by the covariance V
    of the dissimilarities, V = Xi o Xi with Xi = C sigma_k C' for the pair contrasts C:
    x'V^-1 y / sqrt(x'V^-1 x y'V^-1 y), computed as tr(S Gx S Gy) with S = sigma_k^-1 and the
    centred second moments G; the Pearson form takes the mean of x and y away first.

    References
    ----------
    .. [1] Schuett et al. (2023), doi:10.7554/eLife.82566
    .. [2] Diedrichsen et al. (2021), arXiv:2007.02789

    Examples
    --------
    >>> from neurokit import rsa
    >>> rsa.compare([1.0, 2.0, 3.0], [[2.0, 4.0, 6.0], [3.0, 2.0, 1.0]], "pearson")
    array([[ 1., -1.]])
    """
    method = method_name(method)
    choice(convention, CONVENTIONS, "convention")
    x, y = _matched(a, b)
    check_values(x.values, method, "a")
    check_values(y.values, method, "b")
    noise = noise_of(x.n_conditions, method, sigma_k, convention)
    if method in WHOLE:
        return compare_moments(x, y, method, noise, convention)
    x, y = x.values, y.values
    if method not in BY_RANK:
        x, y = (leveled(v, True, True)[0] for v in (x, y))
    return compare_values(x, y, method, noise)


def check_values(values, method, what):
    """Raise ValueError for matrices that are NaN throughout, or infinite where only ranks would do."""
    wrong = np.isnan(values).all(1)
    if wrong.any():
        raise ValueError(
            f"{what}: all pairs are NaN in matrices {np.flatnonzero(wrong)[:5].tolist()}"
        )
    wrong = np.isinf(values).any(1)
    if wrong.any() and method not in BY_RANK:
        raise ValueError(
            f"{what}: infinite dissimilarities in matrices {np.flatnonzero(wrong)[:5].tolist()}, "
            f"which only {', '.join(BY_RANK)} can compare, not {method}"
        )


def _matched(a, b):
    labelled = all(isinstance(v, RDMs) or names_of(v) is not None for v in (a, b))
    a, b = as_rdms(a, "a"), as_rdms(b, "b")
    if a.values.shape[1] != b.values.shape[1]:
        raise ValueError(f"RDMs of {a.n_conditions} and {b.n_conditions} conditions do not match")
    return a, match_conditions(a, b) if labelled else b


def noise_of(n, method, sigma_k=None, convention=None):
    """What a method makes of the covariance of n condition estimates: its :class:`Whitening`, the
    covariance itself, or None."""
    if method in WHITENED:
        return Whitening(n, sigma_k, convention)
    if method != "riemannian":
        return None
    sigma = covariance_of(sigma_k, n)
    _factor(sigma)
    return sigma


def compare_values(x, y, method, noise=None):
    """Similarity of all rows of x and y, pairs missing in one of two left out.

    ``noise`` is what :func:`noise_of` gives. NaN where fewer than two pairs are in both.
    """
    if method in WHOLE:
        return compare_moments(RDMs(x), RDMs(y), method, noise, None)
    have_x, have_y = ~np.isnan(x), ~np.isnan(y)
    if have_x.all() and have_y.all():
        return _complete(x, y, method, noise, have_x[:1].all(0))
    if method in ("cosine", "pearson"):
        some = dense.product(have_x.astype(float), have_y.T.astype(float)) > 1.5
        return np.where(some, similarity.cosines(x, y, method == "pearson"), np.nan)
    out = np.full((len(x), len(y)), np.nan)
    for i, p in equal_rows(have_x):
        for j, q in equal_rows(have_y):
            have = p & q
            out[np.ix_(i, j)] = _complete(x[i][:, have], y[j][:, have], method, noise, have)
    return out


def _complete(x, y, method, noise, have):
    """Similarities of rows without NaN; ``have`` are their places among all pairs."""
    if x.shape[1] < 2:
        return np.full((len(x), len(y)), np.nan)
    if method in WHITENED:
        return _cosines(*noise.products(x, y, method == "whitened_pearson", have))
    if method in ("tau_a", "tau_b"):
        return similarity.kendall(x, y, method == "tau_b")
    if method in BY_RANK:
        x, y = similarity.ranks(x), similarity.ranks(y)
    if method == "rho_a":
        n = x.shape[1]
        x -= (n + 1) / 2
        return 12 / (n**3 - n) * dense.product(x, y.T)
    return _cosines(*_products(x, y, method != "cosine"))


def _cosines(product, xx, yy):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(product / (np.sqrt(xx)[:, None] * np.sqrt(yy)), -1, 1)


def _centered(rows):
    """Rows less their means; those of one value are exactly zero."""
    return np.where(
        (rows == rows[:, :1]).all(1, keepdims=True), 0, rows - rows.mean(1, keepdims=True)
    )


def _products(x, y, center):
    """Inner products of the rows of x and y and their squared norms, from one Gram matrix."""
    both = np.concatenate([x, y]).astype(float, copy=False)
    gram = similarity.gram(both[None], center=center)
    squared = np.diagonal(gram[0])
    return gram[0, : len(x), len(x) :].copy(), squared[: len(x)], squared[len(x) :]


def covariance_of(sigma_k, n):
    if sigma_k is None:
        return np.eye(n)
    sigma = numbers(sigma_k, "sigma_k").astype(float)
    if sigma.shape == (n,):
        return symmetric(np.diag(sigma), "sigma_k")
    if sigma.shape != (n, n):
        raise ValueError(f"sigma_k: wanted shape ({n}, {n}) or ({n},), got {sigma.shape}")
    return symmetric(sigma, "sigma_k")


def _factor(sigma):
    try:
        return dense.cholesky(sigma)
    except np.linalg.LinAlgError:
        raise np.linalg.LinAlgError("sigma_k must be positive definite") from None


def _half_inverse(matrix):
    """A function that gives H g with H'H the (pseudo)inverse of a positive semidefinite matrix."""
    if not len(matrix):
        return lambda g: g
    from scipy.linalg import lapack  # slow to load

    try:
        factor = dense.cholesky(matrix)
        condition, _ = lapack.dpocon(factor, np.abs(matrix).sum(0).max(), uplo="L")
        if condition > 1e-8:
            return lambda g: dense.solve_triangular(factor, g)
    except np.linalg.LinAlgError:
        pass
    values, vectors = dense.eigh(matrix)  # conditions without any pair
    some = values > 1e-12 * values[-1]
    half = (vectors[:, some] / np.sqrt(values[some])).T
    return lambda g: dense.product(half, g)


def _contiguous(u):
    """The matrices or their transposes, whichever lie in memory row by row."""
    return u if u.flags.c_contiguous else np.swapaxes(u, 1, 2)


class Whitening:
    """Inner products x'V^-1 y of dissimilarities; V is never built.

    With S = sigma_k^-1 and P = S - S11'S / 1'S1, x'V^-1 y = tr(P Dx P Dy) / 4 for the square
    matrices D. Pairs that are left out take the values that make the norm smallest, which is the
    same as leaving them out of V.
    """

    def __init__(self, n, sigma_k=None, convention=None):
        self.n, sigma = n, covariance_of(sigma_k, n)
        factor = _factor(sigma)
        self.sigma, self.plain = sigma, sigma_k is None
        uniform = convention == "rsatoolbox" and np.ndim(sigma_k) == 1
        self.project = self._projection(sigma, factor, uniform)
        self._masks, self._space = {}, None

    @staticmethod
    def _projection(sigma, factor, uniform):
        half = dense.solve_triangular(factor, np.eye(len(sigma)))
        if uniform:  # H S H with the plain mean in H
            inner = dense.gram(half)
            inner = inner - inner.mean(0)
            return inner - inner.mean(1, keepdims=True)
        root = half.sum(1)  # the factor of S times 1
        half -= np.outer(root, dense.product(root, half)) / (root @ root)
        return dense.gram(half)

    def _blocks(self, values, have):
        """(Slice of rows, P D of each, its missing pairs zero, shape (rows, n, n)), a few rows at a
        time: the memory is that of the next block."""
        n, (count, pairs) = self.n, values.shape
        places = self._mask(have)[0]
        most = max(1, min(count, BLOCK // n**2))
        if self._space is None or self._space[0].shape != (most, pairs + 1):
            shapes = (most, pairs + 1), (most, n * n), (most, n, n)
            self._space = [np.zeros(shape) for shape in shapes]
        padded, d, out = self._space
        for first in range(0, count, most):
            at = slice(first, min(first + most, count))
            m = at.stop - first
            padded[:m, :-1] = values[at]
            square = np.take(padded[:m], places, axis=1, out=d[:m], mode="clip").reshape(m, n, n)
            if self.plain:
                yield at, np.subtract(square, square.mean(1, keepdims=True), out=out[:m])
            else:  # D is symmetric: one product of all rows, each D P the transpose of P D
                turned = out[:m].reshape(-1, n)
                dense.product(square.reshape(-1, n), self.project, out=turned)
                yield at, np.swapaxes(out[:m], 1, 2)

    def _norms(self, u, have):
        """Of P D: x'V^-1 x of each row (rows,), four times; and what fills the missing pairs in,
        (filled, rows)."""
        squared = np.einsum("kpa,kap->k", u, u)
        if have.all():
            return squared, np.empty((0, len(u)))
        _, (i, j), half = self._mask(have)
        g = half(np.einsum("kpa,pa->pk", u[:, i], self.project[j]))
        return squared - 2 * np.einsum("pk,pk->k", g, g), g

    def _mask(self, have):
        """(Places of the square matrix's elements among the pairs that are there and a zero after
        them, places of the pairs that are not there, :func:`_half_inverse` of the matrix that fills
        these in), kept for the next rows that lack the same."""
        key = np.packbits(have).tobytes()
        if key not in self._masks:
            if len(self._masks) >= MASKS:
                self._masks.clear()
            upper = np.triu_indices(self.n, 1)
            places = np.full((self.n, self.n), have.sum())
            places[upper] = places.T[upper] = np.where(have, np.cumsum(have) - 1, have.sum())
            (i, j), p = (index[~have] for index in upper), self.project
            among = p[np.ix_(i, i)] * p[np.ix_(j, j)] + p[np.ix_(i, j)] * p[np.ix_(j, i)]
            self._masks[key] = places.ravel(), (i, j), _half_inverse(among)
        return self._masks[key]

    def squares(self, x, have):
        """x'V^-1 x of each row, shape (rows,); the pairs that are there alone, as in products."""
        out = np.empty(len(x))
        for at, u in self._blocks(x, have):
            out[at] = self._norms(u, have)[0]
        return out / 4

    def prepared(self, x):
        """For whole rows: V^-1 x (rows, n_pairs), x'V^-1 x (rows,) and the projection P."""
        i, j = np.triu_indices(self.n, 1)
        project = np.eye(self.n) - 1 / self.n if self.plain else self.project
        turned = np.empty(x.shape)
        for at, u in self._blocks(x, np.ones(x.shape[1], bool)):
            turned[at] = dense.product(u.reshape(-1, self.n), project).reshape(u.shape)[:, i, j] / 2
        return turned, np.einsum("kp,kp->k", turned, x), project

    def products(self, x, y, center, have):
        """x'V^-1 y, and the squared norms of x and of y.

        Parameters
        ----------
        x, y : ndarray, shape (rows, number of pairs that are there)
        center : bool
            Take the mean of the pairs that are there away first.
        have : ndarray of bool, shape (n_pairs,)
        """
        x, y = x.astype(float, copy=False), y.astype(float, copy=False)
        if center:
            x, y = _centered(x), _centered(y)
        if len(x) > len(y):  # the fewer ones are kept
            product, yy, xx = self.products(y, x, False, have)
            return product.T, xx, yy
        if not len(x):
            return np.empty((0, len(y))), np.empty(0), self.squares(y, have)
        kept, fill, xx = np.empty((len(x), self.n, self.n)), [], np.empty(len(x))
        for at, u in self._blocks(x, have):
            kept[at] = np.swapaxes(_contiguous(u), 1, 2)
            xx[at], g = self._norms(u, have)
            fill.append(g)
        fill, kept = np.concatenate(fill, axis=1).T, kept.reshape(len(x), -1)
        product, yy = np.empty((len(x), len(y))), np.empty(len(y))
        for at, v in self._blocks(y, have):
            yy[at], g = self._norms(v, have)
            product[:, at] = dense.product(kept, _contiguous(v).reshape(len(v), -1).T)
            product[:, at] -= 2 * dense.product(fill, g)
        return product / 4, xx / 4, yy / 4

"""Similarity of dissimilarity matrices."""

import numpy as np
from scipy import linalg

from neurokit import _core

from .rdms import RDMs, match_conditions

METHODS = (
    "cosine", "pearson", "spearman", "rho_a", "tau_a", "tau_b", "whitened_cosine",
    "whitened_pearson", "bures", "bures_distance", "riemannian",
)  # fmt: skip
BY_RANK = ("spearman", "rho_a", "tau_a", "tau_b")


def compare(a, b, method="cosine", sigma_k=None):
    """Compare every RDM of one set with every RDM of another.

    Parameters
    ----------
    a, b : RDMs or array_like of condensed values
        Conditions are matched by label when both are ``RDMs``.
    method : {"cosine", "pearson", "spearman", "rho_a", "tau_a", "tau_b", "whitened_cosine", \
"whitened_pearson", "bures", "bures_distance", "riemannian"}
    sigma_k : ndarray, shape (n, n) or (n,), optional
        Covariance of the condition estimates, or its diagonal, for the whitened methods and
        ``riemannian``; the identity by default.

    Returns
    -------
    similarity : ndarray, shape (n_a, n_b)
        Larger is more similar, except for ``bures_distance``. NaN where the similarity is not
        defined (one matrix is constant, or no pair is in both).

    Raises
    ------
    ValueError
        For an unknown method, sets over different conditions, or NaN pairs where a method needs
        whole matrices (whitened, Bures, Riemannian).

    Notes
    -----
    Pairs that are NaN in one of two matrices are left out (and ranks taken among the others).
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
    if method not in METHODS:
        raise ValueError(f"method: wanted one of {', '.join(METHODS)}, got {method!r}")
    x, y = _matched(a, b)
    if method.startswith("whitened"):
        return _whitened(x, y, method == "whitened_pearson", sigma_k)
    if method in ("bures", "bures_distance", "riemannian"):
        return _moments(x, y, method, sigma_k)
    return _by_pairs(x.values, y.values, method)


def _matched(a, b):
    labelled = isinstance(a, RDMs) and isinstance(b, RDMs)
    a = a if isinstance(a, RDMs) else RDMs(a)
    b = b if isinstance(b, RDMs) else RDMs(b)
    if a.values.shape[1] != b.values.shape[1]:
        raise ValueError(f"RDMs of {a.n_conditions} and {b.n_conditions} conditions do not match")
    return a, match_conditions(a, b) if labelled else b


def _by_pairs(x, y, method):
    """Methods that see two lists of dissimilarities, pairs missing in one of them left out."""
    nan_x, nan_y = np.isnan(x), np.isnan(y)
    missing = nan_x.any(0) | nan_y.any(0)
    if not missing.any():
        return _complete(x, y, method)
    if nan_x[:, missing].all() and nan_y[:, missing].all():  # all lack the same pairs
        return _complete(x[:, ~missing], y[:, ~missing], method)
    if method in ("cosine", "pearson"):
        out = np.empty((len(x), len(y)))
        _core.call("compare", [out], [x, y], (int(method == "pearson"),))
        return out
    out = np.full((len(x), len(y)), np.nan)
    for i, u in enumerate(x):
        for j, v in enumerate(y):
            have = ~np.isnan(u) & ~np.isnan(v)
            if have.sum() > 1:
                out[i, j] = _complete(u[None, have], v[None, have], method)[0, 0]
    return out


def _complete(x, y, method):
    if x.shape[1] < 2:
        return np.full((len(x), len(y)), np.nan)
    if method in ("tau_a", "tau_b"):
        out = np.empty((len(x), len(y)))
        _core.call("kendall", [out], [x, y], (int(method == "tau_b"),))
        return out
    if method in BY_RANK:
        x, y = _ranks(x), _ranks(y)
    if method == "rho_a":
        n = x.shape[1]
        return 12 * _products(x, y, False)[0] / (n**3 - n) - 3 * (n + 1) / (n - 1)
    product, xx, yy = _products(x, y, method != "cosine")
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(product / (np.sqrt(xx)[:, None] * np.sqrt(yy)), -1, 1)


def _ranks(x):
    out = np.empty(x.shape)
    _core.call("rank", [out], [x])
    return out


def _products(x, y, center):
    """Inner products of the rows of x and y and their squared norms, from one Gram matrix."""
    both = np.concatenate([x, y]).astype(float, copy=False)
    gram = np.empty((1, len(both), len(both)))
    _core.call("gram", [gram], [both[None]], (int(center),))
    squared = np.diagonal(gram[0])
    return gram[0, : len(x), len(x) :].copy(), squared[: len(x)], squared[len(x) :]


def _covariance(sigma_k, n):
    if sigma_k is None:
        return np.eye(n)
    sigma = np.asarray(sigma_k, dtype=float)
    if sigma.shape == (n,):
        return np.diag(sigma)
    if sigma.shape != (n, n):
        raise ValueError(f"sigma_k: wanted shape ({n}, {n}) or ({n},), got {sigma.shape}")
    return sigma


def whitened_features(rdms, center, sigma_k=None):
    """Rows whose plain inner products are x'V^-1 y up to a common factor, shape (n_rdm, n n)."""
    n = rdms.n_conditions
    try:
        factor = linalg.cholesky(_covariance(sigma_k, n), lower=True)
    except linalg.LinAlgError:
        raise np.linalg.LinAlgError("sigma_k must be positive definite") from None
    d = rdms.values.astype(float)
    if np.isnan(d).any():
        raise ValueError("whitened comparisons need whole matrices: no NaN pairs")
    if center:
        d = d - d.mean(1, keepdims=True)
    d = RDMs(d).square()
    # w = S 1 / (1' S 1) with S = sigma_k^-1 = inverse(factor)' inverse(factor)
    weight = linalg.cho_solve((factor, True), np.ones(n))
    weight /= weight.sum()
    left = d - np.einsum("i,kij->kj", weight, d)[:, None, :]
    moment = -(left - (left @ weight)[:, :, None]) / 2
    half = linalg.solve_triangular(factor, np.eye(n), lower=True)
    return (half @ moment @ half.T).reshape(len(d), -1)


def _whitened(x, y, center, sigma_k):
    u, v = whitened_features(x, center, sigma_k), whitened_features(y, center, sigma_k)
    with np.errstate(invalid="ignore", divide="ignore"):
        norm = np.linalg.norm(u, axis=1)[:, None] * np.linalg.norm(v, axis=1)
        return np.clip(u @ v.T / norm, -1, 1)


def second_moments(rdms):
    """Doubly centred second moments -H D H / 2 of squared distances, shape (n_rdm, n, n)."""
    g = -rdms.square().astype(float) / 2
    if np.isnan(g).any():
        raise ValueError("this comparison needs whole matrices: take a subset without NaN pairs")
    return g - g.mean(1, keepdims=True) - g.mean(2, keepdims=True) + g.mean((1, 2), keepdims=True)


def _moments(x, y, method, sigma_k):
    gx, gy = second_moments(x), second_moments(y)
    if method == "riemannian":
        sigma = _covariance(sigma_k, x.n_conditions)
        return np.array([[_riemannian(u, v, sigma) for v in gy] for u in gx]).reshape(len(gx), -1)
    values, vectors = np.linalg.eigh(gx)
    roots = vectors * np.sqrt(np.maximum(values, 0))[:, None, :] @ np.swapaxes(vectors, 1, 2)
    fidelity = np.array(
        [[np.sqrt(np.maximum(np.linalg.eigvalsh(r @ v @ r), 0)).sum() for v in gy] for r in roots]
    ).reshape(len(gx), -1)
    tx, ty = np.trace(gx, axis1=1, axis2=2)[:, None], np.trace(gy, axis1=1, axis2=2)
    if method == "bures":
        return fidelity / np.sqrt(tx * ty)
    return np.sqrt(np.maximum(tx + ty - 2 * fidelity, 0))


def _riemannian(u, v, sigma):
    """Minus the Riemannian distance of the second moments of differences from condition 0, the
    first one scaled and with some noise added, both chosen for the smallest distance."""
    from scipy import optimize  # slow to load

    n = len(u)
    contrast = np.hstack([-np.ones((n - 1, 1)), np.eye(n - 1)])
    a, b, noise = (contrast @ m @ contrast.T for m in (u, v, sigma))

    def distance(theta):
        values = linalg.eigvalsh(np.exp(theta[0]) * a + np.exp(theta[1]) * noise, b)
        return np.sqrt(np.sum(np.log(values) ** 2))

    return -optimize.minimize(distance, (0, 0), method="Nelder-Mead").fun

"""Comparison of whole matrices by their second moments: Bures and Riemannian."""

import warnings

import numpy as np

from ..ops import dense
from .missing import mean_of_drawn
from .rdms import RDMs

GRID = np.arange(-24.0, 17, 2)  # logarithms of the noise from which the smallest distance is sought


def second_moments(square, weights=None):
    """Centred second moments -H D H' / 2 of squared distances, H = I - 1w'.

    Parameters
    ----------
    square : ndarray, shape (rows, n, n)
    weights : ndarray, shape (n,), optional
        Of the conditions, of sum one; rows and columns are scaled by their roots. By default all
        conditions weigh the same and nothing is scaled.

    Raises
    ------
    ValueError
        For NaN pairs.
    """
    g = square.astype(float) / -2
    if np.isnan(g).any():
        raise ValueError("this comparison needs whole matrices: take a subset without NaN pairs")
    w = np.full(g.shape[1], 1 / g.shape[1]) if weights is None else weights
    mean = dense.product(g.reshape(-1, len(w)), w).reshape(g.shape[:2])
    g = g - mean[:, :, None] - mean[:, None, :] + (mean @ w)[:, None, None]
    if weights is None:
        return g
    root = np.sqrt(w)
    return g * np.multiply.outer(root, root)


def compare_moments(x, y, method, sigma, convention):
    """Bures similarity, Bures distance or minus the Riemannian distance, shape (n_x, n_y)."""
    if method == "riemannian":
        gx, gy = second_moments(x.square()), second_moments(y.square())
        return np.array([[_riemannian(u, v, sigma) for v in gy] for u in gx]).reshape(len(gx), -1)
    (x, up), (y, right) = _at_unit(x), _at_unit(y)
    gx, gy = second_moments(x.square()), second_moments(y.square())
    fidelity = np.array([_fidelity(gy, root) for root in _roots(gx)]).reshape(len(gx), -1)
    tx, ty = np.trace(gx, axis1=1, axis2=2)[:, None], np.trace(gy, axis1=1, axis2=2)
    if method == "bures":
        with np.errstate(invalid="ignore", divide="ignore"):
            similarity = fidelity / np.sqrt(tx * ty)
        if (similarity > 1 + 1e-9).any() or (tx * ty < 0).any():
            warnings.warn(
                "bures: some matrices are no squared Euclidean distances (crossnobis has negative ones): similarities "
                "may exceed 1 or be NaN, and depend on which of two matrices comes first",
                RuntimeWarning,
                stacklevel=3,
            )
        return similarity
    squared = np.ldexp(tx, up[:, None]) + np.ldexp(ty, right)
    squared -= np.ldexp(fidelity, (up[:, None] + right) // 2 + 1)
    return squared if convention == "rsatoolbox" else np.sqrt(np.maximum(squared, 0))


def resampled_moments(models, subjects, counts, drawn, method, sigma):
    """Mean scores and lower ceiling in samples of conditions and subjects.

    A condition drawn c times weighs c times in the second moments, which is what c copies without
    a distance between them give. The Riemannian distance does not depend on such weights: it is
    that of the conditions drawn, scaled to as many dimensions as all have.

    Parameters
    ----------
    models, subjects : ndarray, shape (rows, n_pairs)
    counts : ndarray of int, shape (n_samples, n)
        Of the conditions.
    drawn : list of ndarray of int, shape (n_samples, n_subjects)
    method : {"bures", "riemannian"}
    sigma : ndarray, shape (n, n)

    Returns
    -------
    statistics : list of ndarray, shape (n_samples, n_models + 1)
    """
    rows = [_at_unit(RDMs(v), together)[0].square() for v, together in ((models, 0), (subjects, 1))]
    square, n_models = np.concatenate(rows), len(models)
    out = [np.empty((len(counts), n_models + 1)) for _ in drawn]
    sample = None
    for k, c in enumerate(counts):
        if sample is None or (c != counts[k - 1]).any():
            sample = _Sample(square, c, n_models, method, sigma)
        for to, d in zip(out, drawn, strict=True):
            to[k, :-1] = mean_of_drawn(sample.scores, d[k])
            to[k, -1] = sample.lower(d[k])
    return out


class _Sample:
    """Models and subjects over some conditions: similarities of all, and noise ceilings."""

    def __init__(self, square, counts, n_models, method, sigma):
        seen = np.flatnonzero(counts)
        own = square[:, seen[:, None], seen]
        self.bures = method == "bures"
        moments = second_moments(own, counts[seen] / counts.sum() if self.bures else None)
        self.subjects = moments[n_models:]
        self.sigma = sigma[np.ix_(seen, seen)]
        self.scale = np.sqrt((len(counts) - 1) / (len(seen) - 1))
        self.scores = self._along(moments[:n_models], self.subjects)

    def _along(self, rows, subjects):
        """Similarities as :func:`compare_moments` has them, shape (rows, subjects)."""
        if self.bures:
            found = [_fidelity(subjects, root) for root in _roots(rows)]
            length = np.multiply.outer(*(np.trace(m, axis1=1, axis2=2) for m in (rows, subjects)))
            return np.array(found) / np.sqrt(length)
        found = [[_riemannian(row, s, self.sigma) for s in subjects] for row in rows]
        return self.scale * np.array(found)

    def lower(self, drawn):
        """Mean similarity of subjects with the pool of the others, every copy of one left out."""
        have, total = np.flatnonzero(drawn), drawn.sum()
        if len(have) < 2:
            return np.nan
        n = self.subjects.shape[-1]
        sums = dense.product(drawn, self.subjects.reshape(len(drawn), -1)).reshape(n, n)
        lower = 0.0
        for s in have:
            rest = (sums - drawn[s] * self.subjects[s]) / (total - drawn[s])
            lower += drawn[s] * self._along(rest[None], self.subjects[[s]])[0, 0]
        return lower / total


def nearest_mixture(basis, data, alpha=0.0):
    """Weights w >= 0 of matrices that come closest to others in the Bures distance.

    They minimise the mean over d of |sum_k w_k G_k, G_d|_Bures^2 + alpha |w|^2 with the second
    moments G, those of the data scaled to trace one. Without alpha, this maximises the mean Bures
    similarity. The scale of w has no meaning. It is a convex problem, since the fidelity is concave.

    Parameters
    ----------
    basis, data : ndarray, shape (rows, n_pairs)
    alpha : float

    Returns
    -------
    weights : ndarray, shape (rows of the basis,)
    """
    from scipy.optimize import minimize  # slow to load

    parts, exponent = _at_unit(RDMs(basis), True)
    parts, wanted = (second_moments(r.square()) for r in (parts, _at_unit(RDMs(data))[0]))
    sizes, total = (np.trace(m, axis1=1, axis2=2) for m in (parts, wanted))
    able, weights = sizes > 0, np.zeros(len(basis))
    if not able.any():
        return weights
    if not (total > 0).any():
        raise ValueError("rdms: no matrix with distances to fit to")
    wanted = wanted[total > 0] / total[total > 0, None, None]
    penalty = np.zeros(able.sum())
    if alpha > 0:
        penalty = alpha / np.ldexp(sizes[able], exponent[0]) ** 2
    parts, roots = parts[able] / sizes[able, None, None], _roots(wanted)

    def loss(v):  # w = v^2: at zero the slope is that of a hill, not of a wall
        mixed = dense.product(v * v, parts.reshape(len(parts), -1)).reshape(parts.shape[1:])
        values, vectors = dense.eigh(_around(roots, mixed))
        rounding = values.shape[-1] * np.finfo(float).eps * np.abs(values).max(-1, keepdims=True)
        some = values > rounding
        half = np.sqrt(np.where(some, values, 1))
        turned = np.swapaxes(dense.product(roots, vectors), 1, 2)
        turned = turned * np.sqrt(np.where(some, 0.5 / half, 0) / len(roots))[:, :, None]
        inner = dense.gram(turned.reshape(-1, turned.shape[-1]))
        slope = dense.product(parts.reshape(len(parts), -1), inner.ravel())
        fidelity = np.where(some, half, 0).sum() / len(roots)
        value = v @ v - 2 * fidelity + penalty @ v**4
        return value, 2 * v * (1 - 2 * slope + 2 * penalty * v * v)

    start = np.full(len(parts), len(parts) ** -0.5)
    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-9}).x
    weights[able] = found**2 / sizes[able]
    return weights


def _roots(moments):
    values, vectors = dense.eigh(moments)
    scaled = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
    return dense.product(scaled, np.swapaxes(vectors, 1, 2))


def _around(outer, inner):
    """B A B of symmetric matrices, one of each or one of them for all: shape (rows, n, n)."""
    shape = np.broadcast_shapes(outer.shape, inner.shape)
    outer, inner = np.broadcast_to(outer, shape), np.broadcast_to(inner, shape)
    return dense.product(dense.product(outer, inner), outer)


def _fidelity(moments, roots):
    """tr (R G R)^(1/2) of several G and one R, or one of each."""
    values = dense.eigvalsh(_around(roots, moments))
    # the root of what rounding leaves of a zero eigenvalue, as centring makes one, would be seen
    rounding = values.shape[-1] * np.finfo(float).eps * np.abs(values).max(-1, keepdims=True)
    return np.sqrt(np.where(values > rounding, values, 0)).sum(-1)


def _at_unit(rdms, together=False):
    """Matrices with values about one, and the even exponents (one, if together) that take them
    back."""
    exponent = np.frexp(np.abs(rdms.values).max(1))[1] // 2 * 2
    if together:
        exponent[:] = exponent.max()
    values = np.ldexp(rdms.values.astype(float), -exponent[:, None])
    return RDMs(values, rdms.conditions, rdms.labels), exponent


def _riemannian(u, v, sigma):
    """Minus the Riemannian distance of the second moments of differences from condition 0, the
    first one scaled and with some noise added, both chosen for the smallest distance."""
    from scipy import optimize  # slow to load

    n = len(u)
    contrast = np.hstack([-np.ones((n - 1, 1)), np.eye(n - 1)])
    a, b, noise = (dense.product(dense.product(contrast, m), contrast.T) for m in (u, v, sigma))

    values = dense.eigvalsh(b)
    if values[0] <= len(b) * np.finfo(float).eps * values[-1]:
        raise np.linalg.LinAlgError(
            "riemannian: the second moments of b must be positive definite: more channels than "
            "conditions, or distances with noise in them"
        )

    if not a.any():
        return np.nan
    # in units of b, so that the search does not depend on those of the patterns
    factor = dense.cholesky(b)
    a, noise = (_between(factor, m) for m in (a, noise))
    a, noise = (m * ((n - 1) / np.trace(m)) for m in (a, noise))
    # below 0: a is positive definite only with that much noise
    floor = max(-dense.eigvalsh(_between(dense.cholesky(noise), a))[0], 0) * (1 + 1e-12)

    def distance(log_weight):  # the best scale makes the logarithms' mean zero
        weight = np.exp(log_weight)[..., None, None] + floor
        values = dense.eigvalsh(a + weight * noise)
        spread = np.std(np.log(np.maximum(values, 1e-300)), axis=-1)
        return np.where(values[..., 0] > 0, spread * np.sqrt(n - 1), 1e100)

    values = distance(GRID)
    best = int(np.argmin(values))
    around = GRID[best - 1] if best else -60, GRID[best + 1] if best + 1 < len(GRID) else 60
    found = optimize.minimize_scalar(
        lambda x: float(distance(np.asarray(x))), bounds=around, method="bounded",
        options={"xatol": 1e-8},
    )  # fmt: skip
    if not found.success:
        warnings.warn(f"riemannian: {found.message}", RuntimeWarning, stacklevel=2)
    return -min(found.fun, values[best])


def _between(factor, matrix):
    """L^-1 M L^-T for a lower triangular L and a symmetric M."""
    half = dense.solve_triangular(factor, matrix)
    whole = dense.solve_triangular(factor, half.T)
    return (whole + whole.T) / 2

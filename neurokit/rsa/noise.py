"""Noise covariance between channels, estimated with shrinkage."""

import numpy as np
from scipy import linalg


class Noise:
    """A noise covariance and what follows from it.

    Parameters
    ----------
    covariance : ndarray, shape (n_channels, n_channels)
    shrinkage : float
        Weight of the target in the estimate, 0 to 1.

    Attributes
    ----------
    covariance : ndarray, shape (n_channels, n_channels)
    precision : ndarray, shape (n_channels, n_channels)
        Its inverse, computed on first use.
    shrinkage : float

    Raises
    ------
    numpy.linalg.LinAlgError
        When the covariance is singular, as soon as its inverse is needed.
    """

    def __init__(self, covariance, shrinkage=0.0):
        covariance = np.asarray(covariance)
        if covariance.dtype not in (np.float32, np.float64):
            covariance = covariance.astype(float)
        if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1]:
            raise ValueError(f"covariance: wanted a square matrix, got shape {covariance.shape}")
        self.covariance = covariance
        self.shrinkage = float(shrinkage)
        self._factor = self._precision = None

    @property
    def n_channels(self):
        return len(self.covariance)

    @property
    def factor(self):
        """Lower Cholesky factor of the covariance."""
        if self._factor is None:
            try:
                self._factor = linalg.cholesky(self.covariance, lower=True)
            except linalg.LinAlgError:
                raise np.linalg.LinAlgError(
                    f"the noise covariance of {self.n_channels} channels is singular: "
                    "use shrinkage, more residuals, or leave channels without noise out"
                ) from None
        return self._factor

    @property
    def precision(self):
        if self._precision is None:
            inverse = linalg.cho_solve((self.factor, True), np.eye(self.n_channels))
            self._precision = (inverse + inverse.T) / 2
        return self._precision

    def whiten(self, patterns):
        """Patterns whose Euclidean distances are the Mahalanobis distances of the given ones."""
        return linalg.solve_triangular(self.factor, patterns.T, lower=True).T

    def __repr__(self):
        return f"Noise: {self.n_channels} channels, shrinkage {self.shrinkage:.4g}"


def shrinkage(residuals, target="diagonal", dof=None):
    """Estimate a noise covariance from residuals, shrunk towards a simple target.

    Parameters
    ----------
    residuals : ndarray, shape (n_samples, n_channels), or list of such
        Residuals of a first-level model, or of the patterns about their condition means. The mean
        of each channel is taken away. A list (runs) gives a list of estimates.
    target : {"diagonal", "identity"}
        Shrink the correlations to zero (Schaefer and Strimmer) or the covariance to a multiple of
        the identity (Ledoit and Wolf).
    dof : int, optional
        Degrees of freedom, ``n_samples - 1`` by default; observations minus conditions when the
        residuals come from condition means.

    Returns
    -------
    noise : Noise or list of Noise

    Raises
    ------
    ValueError
        For fewer than two samples, NaN or infinite residuals, a channel that does not vary (with
        the diagonal target), or an unknown target.

    Notes
    -----
    With S = X'X/T of the demeaned residuals. Identity: m = tr S/p, d2 = |S - m I|^2,
    b2 = min(d2, (sum_t |x_t|^4/T - |S|^2)/T), covariance (T/dof) [(b2/d2) m I + (1 - b2/d2) S].
    Diagonal: the off-diagonal elements of X'X/dof times 1 - lam, with lam the summed variances of
    the correlations over their summed squares.

    References
    ----------
    .. [1] Ledoit and Wolf (2004), doi:10.1016/S0047-259X(03)00096-4
    .. [2] Schaefer and Strimmer (2005), doi:10.2202/1544-6115.1175
    """
    if isinstance(residuals, (list, tuple)):
        return [shrinkage(r, target, dof) for r in residuals]
    x = np.asarray(residuals)
    if x.dtype not in (np.float32, np.float64):
        x = x.astype(float)
    if x.ndim != 2 or len(x) < 2:
        raise ValueError(f"residuals: wanted (n_samples >= 2, n_channels), got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("residuals: NaN or infinite values")
    samples, dof = len(x), len(x) - 1 if dof is None else dof
    if dof < 1:
        raise ValueError(f"dof: wanted at least 1, got {dof}")
    x = x - x.mean(0)
    if target == "identity":
        return _to_identity(x, samples, dof)
    if target == "diagonal":
        return _to_diagonal(x, samples, dof)
    raise ValueError(f"target: wanted 'diagonal' or 'identity', got {target!r}")


def _to_identity(x, samples, dof):
    channels = x.shape[1]
    s = x.T @ x / samples
    level = np.trace(s) / channels
    norm = np.vdot(s, s)
    distance = norm - channels * level**2
    spread = (np.sum(np.sum(x * x, 1, dtype=float) ** 2) / samples - norm) / samples
    lam = float(min(max(spread, 0), distance) / distance) if distance > 0 else 1.0
    covariance = s * ((1 - lam) * samples / dof)
    covariance[np.diag_indices(channels)] += lam * level * samples / dof
    return Noise(covariance, lam)


def _to_diagonal(x, samples, dof):
    covariance = x.T @ x / dof
    sd = np.sqrt(np.diagonal(covariance))
    constant = np.flatnonzero(sd == 0)
    if len(constant):
        raise ValueError(f"channels without any noise: {constant[:10].tolist()}; leave them out")
    # With z = x/sd and q_ij = sum_t z_ti^2 z_tj^2 / (T-1), the sum of q over all pairs needs only
    # the squared norms of the samples.
    z2 = (x / sd) ** 2
    r = covariance * (dof / (samples - 1)) / np.multiply.outer(sd, sd)
    r2 = np.vdot(r, r) - np.vdot(np.diagonal(r), np.diagonal(r))
    q = (np.sum(np.sum(z2, 1, dtype=float) ** 2) - np.vdot(z2, z2)) / (samples - 1)
    lam = float(np.clip(samples / dof**2 * (q - r2) / r2, 0, 1)) if r2 > 0 else 1.0
    diagonal = np.diagonal(covariance).copy()
    covariance = covariance * (1 - lam)
    covariance[np.diag_indices(len(diagonal))] = diagonal
    return Noise(covariance, lam)


def noise_from_measurements(patterns, conditions, target="diagonal"):
    """Estimate the noise from repeated measurements: residuals about the condition means.

    Parameters
    ----------
    patterns : ndarray, shape (n_obs, n_channels)
    conditions : sequence of length n_obs
    target : {"diagonal", "identity"}

    Returns
    -------
    noise : Noise
        With ``dof`` = observations minus conditions.
    """
    patterns = np.asarray(patterns)
    labels, code = np.unique(np.asarray(conditions), return_inverse=True)
    if len(code) != len(patterns):
        raise ValueError(f"conditions: wanted {len(patterns)}, got {len(code)}")
    if len(labels) == len(code):
        raise ValueError("no condition was measured twice: there is nothing to estimate noise from")
    member = (code[:, None] == np.arange(len(labels))).astype(float)
    means = (member / member.sum(0)).T @ patterns
    return shrinkage(patterns - means[code], target, len(code) - len(labels))

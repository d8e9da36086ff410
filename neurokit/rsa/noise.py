"""Noise covariance between channels, estimated with and without shrinkage."""

from numbers import Real

import numpy as np

from ..ops.dense import cholesky, gram, product, solve_triangular, squared_norm
from .checks import choice, codes, numbers, symmetric

ROWS = 16  # samples looked at together, in cache
TARGETS = ("diagonal", "identity")
KINDS = ("shrinkage_diagonal", "shrinkage_identity", "diagonal", "full")


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
    ValueError
        When the covariance is not a symmetric matrix of finite numbers.
    numpy.linalg.LinAlgError
        When the covariance is singular, as soon as its inverse is needed.

    Notes
    -----
    An estimate from fewer samples than channels is kept as what it is, a diagonal plus a product of
    low rank, and inverted by Woodbury's identity: no matrix of (n_channels, n_channels) is made
    unless ``covariance``, ``precision`` or ``factor`` is asked for.
    """

    def __init__(self, covariance, shrinkage=0.0):
        covariance = symmetric(covariance, "covariance")
        self._covariance, self.shrinkage = covariance, float(shrinkage)
        self._variance = self._samples = self._factor = self._precision = self._inner = None
        self._weight, self._product = 0.0, None

    @classmethod
    def structured(cls, variance, samples=None, weight=0.0, shrinkage=0.0, product=None):
        """Covariance diag(variance) + weight samples' samples.

        Parameters
        ----------
        variance : ndarray, shape (n_channels,)
        samples : ndarray, shape (n_samples, n_channels), optional
        weight : float
        product : ndarray, shape (n_samples, n_samples), optional
            X D^-1 X' with D = diag(variance), where it is known.
        """
        noise = cls(np.empty((0, 0)), shrinkage)
        noise._covariance = None
        noise._variance, noise._weight = np.asarray(variance), float(weight)
        noise._samples = samples if weight else None
        noise._product = product
        return noise

    @property
    def n_channels(self):
        return len(self._covariance if self._variance is None else self._variance)

    @property
    def covariance(self):
        if self._covariance is None:
            dense = np.diag(self._variance)
            if self._samples is not None:
                dense += self._weight * gram(self._samples)
            self._covariance = dense
        return self._covariance

    @property
    def factor(self):
        """Lower Cholesky factor of the covariance."""
        if self._factor is None:
            try:
                self._factor = cholesky(self.covariance)
            except np.linalg.LinAlgError:
                raise self._singular() from None
        return self._factor

    @property
    def precision(self):
        if self._precision is None:
            unit = np.eye(self.n_channels, dtype=self.factor.dtype)
            self._precision = gram(solve_triangular(self.factor, unit))
        return self._precision

    def _singular(self):
        return np.linalg.LinAlgError(
            f"the noise covariance of {self.n_channels} channels is singular: "
            "use shrinkage, more residuals, or leave channels without noise out"
        )

    def subset(self, channels):
        """The covariance of some channels."""
        if self._variance is None:
            return Noise(self.covariance[np.ix_(channels, channels)], self.shrinkage)
        samples = None if self._samples is None else self._samples[:, channels]
        return Noise.structured(self._variance[channels], samples, self._weight, self.shrinkage)

    def whiten(self, patterns):
        """Patterns whose Euclidean distances are the Mahalanobis distances of the given ones."""
        if self._variance is not None and self._samples is None:
            return patterns / self._roots()
        return solve_triangular(self.factor, patterns.T).T

    def split(self, patterns):
        """Two sets of rows, the squared Mahalanobis distance being that of the first less that of
        the second (None where there is nothing to take away).

        With covariance D + c X'X the inverse is D^-1 - D^-1 X' (I/c + X D^-1 X')^-1 X D^-1: rows
        Z = B D^-1/2, less Z Y' L^-T with Y = X D^-1/2 and L L' = I/c + Y Y'.
        """
        if self._variance is None or self._samples is None:
            return self.whiten(patterns), None
        roots = self._roots()
        if self._inner is None:
            inner, self._product = self._product, None  # it is not needed again
            if inner is None:
                inner = gram((self._samples / roots).T)
            inner[np.diag_indices(len(inner))] += 1 / self._weight
            self._inner = cholesky(inner)
        plus = patterns / roots
        minus = solve_triangular(self._inner, product(self._samples, (plus / roots).T)).T
        return plus, minus

    def _roots(self):
        if not (self._variance > 0).all():
            raise self._singular()
        return np.sqrt(self._variance)

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
        For fewer than three samples (of two, the error of a covariance cannot be estimated), NaN or
        infinite residuals, a channel that does not vary (with the diagonal target), or an unknown
        target.

    Notes
    -----
    With S = X'X/T of the demeaned residuals. Identity: m = tr S/p, d2 = |S - m I|^2,
    b2 = min(d2, (sum_t |x_t|^4/T - |S|^2)/T), covariance (T/dof) [(b2/d2) m I + (1 - b2/d2) S].
    Diagonal: the off-diagonal elements of X'X/dof times 1 - lam, with lam the summed variances of
    the correlations over their summed squares. Both need the squared norm of X'X only, which is
    that of XX': with fewer samples than channels the smaller product is used.

    References
    ----------
    .. [1] Ledoit and Wolf (2004), doi:10.1016/S0047-259X(03)00096-4
    .. [2] Schaefer and Strimmer (2005), doi:10.2202/1544-6115.1175

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> rng = np.random.default_rng(0)
    >>> noise = rsa.shrinkage(rng.standard_normal((40, 30)))
    >>> noise
    Noise: 30 channels, shrinkage 0.9244
    >>> rsa.rdm(rng.standard_normal((4, 30)), noise=noise, metric="mahalanobis")
    RDMs: 1 of 4 conditions, float64
    """
    choice(target, TARGETS, "target")
    return noise_from_residuals(residuals, f"shrinkage_{target}", dof)


def noise_from_residuals(residuals, kind="shrinkage_diagonal", dof=None):
    """Estimate a noise covariance from residuals.

    Parameters
    ----------
    residuals : ndarray, shape (n_samples, n_channels), or list of such
        As for :func:`shrinkage`.
    kind : {"shrinkage_diagonal", "shrinkage_identity", "diagonal", "full"}
        Shrunk to either target, the variances alone, or the sample covariance.
    dof : int, optional
        ``n_samples - 1`` by default.

    Returns
    -------
    noise : Noise or list of Noise

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> x = np.random.default_rng(0).standard_normal((50, 4))
    >>> noise = rsa.noise_from_residuals(x, "full")
    >>> np.allclose(noise.covariance, np.cov(x.T))
    True
    """
    choice(kind, KINDS, "kind")
    if isinstance(residuals, (list, tuple)) and len(residuals) and np.ndim(residuals[0]) == 1:
        residuals = np.asarray(residuals)  # rows of one matrix, not runs
    if isinstance(residuals, (list, tuple)):
        dofs = dof if isinstance(dof, (list, tuple)) else [dof] * len(residuals)
        if len(dofs) != len(residuals):
            raise ValueError(f"dof: wanted {len(residuals)}, one per run, got {len(dofs)}")
        return [noise_from_residuals(r, kind, k) for r, k in zip(residuals, dofs, strict=True)]
    x = numbers(residuals, "residuals")
    if x.ndim != 2 or len(x) < 2:
        raise ValueError(f"residuals: wanted (n_samples >= 2, n_channels), got shape {x.shape}")
    if len(x) < 3 and kind.startswith("shrinkage") and x.shape[1] > 1:
        raise ValueError(
            f"residuals: {kind} needs at least 3 samples, got {len(x)}: the error of a covariance of two samples "
            "cannot be estimated, and they would not be shrunk at all"
        )
    if not np.isfinite(x).all():
        raise ValueError("residuals: NaN or infinite values")
    dof = len(x) - 1 if dof is None else dof
    if not isinstance(dof, Real) or not 1 <= dof < np.inf:
        raise ValueError(f"dof: wanted a number of at least 1, got {dof!r}")
    flat = (x == x[0]).all(0)
    x = x - x.mean(0)
    if kind == "full":
        return Noise(gram(x) / dof)
    if kind == "shrinkage_identity":
        return _to_identity(x, dof)
    squares = sum(
        np.sum(np.square(x[k : k + ROWS]), 0, dtype=float) for k in range(0, len(x), ROWS)
    )
    variance = (squares / dof).astype(x.dtype)
    constant = np.flatnonzero(flat | (variance == 0))
    if len(constant):
        raise ValueError(f"channels without any noise: {constant[:10].tolist()}; leave them out")
    return Noise.structured(variance) if kind == "diagonal" else _to_diagonal(x, variance, dof)


def _product(x):
    """The smaller of X'X and XX'; both have the same sum of squares."""
    return gram(x if x.shape[1] <= x.shape[0] else x.T)


def _to_identity(x, dof):
    samples, channels = x.shape
    cross = _product(x)
    squared = np.sum(x * x, 1, dtype=float)
    level = np.sum(squared) / samples / channels
    norm = squared_norm(cross) / samples**2
    distance = norm - channels * level**2
    spread = (np.sum(squared**2) / samples - norm) / samples
    lam = float(min(max(spread, 0), distance) / distance) if distance > 0 else 1.0
    level = lam * level * samples / dof
    if channels > samples:
        variance = np.full(channels, level, x.dtype)
        return Noise.structured(variance, x, (1 - lam) / dof, lam, cross / level if level else None)
    covariance = cross * ((1 - lam) / dof)
    covariance[np.diag_indices(channels)] += level
    return Noise(covariance, lam)


def _to_diagonal(x, variance, dof):
    # With z = x/sd, R = z'z/(T-1) and q_ij = sum_t z_ti^2 z_tj^2 / (T-1), the sum of q over all
    # pairs needs only the squared norms of the samples, that of R^2 only the norm of z'z.
    samples, channels = x.shape
    sd = np.sqrt(variance)
    z, by_channel = np.empty_like(x), np.zeros(channels)
    by_sample, fourth = np.empty(samples), 0.0
    for first in range(0, samples, ROWS):
        here = slice(first, first + ROWS)
        squares = np.square(np.divide(x[here], sd, out=z[here]))
        by_channel += np.sum(squares, 0, dtype=float)
        by_sample[here] = np.sum(squares, 1, dtype=float)
        fourth += squared_norm(squares)
    cross = _product(z)
    r2 = (squared_norm(cross) - np.sum(by_channel**2)) / (samples - 1) ** 2
    q = (np.sum(by_sample**2) - fourth) / (samples - 1)
    lam = float(np.clip(samples / dof**2 * (q - r2) / r2, 0, 1)) if r2 > 0 else 1.0
    if channels > samples:
        if lam:
            cross /= lam
        return Noise.structured(variance * lam, x, (1 - lam) / dof, lam, cross if lam else None)
    covariance = cross * np.multiply.outer(sd * ((1 - lam) / dof), sd)
    covariance[np.diag_indices(channels)] = variance
    return Noise(covariance, lam)


def noise_from_measurements(patterns, conditions, target="diagonal", kind=None, dof=None):
    """Estimate the noise from repeated measurements: residuals about the condition means.

    Parameters
    ----------
    patterns : ndarray, shape (n_obs, n_channels)
    conditions : sequence of length n_obs
    target : {"diagonal", "identity"}
    kind : str, optional
        As for :func:`noise_from_residuals`, in place of ``target``.
    dof : int, optional
        Observations minus conditions by default.

    Returns
    -------
    noise : Noise

    Raises
    ------
    ValueError
        For lengths that differ, or when no condition was measured twice.
    """
    kind = f"shrinkage_{choice(target, TARGETS, 'target')}" if kind is None else kind
    patterns = numbers(patterns, "patterns")
    if patterns.ndim != 2:
        raise ValueError(f"patterns: wanted (n_obs, n_channels), got shape {patterns.shape}")
    labels, code = codes(conditions, len(patterns), "conditions")
    if len(labels) == len(code):
        raise ValueError("no condition was measured twice: there is nothing to estimate noise from")
    member = (code[:, None] == np.arange(len(labels))).astype(float)
    means = product((member / member.sum(0)).T, patterns)
    dof = len(code) - len(labels) if dof is None else dof
    return noise_from_residuals(patterns - means[code], kind, dof)

"""Partial least squares regression."""

import warnings

import numpy as np

from ..ops.dense import eigh, gram, product, squared_norm
from ._base import LinearRegressor, TransformerMixin, check_is_fitted
from ._rows import about_mean


class PLS(TransformerMixin, LinearRegressor):
    """Partial least squares: regression on the directions that covary most with the targets.

    Parameters
    ----------
    n_components : int
        1 to min(n_samples, n_features).
    scale : bool
        Divide features and targets by their standard deviations.

    Attributes
    ----------
    coef_ : ndarray, shape (n_targets, n_features) or (n_features,) for a single target
    intercept_ : ndarray, shape (n_targets,), or float
    x_weights_, x_rotations_, x_loadings_ : ndarray, shape (n_features, n_components_)
    y_loadings_ : ndarray, shape (n_targets, n_components_)
    n_components_ : int
        Fewer than asked for where nothing is left to explain.
    n_features_in_ : int

    Notes
    -----
    The model of scikit-learn's ``PLSRegression``, its weights by an exact decomposition instead of
    power iterations, and the deflation on X'Y alone [1]_.

    References
    ----------
    .. [1] Dayal and MacGregor (1997),
       doi:10.1002/(SICI)1099-128X(199701)11:1<73::AID-CEM435>3.0.CO;2-#

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit.encoding import PLS
    >>> X = np.random.default_rng(0).standard_normal((50, 4))
    >>> model = PLS(n_components=4).fit(X, X[:, :2] + 1)
    >>> bool(np.allclose(model.predict(X), X[:, :2] + 1))
    True
    """

    def __init__(self, n_components=2, scale=True):
        self.n_components = n_components
        self.scale = scale

    def fit(self, X, y):
        """Find the components and the regression on them.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        y : array_like, shape (n_samples, n_targets) or (n_samples,)

        Returns
        -------
        self : PLS

        Raises
        ------
        ValueError
            For NaN or infinite values, or a number of components out of range.
        """
        X, y = self._samples(X, y)
        most = min(X.shape)
        if not isinstance(self.n_components, (int, np.integer)) or not (
            1 <= self.n_components <= most
        ):
            raise ValueError(f"n_components: wanted 1 to {most}, got {self.n_components!r}")
        Y = y.reshape(len(y), -1).astype(X.dtype, copy=False)
        x_mean, x_scale = _moments(X, self.scale)
        y_mean, y_scale = _moments(Y, self.scale)
        X, Y = about_mean(X, x_mean) / x_scale, about_mean(Y, y_mean) / y_scale
        cross = product(X.T, Y)
        floor = 10 * np.finfo(X.dtype).eps * (squared_norm(X) * squared_norm(Y)) ** 0.5
        weights, rotations, x_loadings, y_loadings = [], [], [], []
        for _ in range(self.n_components):
            if squared_norm(cross) ** 0.5 <= floor:
                warnings.warn(
                    f"PLS: nothing is left to explain after {len(weights)} components", stacklevel=2
                )
                break
            weight = _leading_left(cross)
            rotation = weight.copy()
            for other, loading in zip(rotations, x_loadings):
                rotation -= product(loading, weight) * other
            scores = product(X, rotation)
            square = product(scores, scores)
            x_loadings.append(product(X.T, scores) / square)
            y_loadings.append(product(cross.T, rotation) / square)
            cross -= np.multiply.outer(x_loadings[-1], y_loadings[-1] * square)
            weights.append(weight)
            rotations.append(rotation)
        empty = [np.zeros((0, X.shape[1]), X.dtype), np.zeros((0, Y.shape[1]), X.dtype)]
        rotated = np.array(rotations).T if rotations else empty[0].T
        loaded = np.array(y_loadings).T if y_loadings else empty[1].T
        coef = product(loaded, rotated.T) * y_scale[:, None] / x_scale
        intercept = y_mean - product(coef, x_mean)
        single = y.ndim == 1
        self.n_components_ = len(weights)
        self.x_weights_ = np.array(weights).T if weights else empty[0].T
        self.x_loadings_ = np.array(x_loadings).T if weights else empty[0].T
        self.x_rotations_, self.y_loadings_ = rotated, loaded
        self._x_mean, self._x_scale = x_mean, x_scale
        self.coef_ = coef[0] if single else coef
        self.intercept_ = intercept[0] if single else intercept
        return self

    def transform(self, X):
        """Scores of the components, shape (n_samples, n_components_)."""
        X = self._new_samples(X)
        return product(about_mean(X, self._x_mean) / self._x_scale, self.x_rotations_)

    def get_feature_names_out(self, input_features=None):
        """Names of the scores: pls0, pls1, ..."""
        check_is_fitted(self)
        return np.array([f"pls{k}" for k in range(self.n_components_)], dtype=object)


def _moments(x, scale):
    """Mean and standard deviation of each column, those that do not vary with 1."""
    exponent = np.frexp(np.abs(x).max(0))[1]  # squares stay within range
    unit = np.ldexp(x.astype(float), -exponent)
    mean = unit.mean(0)
    spread = unit.std(0, ddof=1) if scale else np.ones(x.shape[1])
    flat = spread <= 10 * np.finfo(float).eps * np.abs(mean)
    spread = np.ldexp(spread, exponent) if scale else spread
    return np.ldexp(mean, exponent), np.where(flat, 1, spread).astype(x.dtype)


def _leading_left(cross):
    """The left singular vector of the largest singular value, its largest entry positive."""
    p, t = cross.shape
    vector = eigh(gram(cross.T if p <= t else cross))[1][:, -1]
    vector = vector if p <= t else product(cross, vector)
    vector = vector / squared_norm(vector) ** 0.5
    return vector * np.sign(vector[np.abs(vector).argmax()])

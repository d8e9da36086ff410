"""Random projections: fewer features that keep distances."""

import numpy as np
from scipy import sparse

from ._base import Estimator, TransformerMixin, check_is_fitted


class SparseRandomProjection(TransformerMixin, Estimator):
    """Project features by a random matrix of few entries.

    Parameters
    ----------
    n_components : int or "auto"
        "auto": enough for all squared distances to be right to a factor 1 +- eps (Johnson and
        Lindenstrauss), at most n_features.
    density : float or "auto"
        Share of entries that are not zero, 0 to 1; "auto" is 1 / sqrt(n_features) [1]_.
    eps : float
        0 to 1; used with "auto".
    random_state : int, Generator, RandomState or None

    Attributes
    ----------
    components_ : scipy.sparse.csr_array, shape (n_components, n_features)
        Entries are 0 or +-1 / sqrt(density * n_components).
    n_components_ : int
    density_ : float
    n_features_in_ : int

    References
    ----------
    .. [1] Li, Hastie and Church (2006), doi:10.1145/1150402.1150436

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit.encoding import SparseRandomProjection
    >>> X = np.random.default_rng(0).standard_normal((10, 1000))
    >>> SparseRandomProjection(100).fit_transform(X).shape
    (10, 100)
    """

    def __init__(self, n_components="auto", density="auto", eps=0.1, random_state=0):
        self.n_components = n_components
        self.density = density
        self.eps = eps
        self.random_state = random_state

    def fit(self, X, y=None):
        """Draw the matrix; only the shape of X matters.

        Raises
        ------
        ValueError
            For a number of components below one, or density or eps out of range.
        """
        X = self._samples(X)
        n, p = X.shape
        count, density = self.n_components, self.density
        if isinstance(count, str) and count == "auto":
            if not 0 < self.eps < 1:
                raise ValueError(f"eps: wanted 0 to 1, got {self.eps!r}")
            wanted = 4 * np.log(n) / (self.eps**2 / 2 - self.eps**3 / 3)
            count = int(np.clip(wanted, 1, p))
        if not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"n_components: wanted 'auto' or a number >= 1, got {count!r}")
        if isinstance(density, str) and density == "auto":
            density = 1 / np.sqrt(p)
        if isinstance(density, str) or not 0 < density <= 1:
            raise ValueError(f"density: wanted 'auto' or above 0 to 1, got {self.density!r}")
        rng = self.random_state
        if not isinstance(rng, np.random.RandomState):
            rng = np.random.default_rng(rng)
        filled = rng.binomial(p, density, size=count)
        columns = [np.sort(rng.permutation(p)[:k]) for k in filled]
        columns = np.concatenate(columns) if count else np.zeros(0, int)
        signs = 2.0 * rng.binomial(1, 0.5, size=len(columns)) - 1
        matrix = sparse.csr_array(
            (
                (signs / np.sqrt(density * count)).astype(X.dtype),
                columns,
                np.concatenate([[0], np.cumsum(filled)]),
            ),
            shape=(count, p),
        )
        self.components_, self.n_components_, self.density_ = matrix, int(count), float(density)
        return self

    def transform(self, X):
        """Projected features, shape (n_samples, n_components)."""
        X = self._new_samples(X)
        return np.ascontiguousarray((self.components_.astype(X.dtype) @ X.T).T)

    def get_feature_names_out(self, input_features=None):
        """Names of the projections: projection0, projection1, ..."""
        check_is_fitted(self)
        return np.array([f"projection{k}" for k in range(self.n_components_)], dtype=object)

"""Features at several delays (finite impulse responses)."""

import numpy as np

from ._base import BaseEstimator, TransformerMixin, check_is_fitted, validate_data


class Delayer(TransformerMixin, BaseEstimator):
    """Put delayed copies of the features side by side.

    Parameters
    ----------
    delays : sequence of int
        In samples; positive delays look back: row i gets the features of row i - delay.
    runs : sequence of length n_samples, optional
        Run of each row. A delay never takes features from another run; what is missing is zero.
        Runs must be contiguous.

    Attributes
    ----------
    n_features_in_ : int

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit.encoding import Delayer
    >>> Delayer([0, 1], runs=[0, 0, 1, 1]).fit_transform(np.array([[1.0], [2.0], [3.0], [4.0]]))
    array([[1., 0.],
           [2., 1.],
           [3., 0.],
           [4., 3.]])
    """

    def __init__(self, delays=(0,), runs=None):
        self.delays = delays
        self.runs = runs

    def fit(self, X, y=None):
        """Check the features; nothing is learned."""
        validate_data(self, X, dtype=[np.float64, np.float32])
        return self

    def transform(self, X):
        """Delayed features, shape (n_samples, n_delays * n_features), one delay after another.

        Raises
        ------
        ValueError
            When ``runs`` has another length than X or a run is torn apart, or delays are not whole.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        delays = np.asarray(self.delays)
        if delays.ndim != 1 or len(delays) == 0 or not np.issubdtype(delays.dtype, np.integer):
            raise ValueError(f"delays: wanted whole numbers, got {self.delays!r}")
        n, p = X.shape
        out = np.zeros((n, len(delays) * p), X.dtype)
        for first, last in self._bounds(n):
            for k, delay in enumerate(delays.tolist()):
                to, at = out[first:last, k * p : (k + 1) * p], X[first:last]
                if abs(delay) >= last - first:
                    continue
                if delay >= 0:
                    to[delay:] = at[: last - first - delay]
                else:
                    to[:delay] = at[-delay:]
        return out

    def get_feature_names_out(self, input_features=None):
        """Names of the features with their delay: name_0, name_1, ..."""
        check_is_fitted(self)
        names = (
            getattr(self, "feature_names_in_", None) if input_features is None else input_features
        )
        if names is None:
            names = [f"x{k}" for k in range(self.n_features_in_)]
        if len(names) != self.n_features_in_:
            raise ValueError(
                f"input_features: wanted {self.n_features_in_} names, got {len(names)}"
            )
        delays = np.asarray(self.delays).tolist()
        return np.array([f"{name}_{delay}" for delay in delays for name in names], dtype=object)

    def _bounds(self, n):
        if self.runs is None:
            return [(0, n)]
        runs = np.asarray(self.runs)
        if runs.shape != (n,):
            raise ValueError(f"runs: wanted {n}, one per sample, got shape {runs.shape}")
        edges = [0, *(np.flatnonzero(runs[1:] != runs[:-1]) + 1).tolist(), n]
        if len(edges) - 1 != len(np.unique(runs)):
            raise ValueError("runs: the samples of a run must follow one another")
        return list(zip(edges[:-1], edges[1:], strict=True))

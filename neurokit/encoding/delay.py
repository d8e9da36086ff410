"""Features at several delays (finite impulse responses)."""

from numbers import Integral

import numpy as np

from ._base import Estimator, TransformerMixin, check_is_fitted


class Delayer(TransformerMixin, Estimator):
    """Put delayed copies of the features side by side.

    Parameters
    ----------
    delays : sequence of int
        In samples; positive delays look back: row i gets the features of row i - delay.
    runs : int, str or sequence of length n_samples, optional
        Run of each row. A delay never takes features from another run; what is missing is zero.
        Runs must be contiguous. A number or name is the column of X that holds the runs, as
        numbers; it is left out of the result. In a pipeline or a search the samples of each split
        differ, which only a column follows; let its splitter leave out whole runs.

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

    The runs as the last column go with the samples through cross-validation:

    >>> from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from neurokit.encoding import RidgeCV
    >>> rng = np.random.default_rng(0)
    >>> X, runs = rng.standard_normal((60, 3)), np.repeat([0, 1, 2], 20)
    >>> Y = Delayer([1], runs=runs).fit_transform(X) @ rng.standard_normal((3, 2))
    >>> model = make_pipeline(Delayer([0, 1], runs=-1), RidgeCV())
    >>> scores = cross_val_score(model, np.c_[X, runs], Y, groups=runs, cv=LeaveOneGroupOut())
    >>> bool((scores > 0.9).all())
    True
    """

    def __init__(self, delays=(0,), runs=None):
        self.delays = delays
        self.runs = runs

    def fit(self, X, y=None):
        """Check the features; nothing is learned."""
        X = self._samples(X)
        self._column(X.shape[1])
        return self

    def transform(self, X):
        """Delayed features, shape (n_samples, n_delays * n_features), one delay after another.

        Raises
        ------
        ValueError
            When ``runs`` has another length than X or a run is torn apart, or delays are not whole.
        """
        X = self._new_samples(X)
        delays = np.asarray(self.delays)
        if delays.ndim != 1 or len(delays) == 0 or not np.issubdtype(delays.dtype, np.integer):
            raise ValueError(f"delays: wanted whole numbers, got {self.delays!r}")
        column, runs = self._column(X.shape[1]), self.runs
        if column is not None:
            X, runs = np.delete(X, column, 1), X[:, column]
        n, p = X.shape
        out = np.zeros((n, len(delays) * p), X.dtype)
        for first, last in self._bounds(runs, n):
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
        column = self._column(len(names))
        names = [name for k, name in enumerate(names) if k != column]
        delays = np.asarray(self.delays).tolist()
        return np.array([f"{name}_{delay}" for delay in delays for name in names], dtype=object)

    def _column(self, n_features):
        """Index of the column that holds the runs, None where there is none."""
        column = self.runs
        if isinstance(column, str):
            names = list(getattr(self, "feature_names_in_", ()))
            if column not in names:
                raise ValueError(f"runs: no column {column!r} among the names {names} of X")
            column = names.index(column)
        elif not isinstance(column, Integral):
            return None
        if not -n_features <= column < n_features or n_features < 2:
            raise ValueError(
                f"runs: wanted one of {n_features} columns, and features beside it, got {column}"
            )
        return int(column) % n_features

    @staticmethod
    def _bounds(runs, n):
        if runs is None:
            return [(0, n)]
        runs = np.asarray(runs)
        if runs.shape != (n,):
            raise ValueError(
                f"runs: wanted {n}, one per sample, got shape {runs.shape}; where the samples "
                "change, as in a pipeline, put the runs in a column of X and name it: runs=-1"
            )
        edges = [0, *(np.flatnonzero(runs[1:] != runs[:-1]) + 1).tolist(), n]
        if len(edges) - 1 != len(np.unique(runs)):
            raise ValueError("runs: the samples of a run must follow one another")
        return list(zip(edges[:-1], edges[1:], strict=True))

"""The base of the estimators: scikit-learn's classes and checks, or stand-ins where it is missing."""

import inspect

import numpy as np

from ..core.trace.tracer import check_class
from ..ops.dense import product
from ._rows import about_mean

try:
    from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, TransformerMixin
    from sklearn.utils.validation import check_is_fitted
    from sklearn.utils.validation import validate_data as _validate_data
except ImportError:

    class BaseEstimator:
        """Parameters by name, as scikit-learn's estimators have them."""

        def get_params(self, deep=True):
            return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

        def set_params(self, **params):
            unknown = set(params) - set(self.get_params())
            if unknown:
                raise ValueError(f"invalid parameters {sorted(unknown)} for {type(self).__name__}")
            for name, value in params.items():
                setattr(self, name, value)
            return self

        def __repr__(self):
            shown = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
            return f"{type(self).__name__}({shown})"

    class MultiOutputMixin:
        pass

    class RegressorMixin:
        def score(self, X, y, sample_weight=None):
            """Mean R2 over targets."""
            from .scores import r2

            if sample_weight is not None:
                raise ValueError("weights of samples need scikit-learn")
            return float(np.mean(r2(y, self.predict(X))))

    class TransformerMixin:
        def fit_transform(self, X, y=None):
            return self.fit(X, y).transform(X)

    def check_is_fitted(estimator):
        if not any(name.endswith("_") and not name.startswith("_") for name in vars(estimator)):
            raise ValueError(f"this {type(estimator).__name__} is not fitted yet: call fit first")

    def _array(values, name, dims):
        values = np.asarray(values)
        if values.dtype not in (np.float32, np.float64):
            values = values.astype(float)
        if values.ndim not in dims:
            raise ValueError(f"{name}: wanted {dims[0]} dimensions, got shape {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} contains NaN or infinity")
        return values

    def _validate_data(estimator, X, y=None, reset=True, ensure_min_samples=1, **_):
        X = _array(X, "X", (2,))
        if len(X) < ensure_min_samples:
            raise ValueError(f"n_samples={len(X)}, a minimum of {ensure_min_samples} is required")
        if reset:
            estimator.n_features_in_ = X.shape[1]
        elif X.shape[1] != estimator.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting "
                f"{estimator.n_features_in_} features as input"
            )
        if y is None:
            return X
        y = _array(y, "y", (2, 1))
        if len(y) != len(X):
            raise ValueError(f"X has {len(X)} samples, y has {len(y)}")
        return X, y


FLOATS = [np.float64, np.float32]
CACHED = 1 << 15  # coefficients turned to float64 at a time


def _validated(estimator, X, *y, **options):
    """scikit-learn's check of data, which would drop the mask of a masked array without a word."""
    for name, value in zip(("X", "y"), (X, *y)):
        check_class(value, f"{type(estimator).__name__}: {name}")
    return _validate_data(estimator, X, *y, dtype=FLOATS, **options)


class Estimator(BaseEstimator):
    """Checks of the samples: finite float32 or float64, n_features_in_ as fitted."""

    def _samples(self, X):
        """Samples to fit."""
        return _validated(self, X)

    def _new_samples(self, X):
        """Samples to apply the fitted estimator to."""
        check_is_fitted(self)
        return _validated(self, X, reset=False)


class Regressor(MultiOutputMixin, RegressorMixin, Estimator):
    """Regression of one or many targets."""

    def _samples(self, X, y):
        """Features and targets of equal length to fit, at least two samples."""
        if getattr(y, "ndim", 0) == 2 and y.shape[1] == 0:
            raise ValueError(f"y: wanted at least one target, got shape {y.shape}")
        X, y = _validated(self, X, y, multi_output=True, y_numeric=True, ensure_min_samples=2)
        if y.dtype.kind not in "biuf":
            raise ValueError(f"y: wanted numbers, got an array of {y.dtype}")
        largest = max(float(X.max(initial=0)), -float(X.min(initial=0)))
        if largest > 1e-3 * float(np.finfo(X.dtype).max) ** 0.5:
            raise ValueError(
                f"X: values up to {largest:.3g} are too large for {X.dtype}, where their squares "
                "overflow: scale the features"
            )
        return X, y


class LinearRegressor(Regressor):
    """Prediction from ``coef_`` and ``intercept_``.

    In float32, where products with features far from zero and the intercept would cancel and leave
    few digits, the features are taken about their mean over the fitted samples.
    """

    _x_mean = None  # of the fitted features, float64

    def predict(self, X):
        """Predict the targets.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)

        Returns
        -------
        prediction : ndarray, shape (n_samples, n_targets) or (n_samples,)
        """
        X = self._new_samples(X)
        if self._x_mean is None or self.coef_.dtype == np.float64:
            return product(X, self.coef_.T) + np.asarray(self.intercept_, self.coef_.dtype)
        out = product(about_mean(X, self._x_mean), self.coef_.T)
        return out + np.asarray(self._at_mean(), out.dtype)

    def _at_mean(self):
        """Prediction at the mean of the fitted features, in float64."""
        weights = self.coef_.reshape(-1, self.coef_.shape[-1])
        step = max(1, CACHED // weights.shape[1])
        parts = [
            product(weights[first : first + step].astype(float), self._x_mean)
            for first in range(0, len(weights), step)
        ]
        return self.intercept_ + np.concatenate(parts).reshape(self.coef_.shape[:-1])


__all__ = ["Estimator", "LinearRegressor", "Regressor", "TransformerMixin", "check_is_fitted"]

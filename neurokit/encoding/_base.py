"""scikit-learn's base classes and checks, or small stand-ins where it is not installed."""

import inspect

import numpy as np

from ..core.trace.tracer import check_class

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


def validate_data(estimator, X, *y, **options):
    """scikit-learn's check of data, which would drop the mask of a masked array without a word."""
    for name, value in (("X", X), ("y", y[0] if y else options.get("y"))):
        check_class(value, f"{type(estimator).__name__}: {name}")
    return _validate_data(estimator, X, *y, **options)


__all__ = [
    "BaseEstimator",
    "MultiOutputMixin",
    "RegressorMixin",
    "TransformerMixin",
    "check_is_fitted",
    "validate_data",
]

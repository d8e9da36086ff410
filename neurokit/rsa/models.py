"""Models of dissimilarities: fixed ones and ones with parameters to fit."""

from numbers import Real

import numpy as np

from ..ops import dense
from .checks import choice
from .comparison import WHITENED, WHOLE, compare_values, method_name, noise_of
from .inference import normalised
from .moments import nearest_mixture
from .rdms import RDMs, as_rdms, match_conditions
from .significance import mean_of_defined


class _Model:
    """Matrices that a model is made of, and how to make one of them.

    ``fit`` gives parameters, ``predict`` the matrix that belongs to them. ``weights_for`` and
    ``mix`` do the same on rows of values, where pairs may be missing; ``weights_from`` on inner
    products alone: ``among`` the matrices of the model, ``along`` the mean of its training
    matrices scaled to length one. Only methods that are cosines of some kind have those. Weights
    are NaN where nothing of the model can be compared with the data.
    """

    def __init__(self, rdms, name=None):
        self.rdms = rdms if isinstance(rdms, RDMs) else RDMs(rdms)
        self.name = name

    def __repr__(self):
        return f"{type(self).__name__}: {self.name or 'no name'}, {len(self.rdms)} matrices"

    def fit(self, rdms, method="cosine", sigma_k=None):
        """Parameters with which the model is most similar to some matrices.

        Parameters
        ----------
        rdms : RDMs or array_like
            Conditions are matched by label; those of the model that are not here are not used (which
            takes labels that were given, not the numbers of conditions without). An array is over the
            conditions of the model. Matrices without a similarity (constant
            dissimilarities) are left out.
        method : str
            A method of :func:`compare`.
        sigma_k : ndarray, optional
            As for :func:`compare`, in the order of the conditions of ``rdms``.

        Returns
        -------
        parameters : ndarray, shape (n_matrices,)

        Raises
        ------
        ValueError
            When nothing of the model can be compared with the data, or the method is not for it.
        """
        rdms = as_rdms(rdms, "rdms", self.rdms.conditions)
        basis = match_conditions(rdms, self.rdms, more=True)
        weights = self.weights_for(basis.values, rdms.values, method_name(method), sigma_k)
        if np.isnan(weights).any():
            raise ValueError(
                f"{method}: no matrix of the model has a similarity with the data (constant "
                "dissimilarities?)"
            )
        return weights

    def predict(self, parameters):
        """The matrix that belongs to the parameters, as RDMs."""
        parameters = np.asarray(parameters, dtype=float)
        if parameters.shape != (len(self.rdms),):
            raise ValueError(
                f"parameters: wanted shape ({len(self.rdms)},), got {parameters.shape}"
            )
        mixed = self.mix(self.rdms.values, parameters)
        return self.rdms._like(mixed, [self.name or "prediction"])

    def check(self, method):
        """Raise ValueError for a method that the model is not fitted to."""

    def mix(self, basis, parameters):
        return dense.product(parameters, basis)


class FixedModel(_Model):
    """One matrix without parameters.

    Parameters
    ----------
    rdms : RDMs
        One matrix.
    name : str, optional
    """

    def __init__(self, rdms, name=None):
        super().__init__(rdms, name)
        if len(self.rdms) != 1:
            raise ValueError(f"a fixed model is one matrix, got {len(self.rdms)}")

    def weights_for(self, basis, data, method, sigma_k=None):
        return np.ones(1)

    def weights_from(self, among, along):
        return np.ones(1)


class SelectModel(_Model):
    """The one of several matrices that is most similar to the training data.

    Parameters
    ----------
    rdms : RDMs
    name : str, optional
    """

    def weights_for(self, basis, data, method, sigma_k=None):
        noise = _noise(basis, method, sigma_k)
        return self._chosen(mean_of_defined(compare_values(basis, data, method, noise).T))

    def weights_from(self, among, along):
        length = np.sqrt(np.diagonal(among))
        undefined = np.full(len(along), np.nan)
        return self._chosen(np.divide(along, length, out=undefined, where=length > 0))

    @staticmethod
    def _chosen(similarity):
        best = best_of(similarity)
        return np.full(len(similarity), np.nan) if best is None else np.eye(len(similarity))[best]


class WeightedModel(_Model):
    """A weighted sum of matrices.

    Parameters
    ----------
    rdms : RDMs
    name : str, optional
    how : {"nonnegative", "least_squares", "ridge"}
        Weights of at least 0, any weights, or any weights with a penalty on their squares.
    alpha : float
        Of the penalty alpha |w|^2 beside the squared distance, a sum over pairs of the matrices as
        they are given (other units need another alpha); 1 for ridge by default. Also used with the
        non-negative weights when given.

    Notes
    -----
    The weights minimise the squared distance to the pool of the training matrices, in the sense of
    the method (centred for Pearson and rank methods, in the norm of V for the whitened ones; for
    Bures the mean of the squared Bures distances to the training matrices, scaled to trace one, with
    weights of at least 0), and are scaled to length one. A Riemannian distance is itself a search for
    a scale and noise, and no weights are fitted to it.

    References
    ----------
    .. [1] Khaligh-Razavi and Kriegeskorte (2014), doi:10.1371/journal.pcbi.1003915

    Examples
    --------
    >>> from neurokit import rsa
    >>> model = rsa.WeightedModel(rsa.RDMs([[1.0, 0, 0], [0, 1, 0]]))
    >>> weights = model.fit([[3.0, 4, 0]])
    >>> weights.round(6)
    array([0.6, 0.8])
    >>> model.predict(weights).values.round(6)
    array([[0.6, 0.8, 0. ]])
    """

    def __init__(self, rdms, name=None, how="nonnegative", alpha=None):
        super().__init__(rdms, name)
        choice(how, ("nonnegative", "least_squares", "ridge"), "how")
        if alpha is not None and not (isinstance(alpha, Real) and 0 <= alpha < np.inf):
            raise ValueError(f"alpha: wanted a number of at least 0, got {alpha!r}")
        self.how, self.alpha = how, 1.0 if alpha is None and how == "ridge" else alpha or 0.0

    def check(self, method):
        if method == "riemannian":
            raise ValueError(
                f"{method}: a WeightedModel is not fitted to it; take a SelectModel or an "
                "InterpolatedModel"
            )
        if method in WHOLE and self.how != "nonnegative":
            raise ValueError(
                f"{method}: only weights of at least 0 keep second moments what they are; take "
                f"how='nonnegative', got {self.how!r}"
            )

    def weights_for(self, basis, data, method, sigma_k=None):
        self.check(method)
        if method in WHOLE:
            return _unit(nearest_mixture(basis, data, self.alpha))
        target = RDMs(normalised(data, method, sigma_k), labels=range(len(data))).mean().values
        have = ~np.isnan(basis).any(0) & ~np.isnan(target[0])
        if not have.any():
            return np.full(len(basis), np.nan)
        x, y = basis[:, have].astype(float), target[:, have]
        center = method not in ("cosine", "whitened_cosine")
        if method in WHITENED:
            noise = _noise(basis, method, sigma_k)
            among = noise.products(x, x, center, have)[0]
            along = noise.products(x, y, center, have)[0][:, 0]
        else:
            if center:
                x, y = x - x.mean(1, keepdims=True), y - y.mean()
            among, along = dense.gram(x.T), dense.product(x, y[0])
        return self.weights_from(among, along)

    def weights_from(self, among, along):
        if np.isnan(along).any():  # of one matrix, so of all
            return np.full(len(along), np.nan)
        if self.how != "least_squares":
            among = among + self.alpha * np.eye(len(among))
        if self.how == "nonnegative":
            weights = _nonnegative(among, along)
        else:
            from scipy import linalg  # slow to load

            weights = linalg.lstsq(among, along)[0]
        return _unit(weights)


class InterpolatedModel(_Model):
    """A point on the line from one matrix to the next, in the order given.

    Parameters
    ----------
    rdms : RDMs
        At least two.
    name : str, optional
    """

    def __init__(self, rdms, name=None):
        super().__init__(rdms, name)
        if len(self.rdms) < 2:
            raise ValueError("an InterpolatedModel needs at least 2 matrices")

    def weights_for(self, basis, data, method, sigma_k=None):
        from scipy.optimize import minimize_scalar  # slow to load

        noise = _noise(basis, method, sigma_k)
        best, weights = -np.inf, np.full(len(basis), np.nan)
        for k in range(len(basis) - 1):

            def loss(w, k=k):
                mixed = w * basis[k] + (1 - w) * basis[k + 1]
                return -mean_of_defined(compare_values(mixed[None], data, method, noise)[0])

            found = minimize_scalar(loss, bounds=(0, 1), method="bounded")
            for w, value in ((found.x, found.fun), (0.0, loss(0.0)), (1.0, loss(1.0))):
                if -value > best:
                    best, weights = -value, self._at(k, w, len(basis))
        return weights

    def weights_from(self, among, along):
        best, weights = -np.inf, np.full(len(along), np.nan)
        for k in range(len(along) - 1):
            # the direction of the largest cosine, when it lies between the two
            (a, b), (_, c) = among[k : k + 2, k : k + 2]
            p, q = along[k : k + 2]
            u, v = c * p - b * q, a * q - b * p
            inside = [u / (u + v)] if u > 0 and v > 0 else []
            for w in (*inside, 0.0, 1.0):
                square = w * w * a + 2 * w * (1 - w) * b + (1 - w) ** 2 * c
                value = (w * p + (1 - w) * q) / np.sqrt(square) if square > 0 else -np.inf
                if value > best:
                    best, weights = value, self._at(k, w, len(along))
        return weights

    @staticmethod
    def _at(k, w, n):
        weights = np.zeros(n)
        weights[k], weights[k + 1] = w, 1 - w
        return weights


def best_of(similarity):
    """Number of the largest similarity, those that are NaN left out; None when all are."""
    return None if np.isnan(similarity).all() else int(np.nanargmax(similarity))


def _unit(weights):
    length = np.linalg.norm(weights)
    return weights / length if length > 0 else weights


def _noise(basis, method, sigma_k):
    return noise_of(RDMs(basis[:1]).n_conditions, method, sigma_k)


def _nonnegative(among, along):
    """min w'Aw - 2 b'w over w >= 0, by non-negative least squares on a root of A."""
    from scipy.optimize import nnls

    values, vectors = dense.eigh(among)
    keep = values > values.max() * len(values) * np.finfo(float).eps
    if not keep.any():
        return np.zeros(len(along))  # nnls leaves what it is given of no rows unset
    root = np.sqrt(values[keep])
    return nnls(root[:, None] * vectors[:, keep].T, vectors[:, keep].T @ along / root)[0]


def as_models(models, rdms):
    """A list of models over the conditions of ``rdms``, each with a name.

    Parameters
    ----------
    models : model, RDMs, a list of either, or a dict of them by name
        Each matrix of an ``RDMs`` is one fixed model, and so is each of an array.
    """
    if isinstance(models, np.ndarray) or hasattr(models, "iloc") or hasattr(models, "coords"):
        models = as_rdms(models, "models", rdms.conditions)
    if not hasattr(models, "__iter__") and not isinstance(models, _Model):
        raise TypeError(f"models: wanted models, RDMs or arrays, got {models!r}")
    items = [models] if isinstance(models, (_Model, RDMs)) else list(models)
    if not items:
        raise ValueError("models: wanted at least one")
    names = [None] * len(items)
    if isinstance(models, dict):
        names, items = items, list(models.values())
    out = []
    for name, item in zip(names, items, strict=True):
        if isinstance(item, _Model):
            model = type(item).__new__(type(item))
            model.__dict__.update(item.__dict__, rdms=match_conditions(rdms, item.rdms, more=True))
            model.name = str(name or item.name or f"model {len(out)}")
            out.append(model)
            continue
        item = match_conditions(rdms, as_rdms(item, "models", rdms.conditions), more=True)
        labels = item.labels
        if name is not None:
            labels = [name] if len(item) == 1 else [f"{name} {label}" for label in labels]
        elif len(item) == 1 and len(items) > 1 and labels[0] == 0:
            labels = [len(out)]
        out += [FixedModel(item[k], str(label)) for k, label in enumerate(labels)]
    return out

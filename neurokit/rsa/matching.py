"""Which units of one representation correspond to which of another."""

import warnings

import numpy as np

from neurokit.ops import dense

from .alignment import at_unit_size, centered, given
from .checks import choice, steps


def match_units(X, Y=None, how="one_to_one"):
    """Mean correlation of units with their partners.

    Parameters
    ----------
    X, Y : ndarray, shape (n_stimuli, n_units), or X a list of such
    how : {"one_to_one", "best"}
        Each unit of the smaller side gets a partner of its own so that the sum is largest
        (Hungarian method), or each unit of X its best one in Y (semi-matching).

    Returns
    -------
    score : float
        Units without variance correlate with nothing (0).
    partners : ndarray, shape (n_units_x,)
        Partner of each unit of X; -1 for none. For a list only scores (n, n) are returned.

    References
    ----------
    .. [1] Li et al. (2016), arXiv:1511.07543

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> x = np.random.default_rng(0).standard_normal((50, 3))
    >>> score, partners = rsa.match_units(x, x[:, [2, 0, 1]])
    >>> round(score, 6), partners.tolist()
    (1.0, [1, 2, 0])
    """
    choice(how, ("one_to_one", "best"), "how")
    units = [_unit(centered(x, name)) for name, x in given(X, Y).items()]
    if Y is None:
        return np.array([[_match(x, y, how)[0] for y in units] for x in units])
    return _match(*units, how)


def _unit(x):
    """Columns of length one; those without variance are zero."""
    x = at_unit_size(x, 0)
    length = np.linalg.norm(x, axis=0)
    return np.divide(x, length, out=np.zeros_like(x), where=length > 0)


def _match(x, y, how):
    r = dense.product(x.T, y)
    if how == "best":
        return float(r.max(1).mean()), r.argmax(1)
    from scipy.optimize import linear_sum_assignment  # slow to load

    partners = np.full(len(r), -1)
    i, j = linear_sum_assignment(r, maximize=True)
    partners[i] = j
    return float(r[i, j].mean()), partners


def sparse_map(X, Y, penalty=0.1, max_iter=1000, tol=1e-8):
    """Predict each unit of Y from few units of X: a many-to-one map with an L1 penalty.

    Parameters
    ----------
    X, Y : ndarray, shape (n_stimuli, n_units)
        Units are z-scored first.
    penalty : float
        At least 0; at 1 and above every weight is zero.
    max_iter : int
        Sweeps over the units of X.
    tol : float
        Stop when no weight changes by more.

    Returns
    -------
    weights : ndarray, shape (n_units_x, n_units_y)
        Of the z-scored units.
    correlation : ndarray, shape (n_units_y,)
        Of each unit of Y with its prediction, on these stimuli; 0 where all weights are zero.

    Warns
    -----
    RuntimeWarning
        When ``max_iter`` sweeps were not enough.

    Notes
    -----
    Minimises |y - X w|^2 / (2 n) + penalty |w|_1 for each y by coordinate descent on the Gram
    matrix, all units of Y at once.

    References
    ----------
    .. [1] Li et al. (2016), arXiv:1511.07543

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> x = np.random.default_rng(0).standard_normal((200, 4))
    >>> weights, correlation = rsa.sparse_map(x, x[:, :2] @ [[1.0], [1.0]])
    >>> np.flatnonzero(weights[:, 0]).tolist()
    [0, 1]
    """
    steps(max_iter, tol)
    if not penalty >= 0:
        raise ValueError(f"penalty: wanted at least 0, got {penalty}")
    x, y = (_unit(centered(each, name)) for name, each in given(X, Y).items())
    gram = dense.gram(x)
    rest = dense.product(x.T, y)  # products with what is not yet explained
    weights = np.zeros(rest.shape)
    for _ in range(max_iter):
        largest = 0.0
        for k in np.flatnonzero(np.diagonal(gram) > 0):
            old = weights[k].copy()
            wish = rest[k] + old
            weights[k] = np.sign(wish) * np.maximum(np.abs(wish) - penalty, 0)
            change = weights[k] - old
            if change.any():
                rest -= np.outer(gram[k], change)
                largest = max(largest, np.abs(change).max())
        if largest <= tol:
            break
    else:
        warnings.warn(
            f"sparse_map: a weight still changed by {largest:.1e} after {max_iter} sweeps, tol is "
            f"{tol:.1e}: raise max_iter, tol or penalty",
            RuntimeWarning,
            stacklevel=2,
        )
    predicted = dense.product(x, weights)
    return weights, np.sum(_unit(predicted) * y, 0)

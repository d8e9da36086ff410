"""Transforms between the geometry and the topology of dissimilarities."""

import warnings
from numbers import Real

import numpy as np

from .checks import CONVENTIONS, choice
from .rdms import as_rdms


def geotopological(rdms, l, u, convention=None):  # noqa: E741 - the paper's names
    """Keep the order of dissimilarities only between two quantiles.

    Parameters
    ----------
    rdms : RDMs or array_like
    l, u : float
        Quantiles, 0 <= l <= u <= 1: zero below the first, one above the second, linear
        between; equal ones, or dissimilarities that are equal there, give a graph of zeros and ones.
    convention : {None, "rsatoolbox"}
        Quantiles of each matrix, or with "rsatoolbox" of all matrices together; what is above the
        upper threshold after scaling then becomes one too, as in that package.

    Returns
    -------
    rdms : RDMs
        NaN where the given ones are.

    Raises
    ------
    ValueError
        For quantiles out of range or order, or infinite dissimilarities.

    References
    ----------
    .. [1] Lin and Kriegeskorte (2024), doi:10.1073/pnas.2317881121
    """
    if not all(isinstance(v, Real) for v in (l, u)) or not 0 <= l <= u <= 1:
        raise ValueError(f"wanted 0 <= l <= u <= 1, got {l!r} and {u!r}")
    axis = _axis(convention)
    rdms = as_rdms(rdms, "rdms")
    if np.isinf(rdms.values).any():
        raise ValueError("geotopological needs finite dissimilarities, got inf")
    edges = _quantiles(rdms.values, [l, u], axis)

    def cut(values):
        below, above = edges
        span = above - below
        graph = np.where(np.isnan(values), np.nan, (values > below).astype(values.dtype))
        out = np.where(
            span > 0, np.clip((values - below) / np.where(span > 0, span, 1), 0, 1), graph
        )
        return out if convention is None or l == u else np.where(out > above, 1, out)

    return rdms.transform(cut)


def geodesic(rdms, threshold=1.0, convention=None):
    """Lengths of the shortest paths through near neighbours.

    Parameters
    ----------
    rdms : RDMs or array_like
        Dissimilarities of at least 0; pairs that are NaN or infinite are not joined.
    threshold : float
        Quantile of the finite dissimilarities of each matrix, 0 to 1, above which pairs are not joined by an edge.
    convention : {None, "rsatoolbox"}
        With "rsatoolbox" each matrix is first scaled to 0 .. 1, and the pairs at either end are not
        joined; ``threshold`` has no meaning then.

    Returns
    -------
    rdms : RDMs
        Infinite where there is no path.

    Raises
    ------
    ValueError
        For a threshold out of range, or negative dissimilarities.
    """
    if not isinstance(threshold, Real) or not 0 <= threshold <= 1:
        raise ValueError(f"threshold: wanted 0 to 1, got {threshold!r}")
    rdms = as_rdms(rdms, "rdms")
    scaled = _axis(convention) is None
    if (rdms.values < 0).any() and not scaled:
        raise ValueError("geodesic needs dissimilarities of at least 0")
    i, j = np.triu_indices(rdms.n_conditions, 1)
    out = []
    for values in rdms.values.astype(float):
        values[np.isinf(values)] = np.nan
        if scaled:
            least, most = np.fmin.reduce(values), np.fmax.reduce(values)
            values = (values - least) / ((most - least) or 1.0)
            edge = (values > 0) & (values < 1)
        else:
            edge = values <= _quantiles(values, threshold, 0)
        out.append(_paths(i[edge], j[edge], values[edge], rdms.n_conditions)[i, j])
    values = np.array(out)
    return rdms.transform(lambda _: values)


def _quantiles(values, q, axis):
    """Quantiles of what is there, NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        return np.nanquantile(values, q, axis=axis, keepdims=True)


def _axis(convention):
    return 1 if choice(convention, CONVENTIONS, "convention") is None else None


def _paths(a, b, length, n):
    """All shortest paths; edges of length zero are edges, so the graph must be sparse."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    graph = csr_array((np.r_[length, length], (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    return shortest_path(graph, directed=False)

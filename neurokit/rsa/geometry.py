"""Transforms between the geometry and the topology of dissimilarities."""

import numpy as np

from .checks import CONVENTIONS, choice
from .rdms import as_rdms


def geotopological(rdms, low, high, convention=None):
    """Keep the order of dissimilarities only between two quantiles.

    Parameters
    ----------
    rdms : RDMs or array_like
    low, high : float
        Quantiles, 0 <= low <= high <= 1: zero below the first, one above the second, linear
        between; equal ones, or dissimilarities that are equal there, give a graph of zeros and ones.
    convention : {None, "rsatoolbox"}
        Quantiles of each matrix, or with "rsatoolbox" of all matrices together; what is above the
        upper threshold after scaling then becomes one too, as in that package.

    Returns
    -------
    rdms : RDMs

    References
    ----------
    .. [1] Lin and Kriegeskorte (2024), doi:10.1073/pnas.2317881121
    """
    if not 0 <= low <= high <= 1:
        raise ValueError(f"wanted 0 <= low <= high <= 1, got {low} and {high}")
    axis = _axis(convention)
    rdms = as_rdms(rdms, "rdms")
    edges = np.nanquantile(rdms.values, [low, high], axis=axis, keepdims=True)

    def cut(values):
        below, above = edges
        span = above - below
        graph = np.where(np.isnan(values), np.nan, (values > below).astype(values.dtype))
        out = np.where(
            span > 0, np.clip((values - below) / np.where(span > 0, span, 1), 0, 1), graph
        )
        return out if convention is None or low == high else np.where(out > above, 1, out)

    return rdms.transform(cut)


def geodesic(rdms, threshold=1.0, convention=None):
    """Lengths of the shortest paths through near neighbours.

    Parameters
    ----------
    rdms : RDMs or array_like
        Dissimilarities of at least 0.
    threshold : float
        Quantile of each matrix above which pairs are not joined by an edge.
    convention : {None, "rsatoolbox"}
        With "rsatoolbox" each matrix is first scaled to 0 .. 1, and the pairs at either end are not
        joined; ``threshold`` has no meaning then.

    Returns
    -------
    rdms : RDMs
        Infinite where there is no path.
    """
    rdms = as_rdms(rdms, "rdms")
    scaled = _axis(convention) is None
    if (rdms.values < 0).any() and not scaled:
        raise ValueError("geodesic needs dissimilarities of at least 0")
    i, j = np.triu_indices(rdms.n_conditions, 1)
    out = []
    for values in rdms.values.astype(float):
        if scaled:
            least, most = np.nanmin(values), np.nanmax(values)
            values = (values - least) / (most - least)
            edge = (values > 0) & (values < 1)
        else:
            edge = values <= np.nanquantile(values, threshold)
        out.append(_paths(i[edge], j[edge], values[edge], rdms.n_conditions)[i, j])
    values = np.array(out)
    return rdms.transform(lambda _: values)


def _axis(convention):
    return 1 if choice(convention, CONVENTIONS, "convention") is None else None


def _paths(a, b, length, n):
    """All shortest paths; edges of length zero are edges, so the graph must be sparse."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    graph = csr_array((np.r_[length, length], (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    return shortest_path(graph, directed=False)

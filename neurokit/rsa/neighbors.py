"""Neighbourhoods: the channels of each centre, in space and time."""

from numbers import Integral, Real

import numpy as np

from .checks import numbers
from .volume import mask_of

MATRIX = "an adjacency matrix must be of booleans, or sparse"


def sphere_neighbors(mask, radius, spacing=None):
    """Voxels within a distance of each voxel of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z) or any other number of axes, or an image
        Zero or NaN outside. A nibabel image, the path of one, or a fitted nilearn masker brings its
        spacing (mm) along.
    radius : float
        In the unit of ``spacing``.
    spacing : float or sequence, optional
        Size of a voxel along each axis; the image's, or 1.

    Returns
    -------
    indptr : ndarray, shape (n_voxels + 1,)
    indices : ndarray
        Neighbours of voxel k are ``indices[indptr[k]:indptr[k + 1]]``: numbers of voxels in the
        mask, counted in C order; k itself is one of them.

    Raises
    ------
    ValueError
        For a negative or infinite radius, or a spacing that is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import rsa
    >>> indptr, indices = rsa.sphere_neighbors(np.ones((3, 3)), 1)
    >>> indices[indptr[4]:indptr[5]]
    array([1, 3, 4, 5, 7])
    """
    mask, own, _ = mask_of(mask)
    if mask.ndim == 0:
        raise ValueError(
            "mask: wanted an array of one axis or more, or an image, got a single value"
        )
    size = own if spacing is None else numbers(spacing, "spacing")
    if size.shape not in ((), (1,), (mask.ndim,)) or not ((size > 0) & (size < np.inf)).all():
        raise ValueError(
            f"spacing: wanted a size above 0, or one for each of {mask.ndim} axes, got {spacing!r}"
        )
    if not isinstance(radius, Real) or not 0 <= radius < np.inf:
        raise ValueError(f"radius: wanted a number of at least 0, got {radius!r}")
    spacing = np.broadcast_to(size, mask.ndim)
    farthest = np.maximum(np.array(mask.shape) - 1, 0)
    reach = np.minimum(np.floor(radius / spacing + 1e-9), farthest).astype(int)
    grid = np.stack(np.meshgrid(*[np.arange(-r, r + 1) for r in reach], indexing="ij"), -1)
    offsets = grid.reshape(-1, mask.ndim)
    offsets = offsets[np.sum((offsets * spacing) ** 2, 1) <= radius**2 * (1 + 1e-9)]
    number = np.full(np.array(mask.shape) + 2 * reach, -1)
    inner = tuple(slice(r, r + s) for r, s in zip(reach, mask.shape, strict=True))
    number[inner][mask] = np.arange(mask.sum())
    places = np.argwhere(mask) + reach
    found = np.stack([number[tuple((places + offset).T)] for offset in offsets], 1)
    have = found >= 0
    indptr = np.concatenate([[0], np.cumsum(have.sum(1))])
    return indptr, found[have]


def rows_of(neighbors, n_channels):
    """Neighbourhoods as (indptr, indices), checked."""
    if hasattr(neighbors, "tocsr"):
        csr = neighbors.tocsr().copy()
        csr.sum_duplicates()
        csr.eliminate_zeros()
        indptr, indices = csr.indptr.astype(np.int64), csr.indices.astype(np.int64)
    elif isinstance(neighbors, tuple) and len(neighbors) == 2:
        indptr, indices = (_whole(v) for v in neighbors)
    else:
        if not hasattr(neighbors, "__iter__"):
            raise ValueError(f"neighbors: wanted the channels of each centre, got {neighbors!r}")
        rows = [_channels(row, n_channels) for row in neighbors]
        indptr = np.cumsum([0, *(len(row) for row in rows)])
        indices = np.concatenate([np.empty(0, np.int64), *rows])
    if len(indices) and not (0 <= indices.min() and indices.max() < n_channels):
        raise ValueError(f"neighbors: channel numbers must be 0 to {n_channels - 1}")
    if indptr[-1] != len(indices) or (np.diff(indptr) < 0).any():
        raise ValueError("neighbors: indptr does not fit indices")
    center = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    order = np.lexsort((indices, center))
    again = (np.diff(center[order]) == 0) & (np.diff(indices[order]) == 0)
    if again.any():
        k = order[1:][again][0]
        twice = f"channel {indices[k]} stands twice in centre {center[k]}"
        raise ValueError(f"neighbors: {twice}; {MATRIX}")
    return indptr, indices


def _channels(row, n_channels):
    """Channel numbers of one centre from numbers or a boolean mask over all channels."""
    row = np.asarray(row)
    if row.dtype != bool:
        return _whole(row)
    if row.shape != (n_channels,):
        raise ValueError(f"neighbors: wanted masks of {n_channels} channels, got {row.shape}")
    return np.flatnonzero(row)


def _whole(values):
    values = np.asarray(values).ravel()
    if values.dtype.kind not in "iu" and len(values):
        raise ValueError(f"neighbors: wanted whole channel numbers, got {values.dtype}; {MATRIX}")
    return values.astype(np.int64)


def window_neighbors(n_times, width, neighbors=None, n_channels=1):
    """Windows in time around every time point, with the neighbours of every channel.

    Parameters
    ----------
    n_times : int
    width : int
        Time points of a window, odd; shorter at both ends.
    neighbors : optional
        Channels of each centre, as for :func:`searchlight`; by default one centre with all.
    n_channels : int

    Returns
    -------
    indptr, indices : ndarray
        Centre (c, t) is number c n_times + t; so is channel c at time t, of patterns of shape
        (n_obs, n_channels, n_times) with the last two axes made one.

    Examples
    --------
    >>> from neurokit import rsa
    >>> indptr, indices = rsa.window_neighbors(4, 3)
    >>> [indices[a:b].tolist() for a, b in zip(indptr[:-1], indptr[1:])]
    [[0, 1], [0, 1, 2], [1, 2, 3], [2, 3]]
    """
    for name, number in (("n_times", n_times), ("width", width), ("n_channels", n_channels)):
        if not isinstance(number, Integral) or number < 1:
            raise ValueError(f"{name}: wanted a whole number of at least 1, got {number!r}")
    if width % 2 == 0:
        raise ValueError(f"width: wanted an odd number of time points, got {width}")
    everything = [np.arange(n_channels)]
    indptr, indices = rows_of(everything if neighbors is None else neighbors, n_channels)
    times = [
        np.arange(max(t - width // 2, 0), min(t + width // 2 + 1, n_times)) for t in range(n_times)
    ]
    rows = [
        (indices[a:b, None] * n_times + window).ravel()
        for a, b in zip(indptr[:-1], indptr[1:], strict=True)
        for window in times
    ]
    return np.concatenate([[0], np.cumsum([len(row) for row in rows])]), np.concatenate(rows)

"""Random wiring: connections drawn from a generator, at a cost linear in their number."""

import numpy as np

from .sparse import Csr, pair, whole

_BLOCK = 1 << 22  # synapses drawn at a time


def wire(shape, seed=0, *, p=None, in_degree=None, out_degree=None, count=None, self_at=None):
    """Draw connections between two populations.

    Parameters
    ----------
    shape : (n_pre, n_post)
    seed : int, sequence of int or numpy.random.Generator
    p : float
        Each pair is connected with this probability, independently.
    in_degree, out_degree : int
        Each post (pre) cell has this many different partners.
    count : int
        This many synapses between pairs drawn with replacement; a pair may have several.
    self_at : int, optional
        Cell i is the target i + self_at: no cell contacts itself.

    Returns
    -------
    Csr

    Examples
    --------
    >>> from neurokit import ops
    >>> ops.wire((100, 50), seed=1, out_degree=5)
    Csr(shape=(100, 50), nnz=500)
    """
    given = {
        k: v
        for k, v in dict(p=p, in_degree=in_degree, out_degree=out_degree, count=count).items()
        if v is not None
    }
    if len(given) != 1:
        raise ValueError(
            f"wire: give one of p, in_degree, out_degree and count, got {sorted(given) or 'none'}"
        )
    rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
    n_pre, n_post = pair("wire", shape)
    if in_degree is not None:
        turned = _fixed_degree(
            rng, n_post, n_pre, in_degree, None if self_at is None else -self_at, "in_degree"
        )
        return turned.transpose()[0]
    if out_degree is not None:
        return _fixed_degree(rng, n_pre, n_post, out_degree, self_at, "out_degree")
    if p is not None:
        return _by_probability(rng, n_pre, n_post, float(p), self_at)
    return _by_count(rng, n_pre, n_post, whole("wire: count", count), self_at)


def _columns(n_row, n_column, self_at):
    """Targets to choose from per row; without itself it is one less where all rows are among them."""
    if self_at is None:
        return n_column
    if not 0 <= self_at <= n_column - n_row:
        return None
    return n_column - 1


def _skip_self(row, column, self_at):
    """Numbers among the others -> numbers among all."""
    return column if self_at is None else column + (column >= row + self_at)


def _from_keys(keys, n_row, n_column, width, self_at):
    """Csr of ascending keys row * width + column."""
    row = keys // width
    column = _skip_self(row, keys - row * width, self_at)
    pointer = np.zeros(n_row + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=n_row), out=pointer[1:])
    return Csr(pointer, column, (n_row, n_column))


def _by_probability(rng, n_pre, n_post, p, self_at):
    """Gaps between connected pairs are geometric: one draw per synapse, none per pair."""
    if not 0 <= p <= 1:
        raise ValueError(f"wire: p must lie in [0, 1], got {p}")
    width = _columns(n_pre, n_post, self_at)
    if width is None:
        raise ValueError("wire: self_at does not place the pre cells among the targets")
    total = n_pre * width
    if p == 0 or total == 0:
        return Csr(np.zeros(n_pre + 1, np.int64), np.zeros(0, np.int32), (n_pre, n_post))
    parts, last = [], -1
    while last < total - 1:
        expected = (total - 1 - last) * p
        size = int(min(expected + 4 * np.sqrt(expected) + 8, _BLOCK))
        keys = last + np.cumsum(rng.geometric(p, size))
        parts.append(keys)
        last = int(keys[-1])
    keys = np.concatenate(parts)
    return _from_keys(keys[: np.searchsorted(keys, total)], n_pre, n_post, width, self_at)


def _by_count(rng, n_pre, n_post, count, self_at):
    width = _columns(n_pre, n_post, self_at)
    if count < 0 or width is None or count and n_pre * width == 0:
        raise ValueError(f"wire: cannot draw {count} synapses between {n_pre} and {n_post} cells")
    keys = rng.integers(0, max(n_pre * width, 1), count)
    keys.sort()
    return _from_keys(keys, n_pre, n_post, width, self_at)


def _fixed_degree(rng, n_row, n_column, degree, self_at, name):
    """`degree` different columns for each row.

    Columns drawn with replacement, repeats dropped and drawn again until none is missing: the
    first `degree` different values of a stream are a uniform subset. Dense rows are sorted noise.
    """
    degree = whole(f"wire: {name}", degree)
    inside = self_at is not None and 0 <= self_at <= n_column - n_row
    if self_at is not None and not inside:
        return _fixed_degree_partial(rng, n_row, n_column, degree, self_at, name)
    width = n_column - 1 if inside else n_column
    if not 0 <= degree <= width:
        raise ValueError(f"wire: {name} must lie in [0, {width}], got {degree}")
    if 4 * degree > width:
        rows = max(1, _BLOCK // max(width, 1))
        chosen = [
            np.sort(rng.random((min(rows, n_row - r), width)).argsort(1)[:, :degree], 1)
            for r in range(0, n_row, rows)
        ]
        column = np.concatenate(chosen).ravel() if chosen else np.zeros(0, np.int64)
        keys = np.repeat(np.arange(n_row), degree) * width + column
        return _from_keys(keys, n_row, n_column, width, self_at)
    keys = np.zeros(0, np.int64)
    missing = np.full(n_row, degree)
    while missing.any():
        row = np.repeat(np.arange(n_row), missing)
        fresh = row * width + rng.integers(0, width, row.size)
        keys = np.concatenate([keys, fresh])
        keys.sort()
        keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if keys.size else keys
        missing = degree - np.bincount(keys // width, minlength=n_row)
    return _from_keys(keys, n_row, n_column, width, self_at)


def _fixed_degree_partial(rng, n_row, n_column, degree, self_at, name):
    """Rows of which only some are among the columns: those draw from one column less."""
    row = np.arange(n_row)
    own = row + self_at
    width = np.where((own >= 0) & (own < n_column), n_column - 1, n_column)
    if not 0 <= degree <= width.min(initial=n_column):
        raise ValueError(f"wire: {name} must lie in [0, {width.min()}], got {degree}")
    chosen = np.empty((n_row, degree), np.int64)
    for i in range(n_row):
        columns = rng.choice(width[i], degree, replace=False)
        chosen[i] = columns + (columns >= own[i]) if width[i] < n_column else columns
    chosen.sort(1)
    return Csr(np.arange(n_row + 1) * degree, chosen.ravel(), (n_row, n_column))

"""Connections: which cell reaches which. Weights are kept apart from them."""

import numpy as np


class Csr:
    """Synapses stored by source: row i holds the targets of pre cell i, ascending.

    Parameters
    ----------
    indptr : array_like of int, shape (n_pre + 1,)
        ``indices[indptr[i]:indptr[i + 1]]`` are the targets of cell i.
    indices : array_like of int, shape (n_synapses,)
    shape : (n_pre, n_post)

    Raises
    ------
    ValueError
        indptr does not rise from 0 to the number of synapses, a target is outside of the post
        population, or the targets of a row are not in ascending order (repeats are allowed: two
        synapses between one pair of cells).

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit import ops
    >>> conn = ops.Csr([0, 2, 3], [0, 2, 1], (2, 3))
    >>> ops.event_matvec(conn, np.array([True, False]), 0.5)
    array([0.5, 0. , 0.5])
    """

    __slots__ = ("indptr", "indices", "shape", "_transposed")

    def __init__(self, indptr, indices, shape):
        n_pre, n_post = pair("Csr", shape)
        if n_post >= 2**31:
            raise ValueError(f"Csr: shape must be two sizes below 2**31, got {shape}")
        pointer, targets = _integers(indptr, "indptr"), _integers(indices, "indices")
        _check_pointer(pointer, n_pre, targets.size)
        _check_targets(pointer, targets, n_post)
        self._store(pointer, targets, (n_pre, n_post))

    def _store(self, pointer, targets, shape):
        """Copies of the arrays, read-only: kernels trust them."""
        narrow = targets.size < 2**31
        self.indptr = np.array(pointer, np.int32 if narrow else np.int64)
        self.indices = np.array(targets, np.int32)
        self.indptr.flags.writeable = self.indices.flags.writeable = False
        self.shape = shape
        self._transposed = None

    # ------------------------------------------------------------------ makers

    @classmethod
    def from_pairs(cls, pre, post, shape):
        """(conn, order) of the synapses pre[k] -> post[k]; ``w[order]`` are their weights by row."""
        pre, post = _integers(pre, "pre"), _integers(post, "post")
        if pre.shape != post.shape:
            raise ValueError(
                f"Csr.from_pairs: pre and post differ in length: {pre.size} and {post.size}"
            )
        if pre.size and not (0 <= pre.min() and pre.max() < shape[0]):
            raise ValueError(
                f"Csr.from_pairs: pre must lie in [0, {shape[0]}), got {pre.min()} to {pre.max()}"
            )
        order = np.lexsort((post, pre))
        pointer = np.zeros(int(shape[0]) + 1, np.int64)
        np.cumsum(np.bincount(pre, minlength=int(shape[0])), out=pointer[1:])
        return cls(pointer, post[order], shape), order

    @classmethod
    def from_dense(cls, matrix):
        """(conn, weights) of the entries of `matrix` (n_pre, n_post) that are not 0."""
        matrix = np.asarray(matrix)
        if matrix.ndim != 2:
            raise ValueError(
                f"Csr.from_dense: wanted a matrix (n_pre, n_post), got shape {matrix.shape}"
            )
        pre, post = np.nonzero(matrix)
        return cls.from_pairs(pre, post, matrix.shape)[0], matrix[pre, post]

    @classmethod
    def from_scipy(cls, matrix):
        """(conn, weights) of a scipy sparse matrix or array (n_pre, n_post)."""
        coo = matrix.tocoo()
        conn, order = cls.from_pairs(coo.row, coo.col, coo.shape)
        return conn, coo.data[order]

    # ------------------------------------------------------------------ reading

    @property
    def nnz(self):
        """Number of synapses."""
        return self.indices.size

    @property
    def nbytes(self):
        return self.indptr.nbytes + self.indices.nbytes

    @property
    def out_degree(self):
        """Synapses of each pre cell, shape (n_pre,)."""
        return np.diff(self.indptr)

    @property
    def in_degree(self):
        """Synapses onto each post cell, shape (n_post,)."""
        return np.bincount(self.indices, minlength=self.shape[1])

    @property
    def pre(self):
        """Source of each synapse, shape (n_synapses,), as `indices` are the targets."""
        return np.repeat(np.arange(self.shape[0], dtype=np.int32), self.out_degree)

    def transpose(self):
        """(conn, order): the same synapses stored by target; ``w[order]`` are their weights."""
        if self._transposed is None:
            turned, order = Csr.from_pairs(self.indices, self.pre, self.shape[::-1])
            self._transposed = turned, order
        return self._transposed

    def toarray(self, weight=1.0):
        """The matrix (n_pre, n_post) of summed weights."""
        out = np.zeros(self.shape, np.result_type(weight))
        np.add.at(out, (self.pre, self.indices), weight)
        return out

    def __repr__(self):
        return f"Csr(shape={self.shape}, nnz={self.nnz})"


class Dense:
    """Every pre cell reaches every post cell; weights are one number or a matrix (n_pre, n_post)."""

    __slots__ = ("shape",)

    def __init__(self, shape):
        self.shape = pair("Dense", shape)

    @property
    def nnz(self):
        return self.shape[0] * self.shape[1]

    def __repr__(self):
        return f"Dense(shape={self.shape})"


class OneToOne:
    """Cell i reaches cell i; weights are one number or (n,)."""

    __slots__ = ("shape",)

    def __init__(self, n):
        n = whole("OneToOne: n", n)
        self.shape = (n, n)

    @property
    def nnz(self):
        return self.shape[0]

    def __repr__(self):
        return f"OneToOne({self.shape[0]})"


def whole(name, value):
    """A count as an int: of 0 or more, without a fraction."""
    try:
        n = int(value)
        if n != value or n < 0 or isinstance(value, (str, bytes)):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a whole number of 0 or more, got {value!r}") from None
    return n


def pair(name, shape):
    """(n_pre, n_post) as ints."""
    if np.shape(shape) != (2,):
        raise ValueError(f"{name}: shape must be (n_pre, n_post), got {shape!r}")
    return tuple(whole(f"{name}: each size of shape", n) for n in shape)


def _integers(values, name):
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(f"Csr: {name} must have one axis, got shape {values.shape}")
    if values.size == 0:
        return values.astype(np.int64)
    if values.dtype.kind not in "iu":
        raise TypeError(f"Csr: {name} must be integers, got {values.dtype}")
    return values


def _check_pointer(pointer, n_pre, n_synapses):
    if pointer.size != n_pre + 1:
        raise ValueError(
            f"Csr: indptr must have n_pre + 1 = {n_pre + 1} elements, got {pointer.size}"
        )
    if pointer[0] != 0 or pointer[-1] != n_synapses:
        raise ValueError(
            f"Csr: indptr must rise from 0 to {n_synapses}, the number of indices, got "
            f"{pointer[0]} to {pointer[-1]}"
        )
    if (pointer[1:] < pointer[:-1]).any():
        row = int(np.flatnonzero(pointer[1:] < pointer[:-1])[0])
        raise ValueError(
            f"Csr: indptr falls from {pointer[row]} to {pointer[row + 1]} at row {row}"
        )


def _check_targets(pointer, targets, n_post):
    if targets.size == 0:
        return
    if targets.min() < 0 or targets.max() >= n_post:
        bad = targets.min() if targets.min() < 0 else targets.max()
        raise ValueError(f"Csr: indices must lie in [0, {n_post}), got {bad}")
    falls = targets[1:] < targets[:-1]
    inner = pointer[1:-1]
    falls[inner[(inner > 0) & (inner < targets.size)] - 1] = False  # a new row may begin lower
    if falls.any():
        row = int(np.searchsorted(pointer, np.flatnonzero(falls)[0], "right")) - 1
        raise ValueError(
            f"Csr: the targets of row {row} are not in ascending order: use Csr.from_pairs"
        )

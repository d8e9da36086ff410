"""The container of representational dissimilarity matrices."""

import base64
import html
import os
import struct
import tempfile
import zipfile
import zlib

import numpy as np

from ..ops import dense, similarity
from .checks import codes, joined, numbers
from .checks import labels as as_labels


def n_conditions_of(n_pairs):
    """Number of conditions that have ``n_pairs`` pairs; ValueError when there is none."""
    n = int(round((1 + np.sqrt(1 + 8 * n_pairs)) / 2))
    if n * (n - 1) // 2 != n_pairs or n_pairs < 1:
        raise ValueError(f"{n_pairs} values are not the pairs of any number of conditions")
    return n


def pair_index(n, i, j):
    """Places of the pairs (i, j), i != j, in a condensed row; works on arrays."""
    i, j = np.minimum(i, j), np.maximum(i, j)
    return i * (2 * n - i - 1) // 2 + (j - i - 1)


class RDMs:
    """A set of dissimilarity matrices over the same conditions.

    Parameters
    ----------
    values : array_like, shape (n_rdm, n_pairs), (n_pairs,), (n, n) or (n_rdm, n, n)
        Dissimilarities of the pairs i < j, row by row (SciPy's condensed form), or square matrices.
        Two dimensions that are square and symmetric with a zero or NaN diagonal are one square matrix
        (unless ``conditions`` or ``labels`` only fit condensed rows), else condensed rows. NaN
        stands for a pair that was not measured. A square DataFrame or DataArray brings its labels
        along, a DataArray of three dimensions also those of the matrices.
    conditions : sequence of length n, optional
        Labels of the conditions, each once; ``0 .. n - 1`` by default.
    labels : sequence of length n_rdm, optional
        Labels of the matrices (subjects, models); ``0 .. n_rdm - 1`` by default.

    Attributes
    ----------
    values : ndarray, shape (n_rdm, n_pairs)
    conditions, labels : ndarray

    Raises
    ------
    ValueError
        When the number of values belongs to no number of conditions, labels are repeated, or a
        square matrix is not symmetric.

    Examples
    --------
    >>> from neurokit import rsa
    >>> r = rsa.RDMs([1.0, 2.0, 3.0], conditions=["a", "b", "c"])
    >>> r.square()[0]
    array([[0., 1., 2.],
           [1., 0., 3.],
           [2., 3., 0.]])
    >>> r.subset(["c", "a"]).values
    array([[2.]])
    """

    def __init__(self, values, conditions=None, labels=None):
        given, values = values, numbers(values, "values").copy()
        if values.ndim == 3 or values.ndim == 2 and _is_square(values, conditions, labels):
            values = _condense(values)
            conditions = _named(given) if conditions is None else conditions
            labels = _first_named(given) if labels is None else labels
        if values.ndim == 1:
            values = values[None]
        if values.ndim != 2:
            raise ValueError(f"values: wanted 1 to 3 dimensions, got {values.ndim}")
        try:
            n = n_conditions_of(values.shape[1])
        except ValueError as error:
            square = values.shape[0] == values.shape[1]
            why = ", nor one square matrix: not symmetric with a diagonal of zeros" * square
            raise ValueError(f"{error}{why}") from None
        self.values = values
        self._numbered = conditions is None  # nobody gave labels: their numbers only tell places
        self.conditions = _labels(conditions, n, "conditions")
        self.labels = _labels(labels, len(values), "labels", unique=False)

    @property
    def n_conditions(self):
        return len(self.conditions)

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __getitem__(self, which):
        """Matrices by number, slice, mask or array of numbers; always an ``RDMs``."""
        if isinstance(which, (int, np.integer)):
            which = [which]
        return self._like(self.values[which], self.labels[which])

    def _like(self, values, labels):
        """Other matrices over the same conditions."""
        rdms = RDMs(values, self.conditions, labels)
        rdms._numbered = self._numbered
        return rdms

    def __repr__(self):
        return f"RDMs: {len(self)} of {self.n_conditions} conditions, {self.values.dtype}"

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "RDMs are no array: take .values (n_rdm, n_pairs), condensed, or .square() (n_rdm, n, n); "
            "rsa.concat joins a list of them"
        )

    def square(self):
        """Square matrices with zero diagonals, shape (n_rdm, n, n)."""
        n = self.n_conditions
        out = np.zeros((len(self), n, n), self.values.dtype)
        i, j = np.triu_indices(n, 1)
        out[:, i, j] = self.values
        out[:, j, i] = self.values
        return out

    def subset(self, conditions):
        """The matrices over some conditions, in the order given.

        Raises
        ------
        ValueError
            For an unknown or repeated label, or fewer than two.
        """
        at = find_labels(self.conditions, conditions)
        if len(at) < 2:
            raise ValueError(f"a subset needs at least 2 conditions, got {len(at)}")
        i, j = np.triu_indices(len(at), 1)
        values = self.values[:, pair_index(self.n_conditions, at[i], at[j])]
        return RDMs(values, self.conditions[at], self.labels)

    def mean(self, weights=None):
        """The mean matrix, with weights of at least 0 or plain; NaN pairs are left out of the mean
        of that pair."""
        weights = np.ones(len(self)) if weights is None else np.asarray(weights, dtype=float)
        if weights.shape != (len(self),):
            raise ValueError(f"weights: wanted {len(self)}, got shape {weights.shape}")
        if not ((weights >= 0).all() and 0 < weights.sum() < np.inf):
            raise ValueError("weights: wanted numbers of at least 0 with a sum above 0")
        have = ~np.isnan(self.values)
        total = dense.product(weights, np.where(have, self.values, 0))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / dense.product(weights, have)
        return self._like(mean.astype(self.values.dtype), ["mean"])

    def rank(self):
        """Mid-ranks 1 .. n_pairs within each matrix; NaN pairs stay NaN and are not counted."""
        return self._like(similarity.ranks(self.values), self.labels)

    def transform(self, f):
        """The matrices with ``f`` applied to the array of all values."""
        values = np.asarray(f(self.values.copy()))
        if values.shape != self.values.shape:
            raise ValueError(f"f changed the shape from {self.values.shape} to {values.shape}")
        return self._like(values, self.labels)

    def concat(self, *others):
        """This set and others after it; conditions are matched by label."""
        return concat([self, *others])

    def to_dataframe(self):
        """A pandas table with one row per matrix and pair: rdm, first, second, dissimilarity."""
        import pandas as pd

        i, j = np.triu_indices(self.n_conditions, 1)
        return pd.DataFrame(
            {
                "rdm": np.repeat(self.labels, len(i)),
                "first": np.tile(self.conditions[i], len(self)),
                "second": np.tile(self.conditions[j], len(self)),
                "dissimilarity": self.values.ravel(),
            }
        )

    def to_xarray(self):
        """An xarray DataArray of square matrices with dimensions rdm, first, second."""
        import xarray as xr

        coordinates = {"rdm": self.labels, "first": self.conditions, "second": self.conditions}
        return xr.DataArray(
            self.square(), coordinates, ("rdm", "first", "second"), name="dissimilarity"
        )

    @staticmethod
    def from_dataframe(table):
        """Read a table as :meth:`to_dataframe` makes it; pairs that are not there are NaN.

        Parameters
        ----------
        table : pandas.DataFrame
            Columns rdm (may be missing: one matrix), first, second, dissimilarity, in any order.

        Raises
        ------
        ValueError
            For missing columns, or a pair given twice.
        """
        lacking = [name for name in ("first", "second", "dissimilarity") if name not in table]
        if lacking:
            raise ValueError(f"the table has no column {', '.join(lacking)}")
        labels = np.asarray(table["rdm"]) if "rdm" in table else np.zeros(len(table), int)
        rows, row = codes(labels, len(table), "rdm")
        sides = joined([np.asarray(table["first"]), np.asarray(table["second"])])
        names, code = codes(sides, len(sides), "first, second")
        rows, names = (v.tolist() if v.dtype == object else v for v in (rows, names))
        i, j = np.split(code, 2)
        if (i == j).any():
            raise ValueError("the table has pairs of a condition with itself")
        n = len(names)
        at = row, pair_index(n, i, j)
        if len(set(zip(*(v.tolist() for v in at), strict=True))) < len(table):
            raise ValueError("the table has a pair twice")
        values = np.full((len(rows), n * (n - 1) // 2), np.nan)
        values[at] = np.asarray(table["dissimilarity"], dtype=float)
        return RDMs(values, names, rows)

    @staticmethod
    def from_xarray(array):
        """Read a DataArray of square matrices as :meth:`to_xarray` makes it.

        Parameters
        ----------
        array : xarray.DataArray
            The last two dimensions are conditions; a first one, if any, tells the matrices apart.
        """
        values = np.asarray(array.values)
        if values.ndim not in (2, 3):
            raise ValueError(f"wanted (rdm, first, second), got dimensions {array.dims}")
        square = values[None] if values.ndim == 2 else values
        return RDMs(square, _named(array), _first_named(array))

    def save(self, path):
        """Write to an ``.npz`` file of plain arrays; an existing file is replaced as a whole."""
        for name, labels in (("conditions", self.conditions), ("labels", self.labels)):
            if labels.dtype == object:
                raise ValueError(f"{name} of mixed types cannot be saved: make them strings")
        path = os.fspath(path)
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", suffix=".npz")
        try:
            with os.fdopen(descriptor, "wb") as file:
                np.savez(file, values=self.values, conditions=self.conditions, labels=self.labels)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise

    @staticmethod
    def load(path):
        """Read what :meth:`save` wrote; nothing is unpickled.

        Raises
        ------
        ValueError
            For a file that is not one of these.
        """
        with open(path, "rb") as file:
            if not zipfile.is_zipfile(file):
                raise ValueError(f"{path}: not a file of RDMs (no .npz archive)")
        with np.load(path, allow_pickle=False) as file:
            missing = {"values", "conditions", "labels"} - set(file.files)
            if missing:
                raise ValueError(f"{path}: not a file of RDMs (no {', '.join(sorted(missing))})")
            rdms = RDMs(file["values"], file["conditions"], file["labels"])
            rdms._numbered = np.array_equal(rdms.conditions, np.arange(rdms.n_conditions))
            return rdms

    def _repr_html_(self):
        shown = self[:4]
        pictures = "".join(
            f"<figure style='display:inline-block;margin:4px;text-align:center'>"
            f"<img width=140 style='image-rendering:pixelated' "
            f"src='data:image/png;base64,{_png(matrix)}'><figcaption>{html.escape(str(label))}</figcaption></figure>"
            for matrix, label in zip(shown.square(), shown.labels, strict=True)
        )
        more = f" (first {len(shown)})" if len(shown) < len(self) else ""
        return f"<div>{repr(self)}{more}<br>{pictures}</div>"


def concat(sets):
    """Join sets of matrices over the same conditions, matched by label to the first set.

    Parameters
    ----------
    sets : iterable of RDMs

    Returns
    -------
    rdms : RDMs

    Raises
    ------
    ValueError
        When the sets do not have the same conditions.
    """
    sets = list(sets)
    if not sets:
        raise ValueError("concat needs at least one set of RDMs")
    first, *others = sets
    others = [match_conditions(first, other) for other in others]
    sets = [first, *others]
    values = np.concatenate([r.values for r in sets])
    return first._like(values, joined([r.labels for r in sets]))


def match_conditions(reference, rdms, more=False):
    """``rdms`` with its conditions in the order of ``reference``; both need the same labels.

    With ``more``, ``rdms`` may have others, which are left out: those of a model that the data lack.
    This takes labels that somebody gave to the data, since places alone do not say which are there.
    """
    if np.array_equal(reference.conditions, rdms.conditions):
        return rdms
    if more and reference.n_conditions < rdms.n_conditions and reference._numbered:
        raise ValueError(
            f"the data have {reference.n_conditions} conditions without labels and the model "
            f"{rdms.n_conditions}: label the conditions of the data, or take a subset of the model"
        )
    if len(reference.conditions) != len(rdms.conditions) and not more:
        raise ValueError(
            f"RDMs of {reference.n_conditions} and {rdms.n_conditions} conditions do not match: "
            "take the subset that both have"
        )
    named = reference.conditions.tolist(), rdms.conditions.tolist()
    if reference._numbered != rdms._numbered and not set(named[0]) <= set(named[1]):
        own = named[0] if rdms._numbered else named[1]
        raise ValueError(
            f"RDMs with the conditions {own[:5]} and RDMs without labels of their conditions do not "
            "match: give both their labels, RDMs(values, conditions)"
        )
    return rdms.subset(reference.conditions)


def find_labels(known, wanted):
    """Places of the wanted labels among the known ones."""
    place = {label: k for k, label in enumerate(known.tolist())}
    wanted = as_labels(wanted, "conditions")
    if known.dtype.kind in "mM" and wanted.dtype != known.dtype:
        wanted = wanted.astype(known.dtype)  # other units, or objects of pandas
    wanted = wanted.tolist()
    unknown = [label for label in wanted if label not in place]
    if unknown:
        raise ValueError(f"unknown conditions: {unknown[:5]}; known are {list(place)[:5]} ...")
    if len(set(wanted)) < len(wanted):
        raise ValueError("a condition was asked for twice")
    return np.array([place[label] for label in wanted], dtype=np.int64)


def as_rdms(values, what, conditions=None):
    """``values`` as RDMs; arrays are read by :class:`RDMs`, over these conditions where they bring
    none along."""
    if isinstance(values, RDMs):
        return values
    try:
        own = names_of(values)
        return RDMs(values, conditions if own is None else own)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what}: wanted RDMs or an array of dissimilarities: {error}") from None


def _is_square(values, conditions=None, labels=None):
    """True for one square matrix: condensed rows hardly ever are symmetric with a zero diagonal."""
    n, m = values.shape
    if n != m or n < 2 or not all(_fits(v, k) for v, k in ((conditions, n), (labels, 1))):
        return False
    diagonal, most = np.abs(np.diagonal(values)), np.nanmax(np.abs(values), initial=0)
    return bool((np.isnan(diagonal) | (diagonal <= 1e-8 * most)).all()) and is_symmetric(values)


def is_symmetric(square):
    """Whether matrices (..., n, n) are symmetric but for rounding, of whatever size their values."""
    most = np.max(np.abs(square), (-2, -1), where=np.isfinite(square), initial=0, keepdims=True)
    other = np.swapaxes(square, -1, -2)
    return bool(np.isclose(square, other, atol=1e-8 * most, equal_nan=True).all())


def _fits(labels, n):
    return labels is None or len(labels) == n


def _labels(labels, n, what, unique=True):
    if labels is None:
        return np.arange(n)
    labels = np.array(as_labels(labels, what))
    if labels.shape != (n,):
        raise ValueError(f"{what}: wanted {n}, got shape {labels.shape}")
    if unique and len(set(labels.tolist())) < n:
        raise ValueError(f"{what}: each label may stand only once")
    return labels


def names_of(values):
    """The conditions that square matrices bring along, else None."""
    if not (hasattr(values, "iloc") or hasattr(values, "coords")):
        return None
    square = values.ndim == 3 or values.ndim == 2 and _is_square(numbers(values, "values"))
    return _named(values) if square else None


def _named(square):
    """Labels that the two last axes of a DataFrame or a DataArray have in common, else None, as of a
    table whose rows were never named."""
    if hasattr(square, "iloc"):
        if {type(square.index).__name__, type(square.columns).__name__} == {"RangeIndex"}:
            return None
        sides = np.asarray(square.index), np.asarray(square.columns)
    elif hasattr(square, "coords"):
        sides = [square.coords[d].values for d in square.dims[-2:] if d in square.coords]
    else:
        return None
    if len(sides) == 2 and not np.array_equal(*sides):
        raise ValueError("rows and columns have different conditions, or another order of them")
    return sides[0] if len(sides) == 2 else None


def _first_named(square):
    """Labels of the first of three axes of a DataArray, those of the matrices, else None."""
    if not hasattr(square, "coords") or square.ndim != 3 or square.dims[0] not in square.coords:
        return None
    return square.coords[square.dims[0]].values


def _condense(square):
    n = square.shape[-1]
    if square.shape[-2] != n or n < 2:
        raise ValueError(f"square matrices wanted, got shape {square.shape}")
    if not is_symmetric(square):
        raise ValueError("a dissimilarity matrix must be symmetric")
    most = np.nanmax(np.abs(square), axis=(-2, -1), initial=0)
    diagonal = np.nanmax(np.abs(np.diagonal(square, 0, -2, -1)), axis=-1, initial=0)
    if (diagonal > 1e-5 * most).any():
        raise ValueError("a dissimilarity matrix must have a diagonal of zeros: not similarities")
    i, j = np.triu_indices(n, 1)
    return square[..., i, j]


def _png(matrix):
    """A grey picture of a matrix, dark where similar, as base64 text."""
    low, high = np.nanmin(matrix), np.nanmax(matrix)
    grey = np.nan_to_num((matrix - low) / (high - low if high > low else 1) * 255)
    rows = np.zeros((len(matrix), len(matrix) + 1), np.uint8)  # each row led by its filter, none
    rows[:, 1:] = grey

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", len(matrix), len(matrix), 8, 0, 0, 0, 0)
    picture = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows.tobytes()))
        + chunk(b"IEND", b"")
    )
    return base64.b64encode(picture).decode()

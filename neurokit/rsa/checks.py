"""What every function of RSA asks of its arguments, and levels at which squares stay numbers."""

from numbers import Integral, Real

import numpy as np

from ..core.trace.tracer import check_class

PROBED = 32  # columns looked at to tell the size of a row


CONVENTIONS = (None, "rsatoolbox")


def choice(value, among, what):
    """One of several names, or None where that is among them; ValueError for anything else."""
    if not (value is None or isinstance(value, str)) or value not in among:
        raise ValueError(f"{what}: wanted one of {', '.join(map(str, among))}, got {value!r}")
    return value


def steps(max_iter, tol):
    """What says when an iteration stops; ValueError where it would not start or not be told."""
    if not isinstance(max_iter, Integral) or max_iter < 1:
        raise ValueError(f"max_iter: wanted a whole number of at least 1, got {max_iter!r}")
    if not isinstance(tol, Real) or not 0 <= tol < np.inf:
        raise ValueError(f"tol: wanted a number of at least 0, got {tol!r}")


def numbers(values, what):
    """An array of float32 or float64; other real numbers become float64.

    Raises
    ------
    TypeError
        For complex numbers, text, and arrays with a mask or a meaning beyond their numbers.
    """
    parts = values if isinstance(values, (list, tuple)) else [values]
    for part in parts:
        check_class(part, what)
    array = np.asarray(values)
    if array.dtype in (np.float32, np.float64):
        return array
    if array.dtype.kind == "c":
        raise TypeError(f"{what}: wanted real numbers, got {array.dtype}: pass their parts or abs")
    try:
        return array.astype(float)
    except (TypeError, ValueError):
        raise TypeError(f"{what}: wanted numbers, got an array of {array.dtype}") from None


def labels(values, what):
    """Labels as a one-dimensional array that keeps numbers and text apart.

    Raises
    ------
    ValueError
        For a label that is missing (None, NaN, NaT).
    """
    if isinstance(values, np.ndarray) or hasattr(values, "__array__"):
        check_class(values, what)
        array = np.asarray(values)
        if array.dtype.kind == "T":
            array = array.astype(object)  # files hold no text of variable length
        if array.dtype == object and array.ndim == 1 and _of_one_kind(array.tolist()):
            array = np.array(array.tolist())  # as pandas hands over text
    else:
        if not hasattr(values, "__iter__") or isinstance(values, (set, frozenset)):  # no order
            raise TypeError(f"{what}: wanted a sequence of labels, got {values!r}")
        values = list(values)
        parts = len(values) > 0 and all(isinstance(v, tuple) for v in values)  # as of a MultiIndex
        array = None if parts else np.asarray(values)
        if parts or array.ndim == 1 and array.dtype.kind in "US" and not _all_text(values):
            array = np.empty(len(values), dtype=object)
            array[:] = values
    if array.ndim != 1:
        return array
    if array.dtype.kind in "mM":
        missing = np.isnat(array)
    elif array.dtype.kind in "fcO":
        missing = np.array([_is_missing(label) for label in array.tolist()], dtype=bool)
    else:
        return array
    if missing.any():
        at = np.flatnonzero(missing)[:5].tolist()
        raise ValueError(f"{what}: missing labels (None or NaN) at {at}: leave those rows out")
    return array


def _all_text(values):
    return all(isinstance(v, str) for v in values) or all(isinstance(v, bytes) for v in values)


def _of_one_kind(values):
    numeric = (bool, int, float, np.bool_, np.integer, np.floating)
    return len(values) > 0 and (_all_text(values) or all(isinstance(v, numeric) for v in values))


def _is_missing(label):
    if label is None or type(label).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(label, (float, complex, np.inexact)) and bool(label != label)


def joined(arrays):
    """The labels of several arrays one after the other; text, numbers and times are kept apart."""
    kinds = {"n" if a.dtype.kind in "biuf" else a.dtype.kind.replace("T", "U") for a in arrays}
    if len(kinds) == 1:
        return np.concatenate(arrays)
    out = np.empty(sum(len(a) for a in arrays), dtype=object)
    out[:] = [label for a in arrays for label in a.tolist()]
    return out


def codes(values, n_obs, what):
    """Labels in order of first appearance and the number of each observation's label."""
    values = labels(values, what)
    if values.shape != (n_obs,):
        raise ValueError(f"{what}: wanted {n_obs}, one per pattern, got shape {values.shape}")
    place, first = {}, []
    code = np.empty(n_obs, dtype=np.int64)
    for k, label in enumerate(values.tolist()):
        code[k] = place.setdefault(label, len(place))
        if code[k] == len(first):
            first.append(k)
    return values[first], code


def symmetric(matrix, what):
    """A symmetric matrix of finite numbers.

    Raises
    ------
    ValueError
        For another shape, NaN or infinite elements, or elements that differ from their mirror image
        by more than rounding.
    """
    matrix = numbers(matrix, what)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{what}: wanted a square matrix, got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{what}: NaN or infinite values")
    tolerance = 1e-3 if matrix.dtype == np.float32 else 1e-6
    most = np.abs(matrix).max(initial=0)
    if np.abs(matrix - matrix.T).max(initial=0) > tolerance * most:
        raise ValueError(f"{what}: wanted a symmetric matrix; (m + m.T) / 2 would be one")
    return matrix


def leveled(x, by_row, force=False):
    """Patterns whose squares neither overflow nor vanish, and the exponent they were divided by.

    Parameters
    ----------
    x : ndarray, shape (..., rows, columns), float32 or float64
    by_row : bool
        The result does not depend on the length of a row: each gets an exponent of its own.
    force : bool
        Look at all columns, not at some.

    Returns
    -------
    x : ndarray
        The same, or in float64; times 2**-exponent.
    exponent : int
        Zero with ``by_row``.
    """
    high = 1e15 if x.dtype == np.float32 else 1e145
    step = 1 if force else max(1, x.shape[-1] // PROBED)

    def sizes(of):
        size = np.abs(of).max(-1, initial=0)  # several times faster than fmax
        return np.fmax.reduce(np.abs(of), -1, initial=0) if np.isnan(size).any() else size

    size = sizes(x[..., ::step])
    if ((size < high) & (size > 1 / high)).all():
        return x, 0
    size = sizes(x)
    outside = (size > 0) & np.isfinite(size) & ((size >= high) | (size <= 1 / high))
    if not outside.any():
        return x, 0
    if x.dtype == np.float32:
        return x.astype(float), 0
    if by_row:
        return np.ldexp(x, np.where(outside, -np.frexp(size)[1], 0)[..., None]), 0
    exponent = int(np.frexp(size.max())[1])
    return (x, 0) if 1 / high < size.max() < high else (np.ldexp(x, -exponent), exponent)

"""Numbers brought to a size at which their squares neither overflow nor vanish."""

import numpy as np


def leveled(axis, *arrays):
    """Arrays divided by one power of two for each place along the other axes.

    Parameters
    ----------
    axis : int or tuple of int
        Of the largest absolute value, over all arrays together; NaN is left out.
    *arrays : ndarray of float32 or float64
        Of equally many dimensions; ``axis`` apart, of one shape.

    Returns
    -------
    leveled : list of ndarray
        The arrays themselves where all values are of an everyday size.
    """
    dtype = np.result_type(*arrays)
    limit = float(np.finfo(dtype).max) ** 0.25
    with np.errstate(invalid="ignore"):  # of NaN
        ends = [
            np.fmax(np.fmax.reduce(x, axis, keepdims=True), -np.fmin.reduce(x, axis, keepdims=True))
            for x in arrays
        ]
    largest = np.fmax.reduce(ends)
    far = (largest > 0) & np.isfinite(largest) & ((largest > limit) | (largest < 1 / limit))
    if not far.any():
        return list(arrays)
    exponent = np.where(far, -np.frexp(np.where(far, largest, 1))[1], 0)
    return [np.ldexp(x, exponent) for x in arrays]

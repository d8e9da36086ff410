"""Samples with weights: rows multiplied by the root of theirs."""

import numpy as np

from ..ops.dense import squared_norm


def about_mean(x, mean):
    """x - mean in the precision of x; float32 takes what rounding the mean left in a second step."""
    mean = np.asarray(mean)
    near = mean.astype(x.dtype)
    x = x - near
    if near.dtype != mean.dtype:
        x -= (mean - near).astype(x.dtype)
    return x


class Rows:
    """Samples as rows multiplied by the root r of their weight; without weights r is one.

    Least squares with weights is least squares of such rows, in which the constant is the column r:
    means are r'x / r'r, and what is centred is x - r mean.

    Parameters
    ----------
    n : int
        Number of samples.
    root : ndarray, shape (n,), optional
    """

    def __init__(self, n, root=None):
        self.n, self.root = n, root
        self.total = n if root is None else squared_norm(root)  # of the weights
        self.count = n if root is None else np.count_nonzero(root)

    def part(self, index):
        """Some of the samples."""
        return Rows(len(index), None if self.root is None else self.root[index])

    def scaled(self, x):
        """Samples (n, ...) as rows."""
        if self.root is None:
            return x
        root = self.root.reshape(-1, *[1] * (x.ndim - 1))
        return (x * root).astype(x.dtype if x.dtype.kind == "f" else float, copy=False)

    def kernel(self, matrix):
        """The kernel of samples (n, n) as that of rows."""
        return matrix if self.root is None else matrix * self.root * self.root[:, None]

    def sum(self, x):
        """r'x in float64."""
        if self.root is None:
            return x.sum(0, dtype=float)
        return np.einsum("i,i...->...", self.root, x, dtype=float)

    def mean(self, x):
        """r'x / r'r in float64."""
        return x.mean(0, dtype=float) if self.root is None else self.sum(x) / self.total

    def average(self, x):
        """Mean of samples (n, ...), not yet rows, in float64."""
        if self.root is None:
            return x.mean(0, dtype=float)
        return np.einsum("i,i...->...", self.root**2, x, dtype=float) / self.total

    def centred(self, x, mean):
        """x - r mean."""
        if self.root is None:
            return about_mean(x, mean)
        return x - self.along(np.asarray(mean).astype(x.dtype), x.dtype)

    def along(self, values, dtype=float):
        """The column r times a value for each of the others: r values'."""
        if self.root is None:
            return values
        return np.multiply.outer(self.root.astype(dtype), values)

    def duals(self, solution, center):
        """Coefficients of the samples from those of the rows, about zero where all is centred."""
        if center:
            solution = self.centred(solution, self.mean(solution))
        return self.scaled(solution)

    def squares(self, x, mean):
        """|x - r mean|^2 of each column in float64, without a float64 copy."""
        out = np.zeros(x.shape[1])
        for first in range(0, len(x), 64):
            part = slice(first, first + 64)
            moved = mean if self.root is None else np.multiply.outer(self.root[part], mean)
            moved = x[part] - moved
            out += np.einsum("ij,ij->j", moved, moved)
        return out

    def centred_kernel(self, kernel):
        """A kernel of rows about their mean; the second pass takes what rounding left."""
        for _ in range(2):
            mean = self.mean(kernel)
            if self.root is None:
                moved = mean + mean[:, None] - mean.mean()
            else:
                moved = np.multiply.outer(self.root, mean - self.mean(mean) / 2 * self.root)
                moved = moved + moved.T
            kernel = (kernel - moved).astype(kernel.dtype, copy=False)
        return kernel

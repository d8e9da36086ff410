"""Options of a run: threads, NaN check."""

import contextlib

from .runtime import run_options

NAN_CHECK = 1


@contextlib.contextmanager
def options(threads=None, nan_check=None):
    """Set how programs run inside a ``with`` block, in this thread.

    threads : int
        Upper bound of threads; the numbers do not depend on it.
    nan_check : bool
        Raise FloatingPointError at the first operation that makes a NaN, naming your line, the step of
        the loop and the element.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> with nk.options(threads=1, nan_check=True):
    ...     nk.grad(lambda x: np.sqrt(x))(4.0)
    np.float64(0.25)
    """
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise ValueError(f"options: threads must be a positive int, got {threads!r}")
    before = run_options.threads, run_options.flags
    if threads is not None:
        run_options.threads = threads
    if nan_check is not None:
        run_options.flags = (
            run_options.flags | NAN_CHECK if nan_check else run_options.flags & ~NAN_CHECK
        )
    try:
        yield
    finally:
        run_options.threads, run_options.flags = before

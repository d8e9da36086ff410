"""Options of a run: threads, NaN check, time by line, progress."""

import contextlib
import time

from ... import _core
from .runtime import run_options, set_options

NAN_CHECK, PROFILE, PROGRESS = 1, 2, 4  # flags of `_core.Program.run`


@contextlib.contextmanager
def _threads_here(threads):
    if threads is None:
        yield
        return
    before = _core.threads_here(min(threads, 256))
    try:
        yield
    finally:
        _core.threads_here(before)


@contextlib.contextmanager
def options(threads=None, nan_check=None, profile=None, progress=None, upcast=None):
    """Set how programs and kernels run inside a ``with`` block, in this thread.

    Parameters
    ----------
    threads : int
        Upper bound of threads, here instead of that of `set_threads`; the numbers do not depend on it.
    nan_check : bool
        Raise FloatingPointError at the first operation that makes a NaN, naming your line, the
        operation, the step of the loop and the element. Operations then run one by one, unfused.
    profile : bool
        Collect time, calls and bytes by line: ``with nk.options(profile=True) as table`` gives a
        `Profile`, to be printed after the block.
    progress : bool or callable
        Show a bar for each outermost loop, or call ``progress(done, total)`` from another thread
        about ten times a second. `total` is 0 where it is not known.
    upcast : {"warn", "raise"} or False
        Tell, once per line of your code, where an operation turns float32 into float64 (or complex64
        into complex128) because the other operand is of the wider type. Traces are examined when they
        are made, so a function that `jit` knows already says nothing.

    Raises
    ------
    ValueError
        threads is not a positive int, upcast is none of the above.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> with nk.options(threads=1, nan_check=True):
    ...     nk.grad(lambda x: np.sqrt(x))(4.0)
    np.float64(0.25)
    """
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int)):
        raise ValueError(f"options: threads must be a positive int, got {threads!r}")
    if threads is not None and threads < 1:
        raise ValueError(f"options: threads must be a positive int, got {threads!r}")
    if upcast not in (None, False, "warn", "raise"):
        raise ValueError(f"options: upcast must be 'warn', 'raise' or False, got {upcast!r}")
    changed = {}
    if upcast is not None:
        changed["upcast"] = (upcast == "raise", set()) if upcast else None
    if nan_check is not None:
        flags = run_options.flags & ~NAN_CHECK
        changed["flags"] = flags | NAN_CHECK if nan_check else flags
        changed["unfused"] = bool(nan_check)
        changed["lines"] = bool(nan_check)
    table = None
    if profile or progress:
        from .observe import Profile, Watch, bar

        before = run_options.watch or Watch()
        table = Profile() if profile else before.profile
        if progress is True:
            progress = bar()
        changed["watch"] = Watch(table, progress or before.progress)
        if profile:
            changed["lines"] = True
    start = time.perf_counter()
    with set_options(**changed), _threads_here(threads):
        try:
            yield table if profile else None
        finally:
            if profile:
                table.seconds += time.perf_counter() - start

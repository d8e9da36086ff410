"""What was built, what the machine offers, and the default number of threads."""

from neurokit import _core

__all__ = ["get_config", "get_threads", "set_threads", "show_config"]


def set_threads(n):
    """Set how many threads a call uses when it does not say.

    Results never depend on this number.

    Parameters
    ----------
    n : int
        Number of threads, 1 to 256; 0 returns to what the machine grants this process
        (scheduler affinity and control-group quota, or ``NEUROKIT_THREADS``).

    Raises
    ------
    ValueError
        If `n` is out of range.

    Examples
    --------
    >>> import neurokit as nk
    >>> nk.set_threads(1)
    >>> nk.get_threads()
    1
    >>> nk.set_threads(0)
    """
    _core.set_threads(n)


def get_threads():
    """Return how many threads a call uses when it does not say."""
    return _core.get_threads()


def get_config():
    """Return build and machine as a dict.

    Returns
    -------
    dict
        Keys ``version``, ``compiler``, ``cpu_level`` (in use), ``levels`` (built), ``blas``,
        ``blas_core`` (kernels OpenBLAS chose), ``threads``, ``python``, ``numpy``, ``platform``.
    """
    import platform

    import numpy

    return {
        **_core.info(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "platform": platform.platform(),
    }


def show_config():
    """Print version, compiler, CPU level, BLAS and threads."""
    for key, value in get_config().items():
        print(f"{key:10}  {', '.join(value) if isinstance(value, list) else value}")

"""Python code over threads, beside the kernels that share out their own work."""

from neurokit import _core
from neurokit.config import get_threads


def over_threads(function, *items, most=256):
    """list(map(function, *items)), up to ``most`` items at work at the same time: the kernels of each
    have their part of the threads."""
    threads = get_threads()
    workers = min(threads, len(items[0]), most)
    if workers < 2:
        return list(map(function, *items))
    from concurrent.futures import ThreadPoolExecutor  # slow to load

    share = (threads // workers,)
    with ThreadPoolExecutor(workers, initializer=_core.threads_here, initargs=share) as pool:
        try:
            return list(pool.map(function, *items))
        except BaseException:  # an item that fails, Ctrl-C: those that wait are not begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise

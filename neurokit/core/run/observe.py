"""What runs can tell while or after they go: time and bytes by line, and how far a loop is."""

import threading
import time

from ... import _core
from ..errors import where_text
from ..transforms.jit import jit
from .bars import progress_bar
from .options import PROFILE, PROGRESS
from .runtime import set_options


class Watch:
    """Programs run through it while it is `run_options.watch`.

    profile : `Profile` or None, filled with what each program took
    progress : callable ``progress(done, total)`` or None, called from another thread
    error : what `progress` raised
    """

    def __init__(self, profile=None, progress=None):
        self.profile, self.progress, self.error = profile, progress, None

    def run(self, program, arrays, flags, into=None):
        if self.profile is not None:
            flags |= PROFILE
        if self.progress is None:
            result = program.run(arrays, flags, into=into)
        else:
            with _Reporter(self.progress) as reporter:
                result = program.run(arrays, flags | PROGRESS, into=into)
            if reporter.error is not None:
                self.error = reporter.error
                raise self.error
        if self.profile is not None:
            self.profile.add(program.profile())
        return result


class _Reporter:
    """Calls ``progress(done, total)`` ten times a second while a program runs, and at its end.

    Once it has raised an error it is not called any more.
    """

    def __init__(self, progress):
        self.progress, self.stop, self.last = progress, threading.Event(), (0, 0)
        self.error = None

    def _tell(self):
        now = _core.progress()
        if now != self.last and self.error is None:
            self.last = now
            try:
                self.progress(*now)
            except Exception as error:  # noqa: BLE001 - for `Watch.run` to raise
                self.error = error

    def _watch(self):
        while not self.stop.wait(0.1):
            self._tell()

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.stop.set()
        self.thread.join()
        self._tell()
        return False


def bar():
    """A progress function that draws a bar, one per loop."""
    drawn = {}

    def progress(done, total):
        if drawn.get("total") != total or done < drawn["bar"].n:
            drawn.update(bar=progress_bar(total=total), total=total)
        drawn["bar"].update(done - drawn["bar"].n)
        if done == total:
            drawn.pop("bar").close()
            drawn.clear()

    return progress


class Profile:
    """Time, calls and bytes by line. Made by `profile` and ``options(profile=True)``.

    Attributes
    ----------
    rows : list of (line, operation, calls, seconds, bytes)
        Most expensive first. The time of a loop's line is what its body does not account for.
    seconds : float
        Wall-clock time; what the rows lack of it is Python: tracing, planning, copies.
    """

    def __init__(self):
        self._rows, self.seconds = {}, 0.0

    def add(self, rows):
        """Add what `Program.profile` returned."""
        own = [ns for *_, ns, _ in rows]
        parents = []
        for k, (depth, *_, ns, _) in enumerate(rows):
            del parents[depth:]
            if parents:
                own[parents[-1]] -= ns
            parents.append(k)
        for ns, (_, kernel, where, calls, _, n_bytes) in zip(own, rows):
            if calls:
                line, _, what = where.partition(" (")
                known = line and line != where_text(None)
                key = (line, what.rstrip(")")) if known else ("the engine", kernel)
                before = self._rows.get(key, (0, 0, 0))
                self._rows[key] = tuple(map(sum, zip(before, (calls, ns, calls * n_bytes))))

    @property
    def rows(self):
        return sorted(
            ((*key, calls, ns * 1e-9, n) for key, (calls, ns, n) in self._rows.items()),
            key=lambda row: -row[3],
        )

    def to_dataframe(self):
        """A pandas DataFrame with columns line, operation, calls, seconds, bytes."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=["line", "operation", "calls", "seconds", "bytes"])

    def __str__(self):
        rows = self.rows
        inside = sum(row[3] for row in rows)
        width = max([len(row[0]) for row in rows] + [4])
        lines = [
            f"{'line':{width}}  {'time':>9}  {'share':>5}  {'calls':>9}  {'GB/s':>6}  operation"
        ]
        for line, what, calls, seconds, n_bytes in rows:
            speed = n_bytes / max(seconds, 1e-12) * 1e-9
            lines.append(
                f"{line:{width}}  {_time(seconds):>9}  {seconds / max(inside, 1e-12):5.0%}  "
                f"{calls:9d}  {speed:6.1f}  {what}"
            )
        lines.append(
            f"{_time(inside)} in C, {_time(max(self.seconds - inside, 0.0))} in Python, "
            f"{_time(self.seconds)} in all"
        )
        return "\n".join(lines)

    __repr__ = __str__


def _time(seconds):
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale or unit == "us":
            return f"{seconds / scale:.3g} {unit}"


def profile(f, *args, **kwargs):
    """Call ``f(*args, **kwargs)`` twice and say where the second call's time went.

    Parameters
    ----------
    f : callable
        A function of neurokit or one that calls some: a gradient, a jitted step, ``net.run``. A plain
        NumPy function is run through `jit`.

    Returns
    -------
    Profile
        Prints as a table: time, share, calls and memory traffic by line of your code. Operations that
        were fused into one pass stand as one row with the range of their lines.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> x = np.ones(1000)
    >>> table = nk.profile(nk.grad(lambda x: np.sum(np.tanh(x) ** 2)), x)
    >>> table.rows[0][2]
    1
    """
    result = Profile()
    with set_options(lines=True):
        seen = Profile()
        with set_options(watch=Watch(profile=seen)):
            f(*args, **kwargs)
        if not seen.rows:  # nothing of it ran in C
            f = jit(f)
            f(*args, **kwargs)
        with set_options(watch=Watch(profile=result)):
            start = time.perf_counter()
            f(*args, **kwargs)
            result.seconds = time.perf_counter() - start
    return result

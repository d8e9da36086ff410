"""What every benchmark here needs: compiled C peers, alternated timing, and one table.

A peer is timed in the same run as neurokit, the two taking turns, so that a clock that
drifts or a neighbour on the machine hits both. One-thread runs are pinned to one core.
Only benchmarks use a compiler; the package never does.
"""

import argparse
import ctypes
import hashlib
import importlib
import importlib.util
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
if importlib.util.find_spec("neurokit") is None:  # run from a checkout that is built in place
    sys.path.insert(0, str(HERE.parent))

_MISSING = set()
BLAS_REST = 0.15  # seconds: OpenBLAS's threads keep their cores busy for some 70 ms after a product
FLAGS = ("-O3", "-march=native", "-std=c11", "-fno-math-errno", "-fno-trapping-math")


def compile_c(name):
    """The library built from ``benchmarks/c/<name>.c``, as a ctypes object.

    The library is kept in the temporary folder under a hash of source, headers, compiler and flags.
    """
    source = HERE / "c" / f"{name}.c"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    text = b"".join(f.read_bytes() for f in [source, *sorted(source.parent.glob("*.h"))])
    key = hashlib.sha256(text + repr((compiler, FLAGS)).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"neurokit-bench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    library = folder / f"{name}-{key}.so"
    if not library.exists():
        part = library.with_suffix(f".{os.getpid()}.part")
        command = [*compiler, *FLAGS, "-shared", "-fPIC", "-o", str(part), str(source), "-lm"]
        subprocess.run(command, check=True)
        part.rename(library)
    return ctypes.CDLL(str(library))


def pointer(array):
    """The address of an array's first element, for a ctypes call."""
    if not array.flags.c_contiguous:
        raise ValueError("a C peer takes contiguous arrays only")
    return ctypes.c_void_p(array.ctypes.data)


def peer(name):
    """A peer package, or None (and, the first time, a line saying so) where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if name not in _MISSING:
            print(f"  {name} is not installed: this peer is left out", file=sys.stderr)
        _MISSING.add(name)
        return None


@contextmanager
def one_core(enabled=True):
    """One thread on one core: pin this process (XLA and BLAS ignore thread variables)."""
    if not enabled or not hasattr(os, "sched_setaffinity"):
        yield
        return
    import neurokit as nk

    before = os.sched_getaffinity(0)
    nk.set_threads(1)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        nk.set_threads(0)


def measure(cases, repeat=10, warm_up=1, rest=0.0):
    """Seconds of each case: the median of `repeat` rounds in which the cases take turns.

    Parameters
    ----------
    cases : dict of str to callable
    repeat : int
        Rounds that count.
    warm_up : int
        Rounds before them that do not.
    rest : float
        Seconds of pause before each call. Beside a peer that multiplies on several threads of
        BLAS, `BLAS_REST`: its waiting threads would be charged to whoever comes next.

    Returns
    -------
    dict of str to dict
        `median`, `best` and `first` (the first call, which may trace or compile) in seconds.
    """
    times = {name: [] for name in cases}
    for _ in range(max(warm_up, 0) + repeat):
        for name, call in cases.items():
            if rest > 0:
                time.sleep(rest)
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    result = {}
    for name, taken in times.items():
        counted = taken[max(warm_up, 0) :]
        result[name] = dict(median=statistics.median(counted), best=min(counted), first=taken[0])
    return result


def _memory(key):
    """A line of /proc/self/status in bytes: VmRSS is in use now, VmHWM the most since a reset."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {key} in /proc/self/status")


def peak_memory(call):
    """Run `call`: its result, and how far the process's memory rose above what it was before."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _memory("VmRSS")
    result = call()
    return result, max(_memory("VmHWM") - before, 0)


def once(call):
    """Run `call` once: its result, its seconds, and its peak memory as :func:`peak_memory` has it."""
    start = time.perf_counter()
    result, memory = peak_memory(call)
    return result, time.perf_counter() - start, memory


def human(seconds):
    """A duration with a unit that fits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def environment():
    """Processor, cores, Python, NumPy and neurokit of this run."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = dict(cpu=model, cores=cores, python=platform.python_version(), numpy=np.__version__)
    try:
        from neurokit import _core

        info = _core.info()
        found.update(neurokit=info["version"], cpu_level=info["cpu_level"])
    except ImportError:
        pass
    return found


class Report:
    """Rows of one benchmark: printed as they come, written as JSON at the end.

    Parameters
    ----------
    title : str
    path : str or None
        Where the JSON goes; ``"-"`` is the standard output.
    """

    def __init__(self, title, path=None):
        self.title, self.path, self.rows = title, path, []
        self.out = sys.stderr if path == "-" else sys.stdout
        self.environment = environment()
        print(title, file=self.out)
        print("  " + ", ".join(f"{k} {v}" for k, v in self.environment.items()), file=self.out)

    def times(self, label, measured, base, per=1.0, unit="call"):
        """One line per case: time per `unit` (the case does `per` of them), ratio to `base`.

        The ratio is that of the medians; that of the best rounds stands beside it, since a busy
        machine disturbs some rounds and not the other side's.
        """
        print(f"\n{label}", file=self.out)
        for name, taken in measured.items():
            ratio = taken["median"] / measured[base]["median"]
            best = taken["best"] / measured[base]["best"]
            each = taken["median"] / per
            print(
                f"  {name:<24}{human(each):>10} per {unit:<14} {ratio:8.2f} x {base}"
                f"  (best {best:.2f} x, first call {human(taken['first'])})",
                file=self.out,
            )
            self.rows.append(
                dict(
                    label=label,
                    name=name,
                    seconds=each,
                    unit=unit,
                    ratio=ratio,
                    ratio_of_best=best,
                    base=base,
                    first_call=taken["first"],
                )
            )

    def value(self, label, name, value, unit=""):
        """One number that is not a time beside a peer."""
        print(f"  {label}: {name} {value:.6g} {unit}".rstrip(), file=self.out)
        self.rows.append(dict(label=label, name=name, value=value, unit=unit))

    def close(self):
        """Write the JSON file, if one was asked for."""
        if self.path is None:
            return
        text = json.dumps(
            dict(title=self.title, environment=self.environment, rows=self.rows), indent=1
        )
        if self.path == "-":
            print(text)
        else:
            Path(self.path).write_text(text + "\n", encoding="utf-8")


def arguments(doc, add=None):
    """The command line every benchmark has: ``--json``, ``--quick``, ``--repeat``.

    `doc` is the script's docstring; `add`, a function of the parser, adds options of its own.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--json", metavar="FILE", help="write the rows as JSON; - prints them")
    parser.add_argument("--quick", action="store_true", help="small sizes, few repetitions")
    parser.add_argument("--repeat", type=int, default=None, help="rounds (10, or 3 if quick)")
    if add is not None:
        add(parser)
    options = parser.parse_args()
    if options.repeat is None:
        options.repeat = 3 if options.quick else 10
    return options

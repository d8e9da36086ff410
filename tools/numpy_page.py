"""Writes docs/numpy.md from the tables of the engine: python -m tools.numpy_page > docs/numpy.md."""

import numpy as np

from neurokit.core.numpy_table import FUNCTIONS
from neurokit.core.numpy_table.left_out import LEFT_OUT, METHODS_LEFT_OUT, PLAIN
from neurokit.core.primitives import elementwise as ew
from neurokit.core.trace.tracer import Tracer
from neurokit.core.trace.ufuncs import COMPOSITES

HEAD = """# NumPy inside neurokit

Which of NumPy's names work on traced arrays. The lists are made from the tables of the engine
(`python -m tools.numpy_page`) and a test compares them with the installed NumPy: every callable of
its main namespace is in one of them. A name that an older NumPy does not have is skipped.

Every function takes NumPy's own arguments; one that cannot be followed raises by name. Where the
shape of a result depends on data (`np.nonzero`, `np.unique`, `t[mask]`, ...) it works outside of `jit` and
loops, where values are known; inside it raises and says what to write instead. Derivatives pass
through values picked from data (`np.unique(t)`, `np.sort(t)`, `np.extract(m, t)`), not through positions.

Conventions of derivatives: ties in maximum, minimum and median share evenly; sorting permutes; a branch
masked by `np.where` never gives NaN; rounding, comparisons and integer results have none.
"""


def functions():
    """Names of NumPy's main namespace with a traced form: (functions, ufuncs)."""
    traced = {*FUNCTIONS, *ew.BY_UFUNC, *COMPOSITES}
    found = {n: getattr(np, n) for n in dir(np) if not n.startswith("_")}
    mine = {
        n: f for n, f in found.items() if callable(f) and not isinstance(f, type) and f in traced
    }
    ufuncs = sorted(n for n, f in mine.items() if isinstance(f, np.ufunc))
    return sorted(set(mine) - set(ufuncs)), ufuncs


def methods():
    """Public methods and attributes of ndarray that a traced array has."""
    return sorted(
        n
        for n in dir(np.ndarray)
        if not n.startswith("_") and hasattr(Tracer, n) and n not in METHODS_LEFT_OUT
    )


def submodules():
    """Names of np.linalg, np.fft and np.lib with a traced form."""
    out = []
    for prefix, module in (
        ("linalg", np.linalg),
        ("fft", np.fft),
        ("lib.stride_tricks", np.lib.stride_tricks),
    ):
        out += [
            f"{prefix}.{n}"
            for n in dir(module)
            if not n.startswith("_") and getattr(module, n) in _hashable()
        ]
    return sorted(out)


def _hashable():
    return _Traced()


class _Traced:
    def __contains__(self, f):
        return callable(f) and not isinstance(f, type) and f in FUNCTIONS


def _paragraph(names):
    return " ".join(f"`{n}`" for n in names)


def _table(rows):
    lines = ["| name | reason | use instead |", "|---|---|---|"]
    return "\n".join(
        lines
        + [f"| `{n}` | {reason} | {instead} |" for n, (reason, instead) in sorted(rows.items())]
    )


def page():
    named, ufuncs = functions()
    total = len(named) + len(ufuncs) + len(submodules())
    parts = [
        HEAD,
        f"{total} names in all.\n\n## Functions\n\n{_paragraph(named)}",
        f"## Ufuncs\n\nWith `reduce`, `accumulate`, `reduceat`, `outer` and `at` where NumPy has them.\n\n{_paragraph(ufuncs)}",
        f"## Submodules\n\n{_paragraph(submodules())}",
        f"## Array methods and attributes\n\n{_paragraph(methods())}",
        f"## Unchanged\n\nTake no arrays, or plain ones: inside a trace as outside.\n\n{_paragraph(sorted(PLAIN))}",
        f"## Left out\n\n{_table(LEFT_OUT)}\n\nArray methods and attributes:\n\n{_table(METHODS_LEFT_OUT)}",
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    print(page(), end="")

"""Writes docs/scipy.md from the tables: ``python -m tools.scipy_page``."""

import importlib
import inspect
import textwrap
from pathlib import Path

from neurokit import scipy as twins
from neurokit.core.primitives.special import COMPOSITES, NARROW, NEAREST, ROWS

PAGE = Path(__file__).parent.parent / "docs" / "scipy.md"

HEAD = """\
# SciPy inside neurokit

The page is made from the tables of the engine (`python -m tools.scipy_page`); a test compares the two.

## Ufuncs of `scipy.special`

They dispatch as NumPy's do: `scipy.special.gammaln(t)` works on a traced array, with derivatives of any
order in both modes. Special values are SciPy's; digits are those of double precision where SciPy's own are
lost (`gammaln` beside 1 and 2, `psi` beside a pole, Bessel functions of large arguments). Shapes that a function
has no derivative in (the order of a Bessel function or of `expn`, `a` of `gammainc`, `df` of `stdtr`) raise by name when
one is asked for. `erf`, `erfc` and `erfcx` take complex numbers, to 1e-13. Bessel functions take whole
orders, `iv` and `ive` any; float32 is computed in double, but for
{narrow}.

{ufuncs}

These have no traced form:

| name | use instead |
|---|---|
{left_out}

## Twins under `nk.scipy`

SciPy functions that do not dispatch raise on a traced array and name their twin: same name, same
arguments, on plain arrays SciPy's own function. What the modules below do not list is SciPy's own there too.

{twins}

Notes:

- `signal.lfilter`, `sosfilt`, `filtfilt`, `sosfiltfilt` run as one operation in C, and are differentiable in
  their coefficients too. `welch` and `periodogram` take real signals.
- `integrate.solve_ivp` takes SciPy's own steps ("RK45", "RK23", "DOP853") and needs `t_eval` on traced arrays;
  `odeint` takes those of "DOP853", where SciPy's switches to an implicit method if a system is stiff. Derivatives
  are those of the steps made, whose sizes count as constants.
- `linalg`: banded, Toeplitz and tridiagonal problems are solved as dense ones. `sqrtm` and `logm` take matrices that
  can be inverted; with an eigenvalue on the negative real axis the result is complex, in `jit` and loops NaN.
- `signal.stft`, `csd`, `coherence` take real signals; `savgol_filter` odd windows; `resample` no window.
- `spatial.distance`: the metrics of numbers, not those of booleans. The derivative of a distance of 0 is 0 where it has
  a kink there (`euclidean`, `minkowski`, `mahalanobis`, `jensenshannon`), as for `np.linalg.norm`. A callable metric
  is mapped over the pairs. Where a metric is no product (all but `correlation`, `cosine`), derivatives hold an
  array of pairs times coordinates.
- `stats`: `logpdf` (`logpmf`), `pdf` (`pmf`) of all listed, `cdf`, `sf` and their logarithms of most, `ppf` and
  `isf` of those in closed form. `multivariate_normal` with `allow_singular=True` has derivatives at fixed rank.
- Options without a traced form raise by name.
"""


def names(module):
    """The public names a module of `nk.scipy` has of its own."""
    listed = getattr(module, "__all__", None)
    if listed is None:
        listed = [
            n
            for n, f in vars(module).items()
            if inspect.isfunction(f) and f.__module__.startswith("neurokit.scipy.") and n[0] != "_"
        ]
    home = importlib.import_module(module.__name__.replace("neurokit.", ""))
    return sorted(n for n in listed if hasattr(home, n))


def modules():
    """Modules of `nk.scipy` by name; a folder stands for what is in it."""
    found = {m: getattr(twins, m) for m in twins.__all__ if m != "spatial"}
    return dict(sorted({**found, "spatial.distance": twins.spatial.distance}.items()))


def ufuncs():
    return sorted({("zeta" if n == "_zeta" else n) for n in (*ROWS, *COMPOSITES)} | {"digamma"})


def quoted(items):
    return " ".join(f"`{n}`" for n in items)


def page():
    rows = [f"| `{n.removeprefix('_')}` | {text} |" for n, text in sorted(NEAREST.items())]
    sections = [f"### `nk.scipy.{m}`\n\n{quoted(names(home))}" for m, home in modules().items()]
    narrow = ", ".join(f"`{n}`" for n in sorted(NARROW))
    return HEAD.format(
        narrow="\n".join(textwrap.wrap(narrow, 110)),
        ufuncs=quoted(ufuncs()),
        left_out="\n".join(rows),
        twins="\n\n".join(sections),
    )


if __name__ == "__main__":
    PAGE.write_text(page())

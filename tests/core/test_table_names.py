"""The tables cover all of NumPy's main namespace, the page lists them, and every argument name is known."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.numpy_table import FUNCTIONS
from neurokit.core.numpy_table.left_out import LEFT_OUT, METHODS_LEFT_OUT, PLAIN
from neurokit.core.primitives import elementwise as ew
from neurokit.core.trace.tracer import Tracer
from neurokit.core.trace.ufuncs import COMPOSITES
from tools import numpy_page

PAGE = Path(__file__).parents[2] / "docs" / "numpy.md"
TRACED = {*FUNCTIONS, *ew.BY_UFUNC, *COMPOSITES}
CALLABLES = {
    n: getattr(np, n)
    for n in dir(np)
    if not n.startswith("_") and callable(getattr(np, n)) and not isinstance(getattr(np, n), type)
}


def test_every_callable_is_supported_plain_or_left_out_with_a_reason():
    for name, f in CALLABLES.items():
        places = [f in TRACED, name in PLAIN, name in LEFT_OUT]
        assert sum(places) == 1, (name, places)


def test_every_method_is_supported_or_left_out_with_a_reason():
    for name in dir(np.ndarray):
        if not name.startswith("_"):
            assert hasattr(Tracer, name) != (name in METHODS_LEFT_OUT), name


def test_three_hundred_names():
    named, ufuncs = numpy_page.functions()
    assert len(named) + len(ufuncs) + len(numpy_page.submodules()) >= 320
    assert len({getattr(np, n) for n in named + ufuncs}) >= 300  # without second names


def test_the_page_lists_them():
    text = PAGE.read_text()
    listed = set(re.findall(r"`([\w.]+)`", text[text.index("## Functions") :]))
    named, ufuncs = numpy_page.functions()
    wanted = {
        *named,
        *ufuncs,
        *numpy_page.submodules(),
        *numpy_page.methods(),
        *LEFT_OUT,
        *METHODS_LEFT_OUT,
    }
    assert wanted <= listed, sorted(wanted - listed)


def test_left_out_names_raise_with_reason_and_alternative():
    for name in LEFT_OUT:
        f = CALLABLES.get(name)
        if f is None or name in ("isnat", "kaiser"):
            continue

        def call(t, f=f, name=name):
            if name.startswith("save"):
                return f("file", t)
            if name == "bmat":
                return f([[t, t]])
            try:
                return f(t)
            except TypeError:
                return f(t, t)

        with pytest.raises((TypeError, ValueError, AttributeError)) as error:
            nk.jit(call)(np.ones(2))
        assert str(error.value)
    for name, (reason, _) in METHODS_LEFT_OUT.items():
        with pytest.raises(AttributeError, match=re.escape(reason)):
            nk.jit(lambda t, name=name: getattr(t, name))(np.ones(2))


IGNORED = {"like"}  # dispatched by NumPy before the function is called
# NumPy's own: array creators that parse their arguments in C, and einsum's private ones
SKIPPED = {np.einsum, np.einsum_path}


@pytest.mark.parametrize("f", sorted(FUNCTIONS, key=lambda f: f.__name__), ids=lambda f: f.__name__)
def test_every_argument_name_is_known(f):
    if f in SKIPPED:
        return
    try:
        numpys = inspect.signature(f).parameters
    except ValueError:
        return
    mine = inspect.signature(FUNCTIONS[f]).parameters
    if any(p.kind is p.VAR_KEYWORD for p in mine.values()):
        return
    keywords = {n for n, p in numpys.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    known = {n for n, p in mine.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    assert keywords - IGNORED <= known, sorted(keywords - IGNORED - known)
    numpys_order = [
        n for n, p in numpys.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    my_order = [
        n for n, p in mine.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    assert len(my_order) >= len(numpys_order) or any(
        p.kind is p.VAR_POSITIONAL for p in mine.values()
    )
    named = [n for n in numpys_order if numpys[n].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert [n for n in my_order if n in named][: len(named)] == named

"""Programs of installed libraries: what a function writes to their objects is kept, derivatives do not search their code."""

import importlib
import sys

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.models import captured

FITTER = """
import numpy as np
from modelling.helpers import HELPERS

class Fitter:
    def __init__(self):
        self.best, self.frame = None, HELPERS[0]

    def loss(self, x):
        self.best = np.sum((x - 1.0) ** 2)
        return self.best + 0.0 * self.scale(x)

    def scale(self, x):
        return HELPERS[1].size(x)
"""

HELPERS = """
class Frame:
    def size(self, x):
        return x.sum()

    def other(self):
        return TABLE

class Table(Frame):
    pass

TABLE = Table()
TABLE.rows = [1, 2, 3]
HELPERS = [Frame(), Frame()]
"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A package `modelling` as pip installs it."""
    folder = tmp_path / "site-packages" / "modelling"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(FITTER)
    (folder / "helpers.py").write_text(HELPERS)
    monkeypatch.syspath_prepend(str(folder.parent))
    yield importlib.import_module("modelling")
    for name in ("modelling", "modelling.helpers"):
        sys.modules.pop(name, None)


def test_what_is_written_to_an_object_is_kept(library):
    fitter = library.Fitter()
    x = np.array([0.5, 3.0])
    np.testing.assert_array_equal(nk.grad(fitter.loss)(x), [-1.0, 4.0])
    assert type(fitter.best) is np.float64
    assert fitter.best == 4.25

    class Own(library.Fitter):
        def loss(self, x):
            self.seen = x * 2.0
            return super().loss(x)

    own = Own()
    np.testing.assert_array_equal(nk.grad(lambda x: own.loss(x))(x), [-1.0, 4.0])
    assert own.best == 4.25
    np.testing.assert_array_equal(own.seen, [1.0, 6.0])


def test_the_code_of_a_library_is_not_searched_by_derivatives(library, monkeypatch):
    fitter = library.Fitter()
    table = vars(sys.modules["modelling.helpers"].TABLE)  # methods of `frame` alone name it
    for stops, searched in ((captured._foreign, True), (captured._installed, False)):
        _, containers = captured._reach([fitter.loss], stops)
        assert any(c is vars(fitter) for c in containers)
        assert any(c is vars(fitter.frame) for c in containers)
        assert any(c is table for c in containers) == searched
    seen = []
    monkeypatch.setattr(captured, "_reach", lambda f, stops: (seen.append(stops), ([], []))[1])
    nk.grad(fitter.loss)(np.ones(2))
    assert seen == [captured._installed]

"""What a jitted function reaches outside of its arguments: a change of any of it is seen."""

import array
import collections
import itertools
import random
import secrets
import sys
import types
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.random import default_rng as fresh_generator

import neurokit as nk
from neurokit.core.errors import TraceError


class Box:
    """Attributes in a dict."""


class Slotted:
    __slots__ = ("x",)


@dataclass
class Settings:
    gains: dict = field(default_factory=lambda: {"a": [1.0, 2.0]})


def deep(n, value):
    for _ in range(n):
        box = Box()
        box.inner = value
        value = box
    return value


def make(kind):
    """(what f reads, how it reads it, how it is changed, the value before, and after)"""
    if kind == "deque":
        d = collections.deque([1.0])
        return lambda: d[0], lambda: d.__setitem__(0, 3.0), 1, 3
    if kind == "deque grows":
        d = collections.deque([1.0])
        return lambda: sum(d), lambda: d.append(3.0), 1, 4
    if kind == "bytearray":
        d = bytearray(b"\x01")
        return lambda: float(d[0]), lambda: d.__setitem__(0, 3), 1, 3
    if kind == "array.array":
        d = array.array("d", [1.0])
        return lambda: d[0], lambda: d.__setitem__(0, 3.0), 1, 3
    if kind == "long list":
        d = [1.0] * 5000
        return lambda: d[4999], lambda: d.__setitem__(4999, 3.0), 1, 3
    if kind == "array in a long list":
        d = [1.0] * 5000 + [np.ones(1)]
        return lambda: d[5000].item(), lambda: d[5000].__setitem__(0, 3.0), 1, 3
    if kind == "long dict":
        d = dict.fromkeys(range(5000), 1.0)
        return lambda: d[17], lambda: d.__setitem__(17, 3.0), 1, 3
    if kind == "object array":
        d = np.array([1.0, None], dtype=object)
        return lambda: d[0], lambda: d.__setitem__(0, 3.0), 1, 3
    if kind == "namespace":
        d = types.SimpleNamespace(x=1.0)
        return lambda: d.x, lambda: setattr(d, "x", 3.0), 1, 3
    if kind == "dataclass":
        d = Settings()
        return lambda: d.gains["a"][0], lambda: d.gains["a"].__setitem__(0, 3.0), 1, 3
    if kind == "default dict":
        d = collections.defaultdict(lambda: 1.0)
        return lambda: d["x"] if "x" in d else 1.0, lambda: d.__setitem__("x", 3.0), 1, 3
    if kind == "attribute of a list":

        class Extended(list):
            gain = 1.0

        d = Extended()
        d.gain = 1.0
        return lambda: d.gain, lambda: setattr(d, "gain", 3.0), 1, 3
    if kind == "slots":
        d = Slotted()
        d.x = 1.0
        return lambda: d.x, lambda: setattr(d, "x", 3.0), 1, 3
    if kind == "deep":
        inner = Box()
        inner.x = 1.0
        d = deep(12, inner)

        def read():
            at = d
            for _ in range(12):
                at = at.inner
            return at.x

        return read, lambda: setattr(inner, "x", 3.0), 1, 3
    if kind == "deeper than is looked":
        inner = Box()
        inner.x = 1.0
        d = deep(40, inner)

        def read():
            at = d
            for _ in range(40):
                at = at.inner
            return at.x

        return read, lambda: setattr(inner, "x", 3.0), 1, 3
    if kind == "iterator":
        d = itertools.count(1.0, 2.0)
        return lambda: next(d), lambda: None, 1, 3
    if kind == "generator":
        d = (float(x) for x in (1, 3))
        return lambda: next(d), lambda: None, 1, 3
    if kind == "sparse matrix":
        from scipy import sparse

        d = sparse.csr_matrix(np.eye(2))
        return lambda: d.data[0].item(), lambda: d.data.__setitem__(0, 3.0), 1, 3
    if kind == "method":

        class M:
            def f(self):
                return 1.0

        d = M()
        return lambda: d.f(), lambda: setattr(M, "f", lambda self: 3.0), 1, 3
    if kind == "inherited method":

        class Base:
            def f(self):
                return 1.0

        class Child(Base):
            pass

        d = Child()
        return lambda: d.f(), lambda: setattr(Base, "f", lambda self: 3.0), 1, 3
    if kind == "static method":

        class S:
            @staticmethod
            def f():
                return 1.0

        return lambda: S.f(), lambda: setattr(S, "f", staticmethod(lambda: 3.0)), 1, 3
    if kind == "property":

        class P:
            @property
            def x(self):
                return 1.0

        d = P()
        return lambda: d.x, lambda: setattr(P, "x", property(lambda self: 3.0)), 1, 3
    if kind == "global of a method":

        class G:
            def f(self):
                return SCALE

        d = G()
        return lambda: d.f(), lambda: globals().__setitem__("SCALE", 3.0), 1, 3
    if kind == "module":
        module = types.ModuleType("users_settings")
        module.table = {"x": 1.0}
        globals()["users_settings"] = module
        return (
            lambda: users_settings.table["x"],  # noqa: F821
            lambda: module.table.__setitem__("x", 3.0),
            1,
            3,
        )
    if kind == "under a transform":
        d = collections.deque([1.0])
        g = nk.grad(lambda x: x * d[0])
        return lambda: g(1.0), lambda: d.__setitem__(0, 3.0), 1, 3
    if kind == "order of a dict":
        d = {"a": 1.0, "b": 3.0}
        return lambda: next(iter(d.values())), lambda: d.update(a=d.pop("a")), 1, 3
    if kind == "order of an ordered dict":
        d = collections.OrderedDict(a=1.0, b=3.0)
        return lambda: next(iter(d.values())), lambda: d.move_to_end("a"), 1, 3
    if kind == "attribute of a function":

        def g():
            return g.gain

        g.gain = 1.0
        return lambda: g(), lambda: setattr(g, "gain", 3.0), 1, 3
    raise ValueError(kind)


SCALE = 1.0
KINDS = """deque|deque grows|bytearray|array.array|long list|array in a long list|long dict|object array|namespace|
dataclass|default dict|attribute of a list|slots|deep|deeper than is looked|iterator|generator|sparse matrix|method|
inherited method|static method|property|global of a method|module|under a transform|order of a dict|
order of an ordered dict|attribute of a function""".replace("\n", "").split("|")


@pytest.mark.parametrize("kind", KINDS)
def test_changes_are_seen(kind):
    globals()["SCALE"] = 1.0
    read, change, before, after = make(kind)
    f = nk.jit(lambda x: x * read())
    assert f(1.0) == before
    change()
    assert f(1.0) == after


def test_nothing_is_traced_again_without_a_change():
    count = []

    class Model:
        def __init__(self):
            self.w, self.parts = np.ones(3), collections.deque([Slotted()])

        def run(self, x):
            return x * self.w.sum() + len(self.parts)

    model, many, log = Model(), [0.5] * 3000, {"lock": __import__("threading").Lock()}

    @nk.jit
    def f(x):
        count.append(1)
        return model.run(x) * many[3] + len(log)

    for _ in range(3):
        assert f(2.0) == 4.5
    assert (
        len(count) == 1
        or count.clear() is None
        and [f(2.0), f(2.0)] == [4.5, 4.5]
        and not count[1:]
    )


def test_pandas_contents_are_seen():
    pandas = pytest.importorskip("pandas")
    series, frame = pandas.Series([1.0, 2.0]), pandas.DataFrame({"a": [1.0], "b": ["x"]})
    f = nk.jit(lambda x: x * float(series.iloc[0]) * float(frame["a"].iloc[0]))
    assert f(1.0) == 1
    series.iloc[0] = 3.0
    assert f(1.0) == 3
    frame.loc[0, "a"] = 2.0
    assert f(1.0) == 6


def given_or_fresh(rng=None):
    rng = np.random.default_rng() if rng is None else rng
    return rng.normal()


DRAWS = {
    "np.random.default_rng()": lambda: np.random.default_rng().normal(),
    "an alias": lambda: fresh_generator().normal(),
    "in a helper": lambda: given_or_fresh(),
    "RandomState()": lambda: np.random.RandomState().normal(),
    "PCG64()": lambda: np.random.Generator(np.random.PCG64()).normal(),
    "random.random": lambda: random.random(),
    "Random()": lambda: random.Random().random(),
    "SystemRandom": lambda: random.SystemRandom().random(),
    "secrets": lambda: secrets.randbelow(10),
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_that_would_be_frozen(name):
    draw = DRAWS[name]
    for _ in range(2):
        with pytest.raises(TraceError, match="nk.Rng"):
            nk.jit(lambda x: x + draw())(0.0)
        with pytest.raises(TraceError, match="nk.Rng"):
            nk.scan(lambda c, x: (c + draw(), c), 0.0, np.ones(3))
    assert sys.getprofile() is None or "Trap" not in repr(sys.getprofile())
    nk.grad(lambda x: x * draw())(1.0)  # lazy: a draw is plain data


def test_captured_random_and_seeded_generators():
    own, old = random.Random(0), np.random.RandomState(0)
    for draw in (own.random, own.gauss, old.normal, np.random.normal):
        for _ in range(3):  # normal draws come in pairs
            with pytest.raises(TraceError, match="nk.Rng"):
                nk.jit(lambda x: x + draw())(0.0)
    for draw in (
        lambda: np.random.default_rng(3).normal(),
        lambda: random.Random(3).random(),
        lambda: given_or_fresh(np.random.default_rng(1)),
    ):
        assert nk.jit(lambda x: x + draw())(0.0) == draw()


def test_watching_ends_with_the_trace():
    def fails(x):
        if x is None:
            np.random.default_rng()
        raise KeyError("own")

    before = sys.getprofile()
    with pytest.raises(KeyError):
        nk.jit(fails)(0.0)
    with pytest.raises(KeyError):
        nk.scan(lambda c, x: fails(c), 0.0, length=2)
    assert sys.getprofile() is before


def test_installed_libraries_are_not_walked():
    from neurokit.core.trace.guards import Guards

    def f(x):
        return pytest.approx(x)

    assert len(Guards(f).rows) < 10

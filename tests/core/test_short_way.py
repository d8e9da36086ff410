"""Tracing in C does what Python says is right: the nodes of `apply_ufunc`, the walk over a graph."""

import itertools
import sys
import threading

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import LeakedTracerError
from neurokit.core.graph import Graph, Node, bind, current, reachable, user_line
from neurokit.core.primitives import elementwise as ew
from neurokit.core.trace import methods  # noqa: F401 - gives Tracer its operators
from neurokit.core.trace.arguments import input_tracer
from neurokit.core.trace.tracer import Tracer
from neurokit.core.trace.ufuncs import _function, apply_ufunc

ARRAYS = {
    "float64": np.linspace(0.1, 0.9, 3),
    "float32": np.linspace(0.1, 0.9, 3, dtype=np.float32),
    "column": np.full((2, 1), 0.5),
    "scalar": np.float64(0.25),
    "number": 0.25,
    "int64": np.arange(1, 4),
    "bool": np.array([True, False, True]),
    "complex": np.array([1j, 2, 3]),
}
PLAIN = [0.5, 0.0, -0.0, 1.0, 2, 0, 1, -1, 2**70, True, float("nan"), np.float64(1.0)]
PLAIN += [np.float32(2.0), np.arange(3.0), np.arange(3), 1j]


def outcome(call, *args):
    """The node of a result, or the class of the exception."""
    with np.errstate(all="ignore"):
        try:
            result = call(*args)
        except Exception as error:  # noqa: BLE001 - to be compared
            return type(error)
    assert type(result) is Tracer
    return result.node


@pytest.mark.parametrize("ufunc", ew.BY_UFUNC, ids=lambda u: u.__name__)
def test_same_nodes_as_the_long_way(ufunc):
    with Graph(None, False, "a test") as graph:
        traced = [input_tracer(graph, a) for a in ARRAYS.values()]
        traced += [
            traced[0] * 2,
            -traced[0],
            traced[0] ** 2,
            traced[0][1:],
            np.broadcast_to(traced[3], (3,)),
        ]
        if ufunc.nin == 1:
            calls = [(t,) for t in traced]
        else:
            calls = list(itertools.product(traced, traced + PLAIN))
            calls += itertools.product(PLAIN, traced)
        for args in calls:
            wanted = outcome(_function, ufunc, args)
            for _ in range(2):  # where there is no plan yet, the first call makes it
                assert outcome(ufunc, *args) is wanted, args


OPERATORS = [
    ("add", np.add),
    ("sub", np.subtract),
    ("mul", np.multiply),
    ("truediv", np.true_divide),
    ("floordiv", np.floor_divide),
    ("mod", np.remainder),
    ("pow", np.power),
    ("lt", np.less),
    ("le", np.less_equal),
    ("gt", np.greater),
    ("ge", np.greater_equal),
    ("eq", np.equal),
    ("ne", np.not_equal),
]


@pytest.mark.parametrize("name, ufunc", OPERATORS, ids=[n for n, _ in OPERATORS])
def test_operators_are_their_ufuncs(name, ufunc):
    with Graph(None, False, "a test") as graph:
        x, y, n = (input_tracer(graph, a) for a in (np.ones(3), np.full(3, 2.0), 3.0))
        for a, b in [(x, y), (x, 2.0), (n, 2), (n, n)]:
            result = getattr(a, f"__{name}__")(b)
            assert result.node is apply_ufunc(ufunc, (a, b)).node
            if name not in ("lt", "le", "gt", "ge", "eq", "ne"):
                reflected = getattr(a, f"__r{name}__")(b)
                assert reflected.node is apply_ufunc(ufunc, (b, a)).node
        with pytest.raises(TypeError):
            pow(x, 2, 3)


def test_signs_of_zero_and_numbers_that_are_equal_but_of_other_types():
    def f(x):
        return np.stack([np.copysign(x, 0.0), np.copysign(x, -0.0), x * 1, x * 1.0, x * True])

    x = np.array([1.0, 2.0])
    for _ in range(2):
        assert np.array_equal(nk.jit(f)(x), f(x))


def test_a_node_carries_the_line_that_made_it():
    def f(x):
        return x + 0.5  # the line

    with Graph(None, False, "a test") as graph:
        x = input_tracer(graph, np.ones(3))
        for k in range(2):
            where = f(x + 1.0 * k).node.where
            assert where[0] is f.__code__
        code, last = user_line()
        assert code is sys._getframe().f_code and last <= sys._getframe().f_lasti


def test_long_chains_are_freed_without_recursion():
    graph = Graph(None, False, "a test")
    with graph:
        node = input_tracer(graph, np.ones(3)).node
        for _ in range(200_000):
            node = bind(ew.ROWS["sin"], (node,))
    graph.dispose()
    del graph, node


def test_each_thread_has_its_own_graphs():
    seen = []
    with Graph(None, False, "a test") as graph:
        worker = threading.Thread(target=lambda: seen.append(current()))
        worker.start()
        worker.join()
        assert current() is graph
    assert seen == [None] and current() is None


def test_wrong_types_are_refused():
    with Graph(None, False, "a test") as graph:
        x = input_tracer(graph, np.ones(3))
        with pytest.raises(TypeError, match="wanted nodes"):
            bind(ew.ADD, (x.node, 1.0))
        with pytest.raises(TypeError, match="tuple of nodes"):
            bind(ew.ADD, [x.node, x.node])
        with pytest.raises(TypeError, match="wanted a node"):
            Tracer(1.0)
        with pytest.raises(TypeError):
            Node(ew.ADD)
    with pytest.raises(LeakedTracerError):
        bind(ew.ADD, (x.node, x.node))


def test_the_walk_in_c_is_that_in_python():
    rng = np.random.default_rng(0)
    with Graph(None, False, "a test") as graph:
        nodes = [input_tracer(graph, np.ones(3)).node for _ in range(2)]
        for _ in range(60):
            i, j = rng.integers(len(nodes), size=2)
            nodes.append(bind(ew.ROWS["arctan2"], (nodes[i], nodes[j])))
        for _ in range(20):
            outputs = [nodes[k] for k in rng.integers(len(nodes), size=3)]
            stop = [nodes[k] for k in rng.integers(len(nodes), size=int(rng.integers(5)))]
            wanted = reachable(outputs, stop=stop, args=lambda n: n.args)
            assert reachable(outputs, stop=stop) == wanted
            assert reachable(outputs, stop=dict.fromkeys(stop)) == wanted
    with pytest.raises(TypeError, match="wanted nodes"):
        reachable([1.0])


def test_sizes_of_a_node():
    with Graph(None, False, "a test") as graph:
        for shape, dtype in [
            ((), "f8"),
            ((2, 3), "f4"),
            ((0, 5), "i8"),
            ((4,), "c16"),
            ((7,), "?"),
        ]:
            array = np.zeros(shape, dtype)
            node = input_tracer(graph, array).node
            assert (node.ndim, node.size, node.nbytes) == (array.ndim, array.size, array.nbytes)
            assert node.is_float == (array.dtype.kind in "fc")

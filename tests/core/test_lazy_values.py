"""Values that Python asks for while a lazy function is traced: kept, and gone on from."""

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import CapturedArrayError
from neurokit.core.graph import Graph
from neurokit.core.run import decisions, runtime
from neurokit.core.trace.arguments import input_tracer


def leaky(v, target, n):
    """A loop whose branch hangs on data: value and how often it was taken."""
    total, taken = 0.0, 0
    for _ in range(n):
        v = v + 0.1 * (target - v)
        if v > 0.5:
            v, taken = v - 0.4, taken + 1
        total = total + v**2
    return total, taken


@pytest.mark.parametrize("target", [0.2, 0.7, 2.0, 30.0])
def test_branches_on_data_are_those_of_numpy(target):
    (value, taken), slope = nk.value_and_grad(leaky, has_aux=True)(0.1, target, 25)
    wanted, times = leaky(0.1, target, 25)
    assert value == pytest.approx(wanted, rel=1e-12) and taken == times
    h = 1e-6
    middle = (leaky(0.1 + h, target, 25)[0] - leaky(0.1 - h, target, 25)[0]) / (2 * h)
    assert slope == pytest.approx(middle, rel=1e-5, abs=1e-8)


@pytest.fixture
def programs(monkeypatch):
    """The programs that run."""
    ran = []
    execute = runtime.execute

    def counted(program, arrays, into=None):
        ran.append(program)
        return execute(program, arrays, into)

    monkeypatch.setattr(runtime, "execute", counted)
    return ran


def test_each_turn_of_a_loop_runs_the_same_small_program(programs):
    with Graph(None, False, "a test") as graph:
        leaky(input_tracer(graph, 0.1), input_tracer(graph, 2.0), 60)
    # one program after a turn with the branch, one after a turn without, and the first
    assert len(programs) == 60 and len(set(map(id, programs))) <= 4


_W = np.array([[0.2, -0.5], [0.7, 0.1]])


def _step_and_view(y):
    return (np.tanh(_W @ y) + 0.1).T.reshape(2, 2)


# a turn of a loop, and what its decision looks at: each operation that is recorded past the value
# that the code holds, or that is far from it
_TURNS = {
    "far": (lambda y: np.tanh(_W @ y), lambda y: np.max(np.abs(y @ _W)) > 3),
    "complex": (lambda y: np.exp(1j * y) * y, lambda y: np.abs(y).sum() > 1e3),
    "complex parts": (lambda y: (y * y.conj()).real * (0.5 + 0.1j), lambda y: y.real.sum() > 1e3),
    "a view": (_step_and_view, lambda y: y.T.sum() > 9),
    "a sign": (lambda y: -np.tanh(_W @ y), lambda y: (-y).sum() > 9),
    "a product": (lambda y: y * np.cos(_W @ y), lambda y: (y + 1.0).sum() > 99),
    "a square": (lambda y: np.sqrt(np.abs(y)), lambda y: (np.sqrt(np.abs(y)) ** 2).sum() > 99),
    "written in place": (lambda y: _written(np.tanh(_W @ y)), lambda y: y[0, 1] > 9),
    "an update": (lambda y: _written(y.copy()), lambda y: y[0].sum() > 9),
    "Fourier": (lambda y: np.fft.ifft(np.fft.fft(y) * 0.9).real, lambda y: y.max() > 9),
    "integers": (lambda y: np.round(3 * y).astype(int) % 5, lambda y: y.sum() > 999),
}


def _written(t):
    t[0, 1] = np.sin(t[1, 0])
    t[1] += 0.1
    return t


@pytest.mark.parametrize("name", _TURNS)
def test_loops_go_on_from_what_the_code_holds(programs, name):
    turn, decide = _TURNS[name]
    with Graph(None, False, "a test") as graph:
        y = input_tracer(graph, np.array([[0.3, -0.2], [0.4, 0.9]]))
        for _ in range(12):
            y = turn(y)
            if decide(y):
                raise AssertionError("the loop is for values that stay small")
    assert len(programs) == 12 and len(set(map(id, programs))) <= 4


def _scanned(w):
    last, _ = nk.scan(lambda c, x: (np.tanh(c * w + x), None), w, np.linspace(0, 1, 5))
    return np.sum((last - 0.3) ** 2)


@nk.checkpoint
def _repeated(w):
    return np.sum(np.tanh(w * w[::-1]) * w)


def _settled(w):
    return np.sum(nk.fixed_point(lambda x, w: 0.5 * w * np.cos(x), np.zeros(2), w) ** 2)


@pytest.mark.parametrize("inner", [_scanned, _repeated, _settled])
def test_loops_that_descend_and_decide(programs, inner):
    def descend(rate, n=8):
        w = rate + np.array([0.5, 0.2])
        for _ in range(n):
            slope = nk.grad(inner)(w)
            w = w - rate * slope
            if np.sum(slope * slope) > 100:
                return w
        return inner(w)

    with Graph(None, False, "a test") as graph:
        descend(input_tracer(graph, 0.2))
    assert len(programs) == 8 and len(set(map(id, programs))) <= 4
    nk.check_grads(descend, (0.2,), order=1)


def test_values_are_kept_up_to_a_number_of_bytes(programs, monkeypatch):
    monkeypatch.setattr(decisions, "LIMIT", 3000)
    x = np.linspace(0, 1, 100)
    with Graph(None, False, "a test") as graph:
        y = first = np.cos(input_tracer(graph, x))
        wanted = np.cos(x)
        held = []  # all of them at once do not fit
        for _ in range(40):
            y, wanted = np.sin(y) + first, np.sin(wanted) + np.cos(x)
            held.append(y)
            assert bool(y.sum() > 60) == (wanted.sum() > 60)
            computed = [graph.values[n] for n in graph.decisions.nodes]
            assert graph.decisions.n_bytes == sum(a.nbytes for a in computed) <= 3000
        large = np.outer(y, y)  # never kept
        assert large.sum() > 0 and large.node not in graph.values
    assert len(set(map(id, programs))) <= 8


def test_a_history_of_values_is_not_gone_through_at_each_turn(monkeypatch):
    sizes = []
    held_near = decisions._core.held_near

    def counted(nodes, *args):
        sizes.append(len(nodes))
        return held_near(nodes, *args)

    monkeypatch.setattr(decisions._core, "held_near", counted)
    with Graph(None, False, "a test") as graph:
        y, history = input_tracer(graph, 0.5), []
        for _ in range(50):
            y = np.cos(y) * 0.9
            history.append(y)
            assert y < 9 and y.node in graph.decisions.nodes
    assert len(sizes) == 50 and max(sizes) <= 12


def test_tracers_of_a_node_are_counted_when_they_change_and_go(programs):
    with Graph(None, False, "a test") as graph:
        x = input_tracer(graph, np.array([0.3, 0.4]))
        y = np.sin(x)
        first, view = y.node, y[::-1]
        y[0] = 2.0  # `first` is no tracer's any more, also not when the view has looked
        assert view[1] == 2.0
        assert first not in graph.decisions.nodes and y.node in graph.decisions.nodes
        z = np.cos(x)
        other = z.node
        del z
        answer = bool(np.max(np.cos(x)) > 0)  # not in an assertion, which holds what it computes
        assert answer and other not in graph.decisions.nodes


def test_what_belongs_to_other_code_is_not_computed():
    with Graph(None, False, "other code"):
        theirs = np.exp(nk.full(3, 2.0))
    with Graph(None, False, "a test") as graph:
        x = input_tracer(graph, 0.5)
        ours = np.exp(nk.full(3, 2.0))
        assert x * x > 0.1
        assert ours.node in graph.decisions.nodes and theirs._node not in graph.decisions.nodes


def test_a_loop_that_edits_what_it_decides_by_ends():
    def f(x):
        wanted, turns = np.zeros(2), 0
        while np.sum(wanted * x) < 3:
            wanted[turns % 2] += 1
            turns += 1
            assert turns < 100
        return np.sum(x * wanted)

    with pytest.raises(CapturedArrayError, match="was edited while"):
        nk.grad(f)(np.ones(2))


def test_large_values_do_not_drive_out_what_the_loop_goes_on_from(programs, monkeypatch):
    monkeypatch.setattr(decisions, "LIMIT", 20_000)
    with Graph(None, False, "a test") as graph:
        y = input_tracer(graph, np.linspace(0, 1, 40))
        for _ in range(12):
            y = np.tanh(y) + 0.1
            a, b = np.exp(np.outer(y, y)), np.sin(np.outer(y, y))  # both at once do not fit
            assert y.sum() < 1e9 and (a * b).sum() < 1e9
    assert len(set(map(id, programs))) <= 8


def test_a_pullback_holds_no_values_of_decisions():
    graphs = []

    def f(x):
        graphs.append(x.node.graph)
        y = np.sin(x)
        assert y.sum() < 9 and graphs[0].decisions.nodes
        return y.sum()

    _, pullback = nk.vjp(f, np.ones(3))
    assert not graphs[0].decisions.nodes and not graphs[0].decisions.n_bytes
    assert all(node.prim.name == "input" for node in graphs[0].values)
    assert np.array_equal(pullback(1.0)[0], np.cos(np.ones(3)))


def test_kept_values_are_not_the_users_to_change():
    def f(x):
        y = np.exp(x)
        seen = np.asarray(nk.stop_gradient(y))
        if not seen.flags.writeable:
            raise AssertionError("an array of one's own can be written to")
        seen[:] = 0
        assert y[0] > 0 and np.allclose(np.asarray(nk.stop_gradient(y)), np.exp(X), rtol=1e-15)
        return np.sum(y)

    X = np.array([0.0, 1.0])
    assert np.allclose(nk.grad(f)(X), np.exp(X))


def test_edits_of_captured_arrays_are_seen_between_values():
    table = np.array([1.0, 2.0])

    def f(x):
        y = x * table
        assert y[0] > 0
        table[0] = 5.0
        return np.sum(y) if np.sum(y) > 0 else 0.0

    with pytest.raises(CapturedArrayError, match="edited while it"):
        nk.grad(f)(np.ones(2))


def test_values_inside_nested_derivatives():
    def f(x):
        y = x**3
        if y > 0:
            y = 2 * y
        return y

    g = nk.grad(nk.grad(f))
    assert g(2.0) == pytest.approx(24.0) and g(-2.0) == pytest.approx(-12.0)


def test_values_of_loops_and_of_several_outputs():
    def f(x):
        total, parts = nk.scan(lambda c, v: (c + v * v, c), 0.0 * x[0], x)
        if total > 3 and parts[1] > 0:  # both come out of one loop
            total = total * 3
        q, r = np.linalg.qr(x[:, None] * np.ones((1, 2)) + np.eye(3, 2))
        return total + abs(r[0, 0]) if r[0, 0] < 0 else total

    x = np.array([1.0, 2.0, 0.5])
    assert nk.check_grads(f, (x,)) is None


def test_an_error_names_the_line_that_made_the_value():
    def f(x, i):
        y = np.take(x, i)  # the line
        return x[0] if y > 0 else x[1]

    line = f.__code__.co_firstlineno + 1
    with pytest.raises(IndexError, match=f":{line}"):
        nk.grad(f)(np.ones(3), nk.stop_gradient(np.array(7)))


def test_same_bits_as_in_one_piece():
    rng = np.random.default_rng(0)
    x = rng.normal(size=7).astype(np.float32)
    with Graph(None, False, "a test") as graph:
        t = input_tracer(graph, x)
        pieces = []
        for k in range(6):
            t = np.tanh(t * 1.3 + np.sin(t) / (k + 1.5))
            pieces.append((t.node, np.asarray(t._value("a test"))))
        whole = runtime.evaluate(graph, [n for n, _ in pieces])
    for (_, value), again in zip(pieces, whole, strict=True):
        assert np.array_equal(value, again)


def test_integers_and_truth_values_are_not_one_index():
    def f(x):
        return x[1].sum() + 10 * x[True].sum() + 100 * x[0:1].sum()

    x = np.arange(6.0).reshape(3, 2)
    for _ in range(2):
        assert nk.jit(f)(x) == f(x)

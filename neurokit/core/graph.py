"""The graph that tracing builds: primitives, nodes, graphs, and `bind`, which adds one node.

A node is one value of a computation, immutable and hash-consed: binding the same primitive to the
same arguments in the same graph returns the node that is already there (common subexpressions
never exist twice). Derivatives, loops and lowering all speak in nodes; users hold `Tracer`s.
"""

import os
import re

import numpy as np

from .. import _core
from .errors import LeakedTracerError, TraceError, where_text

BOOL, INT32, INT64 = np.dtype(bool), np.dtype(np.int32), np.dtype(np.int64)
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
COMPUTED = frozenset([BOOL, INT32, INT64, FLOAT32, FLOAT64])


class Primitive:
    """One row of the table of operations.

    infer(args, params) -> (shape, dtype), or a list of them for several outputs
    twin(params, *arrays) -> array(s): the readable definition in NumPy, and the test oracle
    vjp(ct, out, args, params, needs) -> one cotangent node or None per argument
    jvp(tangents, out, args, params) -> tangent node(s) or None
    lower(node, emit): how the node becomes instructions; see `lower.py`
    absorb(node, other) -> node + other as one node that adds in place, or None
    kind: "elementwise", "view", "call" (a kernel), "source" (input or literal) or "multi"
    """

    __slots__ = (
        "name",
        "kind",
        "infer",
        "twin",
        "vjp",
        "jvp",
        "lower",
        "batch",
        "cheap",
        "absorb",
    )

    def __init__(
        self,
        name,
        kind,
        infer=None,
        twin=None,
        vjp=None,
        jvp=None,
        lower=None,
        batch=None,
        cheap=None,
        absorb=None,
    ):
        self.name, self.kind, self.infer, self.twin = name, kind, infer, twin
        self.vjp, self.jvp, self.lower, self.batch = vjp, jvp, lower, batch
        # cheap: recomputed in a backward loop rather than saved
        self.cheap = kind in ("elementwise", "view") if cheap is None else cheap
        self.absorb = absorb
        if absorb is not None:
            ABSORBING.add(self)
        PRIMITIVES[name] = self

    def __repr__(self):
        return self.name


PRIMITIVES = {}
ABSORBING = set()  # what a sum with it looks for: see `elementwise.add`
INPUT = Primitive("input", "source")
LITERAL = Primitive("literal", "source", twin=lambda params: np.array(params[0], params[1]))


class Node(_core.Node):
    """One value: the primitive that makes it, its arguments, shape and dtype, and the user's line.

    weak: `int`, `float` or `complex` for a value that came from a Python scalar alone, else None
    aux: (shape, dtype) of each output, where there are several
    swap: (loop, nodes): where else this loop's outputs are computed
    unbounded: set when asked for, see `masking`
    """

    __slots__ = ()  # the fields, size, ndim, nbytes and is_float are those of the C type

    def __repr__(self):
        return f"%{self.id} = {self.prim.name} {self.dtype}{list(self.shape)}"


class Graph:
    """A scope of tracing. The root has the user's arrays as inputs; loop bodies are children."""

    detached = False

    def __init__(self, parent=None, abstract=False, what="a traced function"):
        self.parent, self.abstract, self.what = parent, abstract, what
        self.values = {}  # input or captured node -> array (root only)
        self.known = {}  # (prim, args, params) -> node: hash consing
        self.inputs = []  # nodes, in the order of the arguments
        self.captured = {}  # id(array) -> (node, array): arrays by reference (root only)
        self.unedited = {}  # captured node -> checksum of its array, if that can be written to
        self.decisions = None  # values that Python asked for, see `run/decisions.py` (root only)
        self.carrying = {}  # node -> whether a derivative could flow through it, where asked (root only)
        self.lifted = {}  # node of the parent -> input node of this one
        self.generators = {}  # id(Rng) -> [rng, key node, draws so far]
        self.born = _core.tracers_made()  # those made before belong to the code around
        self.closed = False
        self.step = None  # the loop's index, where the body asked for it
        self.length = None  # number of steps, for the body of a loop
        self.trap = None  # what watches the code that is traced, see `guards.Trap`

    def add_input(self, shape, dtype, weak=None):
        node = Node(INPUT, (), (len(self.inputs),), tuple(shape), np.dtype(dtype), self, None, weak)
        self.inputs.append(node)
        return node

    def step_number(self):
        """A node that differs from step to step of all enclosing loops; None outside of loops."""
        outer = self.parent.step_number() if self.parent is not None else None
        if self.length is None:
            return lift(outer, self) if outer is not None else None
        if outer is None:
            return self.index()
        from .primitives.elementwise import ADD, MUL

        return bind(
            ADD, (bind(MUL, (lift(outer, self), literal(self.length, INT64))), self.index())
        )

    def index(self):
        """The index of the loop whose body this is."""
        if self.step is None:
            self.step = Node(INPUT, (), ("index",), (), INT64, self)
        return self.step

    @property
    def root(self):
        graph = self
        while graph.parent is not None:
            graph = graph.parent
        return graph

    def __enter__(self):
        _core.push_graph(self)
        return self

    def __exit__(self, kind, error, trace):
        _core.pop_graph()
        if self.trap is not None:
            self.trap.release()
        if self.parent is not None or self.abstract:
            # nothing is added any more; without the way back from graph to nodes, nodes die at once
            # when unused, not at the next search for cycles
            self.known = {}
            self.inputs = []
        if error is not None:
            located(error, trace)
        return False

    def forget(self):
        """Drop the values that were computed: they can be computed again."""
        if self.decisions is not None:
            self.decisions.forget()

    def dispose(self):
        """Forget everything: nodes still held elsewhere have no values any more."""
        self.closed, self.decisions = True, None
        for part in vars(self).values():
            if isinstance(part, (dict, list)):
                part.clear()


class Detached(Graph):
    """A root whose nodes are put into another graph later: a plain array in it is a constant."""

    detached = True

    def __init__(self, what):
        super().__init__(None, True, what)


current = _core.current_graph


# ---------------------------------------------------------------------------- the user's line

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_ROOMS = tuple(  # neurokit's own functions of arrays: their callers are the users
    os.path.join(os.path.dirname(os.path.dirname(_HERE)), room) + os.sep
    for room in ("ops", "scipy", "numpy")
)
_NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep
_SAYS_WHERE = re.compile(r"(\.py|>):\d+").search


def _inside(code):
    """Whether code belongs to the engine or to NumPy; asked once for each."""
    return code.co_filename.startswith((_HERE, *_ROOMS, _NUMPY, "<__array_function__"))


user_line = _core.user_line


def located(error, trace):
    """Let an error of the engine or of NumPy that tracing met say which line of the user's it met."""
    if isinstance(error, ValueError) and isinstance(error.__cause__, TraceError):
        # NumPy wraps what a traced value answers when it is written into a plain array
        raise error.__cause__.with_traceback(trace) from None
    from .trace.detach import library

    where, step = None, trace
    while step is not None:
        if not library(step.tb_frame.f_code.co_filename):
            where, last = (step.tb_frame.f_code, step.tb_lasti), step
        step = step.tb_next
    if where is None or last.tb_next is None:
        return  # raised by the user's own line
    if not isinstance(error, (TypeError, ValueError, IndexError, NotImplementedError)):
        return
    if len(error.args) == 1 and isinstance(error.args[0], str) and not _SAYS_WHERE(error.args[0]):
        error.args = (f"{error.args[0]} (at {where_text(where)})",)


class at_line:
    """While active, new nodes carry the line of `node`: derivatives blame the forward line."""

    def __init__(self, where):
        self.where = where

    def __enter__(self):
        self.saved = _core.set_line(self.where)

    def __exit__(self, *exc):
        _core.set_line(self.saved)


# ---------------------------------------------------------------------------- literals

_literals = {}
_FLOATS = frozenset([FLOAT32, FLOAT64])
SUPPORTED = frozenset("?bBhHiIlLqQfdFD")


def check_dtype(dtype):
    if dtype.char not in SUPPORTED:
        raise TypeError(
            f"traced operations take bool, integer, float32, float64, complex64 and complex128 arrays, got {dtype}"
        )


def literal(value, dtype, weak=None):
    """A scalar constant of the graph. Belongs to every graph."""
    if value.__class__ is float and value and value == value and dtype in _FLOATS:
        node = _literals.get((value, dtype, weak))  # nearly all of them
        if node is not None:
            return node
    dtype = np.dtype(dtype)
    check_dtype(dtype)
    if dtype.kind == "f" and value and value == value:
        value = float(value)
        key = value, dtype, weak
    elif dtype.kind == "f":
        value = float(value)
        key = (value, np.signbit(value), value != value, dtype, weak)
        if value != value:
            key = ("nan", dtype, weak)
    elif dtype.kind == "c":
        value = complex(value)
        key = (np.array(value).tobytes(), dtype, weak)
    else:
        value = bool(value) if dtype == BOOL else int(value)
        key = (value, dtype, weak)
    node = _literals.get(key)
    if node is None:
        if len(_literals) > 20000:
            _literals.clear()
        node = _literals[key] = Node(LITERAL, (), (value, dtype), (), dtype, None, None, weak)
    return node


def is_literal(node, value=None):
    return node.prim is LITERAL and (value is None or node.params[0] == value)


NUMBER = "number"  # marks an input that takes the place of a literal, see `runtime.compiled`


def is_number(node):
    """Whether a node is a finite constant other than 0, be it an argument of the program."""
    if node.prim is LITERAL:
        return 0 < abs(node.params[0]) < float("inf")
    return node.prim is INPUT and node.params[0] == NUMBER


# ---------------------------------------------------------------------------- bind


def lift(node, graph):
    """`node` as seen from `graph`: literals as they are, outer values as inputs of the body."""
    owner = node.graph
    if owner is graph or owner is None:
        return node
    if graph is None:
        raise LeakedTracerError(
            f"a traced value made at {where_text(node.where)} inside {owner.what} was used after it ended: return it "
            f"from the traced function instead of keeping it in a variable or attribute"
        )
    if graph.parent is None or not _encloses(owner, graph):
        raise LeakedTracerError(
            f"a traced value made at {where_text(node.where)} inside {owner.what} was used outside of it: "
            f"return it from the traced function instead of keeping it in a variable or attribute"
        )
    outer = lift(node, graph.parent)
    known = graph.lifted.get(outer)
    if known is not None:
        return known
    inner = Node(
        INPUT,
        (),
        ("lifted", len(graph.lifted)),
        outer.shape,
        outer.dtype,
        graph,
        node.where,
        node.weak,
    )
    graph.lifted[outer] = inner
    return inner


def _encloses(owner, graph):
    while graph is not None:
        if graph is owner:
            return True
        graph = graph.parent
    return False


_core.graph_types(Node, LITERAL, INPUT, lift, _inside)
bind = _core.bind


def _infer_proj(args, params):
    return args[0].aux[params[0]]


PROJ = Primitive("proj", "view", _infer_proj, twin=lambda params, outputs: outputs[params[0]])


def bind_multi(prim, args, params):
    """Like `bind` for a primitive with several outputs: returns a list of nodes."""
    graph = current()
    args = tuple([lift(a, graph) for a in args])
    key = (prim, args, params)
    node = graph.known.get(key)
    if node is None:
        node = Node(prim, args, params, (), BOOL, graph, user_line())
        node.aux = prim.infer(args, params)
        graph.known[key] = node
    return [bind(PROJ, (node,), (i,)) for i in range(len(node.aux))]


def args_of(node, swapped):
    """The arguments of a node; outputs of a replaced loop are read from its replacement."""
    if node.prim is PROJ and node.args[0] in swapped:
        return (node.args[0].swap[1][node.params[0]],)
    return node.args


def swaps(outputs):
    """The loops that another loop of the same computation repeats, with more outputs."""
    return walk(outputs)[1]


def walk(outputs, stop=()):
    """(nodes, swapped): what computing `outputs` takes, arguments before users, and its `swaps`.

    Inputs that only their derivatives need, as those of an equation may be, are among the nodes.
    Nodes in `stop`, a set or a dict, are left out.
    """
    plain = reachable(outputs, stop=stop)
    out = _swaps_among(plain)
    if not out:
        return plain, out
    nodes = reachable(outputs, out, stop)
    known = set(nodes)
    return nodes + [n for n in plain if n.prim is INPUT and n not in known], out


def _swaps_among(plain):
    present = None
    out = set()
    for n in plain:
        if n.swap is not None:
            if present is None:
                present = set(plain)
            if n.swap[0] is None or n.swap[0] in present:
                out.add(n)
    return out


def reachable(outputs, swapped=(), stop=(), args=None):
    """All nodes that `outputs` depend on, arguments before users; nodes in `stop`, a set or a dict,
    are left out.

    args: function giving the arguments of a node, where they are not the node's own.
    """
    if args is None and not swapped:
        return _core.reachable(outputs, stop)
    args = args or (lambda n: args_of(n, swapped))
    seen, order, stack = set(), [], list(reversed(outputs))
    while stack:
        node = stack.pop()
        if node.__class__ is tuple:
            order.append(node[0])
            continue
        if node in seen or node in stop:
            continue
        seen.add(node)
        stack.append((node,))
        for arg in args(node):
            if arg not in seen:
                stack.append(arg)
    return order


def replay(outputs, mapping):
    """Bind again, in the current graph, what `outputs` need; `mapping` (extended here) gives the nodes known."""
    copied = []
    for node in reachable(outputs, stop=mapping):
        _replay_one(node, mapping, copied)
    for old in copied:
        if old.swap is None:
            continue
        key, nodes = old.swap
        if key is None:
            mapping[old].swap = (None, mapping[old].args[: len(nodes)])
        elif key in mapping:
            for node in reachable(nodes, stop=mapping):
                _replay_one(node, mapping, copied)
            mapping[old].swap = (mapping[key], tuple(mapping.get(n, n) for n in nodes))
    return [mapping.get(o, o) for o in outputs]


def _replay_one(node, mapping, copied):
    if node.prim is LITERAL:
        return
    if node.prim is INPUT and node.params[0] == NUMBER:
        mapping[node] = lift(node, current())
        return
    if node.prim is INPUT:
        raise RuntimeError(f"replay: no replacement for the input {node!r}")
    args = tuple([mapping.get(a, a) for a in node.args])
    key = (node.prim, args, node.params)
    graph = current()
    new = graph.known.get(key)
    if new is None:
        new = Node(node.prim, args, node.params, node.shape, node.dtype, graph, node.where)
        new.aux = node.aux
        graph.known[key] = new
    mapping[node] = new
    if node.aux is not None:
        copied.append(node)

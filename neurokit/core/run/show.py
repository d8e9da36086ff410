"""`show`: the graph of a function as text, one operation a line."""

import sys

import numpy as np

from .. import tree
from ..errors import where_text
from ..graph import INPUT, LITERAL, PROJ, Graph, args_of, reachable, swaps
from ..trace.arguments import Opened, input_tracer, is_array, output_nodes
from ..trace.tracer import Tracer, to_node


def show(f, *args, file=None, **kwargs):
    """Print what `f` becomes when it is traced with these arguments.

    Each line is one operation: its name, element type and shape, where its arguments come from, and
    the line of your code. The bodies of loops and branches are indented below them.

    Parameters
    ----------
    f : callable
        To see a gradient, show ``nk.grad(f)``.
    file : text stream, default standard output

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> nk.show(lambda x: np.exp(-x).sum(), np.zeros(3))  # doctest: +ELLIPSIS
    a = input      float64[3]
    b = neg        float64[3]  a  ...
    c = exp        float64[3]  b  ...
    d = reduce_sum float64[]   c  (0,)  ...
    return d
    """
    opened = Opened((args, kwargs))
    graph = Graph(None, True, f"nk.show of {getattr(f, '__name__', 'a function')}")
    with graph:
        leaves = [input_tracer(graph, x) if is_array(x) else x for x in opened.leaves]
        states = [input_tracer(graph, s) for s in opened.states]
        with opened.arguments(leaves, states) as (call_args, call_kwargs):
            result = f(*call_args, **call_kwargs)
            written = opened.written()
        result = tree.map(lambda x: Tracer(to_node(x)) if isinstance(x, np.ndarray) else x, result)
        outputs = output_nodes(result)[0] + output_nodes(written)[0]
        inputs = [t.node for t in leaves + states if isinstance(t, Tracer)]
    print("\n".join(_lines(inputs, outputs)), file=file or sys.stdout)


def _lines(inputs, outputs):
    names, rows = {}, []
    swapped = swaps(outputs)
    order = reachable(outputs, swapped)
    for node in [*inputs, *[n for n in order if n not in set(inputs)]]:
        if node.prim is LITERAL or node.prim is PROJ:
            continue
        names[node] = _letters(len(names))
        arguments = ", ".join(_name(a, names, swapped) for a in args_of(node, swapped))
        params, bodies = _params(node)
        line = "" if node.where is None else where_text(node.where)
        rows.append((names[node], node.prim.name, _type(node), arguments, params, line, bodies))
    lines = []
    widths = [max([len(r[k]) for r in rows], default=0) for k in range(3)]
    for name, prim, kind, arguments, params, line, bodies in rows:
        parts = [f"{name:>{widths[0]}} = {prim:{widths[1]}} {kind:{widths[2]}}"]
        text = "  ".join(parts + [p for p in (arguments, params, f"# {line}" if line else "") if p])
        lines.append(text.rstrip())
        for body in bodies:
            lines += ["    " + inner for inner in _lines(body.inputs, body.outputs)]
    return [*lines, "return " + ", ".join(_name(o, names, swapped) for o in outputs)]


def _letters(k):
    """a, b, ..., z, aa, ab, ..."""
    text = ""
    k += 1
    while k:
        k, digit = divmod(k - 1, 26)
        text = chr(97 + digit) + text
    return text


def _name(node, names, swapped):
    if node.prim is LITERAL:
        return repr(node.params[0])
    if node.prim is PROJ:
        (source,) = args_of(node, swapped)
        if source is not node.args[0]:
            return _name(source, names, swapped)
        return f"{names[source]}.{node.params[0]}"
    return names[node]


def _type(node):
    if node.aux is not None:
        return ", ".join(f"{dtype}{list(shape)}" for shape, dtype in node.aux)
    return f"{node.dtype}{list(node.shape)}"


def _params(node):
    """The parameters as text, and the bodies among them."""
    texts, bodies = [], []
    for p in () if node.prim is INPUT else node.params:
        found = _bodies(p)
        bodies += found
        if found:
            length = getattr(p, "length", None)
            texts += [] if length is None else [f"length={length}"]
            texts += ["reverse"] if getattr(p, "reverse", False) else []
        elif isinstance(p, (int, float, str, bool, tuple, np.dtype, type(None))):
            texts.append(str(p))
    return " ".join(texts), bodies


def _bodies(p):
    """Loop bodies and branches held by a parameter."""
    found = []
    for value in [getattr(p, s, None) for s in getattr(type(p), "__slots__", ())]:
        if hasattr(value, "inputs") and hasattr(value, "outputs"):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += [v for v in value if hasattr(v, "inputs") and hasattr(v, "outputs")]
    return found

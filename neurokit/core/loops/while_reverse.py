"""The reverse rule of `while_loop`: carries are stored at intervals and replayed between them.

The number of steps k is known only at run time, the memory before it. There is room for S carries
(as many as fit a budget). A first replay stores every d-th carry, d = ceil(k / S). Where d is 1 the
steps go back from there. Else each stretch of d steps is replayed on the way back, storing every e-th
carry of it, e = ceil(d / T), in T more places; between those, single steps are replayed. Up to S T
steps nothing is replayed more than twice.
"""

from ..graph import INT64, Detached, is_literal, literal
from ..primitives import elementwise as ew
from ..primitives.control import variable
from ..primitives.indexing import scatter, take
from ..primitives.shaping import full, reshape
from ..transforms.autodiff import backward_merged
from .body import Body
from .cond import Cond, bind_cond
from .split import active_carries
from .while_loop import WHILE, bind_while, closed

BUDGET = 16 << 20  # bytes for the stored carries of one level
SLOTS = 8, 256  # fewest and most carries stored by the first replay
INNER = 32  # most carries stored in a stretch


def _slots(body, max_steps):
    size = sum(c.nbytes for c in body.carries)
    slots = min(max(BUDGET // max(size, 1), SLOTS[0]), SLOTS[1])
    return min(slots, max_steps) if max_steps else slots


def _int(value):
    return literal(value, INT64)


def _lt(a, b):
    return ew.apply(ew.ROWS["lt"], a, b)


def _eq(a, b):
    return ew.apply(ew.ROWS["eq"], a, b)


def _floor(a, b):
    return ew.apply(ew.ROWS["floordiv"], a, b)


def _up(a, b):
    """ceil(a / b), at least 1."""
    return ew.apply(ew.ROWS["maximum"], _floor(ew.add(a, _int(b - 1)), _int(b)), _int(1))


class _Store:
    """Carries kept in slots: one array (1, S + 1, size) each; the last slot takes what is not kept."""

    def __init__(self, carries, slots):
        self.carries, self.slots = carries, slots

    def empty(self):
        return [full((1, self.slots + 1, c.size), 0, c.dtype) for c in self.carries]

    def put(self, store, slot, values):
        index = reshape(slot, (1,))
        return [scatter("set", s, index, reshape(v, (1, 1, v.size))) for s, v in zip(store, values)]

    def get(self, store, slot):
        index = reshape(slot, (1,))
        return [reshape(take(s, index), c.shape) for s, c in zip(store, self.carries)]


def _counted(consts, carries, n, body):
    """Run body(i, consts, carries) -> carries for i = 0 .. n - 1, n a node."""
    first = [_int(0)]

    def step(c, k):
        return [ew.add(k[0], _int(1)), *body(k[0], c[1:], k[1:])]

    like = [n, *consts, *first, *carries]
    loop = closed(
        1 + len(consts),
        1 + len(carries),
        like,
        lambda c, k: _lt(k[0], c[0]),
        step,
        what="the gradient of a loop body",
    )
    return bind_while(loop, like)[1 : 1 + len(carries)]


def _replay(body, store, consts, start, n, every):
    """(store, last carries) after n steps from `start`, the carry of each `every`-th step kept."""
    n_const, n_carry = len(consts), body.n_carry

    def step(i, c, k):
        slot = _floor(i, c[n_const])
        kept = _eq(ew.mul(slot, c[n_const]), i)
        slot = ew.select(kept, slot, _int(store.slots))
        return [*body.inline(c[:n_const] + k[:n_carry]), *store.put(k[n_carry:], slot, k[:n_carry])]

    outs = _counted([*consts, every], [*start, *store.empty()], n, step)
    return outs[n_carry:]


def _vjp(cts, node, args, params, needs):
    loop = params[0]
    body, n_const = loop.body, loop.body.n_const
    consts, inits = list(args[:n_const]), list(args[n_const:])
    active = active_carries(body, needs)
    sums = [i for i in range(n_const) if needs[i] and body.inputs[i].is_float]
    steps = bind_while(loop, args)[-1]
    store = _Store(body.carries, _slots(body, loop.max_steps))
    start = [
        full(body.carries[i].shape, 0, body.carries[i].dtype) if cts[i] is None else cts[i]
        for i in active
    ]
    start += [full(consts[i].shape, 0, consts[i].dtype) for i in sums]
    ends = _back(body, store, consts, inits, steps, start, active, sums)
    result = [None] * len(args)
    for i, g in zip(active, ends):
        result[n_const + i] = g
    for i, g in zip(sums, ends[len(active) :]):
        result[i] = g
    return result


def _back(body, store, consts, inits, steps, start, active, sums):
    """Cotangents of the active carries and of the constants `sums`, from those at the end.

    Under `vmap` both ways run, for all elements: each has no steps where the other one is meant.
    """
    long = _up(steps, store.slots)  # steps per stretch
    outer = _replay(body, store, consts, inits, steps, long)

    def at_once(mine, kept, steps, long, cts):
        steps = ew.select(_eq(long, 1), steps, _int(0))
        return _steps_back(body, store, mine, kept, steps, _int(1), cts, active, sums)

    def in_stretches(mine, kept, steps, long, cts):
        inner = _Store(body.carries, min(store.slots, INNER))
        n_stretch = _floor(ew.add(steps, ew.sub(long, _int(1))), long)
        n_stretch = ew.select(_eq(long, 1), _int(0), n_stretch)
        n_const, n_store = len(mine), len(kept)

        def stretch(i, c, k):
            """The i-th stretch from the end."""
            mine, kept = c[:n_const], c[n_const : n_const + n_store]
            steps, long, n_stretch = c[n_const + n_store :]
            number = ew.sub(ew.sub(n_stretch, _int(1)), i)
            at = ew.mul(number, long)
            n = ew.apply(ew.ROWS["minimum"], long, ew.sub(steps, at))
            every = _up(n, inner.slots)
            fresh = _replay(body, inner, mine, store.get(kept, number), n, every)
            return _steps_back(body, inner, mine, fresh, n, every, k, active, sums)

        return _counted([*mine, *kept, steps, long, n_stretch], cts, n_stretch, stretch)

    args = [*consts, *outer, steps, long, *start]
    sides = []
    for side in (at_once, in_stretches):
        graph = Detached("the gradient of a loop body")
        with graph:
            inputs = [graph.add_input(a.shape, a.dtype) for a in args]
            n_const, n_store = len(consts), len(outer)
            mine, kept = inputs[:n_const], inputs[n_const : n_const + n_store]
            steps_in, long_in, *cts = inputs[n_const + n_store :]
            outs = side(mine, kept, steps_in, long_in, cts)
        sides.append(Body(inputs, outs, len(inputs), 0, 0, False))
    return bind_cond(Cond(sides), _eq(long, 1), args)


def _steps_back(body, store, consts, kept, n, every, cts, active, sums):
    """Cotangents before n steps from those after them; every `every`-th carry is kept in `store`."""
    n_const = len(consts)

    fixed = is_literal(every)

    def step(j, c, k):
        rest = c[n_const:]
        n, each = rest[0], every if fixed else rest[1]
        kept = rest[1 if fixed else 2 :]
        return _step_back(body, store, j, c[:n_const], n, each, kept, k, active, sums)

    return _counted([*consts, n, *([] if fixed else [every]), *kept], cts, n, step)


def _step_back(body, store, j, consts, n, every, kept, cts, active, sums):
    """Cotangents before a step, the j-th from the end of its stretch, from those after it."""
    t = ew.sub(ew.sub(n, _int(1)), j)
    slot = t if is_literal(every) else _floor(t, every)
    carries = store.get(kept, slot)
    if not is_literal(every):
        carries = _counted(
            consts, carries, ew.sub(t, ew.mul(slot, every)), lambda i, c, k: body.inline(c + k)
        )
    consts = [variable(x) if i in sums else x for i, x in enumerate(consts)]
    carries = [variable(x) if i in active else x for i, x in enumerate(carries)]
    outs = body.inline([*consts, *carries])
    targets = [carries[i] for i in active] + [consts[i] for i in sums]
    grads = backward_merged([outs[i] for i in active], cts[: len(active)], targets)
    grads = [full(t.shape, 0, t.dtype) if g is None else g for g, t in zip(grads, targets)]
    n_active = len(active)
    return grads[:n_active] + [ew.add(g, s) for g, s in zip(grads[n_active:], cts[n_active:])]


WHILE.vjp = _vjp

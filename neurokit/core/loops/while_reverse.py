"""The reverse rule of `while_loop`: carries are stored at intervals and replayed between them.

The number of steps k is known only at run time, the memory before it. There are room for S carries
(as many as fit a budget) at two levels: a first replay stores every d-th carry, d = ceil(k / S); going
back, each stretch of d steps is replayed storing every e-th, e = ceil(d / S); between those, single
steps are replayed. Up to S^2 steps nothing is replayed more than twice.
"""

from .. import elementwise as ew
from ..autodiff import backward_merged
from ..control import variable
from ..graph import INT64, literal
from ..indexing import scatter, take
from ..shaping import full, reshape
from .split import active_carries
from .while_loop import WHILE, bind_while, closed

BUDGET = 16 << 20  # bytes for the stored carries of one level
SLOTS = 8, 256  # fewest and most carries stored at a level


def _slots(body, max_steps):
    size = sum(c.nbytes for c in body.carries)
    slots = min(max(BUDGET // max(size, 1), SLOTS[0]), SLOTS[1])
    return min(slots, max_steps) if max_steps else slots


def _int(value):
    return literal(value, INT64)


def _lt(a, b):
    return ew.apply(ew.ROWS["lt"], a, b)


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
        kept = ew.apply(ew.ROWS["eq"], ew.mul(slot, c[n_const]), i)
        slot = ew.select(kept, slot, _int(store.slots))
        return [*body.inline(c[:n_const] + k[:n_carry]), *store.put(k[n_carry:], slot, k[:n_carry])]

    outs = _counted([*consts, every], [*start, *store.empty()], n, step)
    return outs[n_carry:]


def _forward(body, consts, start, n):
    """The carries after n steps from `start`."""
    return _counted(consts, start, n, lambda i, c, k: body.inline(c + k))


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
    n_const, n_store = len(consts), body.n_carry
    long = _up(steps, store.slots)  # steps per stretch
    outer = _replay(body, store, consts, inits, steps, long)
    n_stretch = _floor(ew.add(steps, ew.sub(long, _int(1))), long)

    def stretch(i, c, k):
        """The i-th stretch from the end."""
        mine, (long, steps, n_stretch), kept = (
            c[:n_const],
            c[n_const : n_const + 3],
            c[n_const + 3 :],
        )
        number = ew.sub(ew.sub(n_stretch, _int(1)), i)
        at = ew.mul(number, long)
        n = ew.apply(ew.ROWS["minimum"], long, ew.sub(steps, at))
        every = _up(n, store.slots)
        inner = _replay(body, store, mine, store.get(kept, number), n, every)
        return _counted(
            [*mine, n, every, *inner],
            k,
            n,
            lambda j, c, k: _step_back(body, store, j, c, k, active, sums),
        )

    return _counted([*consts, long, steps, n_stretch, *outer[:n_store]], start, n_stretch, stretch)


def _step_back(body, store, j, c, cts, active, sums):
    """Cotangents before a step, the j-th from the end of its stretch, from those after it."""
    n_const = body.n_const
    consts, (n, every), kept = c[:n_const], c[n_const : n_const + 2], c[n_const + 2 :]
    t = ew.sub(ew.sub(n, _int(1)), j)
    slot = _floor(t, every)
    carries = store.get(kept, slot)
    carries = _forward(body, consts, carries, ew.sub(t, ew.mul(slot, every)))
    consts = [variable(x) if i in sums else x for i, x in enumerate(consts)]
    carries = [variable(x) if i in active else x for i, x in enumerate(carries)]
    outs = body.inline([*consts, *carries])
    targets = [carries[i] for i in active] + [consts[i] for i in sums]
    grads = backward_merged([outs[i] for i in active], cts[: len(active)], targets)
    grads = [full(t.shape, 0, t.dtype) if g is None else g for g, t in zip(grads, targets)]
    n_active = len(active)
    return grads[:n_active] + [ew.add(g, s) for g, s in zip(grads[n_active:], cts[n_active:])]


WHILE.vjp = _vjp

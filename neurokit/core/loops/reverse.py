"""The reverse rule of a loop: run forward saving, then back; in segments where memory is bounded."""

import math

import numpy as np

from ..primitives import elementwise as ew
from ..primitives.shaping import full
from .body import SCAN, bind_scan
from .segments import in_segments
from .split import Split

AUTO_BUDGET = 64 << 20  # bytes of saved values above which "auto" cuts a loop into segments


def is_count(k):
    """Whether k is a positive int that the core can count to."""
    return isinstance(k, (int, np.integer)) and not isinstance(k, bool) and 0 < k < 2**63


def check_plan(plan):
    """Raise ValueError for what says nothing about how a gradient saves memory."""
    if not (plan is None or isinstance(plan, bool) or plan == "auto" or is_count(plan)):
        parse_bytes(plan)


def parse_bytes(text):
    """'512MB' -> 512 * 2**20."""
    units = {"B": 0, "KB": 10, "MB": 20, "GB": 30, "TB": 40}
    number = str(text).rstrip("BKMGTbkmgt").strip()
    unit = str(text)[len(number) :].strip().upper()
    try:
        n_bytes = float(number) * (1 << units[unit])
        if not 0 <= n_bytes < math.inf:
            raise ValueError
    except (ValueError, KeyError):
        raise ValueError(
            f"checkpoint: wanted 'auto', None, a positive number of steps or bytes such as '512MB', "
            f"got {text!r}"
        ) from None
    return int(n_bytes)


def _segment_length(plan, length, bytes_per_step, carry_bytes):
    """Steps between saved carries, or None to save every step."""
    if plan is None or plan is False:
        return None
    if is_count(plan):
        return int(plan) if plan < length else None
    budget = AUTO_BUDGET if plan in ("auto", True) else parse_bytes(plan)
    if length * bytes_per_step <= budget or length < 4:
        return None
    best = max(1, round(math.sqrt(length * max(carry_bytes, 1) / max(bytes_per_step, 1))))
    best = min(max(best, 2), length)
    for near in range(best, min(2 * best, length) + 1):
        if length % near == 0:
            return near
    return best


def _vjp(cts, node, args, params, needs):
    loop = params[0]
    body = loop.body
    ct_ys = tuple(k for k in range(body.n_y) if cts[body.n_carry + k] is not None)
    key = ("vjp", tuple(needs), ct_ys)
    if key not in body.derived:
        body.derived[key] = Split(body, needs, ct_ys)
    split = body.derived[key]
    consts = list(args[: body.n_const])
    inits = list(args[body.n_const : body.n_const + body.n_carry])
    xs = list(args[body.n_const + body.n_carry : body.n_const + body.n_carry + body.n_x])
    offset = args[-1] if body.has_index else None
    start = [
        cts[i] if cts[i] is not None else full(body.carries[i].shape, 0, body.carries[i].dtype)
        for i in split.active
    ]
    start += [full(consts[i].shape, 0, consts[i].dtype) for i in split.consts]
    y_cts = [cts[body.n_carry + k] for k in split.ct_ys]
    carry_bytes = sum(c.nbytes for c in body.carries)
    segment = _segment_length(loop.checkpoint, loop.length, split.saved_bytes, carry_bytes)
    run = _Pieces(split, loop, consts, offset)
    if segment is None or loop.length == 0:
        outs, saved = run.save(inits, xs, 0, loop.length)
        node.swap = (outs[0].args[0] if outs else None, tuple(outs)) if outs else None
        ends, x_cts = run.back(start, xs, saved, y_cts, 0, loop.length)
    else:
        ends, x_cts = in_segments(run, node, inits, xs, start, y_cts, segment)
    n_active = len(split.active)
    result = [None] * len(args)
    for i, g in zip(split.consts, ends[n_active:]):
        result[i] = g
    for i, g in zip(split.active, ends[:n_active]):
        result[body.n_const + i] = g
    for i, g in zip(split.xs, x_cts):
        result[body.n_const + body.n_carry + i] = g
    return result


class _Pieces:
    """Runs stretches [at, at + n) of a loop, forward with saving or backward."""

    def __init__(self, split, loop, consts, offset):
        self.split, self.loop, self.consts, self.offset = split, loop, consts, offset

    def _index(self, at):
        if self.offset is None:
            return []
        return [self.offset if at == 0 else ew.add(self.offset, at)]

    def save(self, carries, xs, at, n):
        body = self.split.body
        outs = bind_scan(
            self.split.saving,
            n,
            self.loop.reverse,
            self.loop.checkpoint,
            self.consts + carries + xs + self._index(at),
        )
        k = body.n_carry + body.n_y
        return outs[:k], outs[k:]

    def plain(self, carries, xs, at, n):
        return bind_scan(
            self.split.body,
            n,
            self.loop.reverse,
            None,
            self.consts + carries + xs + self._index(at),
        )

    def back(self, start, xs, saved, y_cts, at, n):
        return self.split.run_back(
            self.consts,
            start,
            [xs[i] for i in self.split.read_xs] + saved + y_cts,
            self._index(at),
            n,
            not self.loop.reverse,
            self.loop.checkpoint,
        )


SCAN.vjp = _vjp

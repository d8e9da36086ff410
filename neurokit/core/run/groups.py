"""Elementwise groups: where they end, and their micro-program, the parameters of kernel `fused`."""

import math
import struct

import numpy as np

from ... import _core
from ..graph import LITERAL, literal
from ..primitives import elementwise as ew
from ..primitives.shaping import BROADCAST

_CODES = _core.elementwise_codes()
_UNPACK = _CODES["unpack_bits"]
MAX_OPS, MAX_OPERANDS = 160, 60  # of one group
OPERANDS = 64  # of one instruction, in the core


def group_end(nodes, start, low):
    """Where to cut so that operations and operands (inputs, and values read elsewhere) stay few."""
    outside, inside, waiting, n_out = set(), set(), {}, 0
    for i in range(start, len(nodes)):
        node = nodes[i]
        for a in set(low.args(node)):
            if a in inside:
                waiting[a] -= 1
                n_out -= waiting[a] == 0
            elif a.prim is not LITERAL:
                outside.add(a)
        is_output = node in low.kept or node in low.records.wanted
        waiting[node] = len(set(low.users.get(node, ()))) + is_output
        n_out += waiting[node] > 0
        if i > start and (i - start >= MAX_OPS or len(outside) + n_out > MAX_OPERANDS):
            return i
        inside.add(node)
    return len(nodes)


def micro_program(nodes, args_of, dtype_code, bits=()):
    """What a group reads, and its constants and operations as integers.

    Parameters
    ----------
    nodes : list of Node
        The group, in the order of computation.
    args_of : callable
        The arguments of a node.
    dtype_code : dict
        The core's number of a dtype.
    bits : container of Node
        Those that lie in memory as bits.

    Returns
    -------
    ins : list of Node
    ip : list of int
        All but the outputs.
    index : dict of Node to int
        The number of each value.
    """
    inside = set(nodes)
    ins, constants, number = [], [], {}
    operations = [_without_division(node.prim, args_of(node), args_of) for node in nodes]
    for _, args in operations:
        for a in args:
            if a in inside or a in number:
                continue
            source = _source(a, args_of)
            if source.prim is LITERAL:
                number[a] = ("const", len(constants))
                constants.append(source)
            else:
                number[a] = ("in", len(ins))
                ins.append(a)
    n_in, n_const = len(ins), len(constants)
    index = {a: i if kind == "in" else n_in + i for a, (kind, i) in number.items()}
    ip = [n_const]
    for c in constants:
        ip += [dtype_code[c.dtype], _bits(c)]
    flags = [a for a in ins if a in bits]
    ip.append(len(flags) + len(nodes))
    for k, a in enumerate(flags):
        ip += [_UNPACK, 0, index[a], a.size, -1]
        index[a] = n_in + n_const + k
    for k, (node, (prim, args)) in enumerate(zip(nodes, operations, strict=True), len(flags)):
        index[node] = n_in + n_const + k
        dtype = node.dtype if prim in (ew.CONVERT, ew.SELECT) else node.args[0].dtype
        at = [index[a] for a in args]
        ip += [_CODES[prim.name], dtype_code[dtype], *at, *[-1] * (3 - len(at))]
    return ins, ip, index


def _source(node, args_of):
    return args_of(node)[0] if node.prim is BROADCAST else node


def _without_division(prim, args, args_of):
    """Primitive and arguments; a division by a power of two is a product, bit for bit."""
    if prim is ew.DIV and _source(args[1], args_of).prim is LITERAL:
        value, dtype = _source(args[1], args_of).params
        fraction, exponent = math.frexp(value)
        if abs(fraction) == 0.5 and abs(exponent - 1) <= -np.finfo(dtype).minexp:
            return ew.MUL, (args[0], literal(1.0 / value, dtype))
    return prim, args


def _bits(node):
    """A constant as an int64: the bits of its double for floats, the number otherwise."""
    value, dtype = node.params
    if dtype.kind == "f":
        return struct.unpack("<q", struct.pack("<d", float(value)))[0]
    return int(value)

"""Fused groups that read and write bools as bits: NumPy's packbits, by interpreter and machine code."""

import os
import subprocess
import sys

import numpy as np
import pytest
from elementwise_twin import Micro
from test_native import HAS_CODE, is_native

from neurokit import _core

LENGTHS = [*range(1, 71), 127, 128, 129, 1000, 1001, 70_003]


def packed(x):
    return np.packbits(x.reshape(-1), bitorder="little")


def both(monkeypatch, micro, ins, outs, results):
    """Results of the interpreter and of the machine code, inside larger arrays that stay as they are."""
    found = []
    for native in ("0", "always"):
        monkeypatch.setenv("NEUROKIT_NATIVE", native)
        for threads in (1, 2, 3):
            spaces = [np.full(o.nbytes + 128, 0xA5, np.uint8) for o in outs]
            fresh = [
                s[64 : 64 + o.nbytes].view(o.dtype).reshape(o.shape) for s, o in zip(spaces, outs)
            ]
            micro.run(ins, fresh, results, threads)
            for s, o in zip(spaces, outs):
                assert (s[:64] == 0xA5).all() and (s[64 + o.nbytes :] == 0xA5).all()
            found.append([f.copy() for f in fresh])
    return found


@pytest.mark.parametrize("dtype", [np.bool_, np.float32, np.float64, np.int64])
def test_masks_to_bits_and_back(monkeypatch, dtype):
    """(x > y) written as bits and as bools, where bits read say so."""
    rng = np.random.default_rng(0)
    for n in LENGTHS:
        x, y = (rng.integers(0, 4, n).astype(dtype) for _ in range(2))
        mask = rng.random(n) < 0.4
        micro = Micro(3)
        greater = micro.op("gt", dtype, 0, 1)
        flag = micro.op("unpack_bits", np.bool_, 2, n)
        either = micro.op("xor", np.bool_, greater, flag)
        chosen = micro.op("select", dtype, flag, 0, 1)
        bits = micro.op("pack_bits", np.bool_, either, n)
        same = micro.op("pack_bits", np.bool_, flag, n)
        ins = [x, y, packed(mask)]
        outs = [np.empty(n, bool), np.empty(n, dtype), packed(mask), packed(mask)]
        results = [either, chosen, bits, same]
        want = (x > y) ^ mask
        for got in both(monkeypatch, micro, ins, outs, results):
            np.testing.assert_array_equal(got[0], want)
            np.testing.assert_array_equal(got[1], np.where(mask, x, y))
            np.testing.assert_array_equal(got[2], packed(want))
            np.testing.assert_array_equal(got[3], packed(mask))
        if HAS_CODE:
            monkeypatch.setenv("NEUROKIT_NATIVE", "always")
            assert is_native(micro, ins, outs, results)


def test_bits_alone(monkeypatch):
    """Nothing but bits: the parameters tell how many; those behind the last are 0."""
    rng = np.random.default_rng(1)
    for n in LENGTHS:
        a, b = (rng.random(n) < 0.5 for _ in range(2))
        micro = Micro(2, [(np.bool_, True)])
        x, y = (micro.op("unpack_bits", np.bool_, k, n) for k in range(2))
        either = micro.op("not", np.bool_, micro.op("and", np.bool_, x, y))
        results = [micro.op("pack_bits", np.bool_, v, n) for v in (either, 2)]
        for got in both(monkeypatch, micro, [packed(a), packed(b)], [packed(a)] * 2, results):
            np.testing.assert_array_equal(got[0], packed(~(a & b)))
            np.testing.assert_array_equal(got[1], packed(np.ones(n, bool)))


@pytest.mark.parametrize("shape", [(3, 5), (5, 144), (7, 130), (2, 3, 200), (4, 1, 9), (1, 3)])
def test_rows_and_strides(monkeypatch, shape):
    """Operands that are broadcast, turned or every other element beside bits in C order."""
    rng = np.random.default_rng(2)
    n = int(np.prod(shape))
    x = rng.normal(size=(*shape[:-1], 2 * shape[-1]))[..., ::2]
    y, z = rng.normal(size=shape[-1]), rng.normal(size=(*shape[:-1], 1))
    y, z = np.broadcast_to(y, shape), np.broadcast_to(z, shape)
    mask = rng.random(shape) < 0.5
    micro = Micro(4)
    flag = micro.op("unpack_bits", np.bool_, 3, n)
    low = micro.op("lt", np.float64, 0, micro.op("select", np.float64, flag, 1, 2))
    bits = micro.op("pack_bits", np.bool_, low, n)
    want = x < np.where(mask, y, z)
    for outs in ([packed(mask)], [packed(mask), np.empty(shape, bool)]):
        results = [bits, low][: len(outs)]
        for got in both(monkeypatch, micro, [x, y, z, packed(mask)], outs, results):
            np.testing.assert_array_equal(got[0], packed(want))
            if len(outs) > 1:
                np.testing.assert_array_equal(got[1], want)


def test_bits_over_bits(monkeypatch):
    """The output in the memory of the input."""
    rng = np.random.default_rng(3)
    for native in ("0", "always"):
        monkeypatch.setenv("NEUROKIT_NATIVE", native)
        for dtype in (np.float32, np.float64):
            for n in LENGTHS:
                x, mask = rng.normal(size=n).astype(dtype), rng.random(n) < 0.5
                micro = Micro(2)
                flag = micro.op("unpack_bits", np.bool_, 1, n)
                zero = micro.op("sub", dtype, 0, 0)
                new = micro.op("and", np.bool_, micro.op("gt", dtype, 0, zero), flag)
                bits = packed(mask)
                micro.run([x, bits], [bits], [micro.op("pack_bits", np.bool_, new, n)])
                np.testing.assert_array_equal(bits, packed((x > 0) & mask))


def test_more_masks_than_registers(monkeypatch):
    rng = np.random.default_rng(4)
    for dtype in (np.float32, np.float64):
        for n in (5, 16, 77, 1003):
            masks = [rng.random(n) < 0.5 for _ in range(12)]
            x = rng.normal(size=n).astype(dtype)
            micro = Micro(13)
            flags = [micro.op("unpack_bits", np.bool_, 1 + k, n) for k in range(12)]
            v, want = 0, x
            for k in [*range(12), *range(11, -1, -1)]:
                v = micro.op("select", dtype, flags[k], micro.op("neg", dtype, v), v)
                v = micro.op("add", dtype, v, 0)
                want = np.where(masks[k], -want, want) + x
            both_ends = [micro.op("xor", np.bool_, flags[k], flags[-1 - k]) for k in range(6)]
            results = [v] + [micro.op("pack_bits", np.bool_, f, n) for f in both_ends]
            outs = [np.empty(n, dtype)] + [packed(masks[0])] * 6
            for got in both(monkeypatch, micro, [x, *map(packed, masks)], outs, results):
                np.testing.assert_array_equal(got[0], want)
                for k in range(6):
                    np.testing.assert_array_equal(got[1 + k], packed(masks[k] ^ masks[-1 - k]))


def test_what_is_refused():
    x, bits, out = np.zeros(20), np.zeros(3, np.uint8), np.zeros(20, bool)

    def fails(kind, match, micro, ins, outs, results):
        with pytest.raises(kind, match=match):
            micro.run(ins, outs, results)

    micro = Micro(2)
    flag = micro.op("unpack_bits", np.bool_, 1, 20)
    mask = micro.op("gt", np.float64, 0, 0)
    both = micro.op("and", np.bool_, flag, mask)
    bytes_ = micro.op("pack_bits", np.bool_, both, 20)
    fails(ValueError, "operand 1 has 2 bytes", micro, [x, bits[:2]], [out], [both])
    fails(ValueError, "operand 1 has 3 bytes.*of 19", micro, [x[:19], bits], [out[:19]], [both])
    fails(ValueError, "operand 1 has", micro, [x, np.zeros(6, np.uint8)[::2]], [out], [both])
    fails(TypeError, "flags of bool", micro, [x, np.zeros(3, bool)], [out], [both])
    fails(TypeError, "output 0 is bool, its value is uint8", micro, [x, bits], [out], [bytes_])
    fails(TypeError, "output 0 is uint8, its value is bool", micro, [x, bits], [bits], [both])
    micro.op("not", np.bool_, bytes_)
    fails(ValueError, "bits are read as bytes", micro, [x, bits], [out], [both])
    micro = Micro(2)
    micro.op("convert", np.float64, 1)
    flag = micro.op("unpack_bits", np.bool_, 1, 20)
    fails(ValueError, "bits are read as bytes", micro, [x, bits], [out], [flag])
    micro = Micro(2)
    flag = micro.op("unpack_bits", np.bool_, 1, 20)
    micro.op("unpack_bits", np.bool_, 1, 19)
    fails(ValueError, "bits of 19 elements, wanted 20", micro, [x, bits], [out], [flag])


@pytest.mark.parametrize("level", ["v2", "v3", "v4"])
def test_other_levels(level):
    if level > _core.info()["cpu_level"] or "NEUROKIT_CPU" in os.environ:
        pytest.skip("this CPU runs no such level, or one was asked for")
    environment = dict(os.environ, NEUROKIT_CPU=level)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-k", "not other_levels", __file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

"""The flat program: memory plan, executor, loops, errors, Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from program_tools import F8, I8, add_scan, chain, failing_allocations, instr, operand

from neurokit import _core


def test_chain_runs_in_two_places():
    program = chain((100,), 50)
    x = np.random.default_rng(0).normal(size=100)
    assert np.array_equal(program.run([x])[0], x)
    assert program.tmp_bytes == 49 * 800
    assert program.arena_bytes <= 2 * 832


def scan_by_hand(w, carry, xs, reverse):
    ys = np.empty_like(xs)
    for t in range(len(xs))[:: -1 if reverse else 1]:
        ys[t] = carry
        carry = carry + w @ xs[t]
    return carry, ys


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize("length", [0, 1, 2, 7, 8])
def test_scan_is_the_python_loop(length, reverse, inplace):
    rng = np.random.default_rng(length)
    w, carry, xs = rng.normal(size=(5, 5)), rng.normal(size=(5, 1)), rng.normal(size=(length, 5, 1))
    before = carry.copy()
    got = add_scan(5, length, reverse, inplace).run([w, carry, xs])
    for a, b in zip(got, scan_by_hand(w, carry, xs, reverse), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert np.array_equal(carry, before)


def test_scan_index_counts_from_the_offset():
    body = _core.Program(
        [("in", 0, I8, ()), ("out", 0, I8, ())],
        [instr("copy", [operand(1, (), I8)], [operand(0, (), I8)])],
        1,
        1,
    )
    for reverse in (0, 1):
        program = _core.Program(
            [("in", 0, I8, ()), ("out", 0, I8, (6,))],
            [
                instr(
                    "scan",
                    [operand(1, (6,), I8)],
                    [operand(0, (), I8)],
                    ip=(0, 0, 0, 1, 6, reverse, 1),
                    subs=(body,),
                )
            ],
            1,
            1,
        )
        assert program.run([np.array(10)])[0].tolist() == [10, 11, 12, 13, 14, 15]


def test_ctrl_c_stops_a_loop_and_leaves_it_usable():
    body = chain((4,), 2)
    loop = instr(
        "scan", [operand(1, (4,))], [operand(0, (4,))], ip=(0, 1, 0, 0, 1 << 50, 0, 0), subs=(body,)
    )
    program = _core.Program([("in", 0, F8, (4,)), ("out", 0, F8, (4,))], [loop], 1, 1)
    for _ in range(2):
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        start = time.perf_counter()
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            program.run([np.zeros(4)])
        assert time.perf_counter() - start < 0.1 + 0.2


def test_error_names_line_and_step():
    program = _core.Program(
        [("in", 0, F8, (3,)), ("out", 0, F8, (3,))],
        [instr("copy", [operand(1, (3,))], [operand(0, (3,))])],
        1,
        1,
    )
    with pytest.raises(ValueError, match=r"input 0: got float64 \(4,\), wanted float64 \(3,\)"):
        program.run([np.zeros(4)])
    with pytest.raises(TypeError, match="input 0: got float32, wanted float64"):
        program.run([np.zeros(3, "f4")])
    with pytest.raises(ValueError, match="got 2 inputs, wanted 1"):
        program.run([np.zeros(3)] * 2)


def test_inputs_are_copied_only_when_they_must_be():
    program = chain((3, 4), 1)
    x = np.arange(24.0).reshape(6, 4)
    for y in (x[::2], np.asfortranarray(x[:3]), x[:3].astype(">f8"), np.broadcast_to(x[0], (3, 4))):
        assert np.array_equal(program.run([y])[0], y)
    raw = np.zeros(97, np.uint8)
    odd = raw[1:].view("f8").reshape(3, 4)
    assert np.array_equal(program.run([odd])[0], odd)


def test_run_from_many_threads():
    program = add_scan(16, 200)
    rng = np.random.default_rng(1)
    w, xs = rng.normal(size=(16, 16)) / 16, rng.normal(size=(200, 16, 1))
    carries = [rng.normal(size=(16, 1)) for _ in range(8)]
    expected = [program.run([w, c, xs])[0] for c in carries]
    results = [None] * 8

    def work(i):
        for _ in range(20):
            results[i] = program.run([w, carries[i], xs])[0]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(results, expected, strict=True):
        assert np.array_equal(a, b)


def test_references_and_memory_do_not_grow():
    program = add_scan(3, 4)
    inputs = [np.ones((3, 3)), np.ones((3, 1)), np.ones((4, 3, 1))]
    program.run(inputs)
    references, blocks = [sys.getrefcount(x) for x in inputs], _core.alloc_live()
    for _ in range(10_000):
        program.run(inputs)
    assert [sys.getrefcount(x) for x in inputs] == references
    assert _core.alloc_live() == blocks


def test_every_failing_allocation_is_a_memory_error():
    inputs = [np.ones((3, 3)), np.ones((3, 1)), np.ones((4, 3, 1))]
    assert failing_allocations(lambda: add_scan(3, 4).run(inputs)) > 10


def test_programs_survive_a_fork():
    code = (
        "import os, numpy as np\n"
        "from program_tools import chain\n"
        "p = chain((5,), 3); x = np.arange(5.)\n"
        "p.run([x]); pid = os.fork()\n"
        "ok = np.array_equal(p.run([x])[0], x)\n"
        "os._exit(not ok) if pid == 0 else None\n"
        "raise SystemExit(os.waitpid(pid, 0)[1] or not ok)\n"
    )
    folder = os.path.dirname(__file__)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([folder, os.path.dirname(folder)])},
        check=False,
    )
    assert done.returncode == 0

"""Ctrl-C, fork, threads, memory: what a long session with the engine meets."""

import gc
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import neurokit as nk

JITTED = nk.jit(lambda t: t[1:] @ t[:-1])

CTRL_C = """
import os, signal, threading, time
import numpy as np, neurokit as nk
def loop(n):
    return nk.scan(lambda c, x: (STEP, None), np.zeros(2000), length=n)[0]
wanted = loop(100)
sent = []
def later():
    time.sleep(0.5)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=later).start()
try:
    loop(30_000_000)
except KeyboardInterrupt:
    late = time.perf_counter() - sent[0]
    assert np.array_equal(loop(100), wanted)
    print("late", late)
"""


@pytest.mark.parametrize("step", ["np.tanh(c) + 0.1", "c * 0.5 + 0.1"])  # the second: 4 at a time
def test_ctrl_c_stops_a_loop_at_once(step):
    code = CTRL_C.replace("STEP", step)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("late"), done.stderr
    assert float(done.stdout.split()[1]) < 1.0  # 0.2 s on an idle machine; tests share theirs


def child(queue):
    queue.put(nk.grad(lambda x: (x**2).sum())(np.arange(200_000.0)).sum())


def test_after_fork():
    f = lambda x: (x**2).sum()  # noqa: E731
    wanted = nk.grad(f)(np.arange(200_000.0)).sum()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=child, args=(queue,))
    process.start()
    got = queue.get(timeout=30)
    process.join(30)
    assert process.exitcode == 0 and got == wanted


def test_many_threads_at_once():
    x = np.random.default_rng(0).normal(size=(50, 50))
    f = nk.jit(lambda t: np.tanh(t @ t.T).sum())
    wanted, errors = f(x), []

    def work():
        for _ in range(30):
            if f(x) != wanted or nk.grad(lambda t: np.tanh(t @ t.T).sum())(x).shape != x.shape:
                errors.append("differs")

    threads = [threading.Thread(target=work) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not errors


@pytest.mark.parametrize(
    "call",
    [
        lambda x: nk.grad(lambda t: np.sum(np.exp(t) * t))(x),
        lambda x: nk.scan(lambda c, t: (c + t, c), 0.0, x),
        lambda x: JITTED(x),
        lambda x: nk.vjp(lambda t: t * 2, x)[1](x),
    ],
    ids=["grad", "scan", "jit", "vjp"],
)
def test_memory_does_not_grow(call):
    x = np.arange(100.0)
    for _ in range(1000):
        call(x)
    gc.collect()
    objects, before = len(gc.get_objects()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    references = sys.getrefcount(x)
    for _ in range(10_000 if os.environ.get("NEUROKIT_FULL") else 2000):
        call(x)
    gc.collect()
    assert sys.getrefcount(x) == references
    assert len(gc.get_objects()) - objects < 200
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 << 10


def test_long_loop_needs_no_memory():
    x = np.zeros(1000, np.float32)
    nk.scan(lambda c, _: (c * 0.5 + 1.0, None), x, length=10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    carry, _ = nk.scan(lambda c, _: (c * 0.5 + 1.0, None), x, length=200_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 << 10
    np.testing.assert_allclose(carry, 2.0)


def test_signal_handler_is_put_back():
    seen = []
    old = signal.signal(signal.SIGINT, lambda *a: seen.append(1))
    try:
        nk.scan(lambda c, _: (c + 1, None), 0.0, length=10)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        assert seen == [1]
    finally:
        signal.signal(signal.SIGINT, old)

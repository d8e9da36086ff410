"""`_core.call` and the rest of the binding: arguments, overlap, memory, fork, Ctrl-C, growth."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import neurokit as nk
from neurokit import _core
from neurokit.core.models.philox import LAWS

KEY, STEP = np.array([1, 2], np.uint64), np.zeros((), np.int64)


def uniform(out, **kwargs):
    _core.call("random", [out], [KEY, STEP], ip=(LAWS["uniform"], 0), **kwargs)
    return out


# ---------------------------------------------------------------- arguments


def test_unknown_kernel():
    with pytest.raises(ValueError, match="no kernel named 'nothing'"):
        _core.call("nothing", [], [])


@pytest.mark.parametrize(
    ("outs", "ins", "error", "match"),
    [
        ([[1.0]], [KEY, STEP], TypeError, r"outs\[0\]: expected an ndarray, got list"),
        ([np.empty(3, "M8[s]")], [KEY, STEP], TypeError, r"outs\[0\]: unsupported dtype"),
        ([np.empty(3, ">f8")], [KEY, STEP], ValueError, r"outs\[0\]: .*native byte order"),
        ([np.empty((1,) * 13)], [KEY, STEP], ValueError, r"outs\[0\]: at most 12 dimensions"),
        ([np.empty(3)] * 65, [KEY, STEP], ValueError, "outs: at most 64 arrays, got 65"),
        ([np.empty(3)], [KEY], ValueError, "expected 1 output and 2 inputs, got 1 and 1"),
        ([np.empty(3)], [KEY, KEY], TypeError, r"step must be int64 \(\)"),
        (5, [KEY, STEP], TypeError, "outs: expected a sequence"),
    ],
)
def test_bad_arguments(outs, ins, error, match):
    with pytest.raises(error, match=match):
        _core.call("random", outs, ins, ip=(0, 0))


def test_bad_parameters():
    out = np.empty(3)
    with pytest.raises(TypeError, match="integer"):
        _core.call("random", [out], [KEY, STEP], ip=(0.5, 0))
    with pytest.raises(OverflowError):
        _core.call("random", [out], [KEY, STEP], ip=(2**70, 0))
    with pytest.raises(ValueError, match="ip must start with"):
        _core.call("random", [out], [KEY, STEP])
    with pytest.raises(TypeError):
        _core.call("random", [out], [KEY, STEP], ip=(0, 0), fp=("x",))


def test_read_only_output():
    out = np.empty(3)
    out.flags.writeable = False
    with pytest.raises(ValueError, match=r"outs\[0\]: read-only"):
        uniform(out)


def test_unaligned_input():
    raw = np.zeros(25, np.uint8)
    step = raw[1:9].view(np.int64).reshape(())
    with pytest.raises(ValueError, match=r"ins\[1\]: expected aligned"):
        _core.call("random", [np.empty(3)], [KEY, step], ip=(0, 0))


def test_overlap():
    x = np.arange(12.0)
    with pytest.raises(ValueError, match=r"copy: outs\[0\] overlaps ins\[0\]"):
        _core.call("copy", [x[1:7]], [x[0:6]])
    memory = np.empty(20)
    with pytest.raises(ValueError, match=r"outs\[0\] and outs\[1\] overlap"):
        _core.call("copy", [memory[:10], memory[5:15]], [x[:10]])
    a, b = np.eye(3)[None], np.full((1, 3, 3), 2.0)
    total = np.ones((3, 3))
    _core.call("matmul_sum", [total], [total, a, b], ip=(0,))  # this kernel adds in place
    np.testing.assert_array_equal(total, 3.0)
    with pytest.raises(ValueError, match=r"overlaps ins\[1\]"):
        _core.call("matmul_sum", [a[0]], [total, a, b], ip=(0,))


# ---------------------------------------------------------------- settings


def test_threads():
    try:
        nk.set_threads(3)
        assert nk.get_threads() == 3
        for wrong in (-1, 257):
            with pytest.raises(ValueError, match=f"got {wrong}"):
                nk.set_threads(wrong)
    finally:
        nk.set_threads(0)
    assert 1 <= nk.get_threads() <= os.cpu_count()


def test_threads_of_a_block():
    """`options` holds for kernels and in the thread that opened it alone."""
    found = []
    before = nk.get_threads()
    with nk.options(threads=before + 2):
        assert nk.get_threads() == before + 2
        with nk.options(threads=1), nk.options(nan_check=True):
            assert nk.get_threads() == 1
        assert nk.get_threads() == before + 2
        other = threading.Thread(target=lambda: found.append(nk.get_threads()))
        other.start()
        other.join()
    assert found == [before] and nk.get_threads() == before


def python(code, **environment):
    """Run code in a fresh interpreter; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip() or done.stderr.strip()


def test_environment_of_threads_and_affinity():
    ask = "from neurokit import _core; print(_core.get_threads())"
    assert python(ask, NEUROKIT_THREADS="5") == "5"
    pinned = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
    assert python(pinned + ask, NEUROKIT_THREADS="") == "1"


def test_environment_of_cpu_level():
    ask = "from neurokit import _core; print(_core.info()['cpu_level'])"
    info = _core.info()
    for level in info["levels"][: info["levels"].index(info["cpu_level"]) + 1]:
        assert python(ask, NEUROKIT_CPU=level) == level
    assert "NEUROKIT_CPU=v7: expected one of" in python(ask, NEUROKIT_CPU="v7")


def test_import_is_light():
    code = """
        import sys, numpy
        import neurokit
        heavy = {"scipy", "matplotlib", "sklearn", "neurokit.sim", "neurokit.rsa"} & set(sys.modules)
        print(sorted(heavy))
    """
    assert python(code) == "[]"


# ---------------------------------------------------------------- memory


def matmul_with_workspace():
    a = np.arange(60.0).reshape(5, 12)[:, ::2]
    out = np.empty((5, 4))
    _core.call("matmul", [out], [a, np.ones((6, 4))])
    np.testing.assert_allclose(out, np.repeat(a.sum(1)[:, None], 4, 1))


def test_every_allocation_may_fail():
    before = _core.alloc_live()
    n_failures = 0
    for n in range(1, 100):
        _core.alloc_fail_at(n)
        try:
            matmul_with_workspace()
        except MemoryError:
            n_failures += 1
        else:
            break
        finally:
            _core.alloc_fail_at(0)
        assert _core.alloc_live() == before
    else:
        pytest.fail("the operation never succeeded")
    assert n_failures > 0


def resident_kib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def test_no_growth_over_many_calls():
    out, key, step = np.empty(64), KEY.copy(), STEP.copy()
    arguments = ["random", [out], [key, step]]

    def calls(n):
        for _ in range(n):
            _core.call(*arguments, ip=(0, 0))
            try:
                _core.call(*arguments, ip=(99, 0))  # the failing path as well
            except ValueError:
                pass

    calls(1000)
    objects = [out, key, step, arguments[1], arguments[2]]
    references = [sys.getrefcount(o) for o in objects]
    live, resident = _core.alloc_live(), resident_kib()
    calls(10_000)
    assert [sys.getrefcount(o) for o in objects] == references
    assert _core.alloc_live() == live
    assert resident_kib() - resident < 512


# ---------------------------------------------------------------- threads, fork, Ctrl-C


def test_calls_from_several_python_threads():
    expected = uniform(np.empty(100_000))
    results = [np.empty(100_000) for _ in range(4)]
    threads = [threading.Thread(target=uniform, args=(r,), kwargs={"threads": 2}) for r in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_fork():
    expected = uniform(np.empty(200_000), threads=3)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        same = np.array_equal(uniform(np.empty(200_000), threads=3), expected)
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(uniform(np.empty(200_000), threads=3), expected)


def draw_gamma(out, threads):
    """Seconds of draws."""
    shape = np.broadcast_to(np.float32(0.5), out.shape)
    _core.call("random", [out], [KEY, STEP, shape], ip=(LAWS["gamma"], 0), threads=threads)


def sort_one_line(out, threads):
    """Seconds on one line."""
    _core.call("sort", [np.empty_like(out)], [out], ip=(0,), threads=threads)


@pytest.mark.parametrize(
    "work, threads, most", [(draw_gamma, 1, 0.2), (draw_gamma, 3, 0.2), (sort_one_line, 1, 0.6)]
)
def test_ctrl_c(work, threads, most):
    out = np.random.default_rng(0).random(50_000_000, np.float32)
    sent = []

    def interrupt():
        time.sleep(0.1)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    killer = threading.Thread(target=interrupt)
    killer.start()
    with pytest.raises(KeyboardInterrupt):
        work(out, threads)
    latency = time.perf_counter() - sent[0]
    killer.join()
    assert latency < most
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert np.isfinite(uniform(np.empty(10))).all()  # and the core goes on


def test_ctrl_c_stops_a_scan():
    def step(carry, _):
        return carry * 0.5 + 1.0, None

    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        nk.scan(step, np.zeros(1000), length=50_000_000)
    assert time.perf_counter() - start < 1.5
    carry, _ = nk.scan(step, np.zeros(3), length=60)
    np.testing.assert_allclose(carry, 2.0)

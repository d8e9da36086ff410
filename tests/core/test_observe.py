"""show, profile, progress, NaN blame: what a run tells, and whose line it names."""

import io
import re

import numpy as np
import pytest

import neurokit as nk


def shown(f, *args):
    out = io.StringIO()
    nk.show(f, *args, file=out)
    return out.getvalue()


def cell(w, x):
    def step(c, x):
        c = np.tanh(c @ w + x)
        return c, c.sum()

    c, ys = nk.scan(step, np.zeros(3), x)
    return ys.sum() + c[1:].max()


def test_show_lists_operations_bodies_and_lines():
    text = shown(cell, np.eye(3), np.ones((5, 3)))
    assert re.search(r"= scan .*length=5 .*test_observe.py:\d+", text)
    assert re.search(r"^    \w = tanh .*float64\[3\].*test_observe.py:\d+$", text, re.M)
    assert text.strip().splitlines()[-1].startswith("return ")
    names = [line.split(" =")[0] for line in text.splitlines() if re.match(r"\w+ +=", line)]
    assert len(names) == len(set(names))
    gradient = shown(nk.grad(cell), np.eye(3), np.ones((5, 3)))
    assert gradient.count("= scan") == 2  # one forward, one back
    assert "reverse" in gradient
    many = shown(lambda x: sum(np.sin(k * x) for k in range(1, 40)), 1.0)
    assert "aa = " in many


def test_profile_accounts_for_the_calls():
    x = np.ones((200, 3))
    table = nk.profile(nk.grad(cell), np.eye(3), x)
    calls = sum(row[2] for row in table.rows if row[1] == "matmul")
    assert 400 <= calls <= 600  # forward and back, 200 steps each; the weight gradient
    assert all(row[3] >= 0 for row in table.rows)
    inside = sum(row[3] for row in table.rows)
    assert 0 < inside <= table.seconds
    assert re.search(r"test_observe.py:\d+", str(table))
    assert "in C" in repr(table)
    again = nk.profile(nk.grad(cell), np.eye(3), x)
    assert {r[1]: r[2] for r in again.rows} == {r[1]: r[2] for r in table.rows}


def test_profile_of_plain_functions_and_blocks():
    table = nk.profile(lambda x: np.exp(x).sum(), np.ones(1000))
    ((_, what, calls, _, n_bytes),) = table.rows
    assert (what, calls, n_bytes) == ("2 operations fused", 1, 8008)
    with nk.options(profile=True) as table:
        for _ in range(3):
            nk.grad(lambda x: np.sum(x * x))(np.ones(4))
    assert max(row[2] for row in table.rows) == 3
    with nk.options(profile=True) as empty:
        pass
    assert empty.rows == []


def test_profile_as_dataframe():
    pytest.importorskip("pandas")
    table = nk.profile(lambda x: np.exp(x), np.ones(10)).to_dataframe()
    assert list(table.columns) == ["line", "operation", "calls", "seconds", "bytes"]


def test_progress_ends_at_the_length():
    seen = []

    def run(x):
        return nk.scan(lambda c, _: (np.tanh(c * 1.01), None), x, length=2000)[0].sum()

    with nk.options(progress=lambda done, total: seen.append((done, total))):
        with_progress = nk.jit(run)(np.ones(500))
        assert seen[-1] == (2000, 2000)
        assert [d for d, _ in seen] == sorted(d for d, _ in seen)
        nk.jit(lambda x: x + 1)(np.ones(3))  # no loop, nothing to tell
        assert seen[-1] == (2000, 2000)
    n = len(seen)
    assert nk.jit(run)(np.ones(500)) == with_progress
    assert len(seen) == n


@pytest.mark.parametrize("size", [1, 300, 200_000])
def test_progress_of_a_loop_of_tiles_comes_while_it_runs(size):
    seen = []
    length = 6 * 10**8 // max(size, 60)  # half a second, some ten reports
    with nk.options(progress=lambda done, total: seen.append((done, total)), threads=2):
        nk.scan(lambda c, _: (np.tanh(c * 1.01), None), np.ones(size), length=length)
    done = [d for d, _ in seen]
    assert seen[-1] == (length, length) and done == sorted(done)
    assert any(0 < d < length for d in done)


def test_progress_does_not_change_random_numbers():
    def walk(**options):
        rng = nk.Rng(3)
        return nk.scan(lambda c, _: (c + rng.normal(), c), 0.0, length=300, **options)[1]

    seen = []
    np.testing.assert_array_equal(walk(progress=lambda *now: seen.append(now)), walk())
    assert seen[-1] == (300, 300)
    with pytest.raises(TypeError, match="plain calls"):
        nk.jit(lambda x: nk.scan(lambda c, _: (c, c), x, length=3, progress=print))(1.0)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_errors_of_progress_functions_come_at_the_end():
    calls = []

    def broken(done, total):
        calls.append(done)
        raise RuntimeError("no screen")

    loop = lambda **options: nk.scan(  # noqa: E731
        lambda c, _: (np.sin(c), None), np.ones(100_000), length=1500, **options
    )[0]
    with pytest.raises(RuntimeError, match="no screen"):
        loop(progress=broken)
    assert len(calls) == 1 and calls[0] < 1500
    np.testing.assert_array_equal(loop(progress=lambda *now: None), loop())


def test_progress_bar(capsys):
    pytest.importorskip("tqdm")
    with nk.options(progress=True):
        nk.scan(lambda c, _: (c + 1, None), np.zeros(2), length=50)
    assert "50/50" in capsys.readouterr().err


# Two functions of one structure share a program; errors must name the line of the one that ran.
def first(x):
    a = x * 2
    return np.sum(np.sqrt(a) + 1)


def second(x):
    a = x * 2

    return np.sum(np.sqrt(a) + 1)


def line_of(f, offset):
    return f"test_observe.py:{f.__code__.co_firstlineno + offset} (sqrt)"


@pytest.mark.parametrize("transform", [nk.grad, nk.jit, nk.value_and_grad])
def test_nan_blame_names_operation_and_line_of_this_code(transform):
    x = np.array([1.0, -1.0])
    transform(first)(x)
    transform(second)(x)
    with nk.options(nan_check=True):
        for f, offset in ((first, 2), (second, 3)):
            with pytest.raises(FloatingPointError, match=re.escape(line_of(f, offset))):
                transform(f)(x)


def test_nan_blame_of_numbers_that_are_computed_before_the_loop():
    """A number that follows from the step alone: computed for all steps, unless NaNs are looked for."""

    def step(v, t):
        drive = np.sqrt(6.0 - t)
        return v * 0.5 + drive, None

    line = re.escape(f"test_observe.py:{step.__code__.co_firstlineno + 1} (sqrt)")
    run = lambda v: nk.scan(step, v, np.arange(10))[0]  # noqa: E731
    loop = nk.jit(run)
    loop(np.zeros(3))
    with nk.options(nan_check=True):
        with pytest.raises(FloatingPointError, match=line + ".*step 7"):
            run(np.zeros(3))
        with pytest.raises(FloatingPointError, match=line + r".*\(7\)"):  # traced before
            loop(np.zeros(3))


def test_errors_name_the_line_of_this_code():
    def one(x, i):
        return np.sum(np.take(x, i))

    def other(x, i):
        y = np.take(x, i)
        return np.sum(y)

    good, bad = np.array([0, 1]), np.array([0, 7])
    for transform in (nk.grad, nk.jit):
        runs = [transform(one), transform(other)]
        for f, run, offset in ((one, runs[0], 1), (other, runs[1], 1)):
            run(np.ones(3), good)
            where = f"test_observe.py:{f.__code__.co_firstlineno + offset}"
            with pytest.raises(IndexError, match=re.escape(where)):
                run(np.ones(3), nk.array(bad) if transform is nk.jit else bad)


def test_options_are_restored():
    from neurokit.core.run.runtime import run_options

    before = dict(vars(run_options))
    with pytest.raises(ValueError):
        with nk.options(threads=1, nan_check=True, profile=True):
            raise ValueError
    assert vars(run_options) == before
    for bad in (0, 1.5, True):
        with pytest.raises(ValueError, match="threads"):
            with nk.options(threads=bad):
                pass


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("part", ["real", "imag"])
def test_nan_check_finds_nan_in_either_part(dtype, part):
    x = np.ones((2, 3), dtype)
    getattr(x, part)[1, ::2] = np.inf, -np.inf
    with nk.options(nan_check=True):
        with pytest.raises(FloatingPointError, match=r"sum.*element \(1\)"):
            nk.jit(lambda x: np.sum(x, 1))(x)
        np.testing.assert_array_equal(nk.jit(lambda x: np.sum(x, 0))(x), np.sum(x, 0))

"""Python numbers that differ from call to call: arguments of one program, not a program each."""

import threading

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.run import lower, runtime
from neurokit.core.transforms import derivatives

X = np.linspace(-1.0, 2.0, 9)


@pytest.fixture
def made(monkeypatch):
    """How many inputs the programs take that are compiled, from an empty cache."""
    found = []
    compile_program = lower.compile_program

    def counted(inputs, *args):
        found.append(len(inputs))
        return compile_program(inputs, *args)

    for place in lower, derivatives:
        monkeypatch.setattr(place, "compile_program", counted)
    runtime._programs.clear()
    return found


def loss(x, a):
    h = np.tanh(x * a + 0.25) / (a + 2.0)
    for _ in range(3):
        h = np.where(h > 0.1 * a, h * h, np.exp(-a * h)) + x**a
    return np.sum(np.abs(h))


def alone(call):
    """The result of a call that finds no program."""
    runtime._programs.clear()
    return call()


@pytest.mark.parametrize(
    "transform",
    [
        lambda a: nk.value_and_grad(lambda x: loss(x, a))(X),
        lambda a: nk.jvp(lambda x: loss(x, a), (X,), (np.cos(X),)),
        lambda a: nk.vmap(lambda x: x * a + np.sin(x / a))(X),
        lambda a: nk.hessian(lambda x: loss(x, a))(X),
        lambda a: nk.jit(lambda x: loss(x, a))(X),
        lambda a: nk.scan(lambda c, x: (c * c[0] + x, np.sin(c)), X[:4] * a, X - a)[1],
        lambda a: nk.sweep(lambda p: p["w"] * np.sin(a * p["w"]) + a, {"w": X}),
        lambda a: nk.value_and_grad(lambda x: loss(x, a) * (2.0 if np.sum(x * a) > a else a))(X),
        lambda a: nk.value_and_grad(nk.checkpoint(lambda x: loss(x, a) / a))(X),
    ],
    ids=["grad", "jvp", "vmap", "hessian", "jit", "loop", "sweep", "decision", "checkpoint"],
)
def test_one_program_serves_all_numbers(transform, made):
    numbers = [0.3, 0.7, -0.4, 1.9, np.pi, -0.0, 0.5, 0.1, 1e-300, 1e300]
    with np.errstate(all="ignore"):
        found = [transform(a) for a in numbers]
        assert len(made) <= 12  # 0 has a program of its own
        wanted = [alone(lambda: transform(a)) for a in numbers]  # noqa: B023
    for a, b in zip(found, wanted, strict=True):
        for x, y in zip(nk.tree.leaves(a), nk.tree.leaves(b), strict=True):
            assert np.array_equal(x, y, equal_nan=True)


def test_numbers_that_stay_are_part_of_the_program(made):
    for a in (0.3, 0.4, 0.5, 0.6):
        nk.grad(lambda x: np.sum(np.exp(-x * 0.7) / 4.0 + a * x))(X)  # noqa: B023
    assert made == [1, 2]


def test_masks_and_signs_of_zero_do_not_hang_on_earlier_numbers():
    x = np.array([1.0, np.inf, -np.inf, 0.0, -2.0])

    def masked(x, a):
        inside = np.isfinite(x)
        bent = np.where(inside, (x / a) ** 2 + np.sin(x / a), 1.0)
        return np.sum(bent + np.where(inside, np.sqrt(np.abs(x * a)), 0.0))

    call = lambda a: nk.value_and_grad(lambda x: masked(x, a))(x)  # noqa: E731
    with np.errstate(all="ignore"):
        numbers = (0.5, 0.3, -0.7, 0.0, 2.0)
        found = [call(a) for a in numbers]
        wanted = [alone(lambda: call(a)) for a in numbers]  # noqa: B023
    for (value, slope), (one, other) in zip(found, wanted, strict=True):
        assert value.tobytes() == one.tobytes() and slope.tobytes() == other.tobytes()


def test_another_thread_may_meet_a_new_number_meanwhile(monkeypatch):
    def f(x, a, b):
        return np.sum(np.sin(x * a) + x * b)

    call = lambda a, b: nk.value_and_grad(lambda x: f(x, a, b))(X)[0]  # noqa: E731
    met = []

    def meanwhile(numbers):
        if not met:
            met.append(True)
            other = threading.Thread(target=call, args=(0.3, 0.9))
            other.start()
            other.join()
        return sorted(numbers)

    runtime._programs.clear()
    call(0.3, 0.5)
    monkeypatch.setattr(runtime, "sorted", meanwhile, raising=False)
    for a, b in ((0.7, 0.5), (0.2, 0.5), (0.1, 0.4)):
        assert call(a, b) == pytest.approx(f(X, a, b))


def test_numbers_that_are_not_finite():
    for a in (0.3, np.inf, -np.inf, np.nan, 0.4):
        value, slope = nk.value_and_grad(lambda x: np.sum(np.minimum(x, a) * 2.0))(X)  # noqa: B023
        assert np.allclose(value, np.sum(np.minimum(X, a) * 2.0), equal_nan=True)
        assert a != a or np.array_equal(slope, 2.0 * (X < a))


def test_hundreds_of_programs_stay_compiled(made):
    for _ in range(2):
        for n in range(400):
            nk.vjp(lambda x: x * 3.0, np.ones(n))
    assert len(made) == 400


def test_types_and_whole_numbers():
    for dtype in (np.float32, np.float64, np.complex64):
        x = X.astype(dtype)
        for a in (2, 3, 0.5, 0.25, 7):
            value, (slope,) = nk.vjp(lambda x: x * a + a, x)[0], nk.vjp(lambda x: x * a, x)[1](x)  # noqa: B023
            assert value.dtype == slope.dtype == dtype
            assert np.array_equal(value, x * a + a) and np.array_equal(slope, x * a)


def test_an_error_names_the_line_of_its_own_call():
    def first(x, a):
        return np.sum(np.take(x * a, i))

    def second(x, a):
        return np.sum(np.take(x * a, i))  # the line

    i = np.array(2)
    for a in (0.1, 0.2, 0.3):
        nk.grad(first)(X, nk.stop_gradient(a))
    i = np.array(99)
    for a in (0.4, 0.5, 0.6):
        with pytest.raises(IndexError, match=f":{second.__code__.co_firstlineno + 1}"):
            nk.value_and_grad(lambda x: second(x, a))(X)  # noqa: B023


def test_a_step_that_adapts_makes_no_program_of_its_own(made):
    def solve(rate):
        y, h = 1.0 + 0.0 * rate, 0.1
        for _ in range(25):
            k = -rate * y
            once = y + h * k
            twice = y + 0.5 * h * k
            twice = twice - 0.5 * h * rate * twice
            error = float(nk.stop_gradient(np.abs(twice - once)))
            y, h = twice, h * min(2.0, 0.9 * (1e-3 / error) ** 0.5)
        return y

    nk.grad(solve)(0.8)
    before = len(made)
    assert before <= 6
    nk.grad(solve)(0.81)
    assert len(made) <= before + 1

"""Types, values and exceptions of traced NumPy functions, over all pairs of types and Python numbers.

The table of what is right is NumPy itself: each call is made once on plain arrays and once in a trace.
"""

import warnings

import numpy as np
import pytest

import neurokit as nk
from neurokit.core.errors import UpcastWarning

DTYPES = [np.dtype(c) for c in "?bBhHiIlLfdFD"]
# Python numbers beside arrays: of each kind, negative, too large for some or all integer types
NUMBERS = [
    True,
    0,
    1,
    3,
    -1,
    200,
    -129,
    70000,
    2**31,
    2**63,
    2**64,
    -(2**63) - 1,
    2.5,
    -0.0,
    1e300,
    1 + 2j,
]
UNARY = (
    "negative positive absolute fabs sign invert square reciprocal sqrt cbrt exp exp2 expm1 log log2 log10 log1p "
    "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh deg2rad rad2deg floor ceil trunc "
    "rint isnan isinf isfinite signbit logical_not conjugate"
).split()
BINARY = (
    "add subtract multiply true_divide floor_divide remainder fmod divmod power float_power maximum minimum fmax "
    "fmin less less_equal greater greater_equal equal not_equal logical_and logical_or logical_xor bitwise_and "
    "bitwise_or bitwise_xor left_shift right_shift arctan2 hypot copysign logaddexp logaddexp2 heaviside"
).split()


def values(dtype):
    """Numbers of a type, its extremes among them."""
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return np.array([0, 1, 2, 3, 7, info.max, info.max - 1, info.min, info.min + 1], dtype)
    x = np.array([0, 1, 2, 0.5, -1, -2.5, 3, 7, 0.25])
    if dtype.kind == "c":
        x = x + 1j * x[::-1]
    return x.astype(dtype)


class Raised:
    """An exception in the place of a result."""

    def __init__(self, error):
        self.error = error


def attempt(call, *args):
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return call(*args)
    except Exception as error:  # noqa: BLE001 - the exception is the result
        return Raised(error)


def leaves(x):
    return list(x) if isinstance(x, (tuple, list)) else [x]


def traced(calls):
    """Results of all calls, made in one jitted function of their array arguments."""
    arrays = {id(a): a for _, args in calls for a in args if isinstance(a, np.ndarray)}
    keys = list(arrays)
    raised = {}

    def run(*given):
        known = dict(zip(keys, given))
        out = []
        for k, (f, args) in enumerate(calls):
            result = attempt(f, *[known.get(id(a), a) for a in args])
            if isinstance(result, Raised):
                raised[k] = result
                result = ()
            out.append(result)
        return out

    results = nk.jit(run)(*arrays.values())
    return [raised.get(k, r) for k, r in enumerate(results)]


def refused(wanted):
    """Types that a trace refuses by name: float16 and long double."""
    return any(np.asarray(w).dtype.char in "egG" for w in leaves(wanted))


def check(name, calls, exact=False):
    """Compare all calls with NumPy; every difference is reported."""
    wrong = []
    for (f, args), got in zip(calls, traced(calls)):
        wanted = attempt(f, *args)
        what = f"{name}({', '.join(str(getattr(a, 'dtype', a)) for a in args)})"
        if isinstance(wanted, Raised) or refused(wanted):
            builtin = TypeError
            if isinstance(wanted, Raised):
                builtin = next(c for c in type(wanted.error).__mro__ if c.__module__ == "builtins")
            if not isinstance(got, Raised):
                wrong.append(f"{what}: got {got!r}, wanted {builtin.__name__}")
            elif not isinstance(got.error, builtin):
                wrong.append(f"{what}: raised {got.error!r}, wanted {builtin.__name__}")
            continue
        if isinstance(got, Raised):
            wrong.append(f"{what}: raised {got.error!r}, wanted {wanted!r}")
            continue
        for g, w in zip(leaves(got), leaves(wanted)):
            g, w = np.asarray(g), np.asarray(w)
            if g.dtype != w.dtype or g.shape != w.shape:
                wrong.append(f"{what}: {g.dtype}{g.shape}, wanted {w.dtype}{w.shape}")
            elif not agree(g, w):
                wrong.append(f"{what}: {g}, wanted {w}")
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong[:40])


def agree(got, wanted):
    if got.dtype.kind in "biu":
        return np.array_equal(got, wanted)
    rtol = 1e-5 if got.dtype.char in "fF" else 1e-12
    if got.dtype.kind == "c":  # beyond the largest number only chance decides on the angle
        far = np.isinf(got) & np.isinf(wanted)
        got, wanted = np.where(far, 0, got), np.where(far, 0, wanted)
    with np.errstate(all="ignore"):
        return np.allclose(got, wanted, rtol=rtol, atol=rtol, equal_nan=True)


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    f = getattr(np, name)
    check(name, [(f, (values(d),)) for d in DTYPES])


def binary_calls(name):
    """All pairs of types, and each type beside each Python number."""
    f = getattr(np, name)
    arrays = {d: values(d) for d in DTYPES}
    second = {d: a[::-1].copy() for d, a in arrays.items()}
    if name == "power":  # a negative integer power is an error of the values, not of the types
        second = {
            d: np.where(a < 0, 0, a).astype(d) if d.kind == "i" else a for d, a in second.items()
        }
    calls = [(f, (arrays[a], second[b])) for a in DTYPES for b in DTYPES]
    calls += [(f, (arrays[d], n)) for d in DTYPES for n in NUMBERS]
    if name != "power":
        calls += [(f, (n, second[d])) for d in DTYPES for n in NUMBERS]
    return calls


@pytest.mark.parametrize("k, name", list(enumerate(BINARY)))
def test_binary(k, name):
    """A fifth of the calls, each time another; tests/full makes them all."""
    check(name, binary_calls(name)[k % 5 :: 5])


def test_upcast_is_told_by_line():
    x, y = np.ones(3, np.float32), np.ones(3)

    def f(x, y):
        a = x * 2.0 + np.float32(1)
        b = a * y  # the line
        return (b + x.astype(np.float64)).sum() + np.concatenate([x, y]).sum()

    with nk.options(upcast="warn"), pytest.warns(UpcastWarning) as told:
        nk.grad(f)(x, y)
    lines = {str(w.message).split(" at ")[1].split(":")[1] for w in told}
    start = f.__code__.co_firstlineno
    assert lines == {str(start + 2), str(start + 3)}
    with nk.options(upcast="raise"), pytest.raises(TypeError, match="float32 becomes float64"):
        nk.jit(lambda x, y: x + y)(x, y)
    with nk.options(upcast="raise"), pytest.raises(TypeError, match="float32 becomes float64"):
        nk.jit(np.linalg.solve)(np.eye(3), x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nk.grad(lambda x: (x * y).sum())(x)
        with nk.options(upcast="warn"):
            nk.jit(lambda x: np.tanh(x) * 0.5 + 1)(x)
    with pytest.raises(ValueError, match="upcast"), nk.options(upcast="loud"):
        pass


def test_integer_division_by_zero_and_overflow():
    """No trap of the machine: quotients by 0 are 0, the smallest number over -1 wraps."""
    for dtype in (np.int8, np.int16, np.int32, np.int64):
        x = np.array([np.iinfo(dtype).min, 5, -5], dtype)
        for y in (np.array([-1, 0, 0], dtype), dtype(0), dtype(-1)):
            for f in (np.floor_divide, np.remainder, np.fmod, np.divmod):
                check("division", [(f, (x, y))])


def test_python_numbers_are_weak_until_a_function_takes_them():
    x = np.ones(2, np.float32)
    f = lambda s, x: (s * 2 * x, np.sin(s) * x, np.add(s, 1) * x)  # noqa: E731
    assert [a.dtype for a in nk.jit(f)(0.5, x)] == [a.dtype for a in f(0.5, x)]
    with pytest.raises(TypeError, match="float16"):
        nk.jit(lambda x: x + 1)(np.ones(2, np.float16))
    with pytest.raises(TypeError, match="longdouble|float128"):
        nk.jit(lambda x: x + 1)(np.ones(2, np.longdouble))


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
def test_negative_integer_powers(dtype):
    x = np.array([1, 2], dtype)
    for f in (lambda x: x ** (x - 2), lambda x: x**-1):
        with pytest.raises(ValueError, match="negative integer powers"):
            nk.jit(f)(x)
    np.testing.assert_array_equal(nk.jit(lambda x: x ** (x - 1))(x), [1, 2])
    with pytest.raises(ValueError, match="negative integer powers"):
        nk.vmap(lambda n: x**n)(x - 2)
    np.testing.assert_array_equal(nk.vmap(lambda n: x**n)(x), [[1, 2], [1, 4]])


@pytest.mark.parametrize("source", DTYPES, ids=str)
def test_conversions_of_any_layout(source):
    """Strided, reversed, repeated and 0-d arrays of any length, to every type."""
    targets = [np.int64, np.float64, *DTYPES]
    base = np.abs(np.arange(-7, 130) % 100).astype(source)
    arrays = [
        base,
        base[::3],
        base[5::-2],
        np.broadcast_to(base[:3, None], (3, 40)),
        base[4],
        base[:0],
    ]

    def f(*xs):
        return [[x.astype(t) for t in targets] for x in xs]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        for got, wanted in zip(nk.jit(f)(*arrays), f(*arrays)):
            for g, w in zip(got, wanted):
                assert g.dtype == w.dtype
                np.testing.assert_array_equal(g, w)


def test_narrow_integers_in_loops_and_stacks():
    steps = np.arange(1, 200, dtype=np.uint8)

    def f(x, steps):
        return nk.scan(lambda c, s: (c * 3 + s, c ^ s), x, steps)

    c, out = np.uint8(7), []
    with np.errstate(all="ignore"):
        for s in steps:
            out.append(c ^ s)
            c = c * np.uint8(3) + s
    last, ys = f(np.uint8(7), steps)
    assert last == c and last.dtype == np.uint8
    np.testing.assert_array_equal(ys, np.array(out))
    x = np.arange(12, dtype=np.int16).reshape(3, 4) * 3000
    g = lambda row: (row * row, row.max(), row // np.int16(7))  # noqa: E731
    for a, b in zip(nk.vmap(g)(x), zip(*[g(row) for row in x])):
        np.testing.assert_array_equal(a, np.stack(b))
        assert a.dtype == np.stack(b).dtype


@pytest.mark.parametrize("k", [0, 1, 2, 3, 2.0, True, np.int64(2), np.int8(2)], ids=repr)
def test_powers_of_booleans(k):
    """The operator with a Python 2 squares, in another type than np.power."""
    for x in (np.array([True, False]), np.True_, np.zeros((2, 0), bool)):
        for f in (lambda x: x**k, lambda x: np.power(x, k), lambda x: k**x):
            wanted, got = np.asarray(f(x)), np.asarray(nk.jit(f)(x))
            assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
            np.testing.assert_array_equal(got, wanted)

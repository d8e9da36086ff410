"""Arrays of every type and layout for the twin tests of the kernels."""

import os
import subprocess
import sys

import numpy as np
import pytest

from neurokit import _core

DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16"]
REAL = DTYPES[:-2]


def sample(rng, dtype, shape):
    """Small numbers of any type; complex ones on the unit circle."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.asarray(rng.random(shape) < 0.5)
    if kind in "iu":
        return np.asarray(rng.integers(0, 100, shape)).astype(dtype)
    if kind == "c":
        return np.asarray(np.exp(1j * rng.normal(size=shape))).astype(dtype)
    return np.asarray(rng.normal(size=shape)).astype(dtype)


def layouts(x):
    """The same numbers, or views of them, in several memory layouts."""
    yield x
    if x.ndim == 0:
        return
    yield np.asfortranarray(x)
    yield x[::-1]
    wide = np.zeros(x.shape[:-1] + (2 * x.shape[-1],), x.dtype)
    wide[..., ::2] = x
    yield wide[..., ::2]
    if x.ndim > 1:
        yield x[..., ::-1]
        yield np.broadcast_to(x[:1], x.shape)


def call(name, shape, dtype, *ins, ip=(), fp=(), threads=0):
    """The output of one kernel."""
    out = np.empty(shape, dtype)
    _core.call(name, [out], list(ins), ip=ip, fp=fp, threads=threads)
    return out


def same_at_any_threads(name, shape, dtype, *ins, ip=()):
    """The output, which must not depend on the number of threads by a single bit."""
    one, two, three = (call(name, shape, dtype, *ins, ip=ip, threads=n) for n in (1, 2, 3))
    assert one.tobytes() == two.tobytes() == three.tobytes()
    return one


def assert_close(got, want):
    """Equal for exact types, to a few hundred roundings for floats."""
    __tracebackhide__ = True
    want = np.asarray(want)
    assert got.shape == want.shape
    if got.dtype.kind in "fc":
        eps = 500 * np.finfo(got.dtype).eps
        np.testing.assert_allclose(
            got, want, rtol=eps, atol=eps * max(1, np.abs(want).max(initial=0))
        )
    else:
        np.testing.assert_array_equal(got, want)


def run_at_level(level, file):
    """Run the tests of a file in a process of its own at a CPU level, unless this is one already."""
    if os.environ.get("NEUROKIT_CPU"):
        pytest.skip("already inside")
    env = dict(os.environ, NEUROKIT_CPU=level)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", file]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]

"""Running one expression in NumPy, lazily and jitted, and comparing value, dtype, shape and exception class."""

import numpy as np

import neurokit as nk


def leaves(x):
    if isinstance(x, (tuple, list)):
        return [z for y in x for z in leaves(y)]
    return [np.asarray(x)]


def lazily(f, args):
    """f on traced float arguments outside of jit, as in the forward pass of a gradient."""
    return nk.vjp(f, *args)[0]


def outcome(f, args):
    """What f gives, or the exception it raises."""
    args = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
    with np.errstate(all="ignore"):
        try:
            return f(*args)
        except Exception as error:  # noqa: BLE001 - the class is compared
            return error


def same(f, *args, modes=("jit", "lazy"), rtol=1e-11):
    """Assert that NumPy, the compiled and the lazy trace agree on f(*args)."""
    __tracebackhide__ = True
    wanted = outcome(f, args)
    for mode in modes:
        if mode == "lazy" and any(np.asarray(a).dtype.kind not in "fc" for a in args):
            continue
        got = outcome(nk.jit(f) if mode == "jit" else lambda *a: lazily(f, a), args)
        if isinstance(wanted, Exception):
            assert isinstance(got, type(wanted)), (mode, wanted, got)
            continue
        assert not isinstance(got, Exception), (mode, got)
        wanted_leaves, got_leaves = leaves(wanted), leaves(got)
        assert len(wanted_leaves) == len(got_leaves), mode
        for w, g in zip(wanted_leaves, got_leaves):
            assert (w.dtype, w.shape) == (g.dtype, g.shape), (
                mode,
                w.dtype,
                w.shape,
                g.dtype,
                g.shape,
            )
            types = {w.dtype, *[np.asarray(a).dtype for a in args]}
            scale = rtol if types.isdisjoint([np.dtype("f4"), np.dtype("c8")]) else 3e-5
            np.testing.assert_allclose(g, w, rtol=scale, atol=scale, err_msg=mode)

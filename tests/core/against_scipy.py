"""Functions of nk.scipy beside SciPy's own."""

import numpy as np

import neurokit as nk


def same(f, wanted, *args, rtol=1e-11, atol=1e-12):
    got, wanted = nk.jit(f)(*args), wanted(*args)
    pairs = zip(got, wanted) if isinstance(wanted, tuple) else [(got, wanted)]
    for g, w in pairs:
        assert np.shape(g) == np.shape(w) and g.dtype == np.asarray(w).dtype
        np.testing.assert_allclose(g, w, rtol=rtol, atol=atol)


def both(module, name, *args, rtol=1e-11, order=2, **kwargs):
    """Value against SciPy's, derivatives against finite differences."""
    ours = getattr(getattr(nk.scipy, module.__name__.rpartition(".")[2]), name)
    same(
        lambda *a: ours(*a, **kwargs),
        lambda *a: getattr(module, name)(*a, **kwargs),
        *args,
        rtol=rtol,
    )
    if order:
        first = lambda y: y[0] if isinstance(y, tuple) else y  # noqa: E731
        nk.check_grads(lambda *a: first(ours(*a, **kwargs)), args, order=order)
    plain, wanted = ours(*args, **kwargs), getattr(module, name)(*args, **kwargs)
    np.testing.assert_equal(plain, wanted)

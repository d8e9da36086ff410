"""`check_grads`: derivatives against finite differences, forward against reverse."""

import numpy as np

from .. import tree
from ..trace.arguments import Opened
from .derivatives import jvp, vjp


def check_grads(f, args, order=2, modes=("fwd", "rev"), rtol=1e-6, atol=None, eps=None, seed=0):
    """Compare derivatives of `f` at `args` with central differences, along random directions.

    Parameters
    ----------
    f : callable
    args : tuple of float64 or complex128 arrays, numbers, or containers or models of them
        The state of models is the same in all calls.
    order : int, at least 1
        2 also checks the derivative of the derivative, and so on.
    modes : tuple of "fwd" and "rev"
    rtol, atol, eps : float
        Tolerances (atol defaults to rtol) and the step; by default fourth-order differences with a step
        that suits float64.

    Raises
    ------
    AssertionError
        Naming the order, the mode, and the argument whose derivative is off. Where the differences and
        the derivative are both NaN, as outside of a function's domain, they agree.
    """
    args = tuple(args)
    leaves = tree.leaves(args)
    if any(np.asarray(x).dtype.char not in "dD" for x in leaves):
        raise TypeError(
            "check_grads: all arguments must be float64 or complex128, got "
            f"{sorted({str(np.asarray(x).dtype) for x in leaves})}"
        )
    if isinstance(modes, str) or not set(modes) or set(modes) - {"fwd", "rev"}:
        raise ValueError(
            f"check_grads: modes must be 'fwd', 'rev' or both in a tuple, got {modes!r}"
        )
    if not isinstance(order, (int, np.integer)) or isinstance(order, bool) or order < 1:
        raise ValueError(f"check_grads: order must be a positive int, got {order!r}")
    _check(
        f,
        args,
        order,
        modes,
        _tolerance("rtol", rtol),
        _tolerance("atol", rtol if atol is None else atol),
        1e-3 if eps is None else _tolerance("eps", eps, above=True),
        np.random.default_rng(seed),
        "",
    )


def _tolerance(name, x, above=False):
    """A number of 0 or more, or above 0."""
    if np.ndim(x) or not isinstance(x, (int, float, np.number)) or not (x > 0 if above else x >= 0):
        wanted = "a positive number" if above else "0 or more"
        raise ValueError(f"check_grads: {name} must be {wanted}, got {x!r}")
    return x


def _random(rng, x):
    """Random numbers of the shape of `x`, complex where it is."""
    value = rng.standard_normal(np.shape(x))
    return value + 1j * rng.standard_normal(np.shape(x)) if np.iscomplexobj(x) else value


def _pairing(a, b):
    """The real inner product that reverse mode is the adjoint in."""
    return np.sum((np.asarray(a) * np.asarray(b)).real)


def _check(f, args, order, modes, rtol, atol, eps, rng, prefix):
    opened = Opened(args)
    leaves, spec, names = opened.leaves, opened.spec, tree.paths(args)

    def held(transform, *given):
        """What a transform gives; the state of models stays as it was."""
        result = transform(*given)
        opened.keep(opened.states)
        return result

    for k, (leaf, name) in enumerate(zip(leaves, names)):
        direction = [np.zeros_like(x) for x in leaves]
        direction[k] = _random(rng, leaf)
        wanted = _difference(f, opened, direction, eps)
        if "fwd" in modes:
            _, got = held(jvp, f, args, tree.unflatten(spec, direction))
            _compare(
                tree.leaves(got),
                wanted,
                rtol,
                atol,
                f"{prefix}forward derivative by argument {name}",
            )
        if "rev" in modes:
            out, pullback = held(vjp, f, *args)
            ct = [_random(rng, o) for o in tree.leaves(out)]
            grads = pullback(tree.unflatten(tree.flatten(out)[1], ct))
            grads = tree.leaves_like(spec, grads)
            left = sum(_pairing(c, w) for c, w in zip(ct, wanted))
            _compare(
                [_pairing(grads[k], direction[k])],
                [np.asarray(left)],
                rtol,
                atol,
                f"{prefix}reverse derivative by argument {name}",
            )
    if order > 1:
        fixed = [_random(rng, x) for x in leaves]
        if "fwd" in modes:
            _check(
                lambda *a: jvp(f, a, tree.unflatten(spec, fixed))[1],
                args,
                order - 1,
                modes,
                rtol,
                atol,
                eps,
                rng,
                prefix + "order 2: forward of " if not prefix else prefix,
            )
        if "rev" in modes:
            out = held(f, *args)
            cts = [_random(rng, o) for o in tree.leaves(out)]
            out_spec = tree.flatten(out)[1]
            _check(
                lambda *a: vjp(f, *a)[1](tree.unflatten(out_spec, cts)),
                args,
                order - 1,
                modes,
                rtol,
                atol,
                eps,
                rng,
                prefix + "order 2: reverse of " if not prefix else prefix,
            )


def _difference(f, opened, direction, eps):
    """Fourth-order central difference along `direction`."""

    def at(step):
        moved = [np.asarray(x) + step * d for x, d in zip(opened.leaves, direction)]
        # NumPy's sums of 0-d arrays are numbers, which f could not write to
        moved = [
            np.asarray(m) if isinstance(x, np.ndarray) else m for m, x in zip(moved, opened.leaves)
        ]
        with opened.arguments(moved, opened.states) as args:
            return [_double(o) for o in tree.leaves(f(*args))]

    a, b, c, d = at(-2 * eps), at(-eps), at(eps), at(2 * eps)
    return [(w - 8 * x + 8 * y - z) / (12 * eps) for w, x, y, z in zip(a, b, c, d)]


def _double(x):
    return np.asarray(x, np.complex128 if np.iscomplexobj(x) else np.float64)


def _compare(got, wanted, rtol, atol, what):
    for g, w in zip(got, wanted):
        g, w = _double(g), _double(w)
        known = ~(np.isnan(g) & np.isnan(w))
        g, w = np.where(known, g, 0), np.where(known, w, 0)
        scale = np.max(np.abs(w), initial=0.0)
        error = np.max(np.abs(g - w), initial=0.0) if np.all(np.isfinite(g)) else np.inf
        if not error <= atol + rtol * scale:
            raise AssertionError(
                f"check_grads: {what} is off by {error:.3g} (largest derivative {scale:.3g}, allowed "
                f"{atol + rtol * scale:.3g})"
            )

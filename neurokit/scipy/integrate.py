"""`scipy.integrate` on traced arrays: sums over samples, and initial value problems in C."""

import numpy as np

from neurokit.core.loops.flow import while_loop
from neurokit.core.primitives.control import stop
from neurokit.core.trace.tracer import Tracer, to_node

from ._twin import _traced, left_out, twin_of

_twin = twin_of("scipy.integrate")
__all__ = ["cumulative_trapezoid", "odeint", "simpson", "trapezoid"]


def _array(x):
    return Tracer(to_node(x))


@_twin
def trapezoid(y, x=None, dx=1.0, axis=-1):
    return np.trapezoid(y, x, dx, axis)


def _steps(x, n, dx, axis, ndim):
    """Distances of the samples, to broadcast along `axis`."""
    if x is None:
        return None
    d = np.diff(_array(x), axis=-1 if np.ndim(x) == 1 else axis)
    if d.ndim == 1:
        shape = [1] * ndim
        shape[axis] = -1
        d = d.reshape(shape)
    if d.shape[axis] != n - 1:
        raise ValueError("If given, length of x along axis must be the same as y.")
    return d


def _part(y, axis, *s):
    return y[(slice(None),) * (axis % y.ndim) + (slice(*s),)]


@_twin
def cumulative_trapezoid(y, x=None, dx=1.0, axis=-1, initial=None):
    y = _array(y)
    if initial not in (None, 0):
        raise ValueError("`initial` must be `None` or `0`.")
    d = _steps(x, y.shape[axis], dx, axis, y.ndim)
    pairs = _part(y, axis, 1, None) + _part(y, axis, None, -1)
    out = np.cumsum((dx if d is None else d) * pairs / 2.0, axis=axis)
    if initial is None:
        return out
    return np.concatenate([0 * _part(y, axis, 0, 1), out], axis=axis)


@_twin
def simpson(y, x=None, *, dx=1.0, axis=-1):
    """An even number of samples ends with Cartwright's correction, as in SciPy."""
    y = _array(y)
    n = y.shape[axis]
    d = _steps(x, n, dx, axis, y.ndim)
    if d is None:
        shape = [1] * y.ndim
        shape[axis] = n - 1
        d = dx * np.ones(shape)
    if n == 1:
        return np.sum(0 * y, axis=axis)
    if n == 2:
        return np.sum(0.5 * d * (_part(y, axis, 1, 2) + _part(y, axis, 0, 1)), axis=axis)
    last = n if n % 2 else n - 1
    a, b, c = (_part(y, axis, k, last - 2 + k, 2) for k in range(3))
    h0, h1 = _part(d, axis, 0, last - 1, 2), _part(d, axis, 1, last - 1, 2)
    total, ratio = h0 + h1, h0 / h1
    parts = a * (2 - 1 / ratio) + b * (total * total / (h0 * h1)) + c * (2 - ratio)
    result = np.sum(total / 6 * parts, axis=axis)
    if n % 2 == 0:
        h0, h1 = _part(d, axis, n - 3, n - 2), _part(d, axis, n - 2, n - 1)
        alpha = (2 * h1**2 + 3 * h0 * h1) / (6 * (h1 + h0))
        beta = (h1**2 + 3 * h0 * h1) / (6 * h0)
        eta = h1**3 / (6 * h0 * (h0 + h1))
        tail = alpha * _part(y, axis, n - 1, n) + beta * _part(y, axis, n - 2, n - 1)
        result = result + np.sum(tail - eta * _part(y, axis, n - 3, n - 2), axis=axis)
    return result


# ---------------------------------------------------------------------------- initial value problems

# Dormand and Prince's pair of orders 5 and 4, doi:10.1016/0771-050X(80)90013-3
_NODES = (0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1)
_STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


def _weighted(ks, weights):
    return sum(w * k for w, k in zip(weights, ks) if w != 0)


def odeint(func, y0, t, args=(), **options):
    """`scipy.integrate.odeint`, also on traced arrays.

    Traced arguments (or a `func` that reaches traced values) are integrated by Dormand and Prince's
    explicit method with steps adapted to `rtol` and `atol`, in a loop in C; derivatives are those of
    the steps that were made. Stiff systems take many steps. `hmax`, `h0` and `mxstep` per interval
    (default 10000) are followed, `tfirst` too.
    """
    from scipy import integrate

    tfirst = options.get("tfirst", False)
    call = (lambda y, s: func(s, y, *args)) if tfirst else (lambda y, s: func(y, s, *args))
    if not (_traced((y0, t)) or _traced(tuple(args))):
        probe = call(np.asarray(y0, float), float(np.asarray(t).ravel()[0]))
        if not _traced((probe,)):
            return integrate.odeint(func, y0, t, args, **options)
    return _odeint(call, y0, t, **options)


def _odeint(
    call,
    y0,
    t,
    tfirst=False,
    rtol=None,
    atol=None,
    h0=0.0,
    hmax=0.0,
    mxstep=0,
    full_output=0,
    Dfun=None,
    col_deriv=0,
    printmessg=0,
    **others,
):
    from neurokit.core.loops.scan import scan

    left_out("odeint", full_output=(full_output, 0))
    for name in others:
        raise TypeError(f"odeint: {name}= has no form on traced arrays")
    y0, t = _array(y0).astype(np.float64), _array(t).astype(np.float64)
    if y0.ndim > 1 or t.ndim != 1:
        raise ValueError(f"y0 and t must be one-dimensional, got shapes {y0.shape} and {t.shape}")
    y0 = y0.reshape(-1)
    rtol = 1.49012e-8 if rtol is None else rtol
    atol = 1.49012e-8 if atol is None else atol
    most = mxstep or 10_000

    def f(y, s):
        value = call(y, s)
        value = np.stack(list(value)) if isinstance(value, (list, tuple)) else value
        return np.broadcast_to(_array(value).astype(np.float64), y0.shape)

    def interval(carry, ends):
        y, h, first = carry
        start, end = ends
        span = end - start

        def test(state):
            return state[0] < 1.0

        def step(state):
            done, y, h, k0 = state
            h = np.minimum(h, 1.0 - done)
            size, now = h * span, start + done * span
            ks = [k0]
            for node, weights in zip(_NODES[1:], _STAGES[1:]):
                new = y + size * _weighted(ks, weights)
                ks.append(f(new, now + node * size))
            scale = atol + rtol * np.maximum(np.abs(y), np.abs(new))
            error = np.sqrt(np.mean(np.square(size * _weighted(ks, _ERROR) / scale)))
            error = Tracer(stop(to_node(error)))
            good = error <= 1.0
            growth = 0.9 * np.maximum(error, 1e-10) ** -0.2
            factor = np.minimum(10.0, np.maximum(0.2, np.where(np.isnan(error), 0.2, growth)))
            reached = np.where(h >= 1.0 - done, 1.0, done + h)
            return (
                np.where(good, reached, done),
                np.where(good, new, y),
                Tracer(stop(to_node(limit(h * factor)))),
                np.where(good, ks[-1], k0),
            )

        def limit(h):
            return np.minimum(h, hmax / np.abs(span)) if hmax else h

        state = (
            0.0 * span,
            y,
            limit(np.minimum(1.0, h / np.abs(np.where(span == 0, 1.0, span)))),
            first,
        )
        done, y, h, first = while_loop(test, step, state, max_steps=most)
        y = np.where(done < 1.0, np.nan, y)
        return (y, np.maximum(h * np.abs(span), 1e-300), first), y

    first = f(y0, t[0])
    # a step that changes y by a hundredth, as Hairer, Norsett and Wanner start (II.4)
    scale = atol + rtol * np.abs(y0)
    size0, size1 = (np.sqrt(np.mean(np.square(v / scale))) for v in (y0, first))
    start = np.where(
        (size0 < 1e-5) | (size1 < 1e-5), 1e-6, 0.01 * size0 / np.maximum(size1, 1e-300)
    )
    start = Tracer(stop(to_node(start))) if not h0 else 0.0 * t[0] + h0
    _, ys = scan(interval, (y0, start, first), (t[:-1], t[1:]))
    return np.concatenate([y0[None], ys])

"""Initial value problems on traced arrays: SciPy's explicit Runge-Kutta methods, their steps in C."""

import numpy as np

from neurokit.core.loops.flow import while_loop
from neurokit.core.loops.scan import scan

from ._arrays import as_array, as_float64, fixed
from ._twin import _traced, left_out

EXPLICIT = ("RK45", "RK23", "DOP853")
IMPLICIT = ("Radau", "BDF", "LSODA")


def solve_ivp(
    fun,
    t_span,
    y0,
    method="RK45",
    t_eval=None,
    dense_output=False,
    events=None,
    vectorized=False,
    args=None,
    max_steps=10_000,
    **options,
):
    """`scipy.integrate.solve_ivp`, also on traced arrays.

    Traced arguments (or a `fun` that reaches traced values) are integrated in a loop in C by the
    steps that SciPy takes, and read at `t_eval` from SciPy's interpolant.

    Parameters
    ----------
    fun : callable, (t, y, *args) -> array, shape (n,)
    t_span : (start, end)
    y0 : array, shape (n,)
    method : "RK45", "RK23" or "DOP853"
    t_eval : array, shape (n_times,)
        Needed on traced arrays; sorted from start to end.
    args : tuple, optional
        Further arguments of `fun`.
    max_steps : int
        The most steps tried between two times of `t_eval`; has no meaning on plain arrays.
    rtol, atol, first_step, max_step
        As in SciPy.

    Returns
    -------
    A result with `t`, `y` of shape (n, n_times), `nfev`, `status` and `success`. Where a step becomes
    too small or `max_steps` are used up, `success` is false and `y` is nan from there on.

    Raises
    ------
    TypeError
        `t_eval` is missing, or an option has no form on traced arrays.
    ValueError
        `t_eval` is not sorted or not within `t_span`; a size, a tolerance or `method` is not valid.

    Notes
    -----
    Derivatives with respect to `y0`, `args`, `t_eval`, the start and what `fun` reaches are those of
    the steps that were made: the sizes of steps are taken as constants.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> def last(rate):
    ...     decay = lambda t, y: -rate * y
    ...     return nk.scipy.integrate.solve_ivp(decay, (0, 1), [1.0], t_eval=[1.0], rtol=1e-8).y[0, 0]
    >>> round(float(nk.grad(last)(2.0)), 3)
    -0.135
    """
    from scipy import integrate

    extra = () if args is None else tuple(args)
    call = lambda s, y: fun(s, y, *extra)  # noqa: E731
    if not _traced((t_span, y0, t_eval, extra, tuple(options.values()))):
        if not _traced((call(float(t_span[0]), np.array(y0, ndmin=1) * 1.0),)):
            return integrate.solve_ivp(
                fun, t_span, y0, method, t_eval, dense_output, events, vectorized, args, **options
            )
    left_out(
        "solve_ivp",
        dense_output=(dense_output, False),
        events=(events, None),
        vectorized=(vectorized, False),
    )
    return _result(call, t_span, y0, _tables(method), t_eval, max_steps, **options)


def odeint(func, y0, t, args=(), **options):
    """`scipy.integrate.odeint`, also on traced arrays.

    Traced arguments (or a `func` that reaches traced values) are integrated by the steps of
    `solve_ivp` with method "DOP853", adapted to `rtol` and `atol`; derivatives are those of the steps
    that were made. Stiff systems take many steps. `hmax`, `h0` and `mxstep` per interval (default
    10000) are followed, `tfirst` too.
    """
    from scipy import integrate

    call = func if options.get("tfirst", False) else lambda s, y, *args: func(y, s, *args)
    if not _traced((y0, t, tuple(args))):
        probe = call(float(np.asarray(t).ravel()[0]), np.asarray(y0, float), *args)
        if not _traced((probe,)):
            return integrate.odeint(func, y0, t, args, **options)
    return _odeint(lambda s, y: call(s, y, *args), y0, t, **options)


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
    left_out("odeint", full_output=(full_output, 0))
    for name in others:
        raise TypeError(f"odeint: {name}= has no form on traced arrays")
    y0, t = as_float64(y0).reshape(-1), as_float64(t)
    if t.ndim != 1:
        raise ValueError(f"odeint: t must be one-dimensional, got shape {t.shape}")
    result = _result(
        call,
        (t[0], t[-1]),
        y0,
        _tables("DOP853"),
        t,
        mxstep or 10_000,
        rtol=1.49012e-8 if rtol is None else rtol,
        atol=1.49012e-8 if atol is None else atol,
        first_step=h0 or None,
        max_step=hmax or np.inf,
    )
    return result.y.T


def _tables(method):
    """SciPy's class of the method, which holds its coefficients."""
    from scipy import integrate

    if method in IMPLICIT:
        raise TypeError(
            f"solve_ivp: method={method!r} has no form on traced arrays: use {EXPLICIT}"
        )
    if method not in EXPLICIT:
        raise ValueError(f"solve_ivp: method must be one of {EXPLICIT}, got {method!r}")
    return getattr(integrate, method)


def _result(
    call,
    t_span,
    y0,
    table,
    t_eval,
    max_steps,
    rtol=1e-3,
    atol=1e-6,
    first_step=None,
    max_step=np.inf,
    **others,
):
    from scipy.optimize import OptimizeResult

    for name in others:
        raise TypeError(f"solve_ivp: {name}= has no form on traced arrays")
    y0 = as_array(y0)
    y0 = y0.astype(np.complex128 if y0.dtype.kind == "c" else np.float64)
    if y0.ndim != 1:
        raise ValueError(f"solve_ivp: y0 must be one-dimensional, got shape {y0.shape}")
    _check(t_span, t_eval, rtol, atol, first_step, max_step)
    t0, tf = (as_float64(t) for t in t_span)
    times = as_float64(t_eval)

    def f(s, y):
        value = call(s, y)
        value = np.stack(list(value)) if isinstance(value, (list, tuple)) else value
        return np.broadcast_to(as_array(value).astype(y0.dtype), y0.shape)

    if not _traced((rtol,)):
        rtol = max(rtol, 100 * np.finfo(float).eps)
    problem = _Problem(f, table, fixed(tf), fixed(t0), rtol, atol, max_step, int(max_steps))
    state, nfev = problem.start(t0, y0, first_step)
    (state, read), ys = scan(problem.read_at, (state, 0), times)
    state = problem.advance(state, problem.end)  # as SciPy, which goes on to the end
    extra = len(getattr(table, "C_EXTRA", ()))
    return OptimizeResult(
        t=times,
        y=ys.T,
        sol=None,
        t_events=None,
        y_events=None,
        nfev=nfev + table.n_stages * state["tried"] + extra * read,
        njev=0,
        nlu=0,
        status=np.where(state["failed"], -1, 0),
        success=~state["failed"],
    )


def _check(t_span, t_eval, rtol, atol, first_step, max_step):
    """Raise where a plain argument is out of bounds."""
    if t_eval is None:
        raise TypeError(
            "solve_ivp: traced arrays need t_eval=, since the number of steps is not known before"
        )
    if np.ndim(t_eval) != 1:
        raise ValueError(f"solve_ivp: t_eval must be one-dimensional, got shape {np.shape(t_eval)}")
    if not _traced((atol,)) and np.any(np.asarray(atol) < 0):
        raise ValueError(f"solve_ivp: atol must not be negative, got {atol}")
    if not _traced((max_step,)) and not max_step > 0:
        raise ValueError(f"solve_ivp: max_step must be positive, got {max_step}")
    if _traced(tuple(t_span)):
        return
    t0, tf = map(float, t_span)
    if first_step is not None and not _traced((first_step,)):
        if not 0 < first_step <= abs(tf - t0):
            raise ValueError(
                f"solve_ivp: first_step must be positive and within t_span, got {first_step}"
            )
    if _traced((t_eval,)) or _traced(t_eval):
        return
    times = np.asarray(t_eval, float)
    if np.any(times < min(t0, tf)) or np.any(times > max(t0, tf)):
        raise ValueError(f"solve_ivp: t_eval must lie within t_span {t0, tf}")
    if np.any(np.diff(times) * (1 if tf >= t0 else -1) <= 0):
        raise ValueError("solve_ivp: t_eval must be sorted from start to end, without repeats")


def _weighted(ks, weights):
    return sum(float(w) * k for w, k in zip(weights, ks) if w != 0)


def _sum2(x):
    return np.sum(np.square(np.abs(x)))


def _norm(x):
    return np.sqrt(np.mean(np.square(np.abs(x))))


class _Problem:
    """The steps of one method; a state is the last accepted step and the size of the next one.

    t, y, ks (the slopes of the stages, the last one at t), t_old, y_old, h of the last step; h_abs of
    the next; rejected: it is tried again; tried, accepted: steps so far; failed.
    """

    def __init__(self, f, table, end, begin, rtol, atol, max_step, max_steps):
        self.f, self.table, self.end = f, table, end
        self.length = np.abs(end - begin)
        self.direction = np.where(end < begin, -1.0, 1.0)
        self.rtol, self.atol, self.max_step, self.max_steps = rtol, atol, max_step, max_steps

    def start(self, t0, y0, first_step):
        """The state at t0, and how often f was called."""
        f0 = self.f(t0, y0)
        if first_step is None:
            h_abs, nfev = self._first_step(fixed(t0), fixed(y0), fixed(f0)), 2
        else:
            h_abs, nfev = fixed(first_step), 1
        state = {
            "t": t0,
            "y": y0,
            "ks": (f0,) * (self.table.n_stages + 1),
            "t_old": t0,
            "y_old": y0,
            "h": self.direction,
            "h_abs": h_abs.astype(np.float64),
            "rejected": False,
            "tried": 0,
            "accepted": 0,
            "failed": False,
        }
        return state, nfev

    def _first_step(self, t0, y0, f0):
        """Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, section II.4."""
        scale = self.atol + np.abs(y0) * self.rtol
        d0, d1 = _norm(y0 / scale), _norm(f0 / scale)
        small = (d0 < 1e-5) | (d1 < 1e-5)
        h0 = np.minimum(np.where(small, 1e-6, 0.01 * d0 / np.where(small, 1.0, d1)), self.length)
        f1 = self.f(t0 + h0 * self.direction, y0 + h0 * self.direction * f0)
        d2 = _norm((f1 - f0) / scale) / np.where(h0 == 0, 1.0, h0)
        most = np.maximum(d1, d2)
        flat = most <= 1e-15
        order = self.table.error_estimator_order
        h1 = (0.01 / np.where(flat, 1.0, most)) ** (1 / (order + 1))
        h1 = np.where(flat, np.maximum(1e-6, h0 * 1e-3), h1)
        limit = np.minimum(self.length, self.max_step)
        return fixed(np.minimum(np.minimum(100 * h0, h1), limit))

    def _error(self, ks, h, scale):
        """The norm of a step's error, which is accepted below 1."""
        if not hasattr(self.table, "E5"):
            return _norm(h * _weighted(ks, self.table.E) / scale)
        fifth = _sum2(_weighted(ks, self.table.E5) / scale)
        total = fifth + 0.01 * _sum2(_weighted(ks, self.table.E3) / scale)
        root = np.sqrt(np.where(total == 0, 1.0, total) * ks[0].size)
        return np.abs(h) * fifth / root

    def step(self, state):
        """Try one step."""
        t, y, rejected = state["t"], state["y"], state["rejected"]
        now = fixed(t)
        least = 10 * np.maximum(np.finfo(float).eps * np.abs(now), np.finfo(float).tiny)
        fitting = np.maximum(np.minimum(state["h_abs"], self.max_step), least)
        h_abs = np.where(rejected, state["h_abs"], fitting)
        failed = rejected & (h_abs < least)
        ahead = now + h_abs * self.direction
        last = self.direction * (ahead - self.end) > 0
        h = fixed(np.where(last, self.end, ahead) - now)
        t_new = np.where(last, self.end, t + h)

        ks = [state["ks"][-1]]
        for weights, node in zip(self.table.A[1:], self.table.C[1:]):
            ks.append(self.f(t + float(node) * h, y + h * _weighted(ks, weights)))
        new = y + h * _weighted(ks, self.table.B)
        ks.append(self.f(t + h, new))

        scale = self.atol + np.maximum(np.abs(fixed(y)), np.abs(fixed(new))) * self.rtol
        error = fixed(self._error([fixed(k) for k in ks], h, scale))
        power = -1 / (self.table.error_estimator_order + 1)
        growth = np.where(error == 0, 10.0, 0.9 * np.where(error == 0, 1.0, error) ** power)
        growth = np.minimum(growth, np.where(rejected, 1.0, 10.0))
        good = (error < 1) & ~failed
        factor = np.where(good, growth, np.fmax(0.2, growth))
        return {
            "t": np.where(good, t_new, t),
            "y": np.where(good, new, y),
            "ks": tuple(np.where(good, a, b) for a, b in zip(ks, state["ks"])),
            "t_old": np.where(good, t, state["t_old"]),
            "y_old": np.where(good, y, state["y_old"]),
            "h": np.where(good, h, state["h"]),
            "h_abs": fixed(np.where(failed, h_abs, np.abs(h) * factor)),
            "rejected": ~good,
            "tried": state["tried"] + np.where(failed, 0, 1),
            "accepted": state["accepted"] + np.where(good, 1, 0),
            "failed": failed,
        }

    def advance(self, state, target):
        """Step until t reaches the target."""

        def behind(state):
            return self.direction * (target - state["t"]) > 0

        state = while_loop(
            lambda s: behind(s) & ~s["failed"], self.step, state, max_steps=self.max_steps
        )
        return {**state, "failed": state["failed"] | behind(state)}

    def read_at(self, carry, target):
        """A scan's step: y at the target; counts the steps that were read."""
        state, read = carry
        before = np.where(read == 0, 0, np.maximum(state["accepted"], 1))
        state = self.advance(state, fixed(target))
        read = read + np.where(np.maximum(state["accepted"], 1) != before, 1, 0)
        y = self._interpolate(state, target)
        return (state, read), np.where(state["failed"], np.nan, y)

    def _interpolate(self, state, target):
        ks, h, t_old, y_old = state["ks"], state["h"], state["t_old"], state["y_old"]
        x = (target - t_old) / h
        if not hasattr(self.table, "D"):
            powers = [x]
            for _ in range(self.table.P.shape[1] - 1):
                powers.append(powers[-1] * x)
            weights = [_weighted(powers, row) for row in self.table.P]
            return y_old + h * sum(w * k for w, k in zip(weights, ks))
        delta, first, last = state["y"] - y_old, ks[0], ks[-1]
        ks = list(ks)
        for weights, node in zip(self.table.A_EXTRA, self.table.C_EXTRA):
            ks.append(self.f(t_old + float(node) * h, y_old + h * _weighted(ks, weights)))
        parts = [delta, h * first - delta, 2 * delta - h * (last + first)]
        parts += [h * _weighted(ks, row) for row in self.table.D]
        y = 0.0
        for i, part in enumerate(reversed(parts)):
            y = (y + part) * (x if i % 2 == 0 else 1 - x)
        return y_old + y

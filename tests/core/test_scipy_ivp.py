"""nk.scipy.integrate.solve_ivp on traced arrays: SciPy's steps and values, derivatives against differences."""

import numpy as np
import pytest
from scipy import integrate

import neurokit as nk

Y0 = np.array([2.0, 1.0])
TIMES = np.linspace(0, 10, 23)
METHODS = ["RK45", "RK23", "DOP853"]
TIGHT = {"rtol": 1e-8, "atol": 1e-9}


def prey(t, y, a, b):
    return np.stack([a * y[0] - b * y[0] * y[1] + 0.1 * np.sin(t), -1.5 * y[1] + 0.5 * y[0] * y[1]])


def solve(span, times, y0=Y0, a=1.0, b=0.6, fun=prey, **options):
    return nk.scipy.integrate.solve_ivp(fun, span, y0, t_eval=times, args=(a, b), **options)


@pytest.mark.parametrize("options", [{}, TIGHT, {"first_step": 0.1, "max_step": 0.2}], ids=str)
@pytest.mark.parametrize("times", [TIMES, TIMES[5:9], [0.0, 9.5]], ids=["all", "some", "two"])
@pytest.mark.parametrize("span", [(0, 10), (10, 0)], ids=str)
@pytest.mark.parametrize("method", METHODS)
def test_the_steps_are_scipys(method, span, times, options):
    times = np.asarray(times) if span[0] == 0 else np.asarray(times)[::-1]
    wanted = integrate.solve_ivp(prey, span, Y0, method, times, args=(1.0, 0.6), **options)

    def ours(y0):
        result = solve(span, times, y0, method=method, **options)
        return result.t, result.y, result.nfev, result.status, result.success

    t, y, nfev, status, success = nk.jit(ours)(Y0)
    np.testing.assert_array_equal(t, wanted.t)
    np.testing.assert_allclose(y, wanted.y, rtol=1e-10, atol=1e-10)
    assert (nfev, status, success) == (wanted.nfev, 0, True)


def test_complex_values_and_lists():
    def turn(t, y):
        return [1j * y[0], -y[1]]

    y0 = np.array([1.0 + 0.5j, 2.0])
    wanted = integrate.solve_ivp(turn, (0, 3), y0, t_eval=[1, 3])
    ours = nk.jit(lambda y: nk.scipy.integrate.solve_ivp(turn, (0, 3), y, t_eval=[1, 3]).y)(y0)
    np.testing.assert_allclose(ours, wanted.y, rtol=1e-10)


def test_plain_arrays_are_scipys():
    result = solve((0, 10), None)
    wanted = integrate.solve_ivp(prey, (0, 10), Y0, args=(1.0, 0.6))
    np.testing.assert_array_equal(result.y, wanted.y)
    assert result.message == wanted.message


@pytest.mark.parametrize("method", METHODS)
def test_derivatives(method):
    times = np.array([0.0, 0.4, 1.1, 2.0])

    def ours(y0, a):
        return solve((0, 2), times, y0, a, method=method, **TIGHT).y

    def exact(y0, a):
        tight = {"rtol": 1e-12, "atol": 1e-13}
        return integrate.solve_ivp(
            prey, (0, 2), y0, "DOP853", [0, 0.4, 1.1, 2], args=(a, 0.6), **tight
        ).y

    got_y, got_a = nk.jacobian(ours, argnums=(0, 1))(Y0, np.array(1.0))
    step = 1e-4
    for k, d in enumerate(np.eye(2) * step):
        slope = (exact(Y0 + d, 1.0) - exact(Y0 - d, 1.0)) / (2 * step)
        np.testing.assert_allclose(got_y[..., k], slope, rtol=1e-5, atol=1e-6)
    slope = (exact(Y0, 1.0 + step) - exact(Y0, 1.0 - step)) / (2 * step)
    np.testing.assert_allclose(got_a, slope, rtol=1e-5, atol=1e-6)
    weights = np.arange(8.0).reshape(2, 4)
    back = nk.grad(lambda a: np.sum(weights * ours(Y0, a)))(np.array(1.0))
    np.testing.assert_allclose(back, np.sum(weights * slope), rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_derivatives_by_time(method):
    """Of the time read the slope, of the start its negative carried along: y = exp(-2 (t - start))."""

    def decay(start, t):
        return nk.scipy.integrate.solve_ivp(
            lambda s, y: -2 * y, (start, 1.5), [1.0], method, t_eval=t[None], **TIGHT
        ).y[0, 0]

    by_start, by_time = nk.grad(decay, argnums=(0, 1))(0.2, np.array(1.0))
    np.testing.assert_allclose(by_start, 2 * np.exp(-1.6), rtol=1e-5)
    np.testing.assert_allclose(by_time, -2 * np.exp(-1.6), rtol=1e-4)


def test_steps_run_out():
    result = nk.jit(
        lambda y: tuple(map(solve((0, 10), TIMES, y, max_steps=1).get, ("y", "success")))
    )(Y0)
    assert np.isfinite(result[0][:, 0]).all() and np.isnan(result[0][:, -1]).all()
    assert not result[1]
    blow = nk.jit(
        lambda y: nk.scipy.integrate.solve_ivp(lambda t, y: y**2, (0, 2), y, t_eval=[0.5, 2.0])
    )
    wanted = integrate.solve_ivp(lambda t, y: y**2, (0, 2), [1.0], t_eval=[0.5, 2.0])
    result = blow(np.ones(1))
    assert wanted.status == result["status"] == -1
    np.testing.assert_allclose(result["y"][:, 0], wanted.y[:, 0], rtol=1e-10)
    assert np.isnan(result["y"][0, 1])


@pytest.mark.parametrize(
    "change, error, said",
    [
        ({"times": None}, TypeError, "t_eval"),
        ({"times": [0.0, 11.0]}, ValueError, "within t_span"),
        ({"times": [1.0, 1.0]}, ValueError, "sorted"),
        ({"times": 1.0}, ValueError, "one-dimensional"),
        ({"method": "BDF"}, TypeError, "RK45"),
        ({"method": "Euler"}, ValueError, "Euler"),
        ({"dense_output": True}, TypeError, "dense_output"),
        ({"jac": 1}, TypeError, "jac"),
        ({"atol": -1.0}, ValueError, "atol"),
        ({"max_step": 0.0}, ValueError, "max_step"),
        ({"first_step": 11.0}, ValueError, "first_step"),
    ],
    ids=str,
)
def test_what_is_refused(change, error, said):
    options = {"span": (0, 10), "times": TIMES, **change}
    with pytest.raises(error, match=said):
        nk.jit(lambda y: solve(y0=y, **options).y)(Y0)

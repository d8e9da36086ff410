"""Functions with a reverse rule of the user's, where other modes or the forward graph would not do."""

import numpy as np
import pytest

import neurokit as nk

X, Y = np.array([0.3, 0.5]), np.array([2.0, 4.0])


@nk.custom_vjp
def sine(x):
    return np.sin(x)


sine.defvjp(lambda x: (np.sin(x), x), lambda x, ct: (ct * np.cos(x),))


@nk.custom_vjp
def solver(x):
    """Values from elsewhere: nothing in the graph leads from them to x."""
    return np.sin(np.array(nk.stop_gradient(x)))


solver.defvjp(lambda x: (solver(x), x), lambda x, ct: (ct * np.cos(x),))


def test_a_rule_is_followed_to_arguments_that_no_value_depends_on():
    loss = lambda x, y: np.sum(y * solver(x) ** 2)  # noqa: E731
    gx, gy = nk.grad(loss, argnums=(0, 1))(X, 3.0)
    np.testing.assert_allclose(gx, 3 * np.sin(2 * X))
    assert gy == pytest.approx(np.sum(np.sin(X) ** 2))
    assert nk.value_and_grad(solver)(0.5) == (np.sin(0.5), np.cos(0.5))
    np.testing.assert_allclose(nk.grad(nk.grad(lambda x: solver(x) * 2))(0.5), -2 * np.sin(0.5))


@pytest.mark.parametrize(
    "f", [sine, lambda x: nk.scan(lambda c, _: (sine(c), None), x, None, length=2)[0]]
)
def test_matrices_of_derivatives_go_in_reverse_where_there_is_no_other_rule(f):
    plain = lambda x: np.sin(x) if f is sine else np.sin(np.sin(x))  # noqa: E731
    wide = np.arange(1.0, 6.0)
    np.testing.assert_allclose(
        nk.jacobian(lambda x: wide * f(x))(0.5), nk.jacobian(lambda x: wide * plain(x))(0.5)
    )
    loss, twin = (lambda x, g=g: np.sum(g(x) * x[0] + x**3) for g in (f, plain))
    np.testing.assert_allclose(nk.hessian(loss)(X), nk.hessian(twin)(X), atol=1e-15)
    v = np.array([1.0, -2.0])
    np.testing.assert_allclose(nk.hvp(loss, (X,), (v,)), nk.hvp(twin, (X,), (v,)))
    np.testing.assert_allclose(nk.jacobian(f, mode="fwd")(0.5), nk.grad(plain)(0.5))


def _with_rule(f, backward):
    g = nk.custom_vjp(f)
    g.defvjp(lambda *args: (f(*args), args), backward)
    return g


def test_forward_mode_is_the_transpose_of_the_reverse_rule():
    wave, product, halves = (
        lambda x: np.exp(1j * x),
        lambda a, b: np.outer(np.log(a), b),
        lambda x: (np.sin(x), {"c": np.cos(x)}),
    )
    cases = [
        (sine, np.sin, (X,), (np.array([2.0, -1.0]),)),
        (
            _with_rule(product, lambda res, ct: (ct @ res[1] / res[0], np.log(res[0]) @ ct)),
            product,
            (np.array([0.5, 2.0, 3.0]), X),
            (np.array([1.0, -1.0, 2.0]), X + 1),
        ),
        (
            _with_rule(
                halves, lambda res, ct: (ct[0] * np.cos(res[0]) - ct[1]["c"] * np.sin(res[0]),)
            ),
            halves,
            (X,),
            (X + 1,),
        ),
        (_with_rule(wave, lambda res, ct: (ct * 1j * wave(res[0]),)), wave, (X + 1j,), (X - 2j,)),
    ]
    for f, plain, xs, ts in cases:
        for around in (
            lambda g: g,
            lambda g: nk.jit(g),
            lambda g: nk.checkpoint(g),
            lambda g: lambda *a: nk.cond(np.sum(np.real(a[0])) > 0, g, g, *a),
        ):
            got, want = nk.jvp(around(f), xs, ts), nk.jvp(plain, xs, ts)
            for a, b in zip(nk.tree.flatten(got)[0], nk.tree.flatten(want)[0], strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-13)
    square = lambda g: nk.grad(lambda x: np.sum(nk.jvp(g, (x,), (X,))[1] ** 2))  # noqa: E731
    np.testing.assert_allclose(square(sine)(X), square(np.sin)(X))
    twice = lambda g: nk.jvp(lambda x: nk.jvp(g, (x,), (X,))[1], (X,), (X,))[1]  # noqa: E731
    np.testing.assert_allclose(twice(sine), twice(np.sin))
    with pytest.raises(TypeError, match=r"reverse rule only, which is not linear.*mode='rev'"):
        nk.jvp(_with_rule(lambda x: 2 * x, lambda res, ct: (np.clip(ct, -1, 1),)), (X,), (X,))
    with pytest.raises(TypeError, match=r"not linear"):
        nk.jvp(_with_rule(lambda x: 2 * x, lambda res, ct: (ct if ct[0] > 0 else -ct,)), (X,), (X,))


_STEPS = {
    "sign": np.sign,
    "rounding": np.round,
    "integers": lambda ct: ct.astype(int).astype(float),
    "mask": lambda ct: np.where(ct > 0, 1.0, 0.0),
    "clip": lambda ct: np.clip(ct, -1, 1),
    "size": lambda ct: ct / np.linalg.norm(ct),
    "stopped": nk.stop_gradient,
    "spikes": nk.spike,
    "copysign": lambda ct: np.copysign(1.0, ct),
    "in a scan": lambda ct: nk.scan(lambda c, _: (np.sign(c), None), ct, length=2)[0],
    "in a branch": lambda ct: nk.cond(np.sum(ct) > 0, lambda c: c, lambda c: 2 * c, ct),
    "in a test": lambda ct: nk.while_loop(lambda c: np.sum(c) < 9, lambda c: 2 * c, ct),
    "in a body": lambda ct: nk.while_loop(
        lambda c: c[0] < 2, lambda c: (c[0] + 1, np.round(c[1])), (0, ct)
    )[1],
    "offset": lambda ct: ct + 1,
    "constant": np.ones_like,
    "offset in a scan": lambda ct: nk.scan(lambda c, _: (c + X, None), ct, length=2)[0],
}


@pytest.mark.parametrize("name", _STEPS)
def test_forward_mode_refuses_rules_that_are_not_linear(name):
    f = _with_rule(lambda x: 2 * x, lambda res, ct: (_STEPS[name](ct),))
    for go in (
        lambda: nk.jvp(f, (X,), (X,)),
        lambda: nk.jit(lambda x: nk.jvp(f, (x,), (x,))[1])(X),
        lambda: nk.jacobian(f, mode="fwd")(X),
        lambda: nk.vmap(lambda x: nk.jvp(f, (x,), (x,))[1])(np.stack([X, Y])),
    ):
        with pytest.raises(TypeError, match=r"reverse rule.*not linear.*mode='rev'"):
            go()


_A = np.array([[3.0, 1.0], [0.5, 2.0]])
_LINEAR = {  # functions whose pullback is their rule
    "unbounded": lambda x: np.exp(x) / np.sqrt(x) + np.log(x),
    "complex": lambda x: np.exp((1 + 1j) * x) / (x + 1j),
    "solve": lambda x: np.linalg.solve(_A + np.diag(x), x),
    "checkpoint": nk.checkpoint(lambda x: np.exp(np.sin(x))),
    "scan": lambda x: nk.scan(lambda c, v: (np.exp(v) * c + np.log(v), c), 1.0, x),
    "cond": lambda x: nk.cond(x[0] > 0, np.log, np.exp, x),
    "while": lambda x: nk.while_loop(
        lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * np.exp(c[1] / 9)), (0, x)
    )[1],
    "linear_solve": lambda x: nk.linear_solve(lambda v: _A @ v, x),
    "fixed_point": lambda x: nk.fixed_point(lambda v: 0.1 * _A @ v + x, np.zeros(2)),
    "writes": lambda x: (y := nk.zeros(3, like=x), y.__setitem__(slice(1, None), x * x), y)[2],
}


@pytest.mark.parametrize("name", _LINEAR)
def test_pullbacks_are_linear_rules(name):
    plain = _LINEAR[name]
    f = _with_rule(plain, lambda res, ct: nk.vjp(plain, *res)[1](ct))
    for order in (
        lambda g: nk.jvp(g, (X,), (Y,)),
        nk.jit(lambda g: nk.jvp(g, (X,), (Y,)), static_argnums=0),
        lambda g: nk.jvp(lambda x: nk.jvp(g, (x,), (Y,))[1], (X,), (Y,)),
        lambda g: nk.vmap(lambda x: nk.jvp(g, (x,), (Y,))[1])(np.stack([X, X + 1])),
    ):
        got, want = (nk.tree.leaves(order(g)) for g in (f, plain))
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_ufuncs_and_functions_with_options_take_rules():
    f = _with_rule(np.sin, lambda res, ct: (3 * ct * np.cos(res[0]),))
    np.testing.assert_allclose(nk.grad(lambda x: np.sum(f(x)))(X), 3 * np.cos(X))

    def scaled(x, *, scale=2.0):
        return scale * x

    g = _with_rule(scaled, lambda res, ct: (5 * ct,))
    assert nk.grad(g)(1.0) == 5
    with pytest.raises(TypeError, match="scale can be given by name only"):
        nk.grad(lambda x: g(x, scale=3.0))(1.0)


def test_rules_that_look_at_values_get_their_rows_one_by_one():
    f = nk.custom_vjp(lambda x: np.sin(np.array(nk.stop_gradient(x))))

    def bwd(x, ct):
        assert np.count_nonzero(np.array(nk.stop_gradient(ct))) <= 1  # each a unit vector
        return (ct * np.cos(x),)

    f.defvjp(lambda x: (f(x), x), bwd)
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_allclose(nk.jacobian(f)(X), np.diag(np.cos(X)))
    np.testing.assert_allclose(
        nk.jacobian(lambda x: a * f(x), mode="rev")(X), a[..., None] * np.diag(np.cos(X))
    )

    @nk.custom_vjp
    def sign_of(ct):
        return ct

    sign_of.defvjp(lambda x: (x, x), lambda x, ct: (ct if ct[0] > 0 else -ct,))
    want = np.diag([1.0, -1.0])
    np.testing.assert_array_equal(nk.jacobian(sign_of)(X), want)
    with pytest.raises(TypeError, match="all unit vectors at once|not known inside"):
        nk.vmap(lambda ct: nk.vjp(sign_of, X)[1](ct)[0])(np.eye(2))


def test_pullbacks_know_what_only_a_rule_reads():
    out, pullback = nk.vjp(lambda x: solver(x * Y), X)
    np.testing.assert_array_equal(out, np.sin(X * Y))
    np.testing.assert_allclose(pullback(np.ones(2))[0], Y * np.cos(X * Y))
    nk.check_grads(lambda x: solver(x * Y), (X,), modes=("rev",), order=2)

"""nk.scipy.special, stats, signal, integrate on traced arrays against SciPy, with derivatives to order 2."""

import importlib

import numpy as np
import pytest
from against_scipy import both, same
from scipy import integrate, signal, special, stats

import neurokit as nk
from neurokit.core.errors import TraceError
from tools import scipy_page

RNG = np.random.default_rng(5)
BA = signal.butter(3, 0.3)
SOS = signal.butter(5, 0.3, output="sos")
BLOCK = RNG.normal(size=(2, 30, 3))


# ---------------------------------------------------------------------------- special


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)], ids=repr)
@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_sums_of_exponentials(name, axis):
    both(special, name, RNG.normal(size=(3, 4)), axis=axis)
    same(
        lambda t: getattr(nk.scipy.special, name)(t, axis=axis),
        lambda t: getattr(special, name)(t, axis=axis),
        RNG.normal(size=(3, 4)).astype(np.float32),
        rtol=1e-5,
    )


def test_logsumexp_in_detail():
    x, b = RNG.normal(size=(3, 4)), RNG.normal(size=4)
    both(special, "logsumexp", x, b=b, return_sign=True)
    both(special, "logsumexp", x, axis=1, keepdims=True)
    f = nk.scipy.special.logsumexp
    for values in (
        [0, -40.0],
        [-np.inf, -np.inf],
        [np.inf, 1.0],
        [-np.inf, 2.0],
        [1e4, 1e4],
        [np.nan, 1],
    ):
        same(f, special.logsumexp, np.array(values))
    same(lambda t: f(t, axis=1), lambda t: special.logsumexp(t, axis=1), np.ones((2, 0)))
    np.testing.assert_array_equal(nk.grad(f)(np.array([-np.inf, 2.0])), [0, 1])
    np.testing.assert_allclose(nk.hessian(f)(np.array([1.0, 1.0])), [[0.25, -0.25], [-0.25, 0.25]])


def test_gamma_functions():
    x = RNG.uniform(0.3, 3, 4)
    ours = nk.scipy.special.polygamma
    same(lambda t: ours(np.arange(4), t), lambda t: special.polygamma(np.arange(4), t), x)
    nk.check_grads(lambda t: nk.scipy.special.polygamma(np.arange(4), t), (x,), order=2)
    same(lambda t: nk.scipy.special.polygamma(2, t), lambda t: special.polygamma(2, t), -x)
    same(lambda t: ours(1, t), lambda t: special.polygamma(1, t), x.astype(np.float32))
    same(lambda t: nk.scipy.special.multigammaln(t, 3), lambda t: special.multigammaln(t, 3), x + 2)
    nk.check_grads(lambda t: nk.scipy.special.multigammaln(t, 3), (x + 2,), order=2)
    both(special, "comb", x + 3, x)
    same(nk.scipy.special.factorial, special.factorial, np.array([0.0, 1, 5, -1]))
    assert nk.scipy.special.gammaln is special.gammaln


@pytest.mark.parametrize("sign", [False, True])
@pytest.mark.parametrize("weights", [None, "real", "complex"])
def test_logsumexp_of_complex_numbers(sign, weights):
    z = RNG.normal(size=(3, 4)) + 3j * RNG.normal(size=(3, 4))
    b = None if weights is None else RNG.normal(size=(3, 4)) + (weights == "complex") * 1j
    for a in (z, z.real) if weights == "complex" else (z,):
        for axis, keep in ((None, False), (1, True)):
            options = dict(axis=axis, b=b, keepdims=keep, return_sign=sign)
            f = lambda a: nk.scipy.special.logsumexp(a, **options)  # noqa: B023, E731
            same(f, lambda a: special.logsumexp(a, **options), a)  # noqa: B023
            nk.check_grads(f, (a,))


# ---------------------------------------------------------------------------- stats

SHAPES = dict(
    norm=(), gamma=(1.5,), beta=(1.5, 2.5), t=(3.3,), chi2=(2.7,), expon=(), laplace=(), cauchy=(), logistic=(),
    lognorm=(0.7,), uniform=(), vonmises=(1.7,), halfnorm=(),
)  # fmt: skip
METHODS = "logpdf pdf cdf sf logcdf logsf ppf isf".split()


@pytest.mark.parametrize("name", SHAPES)
def test_distributions(name):
    ours, theirs, shapes = getattr(nk.scipy.stats, name), getattr(stats, name), SHAPES[name]
    x = np.array([0.15, 0.3, 0.7, 0.95])
    edges = np.array([-3.0, -0.1, 0, 1.2, 5, np.nan, np.inf, -np.inf])
    for method in METHODS:
        if method not in vars(ours):
            continue
        f, g = getattr(ours, method), getattr(theirs, method)
        with np.errstate(all="ignore"):
            same(lambda t: f(t, *shapes), lambda t: g(t, *shapes), edges)
        same(lambda t: f(t, *shapes, loc=-0.1, scale=1.3), lambda t: g(t, *shapes, -0.1, 1.3), x)
        inner = 0.1 + 0.8 * x  # quantiles are steep at the ends
        nk.check_grads(lambda t: f(t, *shapes, loc=-0.1, scale=1.3), (inner,), order=2)
        assert np.isnan(nk.jit(lambda t: f(t, *shapes, 0, -1.0))(x)).all()
    parameters = [np.array(v) for v in (*shapes, -0.1, 1.3)]
    nk.check_grads(lambda *p: ours.logpdf(x, *p), parameters, order=2)
    np.testing.assert_array_equal(ours.logpdf(x, *shapes), theirs.logpdf(x, *shapes))
    assert ours.rvs(*shapes, size=3, random_state=0).shape == (3,)


@pytest.mark.parametrize(
    "name, shapes",
    [
        ("poisson", (2.5,)),
        ("binom", (5, 0.3)),
        ("bernoulli", (0.3,)),
        ("nbinom", (2.5, 0.3)),
        ("geom", (0.3,)),
    ],
)
def test_discrete_distributions(name, shapes):
    ours, theirs = getattr(nk.scipy.stats, name), getattr(stats, name)
    k = np.array([0, 1, 2, 5, -1, 1.5])
    possible = k[theirs.pmf(k, *shapes) > 0]
    *fixed, p = shapes
    for method in ("logpmf", "pmf", "cdf", "sf"):
        if method in vars(ours):
            f, g = getattr(ours, method), getattr(theirs, method)
            same(lambda q: f(k, *fixed, q), lambda q: g(k, *fixed, q), np.array(p))
            nk.check_grads(lambda q: f(possible, *fixed, q), (np.array(p),), order=2)


def test_logarithms_of_distribution_functions_near_one_and_zero():
    ours = nk.scipy.stats.expon
    z = np.array([1e-20, 1e-3, 40.0, 800.0, -1.0])
    got = nk.jit(lambda z: (ours.logcdf(z), ours.logsf(z)))(z)
    wanted = [np.log(1e-20), np.log(-np.expm1(-1e-3)), np.log1p(-np.exp(-40.0)), 0, -np.inf]
    np.testing.assert_allclose(got[0], wanted, rtol=1e-12)
    np.testing.assert_allclose(got[1][[0, 1, 2, 4]], [-1e-20, -1e-3, -40, 0], rtol=1e-12)
    slopes = nk.grad(lambda z: np.sum(ours.logcdf(z)))(z)
    np.testing.assert_allclose(slopes[1:], [1 / np.expm1(1e-3), np.exp(-40.0), 0, 0], rtol=1e-9)


@pytest.mark.parametrize("name, fixed", [("binom", (5,)), ("bernoulli", ()), ("nbinom", (2.5,))])
@pytest.mark.parametrize("method", ["cdf", "sf", "logcdf", "logsf"])
def test_discrete_distribution_functions_at_the_edges(name, fixed, method):
    f, g = (getattr(getattr(home, name), method) for home in (nk.scipy.stats, stats))
    k = np.array([-3, -0.5, 0, 0.7, 1, 4, 4.9, 5, 40, np.nan])[:, None]
    p = np.array([0.0, 1e-9, 0.4, 1.0, 1.2])[
        : 4 if method == "logcdf" else 5
    ]  # SciPy's is 0 for 1.2
    same(lambda p: f(k, *fixed, p), lambda p: g(k, *fixed, p), p)


def test_distributions_of_vectors():
    a = RNG.normal(size=(3, 3))
    cov, x, mean = a @ a.T + np.eye(3), RNG.normal(size=(5, 3)), RNG.normal(size=3)
    ours = nk.scipy.stats.multivariate_normal
    same(lambda *v: ours.logpdf(*v), stats.multivariate_normal.logpdf, x, mean, cov)
    nk.check_grads(lambda v, m, b: ours.logpdf(v, m, b @ b.T + np.eye(3)), (x, mean, a), order=2)
    same(
        lambda v: ours.pdf(v, mean, cov),
        lambda v: stats.multivariate_normal.pdf(v, mean, cov),
        x[0],
    )
    same(lambda v: ours.pdf(v), lambda v: stats.multivariate_normal.pdf(v), x[:, 0])
    same(lambda c: ours.entropy(mean, c), lambda c: stats.multivariate_normal.entropy(mean, c), cov)
    nk.check_grads(lambda b: ours.entropy(None, b @ b.T + np.eye(3)), (a,), order=2)
    y = RNG.normal(size=(4, 5, 2))
    same(
        lambda v: ours.pdf(v, [0, 0], 2.0),
        lambda v: stats.multivariate_normal.pdf(v, [0, 0], 2.0),
        y,
    )
    b = RNG.normal(size=(4, 2))
    inside, singular = RNG.normal(size=(5, 2)) @ b.T, b @ b.T
    for v in (inside, inside + 1):  # in the range of the covariance, and outside of it
        same(
            lambda v, m, c: ours.logpdf(v, m, c, allow_singular=True),
            lambda v, m, c: stats.multivariate_normal.logpdf(v, m, c, allow_singular=True),
            *(v, b @ [1.0, -1.0], singular),
        )
    nk.check_grads(
        lambda b, z, m: ours.logpdf(z @ b.T, b @ m, b @ b.T, allow_singular=True),
        (b, RNG.normal(size=(5, 2)), RNG.normal(size=2)),
        order=2,
    )
    same(
        lambda v, m, c: ours.pdf(v, m, c, allow_singular=True),
        stats.multivariate_normal.pdf,
        x,
        mean,
        cov,
    )
    alpha, p = np.array([1.5, 2, 0.7]), np.array([[0.2, 0.3], [0.3, 0.1]])
    dirichlet = nk.scipy.stats.dirichlet
    same(lambda v: dirichlet.logpdf(p, v), lambda v: stats.dirichlet.logpdf(p, v), alpha)
    nk.check_grads(lambda v: dirichlet.pdf(p, v), (alpha,), order=2)


# ---------------------------------------------------------------------------- signal


@pytest.mark.parametrize("name", ["convolve", "fftconvolve", "correlate", "oaconvolve"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(
    "shapes", [((7,), (3,)), ((3,), (7,)), ((4, 5), (2, 3)), ((70,), (80,))], ids=repr
)
def test_convolution(name, mode, shapes):
    u, v = (RNG.normal(size=s) for s in shapes)
    both(signal, name, u, v, mode=mode, rtol=1e-9, order=2 if u.size < 8 else 0)


def test_convolution_of_integers_and_axes():
    u, v = RNG.integers(0, 9, (6, 7)), RNG.integers(0, 9, (4, 5))
    both(signal, "convolve", u, v, order=0)
    both(signal, "fftconvolve", u * 1.0, v[:1] * 1.0, axes=1, order=0, rtol=1e-10)
    both(signal, "correlate", u + 1j, v - 2j * v, order=0)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_recursive_filters(axis):
    both(signal, "lfilter", *BA, BLOCK, axis=axis, order=0)
    both(signal, "sosfilt", SOS, BLOCK, axis=axis, order=0)
    for padtype in ("odd", "even", "constant", None):
        length = 0 if BLOCK.shape[axis] < 20 else None
        both(signal, "filtfilt", *BA, BLOCK, axis=axis, padtype=padtype, padlen=length, order=0)
    length = 0 if BLOCK.shape[axis] < 20 else None
    same(
        lambda x: nk.scipy.signal.sosfiltfilt(SOS, x, axis=axis, padlen=length),
        lambda x: signal.sosfiltfilt(SOS, x, axis=axis, padlen=length),
        BLOCK,
    )


def test_state_and_derivatives_of_filters():
    y, zi = RNG.normal(size=12), signal.lfilter_zi(*BA)
    both(signal, "lfilter", *BA, y)
    both(signal, "lfilter", np.array([3.0]), np.array([2.0]), y)
    both(signal, "lfilter", np.array([3.0, 1.0, 2.0]), np.array([2.0]), y)
    both(signal, "lfilter_zi", *BA)
    both(signal, "sosfilt_zi", SOS, order=0)
    same(
        lambda x, z: nk.scipy.signal.lfilter(*BA, x, zi=z),
        lambda x, z: signal.lfilter(*BA, x, zi=z),
        y,
        zi * y[0],
    )
    state = RNG.normal(size=(3, 2, 2, 3))
    same(
        lambda x, z: nk.scipy.signal.sosfilt(SOS, x, axis=1, zi=z),
        lambda x, z: signal.sosfilt(SOS, x, axis=1, zi=z),
        BLOCK,
        state,
    )

    def filtered(c, x):
        sos = np.concatenate([c[:, :3], np.ones((2, 1)), c[:, 3:]], 1)
        return nk.scipy.signal.sosfilt(sos, x) + nk.scipy.signal.sosfilt_zi(sos)[0, 0]

    nk.check_grads(filtered, (np.delete(SOS[:2], 3, 1), y[:6]), order=2)
    nk.check_grads(lambda x: nk.scipy.signal.filtfilt(*BA, x), (np.append(y, y),), order=2)
    same(
        lambda x: nk.scipy.signal.lfilter(*[v.astype(np.float32) for v in BA], x),
        lambda x: signal.lfilter(*[v.astype(np.float32) for v in BA], x),
        y.astype(np.float32),
        rtol=1e-4,
    )
    with pytest.raises(ValueError, match="shape for zi"):
        nk.jit(lambda x: nk.scipy.signal.lfilter(*BA, x, zi=np.zeros(2)))(y)


def test_empty_and_invalid_filters():
    f = lambda x: nk.scipy.signal.lfilter(*BA, x[:, :0])  # noqa: E731
    assert nk.jit(f)(np.ones((2, 5))).shape == (2, 0)
    assert nk.jit(lambda x: nk.scipy.signal.fftconvolve(x[:0], x))(np.ones(3)).shape == (0,)
    with pytest.raises(ValueError, match="first element of a"):
        nk.jit(lambda x: nk.scipy.signal.lfilter([1], [0, 1], x))(np.ones(3))


def test_trends_and_spectra():
    y = RNG.normal(size=40)
    for kind in ("linear", "constant"):
        both(signal, "detrend", BLOCK, axis=1, type=kind, order=0)
    both(signal, "detrend", y, bp=[10, 25])
    for n in (None, 31, 50):
        both(signal, "hilbert", BLOCK, N=n, axis=1, order=0)
    both(signal, "welch", BLOCK, fs=100.0, nperseg=16, axis=1, order=0)
    options = dict(nperseg=15, nfft=32, average="median", scaling="spectrum", detrend="linear")
    both(signal, "welch", y, **options, order=0)
    for nfft in (None, 20, 64):
        both(signal, "periodogram", y, nfft=nfft, order=0)
    nk.check_grads(lambda x: nk.scipy.signal.periodogram(x)[1], (y,), order=2)


# ---------------------------------------------------------------------------- integrate


@pytest.mark.parametrize("n", [1, 2, 3, 6, 7])
def test_sums_over_samples(n):
    y, x = RNG.normal(size=(2, n, 3)), np.sort(RNG.normal(size=n))
    for name in ("simpson", "trapezoid"):
        both(integrate, name, y, axis=1, dx=0.3)
        both(integrate, name, y, x=x, axis=1, order=0)
    same(
        lambda y, x: nk.scipy.integrate.cumulative_trapezoid(y, x, axis=1, initial=0),
        lambda y, x: integrate.cumulative_trapezoid(y, x, axis=1, initial=0),
        y,
        x,
    )


def pendulum(y, t, a):
    return [y[1], -a * np.sin(y[0]) + 0.1 * t]


@pytest.mark.parametrize("sign", [1, -1])
def test_odeint(sign):
    y0, a, t = np.array([1.0, 0.3]), np.array(2.0), sign * np.linspace(0, 3, 7)
    ours = lambda y, a: nk.scipy.integrate.odeint(pendulum, y, t, args=(a,))  # noqa: E731
    exact = lambda y, a: integrate.odeint(pendulum, y, t, (a,), rtol=1e-11, atol=1e-11)  # noqa: E731
    same(ours, exact, y0, a, rtol=3e-7, atol=3e-8)
    nk.check_grads(ours, (y0, a), order=2)
    step = 1e-4
    slope = (exact(y0, a + step) - exact(y0, a - step)) / (2 * step)
    got = nk.jacobian(ours, argnums=1)(y0, a)
    np.testing.assert_allclose(got, slope, rtol=1e-4, atol=1e-6)
    closed = nk.grad(
        lambda b: nk.scipy.integrate.odeint(lambda y, s: -b * y, 1.0, [0, 1.0])[-1, 0]
    )(2.0)
    np.testing.assert_allclose(closed, -np.exp(-2), rtol=1e-6)


# ---------------------------------------------------------------------------- errors, page


@pytest.mark.parametrize(
    "call, twin",
    [
        (lambda t: special.logsumexp(t), "nk.scipy.special.logsumexp"),
        (lambda t: stats.norm.logpdf(1.0, t), "nk.scipy.stats.norm.logpdf"),
        (
            lambda t: stats.multivariate_normal.logpdf(t),
            "nk.scipy.stats.multivariate_normal.logpdf",
        ),
        (lambda t: signal.lfilter([1], [1, 0.5], t), "nk.scipy.signal.lfilter"),
        (lambda t: integrate.simpson(t), "nk.scipy.integrate.simpson"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
@pytest.mark.parametrize("transform", [nk.jit, nk.grad], ids=["jit", "grad"])
def test_scipy_names_the_twin(call, twin, transform):
    with pytest.raises(Exception, match=twin.replace(".", r"\.") + ","):
        transform(lambda t: np.sum(call(t)))(np.arange(1.0, 4.0))


def test_page_is_current():
    assert scipy_page.PAGE.read_text() == scipy_page.page()
    for module in scipy_page.modules().values():
        assert scipy_page.names(module)


def test_errors_name_the_line_that_called():
    def f(a):
        return nk.scipy.linalg.solve(a, np.ones(2)).sum()  # the line

    line = f.__code__.co_firstlineno + 1
    for transform in (nk.grad, nk.jit):
        with pytest.raises(np.linalg.LinAlgError, match=rf"test_scipy_functions\.py:{line} "):
            transform(f)(np.zeros((2, 2)))


@pytest.mark.parametrize(
    "module, name",
    [("linalg", "hadamard"), ("fft", "fht"), ("integrate", "quad"), ("signal", "butter")]
    + [("special", "jv"), ("stats", "zscore")],
)
def test_names_without_a_traced_form_are_scipys_own(module, name):
    home = getattr(nk.scipy, module)
    assert getattr(home, name) is getattr(importlib.import_module(f"scipy.{module}"), name)
    with pytest.raises(AttributeError):
        getattr(home, "no_such_name")  # noqa: B009


def test_a_traced_value_in_scipys_own_functions_raises():
    with pytest.raises(TraceError, match="convolution_matrix"):
        nk.grad(lambda x: np.sum(nk.scipy.linalg.convolution_matrix(x, 4)))(np.ones(3))

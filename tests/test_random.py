"""The random kernel: known answers, the NumPy twin bit for bit, and the laws themselves."""

import numpy as np
import pytest
from scipy import stats

from neurokit import _core
from neurokit.core.models.philox import LAWS, draw, philox4x32

FLOATING = ("uniform", "normal", "exponential", "gamma")
WHOLE = {"bernoulli": np.bool_, "poisson": np.int64, "integers": np.int64, "bits": np.uint64}
CASES = [(law, dtype) for law in FLOATING for dtype in (np.float32, np.float64)]
CASES += list(WHOLE.items())
PARAM = {
    "bernoulli": [0.0, 1e-12, 0.3, 1.0, 0.999],
    "poisson": [0.0, 0.1, 3.0, 9.99, 10.0, 25.0, 1e3, 1e6],
    "gamma": [0.01, 0.5, 1.0, 2.5, 40.0, 1e5],
}
BOUNDS = {"low": -3, "high": 2**63 - 5}


def kernel(law, shape, dtype=np.float64, *, seed=11, site=4, step=7, param=None, threads=1, **ip):
    out = np.empty(shape, dtype)
    ins = [np.array([seed, site], np.uint64), np.array(step, np.int64)]
    if param is not None:
        ins.append(np.broadcast_to(np.asarray(param), shape))
    bounds = (ip["low"], ip["high"]) if law == "integers" else ()
    _core.call("random", [out], ins, ip=(LAWS[law], 2, *bounds), threads=threads)
    return out


def parameters(law, n):
    return np.resize(np.array(PARAM[law]), n) if law in PARAM else None


# Known answers published with the generator: file kat_vectors of Random123 (D. E. Shaw Research).
@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ("00000000 " * 4, "00000000 " * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff " * 4, "ffffffff " * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            "243f6a88 85a308d3 13198a2e 03707344",
            "a4093822 299f31d0",
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_known_answers(counter, key, expected):
    counter, key, expected = (
        [int(word, 16) for word in text.split()] for text in (counter, key, expected)
    )
    assert [int(word) for word in philox4x32(counter, key)] == expected
    # In C, counter words 1, 2, 3 are chosen by element and step; the vectors with a small element
    # can be asked of the kernel itself.
    if counter[0] == counter[1] == 0:
        site = key[1] - 2 if key[1] >= 2 else (key[1] - 2) % 2**64
        step = counter[2] | counter[3] << 32
        first = kernel("bits", (1,), np.uint64, seed=key[0], site=site, step=step)
        assert int(first[0]) == expected[0] | expected[1] << 32


@pytest.mark.parametrize(("law", "dtype"), CASES)
@pytest.mark.parametrize("n", [0, 1, 63, 128, 129, 1000])
def test_equals_twin(law, dtype, n):
    param = parameters(law, n)
    got = kernel(law, (n,), dtype, param=param, **BOUNDS)
    expected = draw(law, (n,), dtype, seed=11, site=6, step=7, param=param, **BOUNDS)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("law", ["normal", "poisson"])
@pytest.mark.parametrize(
    ("seed", "site", "step"),
    [(2**64 - 1, 2**40, 2**62), (0, 0, 0), (2**33 + 1, 5, -1)],
)
def test_wide_keys_equal_twin(law, seed, site, step):
    dtype = WHOLE.get(law, np.float64)
    param = parameters(law, 50)
    got = kernel(law, (50,), dtype, seed=seed, site=site, step=step, param=param)
    expected = draw(law, (50,), dtype, seed=seed, site=site + 2, step=step, param=param)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(("law", "dtype"), CASES)
def test_threads_and_prefixes_do_not_show(law, dtype):
    n = 70_001
    param = parameters(law, n)
    one = kernel(law, (n,), dtype, param=param, **BOUNDS)
    for threads in (2, 3):
        np.testing.assert_array_equal(
            one, kernel(law, (n,), dtype, param=param, threads=threads, **BOUNDS)
        )
    short = None if param is None else param[:777]
    np.testing.assert_array_equal(one[:777], kernel(law, (777,), dtype, param=short, **BOUNDS))


def test_parameters_of_any_stride_and_shape():
    base = np.linspace(0.1, 30, 24).reshape(4, 6)
    for param in (base, base[::-1], base.astype(np.float32), base[:, :1], base.T.copy().T):
        got = kernel("poisson", (4, 6), np.int64, param=param)
        expected = draw("poisson", (4, 6), seed=11, site=6, step=7, param=param)
        np.testing.assert_array_equal(got, expected)
    assert kernel("normal", ()).shape == ()


def test_different_sites_steps_seeds_differ():
    base = kernel("bits", (100,), np.uint64)
    for change in ({"seed": 12}, {"site": 5}, {"step": 8}):
        assert not np.intersect1d(base, kernel("bits", (100,), np.uint64, **change)).size


LAW_TESTS = [
    ("uniform", None, stats.uniform()),
    ("normal", None, stats.norm()),
    ("exponential", None, stats.expon()),
    ("gamma", 0.3, stats.gamma(0.3)),
    ("gamma", 1.0, stats.gamma(1.0)),
    ("gamma", 7.5, stats.gamma(7.5)),
    ("gamma", 1e4, stats.gamma(1e4)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("law", "param", "reference"), LAW_TESTS)
def test_continuous_laws(law, param, reference, dtype):
    x = kernel(law, (200_000,), dtype, param=param).astype(float)
    assert stats.kstest(x, reference.cdf).pvalue > 1e-3
    error = reference.std() / np.sqrt(x.size)
    assert abs(x.mean() - reference.mean()) < 5 * error
    # Neighbours and halves of the same Box-Muller pair are uncorrelated.
    for lag in (1, 32, 64):
        assert abs(np.corrcoef(x[:-lag], x[lag:])[0, 1]) < 5 / np.sqrt(x.size)


@pytest.mark.parametrize("mean", [0.05, 1.0, 9.9, 10.0, 12.5, 200.0])
def test_poisson_frequencies(mean):
    k = kernel("poisson", (300_000,), np.int64, param=mean)
    reference = stats.poisson(mean)
    inner = np.arange(int(reference.ppf(1e-4)), int(reference.ppf(1 - 1e-4)) + 1)
    place = np.clip(k - inner[0] + 1, 0, inner.size + 1)
    counts = np.bincount(place, minlength=inner.size + 2)
    expected = k.size * np.array(
        [reference.cdf(inner[0] - 1), *reference.pmf(inner), reference.sf(inner[-1])]
    )
    enough = expected >= 5
    counts = np.array([*counts[enough], counts[~enough].sum()])
    expected = np.array([*expected[enough], expected[~enough].sum()])
    if expected[-1] == 0:
        counts, expected = counts[:-1], expected[:-1]
    assert stats.chisquare(counts, expected).pvalue > 1e-3


@pytest.mark.parametrize("mean", [1e4, 1e6])
def test_poisson_of_large_mean(mean):
    k = kernel("poisson", (200_000,), np.int64, param=mean)
    # A uniform within each step of the distribution function makes the test continuous and exact.
    u = np.random.default_rng(0).random(k.size)
    reference = stats.poisson(mean)
    lower = reference.cdf(k - 1)
    assert stats.kstest(lower + u * (reference.cdf(k) - lower), "uniform").pvalue > 1e-3


@pytest.mark.parametrize("p", [0.001, 0.3, 0.9])
def test_bernoulli_rate(p):
    hits = kernel("bernoulli", (1_000_000,), np.bool_, param=p).sum()
    assert stats.binomtest(int(hits), 1_000_000, p).pvalue > 1e-3
    assert not kernel("bernoulli", (1000,), np.bool_, param=0.0).any()
    assert kernel("bernoulli", (1000,), np.bool_, param=1.0).all()


@pytest.mark.parametrize(("low", "high"), [(0, 6), (-5, 1000), (-(2**63), 2**63 - 1)])
def test_integers_are_uniform(low, high):
    x = kernel("integers", (200_000,), np.int64, low=low, high=high)
    assert x.min() >= low
    assert x.max() < high
    bins = min(high - low, 50)
    place = [(int(v) - low) * bins // (high - low) for v in x]
    share = np.array([(high - low - 1 - b) // bins + 1 for b in range(bins)], float)
    if high - low <= 50:
        expected = share / share.sum() * x.size
    else:
        edges = [-(-b * (high - low) // bins) for b in range(bins + 1)]
        expected = np.diff(np.array(edges, float)) / (high - low) * x.size
    assert stats.chisquare(np.bincount(place, minlength=bins), expected).pvalue > 1e-3


def test_errors_name_the_parameter():
    with pytest.raises(ValueError, match=r"lam must be in \[0, 9e18\], got -1"):
        kernel("poisson", (300,), np.int64, param=[-1.0])
    with pytest.raises(ValueError, match="p must be in"):
        kernel("bernoulli", (3,), np.bool_, param=[0.1, np.nan, 0.2])
    with pytest.raises(ValueError, match="shape must be positive"):
        kernel("gamma", (3,), param=0.0)
    with pytest.raises(ValueError, match="low must be below high"):
        kernel("integers", (3,), np.int64, low=2, high=2)
    with pytest.raises(TypeError, match="cannot draw int64"):
        kernel("normal", (3,), np.int64)
    with pytest.raises(ValueError, match="C-contiguous"):
        out = np.empty((4, 4))[:, ::2]
        key, step = np.zeros(2, np.uint64), np.zeros((), np.int64)
        _core.call("random", [out], [key, step], ip=(0, 0))


def test_integers_of_a_wide_range_are_not_biased():
    """Three values for every eight words: without rejection the third would come too rarely."""
    x = kernel("integers", (60_000,), np.int64, low=0, high=3 * 2**61)
    assert stats.chisquare(np.bincount(x % 3, minlength=3)).pvalue > 1e-3

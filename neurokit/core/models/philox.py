"""NumPy twin of the C kernel `random`: the same numbers, bit for bit, in readable form.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, doi:10.1145/2063384.2063405) with key = (seed,
site) and counter = (step, element). csrc/kernels/random says how elements share counters and
which operations, in which order, make a law; this file repeats it.
"""

import numpy as np

__all__ = ["LAWS", "draw", "philox4x32"]

# Law number of each name, the first integer parameter of the kernel.
LAWS = {
    name: number
    for number, name in enumerate(
        ("uniform", "normal", "bernoulli", "poisson", "exponential", "gamma", "integers", "bits")
    )
}

GROUP = 32  # counters per block
MASK = np.uint64(0xFFFFFFFF)
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


def philox4x32(counter, key):
    """Return the four 32-bit words of each counter.

    Parameters
    ----------
    counter : sequence of 4 integers or arrays
        Counter words, below 2**32.
    key : sequence of 2 integers
        Key words, below 2**32.

    Returns
    -------
    list of 4 ndarrays of uint64
        The random words, each below 2**32.

    Examples
    --------
    >>> [f"{int(word):08x}" for word in philox4x32((0, 0, 0, 0), (0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c0, c1, c2, c3 = (np.asarray(word, np.uint64) for word in counter)
    key0, key1 = (int(word) for word in key)
    shift = np.uint64(32)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1 = (p1 >> shift) ^ c1 ^ np.uint64(key0), p1 & MASK
        c2, c3 = (p0 >> shift) ^ c3 ^ np.uint64(key1), p0 & MASK
        key0, key1 = (key0 + 0x9E3779B9) % 2**32, (key1 + 0xBB67AE85) % 2**32
    return [c0, c1, c2, c3]


def _mix(z):
    """The finalizer of splitmix64, on a Python integer."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


def _key(seed, site):
    high = (seed >> 32) | (site >> 32 << 32)
    key = ((seed % 2**32) | (site << 32) % 2**64) ^ _mix(high)
    return key % 2**32, key >> 32


class _Bits:
    """Random words of one (seed, site, step)."""

    def __init__(self, seed, site, step):
        self.key = _key(seed % 2**64, site % 2**64)
        step %= 2**64
        self.step = (step % 2**32, step >> 32)

    def words(self, index, attempt=0):
        """Four words for counters `index` (array)."""
        index = np.asarray(index, np.uint64)
        word1 = (index >> np.uint64(32)) | np.uint64(attempt << 16)
        return philox4x32((index & MASK, word1, *self.step), self.key)

    def shared(self, n, lanes):
        """For n elements that share counters `lanes` to one: their lane and their four words."""
        element = np.arange(n, dtype=np.uint64)
        block, place = np.divmod(element, np.uint64(lanes * GROUP))
        lane, group = np.divmod(place, np.uint64(GROUP))
        return lane.astype(int), self.words(block * np.uint64(GROUP) + group)

    def words32(self, n):
        """One word for each of n elements."""
        lane, words = self.shared(n, 4)
        return np.choose(lane, words)

    def words64(self, n):
        """A low and a high word for each of n elements."""
        lane, words = self.shared(n, 2)
        return np.choose(lane, words[0::2]), np.choose(lane, words[1::2])


def _signed(word):
    return word.astype(np.uint32).view(np.int32)


def _uniform(low, high):
    high, low = (high >> np.uint64(5)).astype(float), (low >> np.uint64(6)).astype(float)
    return (high * 2.0**26 + low) * 2.0**-53


def _open(low, high):
    high, low = (high >> np.uint64(1)).astype(float), (low >> np.uint64(11)).astype(float)
    return (high * 2.0**21 + low + 0.5) * 2.0**-52


def _turn(low, high):
    return (_signed(high) * 2.0**21 + (low >> np.uint64(11)).astype(float)) * 2.0**-53


def _uniform32(word):
    return (word >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24)


def _open32(word):
    half = (word >> np.uint64(1)).astype(np.int32).astype(np.float32)
    return half * np.float32(2.0**-31) + np.float32(2.0**-32)


def _turn32(word):
    return (_signed(word) >> 8).astype(np.float32) * np.float32(2.0**-24)


def _split(x, mantissa_bits, offset):
    """x = 2**k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), from the bits: k and f."""
    integer = np.uint64 if x.dtype == np.float64 else np.uint32
    one = np.array(1, x.dtype).view(integer)
    bits = x.view(integer) + (one - integer(offset))
    k = (bits >> integer(mantissa_bits)).astype(np.int64) - int(one >> integer(mantissa_bits))
    mantissa = (bits & integer((1 << mantissa_bits) - 1)) + integer(offset)
    return k.astype(x.dtype), mantissa.view(x.dtype) - x.dtype.type(1)


def _log(x):
    k, f = _split(np.atleast_1d(x), 52, 0x3FE6A09E00000000)
    half_square = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (
        3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
    )
    odd = z * (
        6.666666666666735130e-01
        + w
        * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    tail = s * (half_square + (odd + even)) + k * LN2_LOW
    return (tail - half_square + f + k * LN2_HIGH).reshape(np.shape(x))


def _log32(x):
    one = np.float32
    k, f = _split(x, 23, 0x3F3504F3)
    half_square = one(0.5) * f * f
    s = f / (one(2) + f)
    z = s * s
    w = z * z
    even = w * (one(0xCCCE13 / 2**25) + w * one(0xF89E26 / 2**26))
    odd = z * (one(0xAAAAAA / 2**24) + w * one(0x91E9EE / 2**25))
    tail = s * (half_square + (odd + even)) + k * one(9.0580006145e-06)
    return tail - half_square + f + k * one(6.9313812256e-01)


def _exp(x):
    x = np.asarray(x, float)
    safe = np.maximum(x, -708.0)
    k = np.trunc(safe * 1.44269504088896338700 + np.where(safe < 0, -0.5, 0.5))
    r = (safe - k * LN2_HIGH) - k * LN2_LOW
    p = 1.0 / 6227020800.0
    factorial = 6227020800
    for n in range(13, 0, -1):
        factorial //= n
        p = p * r + 1.0 / factorial
    return np.where(x < -708.0, 0.0, p * np.ldexp(1.0, k.astype(int)))


def _quarter(t, half_pi):
    one = t.dtype.type
    quarters = t * one(4)
    q = (quarters + one(2.5)).astype(np.int32) - 2
    return q, (quarters - q.astype(t.dtype)) * half_pi


def _turned(q, c, s):
    odd = (q & 1) != 0
    cosine, sine = np.where(odd, s, c), np.where(odd, c, s)
    return np.where((q + 1) & 2, -cosine, cosine), np.where(q & 2, -sine, sine)


def _sincos(t):
    q, x = _quarter(t, 1.57079632679489661923)
    z = x * x
    w = z * z
    ps = (
        8.33333333332248946124e-03
        + z * (-1.98412698298579493134e-04 + z * 2.75573137070700676789e-06)
    ) + z * w * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)
    s = x + z * x * (-1.66666666666666324348e-01 + z * ps)
    pc = z * (
        4.16666666666666019037e-02
        + z * (-1.38888888888741095749e-03 + z * 2.48015872894767294178e-05)
    ) + w * w * (
        -2.75573143513906633035e-07
        + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)
    )
    half = 0.5 * z
    rest = 1.0 - half
    return _turned(q, rest + (((1.0 - rest) - half) + z * pc), s)


def _sincos32(t):
    one = np.float32
    q, x = _quarter(t, one(1.57079632679489661923))
    z = x * x
    s = ((one(-1.9515295891e-4) * z + one(8.3321608736e-3)) * z + one(-1.6666654611e-1)) * z * x + x
    c = (one(2.443315711809948e-5) * z + one(-1.388731625493765e-3)) * z + one(4.166664568298827e-2)
    return _turned(q, c * z * z - one(0.5) * z + one(1), s)


def _normal(bits, n, dtype):
    if dtype == np.float32:
        lane, words = bits.shared(n, 4)
        first, second = (np.choose(lane // 2, words[i::2]) for i in (0, 1))
        radius = np.sqrt(np.float32(-2) * _log32(_open32(first)))
        cosine, sine = _sincos32(_turn32(second))
        return radius * np.where(lane % 2, sine, cosine)
    lane, words = bits.shared(n, 2)
    radius = np.sqrt(-2.0 * _log(_open(words[0], words[1])))
    cosine, sine = _sincos(_turn(words[2], words[3]))
    return radius * np.where(lane, sine, cosine)


def _bernoulli(bits, p):
    word = bits.words32(p.size).astype(float)
    bound = p * 2.0**32
    more = bits.words(np.arange(p.size), 1)
    tie = _uniform(more[0], more[1]) < bound - word
    return np.where(word + 1 <= bound, True, (word <= bound) & tie)


def _poisson_small(u, mean):
    p, k = _exp(-mean), np.zeros(len(mean))
    active = u >= p
    while active.any():
        u = np.where(active, u - p, u)
        k += active
        p = np.where(active, p * mean / np.maximum(k, 1), p)
        active &= (u >= p) & (k < 128)
    return k


_LOG_FACTORIAL = np.array(
    [
        0.0,
        0.0,
        0.69314718055994530942,
        1.7917594692280550008,
        3.1780538303479456197,
        4.7874917427820459943,
        6.5792512120101009951,
        8.5251613610654143002,
        10.604602902745250228,
        12.801827480081469611,
        15.104412573075515295,
        17.502307845873885839,
        19.987214495661886150,
        22.552163853123422886,
        25.191221182738681500,
        27.899271383840891566,
    ]
)


def _log_factorial(k):
    x = np.maximum(k, 16) + 1.0
    inverse = 1.0 / x
    z = inverse * inverse
    series = inverse * (1.0 / 12.0 - z * (1.0 / 360.0 - z * (1.0 / 1260.0 - z * (1.0 / 1680.0))))
    large = (x - 0.5) * _log(x) - x + 0.91893853320467274178 + series
    return np.where(k < 16, _LOG_FACTORIAL[np.clip(k, 0, 15).astype(int)], large)


def _poisson_large(bits, element, mean):
    root, log_mean = np.sqrt(mean), _log(mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2.0)
    result = np.full(len(mean), -1.0)
    attempt = 0
    while (result < 0).any():
        attempt += 1
        x = bits.words(element, attempt)
        u, v = _open(x[0], x[1]) - 0.5, _open(x[2], x[3])
        us = 0.5 - np.abs(u)
        k = np.floor((2.0 * a / us + b) * u + mean + 0.43)
        inside = ~((k < 0) | (k > 9e18) | ((us < 0.013) & (v > us)))
        kk = np.where(inside, k, 0.0)
        left = _log(v) + _log(inverse_alpha) - _log(a / (us * us) + b)
        slow = inside & (left <= -mean + kk * log_mean - _log_factorial(kk))
        accept = ((us >= 0.07) & (v <= v_r)) | slow
        result = np.where((result < 0) & accept, k, result)
    return result


def _poisson(bits, mean):
    small = mean < 10
    result = np.empty(mean.size, np.int64)
    u = _uniform(*bits.words64(mean.size))
    result[small] = _poisson_small(u[small], mean[small])
    large = np.flatnonzero(~small)
    if large.size:
        result[large] = _poisson_large(bits, large, mean[large])
    return result


def _gamma(bits, shape):
    boosted = np.where(shape < 1, shape + 1.0, shape)
    d = boosted - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    element = np.arange(shape.size)
    result = np.full(shape.size, -1.0)
    attempt = 0
    while (result < 0).any():
        attempt += 1
        x, y = bits.words(element, 2 * attempt - 1), bits.words(element, 2 * attempt)
        cosine, _ = _sincos(_turn(x[2], x[3]))
        normal = np.sqrt(-2.0 * _log(_open(x[0], x[1]))) * cosine
        v = 1.0 + c * normal
        positive = v > 0
        v = np.where(positive, v * v * v, 1.0)
        u, square = _open(y[0], y[1]), normal * normal
        accept = positive & (_log(u) < 0.5 * square + d - d * v + d * _log(v))
        value = np.where(
            shape >= 1, d * v, d * v * _exp(np.where(shape < 1, _log(_open(y[2], y[3])), 0) / shape)
        )
        result = np.where((result < 0) & accept, value, result)
    return result


def _integers(bits, n, low, high):
    span = (high - low) % 2**64
    first, second = bits.words64(n)
    raw = first | (second << np.uint64(32))
    result = np.empty(n, np.int64)
    for element in range(n):
        product, attempt = int(raw[element]) * span, 0
        while span and product % 2**64 < (2**64 - span) % span:
            attempt += 1
            x = bits.words(np.array([element]), attempt)
            product = (int(x[0][0]) | int(x[1][0]) << 32) * span
        value = low + (product >> 64 if span else int(raw[element]))
        result[element] = (value + 2**63) % 2**64 - 2**63
    return result


def draw(law, shape, dtype=np.float64, *, seed, site, step=0, param=None, low=0, high=0):
    """Draw an array from one law.

    Parameters
    ----------
    law : str
        A key of `LAWS`.
    shape : tuple of int
        Shape of the result.
    dtype : numpy.dtype
        float32 or float64, for the laws that give floating-point numbers.
    seed, site, step : int
        What the numbers depend on, apart from their own index.
    param : array_like, optional
        Probability, mean or shape parameter, broadcast to `shape`.
    low, high : int
        Bounds of ``integers``, `high` excluded.

    Returns
    -------
    ndarray, shape `shape`
        bool for ``bernoulli``, int64 for ``poisson`` and ``integers``, uint64 for ``bits``.

    Examples
    --------
    >>> draw("integers", (5,), seed=1, site=0, low=0, high=10).tolist()
    [8, 8, 5, 0, 6]
    """
    n = int(np.prod(shape))
    dtype = np.dtype(dtype)
    bits = _Bits(seed, site, step)
    if param is not None:
        param = np.broadcast_to(np.asarray(param, float), shape).reshape(-1)
    if law == "uniform":
        wide = dtype == np.float64
        result = _uniform(*bits.words64(n)) if wide else _uniform32(bits.words32(n))
    elif law == "normal":
        result = _normal(bits, n, dtype)
    elif law == "exponential":
        wide = dtype == np.float64
        result = -_log(_open(*bits.words64(n))) if wide else -_log32(_open32(bits.words32(n)))
    elif law == "bernoulli":
        result = _bernoulli(bits, param)
    elif law == "poisson":
        result = _poisson(bits, param)
    elif law == "gamma":
        result = _gamma(bits, param).astype(dtype)
    elif law == "integers":
        result = _integers(bits, n, low, high)
    elif law == "bits":
        first, second = bits.words64(n)
        result = first | (second << np.uint64(32))
    else:
        raise ValueError(f"law: expected one of {', '.join(LAWS)}, got {law!r}")
    return result.reshape(shape)

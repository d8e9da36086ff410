"""Random small calls of NumPy's functions, for fuzzing the table: each is a text, its arrays and a function."""

import numpy as np

DTYPES = [np.float64] * 5 + [np.float32, np.int64, np.int32, np.bool_, np.complex128]
DTYPES += [np.int8, np.uint8, np.int16, np.uint64, np.complex64]
FLOATS = [np.float64, np.float64, np.float32]
SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 1e300, 1e-300])


def values(rng, shape, dtype, special):
    """An array of random values, sometimes with NaN and infinities, sometimes with other strides."""
    kind = dtype.kind
    if kind == "b":
        x = rng.random(shape) < 0.5
    elif kind in "iu":
        x = rng.integers(-4 if kind == "i" else 0, 5, shape)
        if special and dtype.itemsize < 8 and rng.random() < 0.1:  # the ends of the type
            ends = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
            x = np.where(rng.random(shape) < special, rng.choice(ends, shape), x.astype(dtype))
    elif kind == "c":
        x = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    else:
        x = np.asarray(np.round(rng.normal(size=shape) * 2, int(rng.integers(0, 4))))
        if special and rng.random() < 0.3:
            x = np.where(rng.random(shape) < special, rng.choice(SPECIAL, shape), x)
    x = np.asarray(x).astype(dtype)
    if x.ndim and rng.random() < 0.3:
        x = np.asfortranarray(x) if rng.random() < 0.5 else np.repeat(x, 2, -1)[..., ::2]
    return x


class Draw:
    """Random arguments of one call."""

    def __init__(self, rng):
        self.rng, self.arrays = rng, []

    def one(self, options):
        return options[self.rng.integers(len(options))]

    def shape(self, ndim=None, least=0):
        ndim = self.rng.integers(0, 4) if ndim is None else ndim
        return tuple(int(self.rng.integers(least, 5)) for _ in range(ndim))

    def array(self, shape, dtype=None, special=0.05):
        """One more array of the call: its shape, type and share of special values."""
        self.arrays.append((shape, np.dtype(dtype or self.one(DTYPES)), special))

    def axis(self, ndim, none=True, many=False):
        u = self.rng.random()
        if none and u < 0.3 or not ndim:
            return None
        if many and ndim > 1 and u < 0.5:
            return tuple(int(i) for i in self.rng.permutation(ndim)[:2])
        if u > 0.97:
            return ndim  # out of range
        return int(self.rng.integers(-ndim, ndim))

    def key(self, shape):
        """An index expression for an array of that shape."""
        parts, axis = [], 0
        rng = self.rng
        wide = self.shape(int(rng.integers(0, 3)), 1)
        while axis < len(shape):
            u, d = rng.random(), shape[axis]
            if u < 0.3:
                step = int(self.one([1, 1, 2, -1, -2]))
                ends = [None if rng.random() < 0.4 else int(rng.integers(-6, 7)) for _ in range(2)]
                parts.append(slice(*ends, step))
            elif u < 0.5:
                parts.append(
                    int(rng.integers(-d - (rng.random() < 0.05), d + (rng.random() < 0.05) or 1))
                )
            elif u < 0.6:
                parts.append(None)
                continue
            elif u < 0.65 and Ellipsis not in [p for p in parts if not isinstance(p, np.ndarray)]:
                parts.append(Ellipsis)
                axis = max(axis, len(shape) - int(rng.integers(0, 2)))
                continue
            elif u < 0.85 and d:
                parts.append(rng.integers(-d, d, wide))
            elif u < 0.92:
                parts.append(rng.random(d) < 0.5)
            else:
                break
            axis += 1
        return tuple(parts) if len(parts) != 1 or rng.random() < 0.5 else parts[0]


def _ufunc(draw, ufunc):
    shape = draw.shape()
    nodes = []
    for _ in range(ufunc.nin):
        lead = draw.rng.integers(0, len(shape) + 1)
        one = tuple(1 if draw.rng.random() < 0.15 else d for d in shape[lead:])
        nodes.append(draw.array(one, draw.one(FLOATS) if draw.rng.random() < 0.5 else None))
    if ufunc.nin == 2 and draw.rng.random() < 0.2:
        scalar = draw.one([2, 0.5, -1, True, np.float32(1.5)])
        return ufunc.__name__ + f"(_, {scalar!r})", lambda a, b: ufunc(a, scalar)
    return ufunc.__name__, lambda *a: ufunc(*a)


def _reduction(draw, f):
    shape = draw.shape()
    draw.array(shape)
    options = {
        "axis": draw.axis(
            len(shape), many=f.__name__ not in ("argmax", "argmin", "nanargmax", "nanargmin")
        )
    }
    if draw.rng.random() < 0.3:
        options["keepdims"] = True
    if f.__name__ in ("var", "std", "nanvar", "nanstd") and draw.rng.random() < 0.4:
        options["ddof"] = 1
    if f.__name__ in ("sum", "prod", "mean", "any", "all", "nansum") and draw.rng.random() < 0.2:
        options["where"] = draw.rng.random(shape) < 0.6
    if f.__name__ in ("sum", "prod", "max", "min") and draw.rng.random() < 0.2:
        options["initial"] = 2
    return f"{f.__name__}({options})", lambda a: f(a, **options)


def _axis_function(draw, f):
    shape = draw.shape()
    draw.array(shape)
    axis = draw.axis(len(shape))
    return f"{f.__name__}(axis={axis})", lambda a: f(a, axis=axis)


def _shape_function(draw, kind):
    rng = draw.rng
    shape = draw.shape(least=0 if rng.random() < 0.2 else 1)
    draw.array(shape)
    n = int(np.prod(shape))
    if kind == "reshape":
        new = draw.one([(-1,), (n,), (1, -1), (2, -1), shape[::-1], (n, 1), (-1, 3), ()])
        order = draw.one(["C", "C", "F"])
        return f"reshape({new}, {order})", lambda a: np.reshape(a, new, order=order)
    if kind == "transpose":
        axes = draw.one([None, tuple(rng.permutation(len(shape)).tolist())])
        return f"transpose({axes})", lambda a: np.transpose(a, axes)
    if kind == "roll":
        shift, axis = int(rng.integers(-5, 6)), draw.axis(len(shape))
        return f"roll({shift}, {axis})", lambda a: np.roll(a, shift, axis)
    if kind == "take":
        axis = draw.axis(len(shape))
        index, mode = rng.integers(-5, 6, draw.shape(1)), draw.one(["raise", "wrap", "clip"])
        return f"take({index}, {axis}, {mode})", lambda a: np.take(a, index, axis, mode=mode)
    if kind == "repeat":
        k, axis = int(rng.integers(0, 3)), draw.axis(len(shape))
        return f"repeat({k}, {axis})", lambda a: np.repeat(a, k, axis)
    if kind == "tile":
        reps = draw.one([2, (2, 1), (1, 2, 2), 0])
        return f"tile({reps})", lambda a: np.tile(a, reps)
    if kind == "pad":
        width, mode = (
            int(rng.integers(0, 3)),
            draw.one(["constant", "edge", "reflect", "wrap", "symmetric"]),
        )
        return f"pad({width}, {mode})", lambda a: np.pad(a, width, mode=mode)
    if kind == "squeeze":
        axis = draw.axis(len(shape))
        return f"squeeze({axis})", lambda a: np.squeeze(a, axis)
    if kind == "expand_dims":
        axis = draw.axis(len(shape) + 1, none=False, many=True)
        return f"expand_dims({axis})", lambda a: np.expand_dims(a, axis)
    if kind == "moveaxis":
        i, j = draw.axis(len(shape), none=False), draw.axis(len(shape), none=False)
        return f"moveaxis({i}, {j})", lambda a: np.moveaxis(a, i, j)
    if kind == "diagonal":
        k = int(rng.integers(-2, 3))
        return f"diagonal({k})", lambda a: np.diagonal(a, k)
    if kind == "trace":
        k = int(rng.integers(-2, 3))
        return f"trace({k})", lambda a: np.trace(a, k)
    if kind == "tri":
        k, f = int(rng.integers(-2, 3)), draw.one([np.tril, np.triu])
        return f"{f.__name__}({k})", lambda a: f(a, k)
    if kind == "diff":
        k, axis = int(rng.integers(0, 3)), draw.axis(len(shape), none=False)
        return f"diff({k}, {axis})", lambda a: np.diff(a, k, axis if axis is not None else -1)
    if kind == "delete":
        at, axis = draw.one([0, -1, [0, 1], slice(None, None, 2), 7]), draw.axis(len(shape))
        return f"delete({at}, {axis})", lambda a: np.delete(a, at, axis)
    if kind == "insert":
        at, axis = draw.one([0, -1, [0, 1], [1]]), draw.axis(len(shape))
        return f"insert({at}, {axis})", lambda a: np.insert(a, at, 3, axis)
    if kind == "rot90":
        k = int(rng.integers(-1, 5))
        return f"rot90({k})", lambda a: np.rot90(a, k)
    if kind == "round":
        k = int(rng.integers(-1, 3))
        return f"round({k})", lambda a: np.round(a, k)
    if kind == "split":
        k, axis = draw.one([2, 3, [1], [1, 3]]), draw.axis(len(shape), none=False)
        return f"array_split({k}, {axis})", lambda a: np.array_split(
            a, k, axis if axis is not None else 0
        )
    if kind == "gradient":
        order = int(rng.integers(1, 3))
        return f"gradient({order})", lambda a: np.gradient(a, edge_order=order)
    if kind == "quantile":
        q, axis = float(np.round(rng.random(), 2)), draw.axis(len(shape), many=True)
        name = draw.one(["quantile", "nanquantile"])
        return f"{name}({q}, {axis})", lambda a: getattr(np, name)(a, q, axis=axis)
    if kind == "resize":
        return "resize", lambda a: np.resize(a, (3, 2))
    f = getattr(np, kind)
    return kind, lambda a: f(a)


SHAPES = """reshape transpose roll take repeat tile pad squeeze expand_dims moveaxis diagonal trace tri diff
    delete insert rot90 round split gradient quantile resize ravel flip fliplr flipud atleast_1d atleast_2d
    atleast_3d copy zeros_like ones_like real imag isreal iscomplex nan_to_num sinc unwrap diag diagflat
    ediff1d vander fix isneginf isposinf count_nonzero matrix_transpose shape size ndim""".split()


def _pair(draw, kind):
    rng = draw.rng
    a = draw.shape(int(rng.integers(1, 3)), 1)
    b = a if rng.random() < 0.5 else draw.shape(int(rng.integers(1, 3)), 1)
    if kind in ("matmul", "dot", "inner", "tensordot") and rng.random() < 0.7:
        b = (a[-1],) + b[1:] if kind != "inner" else b[:-1] + (a[-1],)
    if kind in ("convolve", "correlate", "polyadd", "polysub", "polyval", "searchsorted"):
        a, b = a[:1], b[:1]
    if kind == "cross":
        a = b = a[:-1] + (3,)
    draw.array(a, special=0), draw.array(b, special=0)
    if kind == "searchsorted":
        side = draw.one(["left", "right"])
        return f"searchsorted({side})", lambda x, y: np.searchsorted(np.sort(x), y, side)
    if kind in ("convolve", "correlate"):
        mode, f = draw.one(["full", "same", "valid"]), getattr(np, kind)
        return f"{kind}({mode})", lambda x, y: f(x, y, mode)
    if kind in ("concatenate", "stack", "vstack", "hstack", "dstack", "column_stack", "block"):
        f = getattr(np, kind)
        return kind, lambda x, y: f([x, y])
    if kind == "where":
        return "where", lambda x, y: np.where(x > 0, x, y)
    if kind == "select":
        return "select", lambda x, y: np.select([x > 1, x > 0], [x, y], 5)
    if kind == "clip":
        return "clip", lambda x, y: np.clip(x, y, 1)
    if kind == "tensordot":
        return "tensordot", lambda x, y: np.tensordot(x, y, 1)
    f = getattr(np, kind)
    return kind, lambda x, y: f(x, y)


PAIRS = """matmul dot inner outer kron tensordot cross convolve correlate concatenate stack vstack hstack
    dstack column_stack block where select clip append searchsorted isin array_equal array_equiv isclose
    polyadd polysub polyval vdot copysign""".split()
REDUCTIONS = [getattr(np, n) for n in """sum prod max min mean var std any all ptp argmax argmin median
    nansum nanprod nanmax nanmin nanmean nanvar nanstd nanmedian average count_nonzero""".split()]  # fmt: skip
ALONG = [getattr(np, n) for n in "sort cumsum cumprod nancumsum nancumprod".split()]


def _read(draw):
    shape = draw.shape()
    draw.array(shape)
    key = draw.key(shape)
    return f"[{key}]", lambda a: a[key]


def _write(draw):
    shape = draw.shape(int(draw.rng.integers(1, 4)))
    draw.array(shape, draw.one(FLOATS))
    key = draw.key(shape)
    try:
        inner = np.zeros(shape)[key].shape
    except IndexError:
        inner = ()
    draw.array(inner if draw.rng.random() < 0.7 else (), np.float32)
    step = draw.one(["=", "+=", "add.at", "view"])

    def call(a, v):
        a = a * 1
        if step == "=":
            a[key] = v
        elif step == "+=":
            a[key] += v
        elif step == "add.at":
            np.add.at(a, key, v)
        else:
            part = a[..., ::-1] if a.ndim else a
            part[key] = v
        return a

    return f"[{key}] {step}", call


BINARY = [getattr(np, n) for n in """add subtract multiply maximum minimum fmax fmin hypot logaddexp
    bitwise_and bitwise_or bitwise_xor logical_and logical_or logical_xor gcd copysign""".split()]  # fmt: skip


def _ufunc_method(draw):
    rng, ufunc = draw.rng, draw.one(BINARY)
    shape = draw.shape(int(rng.integers(1, 4)))
    axis = int(rng.integers(-len(shape), len(shape)))
    method = draw.one(["reduce", "reduce", "accumulate", "reduceat", "outer", "at"])
    draw.array(shape, special=0)
    name = f"{ufunc.__name__}.{method}"
    if method == "reduce":
        options = {"axis": draw.one([axis, axis, None]), "keepdims": rng.random() < 0.3}
        if rng.random() < 0.3:
            options["initial"] = 1
        if rng.random() < 0.3:
            options["where"] = rng.random(shape) < 0.7
        return f"{name}({options})", lambda a: ufunc.reduce(a, **options)
    if method == "accumulate":
        return f"{name}({axis})", lambda a: ufunc.accumulate(a, axis)
    if method == "reduceat":
        at = rng.integers(0, max(shape[axis], 1), 3)
        return f"{name}({at}, {axis})", lambda a: ufunc.reduceat(a, at, axis)
    draw.array(draw.shape(1) if method == "outer" else (), special=0)
    if method == "outer":
        return name, lambda a, b: ufunc.outer(a, b)
    at = rng.integers(-2, 2, 4)

    def call(a, b):
        u = np.copy(a)
        if u.dtype.kind == "u":  # C leaves open what a negative float is as one of these
            b = np.abs(b).astype(u.dtype)
        ufunc.at(u, at, b)
        return u

    return f"{name}({at})", call


def _changed(f):
    def call(a, b):
        u = np.copy(a)
        f(u, b)
        return u

    return call


def _more(draw):
    """Calls of one kind each, on arrays of one or two dimensions."""
    rng = draw.rng
    shape = draw.shape(int(rng.integers(1, 3)), 1)
    kind = draw.one(MORE)
    if kind in ("interp", "histogram", "weights", "digitize"):
        draw.array(shape, draw.one(FLOATS), 0)
        draw.array((4,), np.float64, 0)
        edges = np.sort(rng.normal(size=4))
        return kind, {
            "interp": lambda a, b: np.interp(a, edges, b, left=draw_left(b)),
            "histogram": lambda a, b: np.histogram(a, edges),
            "weights": lambda a, b: np.histogram(np.ravel(a)[:4], 3, (-2, 2), weights=b[: a.size]),
            "digitize": lambda a, b: np.digitize(a, edges, right=a.ndim > 1),
        }[kind]
    if kind in ("put", "place", "putmask", "copyto", "fill_diagonal"):
        draw.array(shape, draw.one(FLOATS), 0)
        draw.array(draw.one([(), (1,), (3,)]), np.float64, 0)
        at, mask = rng.integers(-2, 2, 3), rng.random(shape) < 0.5
        return f"{kind}({at}, {mask.tolist()})", _changed(
            {
                "put": lambda u, b: np.put(u, at, b, mode="wrap"),
                "place": lambda u, b: np.place(u, mask, b),
                "putmask": lambda u, b: np.putmask(u, mask, b),
                "copyto": lambda u, b: np.copyto(u, b.ravel()[0], where=mask),
                "fill_diagonal": lambda u, b: np.fill_diagonal(u, b),
            }[kind]
        )
    draw.array(shape, special=0)
    if kind == "quantile":
        method, q = draw.one(METHODS), np.round(rng.random(2), 2)
        return f"quantile({method}, {q})", lambda a: np.quantile(a, q, axis=0, method=method)
    if kind == "pad":
        mode, width = draw.one(["linear_ramp", "mean", "maximum", "wrap"]), int(rng.integers(0, 4))
        return f"pad({mode}, {width})", lambda a: np.pad(a, width, mode)
    if kind == "windows":
        return kind, lambda a: np.lib.stride_tricks.sliding_window_view(a, 2, axis=0)
    if kind == "cov":
        rows, ddof = bool(rng.integers(2)), int(rng.integers(2))
        return f"cov({rows}, {ddof})", lambda a: np.cov(a, rowvar=rows, ddof=ddof)
    if kind == "partition":
        k = int(rng.integers(-1, 2))
        return f"partition({k})", lambda a: np.sort(np.partition(a, k, axis=0), axis=0)
    if kind == "argsort":
        return kind, lambda a: np.argsort(a, axis=0, kind="stable")
    if kind == "poly":
        return kind, lambda a: (np.polyder(np.ravel(a)), np.polyint(np.ravel(a), 2))
    if kind == "choose":
        at = rng.integers(0, 2, shape)
        return f"choose({at.tolist()})", lambda a: np.choose(at, [a, 2 * a])
    if kind == "piecewise":
        return kind, lambda a: np.piecewise(a, [a > 0], [lambda t: t * 2, 1])
    if kind == "linspace":
        n, end = int(rng.integers(0, 5)), bool(rng.integers(2))
        return f"linspace({n}, {end})", lambda a: np.linspace(a, 2.0, n, endpoint=end)
    if kind == "apply":
        return kind, lambda a: np.apply_along_axis(lambda r: r[:1] * 2, -1, a)
    if kind == "clip":
        low = draw.one([None, -1, 0.5])
        return f"clip({low})", lambda a: np.clip(a, low, 2)
    if kind == "view writes":

        def call(a):
            u = np.copy(a)
            v = u.T[::-1].reshape(-1) if u.ndim > 1 else u[::2]
            v[:1] = 3
            u[...] += 1
            return u, v

        return kind, call
    at = rng.integers(-1, 1, shape[:-1] + (2,))
    return f"take_along_axis({at.tolist()})", lambda a: np.take_along_axis(a, at, -1)


def draw_left(b):
    return b[0] - 1


MORE = (
    """interp histogram weights digitize put place putmask copyto fill_diagonal quantile pad windows cov
    partition argsort poly choose piecewise linspace apply clip along""".split()
    + ["view writes"]
)
METHODS = """inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull
    linear median_unbiased normal_unbiased lower higher midpoint nearest""".split()


def random_call(rng, ufuncs):
    """(text, [(shape, dtype, share of special values)], function) of one call."""
    draw = Draw(rng)
    u = rng.random()
    if u < 0.08:
        text, f = _ufunc_method(draw)
    elif u < 0.18:
        text, f = _more(draw)
    elif u < 0.36:
        text, f = _ufunc(draw, draw.one(ufuncs))
    elif u < 0.48:
        text, f = _reduction(draw, draw.one(REDUCTIONS))
    elif u < 0.52:
        text, f = _axis_function(draw, draw.one(ALONG))
    elif u < 0.7:
        text, f = _shape_function(draw, draw.one(SHAPES))
    elif u < 0.8:
        text, f = _pair(draw, draw.one(PAIRS))
    elif u < 0.9:
        text, f = _read(draw)
    else:
        text, f = _write(draw)
    return text, draw.arrays, f

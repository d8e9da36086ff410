"""NumPy twin of the kernel ``fused``: micro-programs as Python objects, interpreted by NumPy."""

import numpy as np

from neurokit import _core

CODES = _core.elementwise_codes()
# The order of nk_dtype.
DTYPES = "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float32 float64".split()
DTYPE_CODE = {np.dtype(name): code for code, name in enumerate(DTYPES)}
COMPUTE = [np.dtype(t) for t in ("bool", "int32", "int64", "float32", "float64")]

TESTS = {"isnan", "isfinite", "isinf", "lt", "le", "gt", "ge", "eq", "ne"}
FLOAT_ONLY = set(
    "rint sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arccosh arctanh sigmoid erf isnan isfinite isinf div arctan2 copysign fma".split()
)
BITS = {"and", "or", "xor"}
INT_ONLY = {"shl", "shr"}
WITH_BOOL = {
    "abs", "not", "invert", "convert", "copy", "add", "mul", "maximum", "minimum",
    "and", "or", "xor", "lt", "le", "gt", "ge", "eq", "ne", "select",
}  # fmt: skip
BINARY = set(
    "add sub mul div pow maximum minimum arctan2 mod floordiv copysign and or xor shl shr "
    "lt le gt ge eq ne".split()
)
TERNARY = {"fma", "select"}
# Functions of scipy.special, see core/test_special.py.
SPECIAL = set(
    "erfc erfcx erfinv erfcinv gamma gammaln rgamma digamma zeta beta betaln gammainc gammaincc betainc betaincc "
    "jv yv iv ive kv kve exp1 expi expn dawsn spence".split()
)


def arity(name):
    return 3 if name in TERNARY else 2 if name in BINARY else 1


def takes(name, dtype):
    """Whether the operation exists for this computation type."""
    dtype = np.dtype(dtype)
    if name in SPECIAL or name.endswith("pack_bits"):  # those: test_fused_bits.py
        return False
    if dtype.kind == "b":
        return name in WITH_BOOL
    if dtype.kind == "i":
        return name not in FLOAT_ONLY and name != "not"
    return name not in BITS | INT_ONLY | {"not", "invert"}


def sigmoid(x):
    return (1 / (1 + np.exp(-x))).astype(x.dtype)


def erf(x):
    from scipy.special import erf

    return erf(x)


def fma(a, b, c):
    """Exact for float32 up to double rounding; for float64 as good as longdouble is."""
    wide = np.float64 if a.dtype == np.float32 else np.longdouble
    return (a.astype(wide) * b.astype(wide) + c.astype(wide)).astype(a.dtype)


def int_pow(a, b):
    out = np.power(a, np.maximum(b, 0))
    inverse = np.where(a == 1, 1, np.where(a == -1, np.where(b & 1, -1, 1), 0))
    return np.where(b < 0, inverse, out).astype(a.dtype)


def as_type(dtype):
    return lambda x: x.astype(dtype)


NUMPY = {
    "neg": np.negative, "abs": np.abs, "div": np.divide, "sub": np.subtract, "mul": np.multiply,
    "fma": fma, "select": np.where, "sigmoid": sigmoid, "erf": erf, "not": np.logical_not,
    "copy": np.copy, "floordiv": np.floor_divide, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "shl": np.left_shift, "shr": np.right_shift, "lt": np.less,
    "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
    "ne": np.not_equal,
}  # fmt: skip


def reference(name, dtype, *args):
    """The operation as NumPy computes it, in the computation type."""
    dtype = np.dtype(dtype)
    if name == "convert":
        return args[0].astype(dtype)
    if name == "pow" and dtype.kind == "i":
        return int_pow(*args)
    out = NUMPY.get(name, getattr(np, name, None))(*args)
    return out if name in TESTS else np.asarray(out).astype(dtype)


class Micro:
    """A micro-program under construction; values are numbered as the kernel numbers them."""

    def __init__(self, n_in, constants=()):
        self.n_in = n_in
        self.constants = [(np.dtype(t), value) for t, value in constants]
        self.ops = []

    def op(self, name, dtype, *src):
        self.ops.append((name, np.dtype(dtype), src))
        return self.n_in + len(self.constants) + len(self.ops) - 1

    def ip(self, results):
        out = [len(self.constants)]
        for dtype, value in self.constants:
            if dtype.kind == "f":
                value = int(np.float64(value).view(np.int64))
            out += [DTYPE_CODE[dtype], int(value)]
        out.append(len(self.ops))
        for name, dtype, src in self.ops:
            src = list(src) + [-1] * (3 - len(src))
            out += [CODES[name], DTYPE_CODE[dtype], *src]
        return tuple(out + list(results))

    def numpy(self, ins, results, shape):
        values = list(ins) + [t.type(value) for t, value in self.constants]
        for name, dtype, src in self.ops:
            values.append(reference(name, dtype, *(values[k] for k in src)))
        return [np.broadcast_to(values[k], shape) for k in results]

    def run(self, ins, outs, results, threads=0):
        _core.call("fused", outs, ins, ip=self.ip(results), threads=threads)
        return outs


def run_op(name, dtype, *args, out=None, threads=0):
    """One operation through the kernel."""
    micro = Micro(len(args))
    v = micro.op(name, dtype, *range(len(args)))
    if out is None:
        kind = np.bool_ if name in TESTS else np.dtype(dtype)
        out = np.empty(np.broadcast_shapes(*(a.shape for a in args)), kind)
    return micro.run(list(args), [out], [v], threads)[0]

"""NumPy's callables without a traced form: the reason and the nearest alternative of each.

With the table of functions and the ufuncs this covers all of NumPy's main namespace; `docs/numpy.md`
lists the same, and a test keeps the three together.
"""

_TEXT = "makes text"
_FILE = "reads or writes files"
_MEMORY = "is about memory, which a traced array does not have"
_DATES = "is about dates"
_AWAY = "the value outside of the trace, or print(t)"
_OUTSIDE = "it before the trace, on plain data"

LEFT_OUT = {  # name: (reason, what to use instead)
    "array2string": (_TEXT, _AWAY),
    "array_repr": (_TEXT, _AWAY),
    "array_str": (_TEXT, _AWAY),
    "asarray_chkfinite": ("looks at all values", "nk.options(nan_check=True)"),
    "asmatrix": ("makes a np.matrix", "arrays and the operator @"),
    "bmat": ("makes a np.matrix", "np.block"),
    "from_dlpack": (_MEMORY, _OUTSIDE),
    "frombuffer": (_MEMORY, _OUTSIDE),
    "fromfile": (_FILE, _OUTSIDE),
    "fromiter": ("takes numbers one by one", "nk.array([...])"),
    "fromregex": (_FILE, _OUTSIDE),
    "fromstring": (_TEXT, _OUTSIDE),
    "frompyfunc": (
        "makes object arrays",
        "the function itself, or np.vectorize by hand with np.stack",
    ),
    "genfromtxt": (_FILE, _OUTSIDE),
    "isfortran": (_MEMORY, "the shape alone"),
    "isnat": (_DATES, "plain arrays"),
    "kaiser": ("takes no traced beta", "np.i0 and arithmetic"),
    "load": (_FILE, _OUTSIDE),
    "loadtxt": (_FILE, _OUTSIDE),
    "may_share_memory": (_MEMORY, "nothing: reads see writes as NumPy's do"),
    "min_scalar_type": ("makes the type depend on a value", "t.dtype"),
    "nested_iters": (_MEMORY, "loops over indices"),
    "nextafter": ("steps by the bits of a number", "t + eps"),
    "save": (_FILE, "nk.save of the returned value"),
    "savetxt": (_FILE, "nk.save of the returned value"),
    "savez": (_FILE, "nk.save of the returned value"),
    "savez_compressed": (_FILE, "nk.save of the returned value"),
    "shares_memory": (_MEMORY, "nothing: reads see writes as NumPy's do"),
    "spacing": ("measures the bits of a number", "np.abs(t) * np.finfo(t.dtype).eps"),
}

# take no arrays, or only plain ones: they work inside a trace as they do outside of it
PLAIN = frozenset(
    """
    bartlett base_repr binary_repr blackman broadcast_shapes busday_count busday_offset datetime_as_string
    datetime_data diag_indices format_float_positional format_float_scientific get_include get_printoptions
    getbufsize geterr geterrcall hamming hanning indices info is_busday isdtype isscalar issubdtype iterable
    mask_indices mintypecode printoptions promote_types set_printoptions setbufsize seterr seterrcall
    show_config show_runtime test tril_indices triu_indices typename
    """.split()
)

METHODS_LEFT_OUT = {  # name of an array method or attribute: (reason, what to use instead)
    "base": (_MEMORY, "the array itself: writes through views are seen"),
    "byteswap": (_MEMORY, _OUTSIDE),
    "ctypes": (_MEMORY, "nk.ops, or the returned value"),
    "data": (_MEMORY, "the returned value"),
    "dump": (_FILE, "nk.save of the returned value"),
    "dumps": (_FILE, "nk.save of the returned value"),
    "flags": (_MEMORY, "nothing: a traced array can be written to"),
    "getfield": (_MEMORY, "astype"),
    "resize": ("changes the shape of other names of the array too", "np.resize"),
    "setfield": (_MEMORY, "t[...] = value"),
    "setflags": (_MEMORY, "nothing: a traced array can be written to"),
    "tobytes": (_MEMORY, "the returned value"),
    "tofile": (_FILE, "nk.save of the returned value"),
}


def message(name, table=LEFT_OUT, prefix="np."):
    """What the error of a left-out name says."""
    reason, instead = table[name]
    return f"{prefix}{name} {reason}, so it has no traced form: use {instead}"

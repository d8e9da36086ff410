"""Which values are one memory: names of a value, in-place updates, results over their source."""

UPDATES = {
    "slice_update",
    "scatter_set",
    "scatter_add",
    "event_matvec_add",
    "spmv_weight_grad",
    "matmul_sum",
}
WHOLE = {
    "variable",
    "stop_gradient",
    "strong",
    "surrogate",
    "proj",
    "safe_mul",
    "safe_div",
    "ruled",
    "after",
    "derived",
}  # views of the very same memory
_ALIASES = WHOLE - {"proj", "after"}  # names of a value that only say how to differentiate it


def is_update_chain(source, node):
    """Whether `node` is `source` itself or a series of in-place updates of it."""
    while node is not source:
        if node.prim.name not in UPDATES:
            return False
        node = node.args[0]
    return True


def may_lie_over(source, node):
    """Whether `node` is elementwise of the shape of `source`, so that it may be written over it."""
    return (
        node.prim.kind == "elementwise"
        and node.shape == source.shape
        and node.dtype == source.dtype
        and node.size > 0
    )


def behind(node):
    """The value that an alias stands for."""
    while node.prim.name in _ALIASES:
        node = node.args[0]
    return node

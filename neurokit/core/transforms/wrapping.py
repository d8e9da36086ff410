"""What the transforms put around a user's function."""

import functools
import types


def wraps(f, what):
    """`functools.wraps` of `f` for the transform `what`: name, docstring, signature, attributes.

    Attributes of callable objects stay theirs: they may be a model's arrays.
    """
    if not callable(f):
        raise TypeError(f"{what} takes a function, got {type(f).__name__}")
    is_plain = isinstance(f, types.FunctionType)
    return functools.wraps(f, updated=functools.WRAPPER_UPDATES if is_plain else ())


def static_places(f, numbers, names):
    """Static arguments both as places and as names: (numbers, names) completed by the signature of `f`.

    Raises ValueError for a place or a name that `f` does not have.
    """
    import inspect

    numbers, names = list(numbers), list(names)
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # built-in functions may have none
        return tuple(numbers), tuple(names)
    kinds = [p.kind for p in parameters]
    by_place = [
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    is_open = inspect.Parameter.VAR_POSITIONAL in kinds
    for i in numbers:
        if not is_open and not -len(by_place) <= i < len(by_place):
            raise ValueError(
                f"jit: static_argnums has {i}, but the function takes {len(by_place)} positional arguments"
            )
    known = {p.name for p in parameters}
    for name in names:
        if name not in known and inspect.Parameter.VAR_KEYWORD not in kinds:
            raise ValueError(
                f"jit: static_argnames has {name!r}, which is no argument of the function"
            )
    numbers += [by_place.index(n) for n in names if n in by_place]
    keyword = {p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
    for i in numbers:
        if (i >= 0 or not is_open) and i < len(by_place) and by_place[i] in keyword:
            names.append(by_place[i])
    return tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(names))

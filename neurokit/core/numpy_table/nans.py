"""Reductions that skip NaN, each the plain one after NaN was replaced by what does not count."""

import math

import numpy as np

from ..trace.tracer import to_node
from .base import T, _deliver, _reduced, guard, implements
from .reductions import (
    _as_asked,
    _floating,
    amax,
    amin,
    argmax,
    argmin,
    cumprod,
    cumsum,
    given,
    has,
    prod,
    root,
    sum,
)


def _nan(a):
    """Where the elements are NaN; None for types that have none."""
    return np.isnan(a) if a.dtype.kind in "fc" else None


def _without(a, fill):
    a = T(to_node(a))
    nan = _nan(a)
    return a if nan is None else np.where(nan, np.asarray(fill, a.dtype), a)


@implements(np.nansum)
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return sum(_without(a, 0), axis, dtype, out, keepdims, initial, where)


@implements(np.nanprod)
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return prod(_without(a, 1), axis, dtype, out, keepdims, initial, where)


@implements(np.nancumsum)
def nancumsum(a, axis=None, dtype=None, out=None):
    return cumsum(_without(a, 0), axis, dtype, out)


@implements(np.nancumprod)
def nancumprod(a, axis=None, dtype=None, out=None):
    return cumprod(_without(a, 1), axis, dtype, out)


def _nan_extreme(extreme, fill):
    def call(a, axis=None, out=None, keepdims=False, initial=None, where=None):
        a = T(to_node(a))
        nan = _nan(a)
        if nan is None:
            return extreme(a, axis, out, keepdims, initial, where)
        result = extreme(
            np.where(nan, np.asarray(fill, a.dtype), a), axis, None, keepdims, initial, where
        )
        if not has(initial):
            empty = np.all(nan, axis, keepdims=keepdims)
            result = np.where(empty, np.asarray(np.nan, a.dtype), result)
        return _deliver(result, out)

    return call


nanmax = implements(np.nanmax)(_nan_extreme(amax, -math.inf))
nanmin = implements(np.nanmin)(_nan_extreme(amin, math.inf))


def _nan_arg(arg, fill):
    def call(a, axis=None, out=None, keepdims=False):
        a = T(to_node(a))
        nan = _nan(a)
        if nan is None:
            return arg(a, axis, out, keepdims)
        found = arg(np.where(nan, np.asarray(fill, a.dtype), a), axis, None, keepdims)
        empty = np.any(np.all(nan, axis))
        if not a.abstract and bool(empty):
            raise ValueError("All-NaN slice encountered")
        return _deliver(guard(found, empty), out)

    return call


nanargmax = implements(np.nanargmax)(_nan_arg(argmax, -math.inf))
nanargmin = implements(np.nanargmin)(_nan_arg(argmin, math.inf))


def _counted(a, axis, keepdims, where):
    """How many elements are numbers and looked at."""
    nan = _nan(a)
    number = np.ones(a.shape, bool) if nan is None else ~nan
    if given(where):
        number = number & where
    real = np.float64 if a.dtype.kind not in "fc" else a.real.dtype
    return sum(T(to_node(number)), axis, np.dtype(real), keepdims=keepdims)


@implements(np.nanmean)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=None):
    a = T(_floating(a, dtype))
    total = sum(_without(a, 0), axis, keepdims=keepdims, where=where)
    return _deliver(total / _counted(a, axis, keepdims, where), out)


@implements(np.nanvar)
def nanvar(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=False,
    *,
    where=None,
    mean=None,
    correction=None,
):
    if has(correction):
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    a = T(_floating(a, dtype))
    axes = _reduced(axis, a.ndim)
    centre = mean if has(mean) else nanmean(a, axes, keepdims=True, where=where)
    nan = _nan(a)
    offset = np.where(nan, np.asarray(0, a.dtype), a - centre)
    square = np.square(offset) if a.dtype.kind == "f" else np.real(offset * np.conj(offset))
    total = sum(square, axes, keepdims=keepdims, where=where)
    left = _counted(a, axes, keepdims, where) - ddof
    result = total / np.where(left > 0, left, np.asarray(1, left.dtype))
    result = np.where(left > 0, result, np.asarray(np.nan, result.dtype))
    return _deliver(_as_asked(result, dtype), out)


@implements(np.nanstd)
def nanstd(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=False,
    *,
    where=None,
    mean=None,
    correction=None,
):
    result = nanvar(
        a,
        axis,
        dtype,
        None,
        ddof,
        keepdims,
        where=where,
        mean=mean,
        correction=correction,
    )
    return _deliver(root(result), out)

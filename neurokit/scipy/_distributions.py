"""What the distributions of `stats` have in common: parameters, location and scale, support."""

import importlib

import numpy as np

from ._arrays import as_float64
from ._twin import _traced


def _special():
    return importlib.import_module("scipy.special")


class Distribution:
    """A distribution of `scipy.stats` whose functions also take traced arrays."""

    def __init__(self, name, shapes=()):
        self.name, self.shapes = name, shapes

    def __getattr__(self, method):
        return getattr(getattr(importlib.import_module("scipy.stats"), self.name), method)

    def __repr__(self):
        return f"neurokit.scipy.stats.{self.name}"


def _log_of(part, rest):
    """The logarithm of a distribution function, by the other one where that is the smaller."""

    def call(z, *shapes):
        p, q = part(z, *shapes), rest(z, *shapes)
        small = np.log(np.where(p > 0, p, 1.0))
        near_one = np.log1p(-np.where(q < 0.5, q, 0.0))
        return np.where(p > 0, np.where(q < 0.5, near_one, small), -np.inf)

    return call


class Univariate(Distribution):
    """log_density(z, *shapes) on the support; cdf and sf of z, where given.

    inside(z, *shapes): the support; valid(*shapes): the shape parameters that are allowed.
    """

    def __init__(self, name, log_density, shapes=(), inside=None, valid=None, **functions):
        super().__init__(name, shapes)
        self.log_density, self.inside, self.valid = log_density, inside, valid
        discrete = name in ("poisson", "binom", "bernoulli", "nbinom", "geom")
        kind = "pmf" if discrete else "pdf"
        self._add("log" + kind, self._log_density, discrete)
        self._add(kind, lambda z, scale, *s: np.exp(self._log_density(z, scale, *s)), discrete)
        if "cdf" in functions:
            cdf, sf = functions["cdf"], functions["sf"]
            functions.setdefault("logcdf", _log_of(cdf, sf))
            functions.setdefault("logsf", _log_of(sf, cdf))
        for method, f in functions.items():
            self._add(method, lambda z, scale, *s, f=f: f(z, *s), discrete)

    def _add(self, method, f, discrete):
        names = ("q" if method in ("ppf", "isf") else "k" if discrete else "x", *self.shapes)

        def call(*args, **kwargs):
            if not (_traced(args) or _traced(tuple(kwargs.values()))):
                home = getattr(importlib.import_module("scipy.stats"), self.name)
                return getattr(home, method)(*args, **kwargs)
            values = self._bind(method, names, discrete, args, kwargs)
            return self._call(f, method, values)

        call.__name__ = method
        call.__doc__ = f"`scipy.stats.{self.name}.{method}`, also on traced arrays."
        setattr(self, method, call)

    def _bind(self, method, names, discrete, args, kwargs):
        order = [*names, "loc"] + ([] if discrete else ["scale"])
        if len(args) > len(order):
            raise TypeError(
                f"{self.name}.{method} takes {', '.join(order)}: got {len(args)} values"
            )
        given = dict(zip(order, args))
        for name, value in kwargs.items():
            if name not in order or name in given:
                raise TypeError(f"{self.name}.{method} got an unexpected or repeated {name}=")
            given[name] = value
        given.setdefault("loc", 0.0)
        given.setdefault("scale", 1.0)
        missing = [n for n in names if n not in given]
        if missing:
            raise TypeError(f"{self.name}.{method} needs {', '.join(missing)}")
        return [as_float64(given[n]) for n in (*names, "loc", "scale")]

    def _call(self, f, method, values):
        x, *shapes, loc, scale = values
        valid = scale > 0
        if self.valid is not None:
            valid = valid & self.valid(*shapes)
        scale = np.where(scale > 0, scale, 1.0)
        if method in ("ppf", "isf"):
            valid = valid & (x >= 0) & (x <= 1)
            x = np.where(valid, x, 0.5)
            result = f(x, scale, *shapes) * scale + loc
        else:
            result = f((x - loc) / scale, scale, *shapes)
        return np.where(valid & ~np.isnan(x), result, np.nan)

    def _log_density(self, z, scale, *shapes):
        if self.inside is None:
            return self.log_density(z, *shapes) - np.log(scale)
        inside, safe = self.inside(z, *shapes)
        value = self.log_density(np.where(inside, z, safe), *shapes) - np.log(scale)
        return np.where(inside, value, -np.inf)

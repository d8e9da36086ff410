"""One subject's patterns, checked, and the dissimilarities of their conditions."""

import warnings
from copy import copy

import numpy as np

from ..ops import dense, similarity
from .checks import codes, leveled, numbers, symmetric
from .missing import by_channels, inverse
from .noise import Noise

METRICS = {"euclidean": 0, "correlation": 1, "cosine": 2}
PRIOR_RATE, PRIOR_WEIGHT = 1.0, 0.1


def own_labels(patterns):
    """Labels of the rows that a DataArray or a DataFrame brings along, else None."""
    if hasattr(patterns, "coords"):
        return _own_coordinate(patterns)
    if hasattr(patterns, "iloc") and hasattr(patterns, "index"):
        index = patterns.index
        plain = type(index).__name__ == "RangeIndex" and (index.start, index.step) == (0, 1)
        return None if plain else np.asarray(index)
    return None


def _own_coordinate(array):
    """Of the coordinates along the rows: ``condition`` or ``conditions``, that of the dimension, or
    the only one there is."""
    rows = array.dims[0]
    for name in ("condition", "conditions"):
        if name in array.coords and rows not in array.coords[name].dims:
            raise ValueError(
                f"patterns: the coordinate {name} is not along the first dimension of {array.dims}, "
                "which are the observations: transpose"
            )
    along = [name for name, own in array.coords.items() if own.dims == (rows,)]
    for name in ("condition", "conditions", rows):
        if name in along:
            return array.coords[name].values
    if len(along) > 1:
        raise ValueError(
            f"conditions: the rows have the coordinates {along}: hand over the one that is meant"
        )
    return array.coords[along[0]].values if along else None


class Subject:
    """One matrix of patterns with its labels, checked; computes one condensed row."""

    def __init__(self, patterns, conditions, folds, noise, metric):
        if conditions is None:
            conditions = own_labels(patterns)
        x = numbers(patterns, "patterns")
        if x.ndim != 2:
            raise ValueError(f"patterns: wanted (n_obs, n_channels), got shape {x.shape}")
        self.x, self.metric = x, metric
        self.crossed = metric in ("crossnobis", "poisson_cv")
        self.numbered = conditions is None
        if self.numbered:
            if self.crossed:
                raise ValueError(f"{metric} needs the conditions of the rows")
            conditions = np.arange(len(x))
        self.labels, self.code = codes(conditions, len(x), "conditions")
        if len(self.labels) < 2:
            raise ValueError(f"an RDM needs at least 2 conditions, got {len(self.labels)}")
        self.fold = None
        if self.crossed:
            if folds is None:
                raise ValueError(f"{metric} needs folds, the run of each row")
            self.fold_labels, self.fold = codes(folds, len(x), "folds")
            if len(self.fold_labels) < 2:
                raise ValueError(f"{metric} needs at least 2 folds, got {len(self.fold_labels)}")
            if isinstance(noise, dict):
                noise = self._of_folds(noise)
        elif isinstance(noise, dict):
            raise ValueError(f"noise: one per fold is for crossnobis, not for {metric}")
        if metric == "mahalanobis" and noise is None:
            raise ValueError("mahalanobis needs noise, see rsa.shrinkage")
        self.noise = noise

    def _of_folds(self, noise):
        """The noise of each fold, in the folds' order, from a dict of all of them."""
        names = self.fold_labels.tolist()
        wrong = [k for k in names if k not in noise] + [k for k in noise if k not in names]
        if wrong:
            raise ValueError(f"noise: wanted one for each of the folds {names}, wrong: {wrong[:5]}")
        return [noise[k] for k in names]

    def compute(self, threads, convention):
        self.threads, self.convention = threads, convention
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.metric == "crossnobis":
                return self._crossnobis()
            return self._poisson() if self.metric.startswith("poisson") else self._plain()

    def _have(self):
        """Channels that each condition has in all of its rows, shape (n, n_channels)."""
        missing = np.isnan(self.x)
        return np.stack([~missing[self.code == k].any(0) for k in range(len(self.labels))])

    def _noise(self):
        """The noise as a Noise, checked; None stays None."""
        noise, n_channels = self.noise, self.x.shape[1]
        if noise is None or isinstance(noise, (list, tuple)):
            return noise
        _check_channels(noise, n_channels)
        return noise if isinstance(noise, Noise) else Noise(inverse(noise))

    def _by_channels(self, valid):
        """Each pair over the channels both conditions have, valid (n, n_channels)."""
        noise = self._noise()

        def compute(rows, channels):
            at = np.isin(self.code, rows)
            own = noise.subset(channels) if isinstance(noise, Noise) else None
            if isinstance(noise, (list, tuple)):
                own = [
                    (k if isinstance(k, Noise) else Noise(inverse(k))).subset(channels)
                    for k in noise
                ]
            x = self.x[at][:, channels]
            folds = self.fold[at] if self.crossed else None
            present = list(dict.fromkeys(folds.tolist())) if self.crossed else []
            if self.crossed and len(present) < 2:
                return np.full(len(rows) * (len(rows) - 1) // 2, np.nan)
            if not self.crossed:  # means over the repetitions that have the channel
                x, at = self._means()[np.ix_(rows, channels)], np.searchsorted(self.code, rows)
            names = self.labels[self.code[at]] if self.crossed else self.labels[rows]
            if isinstance(own, list):
                own = [own[k] for k in present]  # in the order in which the part meets them
            part = Subject(x, names, folds, own, self.metric)
            return part.compute(self.threads, self.convention)

        return by_channels(valid, compute).astype(self.x.dtype)

    def _whiten(self, x, noise):
        if noise is None:
            return x
        if isinstance(noise, (list, tuple)):
            raise ValueError(f"one noise per fold is for crossnobis, not for {self.metric}")
        n_channels = x.shape[-1]
        rows = x.reshape(-1, n_channels)
        _check_channels(noise, n_channels)
        if isinstance(noise, Noise):
            white = noise.whiten(rows)
        else:
            try:
                white = dense.product(rows, dense.cholesky(symmetric(noise, "noise")))
            except np.linalg.LinAlgError:
                message = "noise: the precision is not positive definite"
                raise np.linalg.LinAlgError(message) from None
        return np.ascontiguousarray(white.reshape(x.shape), dtype=x.dtype)

    def _means(self):
        """Mean pattern of each condition; channels missing in a repetition use the others."""
        n = len(self.labels)
        if n == len(self.x):
            return self.x  # each condition once, in its own order
        member = (self.code == np.arange(n)[:, None]).astype(self.x.dtype)
        means = dense.product(member, self.x) / member.sum(1, keepdims=True)
        if np.isnan(means).any() and np.isnan(self.x).any():
            have = ~np.isnan(self.x)
            total = dense.product(member, np.where(have, self.x, 0))
            means = total / dense.product(member, have.astype(self.x.dtype))
        return means

    def _plain(self):
        x = self._means()
        if self.noise is not None and np.isnan(x).any():
            return self._by_channels(~np.isnan(x))
        squared = METRICS.get(self.metric, 0) == 0
        if isinstance(self.noise, Noise) and squared and self.x.shape[1] == self.noise.n_channels:
            out = self._split(x, lambda part: self._call("rdm", part[None], 0))
        else:
            x = self._whiten(x, self.noise)
            out = self._call("rdm", x[None], METRICS.get(self.metric, 0))
        undefined = np.isnan(out)
        if undefined.any():
            self._refuse_infinite()
            if np.isnan(self.x).any():
                out = self._call("rdm_masked", x[None], METRICS.get(self.metric, 0))
                undefined = np.isnan(out)
            self._warn_constant(x, undefined)
        return out

    def _split(self, x, compute):
        """Squared distances under the noise as those of one or two sets of plain rows."""
        n_channels = x.shape[-1]
        plus, minus = self.noise.split(x.reshape(-1, n_channels))
        if minus is None:
            return compute(np.ascontiguousarray(plus.reshape(x.shape), x.dtype))
        out = compute(np.ascontiguousarray(plus.reshape(x.shape), float))
        less = compute(np.ascontiguousarray(minus.reshape(*x.shape[:-1], -1), float))
        return (out - less * (minus.shape[-1] / n_channels)).astype(x.dtype)

    def _call(self, kernel, x, metric):
        return self._at_level(kernel, x, [], (metric,), metric != 0)

    def _at_level(self, kernel, x, extra, parameters, by_row):
        """A kernel's condensed values; patterns whose squares are no numbers of their type are
        brought to another level first."""
        for force in (False, True):
            level, exponent = leveled(x, by_row, force)
            if force and level is x:
                break
            how = {"parameters": parameters, "dtype": x.dtype, "threads": self.threads}
            out = similarity.distances(kernel, level, *extra, **how)
            if np.isfinite(out).all():
                break
        with np.errstate(over="ignore", under="ignore"):
            out = np.ldexp(out, 2 * exponent) if exponent else out
        if np.isinf(out).any() and np.isfinite(x).all():
            warnings.warn(
                f"{self.metric}: overflow, dissimilarities beyond the range of {out.dtype} are inf",
                RuntimeWarning,
                stacklevel=5,
            )
        return out[0]

    def _refuse_infinite(self):
        if np.isinf(self.x).any():
            rows = np.flatnonzero(np.isinf(self.x).any(1))
            raise ValueError(f"patterns: infinite values in rows {rows[:5].tolist()}")

    def _warn_constant(self, x, undefined):
        """One warning that names the conditions whose pairs have no value of this metric."""
        if self.metric not in ("correlation", "cosine") or not undefined.any():
            return
        if self.metric == "cosine":
            flat = np.nansum(np.abs(x), 1) == 0
        else:
            flat = np.fmax.reduce(x, 1) == np.fmin.reduce(x, 1)
        if flat.any():
            names = self.labels[flat].tolist()
            shown = ", ".join(map(str, names[:10])) + (" ..." if len(names) > 10 else "")
            warnings.warn(
                f"{self.metric} is not defined for patterns without variation; NaN for: {shown}",
                RuntimeWarning,
                stacklevel=5,
            )

    def _by_fold(self):
        """Sums (M, n, channels) and counts (M, n) over the rows of each fold and condition."""
        n, n_fold = len(self.labels), len(self.fold_labels)
        cell = self.fold * n + self.code
        counts = np.bincount(cell, minlength=n_fold * n)
        if counts.max() > 1:
            member = (cell == np.arange(n_fold * n)[:, None]).astype(self.x.dtype)
            sums = dense.product(member, self.x)
        elif len(cell) == n_fold * n:
            sums = self.x if (np.diff(cell) == 1).all() else self.x[np.argsort(cell)]
        else:
            sums = np.zeros((n_fold * n, self.x.shape[1]), self.x.dtype)
            sums[cell] = self.x
        return sums.reshape(n_fold, n, -1), counts.reshape(n_fold, n).astype(float)

    def _balanced(self):
        """True where each condition has equally many rows in all folds."""
        n, n_fold = len(self.labels), len(self.fold_labels)
        counts = np.bincount(self.fold * n + self.code, minlength=n_fold * n).reshape(n_fold, n)
        return bool((counts == counts[:1]).all())

    def _crossnobis(self):
        if self.x.dtype == np.float32 and not self._balanced():  # what rows share does not cancel
            wide = copy(self)
            wide.x = self.x.astype(float)
            with np.errstate(over="ignore"):
                return wide._crossnobis().astype(np.float32)
        if self.noise is not None and np.isnan(self.x).any():
            return self._by_channels(self._have())
        sums, counts = self._by_fold()
        if self.convention == "rsatoolbox" and (counts > 0).all():
            out = self._crossnobis_by_training(sums, counts)
        else:
            balanced = bool((counts == counts[:1]).all() and counts.min() > 0)
            if balanced and counts.max() > 1:
                sums = sums / counts[..., None].astype(sums.dtype)

            def kernel(x):
                return self._call_crossnobis(x, None if balanced else counts)

            if isinstance(self.noise, (list, tuple)):
                out = self._crossnobis_by_run(sums, counts, balanced)
            elif isinstance(self.noise, Noise) and self.noise.n_channels == sums.shape[-1]:
                out = self._split(sums, kernel)
            else:
                out = kernel(self._whiten(sums, self.noise))
        if np.isnan(out).any():
            self._refuse_infinite()
            if np.isnan(self.x).any():
                return self._by_channels(self._have())
        return out

    def _call_crossnobis(self, x, counts):
        return self._at_level(
            "crossnobis", x[None], [] if counts is None else [counts[None]], (), False
        )

    def _crossnobis_by_training(self, sums, counts):
        """Each fold against the means over all trials of the other folds (rsatoolbox)."""
        if isinstance(self.noise, (list, tuple)):
            return self._crossnobis_by_run(sums / counts[..., None], counts, True)
        total, number, out = sums.sum(0), counts.sum(0), 0
        for k, own in zip(counts, sums, strict=True):
            train = (total - own) / (number - k)[:, None].astype(own.dtype)
            pair = np.stack([own / k[:, None].astype(own.dtype), train])
            out = out + self._call_crossnobis(self._whiten(pair, self.noise), None)
        return out / len(sums)

    def _crossnobis_by_run(self, sums, counts, balanced):
        """One covariance per fold: each pair of folds is whitened by the mean of its two."""
        n_fold, n, n_channels = sums.shape
        if len(self.noise) != n_fold:
            raise ValueError(f"noise: wanted one for each of {n_fold} folds, got {len(self.noise)}")
        covariance = [
            noise.covariance if isinstance(noise, Noise) else inverse(noise) for noise in self.noise
        ]
        for one in covariance:
            if one.shape != (n_channels, n_channels):
                raise ValueError(f"noise: wanted {n_channels} channels, got shape {one.shape}")
        gram, pairs = np.zeros((n, n)), np.zeros((n, n))
        weight = np.ones_like(counts) if balanced else counts
        if balanced:  # the mean pattern of a fold drops out
            sums = sums.astype(float)
            sums = sums - sums.mean(1, keepdims=True)
        for m in range(n_fold):
            for k in range(m):
                both = Noise((covariance[m] + covariance[k]) / 2)
                product = dense.product(both.whiten(sums[m]), both.whiten(sums[k]).T)
                gram += product + product.T
                pairs += np.multiply.outer(weight[m], weight[k])
                pairs += np.multiply.outer(weight[k], weight[m])
        gram /= pairs * n_channels
        i, j = np.triu_indices(n, 1)
        d = np.diagonal(gram)
        return (d[i] + d[j] - 2 * gram[i, j]).astype(self.x.dtype)

    def _poisson(self):
        self._refuse_infinite()
        if self.noise is not None:
            raise ValueError(f"{self.metric} takes no noise")
        if np.isnan(self.x).any():
            return self._by_channels(self._have())
        if (self.x < 0).any():
            raise ValueError(f"{self.metric}: rates below zero")
        if self.metric == "poisson":
            rate = _regularised(self._means())
            log = np.log(rate)
            # (l_i - l_j)(v_i - v_j) is a quarter of the difference of two squares
            return (
                self._call("rdm", np.ascontiguousarray(rate + log)[None], 0)
                - self._call("rdm", np.ascontiguousarray(rate - log)[None], 0)
            ) / 4
        sums, counts = self._by_fold()
        n_fold, n, n_channels = sums.shape
        if not (counts > 0).all() or not (counts.sum(0) > counts).all():
            raise ValueError("poisson_cv: every condition must be in every fold")
        i, j = np.triu_indices(n, 1)
        total, out = sums.sum(0), 0
        tested = range(n_fold) if self.convention is None else [n_fold - 1]
        for m in tested:
            test = np.log(_regularised(sums[m] / counts[m][:, None]))
            train = _regularised((total - sums[m]) / (counts.sum(0) - counts[m])[:, None])
            product = dense.product(train, test.T)
            d = np.diagonal(product)
            out = out + (d[i] + d[j] - product[i, j] - product[j, i]) / n_channels
        return (out / len(tested)).astype(self.x.dtype)


def _check_channels(noise, n_channels):
    if isinstance(noise, Noise):
        if noise.n_channels != n_channels:
            raise ValueError(f"noise: wanted {n_channels} channels, got {noise.n_channels}")
    elif np.shape(noise) != (n_channels, n_channels):
        raise ValueError(
            f"noise: wanted a precision matrix ({n_channels}, {n_channels}), or the Noise that "
            f"rsa.shrinkage makes of residuals, got shape {np.shape(noise)}"
        )


def _regularised(rate):
    return (rate + PRIOR_RATE * PRIOR_WEIGHT) / (1 + PRIOR_WEIGHT)

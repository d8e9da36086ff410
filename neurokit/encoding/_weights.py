"""What the regressions with weights per band or kernel share: parameters, search, fitted attributes."""

from numbers import Integral, Real

import numpy as np

from ._inputs import rescaled
from ._search import draw_weights, search, solve

TARGET_BYTES = 1 << 29  # of what is kept per chunk of targets


class WeightSearch:
    """Mixin of the two estimators: checks of the parameters, and the search."""

    def _draws(self, n_bands):
        if np.ndim(self.n_iter) == 2:
            draws = np.asarray(self.n_iter, dtype=float)
            fits = draws.shape[1] == n_bands and len(draws) > 0
            if not fits or not np.isfinite(draws).all() or (draws < 0).any():
                raise ValueError(
                    f"n_iter: wanted weights >= 0 of shape (n_draws, {n_bands}), got {draws.shape}"
                )
            if not draws.any(axis=1).all():
                raise ValueError("n_iter: a draw without any weight")
            return draws
        known = isinstance(self.n_iter, Real) and 1 <= self.n_iter < np.inf
        if not known or int(self.n_iter) != self.n_iter:
            raise ValueError(f"n_iter: wanted a number >= 1 or weights, got {self.n_iter!r}")
        try:
            concentration = np.atleast_1d(np.asarray(self.concentration, dtype=float))
        except (TypeError, ValueError):
            concentration = np.empty(0)
        positive = ((concentration > 0) & (concentration < np.inf)).all()
        if concentration.ndim != 1 or not positive or not len(concentration):
            raise ValueError(f"concentration: wanted positive numbers, got {self.concentration!r}")
        n_draws = int(self.n_iter) if n_bands > 1 else 1
        return draw_weights(n_draws, n_bands, concentration, generator(self.random_state))

    def _search(self, problem, Y, alphas, scale):
        """Fitted attributes but for the solution, then the solution (n_unknowns, t) and the means."""
        draws = self._draws(problem.n_bands)
        given = np.ndim(self.n_iter) == 2
        keep, rounds = self.screen, self.refine
        if isinstance(keep, str) and keep == "auto":
            keep = None if given else min(32, max(8, len(draws) // 3))
        if isinstance(rounds, str) and rounds == "auto":
            rounds = 0 if given else 5
        for name, value, least in (("screen", keep, 1), ("refine", rounds, 0)):
            number = isinstance(value, (Integral, np.integer)) and value >= least
            if not (number or (value is None and name == "screen")):
                raise ValueError(f"{name}: wanted 'auto' or a number >= {least}, got {value!r}")
        per_target = bool(self.alpha_per_target)
        y_mean = problem.rows.mean(Y) if problem.center else np.zeros(Y.shape[1])
        step = max(16, TARGET_BYTES // (Y.itemsize * problem.rows_per_target))
        if not per_target:
            step = Y.shape[1]
        found, solutions = [], []
        for first in range(0, Y.shape[1], step):
            part = slice(first, first + step)
            problem.load(problem.rows.centred(Y[:, part], y_mean[part]))
            best, scores = search(problem, draws, alphas, keep, 4, rounds, per_target)
            found.append((best.weights, best.alpha, best.score, scores))
            solutions.append(solve(problem, best))
        weights, alpha, score, scores = (np.concatenate(each, -1) for each in zip(*found))
        with np.errstate(divide="ignore"):
            deltas = np.log(weights / alpha)
        fitted = dict(
            draws_=draws, weights_=weights, alpha_=alpha, deltas_=deltas, best_score_=score,
            cv_scores_=scores,
        )  # fmt: skip
        return fitted, rescaled(np.concatenate(solutions, 1), scale), rescaled(y_mean, scale)

    def _keep(self, fitted, single):
        for name, value in fitted.items():
            setattr(self, name, value[..., 0] if single and name != "draws_" else value)


def generator(random_state):
    """NumPy's generator from a seed, or a generator as it is."""
    if isinstance(random_state, np.random.RandomState):
        return random_state
    return np.random.default_rng(random_state)

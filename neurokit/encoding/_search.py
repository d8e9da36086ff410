"""Search for the weight of each band or kernel, target by target.

1. Draws from the simplex, screened by generalised cross-validation: one diagonalisation of all
   samples and one product with the targets score a draw at every alpha.
2. The draws that together serve the targets best are cross-validated, each on the targets whose
   screening ranks it high.
3. Each target's score has an exact derivative to its log weights. Targets step along it, steps are
   gathered into a few shared weightings, and what improves the cross-validated score is kept.
"""

import numpy as np

from ..ops.dense import product
from ._banded import without_constant
from ._ridge import CHUNK_BYTES, combined, eigh, varies

LEAST = 1e-6  # weight below which a band is out, for steps in log weights


def draw_weights(n_draws, n_bands, concentration, rng):
    """Weights on the simplex, (n_draws, n_bands): all equal, each band alone, then random ones."""
    fixed = [np.full(n_bands, 1 / n_bands)]
    if n_draws > n_bands > 1:
        fixed += list(np.eye(n_bands))
    levels = np.atleast_1d(concentration)
    drawn = [
        rng.dirichlet(np.full(n_bands, levels[k % len(levels)]))
        for k in range(max(n_draws - len(fixed), 0))
    ]
    return np.array((fixed + drawn)[:n_draws])


def decomposed(problem, draws):
    """(values, vectors) of all samples for each weighting, diagonalised a few at a time."""
    size = problem.matrix(draws[0]).nbytes
    step = max(1, CHUNK_BYTES // max(size, 1))
    for first in range(0, len(draws), step):
        part = draws[first : first + step]
        yield from zip(*eigh(np.stack([problem.matrix(weights) for weights in part])))


def screen(problem, weights, values, vectors, alphas):
    """Generalised cross-validated R2 of each target at its best alpha, shape (n_targets,).

    With c the coordinates of a target along the eigenvectors, l their eigenvalues and s =
    alpha/(l + alpha), the score is 1 - n^2 / |y|^2 (sum (s c)^2 + what lies outside) / (n - q + sum
    s)^2. The constant is no coordinate where it was taken away: it would count as one that is
    predicted without error, and the smallest alpha would always win.
    """
    values, squared = problem.screen(weights, values, vectors)
    rows, q = problem.rows, len(values)
    n = rows.count
    total = np.einsum("ij,ij->j", problem.Y, problem.Y, dtype=float)
    along = rows.total * rows.mean(problem.Y) ** 2
    gone = problem.center or (problem.constant_free & without_constant(along, total, n))
    shrunk = alphas[:, None] / (values + alphas[:, None])
    left = product((shrunk**2).astype(squared.dtype), squared).astype(float)
    left += np.maximum(total - squared.sum(0, dtype=float), 0)
    freedom = (n - q + shrunk.sum(1))[:, None] - gone
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(freedom > 1e-9 * n, left / total * (n / freedom) ** 2, np.inf)
    return 1 - np.nan_to_num(ratio.min(0), nan=1.0)


def cover(scores, n_keep):
    """The rows that together serve the columns best: each adds most to the sum of best scores."""
    scores = np.clip(scores, -1, None)
    kept = [int(scores.mean(1).argmax())]
    best = scores[kept[0]].copy()
    while len(kept) < min(n_keep, len(scores)):
        gain = np.maximum(scores - best, 0).sum(1)
        gain[kept] = -1
        kept.append(int(gain.argmax()))
        np.maximum(best, scores[kept[-1]], out=best)
    return kept


class Best:
    """What the search has found for each target so far."""

    def __init__(self, n_bands, n_targets):
        self.score = np.full(n_targets, -np.inf)
        self.weights = np.full((n_bands, n_targets), 1 / n_bands)
        self.alpha = np.ones(n_targets)
        self.slope = np.zeros((n_bands, n_targets))  # of the score to the log weights


def evaluate(problem, weights, chosen, alphas, best, per_target, slopes):
    """Cross-validate one weighting on the chosen targets; ``best`` takes what improves.

    Returns the score of each chosen target at the best alpha and whether it improved.
    """
    folds = problem.diagonalised(weights)
    scores = np.zeros((len(alphas), len(chosen)))
    step = max(16, CHUNK_BYTES // (problem.Y.itemsize * 4 * problem.n_values))
    parts = [slice(first, first + step) for first in range(0, len(chosen), step)]
    together = problem.together
    for part in parts:
        some = chosen[part]
        measured = (problem.errors(f, k, weights, some, alphas) for k, f in enumerate(folds))
        whole = None if together is None else [each[some] for each in together]
        scores[:, part] = combined(measured, folds, whole)
    scores[~np.isfinite(scores)] = -np.inf
    if per_target:
        pick = scores.argmax(0)
    else:
        pick = np.full(len(chosen), scores.mean(1).argmax())
    found = scores[pick, np.arange(len(chosen))]
    improved = found > best.score[chosen]
    if not per_target:
        improved[:] = found.mean() > best.score[chosen].mean()
    new = chosen[improved]
    best.score[new] = found[improved]
    best.weights[:, new] = weights[:, None]
    best.alpha[new] = alphas[pick[improved]]
    if slopes and len(new):
        best.slope[:, new] = 0
        for index, fold in enumerate(folds):
            total, square = problem.moments[index][3], problem.moments[index][2]
            count = len(folds)
            if together is not None:
                (total, square), count = together, 1
            for first in range(0, len(new), step):
                some = new[first : first + step]
                change = problem.gradient(fold, index, weights, some, best.alpha[some])
                moves = varies(total[some], square[some], fold.vectors.dtype)
                with np.errstate(invalid="ignore", divide="ignore"):
                    best.slope[:, some] -= np.where(moves, change / total[some], 0) / count
    return found, improved


def gather(points, n_groups, rounds=8):
    """Group columns around at most ``n_groups`` centres: (centres (b, k), group of each column)."""
    distinct, group = np.unique(points.round(6), axis=1, return_inverse=True)
    group = group.reshape(-1)
    if distinct.shape[1] <= n_groups:
        return distinct, group
    centres = [points.mean(1)]
    distance = np.full(points.shape[1], np.inf)
    for _ in range(n_groups):
        distance = np.minimum(distance, np.sum((points - centres[-1][:, None]) ** 2, 0))
        centres.append(points[:, distance.argmax()])
    centres = np.array(centres[1:]).T
    for _ in range(rounds):
        # |x|^2 is the same for all centres
        away = np.sum(centres**2, 0)[:, None] - 2 * product(centres.T, points)
        group = away.argmin(0)
        for k in range(centres.shape[1]):
            if (group == k).any():
                centres[:, k] = points[:, group == k].mean(1)
    used, group = np.unique(group, return_inverse=True)
    return centres[:, used], group.reshape(-1)


def refine(problem, alphas, best, rounds, n_groups, per_target):
    """Steps of the log weights up the slope of the cross-validated score, ``n_groups`` a round."""
    radius = np.ones(len(best.score))
    for number in range(rounds):
        slope = best.slope if per_target else best.slope.mean(1, keepdims=True)
        slope = np.broadcast_to(slope - slope.mean(0), best.slope.shape)  # alpha has the rest
        length = np.linalg.norm(slope, axis=0)
        moving = np.flatnonzero((length > 1e-9) & (radius > 0.05))
        if len(moving) == 0:
            return
        points = np.log(np.maximum(best.weights[:, moving], LEAST))
        points += radius[moving] * slope[:, moving] / length[moving]
        points -= points.max(0)
        np.maximum(points, np.log(LEAST), out=points)
        centres, group = gather(points, n_groups if per_target else 1)
        for k in range(centres.shape[1]):
            weights = np.exp(centres[:, k])
            weights[weights <= LEAST * 1.0001] = 0
            chosen = moving[group == k]
            again = number + 1 < rounds
            _, improved = evaluate(
                problem, weights / weights.sum(), chosen, alphas, best, per_target, again
            )
            radius[chosen] *= np.where(improved, 1.2, 0.4)


def search(problem, draws, alphas, n_keep, n_try, rounds, per_target):
    """Best of each target, and the cross-validated scores (n_draws, t), NaN where not computed."""
    n_targets = problem.Y.shape[1]
    best = Best(problem.n_bands, n_targets)
    scores = np.full((len(draws), n_targets), np.nan)
    kept, tried = list(range(len(draws))), np.ones((len(draws), n_targets), bool)
    if n_keep is not None and n_keep < len(draws):
        pairs = zip(draws, decomposed(problem, draws))
        screened = np.stack([screen(problem, draw, *each, alphas) for draw, each in pairs])
        kept = cover(screened, n_keep)
        if per_target and n_try < n_keep:
            order = np.argsort(-screened[kept], axis=0, kind="stable")[:n_try]
            tried = np.zeros((len(draws), n_targets), bool)
            tried[np.asarray(kept)[order], np.arange(n_targets)] = True
    for k in kept:
        chosen = np.flatnonzero(tried[k])
        if len(chosen):
            scores[k, chosen], _ = evaluate(
                problem, draws[k], chosen, alphas, best, per_target, rounds > 0
            )
    if not np.isfinite(best.score).all():
        raise ValueError("alphas: too small for these kernels, which have negative eigenvalues")
    if rounds > 0 and problem.n_bands > 1:
        refine(problem, alphas, best, rounds, max(4, len(kept) // 2), per_target)
    return best, scores


def solve(problem, best):
    """Solutions of all targets, those with one weighting together: (n_unknowns, t)."""
    distinct, group = np.unique(best.weights, axis=1, return_inverse=True)
    group = group.reshape(-1)
    out = None
    for k, (values, vectors) in enumerate(decomposed(problem, distinct.T)):
        chosen = np.flatnonzero(group == k)
        part = problem.solve(distinct[:, k], values, vectors, chosen, best.alpha[chosen])
        if out is None:
            out = np.empty((len(part), len(best.score)), part.dtype)
        out[:, chosen] = part
    return out

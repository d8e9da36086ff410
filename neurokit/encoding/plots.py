"""Pictures of encoding models."""

import numpy as np

from neurokit.plot import PALETTE, axes

from ._base import check_is_fitted


def plot_alphas(model, ax=None):
    """Show how often each alpha was chosen over targets.

    Parameters
    ----------
    model : fitted RidgeCV
    ax : Axes, optional

    Returns
    -------
    ax : Axes
    """
    check_is_fitted(model)
    ax = axes(ax, (4.2, 3.0))
    alphas = np.unique(np.asarray(model.alphas, dtype=float))
    chosen = np.atleast_1d(model.alpha_)
    count = [(chosen == alpha).sum() for alpha in alphas]
    ax.bar(np.arange(len(alphas)), count, 0.8, color=PALETTE[0])
    ax.set_xticks(*_alpha_ticks(alphas))
    ax.set_xlabel("alpha")
    ax.set_ylabel("targets")
    return _bare(ax)


def plot_scores(scores, xlabel="R²", bins=40, ax=None, positions=None, mask=None, ceiling=None):
    """Show a score over targets: its distribution, or where it is high.

    Parameters
    ----------
    scores : ndarray, shape (n_targets,)
    xlabel : str
        What the score is.
    bins : int
    ax : Axes, optional
    positions : ndarray, shape (n_targets, 2), optional
        Draw a map: a dot for each target, any unit of length.
    mask : ndarray of bool, shape (x, y, z) with n_targets true, optional
        Draw a map: slices of the volume side by side, z rising.
    ceiling : ndarray, shape (n_targets,), optional
        Draw the score against its noise ceiling.

    Returns
    -------
    ax : Axes
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 1:
        raise ValueError(f"scores: wanted (n_targets,), got shape {scores.shape}")
    if positions is not None:
        return _score_dots(scores, np.asarray(positions), xlabel, axes(ax, (4.2, 3.6)))
    if mask is not None:
        return _score_slices(scores, np.asarray(mask, dtype=bool), xlabel, axes(ax, (7.0, 4.0)))
    if ceiling is not None:
        return _score_ceiling(scores, np.asarray(ceiling), xlabel, axes(ax, (3.6, 3.6)))
    ax = axes(ax, (4.2, 3.0))
    scores = scores[np.isfinite(scores)]
    ax.hist(scores, bins=bins, color=PALETTE[2])
    if len(scores):
        middle = np.median(scores)
        ax.axvline(middle, color="k", lw=1, ls="--", label=f"median {middle:.3f}")
        ax.legend(frameon=False)
    ax.set_xlabel(xlabel)
    ax.set_ylabel("targets")
    return _bare(ax)


def _alpha_ticks(alphas):
    """Where to write what below the bars: each alpha of a few, else powers of ten between them."""
    place = np.arange(len(alphas))
    labels = _numbers(alphas)
    if len(alphas) <= (4 if any("cdot" in label for label in labels) else 6):
        return place, labels
    with np.errstate(divide="ignore"):
        power = np.log10(alphas)
    first = np.ceil(power[np.isfinite(power)][0] - 1e-9)
    tens = np.arange(first, power[-1] + 1e-9)
    if len(tens) < 2:
        some = np.unique(np.linspace(0, len(alphas) - 1, 4).astype(int))
        return some, _numbers(alphas[some])
    tens = tens[:: -(-len(tens) // 8)]
    return np.interp(tens, power, place), _numbers(10.0**tens)


def _numbers(values):
    """Labels in one notation: plain where the values are of everyday size, else powers of ten."""
    if values.min() >= 1e-3 and values.max() < 1e4:
        return [f"{value:.3g}" if value < 1000 else f"{value:.0f}" for value in values]
    labels = []
    for value in values:
        factor, power = f"{value:.1e}".split("e")
        front = "" if factor == "1.0" else f"{factor}\\cdot"
        labels.append(f"${front}10^{{{int(power)}}}$")
    return labels


def _bare(ax):
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _top(scores):
    """Upper end of a colour scale that starts at zero."""
    finite = scores[np.isfinite(scores)]
    return max(np.quantile(finite, 0.99), 1e-9) if len(finite) else 1.0


def _score_dots(scores, positions, label, ax):
    if positions.shape != (len(scores), 2):
        raise ValueError(f"positions: wanted ({len(scores)}, 2), got shape {positions.shape}")
    order = np.argsort(scores)  # high scores on top
    dots = ax.scatter(*positions[order].T, c=scores[order], s=12, cmap="inferno", vmin=0,
                      vmax=_top(scores))  # fmt: skip
    ax.figure.colorbar(dots, ax=ax, label=label, shrink=0.8)
    ax.set_aspect("equal")
    return _bare(ax)


def _score_slices(scores, mask, label, ax):
    if mask.ndim != 3 or mask.sum() != len(scores):
        raise ValueError(
            f"mask: wanted three dimensions with {len(scores)} true, got shape {mask.shape} with "
            f"{mask.sum()}"
        )
    volume = np.full(mask.shape, np.nan)
    volume[mask] = scores
    used = np.flatnonzero(mask.any((0, 1)))
    xs, ys = np.flatnonzero(mask.any((1, 2))), np.flatnonzero(mask.any((0, 2)))
    volume = volume[xs[0] : xs[-1] + 1, ys[0] : ys[-1] + 1][:, :, used]
    x, y, _ = volume.shape
    wide, gap = _grid(len(used), x, y, ax)
    tall = -(-len(used) // wide)
    picture = np.full((tall * (y + gap), wide * (x + 1) - 1), np.nan)
    for k in range(len(used)):
        row, column = k // wide * (y + gap) + gap, k % wide * (x + 1)
        picture[row : row + y, column : column + x] = volume[:, ::-1, k].T
        ax.annotate(
            f"z {used[k]}", (column - 0.5, row - 0.5), (0, 1), textcoords="offset points",
            fontsize=8, va="bottom", color="0.3",
        )  # fmt: skip
    shown = ax.imshow(picture, cmap="inferno", vmin=0, vmax=_top(scores), interpolation="nearest")
    # Beside the slices and as tall as they are
    bar = ax.inset_axes([1.02, 0, 0.03, 1])
    ax.figure.colorbar(shown, cax=bar, label=label)
    ax.set_axis_off()
    return ax


def _grid(count, x, y, ax):
    """Columns of a grid in which ``count`` slices (x, y) show largest, and rows free for labels."""
    box = ax.get_window_extent()
    label = 11 * ax.figure.dpi / 72

    def size(wide):
        tall = -(-count // wide)
        high = max(box.height / tall - label, 0.1 * box.height / tall)
        return min(box.width / (wide * (x + 1)), high / y)

    wide = max(range(1, count + 1), key=size)
    return wide, int(np.ceil(label / size(wide)))


def _score_ceiling(scores, ceiling, label, ax):
    if ceiling.shape != scores.shape:
        raise ValueError(f"ceiling: wanted shape {scores.shape}, got {ceiling.shape}")
    ax.plot(ceiling, scores, ".", ms=4, alpha=0.5, color=PALETTE[2], mew=0)
    highest = np.fmax.reduce([*ceiling, *scores])
    ends = [np.fmin.reduce(ceiling, initial=0), highest]
    ax.plot(ends, ends, "k--", lw=1)
    ax.axhline(0, color="0.7", lw=0.8)
    ax.set_xlabel("noise ceiling")
    ax.set_ylabel(label)
    return _bare(ax)

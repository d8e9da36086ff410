"""Pictures of dissimilarity matrices, embeddings and model comparisons."""

import numpy as np

from neurokit.plot import PALETTE, axes, colors_of, group_bars

from .embedding import mds, stress
from .rdms import as_rdms

FEW = 30  # conditions that are labelled


def plot_rdm(
    rdms, groups=None, rank=True, cmap="viridis", legend=True, colorbar=True, ax=None, icons=None
):
    """Show one dissimilarity matrix.

    Parameters
    ----------
    rdms : RDMs or array_like
        The mean is shown when there are several, and the picture says so.
    groups : sequence of length n_conditions, optional
        Category of each condition: coloured bars along the edges. Conditions stay in their order.
    rank : bool
        Show percentiles of the dissimilarities instead of their values.
    cmap : matplotlib colormap
    legend, colorbar : bool
    ax : Axes, optional
    icons : sequence of ndarray, shape (height, width) or (height, width, 3 or 4), optional
        A picture of each condition, shown along the left and the upper edge; of so many that they
        would overlap, every k-th.

    Returns
    -------
    ax : Axes
    """
    rdms = as_rdms(rdms, "rdms")
    ax = axes(ax, (5.2, 4.2))
    shown = rdms if len(rdms) == 1 else rdms.mean()
    label, mean = "dissimilarity", _mean_of(rdms)
    if rank:
        ranks = shown.rank()
        shown = ranks.transform(lambda v: 100 * (v - 1) / max(np.nanmax(v) - 1, 1))
        label = "dissimilarity (percentile)"
    matrix = shown.square()[0].astype(float)
    np.fill_diagonal(matrix, np.nan)
    picture = ax.imshow(matrix, cmap=cmap, interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    if groups is not None:
        if len(groups) != rdms.n_conditions:
            raise ValueError(f"groups: wanted {rdms.n_conditions}, got {len(groups)}")
        colors = group_bars(ax, groups)
        if legend:
            _legend(ax, colors, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2)
    if icons is not None:
        if len(icons) != rdms.n_conditions:
            raise ValueError(f"icons: wanted {rdms.n_conditions}, got {len(icons)}")
        _icons(ax, icons, 0 if groups is None else 0.05)
    if colorbar:
        label = ", ".join([label, *mean])
        ax.figure.colorbar(picture, ax=ax, label=label, shrink=0.8)
    elif mean:
        away = sum(points for points, drawn in ((10, groups), (20, icons)) if drawn is not None)
        ax.set_title(*mean, loc="right", fontsize=8, pad=6 + away)
    return ax


def _mean_of(rdms):
    """What to say of the mean of several matrices: a list of one text, or of none."""
    return [f"mean of {len(rdms)}"] if len(rdms) > 1 else []


def _icons(ax, icons, away):
    """Pictures along two edges of a matrix, each in small axes of its own."""
    size, n = 0.06, len(icons)
    step = max(1, int(np.ceil(size * n)))
    for k in range(0, n, step):
        middle = (min(k + step, n) + k) / 2 / n if step > 1 else (k + 0.5) / n
        for box in ((-away - size, 1 - middle - size / 2), (middle - size / 2, 1 + away)):
            small = ax.inset_axes((*box, size, size))
            small.imshow(np.asarray(icons[k]), cmap="gray")
            small.axis("off")


def plot_time(scores, times, names=None, p=None, ceiling=None, ylabel="similarity", ax=None):
    """Show scores over time: the mean over subjects with its standard error.

    Parameters
    ----------
    scores : ndarray, shape (n_models, n_times) or (n_models, n_subjects, n_times)
    times : ndarray, shape (n_times,)
        In seconds.
    names : sequence of length n_models, optional
    p : ndarray, shape (n_models, n_times), optional
        Bars below the curves where it is below 0.05.
    ceiling : tuple of ndarray, optional
        Lower and upper noise ceiling at each time.
    ylabel : str
    ax : Axes, optional

    Returns
    -------
    ax : Axes
    """
    scores, times = np.asarray(scores, dtype=float), np.asarray(times)
    if scores.ndim not in (2, 3) or scores.shape[-1] != len(times):
        raise ValueError(
            f"scores: wanted (n_models, n_subjects, {len(times)}), got shape {scores.shape}"
        )
    names = [None] * len(scores) if names is None else list(names)
    if len(names) != len(scores):
        raise ValueError(f"names: wanted {len(scores)}, got {len(names)}")
    ax = axes(ax, (5.6, 3.4))
    if ceiling is not None:
        ax.fill_between(times, *ceiling, fc="0.88", ec="0.6", lw=0.8, label="noise ceiling")
    for k, (row, name) in enumerate(zip(scores, names, strict=True)):
        color = PALETTE[k % len(PALETTE)]
        mean = row if row.ndim == 1 else row.mean(0)
        if row.ndim == 2 and len(row) > 1:
            sem = row.std(0, ddof=1) / np.sqrt(len(row))
            ax.fill_between(times, mean - sem, mean + sem, color=color, alpha=0.25, lw=0)
        ax.plot(times, mean, color=color, label=name)
    ax.axhline(0, color="k", lw=0.8)
    if times[0] < 0 < times[-1]:
        ax.axvline(0, color="k", lw=0.8, ls=":")
    if p is not None:
        low, high = ax.get_ylim()
        step = 0.03 * (high - low)
        for k, row in enumerate(np.atleast_2d(p)):
            on = np.where(row < 0.05, low - k * step, np.nan)
            ax.plot(times, on, color=PALETTE[k % len(PALETTE)], lw=3, solid_capstyle="butt")
    ax.set_xlabel("time (s)")
    ax.set_ylabel(ylabel)
    ax.margins(x=0)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if any(names) or ceiling is not None:
        ax.legend(frameon=False, fontsize=8, loc="best")
    return ax


def plot_mds(rdms, groups=None, labels=None, points=None, legend=True, ax=None):
    """Show the conditions of one matrix as points in the plane, like near like, and tell the stress.

    Parameters
    ----------
    rdms : RDMs or array_like
        The mean is embedded when there are several, and the picture says so.
    groups : sequence of length n_conditions, optional
        Category of each condition, shown by colour.
    labels : bool, optional
        Write each condition's label beside its point; by default up to 30 of them.
    points : ndarray, shape (n_conditions, 2), optional
        Where to put them; :func:`mds` by default.
    legend : bool
    ax : Axes, optional

    Returns
    -------
    ax : Axes
    """
    rdms = as_rdms(rdms, "rdms")
    ax = axes(ax, (4.6, 4.2))
    shown = rdms if len(rdms) == 1 else rdms.mean()
    kind = "metric" if points is None else "nonmetric"  # points of others have a scale of their own
    if points is None:
        points = mds(shown)[0]
    said = _mean_of(rdms)
    if np.ptp(points) > 0:
        said.append(f"{kind} stress {stress(shown, points[None], kind)[0]:.3f}")
    ax.set_ylabel(", ".join(said), fontsize=8)  # titles are the user's, below is the legend
    colors = colors_of(["all"] if groups is None else groups)
    groups = np.array(["all"] * len(points)) if groups is None else np.asarray(groups)
    for name, color in colors.items():
        x, y = points[groups == name].T
        ax.scatter(x, y, s=28, color=color, edgecolor="white", linewidth=0.5, label=name)
    if len(points) <= FEW if labels is None else labels:
        for (x, y), label in zip(points, rdms.conditions, strict=True):
            ax.annotate(str(label), (x, y), xytext=(3, 3), textcoords="offset points", fontsize=7)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xticks([])
    ax.set_yticks([])
    if legend and len(colors) > 1:
        _legend(ax, colors, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2)
    return ax


def plot_models(
    scores, names, ceiling=None, ylabel="similarity", sem=None, ax=None, p_zero=None, p_pairs=None
):
    """Show how well models do: a bar per model, a dot per subject, the noise ceiling.

    Parameters
    ----------
    scores : ndarray, shape (n_models, n_subjects)
    names : sequence of length n_models
    ceiling : tuple of float, optional
        Lower and upper bound, see :func:`noise_ceiling`.
    ylabel : str
    sem : ndarray, shape (n_models,), optional
        Standard errors for the error bars; over subjects by default.
    ax : Axes, optional
    p_zero : ndarray, shape (n_models,), optional
        Stars inside the foot of the bars: * below 0.05, ** below 0.01, *** below 0.001.
    p_pairs : ndarray, shape (n_models, n_models), optional
        Lines above the bars: a dot at one model, ends at those that differ from it (p below 0.05).

    Returns
    -------
    ax : Axes
        Bars in descending order of the mean.
    """
    scores = np.atleast_2d(np.asarray(scores, dtype=float))
    if len(scores) != len(names):
        raise ValueError(f"names: wanted {len(scores)}, got {len(names)}")
    ax = axes(ax, (5.2, 3.6))
    order = np.argsort(-scores.mean(1), kind="stable")
    place = np.arange(len(order))
    if ceiling is not None:
        ax.axhspan(*ceiling, color="0.85", lw=0)
        for bound in ceiling:  # seen however near to one another they are
            ax.axhline(bound, color="0.5", lw=0.8)
    ax.bar(place, scores[order].mean(1), 0.7, color=PALETTE[0], alpha=0.85)
    n_subjects = scores.shape[1]
    if sem is None and n_subjects > 1:
        sem = scores.std(1, ddof=1) / np.sqrt(n_subjects)
    if sem is not None:
        error = np.asarray(sem)[order]
        ax.errorbar(place, scores[order].mean(1), error, fmt="none", color="k", lw=1.2)
    if n_subjects > 1:
        shift = np.linspace(-0.18, 0.18, n_subjects)
        ax.scatter(
            (place[:, None] + shift).ravel(), scores[order].ravel(), s=12, color="0.25", zorder=3
        )
    ax.axhline(0, color="k", lw=0.8)
    low, high = ax.get_ylim()
    if p_zero is not None:
        for x, p in zip(place, np.asarray(p_zero)[order], strict=True):
            stars = "*" * int(np.sum(p < np.array([0.05, 0.01, 0.001])))
            ax.text(
                x, 0.01 * (high - low), stars, ha="center", va="bottom", color="w", weight="bold"
            )
    if ceiling is not None:
        ax.text(
            1, min(ceiling), "noise ceiling ", transform=ax.get_yaxis_transform(), ha="right",
            va="top", fontsize=8, color="0.4",
        )  # fmt: skip
    if p_pairs is not None:
        _pair_lines(ax, np.asarray(p_pairs)[np.ix_(order, order)], low, high)
    ax.set_xticks(place, [names[k] for k in order], rotation=35, ha="right")
    ax.set_ylabel(ylabel)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _pair_lines(ax, p, low, high, alpha=0.05):
    """One line per model that differs from others of lower score, stacked above the bars."""
    step, level = 0.045 * (high - low), high
    for k in range(len(p)):
        others = np.flatnonzero(p[k, k + 1 :] < alpha) + k + 1
        if len(others) == 0:
            continue
        ax.plot([k, others.max()], [level, level], color="0.4", lw=0.8)
        ax.plot(k, level, "o", color="0.4", ms=3.5)
        ax.plot(others, np.full(len(others), level), "|", color="0.4", ms=5)
        level += step
    ax.set_ylim(low, level + 0.5 * step)


def _legend(ax, colors, **options):
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], marker="s", ls="", color=color) for color in colors.values()]
    ax.legend(marks, list(colors), frameon=False, fontsize=8, handletextpad=0.3, **options)

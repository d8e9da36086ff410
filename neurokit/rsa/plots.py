"""Pictures of dissimilarity matrices, embeddings and model comparisons."""

import numpy as np

from neurokit.plot import PALETTE, axes, colors_of, distinct_colors, group_bars, short

from .checks import numbers
from .embedding import mds, stress
from .rdms import as_rdms
from .significance import variance

FEW = 30  # conditions that are labelled as points
FEW_ROWS = 20  # and as rows of a matrix


def plot_rdm(
    rdms,
    groups=None,
    rank=True,
    cmap="viridis",
    legend=True,
    colorbar=True,
    ax=None,
    icons=None,
    labels=None,
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
    labels : bool or sequence of length n_conditions, optional
        Write the names of the conditions, or these, along the left and the lower edge; by default
        the names of up to 20 conditions without icons.

    Returns
    -------
    ax : Axes
    """
    rdms = as_rdms(rdms, "rdms")
    texts = _texts(labels, rdms, icons is None and rdms.n_conditions <= FEW_ROWS)
    _check_lengths(rdms, groups=groups, icons=icons)
    ax = axes(ax, (5.2, 4.2))
    shown = rdms if len(rdms) == 1 else rdms.mean()
    label, mean = "dissimilarity", _mean_of(rdms)
    if rank:
        ranks = shown.rank()
        shown = ranks.transform(
            lambda v: 100 * (v - 1) / (np.fmax.reduce(v, axis=None, initial=2) - 1)
        )
        label = "dissimilarity (percentile)"
    matrix = shown.square()[0].astype(float)
    np.fill_diagonal(matrix, np.nan)
    ends = dict(vmin=0, vmax=100) if rank else {}
    picture = ax.imshow(matrix, cmap=cmap, interpolation="nearest", **ends)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    away = sum(points for points, drawn in ((10, groups), (20, icons)) if drawn is not None)
    below = 0
    if texts is not None:
        below = _names(ax, texts, away)
    if groups is not None:
        colors = group_bars(ax, groups)
        if legend:
            _legend(ax, colors, below)
    if icons is not None:
        _icons(ax, icons, 0 if groups is None else 0.05)
    if colorbar:
        label = ", ".join([label, *mean])
        ax.figure.colorbar(picture, ax=ax, label=label, shrink=0.8)
    elif mean:
        ax.set_title(*mean, loc="right", fontsize=8, pad=6 + away)
    return ax


def _texts(labels, rdms, default):
    """What to write at the conditions: their names, what the user gives, or nothing (None)."""
    labels = default if labels is None else labels
    if isinstance(labels, (bool, np.bool_)):
        return rdms.conditions if labels else None
    _check_lengths(rdms, labels=labels)
    return list(labels)


def _check_lengths(rdms, **given):
    """Raise ValueError for what does not have one entry per condition."""
    for name, values in given.items():
        if values is not None and len(values) != rdms.n_conditions:
            raise ValueError(f"{name}: wanted {rdms.n_conditions}, got {len(values)}")


def _mean_of(rdms):
    """What to say of the mean of several matrices: a list of one text, or of none."""
    return [f"mean of {len(rdms)}"] if len(rdms) > 1 else []


def _names(ax, conditions, away):
    """Names of the rows, ``away`` points from the left edge, and of the columns below; returns how
    many points these take."""
    place, names = np.arange(len(conditions)), [short(name, 24) for name in conditions]
    box = ax.get_window_extent()
    room = 72 * min(box.width, box.height) / ax.figure.dpi / len(names)
    size, longest = float(np.clip(0.8 * room, 4, 8)), max(map(len, names))
    flat = longest * 0.7 * size < room
    ax.set_yticks(place, names, fontsize=size)
    ax.set_xticks(place, names, fontsize=size, rotation=0 if flat else 90)
    ax.tick_params(axis="y", length=0, pad=2 + away)
    ax.tick_params(axis="x", length=0, pad=2)
    return 4 + (size if flat else 0.6 * size * longest)


def _icons(ax, icons, away):
    """Pictures along two edges of a matrix, each in small axes of its own."""
    size, n = 0.06, len(icons)
    step = max(1, int(np.ceil(size * n)))
    for k in range(step // 2, n, step):
        middle = (k + 0.5) / n
        if middle + size / 2 > 1 + 1e-9:  # it would hang over the edge
            continue
        for box in ((-away - size, 1 - middle - size / 2), (middle - size / 2, 1 + away)):
            small = ax.inset_axes((*box, size, size))
            small.imshow(np.asarray(icons[k]), cmap="gray")
            small.axis("off")


def plot_time(scores, times, names=None, p=None, ceiling=None, ylabel="similarity", ax=None):
    """Show scores over time: the mean over subjects with its standard error.

    Parameters
    ----------
    scores : ndarray, shape (n_models, n_times) or (n_models, n_subjects, n_times)
        Subjects are left out of the mean at times where they are NaN.
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
    if ceiling is not None and np.shape(ceiling) not in ((2,), (2, len(times))):
        raise ValueError(f"ceiling: wanted a lower and an upper bound, got {ceiling!r}")
    columns = -(-len(scores) // 18) if len(scores) > 8 else 0  # of a legend beside the axes
    ax = axes(ax, (5.6 + 1.2 * columns, 3.4))
    if ceiling is not None:
        ax.fill_between(times, *ceiling, fc="0.88", ec="0.6", lw=0.8, label="noise ceiling")
    colors = distinct_colors(len(scores))
    dot = "o" if len(times) == 1 else None
    for row, name, color in zip(scores, names, colors, strict=True):
        mean = row
        if row.ndim == 2:
            mean, sem = _mean_and_error(row)
            ax.fill_between(times, mean - sem, mean + sem, color=color, alpha=0.25, lw=0)
        label = None if name is None else short(name)
        ax.plot(times, mean, color=color, label=label, marker=dot)
    ax.axhline(0, color="k", lw=0.8)
    if times[0] < 0 < times[-1]:
        ax.axvline(0, color="k", lw=0.8, ls=":")
    if p is not None:
        low, high = ax.get_ylim()
        step = 0.03 * (high - low)
        for k, row in enumerate(np.atleast_2d(p)):
            on = np.where(row < 0.05, low - k * step, np.nan)
            ax.plot(  # the squares show a time that stands alone
                times, on, "s", ls="-", color=colors[k], lw=3, ms=3, mew=0, solid_capstyle="butt"
            )
    ax.set_xlabel("time (s)")
    ax.set_ylabel(ylabel)
    if len(times) > 1:
        ax.margins(x=0)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if any(name is not None for name in names) or ceiling is not None:
        where = dict(loc="best", fontsize=8)
        if columns:
            where = dict(loc="upper left", bbox_to_anchor=(1, 1), ncols=columns, fontsize=7)
        ax.legend(frameon=False, **where)
    return ax


def _mean_and_error(scores):
    """Mean over the first axis and its standard error, without what is NaN."""
    mean, squared = variance(scores)
    with np.errstate(invalid="ignore", divide="ignore"):
        return mean, np.sqrt(squared / np.isfinite(scores).sum(0))


def plot_mds(rdms, groups=None, labels=None, points=None, legend=True, ax=None):
    """Show the conditions of one matrix as points in the plane, like near like, and tell the stress.

    Parameters
    ----------
    rdms : RDMs or array_like
        The mean is embedded when there are several, and the picture says so.
    groups : sequence of length n_conditions, optional
        Category of each condition, shown by colour.
    labels : bool or sequence of length n_conditions, optional
        Write each condition's name, or these, beside its point; by default up to 30 names.
    points : array_like, shape (n_conditions, 2), or (1, n_conditions, 2) as of :func:`mds`, optional
        Where to put them; by default, where :func:`mds` does.
    legend : bool
    ax : Axes, optional

    Returns
    -------
    ax : Axes
    """
    rdms = as_rdms(rdms, "rdms")
    texts = _texts(labels, rdms, rdms.n_conditions <= FEW)
    _check_lengths(rdms, groups=groups)
    if points is not None:
        points = numbers(points, "points")
        points = points[0] if points.ndim == 3 and len(points) == 1 else points
        if points.shape != (rdms.n_conditions, 2):
            raise ValueError(f"points: wanted shape ({rdms.n_conditions}, 2), got {points.shape}")
    ax = axes(ax, (4.6, 4.2))
    shown = rdms if len(rdms) == 1 else rdms.mean()
    kind = "metric" if points is None else "nonmetric"  # points of others have a scale of their own
    if points is None:
        points = mds(shown, min(2, rdms.n_conditions - 1))[0]
        points = np.pad(points, ((0, 0), (0, 2 - points.shape[1])))  # two conditions: on a line
    said = _mean_of(rdms)
    if np.ptp(points) > 0:
        said.append(f"{kind} stress {stress(shown, points[None], kind)[0]:.3f}")
    ax.set_ylabel(", ".join(said), fontsize=8)  # titles are the user's, below is the legend
    colors = colors_of(["all"] if groups is None else groups)
    groups = np.array(["all"] * len(points)) if groups is None else np.asarray(groups)
    for name, color in colors.items():
        x, y = points[groups == name].T
        ax.scatter(x, y, s=28, color=color, edgecolor="white", linewidth=0.5, label=name)
    if texts is not None:
        middle = (points[:, 0].min() + points[:, 0].max()) / 2
        for (x, y), label in zip(points, texts, strict=True):
            shift, side = (-3, "right") if x > middle else (3, "left")  # inwards
            ax.annotate(
                short(label, 24),
                (x, y),
                (shift, 3),
                textcoords="offset points",
                ha=side,
                fontsize=7,
            )
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xticks([])
    ax.set_yticks([])
    if legend and len(colors) > 1:
        _legend(ax, colors)
    return ax


def plot_models(
    scores, names, ceiling=None, ylabel="similarity", sem=None, ax=None, p_zero=None, p_pairs=None
):
    """Show how well models do: a bar per model, a dot per subject, the noise ceiling.

    Parameters
    ----------
    scores : ndarray, shape (n_models, n_subjects)
        Subjects that are NaN are left out of the mean; models without a score stand last.
    names : sequence of length n_models
    ceiling : tuple of float, optional
        Lower and upper bound, see :func:`noise_ceiling`.
    ylabel : str
    sem : ndarray, shape (n_models,), optional
        Standard errors for the error bars; over subjects by default.
    ax : Axes, optional
    p_zero : ndarray, shape (n_models,), optional
        Stars at the foot of the bars: * below 0.05, ** below 0.01, *** below 0.001.
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
    for name, own in (("sem", sem), ("p_zero", p_zero)):
        if own is not None and np.shape(own) != (len(scores),):
            raise ValueError(f"{name}: wanted shape ({len(scores)},), got {np.shape(own)}")
    if ceiling is not None and np.shape(ceiling) != (2,):
        raise ValueError(f"ceiling: wanted a lower and an upper bound, got {ceiling!r}")
    ax = axes(ax, (float(np.clip(0.16 * len(scores), 5.2, 16)), 3.6))
    mean, error = _mean_and_error(scores.T)
    order = np.argsort(-mean, kind="stable")
    place = np.arange(len(order))
    if ceiling is not None:
        ax.axhspan(*ceiling, color="0.85", lw=0)
        for bound in ceiling:  # seen however near to one another they are
            ax.axhline(bound, color="0.5", lw=0.8)
    ax.bar(place, mean[order], 0.7, color=PALETTE[0], alpha=0.85)
    n_subjects = scores.shape[1]
    error = error if sem is None else np.asarray(sem, dtype=float)
    ax.errorbar(place, mean[order], error[order], fmt="none", color="k", lw=1.2)
    if n_subjects > 1:
        shift = np.linspace(-0.18, 0.18, n_subjects)
        ax.scatter(
            (place[:, None] + shift).ravel(), scores[order].ravel(), s=12, color="0.25", zorder=3
        )
    ax.axhline(0, color="k", lw=0.8)
    low, high = ax.get_ylim()
    ax.set_xlim(-0.6, len(order) - 0.4)
    room = 72 * ax.get_window_extent().width / ax.figure.dpi / len(order)  # points per bar
    if p_zero is not None:
        size = min(10, 0.45 * room)
        for x, k, p in zip(place, order, np.asarray(p_zero)[order], strict=True):
            stars = "*" * int(np.sum(p < np.array([0.05, 0.01, 0.001])))
            color = "w" if mean[k] > 0.08 * (high - low) else "k"  # in the bar, or over a short one
            ax.text(
                x, 0.01 * (high - low), stars, ha="center", va="bottom", color=color,
                weight="bold", size=size,
            )  # fmt: skip
    if ceiling is not None:
        ax.text(
            1, min(ceiling), "noise ceiling ", transform=ax.get_yaxis_transform(), ha="right",
            va="top", fontsize=8, color="0.4",
        )  # fmt: skip
    if p_pairs is not None:
        _pair_lines(ax, np.asarray(p_pairs)[np.ix_(order, order)], low, high)
    turned = dict(rotation=35, ha="right") if room > 14 else dict(rotation=90, ha="center")
    shown = [short(names[k]) for k in order]
    ax.set_xticks(place, shown, fontsize=float(np.clip(0.8 * room, 4, 10)), **turned)
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


def _legend(ax, colors, below=0):
    """Below the axes by some points, in as many columns as the names leave room for."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    marks = [Line2D([], [], marker="s", ls="", color=color) for color in colors.values()]
    names = [short(name) for name in colors]
    columns = max(2, min(len(names) // 4, 54 // (max(map(len, names)) + 4)))
    ax.legend(
        marks, names, frameon=False, fontsize=8, handletextpad=0.3, columnspacing=1.2,
        loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=columns,
        bbox_transform=ax.transAxes + ScaledTranslation(0, -below / 72, ax.figure.dpi_scale_trans),
    )  # fmt: skip

"""Small helpers that the plot functions of all domains share; matplotlib is imported on use."""

import numpy as np

__all__ = ["PALETTE", "axes", "colors_of", "distinct_colors", "group_bars", "short"]

# Eight colours that colour-blind readers can tell apart (Okabe and Ito 2008)
PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999",
)  # fmt: skip


def axes(ax=None, figsize=None):
    """The axes given, or new ones."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError(
            "pictures need matplotlib: pip install 'neurokit-c[plot]', or '.[plot]' in the checkout"
        ) from None
    return plt.subplots(figsize=figsize, layout="constrained")[1]


def distinct_colors(n):
    """n different colours: the palette, or of more than it has, those of a colour map."""
    if n <= len(PALETTE):
        return list(PALETTE[:n])
    from matplotlib import colormaps

    if n <= 20:
        return list(colormaps["tab20"].colors[:n])
    return list(colormaps["turbo"](np.linspace(0.02, 0.98, n)))


def colors_of(labels):
    """A colour for each distinct label, in order of first appearance."""
    names = list(dict.fromkeys(np.asarray(labels).tolist()))
    return dict(zip(names, distinct_colors(len(names)), strict=True))


def short(name, length=32):
    """The name as a text, its middle left out where it is too long for a picture."""
    name, tail = str(name), length // 3
    return name if len(name) <= length else f"{name[: length - tail - 1]}…{name[-tail:]}"


def group_bars(ax, labels, width=0.03):
    """Coloured bars along the left and upper edge of a matrix picture, one colour per label.

    Parameters
    ----------
    ax : Axes
        Shows a square matrix with one row per label.
    labels : sequence
        Group of each row.
    width : float
        Width of the bars as a part of the axes.

    Returns
    -------
    colors : dict
        Colour of each label, for a legend.
    """
    labels = np.asarray(labels).tolist()
    colors = colors_of(labels)
    start = 0
    for stop in range(1, len(labels) + 1):
        if stop < len(labels) and labels[stop] == labels[start]:
            continue
        kind = dict(color=colors[labels[start]], lw=0, clip_on=False)
        span, y = (stop - start) / len(labels), 1 - stop / len(labels)
        x = start / len(labels)
        from matplotlib.patches import Rectangle

        at = ax.transAxes
        ax.add_patch(Rectangle((-1.4 * width, y), width, span, transform=at, **kind))
        ax.add_patch(Rectangle((x, 1 + 0.4 * width), span, width, transform=at, **kind))
        start = stop
    return colors

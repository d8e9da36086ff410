"""Small helpers that the plot functions of all domains share; matplotlib is imported on use."""

import numpy as np

__all__ = ["PALETTE", "axes", "colors_of", "group_bars"]

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


def colors_of(labels):
    """A colour for each distinct label, in order of first appearance."""
    names = list(dict.fromkeys(np.asarray(labels).tolist()))
    return {name: PALETTE[k % len(PALETTE)] for k, name in enumerate(names)}


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

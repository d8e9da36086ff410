"""Pictures of encoding models."""

import numpy as np

from neurokit.plot import PALETTE, axes


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
    ax = axes(ax, (4.2, 3.0))
    alphas = np.sort(np.asarray(model.alphas, dtype=float))
    chosen = np.atleast_1d(model.alpha_)
    count = [(chosen == alpha).sum() for alpha in alphas]
    ax.bar(np.arange(len(alphas)), count, 0.8, color=PALETTE[0])
    shown = np.unique(np.linspace(0, len(alphas) - 1, 4).astype(int))
    ax.set_xticks(shown, [f"{alphas[k]:.3g}" for k in shown])
    ax.set_xlabel("alpha")
    ax.set_ylabel("targets")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def plot_scores(scores, xlabel="R²", bins=40, ax=None):
    """Show the distribution of a score over targets, with its median.

    Parameters
    ----------
    scores : ndarray, shape (n_targets,)
    xlabel : str
    bins : int
    ax : Axes, optional

    Returns
    -------
    ax : Axes
    """
    ax = axes(ax, (4.2, 3.0))
    scores = np.asarray(scores)
    scores = scores[np.isfinite(scores)]
    ax.hist(scores, bins=bins, color=PALETTE[2])
    ax.axvline(np.median(scores), color="k", lw=1, ls="--", label=f"median {np.median(scores):.3f}")
    ax.set_xlabel(xlabel)
    ax.set_ylabel("targets")
    ax.legend(frameon=False)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax

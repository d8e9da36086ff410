"""An encoding model of voxels, tested on a held-out run.

With the Haxby et al. (2001) slice on the machine: what a subject looked at (eight categories, at
six delays of the haemodynamic response) predicts each voxel; eleven runs train, the twelfth tests,
each run in turn. Without it: simulated voxels with known receptive fields on images of digits.
"""

import time

import numpy as np

from neurokit import data
from neurokit.demo import row
from neurokit.encoding import Delayer, RidgeCV, correlation, plot_alphas, plot_scores

DELAYS = range(6)  # volumes of 2.5 s
ALPHAS = np.logspace(0, 5, 16)


def run(progress):
    """Ridge encoding: of the Haxby slice where it is on the machine, else of simulated voxels."""
    return run_haxby(progress) if data.list()["haxby"]["local"] else run_digits(progress)


def detrended(bold, runs, degree=2):
    """Voxel time courses without slow drifts, with unit variance within each run."""
    out = np.empty(bold.shape)
    for label in np.unique(runs):
        at = runs == label
        drift = np.polynomial.legendre.legvander(np.linspace(-1, 1, at.sum()), degree)
        part = bold[at] - drift @ np.linalg.lstsq(drift, bold[at], rcond=None)[0]
        out[at] = part / part.std(0)
    return out


def identify(model, measured, categories, names, voxels):
    """Which category was shown in each block? The one whose predicted responses fit best."""
    starts = 1 + np.flatnonzero((categories[1:] != "rest") & (categories[:-1] == "rest"))
    delayer, right = Delayer(list(DELAYS)), []
    for start in starts:
        window = slice(start + 1, start + 14)
        shown = np.zeros((len(names), len(categories), len(names)))
        for k in range(len(names)):
            shown[k, start : start + 9, k] = 1
        designs = np.concatenate([delayer.fit_transform(one)[window] for one in shown])
        guesses = model.predict(designs)[:, voxels].reshape(len(names), -1)
        fit = np.corrcoef(guesses, measured[window][:, voxels].ravel())[-1, :-1]
        right.append(names[int(np.argmax(fit))] == categories[start])
    return right


def run_haxby(progress):
    slice_ = data.load("haxby")
    bold = slice_.bold.reshape(len(slice_.bold), -1)
    brain = (bold.mean(0) > 0.5 * bold.mean()) & (bold.std(0) > 0)
    runs, categories = slice_.runs, slice_.categories
    responses = detrended(bold[:, brain], runs)
    names = [name for name in dict.fromkeys(categories.tolist()) if name != "rest"]
    shown = np.stack([categories == name for name in names], 1).astype(float)
    features = Delayer(list(DELAYS), runs=runs).fit_transform(shown)
    progress(f"{brain.sum()} voxels, {features.shape[1]} features, {len(np.unique(runs))} runs")

    scores, right, seconds = [], [], []
    for held_out in np.unique(runs):
        train, test = runs != held_out, runs == held_out
        start = time.perf_counter()
        model = RidgeCV(ALPHAS, cv=runs[train]).fit(features[train], responses[train])
        seconds.append(time.perf_counter() - start)
        scores.append(correlation(responses[test], model.predict(features[test])))
        best = model.cv_scores_.max(0)
        voxels = best > np.quantile(best, 0.8)  # chosen by the training runs alone
        right += identify(model, responses[test], categories[test], names, voxels)
        progress(f"run {held_out}: r of the best tenth {np.quantile(scores[-1], 0.9):.2f}")
    mean = np.mean(scores, 0)

    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.2), layout="constrained")
    left, middle, last = figure.subplots(1, 3, width_ratios=(1.2, 1, 1))
    picture = np.full(brain.size, np.nan)
    picture[brain] = mean
    picture = picture.reshape(slice_.bold.shape[1:3]).T
    aspect = slice_.affine[1, 1] / abs(slice_.affine[0, 0])
    shown = left.imshow(picture, cmap="magma", vmin=0, origin="lower", aspect=aspect)
    left.set_xticks([])
    left.set_yticks([])
    left.set_title("Held-out correlation in the slice")
    figure.colorbar(shown, ax=left, label="r", shrink=0.7)
    plot_scores(mean, "held-out correlation", ax=middle)
    plot_alphas(model, ax=last)
    rows = [
        row("encoding: held-out r, best tenth of voxels", np.quantile(mean, 0.9), (0.4, 1)),
        row("encoding: held-out r, median voxel", np.median(mean), (0.1, 1)),
        row("encoding: category of a block identified", np.mean(right), (0.5, 1)),
        row("encoding: one fit with its cross-validation", np.median(seconds) * 1e3, unit="ms"),
    ]
    text = (
        f"What the subject saw, at {len(DELAYS)} delays, predicts the response of {brain.sum()} "
        "voxels in one slice of ventral cortex (Haxby et al. 2001). Each of twelve runs was held "
        "out in turn; regularisation was chosen per voxel by leaving out runs of the other eleven. "
        f"Turned round, the model names the category of a held-out block in {np.mean(right):.0%} "
        "of 96 blocks (chance 12.5 %)."
    )
    caption = "Correlation of predicted and measured responses in held-out runs; chosen alphas."
    return {"title": "Encoding model of a held-out run", "figures": [(caption, figure)],
            "rows": rows, "text": text}  # fmt: skip


def digit_images():
    """Images (n, 8, 8) in 0..1: scikit-learn's digits, or smoothed noise where it is missing."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        from scipy.ndimage import gaussian_filter

        noise = gaussian_filter(np.random.default_rng(0).standard_normal((1797, 8, 8)), (0, 1, 1))
        return (noise > 0.2).astype(float), "smoothed noise"
    return load_digits().images / 16, "scikit-learn's digits"


def simulated_voxels(images, n_voxels=400, seed=0):
    """Voxels with Gaussian receptive fields and noise of their own.

    Returns
    -------
    responses : ndarray, shape (n_images, n_voxels)
    fields : ndarray, shape (n_voxels, 8, 8)
    ceiling : ndarray, shape (n_voxels,)
        Correlation of the noise-free response with the noisy one.
    """
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(8), np.arange(8))
    center, width = rng.uniform(1, 6, (n_voxels, 2, 1, 1)), rng.uniform(0.8, 2, (n_voxels, 1, 1))
    fields = np.exp(-((x - center[:, 0]) ** 2 + (y - center[:, 1]) ** 2) / (2 * width**2))
    fields /= fields.sum((1, 2), keepdims=True)
    clean = images.reshape(len(images), -1) @ fields.reshape(n_voxels, -1).T
    signal = clean.std(0)
    noise = signal * rng.uniform(0.7, 3, n_voxels)
    responses = clean + noise * rng.standard_normal(clean.shape)
    return responses, fields, signal / np.hypot(signal, noise)


def run_digits(progress):
    images, source = digit_images()
    responses, fields, ceiling = simulated_voxels(images)
    features = images.reshape(len(images), -1)
    runs = np.arange(len(images)) * 6 // len(images)
    train, test = runs < 5, runs == 5
    progress(f"{responses.shape[1]} simulated voxels on {len(images)} images ({source})")
    start = time.perf_counter()
    model = RidgeCV(np.logspace(-2, 4, 16), cv=runs[train]).fit(features[train], responses[train])
    seconds = time.perf_counter() - start
    scores = correlation(responses[test], model.predict(features[test]))
    recovered = np.mean([
        np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(model.coef_, fields, strict=True)
    ])  # fmt: skip

    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.2), layout="constrained")
    left, middle, last = figure.subplots(1, 3)
    left.plot([0, 1], [0, 1], color="0.7", lw=1)
    left.plot(ceiling, scores, ".", ms=4)
    left.set(xlabel="noise ceiling r", ylabel="held-out r", title="Prediction against its ceiling")
    plot_alphas(model, ax=middle)
    shown = np.argsort(-ceiling)[:6]
    tiles = np.full((38, 3 * 9 - 1), np.nan)  # rows: true, found, true, found
    for place, k in enumerate(shown):
        for part, field in enumerate((fields[k], model.coef_[k].reshape(8, 8))):
            y, x = 21 * (place // 3) + 9 * part, 9 * (place % 3)
            tiles[y : y + 8, x : x + 8] = field / field.max()
    for place, k in enumerate(shown):
        y, x = 21 * (place // 3), 9 * (place % 3)
        last.text(x, y - 0.7, f"voxel {k}", fontsize=6, va="bottom")
    picture = last.imshow(tiles, cmap="magma")
    last.set_xticks([])
    last.set_yticks([3.5, 12.5, 24.5, 33.5], ["true", "found"] * 2, fontsize=7)
    last.tick_params(length=0)
    last.set_title("Receptive fields", pad=14)
    figure.colorbar(picture, ax=last, label="weight / its largest", shrink=0.8)
    middle.set_title("Strength chosen per voxel")
    rows = [
        row("encoding: held-out r over its ceiling", np.mean(scores / ceiling), (0.9, 1.05)),
        row("encoding: true and found fields, correlation", recovered, (0.3, 1)),
        row("encoding: one fit with its cross-validation", seconds * 1e3, unit="ms"),
    ]
    text = (
        f"{responses.shape[1]} simulated voxels with Gaussian receptive fields see {source}. Ridge "
        "regression, its strength chosen per voxel by leaving out runs, predicts a held-out run "
        "nearly as well as the noise allows."
    )
    caption = "Held-out prediction of simulated voxels, chosen alphas, receptive fields."
    return {"title": "Encoding model of a held-out run", "figures": [(caption, figure)],
            "rows": rows, "text": text}  # fmt: skip

"""Representational similarity of 92 object images in human and monkey inferior temporal cortex.

Data: Kriegeskorte et al. (2008), doi:10.1016/j.neuron.2008.10.043. The dissimilarities come with
the package; where the full sets are on the machine, the images and a second set (seven subjects
pressing five fingers in a 7 T scanner) are analysed too.
"""

import time

import numpy as np

from neurokit import data, rsa
from neurokit.demo import row

# Values of an independent implementation for the same data
PEARSON, SPEARMAN, CEILING = 0.491210, 0.438924, (0.394410, 0.680413)
CROSSNOBIS = (
    0.213185, 0.310190, 0.337139, 0.266331, 0.105626, 0.211232, 0.240899, 0.061246, 0.136434,
    0.058647,
)  # fmt: skip


def _near(value, digits=6):
    half = 0.5000001 * 10.0**-digits
    return value - half, value + half


def human_it(images):
    """One matrix per subject, the mean of the two sessions."""
    return rsa.RDMs(images.human_it.mean(1), labels=images.subjects)


def models(images):
    """The models of the set, a category model, and (full set) the images' own pixels."""
    sets = [rsa.RDMs(images.models, labels=images.model_names)]
    membership = images.category_vectors[:, :8].astype(float)
    computed = [("all categories", membership, "euclidean")]
    if images.complete:
        pixels = images["images"].astype(np.float32).mean(-1).reshape(92, -1)
        computed.append(("pixels", pixels, "correlation"))
    for name, patterns, metric in computed:
        sets.append(rsa.RDMs(rsa.rdm(patterns, metric=metric).values, labels=[name]))
    return rsa.concat(sets)


def plot_brain(brain, categories):
    """The mean matrix of human IT and its embedding in the plane."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    rsa.plot_rdm(brain, groups=categories, legend=False, ax=left)
    left.set_title("Human IT, mean of 4 subjects", pad=16)
    rsa.plot_mds(brain, groups=categories, ax=right)
    right.set_title("Like images lie near one another", pad=16)
    return figure


def plot_comparison(scores, names, ceiling):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    ax = figure.subplots()
    rsa.plot_models(scores, names, ceiling, ylabel="rank correlation (rho-a)", ax=ax)
    ax.set_title("Which model is like human IT?")
    return figure


def fingers():
    """Cross-validated distances between fingers, and the error against published numbers."""
    set7 = data.load("finger7t")
    start = time.perf_counter()
    rdms = rsa.rdm(set7.patterns, set7.conditions, folds=set7.folds, metric="crossnobis")
    seconds = time.perf_counter() - start
    return rdms, float(np.abs(rdms.mean().values[0] - CROSSNOBIS).max()), seconds


def run(progress):
    """Human IT dissimilarities: picture, embedding, comparison with monkey IT and with models."""
    images = data.load("images92")
    brain = human_it(images)
    progress(f"92 images, {'full' if images.complete else 'packaged'} set")

    monkey = rsa.RDMs(images.monkey_it_mean)
    human = rsa.RDMs(images.human_it_mean)
    lower, upper = rsa.noise_ceiling(brain, "pearson")
    candidates = models(images)
    ceiling = rsa.noise_ceiling(brain, "rho_a")
    start = time.perf_counter()
    scores = rsa.compare(candidates, brain, "rho_a")
    seconds = time.perf_counter() - start
    best = candidates.labels[np.argmax(scores.mean(1))]
    progress(f"best of {len(candidates)} models: {best}")

    pearson = rsa.compare(human, monkey, "pearson")[0, 0]
    spearman = rsa.compare(human, monkey, "spearman")[0, 0]
    rows = [
        row("rsa: human and monkey IT, Pearson", pearson, _near(PEARSON)),
        row("rsa: human and monkey IT, Spearman", spearman, _near(SPEARMAN)),
        row("rsa: noise ceiling (Pearson), lower", lower, _near(CEILING[0])),
        row("rsa: noise ceiling (Pearson), upper", upper, _near(CEILING[1])),
        row("rsa: best model, rho-a", scores.mean(1).max(), (0.1, ceiling[1])),
        row("rsa: time to compare all models", seconds * 1e3, unit="ms"),
    ]
    figures = [
        ("Dissimilarity of 92 images in human IT (percentiles), and its embedding by metric "
         "multidimensional scaling: distances are in arbitrary units, axes have no meaning. The bars "
         "beside the matrix are the categories named at the embedding.", plot_brain(brain, images.categories)),
        ("Models and human IT: bars are means over subjects (dots), error bars standard errors, "
         "the band is the noise ceiling.", plot_comparison(scores, candidates.labels, ceiling)),
    ]  # fmt: skip
    text = (
        "Faces, bodies, natural and artificial things form clusters in human inferior temporal "
        "cortex, and monkey cells see the same objects alike: their dissimilarities correlate "
        f"with r = {pearson:.3f}. Of {len(candidates)} models, {best} comes closest to human IT."
    )
    if data.list()["finger7t"]["local"]:
        rdms, error, seconds = fingers()
        rows.append(row("rsa: 7 T fingers, crossnobis, largest error", error, (0, 5.01e-7)))
        rows.append(row("rsa: 7 T fingers, 7 subjects, time", seconds * 1e3, unit="ms"))
        figures.append(("Cross-validated (crossnobis) distances between presses of five fingers in "
                        "motor cortex, mean of seven subjects.", plot_fingers(rdms)))  # fmt: skip
        progress(f"7 T fingers: largest error {error:.1e}")
    return {
        "title": "Representational similarity of 92 images",
        "figures": figures,
        "rows": rows,
        "text": text,
    }


def plot_fingers(rdms):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.8, 3.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    rsa.plot_rdm(rdms, rank=False, ax=left)
    mean = rdms.mean().transform(lambda v: np.sqrt(np.maximum(v, 0)))
    rsa.plot_mds(mean, labels=True, ax=right)
    return figure

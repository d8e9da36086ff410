"""Makes docs/demo.png, the picture of the README, from the demo's own parts."""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from neurokit import data, rsa
from neurokit.demo import classifier, network


def main(path):
    """Three panels: spikes of the network, accuracy of the classifier, human IT dissimilarities."""
    figure = Figure(figsize=(11, 3.1), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(5, 3.6, 3))

    net, exc, inh = network.build(seed=0)
    run = net.run(network.DURATION, record=[exc.spikes, inh.spikes])
    network.plot_raster(run, exc, inh, left)
    left.set_title("4000 balanced cells: excitatory blue, inhibitory red", fontsize=11)

    _, history = classifier.train(*classifier.load_digits())
    classifier.plot_history(history, middle)
    middle.set_title("A spiking network learns digits")

    images = data.load("images92", full=False)
    square = rsa.RDMs(images.human_it_mean).rank().square()[0]
    square = 100 * (square - 1) / (square.max() - 1)
    shown = right.imshow(np.where(np.eye(92, dtype=bool), np.nan, square), cmap="viridis")
    figure.colorbar(shown, ax=right, label="1 - correlation (percentile)", shrink=0.8)
    right.set(xticks=[], yticks=[], xlabel="92 images", title="Human IT dissimilarities")
    figure.savefig(path, dpi=120)
    with Image.open(path) as picture:  # 128 colours: a third of the bytes
        small = picture.convert("RGB").quantize(128)
    small.save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("demo.png"))

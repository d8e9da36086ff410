"""A spiking network learns to read digits: back-propagation through 100 time steps.

Shapes: B images, T = 100 steps, N_IN = 64 pixels, N_HIDDEN = 100 spiking cells and
N_OUT = 10 readouts.
A bright pixel spikes early, a dark one late or never (latency code), each pixel at most once.
Cells and synapses decay exponentially; the readout is a leaky integrator that never spikes.
"""

import time

import numpy as np

import neurokit as nk
from neurokit import optim
from neurokit.demo import row

STEPS = 100
SIZES = (64, 100, 10)
DT, TAU_MEMBRANE, TAU_SYNAPSE = 1.0, 20.0, 5.0  # ms
BATCH, EPOCHS, LEARNING_RATE = 64, 20, 1e-3
ACCURACY_BAND = (90.0, 100.0)  # per cent of the test images


def latency_code(images, steps=STEPS, tau=50.0, threshold=0.2):
    """Spike trains of images: the brighter the pixel, the sooner its one spike.

    A pixel of intensity x charges a leaky cell with time constant `tau` that fires at
    `threshold`, so its spike comes at ``tau log(x / (x - threshold))``.

    Parameters
    ----------
    images : ndarray, shape (B, N_IN)
        Intensities from 0 to 1.
    steps : int
        Number of time steps T (ms).
    tau : float
        Time constant, ms.
    threshold : float
        Pixels at or below it stay silent.

    Returns
    -------
    spikes : ndarray of float32, shape (T, B, N_IN)
    """
    bright = np.maximum(images, threshold + 1e-6)
    moment = np.where(images > threshold, tau * np.log(bright / (bright - threshold)), np.inf)
    return (np.floor(moment) == np.arange(steps)[:, None, None]).astype(np.float32)


def initial_weights(seed, sizes=SIZES):
    """Random weights of the two layers, a dict of float32 arrays."""
    rng = np.random.default_rng(seed)
    n_in, n_hidden, n_out = sizes
    hidden = rng.normal(0.0, 2.0 / np.sqrt(n_in), (n_in, n_hidden))
    out = rng.normal(0.0, 0.2 / np.sqrt(n_hidden), (n_hidden, n_out))
    return {"hidden": hidden.astype(np.float32), "out": out.astype(np.float32)}


def forward(weights, spikes, scan=nk.scan):
    """Readout potentials and hidden spike counts of a batch.

    Parameters
    ----------
    weights : dict
        ``hidden`` (N_IN, N_HIDDEN) and ``out`` (N_HIDDEN, N_OUT).
    spikes : ndarray, shape (T, B, N_IN)
    scan : callable
        `nk.scan`, or a plain loop with the same signature.

    Returns
    -------
    readout : ndarray, shape (B, N_OUT)
        Time average of the readout's potential.
    counts : ndarray, shape (B, N_HIDDEN)
        Spikes per hidden cell.
    """
    n_batch = spikes.shape[1]
    n_hidden, n_out = weights["out"].shape
    keep_v, keep_i = float(np.exp(-DT / TAU_MEMBRANE)), float(np.exp(-DT / TAU_SYNAPSE))

    def step(state, x):
        i_hidden, v_hidden, i_out, v_out, total, counts = state
        i_hidden = keep_i * i_hidden + x @ weights["hidden"]
        v_hidden = keep_v * v_hidden + i_hidden
        fired = nk.spike(v_hidden - 1.0)
        v_hidden = v_hidden * (1 - nk.stop_gradient(fired))
        i_out = keep_i * i_out + fired @ weights["out"]
        v_out = keep_v * v_out + i_out
        return (i_hidden, v_hidden, i_out, v_out, total + v_out, counts + fired), None

    hidden = np.zeros((n_batch, n_hidden), np.float32)
    out = np.zeros((n_batch, n_out), np.float32)
    state, _ = scan(step, (hidden, hidden, out, out, out, hidden), spikes)
    return state[4] / spikes.shape[0], state[5]


def loss(weights, spikes, labels):
    """Cross-entropy of the softmax of the readout, averaged over the batch.

    `labels` is one-hot, shape (B, N_OUT)."""
    readout, _ = forward(weights, spikes)
    top = np.max(readout, axis=1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(readout - top), axis=1)) + top[:, 0]
    return np.mean(log_sum - np.sum(readout * labels, axis=1))


def load_digits(seed=0, n_test=450):
    """Scikit-learn's 1797 digits as spikes.

    Returns
    -------
    train_set, test_set : tuple of ndarray
        Spikes (T, n_images, N_IN) and digits (n_images,).
    """
    try:
        from sklearn.datasets import load_digits as load
    except ImportError as error:
        message = "the digits come with scikit-learn: pip install neurokit-c[demo]"
        raise ImportError(message) from error
    data = load()
    order = np.random.default_rng(seed).permutation(len(data.target))
    spikes, digits = latency_code(data.data[order] / 16), data.target[order]
    cut = len(digits) - n_test
    return (spikes[:, :cut], digits[:cut]), (spikes[:, cut:], digits[cut:])


def train(train_set, test_set, epochs=EPOCHS, seed=0, progress=None):
    """Train by Adam on shuffled batches; the same seed gives the same weights.

    Parameters
    ----------
    train_set, test_set : tuple of ndarray
        Spikes (T, n_images, N_IN) and digits (n_images,).
    epochs : int
    seed : int
        Of the first weights and of the order of the batches.
    progress : callable or None
        Called with one line of text after each epoch.

    Returns
    -------
    weights : dict
    history : dict of list
        ``loss``, ``train`` and ``test`` (per cent correct) by epoch, ``seconds`` per epoch.
    """
    spikes, digits = train_set
    labels = np.eye(SIZES[-1], dtype=np.float32)[digits]
    weights = initial_weights(seed)
    adam = optim.Adam(LEARNING_RATE)
    state = adam.init(weights)
    gradient = nk.jit(nk.value_and_grad(loss))
    test = nk.jit(lambda weights, spikes: forward(weights, spikes)[0])
    rng = np.random.default_rng(seed)
    history = {"loss": [], "train": [], "test": [], "seconds": []}
    for epoch in range(epochs):
        start = time.perf_counter()
        order = rng.permutation(len(digits))
        losses = []
        for first in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[first : first + BATCH]
            value, slope = gradient(weights, spikes[:, batch], labels[batch])
            weights, state = adam.update(slope, state, weights)
            losses.append(float(value))
        history["seconds"].append(time.perf_counter() - start)
        history["loss"].append(float(np.mean(losses)))
        for name, (some, target) in (("train", train_set), ("test", test_set)):
            guess = np.argmax(test(weights, some), axis=1)
            history[name].append(100 * float(np.mean(guess == target)))
        if progress is not None:
            progress(
                f"epoch {epoch + 1}/{epochs}: loss {history['loss'][-1]:.3f}, "
                f"test accuracy {history['test'][-1]:.1f} %"
            )
    return weights, history


def plot_history(history, ax):
    """Accuracy by epoch."""
    epochs = np.arange(1, len(history["loss"]) + 1)
    ax.plot(epochs, history["train"], color="0.6", label="training images")
    ax.plot(epochs, history["test"], color="tab:blue", label="test images")
    ax.axhline(ACCURACY_BAND[0], color="tab:red", lw=0.8, ls=":", label="lower end of the band")
    ax.set(xlabel="epoch", ylabel="correct (%)", ylim=(0, 101), title="Accuracy")
    ax.legend(frameon=False, loc="lower right")
    return ax


def plot_example(spikes, ax):
    """Input spikes of one image, pixels over time."""
    step, pixel = np.nonzero(spikes)
    ax.plot(step * DT, pixel, "|", color="k", ms=4)
    ax.set(xlabel="time (ms)", ylabel="pixel, row by row from the top", title="Its spikes")
    ax.set(xlim=(0, len(spikes)), ylim=(spikes.shape[1] - 0.5, -0.5))
    return ax


def plot_latency(spikes, ax):
    """The same image, the earlier a pixel's spike the darker."""
    first = np.where(spikes.any(axis=0), np.argmax(spikes, axis=0), np.inf)
    ax.imshow(1 / (1 + (first / 15) ** 2).reshape(8, 8), cmap="gray_r", vmin=0)
    ax.set(xticks=[], yticks=[], title="One test image")
    return ax


def run(progress):
    """Train the classifier and report its accuracy on images it has not seen."""
    from matplotlib.figure import Figure

    train_set, test_set = load_digits()
    start = time.perf_counter()
    weights, history = train(train_set, test_set, progress=progress)
    seconds = time.perf_counter() - start
    figure = Figure(figsize=(9, 3.0), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(2, 3, 4))
    plot_latency(test_set[0][:, 0], left)
    plot_example(test_set[0][:, 0], middle)
    plot_history(history, right)
    _, counts = forward(weights, test_set[0])
    updates = EPOCHS * (len(train_set[1]) // BATCH)
    rows = [
        row("digits: test accuracy", history["test"][-1], ACCURACY_BAND, "%"),
        row("digits: hidden spikes per cell and image", float(np.mean(counts))),
        row("digits: training time", seconds, unit="s"),
        row("digits: time per update", sum(history["seconds"]) / updates * 1e3, unit="ms"),
    ]
    text = (
        f"{len(train_set[1])} handwritten digits of 8 x 8 pixels train a network of 64 inputs, 100 "
        f"spiking cells and 10 readouts; {len(test_set[1])} others test it. Each pixel spikes at "
        "most once, the brighter the sooner. The gradient runs backwards through all 100 time "
        f"steps; {updates} updates of {BATCH} images by Adam."
    )
    caption = "A test image (dark: early), its spikes, and the share of correct answers by epoch."
    return {
        "title": "A spiking network learns digits",
        "figures": [(caption, figure)],
        "rows": rows,
        "text": text,
    }

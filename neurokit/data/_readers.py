"""One reader per data set: files in, plain arrays out."""

from pathlib import Path

import numpy as np

from .nifti import read_nifti

CATEGORIES_HAXBY = (
    "rest", "face", "house", "shoe", "cat", "scissors", "scrambledpix", "bottle", "chair",
)  # fmt: skip
FINGERS = ("thumb", "index", "middle", "ring", "little")
MODELS_92 = (
    "animacy", "four categories", "monkey IT", "EVA", "HMAX", "V1", "silhouette", "RADON",
)  # fmt: skip


def packaged_images92():
    with np.load(Path(__file__).with_name("images92.npz"), allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def read_images92(folder):
    from scipy.io import loadmat

    def load(file, key):
        return loadmat(folder / file, squeeze_me=True)[key]

    pairs = np.triu_indices(92, 1)
    brain = load("brain_rdms.mat", "RDMs")
    models = load("model_rdms.mat", "Models")
    behaviour = load("behaviour_rdms.mat", "rdms_behav_92")
    monkey, human = load("kriegeskorte2008.mat", "RDMs_mIT_hIT_fig1")
    images = load("kriegeskorte2008.mat", "stimuli_92objs")
    return {
        "human_it": np.array([[run["RDM"][pairs] for run in subject] for subject in brain]),
        "subjects": np.array([subject[0]["name"].split(" | ")[1] for subject in brain]),
        "monkey_it_mean": monkey["RDM"],
        "human_it_mean": human["RDM"],
        "models": np.array([np.asarray(model["RDM"], dtype=float)[pairs] for model in models]),
        "model_names": np.array(MODELS_92),
        "categories": np.array([str(image["category"]) for image in images]),
        "category_names": load("kriegeskorte2008.mat", "categoryLabels").astype(str),
        "category_vectors": load("kriegeskorte2008.mat", "categoryVectors").astype(bool),
        "behaviour": np.array([person["RDM"][pairs] for person in behaviour]),
        "images": np.array([image["image"] for image in images]),
    }


def read_finger7t(folder):
    from scipy.io import loadmat

    content = loadmat(folder / "finger7t.mat", squeeze_me=True)
    fingers = np.array(FINGERS)
    models = {str(m["name"]): np.asarray(m["G"]) for m in content["Model"] if np.size(m["G"]) == 25}
    return {
        "patterns": [np.ascontiguousarray(y) for y in content["Y"]],
        "conditions": [fingers[c.astype(int) - 1] for c in content["condVec"]],
        "folds": [p.astype(int) for p in content["partVec"]],
        "model_names": np.array(list(models)),
        "model_grams": np.array(list(models.values())),
    }


def read_haxby(folder):
    image, affine = read_nifti(folder / "bold.nii.gz")
    codes, runs = np.loadtxt(folder / "attributes.txt", dtype=int).T
    return {
        "bold": np.moveaxis(image, -1, 0),
        "affine": affine,
        "categories": np.array(CATEGORIES_HAXBY)[codes],
        "runs": runs,
        "tr": 2.5,
    }


READERS = {"images92": read_images92, "finger7t": read_finger7t, "haxby": read_haxby}

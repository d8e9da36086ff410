"""Where each data set comes from: source address at a fixed commit, sha256, licence."""

_RAW = "https://raw.githubusercontent.com"
_RSATOOLBOX = (
    f"{_RAW}/rsagroup/rsatoolbox/f1f83cadb7243492a1aae7460466e0f0140b20ac/demos/92imageData"
)
_PCMPY = f"{_RAW}/DiedrichsenLab/PcmPy/eaa7a3ef9734e2d4009bc23b7e481fd073fa0b7b/docs/demos"
_PYMVPA = f"{_RAW}/PyMVPA/PyMVPA/20f0335f98bbb59a0e11bc0b7a469edf8681a9a1/mvpa2/data"

# name: (what it is, licence of the source, {file: (address, sha256)})
SETS = {
    "images92": (
        "92 object images: fMRI, cell and model dissimilarities (Kriegeskorte et al. 2008)",
        "MIT",
        {
            "brain_rdms.mat": (
                f"{_RSATOOLBOX}/92_brainRDMs.mat",
                "1743f90a15e895798a94318649e80e1123a7e5943a1703fa1dd7c31ea5780b7c",
            ),
            "model_rdms.mat": (
                f"{_RSATOOLBOX}/92_modelRDMs.mat",
                "e1d2b58bb2f9508bc13da4c81b94d1ab07823b25ed30b9563bd9d6d730c2a00a",
            ),
            "behaviour_rdms.mat": (
                f"{_RSATOOLBOX}/92_behavRDMs.mat",
                "7a8e118c144c3840adeeeef6ea0706a0be2b3e80df719af15fbb56fc62562f5f",
            ),
            "kriegeskorte2008.mat": (
                f"{_RSATOOLBOX}/Kriegeskorte_Neuron2008_supplementalData.mat",
                "06f21214399a5d43dc264eed19a7f4b8daf11c8622a59eec3e106064ce5e3504",
            ),
        },
    ),
    "finger7t": (
        "7T fMRI of motor cortex: five finger presses, 7 subjects, 7-8 runs",
        "MIT",
        {
            "finger7t.mat": (
                f"{_PCMPY}/data_recipe_finger7T.mat",
                "923448f4e78c7bdc94afe5adc331df4aa63cd0e2083a77cf8869f498524ece4f",
            ),
        },
    ),
    "haxby": (
        "fMRI of one subject, one slice, 12 runs, 8 object categories and rest (Haxby et al. 2001)",
        "MIT",
        {
            "bold.nii.gz": (
                f"{_PYMVPA}/bold.nii.gz",
                "cbbd4d07803caaa9f77381af24e790cf77058664a128bd514a4c1668eefb92d7",
            ),
            "attributes.txt": (
                f"{_PYMVPA}/attributes.txt",
                "a252fa822cd1cec9e1192b139d7b5e35a5615dbe75598f73d4cf1b803aae62b0",
            ),
        },
    ),
}

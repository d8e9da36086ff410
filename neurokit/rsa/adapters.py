"""Objects and files of other packages, read without importing them where that can be."""

import os

import numpy as np

from .rdms import RDMs


def read_rsatoolbox(path, conditions=None, labels=None):
    """Read RDMs that rsatoolbox saved as HDF5.

    Parameters
    ----------
    path : str or path
        Written by ``RDMs.save(path, file_type="hdf5")``. Pickle files are not read: they can run
        code.
    conditions, labels : str, optional
        Names of the pattern and RDM descriptors to take as labels; ``conditions`` or any other than
        ``index`` whose values are all different, by default.

    Returns
    -------
    rdms : RDMs

    Raises
    ------
    ValueError
        When the file is no HDF5 file or holds no RDMs, or has no such descriptor.
    """
    import h5py

    if os.path.isfile(path) and not h5py.is_hdf5(path):
        raise ValueError(
            f"{path}: no HDF5 file. Pickles are not read, since they can run code: where you trust the file, "
            "rsatoolbox.rdm.load_rdm(path, 'pkl').save('rdms.hdf5', 'hdf5') converts it"
        )
    with h5py.File(path, "r") as file:
        if "dissimilarities" not in file:
            raise ValueError(f"{path}: no RDMs of rsatoolbox (no 'dissimilarities')")
        values = np.asarray(file["dissimilarities"])
        tables = []
        for group in ("pattern_descriptors", "rdm_descriptors"):
            tables.append(_descriptors(file[group]) if group in file else {})
    if values.ndim == 3:
        return RDMs(values, _chosen(tables[0], conditions, values.shape[1], path),
                    _chosen(tables[1], labels, len(values), path))  # fmt: skip
    plain = RDMs(values)
    return RDMs(values, _chosen(tables[0], conditions, plain.n_conditions, path),
                _chosen(tables[1], labels, len(plain), path))  # fmt: skip


def _descriptors(group):
    """Every descriptor of a group as an array; text as str."""
    out = {}
    for name, item in (*group.items(), *group.attrs.items()):
        value = np.asarray([item[k][()] for k in sorted(item, key=int)] if hasattr(item, "keys")
                           else item)  # fmt: skip
        if value.dtype.kind == "S":
            value = value.astype(str)
        elif value.dtype.kind == "O":
            value = np.array([v.decode() if isinstance(v, bytes) else v for v in value.ravel()])
        out[name] = value
    return out


def _chosen(table, name, n, path):
    if name is not None:
        if name not in table or len(table[name]) != n:
            raise ValueError(f"{path}: no descriptor {name!r} of {n} values; has {sorted(table)}")
        return table[name]
    fits = [
        key for key, value in table.items()
        if key != "index" and value.shape == (n,) and len(set(value.tolist())) == n
    ]  # fmt: skip
    first = [key for key in ("conditions", "condition", "name") if key in fits]
    return table[(first + sorted(fits))[0]] if fits else table.get("index")


def epochs_of(epochs, picks=None):
    """Patterns of MNE epochs.

    Parameters
    ----------
    epochs : mne.Epochs or mne.EpochsArray
    picks : str or list, optional
        Channels, as MNE takes them; all by default.

    Returns
    -------
    patterns : ndarray, shape (n_epochs, n_channels, n_times)
        In MNE's units (V, T), for :func:`rdm_movie` and :func:`searchlight`.
    conditions : ndarray of str, shape (n_epochs,)
        Name of each epoch's event.
    times : ndarray, shape (n_times,)
        In seconds.
    """
    patterns = np.asarray(epochs.get_data(picks=picks))
    names = {code: name for name, code in epochs.event_id.items()}
    conditions = np.array([names[code] for code in np.asarray(epochs.events)[:, 2].tolist()])
    return patterns, conditions, np.asarray(epochs.times)

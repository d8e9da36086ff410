"""Real data sets by name: packaged, from a local folder, or downloaded once and checked.

Three sets are known: ``images92``, ``finger7t`` and ``haxby``. A small part of ``images92`` comes
with the package. The environment variable ``NEUROKIT_DATA`` names a folder that already holds the
files (``NEUROKIT_DATA/haxby/bold.nii.gz`` and so on); otherwise they are downloaded into the cache
on first use, each checked against its sha256.
"""

from ._fetch import download, files_of, local_folder
from ._readers import READERS, packaged_images92
from ._registry import SETS
from .nifti import read_nifti

__all__ = ["Dataset", "load", "list", "path", "read_nifti"]


class Dataset(dict):
    """A dictionary of arrays whose entries are attributes too."""

    def __getattr__(self, key):
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"no entry {key!r}; there are: {', '.join(self)}") from None

    def __dir__(self):
        return [*super().__dir__(), *self]

    def _rows(self):
        for key, value in self.items():
            shape = getattr(value, "shape", None)
            if shape is None:
                text = f"list of {len(value)}" if isinstance(value, type([])) else repr(value)
            else:
                text = f"{value.dtype}, shape {shape}"
            yield key, text

    def __repr__(self):
        return "Dataset\n" + "\n".join(f"  {key}: {text}" for key, text in self._rows())

    def _repr_html_(self):
        rows = "".join(f"<tr><th>{key}</th><td>{text}</td></tr>" for key, text in self._rows())
        return f"<table>{rows}</table>"


def list():
    """Say what data sets there are and which of them are on this machine.

    Returns
    -------
    sets : dict of dict
        For each name ``title``, ``licence``, ``local`` (True when no download is needed to load
        the full set) and ``packaged`` (True when a part comes with neurokit).

    Examples
    --------
    >>> from neurokit import data
    >>> sorted(data.list())
    ['finger7t', 'haxby', 'images92']
    """
    return {
        name: {
            "title": title,
            "licence": licence,
            "local": local_folder(name) is not None,
            "packaged": name == "images92",
        }
        for name, (title, licence, _) in SETS.items()
    }


def path(name):
    """Give the folder that holds the files of a set, downloading them when they are not there.

    Parameters
    ----------
    name : str
        A name from :func:`list`.

    Returns
    -------
    folder : pathlib.Path

    Raises
    ------
    ValueError
        For an unknown name.
    OSError
        When the download fails or a file has another checksum.
    """
    return local_folder(name) or download(name)


def load(name, full=None):
    """Load a data set by name.

    Parameters
    ----------
    name : {"images92", "finger7t", "haxby"}
    full : bool, optional
        Only ``images92`` comes with the package, as a part of the full set (without the pictures
        and the behaviour). False takes that part, True the full set; the default takes the full set
        when its files are on this machine and the part otherwise, so that it never needs a network.
        The other sets are always full.

    Returns
    -------
    dataset : Dataset
        ``images92``: ``human_it`` (4 subjects, 2 sessions, 4186 pairs) correlation distances,
        ``human_it_mean`` and ``monkey_it_mean`` (4186,), ``models`` (8, 4186), ``model_names``,
        ``categories`` (92,), ``category_vectors`` (92, 12), ``category_names`` (12,), and in the
        full set ``behaviour`` (16, 4186) and ``images`` (92, 175, 175, 3).
        ``finger7t``: lists over 7 subjects ``patterns`` (n_patterns, n_voxels), ``conditions``,
        ``folds``; ``model_grams`` (2, 5, 5), ``model_names``.
        ``haxby``: ``bold`` (1452 volumes, 40, 20, 1), ``categories`` (1452,), ``runs`` (1452,),
        ``tr`` in seconds, ``affine`` (4, 4).
        Pairs are condensed row by row (i < j). ``complete`` says whether the full set was read.

    Examples
    --------
    >>> from neurokit import data
    >>> data.load("images92", full=False).human_it.shape
    (4, 2, 4186)
    """
    files_of(name)
    if name == "images92" and not full and (full is False or local_folder(name) is None):
        return Dataset(packaged_images92(), complete=False)
    return Dataset(READERS[name](path(name)), complete=True)

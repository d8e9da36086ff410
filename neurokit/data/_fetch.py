"""Finds the files of a data set: the folder NEUROKIT_DATA, then the cache, then the network."""

import hashlib
import os
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from ._registry import SETS


def cache_folder():
    """Folder of downloaded sets: ``XDG_CACHE_HOME/neurokit`` or the system's usual place."""
    if "XDG_CACHE_HOME" in os.environ:
        return Path(os.environ["XDG_CACHE_HOME"]) / "neurokit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "neurokit"
    return Path.home() / ".cache" / "neurokit"


def files_of(name):
    if name not in SETS:
        raise ValueError(f"unknown data set {name!r}; there are: {', '.join(SETS)}")
    return SETS[name][2]


def local_folder(name):
    """The folder that already holds every file of the set, or None."""
    files = files_of(name)
    roots = [Path(os.environ["NEUROKIT_DATA"])] if os.environ.get("NEUROKIT_DATA") else []
    for root in [*roots, cache_folder()]:
        if all((root / name / file).is_file() for file in files):
            return root / name
    return None


def download(name):
    """Download a set into the cache, each file checked before it takes its place."""
    folder = cache_folder() / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, (address, sha256) in files_of(name).items():
        if not (folder / file).is_file():
            try:
                _download_file(address, folder / file, sha256)
            except urllib.error.URLError as error:
                raise OSError(
                    f"{address} cannot be downloaded ({error.reason}). {_where(name)}"
                ) from error
    return folder


def _where(name):
    """How to have a set without a network."""
    text = f"The set {name} is read from {name}/{', '.join(files_of(name))} in the folder NEUROKIT_DATA"
    given = os.environ.get("NEUROKIT_DATA")
    if not given:
        return f"{text}, which is not set."
    missing = [f for f in files_of(name) if not (Path(given) / name / f).is_file()]
    return f"{text}; that is {given}, where {name}/{missing[0]} is missing."


def _download_file(address, target, sha256):
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    digest = hashlib.sha256()
    try:
        source = urllib.request.urlopen(address, timeout=60)
        with os.fdopen(descriptor, "wb") as out, source:
            while block := source.read(1 << 20):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != sha256:
            raise OSError(f"{address}: sha256 is {digest.hexdigest()}, wanted {sha256}")
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise

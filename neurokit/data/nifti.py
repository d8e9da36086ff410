"""A small reader of NIfTI-1 volumes, for where nibabel is not installed."""

import gzip
import struct
from pathlib import Path

import numpy as np

_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}


def read_nifti(path):
    """Read a single-file NIfTI-1 image, compressed or not.

    Parameters
    ----------
    path : path to a ``.nii`` or ``.nii.gz`` file

    Returns
    -------
    image : ndarray, shape (x, y, z, ...), float32
        Voxel values, scaled as the header says.
    affine : ndarray, shape (4, 4)
        Voxel indices to millimetres (``sform``; the voxel sizes where there is none).

    Raises
    ------
    ValueError
        When the file is no NIfTI-1 file, is cut short, or holds an element type other than integers
        up to 32 bits, float32 and float64.
    """
    path = Path(path)
    content = (gzip.decompress if path.suffix == ".gz" else bytes)(path.read_bytes())
    if len(content) < 352 or content[344:348] not in (b"n+1\0", b"ni1\0"):
        raise ValueError(f"{path}: not a NIfTI-1 file")
    order = "<" if struct.unpack("<i", content[:4])[0] == 348 else ">"

    def field(kind, at, count):
        return struct.unpack_from(f"{order}{count}{kind}", content, at)

    n_dim, *sizes = field("h", 40, 8)
    (code,) = field("h", 70, 1)
    voxel = field("f", 76, 8)
    offset, slope, intercept = field("f", 108, 3)
    if code not in _TYPES:
        raise ValueError(f"{path}: element type {code} is not read here")
    if not 1 <= n_dim <= 7 or min(sizes[:n_dim]) < 1:
        raise ValueError(f"{path}: wrong shape in the header: {sizes}")
    shape, kind = sizes[:n_dim], np.dtype(order + _TYPES[code])
    count = int(np.prod(shape, dtype=np.int64))
    if int(offset) + count * kind.itemsize > len(content):
        raise ValueError(f"{path}: cut short: {len(content)} bytes for shape {tuple(shape)}")
    image = np.frombuffer(content, kind, count, int(offset)).reshape(shape, order="F")
    image = image.astype(np.float32)
    if np.isfinite(slope) and slope != 0 and (slope, intercept) != (1, 0):
        image = image * np.float32(slope) + np.float32(intercept)
    affine = np.diag([*voxel[1:4], 1.0])
    if field("h", 254, 1)[0] > 0:
        affine[:3] = np.reshape(field("f", 280, 12), (3, 4))
    return image, affine

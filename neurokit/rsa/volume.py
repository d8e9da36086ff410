"""Brain images: what nibabel and nilearn objects say about a mask, and patterns from images."""

import os

import numpy as np


def mask_of(mask):
    """The voxels of a mask, their spacing and the affine.

    Parameters
    ----------
    mask : ndarray, nibabel image, path of one, or fitted nilearn masker
        Zero or NaN outside.

    Returns
    -------
    mask : ndarray of bool
    spacing : ndarray
        Size of a voxel along each axis (mm), 1 for plain arrays.
    affine : ndarray, shape (4, 4)
    """
    if hasattr(mask, "mask_img_"):
        mask = mask.mask_img_
    if isinstance(mask, (str, os.PathLike)):
        import nibabel

        mask = nibabel.load(mask)
    if hasattr(mask, "dataobj") and hasattr(mask, "affine"):
        voxels = np.asarray(mask.dataobj)
        affine = np.asarray(mask.affine, dtype=float)
        if voxels.ndim == 4 and voxels.shape[3] == 1:
            voxels = voxels[..., 0]
        return _inside(voxels), np.sqrt(np.sum(affine[:3, :3] ** 2, 0))[: voxels.ndim], affine
    voxels = np.asarray(mask)
    return _inside(voxels), np.ones(voxels.ndim), np.eye(4)


def _inside(voxels):
    """Voxels that are not zero; NaN, as some programs write around the brain, is outside."""
    return (voxels != 0) & (voxels == voxels)


def patterns_of(image, mask):
    """Patterns over the voxels of a mask from a four-dimensional image.

    Parameters
    ----------
    image : nibabel image, path of one, or ndarray, shape (x, y, z, n_obs)
    mask : ndarray, nibabel image, path of one, or fitted nilearn masker

    Returns
    -------
    patterns : ndarray, shape (n_obs, n_voxels)
        Voxels in C order, as nilearn has them.

    Raises
    ------
    ValueError
        When image and mask have different grids.
    """
    voxels, _, affine = mask_of(mask)
    own = None
    if isinstance(image, (str, os.PathLike)):
        import nibabel

        image = nibabel.load(image)
    if hasattr(image, "dataobj"):
        own, image = np.asarray(image.affine, dtype=float), image.dataobj
    image = np.asarray(image)
    if image.ndim != 4 or image.shape[:3] != voxels.shape:
        raise ValueError(f"image: wanted shape ({voxels.shape}, n_obs), got {image.shape}")
    plain = np.array_equal(affine, np.eye(4))
    if own is not None and not plain and not np.allclose(own, affine, atol=1e-3):
        raise ValueError("image and mask have different affines: resample one of them first")
    return np.ascontiguousarray(image[voxels].T)

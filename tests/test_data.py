"""Data sets: packaged part, local folder, checked downloads, the NIfTI reader."""

import gzip
import hashlib

import numpy as np
import pytest

from neurokit import data
from neurokit.data import _fetch, _registry


def test_packaged_set_needs_nothing(monkeypatch, tmp_path):
    monkeypatch.delenv("NEUROKIT_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    images = data.load("images92")
    assert not images.complete
    assert images.human_it.shape == (4, 2, 4186) and images.models.shape == (8, 4186)
    assert images.category_vectors.sum(0)[:2].tolist() == [48, 44]
    assert "human_it" in repr(images) and "<table>" in images._repr_html_()
    with pytest.raises(AttributeError, match="there are"):
        images.nothing  # noqa: B018
    assert not any(one["local"] for one in data.list().values())


def test_unknown_name():
    with pytest.raises(ValueError, match="there are: images92"):
        data.load("images93")


@pytest.fixture
def source(monkeypatch, tmp_path):
    """A set of one file on the local disk, as if it were on the network."""
    file = tmp_path / "far" / "there.bin"
    file.parent.mkdir()
    file.write_bytes(b"0123456789")
    digest = hashlib.sha256(b"0123456789").hexdigest()
    monkeypatch.setitem(
        _registry.SETS, "tiny", ("a test", "none", {"here.bin": (file.as_uri(), digest)})
    )
    monkeypatch.delenv("NEUROKIT_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return file


def test_download_once(source):
    folder = data.path("tiny")
    assert (folder / "here.bin").read_bytes() == b"0123456789"
    source.unlink()
    assert data.path("tiny") == folder and data.list()["tiny"]["local"]


def test_wrong_checksum_leaves_nothing(source):
    source.write_bytes(b"012345678x")
    with pytest.raises(OSError, match="sha256"):
        data.path("tiny")
    assert list((_fetch.cache_folder() / "tiny").iterdir()) == []


def test_local_folder_comes_first(source, monkeypatch, tmp_path):
    own = tmp_path / "own" / "tiny"
    own.mkdir(parents=True)
    (own / "here.bin").write_bytes(b"mine")
    monkeypatch.setenv("NEUROKIT_DATA", str(tmp_path / "own"))
    assert data.path("tiny") == own


def nifti_bytes(values, slope=0.0, intercept=0.0):
    head = np.zeros(352, np.uint8).tobytes()
    head = bytearray(head)
    head[0:4] = np.int32(348).tobytes()
    head[40:56] = np.array([values.ndim, *values.shape, *[1] * (7 - values.ndim)], "i2").tobytes()
    head[70:72] = np.int16({"i2": 4, "f4": 16}[values.dtype.str[1:]]).tobytes()
    head[76:108] = np.array([1, 3, 2, 4, 1, 0, 0, 0], "f4").tobytes()
    head[108:120] = np.array([352, slope, intercept], "f4").tobytes()
    head[344:348] = b"n+1\0"
    return bytes(head) + values.tobytes(order="F")


def test_read_nifti(tmp_path):
    values = np.arange(2 * 3 * 4 * 5, dtype="i2").reshape(2, 3, 4, 5)
    path = tmp_path / "x.nii.gz"
    path.write_bytes(gzip.compress(nifti_bytes(values, 2.0, 1.0)))
    image, affine = data.read_nifti(path)
    np.testing.assert_array_equal(image, values * 2.0 + 1)
    np.testing.assert_array_equal(affine, np.diag([3, 2, 4, 1]))
    plain = tmp_path / "x.nii"
    plain.write_bytes(nifti_bytes(values)[:-2])
    with pytest.raises(ValueError, match="cut short"):
        data.read_nifti(plain)
    plain.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a NIfTI"):
        data.read_nifti(plain)


def test_read_nifti_equals_nibabel(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    values = np.random.default_rng(0).standard_normal((4, 5, 6)).astype("f4")
    affine = np.array([[-2.0, 0, 0, 10], [0, 2, 0, -3], [0, 0.5, 2, 1], [0, 0, 0, 1]])
    nibabel.save(nibabel.Nifti1Image(values, affine), tmp_path / "x.nii.gz")
    image, got = data.read_nifti(tmp_path / "x.nii.gz")
    np.testing.assert_array_equal(image, values)
    np.testing.assert_allclose(got, affine)


def needs(name):
    if not data.list()[name]["local"]:
        pytest.skip(f"the set {name} is not here (NEUROKIT_DATA)")
    return data.load(name)


def test_images92_full():
    if not data.list()["images92"]["local"]:
        pytest.skip("the full set images92 is not here (NEUROKIT_DATA)")
    images = data.load("images92")
    assert images.complete and images["images"].shape == (92, 175, 175, 3)
    assert images.behaviour.shape == (16, 4186)


def test_finger7t():
    fingers = needs("finger7t")
    assert [len(p) for p in fingers.patterns] == [40, 35, 35, 35, 40, 40, 40]
    assert all(len(c) == len(p) for c, p in zip(fingers.conditions, fingers.patterns, strict=True))
    assert fingers.model_grams.shape == (2, 5, 5)


def test_haxby():
    haxby = needs("haxby")
    assert haxby.bold.shape == (1452, 40, 20, 1) and haxby.bold.dtype == np.float32
    assert np.bincount(haxby.runs).tolist() == [121] * 12
    assert (haxby.categories == "rest").sum() == 588

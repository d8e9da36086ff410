"""save and load: round trips, refusals, atomic writes."""

import os
import pickle

import numpy as np
import pytest

import neurokit as nk


def test_round_trip(tmp_path):
    tree = {
        "a": [np.arange(6.0).reshape(2, 3), np.float32(2.5), (1, 2.5, "text", None, True)],
        "b": {"mask": np.array([True, False]), "empty": np.zeros((0, 3), np.int32)},
        "nan": float("nan"),
        "0-d": np.array(3, np.int64),
    }
    path = tmp_path / "tree.npz"
    nk.save(path, tree)
    back = nk.load(path)
    assert list(back) == list(tree) and back["a"][2] == tree["a"][2] and np.isnan(back["nan"])
    for x, y in ((back["a"][0], tree["a"][0]), (back["b"]["mask"], tree["b"]["mask"]),
                 (back["b"]["empty"], tree["b"]["empty"]), (back["0-d"], tree["0-d"])):  # fmt: skip
        assert x.dtype == y.dtype and x.shape == y.shape
        np.testing.assert_array_equal(x, y)
    assert type(back["a"][1]) is np.float32
    assert os.listdir(tmp_path) == ["tree.npz"]


def test_generators_go_on(tmp_path):
    rng = nk.Rng(3)
    rng.normal(4)
    nk.save(tmp_path / "r.npz", [rng])
    (again,) = nk.load(tmp_path / "r.npz")
    np.testing.assert_array_equal(rng.uniform(5), again.uniform(5))


def test_refusals_leave_the_old_file(tmp_path):
    path = tmp_path / "x.npz"
    nk.save(path, {"w": np.ones(3)})
    for bad, place in (({"w": [object()]}, r"tree\['w'\]\[0\] is a object"), ({1: 2}, "must be strings"),
                       ({"w": np.array([None])}, "Python objects"),
                       ({"w": np.ma.array([1, 2], mask=[0, 1])}, r"tree\['w'\] would ignore the mask")):  # fmt: skip
        with pytest.raises(TypeError, match=place):
            nk.save(path, bad)
    np.testing.assert_array_equal(nk.load(path)["w"], np.ones(3))
    assert os.listdir(tmp_path) == ["x.npz"]


def test_missing_folders_are_named(tmp_path):
    folder = tmp_path / "none"
    step = lambda c, x: (c, x)  # noqa: E731
    for write in (
        lambda: nk.save(folder / "x.npz", {}),
        lambda: nk.scan(step, 0.0, np.ones(3), file=folder / "y.npy"),
    ):
        with pytest.raises(FileNotFoundError, match="no such folder to write to: '.*none'$"):
            write()


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, a=np.ones(2))
    with pytest.raises(ValueError, match="no structure"):
        nk.load(path)
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(ValueError, match="not a file of nk.save"):
        nk.load(path)
    nk.save(path, {"w": np.ones(1000)})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="not a file of nk.save"):
        nk.load(path)
    text = b'{"format": "neurokit-tree-1", "tree": {"rng": [1]}}'
    np.savez(path, structure=np.frombuffer(text, np.uint8))
    with pytest.raises(ValueError, match="not a file of nk.save"):
        nk.load(path)
    np.savez(path, structure=np.array([{"a": 1}], object))
    with pytest.raises(ValueError, match="not a file of nk.save"):
        nk.load(path)
    with pytest.raises(FileNotFoundError):
        nk.load(tmp_path / "none.npz")


@pytest.mark.parametrize("content", ["text", "", "pickle", "npy"])
def test_other_files_are_refused_in_our_words(tmp_path, content):
    path = tmp_path / "other"
    if content == "npy":
        with open(path, "wb") as file:
            np.save(file, np.ones(3))
    else:
        path.write_bytes(pickle.dumps([1]) if content == "pickle" else content.encode())
    with pytest.raises(ValueError, match=r"is not a file of nk\.save: it is no \.npz") as caught:
        nk.load(path)
    assert "allow_pickle" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        nk.load(tmp_path / "none")


def test_a_model_is_refused_with_what_to_save_of_it(tmp_path):
    class Leaky:
        def __init__(self):
            self.v = nk.state(np.zeros(2))

    with pytest.raises(TypeError, match=r"tree\['m'\] is a Leaky.*nk\.params\(model\)"):
        nk.save(tmp_path / "a.npz", {"m": Leaky()})
    assert not list(tmp_path.iterdir())

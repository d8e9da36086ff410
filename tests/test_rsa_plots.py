"""What the pictures show, read back from their artists."""

import numpy as np
import pytest

from neurokit import rsa

figure = pytest.importorskip("matplotlib.figure")


@pytest.fixture
def ax():
    return figure.Figure(figsize=(6, 5)).subplots()


def test_rdm_with_groups_and_icons(ax):
    rng = np.random.default_rng(0)
    r = rsa.RDMs(rng.random((2, 45)))
    icons = rng.random((10, 8, 8))
    assert rsa.plot_rdm(r, list("aabbbccccc"), icons=icons, ax=ax) is ax
    shown = ax.images[0].get_array()
    assert np.nanmin(shown) == 0 and np.nanmax(shown) == 100
    small = [child for child in ax.child_axes if child.images]
    assert len(small) == 20  # two edges
    np.testing.assert_array_equal(small[0].images[0].get_array(), icons[0])
    many = figure.Figure().subplots()
    rsa.plot_rdm(rsa.RDMs(rng.random(92 * 91 // 2)), icons=rng.random((92, 4, 4)), ax=many)
    assert 10 < len(many.child_axes) < 40  # as many as fit
    with pytest.raises(ValueError, match="icons"):
        rsa.plot_rdm(r, icons=icons[:3], ax=ax)


def test_mds_tells_its_stress(ax):
    points = np.random.default_rng(1).standard_normal((7, 2))
    i, j = np.triu_indices(7, 1)
    r = rsa.RDMs(np.linalg.norm(points[i] - points[j], axis=1))
    rsa.plot_mds(r, ax=ax)
    assert ax.get_title("right") == "metric stress 0.000"


def test_models_show_what_is_significant(ax):
    rng = np.random.default_rng(2)
    scores = np.array([[0.2], [0.8], [0.1]]) + 0.01 * rng.standard_normal((3, 5))
    p_pairs = np.ones((3, 3))
    p_pairs[1, 2] = p_pairs[2, 1] = 0.01
    rsa.plot_models(
        scores, list("abc"), (0.7, 0.9), p_zero=[0.04, 0.0001, 0.3], p_pairs=p_pairs, ax=ax
    )
    assert [t.get_text() for t in ax.texts] == ["***", "*", "", "noise ceiling "]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["b", "a", "c"]
    line = ax.lines[-3]
    assert line.get_xdata().tolist() == [0, 2]
    ax.figure.canvas.draw()
    inside = ax.get_tightbbox().x1 - ax.bbox.x1  # nothing hangs over what stands beside the axes
    assert ax.get_legend() is None and inside < 2


def test_time_courses(ax):
    rng = np.random.default_rng(3)
    times = np.linspace(-0.1, 0.5, 30)
    scores = rng.standard_normal((2, 6, 30))
    p = np.where(times > 0.2, 0.01, 0.5) * np.ones((2, 1))
    bounds = (np.zeros(30), np.ones(30))
    assert rsa.plot_time(scores, times, ["one", "two"], p, bounds, ax=ax) is ax
    np.testing.assert_allclose(ax.lines[0].get_ydata(), scores[0].mean(0))
    bar = ax.lines[-1].get_ydata()
    np.testing.assert_array_equal(np.isfinite(bar), times > 0.2)
    for wrong in (dict(names=["one"]), dict(times=times[1:])):
        with pytest.raises(ValueError):
            rsa.plot_time(**{"scores": scores, "times": times, **wrong})

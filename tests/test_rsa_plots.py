"""What the pictures show, read back from their artists."""

import numpy as np
import pytest

from neurokit import rsa

figure = pytest.importorskip("matplotlib.figure")
agg = pytest.importorskip("matplotlib.backends.backend_agg")


@pytest.fixture
def ax():
    return figure.Figure(figsize=(6, 5)).subplots()


def test_rdm_with_groups_and_icons(ax):
    rng = np.random.default_rng(0)
    r = rsa.RDMs(rng.random((2, 45)))
    icons = rng.random((10, 8, 8))
    assert rsa.plot_rdm(r, list("aabbbccccc"), icons=icons, ax=ax) is ax
    shown = ax.images[0].get_array()
    i, j = np.triu_indices(10, 1)
    ranks = np.argsort(np.argsort(r.values.mean(0)))
    np.testing.assert_allclose(shown[i, j], ranks / 44 * 100, atol=1e-5)
    small = [child for child in ax.child_axes if child.images]
    assert len(small) == 20  # two edges
    np.testing.assert_array_equal(small[0].images[0].get_array(), icons[0])
    many = figure.Figure().subplots()
    rsa.plot_rdm(rsa.RDMs(rng.random(92 * 91 // 2)), icons=rng.random((92, 4, 4)), ax=many)
    assert 10 < len(many.child_axes) < 40  # as many as fit
    agg.FigureCanvasAgg(many.figure).draw()
    boxes = [child.get_window_extent() for child in many.child_axes]
    assert max(b.x1 for b in boxes) <= many.bbox.x1 + 1  # none over the edges
    assert min(b.y0 for b in boxes) >= many.bbox.y0 - 1
    with pytest.raises(ValueError, match="icons"):
        rsa.plot_rdm(r, icons=icons[:3], ax=ax)


def test_mds_tells_its_stress(ax):
    points = np.random.default_rng(1).standard_normal((7, 2))
    i, j = np.triu_indices(7, 1)
    r = rsa.RDMs(np.linalg.norm(points[i] - points[j], axis=1))
    rsa.plot_mds(r, ax=ax)
    assert ax.get_ylabel() == "metric stress 0.000"
    assert [t.get_text() for t in ax.texts] == list("0123456")


def test_few_points_are_labelled_and_categories_named(ax):
    rng = np.random.default_rng(4)
    for n, labels, written in ((30, None, 30), (31, None, 0), (31, True, 31), (5, False, 0)):
        ax.clear()
        groups = ["a", "b"] * (n // 2) + ["b"] * (n % 2)
        rsa.plot_mds(rng.random(n * (n - 1) // 2), groups, labels, ax=ax)
        assert len(ax.texts) == written
        assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]


def test_a_mean_of_several_matrices_is_called_so(ax):
    several = rsa.RDMs(np.random.default_rng(5).random((4, 15)))
    rsa.plot_rdm(several, ax=ax)
    bar = ax.figure.axes[1]
    assert bar.get_ylabel() == "dissimilarity (percentile), mean of 4"
    plain = figure.Figure().subplots()
    rsa.plot_rdm(several, rank=False, colorbar=False, ax=plain)
    assert plain.get_title("right") == "mean of 4"
    one = figure.Figure().subplots()
    rsa.plot_rdm(several[0], rank=False, ax=one)
    assert one.figure.axes[1].get_ylabel() == "dissimilarity"
    rsa.plot_mds(several, ax=plain)
    assert plain.get_ylabel().startswith("mean of 4, metric stress")


@pytest.mark.parametrize("bounds", [(0.7, 0.7), (0.6999, 0.7001)])
def test_a_narrow_noise_ceiling_is_seen(ax, bounds):
    """Its edges are drawn over the bars: dark pixels between two of them at its height."""
    rsa.plot_models(np.array([[0.5], [0.2]]), list("ab"), bounds, ax=ax)
    canvas = agg.FigureCanvasAgg(ax.figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[:, :, 0]
    x, y = ax.transData.transform((0.5, 0.7)).round().astype(int)
    y = pixels.shape[0] - y
    assert pixels[y - 2 : y + 3, x].min() < 170


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


def test_time_courses_leave_out_what_is_nan(ax):
    rng = np.random.default_rng(6)
    scores = rng.standard_normal((1, 5, 8))
    scores[0, 2], scores[0, 3, 4] = np.nan, np.nan
    rsa.plot_time(scores, np.arange(8.0), ["m"], ax=ax)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.nanmean(scores[0], 0))
    rsa.plot_models(scores[0], list("abcde"), ax=ax)  # the third has no score, the fourth one less
    names = [t.get_text() for t in ax.get_xticklabels()]
    heights = {n: bar.get_height() for n, bar in zip(names, ax.patches, strict=True)}
    assert names[-1] == "c" and np.isnan(heights["c"])
    assert heights["d"] == pytest.approx(np.nanmean(scores[0, 3]))


def test_labels_of_points_stay_inside(ax):
    rng = np.random.default_rng(7)
    names = [f"condition with a long name {k}" for k in range(12)]
    rsa.plot_mds(rsa.RDMs(rng.random(66), names), ax=ax)
    agg.FigureCanvasAgg(ax.figure).draw()
    for text in ax.texts:
        box = text.get_window_extent()
        assert ax.bbox.x0 - 1 <= box.x0 and box.x1 <= ax.bbox.x1 + 1


@pytest.mark.parametrize("n", [8, 9, 20, 60])
def test_colours_do_not_repeat(ax, n):
    from matplotlib.colors import to_hex

    names = np.arange(n).repeat(2)
    rsa.plot_mds(np.random.default_rng(8).random(n * (2 * n - 1)), names, ax=ax)
    assert len({to_hex(dots.get_facecolor()[0]) for dots in ax.collections}) == n


def test_few_rows_of_a_matrix_are_named(ax):
    rng = np.random.default_rng(0)
    names = [f"a long condition {k}" for k in range(20)]
    few, many = (rsa.RDMs(rng.random(n * (n - 1) // 2)) for n in (20, 21))
    few = rsa.RDMs(few.values, names)
    rsa.plot_rdm(few, groups=np.arange(20) // 5, ax=ax)
    for axis in (ax.xaxis, ax.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == names
    agg.FigureCanvasAgg(ax.figure).draw()
    lowest = min(label.get_window_extent().y0 for label in ax.get_xticklabels())
    assert ax.get_legend().get_window_extent().y1 < lowest
    icons = rng.random((20, 4, 4))
    for given in (dict(rdms=many), dict(rdms=few, labels=False), dict(rdms=few, icons=icons)):
        bare = figure.Figure().subplots()
        assert len(rsa.plot_rdm(ax=bare, **given).get_yticks()) == 0


def test_names_of_the_user_are_written():
    rdms = rsa.RDMs(np.random.default_rng(0).random(15))
    names = [f"picture {k}" for k in range(6)]
    for given in (names, np.array(names)):
        ax = rsa.plot_rdm(rdms, labels=given, ax=figure.Figure().subplots())
        assert [label.get_text() for label in ax.get_yticklabels()] == names
        ax = rsa.plot_mds(rdms, labels=given, ax=figure.Figure().subplots())
        assert [text.get_text() for text in ax.texts] == names
    for plot in (rsa.plot_rdm, rsa.plot_mds):
        for wrong in (dict(labels=names[:5]), dict(groups=list("ab"))):
            with pytest.raises(ValueError, match="wanted 6"):
                plot(rdms, ax=figure.Figure().subplots(), **wrong)


def test_points_of_the_user(ax):
    rdms = rsa.RDMs(np.random.default_rng(0).random((1, 15)))
    points = rsa.mds(rdms)
    for given in (points, points[0], points[0].tolist()):
        ax.clear()
        rsa.plot_mds(rdms, points=given, ax=ax)
        np.testing.assert_array_equal(ax.collections[0].get_offsets(), points[0])
    for given in (np.zeros((6, 3)), np.zeros((5, 2)), np.zeros((2, 6, 2)), np.zeros(6)):
        with pytest.raises(ValueError, match=r"points: wanted shape \(6, 2\)"):
            rsa.plot_mds(rdms, points=given, ax=ax)

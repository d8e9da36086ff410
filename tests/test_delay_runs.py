"""Runs of the delayer as a column of X, through pipelines and searches; labels of the pictures."""

import numpy as np
import pytest

from neurokit.encoding import Delayer, RidgeCV, plot_alphas, plot_scores

RUNS = np.repeat([2, 0, 1], 20)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 4))
    return X, Delayer([1], runs=RUNS).fit_transform(X) @ rng.standard_normal((4, 3))


@pytest.mark.parametrize("column", [0, 2, 4, -1])
def test_column_equals_sequence(data, column):
    X, _ = data
    wide = np.insert(X, column % 5, RUNS, axis=1)
    delayer = Delayer([0, 2, -1], runs=column)
    expected = Delayer([0, 2, -1], runs=RUNS).fit_transform(X)
    np.testing.assert_array_equal(delayer.fit_transform(wide), expected)
    assert len(delayer.get_feature_names_out()) == expected.shape[1]
    assert f"x{column % 5}_0" not in delayer.get_feature_names_out()


def test_named_column(data):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(data[0], columns=list("abcd"))
    table.insert(1, "run", RUNS)
    delayer = Delayer([0, 1], runs="run")
    expected = Delayer([0, 1], runs=RUNS).fit_transform(data[0])
    np.testing.assert_array_equal(delayer.fit_transform(table), expected)
    assert delayer.get_feature_names_out()[:5].tolist() == ["a_0", "b_0", "c_0", "d_0", "a_1"]


def test_pipelines_and_searches(data):
    selection = pytest.importorskip("sklearn.model_selection")
    pipeline = pytest.importorskip("sklearn.pipeline")
    X, Y = data
    wide = np.c_[X, RUNS]
    model = pipeline.make_pipeline(Delayer([0, 1], runs=-1), RidgeCV())
    np.testing.assert_allclose(
        model.fit(wide[:40], Y[:40]).predict(wide[40:]),
        RidgeCV()
        .fit(Delayer([0, 1], runs=RUNS[:40]).fit_transform(X[:40]), Y[:40])
        .predict(Delayer([0, 1]).fit_transform(X[40:])),
    )
    options = dict(groups=RUNS, cv=selection.LeaveOneGroupOut())
    assert (selection.cross_val_score(model, wide, Y, **options) > 0.9).all()
    grid = {"delayer__delays": [[0], [0, 1], [2]]}
    search = selection.GridSearchCV(model, grid, cv=options["cv"]).fit(wide, Y, groups=RUNS)
    assert search.best_params_ == {"delayer__delays": [0, 1]}


def test_wrong_columns_are_refused(data):
    X, _ = data
    for runs, message in ((4, "columns"), (-5, "columns"), ("run", "no column")):
        with pytest.raises(ValueError, match=message):
            Delayer(runs=runs).fit(X)
    with pytest.raises(ValueError, match="beside it"):
        Delayer(runs=0).fit(X[:, :1])
    with pytest.raises(ValueError, match="column of X"):
        Delayer(runs=RUNS).fit(X).transform(X[:20])


def test_pictures_label_in_one_notation(data):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    X, Y = data
    for alphas, labels in (
        (np.logspace(0, 3, 4), ["1", "10", "100", "1000"]),
        (np.logspace(-2, 4, 7), [f"$10^{{{k}}}$" for k in range(-2, 5)]),
        (np.array([0.1, 1, 3, 10, 100]), ["0.1", "1", "3", "10", "100"]),
        (np.logspace(0, 5, 12), [f"$10^{{{k}}}$" for k in range(6)]),
    ):
        ax = plot_alphas(RidgeCV(alphas).fit(X, Y))
        assert [label.get_text() for label in ax.get_xticklabels()] == labels
    ax = plot_scores(np.linspace(0, 1, 125), mask=np.ones((5, 5, 5), bool))
    ax.figure.canvas.draw()
    bar = ax.child_axes[0].get_window_extent()
    assert abs(bar.height - ax.get_window_extent().height) < 2
    assert [text.get_text() for text in ax.texts] == [f"z {k}" for k in range(5)]
    pyplot.close("all")

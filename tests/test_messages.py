"""What a user meets when something is missing or mistyped: the reason and the way out."""

import builtins
import importlib.util
import os
import subprocess
import sys
import urllib.error
import urllib.request

import numpy as np
import pytest

import neurokit as nk
from neurokit import data, sim
from neurokit.core.run import bars


def without(monkeypatch, *names):
    """Imports of these packages fail, as where they are not installed."""
    real, spec = builtins.__import__, importlib.util.find_spec

    def fake(name, *args, **kwargs):
        if name.partition(".")[0] in names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fake)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n, *a: None if n in names else spec(n, *a)
    )


def test_progress_without_tqdm(monkeypatch, capsys):
    without(monkeypatch, "tqdm")
    net = sim.Net()
    net.add(sim.LIF(2, tau=10))
    net.run(20.0, progress=True)
    text = capsys.readouterr().err
    assert "20 of 20 ms (100 %)" in text and len(text.splitlines()) == 10
    assert list(bars.progress_bar(range(7))) == list(range(7))
    assert "7 of 7 it" in capsys.readouterr().err
    with nk.options(progress=True):
        nk.scan(lambda c, _: (c + 1, None), np.zeros(2), length=50)
    nk.scan(lambda c, _: (c + 1, None), np.zeros(2), length=50, progress=True)


def test_pictures_without_matplotlib(monkeypatch):
    net = sim.Net()
    pop = net.add(sim.LIF(2, tau=10))
    run = net.run(1.0, record=[pop.spikes])
    without(monkeypatch, "matplotlib")
    with pytest.raises(ImportError, match="pip install"):
        run.plot_raster()


def test_demo_says_at_once_what_is_missing(monkeypatch, tmp_path, capsys):
    from neurokit.demo import cli

    monkeypatch.setattr(cli, "run_part", lambda *args: pytest.fail("a part ran"))
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stop:
        cli.main(["--out", str(tmp_path / "file" / "below")])
    assert stop.value.code == 2 and "--out" in capsys.readouterr().err
    without(monkeypatch, "matplotlib")
    with pytest.raises(SystemExit) as stop:
        cli.main(["--out", str(tmp_path)])
    text = capsys.readouterr().err
    assert stop.value.code == 2 and "matplotlib" in text and "[demo]" in text


def test_data_offline(monkeypatch, tmp_path):
    def offline(*args, **kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", offline)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("NEUROKIT_DATA", raising=False)
    with pytest.raises(OSError, match="no network.*NEUROKIT_DATA, which is not set"):
        data.load("haxby")
    monkeypatch.setenv("NEUROKIT_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(OSError, match="elsewhere, where haxby/.* is missing"):
        data.load("haxby")


@pytest.mark.parametrize("value, heard", [("abc", True), ("0", True), ("-2", True), ("2", False)])
def test_threads_of_the_environment(value, heard):
    done = subprocess.run(
        [sys.executable, "-c", "import neurokit"],
        env={**os.environ, "NEUROKIT_THREADS": value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("NEUROKIT_THREADS" in done.stderr) == heard


@pytest.mark.parametrize(
    "draw",
    [
        lambda r: r.normal(2, sd=-1),
        lambda r: r.normal(2, sd=np.nan),
        lambda r: r.normal(2.5),
        lambda r: r.normal((2, 1.5)),
        lambda r: r.normal(-1),
        lambda r: r.normal("3"),
        lambda r: r.uniform(2, low=1.0, high=0.0),
        lambda r: r.exponential(2, scale=-1.0),
        lambda r: r.gamma(1.0, 2, scale=-1.0),
    ],
)
def test_bad_draws(draw):
    for call in (lambda: draw(nk.Rng(0)), lambda: nk.jit(lambda x: x + draw(nk.Rng(0)))(1.0)):
        with pytest.raises((ValueError, TypeError), match="Rng"):
            call()


def test_raster_names_cells_and_borders():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    net = sim.Net()
    loud, silent = (
        net.add(sim.LIF(4, tau=10, v0=-40), name="loud"),
        net.add(sim.LIF(6, tau=10), name="silent"),
    )
    run = net.run(5.0, record=[loud.spikes, silent.spikes])
    ax = run.plot_raster(Figure().subplots())
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels == ["loud\n0-3 of 4", "silent\n0-5 of 6"]
    dots = [line for line in ax.lines if line.get_marker() == "."]
    assert dots[0].get_color() != dots[1].get_color()
    assert [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "None"] == [3.5]


def test_report_pictures_have_words():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    from neurokit.demo.report import embed

    assert 'alt="a &amp; &quot;b&quot;"' in embed(Figure(), 'a & "b"')

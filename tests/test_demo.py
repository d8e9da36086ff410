"""The main job's frame (report, table, exit code) and its classifier."""

import json
import re
import sys
import types

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from matplotlib.figure import Figure  # noqa: E402

from neurokit.demo import cli, report, row  # noqa: E402


def fake_part(*rows):
    def run(progress):
        progress("half way")
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([0, 1], [1, 0])
        return {
            "title": "A <part>",
            "figures": [("a & b", figure)],
            "rows": list(rows),
            "text": "1 < 2",
        }

    return types.SimpleNamespace(run=run)


def install(monkeypatch, **parts):
    monkeypatch.setattr(cli, "PARTS", tuple(parts))
    for name, part in parts.items():
        monkeypatch.setitem(sys.modules, f"neurokit.demo.{name}", part)


def test_row_judges_its_band():
    assert row("x", 2, (1, 3))[3] is True
    assert row("x", 4, (1, 3))[3] is False
    assert row("x", float("nan"), (1, 3))[3] is False
    assert row("x", 4)[3] is True


def test_good_numbers_exit_zero(monkeypatch, tmp_path, capsys):
    rows = row("rate", 21.5, (19, 23), "Hz"), row("time", 3.0, unit="s")
    install(monkeypatch, one=fake_part(*rows))
    assert cli.main(["--out", str(tmp_path / "new")]) == 0
    page = (tmp_path / "new" / "report.html").read_text("utf-8")
    assert "21.5 Hz" in page and "19 to 23 Hz" in page and "1 &lt; 2" in page
    assert page.count("data:image/png;base64,") == 1
    assert not re.search(r"(src|href)=.?https?:", page)  # nothing is fetched
    assert "21.5 Hz" in capsys.readouterr().out
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["report.html"]


def test_a_number_out_of_its_band_exits_one(monkeypatch, tmp_path, capsys):
    install(monkeypatch, one=fake_part(row("rate", 50.6, (19, 23), "Hz")))
    assert cli.main(["--out", str(tmp_path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["rows"][0]["value"] == 50.6 and found["rows"][0]["ok"] is False
    assert "out of band" in (tmp_path / "report.html").read_text("utf-8")


def test_a_part_that_raises_does_not_stop_the_others(monkeypatch, tmp_path):
    def broken(progress):
        raise RuntimeError("no such file")

    install(monkeypatch, bad=types.SimpleNamespace(run=broken), good=fake_part(row("n", 1.0)))
    assert cli.main(["--out", str(tmp_path)]) == 1
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "no such file" in page and page.count("<figure>") == 1


def test_unknown_part_is_refused(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--only", "nonsense"])
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "text"),
    [(94.6667, "94.67"), (0.49121, "0.4912"), (1234.5, "1234"), (0.0, "0"), ("no", "no")],
)
def test_numbers_read_well(value, text):
    assert report.number(value) == text


def test_narrow_bands_show_their_middle():
    assert report.shown(0.4912103, (0.4912095, 0.4912105)) == ("0.4912103", "0.49121 ± 5e-07")
    assert report.shown(21.0, (19, 23), "Hz") == ("21 Hz", "19 to 23 Hz")


def test_latency_code_puts_bright_pixels_first():
    from neurokit.demo.classifier import latency_code

    spikes = latency_code(np.array([[1.0, 0.5, 0.25, 0.1]]))
    assert spikes.shape == (100, 1, 4) and spikes.dtype == np.float32
    assert spikes.sum((0, 1)).tolist() == [1, 1, 1, 0]
    first = spikes[:, 0, :3].argmax(0)
    assert first[0] < first[1] < first[2]
    assert first[0] == int(50 * np.log(1 / 0.8))


def test_classifier_forward_equals_a_python_loop():
    from neurokit.demo import classifier

    def loop(f, carry, xs):
        for x in xs:
            carry, _ = f(carry, x)
        return carry, None

    (spikes, _), _ = classifier.load_digits()
    weights = classifier.initial_weights(0)
    a, counts = classifier.forward(weights, spikes[:, :8])
    b, expected = classifier.forward(weights, spikes[:, :8], scan=loop)
    assert np.array_equal(counts, expected) and counts.sum() > 0
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_classifier_learns_and_is_the_same_twice():
    from neurokit.demo import classifier

    (spikes, digits), test_set = classifier.load_digits()
    small = (spikes[:, :256], digits[:256])
    weights, history = classifier.train(small, test_set, epochs=3)
    again, _ = classifier.train(small, test_set, epochs=3)
    assert history["loss"][-1] < history["loss"][0] and history["test"][-1] > 20
    assert all(np.array_equal(weights[k], again[k]) for k in weights)

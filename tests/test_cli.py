"""``python -m neurokit`` and its commands."""

import json
import subprocess
import sys

import pytest

from neurokit import cli, selftest


def test_info_as_a_module():
    out = subprocess.run(
        [sys.executable, "-m", "neurokit", "info", "--json"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = json.loads(out)
    assert found["cpu_level"] in found["levels"] and found["threads"] >= 1


def test_info_is_readable(capsys):
    assert cli.main(["info"]) == 0
    text = capsys.readouterr().out
    for word in ("version", "compiler", "cpu_level", "blas", "threads"):
        assert word in text


def test_selftest_passes(capsys):
    assert cli.main(["selftest", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [line["name"] for line in found] == list(selftest.CHECKS)


def test_selftest_reports_a_failure(monkeypatch, capsys):
    def broken():
        raise ValueError("got 1,\nwanted 2")

    monkeypatch.setattr(selftest, "CHECKS", {"broken": broken})
    assert cli.main(["selftest"]) == 1
    assert "ValueError: got 1, wanted 2" in capsys.readouterr().out


def test_data_list(capsys):
    assert cli.main(["data", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images92"]["packaged"] is True


def test_bench_refuses_unknown_tasks(capsys):
    assert cli.main(["bench", "nonsense"]) == 2
    assert "k5_lif" in capsys.readouterr().out
    assert {"coba", "gradient", "k5_lif", "latency"} <= set(cli.bench_tasks())


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["info", "--nonsense"], ["data"]])
def test_bad_arguments_exit_two(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(argv)
    assert stop.value.code == 2
    assert capsys.readouterr().err


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("demo", "info", "selftest", "bench", "data"))

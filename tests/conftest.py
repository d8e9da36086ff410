"""Tests under tests/full are long: `make test` leaves them out. Ctrl-C reaches every test."""

import signal
from pathlib import Path

import pytest

FULL = Path(__file__).parent / "full"


def pytest_configure(config):
    # Shells start background jobs with SIGINT ignored: the tests that interrupt a loop would wait for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    for item in items:
        if FULL in Path(item.path).parents:
            item.add_marker(pytest.mark.full)

"""Tests under tests/full are long: `make test` leaves them out."""

from pathlib import Path

import pytest

FULL = Path(__file__).parent / "full"


def pytest_collection_modifyitems(items):
    for item in items:
        if FULL in Path(item.path).parents:
            item.add_marker(pytest.mark.full)

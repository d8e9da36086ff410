"""The examples in docstrings give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import neurokit

ROOT = Path(neurokit.__file__).parent
NAMES = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in sorted(ROOT.rglob("*.py"))
    if ">>>" in path.read_text()
]


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    if name.startswith("neurokit.encoding"):
        pytest.importorskip("sklearn")
    module = importlib.import_module(name.removesuffix(".__init__"))
    failed, tried = doctest.testmod(module)
    assert tried > 0 and failed == 0

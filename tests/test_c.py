"""The C unit tests of tests/c: allocator, pool, Ctrl-C handler, kernel table, engine."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BINARY = ROOT / "build" / "c-tests"


@pytest.fixture(scope="module")
def binary():
    command = [sys.executable, "setup.py", "-q", "build_c_tests"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=600)
    return BINARY


def test_c(binary):
    done = subprocess.run([binary], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout

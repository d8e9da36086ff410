"""The kernels that have tests of their own at every CPU level this machine has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from neurokit import _core

FILES = [
    "test_copy.py",
    "test_reduce.py",
    "test_matmul.py",
    "test_index.py",
    "test_cumulate.py",
    "test_event.py",
    "test_sort.py",
    "test_rank_compare.py",
    "test_matmul_sum.py",
    "test_linalg_kernels.py",
    "test_fft_kernel.py",
]
INFO = _core.info()


@pytest.mark.parametrize("level", [v for v in INFO["levels"] if v != INFO["cpu_level"]])
def test_kernels_at_level(level):
    folder = Path(__file__).parent
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-qx",
            "-k",
            "not threads",
            *(str(folder / f) for f in FILES),
        ],
        env={**os.environ, "NEUROKIT_CPU": level},
        capture_output=True,
        text=True,
        cwd=folder.parent,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]

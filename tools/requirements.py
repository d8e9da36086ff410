"""Prints the requirements of the project and of the named groups, for pip.

Usage: python tools/requirements.py build test demo
"""

import sys
import tomllib
from pathlib import Path

table = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
groups = {"build": table["build-system"]["requires"], **table["project"]["optional-dependencies"]}
wanted = list(table["project"]["dependencies"])
for name in sys.argv[1:]:
    wanted += groups[name]
print(" ".join(sorted(set(wanted))))

"""Ten million random calls of the NumPy table, by default; NEUROKIT_FUZZ_FULL sets another number."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from test_table_fuzz import fuzz  # noqa: E402 - beside the short one

N_CALLS = int(os.environ.get("NEUROKIT_FUZZ_FULL", 10_000_000))
CHUNK = 100_000


def test_random_calls():
    for seed in range(1, 1 + max(N_CALLS // CHUNK, 1)):
        bad = fuzz(seed, min(CHUNK, N_CALLS), n_inputs=50)
        assert not bad, "\n".join([f"seed {seed}, {len(bad)} calls differ:", *bad[:10]])

"""``python -m neurokit``: see `neurokit.cli`."""

import sys

from neurokit.cli import main

sys.exit(main())

"""What must be set before the first test module imports the package."""

from __future__ import annotations

import os
from pathlib import Path

# Two processes that compile the same function at once can leave a cache in which one's entry points
# to the other's code, so each worker of pytest-xdist keeps its compiled kernels in its own folder.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if _WORKER is not None:
    _CACHE = os.environ.get("NUMBA_CACHE_DIR") or str(Path(__file__).parent / ".numba-cache")
    os.environ["NUMBA_CACHE_DIR"] = str(Path(_CACHE) / _WORKER)

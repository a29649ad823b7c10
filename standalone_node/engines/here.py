"""What a task may use of the machine it runs on."""

from __future__ import annotations

import sys


def threads_here() -> int | None:
    """The threads of the worker that runs the task that asks; None outside a cluster."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return int(distributed.get_worker().state.nthreads)
    except ValueError:  # no worker
        return None

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


def in_task() -> bool:
    """Whether who asks is a task that keeps a thread of its worker, as all do that do not secede.

    Whatever it had other tasks do, it might wait for ever: for the thread that it has itself.
    """
    if threads_here() is None:
        return False
    from distributed.threadpoolexecutor import thread_state

    return bool(getattr(thread_state, "proceed", False))

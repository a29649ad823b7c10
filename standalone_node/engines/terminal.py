"""Ctrl-C, which a terminal sends to all processes of a command, is for the first of them.

Dask has each worker process that we start import this module, and calls `dask_setup` there.
"""

from __future__ import annotations

import signal
from typing import Any

#: The signals that a terminal sends, by their names, as not every system has them all.
_FROM_TERMINALS = ("SIGINT", "SIGHUP")


def dask_setup(worker: Any) -> None:
    """Never hear of Ctrl-C, nor of a closed terminal, in the process of this worker.

    It would end at once, with a traceback, and take with it what the iteration at work needs to be
    finished and kept. It ends when whoever started it does.
    """
    for name in _FROM_TERMINALS:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_IGN)

"""Processors: how many a run may use beside those that its problem is given."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any


def held() -> AbstractContextManager[Any]:
    """BLAS works on one thread meanwhile.

    The threads of a fit are those that work on the blocks. Others would come on top of what
    `threads` allows, and the bits of a product depend on how many share it. Hold it once for many
    runs: its threads spin each time they are woken.
    """
    limits: AbstractContextManager[Any] = _libraries(len(sys.modules)).limit(
        limits=1, user_api="blas"
    )
    return limits


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:
    """The libraries with threads of their own, looked for again when a module has been imported.

    Looking takes milliseconds, as long as many iterations of a small problem.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

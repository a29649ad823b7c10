"""Processors: how many a run may use beside those that its problem is given."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def held() -> AbstractContextManager[Any]:
    """BLAS works on one thread meanwhile.

    The threads of a fit are those that work on the blocks. Others would come on top of what
    `threads` allows, and the bits of a product depend on how many share it. Hold it once for many
    runs: its threads spin each time they are woken.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1, "blas")
    return limits

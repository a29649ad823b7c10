"""The one decorator through which every kernel is compiled.

``error_model="numpy"`` keeps the zero-division check out of the loops, without which LLVM does not
vectorise a division. ``contract`` (fused multiply-add) is the only licence given to the optimiser:
``reassoc`` would cost bitwise reproducibility, and full fast-math folds ``isnan`` away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending


def kernel(body: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `body` without the GIL, cached on disk where a cache can be written."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, **options)(body)
    except RuntimeError:  # numba found no folder it may write a cache to
        compiled = numba.njit(**options)(body)
    return compiled


def inlined(body: Callable[..., Any]) -> Callable[..., Any]:
    """Let kernels call the plain Python function `body`, which stays a plain Python function.

    Being one, it may also be a free variable of a kernel made by a factory: numba finds the
    kernel again in its cache by the names of such functions, which it cannot for compiled ones.
    """
    register = numba.extending.register_jitable(error_model="numpy", fastmath={"contract"})
    jitable: Callable[..., Any] = register(body)
    return jitable

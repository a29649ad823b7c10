"""Other ways to look at the same memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def writable(array: Array) -> Array:
    """The same memory, not marked as read-only, for kernels that only read it.

    numba would compile them a second time for arrays that are marked.
    """
    interface = dict(array.__array_interface__)
    interface["data"] = (interface["data"][0], False)
    return np.asarray(SimpleNamespace(__array_interface__=interface, owner=array))

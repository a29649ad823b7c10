"""The kernels without the compiler: what NumPy has to do where they call machine code.

With NUMBA_DISABLE_JIT=1 a kernel is its Python body, which can be traced, and changed on purpose
(`scripts/mutation.py`). Only the three products are more than Python: they are given to numba as
code of LLVM. Here is what they stand for, with the sums in the order of the tiles: a sample's
result must not depend on its neighbours.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.tiles import FROM_RESULT, FROM_START

Array = NDArray[Any]

#: Where the package looks up what is replaced.
_USERS_OF_PREPARE = ("products", "sweeps", "reversible")


def plain(matrix: Array, states: Array, out: Array, begin: int, start: Array) -> None:
    """out = matrix @ states, added to what `begin` says."""
    if begin == FROM_START:
        out[:] = start[: out.shape[0], None]
    elif begin != FROM_RESULT:
        out[:] = 0.0
    for k in range(states.shape[0]):
        out += matrix[:, k, None] * states[k]


def transposed(matrix: Array, states: Array, out: Array, begin: int, start: Array) -> None:
    """The same with matrix.T."""
    plain(matrix.T, states, out, begin, start)


def outer(left: Array, right: Array, out: Array) -> None:
    """out += left @ right.T."""
    out += np.einsum("is,js->ij", left, right)


def install() -> None:
    """Let the package use them, in this process."""
    products: Any = importlib.import_module("standalone_node.kernels.products")
    products._plain, products._transposed, products._outer_call = plain, transposed, outer
    for name in _USERS_OF_PREPARE:
        module: Any = importlib.import_module(f"standalone_node.kernels.{name}")
        module.prepare = lambda dtype: None

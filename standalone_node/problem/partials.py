"""The sum over the blocks of their partials with respect to the parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.blocks import Pool
from standalone_node.model.depth import Interpolation

Array = NDArray[Any]


class Partials:
    """Adds up in double precision, in the order in which it is given.

    For wide states the parameters are the larger part of what a sweep reads and writes, so that
    copies are avoided: where the stage times are nodes, the first block writes at once to what
    becomes the derivative.

    Parameters
    ----------
    pool : Pool
        Lends memory for the other blocks.
    interpolation : Interpolation
        From the nodes to the distinct stage times.
    nodes : int
        K + 1.
    shape : (Q, P)
    dtype : dtype
        That of the sweeps.
    """

    def __init__(
        self,
        pool: Pool,
        interpolation: Interpolation,
        nodes: int,
        shape: tuple[int, int],
        dtype: np.dtype[Any],
    ) -> None:
        self._pool, self._interpolation = pool, interpolation
        self._shape, self._dtype = shape, dtype
        self._direct = interpolation.run if dtype == np.float64 else None
        self._nodal = np.empty((nodes, shape[1])) if self._direct is not None else None
        self._total: Array | None = None

    def room(self, block: int) -> Array:
        """Where a block writes its partials, (Q, P), uninitialised."""
        if block == 0 and self._nodal is not None:
            view: Array = self._nodal[self._direct]
            return view
        return self._pool.take(self._shape, self._dtype)

    def add(self, partials: Array | None) -> None:
        """Add what a block has written, the first one first; None is nothing."""
        if partials is None:
            return
        if self._total is None and self._dtype == np.float64:
            self._total = partials
            return
        if self._total is None:
            self._total = self._pool.take(self._shape, np.dtype(np.float64))
            self._total[:] = 0.0
        self._total += partials
        self._pool.give(partials)

    def nodal(self) -> Array:
        """The sum, at the nodes, (K + 1, P); to be asked for once."""
        assert self._total is not None
        if self._nodal is None or self._direct is None:
            nodal = self._interpolation.transpose(self._total)
            self._pool.give(self._total)
            return nodal
        self._nodal[: self._direct.start] = 0.0
        self._nodal[self._direct.stop :] = 0.0
        return self._nodal

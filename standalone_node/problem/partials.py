"""The sum over the blocks of their partials with respect to the parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.blocks import Pool
from standalone_node.kernels.workers import Workers
from standalone_node.model.depth import Interpolation

Array = NDArray[Any]


class Partials:
    """Adds up in double precision, in the order in which it is given.

    For wide states the parameters are the larger part of what a sweep reads and writes, so that
    copies are avoided: the first block writes at once to where the sum goes, and where the stage
    times are nodes, this is the derivative.

    Parameters
    ----------
    pool : Pool
        Lends memory for the other blocks, and for the derivative as long as somebody holds it.
    workers : Workers
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
        workers: Workers,
        interpolation: Interpolation,
        nodes: int,
        shape: tuple[int, int],
        dtype: np.dtype[Any],
    ) -> None:
        self._pool, self._workers, self._interpolation = pool, workers, interpolation
        self._nodes, self._shape, self._dtype = nodes, shape, dtype
        self._nodal, self._total = self._memory()
        self._begun = False

    def _memory(self) -> tuple[Array | None, Array]:
        """The derivative, if it can be summed in place, and where the sum goes."""
        run = self._interpolation.run
        if run is None:
            return None, self._pool.take(self._shape, np.dtype(np.float64))
        nodal = self._pool.lend((self._nodes, self._shape[1]), np.dtype(np.float64))
        nodal[: run.start], nodal[run.stop :] = 0.0, 0.0
        return nodal, nodal[run]

    def room(self, block: int) -> Array:
        """Where a block writes its partials, (Q, P), uninitialised."""
        if block == 0 and self._dtype == np.float64:
            return self._total
        return self._pool.take(self._shape, self._dtype)

    def add(self, partials: Array) -> None:
        """Add what a block has written, the first one first."""
        if self._begun:
            self._total += partials
        elif partials is not self._total:
            self._total[:] = partials
        self._begun = True
        if partials is not self._total:
            self._pool.give(partials)

    def nodal(self) -> Array:
        """The sum, at the nodes, (K + 1, P); to be asked for once."""
        if self._nodal is not None:
            return self._nodal
        lent = self._pool.lend((self._nodes, self._shape[1]), np.dtype(np.float64))
        nodal = self._interpolation.transpose(self._total, lent, self._workers)
        self._pool.give(self._total)
        return nodal

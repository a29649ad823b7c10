"""Start functions of depth: smooth ones, the same whatever the depth grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.nodal import Blocks, Parameters, block_slices

#: Cosines in the start function beside its constant.
COSINES = 3


def smooth_start(
    times: NDArray[Any], blocks: Blocks, scale: float | NDArray[np.float64], seed: int
) -> Parameters:
    """A constant plus a few cosines in depth, with random normal coefficients.

    The coefficients do not depend on the grid: nodal noise would be another function on every
    grid, as rough as the grid allows, and gradients that keep smoothness could never remove it.

    Parameters
    ----------
    times : ndarray, shape (K + 1,)
    blocks : the named blocks of a node
    scale : float or ndarray, shape (P,)
        Standard deviation of the constant; the k-th cosine has scale / (1 + k)**2.
    seed : int
    """
    width = max(block.stop for block in block_slices(blocks).values())
    coefficients = np.random.default_rng(seed).standard_normal((1 + COSINES, width))
    modes = np.arange(1 + COSINES)
    waves = np.cos(np.pi * np.outer(times / times[-1], modes)) / (1.0 + modes) ** 2
    return Parameters.from_values(np.array(times), scale * (waves @ coefficients), blocks)

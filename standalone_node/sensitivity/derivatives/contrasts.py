"""Which combinations of the outputs mean something: quantities as they are, logits centred."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.problem.network import Network

Array = NDArray[Any]


def contrasts(network: Network) -> Array:
    """The combinations (q, m) of outputs that are looked at.

    Of classes these are the centred outputs z_k - mean(z), as a shift common to all of them changes
    no class and no probability. One logit counts as it is, and so do quantities.
    """
    m = network.outputs
    if not network.classes or m == 1:
        return np.eye(m)
    return np.eye(m) - 1.0 / m


def contrast_names(network: Network) -> tuple[str, ...]:
    """Their q names; of one logit, the class it speaks for."""
    if network.classes and network.outputs == 1:
        return network.output_names[-1:]
    return network.output_names

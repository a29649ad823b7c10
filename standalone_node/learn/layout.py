"""How features and outputs share the components of the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.memory import Need, require

Array = NDArray[Any]

#: The choices of `channels`.
CHANNELS = ("own", "shared")
#: No state has as many further components.
MOST_AUGMENT = 2**31


@dataclass(frozen=True)
class Layout:
    """The initial state of a row.

    With channels "own", x(0) = [0 (m outputs) | features | 0 (augment)]; with "shared", the
    papers' layout, x(0) = [features | 0], and the outputs are its first m components.
    """

    channels: str
    outputs: int
    features: int
    augment: int

    def __post_init__(self) -> None:
        if self.channels not in CHANNELS:
            raise ArgumentError(f"channels = {self.channels!r} has to be one of {CHANNELS}")
        if not isinstance(self.augment, int | np.integer) or not 0 <= self.augment < MOST_AUGMENT:
            raise ArgumentError(
                f"augment = {self.augment!r} has to be a whole number, 0 or more and less than "
                f"{MOST_AUGMENT}"
            )

    @property
    def width(self) -> int:
        """d, the number of components."""
        if self.channels == "own":
            return self.outputs + self.features + int(self.augment)
        return max(self.outputs, self.features) + int(self.augment)

    @property
    def first(self) -> int:
        """Where the features begin."""
        return self.outputs if self.channels == "own" else 0

    def states(self, features: Array) -> Array:
        """The initial states (B, d) of scaled features (B, p)."""
        rows, remedy = features.shape[0], "take fewer rows, or lower augment"
        need = f"{rows} rows of {self.width} components", "the states", 8 * rows * self.width
        require([Need(*need, remedy)])
        states = np.zeros((features.shape[0], self.width))
        states[:, self.first : self.first + self.features] = features
        return states

"""Where a run stands."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from numpy.typing import NDArray

from standalone_node.kernels.sums import inner

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class State:
    """The point with cost and derivative, its gradient, and how a method got there.

    `step` is the length of the step that led here, `beta` that of the conjugate direction which
    leaves from here; both are 0 where a method has no such number.
    """

    u: Array
    cost: float
    derivative: Array
    gradient: Array
    step: float = 0.0
    beta: float = 0.0

    @property
    def norm(self) -> float:
        """The norm of the gradient in the metric."""
        return sqrt(max(0.0, inner(self.derivative, self.gradient)))

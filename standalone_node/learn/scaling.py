"""Scaling of inputs and targets to zero mean and unit variance, with sample weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Scaling:
    """Column means and standard deviations, (p,) each; a constant column keeps its scale."""

    mean: Array
    scale: Array

    @classmethod
    def of(cls, values: Array, weights: Array) -> Scaling:
        """The scaling of `values` (B, p) under `weights` (B,), which sum to a positive number."""
        share = weights / weights.sum()
        mean = share @ values
        variance = share @ np.square(values - mean)
        # What is left of a constant column is rounding of its mean, and must not be blown up.
        rounding = np.square(10.0 * np.finfo(np.float64).eps * np.abs(mean))
        constant = variance <= rounding * values.shape[0]
        return cls(mean, np.where(constant, 1.0, np.sqrt(np.where(constant, 1.0, variance))))

    def apply(self, values: Array) -> Array:
        """Scaled values, (B, p); infinite where they leave the range, which the flow reports."""
        with np.errstate(over="ignore"):
            scaled: Array = (values - self.mean) / self.scale
        return scaled

    def undo(self, values: Array) -> Array:
        """Values in their own units, (B, p)."""
        unscaled: Array = values * self.scale + self.mean
        return unscaled

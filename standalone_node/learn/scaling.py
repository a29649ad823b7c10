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
        # In units of a power of two, which changes no bit, squares neither overflow nor vanish.
        _, exponent = np.frexp(np.abs(values).max(axis=0))
        unit = np.ldexp(1.0, exponent - 1)
        values = values / unit
        mean = share @ values
        variance = share @ np.square(values - mean)
        # What is left of a constant column is rounding of its mean, and must not be blown up.
        rounding = np.square(10.0 * np.finfo(np.float64).eps * np.abs(mean))
        constant = variance <= rounding * values.shape[0]
        scale = np.where(constant, 1.0, unit * np.sqrt(np.where(constant, 1.0, variance)))
        return cls(unit * mean, scale)

    def apply(self, values: Array) -> Array:
        """Scaled values, (B, p); infinite where they leave the range, which the flow reports."""
        with np.errstate(over="ignore"):
            scaled: Array = (values - self.mean) / self.scale
        return scaled

    def undo(self, values: Array) -> Array:
        """Values in their own units, (B, p)."""
        unscaled: Array = values * self.scale + self.mean
        return unscaled

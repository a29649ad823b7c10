"""Scaling of inputs and targets, each column for itself, with sample weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Scaling:
    """Column means and scales, (p,) each; a constant column keeps its scale."""

    mean: Array
    scale: Array

    @classmethod
    def of_features(cls, values: Array, weights: Array) -> Scaling:
        """The scaling of inputs (B, p) under weights (B,), which sum to a positive number.

        The scale is the root mean square of the standard deviation and half the range. Standard
        deviations alone blow up what is rarely other than a constant, a pixel at the rim or a
        category with few rows, to many times the size of what varies in every row.
        """
        return cls._of(values, weights, half_range=True)

    @classmethod
    def of_targets(cls, values: Array, weights: Array) -> Scaling:
        """The scaling of quantities to be learnt (B, m): by the standard deviation."""
        return cls._of(values, weights, half_range=False)

    @classmethod
    def _of(cls, values: Array, weights: Array, *, half_range: bool) -> Scaling:
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
        square = variance
        if half_range:
            square = 0.5 * (variance + np.square(0.5 * np.ptp(values[weights > 0.0], axis=0)))
        scale = np.where(constant, 1.0, unit * np.sqrt(np.where(constant, 1.0, square)))
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

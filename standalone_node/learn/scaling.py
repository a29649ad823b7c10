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
        reach = np.ptp(values[weights > 0.0], axis=0) if half_range else None
        return cls._from(unit, mean, variance, reach, values.shape[0])

    @classmethod
    def _from(
        cls, unit: Array, mean: Array, variance: Array, reach: Array | None, rows: int
    ) -> Scaling:
        """From mean, variance and perhaps range of so many rows, in a unit."""
        # What is left of a constant column is rounding of its mean, and must not be blown up.
        rounding = np.square(10.0 * np.finfo(np.float64).eps * np.abs(mean))
        constant = variance <= rounding * rows
        square = variance
        if reach is not None:
            square = 0.5 * (variance + np.square(0.5 * reach))
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


class Moments:
    """Means, spreads and ranges of columns, gathered chunk by chunk.

    The scalings are those of all rows at once, with weights of one, to rounding.

    Examples
    --------
    >>> moments = Moments()
    >>> moments.add(np.array([[1.0], [2.0]]))
    >>> moments.add(np.array([[6.0]]))
    >>> moments.targets().mean.tolist()
    [3.0]

    References
    ----------
    Chan, Golub, LeVeque: Algorithms for Computing the Sample Variance, The American Statistician
    37 (1983).
    """

    def __init__(self) -> None:
        self.rows = 0
        self._exponent: Array = np.zeros(0)
        self._mean = self._squares = self._low = self._high = self._exponent

    def add(self, values: Array) -> None:
        """Further rows (n, p), at least one."""
        low, high, count = values.min(axis=0), values.max(axis=0), values.shape[0]
        _, exponent = np.frexp(np.maximum(np.abs(low), np.abs(high)))
        if not self.rows:
            self._exponent, self._low, self._high = exponent, low, high
            self._mean = self._squares = np.zeros(values.shape[1])
        exponent = np.maximum(self._exponent, exponent)
        # As in `Scaling`, in units of a power of two: those of the largest value so far.
        mean, squares = self._in_units(exponent)
        scaled = np.ldexp(values, 1 - exponent)
        own = scaled.mean(axis=0)
        total, away = self.rows + count, own - mean
        self._mean = mean + away * (count / total)
        self._squares = (
            squares
            + np.square(scaled - own).sum(axis=0)
            + np.square(away) * (self.rows * (count / total))
        )
        self._exponent, self.rows = exponent, total
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)

    def __add__(self, other: Moments) -> Moments:
        """Those of the rows of both."""
        if not (self.rows and other.rows):
            return self if self.rows else other
        found = Moments()
        exponent = np.maximum(self._exponent, other._exponent)
        (mean, squares), (more, further) = self._in_units(exponent), other._in_units(exponent)
        total, away = self.rows + other.rows, more - mean
        share = other.rows / total
        found.rows, found._exponent = total, exponent
        found._mean = mean + away * share
        found._squares = squares + further + np.square(away) * (self.rows * share)
        found._low = np.minimum(self._low, other._low)
        found._high = np.maximum(self._high, other._high)
        return found

    def _in_units(self, exponent: Array) -> tuple[Array, Array]:
        """Means and squares in units of other powers of two."""
        smaller = self._exponent - exponent
        return np.ldexp(self._mean, smaller), np.ldexp(self._squares, 2 * smaller)

    def features(self) -> Scaling:
        """As `Scaling.of_features`."""
        unit = np.ldexp(1.0, self._exponent - 1)
        return self._scaling(unit, self._high / unit - self._low / unit)

    def targets(self) -> Scaling:
        """As `Scaling.of_targets`."""
        return self._scaling(np.ldexp(1.0, self._exponent - 1), None)

    def _scaling(self, unit: Array, reach: Array | None) -> Scaling:
        return Scaling._from(unit, self._mean, self._squares / self.rows, reach, self.rows)

"""The largest value of a quadratic function on a ball, and the largest ball with a given value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: The multipliers that are tried, as powers of two times |g| / (2 r): any one gives a bound.
COARSE = np.arange(-9.0, 5.0)
FINE = (0.5, 0.25, 0.125, 0.0625)


@dataclass(frozen=True, eq=False)
class Quadratic:
    """n upper bounds g . d + d^T M d + linear (r / r0) + square (r / r0)^2, for |d| <= r <= r0.

    Attributes
    ----------
    gradient : ndarray, shape (n, p)
    matrix : ndarray, shape (n, p, p)
    linear, square : ndarray, shape (n,)
    valid : ndarray, shape (n,)
        r0.
    """

    gradient: Array
    matrix: Array
    linear: Array
    square: Array
    valid: Array

    @property
    def steepness(self) -> Array:
        """|g|, (n,)."""
        found: Array = np.linalg.norm(self.gradient, axis=1)
        return found

    def rough(self) -> Array:
        """An upper bound at r0 without eigenvalues: the fourth Schatten norm of M."""
        largest = np.sqrt(np.linalg.norm(np.matmul(self.matrix, self.matrix), axis=(1, 2)))
        r = self.valid
        found: Array = self.steepness * r + largest * r * r + self.linear + self.square
        return found

    def of(self, index: Array) -> Quadratic:
        """Some of them."""
        return Quadratic(
            self.gradient[index],
            self.matrix[index],
            self.linear[index],
            self.square[index],
            self.valid[index],
        )

    def split(self) -> Split:
        """With M in its eigenvectors."""
        values, vectors = np.linalg.eigh(self.matrix)
        along = np.matmul(self.gradient[:, None, :], vectors)[:, 0]
        return Split(self.steepness, values, along * along, self.linear, self.square, self.valid)


@dataclass(frozen=True, eq=False)
class Split:
    """The same with M in its eigenvectors.

    For any nu above all eigenvalues lambda_i, and at least 0, by duality

        g . d + d^T M d <= nu r^2 + sum of g_i^2 / (4 (nu - lambda_i)),   |d| <= r,

    with equality for the best nu (Moré and Sorensen 1983, Computing a trust region step).
    """

    steepness: Array
    eigenvalues: Array
    squares: Array
    linear: Array
    square: Array
    valid: Array

    @property
    def top(self) -> Array:
        """The largest eigenvalue, or 0, (n,)."""
        found: Array = np.maximum(self.eigenvalues[:, -1], 0.0)
        return found

    def largest(self) -> Array:
        """The upper bound at r0, (n,)."""
        r = self.valid
        plain = self.steepness * r + self.top * r * r
        best = -self._best(lambda nu, dual: -(nu * r * r + dual), -plain)
        found: Array = best + self.linear + self.square
        return found

    def radius(self, margin: Array) -> Array:
        """The largest r <= r0 at which the bound is no more than margin (n,)."""
        curve, slope = self.square / self.valid**2, self.linear / self.valid
        plain = _root(self.top + curve, self.steepness + slope, margin)
        best = self._best(lambda nu, dual: _root(nu + curve, slope, margin - dual), plain)
        return np.minimum(best, self.valid)

    def _best(self, value: Any, best: Array) -> Array:
        """The largest of values of (nu, dual), by a coarse and a fine search over nu."""
        scale = self.steepness / (2.0 * self.valid)
        power = np.full(len(best), COARSE[0])

        def attempt(trial: Array) -> None:
            nonlocal best, power
            with np.errstate(divide="ignore", invalid="ignore"):
                nu = self.top + scale * 2.0**trial
                dual = (self.squares / (4.0 * (nu[:, None] - self.eigenvalues))).sum(axis=1)
                found = value(nu, dual)
            better = found > best  # False where nu is not above all of them: no number
            best = np.where(better, found, best)
            power = np.where(better, trial, power)

        for step in COARSE:
            attempt(np.full(len(best), step))
        for step in FINE:
            middle = power
            attempt(middle - step)
            attempt(middle + step)
        return best


def _root(a: Array, b: Array, c: Array) -> Array:
    """The largest r >= 0 with a r^2 + b r <= c, for a, b >= 0; 0 if c is negative."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 2.0 * c / (b + np.sqrt(b * b + 4.0 * a * c))
    return np.where(c > 0.0, np.where(a + b > 0.0, found, np.inf), 0.0)

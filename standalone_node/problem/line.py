"""The cost along a direction to first order in the state: what the step length is chosen from."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Any

from numpy.typing import NDArray

from standalone_node.kernels.sums import inner, parts
from standalone_node.problem.losses import Loss

Array = NDArray[Any]


@dataclass(frozen=True)
class Parabola:
    """The cost along a direction where it is a sum of squares: value, slope, curvature at 0."""

    start: float
    first: float
    second: float

    def value(self, eta: float) -> float:
        """The modelled cost at eta."""
        return self.start + eta * (self.first + 0.5 * eta * self.second)

    def slope(self, eta: float) -> float:
        """Its derivative at eta."""
        return self.first + eta * self.second

    def curvature(self, eta: float) -> float:
        """Its second derivative, never negative."""
        return self.second


@dataclass(eq=False)
class LineModel:
    """The convex function eta -> mean loss of z + eta xi, plus a parabola for the penalties.

    Parameters
    ----------
    loss : Loss
    z, xi : ndarray, shape (B, m)
        Observed components of x(T) and of its sensitivity along the direction.
    targets : ndarray
        As the loss reads them.
    weights : ndarray, shape (B,)
        Sample weights divided by B.
    parabola : tuple of three floats
        Value, slope and curvature of the penalty terms at eta = 0, in which they are exact.
    """

    loss: Loss
    z: Array
    xi: Array
    targets: Array
    weights: Array
    parabola: tuple[float, float, float]
    _last: tuple[float, tuple[float, float]] = field(default=(nan, (nan, nan)), init=False)

    def value(self, eta: float) -> float:
        """The modelled cost at eta."""
        c0, c1, c2 = self.parabola
        total = 0.0
        for part in parts(len(self.z)):
            z = self.z[part] + eta * self.xi[part]
            total += inner(self.weights[part], self.loss.value(z, self.targets[part]))
        return total + c0 + eta * (c1 + 0.5 * eta * c2)

    def slope(self, eta: float) -> float:
        """Its derivative at eta."""
        return self._derivatives(eta)[0]

    def curvature(self, eta: float) -> float:
        """Its second derivative at eta, never negative."""
        return self._derivatives(eta)[1]

    def _derivatives(self, eta: float) -> tuple[float, float]:
        # Newton's method asks for both, one after the other.
        if self._last[0] != eta:
            _, c1, c2 = self.parabola
            slope, bend = c1 + eta * c2, c2
            for part in parts(len(self.z)):
                z, xi, weights = self.z[part], self.xi[part], self.weights[part]
                slopes, bends = self.loss.along(z + eta * xi, self.targets[part], xi)
                slope += inner(weights, slopes)
                bend += inner(weights, bends)
            self._last = eta, (slope, bend)
        return self._last[1]

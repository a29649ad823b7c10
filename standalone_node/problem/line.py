"""The cost along a direction to first order in the state: what the step length is chosen from."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Any, Protocol

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
    """The convex function eta -> mean loss of z + eta xi, plus a parabola for the output penalty.

    Parameters
    ----------
    loss : Loss
    z, xi : ndarray, shape (B, m)
        Observed components of x(T) and of its sensitivity along the direction.
    targets : ndarray
        As the loss reads them.
    weights : ndarray, shape (B,)
        Sample weights divided by B.
    parabola : Parabola
        The terms that are exact in it.
    """

    loss: Loss
    z: Array
    xi: Array
    targets: Array
    weights: Array
    parabola: Parabola
    _last: tuple[float, tuple[float, float]] = field(default=(nan, (nan, nan)), init=False)

    def value(self, eta: float) -> float:
        """The modelled cost at eta."""
        total = 0.0
        for part in parts(len(self.z)):
            z = self.z[part] + eta * self.xi[part]
            total += inner(self.weights[part], self.loss.value(z, self.targets[part]))
        return total + self.parabola.value(eta)

    def slope(self, eta: float) -> float:
        """Its derivative at eta."""
        return self.derivatives(eta)[0]

    def curvature(self, eta: float) -> float:
        """Its second derivative at eta, never negative."""
        return self.derivatives(eta)[1]

    def derivatives(self, eta: float) -> tuple[float, float]:
        """Both: Newton's method asks for them one after the other."""
        if self._last[0] != eta:
            slope = bend = 0.0
            for part in parts(len(self.z)):
                z, xi, weights = self.z[part], self.xi[part], self.weights[part]
                slopes, bends = self.loss.along(z + eta * xi, self.targets[part], xi)
                slope += inner(weights, slopes)
                bend += inner(weights, bends)
            own = self.parabola
            self._last = eta, (slope + own.slope(eta), bend + own.curvature(eta))
        return self._last[1]


class Line(Protocol):
    """A function of eta and its derivatives."""

    def value(self, eta: float) -> float:
        """The modelled cost at eta."""
        ...

    def slope(self, eta: float) -> float:
        """Its derivative at eta."""
        ...

    def curvature(self, eta: float) -> float:
        """Its second derivative at eta, never negative."""
        ...


@dataclass(frozen=True, eq=False)
class WithPenalty:
    """A line of the rows, and the parabola of the penalties on the parameters."""

    rows: Line
    penalty: Parabola

    def value(self, eta: float) -> float:
        """The modelled cost at eta."""
        return self.rows.value(eta) + self.penalty.value(eta)

    def slope(self, eta: float) -> float:
        """Its derivative at eta."""
        return self.rows.slope(eta) + self.penalty.slope(eta)

    def curvature(self, eta: float) -> float:
        """Its second derivative at eta, never negative."""
        return self.rows.curvature(eta) + self.penalty.curvature(eta)

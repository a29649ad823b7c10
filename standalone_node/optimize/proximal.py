"""The cost of a batch with a term that holds the parameters near where the batch began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from standalone_node.kernels.sums import inner
from standalone_node.model.parametrisation import Gram, Parametrisation
from standalone_node.optimize.objective import Line, Objective, Problem

Array = NDArray[Any]


@dataclass(frozen=True)
class WithParabola:
    """A line, plus a parabola of the given slope and curvature at eta = 0."""

    line: Line
    at_zero: float
    bend: float

    def slope(self, eta: float) -> float:
        """Its derivative."""
        return self.line.slope(eta) + self.at_zero + eta * self.bend

    def curvature(self, eta: float) -> float:
        """Its second derivative."""
        return self.line.curvature(eta) + self.bend


class Proximal(Objective):
    """E(theta(u)) + (rho / 2) <u - u_0, u - u_0>; exact in cost, derivative and line.

    Parameters
    ----------
    problem : Problem
    parametrisation : Parametrisation
    gram : Gram
        The metric of the term.
    rho : float
    centre : ndarray
        u_0.
    """

    def __init__(
        self,
        problem: Problem,
        parametrisation: Parametrisation,
        gram: Gram,
        rho: float,
        centre: Array,
    ) -> None:
        super().__init__(problem, parametrisation)
        self._gram, self._rho, self._centre = gram, rho, centre

    def _term(self, u: Array) -> tuple[float, Array]:
        """Value and derivative of the term."""
        away = u - self._centre
        functional = self._rho * self._gram.apply(away)
        return 0.5 * inner(functional, away), functional

    def cost(self, u: Array, *, ahead: bool = False) -> float:
        """E and the term; as `Objective.cost`."""
        if ahead and getattr(self.problem, "recomputes", False):
            return super().cost(u, ahead=True)  # by way of _both
        return super().cost(u) + self._term(u)[0]

    def _both(self, u: Array) -> tuple[float, Array]:
        cost, derivative = super()._both(u)
        value, functional = self._term(u)
        return cost + value, derivative + functional

    def line(self, u: Array, direction: Array) -> Line:
        """The model of the cost along a direction; the term is a parabola."""
        along = self._rho * self._gram.apply(direction)
        slope, curvature = inner(along, u - self._centre), inner(along, direction)
        return WithParabola(super().line(u, direction), slope, curvature)

"""The smoothing length of the Sobolev metric, chosen from the problem: `Sobolev("auto")`.

Where nothing asks theta' to be small, a longer length costs sweeps: it holds back the modes of
depth that the data still ask for. A penalty gamma/2 of theta'^2 turns that round. The Hessian is
then G + gamma S with G of the data, and a metric M + l^2 S makes its spectrum narrow if gamma S and
l^2 S are in the proportion in which G and M are. So l^2 is gamma over the curvature of the data.
"""

from __future__ import annotations

from collections import deque
from math import hypot, isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.sums import inner
from standalone_node.model.depth import banded_product, mass, stiffness
from standalone_node.model.parametrisation import Gram
from standalone_node.optimize.objective import Line, Objective

Array = NDArray[np.float64]

#: The share of the horizon over which gradients are smoothed in any case.
SHARE = 0.02
#: The share of the horizon beyond which it is no use.
LONGEST = 1.0
#: The length is that many times the square root of gamma over the curvature.
REACH = 2.0
#: The curvature is the median of so many directions.
DIRECTIONS = 8
#: The length is left alone unless it should change by this factor.
HYSTERESIS = 1.5


def shortest_length(times: Array) -> float:
    """What is chosen where no kinetic penalty asks for more: a fiftieth of the horizon."""
    return SHARE * float(times[-1])


def fitting_length(times: Array, kinetic: float, curvature: float) -> float:
    """sqrt(l_0^2 + 4 gamma / lambda) with l_0 the shortest length, at most the horizon."""
    shortest, longest = shortest_length(times), LONGEST * float(times[-1])
    if kinetic == 0.0:
        return shortest
    if curvature * longest**2 <= REACH**2 * kinetic:
        return longest
    return min(longest, hypot(shortest, REACH * sqrt(kinetic / curvature)))


class Adapting:
    """The Gram operator of a Sobolev metric whose length suits the problem, and goes on to.

    With a kinetic penalty it is chosen at the start, from the curvature along the gradient there,
    and anew where a method restarts that has shown it at least eight directions since. The median
    of their curvatures then counts. They come with the step lengths; the first choice takes one
    sensitivity sweep. Without such a penalty the length is the shortest and stays.

    Parameters
    ----------
    objective : Objective
    u : ndarray
        The start.
    fixed : tuple of int
        The nodes at which gradients vanish.

    Attributes
    ----------
    length : float
        In use now.

    Raises
    ------
    StateOverflow
        If the cost of the start is not finite.
    """

    def __init__(self, objective: Objective, u: Array, fixed: tuple[int, ...]) -> None:
        self._objective, self._fixed = objective, fixed
        self._times = objective.parameters(u).times
        self._kinetic = _kinetic(objective.problem)
        self._seen: deque[float] = deque(maxlen=DIRECTIONS)
        self._use(shortest_length(self._times))
        if self._kinetic > 0.0:
            _, derivative = objective.start(u)
            direction = -self.solve(derivative)
            self.see(u, direction, objective.line(u, direction))
            # A method begins with the same direct and adjoint sweep.
            objective.foresee(u, derivative)
            self._use(self._fitting())

    def see(self, u: Array, direction: Array, line: Line) -> None:
        """Take note of the curvature along a direction, which its line knows.

        That of the cost without the kinetic term: <d, (G + alpha M) d> / <d, M d>.
        """
        if self._kinetic == 0.0:
            return
        change = self._objective.change(u, direction).values
        square = inner(change, banded_product(mass(self._times), change))
        roughness = inner(change, banded_product(stiffness(self._times), change))
        bend = line.curvature(0.0)
        if square > 0.0 and isfinite(bend):
            self._seen.append((bend - self._kinetic * roughness) / square)

    def renewed(self) -> bool:
        """At a restart: whether the length has changed, and with it the metric."""
        if len(self._seen) < DIRECTIONS:
            return False
        length = self._fitting()
        if max(length / self.length, self.length / length) <= HYSTERESIS:
            return False
        self._use(length)
        self._seen.clear()
        return True

    def _fitting(self) -> float:
        curvature = float(np.median(self._seen)) if self._seen else 0.0
        return fitting_length(self._times, self._kinetic, curvature)

    def _use(self, length: float) -> None:
        self.length = length
        banded = mass(self._times) + length**2 * stiffness(self._times)
        self._gram: Gram = self._objective.gram(banded, self._fixed)

    def apply(self, u: Array) -> Array:
        """The functional <u, .>."""
        return self._gram.apply(u)

    def solve(self, functional: Array) -> Array:
        """The Riesz representative of a functional."""
        return self._gram.solve(functional)

    def whiten(self, u: Array) -> Array:
        """R u with R^T R = the metric."""
        return self._gram.whiten(u)

    def unwhiten(self, v: Array) -> Array:
        """R^-1 v."""
        return self._gram.unwhiten(v)

    def whiten_functional(self, functional: Array) -> Array:
        """R^-T f."""
        return self._gram.whiten_functional(functional)


def _kinetic(problem: Any) -> float:
    """gamma, 0 for a problem without such a penalty."""
    return float(getattr(getattr(problem, "penalty", None), "h1", 0.0))

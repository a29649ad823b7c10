"""What the methods minimise: a function of a flat vector u, and its tangent along a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.model.parametrisation import Gram, Parametrisation

Array = NDArray[Any]


class Line(Protocol):
    """A convex model of eta -> E(u + eta d), exact to first order in the state."""

    def slope(self, eta: float) -> float:
        """Its derivative."""
        ...

    def curvature(self, eta: float) -> float:
        """Its second derivative, not negative."""
        ...


class Counts(Protocol):
    """Sweeps done so far, whole numbers or shares of the rows."""

    @property
    def direct(self) -> Any:
        """Direct sweeps."""
        ...

    @property
    def adjoint(self) -> Any:
        """Adjoint sweeps."""
        ...

    @property
    def sensitivity(self) -> Any:
        """Sensitivity sweeps."""
        ...


class Problem(Protocol):
    """What `minimize` asks of a problem; `InverseProblem` is one."""

    @property
    def counts(self) -> Any:
        """Sweeps done so far, with attributes direct, adjoint, sensitivity."""
        ...

    def cost(self, p: Parameters) -> float:
        """E(p), infinite where it is not defined."""
        ...

    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        """E(p) and dE."""
        ...

    def line_model(self, p: Parameters, direction: Parameters) -> Any:
        """The `Line` from the sensitivity problem along a direction."""
        ...

    def residual(self, p: Parameters) -> float:
        """The root mean square residual of an observed entry."""
        ...


class Objective:
    """A problem seen through a parametrisation: cost, derivative and line of a flat u.

    The parameters of the last u are kept, so that a problem which keeps its last direct solve is
    asked for the same object again. A problem may have an attribute `recomputes`: whether cost and
    derivative come cheaper together than one after the other; and a method `regrid`, for one that
    chooses its time grid itself.
    """

    #: Derivatives between two choices of the time grid, however often a method restarts.
    RENEWED_AFTER = 10

    def __init__(self, problem: Problem, parametrisation: Parametrisation) -> None:
        self.problem, self._parametrisation = problem, parametrisation
        self._u: Array | None = None
        self._parameters: Parameters | None = None
        self._ahead: tuple[Array, Array] | None = None
        self._way: tuple[Array, Array, Parameters, Parameters] | None = None
        self._since = 0

    def parameters(self, u: Array) -> Parameters:
        """theta(u)."""
        if self._u is not u or self._parameters is None:
            self._u, self._parameters = u, self._parametrisation.apply(u)
        return self._parameters

    def renewed(self, u: Array, *, at_once: bool = False) -> bool:
        """At a restart: whether the problem has chosen another time grid, hence another cost.

        A method asks wherever it forgets what it has learnt of the cost. `at_once` is for where a
        run or an epoch begins, which is seldom enough.
        """
        regrid = getattr(self.problem, "regrid", None)
        if regrid is None or (self._since < self.RENEWED_AFTER and not at_once):
            return False
        self._since = 0
        return bool(regrid(self.parameters(u)))

    def memory(self, u: Array) -> dict[str, Any]:
        """What the cost at u depends on beside u, and whether it is solved there: plain values."""
        solved = getattr(self.problem, "is_solved", None)
        remembered = getattr(self.problem, "remembered", None)
        return {
            "since": self._since,
            "solved": solved is not None and bool(solved(self.parameters(u))),
            "problem": None if remembered is None else remembered(),
        }

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Be as when `memory` was asked for; `solve` is for when the direct problem was solved."""
        self._since = int(memory["since"])
        if memory["problem"] is not None:
            problem: Any = self.problem
            problem.recall(memory["problem"])

    def solve(self, u: Array) -> None:
        """Have the direct problem solved at u."""
        self.problem.cost(self.parameters(u))

    def cost_anew(self, u: Array) -> float:
        """E(theta(u)) of parameters that the problem has not seen, and will not see again."""
        return self.problem.cost(self._parametrisation.apply(u))

    def start(self, u: Array) -> tuple[float, Array]:
        """Cost and derivative where a method begins; StateOverflow if they are not finite."""
        cost = self.cost(u, ahead=True)
        derivative = self.derivative(u) if np.isfinite(cost) else np.full(1, np.nan)
        if not np.isfinite(derivative).all():
            raise StateOverflow(
                "the state overflows already at the start: use a smaller horizon, scale the "
                "inputs down, or start from smaller parameters"
            )
        return cost, derivative

    def cost(self, u: Array, *, ahead: bool = False) -> float:
        """E(theta(u)); infinite where the state overflows.

        `ahead` says that the derivative at u will most likely be asked for next: it is computed at
        once if that saves a sweep.
        """
        known = self._ahead is not None and self._ahead[0] is u
        if known or not (ahead and getattr(self.problem, "recomputes", False)):
            return self.problem.cost(self.parameters(u))
        cost, derivative = self._both(u)
        self._ahead = (u, derivative)
        return cost

    def derivative(self, u: Array) -> Array:
        """The partials with respect to u, flat."""
        self._since += 1
        (known, derivative), self._ahead = self._ahead or (None, None), None
        return derivative if known is u and derivative is not None else self._both(u)[1]

    def step(self, u: Array, direction: Array, eta: float, *, ahead: bool) -> Array:
        """u + eta direction, where the cost is asked for next, `ahead` as for that.

        A problem whose rows are elsewhere has a method `on_line`, which is told so: it need send
        no more there than the number eta.
        """
        found = u + eta * direction
        tell = getattr(self.problem, "on_line", None)
        if tell is not None:
            p, change = self._leaving(u, direction)
            tell(p, change, eta, self.parameters(found), ahead=ahead)
        return found

    def _leaving(self, u: Array, direction: Array) -> tuple[Parameters, Parameters]:
        """The parameters of u, and their change along a direction: the same objects each time."""
        way = self._way
        if way is None or way[0] is not u or way[1] is not direction:
            way = self._way = u, direction, self.parameters(u), self.change(u, direction)
        return way[2], way[3]

    def _both(self, u: Array) -> tuple[float, Array]:
        with np.errstate(over="ignore", invalid="ignore"):
            cost, derivative = self.problem.cost_and_derivative(self.parameters(u))
        return cost, self._parametrisation.adjoint(u, derivative)

    def foresee(self, u: Array, derivative: Array) -> None:
        """Spare the adjoint sweep when the derivative at u is asked for next: it is known."""
        self._ahead = (u, derivative)

    def change(self, u: Array, direction: Array) -> Parameters:
        """The change of theta along a direction."""
        return self._parametrisation.tangent(u, direction)

    def gram(self, banded: Array, fixed: tuple[int, ...]) -> Gram:
        """A banded metric on nodal values (2, K + 1) in the coordinates u."""
        return self._parametrisation.gram(banded, fixed)

    def gauss_newton(self, u: Array, direction: Array) -> Array:
        """The Gauss-Newton product along a direction, by a sensitivity and an adjoint sweep."""
        product = getattr(self.problem, "gauss_newton", None)
        if product is None:
            raise ArgumentError(
                f"{type(self.problem).__name__} has no Gauss-Newton product: give it a method "
                "gauss_newton, or choose the method 'lbfgs' or 'ncg'"
            )
        change = self._parametrisation.tangent(u, direction)
        return self._parametrisation.adjoint(u, product(self.parameters(u), change))

    def line(self, u: Array, direction: Array) -> Line:
        """The model of the cost along a direction, by one sensitivity sweep."""
        line: Line = self.problem.line_model(*self._leaving(u, direction))
        return line

"""SciPy's optimisers in the coordinates in which the metric is the identity."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.sums import inner
from standalone_node.model.parametrisation import Gram
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.options import Options
from standalone_node.optimize.state import State, begun
from standalone_node.optimize.step_length import TRIALS, proposed_step

Array = NDArray[Any]

#: As good as no limit: what ends a run are the tests of `stopping`.
ENDLESS = 2**31 - 1
#: The step that the sensitivity problem proposes counts up to this multiple of Polyak's E / |g|^2,
#: should its model fall for ever.
REACH = 100.0
#: The norm of the gradient that SciPy sees at the start. Its inner iterations are solved to the
#: share min(1/2, sqrt(norm)), so to one half until the gradient has fallen by four thousand, and
#: superlinearly after that; and Newton-CG takes curvatures below 7e-16 for none, which with a
#: norm of 1 it meets at 1e-7.
GRADIENT = 1e3


@dataclass(frozen=True)
class SciPyMethod:
    """A method of `scipy.optimize.minimize` as a method of `minimize`.

    Parameters
    ----------
    name : str
        As SciPy calls it.
    settings : dict
        Its options; those that switch its own tests of convergence off belong here.
    curved : bool
        Whether it asks for products with the second derivative: it gets those of Gauss and Newton.
    both : bool
        Whether it asks for cost and derivative of a point at once.

    Notes
    -----
    SciPy sees v = R (u - u_0) / s, where R^T R is the metric and s the length of the step that the
    sensitivity problem proposes at the start, by one sweep; and E times a constant. So its first
    step or radius, 1, and its absolute bounds are in the units of the problem, products of vectors
    are those of the metric, and nodes held fixed do not move at all.
    """

    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    curved: bool = False
    both: bool = False

    def __call__(
        self,
        objective: Objective,
        gram: Gram,
        u: Array,
        options: Options,
        report: Callable[[State], bool],
    ) -> None:
        """Report every iterate that SciPy accepts, the start first, until told to stop."""
        from scipy.optimize import minimize  # half a second: only for those who ask for it

        start = begun(objective, gram, u)
        if report(start) or start.norm == 0.0:
            return
        seen = Whitened(objective, gram, start, report)
        calls: dict[str, Any] = {"hessp": seen.product} if self.curved else {}
        calls |= {"fun": seen.both, "jac": True} if self.both else {"jac": seen.slope}
        with warnings.catch_warnings():
            # What SciPy says of a line search that fails, the end states say.
            warnings.simplefilter("ignore", RuntimeWarning)
            minimize(
                **{"fun": seen.cost, **calls},
                x0=np.zeros_like(u),
                method=self.name,
                callback=seen.accepted,
                options=self.settings,
            )


class _Point:
    """A point that SciPy has asked about: nothing is computed before it is asked for, or twice."""

    def __init__(self, objective: Objective, v: Array, u: Array, *, ahead: bool = True) -> None:
        self.objective, self.v, self.u, self.ahead = objective, v, u, ahead

    @cached_property
    def cost(self) -> float:
        return self.objective.cost(self.u, ahead=self.ahead)

    @cached_property
    def derivative(self) -> Array:
        return self.objective.derivative(self.u)


class Whitened:
    """An objective as SciPy sees it: functions of v, and the callback behind an iteration.

    The newest point and the last one accepted are remembered, so that whatever order cost,
    derivative and products are asked for in, no sweep is done twice while the trajectory is kept.
    """

    def __init__(
        self, objective: Objective, gram: Gram, start: State, report: Callable[[State], bool]
    ) -> None:
        self._objective, self._gram, self._start, self._report = objective, gram, start, report
        line = objective.line(start.u, -start.gradient)
        eta = proposed_step(line)
        far = REACH * abs(start.cost) / start.norm**2
        eta = min(eta, far) if far > 0.0 else eta
        self._length = eta * start.norm if isfinite(eta) and eta > 0.0 else 1.0
        self._unit = self._length * start.norm / GRADIENT
        point = _Point(objective, np.zeros_like(start.u), start.u)
        # Known already; a cached property is an attribute once it is there.
        point.__dict__.update(cost=start.cost, derivative=start.derivative)
        self._last = self._newest = point
        self._rejected = 0

    def cost(self, v: Array) -> float:
        """E, or a wall where it is infinite."""
        point = self._at(v)
        return (point.cost if isfinite(point.cost) else self._wall(point)[0]) / self._unit

    def slope(self, v: Array) -> Array:
        """The partials with respect to v."""
        return self.both(v)[1]

    def both(self, v: Array) -> tuple[float, Array]:
        """Cost and partials; those of a wall where they are not finite."""
        point = self._at(v)
        if isfinite(point.cost) and np.isfinite(point.derivative).all():
            return point.cost / self._unit, self._functional(point.derivative)
        cost, derivative = self._wall(point)
        return cost / self._unit, derivative / self._unit

    def product(self, v: Array, direction: Array) -> Array:
        """The Gauss-Newton product with a direction."""
        du = self._gram.unwhiten(self._length * direction)
        return self._functional(self._objective.gauss_newton(self._at(v).u, du))

    def accepted(self, intermediate_result: Any) -> None:
        """Report an iterate; StopIteration ends SciPy's loop, as does a run of refused steps."""
        point = self._at(intermediate_result.x)
        if point is self._last:
            self._rejected += 1
            if self._rejected >= TRIALS:
                raise StopIteration
            return
        if not (point.cost <= self._last.cost and np.isfinite(point.derivative).all()):
            raise StopIteration
        self._last, self._rejected = point, 0
        gradient = self._gram.solve(point.derivative)
        if self._report(State(point.u, point.cost, point.derivative, gradient)):
            raise StopIteration

    def _at(self, v: Array) -> _Point:
        for point in (self._newest, self._last):
            if np.array_equal(v, point.v):
                return point
        u = self._start.u + self._gram.unwhiten(self._length * v)
        self._newest = _Point(self._objective, v.copy(), u)
        return self._newest

    def _functional(self, functional: Array) -> Array:
        return self._gram.whiten_functional(functional) * (self._length / self._unit)

    def _wall(self, point: _Point) -> tuple[float, Array]:
        """Cost and partials of a parabola that leads a line search back to a tenth of its step.

        SciPy's line searches interpolate, and know no infinite costs. With s the step from the
        last accepted point and m the slope there times s, the parabola with that value and slope
        has its minimum at a tenth if it rises by 4 |m|; its slope at the end is 9 |m|.
        """
        step = point.v - self._last.v
        slope = abs(self._unit * inner(self._functional(self._last.derivative), step))
        slope = slope or abs(self._last.cost) or 1.0
        return self._last.cost + 4.0 * slope, 9.0 * slope / inner(step, step) * step


#: Quasi-Newton with limited memory: SciPy's L-BFGS-B without bounds.
lbfgs = SciPyMethod(
    "L-BFGS-B",
    {"ftol": 0.0, "gtol": 0.0, "maxiter": ENDLESS, "maxfun": ENDLESS, "maxcor": 10},
    both=True,
)

#: A line search along the inexact Newton direction, which conjugate gradients give.
newton_cg = SciPyMethod("newton-cg", {"xtol": 0.0, "maxiter": ENDLESS}, curved=True)

#: A trust region, in which the quadratic model is minimised over Krylov spaces.
trust_krylov = SciPyMethod(
    "trust-krylov",
    {
        "gtol": 0.0,
        "maxiter": ENDLESS,
        "initial_trust_radius": 1.0,
        "max_trust_radius": 1e10,
        "inexact": True,
    },
    curved=True,
)

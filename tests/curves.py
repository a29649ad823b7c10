"""Functions of one number, as line searches see an objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from standalone_node.optimize.step_length import Trial, strong_wolfe


class Curve:
    """A function of one number as an objective."""

    def __init__(self, value: Callable[[float], float], slope: Callable[[float], float]) -> None:
        self.value, self.slope, self.costs = value, slope, 0

    def cost(self, u: Any, *, ahead: bool = False) -> float:
        self.costs += 1
        return self.value(float(u[0]))

    def step(self, u: Any, direction: Any, eta: float, *, ahead: bool) -> Any:
        return u + eta * direction

    def derivative(self, u: Any) -> Any:
        return np.array([self.slope(float(u[0]))])

    def search(self, eta: float, search: Any = strong_wolfe) -> Trial | None:
        """The step that a search finds from 0, tried first at `eta`."""
        zero = np.zeros(1)
        start = Trial(0.0, zero, self.value(0.0), self.derivative(zero), self.slope(0.0))
        step: Trial | None = search(self, start, np.ones(1), eta)
        return step


CURVES: dict[str, Curve] = {
    "parabola": Curve(lambda x: (x - 1.0) ** 2, lambda x: 2.0 * (x - 1.0)),
    "steep side": Curve(lambda x: np.cosh(min(x, 300) - 1.0), lambda x: np.sinh(min(x, 300) - 1.0)),
    "waves": Curve(
        lambda x: 0.1 * (x - 2.0) ** 2 + np.cos(3.0 * x) - 0.2 * x,
        lambda x: 0.2 * (x - 2.0) - 3.0 * np.sin(3.0 * x) - 0.2,
    ),
    "overflow": Curve(lambda x: np.inf if x > 1.5 else (x - 1.0) ** 2, lambda x: 2.0 * (x - 1.0)),
    "not a number": Curve(
        lambda x: np.nan if x > 1.5 else (x - 1.0) ** 2,
        lambda x: 0.0 if x > 1.5 else 2.0 * (x - 1.0),
    ),
    # Moré and Thuente 1994, functions 1 and 2.
    "Moré-Thuente 1": Curve(
        lambda x: -x / (x * x + 2.0), lambda x: (x * x - 2.0) / (x * x + 2.0) ** 2
    ),
    "Moré-Thuente 2": Curve(
        lambda x: (x + 0.004) ** 5 - 2.0 * (x + 0.004) ** 4,
        lambda x: 5.0 * (x + 0.004) ** 4 - 8.0 * (x + 0.004) ** 3,
    ),
}

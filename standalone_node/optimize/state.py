"""Where a run stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import Any

from numpy.typing import NDArray

from standalone_node.kernels.sums import inner
from standalone_node.model.parametrisation import Gram
from standalone_node.optimize.objective import Objective

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class State:
    """The point with cost and derivative, its gradient, and how a method got there.

    `step` is the length of the step that led here, `beta` that of the conjugate direction which
    leaves from here; both are 0 where a method has no such number. `memory` is what else the method
    needs to go on from here as if nothing had happened: plain values and arrays.
    """

    u: Array
    cost: float
    derivative: Array
    gradient: Array
    step: float = 0.0
    beta: float = 0.0
    memory: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def square(self) -> float:
        """<g, g> of the gradient in the metric."""
        return inner(self.derivative, self.gradient)

    @property
    def norm(self) -> float:
        """The norm of the gradient in the metric."""
        return sqrt(max(0.0, self.square))

    def leaving(self, beta: float, memory: Mapping[str, Any]) -> State:
        """The same point, with what a method does from here on."""
        left = State(self.u, self.cost, self.derivative, self.gradient, self.step, beta, memory)
        vars(left)["square"] = self.square
        return left


def begun(objective: Objective, gram: Gram, u: Array) -> State:
    """The state where a method begins; StateOverflow if it is not finite."""
    cost, derivative = objective.start(u)
    return State(u, cost, derivative, gram.solve(derivative))


def plain_state(state: State) -> dict[str, Any]:
    """A state as plain values and arrays."""
    return {
        "u": state.u,
        "cost": state.cost,
        "derivative": state.derivative,
        "gradient": state.gradient,
        "step": state.step,
        "beta": state.beta,
        "memory": dict(state.memory),
    }


def recalled_state(plain: Mapping[str, Any]) -> State:
    """The state that `plain_state` made plain."""
    return State(**plain)

"""Methods that go by single steps of a given rate: gradient descent, and Adam.

Neither looks at the cost, which may rise. They are here to be compared with, and for batches so
small that a line search would only fit their noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import StateOverflow
from standalone_node.model.parametrisation import Gram
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.options import Options
from standalone_node.optimize.state import State, begun

Array = NDArray[Any]


class Plain:
    """The dot product of coordinates, in which a derivative is its own gradient: a `Gram`."""

    def apply(self, u: Array) -> Array:
        """u."""
        return u

    solve = whiten = unwhiten = whiten_functional = apply


class Step(Protocol):
    """From a gradient to the change of u, by what is remembered of earlier gradients."""

    def __call__(self, gradient: Array) -> Array:
        """The change of u."""
        ...

    def memory(self) -> dict[str, Any]:
        """What is remembered, as plain values."""
        ...

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
        ...


class Descent:
    """Minus the rate times the gradient.

    References
    ----------
    H. Robbins and S. Monro, A stochastic approximation method, Ann. Math. Statist. 22 (1951).
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def __call__(self, gradient: Array) -> Array:
        """The change of u."""
        return -self._rate * gradient

    def memory(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Nothing to remember."""


class Adam:
    """Steps of about the rate in every component, by the first two moments of the gradients.

    References
    ----------
    D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1.
    """

    FIRST, SECOND, TINY = 0.9, 0.999, 1e-8

    def __init__(self, rate: float) -> None:
        self._rate, self._count = rate, 0
        self._first: Any = 0.0
        self._second: Any = 0.0

    def __call__(self, gradient: Array) -> Array:
        """The change of u."""
        self._count += 1
        self._first = self.FIRST * self._first + (1.0 - self.FIRST) * gradient
        self._second = self.SECOND * self._second + (1.0 - self.SECOND) * np.square(gradient)
        first = self._first / (1.0 - self.FIRST**self._count)
        second = self._second / (1.0 - self.SECOND**self._count)
        step: Array = -self._rate * first / (np.sqrt(second) + self.TINY)
        return step

    def memory(self) -> dict[str, Any]:
        """The number of steps and both moments."""
        return {"count": self._count, "first": self._first, "second": self._second}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
        self._count = int(memory["count"])
        self._first, self._second = memory["first"], memory["second"]


@dataclass(frozen=True)
class Stepwise:
    """A method that goes by single steps: one row of `METHODS`.

    Attributes
    ----------
    steps : callable
        (rate) -> Step, with whatever it remembers of earlier gradients.
    rate : float
        The rate if none is given.
    remembers : bool
        Whether a step depends on earlier gradients.
    """

    steps: Callable[[float], Step]
    rate: float
    remembers: bool = False

    def begun(self, options: Options) -> Step:
        """The step, with nothing to remember yet."""
        return self.steps(self.rate if options.rate is None else options.rate)

    def __call__(
        self,
        objective: Objective,
        gram: Gram,
        start: Array | State,
        options: Options,
        report: Callable[[State], bool],
    ) -> None:
        """Report the states, the start first, until told to stop; or go on from one of them."""
        rate = self.rate if options.rate is None else options.rate
        step = self.begun(options)
        if isinstance(start, State):
            state = start
            step.recall(start.memory["step"])
        else:
            state = replace(begun(objective, gram, start), memory={"step": step.memory()})
            if report(state):
                return
        while True:
            u = state.u + step(state.gradient)
            cost, derivative = evaluated(objective, u)
            gradient, memory = gram.solve(derivative), {"step": step.memory()}
            state = State(u, cost, derivative, gradient, rate, memory=memory)
            if report(state):
                return


def evaluated(objective: Objective, u: Array) -> tuple[float, Array]:
    """Cost and derivative; StateOverflow if steps have led out of range."""
    cost = objective.cost(u, ahead=True)
    derivative = objective.derivative(u) if np.isfinite(cost) else np.full(1, np.nan)
    if not np.isfinite(derivative).all():
        raise StateOverflow(
            "the state overflows: the steps are too long; lower rate, or use a smaller horizon"
        )
    return cost, derivative


#: Plain gradient descent; stochastic with batches.
sgd = Stepwise(Descent, rate=0.3)
#: Adam.
adam = Stepwise(Adam, rate=0.01, remembers=True)

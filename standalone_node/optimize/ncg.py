"""Nonlinear conjugate gradients in a metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

from numpy.typing import NDArray

from standalone_node.kernels.sums import inner
from standalone_node.model.parametrisation import Gram
from standalone_node.optimize.betas import Products
from standalone_node.optimize.line_searches import Last
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.options import Options
from standalone_node.optimize.state import State, begun
from standalone_node.optimize.step_length import Trial

Array = NDArray[Any]

#: A direction has to point downhill by at least this cosine to the gradient.
DESCENT = 1e-6


def ncg(
    objective: Objective,
    gram: Gram,
    start: Array | State,
    options: Options,
    report: Callable[[State], bool],
) -> None:
    """Report the states of the method, the start first, until told to stop or no step helps.

    Parameters
    ----------
    objective : Objective
    gram : Gram
        The metric in the coordinates u.
    start : ndarray or State
        The start u; or a state that was reported before, to go on from.
    options : Options
        Of which beta, line_search and restart are read.
    report : callable
        Takes every state; says whether to stop.
    """
    for state in iterate(objective, gram, start, options):
        if report(state):
            return


@dataclass(frozen=True, eq=False)
class Course:
    """What the method carries from one iteration to the next beside the state.

    The direction that leaves from the state and its <d, d>, the last step, and the iterations since
    the direction started again along the gradient.
    """

    direction: Array
    square: float
    last: Last
    since: int

    def memory(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "direction": self.direction,
            "square": self.square,
            "eta": self.last.eta,
            "slope": self.last.slope,
            "since": self.since,
        }


def _recalled(memory: Mapping[str, Any]) -> Course:
    last = Last(float(memory["eta"]), float(memory["slope"]))
    return Course(memory["direction"], float(memory["square"]), last, int(memory["since"]))


def _along_gradient(state: State, gram: Gram, last: Last) -> Course:
    return Course(-state.gradient, _square(-state.gradient, gram), last, 0)


def iterate(
    objective: Objective, gram: Gram, start: Array | State, options: Options
) -> Iterator[State]:
    """The states of the method, the start first; ends when no step lowers the cost.

    Notes
    -----
    <g_k, g_j> is computed as dE_k.g_j, so that no inner product of smoothed gradients with the
    wrong metric can occur. An iteration costs one sensitivity sweep (if the line search asks for
    one), one adjoint sweep and one direct sweep, unless the check repairs the step. The cost never
    rises.
    """
    if isinstance(start, State):
        state, course = start, _recalled(start.memory)
    else:
        state = begun(objective, gram, start)
        course = _along_gradient(state, gram, Last())
        yield state.leaving(state.beta, course.memory())
    while state.norm > 0.0:
        begin = _begin(state, course)
        trial = options.line_search(objective, begin, course.direction, course.last)
        if trial is None and state.beta != 0.0:
            # The conjugate direction leads nowhere: start again along the gradient.
            course = _along_gradient(state, gram, course.last)
            state = replace(state, beta=0.0)
            continue
        if trial is None or trial.derivative is None:
            return
        last = Last(trial.eta, begin.slope)
        course = Course(course.direction, course.square, last, course.since)
        state, course = _next(state, course, trial, gram, options)
        if state.beta == 0.0:
            course = replace(course, since=0)
            if objective.renewed(trial.u):
                state = replace(begun(objective, gram, trial.u), step=trial.eta)
                course = _along_gradient(state, gram, course.last)
        yield state.leaving(state.beta, course.memory())


def _begin(state: State, course: Course) -> Trial:
    slope = inner(state.derivative, course.direction)
    return Trial(0.0, state.u, state.cost, state.derivative, slope)


def _next(
    state: State, course: Course, trial: Trial, gram: Gram, options: Options
) -> tuple[State, Course]:
    """The state at the end of a line, and the direction that leaves from there.

    The last step of `course` is already the one along this line.
    """
    assert trial.derivative is not None
    gradient, since = gram.solve(trial.derivative), course.since + 1
    found = State(trial.u, trial.cost, trial.derivative, gradient, trial.eta)
    products = _products(state, found, course, trial.slope)
    due = options.restart is not None and since >= options.restart
    factor = 0.0 if due or products.change <= 0.0 else options.beta(products)
    direction = factor * course.direction - gradient
    # <d, d> without a product with the metric, as <g, d> is the slope where the step ended.
    square = factor * (factor * course.square - 2.0 * products.slope) + products.new
    if factor != 0.0 and not _descends(trial.derivative, direction, products.new, square):
        factor, direction = 0.0, -gradient
        square = _square(direction, gram)
    return found.leaving(factor, {}), Course(direction, square, course.last, since)


def _products(old: State, new: State, course: Course, slope: float) -> Products:
    return Products(
        new=new.square,
        old=old.square,
        cross=inner(new.derivative, old.gradient),
        slope=slope,
        old_slope=course.last.slope,
        direction=course.square,
    )


def _square(direction: Array, gram: Gram) -> float:
    """<d, d> in the metric, which costs a product with its matrix."""
    return inner(gram.apply(direction), direction)


def _descends(derivative: Array, direction: Array, gradient_square: float, square: float) -> bool:
    bound = DESCENT * sqrt(max(0.0, gradient_square)) * sqrt(max(0.0, square))
    return inner(derivative, direction) <= -bound

"""Nonlinear conjugate gradients in a metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import sqrt
from typing import Any

from numpy.typing import NDArray

from standalone_node.kernels.sums import inner
from standalone_node.model.parametrisation import Gram
from standalone_node.optimize.betas import Products
from standalone_node.optimize.line_searches import Last
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.options import Options
from standalone_node.optimize.state import State
from standalone_node.optimize.step_length import Trial

Array = NDArray[Any]

#: A direction has to point downhill by at least this cosine to the gradient.
DESCENT = 1e-6


def ncg(
    objective: Objective, gram: Gram, u: Array, options: Options, report: Callable[[State], bool]
) -> None:
    """Report the states of the method, the start first, until told to stop or no step helps.

    Parameters
    ----------
    objective : Objective
    gram : Gram
        The metric in the coordinates u.
    u : ndarray
        The start.
    options : Options
        Of which beta, line_search and restart are read.
    report : callable
        Takes every state; says whether to stop.
    """
    for state in iterate(objective, gram, u, options):
        if report(state):
            return


def iterate(objective: Objective, gram: Gram, u: Array, options: Options) -> Iterator[State]:
    """The states of the method, the start first; ends when no step lowers the cost.

    Notes
    -----
    <g_k, g_j> is computed as dE_k.g_j, so that no inner product of smoothed gradients with the
    wrong metric can occur. An iteration costs one sensitivity sweep (if the line search asks for
    one), one adjoint sweep and one direct sweep, unless the check repairs the step. The cost never
    rises.
    """
    state = _at(objective, gram, u)
    yield state
    direction, last, since = -state.gradient, Last(), 0
    square = _square(direction, gram)
    while state.norm > 0.0:
        start = Trial(
            0.0, state.u, state.cost, state.derivative, inner(state.derivative, direction)
        )
        trial = options.line_search(objective, start, direction, last)
        if trial is None and state.beta != 0.0:
            # The conjugate direction leads nowhere: start again along the gradient.
            direction, since = -state.gradient, 0
            square = _square(direction, gram)
            state = replace(state, beta=0.0)
            continue
        if trial is None or trial.derivative is None:
            return
        gradient, since = gram.solve(trial.derivative), since + 1
        last = Last(trial.eta, start.slope)
        products = _products(state, direction, square, trial, gradient)
        due = options.restart is not None and since >= options.restart
        factor = 0.0 if due or products.change <= 0.0 else options.beta(products)
        direction = factor * direction - gradient
        # <d, d> without a product with the metric, as <g, d> is the slope where the step ended.
        square = factor * (factor * square - 2.0 * products.slope) + products.new
        if factor != 0.0 and not _descends(trial.derivative, direction, products.new, square):
            factor, direction = 0.0, -gradient
            square = _square(direction, gram)
        state = State(trial.u, trial.cost, trial.derivative, gradient, trial.eta, factor)
        if factor == 0.0:
            since = 0
            if objective.renewed(trial.u):
                state = replace(_at(objective, gram, trial.u), step=trial.eta)
                direction = -state.gradient
                square = _square(direction, gram)
        yield state


def _at(objective: Objective, gram: Gram, u: Array) -> State:
    cost, derivative = objective.start(u)
    return State(u, cost, derivative, gram.solve(derivative))


def _products(
    old: State, direction: Array, square: float, trial: Trial, gradient: Array
) -> Products:
    assert trial.derivative is not None
    return Products(
        new=inner(trial.derivative, gradient),
        old=inner(old.derivative, old.gradient),
        cross=inner(trial.derivative, old.gradient),
        slope=trial.slope,
        old_slope=inner(old.derivative, direction),
        direction=square,
    )


def _square(direction: Array, gram: Gram) -> float:
    """<d, d> in the metric, which costs a product with its matrix."""
    return inner(gram.apply(direction), direction)


def _descends(derivative: Array, direction: Array, gradient_square: float, square: float) -> bool:
    bound = DESCENT * sqrt(max(0.0, gradient_square)) * sqrt(max(0.0, square))
    return inner(derivative, direction) <= -bound

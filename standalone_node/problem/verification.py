"""The tests that every derivative here has to pass, for users to run on their own problems.

The dot test says that the adjoint is the transpose of the tangent, the Taylor test that both
belong to the cost, the convergence study that the scheme has the order its tableau promises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.field_problem import FieldProblem
from standalone_node.problem.inverse_problem import InverseProblem

Array = NDArray[Any]
Problem = InverseProblem | FieldProblem
EPSILON = float(np.finfo(np.float64).eps)


class DotTest(float):
    """The relative error of a dot test, a float, with what it was made of.

    Attributes
    ----------
    states : float
        The error relative to \\|Jv\\| \\|w\\| for J, the tangent of (inputs, theta) -> x(T).
    cost : float
        The same for the cost: slope by the sensitivity problem against dE.v by the adjoint
        problem, relative to \\|Jv\\| \\|dE/dx(T)\\| plus the size of the penalty term.
    """

    states: float
    cost: float

    def __new__(cls, states: float, cost: float) -> DotTest:
        """The larger of the two errors; NaN if one is."""
        made = super().__new__(cls, np.maximum(states, cost))
        made.states, made.cost = states, cost
        return made


def dot_test(problem: Problem, p: Parameters, *, seed: int = 0) -> DotTest:
    """Compare the sensitivity problem with the adjoint problem along a random direction.

    Parameters
    ----------
    problem : InverseProblem or FieldProblem
    p : Parameters
    seed : int
        Of the random direction, change of inputs and functional.

    Returns
    -------
    DotTest
        A float, the relative error: about 1e-16 in double precision and 1e-7 in single precision
        if the adjoint is exact; the bounds that are tested are 1e-13 and 1e-5.

    Examples
    --------
    >>> import numpy as np
    >>> problem = InverseProblem(np.ones((2, 2)), np.zeros(2), steps=3)
    >>> bool(dot_test(problem, problem.initial_parameters()) < 1e-13)
    True
    """
    rng = np.random.default_rng(seed)
    v = p.like(rng.standard_normal(p.values.shape))
    w, change = rng.standard_normal((2, *problem.inputs.shape))
    image = problem.solve_sensitivity(p, v, change)[-1]
    derivative, by_inputs = problem.pull_back(p, w)
    forward, backward = np.vdot(image, w), derivative.apply(v) + np.vdot(by_inputs, change)
    states = relative(forward - backward, float(np.linalg.norm(image) * np.linalg.norm(w)))

    _, gradient = problem.cost_and_derivative(p)
    observed = getattr(problem, "observed", [-1])
    tangent = problem.solve_sensitivity(p, v)[observed]
    terminal = problem.solve_adjoint(p)[observed]
    penalty = problem.penalty.derivative(p)
    scale = float(np.linalg.norm(tangent) * np.linalg.norm(terminal))
    scale += float(np.linalg.norm(penalty.values) * np.linalg.norm(v.values))
    slope = problem.line_model(p, v).slope(0.0)
    return DotTest(states, relative(slope - gradient.apply(v), scale))


def relative(difference: float, size: float) -> float:
    """|difference| in parts of a size, as it is if that is 0; NaN where one overflowed.

    Examples
    --------
    >>> relative(-1.0, 4.0), relative(0.5, 0.0), relative(1.0, float("inf"))
    (0.25, 0.5, nan)
    """
    if not np.isfinite(difference) or not np.isfinite(size):
        return float("nan")
    return abs(float(difference)) / float(size) if size > 0.0 else abs(float(difference))


class TaylorTest(float):
    """The observed order of the Taylor remainder, a float, with what it was observed on.

    Attributes
    ----------
    steps, remainders : ndarray
        eps and \\|E(p + eps v) - E(p) - eps dE.v\\|.
    changes : ndarray
        \\|E(p + eps v) - E(p)\\|, of order 1: what a remainder is like whose derivative is wrong.
    used : slice
        The steps the order was fitted to: the smallest ones whose remainder rounding leaves alone.
    """

    steps: Array
    remainders: Array
    changes: Array
    used: slice

    def __new__(
        cls, order: float, steps: Array, remainders: Array, changes: Array, used: slice
    ) -> TaylorTest:
        """The order with its evidence."""
        made = super().__new__(cls, order)
        made.steps, made.remainders, made.changes, made.used = steps, remainders, changes, used
        return made


def taylor_test(
    problem: Problem,
    p: Parameters,
    direction: Parameters,
    *,
    levels: int = 26,
    size: float = 0.01,
) -> TaylorTest:
    """The order of E(p + eps v) - E(p) - eps dE.v in eps: 2 if the derivative is right, 1 if not.

    Parameters
    ----------
    problem : InverseProblem or FieldProblem
    p, direction : Parameters
        On one depth grid. eps runs through size * 2**-k, k < levels, relative to the largest
        entry of the direction.
    levels : int
        At least 12; the last four only show the size of rounding.
    size : float
        The largest entry of the first change of p. Parameters that are much larger or smaller than
        one want another than the default.

    Returns
    -------
    TaylorTest
        A float, the observed order; infinite if the remainder is nothing but rounding (a cost that
        is linear along the direction).

    Examples
    --------
    >>> import numpy as np
    >>> problem = InverseProblem(np.ones((2, 2)), np.zeros(2), steps=3)
    >>> p = problem.initial_parameters(seed=0)
    >>> round(taylor_test(problem, p, problem.initial_parameters(seed=1)), 1)
    2.0
    """
    largest = float(np.abs(direction.values).max())
    if largest == 0.0:
        raise ArgumentError("the direction of a Taylor test has to be different from zero")
    cost, derivative = problem.cost_and_derivative(p)
    slope = derivative.apply(direction)
    steps = size * 0.5 ** np.arange(levels) / largest
    costs = np.array([problem.cost(p + eps * direction) for eps in steps])
    changes = np.abs(costs - cost)
    remainders = np.abs(costs - cost - steps * slope)
    # The smallest steps leave nothing but rounding, and so show how large it is.
    rounding = max(4.0 * EPSILON * abs(cost), float(remainders[-4:].max()))
    end = int(np.argmin(np.append(remainders > 1e3 * rounding, False)))
    if end < 4:
        return TaylorTest(float("inf"), steps, remainders, changes, slice(0, 0))
    used = slice(end - 4, end)
    order = np.polyfit(np.log(steps[used]), np.log(remainders[used]), 1)[0]
    return TaylorTest(float(order), steps, remainders, changes, used)


@dataclass(frozen=True, eq=False)
class ConvergenceStudy:
    """Errors of a scheme on finer and finer time grids.

    Attributes
    ----------
    scheme : str
    steps : ndarray of int
        N of each grid.
    errors : dict of ndarray
        Relative errors of "states" x(T), "sensitivities" xi(T), "adjoints" lambda(0) and
        "derivatives" dE/dtheta_k, one entry a grid.
    orders : dict of float
        The observed order of each, from the two finest grids whose errors stand clear of rounding.
    """

    scheme: str
    steps: Array
    errors: dict[str, Array]
    orders: dict[str, float] = field(default_factory=dict)


def convergence_study(
    problem: Problem,
    p: Parameters,
    direction: Parameters | None = None,
    *,
    steps: tuple[int, ...] = (16, 32, 64, 128, 256),
) -> ConvergenceStudy:
    """The observed order of states, sensitivities, adjoints and derivatives of a problem's scheme.

    Parameters
    ----------
    problem : InverseProblem or FieldProblem
        Its scheme is studied, reversible if the problem says so; its grid is replaced by even ones.
    p : Parameters
        On a depth grid that every time grid contains: between nodes theta is smooth, across them
        only continuous, so that a step across a node would cost order.
    direction : Parameters, optional
        Of the sensitivity problem; p itself if not given.
    steps : tuple of int
        Increasing, each a multiple of the one before. The errors are those against a solution by
        "dopri5" on a grid four times finer than the last.

    Returns
    -------
    ConvergenceStudy

    Raises
    ------
    ArgumentError
        If a time grid does not contain the depth grid.
    """
    direction = p if direction is None else direction
    for number in steps:
        times = problem.replaced(steps=number).times
        if not all(np.isclose(times, node, rtol=0.0, atol=1e-12).any() for node in p.times):
            raise ArgumentError(
                f"a time grid of {number} steps does not contain the depth grid of p: "
                "take multiples of its number of intervals"
            )
    reference = _quantities(
        _fixed(problem, reversible=False), p, direction, 4 * steps[-1], "dopri5"
    )
    errors: dict[str, list[float]] = {name: [] for name in reference}
    for number in steps:
        found = _quantities(problem, p, direction, number, problem.settings["scheme"])
        for name, exact in reference.items():
            size = float(np.linalg.norm(exact)) or 1.0
            errors[name].append(float(np.linalg.norm(found[name] - exact)) / size)
    arrays = {name: np.array(column) for name, column in errors.items()}
    orders = {name: _order(np.array(steps), column) for name, column in arrays.items()}
    return ConvergenceStudy(problem.settings["scheme"], np.array(steps), arrays, orders)


def _quantities(
    problem: Problem, p: Parameters, direction: Parameters, steps: int, scheme: str
) -> dict[str, Array]:
    finer = _fixed(problem, rtol=None, atol=None).replaced(
        steps=steps, scheme=scheme, depth_points=None
    )
    return {
        "states": finer.solve_direct(p)[-1],
        "sensitivities": finer.solve_sensitivity(p, direction)[-1],
        "adjoints": finer.solve_adjoint(p)[0],
        "derivatives": finer.cost_and_derivative(p)[1].values,
    }


def _fixed(problem: Problem, **changes: Any) -> Problem:
    """The problem without what is said; not every problem knows of all of it."""
    return problem.replaced(**{k: v for k, v in changes.items() if k in problem.settings})


def _order(steps: Array, errors: Array) -> float:
    """The slope between the two finest grids that rounding leaves alone; nan if there are none."""
    clear = np.flatnonzero(errors > 5e-13)
    if clear.size < 2:
        return float("nan")
    coarse, fine = clear[-2], clear[-1]
    return float(np.log(errors[coarse] / errors[fine]) / np.log(steps[fine] / steps[coarse]))

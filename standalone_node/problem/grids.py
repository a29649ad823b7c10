"""When an adaptive time grid is chosen, and when a new one takes its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.nodal import Parameters
from standalone_node.model.tableaux import tableau
from standalone_node.problem.adaptive import Chosen, choose_grid, error_on

if TYPE_CHECKING:
    from standalone_node.problem.time_grid import OnAGrid
    from standalone_node.problem.trial_steps import TrialSteps

Array = NDArray[Any]

#: A grid whose error is this share of the tolerance or less may be finer than it has to be, …
FINE = 0.01
#: … and a coarser one is worth taking if it saves this share of the steps.
SAVING = 0.2
#: A grid whose error is so many times the tolerance is given up even if the cost rises.
BEYOND = 10.0


@dataclass(frozen=True, eq=False)
class GridChange:
    """A time grid that was thought of, and what became of it.

    Attributes
    ----------
    times : ndarray, shape (N + 1,)
        The grid; the old one if none was found.
    adopted : bool
    reason : str
        A sentence.
    error : float
        The largest error of the old grid's steps in units of the tolerance; of the first grid its
        own.
    costs : tuple of two floats
        The cost on the old grid and on this one; NaN where it was not computed.
    """

    times: Array
    adopted: bool
    reason: str
    error: float
    costs: tuple[float, float] = (float("nan"), float("nan"))


def plain_grids(times: Array, grids: Sequence[GridChange]) -> dict[str, Any]:
    """The grid in use, and what became of those that were thought of, as plain values."""
    return {
        "times": times,
        "grids": [{**vars(change), "costs": list(change.costs)} for change in grids],
    }


def recalled_grids(plain: Mapping[str, Any]) -> tuple[Array, list[GridChange]]:
    """What `plain_grids` made plain."""
    changes = [GridChange(**{**entry, "costs": tuple(entry["costs"])}) for entry in plain["grids"]]
    return plain["times"], changes


def chosen_grid(problem: OnAGrid, p: Parameters) -> GridChange:
    """The first grid of a problem."""
    chosen = _chosen(problem, p)
    return GridChange(chosen.times, True, "The first grid.", chosen.error)


def reconsider(problem: OnAGrid, p: Parameters) -> bool:
    """Whether the problem has a new grid after looking at its old one under p.

    Looking costs as much as a direct solve, choosing another one to two.
    """
    old = problem.times
    error = error_on(_steps(problem, p), old)
    problem.counts.direct += 1
    if FINE <= error <= 1.0:
        return False
    try:
        times = _chosen(problem, p).times
    except (StateOverflow, ArgumentError) as failure:
        problem.grids.append(GridChange(old, False, f"No other grid: {failure}", error))
        return False
    if error <= 1.0 and times.size > (1.0 - SAVING) * old.size:
        return False
    return _compared(problem, p, times, error)


def _compared(problem: OnAGrid, p: Parameters, times: Array, error: float) -> bool:
    """Take the new grid if the cost does not rise, or if the old one's error is beyond bearing."""
    before = problem.cost(p)
    old = problem.use_grid(times)
    costs = before, problem.cost(p)
    if costs[1] <= before:
        adopted, reason = True, "The cost does not rise."
    elif error > BEYOND:
        adopted, reason = True, f"The error had grown to {error:.3g} times the tolerance."
    else:
        adopted, reason = False, "The cost would have risen."
        problem.restore(old)
    problem.grids.append(GridChange(times, adopted, reason, error, costs))
    return adopted


def _steps(problem: OnAGrid, p: Parameters) -> TrialSteps:
    from standalone_node.problem.trial_steps import TrialSteps

    assert problem.tolerance is not None
    scheme = problem.settings["scheme"]
    return TrialSteps(problem.flow, scheme, p, problem.inputs, problem.tolerance)


def _chosen(problem: OnAGrid, p: Parameters) -> Chosen:
    # theta has kinks at the nodes, and inside a step both schemes of a pair are misled alike: the
    # error there is up to a thousand times the estimate.
    order = tableau(problem.settings["scheme"]).order
    chosen = choose_grid(_steps(problem, p), problem.horizon, order, p.times)
    problem.counts.direct += ceil(chosen.trials / (chosen.times.size - 1))
    return chosen

"""Depth continuation: finite ResNets, coarse ones first, as the start of the network itself.

What a coarse network learns costs little, and a finer one has only the difference to learn: the
cascade of a numerical analyst, and the strategy of training an infinite network from finite ones.

References
----------
He, Xie, Lin 2019, doi 10.1007/978-3-030-31654-9_51. Bornemann and Deuflhard, The cascadic multigrid
method for elliptic problems, Numer. Math. 75 (1996).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.optimize.iteration import Iteration
from standalone_node.optimize.minimize import bound, minimize

if TYPE_CHECKING:
    from standalone_node.optimize.result import Result

#: A coarse level ends when five iterations lower its cost by less than this share: what is left
#: is learnt on the next level.
LEVEL_TOLERANCE = 0.05
Array = NDArray[Any]


def continuation(
    problem: Any,
    levels: Sequence[int] = (4, 8, 16, 32),
    *,
    start: Parameters | None = None,
    scheme: str | None = "euler",
    level_tolerance: float = LEVEL_TOLERANCE,
    callback: Callable[[Iteration], Any] | None = None,
    **options: Any,
) -> Result:
    """Minimise the cost of a problem from coarse to fine: ResNets of more and more layers first.

    Parameters
    ----------
    problem : InverseProblem
        The network that is wanted in the end, finer than the levels or continuous.
    levels : sequence of int
        Layers L of the ResNets that come before it: steps h = T / L, L + 1 nodes. The last may
        have as many layers as the depth grid of the problem has intervals.
    start : Parameters
        Of the first level, brought to its nodes; the problem's initial parameters if not given.
    scheme : str, optional
        Of the levels. "euler" makes them ResNets; None is the problem's own, which on a coarse grid
        is nearer to the problem where that has a scheme of higher order.
    level_tolerance : float
        A level ends when five iterations lower its cost by less than this share of it.
    callback : callable, optional
        Called with every `Iteration` of every level, counted through; StopIteration ends the
        whole run.
    **options
        Of `minimize`: of the last, fine run all, of the levels all but `cost_tolerance`.

    Returns
    -------
    Result
        Of the fine run. Its history holds all runs, one after the other, with two further columns:
        "level", the number of steps, and "run", counted from 0 to len(levels), the run of the
        problem itself, which tells it from a last level with as many steps. Sweeps are counted in
        sweeps of the problem itself. The cost is that of the run, hence falls within a run only.

    Raises
    ------
    ArgumentError
        If the levels do not increase, or are finer than the depth grid of the problem, or it has
        no `coarse(layers, scheme)`: a `FieldProblem`.

    Examples
    --------
    >>> from standalone_node import InverseProblem
    >>> x = np.linspace(-1.0, 1.0, 20)[:, None]
    >>> problem = InverseProblem(x, np.sin(x), steps=16)
    >>> result = continuation(problem, (2, 4, 8))
    >>> sorted(set(result.history["level"].tolist()))
    [2.0, 4.0, 8.0, 16.0]
    """
    if not hasattr(problem, "coarse"):
        raise ArgumentError(
            f"{type(problem).__name__} has no finite ResNets to begin with: use minimize"
        )
    _check(levels, level_tolerance, problem.depth_times.size - 1)
    time_limit = options.pop("time_limit", None)
    if time_limit is not None:
        time_limit = bound("time_limit", time_limit)
    joint = _Joint(problem.stage_count, callback, time_limit)
    p = problem.initial_parameters() if start is None else start
    for layers in levels:
        level = problem.coarse(layers, scheme)
        p = joint.run(level, p, {**options, "cost_tolerance": level_tolerance})
    joint.run(problem, p, options)
    return joint.result()


class _Joint:
    """Runs that follow one another, told and recorded as one."""

    def __init__(
        self, stages: int, callback: Callable[[Iteration], Any] | None, time_limit: float | None
    ) -> None:
        self._stages, self._callback, self._time_limit = stages, callback, time_limit
        self._results: list[Result] = []
        self._histories: list[dict[str, Array]] = []
        self._stopped = False

    def run(self, problem: Any, p: Parameters, options: dict[str, Any]) -> Parameters:
        """Minimise on one level from parameters of another; its parameters."""
        share, began = problem.stage_count / self._stages, self._totals()

        def told(row: Iteration) -> None:
            if self._callback is not None:
                self._callback(_later(row, began, share))

        limits: dict[str, Any] = {}
        if self._time_limit is not None:
            limits["time_limit"] = max(0.0, self._time_limit - began["seconds"])
        if self._stopped:  # what is left to do is to bring the parameters to the last grid
            limits["max_iterations"] = 0
        elif self._callback is not None:
            limits["callback"] = told
        result = minimize(problem, p.refined(problem.depth_times), **{**options, **limits})
        self._stopped = self._stopped or result.reason in ("callback", "time")
        rows = {name: began[name] + scale * result.history[name] for name, scale in _scales(share)}
        told_apart = {"level": problem.times.size - 1, "run": len(self._results)}
        ones = np.ones(len(result.history["cost"]))
        rows |= {name: number * ones for name, number in told_apart.items()}
        self._histories.append({**result.history, **rows})
        self._results.append(result)
        found: Parameters = result.parameters
        return found

    def result(self) -> Result:
        """The last run's Result with the history of all; how the run ended that was stopped."""
        last = self._results[-1]
        names = self._histories[-1]
        history = {n: np.concatenate([h[n] for h in self._histories]) for n in names}
        ended = next((r for r in self._results if r.reason in ("callback", "time")), last)
        last.update(
            history=history,
            nit=len(history["cost"]) - 1,
            nfev=history["direct"][-1],
            njev=history["adjoint"][-1],
            **{name: ended[name] for name in ("reason", "message", "success", "status")},
        )
        return last

    def _totals(self) -> dict[str, float]:
        """Rows, seconds and sweeps so far."""
        if not self._histories:
            return {"nit": 0, **dict.fromkeys(dict(_scales(1.0)), 0.0)}
        totals = {name: float(self._histories[-1][name][-1]) for name, _ in _scales(1.0)}
        return {"nit": sum(len(h["cost"]) for h in self._histories), **totals}


def _scales(share: float) -> list[tuple[str, float]]:
    """The columns that count on from run to run, and what a run's own numbers are worth."""
    return [("seconds", 1.0), ("direct", share), ("adjoint", share), ("sensitivity", share)]


def _later(row: Iteration, began: dict[str, float], share: float) -> Iteration:
    counted = {name: began[name] + scale * getattr(row, name) for name, scale in _scales(share)}
    return replace(row, nit=int(began["nit"]) + row.nit, **counted)


def _check(levels: Any, level_tolerance: float, intervals: int) -> None:
    numbers = list(levels) if isinstance(levels, Sequence | np.ndarray) else []
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in numbers)
    if not numbers or not whole or numbers[0] < 1 or sorted(set(numbers)) != numbers:
        raise ArgumentError(
            f"continuation levels {levels!r} have to be increasing whole numbers of layers, as "
            "(4, 8, 16, 32)"
        )
    if numbers[-1] > intervals:
        raise ArgumentError(
            f"continuation goes from coarse to fine, but its {numbers[-1]} layers are more than "
            f"the {intervals} intervals of the depth grid: raise steps, or leave levels out"
        )
    if not 0.0 < level_tolerance < 1.0:
        raise ArgumentError(f"level_tolerance = {level_tolerance!r} has to lie between 0 and 1")

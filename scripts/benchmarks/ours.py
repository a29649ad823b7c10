"""The contender this is all about: standalone_node."""

from __future__ import annotations

from collections.abc import Callable

import standalone_node as sn
from benchmarks.task import HORIZON, Answer, Program, Task
from standalone_node.problem.line import LineModel

Found = tuple[float, sn.Derivative, LineModel]


def programs(task: Task, threads: int) -> dict[str, Program]:
    """Cost and derivative, then the sensitivity sweep that a step length is chosen from."""
    problem = sn.InverseProblem(
        task.inputs,
        task.targets,
        horizon=HORIZON,
        steps=task.size.steps,
        scheme=task.scheme,
        form="inside",
        activation="tanh",
        loss="squared",
        threads=threads,
    )
    base = sn.Parameters(task.times, task.weights, task.biases)
    direction = sn.Parameters(task.times, task.direction_weights, task.direction_biases)

    def fresh() -> Callable[[], Found]:
        # The object is the key under which a problem keeps its last direct solve.
        p = base.like(base.values)

        def iterate() -> Found:
            before = problem.counts.direct
            cost, derivative = problem.cost_and_derivative(p)
            line = problem.line_of_rows(p, direction)
            if problem.counts.direct == before:
                raise RuntimeError("standalone-node left the direct solve out")
            return cost, derivative, line

        return iterate

    def answer() -> Answer:
        cost, derivative, line = fresh()()
        return Answer(cost, derivative.weights, derivative.biases, line.xi)

    return {"InverseProblem": Program(fresh, answer)}

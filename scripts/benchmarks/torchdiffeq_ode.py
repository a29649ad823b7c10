"""torchdiffeq with fixed steps and back-propagation through them; no sensitivity.

Its own "rk4" is the 3/8 rule; the classic scheme is made from the step function that it has.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torchdiffeq
from torchdiffeq._impl.odeint import SOLVERS
from torchdiffeq._impl.rk_common import rk4_step_func
from torchdiffeq._impl.solvers import FixedGridODESolver

from benchmarks.task import HORIZON, Answer, Program, Task


class ClassicRK4(FixedGridODESolver):  # type: ignore[misc, unused-ignore]
    """The classic scheme of Kutta."""

    order = 4

    def _step_func(self, func: Any, t0: Any, dt: Any, t1: Any, y0: Any) -> tuple[Any, Any]:
        f0 = func(t0, y0)
        return rk4_step_func(func, t0, dt, t1, y0, f0=f0), f0


SOLVERS["classic-rk4"] = ClassicRK4
METHODS = {"euler": "euler", "rk4": "classic-rk4"}


def _batch_first(weights: Any, biases: Any, x: Any) -> Any:
    return torch.tanh(torch.nn.functional.linear(x, weights, biases))


def _components_first(weights: Any, biases: Any, x: Any) -> Any:
    return torch.tanh(torch.addmm(biases[:, None], weights, x))


#: The layouts, with the right-hand side of each.
FIELDS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "batch first": _batch_first,
    "components first": _components_first,
}


def programs(task: Task, threads: int) -> dict[str, Program]:
    """Both layouts, on that many threads and on one: small operations gain nothing by a second."""
    return {
        f"{layout}, {count} thread{'s' * (count > 1)}": _program(task, layout, count)
        for layout in FIELDS
        for count in sorted({1, threads}, reverse=True)
    }


def _stage_values(task: Task, nodes: Any) -> tuple[Any, ...]:
    """The parameters at all stage times, taken apart once for all steps."""
    if task.scheme == "euler":
        return tuple(torch.unbind(nodes))
    pairs = torch.stack([nodes[:-1], 0.5 * (nodes[:-1] + nodes[1:])], dim=1)
    return *torch.unbind(pairs.flatten(0, 1)), nodes[-1]


def _program(task: Task, layout: str, threads: int) -> Program:
    batch_first = layout == "batch first"
    field = FIELDS[layout]

    def tensor(array: Any) -> Any:
        return torch.from_numpy(array if batch_first else array.T.copy())

    x, y, times = tensor(task.inputs), tensor(task.targets), torch.from_numpy(task.times)
    weights = torch.from_numpy(task.weights).requires_grad_()
    biases = torch.from_numpy(task.biases).requires_grad_()
    ends = times[[0, -1]]
    density = (1 if task.scheme == "euler" else 2) * task.size.steps / HORIZON

    def fresh() -> Callable[[], tuple[Any, Any]]:
        torch.set_num_threads(threads)
        return iterate

    def iterate() -> tuple[Any, Any]:
        rows = list(zip(_stage_values(task, weights), _stage_values(task, biases), strict=True))

        def slope(t: Any, state: Any) -> Any:
            return field(*rows[round(float(t) * density)], state)

        final = torchdiffeq.odeint(
            slope,
            x,
            ends,
            method=METHODS[task.scheme],
            options={"grid_constructor": lambda func, start, at: times},
        )[-1]
        residual = final - y
        cost = 0.5 * (residual * residual).sum() / task.size.samples
        return cost, torch.autograd.grad(cost, (weights, biases))

    def answer() -> Answer:
        cost, (by_weights, by_biases) = fresh()()
        return Answer(cost.item(), by_weights.numpy(), by_biases.numpy(), None)

    return Program(fresh, answer)

"""diffrax with fixed steps; cost and derivative only, no sensitivity.

RK4 is not among its solvers, and is made here from the tableau as its documentation shows.
"""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

from typing import Any, ClassVar

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.jax_scan import FIELDS, configure
from benchmarks.task import HORIZON, Answer, Program, Task


class RK4(diffrax.AbstractERK):  # type: ignore[misc, unused-ignore]
    """The classic scheme of Kutta."""

    tableau: ClassVar[diffrax.ButcherTableau] = diffrax.ButcherTableau(
        a_lower=(np.array([0.5]), np.array([0.0, 0.5]), np.array([0.0, 0.0, 1.0])),
        b_sol=np.array([1.0, 2.0, 2.0, 1.0]) / 6.0,
        b_error=np.zeros(4),
        c=np.array([0.5, 0.5, 1.0]),
    )
    interpolation_cls: ClassVar[Any] = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k

    def order(self, terms: Any) -> int:
        """Order of convergence."""
        return 4


def programs(task: Task, threads: int) -> dict[str, Program]:
    """Both layouts; XLA takes as many threads as the process has cores."""
    return {layout: _program(task, layout) for layout in FIELDS}


def _stage_values(task: Task, theta: Any) -> tuple[Any, int]:
    """The parameters at all stage times, and how many of them there are a step."""
    if task.scheme == "euler":
        return theta, 1

    def halved(nodes: Any) -> Any:
        pairs = jnp.stack([nodes[:-1], 0.5 * (nodes[:-1] + nodes[1:])], axis=1)
        return jnp.concatenate([pairs.reshape(-1, *nodes.shape[1:]), nodes[-1:]])

    return jax.tree.map(halved, theta), 2


def _program(task: Task, layout: str) -> Program:
    configure()
    turn = np.asarray if layout == "batch first" else np.transpose
    solver = diffrax.Euler() if task.scheme == "euler" else RK4()
    # Every step's state is kept; fewer checkpoints, or DirectAdjoint, were slower throughout.
    adjoint = diffrax.RecursiveCheckpointAdjoint(checkpoints=task.size.steps)
    theta = (jnp.asarray(task.weights), jnp.asarray(task.biases))
    x, y = jnp.asarray(turn(task.inputs)), jnp.asarray(turn(task.targets))

    def cost(theta: Any, x: Any, y: Any) -> Any:
        values, density = _stage_values(task, theta)

        def field(t: Any, state: Any, values: Any) -> Any:
            row = jnp.round(t * (density * task.size.steps / HORIZON)).astype(int)
            return FIELDS[layout](jax.tree.map(lambda a: a[row], values), state)

        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(field),
            solver,
            0.0,
            HORIZON,
            task.step,
            x,
            values,
            saveat=diffrax.SaveAt(t1=True),
            stepsize_controller=diffrax.ConstantStepSize(),
            adjoint=adjoint,
            max_steps=task.size.steps,
        )
        residual = solution.ys[0] - y
        return 0.5 * jnp.sum(residual * residual) / task.size.samples

    derivative = jax.jit(jax.value_and_grad(cost))

    def iterate() -> Any:
        return jax.block_until_ready(derivative(theta, x, y))

    def answer() -> Answer:
        value, (weights, biases) = iterate()
        return Answer(float(value), np.asarray(weights), np.asarray(biases), None)

    return Program(lambda: iterate, answer)

"""A jitted lax.scan program in JAX, written six ways.

Two layouts: the batch first, x (B, d), as most people write it, or the components first, x (d, B).
Three programs: value_and_grad and jvp ("separate"); the same, with what a step leaves for the
adjoint computed again instead of stored ("checkpointed"); or one linearisation, evaluated and
transposed ("shared"), which does the direct solve only once. None is the fastest at every size.
"""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.task import Answer, Program, Task

Flow = Callable[[Any, Any], Any]
Iteration = Callable[..., Any]


WAYS = ("separate", "checkpointed", "shared")


def programs(task: Task, threads: int) -> dict[str, Program]:
    """All six; XLA takes as many threads as the process has cores."""
    return {f"{layout}, {way}": _program(task, layout, way) for layout in FIELDS for way in WAYS}


def plain_programs(task: Task, threads: int) -> dict[str, Program]:
    """The batch first, value_and_grad and jvp jitted apart."""
    return {"batch first, separate": _program(task, "batch first", "separate")}


def configure() -> None:
    """Double precision, on the processor."""
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)


def _batch_first(theta: Any, x: Any) -> Any:
    weights, biases = theta
    return jnp.tanh(x @ weights.T + biases)


def _components_first(theta: Any, x: Any) -> Any:
    weights, biases = theta
    return jnp.tanh(weights @ x + biases[:, None])


#: The layouts, with the right-hand side of each.
FIELDS: dict[str, Callable[[Any, Any], Any]] = {
    "batch first": _batch_first,
    "components first": _components_first,
}


def _flow(task: Task, layout: str, *, checkpointed: bool = False) -> Flow:
    """(theta, x(0)) -> x(T), theta = (weights, biases) at the nodes."""
    field, h = FIELDS[layout], task.step

    def euler(x: Any, theta: Any) -> tuple[Any, None]:
        return x + h * field(theta, x), None

    def rk4(x: Any, ends: Any) -> tuple[Any, None]:
        begin, end = ends
        middle = jax.tree.map(lambda a, b: 0.5 * (a + b), begin, end)
        k1 = field(begin, x)
        k2 = field(middle, x + 0.5 * h * k1)
        k3 = field(middle, x + 0.5 * h * k2)
        k4 = field(end, x + h * k3)
        return x + (h / 6.0) * (k1 + 2.0 * k2 + 2.0 * k3 + k4), None

    step = euler if task.scheme == "euler" else rk4
    if checkpointed:
        # Inside a scan nothing can be merged with the second computation, as the option is for.
        step = jax.checkpoint(step, prevent_cse=False)

    def flow(theta: Any, x: Any) -> Any:
        begin = jax.tree.map(lambda a: a[:-1], theta)
        if task.scheme == "euler":
            return jax.lax.scan(step, x, begin)[0]
        return jax.lax.scan(step, x, (begin, jax.tree.map(lambda a: a[1:], theta)))[0]

    return flow


def _iteration(task: Task, layout: str, way: str) -> Iteration:
    """(theta, change, x, y) -> ((cost, derivative), xi(T)), one of the three programs."""
    flow, samples = _flow(task, layout), task.size.samples
    if way == "shared":
        return _shared(flow, samples)
    recomputing = _flow(task, layout, checkpointed=way == "checkpointed")

    def cost(theta: Any, x: Any, y: Any) -> Any:
        residual = recomputing(theta, x) - y
        return 0.5 * jnp.sum(residual * residual) / samples

    derivative = jax.jit(jax.value_and_grad(cost))
    tangent = jax.jit(
        lambda theta, change, x: jax.jvp(lambda at: flow(at, x), (theta,), (change,))[1]
    )
    return lambda theta, change, x, y: (derivative(theta, x, y), tangent(theta, change, x))


def _shared(flow: Flow, samples: int) -> Iteration:
    def iterate(theta: Any, change: Any, x: Any, y: Any) -> Any:
        final, linear = jax.linearize(lambda at: flow(at, x), theta)
        residual = final - y
        (gradient,) = jax.linear_transpose(linear, theta)(residual / samples)
        return (0.5 * jnp.sum(residual * residual) / samples, gradient), linear(change)

    return jax.jit(iterate)


def _program(task: Task, layout: str, way: str) -> Program:
    configure()
    turn = np.asarray if layout == "batch first" else np.transpose
    iteration = _iteration(task, layout, way)
    theta = (jnp.asarray(task.weights), jnp.asarray(task.biases))
    change = (jnp.asarray(task.direction_weights), jnp.asarray(task.direction_biases))
    x, y = jnp.asarray(turn(task.inputs)), jnp.asarray(turn(task.targets))

    def iterate() -> Any:
        return jax.block_until_ready(iteration(theta, change, x, y))

    def answer() -> Answer:
        (cost, (weights, biases)), xi = iterate()
        return Answer(float(cost), np.asarray(weights), np.asarray(biases), turn(np.asarray(xi)))

    return Program(lambda: iterate, answer)

"""One random problem in two tongues: the package's InverseProblem and the slow reference's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import naive
from standalone_node import Derivative, InverseProblem, Parameters, Penalty
from standalone_node.model.forms import form_blocks

Array = NDArray[Any]
HORIZON = 1.3
#: Shares of the horizon: uneven, and but for the ends on no time grid that the tests use.
UNEVEN = (0.0, 0.27, 0.69, 1.0)


def random_parameters(
    rng: np.random.Generator,
    depth: Array,
    width: int,
    form: str = "inside",
    inner: int | None = None,
) -> Parameters:
    """Normal nodal values, the matrices scaled so that wide states do not explode."""
    blocks = {}
    for name, shape in form_blocks(form, width, inner):
        fan_in = shape[-1] if len(shape) == 2 else 1
        scale = min(1.0, 3.0 / fan_in) * (fan_in if name == "A" else 1.0)  # A / M in the mean field
        blocks[name] = rng.normal(size=(depth.size, *shape)) * scale
    return Parameters.from_blocks(depth, blocks)


def blocks_of(p: Parameters | Derivative) -> tuple[Array, ...]:
    """The blocks as the reference takes them."""
    return tuple(p.block(name) for name, _ in p.blocks)


def random_targets(rng: np.random.Generator, loss: str, samples: int, outputs: int) -> Array:
    """What the loss takes; far enough away for Huber's loss to be on both of its branches."""
    if loss == "cross-entropy":
        return np.arange(samples) % outputs
    if loss == "logistic":
        return np.arange(samples) % 2
    return 2.0 * rng.normal(size=(samples, outputs))


@dataclass(frozen=True)
class Twins:
    """A problem and its reference, parameters, and a change of parameters and of inputs."""

    problem: InverseProblem
    reference: naive.Problem
    parameters: Parameters
    direction: Parameters
    change: Array  # (B, d)

    @property
    def theta(self) -> tuple[Array, ...]:
        """The parameters as the reference takes them."""
        return blocks_of(self.parameters)

    @property
    def dtheta(self) -> tuple[Array, ...]:
        """The direction as the reference takes it."""
        return blocks_of(self.direction)


def twins(
    *,
    samples: int = 3,
    width: int = 3,
    steps: int = 4,
    shares: tuple[float, ...] | Array = UNEVEN,
    outputs: int = 2,
    scheme: str = "rk4",
    form: str = "inside",
    inner: int | None = None,
    activation: str = "tanh",
    loss: str = "squared",
    penalised: bool = True,
    seed: int = 0,
    **options: Any,
) -> Twins:
    """A random problem with every term of the cost switched on (or without penalties)."""
    rng = np.random.default_rng(seed)
    depth = HORIZON * np.asarray(shares)
    m = 1 if loss == "logistic" else min(outputs, width)
    inputs, targets = rng.normal(size=(samples, width)), random_targets(rng, loss, samples, m)
    rest = random_parameters(rng, depth, width, form, inner)
    strengths = {"l2": 0.3, "h1": 0.2, "output": 0.7} if penalised else {}
    common: dict[str, Any] = {
        "scheme": scheme,
        "form": form,
        "activation": activation,
        "loss": loss,
        "sample_weight": rng.uniform(0.5, 2.0, size=samples),
    }
    problem = InverseProblem(
        inputs,
        targets,
        horizon=HORIZON,
        steps=steps,
        outputs=m,
        inner=inner,
        penalty=Penalty(**strengths, reference=rest),
        **common,
        **options,
    )
    alpha, gamma, mu = (strengths.get(name, 0.0) for name in ("l2", "h1", "output"))
    reference = naive.Problem(
        inputs=inputs,
        targets=targets,
        times=problem.times,
        depth=depth,
        outputs=m,
        alpha=alpha,
        gamma=gamma,
        mu=mu,
        reference=blocks_of(rest),
        **common,
    )
    p, direction = (random_parameters(rng, depth, width, form, inner) for _ in range(2))
    return Twins(problem, reference, p, direction, rng.normal(size=(samples, width)))


def relative_error(found: Any, expected: Any) -> float:
    """The largest deviation, relative to the largest entry of what is expected."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


def everything(pair: Twins) -> list[bytes]:
    """The bits of all that a problem can say."""
    problem, p = pair.problem, pair.parameters
    cost, derivative = problem.cost_and_derivative(p)
    found = [
        np.array(cost),
        derivative.values,
        problem.solve_direct(p),
        problem.solve_sensitivity(p, pair.direction, pair.change),
        problem.solve_adjoint(p),
        np.array(problem.line_model(p, pair.direction).slope(0.5)),
    ]
    return [np.ascontiguousarray(array).tobytes() for array in found]

"""How large the noise of the targets is, by the residuals of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.losses import LOSSES
from standalone_node.problem.network import LOGITS, Network

Array = NDArray[Any]


def noise_of(
    problem: InverseProblem, network: Network, given: ArrayLike | None, effective: float
) -> tuple[float, Array]:
    """s, of the scaled outputs together, and the noise (m,) of each in its units.

    `effective` are the effective parameters a row.
    """
    m = network.outputs
    if problem.loss in LOGITS:
        if given is not None:
            raise ArgumentError("classes have no noise: leave noise out")
        return 1.0, np.ones(m)
    if given is not None:
        known = np.broadcast_to(np.asarray(given, dtype=np.float64), (m,))
        if not (np.isfinite(known) & (known > 0.0)).all():
            raise ArgumentError(f"noise = {given!r} has to be positive")
        return float(np.sqrt(np.mean(np.square(known / network.output_scale)))), known
    squares, entries = _residuals(problem, network.parameters)
    free = entries - effective * problem.samples / m
    if free.min() <= 0.0:
        raise ArgumentError(
            "the rows count for fewer than there are effective parameters, so that their residuals "
            "say nothing of the noise: give noise=..., or more rows"
        )
    s = float(np.sqrt(squares.sum() / free.sum()))
    return s, network.output_scale * np.sqrt(squares / free)


def _residuals(problem: InverseProblem, p: Parameters) -> tuple[Array, Array]:
    """The sum of squares of the scaled residuals of each output (m,), and how many count, (m,)."""
    z = problem.solve_direct(p)[-1, :, : problem.outputs].astype(np.float64, copy=False)
    loss, w = LOSSES[problem.loss], problem.sample_weight
    squares = w @ np.square(loss.derivative(z, problem.targets))
    return squares, w @ loss.curvature(z, problem.targets, np.ones_like(z))

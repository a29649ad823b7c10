"""Objectives that need no differential equation: all that `minimize` may know of a problem."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node import Derivative, Parameters

Array = NDArray[Any]


class Quadratic:
    """E(u) = (u - u*).A (u - u*) / 2 + floor over the nodal values, A positive definite.

    Its model along a line is exact, as is that of a flow linear in the parameters.
    """

    def __init__(self, A: Array, minimiser: Parameters, floor: float = 0.0) -> None:
        self.A, self.minimiser, self.floor = A, minimiser, floor
        self.counts = SimpleNamespace(direct=0, adjoint=0, sensitivity=0)

    def partials(self, p: Parameters) -> Array:
        return self.A @ (p - self.minimiser).values.ravel()

    def cost(self, p: Parameters) -> float:
        self.counts.direct += 1
        away = (p - self.minimiser).values.ravel()
        return 0.5 * float(away @ self.A @ away) + self.floor

    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        self.counts.adjoint += 1
        values = self.partials(p).reshape(p.values.shape)
        return self.cost(p), Derivative.from_values(p.times, values, p.blocks)

    def line_model(self, p: Parameters, direction: Parameters) -> Any:
        self.counts.sensitivity += 1
        d = direction.values.ravel()
        slope, curvature = float(self.partials(p) @ d), float(d @ self.A @ d)
        return SimpleNamespace(
            slope=lambda eta: slope + eta * curvature, curvature=lambda eta: curvature
        )

    def residual(self, p: Parameters) -> float:
        return float(np.sqrt(2.0 * self.cost(p)))


def quadratic(nodes: int = 5, condition: float = 100.0, seed: int = 0) -> Quadratic:
    """A random strictly convex quadratic in 2 * nodes unknowns (d = 1) on an uneven grid."""
    rng = np.random.default_rng(seed)
    times = np.concatenate([[0.0], np.cumsum(rng.uniform(0.5, 1.5, size=nodes - 1))])
    Q, _ = np.linalg.qr(rng.normal(size=(2 * nodes, 2 * nodes)))
    A = Q * np.geomspace(1.0, condition, 2 * nodes) @ Q.T
    minimiser = Parameters(times, rng.normal(size=(nodes, 1, 1)), rng.normal(size=(nodes, 1)))
    return Quadratic(0.5 * (A + A.T), minimiser)

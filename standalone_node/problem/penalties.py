"""Penalties on the parameters and on the final state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner
from standalone_node.model.depth import banded_product, mass, stiffness
from standalone_node.model.nodal import Derivative, Parameters


@dataclass(frozen=True, eq=False)
class Penalty:
    """The terms that are added to the mean loss.

    Parameters
    ----------
    l2 : float
        alpha of (alpha / 2) times the integral of \\|theta - theta_ref\\|^2 over the depth.
    h1 : float
        gamma of (gamma / 2) times the integral of \\|theta'\\|^2: the kinetic term that makes
        the problem well posed.
    output : float
        mu of (mu / 2) times the mean of \\|x(T) - x_rest\\|^2 over the samples (not weighted),
        x_rest = T sigma(0) in every component.
    reference : Parameters, optional
        theta_ref, 0 if not given. Carried over to the depth grid of the parameters.

    Raises
    ------
    ArgumentError
        If a weight is negative or not finite.
    """

    l2: float = 0.0
    h1: float = 0.0
    output: float = 0.0
    reference: Parameters | None = None

    def __post_init__(self) -> None:
        for name in ("l2", "h1", "output"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise ArgumentError(f"penalty {name} = {getattr(self, name)} has to be 0 or larger")

    @property
    def restrains(self) -> bool:
        """Whether there is a term of the parameters at all."""
        return self.l2 > 0.0 or self.h1 > 0.0

    def _dual(self, p: Parameters, *, shifted: bool) -> Derivative:
        """The partials of the parameter terms at p; without theta_ref if not `shifted`."""
        offset = p
        if shifted and self.reference is not None and self.l2 > 0.0:
            offset = p - self.reference.refined(p.times)
        values = np.zeros_like(p.values)
        if self.l2 > 0.0:
            values += self.l2 * banded_product(mass(p.times), offset.values)
        if self.h1 > 0.0:
            values += self.h1 * banded_product(stiffness(p.times), p.values)
        return Derivative.from_values(p.times, values, p.blocks)

    def value(self, p: Parameters) -> float:
        """The value of the parameter terms, exact for hat functions."""
        total = 0.0
        if self.h1 > 0.0:
            total += 0.5 * self.h1 * _square(stiffness(p.times), p)
        if self.l2 > 0.0:
            offset = p if self.reference is None else p - self.reference.refined(p.times)
            total += 0.5 * self.l2 * _square(mass(p.times), offset)
        return total

    def derivative(self, p: Parameters) -> Derivative:
        """The partials of the parameter terms."""
        return self._dual(p, shifted=True)

    def curvature(self, direction: Parameters) -> float:
        """The second derivative of the parameter terms along a direction."""
        if not self.restrains:
            return 0.0
        return self.second_derivative(direction).apply(direction)

    def second_derivative(self, direction: Parameters) -> Derivative:
        """The change along a direction of the partials of the parameter terms."""
        return self._dual(direction, shifted=False)


def _square(banded: np.ndarray, p: Parameters) -> float:
    return inner(p.values, banded_product(banded, p.values))

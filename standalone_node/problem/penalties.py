"""Penalties on the parameters and on the final state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner
from standalone_node.model.depth import banded_product, mass, stiffness
from standalone_node.model.nodal import Blocks, Derivative, Parameters, block_slices
from standalone_node.problem.line import Parabola

#: One weight for all parameters, or one for each named block.
Weight = float | Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Penalty:
    """The terms that are added to the mean loss.

    Parameters
    ----------
    l2 : float, or mapping from str to float
        alpha of (alpha / 2) times the integral of \\|theta - theta_ref\\|^2 over the depth.
        A mapping gives one to each named block of the parameters, and none to the others.
    h1 : float, or mapping from str to float
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

    l2: Weight = 0.0
    h1: Weight = 0.0
    output: float = 0.0
    reference: Parameters | None = None

    def __post_init__(self) -> None:
        for name in ("l2", "h1", "output"):
            given = getattr(self, name)
            by_block = given.values() if isinstance(given, Mapping) else (given,)
            if name == "output" and isinstance(given, Mapping):
                raise ArgumentError("penalty output has to be a number")
            for weight in by_block:
                if not 0.0 <= weight < np.inf:
                    raise ArgumentError(f"penalty {name} = {given} has to be 0 or larger")

    def check(self, blocks: Blocks) -> None:
        """ArgumentError if it names a block that is not among these."""
        names = [name for name, _ in blocks]
        for given in (self.l2, self.h1):
            for name in given if isinstance(given, Mapping) else ():
                if name not in names:
                    raise ArgumentError(
                        f"the penalty names a block {name!r}: there are {', '.join(names)}"
                    )

    @property
    def restrains(self) -> bool:
        """Whether there is a term of the parameters at all."""
        return _is_there(self.l2) or _is_there(self.h1)

    def _dual(self, p: Parameters, *, shifted: bool) -> Derivative:
        """The partials of the parameter terms at p; without theta_ref if not `shifted`."""
        offset = p
        if shifted and self.reference is not None and _is_there(self.l2):
            offset = p - self.reference.refined(p.times)
        values = np.zeros_like(p.values)
        if _is_there(self.l2):
            values += _spread(self.l2, p) * banded_product(mass(p.times), offset.values)
        if _is_there(self.h1):
            values += _spread(self.h1, p) * banded_product(stiffness(p.times), p.values)
        return Derivative.from_values(p.times, values, p.blocks)

    def value(self, p: Parameters) -> float:
        """The value of the parameter terms, exact for hat functions."""
        total = 0.0
        if _is_there(self.h1):
            total += 0.5 * _square(self.h1, stiffness(p.times), p)
        if _is_there(self.l2):
            offset = p if self.reference is None else p - self.reference.refined(p.times)
            total += 0.5 * _square(self.l2, mass(p.times), offset)
        return total

    def derivative(self, p: Parameters) -> Derivative:
        """The partials of the parameter terms."""
        return self._dual(p, shifted=True)

    def second_derivative(self, direction: Parameters) -> Derivative:
        """The second derivative of the parameter terms, applied to a direction."""
        return self._dual(direction, shifted=False)

    def curvature(self, direction: Parameters) -> float:
        """The second derivative of the parameter terms along a direction."""
        return self.second_derivative(direction).apply(direction) if self.restrains else 0.0

    def line(self, p: Parameters, direction: Parameters) -> Parabola:
        """The parameter terms at p + eta direction, as a function of eta."""
        return Parabola(
            self.value(p),
            self.derivative(p).apply(direction) if self.restrains else 0.0,
            self.curvature(direction),
        )


def _is_there(weight: Weight) -> bool:
    return any(weight.values()) if isinstance(weight, Mapping) else weight > 0.0


def _spread(weight: Weight, p: Parameters) -> float | np.ndarray:
    """The weight of each entry of a node, (P,), or one number for all."""
    if not isinstance(weight, Mapping):
        return weight
    entries = np.zeros(p.values.shape[1])
    for name, part in block_slices(p.blocks).items():
        entries[part] = weight.get(name, 0.0)
    return entries


def _square(weight: Weight, banded: np.ndarray, p: Parameters) -> float:
    product = banded_product(banded, p.values)
    if not isinstance(weight, Mapping):
        return weight * inner(p.values, product)
    return inner(p.values, _spread(weight, p) * product)

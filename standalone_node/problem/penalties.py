"""Penalties on the parameters and on the final state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner
from standalone_node.model.depth import banded_product, mass, stiffness
from standalone_node.model.nodal import Blocks, Derivative, Parameters, block_slices
from standalone_node.problem.line import Parabola

Array = NDArray[np.float64]
#: One weight for all parameters, or one for each named block.
Weight = float | Mapping[str, float]
#: What parameters of up to so many entries cost is kept until others come: there Python takes the
#: time, and no memory is worth mentioning.
SMALL = 1 << 14


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
        self._forget()

    def _forget(self) -> None:
        # Not fields: they say nothing of what the penalty is.
        object.__setattr__(self, "_grid", None)
        object.__setattr__(self, "_known", None)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()

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

    def value(self, p: Parameters) -> float:
        """The value of the parameter terms, exact for hat functions."""
        if p.values.size <= SMALL:
            return self._at(p).value
        return float(sum(_half_square(*term) for term in self._terms(p, self.reference)))

    def derivative(self, p: Parameters) -> Derivative:
        """The partials of the parameter terms."""
        if p.values.size <= SMALL:
            return self._at(p).derivative
        return _summed(p, self._terms(p, self.reference))

    def second_derivative(self, direction: Parameters) -> Derivative:
        """The second derivative of the parameter terms, applied to a direction."""
        return _summed(direction, self._terms(direction, None))

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

    def _terms(self, p: Parameters, reference: Parameters | None) -> Iterator[_Term]:
        """The terms of p, one after the other: their products take memory."""
        grid = self._matrices(p)
        if _is_there(self.h1):
            yield self.h1, p, banded_product(grid.stiffness, p.values)
        if _is_there(self.l2):
            offset = p if reference is None else p - reference.refined(p.times)
            yield self.l2, offset, banded_product(grid.mass, offset.values)

    def _at(self, p: Parameters) -> _Known:
        """Value and partials at small p; the last ones are kept, as a step asks three times."""
        # One attribute, read once: threads may share the penalty.
        known: _Known | None = vars(self)["_known"]
        if known is None or known.parameters is not p:
            terms = list(self._terms(p, self.reference))
            value = float(sum(_half_square(*term) for term in terms))
            known = _Known(p, value, _summed(p, terms))
            object.__setattr__(self, "_known", known)
        return known

    def _matrices(self, p: Parameters) -> _Grid:
        """Those of the depth grid of p; the last ones are kept."""
        grid: _Grid | None = vars(self)["_grid"]
        if grid is None or grid.times is not p.times:
            grid = _Grid(p.times, mass(p.times), stiffness(p.times))
            object.__setattr__(self, "_grid", grid)
        return grid


class _Grid(NamedTuple):
    """The matrices of a depth grid."""

    times: Array
    mass: Array
    stiffness: Array


class _Known(NamedTuple):
    """Value and partials of the parameter terms at some parameters."""

    parameters: Parameters
    value: float
    derivative: Derivative


#: A weight, a function, and the product of its nodal values with the matrix of the term.
_Term = tuple[Weight, Parameters, Array]


def _half_square(weight: Weight, p: Parameters, product: Array) -> float:
    """What a term adds to the value."""
    spread = _spread(weight, p)
    if isinstance(spread, np.ndarray):
        return 0.5 * inner(p.values, spread * product)
    return 0.5 * (spread * inner(p.values, product))


def _summed(p: Parameters, terms: Iterable[_Term]) -> Derivative:
    """The partials of the sum of the terms."""
    values = np.zeros_like(p.values)
    for weight, offset, product in terms:
        values += _spread(weight, offset) * product
    return Derivative.from_values(p.times, values, p.blocks)


def _is_there(weight: Weight) -> bool:
    # A float is looked for first: whether something is a Mapping takes Python longer to find out.
    if isinstance(weight, float | int):
        return weight > 0.0
    return any(weight.values()) if isinstance(weight, Mapping) else weight > 0.0


def _spread(weight: Weight, p: Parameters) -> float | Array:
    """The weight of each entry of a node, (P,), or one number for all."""
    if isinstance(weight, float | int) or not isinstance(weight, Mapping):
        return weight
    entries = np.zeros(p.values.shape[1])
    for name, part in block_slices(p.blocks).items():
        entries[part] = weight.get(name, 0.0)
    return entries

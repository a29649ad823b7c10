"""Parameters of which some blocks vary with depth and others are constants, each in its own unit.

Quantities of different size (a rate of 0.3 a day, a capacity of a million) make the level sets of a
cost long and thin in plain coordinates, and gradients point across the valley. A scale for each
block removes that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.depth import banded_product, mass
from standalone_node.model.nodal import Derivative, Parameters, block_slices
from standalone_node.model.parametrisation import BandedGram

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Blockwise:
    """Which blocks of the parameters are constants, and the size of each block.

    Parameters
    ----------
    constant : tuple of str
        Names of the blocks that have one value for all depths; the others vary freely.
    scale : mapping from str to float, optional
        The typical size of the entries of a block, 1 where a name is missing. The control is
        theta / scale, and the metric is that of the control.

    Raises
    ------
    ArgumentError
        If a scale is not a positive number; from `on` if there is no block of that name.

    Examples
    --------
    >>> import numpy as np
    >>> p = Parameters([0.0, 2.0], [[[1.0]], [[3.0]]], [[4.0], [6.0]])
    >>> half = Blockwise(constant=("b",)).on(p)
    >>> half.coordinates(p)
    array([1., 3., 5.])
    """

    constant: tuple[str, ...] = ()
    scale: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, size in self.scale.items():
            if not isinstance(size, int | float | np.number) or not 0.0 < size < np.inf:
                raise ArgumentError(f"the scale of {name!r} is {size!r}: it has to be positive")

    def on(self, template: Parameters) -> BlockwiseParametrisation:
        """The parametrisation of parameters with the grid and the blocks of `template`."""
        names = [name for name, _ in template.blocks]
        for name in (*self.constant, *self.scale):
            if name not in names:
                raise ArgumentError(f"no block {name!r}: the parameters have {', '.join(names)}")
        return BlockwiseParametrisation(template, self)


class BlockwiseParametrisation:
    """The control u: the nodal values of the varying entries, then the constants, over the scale.

    Parameters
    ----------
    template : Parameters
        Gives the depth grid and the blocks.
    choice : Blockwise
    """

    def __init__(self, template: Parameters, choice: Blockwise) -> None:
        self._template = template
        width = template.values.shape[1]
        tied, self._scale = np.zeros(width, dtype=np.bool_), np.ones(width)
        for name, columns in block_slices(template.blocks).items():
            tied[columns] = name in choice.constant
            self._scale[columns] = choice.scale.get(name, 1.0)
        self._varying, self._constant = np.flatnonzero(~tied), np.flatnonzero(tied)
        self._split = template.times.size * self._varying.size

    def coordinates(self, parameters: Parameters) -> Array:
        """The control of these parameters; of a constant block that is none, its mean in depth."""
        values, times = parameters.values / self._scale, parameters.times
        shares = banded_product(mass(times), np.ones((times.size, 1)))[:, 0] / times[-1]
        constants = np.array(values[0, self._constant])
        constants += shares @ (values[:, self._constant] - constants)
        return np.concatenate([values[:, self._varying].ravel(), constants])

    def apply(self, u: Array) -> Parameters:
        """The parameters with this control."""
        values = np.empty_like(self._template.values)
        values[:, self._varying] = u[: self._split].reshape(len(values), -1)
        values[:, self._constant] = u[self._split :]
        return self._template.like(values * self._scale)

    def tangent(self, u: Array, du: Array) -> Parameters:
        """The direction with this control: the map is linear."""
        return self.apply(du)

    def adjoint(self, u: Array, derivative: Derivative) -> Array:
        """The partials of the varying entries, and those of a constant summed over the nodes."""
        values = derivative.values * self._scale
        varying, constant = values[:, self._varying], values[:, self._constant]
        return np.concatenate([varying.ravel(), constant.sum(axis=0)])

    def gram(self, banded: Array, fixed: tuple[int, ...]) -> BlockwiseGram:
        """The nodal metric on the varying entries, and what it is for constant functions."""
        return BlockwiseGram(banded, fixed, self._split)


class BlockwiseGram:
    """A nodal metric on controls whose first `split` numbers are nodal values, the rest constants.

    The square of a constant function c is c^2 times the sum of all entries of the matrix: T c^2 in
    L2 and in every Sobolev metric. Constants are not held where ends are.
    """

    def __init__(self, banded: Array, fixed: tuple[int, ...], split: int) -> None:
        self._nodal, self._split = BandedGram(banded, fixed), split
        self._square = float(banded[1].sum() + 2.0 * banded[0, 1:].sum())

    def apply(self, u: Array) -> Array:
        """The functional <u, .>, flat (n,)."""
        nodal, constant = np.split(u, [self._split])
        return np.concatenate([self._nodal.apply(nodal), self._square * constant])

    def solve(self, functional: Array) -> Array:
        """The Riesz representative, flat (n,)."""
        nodal, constant = np.split(functional, [self._split])
        return np.concatenate([self._nodal.solve(nodal), constant / self._square])

    def whiten(self, u: Array) -> Array:
        """R u, with R^T R the metric, flat (n,)."""
        nodal, constant = np.split(u, [self._split])
        return np.concatenate([self._nodal.whiten(nodal), np.sqrt(self._square) * constant])

    def unwhiten(self, v: Array) -> Array:
        """R^-1 v, flat (n,)."""
        nodal, constant = np.split(v, [self._split])
        return np.concatenate([self._nodal.unwhiten(nodal), constant / np.sqrt(self._square)])

    def whiten_functional(self, functional: Array) -> Array:
        """R^-T of a functional, flat (n,)."""
        nodal, constant = np.split(functional, [self._split])
        nodal = self._nodal.whiten_functional(nodal)
        return np.concatenate([nodal, constant / np.sqrt(self._square)])

"""How changes of the features are measured, and which are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.problem.network import Network

Array = NDArray[Any]
#: How `geometry_of` takes a unit and bounds.
Unit = str | float | ArrayLike | None
Bounds = tuple[ArrayLike, ArrayLike] | None


@dataclass(frozen=True, eq=False)
class Geometry:
    """Units of the features, and the box they have to stay in.

    Attributes
    ----------
    unit : ndarray, shape (p,)
        Distances are those of features divided by it.
    low, high : ndarray, shape (p,)
        The box; infinite where there is no bound.
    """

    unit: Array
    low: Array
    high: Array

    def scaled(self, change: Array) -> Array:
        """A change of the features in units."""
        return change / self.unit

    def inside(self, rows: Array) -> Array:
        """Rows moved into the box."""
        return np.clip(rows, self.low, self.high)

    def distance(self, rows: Array, others: Array) -> Array:
        """The l2 distances (B,) of rows (B, p) from others, in units."""
        found: Array = np.linalg.norm(self.scaled(others - rows), axis=1)
        return found


def geometry_of(network: Network, unit: Unit = None, bounds: Bounds = None) -> Geometry:
    """The geometry that two arguments mean.

    Parameters
    ----------
    network : Network
    unit : {"spread"}, float or array_like, shape (p,), optional
        What a feature is divided by before distances are taken: 1 if not given, one number for
        all, one for each; "spread" is the scale the network divides its inputs by.
    bounds : (low, high), optional
        Numbers or arrays (p,) the features have to stay between.

    Raises
    ------
    ArgumentError
        If a unit is not positive, or the bounds are no box.
    """
    p = network.inputs
    if isinstance(unit, str):
        if unit != "spread":
            raise ArgumentError(f"unit = {unit!r} has to be 'spread', a number or one a feature")
        unit = network.scale
    size = _each("unit", 1.0 if unit is None else unit, p)
    if not (np.isfinite(size) & (size > 0.0)).all():
        raise ArgumentError("unit has to be positive for every feature")
    if bounds is None:
        return Geometry(size, np.full(p, -np.inf), np.full(p, np.inf))
    if len(bounds) != 2:
        raise ArgumentError(f"bounds = {bounds!r} have to be a pair (low, high)")
    low, high = (_each("bounds", side, p) for side in bounds)
    if not (low <= high).all():
        raise ArgumentError("bounds: the lower ones have to lie below the upper ones")
    return Geometry(size, low, high)


def _each(name: str, given: ArrayLike, count: int) -> Array:
    try:
        values = np.asarray(given, dtype=np.float64)
        return np.array(np.broadcast_to(values, (count,)))
    except (TypeError, ValueError):
        raise ArgumentError(
            f"{name} has to be a number or one for each of {count} features"
        ) from None

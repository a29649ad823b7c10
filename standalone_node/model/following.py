"""How wide evolving weights have to be to follow a given path."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.model.weights import Evolving

Array = NDArray[Any]


class Followed(NamedTuple):
    """Evolving weights that follow a path.

    Attributes
    ----------
    weights : Evolving
    control : ndarray
        The u of their parametrisation on the depth grid of the path.
    path : Parameters
        Their solution.
    error : float
        The largest difference of an entry at any depth.
    """

    weights: Evolving
    control: Array
    path: Parameters
    error: float


def following(path: Parameters, width: int, scheme: str = "rk4") -> Followed:
    """Evolving weights of that width, fitted to a path.

    Parameters
    ----------
    path : Parameters
        theta*, whose depth grid is that on which the equation is solved.
    width : int
        Hidden units.
    scheme : str
    """
    weights = Evolving(width, scheme)
    made = weights.on(path)
    control = made.coordinates(path)
    solution = made.apply(control)
    # Both are linear between the nodes, so their largest difference is at a node.
    return Followed(weights, control, solution, float(np.abs(solution.values - path.values).max()))


def follow(path: Parameters, tolerance: float = 1e-2, scheme: str = "rk4") -> Followed:
    """The narrowest evolving weights, among widths that double, that follow a path.

    As [HXL] prove, there are such for every continuous path and every tolerance: theta*' is
    approximated by a network, and by Gronwall's lemma the solution stays near the path.

    Parameters
    ----------
    path : Parameters
        theta*, whose depth grid is that on which the equation is solved.
    tolerance : float
        max |theta - theta*| over depth and entries.
    scheme : str

    Raises
    ------
    ArgumentError
        If no width up to the number of depth intervals is enough.

    Examples
    --------
    >>> times = np.linspace(0.0, 1.0, 101)
    >>> wave = np.sin(2.0 * np.pi * times)
    >>> followed = follow(Parameters(times, wave[:, None, None], 0.0 * wave[:, None]), 1e-2)
    >>> followed.weights.width, followed.error <= 1e-2
    (8, True)
    """
    if not tolerance > 0.0:
        raise ArgumentError(f"tolerance = {tolerance!r} has to be a positive number")
    width, best = 1, np.inf
    while width < path.times.size:
        followed = following(path, width, scheme)
        if followed.error <= tolerance:
            return followed
        width, best = 2 * width, min(best, followed.error)
    raise ArgumentError(
        f"no width up to {path.times.size - 1} follows the path within {tolerance:g} (the best is "
        f"{best:.2g}): give it on a finer depth grid or allow more"
    )

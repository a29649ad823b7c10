"""The smoothing length of the Sobolev metric, chosen from the problem: `Sobolev("auto")`.

Where nothing asks theta' to be small, a longer length costs sweeps: it holds back the modes of
depth that the data still ask for. A penalty gamma/2 of theta'^2 turns that round. The Hessian is
then G + gamma S with G of the data, and a metric M + l^2 S makes its spectrum narrow if gamma S and
l^2 S are in the proportion in which G and M are. So l^2 is gamma over the curvature of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.sums import inner
from standalone_node.model.depth import banded_product, mass, stiffness
from standalone_node.optimize.objective import Objective

Array = NDArray[np.float64]

#: The share of the horizon over which gradients are smoothed in any case.
SHORTEST = 0.02
#: The share at which the slowest cosine in depth counts half: more would hold all of them back.
LONGEST = 1.0 / np.pi
#: The length is that many times the square root of gamma over the curvature.
REACH = 2.0


def shortest_length(times: Array) -> float:
    """What is chosen where no kinetic penalty asks for more: a fiftieth of the horizon."""
    return SHORTEST * float(times[-1])


def fitting_length(times: Array, kinetic: float, curvature: float) -> float:
    """sqrt(l_0^2 + 4 gamma / lambda) with l_0 the shortest length, at most T / pi."""
    shortest, longest = shortest_length(times), LONGEST * float(times[-1])
    if kinetic == 0.0:
        return shortest
    if not curvature * longest**2 > REACH**2 * kinetic:
        return longest
    return min(longest, hypot(shortest, REACH * sqrt(kinetic / curvature)))


def chosen_length(objective: Objective, u: Array, fixed: tuple[int, ...] = ()) -> float:
    """The length that suits a problem and a start.

    Parameters
    ----------
    objective : Objective
    u : ndarray
        The start.
    fixed : tuple of int
        The nodes at which gradients vanish.

    Returns
    -------
    float
        `fitting_length` of the weight gamma = `h1` of the problem's penalty, and of lambda, the
        curvature of the rest of the cost along the gradient d at the start,
        <d, (G + alpha M) d> / <d, M d>.

    Raises
    ------
    StateOverflow
        If the cost of the start is not finite.

    Notes
    -----
    No sweep without a kinetic penalty; with one a single sensitivity sweep, since the direct and
    the adjoint sweep are those with which a method begins.
    """
    times = objective.parameters(u).times
    kinetic = _kinetic(objective.problem)
    curvature = _curvature(objective, u, fixed, kinetic) if kinetic > 0.0 else 0.0
    return fitting_length(times, kinetic, curvature)


def _kinetic(problem: Any) -> float:
    """gamma, the largest where blocks have their own; 0 for a problem without such a penalty."""
    weight = getattr(getattr(problem, "penalty", None), "h1", 0.0)
    return float(max(weight.values(), default=0.0) if isinstance(weight, Mapping) else weight)


def _curvature(objective: Objective, u: Array, fixed: tuple[int, ...], kinetic: float) -> float:
    """The second derivative of the cost without its kinetic term, a unit of the L2 norm."""
    times = objective.parameters(u).times
    M, S = mass(times), stiffness(times)
    _, derivative = objective.start(u)
    gram = objective.gram(M + shortest_length(times) ** 2 * S, fixed)
    direction = -gram.solve(derivative)
    bend = objective.line(u, direction).curvature(0.0)
    objective.foresee(u, derivative)
    change = objective.change(u, direction).values
    square = inner(change, banded_product(M, change))
    if square == 0.0:
        return 0.0
    return (bend - kinetic * inner(change, banded_product(S, change))) / square

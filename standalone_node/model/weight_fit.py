"""Evolving weights that follow a given path: hidden units laid out, the rest by least squares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.nodal import Parameters
from standalone_node.model.stage_grid import StageGrid
from standalone_node.model.weight_field import WeightField

Array = NDArray[Any]

#: Singular values of the integrals below this share of the largest are left out of a fit.
RESOLVED = 1e-6


def switches(horizon: float, entries: int, width: int) -> Array:
    """[U, s, c] (r, P + 2) of hidden units that switch one after the other on the way.

    Unit j is tanh((t - t_j) r / T), t_j the middle of interval j of r. U is zero: units that
    depended on theta from the start would saturate when the first steps make theta many times
    larger than a start is.
    """
    inner = np.zeros((width, entries + 2))
    inner[:, -2] = width / horizon
    inner[:, -1] = -(np.arange(width) + 0.5)
    return inner


def integrals(grid: StageGrid, at_stages: Array) -> Array:
    """From values at the stages (N s, m) to their integrals up to the nodes (N + 1, m).

    By the weights of the scheme, so that theta_n = theta_0 + V a_n + e t_n holds to rounding with
    a the integrals of the hidden units.
    """
    values = at_stages.reshape(*grid.stage.shape, -1)
    steps = grid.steps[:, None] * np.einsum("i,nim->nm", grid.b, values)
    return np.concatenate([np.zeros_like(steps[:1]), np.cumsum(steps, axis=0)])


def fitted_field(grid: StageGrid, path: Parameters, width: int) -> WeightField:
    """The field whose solution from path(0) is nearest to the path, among those with these units.

    Parameters
    ----------
    grid : StageGrid
        On the nodes of the path, with ``grid.at[n s + i]`` the time of stage i of step n.
    path : Parameters
    width : int
    """
    inner = switches(path.horizon, path.values.shape[1], width)
    hidden = np.tanh(grid.at[:, None] * inner[:, -2] + inner[:, -1])
    outer, drift = _least_squares(path, integrals(grid, hidden))
    return WeightField(outer, drift, inner)


def _least_squares(path: Parameters, hidden: Array) -> tuple[Array, Array]:
    """V^T (r, P) and e (P,) that bring theta_0 + V a + e t nearest to the path, by trapezia."""
    basis = np.hstack([hidden, path.times[:, None]])
    steps = np.diff(path.times)
    share = np.sqrt(np.append(steps, 0.0) + np.append(0.0, steps))[:, None]
    sizes = np.linalg.norm(share * basis, axis=0)
    sizes[sizes == 0.0] = 1.0
    change = share * (path.values - path.values[0])
    solution = np.linalg.lstsq(share * basis / sizes, change, rcond=RESOLVED)[0]
    solution /= sizes[:, None]
    return solution[:-1], solution[-1]

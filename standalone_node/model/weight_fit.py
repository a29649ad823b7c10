"""Evolving weights that follow a given path: hidden units drawn, the rest by least squares.

Existence is the theorem of [HXL]: theta' of a path is a continuous function of (theta, t), which a
network of one hidden layer approximates, and by Gronwall's lemma its solution stays near the path.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.depth import interpolation
from standalone_node.model.nodal import Parameters
from standalone_node.model.stage_grid import StageGrid
from standalone_node.model.sweeps import direct
from standalone_node.model.weight_field import WeightField

Array = NDArray[Any]

#: Root mean square over depth of what theta adds to a hidden unit, at first. Larger ones feed the
#: error of a fit back into it.
FEEDBACK = 0.1
#: Singular values of the integrals below this share of the largest are left out of a fit.
RESOLVED = 1e-6
#: Fits: the first with the hidden units of the path, then with those of the last solution.
ROUNDS = 3


def drawn_inner(path: Parameters, width: int, seed: int, feedback: float = FEEDBACK) -> Array:
    """[U, s, c] (r, P + 2) of hidden units that switch one after the other on the way.

    Unit j is tanh((t - t_j) r / T), t_j the middle of interval j of r, plus a random share of
    theta.
    """
    horizon, entries = path.horizon, path.values.shape[1]
    size = np.sqrt(np.mean(np.sum(path.values**2, axis=1)))
    inner = np.empty((width, entries + 2))
    inner[:, :-2] = np.random.default_rng(seed).standard_normal((width, entries))
    inner[:, :-2] *= feedback / size if size > 0.0 else 0.0
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


def fitted_field(grid: StageGrid, path: Parameters, width: int, seed: int) -> WeightField:
    """The field whose solution from path(0) follows the path best, of those that are tried.

    Parameters
    ----------
    grid : StageGrid
        On the nodes of the path, with ``grid.at[n s + i]`` the time of stage i of step n.
    path : Parameters
    width, seed : int
    """
    tried = [
        attempt
        for feedback in (FEEDBACK, 0.0)
        for attempt in _attempts(grid, path, drawn_inner(path, width, seed, feedback))
    ]
    return min(tried, key=lambda attempt: attempt[0])[1]


def _attempts(grid: StageGrid, path: Parameters, inner: Array) -> list[tuple[float, WeightField]]:
    """Fields with these hidden units, each with the largest error at a node."""
    nothing = np.broadcast_to(0.0, (grid.at.size, inner.shape[0] + inner.shape[1] - 2))
    stages = interpolation(path.times, grid.at) @ path.values
    at, attempts = grid.at[:, None], []
    for _ in range(ROUNDS):
        hidden = np.tanh(np.hstack([stages, at, np.ones_like(at)]) @ inner.T)
        outer, drift = _least_squares(path, integrals(grid, hidden))
        field = WeightField(outer, drift, inner)
        solution = direct(field, grid, nothing, path.values[:1])
        error = float(np.abs(solution.states[:, 0] - path.values).max())
        attempts.append((error, field))
        stages = solution.stages.reshape(at.size, -1)
    return attempts


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

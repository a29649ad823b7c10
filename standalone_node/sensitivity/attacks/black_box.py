"""An attack that sees outputs only: random search."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import whole_number
from standalone_node.sensitivity.attacks.attacked import Attacked, Worst
from standalone_node.sensitivity.attacks.case import Case, Progress, case_of
from standalone_node.sensitivity.attacks.gradient_attacks import check_size, random_points
from standalone_node.sensitivity.attacks.projection import into_ball
from standalone_node.sensitivity.geometry import Bounds, Unit

Array = NDArray[Any]


def random_search(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    epsilon: float,
    norm: str,
    queries: int = 500,
    parameters: Parameters | None = None,
    unit: Unit = None,
    bounds: Bounds = None,
    tolerance: ArrayLike | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Attacked:
    """Random changes of some features at a time, kept where they lower the margin.

    It sees nothing but outputs, so that derivatives which mislead do not mislead it.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    y : array_like, shape (B,), optional
        The right classes; those predicted if not given. Quantities have to stay what is predicted.
    epsilon : float
        The size of the change, in units.
    norm : {"linf", "l2"}
    queries : int
        How many points of the ball are tried for each row.
    parameters, unit, bounds, tolerance
        As in `smallest_perturbation`.
    seed : int
    progress : callable, optional
        Called with how many queries are done and how many there are.

    Returns
    -------
    Attacked

    Raises
    ------
    ArgumentError
        If an argument is none of those, or a row lies outside the bounds.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros(1), loss="logistic", steps=1,
    ...     scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> rows = [[0.3, 1.0], [3.0, 1.0]]  # x(T) = x(0), and x_0 > 0 decides
    >>> random_search(problem, rows, epsilon=0.5, norm="linf", parameters=p).broken
    array([ True, False])
    """
    case = case_of(
        model, X, y, parameters=parameters, unit=unit, bounds=bounds, tolerance=tolerance
    )
    check_size(epsilon, norm)
    whole_number("queries", queries, 1)
    return search_at_random(case, epsilon, norm, queries=queries, seed=seed, progress=progress)


def search_at_random(
    case: Case,
    epsilon: float,
    norm: str,
    *,
    queries: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> Attacked:
    """Random search on a case.

    As in the square attack (M. Andriushchenko et al., ECCV 2020), the share of features that are
    changed at a time falls from a half to one feature; features have no neighbours here, so that
    they are drawn, not taken as a square.
    """
    worst, rng = Worst(case), np.random.default_rng(seed)
    index = worst.standing
    points = random_points(case.of(index), epsilon, norm, rng)
    worst.meet(index, points, case.of(index).margin(points))
    for query in range(1, queries):
        index = worst.standing
        if not index.size:
            break
        part = case.of(index)
        share = 0.5 * (1.0 - query / queries) ** 2
        points = _changed(part, worst.points[index], epsilon, norm, share, rng)
        worst.meet(index, points, part.margin(points))
        if progress is not None:
            progress(query + 1, queries)
    return worst.attacked()


def _changed(
    case: Case, points: Array, epsilon: float, norm: str, share: float, rng: np.random.Generator
) -> Array:
    """Points with a share of their features, at least one, changed at random, in the ball."""
    rows, features = points.shape
    chosen = rng.random((rows, features)) < share
    chosen[np.arange(rows), rng.integers(features, size=rows)] = True
    if norm == "linf":
        fresh = case.rows + epsilon * case.geometry.unit * rng.choice([-1.0, 1.0], points.shape)
        moved = np.where(chosen, fresh, points)
    else:
        noise = rng.standard_normal(points.shape) * chosen
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        size = epsilon * np.sqrt(share + 1.0 / features)
        moved = points + size * noise * case.geometry.unit
    return into_ball(case.rows, moved, epsilon, norm, case.geometry)

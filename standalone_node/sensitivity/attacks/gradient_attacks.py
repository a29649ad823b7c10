"""Attacks of a given size that use the derivative: FGSM and PGD.

Both lower the smallest margin, the one of the class that comes closest. FGSM takes one step of
the full size in the steepest direction of the norm (I. Goodfellow, J. Shlens, C. Szegedy, ICLR
2015); projected gradient descent takes many smaller ones, from several starts (A. Madry et al.,
ICLR 2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import whole_number
from standalone_node.sensitivity.attacks.attacked import Attacked, Worst
from standalone_node.sensitivity.attacks.case import Case, Progress, case_of, linearised
from standalone_node.sensitivity.attacks.projection import check_norm, into_ball
from standalone_node.sensitivity.geometry import Bounds, Unit

Array = NDArray[Any]


def fgsm(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    epsilon: float,
    norm: str,
    parameters: Parameters | None = None,
    unit: Unit = None,
    bounds: Bounds = None,
    tolerance: ArrayLike | None = None,
) -> Attacked:
    """One step of full size in the direction in which the margin falls most.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    y : array_like, shape (B,), optional
        The right classes; those predicted if not given. Quantities have to stay what is predicted.
    epsilon : float
        The size of the change, in units.
    norm : {"linf", "l2"}
    parameters, unit, bounds, tolerance
        As in `smallest_perturbation`.

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
    >>> fgsm(problem, [[0.3, 1.0]], epsilon=0.5, norm="l2", parameters=p).perturbed.round(6)
    array([[-0.2,  1. ]])
    """
    case = case_of(
        model, X, y, parameters=parameters, unit=unit, bounds=bounds, tolerance=tolerance
    )
    check_size(epsilon, norm)
    return one_step(case, epsilon, norm)


def pgd(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    epsilon: float,
    norm: str,
    steps: int = 20,
    restarts: int = 3,
    step: float | None = None,
    parameters: Parameters | None = None,
    unit: Unit = None,
    bounds: Bounds = None,
    tolerance: ArrayLike | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Attacked:
    """Projected gradient descent on the margin, from the rows and from random points.

    The first start is the row, and its first step that of FGSM, so that PGD is never the weaker.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    y : array_like, shape (B,), optional
        The right classes; those predicted if not given. Quantities have to stay what is predicted.
    epsilon : float
        The size of the change, in units.
    norm : {"linf", "l2"}
    steps : int
        From each start.
    restarts : int
        How many starts.
    step : float, optional
        The size of the first step, in units; half of epsilon if not given. The sizes fall to
        nothing as a cosine does.
    parameters, unit, bounds, tolerance
        As in `smallest_perturbation`.
    seed : int
    progress : callable, optional
        Called with how many steps are done and how many there are.

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
    >>> pgd(problem, rows, epsilon=0.5, norm="linf", parameters=p).broken
    array([ True, False])
    """
    case = case_of(
        model, X, y, parameters=parameters, unit=unit, bounds=bounds, tolerance=tolerance
    )
    check_size(epsilon, norm)
    whole_number("steps", steps, 1)
    whole_number("restarts", restarts, 1)
    if step is not None and not step > 0.0:
        raise ArgumentError(f"step = {step!r} has to be positive")
    return many_steps(
        case, epsilon, norm, steps=steps, restarts=restarts, step=step, seed=seed, progress=progress
    )


def check_size(epsilon: float, norm: str) -> None:
    """ArgumentError if it is no norm, or no size."""
    check_norm(norm)
    if not (np.isfinite(epsilon) and epsilon >= 0.0):
        raise ArgumentError(f"epsilon = {epsilon!r} has to be a number that is not negative")


def steepest(slope: Array, norm: str) -> Array:
    """The change of size one (B, p), in units, along which a functional falls most."""
    if norm == "linf":
        return -np.sign(slope)
    size = np.linalg.norm(slope, axis=1, keepdims=True)
    return -slope / np.maximum(size, np.finfo(float).tiny)


def one_step(case: Case, epsilon: float, norm: str) -> Attacked:
    """FGSM on a case."""
    worst, every = Worst(case), np.arange(len(case))
    _, slope = case.margin_and_slope(case.rows)
    move = epsilon * steepest(slope, norm) * case.geometry.unit
    points = into_ball(case.rows, case.rows + move, epsilon, norm, case.geometry)
    worst.meet(every, points, case.margin(points))
    return worst.attacked()


def many_steps(
    case: Case,
    epsilon: float,
    norm: str,
    *,
    steps: int,
    restarts: int,
    step: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Attacked:
    """PGD on a case.

    The first start is the row itself, whose first step is that of FGSM. The others are random, and
    each lowers the margin of one other answer, the nearest first (S. Gowal et al., arXiv
    1910.09338): the smallest margin alone often leads to the same one again and again.
    """
    worst, rng = Worst(case), np.random.default_rng(seed)
    longest = 0.5 * epsilon if step is None else step
    sizes = 0.5 * longest * (1.0 + np.cos(np.pi * np.arange(steps) / steps))
    nearest = _by_distance(case, norm) if restarts > 1 else None
    for start in range(restarts):
        index = worst.standing
        if not index.size:
            break
        part, aim = case.of(index), None
        points = part.rows
        if nearest is not None and start:
            points = random_points(part, epsilon, norm, rng)
            aim = nearest[index, (start - 1) % nearest.shape[1]]
        sizes[0] = longest if start else epsilon
        for k, left in enumerate(_descend(worst, index, points, aim, sizes, epsilon, norm)):
            if progress is not None and left:
                progress(start * steps + k + 1, restarts * steps)
    return worst.attacked()


def _descend(
    worst: Worst,
    index: Array,
    points: Array,
    aim: Array | None,
    sizes: Array,
    epsilon: float,
    norm: str,
) -> Iterator[int]:
    """Steps from points (b, p) of the rows at an index; how many rows stand after each of them.

    `aim` (b,) is the hyperplane whose margin falls; the one that is nearest to 0 if None.
    """
    for size in [*sizes, 0.0]:
        part = worst.case.of(index)
        margin, slope = part.margin_and_slope(points, aim)
        worst.meet(index, points, margin)
        left = margin >= 0.0
        if size == 0.0 or not left.any():
            return
        index, points, part = index[left], points[left], part.of(left)
        aim = None if aim is None else aim[left]
        points = points + size * steepest(slope[left], norm) * part.geometry.unit
        points = into_ball(part.rows, points, epsilon, norm, part.geometry)
        yield index.size


def _by_distance(case: Case, norm: str) -> Array:
    """The hyperplanes (B, K) of each row by how near they are, to first order."""
    normals = case.answers.normals
    _, slopes = linearised(case.network, case.rows, lambda _, rows: normals[rows])
    steep = np.linalg.norm(slopes * case.geometry.unit, ord=1 if norm == "linf" else 2, axis=2)
    away = case.answers.margins(case.outputs) / np.maximum(steep, np.finfo(float).tiny)
    found: Array = away.argsort(axis=1, kind="stable")
    return found


def random_points(case: Case, epsilon: float, norm: str, rng: np.random.Generator) -> Array:
    """Points (B, p) at the distance epsilon in random directions, moved into the box."""
    move = rng.standard_normal(case.rows.shape)
    if norm == "linf":
        move = np.sign(move)
    else:
        move /= np.linalg.norm(move, axis=1, keepdims=True)
    points = case.rows + epsilon * move * case.geometry.unit
    return into_ball(case.rows, points, epsilon, norm, case.geometry)

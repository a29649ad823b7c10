"""The accuracy that is left under attacks of growing size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import whole_number
from standalone_node.sensitivity.attacks.case import Case, Progress, case_of
from standalone_node.sensitivity.attacks.gradient_attacks import many_steps, one_step, random_points
from standalone_node.sensitivity.attacks.projection import check_norm
from standalone_node.sensitivity.attacks.smallest import known_distances, smallest_changes
from standalone_node.sensitivity.geometry import Bounds, Unit

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class RobustAccuracy:
    """Accuracy under attack.

    Attributes
    ----------
    norm : {"linf", "l2"}
    epsilons : ndarray, shape (E,)
        Sizes in units, from 0.
    accuracy : ndarray, shape (E,)
        The share of rows that no attack of that size or smaller broke; it never rises.
    fgsm : ndarray, shape (E,)
        The accuracy under one step of that size.
    noise : ndarray, shape (E,)
        The accuracy under random noise of that size, the mean of some draws.
    rows : int
        How many.
    """

    norm: str
    epsilons: Array
    accuracy: Array
    fgsm: Array
    noise: Array
    rows: int


def robust_accuracy(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    norm: str,
    epsilons: ArrayLike | None = None,
    steps: int = 20,
    restarts: int | None = None,
    draws: int = 3,
    parameters: Parameters | None = None,
    unit: Unit = None,
    bounds: Bounds = None,
    tolerance: ArrayLike | None = None,
    distance: ArrayLike | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> RobustAccuracy:
    """The accuracy that is left as attacks grow.

    PGD at every size, on the rows that stand; for the l2 norm the smallest perturbations count as
    well. A row that is broken stays broken: a perturbation of one size is also one of any larger.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    y : array_like, shape (B,), optional
        The right classes; those predicted if not given. Quantities have to stay what is predicted.
    norm : {"linf", "l2"}
    epsilons : array_like, optional
        Sizes in units; 0 is put in front. If not given, ten up to one that leaves hardly any row.
    steps : int
        Of PGD.
    restarts : int, optional
        Of PGD; 3 if not given, and 1 for l2, where the smallest perturbations do most of the work.
    draws : int
        How many draws of noise there are for each size.
    parameters, unit, bounds, tolerance
        As in `smallest_perturbation`.
    distance : array_like, shape (B,), optional
        The distances of `smallest_perturbation`, if they are known already (l2 only).
    seed : int
    progress : callable, optional
        Called with how many sizes are done and how many there are.

    Returns
    -------
    RobustAccuracy

    Raises
    ------
    ArgumentError
        If an argument is none of those.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros(1), loss="logistic", steps=1,
    ...     scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> rows = [[0.3, 1.0], [3.0, 1.0]]  # x(T) = x(0), and x_0 > 0 decides
    >>> sizes = [0.5, 4.0]
    >>> robust_accuracy(problem, rows, norm="linf", epsilons=sizes, parameters=p).accuracy
    array([1. , 0.5, 0. ])
    """
    case = case_of(
        model, X, y, parameters=parameters, unit=unit, bounds=bounds, tolerance=tolerance
    )
    check_norm(norm)
    starts = whole_number("restarts", _starts(norm) if restarts is None else restarts, 1)
    whole_number("steps", steps, 1)
    whole_number("draws", draws, 1)
    known = _distances(case, norm, distance)
    sizes = _sizes(case, norm, known) if epsilons is None else _checked(epsilons)
    standing = case.right
    accuracy, simple, noise = [], [], []
    for k, epsilon in enumerate(sizes):
        simple.append(_under_one_step(case, epsilon, norm))
        noise.append(_under_noise(case, epsilon, norm, draws, seed + k))
        standing = standing & ~(known <= epsilon)
        if standing.any() and epsilon > 0.0:
            index = np.flatnonzero(standing)
            part = case.of(index)
            found = many_steps(part, epsilon, norm, steps=steps, restarts=starts, seed=seed + k)
            standing[index[found.broken]] = False
        accuracy.append(standing.mean())
        if progress is not None:
            progress(k + 1, len(sizes))
    return RobustAccuracy(
        norm, sizes, np.array(accuracy), np.array(simple), np.array(noise), len(case)
    )


def _starts(norm: str) -> int:
    return 1 if norm == "l2" else 3


def _distances(case: Case, norm: str, given: ArrayLike | None) -> Array:
    """The smallest distances (B,) in the l2 norm; infinite, for not known, in any other."""
    known = known_distances(case, norm, given)
    if known is not None:
        return known
    return smallest_changes(case)[1] if norm == "l2" else np.full(len(case), np.inf)


def _under_one_step(case: Case, epsilon: float, norm: str) -> float:
    return float((case.right & ~one_step(case, epsilon, norm).broken).mean())


def _under_noise(case: Case, epsilon: float, norm: str, draws: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    kept = [case.margin(random_points(case, epsilon, norm, rng)) >= 0.0 for _ in range(draws)]
    return float((case.right & np.array(kept)).mean())


def _checked(epsilons: ArrayLike) -> Array:
    """Sizes from 0 upwards."""
    sizes = np.unique(np.asarray(epsilons, dtype=np.float64).ravel())
    if not (np.isfinite(sizes).all() and sizes.size and sizes[0] >= 0.0):
        raise ArgumentError("epsilons have to be numbers that are not negative")
    return sizes if sizes[0] == 0.0 else np.concatenate([[0.0], sizes])


def _sizes(case: Case, norm: str, known: Array, count: int = 10) -> Array:
    """Sizes up to one at which hardly any row can be expected to stand."""
    reach = known[np.isfinite(known)]
    if norm == "linf" or not reach.size or reach.max() == 0.0:
        margin, slope = case.margin_and_slope(case.rows)
        steep = np.linalg.norm(slope, ord=1 if norm == "linf" else 2, axis=1)
        reach = 2.0 * np.abs(margin[steep > 0.0]) / steep[steep > 0.0]
    most = float(np.quantile(reach, 0.98)) if reach.size else 1.0
    return np.linspace(0.0, most if most > 0.0 else 1.0, count + 1)

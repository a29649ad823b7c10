"""The smallest perturbation of each row that makes its answer wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import whole_number
from standalone_node.sensitivity.answers import same_class
from standalone_node.sensitivity.attacks.case import Case, Progress, case_of
from standalone_node.sensitivity.attacks.linearisation import Aim, Searches, anneal, land, polish
from standalone_node.sensitivity.attacks.starts import starts_of
from standalone_node.sensitivity.geometry import Bounds, Unit
from standalone_node.sensitivity.subject import positions_of

Array = NDArray[Any]
#: The first and the last length of an annealing.
_LENGTHS = (0.2, 0.02)
#: The share of the annealing that all starts do, and how many do the rest of it.
_TRIAL, _KEPT = 0.4, 4
#: Numbers that the arrays of one block of searches may hold.
_BLOCK = 300_000


@dataclass(frozen=True, eq=False)
class Perturbations:
    """The smallest perturbations found.

    Attributes
    ----------
    rows, perturbed : ndarray, shape (B, p)
        Before and after; a row that is wrong from the start, or for which nothing was found, is
        left as it is.
    distance : ndarray, shape (B,)
        The l2 distance in units: 0 for rows wrong from the start, infinite where none was found.
    found : ndarray of bool, shape (B,)
        Whether the perturbed row has a wrong answer.
    right : ndarray of bool, shape (B,)
        Whether the row had the right answer before.
    before, after : ndarray, shape (B,) or (B, m)
        The classes, as positions; the outputs for quantities.
    """

    rows: Array
    perturbed: Array
    distance: Array
    found: Array
    right: Array
    before: Array
    after: Array


def smallest_perturbation(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    parameters: Parameters | None = None,
    target: ArrayLike | None = None,
    unit: Unit = None,
    bounds: Bounds = None,
    tolerance: ArrayLike | None = None,
    max_iterations: int = 40,
    restarts: int = 3,
    seed: int = 0,
    progress: Progress | None = None,
) -> Perturbations:
    """The smallest change of each row, in the l2 norm, that makes its answer wrong.

    Iterated linearisation (see `linearisation`) from several starts: the nearest row of each other
    answer, the row itself, and random ones. What is found is wrong, by a solve of the network; that
    nothing smaller is wrong is not proven (that is what `certificate` is for).

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    y : array_like, shape (B,), optional
        The right classes; those predicted if not given. Quantities have to stay what is predicted.
    parameters : Parameters, optional
        Of a problem.
    target : label or array_like, shape (B,), optional
        The class to end in; any wrong one if not given. A row that is there already is at
        distance 0.
    unit : {"spread"}, float or array_like, shape (p,), optional
        What features are divided by before the distance is taken; 1 if not given.
    bounds : (low, high), optional
        Numbers or arrays (p,) that features have to stay between.
    tolerance : float or array_like, shape (m,), optional
        For quantities: the change of an output that makes it wrong.
    max_iterations : int
        Linearisations of a search; as many follow, at most, to polish the best one.
    restarts : int
        How many random starts there are besides the others.
    seed : int
    progress : callable, optional
        Called with how many rows are done and how many there are.

    Returns
    -------
    Perturbations

    Raises
    ------
    ArgumentError
        If an argument is none of those, or a row lies outside the bounds.

    Examples
    --------
    >>> import numpy as np
    >>> import standalone_node as sn
    >>> problem = sn.InverseProblem(np.zeros((1, 1)), np.zeros((1, 1)), activation="identity")
    >>> found = smallest_perturbation(
    ...     problem, [[0.5]], parameters=0.0 * problem.initial_parameters(), tolerance=0.1
    ... )
    >>> found.distance.round(6)
    array([0.1])
    """
    case = case_of(
        model, X, y, parameters=parameters, unit=unit, bounds=bounds, tolerance=tolerance
    )
    whole_number("max_iterations", max_iterations, 1)
    whole_number("restarts", restarts, 0)
    aimed = case if target is None else _targeted(case, model, target)
    changes, distance = smallest_changes(
        aimed,
        enter=target is not None,
        iterations=max_iterations,
        restarts=restarts,
        seed=seed,
        progress=progress,
    )
    found = np.isfinite(distance)
    moved = found & (distance > 0.0)
    perturbed = np.where(moved[:, None], case.points(changes), case.rows)
    distance = np.where(found, case.geometry.distance(case.rows, perturbed), np.inf)
    outputs = case.network.solve(perturbed)
    decide = case.network.decided if case.network.classes else np.asarray
    return Perturbations(
        case.rows, perturbed, distance, found, case.right, decide(case.outputs), decide(outputs)
    )


def smallest_changes(
    case: Case,
    *,
    enter: bool = False,
    iterations: int = 40,
    restarts: int = 3,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Array, Array]:
    """The smallest changes (B, p), in units, that leave (or enter) the answers; their lengths."""
    there = case.kept(case.outputs) if enter else ~case.right
    draws = np.random.default_rng(seed).standard_normal((restarts, *case.rows.shape))
    changes, distance = np.zeros_like(case.rows), np.where(there, 0.0, np.inf)
    index = np.flatnonzero(~there)
    starts = restarts + 1 + (1 if enter else case.answers.offsets.shape[1])
    size = max(_BLOCK // (starts * case.rows.shape[1]), 1)
    for first in range(0, index.size, size):
        block = index[first : first + size]
        part = case.of(block)
        aim = Aim(part, enter, slack_of(part))
        changes[block], distance[block] = _search(aim, case, draws[:, block], iterations)
        if progress is not None:
            progress(min(first + size, index.size), index.size)
    return changes, distance


def known_distances(case: Case, norm: str, given: ArrayLike | None) -> Array | None:
    """Distances (B,) in the l2 norm that were found before, None if there are none.

    Raises
    ------
    ArgumentError
        If they are not one a row, or the norm is another one.
    """
    if given is None:
        return None
    if norm != "l2":
        raise ArgumentError("distance is that of the smallest perturbations: norm has to be 'l2'")
    known = np.asarray(given, dtype=np.float64)
    if known.shape != (len(case),):
        raise ArgumentError(f"distance has shape {known.shape}, but there are {len(case)} rows")
    return known


def slack_of(case: Case) -> Array:
    """By how much a margin has to be negative, so that rounding does not decide, (B,)."""
    margins = np.abs(case.answers.margins(case.outputs)).min(axis=1)
    rounding = float(np.finfo(getattr(case.network.dynamics, "dtype", np.float64)).eps)
    return 1e-7 * margins + 64.0 * rounding * np.abs(case.outputs).max(axis=1)


def _search(aim: Aim, everyone: Case, draws: Array, iterations: int) -> tuple[Array, Array]:
    """The best changes (B, p) of all starts, and their lengths (B,)."""
    rows, starts = len(aim), starts_of(aim, everyone, draws)
    repeated = aim.of(np.tile(np.arange(rows), len(starts)))
    searches = Searches(repeated, starts.reshape(-1, starts.shape[2]))
    lengths = np.geomspace(*_LENGTHS, iterations)
    trial = max(round(_TRIAL * iterations), 1)
    anneal(searches, lengths[:trial])
    searches = searches.kept(_KEPT, rows, _promise(searches, rows))
    anneal(searches, lengths[trial:])
    searches = searches.kept(1, rows, searches.distance)
    polish(searches, iterations)
    land(searches)
    return searches.best, searches.distance


def _promise(searches: Searches, rows: int) -> Array:
    """What each search may come to, (n,); the best of each row is never dropped."""
    found = np.minimum(searches.distance, searches.merit)
    best = searches.distance.reshape(-1, rows).argmin(axis=0) * rows + np.arange(rows)
    found[best] = 0.0
    return found


def _targeted(case: Case, model: Any, target: ArrayLike) -> Case:
    """The case with the answers that have to be entered."""
    if not case.network.classes:
        raise ArgumentError("target belongs to classes; quantities have a tolerance")
    labels = np.broadcast_to(np.asarray(target), (len(case),))
    positions = np.asarray(positions_of(model, labels))
    if (
        positions.dtype.kind not in "iu"
        or not ((positions >= 0) & (positions < case.network.classes)).all()
    ):
        raise ArgumentError(f"target has to hold classes 0…{case.network.classes - 1}, by position")
    answers = same_class(case.network, positions)
    return Case(case.network, case.rows, case.outputs, answers, case.geometry)

"""Is the network robust, or does it only hide its derivatives?

An attack by derivatives fails on a network whose derivatives vanish or mislead, whether it is
robust or not. A. Athalye, N. Carlini and D. Wagner (ICML 2018) say what gives that away, and N.
Carlini et al. (arXiv 1902.06705) what to check; Y. Huang et al. (arXiv 2009.13145) found it in
neural ODEs whose integrator adapts its steps. Each check here is one of those symptoms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import whole_number
from standalone_node.sensitivity.attacks.black_box import search_at_random
from standalone_node.sensitivity.attacks.case import Case, Progress, case_of
from standalone_node.sensitivity.attacks.gradient_attacks import (
    check_size,
    many_steps,
    one_step,
    random_points,
)
from standalone_node.sensitivity.attacks.projection import check_norm
from standalone_node.sensitivity.attacks.smallest import known_distances, smallest_changes
from standalone_node.sensitivity.geometry import Bounds, Unit

Array = NDArray[Any]
#: The share of rows by which a comparison of two searches may go the wrong way by chance.
_CHANCE = 0.02
#: How often a size is raised to see whether every row can be broken.
_DOUBLINGS = 12
#: Of PGD.
_STEPS = 20


@dataclass(frozen=True)
class Check:
    """One symptom that was looked for.

    Attributes
    ----------
    name : str
    holds : bool
        Whether it is as it should be.
    detail : str
        A sentence with the numbers.
    """

    name: str
    holds: bool
    detail: str


@dataclass(frozen=True, eq=False)
class _Look:
    """Rows that are right, a size at which about half of them break, and who breaks them there."""

    case: Case
    norm: str
    size: float
    seed: int
    white: Array  # by PGD
    near: Array | None  # by iterated linearisation, for l2

    def pgd(self, steps: int, size: float) -> Array:
        """Which rows PGD breaks at some size, (B,)."""
        return _pgd(self.case, self.norm, size, self.seed, steps)


def masking_checks(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    norm: str = "l2",
    epsilon: float | None = None,
    most_rows: int = 200,
    queries: int = 500,
    parameters: Parameters | None = None,
    unit: Unit = None,
    bounds: Bounds = None,
    tolerance: ArrayLike | None = None,
    distance: ArrayLike | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Check, ...]:
    """The symptoms of masked derivatives, looked for one by one.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    y : array_like, shape (B,), optional
        The right classes; those predicted if not given. Quantities have to stay what is predicted.
    norm : {"l2", "linf"}
    epsilon : float, optional
        The size of the attacks that are compared; if not given, one at which about half of the
        rows break.
    most_rows : int
        Of the rows that are right, so many are looked at, spread evenly.
    queries : int
        Of the black box.
    parameters, unit, bounds, tolerance
        As in `smallest_perturbation`.
    distance : array_like, shape (B,), optional
        The distances of `smallest_perturbation`, if they are known already.
    seed : int
    progress : callable, optional
        Called with how many checks are done and how many there are.

    Returns
    -------
    tuple of Check

    Raises
    ------
    ArgumentError
        If no row is right, or an argument is none of those.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros(1), loss="logistic", steps=1,
    ...     scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> rows = [[0.3, 1.0], [3.0, 1.0]]
    >>> all(check.holds for check in masking_checks(problem, rows, parameters=p))
    True
    """
    check_norm(norm)
    case = case_of(
        model, X, y, parameters=parameters, unit=unit, bounds=bounds, tolerance=tolerance
    )
    known = known_distances(case, norm, distance)
    whole_number("most_rows", most_rows, 1)
    whole_number("queries", queries, 1)
    right = np.flatnonzero(case.right)
    if not right.size:
        raise ArgumentError("no row has the right answer: there is nothing to attack")
    index = right[:: -(-right.size // most_rows)]
    part, near = case.of(index), None if known is None else known[index]
    look = _look_at(part, norm, epsilon, near, seed)
    tests: list[Callable[[_Look], Check]]
    tests = [_slopes, _one_step, _more_steps, partial(_black_box, queries=queries), _noise, _large]
    if look.near is not None:
        tests.append(_linearisation)
    checks = []
    for test in tests:
        checks.append(test(look))
        if progress is not None:
            progress(len(checks), len(tests))
    return tuple(checks)


def _look_at(case: Case, norm: str, epsilon: float | None, near: Array | None, seed: int) -> _Look:
    """A look at rows that are right; `near` are their smallest distances, if they are known."""
    if norm == "l2" and near is None:
        near = smallest_changes(case)[1]
    size = _middle(case, norm, near, seed) if epsilon is None else epsilon
    check_size(size, norm)
    white = _pgd(case, norm, size, seed, _STEPS)
    return _Look(case, norm, size, seed, white, None if near is None else near <= size)


def _pgd(case: Case, norm: str, size: float, seed: int, steps: int) -> Array:
    return many_steps(case, size, norm, steps=steps, restarts=3, seed=seed).broken


def _middle(case: Case, norm: str, near: Array | None, seed: int) -> float:
    """A size at which about half of the rows break."""
    if near is not None and np.isfinite(np.median(near)):
        return float(np.median(near))
    margin, slope = case.margin_and_slope(case.rows)
    steep = np.linalg.norm(slope, ord=1 if norm == "linf" else 2, axis=1)
    size = float(np.median(margin / np.maximum(steep, 1e-12)))
    for _ in range(_DOUBLINGS):
        if _pgd(case, norm, size, seed, _STEPS).mean() >= 0.5:
            break
        size *= 1.3
    return size


def _share(kept: Array) -> str:
    return f"{100.0 * float(np.mean(kept)):.1f} %"


def _slopes(look: _Look) -> Check:
    _, slope = look.case.margin_and_slope(look.case.rows)
    size = np.abs(slope).max(axis=1)
    zero = size <= 1e-10 * max(float(size.max()), 1e-300)
    return Check(
        "derivatives do not vanish",
        bool(zero.mean() <= _CHANCE),
        f"The derivative of the margin is zero in {_share(zero)} of {len(zero)} rows; the smallest "
        f"is {size.min():.2g}, the median {np.median(size):.2g}.",
    )


def _one_step(look: _Look) -> Check:
    simple = one_step(look.case, look.size, look.norm).broken
    return Check(
        "many steps are not weaker than one",
        bool(look.white.mean() >= simple.mean()),
        f"At size {look.size:.3g} PGD leaves {_share(~look.white)} of the rows, FGSM "
        f"{_share(~simple)}.",
    )


def _more_steps(look: _Look) -> Check:
    more = look.pgd(5 * _STEPS, look.size)
    return Check(
        "more steps are not weaker",
        bool(more.mean() >= look.white.mean() - _CHANCE),
        f"At size {look.size:.3g} {5 * _STEPS} steps of PGD leave {_share(~more)} of the rows, "
        f"{_STEPS} steps {_share(~look.white)}.",
    )


def _linearisation(look: _Look) -> Check:
    assert look.near is not None
    return Check(
        "iterated linearisation is not weaker than PGD",
        bool(look.near.mean() >= look.white.mean() - _CHANCE),
        f"Within {look.size:.3g} iterated linearisation leaves {_share(~look.near)} of the rows, "
        f"PGD {_share(~look.white)}.",
    )


def _black_box(look: _Look, queries: int) -> Check:
    blind = search_at_random(
        look.case, look.size, look.norm, queries=queries, seed=look.seed
    ).broken
    best = look.white if look.near is None else look.white | look.near
    only = blind & ~best
    return Check(
        "the black box does not beat the derivatives",
        bool(blind.mean() <= best.mean() + _CHANCE and only.mean() <= _CHANCE),
        f"At size {look.size:.3g} a random search of {queries} queries leaves {_share(~blind)} of "
        f"the rows, the attacks by derivatives {_share(~best)}; {_share(only)} are broken by the "
        "random search alone.",
    )


def _noise(look: _Look) -> Check:
    points = random_points(look.case, look.size, look.norm, np.random.default_rng(look.seed))
    noisy = look.case.margin(points) < 0.0
    return Check(
        "noise is not stronger than an attack",
        bool(noisy.mean() <= look.white.mean() + _CHANCE),
        f"At size {look.size:.3g} random noise leaves {_share(~noisy)} of the rows, PGD "
        f"{_share(~look.white)}.",
    )


def _large(look: _Look) -> Check:
    size = look.size
    for _ in range(_DOUBLINGS):
        broken = look.pgd(_STEPS, size)
        if broken.all():
            break
        size *= 2.0
    return Check(
        "a large attack breaks every row",
        bool(broken.all()),
        f"At size {size:.3g} PGD leaves {_share(~broken)} of the rows.",
    )

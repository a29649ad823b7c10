"""Balls of changes of the features within which no answer changes, with proof.

The proof is for the discrete map itself: a Runge-Kutta scheme, its steps and its parameters. It
bounds what the sensitivity problem's first-order prediction leaves out, over a whole ball; an
attack searches the same ball for a counterexample. The distance to the nearest wrong answer lies
between the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.sensitivity.answers import answers_of
from standalone_node.sensitivity.certificates.ball import Ball
from standalone_node.sensitivity.certificates.search import (
    gronwall_radii,
    largest_changes,
    sharp_radii,
)
from standalone_node.sensitivity.geometry import Unit
from standalone_node.sensitivity.subject import positions_of, subject

Array = NDArray[Any]

METHODS = ("sharp", "gronwall")
#: By how much a radius is made smaller, relatively, and a bound larger: sums are rounded.
SHAVED = 1e-9


@dataclass(frozen=True, eq=False)
class Certificate:
    """What no small change of the features can do.

    Attributes
    ----------
    radius : ndarray, shape (B,)
        In units, l2: no change up to it changes the answer. 0 for rows that are wrong as they are.
    method : str
        "sharp" or "gronwall".
    growth : ndarray, shape (N + 1, B)
        A bound of |dx_n| for all changes of the features of size r <= radius, divided by r: of the
        states' Euclidean norm against that of the features in units.
    rows : ndarray, shape (B, p)
    """

    radius: Array
    method: str
    growth: Array
    rows: Array

    def share(self, radius: ArrayLike) -> Array:
        """The share of rows whose radius is at least that, for each of some radii."""
        least = np.asarray(radius, dtype=np.float64)
        found: Array = (self.radius >= least[..., None]).mean(axis=-1)
        return found


def certificate(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    parameters: Parameters | None = None,
    unit: Unit = None,
    tolerance: ArrayLike | None = None,
    method: str = "sharp",
) -> Certificate:
    """For each row a radius within which no change of the features changes the answer.

    Parameters
    ----------
    model : estimator, problem or Network
        See `network_of`.
    X : array_like, shape (B, p)
    y : array_like, shape (B,), optional
        The right labels; what is predicted if not given. Quantities keep what is predicted.
    parameters : Parameters, optional
        Of a problem.
    unit : {"spread"}, float or array_like, shape (p,), optional
        What a feature is divided by before distances are taken; see `geometry_of`.
    tolerance : float or array_like, shape (m,), optional
        For quantities: by how much an output may change.
    method : {"sharp", "gronwall"}
        "gronwall" bounds the whole change of the state by the discrete Grönwall inequality, the
        logarithmic norm's in the limit of small steps. "sharp" carries the fundamental matrix
        along exactly, bounds the second-order part by the largest value of a quadratic form, and
        leaves to Grönwall only what is of higher order. It takes the better of the two.

    Returns
    -------
    Certificate

    Raises
    ------
    ArgumentError
        For a field of your own, a reversible scheme, or an argument that cannot be used.

    Notes
    -----
    The proof is in exact arithmetic; every radius is made smaller by a relative 1e-9, far more
    than what rounding does to its sums, which are in double precision. Of a network in single
    precision it is the map of the same parameters in double precision that is certified: its
    outputs differ from those that the network computes by rounding errors of single precision.
    Bounds on the features are not used; a box only takes changes away.

    The change of a functional of x(T) is, by the adjoint problem, that of the linearised scheme
    plus what remains at each stage, weighted by the adjoint states of the stages; both are exact.

    References
    ----------
    G. Dahlquist 1958; C. A. Desoer, H. Haneda 1972; G. Söderlind, The logarithmic norm, BIT 46
    (2006); for the part beyond the first order V. M. Alekseev 1961, W. Gröbner 1960.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros(1), loss="logistic", steps=1,
    ...     scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> certificate(problem, [[3.0, 4.0]], parameters=p).radius.round(6)  # x(T) = x(0): x_0 > 0
    array([3.])
    """
    if method not in METHODS:
        raise ArgumentError(f"method = {method!r} has to be one of {', '.join(METHODS)}")
    network, rows = subject(model, X, parameters)
    ball, right = Ball(network, unit), positions_of(model, y)
    if right is not None and len(right) != len(rows):
        raise ArgumentError(f"y has {len(right)} entries for {len(rows)} rows")
    network.final(rows)  # names a row whose state overflows
    sharp = method == "sharp"

    def work(part: slice) -> tuple[Array, ...]:
        centre = ball.centre(rows[part], carried=sharp)
        outputs = ball.outputs(centre)
        answers = answers_of(network, outputs, None if right is None else right[part], tolerance)
        # Of how much each margin can fall.
        functionals = ball.functionals(centre, -answers.normals)
        prove = sharp_radii if sharp else gronwall_radii
        return prove(centre, functionals, answers.margins(outputs), ball.norm)

    radius, growth = ball.each(work, len(rows), max(network.classes, 2 * network.outputs))
    return Certificate(radius * (1.0 - SHAVED), method, growth * (1.0 + SHAVED), rows)


def change_bound(
    model: Any,
    X: ArrayLike,
    radius: ArrayLike,
    *,
    parameters: Parameters | None = None,
    unit: Unit = None,
) -> Array:
    """By how much outputs can change at most, if the features change by no more than a radius.

    Parameters
    ----------
    model, X, parameters, unit
        As for `certificate`.
    radius : float or array_like, shape (B,)
        In units, l2; not negative.

    Returns
    -------
    ndarray, shape (B, m)
        Bounds of |change of output j|, in its own units.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(np.ones((1, 1)), np.zeros(1), steps=1, scheme="euler")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 1, 1)), np.zeros((2, 1)))
    >>> change_bound(problem, [[1.0]], 0.5, parameters=p).round(6)  # x(T) = x(0)
    array([[0.5]])
    """
    network, rows = subject(model, X, parameters)
    ball = Ball(network, unit)
    try:
        sizes = np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(rows),))
    except (TypeError, ValueError):
        raise ArgumentError(
            f"radius has to be a number or one for each of {len(rows)} rows"
        ) from None
    if not (np.isfinite(sizes) & (sizes >= 0.0)).all():
        raise ArgumentError("radius has to be finite and not negative")
    network.final(rows)  # names a row whose state overflows
    m = network.outputs
    normals = np.concatenate([np.eye(m), -np.eye(m)])

    def work(part: slice) -> tuple[Array, ...]:
        centre, r = ball.centre(rows[part], carried=True), sizes[part]
        functionals = ball.functionals(centre, np.broadcast_to(normals, (len(r), *normals.shape)))
        # A positive radius throughout: what is proved is divided by it.
        found = largest_changes(centre, functionals, np.maximum(r, 1e-100), ball.norm)
        both = np.maximum(found[:, :m], found[:, m:])
        return ((both * (r > 0.0)[:, None]).T,)

    (found,) = ball.each(work, len(rows), 2 * m)
    return np.nan_to_num(found.T * (1.0 + SHAVED), nan=np.inf, posinf=np.inf)

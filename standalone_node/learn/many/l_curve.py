"""The L-curve of a penalty: one fit a value, over an engine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.learn.many.attempts import Data, attempts
from standalone_node.learn.many.curve import SEMINORMS, LCurve
from standalone_node.learn.many.fits import fitted_of
from standalone_node.learn.many.settings import settings_of_each
from standalone_node.problem.penalties import Penalty

Array = NDArray[Any]

#: The values if none are given: half a decade apart.
VALUES = tuple(10.0 ** (half / 2.0) for half in range(-12, 1))
#: Two neighbours make a point of a curve a corner.
_FEWEST = 3


def l_curve(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    values: Iterable[float] | None = None,
    penalty: str = "l2",
    *,
    sample_weight: ArrayLike | None = None,
    engine: Any = "local",
    client: Any = None,
) -> LCurve:
    """Fit with one penalty after the other: what a smaller misfit costs, and where the corner is.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
        Stays as it is; all other settings are its own, the other penalty included.
    X, y : array_like
        As in its `fit`.
    values : iterable of float, optional
        Of the penalty, positive and at least three; 1e-6 to 1, half a decade apart, if not given.
    penalty : {"l2", "h1"}
        The argument of the estimator that takes these values.
    sample_weight : array_like, shape (B,), optional
    engine, client
        As in `standalone_node.fit_many`.

    Returns
    -------
    LCurve

    Raises
    ------
    ArgumentError
        If the values cannot be used, or settings of the estimator forbid a curve.
    FitsFailed
        If a fit failed; see `standalone_node.fit_many`.

    Notes
    -----
    Of minimisers of misfit + (alpha / 2) seminorm the misfit grows and the seminorm falls with
    alpha. In log-log scale the curve of most ill-posed problems is an L: the upright part fits
    noise, the flat part smooths away the signal, and the corner, the point of largest curvature, is
    between them. Fits that end early, by a loose tolerance, are near the curve but not on it. The
    corner asks nothing about new rows: `l2="auto"` and cross-validation do.

    References
    ----------
    Hansen, O'Leary: The use of the L-curve in the regularization of discrete ill-posed problems,
    SIAM J. Sci. Comput. 14 (1993), doi 10.1137/0914086.

    Examples
    --------
    >>> from standalone_node import NodeRegressor
    >>> rng = np.random.default_rng(0)
    >>> x = np.linspace(-2.0, 2.0, 30)[:, None]
    >>> y = np.sin(2.0 * x[:, 0]) + 0.1 * rng.normal(size=30)
    >>> curve = l_curve(NodeRegressor(tolerance=1e-4), x, y, values=[1e-3, 1e-2, 1e-1])
    >>> bool((np.diff(curve.misfit) > 0.0).all() and (np.diff(curve.seminorm) < 0.0).all())
    True
    """
    if penalty not in SEMINORMS:
        raise ArgumentError(
            f"penalty = {penalty!r} has no L-curve: choose one of {', '.join(SEMINORMS)}"
        )
    chosen = _read(values, penalty)
    rows = settings_of_each(estimator, {penalty: chosen})
    _check(estimator, penalty)
    measure = partial(_measured, penalty=penalty)
    data = X, y, sample_weight
    found = attempts(estimator, data, rows, measure=measure, engine=engine, client=client)
    fits = fitted_of(found, rows)
    misfit, seminorm = np.array([one.measured for one in found]).T
    return LCurve(penalty, np.array(chosen), misfit, seminorm, tuple(fits))


def _measured(fitted: Any, data: Data, penalty: str) -> tuple[float, float]:
    """The mean loss on the rows of the fit, and the seminorm of its parameters."""
    problem, p = fitted.problem_of(*data), fitted.parameters_
    # Not the cost less the penalty, which would be of few digits where that is most of it.
    bare = problem.replaced(penalty=Penalty())
    if bare.tolerance is not None:
        bare.use_grid(problem.times)
        bare.grids = list(problem.grids)
    return bare.cost(p), SEMINORMS[penalty].of(p)


def _read(values: Iterable[float] | None, penalty: str) -> list[float]:
    """The values, increasing."""
    given = VALUES if values is None else values
    try:
        found = np.unique(np.array(list(given), dtype=np.float64))
    except (TypeError, ValueError):
        raise ArgumentError(f"values = {values!r} have to be numbers, one a fit") from None
    if found.size < _FEWEST or not (np.isfinite(found) & (found > 0.0)).all():
        raise ArgumentError(
            f"values = {values!r} have to be at least {_FEWEST} different positive numbers for "
            f"{penalty}: the scales of an L-curve are logarithmic"
        )
    return [float(value) for value in found]


def _check(estimator: Any, penalty: str) -> None:
    """Refuse settings with which the fits are no minimisers of one misfit and one penalty."""
    if penalty == "h1" and estimator.l2 == "auto":
        raise ArgumentError(
            "l2 = 'auto' would choose another l2 for each h1: give the estimator a number"
        )
    if penalty == "h1" and estimator.weights == "constant":
        raise ArgumentError(
            "weights = 'constant' have no derivative in depth for h1 to restrain: choose "
            "penalty = 'l2' or other weights"
        )
    if estimator.validation_share:
        raise ArgumentError(
            f"validation_share = {estimator.validation_share!r} ends a fit where other rows are "
            "fitted best, not at the least cost: set it to 0 for an L-curve"
        )

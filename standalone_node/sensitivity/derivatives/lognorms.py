"""Logarithmic norms of the velocity along trajectories, and the growth of changes they allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from standalone_node.model.nodal import Parameters
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives.matrices import check_finite, logarithmic_norm
from standalone_node.sensitivity.derivatives.parts import parts_of
from standalone_node.sensitivity.subject import subject

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class LogarithmicNorms:
    """The logarithmic norms of f_x along the trajectories of B rows.

    Attributes
    ----------
    times : ndarray, shape (N + 1,)
    values : ndarray, shape (N + 1, B)
        mu(t_n), the largest eigenvalue of the symmetric part of f_x(t_n, x_n). Where it is
        negative all small changes shrink.

    Notes
    -----
    Grönwall's inequality: a solution of xi' = f_x xi grows by no more than the factor
    exp(integral of mu). That is a bound for the differential equation. The discrete map follows it
    closely on a fine grid; on a coarse one it can stretch more than `growth`.

    References
    ----------
    G. Söderlind, The logarithmic norm. History and modern theory, BIT 46 (2006).
    """

    times: Array
    values: Array

    @property
    def growth(self) -> Array:
        """exp of the integral of mu from 0 to t_n, by the trapezoidal rule, (N + 1, B)."""
        integral = scipy.integrate.cumulative_trapezoid(self.values, self.times, axis=0, initial=0)
        with np.errstate(over="ignore"):
            found: Array = np.exp(integral)
        return found


def logarithmic_norms(
    model: Any, X: ArrayLike, *, parameters: Parameters | None = None
) -> LogarithmicNorms:
    """The logarithmic norms along the trajectories of rows X.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        As for `network_of`.
    X : array_like, shape (B, p)
    parameters : Parameters, optional
        Of a problem.

    Raises
    ------
    ArgumentError
        If the rows do not fit the model.
    StateOverflow
        If the state overflows at a row, which is named.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem([[1.0]], [[0.0]], steps=2, activation="identity", form="inside")
    >>> p = Parameters([0.0, 1.0], [[[-1.0]], [[-1.0]]], [[0.0], [0.0]])  # x' = -x
    >>> logarithmic_norms(problem, [[1.0]], parameters=p).growth[-1].round(4)  # exp(-1)
    array([0.3679])
    """
    network, rows = subject(model, X, parameters)
    times, d = network.times, network.width
    values = np.empty((times.size, len(rows)))
    for part in parts_of(network, rows, 6 * d * d + times.size * d):
        states = network.dynamics.states(network.parameters, network.initial(rows[part]))
        for n, t in enumerate(times):
            values[n, part] = _at(network, float(t), states[n], part.start)
    return LogarithmicNorms(times, values)


def _at(network: Network, t: float, states: Array, first: int) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        velocity = network.velocity_jacobians(t, states)
    return logarithmic_norm(check_finite(velocity, first))
